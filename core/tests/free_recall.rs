//! Free recall: each memory once, what was recalled is gone, nothing is lost to rounding, and the same bits by every road.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::disallowed_methods,
    reason = "a test may fail, and its reference uses the system's functions"
)]

mod common;

use basinet_core::{Backend, Beta, Constrained, Error, FreeRecall, Job, Kernels, Model, Patterns, Step};
use common::{EPS, Numbers, Work, bits, depth, largest};

#[derive(Clone, Debug, PartialEq)]
struct Recalled {
    steps: Vec<Step>,
    states: Vec<Vec<u32>>,
    left: Vec<Vec<u32>>,
}

/// All that can be recalled from a cue.
#[derive(Clone, Copy)]
struct All<'a> {
    beta: f32,
    data: &'a [f32],
    cue: &'a [f32],
    candidates: usize,
}

impl Job for All<'_> {
    type Output = Recalled;
    fn run<K: Kernels>(self, kernels: K) -> Recalled {
        let (dim, beta) = (self.cue.len(), Beta::new(self.beta).unwrap());
        let rows = Patterns::new(self.data, dim).unwrap();
        let mut work = Work::new(dim, self.candidates);
        let mut caps = vec![f32::NAN; rows.count()];
        let mut free = FreeRecall::new(beta, &mut caps).on(kernels);
        let mut recalled = Recalled { steps: vec![], states: vec![], left: vec![] };
        let mut out = vec![f32::NAN; dim];
        assert!(free.left().iter().all(|cap| *cap == 1.0));
        // What was recalled of each row in all, and what the caps say is left.
        let mut total = vec![0.0f64; rows.count()];
        loop {
            let before = free.left().to_vec();
            let was = bits(&out);
            let Some(mut step) = free.recall(&rows, self.cue, &mut out, &mut work.scratch()).unwrap() else {
                assert_eq!((bits(&out), bits(free.left())), (was, bits(&before)), "nothing is left, nothing changes");
                break;
            };
            assert!(recalled.steps.len() < rows.count(), "more recalls than memories");
            // The same as a step under these caps, whose weights are taken off.
            let model = Model::new(beta, Constrained::new(&before).unwrap()).on(kernels);
            let mut again = vec![0.0; dim];
            let same = model.read(&rows, &rows, self.cue, &mut again, &mut work.scratch()).unwrap();
            assert_eq!((same, bits(&again)), (step, bits(&out)));
            let mut weights = vec![0.0; rows.count()];
            Model::new(beta, basinet_core::Softmax).on(kernels).scores(&rows, self.cue, &mut weights).unwrap();
            model.weights(&mut weights, &mut work.scratch()).unwrap();
            for (row, (&p, (&cap, &left))) in weights.iter().zip(before.iter().zip(free.left())).enumerate() {
                total[row] += f64::from(p);
                assert!(p <= cap && left == if cap > p { cap - p } else { 0.0 } && left >= 0.0, "row {row}: {p} of {cap}, {left} left");
                assert!((total[row] + f64::from(left) - 1.0).abs() <= 3.0 * EPS * (1 + recalled.steps.len()) as f64);
                assert!(total[row] <= 1.0 + 3.0 * EPS * (1 + recalled.steps.len()) as f64);
            }
            let sum: f64 = weights.iter().map(|&p| f64::from(p)).sum();
            // The last may lack what rounding took from the caps.
            let least = if recalled.steps.len() + 1 == rows.count() { 1.0 / 16384.0 } else { (depth(rows.count()) + 2.0) * EPS };
            assert!((sum - 1.0).abs() <= least, "{sum} in recall {}", recalled.steps.len());
            step.passes = 1;
            recalled.steps.push(step);
            recalled.states.push(bits(&out));
            recalled.left.push(bits(free.left()));
        }
        assert!(free.left().iter().map(|&cap| f64::from(cap)).sum::<f64>() < 1.0 - 1.0 / 32768.0);
        recalled
    }
}

#[test]
fn a_sharp_beta_recalls_each_memory_once_in_order_of_similarity() {
    let mut numbers = Numbers(1);
    for (count, dim) in [(1, 3), (2, 1), (64, 7), (65, 5), (200, 16)] {
        let (data, cue) = (numbers.numbers(count * dim), numbers.numbers(dim));
        let rows = Patterns::new(&data, dim).unwrap();
        let mut scores = vec![0.0; count];
        Model::new(Beta::new(1.0).unwrap(), basinet_core::Softmax).scores(&rows, &cue, &mut scores).unwrap();
        let mut order: Vec<usize> = (0..count).collect();
        order.sort_by(|&a, &b| scores[b].total_cmp(&scores[a]));
        let found = Backend::Scalar.run(All { beta: 1e12, data: &data, cue: &cue, candidates: count }).unwrap();
        assert_eq!(found.steps.iter().map(|step| step.winner).collect::<Vec<usize>>(), order);
        for ((step, state), &row) in found.steps.iter().zip(&found.states).zip(&order) {
            assert!(step.is_exact());
            assert_eq!(*state, bits(rows.row(row).unwrap()));
        }
        assert!(found.left.last().unwrap().iter().all(|&left| left == 0));
    }
}

