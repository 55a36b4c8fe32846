//! `store`: rows from a file of numbers into a memory, row by row.

use crate::failure::Failure;
use crate::model::{beta, in_words, separation, similarity};
use crate::progress::bar;
use crate::say;
use basinet::basin::Alignment;
use basinet::formats::{self, Reader};
use basinet::{AnyModel, AnySeparation, AnySimilarity, Beta, LinearMap, file};
use clap::ValueEnum;
use std::path::{Path, PathBuf};

/// Make a memory of the rows of a file.
///
/// PATTERNS is a .npy, .safetensors, .csv or .jsonl file of f32 or f64 (which is
/// rounded): M rows of D numbers, or one row. Nothing that is not finite is
/// stored, and Python objects are never loaded. The file may be larger than the
/// machine's memory. A first line of CSV without a number is a heading, and is
/// skipped; a line of JSON is a list of numbers, or an object that has one as
/// "query", "state" or "pattern".
///
/// The model is written into the memory; `recall` and `info` can try others.
#[derive(clap::Args)]
#[command(verbatim_doc_comment, after_help = crate::EXIT_CODES)]
pub struct Arguments {
    /// The patterns, a row each
    #[arg(value_name = "PATTERNS")]
    patterns: PathBuf,
    /// The memory to write; an older one of this name is replaced when the new
    /// one is whole
    #[arg(short, long, value_name = "OUT.basin")]
    output: PathBuf,
    /// Values to read out in place of the patterns, a row for each pattern
    #[arg(long, value_name = "FILE")]
    values: Option<PathBuf>,
    /// Compare by a learned feature map: rows of a .npy, .csv or .jsonl file, a
    /// feature each, or a .safetensors file with `weights` and perhaps `bias`, as
    /// `train` writes them. Without --values, the patterns are read out
    #[arg(long, value_name = "FILE")]
    map: Option<PathBuf>,
    /// Divide features by their norm, so that the scores of a dot product are cosines
    #[arg(long, requires = "map")]
    unit: bool,
    /// Scale each pattern to norm 1, so that a score is a cosine for unit queries
    #[arg(long)]
    normalize: bool,
    /// How scores become weights: softmax, softmax1, sparsemax, entmax:A,
    /// normmax:G, topk:K, hardmax, ksubsets:K
    #[arg(long, value_name = "NAME", default_value = "sparsemax", value_parser = separation)]
    separation: AnySeparation,
    /// Inverse temperature, in units of 1/score; `info` says from which on the
    /// patterns come back exactly
    #[arg(long, value_name = "B", default_value = "1", value_parser = beta)]
    beta: Beta,
    /// How patterns and queries are compared: dot, cosine, squared-distance
    #[arg(long, value_name = "NAME", default_value = "dot", value_parser = similarity)]
    similarity: AnySimilarity,
    /// The tensor of PATTERNS, where a safetensors file has several
    #[arg(long, value_name = "NAME")]
    tensor: Option<String>,
    /// The tensor of the values, where a safetensors file has several
    #[arg(long, value_name = "NAME", requires = "values")]
    values_tensor: Option<String>,
    /// Patterns and values begin at multiples of so many bytes
    #[arg(long, value_name = "BYTES", default_value = "64")]
    align: Align,
    /// Say what was written as JSON
    #[arg(long)]
    json: bool,
}

#[derive(Clone, Copy, ValueEnum)]
enum Align {
    #[value(name = "64")]
    Line,
    #[value(name = "256")]
    Page,
}

/// What was written.
#[derive(serde::Serialize)]
struct Written {
    file: String,
    patterns: usize,
    dim: usize,
    width: Option<usize>,
    features: Option<usize>,
    separation: String,
    beta: f32,
    similarity: &'static str,
}

