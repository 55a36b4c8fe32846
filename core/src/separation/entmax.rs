//! Entmax: `p_i = [(alpha-1) z_i - tau]_+^(1/(alpha-1))` (Peters, Niculae and Martins 2019), the separation of the generalised sparse
//! modern Hopfield network (Wu et al. 2024). Softmax at alpha = 1, sparsemax at 2, towards the arg-max beyond: one continuous family.
//!
//! `Omega(p) = -H_alpha(p)`, the Tsallis entropy. A row whose z lies `1/(alpha-1)` or more below the best is never in the support. With
//! `s_i = p_i^(2-alpha)` on the support, `J = diag(s) - s s^T / sum s`, and with `l = ln p`, `c = alpha - 1`, `a_i = (exp(-c l_i) - 1 + c
//! l_i)/c^2` (`l^2/2` at c = 0), `A = <p, a>`, `m = <p, l>`: `dp/dalpha = p (A (1 - c l) - a (1 - c m)) / sum s`: the published form,
//! rearranged so that nothing is divided by c (derived).
//!
//! alpha = 1.5 and 2 take closed forms; 1 is a log-sum-exp over candidates; all others the winner's log-weight. The candidates of an alpha
//! near 1 are nearly all rows.

use super::tsallis::{Curve, Tsallis};
use super::{Map, jacobian};
use crate::error::Error;
use crate::recall::Candidates;

/// Entmax's exponent: finite and at least 1, checked once.
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd)]
pub struct Alpha(f32);

impl Alpha {
    /// Checks `alpha`.
    ///
    /// # Errors
    /// [`Error::Parameter`] where it is not finite or below 1.
    pub const fn new(alpha: f32) -> Result<Self, Error> {
        let requirement = "entmax's alpha must be finite and at least 1";
        if alpha >= 1.0 && alpha <= f32::MAX { Ok(Self(alpha)) } else { Err(Error::Parameter { requirement }) }
    }

    /// The number.
    pub const fn get(self) -> f32 {
        self.0
    }
}

/// Entmax: the larger alpha, the fewer rows take part.
///
/// ```
/// use basinet_core::{Buffers, Entmax, Model, beta};
/// let mut weights = [1.0, 0.5, -2.0];
/// let step = Model::new(beta!(1.0), Entmax::new(1.25)?).weights(&mut weights, &mut Buffers::<0, 3>::new().scratch())?;
/// assert!(weights[0] > weights[1] && weights[1] > weights[2]);
/// assert_eq!(step.support, 3);
/// # Ok::<(), basinet_core::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Entmax(pub Alpha);

impl Entmax {
    /// Entmax of 2.
    pub(crate) const SPARSEMAX: Self = Self(Alpha(2.0));

    /// Entmax of this alpha.
    ///
    /// # Errors
    /// [`Error::Parameter`] where it is not finite or below 1.
    pub const fn new(alpha: f32) -> Result<Self, Error> {
        match Alpha::new(alpha) {
            Ok(alpha) => Ok(Self(alpha)),
            Err(error) => Err(error),
        }
    }

    /// alpha.
    pub const fn alpha(self) -> f32 {
        self.0.get()
    }

    /// c.
    fn exponent(self) -> f64 {
        f64::from(self.alpha()) - 1.0
    }

    /// The derivative of the weights with respect to alpha, at these weights, into `out`. O(M), f64 arithmetic.
    ///
    /// # Errors
    /// [`Error::Length`]; [`Error::OutputNotFinite`] where the derivative is beyond f32, as it is just above the threshold for alpha above
    /// 2. `out` is as it was then.
    pub fn alpha_derivative(&self, weights: &[f32], out: &mut [f32]) -> Result<(), Error> {
        if weights.len() != out.len() {
            return Err(Error::Length { expected: weights.len(), found: out.len() });
        }
        let c = self.exponent();
        let terms = |p: f32| {
            let (p, log) = (f64::from(p), libm::log(f64::from(p)));
            (p, log, second_order(c, log))
        };
        let (mut total, mut mean, mut second) = (0.0, 0.0, 0.0);
        for &p in weights.iter().filter(|p| **p > 0.0) {
            let (p, log, a) = terms(p);
            total += p * libm::exp(-c * log);
            mean += p * log;
            second += p * a;
        }
        let derivative = |p: f32| {
            let (p, log, a) = terms(p);
            (p * (second * (1.0 - c * log) - a * (1.0 - c * mean)) / total) as f32 + 0.0
        };
        if weights.iter().any(|&p| p > 0.0 && !derivative(p).is_finite()) {
            return Err(Error::OutputNotFinite);
        }
        for (out, &p) in out.iter_mut().zip(weights) {
            *out = if p > 0.0 { derivative(p) } else { 0.0 };
        }
        Ok(())
    }
}

/// `(exp(-c l) - 1 + c l) / c^2`, by its series where the difference would cancel.
fn second_order(c: f64, log: f64) -> f64 {
    let y = -c * log;
    if y < 1e-2 {
        log * log * (0.5 + y * (1.0 / 6.0 + y * (1.0 / 24.0 + y * (1.0 / 120.0 + y / 720.0))))
    } else {
        (libm::expm1(y) - y) / (c * c)
    }
}

impl Map for Entmax {
    type State = Candidates;

    fn margin(&self) -> f32 {
        (1.0 / self.exponent()) as f32
    }

    fn is_within_softmax(&self) -> bool {
        true
    }

    fn differentiate(&self, weights: &[f32], tangent: &mut [f32]) {
        let power = 1.0 - self.exponent();
        jacobian::project(weights, tangent, |_, p| if p > 0.0 { libm::pow(f64::from(p), power) } else { 0.0 }, None);
    }
}

impl Tsallis for Entmax {
    fn curve(&self) -> Curve {
        match self.exponent() {
            0.5 => Curve::Square,
            1.0 => Curve::Linear,
            c => Curve::Power(c),
        }
    }
}
