//! Universal Hopfield networks: scores, weights and steps against a naive f64 reference, on every backend; what they are of; wrong input.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::disallowed_methods,
    reason = "a test may fail, and its reference uses the system's functions"
)]

mod common;
#[allow(dead_code, unused_imports, reason = "the rest of it is for other tests")]
#[path = "../conformance/src/oracle/mod.rs"]
mod oracle;

use basinet_core::universal::{Separation, Similarity, Step, Universal};
use basinet_core::{Beta, CHUNK, Code, Compressed, Error, Kernels, Model, Patterns, Softmax, Sparsemax, beta};
use common::{EPS, Numbers, Work, bits, cases, depth, largest};
use oracle::{Map, dot, dot_abs, norm};
use proptest::prelude::*;

/// What `out` holds before a call.
const UNTOUCHED: f32 = -7.5;

fn wide(x: &[f32]) -> Vec<f64> {
    x.iter().map(|&x| f64::from(x)).collect()
}

/// A score by the definition, and how far off it may be.
fn score(similarity: Similarity, x: &[f64], q: &[f64]) -> (f64, f64) {
    let chunks = x.len().div_ceil(16) as f64;
    let sum = |term: &dyn Fn(f64, f64) -> f64| x.iter().zip(q).map(|(&x, &q)| term(x, q)).sum::<f64>();
    let shares = |x: &[f64]| x.iter().map(|v| v / x.iter().sum::<f64>()).collect::<Vec<f64>>();
    let (p, r) = (shares(x), shares(q));
    let kl = |p: &[f64], r: &[f64]| p.iter().zip(r).map(|(p, r)| if *p == 0.0 { 0.0 } else { p * (p / r).ln() }).sum::<f64>();
    let inverse = |distance: f64, relative: f64| (1.0 / distance, relative / distance);
    match similarity {
        Similarity::Dot => (dot(x, q), (chunks + 5.0) * EPS * dot_abs(x, q)),
        Similarity::Cosine => (dot(x, q) / (norm(x) * norm(q)), (2.0 * chunks + 15.0) * EPS),
        Similarity::InverseSquaredDistance => inverse(sum(&|x, q| (q - x) * (q - x)), (chunks + 8.0) * EPS),
        Similarity::InverseManhattan => inverse(sum(&|x, q| (q - x).abs()), (chunks + 6.0) * EPS),
        Similarity::InverseDivergence => inverse(kl(&p, &r), EPS + 1e-9),
        Similarity::InverseReverseDivergence => inverse(kl(&r, &p), EPS + 1e-9),
        _ => inverse((kl(&p, &r) + kl(&r, &p)) / 2.0, EPS + 1e-9),
    }
}

/// The weights of f32 scores by the definition: normalised, separated, normalised.
fn weights(separation: Separation, normalised: bool, scores: &[f64]) -> Vec<f64> {
    let shares = |x: &[f64]| x.iter().map(|v| v / x.iter().sum::<f64>()).collect::<Vec<f64>>();
    let s = if normalised { shares(scores) } else { scores.to_vec() };
    let scaled = |beta: Beta| s.iter().map(|s| f64::from(beta.get()) * s).collect::<Vec<f64>>();
    match separation {
        Separation::Identity => shares(&s),
        Separation::Power(n) => shares(&s.iter().map(|s| s.powi(n.get() as i32)).collect::<Vec<_>>()),
        Separation::Softmax(beta) => shares(&Map::Softmax.weights(&scaled(beta))),
        Separation::Sparsemax(beta) => shares(&Map::Sparsemax.weights(&scaled(beta))),
        _ => {
            let best = s.iter().enumerate().fold(0, |best, (i, x)| if *x > s[best] { i } else { best });
            (0..s.len()).map(|i| if i == best { 1.0 } else { 0.0 }).collect()
        }
    }
}

fn separations(beta: f32) -> [Separation; 6] {
    let beta = Beta::new(beta).unwrap();
    let power = |n| Separation::power(n).unwrap();
    [Separation::Identity, power(2), power(10), Separation::Softmax(beta), Separation::Sparsemax(beta), Separation::Max]
}

/// Scores, weights and outcomes in bits, and the reports.
type Answer = (Result<Vec<u32>, Error>, Vec<Result<(Vec<u32>, Vec<u32>, Step), Error>>);

