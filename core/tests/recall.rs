//! Recall against its definition in f64, the same bits from every backend, every capacity and every cut.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::disallowed_methods,
    reason = "a test may fail, and its reference uses the system's functions"
)]

mod common;

use basinet_core::{Backend, Beta, Job, Kernels, Model, Patterns, Separation, Softmax, Sparsemax, Step};
use common::{Numbers, Work, bits};

/// Weights in f64: softmax, or sparsemax by sorting.
fn weights(sparse: bool, beta: f32, scores: &[f32]) -> Vec<f64> {
    let max = scores.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let u: Vec<f64> = scores.iter().map(|&s| f64::from(beta) * (f64::from(s) - f64::from(max))).collect();
    if !sparse {
        let sum: f64 = u.iter().map(|u| u.exp()).sum();
        return u.iter().map(|u| u.exp() / sum).collect();
    }
    let mut sorted = u.clone();
    sorted.sort_by(|a, b| b.total_cmp(a));
    let (mut sum, mut tau) = (0.0, 0.0);
    for (k, &v) in sorted.iter().enumerate() {
        sum += v;
        let t = (sum - 1.0) / (k + 1) as f64;
        if v > t {
            tau = t;
        }
    }
    u.iter().map(|u| (u - tau).max(0.0)).collect()
}

struct Case<'a, S> {
    separation: S,
    beta: f32,
    data: &'a [f32],
    dim: usize,
    query: &'a [f32],
    candidates: usize,
}

impl<S: Separation> Job for Case<'_, S> {
    type Output = (Vec<f32>, Vec<f32>, Vec<f32>, Step, f64);
    fn run<K: Kernels>(self, kernels: K) -> Self::Output {
        let patterns = Patterns::new(self.data, self.dim).unwrap();
        let mut work = Work::new(self.dim, self.candidates);
        let model = Model::new(Beta::new(self.beta).unwrap(), self.separation).on(kernels);
        let mut out = vec![0.0; self.dim];
        let step = model.step(&patterns, self.query, &mut out, &mut work.scratch()).unwrap();
        let mut scores = vec![0.0; patterns.count()];
        model.scores(&patterns, self.query, &mut scores).unwrap();
        let mut weights = scores.clone();
        model.weights(&mut weights, &mut work.scratch()).unwrap();
        let energy = model.energy(&patterns, self.query, patterns.max_norm().unwrap(), &mut work.scratch()).unwrap();
        (scores, weights, out, step, energy)
    }
}

const SHAPES: [(usize, usize); 10] =
    [(1, 1), (3, 7), (64, 16), (65, 17), (127, 31), (300, 65), (257, 33), (100, 128), (70, 257), (9001, 3)];
const BETAS: [f32; 7] = [1e-6, 0.01, 0.3, 1.0, 7.0, 1e3, 1e6];

fn check<S: Separation>(separation: S, sparse: bool) {
    let mut numbers = Numbers(1);
    for (count, dim) in SHAPES {
        let (data, query) = (numbers.numbers(count * dim), numbers.numbers(dim));
        for beta in BETAS {
            let case = |candidates| Case { separation, beta, data: &data, dim, query: &query, candidates };
            let (scores, found, out, step, energy) = Backend::Scalar.run(case(count)).unwrap();
            let spread =
                data.chunks(dim).map(|row| row.iter().zip(&query).map(|(x, q)| f64::from((x * q).abs())).sum::<f64>()).fold(0.0, f64::max);
            let exact = weights(sparse, beta, &scores);
            let mut mean = vec![0.0; dim];
            for ((&found, &exact), row) in found.iter().zip(&exact).zip(data.chunks(dim)) {
                let allowed = 2e-6 + 4.0 * 2f64.powi(-24) * f64::from(beta) * spread;
                assert!((f64::from(found) - exact).abs() <= allowed, "{count}x{dim} beta {beta}: weight {found}, exact {exact}");
                mean.iter_mut().zip(row).for_each(|(m, &x)| *m += exact * f64::from(x));
            }
            let largest = data.iter().map(|x| x.abs()).fold(0.0, f32::max);
            for (&found, &exact) in out.iter().zip(&mean) {
                assert!((f64::from(found) - exact).abs() <= 4e-6 * f64::from(largest), "{count}x{dim} beta {beta}: {found}, exact {exact}");
            }
            assert!(energy >= -1e-6 * (1.0 + f64::from(largest).powi(2) * dim as f64), "energy {energy}");
            for backend in Backend::available() {
                for candidates in [count, 70, 7, 1, 0] {
                    let mut other = backend.run(case(candidates)).unwrap();
                    other.3.passes = step.passes;
                    let what = format!("{backend}, {candidates} candidates, {count}x{dim}, beta {beta}");
                    assert_eq!(bits(&other.0), bits(&scores), "scores: {what}");
                    assert_eq!(bits(&other.1), bits(&found), "weights: {what}");
                    assert_eq!(bits(&other.2), bits(&out), "state: {what}");
                    assert_eq!(other.3, step, "{what}");
                    assert_eq!(other.4.to_bits(), energy.to_bits(), "energy: {what}");
                }
            }
        }
    }
}

#[test]
fn softmax_is_its_definition_and_the_same_on_every_backend() {
    check(Softmax, false);
}

#[test]
fn sparsemax_is_its_definition_and_the_same_on_every_backend_and_in_any_capacity() {
    check(Sparsemax, true);
}

/// Found by the fuzz target `recall_step`: at a tiny beta the conjugate and the entropy of equal weights nearly cancel.
#[test]
fn the_energy_of_tiny_patterns_at_a_tiny_beta_is_not_a_difference_of_large_numbers() {
    let (patterns, query) = ([1e-4f32, -2e-4], [1e-4f32]);
    let model = Model::new(Beta::new(1e-6).unwrap(), Sparsemax);
    let energy = model.energy(&Patterns::new(&patterns, 1).unwrap(), &query, 2e-4, &mut Work::new(1, 2).scratch()).unwrap();
    assert!((energy - 3e-8).abs() <= 4e-6 * 2e-8, "{energy:e}");
}

/// Found by the fuzz target `recall_step`: the conjugate of a tiny score was lost beside the terms that cancel.
#[test]
fn the_energy_of_a_tiny_score_is_not_lost() {
    let (pattern, query) = ([3e-15f32], [7e-15f32]);
    let mut out = [0.0];
    let model = Model::new(Beta::new(1.0).unwrap(), Sparsemax);
    let step = model.step(&Patterns::new(&pattern, 1).unwrap(), &query, &mut out, &mut Work::new(1, 1).scratch()).unwrap();
    let (x, s) = (f64::from(query[0]), f64::from(pattern[0] * query[0]));
    let exact = x * x / 2.0 - s;
    assert!((step.energy.unwrap() - exact).abs() <= 4e-6 * s, "{:?}, exact {exact}", step.energy);
}
