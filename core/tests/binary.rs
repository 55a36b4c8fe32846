//! Binary memories against the definition, neuron by neuron in integers, on every backend.

#![allow(clippy::unwrap_used, clippy::disallowed_methods, reason = "a test may fail, and its reference uses the system's functions")]

mod common;

use basinet_core::binary::{
    BinaryBuffers, BinaryDynamics, BinaryModel, BinaryPatterns, BinaryReport, BinaryScratch, Exponential, Interaction, Power,
    RectifiedPower, pack, unpack, words,
};
use basinet_core::{Backend, Error, Job, Kernels};
use proptest::prelude::*;
use std::collections::BTreeMap;

/// The interactions by name, so that a test can draw one.
#[derive(Clone, Copy, Debug)]
enum Named {
    Power(u32),
    Rectified(u32),
    Exponential,
}

/// What the reference says of a neuron. Near: the difference is within the table's error, and either way is right.
#[derive(Debug, PartialEq)]
enum Decision {
    Keeps,
    Turns,
    Near,
}

impl Named {
    fn power(self, n: u32, x: i64) -> i128 {
        if x < 0 && matches!(self, Self::Rectified(_)) { 0 } else { i128::from(x).pow(n) }
    }

    /// The sign of `sum_mu F(kept) - F(turned)`, of pairs of overlaps.
    fn decide(self, pairs: &[(i64, i64)]) -> Decision {
        let most = pairs.iter().map(|(kept, turned)| *kept.max(turned)).max().unwrap();
        let least = pairs.iter().map(|(kept, turned)| *kept.min(turned)).min().unwrap();
        let rows = pairs.len() as f64;
        match self {
            Self::Power(n) | Self::Rectified(n) => {
                let h: i128 = pairs.iter().map(|&(kept, turned)| self.power(n, kept) - self.power(n, turned)).sum();
                // Turning over, an overlap lies between its neighbours: the reference of the table is 1 beyond their middle at least.
                let reach = if matches!(self, Self::Power(_)) { most.max(-least) } else { most.max(0) } + 4;
                let exact = rows * (reach as f64).powi(n as i32) < 2f64.powi(63);
                let bound = rows * (reach as f64).powi(n as i32) * (rows / 2f64.powi(60) + f64::from(2 * n + 1) / 2f64.powi(52));
                if !exact && h != 0 && (h.unsigned_abs() as f64) < bound {
                    Decision::Near
                } else if h < 0 {
                    Decision::Turns
                } else {
                    Decision::Keeps
                }
            }
            Self::Exponential => {
                // e^2 is transcendental: a tie has no term left.
                let mut terms = BTreeMap::<i64, i64>::new();
                for &(kept, turned) in pairs {
                    *terms.entry(kept).or_default() += 1;
                    *terms.entry(turned).or_default() -= 1;
                }
                let h: f64 = terms.iter().map(|(&o, &times)| times as f64 * ((o - most) as f64).exp()).sum();
                if terms.values().all(|times| *times == 0) {
                    Decision::Keeps
                } else if h.abs() < rows * 1e-12 {
                    Decision::Near
                } else if h < 0.0 {
                    Decision::Turns
                } else {
                    Decision::Keeps
                }
            }
        }
    }
}

/// Signs of a row's first neurons.
fn signs(row: &[u64], neurons: usize) -> Vec<i64> {
    (0..neurons).map(|i| if row[i / 64] >> (i % 64) & 1 == 1 { 1 } else { -1 }).collect()
}

fn overlap(a: &[i64], b: &[i64]) -> i64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

/// What neuron `i` decides at `state`.
fn decision(named: Named, patterns: &[Vec<i64>], state: &[i64], i: usize) -> Decision {
    let pairs: Vec<_> = patterns
        .iter()
        .map(|pattern| {
            let rest = overlap(pattern, state) - pattern[i] * state[i];
            (rest + pattern[i] * state[i], rest - pattern[i] * state[i])
        })
        .collect();
    named.decide(&pairs)
}

/// A model of the interaction on a backend, and what is done with it.
struct Run<'a, T> {
    named: Named,
    what: &'a dyn Fn(&dyn Binary) -> T,
}

