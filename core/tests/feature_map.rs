//! Feature maps and kernelised recall: features against their definition, steps against plain steps of the features, energies, wrong input.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::disallowed_methods,
    reason = "a test may fail, and its reference uses the system's functions"
)]

mod common;
#[allow(dead_code, unused_imports, reason = "the rest of it is for other tests")]
#[path = "../conformance/src/oracle/mod.rs"]
mod oracle;

use basinet_core::{
    Beta, Cosine, Descends, Dot, Entmax, Error, FeatureMap, Kernelised, Kernels, Model, Normmax, Patterns, Scratch, Separation, Similarity,
    Softmax, Sparsemax, SquaredDistance, Stop, TopK, beta, dot,
};
use common::{EPS, Numbers, bits, cases, depth};
use oracle::{Rows, dot_abs, norm};
use proptest::prelude::*;

/// What `out` holds before a call.
const UNTOUCHED: f32 = -7.5;

fn wide(x: &[f32]) -> Vec<f64> {
    x.iter().map(|x| f64::from(*x)).collect()
}

/// Scratch memory with states and features.
struct Room {
    sums: Vec<f32>,
    states: Vec<f32>,
    features: Vec<f32>,
    scores: Vec<f32>,
    rows: Vec<u32>,
}

impl Room {
    fn new(dim: usize, features: usize, candidates: usize) -> Self {
        let states = vec![f32::NAN; 3 * dim];
        Self {
            sums: vec![0.5; 3 * dim],
            states,
            features: vec![f32::NAN; features],
            scores: vec![0.0; candidates],
            rows: vec![0; candidates],
        }
    }

    fn scratch(&mut self) -> Scratch<'_> {
        Scratch::new(&mut self.sums, &mut self.scores, &mut self.rows, &mut [])
            .with_states(&mut self.states)
            .with_features(&mut self.features)
    }
}

/// A memory behind a map.
#[derive(Clone, Debug)]
struct Memory {
    dim: usize,
    data: Vec<f32>,
    query: Vec<f32>,
    weights: Vec<f32>,
    bias: Option<Vec<f32>>,
    unit: bool,
}

impl Memory {
    fn new(dim: usize, features: usize, rows: usize, (bias, unit): (bool, bool), seed: u64) -> Self {
        let mut numbers = Numbers(seed);
        let (data, query) = (numbers.numbers(rows * dim), numbers.numbers(dim));
        let (weights, bias) = (numbers.numbers(features * dim), bias.then(|| numbers.numbers(features)));
        Self { dim, data, query, weights, bias, unit }
    }

    fn map(&self) -> FeatureMap<'_> {
        let map = FeatureMap::new(&self.weights, self.dim).unwrap();
        let map = if let Some(bias) = &self.bias { map.with_bias(bias).unwrap() } else { map };
        if self.unit { map.unit() } else { map }
    }

    fn patterns(&self) -> Patterns<'_> {
        Patterns::new(&self.data, self.dim).unwrap()
    }

    /// The features of the patterns.
    fn features(&self) -> Vec<f32> {
        let mut features = vec![UNTOUCHED; self.map().features() * self.patterns().count()];
        self.map().apply_rows(&self.patterns(), &mut features).unwrap();
        features
    }

    /// The features of the definition: canonical dot products, a sum, and a division in f64.
    fn defined(&self, x: &[f32]) -> Vec<f32> {
        let plain = self.weights.chunks(self.dim).enumerate();
        let plain = plain.map(|(k, row)| dot(row, x).unwrap() + self.bias.as_ref().map_or(0.0, |bias| bias[k]) + 0.0);
        let plain: Vec<f32> = plain.collect();
        let length = wide(&plain).iter().fold(0.0, |sum, f| sum + f * f).sqrt();
        let divided = |f: f32| if self.unit { (f64::from(f) / length) as f32 + 0.0 } else { f };
        plain.into_iter().map(divided).collect()
    }
}

