//! The state of a sparse pass: the rows that can still be in the support, by raw score and number, in row order.
//!
//! A row is a candidate while `u = beta (s - max)` is above a lower bound of the threshold. The bound is -1 at first; the threshold of any
//! part of the rows is one, lowered by its error, and it sinks by as much as the maximum rises. So what is dropped was never in the
//! support, and the weights are those of all rows, in bits (see [`threshold`](crate::separation::threshold)).

use super::Scratch;
use super::source::{Rescan, Source};
use super::state::{Block, Halt, Normaliser, State};
use crate::dispatch::Kernels;
use crate::error::Error;
use crate::kernels::{Active, BLOCK, Leader};
use crate::patterns::Rows;
use crate::separation::threshold::{Sparse, Threshold, of_scores, search};
use core::marker::PhantomData;

/// What a sparse pass keeps beside its candidates.
#[derive(Debug)]
pub struct Candidates<S> {
    leader: Leader,
    /// A lower bound of the threshold, in units of u.
    bound: f32,
    len: usize,
    rows: usize,
    map: PhantomData<S>,
}

impl<S> Clone for Candidates<S> {
    fn clone(&self) -> Self {
        *self
    }
}
impl<S> Copy for Candidates<S> {}

/// What the weights of a support add up to, met in row order.
struct Tally {
    weight: f32,
    others: f64,
    support: usize,
    conjugate: f64,
}

impl Tally {
    const NONE: Self = Self { weight: 0.0, others: 0.0, support: 0, conjugate: 0.0 };

    fn add<S: Sparse>(&mut self, row: u32, score: f32, beta: f32, leader: Leader, threshold: &Threshold) {
        let u = beta * (score - leader.max);
        let weight = S::weight(u, threshold);
        if weight > 0.0 {
            self.support += 1;
            self.conjugate += S::conjugate_term(u, threshold);
            if row == leader.row {
                self.weight = weight;
            } else {
                self.others += f64::from(weight);
            }
        }
    }

    fn normaliser<S: Sparse>(self, beta: f32, leader: Leader, threshold: Threshold, rows: usize) -> Normaliser {
        let max = f64::from(beta) * f64::from(leader.max);
        Normaliser {
            leader,
            rest: self.others as f32,
            weight: self.weight,
            support: self.support,
            threshold: Some(threshold),
            // The terms of u and the constant nearly cancel where one row has all the weight: together first, or a tiny maximum is lost.
            conjugate: max + (self.conjugate + S::CONJUGATE_CONSTANT),
            rows,
        }
    }
}

impl<S: Sparse> Candidates<S> {
    /// The candidates of a pass, as far as there is room.
    fn list<'a>(&self, scratch: &'a Scratch<'_>) -> (&'a [f32], &'a [u32]) {
        (scratch.scores.get(..self.len).unwrap_or(&[]), scratch.rows.get(..self.len).unwrap_or(&[]))
    }

    /// The bound under a new leader: it sinks by what the maximum rises, and a little more than that rounds.
    fn bound_under(&self, beta: f32, leader: Leader) -> f32 {
        let rise = beta * (leader.max - self.leader.max);
        let bound = (self.bound - rise) - (1.0 + rise) * (4.0 * f32::EPSILON);
        if self.leader.max != leader.max { if bound > -1.0 { bound } else { -1.0 } } else { self.bound }
    }

    /// Raises the bound to what the candidates themselves say, and drops those at or below it.
    fn prune<K: Kernels>(&mut self, kernels: K, beta: f32, scratch: &mut Scratch<'_>) {
        let scores = scratch.scores.get(..self.len).unwrap_or(&[]);
        let bound = of_scores(kernels, scores, beta, self.leader.max, &[], scratch.work).lower_bound();
        self.bound = if bound > self.bound { bound } else { self.bound };
        let mut kept = 0;
        let mut begin = 0;
        while begin < self.len {
            let width = BLOCK.min(self.len - begin);
            let block = scratch.scores.get(begin..begin + width).unwrap_or(&[]);
            let mut mask = kernels.above(block, beta, self.leader.max, self.bound);
            while mask != 0 {
                let from = begin + mask.trailing_zeros() as usize;
                mask &= mask - 1;
                if let (Some(&score), Some(&row)) = (scratch.scores.get(from), scratch.rows.get(from))
                    && let (Some(score_to), Some(row_to)) = (scratch.scores.get_mut(kept), scratch.rows.get_mut(kept))
                {
                    (*score_to, *row_to) = (score, row);
                    kept += 1;
                }
            }
            begin += width;
        }
        self.len = kept;
    }

    /// Appends the candidates that `mask` names in a block; there is room.
    fn push(&mut self, scratch: &mut Scratch<'_>, first: u32, scores: &[f32], mut mask: u64) {
        while mask != 0 {
            let lane = mask.trailing_zeros();
            mask &= mask - 1;
            if let (Some(&score), Some(score_to), Some(row_to)) =
                (scores.get(lane as usize), scratch.scores.get_mut(self.len), scratch.rows.get_mut(self.len))
            {
                (*score_to, *row_to) = (score, first.wrapping_add(lane));
                self.len += 1;
            }
        }
    }
}

