//! The ratios of record: kernels against intrinsics, sorting and `wide`; recall against the memory's own speed and its three-pass form.
//!
//! `cargo run --release -p basinet-benches --bin ratios -- [--only ratios|separations|threads] [--rounds N] [--write README.md]`. Interleaved
//! rounds, medians; results are compared before any time is taken.

mod separations;
mod threads;

use basinet::{Backend, Beta, Dispatch, Error, Kernels, Memory, Model, Scratch, Softmax, Sparsemax};
use basinet_benches::{baseline, data, interleaved};
use clap::{Parser, ValueEnum};
use std::hint::black_box;
use std::path::{Path, PathBuf};

/// Measures the ratios of record.
#[derive(Parser)]
struct Args {
    /// Only one of the parts.
    #[arg(long)]
    only: Option<Part>,
    /// Rounds of each comparison, at least 15.
    #[arg(long, default_value_t = 31)]
    rounds: usize,
    /// Also writes the tables into this file, between its two marks.
    #[arg(long)]
    write: Option<PathBuf>,
}

/// What stands between two marks of a file.
#[derive(Clone, Copy, PartialEq, ValueEnum)]
enum Part {
    /// Kernels and recall against intrinsics, sorting, `wide`, and the memory's own speed.
    Ratios,
    /// Every separation against softmax and sparsemax.
    Separations,
    /// One query by two threads against what two threads can read.
    Threads,
}

impl Part {
    /// Its name in the marks.
    const fn name(self) -> &'static str {
        match self {
            Self::Ratios => "ratios",
            Self::Separations => "separations",
            Self::Threads => "threads",
        }
    }

    fn measure(self, rounds: usize) -> Result<Report, Box<dyn std::error::Error>> {
        let mut report = Report::default();
        let threads = if self == Self::Threads { "two threads" } else { "one thread" };
        report.line(format!("Backend {}, {threads}, medians of {rounds} interleaved rounds.", Backend::current()));
        match self {
            Self::Ratios => {
                dots(&mut report, rounds)?;
                log_sum_exp(&mut report, rounds)?;
                thresholds(&mut report, rounds)?;
                for (count, dim) in [(4096, 128), (100_000, 128), (1_000_000, 64)] {
                    recall(&mut report, rounds, count, dim)?;
                }
            }
            Self::Separations => {
                separations::weights(&mut report, rounds)?;
                separations::steps(&mut report, rounds)?;
            }
            Self::Threads => {
                for (count, dim) in [(100_000, 128), (1_000_000, 64)] {
                    threads::recall(&mut report, rounds, count, dim)?;
                }
            }
        }
        Ok(report)
    }
}

/// The tables so far; each line is also printed at once.
#[derive(Default)]
struct Report(String);

impl Report {
    fn line(&mut self, line: impl AsRef<str>) {
        println!("{}", line.as_ref());
        self.0.push_str(line.as_ref());
        self.0.push('\n');
    }

    /// Puts the tables into a file, between its two marks of this name.
    fn write(&self, file: &Path, name: &str) -> Result<(), Box<dyn std::error::Error>> {
        let marks = [format!("<!-- {name} -->"), format!("<!-- end of {name} -->")];
        let text = std::fs::read_to_string(file)?;
        let (head, rest) = text.split_once(&marks[0]).ok_or("the file lacks the first mark")?;
        let (_, tail) = rest.split_once(&marks[1]).ok_or("the file lacks the second mark")?;
        std::fs::write(file, format!("{head}{}\n\n{}\n{}{tail}", marks[0], self.0, marks[1]))?;
        Ok(())
    }
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let args = Args::parse();
    for part in [Part::Ratios, Part::Separations, Part::Threads] {
        if args.only.is_none_or(|only| only == part) {
            let report = part.measure(args.rounds)?;
            if let Some(file) = &args.write {
                report.write(file, part.name())?;
            }
        }
    }
    Ok(())
}

