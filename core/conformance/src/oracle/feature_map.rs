//! What a kernelised memory compares: Phi(x) = W x + b, or that divided by its norm.

use super::{Rows, dot, norm};
use std::vec::Vec;

/// A linear feature map: D' rows of D weights, and a bias for each or none.
#[derive(Clone, Copy, Debug)]
pub struct FeatureMap<'a> {
    /// W.
    pub weights: Rows<'a>,
    /// b, zero where there is none.
    pub bias: Option<&'a [f64]>,
    /// Divided by its norm.
    pub unit: bool,
}

impl FeatureMap<'_> {
    /// Phi(x), D' numbers; zeros stay zeros.
    #[must_use]
    pub fn of(&self, x: &[f64]) -> Vec<f64> {
        let bias = |k: usize| self.bias.and_then(|bias| bias.get(k)).copied().unwrap_or(0.0);
        let features: Vec<f64> = self.weights.iter().enumerate().map(|(k, row)| dot(row, x) + bias(k)).collect();
        let length = norm(&features);
        if self.unit && length > 0.0 { features.iter().map(|f| f / length).collect() } else { features }
    }

    /// Phi of each row, one after the other: M times D' numbers.
    #[must_use]
    pub fn of_rows(&self, rows: Rows<'_>) -> Vec<f64> {
        rows.iter().flat_map(|row| self.of(row)).collect()
    }
}
