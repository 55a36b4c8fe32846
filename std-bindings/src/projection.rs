//! Projections in front of a memory: maps with orthonormal rows, by which a few numbers of a pattern bound its score.
//!
//! P is `columns` x D, row-major, its rows orthonormal, without a bias. What P keeps of a score is exact, and what it leaves has a bound that
//! takes one number for each pattern (derived: Cauchy and Schwarz in the orthogonal complement of the rows):
//!
//! ```text
//! |x.q - Px.Pq| <= sqrt(|x|^2 - |Px|^2) sqrt(|q|^2 - |Pq|^2)
//! ```
//!
//! The more of the patterns' energy `|x|^2` the rows hold, the closer the bound: [`principal`] rows hold the most, on average, that so many rows
//! can; [`seeded`] ones `columns / D` of it, whatever the patterns are. Either kind begins with the rows that fewer columns would have.
//!
//! Both are dense. A fast transform gives all D features of a pattern in O(D ln D), but only `columns` of them are wanted, principal rows have
//! no such structure, and the products of a query, `columns` D, are few beside the M D of a memory that is scanned.
//!
//! Rows are rounded to f32 once, at the end: every entry of `P P^T - I` is at most 1e-6 in magnitude.
//!
//! ```
//! use basinet::{Patterns, projection};
//! let rows = [3.0_f32, 4.0, 0.1, 6.0, 8.0, -0.1, -3.0, -4.0, 0.0];
//! let map = projection::principal(&Patterns::new(&rows, 3)?, 1)?;
//! let features = map.rows(&rows)?; // 3 x 1: nearly all there is to these patterns
//! assert!((features[0] - 5.0).abs() < 1e-3 && (features[1] - 10.0).abs() < 1e-3 && (features[2] + 5.0).abs() < 1e-3);
//! # Ok::<(), basinet::Error>(())
//! ```

use crate::LinearMap;
use crate::random_rows::directions;
use basinet_core::{Error, Patterns};
use nalgebra::{DMatrix, SymmetricEigen};

/// Patterns that are multiplied at once: as many as make the second moment's own traffic small beside the products.
const BLOCK: usize = 512;

/// The leading eigenvectors of the patterns' second moment `X^T X / M`, D x D, by falling eigenvalue: `columns` x D.
///
/// These are principal components (Pearson 1901) of patterns that are not centred: scores are dot products, so what the first rows are to
/// hold is energy, mean included, and not variance. No other `columns` orthonormal rows hold more of it (Fan 1949): the mean of `|P x|^2` is
/// the sum of the `columns` largest eigenvalues. Every pattern counts, by its energy; none is sampled. Each row's sign is that which makes
/// its entry of largest magnitude positive, the first of equals. Of equal eigenvalues, zeros where patterns span fewer than `columns`
/// dimensions too, the rows are one of many bases.
///
/// O(M D^2 + D^3) in time and O(D^2) in memory, in f64, by one thread. The same patterns give the same bits, though perhaps not on another
/// processor. Squares of any f32 are normal numbers of f64, and so are sums of them: nothing overflows or vanishes. Eigenvalues are told
/// apart down to about 1e-15 of the largest.
///
/// # Errors
/// [`Error::Parameter`] where `columns` is 0 or more than D; [`Error::ScoreNotFinite`] with the first row that has a number which is NaN or
/// infinite; [`Error::TooLarge`] where D x D numbers cannot be addressed.
///
/// ```
/// use basinet::{Patterns, projection};
/// // Second moment: diag(1, 4, 0) / 2.
/// let map = projection::principal(&Patterns::new(&[1.0, 0.0, 0.0, 0.0, -2.0, 0.0], 3)?, 2)?;
/// assert_eq!(map.rows(&[5.0, 6.0, 7.0])?, [6.0, 5.0]);
/// # Ok::<(), basinet::Error>(())
/// ```
pub fn principal(patterns: &Patterns<'_>, columns: usize) -> Result<LinearMap, Error> {
    let dim = patterns.dim();
    check(dim, columns, dim)?;
    let mut moment = moment(patterns)?;
    // The decomposition takes an entry for zero beside its neighbours on the diagonal: with the largest on top of all, beside the largest.
    // Without, the noise of a memory of low rank would be diagonalised, and entries of very different size underflow on the way.
    let largest = moment.diagonal().max();
    (0..dim).for_each(|i| moment[(i, i)] += largest);
    let SymmetricEigen { eigenvectors, eigenvalues } = SymmetricEigen::new(moment);
    let mut order: Vec<usize> = (0..dim).collect();
    order.sort_by(|&a, &b| eigenvalues[b].total_cmp(&eigenvalues[a]));
    let mut weights = Vec::with_capacity(columns * dim);
    for &index in &order[..columns] {
        let begin = weights.len();
        weights.extend(eigenvectors.column(index).iter().map(|&x| x as f32));
        fix_sign(&mut weights[begin..]);
    }
    LinearMap::new(weights, dim, None)
}

