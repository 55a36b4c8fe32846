//! What has happened to a query.

use crate::capacity::Error;
use crate::codes::{not_negative, within};

/// Where a query is, seen from the pattern that it was: the cosine c of the angle between them, and `rho = |x|^2 / R^2`.
///
/// ```
/// use basinet::capacity::advice::Damage;
/// let half = Damage::erased(0.5)?;
/// assert!((half.cosine() - 0.5f64.sqrt()).abs() < 1e-15 && half.squared_length() == 0.5);
/// assert!(Damage::at_cosine(0.0).is_err());
/// # Ok::<(), basinet::capacity::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "experiments", derive(serde::Serialize))]
pub struct Damage {
    cosine: f64,
    squared_length: f64,
}

/// How a query was damaged, which its length shows.
#[derive(Clone, Copy, Debug)]
pub(super) enum Kind {
    Turned,
    Erased,
    Noise,
}

impl Damage {
    /// The pattern itself.
    #[must_use]
    pub fn none() -> Self {
        Self { cosine: 1.0, squared_length: 1.0 }
    }

    /// This fraction of the numbers set to 0: `c = sqrt(1-f)`, `rho = 1-f`, exactly where all numbers of a pattern are of one size, as +1 and -1 are. Of
    /// numbers of different sizes the cosine itself is drawn each time: for few dimensions a stated failure is then exceeded several times over. Ask
    /// with a fraction that is seldom exceeded, or at a cosine that is.
    ///
    /// # Errors
    /// [`Error::OutOfRange`] unless `fraction` is at least 0 and below 1.
    pub fn erased(fraction: f64) -> Result<Self, Error> {
        let left = 1.0 - within("fraction", fraction, (0.0..1.0).contains(&fraction), "at least 0 and below 1")?;
        Ok(Self { cosine: left.sqrt(), squared_length: left })
    }

    /// Noise added to each number, of standard deviation sigma times the root mean square of the pattern's numbers: `c = 1/sqrt(1+sigma^2)`,
    /// `rho = 1+sigma^2`, exactly where the noise is orthogonal to the pattern and no longer than that; the cosine of random noise is drawn each time, as
    /// in [`erased`](Self::erased).
    ///
    /// # Errors
    /// [`Error::OutOfRange`] unless `sigma` is not negative and its square finite.
    pub fn noise(sigma: f64) -> Result<Self, Error> {
        let longer = 1.0 + not_negative("sigma", sigma)? * sigma;
        let squared_length = within("sigma", longer, true, "so small that its square is finite")?;
        Ok(Self { cosine: 1.0 / longer.sqrt(), squared_length })
    }

    /// Turned by an angle of this cosine, and as long as before.
    ///
    /// # Errors
    /// [`Error::OutOfRange`] unless `cosine` is above 0 and at most 1.
    pub fn at_cosine(cosine: f64) -> Result<Self, Error> {
        Ok(Self { cosine: within("cosine", cosine, cosine > 0.0 && cosine <= 1.0, "above 0 and at most 1")?, squared_length: 1.0 })
    }

    /// Damage of this kind that turns a query by so many radians, less than a right angle.
    pub(super) fn turned(kind: Kind, angle: f64) -> Self {
        let cosine = libm::cos(angle);
        let squared_length = match kind {
            Kind::Turned => 1.0,
            Kind::Erased => cosine * cosine,
            Kind::Noise => 1.0 / (cosine * cosine),
        };
        Self { cosine, squared_length }
    }

    /// c.
    #[must_use]
    pub fn cosine(&self) -> f64 {
        self.cosine
    }

    /// rho.
    #[must_use]
    pub fn squared_length(&self) -> f64 {
        self.squared_length
    }
}
