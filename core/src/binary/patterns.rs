//! Patterns of bits, and what turns signs into bits and back.

use crate::error::Error;
use core::num::NonZeroUsize;

/// Words that so many neurons take: `ceil(neurons / 64)`.
pub const fn words(neurons: usize) -> usize {
    neurons.div_ceil(64)
}

/// Packs signs into bits, neuron i into bit `i mod 64` of word `i / 64`: set for a positive number, clear for a negative one, and clear
/// behind the last. O(N).
///
/// # Errors
/// [`Error::Length`] where `words` are not `ceil(N / 64)`; [`Error::NoSign`] for a number that is zero or NaN. `words` are as they were then.
///
/// ```
/// use basinet_core::{Error, binary};
/// let mut words = [0];
/// binary::pack(&[1.0, -1.0, 0.5], &mut words)?;
/// assert_eq!(words, [0b101]);
/// assert_eq!(binary::pack(&[1.0, 0.0], &mut words), Err(Error::NoSign { index: 1 }));
/// # Ok::<(), Error>(())
/// ```
pub fn pack(signs: &[f32], words: &mut [u64]) -> Result<(), Error> {
    length(self::words(signs.len()), words.len())?;
    if let Some(index) = signs.iter().position(|&sign| sign == 0.0 || sign.is_nan()) {
        return Err(Error::NoSign { index });
    }
    for (word, signs) in words.iter_mut().zip(signs.chunks(64)) {
        *word = signs.iter().rev().fold(0, |word, &sign| word << 1 | u64::from(sign > 0.0));
    }
    Ok(())
}

/// Unpacks bits into signs, +1 and -1. O(N).
///
/// # Errors
/// [`Error::Length`] where `words` are not `ceil(N / 64)`. `signs` are as they were then.
///
/// ```
/// let mut signs = [0.0; 3];
/// basinet_core::binary::unpack(&[0b101], &mut signs)?;
/// assert_eq!(signs, [1.0, -1.0, 1.0]);
/// # Ok::<(), basinet_core::Error>(())
/// ```
pub fn unpack(words: &[u64], signs: &mut [f32]) -> Result<(), Error> {
    length(self::words(signs.len()), words.len())?;
    for (word, signs) in words.iter().zip(signs.chunks_mut(64)) {
        let mut bits = *word;
        for sign in signs {
            *sign = if bits & 1 == 1 { 1.0 } else { -1.0 };
            bits >>= 1;
        }
    }
    Ok(())
}

/// # Errors
/// [`Error::Length`] where these differ.
pub fn length(expected: usize, found: usize) -> Result<(), Error> {
    if expected == found { Ok(()) } else { Err(Error::Length { expected, found }) }
}

/// A view of `M` patterns of `N` neurons: rows of `ceil(N / 64)` words, one directly behind the other, as [`pack`] makes them. What the bits
/// behind the last neuron hold means nothing, in patterns and in states.
///
/// ```
/// use basinet_core::binary::BinaryPatterns;
/// let patterns = BinaryPatterns::new(&[0b0101, 0b0011], 4)?;
/// assert_eq!((patterns.count(), patterns.neurons()), (2, 4));
/// assert_eq!(patterns.row(1), Some(&[0b0011][..]));
/// # Ok::<(), basinet_core::Error>(())
/// ```
#[derive(Clone, Copy, Debug)]
pub struct BinaryPatterns<'a> {
    words: &'a [u64],
    neurons: i32,
    stride: NonZeroUsize,
    count: usize,
}

impl<'a> BinaryPatterns<'a> {
    /// Rows of `ceil(neurons / 64)` words. Costs nothing and reads no word.
    ///
    /// # Errors
    /// [`Error::Empty`] without words, [`Error::Shape`] without neurons or where the words do not divide into rows, [`Error::TooLarge`] for
    /// more than 2^31 - 1 neurons or 2^32 - 1 rows.
    pub const fn new(words: &'a [u64], neurons: usize) -> Result<Self, Error> {
        let length = self::words(neurons);
        let Some(stride) = NonZeroUsize::new(length) else {
            return Err(Error::Shape { numbers: words.len(), dim: length, stride: length });
        };
        if words.is_empty() {
            return Err(Error::Empty);
        }
        if !words.len().is_multiple_of(length) {
            return Err(Error::Shape { numbers: words.len(), dim: length, stride: length });
        }
        let count = words.len() / length;
        if neurons as u64 > i32::MAX as u64 || count as u64 > u32::MAX as u64 {
            return Err(Error::TooLarge);
        }
        Ok(Self { words, neurons: neurons as i32, stride, count })
    }

    /// Neurons of a pattern.
    pub const fn neurons(&self) -> usize {
        self.neurons as usize
    }

    /// Patterns.
    pub const fn count(&self) -> usize {
        self.count
    }

    /// The words of pattern `i`.
    pub fn row(&self, i: usize) -> Option<&'a [u64]> {
        if i >= self.count {
            return None;
        }
        let begin = i.checked_mul(self.stride.get())?;
        self.words.get(begin..)?.get(..self.stride.get())
    }

    /// All words.
    pub(super) fn words(&self) -> &'a [u64] {
        self.words
    }

    /// Words of a row.
    pub(super) fn stride(&self) -> NonZeroUsize {
        self.stride
    }

    /// The bits of neurons in word `at` of a row.
    pub(super) fn used(&self, at: usize) -> u64 {
        match self.neurons().checked_sub(at.saturating_mul(64)) {
            Some(left @ 1..64) => u64::MAX >> (64 - left),
            Some(1..) => u64::MAX,
            _ => 0,
        }
    }
}
