//! Error numbers, and what they mean in words.

use basinet_core::Error;
use basinet_core::basin::FileError;
use core::ffi::CStr;

/// How a call ended. A number never changes its meaning; later versions may add some. `basinet_error_text` has these lines.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(non_camel_case_types, clippy::upper_case_acronyms, reason = "the header has them as they are, behind BASINET_")]
pub enum Status {
    /// no error
    OK = 0,
    /// a pointer is null
    NULL = 1,
    /// a pointer is not aligned for what it points to (a file: place: by how many bytes)
    MISALIGNED = 2,
    /// memory that is written overlaps other memory of the call (the report is not written)
    OVERLAP = 3,
    /// a size is beyond what can be addressed, or there are more than 2^32 - 1 rows (a file: place: the size)
    TOO_LARGE = 4,
    /// no such separation: softmax softmax1 sparsemax entmax:A normmax:G topk:K hardmax ksubsets:K
    SEPARATION = 5,
    /// a parameter of the separation is out of its range: A >= 1, G > 1, K >= 1, all finite
    PARAMETER = 6,
    /// the inverse temperature beta must be finite and at least 2^-120
    BETA = 7,
    /// there is nothing to work on: no rows, or an empty list
    EMPTY = 8,
    /// a length is not what it must be (dim or width is zero)
    LENGTH = 9,
    /// the scratch memory is too small
    SCRATCH = 10,
    /// a number of the query is NaN or infinite (place: its index)
    QUERY_NOT_FINITE = 11,
    /// the score of a row is NaN or infinite: the row holds such a number, or the score overflows (place: the row)
    SCORE_NOT_FINITE = 12,
    /// the result is not finite: a value that takes part is not, or their sum overflows
    OUTPUT_NOT_FINITE = 13,
    /// the call failed for another reason
    OTHER = 14,
    /// no such similarity, or one that has no energy to descend
    SIMILARITY = 15,
    /// ksubsets:K has fewer than K rows to choose from (place: K)
    TOO_FEW_ROWS = 16,
    /// the bytes are not a .basin file
    NOT_BASIN = 17,
    /// the file is cut off (place: the bytes that it needs)
    TRUNCATED = 18,
    /// a version of the file format that this library does not know (place: the version)
    VERSION = 19,
    /// the numbers of the file are not in the order of bytes of this machine, or its mark of that order is wrong (place: the mark)
    BYTE_ORDER = 20,
    /// the file is damaged: a checksum differs (place: 0 for the header, else the kind of section, 1 patterns, 2 values)
    CHECKSUM = 21,
    /// a field of the file's header or table is not what it must be (place: its value, of a fraction the bits)
    FIELD = 22,
    /// a section of the file is missing, there twice, or must be understood and is not (place: its kind)
    SECTION = 23,
    /// a byte between two sections of the file is not zero (place: where it stands)
    PADDING = 24,
    /// a row of the file is not finite, or its norm (place: the row)
    ROW_NOT_FINITE = 25,
    /// the largest norm of a pattern is not what the file says (place: the bits of what it is)
    MAX_NORM = 26,
}