pub fn run(arguments: &Arguments) -> Result<(), Failure> {
    let &Arguments { separation, beta, similarity, .. } = arguments;
    let model = AnyModel { beta, separation, similarity };
    let alignment = match arguments.align {
        Align::Line => Alignment::Bytes64,
        Align::Page => Alignment::Bytes256,
    };
    let inputs = [Some(&arguments.patterns), arguments.values.as_ref(), arguments.map.as_ref()];
    let inputs: Vec<&Path> = inputs.into_iter().flatten().map(PathBuf::as_path).collect();
    Failure::if_read(&arguments.output, &inputs)?;
    let again = arguments.map.is_some() && arguments.values.is_none();
    if again && arguments.patterns.metadata().is_ok_and(|about| !about.is_file()) {
        let name = arguments.patterns.display();
        return Err(Failure::Refused(format!("{name}: is read twice, for features and for values; put it into a file first")));
    }
    let mut patterns = Reader::open(&arguments.patterns, arguments.tensor.as_deref())?;
    let dim = patterns.dim();
    // Opened before anything is written: what is wrong with it is known at once.
    let map = arguments.map.as_ref().map(|path| read_map(path, arguments.unit, (dim, patterns.name()))).transpose()?;
    let features = map.as_ref().map(LinearMap::features);
    let values = match (&arguments.values, &map) {
        (Some(path), _) => Some((Reader::open(path, arguments.values_tensor.as_deref())?, false)),
        // Features are no answer: the patterns are read once more.
        (None, Some(_)) => Some((Reader::open(&arguments.patterns, arguments.tensor.as_deref())?, arguments.normalize)),
        (None, None) => None,
    };
    let mut writer = match map {
        None => file::Writer::create(&arguments.output, model, dim, alignment)?,
        Some(map) => file::Writer::through(&arguments.output, model, map, alignment)?,
    };
    let count = push(&mut writer, &mut patterns, arguments.normalize)?;
    let width = match values {
        Some((mut values, normalize)) => Some(push_values(&mut writer, &mut values, normalize, (count, patterns.name()))?),
        None => None,
    };
    writer.finish()?;
    let name = arguments.output.display().to_string();
    if arguments.json {
        let (separation, similarity) = (separation.to_string(), similarity.name());
        let written = Written { file: name, patterns: count, dim, width, features, separation, beta: beta.get(), similarity };
        say::line(&serde_json::to_string(&written)?)
    } else {
        let values = width.map_or(String::new(), |width| format!(", values of {width}"));
        let with = features.map_or(values.clone(), |features| format!(", compared by {features} features{values}"));
        say::line(&format!("{name}: {count} patterns of {dim} numbers{with}; {}", in_words(&model)))
    }
}

/// Moves all rows, and says how many they were.
fn push(writer: &mut file::Writer, rows: &mut Reader<'_>, normalize: bool) -> Result<usize, Failure> {
    let (progress, name) = (bar("storing", rows.count()), rows.name().to_owned());
    let mut count = 0;
    while let Some(row) = rows.next_row()? {
        if normalize {
            let unit = unit(row)
                .ok_or_else(|| Failure::Refused(format!("{name}: row {count} (from 0) is zeros and cannot be normalized; leave it out")))?;
            writer.push(&unit)?;
        } else {
            writer.push(row).map_err(|error| in_source(error, &name))?;
        }
        count += 1;
        progress.inc(1);
    }
    Ok(count)
}

/// The feature map of a file, for patterns of so many numbers.
fn read_map(path: &Path, unit: bool, (dim, patterns): (usize, &str)) -> Result<LinearMap, Failure> {
    let map = formats::linear_map(path)?;
    if map.dim() != dim {
        let (name, found) = (path.display(), map.dim());
        return Err(Failure::Refused(format!("{name}: maps rows of {found} numbers, and those of {patterns} have {dim}")));
    }
    Ok(if unit { map.unit() } else { map })
}

/// Moves the values of `count` patterns, and says how many numbers each has. One row of `count` numbers is a number for each pattern.
fn push_values(
    writer: &mut file::Writer,
    rows: &mut Reader<'_>,
    normalize: bool,
    (count, patterns): (usize, &str),
) -> Result<usize, Failure> {
    let mismatch = |found: usize, name: &str| {
        Failure::Refused(format!("{name}: has {found} rows, and {patterns} has {count}; there must be a value for each pattern"))
    };
    if rows.count() == Some(1) && rows.dim() == count {
        writer.begin_values(1)?;
        let name = rows.name().to_owned();
        for number in rows.read_all()? {
            writer.push(&[number]).map_err(|error| in_source(error, &name))?;
        }
        return Ok(1);
    }
    if let Some(found) = rows.count().filter(|&found| found != count) {
        return Err(mismatch(found, rows.name()));
    }
    writer.begin_values(rows.dim())?;
    let found = push(writer, rows, normalize)?;
    if found == count { Ok(rows.dim()) } else { Err(mismatch(found, rows.name())) }
}

/// What the writer has against a row is the fault of the file that it came from.
fn in_source(error: file::Error, source: &str) -> Failure {
    use basinet::basin::FileError;
    match error.kind() {
        file::ErrorKind::Format(FileError::NotFinite { row, .. }) => {
            Failure::Refused(format!("{source}: the norm of row {row} (from 0) is beyond f32; scale the rows down, or use --normalize"))
        }
        _ => error.into(),
    }
}

/// The row at norm 1, in f64 and rounded once; none of zeros.
pub fn unit(row: &[f32]) -> Option<Vec<f32>> {
    let norm = row.iter().map(|&x| f64::from(x) * f64::from(x)).sum::<f64>().sqrt();
    (norm > 0.0).then(|| row.iter().map(|&x| (f64::from(x) / norm) as f32).collect())
}
