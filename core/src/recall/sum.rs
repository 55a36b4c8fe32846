//! A sum of many weighted rows on three levels: up to 64 rows make a block, 64 blocks a chunk, chunks the total.
//!
//! The levels bound the rounding error, (64 + 64 + chunks) eps instead of the number of rows, and they are the canonical bracketing: dense
//! maps count blocks and chunks in rows of the memory, sparse maps in rows of the support, by rank.

use crate::dispatch::Kernels;
use crate::error::Error;
use crate::kernels::{BLOCK, CHUNK, Weighed};
use crate::patterns::Rows;
use crate::simd::{LANES, VECTORS, wide_tree};

/// The rows of a whole block.
pub static IN_ORDER: [u32; BLOCK] = {
    let mut rows = [0; BLOCK];
    let mut i = 0;
    while i < BLOCK {
        rows[i] = i as u32;
        i += 1;
    }
    rows
};

/// The three levels, and the rows that wait for their block to be full.
#[derive(Debug)]
pub struct Sum<'s> {
    block: &'s mut [f32],
    chunk: &'s mut [f32],
    total: &'s mut [f32],
    rows: [u32; BLOCK],
    weights: [f32; BLOCK],
    waiting: usize,
    /// Rows in the block, those waiting included.
    in_block: usize,
    /// Rows in the chunk.
    in_chunk: usize,
    /// Numbers of a row.
    width: usize,
}

impl<'s> Sum<'s> {
    /// Levels of the given memory, which need not be clear.
    pub fn new(block: &'s mut [f32], chunk: &'s mut [f32], total: &'s mut [f32]) -> Self {
        let (rows, weights) = ([0; BLOCK], [0.0; BLOCK]);
        Self { block, chunk, total, rows, weights, waiting: 0, in_block: 0, in_chunk: 0, width: 0 }
    }

    /// The longest row there is room for.
    pub fn room(&self) -> usize {
        self.block.len().min(self.chunk.len()).min(self.total.len())
    }

