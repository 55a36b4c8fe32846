//! `recall`: queries from a file or standard input, answers to a file or standard output, a tile of them at a time.
//!
//! Each query is recalled by itself, unless `--fast` is asked for, so that its bits are those of the library's `recall` on every machine,
//! however many queries there are and however many threads share them.

use crate::answer::{Answerer, Asked};
use crate::failure::Failure;
use crate::model::Overrides;
use crate::outcome::{Outcome, Total};
use crate::progress::bar;
use crate::say;
use crate::store::unit;
use basinet::formats::{Format, Reader};
use basinet::{Stop, file};
use clap::ValueEnum;
use std::path::PathBuf;

/// Queries that are recalled before their answers are written.
const TILE: usize = 256;

/// Answer queries from a memory.
///
/// Queries are rows of a .npy, .safetensors, .csv or .jsonl file, or come from
/// standard input in any of these formats. A line of JSON is a list of numbers,
/// or an object with such a list as "query" or "state".
///
/// Answers go to a file of rows, or line by line as JSON, each with its winner,
/// weights and, where asked for, certificate. Without --fast a query has the same
/// bits whatever the machine and the number of threads.
#[derive(clap::Args)]
#[command(verbatim_doc_comment, after_help = crate::EXIT_CODES)]
pub struct Arguments {
    /// The memory
    #[arg(value_name = "FILE.basin")]
    file: PathBuf,
    /// The queries, a row each; - for standard input
    #[arg(short, long, value_name = "FILE")]
    query: PathBuf,
    /// Where answers go: .npy, .safetensors, .csv, .jsonl; - or nothing for
    /// standard output, as JSON lines
    #[arg(short, long, value_name = "OUT")]
    output: Option<PathBuf>,
    /// Format of the answers, whatever the name of OUT
    #[arg(long, value_name = "FORMAT")]
    format: Option<Answers>,
    /// Say what is certain of each answer in spite of rounding: whether it is the
    /// stored pattern, from how far away it would still be, how near it is. For
    /// dot products without values; with --settle, of the last step
    #[arg(long)]
    certificate: bool,
    /// Take steps until the state stays, not only one; winner, weights and gap are
    /// those of the last. Not by cosine, nor with values that are not the patterns
    #[arg(long)]
    settle: bool,
    /// At most so many steps of a state that settles
    #[arg(long, value_name = "N", default_value_t = 100, requires = "settle", value_parser = clap::value_parser!(u32).range(1..))]
    steps: u32,
    /// Let 64 queries share what is read of the patterns: several times faster for
    /// memories beyond the caches, the same within rounding, not in bits; one step,
    /// without certificate
    #[arg(long, conflicts_with_all = ["settle", "certificate"])]
    fast: bool,
    #[command(flatten)]
    overrides: Overrides,
    /// Scale each query to norm 1, as `store --normalize` does with patterns
    #[arg(long)]
    normalize: bool,
    /// The tensor of the queries, where a safetensors file has several
    #[arg(long, value_name = "NAME")]
    tensor: Option<String>,
    /// Read the whole memory first and find every changed byte
    #[arg(long)]
    verify: bool,
}

#[derive(Clone, Copy, ValueEnum)]
enum Answers {
    Npy,
    Safetensors,
    Csv,
    Jsonl,
}

impl From<Answers> for Format {
    fn from(answers: Answers) -> Self {
        match answers {
            Answers::Npy => Self::Npy,
            Answers::Safetensors => Self::Safetensors,
            Answers::Csv => Self::Csv,
            Answers::Jsonl => Self::JsonLines,
        }
    }
}

pub fn run(arguments: &Arguments) -> Result<(), Failure> {
    if let Some(output) = arguments.output.as_ref().filter(|path| path.as_os_str() != "-") {
        Failure::if_read(output, &[&arguments.file, &arguments.query])?;
    }
    let mapped = if arguments.verify { file::open_verified(&arguments.file)? } else { file::open(&arguments.file)? };
    let (basin, map) = mapped.with_map()?;
    let name = arguments.file.display().to_string();
    let mut stop = Stop::default();
    stop.steps = arguments.steps as usize;
    let (model, settle) = (arguments.overrides.over(basin.model()), arguments.settle.then_some(stop));
    let asked = Asked { basin, map, model, settle, certificate: arguments.certificate, together: arguments.fast };
    asked.check(&name)?;
    let mut queries = match arguments.query.as_os_str() == "-" {
        true => Reader::guess("standard input", std::io::stdin(), arguments.tensor.as_deref())?,
        false => Reader::open(&arguments.query, arguments.tensor.as_deref())?,
    };
    let dim = map.map_or(basin.patterns().dim(), |map| map.dim());
    if queries.dim() != dim {
        let (found, source) = (queries.dim(), queries.name());
        return Err(Failure::Refused(format!("{source}: has rows of {found} numbers, and the patterns of {name} have {dim}")));
    }
    let width = basin.values().unwrap_or(basin.patterns()).dim();
    let total = Outcome::write(arguments.output.as_deref(), arguments.format.map(Format::from), width, |outcome| {
        asked.give(|answerer| answer_all(&mut queries, answerer, arguments.normalize, outcome))
    })?;
    // Where answers went to standard output, it has nothing else.
    if let Some(output) = arguments.output.as_deref().filter(|path| path.as_os_str() != "-") {
        say::line(&format!("{}: {total}", output.display()))?;
    }
    Ok(())
}

/// Reads, recalls and writes, a tile at a time.
fn answer_all(queries: &mut Reader<'_>, answerer: &Answerer<'_>, normalize: bool, outcome: &mut Outcome<'_>) -> Result<Total, Failure> {
    let (progress, source) = (bar("recalling", queries.count()), queries.name().to_owned());
    let mut total = Total::default();
    loop {
        let mut tile = Vec::with_capacity(TILE);
        while tile.len() < TILE {
            let Some(query) = queries.next_row()? else { break };
            // A query of zeros has no direction and stays as it is.
            tile.push(if normalize { unit(query) } else { None }.unwrap_or_else(|| query.to_vec()));
        }
        if tile.is_empty() {
            break;
        }
        for answer in answerer.answers(&tile) {
            let place = || format!("{source}, {}", answerer.place(total.queries));
            let answer = answer.map_err(|error| Failure::Model { place: place(), error })?;
            outcome.put(total.queries, &answer)?;
            total.count(&answer);
        }
        progress.inc(tile.len() as u64);
    }
    Ok(total)
}
