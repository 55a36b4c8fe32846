//! The state of a dense pass: what the terms `exp(z_i - max z)` so far sum to, and the sum of their rows, all under the largest score so
//! far.
//!
//! Canonical rows: a block of 64 rows is weighed at once, 64 blocks make a chunk that begins empty, and chunks are merged from the left.
//! A map's empty slot (softmax1) enters when all terms are known: merging does not count it twice.

use super::batch::dense;
use super::source::Rescan;
use super::state::{Block, Halt, Normaliser, Rule, Sifted, State};
use super::{Batch, Scratch};
use crate::dispatch::Kernels;
use crate::error::Error;
use crate::kernels::{BLOCK, CHUNK, Leader, Online as Terms};
use crate::patterns::{Panels, Rows};
use crate::separation::cut::{Cut, floor_below};
use crate::separation::met::{List, Met};
use crate::separation::{Dense, Separation};
use crate::similarity::Similarity;

/// What a dense pass keeps beside its sums.
#[derive(Clone, Copy, Debug)]
pub struct Online {
    total: Terms,
    chunk: Terms,
    rows: u32,
}

/// `e^x` as an f32, +0 below 2^-126 as everywhere.
fn exp(x: f64) -> f32 {
    let y = libm::exp(x) as f32;
    if y >= f32::MIN_POSITIVE { y } else { 0.0 }
}

impl Online {
    /// The normaliser of what is in `terms`.
    ///
    /// With an empty slot, all is divided by `exp(max(max z, 0))`, so that nothing overflows: the terms `a = (1 + rest) e^(min(max z, 0))`
    /// and the slot `b = e^(-max(max z, 0))`.
    pub(super) fn of(terms: Terms, beta: f32, empty_slot: bool, rows: u32) -> Normaliser {
        let (max, rest) = (f64::from(beta) * f64::from(terms.leader.max), f64::from(terms.rest));
        let mut divisor = 1.0 + terms.rest;
        let (mut missing, mut conjugate) = (0.0, max + libm::log1p(rest));
        if empty_slot && max >= 0.0 {
            let slot = exp(-max);
            divisor += slot;
            missing = slot / divisor;
            conjugate = max + libm::log1p(rest + libm::exp(-max));
        } else if empty_slot {
            let below = exp(max);
            let all = 1.0 + divisor * below;
            missing = 1.0 / all;
            divisor = all / below;
            conjugate = libm::log1p(libm::exp(max) * (1.0 + rest));
        }
        Normaliser {
            leader: terms.leader,
            weight: 1.0 / divisor,
            rest: terms.rest / divisor,
            missing,
            divisor,
            support: rows,
            rows,
            conjugate,
            threshold: None,
            cut: Cut::new(terms.leader.max, 0.0, 0.0),
        }
    }
}

impl<M: Dense> State<M> for Online {
    const NONE: Self = Self { total: Terms::NONE, chunk: Terms::NONE, rows: 0 };
    const SUMS: bool = true;

    fn block<K: Kernels, R: Rows>(&mut self, rule: Rule<'_, M, K>, block: Block<'_, R>, scratch: &mut Scratch<'_>) -> Result<(), Halt> {
        let Block { row, from, scores, keep, values } = block;
        let weighed = rule.kernels.softmax_block(&mut self.chunk, rule.beta, row, scores, keep).map_err(Halt::NotFinite)?;
        self.rows = self.rows.saturating_add(keep.count_ones());
        if !self.chunk.is_empty() {
            scratch.sum.add_block(rule.kernels, weighed, values, from, scores);
        }
        Ok(())
    }

    fn end_chunk<K: Kernels>(&mut self, rule: Rule<'_, M, K>, scratch: &mut Scratch<'_>) {
        let (total, old, new) = rule.kernels.merge(self.total, self.chunk, rule.beta);
        scratch.sum.add_chunk(rule.kernels, old, new);
        (self.total, self.chunk) = (total, Terms::NONE);
    }

    /// Never called: a dense pass needs no room.
    fn block_without_room<K: Kernels>(&mut self, _: Rule<'_, M, K>, _: u32, _: &[f32], _: u64) -> Result<(), Halt> {
        Err(Halt::Full)
    }

