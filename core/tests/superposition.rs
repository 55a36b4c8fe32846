//! Superpositions: features and recalls against their definition in f64, memories that come and go, drift, every backend, wrong input.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::disallowed_methods,
    reason = "a test may fail, and its reference uses the system's functions"
)]

mod common;

use basinet_core::{
    Beta, Dispatch, EluFeatures, Error, Features, Kernels, Patterns, PositiveRandomFeatures, Recollection, ReluRandomFeatures,
    Superposition, beta,
};
use common::{EPS, Numbers, bits, cases};
use proptest::prelude::*;

/// What `out` holds before a call.
const UNTOUCHED: f32 = -7.5;

type Sizes = Superposition<()>;
type Memory<F> = Superposition<F, Vec<f32>>;

/// Features as the tests know them: the library's, in f64, and a bound on how far the two are apart, relatively.
trait Known: Features + Clone {
    fn wide(&self, x: &[f32]) -> Vec<f64>;
    /// Those of a query.
    fn wide_query(&self, x: &[f32]) -> Vec<f64> {
        self.wide(x)
    }
    fn bound(&self, x: &[f32]) -> f64;
}

impl Known for EluFeatures {
    fn wide(&self, x: &[f32]) -> Vec<f64> {
        x.iter().map(|&x| if x > 0.0 { f64::from(x) + 1.0 } else { f64::from(x).exp() }).collect()
    }
    fn bound(&self, _: &[f32]) -> f64 {
        3.0 * EPS
    }
}

/// Random rows with what the library keeps to itself.
#[derive(Clone)]
struct Rows<F> {
    features: F,
    weights: Vec<f32>,
    beta: f64,
    offset: f64,
    exponential: bool,
}

impl<F: Features> Rows<F> {
    fn projections(&self, x: &[f32]) -> Vec<f64> {
        self.weights
            .chunks(x.len())
            .map(|w| self.beta.sqrt() * w.iter().zip(x).map(|(w, x)| f64::from(*w) * f64::from(*x)).sum::<f64>())
            .collect()
    }
}

impl<F: Features> Features for Rows<F> {
    fn dim(&self) -> usize {
        self.features.dim()
    }
    fn count(&self) -> usize {
        self.features.count()
    }
    fn of_pattern<K: Kernels>(&self, kernels: K, x: &[f32], out: &mut [f32]) -> Result<(), Error> {
        self.features.of_pattern(kernels, x, out)
    }
    fn of_query<K: Kernels>(&self, kernels: K, x: &[f32], out: &mut [f32]) -> Result<f64, Error> {
        self.features.of_query(kernels, x, out)
    }
}

impl<F: Features + Clone> Rows<F> {
    fn of(&self, x: &[f32], offset: f64) -> Vec<f64> {
        let half = self.beta * x.iter().map(|x| f64::from(*x).powi(2)).sum::<f64>() / 2.0;
        let unit = (self.count() as f64).sqrt();
        let of = |a: f64| if self.exponential { ((a - half).exp() + offset) / unit } else { a.max(0.0) + offset };
        self.projections(x).into_iter().map(of).collect()
    }
}

impl<F: Features + Clone> Known for Rows<F> {
    fn wide(&self, x: &[f32]) -> Vec<f64> {
        self.of(x, self.offset)
    }
    fn wide_query(&self, x: &[f32]) -> Vec<f64> {
        let largest = self.projections(x).into_iter().fold(f64::NEG_INFINITY, f64::max);
        self.of(x, if self.exponential { self.offset * largest.exp() } else { self.offset })
    }
    /// Offsets are at least a hundredth here, and ReLUs lose relatively what their score loses.
    fn bound(&self, x: &[f32]) -> f64 {
        let of = |w: &[f32]| w.iter().zip(x).map(|(w, x)| (w * x).abs()).sum::<f32>();
        let scores = self.weights.chunks(x.len()).map(of).fold(0.0, f32::max);
        let dot = (x.len().div_ceil(16) + 5) as f64 * EPS * f64::from(scores) * self.beta.sqrt();
        let exponent = self.beta.sqrt() * f64::from(scores) + self.beta * x.iter().map(|x| f64::from(*x).powi(2)).sum::<f64>();
        if self.exponential { (5.0 + exponent) * EPS + dot } else { 4.0 * EPS + dot / 0.01 }
    }
}

