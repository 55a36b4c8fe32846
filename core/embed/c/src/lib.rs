//! Basinet for C: recall and weights over memory that the caller owns. `include/basinet.h` is its manual.
//!
//! Nothing is allocated and nothing is kept between calls. Every function looks at its pointers and sizes first: what is wrong comes back
//! as a number of [`Status`], and nothing the caller owns has changed then but the scratch memory and the report (of a batch: see there). What no function can see, and the caller has to
//! promise: that a pointer which is not null points to as many numbers as the call says.
//!
//! | file | holds |
//! |---|---|
//! | `memory` | pointers become slices, or an error |
//! | `named` | names become separations |
//! | `status` | error numbers and their text |
//! | `report` | the report's layout |
#![no_std]

#[cfg(any(feature = "std", test))]
extern crate std;

mod memory;
mod named;
mod report;
mod status;
#[cfg(test)]
mod tests;

use basinet_core::{Backend, Beta, Error, Model, Patterns, Scratch, Separation, Step};
use core::ffi::{CStr, c_char};
use memory::{Region, apart, read, write};
use named::{Job, Named};
pub use report::Report;
pub use status::Status;
use status::Stopped;

/// One recall step: `out = sum_i p_i x_i`, `p = separation(beta X query)`. See `basinet.h`.
///
/// # Safety
/// Pointers that are not null point to `count * dim`, `dim`, `dim` and `scratch_length` numbers and one report; `separation` to a string
/// that ends with a zero; nobody else writes to any of it, or reads `out`, `scratch` and `report`, during the call.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn basinet_recall(
    patterns: *const f32,
    count: usize,
    dim: usize,
    separation: *const c_char,
    beta: f32,
    query: *const f32,
    out: *mut f32,
    scratch: *mut f32,
    scratch_length: usize,
    report: *mut Report,
) -> Status {
    let recall = || {
        let numbers = memory::product(count, dim)?;
        apart(
            [Region::of(out, dim)?, Region::of(scratch, scratch_length)?, Region::of(report, 1)?],
            [Region::of(patterns, numbers)?, Region::of(query, dim)?],
        )?;
        // SAFETY: the caller's promise, and the regions have just been seen to be apart.
        let (patterns, query, out, scratch) =
            unsafe { (read(patterns, numbers)?, read(query, dim)?, write(out, dim)?, write(scratch, scratch_length)?) };
        // SAFETY: the caller's promise.
        let named = unsafe { Named::at(separation) }?;
        let (rows, beta) = (Patterns::new(patterns, dim)?, Beta::new(beta)?);
        Ok(named.give(Recall { rows, beta, query, out, scratch: memory::scratch(scratch, dim)? })?)
    };
    // SAFETY: the caller's promise; the report overlaps nothing that the result borrows, which is nothing.
    unsafe { report::finish(recall(), report) }
}

/// Queries that are recalled together, and whose steps stand on the stack.
const TILE: usize = 64;

/// One recall step from each of many queries. See `basinet.h`.
///
/// # Safety
/// As [`basinet_recall`]; `queries` and `out` have `number * dim` numbers, `reports` is null or has a place for each query.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn basinet_recall_batch(
    patterns: *const f32,
    count: usize,
    dim: usize,
    separation: *const c_char,
    beta: f32,
    queries: *const f32,
    number: usize,
    out: *mut f32,
    scratch: *mut f32,
    scratch_length: usize,
    reports: *mut Report,
) -> Status {
    let recall = || -> Result<(), Stopped> {
        let (stored, asked) = (memory::product(count, dim)?, memory::product(number, dim)?);
        apart(
            [Region::of(out, asked)?, Region::of(scratch, scratch_length)?, Region::of(reports, number)?],
            [Region::of(patterns, stored)?, Region::of(queries, asked)?],
        )?;
        // SAFETY: the caller's promise, and the regions have just been seen to be apart.
        let (patterns, queries, out, scratch) =
            unsafe { (read(patterns, stored)?, read(queries, asked)?, write(out, asked)?, write(scratch, scratch_length)?) };
        // SAFETY: the caller's promise.
        let named = unsafe { Named::at(separation) }?;
        let (rows, beta) = (Patterns::new(patterns, dim)?, Beta::new(beta)?);
        if let Some(index) = queries.iter().position(|x| !x.is_finite()) {
            return Err(Error::QueryNotFinite { index }.into());
        }
        let tile = TILE.saturating_mul(dim.max(1));
        let tiles = queries.chunks(tile).zip(out.chunks_mut(tile));
        for (tile, (queries, out)) in tiles.enumerate() {
            let mut steps = [Step::default(); TILE];
            let steps = steps.get_mut(..queries.len() / dim.max(1)).unwrap_or(&mut []);
            named.give(RecallBatch { rows, beta, queries, out, steps, scratch })?;
            for (i, step) in steps.iter().enumerate() {
                // SAFETY: the caller's promise: a place for each query, unless it is null.
                unsafe { report::put(reports.wrapping_add(tile * TILE + i), !reports.is_null(), (*step).into()) };
            }
        }
        Ok(())
    };
    match recall() {
        Ok(()) => Status::Ok,
        Err(Stopped { status, place }) => {
            let whole = !reports.is_null() && reports.is_aligned() && status != Status::Overlap && number > 0;
            // SAFETY: the caller's promise; alignment has just been seen.
            unsafe { report::put(reports, whole, Report { place, ..Report::default() }) };
            status
        }
    }
}

