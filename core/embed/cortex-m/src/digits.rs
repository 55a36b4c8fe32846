//! Handwritten digits in flash, damaged and recalled: without a heap, and without a copy of the patterns.
//!
//! The same forty digits twice: as a `static`, as `basinet export --to rust` writes one, and as the file itself, which has a model and
//! checksums too. Then as codes of eight bits a number and of one, in `compressed`, and behind a learned feature map, in `learned`. What is
//! printed is the same on every board, bit for bit, as [`transcript.txt`] in this package says and CI checks.
//! `run [BOARD]` builds and runs it.
#![no_std]
#![no_main]

mod compressed;
mod learned;
mod semihosted;

use basinet_conformance::generator::SplitMix64;
use basinet_core::basin::{Aligned, FileError};
use basinet_core::{Basin, Buffers, Certificate, Error, Model, Patterns, Separation, Softmax, Sparsemax, Stop, beta, include_basin};
use core::fmt::{self, Write};
use cortex_m_semihosting::hio;
use semihosted::exit;

include!(concat!(env!("OUT_DIR"), "/digits.rs"));

/// The file, where its numbers can be read from.
static FILE: &[u8] = include_basin!("../../digits.basin");

/// The same bytes one byte off, which plain [`include_bytes!`] may well do.
static SHIFTED: Shifted<[u8; FILE_LENGTH]> = Shifted(0, *include_bytes!("../../digits.basin"));
const FILE_LENGTH: usize = include_bytes!("../../digits.basin").len();

#[repr(C, align(4))]
struct Shifted<T>(u8, T);

/// Rows and columns of a digit.
const SIDE: usize = 8;
/// Numbers of a digit.
const D: usize = SIDE * SIDE;
/// Candidates that a sparse map keeps: few are ever near the support.
const K: usize = 16;

/// What can go wrong; nothing of it does, and the exit status says so.
enum Failure {
    Recall(Error),
    File(FileError),
    Output(fmt::Error),
    /// What is no file was taken for one.
    Accepted,
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::Recall(error)
    }
}

impl From<FileError> for Failure {
    fn from(error: FileError) -> Self {
        Self::File(error)
    }
}

impl From<fmt::Error> for Failure {
    fn from(error: fmt::Error) -> Self {
        Self::Output(error)
    }
}

#[cortex_m_rt::entry]
fn main() -> ! {
    let memory = cortex_m::singleton!(: Buffers<D, K> = Buffers::new());
    let (Ok(mut out), Some(buffers)) = (hio::hstdout(), memory) else { exit(false) };
    let outcome = show(&mut out, buffers);
    let reported = match &outcome {
        Ok(()) => Ok(()),
        Err(Failure::Recall(error)) => writeln!(out, "failed: {error}"),
        Err(Failure::File(error)) => writeln!(out, "failed: {error}"),
        Err(Failure::Output(error)) => Err(*error),
        Err(Failure::Accepted) => writeln!(out, "failed: that was taken for a file"),
    };
    exit(outcome.is_ok() && reported.is_ok())
}

fn show(out: &mut impl Write, buffers: &mut Buffers<D, K>) -> Result<(), Failure> {
    let basin = Basin::new(FILE)?;
    basin.verify()?;
    let (file, array) = (basin.patterns(), Patterns::new(&DIGITS.0, DIGITS_DIM)?);
    writeln!(out, "{} digits of {SIDE}x{SIDE} pixels in flash, as a static and as a file of {} bytes", array.count(), basin.length())?;
    let same = (0..array.count()).all(|row| array.row(row) == file.row(row));
    writeln!(out, "the two hold the {}", if same { "same numbers" } else { "DIFFERENT numbers" })?;

    let stored = |row: usize| array.row(row).ok_or(Error::NoSuchRow { row, count: array.count() });
    let erased = erased(stored(12)?);
    writeln!(out, "\nA 3 whose lower half is erased, by softmax at beta 48, from the static:")?;
    recall(out, &array, array.max_norm()?, Model::new(beta!(48.0), Softmax), &erased, buffers)?;

    let noisy = noisy(stored(36)?);
    let kept = basin.model().beta;
    writeln!(out, "\nA 9 under noise, by sparsemax at the file's own beta {}, from the file:", kept.get())?;
    recall(out, &file, basin.max_norm(), Model::new(kept, Sparsemax), &noisy, buffers)?;

    compressed::show(out, &array, &erased, &noisy, buffers)?;
    learned::show(out, buffers)?;
    strangers(out)
}

