//! Holds the library, on every backend of this machine, against a file of reference numbers.
//!
//!     cargo run --release --example golden -- FILE [--only transforms.softmax,retrieval.sparsemax]
//!
//! One line a section, and one a map in it: `SECTION held H/N max-error E tolerance T`, where E and T belong to the check with the
//! largest ratio of error to tolerance on any backend. A check counts as held if it is on every backend. Maps and sections that are
//! not implemented count as not held. Exit status 0 only if all that was selected is held.

mod codes;

use basinet::{Backend, Job, Kernels};
use basinet_conformance::golden::{Check, File, Library, STRUCTURED, Structured, evaluate, summary};
use clap::Parser;
use std::error::Error;
use std::path::PathBuf;
use std::process::ExitCode;

#[derive(Parser)]
#[command(about = "Holds the library against a file of reference numbers, on every backend of this machine")]
struct Arguments {
    /// The file of reference numbers.
    file: PathBuf,
    /// Sections (transforms) or parts of them (transforms.softmax), separated by commas.
    #[arg(long, value_delimiter = ',')]
    only: Vec<String>,
}

struct Judge<'a>(&'a File, &'a Structured);

impl Job for Judge<'_> {
    type Output = Vec<Check>;
    fn run<K: Kernels>(self, kernels: K) -> Vec<Check> {
        let mut checks = evaluate(self.0, &Library(kernels));
        checks.extend(self.1.evaluate(kernels));
        checks
    }
}

fn main() -> Result<ExitCode, Box<dyn Error>> {
    let Arguments { file, only } = Arguments::parse();
    let mut file = File::parse(&std::fs::read_to_string(file)?)?;
    let mut part = |names: &[&str]| names.iter().filter_map(|name| Some(((*name).to_owned(), file.take(name)?))).collect();
    let structured = serde_json::from_value(part(&STRUCTURED))?;
    // The same on every backend, as they are computed without one, or, in f32, by the one in use.
    let codes = codes::evaluate(&serde_json::from_value(part(&["separation", "capacity"]))?)?;
    let with_codes = |mut checks: Vec<Check>| {
        checks.extend_from_slice(&codes);
        checks
    };
    let runs: Vec<_> = Backend::available().filter_map(|backend| backend.run(Judge(&file, &structured))).map(with_codes).collect();
    let lines = summary(&runs, &only);
    for line in &lines {
        let (error, tolerance) = line.worst.as_ref().map_or((f64::INFINITY, 0.0), |check| (check.error, check.tolerance));
        println!("{} held {}/{} max-error {error:.1e} tolerance {tolerance:.1e}", line.name, line.held, line.total);
        if let Some(check) = line.worst.as_ref().filter(|check| !check.held()) {
            eprintln!("{}: {}: {}", line.name, check.what, check.note.as_deref().unwrap_or("beyond its tolerance"));
        }
    }
    let held = !lines.is_empty() && lines.iter().all(|line| line.all_held());
    Ok(if held { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
