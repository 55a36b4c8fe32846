//! Views of stored patterns: rows of numbers in flash, on the heap, or in a mapped file, borrowed and never copied.
//!
//! A view never reads its rows; a row is looked at when it is scored. So a view of any size costs nothing, and a number that is not
//! finite is found by the score it spoils, with the row's number.

use crate::dispatch::Kernels;
use crate::error::Error;
use crate::kernels::panel_length;
use core::num::NonZeroUsize;

mod sealed {
    pub trait Sealed {}
    impl Sealed for f32 {}
    impl<E: super::Element> Sealed for super::Patterns<'_, E> {}
    impl<C: crate::compressed::Code> Sealed for crate::compressed::Compressed<'_, C> {}
}

/// A type that patterns may be made of. f32 is the only one as yet.
pub trait Element: sealed::Sealed + Copy + 'static {
    /// Scores of consecutive rows: see the kernel.
    #[doc(hidden)]
    fn scores<K: Kernels>(kernels: K, data: &[Self], stride: usize, query: &[f32], out: &mut [f32], summed: bool);
    /// Negative squared distances of consecutive rows: see the kernel.
    #[doc(hidden)]
    fn distances<K: Kernels>(kernels: K, data: &[Self], stride: usize, query: &[f32], out: &mut [f32], summed: bool);
    /// Negative Manhattan distances of consecutive rows: see the kernel.
    #[doc(hidden)]
    fn manhattan<K: Kernels>(kernels: K, data: &[Self], stride: usize, query: &[f32], out: &mut [f32]);
    /// The number, exactly.
    #[doc(hidden)]
    fn wide(self) -> f64;
    /// Squared norms of consecutive rows: see the kernel.
    #[doc(hidden)]
    fn square_norms<K: Kernels>(kernels: K, data: &[Self], stride: usize, dim: usize, out: &mut [f32]);
    /// Weighted sum of listed rows of a block: see the kernel.
    #[doc(hidden)]
    fn weighted_block<K: Kernels>(kernels: K, data: &[Self], stride: usize, list: (&[u32], &[f32]), factor: f32, sum: &mut [f32]);
    /// Weighted sum of listed rows: see the kernel.
    #[doc(hidden)]
    fn weighted_sum<K: Kernels>(kernels: K, data: &[Self], stride: usize, rows: &[u32], weights: &[f32], sum: &mut [f32]);
}

impl Element for f32 {
    #[inline]
    fn scores<K: Kernels>(kernels: K, data: &[f32], stride: usize, query: &[f32], out: &mut [f32], summed: bool) {
        kernels.scores(data, stride, query, out, summed);
    }
    #[inline]
    fn distances<K: Kernels>(kernels: K, data: &[f32], stride: usize, query: &[f32], out: &mut [f32], summed: bool) {
        kernels.distances(data, stride, query, out, summed);
    }
    #[inline]
    fn manhattan<K: Kernels>(kernels: K, data: &[f32], stride: usize, query: &[f32], out: &mut [f32]) {
        kernels.manhattan(data, stride, query, out);
    }
    #[inline]
    fn wide(self) -> f64 {
        f64::from(self)
    }
    #[inline]
    fn square_norms<K: Kernels>(kernels: K, data: &[f32], stride: usize, dim: usize, out: &mut [f32]) {
        kernels.square_norms(data, stride, dim, out);
    }
    #[inline]
    fn weighted_sum<K: Kernels>(kernels: K, data: &[f32], stride: usize, rows: &[u32], weights: &[f32], sum: &mut [f32]) {
        kernels.weighted_sum(data, stride, rows, weights, sum);
    }
    #[inline]
    fn weighted_block<K: Kernels>(kernels: K, data: &[f32], stride: usize, list: (&[u32], &[f32]), factor: f32, sum: &mut [f32]) {
        kernels.weighted_block(data, stride, list.0, list.1, factor, sum);
    }
}

