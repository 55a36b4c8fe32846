//! The state of a softmax pass: what the terms so far sum to, and the sum of their rows, all under the largest score so far.
//!
//! Canonical rows: a block of 64 rows is weighed at once, 64 blocks make a chunk that begins empty, and chunks are merged from the left.

use super::Scratch;
use super::source::{Rescan, Source};
use super::state::{Block, Halt, Normaliser, State};
use crate::dispatch::Kernels;
use crate::error::Error;
use crate::kernels::{Leader, Online as Terms};
use crate::patterns::Rows;

/// What a softmax pass keeps beside its sums.
#[derive(Clone, Copy, Debug)]
pub struct Online {
    total: Terms,
    chunk: Terms,
    rows: usize,
}

impl Online {
    /// The normaliser of what is in `terms`.
    fn of(terms: Terms, beta: f32, rows: usize) -> Normaliser {
        let (max, rest) = (f64::from(beta) * f64::from(terms.leader.max), f64::from(terms.rest));
        Normaliser {
            leader: terms.leader,
            rest: terms.rest,
            weight: 1.0 / (1.0 + terms.rest),
            support: rows,
            threshold: None,
            conjugate: max + libm::log1p(rest),
            rows,
        }
    }
}

impl State for Online {
    const NONE: Self = Self { total: Terms::NONE, chunk: Terms::NONE, rows: 0 };
    const SUMS: bool = true;

    fn block<K: Kernels, R: Rows>(&mut self, kernels: K, beta: f32, block: Block<'_, R>, scratch: &mut Scratch<'_>) -> Result<(), Halt> {
        let Block { row, from, scores, keep, values } = block;
        let weighed = kernels.softmax_block(&mut self.chunk, beta, row, scores, keep).map_err(Halt::NotFinite)?;
        self.rows += keep.count_ones() as usize;
        if !self.chunk.is_empty() {
            scratch.sum.add_block(kernels, weighed, values, from, scores);
        }
        Ok(())
    }

    fn end_chunk<K: Kernels>(&mut self, kernels: K, beta: f32, scratch: &mut Scratch<'_>) {
        let (total, old, new) = kernels.merge(self.total, self.chunk, beta);
        scratch.sum.add_chunk(kernels, old, new);
        (self.total, self.chunk) = (total, Terms::NONE);
    }

    /// Never called: a softmax pass needs no room.
    fn block_without_room<K: Kernels>(&mut self, _: K, _: f32, _: u32, _: &[f32], _: u64) -> Result<(), Halt> {
        Err(Halt::Full)
    }

    fn merge<K: Kernels>(&mut self, kernels: K, beta: f32, scratch: &mut Scratch<'_>, other: (&Self, &Scratch<'_>)) -> Result<(), Error> {
        let (other, sums) = other;
        if !self.chunk.is_empty() {
            self.end_chunk(kernels, beta, scratch);
        }
        let (total, old, new) = kernels.merge(self.total, other.total, beta);
        scratch.sum.add_total(kernels, old, &sums.sum, new);
        let (total, old, new) = kernels.merge(total, other.chunk, beta);
        scratch.sum.add_other_chunk(kernels, old, &sums.sum, new);
        self.total = total;
        self.rows += other.rows;
        Ok(())
    }

    fn normaliser<K: Kernels>(&mut self, kernels: K, beta: f32, scratch: &mut Scratch<'_>) -> Normaliser {
        self.end_chunk(kernels, beta, scratch);
        Self::of(self.total, beta, self.rows)
    }

    fn reread<K: Kernels>(&self, kernels: K, beta: f32, _: &mut Rescan<'_, impl Source>) -> Normaliser {
        Self::of(kernels.merge(self.total, self.chunk, beta).0, beta, self.rows)
    }

    fn raised_conjugate(beta: f32, normaliser: &Normaliser, rows: &mut Rescan<'_, impl Source>) -> f64 {
        let (count, terms) = (normaliser.rows as f64, 1.0 + f64::from(normaliser.rest));
        if terms < count / 2.0 {
            return normaliser.conjugate - libm::log(count);
        }
        // Nearly equal terms: their sum, less their number, is lost in the sum, so it is added up by itself.
        let max = normaliser.leader.max;
        let mut below = 0.0;
        rows.scan(|_, scores| {
            for &score in scores {
                if score > f32::NEG_INFINITY {
                    below += libm::expm1(f64::from(beta) * (f64::from(score) - f64::from(max)));
                }
            }
        });
        f64::from(beta) * f64::from(max) + libm::log1p(below / count)
    }

    fn read_out<K: Kernels, R: Rows>(&self, _: K, _: f32, _: &Normaliser, _: u32, _: &R, _: &mut Scratch<'_>) {}

    fn weights<K: Kernels>(kernels: K, beta: f32, normaliser: &Normaliser, scores: &mut [f32]) {
        kernels.exp_sub(scores, beta, normaliser.leader.max);
        for term in scores {
            *term = *term / (1.0 + normaliser.rest) + 0.0;
        }
    }

    fn scale(normaliser: &Normaliser) -> f32 {
        1.0 + normaliser.rest
    }

    fn leader(&self) -> Leader {
        self.total.leader.merged(self.chunk.leader)
    }
}
