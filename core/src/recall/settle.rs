//! Recall as an iteration: from a state to the next, until it stays.

use super::pass::{StateOf, same};
use super::post::{Identity, Post};
use super::source::{Rescan, Source};
use super::state::{Normaliser, State};
use super::{Model, Scratch, Step};
use crate::dispatch::{Dispatch, Kernels};
use crate::error::Error;
use crate::patterns::{Rows, square_sum};
use crate::separation::Separation;
use crate::similarity::{Descends, Dot, Similarity};

/// When an iteration ends: whichever of its rules is met first.
///
/// ```
/// use basinet_core::Stop;
/// let stop = Stop::after(20).state_change(1e-4).weight_change(1e-4);
/// assert_eq!(stop.steps, 20);
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub struct Stop {
    /// At most so many steps. (hflayers counts one less: its `update_steps_max = n` makes n + 1 associations.)
    pub steps: usize,
    /// Converged when `|x' - x|` is at most this times `|x'|`.
    pub state_change: f32,
    /// Converged when the weights of two successive steps differ by at most this, as vectors (hflayers: 1e-4). Costs a reading of the
    /// patterns for each step.
    pub weight_change: Option<f32>,
}

impl Stop {
    /// After so many steps, or when the state no longer changes at all.
    pub const fn after(steps: usize) -> Self {
        Self { steps, state_change: 0.0, weight_change: None }
    }

    /// The same, or when the state changes by no more than this, relative to its length.
    pub const fn state_change(self, relative: f32) -> Self {
        Self { state_change: relative, ..self }
    }

    /// The same, or when the weights change by no more than this.
    pub const fn weight_change(self, norm: f32) -> Self {
        Self { weight_change: Some(norm), ..self }
    }
}

impl Default for Stop {
    /// 100 steps, or a relative change of 2^-20.
    fn default() -> Self {
        Self::after(100).state_change(1.0 / 1_048_576.0)
    }
}

/// What an iteration says about itself.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub struct Report {
    /// Steps taken.
    pub steps: usize,
    /// A rule on change was met, not just the number of steps.
    pub converged: bool,
    /// `|x' - x|` of the last step: the norm of the energy's gradient there.
    pub residual: f64,
    /// `|p' - p|` between the last two steps, where it was asked for and two were taken.
    pub weight_change: Option<f64>,
    /// The energy of the first state, without its constant.
    pub first_energy: f64,
    /// The energy of the last state, without its constant.
    pub energy: f64,
    /// The largest rise of the energy in one step: rounding, or zero.
    pub largest_rise: f64,
    /// The last state's own weights: winner, gap, support. (Its energy is the one above.)
    pub last: Step,
    /// The size of a metastable state: weights above 0.01, or for a sparse map all that are not zero.
    pub metastable: usize,
}

/// A model and what its states go through after they are read out. Made by [`Model::then`].
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Dynamics<S, P, Q = Dot, K = Dispatch> {
    pub(super) model: Model<S, Q, K>,
    pub(super) post: P,
}

/// Weights above this count for a metastable state of a dense map.
const METASTABLE: f32 = 0.01;

/// What of a state is compared with the keys: the state itself, or its features.
pub trait Lens: Copy {
    /// Numbers it needs room for.
    fn room(&self) -> usize;
    /// What is compared, in `room` where it is not the state.
    ///
    /// # Errors
    /// Where there is none of this state.
    fn look<'a>(&self, state: &'a [f32], room: &'a mut [f32]) -> Result<&'a [f32], Error>;
}

/// The state itself.
#[derive(Clone, Copy, Debug)]
pub struct Bare;

impl Lens for Bare {
    fn room(&self) -> usize {
        0
    }
    fn look<'a>(&self, state: &'a [f32], _: &'a mut [f32]) -> Result<&'a [f32], Error> {
        Ok(state)
    }
}

/// All that a step is made of but the state: a state is looked at through the lens, compared with the keys, read out of the values, and
/// goes through the post step.
#[derive(Debug)]
pub struct Iteration<'i, S, P, Q, K, L, R, V> {
    pub model: Model<S, Q, K>,
    pub post: P,
    pub lens: L,
    pub keys: &'i R,
    pub values: &'i V,
}

