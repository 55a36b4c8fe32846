//! Starts, each a descent of its own, and the best of them.

use super::problem::{Inputs, Problem};
use super::steps::Walk;
use super::{Error, Keep, Loss, Number, Progress, Start, Steps, Temperatures, Training};
use crate::codes::{self, within};
use ndarray::Array2;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution, StandardNormal};
use rayon::prelude::*;

/// Starts of which each has its result in memory.
const TOGETHER: usize = 64;

/// Temperatures, and their inverses, that f32 has room for, and for products with them.
const TEMPERATURES: std::ops::RangeInclusive<f64> = 1e-30..=1e30;

/// What a start ends with.
pub struct Descended<F> {
    /// W with the bias as its last column, or the points.
    pub parameters: Array2<F>,
    /// Their loss.
    pub loss: f64,
    /// Which start it was.
    pub start: usize,
    /// The steps that led to them.
    pub iterations: usize,
    separation: f64,
}

/// Where a start begins: its number to its parameters.
type Begin<'a, F> = &'a (dyn Fn(usize) -> Array2<F> + Sync);

impl Training {
    /// The best of all starts, the first of equals.
    pub(super) fn best<F: Number>(
        &self,
        inputs: Inputs<'_, F>,
        shape: (usize, usize),
        starts: usize,
        begin: Begin<'_, F>,
        progress: &(impl Fn(&Progress) + Sync),
    ) -> Result<Descended<F>, Error> {
        self.check(starts)?;
        codes::points(shape.0, 2)?;
        let descend = |start| self.descend(inputs, shape, start, begin(start), progress);
        let mut best: Option<Descended<F>> = None;
        // So that the memory of many starts is that of a few.
        for from in (0..starts).step_by(TOGETHER) {
            let several: Vec<_> = (from..starts).into_par_iter().take(TOGETHER).map(descend).collect();
            for descended in several {
                let descended = descended?;
                if best.as_ref().is_none_or(|best| descended.separation > best.separation) {
                    best = Some(descended);
                }
            }
        }
        best.ok_or(Error::TooFew { count: starts, least: 1 })
    }

    /// One start from its first parameters.
    fn descend<F: Number>(
        &self,
        inputs: Inputs<'_, F>,
        shape: (usize, usize),
        start: usize,
        mut parameters: Array2<F>,
        progress: &(impl Fn(&Progress) + Sync),
    ) -> Result<Descended<F>, Error> {
        let mut problem = Problem::new(inputs, self.loss, shape, parameters.dim());
        let mut walk = Walk::new(self.steps, parameters.dim());
        let (mut since, mut iteration) = (0, 0);
        let parameters_kept = parameters.clone();
        let mut kept = Descended { parameters: parameters_kept, loss: f64::NAN, start, iterations: 0, separation: f64::NEG_INFINITY };
        loop {
            let temperature = self.temperature(start, iteration);
            let measured = problem.measure(&parameters, temperature)?;
            let (loss, separation) = (measured.loss, 1.0 - measured.most);
            since += 1;
            if separation > kept.separation {
                since = 0;
                kept.parameters.assign(&parameters);
                kept = Descended { loss, iterations: iteration, separation, ..kept };
            }
            progress(&Progress { start, iteration, temperature, loss, separation, best: kept.separation });
            if iteration == self.iterations || self.patience > 0 && since >= self.patience {
                return Ok(match self.keep {
                    Keep::Best => kept,
                    Keep::Last => Descended { parameters, loss, start, iterations: iteration, separation },
                });
            }
            if walk.step(&mut parameters, &problem.gradient) {
                problem.project(&mut parameters);
            }
            iteration += 1;
        }
    }

    /// tau of an iteration.
    fn temperature(&self, start: usize, iteration: usize) -> f64 {
        let Temperatures { first, last } = &self.temperatures;
        let first = first[start % first.len()];
        let part = if self.iterations == 0 { 0.0 } else { iteration as f64 / self.iterations as f64 };
        first * libm::pow(last / first, part)
    }

    /// Whether the options make sense.
    fn check(&self, starts: usize) -> Result<(), Error> {
        let positive = |what, value| within(what, value, value > 0.0, "finite and positive");
        let Temperatures { first, last } = &self.temperatures;
        codes::points(first.len(), 1)?;
        let moderate = |what, value| within(what, value, TEMPERATURES.contains(&value), "between 1e-30 and 1e30").map(|_| ());
        first.iter().chain([last]).try_for_each(|&tau| moderate("temperature", tau))?;
        if let Loss::Average { t } | Loss::Maximum { t } = self.loss {
            moderate("t", t)?;
        }
        if let Steps::Descent { rate, .. } | Steps::Adam { rate } = self.steps {
            positive("rate", rate)?;
        }
        codes::points(starts, 1).map(|_| ())
    }

    /// The first parameters of a start: D x d, with a column more for a bias.
    pub(super) fn begin<F: Number>(&self, start: usize, features: usize, dim: usize) -> Array2<F> {
        let columns = dim + usize::from(self.bias);
        if start == 0 && self.start == Start::Identity && features == dim {
            return Array2::from_shape_fn((features, columns), |(i, j)| if i == j { F::one() } else { F::zero() });
        }
        let mut random = self.random(start);
        let wide = dim as f64;
        let mut weights = Array2::zeros((features, columns));
        for ((_, column), weight) in weights.indexed_iter_mut() {
            let normal: f64 = StandardNormal.sample(&mut random);
            *weight = F::nearest(match self.start {
                Start::He if column == dim => random.random_range(-1.0..=1.0) / wide.sqrt(),
                Start::He => normal * (2.0 / wide).sqrt(),
                _ if column == dim => 0.0,
                _ => normal,
            });
        }
        weights
    }

    /// Points of a start, uniform on the sphere.
    pub(super) fn scatter(&self, start: usize, count: usize, dim: usize) -> Array2<f64> {
        let mut random = self.random(start);
        Array2::from_shape_simple_fn((count, dim), || StandardNormal.sample(&mut random))
    }

    /// The generator of a start: the seed's, in a stream of its own.
    fn random(&self, start: usize) -> ChaCha8Rng {
        let mut random = ChaCha8Rng::seed_from_u64(self.seed);
        random.set_stream(start as u64);
        random
    }
}