fn dots(report: &mut Report, rounds: usize) -> Result<(), Error> {
    report.line("\n| kernel | time / same arithmetic in intrinsics | time / fused intrinsics |\n|---|---|---|");
    let mut rng = data::generator(1);
    for dim in [64, 128, 768, 4096] {
        let (a, b) = (data::numbers(&mut rng, dim, 1.0), data::numbers(&mut rng, dim, 1.0));
        assert_eq!(basinet::dot(&a, &b)?.to_bits(), baseline::dot(&a, &b).to_bits());
        let repeat = 400_000 / dim;
        let t = interleaved(
            3 * rounds,
            &mut [
                ("ours", &mut || (0..repeat).for_each(|_| _ = black_box(basinet::dot(black_box(&a), black_box(&b)).unwrap_or(0.0)))),
                ("kernel", &mut || (0..repeat).for_each(|_| _ = black_box(Dispatch.dot(black_box(&a), black_box(&b))))),
                ("intrinsics", &mut || (0..repeat).for_each(|_| _ = black_box(baseline::dot(black_box(&a), black_box(&b))))),
            ],
        );
        report.line(format!("| dot, D = {dim} | {:.3} | kernel {:.3} |", t[0] / t[2], t[1] / t[2]));
    }
    for dim in [64, 128, 768, 4096] {
        let rows = 64;
        let x = data::numbers(&mut rng, rows * dim, 1.0);
        let q = data::numbers(&mut rng, dim, 1.0);
        let (mut ours, mut theirs, mut fused) = (vec![0.0; rows], vec![0.0; rows], vec![0.0; rows]);
        Dispatch.scores(&x, dim, &q, &mut ours, false);
        baseline::scores(&x, &q, &mut theirs);
        assert_eq!(ours, theirs);
        let repeat = 1 + 1_000_000 / (rows * dim);
        let t = interleaved(
            3 * rounds,
            &mut [
                ("ours", &mut || (0..repeat).for_each(|_| Dispatch.scores(black_box(&x), dim, black_box(&q), &mut ours, false))),
                ("intrinsics", &mut || (0..repeat).for_each(|_| baseline::scores(black_box(&x), black_box(&q), &mut theirs))),
                ("fused", &mut || (0..repeat).for_each(|_| baseline::scores_fused(black_box(&x), black_box(&q), &mut fused))),
            ],
        );
        report.line(format!("| scores of 64 rows, D = {dim} | {:.3} | {:.3} |", t[0] / t[1], t[0] / t[2]));
    }
    Ok(())
}

fn log_sum_exp(report: &mut Report, rounds: usize) -> Result<(), Error> {
    report.line("\n| log-sum-exp | times faster than the loop on wide::f32x8::exp |\n|---|---|");
    let mut rng = data::generator(2);
    for n in [1024, 16_384, 262_144] {
        let z = data::numbers(&mut rng, n, 3.0);
        assert!((basinet::log_sum_exp(&z)? - baseline::log_sum_exp_wide(&z)).abs() < 1e-4);
        let repeat = 1 + 500_000 / n;
        let t = interleaved(
            rounds,
            &mut [
                ("ours", &mut || (0..repeat).for_each(|_| _ = black_box(basinet::log_sum_exp(black_box(&z))))),
                ("wide", &mut || (0..repeat).for_each(|_| _ = black_box(baseline::log_sum_exp_wide(black_box(&z))))),
            ],
        );
        report.line(format!("| n = {n} | {:.2} |", t[1] / t[0]));
    }
    Ok(())
}

fn thresholds(report: &mut Report, rounds: usize) -> Result<(), Error> {
    report.line("\n| sparsemax threshold | times faster than sorting | microseconds |\n|---|---|---|");
    let mut rng = data::generator(3);
    for n in [4096, 65_536, 1_048_576] {
        for spread in [0.01, 1.0] {
            let z = data::numbers(&mut rng, n, spread);
            let (mut work, mut sorted) = (vec![0.0; n], vec![0.0; n]);
            let tau = basinet::sparsemax_threshold(&z, &mut work)?;
            assert!((tau - baseline::sparsemax_threshold_by_sorting(&z, &mut sorted)).abs() < 4e-6);
            let repeat = 1 + 20_000 / n;
            let t = interleaved(
                rounds,
                &mut [
                    ("ours", &mut || (0..repeat).for_each(|_| _ = black_box(basinet::sparsemax_threshold(black_box(&z), &mut work)))),
                    ("sorting", &mut || {
                        (0..repeat).for_each(|_| _ = black_box(baseline::sparsemax_threshold_by_sorting(black_box(&z), &mut sorted)));
                    }),
                ],
            );
            report.line(format!("| n = {n}, spread {spread} | {:.1} | {:.2} |", t[1] / t[0], t[0] * 1e6 / repeat as f64));
        }
    }
    Ok(())
}

