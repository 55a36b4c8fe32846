//! How near positive random features come to the dense memory, against their number.

use super::Error;
use super::fit::Estimate;
use super::options::{require, require_seeds};
use crate::random::Random;
use crate::random_rows;
use basinet_core::{Beta, Buffers, Dispatch, Features, Model, Patterns, PositiveRandomFeatures, Softmax, Superposition, dot};
use rayon::prelude::*;
use serde::Serialize;
use std::ops::RangeInclusive;

/// D.
const DIM: usize = 16;

/// The experiment: patterns and queries on the unit sphere of 16 dimensions, recalled by features of many numbers r.
#[derive(Clone, Debug)]
pub struct RandomFeatures {
    /// Inverse temperatures: `exp(beta |q + x|^2)` says how far tails reach.
    pub betas: Vec<f32>,
    /// M.
    pub patterns: usize,
    /// Queries.
    pub queries: usize,
    /// r.
    pub features: Vec<usize>,
    /// Of the rows; patterns and queries are the same for all.
    pub seeds: RangeInclusive<u64>,
}

impl Default for RandomFeatures {
    fn default() -> Self {
        Self { betas: vec![0.25, 1.0], patterns: 100, queries: 50, features: (6..=12).map(|k| 1 << k).collect(), seeds: 1..=20 }
    }
}

/// The errors by r features.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct FeatureRow {
    /// The inverse temperature.
    pub beta: f32,
    /// `gaussian` or `orthogonal`.
    pub rows: &'static str,
    /// r.
    pub features: usize,
    /// The root mean square of `K(q, x) / exp(beta <q, x>) - 1` over queries and patterns: mean and spread over the seeds.
    pub kernel: Estimate,
    /// The root mean square distance of a recall from that of the dense memory, over the queries: mean and spread over the seeds.
    pub recall: Estimate,
}

/// Whether errors fall as a power of r.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Law {
    /// The inverse temperature.
    pub beta: f32,
    /// `gaussian` or `orthogonal`.
    pub rows: &'static str,
    /// `kernel` or `recall`.
    pub error: &'static str,
    /// The error at one feature by the law `error = at_one r^(-1/2)`, fitted with the weights of the points.
    pub at_one: f64,
    /// The power that fits best, and its standard error; the law's is -1/2.
    pub power: f64,
    /// The standard error of the power.
    pub power_error: f64,
    /// chi^2 per degree of freedom of the law.
    pub chi2: f64,
    /// The largest distance of a point from the law in standard errors.
    pub worst: f64,
}

/// What is recalled, the same for all seeds.
struct Problem {
    beta: Beta,
    patterns: Vec<f32>,
    queries: Vec<f32>,
    dense: Vec<f32>,
}

/// Draws rows of random features: how many, of what length, by which seed.
type Draw = fn(usize, usize, u64) -> Vec<f32>;
const KINDS: [(&str, Draw); 2] = [("gaussian", random_rows::gaussian), ("orthogonal", random_rows::orthogonal)];

impl RandomFeatures {
    /// Inverse temperatures times kinds of rows times numbers of features.
    #[must_use]
    pub fn pieces(&self) -> usize {
        self.betas.len() * KINDS.len() * self.features.len()
    }

    /// A row for each beta, kind and r, in this order. O(seeds r D (M + queries + D)) each.
    ///
    /// # Errors
    /// [`Error::Recall`] for a beta that is none, or so large that features overflow, and other options that make no sense.
    pub fn run(&self, done: impl Fn() + Sync) -> Result<Vec<FeatureRow>, Error> {
        require_seeds(&self.seeds)?;
        require(self.queries > 0, "errors are of one query or more")?;
        let problems = self.betas.iter().map(|&beta| Problem::new(beta, self.patterns, self.queries)).collect::<Result<Vec<_>, _>>()?;
        let mut tasks = Vec::with_capacity(self.pieces());
        for problem in &problems {
            tasks.extend(KINDS.iter().flat_map(|kind| self.features.iter().map(move |&count| (problem, *kind, count))));
        }
        let rows = tasks.into_par_iter().with_max_len(1).map(|(problem, (rows, draw), features)| {
            // Each r has seeds of its own, so that points are independent.
            let errors = |seed: u64| problem.errors(draw(features, DIM, seed << 32 | features as u64));
            let errors = self.seeds.clone().map(errors).collect::<Result<Vec<_>, Error>>()?;
            let of = |which: fn(&(f64, f64)) -> f64| Estimate::of(&errors.iter().map(which).collect::<Vec<_>>());
            done();
            Ok(FeatureRow { beta: problem.beta.get(), rows, features, kernel: of(|e| e.0), recall: of(|e| e.1) })
        });
        rows.collect()
    }

