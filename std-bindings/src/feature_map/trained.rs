//! What training returns.

use super::{Error, Number};
use crate::codes;

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
    /// The loss at the end of the start that was kept.
    pub loss: f64,
    /// Which start it was.
    pub start: usize,
    /// How many steps it took.
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
        if dim == 0 || !weights.len().is_multiple_of(dim) {
            return Err(Error::Length { len: weights.len(), dim });
        }
        let features = weights.len() / dim;
        if features == 0 {
            return Err(Error::Dimension { dim: 0, least: 1 });
        }
        if let Some(bias) = bias.as_ref().filter(|bias| bias.len() != features) {
            return Err(Error::Length { len: bias.len(), dim: features });
        }
        Ok(Self { weights, bias, dim, features, separation: f64::NAN, loss: f64::NAN, start: 0, iterations: 0 })
    }

    /// `W x + b` of rows of `dim` numbers: rows of `features`. O(rows dim features).
    ///
    /// # Errors
    /// [`Error::Length`].
    pub fn features(&self, rows: &[F]) -> Result<Vec<F>, Error> {
        todo!()
    }

    /// The features of rows of `dim` numbers, each row at norm 1. O(rows dim features).
    ///
    /// # Errors
    /// [`Error::Length`]; [`Error::ZeroRow`], [`Error::NotFinite`] where the features of a row are zeros, or overflow.
    pub fn unit_features(&self, rows: &[F]) -> Result<Vec<F>, Error> {
        todo!()
    }
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