/// Rows that can be scored and read out by index, as often as wanted. Sealed: [`Patterns`], and [`Compressed`](crate::Compressed) ones.
pub trait Rows: sealed::Sealed {
    /// Numbers in a row.
    fn dim(&self) -> usize;
    /// Rows.
    fn count(&self) -> usize;
    /// Scores of the rows `from..from + out.len()`; rows that do not exist are left alone. `summed` says that they are summed next.
    #[doc(hidden)]
    fn scores<K: Kernels>(&self, kernels: K, from: usize, query: &[f32], out: &mut [f32], summed: bool);
    /// The same of a few rows, behind which nobody reads on.
    #[doc(hidden)]
    fn row_scores<K: Kernels>(&self, kernels: K, from: usize, query: &[f32], out: &mut [f32]) {
        self.scores(kernels, from, query, out, false);
    }
    /// Negative squared distances of the rows from the query, as [`scores`](Self::scores).
    #[doc(hidden)]
    fn distances<K: Kernels>(&self, kernels: K, from: usize, query: &[f32], out: &mut [f32], summed: bool);
    /// Negative Manhattan distances of the rows from the query, as [`scores`](Self::scores); they are not summed next.
    #[doc(hidden)]
    fn manhattan<K: Kernels>(&self, kernels: K, from: usize, query: &[f32], out: &mut [f32]);
    /// The numbers of a row, in order; none of a row that does not exist.
    #[doc(hidden)]
    fn wide_row(&self, row: usize) -> impl Iterator<Item = f64>;
    /// Squared norms of the rows `from..from + out.len()`, which have just been scored; rows that do not exist are left alone.
    #[doc(hidden)]
    fn square_norms<K: Kernels>(&self, kernels: K, from: usize, out: &mut [f32]);
    /// `sum <- factor * sum + ` the listed rows of a block, counted from `from`, times their weights.
    #[doc(hidden)]
    fn weighted_block<K: Kernels>(&self, kernels: K, from: usize, list: (&[u32], &[f32]), factor: f32, sum: &mut [f32]);
    /// Adds the listed rows, counted from `from`, times their weights to `sum`.
    #[doc(hidden)]
    fn weighted_sum<K: Kernels>(&self, kernels: K, from: usize, rows: &[u32], weights: &[f32], sum: &mut [f32]);
}

/// Rows that can be compared with many queries at once, as batches do. Sealed: [`Patterns`] of f32.
pub trait Panels: Rows {
    /// Scores of a block of rows, (first, how many), with whole panels.
    #[doc(hidden)]
    fn panel_scores<K: Kernels>(&self, kernels: K, block: (usize, usize), panels: &[f32], out: &mut [f32]);
    /// Negative squared distances of a block of rows from whole panels, as [`panel_scores`](Self::panel_scores).
    #[doc(hidden)]
    fn panel_distances<K: Kernels>(&self, kernels: K, block: (usize, usize), panels: &[f32], out: &mut [f32]);
    /// `sums <- factors * sums + ` the listed rows of a block, counted from `from`, times their weights, for whole panels: the weights are
    /// pairs of weights and factors.
    #[doc(hidden)]
    fn panel_sum<K: Kernels>(&self, kernels: K, from: usize, rows: &[u32], weights: (&[f32], &[f32]), sums: &mut [f32]);
}

/// A view of `M` patterns of `D` numbers, row-major, with an optional distance between the beginnings of rows.
///
/// ```
/// use basinet_core::Patterns;
/// let data = [1.0, 0.0, 0.0, 1.0, 0.5, 0.5];
/// let patterns = Patterns::new(&data, 2)?;
/// assert_eq!((patterns.count(), patterns.dim()), (3, 2));
/// assert_eq!(patterns.row(2), Some(&[0.5, 0.5][..]));
/// # Ok::<(), basinet_core::Error>(())
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Patterns<'a, E: Element = f32> {
    data: &'a [E],
    dim: NonZeroUsize,
    stride: NonZeroUsize,
    count: usize,
}

