//! Free recall: one memory after the other from the same cue, each once.
//!
//! Constrained sparsemax with caps that begin at one; after each recall what was recalled is taken off: `cap <- [cap - p]_+` (Santos et al.
//! 2024). A memory whose weight was one cannot come again, one that came in part can come with the rest.

use super::pass::{StateOf, same};
use super::source::Source;
use super::state::State;
use super::{Model, Scratch, Step};
use crate::dispatch::{Dispatch, Kernels};
use crate::error::Error;
use crate::kernels::BLOCK;
use crate::patterns::Rows;
use crate::separation::{Beta, Constrained, Separation, Sparsemax};

/// A free recall under way: what is left of each memory.
///
/// ```
/// use basinet_core::{Buffers, FreeRecall, Patterns, beta};
/// let data = [1.0, 0.0, 0.0, 1.0];
/// let patterns = Patterns::new(&data, 2)?;
/// let (mut caps, mut out, mut buffers) = ([0.0; 2], [0.0; 2], Buffers::<2, 2>::new());
/// let mut free = FreeRecall::new(beta!(8.0), &mut caps);
/// let first = free.recall(&patterns, &[0.9, 0.5], &mut out, &mut buffers.scratch())?;
/// let second = free.recall(&patterns, &[0.9, 0.5], &mut out, &mut buffers.scratch())?;
/// let third = free.recall(&patterns, &[0.9, 0.5], &mut out, &mut buffers.scratch())?;
/// assert_eq!((first.map(|s| s.winner), second.map(|s| s.winner), third.map(|s| s.winner)), (Some(0), Some(1), None));
/// # Ok::<(), basinet_core::Error>(())
/// ```
#[derive(Debug)]
pub struct FreeRecall<'c, K = Dispatch> {
    beta: Beta,
    caps: &'c mut [f32],
    kernels: K,
}

impl<'c> FreeRecall<'c> {
    /// Nothing recalled yet; `caps` has a place for each row.
    pub fn new(beta: Beta, caps: &'c mut [f32]) -> Self {
        caps.fill(1.0);
        Self { beta, caps, kernels: Dispatch }
    }
}

impl<'c, K: Kernels> FreeRecall<'c, K> {
    /// The same by the kernels of one backend. The bits are the same.
    pub fn on<L: Kernels>(self, kernels: L) -> FreeRecall<'c, L> {
        FreeRecall { beta: self.beta, caps: self.caps, kernels }
    }

    /// How much of each row can still be recalled, in [0, 1].
    pub fn left(&self) -> &[f32] {
        self.caps
    }

    /// The next memory from this cue; none, and `out` as it was, where less than one is left of all together. O(M D), rows are read twice.
    ///
    /// What is left of a row is an f32: a weight below 2^-25 takes nothing off a whole one, so that 2^25 equal rows never end.
    ///
    /// # Errors
    /// [`Error::Length`] where the rows are not as many as the caps, and as [`Model::step`]. `out` and the caps are as they were then.
    pub fn recall(&mut self, rows: &impl Rows, cue: &[f32], out: &mut [f32], scratch: &mut Scratch<'_>) -> Result<Option<Step>, Error> {
        same(self.caps.len(), rows.count())?;
        let (step, beta, kernels) = {
            let model = Model::new(self.beta, Constrained::new(self.caps)?).on(self.kernels);
            match model.read_normalised(rows, rows, cue, out, scratch) {
                Ok(found) => (found, self.beta, self.kernels),
                Err(Error::CapsTooSmall | Error::AllMasked) => return Ok(None),
                Err(error) => return Err(error),
            }
        };
        let (step, normaliser) = step;
        // A block's weights depend on its own caps and the normaliser; the scores of rows that are gone count for nothing, whatever they
        // are.
        let source = Model::new(beta, Sparsemax).on(kernels).source(rows, cue);
        for (block, caps) in self.caps.chunks_mut(BLOCK).enumerate() {
            let mut weights = [0.0; BLOCK];
            let Some(weights) = weights.get_mut(..caps.len()) else { break };
            source.block(block * BLOCK, weights);
            weigh(&Model::new(beta, Constrained::new(caps)?).on(kernels), &normaliser, weights);
            for (cap, &p) in caps.iter_mut().zip(weights.iter()) {
                *cap = if *cap > p { *cap - p } else { 0.0 };
            }
        }
        Ok(Some(step))
    }
}

/// Scores of the rows that the caps are of to weights.
fn weigh<K: Kernels>(model: &Model<Constrained<'_>, crate::Dot, K>, normaliser: &super::Normaliser, scores: &mut [f32]) {
    type Weights<'a> = StateOf<Constrained<'a>>;
    <Weights<'_> as State<<Constrained<'_> as Separation>::Map>>::weights(model.rule(), normaliser, 0, scores);
}
