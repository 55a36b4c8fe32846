//! The answer: plain numbers, each under the name of what it is.

use super::damage::{Damage, Kind};
use super::law::{Rule, softplus};
use super::question::{Checked, Question};
use crate::capacity::{Ensemble, Error, Finite, Nearest, Phase, nearest_angle};
use basinet_core::AnySeparation;

use std::f64::consts::LN_10;

/// A number of patterns, which may be beyond f64.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "experiments", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Most {
    /// Its decimal logarithm; infinite (in JSON null) where there is no limit.
    pub log10: f64,
    /// The number, rounded down, below 2^53. One pattern alone always comes back.
    pub count: Option<f64>,
}

impl Most {
    fn of(log_others: f64) -> Self {
        // An edge is found a rounding below itself.
        let others = libm::exp(log_others) * (1.0 + 1e-11);
        Self { log10: softplus(log_others) / LN_10, count: (others < (1u64 << 53) as f64).then(|| libm::floor(1.0 + others)) }
    }
}

/// How damaged a query may be: each by itself.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "experiments", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Basin {
    /// The angle to the pattern, of a query of the same norm.
    pub degrees: f64,
    /// The fraction of the numbers that is 0.
    pub erased: f64,
    /// The standard deviation of noise, in root mean squares of the pattern's numbers.
    pub noise: f64,
}

/// What an answer is about.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "experiments", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Assumed {
    /// D.
    pub dim: usize,
    /// R.
    pub norm: f64,
    /// M, where it is given.
    pub patterns: Option<f64>,
    /// The separation's name.
    pub separation: String,
    /// What happens to queries.
    pub damage: Damage,
    /// The damage that is exceeded in half of the failures that are allowed, where it is drawn each time.
    pub unlucky: Option<Damage>,
    /// The probability with which a recall may fail.
    pub failure: f64,
    /// The weight that is a success; 1 for maps with a margin.
    pub weight: f64,
    /// Beta as it was given.
    pub beta: Option<f64>,
}

/// What one step does, but for the probability of failure.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "experiments", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Guaranteed {
    /// Patterns that are held at beta.
    pub patterns: Option<Most>,
    /// Patterns that some beta holds.
    pub at_any_beta: Most,
    /// The smallest beta that holds the patterns asked for; none where no beta does.
    pub smallest_beta: Option<f64>,
    /// The probability of failure for the patterns asked for at beta: exact for maps with a margin at a given cosine, else at most this.
    pub failure: Option<f64>,
    /// How damaged a query of these patterns may be at beta; none where not even the pattern itself comes back. At the smallest beta that is the damage that
    /// was asked for.
    pub basin: Option<Basin>,
    /// The same at any beta: what no larger one widens.
    pub widest: Option<Basin>,
}

/// What is typical at this D, of queries without damage: for softmax settling's, from the mean of the other patterns' weights; for maps with a
/// margin the median of one step's.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "experiments", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Typical {
    /// Patterns that stay at beta.
    pub patterns: Option<Most>,
    /// The smallest beta at which a pattern of those asked for stays.
    pub smallest_beta: Option<f64>,
    /// The angle from which a pattern of those asked for comes back at beta.
    pub degrees: Option<f64>,
}

/// What is so for large D at the same load and lambda.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "experiments", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Limit {
    /// `ln(M)/D`.
    pub load: f64,
    /// `beta R^2 / D`; infinite (in JSON null) for hardmax where no beta is given.
    pub lambda: f64,
    /// What softmax is there; other maps have no phases.
    pub phase: Option<Phase>,
    /// The cosine above which a query of the same norm gives its pattern back.
    pub noise_level: f64,
    /// Its angle; none where it is above 1.
    pub degrees: Option<f64>,
}

/// The answer to a [`Question`].
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "experiments", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Advice {
    /// What was asked.
    pub assumed: Assumed,
    /// The beta that the rest is about: the one given, or the smallest that is guaranteed to hold the patterns asked for. That has no
    /// headroom, as the probability of failure has it already; a larger one only widens the basin. None where neither is there.
    pub beta: Option<f64>,
    /// Guaranteed with the probability `1 - failure`.
    pub guaranteed: Guaranteed,
    /// Where no beta is enough: the smallest number of dimensions that is, or fewer patterns, `guaranteed.at_any_beta`.
    pub smallest_dim: Option<usize>,
    /// At this D; none for top-k, which the theory is not about.
    pub typical: Option<Typical>,
    /// For large D; none for top-k, and where beta or patterns are missing.
    pub limit: Option<Limit>,
}

