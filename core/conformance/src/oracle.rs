//! The oracle: the family's formulas in f64, in the order in which a book would print them. It shares no code with the
//! library, sorts where the library searches, and is as slow as it likes.
//!
//! ```text
//! s = X x      z = beta s      p = map(z) = argmax_p <p, z> + H(p)      Omega*(z) = max_p <p, z> + H(p)      x' = V^T p
//! E0(x) = |x|^2/2 - Omega*(z)/beta          E(x) = E0(x) + H(uniform)/beta + r^2/2          r = max_i |X_i|
//! ```
//!
//! Everything is computed from t = beta (s - max s), and the two energies never from one another: with u the uniform
//! weights, Omega*(t) - H(u) is small where beta is small, and each map has a form of it without cancellation.
//! A new map is a variant of [`Map`] and one arm in each `match` of this file.

#![allow(clippy::disallowed_methods, reason = "the oracle promises no bits: std's exp and ln are good to 1 ULP of f64")]

use std::vec::Vec;

/// Patterns: rows of `dim` numbers, one after the other.
#[derive(Clone, Copy, Debug)]
pub struct Rows<'a> {
    /// M times `dim` numbers.
    pub data: &'a [f64],
    /// D, at least 1.
    pub dim: usize,
}

impl<'a> Rows<'a> {
    /// The rows in order.
    pub fn iter(self) -> impl Iterator<Item = &'a [f64]> {
        self.data.chunks_exact(self.dim)
    }

    /// r, the largest norm of a row.
    #[must_use]
    pub fn max_norm(self) -> f64 {
        self.iter().map(|row| dot(row, row)).fold(0.0, f64::max).sqrt()
    }

    /// m, the largest absolute entry.
    #[must_use]
    pub fn max_entry(self) -> f64 {
        max_abs(self.data)
    }

    /// The rows at `kept`, copied.
    #[must_use]
    pub fn only(self, kept: &[usize]) -> Vec<f64> {
        kept.iter().filter_map(|&i| self.iter().nth(i)).flatten().copied().collect()
    }
}

/// The separations that the oracle knows.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Map {
    /// exp(z_i) / sum exp(z); H is Shannon's entropy.
    Softmax,
    /// [z_i - tau]_+; H is the Gini index (1 - |p|^2)/2.
    Sparsemax,
}

impl Map {
    /// The map of a name as the golden file spells it.
    #[must_use]
    pub fn named(name: &str) -> Option<Map> {
        match name {
            "softmax" => Some(Map::Softmax),
            "sparsemax" => Some(Map::Sparsemax),
            _ => None,
        }
    }

    /// p, the weights of the scaled scores z.
    #[must_use]
    pub fn weights(self, z: &[f64]) -> Vec<f64> {
        let t = shifted(z);
        match self {
            Map::Softmax => {
                let sum: f64 = t.iter().map(|t| t.exp()).sum();
                t.iter().map(|t| t.exp() / sum).collect()
            }
            Map::Sparsemax => {
                let tau = sparsemax_threshold(&t);
                t.iter().map(|t| (t - tau).max(0.0)).collect()
            }
        }
    }

    /// tau: the scaled score at which the weight becomes zero; none for a map without zeros.
    #[must_use]
    pub fn threshold(self, z: &[f64]) -> Option<f64> {
        match self {
            Map::Softmax => None,
            Map::Sparsemax => Some(max(z) + sparsemax_threshold(&shifted(z))),
        }
    }

    /// Omega*(z) = max_p <p, z> + H(p).
    #[must_use]
    pub fn conjugate(self, z: &[f64]) -> f64 {
        let t = shifted(z);
        let of_shifted = match self {
            Map::Softmax => t.iter().map(|t| t.exp()).sum::<f64>().ln(),
            Map::Sparsemax => {
                let tau = sparsemax_threshold(&t);
                t.iter().filter(|t| **t > tau).map(|t| t * t - tau * tau).sum::<f64>() / 2.0 + 0.5
            }
        };
        max(z) + of_shifted
    }

    /// H(uniform) of `count` weights: the largest value of H.
    #[must_use]
    pub fn largest_entropy(self, count: usize) -> f64 {
        match self {
            Map::Softmax => (count as f64).ln(),
            Map::Sparsemax => (1.0 - 1.0 / count as f64) / 2.0,
        }
    }

    /// Omega*(t) - H(uniform) for scaled scores whose maximum is 0, with a small relative error also where t is tiny.
    ///
    /// softmax: ln mean exp(t) = ln(1 + mean(exp(t) - 1)). sparsemax: <p, t> - |p - u|^2/2, because |p|^2 - 1/M = |p - u|^2.
    fn excess(self, t: &[f64]) -> f64 {
        let count = t.len() as f64;
        match self {
            Map::Softmax => (t.iter().map(|t| t.exp_m1()).sum::<f64>() / count).ln_1p(),
            Map::Sparsemax => {
                let p = self.weights(t);
                let spread: f64 = p.iter().map(|p| (p - 1.0 / count).powi(2)).sum();
                dot(&p, t) - spread / 2.0
            }
        }
    }
}

