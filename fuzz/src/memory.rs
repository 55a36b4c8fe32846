//! Stored rows with a choice of them, and the same in f64 for the oracle.

use crate::draw::{self, Bytes};
use arbitrary::Result;
use basinet_core::{Bits, Listed, Mask, Patterns, Window};
use std::ops::Range;

/// Rows of `dim` numbers, a few numbers apart; what lies between them is NaN and nobody's business.
#[derive(Debug)]
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

/// Which rows take part.
#[derive(Clone, Debug)]
pub enum Choice {
    All,
    Window(Window),
    Bits(Vec<u64>),
    Listed(Vec<usize>),
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
}

impl Mask for AnyMask<'_> {
    fn keeps(&self, first: usize) -> u64 {
        match self {
            AnyMask::All => u64::MAX,
            AnyMask::Window(mask) => mask.keeps(first),
            AnyMask::Bits(mask) => mask.keeps(first),
            AnyMask::Listed(mask) => mask.keeps(first),
        }
    }
}
