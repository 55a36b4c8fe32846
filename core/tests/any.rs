//! What is known only when the program runs: a separation, a similarity or a model by its name is the one of that type, in every bit.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::disallowed_methods,
    reason = "a test may fail, and its reference uses the system's functions"
)]

mod common;

use basinet_core::{
    AnyModel, AnySeparation, AnySimilarity, Backend, Certificate, Cosine, Descends, Dot, Entmax, Error, Hardmax, KSubsets, Model, Normmax,
    Patterns, Separation, Similarity, Softmax, Softmax1, Sparsemax, SquaredDistance, Step, TopK, WithModel, WithSeparation, WithSimilarity,
    batch_scratch, beta,
};
use common::{Numbers, Work, bits};

const DIM: usize = 5;
const ROWS: usize = 150;
const QUERIES: usize = 20;

/// Every family of separations, by its name.
fn named() -> [(&'static str, AnySeparation); 13] {
    [
        ("softmax", Softmax.into()),
        ("softmax1", Softmax1.into()),
        ("sparsemax", Sparsemax.into()),
        ("entmax:1", Entmax::new(1.0).unwrap().into()),
        ("entmax:1.5", Entmax::new(1.5).unwrap().into()),
        ("entmax:2", Entmax::new(2.0).unwrap().into()),
        ("normmax:1.0000001", Normmax::new(1.0 + f32::EPSILON).unwrap().into()),
        ("normmax:5", Normmax::new(5.0).unwrap().into()),
        ("topk:1", TopK::new(1).unwrap().into()),
        ("topk:7", TopK::new(7).unwrap().into()),
        ("hardmax", Hardmax.into()),
        ("ksubsets:1", KSubsets::new(1).unwrap().into()),
        ("ksubsets:3", KSubsets::new(3).unwrap().into()),
    ]
}

#[test]
fn names_are_printed_and_parsed_alike() {
    for (name, separation) in named() {
        assert_eq!(separation.to_string(), name);
        assert_eq!(name.parse(), Ok(separation));
    }
    for (name, similarity) in [("dot", Dot.into()), ("cosine", Cosine.into()), ("squared-distance", SquaredDistance.into())] {
        let similarity: AnySimilarity = similarity;
        assert_eq!((similarity.name(), &*similarity.to_string()), (name, name));
        assert_eq!(name.parse(), Ok(similarity));
    }
    let backends = [(Backend::Scalar, "scalar"), (Backend::Baseline, "baseline"), (Backend::Avx2, "avx2"), (Backend::Avx512, "avx512")];
    for (backend, name) in backends {
        assert_eq!((backend.name(), &*backend.to_string()), (name, name));
    }
}

#[test]
fn what_is_no_name_is_told_what_a_name_is_and_what_is_no_parameter_what_it_must_be() {
    let wrong = |name: &str| name.parse::<AnySeparation>().unwrap_err();
    for name in [
        "",
        "Softmax",
        "softmax ",
        "softmax:1",
        "hardmax:",
        "entmax",
        "entmax:",
        "entmax:one",
        "entmax:1.5:2",
        "topk:1.5",
        "topk:-1",
        "k:1",
    ] {
        let Error::Name { expected } = wrong(name) else { panic!("{name:?}") };
        for (name, _) in named() {
            assert!(expected.contains(name.split(':').next().unwrap()), "{name}");
        }
    }
    for (name, least) in [
        ("entmax:0.5", Entmax::new(0.5).err()),
        ("entmax:inf", Entmax::new(f32::INFINITY).err()),
        ("normmax:1", Normmax::new(1.0).err()),
        ("topk:0", TopK::new(0).err()),
        ("ksubsets:0", KSubsets::new(0).err()),
    ] {
        assert!(matches!(least, Some(Error::Parameter { .. })), "{name}");
        assert_eq!(Some(wrong(name)), least);
    }
    for name in ["", "Dot", "dot ", "euclid", "squared_distance"] {
        let Error::Name { expected } = name.parse::<AnySimilarity>().unwrap_err() else { panic!("{name:?}") };
        assert!(["dot", "cosine", "squared-distance"].iter().all(|name| expected.contains(name)));
    }
}

/// What a model says of some rows: steps from queries one by one and together, the weights of scores and their derivatives, certificates,
/// and what it says where there are but two rows.
#[derive(Clone, Debug, PartialEq)]
struct Said {
    alone: Vec<(Vec<u32>, Step)>,
    together: (Vec<u32>, Vec<Step>),
    weights: [Vec<u32>; 2],
    certificates: Vec<Certificate>,
    of_two: Result<Step, Error>,
}

/// Asks a model all that.
#[derive(Clone, Copy)]
struct Ask<'a> {
    rows: Patterns<'a>,
    two: Patterns<'a>,
    queries: &'a [f32],
}

