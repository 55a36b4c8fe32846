//! Iterations: what they report against the oracle, when they stop, what they leave alone, and the same bits by every road.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::disallowed_methods,
    reason = "a test may fail, and its reference uses the system's functions"
)]

mod common;
#[allow(dead_code, unused_imports, reason = "derivatives are tested elsewhere")]
#[path = "../conformance/src/oracle/mod.rs"]
mod oracle;

use basinet_core::{
    Backend, Beta, Buffers, Descends, Dot, Entmax, Error, Hardmax, Identity, Job, KSubsets, Kernels, LayerNorm, Model, Normmax, Patterns,
    Post, Report, Scratch, Separation, Softmax, Softmax1, Sparsemax, SquaredDistance, Step, Stop, Tanh, TopK, UnitNorm,
};
use common::{EPS, Numbers, bits, largest};
use oracle::{Map, Rows};

/// Scratch memory with states.
struct Room {
    sums: Vec<f32>,
    states: Vec<f32>,
    scores: Vec<f32>,
    rows: Vec<u32>,
}

impl Room {
    fn new(dim: usize, candidates: usize) -> Self {
        Self { sums: vec![0.5; 3 * dim], states: vec![f32::NAN; 3 * dim], scores: vec![0.0; candidates], rows: vec![0; candidates] }
    }

    fn scratch(&mut self) -> Scratch<'_> {
        Scratch::new(&mut self.sums, &mut self.scores, &mut self.rows, &mut []).with_states(&mut self.states)
    }
}

#[derive(Clone, Debug, PartialEq)]
struct Found {
    report: Report,
    state: Vec<u32>,
    steps: Vec<Step>,
    states: Vec<Vec<u32>>,
}

#[derive(Clone, Copy)]
struct Walk<'a, S, P, Q> {
    separation: S,
    post: P,
    similarity: Q,
    beta: f32,
    data: &'a [f32],
    start: &'a [f32],
    stop: Stop,
    candidates: usize,
}

impl<S: Separation, P: Post, Q: Descends> Job for Walk<'_, S, P, Q> {
    type Output = Found;
    fn run<K: Kernels>(self, kernels: K) -> Found {
        let dim = self.start.len();
        let rows = Patterns::new(self.data, dim).unwrap();
        let dynamics = Model::new(Beta::new(self.beta).unwrap(), self.separation).with(self.similarity).on(kernels).then(self.post);
        let (mut state, mut steps, mut states) = (self.start.to_vec(), vec![], vec![]);
        let (mut room, mut again) = (Room::new(dim, self.candidates), Room::new(dim, self.candidates));
        let mut report = dynamics
            .settle_observed(&rows, &mut state, self.stop, &mut room.scratch(), |step, state| {
                let mut step = *step;
                step.passes = 1;
                steps.push(step);
                states.push(bits(state));
            })
            .unwrap();
        // Step by step it is the same.
        let (mut here, mut next) = (self.start.to_vec(), vec![0.0; dim]);
        for (step, state) in steps.iter().zip(&states) {
            let mut found = dynamics.step(&rows, &here, &mut next, &mut again.scratch()).unwrap();
            found.passes = 1;
            assert_eq!((found, &bits(&next)), (*step, state));
            here.copy_from_slice(&next);
        }
        assert_eq!((report.steps, bits(&here)), (steps.len(), bits(&state)));
        report.last.passes = 1;
        Found { report, state: bits(&state), steps, states }
    }
}

fn floats(bits: &[u32]) -> Vec<f32> {
    bits.iter().map(|&x| f32::from_bits(x)).collect()
}

fn wide(x: &[f32]) -> Vec<f64> {
    x.iter().map(|&x| f64::from(x)).collect()
}

fn half_square(x: &[f64]) -> f64 {
    x.iter().map(|x| x * x).sum::<f64>() / 2.0
}

/// What the test knows of a case beyond the walk itself.
struct Known {
    map: Map<'static>,
    post: oracle::Post,
    similarity: oracle::Similarity,
    /// A weight is Lipschitz in its score.
    lipschitz: bool,
}

