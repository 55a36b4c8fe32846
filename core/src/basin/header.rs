//! The header: 128 bytes that say what the file holds, of which each is checked. The byte table stands on the format's page.

use super::checksum::crc32_of;
use super::codes;
use super::fields::{Fields, Room};
use super::sections::{ENTRY, MOST_SECTIONS};
use super::{FileError, Layout};
use crate::any::AnyModel;
use crate::separation::Beta;
use core::num::NonZeroUsize;

/// How a file begins: a byte that no text has, the name, and an end of line that a transfer as text would change.
pub const MAGIC: [u8; 8] = *b"\x89BASIN\r\n";

/// The version that is written, and the only one that is read.
pub const VERSION: u32 = 1;

/// The mark of the order of bytes.
const ORDER: u32 = 0x0102_0304;

/// Bytes of the header.
pub const HEADER: usize = 128;

/// Bytes of it behind those numbers that say something and before the checksum.
const RESERVED: usize = 52;

/// Where the sections of a file begin: at a multiple of so many bytes, counted from the beginning of the file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Alignment {
    /// 64: a cache line, and the largest load of any processor that this crate has kernels for.
    #[default]
    Bytes64,
    /// 256: a page of many flash memories.
    Bytes256,
}

impl Alignment {
    /// The number of bytes.
    pub const fn bytes(self) -> usize {
        match self {
            Self::Bytes64 => 64,
            Self::Bytes256 => 256,
        }
    }

    fn of(value: u32) -> Result<Self, FileError> {
        match value {
            64 => Ok(Self::Bytes64),
            256 => Ok(Self::Bytes256),
            _ => Err(FileError::Field { field: "alignment", value: value.into(), requirement: "64 or 256" }),
        }
    }
}

/// What a header says.
#[derive(Clone, Copy, Debug)]
pub struct Header {
    /// Bytes of the whole file.
    pub length: usize,
    /// What the file holds.
    pub layout: Layout,
}

/// The header at the front of `bytes`, and the table of sections behind it, once their checksum says that they are those written.
pub fn read(bytes: &[u8]) -> Result<(Header, &[[u8; ENTRY]]), FileError> {
    let mut fields = identify(bytes)?;
    let length = fields.u64()?;
    let count = fields.u32()?;
    let truncated = |needed: u64| FileError::Truncated { needed, found: bytes.len() as u64 };
    let (header, behind) = bytes.split_first_chunk::<HEADER>().ok_or(truncated(HEADER as u64))?;
    if count > MOST_SECTIONS {
        return Err(FileError::Field { field: "sections", value: count.into(), requirement: "at most 64" });
    }
    let table = behind.as_chunks().0.get(..count as usize).ok_or(truncated((HEADER + ENTRY * count as usize) as u64))?;
    verify(header, table)?;
    let length = usize::try_from(length).map_err(|_| FileError::TooLarge { field: "file length", value: length })?;
    Ok((Header { length, layout: layout(&mut fields)? }, table))
}

/// Whether this is a file that this version reads: the fields behind magic, order of bytes and version.
fn identify(bytes: &[u8]) -> Result<Fields<'_>, FileError> {
    // Fewer bytes than the magic has may still be those of something else.
    if !bytes.iter().zip(&MAGIC).all(|(byte, expected)| byte == expected) {
        return Err(FileError::NotBasin);
    }
    let mut fields = Fields::new(bytes);
    fields.bytes::<{ MAGIC.len() }>()?;
    let found = fields.u32()?;
    if found != ORDER {
        return Err(FileError::ByteOrder { found });
    }
    let found = fields.u32()?;
    if found != VERSION {
        return Err(FileError::Version { found });
    }
    Ok(fields)
}

/// Holds the checksum, the header's last four bytes, against all bytes before it and the table.
fn verify(header: &[u8; HEADER], table: &[[u8; ENTRY]]) -> Result<(), FileError> {
    let Some((front, &stored)) = header.split_last_chunk() else { return Ok(()) };
    let (stored, computed) = (u32::from_le_bytes(stored), crc32_of(&[front, table.as_flattened()]));
    if stored == computed { Ok(()) } else { Err(FileError::HeaderChecksum { stored, computed }) }
}

/// The fields from the alignment on.
fn layout(fields: &mut Fields<'_>) -> Result<Layout, FileError> {
    let alignment = Alignment::of(fields.u32()?)?;
    let count = counted(positive("count", fields.size("count")?)?)?;
    let dim = positive("dim", fields.size("dim")?)?;
    let width = NonZeroUsize::new(fields.size("width")?);
    let element = fields.u8()?;
    if element != codes::F32 {
        return Err(FileError::Field { field: "element", value: element.into(), requirement: "1 (f32)" });
    }
    let similarity = codes::similarity(fields.u8()?)?;
    let code = fields.u8()?;
    fields.zeros::<1>()?;
    let separation = codes::separation(code, fields.u32()?)?;
    let value = fields.f32()?;
    let beta = Beta::new(value).map_err(|_| FileError::Number { field: "beta", value, requirement: "finite and at least 2^-120" })?;
    let max_norm = norm(fields.f32()?)?;
    fields.zeros::<RESERVED>()?;
    Ok(Layout { model: AnyModel { beta, separation, similarity }, count, dim, width, map: None, max_norm, alignment })
}

/// A size that is not zero.
fn positive(field: &'static str, size: usize) -> Result<NonZeroUsize, FileError> {
    NonZeroUsize::new(size).ok_or(FileError::Field { field, value: 0, requirement: "at least 1" })
}

/// As many rows as can be counted in 32 bits.
fn counted(count: NonZeroUsize) -> Result<NonZeroUsize, FileError> {
    match u32::try_from(count.get()) {
        Ok(_) => Ok(count),
        Err(_) => Err(FileError::Field { field: "count", value: count.get() as u64, requirement: "at most 2^32 - 1" }),
    }
}

/// What the largest norm may be: there is one way to write each.
fn norm(value: f32) -> Result<f32, FileError> {
    if value.is_finite() && value.is_sign_positive() {
        return Ok(value);
    }
    Err(FileError::Number { field: "max_norm", value, requirement: "finite and not negative" })
}

/// The bytes of a header, with its checksum.
pub fn write(header: &Header, table: &[[u8; ENTRY]]) -> Result<[u8; HEADER], FileError> {
    let Layout { model, count, dim, width, max_norm, alignment, .. } = header.layout;
    let (separation, parameter) = codes::of_separation(model.separation);
    let mut room = Room::<HEADER>::new();
    room.put(&MAGIC);
    room.put(&ORDER.to_le_bytes());
    room.put(&VERSION.to_le_bytes());
    room.put(&(header.length as u64).to_le_bytes());
    room.put(&(table.len() as u32).to_le_bytes());
    room.put(&(alignment.bytes() as u32).to_le_bytes());
    room.put(&(counted(count)?.get() as u64).to_le_bytes());
    room.put(&(dim.get() as u64).to_le_bytes());
    room.put(&(width.map_or(0, NonZeroUsize::get) as u64).to_le_bytes());
    room.put(&[codes::F32, codes::of_similarity(model.similarity), separation, 0]);
    room.put(&parameter.to_le_bytes());
    room.put(&model.beta.get().to_le_bytes());
    room.put(&norm(max_norm)?.to_le_bytes());
    room.put(&[0; RESERVED]);
    let checksum = crc32_of(&[room.written(), table.as_flattened()]);
    room.put(&checksum.to_le_bytes());
    Ok(room.bytes())
}
