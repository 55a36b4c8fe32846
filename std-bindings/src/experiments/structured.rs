//! What structure costs and saves: time and error of each member of the nonparametric family against the number of patterns.

use super::Error;
use super::fit::{QUARTILES, quantiles};
use super::options::require;
use crate::random::Random;
use crate::random_rows;
use basinet_core::{
    Beta, Buffers, EluFeatures, Features, Listed, Model, Patterns, PositiveRandomFeatures, RandomMask, Scratch, Softmax, Step,
    Superposition, TopK, Window,
};
use serde::Serialize;
use std::time::Instant;

/// D.
const DIM: usize = 64;
/// Candidates that top-k may hold.
const CANDIDATES: usize = 256;
/// The seed of random masks and random rows.
const SEED: u64 = 1;

/// The experiment: unit patterns in 64 dimensions, queries at a cosine of 0.9 to one of them, one step of each member.
#[derive(Clone, Debug)]
pub struct Structured {
    /// M.
    pub patterns: Vec<usize>,
    /// Queries, each of a pattern of its own.
    pub queries: usize,
    /// Inverse temperatures.
    pub betas: Vec<f32>,
    /// k of top-k.
    pub top: u32,
    /// r of the random features.
    pub features: usize,
}

impl Default for Structured {
    fn default() -> Self {
        Self { patterns: (3..=10).map(|k| 1 << (2 * k)).collect(), queries: 64, betas: vec![1.0, 64.0], top: 32, features: 256 }
    }
}

/// One member of the family with so many patterns.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct StructuredRow {
    /// Which.
    pub member: &'static str,
    /// The inverse temperature; the linear member has none, and is the same for all.
    pub beta: f32,
    /// M.
    pub patterns: usize,
    /// The root mean square distance of what was recalled from the pattern that was asked for, whose length is one.
    pub error: f64,
    /// The same from what the dense member recalls.
    pub from_dense: f64,
    /// Microseconds of a recall by one thread: the median over the queries.
    pub recall_us: f64,
    /// Microseconds of storing a pattern, where that is more than keeping it: the mean over those since the last M.
    pub store_us: Option<f64>,
}

/// What was asked, and what the dense member answered.
struct Asked<'a> {
    patterns: Patterns<'a>,
    beta: Beta,
    /// The rows that the queries are of, and the queries.
    targets: Vec<usize>,
    queries: Vec<f32>,
    dense: Vec<f32>,
}

/// A superposition that patterns are added to as their number grows.
type Growing<F> = Superposition<F, Vec<f32>>;

impl Structured {
    /// Inverse temperatures times numbers of patterns.
    #[must_use]
    pub fn pieces(&self) -> usize {
        self.betas.len() * self.patterns.len()
    }

    /// Rows for each beta and M, in this order and M from the smallest up, one for each member. By one thread, as times are measured. O(M r D) in all.
    ///
    /// # Errors
    /// [`Error::Recall`] for a beta or k that is none, and without queries.
    pub fn run(&self, done: impl Fn()) -> Result<Vec<StructuredRow>, Error> {
        require(self.queries > 0, "errors are of one query or more")?;
        let betas = self.betas.iter().map(|&beta| Beta::new(beta)).collect::<Result<Vec<_>, _>>()?;
        let mut counts = self.patterns.clone();
        counts.sort_unstable();
        let most = counts.last().copied().unwrap_or(0);
        let mut data = Random::new(SEED, 1).normals(most * DIM);
        data.chunks_mut(DIM).for_each(|row| scale(row, 1.0));
        let mut rows = Vec::new();
        for beta in betas {
            let mut linear = growing(EluFeatures::new(DIM)?)?;
            let mut random = Vec::new();
            for rows in [random_rows::gaussian(self.features, DIM, SEED), random_rows::orthogonal(self.features, DIM, SEED)] {
                random.push(growing(PositiveRandomFeatures::new(rows, DIM, beta)?)?);
            }
            for &count in &counts {
                let asked = self.ask(Patterns::new(&data[..count * DIM], DIM)?, beta)?;
                self.masked(&asked, &mut rows)?;
                rows.push(asked.superposed("linear", &mut linear)?);
                for (name, memory) in ["random features", "orthogonal features"].into_iter().zip(&mut random) {
                    rows.push(asked.superposed(name, memory)?);
                }
                done();
            }
        }
        Ok(rows)
    }

