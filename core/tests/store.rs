//! The fixed store: what comes in is what is there, what does not comes back, and the largest norm is always that of the rows.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::disallowed_methods,
    reason = "a test may fail, and its reference uses the system's functions"
)]

mod common;

use basinet_core::{Buffers, Error, Model, PairStore, Rejected, Softmax, Store, beta};
use common::{bits, cases};
use proptest::prelude::*;
use std::sync::Mutex;

const M: usize = 5;
const D: usize = 3;
const V: usize = 2;

type Pair = ([f32; D], [f32; V]);

/// Something to do to a store.
#[derive(Clone, Debug)]
enum Op {
    Insert([f32; D], [f32; V]),
    Replace(usize, [f32; D], [f32; V]),
    Remove(usize),
    Clear,
}

/// Few different numbers, so that norms are often equal, and some that may not be stored.
fn number() -> impl Strategy<Value = f32> {
    prop_oneof![
        30 => prop::sample::select(vec![0.0f32, -0.0, 1.0, -1.0, 2.0, 0.1, 1e30, 1e-40]),
        10 => -100.0..100.0f32,
        1 => prop::sample::select(vec![f32::NAN, f32::INFINITY, f32::NEG_INFINITY, 3e38]),
    ]
}

fn numbers<const N: usize>() -> impl Strategy<Value = [f32; N]> {
    prop::collection::vec(number(), N).prop_map(|v| v.try_into().unwrap())
}

fn op() -> impl Strategy<Value = Op> {
    prop_oneof![
        6 => (numbers(), numbers()).prop_map(|(key, value)| Op::Insert(key, value)),
        4 => (0..M + 1, numbers(), numbers()).prop_map(|(i, key, value)| Op::Replace(i, key, value)),
        3 => (0..M + 1).prop_map(Op::Remove),
        1 => Just(Op::Clear),
    ]
}

/// Why a row may not be stored.
fn wrong(row: &[f32]) -> Option<Error> {
    let norm = row.iter().map(|&x| f64::from(x).powi(2)).sum::<f64>().sqrt();
    let index = row.iter().position(|x| !x.is_finite());
    index.map(|index| Error::PatternNotFinite { index }).or((norm > f64::from(f32::MAX)).then_some(Error::NormOverflow))
}

/// Why a pair may not be stored.
fn wrong_pair(key: &[f32], value: &[f32]) -> Option<Error> {
    let value = wrong(value).map(|error| match error {
        Error::PatternNotFinite { index } => Error::PatternNotFinite { index: D + index },
        error => error,
    });
    wrong(key).or(value)
}

/// The store holds exactly these rows, and says so in every way it can.
fn holds<const N: usize>(store: &Store<M, N>, rows: &[[f32; N]]) {
    assert_eq!((store.len(), store.is_empty(), store.is_full()), (rows.len(), rows.is_empty(), rows.len() == M));
    assert_eq!(store.capacity(), M);
    for (i, row) in rows.iter().enumerate() {
        assert_eq!(bits(store.row(i).unwrap()), bits(row), "row {i}");
    }
    assert_eq!(store.row(rows.len()), None);
    let Ok(patterns) = store.patterns() else {
        assert!(rows.is_empty() && store.patterns().err() == Some(Error::Empty));
        assert_eq!(store.max_norm().to_bits(), 0);
        return;
    };
    assert_eq!((patterns.count(), patterns.dim()), (rows.len(), N));
    for (i, row) in rows.iter().enumerate() {
        assert_eq!(bits(patterns.row(i).unwrap()), bits(row), "row {i} of the view");
    }
    assert_eq!(store.max_norm(), patterns.max_norm().unwrap());
    let largest = rows.iter().map(|row| row.iter().map(|&x| f64::from(x).powi(2)).sum::<f64>().sqrt()).fold(0.0, f64::max);
    let found = f64::from(store.max_norm());
    assert!(found >= largest * (1.0 - 1e-15) && found <= largest * (1.0 + 1.2e-7) + 2f64.powi(-149), "norm {found:e} for {largest:e}");
}

/// What was handed back is what was offered, bit for bit.
fn handed_back<const N: usize>(found: Result<(), Rejected<[f32; N]>>, error: Error, row: &[f32; N]) {
    let rejected = found.unwrap_err();
    assert_eq!((rejected.error, bits(&rejected.row)), (error, bits(row)));
}

