//! What is asked, checked, and the searches: every answer is the edge of where the [law](super::law) holds.

use super::damage::{Damage, Kind};
use super::law::{Law, Rule};
use crate::capacity::finite::count;
use crate::capacity::{Error, advice::Basin};
use crate::codes::{dimensions, positive, within};
use basinet_core::{AnySeparation, Separation, WithSeparation};

use std::f64::consts::FRAC_PI_2;

/// How near an angle is found, and the largest that is none, in radians: an angle's cosine differs from 1 by half of its square.
const NEAR: f64 = 1e-11;
const NO_ANGLE: f64 = 1e-5;

/// More dimensions than this are not looked at.
const MOST_DIMENSIONS: usize = 1 << 30;

/// What is asked of a memory of random patterns.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Question {
    /// D, the numbers of a pattern.
    pub dim: usize,
    /// R, the norm of every pattern.
    pub norm: f64,
    /// M, how many patterns there shall be; none to ask how many there may be.
    pub patterns: Option<f64>,
    /// The inverse temperature; none to ask for the smallest that serves.
    pub beta: Option<f64>,
    /// How scores become weights; no k-subsets with k above 1, whose k patterns share what there is.
    pub separation: AnySeparation,
    /// What happens to queries.
    pub damage: Damage,
    /// The probability with which a recall may fail.
    pub failure: f64,
    /// The weight that the pattern shall have where a map gives every pattern some, above 1/2.
    pub weight: f64,
}

/// The question in the theory's terms.
#[derive(Clone, Copy, Debug)]
pub(super) struct Checked {
    pub dim: usize,
    pub law: Law,
    pub damage: Damage,
    pub failure: f64,
    /// lambda / beta.
    pub scale: f64,
    /// Infinite where no beta is given.
    pub lambda: f64,
    /// ln(M - 1).
    pub log_others: Option<f64>,
}

struct Margin;

impl WithSeparation for Margin {
    type Output = f64;
    fn run<S: Separation + PartialEq>(self, separation: S) -> f64 {
        f64::from(separation.margin())
    }
}

/// What a separation has to reach.
fn rule(separation: AnySeparation, weight: f64) -> Result<Rule, Error> {
    if let AnySeparation::KSubsets(subsets) = separation {
        let k = f64::from(subsets.k());
        within("the k of ksubsets", k, k < 2.0, "1: more patterns share what there is, and none of them comes back")?;
    }
    let weight = within("weight", weight, weight > 0.5 && weight < 1.0, "above 1/2 and below 1")?;
    let margin = separation.run(Margin);
    Ok(if margin.is_finite() {
        Rule::All(margin)
    } else {
        Rule::Most { logit: libm::log(weight / (1.0 - weight)), slot: separation == AnySeparation::Softmax1 }
    })
}

impl Question {
    pub(super) fn checked(&self) -> Result<Checked, Error> {
        let (dim, norm) = (dimensions(self.dim, 2)?, positive("norm", self.norm)?);
        let scale = positive("norm^2 / dim", norm * norm / dim)?;
        let lambda = match self.beta {
            Some(beta) => positive("beta norm^2 / dim", positive("beta", beta)? * scale)?,
            None => f64::INFINITY,
        };
        Ok(Checked {
            dim: self.dim,
            law: Law::new(rule(self.separation, self.weight)?, self.dim)?,
            damage: self.damage,
            failure: within("failure", self.failure, self.failure > 0.0 && self.failure < 1.0, "above 0 and below 1")?,
            scale,
            lambda,
            log_others: self.patterns.map(|patterns| Ok(libm::log(count(patterns)? - 1.0))).transpose()?,
        })
    }

    /// The natural logarithm of M - 1, M the largest number of patterns for which success is guaranteed: at `beta`, or at any where none is
    /// given. -infinity for none, infinite where all are held. O(sqrt D).
    ///
    /// # Errors
    /// As [`answer`](Self::answer).
    pub fn log_others(&self) -> Result<f64, Error> {
        let checked = self.checked()?;
        checked.most(checked.lambda)
    }

    /// The smallest beta that guarantees success for `patterns`; none where no beta does, or none are given. O(sqrt D), some dozen times.
    ///
    /// ```
    /// # use basinet::capacity::{Nearest, advice::{Damage, Question}};
    /// # let (damage, separation) = (Damage::at_cosine(0.8)?, basinet::Sparsemax.into());
    /// let question = Question { dim: 40, norm: 2.0, patterns: Some(50.0), beta: None, separation, damage, failure: 0.1, weight: 0.9 };
    /// // The nearest other is no nearer than this; the margin is 1, and 4 = R^2.
    /// let nearest = Nearest::new(40, 50.0)?.quantile(0.9)?;
    /// assert!(question.smallest_beta()?.is_some_and(|beta| (beta * 4.0 * (0.8 - nearest) - 1.0).abs() < 1e-9));
    /// # Ok::<(), basinet::capacity::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`answer`](Self::answer).
    pub fn smallest_beta(&self) -> Result<Option<f64>, Error> {
        self.checked()?.smallest_beta()
    }

