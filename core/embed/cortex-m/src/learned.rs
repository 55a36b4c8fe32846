//! The same digits behind a feature map that was learned on another machine: at a beta at which the digits themselves are too much alike.

use super::{D, Failure, K, erased, pictures};
use basinet_core::basin::crc32;
use basinet_core::{AnyModel, AnySeparation, Basin, Buffers, Cosine, Error, FeatureMap, Model, Patterns, Sparsemax, Step, include_basin};
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
    let mut recall = Recall { digits, features: basin.patterns(), map, model: Model::new(beta, Sparsemax), buffers };
    look(out, &mut recall)?;
    count(out, &mut recall)
}

/// The same digits, by their pixels and by their features.
struct Recall<'a> {
    digits: Patterns<'a>,
    features: Patterns<'a>,
    map: FeatureMap<'a>,
    model: Model<Sparsemax>,
    buffers: &'a mut Buffers<D, K>,
}

// Each is called from two places, and a copy in both would need the stack of both at once: a small board has some 14 KB for all.
impl Recall<'_> {
    #[inline(never)]
    fn by_pixels(&mut self, damaged: &[f32; D], state: &mut [f32; D]) -> Result<Step, Error> {
        self.model.with(Cosine).step(&self.digits, damaged, state, &mut self.buffers.scratch())
    }

    #[inline(never)]
    fn by_features(&mut self, damaged: &[f32; D], state: &mut [f32; D]) -> Result<Step, Error> {
        let mut room = [0.0; FEATURES];
        let mut scratch = self.buffers.scratch().with_features(&mut room);
        self.model.through(self.map).step(&self.features, &self.digits, damaged, state, &mut scratch)
    }

    fn damaged(&self, row: usize) -> Result<[f32; D], Error> {
        self.digits.row(row).map(erased).ok_or(Error::NoSuchRow { row, count: self.digits.count() })
    }
}

/// One of them, damaged and recalled both ways.
#[inline(never)]
fn look(out: &mut impl Write, recall: &mut Recall<'_>) -> Result<(), Failure> {
    let beta = recall.model.beta().get();
    writeln!(out, "\nThe 3 again, by cosines at beta {beta}, of pixels and of {FEATURES} features that were learned:")?;
    let (three, mut by_pixels, mut by_features) = (recall.damaged(12)?, [0.0; D], [0.0; D]);
    describe(out, "pixels", &recall.by_pixels(&three, &mut by_pixels)?)?;
    describe(out, "features", &recall.by_features(&three, &mut by_features)?)?;
    pictures(out, &by_pixels, &by_features)
}

/// All of them: how many come back exactly, and a checksum of what the features bring.
#[inline(never)]
fn count(out: &mut impl Write, recall: &mut Recall<'_>) -> Result<(), Failure> {
    let (mut recalled, mut checksum) = ([0; 2], 0);
    for row in 0..recall.digits.count() {
        let (digit, mut state) = (recall.damaged(row)?, [0.0; D]);
        let right = |step: Step| usize::from(step.winner == row && step.is_exact());
        recalled[0] += right(recall.by_pixels(&digit, &mut state)?);
        recalled[1] += right(recall.by_features(&digit, &mut state)?);
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
#[inline(never)]
fn chained(checksum: u32, state: &[f32; D]) -> u32 {
    let mut bytes = [[0; 4]; D + 1];
    let words = core::iter::once(checksum.to_le_bytes()).chain(state.iter().map(|number| number.to_le_bytes()));
    bytes.iter_mut().zip(words).for_each(|(to, word)| *to = word);
    crc32(bytes.as_flattened())
}
