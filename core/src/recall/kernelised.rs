//! Kernelised memories: states and patterns are compared by their features, and the patterns themselves are read out.
//!
//! `f = Phi(x)`, `z = beta s(F, f)` with row i of F `Phi(x_i)`, `p = separation(z)`, `x' = sum_i p_i v_i`: U-Hop (Wu et al. 2024, stage
//! two) for linear features, U-Hop+ (Hu et al. 2024) for unit ones. What descends is the energy of f over the memories `Phi(x_i)`, that
//! of [`Model::energy`]:
//!
//! - *Linear*, `v_i = x_i`: `Phi(x') = sum_i p_i Phi(x_i)`, for `sum p = 1` also with a bias. That is the step of f in the space of
//!   features, which never raises its energy. No inverse of Phi is needed, and W need not have one (derived).
//! - *Unit*, no bias, `v_i = x_i / |W x_i|`: `Phi(x')` is `sum_i p_i Phi(x_i)` brought back to the sphere. There the energy is a constant
//!   less a convex function of f, whose gradient that sum is, up to a positive factor; what maximises its tangent on the sphere cannot have
//!   a lower value of it (derived).
//! - *Unit*, `v_i = x_i`: the identity does not hold, and a step may raise the energy a little (the reference's case does, from the second
//!   step of sparsemax on). This is what the published code computes.

use super::post::Identity;
use super::settle::{Iteration, Lens};
use super::{Model, Report, Scratch, Step, Stop};
use crate::dispatch::{Dispatch, Kernels};
use crate::error::Error;
use crate::feature_map::FeatureMap;
use crate::patterns::Rows;
use crate::separation::Separation;
use crate::similarity::{Descends, Dot, Similarity};

/// A model that compares features: a [`FeatureMap`] in front of its similarity, and nothing else. Made by [`Model::through`].
///
/// The features of the patterns are stored, M x D', and made once, by [`FeatureMap::apply_rows`]. The scratch memory has room for those of
/// the state: [`Scratch::with_features`].
///
/// **What descends.** [`energy`](Self::energy), of the features. With a linear map steps never raise it (for every separation whose weights
/// sum to one; for the others with dot products and without a bias). With [unit](FeatureMap::unit) features they never do if the map has no
/// bias and the values are `x_i / |W x_i|`; with the patterns as values they may.
///
/// ```
/// use basinet_core::{Buffers, FeatureMap, Model, Patterns, Sparsemax, beta};
/// // The third number of these patterns is noise, which the map does not look at.
/// let data = [1.0, 0.0, 7.0, 0.0, 1.0, -7.0];
/// let patterns = Patterns::new(&data, 3)?;
/// let map = FeatureMap::new(&[1.0, 0.0, 0.0, 0.0, 1.0, 0.0], 3)?;
/// let mut features = [0.0; 4];
/// map.apply_rows(&patterns, &mut features)?;
/// let features = Patterns::new(&features, 2)?;
/// let (mut out, mut buffers, mut room) = ([0.0; 3], Buffers::<3, 2>::new(), [0.0; 2]);
/// let model = Model::new(beta!(2.0), Sparsemax).through(map);
/// let step = model.step(&features, &patterns, &[1.0, 0.1, -9.0], &mut out, &mut buffers.scratch().with_features(&mut room))?;
/// assert!(step.is_exact());
/// assert_eq!(out, [1.0, 0.0, 7.0]);
/// # Ok::<(), basinet_core::Error>(())
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Kernelised<'m, S, Q = Dot, K = Dispatch> {
    model: Model<S, Q, K>,
    map: FeatureMap<'m, K>,
}

impl<K: Kernels> Lens for FeatureMap<'_, K> {
    fn room(&self) -> usize {
        self.features()
    }

    fn look<'a>(&self, state: &'a [f32], room: &'a mut [f32]) -> Result<&'a [f32], Error> {
        self.check(state)?;
        self.write(state, room)?;
        Ok(room)
    }
}

impl<S: Separation, Q: Similarity, K: Kernels> Model<S, Q, K> {
    /// The same model that compares what `map` makes of patterns and states, by the kernels of this model.
    pub fn through<L: Kernels>(self, map: FeatureMap<'_, L>) -> Kernelised<'_, S, Q, K> {
        Kernelised { model: self, map: map.on(self.kernels) }
    }
}

impl<'m, S: Separation, Q: Similarity, K: Kernels> Kernelised<'m, S, Q, K> {
    /// The model that compares the features.
    pub fn model(&self) -> Model<S, Q, K> {
        self.model
    }

