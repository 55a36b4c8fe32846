//! Batches: the weights of the definition, the results of one query at a time, the errors of one query at a time.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::disallowed_methods,
    reason = "a test may fail, and its reference uses the system's functions"
)]

mod common;

use basinet_core::{
    Backend, Beta, Bits, Cosine, Dot, Entmax, Error, Job, KSubsets, Kernels, Model, Patterns, Separation, Similarity, Softmax, Softmax1,
    Sparsemax, SquaredDistance, Step, TopK, Window, batch_scratch,
};
use common::maps::{Defined, distance};
use common::{EPS, Numbers, Work, bits, largest};

/// Rows, numbers of a row, queries.
const SHAPES: [(usize, usize, usize); 7] = [(1, 1, 4), (3, 5, 17), (64, 16, 16), (65, 33, 20), (130, 100, 38), (67, 257, 37), (300, 3, 5)];

/// Results and steps of a batch.
type Batch = Result<(Vec<f32>, Vec<Step>), Error>;

/// A batch with room for so many candidates of each query.
fn read<S: Separation, Q: Similarity, K: Kernels>(
    model: &Model<S, Q, K>,
    keys: (&[f32], usize),
    values: (&[f32], usize),
    queries: &[f32],
    candidates: usize,
) -> Batch {
    let count = queries.len() / keys.1;
    let mut scratch = vec![f32::NAN; batch_scratch(count, keys.1, values.1, candidates)];
    let (mut out, mut steps) = (vec![0.0; count * values.1], vec![Step::default(); count]);
    let (key_rows, value_rows) = (Patterns::new(keys.0, keys.1)?, Patterns::new(values.0, values.1)?);
    model.read_batch(&key_rows, &value_rows, queries, &mut out, &mut steps, &mut scratch)?;
    Ok((out, steps))
}

/// One query after the other.
fn one_by_one<S: Separation, Q: Similarity, K: Kernels>(
    model: &Model<S, Q, K>,
    (keys, dim): (&[f32], usize),
    (values, width): (&[f32], usize),
    queries: &[f32],
) -> Batch {
    let (keys, values) = (Patterns::new(keys, dim)?, Patterns::new(values, width)?);
    let mut work = Work::new(dim.max(width), keys.count());
    let (mut out, mut steps) = (vec![], vec![]);
    for query in queries.chunks(dim) {
        let mut row = vec![0.0; width];
        steps.push(model.read(&keys, &values, query, &mut row, &mut work.scratch())?);
        out.extend(row);
    }
    Ok((out, steps))
}

/// Rows, and queries near some of them.
fn data(seed: u64, (rows, dim, queries): (usize, usize, usize)) -> (Vec<f32>, Vec<f32>) {
    let mut numbers = Numbers(seed);
    let keys = numbers.numbers(rows * dim);
    let near = (0..queries).flat_map(|i| keys[i * 7 % rows * dim..][..dim].to_vec());
    let queries = near.collect::<Vec<f32>>().iter().map(|x| x + 0.3 * numbers.number()).collect();
    (keys, queries)
}

fn dot(a: &[f32], b: &[f32], term: impl Fn(f64, f64) -> f64) -> f64 {
    a.iter().zip(b).map(|(&a, &b)| term(f64::from(a), f64::from(b))).sum()
}

/// Where the values are the rows of an identity matrix, the results are the weights.
fn weights_are_right<S: Defined>(separation: S, shape: (usize, usize, usize), beta: f32) {
    let (rows, dim, _) = shape;
    let (keys, queries) = data(11, shape);
    let identity: Vec<f32> = (0..rows * rows).map(|i| if i / rows == i % rows { 1.0 } else { 0.0 }).collect();
    let model = Model::new(Beta::new(beta).unwrap(), separation);
    let (weights, steps) = read(&model, (&keys, dim), (&identity, rows), &queries, rows).unwrap();
    for ((weights, step), query) in weights.chunks(rows).zip(&steps).zip(queries.chunks(dim)) {
        let z: Vec<f64> = keys.chunks(dim).map(|row| f64::from(beta) * dot(row, query, |a, b| a * b)).collect();
        let sum = keys.chunks(dim).map(|row| dot(row, query, |a, b| (a * b).abs())).fold(0.0, f64::max);
        let reference = separation.reference();
        let expected = reference.weights(&z);
        let (found, allowed) = (distance(&reference, weights, &expected), 2e-6 + 4.0 * EPS * f64::from(beta) * sum);
        assert!(found <= allowed, "{separation:?}, {shape:?}, beta {beta}: {found:e} of {allowed:e}");
        assert!(weights.iter().filter(|&&p| p > 0.0).count() <= step.support && step.support <= step.rows);
    }
}

