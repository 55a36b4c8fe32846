//! Entmax and normmax at every exponent: against their definitions in f64 at the same exponent, and the laws that hold however extreme it
//! is.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::disallowed_methods,
    reason = "a test may fail, and its reference uses the system's functions"
)]

mod common;

use basinet_core::{Beta, Entmax, Model, Normmax, Separation, Softmax, Sparsemax, Step};
use common::maps::{Defined, distance};
use common::{EPS, Numbers, Work, bits, cases, depth};
use proptest::prelude::*;

const WEIGHTS: f64 = 2e-6;

fn weights<S: Separation>(separation: S, beta: f32, scores: &[f32]) -> (Vec<f32>, Step) {
    let mut weights = scores.to_vec();
    let model = Model::new(Beta::new(beta).unwrap(), separation);
    let step = model.weights(&mut weights, &mut Work::new(0, scores.len()).scratch()).unwrap();
    (weights, step)
}

/// Weights against the reference of the same differences of scores, so that nothing but the map is measured.
fn check_reference<S: Defined>(separation: S, beta: f32, scores: &[f32]) {
    let reference = separation.reference();
    let (found, _) = weights(separation, beta, scores);
    let expected = reference.weights(&reference.z(beta, scores));
    let distance = distance(&reference, &found, &expected);
    assert!(distance <= WEIGHTS, "{separation:?}, beta {beta:e}, {} scores: off by {distance:e}", scores.len());
}

/// What must hold at any exponent and any beta.
fn check_laws<S: Separation>(separation: S, beta: f32, scores: &[f32]) {
    let (weights, step) = weights(separation, beta, scores);
    let what = format!("{separation:?}, beta {beta:e}, {} scores", scores.len());
    assert!(weights.iter().all(|p| (0.0..=1.0).contains(p)), "{what}: a weight out of 0..=1");
    assert!(weights.iter().any(|&p| p > 0.0), "{what}: no weight");
    let sum: f64 = weights.iter().map(|&p| f64::from(p)).sum();
    assert!((sum - 1.0).abs() <= (depth(scores.len()) + 2.0) * EPS, "{what}: the weights sum to 1 + {:e}", sum - 1.0);
    let mut order: Vec<usize> = (0..scores.len()).collect();
    order.sort_by(|&a, &b| scores[a].total_cmp(&scores[b]));
    for pair in order.windows(2) {
        let (low, high) = (pair[0], pair[1]);
        assert!(
            weights[low] <= weights[high],
            "{what}: {:e} < {:e} but {:e} > {:e}",
            scores[low],
            scores[high],
            weights[low],
            weights[high]
        );
        assert!(scores[low] < scores[high] || weights[low].to_bits() == weights[high].to_bits(), "{what}: a tie of {:e}", scores[low]);
    }
    assert_eq!(step.support, weights.iter().filter(|&&p| p > 0.0).count(), "{what}");
    let margin = separation.margin();
    let certain = margin > 0.0 && f64::from(beta * step.gap) >= f64::from(margin) * (1.0 + EPS);
    assert!(!certain || step.is_exact() && weights[step.winner] == 1.0, "{what}: {step:?}");
}

/// Scores of several shapes.
fn shaped(count: usize, seed: u64, spread: f32, kind: usize) -> Vec<f32> {
    let numbers = Numbers(seed).numbers(count);
    numbers.into_iter().map(|x| [x, (x * 2.0).round(), 1.0, x * x * x][kind % 4] * spread).collect()
}

/// Exponents, by what they have more than one: a log-uniform one, or a corner.
fn excess() -> impl Strategy<Value = f64> {
    let mut corners: Vec<f64> = vec![0.5, 1.0, 2.0, 99.0, 999.0, 999_999.0];
    corners.extend([-1.0, 1.0].map(|sign| 0.5 + sign / f64::from(1 << 22)));
    corners.extend([-1.0, 1.0].map(|sign| 1.0 + sign / f64::from(1 << 22)));
    corners.extend((1..=23).map(|k| 0.5f64.powi(k)));
    prop_oneof![3 => (-23.0..19.93f64).prop_map(f64::exp2), 1 => prop::sample::select(corners)]
}

