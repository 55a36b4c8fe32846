//! The largest score, where it stands, what comes second, and whether any is not finite.
//!
//! Comparisons only, so no rounding and no order matters. A plain maximum would drop a NaN; here each score also answers whether it is
//! finite: `v - v` is 0 for a finite number and NaN for the others.

use super::BLOCK;
use crate::simd::{LANES, Lanewise, Native, Simd, largest};

/// The best rows so far.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Leader {
    /// The largest score; minus infinity before any.
    pub max: f32,
    /// The lowest row that has it.
    pub row: u32,
    /// The largest score of another row; minus infinity where there is none.
    pub runner_up: f32,
}

impl Leader {
    /// No row yet.
    pub const NONE: Self = Self { max: f32::NEG_INFINITY, row: 0, runner_up: f32::NEG_INFINITY };

    /// True where `other` has the larger score, or the same in a lower row.
    pub fn is_behind(self, other: Self) -> bool {
        other.max > self.max || (other.max == self.max && other.row < self.row)
    }

    /// The leader of both, where `other` saw other rows.
    pub fn merged(self, other: Self) -> Self {
        let (first, second) = if self.is_behind(other) { (other, self) } else { (self, other) };
        let runner_up = if second.max > first.runner_up { second.max } else { first.runner_up };
        Self { runner_up, ..first }
    }
}

/// 0, 1, 2 ..., to be compared with a number of lanes.
const NUMBERS: [f32; LANES] = [0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 9.0, 10.0, 11.0, 12.0, 13.0, 14.0, 15.0];

/// The first `n` lanes, and `rest` in the others.
#[inline(always)]
pub fn first_lanes<S: Lanewise>(s: S, v: S::Lanes, n: usize, rest: f32) -> S::Lanes {
    // SAFETY: there are 16 numbers, which is the most there are lanes.
    let numbers = unsafe { s.load(NUMBERS.as_ptr()) };
    s.select_gt(s.splat(n as f32), numbers, v, s.splat(rest))
}

/// The lanes of any number of values from `j` on, minus infinity after their end.
#[inline(always)]
fn lanes<S: Lanewise>(s: S, values: &[f32], j: usize) -> S::Lanes {
    let left = values.len() - j;
    // SAFETY: `left` numbers stand behind j.
    unsafe {
        if left >= S::COUNT {
            s.load(values.as_ptr().add(j))
        } else {
            first_lanes(s, s.load_first(values.as_ptr().add(j), left), left, f32::NEG_INFINITY)
        }
    }
}

/// A bit for each lane.
#[inline(always)]
fn all_lanes<S: Lanewise>(_: S) -> u32 {
    (1 << S::COUNT) - 1
}

/// The largest of at most [`BLOCK`] scores (minus infinity where none is above that; +0 for a zero of either sign, as which of two zeros
/// is met last depends on the number of lanes), and a bit for each that is NaN or infinite.
#[inline(always)]
fn top<S: Lanewise>(s: S, scores: &[f32]) -> (f32, u64) {
    let n = if scores.len() < BLOCK { scores.len() } else { BLOCK };
    let one = s.splat(1.0);
    let (mut best, mut strange, mut j) = (s.splat(f32::NEG_INFINITY), 0u64, 0);
    while j < n {
        let v = lanes(s, scores, j);
        best = s.max(v, best);
        strange |= u64::from(!s.gt(one, s.sub(v, v)) & all_lanes(s)) << j;
        j += S::COUNT;
    }
    let known = if n < 64 { (1u64 << n) - 1 } else { u64::MAX };
    (s.largest(best) + 0.0, strange & known)
}

/// The first lane that holds `max`.
#[inline(always)]
fn position<S: Lanewise>(s: S, scores: &[f32], max: f32) -> u32 {
    let wanted = s.splat(max);
    let mut j = 0;
    while j < scores.len() {
        let v = lanes(s, scores, j);
        let equal = !(s.gt(wanted, v) | s.gt(v, wanted)) & all_lanes(s);
        if equal != 0 {
            return j as u32 + equal.trailing_zeros();
        }
        j += S::COUNT;
    }
    0
}