#[test]
fn weights_are_those_of_the_definition() {
    for shape in SHAPES {
        for beta in [0.01, 0.5, 3.0] {
            for_every!(shape.0, 11, weights_are_right(shape, beta));
        }
    }
}

/// Results, and what is said of them, agree with one query at a time; the scores' bound is that of Dot.
fn agrees<S: Separation, Q: Similarity, K: Kernels>(model: &Model<S, Q, K>, shape: (usize, usize, usize), candidates: usize) {
    let (rows, dim, queries) = shape;
    let (keys, queries) = (data(5, shape).0, data(5, (rows, dim, queries)).1);
    let values = Numbers(8).numbers(rows * 6);
    let (keys, values) = ((&keys[..], dim), (&values[..], 6));
    let (found, steps) = read(model, keys, values, &queries, candidates).unwrap();
    let (expected, expected_steps) = one_by_one(model, keys, values, &queries).unwrap();
    let sum = largest(keys.0) * largest(&queries) * dim as f64;
    let allowed = largest(values.0) * (4e-6 + 8.0 * EPS * f64::from(model.beta().get()) * sum);
    for (found, expected) in found.iter().zip(&expected) {
        assert!(
            f64::from((found - expected).abs()) <= allowed,
            "{:?}, {shape:?}: {found} and {expected}, allowed {allowed:e}",
            model.separation()
        );
    }
    for (step, expected) in steps.iter().zip(&expected_steps) {
        assert_eq!((step.winner, step.rows), (expected.winner, expected.rows), "{:?}, {shape:?}", model.separation());
        let close = |a: f64, b: f64| (a - b).abs() <= 1e-5 * (1.0 + a.abs() + sum);
        assert!(close(step.gap.into(), expected.gap.into()), "gap {} and {}", step.gap, expected.gap);
        assert!(close(step.conjugate, expected.conjugate), "conjugate {} and {}", step.conjugate, expected.conjugate);
        assert!(close(step.weight.into(), expected.weight.into()) && close(step.missing.into(), expected.missing.into()));
        assert!((step.rest - expected.rest).abs() <= 2e-4 * expected.rest + 1e-5, "rest {} and {}", step.rest, expected.rest);
    }
}

struct Everywhere<S> {
    separation: S,
    shape: (usize, usize, usize),
}

impl<S: Separation> Job for Everywhere<S> {
    type Output = ();
    fn run<K: Kernels>(self, kernels: K) {
        for beta in [0.02, 0.4] {
            let model = Model::new(Beta::new(beta).unwrap(), self.separation).on(kernels);
            agrees(&model, self.shape, 40);
            agrees(&model.with(Cosine), self.shape, self.shape.0);
            agrees(&model.with(SquaredDistance), self.shape, 40);
            agrees(&model.keep(Window { centre: 70, half_width: 60 }), self.shape, 40);
        }
    }
}

#[test]
fn every_backend_and_similarity_agrees_with_one_query_at_a_time() {
    for shape in [(200, 19, 36), (129, 6, 21)] {
        for backend in Backend::available() {
            backend.run(Everywhere { separation: Softmax, shape }).unwrap();
            backend.run(Everywhere { separation: Sparsemax, shape }).unwrap();
        }
    }
}

