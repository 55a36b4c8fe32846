//! What has happened to a query.

use crate::capacity::Error;
use crate::capacity::beta::incomplete;
use crate::codes::{not_negative, within};
use std::f64::consts::SQRT_2;

/// Halvings of what is looked for among numbers of f64.
const HALVINGS: usize = 100;

/// Where a query is, seen from the pattern that it was: the cosine c of the angle between them, and `rho = |x|^2 / R^2`.
///
/// ```
/// use basinet::capacity::advice::Damage;
/// let half = Damage::erased(0.5)?;
/// assert!((half.cosine() - 0.5f64.sqrt()).abs() < 1e-15 && half.squared_length() == 0.5);
/// // Of 16 numbers more is lost with half of them, once in a hundred times.
/// assert!(half.unlucky(16, 0.01)?.cosine() < 0.5);
/// assert!(Damage::at_cosine(0.0).is_err());
/// # Ok::<(), basinet::capacity::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "experiments", derive(serde::Serialize))]
pub struct Damage {
    kind: Kind,
    cosine: f64,
    squared_length: f64,
}

/// How a query was damaged, which its length shows.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "experiments", derive(serde::Serialize), serde(rename_all = "snake_case"))]
pub(super) enum Kind {
    Turned,
    Erased,
    Noise,
}

impl Damage {
    /// The pattern itself.
    #[must_use]
    pub fn none() -> Self {
        Self { kind: Kind::Turned, cosine: 1.0, squared_length: 1.0 }
    }

    /// This fraction of the numbers set to 0: in the mean `c^2 = rho = 1-f`. Of random directions c^2 is drawn each time from Beta(D(1-f)/2, Df/2); where
    /// all numbers are of one size, as +1 and -1 are, it is its mean.
    ///
    /// # Errors
    /// [`Error::OutOfRange`] unless `fraction` is at least 0 and below 1.
    pub fn erased(fraction: f64) -> Result<Self, Error> {
        let left = 1.0 - within("fraction", fraction, (0.0..1.0).contains(&fraction), "at least 0 and below 1")?;
        Ok(Self { kind: Kind::Erased, cosine: left.sqrt(), squared_length: left })
    }

    /// Gaussian noise added to each number, of standard deviation sigma times the root mean square of the pattern's numbers: in the mean
    /// `rho = 1+sigma^2` and `c^2 = 1/rho`. Both are drawn each time.
    ///
    /// # Errors
    /// [`Error::OutOfRange`] unless `sigma` is not negative and its square finite.
    pub fn noise(sigma: f64) -> Result<Self, Error> {
        let longer = 1.0 + not_negative("sigma", sigma)? * sigma;
        let squared_length = within("sigma", longer, true, "so small that its square is finite")?;
        Ok(Self { kind: Kind::Noise, cosine: 1.0 / longer.sqrt(), squared_length })
    }

    /// Turned by an angle of this cosine, and as long as before.
    ///
    /// # Errors
    /// [`Error::OutOfRange`] unless `cosine` is above 0 and at most 1.
    pub fn at_cosine(cosine: f64) -> Result<Self, Error> {
        let cosine = within("cosine", cosine, cosine > 0.0 && cosine <= 1.0, "above 0 and at most 1")?;
        Ok(Self { kind: Kind::Turned, cosine, squared_length: 1.0 })
    }

    /// Damage of this kind that turns a query by so many radians in the mean, less than a right angle.
    pub(super) fn turned(kind: Kind, angle: f64) -> Self {
        let cosine = libm::cos(angle);
        let squared_length = match kind {
            Kind::Turned => 1.0,
            Kind::Erased => cosine * cosine,
            Kind::Noise => 1.0 / (cosine * cosine),
        };
        Self { kind, cosine, squared_length }
    }

    /// c; of erasure and noise in the mean.
    #[must_use]
    pub fn cosine(&self) -> f64 {
        self.cosine
    }

    /// rho; of erasure and noise in the mean.
    #[must_use]
    pub fn squared_length(&self) -> f64 {
        self.squared_length
    }

    /// Whether cosine and length are drawn each time.
    pub(super) fn is_drawn(&self) -> bool {
        self.kind != Kind::Turned && self.cosine < 1.0
    }

    /// Damage that a query of `dim` numbers is worse than with a probability of at most `chance`: a smaller cosine, from which less is guaranteed. Of
    /// erasure the quantile itself; of noise that of the part along the pattern, and Chernoff's bound of the part across it, half of the chance each
    /// (derived). The same where nothing is drawn. O(sqrt dim), some dozen times.
    ///
    /// # Errors
    /// [`Error::OutOfRange`] unless `chance` is above 0 and below 1; [`Error::Dimension`] below two.
    pub fn unlucky(&self, dim: usize, chance: f64) -> Result<Self, Error> {
        let dim = crate::codes::dimensions(dim, 2)?;
        within("chance", chance, chance > 0.0 && chance < 1.0, "above 0 and below 1")?;
        if !self.is_drawn() {
            return Ok(*self);
        }
        let (along, across) = match self.kind {
            Kind::Turned => (self.cosine, 0.0),
            Kind::Erased => {
                let left = self.squared_length;
                let squared = crossing(0.0, 1.0, |x| incomplete(dim * left / 2.0, dim * (1.0 - left) / 2.0, x) > chance);
                (squared, (squared * (1.0 - squared)).sqrt())
            }
            Kind::Noise => {
                let sigma = (self.squared_length - 1.0).sqrt();
                let short = crossing(0.0, 40.0, |z| 0.5 * libm::erfc(z / SQRT_2) < chance / 2.0);
                // (k/2) (e - ln(1 + e)) = ln(2 / chance) for the k = dim - 1 squares.
                let more = 2.0 / (dim - 1.0) * libm::log(2.0 / chance);
                let excess = crossing(0.0, 2.0 * (more + more.sqrt()) + 1.0, |e| e - libm::log1p(e) > more);
                (1.0 - sigma * short / dim.sqrt(), sigma * ((dim - 1.0) / dim * (1.0 + excess)).sqrt())
            }
        };
        let along = if along > 0.0 { along } else { f64::MIN_POSITIVE };
        let length = libm::hypot(along, across);
        Ok(Self { kind: self.kind, cosine: along / length, squared_length: length * length })
    }
}

/// Where a property that holds from somewhere on begins to.
fn crossing(mut low: f64, mut high: f64, holds: impl Fn(f64) -> bool) -> f64 {
    for _ in 0..HALVINGS {
        let middle = low.midpoint(high);
        if holds(middle) { high = middle } else { low = middle }
    }
    low.midpoint(high)
}
