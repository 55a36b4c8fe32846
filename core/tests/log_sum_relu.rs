//! Log-sum-ReLU memories: against a naive f64 reference, on every backend, the law of descent, what is certain, edges and wrong input.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::disallowed_methods,
    reason = "a test may fail, and its reference uses the system's functions"
)]

mod common;

use basinet_core::log_sum_relu::{Report, Step};
use basinet_core::{BLOCK, Beta, CHUNK, Error, Kernels, LogSumRelu, Patterns, Scratch, Stop, beta};
use common::{EPS, Numbers, bits, cases, depth, largest};
use proptest::prelude::*;

/// What `out` holds before a call.
const UNTOUCHED: f32 = -7.5;

struct Room {
    sums: Vec<f32>,
    states: Vec<f32>,
}

impl Room {
    fn new(dim: usize) -> Self {
        Self { sums: vec![0.5; 3 * dim], states: vec![f32::NAN; 3 * dim] }
    }

    fn scratch(&mut self) -> Scratch<'_> {
        Scratch::new(&mut self.sums, &mut [], &mut [], &mut []).with_states(&mut self.states)
    }
}

/// The memory as a book would have it.
struct Naive<'a> {
    data: &'a [f32],
    dim: usize,
    beta: f64,
    eps: f64,
}

impl Naive<'_> {
    fn squares(&self, x: &[f64]) -> Vec<f64> {
        self.data.chunks_exact(self.dim).map(|row| row.iter().zip(x).map(|(&a, b)| (f64::from(a) - b).powi(2)).sum()).collect()
    }

    /// `eps + F(x)`.
    fn raised(&self, x: &[f64]) -> f64 {
        self.eps + self.squares(x).iter().map(|d| (1.0 - self.beta / 2.0 * d).max(0.0)).sum::<f64>()
    }

    fn energy(&self, x: &[f64]) -> f64 {
        -self.raised(x).ln() / self.beta
    }

    /// The rows that are active, and whether one is so near the edge that rounding may decide.
    fn active(&self, x: &[f64]) -> (Vec<usize>, bool) {
        let scaled: Vec<f64> = self.squares(x).iter().map(|d| self.beta / 2.0 * d).collect();
        let near = scaled.iter().any(|t| (t - 1.0).abs() < 1e-5);
        (scaled.iter().enumerate().filter(|(_, t)| **t < 1.0).map(|(i, _)| i).collect(), near)
    }

    fn mean(&self, rows: &[usize]) -> Vec<f64> {
        (0..self.dim).map(|j| rows.iter().map(|i| f64::from(self.data[i * self.dim + j])).sum::<f64>() / rows.len() as f64).collect()
    }
}

fn wide(x: &[f32]) -> Vec<f64> {
    x.iter().map(|&x| f64::from(x)).collect()
}

/// All that is asked of a state; numbers in bits.
#[derive(Clone, Debug, PartialEq)]
struct Answer {
    step: Step,
    out: Vec<u32>,
    gradient: Vec<u32>,
    weights: Vec<u32>,
    report: Report,
    settled: Vec<u32>,
}

fn ask(memory: LogSumRelu<impl Kernels>, data: &[f32], state: &[f32], stop: Stop) -> Answer {
    let (rows, dim) = (Patterns::new(data, state.len()).unwrap(), state.len());
    let (mut room, mut out, mut weights) = (Room::new(dim), vec![UNTOUCHED; dim], vec![UNTOUCHED; rows.count()]);
    let step = memory.step(&rows, state, &mut out, &mut room.scratch()).unwrap();
    let mut gradient = vec![UNTOUCHED; dim];
    assert_eq!(memory.gradient(&rows, state, &mut gradient, &mut room.scratch()), Ok(step));
    assert_eq!((memory.look(&rows, state), memory.energy(&rows, state)), (Ok(step), Ok(step.energy)));
    assert_eq!(memory.weights(&rows, state, &mut weights), Ok(step));
    let mut settled = state.to_vec();
    let report = memory.settle(&rows, &mut settled, stop, &mut room.scratch()).unwrap();
    Answer { step, out: bits(&out), gradient: bits(&gradient), weights: bits(&weights), report, settled: bits(&settled) }
}