#[test]
fn several_chunks_agree_with_one_query_at_a_time() {
    let shape = (9000, 5, 18);
    let model = Model::new(Beta::new(0.7).unwrap(), Softmax);
    agrees(&model, shape, 0);
    agrees(&Model::new(model.beta(), Softmax1), shape, 0);
    agrees(&Model::new(model.beta(), Sparsemax), shape, 100);
    agrees(&Model::new(model.beta(), Entmax::new(1.5).unwrap()), shape, 100);
    agrees(&Model::new(model.beta(), TopK::new(9).unwrap()), shape, 400);
}

#[test]
fn too_few_candidates_cost_time_only() {
    for candidates in [0, 1, 9] {
        for separation in [1.0, 1.25, 1.5, 2.0] {
            agrees(&Model::new(Beta::new(0.05).unwrap(), Entmax::new(separation).unwrap()), (300, 7, 20), candidates);
        }
    }
}

#[test]
fn a_query_does_not_depend_on_those_beside_it() {
    let shape = (150, 20, 35);
    let (keys, queries) = data(21, shape);
    let keys = (&keys[..], 20);
    let reversed: Vec<f32> = queries.chunks(20).rev().flatten().copied().collect();
    fn same<S: Separation>(separation: S, keys: (&[f32], usize), queries: &[f32], reversed: &[f32]) {
        let model = Model::new(Beta::new(2.0).unwrap(), separation);
        let (there, _) = read(&model, keys, keys, queries, 150).unwrap();
        let (back, _) = read(&model, keys, keys, reversed, 150).unwrap();
        // The last three of either order are recalled one by one.
        for (i, (a, b)) in there.chunks(20).zip(back.chunks(20).rev()).enumerate() {
            assert!((3..32).contains(&i) <= (bits(a) == bits(b)), "{separation:?}: query {i}");
        }
    }
    same(Softmax, keys, &queries, &reversed);
    same(Sparsemax, keys, &queries, &reversed);
}

#[test]
fn few_queries_have_the_bits_of_one_at_a_time() {
    let (keys, queries) = data(3, (100, 9, 3));
    let (keys, model) = ((&keys[..], 9), Model::new(Beta::new(1.0).unwrap(), Softmax));
    let (found, steps) = read(&model, keys, keys, &queries, 0).unwrap();
    let (expected, expected_steps) = one_by_one(&model, keys, keys, &queries).unwrap();
    assert_eq!((bits(&found), steps), (bits(&expected), expected_steps));
}

/// Panels sum along their rows, so nearly every number differs in its last bits from that of a single recall: a query that has all of these
/// was recalled by itself, which costs time and shows in no result. The last four are enough for a panel.
#[test]
fn queries_of_whole_panels_are_not_recalled_one_by_one() {
    fn check<S: Separation>(separation: S) {
        let (keys, queries) = data(3, (200, 70, 84));
        let model = Model::new(Beta::new(0.002).unwrap(), separation);
        let (found, _) = read(&model, (&keys, 70), (&keys, 70), &queries, 200).unwrap();
        let (single, _) = one_by_one(&model, (&keys, 70), (&keys, 70), &queries).unwrap();
        for (query, (found, single)) in found.chunks(70).zip(single.chunks(70)).enumerate() {
            assert_ne!(bits(found), bits(single), "{separation:?}, query {query}");
        }
    }
    check(Softmax);
    check(Sparsemax);
    check(Entmax::new(1.5).unwrap());
}

/// The bars that rows are dropped by follow the scores, and no number of their own.
#[test]
fn scores_may_all_be_far_below_zero_or_far_above() {
    let (keys, queries) = data(21, (300, 20, 32));
    for offset in [-12.0, 12.0] {
        let shifted = |x: &[f32], by: f32| x.chunks(20).flat_map(|row| [&[by], &row[1..]].concat()).collect::<Vec<f32>>();
        let (keys, queries) = (shifted(&keys, 12.0), shifted(&queries, offset));
        for beta in [0.01, 0.1, 1.0] {
            let model = Model::new(Beta::new(beta).unwrap(), Sparsemax);
            let (found, steps) = read(&model, (&keys, 20), (&keys, 20), &queries, 300).unwrap();
            let (single, single_steps) = one_by_one(&model, (&keys, 20), (&keys, 20), &queries).unwrap();
            for (found, single) in found.iter().zip(&single) {
                assert!((found - single).abs() <= 1e-3 * beta.max(0.1) * 12.0, "offset {offset}, beta {beta}: {found} for {single}");
            }
            assert!(steps.iter().zip(&single_steps).all(|(a, b)| (a.winner, a.rows) == (b.winner, b.rows)));
        }
    }
}

