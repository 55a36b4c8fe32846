//! A ladder from the textbook's loops to the one pass: what each idea gains.
//!
//! | rung | idea |
//! |---|---|
//! | plain | three loops as a textbook has them: every score, every weight, the weighted mean; one sum a score, sparsemax by sorting |
//! | blocked | 16 partial sums a score, and no row read again whose weight is zero; still plain loops, three passes, sorting |
//! | SIMD | three passes of this machine's kernels, and the threshold without sorting |
//! | one pass | the library's step: a row is summed while it is in the cache |
//! | threads | the same by two threads, where there are enough rows for them |
//!
//! Every rung is compared with the last before it is timed. All at the retrieving beta.

use super::{
    Report,
    recall::{GROUP, three_passes},
    threads,
};
use basinet::{Beta, Dispatch, Kernels, Memory, Model, Scratch, Separation, Softmax, Sparsemax};
use basinet_benches::{baseline, data, interleaved};
use std::hint::black_box;

/// From the second-level cache to memory.
const SHAPES: [(usize, usize); 4] = [(1024, 64), (4096, 128), (100_000, 128), (1_000_000, 64)];

/// Which map.
#[derive(Clone, Copy, PartialEq)]
enum Map {
    Softmax,
    Sparsemax,
}

/// One recall and the memory that it works in.
struct Recall<'a> {
    map: Map,
    x: &'a [f32],
    query: &'a [f32],
    beta: f32,
    scores: Vec<f32>,
    sorted: Vec<f32>,
    rows: Vec<u32>,
    part: Vec<f32>,
    out: Vec<f32>,
}

/// The sum of the products, one after the other.
fn plain_dot(x: &[f32], query: &[f32]) -> f32 {
    x.iter().zip(query).fold(0.0, |sum, (x, q)| sum + x * q)
}

/// The same in 16 partial sums, of which the compiler makes what the build promises.
fn blocked_dot(x: &[f32], query: &[f32]) -> f32 {
    let mut sums = [0.0f32; 16];
    for (x, q) in x.as_chunks::<16>().0.iter().zip(query.as_chunks::<16>().0) {
        for j in 0..16 {
            sums[j] += x[j] * q[j];
        }
    }
    sums.iter().sum()
}

impl<'a> Recall<'a> {
    fn new(map: Map, x: &'a [f32], query: &'a [f32], beta: f32) -> Self {
        let count = x.len() / query.len();
        let numbers = || vec![0.0; count];
        let rows = (0..count as u32).collect();
        Self { map, x, query, beta, scores: numbers(), sorted: numbers(), rows, part: vec![0.0; query.len()], out: vec![0.0; query.len()] }
    }

    /// Scores into weights, loop by loop.
    fn separate(&mut self) {
        let max = self.scores.iter().copied().fold(f32::MIN, f32::max);
        self.scores.iter_mut().for_each(|s| *s = self.beta * (*s - max));
        if self.map == Map::Sparsemax {
            let tau = baseline::sparsemax_threshold_by_sorting(&self.scores, &mut self.sorted);
            self.scores.iter_mut().for_each(|z| *z = (*z - tau).max(0.0));
        } else {
            self.scores.iter_mut().for_each(|z| *z = z.exp());
            // In f32 the small terms would be lost beside the winner's, and the rungs would not agree.
            let sum = self.scores.iter().map(|&term| f64::from(term)).sum::<f64>() as f32;
            self.scores.iter_mut().for_each(|p| *p /= sum);
        }
    }

    /// Weights into the weighted mean. The sums of each few rows are added up apart: in one f32 sum the small terms would be lost, as above.
    fn read_out(&mut self, skip: bool) {
        let dim = self.query.len();
        self.out.fill(0.0);
        for (scores, rows) in self.scores.chunks(GROUP).zip(self.x.chunks(GROUP * dim)) {
            self.part.fill(0.0);
            for (&p, row) in scores.iter().zip(rows.chunks_exact(dim)) {
                if !(skip && p == 0.0) {
                    self.part.iter_mut().zip(row).for_each(|(part, x)| *part += p * x);
                }
            }
            self.out.iter_mut().zip(&self.part).for_each(|(out, part)| *out += part);
        }
    }

    fn plain(&mut self) {
        for (score, row) in self.scores.iter_mut().zip(self.x.chunks_exact(self.query.len())) {
            *score = plain_dot(row, self.query);
        }
        self.separate();
        self.read_out(false);
    }

    fn blocked(&mut self) {
        for (score, row) in self.scores.iter_mut().zip(self.x.chunks_exact(self.query.len())) {
            *score = blocked_dot(row, self.query);
        }
        self.separate();
        self.read_out(true);
    }

