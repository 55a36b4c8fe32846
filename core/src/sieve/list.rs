//! The rows that may matter, in row order: each with its score, or with a bound on it that says that the row was not read yet.
//!
//! It lies in the scratch memory's room for candidates, where the rows that are left at the end are the candidates of a pass.

use crate::dispatch::Kernels;
use crate::kernels::{BLOCK, Leader};
use crate::recall::{Scratch, lanes};
use crate::separation::met::List as Scores;

/// Set in the number of a row whose score is not known yet.
pub const PENDING: u32 = 1 << 31;

/// Rows that are read before the floor is raised by what they say, the best first.
pub const BEST: usize = 16;

/// A list's counts; the rows are in the scratch memory.
#[derive(Clone, Copy, Debug)]
pub struct List {
    /// Entries.
    pub len: usize,
    /// How many were left when it was last shortened.
    pub left: usize,
    /// No row with this score or a lower one matters.
    pub floor: f32,
    /// The largest bound of those that were dropped.
    pub dropped: f32,
}

impl List {
    /// Nothing yet.
    pub const NONE: Self = Self { len: 0, left: 0, floor: f32::NEG_INFINITY, dropped: f32::NEG_INFINITY };

    /// Time to drop some.
    pub fn is_long(&self) -> bool {
        self.len > 4 * self.left.max(BLOCK)
    }

    /// Worth a look whether some can be dropped.
    pub fn has_grown(&self) -> bool {
        self.len > self.left.saturating_add(self.left / 2)
    }

    /// Entries of row `row` and later ones.
    pub fn since(&self, scratch: &Scratch<'_>, row: usize) -> usize {
        let listed = scratch.rows.get(..self.len).unwrap_or(&[]);
        listed.iter().rev().take_while(|&&found| (found & !PENDING) as usize >= row).count()
    }

    /// Of the last `count` entries, those that lie above a floor.
    pub fn above(&self, scratch: &Scratch<'_>, count: usize, floor: f32) -> usize {
        let listed = scratch.scores.get(self.len.saturating_sub(count)..self.len).unwrap_or(&[]);
        listed.iter().filter(|&&score| score > floor).count()
    }

    /// Entries that are pending.
    pub fn pending(&self, scratch: &Scratch<'_>) -> usize {
        scratch.rows.iter().take(self.len).filter(|&&row| row & PENDING != 0).count()
    }

    /// Raises the floor.
    pub fn raise(&mut self, floor: f32) {
        self.floor = if floor > self.floor { floor } else { self.floor };
    }

    /// Appends the entries of a block, its first row's number with or without the mark, that lie above the floor; false where there is no
    /// room for them.
    pub fn push<K: Kernels>(&mut self, kernels: K, scratch: &mut Scratch<'_>, first: u32, scores: &[f32]) -> bool {
        let above = kernels.above(scores, self.floor);
        let (count, end) = (above.count_ones() as usize, self.len + above.count_ones() as usize);
        let (Some(scores_to), Some(rows_to)) = (scratch.scores.get_mut(self.len..end), scratch.rows.get_mut(self.len..end)) else {
            return false;
        };
        self.len = end;
        if count == scores.len() {
            for ((score_to, row_to), (&score, row)) in scores_to.iter_mut().zip(rows_to).zip(scores.iter().zip(first..)) {
                (*score_to, *row_to) = (score, row);
            }
            return true;
        }
        for ((score_to, row_to), lane) in scores_to.iter_mut().zip(rows_to).zip(lanes(above)) {
            (*score_to, *row_to) = (scores.get(lane).copied().unwrap_or(f32::NEG_INFINITY), first.wrapping_add(lane as u32));
        }
        for (lane, &score) in (0u32..).zip(scores) {
            if above >> (lane % 64) & 1 == 0 && score > self.dropped {
                self.dropped = score;
            }
        }
        true
    }

    /// Drops the entries from place `from` on that do not lie above the floor.
    pub fn prune(&mut self, scratch: &mut Scratch<'_>, from: usize) {
        let mut kept = from;
        for i in from..self.len {
            let (Some(&score), Some(&row)) = (scratch.scores.get(i), scratch.rows.get(i)) else { break };
            if score > self.floor {
                if let (Some(score_to), Some(row_to)) = (scratch.scores.get_mut(kept), scratch.rows.get_mut(kept)) {
                    (*score_to, *row_to) = (score, row);
                }
                kept += 1;
            } else if score > self.dropped {
                self.dropped = score;
            }
        }
        self.len = kept;
    }

    /// The places of the pending entries with the largest bounds, the best first; says how many there are.
    pub fn best_pending(&self, scratch: &Scratch<'_>, best: &mut [(f32, usize); BEST]) -> usize {
        let mut count = 0;
        let mut least = self.floor;
        for (i, (&bound, &row)) in scratch.scores.iter().zip(scratch.rows.iter()).enumerate().take(self.len) {
            if row & PENDING == 0 || bound <= least {
                continue;
            }
            // The place of the new one, and those behind it one further.
            let mut new = (bound, i);
            for old in best.iter_mut().take(count) {
                if new.0 > old.0 {
                    core::mem::swap(old, &mut new);
                }
            }
            if let Some(place) = best.get_mut(count) {
                *place = new;
                count += 1;
            }
            least = if count == BEST { best.last().map_or(least, |last| last.0) } else { least };
        }
        count
    }

    /// What all rows have at least, `lower` of those that are pending, and their leader, in the room for work; nothing where that is too
    /// small.
    pub fn lowest<'w>(&self, scratch: &'w mut Scratch<'_>, lower: impl Fn(u32, f32) -> f32) -> (Leader, Scores<'w>) {
        let Scratch { scores, rows, work, .. } = scratch;
        let lowers = work.get_mut(..self.len).unwrap_or(&mut []);
        let mut leader = Leader::NONE;
        for ((to, &score), &row) in lowers.iter_mut().zip(scores.iter()).zip(rows.iter()) {
            *to = if row & PENDING == 0 { score } else { lower(row & !PENDING, score) };
            leader.max = if *to > leader.max { *to } else { leader.max };
        }
        let rows = rows.get(..lowers.len()).unwrap_or(&[]);
        (leader, Scores { scores: lowers, rows })
    }
}