/// A model without its type parameters.
trait Binary {
    fn overlaps(&self, patterns: &BinaryPatterns<'_>, state: &[u64], out: &mut [i32]) -> Result<(), Error>;
    fn energy(&self, patterns: &BinaryPatterns<'_>, state: &[u64], scratch: &mut BinaryScratch<'_>) -> Result<f64, Error>;
    fn update(&self, patterns: &BinaryPatterns<'_>, state: &[u64], out: &mut [u64], s: &mut BinaryScratch<'_>) -> Result<usize, Error>;
    fn sweep(&self, patterns: &BinaryPatterns<'_>, state: &mut [u64], scratch: &mut BinaryScratch<'_>) -> Result<usize, Error>;
}

impl<F: Interaction, K: Kernels> Binary for BinaryModel<F, K> {
    fn overlaps(&self, patterns: &BinaryPatterns<'_>, state: &[u64], out: &mut [i32]) -> Result<(), Error> {
        self.overlaps(patterns, state, out)
    }
    fn energy(&self, patterns: &BinaryPatterns<'_>, state: &[u64], scratch: &mut BinaryScratch<'_>) -> Result<f64, Error> {
        self.energy(patterns, state, scratch)
    }
    fn update(&self, patterns: &BinaryPatterns<'_>, state: &[u64], out: &mut [u64], s: &mut BinaryScratch<'_>) -> Result<usize, Error> {
        self.update(patterns, state, out, s)
    }
    fn sweep(&self, patterns: &BinaryPatterns<'_>, state: &mut [u64], scratch: &mut BinaryScratch<'_>) -> Result<usize, Error> {
        self.sweep(patterns, state, scratch)
    }
}

impl<T> Job for Run<'_, T> {
    type Output = T;
    fn run<K: Kernels>(self, kernels: K) -> T {
        match self.named {
            Named::Power(n) => (self.what)(&BinaryModel::new(Power::new(n).unwrap()).on(kernels)),
            Named::Rectified(n) => (self.what)(&BinaryModel::new(RectifiedPower::new(n).unwrap()).on(kernels)),
            Named::Exponential => (self.what)(&BinaryModel::new(Exponential).on(kernels)),
        }
    }
}

const MOST: usize = 200;
type Buffers = BinaryBuffers<MOST, 5>;

/// Patterns, state, interaction. The state is a pattern with a part of its neurons turned over, or anything; spare bits hold anything.
#[derive(Debug)]
struct Case {
    named: Named,
    neurons: usize,
    rows: Vec<u64>,
    state: Vec<u64>,
}

impl Case {
    fn patterns(&self) -> BinaryPatterns<'_> {
        BinaryPatterns::new(&self.rows, self.neurons).unwrap()
    }
    fn signs(&self) -> (Vec<Vec<i64>>, Vec<i64>) {
        let rows = self.rows.chunks(words(self.neurons)).map(|row| signs(row, self.neurons)).collect();
        (rows, signs(&self.state, self.neurons))
    }
}

fn interactions() -> impl Strategy<Value = Named> {
    prop_oneof![(2u32..=12).prop_map(Named::Power), (2u32..=12).prop_map(Named::Rectified), Just(Named::Exponential)]
}

fn cases(named: impl Strategy<Value = Named>) -> impl Strategy<Value = Case> {
    (named, 1usize..=300, 1usize..=MOST).prop_flat_map(|(named, neurons, count)| {
        let row = || prop::collection::vec(any::<u64>(), words(neurons));
        let rows = prop::collection::vec(any::<u64>(), count * words(neurons));
        (rows, row(), row(), row(), 0..count, 0..4, 1..=count).prop_map(move |(mut rows, a, b, c, near, noise, different)| {
            // Some rows are there several times: runs of equal overlap that are long.
            let distinct = different * words(neurons);
            for i in distinct..rows.len() {
                rows[i] = rows[i - distinct];
            }
            let row = &rows[near * words(neurons)..];
            let masks = a.iter().zip(&b).zip(&c).map(|((a, b), c)| [0, a & b & c, a & b, *a][noise as usize]);
            let state = masks.zip(row).map(|(mask, word)| word ^ mask).collect();
            Case { named, neurons, rows, state }
        })
    })
}

