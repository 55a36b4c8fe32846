//! The rows that may matter, in row order: each with its score, or with a bound on it that says that the row was not read yet.
//!
//! It lies in the scratch memory's room for candidates, where the rows that are left at the end are the candidates of a pass.

use crate::dispatch::Kernels;
use crate::kernels::{BLOCK, Leader};
use crate::recall::{Scratch, lanes};
use crate::separation::met::List as Scores;

/// Set in the number of a row whose score is not known yet.
pub const PENDING: u32 = 1 << 31;

/// A list's counts; the rows are in the scratch memory.
#[derive(Clone, Copy, Debug)]
pub struct List {
    /// Entries.
    pub len: usize,
    /// With more of them it is time to drop some.
    pub limit: usize,
    /// No row with this score or a lower one matters.
    pub floor: f32,
    /// The largest bound of those that were dropped.
    pub dropped: f32,
}

impl List {
    /// Nothing yet.
    pub const NONE: Self = Self { len: 0, limit: 4 * BLOCK, floor: f32::NEG_INFINITY, dropped: f32::NEG_INFINITY };

    /// Raises the floor.
    pub fn raise(&mut self, floor: f32) {
        self.floor = if floor > self.floor { floor } else { self.floor };
    }

    /// Appends the entries of a block, its first row's number with or without the mark, that lie above the floor; false where there is no
    /// room for them.
    pub fn push<K: Kernels>(&mut self, kernels: K, scratch: &mut Scratch<'_>, first: u32, scores: &[f32]) -> bool {
        let above = kernels.above(scores, self.floor);
        if self.len + above.count_ones() as usize > scratch.capacity() {
            return false;
        }
        for lane in lanes(above) {
            if let (Some(&score), Some(score_to), Some(row_to)) =
                (scores.get(lane), scratch.scores.get_mut(self.len), scratch.rows.get_mut(self.len))
            {
                (*score_to, *row_to) = (score, first.wrapping_add(lane as u32));
                self.len += 1;
            }
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
                    kept += 1;
                }
            } else if score > self.dropped {
                self.dropped = score;
            }
        }
        self.len = kept;
    }

    /// The place of the pending entry with the largest bound; none where none is pending.
    pub fn best_pending(&self, scratch: &Scratch<'_>) -> Option<(usize, f32)> {
        let mut best = None;
        for (i, (&score, &row)) in scratch.scores.iter().zip(scratch.rows.iter()).enumerate().take(self.len) {
            if row & PENDING != 0 && best.is_none_or(|(_, bound)| score > bound) {
                best = Some((i, score));
            }
        }
        best
    }

    /// Copies the scores that are known to `work`, as many as fit, and says how many, and their leader.
    pub fn known<'w>(&self, scratch: &'w mut Scratch<'_>) -> (Leader, Scores<'w>, &'w mut [f32]) {
        let Scratch { scores, rows, work, .. } = scratch;
        let (mut leader, mut count) = (Leader::NONE, 0);
        for (&score, &row) in scores.iter().zip(rows.iter()).take(self.len) {
            if row & PENDING == 0
                && let Some(place) = work.get_mut(count)
            {
                *place = score;
                count += 1;
                leader = leader.merged(Leader { max: score, row, runner_up: f32::NEG_INFINITY });
            }
        }
        let (known, work) = work.split_at_mut_checked(count).unwrap_or((&mut [], &mut []));
        (leader, Scores { scores: known, rows: rows.get(..count).unwrap_or(&[]) }, work)
    }
}
