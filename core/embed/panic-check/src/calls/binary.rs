//! Binary memories, with each interaction and either dynamics.

use super::Inputs;
use basinet_core::binary::{
    BinaryBuffers, BinaryDynamics, BinaryModel, BinaryPatterns, BinaryReport, BinaryScratch, Exponential, Interaction, Power,
    RectifiedPower, pack, unpack, words,
};
use basinet_core::{Error, Kernels};
use core::hint::black_box;

/// Everything that a binary memory does.
pub fn run(i: &mut Inputs<'_>, kernels: impl Kernels) -> Result<(), Error> {
    let mut bits = [0; 4];
    black_box(pack(i.a, bits.get_mut(..words(i.n)).unwrap_or(&mut [])))?;
    black_box(unpack(i.words, i.out))?;
    calls(i, Power::new(i.k)?, kernels)?;
    calls(i, RectifiedPower::new(i.k)?, kernels)?;
    calls(i, Exponential, kernels)?;
    black_box((Power::new(i.k)?.exponent(), RectifiedPower::new(i.k)?.exponent()));
    Ok(())
}

fn calls(i: &mut Inputs<'_>, interaction: impl Interaction, kernels: impl Kernels) -> Result<BinaryReport, Error> {
    let model = BinaryModel::new(interaction).on(kernels);
    let patterns = BinaryPatterns::new(i.words, i.n)?;
    black_box((patterns.count(), patterns.neurons(), patterns.row(i.m), model.interaction()));
    let (mut overlaps, mut weights, mut ends, mut turned) = ([0; 9], [0; 9], [0; 9], [0; 9]);
    let (mut state, mut out) = ([i.seed; 4], [0; 4]);
    let (state, out) = (state.get_mut(..i.m).unwrap_or(&mut []), out.get_mut(..i.k as usize).unwrap_or(&mut []));
    model.overlaps(&patterns, state, overlaps.get_mut(..i.m).unwrap_or(&mut []))?;
    let mut scratch = BinaryScratch::new(&mut overlaps, i.rows, &mut ends, &mut weights).with_words(&mut turned);
    black_box((scratch.rows(), scratch.words()));
    black_box(model.energy(&patterns, state, &mut scratch))?;
    black_box(model.update(&patterns, state, out, &mut scratch))?;
    black_box(model.sweep(&patterns, state, &mut scratch))?;
    model.settle(&patterns, state, BinaryDynamics::Asynchronous, i.n, &mut BinaryBuffers::<9, 4>::default().scratch())?;
    model.settle(&patterns, state, BinaryDynamics::Synchronous, i.n, &mut scratch)
}