    fn merge<K: Kernels>(&mut self, rule: Rule<'_, M, K>, scratch: &mut Scratch<'_>, other: (&Self, &Scratch<'_>)) -> Result<(), Error> {
        let Rule { kernels, beta, .. } = rule;
        let (other, sums) = other;
        if !self.chunk.is_empty() {
            self.end_chunk(rule, scratch);
        }
        let (total, old, new) = kernels.merge(self.total, other.total, beta);
        scratch.sum.add_total(kernels, old, &sums.sum, new);
        let (total, old, new) = kernels.merge(total, other.chunk, beta);
        scratch.sum.add_other_chunk(kernels, old, &sums.sum, new);
        self.total = total;
        self.rows = self.rows.saturating_add(other.rows);
        Ok(())
    }

    fn normaliser<K: Kernels>(&mut self, rule: Rule<'_, M, K>, scratch: &mut Scratch<'_>) -> Result<Normaliser, Error> {
        self.end_chunk(rule, scratch);
        Ok(Self::of(self.total, rule.beta, rule.map.empty_slot(), self.rows))
    }

    fn reread<K: Kernels>(&self, rule: Rule<'_, M, K>, _: &mut Rescan<'_>) -> Result<Normaliser, Error> {
        Ok(Self::of(rule.kernels.merge(self.total, self.chunk, rule.beta).0, rule.beta, rule.map.empty_slot(), self.rows))
    }

    /// `Omega*(0) = ln M`, with an empty slot `ln (M + 1)`.
    fn raised_conjugate<K: Kernels>(rule: Rule<'_, M, K>, normaliser: &Normaliser, rows: &mut Rescan<'_>) -> f64 {
        let (count, share) = (f64::from(normaliser.rows), f64::from(normaliser.weight));
        let (beta, max) = (f64::from(rule.beta), f64::from(normaliser.leader.max));
        let empty_slot = rule.map.empty_slot();
        let slots = if empty_slot { count + 1.0 } else { count };
        let is_level = share * count > 0.0 && share * count <= 2.0 && (!empty_slot || (beta * max).abs() < 1.0);
        if !is_level {
            return normaliser.conjugate - libm::log(slots);
        }
        // Nearly equal terms: their sum, less their number, is lost in the sum, so it is added up by itself.
        let base = if empty_slot { 0.0 } else { max };
        let mut raised = 0.0;
        Met::Again(rows).scan(|_, scores| {
            for &score in scores {
                if score > f32::NEG_INFINITY {
                    raised += libm::expm1(beta * (f64::from(score) - base));
                }
            }
        });
        beta * base + libm::log1p(raised / slots)
    }

    fn read_out<K: Kernels, R: Rows>(&self, _: Rule<'_, M, K>, _: &Normaliser, _: u32, _: &R, _: &mut Scratch<'_>) {}

    fn weights<K: Kernels>(rule: Rule<'_, M, K>, normaliser: &Normaliser, _: u32, scores: &mut [f32]) {
        rule.kernels.exp_sub(scores, rule.beta, normaliser.leader.max);
        for term in scores {
            *term = *term / normaliser.divisor + 0.0;
        }
    }

    fn leader(&self) -> Leader {
        self.total.leader.merged(self.chunk.leader)
    }

    fn floor_under<K: Kernels>(rule: Rule<'_, M, K>, lower: f32, budget: f64) -> f32 {
        floor_below(lower, -libm::log(budget), rule.beta)
    }

    fn floor_of<K: Kernels>(_: Rule<'_, M, K>, _: Leader, _: List<'_>, _: &mut [f32]) -> f32 {
        f32::NEG_INFINITY
    }

    /// Block by block of the memory, those of which nothing is on the list left out.
    fn sifted<K: Kernels, R: Rows>(rule: Rule<'_, M, K>, sifted: Sifted, values: &R, scratch: &mut Scratch<'_>) -> Result<Self, Halt> {
        let (mut state, mut i) = (<Self as State<M>>::NONE, 0);
        while let Some(&row) = scratch.rows.get(i).filter(|_| i < sifted.len) {
            let from = row as usize / BLOCK * BLOCK;
            let (mut scores, mut keep) = ([f32::NEG_INFINITY; BLOCK], 0);
            while let (Some(&row), Some(&score)) = (scratch.rows.get(i), scratch.scores.get(i))
                && i < sifted.len
                && row as usize / BLOCK * BLOCK == from
            {
                if let Some(place) = scores.get_mut(row as usize % BLOCK) {
                    *place = score;
                }
                keep |= 1 << (row % 64);
                i += 1;
            }
            let width = BLOCK.min(values.count().saturating_sub(from));
            let scores = scores.get_mut(..width).unwrap_or(&mut []);
            state.block(rule, Block { row: from as u32, from, scores, keep, values }, scratch)?;
            let next = scratch.rows.get(i).filter(|_| i < sifted.len);
            if next.is_none_or(|&next| next as usize / CHUNK != from / CHUNK) {
                <Self as State<M>>::end_chunk(&mut state, rule, scratch);
            }
        }
        // What comes second may be a bound.
        state.total.leader = sifted.leader;
        Ok(state)
    }

    fn batch<S: Separation<Map = M>, Q: Similarity, K: Kernels, R: Panels, V: Panels>(batch: Batch<'_, S, Q, K, R, V>) {
        dense::run(batch);
    }
}
