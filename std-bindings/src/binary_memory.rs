//! A binary memory that owns its patterns, a bit each, and recalls in working memory of its own.

use basinet_core::binary::{BinaryDynamics, BinaryModel, BinaryPatterns, BinaryReport, BinaryScratch, Interaction, pack, unpack, words};
use basinet_core::{Error, Kernels};

/// The most patterns: they are counted in 32 bits.
const MOST: usize = u32::MAX as usize;

/// Signs of N neurons as they are handed in: numbers, or bits as [`pack`] makes them.
///
/// Whatever takes `impl Into<Signs>` takes references to arrays, slices and vectors of `f32` and of `u64`, and to a [`BinaryState`].
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Signs<'a> {
    /// N numbers, none of them zero or NaN.
    Numbers(&'a [f32]),
    /// `ceil(N / 64)` words; what the bits behind the last neuron hold means nothing.
    Words(&'a [u64]),
    /// A state of as many neurons.
    State(&'a BinaryState),
}

macro_rules! signs_from {
    ($number:ty, $variant:ident) => {
        impl<'a> From<&'a [$number]> for Signs<'a> {
            fn from(signs: &'a [$number]) -> Self {
                Self::$variant(signs)
            }
        }
        impl<'a, const N: usize> From<&'a [$number; N]> for Signs<'a> {
            fn from(signs: &'a [$number; N]) -> Self {
                Self::$variant(signs)
            }
        }
        impl<'a> From<&'a Vec<$number>> for Signs<'a> {
            fn from(signs: &'a Vec<$number>) -> Self {
                Self::$variant(signs)
            }
        }
    };
}
signs_from!(f32, Numbers);
signs_from!(u64, Words);

impl<'a> From<&'a BinaryState> for Signs<'a> {
    fn from(state: &'a BinaryState) -> Self {
        Self::State(state)
    }
}

impl Signs<'_> {
    /// The state of so many neurons that these are.
    fn state(self, neurons: usize) -> Result<BinaryState, Error> {
        let (expected, found) = match self {
            Self::Numbers(numbers) => (neurons, numbers.len()),
            Self::Words(bits) => (words(neurons), bits.len()),
            Self::State(state) => (neurons, state.neurons),
        };
        if expected != found {
            return Err(Error::Length { expected, found });
        }
        let mut state = BinaryState { neurons, words: vec![0; words(neurons)] };
        match self {
            Self::Numbers(numbers) => pack(numbers, &mut state.words)?,
            Self::Words(bits) => state.words.copy_from_slice(bits),
            Self::State(other) => state.words.copy_from_slice(&other.words),
        }
        if let (Some(last), 1..) = (state.words.last_mut(), neurons % 64) {
            *last &= u64::MAX >> (64 - neurons % 64);
        }
        Ok(state)
    }
}

/// A state or a pattern of N neurons, each +1 or -1. The bits behind the last neuron are clear, so that equal states are equal words.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct BinaryState {
    neurons: usize,
    words: Vec<u64>,
}

impl BinaryState {
    /// N.
    pub fn neurons(&self) -> usize {
        self.neurons
    }

    /// `ceil(N / 64)` words, as [`pack`] makes them.
    pub fn words(&self) -> &[u64] {
        &self.words
    }

    /// N numbers, +1 and -1. O(N).
    pub fn signs(&self) -> Vec<f32> {
        let mut signs = vec![0.0; self.neurons];
        // There are as many words as so many neurons take.
        let _ = unpack(&self.words, &mut signs);
        signs
    }
}

/// What a step of a binary memory gives.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BinaryRecalled {
    /// The state after it.
    pub state: BinaryState,
    /// Neurons that turned over; the state is a fixed point where none did.
    pub flips: usize,
}

/// What settling of a binary memory gives.
#[derive(Clone, Debug, PartialEq)]
pub struct BinarySettled {
    /// The last state.
    pub state: BinaryState,
    /// How it came about.
    pub report: BinaryReport,
}

