//! Whole recalls by the kernels of a target without vectors, of which each takes one lane after the other: the bits are the scalar backend's.

extern crate std;

use super::Baseline;
use crate::simd::Scalar;
use crate::universal::{self, Universal};
use crate::{
    Beta, Bf16, Code, Compressed, Cosine, Dot, Encoded, Entmax, F16, Job, Kernels, LogSumRelu, Model, Normmax, Patterns, Rows, Scratch,
    Separation, SignBits, Similarity, Softmax, Softmax1, Sparsemax, SquaredDistance, Step, TopK, batch_scratch, on,
};
use std::format;
use std::string::String;
use std::vec;
use std::vec::Vec;

/// Two blocks and a part of one; two groups of lanes and a part of one.
const ROWS: usize = 130;
const DIM: usize = 37;
const QUERIES: usize = 18;

/// Numbers in (-1, 1), the same in every run.
fn numbers(n: usize, seed: u32) -> Vec<f32> {
    let mut state = seed;
    let next = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 8) as f32 / 8_388_608.0 - 1.0
    };
    core::iter::repeat_with(next).take(n).collect()
}

fn bits(numbers: &[f32]) -> Vec<u32> {
    numbers.iter().map(|x| x.to_bits()).collect()
}

/// What is said of a memory, line by line.
struct Everything<'a> {
    data: &'a [f32],
    queries: &'a [f32],
}

/// The lines of one run.
struct Told<K> {
    kernels: K,
    lines: Vec<String>,
}

impl<K: Kernels> Told<K> {
    fn steps<S: Separation, Q: Similarity>(&mut self, what: &str, separation: S, similarity: Q, rows: &impl Rows, query: &[f32]) {
        let model = Model::new(Beta::new(6.0).unwrap(), separation).with(similarity).on(self.kernels);
        let (mut sums, mut scores, mut numbers, mut work) = (vec![0.0; 3 * DIM], vec![0.0; ROWS], vec![0; ROWS], vec![0.0; ROWS]);
        let scratch = &mut Scratch::new(&mut sums, &mut scores, &mut numbers, &mut work);
        let mut out = vec![0.0; DIM];
        let step = model.step(rows, query, &mut out, scratch);
        self.lines.push(format!("{what} {separation:?} {similarity:?} {step:?} {:?}", bits(&out)));
    }

    fn maps<Q: Similarity>(&mut self, what: &str, similarity: Q, rows: &impl Rows, query: &[f32]) {
        self.steps(what, Softmax, similarity, rows, query);
        self.steps(what, Softmax1, similarity, rows, query);
        self.steps(what, Sparsemax, similarity, rows, query);
        self.steps(what, Entmax::new(1.3).unwrap(), similarity, rows, query);
        self.steps(what, Normmax::new(3.0).unwrap(), similarity, rows, query);
        self.steps(what, TopK::new(5).unwrap(), similarity, rows, query);
    }

    fn coded<C: Code>(&mut self, what: &str, data: &[f32], query: &[f32]) {
        let (mut codes, mut scales, mut residuals) = (vec![], vec![], vec![]);
        for row in data.chunks_exact(DIM) {
            let mut words = vec![C::default(); C::words(DIM)];
            let Encoded { scale, residual, .. } = C::encode(row, &mut words).unwrap();
            codes.extend(words);
            scales.push(scale);
            residuals.push(residual);
        }
        let copy = Compressed::new(&codes, &scales, &residuals, DIM).unwrap();
        self.steps(what, Softmax, Dot, &copy, query);
        self.steps(what, Sparsemax, SquaredDistance, &copy, query);
        self.steps(what, Softmax, Cosine, &copy, query);
    }

    fn together<S: Separation>(&mut self, separation: S, rows: &Patterns<'_>, queries: &[f32]) {
        let model = Model::new(Beta::new(6.0).unwrap(), separation).on(self.kernels);
        let (mut out, mut steps) = (vec![0.0; queries.len()], [Step::default(); QUERIES]);
        model.step_batch(rows, queries, &mut out, &mut steps, &mut vec![0.0; batch_scratch(QUERIES, DIM, DIM, ROWS)]).unwrap();
        self.lines.push(format!("together {separation:?} {steps:?} {:?}", bits(&out)));
    }

    fn others(&mut self, rows: &Patterns<'_>, query: &[f32]) {
        use universal::{Separation, Similarity};
        let (mut sums, mut scores) = (vec![0.0; 3 * DIM], vec![0.0; ROWS]);
        for similarity in [Similarity::InverseManhattan, Similarity::InverseSquaredDistance] {
            let network = Universal::new(similarity, Separation::Softmax(Beta::new(6.0).unwrap())).on(self.kernels);
            let mut out = vec![0.0; DIM];
            let step = network.step(rows, query, &mut scores, &mut out, &mut Scratch::new(&mut sums, &mut [], &mut [], &mut []));
            self.lines.push(format!("{similarity:?} {step:?} {:?}", bits(&out)));
        }
        let memory = LogSumRelu::new(Beta::new(0.05).unwrap()).on(self.kernels);
        let mut out = vec![0.0; DIM];
        let step = memory.step(rows, query, &mut out, &mut Scratch::new(&mut sums, &mut [], &mut [], &mut []));
        self.lines.push(format!("LogSumRelu {step:?} {:?}", bits(&out)));
        let mut powers: Vec<f32> = (-800..800).map(|i| i as f32 / 8.0).chain([f32::NAN, f32::INFINITY, f32::NEG_INFINITY]).collect();
        self.lines.push(format!("{:?} {:?}", on::log_sum_exp(self.kernels, query), on::dot(self.kernels, query, rows.row(3).unwrap())));
        on::exp(self.kernels, &mut powers);
        self.lines.push(format!("{:?}", powers.iter().map(|x| if x.is_nan() { 1 } else { x.to_bits() }).collect::<Vec<_>>()));
    }
}

impl Job for Everything<'_> {
    type Output = Vec<String>;
    fn run<K: Kernels>(self, kernels: K) -> Vec<String> {
        let (mut told, rows) = (Told { kernels, lines: vec![] }, Patterns::new(self.data, DIM).unwrap());
        for query in self.queries.chunks(DIM).take(3) {
            told.maps("plain", Dot, &rows, query);
            told.maps("plain", Cosine, &rows, query);
            told.maps("plain", SquaredDistance, &rows, query);
            told.coded::<i8>("bytes", self.data, query);
            told.coded::<SignBits>("signs", self.data, query);
            told.coded::<F16>("f16", self.data, query);
            told.coded::<Bf16>("bf16", self.data, query);
            told.others(&rows, query);
        }
        told.together(Softmax, &rows, self.queries);
        told.together(Sparsemax, &rows, self.queries);
        told.lines
    }
}

#[test]
fn a_recall_without_vectors_has_the_scalar_bits() {
    let data = numbers(ROWS * DIM, 3);
    // Each near one of the rows, the second as near to a large one.
    let mut queries: Vec<f32> = data.iter().take(QUERIES * DIM).zip(numbers(QUERIES * DIM, 4)).map(|(x, noise)| x + 0.3 * noise).collect();
    queries[DIM..2 * DIM].iter_mut().for_each(|x| *x *= 40.0);
    let expected = Everything { data: &data, queries: &queries }.run(Scalar);
    let found = Everything { data: &data, queries: &queries }.run(Baseline);
    assert_eq!(found.len(), expected.len());
    for (found, expected) in found.iter().zip(&expected) {
        assert!(!expected.contains("Err"), "{expected}");
        assert_eq!(found, expected);
    }
}
