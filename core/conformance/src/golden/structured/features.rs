//! The section `features`: superpositions by positive random features, by those of released code, and by elu + 1.

use super::super::file::Matrix;
use super::{Case, Check, Vec};
use crate::oracle::{dot, max, max_abs};
use crate::tolerance;
use basinet_core::{
    Beta, Buffers, EluFeatures, Error, Features, Kernels, Model, Patterns, PositiveRandomFeatures, ReluRandomFeatures, Softmax,
    Superposition, on,
};
use serde::Deserialize;
use std::format;

/// The longest pattern of the section.
const DIM: usize = 64;

#[derive(Debug, Deserialize)]
pub(super) struct Section {
    #[serde(rename = "X")]
    patterns: Matrix,
    #[serde(rename = "W")]
    weights: Matrix,
    q: Vec<f64>,
    beta: f64,
    prf: Positive,
    prf_release: State,
    relu_release: State,
    linear_elu1: Linear,
}

#[derive(Debug, Deserialize)]
struct Positive {
    phi_q: Vec<f64>,
    phi_x0: Vec<f64>,
    kernel: Vec<f64>,
    p: Vec<f64>,
    x1: Vec<f64>,
    x1_exact_softmax: Vec<f64>,
    l2_gap: f64,
}

#[derive(Debug, Deserialize)]
struct State {
    x1: Vec<f64>,
}

#[derive(Debug, Deserialize)]
struct Linear {
    x1: Vec<f64>,
    x1_release_eps: Vec<f64>,
}

/// What released code adds to a feature, to each z_j, and to a ReLU.
const OFFSET: f32 = 1e-4;
const PRIOR: f32 = 1e-6;
const RELU_OFFSET: f32 = 1e-3;