    /// How damaged a query may be at `patterns` and `beta`, an infinite one where none is given; none where not even the pattern itself comes
    /// back, or no `patterns` are given. The question's own damage does not matter. O(sqrt D), some hundred times.
    ///
    /// # Errors
    /// As [`answer`](Self::answer).
    pub fn basin(&self) -> Result<Option<Basin>, Error> {
        let checked = self.checked()?;
        checked.basin(checked.lambda)
    }

    /// The smallest number of dimensions in which some beta serves for `patterns`, all else being the same; none where 2^30 do not, or no
    /// `patterns` are given. O(sqrt D), some dozen times.
    ///
    /// # Errors
    /// As [`answer`](Self::answer).
    pub fn smallest_dim(&self) -> Result<Option<usize>, Error> {
        let checked = self.checked()?;
        let Some(wanted) = checked.log_others else { return Ok(None) };
        let holds = |dim: usize| {
            let (damage, allowed) = Checked { dim, ..checked }.unlucky(self.damage)?;
            Ok(Law::new(checked.law.rule, dim)?.log_failure(damage, f64::INFINITY, wanted)? <= libm::log(allowed))
        };
        first(2, MOST_DIMENSIONS, holds)
    }
}

/// The first number from `low` to `most` that holds, where all after it do.
pub(super) fn first(mut low: usize, most: usize, holds: impl Fn(usize) -> Result<bool, Error>) -> Result<Option<usize>, Error> {
    if holds(low)? {
        return Ok(Some(low));
    }
    let mut high = 2 * low;
    while !holds(high)? {
        (low, high) = (high, 2 * high);
        if high > most {
            return Ok(None);
        }
    }
    while high - low > 1 {
        let middle = low.midpoint(high);
        if holds(middle)? { high = middle } else { low = middle }
    }
    Ok(Some(high))
}

impl Checked {
    /// Damage that is seldom exceeded, and with what probability the others may be in the way then: half of the failures are for each, where the damage
    /// is drawn.
    pub fn unlucky(&self, damage: Damage) -> Result<(Damage, f64), Error> {
        let half = self.failure / 2.0;
        if damage.is_drawn() { Ok((damage.unlucky(self.dim, half)?, half)) } else { Ok((damage, self.failure)) }
    }

    /// The largest `ln(M - 1)` at this lambda.
    pub fn most(&self, lambda: f64) -> Result<f64, Error> {
        let (damage, allowed) = self.unlucky(self.damage)?;
        self.law.log_others(damage, lambda, allowed)
    }

    /// Whether the wanted patterns are held; no if none are given.
    fn holds(&self, damage: Damage, lambda: f64) -> Result<bool, Error> {
        let (damage, allowed) = self.unlucky(damage)?;
        self.log_others.map_or(Ok(false), |others| Ok(self.law.log_failure(damage, lambda, others)? <= libm::log(allowed)))
    }

    pub fn smallest_beta(&self) -> Result<Option<f64>, Error> {
        if !self.holds(self.damage, f64::INFINITY)? {
            return Ok(None);
        }
        let (mut low, mut high) = (0.0, 1.0);
        // Hardmax has no beta of its own.
        while self.holds(self.damage, high)? {
            high /= 16.0;
            if high < f64::MIN_POSITIVE {
                return Ok(Some(0.0));
            }
        }
        while !self.holds(self.damage, high)? {
            (low, high) = (high, 2.0 * high);
            if high == f64::INFINITY {
                return Ok(None);
            }
        }
        while high - low > 1e-13 * high {
            let middle = low.midpoint(high);
            if self.holds(self.damage, middle)? { high = middle } else { low = middle }
        }
        // Beyond f64 there is none.
        Ok(Some(high / self.scale).filter(|beta| beta.is_finite()))
    }

    pub fn basin(&self, lambda: f64) -> Result<Option<Basin>, Error> {
        let Some(turned) = self.widest(Kind::Turned, lambda)? else { return Ok(None) };
        // Without damage all kinds are alike, but for rounding.
        let (erased, noise) = (self.widest(Kind::Erased, lambda)?.unwrap_or(0.0), self.widest(Kind::Noise, lambda)?.unwrap_or(0.0));
        let sine = libm::sin(erased);
        Ok(Some(Basin { degrees: turned.to_degrees(), erased: sine * sine, noise: libm::tan(noise) }))
    }

    /// The largest angle from which the pattern comes back, in radians.
    pub fn widest(&self, kind: Kind, lambda: f64) -> Result<Option<f64>, Error> {
        let holds = |angle| self.holds(Damage::turned(kind, angle), lambda);
        if !holds(0.0)? {
            return Ok(None);
        }
        let (mut low, mut high) = (0.0, FRAC_PI_2);
        while high - low > NEAR {
            let middle = f64::midpoint(low, high);
            if holds(middle)? { low = middle } else { high = middle }
        }
        // What is left of no angle at all is rounding.
        Ok(Some(if low > NO_ANGLE { low } else { 0.0 }))
    }
}