fn ask(kernels: impl Kernels, similarity: Similarity, beta: f32, raw: bool, data: &[f32], query: &[f32], values: &[f32]) -> Answer {
    let (rows, count) = (Patterns::new(data, query.len()).unwrap(), data.len() / query.len());
    let values = Patterns::new(values, values.len() / count).unwrap();
    let mut scores = vec![UNTOUCHED; count];
    let of = |separation| {
        let network = Universal::new(similarity, separation).on(kernels);
        if raw { network.unnormalised() } else { network }
    };
    let found = of(Separation::Identity).scores(&rows, query, &mut scores);
    assert!(found.is_ok() || scores.iter().all(|s| *s == UNTOUCHED));
    let steps = separations(beta).map(|separation| {
        let (mut weights, mut out, mut work) = (vec![f32::NAN; count], vec![UNTOUCHED; values.dim()], Work::new(values.dim(), 4));
        let step = of(separation).read(&rows, &values, query, &mut weights, &mut out, &mut work.scratch());
        assert!(step.is_ok() || out.iter().all(|x| *x == UNTOUCHED));
        if found.is_ok() {
            let mut again = scores.clone();
            assert_eq!(of(separation).weights(&mut again, &mut work.scratch()), step, "weights by themselves");
            assert_eq!(bits(&again), bits(if step.is_ok() { &weights } else { &scores }));
        }
        step.map(|step| (bits(&weights), bits(&out), step))
    });
    (found.map(|()| bits(&scores)), steps.into_iter().collect())
}

fn floats(bits: &[u32]) -> Vec<f32> {
    bits.iter().map(|&x| f32::from_bits(x)).collect()
}

proptest! {
    #![proptest_config(cases(200))]

    #[test]
    fn every_similarity_and_separation_is_its_definition(
        dim in 1..40usize, rows in 1..90usize, width in 1..5usize, log_beta in -2.0..5.0f32, raw: bool, positive: bool, seed: u64,
    ) {
        let mut numbers = Numbers(seed);
        let (mut data, mut query, values) = (numbers.numbers(dim * rows), numbers.numbers(dim), numbers.numbers(width * rows));
        if positive {
            data.iter_mut().chain(&mut query).for_each(|x| *x = x.abs() + 0.001);
        }
        let beta = log_beta.exp();
        for similarity in Similarity::ALL {
            let answer = on_every_backend!(|kernels| [
                data: Vec<f32> = data.clone(), query: Vec<f32> = query.clone(), values: Vec<f32> = values.clone(),
                similarity: Similarity = similarity, beta: f32 = beta, raw: bool = raw
            ] -> Answer { ask(kernels, similarity, beta, raw, &data, &query, &values) });
            let divergence = matches!(
                similarity,
                Similarity::InverseDivergence | Similarity::InverseReverseDivergence | Similarity::InverseSymmetricDivergence
            );
            let negative = |x: &[f32]| x.iter().any(|x| *x < 0.0);
            if divergence && (negative(&query) || negative(&data)) {
                let row = if negative(&query) { None } else { data.chunks_exact(dim).position(negative) };
                prop_assert_eq!(answer.0, Err(Error::NoDistribution { row }));
                continue;
            }
            let scores = floats(&answer.0.unwrap());
            // In one dimension every distribution is the same.
            if scores.iter().any(|s| s.is_infinite()) {
                prop_assert!(dim == 1 && divergence);
                continue;
            }
            for (row, &found) in data.chunks_exact(dim).zip(&scores) {
                let (exact, off) = score(similarity, &wide(row), &wide(&query));
                prop_assert!((f64::from(found) - exact).abs() <= off, "{similarity:?}: {found:e} {exact:e} {off:e}");
            }
            check(&scores, &answer.1, beta, raw, &values)?;
        }
    }
}

