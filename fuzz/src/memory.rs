//! Stored rows, a query and a choice of rows, and the same in f64 for the oracle.

use crate::draw::{self, Bytes};
use crate::family::Setup;
use arbitrary::Result;
use basinet_conformance::generator::SplitMix64;
use basinet_conformance::oracle;
use basinet_core::{Bits, Listed, Mask, Patterns, RandomMask, Window};
use std::ops::Range;

/// Rows of `dim` numbers, a few numbers apart; what lies between them is NaN and nobody's business.
#[derive(Clone, Debug)]
pub struct Memory {
    data: Vec<f32>,
    pub dim: usize,
    pub count: usize,
    stride: usize,
}

impl Memory {
    /// `count` rows of `dim` numbers; some of the rows may repeat others.
    pub fn draw(bytes: &mut Bytes<'_>, count: usize, dim: usize) -> Result<Self> {
        let gap = draw::below(bytes, 8)?.saturating_sub(5);
        let distinct = match draw::below(bytes, 4)? {
            3 => 1 + draw::below(bytes, count)?,
            _ => count,
        };
        let drawn = draw::numbers(bytes, distinct * dim)?;
        let row = |i: usize| &drawn[i % distinct * dim..][..dim];
        Ok(Self::of(dim, dim + gap, (0..count).map(row)))
    }

    fn of<'a>(dim: usize, stride: usize, rows: impl ExactSizeIterator<Item = &'a [f32]>) -> Self {
        let count = rows.len();
        let mut data = vec![f32::NAN; (count - 1) * stride + dim];
        for (i, row) in rows.enumerate() {
            data[i * stride..][..dim].copy_from_slice(row);
        }
        Self { data, dim, count, stride }
    }

    /// The rows with one more number each.
    pub fn with_column(&self, column: impl Fn(usize) -> f32) -> Self {
        let rows: Vec<Vec<f32>> = (0..self.count).map(|i| [self.row(i), &[column(i)]].concat()).collect();
        Self::of(self.dim + 1, self.dim + 1, rows.iter().map(Vec::as_slice))
    }

    pub fn row(&self, i: usize) -> &[f32] {
        &self.data[i * self.stride..][..self.dim]
    }

    /// Overwrites row `i`.
    pub fn spoil(&mut self, i: usize, number: f32) {
        self.data[i * self.stride..][..self.dim].fill(number);
    }

    /// Changes the numbers, by row and column.
    pub fn change(&mut self, number: impl Fn(usize, usize, f32) -> f32) {
        for (i, row) in self.data.chunks_mut(self.stride).enumerate() {
            row.iter_mut().take(self.dim).enumerate().for_each(|(j, x)| *x = number(i, j, *x));
        }
    }

    /// All of them, as core sees them.
    pub fn patterns(&self) -> Patterns<'_> {
        self.slice(0..self.count)
    }

    /// Some of them; the range is not empty.
    pub fn slice(&self, rows: Range<usize>) -> Patterns<'_> {
        let data = &self.data[rows.start * self.stride..(rows.end - 1) * self.stride + self.dim];
        Patterns::strided(data, self.dim, self.stride).expect("whole rows")
    }

    /// The rows named, one behind the other, in f64.
    pub fn wide(&self, rows: &[usize]) -> Vec<f64> {
        rows.iter().flat_map(|&i| self.row(i)).map(|&x| f64::from(x)).collect()
    }

    /// The largest absolute number of the rows named.
    pub fn largest(&self, rows: &[usize]) -> f64 {
        rows.iter().flat_map(|&i| self.row(i)).fold(0.0, |m, x| f64::max(m, f64::from(x.abs())))
    }
}

impl Memory {
    /// The largest norm of the rows named, rounded to f32; 0 where it is beyond.
    pub fn max_norm(&self, rows: &[usize]) -> f32 {
        let norm = oracle::Rows { data: &self.wide(rows), dim: self.dim }.max_norm() as f32;
        if norm.is_finite() { norm } else { 0.0 }
    }
}

/// A small memory, a query, and room to work in.
pub struct Recall {
    pub keys: Memory,
    pub query: Vec<f32>,
    /// Places for candidates and for the search.
    pub room: [usize; 2],
}

