//! What core says to bytes that lie in flash: a file that is right is recalled from where it lies, and everything else gets the error that
//! names what is wrong with it, on every target.
//!
//! The file is a constant of the program, written by a script that knows the byte table only: three patterns of four numbers with values
//! of two, entmax at alpha 1.5. It is also written here, by core, and damaged here, in half a kilobyte of memory.

use super::{at, crc32, put, seal};
use basinet_core::basin::{Aligned, Alignment, Basin, Checksums, FileError, Layout, Section};
use basinet_core::{AnyModel, AnySeparation, Buffers, Entmax, Error, Model, beta, include_basin};
use core::fmt;
use core::num::NonZeroUsize;

static FILE: &[u8] = include_basin!("../../../tests/data/three.basin");

/// Where the sections of [`FILE`] begin, and how long they are.
const PATTERNS: usize = 192;
const PATTERNS_LENGTH: usize = 48;
const PATTERNS_END: usize = PATTERNS + PATTERNS_LENGTH;
const VALUES: usize = 256;
const VALUES_LENGTH: usize = 24;
const LENGTH: usize = VALUES + VALUES_LENGTH;

/// The entry of a section in the table.
const FIRST: usize = at::TABLE;
const SECOND: usize = at::TABLE + at::ENTRY;

/// Memory that a file may lie in, of erased flash.
pub(super) type Page = Aligned<[u8; 512]>;
pub(super) const ERASED: Page = Aligned([0xff; 512]);

/// What core got wrong about a blob.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Mistaken {
    /// What the blob was.
    pub blob: &'static str,
    /// Which of them: a length, an offset, a number.
    pub which: usize,
    /// What core said; nothing where it took the blob for right, or recalled something else from it.
    pub said: Option<FileError>,
}

impl fmt::Display for Mistaken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "a blob, {} {}: ", self.blob, self.which)?;
        match self.said {
            Some(error) => write!(f, "{error}"),
            None => f.write_str("taken, or recalled wrongly"),
        }
    }
}

impl core::error::Error for Mistaken {}

/// Holds core against every blob, by the dispatcher's kernels, and returns how many there were.
///
/// # Errors
/// The first that core was mistaken about.
pub fn blobs() -> Result<u32, Mistaken> {
    let mut checks = Checks(0);
    right(&mut checks)?;
    elsewhere(&mut checks)?;
    every_byte(&mut checks)?;
    foreign(&mut checks)?;
    fields(&mut checks)?;
    data(&mut checks)?;
    super::maps::blobs(&mut checks)?;
    Ok(checks.0)
}

/// How many blobs there have been.
pub(super) struct Checks(u32);

impl Checks {
    /// Counts a blob, of which `holds` is what must be.
    pub(super) fn that(&mut self, holds: bool, blob: &'static str, which: usize) -> Result<(), Mistaken> {
        self.0 += 1;
        if holds { Ok(()) } else { Err(Mistaken { blob, which, said: None }) }
    }

    /// Counts a blob that must be refused with such an error, at the latest by a look at its data.
    pub(super) fn refused(
        &mut self,
        bytes: &[u8],
        by: impl Fn(FileError) -> bool,
        blob: &'static str,
        which: usize,
    ) -> Result<(), Mistaken> {
        self.0 += 1;
        match Basin::with_map(bytes).and_then(|(basin, _)| basin.verify()) {
            Err(error) if by(error) => Ok(()),
            other => Err(Mistaken { blob, which, said: other.err() }),
        }
    }
}

/// A copy of the file.
fn copy() -> Page {
    let mut page = ERASED;
    put(&mut page.0, 0, FILE);
    page
}

