//! How to train: all that there is to choose, and sound choices.

use super::descent::Descended;
use super::problem::{Inputs, normalise};
use super::trained::{inputs, parameters, trained};
use super::{Error, Number, Points, Trained};
use crate::codes::{self, Known, within};
use std::time::{Duration, Instant};

/// What is made small.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Loss {
    /// `ln mean exp(-t |u_i - u_j|^2)` over the pairs, t = 2 in the paper (U-Hop's average separation). Since `|u - v|^2 = 2 - 2 cos`, this
    /// is 2 t times [`Code`](Self::Code) at tau = 1/(2 t), less 2 t.
    Average {
        /// t.
        t: f64,
    },
    /// `max -t |u_i - u_j|^2` over the pairs (U-Hop's maximum separation): the closest pair alone has a gradient.
    Maximum {
        /// t.
        t: f64,
    },
    /// `tau ln mean exp(cos/tau)` over the pairs: within `tau ln(M(M-1)/2)` below the largest cosine, which it becomes as tau -> 0.
    Code,
    /// `mean_i ln sum_j exp((cos_ij - 1)/tau)`: cross entropy of the similarities against the identity (U-Hop+). Its gradient vanishes
    /// as `exp(-Delta/tau)`: [`Code`](Self::Code) has the same limit, and none of that.
    CrossEntropy,
    /// What U-Hop+'s released code makes small: `(1/M) ln[(sum_{i<j} exp(cos/tau) + M(M+1)/2) / (M(M-1)/2)]`, where `u_j` counts as a
    /// constant: a direction, and not the gradient of this number.
    Released,
}

/// Where a start begins. With [`Identity`](Self::Identity) that is the first; all others begin at weights from the standard normal distribution.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Start {
    /// The identity, where there are as many features as numbers; otherwise as [`Normal`](Self::Normal).
    Identity,
    /// The standard normal distribution.
    Normal,
    /// He's: a normal distribution of variance 2/d; a bias uniform within `1/sqrt d`.
    He,
}

/// How the weights move.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Steps {
    /// Projected gradient steps of Barzilai and Borwein's length, the two lengths in turn; after each the weights are scaled to rows of
    /// root-mean-square norm 1 (free points: each to norm 1), which changes no loss.
    BarzilaiBorwein,
    /// Gradient steps of this length; `compounding`: length <- length / sqrt n after step n = 1, 2, ...
    Descent {
        /// The length of the first.
        rate: f64,
        /// Whether they shrink.
        compounding: bool,
    },
    /// Adam's, without weight decay: 0.9, 0.999, 1e-8.
    Adam {
        /// The learning rate.
        rate: f64,
    },
}

/// tau over a start, from `first` to `last`, geometrically. What losses have no tau ignore it.
#[derive(Clone, Debug, PartialEq)]
pub struct Temperatures {
    /// That of the first iteration; start i takes number i of these, and begins again behind the last.
    pub first: Vec<f64>,
    /// That of the last iteration.
    pub last: f64,
}

impl Temperatures {
    /// The same throughout.
    #[must_use]
    pub fn constant(tau: f64) -> Self {
        Self { first: vec![tau], last: tau }
    }
}

/// Which weights a start returns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Keep {
    /// Those with the largest smallest separation that was seen.
    Best,
    /// Those after the last step.
    Last,
}

/// How to train a feature map, or place points. Start from one of the constructors and change what you need:
///
/// ```
/// use basinet::feature_map::Training;
/// let training = Training { starts: 8, seed: 7, ..Training::uhop_plus() };
/// assert_eq!(training.iterations, Training::uhop_plus().iterations);
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Training {
    /// What is made small.
    pub loss: Loss,
    /// How the weights move.
    pub steps: Steps,
    /// tau.
    pub temperatures: Temperatures,
    /// Where the first start begins.
    pub start: Start,
    /// Whether the map has a bias.
    pub bias: bool,
    /// How many independent starts there are, of which the best is kept; by the threads of the rayon pool that the caller is in.
    pub starts: usize,
    /// Steps of a start.
    pub iterations: usize,
    /// Steps without a larger smallest separation after which a start ends; zero: never before its last step.
    pub patience: usize,
    /// Which weights are kept.
    pub keep: Keep,
    /// Of the random starts.
    pub seed: u64,
}

