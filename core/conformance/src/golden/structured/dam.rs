//! The section `dam`: binary memories, three sweeps from a damaged pattern. Integers are held exactly, and so are the energies of powers; the
//! file has the exponential's own sum, and its logarithm is held.

use super::{Case, Check, Vec};
use basinet_core::Kernels;
use basinet_core::binary::{
    BinaryBuffers, BinaryModel, BinaryPatterns, Exponential, Interaction, Power, RectifiedPower, pack, unpack, words,
};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::format;
use std::string::String;

/// Patterns and words of the section, at most.
const ROWS: usize = 16;

/// What rounding does to the exponential's energy, relative to it: `2^-52`, and less than 16 terms (see the head of `binary`).
const ENERGY: f64 = 1e-14;

#[derive(Debug, Deserialize)]
pub(super) struct Section {
    patterns: Vec<Vec<i8>>,
    start: Vec<i8>,
    #[serde(rename = "F")]
    interactions: BTreeMap<String, Expected>,
}

#[derive(Debug, Deserialize)]
struct Expected {
    #[serde(rename = "energies_start_and_after_each_sweep")]
    energies: Vec<f64>,
    #[serde(rename = "final")]
    state: Vec<f64>,
    energy_at_patterns: Vec<f64>,
    overlaps_final: Vec<f64>,
}

pub(super) fn checks(section: &Section, kernels: impl Kernels) -> Vec<Check> {
    let mut checks = Vec::new();
    for (name, expected) in &section.interactions {
        let mut case = Case::new("dam", "", name);
        let quantities = ["energies", "state", "overlaps", "energies at patterns"];
        let found = match name.as_str() {
            "power_2" => Power::new(2).and_then(|f| sweeps(section, expected, f, kernels)),
            "power_3" => Power::new(3).and_then(|f| sweeps(section, expected, f, kernels)),
            "power_4" => Power::new(4).and_then(|f| sweeps(section, expected, f, kernels)),
            "relu_power_3" => RectifiedPower::new(3).and_then(|f| sweeps(section, expected, f, kernels)),
            "exp" => sweeps(section, expected, Exponential, kernels),
            _ => {
                case.failed(quantities, "no such interaction");
                checks.append(&mut case.checks);
                continue;
            }
        };
        match found {
            Ok(found) => {
                let of = |truth: &[f64]| match name.as_str() {
                    #[allow(clippy::disallowed_methods, reason = "beside the reference's number the system's is exact")]
                    "exp" => truth.iter().map(|energy| -(-energy).ln()).collect(),
                    _ => truth.to_vec(),
                };
                let tolerance = |truth: &f64| if name == "exp" { ENERGY * truth.abs() } else { 0.0 };
                let mut energies = |quantity, found: &[f64], truth: &[f64]| {
                    let truth = of(truth);
                    let missing = (found.len() != truth.len()).then_some((f64::INFINITY, 0.0));
                    let apart = found.iter().zip(&truth).map(|(found, truth)| ((found - truth).abs(), tolerance(truth)));
                    case.worst(quantity, apart.chain(missing));
                };
                energies("energies", &found.energies, &expected.energies);
                energies("energies at patterns", &found.energy_at_patterns, &expected.energy_at_patterns);
                case.vector("state", &found.state, &expected.state, 0.0);
                case.vector("overlaps", &found.overlaps_final, &expected.overlaps_final, 0.0);
            }
            Err(error) => case.failed(quantities, &format!("{error}")),
        }
        checks.append(&mut case.checks);
    }
    checks
}

/// What a model came to.
struct Found {
    energies: Vec<f64>,
    state: Vec<f64>,
    energy_at_patterns: Vec<f64>,
    overlaps_final: Vec<f64>,
}

/// The bits of signs.
fn bits(signs: &[i8]) -> Result<Vec<u64>, basinet_core::Error> {
    let signs: Vec<f32> = signs.iter().map(|sign| f32::from(*sign)).collect();
    let mut bits = vec![0; words(signs.len())];
    pack(&signs, &mut bits).map(|()| bits)
}

fn sweeps(section: &Section, expected: &Expected, f: impl Interaction, kernels: impl Kernels) -> Result<Found, basinet_core::Error> {
    let model = BinaryModel::new(f).on(kernels);
    let rows = section.patterns.iter().map(|row| bits(row)).collect::<Result<Vec<_>, _>>()?;
    let (all, neurons) = (rows.concat(), section.start.len());
    let (patterns, mut buffers, mut state) = (BinaryPatterns::new(&all, neurons)?, BinaryBuffers::<ROWS, 0>::new(), bits(&section.start)?);
    let mut energies = vec![model.energy(&patterns, &state, &mut buffers.scratch())?];
    while energies.len() < expected.energies.len() {
        model.sweep(&patterns, &mut state, &mut buffers.scratch())?;
        energies.push(model.energy(&patterns, &state, &mut buffers.scratch())?);
    }
    let mut overlaps = vec![0; rows.len()];
    model.overlaps(&patterns, &state, &mut overlaps)?;
    let mut signs = vec![0.0; neurons];
    unpack(&state, &mut signs)?;
    Ok(Found {
        energies,
        state: signs.into_iter().map(f64::from).collect(),
        energy_at_patterns: rows.iter().map(|row| model.energy(&patterns, row, &mut buffers.scratch())).collect::<Result<_, _>>()?,
        overlaps_final: overlaps.into_iter().map(f64::from).collect(),
    })
}
