//! What a call says about itself, in a layout that C can read.

use crate::status::{Status, Stopped};
use basinet_core::Step;

/// What a recall says about itself. After an error all fields are zero but `place`.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Report {
    /// the row with the largest score; the lowest of them where several have it
    pub winner: u64,
    /// rows with a positive weight; softmax: all
    pub support: u64,
    /// rows that took part
    pub rows: u64,
    /// after an error: the row, index or number it is about, see `enum basinet_status`
    pub place: u64,
    /// sparse maps: tau, in units of z; zero where has_threshold is zero
    pub threshold: f64,
    /// Omega*(z); ln sum exp z for softmax
    pub conjugate: f64,
    /// of the query, less its constant: |x|^2/2 - Omega*(z)/beta, of squared distances -Omega*(z)/(2 beta); zero where has_energy is zero
    pub energy: f64,
    /// the winner's weight
    pub weight: f32,
    /// the sum of all other weights, accurate also where it is far below 2^-24
    pub rest: f32,
    /// the winner's score minus the next best; infinite where there is no other row
    pub gap: f32,
    /// softmax1: the weight of the empty slot
    pub missing: f32,
    /// times the rows were read: 1, or more where the scratch memory was small
    pub passes: u32,
    /// 0 or 1
    pub has_threshold: u32,
    /// 0 or 1: not where values are read out, and not of cosines
    pub has_energy: u32,
    /// 1: the winner's weight is one and every other zero, so out is the pattern (or value) itself
    pub is_exact: u32,
}

impl From<Step> for Report {
    fn from(step: Step) -> Self {
        Self {
            winner: step.winner as u64,
            support: step.support as u64,
            rows: step.rows as u64,
            place: 0,
            threshold: step.threshold.unwrap_or(0.0),
            conjugate: step.conjugate,
            energy: step.energy.unwrap_or(0.0),
            weight: step.weight,
            rest: step.rest,
            gap: step.gap,
            missing: step.missing,
            passes: step.passes,
            has_threshold: u32::from(step.threshold.is_some()),
            has_energy: u32::from(step.energy.is_some()),
            is_exact: u32::from(step.is_exact()),
        }
    }
}

/// What settling says about itself. After an error all fields are zero but `last.place`.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Settled {
    /// the last state's own weights, and its energy
    pub last: Report,
    /// steps taken
    pub steps: u64,
    /// size of the metastable state: weights above 0.01, or for a sparse map all that are not zero
    pub metastable: u64,
    /// |x' - x| of the last step: the norm of the energy's gradient there
    pub residual: f64,
    /// the energy of the first state, less its constant as in a report
    pub first_energy: f64,
    /// the largest rise of the energy in one step: rounding, or zero
    pub largest_rise: f64,
    /// 1: the state stays, as `state_change` says; 0: the steps came to their end before
    pub converged: u32,
}

impl From<basinet_core::Report> for Settled {
    fn from(report: basinet_core::Report) -> Self {
        Self {
            last: report.last.into(),
            steps: report.steps as u64,
            metastable: report.metastable as u64,
            residual: report.residual,
            first_energy: report.first_energy,
            largest_rise: report.largest_rise,
            converged: u32::from(report.converged),
        }
    }
}

/// What a caller is told after a call.
pub trait Told: Default {
    /// After an error that is about this place.
    fn failed(place: u64) -> Self;
}

impl Told for Report {
    fn failed(place: u64) -> Self {
        Self { place, ..Self::default() }
    }
}

impl Told for Settled {
    fn failed(place: u64) -> Self {
        Self { last: Report::failed(place), ..Self::default() }
    }
}

/// The place alone, zero after success.
impl Told for u64 {
    fn failed(place: u64) -> Self {
        place
    }
}

/// Writes what is told, where it is wanted, and gives the call's status.
///
/// # Safety
/// `to` is null, or there is room for one that nobody else uses.
pub unsafe fn finish<T: Told>(result: Result<T, Stopped>, to: *mut T) -> i32 {
    let (status, told) = match result {
        Ok(told) => (Status::OK, told),
        Err(Stopped { status, place }) => (status, T::failed(place)),
    };
    // What overlaps or is misaligned is not touched: that may be the error itself.
    if !to.is_null() && to.is_aligned() && status != Status::OVERLAP {
        // SAFETY: the caller's promise; alignment has just been seen.
        unsafe { to.write(told) };
    }
    status as i32
}
