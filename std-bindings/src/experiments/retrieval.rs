//! How far off a recall of damaged images is, with a learned map and without.
//!
//! M images are stored. A map is learned from the first half of them, and every one is asked for by a damaged copy: one update, by features at
//! norm 1 or, without a map, by cosine, at the same inverse temperatures. The values are the images themselves.

use super::features::Features;
use super::fit::Estimate;
use super::options::{number_of, require_seeds};
use super::{Error, Images, Learning};
use crate::feature_map::Training;
use crate::random::Random;
use crate::{Memory, PairedMemory};
use basinet_core::{AnySeparation, Beta, Entmax, Model, Separation, TopK, WithSeparation, beta};
use rayon::prelude::*;
use serde::Serialize;
use std::fmt;
use std::ops::RangeInclusive;

/// What is done to an image.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub enum Damage {
    /// Every pixel is 0 or doubled, by the toss of a coin.
    Dropout,
    /// The lower half of the rows is 0.
    Mask,
    /// A normal number of this standard deviation is added to each pixel, which is cut off at 0 and at 1.
    Noise(f32),
}

impl Damage {
    /// Its damaged copies, one behind the other.
    fn of(self, images: &[f32], height: usize, width: usize, random: &mut Random) -> Vec<f32> {
        let mut damaged = images.to_vec();
        match self {
            Self::Dropout => damaged.iter_mut().for_each(|x| *x = if random.coin() { 2.0 * *x } else { 0.0 }),
            Self::Mask => damaged.chunks_exact_mut(height * width).for_each(|image| image[height / 2 * width..].fill(0.0)),
            Self::Noise(sd) => damaged.iter_mut().for_each(|x| *x = (*x + sd * random.normal()).abs().clamp(0.0, 1.0)),
        }
        damaged
    }
}

impl fmt::Display for Damage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Dropout => f.write_str("half dropout"),
            Self::Mask => f.write_str("half mask"),
            Self::Noise(sd) => write!(f, "noise {sd}"),
        }
    }
}

/// The experiment.
#[derive(Clone, Debug)]
pub struct Retrieval {
    /// M, each of which is an experiment of its own.
    pub patterns: Vec<usize>,
    /// The inverse temperatures.
    pub betas: Vec<Beta>,
    /// What is done to the queries.
    pub damages: Vec<Damage>,
    /// By which scores become weights.
    pub separations: Vec<AnySeparation>,
    /// With what images are compared.
    pub maps: Vec<Learning>,
    /// Each draws images, damage and the maps' first weights.
    pub seeds: RangeInclusive<u64>,
}

/// The three maps that are everywhere compared, and the four best.
pub const SEPARATIONS: [Option<AnySeparation>; 4] = {
    let entmax = match Entmax::new(1.5) {
        Ok(entmax) => Some(AnySeparation::Entmax(entmax)),
        Err(_) => None,
    };
    let best = match TopK::new(4) {
        Ok(best) => Some(AnySeparation::TopK(best)),
        Err(_) => None,
    };
    [Some(AnySeparation::Softmax), entmax, Some(AnySeparation::Sparsemax), best]
};

impl Default for Retrieval {
    /// U-Hop with as many features as pixels, 20 steps; U-Hop+ with 200 features, 200 steps of one start.
    fn default() -> Self {
        let plus = Training { starts: 1, iterations: 200, ..Training::uhop_plus() };
        Self {
            patterns: vec![10, 20, 30, 50, 100, 200, 500],
            betas: vec![beta!(1.0), beta!(4.0), beta!(16.0), beta!(64.0)],
            damages: vec![Damage::Dropout, Damage::Mask, Damage::Noise(0.5)],
            separations: SEPARATIONS.into_iter().flatten().collect(),
            maps: vec![Learning::None, Learning::Square("U-Hop", Training::uhop()), Learning::Narrow("U-Hop+", 200, plus)],
            seeds: 1..=10,
        }
    }
}

