//! What is wrong with points or numbers.

use std::fmt;

/// Why there is no answer.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub enum Error {
    /// The numbers are not rows of `dim`.
    Length {
        /// How many numbers there are.
        len: usize,
        /// How many a row has.
        dim: usize,
    },
    /// Fewer points than the question is about.
    TooFew {
        /// How many there are.
        count: usize,
        /// How many are needed.
        least: usize,
    },
    /// Fewer dimensions than the question is about.
    Dimension {
        /// How many there are.
        dim: usize,
        /// How many are needed.
        least: usize,
    },
    /// A row has a number that is not finite, or its features overflow.
    NotFinite {
        /// Which row.
        row: usize,
    },
    /// A row is zeros, or so small that its norm is, and has no direction.
    ZeroRow {
        /// Which row.
        row: usize,
    },
    /// A number is out of its range.
    OutOfRange {
        /// What it is, as in the function's documentation.
        what: &'static str,
        /// The number.
        value: f64,
        /// Where it has to lie.
        allowed: &'static str,
    },
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::Length { len, dim } => write!(f, "{len} numbers are not rows of {dim}"),
            Self::TooFew { count, least } => write!(f, "{count} points; at least {least} are needed"),
            Self::Dimension { dim, least } => write!(f, "{dim} dimensions; at least {least} are needed"),
            Self::NotFinite { row } => write!(f, "row {row} (from 0) is not finite, or its features are not"),
            Self::ZeroRow { row } => write!(f, "row {row} (from 0), or its features, are zeros or too small to have a direction"),
            Self::OutOfRange { what, value, allowed } => write!(f, "{what} is {value}; it has to be {allowed}"),
        }
    }
}

impl std::error::Error for Error {}

/// The number, if it is finite and positive.
pub(crate) fn positive(what: &'static str, value: f64) -> Result<f64, Error> {
    within(what, value, value > 0.0, "finite and positive")
}

/// The number, if it is finite and not negative.
pub(crate) fn not_negative(what: &'static str, value: f64) -> Result<f64, Error> {
    within(what, value, value >= 0.0, "finite and not negative")
}

/// The number, if it is finite and `holds`.
pub(crate) fn within(what: &'static str, value: f64, holds: bool, allowed: &'static str) -> Result<f64, Error> {
    if holds && value.is_finite() { Ok(value) } else { Err(Error::OutOfRange { what, value, allowed }) }
}

/// So many points, if they are enough.
pub(crate) fn points(count: usize, least: usize) -> Result<f64, Error> {
    if count >= least { Ok(count as f64) } else { Err(Error::TooFew { count, least }) }
}

/// So many dimensions, if they are enough.
pub(crate) fn dimensions(dim: usize, least: usize) -> Result<f64, Error> {
    if dim >= least { Ok(dim as f64) } else { Err(Error::Dimension { dim, least }) }
}