/// Stored patterns of N neurons, a bit each: a binary dense associative memory ([`binary`](crate::binary)) that owns them.
///
/// ```
/// use basinet::BinaryMemory;
/// use basinet::binary::{BinaryDynamics, BinaryModel, Power};
/// let mut memory = BinaryMemory::new(8)?;
/// memory.insert(&[-1.0, -1.0, -1.0, -1.0, 1.0, 1.0, 1.0, 1.0])?;
/// memory.insert(&[0b1100_1100_u64])?;
/// let damaged = [1.0, -1.0, -1.0, -1.0, 1.0, 1.0, 1.0, 1.0];
/// let settled = memory.settle(&BinaryModel::new(Power::new(3)?), &damaged, BinaryDynamics::Asynchronous, 10)?;
/// assert!(settled.report.converged && settled.report.winner == 0);
/// assert_eq!(settled.state.signs(), [-1.0, -1.0, -1.0, -1.0, 1.0, 1.0, 1.0, 1.0]);
/// # Ok::<(), basinet::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct BinaryMemory {
    neurons: usize,
    words: Vec<u64>,
}

impl BinaryMemory {
    /// A memory without patterns yet, for those of so many neurons.
    ///
    /// # Errors
    /// [`Error::Shape`] without neurons, [`Error::TooLarge`] for more than 2^31 - 1.
    pub fn new(neurons: usize) -> Result<Self, Error> {
        if neurons == 0 {
            return Err(Error::Shape { numbers: 0, dim: 0, stride: 0 });
        }
        if neurons > i32::MAX as usize {
            return Err(Error::TooLarge);
        }
        Ok(Self { neurons, words: Vec::new() })
    }

    /// A memory of these patterns, copied. O(M N / 64).
    ///
    /// # Errors
    /// None for patterns that there are: their lengths and their number are checked already.
    pub fn from_patterns(patterns: &BinaryPatterns<'_>) -> Result<Self, Error> {
        let mut memory = Self::new(patterns.neurons())?;
        for row in (0..patterns.count()).filter_map(|i| patterns.row(i)) {
            memory.insert(row)?;
        }
        Ok(memory)
    }

