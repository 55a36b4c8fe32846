//! What training returns.

use super::descent::Descended;
use super::problem::normalise;
use super::{Error, Number};
use crate::{LinearMap, codes};
use ndarray::{Array2, ArrayView2, s};

/// A feature map `W x + b`, and what it does to the patterns that it was trained with.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Trained<F = f32> {
    /// W: `features` rows of `dim` numbers, row by row.
    pub weights: Vec<F>,
    /// b: `features` numbers, where the map has a bias.
    pub bias: Option<Vec<F>>,
    /// d, how many numbers a pattern has.
    pub dim: usize,
    /// D, how many features.
    pub features: usize,
    /// The smallest separation of the patterns' features at norm 1, `1 - max cos`, computed from them in f64.
    pub separation: f64,
    /// The loss of these weights.
    pub loss: f64,
    /// Which start it was.
    pub start: usize,
    /// How many steps led to them.
    pub iterations: usize,
}

impl<F: Number> Trained<F> {
    /// A map that was learned elsewhere: `weights` are rows of `dim` numbers. Its separation is unknown, NaN, until it is
    /// [refined](super::Training::refine).
    ///
    /// ```
    /// use basinet::feature_map::Trained;
    /// let map = Trained::new(vec![1.0_f32, 0.0, 0.0, 2.0], None, 2)?;
    /// assert_eq!(map.features(&[3.0, 4.0])?, [3.0, 8.0]);
    /// assert_eq!(map.unit_features(&[3.0, 2.0])?, [0.6, 0.8]);
    /// # Ok::<(), basinet::codes::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::Length`] where the weights are not rows of `dim`, or the bias has another length than there are rows;
    /// [`Error::Dimension`] without weights.
    pub fn new(weights: Vec<F>, bias: Option<Vec<F>>, dim: usize) -> Result<Self, Error> {
        let features = weights.len().checked_div(dim).unwrap_or(0);
        let map = Self { weights, bias, dim, features, separation: f64::NAN, loss: f64::NAN, start: 0, iterations: 0 };
        map.check()?;
        if features == 0 { Err(Error::Dimension { dim: 0, least: 1 }) } else { Ok(map) }
    }

    /// `W x + b` of rows of `dim` numbers: rows of `features`. O(rows dim features).
    ///
    /// # Errors
    /// [`Error::Length`].
    pub fn features(&self, rows: &[F]) -> Result<Vec<F>, Error> {
        self.check()?;
        let inputs = inputs(rows, self.dim, self.bias.is_some())?;
        Ok(inputs.dot(&parameters(self).t()).into_raw_vec_and_offset().0)
    }

    /// The features of rows of `dim` numbers, each row at norm 1. O(rows dim features).
    ///
    /// # Errors
    /// [`Error::Length`]; [`Error::ZeroRow`], [`Error::NotFinite`] where the features of a row are zeros, or overflow.
    pub fn unit_features(&self, rows: &[F]) -> Result<Vec<F>, Error> {
        self.check()?;
        let inputs = inputs(rows, self.dim, self.bias.is_some())?;
        let mut units = inputs.dot(&parameters(self).t());
        normalise(&mut units, &mut vec![F::one(); inputs.nrows()])?;
        Ok(units.into_raw_vec_and_offset().0)
    }
}

impl<F> Trained<F> {
    /// Whether there still are as many numbers as the sizes say.
    pub(super) fn check(&self) -> Result<(), Error> {
        let wrong = |len, dim| Err(Error::Length { len, dim });
        match &self.bias {
            _ if self.dim == 0 || self.dim.checked_mul(self.features) != Some(self.weights.len()) => wrong(self.weights.len(), self.dim),
            Some(bias) if bias.len() != self.features => wrong(bias.len(), self.features),
            _ => Ok(()),
        }
    }
}

impl Trained<f32> {
    /// The map as core applies it, whose features have the same bits on every machine. Those of [`features`](Self::features) are the same
    /// within rounding.
    ///
    /// # Errors
    /// As [`LinearMap::new`]: a weight or the bias is not finite.
    pub fn linear_map(&self) -> Result<LinearMap, basinet_core::Error> {
        LinearMap::new(self.weights.clone(), self.dim, self.bias.clone())
    }
}

/// Rows as a matrix, with a column of ones where there is a bias.
pub(super) fn inputs<F: Number>(rows: &[F], dim: usize, bias: bool) -> Result<Array2<F>, Error> {
    let wrong = Error::Length { len: rows.len(), dim };
    let count = rows.len().checked_div(dim).filter(|count| count * dim == rows.len()).ok_or(wrong)?;
    let rows = ArrayView2::from_shape((count, dim), rows).map_err(|_| wrong)?;
    let mut inputs = Array2::ones((count, dim + usize::from(bias)));
    inputs.slice_mut(s![.., ..dim]).assign(&rows);
    Ok(inputs)
}

/// W, with the bias as its last column where there is one.
pub(super) fn parameters<F: Number>(map: &Trained<F>) -> Array2<F> {
    let columns = map.dim + usize::from(map.bias.is_some());
    let of = |(i, j): (usize, usize)| match &map.bias {
        Some(bias) if j == map.dim => bias[i],
        _ => map.weights[i * map.dim + j],
    };
    Array2::from_shape_fn((map.features, columns), of)
}

/// The map of these parameters, and how far it moves the rows apart.
pub(super) fn trained<F: Number>(rows: &[F], dim: usize, bias: bool, descended: Descended<F>) -> Result<Trained<F>, Error> {
    let Descended { parameters, loss, start, iterations, .. } = descended;
    let weights = parameters.slice(s![.., ..dim]).iter().copied().collect();
    let bias = bias.then(|| parameters.column(dim).to_vec());
    let mut map = Trained { loss, start, iterations, ..Trained::new(weights, bias, dim)? };
    map.separation = codes::closest(&map.features(rows)?, map.features)?.separation();
    Ok(map)
}

/// A spherical code.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Points {
    /// The points: rows of `dim` numbers, at norm 1.
    pub points: Vec<f64>,
    /// The dimensions.
    pub dim: usize,
    /// Their smallest separation, `1 - max cos`.
    pub separation: f64,
    /// Which start placed them.
    pub start: usize,
    /// How many steps it took.
    pub iterations: usize,
}

impl Points {
    /// The smallest angle between any two of them, in degrees.
    ///
    /// # Errors
    /// [`Error::OutOfRange`] where the separation was set to what is none.
    pub fn degrees(&self) -> Result<f64, Error> {
        codes::degrees(self.separation)
    }
}