fn floats(bits: &[u32]) -> Vec<f32> {
    bits.iter().map(|&x| f32::from_bits(x)).collect()
}

proptest! {
    #![proptest_config(cases(300))]

    #[test]
    fn every_backend_says_what_the_reference_says(
        dim in 1..40usize, rows in 1..150usize, reach in 0.1..2.5f64, log_eps in -12.0..1.0f32, plain: bool, seed: u64,
    ) {
        let mut numbers = Numbers(seed);
        let (data, state) = (numbers.numbers(dim * rows), numbers.numbers(dim));
        // Balls as large as typical distances: none, some, or all rows are active.
        let beta = (2.0 / (2.0 * dim as f64 * reach)) as f32;
        let eps = if plain { 0.0 } else { log_eps.exp() };
        let naive = Naive { data: &data, dim, beta: f64::from(beta), eps: f64::from(eps) };
        let x = wide(&state);
        let answer = on_every_backend!(|kernels| [data: Vec<f32> = data.clone(), state: Vec<f32> = state.clone(), beta: f32 = beta, eps: f32 = eps] -> Answer {
            ask(LogSumRelu::new(Beta::new(beta).unwrap()).with_eps(eps).unwrap().on(kernels), &data, &state, Stop::default())
        });
        let Step { active, winner, squared_distance, energy, .. } = answer.step;
        let squares = naive.squares(&x);
        let nearest = squares.iter().copied().fold(f64::INFINITY, f64::min);
        let relative = (dim.div_ceil(16) as f64 + 7.0) * EPS;
        prop_assert!((f64::from(squared_distance) - nearest).abs() <= relative * nearest);
        prop_assert!(squares[winner] - nearest <= 2.0 * relative * nearest);
        let (expected, near) = naive.active(&x);
        if near {
            return Ok(());
        }
        prop_assert_eq!(active, expected.len());
        let weights = floats(&answer.weights);
        for (i, weight) in weights.into_iter().enumerate() {
            let share = if expected.contains(&i) { (1.0 / expected.len() as f64) as f32 } else { 0.0 };
            prop_assert_eq!(weight.to_bits(), share.to_bits());
        }
        if expected.is_empty() {
            prop_assert_eq!(&answer.out, &bits(&state));
            prop_assert!(answer.gradient.iter().all(|g| *g == 0));
            prop_assert_eq!(energy.is_none(), plain);
            prop_assert!(answer.report.converged && answer.report.steps == 1 && answer.report.largest_rise == 0.0);
            prop_assert_eq!(answer.report.first_energy, energy);
        }
        let raised = naive.raised(&x);
        // How far the sum may be off, by the squared distances.
        let off = expected.iter().map(|&i| relative * squares[i]).sum::<f64>() * f64::from(beta) / 2.0;
        if let Some(energy) = energy {
            prop_assert!((energy - naive.energy(&x)).abs() <= (2.0 * off / raised + 1e-12) / f64::from(beta));
        }
        if !expected.is_empty() {
            let m = largest(&data);
            let (mean, allowed) = (naive.mean(&expected), (depth(expected.len()) + 2.0) * EPS * m);
            for ((found, mean), (gradient, x)) in floats(&answer.out).iter().zip(&mean).zip(floats(&answer.gradient).iter().zip(&x)) {
                prop_assert!((f64::from(*found) - mean).abs() <= allowed);
                let factor = expected.len() as f64 / raised;
                let exact = factor * (x - mean);
                prop_assert!((f64::from(*gradient) - exact).abs() <= factor * allowed + exact.abs() * (2.0 * off / raised + 2.0 * EPS));
            }
        }
    }

    /// `F(x') >= F(x) + n beta/2 |x' - x|^2`, so the energy falls, the state stays in the end, and what it reports is what it did.
    #[test]
    fn the_energy_never_rises_and_states_come_to_rest(
        dim in 1..24usize, rows in 1..120usize, reach in 0.2..2.0f64, close: bool, seed: u64,
    ) {
        let mut numbers = Numbers(seed);
        let (mut data, mut state) = (numbers.numbers(dim * rows), numbers.numbers(dim));
        if close {
            // Many overlapping balls: long walks.
            data.iter_mut().enumerate().for_each(|(i, x)| *x = *x * 0.2 + (i / dim) as f32 * 0.05);
            state.copy_from_slice(&data[..dim]);
        }
        let beta = (2.0 / (2.0 * dim as f64 * reach * if close { 0.1 } else { 1.0 })) as f32;
        let naive = Naive { data: &data, dim, beta: f64::from(beta), eps: 0.0 };
        let memory = LogSumRelu::new(Beta::new(beta).unwrap());
        let patterns = Patterns::new(&data, dim).unwrap();
        let (mut room, mut here, mut next, mut steps) = (Room::new(dim), state.clone(), vec![0.0; dim], 0);
        let mut settled = state.clone();
        let report = memory.settle(&patterns, &mut settled, Stop::after(500), &mut room.scratch()).unwrap();
        let m = largest(&data) + largest(&state);
        loop {
            let step = memory.step(&patterns, &here, &mut next, &mut room.scratch()).unwrap();
            steps += 1;
            let (before, after) = (wide(&here), wide(&next));
            let moved: f64 = before.iter().zip(&after).map(|(a, b)| (a - b).powi(2)).sum();
            let count = step.active as f64;
            let gained = count * f64::from(beta) / 2.0 * moved;
            let slack = 100.0 * EPS * (count + 1.0) * (1.0 + f64::from(beta) * dim as f64 * m * m);
            prop_assert!(naive.raised(&after) >= naive.raised(&before) + gained - slack);
            here.copy_from_slice(&next);
            if moved == 0.0 {
                break;
            }
            prop_assert!(steps < 500);
        }
        prop_assert_eq!((steps, bits(&here)), (report.steps, bits(&settled)));
        prop_assert!(report.converged && report.residual == 0.0);
        prop_assert!(report.largest_rise <= 200.0 * EPS * (1.0 / f64::from(beta) + dim as f64 * m * m));
        prop_assert!(report.last.energy <= report.first_energy || report.first_energy.is_none() || report.largest_rise > 0.0);
    }

    /// Within D of a pattern, with the beta that is made for D and the least distance: that pattern, in one step, bit for bit.
    #[test]
    fn one_step_retrieves_exactly(dim in 1..40usize, rows in 2..12usize, share in 0.0..0.9999f64, edge: bool, scale in -20..20i32, seed: u64) {
        let mut numbers = Numbers(seed);
        let data: Vec<f32> = numbers.numbers(dim * rows).iter().map(|x| x * (scale as f32).exp2()).collect();
        let naive = Naive { data: &data, dim, beta: 1.0, eps: 0.0 };
        let mut least = f64::INFINITY;
        for (i, row) in data.chunks_exact(dim).enumerate() {
            for (j, square) in naive.squares(&wide(row)).into_iter().enumerate() {
                least = if i != j && square.sqrt() < least { square.sqrt() } else { least };
            }
        }
        let distance = (least * (1.0 - 1e-9)) as f32;
        let distance = if f64::from(distance) > least { distance.next_down() } else { distance };
        let within = (f64::from(distance) / 2.0 * share) as f32;
        prop_assume!(distance > 0.0);
        let memory = LogSumRelu::retrieving(distance, within, dim).unwrap();
        let exact = 2.0 / (f64::from(distance) - f64::from(within)).powi(2);
        prop_assert!(f64::from(memory.beta().get()) >= exact && f64::from(memory.beta().get()) <= exact * (1.0 + 1e-5));
        prop_assert!((memory.radius() - (f64::from(distance) - f64::from(within))).abs() <= 1e-5 * memory.radius());
        let patterns = Patterns::new(&data, dim).unwrap();
        for (i, row) in data.chunks_exact(dim).enumerate() {
            // Towards the next pattern, or anywhere; as far as D, or less.
            let towards = if edge { wide(&data[(i + 1) % rows * dim..][..dim]) } else { wide(&numbers.numbers(dim)) };
            let way: Vec<f64> = towards.iter().zip(row).map(|(a, &b)| a - f64::from(b)).collect();
            let length = way.iter().map(|w| w * w).sum::<f64>().sqrt();
            let far = f64::from(within) * if edge { 1.0 } else { f64::from(numbers.number()).abs().min(1.0) };
            // A little less, for the rounding of the state itself.
            let size = row.iter().fold(0.0f64, |m, &x| m.max(f64::from(x).abs())) + far;
            let far = (far - (dim as f64).sqrt() * EPS * size * 2.0).max(0.0);
            let state: Vec<f32> = row.iter().zip(&way).map(|(&x, w)| (f64::from(x) + far * w / length) as f32).collect();
            if far == 0.0 && state != row {
                continue;
            }
            let mut out = vec![UNTOUCHED; dim];
            let step = memory.step(&patterns, &state, &mut out, &mut Room::new(dim).scratch()).unwrap();
            prop_assert!(step.is_exact() && step.winner == i, "{step:?}");
            prop_assert_eq!(bits(&out), bits(row));
        }
    }

    /// The gradient is the energy's, and the step is `x - f/n gradient`.
    #[test]
    fn the_gradient_is_that_of_the_energy(dim in 1..8usize, rows in 1..20usize, seed: u64) {
        let mut numbers = Numbers(seed);
        let (data, state) = (numbers.numbers(dim * rows), numbers.numbers(dim));
        let beta = 1.0 / dim as f32;
        let naive = Naive { data: &data, dim, beta: f64::from(beta), eps: 0.125 };
        let memory = LogSumRelu::new(Beta::new(beta).unwrap()).with_eps(0.125).unwrap();
        let (mut room, mut gradient, x) = (Room::new(dim), vec![0.0; dim], wide(&state));
        memory.gradient(&Patterns::new(&data, dim).unwrap(), &state, &mut gradient, &mut room.scratch()).unwrap();
        let h = 1e-6;
        prop_assume!(naive.squares(&x).iter().all(|d| (1.0 - naive.beta / 2.0 * d).abs() > 1e-3));
        for (j, gradient) in gradient.iter().enumerate() {
            let moved = |by: f64| naive.energy(&x.iter().enumerate().map(|(i, x)| if i == j { x + by } else { *x }).collect::<Vec<_>>());
            prop_assert!((f64::from(*gradient) - (moved(h) - moved(-h)) / (2.0 * h)).abs() < 1e-4);
        }
    }
}

