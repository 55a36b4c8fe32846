//! What the other patterns are worth together, and from how far away a pattern comes back.
//!
//! Of `exp(load N)` patterns let Z be the sum of `exp(lambda x.xi)` over all but the wanted one: the partition function of a random energy
//! model. The *noise level* is `phi = lim ln Z / (lambda N)` (Lucibello and Mezard 2024):
//!
//! ```text
//! phi = (load + zeta_rho(lambda)) / lambda      lambda <  lambda_*(load, rho)      falls with lambda
//!     = eps_*(load, rho)                        lambda >= lambda_*(load, rho)      condensed
//! ```
//!
//! A pattern of overlap `m = x.xi / N` has all the weight if `m > phi`, none if `m < phi`.

use super::ensemble::{finite, scaled};
use super::{Ensemble, Error};
use crate::codes::{not_negative, positive};

/// The noise level of a memory.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub struct Noise {
    /// phi: the overlap `x.xi / N` above which a pattern stands out.
    pub level: f64,
    /// Whether it is made by the few nearest patterns.
    pub condensed: bool,
}

impl Ensemble {
    /// The noise level of `exp(load N)` patterns at a state of `|x|^2 = N rho` that is independent of them.
    ///
    /// ```
    /// # use basinet::capacity::Ensemble;
    /// let noise = Ensemble::Gaussian.noise(0.05, 0.1, 0.25)?;
    /// assert!((noise.level - 0.5125).abs() < 1e-15 && !noise.condensed);
    /// # Ok::<(), basinet::capacity::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::OutOfRange`] unless `load` is not negative, `lambda` and `rho` positive, all of them finite, and where the result is beyond
    /// f64.
    pub fn noise(self, load: f64, lambda: f64, rho: f64) -> Result<Noise, Error> {
        let (load, lambda) = (not_negative("load", load)?, positive("lambda", lambda)?);
        if self.is_condensed(load, scaled(lambda, rho)?) {
            return Ok(Noise { level: self.nearest_overlap(load, rho)?, condensed: true });
        }
        Ok(Noise { level: finite("the noise level", (load + self.cumulant(lambda, rho)?) / lambda)?, condensed: false })
    }

    /// The largest angle between a stored pattern and a query of `|x|^2 = N rho`, damaged in a random direction, from which the pattern comes
    /// back, in radians: `arccos phi(load, lambda sqrt rho)`. None where not even the pattern itself does.
    ///
    /// ```
    /// # use basinet::capacity::Ensemble;
    /// let angle = Ensemble::Spherical.basin_angle(0.1, 0.2, 1.0)?;
    /// assert!(angle.is_some_and(|angle| (angle - 0.929_668_958_833_77).abs() < 1e-13));
    /// assert_eq!(Ensemble::Spherical.basin_angle(0.7, 1.0, 1.0)?, None);
    /// # Ok::<(), basinet::capacity::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`noise`](Self::noise).
    pub fn basin_angle(self, load: f64, lambda: f64, rho: f64) -> Result<Option<f64>, Error> {
        let (load, u) = (not_negative("load", load)?, scaled(positive("lambda", lambda)?, rho)?);
        if self.is_condensed(load, u) {
            return self.saturated_angle(load);
        }
        // 1 - phi, without the difference of a ratio and 1. The Gaussian typical_load has another branch from lambda 1 on; this one has not.
        let reach = match self {
            Self::Spherical => self.typical_load(u)?,
            Self::Gaussian => u - u * u / 2.0,
        };
        Ok(angle_of((reach - load) / u))
    }

    /// The basin angle from condensation on, which no larger lambda widens: that of the nearest other pattern. None where that is nearer than
    /// the pattern itself: Gaussian patterns beyond a load of 1/2.
    ///
    /// ```
    /// # use basinet::capacity::Ensemble;
    /// let angle = Ensemble::Spherical.saturated_angle(0.2)?;
    /// assert!(angle.is_some_and(|angle| (angle - 0.959_196_974_550).abs() < 1e-12));
    /// # Ok::<(), basinet::capacity::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::OutOfRange`] unless `load` is finite and not negative.
    pub fn saturated_angle(self, load: f64) -> Result<Option<f64>, Error> {
        let load = not_negative("load", load)?;
        match self {
            Self::Spherical => Ok(Some(nearest_angle(load)?)),
            Self::Gaussian => Ok(angle_of((1.0 - 2.0 * load) / (1.0 + (2.0 * load).sqrt()))),
        }
    }

    /// Whether `exp(load N)` patterns have condensed at `u = lambda sqrt rho`.
    fn is_condensed(self, load: f64, u: f64) -> bool {
        // Beyond f64 is beyond u.
        self.condensation(load, 1.0).is_ok_and(|condensation| u >= condensation)
    }
}

/// The angle from a direction to the nearest of `exp(load N)` random ones, in radians: `arcsin exp(-load)`.
///
/// ```
/// # use basinet::capacity;
/// assert_eq!(capacity::nearest_angle(0.0)?, std::f64::consts::FRAC_PI_2);
/// # Ok::<(), capacity::Error>(())
/// ```
///
/// # Errors
/// [`Error::OutOfRange`] unless `load` is finite and not negative.
pub fn nearest_angle(load: f64) -> Result<f64, Error> {
    let load = not_negative("load", load)?;
    Ok(libm::atan2(libm::exp(-load), (-libm::expm1(-2.0 * load)).sqrt()))
}

/// The overlap that a state which has *forgotten* its spherical pattern keeps with the direction it began in: `sqrt(1 - 1/lambda)`, and 0 up
/// to lambda 1. Exponentially many patterns pull alike there, so what lies beyond is no sign of the pattern (derived: the root of `t(lambda m) = m`).
///
/// ```
/// # use basinet::capacity;
/// assert_eq!(capacity::forgotten_overlap(4.0)?, 0.75f64.sqrt());
/// # Ok::<(), capacity::Error>(())
/// ```
///
/// # Errors
/// [`Error::OutOfRange`] unless `lambda` is finite and not negative.
pub fn forgotten_overlap(lambda: f64) -> Result<f64, Error> {
    let lambda = not_negative("lambda", lambda)?;
    Ok(if lambda > 1.0 { ((lambda - 1.0) / lambda).sqrt() } else { 0.0 })
}

/// `arccos(1 - short)`, also where it is small; none where the cosine is above 1.
fn angle_of(short: f64) -> Option<f64> {
    (short >= 0.0).then(|| 2.0 * libm::asin((short / 2.0).sqrt()))
}
