//! A pass: reading rows piece by piece, in one place or in many, and recalling from all of them.

use super::Model;
use super::buffers::Scratch;
use super::source::{Rescan, Scored, Source, block_width};
use super::state::{Block, Halt, Normaliser, Sifted, State};
use super::step::Step;
use crate::dispatch::{Dispatch, Kernels};
use crate::error::Error;
use crate::kernels::{BLOCK, CHUNK};
use crate::patterns::Rows;
use crate::separation::{Map, Separation};
use core::ops::Range;

/// What a pass keeps under a separation.
pub type StateOf<S> = <<S as Separation>::Map as Map>::State;
use crate::similarity::{Dot, Similarity};

/// What reading some of the rows leaves behind. Borrows the query and the scratch memory, never the rows.
///
/// [`Model::begin`], then [`update`](Self::update) with rows in order, [`merge`](Self::merge) with passes over other rows,
/// [`normaliser`](Self::normaliser), [`read_out`](Self::read_out) for all rows that may have a weight (softmax has summed them on the
/// way), [`finish`](Self::finish). [`Model::step`] is these in a row, in bits too.
///
/// **How exact.** In real numbers what a pass keeps is a commutative monoid, so any cut and any order give the same result; in f32 they
/// give it within (k + 2) eps of the weights' sum, k = 72 + chunks. The *bits* are those of one bracketing: blocks of 64 rows
/// ([`BLOCK`](crate::BLOCK)), chunks of 64 blocks ([`CHUNK`](crate::CHUNK)), counted from row 0 of the memory, each chunk from an empty
/// state, merged from the left. One pass updated in row order, however the calls are cut at block ends, has them; so have passes over one
/// chunk each that are merged in row order. A sparse map's threshold depends on the scores alone, so its weights have the same bits
/// however rows are cut, as long as candidates are merged in row order.
///
/// ```
/// use basinet_core::{Buffers, Model, Patterns, Sparsemax, beta};
/// let (near, far) = ([1.0, 0.0, 0.8, 0.1], [0.0, 1.0]);
/// let (near, far) = (Patterns::new(&near, 2)?, Patterns::new(&far, 2)?);
/// let query = [1.0, 0.2];
/// let mut buffers = Buffers::<2, 4>::new();
/// let mut pass = Model::new(beta!(2.0), Sparsemax).begin(&query, 2, buffers.scratch())?;
/// pass.update(0, &near)?;
/// pass.update(2, &far)?;
/// let normaliser = pass.normaliser()?;
/// pass.read_out(&normaliser, 0, &near)?;
/// pass.read_out(&normaliser, 2, &far)?;
/// let mut out = [0.0; 2];
/// assert_eq!(pass.finish(&normaliser, &mut out)?.support, 2);
/// # Ok::<(), basinet_core::Error>(())
/// ```
#[derive(Debug)]
pub struct Pass<'s, S: Separation, Q = Dot, K = Dispatch> {
    model: Model<S, Q, K>,
    query: &'s [f32],
    scratch: Scratch<'s>,
    state: StateOf<S>,
    width: usize,
    /// A row came for which there was no room: only rereading helps.
    crowded: bool,
    read_out: bool,
}

impl<'s, S: Separation, Q: Similarity, K: Kernels> Pass<'s, S, Q, K> {
    /// Rows are summed as they are read (dense maps, whose bits want one pass a chunk where passes are merged); otherwise those with a
    /// weight are summed by [`read_out`](Self::read_out), and the bits are the same wherever rows are cut.
    pub const SUMS: bool = <StateOf<S> as State<S::Map>>::SUMS;

    pub(crate) fn new(model: Model<S, Q, K>, query: &'s [f32], width: usize, mut scratch: Scratch<'s>) -> Result<Self, Error> {
        if let Some(index) = query.iter().position(|x| !x.is_finite()) {
            return Err(Error::QueryNotFinite { index });
        }
        scratch.sum.begin(width)?;
        Ok(Self { model, query, scratch, state: <StateOf<S> as State<S::Map>>::NONE, width, crowded: false, read_out: false })
    }

