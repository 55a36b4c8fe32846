//! Log-sum-ReLU memories, and Universal Hopfield's similarities with each of its separations.

use super::laws::{self, Law};
use crate::cases::{Case, Data, Extra};
use crate::fnv::Fnv;
use basinet_core::universal::{self, Separation, Similarity, Universal};
use basinet_core::{Beta, Buffers, Kernels, LogSumRelu, Patterns, Stop};

/// More rows than a block has, and numbers than a vector.
const ROWS: usize = 70;
const DIM: usize = 19;

/// What is recalled from.
pub(super) const CASE: Case = Case { dim: DIM, rows: ROWS, data: Data::Noise, beta: 0.04, steps: 8, extra: Extra::Plain };

/// Walks of log-sum-ReLU memories, and steps of every universal network.
pub(super) fn run<K: Kernels>(kernels: K, hash: &mut Fnv) -> Result<(), Law> {
    let (mut data, mut query) = ([[0.0; DIM]; ROWS], [0.0; DIM]);
    CASE.generate(data.as_flattened_mut(), &mut [], &mut query);
    let rows = Patterns::new(data.as_flattened(), DIM)?;
    let memory = LogSumRelu::new(Beta::new(CASE.beta)?).on(kernels);
    for (memory, start) in [(memory, query), (memory.with_eps(0.25)?, data[3]), (memory, [1e6; DIM])] {
        walk(memory, &rows, start, hash)?;
    }
    // Distributions have no negative numbers.
    for x in data.as_flattened_mut().iter_mut().chain(&mut query) {
        *x = x.abs();
    }
    let rows = Patterns::new(data.as_flattened(), DIM)?;
    for similarity in Similarity::ALL {
        for separation in [
            Separation::Identity,
            Separation::power(10)?,
            Separation::Softmax(Beta::new(50.0)?),
            Separation::Sparsemax(Beta::new(50.0)?),
            Separation::Max,
        ] {
            step(Universal::new(similarity, separation).on(kernels), &rows, &query, hash)?;
        }
    }
    step(Universal::new(Similarity::InverseManhattan, Separation::Identity).on(kernels), &rows, &data[7], hash)
}

/// The weights and the gradient at the start, and where the state comes to rest.
fn walk<K: Kernels>(memory: LogSumRelu<K>, rows: &Patterns<'_>, start: [f32; DIM], hash: &mut Fnv) -> Result<(), Law> {
    let (mut weights, mut state, mut buffers) = ([0.0; ROWS], start, Buffers::<DIM, 0>::new());
    memory.weights(rows, &start, &mut weights)?;
    hash.numbers(&weights)?;
    let step = memory.gradient(rows, &start, &mut state, &mut buffers.scratch())?;
    hash.numbers(&state)?;
    hash.maybe(step.energy)?;
    state = start;
    let stop = Stop::after(CASE.steps).weight_change(0.0);
    let report = memory.settle(rows, &mut state, stop, &mut buffers.scratch())?;
    if let (Some(first), Some(last)) = (report.first_energy, report.last.energy)
        && last > first + report.largest_rise
    {
        return Err(Law::EnergyRose(last - first));
    }
    hash.numbers(&state)?;
    hash.bound(report.residual)?;
    hash.maybe(report.weight_change)?;
    hash.maybe(report.last.energy)?;
    for count in [report.steps, report.last.active, report.last.winner] {
        hash.count(count as u64);
    }
    Ok(hash.numbers(&[report.last.squared_distance])?)
}

/// One step; the weights add up to one, and the result is no further out than the rows.
fn step<K: Kernels>(network: Universal<K>, rows: &Patterns<'_>, query: &[f32], hash: &mut Fnv) -> Result<(), Law> {
    let (mut weights, mut out, mut buffers) = ([0.0; ROWS], [0.0; DIM], Buffers::<DIM, 8>::new());
    let universal::Step { winner, sum, .. } = network.step(rows, query, &mut weights, &mut out, &mut buffers.scratch())?;
    hash.numbers(&weights)?;
    hash.numbers(&out)?;
    hash.maybe(sum)?;
    hash.count(winner as u64);
    laws::weights(&weights, &basinet_core::Step::default(), 1)?;
    laws::hull(&out, *rows, 1)
}
