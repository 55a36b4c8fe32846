//! What was proved before: random patterns that are stored for certain, up to a chance of failure, `M = sqrt(p) c^((D-1)/4)`.

use super::Error;
use crate::codes::{dimensions, not_negative, positive, within};

/// A number of patterns `M = sqrt(p) c^((D-1)/4)` with `c = b / W0(exp(a + ln b))`, W0 Lambert's function.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub struct Bound {
    /// a.
    pub a: f64,
    /// b.
    pub b: f64,
    /// c, the base; the number of patterns grows with the dimension only where it is above one.
    pub base: f64,
    /// The decimal logarithm of M.
    pub log10_patterns: f64,
    /// What the theorem asks `base` to reach: [`dense_bound`]'s side condition `c >= (2/sqrt p)^(4/(D-1))`; for [`kernel_bound`] 1.
    pub least_base: f64,
}

impl Bound {
    /// True where the base is what the theorem asks for, so that the bound holds.
    #[must_use]
    pub fn holds(&self) -> bool {
        self.base >= self.least_base
    }

    fn new(a: f64, b: f64, dim: f64, failure: f64, least_base: f64) -> Self {
        let log_base = libm::log(b) - libm::log(lambert(a + libm::log(b)));
        let log_patterns = 0.5 * libm::log(failure) + (dim - 1.0) / 4.0 * log_base;
        Self { a, b, base: libm::exp(log_base), log10_patterns: log_patterns / core::f64::consts::LN_10, least_base }
    }
}

/// How many patterns, drawn from the sphere of radius `k sqrt(D-1)`, a dense memory stores with failure probability at most `failure`
/// (Ramsauer et al. 2021, theorem 3):
///
/// ```text
/// a = 2/(D-1) (1 + ln(2 beta k^2 p (D-1)))     b = 2 k^2 beta / 5     c >= (2/sqrt p)^(4/(D-1))
/// ```
///
/// ```
/// # use basinet::capacity;
/// let bound = capacity::dense_bound(1.0, 3.0, 20, 0.001)?;
/// assert!((bound.base - 3.1546).abs() < 1e-4 && bound.holds()); // the paper's first example
/// # Ok::<(), capacity::Error>(())
/// ```
///
/// # Errors
/// [`Error::OutOfRange`] unless `beta` and `k` are positive and `failure` is above 0 and at most 1, and where `a` or `b` is beyond f64;
/// [`Error::Dimension`] below two.
pub fn dense_bound(beta: f64, k: f64, dim: usize, failure: f64) -> Result<Bound, Error> {
    let (beta, k, d, p) = (positive("beta", beta)?, positive("k", k)?, dimensions(dim, 2)?, probability(failure)?);
    let a = 2.0 / (d - 1.0) * (1.0 + libm::log(2.0 * beta * k * k * p * (d - 1.0)));
    let b = 2.0 * k * k * beta / 5.0;
    let least = libm::pow(2.0 / p.sqrt(), 4.0 / (d - 1.0));
    Ok(Bound::new(finite("a", a)?, positive("b", b)?, d, p, least))
}

/// How many patterns of norm `max_norm` a kernelised or sparse memory stores with failure probability at most `failure`, each within `radius`
/// (Hu et al. 2023 and 2024):
///
/// ```text
/// a = 4/(D-1) (ln(2 m |sqrt p - 1| / R) + 1)     b = 4 m^2 beta / (5 (D-1))
/// ```
///
/// As printed the logarithm's argument is negative; its magnitude is taken. The base is above one only where `m^2 beta` is of the order of D.
///
/// ```
/// # use basinet::capacity;
/// assert!(capacity::kernel_bound(1.0, 16.0, 64, 0.01, 0.1)?.holds());
/// assert!(!capacity::kernel_bound(1.0, 1.0, 64, 0.01, 0.1)?.holds());
/// # Ok::<(), capacity::Error>(())
/// ```
///
/// # Errors
/// [`Error::OutOfRange`] unless `beta`, `max_norm` and `radius` are positive and `failure` is above 0 and below 1, and where `a` or `b` is
/// beyond f64; [`Error::Dimension`] below two.
pub fn kernel_bound(beta: f64, max_norm: f64, dim: usize, failure: f64, radius: f64) -> Result<Bound, Error> {
    let (beta, m, d) = (positive("beta", beta)?, positive("max_norm", max_norm)?, dimensions(dim, 2)?);
    let (p, radius) = (probability(failure)?, positive("radius", radius)?);
    let a = 4.0 / (d - 1.0) * (libm::log(2.0 * m * (1.0 - p.sqrt()) / radius) + 1.0);
    let b = 4.0 * m * m * beta / (5.0 * (d - 1.0));
    Ok(Bound::new(finite("a", a)?, positive("b", b)?, d, p, 1.0))
}

/// The load `ln(M)/N` that [`dense_bound`] proves for many dimensions: `W0(2 lambda / 5) / 4` for patterns of norm `sqrt N`, W0 Lambert's
/// function. Far below [`typical_load`](super::Ensemble::typical_load): lambda / 10 for small lambda, a quarter of `ln lambda` for large. Derived
/// from Ramsauer et al. 2021, theorem 3, with a -> 0.
///
/// ```
/// # use basinet::capacity;
/// assert!((capacity::dense_bound_load(1.0)? - 0.074_291_937_668).abs() < 1e-12);
/// # Ok::<(), capacity::Error>(())
/// ```
///
/// # Errors
/// [`Error::OutOfRange`] unless `lambda` is finite and not negative.
pub fn dense_bound_load(lambda: f64) -> Result<f64, Error> {
    let lambda = not_negative("lambda", lambda)?;
    Ok(if lambda == 0.0 { 0.0 } else { lambert(libm::log(0.4 * lambda)) / 4.0 })
}

fn probability(failure: f64) -> Result<f64, Error> {
    within("failure", failure, failure > 0.0 && failure <= 1.0, "above 0 and at most 1")
}

fn finite(what: &'static str, value: f64) -> Result<f64, Error> {
    within(what, value, true, "finite")
}

/// `W0(e^y)`, the solution of `w + ln w = y`, which does not overflow where e^y does. Newton's steps from the right side of a concave
/// function's root, after the first, come monotonically; the number of them bounds the loop, not the precision.
fn lambert(y: f64) -> f64 {
    // w is about e^y where it is small, about y - ln y where it is large.
    let mut w = if y < 1.0 { libm::exp(y) / (1.0 + libm::exp(y)) } else { y - libm::log(y) * y / (1.0 + y) };
    for _ in 0..32 {
        let next = w * (1.0 + y - libm::log(w)) / (1.0 + w);
        if next == w || w == 0.0 {
            break;
        }
        w = next;
    }
    w
}
