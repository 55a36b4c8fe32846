//! Bounds of the smallest separation of M points.

use super::Error;
use super::error::{dimensions, points};
use std::f64::consts::PI;

/// An upper bound of the smallest separation of `count` points in *three* dimensions, tight at 3, 4, 6 and 12 (Fejes Toth 1943):
///
/// ```text
/// cos theta >= (cot^2 w - 1)/2     w = pi M/(6 (M - 2))     separation = 1 - cos theta
/// ```
///
/// ```
/// # use basinet::codes;
/// assert!((codes::degrees(codes::fejes_toth(12)?)? - 63.434_948_823).abs() < 1e-9);
/// # Ok::<(), codes::Error>(())
/// ```
///
/// # Errors
/// [`Error::TooFew`] below three points.
pub fn fejes_toth(count: usize) -> Result<f64, Error> {
    let m = points(count, 3)?;
    let w = PI * m / (6.0 * (m - 2.0));
    let cot = libm::cos(w) / libm::sin(w);
    Ok(1.0 - (cot * cot - 1.0) / 2.0)
}

/// The upper bound of the smallest separation of `count` points in `dim` dimensions that Hu et al. 2024 (U-Hop+) plot:
///
/// ```text
/// 2 (2 sqrt(pi) Gamma((D+1)/2) / (M Gamma(D/2)))^(1/(D-1))
/// ```
///
/// It has the scaling of an angle, not of `1 - cos`: valid, and loose for many points (its exponent is half of [`lower_bound`]'s).
///
/// ```
/// # use basinet::codes;
/// assert!((codes::upper_bound(4, 3)? - 2.0).abs() < 1e-14);
/// # Ok::<(), codes::Error>(())
/// ```
///
/// # Errors
/// [`Error::TooFew`] below two points, [`Error::Dimension`] below two.
pub fn upper_bound(count: usize, dim: usize) -> Result<f64, Error> {
    let (m, d) = (points(count, 2)?, dimensions(dim, 2)?);
    let log = core::f64::consts::LN_2 + 0.5 * libm::log(PI) + libm::lgamma((d + 1.0) / 2.0) - libm::log(m) - libm::lgamma(d / 2.0);
    Ok(2.0 * libm::exp(log / (d - 1.0)))
}

/// The lower bound of the largest smallest separation of `count` points in `dim` dimensions that Hu et al. 2024 (U-Hop+) plot:
///
/// ```text
/// (sqrt(pi) Gamma((D+1)/2) / (M Gamma(D/2+1)))^(2/(D-1)) / 2
/// ```
///
/// ```
/// # use basinet::codes;
/// assert!((codes::lower_bound(4, 3)? - 1.0 / 6.0).abs() < 1e-15);
/// # Ok::<(), codes::Error>(())
/// ```
///
/// # Errors
/// As [`upper_bound`].
pub fn lower_bound(count: usize, dim: usize) -> Result<f64, Error> {
    let (m, d) = (points(count, 2)?, dimensions(dim, 2)?);
    let log = 0.5 * libm::log(PI) + libm::lgamma((d + 1.0) / 2.0) - libm::log(m) - libm::lgamma(d / 2.0 + 1.0);
    Ok(0.5 * libm::exp(2.0 * log / (d - 1.0)))
}