    /// The same memory and what it holds, borrowed for a shorter time.
    pub fn reborrow(&mut self) -> Sum<'_> {
        Sum { block: self.block, chunk: self.chunk, total: self.total, ..*self }
    }

    /// The part of the levels in use: block, chunk, total.
    fn levels(&mut self) -> [&mut [f32]; 3] {
        let width = self.width;
        [&mut *self.block, &mut *self.chunk, &mut *self.total].map(|level| level.get_mut(..width).unwrap_or(&mut []))
    }

    /// Clears the levels for rows of `width` numbers.
    ///
    /// # Errors
    /// [`Error::Scratch`] where there is no room for them.
    pub fn begin(&mut self, width: usize) -> Result<(), Error> {
        if width > self.room() {
            return Err(Error::Scratch { needed: width, found: self.room() });
        }
        (self.width, self.waiting, self.in_block, self.in_chunk) = (width, 0, 0, 0);
        for level in self.levels() {
            level.fill(0.0);
        }
        Ok(())
    }

    /// Room for the result, and the total it is made of.
    pub fn result(&mut self) -> [&mut [f32]; 2] {
        let [block, _, total] = self.levels();
        [block, total]
    }

    /// Writes the total, divided by `divisor`, to `out` if all of it is finite; says whether it is.
    pub fn write<K: Kernels>(&mut self, kernels: K, divisor: f32, out: &mut [f32]) -> bool {
        let [finished, total] = self.result();
        let finite = kernels.divide(finished, total, divisor);
        if finite {
            for (out, &number) in out.iter_mut().zip(finished.iter()) {
                *out = number;
            }
        }
        // The room was borrowed from the level of blocks, which is clear between calls.
        finished.fill(0.0);
        finite
    }

    /// What stands on the level above blocks, and above chunks.
    fn upper(&self) -> [&[f32]; 2] {
        [&*self.chunk, &*self.total].map(|level| level.get(..self.width).unwrap_or(&[]))
    }

    /// Adds a whole block of the canonical bracketing of rows to the chunk: `chunk <- factor * chunk + sum of weights[i] * row i`.
    ///
    /// Rows count from `from`; rows whose weight is +0 are not read.
    pub fn add_block<K: Kernels, R: Rows>(&mut self, kernels: K, weighed: Weighed, values: &R, from: usize, weights: &[f32]) {
        let Weighed { factor, all_positive } = weighed;
        let chunk = self.chunk.get_mut(..self.width).unwrap_or(&mut []);
        // Without vectors the list of rows costs little beside their sum, and less flash than a table of it.
        if all_positive && VECTORS {
            let rows = IN_ORDER.get(..weights.len()).unwrap_or(&IN_ORDER);
            return values.weighted_block(kernels, from, (rows, weights), factor, chunk);
        }
        let mut count = 0;
        for (row, &weight) in (0u32..).zip(weights) {
            let (Some(place), Some(into)) = (self.rows.get_mut(count), self.weights.get_mut(count)) else { break };
            (*place, *into) = (row, weight);
            count += usize::from(weight > 0.0);
        }
        if count > 0 || factor != 1.0 {
            let list = (self.rows.get(..count).unwrap_or(&[]), self.weights.get(..count).unwrap_or(&[]));
            values.weighted_block(kernels, from, list, factor, chunk);
        }
    }

    /// `total <- a * total + b * chunk`, and begins the next chunk.
    pub fn add_chunk<K: Kernels>(&mut self, kernels: K, a: f32, b: f32) {
        let [_, chunk, total] = self.levels();
        kernels.scale_add(total, a, chunk, b);
        chunk.fill(0.0);
        self.in_chunk = 0;
    }

    /// `total <- a * total + b * total of other`.
    pub fn add_total<K: Kernels>(&mut self, kernels: K, a: f32, other: &Sum<'_>, b: f32) {
        let [_, _, total] = self.levels();
        kernels.scale_add(total, a, other.upper()[1], b);
    }

    /// `total <- a * total + b * chunk of other`.
    pub fn add_other_chunk<K: Kernels>(&mut self, kernels: K, a: f32, other: &Sum<'_>, b: f32) {
        let [_, _, total] = self.levels();
        kernels.scale_add(total, a, other.upper()[0], b);
    }

    /// Adds one more row of a support, by rank. Rows count from row 0 of `values`.
    pub fn push<K: Kernels, R: Rows>(&mut self, kernels: K, values: &R, row: u32, weight: f32) {
        if let (Some(place), Some(into)) = (self.rows.get_mut(self.waiting), self.weights.get_mut(self.waiting)) {
            (*place, *into) = (row, weight);
            self.waiting += 1;
            self.in_block += 1;
            self.in_chunk += 1;
        }
        if self.in_block == BLOCK {
            self.read_waiting(kernels, values, 0);
            self.end_block(kernels);
        }
        if self.in_chunk == CHUNK {
            self.add_chunk(kernels, 1.0, 1.0);
        }
    }

    /// Reads what waits, so that the next row may come from other `values`.
    pub fn read_waiting<K: Kernels, R: Rows>(&mut self, kernels: K, values: &R, from: usize) {
        let block = self.block.get_mut(..self.width).unwrap_or(&mut []);
        if let (Some(rows), Some(weights)) = (self.rows.get(..self.waiting), self.weights.get(..self.waiting)) {
            values.weighted_sum(kernels, from, rows, weights, block);
        }
        self.waiting = 0;
    }

    /// `chunk <- chunk + block`, and begins the next block.
    fn end_block<K: Kernels>(&mut self, kernels: K) {
        let [block, chunk, _] = self.levels();
        kernels.scale_add(chunk, 1.0, block, 1.0);
        block.fill(0.0);
        self.in_block = 0;
    }

    /// Adds up what is left of a support's block and chunk.
    pub fn finish<K: Kernels>(&mut self, kernels: K) {
        self.end_block(kernels);
        self.add_chunk(kernels, 1.0, 1.0);
    }
}

/// A sum in f64 in a fixed order: term r goes to partial sum r mod 16, and the tree ends it.
#[derive(Clone, Copy, Debug, Default)]
pub struct RankedSum {
    partial: [f64; LANES],
    /// Terms so far.
    pub terms: u32,
}

impl RankedSum {
    /// Adds a term.
    pub fn add(&mut self, term: f64) {
        if let Some(partial) = self.partial.get_mut(self.terms as usize % LANES) {
            *partial += term;
        }
        self.terms = self.terms.wrapping_add(1);
    }

    /// The sum.
    pub fn total(&self) -> f64 {
        wide_tree(self.partial)
    }
}