#[test]
fn the_edge_of_a_ball_is_outside_it() {
    let (patterns, mut room, mut out) = ([0.0f32, 0.0], Room::new(2), [UNTOUCHED; 2]);
    let rows = Patterns::new(&patterns, 2).unwrap();
    // beta 1/8: the radius is 4.
    let memory = LogSumRelu::new(beta!(0.125));
    assert_eq!((memory.beta(), memory.eps(), memory.radius()), (beta!(0.125), 0.0, 4.0));
    assert_eq!(memory.with_eps(0.5).unwrap().eps(), 0.5);
    for (x, active) in [(4.0f32, 0), (4.0f32.next_down(), 1), (4.0f32.next_up(), 0)] {
        let step = memory.step(&rows, &[0.0, x], &mut out, &mut room.scratch()).unwrap();
        assert_eq!(step.active, active, "{x}");
        assert_eq!(step.energy.is_some(), active == 1, "{x}");
        assert_eq!(out, if active == 1 { [0.0, 0.0] } else { [0.0, x] });
    }
    // With eps the energy is finite there, whatever the distance.
    let step = memory.with_eps(0.5).unwrap().look(&rows, &[100.0, 4.0]).unwrap();
    assert_eq!((step.active, step.energy), (0, Some(2f64.ln() * 8.0)));
}

