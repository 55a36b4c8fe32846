//! What must hold of a result whatever it is, and what it is called where it does not.

use crate::cases::Case;
use crate::fnv::{Fnv, NotFinite};
use crate::tolerance;
use basinet_core::{Error, Patterns, Step};
use core::fmt;

/// A law that a case broke.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub enum Law {
    /// The library returned an error.
    Refused(Error),
    /// A weight, state or energy is NaN or infinite.
    NotFinite,
    /// A weight is negative, or the weights' sum is this far from what it must be.
    Weights(f64),
    /// An entry of a state is beyond the largest entry of what was read out.
    Hull,
    /// The energy rose by this much.
    EnergyRose(f64),
    /// Fewer candidates changed the bits.
    Capacity,
    /// Rows that were read piece by piece changed the bits.
    Pieces,
    /// A normaliser is not itself after it has travelled as bytes.
    Bytes,
    /// The result is not the pattern that it is certain to be, or not as near to it.
    Certificate,
    /// A row without a weight has a derivative.
    Derivative,
    /// A memory is recalled that is used up.
    Free,
    /// A step through a map is not the step from the features.
    Mapped,
    /// A store and a view of the same numbers give different bits.
    Store,
    /// A memory that has gone left more in a superposition than the drift it admits.
    Superposed,
    /// A copy is not recalled as the rows that it stands for, or a sieve does not give what recall gives.
    Compressed,
    /// A case does not fit the arena.
    Arena,
}

impl From<Error> for Law {
    fn from(error: Error) -> Self {
        Law::Refused(error)
    }
}

impl From<NotFinite> for Law {
    fn from(_: NotFinite) -> Self {
        Law::NotFinite
    }
}

/// Which case failed, under which separation, and how.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Failure {
    /// The case.
    pub case: Case,
    /// The separation's name; `none` for what has no separation or its own.
    pub separation: &'static str,
    /// What it broke.
    pub law: Law,
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {:?} in {:?}", self.separation, self.law, self.case)
    }
}

impl core::error::Error for Failure {}

/// What is asked of rows that are too few, or of numbers that are too large, may be refused: that is an answer too, the same on every
/// target.
pub(super) fn answer(result: Result<Step, Error>, hash: &mut Fnv) -> Result<Option<Step>, Law> {
    let refusal = match result {
        Ok(step) => return Ok(Some(step)),
        Err(Error::AllMasked) => 1,
        Err(Error::TooFewRows { .. }) => 2,
        Err(Error::CapsTooSmall) => 3,
        Err(error) => return Err(Law::Refused(error)),
    };
    hash.count(refusal);
    Ok(None)
}

/// Takes all that a step says about itself, but for how often rows were read.
pub(super) fn take(step: &Step, hash: &mut Fnv) -> Result<(), NotFinite> {
    hash.numbers(&[step.weight, step.rest, step.missing])?;
    hash.bound(f64::from(step.gap))?;
    for count in [step.winner, step.support, step.rows] {
        hash.count(count as u64);
    }
    hash.number(step.conjugate)?;
    hash.maybe(step.threshold)?;
    hash.maybe(step.energy)
}

/// No weight is negative, and with what is missing they sum to `mass` within the depth of the summation. The sum is taken in f64.
pub(super) fn weights(weights: &[f32], step: &Step, mass: u32) -> Result<(), Law> {
    let mass = f64::from(mass);
    let off = weights.iter().map(|p| f64::from(*p)).sum::<f64>() + f64::from(step.missing) - mass;
    if off.is_nan() {
        return Err(Law::NotFinite);
    }
    if off.abs() > mass * tolerance::weights_sum(weights.len()) || weights.iter().any(|p| *p < 0.0) {
        return Err(Law::Weights(off));
    }
    Ok(())
}

/// A weighted sum of rows has no entry beyond `mass` times their largest, but for the rounding of the weights' sum.
pub(super) fn hull(state: &[f32], rows: Patterns<'_>, mass: u32) -> Result<(), Law> {
    let largest = (0..rows.count()).filter_map(|i| rows.row(i)).map(max_abs).fold(0.0, larger);
    let bound = f64::from(mass) * f64::from(largest) * (1.0 + tolerance::weights_sum(rows.count()));
    if f64::from(max_abs(state)) <= bound { Ok(()) } else { Err(Law::Hull) }
}

/// The same bits.
pub(super) fn same(a: &[f32], b: &[f32], law: Law) -> Result<(), Law> {
    let same = a.len() == b.len() && a.iter().zip(b).all(|(a, b)| a.to_bits() == b.to_bits());
    if same { Ok(()) } else { Err(law) }
}

/// max |x_j|; NaN where there is one.
pub(super) fn max_abs(x: &[f32]) -> f32 {
    x.iter().map(|x| x.abs()).fold(0.0, larger)
}

/// max |s_i| over the rows that take part: the others have minus infinity.
pub(super) fn max_score(scores: &[f32]) -> f64 {
    f64::from(scores.iter().filter(|s| **s > f32::NEG_INFINITY).map(|s| s.abs()).fold(0.0, larger))
}

fn larger(a: f32, b: f32) -> f32 {
    if b > a || b.is_nan() { b } else { a }
}

/// |x|^2/2.
pub(super) fn half_norm2(x: &[f32]) -> f64 {
    x.iter().map(|x| f64::from(*x) * f64::from(*x)).sum::<f64>() / 2.0
}
