//! What is done to the mean of the rows before it becomes the state: x' = post(y) = argmax_x <x, y> - Psi(x).

use super::{Rows, dot, norm};
use std::vec::Vec;

/// The post-transformations.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Post {
    /// y.
    Identity,
    /// y/|y|, 0 for 0: Psi is 0 on the unit ball.
    L2,
    /// sqrt(D) (y - mean y)/|y - mean y|, 0 for a constant: Psi is 0 on the centred ball of that radius.
    Layer,
    /// tanh y_i: Psi sums [(1 + x) ln(1 + x) + (1 - x) ln(1 - x)]/2.
    Tanh,
}

impl Post {
    /// post(y).
    #[must_use]
    pub fn apply(self, y: &[f64]) -> Vec<f64> {
        match self {
            Post::Identity => y.to_vec(),
            Post::L2 => scaled(y, 1.0),
            Post::Layer => {
                let mean = y.iter().sum::<f64>() / y.len() as f64;
                let centred: Vec<f64> = y.iter().map(|y| y - mean).collect();
                scaled(&centred, (y.len() as f64).sqrt())
            }
            Post::Tanh => y.iter().map(|y| y.tanh()).collect(),
        }
    }

    /// Psi(x), for a state that this transformation can yield; with the constant r^2/2 for the identity.
    #[must_use]
    pub fn potential(self, rows: Rows<'_>, x: &[f64]) -> f64 {
        match self {
            Post::Identity => dot(x, x) / 2.0 + rows.max_norm().powi(2) / 2.0,
            Post::L2 | Post::Layer => 0.0,
            Post::Tanh => x.iter().map(|x| (part(*x) + part(-x)) / 2.0).sum(),
        }
    }
}

/// (1 + x) ln(1 + x), 0 at -1.
fn part(x: f64) -> f64 {
    if x == -1.0 { 0.0 } else { (1.0 + x) * x.ln_1p() }
}

/// `length` y/|y|, 0 for 0.
fn scaled(y: &[f64], length: f64) -> Vec<f64> {
    let norm = norm(y);
    y.iter().map(|y| if norm > 0.0 { length * y / norm } else { 0.0 }).collect()
}
