//! The energy of every separation: its value against f64 down to the smallest beta, its descent, and its gradient.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::disallowed_methods,
    reason = "a test may fail, and its reference uses the system's functions"
)]

mod common;

use basinet_core::{Beta, Descends, Model, Patterns, Similarity, SquaredDistance};
use common::maps::{Defined, Reference};
use common::{EPS, Numbers, Work, cases, largest};
use proptest::prelude::*;

/// A memory, a state in it, and what energies are measured against.
struct Memory {
    data: Vec<f32>,
    state: Vec<f32>,
    norm: f32,
}

impl Memory {
    fn new(count: usize, dim: usize, seed: u64, spread: f32) -> Self {
        let mut numbers = Numbers(seed);
        let (mut data, state) = (numbers.numbers(count * dim), numbers.numbers(dim));
        data.iter_mut().for_each(|x| *x = 0.3 + *x * spread);
        let norm = Patterns::new(&data, dim).unwrap().max_norm().unwrap();
        Self { data, state, norm }
    }

    fn rows(&self) -> Patterns<'_> {
        Patterns::new(&self.data, self.state.len()).unwrap()
    }

    fn row(&self, i: usize) -> &[f32] {
        &self.data[i * self.state.len()..][..self.state.len()]
    }

    /// Exact scores of a state.
    fn scores(&self, state: &[f32], is_distance: bool) -> Vec<f64> {
        let score = |row: &[f32]| {
            let pairs = row.iter().zip(state).map(|(&a, &b)| (f64::from(a), f64::from(b)));
            pairs.map(|(a, b)| if is_distance { -(a - b) * (a - b) } else { a * b }).sum::<f64>()
        };
        (0..self.rows().count()).map(|i| score(self.row(i))).collect()
    }

    /// max(|x|^2/2, r^2/2, max|s|).
    fn scale(&self, state: &[f32], is_distance: bool) -> f64 {
        let score = self.scores(state, is_distance).iter().fold(0.0f64, |max, s| max.max(s.abs()));
        score.max(half_square(state)).max(f64::from(self.norm).powi(2) / 2.0)
    }
}

fn half_square(x: &[f32]) -> f64 {
    x.iter().map(|&x| f64::from(x) * f64::from(x)).sum::<f64>() / 2.0
}

/// `model(separation, beta)` by dot products, or by distances.
fn energy<S: Defined>(separation: S, beta: f32, memory: &Memory, state: &[f32], is_distance: bool) -> f64 {
    fn of<S: Defined, Q: Descends>(model: Model<S, Q>, memory: &Memory, state: &[f32]) -> f64 {
        model.energy(&memory.rows(), state, memory.norm, &mut Work::new(state.len(), 50).scratch()).unwrap()
    }
    let model = Model::new(Beta::new(beta).unwrap(), separation);
    if is_distance { of(model.with(SquaredDistance), memory, state) } else { of(model, memory, state) }
}

/// The next state, and its step's energy without the constant.
fn step<S: Defined>(separation: S, beta: f32, memory: &Memory, state: &[f32], is_distance: bool) -> (Vec<f32>, f64) {
    fn of<S: Defined, Q: Similarity>(model: Model<S, Q>, memory: &Memory, state: &[f32]) -> (Vec<f32>, f64) {
        let mut out = vec![0.0; state.len()];
        let step = model.step(&memory.rows(), state, &mut out, &mut Work::new(state.len(), 50).scratch()).unwrap();
        (out, step.energy.unwrap())
    }
    let model = Model::new(Beta::new(beta).unwrap(), separation);
    if is_distance { of(model.with(SquaredDistance), memory, state) } else { of(model, memory, state) }
}

/// Where weights do not sum to one, `x'` is not a mean, and distances have no energy that a step descends.
fn is_mean<S: Defined>(separation: S) -> bool {
    let reference = separation.reference();
    reference != Reference::Softmax1 && reference.mass() == 1.0
}

