//! Files with a feature map before their similarity: three features of two numbers, the patterns of four as values, a map with a bias.

use super::blobs::{Checks, ERASED, Mistaken, Page, Wrong, is_field, is_size};
use super::{at, crc32, put, seal};
use basinet_core::basin::{Alignment, Basin, Checksums, FileError, Layout, MapLayout, Section};
use basinet_core::{AnyModel, AnySeparation, Buffers, FeatureMap, Model, Patterns, Sparsemax, beta};
use core::num::NonZeroUsize;

/// The patterns, and a map that looks at their second and their third number.
const PATTERNS: [[f32; 4]; 3] = [[1.0, -1.0, 1.0, -1.0], [1.0, 1.0, -1.0, -1.0], [-1.0, 1.0, 1.0, -1.0]];
const WEIGHTS: [f32; 8] = [0.0, 2.0, 0.0, 0.0, 0.0, 0.0, 3.0, 0.0];
const BIAS: [f32; 2] = [0.5, -0.25];
/// What it makes of them.
const FEATURES: [[f32; 2]; 3] = [[-1.5, 2.75], [2.5, -3.25], [2.5, 2.75]];

/// Where the section of the map begins and where the file ends: the head of 224 bytes, 24 of features, 48 of values, at multiples of 64.
const MAP: usize = 384;
const LENGTH: usize = MAP + at::MAP_WEIGHTS + 4 * (WEIGHTS.len() + BIAS.len());
/// Its entry in the table.
const ENTRY: usize = at::TABLE + 2 * at::ENTRY;

const NAN: &[u8] = &f32::NAN.to_le_bytes();

/// Holds core against files with maps, right, damaged and wrong.
pub fn blobs(checks: &mut Checks) -> Result<(), Mistaken> {
    let page = written();
    checks.that(page.is_some(), "with a map, written", 0)?;
    let Some(mut page) = page else { return Ok(()) };
    for row in 0..3 {
        checks.that(recalls(&page.0, row), "with a map, recall of row", row)?;
    }
    let plainly = Basin::new(&page.0).err();
    checks.that(plainly == Some(FileError::RequiredSection { kind: Section::FEATURE_MAP }), "with a map, read as one without", 0)?;
    for place in MAP..LENGTH {
        page.0[place] ^= 0x40;
        // What the head of the section says is believed only where it can be.
        let told =
            |error| matches!(error, FileError::SectionChecksum { kind: Section::FEATURE_MAP, .. }) || (place < MAP + 64 && is_size(error));
        checks.refused(&page.0, told, "with a map, changed at byte", place)?;
        page.0[place] ^= 0x40;
    }
    fields(checks, &page)
}

/// What the head of the section and its entry may not say, nor its numbers be, under checksums that are right.
fn fields(checks: &mut Checks, right: &Page) -> Result<(), Mistaken> {
    let infinite: fn(FileError) -> bool = |error| matches!(error, FileError::NotFinite { kind: Section::FEATURE_MAP, row: 1 });
    let wrong: [Wrong; 10] = [
        (MAP + at::MAP_INPUT, &[0], is_field),
        (MAP + at::MAP_INPUT, &[5], is_field),
        (MAP + at::MAP_INPUT, &[0, 0, 0, 0, 0, 0, 0, 0x80], is_size),
        (MAP + at::MAP_FLAGS, &[4], is_field),
        (MAP + at::MAP_FLAGS, &[0], is_field),
        (MAP + at::MAP_RESERVED, &[1], is_field),
        (MAP + at::MAP_WEIGHTS - 1, &[1], is_field),
        (MAP + at::MAP_WEIGHTS + 16, NAN, infinite),
        (ENTRY + 4, &[0], is_field),
        (ENTRY, &[2], |error| error == FileError::SectionTwice { kind: Section::VALUES }),
    ];
    for (number, (place, bytes, by)) in wrong.into_iter().enumerate() {
        let mut page = *right;
        put(&mut page.0, place, bytes);
        let checksum = crc32(&page.0[MAP..LENGTH]);
        put(&mut page.0, ENTRY + 24, &checksum.to_le_bytes());
        seal(&mut page.0);
        checks.refused(&page.0[..LENGTH], by, "with a map, wrong field, number", number)?;
    }
    Ok(())
}

/// The file as [`Layout`] has it, with the features that core makes.
fn written() -> Option<Page> {
    let map = FeatureMap::new(&WEIGHTS, 4).and_then(|map| map.with_bias(&BIAS)).ok()?;
    let mut features = [0.0; 6];
    map.apply_rows(&Patterns::new(PATTERNS.as_flattened(), 4).ok()?, &mut features).ok()?;
    let layout = Layout {
        model: AnyModel::from(Model::new(beta!(1.0), Sparsemax)),
        count: NonZeroUsize::new(3)?,
        dim: NonZeroUsize::new(2)?,
        width: NonZeroUsize::new(4),
        map: Some(MapLayout { input: NonZeroUsize::new(4)?, bias: true, unit: false }),
        max_norm: Patterns::new(&features, 2).and_then(|rows| rows.max_norm()).ok()?,
        alignment: Alignment::Bytes64,
    };
    let (features, values) = (features.map(f32::to_le_bytes), PATTERNS.map(|row| row.map(f32::to_le_bytes)));
    let (features, values) = (features.as_flattened(), values.as_flattened().as_flattened());
    let (weights, bias) = (WEIGHTS.map(f32::to_le_bytes), BIAS.map(f32::to_le_bytes));
    let mut page = ERASED;
    let (length, map_at) = (layout.file_length().ok()?, layout.map_at().ok()?);
    page.0.get_mut(..length)?.fill(0);
    put(&mut page.0, layout.patterns_at().ok()?, features);
    put(&mut page.0, layout.values_at().ok()?, values);
    put(&mut page.0, map_at, &layout.map?.head());
    put(&mut page.0, map_at + MapLayout::HEAD, weights.as_flattened());
    put(&mut page.0, map_at + MapLayout::HEAD + WEIGHTS.len() * 4, bias.as_flattened());
    let map = crc32(page.0.get(map_at..length)?);
    let checksums = Checksums { patterns: crc32(features), values: Some(crc32(values)), map: Some(map) };
    put(&mut page.0, 0, &layout.head(checksums).ok()?);
    (map_at == MAP && length == LENGTH).then_some(page)
}

/// Whether a file is right, and `row` is recalled from what the map looks at, the rest of it lost.
fn recalls(bytes: &[u8], row: usize) -> bool {
    let recalled = || {
        let (basin, map) = Basin::with_map(bytes).ok().filter(|(basin, _)| basin.verify().is_ok())?;
        let (features, values) = (basin.patterns(), basin.values()?);
        let AnyModel { beta, separation: AnySeparation::Sparsemax, .. } = basin.model() else { return None };
        let &[_, b, c, _] = PATTERNS.get(row)?;
        let (mut out, mut room, mut buffers) = ([0.0; 4], [0.0; 2], Buffers::<4, 3>::new());
        let model = Model::new(beta, Sparsemax).through(map?);
        let step = model.step(&features, &values, &[9.0, b, c, -9.0], &mut out, &mut buffers.scratch().with_features(&mut room)).ok()?;
        (features.row(row) == FEATURES.get(row).map(<[f32; 2]>::as_slice) && step.winner == row && step.is_exact()).then_some(out)
    };
    recalled() == PATTERNS.get(row).copied()
}
