//! Where random patterns come from, and what their overlaps with a fixed state are like when N is large.
//!
//! With `rho = |x|^2 / N` and `u = lambda sqrt rho` (Lucibello and Mezard 2024; forms without cancellation derived):
//!
//! ```text
//!                     spherical                              Gaussian
//! zeta_rho(lambda)    w - ln(1+w)/2,  w = u t                u^2 / 2          (1/N) ln E exp(lambda x.xi)
//! zeta'_rho(lambda)   sqrt(rho) t,    t = 2u/(1+sqrt(1+4u^2))   lambda rho       the overlap that dominates it
//! s_rho(eps)          -ln(1 - eps^2/rho)/2                   eps^2 / (2 rho)  Prob(x.xi = N eps) ~ exp(-N s)
//! eps_*(load, rho)    sqrt(rho (1 - e^(-2 load)))            sqrt(2 load rho) s = load: the nearest of e^(load N)
//! lambda_*(load, rho) sqrt(E (1+E) / rho), E = e^(2 load)-1  sqrt(2 load/rho) s'(eps_*): condensation
//! ```

use super::Error;
use crate::codes::{not_negative, positive, within};

/// Where random patterns of N numbers come from: independent, and alike in all directions.
///
/// Its methods are what is known for `N -> infinity`; at N neurons there is [`Finite`](super::Finite). All of them take and give f64 and are
/// within a few rounding errors of the exact value for numbers within a few rounding errors of those given, for lambda from 1e-8 to 1e6: a basin that just
/// opens is as uncertain as the lambda at which it does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "experiments", derive(serde::Serialize, serde::Deserialize), serde(rename_all = "lowercase"))]
pub enum Ensemble {
    /// The sphere of norm `sqrt N`.
    Spherical,
    /// N numbers of the standard normal distribution, so norms of `sqrt N (1 + O(N^(-1/2)))`.
    Gaussian,
}

impl Ensemble {
    /// The cumulant generating function `zeta_rho(lambda) = lim (1/N) ln E exp(lambda x.xi)` of a state of `|x|^2 = N rho`.
    ///
    /// ```
    /// # use basinet::capacity::Ensemble;
    /// assert!((Ensemble::Spherical.cumulant(1.0, 1.0)? - 0.377_428_076).abs() < 1e-9);
    /// assert_eq!(Ensemble::Gaussian.cumulant(1.0, 1.0)?, 0.5);
    /// # Ok::<(), basinet::capacity::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::OutOfRange`] unless `lambda` is not negative and `rho` positive, both finite, and where the result is beyond f64.
    pub fn cumulant(self, lambda: f64, rho: f64) -> Result<f64, Error> {
        let u = scaled(lambda, rho)?;
        let zeta = match self {
            Self::Spherical => Tilted::at(u).cumulant(),
            Self::Gaussian => u * u / 2.0,
        };
        finite("the cumulant", zeta)
    }

    /// The overlap `x.xi / N` of the patterns that dominate `E exp(lambda x.xi)`: `zeta'_rho(lambda)`, which grows with lambda.
    ///
    /// ```
    /// # use basinet::capacity::Ensemble;
    /// assert_eq!(Ensemble::Gaussian.tilted_overlap(0.5, 2.0)?, 1.0);
    /// # Ok::<(), basinet::capacity::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`cumulant`](Self::cumulant).
    pub fn tilted_overlap(self, lambda: f64, rho: f64) -> Result<f64, Error> {
        let u = scaled(lambda, rho)?;
        let overlap = match self {
            Self::Spherical => rho.sqrt() * Tilted::at(u).t,
            Self::Gaussian => lambda * rho,
        };
        finite("the overlap", overlap)
    }

    /// The rate function: overlaps `x.xi / N = overlap` have the probability `exp(-N s)`. Infinite where none has that overlap.
    ///
    /// ```
    /// # use basinet::capacity::Ensemble;
    /// assert_eq!(Ensemble::Gaussian.rate(0.5, 0.5)?, 0.25);
    /// assert_eq!(Ensemble::Spherical.rate(1.0, 1.0)?, f64::INFINITY);
    /// # Ok::<(), basinet::capacity::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::OutOfRange`] unless `overlap` is finite and `rho` positive and finite.
    pub fn rate(self, overlap: f64, rho: f64) -> Result<f64, Error> {
        let (overlap, rho) = (within("overlap", overlap, true, "finite")?, positive("rho", rho)?);
        let square = overlap * (overlap / rho);
        Ok(match self {
            Self::Spherical if square >= 1.0 => f64::INFINITY,
            // Near 1 what is left of it counts.
            Self::Spherical if square > 0.5 => {
                let cosine = overlap.abs() / rho.sqrt();
                -0.5 * libm::log((1.0 - cosine) * (1.0 + cosine))
            }
            Self::Spherical => -0.5 * libm::log1p(-square),
            Self::Gaussian => square / 2.0,
        })
    }