fn positive(dim: usize, count: usize, beta: f32, offset: f32, numbers: &mut Numbers) -> Rows<PositiveRandomFeatures<Vec<f32>>> {
    let weights = numbers.numbers(dim * count);
    let features = PositiveRandomFeatures::new(weights.clone(), dim, Beta::new(beta).unwrap()).unwrap().with_offset(offset).unwrap();
    Rows { features, weights, beta: f64::from(beta), offset: f64::from(offset), exponential: true }
}

fn relu(dim: usize, count: usize, beta: f32, numbers: &mut Numbers) -> Rows<ReluRandomFeatures<Vec<f32>>> {
    let weights = numbers.numbers(dim * count);
    let features = ReluRandomFeatures::new(weights.clone(), dim, Beta::new(beta).unwrap(), 0.01).unwrap();
    Rows { features, weights, beta: f64::from(beta), offset: f64::from(0.01f32), exponential: false }
}

fn empty<F: Features>(features: F, values: usize) -> (Memory<F>, Vec<f32>) {
    let state = vec![UNTOUCHED; Sizes::numbers(features.count(), values)];
    let room = vec![f32::NAN; Sizes::room(features.count(), values)];
    (Superposition::new(features, values, state).unwrap(), room)
}

/// What a recall is by definition, over features in f64: the result, and the logarithm of the sum of kernels.
fn truth(features: &impl Known, memories: &[(Vec<f32>, Vec<f32>)], query: &[f32]) -> (Vec<f64>, f64) {
    let q = features.wide_query(query);
    let kernel = |key: &[f32]| q.iter().zip(features.wide(key)).map(|(a, b)| a * b).sum::<f64>();
    let kernels: Vec<f64> = memories.iter().map(|(key, _)| kernel(key)).collect();
    let sum: f64 = kernels.iter().sum();
    let entry = |c: usize| memories.iter().zip(&kernels).map(|((_, value), k)| k * f64::from(value[c])).sum::<f64>() / sum;
    ((0..memories[0].1.len()).map(entry).collect(), sum.ln())
}

/// The largest entry of a value.
fn largest(memories: &[(Vec<f32>, Vec<f32>)]) -> f64 {
    memories.iter().flat_map(|(_, value)| value).fold(0.0, |m, x| f64::max(m, f64::from(x.abs())))
}

/// Stores all of them, recalls by each query, and holds the answers against the definition.
fn holds(features: &impl Known, memories: &[(Vec<f32>, Vec<f32>)], queries: &[Vec<f32>]) -> Result<(), TestCaseError> {
    let width = memories[0].1.len();
    let (mut memory, mut room) = empty(features.clone(), width);
    for (key, value) in memories {
        memory.store(key, value, &mut room).unwrap();
    }
    let of_keys = memories.iter().map(|(key, _)| features.bound(key)).fold(0.0, f64::max);
    for query in queries {
        let mut out = vec![UNTOUCHED; width];
        let Recollection { memories: count, conjugate, drift, .. } = memory.recall(query, &mut out, &mut room).unwrap();
        let (expected, ln_sum) = truth(features, memories, query);
        let relative = features.bound(query) + of_keys + (66 + features.count().div_ceil(64)) as f64 * EPS;
        for (found, expected) in out.iter().zip(&expected) {
            prop_assert!((f64::from(*found) - expected).abs() <= 2.0 * relative * largest(memories) + drift, "{found} {expected}");
        }
        prop_assert_eq!(count, memories.len() as u64);
        prop_assert!((conjugate - ln_sum).abs() <= relative + 1e-12 * ln_sum.abs(), "{} {}", conjugate, ln_sum);
        prop_assert!(drift <= 4.0 * EPS * EPS * memories.len() as f64 * largest(memories).max(1.0) * 1.1);
    }
    Ok(())
}

fn memories(count: usize, dim: usize, width: usize, numbers: &mut Numbers) -> Vec<(Vec<f32>, Vec<f32>)> {
    (0..count).map(|_| (numbers.numbers(dim), numbers.numbers(width))).collect()
}

