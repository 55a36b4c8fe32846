//! Thresholds at N neurons and P patterns, `load = ln(P) / N`, where the limit is still far: the map of the overlap, and where it loses its fixed point.
//!
//! Until the patterns condense, a state `x = m xi^1` goes to `m' xi^1` with (derived; Lucibello and Mezard 2024 measure it in figure 1)
//!
//! ```text
//! m' = w + (1 - w) t_N(lambda m)      w = sigmoid(lambda N m - ln(P-1) - ln M_N(lambda m))
//! M_N(u) = E exp(u x.xi / sqrt rho)       t_N(u) = the mean overlap under that weight, over sqrt rho
//! ```
//!
//! A pattern stays while there is an m with m' >= m. For one m that is `ln(P-1) <= lambda N m - ln M_N(lambda m) - logit((m - t)/(1 - t))`, so
//! lambda holds up to
//!
//! ```text
//! L(lambda) = max over m of  lambda N m - ln M_N(lambda m) - logit((m - t) / (1 - t)),       t = t_N(lambda m)
//! ```
//!
//! where the maximum is the one next to 1, of m from 1/2 on, or from half-way between 1 and the [overlap that a forgotten pattern
//! keeps](super::forgotten_overlap): further down the map has the fixed point of a state that has forgotten its pattern. It is a saddle-node near
//! `m = 1 - 1/(N lambda (1-t))`, and shifts the load by ln(N)/N: sizes that fit into a computer are far from the limit.

use super::bessel::{Directions, Moment};
use super::ensemble::finite;
use super::search::smallest;
use super::{Ensemble, Error, forgotten_overlap};
use crate::codes::{dimensions, not_negative, positive, within};

use std::f64::consts::LN_2;

/// Steps along `-ln(1 - m)` in which the maximum next to 1 is looked for.
const STEP: f64 = 0.125;
/// The largest angle from which a pattern is asked for, in radians.
const FARTHEST: f64 = 0.6 * std::f64::consts::PI;
/// Steps after which a map that still moves is at a point where it will go on doing so for long.
const STEPS: usize = 3_000;
/// Overlaps below which a pattern is not retrieved: one that began there, and one that was damaged and came back.
const LEAST: f64 = 0.5;
const BACK: f64 = 0.7;

/// Random patterns of N numbers.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Finite {
    ensemble: Ensemble,
    neurons: f64,
    directions: Directions,
}

impl Finite {
    /// Patterns of `neurons` numbers; Gaussian ones among which the wanted one has the norm `sqrt N`, as a typical one has.
    ///
    /// # Errors
    /// [`Error::Dimension`] below two.
    pub fn new(ensemble: Ensemble, neurons: usize) -> Result<Self, Error> {
        let neurons = dimensions(neurons, 2)?;
        Ok(Self { ensemble, neurons, directions: Directions::new(neurons) })
    }

    /// What the patterns are.
    #[must_use]
    pub fn ensemble(&self) -> Ensemble {
        self.ensemble
    }

    /// N.
    #[must_use]
    pub fn neurons(&self) -> f64 {
        self.neurons
    }

    /// `ln E exp(lambda x.xi)` of a state of `|x|^2 = N`, at this N and within 2e-15 and 1e-12 of it: N times the [cumulant](Ensemble::cumulant), less a correction of O(1).
    ///
    /// ```
    /// # use basinet::capacity::{Ensemble, Finite};
    /// // Three dimensions: sinh(3u) / (3u).
    /// let log = Finite::new(Ensemble::Spherical, 3)?.log_moment(1.0)?;
    /// assert!((log - (3f64.sinh() / 3.0).ln()).abs() < 1e-14);
    /// # Ok::<(), basinet::capacity::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::OutOfRange`] unless `lambda` is finite and not negative, and where the result is beyond f64.
    pub fn log_moment(&self, lambda: f64) -> Result<f64, Error> {
        finite("the moment", self.moment(not_negative("lambda", lambda)?).log)
    }

    /// The mean overlap `x.xi / N` under the weight `exp(lambda x.xi)`, at `|x|^2 = N`.
    ///
    /// # Errors
    /// As [`log_moment`](Self::log_moment).
    pub fn tilted_overlap(&self, lambda: f64) -> Result<f64, Error> {
        finite("the overlap", self.moment(not_negative("lambda", lambda)?).mean)
    }

