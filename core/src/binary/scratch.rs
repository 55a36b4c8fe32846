//! The memory that a binary memory works in: owned in fixed capacity here, or borrowed.

use crate::error::Error;

/// Scratch memory for up to `M` patterns, and a state of `W` words where states [settle](super::BinaryModel::settle); who does not settle
/// takes W = 0. `20 M + 8 W` bytes; what it holds before and after means nothing.
///
/// ```
/// let mut buffers = basinet_core::binary::BinaryBuffers::<100, 2>::new();
/// let scratch = buffers.scratch();
/// assert_eq!((scratch.rows(), scratch.words()), (100, 2));
/// ```
#[derive(Clone, Debug)]
pub struct BinaryBuffers<const M: usize, const W: usize> {
    overlaps: [i32; M],
    order: [u32; M],
    ends: [u32; M],
    weights: [i64; M],
    turned: [u64; W],
}

impl<const M: usize, const W: usize> BinaryBuffers<M, W> {
    /// Fresh memory.
    pub const fn new() -> Self {
        Self { overlaps: [0; M], order: [0; M], ends: [0; M], weights: [0; M], turned: [0; W] }
    }

    /// The memory, for one call.
    pub fn scratch(&mut self) -> BinaryScratch<'_> {
        BinaryScratch::new(&mut self.overlaps, &mut self.order, &mut self.ends, &mut self.weights).with_words(&mut self.turned)
    }
}

impl<const M: usize, const W: usize> Default for BinaryBuffers<M, W> {
    fn default() -> Self {
        Self::new()
    }
}

/// Borrowed scratch memory; what it holds before and after means nothing.
#[derive(Debug)]
pub struct BinaryScratch<'s> {
    overlaps: &'s mut [i32],
    order: &'s mut [u32],
    ends: &'s mut [u32],
    weights: &'s mut [i64],
    turned: &'s mut [u64],
}

/// Places for exactly the rows there are: their overlaps, then what the sums need.
pub struct Room<'r> {
    pub overlaps: &'r mut [i32],
    pub order: &'r mut [u32],
    pub ends: &'r mut [u32],
    pub weights: &'r mut [i64],
}

impl<'s> BinaryScratch<'s> {
    /// Scratch memory out of slices, each as long as there are patterns, or longer.
    pub fn new(overlaps: &'s mut [i32], order: &'s mut [u32], ends: &'s mut [u32], weights: &'s mut [i64]) -> Self {
        Self { overlaps, order, ends, weights, turned: &mut [] }
    }

    /// The same with as many words as a state has, so that it can [settle](super::BinaryModel::settle).
    pub fn with_words(self, turned: &'s mut [u64]) -> Self {
        Self { turned, ..self }
    }

    /// Patterns that there is room for.
    pub fn rows(&self) -> usize {
        let lengths = [self.overlaps.len(), self.order.len(), self.ends.len(), self.weights.len()];
        lengths.into_iter().min().unwrap_or(0)
    }

    /// Words of a state that there is room for.
    pub fn words(&self) -> usize {
        self.turned.len()
    }

    /// Room for so many rows and words.
    ///
    /// # Errors
    /// [`Error::Scratch`] where they do not fit.
    pub(super) fn room(&mut self, rows: usize, words: usize) -> Result<(Room<'_>, &mut [u64]), Error> {
        let small = Error::Scratch { needed: rows, found: self.rows() };
        let Self { overlaps, order, ends, weights, turned } = self;
        let found = turned.len();
        let turned = turned.get_mut(..words).ok_or(Error::Scratch { needed: words, found })?;
        match (overlaps.get_mut(..rows), order.get_mut(..rows), ends.get_mut(..rows), weights.get_mut(..rows)) {
            (Some(overlaps), Some(order), Some(ends), Some(weights)) => Ok((Room { overlaps, order, ends, weights }, turned)),
            _ => Err(small),
        }
    }
}
