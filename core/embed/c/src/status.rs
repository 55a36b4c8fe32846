//! Error numbers, and what they mean in words. A number never changes its meaning.

use basinet_core::Error;
use core::ffi::CStr;

/// How a call ended: `enum basinet_status` of the header.
#[repr(i32)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "each is described once, in `text`")]
pub enum Status {
    Ok = 0,
    Null = 1,
    Misaligned = 2,
    Overlap = 3,
    TooLarge = 4,
    Separation = 5,
    Parameter = 6,
    Beta = 7,
    Empty = 8,
    Length = 9,
    Scratch = 10,
    QueryNotFinite = 11,
    ScoreNotFinite = 12,
    OutputNotFinite = 13,
    Other = 14,
}

/// What a number means; a sentence of its own for numbers that mean nothing.
pub fn text(status: i32) -> &'static CStr {
    match status {
        0 => c"no error",
        1 => c"a pointer is null",
        2 => c"a pointer is not aligned for what it points to",
        3 => c"memory that is written overlaps other memory of the call",
        4 => c"a size is beyond what can be addressed, or there are more than 2^32 - 1 rows",
        5 => c"no such separation: softmax softmax1 sparsemax entmax:A normmax:G topk:K hardmax",
        6 => c"a parameter of the separation is out of its range: A >= 1, G > 1, K >= 1, all finite",
        7 => c"the inverse temperature beta must be finite and at least 2^-120",
        8 => c"there is nothing to work on: no rows, or an empty list",
        9 => c"a length is not what it must be",
        10 => c"the scratch memory is too small",
        11 => c"a number of the query is NaN or infinite",
        12 => c"the score of a row is NaN or infinite: the row holds such a number, or the score overflows",
        13 => c"the result is not finite",
        14 => c"the call failed for another reason",
        _ => c"no such error number",
    }
}

impl From<Error> for Status {
    fn from(error: Error) -> Self {
        match error {
            Error::TooLarge => Self::TooLarge,
            Error::Parameter { .. } => Self::Parameter,
            Error::Beta => Self::Beta,
            Error::Empty => Self::Empty,
            Error::Length { .. } | Error::Shape { .. } => Self::Length,
            Error::Scratch { .. } => Self::Scratch,
            Error::QueryNotFinite { .. } => Self::QueryNotFinite,
            Error::ScoreNotFinite { .. } => Self::ScoreNotFinite,
            Error::OutputNotFinite => Self::OutputNotFinite,
            _ => Self::Other,
        }
    }
}

/// Why a call stopped.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Stopped {
    /// The error number.
    pub status: Status,
    /// The row or index that it is about, or zero.
    pub place: u64,
}

impl From<Status> for Stopped {
    fn from(status: Status) -> Self {
        Self { status, place: 0 }
    }
}

impl From<Error> for Stopped {
    fn from(error: Error) -> Self {
        let place = match error {
            Error::QueryNotFinite { index } => index,
            Error::ScoreNotFinite { row } => row,
            _ => 0,
        };
        Self { status: error.into(), place: place as u64 }
    }
}