    /// The load up to which a pattern stays at `lambda`, through all updates and not only the first: `ln(1 + exp L) / N`. Of few neurons, or at a lambda
    /// below some 3/N or so large that e^(load N) patterns are more than anybody has, there may be no maximum next to 1; L is the value at the end of
    /// retrieval then, and depends on what is called so. None where the map has
    /// no such point at all, and for Gaussian patterns from lambda 1 on, whose map has none for a typical memory. Some thousand exponentials.
    ///
    /// ```
    /// # use basinet::capacity::{Ensemble, Finite};
    /// // Below the limit, 0.6226, by some ln(N) / N.
    /// let load = Finite::new(Ensemble::Spherical, 100)?.typical_load(1.0)?;
    /// assert!(load.is_some_and(|load| (0.57..0.6).contains(&load)));
    /// # Ok::<(), basinet::capacity::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::OutOfRange`] unless `lambda` is finite and positive, and where the result is beyond f64.
    pub fn typical_load(&self, lambda: f64) -> Result<Option<f64>, Error> {
        let lambda = positive("lambda", lambda)?;
        if self.ensemble == Ensemble::Gaussian && lambda >= 1.0 {
            return Ok(None);
        }
        // Along y = -ln(1 - m): down from above ln(N lambda (1 - t)) to where the maximum has been passed, or where m is no retrieval any more.
        let worth = |y: f64| self.worth(lambda, -libm::expm1(-y)).unwrap_or(f64::INFINITY);
        let least = -libm::log1p(-retrieved(lambda, LEAST)?);
        let (mut y, mut best) = (2.0 + least + libm::log1p(self.neurons * lambda), f64::NEG_INFINITY);
        while y > least {
            let value = worth(y);
            if value < best {
                break;
            }
            (best, y) = (value, y - STEP);
        }
        let low = if y > least { y } else { least };
        let (inside, edge) = (largest(low, y + 2.0 * STEP, worth), worth(low));
        let log = if edge > inside { edge } else { inside };
        if log == f64::INFINITY {
            return Ok(None);
        }
        // ln(1 + exp L): one more than the others.
        let more = if log > 0.0 { log + libm::log1p(libm::exp(-log)) } else { libm::log1p(libm::exp(log)) };
        Ok(Some(finite("the load", more / self.neurons)?))
    }

    /// `lambda N m - ln M_N(lambda m) - logit((m - t) / (1 - t))`; none where t is beyond m.
    fn worth(&self, lambda: f64, m: f64) -> Option<f64> {
        let Moment { log, mean } = self.moment(lambda * m);
        (mean < m).then(|| lambda * self.neurons * m - log - libm::log((m - mean) / (1.0 - m)))
    }

    /// The smallest lambda at which a pattern stays: the full-dynamics crossover, the inverse of [`typical_load`](Self::typical_load). None where
    /// there is none below 1e6.
    ///
    /// Within 0.3 % of the mean of simulated memories from 30,000 spherical patterns on, within 1 % from 1,000 on.
    ///
    /// ```
    /// # use basinet::capacity::{Ensemble, Finite};
    /// let finite = Finite::new(Ensemble::Spherical, 32)?;
    /// let lambda = finite.typical_lambda(finite.load(25.0)?)?;
    /// assert!(lambda.is_some_and(|lambda| (lambda / 0.182_184_566_700_7 - 1.0).abs() < 1e-6));
    /// # Ok::<(), basinet::capacity::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::OutOfRange`] unless `load` is finite and that of two patterns or more.
    pub fn typical_lambda(&self, load: f64) -> Result<Option<f64>, Error> {
        let load = self.checked(load)?;
        // One step needs somewhat less, but for the smallest networks.
        let from = self.one_step_lambda(load)?.filter(|&lambda| lambda > 0.0).unwrap_or(load);
        smallest(from, f64::EPSILON, |lambda| Ok(self.typical_load(lambda)?.map_or(-1.0, |held| held - load)))
    }

    /// The lambda at which one step from a pattern gives it *half of the weight* where the others weigh what they do in the mean: the root of
    /// `lambda N = ln(P-1) + ln M_N(lambda)`. The median of memories is [`one_step_median`](Self::one_step_median).
    ///
    /// # Errors
    /// As [`typical_lambda`](Self::typical_lambda).
    pub fn one_step_lambda(&self, load: f64) -> Result<Option<f64>, Error> {
        let others = self.log_others(load)?;
        smallest(load, f64::EPSILON, |lambda| Ok(lambda * self.neurons - self.moment(lambda).log - others))
    }

    /// The load of scaled dot-product attention, `lambda = scale / sqrt N` (attention: 1), with the first corrections for large N:
    /// `ln P = scale sqrt(N) - scale^2/2 - 1 - ln(scale sqrt N)`, for both ensembles and for typical and all patterns alike. For many neurons that
    /// is `P = exp(scale sqrt N)`: never condensed, and what norms and pairs do costs N against `sqrt N` (derived). 9 % below
    /// [`typical_load`](Self::typical_load) at N = 64, 0.4 % at 1,000, 3e-6 (relative) at a million.
    ///
    /// ```
    /// # use basinet::capacity::{Ensemble, Finite};
    /// // By this a head of 64 numbers tells some 80 patterns apart; by the map 128.
    /// let load = Finite::new(Ensemble::Spherical, 64)?.attention_load(1.0)?;
    /// assert!((80.0..90.0).contains(&(64.0 * load).exp()));
    /// # Ok::<(), basinet::capacity::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::OutOfRange`] unless `scale` is finite and positive, and where N is so small that no load is left.
    pub fn attention_load(&self, scale: f64) -> Result<f64, Error> {
        let signal = positive("scale", scale)? * self.neurons.sqrt();
        positive("the load", (signal - scale * scale / 2.0 - 1.0 - libm::log(signal)) / self.neurons)
    }