/// Weights from the f32 scores, the outcome from the f32 weights.
#[allow(clippy::type_complexity, reason = "as it is asked")]
fn check(
    scores: &[f32],
    steps: &[Result<(Vec<u32>, Vec<u32>, Step), Error>],
    beta: f32,
    raw: bool,
    values: &[f32],
) -> Result<(), TestCaseError> {
    let (s, rows, width) = (wide(scores), scores.len(), values.len() / scores.len());
    let size: f64 = s.iter().map(|s| s.abs()).sum();
    let sum: f64 = s.iter().sum();
    let winner = scores.iter().enumerate().fold(0, |best, (i, x)| if *x > scores[best] { i } else { best });
    for (separation, step) in separations(beta).into_iter().zip(steps) {
        let needs_sum = !raw || separation == Separation::Identity;
        if needs_sum && sum.abs() <= 1e-6 * size {
            continue;
        }
        let (found, out, step) = match step {
            Ok(found) => found,
            Err(error) => {
                prop_assert_eq!(*error, Error::SumNotPositive);
                prop_assert!(needs_sum && sum < 0.0, "{separation:?} {sum}");
                continue;
            }
        };
        prop_assert!(!needs_sum || sum > 0.0);
        prop_assert_eq!((step.winner, step.rows, step.weight.to_bits()), (winner, rows, found[winner]));
        prop_assert!((step.sum.unwrap() - sum).abs() <= 1e-12 * size);
        let found = floats(found);
        let exact = weights(separation, !raw, &s);
        let total: f64 = found.iter().map(|&p| f64::from(p)).sum();
        let grown = if needs_sum { size / sum } else { 1.0 };
        prop_assert!((total - 1.0).abs() <= (depth(rows) + 2.0) * EPS * grown, "{separation:?} {total}");
        // Of softmax and sparsemax z is rounded, and beta is.
        let z = f64::from(beta) * s.iter().fold(0.0f64, |m, s| m.max(s.abs())) / if raw { 1.0 } else { sum };
        let allowed = match separation {
            Separation::Softmax(_) | Separation::Sparsemax(_) => 2e-6 + 4.0 * EPS * z,
            _ => EPS * 1.01 * grown + 1e-11 * grown,
        };
        for (p, exact) in found.iter().zip(&exact) {
            prop_assert!((f64::from(*p) - exact).abs() <= allowed, "{separation:?}: {p:e} {exact:e}");
        }
        let m = largest(values);
        for (j, x) in floats(out).into_iter().enumerate() {
            let exact: f64 = found.iter().zip(values.chunks_exact(width)).map(|(&p, v)| f64::from(p) * f64::from(v[j])).sum();
            let sizes: f64 = found.iter().map(|&p| f64::from(p).abs()).sum::<f64>() * m;
            prop_assert!((f64::from(x) - exact).abs() <= (depth(rows) + 2.0) * EPS * sizes);
        }
    }
    Ok(())
}

/// Not normalised, dot products and softmax (or sparsemax) are the modern Hopfield network; normalised, that at another beta.
#[test]
fn with_dot_products_it_is_the_modern_hopfield_network_at_another_beta() {
    let mut numbers = Numbers(5);
    let (dim, rows) = (24, 2 * CHUNK + 100);
    let data: Vec<f32> = numbers.numbers(dim * rows).iter().map(|x| x.abs()).collect();
    let query: Vec<f32> = data[..dim].iter().map(|x| x + 0.1).collect();
    let patterns = Patterns::new(&data, dim).unwrap();
    let (mut work, mut modern, mut out, mut scores) = (Work::new(dim, 100), vec![0.0; dim], vec![0.0; dim], vec![0.0; rows]);
    let beta = beta!(0.5);
    let near = |a: &[f32], b: &[f32]| a.iter().zip(b).all(|(a, b)| (a - b).abs() < 4e-6);
    let dense = Universal::new(Similarity::Dot, Separation::Softmax(beta));
    Model::new(beta, Softmax).step(&patterns, &query, &mut modern, &mut work.scratch()).unwrap();
    let step = dense.unnormalised().step(&patterns, &query, &mut scores, &mut out, &mut work.scratch()).unwrap();
    assert!(near(&modern, &out));
    // One row of many is 1/M of the sum: the normalised network is nearly the plain mean.
    dense.step(&patterns, &query, &mut scores, &mut out, &mut work.scratch()).unwrap();
    assert!(!near(&modern, &out));
    let divided = Beta::new((0.5 / step.sum.unwrap()) as f32).unwrap();
    Model::new(divided, Softmax).step(&patterns, &query, &mut modern, &mut work.scratch()).unwrap();
    assert!(near(&modern, &out));
    // A sparse map's support is summed by rank in both, so the bits are the same.
    let sparse = Universal::new(Similarity::Dot, Separation::Sparsemax(beta)).unnormalised();
    Model::new(beta, Sparsemax).step(&patterns, &query, &mut modern, &mut work.scratch()).unwrap();
    sparse.step(&patterns, &query, &mut scores, &mut out, &mut work.scratch()).unwrap();
    assert_eq!(bits(&modern), bits(&out));
}