/// What reading bytes that are no file answers.
#[inline(never)]
fn strangers(out: &mut impl Write) -> Result<(), Failure> {
    writeln!(out, "\nWhat is no file, or no longer one:")?;
    let mut damaged = Aligned([0; 256]);
    damaged.0.iter_mut().zip(FILE).for_each(|(to, &byte)| *to = byte);
    damaged.0[20] ^= 1;
    refused(out, "one byte off", &SHIFTED.1)?;
    refused(out, "half of it", FILE.get(..FILE_LENGTH / 2).unwrap_or(&[]))?;
    refused(out, "one bit flipped", &damaged.0)?;
    refused(out, "something else", b"\x7fELF, or whatever else was in flash")?;
    Ok(())
}

/// The digit with nothing known of its lower half.
fn erased(digit: &[f32]) -> [f32; D] {
    let mut state = [0.0; D];
    state.iter_mut().zip(digit).take(D / 2).for_each(|(to, &number)| *to = number);
    state
}

/// The digit under noise a little stronger than itself: its numbers are 1/8 in the root mean square, and the noise's 0.144.
fn noisy(digit: &[f32]) -> [f32; D] {
    let mut generator = SplitMix64::new(1);
    let mut state = [0.0; D];
    state.iter_mut().zip(digit).for_each(|(to, &number)| *to = number + 0.25 * generator.bell());
    state
}

/// Recalls from a state: what every step does to the energy, the picture before and after, and what is certain of the last step.
fn recall<S: Separation>(
    out: &mut impl Write,
    patterns: &Patterns<'_>,
    max_norm: f32,
    model: Model<S>,
    damaged: &[f32; D],
    buffers: &mut Buffers<D, K>,
) -> Result<(), Failure> {
    let (mut state, mut written, mut steps) = (*damaged, Ok(()), 0);
    let report = model.settle_observed(patterns, &mut state, Stop::after(20).state_change(1e-6), &mut buffers.scratch(), |step, _| {
        steps += 1;
        let energy = step.energy.unwrap_or(f64::NAN);
        let line =
            writeln!(out, "  step {steps:2}: energy {energy:9.6}, row {:2} at {:8.6}, support {}", step.winner, step.weight, step.support);
        written = core::mem::replace(&mut written, Ok(())).and(line);
    })?;
    written?;
    writeln!(out, "  at rest: energy {:9.6}, largest rise {:.1e}", report.energy, report.largest_rise)?;
    let Certificate { exact, radius, distance, .. } = model.certify(&report.last, &state, max_norm)?;
    match radius.filter(|_| exact) {
        Some(radius) => writeln!(out, "  certain: the result is row {} itself, from anywhere within {radius:.4}", report.last.winner)?,
        None => writeln!(out, "  certain: the result is within {distance:.6} of row {}", report.last.winner)?,
    }
    pictures(out, damaged, &state)
}

/// Two pictures side by side: damaged, and recalled.
fn pictures(out: &mut impl Write, damaged: &[f32; D], recalled: &[f32; D]) -> Result<(), Failure> {
    for (left, right) in damaged.chunks_exact(SIDE).zip(recalled.chunks_exact(SIDE)) {
        write!(out, "    ")?;
        for &number in left {
            write!(out, "{}", shade(number))?;
        }
        write!(out, "   ")?;
        for &number in right {
            write!(out, "{}", shade(number))?;
        }
        writeln!(out)?;
    }
    Ok(())
}

/// Two characters of ink for a number from -1/8, blank paper, to 1/8: what a digit of full contrast is made of.
fn shade(number: f32) -> &'static str {
    match (number + 0.125) * 20.0 {
        ink if ink > 4.0 => "##",
        ink if ink > 3.0 => "++",
        ink if ink > 2.0 => "--",
        ink if ink > 1.0 => "..",
        _ => "  ",
    }
}

fn refused(out: &mut impl Write, what: &str, bytes: &[u8]) -> Result<(), Failure> {
    match Basin::new(bytes) {
        Ok(_) => Err(Failure::Accepted),
        Err(error) => Ok(writeln!(out, "  {what:16} {error}")?),
    }
}
