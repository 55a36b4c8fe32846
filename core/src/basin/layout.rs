//! What a file holds, and the bytes that it begins with: for those who write files.

use super::header::{self, Header};
use super::sections::{Entry, aligned};
use super::{Alignment, FileError, HEADER, Section};
use crate::any::AnyModel;
use core::num::NonZeroUsize;

/// Bytes before the patterns: the header and two entries of the table of sections, of which the second may be empty.
const HEAD: usize = HEADER + 2 * super::sections::ENTRY;

/// What a file holds: `count` patterns of `dim` numbers, perhaps values of `width` numbers, and the model that they are recalled by.
///
/// A file is its [`head`](Self::head), zeros up to [`patterns_at`](Self::patterns_at), the patterns as little-endian f32, and where there
/// are values zeros up to [`values_at`](Self::values_at) and the values. It needs no heap to write one, into flash for example:
///
/// ```
/// use basinet_core::basin::{Alignment, Basin, FileError, Layout, crc32};
/// use basinet_core::{AnyModel, Model, Sparsemax, beta};
/// use core::num::NonZeroUsize;
///
/// let patterns = [3.0f32, 4.0, 0.0, 1.0];
/// let layout = Layout {
///     model: AnyModel::from(Model::new(beta!(8.0), Sparsemax)),
///     count: NonZeroUsize::new(2).unwrap(),
///     dim: NonZeroUsize::new(2).unwrap(),
///     width: None,
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
/// page.0[..Layout::HEAD].copy_from_slice(&layout.head(crc32(bytes), None)?);
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
    /// The largest norm of a pattern, as [`Patterns::max_norm`](crate::Patterns::max_norm) has it.
    pub max_norm: f32,
    /// Where sections begin.
    pub alignment: Alignment,
}

impl Layout {
    /// Bytes of the head: 192.
    pub const HEAD: usize = HEAD;

    /// Where the patterns begin, counted from the file's first byte.
    ///
    /// # Errors
    /// None: it is what [`values_at`](Self::values_at) begins with.
    pub fn patterns_at(&self) -> Result<usize, FileError> {
        aligned(HEAD, self.alignment)
    }

    /// Where the values would begin.
    ///
    /// # Errors
    /// [`FileError::TooLarge`] where the sizes are beyond what can be addressed.
    pub fn values_at(&self) -> Result<usize, FileError> {
        aligned(self.patterns_end()?, self.alignment)
    }

    /// Bytes of the whole file.
    ///
    /// # Errors
    /// As [`values_at`](Self::values_at).
    pub fn file_length(&self) -> Result<usize, FileError> {
        match self.width {
            None => self.patterns_end(),
            Some(width) => {
                let length = self.bytes_of("width", width)?;
                self.values_at()?.checked_add(length).ok_or(FileError::TooLarge { field: "width", value: width.get() as u64 })
            }
        }
    }

    /// The first bytes of the file: header and table of sections, from the CRC-32 of the patterns' bytes and that of the values'.
    ///
    /// # Errors
    /// As [`file_length`](Self::file_length); [`FileError::Number`] for a largest norm that is not finite or negative;
    /// [`FileError::Field`] for more than 2^32 - 1 patterns; [`FileError::MissingSection`] where there are values and no checksum of them.
    pub fn head(&self, patterns: u32, values: Option<u32>) -> Result<[u8; HEAD], FileError> {
        let length = self.file_length()?;
        let entry = |kind, offset, length, checksum| Entry { kind, required: true, offset, length, checksum }.write();
        let mut table = [[0; super::sections::ENTRY]; 2];
        table[0] = entry(Section::PATTERNS, self.patterns_at()?, self.bytes_of("dim", self.dim)?, patterns);
        if let Some(width) = self.width {
            let checksum = values.ok_or(FileError::MissingSection { kind: Section::VALUES })?;
            table[1] = entry(Section::VALUES, self.values_at()?, self.bytes_of("width", width)?, checksum);
        }
        let [first, second] = &table;
        let used = if self.width.is_some() { table.as_slice() } else { core::slice::from_ref(first) };
        let header = header::write(&Header { length, layout: *self }, used)?;
        let mut head = [0; HEAD];
        let parts = [&header[..], first, second];
        for (place, &byte) in head.iter_mut().zip(parts.iter().copied().flatten()) {
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
        let length = self.bytes_of("dim", self.dim)?;
        self.patterns_at()?.checked_add(length).ok_or(FileError::TooLarge { field: "dim", value: self.dim.get() as u64 })
    }
}
