//! Patterns in fixed memory: a store that takes rows in, gives them back, and never holds what recall could not use.
//!
//! What a view finds out when it scores a row, a store finds out when the row comes in: every number is finite and every norm fits in f32.
//! What is not stored is handed back with the reason ([`Rejected`]). Rows lie one behind the other, on `heapless::Vec`; the largest norm,
//! which energies need, is kept beside them.

use crate::error::Error;
use crate::patterns::{Patterns, norm};
use core::{fmt, mem};
use heapless::Vec;

/// What was not stored, and why. The store is as it was.
///
/// ```
/// use basinet_core::{Error, Store};
/// let mut store = Store::<1, 2>::new();
/// let rejected = store.insert([1.0, f32::NAN]).unwrap_err();
/// assert_eq!(rejected.row[0], 1.0);
/// assert_eq!(rejected.error, Error::PatternNotFinite { index: 1 });
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rejected<T> {
    /// What was to be stored.
    pub row: T,
    /// Why it was not.
    pub error: Error,
}

impl<T> fmt::Display for Rejected<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "not stored: {}", self.error)
    }
}

impl<T: fmt::Debug> core::error::Error for Rejected<T> {}

/// Up to `M` patterns of `D` numbers each, in place: in a `static`, on a stack, in a struct. `4 M D` bytes and two numbers; no heap.
///
/// `D` is at least 1 and `M` at most 2^32 - 1, or it does not compile.
///
/// ```
/// use basinet_core::{Buffers, Model, Softmax, Store, beta};
/// let mut store = Store::<10, 3>::new();
/// store.insert([1.0, -1.0, 1.0])?;
/// store.insert([1.0, -1.0, -1.0])?;
/// let mut out = [0.0; 3];
/// Model::new(beta!(20.0), Softmax).step(&store.patterns()?, &[1.0, -1.0, 0.5], &mut out, &mut Buffers::<3, 0>::new().scratch())?;
/// assert_eq!(out, [1.0, -1.0, 1.0]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// ```compile_fail
/// basinet_core::Store::<10, 0>::new();
/// ```
#[derive(Clone, Debug)]
pub struct Store<const M: usize, const D: usize> {
    rows: Vec<[f32; D], M>,
    max_norm: f32,
}

impl<const M: usize, const D: usize> Store<M, D> {
    /// An empty store.
    ///
    /// ```
    /// use std::sync::Mutex;
    /// static STORE: Mutex<basinet_core::Store<100, 16>> = Mutex::new(basinet_core::Store::new());
    /// assert!(STORE.lock().unwrap().is_empty());
    /// ```
    pub const fn new() -> Self {
        const { assert!(D > 0, "a pattern has at least one number") };
        const { assert!(M as u64 <= u32::MAX as u64, "rows are counted in 32 bits") };
        Self { rows: Vec::new(), max_norm: 0.0 }
    }

    /// Puts a row behind the others and says which it is. O(D).
    ///
    /// # Errors
    /// The row and [`Error::StoreFull`], [`Error::PatternNotFinite`] or [`Error::NormOverflow`], the first of these that holds.
    ///
    /// ```
    /// use basinet_core::{Error, Store};
    /// let mut store = Store::<1, 2>::new();
    /// assert_eq!(store.insert([3.0, 4.0]), Ok(0));
    /// let rejected = store.insert([5.0, 6.0]).unwrap_err();
    /// assert_eq!((rejected.row, rejected.error), ([5.0, 6.0], Error::StoreFull { capacity: 1 }));
    /// ```
    pub fn insert(&mut self, row: [f32; D]) -> Result<usize, Rejected<[f32; D]>> {
        let full = Error::StoreFull { capacity: M };
        if self.is_full() {
            return Err(Rejected { row, error: full });
        }
        let norm = match checked_norm(&row) {
            Ok(norm) => norm,
            Err(error) => return Err(Rejected { row, error }),
        };
        let at = self.len();
        self.rows.push(row).map_err(|row| Rejected { row, error: full })?;
        self.raise(norm);
        Ok(at)
    }