/// What a number means; a sentence of its own for numbers that mean nothing.
pub fn text(status: i32) -> &'static CStr {
    match status {
        0 => c"no error",
        1 => c"a pointer is null",
        2 => c"a pointer is not aligned for what it points to",
        3 => c"memory that is written overlaps other memory of the call",
        4 => c"a size is beyond what can be addressed, or there are more than 2^32 - 1 rows",
        5 => c"no such separation: softmax softmax1 sparsemax entmax:A normmax:G topk:K hardmax ksubsets:K",
        6 => c"a parameter of the separation is out of its range: A >= 1, G > 1, K >= 1, all finite",
        7 => c"the inverse temperature beta must be finite and at least 2^-120",
        8 => c"there is nothing to work on: no rows, or an empty list",
        9 => c"a length is not what it must be",
        10 => c"the scratch memory is too small",
        11 => c"a number of the query is NaN or infinite",
        12 => c"the score of a row is NaN or infinite: the row holds such a number, or the score overflows",
        13 => c"the result is not finite: a value that takes part is not, or their sum overflows",
        14 => c"the call failed for another reason",
        15 => c"no such similarity, or one that has no energy to descend",
        16 => c"ksubsets:K has fewer than K rows to choose from",
        17 => c"the bytes are not a .basin file",
        18 => c"the file is cut off",
        19 => c"a version of the file format that this library does not know",
        20 => c"the numbers of the file are not in the order of bytes of this machine, or its mark of that order is wrong",
        21 => c"the file is damaged: a checksum differs",
        22 => c"a field of the file's header or table is not what it must be",
        23 => c"a section of the file is missing, there twice, or must be understood and is not",
        24 => c"a byte between two sections of the file is not zero",
        25 => c"a row of the file is not finite, or its norm",
        26 => c"the largest norm of a pattern is not what the file says",
        _ => c"no such error number",
    }
}

/// Why a call stopped.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Stopped {
    /// The error number.
    pub status: Status,
    /// What it is about, see [`Status`], or zero.
    pub place: u64,
}

impl From<Status> for Stopped {
    fn from(status: Status) -> Self {
        Self { status, place: 0 }
    }
}

impl From<Error> for Stopped {
    fn from(error: Error) -> Self {
        let (status, place) = match error {
            Error::TooLarge => (Status::TOO_LARGE, 0),
            Error::Name { .. } => (Status::SEPARATION, 0),
            Error::Parameter { .. } => (Status::PARAMETER, 0),
            Error::Beta => (Status::BETA, 0),
            Error::Empty => (Status::EMPTY, 0),
            Error::Length { .. } | Error::Shape { .. } => (Status::LENGTH, 0),
            Error::Scratch { .. } => (Status::SCRATCH, 0),
            Error::QueryNotFinite { index } => (Status::QUERY_NOT_FINITE, index),
            Error::ScoreNotFinite { row } => (Status::SCORE_NOT_FINITE, row),
            Error::OutputNotFinite => (Status::OUTPUT_NOT_FINITE, 0),
            Error::TooFewRows { needed, .. } => (Status::TOO_FEW_ROWS, needed),
            _ => (Status::OTHER, 0),
        };
        Self { status, place: place as u64 }
    }
}

impl From<FileError> for Stopped {
    fn from(error: FileError) -> Self {
        let bits = |number: f32| u64::from(number.to_bits());
        let (status, place) = match error {
            FileError::NotBasin => (Status::NOT_BASIN, 0),
            FileError::Truncated { needed, .. } => (Status::TRUNCATED, needed),
            FileError::ByteOrder { found } => (Status::BYTE_ORDER, found.into()),
            FileError::BigEndianTarget => (Status::BYTE_ORDER, 0),
            FileError::Version { found } => (Status::VERSION, found.into()),
            FileError::HeaderChecksum { .. } => (Status::CHECKSUM, 0),
            FileError::SectionChecksum { kind, .. } => (Status::CHECKSUM, kind.into()),
            FileError::Field { value, .. } => (Status::FIELD, value),
            FileError::Number { value, .. } => (Status::FIELD, bits(value)),
            FileError::TooLarge { value, .. } => (Status::TOO_LARGE, value),
            FileError::Padding { at } => (Status::PADDING, at),
            FileError::RequiredSection { kind } | FileError::MissingSection { kind } | FileError::SectionTwice { kind } => {
                (Status::SECTION, kind.into())
            }
            FileError::Misaligned { by } => (Status::MISALIGNED, by as u64),
            FileError::NotFinite { row, .. } => (Status::ROW_NOT_FINITE, row as u64),
            FileError::MaxNorm { computed, .. } => (Status::MAX_NORM, bits(computed)),
            _ => (Status::OTHER, 0),
        };
        Self { status, place }
    }
}