/// `Psi(x) - Omega*(beta s)/beta`; for distances `Psi(x) - |x|^2/2 - Omega*(beta s)/(2 beta)`. And its scale.
fn energy(known: &Known, beta: f64, rows: Rows<'_>, x: &[f64]) -> (f64, f64) {
    let z: Vec<f64> = known.similarity.scores(rows, x).iter().map(|s| beta * s).collect();
    let conjugate = known.map.conjugate(&z) / beta;
    let most = z.iter().fold(0.0, |m: f64, z| m.max(z.abs())) / beta;
    let scale = half_square(x).max(conjugate.abs()).max(most).max(rows.max_norm().powi(2) / 2.0);
    let potential = if known.post == oracle::Post::Identity { half_square(x) } else { known.post.potential(rows, x) };
    if known.similarity == oracle::Similarity::NegativeSquaredDistance {
        return (potential - half_square(x) - conjugate / 2.0, scale);
    }
    (potential - conjugate, scale)
}

fn check<S: Separation, P: Post, Q: Descends>(walk: Walk<'_, S, P, Q>, known: &Known) {
    let found = Backend::Scalar.run(walk).unwrap();
    let what = format!("{:?} {:?}, beta {}, {:?}", known.map, known.post, walk.beta, found.report);
    for backend in Backend::available() {
        for candidates in [walk.candidates, 3, 0] {
            let same = backend.run(Walk { candidates, ..walk }).unwrap() == found;
            assert!(same, "{backend}, {candidates} candidates: {what}");
        }
    }
    let (data, beta, report) = (wide(walk.data), f64::from(walk.beta), found.report);
    let rows = Rows { data: &data, dim: walk.start.len() };
    let mut states = vec![walk.start.to_vec()];
    states.extend(found.states.iter().map(|state| floats(state)));
    let last = states.last().unwrap();
    assert_eq!(bits(last), found.state);

    // Changes, and the rules on them.
    if let [.., before, last] = &states[..] {
        let off: f64 = before.iter().zip(last).map(|(&a, &b)| (f64::from(a) - f64::from(b)).powi(2)).sum::<f64>().sqrt();
        assert!((report.residual - off).abs() <= 1e-12 * off, "{off:e}: {what}");
        let stays = off <= f64::from(walk.stop.state_change) * (2.0 * half_square(&wide(last))).sqrt();
        let weights_stay = report.weight_change.zip(walk.stop.weight_change).is_some_and(|(change, most)| change <= f64::from(most));
        assert_eq!(report.converged, stays || weights_stay, "{what}");
    }
    assert!(report.steps == walk.stop.steps || (report.steps < walk.stop.steps && report.converged), "{what}");
    assert_eq!(report.weight_change.is_some(), walk.stop.weight_change.is_some() && report.steps > 1, "{what}");
    let weights = |x: &[f32]| {
        let z: Vec<f64> = known.similarity.scores(rows, &wide(x)).iter().map(|s| beta * s).collect();
        known.map.weights(&z)
    };
    // The error of a weight, from that of its score.
    let sum_abs = |x: &[f32]| {
        rows.iter().map(|row| oracle::dot_abs(row, &wide(x)).max(2.0 * half_square(row) + 2.0 * half_square(&wide(x)))).fold(0.0, f64::max)
    };
    let allowed = |x: &[f32]| 2e-6 + 4.0 * EPS * beta * sum_abs(x);
    if let (Some(change), [.., a, b, _]) = (report.weight_change, &states[..]) {
        let exact = weights(a).iter().zip(weights(b)).map(|(a, b)| (a - b).powi(2)).sum::<f64>().sqrt();
        let allowed = (allowed(a) + allowed(b)) * (data.len() as f64 / rows.dim as f64).sqrt();
        assert!(!known.lipschitz || (change - exact).abs() <= allowed, "{exact:e}: {what}");
    }

    // The metastable state.
    let p = weights(last);
    let is_sparse = !matches!(known.map, Map::Softmax | Map::Softmax1);
    let least = if is_sparse { 0.0 } else { 0.01 };
    let count = |from: f64| p.iter().filter(|p| **p > from).count();
    let doubt = if known.lipschitz { allowed(last) } else { 0.1 };
    assert!(count(least + doubt) <= report.metastable, "{} at least: {what}", count(least + doubt));
    if !is_sparse {
        assert!(report.metastable <= count(least - doubt), "{} at most: {what}", count(least - doubt));
    } else {
        assert_eq!(report.metastable, report.last.support);
        if known.lipschitz && p.iter().all(|p| *p == 0.0 || *p > doubt) && !matches!(known.map, Map::Hardmax) {
            // Rows just below the threshold are too near to tell.
            let z: Vec<f64> = known.similarity.scores(rows, &wide(last)).iter().map(|s| beta * s).collect();
            let near = known
                .map
                .threshold(&z)
                .map_or(0, |tau| z.iter().filter(|z| (known.map.threshold_unit() * **z - tau).abs() <= 1e-4 + 2.0 * doubt).count());
            assert!(report.metastable <= count(0.0) + near, "{} and {near}: {what}", count(0.0));
        }
    }

    // Energies.
    let energies: Vec<(f64, f64)> = states.iter().map(|x| energy(known, beta, rows, &wide(x))).collect();
    let outside = known.post != oracle::Post::Identity;
    let mut rise: f64 = 0.0;
    for (k, (exact, scale)) in energies.iter().enumerate() {
        let energy = found.steps.get(k).map_or(report.last.energy, |step| step.energy).unwrap();
        if k == 0 {
            assert_eq!(energy.to_bits(), report.first_energy.to_bits(), "{what}");
        }
        if k + 1 == energies.len() {
            assert_eq!(energy.to_bits(), report.energy.to_bits(), "{what}");
        }
        if k == 0 && outside {
            continue;
        }
        assert!((energy - exact).abs() <= 4e-6 * scale, "{energy:e} for {exact:e} in step {k}: {what}");
        if k > usize::from(outside) {
            let before = found.steps[k - 1].energy.unwrap();
            assert!(energy - before <= 8.0 * EPS * scale, "a rise by {:e} in step {k}: {what}", energy - before);
            rise = rise.max(energy - before);
        }
    }
    if !outside {
        assert_eq!(rise.max(0.0), report.largest_rise, "{what}");
    }
    assert!(report.largest_rise <= 8.0 * EPS * energies.last().unwrap().1, "{what}");
}

