//! Features whose dot products are a kernel: what a superposition weighs its memories by.

use crate::dispatch::Kernels;
use crate::error::Error;
use crate::feature_map::check_finite;
use crate::patterns::{Patterns, Rows, square_sum};
use crate::recall::same;
use crate::separation::Beta;

/// Nonnegative features of a pattern or query: `K(q, x) = <phi(q), phi(x)>` is the weight that a memory has before weights are divided by
/// their sum.
///
/// Kernels are [`Dispatch`](crate::Dispatch), or what [`Backend::run`](crate::Backend::run) hands out.
pub trait Features {
    /// D: the numbers of a pattern or query.
    fn dim(&self) -> usize;
    /// r: the features that one has.
    fn count(&self) -> usize;
    /// The features of a pattern, as they are added up. `x` has D numbers, `out` r.
    ///
    /// # Errors
    /// [`Error::Length`], [`Error::QueryNotFinite`], [`Error::FeatureNotFinite`]; `out` holds anything then.
    fn of_pattern<K: Kernels>(&self, kernels: K, x: &[f32], out: &mut [f32]) -> Result<(), Error>;
    /// The features of a query, divided by a positive number of their own so that they fit in f32: says its logarithm, plus that of
    /// whatever the features of all patterns were divided by.
    ///
    /// # Errors
    /// As [`of_pattern`](Self::of_pattern).
    fn of_query<K: Kernels>(&self, kernels: K, x: &[f32], out: &mut [f32]) -> Result<f64, Error>;
}

impl<F: Features> Features for &F {
    fn dim(&self) -> usize {
        (**self).dim()
    }
    fn count(&self) -> usize {
        (**self).count()
    }
    fn of_pattern<K: Kernels>(&self, kernels: K, x: &[f32], out: &mut [f32]) -> Result<(), Error> {
        (**self).of_pattern(kernels, x, out)
    }
    fn of_query<K: Kernels>(&self, kernels: K, x: &[f32], out: &mut [f32]) -> Result<f64, Error> {
        (**self).of_query(kernels, x, out)
    }
}

/// `phi(x) = elu(x) + 1`: D features, x + 1 above zero and e^x below. The linear memory.
///
/// Error of a feature: 2.02 eps of itself; at and below x = -87.3 it is 0. O(D). Katharopoulos et al. 2020, eq. 7; as a memory, Hu et al.
/// 2024 (nonparametric modern Hopfield models).
///
/// ```
/// use basinet_core::{Dispatch, EluFeatures, Features};
/// let mut out = [0.0; 2];
/// EluFeatures::new(2)?.of_pattern(Dispatch, &[1.5, 0.0], &mut out)?;
/// assert_eq!(out, [2.5, 1.0]);
/// # Ok::<(), basinet_core::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EluFeatures {
    dim: usize,
}

impl EluFeatures {
    /// Of patterns of `dim` numbers.
    ///
    /// # Errors
    /// [`Error::Empty`] for none.
    pub const fn new(dim: usize) -> Result<Self, Error> {
        if dim == 0 { Err(Error::Empty) } else { Ok(Self { dim }) }
    }
}

impl Features for EluFeatures {
    fn dim(&self) -> usize {
        self.dim
    }
    fn count(&self) -> usize {
        self.dim
    }
    fn of_pattern<K: Kernels>(&self, kernels: K, x: &[f32], out: &mut [f32]) -> Result<(), Error> {
        check(self, x, out)?;
        for (out, &x) in out.iter_mut().zip(x) {
            *out = if x > 0.0 { 0.0 } else { x };
        }
        kernels.exp(out);
        for (out, &x) in out.iter_mut().zip(x) {
            *out = if x > 0.0 { x + 1.0 } else { *out };
        }
        Ok(())
    }
    fn of_query<K: Kernels>(&self, kernels: K, x: &[f32], out: &mut [f32]) -> Result<f64, Error> {
        self.of_pattern(kernels, x, out).map(|()| 0.0)
    }
}