impl WithModel for Ask<'_> {
    type Output = Said;
    fn run<S: Separation + PartialEq, Q: Similarity>(self, model: Model<S, Q>) -> Said {
        let (Self { rows, two, queries }, mut work, mut alone) = (self, Work::new(DIM, ROWS), vec![]);
        for query in queries.chunks(DIM) {
            let mut out = [0.0; DIM];
            let step = model.step(&rows, query, &mut out, &mut work.scratch()).unwrap();
            alone.push((bits(&out), step));
        }
        let (mut out, mut steps, mut room) =
            (vec![0.0; queries.len()], vec![Step::default(); QUERIES], vec![0.0; batch_scratch(QUERIES, DIM, DIM, ROWS)]);
        model.step_batch(&rows, queries, &mut out, &mut steps, &mut room).unwrap();
        let mut weights = vec![0.0; ROWS];
        model.scores(&rows, &queries[..DIM], &mut weights).unwrap();
        let mut tangent: Vec<f32> = weights.iter().rev().copied().collect();
        model.weights(&mut weights, &mut work.scratch()).unwrap();
        model.jvp(&weights, &mut tangent).unwrap();
        let (by_dot, max_norm) = (Model::new(model.beta(), model.separation()), rows.max_norm().unwrap());
        let certificates = queries.chunks(DIM).map(|query| {
            let step = by_dot.step(&rows, query, &mut [0.0; DIM], &mut work.scratch()).unwrap();
            by_dot.certify(&step, query, max_norm).unwrap()
        });
        let certificates = certificates.collect();
        let of_two = model.step(&two, &queries[..DIM], &mut [0.0; DIM], &mut work.scratch());
        Said { alone, together: (bits(&out), steps), weights: [bits(&weights), bits(&tangent)], certificates, of_two }
    }
}

#[test]
fn a_model_by_its_name_says_what_the_model_of_its_types_says() {
    let mut numbers = Numbers(91);
    let (data, queries) = (numbers.numbers(ROWS * DIM), numbers.numbers(QUERIES * DIM));
    let ask = Ask { rows: Patterns::new(&data, DIM).unwrap(), two: Patterns::new(&data[..2 * DIM], DIM).unwrap(), queries: &queries };
    let too_few = Error::TooFewRows { needed: 3, found: 2 };
    let mut exact = 0;
    macro_rules! same {
        ($name:literal: $separation:expr) => {
            same!($name: $separation, "dot" Dot);
            same!($name: $separation, "cosine" Cosine);
            same!($name: $separation, "squared-distance" SquaredDistance);
        };
        ($name:literal: $separation:expr, $compared:literal $similarity:ident) => {{
            let typed = Model::new(beta!(9.0), $separation).with($similarity);
            let any = AnyModel { beta: beta!(9.0), separation: $name.parse().unwrap(), similarity: $compared.parse().unwrap() };
            assert_eq!(AnyModel::from(typed), any);
            let said = ask.run(typed);
            assert!(any.run(ask) == said, "{} by {}", $name, $compared);
            assert!(any.run_small(ask) == said, "{} by {}, small", $name, $compared);
            assert_eq!(said.of_two.err(), ($name == "ksubsets:3").then_some(too_few), "{}", $name);
            exact += said.certificates.iter().filter(|certificate| certificate.exact).count();
        }};
    }
    same!("softmax": Softmax);
    same!("softmax1": Softmax1);
    same!("sparsemax": Sparsemax);
    same!("entmax:1.5": Entmax::new(1.5).unwrap());
    same!("normmax:5": Normmax::new(5.0).unwrap());
    same!("topk:1": TopK::new(1).unwrap());
    same!("topk:7": TopK::new(7).unwrap());
    same!("hardmax": Hardmax);
    same!("ksubsets:3": KSubsets::new(3).unwrap());
    // Some are, and some are not: what a map says of its margin is heard.
    assert!(exact > 100 && exact < 450, "{exact}");
}

