//! The scores that the weights of a map are found from, and what can be read again.

use crate::kernels::BLOCK;

/// The numbers of consecutive scores' rows.
#[derive(Clone, Copy, Debug)]
pub enum Numbers<'a> {
    /// This one and those that follow it.
    From(u32),
    /// These.
    Listed(&'a [u32]),
}

impl<'a> Numbers<'a> {
    /// The number of score `i`.
    pub fn nth(self, i: usize) -> Option<u32> {
        match self {
            Self::From(first) => Some(first.wrapping_add(i as u32)),
            Self::Listed(rows) => rows.get(i).copied(),
        }
    }

    /// The numbers of `count` scores, in order.
    pub fn take(self, count: usize) -> impl Iterator<Item = u32> + 'a {
        (0..count).map_while(move |i| self.nth(i))
    }
}

/// Candidates at hand.
#[derive(Clone, Copy, Debug)]
pub struct List<'a> {
    /// Their scores.
    pub scores: &'a [f32],
    /// Their rows.
    pub rows: &'a [u32],
}

/// Scores that can be had again and again.
pub trait Source {
    /// How many.
    fn count(&self) -> usize;
    /// The scores from `from` on to `scores` (at most a block), minus infinity where masked; bit `i` is set where score `i` takes part.
    fn block(&self, from: usize, scores: &mut [f32]) -> u64;
}

/// Rows from `row` on that belong to one block of the canonical bracketing, of `left` in all.
pub fn block_width(row: usize, left: usize) -> usize {
    left.min(BLOCK - row % BLOCK)
}

/// Reads a source again from its beginning, and counts how often.
pub struct Rescan<'a> {
    source: &'a dyn Source,
    first: usize,
    /// How often it was read.
    pub passes: u32,
}

impl<'a> Rescan<'a> {
    /// A source that has been read so often.
    pub fn new(source: &'a dyn Source, passes: u32) -> Self {
        Self { source, first: 0, passes }
    }

    /// Calls `each` with the number of the first row of a block and the block's scores, in row order.
    pub fn blocks(&mut self, mut each: impl FnMut(u32, &[f32])) {
        Met::Again(self).scan(|numbers, scores| {
            if let Numbers::From(first) = numbers {
                each(first, scores);
            }
        });
    }
}

/// Scores that have been met and can be met again: at hand, or from a source that is read again. One type and no trait, so that what
/// searches them is compiled once.
pub enum Met<'m, 's> {
    /// At hand.
    Listed(List<'m>),
    /// To be read again.
    Again(&'m mut Rescan<'s>),
}

impl Met<'_, '_> {
    /// Calls `each` with at most a block of scores at a time and their rows' numbers, in the order in which they were met; a masked row
    /// has minus infinity.
    #[inline]
    pub fn scan(&mut self, mut each: impl FnMut(Numbers<'_>, &[f32])) {
        if let Self::Again(rescan) = self {
            rescan.passes += 1;
        }
        let (mut room, mut from) = ([0.0; BLOCK], 0);
        while let Some((numbers, scores)) = self.block(from, &mut room) {
            each(numbers, scores);
            from += scores.len();
        }
    }

    /// The block that begins with score `from`; none after the last.
    fn block<'b>(&'b self, from: usize, room: &'b mut [f32; BLOCK]) -> Option<(Numbers<'b>, &'b [f32])> {
        match self {
            Self::Listed(List { scores, rows }) => {
                let (_, scores) = scores.split_at_checked(from)?;
                let (_, rows) = rows.split_at_checked(from)?;
                let width = scores.len().min(rows.len()).min(BLOCK);
                (width > 0).then(|| Some((Numbers::Listed(rows.get(..width)?), scores.get(..width)?)))?
            }
            Self::Again(Rescan { source, first, .. }) => {
                let row = first + from;
                let width = block_width(row, source.count().checked_sub(from).filter(|left| *left > 0)?);
                let block = room.get_mut(..width)?;
                source.block(from, block);
                Some((Numbers::From(row as u32), block))
            }
        }
    }

    /// All of them, where they are at hand.
    pub fn list(&self) -> Option<&[f32]> {
        match self {
            Self::Listed(list) => Some(list.scores),
            Self::Again(_) => None,
        }
    }
}
