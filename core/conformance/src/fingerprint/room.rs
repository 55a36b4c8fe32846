//! Where a case and what it needs lies: an arena of 32 KB, or the heap.

use super::FEW;
use super::laws::Law;
use crate::cases::{Case, Extra, small as bounds};
use crate::generator::SplitMix64;
use basinet_core::{FeatureMap, Patterns, Scratch};

/// Numbers of three rows of the longest case, and of the longest that takes a second scratch memory.
const WIDE: usize = 3 * bounds::DIM;
const NARROW: usize = 3 * bounds::SECOND_DIM;

/// The memory that the small set needs, at most 32 KB: a `static` in firmware.
#[derive(Debug)]
pub struct Arena {
    numbers: [f32; bounds::NUMBERS],
    rows: [[f32; bounds::DIM]; 3],
    columns: [[f32; bounds::ROWS]; 3],
    sums: [f32; WIDE],
    states: [f32; WIDE],
    second_sums: [f32; NARROW],
    candidates: [([f32; bounds::ROWS], [u32; bounds::ROWS], [f32; bounds::ROWS]); 2],
}

impl Arena {
    /// An arena; what is in it does not matter.
    #[must_use]
    pub const fn new() -> Self {
        Arena {
            numbers: [0.0; bounds::NUMBERS],
            rows: [[0.0; bounds::DIM]; 3],
            columns: [[0.0; bounds::ROWS]; 3],
            sums: [0.0; WIDE],
            states: [0.0; WIDE],
            second_sums: [0.0; NARROW],
            candidates: [([0.0; bounds::ROWS], [0; bounds::ROWS], [0.0; bounds::ROWS]); 2],
        }
    }

    /// The arena in parts.
    pub(super) fn room(&mut self) -> Room<'_> {
        let [query, state, out] = self.rows.each_mut().map(|row| &mut row[..]);
        let [scores, weights, caps] = self.columns.each_mut().map(|column| &mut column[..]);
        let [(a, b, c), (x, y, z)] = &mut self.candidates;
        let first = Place { sums: &mut self.sums, states: &mut self.states, scores: a, rows: b, work: c };
        let second = Place { sums: &mut self.second_sums, states: &mut [], scores: x, rows: y, work: z };
        Room { numbers: &mut self.numbers, query, state, out, scores, weights, caps, first, second }
    }
}

impl Default for Arena {
    fn default() -> Self {
        Self::new()
    }
}

/// Room for any case of the full set.
#[cfg(feature = "std")]
pub(super) struct Heap {
    floats: [std::vec::Vec<f32>; 14],
    rows: [std::vec::Vec<u32>; 2],
}

#[cfg(feature = "std")]
impl Heap {
    const ROWS: usize = 5000;

    pub(super) fn new() -> Self {
        let numbers = 2 * Self::ROWS * bounds::DIM;
        let lengths = [numbers, WIDE, WIDE, WIDE].into_iter().chain([Self::ROWS; 10]);
        let mut lengths = lengths.map(|length| vec![0.0; length]);
        Heap { floats: core::array::from_fn(|_| lengths.next().unwrap_or_default()), rows: [vec![0; Self::ROWS], vec![0; Self::ROWS]] }
    }

    /// The heap in parts.
    pub(super) fn room(&mut self) -> Room<'_> {
        let [numbers, sums, states, second_sums, query, state, out, scores, weights, caps, a, b, x, y] =
            self.floats.each_mut().map(|list| &mut list[..]);
        let [first_rows, second_rows] = &mut self.rows;
        let first = Place { sums, states, scores: a, rows: first_rows, work: b };
        let second = Place { sums: second_sums, states: &mut [], scores: x, rows: second_rows, work: y };
        Room { numbers, query, state, out, scores, weights, caps, first, second }
    }
}

/// Room for any case of a set, wherever it lies.
pub(super) struct Room<'a> {
    numbers: &'a mut [f32],
    query: &'a mut [f32],
    state: &'a mut [f32],
    out: &'a mut [f32],
    scores: &'a mut [f32],
    weights: &'a mut [f32],
    caps: &'a mut [f32],
    first: Place<'a>,
    second: Place<'a>,
}

/// What a scratch memory is made of.
pub(super) struct Place<'a> {
    sums: &'a mut [f32],
    states: &'a mut [f32],
    scores: &'a mut [f32],
    rows: &'a mut [u32],
    work: &'a mut [f32],
}

