//! How deep a recall goes into the stack: the room below is painted, and what was painted over afterwards was used.
//!
//! One line a separation: the bytes that one step takes, and those of iterating until the state stays. The deepest of several recalls: at a
//! beta at which nearly all rows have a weight and at one that retrieves, with room for all candidates and with too little, so that rows
//! are read again. Last from codes of eight bits. `measure` runs it.
#![no_std]
#![no_main]

mod semihosted;

use basinet_core::{
    Buffers, Compressed, Entmax, Error, Hardmax, KSubsets, Model, Normmax, Patterns, Rows, Separation, Softmax, Softmax1, Sparsemax, Stop,
    TopK, beta,
};
use core::fmt::{self, Write};
use core::hint::black_box;
use cortex_m::register::msp;
use cortex_m_semihosting::hio;
use semihosted::exit;

include!(concat!(env!("OUT_DIR"), "/digits.rs"));

/// Numbers of a pattern, and candidates where there is room for all.
const D: usize = DIGITS_DIM;
const K: usize = DIGITS_COUNT;
/// What the room below is painted with, word by word.
const PAINT: u32 = 0xa5c3_3c5a;
/// Words that are painted: more than any recall takes.
const ROOM: usize = 8192;
/// Words right below the stack pointer that may be the painter's own.
const OWN: usize = 16;

/// The memory of all recalls.
struct Memory {
    roomy: Buffers<D, K>,
    tight: Buffers<D, 2>,
    state: [f32; D],
}

#[cortex_m_rt::entry]
fn main() -> ! {
    let memory = cortex_m::singleton!(: Memory = Memory { roomy: Buffers::new(), tight: Buffers::new(), state: [0.0; D] });
    let (Ok(mut out), Some(memory)) = (hio::hstdout(), memory) else { exit(false) };
    exit(all(&mut out, memory).is_ok())
}

fn all(out: &mut impl Write, memory: &mut Memory) -> Result<(), Failed> {
    each(out, "softmax", Softmax, memory)?;
    each(out, "softmax1", Softmax1, memory)?;
    each(out, "sparsemax", Sparsemax, memory)?;
    each(out, "entmax:1.5", Entmax::new(1.5)?, memory)?;
    each(out, "entmax:1.3", Entmax::new(black_box(1.3))?, memory)?;
    each(out, "normmax:2", Normmax::new(black_box(2.0))?, memory)?;
    each(out, "topk:4", TopK::new(black_box(4))?, memory)?;
    each(out, "hardmax", Hardmax, memory)?;
    each(out, "ksubsets:4", KSubsets::new(black_box(4))?, memory)?;
    from(out, "softmax:codes", Softmax, &Compressed::new(&BYTES, &BYTES_SCALES, &BYTES_RESIDUALS, D)?, memory)
}

/// A recall or a line that failed.
struct Failed;

impl From<Error> for Failed {
    fn from(_: Error) -> Self {
        Self
    }
}

impl From<fmt::Error> for Failed {
    fn from(_: fmt::Error) -> Self {
        Self
    }
}

fn each<S: Separation>(out: &mut impl Write, name: &str, separation: S, memory: &mut Memory) -> Result<(), Failed> {
    from(out, name, separation, &Patterns::new(&DIGITS.0, D)?, memory)
}

/// The same from digits in any form.
fn from<S: Separation>(out: &mut impl Write, name: &str, separation: S, patterns: &impl Rows, memory: &mut Memory) -> Result<(), Failed> {
    let query = DIGITS.0.chunks_exact(D).nth(12).unwrap_or(&[]);
    let (mut step, mut settle) = (0, 0);
    for beta in [beta!(1.0), beta!(32.0)] {
        let Memory { roomy, tight, state } = &mut *memory;
        let model = Model::new(beta, separation);
        for scratch in [&mut roomy.scratch(), &mut tight.scratch()] {
            let mut taken = Ok(());
            step = step.max(depth(&mut || taken = model.step(patterns, query, state, scratch).map(|_| ())));
            taken?;
            state.iter_mut().zip(query).take(D / 2).for_each(|(to, &number)| *to = number);
            let mut taken = Ok(());
            settle = settle.max(depth(&mut || taken = model.settle(patterns, state, Stop::after(3), scratch).map(|_| ())));
            taken?;
        }
    }
    Ok(writeln!(out, "{name} {step} {settle}")?)
}

/// Bytes of the stack that a job takes, which is not known here, so that its frame is not part of this one.
#[inline(never)]
fn depth(job: &mut dyn FnMut()) -> usize {
    let top = msp::read() as usize as *mut u32;
    paint(top);
    job();
    let mut untouched = ROOM;
    // SAFETY: the words below the stack pointer are nobody's; the map leaves more room than that.
    while untouched > OWN && unsafe { top.sub(untouched).read_volatile() } == PAINT {
        untouched -= 1;
    }
    untouched * size_of::<u32>()
}

/// Paints the room below, but for the words that this function may use itself.
#[inline(never)]
fn paint(top: *mut u32) {
    for word in OWN..=ROOM {
        // SAFETY: as above.
        unsafe { top.sub(word).write_volatile(PAINT) };
    }
}
