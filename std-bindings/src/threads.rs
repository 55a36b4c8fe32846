//! Recall by several threads: one query by pieces of the memory, many queries by tiles of the queries.
//!
//! Threads are those of the rayon pool that the caller is in, or the global one: `pool.install(|| memory.par_recall(..))` chooses.
//!
//! **The bits of one query** are those of [`Memory::recall`], however many threads there are. Each piece of the memory gets a
//! [`Pass`]; they are merged in row order. A dense map's sums have a canonical bracketing, a state for each [`CHUNK`] of rows, so its pieces
//! are chunks. A sparse map's weights depend on the scores alone, so its pieces can be longer: a few for each thread, because what the best
//! row of a piece rules out is learned anew in each. The support is then read out by the calling thread alone.
//!
//! Beside the memory this takes three rows of sums for each piece, at most 3/4096 of the memory, and for a sparse map room for the
//! candidates of each piece: little at first, because memory that has to be cleared costs as much as memory that is read; where it does not
//! suffice, all is read again with room for every row. Merging costs a row or two for each piece.

use crate::{Memory, PairedMemory, Recalled, Workspace, batch};
use basinet_core::{CHUNK, Error, Kernels, Model, Pass, Separation, Similarity};
use rayon::prelude::*;

/// Pieces for each thread, so that one that is held up does not hold up the others.
const PIECES: usize = 4;

/// Candidates of a piece that there is room for at first.
const CANDIDATES: usize = 4096;

/// From how many rows on one query is worth more than one thread.
const LEAST: usize = 2 * CHUNK + 1;

impl Memory {
    /// As [`recall`](Self::recall), by the threads of the rayon pool that the caller is in, **bit for bit the same for any number of
    /// them**. O(M dim / threads); a support of many rows is summed by one thread, O(support dim).
    ///
    /// With one thread, or up to 8,192 patterns, the calling thread does it all. `rayon::ThreadPool::install` chooses the pool; without it
    /// the pool is rayon's own, with a thread for each processor.
    ///
    /// ```
    /// use basinet::{Memory, Model, Softmax, beta};
    /// let rows: Vec<f32> = (0..20_000u16).map(|i| f32::from(i % 101) / 101.0).collect();
    /// let (memory, model) = (Memory::from_rows(2, &rows)?, Model::new(beta!(4.0), Softmax));
    /// let pool = rayon::ThreadPoolBuilder::new().num_threads(2).build()?;
    /// let recalled = pool.install(|| memory.par_recall(&model, &[0.25, 0.75]))?;
    /// assert_eq!(recalled, memory.recall(&model, &[0.25, 0.75])?);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// Those of [`recall`](Self::recall).
    pub fn par_recall<S: Separation, Q: Similarity, K: Kernels>(&self, model: &Model<S, Q, K>, query: &[f32]) -> Result<Recalled, Error> {
        match recalled(model, self, None, query) {
            Some(mut recalled) => {
                recalled.step.energy = model.energy0(&recalled.step, query);
                Ok(recalled)
            }
            None => self.recall(model, query),
        }
    }

    /// As [`recall_batch`](Self::recall_batch), by the threads of the rayon pool that the caller is in, **bit for bit the same for any
    /// number of them**. Threads share the queries by tiles of 64, so fewer than 65 are recalled by one. O(Q M dim / threads).
    ///
    /// ```
    /// use basinet::{Memory, Model, Sparsemax, beta};
    /// let (memory, model) = (Memory::from_rows(2, &[1.0, 0.0, 0.0, 1.0])?, Model::new(beta!(8.0), Sparsemax));
    /// let recalled = memory.par_recall_batch(&model, &[0.9, 0.1, 0.2, 0.8])?;
    /// assert_eq!(recalled[1].state, [0.0, 1.0]);
    /// # Ok::<(), basinet::Error>(())
    /// ```
    ///
    /// # Errors
    /// Those of [`recall_batch`](Self::recall_batch).
    pub fn par_recall_batch<S: Separation, Q: Similarity, K: Kernels>(
        &self,
        model: &Model<S, Q, K>,
        queries: &[f32],
    ) -> Result<Vec<Recalled>, Error> {
        batch::par_recall(model, &self.patterns()?, None, queries)
    }
}

impl PairedMemory {
    /// As [`recall`](Self::recall), by several threads: [`Memory::par_recall`] with values. O(M (dim + width) / threads).
    ///
    /// # Errors
    /// Those of [`recall`](Self::recall).
    pub fn par_recall<S: Separation, Q: Similarity, K: Kernels>(&self, model: &Model<S, Q, K>, query: &[f32]) -> Result<Recalled, Error> {
        recalled(model, self.keys(), Some(self.values()), query).map_or_else(|| self.recall(model, query), Ok)
    }

    /// As [`recall_batch`](Self::recall_batch), by several threads: [`Memory::par_recall_batch`] with values.
    ///
    /// # Errors
    /// Those of [`recall_batch`](Self::recall_batch).
    pub fn par_recall_batch<S: Separation, Q: Similarity, K: Kernels>(
        &self,
        model: &Model<S, Q, K>,
        queries: &[f32],
    ) -> Result<Vec<Recalled>, Error> {
        batch::par_recall(model, &self.keys().patterns()?, Some(&self.values().patterns()?), queries)
    }
}