/// The file where the program has it, and as core writes it into erased flash: what they recall, and that they are the same.
fn right(checks: &mut Checks) -> Result<(), Mistaken> {
    for row in 0..3 {
        checks.that(recalls(FILE, row), "in the program, recall of row", row)?;
    }
    let written = written();
    checks.that(written.is_some_and(|page| page.0.starts_with(FILE)), "as core writes it", 0)?;
    for row in 0..3 {
        checks.that(written.is_some_and(|page| recalls(&page.0, row)), "as core writes it, recall of row", row)?;
    }
    Ok(())
}

/// Whether a file is right, and the value of `row` is recalled from its key with the last number lost.
fn recalls(bytes: &[u8], row: usize) -> bool {
    let recalled = || {
        let basin = Basin::new(bytes).ok().filter(|basin| basin.verify().is_ok())?;
        let (patterns, values) = (basin.patterns(), basin.values()?);
        let AnySeparation::Entmax(map) = basin.model().separation else { return None };
        let &[a, b, c, _] = patterns.row(row)? else { return None };
        let mut out = [0.0; 2];
        let model = Model::new(basin.model().beta, map);
        let step = model.read(&patterns, &values, &[a, b, c, 0.0], &mut out, &mut Buffers::<4, 3>::new().scratch()).ok()?;
        (step.winner == row && step.is_exact() && step.conjugate.is_finite()).then_some(out)
    };
    recalled() == [[10.0, 0.5], [20.0, -0.5], [30.0, 0.0]].get(row).copied()
}

/// The file as [`Layout`] has it.
fn written() -> Option<Page> {
    let layout = Layout {
        model: AnyModel::from(Model::new(beta!(8.0), Entmax::new(1.5).ok()?)),
        count: NonZeroUsize::new(3)?,
        dim: NonZeroUsize::new(4)?,
        width: NonZeroUsize::new(2),
        map: None,
        max_norm: 2.0,
        alignment: Alignment::Bytes64,
    };
    let patterns = [[1.0f32, -1.0, 1.0, -1.0], [1.0, 1.0, -1.0, -1.0], [-1.0, 1.0, 1.0, -1.0]];
    let values = [[10.0f32, 0.5], [20.0, -0.5], [30.0, 0.0]];
    let (patterns, values) = (patterns.map(|row| row.map(f32::to_le_bytes)), values.map(|row| row.map(f32::to_le_bytes)));
    let (patterns, values) = (patterns.as_flattened().as_flattened(), values.as_flattened().as_flattened());
    let mut page = ERASED;
    page.0.get_mut(..layout.file_length().ok()?)?.fill(0);
    let checksums = Checksums { patterns: crc32(patterns), values: Some(crc32(values)), map: None };
    put(&mut page.0, 0, &layout.head(checksums).ok()?);
    put(&mut page.0, layout.patterns_at().ok()?, patterns);
    put(&mut page.0, layout.values_at().ok()?, values);
    Some(page)
}

/// At an address that numbers cannot be read from, and cut off at every length.
fn elsewhere(checks: &mut Checks) -> Result<(), Mistaken> {
    for by in 1..4 {
        let mut page = ERASED;
        put(&mut page.0, by, FILE);
        checks.refused(&page.0[by..], |error| error == FileError::Misaligned { by }, "shifted by", by)?;
    }
    for length in 0..LENGTH {
        let bytes = length as u64;
        let truncated = |error| matches!(error, FileError::Truncated { needed, found } if found == bytes && needed > bytes);
        checks.refused(&FILE[..length], truncated, "truncated to", length)?;
    }
    Ok(())
}