/// Lengths around the lanes, numbers of features around the blocks.
fn memories() -> Vec<Memory> {
    let dims = (1..=20).chain([31, 33, 65, 257]);
    dims.enumerate().map(|(i, dim)| Memory::new(dim, [1, 3, 63, 64, 65, 130][i % 6], 5, (i % 2 == 0, i % 3 == 0), 70 + i as u64)).collect()
}

#[test]
fn features_are_those_of_the_definition_on_every_backend_and_in_a_batch() {
    for memory in memories() {
        let found = on_every_backend!(|kernels| [memory: Memory = memory.clone()] -> (Vec<u32>, Vec<u32>) {
            let map = memory.map().on(kernels);
            let mut single = vec![UNTOUCHED; map.features()];
            map.apply(&memory.query, &mut single).unwrap();
            let mut batch = vec![UNTOUCHED; map.features() * memory.patterns().count()];
            map.apply_rows(&memory.patterns(), &mut batch).unwrap();
            (bits(&single), bits(&batch))
        });
        assert_eq!(found.0, bits(&memory.defined(&memory.query)), "{} x {}", memory.map().features(), memory.dim);
        let batch: Vec<u32> = memory.data.chunks(memory.dim).flat_map(|row| bits(&memory.defined(row))).collect();
        assert_eq!(found.1, batch, "{} x {}, many", memory.map().features(), memory.dim);
    }
}

#[test]
fn features_are_within_their_bound_of_the_oracle() {
    for memory in memories() {
        let (weights, bias) = (wide(&memory.weights), memory.bias.as_ref().map(|bias| wide(bias)));
        let weights = Rows { data: &weights, dim: memory.dim };
        let exact = oracle::FeatureMap { weights, bias: bias.as_deref(), unit: false }.of(&wide(&memory.query));
        let mut found = vec![UNTOUCHED; exact.len()];
        Memory { unit: false, ..memory.clone() }.map().apply(&memory.query, &mut found).unwrap();
        for (k, (found, exact)) in found.iter().zip(&exact).enumerate() {
            let terms = dot_abs(weights.iter().nth(k).unwrap(), &wide(&memory.query)) + bias.as_ref().map_or(0.0, |bias| bias[k].abs());
            let bound = (memory.dim.div_ceil(16) as f64 + 6.0) * EPS * terms;
            assert!((f64::from(*found) - exact).abs() <= bound, "feature {k}: {found} for {exact}");
        }
    }
}

/// Strided rows have the features of the same rows without a stride, and a map says what it was made of.
#[test]
fn a_map_is_what_it_was_made_of() {
    let memory = Memory::new(4, 3, 6, (true, true), 5);
    let map = memory.map();
    assert_eq!((map.dim(), map.features(), map.is_unit()), (4, 3, true));
    assert_eq!((map.weights(), map.bias()), (&memory.weights[..], memory.bias.as_deref()));
    let kernelised = Model::new(beta!(0.5), TopK::new(3).unwrap()).with(Cosine).through(map);
    assert_eq!((kernelised.model().beta(), kernelised.model().separation()), (beta!(0.5), TopK::new(3).unwrap()));
    assert_eq!(kernelised.map().weights(), map.weights());
    let mut apart = vec![f32::NAN; 6 * 7];
    for (to, from) in apart.chunks_mut(7).zip(memory.data.chunks(4)) {
        to[..4].copy_from_slice(from);
    }
    let mut features = [UNTOUCHED; 18];
    map.apply_rows(&Patterns::strided(&apart, 4, 7).unwrap(), &mut features).unwrap();
    assert_eq!(bits(&features), bits(&memory.features()));
}

