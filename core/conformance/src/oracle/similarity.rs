//! How a row is compared with a state.

use super::{Rows, dot, norm};
use std::vec::Vec;

/// s_i as a function of row xi_i and state x.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Similarity {
    /// <xi, x>.
    Dot,
    /// <xi, x>/(|xi| |x|), 0 where either is zero.
    Cosine,
    /// -|x - xi|^2.
    NegativeSquaredDistance,
}

impl Similarity {
    /// The scores of every row.
    #[must_use]
    pub fn scores(self, rows: Rows<'_>, query: &[f64]) -> Vec<f64> {
        rows.iter().map(|row| self.score(row, query)).collect()
    }

    /// The score of one row.
    #[must_use]
    pub fn score(self, row: &[f64], query: &[f64]) -> f64 {
        match self {
            Similarity::Dot => dot(row, query),
            Similarity::Cosine => {
                let unit = |x: &[f64]| {
                    let norm = norm(x);
                    x.iter().map(|x| if norm > 0.0 { x / norm } else { 0.0 }).collect::<Vec<f64>>()
                };
                dot(&unit(row), &unit(query))
            }
            Similarity::NegativeSquaredDistance => -row.iter().zip(query).map(|(a, b)| (b - a).powi(2)).sum::<f64>(),
        }
    }
}