pub(super) fn checks(section: &Section, kernels: impl Kernels) -> Vec<Check> {
    let problem = Problem::new(section, kernels);
    let mut checks = Vec::new();
    for (map, part) in [
        ("prf", Problem::positive as fn(&_, &mut Case<'_>) -> Result<(), Error>),
        ("prf_release", Problem::released),
        ("relu_release", Problem::relu),
        ("linear_elu1", Problem::linear),
    ] {
        let mut case = Case::new("features", "", map);
        if let Err(error) = part(&problem, &mut case) {
            case.failed(["all"], &format!("{error}"));
        }
        checks.append(&mut case.checks);
    }
    checks
}

/// The section in f32, in which its inputs are exact.
struct Problem<'a, K> {
    section: &'a Section,
    dim: usize,
    patterns: Vec<f32>,
    weights: Vec<f32>,
    query: Vec<f32>,
    states: f64,
    kernels: K,
}

impl<'a, K: Kernels> Problem<'a, K> {
    fn new(section: &'a Section, kernels: K) -> Self {
        let narrow = |matrix: &Matrix| matrix.iter().flatten().map(|x| *x as f32).collect();
        let largest = max_abs(&section.patterns.concat());
        Problem {
            section,
            dim: section.q.len(),
            patterns: narrow(&section.patterns),
            weights: narrow(&section.weights),
            query: section.q.iter().map(|x| *x as f32).collect(),
            states: tolerance::states(largest),
            kernels,
        }
    }

    /// All patterns stored with themselves for values; the state that the query brings back, and the conjugate.
    fn recall(&self, features: impl Features, prior: f32) -> Result<(Vec<f64>, f64), Error> {
        type Sizes = Superposition<()>;
        let mut state = vec![0.0; Sizes::numbers(features.count(), self.dim)];
        let mut room = vec![0.0; Sizes::room(features.count(), self.dim)];
        let mut memory = Superposition::new(features, self.dim, &mut state[..])?.with_prior(prior)?.on(self.kernels);
        for pattern in self.patterns.chunks(self.dim) {
            memory.store(pattern, pattern, &mut room)?;
        }
        let mut out = vec![0.0; self.dim];
        let recollection = memory.recall(&self.query, &mut out, &mut room)?;
        Ok((wide(&out), recollection.conjugate))
    }

    fn positive(&self, out: &mut Case<'_>) -> Result<(), Error> {
        let expected = &self.section.prf;
        let features = PositiveRandomFeatures::new(&self.weights[..], self.dim, Beta::new(self.section.beta as f32)?)?;
        let of = |x: &[f32]| {
            let mut phi = vec![0.0; features.count()];
            features.of_pattern(self.kernels, x, &mut phi).map(|()| phi)
        };
        let phi = of(&self.query)?;
        out.vector("phi_q", &wide(&phi), &expected.phi_q, tolerance::WEIGHTS);
        let of_patterns = self.patterns.chunks(self.dim).map(of).collect::<Result<Vec<_>, _>>()?;
        out.vector("phi_x0", &of_patterns.first().map_or_else(Vec::new, |phi| wide(phi)), &expected.phi_x0, tolerance::WEIGHTS);
        let kernel = of_patterns.iter().map(|x| on::dot(self.kernels, &phi, x)).collect::<Result<Vec<_>, _>>()?;
        out.vector("kernel", &wide(&kernel), &expected.kernel, tolerance::WEIGHTS);
        let sum: f64 = kernel.iter().map(|k| f64::from(*k)).sum();
        let p: Vec<f64> = kernel.iter().map(|k| f64::from(*k) / sum).collect();
        out.vector("weights", &p, &expected.p, tolerance::WEIGHTS);

        let (state, conjugate) = self.recall(features, 0.0)?;
        out.vector("state", &state, &expected.x1, self.states);
        #[allow(clippy::disallowed_methods, reason = "beside the reference's number the system's is exact")]
        let truth = expected.kernel.iter().sum::<f64>().ln();
        out.number("conjugate", Some(conjugate), truth, tolerance::conjugate(truth.abs()));

        let mut dense = vec![0.0; self.dim];
        let (rows, model) = (Patterns::new(&self.patterns, self.dim)?, Model::new(Beta::new(self.section.beta as f32)?, Softmax));
        model.on(self.kernels).step(&rows, &self.query, &mut dense, &mut Buffers::<DIM, 0>::new().scratch())?;
        out.vector("dense state", &wide(&dense), &expected.x1_exact_softmax, self.states);
        let apart: Vec<f64> = state.iter().zip(&dense).map(|(a, b)| a - f64::from(*b)).collect();
        let gap = dot(&apart, &apart).sqrt();
        out.number("gap", Some(gap), expected.l2_gap, 2.0 * self.states * (self.dim as f64).sqrt());
        Ok(())
    }

    /// Data scaled by d^(-1/4) is beta = 1 / sqrt d; the largest exponent of any pattern, without the norm, is taken off.
    fn released(&self, out: &mut Case<'_>) -> Result<(), Error> {
        let beta = self.released_beta();
        let features = PositiveRandomFeatures::new(&self.weights[..], self.dim, Beta::new(beta as f32)?)?;
        let mut projections = Vec::new();
        for pattern in self.patterns.chunks(self.dim) {
            for row in self.weights.chunks(self.dim) {
                projections.push(beta.sqrt() * f64::from(on::dot(self.kernels, row, pattern)?));
            }
        }
        let (state, _) = self.recall(features.with_shift(max(&projections) as f32)?.with_offset(OFFSET)?, PRIOR)?;
        out.vector("state", &state, &self.section.prf_release.x1, self.states);
        Ok(())
    }

    fn relu(&self, out: &mut Case<'_>) -> Result<(), Error> {
        let beta = Beta::new(self.released_beta() as f32)?;
        let features = ReluRandomFeatures::new(&self.weights[..], self.dim, beta, RELU_OFFSET)?;
        let (state, _) = self.recall(features, PRIOR)?;
        out.vector("state", &state, &self.section.relu_release.x1, self.states);
        Ok(())
    }

    fn linear(&self, out: &mut Case<'_>) -> Result<(), Error> {
        let (state, _) = self.recall(EluFeatures::new(self.dim)?, 0.0)?;
        out.vector("state", &state, &self.section.linear_elu1.x1, self.states);
        let (state, _) = self.recall(EluFeatures::new(self.dim)?, PRIOR)?;
        out.vector("released state", &state, &self.section.linear_elu1.x1_release_eps, self.states);
        Ok(())
    }

    fn released_beta(&self) -> f64 {
        1.0 / (self.dim as f64).sqrt()
    }
}

fn wide(numbers: &[f32]) -> Vec<f64> {
    numbers.iter().map(|x| f64::from(*x)).collect::<Vec<f64>>()
}
