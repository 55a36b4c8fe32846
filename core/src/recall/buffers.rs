//! The memory that a recall works in: owned in fixed capacity here, or borrowed from wherever the caller has it.

use super::sum::Sum;
use crate::error::Error;

/// Scratch memory for rows (and values) of up to `D` numbers, and `K` candidates of a sparse map. Lives in a `static`, on a stack,
/// anywhere.
///
/// `24 D + 12 K` bytes, half of the first part for [`Model::settle`](crate::Model::settle): who only takes steps can do
/// without, by
/// [`Scratch::new`]. `K` is the number of rows that can be in the support or near it: where it does not suffice,
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
    states: [[f32; D]; 3],
    scores: [f32; K],
    rows: [u32; K],
    work: [f32; K],
}

impl<const D: usize, const K: usize> Buffers<D, K> {
    /// Fresh memory.
    pub const fn new() -> Self {
        Self { sums: [[0.0; D]; 3], states: [[0.0; D]; 3], scores: [0.0; K], rows: [0; K], work: [0.0; K] }
    }

    /// The memory, for one recall or pass.
    pub fn scratch(&mut self) -> Scratch<'_> {
        let [block, chunk, total] = &mut self.sums;
        let states = self.states.each_mut().map(|state| &mut state[..]);
        Scratch {
            sum: Sum::new(block, chunk, total),
            states,
            features: &mut [],
            scores: &mut self.scores,
            rows: &mut self.rows,
            work: &mut self.work,
        }
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
    pub(crate) states: [&'s mut [f32]; 3],
    features: &'s mut [f32],
    pub(crate) scores: &'s mut [f32],
    pub(crate) rows: &'s mut [u32],
    pub(crate) work: &'s mut [f32],
}

impl<'s> Scratch<'s> {
    /// Scratch memory out of slices: a third of `sums` is the longest row (or value), `scores`, `rows` and `work` have a place for each
    /// candidate (the shorter of `scores` and `rows` counts; a short `work` costs time only).
    pub fn new(sums: &'s mut [f32], scores: &'s mut [f32], rows: &'s mut [u32], work: &'s mut [f32]) -> Self {
        let [block, chunk, total] = thirds(sums);
        Self { sum: Sum::new(block, chunk, total), states: [&mut [], &mut [], &mut []], features: &mut [], scores, rows, work }
    }

    /// The same with room for states, so that they can [settle](crate::Model::settle): a third of `states` is the longest.
    pub fn with_states(self, states: &'s mut [f32]) -> Self {
        Self { states: thirds(states), ..self }
    }

    /// The same with room for what a [feature map](crate::FeatureMap) makes of a state: as many numbers as it has features, and twice as
    /// many for [settling](crate::Kernelised::settle) by a rule on weights.
    ///
    /// ```
    /// let (mut buffers, mut features) = (basinet_core::Buffers::<2, 8>::new(), [0.0; 16]);
    /// let scratch = buffers.scratch().with_features(&mut features);
    /// assert_eq!(scratch.width(), 2);
    /// ```
    pub fn with_features(self, features: &'s mut [f32]) -> Self {
        Self { features, ..self }
    }

    /// Room for `count` features, and the rest.
    ///
    /// # Errors
    /// [`Error::Scratch`] where they do not fit.
    pub(crate) fn features(&mut self, count: usize) -> Result<(&mut [f32], Scratch<'_>), Error> {
        let Scratch { sum, states, features, scores, rows, work } = self;
        let found = features.len();
        let Some(room) = features.get_mut(..count) else { return Err(Error::Scratch { needed: count, found }) };
        let states = states.each_mut().map(|state| &mut **state);
        Ok((room, Scratch { sum: sum.reborrow(), states, features: &mut [], scores, rows, work }))
    }

    /// The three states, of `dim` numbers each, and the rest.
    ///
    /// # Errors
    /// [`Error::Scratch`] where a state does not fit.
    pub(crate) fn split(&mut self, dim: usize) -> Result<([&mut [f32]; 3], Scratch<'_>), Error> {
        let found = self.states.iter().map(|state| state.len()).min().unwrap_or(0);
        if found < dim {
            return Err(Error::Scratch { needed: dim, found });
        }
        let none: [&mut [f32]; 3] = [&mut [], &mut [], &mut []];
        let Scratch { sum, states, features, scores, rows, work } = self;
        let states = states.each_mut().map(|state| state.get_mut(..dim).unwrap_or(&mut []));
        Ok((states, Scratch { sum: sum.reborrow(), states: none, features, scores, rows, work }))
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
        let Scratch { sum, states, features, scores, rows, work } = self;
        let states = states.each_mut().map(|state| &mut **state);
        Scratch { sum: sum.reborrow(), states, features, scores, rows, work }
    }
}

/// Three slices of a third each.
fn thirds(all: &mut [f32]) -> [&mut [f32]; 3] {
    let third = all.len() / 3;
    let (first, others) = all.split_at_mut_checked(third).unwrap_or((&mut [], &mut []));
    let (second, others) = others.split_at_mut_checked(third).unwrap_or((&mut [], &mut []));
    [first, second, others.get_mut(..third).unwrap_or(&mut [])]
}

#[cfg(test)]
mod tests {
    use super::Buffers;

    #[test]
    fn the_room_is_what_the_documentation_says() {
        fn holds<const D: usize, const K: usize>() {
            assert_eq!(size_of::<Buffers<D, K>>(), 24 * D + 12 * K, "D = {D}, K = {K}");
        }
        holds::<1, 0>();
        holds::<64, 16>();
        holds::<257, 1>();
        holds::<768, 1000>();
    }
}