impl<'a, E: Element> Patterns<'a, E> {
    /// Rows of `dim` numbers, one directly behind the other. Costs nothing and reads no number.
    ///
    /// # Errors
    /// [`Error::Empty`] without numbers, [`Error::Shape`] where they do not divide into rows of `dim`, [`Error::TooLarge`] for more than
    /// 2^32 - 1 rows.
    pub const fn new(data: &'a [E], dim: usize) -> Result<Self, Error> {
        if dim == 0 || !data.len().is_multiple_of(dim) {
            return Err(Error::Shape { numbers: data.len(), dim, stride: dim });
        }
        Self::strided(data, dim, dim)
    }

    /// Rows of `dim` numbers that begin `stride` numbers apart; what follows the last row may be missing.
    ///
    /// # Errors
    /// As [`new`](Self::new); also [`Error::Shape`] where `stride` is less than `dim` or the last row is not whole.
    pub const fn strided(data: &'a [E], dim: usize, stride: usize) -> Result<Self, Error> {
        let shape = Error::Shape { numbers: data.len(), dim, stride };
        let (Some(row), Some(step)) = (NonZeroUsize::new(dim), NonZeroUsize::new(stride)) else {
            return Err(shape);
        };
        if data.is_empty() {
            return Err(Error::Empty);
        }
        let last = data.len() % stride;
        if stride < dim || data.len() < dim || (last != 0 && last < dim) {
            return Err(shape);
        }
        let count = (data.len() - dim) / stride + 1;
        if count as u64 > u32::MAX as u64 {
            return Err(Error::TooLarge);
        }
        Ok(Self { data, dim: row, stride: step, count })
    }

    /// Numbers in a pattern.
    pub const fn dim(&self) -> usize {
        self.dim.get()
    }

    /// Patterns.
    pub const fn count(&self) -> usize {
        self.count
    }

    /// Pattern `i`.
    pub fn row(&self, i: usize) -> Option<&'a [E]> {
        if i >= self.count {
            return None;
        }
        let begin = i.checked_mul(self.stride.get())?;
        self.data.get(begin..)?.get(..self.dim.get())
    }

    /// The numbers from the beginning of row `from` on.
    pub(crate) fn behind(&self, from: usize) -> &'a [E] {
        from.checked_mul(self.stride.get()).and_then(|begin| self.data.get(begin..)).unwrap_or(&[])
    }
}

impl Patterns<'_> {
    /// The largest Euclidean norm of a pattern, rounded up: one pass over all rows.
    ///
    /// Energies and error bounds need it. Squares are summed in f64, so it is exact but for the last rounding.
    ///
    /// # Errors
    /// [`Error::ScoreNotFinite`] with the row that holds a number that is NaN or infinite, or whose norm overflows.
    pub fn max_norm(&self) -> Result<f32, Error> {
        let mut largest = 0.0;
        for i in 0..self.count {
            let norm = norm(self.row(i).unwrap_or(&[])).ok_or(Error::ScoreNotFinite { row: i })?;
            largest = if norm > largest { norm } else { largest };
        }
        Ok(largest)
    }
}

/// The Euclidean norm, rounded up; `None` where it is not finite.
pub fn norm(row: &[f32]) -> Option<f32> {
    let norm = libm::sqrt(square_sum(row));
    let near = norm as f32;
    let up = if f64::from(near) < norm { f32::from_bits(near.to_bits() + 1) } else { near };
    up.is_finite().then_some(up)
}

/// The sum of squares in f64, one after the other.
pub fn square_sum(row: &[f32]) -> f64 {
    let mut sum = 0.0;
    for &x in row {
        sum += f64::from(x) * f64::from(x);
    }
    sum
}

/// `row <- (row - mean) * length / norm` in f64, rounded once; zero where the norm is.
pub fn rescale(row: &mut [f32], mean: f64, norm: f64, length: f64) {
    for x in row {
        *x = if norm > 0.0 { ((f64::from(*x) - mean) / norm * length) as f32 + 0.0 } else { 0.0 };
    }
}

