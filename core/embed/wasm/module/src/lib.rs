//! The exports of the npm package's two binaries, for `package/basinet.js` and nobody else.
//!
//! Who calls owns all memory: patterns, models and the workspace are regions of linear memory that JavaScript hands out (`package/heap.js`),
//! so this module keeps nothing between calls but one [`report`], in which it says what came of the last. Every call returns 0, or 1 where
//! the report holds an error.
//!
//! | export | does |
//! |---|---|
//! | `report()`, `heap()`, `model_bytes()` | the address of the report; where free memory begins; bytes of a model |
//! | `model(..)` | makes a model from its names |
//! | `norm(..)` | checks patterns that are stored, and gives their largest norm |
//! | `recall(..)`, `settle(..)`, `energy(..)`, `scores(..)`, `weights(..)` | those of `basinet_core::Model` |
//! | `open(..)`, `head(..)` | reads a `.basin` file, and writes the front of one |
#![no_std]

mod files;
mod jobs;
mod report;

use basinet_core::{AnyModel, Beta, Error, Patterns, Scratch};
use core::slice::{from_raw_parts, from_raw_parts_mut};
use jobs::{Asked, Energy, Recall, Settle, Weigh};
use report::{Report, answer};

/// A memory, the model it is recalled by, and what it is asked.
///
/// # Safety
/// `model` was written by [`model`] or [`files::open`]; the others are readable as [`recall`] says; nothing else is written meanwhile.
unsafe fn asked<'a>(
    model: *const AnyModel,
    patterns: *const f32,
    (count, dim): (usize, usize),
    query: *const f32,
    length: usize,
    max_norm: f32,
) -> Result<Asked<'a>, Error> {
    // SAFETY: the caller's promise.
    let (model, numbers, query) = unsafe { (*model, from_raw_parts(patterns, count * dim), from_raw_parts(query, length)) };
    Ok(Asked { model, rows: Patterns::new(numbers, dim)?, query, max_norm })
}

/// The workspace as the core's scratch memory: three sums and three states of `dim` numbers, and three numbers for each candidate.
///
/// # Safety
/// `6 dim + 3 candidates` numbers are there, and nobody else uses them.
unsafe fn scratch<'a>(at: *mut f32, dim: usize, candidates: usize) -> Scratch<'a> {
    // SAFETY: the caller's promise; the parts lie one behind the other.
    unsafe {
        let (sums, states) = (from_raw_parts_mut(at, 3 * dim), from_raw_parts_mut(at.add(3 * dim), 3 * dim));
        let lists = at.add(6 * dim);
        let scores = from_raw_parts_mut(lists, candidates);
        let rows = from_raw_parts_mut(lists.add(candidates).cast(), candidates);
        let work = from_raw_parts_mut(lists.add(2 * candidates), candidates);
        Scratch::new(sums, scores, rows, work).with_states(states)
    }
}

/// The address of the report.
#[unsafe(no_mangle)]
pub extern "C" fn report() -> *const Report {
    report::address()
}

/// The first address that the module itself does not use.
#[unsafe(no_mangle)]
pub extern "C" fn heap() -> *const u8 {
    unsafe extern "C" {
        static __heap_base: u8;
    }
    &raw const __heap_base
}

/// Bytes of a model, whose alignment is not more than 8.
#[unsafe(no_mangle)]
pub extern "C" fn model_bytes() -> usize {
    size_of::<AnyModel>()
}

/// Writes a model to `at`. The report's text begins with the names of its separation and of its similarity, of these lengths.
///
/// # Safety
/// `at` is writable and aligned for a model.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn model(at: *mut AnyModel, separation: usize, similarity: usize, beta: f32) -> u32 {
    let made = report::names(separation, similarity).ok_or(Error::TooLarge).and_then(|(separation, similarity)| {
        Ok(AnyModel { beta: Beta::new(beta)?, separation: separation.parse()?, similarity: similarity.parse()? })
    });
    // SAFETY: the caller's promise.
    answer(made.map(|made| unsafe { at.write(made) }))
}

/// Looks at `numbers` numbers that are to be stored as patterns: finite, of norms within f32. Their largest norm is the first number of the
/// report.
///
/// # Safety
/// `numbers` numbers are readable at `patterns`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn norm(patterns: *const f32, numbers: usize, dim: usize) -> u32 {
    // SAFETY: the caller's promise.
    let patterns = unsafe { from_raw_parts(patterns, numbers) };
    answer(Patterns::new(patterns, dim).and_then(|rows| rows.max_norm()).map(|norm| report::put(&[f64::from(norm)])))
}

