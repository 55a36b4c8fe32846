//! `recall`: queries from a file or standard input, answers to a file or standard output, a tile of them at a time.
//!
//! Each query is recalled by itself, so that its bits are those of the library's `recall` on every machine, however many queries there are
//! and however many threads share them.

use crate::failure::Failure;
use crate::model::Overrides;
use crate::outcome::{Outcome, Total};
use crate::progress::bar;
use crate::say;
use crate::store::unit;
use basinet::formats::{Format, Reader};
use basinet::{
    AnyModel, AnySimilarity, Basin, Certificate, Cosine, Descends, Error, Model, Pass, Report, Separation, Similarity, SquaredDistance,
    Step, Stop, WithSeparation, Workspace, file,
};
use clap::ValueEnum;
use rayon::prelude::*;
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
/// weights and, where asked for, certificate. A query has the same bits whatever
/// the machine and the number of threads.
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
    /// stored pattern, from how far away it would still be, how near it is
    #[arg(long)]
    certificate: bool,
    /// Take steps until the state stays, not only one
    #[arg(long)]
    settle: bool,
    /// At most so many steps of a state that settles
    #[arg(long, value_name = "N", default_value_t = 100, requires = "settle", value_parser = clap::value_parser!(u32).range(1..))]
    steps: u32,
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

/// What a query brought.
pub struct Answer {
    /// The last state, or the value that was read out.
    pub state: Vec<f32>,
    /// The step that gave it; of a state that has settled, its own weights.
    pub step: Step,
    /// Where it was to settle.
    pub report: Option<Report>,
    /// Where it was asked for.
    pub certificate: Option<Certificate>,
}

pub fn run(arguments: &Arguments) -> Result<(), Failure> {
    let mapped = if arguments.verify { file::open_verified(&arguments.file)? } else { file::open(&arguments.file)? };
    let basin = mapped.basin()?;
    let name = arguments.file.display().to_string();
    let asked = Asked::new(arguments, basin);
    asked.check(&name)?;
    let mut queries = match arguments.query.as_os_str() == "-" {
        true => Reader::guess("standard input", std::io::stdin(), arguments.tensor.as_deref())?,
        false => Reader::open(&arguments.query, arguments.tensor.as_deref())?,
    };
    let dim = basin.patterns().dim();
    if queries.dim() != dim {
        let (found, source) = (queries.dim(), queries.name());
        return Err(Failure::Refused(format!("{source}: has rows of {found} numbers, and the patterns of {name} have {dim}")));
    }
    let width = basin.values().unwrap_or(basin.patterns()).dim();
    let total = Outcome::write(arguments.output.as_deref(), arguments.format.map(Format::from), width, |outcome| {
        let mut then = |answerer: &Answerer<'_>| answer_all(&mut queries, answerer, arguments.normalize, outcome);
        asked.model.separation.run(Work { asked, then: &mut then })
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
        let answers: Vec<_> = tile.par_iter().map_init(|| answerer.workspace(), |work, query| (answerer.answer)(query, work)).collect();
        for answer in answers {
            let place = || format!("{source}, row {} (from 0)", total.queries);
            let answer = answer.map_err(|error| Failure::Model { place: place(), error })?;
            outcome.put(total.queries, &answer)?;
            total.count(&answer);
        }
        progress.inc(tile.len() as u64);
    }
    Ok(total)
}

/// A recall of one query, in working memory that is used again.
type Recall<'a> = dyn Fn(&[f32], &mut Workspace) -> Result<Answer, Error> + Sync + 'a;

/// A recall whose model was chosen while the program ran.
struct Answerer<'a> {
    answer: &'a Recall<'a>,
    /// Numbers of the longer of pattern and value.
    dim: usize,
    /// Rows that may be candidates of the map.
    candidates: usize,
}

impl Answerer<'_> {
    fn workspace(&self) -> Workspace {
        Workspace::new(self.dim, self.candidates)
    }
}

/// What was asked for, of which memory.
#[derive(Clone, Copy)]
struct Asked<'a> {
    basin: Basin<'a>,
    model: AnyModel,
    settle: Option<Stop>,
    certificate: bool,
}

impl<'a> Asked<'a> {
    fn new(arguments: &Arguments, basin: Basin<'a>) -> Self {
        let mut stop = Stop::default();
        stop.steps = arguments.steps as usize;
        let model = arguments.overrides.over(basin.model());
        Self { basin, model, settle: arguments.settle.then_some(stop), certificate: arguments.certificate }
    }

