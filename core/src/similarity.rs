//! Similarities: how alike a stored pattern and a state are.

use crate::dispatch::Kernels;
use crate::patterns::Rows;
use core::fmt;

mod sealed {
    pub trait Sealed {}
}

/// A score for each row and query. Sealed.
pub trait Similarity: sealed::Sealed + Copy + fmt::Debug {
    /// Scores of the rows from `from` on; `summed` says that the rows are summed next.
    #[doc(hidden)]
    fn scores<K: Kernels, R: Rows>(&self, kernels: K, rows: &R, from: usize, query: &[f32], out: &mut [f32], summed: bool);
}

/// The dot product, `s_i = sum_j x_ij q_j`: the similarity of the modern Hopfield network, and the one with an energy.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Dot;

impl sealed::Sealed for Dot {}

impl Similarity for Dot {
    fn scores<K: Kernels, R: Rows>(&self, kernels: K, rows: &R, from: usize, query: &[f32], out: &mut [f32], summed: bool) {
        rows.scores(kernels, from, query, out, summed);
    }
}
