//! The memory that a recall works in: owned in fixed capacity here, or borrowed from wherever the caller has it.

use super::sum::Sum;

/// Scratch memory for rows (and values) of up to `D` numbers, and `K` candidates of a sparse map. Lives in a `static`, on a stack, anywhere.
///
/// `12 D + 12 K` bytes and a few numbers. `K` is the number of rows that can be in the support or near it: where it does not suffice,
/// recall from patterns reads them again, slower and never wrong. Softmax needs no candidates; `K` may be 0 then.
///
/// ```
/// use basinet_core::{Buffers, Model, Patterns, Sparsemax, beta};
/// let data = [1.0, 0.0, 0.0, 1.0];
/// let patterns = Patterns::new(&data, 2)?;
/// let mut buffers = Buffers::<2, 8>::new();
/// let mut out = [0.0; 2];
/// let step = Model::new(beta!(8.0), Sparsemax).step(&patterns, &[0.9, 0.2], &mut out, &mut buffers.scratch())?;
/// assert_eq!(out, [1.0, 0.0]);
/// assert!(step.is_exact());
/// # Ok::<(), basinet_core::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Buffers<const D: usize, const K: usize> {
    sums: [[f32; D]; 3],
    scores: [f32; K],
    rows: [u32; K],
    work: [f32; K],
}

impl<const D: usize, const K: usize> Buffers<D, K> {
    /// Fresh memory.
    pub const fn new() -> Self {
        Self { sums: [[0.0; D]; 3], scores: [0.0; K], rows: [0; K], work: [0.0; K] }
    }

    /// The memory, for one recall or pass.
    pub fn scratch(&mut self) -> Scratch<'_> {
        let [block, chunk, total] = &mut self.sums;
        Scratch { sum: Sum::new(block, chunk, total), scores: &mut self.scores, rows: &mut self.rows, work: &mut self.work }
    }
}

impl<const D: usize, const K: usize> Default for Buffers<D, K> {
    fn default() -> Self {
        Self::new()
    }
}

/// Borrowed scratch memory; what it holds before and after means nothing.
#[derive(Debug)]
pub struct Scratch<'s> {
    pub(crate) sum: Sum<'s>,
    pub(crate) scores: &'s mut [f32],
    pub(crate) rows: &'s mut [u32],
    pub(crate) work: &'s mut [f32],
}

impl<'s> Scratch<'s> {
    /// Scratch memory out of slices: a third of `sums` is the longest row (or value), `scores`, `rows` and `work` have a place for each
    /// candidate (the shorter of `scores` and
    /// `rows` counts; a short `work` costs time only).
    pub fn new(sums: &'s mut [f32], scores: &'s mut [f32], rows: &'s mut [u32], work: &'s mut [f32]) -> Self {
        let third = sums.len() / 3;
        let (block, others) = sums.split_at_mut_checked(third).unwrap_or((&mut [], &mut []));
        let (chunk, total) = others.split_at_mut_checked(third).unwrap_or((&mut [], &mut []));
        Self { sum: Sum::new(block, chunk, total), scores, rows, work }
    }

    /// The longest row it has room for.
    pub fn width(&self) -> usize {
        self.sum.room()
    }

    /// How many candidates it has room for.
    pub fn capacity(&self) -> usize {
        self.scores.len().min(self.rows.len())
    }

    /// The same memory, borrowed for a shorter time.
    pub fn reborrow(&mut self) -> Scratch<'_> {
        Scratch { sum: self.sum.reborrow(), scores: self.scores, rows: self.rows, work: self.work }
    }
}