/// How far off a recall was: sums of squared differences of the pixels of an image, both cut off at 0 and 1, as means over images; then mean
/// and standard deviation of these over the seeds.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct RetrievalRow {
    /// What was done to the queries.
    pub damage: String,
    /// M.
    pub patterns: usize,
    /// By which scores became weights.
    pub separation: String,
    /// The inverse temperature.
    pub beta: f32,
    /// With what images were compared.
    pub map: String,
    /// Of all M images.
    pub error: f64,
    /// Over the seeds.
    pub error_sd: f64,
    /// Of the first half, which the map has seen.
    pub error_seen: f64,
    /// Over the seeds.
    pub error_seen_sd: f64,
    /// By how much all are farther off than without a map, seed by seed; 0 without one.
    pub more: f64,
    /// Over the seeds.
    pub more_sd: f64,
}

/// All errors of a seed at one M: of all images, and of those that the map has seen.
type Errors = Vec<(f64, f64)>;

impl Retrieval {
    /// Seeds times numbers of patterns.
    #[must_use]
    pub fn pieces(&self) -> usize {
        number_of(&self.seeds).saturating_mul(self.patterns.len())
    }

    /// A row for each damage, M, separation, beta and map, in this order. O(M^2 (features + pixels)) for each and each seed, and the
    /// training.
    ///
    /// # Errors
    /// [`Error::TooFewImages`]; [`Error::Features`], [`Error::Recall`] where the options make no sense, or an image is blank.
    pub fn run(&self, images: &Images, done: impl Fn() + Sync) -> Result<Vec<RetrievalRow>, Error> {
        require_seeds(&self.seeds)?;
        let needed = self.patterns.iter().copied().fold(0, |most, m| if m > most { m } else { most });
        if images.len() < needed {
            return Err(Error::TooFewImages { found: images.len(), needed });
        }
        // The largest first, so that no thread is left with one at the end.
        let mut tasks: Vec<(usize, u64)> = self.seeds.clone().flat_map(|seed| (0..self.patterns.len()).map(move |m| (m, seed))).collect();
        tasks.sort_by_key(|&(m, seed)| (std::cmp::Reverse(self.patterns[m]), m, seed));
        let found: Vec<Errors> = tasks
            .par_iter()
            .with_max_len(1)
            .map(|&(m, seed)| {
                let errors = self.seed(images, self.patterns[m], seed);
                done();
                errors
            })
            .collect::<Result<_, _>>()?;
        let of = |m: usize| tasks.iter().zip(&found).filter(move |((task, _), _)| *task == m).map(|(_, errors)| errors);
        Ok(self.rows(&(0..self.patterns.len()).map(|m| of(m).collect()).collect::<Vec<_>>()))
    }

    /// Rows of the errors of all seeds, for each M.
    fn rows(&self, found: &[Vec<&Errors>]) -> Vec<RetrievalRow> {
        let mut rows = Vec::new();
        for d in 0..self.damages.len() {
            for (m, found) in found.iter().enumerate() {
                let mut cells = d * self.maps.len() * self.separations.len() * self.betas.len()..;
                for separation in &self.separations {
                    for beta in &self.betas {
                        let first = cells.start;
                        for (map, cell) in self.maps.iter().zip(&mut cells) {
                            let of =
                                |get: &dyn Fn(&Errors) -> f64| Estimate::of(&found.iter().map(|errors| get(errors)).collect::<Vec<_>>());
                            let (all, seen) = (of(&|errors| errors[cell].0), of(&|errors| errors[cell].1));
                            let more = of(&|errors| errors[cell].0 - errors[first].0);
                            rows.push(RetrievalRow {
                                damage: self.damages[d].to_string(),
                                patterns: self.patterns[m],
                                separation: separation.to_string(),
                                beta: beta.get(),
                                map: map.to_string(),
                                error: all.mean,
                                error_sd: all.sd,
                                error_seen: seen.mean,
                                error_seen_sd: seen.sd,
                                more: more.mean,
                                more_sd: more.sd,
                            });
                        }
                    }
                }
            }
        }
        rows
    }