/// The scores `X query` of all patterns. See `basinet.h`.
///
/// # Safety
/// As [`basinet_recall`]; `out` has `count` numbers.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn basinet_scores(patterns: *const f32, count: usize, dim: usize, query: *const f32, out: *mut f32) -> Status {
    let scores = || -> Result<(), Stopped> {
        let numbers = memory::product(count, dim)?;
        apart([Region::of(out, count)?], [Region::of(patterns, numbers)?, Region::of(query, dim)?])?;
        // SAFETY: the caller's promise, and the regions have just been seen to be apart.
        let (patterns, query, out) = unsafe { (read(patterns, numbers)?, read(query, dim)?, write(out, count)?) };
        let model = Model::new(basinet_core::beta!(1.0), basinet_core::Softmax);
        Ok(model.scores(&Patterns::new(patterns, dim)?, query, out)?)
    };
    scores().map_or_else(|stopped| stopped.status, |()| Status::Ok)
}

/// Turns scores into weights, in place: `p = separation(beta s)`. See `basinet.h`.
///
/// # Safety
/// As [`basinet_recall`]; `scores` has `count` numbers.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn basinet_weights(
    separation: *const c_char,
    beta: f32,
    scores: *mut f32,
    count: usize,
    scratch: *mut f32,
    scratch_length: usize,
    report: *mut Report,
) -> Status {
    let weights = || {
        memory::product(count, 1)?;
        apart([Region::of(scores, count)?, Region::of(scratch, scratch_length)?, Region::of(report, 1)?], [])?;
        // SAFETY: the caller's promise, and the regions have just been seen to be apart.
        let (scores, scratch) = unsafe { (write(scores, count)?, write(scratch, scratch_length)?) };
        // SAFETY: the caller's promise.
        let named = unsafe { Named::at(separation) }?;
        Ok(named.give(Weigh { beta: Beta::new(beta)?, scores, scratch: memory::scratch(scratch, 0)? })?)
    };
    // SAFETY: the caller's promise; the report overlaps nothing that the result borrows, which is nothing.
    unsafe { report::finish(weights(), report) }
}

/// Numbers of scratch with which [`basinet_recall`] never reads patterns twice for want of memory; 0 where no memory could hold them.
#[unsafe(no_mangle)]
pub extern "C" fn basinet_recall_scratch(count: usize, dim: usize) -> usize {
    count.checked_add(dim).and_then(|both| both.checked_mul(3)).unwrap_or(0)
}

/// Numbers of scratch that [`basinet_recall_batch`] needs for so many queries, with room for so many candidates of each; 0 where no memory
/// could hold them.
#[unsafe(no_mangle)]
pub extern "C" fn basinet_batch_scratch(queries: usize, dim: usize, candidates: usize) -> usize {
    let numbers = basinet_core::batch_scratch(queries.min(TILE), dim, dim, candidates);
    if numbers == usize::MAX { 0 } else { numbers }
}

/// Numbers of scratch with which [`basinet_weights`] never reads scores twice for want of memory; 0 where no memory could hold them.
#[unsafe(no_mangle)]
pub extern "C" fn basinet_weights_scratch(count: usize) -> usize {
    basinet_recall_scratch(count, 0)
}

/// The version of this library.
#[unsafe(no_mangle)]
pub extern "C" fn basinet_version() -> *const c_char {
    const VERSION: &CStr = match CStr::from_bytes_with_nul(concat!(env!("CARGO_PKG_VERSION"), "\0").as_bytes()) {
        Ok(version) => version,
        Err(_) => panic!("a version has no zero byte"),
    };
    VERSION.as_ptr()
}

/// The name of the instruction set in use.
#[unsafe(no_mangle)]
pub extern "C" fn basinet_backend() -> *const c_char {
    match Backend::current() {
        Backend::Scalar => c"scalar",
        Backend::Baseline => c"baseline",
        Backend::Avx2 => c"avx2",
        Backend::Avx512 => c"avx512",
        _ => c"unknown",
    }
    .as_ptr()
}

/// What an error number means.
#[unsafe(no_mangle)]
pub extern "C" fn basinet_error_text(status: i32) -> *const c_char {
    status::text(status).as_ptr()
}

/// One recall step.
struct Recall<'a> {
    rows: Patterns<'a>,
    beta: Beta,
    query: &'a [f32],
    out: &'a mut [f32],
    scratch: Scratch<'a>,
}

impl Job for Recall<'_> {
    type Output = Step;

    fn by<S: Separation>(mut self, separation: S) -> Result<Step, Error> {
        Model::new(self.beta, separation).step(&self.rows, self.query, self.out, &mut self.scratch)
    }
}

/// One recall step from each of some queries.
struct RecallBatch<'a> {
    rows: Patterns<'a>,
    beta: Beta,
    queries: &'a [f32],
    out: &'a mut [f32],
    steps: &'a mut [Step],
    scratch: &'a mut [f32],
}

impl Job for RecallBatch<'_> {
    type Output = ();

    fn by<S: Separation>(self, separation: S) -> Result<(), Error> {
        Model::new(self.beta, separation).step_batch(&self.rows, self.queries, self.out, self.steps, self.scratch)
    }
}

/// Weights of scores.
struct Weigh<'a> {
    beta: Beta,
    scores: &'a mut [f32],
    scratch: Scratch<'a>,
}

impl Job for Weigh<'_> {
    type Output = Step;

    fn by<S: Separation>(mut self, separation: S) -> Result<Step, Error> {
        Model::new(self.beta, separation).weights(self.scores, &mut self.scratch)
    }
}

/// The core never panics, so this is never reached; a library without an operating system has to have one.
#[cfg(not(any(feature = "std", test)))]
#[panic_handler]
fn panic(_: &core::panic::PanicInfo) -> ! {
    loop {
        core::hint::spin_loop();
    }
}
