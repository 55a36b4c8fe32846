//! Where scores come from, a block at a time: rows and a query, or a list.

use crate::dispatch::Kernels;
use crate::kernels::BLOCK;
use crate::patterns::Rows;
use crate::separation::Separation;
use crate::separation::cut::{Met, Numbers};
use crate::similarity::Similarity;

/// Scores that can be had again and again.
pub trait Source {
    /// How many.
    fn count(&self) -> usize;
    /// The scores from `from` on to `scores` (at most a block), minus infinity where masked; bit `i` is set where score `i` takes part.
    fn block(&self, from: usize, scores: &mut [f32]) -> u64;
}

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

/// Rows from `row` on that belong to one block of the canonical bracketing, of `left` in all.
pub fn block_width(row: usize, left: usize) -> usize {
    left.min(BLOCK - row % BLOCK)
}

/// Reads a source again from its beginning, and counts how often.
#[derive(Debug)]
pub struct Rescan<'a, T> {
    pub source: &'a T,
    pub first: usize,
    pub passes: u32,
}

impl<T: Source> Met for Rescan<'_, T> {
    fn scan(&mut self, mut each: impl FnMut(Numbers<'_>, &[f32])) {
        self.blocks(|first, scores| each(Numbers::From(first), scores));
    }
}

impl<T: Source> Rescan<'_, T> {
    /// Calls `each` with the number of the first row of a block and the block's scores, in row order.
    pub fn blocks(&mut self, mut each: impl FnMut(u32, &[f32])) {
        self.passes += 1;
        let mut scores = [0.0; BLOCK];
        let (count, mut from) = (self.source.count(), 0);
        while from < count {
            let width = block_width(self.first + from, count - from);
            let Some(block) = scores.get_mut(..width) else { break };
            self.source.block(from, block);
            each((self.first + from) as u32, block);
            from += width;
        }
    }
}