#[test]
fn of_ties_the_lowest_row_is_nearest_and_negative_zeros_become_zeros() {
    let data = [-1.0, -0.0, 1.0, 0.0, 1.0, 0.0, -1.0, 0.0];
    let rows = Patterns::new(&data, 2).unwrap();
    let mut out = [UNTOUCHED; 2];
    let step = LogSumRelu::new(beta!(0.5)).step(&rows, &[0.0, 0.0], &mut out, &mut Room::new(2).scratch()).unwrap();
    assert_eq!((step.active, step.winner, step.rows, step.squared_distance), (4, 0, 4, 1.0));
    assert_eq!(bits(&out), [0, 0]);
    // A memory that is twice there, and is alone: its own numbers.
    let step = LogSumRelu::new(beta!(2.0)).step(&rows, &[0.9, -0.0], &mut out, &mut Room::new(2).scratch()).unwrap();
    assert_eq!((step.active, step.winner, step.is_exact(), out), (2, 1, false, [1.0, 0.0]));
    let single = Patterns::new(&data[..2], 2).unwrap();
    LogSumRelu::new(beta!(2.0)).step(&single, &[-1.0, 0.0], &mut out, &mut Room::new(2).scratch()).unwrap();
    assert_eq!(bits(&out), bits(&[-1.0, 0.0]));
    // A state that stays is written so, too.
    LogSumRelu::new(beta!(2.0)).step(&single, &[9.0, -0.0], &mut out, &mut Room::new(2).scratch()).unwrap();
    assert_eq!(bits(&out), bits(&[9.0, 0.0]));
}