/// Positive random features of the softmax kernel: `phi_j(x) = (exp(sqrt(beta) <w_j, x> - beta |x|^2 / 2 - shift) + offset) / sqrt r`.
///
/// With rows w_j of independent standard normal numbers, or orthogonal ones whose norms are those of such rows, and no offset, the mean of
/// `<phi(q), phi(x)>` is `exp(beta <q, x>)` exactly; its relative variance, for independent rows, is `(exp(beta |q + x|^2) - 1) / r`, so that a superposition
/// comes near the dense memory where beta |x|^2 is 1 or 2 at most, and not beyond. The rows are the caller's: `basinet` draws them,
/// firmware has them in flash.
///
/// A query's features are divided by their largest (or by the offset's part, where that is larger), which cancels, so they never overflow;
/// those of a pattern do so, or are all zero, where beta |x|^2 / 2 is beyond some 87, unless there is a shift. O(r D). Error of a feature:
/// `(4 + |e|) eps` of itself, e the exponent, and 0 where e is at or below -87.3; plus `sqrt(beta)` times the error of a [dot
/// product](crate::dot), of itself. Choromanski et al. 2021, lemma 1 and theorem 2; as a memory, Hu et al. 2024
/// (nonparametric modern Hopfield models).
///
/// ```
/// use basinet_core::{Dispatch, Features, PositiveRandomFeatures, beta};
/// let features = PositiveRandomFeatures::new([0.0, 0.0, 2.0, 0.0], 2, beta!(1.0))?;
/// let mut out = [0.0; 2];
/// features.of_pattern(Dispatch, &[0.0, 0.0], &mut out)?;
/// assert_eq!(out, [0.5f32.sqrt(); 2]);
/// # Ok::<(), basinet_core::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PositiveRandomFeatures<W> {
    rows: RandomRows<W>,
    shift: f32,
    offset: f32,
}

impl<W: AsRef<[f32]>> PositiveRandomFeatures<W> {
    /// The features of these rows, r x D, row-major, at this inverse temperature; without shift and offset.
    ///
    /// # Errors
    /// As [`Patterns::new`].
    pub fn new(weights: W, dim: usize, beta: Beta) -> Result<Self, Error> {
        Ok(Self { rows: RandomRows::new(weights, dim, beta)?, shift: 0.0, offset: 0.0 })
    }

    /// The same with this taken off every exponent of a pattern: above zero where features would overflow, below zero where all would be
    /// zero. It cancels.
    ///
    /// # Errors
    /// [`Error::Parameter`] where it is not finite.
    pub fn with_shift(self, shift: f32) -> Result<Self, Error> {
        if shift.is_finite() { Ok(Self { shift, ..self }) } else { Err(Error::Parameter { requirement: "a shift must be finite" }) }
    }

    /// The same with this added to every exponential, or, of a query, this times the largest `exp(sqrt(beta) <w_j, q>)`: no feature is zero
    /// then, and the kernel is no longer unbiased. (Performer's stabiliser, 1e-4, is of this kind.)
    ///
    /// # Errors
    /// [`Error::Parameter`] where it is not finite or below zero.
    pub fn with_offset(self, offset: f32) -> Result<Self, Error> {
        Ok(Self { offset: nonnegative(offset)?, ..self })
    }
}

impl<W: AsRef<[f32]>> Features for PositiveRandomFeatures<W> {
    fn dim(&self) -> usize {
        self.rows.dim
    }
    fn count(&self) -> usize {
        self.rows.count()
    }
    fn of_pattern<K: Kernels>(&self, kernels: K, x: &[f32], out: &mut [f32]) -> Result<(), Error> {
        check(self, x, out)?;
        self.rows.scores(kernels, x, out)?;
        check_finite(0, out)?;
        let down = self.rows.half_norm(x) + f64::from(self.shift);
        self.exponentials(kernels, 0.0, down, f64::from(self.offset), out)
    }
    fn of_query<K: Kernels>(&self, kernels: K, x: &[f32], out: &mut [f32]) -> Result<f64, Error> {
        check(self, x, out)?;
        self.rows.scores(kernels, x, out)?;
        check_finite(0, out)?;
        let largest = kernels.max(out).unwrap_or(0.0);
        let half = self.rows.half_norm(x);
        // The logarithm of the offset over the largest exponential; what exceeds it is divided by as well.
        let over = if self.offset > 0.0 { half + libm::log(f64::from(self.offset)) } else { f64::NEG_INFINITY };
        let (down, offset) = if over > 0.0 { (over, 1.0) } else { (0.0, f64::from(self.offset) * libm::exp(half)) };
        let offset = if self.offset > 0.0 { offset } else { 0.0 };
        self.exponentials(kernels, largest, down, offset, out)?;
        Ok(self.rows.scale * f64::from(largest) - half + down + f64::from(self.shift))
    }
}