/// How far a start is.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub struct Progress {
    /// Which start, from 0.
    pub start: usize,
    /// How many steps it has taken.
    pub iteration: usize,
    /// tau now.
    pub temperature: f64,
    /// The loss of the weights now.
    pub loss: f64,
    /// The smallest separation of the weights now.
    pub separation: f64,
    /// The largest of them so far.
    pub best: f64,
}

impl Training {
    /// U-Hop's average separation, t = 2: 20 steps from the identity, of which those weights are kept whose *smallest* separation is the
    /// largest. More steps do not help recall: U-Hop's gain is at few.
    #[must_use]
    pub fn uhop() -> Self {
        Self { loss: Loss::Average { t: 2.0 }, starts: 1, iterations: 20, patience: 0, ..Self::uhop_plus() }
    }

    /// U-Hop+'s code of features, tau annealed: from the identity and from random weights.
    #[must_use]
    pub fn uhop_plus() -> Self {
        Self {
            loss: Loss::Code,
            steps: Steps::BarzilaiBorwein,
            temperatures: Temperatures { first: vec![0.5, 0.1, 0.03], last: 1e-4 },
            start: Start::Identity,
            bias: false,
            starts: 3,
            iterations: 1000,
            patience: 0,
            keep: Keep::Best,
            seed: 0,
        }
    }

    /// A spherical code: many starts, and more steps. For [`points`](Self::points).
    #[must_use]
    pub fn code() -> Self {
        Self { start: Start::Normal, starts: 64, ..Self::uhop_plus() }
    }

    /// U-Hop's average separation as its released code learns it: gradient steps of lengths 1, 1/sqrt 1, 1/sqrt 2, 1/sqrt 6, ... (each
    /// divided by sqrt n after step n), from normal weights, the last are kept.
    #[must_use]
    pub fn published_uhop(iterations: usize) -> Self {
        let steps = Steps::Descent { rate: 1.0, compounding: true };
        Self { steps, start: Start::Normal, iterations, keep: Keep::Last, ..Self::uhop() }
    }

    /// U-Hop's maximum separation as its released code learns it: gradient steps of length 10, from normal weights, the last are kept.
    #[must_use]
    pub fn published_uhop_maximum(iterations: usize) -> Self {
        let steps = Steps::Descent { rate: 10.0, compounding: false };
        Self { loss: Loss::Maximum { t: 2.0 }, steps, ..Self::published_uhop(iterations) }
    }

    /// U-Hop+ as its released code learns it: [`Loss::Released`] at tau 0.1 by Adam, He's start and a bias, without a projection; the rate
    /// was 1 for synthetic patterns (20 steps) and 0.1 for MNIST; the last weights are kept. There batches of 16 were used for MNIST; here
    /// every step sees all patterns.
    #[must_use]
    pub fn published_uhop_plus(rate: f64, iterations: usize) -> Self {
        Self {
            loss: Loss::Released,
            steps: Steps::Adam { rate },
            temperatures: Temperatures::constant(0.1),
            start: Start::He,
            bias: true,
            starts: 1,
            iterations,
            keep: Keep::Last,
            ..Self::uhop_plus()
        }
    }

    /// Learns a map of rows of `dim` numbers to `features` numbers. Of several starts, that with the largest smallest separation is returned,
    /// the first of equals; `progress` hears of every step, from several threads. Each step takes O(M^2 features + M dim features) and each
    /// start O(M (features + dim)) memory: no matrix of M x M numbers is ever kept.
    ///
    /// ```
    /// use basinet::feature_map::Training;
    /// let rows = [1.0_f32, 0.0, 0.9, 0.1, 0.0, 1.0];
    /// let trained = Training::uhop().map(&rows, 2, 2, |_| ())?;
    /// assert!(trained.separation > basinet::codes::closest(&rows, 2)?.separation());
    /// # Ok::<(), basinet::codes::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::Length`], [`Error::TooFew`] below two rows or without a start, [`Error::NotFinite`], [`Error::ZeroRow`] of the rows, and
    /// where the features of a row become zero or overflow; [`Error::Dimension`] without features; [`Error::OutOfRange`] of options.
    pub fn map<F: Number>(
        &self,
        rows: &[F],
        dim: usize,
        features: usize,
        progress: impl Fn(&Progress) + Sync,
    ) -> Result<Trained<F>, Error> {
        codes::dimensions(features, 1)?;
        addressable(features, dim)?;
        let inputs = inputs(rows, dim, self.bias)?;
        addressable(features, inputs.nrows())?;
        let begin = |start| self.begin(start, features, dim);
        let descended = self.best(Inputs::Rows(inputs.view()), (inputs.nrows(), features), self.starts, &begin, &progress)?;
        trained(rows, dim, self.bias, descended)
    }