fn pair_handed_back(found: Result<(), Rejected<Pair>>, error: Error, key: &[f32; D], value: &[f32; V]) {
    let rejected = found.unwrap_err();
    assert_eq!((rejected.error, bits(&rejected.row.0), bits(&rejected.row.1)), (error, bits(key), bits(value)));
}

proptest! {
    #![proptest_config(cases(1000))]

    #[test]
    fn a_store_is_a_vector_of_fixed_capacity(ops in prop::collection::vec(op(), 0..40)) {
        let (mut store, mut model) = (Store::<M, D>::new(), Vec::new());
        for op in ops {
            match op {
                Op::Insert(row, _) if model.len() == M => handed_back(store.insert(row).map(drop), Error::StoreFull { capacity: M }, &row),
                Op::Insert(row, _) => match wrong(&row) {
                    Some(error) => handed_back(store.insert(row).map(drop), error, &row),
                    None => {
                        prop_assert_eq!(store.insert(row), Ok(model.len()));
                        model.push(row);
                    }
                },
                Op::Replace(i, row, _) if i >= model.len() => {
                    handed_back(store.replace(i, row).map(drop), Error::NoSuchRow { row: i, count: model.len() }, &row);
                }
                Op::Replace(i, row, _) => match wrong(&row) {
                    Some(error) => handed_back(store.replace(i, row).map(drop), error, &row),
                    None => prop_assert_eq!(bits(&store.replace(i, row).unwrap()), bits(&std::mem::replace(&mut model[i], row))),
                },
                Op::Remove(i) if i >= model.len() => prop_assert_eq!(store.remove(i), None),
                Op::Remove(i) => prop_assert_eq!(bits(&store.remove(i).unwrap()), bits(&model.swap_remove(i))),
                Op::Clear => {
                    store.clear();
                    model.clear();
                }
            }
            holds(&store, &model);
        }
    }

    #[test]
    fn keys_and_values_stay_in_step(ops in prop::collection::vec(op(), 0..40)) {
        let mut store = PairStore::<M, D, V>::new();
        let (mut keys, mut values) = (Vec::new(), Vec::new());
        for op in ops {
            match op {
                Op::Insert(key, value) => {
                    let full = (keys.len() == M).then_some(Error::StoreFull { capacity: M });
                    match full.or(wrong_pair(&key, &value)) {
                        Some(error) => pair_handed_back(store.insert(key, value).map(drop), error, &key, &value),
                        None => {
                            prop_assert_eq!(store.insert(key, value), Ok(keys.len()));
                            keys.push(key);
                            values.push(value);
                        }
                    }
                }
                Op::Replace(i, key, value) => {
                    let absent = (i >= keys.len()).then_some(Error::NoSuchRow { row: i, count: keys.len() });
                    match absent.or(wrong_pair(&key, &value)) {
                        Some(error) => pair_handed_back(store.replace(i, key, value).map(drop), error, &key, &value),
                        None => {
                            let (old_key, old_value) = store.replace(i, key, value).unwrap();
                            prop_assert_eq!(bits(&old_key), bits(&std::mem::replace(&mut keys[i], key)));
                            prop_assert_eq!(bits(&old_value), bits(&std::mem::replace(&mut values[i], value)));
                        }
                    }
                }
                Op::Remove(i) if i >= keys.len() => prop_assert_eq!(store.remove(i), None),
                Op::Remove(i) => {
                    let (key, value) = store.remove(i).unwrap();
                    prop_assert_eq!(bits(&key), bits(&keys.swap_remove(i)));
                    prop_assert_eq!(bits(&value), bits(&values.swap_remove(i)));
                }
                Op::Clear => {
                    store.clear();
                    keys.clear();
                    values.clear();
                }
            }
            holds(store.keys(), &keys);
            holds(store.values(), &values);
        }
    }
}

