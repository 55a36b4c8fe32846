//! The state of a sparse pass: the rows that can still have a weight, by raw score and number, in row order.
//!
//! A row is a candidate while its score is above the *floor*: what the best row so far, or the cut of any part of the rows, rules out for
//! good (in absolute terms a threshold only rises as rows are added; what rounds is taken off). So what is dropped never had a weight, and
//! the weights are those of all rows, in bits (see [`threshold`](crate::separation)).
//!
//! At a low beta the best row rules nearly nothing out: with a few blocks' candidates the cut of these raises the floor to nearly what it
//! will be, and hardly a row is kept from then on (4096 x 128, beta 1, support 14: 0.72 times softmax's time, and 1.04 without). Tried and
//! not kept: after the first block already, or a bound from Newton's first steps on each crowded block (both 0.77 there, and 1.2 times the
//! time of few rows).

use super::batch::sparse;
use super::source::Rescan;
use super::state::{Block, Halt, Normaliser, Rule, Sifted, State};
use super::{Batch, Scratch};
use crate::dispatch::Kernels;
use crate::error::Error;
use crate::kernels::{BLOCK, Leader, Tally};
use crate::patterns::{Panels, Rows};
use crate::separation::cut::Cut;
use crate::separation::met::{List, Met, Numbers};
use crate::separation::{Map, Separation, Sparse, Weighed};
use crate::similarity::Similarity;

/// What a sparse pass keeps beside its candidates.
#[derive(Clone, Copy, Debug)]
pub struct Candidates {
    leader: Leader,
    /// No row with this score or a lower one has a weight.
    floor: f32,
    len: usize,
    /// With more candidates than this it is time to drop some: four times as many as were left the last time.
    limit: usize,
    /// Rows that took part; the largest number where the same are merged again and again.
    rows: u32,
}

impl<M: Sparse, K: Kernels> Rule<'_, M, K> {
    /// The floor under a new leader.
    fn floor(&self, floor: f32, leader: Leader) -> f32 {
        let other = self.map.floor(self.beta, leader.max);
        if other > floor { other } else { floor }
    }

    /// Calls `each` with the numbers, scores and weights of a block of rows at a time, where one of them has a weight.
    fn weigh(&self, cut: &Cut, rows: &mut Met<'_, '_>, mut each: impl FnMut(Numbers<'_>, &[f32], &[f32])) {
        let floor = self.map.floor_of(self.beta, cut);
        rows.scan(|numbers, scores| {
            if self.kernels.above(scores, floor) == 0 {
                return;
            }
            let mut weights = [0.0; BLOCK];
            let Some(weights) = weights.get_mut(..scores.len()) else { return };
            for (weight, &score) in weights.iter_mut().zip(scores) {
                *weight = score;
            }
            self.map.weights(self.kernels, self.beta, cut, numbers, weights);
            each(numbers, scores, weights);
        });
    }

    /// The normaliser of rows whose best are `leader`.
    fn normaliser_of(&self, leader: Leader, count: u32, rows: &mut Met<'_, '_>, work: &mut [f32]) -> Result<Normaliser, Error> {
        let cut = self.map.cut(self.kernels, self.beta, leader, rows, work).ok_or_else(|| self.map.too_few(count as usize))?;
        let (mut tally, mut weight) = (Tally::new(self.beta, leader.max), 0.0);
        self.weigh(&cut, rows, |numbers, scores, weights| {
            let winner = (0u32..).zip(numbers.take(scores.len())).zip(weights).find(|((_, row), _)| *row == leader.row);
            if let Some((_, &own)) = winner {
                weight = own;
            }
            self.kernels.tally(&mut tally, scores, weights, winner.map(|((lane, _), _)| lane));
        });
        let tallied = tally.sums();
        let max = f64::from(self.beta) * f64::from(leader.max);
        Ok(Normaliser {
            leader,
            weight,
            rest: tallied.others as f32,
            missing: 0.0,
            divisor: 1.0,
            support: tallied.support as u32,
            rows: count,
            conjugate: self.map.conjugate(max, &cut, &tallied),
            threshold: self.map.threshold(self.beta, &cut),
            cut,
        })
    }
}

