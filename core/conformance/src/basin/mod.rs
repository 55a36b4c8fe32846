//! The format `.basin` a second time, from its page (`std-bindings/docs/format/basin.md`) and without a line of core's; and what core
//! must say to [`blobs`] in flash that are right, damaged, or something else.
//!
//! Everything is written to be seen through, not to be fast: offsets are the page's numbers, sizes are counted in 128 bits.

mod blobs;
#[cfg(feature = "std")]
mod file;
mod maps;

pub use blobs::{Mistaken, blobs};
#[cfg(feature = "std")]
pub use file::{File, Section, bytes_of, max_norm};

/// Offsets of the header's fields that tests change.
pub mod at {
    /// Order of bytes, 4.
    pub const ORDER: usize = 8;
    /// Version, 4.
    pub const VERSION: usize = 12;
    /// Length of the file, 8.
    pub const LENGTH: usize = 16;
    /// Number of sections, 4.
    pub const SECTIONS: usize = 24;
    /// Alignment, 4.
    pub const ALIGNMENT: usize = 28;
    /// Patterns, 8.
    pub const COUNT: usize = 32;
    /// Numbers in a pattern, 8.
    pub const DIM: usize = 40;
    /// Numbers in a value, 8.
    pub const WIDTH: usize = 48;
    /// Element type, 1.
    pub const ELEMENT: usize = 56;
    /// Similarity, 1.
    pub const SIMILARITY: usize = 57;
    /// Separation, 1.
    pub const SEPARATION: usize = 58;
    /// Its parameter, 4.
    pub const PARAMETER: usize = 60;
    /// Inverse temperature, 4.
    pub const BETA: usize = 64;
    /// Largest norm, 4.
    pub const MAX_NORM: usize = 68;
    /// Bytes kept for later versions, up to the checksum.
    pub const RESERVED: usize = 72;
    /// Checksum of the header and the table, 4.
    pub const CHECKSUM: usize = 124;
    /// Bytes of the header; the table follows.
    pub const TABLE: usize = 128;
    /// Offsets in the section of a feature map: numbers of a query (8), flags (4), bytes kept for later versions, the weights.
    pub const MAP_INPUT: usize = 0;
    /// Flags, 4: 1 a bias, 2 features of norm 1.
    pub const MAP_FLAGS: usize = 8;
    /// Bytes kept for later versions, up to the weights.
    pub const MAP_RESERVED: usize = 12;
    /// The weights.
    pub const MAP_WEIGHTS: usize = 64;
    /// Bytes of one of its entries: kind, flags, offset (8), length (8), checksum, reserved.
    pub const ENTRY: usize = 32;
}

/// CRC-32, bit by bit: polynomial 0x04C11DB7, reflected, from all ones, inverted.
#[must_use]
pub fn crc32(bytes: &[u8]) -> u32 {
    crc32_of(bytes.iter())
}

fn crc32_of<'a>(bytes: impl Iterator<Item = &'a u8>) -> u32 {
    let mut remainder = u32::MAX;
    for byte in bytes {
        remainder ^= u32::from(*byte);
        for _ in 0..8 {
            remainder = if remainder & 1 == 1 { (remainder >> 1) ^ 0xEDB8_8320 } else { remainder >> 1 };
        }
    }
    !remainder
}

/// Puts the checksum of header and table in its place; where the table is not whole, nothing.
pub fn seal(file: &mut [u8]) {
    if let Some(checksum) = sealed(file) {
        put(file, at::CHECKSUM, &checksum.to_le_bytes());
    }
}

/// The checksum of header and table.
fn sealed(file: &[u8]) -> Option<u32> {
    let header = file.get(..at::TABLE)?;
    let table = file.get(at::TABLE..at::TABLE + at::ENTRY * u32_at(header, at::SECTIONS) as usize)?;
    Some(crc32_of(header[..at::CHECKSUM].iter().chain(table)))
}

/// Writes bytes at a place.
pub fn put(file: &mut [u8], place: usize, bytes: &[u8]) {
    file[place..place + bytes.len()].copy_from_slice(bytes);
}

fn u32_at(bytes: &[u8], place: usize) -> u32 {
    (0..4).map(|i| u32::from(bytes[place + i]) << (8 * i)).sum()
}
