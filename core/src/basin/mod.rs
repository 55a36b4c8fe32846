//! `.basin` files: patterns, perhaps values, perhaps a feature map before them, and the model that they are recalled by, as bytes that are
//! used where they lie.
//!
//! The format's page, with a byte table, is `std-bindings/docs/format/basin.md`. `header` and `sections` are that table in code, `codes`
//! how a model is written down; both read and write, so that each field stands once. Nothing here copies, allocates, or believes a size
//! before it has been held against the bytes that there are.

mod checksum;
mod codes;
mod error;
mod fields;
mod header;
mod include;
mod layout;
mod map;
mod sections;

pub use checksum::crc32;
pub use error::FileError;
pub use header::{Alignment, HEADER, MAGIC, VERSION};
pub use include::Aligned;
pub use layout::{Checksums, Head, Layout};
pub use map::MapLayout;
pub use sections::Section;

use crate::any::AnyModel;
use crate::feature_map::FeatureMap;
use crate::patterns::Patterns;
use core::num::NonZeroUsize;
use sections::Walk;

/// A `.basin` file in memory: in flash, in a `static` ([`include_basin!`](crate::include_basin)), on the heap, in a map of a file.
///
/// The numbers are borrowed from the bytes. What [`new`](Self::new) has checked is the header, by its checksum and field by field, and that
/// every section is where it must be; [`verify`](Self::verify) looks at the data.
///
/// ```
/// use basinet_core::{Basin, basin::FileError};
/// assert_eq!(Basin::new(b"PK\x03\x04").unwrap_err(), FileError::NotBasin);
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Basin<'a> {
    layout: Layout,
    patterns: Patterns<'a>,
    values: Option<Patterns<'a>>,
    sections: Walk<'a>,
}

impl<'a> Basin<'a> {
    /// Reads the header at the front of `bytes`; what follows behind the file's end, as in a page of flash, is not looked at. O(1) in the
    /// size of the data.
    ///
    /// The bytes must begin at an address that is a multiple of 4; recall is fastest from one of 64.
    ///
    /// # Errors
    /// [`FileError`]: all but those that [`verify`](Self::verify) gives. [`FileError::RequiredSection`] for a file with a feature map, whose
    /// queries go through it first: [`with_map`](Self::with_map).
    pub fn new(bytes: &'a [u8]) -> Result<Self, FileError> {
        let (basin, map) = Self::read(bytes)?;
        if map.is_some() { Err(FileError::RequiredSection { kind: Section::FEATURE_MAP }) } else { Ok(basin) }
    }

    /// As [`new`](Self::new), and the feature map that queries go through before they are compared with the patterns, where the file has one.
    /// The patterns are features then, and the values what is read out: the patterns as they were before the map, or others.
    ///
    /// ```
    /// use basinet_core::{Basin, include_basin};
    /// static THREE: &[u8] = include_basin!("../../tests/data/three.basin");
    /// let (basin, map) = Basin::with_map(THREE)?;
    /// assert!(map.is_none() && basin.patterns().dim() == 4);
    /// # Ok::<(), basinet_core::basin::FileError>(())
    /// ```
    ///
    /// # Errors
    /// [`FileError`]: all but those that [`verify`](Self::verify) gives.
    pub fn with_map(bytes: &'a [u8]) -> Result<(Self, Option<FeatureMap<'a>>), FileError> {
        let (basin, content) = Self::read(bytes)?;
        let Some(content) = content else { return Ok((basin, None)) };
        let (map, feature_map) = MapLayout::read(content, basin.layout.dim)?;
        if basin.values.is_none() {
            return Err(FileError::Field { field: "width", value: 0, requirement: "at least 1, as there is a feature map" });
        }
        Ok((Self { layout: Layout { map: Some(map), ..basin.layout }, ..basin }, Some(feature_map)))
    }

    /// The file, and what its section of a feature map holds.
    fn read(bytes: &'a [u8]) -> Result<(Self, Option<&'a [u8]>), FileError> {
        if cfg!(target_endian = "big") {
            return Err(FileError::BigEndianTarget);
        }
        let (header, table) = header::read(bytes)?;
        let truncated = FileError::Truncated { needed: header.length as u64, found: bytes.len() as u64 };
        let file = bytes.get(..header.length).ok_or(truncated)?;
        let layout = header.layout;
        let sections = Walk { file, table, end: HEADER + table.as_flattened().len(), alignment: layout.alignment };
        let contents = find(sections)?;
        let patterns = rows(&layout, "dim", layout.dim, contents.patterns.ok_or(FileError::MissingSection { kind: Section::PATTERNS })?)?;
        let values = match (layout.width, contents.values) {
            (Some(width), Some(content)) => Some(rows(&layout, "width", width, content)?),
            (Some(_), None) => return Err(FileError::MissingSection { kind: Section::VALUES }),
            (None, Some(_)) => {
                return Err(FileError::Field { field: "width", value: 0, requirement: "at least 1, as there are values" });
            }
            (None, None) => None,
        };
        Ok((Self { layout, patterns, values, sections }, contents.map))
    }

