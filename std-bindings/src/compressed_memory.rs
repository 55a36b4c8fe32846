//! A memory with compressed copies beside its patterns: the answers of the memory, from a fraction of the bytes.

use crate::compressed_copy::{CompressedCopy, Row};
use crate::{LinearMap, Memory, Workspace};
use basinet_core::{Certificate, Code, Compressed, Dot, Error, Kernels, Model, Separation, Sieve, Sifting};

/// A recall by a sieve, and what it took.
#[derive(Clone, Debug, PartialEq)]
pub struct SiftedRecall {
    /// The state after one step, D numbers.
    pub state: Vec<f32>,
    /// The step's report, and what was read for it.
    pub sifting: Sifting,
}

/// Patterns of `dim` numbers each, and compressed copies of them by which a recall knows which of them to read: see [`Sieve`].
///
/// Sparse maps give the state and report of [`Memory::recall`], bit for bit; dense ones miss terms that are together below 2^-24 of the
/// largest, or below what [`set_tail`](Self::set_tail) says. Similarities are dot products. The copies follow the patterns as they are stored, replaced
/// and removed.
///
/// With bytes (the default) a copy takes `D + 12` bytes a pattern beside its `4 D`; a front of d columns `d + 16` more, and its map `20 d D`
/// bytes.
///
/// ```
/// use basinet::{CompressedMemory, Memory, Model, Sparsemax, beta};
/// let memory = Memory::from_rows(4, &[1.0, -1.0, 1.0, -1.0, 1.0, 1.0, -1.0, -1.0])?;
/// let memory = <CompressedMemory>::new(memory)?;
/// let model = Model::new(beta!(1.0), Sparsemax);
/// let sifted = memory.recall(&model, &[1.0, -1.0, 0.0, 0.0])?;
/// assert_eq!(sifted.state, [1.0, -1.0, 1.0, -1.0]);
/// assert!(sifted.sifting.step.is_exact());
/// # Ok::<(), basinet::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct CompressedMemory<C: Code = i8> {
    memory: Memory,
    front: Option<CompressedCopy<C>>,
    copy: CompressedCopy<C>,
    tail: Option<f64>,
}

impl<C: Code> CompressedMemory<C> {
    /// A memory with one copy of all columns, which every recall scans. O(M D).
    ///
    /// # Errors
    /// [`Error::NormOverflow`] where what a pattern loses is beyond f32.
    pub fn new(memory: Memory) -> Result<Self, Error> {
        Ok(Self { front: None, copy: CompressedCopy::of(&memory, None)?, memory, tail: None })
    }

    /// A memory with a front of few columns, which every recall scans, and a copy of all columns for the rows that it leaves: progressive
    /// recall. `front` has d x D weights in nearly orthonormal rows, such as [`projection::principal`](crate::projection::principal) of the
    /// patterns. O(M D d).
    ///
    /// # Errors
    /// As [`new`](Self::new); [`Error::Length`] where the map is not of the patterns' length, [`Error::Parameter`] where it has a bias, or rows
    /// so far from orthonormal that the sum of squares of `P P^T - 1` is above 1.
    pub fn progressive(memory: Memory, front: LinearMap) -> Result<Self, Error> {
        let front = Some(CompressedCopy::of(&memory, Some(front))?);
        Ok(Self { front, ..Self::new(memory)? })
    }

    /// Makes the front anew, with another map: that of the patterns as they are now, say. Nothing changes on error. O(M D d).
    ///
    /// # Errors
    /// As [`progressive`](Self::progressive).
    pub fn refresh(&mut self, front: LinearMap) -> Result<(), Error> {
        self.front = Some(CompressedCopy::of(&self.memory, Some(front))?);
        Ok(())
    }

    /// Lets dense maps miss terms that together are at most this, in units of the winner's. 2^-24 if it is never called.
    ///
    /// # Errors
    /// [`Error::Parameter`] where it is not above 0, or above 1.
    pub fn set_tail(&mut self, tail: f64) -> Result<(), Error> {
        if !(tail > 0.0 && tail <= 1.0) {
            return Err(Error::Parameter { requirement: "the tail must be above 0, and at most 1" });
        }
        self.tail = Some(tail);
        Ok(())
    }

    /// Stores a pattern of D numbers, and says which it is. Amortised O(D), and O(D d) with a front.
    ///
    /// # Errors
    /// As [`Memory::insert`], and [`Error::NormOverflow`] as for [`new`](Self::new). Nothing is stored then.
    pub fn insert(&mut self, pattern: &[f32]) -> Result<usize, Error> {
        let (front_row, row) = self.encoded(pattern)?;
        let i = self.memory.insert(pattern)?;
        self.copy.push(&row);
        if let (Some(front), Some(row)) = (&mut self.front, &front_row) {
            front.push(row);
        }
        Ok(i)
    }

