//! Binary memories: decisions against the definition in i128 on every backend, ties, descent, cycles, wrong input.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test may fail")]

mod common;

use basinet_core::Error;
use basinet_core::binary::{
    self, BinaryBuffers, BinaryDynamics, BinaryModel, BinaryPatterns, BinaryScratch, Exponential, Interaction, Power, RectifiedPower,
};
use common::{Numbers, cases};
use proptest::prelude::*;

/// An interaction.
#[derive(Clone, Copy, Debug)]
enum Which {
    Power(u32),
    Rectified(u32),
    Exponential,
}

impl Which {
    /// F by its definition.
    fn exact(self, x: i128) -> i128 {
        match self {
            Self::Power(n) => x.pow(n),
            Self::Rectified(n) => x.max(0).pow(n),
            Self::Exponential => unreachable!("no integer"),
        }
    }

    /// Whether F is a table of integers itself, by the module's rule.
    fn is_exact(self, memory: &Memory) -> bool {
        let rows = memory.patterns().count() as u128;
        match self {
            Self::Power(n) | Self::Rectified(n) => (memory.neurons as u128 + 2).checked_pow(n).is_some_and(|f| f * rows < 1 << 63),
            Self::Exponential => false,
        }
    }
}

/// A memory as bits and as signs; bits behind the last neuron are set at random.
#[derive(Clone, Debug)]
struct Memory {
    neurons: usize,
    words: Vec<u64>,
    state: Vec<u64>,
}

impl Memory {
    /// `correlated` rows are near each other and the state, so that overlaps are large and rows are equal.
    fn new(neurons: usize, rows: usize, correlated: bool, seed: u64) -> Self {
        let (mut numbers, stride) = (Numbers(seed), binary::words(neurons));
        let centre: Vec<u64> = (0..stride).map(|_| numbers.next()).collect();
        let mut row = |_| -> Vec<u64> {
            let noise = |numbers: &mut Numbers| numbers.next() & numbers.next() & numbers.next();
            let of = |word: &u64| if correlated { word ^ noise(&mut numbers) } else { numbers.next() };
            centre.iter().map(of).collect()
        };
        let (words, state) = ((0..rows).flat_map(&mut row).collect(), row(0));
        Self { neurons, words, state }
    }

    fn patterns(&self) -> BinaryPatterns<'_> {
        BinaryPatterns::new(&self.words, self.neurons).unwrap()
    }

    fn signs(&self, words: &[u64]) -> Vec<i128> {
        (0..self.neurons).map(|i| if words[i / 64] >> (i % 64) & 1 == 1 { 1 } else { -1 }).collect()
    }

    fn rows(&self) -> Vec<Vec<i128>> {
        self.words.chunks(binary::words(self.neurons)).map(|row| self.signs(row)).collect()
    }

    fn packed(&self, signs: &[i128]) -> Vec<u64> {
        let mut words = vec![0; binary::words(self.neurons)];
        for (i, _) in signs.iter().enumerate().filter(|(_, sign)| **sign > 0) {
            words[i / 64] |= 1 << (i % 64);
        }
        words
    }
}

/// What keeping a neuron is worth, by the definition: positive, negative or zero; none where f64 cannot tell.
fn worth(rows: &[Vec<i128>], state: &[i128], i: usize, which: Which) -> Option<i128> {
    let rest = |row: &[i128]| row.iter().zip(state).map(|(a, b)| a * b).sum::<i128>() - row[i] * state[i];
    let sides = rows.iter().map(|row| (rest(row) + row[i] * state[i], rest(row) - row[i] * state[i]));
    if let Which::Exponential = which {
        let mut counts = std::collections::BTreeMap::<i128, i32>::new();
        for (kept, turned) in sides {
            *counts.entry(kept).or_default() += 1;
            *counts.entry(turned).or_default() -= 1;
        }
        counts.retain(|_, count| *count != 0);
        // Powers of e are linearly independent: a tie is one of the histograms.
        let Some(top) = counts.keys().next_back() else { return Some(0) };
        let sum: f64 = counts.iter().map(|(o, count)| f64::from(*count) * libm::exp((o - top) as f64)).sum();
        return (sum.abs() > 1e-9).then_some(if sum > 0.0 { 1 } else { -1 });
    }
    Some(sides.map(|(kept, turned)| which.exact(kept) - which.exact(turned)).sum())
}

/// Room for as many rows and words.
struct Room {
    overlaps: Vec<i32>,
    order: Vec<u32>,
    ends: Vec<u32>,
    weights: Vec<i64>,
    words: Vec<u64>,
}

