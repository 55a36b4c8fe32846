//! The same digits behind a feature map that was learned on another machine: at a beta at which the digits themselves are too much alike.

use super::{D, Failure, K, erased, pictures};
use basinet_core::basin::crc32;
use basinet_core::{AnyModel, AnySeparation, Basin, Buffers, Cosine, Error, Model, Sparsemax, Step, include_basin};
use core::fmt::Write;

/// Features, the digits as values, and the map.
static FILE: &[u8] = include_basin!("../../learned.basin");

/// Features of a digit.
const FEATURES: usize = 64;

/// Recalls without the map and through it: one digit to be looked at, and all of them to be counted.
pub fn show(out: &mut impl Write, buffers: &mut Buffers<D, K>) -> Result<(), Failure> {
    let (basin, map) = Basin::with_map(FILE)?;
    basin.verify()?;
    let (Some(map), Some(digits)) = (map, basin.values()) else { return Err(Failure::Accepted) };
    let AnyModel { beta, separation: AnySeparation::Sparsemax, .. } = basin.model() else { return Err(Failure::Accepted) };
    let (features, model, mut room) = (basin.patterns(), Model::new(beta, Sparsemax), [0.0; FEATURES]);
    let plainly = |digit: &[f32; D], state: &mut [f32; D], buffers: &mut Buffers<D, K>| {
        model.with(Cosine).step(&digits, digit, state, &mut buffers.scratch())
    };
    let mut learned = |digit: &[f32; D], state: &mut [f32; D], buffers: &mut Buffers<D, K>| {
        let mut scratch = buffers.scratch().with_features(&mut room);
        model.through(map).step(&features, &digits, digit, state, &mut scratch)
    };
    let damaged = |row: usize| digits.row(row).map(erased).ok_or(Error::NoSuchRow { row, count: digits.count() });

    let (three, mut by_pixels, mut by_features) = (damaged(12)?, [0.0; D], [0.0; D]);
    writeln!(out, "\nThe 3 again, by cosines at beta {}, of pixels and of {FEATURES} features that were learned:", beta.get())?;
    describe(out, "pixels", &plainly(&three, &mut by_pixels, buffers)?)?;
    describe(out, "features", &learned(&three, &mut by_features, buffers)?)?;
    pictures(out, &by_pixels, &by_features)?;

    let (mut recalled, mut state, mut checksum) = ([0; 2], [0.0; D], 0u32);
    for row in 0..digits.count() {
        let digit = damaged(row)?;
        let right = |step: Step| usize::from(step.winner == row && step.is_exact());
        recalled[0] += right(plainly(&digit, &mut state, buffers)?);
        recalled[1] += right(learned(&digit, &mut state, buffers)?);
        checksum = chained(checksum, &state);
    }
    let [by_pixels, by_features] = recalled;
    writeln!(out, "  all forty without their lower halves: {checksum:#010x}")?;
    Ok(writeln!(out, "  exactly right by pixels {by_pixels}, by features {by_features}")?)
}

fn describe(out: &mut impl Write, what: &str, step: &Step) -> Result<(), Failure> {
    Ok(writeln!(out, "  {what:8} row {:2} at {:8.6}, support {}", step.winner, step.weight, step.support)?)
}

/// The checksum of a checksum and the bits of a state.
fn chained(checksum: u32, state: &[f32; D]) -> u32 {
    let mut bytes = [[0; 4]; D + 1];
    let words = core::iter::once(checksum.to_le_bytes()).chain(state.iter().map(|number| number.to_le_bytes()));
    bytes.iter_mut().zip(words).for_each(|(to, word)| *to = word);
    crc32(bytes.as_flattened())
}
