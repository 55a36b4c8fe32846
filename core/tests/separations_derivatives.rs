//! Derivatives of the weights, in a direction of the scores and in alpha, against differences of the definitions in f64.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::disallowed_methods,
    reason = "a test may fail, and its reference uses the system's functions"
)]

mod common;

use basinet_core::{Beta, Entmax, Error, Model, Normmax, Separation, Softmax};
use common::maps::{Defined, Reference};
use common::{Numbers, Work, cases};
use proptest::prelude::*;

fn weights<S: Separation>(separation: S, beta: f32, scores: &[f32]) -> Vec<f32> {
    let mut weights = scores.to_vec();
    Model::new(Beta::new(beta).unwrap(), separation).weights(&mut weights, &mut Work::new(0, scores.len()).scratch()).unwrap();
    weights
}

/// The central difference of `at` around 0 and what it may be off by, as two step sizes tell; none where `at` has a kink or a threshold
/// nearby.
fn difference(at: impl Fn(f64) -> Vec<f64>) -> Option<Vec<(f64, f64)>> {
    let central = |h: f64| -> Vec<f64> { at(h).iter().zip(&at(-h)).map(|(a, b)| (a - b) / (2.0 * h)).collect() };
    let (here, [ahead, behind]) = (at(0.0), [at(4e-4), at(-4e-4)]);
    let same = |a: &f64, b: &f64| (*a > 0.0) == (*b > 0.0);
    if !(0..here.len()).all(|row| same(&here[row], &ahead[row]) && same(&here[row], &behind[row])) {
        return None;
    }
    let [fine, coarse] = [1e-4, 2e-4].map(central);
    Some(fine.iter().zip(&coarse).map(|(&fine, &coarse)| (fine - (coarse - fine) / 3.0, (coarse - fine).abs() + 1e-9)).collect())
}

/// How much a weight's rounding to f32 can count in a derivative: near the threshold slopes are powers of it.
fn sensitivity(reference: &Reference, weights: &[f64]) -> f64 {
    let least = weights.iter().copied().filter(|&p| p > 0.0).fold(1.0, f64::min);
    match reference {
        Reference::Entmax(c) | Reference::Normmax(c) => (1.0 + c) * least.powf(1.0 - c).max(1.0) * weights.len() as f64,
        _ => weights.len() as f64,
    }
}

/// `dp = beta J ds`, and J is symmetric.
fn check_direction<S: Defined>(separation: S, beta: f32, scores: &[f32], direction: &[f32], other: &[f32]) {
    let (reference, weights) = (separation.reference(), weights(separation, beta, scores));
    let model = Model::new(Beta::new(beta).unwrap(), separation);
    let product = |direction: &[f32]| {
        let mut tangent = direction.to_vec();
        model.jvp(&weights, &mut tangent).unwrap();
        assert!(tangent.iter().all(|x| x.to_bits() != (-0.0f32).to_bits()), "-0.0 leaves {separation:?}");
        tangent
    };
    let (found, turned) = (product(direction), product(other));
    let what = format!("{separation:?}, beta {beta}");
    let inner = |a: &[f32], b: &[f32]| a.iter().zip(b).map(|(&a, &b)| f64::from(a) * f64::from(b)).sum::<f64>();
    let (one, two) = (inner(&found, other), inner(&turned, direction));
    let size: f64 = [(&found, other), (&turned, direction)].iter().map(|(a, b)| inner(&abs(a), &abs(b))).sum();
    assert!((one - two).abs() <= 1e-6 * size + 1e-30, "{what}: {one} and {two} should be the same");
    let at = |h: f64| {
        let z: Vec<f64> = scores.iter().zip(direction).map(|(&s, &d)| f64::from(beta) * (f64::from(s) + h * f64::from(d))).collect();
        reference.weights(&z)
    };
    let Some(expected) = difference(at) else { return };
    if let (Reference::Capped(..), here, ahead, behind) = (&reference, at(0.0), at(4e-4), at(-4e-4)) {
        // Nor may a row reach its cap.
        let full = |p: &[f64]| p.iter().enumerate().map(|(row, &p)| p >= reference.cap(row)).collect::<Vec<bool>>();
        if full(&here) != full(&ahead) || full(&here) != full(&behind) {
            return;
        }
    }
    let rounding = 1e-6 * f64::from(beta) * sensitivity(&reference, &at(0.0));
    for (row, (&found, (expected, doubt))) in found.iter().zip(expected).enumerate() {
        let off = (f64::from(found) - expected).abs();
        assert!(off <= doubt + rounding, "{what}, row {row}, weight {:e}: {found:e} for {expected:e}", weights[row]);
    }
}

fn abs(x: &[f32]) -> Vec<f32> {
    x.iter().map(|x| x.abs()).collect()
}