/// The same for every separation, or for those named: `(separation, the oracle's, whether a weight is Lipschitz)`.
macro_rules! for_each_separation {
    (|$separation:ident, $map:ident, $lipschitz:ident| $body:block) => {{
        for_some_separations!(@ $separation $map $lipschitz $body
            Softmax, Map::Softmax, true; Softmax1, Map::Softmax1, true; Sparsemax, Map::Sparsemax, true;
            Entmax::new(1.0).unwrap(), Map::Entmax(1.0), true; Entmax::new(1.25).unwrap(), Map::Entmax(1.25), true;
            Entmax::new(1.5).unwrap(), Map::Entmax(1.5), true; Entmax::new(3.0).unwrap(), Map::Entmax(3.0), false;
            Normmax::new(2.0).unwrap(), Map::Normmax(2.0), false; Normmax::new(5.0).unwrap(), Map::Normmax(5.0), false;
            TopK::new(3).unwrap(), Map::TopK(3), false; Hardmax, Map::Hardmax, false; KSubsets::new(2).unwrap(), Map::KSubsets(2), true;
        );
    }};
}

macro_rules! for_some_separations {
    (|$separation:ident, $map:ident, $lipschitz:ident| $body:block) => {{
        for_some_separations!(@ $separation $map $lipschitz $body
            Softmax, Map::Softmax, true; Sparsemax, Map::Sparsemax, true; Entmax::new(1.25).unwrap(), Map::Entmax(1.25), true;
            Normmax::new(2.0).unwrap(), Map::Normmax(2.0), false;
        );
    }};
    (@ $separation:ident $map:ident $lipschitz:ident $body:block $($one:expr, $oracle:expr, $is:expr;)*) => {
        $({
            let ($separation, $map, $lipschitz) = ($one, $oracle, $is);
            $body
        })*
    };
}

const BETAS: [f32; 5] = [0.01, 0.3, 2.0, 30.0, 1e4];
const STOPS: [Stop; 4] =
    [Stop::after(0), Stop::after(7), Stop::after(30).weight_change(1e-4), Stop::after(12).state_change(1e-3).weight_change(1e-6)];

