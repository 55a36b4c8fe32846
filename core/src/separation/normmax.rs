//! Normmax: `p_i` proportional to `[z_i - tau]_+^(1/(gamma-1))`, with tau such that `sum [z_i - tau]_+^(gamma/(gamma-1)) = 1` (Blondel,
//! Martins and Niculae 2020), as in Hopfield-Fenchel-Young networks (Santos et al. 2024).
//!
//! `Omega(p) = |p|_gamma - 1`, `Omega*(z) = 1 + tau`. The threshold is that of a power map with `c = (gamma-1)/gamma` (see
//! [`power`](super::power)): `tau = max z - e^(cL)`. The winner's weight is exactly one where every other row lies 1 or more below,
//! whatever gamma is. With `|p| = |p|_gamma` and `q_i = p_i^(2-gamma) (v_i - <p, v>)` on the support, `J v = (q - p sum q) / ((gamma-1)
//! |p|^(1-gamma))` (derived).

use super::cut::{Cut, floor_below};
use super::met::{Met, Numbers};
use super::power::Family;
use super::{Map, Sparse, Weighed};
use crate::dispatch::Kernels;
use crate::error::Error;
use crate::kernels::{Leader, Power, PowerState, Tallied};
use crate::recall::Candidates;

/// Normmax's exponent: finite and above 1, checked once.
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd)]
pub struct Gamma(f32);

impl Gamma {
    /// Checks `gamma`.
    ///
    /// # Errors
    /// [`Error::Parameter`] where it is not finite or not above 1.
    pub const fn new(gamma: f32) -> Result<Self, Error> {
        let requirement = "normmax's gamma must be finite and above 1";
        if gamma > 1.0 && gamma <= f32::MAX { Ok(Self(gamma)) } else { Err(Error::Parameter { requirement }) }
    }

    /// The number.
    pub const fn get(self) -> f32 {
        self.0
    }
}

/// Normmax: sparse like sparsemax, with weights the more equal the larger gamma is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Normmax(pub Gamma);

impl Normmax {
    /// Normmax of this gamma.
    ///
    /// # Errors
    /// [`Error::Parameter`] where it is not finite or not above 1.
    pub const fn new(gamma: f32) -> Result<Self, Error> {
        match Gamma::new(gamma) {
            Ok(gamma) => Ok(Self(gamma)),
            Err(error) => Err(error),
        }
    }

    /// gamma.
    pub const fn gamma(self) -> f32 {
        self.0.get()
    }

    /// gamma - 1.
    fn excess(self) -> f64 {
        f64::from(self.gamma()) - 1.0
    }

    /// The terms whose sum is one at the threshold.
    fn family(self) -> Family {
        Family { exponent: self.excess() / (1.0 + self.excess()), slope: 1.0, blends: false }
    }

    /// The weights' own terms, of which all are divided by the sum.
    fn terms(self, log_weight: f64, log_scale: f64) -> Power {
        Power { log_scale, exponent: 1.0 / self.excess(), rate: self.family().at(log_weight).rate }
    }
}

impl Map for Normmax {
    type State = Candidates;

    fn margin(&self) -> f32 {
        1.0
    }

    /// `q_i / |p|^(1-gamma) = p_i (|p|/p_i)^(gamma-1) (v_i - <p, v>)`: a ratio, so that no power overflows but just above the threshold.
    fn differentiate(&self, weights: &[f32], tangent: &mut [f32]) {
        let excess = self.excess();
        let largest = weights.iter().fold(0.0, |largest, &p| if p > largest { p } else { largest });
        let (mut mean, mut powers, mut total) = (0.0, 0.0, 0.0);
        for (&p, &v) in weights.iter().zip(tangent.iter()).filter(|(p, _)| **p > 0.0) {
            mean += f64::from(p) * f64::from(v);
            powers += libm::pow(f64::from(p) / f64::from(largest), 1.0 + excess);
        }
        let norm = f64::from(largest) * libm::pow(powers, 1.0 / (1.0 + excess));
        let steep = |p: f32| if p > 0.0 { f64::from(p) * libm::pow(norm / f64::from(p), excess) / excess } else { 0.0 };
        for (&p, &v) in weights.iter().zip(tangent.iter()).filter(|(p, _)| **p > 0.0) {
            total += steep(p) * (f64::from(v) - mean);
        }
        for (&p, v) in weights.iter().zip(tangent) {
            *v = if p > 0.0 { (steep(p) * (f64::from(*v) - mean) - f64::from(p) * total) as f32 + 0.0 } else { 0.0 };
        }
    }
}

impl Sparse for Normmax {
    fn floor(&self, beta: f32, max: f32) -> f32 {
        floor_below(max, 1.0, beta)
    }

    fn floor_of(&self, beta: f32, cut: &Cut) -> f32 {
        floor_below(cut.reference, -self.family().edge(cut.low), beta)
    }

    fn cut<K: Kernels>(&self, kernels: K, beta: f32, leader: Leader, rows: &mut Met<'_, '_>, work: &mut [f32]) -> Option<Cut> {
        let cut = self.family().cut(kernels, beta, leader.max, rows, work);
        let terms = self.terms(cut.low, 0.0);
        let mut state = PowerState::new(terms);
        rows.scan(|_, scores| kernels.power(&mut state, beta, leader.max, scores));
        Some(Cut { value: -libm::log(kernels.power_sums(&state).terms), ..cut })
    }

    fn weights<K: Kernels>(&self, kernels: K, beta: f32, cut: &Cut, _: Numbers<'_>, scores: &mut [f32]) {
        let terms = self.terms(cut.low, cut.value);
        kernels.power_weights(terms, terms, 0.0, beta, cut.reference, scores);
    }

    fn threshold(&self, beta: f32, cut: &Cut) -> Option<f64> {
        let max = f64::from(beta) * f64::from(cut.reference);
        Some(max - libm::exp(self.family().exponent * cut.low))
    }

    fn conjugate(&self, max: f64, cut: &Cut, _: &Tallied) -> f64 {
        max - libm::expm1(self.family().exponent * cut.low)
    }

    /// `Omega*(0) = 1 - M^(-c)`.
    fn raised_conjugate(&self, weighed: &Weighed, rows: &mut Met<'_, '_>) -> f64 {
        if Family::is_level(weighed)
            && let Some((shift, _)) = self.family().shift(weighed, rows)
        {
            return f64::from(weighed.beta) * f64::from(weighed.max) + shift;
        }
        weighed.conjugate + libm::expm1(-self.family().exponent * libm::log(weighed.rows as f64))
    }
}
