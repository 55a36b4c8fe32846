//! What is certain about a recall, roundings included.
//!
//! With i the winner, `m` the largest norm of a pattern, `g = s_i - max_j s_j` the gap at state x, and `|x_i - x_j| <= 2m` (all derived,
//! but where said otherwise):
//!
//! - *Score error.* A score is off by at most `delta = (ceil(D/16) + 5) eps m |x| + D 2^-149` (Cauchy-Schwarz on the bound of a dot
//!   product), so the exact gap is at least `g - 2 delta`, less the rounding of g itself.
//! - *Exact.* Where the exact gap is at least `margin / beta` the exact step returns pattern i itself. It is claimed where that holds with
//!   the score error taken off *and* the step as computed had weight one and rest zero. A row that takes part alone needs no gap, but for
//!   softmax1.
//! - *Radius.* At any y with `|y - x| <= r` the exact gap is at least `g - 2 delta - 2 m r`; and its scores are off by `delta` with `|x| +
//!   r` for `|x|`. Of the margin 2 eps are left there, relatively, for the rounding of the gap at y and of its product with beta: the step
//!   as computed returns the pattern, too.
//! - *Distance.* `|x' - x_i| <= 2 m rest + m |1 - sum p|` for weights as they are, and `m` times the rounding of weights and sums, and what
//!   denormal products lose: `(3 M + 2) D 2^-149`.
//! - *Gap bound.* `|x' - x_i| <= 2 m (M - 1) exp(-beta g)` in exact arithmetic (Ramsauer et al. 2021, theorem 4, in the form that always
//!   holds), for maps whose weights fall at least as fast as softmax's.

use super::{Model, Step};
use crate::dispatch::Kernels;
use crate::error::Error;
use crate::patterns::square_sum;
use crate::separation::{Map, Separation};
use crate::similarity::Dot;

/// What is certain about one recall step. Nothing here is claimed unless it is true in spite of rounding.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub struct Certificate {
    /// The result is the winner's pattern, bit for bit (but that -0 becomes +0), and so is that of exact arithmetic.
    pub exact: bool,
    /// From every state within this distance of the query whose scores are finite, a step returns the same pattern exactly; none where this
    /// one is not exact.
    pub radius: Option<f64>,
    /// The result lies within this distance of the winner's pattern.
    pub distance: f64,
    /// The result of exact arithmetic lies within this distance of the winner's pattern, by the gap alone; none for maps without such a
    /// bound.
    pub gap_distance: Option<f64>,
}

/// Half the distance from 1 to the next f32.
const EPS: f64 = 1.0 / 16_777_216.0;
/// 2^-149, the smallest f32.
const TINY: f64 = f32::from_bits(1) as f64;
/// More than what a few roundings in f64 take away.
const UP: f64 = 1.0 + 1e-12;
/// The same for a number that was rounded to f32 once or twice.
const UP_NARROW: f64 = 1.0 + 4.0 * EPS;