impl Place<'_> {
    /// A scratch memory with a place for each row.
    pub(super) fn roomy(&mut self) -> Scratch<'_> {
        Scratch::new(self.sums, self.scores, self.rows, self.work).with_states(self.states)
    }

    /// One with a place for [`FEW`].
    pub(super) fn tight(&mut self) -> Scratch<'_> {
        Scratch::new(self.sums, self.scores.get_mut(..FEW).unwrap_or(&mut []), self.rows, self.work)
    }

    /// A number for each of `count` rows; a scratch memory forgets what it holds.
    pub(super) fn column(&mut self, count: usize) -> Result<&mut [f32], Law> {
        self.work.get_mut(..count).ok_or(Law::Arena)
    }

    fn reborrow(&mut self) -> Place<'_> {
        Place { sums: self.sums, states: self.states, scores: self.scores, rows: self.rows, work: self.work }
    }
}

/// A case with its numbers, in slices of the right lengths.
pub(super) struct Bench<'a> {
    pub(super) case: Case,
    /// M*D numbers, and the view of them.
    pub(super) data: &'a [f32],
    pub(super) patterns: Patterns<'a>,
    pub(super) values: Option<Patterns<'a>>,
    pub(super) map: Option<FeatureMap<'a>>,
    pub(super) query: &'a [f32],
    /// D numbers each.
    pub(super) state: &'a mut [f32],
    pub(super) out: &'a mut [f32],
    /// As many numbers as a value has, or as the features of all rows and of three states.
    pub(super) made: &'a mut [f32],
    /// Numbers that the case leaves.
    pub(super) spare: &'a mut [f32],
    /// M numbers each: the query's scores, and what a separation makes of them.
    pub(super) scores: &'a mut [f32],
    pub(super) weights: &'a mut [f32],
    pub(super) first: Place<'a>,
    pub(super) second: Place<'a>,
}

impl Room<'_> {
    /// Fills the case's numbers in; also the caps of constrained sparsemax, one a row.
    pub(super) fn bench(&mut self, case: Case) -> Result<(Bench<'_>, &[f32]), Law> {
        let (patterns, rest) = self.numbers.split_at_mut_checked(case.dim * case.rows).ok_or(Law::Arena)?;
        let (values, rest) = rest.split_at_mut_checked(case.value_numbers()).ok_or(Law::Arena)?;
        let (made, spare) = rest.split_at_mut_checked(case.made_numbers()).ok_or(Law::Arena)?;
        let query = self.query.get_mut(..case.dim).ok_or(Law::Arena)?;
        case.generate(patterns, values, query);
        let caps = self.caps.get_mut(..case.rows).ok_or(Law::Arena)?;
        fill_caps(caps, SplitMix64::new(case.rows as u64));
        let (values, map) = match case.extra {
            Extra::Values(width) => (Some(Patterns::new(values, width)?), None),
            Extra::Mapped(features) => {
                let (weights, bias) = values.split_at_checked(features * case.dim).ok_or(Law::Arena)?;
                (None, Some(FeatureMap::new(weights, case.dim)?.with_bias(bias)?))
            }
            Extra::Unit(_) => (None, Some(FeatureMap::new(values, case.dim)?.unit())),
            _ => (None, None),
        };
        let bench = Bench {
            case,
            patterns: Patterns::new(patterns, case.dim)?,
            data: patterns,
            values,
            map,
            query,
            state: self.state.get_mut(..case.dim).ok_or(Law::Arena)?,
            out: self.out.get_mut(..case.dim).ok_or(Law::Arena)?,
            made,
            spare,
            scores: self.scores.get_mut(..case.rows).ok_or(Law::Arena)?,
            weights: self.weights.get_mut(..case.rows).ok_or(Law::Arena)?,
            first: self.first.reborrow(),
            second: self.second.reborrow(),
        };
        Ok((bench, caps))
    }
}

/// Multiples of 2^-6 from 1/4 to 1, and some zeros; the first is 1, so that they always suffice.
fn fill_caps(caps: &mut [f32], mut random: SplitMix64) {
    for cap in &mut *caps {
        *cap = if random.index(8) == 0 { 0.0 } else { (16 + random.index(49)) as f32 / 64.0 };
    }
    if let Some(first) = caps.first_mut() {
        *first = 1.0;
    }
}
