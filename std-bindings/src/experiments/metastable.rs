//! How many patterns share the weights of a recall: the sizes of metastable states.
//!
//! Random patterns, and each of them as the query. A pattern that is alone in its weights is one that can be had back.

use super::fit::Estimate;
use super::options::{number_of, require_seeds};
use super::{Error, Learning};
use crate::feature_map::Training;
use crate::random::Random;
use crate::{Memory, Workspace};
use basinet_core::{AnySeparation, Beta, Model, Separation, WithSeparation, beta};
use rayon::prelude::*;
use serde::Serialize;
use std::ops::RangeInclusive;

/// A weight of softmax counts above this (U-Hop+'s code); one of a sparse map above 0.
const COUNTS: f32 = 0.01;

/// The experiment: M patterns of d numbers from the standard normal distribution, at norm 1, or what a map makes of them at norm 1, are stored;
/// from each of them a few updates are made, `u <- sum_i p_i u_i` with `p = separation(beta <u_i, u>)`, and the weights of the last counted. The
/// state of the second and later updates is a mean of points of the sphere, and stays inside of it.
#[derive(Clone, Debug)]
pub struct Metastable {
    /// M.
    pub patterns: usize,
    /// d, and the number of features.
    pub dim: usize,
    /// The inverse temperatures.
    pub betas: Vec<Beta>,
    /// Which updates' weights are counted; 1 is the first.
    pub updates: Vec<usize>,
    /// The maps' seeds and the patterns'.
    pub seeds: RangeInclusive<u64>,
    /// By which scores become weights.
    pub separations: Vec<AnySeparation>,
    /// With what the patterns are compared.
    pub maps: Vec<Learning>,
}

impl Default for Metastable {
    fn default() -> Self {
        Self {
            patterns: 10,
            dim: 5,
            betas: vec![beta!(10.0), beta!(1.0)],
            updates: vec![20, 1],
            seeds: 1..=20,
            separations: super::retrieval::SEPARATIONS[..3].iter().copied().flatten().collect(),
            maps: vec![
                Learning::None,
                Learning::Square("as released", Training::published_uhop_plus(1.0, 20)),
                Learning::Square("U-Hop+", Training::uhop_plus()),
            ],
        }
    }
}

/// How often weights had a size.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct SizeRow {
    /// The inverse temperature.
    pub beta: f32,
    /// Which update's weights these are.
    pub update: usize,
    /// By which scores became weights.
    pub separation: String,
    /// With what the patterns were compared.
    pub map: String,
    /// Patterns that count.
    pub size: usize,
    /// Of the queries of all seeds.
    pub percent: f64,
    /// The standard deviation of that over the seeds, each with M queries.
    pub percent_sd: f64,
}

impl Metastable {
    /// Seeds.
    #[must_use]
    pub fn pieces(&self) -> usize {
        number_of(&self.seeds)
    }

    /// A row for each beta, update, separation, map and size from 1 to M, in this order. O(seeds M^2 d) for each update, and the training.
    ///
    /// # Errors
    /// [`Error::Features`], [`Error::Recall`] where the options make no sense.
    pub fn run(&self, done: impl Fn() + Sync) -> Result<Vec<SizeRow>, Error> {
        require_seeds(&self.seeds)?;
        let numbers = self.patterns.checked_mul(self.dim).ok_or(basinet_core::Error::TooLarge)?;
        let seeds: Vec<u64> = self.seeds.clone().collect();
        let counted: Vec<_> = seeds
            .into_par_iter()
            .map(|seed| {
                let counted = self.seed(seed, numbers);
                done();
                counted
            })
            .collect::<Result<_, _>>()?;
        Ok(self.rows(&counted))
    }

    fn rows(&self, counted: &[Vec<Vec<usize>>]) -> Vec<SizeRow> {
        let mut rows = Vec::new();
        for (cell, (beta, update, separation, map)) in self.cells().enumerate() {
            for size in 1..=self.patterns {
                let share = |sizes: &Vec<Vec<usize>>| {
                    100.0 * sizes[cell].iter().filter(|&&found| found == size).count() as f64 / self.patterns as f64
                };
                let Estimate { mean: percent, sd: percent_sd } = Estimate::of(&counted.iter().map(share).collect::<Vec<_>>());
                let (separation, map) = (separation.to_string(), self.maps[map].to_string());
                rows.push(SizeRow { beta: beta.get(), update, separation, map, size, percent, percent_sd });
            }
        }
        rows
    }

    /// What is counted of each seed: beta, update, separation, the number of the map.
    fn cells(&self) -> impl Iterator<Item = (Beta, usize, AnySeparation, usize)> {
        self.betas.iter().flat_map(move |&beta| {
            self.updates.iter().flat_map(move |&update| {
                self.separations.iter().flat_map(move |&separation| (0..self.maps.len()).map(move |map| (beta, update, separation, map)))
            })
        })
    }

    /// The sizes of a seed, whose patterns are so many numbers: for each cell, of each query.
    fn seed(&self, seed: u64, numbers: usize) -> Result<Vec<Vec<usize>>, Error> {
        let patterns = Random::new(seed, 0).normals(numbers);
        let memories = self.maps.iter().map(|map| {
            let features = map.learn(&patterns, self.dim, seed)?;
            Ok(Memory::from_rows(features.dim(), &features.of(&patterns)?)?)
        });
        let memories = memories.collect::<Result<Vec<_>, Error>>()?;
        let sizes = |(beta, update, separation, map): (Beta, usize, AnySeparation, usize)| {
            separation.run(Count { memory: &memories[map], beta, update })
        };
        self.cells().map(sizes).collect()
    }
}

/// Counts the weights of an update from each pattern.
struct Count<'a> {
    memory: &'a Memory,
    beta: Beta,
    update: usize,
}

impl WithSeparation for Count<'_> {
    type Output = Result<Vec<usize>, Error>;

    fn run<S: Separation + PartialEq>(self, separation: S) -> Self::Output {
        let (patterns, model) = (self.memory.patterns()?, Model::new(self.beta, separation));
        let mut states: Vec<f32> = (0..self.memory.len()).filter_map(|i| self.memory.row(i)).flatten().copied().collect();
        for _ in 1..self.update {
            states = self.memory.recall_batch(&model, &states)?.into_iter().flat_map(|recalled| recalled.state).collect();
        }
        let (mut weights, mut work) = (vec![0.0; patterns.count()], Workspace::new(patterns.dim(), patterns.count()));
        let least = if separation.margin().is_finite() { 0.0 } else { COUNTS };
        let sizes = states.chunks_exact(patterns.dim()).map(|state| {
            model.scores(&patterns, state, &mut weights)?;
            model.weights(&mut weights, &mut work.scratch())?;
            Ok(weights.iter().filter(|&&weight| weight > least).count())
        });
        sizes.collect()
    }
}
