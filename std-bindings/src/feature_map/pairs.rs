//! The losses and their gradients by the features at norm 1, pairs tile by tile.
//!
//! Every loss is a sum over pairs i < j of a weight that depends on their cosine, and its gradient a weighted sum of the other points:
//! `g_i = sum_j A_ij u_j`. What a loss adds along `u_i` itself, as the diagonal of a cosine matrix or `|u_i - u_j|^2` does, is left out: it
//! does not move a direction, and the chain rule through the norm would take it away again. So U-Hop's average is the code's loss at tau = 1/(2 t).
//!
//! Tiles of 256 x 256 cosines of the upper triangle are made, weighed, and multiplied with both sides' points: 3 M^2 D multiplications and
//! additions and M^2/2 exponentials, M^2 D fewer than with the whole matrix. Sums are against the largest cosine so far, and scaled when a larger
//! one comes; a tile that has no weight above 2^-126 is not multiplied at all, and at a small tau that is nearly every one.

use super::{Loss, Number};
use ndarray::linalg::general_mat_mul;
use ndarray::{Array2, ArrayView2, ArrayViewMut2, Axis, s};
use std::ops::Range;

/// Rows of a tile: two tiles of points and one of cosines stay in the second cache at 200 features.
const TILE: usize = 256;

/// Where `e^x` is no normal number of f32.
const CUT: f64 = -87.3;

/// A loss and what it was taken from.
#[derive(Clone, Copy, Debug)]
pub struct Measured {
    /// The loss.
    pub loss: f64,
    /// The largest cosine.
    pub most: f64,
}

/// Room for tiles, and the gradient.
pub struct Pairs<F> {
    tile: Vec<F>,
    /// By the points at norm 1, but for what lies along them.
    pub gradient: Array2<F>,
}

impl<F: Number> Pairs<F> {
    /// For M points of D numbers.
    pub fn new(count: usize, dim: usize) -> Self {
        let side = if count < TILE { count } else { TILE };
        Self { tile: vec![F::zero(); side * side], gradient: Array2::zeros((count, dim)) }
    }

    /// The loss of points at norm 1; its gradient is in `gradient`.
    pub fn measure(&mut self, loss: Loss, tau: f64, units: &Array2<F>) -> Measured {
        let count = units.nrows() as f64;
        let pairs = count * (count - 1.0) / 2.0;
        match loss {
            Loss::Average { t } => {
                let (most, sum) = self.weighted_sums(0.5 / t, units, true);
                self.scale(2.0 * t / sum);
                Measured { loss: 2.0 * t * (most - 1.0) + libm::log(sum / pairs), most }
            }
            Loss::Code => {
                let (most, sum) = self.weighted_sums(tau, units, true);
                self.scale(1.0 / sum);
                Measured { loss: most + tau * libm::log(sum / pairs), most }
            }
            Loss::Released => {
                let (most, sum) = self.weighted_sums(tau, units, false);
                // The sum of both kinds of terms, against the larger of their exponents.
                let (found, others) = (most / tau, count * (count + 1.0) / 2.0);
                let shift = if found > 0.0 { found } else { 0.0 };
                let all = sum * libm::exp(found - shift) + others * libm::exp(-shift);
                self.scale(libm::exp(found - shift) / (all * tau * count));
                Measured { loss: (shift + libm::log(all / pairs)) / count, most }
            }
            Loss::CrossEntropy => self.cross_entropy(tau, units),
            Loss::Maximum { t } => self.maximum(t, units),
        }
    }

    /// The largest cosine c and the sum over pairs of `exp((cos - c)/tau)`; the gradient becomes the sum of the points with these weights:
    /// for both points of a pair, or for the lower row alone.
    fn weighted_sums(&mut self, tau: f64, units: &Array2<F>, both: bool) -> (f64, f64) {
        let (mut most, mut sum) = (f64::NEG_INFINITY, 0.0);
        let gradient = &mut self.gradient;
        gradient.fill(F::zero());
        tiles(&mut self.tile, units, |rows, columns, mut cosines| {
            let largest = largest(&cosines);
            if largest > most {
                let factor = libm::exp((most - largest) / tau);
                if sum > 0.0 {
                    gradient.mapv_inplace(|g| g * F::nearest(factor));
                }
                (most, sum) = (largest, sum * factor);
            }
            if (largest - most) / tau > CUT {
                sum += weigh(&mut cosines, most, tau);
                add(gradient, units, rows, columns, cosines.view(), both);
            }
        });
        (most, sum)
    }