    /// Puts a row in the place of row `i` and gives the old one back. O(D); O(M D) where a row with the largest norm goes.
    ///
    /// # Errors
    /// The new row and [`Error::NoSuchRow`], [`Error::PatternNotFinite`] or [`Error::NormOverflow`], the first of these that holds.
    ///
    /// ```
    /// let mut store = basinet_core::Store::<4, 2>::new();
    /// store.insert([3.0, 4.0])?;
    /// assert_eq!(store.replace(0, [0.0, 1.0])?, [3.0, 4.0]);
    /// assert_eq!((store.row(0), store.max_norm()), (Some(&[0.0, 1.0]), 1.0));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn replace(&mut self, i: usize, row: [f32; D]) -> Result<[f32; D], Rejected<[f32; D]>> {
        let count = self.len();
        let Some(place) = self.rows.get_mut(i) else {
            return Err(Rejected { row, error: Error::NoSuchRow { row: i, count } });
        };
        let norm = match checked_norm(&row) {
            Ok(norm) => norm,
            Err(error) => return Err(Rejected { row, error }),
        };
        let old = mem::replace(place, row);
        self.raise(norm);
        self.lower(&old);
        Ok(old)
    }

    /// Takes row `i` out; the last row takes its place and its number. `None` where there is no row `i`. O(D); O(M D) where a row with the
    /// largest norm goes.
    ///
    /// ```
    /// let mut store = basinet_core::Store::<4, 1>::new();
    /// for x in [1.0, 2.0, 3.0] {
    ///     store.insert([x])?;
    /// }
    /// assert_eq!(store.remove(0), Some([1.0]));
    /// assert_eq!((store.row(0), store.len()), (Some(&[3.0]), 2));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn remove(&mut self, i: usize) -> Option<[f32; D]> {
        if i >= self.len() {
            return None;
        }
        let last = self.rows.pop()?;
        let removed = match self.rows.get_mut(i) {
            Some(place) => mem::replace(place, last),
            None => last,
        };
        self.lower(&removed);
        Some(removed)
    }

    /// Takes all rows out. O(1).
    ///
    /// ```
    /// let mut store = basinet_core::Store::<4, 1>::new();
    /// store.insert([2.0])?;
    /// store.clear();
    /// assert_eq!((store.len(), store.max_norm()), (0, 0.0));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn clear(&mut self) {
        self.rows.clear();
        self.max_norm = 0.0;
    }

    /// Rows stored.
    ///
    /// ```
    /// assert_eq!(basinet_core::Store::<4, 2>::new().len(), 0);
    /// ```
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// True without a row.
    ///
    /// ```
    /// assert!(basinet_core::Store::<4, 2>::new().is_empty());
    /// ```
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// True where there is no room for another row.
    ///
    /// ```
    /// assert!(!basinet_core::Store::<4, 2>::new().is_full());
    /// ```
    pub fn is_full(&self) -> bool {
        self.rows.is_full()
    }

    /// Rows that there is room for: `M`.
    ///
    /// ```
    /// assert_eq!(basinet_core::Store::<4, 2>::new().capacity(), 4);
    /// ```
    pub const fn capacity(&self) -> usize {
        M
    }

    /// Row `i`.
    ///
    /// ```
    /// let mut store = basinet_core::Store::<4, 2>::new();
    /// store.insert([1.0, 2.0])?;
    /// assert_eq!((store.row(0), store.row(1)), (Some(&[1.0, 2.0]), None));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn row(&self, i: usize) -> Option<&[f32; D]> {
        self.rows.get(i)
    }

    /// A view of the rows, [`len`](Self::len) x `D`, to recall from. O(1).
    ///
    /// # Errors
    /// [`Error::Empty`] without a row.
    ///
    /// ```
    /// use basinet_core::{Error, Store};
    /// let mut store = Store::<4, 2>::new();
    /// assert_eq!(store.patterns().err(), Some(Error::Empty));
    /// store.insert([1.0, 2.0])?;
    /// assert_eq!(store.patterns()?.count(), 1);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn patterns(&self) -> Result<Patterns<'_>, Error> {
        Patterns::new(self.rows.as_slice().as_flattened(), D)
    }

    /// The largest Euclidean norm of a row, rounded up; 0 without a row. That of [`Patterns::max_norm`], bit for bit, without its pass.
    /// O(1).
    ///
    /// ```
    /// let mut store = basinet_core::Store::<4, 2>::new();
    /// store.insert([3.0, 4.0])?;
    /// assert_eq!(store.max_norm(), 5.0);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn max_norm(&self) -> f32 {
        self.max_norm
    }

    /// A row with this norm has come in.
    fn raise(&mut self, norm: f32) {
        self.max_norm = if norm > self.max_norm { norm } else { self.max_norm };
    }

    /// This row has gone.
    fn lower(&mut self, gone: &[f32; D]) {
        if norm(gone) < Some(self.max_norm) {
            return;
        }
        self.max_norm = 0.0;
        for i in 0..self.len() {
            let norm = self.row(i).and_then(|row| norm(row)).unwrap_or(0.0);
            self.raise(norm);
        }
    }
}

