//! What separation a memory needs, and how far off a step is at most.

use super::Error;
use super::error::{dimensions, not_negative, points, positive, within};

/// The separation from which on `count` points are well separated at `beta` for basins of `radius`, half of the smallest distance between
/// points: `(1/beta) ln(2 (M-1)/R)`, which makes `2 (M-1) exp(-beta Delta) <= R` (Hu et al. 2024; derived from a step's error at norm 1).
///
/// ```
/// # use basinet::codes;
/// let separation = codes::needed(10.0, 10, 0.5)?;
/// assert!((2.0 * 9.0 * (-10.0 * separation).exp() - 0.5).abs() < 1e-12);
/// # Ok::<(), codes::Error>(())
/// ```
///
/// # Errors
/// [`Error::OutOfRange`] unless `beta` and `radius` are positive, [`Error::TooFew`] below two points.
pub fn needed(beta: f64, count: usize, radius: f64) -> Result<f64, Error> {
    let (beta, m, radius) = (positive("beta", beta)?, points(count, 2)?, positive("radius", radius)?);
    Ok(libm::log(2.0 * (m - 1.0) / radius) / beta)
}

/// The separation, by dot products, from which on a dense memory of `count` patterns of norm at most `max_norm` has a fixed point within
/// `1/(beta M m)` of a pattern (Ramsauer et al. 2021, theorem 5): `2/(beta M) + (1/beta) ln(2 (M-1) M beta m^2)`.
///
/// ```
/// # use basinet::codes;
/// assert!(codes::dense_needed(10.0, 10, 1.0)? < 0.8);
/// # Ok::<(), codes::Error>(())
/// ```
///
/// # Errors
/// [`Error::OutOfRange`] unless `beta` and `max_norm` are positive, [`Error::TooFew`] below two patterns.
pub fn dense_needed(beta: f64, count: usize, max_norm: f64) -> Result<f64, Error> {
    let (beta, m, norm) = (positive("beta", beta)?, points(count, 2)?, positive("max_norm", max_norm)?);
    Ok((2.0 / m + libm::log(2.0 * (m - 1.0) * m * beta * norm * norm)) / beta)
}

/// The gap in `beta s` from which on entmax of order `alpha` gives the best row all of the weight: `1/(alpha - 1)`; 1 for sparsemax, as for
/// every normmax. Softmax, alpha = 1, never does. That of a separation is [`Separation::margin`](crate::Separation::margin).
///
/// ```
/// # use basinet::codes;
/// assert_eq!(codes::margin(1.25)?, 4.0);
/// # Ok::<(), codes::Error>(())
/// ```
///
/// # Errors
/// [`Error::OutOfRange`] unless `alpha` is above one.
pub fn margin(alpha: f64) -> Result<f64, Error> {
    Ok(1.0 / (within("alpha", alpha, alpha > 1.0, "finite and above 1")? - 1.0))
}

/// The separation, by dot products, from which on one step returns a pattern *exactly* from every state within `distance` of it:
/// `margin/beta + 2 m r`, where m, `max_norm`, is the largest norm of a pattern. Derived: scores differ by at least `Delta_i - |x_i - x_j| r`.
/// At a distance of zero: where the pattern is an exact fixed point. What distance a separation allows is [`radius`](crate::insight::radius).
///
/// ```
/// # use basinet::codes;
/// assert_eq!(codes::exact_needed(codes::margin(1.5)?, 4.0, 1.0, 0.25)?, 1.0);
/// # Ok::<(), codes::Error>(())
/// ```
///
/// # Errors
/// [`Error::OutOfRange`] unless `margin` and `beta` are positive, `max_norm` and `distance` not negative, all of them finite.
pub fn exact_needed(margin: f64, beta: f64, max_norm: f64, distance: f64) -> Result<f64, Error> {
    let (margin, beta) = (positive("margin", margin)?, positive("beta", beta)?);
    Ok(margin / beta + 2.0 * not_negative("max_norm", max_norm)? * not_negative("distance", distance)?)
}

/// How far from a pattern a step of a dense memory ends at most: `2 (M-1) m exp(-beta (Delta - 2 m r))`, with r, `distance`, the larger of
/// the distances of the state and of the fixed point from the pattern (Ramsauer et al. 2021, theorem 4).
///
/// ```
/// # use basinet::codes;
/// assert!(codes::dense_error(20.0, 10, 1.0, 1.0, 0.1)? < 3e-6);
/// # Ok::<(), codes::Error>(())
/// ```
///
/// # Errors
/// [`Error::OutOfRange`] unless `beta` and `max_norm` are positive, `distance` is not negative and `separation` finite; [`Error::TooFew`]
/// below two patterns.
pub fn dense_error(beta: f64, count: usize, max_norm: f64, separation: f64, distance: f64) -> Result<f64, Error> {
    let (beta, m, norm) = (positive("beta", beta)?, points(count, 2)?, positive("max_norm", max_norm)?);
    let separation = within("separation", separation, true, "finite")?;
    Ok(2.0 * (m - 1.0) * norm * libm::exp(-beta * (separation - 2.0 * norm * not_negative("distance", distance)?)))
}

/// How far from a pattern a step of a sparse memory ends at most (Hu et al. 2023): `m + sqrt(D) m beta (k spread + 1/beta)`, with k
/// the `support` of the weights and `spread` the largest score less the k-th. It grows with beta, and is never below 2 m, which every step
/// keeps: a bound, not a measure.
///
/// ```
/// # use basinet::codes;
/// assert_eq!(codes::sparse_error(1.0, 4, 1.0, 1, 0.0)?, 3.0);
/// # Ok::<(), codes::Error>(())
/// ```
///
/// # Errors
/// [`Error::OutOfRange`] unless `beta` and `max_norm` are positive and `spread` is not negative; [`Error::TooFew`] without a support,
/// [`Error::Dimension`] without one.
pub fn sparse_error(beta: f64, dim: usize, max_norm: f64, support: usize, spread: f64) -> Result<f64, Error> {
    let (beta, d, norm) = (positive("beta", beta)?, dimensions(dim, 1)?, positive("max_norm", max_norm)?);
    Ok(norm + d.sqrt() * norm * beta * (points(support, 1)? * not_negative("spread", spread)? + 1.0 / beta))
}
