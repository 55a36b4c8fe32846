//! Softmax: `p_i = exp(z_i) / sum_j exp(z_j)`, the separation of the dense modern Hopfield network (Ramsauer et al. 2021, eq. 3).
//!
//! `Omega(p) = sum_i p_i ln p_i`, `Omega*(z) = ln sum_i exp(z_i)`. Every weight is positive, so the winner's is never exactly one (but for
//! underflow) and there is no margin.

use super::{Separation, sealed};
use crate::recall::Online;

/// Softmax: every row takes part, the more the nearer its score is to the best.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Softmax;

impl sealed::Sealed for Softmax {}

impl Separation for Softmax {
    type State = Online;

    fn margin(&self) -> f32 {
        f32::INFINITY
    }
}
