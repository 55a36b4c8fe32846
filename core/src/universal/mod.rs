//! Universal Hopfield networks: any similarity, any separation, and the projection, `out = V^T sep(sim(X, q))`.
//!
//! Scores `s = sim(X, q)` are divided by their sum, separated, and divided by their sum again: these are the weights, which add up to one.
//! The rows are keys; what is read out are the values, the keys themselves for auto-association. Millidge et al. 2022, and
//! their published code, which normalises twice.
//!
//! **Relations.** With dot products, softmax and scores that are *not* normalised first ([`Universal::unnormalised`]) it is the modern
//! Hopfield network, [`Model`](crate::Model) with [`Dot`](crate::Dot) and [`Softmax`](crate::Softmax). Normalised, it is that network at
//! `beta / sum s`, another inverse temperature for each query: where scores grow, weights do not sharpen. Powers do not notice the first
//! normalisation, and `Max` needs none.
//!
//! **Where the published code differs.** Its cosine divides by the norm of the whole memory, and once normalised is the dot product; here it is
//! each row's own. Its divergences add 1e-4 to each number before the logarithm; here they are the divergences. Its symmetric one averages the
//! inverses of both before it inverts again, so that farther is larger; here it is the inverse of their mean.
//!
//! **An exact match.** Where an inverse is infinite, because a row is the query (or so near that the inverse is beyond f32), all weight goes
//! to that row, the lowest of them where several are, under any separation.

mod divergence;
mod separation;
mod similarity;

pub use separation::Separation;
pub use similarity::Similarity;

use crate::dispatch::{Dispatch, Kernels};
use crate::error::Error;
use crate::kernels::BLOCK;
use crate::patterns::Rows;
use crate::recall::{RankedSum, Scratch, same};

/// What to compute: a similarity, a separation, whether scores are normalised first. Plain data.
///
/// ```
/// use basinet_core::universal::{Separation, Similarity, Universal};
/// use basinet_core::{Buffers, Patterns};
/// let data = [1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0];
/// let patterns = Patterns::new(&data, 3)?;
/// let network = Universal::new(Similarity::InverseManhattan, Separation::power(10)?);
/// let (mut scores, mut out) = ([0.0; 3], [0.0; 3]);
/// let step = network.step(&patterns, &[0.8, 0.1, 0.1], &mut scores, &mut out, &mut Buffers::<3, 0>::new().scratch())?;
/// assert_eq!(step.winner, 0);
/// assert!(step.weight > 0.999 && out[0] > 0.999);
/// // A query that is a memory has that memory alone.
/// let step = network.step(&patterns, &[0.0, 1.0, 0.0], &mut scores, &mut out, &mut Buffers::<3, 0>::new().scratch())?;
/// assert_eq!((step.weight, step.sum, scores, out), (1.0, None, [0.0, 1.0, 0.0], [0.0, 1.0, 0.0]));
/// # Ok::<(), basinet_core::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Universal<K = Dispatch> {
    similarity: Similarity,
    separation: Separation,
    normalised: bool,
    kernels: K,
}

/// The report of a step. The default one is of no recall.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct Step {
    /// The row with the largest score; the lowest of them where several have it.
    pub winner: usize,
    /// Its weight.
    pub weight: f32,
    /// What the scores add up to; `None` where one is infinite, by an exact match.
    pub sum: Option<f64>,
    /// Rows.
    pub rows: usize,
}

impl Universal {
    /// A network that normalises scores before and after they are separated.
    pub const fn new(similarity: Similarity, separation: Separation) -> Self {
        Self { similarity, separation, normalised: true, kernels: Dispatch }
    }
}

impl<K: Kernels> Universal<K> {
    /// The same that separates the scores as they are. Weights add up to one all the same.
    ///
    /// ```
    /// use basinet_core::universal::{Separation, Similarity, Universal};
    /// use basinet_core::{Buffers, Model, Patterns, Softmax, beta};
    /// let data = [1.0, 0.5, -1.0, 1.0];
    /// let (patterns, query, mut buffers) = (Patterns::new(&data, 2)?, [0.5, 0.25], Buffers::<2, 0>::new());
    /// let network = Universal::new(Similarity::Dot, Separation::Softmax(beta!(2.0))).unnormalised();
    /// let (mut scores, mut out, mut modern) = ([0.0; 2], [0.0; 2], [0.0; 2]);
    /// network.step(&patterns, &query, &mut scores, &mut out, &mut buffers.scratch())?;
    /// Model::new(beta!(2.0), Softmax).step(&patterns, &query, &mut modern, &mut buffers.scratch())?;
    /// assert!((out[0] - modern[0]).abs() < 1e-6 && (out[1] - modern[1]).abs() < 1e-6);
    /// # Ok::<(), basinet_core::Error>(())
    /// ```
    pub fn unnormalised(self) -> Self {
        Self { normalised: false, ..self }
    }

    /// The same by the kernels of one backend, as [`Backend::run`](crate::Backend::run) hands them out. The bits are the same.
    pub fn on<L: Kernels>(self, kernels: L) -> Universal<L> {
        let Self { similarity, separation, normalised, .. } = self;
        Universal { similarity, separation, normalised, kernels }
    }

    /// The similarity.
    pub fn similarity(&self) -> Similarity {
        self.similarity
    }

    /// The separation.
    pub fn separation(&self) -> Separation {
        self.separation
    }

    /// Whether scores are divided by their sum before they are separated.
    pub fn is_normalised(&self) -> bool {
        self.normalised
    }