impl<S: Sparse> State for Candidates<S> {
    const NONE: Self = Self { leader: Leader::NONE, bound: -1.0, len: 0, rows: 0, map: PhantomData };
    const SUMS: bool = false;

    fn block<K: Kernels, R: Rows>(&mut self, kernels: K, beta: f32, block: Block<'_, R>, scratch: &mut Scratch<'_>) -> Result<(), Halt> {
        let Block { row, scores, keep, .. } = block;
        let mut leader = self.leader;
        kernels.lead(&mut leader, row, scores, keep).map_err(Halt::NotFinite)?;
        let mut bound = self.bound_under(beta, leader);
        let mut mask = kernels.above(scores, beta, leader.max, bound) & keep;
        if self.len + mask.count_ones() as usize > scratch.capacity() && self.len > 0 {
            self.prune(kernels, beta, scratch);
            bound = self.bound_under(beta, leader);
            mask = kernels.above(scores, beta, leader.max, bound) & keep;
        }
        if self.len + mask.count_ones() as usize > scratch.capacity() {
            return Err(Halt::Full);
        }
        (self.leader, self.bound) = (leader, bound);
        self.rows += keep.count_ones() as usize;
        self.push(scratch, row, scores, mask);
        Ok(())
    }

    /// Nothing: a support is summed by rank, not by rows of the memory.
    fn end_chunk<K: Kernels>(&mut self, _: K, _: f32, _: &mut Scratch<'_>) {}

    fn block_without_room<K: Kernels>(&mut self, kernels: K, beta: f32, row: u32, scores: &[f32], keep: u64) -> Result<(), Halt> {
        let mut leader = self.leader;
        kernels.lead(&mut leader, row, scores, keep).map_err(Halt::NotFinite)?;
        self.bound = self.bound_under(beta, leader);
        self.leader = leader;
        self.rows += keep.count_ones() as usize;
        self.len = 0;
        Ok(())
    }

    fn merge<K: Kernels>(&mut self, kernels: K, beta: f32, scratch: &mut Scratch<'_>, other: (&Self, &Scratch<'_>)) -> Result<(), Error> {
        let (other, others) = other;
        if self.len + other.len > scratch.capacity() && self.len > 0 {
            self.prune(kernels, beta, scratch);
        }
        let leader = self.leader.merged(other.leader);
        let (mine, theirs) = (self.bound_under(beta, leader), other.bound_under(beta, leader));
        let bound = if mine > theirs { mine } else { theirs };
        let (scores, rows) = other.list(others);
        let blocks = || scores.chunks(BLOCK).zip(rows.chunks(BLOCK));
        let more: u32 = blocks().map(|(scores, _)| kernels.above(scores, beta, leader.max, bound).count_ones()).sum();
        if self.len + more as usize > scratch.capacity() {
            return Err(Error::Full { consumed: 0 });
        }
        for (scores, rows) in blocks() {
            let mut mask = kernels.above(scores, beta, leader.max, bound);
            while mask != 0 {
                let lane = mask.trailing_zeros() as usize;
                mask &= mask - 1;
                if let (Some(score), Some(&row)) = (scores.get(lane..lane + 1), rows.get(lane)) {
                    self.push(scratch, row, score, 1);
                }
            }
        }
        (self.leader, self.bound) = (leader, bound);
        self.rows += other.rows;
        Ok(())
    }