#[test]
fn dot_products_settle_as_the_oracle_says() {
    let mut numbers = Numbers(1);
    for (count, dim) in [(1, 1), (5, 3), (70, 17), (130, 40)] {
        let (data, start) = (numbers.numbers(count * dim), numbers.numbers(dim));
        for (beta, stop) in BETAS.into_iter().flat_map(|beta| STOPS.map(|stop| (beta, stop))) {
            for_each_separation!(|separation, map, lipschitz| {
                if count > 1 || !matches!(map, Map::KSubsets(_)) {
                    let (post, similarity) = (oracle::Post::Identity, oracle::Similarity::Dot);
                    let walk =
                        Walk { separation, post: Identity, similarity: Dot, beta, data: &data, start: &start, stop, candidates: count };
                    check(walk, &Known { map, post, similarity, lipschitz });
                }
            });
        }
    }
}

/// With distances the weights must sum to one.
#[test]
fn distances_settle_as_the_oracle_says() {
    let mut numbers = Numbers(2);
    for (count, dim) in [(1, 1), (5, 3), (70, 17)] {
        let (data, start) = (numbers.numbers(count * dim), numbers.numbers(dim));
        for (beta, stop) in BETAS.into_iter().flat_map(|beta| STOPS.map(|stop| (beta, stop))) {
            for_some_separations!(|separation, map, lipschitz| {
                let (post, similarity) = (oracle::Post::Identity, oracle::Similarity::NegativeSquaredDistance);
                let walk = Walk {
                    separation,
                    post: Identity,
                    similarity: SquaredDistance,
                    beta,
                    data: &data,
                    start: &start,
                    stop,
                    candidates: count,
                };
                check(walk, &Known { map, post, similarity, lipschitz });
            });
        }
    }
}

#[test]
fn states_that_are_transformed_settle_as_the_oracle_says() {
    let mut numbers = Numbers(3);
    for (count, dim) in [(5, 3), (70, 17), (9, 64)] {
        let (data, start) = (numbers.numbers(count * dim), numbers.numbers(dim));
        for (beta, stop) in BETAS.into_iter().flat_map(|beta| STOPS.map(|stop| (beta, stop))) {
            for_some_separations!(|separation, map, lipschitz| {
                let known = |post| Known { map, post, similarity: oracle::Similarity::Dot, lipschitz };
                let walk = Walk { separation, post: Tanh, similarity: Dot, beta, data: &data, start: &start, stop, candidates: count };
                check(walk, &known(oracle::Post::Tanh));
                let walk = Walk { separation, post: UnitNorm, similarity: Dot, beta, data: &data, start: &start, stop, candidates: count };
                check(walk, &known(oracle::Post::L2));
                let walk = Walk { separation, post: LayerNorm, similarity: Dot, beta, data: &data, start: &start, stop, candidates: count };
                check(walk, &known(oracle::Post::Layer));
            });
            // With distances, too.
            let (map, similarity, lipschitz) = (Map::Sparsemax, oracle::Similarity::NegativeSquaredDistance, true);
            let (separation, candidates) = (Sparsemax, count);
            let walk = Walk { separation, post: Tanh, similarity: SquaredDistance, beta, data: &data, start: &start, stop, candidates };
            check(walk, &Known { map, post: oracle::Post::Tanh, similarity, lipschitz });
            let walk = Walk { separation, post: UnitNorm, similarity: SquaredDistance, beta, data: &data, start: &start, stop, candidates };
            check(walk, &Known { map, post: oracle::Post::L2, similarity, lipschitz });
        }
    }
}

