//! The section `lsr`: log-sum-ReLU energies, gradients and steps, and the Gaussian energy beside them.

use super::super::{Flat, deviation};
use super::{Case, Check, Kernels, Vec};
use crate::oracle::dot;
use crate::tolerance;
use basinet_core::{Beta, Error, LogSumRelu, Model, Patterns, Scratch, Softmax, SquaredDistance};
use serde::Deserialize;
use serde::de::{Deserializer, Error as _};
use std::string::{String, ToString};

pub(super) type Section = Vec<Memory>;

#[derive(Debug, Deserialize)]
pub(super) struct Memory {
    name: String,
    #[serde(rename = "X")]
    patterns: Vec<Vec<f64>>,
    beta: f32,
    eps: f32,
    points: Vec<Point>,
}

#[derive(Debug, Deserialize)]
struct Point {
    x: Vec<f64>,
    active: Vec<usize>,
    #[serde(deserialize_with = "finite_or_none")]
    energy_lsr: Option<f64>,
    grad_lsr: Vec<f64>,
    one_step_mean_of_active: Vec<f64>,
    energy_lse_gauss: f64,
}

/// A number, or none for the text "inf".
fn finite_or_none<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<f64>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Number {
        Finite(f64),
        Other(String),
    }
    match Number::deserialize(deserializer)? {
        Number::Finite(number) => Ok(Some(number)),
        Number::Other(text) if text == "inf" => Ok(None),
        Number::Other(text) => Err(D::Error::custom(text)),
    }
}

/// What the library says of a state.
struct Found {
    energy: Option<f64>,
    weights: Vec<f64>,
    gradient: Vec<f64>,
    state: Vec<f64>,
    gauss: f64,
}

pub(super) fn checks(section: &Section, kernels: impl Kernels) -> Vec<Check> {
    let mut checks = Vec::new();
    for memory in section {
        for (i, point) in memory.points.iter().enumerate() {
            let name = std::format!("{} {i}", memory.name);
            let mut case = Case::new("lsr", &name, "");
            let found = ask(memory, &point.x, kernels).map_err(|error| error.to_string());
            if let Some(found) = case.answer(Some(found), &["active", "energy", "gradient", "step", "Gaussian energy"]) {
                compare(&mut case, memory, point, &found);
            }
            checks.append(&mut case.checks);
        }
    }
    checks
}

fn compare(case: &mut Case<'_>, memory: &Memory, point: &Point, found: &Found) {
    let m = Flat::new(&memory.patterns).rows().max_entry();
    let (half, beta) = (dot(&point.x, &point.x) / 2.0, f64::from(memory.beta));
    let active = &point.active;
    let weight = |row| if active.contains(&row) { 1.0 / active.len() as f64 } else { 0.0 };
    let weights: Vec<f64> = (0..memory.patterns.len()).map(weight).collect();
    case.vector("active", &found.weights, &weights, tolerance::WEIGHTS);
    // An energy that is infinite has to be said to be so, and no other.
    let off = match (found.energy, point.energy_lsr) {
        (Some(found), Some(expected)) => (found - expected).abs(),
        (None, None) => 0.0,
        _ => f64::INFINITY,
    };
    case.push("energy", off, tolerance::energy0(half, beta * point.energy_lsr.unwrap_or(0.0), beta), None);
    case.push("gradient", deviation(&found.gradient, &point.grad_lsr), tolerance::states(m), None);
    case.vector("step", &found.state, &point.one_step_mean_of_active, tolerance::states(m));
    let gauss = point.energy_lse_gauss;
    case.number("Gaussian energy", Some(found.gauss), gauss, tolerance::energy0(half, beta * gauss, beta));
}

fn ask(memory: &Memory, x: &[f64], kernels: impl Kernels) -> Result<Found, Error> {
    let narrow = |x: &[f64]| x.iter().map(|x| *x as f32).collect::<Vec<f32>>();
    let wide = |x: &[f32]| x.iter().map(|x| f64::from(*x)).collect::<Vec<f64>>();
    let (flat, state) = (Flat::new(&memory.patterns), narrow(x));
    let data = narrow(&flat.data);
    let patterns = Patterns::new(&data, flat.dim)?;
    let (mut sums, mut out, mut weights) = (std::vec![0.0; 3 * flat.dim], std::vec![0.0; flat.dim], std::vec![0.0; patterns.count()]);
    let mut scratch = Scratch::new(&mut sums, &mut [], &mut [], &mut []);
    let lsr = LogSumRelu::new(Beta::new(memory.beta)?).with_eps(memory.eps)?.on(kernels);
    lsr.weights(&patterns, &state, &mut weights)?;
    lsr.gradient(&patterns, &state, &mut out, &mut scratch)?;
    let gradient = wide(&out);
    let step = lsr.step(&patterns, &state, &mut out, &mut scratch)?;
    let next = wide(&out);
    // The similarity has no factor 1/2, so its beta has.
    let gauss = Model::new(Beta::new(memory.beta / 2.0)?, Softmax).with(SquaredDistance).on(kernels);
    let gauss = gauss.step(&patterns, &state, &mut out, &mut scratch)?.energy.unwrap_or(f64::NAN);
    Ok(Found { energy: step.energy, weights: wide(&weights), gradient, state: next, gauss })
}
