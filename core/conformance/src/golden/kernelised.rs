//! The section `khm`: trajectories by features, raw and of unit length, with the patterns as values.

use super::file::KernelisedMap;
use super::{Case, Check, File, Flat, Kept, Mapped, Problem, Subject, deviation};
use crate::oracle::{self, FeatureMap, Rows, dot, max_abs};
use crate::tolerance;
use std::string::String;
use std::vec::Vec;

pub(super) fn kernelised(file: &File, subject: &impl Subject) -> Vec<Check> {
    let mut checks = Vec::new();
    for section in file.kernelised.iter() {
        let (patterns, weights) = (Flat::new(&section.patterns), Flat::new(&section.weights));
        let problem = Problem { beta: section.beta, keys: patterns.rows(), values: None, kept: Kept::All, query: &section.q };
        for (name, unit, maps) in
            [("raw features", false, &section.variants.raw_features), ("unit features", true, &section.variants.unit_features)]
        {
            let lens = FeatureMap { weights: weights.rows(), bias: None, unit };
            for (map, expected) in maps {
                let mut out = Case::new("khm", name, map);
                trajectory(&mut out, problem, lens, expected, subject);
                checks.append(&mut out.checks);
            }
        }
    }
    checks
}

/// States and energies of the subject's own trajectory. Linear features never raise the energy; for unit ones with these values it is no law.
fn trajectory(out: &mut Case<'_>, problem: Problem<'_>, lens: FeatureMap<'_>, expected: &KernelisedMap, subject: &impl Subject) {
    let quantities: &[&str] = if lens.unit { &["trajectory", "energy0"] } else { &["trajectory", "energy0", "descent"] };
    let followed = follow(problem, lens, out.map, expected.trajectory.len(), subject);
    let Some(walk) = out.answer(followed, quantities) else { return };
    let states = tolerance::states(problem.keys.max_entry());
    out.worst("trajectory", walk.iter().zip(&expected.trajectory).map(|(found, truth)| (deviation(&found.state, truth), states)));

    let features = lens.of_rows(problem.keys);
    let features = Rows { data: &features, dim: lens.weights.iter().count() };
    let truth = core::iter::once(problem.query).chain(expected.trajectory.iter().map(Vec::as_slice));
    // Half the square norm of the features, and the largest score, of each state.
    let scales: Vec<(f64, f64)> = truth
        .map(|state| {
            let f = lens.of(state);
            (dot(&f, &f) / 2.0, max_abs(&oracle::scores(features, &f)))
        })
        .collect();
    let energies = walk.iter().zip(&expected.feature_energy).zip(&scales);
    out.worst(
        "energy0",
        energies.map(|((found, truth), (half, _))| {
            ((found.energy0 - truth).abs(), tolerance::energy0(*half, problem.beta * (half - truth), problem.beta))
        }),
    );
    if !lens.unit {
        let rises = walk.windows(2).zip(scales.iter().skip(1)).map(|(pair, (half, max_score))| {
            let rise = if let [before, after] = pair { after.energy0 - before.energy0 } else { f64::NAN };
            (if rise < 0.0 { 0.0 } else { rise }, tolerance::energy_rise(*half, features.max_norm(), *max_score))
        });
        out.worst("descent", rises);
    }
}

/// So many steps, each from the state before.
fn follow(
    problem: Problem<'_>,
    lens: FeatureMap<'_>,
    map: &str,
    steps: usize,
    subject: &impl Subject,
) -> Option<Result<Vec<Mapped>, String>> {
    let mut walk: Vec<Mapped> = Vec::new();
    while walk.len() < steps {
        let query = walk.last().map_or(problem.query, |mapped| &mapped.state);
        match subject.kernelised(map, lens, Problem { query, ..problem })? {
            Ok(mapped) => walk.push(mapped),
            Err(why) => return Some(Err(why)),
        }
    }
    Some(Ok(walk))
}