    /// Looks at the data too: the checksum of every section, also of those that are not known here; that every number of patterns,
    /// values and feature map is finite; that the largest norm is that of the patterns. O(bytes), about 2 ns a byte.
    ///
    /// # Errors
    /// [`FileError::SectionChecksum`], [`FileError::NotFinite`], [`FileError::MaxNorm`].
    pub fn verify(&self) -> Result<(), FileError> {
        self.verify_with(crc32)
    }

    /// [`verify`](Self::verify) with another CRC-32 of the same definition as [`crc32`]: that of the hardware, or of a library.
    ///
    /// # Errors
    /// As there.
    pub fn verify_with(&self, mut crc32: impl FnMut(&[u8]) -> u32) -> Result<(), FileError> {
        for Section { kind, checksum: stored, content, .. } in self.sections() {
            let computed = crc32(content);
            if stored != computed {
                return Err(FileError::SectionChecksum { kind, stored, computed });
            }
        }
        let computed = max_norm(Section::PATTERNS, &self.patterns)?;
        if let Some(values) = &self.values {
            max_norm(Section::VALUES, values)?;
        }
        if let Some(map) = self.layout.map {
            self.sections().filter(|section| section.kind == Section::FEATURE_MAP).try_for_each(|section| map.verify(section.content))?;
        }
        let stored = self.layout.max_norm;
        if stored.to_bits() == computed.to_bits() { Ok(()) } else { Err(FileError::MaxNorm { stored, computed }) }
    }

    /// The patterns, M x D: what a query is compared with.
    pub const fn patterns(&self) -> Patterns<'a> {
        self.patterns
    }

    /// The values, M x V, where the file has them: what is read out in place of the patterns.
    pub const fn values(&self) -> Option<Patterns<'a>> {
        self.values
    }

    /// The model that the patterns are to be recalled by.
    pub const fn model(&self) -> AnyModel {
        self.layout.model
    }

    /// The largest norm of a pattern, rounded up, as the file says.
    pub const fn max_norm(&self) -> f32 {
        self.layout.max_norm
    }

    /// All that the header says of what the file holds.
    pub const fn layout(&self) -> Layout {
        self.layout
    }

    /// Bytes of the file.
    pub const fn length(&self) -> usize {
        self.sections.file.len()
    }

    /// All sections, in the order of the file, also those that are not known here.
    pub fn sections(&self) -> impl Iterator<Item = Section<'a>> + use<'a> {
        let mut walk = self.sections;
        // Every section has been seen once.
        core::iter::from_fn(move || walk.next().ok().flatten())
    }
}

/// The bytes of the sections that are known.
struct Contents<'a> {
    patterns: Option<&'a [u8]>,
    values: Option<&'a [u8]>,
    map: Option<&'a [u8]>,
}

/// The contents of those that are known, once every section has been looked at.
fn find(mut sections: Walk<'_>) -> Result<Contents<'_>, FileError> {
    let mut contents = Contents { patterns: None, values: None, map: None };
    while let Some(Section { kind, required, content, .. }) = sections.next()? {
        let known = match kind {
            Section::PATTERNS => &mut contents.patterns,
            Section::VALUES => &mut contents.values,
            Section::FEATURE_MAP => &mut contents.map,
            _ if required => return Err(FileError::RequiredSection { kind }),
            _ => continue,
        };
        if !required {
            return Err(FileError::Field {
                field: "section flags",
                value: 0,
                requirement: "1 (required) for patterns, values and a feature map",
            });
        }
        if known.replace(content).is_some() {
            return Err(FileError::SectionTwice { kind });
        }
    }
    Ok(contents)
}

/// The rows that a section holds.
fn rows<'a>(layout: &Layout, field: &'static str, numbers: NonZeroUsize, content: &'a [u8]) -> Result<Patterns<'a>, FileError> {
    let value = content.len() as u64;
    if content.len() != layout.bytes_of(field, numbers)? {
        return Err(FileError::Field { field: "section length", value, requirement: "4 bytes for each number of each row" });
    }
    Patterns::new(self::numbers(content)?, numbers.get()).map_err(|_| FileError::TooLarge { field, value })
}

/// Bytes as the numbers that they are.
fn numbers(content: &[u8]) -> Result<&[f32], FileError> {
    let by = content.as_ptr().addr() % align_of::<f32>();
    bytemuck::try_cast_slice(content).map_err(|_| FileError::Misaligned { by })
}

/// The largest norm of a section's rows.
fn max_norm(kind: u32, rows: &Patterns<'_>) -> Result<f32, FileError> {
    rows.max_norm().map_err(|error| match error {
        crate::Error::ScoreNotFinite { row } => FileError::NotFinite { kind, row },
        _ => FileError::NotFinite { kind, row: 0 },
    })
}
