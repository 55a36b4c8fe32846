//! Binary memories: overlaps, energies, a synchronous step and settling by each kind of interaction, in integers and in fixed point.

use super::laws::Law;
use crate::cases::{Case, Data, Extra};
use crate::fnv::Fnv;
use crate::generator::SplitMix64;
use basinet_core::Kernels;
use basinet_core::binary::{
    BinaryBuffers, BinaryDynamics, BinaryModel, BinaryPatterns, Exponential, Interaction, Power, RectifiedPower, words,
};

/// More rows than a batch of words has, and a part of a word.
const ROWS: usize = 70;
const NEURONS: usize = 147;
const WORDS: usize = words(NEURONS);

/// What is recalled from.
pub(super) const CASE: Case = Case { dim: NEURONS, rows: ROWS, data: Data::Noise, beta: 1.0, steps: 8, extra: Extra::Plain };

/// Every interaction, from a pattern with a part of its neurons turned over.
pub(super) fn run<K: Kernels>(kernels: K, hash: &mut Fnv) -> Result<(), Law> {
    let (mut generator, mut rows) = (SplitMix64::new(17), [[0; WORDS]; ROWS]);
    rows.as_flattened_mut().iter_mut().for_each(|word| *word = generator.bits());
    // Rows that are there several times make runs of equal overlap that are long.
    for row in 0..ROWS / 2 {
        rows[ROWS / 2 + row] = rows[row / 8];
    }
    let start = rows[9].map(|word| word ^ (generator.bits() & generator.bits() & generator.bits()));
    let patterns = BinaryPatterns::new(rows.as_flattened(), NEURONS)?;
    walk(BinaryModel::new(Power::new(2)?).on(kernels), &patterns, start, hash)?;
    walk(BinaryModel::new(Power::new(3)?).on(kernels), &patterns, start, hash)?;
    walk(BinaryModel::new(Power::new(20)?).on(kernels), &patterns, start, hash)?;
    walk(BinaryModel::new(RectifiedPower::new(4)?).on(kernels), &patterns, start, hash)?;
    walk(BinaryModel::new(Exponential).on(kernels), &patterns, start, hash)
}

/// The overlaps, a step of all neurons, and where either dynamics comes to rest.
fn walk<F: Interaction, K: Kernels>(
    model: BinaryModel<F, K>,
    patterns: &BinaryPatterns<'_>,
    start: [u64; WORDS],
    hash: &mut Fnv,
) -> Result<(), Law> {
    let (mut overlaps, mut next, mut buffers) = ([0; ROWS], [0; WORDS], BinaryBuffers::<ROWS, WORDS>::new());
    model.overlaps(patterns, &start, &mut overlaps)?;
    overlaps.iter().for_each(|overlap| hash.count(*overlap as u64));
    hash.count(model.update(patterns, &start, &mut next, &mut buffers.scratch())? as u64);
    next.iter().for_each(|word| hash.count(*word));
    for dynamics in [BinaryDynamics::Synchronous, BinaryDynamics::Asynchronous] {
        let mut state = start;
        let report = model.settle(patterns, &mut state, dynamics, CASE.steps, &mut buffers.scratch())?;
        if dynamics == BinaryDynamics::Asynchronous && report.energy > report.first_energy {
            return Err(Law::EnergyRose(report.energy - report.first_energy));
        }
        state.iter().for_each(|word| hash.count(*word));
        for count in [report.steps, report.flips, report.winner, report.overlap as usize, report.runner_up.unwrap_or(0) as usize] {
            hash.count(count as u64);
        }
        hash.number(report.first_energy)?;
        hash.number(report.energy)?;
    }
    Ok(())
}