/// A step through the map, and a step from the features: bits, reports, energies. The bits of the state.
fn step_by_both_roads<S: Separation, Q: Similarity, K: Kernels>(memory: &Memory, separation: S, similarity: Q, kernels: K) -> Vec<u32> {
    let (patterns, features) = (memory.patterns(), memory.features());
    let features = Patterns::new(&features, memory.map().features()).unwrap();
    let model = Model::new(beta!(0.5), separation).with(similarity).on(kernels);
    let mut room = Room::new(memory.dim, features.dim(), 6);
    let mut out = vec![UNTOUCHED; memory.dim];
    let step = model.through(memory.map()).step(&features, &patterns, &memory.query, &mut out, &mut room.scratch()).unwrap();

    let (mut f, mut plain) = (vec![0.0; features.dim()], vec![0.0; memory.dim]);
    memory.map().apply(&memory.query, &mut f).unwrap();
    let mut expected = model.read(&features, &patterns, &f, &mut plain, &mut room.scratch()).unwrap();
    expected.energy = model.energy0(&expected, &f);
    assert_eq!((bits(&out), step), (bits(&plain), expected));
    // What is read out is no matter: the energy is that of a plain step of the features.
    let own = model.step(&features, &f, &mut vec![0.0; f.len()], &mut Room::new(f.len(), 0, 6).scratch()).unwrap();
    assert_eq!(step.energy, own.energy);
    bits(&out)
}

#[test]
fn a_kernelised_step_is_a_step_from_the_features() {
    for (bias, unit) in [(false, false), (true, false), (false, true), (true, true)] {
        for (dim, features, rows) in [(5, 3, 130), (17, 70, 66), (3, 1, 2)] {
            on_every_backend!(|kernels| [memory: Memory = Memory::new(dim, features, rows, (bias, unit), 11)] -> [Vec<u32>; 4] {
                [
                    step_by_both_roads(&memory, Softmax, Dot, kernels),
                    step_by_both_roads(&memory, Sparsemax, SquaredDistance, kernels),
                    step_by_both_roads(&memory, Entmax::new(1.5).unwrap(), Cosine, kernels),
                    step_by_both_roads(&memory, TopK::new(2).unwrap(), Dot, kernels),
                ]
            });
        }
    }
}

/// Through the identity, settling is settling: states, steps and reports, with each rule that ends it.
#[test]
fn through_the_identity_nothing_changes() {
    fn check<S: Separation, Q: Descends>(separation: S, similarity: Q, beta: f32, stop: Stop) {
        let memory = Memory::new(7, 1, 70, (false, false), 3);
        let weights: Vec<f32> = (0..49).map(|i| if i % 8 == 0 { 1.0 } else { 0.0 }).collect();
        let map = FeatureMap::new(&weights, 7).unwrap();
        let mut features = vec![0.0; memory.data.len()];
        map.apply_rows(&memory.patterns(), &mut features).unwrap();
        assert_eq!(features, memory.data);
        let patterns = memory.patterns();
        let model = Model::new(Beta::new(beta).unwrap(), separation).with(similarity);
        let (mut seen, mut state, mut room) = (Vec::new(), memory.query.clone(), Room::new(7, 14, 70));
        let report =
            model.settle_observed(&patterns, &mut state, stop, &mut room.scratch(), |step, x| seen.push((*step, bits(x)))).unwrap();
        let (mut through, mut other) = (Vec::new(), memory.query.clone());
        let kernelised = model.through(map);
        let features = Patterns::new(&features, 7).unwrap();
        let observe = |step: &_, x: &[f32]| through.push((*step, bits(x)));
        let again = kernelised.settle_observed(&features, &patterns, &mut other, stop, &mut room.scratch(), observe).unwrap();
        assert_eq!((again, bits(&other), &through), (report, bits(&state), &seen));
        assert!(again.steps > 1, "{again:?}");
        let energy = kernelised.energy(&features, &state, 3.0, &mut room.scratch());
        assert_eq!(energy, model.energy(&patterns, &state, 3.0, &mut room.scratch()));
    }
    for stop in [Stop::after(3), Stop::default(), Stop::after(30).weight_change(0.1), Stop::after(30).weight_change(1e-6)] {
        check(Softmax, Dot, 1.0, stop);
        check(Sparsemax, SquaredDistance, 0.05, stop);
        check(Normmax::new(2.0).unwrap(), Dot, 0.1, stop);
    }
}

/// How much an energy may rise in a step to a state whose features are off by `off` and whose norm, or that of the rows, is at most `norm`:
/// what rounding of its terms allows, and what the features' rounding does, `|grad E| off + off^2/2` with a gradient of at most `2 norm`.
fn allowed(norm: f64, off: f64) -> f64 {
    8.0 * EPS * norm * norm + 2.0 * norm * off + off * off / 2.0
}

