//! A memory that owns its patterns and grows.

use basinet_core::{Dot, Error, Kernels, Model, Patterns, Scratch, Separation, Step};

/// Sixteen numbers, one cache line: what a memory is made of, so that its rows begin where loads are fastest.
#[derive(Clone, Copy, Debug, Default, PartialEq, bytemuck::Pod, bytemuck::Zeroable)]
#[repr(C, align(64))]
struct Line([f32; 16]);

/// Stored patterns of `dim` numbers each, one behind the other in memory that is aligned to cache lines.
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

/// What a recall gives: the state after one step, and the step's report.
#[derive(Clone, Debug, PartialEq)]
pub struct Recalled {
    /// The weighted mean of the patterns, `dim` numbers.
    pub state: Vec<f32>,
    /// How it came about.
    pub step: Step,
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
        let mut lines = vec![Line::default(); data.len().div_ceil(16)];
        bytemuck::cast_slice_mut::<Line, f32>(&mut lines)[..data.len()].copy_from_slice(data);
        Ok(Self { dim, count: patterns.count(), lines, max_norm })
    }

    /// Stores a pattern and gives its row. O(dim), amortised.
    ///
    /// # Errors
    /// [`Error::Length`], [`Error::PatternNotFinite`] with the place, [`Error::NormOverflow`], or [`Error::TooLarge`] beyond 2^32 - 1 patterns;
    /// the memory is as it was then.
    pub fn insert(&mut self, pattern: &[f32]) -> Result<usize, Error> {
        if pattern.len() != self.dim {
            return Err(Error::Length { expected: self.dim, found: pattern.len() });
        }
        if let Some(index) = pattern.iter().position(|x| !x.is_finite()) {
            return Err(Error::PatternNotFinite { index });
        }
        if self.count >= u32::MAX as usize - 1 {
            return Err(Error::TooLarge);
        }
        let norm = Patterns::new(pattern, self.dim)?.max_norm().map_err(|_| Error::NormOverflow)?;
        let begin = self.count * self.dim;
        self.lines.resize((begin + self.dim).div_ceil(16), Line::default());
        bytemuck::cast_slice_mut::<Line, f32>(&mut self.lines)[begin..begin + self.dim].copy_from_slice(pattern);
        self.max_norm = if norm > self.max_norm { norm } else { self.max_norm };
        self.count += 1;
        Ok(self.count - 1)
    }

    /// Numbers in a pattern.
    pub fn dim(&self) -> usize {
        self.dim
    }

    /// Patterns stored.
    pub fn len(&self) -> usize {
        self.count
    }

    /// True before any pattern is stored.
    pub fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// The largest norm of a pattern, rounded up.
    pub fn max_norm(&self) -> f32 {
        self.max_norm
    }

    /// The patterns, as core sees them.
    ///
    /// # Errors
    /// [`Error::Empty`] where there are none.
    pub fn patterns(&self) -> Result<Patterns<'_>, Error> {
        if self.is_empty() {
            return Err(Error::Empty);
        }
        Patterns::new(&bytemuck::cast_slice::<Line, f32>(&self.lines)[..self.count * self.dim], self.dim)
    }

    /// One recall step from `query`: [`Model::step`], with scratch memory of its own. O(M dim).
    ///
    /// # Errors
    /// As [`Model::step`], and [`Error::Empty`].
    pub fn recall<S: Separation, K: Kernels>(&self, model: &Model<S, Dot, K>, query: &[f32]) -> Result<Recalled, Error> {
        let mut work = Work::new(self.dim, self.count);
        self.recall_in(model, query, &mut work.scratch())
    }

    /// One recall step from each of `queries`, Q x `dim`, row-major: as [`recall`](Self::recall) of each. O(Q M dim).
    ///
    /// # Errors
    /// [`Error::Shape`] where the numbers do not divide into queries, and as [`recall`](Self::recall).
    pub fn recall_batch<S: Separation, K: Kernels>(&self, model: &Model<S, Dot, K>, queries: &[f32]) -> Result<Vec<Recalled>, Error> {
        if !queries.len().is_multiple_of(self.dim) {
            return Err(Error::Shape { numbers: queries.len(), dim: self.dim, stride: self.dim });
        }
        let mut work = Work::new(self.dim, self.count);
        queries.chunks_exact(self.dim).map(|query| self.recall_in(model, query, &mut work.scratch())).collect()
    }

    /// The energy of a state: [`Model::energy`].
    ///
    /// # Errors
    /// As [`Model::energy`], and [`Error::Empty`].
    pub fn energy<S: Separation, K: Kernels>(&self, model: &Model<S, Dot, K>, state: &[f32]) -> Result<f64, Error> {
        let mut work = Work::new(self.dim, self.count);
        model.energy(&self.patterns()?, state, self.max_norm, &mut work.scratch())
    }

    fn recall_in<S: Separation, K: Kernels>(
        &self,
        model: &Model<S, Dot, K>,
        query: &[f32],
        scratch: &mut Scratch<'_>,
    ) -> Result<Recalled, Error> {
        let mut state = vec![0.0; self.dim];
        let step = model.step(&self.patterns()?, query, &mut state, scratch)?;
        Ok(Recalled { state, step })
    }
}

/// Scratch memory on the heap, with room for every row to be a candidate: no recall reads the patterns twice. The system gives cleared
/// memory by the page and only when it is touched, so room that is not used costs next to nothing.
struct Work {
    sums: Vec<f32>,
    scores: Vec<f32>,
    rows: Vec<u32>,
    work: Vec<f32>,
}

impl Work {
    fn new(dim: usize, count: usize) -> Self {
        Self { sums: vec![0.0; 3 * dim], scores: vec![0.0; count], rows: vec![0; count], work: vec![0.0; count] }
    }

    fn scratch(&mut self) -> Scratch<'_> {
        Scratch::new(&mut self.sums, &mut self.scores, &mut self.rows, &mut self.work)
    }
}