#[test]
fn transformations_are_the_oracles() {
    let mut numbers = Numbers(4);
    for dim in [1usize, 2, 17, 64] {
        for scale in [1e-40f32, 1e-20, 1.0, 30.0, 1e20, 1e37] {
            let row: Vec<f32> = numbers.numbers(dim).iter().map(|x| x * scale).collect();
            let rows = Patterns::new(&row, dim).unwrap();
            // One row: what is read out is the row.
            let query = vec![0.0; dim];
            let step = |post: &dyn Fn(&mut [f32])| {
                let mut out = vec![f32::NAN; dim];
                post(&mut out);
                out
            };
            let model = Model::new(Beta::new(1.0).unwrap(), Sparsemax);
            let all = [
                (
                    step(&|out| _ = model.then(UnitNorm).step(&rows, &query, out, &mut Room::new(dim, 1).scratch()).unwrap()),
                    oracle::Post::L2,
                ),
                (
                    step(&|out| _ = model.then(LayerNorm).step(&rows, &query, out, &mut Room::new(dim, 1).scratch()).unwrap()),
                    oracle::Post::Layer,
                ),
                (step(&|out| _ = model.then(Tanh).step(&rows, &query, out, &mut Room::new(dim, 1).scratch()).unwrap()), oracle::Post::Tanh),
            ];
            for (found, post) in all {
                let exact = post.apply(&wide(&row));
                for (found, exact) in found.iter().zip(&exact) {
                    assert!(
                        (f64::from(*found) - exact).abs() <= 1.01 * EPS * exact.abs() + 1e-45,
                        "{post:?} of {row:?}: {found:e} for {exact:e}"
                    );
                    assert!(found.to_bits() != (-0.0f32).to_bits());
                }
            }
        }
    }
    // Zero and constant states become zero.
    for (row, dim) in [(vec![0.0f32; 3], 3), (vec![0.1f32; 7], 7), (vec![1e30f32; 100], 100)] {
        let rows = Patterns::new(&row, dim).unwrap();
        let model = Model::new(Beta::new(1.0).unwrap(), Softmax);
        let (mut out, query) = (vec![f32::NAN; dim], vec![0.0; dim]);
        model.then(LayerNorm).step(&rows, &query, &mut out, &mut Room::new(dim, 1).scratch()).unwrap();
        assert_eq!(bits(&out), vec![0; dim]);
        if largest(&row) == 0.0 {
            model.then(UnitNorm).step(&rows, &query, &mut out, &mut Room::new(dim, 1).scratch()).unwrap();
            assert_eq!(bits(&out), vec![0; dim]);
        }
    }
}

#[test]
fn a_fixed_point_stays_and_is_found() {
    let data = [1.0, 1.0, -1.0, 1.0, -1.0, 1.0, 1.0, -1.0, -1.0, -1.0, -1.0, -1.0];
    let rows = Patterns::new(&data, 4).unwrap();
    let model = Model::new(Beta::new(1.0).unwrap(), Sparsemax);
    for i in 0..3 {
        let mut state: [f32; 4] = rows.row(i).unwrap().try_into().unwrap();
        let report = model.settle(&rows, &mut state, Stop::after(10), &mut Room::new(4, 3).scratch()).unwrap();
        assert_eq!((report.steps, report.converged, report.residual, report.metastable), (1, true, 0.0, 1));
        assert_eq!(report.first_energy, report.energy);
        assert_eq!(bits(&state), bits(rows.row(i).unwrap()));
        // From nearby it takes one step to get there, and one to see that it stays.
        let mut near = state.map(|x| x * 0.75);
        let report = model.settle(&rows, &mut near, Stop::after(10), &mut Room::new(4, 3).scratch()).unwrap();
        assert_eq!((report.steps, report.converged, report.residual), (2, true, 0.0));
        assert_eq!(bits(&near), bits(&state));
        assert!(report.energy < report.first_energy && report.largest_rise == 0.0);
    }
}

