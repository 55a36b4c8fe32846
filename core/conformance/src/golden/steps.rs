//! The sections that take steps: `retrieval`, `masked_hetero`, `sparse_vs_dense_counterexample`.

use super::file::{Counterexample, MaskedHetero, MaskedHeteroMap, Retrieval, Retrieved};
use super::{Answer, Case, Check, Energies, File, Flat, Kept, Problem, Subject, deviation};
use crate::oracle::{self, Rows, dot, dot_abs, max, max_abs};
use crate::tolerance;
use std::string::String;
use std::vec::Vec;

pub(super) fn retrieval(file: &File, subject: &impl Subject) -> Vec<Check> {
    let mut checks = Vec::new();
    for problem in &file.retrieval {
        for (map, expected) in &problem.maps {
            checks.append(&mut retrieved(problem, map, expected, subject));
        }
    }
    checks
}

/// One memory and query under one map: the first step, then the trajectory with its energies.
fn retrieved(case: &Retrieval, map: &str, expected: &Retrieved, subject: &impl Subject) -> Vec<Check> {
    let z: Vec<f64> = case.scores.iter().map(|s| case.beta * s).collect();
    let mut quantities = expected.separated.quantities(map, &z);
    quantities.extend(["scores", "state"]);
    if !expected.trajectory.is_empty() {
        quantities.extend(["trajectory", "energy0", "energy", "descent"]);
    }
    let patterns = Flat::new(&case.patterns);
    let keys = patterns.rows();
    let mut out = Case::new("retrieval", &case.name, map);
    if keys.dim != case.d {
        out.failed(quantities, "rows of another width than d");
        return out.checks;
    }
    let problem = Problem { beta: case.beta, keys, values: None, kept: Kept::All, query: &case.q };
    if let Some(found) = out.answer(subject.recall(map, problem), &quantities) {
        out.separated(&found.separated, &expected.separated, &z);
        out.worst("scores", score_deviations(&found.scores, &case.scores, keys, &case.q));
        out.vector("state", &found.state, &expected.x1, tolerance::states(keys.max_entry()));
        if !expected.trajectory.is_empty() {
            match follow(problem, map, found, expected.trajectory.len(), subject) {
                Ok(walk) => trajectory(&mut out, problem, expected, &walk),
                Err(why) => out.failed(["trajectory", "energy0", "energy", "descent"], &why),
            }
        }
    }
    out.checks
}

/// Each score with its own bound; a wrong number of them is infinitely wrong.
fn score_deviations(found: &[f64], expected: &[f64], keys: Rows<'_>, query: &[f64]) -> Vec<(f64, f64)> {
    if found.len() != expected.len() {
        return vec![(f64::INFINITY, 0.0)];
    }
    let bound = |row: &[f64]| tolerance::dot(keys.dim, dot_abs(row, query));
    found.iter().zip(expected).zip(keys.iter()).map(|((a, b), row)| ((a - b).abs(), bound(row))).collect()
}

/// States 0..=T of the subject's own trajectory, and the energies of each.
struct Walk {
    states: Vec<Vec<f64>>,
    energies: Vec<Energies>,
}

/// Walks `steps` steps on from the answer to the first, and one more for the energies of the last state.
fn follow(problem: Problem<'_>, map: &str, first: Answer, steps: usize, subject: &impl Subject) -> Result<Walk, String> {
    let mut walk = Walk { states: vec![problem.query.to_vec()], energies: Vec::new() };
    let mut answer = first;
    loop {
        walk.energies.push(answer.energies.ok_or("no energy")?);
        if walk.energies.len() > steps {
            return Ok(walk);
        }
        let next = subject.recall(map, Problem { query: &answer.state, ..problem }).ok_or("no such map")??;
        walk.states.push(answer.state);
        answer = next;
    }
}

/// States and energies up to a tie, and the law that the energy never rises over all of the subject's own states.
fn trajectory(out: &mut Case<'_>, problem: Problem<'_>, expected: &Retrieved, walk: &Walk) {
    let Problem { beta, keys, .. } = problem;
    let truth: Vec<&[f64]> = core::iter::once(problem.query).chain(expected.trajectory.iter().map(Vec::as_slice)).collect();
    let compared = untied(keys, &truth);
    let states = tolerance::states(keys.max_entry());
    let pairs = truth.iter().zip(&walk.states).take(compared);
    out.worst("trajectory", pairs.skip(1).map(|(truth, found)| (deviation(found, truth), states)));

    let mut without = Vec::new();
    let mut with = Vec::new();
    for ((truth, found), energy0) in truth.iter().zip(&walk.energies).zip(&expected.energy0).take(compared) {
        let half = dot(truth, truth) / 2.0;
        let conjugate = beta * (half - energy0);
        let max_score = max_abs(&oracle::scores(keys, truth));
        without.push(((found.energy0 - energy0).abs(), tolerance::energy0(half, conjugate, beta)));
        let energy = energy0 + expected.energy_const.unwrap_or(f64::NAN);
        with.push(((found.energy - energy).abs(), tolerance::energy(half, keys.max_norm(), max_score)));
    }
    out.worst("energy0", without);
    out.worst("energy", with);
    out.worst(
        "descent",
        walk.energies.windows(2).zip(walk.states.iter().skip(1)).map(|(pair, last)| {
            let max_score = max_abs(&oracle::scores(keys, last));
            let allowed = tolerance::energy_rise(dot(last, last) / 2.0, keys.max_norm(), max_score);
            let rise = if let [before, after] = pair { after.energy - before.energy } else { f64::NAN };
            (if rise < 0.0 { 0.0 } else { rise }, allowed)
        }),
    );
}