/// The next f32 above one at least.
fn exponent(excess: f64) -> f32 {
    ((1.0 + excess) as f32).max(1.0 + f32::EPSILON)
}

fn beta() -> impl Strategy<Value = f32> {
    prop_oneof![3 => (-6.0..6.0f64).prop_map(|log| 10f64.powf(log) as f32), 1 => prop::sample::select(vec![1e-6f32, 1.0, 1e6])]
}

#[test]
fn exponents_down_to_the_next_number_above_one_are_right_within_the_tolerance() {
    for k in 1..=23 {
        let exponent = 1.0 + 0.5f32.powi(k);
        for (seed, count) in [1, 2, 7, 64, 130, 700].into_iter().enumerate() {
            for (spread, beta) in [(1.0, 0.01), (1.0, 1.0), (3.0, 1.0), (1.0, 30.0), (1e4, 1.0)] {
                let scores = shaped(count, seed as u64, spread, seed);
                check_reference(Entmax::new(exponent).unwrap(), beta, &scores);
                check_reference(Normmax::new(exponent).unwrap(), beta, &scores);
                check_laws(Entmax::new(exponent).unwrap(), beta, &scores);
                check_laws(Normmax::new(exponent).unwrap(), beta, &scores);
            }
        }
    }
}

#[test]
fn alpha_of_one_is_softmax_and_of_two_is_sparsemax() {
    for seed in 0..40 {
        let scores = shaped(1 + 17 * seed as usize, seed, 3.0, seed as usize);
        let (one, two) = (weights(Entmax::new(1.0).unwrap(), 1.0, &scores), weights(Softmax, 1.0, &scores));
        for (a, b) in one.0.iter().zip(&two.0) {
            assert!((f64::from(*a) - f64::from(*b)).abs() <= 2.0 * WEIGHTS);
        }
        check_reference(Entmax::new(1.0).unwrap(), 1.0, &scores);
        let (one, two) = (weights(Entmax::new(2.0).unwrap(), 1.0, &scores), weights(Sparsemax, 1.0, &scores));
        assert_eq!((bits(&one.0), one.1), (bits(&two.0), two.1));
    }
}

#[test]
fn closed_forms_and_their_neighbours_are_continuous() {
    for seed in 0..60 {
        let scores = shaped(1 + 13 * seed as usize, seed, 2.0, seed as usize);
        for alpha in [1.5f32, 2.0] {
            let at = Entmax::new(alpha).unwrap();
            let definition = |separation: Entmax| separation.reference().weights(&separation.reference().z(1.0, &scores));
            for step in [-1.0, 1.0] {
                let beside = Entmax::new(alpha + step * 0.5f32.powi(22)).unwrap();
                assert!(beside != at);
                check_reference(beside, 1.0, &scores);
                let (here, there) = (weights(at, 1.0, &scores).0, weights(beside, 1.0, &scores).0);
                let pairs = definition(at).into_iter().zip(definition(beside)).zip(here.iter().zip(&there));
                for ((exact_here, exact_there), (&here, &there)) in pairs {
                    let moved = (f64::from(here) - f64::from(there)).abs();
                    assert!(moved <= (exact_here - exact_there).abs() + 2.0 * WEIGHTS, "alpha {alpha}: {here:e} and {there:e}");
                }
            }
        }
    }
}

