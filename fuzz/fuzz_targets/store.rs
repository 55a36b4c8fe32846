//! Random operations on a store and on a store of pairs, against a list of rows.
//!
//! What is stored, what is handed back and why, and the largest norm, to the bit; a store that rejects is as it was.
#![no_main]

use arbitrary::{Result, Unstructured};
use basinet_core::{Error, PairStore, Patterns, Rejected, Store};
use basinet_fuzz::{bits, draw};
use libfuzzer_sys::fuzz_target;

/// What is done to a store; numbers are a pool's, so that rows repeat.
enum Operation {
    Insert(usize),
    Replace(usize, usize),
    Remove(usize),
    Clear,
}

/// A pool of numbers, and operations.
struct Case {
    pool: Vec<f32>,
    operations: Vec<Operation>,
}

impl Case {
    fn draw(bytes: &mut Unstructured<'_>) -> Result<Self> {
        let pool = draw::numbers(bytes, 64)?;
        let mut operations = Vec::new();
        while !bytes.is_empty() && operations.len() < 100 {
            let at = draw::below(bytes, 64)?;
            operations.push(match draw::below(bytes, 16)? {
                0..8 => Operation::Insert(at),
                8..11 => Operation::Replace(draw::below(bytes, 8)?, at),
                11..15 => Operation::Remove(at % 8),
                _ => Operation::Clear,
            });
        }
        Ok(Self { pool, operations })
    }

    fn row<const D: usize>(&self, at: usize) -> [f32; D] {
        core::array::from_fn(|i| self.pool[(at + i) % self.pool.len()])
    }
}

/// Why a row cannot be stored.
fn reason(row: &[f32]) -> Option<Error> {
    if let Some(index) = row.iter().position(|x| !x.is_finite()) {
        return Some(Error::PatternNotFinite { index });
    }
    // The squares of f32 are exact in f64, and their sum is far from its ends.
    let norm = row.iter().map(|&x| f64::from(x) * f64::from(x)).sum::<f64>().sqrt();
    (norm > f64::from(f32::MAX)).then_some(Error::NormOverflow)
}

/// The reason that comes first.
fn first<T>(place: Option<Error>, row: Option<Error>, then: impl FnOnce() -> T) -> std::result::Result<T, Error> {
    place.or(row).map_or_else(|| Ok(then()), Err)
}

fn rows_are<const M: usize, const D: usize>(store: &Store<M, D>, rows: &[[f32; D]]) {
    assert_eq!((store.len(), store.is_empty(), store.is_full()), (rows.len(), rows.is_empty(), rows.len() == M));
    assert_eq!(store.capacity(), M);
    for (i, row) in rows.iter().enumerate() {
        assert_eq!(store.row(i).map(|row| bits(row)), Some(bits(row)), "row {i}");
    }
    assert_eq!(store.row(rows.len()), None);
    let Ok(patterns) = store.patterns() else {
        assert!(rows.is_empty() && store.patterns().err() == Some(Error::Empty) && store.max_norm().to_bits() == 0);
        return;
    };
    assert_eq!((patterns.count(), patterns.dim()), (rows.len(), D));
    let again = Patterns::new(rows.as_flattened(), D).and_then(|patterns| patterns.max_norm());
    assert_eq!(again.map(f32::to_bits), Ok(store.max_norm().to_bits()), "the largest norm");
    let norm = |row: &[f32; D]| row.iter().map(|&x| f64::from(x) * f64::from(x)).sum::<f64>().sqrt();
    let exact = rows.iter().map(norm).fold(0.0, f64::max);
    let found = f64::from(store.max_norm());
    let above = exact * (1.0 + 1e-12);
    assert!(found >= exact * (1.0 - 1e-15) && found <= f64::from(above as f32) * (1.0 + 2e-7) + 2e-45, "{found:e} for the norm {exact:e}");
}

fn same_rejection<const D: usize>(rejected: &Rejected<[f32; D]>, row: &[f32; D], error: Error) {
    assert_eq!((bits(&rejected.row), rejected.error), (bits(row), error));
}

