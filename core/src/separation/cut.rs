//! Where the weights of a sparse map begin, and the rows that it is found from.

/// What turns a score into a weight: plain numbers, whose meaning is the map's.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Cut {
    /// The score that stands at zero: the largest, or the k-th largest.
    pub reference: f32,
    /// Of several rows at the edge, the last that counts (top-k).
    pub last_row: u32,
    /// A lower bound of the threshold that does not depend on the rows dropped; or the first of two roots that are blended.
    pub low: f64,
    /// The threshold; or the second of two roots.
    pub value: f64,
    /// How much of the second root's weights there is; in capped maps a mark.
    pub blend: f64,
}

impl Cut {
    /// Everything above `reference` at zero.
    pub const fn new(reference: f32, low: f64, value: f64) -> Self {
        Self { reference, last_row: u32::MAX, low, value, blend: 0.0 }
    }
}

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

/// Scores that have been met and can be met again.
pub trait Met {
    /// Calls `each` with at most a block of scores at a time and their rows' numbers, in the order in which they were met; a masked row
    /// has minus infinity.
    fn scan(&mut self, each: impl FnMut(Numbers<'_>, &[f32]));

    /// All of them, where they are at hand.
    fn list(&self) -> Option<&[f32]> {
        None
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

impl Met for List<'_> {
    fn scan(&mut self, mut each: impl FnMut(Numbers<'_>, &[f32])) {
        let block = crate::kernels::BLOCK;
        for (scores, rows) in self.scores.chunks(block).zip(self.rows.chunks(block)) {
            each(Numbers::Listed(rows), scores);
        }
    }

    fn list(&self) -> Option<&[f32]> {
        Some(self.scores)
    }
}

/// The largest f32 that is not above `x`; minus infinity where there is none.
pub fn round_down(x: f64) -> f32 {
    let near = x as f32;
    if f64::from(near) > x { near.next_down() } else { near }
}

/// The floor that lies `depth` below `reference` in units of `beta s`, lowered by more than the rounding of any `beta (s - reference)`;
/// below `reference` also where the depth is lost beside it in f64.
pub fn floor_below(reference: f32, depth: f64, beta: f32) -> f32 {
    let slack = (1.0 + depth) / f64::from(1u32 << 20);
    let floor = round_down(f64::from(reference) - (depth + slack) / f64::from(beta));
    if floor < reference { floor } else { reference.next_down() }
}
