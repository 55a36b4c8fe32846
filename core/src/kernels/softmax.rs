//! Exponentials of scores below a maximum, and their sum as it is met row by row.
//!
//! The state of a pass is (maximum, winner, runner-up, `rest`), where `rest = sum of exp(beta (s_i - max))` over all rows but the winner,
//! whose own term is exactly 1: so `1 - p_winner = rest / (1 + rest)` keeps its digits where `1 - 1 / (1 + rest)` would give 0.
//! A block of 64 rows is taken at once: a new maximum rescales what came before by one factor; the terms are
//! `exp(beta (s - max))`, subtracting before multiplying; the winner's lane is +0 in the sum; the lanes are added from the left, and the
//! tree ends the block. Depth of the sum: 4 + 4 within a block, 64 blocks in a chunk, then the chunks; error of `rest` relative to its
//! value at most (k + 2) eps for depth k, and the exponential's 1.01 ULP (derived).

use super::CHUNK;
use super::dot::{Plain, lane_by_lane};
use super::exp::{exp_lanes, exp_one, steps};
use super::extremes::{self, Leader, first_lanes, lead};
use crate::simd::{LANES, Lanewise, Native, Simd};

/// What the softmax of the rows so far is made of.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Online {
    /// The best rows.
    pub leader: Leader,
    /// The sum of `exp(beta (s_i - max))` over all rows but the winner.
    pub rest: f32,
}

impl Online {
    /// No row yet.
    pub const NONE: Self = Self { leader: Leader::NONE, rest: 0.0 };

    /// True before any row that takes part.
    pub fn is_empty(&self) -> bool {
        self.leader.max == f32::NEG_INFINITY
    }

    /// The state of the rows of both, and the factors that bring what was summed under either maximum under the common one.
    #[inline(always)]
    pub fn merged(self, beta: f32, other: Self) -> (Self, f32, f32) {
        if other.is_empty() {
            return (self, 1.0, 0.0);
        }
        if self.is_empty() {
            return (other, 0.0, 1.0);
        }
        let leader = self.leader.merged(other.leader);
        if self.leader.is_behind(other.leader) {
            let factor = exp_one::<true>(beta * (self.leader.max - leader.max));
            (Self { leader, rest: (1.0 + self.rest) * factor + other.rest }, factor, 1.0)
        } else {
            let factor = exp_one::<true>(beta * (other.leader.max - leader.max));
            (Self { leader, rest: self.rest + (1.0 + other.rest) * factor }, 1.0, factor)
        }
    }
}

/// What [`softmax_block`] has to say about the block.
#[derive(Clone, Copy, Debug)]
pub struct Weighed {
    /// What brings earlier sums under the new maximum.
    pub factor: f32,
    /// No term is +0.
    pub all_positive: bool,
}

/// `scores[i] <- exp(beta (scores[i] - max))`; true where no term is +0.
#[inline(always)]
pub fn exp_sub<S: Simd>(s: S, scores: &mut [f32], beta: f32, max: f32) -> bool {
    let (s, width) = (s.each(), S::Each::COUNT);
    let (factor, max) = (s.splat(beta), s.splat(max));
    let (p, n) = (scores.as_mut_ptr(), scores.len());
    let (mut least, mut j) = (s.splat(1.0), 0);
    while n - j >= width {
        // SAFETY: `width` numbers lie between j and n.
        unsafe {
            let term = steps::<S::Each, true>(s, s.mul(factor, s.sub(s.load(p.add(j)), max)));
            s.store(p.add(j), term);
            least = s.select_gt(least, term, term, least);
        }
        j += width;
    }
    if j < n {
        let left = n - j;
        // SAFETY: `left` numbers lie between j and n.
        unsafe {
            let term = steps::<S::Each, true>(s, s.mul(factor, s.sub(s.load_first(p.add(j), left), max)));
            s.store_first(p.add(j), left, term);
            let term = first_lanes(s, term, left, 1.0);
            least = s.select_gt(least, term, term, least);
        }
    }
    s.gt(least, s.splat(0.0)) == (1 << width) - 1
}

/// The sum of at most a block of terms: lanes from the left, then the tree.
#[inline(always)]
fn block_sum<S: Simd>(s: S, terms: &[f32]) -> f32 {
    if S::ONE_BY_ONE {
        // SAFETY: as many numbers as there are terms, and 16 of the array.
        return unsafe { s.sum(s.load(lane_by_lane::<Plain, f32>(terms.as_ptr(), 1.0, terms.len(), terms.as_ptr()).as_ptr())) };
    }
    let (mut sum, mut j) = (s.splat(0.0), 0);
    while j < terms.len() {
        let left = terms.len() - j;
        // SAFETY: `left` numbers stand behind j.
        sum = s.add(sum, unsafe { if left >= LANES { s.load(terms.as_ptr().add(j)) } else { s.load_first(terms.as_ptr().add(j), left) } });
        j += LANES;
    }
    s.sum(sum)
}