/// How far the features of a sum of `rows` values, with weights that sum to one, may be from that sum of their features: roundings of both,
/// of the weights' sum, and of values that were divided.
fn features_off(memory: &Memory, values: &[f32], rows: usize) -> f64 {
    let of = |k: usize| {
        let row = &wide(&memory.weights)[k * memory.dim..(k + 1) * memory.dim];
        let term = |j: usize| row[j].abs() * values.chunks(memory.dim).map(|value| f64::from(value[j]).abs()).fold(0.0, f64::max);
        let terms = (0..memory.dim).map(term).sum::<f64>() + memory.bias.as_ref().map_or(0.0, |bias| f64::from(bias[k].abs()));
        (2.0 * (memory.dim.div_ceil(16) as f64 + 6.0) + depth(rows) + 3.0) * EPS * terms
    };
    norm(&(0..memory.map().features()).map(of).collect::<Vec<_>>())
}

/// The energies of the states of an iteration, the query's first.
fn energies<S: Separation, Q: Descends>(model: Kernelised<'_, S, Q>, memory: &Memory, values: &[f32]) -> (Vec<f64>, Vec<Vec<f32>>) {
    let rows = memory.features();
    let features = Patterns::new(&rows, memory.map().features()).unwrap();
    let values = Patterns::new(values, memory.dim).unwrap();
    let (mut state, mut states) = (memory.query.clone(), vec![memory.query.clone()]);
    let mut room = Room::new(memory.dim, features.dim(), values.count());
    model.settle_observed(&features, &values, &mut state, Stop::after(6), &mut room.scratch(), |_, x| states.push(x.to_vec())).unwrap();
    let max_norm = features.max_norm().unwrap();
    let energies = states.iter().map(|x| model.energy(&features, x, max_norm, &mut room.scratch()).unwrap());
    (energies.collect(), states)
}

fn falls<S: Separation, Q: Descends>(memory: &Memory, beta: f32, separation: S, similarity: Q) -> Result<(), TestCaseError> {
    let model = Model::new(Beta::new(beta).unwrap(), separation).with(similarity).through(memory.map());
    let rows = memory.features();
    let largest_norm = rows.chunks(memory.map().features()).map(|f| norm(&wide(f))).fold(0.0, f64::max);
    let count = memory.patterns().count();
    let plain = Memory { unit: false, ..memory.clone() };
    let values: Vec<f32> = if memory.unit {
        let lengths = memory.data.chunks(memory.dim).map(|row| norm(&wide(&plain.defined(row))));
        memory
            .data
            .chunks(memory.dim)
            .zip(lengths)
            .flat_map(|(row, length)| row.iter().map(move |x| (f64::from(*x) / length) as f32))
            .collect()
    } else {
        memory.data.clone()
    };
    let (energies, states) = energies(model, memory, &values);
    for (pair, state) in energies.windows(2).zip(&states[1..]) {
        let off = features_off(memory, &values, count);
        // On the sphere what is off counts in parts of the length before it was divided.
        let off = if memory.unit { 2.0 * off / norm(&wide(&plain.defined(state))) + 2.0 * EPS } else { off };
        let most = allowed(largest_norm.max(1e-3), off);
        prop_assert!(pair[1] - pair[0] <= most, "the energy rose by {:e}, allowed {most:e}", pair[1] - pair[0]);
    }
    Ok(())
}

proptest! {
    #![proptest_config(cases(150))]

    #[test]
    fn the_energy_of_the_features_never_rises(
        dim in 1..20usize, features in 1..40usize, rows in 1..12usize, log_beta in -4.0..3.0f32, unit: bool, seed: u64,
    ) {
        let memory = Memory::new(dim, features, rows, (!unit, unit), seed);
        let beta = log_beta.exp();
        falls(&memory, beta, Softmax, Dot)?;
        falls(&memory, beta, Softmax, SquaredDistance)?;
        falls(&memory, beta, Sparsemax, Dot)?;
        falls(&memory, beta, Entmax::new(1.5).unwrap(), SquaredDistance)?;
        falls(&memory, beta, Entmax::new(1.25).unwrap(), Dot)?;
        falls(&memory, beta, Normmax::new(3.0).unwrap(), Dot)?;
    }
}