    /// Goes on with a map, in one start from its weights and bias: for patterns that came later, or with other options. What
    /// [`start`](Self::start), [`starts`](Self::starts) and [`bias`](Self::bias) say is ignored. Cost as [`map`](Self::map).
    ///
    /// ```
    /// use basinet::feature_map::{Keep, Loss, Training};
    /// let rows = [1.0_f32, 0.0, 0.9, 0.1, 0.0, 1.0];
    /// let first = Training::uhop().map(&rows, 2, 2, |_| ())?;
    /// let then = Training::uhop_plus().refine(&rows, &first, |_| ())?;
    /// assert!(then.separation >= first.separation);
    /// # Ok::<(), basinet::codes::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`map`](Self::map); [`Error::Length`] too where the map is for rows of another length.
    pub fn refine<F: Number>(&self, rows: &[F], map: &Trained<F>, progress: impl Fn(&Progress) + Sync) -> Result<Trained<F>, Error> {
        map.check()?;
        let inputs = inputs(rows, map.dim, map.bias.is_some())?;
        let begin = |_| parameters(map);
        let descended = self.best(Inputs::Rows(inputs.view()), (inputs.nrows(), map.features), 1, &begin, &progress)?;
        trained(rows, map.dim, map.bias.is_some(), descended)
    }

    /// Places `count` free points on the sphere of `dim` dimensions, as far apart as it can: what a map of `count` linearly independent
    /// patterns could reach. In f64. Each step takes O(count^2 dim).
    ///
    /// ```
    /// use basinet::{codes, feature_map::Training};
    /// let training = Training { starts: 4, ..Training::code() };
    /// let code = training.points(8, 4, |_| ())?;
    /// assert!((code.degrees()? - 90.0).abs() < 0.5);
    /// assert_eq!(code.points.len(), 32);
    /// # Ok::<(), codes::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::TooFew`] below two points or without a start, [`Error::Dimension`] below two dimensions, [`Error::OutOfRange`] of options.
    pub fn points(&self, count: usize, dim: usize, progress: impl Fn(&Progress) + Sync) -> Result<Points, Error> {
        codes::dimensions(dim, 2)?;
        addressable(dim, count)?;
        let begin = |start| self.scatter(start, count, dim);
        let Descended { parameters, start, iterations, .. } = self.best(Inputs::Free, (count, dim), self.starts, &begin, &progress)?;
        let mut units = parameters;
        normalise(&mut units, &mut vec![0.0; count])?;
        let points = units.into_raw_vec_and_offset().0;
        let separation = codes::closest(&points, dim)?.separation();
        Ok(Points { points, dim, separation, start, iterations })
    }

    /// Places each of the codes [`TARGETS`](codes::TARGETS) and says how near it comes and how long that took. `reached` hears of each when it
    /// is done.
    ///
    /// ```no_run
    /// use basinet::feature_map::Training;
    /// Training::code().targets(|code| println!("{} in {}: {:.3}", code.known.count, code.known.dim, code.degrees))?;
    /// # Ok::<(), basinet::codes::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`points`](Self::points).
    pub fn targets(&self, mut reached: impl FnMut(&Reached)) -> Result<Vec<Reached>, Error> {
        let place = |&known: &Known| {
            let begun = Instant::now();
            let degrees = self.points(known.count, known.dim, |_| ())?.degrees()?;
            let code = Reached { known, degrees, time: begun.elapsed() };
            reached(&code);
            Ok(code)
        };
        codes::TARGETS.iter().map(place).collect()
    }
}

/// A code beside the best known.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub struct Reached {
    /// The best known.
    pub known: Known,
    /// The smallest angle that was reached, in degrees.
    pub degrees: f64,
    /// How long that took.
    pub time: Duration,
}

/// Whether so many rows, and one more, of so many numbers can be addressed.
fn addressable(numbers: usize, rows: usize) -> Result<(), Error> {
    let most = isize::MAX.unsigned_abs() / size_of::<f64>();
    let fits = rows.checked_add(1).and_then(|rows| rows.checked_mul(numbers)).is_some_and(|numbers| numbers <= most);
    within("features", numbers as f64, fits, "so few that all numbers can be addressed").map(|_| ())
}