    /// Whether it goes together.
    fn check(&self, file: &str) -> Result<(), Failure> {
        let (similarity, has_values) = (self.model.similarity, self.basin.values().is_some());
        let why = if self.certificate && has_values {
            "--certificate is for memories without values: it says how near a state is to a pattern".to_owned()
        } else if self.settle.is_some() && has_values {
            "--settle is for memories without values: a value is no state to go on from".to_owned()
        } else if self.certificate && similarity != AnySimilarity::Dot {
            format!("--certificate is for the similarity dot, and this is {similarity}; try --similarity dot")
        } else if self.settle.is_some() && similarity == AnySimilarity::Cosine {
            "--settle needs an energy, and cosine has none; try --similarity dot or squared-distance".to_owned()
        } else {
            return Ok(());
        };
        Err(Failure::Refused(format!("{file}: {why}")))
    }

    /// One step, or a reading of values.
    fn single<S: Separation, Q: Similarity>(self, model: Model<S, Q>) -> impl Fn(&[f32], &mut Workspace) -> Result<Answer, Error> + Sync {
        let (keys, values) = (self.basin.patterns(), self.basin.values());
        let width = values.unwrap_or(keys).dim();
        move |query, work| {
            let mut state = vec![0.0; width];
            let step = match &values {
                None => model.step(&keys, query, &mut state, &mut work.scratch())?,
                Some(values) => model.read(&keys, values, query, &mut state, &mut work.scratch())?,
            };
            Ok(Answer { state, step, report: None, certificate: None })
        }
    }

    /// Steps until the state stays.
    fn settled<S: Separation, Q: Descends>(
        self,
        model: Model<S, Q>,
        stop: Stop,
    ) -> impl Fn(&[f32], &mut Workspace) -> Result<Answer, Error> + Sync {
        let keys = self.basin.patterns();
        move |query, work| {
            let mut state = query.to_vec();
            let report = model.settle(&keys, &mut state, stop, &mut work.scratch_to_settle())?;
            Ok(Answer { state, step: report.last, report: Some(report), certificate: None })
        }
    }

    /// The same as `inner`, and what is certain of its last step.
    fn certified<S: Separation>(
        self,
        model: Model<S>,
        inner: impl Fn(&[f32], &mut Workspace) -> Result<Answer, Error> + Sync,
    ) -> impl Fn(&[f32], &mut Workspace) -> Result<Answer, Error> + Sync {
        let max_norm = self.basin.max_norm();
        move |query, work| {
            let mut answer = inner(query, work)?;
            let from = if answer.report.is_some() { &answer.state[..] } else { query };
            answer.certificate = Some(model.certify(&answer.step, from, max_norm)?);
            Ok(answer)
        }
    }
}

/// What is done with the recall that was asked for, once its types are known.
struct Work<'a, 't> {
    asked: Asked<'a>,
    then: &'t mut dyn FnMut(&Answerer<'_>) -> Result<Total, Failure>,
}

impl Work<'_, '_> {
    fn go<S: Separation>(self, answer: impl Fn(&[f32], &mut Workspace) -> Result<Answer, Error> + Sync) -> Result<Total, Failure> {
        let (keys, values) = (self.asked.basin.patterns(), self.asked.basin.values());
        let candidates = if Pass::<S>::SUMS { 0 } else { keys.count() };
        (self.then)(&Answerer { answer: &answer, dim: keys.dim().max(values.unwrap_or(keys).dim()), candidates })
    }
}

impl WithSeparation for Work<'_, '_> {
    type Output = Result<Total, Failure>;

    fn run<S: Separation + PartialEq>(self, separation: S) -> Self::Output {
        let asked = self.asked;
        let model = Model::new(asked.model.beta, separation);
        match (asked.model.similarity, asked.settle) {
            (AnySimilarity::Dot, None) if asked.certificate => self.go::<S>(asked.certified(model, asked.single(model))),
            (AnySimilarity::Dot, Some(stop)) if asked.certificate => self.go::<S>(asked.certified(model, asked.settled(model, stop))),
            (AnySimilarity::Dot, None) => self.go::<S>(asked.single(model)),
            (AnySimilarity::Dot, Some(stop)) => self.go::<S>(asked.settled(model, stop)),
            (AnySimilarity::SquaredDistance, None) => self.go::<S>(asked.single(model.with(SquaredDistance))),
            (AnySimilarity::SquaredDistance, Some(stop)) => self.go::<S>(asked.settled(model.with(SquaredDistance), stop)),
            (AnySimilarity::Cosine, _) => self.go::<S>(asked.single(model.with(Cosine))),
            (other, _) => Err(Failure::Refused(format!("the similarity {other} is not known here"))),
        }
    }
}
