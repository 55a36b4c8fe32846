//! Sparsemax: `p_i = [z_i - tau]_+` with tau such that the weights sum to one (Martins and Astudillo 2016), the separation of the
//! sparse modern Hopfield network (Hu et al. 2023).
//!
//! `Omega(p) = (|p|^2 - 1) / 2`, `Omega*(z) = 1/2 sum_S (z_i^2 - tau^2) + 1/2` over the support S, `J = diag(1_S) - 1_S 1_S^T / |S|`. With
//! `u = z - max z`: a row with `u <= -1` is never in the support, and the winner's weight is exactly one where every other row is that far
//! below. It is [entmax](super::Entmax) at alpha = 2.

use super::tsallis::{Curve, Tsallis};
use super::threshold::{Shape, of_scores};
use super::{Map, jacobian};
use crate::dispatch::{Dispatch, Kernels};
use crate::error::Error;
use crate::kernels::PEAKS;
use crate::recall::Candidates;

/// Sparsemax: a few rows take part, all others have weight exactly zero.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sparsemax;

impl Map for Sparsemax {
    type State = Candidates;

    fn margin(&self) -> f32 {
        1.0
    }

    fn is_within_softmax(&self) -> bool {
        true
    }

    fn differentiate(&self, weights: &[f32], tangent: &mut [f32]) {
        jacobian::project(weights, tangent, |_, p| jacobian::on_support(p), None);
    }
}

impl Tsallis for Sparsemax {
    fn curve(&self) -> Curve {
        Curve::Linear
    }
}

/// The threshold tau of sparsemax: `sum_i max(z_i - tau, 0) = 1`.
///
/// `scratch` may have any length, zero included; with `z.len()` numbers the search is fastest, and the result has the same bits with
/// any. Error: at most 2^-24 (1 + |tau|) + (k/16 + 6) 2^-53 for k values above the threshold (derived). O(n) at each of a bounded number of
/// passes (at most 100), of which all but the first two or three read only the values that can still matter.
///
/// # Errors
/// [`Error::Empty`], or [`Error::ScoreNotFinite`] with the position of a value that is NaN or infinite.
///
/// ```
/// let z = [1.0, 0.75, -3.0];
/// let tau = basinet_core::sparsemax_threshold(&z, &mut [0.0; 3])?;
/// assert_eq!(tau, 0.375);
/// # Ok::<(), basinet_core::Error>(())
/// ```
pub fn sparsemax_threshold(z: &[f32], scratch: &mut [f32]) -> Result<f32, Error> {
    threshold_on(Dispatch, z, scratch)
}

/// [`sparsemax_threshold`] by the kernels of one backend.
pub fn threshold_on<K: Kernels>(kernels: K, z: &[f32], scratch: &mut [f32]) -> Result<f32, Error> {
    if z.is_empty() {
        return Err(Error::Empty);
    }
    let mut peaks = [0.0; PEAKS];
    let Some((max, count)) = kernels.survey(z, &mut peaks) else {
        return Err(Error::ScoreNotFinite { row: z.iter().position(|z| !z.is_finite()).unwrap_or(0) });
    };
    let peaks = peaks.get(..count).unwrap_or(&[]);
    let cut = of_scores(kernels, Shape::Linear, z, 1.0, max, peaks, scratch);
    Ok((f64::from(max) + cut.value) as f32 + 0.0)
}