/// One query by all threads, the step without its energy. None where threads do not pay, and where something is wrong or a sum overflows
/// on the way: then the recall by one thread says what, or reads again.
fn recalled<S: Separation, Q: Similarity, K: Kernels>(
    model: &Model<S, Q, K>,
    keys: &Memory,
    values: Option<&Memory>,
    query: &[f32],
) -> Option<Recalled> {
    let (threads, count) = (rayon::current_num_threads(), keys.len());
    if threads < 2 || count < LEAST {
        return None;
    }
    if Pass::<S, Q, K>::SUMS {
        return by_pieces(model, keys, values, query, Cut { rows: CHUNK, candidates: 0 }).ok();
    }
    let rows = count.div_ceil(PIECES * threads).next_multiple_of(CHUNK);
    match by_pieces(model, keys, values, query, Cut { rows, candidates: CANDIDATES }) {
        Err(Error::Full { .. }) => by_pieces(model, keys, values, query, Cut { rows, candidates: rows }),
        recalled => recalled,
    }
    .ok()
}

/// How a memory is cut: rows of a piece, and room for its candidates.
#[derive(Clone, Copy)]
struct Cut {
    rows: usize,
    candidates: usize,
}

/// A pass over each piece, by all threads, and one that they are merged into, in row order.
fn by_pieces<S: Separation, Q: Similarity, K: Kernels>(
    model: &Model<S, Q, K>,
    keys: &Memory,
    values: Option<&Memory>,
    query: &[f32],
    Cut { rows, candidates }: Cut,
) -> Result<Recalled, Error> {
    let (keys, values) = (&keys.patterns()?, values.map(Memory::patterns).transpose()?);
    let values = values.as_ref().unwrap_or(keys);
    let (pieces, width) = (keys.count().div_ceil(rows), values.dim());
    let mut work: Vec<_> = (0..pieces).map(|_| Workspace::new(width, candidates)).collect();
    let passes = work.par_iter_mut().enumerate().map(|(piece, work)| {
        let mut pass = model.begin(query, width, work.scratch())?;
        pass.update_part(piece * rows..keys.count().min((piece + 1) * rows), keys, values)?;
        Ok(pass)
    });
    let passes = passes.collect::<Result<Vec<_>, Error>>()?;
    let mut work = Workspace::new(width, pieces * candidates);
    let mut whole = model.begin(query, width, work.scratch())?;
    passes.iter().try_for_each(|pass| whole.merge_alike(pass))?;
    let (normaliser, mut state) = (whole.normaliser()?, vec![0.0; width]);
    whole.read_out(&normaliser, 0, values)?;
    let step = whole.finish(&normaliser, &mut state)?;
    Ok(Recalled { state, step })
}

#[cfg(test)]
mod tests {
    use super::*;
    use basinet_core::{Softmax, Sparsemax, beta};

    /// A memory of rows of `dim` numbers within 0 and 1.7, all different.
    fn memory(dim: usize) -> Result<Memory, Error> {
        let numbers = (0..(dim * (9 * CHUNK + 65)) as u64).map(|i| (i.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 40) as f32 / 1e7);
        Memory::from_rows(dim, &numbers.collect::<Vec<_>>())
    }

    /// The road of the pieces itself, which `par_recall` leaves where something is wrong with it.
    #[test]
    fn pieces_are_read_and_merged() -> Result<(), Error> {
        fn check<S: Separation>(separation: S, cut: Cut) -> Result<(), Error> {
            let (keys, values) = (memory(3)?, memory(2)?);
            let (model, query) = (Model::new(beta!(2.0), separation), [0.5, -1.0, 0.25]);
            assert_eq!(by_pieces(&model, &keys, None, &query, cut)?.state, keys.recall(&model, &query)?.state);
            let paired = by_pieces(&model, &keys, Some(&values), &query, cut)?;
            assert_eq!(paired, PairedMemory::from_memories(keys, values)?.recall(&model, &query)?);
            Ok(())
        }
        check(Softmax, Cut { rows: CHUNK, candidates: 0 })?;
        check(Sparsemax, Cut { rows: CHUNK, candidates: CANDIDATES })?;
        check(Sparsemax, Cut { rows: 3 * CHUNK, candidates: CANDIDATES })
    }

    #[test]
    fn candidates_that_do_not_fit_get_room() -> Result<(), Box<dyn std::error::Error>> {
        let (keys, model, query) = (memory(3)?, Model::new(beta!(1e-6), Sparsemax), [0.5, -1.0, 0.25]);
        let cut = |candidates| Cut { rows: 2 * CHUNK, candidates };
        assert!(matches!(by_pieces(&model, &keys, None, &query, cut(CANDIDATES)), Err(Error::Full { .. })));
        assert_eq!(by_pieces(&model, &keys, None, &query, cut(2 * CHUNK))?.state, keys.recall(&model, &query)?.state);
        let pool = rayon::ThreadPoolBuilder::new().num_threads(2).build()?;
        assert!(pool.install(|| recalled(&model, &keys, None, &query)).is_some());
        Ok(())
    }
}