    /// The same pass where `state` is what has been read; its candidates are in the scratch memory.
    pub(crate) fn resumed(self, state: StateOf<S>) -> Self {
        Self { state, ..self }
    }

    /// Takes in, as all there is, rows of which only those on a list matter: their scores and numbers are the scratch memory's first
    /// candidates. None where a score or value will not do.
    pub(crate) fn take_sifted(&mut self, sifted: Sifted, values: &impl Rows) -> Option<()> {
        self.state = <StateOf<S> as State<S::Map>>::sifted(self.model.rule(), sifted, values, &mut self.scratch).ok()?;
        Some(())
    }

    /// Reads rows that are their own values; the first is row `first` of the whole memory. One pass over them, O(rows * dim).
    ///
    /// # Errors
    /// [`Error::Length`] where rows and query differ in length. [`Error::ScoreNotFinite`] with the row: the pass is then that of the rows
    /// before its block. [`Error::Full`] where a sparse map has more candidates than there is room for: the pass is then that of exactly
    /// the rows consumed. [`Error::TooLarge`] where `first` plus the rows exceed 2^32 - 1.
    pub fn update(&mut self, first: usize, rows: &impl Rows) -> Result<(), Error> {
        self.update_pairs(first, rows, rows)
    }

    /// As [`update`](Self::update), with other values than the rows that are compared.
    ///
    /// # Errors
    /// As [`update`](Self::update); [`Error::Length`] also where keys and values differ in number, or values in length from the output.
    pub fn update_pairs(&mut self, first: usize, keys: &impl Rows, values: &impl Rows) -> Result<(), Error> {
        self.update_some(first, 0..keys.count(), keys, values)
    }

    /// As [`update_pairs`](Self::update_pairs) with rows `part` of a whole memory, numbered by their places in it: faster than a view of
    /// them alone, because memory is asked for beyond the part's end, where the next one begins.
    ///
    /// # Errors
    /// As [`update_pairs`](Self::update_pairs); [`Error::NoSuchRow`] where the part ends behind the memory.
    pub fn update_part(&mut self, part: Range<usize>, keys: &impl Rows, values: &impl Rows) -> Result<(), Error> {
        if part.end > keys.count() {
            return Err(Error::NoSuchRow { row: part.end, count: keys.count() });
        }
        self.update_some(0, part, keys, values)
    }

    /// Takes in rows `part` of `keys`, whose first row is row `first` of the whole memory.
    fn update_some(&mut self, first: usize, part: Range<usize>, keys: &impl Rows, values: &impl Rows) -> Result<(), Error> {
        same(self.query.len(), keys.dim())?;
        same(self.width, values.dim())?;
        same(keys.count(), values.count())?;
        let Model { beta: _, separation, similarity, kernels } = self.model;
        let summed = Self::SUMS && core::ptr::addr_eq(keys, values);
        let source = Scored { separation, similarity, kernels, rows: keys, query: self.query, first, summed };
        self.absorb_part(first, part, &source, values, false)
    }

    /// Takes in the scores of a source, and of crowded rows what rereading needs, if the rows can be read again.
    pub(crate) fn absorb(&mut self, first: usize, source: &dyn Source, values: &impl Rows, again: bool) -> Result<(), Error> {
        self.absorb_part(first, 0..source.count(), source, values, again)
    }

