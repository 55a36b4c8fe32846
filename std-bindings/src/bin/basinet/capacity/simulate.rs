//! `capacity simulate`: the simulation, its samples in a file that grows, so that it goes on where it was stopped.

use crate::failure::Failure;
use crate::progress;
use crate::report::table::Table;
use crate::report::{Report, csv, refused};
use crate::say;
use basinet::capacity::Ensemble;
use basinet::capacity::simulation::{Measure, Point, Row, Sample, Simulation};
use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::Mutex;

/// Samples of a point that somebody asks for, where no number is given.
const SAMPLES: usize = 100;

/// Measure how many random patterns can be recalled, by recalling them.
///
///   one-step   the lambda at which a pattern has half of the softmax weight at
///              itself: the median
///   crossover  the lambda from which on a run from a pattern stays there
///   basin      the angle, in radians, from which a run comes back to a pattern
///   nearest    the cosine between a pattern and the nearest other one
///
/// Without --measure it is the protocol of record. Sample k has the seed k: the
/// same numbers again, whatever the number of threads (RAYON_NUM_THREADS). Each is
/// written to DIR/samples.csv as it comes, and what is there is not drawn again:
/// stop it when you like, and start it again. At the end rows go to DIR/points.csv.
#[derive(clap::Args)]
#[command(verbatim_doc_comment, after_help = crate::EXIT_CODES)]
pub struct Arguments {
    /// Folder for samples.csv and points.csv; made if need be
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// Of the protocol, these measures
    #[arg(long, value_name = "MEASURE,...", value_delimiter = ',', conflicts_with = "measure")]
    only: Option<Vec<Name>>,
    /// Of the protocol, points of no more patterns than this
    #[arg(long, value_name = "P", conflicts_with = "measure")]
    most_patterns: Option<usize>,
    /// Of the protocol, no more samples of a point than this; of a point of your
    /// own, so many (100)
    #[arg(long, value_name = "S", value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    samples: Option<u32>,
    /// A point of your own, in place of the protocol: what is measured
    #[arg(long, requires_all = ["neurons", "patterns"])]
    measure: Option<Name>,
    /// From where its patterns are drawn
    #[arg(long, requires = "measure", default_value = "spherical")]
    ensemble: Drawn,
    /// Its N
    #[arg(long, value_name = "N", requires = "measure")]
    neurons: Option<usize>,
    /// Its P
    #[arg(long, value_name = "P", requires = "measure")]
    patterns: Option<usize>,
    /// The inverse temperature of a basin
    #[arg(long, value_name = "L", requires = "measure")]
    lambda: Option<f64>,
    /// Say the rows as JSON
    #[arg(long)]
    json: bool,
}

#[derive(Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Name {
    OneStep,
    Crossover,
    Basin,
    Nearest,
}

#[derive(Clone, Copy, clap::ValueEnum)]
enum Drawn {
    Spherical,
    Gaussian,
}

pub fn run(arguments: &Arguments) -> Result<(), Failure> {
    let simulation = arguments.simulation()?;
    std::fs::create_dir_all(&arguments.out).map_err(|error| refused(&arguments.out, error))?;
    let path = arguments.out.join("samples.csv");
    let (file, known) = Samples::open(&path)?;
    let bar = progress::counted("simulation", simulation.pieces(&known), "samples");
    let rows = simulation.run(&known, |sample| {
        file.append(sample)?;
        bar.inc(1);
        Ok::<_, Failure>(())
    })?;
    bar.finish_and_clear();
    let mut report = Report::of("points", &rows)?;
    report.tables.push(table(&rows));
    report.write(&arguments.out)?;
    if arguments.json { say::line(&serde_json::to_string_pretty(&report.json)?) } else { say::line(&report.text()) }
}

impl Arguments {
    /// The protocol, or what is asked for in its place.
    fn simulation(&self) -> Result<Simulation, Failure> {
        if let (Some(name), Some(neurons), Some(patterns)) = (self.measure, self.neurons, self.patterns) {
            let measure = match (name, self.lambda) {
                (Name::Basin, Some(lambda)) => Measure::Basin { lambda },
                (Name::Basin, None) => return Err(Failure::Refused("--measure basin: its --lambda is missing".to_owned())),
                (_, Some(_)) => return Err(Failure::Refused("--lambda is for --measure basin".to_owned())),
                (Name::OneStep, None) => Measure::OneStep,
                (Name::Crossover, None) => Measure::Crossover,
                (Name::Nearest, None) => Measure::Nearest,
            };
            let ensemble = match self.ensemble {
                Drawn::Spherical => Ensemble::Spherical,
                Drawn::Gaussian => Ensemble::Gaussian,
            };
            let samples = self.samples.map_or(SAMPLES, |samples| samples as usize);
            let point = Point { measure, ensemble, neurons, patterns };
            // Before there is a folder for it.
            point.check()?;
            return Ok(Simulation { points: vec![(point, samples)] });
        }
        let mut simulation = Simulation::of_record();
        let most = self.most_patterns.unwrap_or(usize::MAX);
        let wanted = |measure| self.only.as_ref().is_none_or(|only| only.contains(&name(measure)));
        simulation.points.retain(|(point, _)| wanted(point.measure) && point.patterns <= most);
        if simulation.points.is_empty() {
            return Err(Failure::Refused("--most-patterns: the protocol has no such point".to_owned()));
        }
        if let Some(samples) = self.samples {
            simulation.points.iter_mut().filter(|(_, count)| *count > samples as usize).for_each(|(_, count)| *count = samples as usize);
        }
        Ok(simulation)
    }
}

