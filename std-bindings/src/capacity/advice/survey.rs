//! A user's own patterns: what is predicted of each from its separation, what a recall of each then does, and how they compare with random ones.

use super::question::first;
use crate::batch;
use crate::capacity::Nearest;
use crate::codes;
use crate::insight::{self, Spread};
use basinet_core::{
    AnyModel, AnySeparation, AnySimilarity, Beta, Cosine, Dot, Error, Model, Patterns, Separation, Similarity, Step, WithModel,
};
use rayon::prelude::*;

/// Half the distance from 1 to the next f32.
const EPS: f64 = 1.0 / 16_777_216.0;

/// More dimensions than this are as good as any number of them.
const MOST_DIMENSIONS: usize = 1 << 20;

/// What to look at, by dot products.
#[derive(Clone, Copy, Debug)]
pub struct Surveyor<'a> {
    /// The memory.
    pub patterns: Patterns<'a>,
    /// The rows that are compared with all, and recalled; each of them once.
    pub rows: &'a [usize],
    /// The inverse temperature.
    pub beta: Beta,
    /// How scores become weights.
    pub separation: AnySeparation,
    /// How many of the smallest separations are listed.
    pub worst: usize,
}

/// What a user's patterns are like.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "experiments", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Survey {
    /// Patterns that were compared with all.
    pub compared: usize,
    /// The largest norm of all.
    pub max_norm: f32,
    /// The root mean square of all norms.
    pub norm: f64,
    /// The separations `Delta_i`.
    pub separations: Spread,
    /// The margins `beta Delta_i`.
    pub margins: Spread,
    /// Recall of each, predicted and measured.
    pub recall: Recall,
    /// Those that another is nearest to, the smallest separation first.
    pub worst: Vec<Worst>,
    /// The mean cosine to the nearest other one.
    pub mean_cosine: f64,
    /// What it would be if they were random directions.
    pub random_cosine: Option<f64>,
    /// The number of dimensions in which random directions would be as crowded: the smallest in which they are not more so. None where they
    /// are less crowded than any random ones.
    pub effective_dim: Option<usize>,
}

/// Recall of stored patterns, each asked with itself.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "experiments", derive(serde::Serialize), serde(rename_all = "snake_case"))]
pub enum Recall {
    /// Of a map with a margin: how many come back exactly.
    Exact {
        /// By the criterion `beta Delta_i >= margin`.
        predicted: usize,
        /// By a recall.
        measured: usize,
        /// Patterns of which the two say the same.
        agreeing: usize,
    },
    /// Of a map that gives every pattern some weight: `|x' - x_i|`, how far off a step ends.
    Within {
        /// By Ramsauer et al. 2021, theorem 4: at most this.
        predicted: Spread,
        /// By a recall.
        measured: Spread,
        /// Patterns within their bounds, and the rounding of f32.
        held: usize,
    },
    /// k-subsets with k above 1, which give no pattern back alone.
    Shared,
}

/// A pattern and what is in its way.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "experiments", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Worst {
    /// Its row.
    pub pattern: usize,
    /// The row of the other; none where it is alone.
    pub rival: Option<usize>,
    /// Its separation from it.
    pub separation: f32,
}