#[test]
fn an_exact_match_takes_all_the_weight_under_any_separation() {
    let data = [0.5f32, 0.25, 0.25, -0.0, 0.5, 0.5, 0.0, 0.5, 0.5, 1.0, 1.0, 0.0];
    let rows = Patterns::new(&data, 3).unwrap();
    let query = [0.0, 0.5, 0.5];
    for similarity in &Similarity::ALL[2..] {
        for separation in separations(3.0) {
            for network in [Universal::new(*similarity, separation), Universal::new(*similarity, separation).unnormalised()] {
                let (mut scores, mut out) = ([0.0; 4], [UNTOUCHED; 3]);
                network.scores(&rows, &query, &mut scores).unwrap();
                assert!(scores[0].is_finite() && scores[1] == f32::INFINITY && scores[2] == f32::INFINITY && scores[3].is_finite());
                let step = network.step(&rows, &query, &mut scores, &mut out, &mut Work::new(3, 0).scratch()).unwrap();
                assert_eq!((step.winner, step.weight, step.sum, step.rows), (1, 1.0, None, 4), "{network:?}");
                assert_eq!((bits(&scores), bits(&out)), (bits(&[0.0, 1.0, 0.0, 0.0]), bits(&[0.0, 0.5, 0.5])));
            }
        }
    }
    // So near that the inverse is beyond f32; a distribution that is the query's times 4.
    let near = [1e-20f32, 0.0, 0.0, 2.0];
    let near = Patterns::new(&near, 2).unwrap();
    let mut scores = [0.0; 2];
    Universal::new(Similarity::InverseSquaredDistance, Separation::Max).scores(&near, &[0.0, 0.0], &mut scores).unwrap();
    assert_eq!(scores, [f32::INFINITY, 0.25]);
    Universal::new(Similarity::InverseDivergence, Separation::Max).scores(&near, &[0.0, 8.0], &mut scores).unwrap();
    assert_eq!(scores, [0.0, f32::INFINITY]);
}

/// The divergences where entries are zero, against the definition; and near the query, where the textbook form cancels.
#[test]
fn divergences_of_zeros_and_of_near_rows() {
    let data = [0.5f32, 0.5, 0.0, 0.25, 0.25, 0.5];
    let rows = Patterns::new(&data, 3).unwrap();
    let score = |similarity, query: &[f32]| {
        let mut scores = [0.0; 2];
        Universal::new(similarity, Separation::Max).scores(&rows, query, &mut scores).unwrap();
        scores
    };
    let ln2 = 2f32.ln();
    // Of the row from the query: what the query lacks is infinitely far.
    assert_eq!(score(Similarity::InverseDivergence, &[1.0, 1.0, 0.0]), [f32::INFINITY, 0.0]);
    // Of the query from the row: ln 2 for the second, of which half lies elsewhere.
    let [same, half] = score(Similarity::InverseReverseDivergence, &[1.0, 1.0, 0.0]);
    assert!(same == f32::INFINITY && (half * ln2 - 1.0).abs() < 1e-6, "{half}");
    assert_eq!(score(Similarity::InverseSymmetricDivergence, &[1.0, 1.0, 0.0]), [f32::INFINITY, 0.0]);

    // What the row has all but nothing of counts like what it lacks: ln 2 for a half that is elsewhere, and what rounds to 1e-20 ln 1e20.
    let (little, mut score) = ([1e-20f32, 1.0, 1e-20], [0.0]);
    let little = Patterns::new(&little, 3).unwrap();
    let all = [
        (Similarity::InverseDivergence, [1.0, 1.0, 1e-20], 2f64.ln()),
        (Similarity::InverseReverseDivergence, [1.0, 1e-20, 1e-20], 1e20f64.ln()),
        (Similarity::InverseSymmetricDivergence, [1.0, 1e-20, 1e-20], 1e20f64.ln()),
    ];
    for (similarity, query, divergence) in all {
        Universal::new(similarity, Separation::Max).scores(&little, &query, &mut score).unwrap();
        assert!((f64::from(score[0]) * divergence - 1.0).abs() < 1e-6, "{similarity:?}: {:e}", score[0]);
    }

    // p = (1 + t)/3, (1 - t)/3, 1/3 from thirds: t^2/3 of the leading order by each, and ratios that are not exact in f64.
    let t = 11.0 / 8_388_608.0f32;
    let near = [1.0 + t, 1.0 - t, 1.0];
    for similarity in [Similarity::InverseDivergence, Similarity::InverseReverseDivergence, Similarity::InverseSymmetricDivergence] {
        let mut score = [0.0];
        Universal::new(similarity, Separation::Max).scores(&Patterns::new(&near, 3).unwrap(), &[1.0; 3], &mut score).unwrap();
        assert!((score[0] * t * t / 3.0 - 1.0).abs() < 1e-6, "{similarity:?}: {:e}", score[0]);
    }
}