    /// The scores `sim(X, query)` of all rows, as they are, M numbers; plus infinity for an inverse where a row is the query. O(M D), twice:
    /// once to see that all can be had, once to write them.
    ///
    /// # Errors
    /// [`Error::Length`], [`Error::QueryNotFinite`], [`Error::ScoreNotFinite`] where a row holds a number that is not finite or its score (or
    /// its distance) overflows, [`Error::NoDistribution`] from divergences. `out` is as it was then.
    pub fn scores(&self, rows: &impl Rows, query: &[f32], out: &mut [f32]) -> Result<(), Error> {
        same(rows.count(), out.len())?;
        self.score(rows, query, |_, _| {})?;
        self.fill(rows, query, out)
    }

    /// Calls `each` with the scores of a block of rows at a time and the first one's number.
    fn score(&self, rows: &impl Rows, query: &[f32], mut each: impl FnMut(usize, &[f32])) -> Result<(), Error> {
        same(rows.dim(), query.len())?;
        if let Some(index) = query.iter().position(|x| !x.is_finite()) {
            return Err(Error::QueryNotFinite { index });
        }
        let total = self.similarity.query_total(query)?;
        let (mut scores, mut from) = ([0.0; BLOCK], 0);
        while let Some(scores @ [_, ..]) = scores.get_mut(..(rows.count() - from).min(BLOCK)) {
            self.similarity.block(self.kernels, rows, from, (query, total), scores)?;
            each(from, scores);
            from += scores.len();
        }
        Ok(())
    }

    /// The scores, of which some are written where others cannot be had.
    fn fill(&self, rows: &impl Rows, query: &[f32], out: &mut [f32]) -> Result<(), Error> {
        self.score(rows, query, |from, scores| {
            for (to, &score) in out.iter_mut().skip(from).zip(scores) {
                *to = score;
            }
        })
    }

    /// Turns M scores into M weights, in place: normalised, separated, normalised. The weights add up to one; by identity and odd powers some
    /// are negative where scores are. f64 but for the softmax and sparsemax of [`Model::weights`](crate::Model::weights), rounded once. O(M).
    ///
    /// Scores are plus infinity where there is an exact match. The scratch memory is for the candidates of sparsemax; with room for few it
    /// takes longer.
    ///
    /// # Errors
    /// [`Error::Empty`], [`Error::TooLarge`], [`Error::ScoreNotFinite`] (for NaN and minus infinity), [`Error::SumNotPositive`] where the
    /// scores are to be normalised and do not add up to a positive number (dot products and cosines may not), or what identity or a power
    /// makes of them does not, or so little that weights are beyond f32; [`Error::Beta`] where beta over their sum is beyond its range. The
    /// scores are as they were then.
    pub fn weights(&self, scores: &mut [f32], scratch: &mut Scratch<'_>) -> Result<Step, Error> {
        if scores.is_empty() {
            return Err(Error::Empty);
        }
        if scores.len() as u64 > u64::from(u32::MAX) {
            return Err(Error::TooLarge);
        }
        let (mut winner, mut max, mut sum) = (0, f32::NEG_INFINITY, RankedSum::default());
        for (row, &score) in scores.iter().enumerate() {
            if score.is_nan() || score == f32::NEG_INFINITY {
                return Err(Error::ScoreNotFinite { row });
            }
            if score > max {
                (winner, max) = (row, score);
            }
            sum.add(f64::from(score));
        }
        let sum = (max != f32::INFINITY).then(|| sum.total() + 0.0);
        match sum {
            None => separation::one_hot(scores, winner),
            Some(sum) if self.normalised && sum <= 0.0 => return Err(Error::SumNotPositive),
            Some(sum) => self.separation.apply(self.kernels, scores, winner, if self.normalised { sum } else { 1.0 }, scratch)?,
        }
        Ok(Step { winner, weight: scores.get(winner).map_or(0.0, |p| *p), sum, rows: scores.len() })
    }

    /// One step of auto-association: `out = sum_i p_i x_i`, with p the weights of the scores.
    ///
    /// `rows` is M x D, `query` and `out` have D numbers; `scores` is M numbers of memory to work in, and holds the weights afterwards. The
    /// rows with a weight are added in row order by rank, 64 to a block, 64 blocks to a chunk: error at most `(130 + M/4096) eps sum |p_i
    /// x_i|` beside that of the weights. O(M D).
    ///
    /// # Errors
    /// As [`scores`](Self::scores) and [`weights`](Self::weights); [`Error::Scratch`]; [`Error::OutputNotFinite`]. `out` is as it was then;
    /// `scores` may hold anything.
    pub fn step(
        &self,
        rows: &impl Rows,
        query: &[f32],
        scores: &mut [f32],
        out: &mut [f32],
        scratch: &mut Scratch<'_>,
    ) -> Result<Step, Error> {
        self.read(rows, rows, query, scores, out, scratch)
    }

    /// One step of hetero-association: compares with `keys`, and reads out as many `values`, whose length is that of `out`.
    ///
    /// # Errors
    /// As [`step`](Self::step).
    pub fn read(
        &self,
        keys: &impl Rows,
        values: &impl Rows,
        query: &[f32],
        scores: &mut [f32],
        out: &mut [f32],
        scratch: &mut Scratch<'_>,
    ) -> Result<Step, Error> {
        same(values.dim(), out.len())?;
        same(keys.count(), values.count())?;
        same(keys.count(), scores.len())?;
        self.fill(keys, query, scores)?;
        let step = self.weights(scores, scratch)?;
        let sum = &mut scratch.sum;
        sum.begin(out.len())?;
        for (row, &weight) in (0u32..).zip(scores.iter()) {
            if weight != 0.0 {
                sum.push(self.kernels, values, row, weight);
            }
        }
        sum.read_waiting(self.kernels, values, 0);
        sum.finish(self.kernels);
        if sum.write(self.kernels, 1.0, out) { Ok(step) } else { Err(Error::OutputNotFinite) }
    }
}
