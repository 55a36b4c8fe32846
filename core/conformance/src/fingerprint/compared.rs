//! Recall by the other similarities.

use super::Asked;
use super::laws::{self, Law};
use super::room::Bench;
use crate::fnv::Fnv;
use crate::tolerance;
use basinet_core::{Cosine, Kernels, Model, Separation, Similarity, SquaredDistance};

/// Scores and a step by cosine and by squared distance; for the latter, whose recall descends an energy, that too.
pub(super) fn run<S: Separation + PartialEq, K: Kernels>(asked: &Asked<S, K>, bench: &mut Bench<'_>, hash: &mut Fnv) -> Result<(), Law> {
    let model = asked.model(bench.case.beta)?;
    step(model.with(Cosine), asked.mass, bench, hash)?;
    let model = model.with(SquaredDistance);
    step(model, asked.mass, bench, hash)?;
    let max_norm = bench.patterns.max_norm()?;
    let before = model.energy(&bench.patterns, bench.query, max_norm, &mut bench.first.roomy())?;
    let after = model.energy(&bench.patterns, bench.out, max_norm, &mut bench.first.roomy())?;
    hash.number(before)?;
    hash.number(after)?;
    let max_score = laws::max_score(bench.weights);
    let allowed = tolerance::energy_rise(laws::half_norm2(bench.out), f64::from(max_norm), max_score);
    // It is that of an energy only where weights sum to one: k-subsets' and softmax1's do not.
    if sums_to_one(asked, bench)? && after - before > allowed {
        return Err(Law::EnergyRose(after - before));
    }
    Ok(())
}

/// True where all weights sum to one, whatever the scores.
pub(super) fn sums_to_one<S: Separation + PartialEq, K: Kernels>(asked: &Asked<S, K>, bench: &mut Bench<'_>) -> Result<bool, Law> {
    let column = bench.second.column(1)?;
    column.fill(0.0);
    let alone = if asked.mass == 1 { asked.model(1.0)?.weights(column, &mut bench.first.roomy())?.missing } else { 1.0 };
    Ok(alone == 0.0)
}

/// The scores, into `weights`, and a step, into `out`.
fn step<S: Separation + PartialEq, Q: Similarity, K: Kernels>(
    model: Model<S, Q, K>,
    mass: u32,
    bench: &mut Bench<'_>,
    hash: &mut Fnv,
) -> Result<(), Law> {
    model.scores(&bench.patterns, bench.query, bench.weights)?;
    for score in &*bench.weights {
        hash.bound(f64::from(*score))?;
    }
    let step = model.step(&bench.patterns, bench.query, bench.out, &mut bench.first.roomy())?;
    laws::hull(bench.out, bench.patterns, mass)?;
    laws::take(&step, hash)?;
    Ok(hash.numbers(bench.out)?)
}
