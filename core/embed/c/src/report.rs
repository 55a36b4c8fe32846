//! What a call says about itself, in a layout that C can read.

use crate::status::{Status, Stopped};
use basinet_core::Step;

/// `struct basinet_report` of the header, which says what each field means.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Report {
    /// The row with the largest score.
    pub winner: u64,
    /// Rows with a positive weight.
    pub support: u64,
    /// Rows that take part.
    pub rows: u64,
    /// After an error: the row or position it is about, where it is about one.
    pub place: u64,
    /// tau, where `has_threshold` is 1.
    pub threshold: f64,
    /// `Omega*(z)`.
    pub conjugate: f64,
    /// The energy of the query without its constant, where `has_energy` is 1.
    pub energy: f64,
    /// The winner's weight.
    pub weight: f32,
    /// The sum of all other weights.
    pub rest: f32,
    /// The winner's score minus the next best.
    pub gap: f32,
    /// Softmax1: the weight of the empty slot.
    pub missing: f32,
    /// Times the rows were read.
    pub passes: u32,
    /// 1 for sparse maps that have a threshold.
    pub has_threshold: u32,
    /// 1 for a recall.
    pub has_energy: u32,
    /// 1 where the winner's weight is one and every other is zero.
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

/// Writes the report, where one is wanted, and gives the call's status.
///
/// # Safety
/// `report` is null, or there is room for one that nobody else uses.
pub unsafe fn finish(result: Result<Step, Stopped>, report: *mut Report) -> Status {
    let (status, written) = match result {
        Ok(step) => (Status::Ok, step.into()),
        Err(Stopped { status, place }) => (status, Report { place, ..Report::default() }),
    };
    // A report that overlaps or is misaligned is not touched: that may be the error itself.
    if !report.is_null() && report.is_aligned() && status != Status::Overlap {
        // SAFETY: the caller's promise; alignment has just been seen.
        unsafe { report.write(written) };
    }
    status
}

/// Writes a report, where one is wanted.
///
/// # Safety
/// If it is wanted, there is room for one that nobody else uses, aligned.
pub unsafe fn put(report: *mut Report, wanted: bool, written: Report) {
    if wanted {
        // SAFETY: promised by the caller.
        unsafe { report.write(written) };
    }
}
