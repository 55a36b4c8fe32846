//! Where scores come from, a block at a time: rows and a query, or a list.

use crate::dispatch::Kernels;
use crate::kernels::BLOCK;
use crate::patterns::Rows;
use crate::separation::Separation;
pub use crate::separation::met::{Rescan, Source, block_width};
use crate::similarity::Similarity;

/// The scores of rows with a query.
#[derive(Clone, Copy, Debug)]
pub struct Scored<'a, S, Q, K, R> {
    pub separation: S,
    pub similarity: Q,
    pub kernels: K,
    pub rows: &'a R,
    pub query: &'a [f32],
    /// The number of the first row in the whole memory.
    pub first: usize,
    /// The rows are summed as soon as they are scored.
    pub summed: bool,
}

impl<S: Separation, Q: Similarity, K: Kernels, R: Rows> Source for Scored<'_, S, Q, K, R> {
    fn count(&self) -> usize {
        self.rows.count()
    }

    fn block(&self, from: usize, scores: &mut [f32]) -> u64 {
        let keep = kept(&self.separation, self.first + from, scores.len());
        if keep != 0 {
            self.similarity.scores(self.kernels, self.rows, from, self.query, scores, self.summed);
        }
        mask(scores, keep);
        keep
    }
}

/// A list of scores.
#[derive(Clone, Copy, Debug)]
pub struct Listed<'a, S> {
    pub separation: S,
    pub scores: &'a [f32],
}

impl<S: Separation> Source for Listed<'_, S> {
    fn count(&self) -> usize {
        self.scores.len()
    }

    fn block(&self, from: usize, scores: &mut [f32]) -> u64 {
        for (to, &score) in scores.iter_mut().zip(self.scores.iter().skip(from)) {
            *to = score;
        }
        let keep = kept(&self.separation, from, scores.len());
        mask(scores, keep);
        keep
    }
}

/// Which of `width` rows from `first` on take part.
pub fn kept<S: Separation>(separation: &S, first: usize, width: usize) -> u64 {
    let all = if width < BLOCK { (1 << width) - 1 } else { u64::MAX };
    separation.keeps(first) & all
}

/// Minus infinity for the rows that do not take part.
pub fn mask(scores: &mut [f32], keep: u64) {
    if keep == u64::MAX {
        return;
    }
    for (i, score) in (0u32..).zip(scores) {
        if keep >> (i % 64) & 1 == 0 {
            *score = f32::NEG_INFINITY;
        }
    }
}
