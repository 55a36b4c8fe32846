//! A memory that owns its patterns: what goes in, what comes out, what is kept beside them. How it recalls is in `recall`.

use crate::Workspace;
use basinet_core::{Error, Patterns};

/// Sixteen numbers, one cache line: what a memory is made of, so that its rows begin where loads are fastest.
#[derive(Clone, Copy, Debug, Default, PartialEq, bytemuck::Pod, bytemuck::Zeroable)]
#[repr(C, align(64))]
struct Line([f32; NUMBERS]);

/// Numbers in a line.
const NUMBERS: usize = 16;

/// The most patterns: they are counted in 32 bits.
const MOST: usize = u32::MAX as usize;

/// Stored patterns of `dim` numbers each, one behind the other in memory that is aligned to cache lines.
///
/// Every number is finite and every norm fits in f32: what does not is an error and is not stored.
///
/// ```
/// use basinet::{Memory, Model, Sparsemax, beta};
/// let mut memory = Memory::new(3)?;
/// memory.insert(&[1.0, -1.0, 1.0])?;
/// memory.insert(&[-1.0, 1.0, 1.0])?;
/// let recalled = memory.recall(&Model::new(beta!(4.0), Sparsemax), &[0.8, -0.6, 0.0])?;
/// assert_eq!(recalled.state, [1.0, -1.0, 1.0]);
/// assert!(recalled.step.is_exact());
/// # Ok::<(), basinet::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Memory {
    dim: usize,
    count: usize,
    lines: Vec<Line>,
    max_norm: f32,
}

impl Memory {
    /// A memory without patterns yet, for patterns of `dim` numbers.
    ///
    /// # Errors
    /// [`Error::Shape`] where `dim` is zero.
    pub fn new(dim: usize) -> Result<Self, Error> {
        if dim == 0 {
            return Err(Error::Shape { numbers: 0, dim, stride: dim });
        }
        Ok(Self { dim, count: 0, lines: Vec::new(), max_norm: 0.0 })
    }

    /// A memory of the rows of `data`, M x `dim`, row-major. O(M dim).
    ///
    /// # Errors
    /// As [`Patterns::new`]; [`Error::ScoreNotFinite`] with the row that holds a NaN or an infinity or whose norm
    /// overflows.
    pub fn from_rows(dim: usize, data: &[f32]) -> Result<Self, Error> {
        let patterns = Patterns::new(data, dim)?;
        let max_norm = patterns.max_norm()?;
        let mut lines = vec![Line::default(); data.len().div_ceil(NUMBERS)];
        bytemuck::cast_slice_mut::<Line, f32>(&mut lines)[..data.len()].copy_from_slice(data);
        Ok(Self { dim, count: patterns.count(), lines, max_norm })
    }

    /// A memory of these patterns, copied: those of a file, to change them. O(M dim).
    ///
    /// ```
    /// use basinet::{Memory, Patterns};
    /// let padded = [1.0, 2.0, 9.0, 3.0, 4.0, 9.0];
    /// let memory = Memory::from_patterns(&Patterns::strided(&padded, 2, 3)?)?;
    /// assert_eq!((memory.row(1), memory.max_norm()), (Some(&[3.0, 4.0][..]), 5.0));
    /// # Ok::<(), basinet::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::ScoreNotFinite`] with the row that holds a NaN or an infinity or whose norm overflows.
    pub fn from_patterns(patterns: &Patterns<'_>) -> Result<Self, Error> {
        let (dim, count, max_norm) = (patterns.dim(), patterns.count(), patterns.max_norm()?);
        let lines = vec![Line::default(); (count * dim).div_ceil(NUMBERS)];
        let mut memory = Self { dim, count, lines, max_norm };
        for (place, row) in memory.numbers_mut().chunks_exact_mut(dim).zip((0..count).filter_map(|i| patterns.row(i))) {
            place.copy_from_slice(row);
        }
        Ok(memory)
    }

    /// Stores a pattern and gives its row. O(dim), amortised.
    ///
    /// # Errors
    /// [`Error::Length`], [`Error::PatternNotFinite`] with the place, [`Error::NormOverflow`], or [`Error::TooLarge`] beyond 2^32 - 1
    /// patterns; the memory is as it was then.
    pub fn insert(&mut self, pattern: &[f32]) -> Result<usize, Error> {
        let norm = self.checked_norm(pattern)?;
        if self.count >= MOST {
            return Err(Error::TooLarge);
        }
        self.count += 1;
        self.lines.resize((self.count * self.dim).div_ceil(NUMBERS), Line::default());
        self.put(self.count - 1, pattern, norm);
        Ok(self.count - 1)
    }