    /// The largest overlap `x.xi / N` among `exp(load N)` patterns, `eps_*`: where [`rate`](Self::rate) is the load.
    ///
    /// ```
    /// # use basinet::capacity::Ensemble;
    /// let nearest = Ensemble::Spherical.nearest_overlap(0.1, 1.0)?;
    /// assert!((Ensemble::Spherical.rate(nearest, 1.0)? - 0.1).abs() < 1e-15);
    /// # Ok::<(), basinet::capacity::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::OutOfRange`] unless `load` is not negative and `rho` positive, both finite, and where the result is beyond f64.
    pub fn nearest_overlap(self, load: f64, rho: f64) -> Result<f64, Error> {
        let (load, rho) = (not_negative("load", load)?, positive("rho", rho)?);
        let square = match self {
            Self::Spherical => -libm::expm1(-2.0 * load),
            Self::Gaussian => 2.0 * load,
        };
        finite("the overlap", square.sqrt() * rho.sqrt())
    }

    /// The condensation point `lambda_*`: above it the softmax over `exp(load N)` patterns is that of the few nearest ones alone, below it
    /// exponentially many share it.
    ///
    /// ```
    /// # use basinet::capacity::Ensemble;
    /// let lambda = Ensemble::Spherical.condensation(0.2, 1.0)?;
    /// assert!((lambda - 0.856_572_373_387).abs() < 1e-12);
    /// assert!((Ensemble::Spherical.condensed_load(lambda, 1.0)? - 0.2).abs() < 1e-15);
    /// # Ok::<(), basinet::capacity::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`nearest_overlap`](Self::nearest_overlap).
    pub fn condensation(self, load: f64, rho: f64) -> Result<f64, Error> {
        let (load, rho) = (not_negative("load", load)?, positive("rho", rho)?);
        let u = match self {
            Self::Spherical => {
                let excess = libm::expm1(2.0 * load);
                excess.sqrt() * (1.0 + excess).sqrt()
            }
            Self::Gaussian => (2.0 * load).sqrt(),
        };
        finite("the condensation point", u / rho.sqrt())
    }

    /// The load up to which `lambda` condenses: the inverse of [`condensation`](Self::condensation).
    ///
    /// # Errors
    /// As [`cumulant`](Self::cumulant).
    pub fn condensed_load(self, lambda: f64, rho: f64) -> Result<f64, Error> {
        let u = scaled(lambda, rho)?;
        let load = match self {
            Self::Spherical => 0.5 * libm::log1p(Tilted::at(u).w),
            Self::Gaussian => u * u / 2.0,
        };
        finite("the load", load)
    }
}

/// `lambda sqrt rho`: for patterns alike in all directions a longer state is a larger lambda, and nothing else.
pub(super) fn scaled(lambda: f64, rho: f64) -> Result<f64, Error> {
    finite("lambda sqrt(rho)", not_negative("lambda", lambda)? * positive("rho", rho)?.sqrt())
}

/// The number, if f64 holds it.
pub(super) fn finite(what: &'static str, value: f64) -> Result<f64, Error> {
    within(what, value, true, "within f64")
}

/// The cosines of a random direction, tilted by `exp(u N cosine)`.
#[derive(Clone, Copy, Debug)]
pub(super) struct Tilted {
    /// Where they are: `t / (1 - t^2) = u`.
    pub t: f64,
    /// `1 - t`.
    pub short: f64,
    /// `u t`, the positive root of `w^2 + w = u^2`, so `1 - t^2 = 1 / (1 + w)`.
    pub w: f64,
}

impl Tilted {
    pub fn at(u: f64) -> Self {
        // Half of sqrt(1 + 4u^2), so that no u is too large.
        let h = libm::hypot(0.5, u);
        let t = u / (0.5 + h);
        // 1 + 2h - 2u without the difference.
        let short = (0.5 + 0.25 / (h + u)) / (0.5 + h);
        Self { t, short, w: u * t }
    }

    /// `zeta(u)`: both terms are of the size of w, and so is their difference.
    pub fn cumulant(&self) -> f64 {
        self.w - 0.5 * libm::log1p(self.w)
    }
}
