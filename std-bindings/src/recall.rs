//! How a memory recalls: one step, a step of many queries, the certificate, the energy.
//!
//! Each call makes its own working memory. Whoever asks for a batch gets all answers or the first error.

use crate::{Memory, Workspace, batch};
use basinet_core::{Certificate, Descends, Dot, Error, Kernels, Model, Pass, Separation, Similarity, Step};

/// What a recall gives: the state after one step, and the step's report.
#[derive(Clone, Debug, PartialEq)]
pub struct Recalled {
    /// The weighted mean of the patterns, `dim` numbers; from paired values that of the values, `width` numbers.
    pub state: Vec<f32>,
    /// How it came about.
    pub step: Step,
}

/// A recall, and what is certain about it.
#[derive(Clone, Debug, PartialEq)]
pub struct Certified {
    /// The same as [`Memory::recall`] gives.
    pub recalled: Recalled,
    /// What is certain, roundings included.
    pub certificate: Certificate,
}

/// Runs `one` on each of `queries`, Q x `dim`; a number that is not finite is named by its place in `queries`.
pub(crate) fn each<T>(dim: usize, queries: &[f32], mut one: impl FnMut(&[f32]) -> Result<T, Error>) -> Result<Vec<T>, Error> {
    if !queries.len().is_multiple_of(dim) {
        return Err(Error::Shape { numbers: queries.len(), dim, stride: dim });
    }
    let of_query = |number: usize, error| match error {
        Error::QueryNotFinite { index } => Error::QueryNotFinite { index: number * dim + index },
        error => error,
    };
    queries.chunks_exact(dim).enumerate().map(|(number, query)| one(query).map_err(|error| of_query(number, error))).collect()
}

impl Memory {
    /// One recall step from `query`: [`Model::step`], by any separation, similarity and mask that the model has. O(M dim).
    ///
    /// ```
    /// use basinet::{Cosine, Entmax, Memory, Model, Window, beta};
    /// let memory = Memory::from_rows(2, &[4.0, 0.0, 0.0, 2.0, 1.0, 1.0])?;
    /// let model = Model::new(beta!(16.0), Entmax::new(1.5)?).with(Cosine);
    /// assert_eq!(memory.recall(&model, &[0.1, 0.1])?.state, [1.0, 1.0]);
    /// let first_two = model.keep(Window { centre: 0, half_width: 1 });
    /// assert_eq!(memory.recall(&first_two, &[0.1, 0.3])?.state, [0.0, 2.0]);
    /// # Ok::<(), basinet::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`Model::step`], and [`Error::Empty`].
    pub fn recall<S: Separation, Q: Similarity, K: Kernels>(&self, model: &Model<S, Q, K>, query: &[f32]) -> Result<Recalled, Error> {
        self.recall_in(model, query, &mut self.room_for(model))
    }

    /// One recall step from each of `queries`, Q x `dim`, row-major: 64 queries at a time share what is read of the patterns. Several times
    /// faster than [`recall`](Self::recall) of each where the memory is larger than the caches, no faster for a few dozen patterns.
    /// O(Q M dim).
    ///
    /// The results are those of `recall` within rounding, not in bits, and what a query gives depends on its place among the others in
    /// bits only: see [`Model::step_batch`]. For certificates there is [`recall_certified_batch`](Self::recall_certified_batch).
    ///
    /// ```
    /// use basinet::{Memory, Model, Softmax, beta};
    /// let memory = Memory::from_rows(2, &[1.0, 0.0, 0.0, 1.0])?;
    /// let queries = [0.9, 0.2, 0.1, 0.8, 1.0, 0.1, 0.3, 0.9];
    /// let recalled = memory.recall_batch(&Model::new(beta!(16.0), Softmax), &queries)?;
    /// assert_eq!(recalled.iter().map(|recalled| recalled.step.winner).collect::<Vec<_>>(), [0, 1, 0, 1]);
    /// # Ok::<(), basinet::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::Shape`] where the numbers do not divide into queries; [`Error::QueryNotFinite`] with the place in `queries`; as
    /// [`recall`](Self::recall) of the first query that has an error.
    pub fn recall_batch<S: Separation, Q: Similarity, K: Kernels>(
        &self,
        model: &Model<S, Q, K>,
        queries: &[f32],
    ) -> Result<Vec<Recalled>, Error> {
        batch::recall(model, &self.patterns()?, None, queries)
    }