/// Takes a block of scores (minus infinity where a row does not take part) into `online` and turns them into terms
/// `exp(beta (s - max))` under the new maximum; rows count from `first`.
///
/// Where a score whose bit is set in `keep` is not finite, gives its
/// lane and changes nothing.
#[inline(always)]
pub fn softmax_block<S: Simd>(s: S, online: &mut Online, beta: f32, first: u32, scores: &mut [f32], keep: u64) -> Result<Weighed, u32> {
    let before = *online;
    let winner = lead(s, &mut online.leader, first, scores, keep)?;
    if online.is_empty() {
        scores.fill(0.0);
        return Ok(Weighed { factor: 1.0, all_positive: false });
    }
    let mut factor = 1.0;
    if winner.is_some() {
        factor = if before.is_empty() { 0.0 } else { exp_one::<true>(beta * (before.leader.max - online.leader.max)) };
        online.rest = if before.is_empty() { 0.0 } else { (1.0 + before.rest) * factor };
    }
    let all_positive = exp_sub(s, scores, beta, online.leader.max);
    let winner = winner.map_or(scores.len(), |lane| lane as usize);
    if let Some(own) = scores.get_mut(winner) {
        *own = 0.0;
    }
    online.rest += block_sum(s, scores);
    if let Some(own) = scores.get_mut(winner) {
        *own = 1.0;
    }
    Ok(Weighed { factor, all_positive })
}

/// [`Online::merged`] by the kernels' exponential.
#[inline(always)]
pub fn merge<S: Simd>(_: S, a: Online, b: Online, beta: f32) -> (Online, f32, f32) {
    a.merged(beta, b)
}

/// The maximum of `z` and the sum of `exp(z_i - max)`, chunk by chunk, each from its own maximum; `None` where a value is NaN or infinite.
///
/// Within a chunk each of four vectors adds up every fourth 16 terms, and a fifth what is left. Depth of the sum: 64 + 3 + 4, then the
/// chunks.
#[inline(always)]
pub fn log_sum_exp<S: Native>(s: S, z: &[f32]) -> Option<(f32, f32)> {
    let (mut max, mut sum) = (f32::NEG_INFINITY, 0.0);
    let mut from = 0;
    while from < z.len() {
        let width = if z.len() - from < CHUNK { z.len() - from } else { CHUNK };
        // SAFETY: `width` numbers lie between `from` and the end.
        let chunk = unsafe { core::slice::from_raw_parts(z.as_ptr().add(from), width) };
        let top = extremes::max(s, chunk)?;
        let terms = sum_of_terms(s, chunk, top);
        if top > max {
            sum = if from == 0 { terms } else { sum * exp_one::<true>(max - top) + terms };
            max = top;
        } else {
            sum += terms * exp_one::<true>(top - max);
        }
        from += width;
    }
    Some((max, sum))
}

/// The sum of `exp(z_i - max)` over one chunk: one of the four vectors after the other, as the chunk stays in the cache and the exponentials
/// of four vectors at once do not stay in the registers.
#[inline(always)]
fn sum_of_terms<S: Simd>(s: S, z: &[f32], max: f32) -> f32 {
    let (top, mut sums) = (s.splat(max), [s.splat(0.0); 4]);
    let (p, n) = (z.as_ptr(), z.len());
    let whole = n - n % (4 * LANES);
    let mut k = 0;
    while k < 4 {
        let (mut sum, mut j) = (s.splat(0.0), 0);
        while j < whole {
            // SAFETY: four times 16 numbers lie between j and n.
            let v = unsafe { s.load(p.add(j + k * LANES)) };
            sum = s.add(sum, exp_lanes::<S, true>(s, s.sub(v, top)));
            j += 4 * LANES;
        }
        sums[k] = sum;
        k += 1;
    }
    let (mut last, mut j) = (s.splat(0.0), whole);
    while n - j >= LANES {
        // SAFETY: 16 numbers lie between j and n.
        last = s.add(last, exp_lanes::<S, true>(s, s.sub(unsafe { s.load(p.add(j)) }, top)));
        j += LANES;
    }
    if j < n {
        let left = n - j;
        // SAFETY: `left` numbers lie between j and n.
        let term = exp_lanes::<S, true>(s, s.sub(unsafe { s.load_first(p.add(j), left) }, top));
        last = s.add(last, first_lanes(s, term, left, 0.0));
    }
    s.sum(s.add(s.add(s.add(sums[0], sums[1]), s.add(sums[2], sums[3])), last))
}