/// A state, those before and after it, and the memory that a step works in.
struct Walk<'w, 's> {
    before: &'w mut [f32],
    state: &'w mut [f32],
    next: &'w mut [f32],
    scratch: Scratch<'s>,
}

/// `|a - b|`.
pub fn distance(a: &[f32], b: &[f32]) -> f64 {
    let mut sum = 0.0;
    for (&a, &b) in a.iter().zip(b) {
        let apart = f64::from(a) - f64::from(b);
        sum += apart * apart;
    }
    libm::sqrt(sum)
}

/// Copies what fits.
pub fn copy(to: &mut [f32], from: &[f32]) {
    for (to, &from) in to.iter_mut().zip(from) {
        *to = from;
    }
}

impl<S: Separation, P: Post, Q: Descends, K: Kernels> Dynamics<S, P, Q, K> {
    /// One step: `out = post(X^T p)`. As [`Model::step`], and its energy is that of these dynamics.
    ///
    /// # Errors
    /// As [`Model::step`].
    pub fn step(&self, rows: &impl Rows, query: &[f32], out: &mut [f32], scratch: &mut Scratch<'_>) -> Result<Step, Error> {
        let (step, _) = self.over(rows).advance(query, out, scratch)?;
        Ok(step)
    }

    /// Steps from `state` until a rule of `stop` is met; `state` is the last one then. As [`Model::settle`].
    ///
    /// # Errors
    /// As [`Model::settle`].
    pub fn settle(&self, rows: &impl Rows, state: &mut [f32], stop: Stop, scratch: &mut Scratch<'_>) -> Result<Report, Error> {
        self.settle_observed(rows, state, stop, scratch, |_, _| {})
    }

    /// The same; `observe` is shown every step with the state it came to.
    ///
    /// # Errors
    /// As [`Model::settle`].
    pub fn settle_observed(
        &self,
        rows: &impl Rows,
        state: &mut [f32],
        stop: Stop,
        scratch: &mut Scratch<'_>,
        observe: impl FnMut(&Step, &[f32]),
    ) -> Result<Report, Error> {
        self.over(rows).settle(state, stop, scratch, observe)
    }

    /// These dynamics of the rows themselves.
    fn over<'i, R: Rows>(&self, rows: &'i R) -> Iteration<'i, S, P, Q, K, Bare, R, R> {
        Iteration { model: self.model, post: self.post, lens: Bare, keys: rows, values: rows }
    }
}

