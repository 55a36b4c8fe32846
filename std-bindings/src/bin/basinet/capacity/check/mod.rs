//! `capacity check`: the theory against a table of reference.
//!
//! A file is tables of rows; a `Section` says what of a table the library can compute, and how near it has to come. What is left of a table,
//! and tables that no section is about, are measurements and notes, and are not looked at.

mod closed;
mod maps;
mod rows;
mod statistics;

use crate::failure::Failure;
use crate::say;
use rows::{Fault, Pair, Row};
use serde_json::Value;
use std::path::PathBuf;

/// Values that were not held of which more is said.
const SHOWN: usize = 20;

/// Hold the theory against a file of reference values.
///
/// Each line of the output is a table: `TABLE held H/N max-error E tolerance T`.
/// Errors are relative, of angles and thresholds alike; absolute where the
/// reference is 0. Where the reference is a measurement they are in its standard
/// errors. The status is 0 only if all held.
#[derive(clap::Args)]
#[command(verbatim_doc_comment, after_help = crate::EXIT_CODES)]
pub struct Arguments {
    /// The reference: JSON, tables of rows by their names
    #[arg(value_name = "FILE.json")]
    file: PathBuf,
}

/// What can be held against a table.
pub struct Section {
    /// Where the table is.
    pub path: &'static [&'static str],
    /// What of it, where that is not all.
    pub part: &'static str,
    /// The largest error.
    pub tolerance: f64,
    /// What a row has, and what it should have.
    pub pairs: fn(&Row<'_>) -> Result<Vec<Pair>, Fault>,
}

/// How a table was met.
#[derive(Default)]
struct Met {
    held: usize,
    all: usize,
    worst: f64,
    missed: Vec<String>,
}

pub fn run(arguments: &Arguments) -> Result<(), Failure> {
    let name = arguments.file.display();
    let refused = |why: &dyn std::fmt::Display| Failure::Refused(format!("{name}: {why}"));
    let text = std::fs::read_to_string(&arguments.file).map_err(|error| refused(&error))?;
    let file: Value = serde_json::from_str(&text).map_err(|error| refused(&error))?;
    let (mut lines, mut missed) = (Vec::new(), Vec::new());
    for section in [closed::SECTIONS, maps::SECTIONS, statistics::SECTIONS].into_iter().flatten() {
        let Some(table) = section.path.iter().try_fold(&file, |value, key| value.get(key)) else { continue };
        let name = section.path.join(".") + section.part;
        let met = met(table, section).map_err(|fault| refused(&format_args!("{name}: {fault}")))?;
        lines.push(format!("{name} held {}/{} max-error {:.1e} tolerance {:e}", met.held, met.all, met.worst, section.tolerance));
        missed.extend(met.missed.into_iter().map(|miss| format!("{name}, {miss}")));
    }
    if lines.is_empty() {
        return Err(refused(&"has none of the tables that are known"));
    }
    say::line(&lines.join("\n"))?;
    if missed.is_empty() {
        return Ok(());
    }
    let more = if missed.len() > SHOWN { "\n..." } else { "" };
    Err(refused(&format_args!("{} values were not held:\n{}{more}", missed.len(), missed[..missed.len().min(SHOWN)].join("\n"))))
}

/// All rows of a table; a table may be a single one.
fn met(table: &Value, section: &Section) -> Result<Met, Fault> {
    let rows = match table {
        Value::Array(rows) => rows.as_slice(),
        row => std::slice::from_ref(row),
    };
    if rows.is_empty() {
        return Err(Fault::new("has no rows"));
    }
    let mut met = Met::default();
    for (number, row) in rows.iter().enumerate() {
        let pairs = Row::new(row).and_then(|row| (section.pairs)(&row)).map_err(|fault| fault.in_row(number))?;
        for pair in pairs {
            let error = pair.error();
            met.all += 1;
            if error <= section.tolerance {
                met.held += 1;
            } else {
                met.missed.push(format!("row {number} (from 0): {pair}"));
            }
            met.worst = if error > met.worst || error.is_nan() { error } else { met.worst };
        }
    }
    Ok(met)
}
