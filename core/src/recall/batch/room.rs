//! The scratch memory of a batch: one list of numbers, cut up.

use super::{ABREAST, Scratch};
use crate::error::Error;
use crate::kernels::{PANEL, TILE_SCORES, panel_length};

/// Numbers that are kept of a panel's scores.
pub const STATE: usize = 9 * PANEL;
/// Numbers in a cache line: where the memory of a batch begins.
const LINE: usize = 16;

/// Numbers without the candidates.
const fn fixed(queries: usize, dim: usize, width: usize) -> usize {
    let a_panel = panel_length(dim).saturating_add(STATE).saturating_add(width.saturating_mul(2 * PANEL));
    let panels = a_panel.saturating_mul(queries.div_ceil(PANEL));
    panels.saturating_add(width.saturating_mul(3)).saturating_add(ABREAST * TILE_SCORES + LINE)
}

/// How many numbers [`Model::step_batch`](crate::Model::step_batch) needs to work in, for `queries` of `dim` numbers and values of `width`
/// (`dim`, where the patterns are read out): about `q (dim + 2 width + 10) + 3 width + 2064`, q the queries rounded up to whole panels of 16,
/// and `2 queries + 1` for each of the `candidates`.
///
/// `candidates` is how many rows of a sparse map may be kept for a query; where they do not suffice, the query is recalled by itself,
/// with the room of all: slower and never wrong. A few hundred are enough where recall is sharp. Dense maps need none. `usize::MAX` where
/// the number does not fit.
///
/// ```
/// use basinet_core::batch_scratch;
/// static SCRATCH: [f32; batch_scratch(16, 64, 64, 32)] = [0.0; batch_scratch(16, 64, 64, 32)];
/// assert_eq!(SCRATCH.len(), 6544);
/// ```
pub const fn batch_scratch(queries: usize, dim: usize, width: usize, candidates: usize) -> usize {
    fixed(queries, dim, width).saturating_add(queries.saturating_mul(2).saturating_add(1).saturating_mul(candidates))
}

/// The scratch memory of a batch.
#[derive(Debug)]
pub struct Room<'s> {
    /// The queries, transposed, `16 (D + 1)` numbers a panel.
    pub panels: &'s mut [f32],
    /// The scores of a block with the panels abreast.
    pub scores: &'s mut [f32],
    /// [`STATE`] numbers a panel.
    pub states: &'s mut [f32],
    /// `16 W` numbers a panel: sums of the chunk, and in the end the results, query by query.
    pub results: &'s mut [f32],
    /// `16 W` numbers a panel.
    pub total: &'s mut [f32],
    /// What is left: room for a query by itself, and candidates.
    pub single: Single<'s>,
}

/// Room for the recall of one query, or of the candidates of all.
#[derive(Debug)]
pub struct Single<'s> {
    /// `3 W` numbers.
    pub sums: &'s mut [f32],
    /// Candidates of all queries.
    pub candidates: &'s mut [f32],
}

impl Single<'_> {
    /// All of it, for one query.
    pub fn scratch(&mut self) -> Scratch<'_> {
        let third = self.candidates.len() / 3;
        let (scores, others) = self.candidates.split_at_mut_checked(third).unwrap_or((&mut [], &mut []));
        let (rows, work) = others.split_at_mut_checked(third).unwrap_or((&mut [], &mut []));
        Scratch::new(self.sums, scores, bytemuck::cast_slice_mut(rows), work)
    }
}

impl<'s> Room<'s> {
    /// Cuts up the memory, from a cache line on.
    ///
    /// # Errors
    /// [`Error::Scratch`] where it is too short.
    pub fn new(scratch: &'s mut [f32], queries: usize, dim: usize, width: usize) -> Result<Self, Error> {
        let (needed, found) = (fixed(queries, dim, width), scratch.len());
        let short = Error::Scratch { needed, found };
        if found < needed {
            return Err(short);
        }
        let panels = queries.div_ceil(PANEL);
        let line = scratch.as_ptr().align_offset(LINE * size_of::<f32>()).min(LINE);
        let mut rest = scratch.get_mut(line..).ok_or(short)?;
        let mut cut = |numbers: usize| {
            let (part, others) = core::mem::take(&mut rest).split_at_mut_checked(numbers)?;
            rest = others;
            Some(part)
        };
        let parts = (
            cut(panels * panel_length(dim)),
            cut(ABREAST * TILE_SCORES),
            cut(panels * STATE),
            cut(panels * PANEL * width),
            cut(panels * PANEL * width),
            cut(3 * width),
        );
        let (Some(panels), Some(scores), Some(states), Some(results), Some(total), Some(sums)) = parts else { return Err(short) };
        // What is left of the first line is nobody's, so that where the memory lies changes nothing.
        let candidates = rest.get_mut(..found - needed).ok_or(short)?;
        Ok(Self { panels, scores, states, results, total, single: Single { sums, candidates } })
    }

    /// The same memory, borrowed for a shorter time.
    pub fn reborrow(&mut self) -> Room<'_> {
        let single = Single { sums: self.single.sums, candidates: self.single.candidates };
        Room { panels: self.panels, scores: self.scores, states: self.states, results: self.results, total: self.total, single }
    }
}