    /// The same of scores `part` alone.
    fn absorb_part(&mut self, first: usize, part: Range<usize>, source: &dyn Source, values: &impl Rows, again: bool) -> Result<(), Error> {
        if !matches!(first.checked_add(part.end), Some(end) if end as u64 <= u64::from(u32::MAX)) {
            return Err(Error::TooLarge);
        }
        let rule = self.model.rule();
        let mut scores = [0.0; BLOCK];
        let mut from = part.start;
        while from < part.end {
            let width = block_width(first + from, part.end - from);
            let Some(scores) = scores.get_mut(..width) else { break };
            let row = (first + from) as u32;
            let keep = source.block(from, scores);
            let taken = if self.is_crowded() {
                self.state.block_without_room(rule, row, scores, keep)
            } else if keep == 0 {
                Ok(())
            } else {
                self.state.block(rule, Block { row, from, scores, keep, values }, &mut self.scratch)
            };
            match taken {
                Ok(()) => {}
                Err(Halt::NotFinite(lane)) => return Err(Error::ScoreNotFinite { row: first + from + lane as usize }),
                Err(Halt::Full) if again && !self.crowded => {
                    self.crowded = true;
                    continue;
                }
                Err(Halt::Full) => return Err(Error::Full { consumed: from - part.start }),
            }
            from += width;
            if (first + from).is_multiple_of(CHUNK) {
                self.state.end_chunk(rule, &mut self.scratch);
            }
        }
        Ok(())
    }