/// What must not change, whatever goes wrong.
#[test]
fn an_error_leaves_the_state_alone() {
    let data = [1.0, 30.0, 0.0, 3e38, 0.5, 0.5];
    let rows = Patterns::new(&data, 2).unwrap();
    let start = [1.0f32, 0.0];
    fn run<P: Post>(
        post: P,
        rows: &Patterns<'_>,
        start: &[f32],
        steps: usize,
        scratch: &mut Scratch<'_>,
    ) -> (Result<Report, Error>, Vec<u32>, u32) {
        let (mut state, mut seen) = (start.to_vec(), 0);
        let model = Model::new(Beta::new(20.0).unwrap(), Sparsemax).then(post);
        let report = model.settle_observed(rows, &mut state, Stop::after(steps).weight_change(0.0), scratch, |_, _| seen += 1);
        (report, bits(&state), seen)
    }
    // The second step meets a score that overflows; after one step it is the report that does.
    let overflow = Err(Error::ScoreNotFinite { row: 1 });
    assert_eq!(run(Identity, &rows, &start, 5, &mut Room::new(2, 3).scratch()), (overflow, bits(&start), 1));
    assert_eq!(run(Identity, &rows, &start, 1, &mut Room::new(2, 3).scratch()), (overflow, bits(&start), 1));
    assert_eq!(run(Identity, &rows, &start, 5, &mut Room::new(2, 0).scratch()), (overflow, bits(&start), 1));
    assert!(run(Identity, &rows, &start, 0, &mut Room::new(2, 3).scratch()).0.is_ok());
    assert!(run(UnitNorm, &rows, &start, 5, &mut Room::new(2, 3).scratch()).0.is_ok());
    // A row that holds NaN; a state that does.
    let spoilt = [1.0, 1.0, f32::NAN, 1.0];
    let spoilt = Patterns::new(&spoilt, 2).unwrap();
    for steps in [0, 3] {
        assert_eq!(
            run(Identity, &spoilt, &start, steps, &mut Room::new(2, 3).scratch()),
            (Err(Error::ScoreNotFinite { row: 1 }), bits(&start), 0)
        );
        let strange = [0.0, f32::INFINITY];
        let error = Err(Error::QueryNotFinite { index: 1 });
        assert_eq!(run(Tanh, &rows, &strange, steps, &mut Room::new(2, 3).scratch()), (error, bits(&strange), 0));
        // A wrong length.
        let error = Err(Error::Length { expected: 2, found: 3 });
        assert_eq!(run(Identity, &rows, &[1.0; 3], steps, &mut Room::new(3, 3).scratch()), (error, bits(&[1.0; 3]), 0));
        // No room for states, or not enough, or none for sums.
        let (mut sums, mut scores, mut numbers, mut states) = ([0.0; 6], [0.0; 3], [0; 3], [0.0; 5]);
        let found = run(Identity, &rows, &start, steps, &mut Scratch::new(&mut sums, &mut scores, &mut numbers, &mut []));
        assert_eq!(found, (Err(Error::Scratch { needed: 2, found: 0 }), bits(&start), 0));
        let mut scratch = Scratch::new(&mut sums, &mut scores, &mut numbers, &mut []).with_states(&mut states);
        assert_eq!(run(Identity, &rows, &start, steps, &mut scratch), (Err(Error::Scratch { needed: 2, found: 1 }), bits(&start), 0));
        let mut states = [0.0; 6];
        let mut scratch = Scratch::new(&mut sums[..5], &mut scores, &mut numbers, &mut []).with_states(&mut states);
        let found = run(Identity, &rows, &start, 1 + steps, &mut scratch);
        assert_eq!(found, (Err(Error::Scratch { needed: 2, found: 1 }), bits(&start), 0));
    }
}

#[test]
fn masks_hold_for_every_step() {
    let mut numbers = Numbers(6);
    let (mut data, start) = (numbers.numbers(200 * 8), numbers.numbers(8));
    let kept: Vec<usize> = (0..200).filter(|i| i % 3 == 1).collect();
    let only: Vec<f32> = kept.iter().flat_map(|&i| data[i * 8..][..8].to_vec()).collect();
    (0..200).filter(|i| i % 3 != 1).for_each(|i| data[i * 8] = f32::NAN);
    let listed = basinet_core::Listed::new(&kept).unwrap();
    for beta in BETAS {
        let model = Model::new(Beta::new(beta).unwrap(), Sparsemax);
        let (mut one, mut two) = (start.clone(), start.clone());
        let stop = Stop::after(9).weight_change(1e-5);
        let all = model.keep(listed).settle(&Patterns::new(&data, 8).unwrap(), &mut one, stop, &mut Room::new(8, 200).scratch()).unwrap();
        let few = model.settle(&Patterns::new(&only, 8).unwrap(), &mut two, stop, &mut Room::new(8, 200).scratch()).unwrap();
        assert_eq!(bits(&one), bits(&two));
        assert_eq!((all.steps, all.energy, all.metastable, all.converged), (few.steps, few.energy, few.metastable, few.converged));
        assert!(all.weight_change.zip(few.weight_change).is_none_or(|(a, b)| (a - b).abs() <= 1e-12));
    }
}