    /// The errors of a seed: for each damage, separation, beta and map.
    fn seed(&self, images: &Images, count: usize, seed: u64) -> Result<Errors, Error> {
        let dim = images.dim();
        let stored = images.pick(&Random::new(seed, 0).order(images.len())[..count]);
        let seen = count.div_ceil(2);
        let memories = self.maps.iter().map(|map| {
            let features = map.learn(&stored[..seen * dim], dim, seed)?;
            let keys = Memory::from_rows(features.dim(), &features.of(&stored)?)?;
            Ok((PairedMemory::from_memories(keys, Memory::from_rows(dim, &stored)?)?, features))
        });
        let memories: Vec<(PairedMemory, Features)> = memories.collect::<Result<_, Error>>()?;
        let mut errors = Vec::with_capacity(self.damages.len() * self.separations.len() * self.betas.len() * self.maps.len());
        for (stream, damage) in (1..).zip(&self.damages) {
            let damaged = damage.of(&stored, images.height, images.width, &mut Random::new(seed, stream));
            let queries = memories.iter().map(|(_, features)| features.of(&damaged)).collect::<Result<Vec<_>, _>>()?;
            for separation in &self.separations {
                for &beta in &self.betas {
                    for ((memory, _), queries) in memories.iter().zip(&queries) {
                        let off = separation.run(Recall { memory, beta, queries, stored: &stored })?;
                        errors.push((Estimate::of(&off).mean, Estimate::of(&off[..seen]).mean));
                    }
                }
            }
        }
        Ok(errors)
    }
}

/// Recalls each image and says how far off it is.
struct Recall<'a> {
    memory: &'a PairedMemory,
    beta: Beta,
    queries: &'a [f32],
    stored: &'a [f32],
}

impl WithSeparation for Recall<'_> {
    type Output = Result<Vec<f64>, Error>;

    fn run<S: Separation + PartialEq>(self, separation: S) -> Self::Output {
        let recalled = self.memory.recall_batch(&Model::new(self.beta, separation), self.queries)?;
        let images = self.stored.chunks_exact(self.memory.values().dim());
        Ok(recalled.iter().zip(images).map(|(recalled, image)| squared(&recalled.state, image)).collect())
    }
}

/// The sum of squared differences of pixels that are cut off at 0 and 1.
fn squared(a: &[f32], b: &[f32]) -> f64 {
    let difference = |(&a, &b): (&f32, &f32)| f64::from(a.clamp(0.0, 1.0)) - f64::from(b.clamp(0.0, 1.0));
    a.iter().zip(b).map(difference).map(|d| d * d).sum()
}

/// A row at equal beta beside the best of both.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Best {
    /// What was done to the queries.
    pub damage: String,
    /// M.
    pub patterns: usize,
    /// By which scores became weights.
    pub separation: String,
    /// With what images were compared.
    pub map: String,
    /// The beta at which that has the smallest error.
    pub beta: f32,
    /// That error.
    pub error: f64,
    /// Over the seeds.
    pub error_sd: f64,
}

/// The smallest error over the betas, for each damage, M, separation and map, in the order of the rows; of equals, that of the lower beta.
#[must_use]
pub fn best(rows: &[RetrievalRow]) -> Vec<Best> {
    let mut found: Vec<Best> = Vec::new();
    for row in rows {
        let same = |best: &&mut Best| {
            (&best.damage, best.patterns, &best.separation, &best.map) == (&row.damage, row.patterns, &row.separation, &row.map)
        };
        let candidate = Best {
            damage: row.damage.clone(),
            patterns: row.patterns,
            separation: row.separation.clone(),
            map: row.map.clone(),
            beta: row.beta,
            error: row.error,
            error_sd: row.error_sd,
        };
        match found.iter_mut().rev().find(same) {
            Some(best) if row.error < best.error => *best = candidate,
            Some(_) => {}
            None => found.push(candidate),
        }
    }
    found
}

/// The rows that are farther off with a map than without one, at the same beta.
pub fn worse(rows: &[RetrievalRow]) -> impl Iterator<Item = &RetrievalRow> {
    rows.iter().filter(|row| row.more > 0.0)
}