impl<W: AsRef<[f32]>> PositiveRandomFeatures<W> {
    /// Scores to `(exp(sqrt(beta) (score - from) - down) + offset) / sqrt r`.
    fn exponentials<K: Kernels>(&self, kernels: K, from: f32, down: f64, offset: f64, out: &mut [f32]) -> Result<(), Error> {
        for score in out.iter_mut() {
            *score = (self.rows.scale * (f64::from(*score) - f64::from(from)) - down) as f32;
        }
        kernels.exp(out);
        let unit = 1.0 / libm::sqrt(out.len() as f64);
        for feature in out.iter_mut() {
            *feature = ((f64::from(*feature) + offset) * unit) as f32;
        }
        check_finite(0, out)
    }
}

/// `phi_j(x) = relu(sqrt(beta) <w_j, x>) + offset`: a generalised kernel, that of the arc-cosine family for normal rows, with no bound on how
/// far it is from softmax's.
///
/// O(r D). Error of a feature: `2 eps` of itself, plus `sqrt(beta)` times the error of a [dot product](crate::dot). Choromanski et al. 2021,
/// section 4.4 (with 1e-3 for an offset).
///
/// ```
/// use basinet_core::{Dispatch, Features, ReluRandomFeatures, beta};
/// let features = ReluRandomFeatures::new([1.0, 0.0, -1.0, 0.0], 2, beta!(1.0), 0.5)?;
/// let mut out = [0.0; 2];
/// features.of_pattern(Dispatch, &[2.0, 0.0], &mut out)?;
/// assert_eq!(out, [2.5, 0.5]);
/// # Ok::<(), basinet_core::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ReluRandomFeatures<W> {
    rows: RandomRows<W>,
    offset: f32,
}

impl<W: AsRef<[f32]>> ReluRandomFeatures<W> {
    /// The features of these rows, r x D, row-major, at this inverse temperature.
    ///
    /// # Errors
    /// As [`Patterns::new`]; [`Error::Parameter`] where the offset is not finite or below zero.
    pub fn new(weights: W, dim: usize, beta: Beta, offset: f32) -> Result<Self, Error> {
        Ok(Self { rows: RandomRows::new(weights, dim, beta)?, offset: nonnegative(offset)? })
    }
}

impl<W: AsRef<[f32]>> Features for ReluRandomFeatures<W> {
    fn dim(&self) -> usize {
        self.rows.dim
    }
    fn count(&self) -> usize {
        self.rows.count()
    }
    fn of_pattern<K: Kernels>(&self, kernels: K, x: &[f32], out: &mut [f32]) -> Result<(), Error> {
        check(self, x, out)?;
        self.rows.scores(kernels, x, out)?;
        check_finite(0, out)?;
        for score in out.iter_mut() {
            let scaled = self.rows.scale * f64::from(*score);
            *score = (if scaled > 0.0 { scaled } else { 0.0 } + f64::from(self.offset)) as f32;
        }
        check_finite(0, out)
    }
    fn of_query<K: Kernels>(&self, kernels: K, x: &[f32], out: &mut [f32]) -> Result<f64, Error> {
        self.of_pattern(kernels, x, out).map(|()| 0.0)
    }
}

/// Rows to project on, and what projections are multiplied by.
#[derive(Clone, Copy, Debug, PartialEq)]
struct RandomRows<W> {
    weights: W,
    dim: usize,
    /// The square root of beta.
    scale: f64,
}

impl<W: AsRef<[f32]>> RandomRows<W> {
    fn new(weights: W, dim: usize, beta: Beta) -> Result<Self, Error> {
        Patterns::new(weights.as_ref(), dim)?;
        Ok(Self { weights, dim, scale: libm::sqrt(f64::from(beta.get())) })
    }

    fn count(&self) -> usize {
        self.weights.as_ref().len().checked_div(self.dim).unwrap_or(0)
    }

    fn scores<K: Kernels>(&self, kernels: K, x: &[f32], out: &mut [f32]) -> Result<(), Error> {
        Patterns::new(self.weights.as_ref(), self.dim)?.scores(kernels, 0, x, out, false);
        Ok(())
    }

    /// `beta |x|^2 / 2`.
    fn half_norm(&self, x: &[f32]) -> f64 {
        self.scale * self.scale * square_sum(x) / 2.0
    }
}

/// Checks lengths and numbers.
fn check(features: &impl Features, x: &[f32], out: &[f32]) -> Result<(), Error> {
    same(features.dim(), x.len())?;
    same(features.count(), out.len())?;
    x.iter().position(|x| !x.is_finite()).map_or(Ok(()), |index| Err(Error::QueryNotFinite { index }))
}

fn nonnegative(offset: f32) -> Result<f32, Error> {
    if offset >= 0.0 && offset.is_finite() {
        Ok(offset)
    } else {
        Err(Error::Parameter { requirement: "an offset must be finite and not below zero" })
    }
}