impl Candidates {
    /// The candidates of a pass.
    fn list<'a>(&self, scratch: &'a Scratch<'_>) -> List<'a> {
        List { scores: scratch.scores.get(..self.len).unwrap_or(&[]), rows: scratch.rows.get(..self.len).unwrap_or(&[]) }
    }

    /// Numbers that hold one.
    pub const NUMBERS: usize = 8;

    /// What [`write`](Self::write) wrote.
    pub fn from_numbers(numbers: &[f32]) -> Option<Self> {
        let &[max, runner_up, floor, row, len, limit, rows, mark] = numbers.first_chunk()?;
        let [row, len, limit, rows] = [row, len, limit, rows].map(f32::to_bits);
        let leader = Leader { max, row, runner_up };
        (mark == 0.0).then_some(Self { leader, floor, len: len as usize, limit: limit as usize, rows })
    }

    /// Writes it as numbers, the counts as bits.
    pub fn write(&self, numbers: &mut [f32]) {
        let Self { leader, floor, len, limit, rows } = *self;
        let [row, len, limit, rows] = [leader.row, len as u32, limit.min(u32::MAX as usize) as u32, rows].map(f32::from_bits);
        let written = [leader.max, leader.runner_up, floor, row, len, limit, rows, 0.0];
        for (to, number) in numbers.iter_mut().zip(written) {
            *to = number;
        }
    }

    /// A block whose scores are all at or below this changes nothing but the number of rows.
    pub fn bar<M: Sparse, K: Kernels>(&self, rule: Rule<'_, M, K>) -> f32 {
        let floor = rule.floor(self.floor, self.leader);
        if self.leader.runner_up < floor { self.leader.runner_up } else { floor }
    }

    /// The same of `rows` in all.
    pub fn of(self, rows: u32) -> Self {
        Self { rows, ..self }
    }

    /// Raises the floor to what the candidates themselves say, and drops those at or below it.
    fn prune<M: Sparse, K: Kernels>(&mut self, rule: Rule<'_, M, K>, scratch: &mut Scratch<'_>) {
        let Scratch { scores, rows, work, .. } = scratch;
        let list = List { scores: scores.get(..self.len).unwrap_or(&[]), rows: rows.get(..self.len).unwrap_or(&[]) };
        let Some(cut) = rule.map.cut(rule.kernels, rule.beta, self.leader, &mut Met::Listed(list), work) else {
            // Too few to carry the weights: with many more it may be worth asking again.
            self.limit = self.len.saturating_mul(4);
            return;
        };
        let floor = rule.map.floor_of(rule.beta, &cut);
        self.floor = if floor > self.floor { floor } else { self.floor };
        let (mut kept, mut from) = (0, 0);
        while from < self.len {
            let block = scores.get(from..self.len).unwrap_or(&[]);
            for lane in lanes(rule.kernels.above(block, self.floor)) {
                let (Some(&score), Some(&row)) = (scores.get(from + lane), rows.get(from + lane)) else { break };
                let is_last = score == cut.reference && row > cut.last_row;
                if !is_last && let (Some(score_to), Some(row_to)) = (scores.get_mut(kept), rows.get_mut(kept)) {
                    (*score_to, *row_to) = (score, row);
                    kept += 1;
                }
            }
            from += BLOCK;
        }
        // Where nearly all are kept, so they may be of many more.
        self.limit = kept.saturating_mul(if kept > self.len / 4 * 3 { 16 } else { 4 });
        self.len = kept;
    }