#[test]
fn a_soft_beta_recalls_as_often_as_there_are_memories_and_the_same_bits_everywhere() {
    let mut numbers = Numbers(2);
    for (count, dim) in [(1, 3), (2, 1), (5, 4), (64, 7), (65, 5), (200, 16)] {
        let (data, cue) = (numbers.numbers(count * dim), numbers.numbers(dim));
        for beta in [1e-6, 0.05, 0.7, 8.0, 100.0] {
            let all = All { beta, data: &data, cue: &cue, candidates: count };
            let found = Backend::Scalar.run(all).unwrap();
            assert_eq!(found.steps.len(), count, "beta {beta}, {count}x{dim}");
            for backend in Backend::available() {
                for candidates in [count, 7, 0] {
                    let same = backend.run(All { candidates, ..all }).unwrap() == found;
                    assert!(same, "{backend}, {candidates} candidates, beta {beta}, {count}x{dim}");
                }
            }
        }
    }
}

/// What roundings take from the caps over a thousand recalls does not cost the last memory.
#[test]
fn the_last_of_a_thousand_memories_still_comes() {
    let mut numbers = Numbers(3);
    let (count, dim) = (1000, 2);
    let (data, cue) = (numbers.numbers(count * dim), numbers.numbers(dim));
    let rows = Patterns::new(&data, dim).unwrap();
    for beta in [0.003, 0.1, 3.0] {
        let (mut caps, mut out, mut work) = (vec![0.0; count], [0.0; 2], Work::new(dim, count));
        let mut free = FreeRecall::new(Beta::new(beta).unwrap(), &mut caps);
        let mut sum = [0.0f64; 2];
        let mut recalls = 0;
        while free.recall(&rows, &cue, &mut out, &mut work.scratch()).unwrap().is_some() {
            recalls += 1;
            sum.iter_mut().zip(out).for_each(|(sum, x)| *sum += f64::from(x));
        }
        assert_eq!(recalls, count, "beta {beta}");
        // All recalls together are all memories together.
        for (j, sum) in sum.into_iter().enumerate() {
            let exact: f64 = data.iter().skip(j).step_by(dim).map(|&x| f64::from(x)).sum();
            assert!((sum - exact).abs() <= 1e-3 * largest(&data), "{sum} for {exact}");
        }
    }
}

#[test]
fn an_error_leaves_caps_and_out_alone() {
    let data = [1.0, 0.0, 0.0, 1.0, 0.5, f32::NAN];
    let good = Patterns::new(&data[..4], 2).unwrap();
    let spoilt = [0.5, 0.5, f32::NAN, 0.5];
    let spoilt = Patterns::new(&spoilt, 2).unwrap();
    let huge = [3e38, 0.0, 3e38, 1.0];
    let (mut caps, mut work) = ([0.0; 2], Work::new(2, 2));
    let mut free = FreeRecall::new(Beta::new(0.5).unwrap(), &mut caps);
    let mut first = [0.0; 2];
    free.recall(&good, &[1.0, 0.2], &mut first, &mut work.scratch()).unwrap().unwrap();
    let left = bits(free.left());
    let mut out = [7.0, 8.0];
    let three = Patterns::new(&data, 2).unwrap();
    assert_eq!(free.recall(&three, &[1.0, 0.2], &mut out, &mut work.scratch()), Err(Error::Length { expected: 2, found: 3 }));
    assert_eq!(free.recall(&good, &[1.0, f32::NAN], &mut out, &mut work.scratch()), Err(Error::QueryNotFinite { index: 1 }));
    assert_eq!(free.recall(&good, &[1.0], &mut out, &mut work.scratch()), Err(Error::Length { expected: 2, found: 1 }));
    assert_eq!(free.recall(&good, &[1.0, 0.2], &mut [0.0; 3], &mut work.scratch()), Err(Error::Length { expected: 2, found: 3 }));
    assert_eq!(free.recall(&spoilt, &[1.0, 0.2], &mut out, &mut work.scratch()), Err(Error::ScoreNotFinite { row: 1 }));
    let huge = Patterns::new(&huge, 2).unwrap();
    assert_eq!(free.recall(&huge, &[2.0, 0.2], &mut out, &mut work.scratch()), Err(Error::ScoreNotFinite { row: 0 }));
    assert_eq!(free.recall(&good, &[1.0, 0.2], &mut out, &mut Work::new(1, 2).scratch()), Err(Error::Scratch { needed: 2, found: 1 }));
    assert_eq!((out, bits(free.left())), ([7.0, 8.0], left));
    // What is left comes, and then nothing.
    assert!(free.recall(&good, &[1.0, 0.2], &mut out, &mut work.scratch()).unwrap().is_some());
    let last = out;
    assert_eq!(free.recall(&good, &[1.0, 0.2], &mut out, &mut work.scratch()), Ok(None));
    assert_eq!(out, last);
    assert_eq!(first.map(f64::from)[0] + f64::from(last[0]), 1.0);
}

/// A row that was recalled is not looked at again, whatever it holds by then.
#[test]
fn what_is_gone_has_no_influence() {
    let mut numbers = Numbers(5);
    let (count, dim) = (150, 6);
    let (mut data, cue) = (numbers.numbers(count * dim), numbers.numbers(dim));
    let (mut caps, mut out, mut work) = (vec![0.0; count], vec![0.0; dim], Work::new(dim, count));
    let mut free = FreeRecall::new(Beta::new(1e12).unwrap(), &mut caps);
    let mut seen = vec![false; count];
    for _ in 0..count {
        let step = free.recall(&Patterns::new(&data, dim).unwrap(), &cue, &mut out, &mut work.scratch()).unwrap().unwrap();
        assert!(!seen[step.winner] && step.is_exact());
        seen[step.winner] = true;
        data[step.winner * dim] = [f32::NAN, f32::INFINITY, 1e38][step.winner % 3];
    }
    assert_eq!(free.recall(&Patterns::new(&data, dim).unwrap(), &cue, &mut out, &mut work.scratch()), Ok(None));
}
