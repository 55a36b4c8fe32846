//! Recall from a mapped file, by the model that it names.

use super::{Error, Mapped};
use crate::kernel::features_of;
use crate::{Recalled, Workspace, batch};
use basinet_core::{Basin, FeatureMap, Model, Pass, Separation, Similarity, WithModel};

impl Mapped {
    /// One recall step from `query`, `dim` numbers, by the file's own model, through its feature map where it has one: the weighted mean of its
    /// values where it has values, of its patterns otherwise. O(M dim). For another model, there are [`basin`](Self::basin) and the [`Model`].
    ///
    /// # Errors
    /// [`ErrorKind::Call`](super::ErrorKind::Call) with what [`Model::step`] or [`Model::read`] has against the query.
    pub fn recall(&self, query: &[f32]) -> Result<Recalled, Error> {
        let (basin, map) = self.with_map()?;
        basin.model().run(Once { basin, map, query }).map_err(|error| Error::new(self.path(), error))
    }

    /// One recall step from each of `queries`, Q x `dim`, row-major: for files beyond the caches several times faster than
    /// [`recall`](Self::recall) of each, and the same within rounding. O(Q M dim).
    ///
    /// # Errors
    /// As [`recall`](Self::recall) of the first query that has an error; [`ErrorKind::Call`](super::ErrorKind::Call) with
    /// [`Error::Shape`](basinet_core::Error::Shape) where the numbers do not divide into queries.
    pub fn recall_batch(&self, queries: &[f32]) -> Result<Vec<Recalled>, Error> {
        let (basin, map) = self.with_map()?;
        let each = |queries: &[f32]| basin.model().run(Each { basin, queries });
        match map.map(|map| features_of(&map, queries)) {
            None => each(queries),
            Some(features) => features.and_then(|features| each(&features)),
        }
        .map_err(|error| Error::new(self.path(), error))
    }
}

/// One query.
struct Once<'a> {
    basin: Basin<'a>,
    map: Option<FeatureMap<'a>>,
    query: &'a [f32],
}

impl WithModel for Once<'_> {
    type Output = Result<Recalled, basinet_core::Error>;

    fn run<S: Separation + PartialEq, Q: Similarity>(self, model: Model<S, Q>) -> Self::Output {
        let (keys, values) = (self.basin.patterns(), self.basin.values());
        let width = values.unwrap_or(keys).dim();
        let candidates = if Pass::<S, Q>::SUMS { 0 } else { keys.count() };
        let (mut work, mut state) = (Workspace::new(keys.dim().max(width), candidates), vec![0.0; width]);
        let step = match (values, self.map) {
            (Some(values), Some(map)) => model.through(map).step(&keys, &values, self.query, &mut state, &mut work.scratch_through())?,
            (None, _) => model.step(&keys, self.query, &mut state, &mut work.scratch())?,
            (Some(values), None) => model.read(&keys, &values, self.query, &mut state, &mut work.scratch())?,
        };
        Ok(Recalled { state, step })
    }
}

/// Many queries.
struct Each<'a> {
    basin: Basin<'a>,
    queries: &'a [f32],
}

impl WithModel for Each<'_> {
    type Output = Result<Vec<Recalled>, basinet_core::Error>;

    fn run<S: Separation + PartialEq, Q: Similarity>(self, model: Model<S, Q>) -> Self::Output {
        batch::recall(&model, &self.basin.patterns(), self.basin.values().as_ref(), self.queries)
    }
}