/// The energy against f64.
fn check_value<S: Defined>(separation: S, beta: f32, memory: &Memory) {
    for is_distance in [false, true] {
        let scores = memory.scores(&memory.state, is_distance);
        let raised = separation.reference().raised_conjugate(f64::from(beta), &scores);
        let expected = match is_distance {
            true => -raised / 2.0,
            false => half_square(&memory.state) + f64::from(memory.norm).powi(2) / 2.0 - raised,
        };
        let found = energy(separation, beta, memory, &memory.state, is_distance);
        let (off, allowed) = ((found - expected).abs(), 4e-6 * separation.reference().mass() * memory.scale(&memory.state, is_distance));
        assert!(
            off <= allowed,
            "{separation:?}, beta {beta:e}, distance {is_distance}: {found} for {expected}, off by {off:e} of {allowed:e}"
        );
    }
}

#[test]
fn the_energy_is_accurate_however_small_beta_is() {
    for beta in [1e-6, 1e-20, Beta::MIN, 1e-4, 1e-3, 1e-2] {
        for (seed, count) in [3, 5, 64, 130].into_iter().enumerate() {
            for spread in [1.0, 1e-3] {
                let memory = Memory::new(count, 7, seed as u64, spread);
                for_every!(count, seed as u64, check_value(beta, &memory));
            }
        }
    }
}

#[test]
fn the_energy_is_accurate_where_weights_are_not_level() {
    for beta in [0.03, 0.1, 0.3, 1.0, 3.0, 20.0] {
        for (seed, count) in [3, 5, 70].into_iter().enumerate() {
            let memory = Memory::new(count, 7, seed as u64 + 10, 1.0);
            for_every!(count, seed as u64, check_value(beta, &memory));
        }
    }
}

/// Half the rows far below the others, but with weights: their mean says little about where the others are.
#[test]
fn the_energy_is_accurate_where_rows_are_level_but_for_some_far_below() {
    for (count, far) in [(100, 45), (100, 49), (100, 5), (10, 1), (130, 60)] {
        for depth in [80.0f32, 20.0, 3.0, 0.9, 0.2] {
            let mut memory = Memory::new(count, 1, 1, 1e-3);
            memory.state = vec![1.0];
            (0..far).for_each(|row| memory.data[2 * row] -= depth);
            memory.norm = memory.rows().max_norm().unwrap();
            for beta in [1.0, 0.3, 0.02] {
                for_every!(count, 3, check_value(beta, &memory));
            }
        }
    }
}

/// Five steps, none of which raises the energy by more than the contract allows.
fn check_descent<S: Defined>(separation: S, beta: f32, memory: &Memory) {
    for is_distance in [false, true] {
        if is_distance && !is_mean(separation) {
            continue;
        }
        let (mut state, mut before) = (memory.state.clone(), f64::INFINITY);
        for _ in 0..5 {
            let found = energy(separation, beta, memory, &state, is_distance);
            let scale = memory.scale(&state, is_distance);
            assert!(found <= before + 8.0 * EPS * scale, "{separation:?}, beta {beta}, distance {is_distance}: {found:e} after {before:e}");
            before = found;
            state = step(separation, beta, memory, &state, is_distance).0;
        }
    }
}

/// `|x|^2/2 - E` is convex with the next state as its gradient: its differences along any direction lie on both sides of the gradient's.
fn check_gradient<S: Defined>(separation: S, beta: f32, memory: &Memory, direction: &[f32]) {
    for is_distance in [false, true] {
        if is_distance && !is_mean(separation) {
            continue;
        }
        let state = &memory.state;
        let convex = |x: &[f32]| half_square(x) - energy(separation, beta, memory, x, is_distance);
        let (here, (next, _)) = (convex(state), step(separation, beta, memory, state, is_distance));
        let mut size = 1.0f32 / 64.0;
        for _ in 0..3 {
            let [behind, ahead]: [Vec<f32>; 2] = [-size, size].map(|h| state.iter().zip(direction).map(|(x, d)| x + h * d).collect());
            let along = |from: &[f32], to: &[f32]| {
                to.iter().zip(from).zip(&next).map(|((&to, &from), &next)| (f64::from(to) - f64::from(from)) * f64::from(next)).sum::<f64>()
            };
            let noise =
                3.0 * 4e-6 * separation.reference().mass() * memory.scale(&ahead, is_distance).max(memory.scale(&behind, is_distance));
            let (fall, rise) = (here - convex(&behind), convex(&ahead) - here);
            let what = format!("{separation:?}, beta {beta}, distance {is_distance}, size {size}");
            assert!(fall <= along(&behind, state) + noise, "{what}: {fall:e} and {:e}", along(&behind, state));
            assert!(rise >= along(state, &ahead) - noise, "{what}: {rise:e} and {:e}", along(state, &ahead));
            size *= 8.0;
        }
    }
}

