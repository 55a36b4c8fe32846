//! `capacity advise`: how many patterns, which beta, which damage; and what somebody's own patterns are like.
//!
//! The advice and the survey are the library's (`basinet::capacity::advice`); here they are asked for, and their answers are printed.

mod text;

use crate::failure::Failure;
use crate::info::rows_to_compare;
use crate::model::{beta, separation};
use crate::progress::bar;
use crate::say;
use basinet::capacity::advice::{Advice, Damage, Question, Survey, Surveyor};
use basinet::{AnySeparation, AnySimilarity, Beta, Patterns, Sparsemax, file};
use serde::Serialize;
use std::path::PathBuf;

/// Numbers of a pattern, at most.
const MOST_DIMENSIONS: usize = 1 << 30;

/// Advise how many patterns, which beta, and how damaged a query may be.
///
/// For M patterns of D numbers and norm R that are random directions: what one
/// step is guaranteed to do but for a probability P of failure, at this D; what is
/// typical at this D; what is so for large D. Without --patterns: how many there
/// may be. Without --beta: the smallest that serves.
///
/// With a memory D, M, R (the root mean square), beta and separation are the
/// file's unless said here. Then its own patterns, which are no random directions:
/// what is predicted of each and what a recall of each gives, which are in each
/// other's way, and random ones of how many dimensions are as crowded. That costs
/// 3 x M x M x D. Large memories are sampled, and it says so.
#[derive(clap::Args)]
#[command(verbatim_doc_comment, after_help = crate::EXIT_CODES)]
pub struct Arguments {
    /// Numbers of a pattern
    #[arg(long, value_name = "D", required_unless_present = "memory", value_parser = dimensions)]
    dim: Option<usize>,
    /// How many patterns
    #[arg(long, value_name = "M", allow_negative_numbers = true, value_parser = |text: &str| number(text, |x| x >= 2.0, "2 or more"))]
    patterns: Option<f64>,
    /// Inverse temperature
    #[arg(long, value_name = "B", value_parser = beta)]
    beta: Option<Beta>,
    /// softmax, softmax1, sparsemax, entmax:A, normmax:G, topk:K, hardmax
    /// [default: sparsemax]
    #[arg(long, value_name = "NAME", value_parser = separation)]
    separation: Option<AnySeparation>,
    /// Norm of every pattern [default: 1]
    #[arg(long, value_name = "R", allow_negative_numbers = true, value_parser = |text: &str| number(text, |x| x > 0.0, "above 0"))]
    norm: Option<f64>,
    /// Queries have this fraction of their numbers set to 0
    #[arg(long, value_name = "F", group = "damage", allow_negative_numbers = true, value_parser = |text: &str| number(text, |x| (0.0..1.0).contains(&x), "at least 0 and below 1"))]
    erased: Option<f64>,
    /// Queries have noise of this standard deviation, in root mean squares of a
    /// pattern's numbers
    #[arg(long, value_name = "S", group = "damage", allow_negative_numbers = true, value_parser = |text: &str| number(text, |x| (0.0..1e100).contains(&x), "at least 0 and below 1e100"))]
    noise: Option<f64>,
    /// Queries have this cosine to their pattern, and its norm
    #[arg(long, value_name = "C", group = "damage", allow_negative_numbers = true, value_parser = |text: &str| number(text, |x| x > 0.0 && x <= 1.0, "above 0 and at most 1"))]
    cosine: Option<f64>,
    /// How probable a failure may be
    #[arg(long, value_name = "P", default_value_t = 0.01, allow_negative_numbers = true, value_parser = |text: &str| number(text, |x| x > 0.0 && x < 1.0, "above 0 and below 1"))]
    failure: f64,
    /// The weight that a pattern shall have, by softmax, softmax1, topk:K
    #[arg(long, value_name = "W", default_value_t = 0.99, allow_negative_numbers = true, value_parser = |text: &str| number(text, |x| x > 0.5 && x < 1.0, "above 1/2 and below 1"))]
    weight: f64,
    /// Your own patterns
    #[arg(long, value_name = "FILE.basin")]
    memory: Option<PathBuf>,
    /// Look at so many of them, evenly spaced
    #[arg(long, value_name = "N", conflicts_with = "all", requires = "memory", value_parser = clap::value_parser!(u32).range(1..))]
    sample: Option<u32>,
    /// Look at all of them, however long it takes
    #[arg(long, requires = "memory")]
    all: bool,
    /// List so many of them that another is nearest to
    #[arg(long, value_name = "N", default_value_t = 5, requires = "memory")]
    worst: usize,
    /// Say it as JSON
    #[arg(long)]
    json: bool,
}

