//! Recall of many queries at once: 16 of them side by side, so that what is read of the memory serves all, and no score is written down
//! beyond its block.
//!
//! Where a recall of one query is bound by reading the memory, this is bound by arithmetic. A block of 64 rows is scored with two panels
//! of 16 queries at a time, weighed, and read out, while it is in the cache; a sparse map only looks at those queries of which some row of
//! the block may be in the support. Whatever does not go this way (a score that is not finite, more candidates than there is room for, too
//! few queries for a panel) is recalled query by query, so that results and errors are those of [`Model::step`] within the bound.

pub mod dense;
mod room;
pub mod sparse;

use room::Room;
pub use room::batch_scratch;

use super::buffers::Scratch;
use super::pass::{StateOf, same};
use super::state::State;
use super::{Model, Step, source};
use crate::dispatch::Kernels;
use crate::error::Error;
use crate::kernels::{BLOCK, CHUNK, PANEL, TILE_SCORES, panel_length};
use crate::patterns::{Panels, square_sum};
use crate::separation::Separation;
use crate::similarity::Similarity;

/// Fewer queries than this are recalled one by one: a panel costs as much with one as with sixteen.
const FEWEST: usize = 4;
/// Panels that are scored with a block before the next ones: two share what is read of a row.
const ABREAST: usize = 2;

/// A block of rows that has been scored with some panels.
#[derive(Clone, Copy, Debug)]
pub struct Scored {
    /// The number of its first row.
    pub from: usize,
    /// Its rows.
    pub width: usize,
    /// Bit `i` is set where row `i` takes part.
    pub keep: u64,
    /// The first of the panels.
    pub panel: usize,
}

/// What a map makes of the scores of panels.
pub trait Visit {
    /// Takes in the scores of a block: [`TILE_SCORES`] numbers a panel.
    fn block(&mut self, scored: Scored, scores: &mut [f32]);
    /// All panels have seen the last block of a chunk.
    fn end_chunk(&mut self);
}

/// A batch under way.
#[derive(Debug)]
pub struct Batch<'b, S, Q, K, R, V> {
    pub model: Model<S, Q, K>,
    pub keys: &'b R,
    pub values: &'b V,
    /// Those that go into panels.
    pub queries: &'b [f32],
    /// One for each of these; one without rows where the query is still to be recalled by itself.
    pub steps: &'b mut [Step],
    pub room: Room<'b>,
}

impl<S: Separation, Q: Similarity, K: Kernels, R: Panels, V: Panels> Batch<'_, S, Q, K, R, V> {
    /// Transposes the queries; those that a panel lacks are zero.
    fn pack(&mut self) {
        let Self { model, keys, queries, room, .. } = self;
        room.panels.fill(0.0);
        let dim = keys.dim().max(1);
        let panels = room.panels.chunks_exact_mut(panel_length(dim).max(1));
        for (panel, queries) in panels.zip(queries.chunks((PANEL * dim).max(1))) {
            for (lane, query) in queries.chunks(dim).enumerate() {
                let norm = libm::sqrtf(model.kernels.dot(query, query));
                for (numbers, &number) in panel.as_chunks_mut::<PANEL>().0.iter_mut().zip(query.iter().chain([&norm])) {
                    if let Some(to) = numbers.get_mut(lane) {
                        *to = number;
                    }
                }
            }
        }
    }
}

/// Scores all rows with all panels, block by block.
pub fn visit<S: Separation, Q: Similarity, K: Kernels>(
    model: &Model<S, Q, K>,
    keys: &impl Panels,
    panels: &[f32],
    scores: &mut [f32],
    visitor: &mut impl Visit,
) {
    let (count, length, mut from) = (keys.count(), panel_length(keys.dim()).max(1), 0);
    while from < count {
        let width = source::block_width(from, count - from);
        let keep = source::kept(&model.separation, from, width);
        if keep != 0 {
            for (pair, panels) in panels.chunks((ABREAST * length).max(1)).enumerate() {
                let Some(scores) = scores.get_mut(..panels.len() / length * TILE_SCORES) else { break };
                model.similarity.panel_scores(model.kernels, keys, (from, width), panels, scores);
                visitor.block(Scored { from, width, keep, panel: ABREAST * pair }, scores);
            }
        }
        from += width;
        if from.is_multiple_of(CHUNK) || from >= count {
            visitor.end_chunk();
        }
    }
}

