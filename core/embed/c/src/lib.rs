//! Basinet for C. The manual is `include/basinet.h`, which cbindgen makes of the comments here and of the preamble in `cbindgen.toml`;
//! what is promised there for all functions, and has to be, is not repeated here.
//!
//! | file | holds |
//! |---|---|
//! | `memory` | the structure that is recalled from |
//! | `names` | separations and similarities as C writes them |
//! | `region` | pointers become slices, or an error |
//! | `jobs` | what is done, for any separation and similarity |
//! | `status` | error numbers and their text |
//! | `report` | what a call says about itself |
#![no_std]
#![allow(clippy::missing_safety_doc, reason = "what callers of all functions promise stands once, in the header's preamble")]

#[cfg(any(feature = "std", test))]
extern crate std;

mod jobs;
mod memory;
mod names;
mod region;
mod report;
mod status;
#[cfg(test)]
mod tests;

use basinet_core::{Backend, Basin, Beta, Error, Step, Stop};
use core::ffi::{CStr, c_char, c_void};
use core::num::NonZeroUsize;
use jobs::{Recall, RecallBatch, Scores, Settle, Weigh};
pub use memory::Memory;
use memory::Net;
pub use names::Similarity;
use region::{Region, apart, read, read_bytes, write};
pub use report::{Report, Settled};
pub use status::Status;
use status::Stopped;

/// Reads a .basin file where it lies, in flash or anywhere else, at an address that is a multiple of 4 (recall is fastest from one of 64):
/// `memory` points into `bytes` afterwards, nothing is copied, and the model is the file's. Bytes behind the end of the file are not
/// looked at. The header is checked, by its checksum too, and that every section is where it must be; O(1) in the size of the data.
///
/// place: null, or set to what an error is about, see `enum basinet_status`; zero without one. After an error memory is as it was.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn basinet_open(bytes: *const c_void, length: usize, memory: *mut Memory, place: *mut u64) -> i32 {
    let open = || {
        apart([Region::of(memory, 1)?, Region::of(place, 1)?], [Region::of(bytes.cast::<u8>(), length)?])?;
        if memory.is_null() {
            return Err(Status::NULL.into());
        }
        // SAFETY: the caller's promise, and the regions have just been seen to be apart.
        let opened = Memory::of(&Basin::new(unsafe { read_bytes(bytes, length) }?)?)?;
        // SAFETY: the caller's promise; `Region::of` has seen the alignment.
        unsafe { memory.write(opened) };
        Ok(0)
    };
    // SAFETY: the caller's promise; the place overlaps nothing that the result borrows, which is nothing.
    unsafe { report::finish(open(), place) }
}

/// Looks at all bytes of a .basin file: what `basinet_open` looks at, the checksums of the data, that every number and norm is finite, and
/// that max_norm is right. O(length), about 2 ns a byte on a PC. place: as there.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn basinet_verify(bytes: *const c_void, length: usize, place: *mut u64) -> i32 {
    let verify = || {
        apart([Region::of(place, 1)?], [Region::of(bytes.cast::<u8>(), length)?])?;
        // SAFETY: the caller's promise, and the regions have just been seen to be apart.
        Basin::new(unsafe { read_bytes(bytes, length) }?)?.verify()?;
        Ok(0)
    };
    // SAFETY: the caller's promise; the place overlaps nothing that the result borrows, which is nothing.
    unsafe { report::finish(verify(), place) }
}

/// One recall step of `query` (dim numbers) into `out` (dim numbers; width where memory has values). Reads the patterns once:
/// O(count * dim).
///
/// scratch: 3 numbers at least for each number of out. Each 3 more are room for a candidate of a sparse separation; where they do not
/// suffice the patterns are read again, slower and with the same bits. `basinet_recall_scratch` numbers always suffice. report may be null.
/// The bits of out are the same on every instruction set.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn basinet_recall(
    memory: *const Memory,
    query: *const f32,
    out: *mut f32,
    scratch: *mut f32,
    scratch_length: usize,
    report: *mut Report,
) -> i32 {
    let recall = || {
        // SAFETY: the caller's promise.
        let given = unsafe { Memory::at(memory) }?;
        let [patterns, values] = given.regions()?;
        apart(
            [Region::of(out, given.out())?, Region::of(scratch, scratch_length)?, Region::of(report, 1)?],
            [Region::of(memory, 1)?, patterns, values, Region::of(query, given.dim)?],
        )?;
        // SAFETY: the caller's promise, and the regions have just been seen to be apart.
        let (query, out, scratch) = unsafe { (read(query, given.dim)?, write(out, given.out())?, write(scratch, scratch_length)?) };
        // SAFETY: the same.
        let Net { patterns, values, model } = unsafe { given.net() }?;
        let scratch = region::scratch(scratch, given.out(), 0)?;
        Ok(model.run_small(Recall { patterns, values, query, out, scratch })?.into())
    };
    // SAFETY: the caller's promise; the report overlaps nothing that the result borrows, which is nothing.
    unsafe { report::finish(recall(), report) }
}