/// The arg-max exactly from a gap of 1/(alpha-1) in z on, and for alpha of at least 2 not before.
#[test]
fn the_winner_has_all_weight_exactly_from_the_margin_on() {
    let mut exponents: Vec<f32> = (-23..24).map(|k| 1.0 + 2f32.powi(k)).collect();
    exponents.extend([1.1, 1.9, 2.5, 3.0, 5.0, 10.0, 50.0, 99.9, 1e3, 12345.67, 1e5, 1e6, 1e9, 1e30, f32::MAX]);
    for (seed, &exponent) in exponents.iter().enumerate() {
        let c = f64::from(exponent) - 1.0;
        let mut others = Numbers(seed as u64);
        for beta in [1.0f32, 0.37, 8.0] {
            for nudge in -4i32..=4 {
                let mut check = |threshold: f64, is_normmax: bool| {
                    let second = -(threshold / f64::from(beta)) as f32;
                    let second = f32::from_bits(second.to_bits().saturating_add_signed(nudge));
                    let mut scores: Vec<f32> = others.numbers(20).iter().map(|x| second * (1.0 + x.abs())).collect();
                    (scores[5], scores[11]) = (0.0, second);
                    // The product is exact in f64.
                    let one_hot = if is_normmax { beta * -second >= 1.0 } else { f64::from(beta * -second) * c >= 1.0 };
                    let step = if is_normmax {
                        check_laws(Normmax::new(exponent).unwrap(), beta, &scores);
                        weights(Normmax::new(exponent).unwrap(), beta, &scores).1
                    } else {
                        check_laws(Entmax::new(exponent).unwrap(), beta, &scores);
                        weights(Entmax::new(exponent).unwrap(), beta, &scores).1
                    };
                    let what = format!("exponent {exponent}, normmax {is_normmax}, beta {beta}, second {second:e}: {step:?}");
                    assert!(!one_hot || step.is_exact() && step.support == 1, "{what}");
                    // Below 2 a row just above the threshold has a weight below 2^-126.
                    assert!(one_hot || exponent < 1.5 || step.support > 1, "{what}");
                };
                check(1.0 / c, false);
                if exponent > 1.0 {
                    check(1.0, true);
                }
            }
        }
    }
}

proptest! {
    #![proptest_config(cases(1500))]

    #[test]
    fn every_exponent_at_every_beta_keeps_the_laws_and_the_tolerance(
        excess in excess(), beta in beta(), count in 1usize..300, seed: u64, spread in prop::sample::select(vec![1e-3f32, 1.0, 30.0, 1e4]), kind in 0usize..4,
    ) {
        let (exponent, scores) = (exponent(excess), shaped(count, seed, spread, kind));
        check_laws(Entmax::new(exponent).unwrap(), beta, &scores);
        check_laws(Normmax::new(exponent).unwrap(), beta, &scores);
        check_reference(Entmax::new(exponent).unwrap(), beta, &scores);
        check_reference(Normmax::new(exponent).unwrap(), beta, &scores);
    }

    /// Gaps around the margin, far below it, and exact ties, all in one list.
    #[test]
    fn near_ties_at_large_exponents_are_right(
        log in 2.0..6.0f64, at_largest in 0u8..20, count in 2usize..200, seed: u64, tie in 0usize..8, beta in prop::sample::select(vec![1.0f32, 0.3, 1e3, 1e-3]),
        deepest in 0.0..12.0f64,
    ) {
        let exponent = if at_largest == 0 { f32::MAX } else { 10f64.powf(log) as f32 };
        let c = f64::from(exponent) - 1.0;
        let mut numbers = Numbers(seed);
        let mut score = |scale: f64| {
            let part = (numbers.next() >> 11) as f64 / 9_007_199_254_740_992.0;
            let size = [0.0, part, 1.0 + part / 1e3, part * 10f64.powf(-deepest * part), 2.0 * part][numbers.next() as usize % 5];
            (-size * scale / f64::from(beta)) as f32
        };
        let mut near: Vec<f32> = (0..count).map(|_| score(1.0 / c)).collect();
        let mut level: Vec<f32> = (0..count).map(|_| score(1.0)).collect();
        for scores in [&mut near, &mut level] {
            (0..tie.min(count)).for_each(|row| scores[row] = scores[0]);
        }
        check_laws(Entmax::new(exponent).unwrap(), beta, &near);
        check_reference(Entmax::new(exponent).unwrap(), beta, &near);
        check_laws(Normmax::new(exponent).unwrap(), beta, &level);
        check_reference(Normmax::new(exponent).unwrap(), beta, &level);
    }
}
