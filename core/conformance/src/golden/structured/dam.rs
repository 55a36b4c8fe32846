//! The section `dam`: sixteen neurons by five interactions, sweep by sweep. Everything but the exponential's energy is exact.

use super::{Case, Check, Vec};
use basinet_core::binary::{
    self, BinaryBuffers, BinaryModel, BinaryPatterns, BinaryScratch, Exponential, Interaction, Power, RectifiedPower,
};
use basinet_core::{Error, Kernels};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::format;
use std::string::String;

/// The most patterns and words of the section.
const ROWS: usize = 64;
const WORDS: usize = 4;
/// Of an energy in f64, relative.
const WIDE: f64 = 1e-14;

#[derive(Debug, Deserialize)]
pub(super) struct Section {
    patterns: Vec<Vec<f32>>,
    start: Vec<f32>,
    #[serde(rename = "F")]
    interactions: BTreeMap<String, Expected>,
}

#[derive(Debug, Deserialize)]
struct Expected {
    energies_start_and_after_each_sweep: Vec<f64>,
    #[serde(rename = "final")]
    last: Vec<f32>,
    energy_at_patterns: Vec<f64>,
    overlaps_final: Vec<f64>,
}

pub(super) fn checks(section: &Section, kernels: impl Kernels) -> Vec<Check> {
    let mut checks = Vec::new();
    for (name, expected) in &section.interactions {
        let mut case = Case::new("dam", "", name);
        let done = match name.as_str() {
            "exp" => follow(&mut case, section, expected, Exponential, kernels),
            name => match (name.strip_prefix("power_").map(str::parse), name.strip_prefix("relu_power_").map(str::parse)) {
                (Some(Ok(n)), _) => Power::new(n).and_then(|power| follow(&mut case, section, expected, power, kernels)),
                (_, Some(Ok(n))) => RectifiedPower::new(n).and_then(|power| follow(&mut case, section, expected, power, kernels)),
                _ => Err(Error::Name { expected: "an interaction" }),
            },
        };
        if let Err(error) = done {
            case.failed(["all"], &format!("{error}"));
        }
        checks.append(&mut case.checks);
    }
    checks
}

fn follow<F: Interaction>(
    case: &mut Case<'_>,
    section: &Section,
    expected: &Expected,
    interaction: F,
    kernels: impl Kernels,
) -> Result<(), Error> {
    let neurons = section.start.len();
    let packed = |signs: &[f32]| {
        let mut words = vec![0; binary::words(signs.len())];
        binary::pack(signs, &mut words).map(|()| words)
    };
    let rows = section.patterns.iter().map(|row| packed(row)).collect::<Result<Vec<_>, _>>()?;
    let words = rows.concat();
    let patterns = BinaryPatterns::new(&words, neurons)?;
    let model = BinaryModel::new(interaction).on(kernels);
    let mut buffers = BinaryBuffers::<ROWS, WORDS>::new();
    let energy = |state: &[u64], scratch: &mut BinaryScratch<'_>| model.energy(&patterns, state, scratch);

    let mut state = packed(&section.start)?;
    let mut found = vec![energy(&state, &mut buffers.scratch())?];
    for _ in 1..expected.energies_start_and_after_each_sweep.len() {
        model.sweep(&patterns, &mut state, &mut buffers.scratch())?;
        found.push(energy(&state, &mut buffers.scratch())?);
    }
    energies(case, "energies", &found, &expected.energies_start_and_after_each_sweep);
    let mut last = vec![0.0; neurons];
    binary::unpack(&state, &mut last)?;
    case.vector("last state", &wide(&last), &wide(&expected.last), 0.0);
    let mut overlaps = vec![0; rows.len()];
    model.overlaps(&patterns, &state, &mut overlaps)?;
    case.vector("overlaps", &overlaps.into_iter().map(f64::from).collect::<Vec<_>>(), &expected.overlaps_final, 0.0);
    let at_patterns = rows.iter().map(|row| energy(row, &mut buffers.scratch())).collect::<Result<Vec<_>, _>>()?;
    energies(case, "energies of patterns", &at_patterns, &expected.energy_at_patterns);
    Ok(())
}

/// The library's energy of the exponential is the logarithm of the file's, which is minus a sum.
#[allow(clippy::disallowed_methods, reason = "beside what a sum of exponentials is good to the system's logarithm is exact")]
fn energies(case: &mut Case<'_>, quantity: &str, found: &[f64], expected: &[f64]) {
    if case.map == "exp" {
        let expected: Vec<f64> = expected.iter().map(|e| -(-e).ln()).collect();
        let largest = crate::oracle::max_abs(&expected);
        case.vector(quantity, found, &expected, WIDE * largest);
    } else {
        case.vector(quantity, found, expected, 0.0);
    }
}

fn wide(signs: &[f32]) -> Vec<f64> {
    signs.iter().map(|x| f64::from(*x)).collect()
}
