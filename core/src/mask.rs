//! Which rows take part: all of them, a window, a list, a set of bits, a random choice.
//!
//! A mask answers for 64 consecutive rows at once. A masked row has no influence, whatever it holds; a block of
//! 64 masked rows is not read.

use crate::error::Error;

/// A choice of rows. Plain numbers, or borrowed ones: threads that read different rows share it.
pub trait Mask: Copy + Send + Sync {
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

/// Each row takes part with a given probability, decided by its number and a seed: the same rows on every machine, in every order.
///
/// Row `i` takes part where the upper 32 bits of number `i` of the generator SplitMix64, begun with the seed, are below the probability
/// times 2^32 (rounded to nearest; so a probability is met within 2^-33, and 0 and 1 exactly). All arithmetic is modulo 2^64:
///
/// ```text
/// z  = seed + (i + 1) * 0x9e3779b97f4a7c15
/// z  = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9
/// z  = (z ^ (z >> 27)) * 0x94d049bb133111eb
/// z ^= z >> 31
/// ```
///
/// With one seed, a larger probability keeps all that a smaller one keeps, and more. O(1) memory; about ten integer
/// operations a row. Steele, Lea and Flood, *Fast Splittable Pseudorandom Number Generators*, 2014; the constants are Stafford's Mix13.
///
/// ```
/// use basinet_core::{Mask, RandomMask};
/// let half = RandomMask::new(7, 0.5)?;
/// assert_eq!(half.keeps(0) & !RandomMask::new(7, 0.75)?.keeps(0), 0);
/// assert_eq!(half.keeps(10) & 0xff, half.keeps(0) >> 10 & 0xff);
/// # Ok::<(), basinet_core::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RandomMask {
    seed: u64,
    /// Of 2^32.
    keep: u64,
}

impl RandomMask {
    /// Keeps each row with probability `keep`. O(1).
    ///
    /// # Errors
    /// [`Error::Parameter`] where `keep` is not in 0..=1.
    pub const fn new(seed: u64, keep: f64) -> Result<Self, Error> {
        if keep >= 0.0 && keep <= 1.0 {
            Ok(Self { seed, keep: (keep * TWO_32 + 0.5) as u64 })
        } else {
            Err(Error::Parameter { requirement: "the probability of keeping a row must be within 0 and 1" })
        }
    }

    /// The seed.
    pub const fn seed(&self) -> u64 {
        self.seed
    }

    /// The probability that a row is kept, as it was rounded.
    pub const fn keep(&self) -> f64 {
        self.keep as f64 / TWO_32
    }
}

const TWO_32: f64 = 4_294_967_296.0;

impl Mask for RandomMask {
    fn keeps(&self, first: usize) -> u64 {
        let mut bits = 0;
        for place in 0..64 {
            // No memory has a row `usize::MAX`.
            let Some(after) = first.checked_add(place + 1) else { break };
            let number = split_mix(self.seed.wrapping_add((after as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15)));
            bits |= u64::from(number >> 32 < self.keep) << place;
        }
        bits
    }
}

/// The function by which SplitMix64 makes its state a number.
const fn split_mix(mut z: u64) -> u64 {
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}
