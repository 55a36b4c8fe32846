//! The measurements of record, a file for each part: what is compared stands at the head of each.
//!
//! `cargo run --release -p basinet-benches --bin ratios -- [--only PART] [--rounds N] [--write README.md]`. Interleaved rounds, medians;
//! results are compared before any time is taken.

mod binary;
mod certified;
mod errors;
mod kernels;
mod ladder;
mod recall;
mod separations;
mod shares;
mod threads;

use basinet::Backend;
use clap::{Parser, ValueEnum};
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
    /// What each idea gains, from the textbook's loops upwards.
    Ladder,
    /// Shares of what the processor could add up and the memory could deliver.
    Shares,
    /// Binary memories against the same in f32.
    Binary,
    /// Certified recall from compressed copies against one pass over f32 rows.
    Certified,
    /// Errors against f64: nothing is timed.
    Errors,
}

impl Part {
    /// Its name in the marks.
    const fn name(self) -> &'static str {
        match self {
            Self::Ratios => "ratios",
            Self::Separations => "separations",
            Self::Threads => "threads",
            Self::Ladder => "ladder",
            Self::Shares => "shares",
            Self::Binary => "binary",
            Self::Certified => "certified",
            Self::Errors => "errors",
        }
    }

    fn measure(self, rounds: usize) -> Result<Report, Box<dyn std::error::Error>> {
        let mut report = Report::default();
        let threads = if self == Self::Threads { "two threads" } else { "one thread" };
        match self {
            Self::Errors => report.line(format!("Backend {}, {threads}.", Backend::current())),
            _ => report.line(format!("Backend {}, {threads}, medians of {rounds} interleaved rounds.", Backend::current())),
        }
        match self {
            Self::Ratios => {
                kernels::dots(&mut report, rounds)?;
                kernels::log_sum_exp(&mut report, rounds)?;
                kernels::thresholds(&mut report, rounds)?;
                for (count, dim) in [(4096, 128), (100_000, 128), (1_000_000, 64)] {
                    recall::recall(&mut report, rounds, count, dim)?;
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
            Self::Ladder => ladder::ladder(&mut report, rounds)?,
            Self::Shares => shares::shares(&mut report, rounds)?,
            Self::Binary => binary::binary(&mut report, rounds)?,
            Self::Certified => certified::certified(&mut report, rounds)?,
            Self::Errors => errors::errors(&mut report)?,
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
    for &part in Part::value_variants() {
        if args.only.is_none_or(|only| only == part) {
            let report = part.measure(args.rounds)?;
            if let Some(file) = &args.write {
                report.write(file, part.name())?;
            }
        }
    }
    Ok(())
}
