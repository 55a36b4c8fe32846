//! Feature maps: what a kernelised memory compares in the place of patterns and states. Linear, with a bias or without, of unit length or not.
//!
//! `Phi(x) = W x + b`, or that divided by its norm: the kernel `K(u, v) = <Phi(u), Phi(v)>` of U-Hop (Wu et al. 2024) for the first, of
//! U-Hop+ (Hu et al. 2024), whose features are a code on the sphere, for the second. A map is borrowed like patterns are, and learned
//! elsewhere.

use crate::dispatch::{Dispatch, Kernels};
use crate::error::Error;
use crate::kernels::BLOCK;
use crate::patterns::{Patterns, Rows, rescale, square_sum};
use crate::recall::same;

/// A view of a linear feature map: `Phi(x) = W x + b`, with W of D' x D weights, row-major, b of D' numbers or none.
///
/// A feature is the [dot product](crate::dot) of a row of W and x, plus its bias: one rounding more, the same bits on every target.
/// [Unit](Self::unit) features are divided by their Euclidean norm, which is summed in f64, and rounded once more. Weights are only read
/// when the map is applied; it is then that one which is not finite is found.
///
/// ```
/// use basinet_core::FeatureMap;
/// let map = FeatureMap::new(&[1.0, 2.0, 0.0, -1.0], 2)?.with_bias(&[0.0, 5.0])?;
/// let mut features = [0.0; 2];
/// map.apply(&[1.0, 1.0], &mut features)?;
/// assert_eq!(features, [3.0, 4.0]);
/// map.unit().apply(&[1.0, 1.0], &mut features)?;
/// assert_eq!(features, [0.6, 0.8]);
/// # Ok::<(), basinet_core::Error>(())
/// ```
#[derive(Clone, Copy, Debug)]
pub struct FeatureMap<'a, K = Dispatch> {
    weights: Patterns<'a>,
    bias: Option<&'a [f32]>,
    unit: bool,
    kernels: K,
}

impl<'a> FeatureMap<'a> {
    /// The map of these weights, `features` x `dim`, row-major, without a bias. Costs nothing and reads no number.
    ///
    /// # Errors
    /// As [`Patterns::new`].
    pub const fn new(weights: &'a [f32], dim: usize) -> Result<Self, Error> {
        match Patterns::new(weights, dim) {
            Ok(weights) => Ok(Self { weights, bias: None, unit: false, kernels: Dispatch }),
            Err(error) => Err(error),
        }
    }
}

impl<'a, K: Kernels> FeatureMap<'a, K> {
    /// The same with `bias` added to the features, a number for each.
    ///
    /// # Errors
    /// [`Error::Length`] where there are not as many numbers as features.
    pub const fn with_bias(self, bias: &'a [f32]) -> Result<Self, Error> {
        let expected = self.weights.count();
        if bias.len() != expected {
            return Err(Error::Length { expected, found: bias.len() });
        }
        Ok(Self { bias: Some(bias), ..self })
    }

    /// The same whose features are divided by their Euclidean norm: points of the unit sphere, dot products that are cosines.
    #[must_use]
    pub const fn unit(self) -> Self {
        Self { unit: true, ..self }
    }

