//! How queries are answered: by the model that was chosen while the program ran, one by one or together, for a step or until they settle.
//!
//! Models are types, and which one it is stands in a file; so the work is handed to a job that is generic over it ([`WithSeparation`]), which
//! makes a closure of it for the loop over the queries, so that this need not be there once for every model.

use crate::failure::Failure;
use basinet::{
    AnyModel, AnySimilarity, Basin, Certificate, Cosine, Descends, Error, FeatureMap, LinearMap, Model, Pass, Patterns, Report, Separation,
    Similarity, SquaredDistance, Step, Stop, WithSeparation, Workspace, batch_scratch,
};
use rayon::prelude::*;

/// Queries that share what is read of the patterns.
const TOGETHER: usize = 64;

/// Rows that a sparse map may keep for each of these.
const CANDIDATES: usize = 1024;

/// Rows at most that say whether values are what features were made of.
const ROWS_COMPARED: usize = 1024;

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

/// A recall of one query, in working memory that is used again.
type Recall<'a> = dyn Fn(&[f32], &mut Workspace) -> Result<Answer, Error> + Sync + 'a;

/// A recall of queries that stand one behind the other, and share what is read.
type Batch<'a> = dyn Fn(&[f32]) -> Result<Vec<Answer>, Error> + Sync + 'a;

/// A recall whose model was chosen while the program ran.
pub struct Answerer<'a> {
    how: How<'a>,
    /// Numbers of the longer of pattern and value.
    dim: usize,
    /// Rows that may be candidates of the map.
    candidates: usize,
}

enum How<'a> {
    Singly(&'a Recall<'a>),
    Together(&'a Batch<'a>),
}

impl Answerer<'_> {
    /// Where an error was, that came in place of the answer to query `row`.
    pub fn place(&self, row: usize) -> String {
        match self.how {
            How::Singly(_) => format!("row {row} (from 0)"),
            How::Together(_) => format!("a row from {row} on (from 0)"),
        }
    }

    /// The answers to these queries, in their order, by the threads of the pool. Of queries that were recalled together, an error is that of
    /// all.
    pub fn answers(&self, queries: &[Vec<f32>]) -> Vec<Result<Answer, Error>> {
        match self.how {
            How::Singly(recall) => {
                let workspace = || Workspace::new(self.dim, self.candidates);
                queries.par_iter().map_init(workspace, |work, query| recall(query, work)).collect()
            }
            How::Together(batch) => {
                let tiles: Vec<_> = queries.par_chunks(TOGETHER).map(|queries| (queries.len(), batch(&queries.concat()))).collect();
                let each = |(count, answers): (usize, Result<Vec<Answer>, Error>)| match answers {
                    Ok(answers) => answers.into_iter().map(Ok).collect::<Vec<_>>(),
                    Err(error) => (0..count).map(|_| Err(error)).collect(),
                };
                tiles.into_iter().flat_map(each).collect()
            }
        }
    }
}

/// Whether values are the patterns whose features are compared, by some of the rows, evenly spaced.
fn are_compared(map: &FeatureMap<'_>, values: &Patterns<'_>, features: &Patterns<'_>) -> bool {
    let mut made = vec![0.0; map.features()];
    let step = values.count().div_ceil(ROWS_COMPARED);
    (0..values.count()).step_by(step).all(|row| {
        let value = values.row(row).unwrap_or(&[]);
        map.apply(value, &mut made).is_ok() && features.row(row) == Some(&made[..])
    })
}

/// What was asked for, of which memory.
#[derive(Clone, Copy)]
pub struct Asked<'a> {
    /// The memory.
    pub basin: Basin<'a>,
    /// What queries go through, where its patterns are features.
    pub map: Option<FeatureMap<'a>>,
    /// What it is recalled by.
    pub model: AnyModel,
    /// Until when, where not for one step.
    pub settle: Option<Stop>,
    /// Whether each answer shall have one.
    pub certificate: bool,
    /// Whether queries may share what is read.
    pub together: bool,
}