/// With unit features and the patterns as values it may: seen among these, so the documentation does not warn of nothing.
#[test]
fn with_unit_features_and_plain_values_the_energy_may_rise() {
    let rises = (0..50).any(|seed| {
        let memory = Memory::new(6, 4, 7, (false, true), seed);
        let model = Model::new(beta!(2.0), Sparsemax).through(memory.map());
        energies(model, &memory, &memory.data).0.windows(2).any(|pair| pair[1] - pair[0] > 1e-4)
    });
    assert!(rises);
}

#[test]
fn a_map_refuses_what_does_not_fit() {
    assert_eq!(FeatureMap::new(&[1.0; 5], 2).unwrap_err(), Error::Shape { numbers: 5, dim: 2, stride: 2 });
    assert_eq!(FeatureMap::new(&[], 2).unwrap_err(), Error::Empty);
    let weights = [1.0; 6];
    let map = FeatureMap::new(&weights, 2).unwrap();
    assert_eq!(map.with_bias(&[0.0; 2]).unwrap_err(), Error::Length { expected: 3, found: 2 });
    let refused = |error: Error, x: &[f32], length: usize| {
        let mut out = vec![UNTOUCHED; length];
        assert_eq!(map.apply(x, &mut out), Err(error), "{x:?} to {length}");
        assert!(out.iter().all(|x| *x == UNTOUCHED), "{error:?}");
    };
    refused(Error::Length { expected: 2, found: 1 }, &[1.0], 3);
    refused(Error::Length { expected: 3, found: 4 }, &[1.0, 1.0], 4);
    refused(Error::QueryNotFinite { index: 1 }, &[1.0, f32::NAN], 3);
    refused(Error::FeatureNotFinite { index: 0 }, &[3e38, 3e38], 3);
    let rows = [1.0, 2.0, 3.0, 4.0];
    let refused = |error: Error, dim: usize, length: usize| {
        let mut out = vec![UNTOUCHED; length];
        assert_eq!(map.apply_rows(&Patterns::new(&rows, dim).unwrap(), &mut out), Err(error));
        assert!(out.iter().all(|x| *x == UNTOUCHED), "{error:?}");
    };
    refused(Error::Length { expected: 2, found: 4 }, 4, 3);
    refused(Error::Length { expected: 6, found: 5 }, 2, 5);
}

/// A number that is not finite in the weights, the bias, or a row; a sum that overflows; features without a direction: named by their
/// places, on every backend, by one pattern or among many, beyond the first block too.
#[test]
fn strange_numbers_are_named_and_nothing_is_written() {
    for place in [0, 1, 64, 129] {
        for strange in [f32::NAN, f32::INFINITY, 3e38] {
            let mut memory = Memory::new(3, 130, 4, (true, place == 1), 9);
            memory.data.fill(1.0);
            memory.data[6..].fill(2.0);
            memory.weights[3 * place] = strange;
            let row = if strange == 3e38 { 2 } else { 0 };
            refused(&memory, &[2.0; 3], Error::FeatureNotFinite { index: place }, Error::FeatureNotFinite { index: row * 130 + place });
            memory.weights[3 * place] = 1.0;
            memory.bias.as_mut().unwrap()[place] = if strange == 3e38 { f32::NEG_INFINITY } else { strange };
            refused(&memory, &[2.0; 3], Error::FeatureNotFinite { index: place }, Error::FeatureNotFinite { index: place });
        }
    }
    let mut memory = Memory::new(3, 130, 4, (false, true), 9);
    memory.data[6..9].fill(0.0);
    refused(&memory, &[0.0; 3], Error::ZeroFeatures { row: 0 }, Error::ZeroFeatures { row: 2 });
    memory.data[5] = f32::NEG_INFINITY;
    refused(&memory, &[0.0, 0.0, f32::NAN], Error::QueryNotFinite { index: 2 }, Error::ScoreNotFinite { row: 1 });
}

