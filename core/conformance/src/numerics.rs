//! Numbers that hurt: how far results are from f64 where sums cancel, tails are heavy, and products vanish, in units of what is allowed.
//!
//! A unit of 1 is the bound of the [tolerance table](crate::tolerance), or the one that the documentation of a similarity or of
//! `log_sum_exp` promises; above 1 it is broken. The page `std-bindings/docs/numerics.md` has the table, and the test `numerics` writes it.

#![allow(clippy::disallowed_methods, reason = "a reference, which no target but the host's computes")]

use crate::generator::SplitMix64;
use crate::oracle::{self, Map, Rows, Similarity};
use crate::tolerance::{self, EPS};
use basinet_core::{Beta, Cosine, Entmax, Error, Model, Patterns, Scratch, Separation, Softmax, Sparsemax, SquaredDistance};
use std::vec::Vec;

/// beta times the largest sum of products' magnitudes, the S of the contract: scores that differ by a few percent of it retrieve.
const STEEPNESS: f64 = 64.0;

/// A kind of numbers; the first is easy, to compare with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Numbers {
    /// Nearly normal.
    Bell,
    /// exp(3 n) with a sign, n nearly normal: a few numbers make the sum.
    LogNormal,
    /// The ratio of two nearly normal numbers: there is no mean.
    Cauchy,
    /// Products with the query that cancel in pairs, but for rounding.
    Cancelling,
    /// Below 2^-126, where products keep few digits or none.
    Denormal,
    /// 1e30 beside 1e-30.
    FarApart,
}

impl Numbers {
    /// Every kind, in the order of the table.
    pub const ALL: [Self; 6] = [Self::Bell, Self::LogNormal, Self::Cauchy, Self::Cancelling, Self::Denormal, Self::FarApart];

    /// What the table calls it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Bell => "nearly normal",
            Self::LogNormal => "log-normal",
            Self::Cauchy => "Cauchy",
            Self::Cancelling => "cancelling",
            Self::Denormal => "denormal",
            Self::FarApart => "1e30 beside 1e-30",
        }
    }

    /// `rows * dim` numbers of patterns and `dim` of a query.
    fn memory(self, random: &mut SplitMix64, rows: usize, dim: usize) -> (Vec<f32>, Vec<f32>) {
        let mut numbers = |count: usize| -> Vec<f32> { (0..count).map(|_| self.number(random)).collect() };
        let mut patterns = numbers(rows * dim);
        let mut query: Vec<f32> = match self {
            // So that products are denormal, and not all zero.
            Self::Denormal | Self::FarApart => (0..dim).map(|_| random.bell()).collect(),
            _ => numbers(dim),
        };
        if self == Self::Cancelling {
            // From 1 to 2, so that the quotient of two is no larger.
            query.iter_mut().for_each(|q| *q = 1.0 + q.abs() / 2.0);
            for pair in patterns.chunks_mut(dim).flat_map(|row| row.chunks_exact_mut(2).zip(query.chunks_exact(2))) {
                let ([x, y], [q, r]) = pair else { continue };
                *y = -*x * *q / *r;
            }
        }
        (patterns, query)
    }

    fn number(self, random: &mut SplitMix64) -> f32 {
        let first = random.bell();
        match self {
            Self::Bell | Self::Cancelling => first,
            Self::LogNormal => f64::from(random.bell()).signum() as f32 * (3.0 * 3f64.sqrt() * f64::from(first)).exp() as f32,
            Self::Cauchy => first / nonzero(random.bell()),
            Self::Denormal => first * 2f32.powi(-130),
            Self::FarApart => first.signum() * if random.bell() < 0.0 { 1e30 } else { 1e-30 },
        }
    }
}

/// The divisor, or the smallest positive one.
fn nonzero(divisor: f32) -> f32 {
    if divisor == 0.0 { 2f32.powi(-16) } else { divisor }
}

/// What is measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Quantity {
    /// Scores by dot products.
    Dot,
    /// Scores by squared distance.
    Distance,
    /// Scores by cosine.
    Cosine,
    /// Log-sum-exp of the numbers of a row.
    LogSumExp,
    /// Weights, of softmax, sparsemax and 1.5-entmax.
    Weights,
    /// Their sum against 1.
    Sum,
    /// States, against the weighted sums by the weights that were found.
    State,
    /// Energies of the query.
    Energy,
}

