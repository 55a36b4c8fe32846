//! The model: overlaps, energy, and a step of either dynamics.

use super::interaction::Interaction;
use super::order::Weighed;
use super::patterns::{BinaryPatterns, length};
use super::scratch::{BinaryScratch, Room};
use crate::dispatch::{Dispatch, Kernels};
use crate::error::Error;
use crate::kernels::TILE;

/// An interaction, and the kernels that work it out. Plain numbers, checked when made.
///
/// ```
/// use basinet_core::binary::{BinaryBuffers, BinaryModel, BinaryPatterns, Power};
/// let patterns = BinaryPatterns::new(&[0b1111_0000, 0b1100_1100], 8)?;
/// let model = BinaryModel::new(Power::new(3)?);
/// let mut out = [0];
/// let turned = model.update(&patterns, &[0b1111_0001], &mut out, &mut BinaryBuffers::<2, 0>::new().scratch())?;
/// assert_eq!((out, turned), ([0b1111_0000], 1));
/// # Ok::<(), basinet_core::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct BinaryModel<F, K = Dispatch> {
    interaction: F,
    kernels: K,
}

impl<F: Interaction> BinaryModel<F> {
    /// A model with this interaction.
    pub const fn new(interaction: F) -> Self {
        Self { interaction, kernels: Dispatch }
    }
}

impl<F: Interaction, K: Kernels> BinaryModel<F, K> {
    /// The interaction.
    pub fn interaction(&self) -> F {
        self.interaction
    }

    /// The same model by the kernels of one backend, as [`Backend::run`](crate::Backend::run) hands them out. The bits are the same.
    pub fn on<L: Kernels>(self, kernels: L) -> BinaryModel<F, L> {
        BinaryModel { interaction: self.interaction, kernels }
    }

    /// The overlaps `<xi_mu, s>` of all patterns with a state, exact: M numbers. O(M N / 64).
    ///
    /// # Errors
    /// [`Error::Length`] where `state` is not a row's words or `out` not M numbers. `out` is as it was then.
    ///
    /// ```
    /// use basinet_core::binary::{BinaryModel, BinaryPatterns, Exponential};
    /// let mut out = [0; 2];
    /// BinaryModel::new(Exponential).overlaps(&BinaryPatterns::new(&[0b0101, 0b0011], 4)?, &[0b0101], &mut out)?;
    /// assert_eq!(out, [4, 0]);
    /// # Ok::<(), basinet_core::Error>(())
    /// ```
    pub fn overlaps(&self, patterns: &BinaryPatterns<'_>, state: &[u64], out: &mut [i32]) -> Result<(), Error> {
        length(patterns.stride().get(), state.len())?;
        length(patterns.count(), out.len())?;
        let last = patterns.used(state.len().saturating_sub(1));
        self.kernels.bit_overlaps(patterns.words(), state, last, patterns.neurons() as i32, out);
        Ok(())
    }

    /// The energy of a state: `-sum_mu F(<xi_mu, s>)`, for [`Exponential`](super::Exponential) `-ln sum_mu exp(<xi_mu, s>)`.
    ///
    /// Of a power whose sum fits 127 bits: exact, rounded once. Elsewhere at most `(n + M) 2^-53` of `sum_mu |F|`; for the exponential at
    /// most `(M + 4) 2^-53 + 2^-52 |E|` (derived). O(M N / 64), and M powers or exponentials.
    ///
    /// # Errors
    /// [`Error::Length`], [`Error::Scratch`].
    pub fn energy(&self, patterns: &BinaryPatterns<'_>, state: &[u64], scratch: &mut BinaryScratch<'_>) -> Result<f64, Error> {
        let (room, _) = scratch.room(patterns.count(), 0)?;
        self.overlaps(patterns, state, room.overlaps)?;
        Ok(self.interaction.energy(room.overlaps))
    }

    /// One synchronous step: every neuron decides at `state`, and `out` is what they decided; gives how many turned over. The bits of `out`
    /// behind the last neuron are clear.
    ///
    /// O(M N / 64) operations on words, times the number of digits of a weight where few patterns have equal overlaps, and O(M) for the order
    /// of the rows.
    ///
    /// # Errors
    /// [`Error::Length`], [`Error::Scratch`]. `out` is as it was then.
    pub fn update(
        &self,
        patterns: &BinaryPatterns<'_>,
        state: &[u64],
        out: &mut [u64],
        scratch: &mut BinaryScratch<'_>,
    ) -> Result<usize, Error> {
        length(patterns.stride().get(), out.len())?;
        let (mut room, _) = scratch.room(patterns.count(), 0)?;
        self.overlaps(patterns, state, room.overlaps)?;
        for (at, (out, state)) in out.iter_mut().zip(state).enumerate() {
            *out = state & patterns.used(at);
        }
        Ok(self.step(patterns, out, &mut room, |_, _| ()))
    }

