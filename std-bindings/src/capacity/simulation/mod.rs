//! Capacity measured: random patterns, and the library's own recall from them; what the theory says stands elsewhere.
//!
//! A [`Point`] is what is measured, of how many patterns of how many neurons; a [`Sample`] is one number, from patterns of its own; a [`Row`] is
//! what the samples of a point come to. Patterns have `|xi|^2 = N`, `lambda` is the inverse temperature, `load` is `ln(P)/N`:
//!
//! ```text
//! x <- sum_mu p_mu xi^mu     p = softmax(lambda x.xi^mu)     m = x.xi^1 / N
//! ```
//!
//! | [`Measure`] | what is asked | of the samples |
//! |---|---|---|
//! | [`OneStep`](Measure::OneStep) | at which lambda has xi^1 half of the weight, from xi^1? | median |
//! | [`Crossover`](Measure::Crossover) | from which lambda on does a run from xi^1 stay? | mean |
//! | [`Basin`](Measure::Basin) | up to which angle from xi^1 does a run come back? | mean |
//! | [`Nearest`](Measure::Nearest) | what is the cosine between xi^1 and the nearest other pattern? | mean |
//!
//! **Seeds.** Sample k of any point has the seed k: its patterns depend on N, P and k alone, not on other samples, their order or the threads,
//! nor on what is measured. Spherical patterns are Gaussian ones scaled, so both ensembles are drawn from the same numbers.
//!
//! **Sixteen runs at once.** Softmax of dot products at inverse temperature lambda from x is softmax at 1 from lambda x, so runs at sixteen
//! temperatures, or from sixteen angles, share what is read of the patterns in one batch. As a run that stays vouches for all at larger lambda
//! (smaller angle), and one that is lost for all at smaller, only those between are followed. Three rounds narrow a bracket
//! `15 * 17 * 17 = 4335` fold.
//!
//! **Memory.** Patterns of more than 2^21 numbers (8 MiB) are recalled from by all threads, a piece of them each, one sample after another;
//! smaller samples are taken side by side, one by each thread.
//!
//! ```
//! use basinet::capacity::{Ensemble, simulation::{Error, Measure, Point, Simulation}};
//! let point = Point { measure: Measure::OneStep, ensemble: Ensemble::Spherical, neurons: 24, patterns: 122 };
//! let rows = Simulation { points: vec![(point, 200)] }.run(&[], |_| Ok::<_, Error>(()))?;
//! assert!((rows[0].value - 0.2241).abs() < 4.0 * rows[0].error); // the reference's median, of 3,000 samples
//! # Ok::<(), Error>(())
//! ```

mod drawn;
mod measure;
mod point;
mod prediction;
mod record;
mod row;
mod runs;

pub use crate::experiments::Error;
pub use point::{Measure, Point};
pub use row::{Row, Sample};

use rayon::prelude::*;
use std::collections::BTreeSet;

/// Points, each with its number of samples.
#[derive(Clone, Debug, PartialEq)]
pub struct Simulation {
    /// What is measured, and by how many samples: those of seeds 1, 2 and so on.
    pub points: Vec<(Point, usize)>,
}

impl Simulation {
    /// The samples that are not among the `known`: as many as [`run`](Self::run) will draw. O(points known).
    #[must_use]
    pub fn pieces(&self, known: &[Sample]) -> usize {
        let new = |&(point, count): &(Point, usize)| {
            let mine = known.iter().filter(|sample| sample.point == point && (1..=count).contains(&(sample.number as usize)));
            count - mine.map(|sample| sample.number).collect::<BTreeSet<_>>().len()
        };
        self.points.iter().map(new).fold(0, usize::saturating_add)
    }

    /// A row for each point, in order. `found` hears of each sample that is new, from several threads, and ends the work with an error;
    /// those that are `known`, from an earlier run, are not drawn again. The rows are the same then, bit for bit but for times.
    ///
    /// O(P N) memory for one sample, or as much for each thread where that is at most 8 MiB. Recalls of one state, O(P N) each: one for a one-step
    /// crossover or a nearest pattern, some 350 for a basin and 2,500 for a crossover, at most 7,600 (in the protocol of record).
    ///
    /// # Errors
    /// As [`Point::check`] of the first point that has one, and [`Error::Recall`] for 2^32 samples, before anything is drawn; then those of `found`, and
    /// [`Error::NoMemory`].
    pub fn run<E: From<Error> + Send>(&self, known: &[Sample], found: impl Fn(&Sample) -> Result<(), E> + Sync) -> Result<Vec<Row>, E> {
        self.points.iter().try_for_each(|(point, count)| {
            point.check()?;
            // Seeds are numbers of 32 bits.
            u32::try_from(*count).map(drop).map_err(|_| Error::from(basinet_core::Error::TooLarge))
        })?;
        let mut samples: Vec<Vec<Option<Sample>>> = (0..self.points.len()).map(|at| self.samples(at, known)).collect();
        let is_new = |&(at, number): &(usize, usize)| samples[at][number].is_none();
        let all = self.points.iter().enumerate().flat_map(|(at, &(_, count))| (0..count).map(move |number| (at, number)));
        let (small, large): (Vec<_>, Vec<_>) = all.filter(is_new).partition(|&(at, _)| self.points[at].0.is_small());
        let take = |(at, number): (usize, usize)| {
            let sample = self.points[at].0.sample(number as u32 + 1)?;
            found(&sample)?;
            Ok((at, number, sample))
        };
        let mut new = small.into_par_iter().with_max_len(1).map(take).collect::<Result<Vec<_>, E>>()?;
        for place in large {
            new.push(take(place)?);
        }
        for (at, number, sample) in new {
            samples[at][number] = Some(sample);
        }
        Ok(self.points.iter().zip(samples).map(|(&(point, _), samples)| Row::of(point, samples.iter().flatten())).collect())
    }

    /// A place for each sample of a point, with what is known.
    fn samples(&self, at: usize, known: &[Sample]) -> Vec<Option<Sample>> {
        let (point, count) = self.points[at];
        let mut samples = vec![None; count];
        for sample in known.iter().filter(|sample| sample.point == point) {
            if let Some(place) = samples.get_mut((sample.number as usize).wrapping_sub(1)) {
                *place = Some(*sample);
            }
        }
        samples
    }
}