#[test]
fn the_room_of_a_batch_is_what_the_documentation_says() {
    assert_eq!(
        (batch_scratch(16, 64, 64, 32), batch_scratch(1, 1, 1, 0), batch_scratch(17, 1, 1, 0)),
        (6544, 16 * 13 + 3 + 2064, 32 * 13 + 3 + 2064)
    );
    assert_eq!(batch_scratch(usize::MAX, 64, 64, 32), usize::MAX);
}

#[test]
fn energies_are_those_of_one_query_at_a_time() {
    let (keys, queries) = data(4, (80, 12, 19));
    let (rows, model) = (Patterns::new(&keys, 12).unwrap(), Model::new(Beta::new(0.3).unwrap(), Softmax).with(Dot));
    let (mut out, mut steps, mut scratch) = (vec![0.0; 12 * 19], [Step::default(); 19], vec![0.0; batch_scratch(19, 12, 12, 0)]);
    model.step_batch(&rows, &queries, &mut out, &mut steps, &mut scratch).unwrap();
    let mut work = Work::new(12, 0);
    for (step, query) in steps.iter().zip(queries.chunks(12)) {
        let expected = model.step(&rows, query, &mut [0.0; 12], &mut work.scratch()).unwrap().energy.unwrap();
        assert!((step.energy.unwrap() - expected).abs() <= 1e-5 * (1.0 + expected.abs()), "{:?} and {expected}", step.energy);
    }
}

/// What is wrong is said as by one query at a time, and the output stays.
fn fails<S: Separation>(separation: S, keys: (&[f32], usize), values: (&[f32], usize), queries: &[f32], expected: Error) {
    let model = Model::new(Beta::new(1.0).unwrap(), separation);
    assert_eq!(one_by_one(&model, keys, values, queries).unwrap_err(), expected, "{separation:?}");
    assert_eq!(read(&model, keys, values, queries, 10).unwrap_err(), expected, "{separation:?}");
}

#[test]
fn errors_are_those_of_one_query_at_a_time() {
    let (mut keys, queries) = data(6, (90, 4, 20));
    let plain = keys.clone();
    for (bad, row) in [(f32::NAN, 70), (f32::INFINITY, 33), (f32::NEG_INFINITY, 0)] {
        keys[row * 4 + 2] = bad;
        fails(Softmax, (&keys, 4), (&plain, 4), &queries, Error::ScoreNotFinite { row });
        fails(Sparsemax, (&keys, 4), (&plain, 4), &queries, Error::ScoreNotFinite { row });
        fails(TopK::new(2).unwrap(), (&keys, 4), (&plain, 4), &queries, Error::ScoreNotFinite { row });
        keys[row * 4 + 2] = 0.0;
    }
    fails(KSubsets::new(91).unwrap(), (&plain, 4), (&plain, 4), &queries, Error::TooFewRows { needed: 91, found: 90 });
    fails(Softmax, (&[1.0; 8], 4), (&[f32::INFINITY; 8], 4), &queries, Error::OutputNotFinite);
    fails(Sparsemax, (&[1.0; 8], 4), (&[f32::NAN; 8], 4), &queries, Error::OutputNotFinite);
    let masked = Model::new(Beta::new(1.0).unwrap(), Softmax).keep(Bits(&[0, 0]));
    assert_eq!(read(&masked, (&plain, 4), (&plain, 4), &queries, 0).unwrap_err(), Error::AllMasked);
    // A row that does not take part may hold anything.
    keys[5 * 4] = f32::NAN;
    let without = Model::new(Beta::new(1.0).unwrap(), Softmax).keep(Bits(&[!(1 << 5), u64::MAX]));
    assert!(read(&without, (&keys, 4), (&plain, 4), &queries, 0).is_ok());
}