    /// How the errors in the rows of [`run`](Self::run) fall, for each beta, kind and error.
    #[must_use]
    pub fn laws(&self, rows: &[FeatureRow]) -> Vec<Law> {
        let seeds = self.seeds.clone().count() as f64;
        let mut laws = Vec::new();
        for rows in rows.chunk_by(|a, b| a.rows == b.rows && a.beta == b.beta) {
            for (error, of) in [("kernel", (|row| row.kernel) as fn(&FeatureRow) -> Estimate), ("recall", |row| row.recall)] {
                let points = rows.iter().map(|row| Point::new(row.features, of(row), seeds)).collect::<Vec<_>>();
                laws.extend(rows.first().map(|row| Law::through(row, error, &points)));
            }
        }
        laws
    }
}

impl Problem {
    fn new(beta: f32, patterns: usize, queries: usize) -> Result<Self, Error> {
        let beta = Beta::new(beta)?;
        let (patterns, queries) = (sphere(patterns, 1), sphere(queries, 2));
        let mut dense = vec![0.0; queries.len()];
        let (rows, model) = (Patterns::new(&patterns, DIM)?, Model::new(beta, Softmax));
        for (query, out) in queries.chunks(DIM).zip(dense.chunks_mut(DIM)) {
            model.step(&rows, query, out, &mut Buffers::<DIM, 0>::new().scratch())?;
        }
        Ok(Self { beta, patterns, queries, dense })
    }

    /// The root mean square errors of the kernel and of recalls by these rows.
    fn errors(&self, weights: Vec<f32>) -> Result<(f64, f64), Error> {
        let features = PositiveRandomFeatures::new(weights, DIM, self.beta)?;
        let count = features.count();
        let of = |x: &[f32]| {
            let mut phi = vec![0.0; count];
            features.of_pattern(Dispatch, x, &mut phi).map(|()| phi)
        };
        let keys = self.patterns.chunks(DIM).map(of).collect::<Result<Vec<_>, _>>()?;
        let mut kernel = 0.0;
        for query in self.queries.chunks(DIM) {
            let phi = of(query)?;
            for (pattern, key) in self.patterns.chunks(DIM).zip(&keys) {
                let off = f64::from(dot(&phi, key)?) / libm::exp(f64::from(self.beta.get()) * f64::from(dot(query, pattern)?)) - 1.0;
                kernel += off * off;
            }
        }
        let mut room = vec![0.0; Superposition::<()>::room(count, DIM)];
        let mut memory = Superposition::new(&features, DIM, vec![0.0; Superposition::<()>::numbers(count, DIM)])?;
        for pattern in self.patterns.chunks(DIM) {
            memory.store(pattern, pattern, &mut room)?;
        }
        let (mut recall, mut out) = (0.0, [0.0; DIM]);
        for (query, dense) in self.queries.chunks(DIM).zip(self.dense.chunks(DIM)) {
            memory.recall(query, &mut out, &mut room)?;
            recall += out.iter().zip(dense).map(|(a, b)| f64::from(a - b) * f64::from(a - b)).sum::<f64>();
        }
        let queries = (self.queries.len() / DIM) as f64;
        Ok((libm::sqrt(kernel / (queries * keys.len() as f64)), libm::sqrt(recall / queries)))
    }
}

/// So many points of the unit sphere.
fn sphere(count: usize, stream: u64) -> Vec<f32> {
    let mut points = Random::new(1, stream).normals(count * DIM);
    for point in points.chunks_mut(DIM) {
        let norm = libm::sqrt(point.iter().map(|x| f64::from(*x) * f64::from(*x)).sum());
        point.iter_mut().for_each(|x| *x = (f64::from(*x) / norm) as f32);
    }
    points
}

/// ln r and ln of an error, with its standard error.
struct Point {
    x: f64,
    y: f64,
    error: f64,
}

impl Point {
    fn new(features: usize, of: Estimate, seeds: f64) -> Self {
        Self { x: libm::log(features as f64), y: libm::log(of.mean), error: of.sd / libm::sqrt(seeds) / of.mean }
    }
}

impl Law {
    /// Least squares with the points' weights: of the law, which has one number to fit, and of a line.
    fn through(&FeatureRow { beta, rows, .. }: &FeatureRow, error: &'static str, points: &[Point]) -> Self {
        let weight = |p: &Point| 1.0 / (p.error * p.error);
        let weights: f64 = points.iter().map(weight).sum();
        let mean = |of: &dyn Fn(&Point) -> f64| points.iter().map(|p| weight(p) * of(p)).sum::<f64>() / weights;
        let offset = mean(&|p| p.y + p.x / 2.0);
        let off: Vec<f64> = points.iter().map(|p| (p.y + p.x / 2.0 - offset).abs() / p.error).collect();
        let (x, y) = (mean(&|p| p.x), mean(&|p| p.y));
        let spread = mean(&|p| (p.x - x) * (p.x - x));
        Self {
            beta,
            rows,
            error,
            at_one: libm::exp(offset),
            power: mean(&|p| (p.x - x) * (p.y - y)) / spread,
            power_error: 1.0 / libm::sqrt(weights * spread),
            chi2: off.iter().map(|d| d * d).sum::<f64>() / points.len().saturating_sub(1) as f64,
            worst: off.into_iter().fold(0.0, f64::max),
        }
    }
}