impl<const M: usize, const D: usize> Default for Store<M, D> {
    fn default() -> Self {
        Self::new()
    }
}

/// The norm of a row that may be stored.
fn checked_norm(row: &[f32]) -> Result<f32, Error> {
    match row.iter().position(|x| !x.is_finite()) {
        Some(index) => Err(Error::PatternNotFinite { index }),
        None => norm(row).ok_or(Error::NormOverflow),
    }
}

/// Up to `M` keys of `D` numbers, each with a value of `V` numbers: what hetero-association compares with, and what it reads out.
///
/// Two stores in step: key `i` belongs to value `i`, whatever is put in or taken out. `4 M (D + V)` bytes and four numbers. Values must be
/// finite and have a norm within f32, as keys must.
///
/// ```
/// use basinet_core::{Buffers, Model, PairStore, Sparsemax, beta};
/// let mut store = PairStore::<10, 3, 1>::new();
/// store.insert([1.0, -1.0, 1.0], [7.0])?;
/// store.insert([-1.0, 1.0, 1.0], [8.0])?;
/// let mut out = [0.0];
/// let (keys, values) = (store.keys().patterns()?, store.values().patterns()?);
/// Model::new(beta!(1.0), Sparsemax).read(&keys, &values, &[-0.9, 1.0, 0.5], &mut out, &mut Buffers::<3, 4>::new().scratch())?;
/// assert_eq!(out, [8.0]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct PairStore<const M: usize, const D: usize, const V: usize> {
    keys: Store<M, D>,
    values: Store<M, V>,
}

/// A key and its value.
type Pair<const D: usize, const V: usize> = ([f32; D], [f32; V]);

impl<const M: usize, const D: usize, const V: usize> PairStore<M, D, V> {
    /// An empty store.
    ///
    /// ```
    /// const EMPTY: basinet_core::PairStore<4, 2, 1> = basinet_core::PairStore::new();
    /// assert!(EMPTY.keys().is_empty() && EMPTY.values().is_empty());
    /// ```
    pub const fn new() -> Self {
        Self { keys: Store::new(), values: Store::new() }
    }

    /// Puts a pair behind the others and says which it is. O(D + V).
    ///
    /// # Errors
    /// The pair and the first reason that [`Store::insert`] has against the key, or else against the value, whose numbers are counted on
    /// from `D`.
    ///
    /// ```
    /// use basinet_core::{Error, PairStore};
    /// let mut store = PairStore::<4, 2, 1>::new();
    /// assert_eq!(store.insert([1.0, 2.0], [3.0]), Ok(0));
    /// let rejected = store.insert([1.0, 2.0], [f32::INFINITY]).unwrap_err();
    /// assert_eq!(rejected.error, Error::PatternNotFinite { index: 2 });
    /// assert_eq!(rejected.row, ([1.0, 2.0], [f32::INFINITY]));
    /// ```
    pub fn insert(&mut self, key: [f32; D], value: [f32; V]) -> Result<usize, Rejected<Pair<D, V>>> {
        let at = self.keys.insert(key).map_err(|rejected| of_key(rejected, value))?;
        match self.values.insert(value) {
            Ok(_) => Ok(at),
            Err(rejected) => {
                self.keys.remove(at);
                Err(of_value(rejected, key))
            }
        }
    }