    /// Puts `pattern` in the place of pattern `i`, and hands that back. O(D), and O(D d) with a front.
    ///
    /// # Errors
    /// As [`Memory::replace`], and [`Error::NormOverflow`] as for [`new`](Self::new). Nothing has changed then.
    pub fn replace(&mut self, i: usize, pattern: &[f32]) -> Result<Vec<f32>, Error> {
        if i >= self.len() {
            return Err(Error::NoSuchRow { row: i, count: self.len() });
        }
        let (front_row, row) = self.encoded(pattern)?;
        let old = self.memory.replace(i, pattern)?;
        self.copy.put(i, &row);
        if let (Some(front), Some(row)) = (&mut self.front, &front_row) {
            front.put(i, row);
        }
        Ok(old)
    }

    /// Removes pattern `i` and hands it back; the last one takes its place. O(D).
    pub fn remove(&mut self, i: usize) -> Option<Vec<f32>> {
        let removed = self.memory.remove(i)?;
        self.copy.remove(i);
        if let Some(front) = &mut self.front {
            front.remove(i);
        }
        Some(removed)
    }

    /// Removes all patterns. O(1).
    pub fn clear(&mut self) {
        self.memory.clear();
        self.copy.clear();
        if let Some(front) = &mut self.front {
            front.clear();
        }
    }

    /// The patterns themselves, for every other way to recall.
    pub fn memory(&self) -> &Memory {
        &self.memory
    }

    /// The memory alone, without its copies.
    pub fn into_memory(self) -> Memory {
        self.memory
    }

    /// The copy of all columns: what a device gets that has no room for the patterns.
    ///
    /// # Errors
    /// [`Error::Empty`] of a memory without patterns.
    pub fn compressed(&self) -> Result<Compressed<'_, C>, Error> {
        self.copy.compressed()
    }

    /// The map that makes the front's columns, where there is a front.
    pub fn front(&self) -> Option<&LinearMap> {
        self.front.as_ref().and_then(CompressedCopy::map)
    }

    /// Patterns.
    pub fn len(&self) -> usize {
        self.memory.len()
    }

    /// True where nothing is stored.
    pub fn is_empty(&self) -> bool {
        self.memory.is_empty()
    }

    /// Bytes that the copies take beside the patterns, without the front's map.
    pub fn copies_bytes(&self) -> usize {
        self.copy.bytes() + self.front.as_ref().map_or(0, CompressedCopy::bytes)
    }

    /// One step from `query`, D numbers, by the sieve: [`Sieve::step`].
    ///
    /// # Errors
    /// As [`Memory::recall`].
    pub fn recall<S: Separation, K: Kernels>(&self, model: &Model<S, Dot, K>, query: &[f32]) -> Result<SiftedRecall, Error> {
        let mut state = vec![0.0; self.memory.dim()];
        let sifting = self.recall_in(model, query, &mut state, &mut self.workspace())?;
        Ok(SiftedRecall { state, sifting })
    }

    /// As [`recall`](Self::recall), with a [`workspace`](Self::workspace) that is used again; `out` has D numbers, and is written on success.
    ///
    /// # Errors
    /// As [`recall`](Self::recall); [`Error::Scratch`] of a workspace of another memory, which has too little room.
    pub fn recall_in<S: Separation, K: Kernels>(
        &self,
        model: &Model<S, Dot, K>,
        query: &[f32],
        out: &mut [f32],
        work: &mut Workspace,
    ) -> Result<Sifting, Error> {
        let (rows, level) = (self.memory.patterns()?, self.copy.level()?);
        let levels = [self.front.as_ref().map_or(Ok(level), CompressedCopy::level)?, level];
        let sieve = Sieve::new(if self.front.is_some() { &levels } else { &levels[1..] })?;
        let sieve = if let Some(tail) = self.tail { sieve.with_tail(tail)? } else { sieve };
        sieve.step(model, &rows, query, out, &mut work.scratch_to_sift(sieve.room()))
    }

    /// What is certain about a step of a sparse map that was taken from `query`; the gap that it counts with is the report's lower bound.
    ///
    /// # Errors
    /// As [`Memory::certify`].
    pub fn certify<S: Separation, K: Kernels>(
        &self,
        model: &Model<S, Dot, K>,
        sifting: &Sifting,
        query: &[f32],
    ) -> Result<Certificate, Error> {
        self.memory.certify(model, &sifting.step, query)
    }

    /// Working memory for this one's recalls, with room for all patterns.
    pub fn workspace(&self) -> Workspace {
        self.memory.workspace()
    }

    /// What a pattern becomes in each copy.
    fn encoded(&self, pattern: &[f32]) -> Result<(Option<Row<C>>, Row<C>), Error> {
        self.memory.checked_norm(pattern)?;
        let front = self.front.as_ref().map(|front| front.encode(pattern)).transpose()?;
        Ok((front, self.copy.encode(pattern)?))
    }
}
