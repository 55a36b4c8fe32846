//! What a pass keeps of the rows it has read, and what every kind of it can do.

use super::Scratch;
use super::source::{Rescan, Source};
use crate::dispatch::Kernels;
use crate::error::Error;
use crate::kernels::Leader;
use crate::patterns::Rows;
use crate::separation::threshold::Threshold;
use core::fmt;

/// Scores of at most a block of rows, and where the rows' values are.
#[derive(Debug)]
pub struct Block<'b, V> {
    /// The number of the first row in the whole memory.
    pub row: u32,
    /// The number of the first row in `values`.
    pub from: usize,
    /// One score a row, minus infinity where the row is masked. A state may overwrite them.
    pub scores: &'b mut [f32],
    /// Bit `i` is set where row `i` takes part.
    pub keep: u64,
    /// The rows' values.
    pub values: &'b V,
}

/// Why a block was not taken in; the state is as before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Halt {
    /// The score in this lane is NaN or infinite.
    NotFinite(u32),
    /// The candidates' memory does not hold this block's.
    Full,
}

/// What weights are made of: plain numbers, the same for all holders of rows.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Normaliser {
    /// The best rows.
    pub(crate) leader: Leader,
    /// Softmax: the sum of all terms but the winner's, which is one. Sparse maps: the sum of all weights but the winner's.
    pub(crate) rest: f32,
    /// The winner's weight.
    pub(crate) weight: f32,
    /// Rows with a positive weight.
    pub(crate) support: usize,
    /// Sparse maps: where the weights end.
    pub(crate) threshold: Option<Threshold>,
    /// Omega*(beta s).
    pub(crate) conjugate: f64,
    /// Rows that took part.
    pub(crate) rows: usize,
}

/// What a pass keeps.
pub trait State: Copy + fmt::Debug {
    /// Nothing read yet.
    const NONE: Self;
    /// Rows are summed as they are read.
    const SUMS: bool;

    /// Takes in the next block of rows. Changes nothing where it halts.
    fn block<K: Kernels, R: Rows>(&mut self, kernels: K, beta: f32, block: Block<'_, R>, scratch: &mut Scratch<'_>) -> Result<(), Halt>;

    /// The last row of a chunk of the memory has been read, masked or not.
    fn end_chunk<K: Kernels>(&mut self, kernels: K, beta: f32, scratch: &mut Scratch<'_>);

    /// Takes in a block for which there is no room, as far as rereading needs it: from then on candidates are not kept.
    fn block_without_room<K: Kernels>(&mut self, kernels: K, beta: f32, row: u32, scores: &[f32], keep: u64) -> Result<(), Halt>;

    /// Takes in what another pass has read of other rows. Changes nothing on error.
    fn merge<K: Kernels>(&mut self, kernels: K, beta: f32, scratch: &mut Scratch<'_>, other: (&Self, &Scratch<'_>)) -> Result<(), Error>;

    /// The normaliser of all rows read, none of which were without room.
    fn normaliser<K: Kernels>(&mut self, kernels: K, beta: f32, scratch: &mut Scratch<'_>) -> Normaliser;

    /// The normaliser of rows that are read again as often as it takes.
    fn reread<K: Kernels>(&self, kernels: K, beta: f32, rows: &mut Rescan<'_, impl Source>) -> Normaliser;

    /// `Omega*(z)` less that of equal scores 0, which is the entropy of equal weights: beta times a mean of scores, soft or sharp.
    ///
    /// Accurate also where beta is so small that both are large and nearly equal.
    fn raised_conjugate(beta: f32, normaliser: &Normaliser, rows: &mut Rescan<'_, impl Source>) -> f64;

    /// Adds to the sum those of the rows `first..first + values.count()` of the memory that have a weight and are not in it yet.
    fn read_out<K: Kernels, R: Rows>(
        &self,
        kernels: K,
        beta: f32,
        normaliser: &Normaliser,
        first: u32,
        values: &R,
        scratch: &mut Scratch<'_>,
    );

    /// Turns scores into weights.
    fn weights<K: Kernels>(kernels: K, beta: f32, normaliser: &Normaliser, scores: &mut [f32]);

    /// What the finished sum is divided by.
    fn scale(normaliser: &Normaliser) -> f32;

    /// The best rows so far.
    fn leader(&self) -> Leader;
}