fn name(measure: Measure) -> Name {
    match measure {
        Measure::OneStep => Name::OneStep,
        Measure::Crossover => Name::Crossover,
        Measure::Basin { .. } => Name::Basin,
        Measure::Nearest => Name::Nearest,
    }
}

/// The first line of a file of samples.
const HEADS: &[u8] = b"measure,ensemble,neurons,patterns,lambda,number,value,width,seconds,recalls\n";

/// The file of samples, open to append to. Nobody else appends meanwhile.
struct Samples<'p> {
    path: &'p Path,
    file: Mutex<File>,
}

impl<'p> Samples<'p> {
    /// The file, made if need be, and the samples in it. What follows the last end of a line was being written when the work was stopped, and is
    /// cut off.
    fn open(path: &'p Path) -> Result<(Self, Vec<Sample>), Failure> {
        let failed = |error: std::io::Error| refused(path, error);
        let mut file = OpenOptions::new().read(true).write(true).create(true).truncate(false).open(path).map_err(failed)?;
        match file.try_lock() {
            Err(TryLockError::WouldBlock) => return Err(refused(path, "another simulation is writing it; choose another --out")),
            // Where files cannot be locked, whoever starts two is on their own.
            Ok(()) | Err(TryLockError::Error(_)) => {}
        }
        let mut text = Vec::new();
        file.read_to_end(&mut text).map_err(failed)?;
        if text.iter().any(|byte| !byte.is_ascii_whitespace()) && !text.starts_with(HEADS) && !HEADS.starts_with(&text) {
            return Err(refused(path, "is no file of samples; choose another --out"));
        }
        text.truncate(text.iter().rposition(|&byte| byte == b'\n').map_or(0, |end| end + 1));
        if !text.starts_with(HEADS) {
            text.clear();
        }
        let known = csv::Reader::from_reader(&text[..]).deserialize().collect::<Result<Vec<Sample>, _>>();
        let known = known.map_err(|error| refused(path, format_args!("{error}; these are no samples")))?;
        file.set_len(text.len() as u64).map_err(failed)?;
        file.seek(SeekFrom::End(0)).map_err(failed)?;
        Ok((Self { path, file: Mutex::new(file) }, known))
    }

    /// Appends a line, and before the first one the heads: in a single write, so that a line is there or is not.
    fn append(&self, sample: &Sample) -> Result<(), Failure> {
        let lines = csv(&[sample])?;
        let failed = |error| refused(self.path, error);
        // A thread that panicked has written nothing or all.
        let mut file = self.file.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let heads =
            if file.stream_position().map_err(failed)? == 0 { 0 } else { lines.iter().position(|&b| b == b'\n').map_or(0, |end| end + 1) };
        file.write_all(&lines[heads..]).map_err(failed)
    }
}

fn table(rows: &[Row]) -> Table {
    let heads = ["measure", "ensemble", "N", "P", "load", "lambda", "samples", "value", "standard error", "infinite", "us per recall"];
    let mut table = Table::new("points", "Random patterns, measured (one-step: medians; all others: means)", &heads);
    table.rows = rows.iter().map(cells).collect();
    table
}

fn cells(row: &Row) -> Vec<String> {
    let Point { measure, ensemble, neurons, patterns } = row.point;
    let ensemble = match ensemble {
        Ensemble::Spherical => "spherical",
        Ensemble::Gaussian => "Gaussian",
    };
    vec![
        measure.to_string(),
        ensemble.to_owned(),
        neurons.to_string(),
        patterns.to_string(),
        format!("{:.4}", row.point.load()),
        measure.lambda().map_or("-".to_owned(), |lambda| lambda.to_string()),
        row.samples.to_string(),
        format!("{:.6}", row.value),
        format!("{:.6}", row.error),
        format!("{:.1}%", 100.0 * row.infinite),
        format!("{:.1}", 1e6 * row.seconds_per_recall),
    ]
}
