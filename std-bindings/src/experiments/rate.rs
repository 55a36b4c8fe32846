//! How fast codes come near the best known ones: what is still missing of the smallest separation, against the number of steps.

use super::Error;
use super::fit::{Line, QUARTILES, quantiles};
use super::options::require_seeds;
use crate::codes;
use crate::feature_map::{Keep, Start, Steps, Temperatures, Training};
use crate::random::Random;
use rayon::prelude::*;
use serde::Serialize;
use std::ops::RangeInclusive;

/// A way to place points.
#[derive(Clone, Debug)]
pub enum Method {
    /// Free points.
    Points(&'static str, Training),
    /// The features of a map of M patterns of M numbers from the standard normal distribution, which can go anywhere.
    Map(&'static str, Training),
}

/// The experiment: M points in D dimensions, with a budget of steps.
#[derive(Clone, Debug)]
pub struct Rate {
    /// M and D, of which the best code has to be known.
    pub codes: Vec<(usize, usize)>,
    /// How they are placed; each with the budget as its iterations, in one start.
    pub methods: Vec<Method>,
    /// Steps.
    pub budgets: Vec<usize>,
    /// Of the starts.
    pub seeds: RangeInclusive<u64>,
}

impl Default for Rate {
    fn default() -> Self {
        // The paper's: gradient steps of one length, at one temperature.
        let fixed = Training {
            steps: Steps::Descent { rate: 0.5, compounding: false },
            temperatures: Temperatures::constant(0.02),
            keep: Keep::Best,
            ..Training::code()
        };
        Self {
            codes: vec![(12, 3), (24, 3), (10, 4), (24, 4), (9, 8), (16, 8)],
            methods: vec![
                Method::Points("points, annealed", Training::code()),
                Method::Map("map, annealed", Training { start: Start::Normal, ..Training::uhop_plus() }),
                Method::Points("points, fixed", fixed),
            ],
            budgets: (0..=12).map(|k| 1 << k).collect(),
            seeds: 1..=20,
        }
    }
}

/// What is missing after so many steps.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct RateRow {
    /// M.
    pub points: usize,
    /// D.
    pub dim: usize,
    /// How they were placed.
    pub method: &'static str,
    /// Steps.
    pub steps: usize,
    /// The separation of the best known code, less the smallest that was reached: the median over the seeds.
    pub missing: f64,
    /// A quarter of the seeds has less.
    pub lower: f64,
    /// A quarter of the seeds has more.
    pub upper: f64,
}

impl Rate {
    /// Codes times methods times budgets.
    #[must_use]
    pub fn pieces(&self) -> usize {
        self.codes.len() * self.methods.len() * self.budgets.len()
    }

    /// A row for each code, method and budget, in this order. O(M^2 D) for each step of each seed.
    ///
    /// # Errors
    /// [`Error::Features`] where the options make no sense, [`Error::Recall`] for codes of which no best is known.
    pub fn run(&self, done: impl Fn() + Sync) -> Result<Vec<RateRow>, Error> {
        require_seeds(&self.seeds)?;
        let mut tasks = Vec::with_capacity(self.pieces());
        for &(points, dim) in &self.codes {
            let degrees = codes::best_known(points, dim);
            let known = degrees.ok_or(basinet_core::Error::Parameter { requirement: "a code of which the best is known" })?;
            let known = 1.0 - libm::cos(known.to_radians());
            tasks.extend(self.methods.iter().flat_map(|method| self.budgets.iter().map(move |&steps| (points, dim, known, method, steps))));
        }
        let rows = tasks.into_par_iter().with_max_len(1).map(|(points, dim, known, method, steps)| {
            let missing = |seed| Ok(known - method.separation(points, dim, steps, seed)?);
            let missing = self.seeds.clone().map(missing).collect::<Result<_, Error>>()?;
            let [lower, median, upper] = quantiles(missing, QUARTILES);
            done();
            Ok(RateRow { points, dim, method: method.name(), steps, missing: median, lower, upper })
        });
        rows.collect()
    }
}

impl Method {
    fn name(&self) -> &'static str {
        match self {
            Self::Points(name, _) | Self::Map(name, _) => name,
        }
    }

    /// The smallest separation after so many steps of one start.
    fn separation(&self, points: usize, dim: usize, iterations: usize, seed: u64) -> Result<f64, Error> {
        let of = |training: &Training| Training { iterations, seed, starts: 1, ..training.clone() };
        Ok(match self {
            Self::Points(_, training) => of(training).points(points, dim, |_| ())?.separation,
            Self::Map(_, training) => {
                let patterns: Vec<f64> = Random::new(seed, 1).normals(points * points).into_iter().map(f64::from).collect();
                of(training).map(&patterns, points, dim, |_| ())?.separation
            }
        })
    }
}

impl RateRow {
    /// With no more missing than this a code has arrived; below it rounding soon is all that is left.
    pub const ARRIVED: f64 = 1e-6;

    /// The power of the number of steps with which the missing part falls, through rows of one code and method: the slope of the line of
    /// least squares in logarithms, through all before the first that has [arrived](Self::ARRIVED); none of fewer than two.
    #[must_use]
    pub fn power<'a>(rows: impl IntoIterator<Item = &'a Self>) -> Option<Line> {
        let logs = |row: &Self| (libm::log(row.steps as f64), libm::log(row.missing));
        let before = rows.into_iter().take_while(|row| row.missing > Self::ARRIVED);
        Line::through(&before.map(logs).collect::<Vec<_>>())
    }
}
