//! k-subsets: `p_i = clip(z_i - tau, 0, 1)` with tau such that the weights sum to k: SparseMAP over the sets of k rows (Niculae et al.
//! 2018), as in Hopfield-Fenchel-Young networks (Santos et al. 2024).
//!
//! `Omega(p) = |p|^2/2`. The weights are exactly the k best rows' where the k-th best leads by 1 (derived); with k = 1 it is sparsemax. J
//! is that of sparsemax on the rows that are neither out nor at 1. The result is a sum of k patterns, not a mean. How it is found:
//! [`capped`](super::capped).

use super::capped::{Bounds, Capped};
use super::met::Numbers;
use crate::error::Error;
use core::num::NonZeroU32;

/// The k best rows, with weights of at most one each that sum to k.
pub type KSubsets = Capped<Ones>;

/// One for each row, and k in all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ones(NonZeroU32);

impl KSubsets {
    /// Sets of k rows.
    ///
    /// # Errors
    /// [`Error::Parameter`] for k = 0.
    pub const fn new(k: u32) -> Result<Self, Error> {
        match NonZeroU32::new(k) {
            Some(k) => Ok(Self(Ones(k))),
            None => Err(Error::Parameter { requirement: "k must be at least 1" }),
        }
    }

    /// k.
    pub const fn k(self) -> u32 {
        self.0.0.get()
    }
}

impl Bounds for Ones {
    fn mass(&self) -> u32 {
        self.0.get()
    }

    fn cap(&self, _: u32) -> f32 {
        1.0
    }

    fn units(&self, _: Numbers<'_>, lanes: u64) -> u64 {
        u64::from(lanes.count_ones()) << 32
    }

    fn keeps(&self, _: usize) -> u64 {
        u64::MAX
    }

    fn too_few(&self, rows: usize) -> Error {
        Error::TooFewRows { needed: self.0.get() as usize, found: rows }
    }
}