impl Question {
    /// All that can be said. O(sqrt D), some thousand times for softmax.
    ///
    /// # Errors
    /// [`Error::Dimension`] below two; [`Error::OutOfRange`] unless `norm` and `beta` are positive, `patterns` at least 2, all of them finite,
    /// `failure` above 0 and below 1, `weight` above 1/2 and below 1, and k at most 1 for k-subsets; and where `norm^2` or lambda is beyond f64.
    pub fn answer(&self) -> Result<Advice, Error> {
        let checked = self.checked()?;
        let smallest_beta = checked.smallest_beta()?;
        let beta = self.beta.or(smallest_beta);
        // Hardmax needs no beta: any is as good as an infinite one.
        let lambda = beta.map(|beta| if beta > 0.0 { beta * checked.scale } else { f64::INFINITY });
        let guaranteed = Guaranteed {
            patterns: lambda.map(|lambda| checked.most(lambda)).transpose()?.map(Most::of),
            at_any_beta: Most::of(checked.most(f64::INFINITY)?),
            smallest_beta,
            failure: both(lambda, checked.log_others, |lambda, others| checked.failure_among(lambda, others))?,
            basin: lambda.map_or(Ok(None), |lambda| checked.basin(lambda))?,
            widest: checked.basin(f64::INFINITY)?,
        };
        let is_held = checked.log_others.is_none() || smallest_beta.is_some();
        let margin = matches!(checked.law.rule, Rule::All(_));
        let known = margin || !matches!(self.separation, AnySeparation::TopK(_));
        let unlucky = self.damage.is_drawn().then(|| checked.unlucky(self.damage)).transpose()?.map(|(damage, _)| damage);
        Ok(Advice {
            assumed: self.assumed(if margin { 1.0 } else { self.weight }, unlucky),
            beta,
            guaranteed,
            smallest_dim: if is_held { None } else { self.smallest_dim()? },
            typical: if !known {
                None
            } else if margin {
                Some(checked.median(lambda)?)
            } else {
                Some(self.settling(&checked, lambda)?)
            },
            limit: both(lambda.filter(|_| known), self.patterns, |lambda, patterns| limit(lambda, self.load(patterns), margin))?,
        })
    }

    fn assumed(&self, weight: f64, unlucky: Option<Damage>) -> Assumed {
        let Self { dim, norm, patterns, beta, separation, damage, failure, .. } = *self;
        Assumed { dim, norm, patterns, separation: separation.to_string(), damage, unlucky, failure, weight, beta }
    }

    fn load(&self, patterns: f64) -> f64 {
        libm::log(patterns) / self.dim as f64
    }

    /// What softmax does in a typical memory.
    fn settling(&self, checked: &Checked, lambda: Option<f64>) -> Result<Typical, Error> {
        let finite = Finite::new(Ensemble::Spherical, self.dim)?;
        let held = |lambda| finite.typical_load(lambda);
        let degrees = |lambda, patterns: f64| {
            let load = self.load(patterns);
            // Where the map is too wide, or has condensed, it is the nearest other that ends a basin.
            let nearest = Nearest::new(self.dim, patterns)?.mean_angle();
            let stays = || Ok::<_, Error>(finite.typical_load(lambda)?.is_some_and(|held| held >= load));
            let angle = match finite.basin_angle(load, lambda)? {
                Some(angle) => Some(if angle < nearest { angle } else { nearest }),
                None => (Ensemble::Spherical.noise(load, lambda, 1.0)?.condensed || stays()?).then_some(nearest),
            };
            Ok(angle.map(f64::to_degrees))
        };
        Ok(Typical {
            patterns: lambda.map_or(Ok(None), held)?.map(|load| Most::of(super::law::less_one(load * finite.neurons()))),
            smallest_beta: match self.patterns {
                Some(patterns) => finite.typical_lambda(self.load(patterns))?.map(|lambda| lambda / checked.scale),
                None => None,
            },
            degrees: both(lambda, self.patterns, degrees)?.flatten(),
        })
    }
}

impl Checked {
    fn failure_among(&self, lambda: f64, log_others: f64) -> Result<f64, Error> {
        let (damage, allowed) = self.unlucky(self.damage)?;
        let failure = libm::exp(self.law.log_failure(damage, lambda, log_others)?) + (self.failure - allowed);
        Ok(if failure < 1.0 { failure } else { 1.0 })
    }

    /// What a map with a margin does in half of all memories.
    fn median(&self, lambda: Option<f64>) -> Result<Typical, Error> {
        let half = Self { failure: 0.5, damage: Damage::none(), ..*self };
        Ok(Typical {
            patterns: lambda.map(|lambda| half.most(lambda)).transpose()?.map(Most::of),
            smallest_beta: half.smallest_beta()?,
            degrees: lambda.map_or(Ok(None), |lambda| half.widest(Kind::Turned, lambda))?.map(f64::to_degrees),
        })
    }
}

fn limit(lambda: f64, load: f64, margin: bool) -> Result<Limit, Error> {
    let theory = Ensemble::Spherical;
    if margin {
        let degrees = Some(nearest_angle(load)?.to_degrees());
        return Ok(Limit { load, lambda, phase: None, noise_level: theory.nearest_overlap(load, 1.0)?, degrees });
    }
    Ok(Limit {
        load,
        lambda,
        phase: Some(theory.phase(load, lambda)?),
        noise_level: theory.noise(load, lambda, 1.0)?.level,
        degrees: theory.basin_angle(load, lambda, 1.0)?.map(f64::to_degrees),
    })
}

/// What needs two things, where both are there.
fn both<T>(lambda: Option<f64>, other: Option<f64>, of: impl Fn(f64, f64) -> Result<T, Error>) -> Result<Option<T>, Error> {
    lambda.zip(other).map(|(lambda, other)| of(lambda, other)).transpose()
}
