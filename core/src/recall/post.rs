//! What a state goes through after it is read out, and what takes the place of `|x|^2/2` in the energy then.
//!
//! With `x' = post(X^T p)` and `post = grad Psi*` of a convex Psi, the energy `E(x) = Psi(x) - Omega*(beta X x)/beta` never rises from a
//! state to the next (the concave-convex procedure; Santos et al. 2024). In f64, rounded once.

use crate::patterns::{rescale, square_sum};
use core::fmt;

mod sealed {
    pub trait Sealed {}
    impl Sealed for super::Identity {}
    impl Sealed for super::UnitNorm {}
    impl Sealed for super::LayerNorm {}
    impl Sealed for super::Tanh {}
}

/// What a state goes through after it is read out. Sealed.
pub trait Post: sealed::Sealed + Copy + fmt::Debug {
    /// In place.
    #[doc(hidden)]
    fn apply(&self, state: &mut [f32]);

    /// Psi; none where the similarity's own energy says it.
    #[doc(hidden)]
    fn potential(&self, state: &[f32]) -> Option<f64>;
}

/// Nothing: `x' = X^T p`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Identity;

/// `y / |y|`; zero stays zero. Psi is zero within the unit ball and infinite outside; a state counts as within up to a norm of 1 + 1e-6, as
/// rounding leaves it. A first state beyond 1 so has an energy that is too low by up to 1e-6 of the largest score.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct UnitNorm;

/// `sqrt(D) (y - mean y) / |y - mean y|`; a constant y becomes zero. Psi is zero where the mean is zero and the norm at most sqrt(D), else
/// infinite; a state x counts as one of these where a change by 1e-6 |x| makes it one, as rounding leaves it. The energy of a first state
/// that is not quite one is too low by up to 2e-6 |x| r, with r the largest norm of a pattern.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LayerNorm;

/// `tanh y_j`. Psi is the sum of `((1 + x_j) ln(1 + x_j) + (1 - x_j) ln(1 - x_j)) / 2`, infinite where an entry is beyond +-1.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tanh;

/// So far outside a ball or a plane, in units of the state's length, is still inside: what its rounding moves a state by.
const ROUNDING: f64 = 1e-6;

/// Zero inside, infinity outside.
fn indicator(inside: bool) -> f64 {
    if inside { 0.0 } else { f64::INFINITY }
}

/// The mean, and the norm of what differs from it.
fn moments(state: &[f32]) -> (f64, f64) {
    let mut sum = 0.0;
    for &x in state {
        sum += f64::from(x);
    }
    let mean = sum / state.len() as f64;
    let mut squares = 0.0;
    for &x in state {
        squares += (f64::from(x) - mean) * (f64::from(x) - mean);
    }
    (mean, libm::sqrt(squares))
}

impl Post for Identity {
    fn apply(&self, _: &mut [f32]) {}

    fn potential(&self, _: &[f32]) -> Option<f64> {
        None
    }
}

impl Post for UnitNorm {
    fn apply(&self, state: &mut [f32]) {
        let norm = libm::sqrt(square_sum(state));
        rescale(state, 0.0, norm, 1.0);
    }

    fn potential(&self, state: &[f32]) -> Option<f64> {
        Some(indicator(square_sum(state) <= 1.0 + 2.0 * ROUNDING))
    }
}

impl Post for LayerNorm {
    fn apply(&self, state: &mut [f32]) {
        let (mean, norm) = moments(state);
        let length = libm::sqrt(state.len() as f64);
        // A constant state differs from its own mean by rounding only.
        let is_constant = norm <= length * mean.abs() * ROUNDING * ROUNDING;
        rescale(state, mean, if is_constant { 0.0 } else { norm }, length);
    }

    fn potential(&self, state: &[f32]) -> Option<f64> {
        let (mean, norm) = moments(state);
        let length = libm::sqrt(state.len() as f64);
        Some(indicator(length * mean.abs() <= ROUNDING * norm && norm <= length * (1.0 + ROUNDING)))
    }
}

/// `((1 + x) ln(1 + x) + (1 - x) ln(1 - x)) / 2`, to a relative 1e-12: near zero, where the two cancel, by its series, the sum of
/// `x^2k / (2k (2k - 1))` over k.
fn tanh_potential(x: f64) -> f64 {
    let half = |x: f64| if x > -1.0 { (1.0 + x) * libm::log1p(x) } else { 0.0 };
    let square = x * x;
    if square < 1e-6 {
        square * (0.5 + square / 12.0)
    } else if square <= 1.0 {
        (half(x) + half(-x)) / 2.0
    } else {
        f64::INFINITY
    }
}

impl Post for Tanh {
    fn apply(&self, state: &mut [f32]) {
        for x in state {
            *x = libm::tanh(f64::from(*x)) as f32 + 0.0;
        }
    }

    fn potential(&self, state: &[f32]) -> Option<f64> {
        let mut sum = 0.0;
        for &x in state {
            sum += tanh_potential(f64::from(x));
        }
        Some(sum)
    }
}