impl Room {
    fn of(memory: &Memory) -> Self {
        let (rows, words) = (memory.patterns().count(), memory.state.len());
        Self { overlaps: vec![7; rows], order: vec![7; rows], ends: vec![7; rows], weights: vec![7; rows], words: vec![7; words] }
    }

    fn scratch(&mut self) -> BinaryScratch<'_> {
        BinaryScratch::new(&mut self.overlaps, &mut self.order, &mut self.ends, &mut self.weights).with_words(&mut self.words)
    }
}

/// A synchronous step, an asynchronous sweep, how many neurons turned over in each, and the bits of the energies before and after.
type Answer = ([Vec<u64>; 2], [usize; 2], [u64; 2]);

fn answers(memory: &Memory, which: Which) -> Answer {
    fn run<F: Interaction, K: basinet_core::Kernels>(model: BinaryModel<F, K>, memory: &Memory) -> Answer {
        let (patterns, mut room) = (memory.patterns(), Room::of(memory));
        let (mut out, mut state) = (memory.state.clone(), memory.state.clone());
        let before = model.energy(&patterns, &state, &mut room.scratch()).unwrap();
        let flips = model.update(&patterns, &memory.state, &mut out, &mut room.scratch()).unwrap();
        let swept = model.sweep(&patterns, &mut state, &mut room.scratch()).unwrap();
        let after = model.energy(&patterns, &state, &mut room.scratch()).unwrap();
        ([out, state], [flips, swept], [before.to_bits(), after.to_bits()])
    }
    on_every_backend!(|kernels| [memory: Memory = memory.clone(), which: Which = which] -> Answer {
        match which {
            Which::Power(n) => run(BinaryModel::new(Power::new(n).unwrap()).on(kernels), &memory),
            Which::Rectified(n) => run(BinaryModel::new(RectifiedPower::new(n).unwrap()).on(kernels), &memory),
            Which::Exponential => run(BinaryModel::new(Exponential).on(kernels), &memory),
        }
    })
}

/// Holds both dynamics of one memory against the definition.
fn holds(memory: &Memory, which: Which) -> Result<(), TestCaseError> {
    let ([out, swept], [flips, sweep_flips], [before, after]) = answers(memory, which);
    let (rows, start) = (memory.rows(), memory.signs(&memory.state));
    let (found, mut state) = (memory.signs(&out), start.clone());
    for i in 0..memory.neurons {
        if let Some(worth) = worth(&rows, &start, i, which) {
            prop_assert_eq!(found[i], if worth < 0 { -start[i] } else { start[i] }, "neuron {} of an update, {}", i, worth);
        }
    }
    prop_assert_eq!(&out, &memory.packed(&found), "spare bits");
    prop_assert_eq!(flips, (0..memory.neurons).filter(|i| found[*i] != start[*i]).count());
    let swept_signs = memory.signs(&swept);
    for i in 0..memory.neurons {
        let worth = worth(&rows, &state, i, which);
        let decided = worth.map_or(swept_signs[i], |worth| if worth < 0 { -state[i] } else { state[i] });
        prop_assert_eq!(swept_signs[i], decided, "neuron {} of a sweep", i);
        state[i] = decided;
    }
    prop_assert_eq!(&swept, &memory.packed(&state), "spare bits");
    prop_assert_eq!(sweep_flips, (0..memory.neurons).filter(|i| state[*i] != start[*i]).count());
    if which.is_exact(memory) {
        prop_assert!(f64::from_bits(after) <= f64::from_bits(before));
        let sum: i128 = rows.iter().map(|row| which.exact(row.iter().zip(&start).map(|(a, b)| a * b).sum())).sum();
        prop_assert_eq!(f64::from_bits(before), 0.0 - sum as f64);
    }
    Ok(())
}

proptest! {
    #![proptest_config(cases(40))]

    #[test]
    fn decisions_are_those_of_the_definition(
        seed in any::<u64>(), neurons in 1usize..300, rows in 1usize..60, correlated in any::<bool>(), n in 2u32..6
    ) {
        let memory = Memory::new(neurons, rows, correlated, seed);
        for which in [Which::Power(n), Which::Rectified(n), Which::Exponential] {
            holds(&memory, which)?;
        }
    }

    /// Few neurons and rows: ties everywhere.
    #[test]
    fn a_tie_keeps_the_old_value(seed in any::<u64>(), neurons in 1usize..10, rows in 1usize..7, n in 2u32..5) {
        let memory = Memory::new(neurons, rows, false, seed);
        for which in [Which::Power(n), Which::Rectified(n), Which::Exponential] {
            holds(&memory, which)?;
        }
    }
}

