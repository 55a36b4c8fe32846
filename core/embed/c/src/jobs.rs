//! What is done with a model that is known at run time only.

use crate::status::{Status, Stopped};
use basinet_core::{
    AnySimilarity, Error, Model, Patterns, Report, Scratch, Separation, Similarity, Softmax, Step, Stop, WithModel, WithSeparation,
    WithSimilarity,
};

/// One recall step; of values, where there are some.
pub struct Recall<'a> {
    pub patterns: Patterns<'a>,
    pub values: Option<Patterns<'a>>,
    pub query: &'a [f32],
    pub out: &'a mut [f32],
    pub scratch: Scratch<'a>,
}

impl WithModel for Recall<'_> {
    type Output = Result<Step, Error>;

    fn run<S: Separation + PartialEq, Q: Similarity>(mut self, model: Model<S, Q>) -> Self::Output {
        match &self.values {
            Some(values) => model.read(&self.patterns, values, self.query, self.out, &mut self.scratch),
            None => model.step(&self.patterns, self.query, self.out, &mut self.scratch),
        }
    }
}

/// One recall step from each of some queries.
pub struct RecallBatch<'a> {
    pub patterns: Patterns<'a>,
    pub values: Option<Patterns<'a>>,
    pub queries: &'a [f32],
    pub out: &'a mut [f32],
    pub steps: &'a mut [Step],
    pub scratch: &'a mut [f32],
}

impl WithModel for RecallBatch<'_> {
    type Output = Result<(), Error>;

    fn run<S: Separation + PartialEq, Q: Similarity>(self, model: Model<S, Q>) -> Self::Output {
        let Self { patterns, values, queries, out, steps, scratch } = self;
        match &values {
            Some(values) => model.read_batch(&patterns, values, queries, out, steps, scratch),
            None => model.step_batch(&patterns, queries, out, steps, scratch),
        }
    }
}

/// Steps until the state stays, by the similarities that have an energy.
pub struct Settle<'a> {
    pub patterns: Patterns<'a>,
    pub beta: basinet_core::Beta,
    pub similarity: AnySimilarity,
    pub state: &'a mut [f32],
    pub stop: Stop,
    pub scratch: Scratch<'a>,
}

impl WithSeparation for Settle<'_> {
    type Output = Result<Report, Stopped>;

    fn run<S: Separation + PartialEq>(mut self, separation: S) -> Self::Output {
        let similarity = self.similarity.descending().ok_or(Status::SIMILARITY)?;
        let model = Model::new(self.beta, separation).with(similarity);
        Ok(model.settle(&self.patterns, self.state, self.stop, &mut self.scratch)?)
    }
}

/// The scores of all patterns.
pub struct Scores<'a> {
    pub patterns: Patterns<'a>,
    pub query: &'a [f32],
    pub out: &'a mut [f32],
}

impl WithSimilarity for Scores<'_> {
    type Output = Result<(), Error>;

    fn run<Q: Similarity>(self, similarity: Q) -> Self::Output {
        // Any separation will do: scores come before it.
        Model::new(basinet_core::beta!(1.0), Softmax).with(similarity).scores(&self.patterns, self.query, self.out)
    }
}

/// Weights of scores.
pub struct Weigh<'a> {
    pub beta: basinet_core::Beta,
    pub scores: &'a mut [f32],
    pub scratch: Scratch<'a>,
}

impl WithSeparation for Weigh<'_> {
    type Output = Result<Step, Error>;

    fn run<S: Separation + PartialEq>(mut self, separation: S) -> Self::Output {
        Model::new(self.beta, separation).weights(self.scores, &mut self.scratch)
    }
}