    /// Takes in what `other` has read; it must be of the same model and query, over other rows.
    ///
    /// # Errors
    /// [`Error::UnlikePasses`], or [`Error::Full`] where the candidates of both do not fit. Neither pass changes then.
    pub fn merge(&mut self, other: &Pass<'_, S, Q, K>) -> Result<(), Error>
    where
        S: PartialEq,
        Q: PartialEq,
    {
        let (a, b) = (&self.model, &other.model);
        let alike = a.beta == b.beta && a.separation == b.separation && a.similarity == b.similarity;
        if alike && self.query == other.query { self.merge_alike(other) } else { Err(Error::UnlikePasses) }
    }

    /// As [`merge`](Self::merge), without comparing models and queries: for whoever began both passes with the same. A mask or a list of
    /// caps can be as long as the memory, and a merge a chunk would compare it as often as there are chunks. Merging unlike passes gives
    /// numbers that mean nothing.
    ///
    /// # Errors
    /// As [`merge`](Self::merge); unlike are here only passes of another width, or one that has begun to read out.
    pub fn merge_alike(&mut self, other: &Pass<'_, S, Q, K>) -> Result<(), Error> {
        if self.width != other.width || self.read_out || other.read_out {
            return Err(Error::UnlikePasses);
        }
        self.state.merge(self.model.rule(), &mut self.scratch, (&other.state, &other.scratch))
    }

    /// What the weights are made of, from all rows read and merged.
    ///
    /// # Errors
    /// [`Error::Empty`] before any row took part; [`Error::TooFewRows`] or [`Error::CapsTooSmall`] where they cannot carry the map's
    /// weights.
    pub fn normaliser(&mut self) -> Result<Normaliser, Error> {
        if State::<S::Map>::leader(&self.state).max == f32::NEG_INFINITY {
            return Err(Error::Empty);
        }
        self.state.normaliser(self.model.rule(), &mut self.scratch)
    }

    /// Adds to the sum the weighted values of those rows `first..` that have a weight; call it for all rows, in row order. A softmax pass
    /// has them already, and does nothing.
    ///
    /// # Errors
    /// [`Error::Length`] where values have another length than the output, [`Error::TooLarge`] for `first` beyond 2^32 - 1.
    pub fn read_out(&mut self, normaliser: &Normaliser, first: usize, values: &impl Rows) -> Result<(), Error> {
        same(self.width, values.dim())?;
        let first = u32::try_from(first).map_err(|_| Error::TooLarge)?;
        self.read_out = true;
        self.state.read_out(self.model.rule(), normaliser, first, values, &mut self.scratch);
        Ok(())
    }

    /// Ends the sum and writes it to `out`.
    ///
    /// # Errors
    /// [`Error::Length`], [`Error::NotReadOut`], or [`Error::OutputNotFinite`]; `out` is as it was then.
    pub fn finish(&mut self, normaliser: &Normaliser, out: &mut [f32]) -> Result<Step, Error> {
        same(self.width, out.len())?;
        if !Self::SUMS {
            if !self.read_out {
                return Err(Error::NotReadOut);
            }
            self.scratch.sum.finish(self.model.kernels);
        }
        if !self.write(normaliser.divisor, out) {
            return Err(Error::OutputNotFinite);
        }
        if !Self::SUMS {
            // What is read out next is a sum of its own.
            self.scratch.sum.begin(self.width)?;
        }
        self.read_out = false;
        Ok(Step::new(normaliser, 1))
    }

    /// Writes the total, divided by `scale`, to `out` if all of it is finite.
    fn write(&mut self, scale: f32, out: &mut [f32]) -> bool {
        self.scratch.sum.write(self.model.kernels, scale, out)
    }

    /// Whether only rereading helps; a pass that sums needs no room.
    fn is_crowded(&self) -> bool {
        !Self::SUMS && self.crowded
    }

    /// The normaliser, and in how many passes over the source it was found.
    pub(crate) fn normaliser_of(&mut self, source: &dyn Source) -> Result<(Normaliser, u32), Error> {
        if !self.is_crowded() {
            let none = |error| if matches!(error, Error::Empty) { Error::AllMasked } else { error };
            return Ok((self.normaliser().map_err(none)?, 1));
        }
        let mut rows = Rescan::new(source, 1);
        let normaliser = self.state.reread(self.model.rule(), &mut rows)?;
        Ok((normaliser, rows.passes))
    }

    /// Adds the weighted values of all rows of a source to the sum.
    pub(crate) fn read_out_of(&mut self, normaliser: &Normaliser, source: &dyn Source, values: &impl Rows) -> Result<u32, Error> {
        if !self.is_crowded() {
            return self.read_out(normaliser, 0, values).map(|()| 0);
        }
        Ok(self.read_again(normaliser, source, values))
    }

    /// As [`finish`](Self::finish) of a pass over all rows of a source. Where the sum is not finite, a value that had a weight under an
    /// earlier maximum, and has none now, may be the cause: then the rows that have a weight are read once more, without it.
    pub(crate) fn finish_of(
        &mut self,
        normaliser: &Normaliser,
        source: &dyn Source,
        values: &impl Rows,
        out: &mut [f32],
    ) -> Result<Step, Error> {
        let finished = self.finish(normaliser, out);
        if !Self::SUMS || !matches!(finished, Err(Error::OutputNotFinite)) {
            return finished;
        }
        self.scratch.sum.begin(self.width)?;
        let passes = self.read_again(normaliser, source, values);
        self.scratch.sum.finish(self.model.kernels);
        let step = Step::new(normaliser, passes + 1);
        if self.write(1.0, out) { Ok(step) } else { Err(Error::OutputNotFinite) }
    }

    /// Adds the weighted values of all rows of a source to the sum, by rank, from their scores; says in how many passes.
    fn read_again(&mut self, normaliser: &Normaliser, source: &dyn Source, values: &impl Rows) -> u32 {
        let (rule, sum) = (self.model.rule(), &mut self.scratch.sum);
        let kernels = self.model.kernels;
        self.read_out = true;
        let mut rows = Rescan::new(source, 0);
        rows.blocks(|first, scores| {
            let mut weights = [0.0; BLOCK];
            let Some(weights) = weights.get_mut(..scores.len()) else { return };
            for (weight, &score) in weights.iter_mut().zip(scores) {
                *weight = score;
            }
            <StateOf<S> as State<S::Map>>::weights(rule, normaliser, first, weights);
            for (row, &weight) in (first..).zip(weights.iter()) {
                if weight > 0.0 {
                    sum.push(kernels, values, row, weight);
                }
            }
        });
        sum.read_waiting(kernels, values, 0);
        rows.passes
    }
}

/// Checks a length.
pub fn same(expected: usize, found: usize) -> Result<(), Error> {
    if expected == found { Ok(()) } else { Err(Error::Length { expected, found }) }
}