impl<S: Separation, K: Kernels> Model<S, Dot, K> {
    /// What is certain about `step`, which this model took from `query`, of auto-association (`step` or `settle`, not `read`). `max_norm`
    /// is not less than any pattern's norm ([`Patterns::max_norm`](crate::Patterns::max_norm), a field of stores and memories). O(D).
    ///
    /// ```
    /// use basinet_core::{Buffers, Model, Patterns, Sparsemax, beta};
    /// let data = [1.0, 1.0, 1.0, -1.0, 1.0, -1.0];
    /// let (patterns, query) = (Patterns::new(&data, 3)?, [1.0, 0.5, 1.0]);
    /// let model = Model::new(beta!(2.0), Sparsemax);
    /// let step = model.step(&patterns, &query, &mut [0.0; 3], &mut Buffers::<3, 2>::new().scratch())?;
    /// let certificate = model.certify(&step, &query, patterns.max_norm()?)?;
    /// assert!(certificate.exact && certificate.radius > Some(1.0));
    /// # Ok::<(), basinet_core::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::QueryNotFinite`], [`Error::NormOverflow`] where `max_norm` is not finite or below zero.
    pub fn certify(&self, step: &Step, query: &[f32], max_norm: f32) -> Result<Certificate, Error> {
        if let Some(index) = query.iter().position(|x| !x.is_finite()) {
            return Err(Error::QueryNotFinite { index });
        }
        if !(max_norm >= 0.0 && max_norm.is_finite()) {
            return Err(Error::NormOverflow);
        }
        let (m, beta) = (f64::from(max_norm), f64::from(self.beta.get()));
        let dim = query.len() as f64;
        let gamma = (query.len().div_ceil(16) + 5) as f64 * EPS * UP;
        let delta = |norm: f64| gamma * m * norm * UP + dim * TINY;
        let at_query = delta(libm::sqrt(square_sum(query)) * UP);
        // The gap is one subtraction in f32; infinite between two rows it was beyond f32, and is not less than that.
        let gap = f64::from(if step.gap < f32::MAX { step.gap } else { f32::MAX });
        let gap = gap * (1.0 - 2.0 * EPS) - 2.0 * at_query;
        let margin = f64::from(self.separation.margin()) / beta * UP_NARROW * UP;
        let spare = (gap - margin) * (1.0 - 1e-12);
        // Softmax1's empty slot takes from a row that is alone, too: less than f32 shows, but not nothing.
        let has_no_slot = margin.is_finite() || self.separation.map().is_within_softmax();
        let exact = step.is_exact() && (spare > 0.0 || spare >= 0.0 && margin > 0.0 || step.rows == 1 && has_no_slot);
        let radius = exact.then(|| {
            if step.rows == 1 {
                return f64::INFINITY;
            }
            // Scores at y are rounded too, which the computed gap there must survive.
            let radius = (spare - 2.0 * at_query) / (2.0 * m * (1.0 + gamma) * UP);
            if radius > 0.0 { radius } else { 0.0 }
        });
        Ok(Certificate { exact, radius, distance: self.distance(step, m, dim), gap_distance: self.gap_distance(step, m, gap) })
    }

    /// The bound on the distance of the result.
    fn distance(&self, step: &Step, m: f64, dim: f64) -> f64 {
        if step.is_exact() {
            return 0.0;
        }
        let chunks = step.rows.div_ceil(crate::kernels::CHUNK) as f64;
        // The depth of a sum, twice for weights and read-out, and the exponentials.
        let rounding = (2.0 * (72.0 + chunks) + 16.0) * EPS;
        let (weight, rest) = (f64::from(step.weight), f64::from(step.rest));
        let total = weight + rest;
        let lost = if total > 1.0 { total - 1.0 } else { 1.0 - total };
        // Weights below 2^-126 are left out of the rest.
        let faint = step.rows as f64 * f64::from(f32::MIN_POSITIVE);
        // A product of a weight, or of a factor that brings a sum under a new maximum, may be denormal.
        let denormal = (3.0 * step.rows as f64 + 2.0) * dim * TINY;
        (m * (2.0 * (rest + faint) + lost + rounding * (2.0 * rest + lost + 2.0 * total)) + denormal) * UP
    }

    /// The bound by the gap, where the map has it; `gap` is not above the exact one.
    fn gap_distance(&self, step: &Step, m: f64, gap: f64) -> Option<f64> {
        if !self.separation.map().is_within_softmax() {
            return None;
        }
        let others = step.rows.saturating_sub(1) as f64;
        if others == 0.0 {
            return Some(0.0);
        }
        // What underflows is not zero.
        let falls = libm::exp(-f64::from(self.beta.get()) * gap) + f64::MIN_POSITIVE;
        let bound = 2.0 * m * others * falls * UP + f64::MIN_POSITIVE;
        let trivial = 2.0 * m * UP;
        Some(if bound < trivial { bound } else { trivial })
    }
}