    /// Puts a pair in the place of pair `i` and gives the old one back. O(D + V); O(M (D + V)) where a row with the largest norm goes.
    ///
    /// # Errors
    /// The new pair and the first reason that [`Store::replace`] has against the key, or else against the value, as in
    /// [`insert`](Self::insert).
    ///
    /// ```
    /// let mut store = basinet_core::PairStore::<4, 2, 1>::new();
    /// store.insert([1.0, 2.0], [3.0])?;
    /// assert_eq!(store.replace(0, [4.0, 5.0], [6.0])?, ([1.0, 2.0], [3.0]));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn replace(&mut self, i: usize, key: [f32; D], value: [f32; V]) -> Result<Pair<D, V>, Rejected<Pair<D, V>>> {
        let old_key = self.keys.replace(i, key).map_err(|rejected| of_key(rejected, value))?;
        match self.values.replace(i, value) {
            Ok(old_value) => Ok((old_key, old_value)),
            Err(rejected) => {
                let _ = self.keys.replace(i, old_key);
                Err(of_value(rejected, key))
            }
        }
    }

    /// Takes pair `i` out; the last pair takes its place and its number. `None` where there is no pair `i`. As [`Store::remove`].
    ///
    /// ```
    /// let mut store = basinet_core::PairStore::<4, 2, 1>::new();
    /// store.insert([1.0, 2.0], [3.0])?;
    /// assert_eq!(store.remove(0), Some(([1.0, 2.0], [3.0])));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn remove(&mut self, i: usize) -> Option<Pair<D, V>> {
        Some((self.keys.remove(i)?, self.values.remove(i)?))
    }

    /// Takes all pairs out. O(1).
    ///
    /// ```
    /// let mut store = basinet_core::PairStore::<4, 1, 1>::new();
    /// store.insert([1.0], [2.0])?;
    /// store.clear();
    /// assert!(store.keys().is_empty() && store.values().is_empty());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn clear(&mut self) {
        self.keys.clear();
        self.values.clear();
    }

    /// The keys: how many there are, the view to compare with, the largest norm.
    ///
    /// ```
    /// assert_eq!(basinet_core::PairStore::<4, 2, 1>::new().keys().capacity(), 4);
    /// ```
    pub const fn keys(&self) -> &Store<M, D> {
        &self.keys
    }

    /// The values, in the order of their keys.
    ///
    /// ```
    /// assert_eq!(basinet_core::PairStore::<4, 2, 1>::new().values().row(0), None);
    /// ```
    pub const fn values(&self) -> &Store<M, V> {
        &self.values
    }
}

impl<const M: usize, const D: usize, const V: usize> Default for PairStore<M, D, V> {
    fn default() -> Self {
        Self::new()
    }
}

/// The pair whose key was rejected.
fn of_key<const D: usize, const V: usize>(key: Rejected<[f32; D]>, value: [f32; V]) -> Rejected<Pair<D, V>> {
    Rejected { row: (key.row, value), error: key.error }
}

/// The pair whose value was rejected: its numbers stand behind those of the key.
fn of_value<const D: usize, const V: usize>(value: Rejected<[f32; V]>, key: [f32; D]) -> Rejected<Pair<D, V>> {
    let error = match value.error {
        Error::PatternNotFinite { index } => Error::PatternNotFinite { index: D.saturating_add(index) },
        error => error,
    };
    Rejected { row: (key, value.row), error }
}