impl<E: Element> Rows for Patterns<'_, E> {
    fn dim(&self) -> usize {
        self.dim.get()
    }
    fn count(&self) -> usize {
        self.count
    }
    #[inline]
    fn scores<K: Kernels>(&self, kernels: K, from: usize, query: &[f32], out: &mut [f32], summed: bool) {
        E::scores(kernels, self.behind(from), self.stride.get(), query, out, summed);
    }
    fn row_scores<K: Kernels>(&self, kernels: K, from: usize, query: &[f32], out: &mut [f32]) {
        let (rows, stride) = (self.behind(from), self.stride.get());
        let end = out.len().saturating_sub(1).saturating_mul(stride).saturating_add(self.dim.get());
        E::scores(kernels, rows.get(..end).unwrap_or(rows), stride, query, out, false);
    }
    #[inline]
    fn distances<K: Kernels>(&self, kernels: K, from: usize, query: &[f32], out: &mut [f32], summed: bool) {
        E::distances(kernels, self.behind(from), self.stride.get(), query, out, summed);
    }
    #[inline]
    fn manhattan<K: Kernels>(&self, kernels: K, from: usize, query: &[f32], out: &mut [f32]) {
        E::manhattan(kernels, self.behind(from), self.stride.get(), query, out);
    }
    fn wide_row(&self, row: usize) -> impl Iterator<Item = f64> {
        self.row(row).unwrap_or(&[]).iter().map(|&x| x.wide())
    }
    #[inline]
    fn square_norms<K: Kernels>(&self, kernels: K, from: usize, out: &mut [f32]) {
        E::square_norms(kernels, self.behind(from), self.stride.get(), self.dim.get(), out);
    }
    #[inline]
    fn weighted_sum<K: Kernels>(&self, kernels: K, from: usize, rows: &[u32], weights: &[f32], sum: &mut [f32]) {
        E::weighted_sum(kernels, self.behind(from), self.stride.get(), rows, weights, sum);
    }
    #[inline]
    fn weighted_block<K: Kernels>(&self, kernels: K, from: usize, list: (&[u32], &[f32]), factor: f32, sum: &mut [f32]) {
        E::weighted_block(kernels, self.behind(from), self.stride.get(), list, factor, sum);
    }
}

impl Panels for Patterns<'_> {
    #[inline]
    fn panel_scores<K: Kernels>(&self, kernels: K, (from, rows): (usize, usize), panels: &[f32], out: &mut [f32]) {
        let dim = self.dim.get();
        kernels.panel_scores(self.behind(from), self.stride.get(), (dim, rows), panels, panel_length(dim), out);
    }
    #[inline]
    fn panel_distances<K: Kernels>(&self, kernels: K, (from, rows): (usize, usize), panels: &[f32], out: &mut [f32]) {
        let dim = self.dim.get();
        kernels.panel_distances(self.behind(from), self.stride.get(), (dim, rows), panels, panel_length(dim), out);
    }
    #[inline]
    fn panel_sum<K: Kernels>(&self, kernels: K, from: usize, rows: &[u32], weights: (&[f32], &[f32]), sums: &mut [f32]) {
        kernels.panel_sum(self.behind(from), self.stride.get(), rows, weights.0, weights.1, sums);
    }
}

/// Rows without a number: what is read out where only weights are wanted.
#[derive(Clone, Copy, Debug)]
pub struct NoValues(pub usize);

impl sealed::Sealed for NoValues {}

impl Rows for NoValues {
    fn dim(&self) -> usize {
        0
    }
    fn count(&self) -> usize {
        self.0
    }
    fn scores<K: Kernels>(&self, _: K, _: usize, _: &[f32], _: &mut [f32], _: bool) {}
    fn distances<K: Kernels>(&self, _: K, _: usize, _: &[f32], _: &mut [f32], _: bool) {}
    fn manhattan<K: Kernels>(&self, _: K, _: usize, _: &[f32], _: &mut [f32]) {}
    fn wide_row(&self, _: usize) -> impl Iterator<Item = f64> {
        core::iter::empty()
    }
    fn square_norms<K: Kernels>(&self, _: K, _: usize, _: &mut [f32]) {}
    fn weighted_sum<K: Kernels>(&self, _: K, _: usize, _: &[u32], _: &[f32], _: &mut [f32]) {}
    fn weighted_block<K: Kernels>(&self, _: K, _: usize, _: (&[u32], &[f32]), _: f32, _: &mut [f32]) {}
}