impl<S: Separation, P: Post, Q: Similarity, K: Kernels, L: Lens, R: Rows, V: Rows> Iteration<'_, S, P, Q, K, L, R, V> {
    /// Steps from `state` until a rule of `stop` is met; `state` is the last one then, and as it was on an error.
    pub fn settle(
        &self,
        state: &mut [f32],
        stop: Stop,
        scratch: &mut Scratch<'_>,
        mut observe: impl FnMut(&Step, &[f32]),
    ) -> Result<Report, Error> {
        same(self.values.dim(), state.len())?;
        let ([before, current, next], scratch) = scratch.split(state.len())?;
        let mut walk = Walk { before, state: current, next, scratch };
        copy(walk.state, state);
        let mut energies = Energies::NONE;
        let mut previous: Option<Normaliser> = None;
        let (mut steps, mut residual, mut weight_change, mut converged) = (0, f64::INFINITY, None, false);
        while steps < stop.steps && !converged {
            let (step, normaliser) = self.advance(walk.state, walk.next, &mut walk.scratch)?;
            if let (Some(_), Some(previous)) = (stop.weight_change, previous) {
                weight_change = Some(self.weights_apart((walk.before, &previous), (walk.state, &normaliser), &mut walk.scratch)?);
            }
            previous = Some(normaliser);
            residual = distance(walk.next, walk.state);
            let length = libm::sqrt(square_sum(walk.next));
            let weights_stay = matches!((weight_change, stop.weight_change), (Some(change), Some(most)) if change <= f64::from(most));
            converged = residual == 0.0 || residual <= f64::from(stop.state_change) * length || weights_stay;
            steps += 1;
            energies.meet(step.energy);
            observe(&step, walk.next);
            copy(walk.before, walk.state);
            copy(walk.state, walk.next);
        }
        let (last, metastable) = self.look(walk.state, &mut walk.scratch)?;
        energies.meet(last.energy);
        copy(state, walk.state);
        let Energies { first, latest: energy, largest_rise } = energies;
        Ok(Report { steps, converged, residual, weight_change, first_energy: first, energy, largest_rise, last, metastable })
    }

    /// A step, and what its weights are made of.
    pub fn advance(&self, state: &[f32], out: &mut [f32], scratch: &mut Scratch<'_>) -> Result<(Step, Normaliser), Error> {
        let (room, mut scratch) = scratch.features(self.lens.room())?;
        let query = self.lens.look(state, room)?;
        let (step, normaliser) = self.model.read_normalised(self.keys, self.values, query, out, &mut scratch)?;
        self.post.apply(out);
        Ok((Step { energy: self.energy0(query, step.conjugate), ..step }, normaliser))
    }

    /// The energy of a state without its constant: that of the similarity, with Psi for its `|x|^2/2`. Distances have none beside their
    /// scores, so theirs is `Psi(x) - |x|^2/2 - Omega*(beta s)/(2 beta)`: `|x|^2/2 + Omega*(beta s)/(2 beta)` is convex, and its gradient
    /// the mean (derived).
    fn energy0(&self, state: &[f32], conjugate: f64) -> Option<f64> {
        let similarity = self.model.similarity;
        let (conjugate, half) = (conjugate / f64::from(self.model.beta.get()), square_sum(state) / 2.0);
        let Some(potential) = self.post.potential(state) else { return similarity.energy0(half, conjugate) };
        // How much of `|x|^2/2` there is, 1 or 0.
        let share = similarity.energy0(1.0, 0.0)?;
        Some(potential + similarity.energy0(0.0, conjugate)? - (1.0 - share) * half + 0.0)
    }

    /// `|p(a) - p(b)|`: one reading of the keys for both.
    fn weights_apart(&self, a: (&[f32], &Normaliser), b: (&[f32], &Normaliser), scratch: &mut Scratch<'_>) -> Result<f64, Error> {
        let model = &self.model;
        let room = self.lens.room();
        let (rooms, _) = scratch.features(room.saturating_mul(2))?;
        let (first, second) = rooms.split_at_mut_checked(room).unwrap_or((&mut [], &mut []));
        let source = model.source(self.keys, self.lens.look(a.0, first)?);
        let other = model.source(self.keys, self.lens.look(b.0, second)?);
        let mut sum = 0.0;
        Rescan::new(&source, 0).blocks(|first, scores| {
            let mut weights = [[0.0; crate::kernels::BLOCK]; 2];
            let [p, q] = &mut weights;
            let (Some(p), Some(q)) = (p.get_mut(..scores.len()), q.get_mut(..scores.len())) else { return };
            copy(p, scores);
            other.block(first as usize, q);
            <StateOf<S> as State<S::Map>>::weights(model.rule(), a.1, first, p);
            <StateOf<S> as State<S::Map>>::weights(model.rule(), b.1, first, q);
            let apart = distance(p, q);
            sum += apart * apart;
        });
        Ok(libm::sqrt(sum))
    }

    /// The last state's own step, and the size of its metastable state.
    fn look(&self, state: &[f32], scratch: &mut Scratch<'_>) -> Result<(Step, usize), Error> {
        let model = &self.model;
        let (room, mut scratch) = scratch.features(self.lens.room())?;
        let query = self.lens.look(state, room)?;
        let source = model.source(self.keys, query);
        let (normaliser, passes) = model.weigh(&source, query, &mut scratch)?;
        let step = Step { energy: self.energy0(query, normaliser.conjugate), ..Step::new(&normaliser, passes) };
        if !<StateOf<S> as State<S::Map>>::SUMS {
            return Ok((step, step.support));
        }
        let mut metastable = 0;
        Rescan::new(&source, 0).blocks(|first, scores| {
            let mut weights = [0.0; crate::kernels::BLOCK];
            let Some(weights) = weights.get_mut(..scores.len()) else { return };
            copy(weights, scores);
            <StateOf<S> as State<S::Map>>::weights(model.rule(), &normaliser, first, weights);
            metastable += weights.iter().filter(|p| **p > METASTABLE).count();
        });
        Ok((step, metastable))
    }
}