proptest! {
    #![proptest_config(cases(64))]

    #[test]
    fn a_recall_is_the_quotient_of_two_sums_of_kernels(
        seed in any::<u64>(), dim in 1usize..40, count in 1usize..150, width in 1usize..40, stored in 1usize..40, beta in 0.01f32..0.5
    ) {
        let mut numbers = Numbers(seed);
        let stored = memories(stored, dim, width, &mut numbers);
        let queries: Vec<_> = (0..3).map(|_| numbers.numbers(dim)).collect();
        holds(&EluFeatures::new(dim).unwrap(), &stored, &queries)?;
        holds(&positive(dim, count, beta, 0.0, &mut numbers), &stored, &queries)?;
        holds(&positive(dim, count, beta, 0.01, &mut numbers), &stored, &queries)?;
        holds(&relu(dim, count, beta, &mut numbers), &stored, &queries)?;
    }

    /// Memories come, go and are replaced; what is left recalls like one that only ever held what is left.
    #[test]
    fn what_has_gone_leaves_no_more_than_the_drift(seed in any::<u64>(), operations in 1usize..200) {
        let mut numbers = Numbers(seed);
        let features = positive(6, 20, 0.5, 0.0, &mut numbers);
        let (mut memory, mut room) = empty(features.clone(), 3);
        let mut held = memories(1, 6, 3, &mut numbers);
        memory.store(&held[0].0, &held[0].1, &mut room).unwrap();
        for _ in 0..operations {
            let new = memories(1, 6, 3, &mut numbers).remove(0);
            let at = numbers.next() as usize % held.len();
            match numbers.next() % 3 {
                0 if held.len() > 1 => {
                    let (key, value) = held.swap_remove(at);
                    memory.remove(&key, &value, &mut room).unwrap();
                }
                1 => {
                    let old = std::mem::replace(&mut held[at], new.clone());
                    memory.replace((&old.0, &old.1), (&new.0, &new.1), &mut room).unwrap();
                }
                _ => {
                    memory.store(&new.0, &new.1, &mut room).unwrap();
                    held.push(new);
                }
            }
        }
        let (mut fresh, query) = (empty(features, 3).0, numbers.numbers(6));
        for (key, value) in &held {
            fresh.store(key, value, &mut room).unwrap();
        }
        prop_assert_eq!(memory.memories(), held.len() as u64);
        let (mut out, mut expected) = ([0.0; 3], [0.0; 3]);
        let report = memory.recall(&query, &mut out, &mut room).unwrap();
        let clean = fresh.recall(&query, &mut expected, &mut room).unwrap();
        // Sums differ by the rounding of what is read: half an ulp of each of two pairs, and of the quotients.
        for (out, expected) in out.iter().zip(expected) {
            prop_assert!(f64::from((out - expected).abs()) <= 5.0 * EPS * largest(&held) + report.drift + clean.drift);
        }
    }
}

/// A memory of a mass ten million times that of another: sums in f32 would keep nothing of the small one.
#[test]
fn what_is_small_survives_what_is_large() {
    let features = EluFeatures::new(1).unwrap();
    let (mut memory, mut room) = empty(features, 1);
    memory.store(&[-3.0], &[0.75], &mut room).unwrap();
    for _ in 0..100 {
        memory.store(&[1e7], &[-0.3], &mut room).unwrap();
        memory.remove(&[1e7], &[-0.3], &mut room).unwrap();
    }
    let mut out = [0.0];
    let report = memory.recall(&[0.5], &mut out, &mut room).unwrap();
    let off = f64::from((out[0] - 0.75).abs());
    assert!(off <= report.drift + 4.0 * EPS, "{out:?} {report:?}");
    assert!(report.drift < 0.01 && report.drift > 2.0 * EPS, "{report:?}");
    // That is more than f32 shows, and it says so; after a refresh there is nothing of it.
    assert!(memory.is_refresh_due());
    let (key, value) = ([-3.0], [0.75]);
    memory.refresh(&Patterns::new(&key, 1).unwrap(), &Patterns::new(&value, 1).unwrap(), &mut room).unwrap();
    assert!(!memory.is_refresh_due());
    assert!(memory.recall(&[0.5], &mut out, &mut room).unwrap().drift < EPS * EPS * 5.0);
    assert_eq!(out, [0.75]);
}