/// The energies of two states differ by the same with and without the constant.
fn check_constant<S: Defined>(separation: S, beta: f32, memory: &Memory) {
    for is_distance in [false, true] {
        let (next, first0) = step(separation, beta, memory, &memory.state, is_distance);
        let second0 = step(separation, beta, memory, &next, is_distance).1;
        let first = energy(separation, beta, memory, &memory.state, is_distance);
        let second = energy(separation, beta, memory, &next, is_distance);
        let scale = memory.scale(&memory.state, is_distance).max(memory.scale(&next, is_distance)).max(first0.abs()).max(second0.abs());
        let off = (first - first0 - (second - second0)).abs();
        let allowed = 4.0 * 4e-6 * separation.reference().mass() * scale;
        assert!(off <= allowed, "{separation:?}, beta {beta}, distance {is_distance}: off by {off:e} of {allowed:e}");
    }
}

fn beta() -> impl Strategy<Value = f32> {
    prop::sample::select(vec![1e-6f32, 0.01, 0.5, 1.0, 7.0, 100.0, 1e6])
}

proptest! {
    #![proptest_config(cases(60))]

    #[test]
    fn the_energy_never_rises(count in 3usize..150, dim in 1usize..20, seed: u64, beta in beta(), spread in prop::sample::select(vec![1.0f32, 0.05])) {
        for_every!(count, seed, check_descent(beta, &Memory::new(count, dim, seed, spread)));
    }

    #[test]
    fn the_gradient_of_the_energy_is_the_state_less_the_next(
        count in 3usize..60, dim in 1usize..8, seed: u64, beta in prop::sample::select(vec![0.01f32, 0.3, 1.0, 7.0]),
    ) {
        let memory = Memory::new(count, dim, seed, 1.0);
        let direction = Numbers(seed ^ 1).numbers(dim);
        prop_assume!(largest(&direction) > 0.1);
        for_every!(count, seed, check_gradient(beta, &memory, &direction));
    }

    #[test]
    fn energies_with_and_without_the_constant_agree(count in 3usize..60, dim in 1usize..8, seed: u64, beta in prop::sample::select(vec![0.01f32, 0.3, 1.0, 7.0, 100.0])) {
        for_every!(count, seed, check_constant(beta, &Memory::new(count, dim, seed, 1.0)));
    }
}

/// Found by fuzzing: a difference of scores beyond f32 has no weight, and infinity times nothing is not a number.
#[test]
fn an_energy_is_a_number_where_differences_of_scores_overflow() {
    let (data, query) = ([1.0f32, 0.0, -1.0, 0.0], [2e38f32, 0.0]);
    for alpha in [2.000_000_2, 3.0, 50.0] {
        let model = basinet_core::Model::new(basinet_core::beta!(8.0), basinet_core::Entmax::new(alpha).unwrap());
        let rows = basinet_core::Patterns::new(&data, 2).unwrap();
        let mut buffers = basinet_core::Buffers::<2, 2>::new();
        let energy = model.energy(&rows, &query, 1.0, &mut buffers.scratch()).unwrap();
        let expected = f64::from(query[0]).powi(2) / 2.0;
        assert!((energy - expected).abs() <= 4e-6 * expected, "alpha {alpha}: {energy}");
    }
}