#[test]
fn owned_buffers_do_as_well() {
    let mut numbers = Numbers(7);
    let (data, mut one) = (numbers.numbers(90 * 5), numbers.numbers(5));
    let (rows, mut two) = (Patterns::new(&data, 5).unwrap(), one.clone());
    let model = Model::new(Beta::new(3.0).unwrap(), Entmax::new(1.5).unwrap());
    let owned = model.settle(&rows, &mut one, Stop::default(), &mut Buffers::<8, 90>::new().scratch()).unwrap();
    let borrowed = model.settle(&rows, &mut two, Stop::default(), &mut Room::new(5, 90).scratch()).unwrap();
    assert_eq!((owned, bits(&one)), (borrowed, bits(&two)));
    assert!(owned.converged && owned.steps < 100);
}

#[test]
fn a_state_that_does_not_move_has_settled_whatever_change_was_asked_for() {
    let data = [1.0, 0.0, 0.0, 1.0];
    for change in [0.0, -1.0, f32::NAN] {
        let mut state = [1.0, 0.0];
        let stop = Stop::after(10).state_change(change);
        let model = Model::new(Beta::new(8.0).unwrap(), Sparsemax);
        let report = model.settle(&Patterns::new(&data, 2).unwrap(), &mut state, stop, &mut Buffers::<2, 4>::new().scratch()).unwrap();
        assert!(report.converged && report.steps == 1);
    }
}

/// Numbers that `tanh` takes to 1 and -1 have the largest potential, `ln 2` each.
#[test]
fn the_energy_of_a_saturated_state_is_finite() {
    let data = [40.0, -40.0, 40.0, -40.0, -40.0, 40.0];
    let (rows, mut state) = (Patterns::new(&data, 3).unwrap(), [0.5, -0.25, 0.75]);
    let model = Model::new(Beta::new(1.0).unwrap(), Softmax);
    let report = model.then(Tanh).settle(&rows, &mut state, Stop::after(10), &mut Room::new(3, 1).scratch()).unwrap();
    assert_eq!(state, [1.0, -1.0, 1.0]);
    // The sum of potentials, less the largest score.
    assert!((report.energy - (3.0 * 2f64.ln() - 120.0)).abs() < 1e-3, "{report:?}");
}

/// `x atanh x + ln(1 - x^2) / 2` is `x^2/2 + x^4/12 + x^6/30 + ...`, with no two terms that cancel.
#[test]
fn the_potential_of_tanh_is_accurate_however_small_the_state_is() {
    for x in [1e-30f32, -1e-20, 1e-9, -1e-5, 9.99e-4, 1.001e-3, -0.01, 0.05] {
        let (rows, mut state) = (Patterns::new(&[0.0], 1).unwrap(), [x]);
        let model = Model::new(Beta::new(1.0).unwrap(), Hardmax);
        let report = model.then(Tanh).settle(&rows, &mut state, Stop::after(1), &mut Room::new(1, 1).scratch()).unwrap();
        let square = f64::from(x) * f64::from(x);
        let exact = square * (1.0 / 2.0 + square * (1.0 / 12.0 + square * (1.0 / 30.0 + square / 56.0)));
        assert!((report.first_energy - exact).abs() <= 1e-9 * exact, "{x:e}: {:e} for {exact:e}", report.first_energy);
    }
}

/// By an absolute measure this state counted as centred, and its energy was below that of all that are.
#[test]
fn whether_a_state_is_centred_does_not_depend_on_its_size() {
    for size in [1e-22, 1e-7, 1.0] {
        let (row, mut state) = ([size; 46], [size; 46]);
        let model = Model::new(Beta::new(8.0).unwrap(), Hardmax);
        let rows = Patterns::new(&row, 46).unwrap();
        let report = model.then(LayerNorm).settle(&rows, &mut state, Stop::after(2), &mut Room::new(46, 1).scratch()).unwrap();
        assert_eq!((report.first_energy, report.energy, report.largest_rise), (f64::INFINITY, 0.0, 0.0), "constant, {size:e}");

        let (row, mut state) = ([size, -size], [size, -size]);
        let rows = Patterns::new(&row, 2).unwrap();
        let report = model.then(LayerNorm).settle(&rows, &mut state, Stop::after(2), &mut Room::new(2, 1).scratch()).unwrap();
        assert!(report.first_energy <= 0.0 && report.largest_rise == 0.0, "centred, {size:e}: {report:?}");
    }
}
