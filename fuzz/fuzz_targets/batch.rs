//! Batches of queries over an arbitrary small memory, by any map and similarity, against one query at a time.
//!
//! The same errors, and `out` left as it was then; results within what the errors of the scores allow, and the same winner where it leads
//! by more than these.
#![no_main]

use arbitrary::{Result, Unstructured};
use basinet_conformance::numerics::score_error;
use basinet_conformance::oracle::Rows;
use basinet_conformance::tolerance::EPS;
use basinet_core::{Error, Kernels, Model, Separation, Step, batch_scratch};
use basinet_fuzz::family::{Ask, Checked, Compare, Setup};
use basinet_fuzz::memory::{Memory, Recall};
use basinet_fuzz::{Work, check, draw, wide};
use libfuzzer_sys::fuzz_target;

struct Case {
    setup: Setup,
    recall: Recall,
    /// What is read out; `None` for the keys themselves.
    values: Option<Memory>,
    queries: Vec<f32>,
}

/// What single recalls give, or why there is none.
type Single = Checked<(Vec<f32>, Step)>;

/// The batch, and its queries one by one.
#[derive(Debug, PartialEq)]
struct Answer {
    batch: Checked<Vec<(Vec<f32>, Step)>>,
    singles: Vec<Single>,
}

impl Case {
    fn draw(bytes: &mut Unstructured<'_>) -> Result<Self> {
        let (mut setup, mut recall) = Recall::draw(bytes, 200)?;
        let (keys, mut values) = (&recall.keys, None);
        if draw::below(bytes, 4)? == 3 {
            let width = 1 + draw::below(bytes, 40)?;
            values = Some(Memory::draw(bytes, keys.count, width)?);
        }
        setup.compare(bytes)?;
        let amount = 1 + draw::below(bytes, 40)?;
        let query = |i: usize| match i % 3 {
            0 => recall.query.clone(),
            1 => keys.row(i * 7 % keys.count).to_vec(),
            _ => recall.query.iter().zip(keys.row(i % keys.count)).map(|(q, x)| 0.5 * q - 0.25 * x).collect(),
        };
        let queries = (0..amount).flat_map(query).collect();
        // Nobody looks at a masked row.
        for i in (0..recall.keys.count).filter(|&i| !setup.choice.keeps_row(i)) {
            recall.keys.spoil(i, f32::NAN);
            values.iter_mut().for_each(|values| values.spoil(i, f32::INFINITY));
        }
        Ok(Self { setup, recall, values, queries })
    }

    fn values(&self) -> &Memory {
        self.values.as_ref().unwrap_or(&self.recall.keys)
    }
}

impl Ask for Case {
    type Answer = Answer;
    fn ask<S: Separation, Q: Compare, K: Kernels>(&self, model: Model<S, Q, K>, room: [usize; 2]) -> Answer {
        const OLD: f32 = -7.25;
        let (keys, values) = (&self.recall.keys, self.values());
        let (rows, read, amount) = (keys.patterns(), values.patterns(), self.queries.len() / keys.dim);
        let mut scratch = vec![f32::NAN; batch_scratch(amount, keys.dim, values.dim, room[0])];
        let (mut out, mut steps) = (vec![OLD; amount * values.dim], vec![Step::default(); amount]);
        let batch = match self.values {
            None => model.step_batch(&rows, &self.queries, &mut out, &mut steps, &mut scratch),
            Some(_) => model.read_batch(&rows, &read, &self.queries, &mut out, &mut steps, &mut scratch),
        };
        assert!(batch.is_ok() || out.iter().all(|x| *x == OLD), "out changed, and {batch:?}");
        let mut work = Work::new(values.dim.max(keys.dim), keys.count, keys.count);
        let single = |query: &[f32]| {
            let mut out = vec![OLD; values.dim];
            let step = match self.values {
                None => model.step(&rows, query, &mut out, &mut work.scratch()),
                Some(_) => model.read(&rows, &read, query, &mut out, &mut work.scratch()),
            };
            step.map(|step| (out, step))
        };
        let singles = self.queries.chunks(keys.dim).map(single).collect();
        let batch = batch.map(|()| out.chunks(values.dim).map(<[f32]>::to_vec).zip(steps).collect());
        Answer { batch, singles }
    }
}

impl Case {
    fn check(&self) {
        let keys = &self.recall.keys;
        let Answer { batch, singles } = self.setup.here(self, self.recall.room);
        if let Some(index) = self.queries.iter().position(|x| !x.is_finite()) {
            return assert_eq!(batch, Err(Error::QueryNotFinite { index }));
        }
        let first = singles.iter().find_map(|single| single.as_ref().err());
        match (batch, first) {
            (Err(error), Some(first)) => assert!(error == *first || self.may_overflow(), "{error} and {first}"),
            (Err(error), None) => assert!(self.may_overflow(), "{error}, and single queries have none"),
            (Ok(_), Some(error)) => assert!(self.may_overflow(), "no error, and single queries have {error}"),
            (Ok(batch), None) => {
                for (query, (found, single)) in self.queries.chunks(keys.dim).zip(batch.iter().zip(singles.iter().flatten())) {
                    self.check_one(query, found, single);
                }
            }
        }
    }

    /// A sum may overflow in one order and not in another.
    fn may_overflow(&self) -> bool {
        let (keys, kept) = (&self.recall.keys, self.setup.kept(self.recall.keys.count));
        let quarter = f64::from(f32::MAX / 4.0);
        let rows = keys.wide(&kept);
        let size = |query: &[f32]| {
            let sizes = Rows { data: &rows, dim: keys.dim }.iter().map(|row| check::score_size(self.setup.similarity, row, &wide(query)));
            sizes.fold(0.0, f64::max)
        };
        let finite = rows.iter().all(|x| x.is_finite());
        let scores = finite && self.queries.chunks(keys.dim).any(|query| size(query) > quarter);
        scores || self.values().largest(&kept) * kept.len() as f64 > quarter
    }

    /// One query of the batch against the same by itself.
    fn check_one(&self, query: &[f32], found: &(Vec<f32>, Step), single: &(Vec<f32>, Step)) {
        let (setup, keys) = (&self.setup, &self.recall.keys);
        let (kept, query) = (setup.kept(keys.count), wide(query));
        let rows = keys.wide(&kept);
        // The order of a batch's sums makes D of the D/16.
        let error = |row: &[f64]| {
            let more = (keys.dim as f64 + 10.0) * EPS * check::score_size(setup.similarity, row, &query);
            2.0 * score_error(setup.similarity, row, &query) + more
        };
        let error = Rows { data: &rows, dim: keys.dim }.iter().map(error).fold(0.0, f64::max);
        let ((out, step), (expected, alone)) = (found, single);
        assert_eq!(step.rows, alone.rows);
        assert_eq!(step.energy.is_some(), alone.energy.is_some());
        if f64::from(alone.gap) > 2.0 * error {
            assert_eq!(step.winner, alone.winner, "the winner leads by {}, the scores' error is {error:e}", alone.gap);
        }
        let steepness = setup.family.steepness();
        let weights = 1e-5 + 2.0 * f64::from(setup.beta.get()) * error * steepness.max(1.0);
        let allowed = self.values().largest(&kept) * kept.len() as f64 * setup.family.mass() * weights;
        if weights < 0.1 {
            for (found, expected) in out.iter().zip(expected) {
                check::near("a number of the state", f64::from(*found), f64::from(*expected), allowed);
            }
        }
    }
}

fuzz_target!(|data: &[u8]| {
    let Ok(case) = Case::draw(&mut Unstructured::new(data)) else { return };
    case.check();
});