/// A chunk whose only score is not finite looks like one without rows.
#[test]
fn the_last_row_alone_in_its_chunk_is_found_too() {
    let mut keys = vec![1.0; 4097];
    let queries = [1.0, 2.0, 0.5, 1.5, 1.0];
    for bad in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY] {
        keys[4096] = bad;
        fails(Softmax, (&keys, 1), (&[1.0; 4097], 1), &queries, Error::ScoreNotFinite { row: 4096 });
    }
    keys[4096] = 2e19;
    let model = Model::new(Beta::new(1.0).unwrap(), Softmax).with(SquaredDistance);
    let expected = Error::ScoreNotFinite { row: 4096 };
    assert_eq!(read(&model, (&keys, 1), (&keys, 1), &queries, 0).unwrap_err(), expected);
    // Nor is the first chunk forgotten for the second.
    (keys[0], keys[4096]) = (f32::NAN, 1.0);
    let mut kept = [0; 65];
    (kept[0], kept[64]) = (1, 1);
    let model = Model::new(Beta::new(1.0).unwrap(), Softmax).keep(Bits(&kept));
    assert_eq!(read(&model, (&keys, 1), (&[1.0; 4097], 1), &queries, 0).unwrap_err(), Error::ScoreNotFinite { row: 0 });
}

#[test]
fn where_the_scratch_memory_lies_changes_no_bit() {
    let (keys, queries) = data(12, (90, 5, 4));
    let (rows, model) = (Patterns::new(&keys, 5).unwrap(), Model::new(Beta::new(1e-4).unwrap(), Sparsemax));
    // Room for one row fewer than have a weight.
    let needed = batch_scratch(4, 5, 5, 89);
    let mut room = vec![0.0; needed + 16];
    let mut run = |from: usize| {
        let (mut out, mut steps) = (vec![0.0; 20], [Step::default(); 4]);
        model.step_batch(&rows, &queries, &mut out, &mut steps, &mut room[from..from + needed]).unwrap();
        (bits(&out), steps.map(|step| step.passes))
    };
    let first = run(0);
    for from in 1..16 {
        assert_eq!(run(from), first, "from {from}");
    }
}

#[test]
fn wrong_lengths_are_errors_and_change_nothing() {
    let (keys, mut queries) = data(6, (9, 4, 20));
    let (rows, model) = (Patterns::new(&keys, 4).unwrap(), Model::new(Beta::new(1.0).unwrap(), Softmax));
    let needed = batch_scratch(20, 4, 4, 0);
    let run = |queries: &[f32], out: usize, steps: usize, scratch: usize| {
        let mut out = vec![7.0; out];
        let result = model.step_batch(&rows, queries, &mut out, &mut vec![Step::default(); steps], &mut vec![0.0; scratch]);
        assert!(result.is_ok() || out.iter().all(|&x| x == 7.0));
        result
    };
    assert_eq!(run(&queries, 80, 20, needed), Ok(()));
    assert_eq!(run(&[], 0, 0, needed), Ok(()));
    assert_eq!(run(&queries[1..], 80, 20, needed), Err(Error::Shape { numbers: 79, dim: 4, stride: 4 }));
    assert_eq!(run(&queries, 79, 20, needed), Err(Error::Length { expected: 80, found: 79 }));
    assert_eq!(run(&queries, 80, 19, needed), Err(Error::Length { expected: 20, found: 19 }));
    assert_eq!(run(&queries, 80, 20, needed - 1), Err(Error::Scratch { needed, found: needed - 1 }));
    queries[41] = f32::NAN;
    assert_eq!(run(&queries, 80, 20, needed), Err(Error::QueryNotFinite { index: 41 }));
    assert_eq!(batch_scratch(usize::MAX, 4, 4, 0), usize::MAX);
}