/// One step from the query: the next state to `out`, and what is known of it to the report.
///
/// # Safety
/// `model` was written by this module; `count * dim` numbers are readable at `patterns` and `length` at `query`; `dim` are writable at
/// `out`, and `6 dim + 3 candidates` at `work`, all apart.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn recall(
    model: *const AnyModel,
    patterns: *const f32,
    count: usize,
    dim: usize,
    max_norm: f32,
    query: *const f32,
    length: usize,
    out: *mut f32,
    work: *mut f32,
    candidates: usize,
    certified: bool,
) -> u32 {
    // SAFETY: the caller's promise.
    let (asked, out, scratch) = unsafe {
        (asked(model, patterns, (count, dim), query, length, max_norm), from_raw_parts_mut(out, dim), scratch(work, dim, candidates))
    };
    answer(asked.and_then(|asked| asked.model.separation.run_small(Recall { asked, out, scratch, certified })))
}

/// Steps from the query until the state changes by no more than `change`, relatively, or `steps` were taken: the last state to `out`, and
/// what is known of it to the report.
///
/// # Safety
/// As [`recall`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn settle(
    model: *const AnyModel,
    patterns: *const f32,
    count: usize,
    dim: usize,
    query: *const f32,
    length: usize,
    out: *mut f32,
    work: *mut f32,
    candidates: usize,
    steps: usize,
    change: f32,
) -> u32 {
    // SAFETY: the caller's promise.
    let (asked, out, scratch) =
        unsafe { (asked(model, patterns, (count, dim), query, length, 0.0), from_raw_parts_mut(out, dim), scratch(work, dim, candidates)) };
    answer(asked.and_then(|asked| asked.model.separation.run_small(Settle { asked, out, scratch, steps, change })))
}

/// The energy of the query: the first number of the report.
///
/// # Safety
/// As [`recall`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn energy(
    model: *const AnyModel,
    patterns: *const f32,
    count: usize,
    dim: usize,
    max_norm: f32,
    query: *const f32,
    length: usize,
    work: *mut f32,
    candidates: usize,
) -> u32 {
    // SAFETY: the caller's promise.
    let (asked, scratch) = unsafe { (asked(model, patterns, (count, dim), query, length, max_norm), scratch(work, dim, candidates)) };
    answer(asked.and_then(|asked| asked.model.separation.run_small(Energy { asked, scratch })))
}

/// The `count` scores of the patterns with the query, to `out`.
///
/// # Safety
/// As [`recall`], but `count` numbers are writable at `out`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn scores(
    model: *const AnyModel,
    patterns: *const f32,
    count: usize,
    dim: usize,
    query: *const f32,
    length: usize,
    out: *mut f32,
) -> u32 {
    // SAFETY: the caller's promise.
    let (asked, out) = unsafe { (asked(model, patterns, (count, dim), query, length, 0.0), from_raw_parts_mut(out, count)) };
    answer(asked.and_then(|asked| asked.scores(out)))
}

/// The `count` weights of the patterns for the query, to `out`.
///
/// # Safety
/// As [`scores`], and `3 candidates` numbers are writable at `work`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn weights(
    model: *const AnyModel,
    patterns: *const f32,
    count: usize,
    dim: usize,
    query: *const f32,
    length: usize,
    out: *mut f32,
    work: *mut f32,
    candidates: usize,
) -> u32 {
    // SAFETY: the caller's promise.
    let (asked, out, scratch) =
        unsafe { (asked(model, patterns, (count, dim), query, length, 0.0), from_raw_parts_mut(out, count), scratch(work, 0, candidates)) };
    answer(asked.and_then(|asked| {
        asked.scores(out)?;
        asked.model.separation.run_small(Weigh { beta: asked.model.beta, scores: out, scratch })
    }))
}

/// The core never panics, so this is never reached. Other targets compile it for the linter alone.
#[panic_handler]
fn panic(_: &core::panic::PanicInfo) -> ! {
    #[cfg(target_family = "wasm")]
    core::arch::wasm32::unreachable();
    #[cfg(not(target_family = "wasm"))]
    loop {
        core::hint::spin_loop();
    }
}
