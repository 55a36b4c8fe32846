//! What is right: the laws, and the oracle's numbers within the tolerance table.

use crate::family::{Family, Setup};
use crate::wide;
use basinet_conformance::numerics::score_error;
use basinet_conformance::oracle::{self, Map, Rows, Similarity};
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

/// What the oracle makes of f32 scores.
pub struct Exact {
    /// z, of the rows that take part.
    pub z: Vec<f64>,
    /// Their weights.
    pub weights: Vec<f64>,
    /// tau.
    pub threshold: Option<f64>,
    /// Omega*(z).
    pub conjugate: f64,
    /// Softmax1: what is left to the empty slot.
    pub missing: f64,
    /// What the weights sum to.
    pub total: f64,
}

impl Exact {
    /// Of the scores of `rows`, which can carry the weights.
    pub fn of(setup: &Setup, rows: &[usize], scores: &[f32]) -> Self {
        let family = &setup.family;
        let (z, caps) = (scaled(setup.beta.get(), scores, rows), setup.caps(rows));
        let map = family.oracle(&caps);
        let (weights, threshold, conjugate) = (map.weights(&z), map.threshold(&z), map.conjugate(&z));
        let mut missing = 0.0;
        if map == Map::Softmax1 {
            missing = Map::Softmax.weights(&[&z[..], &[0.0]].concat())[z.len()];
        }
        let total = match family {
            Family::Softmax1 => 1.0 - missing,
            Family::Constrained(_) => caps.iter().sum::<f64>().min(1.0),
            _ => family.mass(),
        };
        Self { z, weights, threshold, conjugate, missing, total }
    }

    /// Whether a row is well between its bounds, so that the threshold is one number and not a range.
    fn pins_threshold(&self, caps: &[f64]) -> bool {
        self.weights.iter().zip(caps).any(|(p, cap)| *p > 1e-5 && *p < cap - 1e-5)
    }
}

/// Holds weights against exact ones. For alpha or gamma above 2 a weight is not Lipschitz at the threshold: there the power of which the
/// threshold is a shift may be near instead (of normmax's weights, in terms of the largest). At the largest exponents a power says nothing
/// of a weight that is not next to 1, and a weight nothing of one next to the threshold; so one of the two is asked for.
#[track_caller]
pub fn near_weights(what: &str, family: &Family, found: &[f32], exact: &[f64], allowed: f64) {
    let top = oracle::max(exact);
    let power = |p: f64| match family {
        Family::Entmax(alpha) if *alpha > 2.0 => p.powf(f64::from(*alpha) - 1.0),
        Family::Normmax(gamma) if *gamma > 2.0 => (p / top).powf(f64::from(*gamma) - 1.0),
        _ => p,
    };
    for (&found, &exact) in found.iter().zip(exact) {
        let found = f64::from(found);
        if (power(found) - power(exact)).abs() <= allowed {
            continue;
        }
        near(what, found, exact, allowed);
    }
}