/// Two memories that take turns: what is lost adds up, and the report covers it.
#[test]
fn drift_bounds_what_rounding_has_done() {
    let mut numbers = Numbers(5);
    let features = positive(4, 8, 1.0, 0.0, &mut numbers);
    let (mut memory, mut room) = empty(features.clone(), 2);
    let (small, large) = (([0.1f32, 0.2, -0.1, 0.3], [0.7f32, -0.2]), ([1.5f32, 1.0, -2.0, 0.5], [-0.9f32, 0.3]));
    memory.store(&small.0, &small.1, &mut room).unwrap();
    for turn in 0..20_000 {
        let x = large.0.map(|x| x * (1.0 + turn as f32 / 3e4));
        memory.store(&x, &large.1, &mut room).unwrap();
        memory.remove(&x, &large.1, &mut room).unwrap();
    }
    let mut out = [0.0; 2];
    let report = memory.recall(&[0.3, 0.1, 0.2, 0.4], &mut out, &mut room).unwrap();
    let off = out.iter().zip(small.1).map(|(a, b)| f64::from((a - b).abs())).fold(0.0, f64::max);
    assert!(off <= report.drift + 4.0 * EPS, "{off:e} {report:?}");
    assert!(report.drift < 1e-5, "{report:?}");
}

/// A memory with a feature of 1, joined by another that goes again: sums of 1, 2 and 2 were rounded.
#[test]
fn every_operation_is_counted() {
    let (mut memory, mut room) = empty(EluFeatures::new(1).unwrap(), 1);
    memory.store(&[0.0], &[1.0], &mut room).unwrap();
    memory.store(&[0.0], &[-4.0], &mut room).unwrap();
    memory.remove(&[0.0], &[-4.0], &mut room).unwrap();
    let drift = memory.recall(&[0.0], &mut [0.0], &mut room).unwrap().drift;
    let expected = 4.0 * EPS * EPS * 4.0 * (1.0 + 2.0 + 2.0);
    assert!(drift >= expected && drift <= 1.01 * expected, "{drift:e} {expected:e}");
}

#[test]
fn the_last_memory_that_goes_leaves_an_empty_state() {
    let (mut memory, mut room) = empty(EluFeatures::new(2).unwrap(), 2);
    let fresh = format!("{memory:?}");
    memory.store(&[0.1, 0.7], &[0.3, 1e-3], &mut room).unwrap();
    memory.store(&[-0.1, 0.2], &[0.9, 1e3], &mut room).unwrap();
    memory.remove(&[0.1, 0.7], &[0.3, 1e-3], &mut room).unwrap();
    memory.remove(&[-0.1, 0.2], &[0.9, 1e3], &mut room).unwrap();
    assert_eq!(format!("{memory:?}"), fresh);
    assert_eq!(memory.recall(&[0.0, 0.0], &mut [0.0; 2], &mut room), Err(Error::Empty));
}

#[test]
fn every_backend_has_the_same_bits() {
    for seed in 1..12 {
        on_every_backend!(|kernels| [seed: u64 = seed] -> (Vec<u32>, [u64; 2]) {
            let mut numbers = Numbers(seed);
            let (dim, width) = (1 + seed as usize * 7 % 40, 1 + seed as usize * 5 % 37);
            let features = positive(dim, 70 + seed as usize, 0.3, 0.0, &mut numbers);
            let (memory, mut room) = empty(features, width);
            let mut memory = memory.on(kernels);
            let held = memories(20, dim, width, &mut numbers);
            for (key, value) in &held {
                memory.store(key, value, &mut room).unwrap();
            }
            memory.remove(&held[3].0, &held[3].1, &mut room).unwrap();
            let mut out = vec![0.0; width];
            let report = memory.recall(&numbers.numbers(dim), &mut out, &mut room).unwrap();
            (bits(&out), [report.conjugate.to_bits(), report.drift.to_bits()])
        });
    }
}

