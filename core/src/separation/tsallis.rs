//! What the maps of the Tsallis entropies have in common: sparsemax, entmax of any alpha.
//!
//! `H_alpha(p) = (1 - sum p_i^alpha) / (alpha (alpha - 1))` (Shannon's at 1), `p_i = [(alpha-1) z_i - tau]_+^(1/(alpha-1))`. With `c =
//! alpha - 1`, `t = z - max z` and `v = p_winner^c = e^(cL)`, so that `p_i^c = v + c t_i` on the support: `sum p^alpha = v + c <p, t>`, and
//! the conjugate needs no powers: `Omega*(t) = <p, t> + H = (c <p, t> + (1 - v)/c) / alpha` (derived). At c = 0: `-L`, the log-sum-exp.

use super::cut::{Cut, floor_below};
use super::met::{Met, Numbers};
use super::power::{FAINT, Family};
use super::threshold::{Shape, polynomial};
use super::{Map, Sparse, Weighed};
use crate::dispatch::Kernels;
use crate::kernels::{BLOCK, Leader, Tallied};

/// How the weights are found.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Curve {
    /// alpha = 2: `[u - tau]_+`, `u = z - max z`.
    Linear,
    /// alpha = 1.5: `[u - tau]_+^2`, `u = (z - max z) / 2`.
    Square,
    /// Any other, by this `c = alpha - 1`: see [`power`](super::power).
    Power(f64),
}

impl Curve {
    /// c.
    const fn exponent(self) -> f64 {
        match self {
            Self::Linear => 1.0,
            Self::Square => 0.5,
            Self::Power(c) => c,
        }
    }

    /// What beta is multiplied by to give u. (Exact: beta is at least 2^-120.)
    fn factor(self, beta: f32) -> f32 {
        if self == Self::Square { beta * 0.5 } else { beta }
    }

    /// `(1 - v)/c`.
    fn lost(self, cut: &Cut) -> f64 {
        match self {
            Self::Linear | Self::Square => (1.0 + cut.value) / self.exponent(),
            Self::Power(c) if c > 0.0 => -libm::expm1(c * cut.value) / c,
            Self::Power(_) => -cut.value,
        }
    }
}

/// A map of the family.
pub trait Tsallis: Map {
    /// Which.
    fn curve(&self) -> Curve;
}

impl<T: Tsallis> Sparse for T {
    fn floor(&self, beta: f32, max: f32) -> f32 {
        let c = self.curve().exponent();
        floor_below(max, if c * FAINT > 1.0 { 1.0 / c } else { FAINT }, beta)
    }

    fn floor_of(&self, beta: f32, cut: &Cut) -> f32 {
        let depth = match self.curve() {
            Curve::Linear => -cut.low,
            Curve::Square => -2.0 * cut.low,
            Curve::Power(c) => -Family::entmax(c).edge(cut.low),
        };
        floor_below(cut.reference, depth, beta)
    }

    /// The best row alone leaves a floor 1/c deep; the cut of a few blocks is nearly that of all. A cut of powers costs more than rows that
    /// are kept in vain.
    fn enough(&self) -> usize {
        if let Curve::Power(_) = self.curve() { usize::MAX } else { 4 * BLOCK }
    }

    fn cut<K: Kernels>(&self, kernels: K, beta: f32, leader: Leader, rows: &mut Met<'_, '_>, work: &mut [f32]) -> Option<Cut> {
        let curve = self.curve();
        Some(match curve {
            Curve::Linear => polynomial(kernels, Shape::Linear, beta, leader.max, rows, work),
            Curve::Square => polynomial(kernels, Shape::Square, curve.factor(beta), leader.max, rows, work),
            Curve::Power(c) => Family::entmax(c).cut(kernels, beta, leader.max, rows, work),
        })
    }

    fn weights<K: Kernels>(&self, kernels: K, beta: f32, cut: &Cut, _: Numbers<'_>, scores: &mut [f32]) {
        let curve = self.curve();
        match curve {
            Curve::Linear => kernels.linear_weights(cut.value, beta, cut.reference, scores),
            Curve::Square => kernels.square_weights(cut.value, curve.factor(beta), cut.reference, scores),
            Curve::Power(c) => {
                let family = Family::entmax(c);
                kernels.power_weights(family.at(cut.low), family.at(cut.value), cut.blend, beta, cut.reference, scores);
            }
        }
    }

    fn threshold(&self, beta: f32, cut: &Cut) -> Option<f64> {
        let max = f64::from(beta) * f64::from(cut.reference);
        match self.curve() {
            Curve::Linear => Some(max + cut.value),
            Curve::Square => Some(max / 2.0 + cut.value),
            Curve::Power(c) if c > 0.0 => Some(c * max - libm::exp(c * cut.value)),
            Curve::Power(_) => None,
        }
    }

    fn conjugate(&self, max: f64, cut: &Cut, tally: &Tallied) -> f64 {
        let curve = self.curve();
        let c = curve.exponent();
        max + (c * tally.mean + curve.lost(cut)) / (1.0 + c)
    }

    fn raised_conjugate(&self, weighed: &Weighed, rows: &mut Met<'_, '_>) -> f64 {
        let c = self.curve().exponent();
        if Family::is_level(weighed)
            && let Some((shift, mean)) = Family::entmax(c).shift(weighed, rows)
        {
            return f64::from(weighed.beta) * f64::from(weighed.max) + (c * mean + shift) / (1.0 + c);
        }
        let log_count = libm::log(weighed.rows as f64);
        // Far from level, alpha above 2 can still be at a beta at which the conjugates are equal in f64.
        if let Curve::Power(c) = self.curve()
            && c > 1.0
        {
            let fallen = libm::exp(-c * log_count) - libm::exp(c * weighed.cut.value);
            let max = f64::from(weighed.beta) * f64::from(weighed.max);
            return max + (c * Family::entmax(c).mean(weighed, rows) + fallen / c) / (1.0 + c);
        }
        weighed.conjugate - if c > 0.0 { -libm::expm1(-c * log_count) / (c * (1.0 + c)) } else { log_count }
    }
}