/// What one step from a state yields.
#[derive(Clone, Debug)]
pub struct Recall {
    /// s = X x, M numbers, also for rows that are not kept.
    pub scores: Vec<f64>,
    /// p, M numbers, zero for rows that are not kept.
    pub weights: Vec<f64>,
    /// tau in units of z.
    pub threshold: Option<f64>,
    /// Omega*(z) over the kept rows.
    pub conjugate: f64,
    /// x' = V^T p.
    pub state: Vec<f64>,
}

/// One step from `query` over the rows of `keys` that `kept` names (all where `None`), reading out `values`.
#[must_use]
pub fn recall(map: Map, beta: f64, keys: Rows<'_>, values: Rows<'_>, kept: Option<&[usize]>, query: &[f64]) -> Recall {
    let scores = scores(keys, query);
    let all: Vec<usize> = (0..scores.len()).collect();
    let kept = kept.unwrap_or(&all);
    let z: Vec<f64> = kept.iter().filter_map(|&i| scores.get(i)).map(|s| beta * s).collect();
    let mut weights = vec![0.0; scores.len()];
    for (&i, p) in kept.iter().zip(map.weights(&z)) {
        weights[i] = p;
    }
    let state = read_out(&weights, values);
    Recall { weights, threshold: map.threshold(&z), conjugate: map.conjugate(&z), state, scores }
}

/// s = X x.
#[must_use]
pub fn scores(rows: Rows<'_>, query: &[f64]) -> Vec<f64> {
    rows.iter().map(|row| dot(row, query)).collect()
}

/// V^T p.
#[must_use]
pub fn read_out(weights: &[f64], values: Rows<'_>) -> Vec<f64> {
    let mut sum = vec![0.0; values.dim];
    for (p, row) in weights.iter().zip(values.iter()).filter(|(p, _)| **p != 0.0) {
        for (total, v) in sum.iter_mut().zip(row) {
            *total += p * v;
        }
    }
    sum
}

/// E0(x) = |x|^2/2 - Omega*(beta X x)/beta.
#[must_use]
pub fn energy0(map: Map, beta: f64, rows: Rows<'_>, state: &[f64]) -> f64 {
    let z: Vec<f64> = scores(rows, state).iter().map(|s| beta * s).collect();
    dot(state, state) / 2.0 - map.conjugate(&z) / beta
}

/// E(x) = |x|^2/2 + r^2/2 - max s - (Omega*(t) - H(uniform))/beta, with t = beta (s - max s): no large terms cancel.
#[must_use]
pub fn energy(map: Map, beta: f64, rows: Rows<'_>, state: &[f64]) -> f64 {
    let scores = scores(rows, state);
    let best = max(&scores);
    let t: Vec<f64> = scores.iter().map(|s| beta * (s - best)).collect();
    let r = rows.max_norm();
    dot(state, state) / 2.0 + r * r / 2.0 - best - map.excess(&t) / beta
}

/// sum_j x_j y_j.
#[must_use]
pub fn dot(x: &[f64], y: &[f64]) -> f64 {
    x.iter().zip(y).map(|(x, y)| x * y).sum()
}

/// sum_j |x_j y_j|, the scale of a dot product's error.
#[must_use]
pub fn dot_abs(x: &[f64], y: &[f64]) -> f64 {
    x.iter().zip(y).map(|(x, y)| (x * y).abs()).sum()
}

/// max_j |x_j|, 0 for nothing.
#[must_use]
pub fn max_abs(x: &[f64]) -> f64 {
    x.iter().fold(0.0, |m, x| f64::max(m, x.abs()))
}

/// max_j x_j.
#[must_use]
pub fn max(x: &[f64]) -> f64 {
    x.iter().copied().fold(f64::NEG_INFINITY, f64::max)
}

/// z - max z.
fn shifted(z: &[f64]) -> Vec<f64> {
    let best = max(z);
    z.iter().map(|z| z - best).collect()
}

/// tau of sparsemax: with z sorted downwards, k is the largest j with 1 + j z_(j) > z_(1) + ... + z_(j), and
/// tau = (z_(1) + ... + z_(k) - 1)/k. `t` has its maximum at 0, which keeps the sums small.
fn sparsemax_threshold(t: &[f64]) -> f64 {
    let mut sorted = t.to_vec();
    sorted.sort_by(|a, b| b.total_cmp(a));
    let (mut sum, mut tau) = (0.0, -1.0);
    for (j, t) in sorted.iter().enumerate() {
        let count = (j + 1) as f64;
        sum += t;
        if 1.0 + count * t > sum {
            tau = (sum - 1.0) / count;
        }
    }
    tau
}
