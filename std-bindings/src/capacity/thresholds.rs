//! How many patterns are held when N is large: the typical pattern, all patterns, and what is there instead.
//!
//! Asked with the stored pattern itself its weight goes to 1 if and only if the [noise level](Ensemble::noise) is below 1. At equality
//! (Lucibello and Mezard 2024):
//!
//! ```text
//! typical pattern   spherical  load_1 = lambda - zeta(lambda) = t/(1+t) + ln(1+w)/2      0 < d load_1 / d lambda = 1 - t
//!                   Gaussian   load_1 = lambda - lambda^2/2 below lambda = 1, then 1/2
//! all patterns      spherical  load_1
//!                   Gaussian   min(load_norm(lambda), ln(2)/4)     lower bound, derived
//! ```
//!
//! The Gaussian bound is a first moment: the mean number of failing patterns is `exp((load - exponent) N)` with the [exponent](Failures) of
//! the cheaper of two ways to fail. A pattern is too *short*, `|xi|^2 <= r_c N`, with the exponent `I(r) = (r - 1 - ln r)/2`; or another
//! pattern lies *close*, which costs a pattern of `|xi|^2 = r N` a further `r/2 - load`. `load_norm = g r / 2` with
//! `r - 1 - ln r = g r`, `g = 1 - (1 - lambda)^2` and 1 from lambda = 1 on. (An analysis without close pairs would level off at 1/(2e), not at ln(2)/4.)

use super::ensemble::{Tilted, finite};
use super::{Ensemble, Error};
use crate::codes::not_negative;
use std::f64::consts::LN_2;

/// The load at which close pairs end the retrieval of all Gaussian patterns: `ln(2)/4`.
pub const PAIR_LOAD: f64 = LN_2 / 4.0;

/// What softmax over `exp(load N)` patterns is, asked with one of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "experiments", derive(serde::Serialize), serde(rename_all = "lowercase"))]
pub enum Phase {
    /// The pattern itself.
    Retrieval,
    /// A mean of exponentially many others.
    Many,
    /// One of the few nearest others.
    Condensed,
}

/// How fast failures of Gaussian patterns get rare: their probability is `exp(-exponent N)`.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub struct Failures {
    /// `|xi|^2 / N` up to which a pattern is drowned by the typical noise.
    pub shortest: f64,
    /// The exponent of patterns as short as that; 0 where the typical one is.
    pub short: f64,
    /// The exponent of long enough patterns with another one closer than themselves.
    pub close: f64,
    /// The same of a pattern of any length, `ln(2)/2 - load`: that of the mean number of close pairs, exact at any N (Student's t beyond `sqrt N`).
    pub pair: f64,
}

impl Failures {
    /// Of whichever is more likely.
    #[must_use]
    pub fn exponent(&self) -> f64 {
        if self.short < self.close { self.short } else { self.close }
    }
}

impl Ensemble {
    /// The load below which a typical stored pattern is retrieved at `lambda`, and above which it is not. 0 at lambda 0.
    ///
    /// ```
    /// # use basinet::capacity::Ensemble;
    /// assert!((Ensemble::Spherical.typical_load(1.0)? - 0.622_571_923_779).abs() < 1e-12);
    /// assert_eq!(Ensemble::Gaussian.typical_load(0.5)?, 0.375);
    /// # Ok::<(), basinet::capacity::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::OutOfRange`] unless `lambda` is finite and not negative.
    pub fn typical_load(self, lambda: f64) -> Result<f64, Error> {
        let lambda = not_negative("lambda", lambda)?;
        Ok(match self {
            Self::Spherical => {
                let Tilted { t, w, .. } = Tilted::at(lambda);
                t / (1.0 + t) + 0.5 * libm::log1p(w)
            }
            Self::Gaussian if lambda < 1.0 => lambda - lambda * lambda / 2.0,
            Self::Gaussian => 0.5,
        })
    }

    /// The smallest lambda at which a typical pattern is retrieved: the inverse of [`typical_load`](Self::typical_load). None where there
    /// is none: Gaussian patterns beyond a load of 1/2.
    ///
    /// ```
    /// # use basinet::capacity::Ensemble;
    /// let lambda = Ensemble::Spherical.typical_lambda(0.2)?;
    /// assert!(lambda.is_some_and(|lambda| (lambda - 0.224_632_519_113).abs() < 1e-12));
    /// assert_eq!(Ensemble::Gaussian.typical_lambda(0.6)?, None);
    /// # Ok::<(), basinet::capacity::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::OutOfRange`] unless `load` is finite and not negative, and where the result is beyond f64.
    pub fn typical_lambda(self, load: f64) -> Result<Option<f64>, Error> {
        let load = not_negative("load", load)?;
        match self {
            Self::Gaussian if load > 0.5 => Ok(None),
            Self::Gaussian => Ok(Some(2.0 * load / (1.0 + (1.0 - 2.0 * load).sqrt()))),
            // load_1 is concave, so Newton's steps from below stay below; load_1 <= lambda, and <= (1 + ln(1 + lambda))/2 + ...
            Self::Spherical => {
                let mut lambda = load;
                loop {
                    let step = (load - self.typical_load(lambda)?) / Tilted::at(lambda).short;
                    let next = finite("lambda", lambda + step)?;
                    if next <= lambda {
                        return Ok(Some(lambda));
                    }
                    lambda = next;
                }
            }
        }
    }