impl Quantity {
    /// Every one, in the order of the table.
    pub const ALL: [Self; 8] =
        [Self::Dot, Self::Distance, Self::Cosine, Self::LogSumExp, Self::Weights, Self::Sum, Self::State, Self::Energy];

    /// What the table calls it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Dot => "dot",
            Self::Distance => "squared distance",
            Self::Cosine => "cosine",
            Self::LogSumExp => "log-sum-exp",
            Self::Weights => "weights",
            Self::Sum => "sum of weights",
            Self::State => "state",
            Self::Energy => "energy",
        }
    }
}

/// How far the score of a row may be from that of exact arithmetic; infinite where that is not said.
#[must_use]
pub fn score_error(similarity: Similarity, row: &[f64], query: &[f64]) -> f64 {
    let chunks = row.len().div_ceil(16) as f64;
    let underflow = tolerance::dot(row.len(), 0.0);
    match similarity {
        Similarity::Dot => tolerance::dot(row.len(), oracle::dot_abs(row, query)),
        Similarity::NegativeSquaredDistance => (chunks + 7.0) * EPS * -similarity.score(row, query) + underflow,
        Similarity::Cosine => {
            let least = (row.len() as f64).sqrt() * 2f64.powi(-60);
            if oracle::norm(row) >= least && oracle::norm(query) >= least { (2.0 * chunks + 15.0) * EPS } else { f64::INFINITY }
        }
    }
}

/// Errors of one quantity in units of their bounds.
#[derive(Clone, Debug, Default)]
pub struct Errors(Vec<f64>);

impl Errors {
    /// One more, unless nothing is promised.
    fn add(&mut self, found: f64, exact: f64, bound: f64) {
        if bound != f64::INFINITY {
            self.0.push(if found == exact { 0.0 } else { (found - exact).abs() / bound });
        }
    }

    /// The largest of them, NaN if one is.
    #[must_use]
    pub fn largest(&self) -> Option<f64> {
        self.0.iter().copied().reduce(|most, error| if error > most || error.is_nan() { error } else { most })
    }

    /// The middle one.
    #[must_use]
    pub fn median(&self) -> Option<f64> {
        let mut sorted = self.0.clone();
        sorted.sort_by(f64::total_cmp);
        sorted.get(sorted.len() / 2).copied()
    }

    /// Adds those of another memory.
    pub fn extend(&mut self, other: &Self) {
        self.0.extend(&other.0);
    }
}

/// A memory of such numbers, and its query; the same again in f64.
struct Measured {
    dim: usize,
    patterns: Vec<f32>,
    query: Vec<f32>,
    wide: Vec<f64>,
    wide_query: Vec<f64>,
    errors: [Errors; Quantity::ALL.len()],
}

/// The errors of one memory of `rows` patterns of `dim` numbers, for each quantity.
///
/// # Errors
/// Those of the core: the numbers are too large for f32.
pub fn errors(numbers: Numbers, seed: u64, rows: usize, dim: usize) -> Result<[Errors; Quantity::ALL.len()], Error> {
    let (patterns, query) = numbers.memory(&mut SplitMix64::new(seed), rows, dim);
    let wide = |x: &[f32]| x.iter().map(|&x| f64::from(x)).collect::<Vec<f64>>();
    let (wide, wide_query) = (wide(&patterns), wide(&query));
    let mut measured = Measured { dim, patterns, query, wide, wide_query, errors: Default::default() };
    measured.scores(Similarity::Dot)?;
    measured.scores(Similarity::NegativeSquaredDistance)?;
    measured.scores(Similarity::Cosine)?;
    measured.log_sum_exp()?;
    measured.recall(Softmax, Map::Softmax)?;
    measured.recall(Sparsemax, Map::Sparsemax)?;
    measured.recall(Entmax::new(1.5)?, Map::Entmax(1.5))?;
    Ok(measured.errors)
}

impl Measured {
    fn add(&mut self, quantity: Quantity, found: f64, exact: f64, bound: f64) {
        self.errors[quantity as usize].add(found, exact, bound);
    }

    fn rows(&self) -> usize {
        self.patterns.len() / self.dim
    }