    /// Appends the candidates that `mask` names in a block; there is room.
    fn push(&mut self, scratch: &mut Scratch<'_>, numbers: Numbers<'_>, scores: &[f32], mask: u64) {
        let (end, all) = (self.len + scores.len(), mask.count_ones() as usize == scores.len());
        if let (true, Numbers::From(first), Some(scores_to), Some(rows_to)) =
            (all, numbers, scratch.scores.get_mut(self.len..end), scratch.rows.get_mut(self.len..end))
        {
            for ((score_to, row_to), (&score, row)) in scores_to.iter_mut().zip(rows_to).zip(scores.iter().zip(first..)) {
                (*score_to, *row_to) = (score, row);
            }
            self.len = end;
            return;
        }
        for lane in lanes(mask) {
            if let (Some(&score), Some(row), Some(score_to), Some(row_to)) =
                (scores.get(lane), numbers.nth(lane), scratch.scores.get_mut(self.len), scratch.rows.get_mut(self.len))
            {
                (*score_to, *row_to) = (score, row);
                self.len += 1;
            }
        }
    }
}

/// The set bits of a mask, from the lowest on.
pub fn lanes(mut mask: u64) -> impl Iterator<Item = usize> {
    core::iter::from_fn(move || {
        let lane = (mask != 0).then(|| mask.trailing_zeros() as usize);
        mask &= mask.wrapping_sub(1);
        lane
    })
}

impl<M: Sparse> State<M> for Candidates {
    const NONE: Self = Self { leader: Leader::NONE, floor: f32::NEG_INFINITY, len: 0, limit: 0, rows: 0 };
    const SUMS: bool = false;

    fn block<K: Kernels, R: Rows>(&mut self, rule: Rule<'_, M, K>, block: Block<'_, R>, scratch: &mut Scratch<'_>) -> Result<(), Halt> {
        let Block { row, scores, keep, .. } = block;
        let mut leader = self.leader;
        rule.kernels.lead(&mut leader, row, scores, keep).map_err(Halt::NotFinite)?;
        let mut floor = rule.floor(self.floor, leader);
        let mut mask = rule.kernels.above(scores, floor) & keep;
        let room = scratch.capacity();
        let wanted = self.len + mask.count_ones() as usize;
        if self.len > 0 && (wanted > room || (wanted > rule.map.enough() && wanted > self.limit)) {
            self.prune(rule, scratch);
            floor = rule.floor(self.floor, leader);
            mask = rule.kernels.above(scores, floor) & keep;
        }
        if self.len + mask.count_ones() as usize > room {
            return Err(Halt::Full);
        }
        (self.leader, self.floor) = (leader, floor);
        self.rows = self.rows.saturating_add(keep.count_ones());
        self.push(scratch, Numbers::From(row), scores, mask);
        Ok(())
    }

    /// Nothing: a support is summed by rank, not by rows of the memory.
    fn end_chunk<K: Kernels>(&mut self, _: Rule<'_, M, K>, _: &mut Scratch<'_>) {}

    fn block_without_room<K: Kernels>(&mut self, rule: Rule<'_, M, K>, row: u32, scores: &[f32], keep: u64) -> Result<(), Halt> {
        let mut leader = self.leader;
        rule.kernels.lead(&mut leader, row, scores, keep).map_err(Halt::NotFinite)?;
        self.leader = leader;
        self.rows = self.rows.saturating_add(keep.count_ones());
        self.len = 0;
        Ok(())
    }