#[test]
fn the_largest_norm_is_that_of_the_rows_left() {
    let mut store = Store::<4, 2>::new();
    for (row, norm) in [([3.0, 4.0], 5.0), ([0.0, 1.0], 5.0), ([-6.0, 8.0], 10.0), ([6.0, -8.0], 10.0)] {
        store.insert(row).unwrap();
        assert_eq!(store.max_norm(), norm);
    }
    assert_eq!((store.remove(2), store.max_norm()), (Some([-6.0, 8.0]), 10.0));
    assert_eq!((store.remove(2), store.max_norm()), (Some([6.0, -8.0]), 5.0));
    assert_eq!((store.replace(0, [0.0, 0.5]).unwrap(), store.max_norm()), ([3.0, 4.0], 1.0));
    assert_eq!((store.replace(1, [0.0, 7.0]).unwrap(), store.max_norm()), ([0.0, 1.0], 7.0));
    assert_eq!((store.remove(0), store.max_norm()), (Some([0.0, 0.5]), 7.0));
    assert_eq!((store.remove(0), store.max_norm()), (Some([0.0, 7.0]), 0.0));
}

#[test]
fn the_largest_norm_is_rounded_up() {
    let mut store = Store::<1, 2>::new();
    store.insert([1.0, 1.0]).unwrap();
    let found = f64::from(store.max_norm());
    assert!(found * found >= 2.0 && found < 2f64.sqrt() + 2f64.powi(-23), "{found}");
}

#[test]
fn a_norm_beyond_f32_is_refused_although_every_number_is_finite() {
    let row = [f32::MAX, f32::MAX];
    let mut store = Store::<1, 2>::new();
    assert_eq!(store.insert(row), Err(Rejected { row, error: Error::NormOverflow }));
    store.insert([f32::MAX, 0.0]).unwrap();
    assert_eq!(store.max_norm(), f32::MAX);
    assert_eq!(store.replace(0, row), Err(Rejected { row, error: Error::NormOverflow }));
    assert_eq!(store.row(0), Some(&[f32::MAX, 0.0]));
}

#[test]
fn a_full_store_hands_back_the_row_and_one_without_room_is_always_full() {
    let mut none = Store::<0, 1>::new();
    assert!(none.is_empty() && none.is_full());
    assert_eq!(none.insert([1.0]), Err(Rejected { row: [1.0], error: Error::StoreFull { capacity: 0 } }));
    // That it is full comes before what else is wrong.
    assert_eq!(none.insert([f32::INFINITY]).unwrap_err().error, Error::StoreFull { capacity: 0 });
}

#[test]
fn a_static_store_is_filled_and_recalled_from() {
    static STORE: Mutex<Store<70, 4>> = Mutex::new(Store::new());
    static PAIRS: Mutex<PairStore<3, 2, 1>> = Mutex::new(PairStore::new());
    let mut store = STORE.lock().unwrap();
    for i in 0..70u32 {
        let row = [0, 1, 2, 3].map(|j| if (i + 1) >> j & 1 == 1 { 1.0 } else { -1.0 } * (1.0 + i as f32));
        assert_eq!(store.insert(row), Ok(i as usize));
    }
    let (query, mut out) = (*store.row(69).unwrap(), [0.0; 4]);
    let step = Model::new(beta!(20.0), Softmax).step(&store.patterns().unwrap(), &query, &mut out, &mut Buffers::<4, 0>::new().scratch());
    assert_eq!((step.unwrap().winner, out), (69, query));
    let mut pairs = PAIRS.lock().unwrap();
    pairs.insert([1.0, 2.0], [3.0]).unwrap();
    assert_eq!((pairs.keys().row(0), pairs.values().row(0)), (Some(&[1.0, 2.0]), Some(&[3.0])));
}

#[test]
fn default_stores_are_empty() {
    assert!(Store::<2, 1>::default().is_empty() && PairStore::<2, 1, 1>::default().keys().is_empty());
}

#[test]
fn a_rejection_says_why() {
    let say = |error| {
        let rejected: Box<dyn std::error::Error> = Box::new(Rejected { row: [0.5f32], error });
        assert!(format!("{rejected:?}").contains("0.5"));
        rejected.to_string()
    };
    assert_eq!(say(Error::StoreFull { capacity: 7 }), "not stored: the store is full: it holds 7 rows");
    assert_eq!(say(Error::NoSuchRow { row: 7, count: 5 }), "not stored: there is no row 7 among 5");
    assert_eq!(say(Error::PatternNotFinite { index: 3 }), "not stored: number 3 of the pattern is NaN or infinite");
    assert_eq!(say(Error::NormOverflow), "not stored: the norm of the pattern is beyond f32");
}