/// The largest score of a block without that of lane `at`; a zero as [`top`] has it.
#[inline(always)]
fn second<S: Lanewise>(s: S, scores: &[f32], at: u32) -> f32 {
    // SAFETY: there are 16 numbers, which is the most there are lanes.
    let numbers = unsafe { s.load(NUMBERS.as_ptr()) };
    let lowest = s.splat(f32::NEG_INFINITY);
    // How far each lane is from `at`: small whole numbers, so exact.
    let mut far = s.sub(numbers, s.splat(at as f32));
    let (mut best, mut j) = (lowest, 0);
    while j < scores.len() {
        let other = s.select_gt(s.mul(far, far), s.splat(0.0), lanes(s, scores, j), lowest);
        best = s.max(other, best);
        far = s.add(far, s.splat(S::COUNT as f32));
        j += S::COUNT;
    }
    s.largest(best) + 0.0
}

/// Takes a block of scores (minus infinity where a row does not take part) into `leader`; rows count from `first`.
///
/// Gives the lane of the new winner, if the block has it. Where a score whose bit is set in `keep` is not finite, gives its lane and
/// changes nothing.
#[inline(always)]
pub fn lead<S: Simd>(s: S, leader: &mut Leader, first: u32, scores: &[f32], keep: u64) -> Result<Option<u32>, u32> {
    let s = s.each();
    let (max, strange) = top(s, scores);
    if strange & keep != 0 {
        return Err((strange & keep).trailing_zeros());
    }
    // An equal score wins where its row is lower, which happens when rows are read out of order.
    if max > leader.max || (max == leader.max && first < leader.row) {
        let at = position(s, scores, max);
        let second = second(s, scores, at);
        let runner_up = if leader.max > second { leader.max } else { second };
        *leader = Leader { max, row: first.wrapping_add(at), runner_up };
        return Ok(Some(at));
    }
    if max > leader.runner_up {
        leader.runner_up = max;
    }
    Ok(None)
}

/// The maximum of any number of values, or `None` where one is NaN or infinite; minus infinity for none.
#[inline(always)]
pub fn max<S: Native>(s: S, values: &[f32]) -> Option<f32> {
    survey(s, values, &mut [0.0; PEAKS]).map(|(max, _)| max)
}

/// The most values that [`survey`] picks out.
pub const PEAKS: usize = 64;

/// The maximum as [`max`] gives it, and into `peaks` the largest of each of several parts of the values: a sample of large ones, each
/// once. How many they are and which depends on the backend; a threshold of some values bounds that of all from below, so it makes a
/// good first guess.
///
/// Whether all are finite is asked in the native vocabulary: a value times zero is a zero or NaN, and a sum keeps a NaN.
#[inline(always)]
pub fn survey<S: Native>(s: S, values: &[f32], peaks: &mut [f32; PEAKS]) -> Option<(f32, usize)> {
    let zero = s.native_splat(0.0);
    let (mut best, mut strange) = ([s.native_splat(f32::NEG_INFINITY); 4], [zero; 4]);
    let (n, mut j) = (values.len(), 0);
    while n - j >= 4 * S::WIDTH {
        let mut k = 0;
        while k < 4 {
            // SAFETY: four registers lie between j and n.
            let v = unsafe { s.native_load(values.as_ptr().add(j + k * S::WIDTH)) };
            best[k] = s.native_max(v, best[k]);
            strange[k] = s.native_mul_add(v, zero, strange[k]);
            k += 1;
        }
        j += 4 * S::WIDTH;
    }
    let mut count = 0;
    if j > 0 {
        let mut k = 0;
        while k < 4 {
            // SAFETY: a register is at most 16 wide, so four fit the peaks.
            unsafe { s.native_store(peaks.as_mut_ptr().add(k * S::WIDTH), best[k]) };
            k += 1;
        }
        count = 4 * S::WIDTH;
    }
    let best = s.native_max(s.native_max(best[0], best[1]), s.native_max(best[2], best[3]));
    let mut strange = s.native_sum(s.native_add(s.native_add(strange[0], strange[1]), s.native_add(strange[2], strange[3])));
    // What is left, in the other vocabulary, which can load a part of a register.
    let (mut last, mut others) = (s.splat(f32::NEG_INFINITY), s.splat(0.0));
    while j < n {
        let v = lanes(s, values, j);
        last = s.max(v, last);
        let known = if n - j < LANES { first_lanes(s, v, n - j, 0.0) } else { v };
        others = s.add(others, s.mul(known, s.splat(0.0)));
        j += LANES;
    }
    strange += s.sum(others);
    let (max, last) = (s.native_largest(best), largest(s.to_array(last)));
    if strange == 0.0 { Some((if last > max { last } else { max }, count)) } else { None }
}
