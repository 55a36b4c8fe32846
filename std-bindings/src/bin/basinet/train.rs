//! `train`: a feature map that moves the patterns of a file apart.

use crate::failure::Failure;
use crate::progress::steps;
use crate::say;
use basinet::codes;
use basinet::feature_map::{Loss, Progress, Trained, Training};
use basinet::formats::{Aside, FileFault, Format, Reader, Writer};
use clap::ValueEnum;
use safetensors::tensor::{Dtype, TensorView};
use std::io::Write;
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::sync::Mutex;

/// Threads beyond these only wait for each other.
const MOST_THREADS: usize = 1024;

/// Learn a feature map that keeps patterns apart.
///
/// PATTERNS is a file of M rows of d numbers, as for `store`. What is learned is
/// W, D rows of d numbers, and perhaps a bias b: recall then compares W x + b at
/// norm 1 in place of x, and the smallest separation of the stored patterns,
/// 1 - max cos, is made as large as it can be.
///
///   code        U-Hop+: tau ln mean exp(cos/tau), tau annealed
///   separation  U-Hop: ln mean exp(-2 |u - v|^2)
///   maximum     U-Hop: the closest pair alone
///
/// The same options give the same map for any number of threads. A .npy file has
/// the weights alone; .safetensors has the tensors `weights` and `bias`.
#[derive(clap::Args)]
#[command(verbatim_doc_comment, after_help = crate::EXIT_CODES)]
pub struct Arguments {
    /// The patterns, a row each
    #[arg(value_name = "PATTERNS")]
    patterns: PathBuf,
    /// The map to write: .npy or .safetensors
    #[arg(short, long, visible_alias = "out", value_name = "MAP")]
    output: PathBuf,
    /// D, how many features [default: as many as a pattern has numbers]
    #[arg(long, visible_alias = "dim", value_name = "D", value_parser = few)]
    features: Option<NonZeroUsize>,
    /// What is made small
    #[arg(long, value_name = "LOSS", default_value = "code")]
    loss: Kind,
    /// Steps of each start [default: 1000 for code, 20 for the others]
    #[arg(long, value_name = "N")]
    iterations: Option<usize>,
    /// Starts, of which the best is kept [default: 3 for code, 1 for the others]
    #[arg(long, value_name = "N", value_parser = few)]
    starts: Option<NonZeroUsize>,
    /// Steps without a larger separation after which a start ends; 0: never
    /// early
    #[arg(long, value_name = "N", default_value_t = 0)]
    patience: usize,
    /// Learn a bias too; needs .safetensors
    #[arg(long)]
    bias: bool,
    /// Of the random starts
    #[arg(long, value_name = "N", default_value_t = 0)]
    seed: u64,
    /// Threads, which share the starts: no more than these are made [default: one
    /// for each processor]
    #[arg(long, value_name = "N")]
    threads: Option<NonZeroUsize>,
    /// The tensor of PATTERNS, where a safetensors file has several
    #[arg(long, value_name = "NAME")]
    tensor: Option<String>,
    /// Say what was learned as JSON
    #[arg(long)]
    json: bool,
}

#[derive(Clone, Copy, ValueEnum)]
enum Kind {
    Code,
    Separation,
    Maximum,
}

/// What was learned.
#[derive(serde::Serialize)]
struct Learned {
    file: String,
    patterns: usize,
    dim: usize,
    features: usize,
    bias: bool,
    loss: f64,
    /// The smallest separation of the patterns themselves, by cosine.
    separation_before: f64,
    separation: f64,
    degrees_before: f64,
    degrees: f64,
    start: usize,
    iterations: usize,
}

impl Arguments {
    fn training(&self) -> Training {
        let training = match self.loss {
            Kind::Code => Training::uhop_plus(),
            Kind::Separation => Training::uhop(),
            Kind::Maximum => Training { loss: Loss::Maximum { t: 2.0 }, ..Training::uhop() },
        };
        Training {
            bias: self.bias,
            starts: self.starts.map_or(training.starts, NonZeroUsize::get),
            iterations: self.iterations.unwrap_or(training.iterations),
            patience: self.patience,
            seed: self.seed,
            ..training
        }
    }

    /// How the map is written.
    fn format(&self) -> Result<Format, Failure> {
        let name = self.output.display();
        match Format::of_name(&self.output) {
            Some(Format::Npy) if self.bias => {
                Err(Failure::Refused(format!("{name}: .npy has no place for a bias; write .safetensors, or leave out --bias")))
            }
            Some(format @ (Format::Npy | Format::Safetensors)) => Ok(format),
            _ => Err(Failure::Refused(format!("{name}: a map is written to .npy or .safetensors"))),
        }
    }
}

