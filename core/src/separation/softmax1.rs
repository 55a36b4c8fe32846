//! Softmax1: `p_i = exp(z_i) / (1 + sum_j exp(z_j))`, the separation of the outlier-efficient Hopfield network (Hu et al. 2024).
//!
//! An empty slot with score 0 takes part and is read out by nobody: the weights sum to less than one, and to nearly nothing where no
//! pattern is like the state. `Omega*(z) = ln(1 + sum_i exp(z_i))`, `J = diag(p) - p p^T`. Not invariant under a shift of the scores. The
//! slot enters when a pass ends, not where it begins, so that merging passes does not count it twice.

use super::{Dense, Map, jacobian};
use crate::recall::Online;

/// Softmax with a further, empty slot of score 0: weights may all be small.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Softmax1;

impl Map for Softmax1 {
    type State = Online;

    fn margin(&self) -> f32 {
        f32::INFINITY
    }

    fn differentiate(&self, weights: &[f32], tangent: &mut [f32]) {
        jacobian::project(weights, tangent, |_, p| f64::from(p), Some(1.0));
    }
}

impl Dense for Softmax1 {
    fn empty_slot(&self) -> bool {
        true
    }
}