proptest! {
    #![proptest_config(common::cases(96))]

    #[test]
    fn an_update_is_what_each_neuron_decides(case in cases(interactions())) {
        let (patterns, state) = case.signs();
        let expected: Vec<_> = (0..case.neurons).map(|i| decision(case.named, &patterns, &state, i)).collect();
        let overlaps: Vec<_> = patterns.iter().map(|pattern| overlap(pattern, &state) as i32).collect();
        let mut outs = Vec::new();
        for backend in Backend::available() {
            backend.run(Run { named: case.named, what: &|model| {
                let (view, mut buffers) = (case.patterns(), Buffers::new());
                let (mut found, mut out) = (vec![0; view.count()], vec![7; case.state.len()]);
                model.overlaps(&view, &case.state, &mut found).unwrap();
                assert_eq!(found, overlaps, "{backend}");
                let flips = model.update(&view, &case.state, &mut out, &mut buffers.scratch()).unwrap();
                let after = signs(&out, case.neurons);
                for i in 0..case.neurons {
                    let turned = if state[i] == after[i] { Decision::Keeps } else { Decision::Turns };
                    assert!(expected[i] == Decision::Near || expected[i] == turned, "{backend}, neuron {i}: {turned:?}");
                }
                assert_eq!(flips, (0..case.neurons).filter(|&i| state[i] != after[i]).count());
                out
            } }).into_iter().for_each(|out| outs.push(out));
        }
        for out in &outs {
            prop_assert_eq!(out, &outs[0]);
            let spare = words(case.neurons) * 64 - case.neurons;
            prop_assert_eq!(out.last().unwrap().leading_zeros() as usize >= spare, true);
        }
    }

    #[test]
    fn a_sweep_is_what_neurons_decide_one_after_the_other(case in cases(interactions())) {
        let (patterns, mut state) = case.signs();
        let (mut flips, mut near) = (0, false);
        for i in 0..case.neurons {
            match decision(case.named, &patterns, &state, i) {
                Decision::Turns => (state[i], flips) = (-state[i], flips + 1),
                Decision::Near => near = true,
                Decision::Keeps => (),
            }
        }
        for backend in Backend::available() {
            backend.run(Run { named: case.named, what: &|model| {
                let (mut found, mut buffers) = (case.state.clone(), Buffers::new());
                let turned = model.sweep(&case.patterns(), &mut found, &mut buffers.scratch()).unwrap();
                if !near {
                    assert_eq!((signs(&found, case.neurons), turned), (state.clone(), flips), "{backend}");
                }
            } });
        }
    }

    #[test]
    fn sweeps_never_raise_the_energy(case in cases(prop_oneof![(2u32..=6).prop_map(Named::Power), (2u32..=6).prop_map(Named::Rectified)])) {
        let backend = Backend::current();
        backend.run(Run { named: case.named, what: &|model| {
            let (mut state, mut buffers, view) = (case.state.clone(), Buffers::new(), case.patterns());
            let mut before = model.energy(&view, &state, &mut buffers.scratch()).unwrap();
            for _ in 0..4 {
                let turned = model.sweep(&view, &mut state, &mut buffers.scratch()).unwrap();
                let energy = model.energy(&view, &state, &mut buffers.scratch()).unwrap();
                assert!(if turned == 0 { energy == before } else { energy < before }, "{energy} after {before}, {turned} turned");
                before = energy;
            }
        } });
    }

    #[test]
    fn signs_come_back_from_their_bits(signs in prop::collection::vec(prop_oneof![Just(1f32), Just(-1f32)], 1..200)) {
        let mut bits = vec![u64::MAX; words(signs.len())];
        pack(&signs, &mut bits).unwrap();
        let mut back = vec![0.0; signs.len()];
        unpack(&bits, &mut back).unwrap();
        prop_assert_eq!(back, signs);
    }
}

fn settle(rows: &[u64], neurons: usize, state: &mut [u64], dynamics: BinaryDynamics, n: u32) -> BinaryReport {
    let patterns = BinaryPatterns::new(rows, neurons).unwrap();
    BinaryModel::new(Power::new(n).unwrap()).settle(&patterns, state, dynamics, 20, &mut BinaryBuffers::<8, 4>::new().scratch()).unwrap()
}

#[test]
fn a_tie_keeps_the_old_value() {
    // Of two patterns that are each other's negative at one neuron and alike elsewhere, neither wins there.
    let rows = [0b1111, 0b1110];
    for state in [0b1111, 0b1110] {
        for dynamics in [BinaryDynamics::Synchronous, BinaryDynamics::Asynchronous] {
            let mut settled = [state];
            let report = settle(&rows, 4, &mut settled, dynamics, 3);
            assert!(report.converged && report.flips == 0 && settled == [state], "{report:?}");
        }
    }
    // With x^2, a neuron by itself has the same energy either way.
    let mut alone = [0];
    assert_eq!(settle(&[1], 1, &mut alone, BinaryDynamics::Asynchronous, 2).flips, 0);
}