impl<S: Separation, Q: Similarity, K: Kernels> Model<S, Q, K> {
    /// One recall step of auto-association from each of many queries: `out_i = sum_j p_ij x_j`, with `p_i = separation(beta X query_i)`.
    ///
    /// `rows` is M x D, `queries` and `out` are Q x D, row-major, `steps` has a place for each query, `scratch` has
    /// [`batch_scratch`](crate::batch_scratch) numbers or more. Reads the rows once for every call, O(Q M D): for many queries several
    /// times faster than [`step`](Self::step) of each, as arithmetic is what it waits for and not the memory.
    ///
    /// The results are those of `step` within rounding, not in bits: the error of a dot product is at most
    /// `(min(D, 128) + ceil(D/128)) eps sum_j |x_j q_j| + D 2^-149`, with eps = 2^-24 (of a distance or a cosine as much more than that of
    /// its own similarity); from there on it is that of `step`. What becomes of a query does not depend on those beside it, except that the
    /// last ones are recalled by `step` where there are fewer than four in a panel of 16 (a batch of one is `step`), and that some may be
    /// where a value is not finite. A certificate bounds the scores of `step`, and is to be asked of it.
    ///
    /// ```
    /// use basinet_core::{Model, Patterns, Softmax, Step, batch_scratch, beta};
    /// let data = [1.0, -1.0, 1.0, 1.0, -1.0, -1.0];
    /// let queries = [1.0, -1.0, 0.5, 1.0, -0.5, -1.0, 0.5, -0.5, 0.5, 0.0, -1.0, -1.0];
    /// let (mut out, mut steps, mut scratch) = ([0.0; 12], [Step::default(); 4], [0.0; batch_scratch(4, 3, 3, 0)]);
    /// let model = Model::new(beta!(20.0), Softmax);
    /// model.step_batch(&Patterns::new(&data, 3)?, &queries, &mut out, &mut steps, &mut scratch)?;
    /// assert_eq!(steps.map(|step| step.winner), [0, 1, 0, 1]);
    /// assert_eq!(out[3..6], [1.0, -1.0, -1.0]);
    /// # Ok::<(), basinet_core::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::Shape`] where the numbers do not divide into queries, [`Error::Length`] where `out` or `steps` do not fit them,
    /// [`Error::QueryNotFinite`] with the place in `queries`, [`Error::Scratch`], [`Error::TooLarge`]; then those of [`step`](Self::step) of
    /// the first query that has one (a score that overflows in one order of its sum only may be an error here and not there, or there and
    /// not here). `out` is as it was then; `steps` may not be.
    pub fn step_batch(
        &self,
        rows: &impl Panels,
        queries: &[f32],
        out: &mut [f32],
        steps: &mut [Step],
        scratch: &mut [f32],
    ) -> Result<(), Error> {
        self.read_batch(rows, rows, queries, out, steps, scratch)?;
        for (step, query) in steps.iter_mut().zip(queries.chunks(rows.dim().max(1))) {
            step.energy = self.similarity.energy0(square_sum(query) / 2.0, step.conjugate / f64::from(self.beta.get()));
        }
        Ok(())
    }

    /// One step of hetero-association from each of many queries: compares with `keys`, and reads out as many `values`; `out` is Q x their
    /// length. As [`step_batch`](Self::step_batch).
    ///
    /// # Errors
    /// As [`step_batch`](Self::step_batch).
    pub fn read_batch(
        &self,
        keys: &impl Panels,
        values: &impl Panels,
        queries: &[f32],
        out: &mut [f32],
        steps: &mut [Step],
        scratch: &mut [f32],
    ) -> Result<(), Error> {
        let (dim, width) = (keys.dim(), values.dim());
        if dim == 0 || !queries.len().is_multiple_of(dim) {
            return Err(Error::Shape { numbers: queries.len(), dim, stride: dim });
        }
        let count = queries.len() / dim;
        same(keys.count(), values.count())?;
        same(count, steps.len())?;
        same(count.checked_mul(width).ok_or(Error::TooLarge)?, out.len())?;
        if let Some(index) = queries.iter().position(|x| !x.is_finite()) {
            return Err(Error::QueryNotFinite { index });
        }
        steps.fill(Step::default());
        let mut room = Room::new(scratch, count, dim, width)?;
        let few = count % PANEL;
        let abreast = if few < FEWEST { count - few } else { count };
        if let (Some(queries), Some(steps)) = (queries.get(..abreast * dim), steps.get_mut(..abreast))
            && abreast > 0
        {
            let mut room = room.reborrow();
            room.panels = room.panels.get_mut(..abreast.div_ceil(PANEL) * panel_length(dim)).unwrap_or(&mut []);
            let mut batch = Batch { model: *self, keys, values, queries, steps, room };
            batch.pack();
            <StateOf<S> as State<S::Map>>::batch(batch);
        }
        self.finish_batch(keys, values, queries, steps, &mut room)?;
        for (to, &number) in out.iter_mut().zip(room.results.iter()) {
            *to = number;
        }
        Ok(())
    }

    /// Recalls the queries that have no step yet, one by one.
    fn finish_batch(
        &self,
        keys: &impl Panels,
        values: &impl Panels,
        queries: &[f32],
        steps: &mut [Step],
        room: &mut Room<'_>,
    ) -> Result<(), Error> {
        let (dim, width) = (keys.dim().max(1), values.dim().max(1));
        for ((step, query), result) in steps.iter_mut().zip(queries.chunks(dim)).zip(room.results.chunks_mut(width)) {
            if step.rows == 0 {
                *step = self.read(keys, values, query, result, &mut room.single.scratch())?;
            }
        }
        Ok(())
    }
}

/// Rows of a block, or those of them that are named, as a list.
#[derive(Debug)]
pub struct List([u32; BLOCK]);

impl List {
    /// An empty one.
    pub const NEW: Self = Self([0; BLOCK]);

    /// The set bits of `mask`, in order.
    pub fn of(&mut self, mut mask: u64) -> &[u32] {
        let count = mask.count_ones() as usize;
        for place in self.0.iter_mut().take(count) {
            *place = mask.trailing_zeros();
            mask &= mask.wrapping_sub(1);
        }
        self.0.get(..count).unwrap_or(&[])
    }
}
