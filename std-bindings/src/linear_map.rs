//! A feature map that owns its numbers.

use basinet_core::{Error, FeatureMap, Kernels, Patterns};

/// The numbers of a [`FeatureMap`], on the heap: what a training gives, and what a [`KernelMemory`](crate::KernelMemory) keeps.
///
/// ```
/// use basinet::LinearMap;
/// let map = LinearMap::new(vec![0.0, 2.0, 1.0, 0.0], 2, None)?.unit();
/// assert_eq!(map.rows(&[0.0, 5.0, 3.0, 2.0])?, [1.0, 0.0, 0.8, 0.6]);
/// # Ok::<(), basinet::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct LinearMap {
    weights: Vec<f32>,
    dim: usize,
    bias: Option<Vec<f32>>,
    unit: bool,
}

impl<K: Kernels> From<&FeatureMap<'_, K>> for LinearMap {
    fn from(map: &FeatureMap<'_, K>) -> Self {
        Self { weights: map.weights().to_vec(), dim: map.dim(), bias: map.bias().map(<[f32]>::to_vec), unit: map.is_unit() }
    }
}

impl LinearMap {
    /// The map of these weights, features x `dim`, row-major, perhaps with a bias, a number for each feature. O(numbers).
    ///
    /// # Errors
    /// As [`Patterns::new`] of the weights; [`Error::Length`] of the bias; [`Error::FeatureNotFinite`] with the feature that has a weight or
    /// a bias which is NaN or infinite.
    pub fn new(weights: Vec<f32>, dim: usize, bias: Option<Vec<f32>>) -> Result<Self, Error> {
        let map = Self { weights, dim, bias, unit: false };
        map.view()?;
        let infinite = |numbers: &[f32], each: usize| numbers.iter().position(|x| !x.is_finite()).map(|at| at / each);
        match infinite(&map.weights, dim).or(infinite(map.bias.as_deref().unwrap_or(&[]), 1)) {
            Some(index) => Err(Error::FeatureNotFinite { index }),
            None => Ok(map),
        }
    }

    /// The same map, whose features are divided by their Euclidean norm: [`FeatureMap::unit`].
    #[must_use]
    pub fn unit(self) -> Self {
        Self { unit: true, ..self }
    }

    /// The map, as core sees it. O(1).
    ///
    /// # Errors
    /// None: its sizes have been looked at.
    pub fn view(&self) -> Result<FeatureMap<'_>, Error> {
        let map = FeatureMap::new(&self.weights, self.dim)?;
        let map = if let Some(bias) = &self.bias { map.with_bias(bias)? } else { map };
        Ok(if self.unit { map.unit() } else { map })
    }

    /// Numbers of a pattern.
    pub fn dim(&self) -> usize {
        self.dim
    }

    /// Numbers that it has after the map.
    pub fn features(&self) -> usize {
        self.weights.len() / self.dim
    }

    /// The features of `rows`, M x `dim`, row-major: M x [`features`](Self::features). O(M dim features).
    ///
    /// # Errors
    /// As [`FeatureMap::apply_rows`].
    pub fn rows(&self, rows: &[f32]) -> Result<Vec<f32>, Error> {
        let rows = Patterns::new(rows, self.dim)?;
        let mut features = vec![0.0; rows.count().checked_mul(self.features()).ok_or(Error::TooLarge)?];
        self.view()?.apply_rows(&rows, &mut features)?;
        Ok(features)
    }
}