    /// Stores a pattern and gives its row. O(N), amortised.
    ///
    /// # Errors
    /// [`Error::Length`]; [`Error::NoSign`] for a number that is zero or NaN; [`Error::TooLarge`] beyond 2^32 - 1 patterns. The memory is as it
    /// was then.
    pub fn insert<'a>(&mut self, pattern: impl Into<Signs<'a>>) -> Result<usize, Error> {
        let (pattern, row) = (pattern.into().state(self.neurons)?, self.len());
        if row >= MOST {
            return Err(Error::TooLarge);
        }
        self.words.extend(pattern.words);
        Ok(row)
    }

    /// Stores a pattern in the place of row `i` and gives the old one. O(N).
    ///
    /// ```
    /// let mut memory = basinet::BinaryMemory::new(2)?;
    /// memory.insert(&[1.0, 1.0])?;
    /// assert_eq!(memory.replace(0, &[-1.0, 1.0])?.signs(), [1.0, 1.0]);
    /// assert_eq!(memory.row(0), Some(&[0b10][..]));
    /// # Ok::<(), basinet::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::NoSuchRow`]; as [`insert`](Self::insert). The memory is as it was then.
    pub fn replace<'a>(&mut self, i: usize, pattern: impl Into<Signs<'a>>) -> Result<BinaryState, Error> {
        let (neurons, count) = (self.neurons, self.len());
        let place = self.words.chunks_exact_mut(words(neurons)).nth(i).ok_or(Error::NoSuchRow { row: i, count })?;
        let mut state = pattern.into().state(neurons)?;
        place.swap_with_slice(&mut state.words);
        Ok(state)
    }

    /// Takes row `i` out; the last row takes its place and its number. `None` where there is no row `i`. O(N).
    ///
    /// ```
    /// let mut memory = basinet::BinaryMemory::new(2)?;
    /// for pattern in [[1.0, 1.0], [1.0, -1.0], [-1.0, 1.0]] {
    ///     memory.insert(&pattern)?;
    /// }
    /// assert_eq!(memory.remove(0).map(|pattern| pattern.signs()), Some(vec![1.0, 1.0]));
    /// assert_eq!((memory.row(0), memory.len()), (Some(&[0b10][..]), 2));
    /// # Ok::<(), basinet::Error>(())
    /// ```
    pub fn remove(&mut self, i: usize) -> Option<BinaryState> {
        let removed = BinaryState { neurons: self.neurons, words: self.row(i)?.to_vec() };
        let (stride, last) = (words(self.neurons), self.len() - 1);
        self.words.copy_within(last * stride.., i * stride);
        self.words.truncate(last * stride);
        Some(removed)
    }

    /// Takes all patterns out, and keeps the room that they had. O(1).
    pub fn clear(&mut self) {
        self.words.clear();
    }

    /// The words of row `i`.
    pub fn row(&self, i: usize) -> Option<&[u64]> {
        self.words.chunks_exact(words(self.neurons)).nth(i)
    }

    /// N.
    pub fn neurons(&self) -> usize {
        self.neurons
    }

    /// Patterns stored.
    pub fn len(&self) -> usize {
        self.words.len() / words(self.neurons)
    }

    /// True where no pattern is stored.
    pub fn is_empty(&self) -> bool {
        self.words.is_empty()
    }

    /// The patterns, as core sees them. O(1).
    ///
    /// # Errors
    /// [`Error::Empty`] where there are none.
    pub fn patterns(&self) -> Result<BinaryPatterns<'_>, Error> {
        BinaryPatterns::new(&self.words, self.neurons)
    }

    /// One synchronous step from a state: [`BinaryModel::update`].
    ///
    /// ```
    /// use basinet::BinaryMemory;
    /// use basinet::binary::{BinaryModel, Exponential};
    /// let mut memory = BinaryMemory::new(8)?;
    /// memory.insert(&[0b1111_0000_u64])?;
    /// memory.insert(&[0b1100_1100_u64])?;
    /// let recalled = memory.recall(&BinaryModel::new(Exponential), &[0b1111_0001_u64])?;
    /// assert_eq!((recalled.state.words(), recalled.flips), (&[0b1111_0000][..], 1));
    /// # Ok::<(), basinet::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::Length`]; [`Error::NoSign`] for a number that is zero or NaN; [`Error::Empty`].
    pub fn recall<'a, F: Interaction, K: Kernels>(
        &self,
        model: &BinaryModel<F, K>,
        state: impl Into<Signs<'a>>,
    ) -> Result<BinaryRecalled, Error> {
        let (patterns, query) = (self.patterns()?, state.into().state(self.neurons)?);
        let mut state = query.clone();
        let flips = model.update(&patterns, &query.words, &mut state.words, &mut Work::new(&patterns).scratch())?;
        Ok(BinaryRecalled { state, flips })
    }

    /// Steps from a state until one turns no neuron over, or until two states follow each other, at most `steps`: [`BinaryModel::settle`].
    ///
    /// # Errors
    /// As [`recall`](Self::recall).
    pub fn settle<'a, F: Interaction, K: Kernels>(
        &self,
        model: &BinaryModel<F, K>,
        state: impl Into<Signs<'a>>,
        dynamics: BinaryDynamics,
        steps: usize,
    ) -> Result<BinarySettled, Error> {
        let (patterns, mut state) = (self.patterns()?, state.into().state(self.neurons)?);
        let report = model.settle(&patterns, &mut state.words, dynamics, steps, &mut Work::new(&patterns).scratch())?;
        Ok(BinarySettled { state, report })
    }

    /// The energy of a state: [`BinaryModel::energy`].
    ///
    /// # Errors
    /// As [`recall`](Self::recall).
    pub fn energy<'a, F: Interaction, K: Kernels>(&self, model: &BinaryModel<F, K>, state: impl Into<Signs<'a>>) -> Result<f64, Error> {
        let (patterns, state) = (self.patterns()?, state.into().state(self.neurons)?);
        model.energy(&patterns, &state.words, &mut Work::new(&patterns).scratch())
    }
}

/// Working memory on the heap for so many patterns and a state.
pub(crate) struct Work {
    overlaps: Vec<i32>,
    order: Vec<u32>,
    ends: Vec<u32>,
    weights: Vec<i64>,
    turned: Vec<u64>,
}

impl Work {
    pub(crate) fn new(patterns: &BinaryPatterns<'_>) -> Self {
        let (count, words) = (patterns.count(), words(patterns.neurons()));
        Self { overlaps: vec![0; count], order: vec![0; count], ends: vec![0; count], weights: vec![0; count], turned: vec![0; words] }
    }

    pub(crate) fn scratch(&mut self) -> BinaryScratch<'_> {
        BinaryScratch::new(&mut self.overlaps, &mut self.order, &mut self.ends, &mut self.weights).with_words(&mut self.turned)
    }
}
