//! Every separation against two: the weights of a list of scores in times of sparsemax's, and a recall step in times of softmax's.

use super::Report;
use basinet::{Beta, Error, Memory, Model, Patterns, Scratch, Separation};
use basinet_benches::data::SEPARATIONS;
use basinet_benches::{Contender, data, interleaved};
use basinet_conformance::separations::{WithSeparation, named};
use std::hint::black_box;

/// The memory that a recall from `count` rows of `dim` numbers works in.
struct Work {
    sums: Vec<f32>,
    scores: Vec<f32>,
    rows: Vec<u32>,
    work: Vec<f32>,
    out: Vec<f32>,
}

impl Work {
    fn new(dim: usize, count: usize) -> Self {
        let numbers = || vec![0.0; count];
        Self { sums: vec![0.0; 3 * dim], scores: numbers(), rows: vec![0; count], work: numbers(), out: vec![0.0; dim.max(1)] }
    }
}

/// Weights of a list of scores, so many times over.
struct Weights<'a> {
    scores: &'a [f32],
    repeat: usize,
    work: &'a mut Work,
}

impl WithSeparation for Weights<'_> {
    type Output = Result<(), Error>;
    fn with<S: Separation>(self, separation: S) -> Self::Output {
        let Self { scores, repeat, work } = self;
        let model = Model::new(Beta::new(1.0)?, separation);
        for _ in 0..repeat {
            work.out.copy_from_slice(black_box(scores));
            let mut scratch = Scratch::new(&mut work.sums, &mut work.scores, &mut work.rows, &mut work.work);
            black_box(model.weights(&mut work.out, &mut scratch))?;
        }
        Ok(())
    }
}

/// A recall step, so many times over.
struct Step<'a> {
    patterns: Patterns<'a>,
    query: &'a [f32],
    beta: f32,
    repeat: usize,
    work: &'a mut Work,
}

impl WithSeparation for Step<'_> {
    type Output = Result<(), Error>;
    fn with<S: Separation>(self, separation: S) -> Self::Output {
        let Self { patterns, query, beta, repeat, work } = self;
        let model = Model::new(Beta::new(beta)?, separation);
        for _ in 0..repeat {
            let mut scratch = Scratch::new(&mut work.sums, &mut work.scores, &mut work.rows, &mut work.work);
            black_box(model.step(&patterns, black_box(query), &mut work.out, &mut scratch))?;
        }
        Ok(())
    }
}

/// Median seconds of `run` for each name.
fn medians(rounds: usize, mut run: impl FnMut(&str) -> Option<Result<(), Error>>) -> Vec<f64> {
    let run = std::cell::RefCell::new(&mut run);
    let mut jobs = SEPARATIONS.map(|name| {
        let run = &run;
        move || assert_eq!((run.borrow_mut())(name), Some(Ok(())), "{name}")
    });
    let mut contenders: Vec<Contender<'_>> =
        SEPARATIONS.into_iter().zip(&mut jobs).map(|(name, job)| (name, job as &mut dyn FnMut())).collect();
    interleaved(rounds, &mut contenders)
}

/// The lists: their lengths, and the standard deviation of z.
const LISTS: [(usize, f32); 6] = [(4096, 0.01), (4096, 1.0), (4096, 8.0), (65_536, 0.01), (65_536, 1.0), (65_536, 8.0)];

pub fn weights(report: &mut Report, rounds: usize) -> Result<(), Error> {
    let lists = LISTS.map(|(n, spread)| data::numbers(&mut data::generator(3), n, spread));
    let columns = lists.each_ref().map(|scores| {
        let (repeat, mut work) = (1 + 20_000 / scores.len(), Work::new(0, scores.len()));
        work.out = scores.clone();
        let t = medians(rounds, |name| named(name, Weights { scores, repeat, work: &mut work }));
        t.iter().map(|own| (own / t[1], own * 1e6 / repeat as f64)).collect::<Vec<_>>()
    });
    report.line("\nWeights of n scores (`Model::weights`, report included): time / sparsemax's, and microseconds.\n");
    let head: Vec<String> = LISTS.iter().map(|(n, spread)| format!("n = {n}, spread {spread}")).collect();
    report.line(format!("| separation | {} |", head.join(" | ")));
    report.line(format!("|---{}|", "|---".repeat(LISTS.len())));
    for (i, name) in SEPARATIONS.iter().enumerate() {
        let cells: Vec<String> = columns.iter().map(|column| format!("{:.2} ({:.1})", column[i].0, column[i].1)).collect();
        report.line(format!("| {name} | {} |", cells.join(" | ")));
    }
    Ok(())
}

pub fn steps(report: &mut Report, rounds: usize) -> Result<(), Error> {
    let mut columns = Vec::new();
    let mut head = Vec::new();
    for (count, dim) in [(1024, 64), (4096, 128), (100_000, 128)] {
        let mut rng = data::generator(1);
        let memory: Memory = data::memory(&mut rng, count, dim)?;
        let patterns = memory.patterns()?;
        let queries = data::queries(&mut rng, &memory)?;
        let beta = data::retrieving_beta(&memory, &queries)?;
        let (query, mut work) = (&queries[0].1, Work::new(dim, count));
        let repeat = 1 + 1_000_000 / (count * dim);
        let t = medians(rounds, |name| named(name, Step { patterns, query, beta, repeat, work: &mut work }));
        columns.push(t.iter().map(|own| own / t[0]).collect::<Vec<_>>());
        head.push(format!("{count} x {dim}, beta {beta:.2}"));
    }
    report.line("\nA recall step at the retrieving beta: time / softmax's.\n");
    report.line(format!("| separation | {} |", head.join(" | ")));
    report.line(format!("|---{}|", "|---".repeat(columns.len())));
    for (i, name) in SEPARATIONS.iter().enumerate() {
        let cells: Vec<String> = columns.iter().map(|column| format!("{:.2}", column[i])).collect();
        report.line(format!("| {name} | {} |", cells.join(" | ")));
    }
    Ok(())
}