/// Queries that are recalled together, and whose steps stand on the stack.
const TILE: NonZeroUsize = NonZeroUsize::MIN.saturating_add(63);

/// One recall step from each of `number` queries (number x dim, row-major) into `out` (number x dim or width): several times faster than as
/// many calls, and equal to them within rounding, not in bits. Queries are taken 64 at a time, which share what is read of the patterns:
/// after an error those of earlier 64s have been written. O(number * count * dim). Stack: some 8 KB.
///
/// scratch: `basinet_batch_scratch` numbers or more, with room for some candidates of a sparse separation for each query (none for softmax;
/// a few hundred where recall is sharp); a query for which that is not enough is recalled by itself. reports: null, or one for each query;
/// after an error the first one holds the place, counted through all queries.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn basinet_recall_batch(
    memory: *const Memory,
    queries: *const f32,
    number: usize,
    out: *mut f32,
    scratch: *mut f32,
    scratch_length: usize,
    reports: *mut Report,
) -> i32 {
    let recall = || -> Result<(), Stopped> {
        // SAFETY: the caller's promise.
        let given = unsafe { Memory::at(memory) }?;
        let ([patterns, values], dim, width) = (given.regions()?, given.dim, given.out());
        let (asked, results) = (region::product(number, dim)?, region::product(number, width)?);
        apart(
            [Region::of(out, results)?, Region::of(scratch, scratch_length)?, Region::of(reports, number)?],
            [Region::of(memory, 1)?, patterns, values, Region::of(queries, asked)?],
        )?;
        // SAFETY: the caller's promise, and the regions have just been seen to be apart.
        let (queries, out, scratch) = unsafe { (read(queries, asked)?, write(out, results)?, write(scratch, scratch_length)?) };
        // SAFETY: the same.
        let Net { patterns, values, model } = unsafe { given.net() }?;
        if let Some(index) = queries.iter().position(|x| !x.is_finite()) {
            return Err(Error::QueryNotFinite { index }.into());
        }
        // `net` has refused zeros; said once more, so that the optimizer sees it too.
        let (Some(dim), mut left) = (NonZeroUsize::new(dim), out) else { return Err(Status::LENGTH.into()) };
        for (tile, queries) in queries.chunks(dim.saturating_mul(TILE).get()).enumerate() {
            let mut steps = [Step::default(); TILE.get()];
            let steps = steps.get_mut(..queries.len() / dim).unwrap_or(&mut []);
            let (out, later) = left.split_at_mut_checked(steps.len() * width).ok_or(Status::LENGTH)?;
            left = later;
            model.run_small(RecallBatch { patterns, values, queries, out, steps, scratch })?;
            for (i, step) in steps.iter().enumerate().filter(|_| !reports.is_null()) {
                // SAFETY: the caller's promise: a place for each query; `Region::of` has seen the alignment.
                unsafe { reports.add(tile * TILE.get() + i).write((*step).into()) };
            }
        }
        Ok(())
    };
    match recall() {
        Ok(()) => Status::OK as i32,
        // SAFETY: the caller's promise; without a query there is no report.
        Err(stopped) => unsafe { report::finish::<Report>(Err(stopped), if number > 0 { reports } else { core::ptr::null_mut() }) },
    }
}

/// Steps from `state` (dim numbers) until it stays, and leaves the last state there: |x' - x| at most state_change |x'| (2^-20 is a good
/// one; 0: until it does not change at all), or `steps` of them. Values are not looked at: the state becomes a pattern, or a mean of some.
/// The energy never rises but for rounding (by squared distances: where the weights sum to one, so not with softmax1, nor with ksubsets of
/// more than one); similarities without one are an error. O(count * dim) a step and for the report.
///
/// scratch: 6 * dim numbers at least, and more as for `basinet_recall`; `basinet_settle_scratch` numbers always suffice. report may be null.
/// After an error state is as it was.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn basinet_settle(
    memory: *const Memory,
    state: *mut f32,
    steps: usize,
    state_change: f32,
    scratch: *mut f32,
    scratch_length: usize,
    report: *mut Settled,
) -> i32 {
    let settle = || {
        // SAFETY: the caller's promise.
        let given = unsafe { Memory::at(memory) }?;
        let [patterns, values] = given.regions()?;
        apart(
            [Region::of(state, given.dim)?, Region::of(scratch, scratch_length)?, Region::of(report, 1)?],
            [Region::of(memory, 1)?, patterns, values],
        )?;
        // SAFETY: the caller's promise, and the regions have just been seen to be apart.
        let (state, scratch) = unsafe { (write(state, given.dim)?, write(scratch, scratch_length)?) };
        // SAFETY: the same.
        let Net { patterns, model, .. } = unsafe { given.net() }?;
        let (scratch, stop) = (region::scratch(scratch, given.dim, 3)?, Stop::after(steps).state_change(state_change));
        let job = Settle { patterns, beta: model.beta, similarity: model.similarity, state, stop, scratch };
        model.separation.run_small(job).map(Into::into)
    };
    // SAFETY: the caller's promise; the report overlaps nothing that the result borrows, which is nothing.
    unsafe { report::finish(settle(), report) }
}