    fn normaliser<K: Kernels>(&mut self, kernels: K, beta: f32, scratch: &mut Scratch<'_>) -> Normaliser {
        let scores = scratch.scores.get(..self.len).unwrap_or(&[]);
        let threshold = of_scores(kernels, scores, beta, self.leader.max, &[], scratch.work);
        let mut tally = Tally::NONE;
        let (scores, rows) = self.list(scratch);
        for (&score, &row) in scores.iter().zip(rows) {
            tally.add::<S>(row, score, beta, self.leader, &threshold);
        }
        tally.normaliser::<S>(beta, self.leader, threshold, self.rows)
    }

    fn reread<K: Kernels>(&self, kernels: K, beta: f32, rows: &mut Rescan<'_, impl Source>) -> Normaliser {
        let leader = self.leader;
        let threshold = search(f64::from(self.bound), |t| {
            let mut state = Active::new(t, false);
            rows.scan(|_, scores| kernels.active(&mut state, beta, leader.max, scores));
            Ok::<_, ()>(state.sums())
        });
        let threshold = threshold.unwrap_or(Threshold::ALONE);
        let mut tally = Tally::NONE;
        rows.scan(|first, scores| {
            for (row, &score) in (first..).zip(scores) {
                tally.add::<S>(row, score, beta, leader, &threshold);
            }
        });
        tally.normaliser::<S>(beta, leader, threshold, self.rows)
    }

    fn raised_conjugate(beta: f32, normaliser: &Normaliser, rows: &mut Rescan<'_, impl Source>) -> f64 {
        let (count, max) = (normaliser.rows as f64, f64::from(normaliser.leader.max));
        if normaliser.support < normaliser.rows {
            return normaliser.conjugate - S::entropy_of_uniform(count);
        }
        // With every row in the support the two may nearly cancel: then from the scores, where nothing does.
        let (mut sum, mut squares) = (0.0, 0.0);
        rows.scan(|_, scores| {
            for &score in scores {
                if score > f32::NEG_INFINITY {
                    let u = f64::from(beta) * (f64::from(score) - max);
                    sum += u;
                    squares += u * u;
                }
            }
        });
        f64::from(beta) * max + S::raised_conjugate_of_all(count, sum, squares)
    }

    fn read_out<K: Kernels, R: Rows>(&self, kernels: K, beta: f32, n: &Normaliser, first: u32, values: &R, scratch: &mut Scratch<'_>) {
        let Some(threshold) = n.threshold else { return };
        let end = u64::from(first) + values.count() as u64;
        let Scratch { sum, scores, rows, .. } = scratch;
        for (&score, &row) in scores.iter().zip(rows.iter()).take(self.len) {
            if row < first || u64::from(row) >= end {
                continue;
            }
            let weight = S::weight(beta * (score - n.leader.max), &threshold);
            if weight > 0.0 {
                sum.push(kernels, values, row - first, weight);
            }
        }
        sum.read_waiting(kernels, values, 0);
    }

    fn weights<K: Kernels>(_kernels: K, beta: f32, normaliser: &Normaliser, scores: &mut [f32]) {
        let Some(threshold) = normaliser.threshold else { return };
        for score in scores {
            *score = S::weight(beta * (*score - normaliser.leader.max), &threshold);
        }
    }

    fn scale(_normaliser: &Normaliser) -> f32 {
        1.0
    }

    fn leader(&self) -> Leader {
        self.leader
    }
}