    /// Stores a pattern in the place of row `i` and gives the old one. O(dim); O(M dim) where a row with the largest norm goes.
    ///
    /// ```
    /// let mut memory = basinet::Memory::from_rows(2, &[3.0, 4.0, 0.0, 1.0])?;
    /// assert_eq!(memory.replace(0, &[0.0, 2.0])?, [3.0, 4.0]);
    /// assert_eq!((memory.row(0), memory.max_norm()), (Some(&[0.0, 2.0][..]), 2.0));
    /// # Ok::<(), basinet::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::NoSuchRow`], [`Error::Length`], [`Error::PatternNotFinite`], [`Error::NormOverflow`], the first of these that holds; the
    /// memory is as it was then.
    pub fn replace(&mut self, i: usize, pattern: &[f32]) -> Result<Vec<f32>, Error> {
        let old = self.row(i).ok_or(Error::NoSuchRow { row: i, count: self.count })?.to_vec();
        let norm = self.checked_norm(pattern)?;
        self.put(i, pattern, norm);
        self.lower(&old);
        Ok(old)
    }

    /// Takes row `i` out; the last row takes its place and its number. `None` where there is no row `i`. O(dim); O(M dim) where a row with
    /// the largest norm goes.
    ///
    /// ```
    /// let mut memory = basinet::Memory::from_rows(1, &[1.0, 2.0, 3.0])?;
    /// assert_eq!(memory.remove(0), Some(vec![1.0]));
    /// assert_eq!((memory.row(0), memory.len()), (Some(&[3.0][..]), 2));
    /// # Ok::<(), basinet::Error>(())
    /// ```
    pub fn remove(&mut self, i: usize) -> Option<Vec<f32>> {
        let removed = self.row(i)?.to_vec();
        let (dim, last) = (self.dim, self.count - 1);
        self.numbers_mut().copy_within(last * dim..(last + 1) * dim, i * dim);
        self.count = last;
        self.lines.truncate((last * dim).div_ceil(NUMBERS));
        self.lower(&removed);
        Some(removed)
    }

    /// Takes all patterns out, and keeps the room that they had. O(1).
    pub fn clear(&mut self) {
        self.lines.clear();
        self.count = 0;
        self.max_norm = 0.0;
    }

    /// Row `i`, `dim` numbers.
    pub fn row(&self, i: usize) -> Option<&[f32]> {
        self.numbers().chunks_exact(self.dim).nth(i)
    }

    /// Numbers in a pattern.
    pub fn dim(&self) -> usize {
        self.dim
    }

    /// Patterns stored.
    pub fn len(&self) -> usize {
        self.count
    }

    /// True where no pattern is stored.
    pub fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// The largest norm of a pattern, rounded up; 0 without patterns. That of [`Patterns::max_norm`], bit for bit, without its pass. O(1).
    pub fn max_norm(&self) -> f32 {
        self.max_norm
    }

    /// The patterns, as core sees them. O(1).
    ///
    /// # Errors
    /// [`Error::Empty`] where there are none.
    pub fn patterns(&self) -> Result<Patterns<'_>, Error> {
        Patterns::new(self.numbers(), self.dim)
    }

    /// Working memory for recalls from as many patterns as there are now, for those who call the [`Model`](crate::Model) themselves.
    pub fn workspace(&self) -> Workspace {
        Workspace::new(self.dim, self.count)
    }

    /// The norm of a pattern that may be stored.
    pub(crate) fn checked_norm(&self, pattern: &[f32]) -> Result<f32, Error> {
        if pattern.len() != self.dim {
            return Err(Error::Length { expected: self.dim, found: pattern.len() });
        }
        if let Some(index) = pattern.iter().position(|x| !x.is_finite()) {
            return Err(Error::PatternNotFinite { index });
        }
        Patterns::new(pattern, self.dim)?.max_norm().map_err(|_| Error::NormOverflow)
    }

    /// Writes a row that there is room for.
    fn put(&mut self, i: usize, pattern: &[f32], norm: f32) {
        let dim = self.dim;
        self.numbers_mut()[i * dim..(i + 1) * dim].copy_from_slice(pattern);
        self.max_norm = if norm > self.max_norm { norm } else { self.max_norm };
    }

    /// This row has gone, and the largest norm may have gone with it.
    fn lower(&mut self, gone: &[f32]) {
        // What was stored has a finite norm, and so has every row that is left.
        let max_norm = |rows: Result<Patterns<'_>, Error>| rows.and_then(|rows| rows.max_norm()).unwrap_or(0.0);
        if max_norm(Patterns::new(gone, self.dim)) >= self.max_norm {
            self.max_norm = max_norm(self.patterns());
        }
    }

    /// All rows, one behind the other.
    pub(crate) fn numbers(&self) -> &[f32] {
        &bytemuck::cast_slice::<Line, f32>(&self.lines)[..self.count * self.dim]
    }

    fn numbers_mut(&mut self) -> &mut [f32] {
        &mut bytemuck::cast_slice_mut::<Line, f32>(&mut self.lines)[..self.count * self.dim]
    }
}