/// The energies of some states, and the steps from them all at once.
#[derive(Clone, Copy)]
struct Energies<'a, Q>(Patterns<'a>, &'a [f32], Q);

impl<Q: Descends> WithSeparation for Energies<'_, Q> {
    type Output = Vec<u64>;
    fn run<S: Separation + PartialEq>(self, separation: S) -> Vec<u64> {
        let (model, Self(rows, states, _), mut work) = (Model::new(beta!(2.0), separation).with(self.2), self, Work::new(DIM, ROWS));
        let energy = |state| model.energy(&rows, state, rows.max_norm().unwrap(), &mut work.scratch()).unwrap().to_bits();
        let energies: Vec<u64> = states.chunks(DIM).map(energy).collect();
        let (mut out, mut steps) = (vec![0.0; states.len()], vec![Step::default(); states.len() / DIM]);
        let mut room = vec![0.0; batch_scratch(steps.len(), DIM, DIM, ROWS)];
        model.step_batch(&rows, states, &mut out, &mut steps, &mut room).unwrap();
        let energies_less_constants = steps.iter().map(|step| step.energy.unwrap().to_bits());
        energies.into_iter().chain(energies_less_constants).chain(out.iter().map(|x| x.to_bits().into())).collect()
    }
}

#[test]
fn an_energy_by_any_similarity_is_that_of_the_one_that_it_is() {
    let mut numbers = Numbers(92);
    let (data, states) = (numbers.numbers(ROWS * DIM), numbers.numbers(QUERIES * DIM));
    let rows = Patterns::new(&data, DIM).unwrap();
    assert_eq!(AnySimilarity::Cosine.descending(), None);
    let [dot, distance] = [AnySimilarity::Dot, AnySimilarity::SquaredDistance].map(|similarity| similarity.descending().unwrap());
    for (name, separation) in named() {
        let plain = [separation.run(Energies(rows, &states, Dot)), separation.run(Energies(rows, &states, SquaredDistance))];
        assert_ne!(plain[0], plain[1], "{name}");
        for any in [separation.run(Energies(rows, &states, dot)), separation.run_small(Energies(rows, &states, dot))] {
            assert_eq!(any, plain[0], "{name}");
        }
        for any in [separation.run(Energies(rows, &states, distance)), separation.run_small(Energies(rows, &states, distance))] {
            assert_eq!(any, plain[1], "{name}");
        }
    }
}

/// Which type a similarity has.
struct Shown;

impl WithSimilarity for Shown {
    type Output = String;
    fn run<Q: Similarity>(self, similarity: Q) -> String {
        format!("{similarity:?}")
    }
}

#[test]
fn a_job_gets_the_similarity_that_was_named() {
    for (name, shown) in [("dot", "Dot"), ("cosine", "Cosine"), ("squared-distance", "SquaredDistance")] {
        assert_eq!(name.parse::<AnySimilarity>().unwrap().run(Shown), shown);
    }
}
