//! The section `universal`: similarities, and what each separation makes of them.

use super::super::Flat;
use super::{Case, Check, Kernels, Vec};
use crate::oracle::max_abs;
use crate::tolerance;
use basinet_core::universal::{Separation, Similarity, Universal};
use basinet_core::{Beta, Patterns, Scratch};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::string::{String, ToString};

pub(super) type Section = Option<Memory>;

#[derive(Debug, Deserialize)]
pub(super) struct Memory {
    #[serde(rename = "X")]
    patterns: Vec<Vec<f64>>,
    q: Vec<f64>,
    sims: BTreeMap<String, Compared>,
}

#[derive(Debug, Deserialize)]
struct Compared {
    similarity: Vec<f64>,
    normalised: Vec<f64>,
    sep: BTreeMap<String, Separated>,
}

#[derive(Debug, Deserialize)]
struct Separated {
    weights: Vec<f64>,
    out: Vec<f64>,
}

fn similarity(name: &str) -> Option<Similarity> {
    Some(match name {
        "dot" => Similarity::Dot,
        "inv_sq_euclid" => Similarity::InverseSquaredDistance,
        "inv_manhattan" => Similarity::InverseManhattan,
        _ => return None,
    })
}

fn separation(name: &str) -> Option<Separation> {
    Some(match name {
        "identity" => Separation::Identity,
        "square" => Separation::power(2).ok()?,
        "poly10" => Separation::power(10).ok()?,
        "softmax_1000" => Separation::Softmax(Beta::new(1000.0).ok()?),
        "sparsemax_1" => Separation::Sparsemax(Beta::new(1.0).ok()?),
        "max" => Separation::Max,
        _ => return None,
    })
}

pub(super) fn checks(section: &Section, kernels: impl Kernels) -> Vec<Check> {
    let mut checks = Vec::new();
    if let Some(memory) = section {
        let flat = Flat::new(&memory.patterns);
        let m = flat.rows().max_entry();
        for (name, compared) in &memory.sims {
            let mut case = Case::new("universal", name, "");
            let ask =
                |separation| similarity(name).zip(separation).map(|(sim, sep)| memory.ask(&flat, Universal::new(sim, sep).on(kernels)));
            if let Some(found) = case.answer(ask(Some(Separation::Identity)), &["similarity", "normalised"]) {
                // What is near is held as the entries of a state are, what is normalised as weights are.
                case.vector("similarity", &found.scores, &compared.similarity, tolerance::states(max_abs(&compared.similarity)));
                case.vector("normalised", &found.weights, &compared.normalised, tolerance::WEIGHTS);
            }
            for (map, expected) in &compared.sep {
                let [weights, out] = ["weights", "out"].map(|quantity| std::format!("{map} {quantity}"));
                if let Some(found) = case.answer(ask(separation(map)), &[&weights, &out]) {
                    case.vector(&weights, &found.weights, &expected.weights, tolerance::WEIGHTS);
                    case.vector(&out, &found.out, &expected.out, tolerance::states(m));
                }
            }
            checks.append(&mut case.checks);
        }
    }
    checks
}

/// What the library makes of the query.
struct Found {
    scores: Vec<f64>,
    weights: Vec<f64>,
    out: Vec<f64>,
}

impl Memory {
    fn ask(&self, flat: &Flat, network: Universal<impl Kernels>) -> Result<Found, String> {
        let (data, q) = (narrow(&flat.data), narrow(&self.q));
        let patterns = Patterns::new(&data, flat.dim).map_err(|error| error.to_string())?;
        let (mut scores, mut out) = (std::vec![0.0; patterns.count()], std::vec![0.0; flat.dim]);
        let (mut weights, mut sums) = (scores.clone(), std::vec![0.0; 3 * flat.dim]);
        let (mut candidates, mut rows) = ([0.0; 8], [0; 8]);
        let mut scratch = Scratch::new(&mut sums, &mut candidates, &mut rows, &mut []);
        network
            .scores(&patterns, &q, &mut scores)
            .and_then(|()| network.step(&patterns, &q, &mut weights, &mut out, &mut scratch))
            .map_err(|error| error.to_string())?;
        Ok(Found { scores: wide(&scores), weights: wide(&weights), out: wide(&out) })
    }
}

fn narrow(x: &[f64]) -> Vec<f32> {
    x.iter().map(|x| *x as f32).collect()
}

fn wide(x: &[f32]) -> Vec<f64> {
    x.iter().map(|x| f64::from(*x)).collect()
}