/// How many states of a trajectory are compared: up to and including the first, after the query, at which two different
/// patterns share the best score. From there on rounding decides which way it goes. The query is exact, so the step
/// from it is always compared.
fn untied(keys: Rows<'_>, states: &[&[f64]]) -> usize {
    let tied = |state: &[f64]| {
        let scores = oracle::scores(keys, state);
        let near = max(&scores) - 1e-12 * max_abs(&scores);
        let mut best = keys.iter().zip(&scores).filter(|(_, s)| **s >= near).map(|(row, _)| row);
        best.next().is_some_and(|first| best.any(|other| other != first))
    };
    states.iter().skip(1).position(|state| tied(state)).map_or(states.len(), |at| at + 2)
}

pub(super) fn masked_hetero(file: &File, subject: &impl Subject) -> Vec<Check> {
    let mut checks = Vec::new();
    for section in file.masked_hetero.iter() {
        let (patterns, values) = (Flat::new(&section.patterns), Flat::new(&section.values));
        for (map, expected) in &section.maps {
            let mut out = Case::new("masked_hetero", "", map);
            masked(&mut out, section, expected, patterns.rows(), values.rows(), subject);
            checks.append(&mut out.checks);
        }
        checks.append(&mut window(section, patterns.rows(), subject));
    }
    checks
}

/// Values of another width; and the kept rows, told as a list and told as bits.
fn masked(
    out: &mut Case<'_>,
    section: &MaskedHetero,
    expected: &MaskedHeteroMap,
    keys: Rows<'_>,
    values: Rows<'_>,
    subject: &impl Subject,
) {
    let auto = Problem { beta: section.beta, keys, values: None, kept: Kept::All, query: &section.q };
    let hetero = Problem { values: Some(values), ..auto };
    if let Some(found) = out.answer(subject.recall(out.map, hetero), &["values"]) {
        out.vector("values", &found.state, &expected.hetero, tolerance::states(values.max_entry()));
    }
    let mut weights = vec![0.0; section.patterns.len()];
    for (&row, p) in section.kept.iter().zip(&expected.masked_p) {
        if let Some(weight) = weights.get_mut(row) {
            *weight = *p;
        }
    }
    for (kept, names) in
        [(Kept::Listed(&section.kept), ["listed weights", "listed state"]), (Kept::Bits(&section.kept), ["bits weights", "bits state"])]
    {
        if let Some(found) = out.answer(subject.recall(out.map, Problem { kept, ..auto }), &names) {
            out.vector(names[0], &found.separated.weights, &weights, tolerance::WEIGHTS);
            out.vector(names[1], &found.state, &expected.masked_x1, tolerance::states(keys.max_entry()));
        }
    }
}

/// Softmax over a window.
fn window(section: &MaskedHetero, keys: Rows<'_>, subject: &impl Subject) -> Vec<Check> {
    let window = &section.window;
    let kept = Kept::Window { centre: window.centre, half_width: window.half_width };
    let problem = Problem { beta: section.beta, keys, values: None, kept, query: &section.q };
    let mut out = Case::new("masked_hetero", "", "softmax");
    if let Some(found) = out.answer(subject.recall("softmax", problem), &["window state"]) {
        out.vector("window state", &found.state, &window.x1, tolerance::states(keys.max_entry()));
    }
    out.checks
}

pub(super) fn counterexamples(file: &File, subject: &impl Subject) -> Vec<Check> {
    let mut checks = Vec::new();
    for example in &file.counterexamples {
        for map in example.maps.keys() {
            checks.append(&mut counterexample(example, map, subject));
        }
    }
    checks
}

/// Weights, state, and how far from the target the step ends (which moves at most by the norm of the state's error).
fn counterexample(example: &Counterexample, map: &str, subject: &impl Subject) -> Vec<Check> {
    let mut out = Case::new("sparse_vs_dense_counterexample", &example.name, map);
    let patterns = Flat::new(&example.patterns);
    let keys = patterns.rows();
    let problem = Problem { beta: example.beta, keys, values: None, kept: Kept::All, query: &example.q };
    let Some(expected) = example.maps.get(map) else { return out.checks };
    let quantities = ["scores", "weights", "state", "distance"];
    if let Some(found) = out.answer(subject.recall(map, problem), &quantities) {
        let states = tolerance::states(keys.max_entry());
        out.worst("scores", score_deviations(&found.scores, &example.scores, keys, &example.q));
        out.vector("weights", &found.separated.weights, &expected.p, tolerance::WEIGHTS);
        out.vector("state", &found.state, &expected.x1, states);
        let target = keys.iter().nth(example.target).unwrap_or(&[]);
        let apart: Vec<f64> = found.state.iter().zip(target).map(|(a, b)| a - b).collect();
        let allowed = states * (keys.dim as f64).sqrt();
        out.number("distance", Some(dot(&apart, &apart).sqrt()), expected.dist_to_target, allowed);
    }
    out.checks
}