    /// Two passes: the sums of the rows first, then the weights that they give.
    fn cross_entropy(&mut self, tau: f64, units: &Array2<F>) -> Measured {
        let count = units.nrows();
        // That of a point with itself is one.
        let (mut most, mut sums) = (f64::NEG_INFINITY, vec![1.0_f64; count]);
        tiles(&mut self.tile, units, |rows, columns, mut cosines| {
            let largest = largest(&cosines);
            most = if largest > most { largest } else { most };
            weigh(&mut cosines, 1.0, tau);
            for (i, row) in rows.zip(cosines.axis_iter(Axis(0))) {
                for (j, &weight) in columns.clone().zip(row) {
                    sums[i] += weight.into();
                    sums[j] += weight.into();
                }
            }
        });
        let gradient = &mut self.gradient;
        gradient.fill(F::zero());
        tiles(&mut self.tile, units, |rows, columns, mut cosines| {
            weigh(&mut cosines, 1.0, tau);
            for (i, mut row) in rows.clone().zip(cosines.axis_iter_mut(Axis(0))) {
                for (j, weight) in columns.clone().zip(row.iter_mut()) {
                    *weight = *weight * F::nearest(1.0 / sums[i] + 1.0 / sums[j]);
                }
            }
            add(gradient, units, rows, columns, cosines.view(), true);
        });
        self.scale(1.0 / (tau * count as f64));
        Measured { loss: sums.iter().map(|&sum| libm::log(sum)).sum::<f64>() / count as f64, most }
    }

    /// The closest pair alone; of equals, the first that is met.
    fn maximum(&mut self, t: f64, units: &Array2<F>) -> Measured {
        let (mut most, mut pair) = (F::neg_infinity(), (0, 0));
        tiles(&mut self.tile, units, |rows, columns, cosines| {
            for ((i, j), &cosine) in cosines.indexed_iter() {
                if cosine > most {
                    (most, pair) = (cosine, (rows.start + i, columns.start + j));
                }
            }
        });
        self.gradient.fill(F::zero());
        let pull = F::nearest(2.0 * t);
        for (i, j) in [pair, (pair.1, pair.0)] {
            self.gradient.row_mut(i).scaled_add(pull, &units.row(j));
        }
        let most = most.into();
        Measured { loss: -2.0 * t * (1.0 - most), most }
    }

    fn scale(&mut self, factor: f64) {
        self.gradient.mapv_inplace(|g| g * F::nearest(factor));
    }
}

/// The cosines of all pairs, upper triangle, tile by tile, in order; what is not above the diagonal is minus infinity.
fn tiles<F: Number>(tile: &mut [F], units: &Array2<F>, mut each: impl FnMut(Range<usize>, Range<usize>, ArrayViewMut2<'_, F>)) {
    let count = units.nrows();
    let ranges = || (0..count).step_by(TILE).map(|from| from..if count - from < TILE { count } else { from + TILE });
    for rows in ranges() {
        for columns in ranges().skip_while(|columns| columns.start < rows.start) {
            let room = &mut tile[..rows.len() * columns.len()];
            let Ok(mut cosines) = ArrayViewMut2::from_shape((rows.len(), columns.len()), room) else { continue };
            let (a, b) = (units.slice(s![rows.clone(), ..]), units.slice(s![columns.clone(), ..]));
            general_mat_mul(F::one(), &a, &b.t(), F::zero(), &mut cosines);
            if rows == columns {
                for (i, mut row) in cosines.axis_iter_mut(Axis(0)).enumerate() {
                    row.slice_mut(s![..=i]).fill(F::neg_infinity());
                }
            }
            each(rows.clone(), columns, cosines);
        }
    }
}

/// The largest of a tile.
fn largest<F: Number>(cosines: &ArrayViewMut2<'_, F>) -> f64 {
    let mut lanes = [F::neg_infinity(); 8];
    let (chunks, rest) = cosines.as_slice().unwrap_or(&[]).as_chunks::<8>();
    for chunk in chunks {
        for (lane, &cosine) in lanes.iter_mut().zip(chunk) {
            *lane = if cosine > *lane { cosine } else { *lane };
        }
    }
    lanes.iter().chain(rest).fold(F::neg_infinity(), |most, &cosine| if cosine > most { cosine } else { most }).into()
}

/// `cos <- exp((cos - most)/tau)`, and the sum of these.
fn weigh<F: Number>(cosines: &mut ArrayViewMut2<'_, F>, most: f64, tau: f64) -> f64 {
    let (most, sharp) = (F::nearest(most), F::nearest(1.0 / tau));
    let numbers = cosines.as_slice_mut().unwrap_or(&mut []);
    numbers.iter_mut().for_each(|x| *x = (*x - most) * sharp);
    F::exp_each(numbers);
    let mut lanes = [0.0; 8];
    let (chunks, rest) = numbers.as_chunks::<8>();
    for chunk in chunks {
        for (lane, &weight) in lanes.iter_mut().zip(chunk) {
            *lane += weight.into();
        }
    }
    lanes.iter().sum::<f64>() + rest.iter().map(|&weight| weight.into()).sum::<f64>()
}

/// Adds the weighted points of a tile to the gradient: those of the columns to the rows, and where it is for both, the other way too.
fn add<F: Number>(
    gradient: &mut Array2<F>,
    units: &Array2<F>,
    rows: Range<usize>,
    columns: Range<usize>,
    weights: ArrayView2<'_, F>,
    both: bool,
) {
    let (a, b) = (units.slice(s![rows.clone(), ..]), units.slice(s![columns.clone(), ..]));
    general_mat_mul(F::one(), &weights, &b, F::one(), &mut gradient.slice_mut(s![rows, ..]));
    if both {
        general_mat_mul(F::one(), &weights.t(), &a, F::one(), &mut gradient.slice_mut(s![columns, ..]));
    }
}
