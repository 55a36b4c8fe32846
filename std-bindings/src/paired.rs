//! A memory of pairs: keys to compare with, values to read out.

use crate::{Memory, Recalled, Workspace, batch};
use basinet_core::{Error, Kernels, Model, Separation, Similarity};

/// Keys of `dim` numbers, each with a value of `width` numbers: hetero-association.
///
/// Two memories in step: key `i` belongs to value `i`, whatever is put in or taken out.
///
/// ```
/// use basinet::{Model, PairedMemory, Sparsemax, beta};
/// let mut memory = PairedMemory::new(3, 1)?;
/// memory.insert(&[1.0, -1.0, 1.0], &[7.0])?;
/// memory.insert(&[-1.0, 1.0, 1.0], &[8.0])?;
/// let recalled = memory.recall(&Model::new(beta!(1.0), Sparsemax), &[-0.9, 1.0, 0.5])?;
/// assert_eq!((recalled.state, recalled.step.winner), (vec![8.0], 1));
/// # Ok::<(), basinet::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct PairedMemory {
    keys: Memory,
    values: Memory,
}

impl PairedMemory {
    /// A memory without pairs yet, for keys of `dim` and values of `width` numbers.
    ///
    /// # Errors
    /// [`Error::Shape`] where one of them is zero.
    pub fn new(dim: usize, width: usize) -> Result<Self, Error> {
        Ok(Self { keys: Memory::new(dim)?, values: Memory::new(width)? })
    }

    /// A memory of two memories, row for row.
    ///
    /// # Errors
    /// [`Error::Length`] where there are not as many values as keys.
    pub fn from_memories(keys: Memory, values: Memory) -> Result<Self, Error> {
        if keys.len() != values.len() {
            return Err(Error::Length { expected: keys.len(), found: values.len() });
        }
        Ok(Self { keys, values })
    }

    /// Stores a pair and gives its row. O(dim + width), amortised.
    ///
    /// # Errors
    /// What [`Memory::insert`] has against the key, or else against the value, whose numbers are counted on from `dim`; the memory is as it
    /// was then.
    pub fn insert(&mut self, key: &[f32], value: &[f32]) -> Result<usize, Error> {
        self.keys.checked_norm(key)?;
        self.check_value(value)?;
        let at = self.keys.insert(key)?;
        self.values.insert(value)?;
        Ok(at)
    }

    /// Stores a pair in the place of pair `i` and gives the old one, key and value. O(dim + width); O(M (dim + width)) where a row with the
    /// largest norm goes.
    ///
    /// # Errors
    /// What [`Memory::replace`] has against the key, or else against the value, as in [`insert`](Self::insert).
    pub fn replace(&mut self, i: usize, key: &[f32], value: &[f32]) -> Result<(Vec<f32>, Vec<f32>), Error> {
        if i >= self.len() {
            return Err(Error::NoSuchRow { row: i, count: self.len() });
        }
        self.keys.checked_norm(key)?;
        self.check_value(value)?;
        Ok((self.keys.replace(i, key)?, self.values.replace(i, value)?))
    }

    /// Takes pair `i` out; the last pair takes its place and its number. `None` where there is no pair `i`. As [`Memory::remove`].
    pub fn remove(&mut self, i: usize) -> Option<(Vec<f32>, Vec<f32>)> {
        Some((self.keys.remove(i)?, self.values.remove(i)?))
    }

    /// Takes all pairs out, and keeps the room that they had. O(1).
    pub fn clear(&mut self) {
        self.keys.clear();
        self.values.clear();
    }

    /// Pairs stored.
    pub fn len(&self) -> usize {
        self.keys.len()
    }

    /// True where no pair is stored.
    pub fn is_empty(&self) -> bool {
        self.keys.is_empty()
    }

    /// The keys, `len` x `dim`: their rows, their largest norm, recall among themselves.
    pub fn keys(&self) -> &Memory {
        &self.keys
    }

    /// The values, `len` x `width`, in the order of their keys.
    pub fn values(&self) -> &Memory {
        &self.values
    }

    /// Compares `query`, `dim` numbers, with the keys and reads out the values, `width` numbers: [`Model::read`], by any separation,
    /// similarity and mask that the model has. O(M (dim + width)).
    ///
    /// # Errors
    /// As [`Model::read`], and [`Error::Empty`].
    pub fn recall<S: Separation, Q: Similarity, K: Kernels>(&self, model: &Model<S, Q, K>, query: &[f32]) -> Result<Recalled, Error> {
        self.recall_in(model, query, &mut self.workspace())
    }

    /// The values for each of `queries`, Q x `dim`, row-major, as [`Memory::recall_batch`]: several times faster than
    /// [`recall`](Self::recall) of each, and the same within rounding. O(Q M (dim + width)).
    ///
    /// # Errors
    /// As [`Memory::recall_batch`].
    pub fn recall_batch<S: Separation, Q: Similarity, K: Kernels>(
        &self,
        model: &Model<S, Q, K>,
        queries: &[f32],
    ) -> Result<Vec<Recalled>, Error> {
        batch::recall(model, &self.keys.patterns()?, Some(&self.values.patterns()?), queries)
    }

    /// Working memory for readings from as many pairs as there are now, for those who call the [`Model`] themselves.
    pub fn workspace(&self) -> Workspace {
        Workspace::new(self.keys.dim().max(self.values.dim()), self.len())
    }

    fn recall_in<S: Separation, Q: Similarity, K: Kernels>(
        &self,
        model: &Model<S, Q, K>,
        query: &[f32],
        work: &mut Workspace,
    ) -> Result<Recalled, Error> {
        let mut state = vec![0.0; self.values.dim()];
        let step = model.read(&self.keys.patterns()?, &self.values.patterns()?, query, &mut state, &mut work.scratch())?;
        Ok(Recalled { state, step })
    }

    /// Nothing is wrong with a value; its numbers stand behind those of the key.
    fn check_value(&self, value: &[f32]) -> Result<(), Error> {
        match self.values.checked_norm(value) {
            Ok(_) => Ok(()),
            Err(Error::PatternNotFinite { index }) => Err(Error::PatternNotFinite { index: self.keys.dim() + index }),
            Err(error) => Err(error),
        }
    }
}