    /// The load up to which *all* patterns are retrieved: the threshold of spherical patterns, a lower bound (first moment, derived) of that
    /// of Gaussian ones.
    ///
    /// ```
    /// # use basinet::capacity::Ensemble;
    /// assert!((Ensemble::Gaussian.all_load(0.5)? - 0.152_742_646_641).abs() < 1e-12);
    /// # Ok::<(), basinet::capacity::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`typical_load`](Self::typical_load).
    pub fn all_load(self, lambda: f64) -> Result<f64, Error> {
        match self {
            Self::Spherical => self.typical_load(lambda),
            Self::Gaussian => {
                let norm = norm_load(lambda)?;
                Ok(if norm < PAIR_LOAD { norm } else { PAIR_LOAD })
            }
        }
    }

    /// What a memory of `exp(load N)` patterns is, asked with a typical one of them.
    ///
    /// ```
    /// # use basinet::capacity::{Ensemble, Phase};
    /// assert_eq!(Ensemble::Gaussian.phase(0.7, 1.5)?, Phase::Condensed);
    /// # Ok::<(), basinet::capacity::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::OutOfRange`] unless `load` and `lambda` are finite and not negative.
    pub fn phase(self, load: f64, lambda: f64) -> Result<Phase, Error> {
        let load = not_negative("load", load)?;
        Ok(if load < self.typical_load(lambda)? {
            Phase::Retrieval
        } else if load >= self.condensed_load(lambda, 1.0)? {
            Phase::Many
        } else {
            Phase::Condensed
        })
    }
}

/// The load at which *short* patterns end the retrieval of all Gaussian ones, were there no close pairs.
///
/// ```
/// # use basinet::capacity;
/// assert_eq!(capacity::norm_load(2.0)?, 0.5 / std::f64::consts::E);
/// # Ok::<(), capacity::Error>(())
/// ```
///
/// # Errors
/// [`Error::OutOfRange`] unless `lambda` is finite and not negative.
pub fn norm_load(lambda: f64) -> Result<f64, Error> {
    let gain = gain(not_negative("lambda", lambda)?);
    // d = 1 - r: -ln(1-d) - d = g (1-d) is convex in d, so Newton's steps from above stay above. At most 1 - 1/e.
    let mut d = 1.0 - libm::exp(-1.0);
    loop {
        let next = d - (beyond_linear(d) - gain * (1.0 - d)) / (d / (1.0 - d) + gain);
        if next.partial_cmp(&d) != Some(std::cmp::Ordering::Less) {
            return Ok(gain / 2.0 * (1.0 - d));
        }
        d = next;
    }
}

/// The lambda from which on close pairs, not short patterns, end the retrieval of all Gaussian patterns: where [`norm_load`] is
/// [`PAIR_LOAD`], 0.7009.
#[must_use]
pub fn pair_lambda() -> f64 {
    // r - 1 - ln r = 2 PAIR_LOAD there, as g r / 2 is PAIR_LOAD: Newton's steps from below the root of a convex, falling function stay below.
    let mut r = 0.25;
    loop {
        let next = r - (r - 1.0 - libm::log(r) - 2.0 * PAIR_LOAD) / (1.0 - 1.0 / r);
        if next <= r {
            return 1.0 - (1.0 - 2.0 * PAIR_LOAD / r).sqrt();
        }
        r = next;
    }
}

/// `-ln(1 - d) - d`, without the difference where d is small.
fn beyond_linear(d: f64) -> f64 {
    if d.abs() < 1e-4 { d * d * (0.5 + d * (1.0 / 3.0 + d * (0.25 + d * 0.2))) } else { -libm::log1p(-d) - d }
}

/// How rare failures of Gaussian patterns are at a load below the typical threshold.
///
/// ```
/// # use basinet::capacity;
/// let failures = capacity::gaussian_failures(0.05, 0.3)?;
/// assert!((failures.exponent() - 0.296_573_590_279_972_65).abs() < 1e-15);
/// # Ok::<(), capacity::Error>(())
/// ```
///
/// # Errors
/// [`Error::OutOfRange`] unless `load` and `lambda` are finite, `load` is not negative and `lambda` positive.
pub fn gaussian_failures(load: f64, lambda: f64) -> Result<Failures, Error> {
    let (load, lambda) = (not_negative("load", load)?, crate::codes::positive("lambda", lambda)?);
    let rate = |r: f64| 0.5 * beyond_linear(1.0 - r);
    let shortest = finite("the shortest", 2.0 * load / gain(lambda))?;
    let short = match shortest {
        0.0 => f64::INFINITY,
        r if r < 1.0 => rate(r),
        _ => 0.0,
    };
    // I(r) + max(r/2 - load, 0) is convex; its least is at 1/2, or where the pair begins to cost nothing, or at 1.
    let best = if load <= 0.25 { 0.5 } else { (2.0 * load).clamp(0.5, 1.0) };
    let r = if shortest > best { shortest } else { best };
    let cost = r / 2.0 - load;
    Ok(Failures { shortest, short, close: rate(r) + if cost > 0.0 { cost } else { 0.0 }, pair: 2.0 * PAIR_LOAD - load })
}

/// `1 - (1 - lambda)^2` below 1, then 1.
fn gain(lambda: f64) -> f64 {
    if lambda < 1.0 { lambda * (2.0 - lambda) } else { 1.0 }
}
