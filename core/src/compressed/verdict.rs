//! What a recall from compressed patterns says about recall from the patterns they were made from.
//!
//! With `x = x^ + e`, `|e| <= r`, and scores as recall rounds them: `|s_i - c_i| <= |q| r + g |q| (2 |x^| + r) + 2 D 2^-149`, `g = (ceil(D/16) +
//! 6) eps` (the residual by Cauchy-Schwarz, and the rounding of both scores; derived). Where the winner's lead is more than twice that, it
//! leads there, too; where it is by `margin / beta` more, recall from the originals gives back its pattern itself.

use super::{Code, Compressed, gamma};
use crate::dispatch::Kernels;
use crate::error::Error;
use crate::patterns::square_sum;
use crate::recall::{Model, Step, same};
use crate::separation::Separation;
use crate::similarity::Dot;

/// What is certain of the original patterns after a recall from their compressed copy. Nothing is claimed unless it is true in spite of
/// rounding.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub struct Verdict {
    /// No score is further than this from the one that the original pattern has.
    pub score_error: f64,
    /// The winner is that of the originals.
    pub winner: bool,
    /// A step from the originals would give back the winner's pattern, bit for bit (but that -0 becomes +0).
    pub exact: bool,
    /// The state lies within this distance of what a step from the originals would give; none where nothing is known.
    pub distance: Option<f64>,
}

impl<C: Code> Compressed<'_, C> {
    /// The largest norm of a pattern that a row stands for, rounded up: one pass over all rows, in f64.
    ///
    /// # Errors
    /// [`Error::ScoreNotFinite`] with the row whose norm is not finite.
    pub fn max_norm(&self) -> Result<f32, Error> {
        let mut largest = 0.0;
        for row in 0..self.count() {
            let square: f64 = self.decoded(row).map(|x| f64::from(x) * f64::from(x)).sum();
            let norm = super::up(libm::sqrt(square));
            if !norm.is_finite() {
                return Err(Error::ScoreNotFinite { row });
            }
            largest = if norm > largest { norm } else { largest };
        }
        Ok(largest)
    }
}

impl<S: Separation, K: Kernels> Model<S, Dot, K> {
    /// What is certain of the originals after `step`, which this model took from `query` and `copy`. `max_norm` is not less than the norm of
    /// any pattern of the copy ([`Compressed::max_norm`]). Reads the residuals, O(M + D).
    ///
    /// ```
    /// use basinet_core::{Buffers, Code, Compressed, Encoded, Model, Sparsemax, beta};
    /// let (mut codes, patterns) = ([0i8; 4], [[1.0, 0.3], [-0.7, 1.0]]);
    /// let (a, b) = codes.split_at_mut(2);
    /// let (a, b) = (i8::encode(&patterns[0], a)?, i8::encode(&patterns[1], b)?);
    /// let (scales, residuals) = ([a.scale, b.scale], [a.residual, b.residual]);
    /// let copy = Compressed::new(&codes, &scales, &residuals, 2)?;
    /// let (model, query, mut out) = (Model::new(beta!(4.0), Sparsemax), [0.9, 0.2], [0.0; 2]);
    /// let step = model.step(&copy, &query, &mut out, &mut Buffers::<2, 2>::new().scratch())?;
    /// let verdict = model.judge(&step, &copy, &query, copy.max_norm()?)?;
    /// assert!(verdict.winner && verdict.exact && verdict.distance < Some(0.01));
    /// # Ok::<(), basinet_core::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::Length`], [`Error::QueryNotFinite`], [`Error::NormOverflow`] where `max_norm` or a residual is not finite or below zero,
    /// [`Error::NoSuchRow`] where the step's winner is none of the copy's rows.
    pub fn judge<C: Code>(&self, step: &Step, copy: &Compressed<'_, C>, query: &[f32], max_norm: f32) -> Result<Verdict, Error> {
        same(copy.dim(), query.len())?;
        if let Some(index) = query.iter().position(|x| !x.is_finite()) {
            return Err(Error::QueryNotFinite { index });
        }
        let (mut residual, mut wrong) = (0.0, !(max_norm >= 0.0 && max_norm.is_finite()));
        for &r in copy.residuals() {
            wrong |= !(r >= 0.0 && r.is_finite());
            residual = if r > residual { r } else { residual };
        }
        if wrong {
            return Err(Error::NormOverflow);
        }
        let count = copy.count();
        let Some(&own) = copy.residuals().get(step.winner) else { return Err(Error::NoSuchRow { row: step.winner, count }) };
        let (q, m, r) = (libm::sqrt(square_sum(query)), f64::from(max_norm), f64::from(residual));
        let up = 1.0 + 1e-9;
        let tiny = query.len() as f64 * f64::from(f32::from_bits(1));
        let score_error = (q * r + gamma(query.len()) * q * (2.0 * m + r) + 2.0 * tiny) * up;
        // The gap is one subtraction in f32; infinite it was beyond f32, and is not less than that.
        let gap = f64::from(if step.gap < f32::MAX { step.gap } else { f32::MAX }) * (1.0 - 1e-7) - 2.0 * score_error;
        let margin = f64::from(self.separation.margin()) / f64::from(self.beta.get()) * (1.0 + 1e-6);
        let alone = step.rows == 1;
        let (winner, exact) = (gap > 0.0 || alone, margin.is_finite() && (gap > margin || alone));
        let distance = (exact && step.is_exact()).then_some(f64::from(own));
        Ok(Verdict { score_error, winner, exact, distance })
    }
}