impl Surveyor<'_> {
    /// Compares each of the rows with all patterns, twice, and recalls it, by the threads of the rayon pool that the caller is in; `progress`
    /// hears how many more are done, each row three times. O(R M D / threads) for R rows.
    ///
    /// ```
    /// use basinet::capacity::advice::{Recall, Surveyor};
    /// use basinet::{Memory, Sparsemax, beta};
    /// let memory = Memory::from_rows(3, &[1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.8, 0.6])?;
    /// let (patterns, separation) = (memory.patterns()?, Sparsemax.into());
    /// let survey = Surveyor { patterns, rows: &[0, 1, 2], beta: beta!(2.0), separation, worst: 1 }.survey(|_| ())?;
    /// assert_eq!(survey.recall, Recall::Exact { predicted: 1, measured: 1, agreeing: 3 });
    /// assert_eq!(survey.worst[0].rival, Some(2));
    /// # Ok::<(), basinet::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::Empty`] without rows; those of [`insight::separations`] and of a recall.
    pub fn survey(&self, progress: impl Fn(usize) + Sync) -> Result<Survey, Error> {
        let separations = insight::separations(&self.patterns, Dot, self.rows, &progress)?;
        let beta = self.beta.get();
        let margins: Vec<f32> = separations.iter().map(|delta| beta * delta).collect();
        // A cosine of 1 with itself, less the separation.
        let cosines = insight::separations(&self.patterns, Cosine, self.rows, &progress)?;
        let mean_cosine = cosines.iter().map(|&delta| 1.0 - f64::from(delta)).sum::<f64>() / cosines.len() as f64;
        let (dim, count) = (self.patterns.dim(), self.patterns.count());
        let random = |dim| Nearest::new(dim, count as f64).map(|nearest| nearest.mean_cosine());
        let crowded = |dim| random(dim).map(|cosine| cosine <= mean_cosine);
        Ok(Survey {
            compared: self.rows.len(),
            max_norm: self.patterns.max_norm()?,
            norm: self.norm(),
            recall: self.recall(&separations, &progress)?,
            worst: self.worst(&separations)?,
            separations: Spread::of(&separations).ok_or(Error::Empty)?,
            margins: Spread::of(&margins).ok_or(Error::Empty)?,
            mean_cosine,
            // Fewer than two dimensions, or patterns, have no random directions.
            random_cosine: random(dim).ok(),
            effective_dim: first(2, MOST_DIMENSIONS, crowded).ok().flatten(),
        })
    }

    fn norm(&self) -> f64 {
        let count = self.patterns.count();
        ((0..count).filter_map(|i| self.patterns.row(i)).map(|row| distance(row, &[])).map(|norm| norm * norm).sum::<f64>() / count as f64)
            .sqrt()
    }

    fn worst(&self, separations: &[f32]) -> Result<Vec<Worst>, Error> {
        let mut order: Vec<usize> = (0..separations.len()).collect();
        order.sort_by(|&a, &b| separations[a].total_cmp(&separations[b]));
        let of = |place: usize| {
            let pattern = self.rows[place];
            Ok(Worst { pattern, rival: insight::rival(&self.patterns, Dot, pattern)?, separation: separations[place] })
        };
        order.into_iter().take(self.worst).map(of).collect()
    }

    fn recall(&self, separations: &[f32], progress: &(impl Fn(usize) + Sync)) -> Result<Recall, Error> {
        if matches!(self.separation, AnySeparation::KSubsets(subsets) if subsets.k() > 1) {
            return Ok(Recall::Shared);
        }
        let model = AnyModel { beta: self.beta, separation: self.separation, similarity: AnySimilarity::Dot };
        let recalled = model.run(Recalls { surveyor: self, progress })?;
        let needed = recalled.needed;
        if needed.is_finite() {
            let exact = |(&delta, once): (&f32, &Once)| (insight::is_recallable(delta, needed), once.exact);
            let both: Vec<(bool, bool)> = separations.iter().zip(&recalled.each).map(exact).collect();
            let count = |which: fn(&(bool, bool)) -> bool| both.iter().filter(|&both| which(both)).count();
            return Ok(Recall::Exact {
                predicted: count(|both| both.0),
                measured: count(|both| both.1),
                agreeing: count(|both| both.0 == both.1),
            });
        }
        let bounds = self.bounds(separations)?;
        let measured: Vec<f32> = recalled.each.iter().map(|once| once.off as f32).collect();
        let held = bounds.iter().zip(&recalled.each).filter(|(bound, once)| once.off <= bound.with_rounding).count();
        let predicted: Vec<f32> = bounds.iter().map(|bound| bound.exact as f32).collect();
        let (predicted, measured) = (Spread::of(&predicted).ok_or(Error::Empty)?, Spread::of(&measured).ok_or(Error::Empty)?);
        Ok(Recall::Within { predicted, measured, held })
    }

    /// How far off a step from each pattern ends at most.
    fn bounds(&self, separations: &[f32]) -> Result<Vec<Bound>, Error> {
        let (dim, count, max_norm) = (self.patterns.dim(), self.patterns.count(), f64::from(self.patterns.max_norm()?));
        // The empty slot is one more pattern, zeros.
        let slot = self.separation == AnySeparation::Softmax1;
        let terms = count + usize::from(slot);
        // As in a certificate: of weights and sums, and of the scores that a separation is the difference of.
        let read = max_norm * (2.0 * (72.0 + count.div_ceil(64) as f64) + 16.0) * EPS * 4.0;
        let scored = 2.0 * (dim.div_ceil(16) + 5) as f64 * EPS * max_norm;
        let of = |(&row, &delta): (&usize, &f32)| {
            let norm = distance(self.patterns.row(row).unwrap_or(&[]), &[]);
            let delta = f64::from(delta);
            let delta = if slot && norm * norm < delta { norm * norm } else { delta };
            let beta = f64::from(self.beta.get());
            // Alone, or all zeros: there is nothing to be off by.
            let error = |delta| codes::dense_error(beta, terms, max_norm, delta, 0.0).unwrap_or(0.0);
            Bound { exact: error(delta), with_rounding: error(delta - 2.0 * scored * norm) + read }
        };
        Ok(self.rows.iter().zip(separations).map(of).collect())
    }
}

struct Bound {
    exact: f64,
    with_rounding: f64,
}

/// One recall of a pattern, asked with itself.
struct Once {
    exact: bool,
    off: f64,
}

struct Recalled {
    needed: f64,
    each: Vec<Once>,
}

/// The recalls, which depend on the model's types.
struct Recalls<'a, 'p, P> {
    surveyor: &'a Surveyor<'p>,
    progress: &'a P,
}

impl<P: Fn(usize) + Sync> WithModel for Recalls<'_, '_, P> {
    type Output = Result<Recalled, Error>;

    fn run<S: Separation + PartialEq, Q: Similarity>(self, model: Model<S, Q>) -> Self::Output {
        let Surveyor { patterns, rows, .. } = *self.surveyor;
        let tile = |rows: &[usize]| {
            let queries: Vec<f32> = rows.iter().flat_map(|&row| patterns.row(row).unwrap_or(&[])).copied().collect();
            let recalled = batch::recall(&model, &patterns, None, &queries)?;
            (self.progress)(rows.len());
            let once = |(&row, recalled): (&usize, &crate::Recalled)| {
                let step: &Step = &recalled.step;
                Once { exact: step.winner == row && step.is_exact(), off: distance(&recalled.state, patterns.row(row).unwrap_or(&[])) }
            };
            Ok(rows.iter().zip(&recalled).map(once).collect::<Vec<_>>())
        };
        let tiles: Vec<Result<Vec<Once>, Error>> = rows.par_chunks(batch::TILE).map(tile).collect();
        let mut each = Vec::with_capacity(rows.len());
        for tile in tiles {
            each.extend(tile?);
        }
        Ok(Recalled { needed: insight::needed(&model), each })
    }
}

/// `|a - b|`, of zeros where there is no b.
fn distance(a: &[f32], b: &[f32]) -> f64 {
    let differences = a.iter().zip(b.iter().copied().chain(std::iter::repeat(0.0))).map(|(&a, b)| f64::from(a) - f64::from(b));
    differences.map(|d| d * d).sum::<f64>().sqrt()
}