/// 7 times 64^10 is the last sum that fits, of 62 neurons and rows that all are the state, or its opposite.
#[test]
fn sums_just_below_and_above_2_to_63_decide_alike() {
    for (rows, near) in [(7, true), (8, true), (7, false), (8, false), (9, true)] {
        let mut memory = Memory::new(62, rows, true, 5);
        let state = memory.state.clone();
        for (at, word) in memory.words.iter_mut().enumerate() {
            // One row differs in two neurons.
            *word = if near { state[0] } else { !state[0] } ^ if at == 3 { 0b101 } else { 0 };
        }
        for which in [Which::Power(10), Which::Rectified(10), Which::Power(9)] {
            holds(&memory, which).unwrap();
        }
        let overlap = memory.neurons as i128;
        assert_eq!(rows as i128 * (overlap + 2).pow(10) < 1 << 63, rows == 7);
    }
}

/// Many rows of few overlaps are counted before they are weighed, and more words than one tile are taken.
#[test]
fn long_runs_and_wide_rows_decide_alike() {
    for (neurons, rows, correlated) in [(20, 3000, false), (2600, 40, true), (130, 700, true)] {
        let memory = Memory::new(neurons, rows, correlated, 11);
        for which in [Which::Power(2), Which::Power(3), Which::Exponential] {
            let ([out, _], [flips, _], _) = answers(&memory, which);
            let (all, start) = (memory.rows(), memory.signs(&memory.state));
            let found = memory.signs(&out);
            for i in (0..neurons).step_by(1 + neurons / 20) {
                if let Some(worth) = worth(&all, &start, i, which) {
                    assert_eq!(found[i], if worth < 0 { -start[i] } else { start[i] }, "{neurons} {rows} {which:?} {i}");
                }
            }
            assert!(flips <= neurons);
        }
    }
}

/// Powers beyond the exact table: what is dominated by one pattern is decided by it.
#[test]
fn large_powers_of_many_neurons_recall_the_nearest_pattern() {
    let memory = Memory::new(1000, 50, false, 3);
    let mut damaged = memory.clone();
    damaged.state = memory.patterns().row(17).unwrap().to_vec();
    damaged.state[3] ^= 0xffff_0000_ffff;
    for which in [Which::Power(30), Which::Rectified(20), Which::Power(8)] {
        let ([out, swept], [flips, sweep_flips], _) = answers(&damaged, which);
        let pattern = memory.packed(&memory.signs(memory.patterns().row(17).unwrap()));
        assert_eq!((&out, &swept, flips, sweep_flips), (&pattern, &pattern, 32, 32));
    }
}

#[test]
fn settling_finds_fixed_points_and_cycles() {
    // Two neurons that each want to be what the other is not, turned at once, turn for ever; one after the other they come to rest.
    let words = [0b01];
    let patterns = BinaryPatterns::new(&words, 2).unwrap();
    let (model, mut buffers) = (BinaryModel::new(Power::new(2).unwrap()), BinaryBuffers::<4, 4>::new());
    let mut state = [0b11];
    let report = model.settle(&patterns, &mut state, BinaryDynamics::Synchronous, 100, &mut buffers.scratch()).unwrap();
    assert!(report.cycle && !report.converged && report.steps == 2 && report.flips == 4 && state == [0b11], "{report:?}");
    let report = model.settle(&patterns, &mut state, BinaryDynamics::Asynchronous, 100, &mut buffers.scratch()).unwrap();
    assert!(report.converged && !report.cycle && report.steps == 2 && report.flips == 1 && state == [0b10], "{report:?}");
    assert_eq!((report.first_energy, report.energy, report.winner, report.overlap, report.runner_up), (0.0, -4.0, 0, -2, None));
    let report = model.settle(&patterns, &mut state, BinaryDynamics::Asynchronous, 0, &mut buffers.scratch()).unwrap();
    assert!(!report.converged && report.steps == 0 && report.flips == 0);

    let memory = Memory::new(200, 8, false, 5);
    let mut state = memory.patterns().row(5).unwrap().to_vec();
    state[0] ^= 0b1011;
    let mut buffers = BinaryBuffers::<8, 4>::new();
    for dynamics in [BinaryDynamics::Synchronous, BinaryDynamics::Asynchronous] {
        let mut state = state.clone();
        let model = BinaryModel::new(Exponential);
        let report = model.settle(&memory.patterns(), &mut state, dynamics, 10, &mut buffers.scratch()).unwrap();
        assert_eq!((report.converged, report.steps, report.flips, report.winner, report.overlap), (true, 2, 3, 5, 200));
        assert_eq!(memory.signs(&state), memory.signs(memory.patterns().row(5).unwrap()));
    }
}

