//! What every case goes through with every separation: weights at each inverse temperature, and steps down the energy.

use super::Asked;
use super::laws::{self, Law};
use super::room::Bench;
use crate::cases::BETAS;
use crate::fnv::Fnv;
use crate::tolerance;
use basinet_core::{Kernels, Separation};

/// The weights of the query's scores, from their mean to the arg-max.
pub(super) fn weights<S: Separation + PartialEq, K: Kernels>(
    asked: &Asked<S, K>,
    bench: &mut Bench<'_>,
    hash: &mut Fnv,
) -> Result<(), Law> {
    for beta in BETAS {
        bench.weights.copy_from_slice(bench.scores);
        let step = asked.model(beta)?.weights(bench.weights, &mut bench.first.roomy())?;
        laws::weights(bench.weights, &step, asked.mass)?;
        hash.numbers(bench.weights)?;
        laws::take(&step, hash)?;
    }
    Ok(())
}

/// Steps until the state no longer moves, at most `case.steps`: each state, its energy, and how many they were.
pub(super) fn descend<S: Separation + PartialEq, K: Kernels>(
    asked: &Asked<S, K>,
    bench: &mut Bench<'_>,
    hash: &mut Fnv,
) -> Result<(), Law> {
    let model = asked.model(bench.case.beta)?;
    let (patterns, mass) = (bench.patterns, f64::from(asked.mass));
    let max_norm = patterns.max_norm()?;
    bench.state.copy_from_slice(bench.query);
    let mut before = model.energy(&patterns, bench.state, max_norm, &mut bench.first.roomy())?;
    hash.number(before)?;
    let mut steps = 0;
    while steps < bench.case.steps {
        let step = model.step(&patterns, bench.state, bench.out, &mut bench.first.roomy())?;
        laws::hull(bench.out, patterns, asked.mass)?;
        hash.numbers(bench.out)?;
        laws::take(&step, hash)?;
        steps += 1;
        let after = model.energy(&patterns, bench.out, max_norm, &mut bench.first.roomy())?;
        hash.number(after)?;
        model.scores(&patterns, bench.out, bench.weights)?;
        let max_score = mass * laws::max_score(bench.weights);
        if after - before > tolerance::energy_rise(laws::half_norm2(bench.out), f64::from(max_norm), max_score) {
            return Err(Law::EnergyRose(after - before));
        }
        before = after;
        if bench.out == bench.state {
            break;
        }
        bench.state.copy_from_slice(bench.out);
    }
    hash.count(steps as u64);
    Ok(())
}