/// A query that has nothing in common with what is stored has an answer only with a prior.
#[test]
fn a_prior_answers_where_there_is_nothing_to_say() {
    let features = PositiveRandomFeatures::new(vec![1.0, 0.0, -1.0, 0.0], 2, beta!(1.0)).unwrap();
    let (mut memory, mut room) = empty(features, 1);
    let far = [0.0, 30.0];
    memory.store(&far, &[1.0], &mut room).unwrap();
    let mut out = [UNTOUCHED];
    assert_eq!(memory.recall(&[0.0, 0.0], &mut out, &mut room), Err(Error::ZeroMass));
    assert_eq!(out, [UNTOUCHED]);
    let mut memory = memory.with_prior(0.5).unwrap();
    memory.store(&far, &[1.0], &mut room).unwrap();
    memory.recall(&[0.0, 0.0], &mut out, &mut room).unwrap();
    assert_eq!(out, [0.0]);
    // Half of a memory of value zero beside one with features of sqrt(1/2).
    memory.store(&[0.0, 0.0], &[1.0], &mut room).unwrap();
    memory.recall(&[0.0, 0.0], &mut out, &mut room).unwrap();
    assert!((f64::from(out[0]) - 0.5f64.sqrt() / (0.5 + 0.5f64.sqrt())).abs() < 2.0 * EPS);
}

/// What was never stored can be removed, and leave sums that are large for the mass that is left.
#[test]
fn a_recall_beyond_f32_is_named() {
    let features = PositiveRandomFeatures::new(vec![1.0, 0.0, -1.0, 0.0], 2, beta!(1.0)).unwrap();
    let (mut memory, mut room) = empty(features, 1);
    let (here, near) = ([0.0, 0.0], [0.0, 1.0]);
    for _ in 0..5 {
        memory.store(&here, &[3e37], &mut room).unwrap();
    }
    for key in [here, here, here, here, near] {
        let mut out = [UNTOUCHED];
        memory.recall(&here, &mut out, &mut room).unwrap();
        memory.remove(&key, &[0.0], &mut room).unwrap();
        memory.store(&[0.0, 30.0], &[0.0], &mut room).unwrap();
    }
    let mut out = [UNTOUCHED];
    assert_eq!((memory.recall(&here, &mut out, &mut room), out), (Err(Error::OutputNotFinite), [UNTOUCHED]));
}