/// Holds weights, and what a step says of them, against the f32 scores that they were made of. `rows` take part, all others do not.
#[track_caller]
pub fn weights(setup: &Setup, rows: &[usize], scores: &[f32], weights: &[f32], step: &Step, margin: f32) {
    let (family, exact) = (&setup.family, Exact::of(setup, rows, scores));
    let found: Vec<f32> = rows.iter().map(|&row| weights[row]).collect();
    near_weights("weight", family, &found, &exact.weights, tolerance::WEIGHTS);

    let others = (0..weights.len()).filter(|i| rows.binary_search(i).is_err());
    assert!(others.into_iter().all(|i| weights[i].to_bits() == 0), "the weight of a masked row");
    assert!(weights.iter().all(|p| p.is_sign_positive()), "a negative weight");
    assert!(rows.iter().all(|&row| weights[row] <= family.cap(row)), "a weight above its cap");
    assert!(family.is_dense() || weights.iter().all(|p| *p == 0.0 || p.is_normal()), "a denormal weight");
    let sum = wide(weights).iter().sum();
    near("sum of weights", sum, exact.total, tolerance::weights_sum(rows.len()) * exact.total.max(1.0));
    let mut ranked = rows.to_vec();
    ranked.sort_by(|&a, &b| scores[b].partial_cmp(&scores[a]).expect("no NaN"));
    for pair in ranked.windows(2) {
        let (a, b) = (pair[0], pair[1]);
        assert!(weights[a] >= weights[b].min(family.cap(a)), "rows {pair:?} change their order");
        let shares = !matches!(family, Family::TopK(_)) && family.cap(a) == family.cap(b);
        assert!(!shares || scores[a] != scores[b] || weights[a].to_bits() == weights[b].to_bits(), "rows {pair:?} are tied");
    }
    if let Family::TopK(k) = family {
        assert!(ranked.iter().skip(*k as usize).all(|&row| weights[row] == 0.0), "more than {k} rows");
    }

    let winner = rows.iter().copied().reduce(|best, i| if scores[i] > scores[best] { i } else { best }).expect("rows take part");
    assert_eq!((step.winner, step.rows), (winner, rows.len()), "winner, rows");
    assert_eq!(step.weight.to_bits(), weights[winner].to_bits(), "winner's weight");
    let runner_up = rows.iter().filter(|&&i| i != winner).map(|&i| scores[i]).fold(f32::NEG_INFINITY, f32::max);
    assert_eq!(step.gap, scores[winner] - runner_up, "gap");
    near("missing", step.missing.into(), exact.missing, tolerance::WEIGHTS);
    assert!(step.missing == 0.0 || matches!(family, Family::Softmax1), "a slot that is none");
    let positive = weights.iter().filter(|p| **p > 0.0).count();
    assert_eq!(step.support, if family.is_dense() { rows.len() } else { positive }, "support");

    let rest_of = |of: &mut dyn Iterator<Item = f64>| rows.iter().zip(of).filter(|(i, _)| **i != winner).map(|(_, p)| p).sum::<f64>();
    let rest = rest_of(&mut exact.weights.iter().copied());
    if family.is_dense() || matches!(family, Family::TopK(_) | Family::Entmax(1.0)) {
        // Terms: u = beta (s - max) to 2 eps |u|, |u| at most 88, and exp; the sum: (k + 2) eps; terms below 2^-126 are 0.
        let relative = (2.0 * 88.0 + 4.0) * EPS + tolerance::weights_sum(rows.len());
        near("rest", step.rest.into(), rest, relative * rest + rows.len() as f64 * 2f64.powi(-125));
    }
    if !family.is_dense() {
        let sum = rest_of(&mut found.iter().map(|&p| f64::from(p)));
        near("rest, as a sum", step.rest.into(), sum, 2.0 * EPS * sum);
    }

    let largest_z = oracle::max_abs(&exact.z);
    assert_eq!(step.threshold.is_some(), exact.threshold.is_some(), "threshold");
    let caps = setup.caps(rows);
    if let (Some(found), Some(tau)) = (step.threshold, exact.threshold)
        && (!family.is_capped() || exact.pins_threshold(&caps))
    {
        let unit = family.oracle(&caps).threshold_unit();
        near("threshold", found, tau, tolerance::threshold(largest_z * unit));
    }
    if exact.total >= family.mass() || !family.is_capped() {
        near("conjugate", step.conjugate, exact.conjugate, tolerance::conjugate(largest_z) * family.mass());
    }
    assert_eq!(step.is_exact(), step.weight == 1.0 && step.rest == 0.0, "exactness");
    assert!(!step.is_exact() || positive == 1, "exact with {positive} weights");
    let alone = f64::from(setup.beta.get() * step.gap) >= f64::from(margin) * (1.0 + 2.0 * EPS) && step.gap > 0.0 && margin.is_finite();
    assert!(!alone || step.is_exact() || family.mass() > 1.0 || family.cap(winner) < 1.0, "margin {margin} and {step:?}");
}

/// The largest number that can come up on the way to a score; NaN where one of the numbers is.
pub fn score_size(similarity: Similarity, row: &[f64], query: &[f64]) -> f64 {
    // A maximum drops a NaN.
    if row.iter().chain(query).any(|x| x.is_nan()) {
        return f64::NAN;
    }
    match similarity {
        Similarity::Dot => oracle::dot_abs(row, query),
        Similarity::NegativeSquaredDistance => (-similarity.score(row, query)).max(oracle::max_abs(row) + oracle::max_abs(query)),
        Similarity::Cosine => oracle::dot(row, row).max(oracle::dot(query, query)),
    }
}

/// The scores of rows that are finite, against the oracle: `keys` and `query` in f64.
#[track_caller]
pub fn scores(similarity: Similarity, keys: Rows<'_>, query: &[f64], found: impl IntoIterator<Item = f32>) {
    for (row, found) in keys.iter().zip(found) {
        near("score", found.into(), similarity.score(row, query), score_error(similarity, row, query));
    }
}

/// A state that was read out by these weights of `values`: in its tolerance, and in the box of the rows.
#[track_caller]
pub fn state(weights: &[f64], values: Rows<'_>, found: &[f32]) {
    let total: f64 = weights.iter().sum();
    let underflow = tolerance::dot(weights.len(), 0.0);
    let allowed = tolerance::states(values.max_entry()) * total.max(1.0) + underflow;
    for (&found, &exact) in found.iter().zip(&oracle::read_out(weights, values)) {
        near("state", found.into(), exact, allowed);
    }
    for (column, &found) in found.iter().enumerate() {
        let entries = || values.iter().zip(weights).filter(|(_, p)| **p > 0.0).map(|(row, _)| row[column]);
        let (low, high) = (entries().fold(f64::INFINITY, f64::min), entries().fold(f64::NEG_INFINITY, f64::max));
        let slack = tolerance::weights_sum(weights.len()) * total * low.abs().max(high.abs()) + underflow;
        let (low, high) = (total * low - slack, total * high + slack);
        let found = f64::from(found);
        assert!(found >= low && found <= high || total == 0.0, "state {found:e} in column {column} is not between {low:e} and {high:e}");
    }
}
