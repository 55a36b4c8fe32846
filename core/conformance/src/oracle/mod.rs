//! The oracle: the family's formulas in f64, in the order in which a book would print them. It shares no code with the
//! library, sorts and halves intervals where the library searches, and is as slow as it likes.
//!
//! ```text
//! s = sim(X, x)    z = beta s    p = map(z) = argmax_p <p, z> - Omega(p)    Omega*(z) = max_p <p, z> - Omega(p)    x' = post(V^T p)
//! E0(x) = |x|^2/2 - Omega*(z)/beta         E(x) = Psi(x) - (Omega*(z) - Omega*(0))/beta
//! ```
//!
//! Everything is computed from t = beta (s - max s), and the two energies never from one another: Omega*(t) - Omega*(0) is
//! small where beta is small, and each map has a form of it in which nothing cancels.
//!
//! - [`Map`]: weights, threshold, conjugate and raised conjugate of each separation, and its derivatives;
//! - [`Similarity`], [`Post`]: what comes before the separation and after the read-out;
//! - [`Model`]: the four together, with [`recall`], [`energy`] and [`energy0`] for dot products and no post-transformation;
//! - [`FeatureMap`]: what a kernelised memory compares in the place of patterns and states.

#![allow(clippy::disallowed_methods, reason = "the oracle promises no bits: std's exp and ln are good to 1 ULP of f64")]

mod capped;
mod derivative;
mod entmax;
mod feature_map;
mod map;
mod model;
mod post;
mod similarity;

pub use feature_map::FeatureMap;
pub use map::Map;
pub use model::{Model, Recall, energy, energy0, recall};
pub use post::Post;
pub use similarity::Similarity;

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
        self.iter().map(norm).fold(0.0, f64::max)
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

/// s = X x.
#[must_use]
pub fn scores(rows: Rows<'_>, query: &[f64]) -> Vec<f64> {
    Similarity::Dot.scores(rows, query)
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

/// sum_j x_j y_j.
#[must_use]
pub fn dot(x: &[f64], y: &[f64]) -> f64 {
    x.iter().zip(y).map(|(x, y)| x * y).sum()
}

/// |x|.
#[must_use]
pub fn norm(x: &[f64]) -> f64 {
    dot(x, x).sqrt()
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
