//! The sections of a file: a table of what they are, where they begin and how long they are, so that a reader skips what it does not know.
//!
//! A section begins at the first multiple of the alignment behind the one before it, the bytes between them are zero, and the file ends
//! with the last: so no byte of a file is outside of all checks, and no two sections overlap.

use super::fields::{Fields, Room};
use super::{Alignment, FileError};

/// Bytes of an entry of the table.
pub const ENTRY: usize = 32;

/// The most sections of a file.
pub const MOST_SECTIONS: u32 = 64;

/// The flag of a section without which the file would be misread.
const REQUIRED: u32 = 1;

/// A section of a file, as its table of sections has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Section<'a> {
    /// What it is: [`Section::PATTERNS`], [`Section::VALUES`], [`Section::FEATURE_MAP`], or something that this reader does not know.
    pub kind: u32,
    /// Whether a reader that does not know the kind must refuse the file.
    pub required: bool,
    /// The CRC-32 of its content, as the file says.
    pub checksum: u32,
    /// Its bytes.
    pub content: &'a [u8],
}

impl Section<'_> {
    /// The kind of the patterns: count x dim numbers, row-major. Each file has it once.
    pub const PATTERNS: u32 = 1;
    /// The kind of the values that are read out in place of the patterns: count x width numbers, row-major. At most once.
    pub const VALUES: u32 = 2;
    /// The kind of the feature map that queries go through before they are compared: as recall without it is another recall, it is always
    /// required. At most once, and only where there are values. See [`MapLayout`](super::MapLayout).
    pub const FEATURE_MAP: u32 = 3;

    /// What a kind is called.
    pub const fn name_of(kind: u32) -> &'static str {
        match kind {
            Self::PATTERNS => "patterns",
            Self::VALUES => "values",
            Self::FEATURE_MAP => "feature map",
            _ => "of a later version",
        }
    }
}

/// What an entry of the table says.
#[derive(Clone, Copy, Debug)]
pub struct Entry {
    pub kind: u32,
    pub required: bool,
    pub offset: usize,
    pub length: usize,
    pub checksum: u32,
}

impl Entry {
    /// Reads one; that nothing is wrong with the file's length has been checked.
    fn read(bytes: &[u8; ENTRY]) -> Result<Self, FileError> {
        let mut fields = Fields::new(bytes);
        let kind = fields.u32()?;
        let flags = fields.u32()?;
        if flags > REQUIRED {
            return Err(FileError::Field { field: "section flags", value: flags.into(), requirement: "0 or 1 (required)" });
        }
        let (offset, length) = (fields.size("section offset")?, fields.size("section length")?);
        let checksum = fields.u32()?;
        fields.zeros::<4>()?;
        Ok(Self { kind, required: flags == REQUIRED, offset, length, checksum })
    }

    /// The bytes of a section that must be understood.
    pub fn write(&self) -> [u8; ENTRY] {
        let mut room = Room::<ENTRY>::new();
        room.put(&self.kind.to_le_bytes());
        room.put(&u32::from(self.required).to_le_bytes());
        room.put(&(self.offset as u64).to_le_bytes());
        room.put(&(self.length as u64).to_le_bytes());
        room.put(&self.checksum.to_le_bytes());
        room.bytes()
    }
}

/// The first multiple of the alignment that is not below `end`.
pub fn aligned(end: usize, alignment: Alignment) -> Result<usize, FileError> {
    end.checked_next_multiple_of(alignment.bytes()).ok_or(FileError::TooLarge { field: "section offset", value: end as u64 })
}

/// Goes from section to section of a file, checking that each is where it must be.
#[derive(Clone, Copy, Debug)]
pub struct Walk<'a> {
    /// The bytes of the file, from its beginning to its end.
    pub file: &'a [u8],
    /// What is left of the table.
    pub table: &'a [[u8; ENTRY]],
    /// Where the section before ends.
    pub end: usize,
    /// Where sections may begin.
    pub alignment: Alignment,
}

impl<'a> Walk<'a> {
    /// The next section; none behind the last, where the file must end.
    pub fn next(&mut self) -> Result<Option<Section<'a>>, FileError> {
        let Some((entry, rest)) = self.table.split_first() else {
            let (value, found) = (self.file.len() as u64, self.end);
            let as_long = self.file.len() == found;
            let wrong = FileError::Field { field: "file length", value, requirement: "where the last section ends" };
            return if as_long { Ok(None) } else { Err(wrong) };
        };
        let Entry { kind, required, offset, length, checksum } = Entry::read(entry)?;
        if offset != aligned(self.end, self.alignment)? {
            let requirement = "the first multiple of the alignment behind the section before";
            return Err(FileError::Field { field: "section offset", value: offset as u64, requirement });
        }
        let beyond = FileError::Field { field: "section length", value: length as u64, requirement: "within the file's length" };
        let end = offset.checked_add(length).ok_or(beyond)?;
        let content = self.file.get(offset..end).ok_or(beyond)?;
        let padding = self.file.get(self.end..offset).ok_or(beyond)?;
        if let Some(at) = padding.iter().position(|&byte| byte != 0) {
            return Err(FileError::Padding { at: (self.end + at) as u64 });
        }
        (self.table, self.end) = (rest, end);
        Ok(Some(Section { kind, required, checksum, content }))
    }
}