impl Recall {
    /// With at most so many rows, and what they are recalled by.
    pub fn draw(bytes: &mut Bytes<'_>, rows: usize) -> Result<(Setup, Self)> {
        let mut setup = Setup::draw(bytes)?;
        let dim = 1 + draw::below(bytes, 70)?;
        // At most some 3,000 numbers, so that many cases are tried in a second.
        let count = 1 + draw::below(bytes, rows.min(3000 / dim))?;
        let room = [draw::below(bytes, count + 2)?, draw::below(bytes, count + 17)?];
        setup.choose(bytes, count)?;
        let keys = Memory::draw(bytes, count, dim)?;
        let near = draw::below(bytes, count)?;
        let mut query = draw::numbers(bytes, dim)?;
        if draw::below(bytes, 2)? == 1 {
            query.iter_mut().zip(keys.row(near)).for_each(|(q, x)| *q += *x);
        }
        Ok((setup, Self { keys, query, room }))
    }
}

/// Which rows take part.
#[derive(Clone, Debug)]
pub enum Choice {
    All,
    Window(Window),
    Bits(Vec<u64>),
    Listed(Vec<usize>),
    /// And what it says of each row, by the generator's definition.
    Random(RandomMask, Vec<bool>),
}

impl Choice {
    /// A choice among `count` rows; it may be of none.
    pub fn draw(bytes: &mut Bytes<'_>, count: usize) -> Result<Self> {
        Ok(match draw::below(bytes, 8)? {
            1 => {
                let far = draw::below(bytes, 4)? == 3;
                let centre = if far { bytes.arbitrary()? } else { draw::below(bytes, count + 2)? };
                Choice::Window(Window { centre, half_width: draw::below(bytes, count + 2)? })
            }
            2 => {
                let word: u64 = bytes.arbitrary()?;
                let other: u64 = bytes.arbitrary()?;
                Choice::Bits((0..draw::below(bytes, count / 64 + 2)?).map(|i| if i % 2 == 0 { word } else { other }).collect())
            }
            3 => {
                let step = 1 + draw::below(bytes, 64)?;
                Choice::Listed((draw::below(bytes, count)?..count).step_by(step).collect())
            }
            4 => {
                // All but a stretch.
                let (begin, length) = (draw::below(bytes, count)?, draw::below(bytes, count)?);
                Choice::Listed((0..count).filter(|i| !(begin..begin + length).contains(i)).collect())
            }
            5 => {
                let (seed, share): (u16, u8) = (bytes.arbitrary()?, bytes.arbitrary()?);
                let mask = RandomMask::new(seed.into(), f64::from(share) / 255.0).expect("a probability");
                let mut random = SplitMix64::new(seed.into());
                let keeps = (0..count).map(|_| ((random.bits() >> 32) as f64) < mask.keep() * 2f64.powi(32)).collect();
                Choice::Random(mask, keeps)
            }
            _ => Choice::All,
        })
    }

    /// The definition, row by row.
    pub fn keeps_row(&self, i: usize) -> bool {
        match self {
            Choice::All => true,
            Choice::Window(Window { centre, half_width }) => i.abs_diff(*centre) <= *half_width,
            Choice::Bits(words) => words.get(i / 64).is_some_and(|word| word >> (i % 64) & 1 == 1),
            Choice::Listed(rows) => rows.binary_search(&i).is_ok(),
            Choice::Random(_, keeps) => keeps[i],
        }
    }

    /// The rows of `count` that take part, in order.
    pub fn kept(&self, count: usize) -> Vec<usize> {
        (0..count).filter(|&i| self.keeps_row(i)).collect()
    }

    /// The choice as core takes it.
    pub fn mask(&self) -> AnyMask<'_> {
        match self {
            Choice::All => AnyMask::All,
            Choice::Window(window) => AnyMask::Window(*window),
            Choice::Bits(words) => AnyMask::Bits(Bits(words)),
            Choice::Listed(rows) => AnyMask::Listed(Listed::new(rows).expect("ascending")),
            Choice::Random(mask, _) => AnyMask::Random(*mask),
        }
    }
}

/// Any of core's masks, as one type.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum AnyMask<'a> {
    All,
    Window(Window),
    Bits(Bits<'a>),
    Listed(Listed<'a>),
    Random(RandomMask),
}

impl Mask for AnyMask<'_> {
    fn keeps(&self, first: usize) -> u64 {
        match self {
            AnyMask::All => u64::MAX,
            AnyMask::Window(mask) => mask.keeps(first),
            AnyMask::Bits(mask) => mask.keeps(first),
            AnyMask::Listed(mask) => mask.keeps(first),
            AnyMask::Random(mask) => mask.keeps(first),
        }
    }
}
