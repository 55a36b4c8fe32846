//! Log-sum-ReLU memories and universal networks.

use super::{Inputs, patterns};
use basinet_core::universal::{Separation, Similarity, Universal};
use basinet_core::{Beta, Error, Kernels, LogSumRelu, Patterns, Scratch, Stop};
use core::hint::black_box;

/// All that a log-sum-ReLU memory does.
pub fn log_sum_relu<K: Kernels>(i: &mut Inputs<'_>, kernels: K) -> Result<(), Error> {
    let made = if i.m == 0 { LogSumRelu::retrieving(i.x, i.value[0], i.n)? } else { LogSumRelu::new(Beta::new(i.x)?) };
    let (rows, memory) = (patterns(i)?, made.with_eps(i.value[1])?.on(kernels));
    black_box((memory.beta(), memory.eps(), memory.radius()));
    black_box(memory.look(&rows, i.query)?.is_exact());
    black_box(memory.energy(&rows, i.query)?);
    black_box(memory.weights(&rows, i.query, i.out)?);
    let mut scratch = Scratch::new(i.sums, i.scores, i.rows, i.work).with_states(i.states);
    black_box(memory.step(&rows, i.query, i.out, &mut scratch)?);
    black_box(memory.gradient(&rows, i.query, i.out, &mut scratch)?);
    let stop = Stop::after(i.n).state_change(i.x).weight_change(i.x);
    black_box(memory.settle(&rows, i.out, stop, &mut scratch)?);
    Ok(())
}

/// All that a universal network does, with any similarity and separation.
pub fn universal<K: Kernels>(i: &mut Inputs<'_>, kernels: K) -> Result<(), Error> {
    let (keys, values) = (patterns(i)?, Patterns::strided(i.b, i.m, i.n)?);
    let similarity = *Similarity::ALL.get(i.m).ok_or(Error::Empty)?;
    let separation = match i.n {
        0 => Separation::Identity,
        1 => Separation::power(i.k)?,
        2 => Separation::Softmax(Beta::new(i.x)?),
        3 => Separation::Sparsemax(Beta::new(i.x)?),
        _ => Separation::Max,
    };
    let made = Universal::new(similarity, separation).on(kernels);
    let network = if i.k == 0 { made.unnormalised() } else { made };
    black_box((network.similarity(), network.separation(), network.is_normalised()));
    network.scores(&keys, i.query, i.caps)?;
    let mut scratch = Scratch::new(i.sums, i.scores, i.rows, i.work);
    black_box(network.weights(i.caps, &mut scratch)?);
    black_box(network.step(&keys, i.query, i.caps, i.out, &mut scratch)?);
    black_box(network.read(&keys, &values, i.query, i.caps, i.out, &mut scratch)?);
    Ok(())
}
