//! What the program says on standard output, with colours where they are wanted, and without a panic where it does not take them.

use crate::failure::Failure;
use std::io::Write;

/// Says a text, and ends the line.
pub fn line(text: &str) -> Result<(), Failure> {
    let mut out = anstream::stdout().lock();
    writeln!(out, "{text}")?;
    Ok(out.flush()?)
}