/// More active rows than a chunk holds: the mean by rank, in the canonical bracketing, wherever inactive rows stand between.
#[test]
fn the_mean_of_many_does_not_see_who_is_not_active() {
    let mut numbers = Numbers(3);
    let active: Vec<f32> = numbers.numbers(2 * (CHUNK + BLOCK + 5));
    let state = vec![0.25, -0.5];
    let memory = || LogSumRelu::new(beta!(0.02));
    let answer = on_every_backend!(|kernels| [data: Vec<f32> = active.clone(), state: Vec<f32> = state.clone()] -> Answer {
        ask(LogSumRelu::new(beta!(0.02)).on(kernels), &data, &state, Stop::default())
    });
    assert_eq!(answer.step.active, CHUNK + BLOCK + 5);
    let mut mixed = vec![];
    for (i, row) in active.chunks_exact(2).enumerate() {
        if i % 3 == 0 {
            mixed.extend([1000.0, -1000.0 - i as f32]);
        }
        mixed.extend(row);
    }
    let rows = Patterns::new(&mixed, 2).unwrap();
    let mut out = [UNTOUCHED; 2];
    let step = memory().step(&rows, &state, &mut out, &mut Room::new(2).scratch()).unwrap();
    assert_eq!((step.active, step.energy, bits(&out).to_vec()), (answer.step.active, answer.step.energy, answer.out));
}

#[test]
fn a_walk_stops_by_each_of_its_rules() {
    // A row of points, denser to the left, where the state is drawn.
    let data: Vec<f32> = (0..120).map(|i| (i * i) as f32 / 1024.0).collect();
    let rows = Patterns::new(&data, 1).unwrap();
    let memory = LogSumRelu::new(beta!(0.5));
    let settle = |stop| {
        let (mut state, mut room) = ([9.0], Room::new(1));
        (memory.settle(&rows, &mut state, stop, &mut room.scratch()).unwrap(), state[0])
    };
    let (none, unmoved) = settle(Stop::after(0));
    assert_eq!((none.steps, none.converged, unmoved, none.first_energy), (0, false, 9.0, none.last.energy));
    let (all, rest) = settle(Stop::after(100));
    assert!(all.converged && all.residual == 0.0 && all.steps == 6, "{all:?}");
    assert_eq!(all.weight_change, None);
    let (early, _) = settle(Stop::after(3));
    assert!(early.steps == 3 && !early.converged);
    let (rough, _) = settle(Stop::after(100).state_change(0.02));
    assert!(rough.converged && rough.steps < all.steps && rough.residual > 0.0, "{rough:?}");
    // Weights change by sqrt((m + n - 2k)/(m n)); the last two sets are the same.
    let (by_weights, same) = settle(Stop::after(100).weight_change(0.0));
    assert_eq!((by_weights.steps, by_weights.weight_change, same), (all.steps, Some(0.0), rest));
    let (two, _) = settle(Stop::after(2).weight_change(0.0));
    let set = |x: f32| data.iter().map(|y| if (x - y).abs() < 2.0 { 1.0 } else { 0.0 }).collect::<Vec<f64>>();
    let next = |set: &[f64]| set.iter().zip(&data).map(|(p, &y)| p * f64::from(y)).sum::<f64>() / set.iter().sum::<f64>();
    let a = set(9.0);
    let b = set(next(&a) as f32);
    let (m, n) = (a.iter().sum::<f64>(), b.iter().sum::<f64>());
    let apart: f64 = a.iter().zip(&b).map(|(p, q)| (p / m - q / n).powi(2)).sum::<f64>().sqrt();
    assert!(apart > 0.0 && (two.weight_change.unwrap() - apart).abs() < 1e-12, "{two:?} {apart}");
}