    /// The map.
    pub fn map(&self) -> FeatureMap<'m, K> {
        self.map
    }

    /// One step: `out = sum_i p_i v_i`, with `p = separation(beta s(features, Phi(query)))`.
    ///
    /// `features` is M x D', `values` M x N, `query` has D numbers, `out` N: the patterns themselves, or others. The step, bit for bit, that
    /// [`Model::read`] makes from `Phi(query)`, and its energy is that of `Phi(query)` without its constant. O(D' (M + D) + M N).
    ///
    /// # Errors
    /// As [`Model::read`]; [`Error::Scratch`] also where the features have no room, [`Error::FeatureNotFinite`], [`Error::ZeroFeatures`]. `out`
    /// is as it was then.
    pub fn step(
        &self,
        features: &impl Rows,
        values: &impl Rows,
        query: &[f32],
        out: &mut [f32],
        scratch: &mut Scratch<'_>,
    ) -> Result<Step, Error> {
        self.over(features, values).advance(query, out, scratch).map(|(step, _)| step)
    }

    fn over<'i, R: Rows, V: Rows>(&self, keys: &'i R, values: &'i V) -> Iteration<'i, S, Identity, Q, K, FeatureMap<'m, K>, R, V> {
        Iteration { model: self.model, post: Identity, lens: self.map, keys, values }
    }
}

impl<S: Separation, Q: Descends, K: Kernels> Kernelised<'_, S, Q, K> {
    /// Steps from `state` until a rule of `stop` is met; `state` is the last one then. As [`Model::settle`].
    ///
    /// `features` is M x D', `values` M x D, `state` has D numbers. The report's energies are those of the features; its residual is the
    /// change of the state, which is not a gradient of them. A rule on weights needs room for the features of two states.
    ///
    /// ```
    /// use basinet_core::{Buffers, FeatureMap, Model, Patterns, Softmax, Stop, beta};
    /// let data = [1.0, 0.5, -1.0, 1.0];
    /// let patterns = Patterns::new(&data, 2)?;
    /// let map = FeatureMap::new(&[3.0, 0.0, 1.0, 1.0, 0.0, 2.0], 2)?;
    /// let (mut features, mut buffers, mut room) = ([0.0; 6], Buffers::<2, 0>::new(), [0.0; 3]);
    /// map.apply_rows(&patterns, &mut features)?;
    /// let model = Model::new(beta!(2.0), Softmax).through(map);
    /// let mut state = [0.5, 0.0];
    /// let mut scratch = buffers.scratch().with_features(&mut room);
    /// let report = model.settle(&Patterns::new(&features, 3)?, &patterns, &mut state, Stop::default(), &mut scratch)?;
    /// assert!(report.converged && report.energy < report.first_energy);
    /// assert!((state[0] - 1.0).abs() < 1e-4 && (state[1] - 0.5).abs() < 1e-4);
    /// # Ok::<(), basinet_core::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`step`](Self::step). `state` is as it was then.
    pub fn settle(
        &self,
        features: &impl Rows,
        values: &impl Rows,
        state: &mut [f32],
        stop: Stop,
        scratch: &mut Scratch<'_>,
    ) -> Result<Report, Error> {
        self.settle_observed(features, values, state, stop, scratch, |_, _| {})
    }

    /// As [`settle`](Self::settle); `observe` is shown every step with the state it came to. A step's energy is that of the state it left.
    ///
    /// # Errors
    /// As [`settle`](Self::settle).
    pub fn settle_observed(
        &self,
        features: &impl Rows,
        values: &impl Rows,
        state: &mut [f32],
        stop: Stop,
        scratch: &mut Scratch<'_>,
        observe: impl FnMut(&Step, &[f32]),
    ) -> Result<Report, Error> {
        self.over(features, values).settle(state, stop, scratch, observe)
    }

    /// The energy of `Phi(state)` over the stored features: as [`Model::energy`], with `max_norm` the largest norm of a row of `features` (1
    /// for unit ones). O(D' (M + D)). Wu et al. 2024, with 1/beta for every separation (derived).
    ///
    /// # Errors
    /// As [`Model::energy`], and of the map as [`step`](Self::step).
    pub fn energy(&self, features: &impl Rows, state: &[f32], max_norm: f32, scratch: &mut Scratch<'_>) -> Result<f64, Error> {
        let (room, mut scratch) = scratch.features(self.map.features())?;
        let f = self.map.look(state, room)?;
        self.model.energy(features, f, max_norm, &mut scratch)
    }
}
