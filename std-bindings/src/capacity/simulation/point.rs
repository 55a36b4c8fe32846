//! What is measured, and of which patterns.

use super::drawn::Drawn;
use super::measure::{Clock, measured};
use super::{Error, Sample};
use crate::capacity::Ensemble;
use crate::codes::{dimensions, points, positive, within};
use serde::{Deserialize, Serialize};
use std::fmt;

/// What scores may be, with room for a sum of them in f32.
const MOST_SCORE: f64 = 1e37;

/// What is measured of random patterns `xi^1 ... xi^P`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Measure {
    /// The lambda at which xi^1 has half of the softmax weight at `x = xi^1`: the root of `lambda |xi^1|^2 = ln sum_{mu>=2} exp(lambda xi^1.xi^mu)`.
    /// Infinite where another pattern's `xi^1.xi^mu` is no smaller than `|xi^1|^2`, 0 where the root is not positive (P = 2).
    OneStep,
    /// The smallest lambda at which a run from xi^1 stays: its overlap m is above 0.5 where it has converged (a step of less than `1e-6 sqrt N`) or
    /// after 400 steps. It is lost as soon as m is below and falls, as from xi^1 it only falls. Infinite (0) where no lambda (every lambda) up
    /// to 2^40 times (down to 2^-40 times) the load will do.
    Crossover,
    /// The largest angle in radians from xi^1, within 0 and 0.6 pi, from which a run comes back: m is above 0.7 where it has converged or after
    /// 400 steps. Start: `sqrt N (cos theta e + sin theta f)`, e the direction of xi^1, f a random one orthogonal to it. 0 where a run from xi^1
    /// itself does not stay.
    Basin {
        /// The inverse temperature, positive.
        lambda: f64,
    },
    /// The cosine between xi^1 and the nearest of the other P - 1 patterns, by cosine.
    Nearest,
}

/// What a measure is called.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Name {
    OneStep,
    Crossover,
    Basin,
    Nearest,
}

impl Measure {
    /// The inverse temperature, where it is given and not asked for.
    #[must_use]
    pub fn lambda(self) -> Option<f64> {
        match self {
            Self::Basin { lambda } => Some(lambda),
            Self::OneStep | Self::Crossover | Self::Nearest => None,
        }
    }

    /// Whether a sample, or a mean of samples, can have this value.
    pub(super) fn can_be(self, value: f64) -> bool {
        match self {
            Self::OneStep | Self::Crossover => value >= 0.0,
            Self::Basin { .. } => (0.0..=std::f64::consts::PI).contains(&value),
            Self::Nearest => (-1.000_001..=1.000_001).contains(&value),
        }
    }

    pub(super) fn name(self) -> Name {
        match self {
            Self::OneStep => Name::OneStep,
            Self::Crossover => Name::Crossover,
            Self::Basin { .. } => Name::Basin,
            Self::Nearest => Name::Nearest,
        }
    }

    /// The measure of a name and, of a basin only, a lambda.
    pub(super) fn named(name: Name, lambda: Option<f64>) -> Result<Self, &'static str> {
        match (name, lambda) {
            (Name::OneStep, None) => Ok(Self::OneStep),
            (Name::Crossover, None) => Ok(Self::Crossover),
            (Name::Basin, Some(lambda)) => Ok(Self::Basin { lambda }),
            (Name::Nearest, None) => Ok(Self::Nearest),
            (Name::Basin, None) => Err("a basin without its lambda"),
            (_, Some(_)) => Err("a lambda for what is no basin"),
        }
    }
}

/// Its name: `one-step`, `crossover`, `basin`, `nearest`.
impl fmt::Display for Measure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::OneStep => "one-step",
            Self::Crossover => "crossover",
            Self::Basin { .. } => "basin",
            Self::Nearest => "nearest",
        })
    }
}

/// What is measured, and of which patterns.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Point {
    /// What is measured.
    pub measure: Measure,
    /// Where the patterns come from. Of Gaussian ones the tested xi^1 is scaled to `|xi^1|^2 = N`, the typical norm: otherwise its own would smear
    /// what is measured by as much as the norms are spread.
    pub ensemble: Ensemble,
    /// N, 2 or more.
    pub neurons: usize,
    /// P, 2 or more.
    pub patterns: usize,
}

impl Point {
    /// `ln(P)/N`.
    #[must_use]
    pub fn load(&self) -> f64 {
        libm::log(self.patterns as f64) / self.neurons as f64
    }

    /// The sample of a seed.
    ///
    /// ```
    /// use basinet::capacity::{Ensemble, simulation::{Measure, Point}};
    /// let point = Point { measure: Measure::Nearest, ensemble: Ensemble::Spherical, neurons: 50, patterns: 100 };
    /// let (a, b) = (point.sample(1)?, point.sample(2)?);
    /// assert!(a.value > 0.1 && a.value < 0.9 && a.value != b.value);
    /// # Ok::<(), basinet::capacity::simulation::Error>(())
    /// ```
    ///
    /// # Errors
    /// Those of [`check`](Self::check); [`Error::NoMemory`].
    pub fn sample(&self, seed: u32) -> Result<Sample, Error> {
        self.check()?;
        let (drawn, mut clock) = (Drawn::new(self, seed)?, Clock::default());
        let (value, width) = measured(self, &drawn, &mut clock)?;
        let Clock { seconds, recalls } = clock;
        Ok(Sample { point: *self, number: seed, value, width, seconds, recalls })
    }

    /// Nothing, where such patterns can be drawn and measured. O(1).
    ///
    /// # Errors
    /// [`Error::Features`] where N, P or lambda is out of its range, or lambda N beyond scores; [`Error::Recall`] where N or P is beyond 32 bits, or P N numbers beyond memory's
    /// addresses.
    pub fn check(&self) -> Result<(), Error> {
        dimensions(self.neurons, 2)?;
        points(self.patterns, 2)?;
        if let Some(lambda) = self.measure.lambda() {
            // Scores are lambda N.
            let scores = positive("lambda", lambda)? * self.neurons as f64;
            within("lambda N", scores, scores < MOST_SCORE, "below 1e37")?;
        }
        let counted = |count: usize| u32::try_from(count).is_ok();
        let numbers = self.neurons.checked_mul(self.patterns).filter(|&numbers| numbers <= isize::MAX as usize / size_of::<f32>());
        if counted(self.neurons) && counted(self.patterns) && numbers.is_some() {
            Ok(())
        } else {
            Err(basinet_core::Error::TooLarge.into())
        }
    }
}