/// The three-pass form of the same kernels: all scores, all terms, then the weighted sum.
fn three_passes(x: &[f32], dim: usize, query: &[f32], beta: f32, scores: &mut [f32], rows: &[u32], out: &mut [f32]) {
    Dispatch.scores(x, dim, query, scores, false);
    let max = Dispatch.max(scores).unwrap_or(0.0);
    Dispatch.exp_sub(scores, beta, max);
    let sum: f32 = scores
        .as_chunks::<16>()
        .0
        .iter()
        .fold([0.0; 16], |mut sum, terms| {
            sum.iter_mut().zip(terms).for_each(|(sum, term)| *sum += term);
            sum
        })
        .iter()
        .sum();
    out.fill(0.0);
    Dispatch.weighted_sum(x, dim, rows, scores, out);
    out.iter_mut().for_each(|x| *x /= sum);
}

fn recall(report: &mut Report, rounds: usize, count: usize, dim: usize) -> Result<(), Error> {
    let mut rng = data::generator(1);
    let memory: Memory = data::memory(&mut rng, count, dim)?;
    let patterns = memory.patterns()?;
    let x: Vec<f32> = (0..count).flat_map(|i| patterns.row(i).unwrap_or(&[]).iter().copied()).collect();
    let queries = data::queries(&mut rng, &memory)?;
    let beta = data::retrieving_beta(&memory, &queries)?;
    let query = &queries[0].1;
    report.line(format!("\n{count} x {dim}: retrieving beta {beta:.4}"));
    report.line(
        "| beta | softmax: share of the stream | three passes / one pass | sparsemax: share of the stream | sparsemax / softmax | support |"
    );
    report.line("|---|---|---|---|---|---|");
    for (name, beta) in [("weights spread, 1", 1.0), ("a quarter of it", beta / 4.0), ("retrieving", beta)] {
        let (softmax, sparsemax) = (Model::new(Beta::new(beta)?, Softmax), Model::new(Beta::new(beta)?, Sparsemax));
        let (mut one, mut three, mut sparse) = (vec![0.0; dim], vec![0.0; dim], vec![0.0; dim]);
        let (mut sums, mut scores) = (vec![0.0; 3 * dim], vec![0.0; count]);
        let (mut candidates, mut numbers, mut work) = (vec![0.0; count], vec![0u32; count], vec![0.0; count]);
        let rows: Vec<u32> = (0..count as u32).collect();
        three_passes(&x, dim, query, beta, &mut scores, &rows, &mut three);
        softmax.step(&patterns, query, &mut one, &mut Scratch::new(&mut sums, &mut [], &mut [], &mut []))?;
        assert!(one.iter().zip(&three).all(|(a, b)| (a - b).abs() < 2e-5));
        let mut support = 0;
        let mut other_sums = sums.clone();
        let t = interleaved(
            rounds,
            &mut [
                ("stream", &mut || _ = black_box(baseline::stream(black_box(&x)))),
                ("one", &mut || {
                    let mut scratch = Scratch::new(&mut sums, &mut [], &mut [], &mut []);
                    _ = black_box(softmax.step(&patterns, black_box(query), &mut one, &mut scratch));
                }),
                ("three", &mut || three_passes(&x, dim, black_box(query), beta, &mut scores, &rows, &mut three)),
                ("sparse", &mut || {
                    let mut scratch = Scratch::new(&mut other_sums, &mut candidates, &mut numbers, &mut work);
                    support = sparsemax.step(&patterns, black_box(query), &mut sparse, &mut scratch).map_or(0, |step| step.support);
                }),
            ],
        );
        let gigabytes = (4 * count * dim) as f64 / t[0] / 1e9;
        report.line(format!(
            "| {name} | {:.0} % of {gigabytes:.1} GB/s | {:.2} | {:.0} % | {:.2} | {support} |",
            100.0 * t[0] / t[1],
            t[2] / t[1],
            100.0 * t[0] / t[3],
            t[3] / t[1]
        ));
    }
    Ok(())
}
