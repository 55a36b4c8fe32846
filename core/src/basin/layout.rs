//! What a file holds, and the bytes that it begins with: for those who write files.

use super::header::{self, Header};
use super::sections::{ENTRY, Entry, aligned};
use super::{Alignment, FileError, HEADER, MapLayout, Section};
use crate::any::AnyModel;
use core::num::NonZeroUsize;

/// Entries of the table of sections that a file without a map has room for, of which the second may be empty, and the most.
const PLAIN: usize = 2;
const MOST: usize = 3;

/// The first bytes of a file, as [`Layout::head`] gives them.
#[derive(Clone, Copy, Debug)]
pub struct Head {
    bytes: [u8; HEADER + MOST * ENTRY],
    length: usize,
}

impl core::ops::Deref for Head {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        self.bytes.get(..self.length).unwrap_or(&self.bytes)
    }
}

/// The CRC-32 of the bytes of each section.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Checksums {
    /// That of the patterns.
    pub patterns: u32,
    /// That of the values, where there are values.
    pub values: Option<u32>,
    /// That of the feature map, its head included, where there is one.
    pub map: Option<u32>,
}

/// What a file holds: `count` patterns of `dim` numbers, perhaps values of `width` numbers, and the model that they are recalled by.
///
/// A file is its [`head`](Self::head), zeros up to [`patterns_at`](Self::patterns_at), the patterns as little-endian f32, and where there
/// are values zeros up to [`values_at`](Self::values_at) and the values; a feature map stands last, at [`map_at`](Self::map_at). It needs no
/// heap to write one, into flash for example:
///
/// ```
/// use basinet_core::basin::{Alignment, Basin, Checksums, FileError, Layout, crc32};
/// use basinet_core::{AnyModel, Model, Sparsemax, beta};
/// use core::num::NonZeroUsize;
///
/// let patterns = [3.0f32, 4.0, 0.0, 1.0];
/// let layout = Layout {
///     model: AnyModel::from(Model::new(beta!(8.0), Sparsemax)),
///     count: NonZeroUsize::new(2).unwrap(),
///     dim: NonZeroUsize::new(2).unwrap(),
///     width: None,
///     map: None,
///     max_norm: 5.0,
///     alignment: Alignment::Bytes64,
/// };
/// let bytes = patterns.map(f32::to_le_bytes);
/// let bytes = bytes.as_flattened();
///
/// #[repr(align(64))]
/// struct Page([u8; 256]);
/// let mut page = Page([0xff; 256]);
/// let at = layout.patterns_at()?;
/// page.0[..at].fill(0);
/// let head = layout.head(Checksums { patterns: crc32(bytes), ..Checksums::default() })?;
/// page.0[..head.len()].copy_from_slice(&head);
/// page.0[at..layout.file_length()?].copy_from_slice(bytes);
///
/// let basin = Basin::new(&page.0)?;
/// basin.verify()?;
/// assert_eq!(basin.patterns().row(1), Some(&[0.0, 1.0][..]));
/// # Ok::<(), FileError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Layout {
    /// Inverse temperature, separation, similarity.
    pub model: AnyModel,
    /// Patterns; at most 2^32 - 1.
    pub count: NonZeroUsize,
    /// Numbers in a pattern.
    pub dim: NonZeroUsize,
    /// Numbers in a value, where there are values.
    pub width: Option<NonZeroUsize>,
    /// The feature map that queries go through, where there is one; there are values then.
    pub map: Option<MapLayout>,
    /// The largest norm of a pattern, as [`Patterns::max_norm`](crate::Patterns::max_norm) has it.
    pub max_norm: f32,
    /// Where sections begin.
    pub alignment: Alignment,
}

impl Layout {
    /// Bytes of the head: 192, or 224 with a feature map.
    pub const fn head_length(&self) -> usize {
        HEADER + ENTRY * if self.map.is_some() { MOST } else { PLAIN }
    }

    /// Where the patterns begin, counted from the file's first byte.
    ///
    /// # Errors
    /// None: it is what [`values_at`](Self::values_at) begins with.
    pub fn patterns_at(&self) -> Result<usize, FileError> {
        aligned(self.head_length(), self.alignment)
    }

