//! States that settle, with and without a transformation, and what is certain about the last of them.

use super::Asked;
use super::laws::{self, Law};
use super::room::Bench;
use crate::cases::{SETTLE_STEPS, TRANSFORMED_STEPS};
use crate::fnv::{Fnv, NotFinite};
use crate::tolerance;
use basinet_core::{Dynamics, Kernels, LayerNorm, Post, Report, Separation, Step, Stop, Tanh, UnitNorm};

/// Steps from the query until state and weights stay; then one more, with its certificate.
pub(super) fn run<S: Separation + PartialEq, K: Kernels>(asked: &Asked<S, K>, bench: &mut Bench<'_>, hash: &mut Fnv) -> Result<(), Law> {
    let model = asked.model(bench.case.beta)?;
    bench.state.copy_from_slice(bench.query);
    let stop = Stop::after(SETTLE_STEPS).state_change(1.0 / 1024.0).weight_change(1.0 / 4096.0);
    let report = model.settle(&bench.patterns, bench.state, stop, &mut bench.first.roomy())?;
    let max_norm = bench.patterns.max_norm()?;
    let max_score = f64::from(asked.mass) * laws::max_score(bench.scores);
    descent(&report, bench.case.beta, laws::half_norm2(bench.query), max_norm, max_score)?;
    take(&report, bench.state, hash)?;
    let step = model.step(&bench.patterns, bench.state, bench.out, &mut bench.first.roomy())?;
    let certificate = model.certify(&step, bench.state, max_norm)?;
    hash.count(u64::from(certificate.exact));
    hash.maybe(certificate.radius)?;
    hash.number(certificate.distance)?;
    hash.maybe(certificate.gap_distance)?;
    let apart = from_winner(bench, &step)?;
    if apart > certificate.distance * certificate.distance || (certificate.exact && apart > 0.0) {
        return Err(Law::Certificate);
    }
    Ok(())
}

/// The square of the distance of `out` from the winner's pattern.
fn from_winner(bench: &Bench<'_>, step: &Step) -> Result<f64, Law> {
    let winner = bench.patterns.row(step.winner).ok_or(Law::Certificate)?;
    let apart = bench.out.iter().zip(winner).map(|(a, b)| f64::from(*a) - f64::from(*b));
    Ok(apart.map(|apart| apart * apart).sum())
}

/// Steps with each transformation of the state.
pub(super) fn transformed<S: Separation + PartialEq, K: Kernels>(
    asked: &Asked<S, K>,
    bench: &mut Bench<'_>,
    hash: &mut Fnv,
) -> Result<(), Law> {
    let model = asked.model(bench.case.beta)?;
    settle(model.then(UnitNorm), asked.mass, bench, hash)?;
    settle(model.then(LayerNorm), asked.mass, bench, hash)?;
    settle(model.then(Tanh), asked.mass, bench, hash)
}

/// Steps of these dynamics from the query.
fn settle<S: Separation + PartialEq, P: Post, K: Kernels>(
    dynamics: Dynamics<S, P, basinet_core::Dot, K>,
    mass: u32,
    bench: &mut Bench<'_>,
    hash: &mut Fnv,
) -> Result<(), Law> {
    bench.state.copy_from_slice(bench.query);
    let stop = Stop::after(TRANSFORMED_STEPS);
    let report = dynamics.settle(&bench.patterns, bench.state, stop, &mut bench.first.roomy())?;
    take(&report, bench.state, hash)?;
    // No state is longer than that of a layer normalisation; a score is at most the product of norms, so half the sum of their squares.
    let (half_norm2, max_norm) = (bench.case.dim as f64 / 2.0, bench.patterns.max_norm()?);
    let max_score = f64::from(mass) * (half_norm2 + f64::from(max_norm * max_norm) / 2.0);
    descent(&report, bench.case.beta, half_norm2, max_norm, max_score)
}

/// The energy never rises but for the rounding of its terms; without its constant, the conjugate is one of them.
pub(super) fn descent(report: &Report, beta: f32, half_norm2: f64, max_norm: f32, max_score: f64) -> Result<(), Law> {
    let conjugate = report.last.conjugate.abs() / f64::from(beta);
    let term = if conjugate > max_score { conjugate } else { max_score };
    if report.largest_rise > tolerance::energy_rise(half_norm2, f64::from(max_norm), term) {
        return Err(Law::EnergyRose(report.largest_rise));
    }
    Ok(())
}

/// Takes a report and the state that it is on. A state that a transformation cannot have come from has an infinite energy.
pub(super) fn take(report: &Report, state: &[f32], hash: &mut Fnv) -> Result<(), NotFinite> {
    hash.numbers(state)?;
    hash.count(report.steps as u64);
    hash.count(u64::from(report.converged));
    hash.count(report.metastable as u64);
    hash.number(report.residual)?;
    hash.maybe(report.weight_change)?;
    hash.bound(report.first_energy)?;
    hash.bound(report.energy)?;
    hash.number(report.largest_rise)?;
    laws::take(&report.last, hash)
}