/// A number from 1 to a million.
fn few(text: &str) -> Result<NonZeroUsize, String> {
    text.parse().ok().filter(|number: &NonZeroUsize| number.get() <= 1_000_000).ok_or_else(|| "a number from 1 to 1000000".to_owned())
}

pub fn run(arguments: &Arguments) -> Result<(), Failure> {
    let format = arguments.format()?;
    Failure::if_read(&arguments.output, &[&arguments.patterns])?;
    let mut reader = Reader::open(&arguments.patterns, arguments.tensor.as_deref())?;
    let (dim, source) = (reader.dim(), reader.name().to_owned());
    let rows = reader.read_all()?;
    let of_source = |error: codes::Error| Failure::Refused(format!("{source}: {error}"));
    let before = codes::closest(&rows, dim).map_err(of_source)?;
    let training = arguments.training();
    // What cannot be written shall be known before the work is done.
    let aside = Aside::new(&arguments.output)?;
    let learn = || learn(&training, &rows, dim, arguments.features.map_or(dim, NonZeroUsize::get));
    let map = match arguments.threads {
        None => learn(),
        Some(threads) => match rayon::ThreadPoolBuilder::new().num_threads(threads.get().min(training.starts).min(MOST_THREADS)).build() {
            Ok(pool) => pool.install(learn),
            Err(error) => return Err(Failure::Refused(format!("--threads {threads}: {error}"))),
        },
    }
    .map_err(of_source)?;
    write(aside, (&arguments.output.display().to_string(), format), &map)?;
    let learned = Learned {
        file: arguments.output.display().to_string(),
        patterns: rows.len() / dim,
        dim,
        features: map.features,
        bias: map.bias.is_some(),
        loss: map.loss,
        separation_before: before.separation(),
        separation: map.separation,
        degrees_before: before.degrees(),
        degrees: codes::degrees(map.separation).map_err(of_source)?,
        start: map.start,
        iterations: map.iterations,
    };
    if arguments.json { say::line(&serde_json::to_string(&learned)?) } else { say::line(&learned.in_words()) }
}

impl Learned {
    fn in_words(&self) -> String {
        let Self { file, patterns, dim, features, separation, degrees, separation_before, degrees_before, .. } = self;
        let with = if self.bias { " and a bias" } else { "" };
        format!(
            "{file}: {features} features of {dim} numbers{with}; smallest separation of {patterns} patterns {separation:.4} ({degrees:.2} \
             degrees), before {separation_before:.4} ({degrees_before:.2} degrees)"
        )
    }
}

/// Trains, with a bar of the steps of all starts.
fn learn(training: &Training, rows: &[f32], dim: usize, features: usize) -> Result<Trained, codes::Error> {
    let progress = steps("training", training.starts.saturating_mul(training.iterations));
    let best = Mutex::new(f64::NEG_INFINITY);
    training.map(rows, dim, features, |at: &Progress| {
        if at.iteration > 0 {
            progress.inc(1);
        }
        if let Ok(mut best) = best.lock()
            && at.best > *best
        {
            *best = at.best;
            progress.set_message(format!("training, separation {best:.4}"));
        }
    })
}

fn write(mut aside: Aside, (name, format): (&str, Format), map: &Trained) -> Result<(), Failure> {
    if format == Format::Npy {
        let mut out = Writer::to_file(name, format, map.dim, aside.file())?;
        map.weights.chunks_exact(map.dim).try_for_each(|row| out.row(row))?;
        out.finish()?;
    } else {
        let bytes = |numbers: &[f32]| numbers.iter().flat_map(|number| number.to_le_bytes()).collect::<Vec<_>>();
        let parts = [("weights", Some((vec![map.features, map.dim], bytes(&map.weights))))];
        let bias = map.bias.as_ref().map(|bias| (vec![map.features], bytes(bias)));
        let parts: Vec<_> = parts.into_iter().chain([("bias", bias)]).filter_map(|(name, part)| Some((name, part?))).collect();
        let tensors = parts.iter().map(|(name, (shape, bytes))| Ok((*name, TensorView::new(Dtype::F32, shape.clone(), bytes)?)));
        let tensors = tensors.collect::<Result<Vec<_>, safetensors::SafeTensorError>>();
        let file = tensors.and_then(|tensors| safetensors::serialize(tensors, None)).map_err(std::io::Error::other);
        file.and_then(|file| aside.file().write_all(&file)).map_err(|error| FileFault::new(name, error))?;
    }
    Ok(aside.keep()?)
}