    /// The same map by the kernels of one backend, as [`Backend::run`](crate::Backend::run) hands them out. The bits are the same.
    pub fn on<L: Kernels>(self, kernels: L) -> FeatureMap<'a, L> {
        FeatureMap { weights: self.weights, bias: self.bias, unit: self.unit, kernels }
    }

    /// D: the numbers of a pattern or state.
    pub const fn dim(&self) -> usize {
        self.weights.dim()
    }

    /// D': the numbers that one has after the map.
    pub const fn features(&self) -> usize {
        self.weights.count()
    }

    /// W, D' x D, row-major.
    pub fn weights(&self) -> &'a [f32] {
        self.weights.behind(0)
    }

    /// b, where there is one.
    pub const fn bias(&self) -> Option<&'a [f32]> {
        self.bias
    }

    /// Whether features have unit length.
    pub const fn is_unit(&self) -> bool {
        self.unit
    }

    /// `out = Phi(x)`; `x` has D numbers, `out` D'.
    ///
    /// O(D' D), twice: once to see that all features are finite, once to write them. Error of a feature before it is divided:
    /// `(ceil(D/16) + 6) eps (sum_j |w_j x_j| + |b|) + D 2^-149`, eps = 2^-24 (derived: that of the dot product, and a sum rounded).
    ///
    /// # Errors
    /// [`Error::Length`], [`Error::QueryNotFinite`], [`Error::FeatureNotFinite`]; [`Error::ZeroFeatures`] where all features are zero and
    /// were to have unit length. `out` is as it was then.
    pub fn apply(&self, x: &[f32], out: &mut [f32]) -> Result<(), Error> {
        same(self.features(), out.len())?;
        self.check(x)?;
        self.survey(x)?;
        self.write(x, out)
    }

    /// `Phi` of each of many patterns, as [`apply`](Self::apply): what a [kernelised](crate::Kernelised) memory stores beside them, once.
    ///
    /// `rows` is M x D, `out` M x D', row-major. O(M D' D), twice as there.
    ///
    /// ```
    /// use basinet_core::{FeatureMap, Patterns};
    /// let (data, mut features) = ([1.0, 2.0, 3.0, 4.0], [0.0; 6]);
    /// let map = FeatureMap::new(&[1.0, 0.0, 0.0, 1.0, 1.0, 1.0], 2)?;
    /// map.apply_rows(&Patterns::new(&data, 2)?, &mut features)?;
    /// assert_eq!(features, [1.0, 2.0, 3.0, 3.0, 4.0, 7.0]);
    /// # Ok::<(), basinet_core::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::Length`], [`Error::TooLarge`]; [`Error::ScoreNotFinite`] with the row that holds a number that is NaN or infinite;
    /// [`Error::FeatureNotFinite`] with the place in `out`, [`Error::ZeroFeatures`] with the row. `out` is as it was then.
    pub fn apply_rows(&self, rows: &Patterns<'_>, out: &mut [f32]) -> Result<(), Error> {
        same(self.dim(), rows.dim())?;
        same(self.features().checked_mul(rows.count()).ok_or(Error::TooLarge)?, out.len())?;
        let row = |i| rows.row(i).unwrap_or(&[]);
        for i in 0..rows.count() {
            self.check(row(i)).map_err(|_| Error::ScoreNotFinite { row: i })?;
            self.survey(row(i)).map_err(|error| match error {
                Error::FeatureNotFinite { index } => Error::FeatureNotFinite { index: i * self.features() + index },
                Error::ZeroFeatures { .. } => Error::ZeroFeatures { row: i },
                error => error,
            })?;
        }
        for (i, out) in out.chunks_mut(self.features().max(1)).enumerate() {
            self.write(row(i), out)?;
        }
        Ok(())
    }

    /// Whether `x` is one that the map can be applied to.
    ///
    /// # Errors
    /// [`Error::Length`], [`Error::QueryNotFinite`].
    pub(crate) fn check(&self, x: &[f32]) -> Result<(), Error> {
        same(self.dim(), x.len())?;
        x.iter().position(|x| !x.is_finite()).map_or(Ok(()), |index| Err(Error::QueryNotFinite { index }))
    }

    /// Writes the features of an `x` that was checked, or a part of them where they have an error.
    ///
    /// # Errors
    /// [`Error::FeatureNotFinite`], [`Error::ZeroFeatures`].
    pub(crate) fn write(&self, x: &[f32], out: &mut [f32]) -> Result<(), Error> {
        self.plain(x, 0, out);
        let norm = self.norm(check_finite(0, out).map(|()| square_sum(out))?)?;
        if self.unit {
            rescale(out, 0.0, norm, 1.0);
        }
        Ok(())
    }

    /// Whether [`write`](Self::write) will have an error, without writing.
    fn survey(&self, x: &[f32]) -> Result<(), Error> {
        let mut block = [0.0; BLOCK];
        let (mut from, mut squares) = (0, 0.0);
        while let Some(features) = block.get_mut(..BLOCK.min(self.features() - from)).filter(|features| !features.is_empty()) {
            self.plain(x, from, features);
            check_finite(from, features)?;
            squares += square_sum(features);
            from += features.len();
        }
        self.norm(squares).map(|_| ())
    }

    /// Features `from..from + out.len()`, not divided by anything.
    fn plain(&self, x: &[f32], from: usize, out: &mut [f32]) {
        self.weights.scores(self.kernels, from, x, out, false);
        let bias = self.bias.unwrap_or(&[]).iter().skip(from).copied();
        for (feature, bias) in out.iter_mut().zip(bias.chain(core::iter::repeat(0.0))) {
            *feature = *feature + bias + 0.0;
        }
    }

    /// The norm of features whose squares add up to this.
    fn norm(&self, squares: f64) -> Result<f64, Error> {
        if self.unit && squares == 0.0 { Err(Error::ZeroFeatures { row: 0 }) } else { Ok(libm::sqrt(squares)) }
    }
}

/// Finds the first feature that is not finite; they are those from `from` on.
pub(crate) fn check_finite(from: usize, features: &[f32]) -> Result<(), Error> {
    features.iter().position(|x| !x.is_finite()).map_or(Ok(()), |index| Err(Error::FeatureNotFinite { index: from + index }))
}
