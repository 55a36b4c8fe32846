//! A model that is known only when the program runs, as a file or a command line names it.

use crate::recall::Model;
use crate::separation::{AnySeparation, Beta, Separation, WithSeparation};
use crate::similarity::{AnySimilarity, Similarity, WithSimilarity};

/// An inverse temperature, any separation, any similarity: a [`Model`] whose types are chosen at run time.
///
/// [`run`](Self::run) does a job with the model that this is. A program that uses it links every separation with every similarity.
///
/// ```
/// use basinet_core::{AnyModel, Buffers, Error, Model, Patterns, Separation, Similarity, Sparsemax, Step, WithModel, beta};
///
/// /// One step from a query.
/// struct Recall<'a>(Patterns<'a>, [f32; 2]);
/// impl WithModel for Recall<'_> {
///     type Output = Result<[f32; 2], Error>;
///     fn run<S: Separation + PartialEq, Q: Similarity>(self, model: Model<S, Q>) -> Self::Output {
///         let mut out = [0.0; 2];
///         model.step(&self.0, &self.1, &mut out, &mut Buffers::<2, 8>::new().scratch())?;
///         Ok(out)
///     }
/// }
///
/// let model = AnyModel::from(Model::new(beta!(4.0), Sparsemax));
/// assert_eq!(model.run(Recall(Patterns::new(&[1.0, 0.0, 0.0, 1.0], 2)?, [0.9, 0.1]))?, [1.0, 0.0]);
/// # Ok::<(), Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct AnyModel {
    /// The inverse temperature, in units of 1/score.
    pub beta: Beta,
    /// How scores become weights.
    pub separation: AnySeparation,
    /// How patterns and states are compared.
    pub similarity: AnySimilarity,
}

/// Work that can be done with any model.
pub trait WithModel {
    /// What it gives.
    type Output;
    /// Does the work.
    fn run<S: Separation + PartialEq, Q: Similarity>(self, model: Model<S, Q>) -> Self::Output;
}

impl AnyModel {
    /// Does `job` with the model that this is.
    pub fn run<J: WithModel>(self, job: J) -> J::Output {
        self.separation.run(Separated { beta: self.beta, similarity: self.similarity, job })
    }

    /// As [`run`](Self::run), by [`AnySeparation::run_small`] and with all similarities as one type: a tenth of the code, for a few choices a
    /// block of rows. The bits are the same.
    pub fn run_small<J: WithModel>(self, job: J) -> J::Output {
        self.separation.run_small(Together { beta: self.beta, similarity: self.similarity, job })
    }
}

impl<S: Into<AnySeparation>, Q: Into<AnySimilarity>> From<Model<S, Q>> for AnyModel {
    fn from(model: Model<S, Q>) -> Self {
        Self { beta: model.beta, separation: model.separation.into(), similarity: model.similarity.into() }
    }
}

/// A job that waits for its separation.
struct Separated<J> {
    beta: Beta,
    similarity: AnySimilarity,
    job: J,
}

impl<J: WithModel> WithSeparation for Separated<J> {
    type Output = J::Output;
    fn run<S: Separation + PartialEq>(self, separation: S) -> J::Output {
        self.similarity.run(Compared { model: Model::new(self.beta, separation), job: self.job })
    }
}

/// A job that waits for its separation, and takes any similarity as it is.
struct Together<J> {
    beta: Beta,
    similarity: AnySimilarity,
    job: J,
}

impl<J: WithModel> WithSeparation for Together<J> {
    type Output = J::Output;
    fn run<S: Separation + PartialEq>(self, separation: S) -> J::Output {
        self.job.run(Model::new(self.beta, separation).with(self.similarity))
    }
}

/// A job that waits for its similarity.
struct Compared<S, J> {
    model: Model<S>,
    job: J,
}

impl<S: Separation + PartialEq, J: WithModel> WithSimilarity for Compared<S, J> {
    type Output = J::Output;
    fn run<Q: Similarity>(self, similarity: Q) -> J::Output {
        self.job.run(self.model.with(similarity))
    }
}