/// Every byte of the file, with its lowest, its highest and all of its bits changed: the first check that it falls under says so.
fn every_byte(checks: &mut Checks) -> Result<(), Mistaken> {
    let mut page = copy();
    for place in 0..LENGTH {
        for change in [0x01, 0x80, 0xff] {
            page.0[place] ^= change;
            let at_place = |error| match place {
                0..at::ORDER => error == FileError::NotBasin,
                at::ORDER..at::VERSION => matches!(error, FileError::ByteOrder { .. }),
                at::VERSION..at::LENGTH => matches!(error, FileError::Version { .. }),
                // More sections than there may be, or so many that the checksum is that of other bytes.
                at::SECTIONS..at::ALIGNMENT => is_field(error) || matches!(error, FileError::HeaderChecksum { .. }),
                at::LENGTH..at::SECTIONS | at::ALIGNMENT..PATTERNS => matches!(error, FileError::HeaderChecksum { .. }),
                PATTERNS..PATTERNS_END => matches!(error, FileError::SectionChecksum { kind: Section::PATTERNS, .. }),
                PATTERNS_END..VALUES => error == FileError::Padding { at: place as u64 },
                _ => matches!(error, FileError::SectionChecksum { kind: Section::VALUES, .. }),
            };
            checks.refused(&page.0, at_place, "changed at byte", place)?;
            page.0[place] ^= change;
        }
    }
    Ok(())
}

/// What is no such file at all.
fn foreign(checks: &mut Checks) -> Result<(), Mistaken> {
    let beginnings: [&[u8]; 8] =
        [b"PK\x03\x04", b"\x7fELF", b"\0asm", b"\x89PNG\r\n\x1a\n", b"\x93NUMPY", b"\x89BASIN\n\n", &[0; 512], &ERASED.0];
    for (number, beginning) in beginnings.into_iter().enumerate() {
        let mut page = copy();
        put(&mut page.0, 0, beginning);
        checks.refused(&page.0, |error| error == FileError::NotBasin, "foreign, number", number)?;
    }
    Ok(())
}

pub(super) fn is_field(error: FileError) -> bool {
    matches!(error, FileError::Field { .. })
}

fn is_number(error: FileError) -> bool {
    matches!(error, FileError::Number { .. })
}

/// A size that is wrong: which check it falls under depends on how much the machine can address.
pub(super) fn is_size(error: FileError) -> bool {
    matches!(error, FileError::Field { .. } | FileError::TooLarge { .. } | FileError::Truncated { .. })
}