    /// One asynchronous sweep: the neurons 0 to N - 1 decide one after the other, each at what those before have come to; gives how many
    /// turned over. The energy does not rise where the table is exact. The bits of `state` behind the last neuron are clear then.
    ///
    /// Costs an [`update`](Self::update), and O(M) for each neuron that turns over.
    ///
    /// # Errors
    /// [`Error::Length`], [`Error::Scratch`]. `state` is as it was then.
    ///
    /// ```
    /// use basinet_core::binary::{BinaryBuffers, BinaryModel, BinaryPatterns, Exponential};
    /// let patterns = BinaryPatterns::new(&[0b1111_0000, 0b1100_1100], 8)?;
    /// let (mut state, mut buffers) = ([0b1111_1000], BinaryBuffers::<2, 0>::new());
    /// assert_eq!(BinaryModel::new(Exponential).sweep(&patterns, &mut state, &mut buffers.scratch())?, 1);
    /// assert_eq!(state, [0b1111_0000]);
    /// # Ok::<(), basinet_core::Error>(())
    /// ```
    pub fn sweep(&self, patterns: &BinaryPatterns<'_>, state: &mut [u64], scratch: &mut BinaryScratch<'_>) -> Result<usize, Error> {
        let (mut room, _) = scratch.room(patterns.count(), 0)?;
        self.overlaps(patterns, state, room.overlaps)?;
        clear_spare(patterns, state);
        Ok(self.sweep_from(patterns, state, &mut room))
    }

    /// The synchronous step in place, with the overlaps of `state` in `room`, where they stay; tells of each word of a state which bits of it
    /// turned over.
    pub(super) fn step(
        &self,
        patterns: &BinaryPatterns<'_>,
        state: &mut [u64],
        room: &mut Room<'_>,
        mut turned: impl FnMut(usize, u64),
    ) -> usize {
        let weighed = Weighed::new(&self.interaction, room);
        let (mut sums, mut flips) = ([0; 64 * TILE], 0);
        for (tile, words) in state.chunks_mut(TILE).enumerate() {
            let from = tile * TILE;
            let sums = sums.get_mut(..64 * words.len()).unwrap_or(&mut []);
            self.kernels.bit_sums(patterns.words(), patterns.stride().get(), from, weighed.weighted, sums);
            for (at, (word, sums)) in words.iter_mut().zip(sums.chunks_exact(64)).enumerate() {
                let bits = turning(*word, &weighed, sums) & patterns.used(from + at);
                *word ^= bits;
                flips += bits.count_ones() as usize;
                turned(from + at, bits);
            }
        }
        flips
    }

    /// The sweep, with the overlaps of `state` in `room`, where they become those of the state it ends in. Sums are taken of a tile of words
    /// that is as wide as neurons have been quiet: one word behind a neuron that turned over, twice as many behind each quiet tile.
    pub(super) fn sweep_from(&self, patterns: &BinaryPatterns<'_>, state: &mut [u64], room: &mut Room<'_>) -> usize {
        let (mut sums, mut flips) = ([0; 64 * TILE], 0);
        let (mut word, mut decided, mut width) = (0, 0, TILE);
        while word < state.len() {
            let weighed = Weighed::new(&self.interaction, room);
            let mut loud = None;
            while word < state.len() && loud.is_none() {
                let words = state.get(word..).unwrap_or(&[]);
                let words = words.get(..width).unwrap_or(words);
                let sums = sums.get_mut(..64 * words.len()).unwrap_or(&mut []);
                self.kernels.bit_sums(patterns.words(), patterns.stride().get(), word, weighed.weighted, sums);
                for (at, (bits, sums)) in (word..).zip(words.iter().zip(sums.chunks_exact(64))) {
                    let bits = turning(*bits, &weighed, sums) & patterns.used(at) & !decided;
                    decided = 0;
                    if bits != 0 {
                        loud = Some((at, bits.trailing_zeros()));
                        break;
                    }
                }
                if loud.is_none() {
                    word += words.len();
                    width = if 2 * width < TILE { 2 * width } else { TILE };
                }
            }
            if let Some((at, bit)) = loud
                && let Some(neurons) = state.get_mut(at)
            {
                turn(patterns, room.overlaps, at, bit, *neurons >> bit & 1);
                *neurons ^= 1 << bit;
                // The neurons of this word up to this one have decided.
                (word, decided, width) = (at, u64::MAX >> (63 - bit), 1);
                flips += 1;
            }
        }
        flips
    }
}

/// Clears the bits behind the last neuron.
pub(super) fn clear_spare(patterns: &BinaryPatterns<'_>, state: &mut [u64]) {
    for (at, word) in state.iter_mut().enumerate() {
        *word &= patterns.used(at);
    }
}

/// The neurons of a word that are to turn over: those with `H < 0`. The sums are those of the rows whose bit is set, which agree where the
/// neuron's is; elsewhere the others do.
fn turning(word: u64, weighed: &Weighed<'_>, sums: &[i64]) -> u64 {
    let (mut bits, mut left) = (0, word);
    for (i, &sum) in sums.iter().enumerate() {
        let agreeing = if left & 1 == 1 { sum } else { weighed.total.wrapping_sub(sum) };
        bits |= u64::from(weighed.base.wrapping_add(agreeing) < 0) << (i % 64);
        left >>= 1;
    }
    bits
}

/// The overlaps after a neuron turned over that was `old`: 2 less where a row agreed with it, and 2 more elsewhere.
fn turn(patterns: &BinaryPatterns<'_>, overlaps: &mut [i32], at: usize, bit: u32, old: u64) {
    for (overlap, row) in overlaps.iter_mut().zip(patterns.words().chunks_exact(patterns.stride().get())) {
        let row = row.get(at).map_or(0, |word| word >> bit & 1);
        *overlap = overlap.wrapping_add(if row == old { -2 } else { 2 });
    }
}
