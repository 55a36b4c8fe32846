//! The k-th largest of scores that can only be looked at in passes.
//!
//! f32 scores in order are integers in order, so 32 halvings of the integers, each a count of what lies above, end at the score itself.
//! No sort, no memory; the counts are exact, so rows that are dropped from below change nothing.

use super::met::{Met, Numbers};
use crate::dispatch::Kernels;

/// The place of a score in the order of all f32, with 0 for -0.0 and +0.0 next to each other.
fn place(score: f32) -> u32 {
    let bits = score.to_bits();
    if bits >> 31 == 1 { !bits } else { bits | 1 << 31 }
}

/// The score at a place.
fn score_at(place: u32) -> f32 {
    f32::from_bits(if place >> 31 == 1 { place & !(1 << 31) } else { !place })
}

/// The largest score `v` such that the scores at or above it weigh `mass` together (each 1, with `weigh` of the lanes of a mask); none
/// where all of them weigh less. `max` is the largest score.
pub fn kth<K: Kernels>(kernels: K, max: f32, mass: u64, rows: &mut Met<'_, '_>, weigh: impl Fn(Numbers<'_>, u64) -> u64) -> Option<f32> {
    let mut above = |floor: f32| {
        let mut sum = 0u64;
        rows.scan(|numbers, scores| sum = sum.saturating_add(weigh(numbers, kernels.above(scores, floor))));
        sum
    };
    if above(f32::NEG_INFINITY) < mass {
        return None;
    }
    // At `low` there is enough, one above `high` there is not.
    let (mut low, mut high) = (place(f32::MIN), place(max));
    while low < high {
        let middle = low + (high - low).div_ceil(2);
        if above(score_at(middle).next_down()) >= mass {
            low = middle;
        } else {
            high = middle - 1;
        }
    }
    Some(score_at(low))
}

/// One for each row.
pub fn ones(_: Numbers<'_>, lanes: u64) -> u64 {
    u64::from(lanes.count_ones())
}

/// The `n`-th lowest row (from 1) of those whose score is `score`; of fewer than that the last, and 0 of none.
///
/// A row's number, also where there are no more than `n`: the caller may have dropped higher ones, and the answer may not depend on it.
pub fn nth_tied(score: f32, n: u64, rows: &mut Met<'_, '_>) -> u32 {
    // How many tied rows up to `up_to` there are, and the last of them.
    let mut tied = |up_to: u32| {
        let (mut count, mut last) = (0u64, 0);
        rows.scan(|numbers, scores| {
            for (row, &s) in numbers.take(scores.len()).zip(scores) {
                if s == score && row <= up_to {
                    count += 1;
                    last = if row > last { row } else { last };
                }
            }
        });
        (count, last)
    };
    let (count, last) = tied(u32::MAX);
    if count <= n {
        return last;
    }
    let (mut low, mut high) = (0, last);
    while low < high {
        let middle = low + (high - low) / 2;
        if tied(middle).0 >= n {
            high = middle;
        } else {
            low = middle + 1;
        }
    }
    low
}