/// The scores of all patterns, by the memory's similarity: count numbers. O(count * dim), twice: the first time to see that all are finite.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn basinet_scores(memory: *const Memory, query: *const f32, out: *mut f32) -> i32 {
    let scores = || {
        // SAFETY: the caller's promise.
        let given = unsafe { Memory::at(memory) }?;
        let [patterns, values] = given.regions()?;
        apart([Region::of(out, given.count)?], [Region::of(memory, 1)?, patterns, values, Region::of(query, given.dim)?])?;
        // SAFETY: the caller's promise, and the regions have just been seen to be apart.
        let (query, out) = unsafe { (read(query, given.dim)?, write(out, given.count)?) };
        // SAFETY: the same.
        let Net { patterns, model, .. } = unsafe { given.net() }?;
        model.similarity.run(Scores { patterns, query, out })?;
        Ok(0)
    };
    // SAFETY: nothing is told.
    unsafe { report::finish::<u64>(scores(), core::ptr::null_mut()) }
}

/// Turns `count` scores into weights, in place. O(count). scratch may have any length, also none: each 3 numbers are room for a candidate,
/// as for `basinet_recall`; `basinet_weights_scratch` numbers always suffice. report may be null.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn basinet_weights(
    separation: *const c_char,
    beta: f32,
    scores: *mut f32,
    count: usize,
    scratch: *mut f32,
    scratch_length: usize,
    report: *mut Report,
) -> i32 {
    let weights = || {
        // SAFETY: the caller's promise.
        let (map, bytes) = unsafe { names::separation(separation) }?;
        let name = Region::of(separation, bytes)?;
        apart([Region::of(scores, count)?, Region::of(scratch, scratch_length)?, Region::of(report, 1)?], [name])?;
        // SAFETY: the caller's promise, and the regions have just been seen to be apart.
        let (scores, scratch) = unsafe { (write(scores, count)?, write(scratch, scratch_length)?) };
        Ok(map.run_small(Weigh { beta: Beta::new(beta)?, scores, scratch: region::scratch(scratch, 0, 0)? })?.into())
    };
    // SAFETY: the caller's promise; the report overlaps nothing that the result borrows, which is nothing.
    unsafe { report::finish(weights(), report) }
}

/// Numbers of scratch that suffice for every separation without a second reading: 3 * (count + out), out the numbers of a result (dim, or
/// width where there are values); 0 where that is more than size_t holds.
#[unsafe(no_mangle)]
pub extern "C" fn basinet_recall_scratch(count: usize, out: usize) -> usize {
    count.checked_add(out).and_then(|both| both.checked_mul(3)).unwrap_or(0)
}

/// The same for a batch of `number` queries with room for `candidates` of each; of that only the first 64 queries count.
#[unsafe(no_mangle)]
pub extern "C" fn basinet_batch_scratch(number: usize, dim: usize, out: usize, candidates: usize) -> usize {
    let numbers = basinet_core::batch_scratch(number.min(TILE.get()), dim, out, candidates);
    if numbers == usize::MAX { 0 } else { numbers }
}

/// The same for settling: 3 * (count + 2 * dim).
#[unsafe(no_mangle)]
pub extern "C" fn basinet_settle_scratch(count: usize, dim: usize) -> usize {
    dim.checked_mul(2).map_or(0, |states| basinet_recall_scratch(count, states))
}

/// The same for weights: 3 * count.
#[unsafe(no_mangle)]
pub extern "C" fn basinet_weights_scratch(count: usize) -> usize {
    basinet_recall_scratch(count, 0)
}

/// "0.1.0". Never null, never to be freed; nor are the next two.
#[unsafe(no_mangle)]
pub extern "C" fn basinet_version() -> *const c_char {
    const VERSION: &CStr = match CStr::from_bytes_with_nul(concat!(env!("CARGO_PKG_VERSION"), "\0").as_bytes()) {
        Ok(version) => version,
        Err(_) => panic!("a version has no zero byte"),
    };
    VERSION.as_ptr()
}

/// The instruction set in use: "scalar", "baseline", "avx2" or "avx512".
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

/// What a number of `enum basinet_status` means, also one that means nothing.
#[unsafe(no_mangle)]
pub extern "C" fn basinet_error_text(status: i32) -> *const c_char {
    status::text(status).as_ptr()
}

/// The core never panics, so this is never reached; a library without an operating system has to have one.
#[cfg(not(any(feature = "std", test)))]
#[panic_handler]
fn panic(_: &core::panic::PanicInfo) -> ! {
    loop {
        core::hint::spin_loop();
    }
}
