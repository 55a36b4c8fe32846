//! What can be wrong with a file, each with the field, the value, and what it must be.

use super::Section;
use crate::decimal::Shown;
use core::fmt;

/// Why bytes are not a `.basin` file that this version reads, or not the one that was written.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub enum FileError {
    /// The bytes do not begin as a file does: they are something else, or were changed as text.
    NotBasin,
    /// The bytes end before the file does.
    Truncated {
        /// Bytes that it needs.
        needed: u64,
        /// Bytes that there are.
        found: u64,
    },
    /// The order of bytes is not little-endian: the file was written by a program that got it wrong.
    ByteOrder {
        /// The mark that says so, 0x01020304 in the right order.
        found: u32,
    },
    /// A version of the format that this reader does not know.
    Version {
        /// The version.
        found: u32,
    },
    /// The machine is big-endian, and the numbers are not: they cannot be borrowed.
    BigEndianTarget,
    /// The header or the table of sections is damaged.
    HeaderChecksum {
        /// What the file says.
        stored: u32,
        /// What its bytes give.
        computed: u32,
    },
    /// A whole number of the header or of the table of sections is not what it must be.
    Field {
        /// Its name, as in the byte table.
        field: &'static str,
        /// The number.
        value: u64,
        /// What it must be.
        requirement: &'static str,
    },
    /// A number of the header with a fraction is not what it must be.
    Number {
        /// Its name, as in the byte table.
        field: &'static str,
        /// The number.
        value: f32,
        /// What it must be.
        requirement: &'static str,
    },
    /// Sizes whose product or sum is beyond what this machine can count or address.
    TooLarge {
        /// The name of the size.
        field: &'static str,
        /// The size.
        value: u64,
    },
    /// A byte between two sections is not zero.
    Padding {
        /// Where it stands in the file.
        at: u64,
    },
    /// A section that must be understood and is not known to this reader.
    RequiredSection {
        /// Its kind.
        kind: u32,
    },
    /// A section that a file must have is not there.
    MissingSection {
        /// Its kind.
        kind: u32,
    },
    /// A section that a file has once is there twice.
    SectionTwice {
        /// Its kind.
        kind: u32,
    },
    /// The bytes lie at an address where numbers cannot be read: not a multiple of 4.
    Misaligned {
        /// By how many bytes.
        by: usize,
    },
    /// The content of a section is damaged. [`Basin::verify`](super::Basin::verify) looks for it.
    SectionChecksum {
        /// The section's kind.
        kind: u32,
        /// What the file says.
        stored: u32,
        /// What its bytes give.
        computed: u32,
    },
    /// A row holds a number that is NaN or infinite, or its norm is beyond f32. [`Basin::verify`](super::Basin::verify) looks for it.
    NotFinite {
        /// The section's kind.
        kind: u32,
        /// The row.
        row: usize,
    },
    /// The largest norm of a pattern is another. [`Basin::verify`](super::Basin::verify) looks for it.
    MaxNorm {
        /// What the file says.
        stored: f32,
        /// What the patterns give.
        computed: f32,
    },
}

impl fmt::Display for FileError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = Section::name_of;
        match *self {
            Self::NotBasin => f.write_str("not a .basin file: it begins otherwise, or was changed on the way as if it were text"),
            Self::Truncated { needed, found } => write!(f, "cut off: {needed} bytes are needed, there are {found}"),
            Self::ByteOrder { found } => write!(f, "byte order {found:#010x} is not 0x01020304: numbers must be little-endian"),
            Self::Version { found } => write!(f, "version {found} of the format, and this program reads version {}", super::VERSION),
            Self::BigEndianTarget => f.write_str("this machine is big-endian, and the numbers of the file are not"),
            Self::HeaderChecksum { stored, computed } => {
                write!(f, "the header is damaged: its checksum is {computed:#010x}, the file says {stored:#010x}")
            }
            Self::Field { field, value, requirement } => write!(f, "{field} is {value}, and must be {requirement}"),
            Self::Number { field, value, requirement } => write!(f, "{field} is {}, and must be {requirement}", Shown(value)),
            Self::TooLarge { field, value } => write!(f, "{field} is {value}: more than this machine can count or address"),
            Self::Padding { at } => write!(f, "byte {at} lies between two sections and is not zero"),
            Self::RequiredSection { kind } => {
                write!(f, "a section ({}, kind {kind}) must be understood, and this program does not know it", name(kind))
            }
            Self::MissingSection { kind } => write!(f, "there is no section {} (kind {kind})", name(kind)),
            Self::SectionTwice { kind } => write!(f, "there are two sections {} (kind {kind})", name(kind)),
            Self::Misaligned { by } => write!(f, "the bytes lie {by} bytes behind an address that is a multiple of 4"),
            Self::SectionChecksum { kind, stored, computed } => {
                write!(f, "the section {} is damaged: its checksum is {computed:#010x}, the file says {stored:#010x}", name(kind))
            }
            Self::NotFinite { kind, row } => {
                write!(f, "row {row} of the section {} holds a NaN or an infinity, or its norm is beyond f32", name(kind))
            }
            Self::MaxNorm { stored, computed } => {
                write!(f, "max_norm is {}, and the patterns give {}", Shown(stored), Shown(computed))
            }
        }
    }
}

impl core::error::Error for FileError {}
