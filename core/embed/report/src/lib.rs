//! The conformance set `small`, run on every backend of a machine and reported as lines of text.
//!
//! What differs between firmware, a WASM module and a hosted program is only where the lines go and how the
//! outcome leaves the machine. So the loop is here, and the runners beside this package are a few lines each.
//! No allocation: the memory is the caller's.
#![no_std]

use basinet_conformance::fingerprint::{Arena, Small};
use basinet_conformance::recorded::SMALL;
use basinet_core::Backend;
use core::fmt::{Error, Write};

/// Runs `small` on each backend and returns how many did not reach the recorded fingerprint.
///
/// Writes `BACKEND small FINGERPRINT`, the fingerprint as 16 hexadecimal digits, for each backend that passed,
/// and `BACKEND small FAILED: REASON` for each that did not; then `N passed, N failed`.
/// The only error is that of `out`.
pub fn report(out: &mut impl Write, memory: &mut Arena) -> Result<u32, Error> {
    let (mut passed, mut failed) = (0, 0);
    for backend in Backend::available() {
        match backend.run(Small(memory)) {
            Some(Ok(SMALL)) => {
                passed += 1;
                writeln!(out, "{backend} small {SMALL:016x}")?;
                continue;
            }
            Some(Ok(other)) => writeln!(out, "{backend} small FAILED: fingerprint {other:016x}, recorded {SMALL:016x}")?,
            Some(Err(failure)) => writeln!(out, "{backend} small FAILED: {failure}")?,
            None => writeln!(out, "{backend} small FAILED: listed as available, but does not run")?,
        }
        failed += 1;
    }
    writeln!(out, "{passed} passed, {failed} failed")?;
    Ok(failed)
}