    /// A recall step and its certificate: [`recall`](Self::recall) and [`certify`](Self::certify). O(M dim).
    ///
    /// ```
    /// use basinet::{Memory, Model, Sparsemax, beta};
    /// let memory = Memory::from_rows(2, &[1.0, 0.0, 0.0, 1.0])?;
    /// let certified = memory.recall_certified(&Model::new(beta!(4.0), Sparsemax), &[0.9, 0.1])?;
    /// assert!(certified.certificate.exact);
    /// // From every state within 0.27 of the query the same pattern comes back.
    /// assert!(certified.certificate.radius > Some(0.27));
    /// # Ok::<(), basinet::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`recall`](Self::recall).
    pub fn recall_certified<S: Separation, K: Kernels>(&self, model: &Model<S, Dot, K>, query: &[f32]) -> Result<Certified, Error> {
        self.certified_in(model, query, &mut self.room_for(model))
    }

    /// A recall step and its certificate for each of `queries`, Q x `dim`, row-major: as [`recall_certified`](Self::recall_certified) of
    /// each, bit for bit. O(Q M dim).
    ///
    /// # Errors
    /// [`Error::Shape`] where the numbers do not divide into queries. As [`recall`](Self::recall) of the first query that has an error;
    /// the place of a number that is not finite is that in `queries`.
    pub fn recall_certified_batch<S: Separation, K: Kernels>(
        &self,
        model: &Model<S, Dot, K>,
        queries: &[f32],
    ) -> Result<Vec<Certified>, Error> {
        let mut work = self.room_for(model);
        each(self.dim(), queries, |query| self.certified_in(model, query, &mut work))
    }

    /// What is certain about `step`, which `model` took from `query` in this memory as it is now: [`Model::certify`] with the memory's own
    /// largest norm. O(dim).
    ///
    /// For a state that has settled, `step` is its report's `last` and `query` the state.
    ///
    /// # Errors
    /// [`Error::Length`], [`Error::QueryNotFinite`].
    pub fn certify<S: Separation, K: Kernels>(&self, model: &Model<S, Dot, K>, step: &Step, query: &[f32]) -> Result<Certificate, Error> {
        if query.len() != self.dim() {
            return Err(Error::Length { expected: self.dim(), found: query.len() });
        }
        model.certify(step, query, self.max_norm())
    }

    /// The energy of a state, `dim` numbers, constant included: [`Model::energy`]. O(M dim).
    ///
    /// ```
    /// use basinet::{Memory, Model, Softmax, beta};
    /// let memory = Memory::from_rows(2, &[1.0, 0.0, 0.0, 1.0])?;
    /// let model = Model::new(beta!(8.0), Softmax);
    /// let next = memory.recall(&model, &[0.5, 0.2])?.state;
    /// assert!(memory.energy(&model, &next)? < memory.energy(&model, &[0.5, 0.2])?);
    /// # Ok::<(), basinet::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`Model::energy`], and [`Error::Empty`].
    pub fn energy<S: Separation, Q: Descends, K: Kernels>(&self, model: &Model<S, Q, K>, state: &[f32]) -> Result<f64, Error> {
        model.energy(&self.patterns()?, state, self.max_norm(), &mut self.room_for(model).scratch())
    }

    /// Working memory for this model: dense maps have no candidates, and memory that is not asked for need not be cleared.
    pub(crate) fn room_for<S: Separation, Q: Similarity, K: Kernels>(&self, _: &Model<S, Q, K>) -> Workspace {
        Workspace::new(self.dim(), if Pass::<S, Q, K>::SUMS { 0 } else { self.len() })
    }

    fn recall_in<S: Separation, Q: Similarity, K: Kernels>(
        &self,
        model: &Model<S, Q, K>,
        query: &[f32],
        work: &mut Workspace,
    ) -> Result<Recalled, Error> {
        let mut state = vec![0.0; self.dim()];
        let step = model.step(&self.patterns()?, query, &mut state, &mut work.scratch())?;
        Ok(Recalled { state, step })
    }

    fn certified_in<S: Separation, K: Kernels>(
        &self,
        model: &Model<S, Dot, K>,
        query: &[f32],
        work: &mut Workspace,
    ) -> Result<Certified, Error> {
        let recalled = self.recall_in(model, query, work)?;
        let certificate = self.certify(model, &recalled.step, query)?;
        Ok(Certified { recalled, certificate })
    }
}
