//! Compressed patterns: rows of codes, and for each row a scale and what it has lost.
//!
//! Row i stands for the pattern `x^_i = scale_i code_i`, and its residual is not less than `|x_i - x^_i|`, x_i the pattern it was made from.
//! A view of them can be recalled from as any rows can, with every separation and similarity: bit for bit what f32 rows of the same `x^`
//! would give. Beside the original patterns it serves to find out which of these have to be read at all: see [`Sieve`](crate::Sieve).
//!
//! | code | bytes for D numbers | exact on |
//! |---|---|---|
//! | `i8` | D + 8 | multiples of one number, up to 127 of it |
//! | [`SignBits`] | 2 ceil(D/16) + 8 | patterns whose numbers are `+a` or `-a` |
//! | [`F16`] | 2 D + 8 | 11 significant bits, 29 powers of two between the largest number and the smallest |
//! | [`Bf16`] | 2 D + 8 | 8 significant bits |

mod code;
mod query;
mod verdict;

pub use crate::kernels::{Bf16, F16, SignBits};
pub use code::{Code, Encoded, up};
pub use query::{Query, gamma};
pub use verdict::Verdict;

use crate::dispatch::Kernels;
use crate::error::Error;
use crate::kernels::{Coded, Comparison};
use crate::patterns::Rows;
use core::num::NonZeroUsize;

/// A view of `M` compressed patterns of `D` numbers: codes row by row, in whole words, and a scale and a residual for each row.
///
/// A view never reads its rows, and does not doubt what it is told: wrong residuals make wrong bounds. [`Code::encode`] makes all three of a
/// pattern.
///
/// ```
/// use basinet_core::{Buffers, Code, Compressed, Encoded, Model, Softmax, beta};
/// let patterns = [[1.0, 0.5, -1.0], [-1.0, 1.0, 0.25]];
/// let (mut codes, mut scales, mut residuals) = ([0i8; 6], [0.0; 2], [0.0; 2]);
/// for (i, codes) in codes.chunks_exact_mut(3).enumerate() {
///     let Encoded { scale, residual, .. } = i8::encode(&patterns[i], codes)?;
///     (scales[i], residuals[i]) = (scale, residual);
/// }
/// let copy = Compressed::new(&codes, &scales, &residuals, 3)?;
/// let (model, mut out) = (Model::new(beta!(9.0), Softmax), [0.0; 3]);
/// let step = model.step(&copy, &[1.0, 0.0, -1.0], &mut out, &mut Buffers::<3, 0>::new().scratch())?;
/// assert_eq!(step.winner, 0);
/// assert!((out[1] - 0.5).abs() < 0.01);
/// # Ok::<(), basinet_core::Error>(())
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Compressed<'a, C = i8> {
    codes: &'a [C],
    scales: &'a [f32],
    residuals: &'a [f32],
    dim: NonZeroUsize,
}

impl<'a, C: Code> Compressed<'a, C> {
    /// Rows of `dim` numbers, `C::words(dim)` codes each. Costs nothing and reads no number.
    ///
    /// # Errors
    /// [`Error::Empty`] without rows, [`Error::Shape`] where the codes do not divide into rows, [`Error::Length`] where there is not a scale
    /// and a residual for each, [`Error::TooLarge`] for more than 2^32 - 1 rows.
    pub const fn new(codes: &'a [C], scales: &'a [f32], residuals: &'a [f32], dim: usize) -> Result<Self, Error> {
        let Some(width) = NonZeroUsize::new(dim) else { return Err(Error::Shape { numbers: codes.len(), dim, stride: dim }) };
        let words = dim.div_ceil(C::EACH);
        if !codes.len().is_multiple_of(words) {
            return Err(Error::Shape { numbers: codes.len(), dim, stride: words });
        }
        let expected = codes.len() / words;
        if expected == 0 {
            return Err(Error::Empty);
        }
        if scales.len() != expected {
            return Err(Error::Length { expected, found: scales.len() });
        }
        if residuals.len() != expected {
            return Err(Error::Length { expected, found: residuals.len() });
        }
        if expected as u64 > u32::MAX as u64 {
            return Err(Error::TooLarge);
        }
        Ok(Self { codes, scales, residuals, dim: width })
    }

    /// Numbers in a pattern.
    pub const fn dim(&self) -> usize {
        self.dim.get()
    }

    /// Patterns.
    pub const fn count(&self) -> usize {
        self.scales.len()
    }

    /// What each row has lost: not less than `|x_i - x^_i|`.
    pub const fn residuals(&self) -> &'a [f32] {
        self.residuals
    }

    /// Bytes of a row: codes, scale, residual.
    pub const fn row_bytes(&self) -> usize {
        self.dim.get().div_ceil(C::EACH) * size_of::<C>() + 8
    }

    /// The pattern that row `i` stands for, number by number; none of a row that does not exist.
    pub fn decoded(&self, i: usize) -> impl Iterator<Item = f32> {
        let words = self.dim.get().div_ceil(C::EACH);
        let codes = i.checked_mul(words).and_then(|begin| self.codes.get(begin..)?.get(..words)).unwrap_or(&[]);
        let scale = self.scales.get(i).copied().unwrap_or(0.0);
        (0..self.dim.get()).map_while(move |j| Some(codes.get(j / C::EACH)?.number(j % C::EACH) * scale))
    }

    /// The rows from `from` on.
    pub(crate) fn behind(&self, from: usize) -> Coded<'a, C> {
        let dim = self.dim.get();
        let begin = from.checked_mul(dim.div_ceil(C::EACH));
        let codes = begin.and_then(|begin| self.codes.get(begin..)).unwrap_or(&[]);
        Coded { codes, scales: self.scales.get(from..).unwrap_or(&[]), dim }
    }
}

impl<C: Code> Rows for Compressed<'_, C> {
    fn dim(&self) -> usize {
        self.dim.get()
    }
    fn count(&self) -> usize {
        self.scales.len()
    }
    fn scores<K: Kernels>(&self, kernels: K, from: usize, query: &[f32], out: &mut [f32], _: bool) {
        C::scores(kernels, self.behind(from), query, out, Comparison::Product);
    }
    fn distances<K: Kernels>(&self, kernels: K, from: usize, query: &[f32], out: &mut [f32], _: bool) {
        C::scores(kernels, self.behind(from), query, out, Comparison::SquaredDistance);
    }
    fn manhattan<K: Kernels>(&self, kernels: K, from: usize, query: &[f32], out: &mut [f32]) {
        C::scores(kernels, self.behind(from), query, out, Comparison::Manhattan);
    }
    fn wide_row(&self, row: usize) -> impl Iterator<Item = f64> {
        self.decoded(row).map(f64::from)
    }
    fn square_norms<K: Kernels>(&self, kernels: K, from: usize, out: &mut [f32]) {
        C::scores(kernels, self.behind(from), &[], out, Comparison::SquareNorm);
    }
    fn weighted_block<K: Kernels>(&self, kernels: K, from: usize, list: (&[u32], &[f32]), factor: f32, sum: &mut [f32]) {
        C::sum(kernels, self.behind(from), list, Some(factor), sum);
    }
    fn weighted_sum<K: Kernels>(&self, kernels: K, from: usize, rows: &[u32], weights: &[f32], sum: &mut [f32]) {
        C::sum(kernels, self.behind(from), (rows, weights), None, sum);
    }
}