#[test]
fn wrong_input_is_refused_and_changes_nothing() {
    let features = || PositiveRandomFeatures::new(vec![1.0, 0.0, -1.0, 0.5], 2, beta!(1.0)).unwrap();
    let (mut memory, mut room) = empty(features(), 3);
    assert_eq!(memory.remove(&[0.0; 2], &[0.0; 3], &mut room), Err(Error::Empty));
    assert_eq!(memory.replace((&[0.0; 2], &[0.0; 3]), (&[0.0; 2], &[0.0; 3]), &mut room), Err(Error::Empty));
    memory.store(&[0.5, 0.25], &[1.0, 2.0, 3.0], &mut room).unwrap();
    let before = format!("{memory:?}");
    let long = Error::Length { expected: 2, found: 3 };
    let wide = Error::Length { expected: 3, found: 2 };
    let short = Error::Scratch { needed: 6, found: 5 };
    let calls: [(&[f32], &[f32], usize, Error); 6] = [
        (&[0.0; 3], &[0.0; 3], 20, long),
        (&[0.0; 2], &[0.0; 2], 20, wide),
        (&[0.0, f32::NAN], &[0.0; 3], 20, Error::QueryNotFinite { index: 1 }),
        (&[0.0; 2], &[0.0, 0.0, f32::INFINITY], 20, Error::PatternNotFinite { index: 2 }),
        (&[0.0; 2], &[0.0; 3], 5, short),
        (&[0.0; 2], &[0.0, 3e38, 0.0], 20, Error::FeatureNotFinite { index: 0 }),
    ];
    for (key, value, numbers, error) in calls {
        let mut room = vec![0.0; numbers];
        assert_eq!(memory.store(key, value, &mut room), Err(error));
        assert_eq!(memory.replace((&[0.5, 0.25], &[1.0, 2.0, 3.0]), (key, value), &mut room), Err(error));
        if error != (Error::FeatureNotFinite { index: 0 }) {
            assert_eq!(memory.remove(key, value, &mut room), Err(error));
        }
    }
    assert_eq!(memory.replace((&[0.0; 3], &[0.0; 3]), (&[0.0; 2], &[0.0; 3]), &mut room), Err(long));
    let (keys, values) = ([0.0, 0.0, 0.0, f32::NAN], [0.0; 6]);
    let keys = Patterns::new(&keys, 2).unwrap();
    assert_eq!(memory.refresh(&keys, &Patterns::new(&values, 3).unwrap(), &mut room), Err(Error::QueryNotFinite { index: 1 }));
    assert_eq!(memory.refresh(&keys, &Patterns::new(&values[..3], 3).unwrap(), &mut room), Err(Error::Length { expected: 2, found: 1 }));
    let mut out = [UNTOUCHED; 3];
    assert_eq!(memory.recall(&[0.0; 3], &mut out, &mut room), Err(long));
    assert_eq!(memory.recall(&[0.0; 2], &mut out[..2], &mut room), Err(wide));
    assert_eq!(memory.recall(&[f32::INFINITY, 0.0], &mut out, &mut room), Err(Error::QueryNotFinite { index: 0 }));
    assert_eq!(memory.recall(&[0.0; 2], &mut out, &mut [0.0; 9]), Err(Error::Scratch { needed: 10, found: 9 }));
    assert_eq!(out, [UNTOUCHED; 3]);
    assert_eq!(format!("{memory:?}"), before);

    let needed = Sizes::numbers(2, 3);
    assert_eq!(Superposition::new(features(), 3, vec![0.0; needed - 1]).unwrap_err(), Error::Scratch { needed, found: needed - 1 });
    assert_eq!(Superposition::new(features(), 0, vec![0.0; 9]).unwrap_err(), Error::Empty);
    assert_eq!(Superposition::new(features(), usize::MAX / 2, vec![0.0; 9]).unwrap_err(), Error::TooLarge);
    assert_eq!(EluFeatures::new(0).unwrap_err(), Error::Empty);
    assert!(matches!(features().with_offset(-1.0), Err(Error::Parameter { .. })));
    assert!(matches!(features().with_shift(f32::NAN), Err(Error::Parameter { .. })));
    assert!(matches!(empty(features(), 1).0.with_prior(f32::INFINITY), Err(Error::Parameter { .. })));
    assert!(matches!(ReluRandomFeatures::new(vec![0.0; 2], 2, beta!(1.0), f32::NAN), Err(Error::Parameter { .. })));
    assert!(matches!(PositiveRandomFeatures::new(vec![0.0; 3], 2, beta!(1.0)), Err(Error::Shape { .. })));
    let overflow = PositiveRandomFeatures::new(vec![60.0, 0.0], 2, beta!(1.0)).unwrap();
    assert_eq!(overflow.of_pattern(Dispatch, &[2.0, 0.0], &mut [0.0]), Err(Error::FeatureNotFinite { index: 0 }));
    overflow.with_shift(100.0).unwrap().of_pattern(Dispatch, &[2.0, 0.0], &mut [0.0]).unwrap();
}

/// Features so small that their products with values are below what f32 holds in full: a recall is farther off than its rounding, and says so.
#[test]
fn products_that_underflow_are_in_the_report() {
    let mut farthest = 0.0;
    for turn in 0..50 {
        let (mut memory, mut room) = empty(EluFeatures::new(1).unwrap(), 1);
        let value = 1e-3 * (1.0 + turn as f32 / 50.0);
        memory.store(&[-87.0], &[value], &mut room).unwrap();
        for query in [0.0, -3.0] {
            let mut out = [0.0];
            let report = memory.recall(&[query], &mut out, &mut room).unwrap();
            let off = f64::from((out[0] - value).abs());
            assert!(off <= report.drift + 2.0 * 67.0 * EPS * f64::from(value) && report.drift < 1e-4, "{off:e} {report:?}");
            farthest = f64::max(farthest, off);
        }
    }
    assert!(farthest > 2.0 * 67.0 * EPS * 2e-3, "{farthest:e}");
}