#[test]
fn wrong_input_is_refused_and_changes_nothing() {
    assert_eq!(BinaryPatterns::new(&[], 5).unwrap_err(), Error::Empty);
    assert!(matches!(BinaryPatterns::new(&[1], 0), Err(Error::Shape { .. })));
    assert!(matches!(BinaryPatterns::new(&[1, 2, 3], 65), Err(Error::Shape { .. })));
    assert!(matches!(Power::new(1), Err(Error::Parameter { .. })));
    assert!(matches!(RectifiedPower::new(31), Err(Error::Parameter { .. })));
    let mut words = [7];
    assert_eq!(binary::pack(&[1.0, 0.0], &mut words), Err(Error::NoSign { index: 1 }));
    assert_eq!(binary::pack(&[1.0, -1.0, f32::NAN], &mut words), Err(Error::NoSign { index: 2 }));
    assert_eq!(binary::pack(&[1.0; 65], &mut words), Err(Error::Length { expected: 2, found: 1 }));
    assert_eq!(binary::unpack(&words, &mut [0.5; 65]), Err(Error::Length { expected: 2, found: 1 }));
    assert_eq!(words, [7]);
    binary::pack(&[f32::INFINITY, -1e-40, 3.0], &mut words).unwrap();
    assert_eq!(words, [0b101]);

    let stored = [1, 2, 3];
    let patterns = BinaryPatterns::new(&stored, 64).unwrap();
    let (model, mut buffers, mut out) = (BinaryModel::new(Exponential), BinaryBuffers::<3, 1>::new(), [9]);
    let mut few = BinaryBuffers::<2, 1>::new();
    let long = Error::Length { expected: 1, found: 2 };
    let scratch = Error::Scratch { needed: 3, found: 2 };
    assert_eq!(model.overlaps(&patterns, &[1, 2], &mut [0; 3]), Err(long));
    assert_eq!(model.overlaps(&patterns, &[1], &mut [0; 2]), Err(Error::Length { expected: 3, found: 2 }));
    assert_eq!(model.update(&patterns, &[1, 2], &mut out, &mut buffers.scratch()), Err(long));
    assert_eq!(model.update(&patterns, &[1], &mut [0, 0], &mut buffers.scratch()), Err(long));
    assert_eq!(model.update(&patterns, &[1], &mut out, &mut few.scratch()), Err(scratch));
    assert_eq!(model.energy(&patterns, &[1], &mut few.scratch()), Err(scratch));
    assert_eq!(model.sweep(&patterns, &mut out, &mut few.scratch()), Err(scratch));
    let mut no_words = BinaryBuffers::<3, 0>::new();
    let settled = model.settle(&patterns, &mut out, BinaryDynamics::Synchronous, 3, &mut no_words.scratch());
    assert_eq!(settled, Err(Error::Scratch { needed: 1, found: 0 }));
    assert_eq!(out, [9]);
}

#[test]
fn what_was_given_can_be_asked_for() {
    assert_eq!((Power::new(7).unwrap().exponent(), RectifiedPower::new(30).unwrap().exponent()), (7, 30));
    let words = [1, 2, 3, 4];
    let patterns = BinaryPatterns::new(&words, 100).unwrap();
    assert_eq!((patterns.count(), patterns.neurons()), (2, 100));
    assert_eq!([patterns.row(1), patterns.row(2), patterns.row(usize::MAX)], [Some(&words[2..]), None, None]);
    // 2^31 neurons are one too many. The zeros are the system's, and nobody looks at them.
    let many = vec![0; 1 << 25];
    assert_eq!(BinaryPatterns::new(&many, 1 << 31).err(), Some(Error::TooLarge));
    assert_eq!(BinaryPatterns::new(&many, (1 << 31) - 1).unwrap().count(), 1);
    let mut buffers = BinaryBuffers::<3, 2>::default();
    assert_eq!((buffers.scratch().rows(), buffers.scratch().words()), (3, 2));
    let mut sums = [0i64; 5];
    let scratch = BinaryScratch::new(&mut [0; 4], &mut [0; 5], &mut [0; 6], &mut sums).with_words(&mut [0; 7]).words();
    assert_eq!(scratch, 7);
}