    fn merge<K: Kernels>(&mut self, rule: Rule<'_, M, K>, scratch: &mut Scratch<'_>, other: (&Self, &Scratch<'_>)) -> Result<(), Error> {
        let (other, others) = other;
        if self.len + other.len > scratch.capacity() && self.len > 0 {
            self.prune(rule, scratch);
        }
        let leader = self.leader.merged(other.leader);
        let floor = rule.floor(if other.floor > self.floor { other.floor } else { self.floor }, leader);
        let List { scores, rows } = other.list(others);
        let blocks = || scores.chunks(BLOCK).zip(rows.chunks(BLOCK));
        let more: u32 = blocks().map(|(scores, _)| rule.kernels.above(scores, floor).count_ones()).sum();
        if self.len + more as usize > scratch.capacity() {
            return Err(Error::Full { consumed: 0 });
        }
        for (scores, rows) in blocks() {
            self.push(scratch, Numbers::Listed(rows), scores, rule.kernels.above(scores, floor));
        }
        (self.leader, self.floor) = (leader, floor);
        self.rows = self.rows.saturating_add(other.rows);
        Ok(())
    }

    fn normaliser<K: Kernels>(&mut self, rule: Rule<'_, M, K>, scratch: &mut Scratch<'_>) -> Result<Normaliser, Error> {
        let Scratch { scores, rows, work, .. } = scratch;
        let list = List { scores: scores.get(..self.len).unwrap_or(&[]), rows: rows.get(..self.len).unwrap_or(&[]) };
        rule.normaliser_of(self.leader, self.rows, &mut Met::Listed(list), work)
    }

    fn reread<K: Kernels>(&self, rule: Rule<'_, M, K>, rows: &mut Rescan<'_>) -> Result<Normaliser, Error> {
        rule.normaliser_of(self.leader, self.rows, &mut Met::Again(rows), &mut [])
    }

    fn raised_conjugate<K: Kernels>(rule: Rule<'_, M, K>, normaliser: &Normaliser, rows: &mut Rescan<'_>) -> f64 {
        let Normaliser { leader, weight, support, conjugate, cut, .. } = *normaliser;
        let (support, count) = (support as usize, normaliser.rows as usize);
        rule.map.raised_conjugate(
            &Weighed { beta: rule.beta, max: leader.max, weight, support, rows: count, conjugate, cut },
            &mut Met::Again(rows),
        )
    }

    fn read_out<K: Kernels, R: Rows>(
        &self,
        rule: Rule<'_, M, K>,
        normaliser: &Normaliser,
        first: u32,
        values: &R,
        scratch: &mut Scratch<'_>,
    ) {
        let end = u64::from(first) + values.count() as u64;
        let Scratch { sum, scores, rows, .. } = scratch;
        let list = List { scores: scores.get(..self.len).unwrap_or(&[]), rows: rows.get(..self.len).unwrap_or(&[]) };
        rule.weigh(&normaliser.cut, &mut Met::Listed(list), |numbers, _, weights| {
            for lane in lanes(rule.kernels.above(weights, 0.0)) {
                if let (Some(row), Some(&weight)) = (numbers.nth(lane), weights.get(lane))
                    && row >= first
                    && u64::from(row) < end
                {
                    sum.push(rule.kernels, values, row - first, weight);
                }
            }
        });
        sum.read_waiting(rule.kernels, values, 0);
    }

    fn weights<K: Kernels>(rule: Rule<'_, M, K>, normaliser: &Normaliser, first: u32, scores: &mut [f32]) {
        rule.map.weights(rule.kernels, rule.beta, &normaliser.cut, Numbers::From(first), scores);
    }

    fn leader(&self) -> Leader {
        self.leader
    }

    fn floor_under<K: Kernels>(rule: Rule<'_, M, K>, lower: f32, _: f64) -> f32 {
        rule.map.floor(rule.beta, lower)
    }

    fn floor_of<K: Kernels>(rule: Rule<'_, M, K>, leader: Leader, some: List<'_>, work: &mut [f32]) -> f32 {
        let cut = rule.map.cut(rule.kernels, rule.beta, leader, &mut Met::Listed(some), work);
        cut.map_or(f32::NEG_INFINITY, |cut| rule.map.floor_of(rule.beta, &cut))
    }

    fn sifted<K: Kernels, R: Rows>(_: Rule<'_, M, K>, sifted: Sifted, _: &R, _: &mut Scratch<'_>) -> Result<Self, Halt> {
        let Sifted { len, leader, floor, rows } = sifted;
        Ok(Self { leader, floor, len, limit: len, rows })
    }

    fn batch<S: Separation<Map = M>, Q: Similarity, K: Kernels, R: Panels, V: Panels>(batch: Batch<'_, S, Q, K, R, V>)
    where
        M: Map<State = Self>,
    {
        sparse::run(batch);
    }
}