/// Masses so large that the sum of them all is beyond f32: the bound is none then, not one that is too small.
#[test]
fn a_drift_that_cannot_be_counted_is_infinite() {
    let (mut memory, mut room) = empty(EluFeatures::new(2).unwrap(), 1);
    memory.store(&[0.0, -90.0], &[1.0], &mut room).unwrap();
    for _ in 0..3 {
        memory.store(&[1e38, -90.0], &[1.0], &mut room).unwrap();
        memory.remove(&[1e38, -90.0], &[1.0], &mut room).unwrap();
    }
    assert!(memory.is_refresh_due());
    // By a query without the feature in question, too: it is taken for the worst.
    for query in [[0.0, 0.0], [-80.0, 1.0]] {
        assert_eq!(memory.recall(&query, &mut [0.0], &mut room).unwrap().drift, f64::INFINITY);
    }
}

/// An offset of a query is times the largest exponential over `exp(-beta |q|^2 / 2)`, which may be beyond any number.
#[test]
fn the_features_of_a_query_do_not_overflow() {
    for (q, offset) in [(1.0f32, 1e-3f32), (6.0, 1e-3), (15.0, 1e-3), (40.0, 1e-30), (1e3, 1e-3)] {
        let features = PositiveRandomFeatures::new([0.5f32, 0.25, -1.0], 1, beta!(1.0)).unwrap().with_offset(offset).unwrap();
        let mut out = [0.0; 3];
        let ln = features.of_query(Dispatch, &[q], &mut out).unwrap();
        let (q, offset) = (f64::from(q), f64::from(offset).ln());
        for (found, w) in out.iter().zip([0.5, 0.25, -1.0]) {
            // ln of exp(w q - q^2/2) + offset exp(q/2).
            let (a, b) = (w * q - q * q / 2.0, offset + q / 2.0);
            let expected = a.max(b) + (-(a - b).abs()).exp().ln_1p() - 3f64.sqrt().ln();
            assert!((f64::from(*found).ln() + ln - expected).abs() < 1e-6 + 1e-12 * expected.abs(), "{q} {found:e} {ln} {expected}");
        }
    }
}

#[test]
fn rows_that_are_not_finite_are_refused() {
    let features = PositiveRandomFeatures::new([0.5, f32::NEG_INFINITY], 1, beta!(1.0)).unwrap();
    let refused = Err(Error::FeatureNotFinite { index: 1 });
    assert_eq!(features.of_pattern(Dispatch, &[1.0], &mut [0.0; 2]), refused);
    assert_eq!(features.of_query(Dispatch, &[1.0], &mut [0.0; 2]).map(|_| ()), refused);
}

/// Sizes beyond any memory are so, and nothing overflows.
#[test]
fn sizes_are_limited() {
    assert_eq!((Sizes::numbers(usize::MAX, 3), Sizes::room(3, usize::MAX)), (usize::MAX, usize::MAX));
}

/// One set of features serves several memories, each of which borrows it: the bits are those of memories with their own.
#[test]
fn features_that_are_borrowed_are_as_good_as_owned_ones() {
    let mut numbers = Numbers(23);
    let features = PositiveRandomFeatures::new(numbers.numbers(3 * 8), 3, beta!(0.5)).unwrap().with_offset(0.01).unwrap();
    let (mut owned, mut room) = empty(features.clone(), 2);
    let (mut borrowed, _) = empty(&features, 2);
    let mut other = empty(&features, 5).0;
    assert_eq!((borrowed.features().dim(), borrowed.features().count()), (3, features.count()));
    assert_eq!((owned.values(), borrowed.values(), other.values()), (2, 2, 5));
    other.store(&[1.0; 3], &[1.0; 5], &mut vec![0.0; Sizes::room(features.count(), 5)]).unwrap();
    for _ in 0..9 {
        let (key, value) = (numbers.numbers(3), numbers.numbers(2));
        owned.store(&key, &value, &mut room).unwrap();
        borrowed.store(&key, &value, &mut room).unwrap();
    }
    let query = numbers.numbers(3);
    let (mut out, mut same) = ([UNTOUCHED; 2], [UNTOUCHED; 2]);
    let reports = [owned.recall(&query, &mut out, &mut room).unwrap(), borrowed.recall(&query, &mut same, &mut room).unwrap()];
    assert_eq!((reports[0], bits(&out)), (reports[1], bits(&same)));
    assert_eq!((other.memories(), borrowed.memories()), (1, 9));
}