/// Orthonormal rows of uniform directions, for memories of which nothing is known: `columns` x `dim`.
///
/// [`random_rows::orthogonal`](crate::random_rows::orthogonal), each at length 1: from the generator ChaCha8 begun with `seed`, the same rows for
/// the same seed with what is said there. O(columns^2 dim).
///
/// # Errors
/// [`Error::Parameter`] where `columns` is 0 or more than `dim`; [`Error::TooLarge`] where `columns` x `dim` numbers cannot be addressed.
///
/// ```
/// use basinet::projection;
/// let map = projection::seeded(4, 4, 1)?; // a rotation, or a reflection: lengths stay
/// let features = map.rows(&[1.0, 2.0, 4.0, 10.0])?;
/// assert!((features.iter().map(|x| x * x).sum::<f32>() - 121.0).abs() < 1e-3);
/// # Ok::<(), basinet::Error>(())
/// ```
pub fn seeded(dim: usize, columns: usize, seed: u64) -> Result<LinearMap, Error> {
    check(dim, columns, columns)?;
    let mut weights = Vec::with_capacity(columns * dim);
    directions(columns, dim, seed, |direction, _| weights.extend(direction.iter().map(|&x| x as f32)));
    LinearMap::new(weights, dim, None)
}

/// Whether there can be so many rows, and `height` x `dim` numbers of f64.
fn check(dim: usize, columns: usize, height: usize) -> Result<(), Error> {
    if columns == 0 || columns > dim {
        return Err(Error::Parameter { requirement: "columns must be at least 1 and at most the numbers of a pattern" });
    }
    let bytes = height.checked_mul(dim).and_then(|numbers| numbers.checked_mul(size_of::<f64>()));
    bytes.filter(|&bytes| isize::try_from(bytes).is_ok()).map(|_| ()).ok_or(Error::TooLarge)
}

/// `X^T X`, M times the second moment: block by block, a pattern to a column.
fn moment(patterns: &Patterns<'_>) -> Result<DMatrix<f64>, Error> {
    let (count, dim) = (patterns.count(), patterns.dim());
    let mut moment = DMatrix::zeros(dim, dim);
    for from in (0..count).step_by(BLOCK) {
        let mut block = Vec::with_capacity(BLOCK * dim);
        for row in from..count.min(from + BLOCK) {
            let pattern = patterns.row(row).unwrap_or(&[]);
            if !pattern.iter().all(|x| x.is_finite()) {
                return Err(Error::ScoreNotFinite { row });
            }
            block.extend(pattern.iter().map(|&x| f64::from(x)));
        }
        let block = DMatrix::from_vec(dim, block.len() / dim, block);
        moment.gemm(1.0, &block, &block.transpose(), 1.0);
    }
    Ok(moment)
}

/// Turns a row so that its entry of largest magnitude, the first of equals, is positive.
fn fix_sign(row: &mut [f32]) {
    let largest = row.iter().fold(0.0_f32, |largest, &x| if x.abs() > largest.abs() { x } else { largest });
    if largest < 0.0 {
        // No zero is negative afterwards.
        row.iter_mut().for_each(|x| *x = 0.0 - *x);
    }
}