#[test]
fn what_is_wrong_is_named_and_nothing_changes() {
    let (data, negative) = ([1.0f32, 2.0, -1.0, -2.0], Err(Error::SumNotPositive));
    let rows = Patterns::new(&data, 2).unwrap();
    let (mut scores, mut out, mut work) = ([UNTOUCHED; 2], [UNTOUCHED; 2], Work::new(2, 4));
    let of = |separation| Universal::new(Similarity::Dot, separation);
    // Scores 3 and -3.
    for separation in separations(1.0) {
        assert_eq!(of(separation).step(&rows, &[1.0, 1.0], &mut scores, &mut out, &mut work.scratch()), negative, "{separation:?}");
        assert_eq!(scores, [3.0, -3.0]);
    }
    assert_eq!(of(Separation::Identity).unnormalised().weights(&mut scores, &mut work.scratch()), negative);
    assert_eq!(of(Separation::power(3).unwrap()).unnormalised().weights(&mut scores, &mut work.scratch()), negative);
    let even = of(Separation::power(2).unwrap()).unnormalised().weights(&mut scores, &mut work.scratch()).unwrap();
    assert_eq!((even.winner, even.weight, even.sum, scores), (0, 0.5, Some(0.0), [0.5, 0.5]));
    let mut some = [2.0, -1.0];
    let step = of(Separation::power(3).unwrap()).weights(&mut some, &mut work.scratch()).unwrap();
    assert_eq!((step.winner, some), (0, [8.0 / 7.0, -1.0 / 7.0]));
    let mut zeros = [0.0, -0.0];
    for separation in separations(1.0) {
        assert_eq!(of(separation).weights(&mut zeros, &mut work.scratch()), negative);
    }
    for (strange, row) in [([f32::INFINITY, f32::NAN], 1), ([f32::NEG_INFINITY, f32::INFINITY], 0)] {
        let mut list = strange;
        assert_eq!(of(Separation::Max).weights(&mut list, &mut work.scratch()), Err(Error::ScoreNotFinite { row }));
        assert_eq!(bits(&list), bits(&strange));
    }
    assert_eq!(of(Separation::Max).weights(&mut [], &mut work.scratch()), Err(Error::Empty));
    let mut tiny = [1e-30, 1e-30];
    assert_eq!(of(Separation::Softmax(beta!(1e30))).weights(&mut tiny, &mut work.scratch()), Err(Error::Beta));
    assert!(matches!(Separation::power(0), Err(Error::Parameter { .. })));

    scores = [UNTOUCHED; 2];
    let ask = |similarity, rows: &Patterns<'_>, query: &[f32], scores: &mut [f32]| {
        Universal::new(similarity, Separation::Identity).scores(rows, query, scores)
    };
    for similarity in Similarity::ALL {
        assert_eq!(ask(similarity, &rows, &[1.0, f32::NAN], &mut scores), Err(Error::QueryNotFinite { index: 1 }));
        assert_eq!(ask(similarity, &rows, &[1.0], &mut scores), Err(Error::Length { expected: 2, found: 1 }));
        assert_eq!(ask(similarity, &rows, &[1.0, 1.0], &mut scores[..1]), Err(Error::Length { expected: 2, found: 1 }));
        for strange in [f32::NAN, f32::INFINITY] {
            let data = [1.0, 2.0, 0.0, strange];
            let rows = Patterns::new(&data, 2).unwrap();
            assert_eq!(ask(similarity, &rows, &[1.0, 1.0], &mut scores), Err(Error::ScoreNotFinite { row: 1 }), "{similarity:?}");
        }
    }
    // What overflows is not taken for far away.
    let far = [1.0f32, 2.0, 3e38, -3e38];
    let far = Patterns::new(&far, 2).unwrap();
    for (similarity, row) in Similarity::ALL.into_iter().zip([1, 0, 0, 1]) {
        assert_eq!(ask(similarity, &far, &[-1e38, 1e38], &mut scores), Err(Error::ScoreNotFinite { row }), "{similarity:?}");
    }
    assert_eq!(scores, [UNTOUCHED; 2]);
    for similarity in &Similarity::ALL[4..] {
        assert_eq!(ask(*similarity, &rows, &[1.0, 1.0], &mut scores), Err(Error::NoDistribution { row: Some(1) }));
        assert_eq!(ask(*similarity, &rows, &[1.0, -1.0], &mut scores), Err(Error::NoDistribution { row: None }));
        assert_eq!(ask(*similarity, &rows, &[0.0, 0.0], &mut scores), Err(Error::NoDistribution { row: None }));
    }
    // No score is above zero, and nothing can be divided by.
    let step = of(Separation::Identity).unnormalised().step(&rows, &[0.0, 0.0], &mut scores, &mut out, &mut work.scratch());
    assert_eq!((step, out), (negative, [UNTOUCHED; 2]));
    // Two scores cancel, and what is left has no weight within f32.
    let mut cancelling = [1.0, 1e-4, -1.0];
    let power = of(Separation::power(11).unwrap()).unnormalised();
    assert_eq!(power.weights(&mut cancelling, &mut work.scratch()), Err(Error::SumNotPositive));
    assert_eq!(cancelling, [1.0, 1e-4, -1.0]);
    let network = of(Separation::Max);
    let step = network.read(&rows, &rows, &[1.0, 2.0], &mut scores, &mut out[..1], &mut work.scratch());
    assert_eq!(step, Err(Error::Length { expected: 2, found: 1 }));
    let fewer = Patterns::new(&data[..2], 2).unwrap();
    let step = network.read(&rows, &fewer, &[1.0, 2.0], &mut scores, &mut out, &mut work.scratch());
    assert_eq!(step, Err(Error::Length { expected: 2, found: 1 }));
    let step = network.step(&rows, &[1.0, 2.0], &mut scores[..1], &mut out, &mut work.scratch());
    assert_eq!(step, Err(Error::Length { expected: 2, found: 1 }));
    let step = network.unnormalised().step(&rows, &[1.0, 2.0], &mut scores, &mut out, &mut Work::new(1, 4).scratch());
    assert_eq!(step, Err(Error::Scratch { needed: 2, found: 1 }));
    let values = [f32::NAN, 1.0, 2.0, 3.0];
    let values = Patterns::new(&values, 2).unwrap();
    let step = network.unnormalised().read(&rows, &values, &[1.0, 2.0], &mut scores, &mut out, &mut work.scratch());
    assert_eq!((step, out), (Err(Error::OutputNotFinite), [UNTOUCHED; 2]));
}