    /// Adds none where a score, or what is summed for it, is too large for f32.
    fn scores(&mut self, similarity: Similarity) -> Result<(), Error> {
        let patterns = Patterns::new(&self.patterns, self.dim)?;
        let (model, mut found) = (Model::new(Beta::new(1.0)?, Softmax), vec![0.0; self.rows()]);
        let (quantity, scored) = match similarity {
            Similarity::Dot => (Quantity::Dot, model.scores(&patterns, &self.query, &mut found)),
            Similarity::NegativeSquaredDistance => {
                (Quantity::Distance, model.with(SquaredDistance).scores(&patterns, &self.query, &mut found))
            }
            Similarity::Cosine => (Quantity::Cosine, model.with(Cosine).scores(&patterns, &self.query, &mut found)),
        };
        match scored {
            Err(Error::ScoreNotFinite { .. }) => return Ok(()),
            scored => scored?,
        }
        for (found, row) in found.into_iter().zip(self.wide.chunks_exact(self.dim)) {
            let (exact, bound) = (similarity.score(row, &self.wide_query), score_error(similarity, row, &self.wide_query));
            self.errors[quantity as usize].add(found.into(), exact, bound);
        }
        Ok(())
    }

    fn log_sum_exp(&mut self) -> Result<(), Error> {
        let found = basinet_core::log_sum_exp(&self.patterns)?;
        let exact = Map::Softmax.conjugate(&self.wide);
        // What its documentation promises.
        self.add(Quantity::LogSumExp, found.into(), exact, 2.0 * EPS * exact.abs() + tolerance::weights_sum(self.wide.len()) + EPS);
        Ok(())
    }

    /// Weights, state and energy.
    fn recall<S: Separation>(&mut self, separation: S, map: Map<'static>) -> Result<(), Error> {
        let (rows, dim) = (self.rows(), self.dim);
        let wide = Rows { data: &self.wide, dim };
        let most = wide.iter().map(|row| oracle::dot_abs(row, &self.wide_query)).fold(0.0, f64::max);
        let beta = (STEEPNESS / most).min(f64::from(f32::MAX)) as f32;
        let model = Model::new(Beta::new(beta)?, separation);
        let patterns = Patterns::new(&self.patterns, dim)?;

        let (mut weights, mut state) = (vec![0.0; rows], vec![0.0; dim]);
        let (mut sums, mut scores, mut numbers, mut work) = (vec![0.0; 3 * dim], vec![0.0; rows], vec![0; rows], vec![0.0; rows]);
        let mut scratch = Scratch::new(&mut sums, &mut scores, &mut numbers, &mut work);
        model.scores(&patterns, &self.query, &mut weights)?;
        model.weights(&mut weights, &mut scratch)?;
        model.step(&patterns, &self.query, &mut state, &mut scratch)?;
        let max_norm = patterns.max_norm()?;
        let energy = model.energy(&patterns, &self.query, max_norm, &mut scratch)?;

        let weights: Vec<f64> = weights.into_iter().map(f64::from).collect();
        let exact = oracle::Model::new(map, beta.into());
        let recall = exact.recall(wide, wide, None, &self.wide_query);
        let summed = oracle::read_out(&weights, wide);
        let exact_energy = exact.energy(wide, &self.wide_query).unwrap_or(f64::NAN);
        let largest_score = oracle::max_abs(&recall.scores);
        let underflow = tolerance::dot(rows, 0.0);
        let state_bound = tolerance::states(wide.max_entry()) + underflow;
        let half_norm2 = oracle::dot(&self.wide_query, &self.wide_query) / 2.0;
        let energy_bound = tolerance::energy(half_norm2, max_norm.into(), largest_score) + tolerance::dot(dim, 0.0);
        let weights_bound = tolerance::random_weights(beta.into(), dim, most);

        for (&found, &exact) in weights.iter().zip(&recall.weights) {
            self.add(Quantity::Weights, found, exact, weights_bound);
        }
        self.add(Quantity::Sum, weights.iter().sum(), 1.0, tolerance::weights_sum(rows));
        for (found, exact) in state.into_iter().zip(summed) {
            self.add(Quantity::State, found.into(), exact, state_bound);
        }
        self.add(Quantity::Energy, energy, exact_energy, energy_bound);
        Ok(())
    }
}