fn store<const M: usize, const D: usize>(case: &Case) {
    let (mut store, mut rows) = (Store::<M, D>::new(), Vec::<[f32; D]>::new());
    for operation in &case.operations {
        match *operation {
            Operation::Insert(at) => {
                let row = case.row(at);
                let full = (rows.len() == M).then_some(Error::StoreFull { capacity: M });
                match (store.insert(row), first(full, reason(&row), || rows.push(row))) {
                    (Ok(at), Ok(())) => assert_eq!(at + 1, rows.len()),
                    (Err(rejected), Err(error)) => same_rejection(&rejected, &row, error),
                    (found, expected) => panic!("insert: {found:?} where {expected:?}"),
                }
            }
            Operation::Replace(i, at) => {
                let row = case.row(at);
                let none = (i >= rows.len()).then_some(Error::NoSuchRow { row: i, count: rows.len() });
                match (store.replace(i, row), first(none, reason(&row), || core::mem::replace(&mut rows[i], row))) {
                    (Ok(found), Ok(old)) => assert_eq!(bits(&found), bits(&old)),
                    (Err(rejected), Err(error)) => same_rejection(&rejected, &row, error),
                    (found, expected) => panic!("replace: {found:?} where {expected:?}"),
                }
            }
            Operation::Remove(i) => {
                let removed = (i < rows.len()).then(|| rows.swap_remove(i));
                assert_eq!(store.remove(i).map(|row| bits(&row)), removed.map(|row| bits(&row)));
            }
            Operation::Clear => {
                store.clear();
                rows.clear();
            }
        }
        rows_are(&store, &rows);
    }
}

/// The reason against a pair: the key's first, and the value's numbers are counted on from the key's.
fn pair_reason(key: &[f32], value: &[f32]) -> Option<Error> {
    reason(key).or_else(|| match reason(value)? {
        Error::PatternNotFinite { index } => Some(Error::PatternNotFinite { index: key.len() + index }),
        error => Some(error),
    })
}

fn pairs<const M: usize, const D: usize, const V: usize>(case: &Case) {
    let mut store = PairStore::<M, D, V>::new();
    let (mut keys, mut values) = (Vec::<[f32; D]>::new(), Vec::<[f32; V]>::new());
    let pair = |at: usize| -> ([f32; D], [f32; V]) { (case.row(at), case.row(at * 7 + 3)) };
    let same = |found: &([f32; D], [f32; V]), key: &[f32], value: &[f32]| {
        assert_eq!((bits(&found.0), bits(&found.1)), (bits(key), bits(value)));
    };
    for operation in &case.operations {
        match *operation {
            Operation::Insert(at) => {
                let (key, value) = pair(at);
                let full = (keys.len() == M).then_some(Error::StoreFull { capacity: M });
                let push = || {
                    keys.push(key);
                    values.push(value);
                };
                match (store.insert(key, value), first(full, pair_reason(&key, &value), push)) {
                    (Ok(at), Ok(())) => assert_eq!(at + 1, keys.len()),
                    (Err(rejected), Err(error)) => {
                        same(&rejected.row, &key, &value);
                        assert_eq!(rejected.error, error);
                    }
                    (found, expected) => panic!("insert: {found:?} where {expected:?}"),
                }
            }
            Operation::Replace(i, at) => {
                let (key, value) = pair(at);
                let none = (i >= keys.len()).then_some(Error::NoSuchRow { row: i, count: keys.len() });
                let replace = || (core::mem::replace(&mut keys[i], key), core::mem::replace(&mut values[i], value));
                match (store.replace(i, key, value), first(none, pair_reason(&key, &value), replace)) {
                    (Ok(found), Ok((key, value))) => same(&found, &key, &value),
                    (Err(rejected), Err(error)) => {
                        same(&rejected.row, &key, &value);
                        assert_eq!(rejected.error, error);
                    }
                    (found, expected) => panic!("replace: {found:?} where {expected:?}"),
                }
            }
            Operation::Remove(i) => match (store.remove(i), i < keys.len()) {
                (Some(found), true) => same(&found, &keys.swap_remove(i), &values.swap_remove(i)),
                (found, there) => assert!(found.is_none() && !there, "remove {i}: {found:?}"),
            },
            Operation::Clear => {
                store.clear();
                keys.clear();
                values.clear();
            }
        }
        rows_are(store.keys(), &keys);
        rows_are(store.values(), &values);
    }
}

fuzz_target!(|data: &[u8]| {
    let Ok(case) = Case::draw(&mut Unstructured::new(data)) else { return };
    store::<1, 1>(&case);
    store::<5, 3>(&case);
    store::<8, 17>(&case);
    pairs::<4, 2, 1>(&case);
    pairs::<6, 1, 5>(&case);
});