/// The energies of the states so far.
pub struct Energies {
    first: f64,
    latest: f64,
    pub largest_rise: f64,
}

impl Energies {
    /// Of none.
    pub const NONE: Self = Self { first: f64::NAN, latest: f64::NAN, largest_rise: 0.0 };

    /// Meets the next state's.
    pub fn meet(&mut self, energy: Option<f64>) {
        let Some(energy) = energy else { return };
        if self.first.is_nan() {
            self.first = energy;
        }
        let rise = energy - self.latest;
        self.largest_rise = if rise > self.largest_rise { rise } else { self.largest_rise };
        self.latest = energy;
    }
}

impl<S: Separation, Q: Similarity, K: Kernels> Model<S, Q, K> {
    /// The same model whose states go through `post` after they are read out.
    ///
    /// ```
    /// use basinet_core::{Buffers, Model, Patterns, Softmax, Stop, UnitNorm, beta};
    /// let data = [3.0, 4.0, -4.0, 3.0];
    /// let patterns = Patterns::new(&data, 2)?;
    /// let mut state = [0.5, 0.8];
    /// let dynamics = Model::new(beta!(4.0), Softmax).then(UnitNorm);
    /// dynamics.settle(&patterns, &mut state, Stop::default(), &mut Buffers::<2, 0>::new().scratch())?;
    /// assert!((state[0] - 0.6).abs() < 1e-4 && (state[1] - 0.8).abs() < 1e-4);
    /// # Ok::<(), basinet_core::Error>(())
    /// ```
    pub fn then<P: Post>(self, post: P) -> Dynamics<S, P, Q, K> {
        Dynamics { model: self, post }
    }
}

impl<S: Separation, Q: Descends, K: Kernels> Model<S, Q, K> {
    /// Steps from `state` until a rule of `stop` is met: auto-association to a fixed point of the energy. `state` is the last one then.
    ///
    /// `rows` is M x D, `state` has D numbers; the scratch memory needs its three states. O(M D) a step, one more for the report, and one
    /// more a step for the rule on weights. The energy never rises but for rounding (8 eps of the scale of its terms), for every
    /// map whose weights sum to one, and with dot products for all. Ramsauer et al. 2021, algorithm 1 and theorem 1.
    ///
    /// ```
    /// use basinet_core::{Buffers, Model, Patterns, Sparsemax, Stop, beta};
    /// let data = [1.0, 1.0, 1.0, -1.0, 1.0, -1.0];
    /// let patterns = Patterns::new(&data, 3)?;
    /// let mut state = [0.2, 0.1, 0.3];
    /// let report = Model::new(beta!(1.0), Sparsemax).settle(&patterns, &mut state, Stop::after(10), &mut Buffers::<3, 2>::new().scratch())?;
    /// assert!(report.converged && report.largest_rise == 0.0 && report.last.is_exact());
    /// assert_eq!(state, [1.0, 1.0, 1.0]);
    /// # Ok::<(), basinet_core::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`step`](Self::step). `state` is as it was then.
    pub fn settle(&self, rows: &impl Rows, state: &mut [f32], stop: Stop, scratch: &mut Scratch<'_>) -> Result<Report, Error> {
        self.then(Identity).settle(rows, state, stop, scratch)
    }

    /// As [`settle`](Self::settle); `observe` is shown every step with the state it came to. A step's energy is that of the state it left.
    ///
    /// # Errors
    /// As [`settle`](Self::settle).
    pub fn settle_observed(
        &self,
        rows: &impl Rows,
        state: &mut [f32],
        stop: Stop,
        scratch: &mut Scratch<'_>,
        observe: impl FnMut(&Step, &[f32]),
    ) -> Result<Report, Error> {
        self.then(Identity).settle_observed(rows, state, stop, scratch, observe)
    }
}