/// A network says what it was made of, and recalls from compressed rows what it recalls from the numbers that they stand for.
#[test]
fn codes_are_recalled_as_what_they_stand_for() {
    const DIM: usize = 21;
    let mut numbers = Numbers(77);
    let data: Vec<f32> = numbers.numbers(DIM * 70).iter().map(|x| x.abs()).collect();
    let query: Vec<f32> = data[DIM..2 * DIM].iter().map(|x| x + 0.01).collect();
    let (mut codes, mut scales, mut residuals) = (vec![0i8; data.len()], vec![], vec![]);
    for (row, codes) in data.chunks(DIM).zip(codes.chunks_mut(DIM)) {
        let encoded = i8::encode(row, codes).unwrap();
        scales.push(encoded.scale);
        residuals.push(encoded.residual);
    }
    let copy = Compressed::new(&codes, &scales, &residuals, DIM).unwrap();
    let decoded: Vec<f32> = (0..70).flat_map(|i| copy.decoded(i).collect::<Vec<_>>()).collect();
    let plain = Patterns::new(&decoded, DIM).unwrap();
    for similarity in Similarity::ALL {
        let network = Universal::new(similarity, Separation::Softmax(beta!(3.0)));
        assert_eq!(
            (network.similarity(), network.separation(), network.is_normalised()),
            (similarity, Separation::Softmax(beta!(3.0)), true)
        );
        assert!(!network.unnormalised().is_normalised());
        fn answer(network: Universal, rows: &impl basinet_core::Rows, query: &[f32]) -> (Step, Vec<u32>, Vec<u32>) {
            let (mut scores, mut out) = (vec![UNTOUCHED; 70], vec![UNTOUCHED; DIM]);
            let step = network.step(rows, query, &mut scores, &mut out, &mut Work::new(DIM, 70).scratch()).unwrap();
            (step, bits(&scores), bits(&out))
        }
        let (from_codes, from_numbers) = (answer(network, &copy, &query), answer(network, &plain, &query));
        assert_eq!(from_codes, from_numbers, "{similarity:?}");
        assert!(!from_codes.2.contains(&UNTOUCHED.to_bits()));
    }
}