    /// Where the values would begin.
    ///
    /// # Errors
    /// [`FileError::TooLarge`] where the sizes are beyond what can be addressed.
    pub fn values_at(&self) -> Result<usize, FileError> {
        aligned(self.patterns_end()?, self.alignment)
    }

    /// Where the feature map would begin.
    ///
    /// # Errors
    /// As [`values_at`](Self::values_at).
    pub fn map_at(&self) -> Result<usize, FileError> {
        aligned(self.values_end()?, self.alignment)
    }

    /// Bytes of the whole file.
    ///
    /// # Errors
    /// As [`values_at`](Self::values_at).
    pub fn file_length(&self) -> Result<usize, FileError> {
        match self.map {
            None => self.values_end(),
            Some(map) => end(self.map_at()?, map.length(self.dim)?, "map input", map.input),
        }
    }

    /// The first bytes of the file: header and table of sections, from the checksum of the bytes of each section.
    ///
    /// # Errors
    /// As [`file_length`](Self::file_length); [`FileError::Number`] for a largest norm that is not finite or negative;
    /// [`FileError::Field`] for more than 2^32 - 1 patterns, and for a map where there are no values; [`FileError::MissingSection`] where
    /// there are values or a map and no checksum of them.
    pub fn head(&self, checksums: Checksums) -> Result<Head, FileError> {
        let length = self.file_length()?;
        let entry = |kind, offset, length, checksum| Entry { kind, required: true, offset, length, checksum }.write();
        let mut table = [[0; ENTRY]; MOST];
        table[0] = entry(Section::PATTERNS, self.patterns_at()?, self.bytes_of("dim", self.dim)?, checksums.patterns);
        if let Some(width) = self.width {
            let checksum = checksums.values.ok_or(FileError::MissingSection { kind: Section::VALUES })?;
            table[1] = entry(Section::VALUES, self.values_at()?, self.bytes_of("width", width)?, checksum);
        }
        if let Some(map) = self.map {
            let checksum = checksums.map.ok_or(FileError::MissingSection { kind: Section::FEATURE_MAP })?;
            table[2] = entry(Section::FEATURE_MAP, self.map_at()?, map.length(self.dim)?, checksum);
        }
        let used = match (self.width, self.map) {
            (None, Some(_)) => {
                return Err(FileError::Field { field: "width", value: 0, requirement: "at least 1, as there is a feature map" });
            }
            (None, None) => 1,
            (Some(_), None) => 2,
            (Some(_), Some(_)) => 3,
        };
        let header = header::write(&Header { length, layout: *self }, table.get(..used).unwrap_or(&table))?;
        let mut head = Head { bytes: [0; HEADER + MOST * ENTRY], length: self.head_length() };
        for (place, &byte) in head.bytes.iter_mut().zip(header.iter().chain(table.as_flattened())) {
            *place = byte;
        }
        Ok(head)
    }

    /// Bytes of a section whose rows have so many numbers.
    pub(super) fn bytes_of(&self, field: &'static str, numbers: NonZeroUsize) -> Result<usize, FileError> {
        let bytes = self.count.checked_mul(numbers).and_then(|numbers| numbers.get().checked_mul(size_of::<f32>()));
        // What a slice can span, which is less than what an address can say.
        let limit = isize::MAX.unsigned_abs();
        bytes.filter(|&bytes| bytes <= limit).ok_or(FileError::TooLarge { field, value: numbers.get() as u64 })
    }

    /// Where the patterns end.
    fn patterns_end(&self) -> Result<usize, FileError> {
        end(self.patterns_at()?, self.bytes_of("dim", self.dim)?, "dim", self.dim)
    }

    /// Where the values end, or the patterns, where there are none.
    fn values_end(&self) -> Result<usize, FileError> {
        match self.width {
            None => self.patterns_end(),
            Some(width) => end(self.values_at()?, self.bytes_of("width", width)?, "width", width),
        }
    }
}

/// Where a section of such a length ends.
fn end(begin: usize, length: usize, field: &'static str, size: NonZeroUsize) -> Result<usize, FileError> {
    begin.checked_add(length).ok_or(FileError::TooLarge { field, value: size.get() as u64 })
}
