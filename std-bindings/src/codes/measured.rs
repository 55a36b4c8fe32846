//! How far points are apart: cosines of all pairs, in f64.

use super::Error;
use super::error::{points, within};

/// Rows that are held against as many at once, so that both stay in the cache.
const TILE: usize = 64;

/// The two points with the largest cosine; of equals, those with the lowest rows.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub struct Closest {
    /// The lower row.
    pub first: usize,
    /// The higher row.
    pub second: usize,
    /// Their cosine, within -1 and 1.
    pub cosine: f64,
}

impl Closest {
    /// The smallest separation of all points, `1 - cosine`: from 0 (two are the same) to 2.
    #[must_use]
    pub fn separation(&self) -> f64 {
        1.0 - self.cosine
    }

    /// The smallest angle between any two points, in degrees.
    #[must_use]
    pub fn degrees(&self) -> f64 {
        libm::acos(self.cosine).to_degrees()
    }
}

/// The angle of a separation, `arccos(1 - separation)`, in degrees.
///
/// ```
/// # use basinet::codes;
/// assert_eq!(codes::degrees(1.0)?, 90.0);
/// # Ok::<(), codes::Error>(())
/// ```
///
/// # Errors
/// [`Error::OutOfRange`] unless it is within 0 and 2.
pub fn degrees(separation: f64) -> Result<f64, Error> {
    within("separation", separation, (0.0..=2.0).contains(&separation), "within 0 and 2")?;
    Ok(libm::acos(1.0 - separation).to_degrees())
}

/// The two closest of M points: rows of `dim` numbers, of any norm but zero. Each cosine is off by at most about `(dim + 4) 2^-53`
/// (derived). O(M^2 dim), and room for the rows in f64.
///
/// ```
/// # use basinet::codes;
/// let closest = codes::closest(&[2.0, 0.0, 0.0, 3.0, -1.0, 1.0], 2)?;
/// assert_eq!((closest.first, closest.second), (1, 2));
/// assert!((closest.degrees() - 45.0).abs() < 1e-13);
/// # Ok::<(), codes::Error>(())
/// ```
///
/// # Errors
/// [`Error::Length`], [`Error::TooFew`] below two rows, [`Error::NotFinite`], [`Error::ZeroRow`].
pub fn closest<F: Copy + Into<f64>>(rows: &[F], dim: usize) -> Result<Closest, Error> {
    let mut found = Closest { first: 0, second: 0, cosine: f64::NEG_INFINITY };
    pairs(rows, dim, |first, second, cosine| {
        if cosine > found.cosine || cosine == found.cosine && (first, second) < (found.first, found.second) {
            found = Closest { first, second, cosine };
        }
    })?;
    Ok(found)
}

/// The separation of each of M points from the others, `Delta_i = 1 - max_{j != i} cos(u_i, u_j)`: from 0 to 2. Errors and cost as
/// [`closest`].
///
/// ```
/// # use basinet::codes;
/// assert_eq!(codes::separations(&[2.0, 0.0, 0.0, 3.0, -1.0, 0.0], 2)?, [1.0, 1.0, 1.0]);
/// # Ok::<(), codes::Error>(())
/// ```
///
/// # Errors
/// As [`closest`].
pub fn separations<F: Copy + Into<f64>>(rows: &[F], dim: usize) -> Result<Vec<f64>, Error> {
    let mut most = vec![f64::NEG_INFINITY; rows.len().checked_div(dim).unwrap_or(0)];
    pairs(rows, dim, |first, second, cosine| {
        for i in [first, second] {
            if cosine > most[i] {
                most[i] = cosine;
            }
        }
    })?;
    Ok(most.into_iter().map(|cosine| 1.0 - cosine).collect())
}

/// Every pair of rows once, the lower row first, with its cosine; tile by tile.
fn pairs<F: Copy + Into<f64>>(rows: &[F], dim: usize, mut each: impl FnMut(usize, usize, f64)) -> Result<(), Error> {
    let units = units(rows, dim)?;
    for (a, first) in units.chunks(TILE * dim).enumerate() {
        for (b, second) in units.chunks(TILE * dim).enumerate().skip(a) {
            for (i, u) in first.chunks_exact(dim).enumerate() {
                let skipped = if a == b { i + 1 } else { 0 };
                for (j, v) in second.chunks_exact(dim).enumerate().skip(skipped) {
                    let cosine = dot(u, v);
                    // Rounding alone may go beyond 1.
                    let cosine = if cosine.abs() > 1.0 { cosine.signum() } else { cosine };
                    each(a * TILE + i, b * TILE + j, cosine);
                }
            }
        }
    }
    Ok(())
}

/// The rows at norm 1, scaled by their largest number first, so that no square is beyond f64 or vanishes.
fn units<F: Copy + Into<f64>>(rows: &[F], dim: usize) -> Result<Vec<f64>, Error> {
    if dim == 0 || !rows.len().is_multiple_of(dim) {
        return Err(Error::Length { len: rows.len(), dim });
    }
    points(rows.len() / dim, 2)?;
    let mut units: Vec<f64> = rows.iter().map(|&x| x.into()).collect();
    for (row, numbers) in units.chunks_exact_mut(dim).enumerate() {
        let most = numbers.iter().fold(0.0, |most: f64, x| if x.abs() > most || x.is_nan() { x.abs() } else { most });
        if !most.is_finite() {
            return Err(Error::NotFinite { row });
        }
        if most == 0.0 {
            return Err(Error::ZeroRow { row });
        }
        numbers.iter_mut().for_each(|x| *x /= most);
        let norm = dot(numbers, numbers).sqrt();
        numbers.iter_mut().for_each(|x| *x /= norm);
    }
    Ok(units)
}

/// The dot product in eight partial sums, so that they can be in lanes.
fn dot(a: &[f64], b: &[f64]) -> f64 {
    let mut sums = [0.0; 8];
    let (a, b) = (a.as_chunks::<8>(), b.as_chunks::<8>());
    for (a, b) in a.0.iter().zip(b.0) {
        for (sum, (x, y)) in sums.iter_mut().zip(a.iter().zip(b)) {
            *sum += x * y;
        }
    }
    let rest: f64 = a.1.iter().zip(b.1).map(|(x, y)| x * y).sum();
    sums.iter().sum::<f64>() + rest
}