/// Where, the bytes that are written there, and whether an error is the right one.
pub(super) type Wrong = (usize, &'static [u8], fn(FileError) -> bool);

/// What a field may not hold.
const WRONG: [Wrong; 43] = [
    (at::ORDER, &[1, 2, 3, 4], |error| error == FileError::ByteOrder { found: 0x0403_0201 }),
    (at::VERSION, &[2], |error| error == FileError::Version { found: 2 }),
    (at::LENGTH, &[0; 8], is_size),
    (at::LENGTH, &[0xff; 8], is_size),
    (at::LENGTH, &[LENGTH as u8 - 4], is_field),
    (at::LENGTH, &[0, 2], |error| error == FileError::Truncated { needed: 512, found: LENGTH as u64 }),
    (at::SECTIONS, &[0], is_field),
    (at::SECTIONS, &[1], |error| error == FileError::Padding { at: SECOND as u64 }),
    (at::SECTIONS, &[65], is_field),
    (at::ALIGNMENT, &[3], is_field),
    (at::COUNT, &[0], is_field),
    (at::COUNT, &[4], is_field),
    (at::COUNT, &[0, 0, 0, 0, 1], is_size),
    (at::COUNT, &[0xff; 8], is_size),
    (at::DIM, &[0], is_field),
    (at::DIM, &[5], is_field),
    // Of these the bytes of all rows are as many as there are, in arithmetic modulo 2^32 and modulo 2^64.
    (at::DIM, &[4, 0, 0, 0x40], is_size),
    (at::DIM, &[4, 0, 0, 0, 0, 0, 0, 0x40], is_size),
    (at::WIDTH, &[2, 0, 0, 0x40], is_size),
    (at::WIDTH, &[2, 0, 0, 0, 0, 0, 0, 0x40], is_size),
    (at::DIM, &[0xff; 8], is_size),
    (at::WIDTH, &[0], is_field),
    (at::WIDTH, &[3], is_field),
    (at::WIDTH, &[0, 0, 0, 0, 0, 0, 0, 0x80], is_size),
    (at::ELEMENT, &[2], is_field),
    (at::SIMILARITY, &[0], is_field),
    (at::SEPARATION, &[9], is_field),
    (at::SEPARATION, &[3], is_field),
    (at::PARAMETER, &0.5f32.to_le_bytes(), is_number),
    (at::PARAMETER, &f32::NAN.to_le_bytes(), is_number),
    (at::BETA, &[0; 4], is_number),
    (at::BETA, &f32::INFINITY.to_le_bytes(), is_number),
    (at::MAX_NORM, &(-2.0f32).to_le_bytes(), is_number),
    (at::MAX_NORM, &3.0f32.to_le_bytes(), |error| error == FileError::MaxNorm { stored: 3.0, computed: 2.0 }),
    (at::RESERVED, &[1], is_field),
    (FIRST, &[2], |error| error == FileError::SectionTwice { kind: Section::VALUES }),
    (FIRST, &[9], |error| error == FileError::RequiredSection { kind: 9 }),
    (FIRST + 4, &[0], is_field),
    (FIRST + 8, &[0xff; 8], is_size),
    (FIRST + 16, &[0xff; 8], is_size),
    (FIRST + 16, &[PATTERNS_LENGTH as u8 + 4], is_field),
    (SECOND + 8, &[0xff; 7], is_size),
    (SECOND + 16, &[VALUES_LENGTH as u8 + 4], is_field),
];

/// Each of these fields under a checksum that is right.
fn fields(checks: &mut Checks) -> Result<(), Mistaken> {
    for (number, (place, bytes, by)) in WRONG.into_iter().enumerate() {
        let mut page = copy();
        put(&mut page.0, place, bytes);
        seal(&mut page.0);
        checks.refused(&page.0[..LENGTH], by, "with a wrong field, number", number)?;
    }
    Ok(())
}

/// Numbers that nobody can recall, under checksums that are right.
fn data(checks: &mut Checks) -> Result<(), Mistaken> {
    for (kind, entry, begin, length, width) in
        [(Section::PATTERNS, FIRST, PATTERNS, PATTERNS_LENGTH, 4), (Section::VALUES, SECOND, VALUES, VALUES_LENGTH, 2)]
    {
        for number in 0..length / 4 {
            for value in [f32::NAN, f32::NEG_INFINITY] {
                let mut page = copy();
                put(&mut page.0, begin + 4 * number, &value.to_le_bytes());
                let checksum = crc32(&page.0[begin..begin + length]);
                put(&mut page.0, entry + 24, &checksum.to_le_bytes());
                seal(&mut page.0);
                let row = number / width;
                checks.refused(&page.0, |error| error == FileError::NotFinite { kind, row }, "with no finite number at", number)?;
                // Whoever does not look at the data is told by recall.
                checks.that(recall_refuses(&page.0, kind, row), "recalled with no finite number at", number)?;
            }
        }
    }
    Ok(())
}

/// Whether recall of each row's value refuses the row of a number that is not finite: a pattern always, a value where it is read out.
fn recall_refuses(bytes: &[u8], kind: u32, row: usize) -> bool {
    let refused = || {
        let basin = Basin::new(bytes).ok()?;
        let AnySeparation::Entmax(map) = basin.model().separation else { return None };
        let (patterns, query) = (basin.patterns(), [[1.0, -1.0, 1.0, 0.5], [1.0, 1.0, -1.0, 0.5], [-1.0, 1.0, 1.0, 0.5]]);
        let model = Model::new(basin.model().beta, map);
        model.read(&patterns, &basin.values()?, query.get(row)?, &mut [0.0; 2], &mut Buffers::<4, 3>::new().scratch()).err()
    };
    refused() == Some(if kind == Section::PATTERNS { Error::ScoreNotFinite { row } } else { Error::OutputNotFinite })
}