#[test]
fn what_is_wrong_is_named_and_nothing_changes() {
    let data = [1.0f32, 2.0, f32::NAN, 0.0, 3.0, 4.0];
    let rows = Patterns::new(&data, 2).unwrap();
    let good = Patterns::new(&data[..2], 2).unwrap();
    let memory = LogSumRelu::new(beta!(1.0));
    let mut room = Room::new(2);
    let (mut out, mut weights) = ([UNTOUCHED; 2], [UNTOUCHED; 3]);
    let strange = Err(Error::ScoreNotFinite { row: 1 });
    assert_eq!(memory.step(&rows, &[1.0, 2.0], &mut out, &mut room.scratch()), strange);
    assert_eq!(memory.gradient(&rows, &[1.0, 2.0], &mut out, &mut room.scratch()), strange);
    assert_eq!(memory.weights(&rows, &[1.0, 2.0], &mut weights), strange);
    assert_eq!(memory.look(&good, &[1.0, f32::INFINITY]), Err(Error::QueryNotFinite { index: 1 }));
    assert_eq!(memory.look(&good, &[1.0]), Err(Error::Length { expected: 2, found: 1 }));
    assert_eq!(memory.look(&good, &[3e19, 0.0]), Err(Error::ScoreNotFinite { row: 0 }));
    assert_eq!(memory.weights(&good, &[1.0, 2.0], &mut weights), Err(Error::Length { expected: 1, found: 3 }));
    let mut short = [UNTOUCHED; 1];
    assert_eq!(memory.step(&good, &[1.0, 2.0], &mut short, &mut room.scratch()), Err(Error::Length { expected: 2, found: 1 }));
    assert_eq!(memory.step(&good, &[1.0, 2.0], &mut out, &mut Room::new(1).scratch()), Err(Error::Scratch { needed: 2, found: 1 }));
    let huge = [3e38f32, 3e38, 3e38, 3e38];
    let huge = Patterns::new(&huge, 2).unwrap();
    assert_eq!(memory.step(&huge, &[3e38, 3e38], &mut out, &mut room.scratch()), Err(Error::OutputNotFinite));
    assert_eq!(memory.gradient(&huge, &[3e38, 3e38], &mut out, &mut room.scratch()), Err(Error::OutputNotFinite));
    let mut state = [1.0, f32::NAN];
    assert_eq!(memory.settle(&good, &mut state, Stop::default(), &mut room.scratch()), Err(Error::QueryNotFinite { index: 1 }));
    let mut state = [1.0, 2.0];
    assert_eq!(memory.settle(&rows, &mut state, Stop::default(), &mut room.scratch()), strange.map(|_: Step| unreachable!()));
    let scratch = &mut Scratch::new(&mut room.sums, &mut [], &mut [], &mut []);
    assert_eq!(memory.settle(&good, &mut state, Stop::default(), scratch), Err(Error::Scratch { needed: 2, found: 0 }));
    assert_eq!((out, weights, short, state), ([UNTOUCHED; 2], [UNTOUCHED; 3], [UNTOUCHED], [1.0, 2.0]));

    for eps in [-1.0, f32::NAN, f32::INFINITY] {
        assert!(matches!(memory.with_eps(eps), Err(Error::Parameter { .. })), "{eps}");
    }
    for (distance, within) in [(1.0, 0.5), (1.0, -0.1), (0.0, 0.0), (-4.0, 1.0), (f32::NAN, 0.0), (1.0, f32::NAN), (1.0, 0.499_999_97)] {
        assert!(matches!(LogSumRelu::retrieving(distance, within, 3), Err(Error::Parameter { .. })), "{distance} {within}");
    }
    for (distance, within) in [(f32::MAX, 1.0), (1e30, 4e29), (1e-21, 0.0)] {
        assert!(matches!(LogSumRelu::retrieving(distance, within, 3), Err(Error::Beta)), "{distance} {within}");
    }
    assert!(LogSumRelu::retrieving(1.0, 0.0, 3).is_ok() && LogSumRelu::retrieving(1.0, 0.499, 3).is_ok());
}
