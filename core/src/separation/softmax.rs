//! Softmax: `p_i = exp(z_i) / sum_j exp(z_j)`, the separation of the dense modern Hopfield network (Ramsauer et al. 2021, eq. 3).
//!
//! `Omega(p) = sum_i p_i ln p_i`, `Omega*(z) = ln sum_i exp(z_i)`, `J = diag(p) - p p^T`. Every weight is positive, so the winner's is
//! never exactly one (but for underflow) and there is no margin.

use super::{Dense, Map, jacobian};
use crate::recall::Online;

/// Softmax: every row takes part, the more the nearer its score is to the best.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Softmax;

impl Map for Softmax {
    type State = Online;

    fn margin(&self) -> f32 {
        f32::INFINITY
    }

    fn is_within_softmax(&self) -> bool {
        true
    }

    fn differentiate(&self, weights: &[f32], tangent: &mut [f32]) {
        jacobian::project(weights, tangent, |_, p| f64::from(p), None);
    }
}

impl Dense for Softmax {
    fn empty_slot(&self) -> bool {
        false
    }
}
