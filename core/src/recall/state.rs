//! What a pass keeps of the rows it has read, and what every kind of it can do.

use super::source::Rescan;
use super::{Batch, Scratch};
use crate::dispatch::Kernels;
use crate::error::Error;
use crate::kernels::Leader;
use crate::patterns::{Panels, Rows};
use crate::separation::cut::Cut;
use crate::separation::met::List;
use crate::separation::{Map, Separation};
use crate::similarity::Similarity;
use core::fmt;

/// How scores become weights: a map at an inverse temperature, by some kernels.
#[derive(Clone, Copy, Debug)]
pub struct Rule<'m, M, K> {
    pub map: &'m M,
    pub beta: f32,
    pub kernels: K,
}

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
///
/// [`Pass::normaliser`](super::Pass::normaliser) gives it; [`to_bytes`](Self::to_bytes) and [`from_bytes`](Self::from_bytes) let it travel
/// to the holders of other rows.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Normaliser {
    /// The best rows.
    pub(crate) leader: Leader,
    /// The winner's weight.
    pub(crate) weight: f32,
    /// The sum of all other weights.
    pub(crate) rest: f32,
    /// What the weights of all rows leave to an empty slot.
    pub(crate) missing: f32,
    /// Dense maps: what terms, and the finished sum, are divided by.
    pub(crate) divisor: f32,
    /// Rows with a positive weight.
    pub(crate) support: u32,
    /// Rows that took part.
    pub(crate) rows: u32,
    /// Omega*(beta s).
    pub(crate) conjugate: f64,
    /// tau, where the map has one.
    pub(crate) threshold: Option<f64>,
    /// Sparse maps: where weights begin.
    pub(crate) cut: Cut,
}

impl Normaliser {
    /// Bytes of one.
    pub const BYTES: usize = 88;

    /// The numbers, little-endian, one behind the other.
    ///
    /// ```
    /// use basinet_core::{Buffers, Model, Normaliser, Patterns, Sparsemax, beta};
    /// let data = [1.0, 0.0, 0.0, 1.0];
    /// let mut buffers = Buffers::<2, 2>::new();
    /// let mut pass = Model::new(beta!(1.0), Sparsemax).begin(&[1.0, 0.5], 2, buffers.scratch())?;
    /// pass.update(0, &Patterns::new(&data, 2)?)?;
    /// let here = pass.normaliser()?;
    /// assert_eq!(Normaliser::from_bytes(&here.to_bytes()), Some(here));
    /// # Ok::<(), basinet_core::Error>(())
    /// ```
    pub fn to_bytes(&self) -> [u8; Self::BYTES] {
        let Self { leader, cut, .. } = self;
        let threshold = self.threshold.unwrap_or(f64::NAN);
        let narrow = [leader.max, leader.runner_up, self.weight, self.rest, self.missing, self.divisor, cut.reference].map(f32::to_bits);
        let counts = [leader.row, self.support, self.rows, cut.last_row];
        let wide = [self.conjugate, threshold, cut.low, cut.value, cut.blend].map(f64::to_bits);
        let narrow = narrow.into_iter().chain(counts).chain([0]).flat_map(u32::to_le_bytes);
        let mut bytes = [0; Self::BYTES];
        for (to, from) in bytes.iter_mut().zip(narrow.chain(wide.into_iter().flat_map(u64::to_le_bytes))) {
            *to = from;
        }
        bytes
    }

    /// The normaliser that [`to_bytes`](Self::to_bytes) wrote; none where a number is not one that it writes.
    ///
    /// Numbers from elsewhere are not believed further than that: a wrong normaliser gives wrong weights, or [`Error::OutputNotFinite`].
    pub fn from_bytes(bytes: &[u8; Self::BYTES]) -> Option<Self> {
        let mut narrow = [0; 12];
        for (to, from) in narrow.iter_mut().zip(bytes.chunks_exact(4)) {
            *to = u32::from_le_bytes(from.try_into().ok()?);
        }
        let mut wide = [0.0; 5];
        for (to, from) in wide.iter_mut().zip(bytes.chunks_exact(8).skip(6)) {
            *to = f64::from_le_bytes(from.try_into().ok()?);
        }
        let [max, runner_up, weight, rest, missing, divisor, reference, row, support, rows, last_row, _] = narrow;
        let [max, runner_up, weight, rest, missing, divisor, reference] =
            [max, runner_up, weight, rest, missing, divisor, reference].map(f32::from_bits);
        let [conjugate, threshold, low, value, blend] = wide;
        let finite = [max, weight, rest, missing, reference].iter().all(|x| x.is_finite())
            && [conjugate, low, value, blend].iter().all(|x| x.is_finite());
        if !finite || runner_up > max || runner_up.is_nan() || divisor.is_nan() || rows == 0 || support > rows {
            return None;
        }
        let cut = Cut { reference, last_row, low, value, blend };
        let threshold = threshold.is_finite().then_some(threshold);
        let leader = Leader { max, row, runner_up };
        Some(Self { leader, weight, rest, missing, divisor, support, rows, conjugate, threshold, cut })
    }
}