#[test]
fn a_synchronous_cycle_of_two_is_found_and_a_sweep_ends() {
    // Two neurons that want to be alike, and differ: x^2 turns both over, for ever.
    let (mut state, rows) = ([0b01], [0b11]);
    let report = settle(&rows, 2, &mut state, BinaryDynamics::Synchronous, 2);
    assert!(report.cycle && !report.converged, "{report:?}");
    assert_eq!((report.steps, report.flips, state), (2, 4, [0b01]));
    let report = settle(&rows, 2, &mut state, BinaryDynamics::Asynchronous, 2);
    assert!(report.converged && !report.cycle && (report.steps, report.flips) == (2, 1), "{report:?}");
    assert_eq!((report.winner, report.overlap.abs(), report.runner_up), (0, 2, None));
    assert_eq!((report.first_energy, report.energy), (0.0, -4.0));
}

#[test]
fn the_report_names_the_lowest_winner_and_the_runner_up() {
    let rows = [0b0011_1111, 0b1111_1111, 0b1111_1111, 0b0000_1111];
    let report = settle(&rows, 8, &mut [0b1111_1111], BinaryDynamics::Asynchronous, 4);
    assert_eq!((report.winner, report.overlap, report.runner_up), (1, 8, Some(8)));
    let report = settle(&rows, 8, &mut [0b0011_1111], BinaryDynamics::Asynchronous, 30);
    assert_eq!((report.winner, report.overlap, report.runner_up), (0, 8, Some(4)));
}

#[test]
fn what_is_wrong_is_named_and_nothing_changes() {
    assert_eq!(Power::new(1), Err(Error::Parameter { requirement: "the power of an interaction must be within 2 and 30" }));
    assert!(RectifiedPower::new(31).is_err() && Power::new(Power::MOST).is_ok());
    assert_eq!(BinaryPatterns::new(&[], 4).err(), Some(Error::Empty));
    assert_eq!(BinaryPatterns::new(&[1], 0).err(), Some(Error::Shape { numbers: 1, dim: 0, stride: 0 }));
    assert_eq!(BinaryPatterns::new(&[1, 2, 3], 65).err(), Some(Error::Shape { numbers: 3, dim: 2, stride: 2 }));
    let mut bits = [9];
    assert_eq!(pack(&[1.0, f32::NAN], &mut bits), Err(Error::NoSign { index: 1 }));
    assert_eq!(pack(&[1.0, -0.0], &mut bits), Err(Error::NoSign { index: 1 }));
    assert_eq!(pack(&[1.0; 65], &mut bits), Err(Error::Length { expected: 2, found: 1 }));
    assert_eq!((unpack(&bits, &mut [0.0; 65]), bits), (Err(Error::Length { expected: 2, found: 1 }), [9]));

    let (patterns, model) = (BinaryPatterns::new(&[3, 5], 4).unwrap(), BinaryModel::new(Exponential));
    let (mut small, mut wordless, mut state) = (BinaryBuffers::<1, 1>::new(), BinaryBuffers::<2, 0>::new(), [0xF0]);
    let scratch = Err(Error::Scratch { needed: 2, found: 1 });
    assert_eq!(model.sweep(&patterns, &mut state, &mut small.scratch()), scratch);
    assert_eq!(model.update(&patterns, &[1], &mut state, &mut small.scratch()), scratch);
    assert_eq!(model.energy(&patterns, &state, &mut small.scratch()).err(), scratch.err());
    let settled = model.settle(&patterns, &mut state, BinaryDynamics::Asynchronous, 1, &mut wordless.scratch());
    assert_eq!(settled.err(), Some(Error::Scratch { needed: 1, found: 0 }));
    let length = Err(Error::Length { expected: 1, found: 2 });
    assert_eq!(model.sweep(&patterns, &mut [0, 0], &mut wordless.scratch()), length);
    assert_eq!(model.update(&patterns, &[0, 0], &mut state, &mut wordless.scratch()), length);
    assert_eq!(model.update(&patterns, &[0], &mut [0, 0], &mut wordless.scratch()), length);
    assert_eq!(model.overlaps(&patterns, &state, &mut [0]), Err(Error::Length { expected: 2, found: 1 }));
    assert_eq!(state, [0xF0]);
}