fn dimensions(text: &str) -> Result<usize, String> {
    text.parse().ok().filter(|dim| (2..=MOST_DIMENSIONS).contains(dim)).ok_or_else(|| format!("a whole number from 2 to {MOST_DIMENSIONS}"))
}

/// A finite number that is one of these.
fn number(text: &str, fits: fn(f64) -> bool, which: &str) -> Result<f64, String> {
    text.parse().ok().filter(|number: &f64| number.is_finite() && fits(*number)).ok_or_else(|| format!("a number {which}"))
}

/// All that is said.
#[derive(Serialize)]
struct Report {
    advice: Advice,
    own: Option<Own>,
}

/// Of a memory.
#[derive(Serialize)]
struct Own {
    file: String,
    patterns: usize,
    beta: f32,
    separation: String,
    survey: Survey,
}

pub fn run(arguments: &Arguments) -> Result<(), Failure> {
    let report = match &arguments.memory {
        None => Report { advice: arguments.question(None)?.answer()?, own: None },
        Some(path) => {
            let name = path.display().to_string();
            let mapped = file::open(path)?;
            let (basin, map) = mapped.with_map()?;
            let model = basin.model();
            if map.is_some() {
                let why = "its patterns are features of a map, and the advice is for memories that are asked with the patterns themselves";
                return Err(Failure::Refused(format!("{name}: {why}")));
            }
            if model.similarity != AnySimilarity::Dot {
                let similarity = model.similarity;
                return Err(Failure::Refused(format!("{name}: is compared by {similarity}, and the advice is for dot")));
            }
            let patterns = basin.patterns();
            let (beta, separation) = (arguments.beta.unwrap_or(model.beta), arguments.separation.unwrap_or(model.separation));
            let survey = arguments.survey(&patterns, beta, separation).map_err(|error| Failure::Model { place: name.clone(), error })?;
            let file = File { dim: patterns.dim(), patterns: patterns.count(), norm: survey.norm, beta, separation };
            let advice = arguments.question(Some(&file))?.answer().map_err(|error| Failure::Refused(format!("{name}: {error}")))?;
            let own = Own { file: name, patterns: patterns.count(), beta: beta.get(), separation: separation.to_string(), survey };
            Report { advice, own: Some(own) }
        }
    };
    if arguments.json { say::line(&serde_json::to_string_pretty(&report)?) } else { say::line(&text::of(&report)) }
}

/// What a file says.
struct File {
    dim: usize,
    patterns: usize,
    norm: f64,
    beta: Beta,
    separation: AnySeparation,
}

impl Arguments {
    fn question(&self, file: Option<&File>) -> Result<Question, Failure> {
        let dim = self.dim.or(file.map(|file| file.dim)).ok_or_else(|| Failure::Refused("--dim is missing".to_owned()))?;
        Ok(Question {
            dim,
            norm: self.norm.or(file.map(|file| file.norm)).unwrap_or(1.0),
            patterns: self.patterns.or(file.map(|file| file.patterns as f64)),
            beta: self.beta.or(file.map(|file| file.beta)).map(|beta| f64::from(beta.get())),
            separation: self.separation.or(file.map(|file| file.separation)).unwrap_or(Sparsemax.into()),
            damage: match *self {
                Self { erased: Some(fraction), .. } => Damage::erased(fraction)?,
                Self { noise: Some(sigma), .. } => Damage::noise(sigma)?,
                Self { cosine: Some(cosine), .. } => Damage::at_cosine(cosine)?,
                _ => Damage::none(),
            },
            failure: self.failure,
            weight: self.weight,
        })
    }

    fn survey(&self, patterns: &Patterns<'_>, beta: Beta, separation: AnySeparation) -> Result<Survey, basinet::Error> {
        let rows = rows_to_compare(patterns, self.sample.map(|sample| sample as usize), self.all);
        let progress = bar("looking", Some(3 * rows.len()));
        let surveyor = Surveyor { patterns: *patterns, rows: &rows, beta, separation, worst: self.worst };
        surveyor.survey(|rows| progress.inc(rows as u64))
    }
}