    /// Queries of patterns that are evenly spread, and the dense answers.
    fn ask<'a>(&self, patterns: Patterns<'a>, beta: Beta) -> Result<Asked<'a>, Error> {
        let mut random = Random::new(SEED, 2);
        let targets: Vec<usize> = (0..self.queries).map(|i| i * patterns.count() / self.queries).collect();
        let mut queries = Vec::with_capacity(targets.len() * DIM);
        for &target in &targets {
            let pattern = patterns.row(target).unwrap_or_default();
            let mut noise = random.normals(DIM);
            // The part of the noise that stands at right angles to the pattern, so that the cosine is 0.9 exactly.
            let along: f64 = noise.iter().zip(pattern).map(|(a, b)| f64::from(*a) * f64::from(*b)).sum();
            noise.iter_mut().zip(pattern).for_each(|(x, p)| *x -= (along * f64::from(*p)) as f32);
            scale(&mut noise, libm::sqrt(1.0 - 0.81));
            queries.extend(noise.iter().zip(pattern).map(|(x, p)| 0.9 * p + x));
        }
        let mut asked = Asked { patterns, beta, targets, queries, dense: vec![0.0; self.queries * DIM] };
        let mut dense = std::mem::take(&mut asked.dense);
        let (model, mut buffers) = (Model::new(beta, Softmax), Buffers::<DIM, 0>::new());
        for (query, out) in asked.queries.chunks(DIM).zip(dense.chunks_mut(DIM)) {
            model.step(&patterns, query, out, &mut buffers.scratch())?;
        }
        asked.dense = dense;
        Ok(asked)
    }

    /// The members that look at patterns, all or some.
    fn masked(&self, asked: &Asked<'_>, rows: &mut Vec<StructuredRow>) -> Result<(), Error> {
        let (model, count) = (Model::new(asked.beta, Softmax), asked.patterns.count());
        let half_width = (count as f64).sqrt() as usize;
        let (random, top) = (RandomMask::new(SEED, 0.5)?, Model::new(asked.beta, TopK::new(self.top)?));
        rows.push(asked.stepped("dense", |_, query, out, scratch| model.step(&asked.patterns, query, out, scratch))?);
        rows.push(asked.stepped("window", |centre, query, out, scratch| {
            model.keep(Window { centre, half_width }).step(&asked.patterns, query, out, scratch)
        })?);
        // As many rows as the window has, evenly spread, and the one that is asked for.
        let every = (count / (2 * half_width + 1)).max(1);
        rows.push(asked.stepped("mask", |target, query, out, scratch| {
            let kept: Vec<usize> = (target % every..count).step_by(every).collect();
            model.keep(Listed::new(&kept)?).step(&asked.patterns, query, out, scratch)
        })?);
        rows.push(asked.stepped("random mask", |_, query, out, scratch| model.keep(random).step(&asked.patterns, query, out, scratch))?);
        rows.push(asked.stepped("top-k", |_, query, out, scratch| top.step(&asked.patterns, query, out, scratch))?);
        Ok(())
    }
}

impl Asked<'_> {
    /// What a member answers, and how long it takes.
    fn measured(
        &self,
        member: &'static str,
        store_us: Option<f64>,
        mut recall: impl FnMut(usize, &[f32], &mut [f32]) -> Result<(), basinet_core::Error>,
    ) -> Result<StructuredRow, Error> {
        let (mut from_target, mut from_dense, mut times) = (0.0, 0.0, Vec::with_capacity(self.targets.len()));
        for ((&target, query), dense) in self.targets.iter().zip(self.queries.chunks(DIM)).zip(self.dense.chunks(DIM)) {
            let mut out = [0.0; DIM];
            let begin = Instant::now();
            recall(target, query, &mut out)?;
            times.push(begin.elapsed().as_secs_f64() * 1e6);
            from_target += square_distance(&out, self.patterns.row(target).unwrap_or_default());
            from_dense += square_distance(&out, dense);
        }
        let root = |sum: f64| libm::sqrt(sum / self.targets.len() as f64);
        let [_, recall_us, _] = quantiles(times, QUARTILES);
        let (patterns, beta) = (self.patterns.count(), self.beta.get());
        Ok(StructuredRow { member, beta, patterns, error: root(from_target), from_dense: root(from_dense), recall_us, store_us })
    }

    /// The same of a model, by a step.
    fn stepped(
        &self,
        member: &'static str,
        step: impl Fn(usize, &[f32], &mut [f32], &mut Scratch<'_>) -> Result<Step, basinet_core::Error>,
    ) -> Result<StructuredRow, Error> {
        let mut buffers = Buffers::<DIM, CANDIDATES>::new();
        self.measured(member, None, |target, query, out| step(target, query, out, &mut buffers.scratch()).map(|_| ()))
    }

    /// The same of a superposition, which first takes in what it lacks, one pattern at a time.
    fn superposed<F: Features>(&self, member: &'static str, memory: &mut Growing<F>) -> Result<StructuredRow, Error> {
        let mut room = vec![0.0; Superposition::<()>::room(memory.features().count(), DIM)];
        let held = memory.memories() as usize;
        let begin = Instant::now();
        for row in held..self.patterns.count() {
            let pattern = self.patterns.row(row).unwrap_or_default();
            memory.store(pattern, pattern, &mut room)?;
        }
        let each = begin.elapsed().as_secs_f64() * 1e6 / (self.patterns.count() - held).max(1) as f64;
        self.measured(member, Some(each), |_, query, out| memory.recall(query, out, &mut room).map(|_| ()))
    }
}

fn growing<F: Features>(features: F) -> Result<Growing<F>, Error> {
    let state = vec![0.0; Superposition::<()>::numbers(features.count(), DIM)];
    Ok(Superposition::new(features, DIM, state)?)
}

fn square_distance(a: &[f32], b: &[f32]) -> f64 {
    a.iter().zip(b).map(|(a, b)| f64::from(a - b) * f64::from(a - b)).sum()
}

/// Brings a row to this length.
fn scale(row: &mut [f32], length: f64) {
    let norm = libm::sqrt(row.iter().map(|x| f64::from(*x) * f64::from(*x)).sum());
    row.iter_mut().for_each(|x| *x = (f64::from(*x) * length / norm) as f32);
}