/// Rows of which only some matter.
#[derive(Clone, Copy, Debug)]
pub struct Sifted {
    /// How many matter.
    pub len: usize,
    /// The best of them.
    pub leader: Leader,
    /// No row with this score or a lower one matters.
    pub floor: f32,
    /// All rows that take part.
    pub rows: u32,
}

/// What a pass keeps under a map of type `M`.
pub trait State<M>: Copy + Send + Sync + fmt::Debug {
    /// Nothing read yet.
    const NONE: Self;
    /// Rows are summed as they are read.
    const SUMS: bool;

    /// Takes in the next block of rows. Changes nothing where it halts.
    fn block<K: Kernels, R: Rows>(&mut self, rule: Rule<'_, M, K>, block: Block<'_, R>, scratch: &mut Scratch<'_>) -> Result<(), Halt>;

    /// The last row of a chunk of the memory has been read, masked or not.
    fn end_chunk<K: Kernels>(&mut self, rule: Rule<'_, M, K>, scratch: &mut Scratch<'_>);

    /// Takes in a block for which there is no room, as far as rereading needs it: from then on candidates are not kept.
    fn block_without_room<K: Kernels>(&mut self, rule: Rule<'_, M, K>, row: u32, scores: &[f32], keep: u64) -> Result<(), Halt>;

    /// Takes in what another pass has read of other rows. Changes nothing on error.
    fn merge<K: Kernels>(&mut self, rule: Rule<'_, M, K>, scratch: &mut Scratch<'_>, other: (&Self, &Scratch<'_>)) -> Result<(), Error>;

    /// The normaliser of all rows read, none of which were without room.
    ///
    /// # Errors
    /// Where the rows are too few for the map.
    fn normaliser<K: Kernels>(&mut self, rule: Rule<'_, M, K>, scratch: &mut Scratch<'_>) -> Result<Normaliser, Error>;

    /// The normaliser of rows that are read again as often as it takes.
    ///
    /// # Errors
    /// As there.
    fn reread<K: Kernels>(&self, rule: Rule<'_, M, K>, rows: &mut Rescan<'_>) -> Result<Normaliser, Error>;

    /// `Omega*(z)` less that of equal scores 0: beta times a mean of scores, soft or sharp.
    ///
    /// Accurate also where beta is so small that both are large and nearly equal.
    fn raised_conjugate<K: Kernels>(rule: Rule<'_, M, K>, normaliser: &Normaliser, rows: &mut Rescan<'_>) -> f64;

    /// Adds to the sum those of the rows `first..first + values.count()` of the memory that have a weight and are not in it yet.
    fn read_out<K: Kernels, R: Rows>(
        &self,
        rule: Rule<'_, M, K>,
        normaliser: &Normaliser,
        first: u32,
        values: &R,
        scratch: &mut Scratch<'_>,
    );

    /// Turns the scores of at most a block of rows, the first of which is row `first`, into weights.
    fn weights<K: Kernels>(rule: Rule<'_, M, K>, normaliser: &Normaliser, first: u32, scores: &mut [f32]);

    /// The best rows so far.
    fn leader(&self) -> Leader;

    /// A score at or below which no row matters once a row with a score of at least `lower` is known: sparse maps, since it has no weight;
    /// dense ones, since its term is at most `budget` of the largest.
    fn floor_under<K: Kernels>(rule: Rule<'_, M, K>, lower: f32, budget: f64) -> f32;

    /// The same from the scores of some of the rows, whose best are `leader`; minus infinity where they say nothing.
    fn floor_of<K: Kernels>(rule: Rule<'_, M, K>, leader: Leader, some: List<'_>, work: &mut [f32]) -> f32;

    /// Rows that it takes for the scores of some to say anything.
    fn fewest<K: Kernels>(rule: Rule<'_, M, K>) -> usize;

    /// The state of a pass over rows of which only those on a list matter: their scores and numbers are the scratch memory's first candidates.
    ///
    /// # Errors
    /// Where it halts.
    fn sifted<K: Kernels, R: Rows>(rule: Rule<'_, M, K>, sifted: Sifted, values: &R, scratch: &mut Scratch<'_>) -> Result<Self, Halt>;

    /// Recalls the queries of a batch, but for those that have to be recalled by themselves.
    fn batch<S: Separation<Map = M>, Q: Similarity, K: Kernels, R: Panels, V: Panels>(batch: Batch<'_, S, Q, K, R, V>)
    where
        M: Map<State = Self>;
}
