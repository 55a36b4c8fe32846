//! The best codes that are proven or known.

use super::Error;
use super::error::{dimensions, points};

/// The best known code of so many points.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub struct Known {
    /// D.
    pub dim: usize,
    /// M.
    pub count: usize,
    /// The smallest angle between any two of its points, in degrees, to three places or better.
    pub degrees: f64,
}

/// The codes that makers of codes are held against: D = 3 (Tammes' problem), 4 and 8. The angles are those of Sloane's tables of spherical
/// codes (N. J. A. Sloane, with R. H. Hardin, W. D. Smith and others, *Tables of spherical codes*).
#[rustfmt::skip]
pub const TARGETS: [Known; 20] = [
    known(3, 4, 109.471_221), known(3, 5, 90.0), known(3, 6, 90.0), known(3, 7, 77.869_542), known(3, 8, 74.858_492),
    known(3, 9, 70.528_779), known(3, 10, 66.146_822), known(3, 11, 63.434_949), known(3, 12, 63.434_949), known(3, 13, 57.136_703),
    known(3, 14, 55.670_570), known(3, 15, 53.657_850), known(3, 16, 52.244_396), known(3, 24, 43.690_767),
    known(4, 5, 104.477_512), known(4, 8, 90.0), known(4, 10, 80.405_932), known(4, 24, 60.0),
    known(8, 9, 97.180_756), known(8, 16, 90.0),
];

const fn known(dim: usize, count: usize, degrees: f64) -> Known {
    Known { dim, count, degrees }
}

/// The smallest angle of the best known code of `count` points in `dim` dimensions, in degrees: the proven one where there is one
/// ([`optimum`]), one of [`TARGETS`], or none. O(1).
///
/// ```
/// # use basinet::codes;
/// assert_eq!(codes::best_known(24, 4), Some(60.0));
/// assert_eq!(codes::best_known(25, 4), None);
/// ```
#[must_use]
pub fn best_known(count: usize, dim: usize) -> Option<f64> {
    let listed = TARGETS.iter().find(|known| (known.count, known.dim) == (count, dim)).map(|known| known.degrees);
    optimum(count, dim).ok().flatten().and_then(|separation| super::degrees(separation).ok()).or(listed)
}

/// The largest smallest separation that `count` points can have in `dim` dimensions, where it has a closed form:
///
/// ```text
/// M <= D + 1     the simplex              1 + 1/(M - 1)
/// M <= 2 D       of the cross-polytope    1                 (Davenport and Hajos; Rankin 1955)
/// D = 2          the regular polygon      1 - cos(2 pi/M)
/// D = 3, M = 12  the icosahedron          1 - 1/sqrt 5      (Fejes Toth 1943)
/// D = 4, M = 10  the Petersen code        5/6               (Bachoc and Vallentin 2009)
/// ```
///
/// None for all others. O(1).
///
/// ```
/// # use basinet::codes;
/// assert_eq!(codes::optimum(9, 8)?, Some(1.125));
/// assert_eq!(codes::optimum(16, 8)?, Some(1.0));
/// assert_eq!(codes::optimum(17, 8)?, None);
/// # Ok::<(), codes::Error>(())
/// ```
///
/// # Errors
/// [`Error::TooFew`] below two points, [`Error::Dimension`] for none, or for more than two points on a line, of which two coincide.
pub fn optimum(count: usize, dim: usize) -> Result<Option<f64>, Error> {
    let points = points(count, 2)?;
    dimensions(dim, if count > 2 { 2 } else { 1 })?;
    Ok(match (dim, count) {
        _ if count - 1 <= dim => Some(1.0 + 1.0 / (points - 1.0)),
        _ if count.div_ceil(2) <= dim => Some(1.0),
        (2, _) => Some(1.0 - libm::cos(std::f64::consts::TAU / points)),
        (3, 12) => Some(1.0 - 1.0 / 5.0_f64.sqrt()),
        (4, 10) => Some(5.0 / 6.0),
        _ => None,
    })
}
