//! The separations: from scores to weights that add up to one.

use crate::dispatch::Kernels;
use crate::error::Error;
use crate::recall::{Model, RankedSum, Scratch};
use crate::separation::{Beta, Softmax, Sparsemax};
use core::num::NonZeroU32;

/// A separation. s are the scores, divided by their sum before unless that is switched off.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub enum Separation {
    /// `s_i / sum s`.
    Identity,
    /// `s_i^n / sum s^n`: n = 2 is the dense associative memory's energy, n = 10 the "polynomial" of the published experiments.
    Power(NonZeroU32),
    /// `softmax(beta s)`.
    Softmax(Beta),
    /// `sparsemax(beta s)`.
    Sparsemax(Beta),
    /// All to the largest; the lowest row of several.
    Max,
}

impl Separation {
    /// The n-th power.
    ///
    /// ```
    /// use basinet_core::universal::Separation;
    /// assert!(Separation::power(2).is_ok() && Separation::power(0).is_err());
    /// ```
    ///
    /// # Errors
    /// [`Error::Parameter`] for n = 0.
    pub const fn power(n: u32) -> Result<Self, Error> {
        match NonZeroU32::new(n) {
            Some(n) => Ok(Self::Power(n)),
            None => Err(Error::Parameter { requirement: "the power must be at least 1" }),
        }
    }

    /// Turns finite scores, the largest of which is `winner`'s, into weights; they are divided by `sum` first, a positive number. Powers do
    /// not notice, and for the maps of `beta s` it is beta that is divided: a quotient for each score would be rounded once more.
    ///
    /// # Errors
    /// [`Error::SumNotPositive`], [`Error::Beta`], and as [`Model::weights`]. The scores are as they were then.
    pub(super) fn apply<K: Kernels>(
        self,
        kernels: K,
        scores: &mut [f32],
        winner: usize,
        sum: f64,
        scratch: &mut Scratch<'_>,
    ) -> Result<(), Error> {
        let over_sum = |beta: Beta| Beta::new((f64::from(beta.get()) / sum) as f32);
        match self {
            Self::Identity => power(scores, 1)?,
            Self::Power(n) => power(scores, n.get())?,
            Self::Softmax(beta) => {
                Model::new(over_sum(beta)?, Softmax).on(kernels).weights(scores, scratch)?;
            }
            Self::Sparsemax(beta) => {
                Model::new(over_sum(beta)?, Sparsemax).on(kernels).weights(scores, scratch)?;
            }
            Self::Max => one_hot(scores, winner),
        }
        Ok(())
    }
}

/// All weight to one row.
pub(super) fn one_hot(scores: &mut [f32], winner: usize) {
    scores.fill(0.0);
    if let Some(weight) = scores.get_mut(winner) {
        *weight = 1.0;
    }
}

/// `s^n / sum s^n` in f64, of scores over the largest by size, so that nothing overflows.
fn power(scores: &mut [f32], n: u32) -> Result<(), Error> {
    let mut largest = 0.0;
    for score in scores.iter() {
        largest = if score.abs() > largest { score.abs() } else { largest };
    }
    if largest == 0.0 {
        return Err(Error::SumNotPositive);
    }
    let raised = |score: f32| raise(f64::from(score) / f64::from(largest), n);
    let mut sum = RankedSum::default();
    for &score in scores.iter() {
        sum.add(raised(score));
    }
    let sum = sum.total();
    // The largest by size is one. Where others cancel it, what is left can be so little that it has no weight within f32.
    if sum <= 0.0 || ((1.0 / sum) as f32).is_infinite() {
        return Err(Error::SumNotPositive);
    }
    for score in scores {
        *score = (raised(*score) / sum) as f32 + 0.0;
    }
    Ok(())
}

/// `x^n` by squaring.
fn raise(x: f64, mut n: u32) -> f64 {
    let (mut power, mut square) = (1.0, x);
    while n > 0 {
        if n % 2 == 1 {
            power *= square;
        }
        square *= square;
        n /= 2;
    }
    power
}
