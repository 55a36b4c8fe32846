//! Recall of many queries at once: core's batches, in tiles whose working memory stays in a cache, by one thread or many.

use crate::Recalled;
use basinet_core::{Error, Kernels, Model, Patterns, Separation, Similarity, Step, batch_scratch};
#[cfg(feature = "threads")]
use rayon::prelude::*;

/// Queries that share what is read of the patterns.
pub(crate) const TILE: usize = 64;

/// Room for candidates of a sparse map, for each query.
const CANDIDATES: usize = 1024;

/// The states and steps of all `queries`; values are the keys themselves where none are given.
pub(crate) fn recall<S: Separation, Q: Similarity, K: Kernels>(
    model: &Model<S, Q, K>,
    keys: &Patterns<'_>,
    values: Option<&Patterns<'_>>,
    queries: &[f32],
) -> Result<Vec<Recalled>, Error> {
    let (dim, width) = (keys.dim(), values.unwrap_or(keys).dim());
    check(dim, queries)?;
    let most = TILE.min(queries.len() / dim);
    // As much for each tile as it would have by itself: what a query gives must not depend on the other tiles.
    let room = |queries| batch_scratch(queries, dim, width, CANDIDATES.min(keys.count()));
    let mut scratch = vec![0.0; room(most)];
    let (mut out, mut steps) = (vec![0.0; most * width], vec![Step::default(); most]);
    let mut all = Vec::with_capacity(queries.len() / dim);
    for queries in queries.chunks(TILE.saturating_mul(dim)) {
        let count = queries.len() / dim;
        let (out, steps, scratch) = (&mut out[..count * width], &mut steps[..count], &mut scratch[..room(count)]);
        match values {
            None => model.step_batch(keys, queries, out, steps, scratch)?,
            Some(values) => model.read_batch(keys, values, queries, out, steps, scratch)?,
        }
        all.extend(out.chunks_exact(width).zip(steps).map(|(state, step)| Recalled { state: state.to_vec(), step: *step }));
    }
    Ok(all)
}

/// The same by the threads of the pool that the caller is in, a tile at a time: what a query gives depends on its tile alone.
#[cfg(feature = "threads")]
pub(crate) fn par_recall<S: Separation, Q: Similarity, K: Kernels>(
    model: &Model<S, Q, K>,
    keys: &Patterns<'_>,
    values: Option<&Patterns<'_>>,
    queries: &[f32],
) -> Result<Vec<Recalled>, Error> {
    check(keys.dim(), queries)?;
    let tiles: Vec<_> = queries.par_chunks(TILE.saturating_mul(keys.dim())).map(|queries| recall(model, keys, values, queries)).collect();
    // Of several errors, the first in order of the queries, not in time.
    let tiles = tiles.into_iter().collect::<Result<Vec<_>, _>>()?;
    Ok(tiles.into_iter().flatten().collect())
}

/// Numbers that divide into queries, all of them finite.
fn check(dim: usize, queries: &[f32]) -> Result<(), Error> {
    if !queries.len().is_multiple_of(dim) {
        return Err(Error::Shape { numbers: queries.len(), dim, stride: dim });
    }
    match queries.iter().position(|x| !x.is_finite()) {
        Some(index) => Err(Error::QueryNotFinite { index }),
        None => Ok(()),
    }
}