    /// The load of so many patterns, `ln(patterns) / N`.
    ///
    /// # Errors
    /// [`Error::OutOfRange`] unless `patterns` is finite and at least 2.
    pub fn load(&self, patterns: f64) -> Result<f64, Error> {
        Ok(libm::log(count(patterns)?) / self.neurons)
    }

    /// A load of at least two patterns.
    fn checked(&self, load: f64) -> Result<f64, Error> {
        let enough = load * self.neurons >= LN_2 * (1.0 - f64::EPSILON);
        within("load", load, enough, "finite and that of at least two patterns, ln(2) / N")
    }

    /// `ln(P - 1)`, also where P is beyond f64.
    pub(super) fn log_others(&self, load: f64) -> Result<f64, Error> {
        let log = self.checked(load)? * self.neurons;
        Ok(log + libm::log(-libm::expm1(-log)))
    }

    /// The largest angle from a pattern, in radians, from which it comes back at `lambda`, by the map of the component along
    /// the pattern and of that along the query's random rest:
    ///
    /// ```text
    /// a' = w + (1-w) t_N(lambda r) a/r      b' = (1-w) t_N(lambda r) b/r      r^2 = a^2 + b^2,  w = sigmoid(lambda N a - ln(P-1) - ln M_N(lambda r))
    /// ```
    ///
    /// None where the pattern itself does not, and where the map would bring it back from farther than 108 degrees. Good while lambda is well
    /// below the [condensation](Ensemble::condensation); beyond, the nearest other pattern decides, [`Nearest`](super::Nearest).
    ///
    /// ```
    /// # use basinet::capacity::{Ensemble, Finite};
    /// let angle = Finite::new(Ensemble::Spherical, 80)?.basin_angle(0.1, 0.2)?;
    /// assert!(angle.is_some_and(|angle| (angle - 0.943_24).abs() < 1e-4));
    /// # Ok::<(), basinet::capacity::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::OutOfRange`] unless `lambda` is positive and `load` that of two patterns or more, both finite.
    pub fn basin_angle(&self, load: f64, lambda: f64) -> Result<Option<f64>, Error> {
        let (others, lambda) = (self.log_others(load)?, positive("lambda", lambda)?);
        let back = retrieved(lambda, BACK)?;
        let comes_back = |angle| self.end(angle, others, lambda) > back;
        if !comes_back(0.0) || comes_back(FARTHEST) {
            return Ok(None);
        }
        let (mut low, mut high) = (0.0, FARTHEST);
        while high - low > 1e-10 {
            let middle = (low + high) / 2.0;
            if comes_back(middle) { low = middle } else { high = middle }
        }
        Ok(Some(low))
    }

    /// The component along the pattern where a query at this angle ends, among so many others, in logarithms.
    fn end(&self, angle: f64, others: f64, lambda: f64) -> f64 {
        let (mut a, mut b) = (libm::cos(angle), libm::sin(angle));
        for _ in 0..STEPS {
            let r = libm::hypot(a, b);
            let Moment { log, mean } = self.moment(lambda * r);
            let rest = 1.0 / (1.0 + libm::exp(lambda * self.neurons * a - others - log));
            let next = (1.0 - rest + rest * mean * (a / r), rest * mean * (b / r));
            let moved = libm::hypot(next.0 - a, next.1 - b);
            (a, b) = next;
            if moved < 1e-12 {
                break;
            }
        }
        a
    }

    pub(super) fn moment(&self, lambda: f64) -> Moment {
        match self.ensemble {
            Ensemble::Spherical => self.directions.moment(lambda),
            Ensemble::Gaussian => Moment { log: self.neurons * lambda * lambda / 2.0, mean: lambda },
        }
    }
}

/// A number of patterns.
pub(super) fn count(patterns: f64) -> Result<f64, Error> {
    within("patterns", patterns, patterns >= 2.0, "finite and at least 2")
}

/// The overlap from which on a pattern counts as retrieved: this, or half-way from what a forgotten one keeps to 1.
fn retrieved(lambda: f64, least: f64) -> Result<f64, Error> {
    let between = forgotten_overlap(lambda)?.midpoint(1.0);
    Ok(if between > least { between } else { least })
}

/// The largest value of a function with one maximum, by golden sections.
fn largest(mut low: f64, mut high: f64, of: impl Fn(f64) -> f64) -> f64 {
    let golden = (5f64.sqrt() - 1.0) / 2.0;
    let (mut left, mut right) = (high - golden * (high - low), low + golden * (high - low));
    let (mut at_left, mut at_right) = (of(left), of(right));
    // The value is as good as rounding once the place is within its root.
    while high - low > 1e-9 {
        if at_left >= at_right {
            (high, right, at_right) = (right, left, at_left);
            left = high - golden * (high - low);
            at_left = of(left);
        } else {
            (low, left, at_left) = (left, right, at_right);
            right = low + golden * (high - low);
            at_right = of(right);
        }
    }
    if at_left >= at_right { at_left } else { at_right }
}
