//! Which rows take part: all of them, a window, a list, a set of bits.
//!
//! A mask answers for 64 consecutive rows at once. A masked row has no influence, whatever it holds; a block of
//! 64 masked rows is not read.

use crate::error::Error;

/// A choice of rows.
pub trait Mask: Copy {
    /// Bit `i` is set where row `first + i` takes part.
    fn keeps(&self, first: usize) -> u64;
}

/// Rows `centre - half_width ..= centre + half_width`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window {
    /// The row in the middle.
    pub centre: usize,
    /// How many rows on either side.
    pub half_width: usize,
}

impl Mask for Window {
    fn keeps(&self, first: usize) -> u64 {
        let begin = self.centre.saturating_sub(self.half_width).saturating_sub(first);
        let end = self.centre.saturating_add(self.half_width).saturating_add(1).saturating_sub(first);
        below(end) & !below(begin)
    }
}

/// The lowest `n` bits.
fn below(n: usize) -> u64 {
    if n < 64 { (1 << n) - 1 } else { u64::MAX }
}

/// The rows of a list in ascending order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Listed<'a> {
    rows: &'a [usize],
}

impl<'a> Listed<'a> {
    /// The rows named. O(length).
    ///
    /// # Errors
    /// [`Error::Unsorted`] where a row is not above the one before it.
    pub fn new(rows: &'a [usize]) -> Result<Self, Error> {
        let pairs = rows.iter().zip(rows.iter().skip(1));
        match pairs.into_iter().position(|(a, b)| a >= b) {
            Some(at) => Err(Error::Unsorted { index: at + 1 }),
            None => Ok(Self { rows }),
        }
    }
}

impl Mask for Listed<'_> {
    fn keeps(&self, first: usize) -> u64 {
        let begin = self.rows.partition_point(|&row| row < first);
        let mut bits = 0;
        for &row in self.rows.iter().skip(begin) {
            let Some(place) = row.checked_sub(first).filter(|&place| place < 64) else { break };
            bits |= 1 << place;
        }
        bits
    }
}

/// Row `i` takes part where bit `i mod 64` of word `i / 64` is set; rows behind the last word do not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bits<'a>(pub &'a [u64]);

impl Mask for Bits<'_> {
    fn keeps(&self, first: usize) -> u64 {
        let word = |i: usize| self.0.get(i).copied().unwrap_or(0);
        let (at, shift) = (first / 64, first % 64);
        if shift == 0 { word(at) } else { word(at) >> shift | word(at + 1) << (64 - shift) }
    }
}
