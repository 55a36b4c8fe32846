//! The conformance set `small` (and `full`, with that feature), run on every backend of a machine and reported as lines of text.
//!
//! What differs between firmware, a WASM module and a hosted program is only where the lines go and how the
//! outcome leaves the machine. So the loop is here, and the runners beside this package are a few lines each.
//! No allocation: the memory is the caller's.
#![no_std]

#[cfg(all(feature = "full", target_family = "wasm"))]
mod wasm;

use basinet_conformance::basin;
use basinet_conformance::fingerprint::{Arena, Failure, Outcome, Small};
use basinet_conformance::recorded;
use basinet_core::Backend;
use core::fmt::{Arguments, Error, Write};

/// Runs `small` on each backend, and what must be said to bytes in flash on that of the dispatcher; returns how many of these failed.
///
/// Writes `BACKEND small FINGERPRINT CASES` for each backend that reached the recorded fingerprint, 16 hexadecimal digits, and
/// `BACKEND small FAILED: REASON` for each that did not; `BACKEND blobs CHECKS` or the same with a reason; then `N passed, N failed`.
/// The only error is that of `out`.
pub fn report(out: &mut dyn Write, memory: &mut Arena) -> Result<u32, Error> {
    let mut lines = Lines { out, passed: 0, failed: 0 };
    for backend in Backend::available() {
        lines.set("small", recorded::SMALL, backend, backend.run(Small(memory)))?;
    }
    lines.blobs()?;
    lines.finish()
}

/// As [`report`], without the set: what must be said to bytes in flash, by the backend that the dispatcher chose.
pub fn report_blobs(out: &mut dyn Write) -> Result<u32, Error> {
    let mut lines = Lines { out, passed: 0, failed: 0 };
    lines.blobs()?;
    lines.finish()
}

/// As [`report`], of the set `full` alone, with lines `BACKEND full ...`.
#[cfg(feature = "full")]
pub fn report_full(out: &mut dyn Write) -> Result<u32, Error> {
    let mut lines = Lines { out, passed: 0, failed: 0 };
    for backend in Backend::available() {
        lines.set("full", recorded::FULL, backend, backend.run(basinet_conformance::fingerprint::Full))?;
    }
    lines.finish()
}

/// Where the lines go, and how many said what.
struct Lines<'a> {
    out: &'a mut dyn Write,
    passed: u32,
    failed: u32,
}

impl Lines<'_> {
    /// The line about a set on a backend.
    fn set(&mut self, name: &str, recorded: u64, backend: Backend, outcome: Option<Result<Outcome, Failure>>) -> Result<(), Error> {
        match outcome {
            Some(Ok(Outcome { fingerprint, cases })) if fingerprint == recorded => {
                self.passed(backend, format_args!("{name} {fingerprint:016x} {cases}"))
            }
            Some(Ok(Outcome { fingerprint, .. })) => {
                self.failed(backend, name, format_args!("fingerprint {fingerprint:016x}, recorded {recorded:016x}"))
            }
            Some(Err(failure)) => self.failed(backend, name, format_args!("{failure}")),
            None => self.failed(backend, name, format_args!("listed as available, but does not run")),
        }
    }

    /// The line about bytes in flash, by the kernels that a program gets without asking.
    fn blobs(&mut self) -> Result<(), Error> {
        match basin::blobs() {
            Ok(checks) => self.passed(Backend::current(), format_args!("blobs {checks}")),
            Err(mistaken) => self.failed(Backend::current(), "blobs", format_args!("{mistaken}")),
        }
    }

    fn passed(&mut self, backend: Backend, what: Arguments<'_>) -> Result<(), Error> {
        self.passed += 1;
        writeln!(self.out, "{backend} {what}")
    }

    fn failed(&mut self, backend: Backend, name: &str, why: Arguments<'_>) -> Result<(), Error> {
        self.failed += 1;
        writeln!(self.out, "{backend} {name} FAILED: {why}")
    }

    fn finish(self) -> Result<u32, Error> {
        writeln!(self.out, "{} passed, {} failed", self.passed, self.failed)?;
        Ok(self.failed)
    }
}