impl<'a> Asked<'a> {
    /// Whether it goes together.
    pub fn check(&self, file: &str) -> Result<(), Failure> {
        let (similarity, values) = (self.model.similarity, self.basin.values());
        let has_values = values.is_some();
        let can_go_on = values.is_none_or(|values| self.map.is_some_and(|map| are_compared(&map, &values, &self.basin.patterns())));
        let why = if self.certificate && has_values {
            "--certificate is for memories without values: it says how near a state is to a pattern".to_owned()
        } else if self.settle.is_some() && !can_go_on {
            "--settle is for memories whose values are the patterns, or that have none: another value is no state to go on from".to_owned()
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
            let step = match (&values, self.map) {
                (Some(values), Some(map)) => model.through(map).step(&keys, values, query, &mut state, &mut work.scratch_through())?,
                (Some(values), None) => model.read(&keys, values, query, &mut state, &mut work.scratch())?,
                (None, _) => model.step(&keys, query, &mut state, &mut work.scratch())?,
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
        let (keys, values) = (self.basin.patterns(), self.basin.values());
        move |query, work| {
            let mut state = query.to_vec();
            let report = match (&values, self.map) {
                (Some(values), Some(map)) => model.through(map).settle(&keys, values, &mut state, stop, &mut work.scratch_through())?,
                _ => model.settle(&keys, &mut state, stop, &mut work.scratch_to_settle())?,
            };
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

    /// One step from each of many queries, or readings of values.
    fn many<S: Separation, Q: Similarity>(self, model: Model<S, Q>) -> impl Fn(&[f32]) -> Result<Vec<Answer>, Error> + Sync {
        let (keys, values) = (self.basin.patterns(), self.basin.values());
        let (dim, width) = (keys.dim(), values.unwrap_or(keys).dim());
        let map = self.map.as_ref().map(LinearMap::from);
        move |queries| {
            let features = map.as_ref().map(|map| map.rows(queries)).transpose()?;
            let queries = features.as_deref().unwrap_or(queries);
            let count = queries.len() / dim;
            let mut scratch = vec![0.0; batch_scratch(count, dim, width, CANDIDATES.min(keys.count()))];
            let (mut out, mut steps) = (vec![0.0; count * width], vec![Step::default(); count]);
            match &values {
                None => model.step_batch(&keys, queries, &mut out, &mut steps, &mut scratch)?,
                Some(values) => model.read_batch(&keys, values, queries, &mut out, &mut steps, &mut scratch)?,
            }
            let answer = |(state, step): (&[f32], &Step)| Answer { state: state.to_vec(), step: *step, report: None, certificate: None };
            Ok(out.chunks_exact(width).zip(&steps).map(answer).collect())
        }
    }

    /// Hands the recall that was asked for to `then`, now that its types are known.
    pub fn give<T>(self, then: impl FnOnce(&Answerer<'_>) -> Result<T, Failure>) -> Result<T, Failure> {
        let separation = self.model.separation;
        separation.run(Work { asked: self, then })
    }
}

/// What is done with the recall that was asked for, once its types are known.
struct Work<'a, F> {
    asked: Asked<'a>,
    then: F,
}

impl<T, F: FnOnce(&Answerer<'_>) -> Result<T, Failure>> Work<'_, F> {
    fn singly<S: Separation>(self, recall: impl Fn(&[f32], &mut Workspace) -> Result<Answer, Error> + Sync) -> Result<T, Failure> {
        self.go::<S>(How::Singly(&recall))
    }

    fn together<S: Separation>(self, batch: impl Fn(&[f32]) -> Result<Vec<Answer>, Error> + Sync) -> Result<T, Failure> {
        self.go::<S>(How::Together(&batch))
    }

    fn go<S: Separation>(self, how: How<'_>) -> Result<T, Failure> {
        let (keys, values) = (self.asked.basin.patterns(), self.asked.basin.values());
        let candidates = if Pass::<S>::SUMS { 0 } else { keys.count() };
        (self.then)(&Answerer { how, dim: keys.dim().max(values.unwrap_or(keys).dim()), candidates })
    }

    /// A similarity that states can settle by.
    fn descending<S: Separation, Q: Descends>(self, model: Model<S, Q>) -> Result<T, Failure> {
        let asked = self.asked;
        match asked.settle {
            Some(stop) => self.singly::<S>(asked.settled(model, stop)),
            None => self.stepping(model),
        }
    }

    /// Any similarity.
    fn stepping<S: Separation, Q: Similarity>(self, model: Model<S, Q>) -> Result<T, Failure> {
        let asked = self.asked;
        if asked.together { self.together::<S>(asked.many(model)) } else { self.singly::<S>(asked.single(model)) }
    }
}

impl<T, F: FnOnce(&Answerer<'_>) -> Result<T, Failure>> WithSeparation for Work<'_, F> {
    type Output = Result<T, Failure>;

    fn run<S: Separation + PartialEq>(self, separation: S) -> Self::Output {
        let asked = self.asked;
        let model = Model::new(asked.model.beta, separation);
        match (asked.model.similarity, asked.settle) {
            (AnySimilarity::Dot, None) if asked.certificate => self.singly::<S>(asked.certified(model, asked.single(model))),
            (AnySimilarity::Dot, Some(stop)) if asked.certificate => self.singly::<S>(asked.certified(model, asked.settled(model, stop))),
            (AnySimilarity::Dot, _) => self.descending(model),
            (AnySimilarity::SquaredDistance, _) => self.descending(model.with(SquaredDistance)),
            (AnySimilarity::Cosine, _) => self.stepping(model.with(Cosine)),
            (other, _) => Err(Failure::Refused(format!("the similarity {other} is not known here"))),
        }
    }
}