    fn simd(&mut self) {
        let dim = self.query.len();
        if self.map == Map::Softmax {
            three_passes(self.x, dim, self.query, self.beta, &mut self.scores, &mut self.out);
            return;
        }
        Dispatch.scores(self.x, dim, self.query, &mut self.scores, false);
        let max = Dispatch.max(&self.scores).unwrap_or(0.0);
        self.scores.iter_mut().for_each(|s| *s = self.beta * (*s - max));
        let tau = basinet::sparsemax_threshold(&self.scores, &mut self.sorted).unwrap_or(0.0);
        self.out.fill(0.0);
        for (&row, &z) in self.rows.iter().zip(&self.scores) {
            if z > tau {
                Dispatch.weighted_sum(self.x, dim, &[row], &[z - tau], &mut self.out);
            }
        }
    }
}

/// The seconds of each rung; all of them give the same state, within 1e-5 of the largest entry.
fn rungs<S: Separation>(
    separation: S,
    map: Map,
    memory: &Memory,
    x: &[f32],
    query: &[f32],
    beta: f32,
    rounds: usize,
) -> Result<Vec<f64>, Box<dyn std::error::Error>> {
    let (patterns, pool) = (&memory.patterns()?, threads::pool()?);
    let (count, dim) = (patterns.count(), query.len());
    let model = Model::new(Beta::new(beta)?, separation);
    let (mut sums, mut scores, mut rows, mut work) = (vec![0.0; 3 * dim], vec![0.0; count], vec![0; count], vec![0.0; count]);
    let mut out = vec![0.0; dim];
    model.step(patterns, query, &mut out, &mut Scratch::new(&mut sums, &mut scores, &mut rows, &mut work))?;
    let (mut plain, mut blocked, mut simd) =
        (Recall::new(map, x, query, beta), Recall::new(map, x, query, beta), Recall::new(map, x, query, beta));
    let largest = x.iter().fold(0.0f32, |m, x| m.max(x.abs()));
    plain.plain();
    blocked.blocked();
    simd.simd();
    for rung in [&plain, &blocked, &simd] {
        let apart = rung.out.iter().zip(&out).fold(0.0f32, |apart, (a, b)| apart.max((a - b).abs()));
        assert!(apart <= 1e-5 * largest, "{apart:e} apart, entries up to {largest}");
    }
    let repeat = 1 + 500_000 / x.len();
    let seconds = interleaved(
        rounds,
        &mut [
            ("plain", &mut || (0..repeat).for_each(|_| black_box(&mut plain).plain())),
            ("blocked", &mut || (0..repeat).for_each(|_| black_box(&mut blocked).blocked())),
            ("SIMD", &mut || (0..repeat).for_each(|_| black_box(&mut simd).simd())),
            ("one pass", &mut || {
                for _ in 0..repeat {
                    let mut scratch = Scratch::new(&mut sums, &mut scores, &mut rows, &mut work);
                    _ = black_box(model.step(patterns, black_box(query), &mut out, &mut scratch));
                }
            }),
            ("threads", &mut || pool.install(|| (0..repeat).for_each(|_| _ = black_box(memory.par_recall(&model, black_box(query)))))),
        ],
    );
    Ok(seconds.into_iter().map(|seconds| seconds / repeat as f64).collect())
}

pub fn ladder(report: &mut Report, rounds: usize) -> Result<(), Box<dyn std::error::Error>> {
    let mut lines = Vec::new();
    for (count, dim) in SHAPES {
        let mut rng = data::generator(1);
        let memory = data::memory(&mut rng, count, dim)?;
        let patterns = memory.patterns()?;
        let x = data::rows(&patterns);
        let queries = data::queries(&mut rng, &memory)?;
        let beta = data::retrieving_beta(&memory, &queries)?;
        let query = &queries[0].1;
        let softmax = rungs(Softmax, Map::Softmax, &memory, &x, query, beta, rounds)?;
        let sparsemax = rungs(Sparsemax, Map::Sparsemax, &memory, &x, query, beta, rounds)?;
        for (name, seconds) in [("softmax", softmax), ("sparsemax", sparsemax)] {
            let gains =
                seconds.iter().zip(seconds.iter().skip(1)).map(|(before, after)| format!("{:.1} ({:.2})", after * 1e6, before / after));
            let cells: Vec<String> = gains.collect();
            let all = seconds[0] / seconds.iter().copied().fold(f64::INFINITY, f64::min);
            lines.push(format!("| {name}, {count} x {dim} | {:.1} | {} | {all:.1} |", seconds[0] * 1e6, cells.join(" | ")));
        }
    }
    report.line("\nMicroseconds a recall, and times faster than the rung before.\n");
    report.line("| map, patterns | plain | blocked | SIMD | one pass | two threads | plain / best |\n|---|---|---|---|---|---|---|");
    lines.iter().for_each(|line| report.line(line));
    Ok(())
}