fn check_alpha(alpha: f32, scores: &[f32]) -> bool {
    let separation = Entmax::new(alpha).unwrap();
    let weights = weights(separation, 1.0, scores);
    let z: Vec<f64> = scores.iter().map(|&s| f64::from(s)).collect();
    let c = f64::from(alpha) - 1.0;
    // Below 1 the definition goes on: entmax in -c, whose support is all rows. From 1 itself, one-sided differences of second order.
    let at = |h: f64| Reference::Entmax(c + h).weights(&z);
    let expected = if c > 4e-4 {
        difference(at)
    } else {
        let forward = |h: f64| -> Vec<f64> {
            let [a, b, d] = [at(0.0), at(h), at(2.0 * h)];
            (0..z.len()).map(|row| (4.0 * b[row] - 3.0 * a[row] - d[row]) / (2.0 * h)).collect()
        };
        let [fine, coarse] = [1e-4, 2e-4].map(forward);
        Some(fine.iter().zip(&coarse).map(|(&fine, &coarse)| (fine - (coarse - fine) / 3.0, (coarse - fine).abs() + 1e-9)).collect())
    };
    let Some(expected) = expected else { return false };
    let mut found = vec![0.0; scores.len()];
    separation.alpha_derivative(&weights, &mut found).unwrap();
    let rounding = 1e-6 * sensitivity(&Reference::Entmax(c), &at(0.0));
    for (row, (&found, (expected, doubt))) in found.iter().zip(expected).enumerate() {
        let off = (f64::from(found) - expected).abs();
        assert!(off <= doubt + rounding, "alpha {alpha}, row {row}, weight {:e}: {found:e} for {expected:e}", weights[row]);
    }
    // Weights go on summing to one.
    let sum: f64 = found.iter().map(|&x| f64::from(x)).sum();
    let size: f64 = found.iter().map(|&x| f64::from(x).abs()).sum();
    assert!(sum.abs() <= 1e-6 * size + 1e-7, "alpha {alpha}: the derivatives sum to {sum}");
    true
}

proptest! {
    #![proptest_config(cases(100))]

    #[test]
    fn products_with_the_jacobian_are_directional_derivatives(
        count in 3usize..40, seed: u64, beta in prop::sample::select(vec![0.1f32, 1.0, 3.0]),
    ) {
        let mut numbers = Numbers(seed);
        let (scores, direction, other) = (numbers.numbers(count), numbers.numbers(count), numbers.numbers(count));
        for_every!(count, seed, check_direction(beta, &scores, &direction, &other));
    }
}

#[test]
fn the_derivative_in_alpha_is_that_of_the_definition() {
    for alpha in [1.0, 1.0 + f32::EPSILON, 1.0001, 1.01, 1.25, 1.5, 1.9, 2.0, 2.5, 4.0] {
        let mut checked = 0;
        for seed in 0..60 {
            let scores: Vec<f32> = Numbers(seed).numbers(2 + seed as usize / 2).iter().map(|x| x * 1.5).collect();
            checked += usize::from(check_alpha(alpha, &scores));
        }
        assert!(checked >= 40, "alpha {alpha}: {checked} checked");
    }
}

/// Large exponents: at equal weights J is `(1/n)^(2-alpha)` times the deviation from the mean for entmax, `n^(-1/gamma) / (gamma-1)` times
/// it for normmax.
#[test]
fn products_are_right_at_large_exponents_too() {
    let (scores, tangent) = ([0.5f32; 4], [1.0f32, -1.0, 3.0, -3.0]);
    for exponent in [1.001f32, 1.5, 2.0, 5.0, 50.0, 400.0, 1000.0, 1e5, 1e6] {
        let normmax = Model::new(Beta::new(2.0).unwrap(), Normmax::new(exponent).unwrap());
        let mut found = tangent;
        normmax.jvp(&[0.25; 4], &mut found).unwrap();
        for (&found, &v) in found.iter().zip(&tangent) {
            let c = f64::from(exponent) - 1.0;
            let expected = 2.0 * f64::from(v) / 4.0 * 4f64.powf(c / (1.0 + c)) / c;
            assert!((f64::from(found) - expected).abs() <= 1e-6 * expected.abs(), "gamma {exponent}: {found} for {expected}");
        }
        let entmax = Model::new(Beta::new(2.0).unwrap(), Entmax::new(exponent).unwrap());
        let mut found = tangent;
        let (result, expected) = (entmax.jvp(&[0.25; 4], &mut found), 2.0 * 0.25f64.powf(2.0 - f64::from(exponent)));
        if expected < 1e37 {
            assert_eq!(result, Ok(()), "alpha {exponent}");
            for (&found, &v) in found.iter().zip(&tangent) {
                let expected = expected * f64::from(v);
                assert!((f64::from(found) - expected).abs() <= 1e-6 * expected.abs(), "alpha {exponent}: {found} for {expected}");
            }
        } else {
            assert_eq!(result, Err(Error::OutputNotFinite), "alpha {exponent}");
        }
        assert_eq!(weights(Normmax::new(exponent).unwrap(), 2.0, &scores), [0.25; 4]);
    }
}

#[test]
fn a_product_that_underflows_is_plus_zero() {
    let (model, mut tangent) = (Model::new(Beta::new(0.01).unwrap(), Softmax), [-1e-44, 1e-44]);
    model.jvp(&[0.5, 0.5], &mut tangent).unwrap();
    assert_eq!(tangent.map(f32::to_bits), [0, 0]);
}

#[test]
fn derivatives_refuse_what_is_not_a_list_of_weights() {
    let model = Model::new(Beta::new(1.0).unwrap(), Softmax);
    let mut tangent = [1.0, 2.0];
    assert_eq!(model.jvp(&[1.0], &mut tangent), Err(Error::Length { expected: 1, found: 2 }));
    for strange in [f32::NAN, f32::INFINITY] {
        assert_eq!(model.jvp(&[0.5, strange], &mut tangent), Err(Error::ScoreNotFinite { row: 1 }));
        assert!(model.jvp(&[0.5, 0.5], &mut [strange, 0.0]).is_err());
    }
    assert_eq!(tangent, [1.0, 2.0]);
    let mut out = [7.0; 2];
    assert_eq!(Entmax::new(1.5).unwrap().alpha_derivative(&[1.0], &mut out), Err(Error::Length { expected: 1, found: 2 }));
    assert_eq!(Entmax::new(1e6).unwrap().alpha_derivative(&[0.5, 0.5], &mut out), Err(Error::OutputNotFinite));
    assert_eq!(out, [7.0; 2]);
}
