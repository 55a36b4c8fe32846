//! Sparsemax: `p_i = max(z_i - tau, 0)` with tau such that the weights sum to one (Martins and Astudillo 2016), the separation of the
//! sparse modern Hopfield network (Hu et al. 2023).
//!
//! `Omega(p) = (|p|^2 - 1) / 2`, `Omega*(z) = 1/2 sum_S (z_i^2 - tau^2) + 1/2` over the support S. With `u = z - max z`: a row with
//! `u <= -1` is never in the support, and the winner's weight is exactly one where every other row is that far below.
//!
//! Tau is a function of the scores alone, whatever road leads to it (which rows were dropped on the way, where a search began, how many
//! passes were made): see [`threshold`](super::threshold).

use super::threshold::{Sparse, Threshold, of_scores};
use super::{Separation, sealed};
use crate::dispatch::{Dispatch, Kernels};
use crate::error::Error;
use crate::kernels::PEAKS;
use crate::recall::Candidates;

/// Sparsemax: a few rows take part, all others have weight exactly zero.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sparsemax;

impl sealed::Sealed for Sparsemax {}

impl Separation for Sparsemax {
    type State = Candidates<Self>;

    fn margin(&self) -> f32 {
        1.0
    }
}

impl Sparse for Sparsemax {
    fn weight(u: f32, threshold: &Threshold) -> f32 {
        let weight = f64::from(u) - threshold.tau;
        if weight > 0.0 { weight as f32 } else { 0.0 }
    }

    fn conjugate_term(u: f32, threshold: &Threshold) -> f64 {
        let (u, tau) = (f64::from(u), threshold.tau);
        (u * u - tau * tau) / 2.0
    }

    const CONJUGATE_CONSTANT: f64 = 0.5;

    fn entropy_of_uniform(count: f64) -> f64 {
        (1.0 - 1.0 / count) / 2.0
    }

    /// With `tau = (sum - 1) / count` in `1/2 sum (u^2 - tau^2) + 1/2`: the mean of u, and half the spread around it.
    fn raised_conjugate_of_all(count: f64, sum: f64, squares: f64) -> f64 {
        sum / count + (squares - sum * sum / count) / 2.0
    }
}

/// The threshold tau of sparsemax: `sum_i max(z_i - tau, 0) = 1`.
///
/// `scratch` may have any length, zero included; with `z.len()` numbers the search is fastest, and the result has the same bits with
/// any. Error: at most 2^-24 (1 + |tau|) + (k/16 + 6) 2^-53 for k values above the threshold (derived). O(n) at each of a bounded number of
/// passes (at most 43), of which all but the first two or three read only the values that can still matter.
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
    let threshold = of_scores(kernels, z, 1.0, max, peaks, scratch);
    Ok((f64::from(max) + threshold.tau) as f32 + 0.0)
}
