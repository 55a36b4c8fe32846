//! What is right: the laws, and the oracle's numbers within the tolerance table.

use crate::wide;
use basinet_conformance::oracle::{self, Map};
use basinet_conformance::tolerance::{self, EPS};
use basinet_core::Step;

/// Panics where `found` is further from `exact` than `allowed`, or where one of the three is NaN.
#[track_caller]
pub fn near(what: &str, found: f64, exact: f64, allowed: f64) {
    let off = (found - exact).abs();
    assert!(off <= allowed, "{what}: {found:e} where {exact:e} is right, off by {off:e}, allowed {allowed:e}");
}

/// The scaled scores of the rows named.
pub fn scaled(beta: f32, scores: &[f32], rows: &[usize]) -> Vec<f64> {
    rows.iter().map(|&i| f64::from(beta) * f64::from(scores[i])).collect()
}

/// Holds weights, and what a step says of them, against the f32 scores that they were made of. `rows` take part, all others do not.
#[track_caller]
pub fn weights(map: Map, beta: f32, rows: &[usize], scores: &[f32], weights: &[f32], step: &Step) {
    let z = scaled(beta, scores, rows);
    let exact = map.weights(&z);
    for (&row, &exact) in rows.iter().zip(&exact) {
        near("weight", weights[row].into(), exact, tolerance::WEIGHTS);
    }

    let others = (0..weights.len()).filter(|i| rows.binary_search(i).is_err());
    assert!(others.into_iter().all(|i| weights[i].to_bits() == 0), "the weight of a masked row");
    assert!(weights.iter().all(|p| *p >= 0.0 && p.is_sign_positive()), "a negative weight");
    near("sum of weights", wide(weights).iter().sum(), 1.0, tolerance::weights_sum(rows.len()));
    let mut ranked = rows.to_vec();
    ranked.sort_by(|&a, &b| scores[b].total_cmp(&scores[a]));
    for pair in ranked.windows(2) {
        assert!(weights[pair[0]] >= weights[pair[1]], "rows {pair:?} change their order");
    }

    let winner = rows.iter().copied().reduce(|best, i| if scores[i] > scores[best] { i } else { best }).expect("rows take part");
    assert_eq!(step.winner, winner, "winner");
    assert_eq!(step.weight.to_bits(), weights[winner].to_bits(), "winner's weight");
    let runner_up = rows.iter().filter(|&&i| i != winner).map(|&i| scores[i]).fold(f32::NEG_INFINITY, f32::max);
    assert_eq!(step.gap, scores[winner] - runner_up, "gap");
    let positive = weights.iter().filter(|p| **p > 0.0).count();
    let rest: f64 = rows.iter().zip(&exact).filter(|(i, _)| **i != winner).map(|(_, p)| p).sum();
    let largest_z = oracle::max_abs(&z);
    match map {
        Map::Softmax => {
            assert_eq!(step.support, rows.len(), "support");
            // Terms: u = beta (s - max) to 2 eps |u|, |u| at most 88, and exp; the sum: (k + 2) eps; terms below 2^-126 are 0.
            let relative = (2.0 * 88.0 + 4.0) * EPS + tolerance::weights_sum(rows.len());
            near("rest", step.rest.into(), rest, relative * rest + rows.len() as f64 * 2f64.powi(-125));
        }
        Map::Sparsemax => {
            assert_eq!(step.support, positive, "support");
            near("rest", step.rest.into(), rest, tolerance::WEIGHTS);
        }
    }
    assert_eq!(step.threshold.is_some(), map.threshold(&z).is_some(), "threshold");
    if let (Some(found), Some(exact)) = (step.threshold, map.threshold(&z)) {
        near("threshold", found, exact, tolerance::threshold(largest_z));
    }
    near("conjugate", step.conjugate, map.conjugate(&z), tolerance::conjugate(largest_z));
    assert_eq!(step.is_exact(), step.weight == 1.0 && step.rest == 0.0, "exactness");
    assert!(!step.is_exact() || positive == 1, "exact with {positive} weights");
}

/// The scores of rows that are finite, against the oracle: `keys` and `query` in f64.
#[track_caller]
pub fn scores(keys: oracle::Rows<'_>, query: &[f64], found: impl IntoIterator<Item = f32>) {
    for (row, found) in keys.iter().zip(found) {
        near("score", found.into(), oracle::dot(row, query), tolerance::dot(query.len(), oracle::dot_abs(row, query)));
    }
}

/// A state that was read out by these exact weights of `values`: in its tolerance, and in the box of the rows with a weight.
#[track_caller]
pub fn state(exact: &[f64], values: oracle::Rows<'_>, found: &[f32]) {
    let underflow = tolerance::dot(exact.len(), 0.0);
    let allowed = tolerance::states(values.max_entry()) + underflow;
    for (&found, &exact) in found.iter().zip(&oracle::read_out(exact, values)) {
        near("state", found.into(), exact, allowed);
    }
    for (column, &found) in found.iter().enumerate() {
        let entries = || values.iter().map(|row| row[column]);
        let (low, high) = (entries().fold(f64::INFINITY, f64::min), entries().fold(f64::NEG_INFINITY, f64::max));
        let slack = tolerance::weights_sum(exact.len()) * low.abs().max(high.abs()) + underflow;
        let found = f64::from(found);
        assert!(found >= low - slack && found <= high + slack, "state {found:e} in column {column} is not between {low:e} and {high:e}");
    }
}