/// This query and these patterns get these errors, wherever the map is asked.
fn refused(memory: &Memory, query: &[f32], one: Error, many: Error) {
    on_every_backend!(|kernels| [memory: Memory = memory.clone(), query: Vec<f32> = query.to_vec(), errors: [Error; 2] = [one, many]] -> () {
        let (map, width) = (memory.map().on(kernels), memory.map().features());
        let mut out = vec![UNTOUCHED; width * memory.patterns().count()];
        assert_eq!(map.apply_rows(&memory.patterns(), &mut out), Err(errors[1]));
        assert_eq!(map.apply(&query, &mut out[..width]), Err(errors[0]));
        assert!(out.iter().all(|x| *x == UNTOUCHED));
        let keys = vec![1.0; width];
        let (keys, values) = (Patterns::new(&keys, width).unwrap(), Patterns::new(&memory.data[..3], 3).unwrap());
        let model = Model::new(beta!(1.0), Softmax).on(kernels).through(memory.map());
        let (mut room, mut state) = (Room::new(3, width, 0), query.clone());
        assert_eq!(model.step(&keys, &values, &query, &mut out[..3], &mut room.scratch()), Err(errors[0]));
        assert_eq!(model.settle(&keys, &values, &mut state, Stop::after(2), &mut room.scratch()), Err(errors[0]));
        assert_eq!(model.energy(&keys, &query, 1.0, &mut room.scratch()), Err(errors[0]));
        assert!(out.iter().all(|x| *x == UNTOUCHED) && bits(&state) == bits(&query));
    });
}

#[test]
fn a_kernelised_memory_refuses_what_does_not_fit() {
    let memory = Memory::new(3, 5, 6, (false, false), 2);
    let rows = memory.features();
    let (features, patterns) = (Patterns::new(&rows, 5).unwrap(), memory.patterns());
    let model = Model::new(beta!(1.0), Softmax).through(memory.map());
    let step = |error: Error, features: &Patterns<'_>, values: &Patterns<'_>, query: &[f32], length: usize, room: usize| {
        let mut out = vec![UNTOUCHED; length];
        assert_eq!(model.step(features, values, query, &mut out, &mut Room::new(3, room, 0).scratch()), Err(error));
        assert!(out.iter().all(|x| *x == UNTOUCHED), "{error:?}");
    };
    step(Error::Scratch { needed: 5, found: 4 }, &features, &patterns, &memory.query, 3, 4);
    step(Error::Length { expected: 3, found: 2 }, &features, &patterns, &[1.0; 2], 3, 5);
    step(Error::Length { expected: 3, found: 4 }, &features, &patterns, &memory.query, 4, 5);
    // Rows of another map, and another number of values.
    step(Error::Length { expected: 3, found: 5 }, &patterns, &patterns, &memory.query, 3, 5);
    step(Error::Length { expected: 6, found: 5 }, &features, &Patterns::new(&memory.data[3..], 3).unwrap(), &memory.query, 3, 5);
    let settle = |error: Error, values: &Patterns<'_>, state: &[f32], stop: Stop, room: usize| {
        let mut changed = state.to_vec();
        assert_eq!(model.settle(&features, values, &mut changed, stop, &mut Room::new(5, room, 0).scratch()), Err(error));
        assert_eq!(changed, state, "{error:?}");
    };
    settle(Error::Length { expected: 3, found: 2 }, &patterns, &[1.0; 2], Stop::after(3), 10);
    settle(Error::Length { expected: 3, found: 5 }, &features, &[1.0; 5], Stop::after(3), 10);
    settle(Error::Scratch { needed: 5, found: 0 }, &patterns, &memory.query, Stop::after(3), 0);
    // The change of weights is that between two states.
    settle(Error::Scratch { needed: 10, found: 9 }, &patterns, &memory.query, Stop::after(3).weight_change(0.1), 9);
}
