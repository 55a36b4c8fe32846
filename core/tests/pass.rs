//! Passes: the same bits as a step for every cut that the contract promises them for, and within its bound for every other.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::disallowed_methods,
    reason = "a test may fail, and its reference uses the system's functions"
)]

mod common;

use basinet_core::{CHUNK, Constrained, Dispatch, Dot, Error, Kernels, Model, Patterns, Separation, Softmax, Sparsemax};
use common::passes::{DIM, assert_close, ended, memory, merged, model, rows, shards, updated, whole};
use common::{Numbers, Work, bits, cases};
use proptest::prelude::*;

/// Three whole chunks and a part of one.
const ROWS: usize = 3 * CHUNK + 777;

const BETAS: [f32; 4] = [0.01, 1.0, 8.0, 100.0];

#[test]
fn a_step_is_begin_update_normaliser_read_out_finish() {
    for count in [1, 63, 64, 65, 200, CHUNK - 1, CHUNK, CHUNK + 1, 2 * CHUNK, ROWS] {
        on_every_backend!(|kernels| [count: usize = count] -> () {
            let (data, query) = memory(count, 1);
            for beta in BETAS {
                let (soft, sparse) = (model(Softmax, beta, kernels), model(Sparsemax, beta, kernels));
                assert_eq!(updated(&soft, &data, &query, &[], 0), whole(&soft, &data, &query), "softmax, {count} rows, beta {beta}");
                assert_eq!(updated(&sparse, &data, &query, &[], count), whole(&sparse, &data, &query), "sparsemax, {count} rows, beta {beta}");
            }
        });
    }
}

#[test]
fn pairs_of_keys_and_values_are_read_as_by_read() {
    fn check<S: Separation, K: Kernels>(model: Model<S, Dot, K>, candidates: usize) {
        let ((keys, query), values) = (memory(300, 2), Numbers(3).numbers(300 * 5));
        let (keys, values) = (rows(&keys, 0, 300), Patterns::new(&values, 5).unwrap());
        let (mut work, mut expected, mut out) = (Work::new(5, candidates), [0.0; 5], [0.0; 5]);
        let step = model.read(&keys, &values, &query, &mut expected, &mut work.scratch()).unwrap();
        let mut pass = model.begin(&query, 5, work.scratch()).unwrap();
        pass.update_pairs(0, &keys, &values).unwrap();
        let normaliser = pass.normaliser().unwrap();
        pass.read_out(&normaliser, 0, &values).unwrap();
        assert_eq!(pass.finish(&normaliser, &mut out).unwrap(), step);
        assert_eq!(bits(&out), bits(&expected));
    }
    on_every_backend!(|kernels| [] -> () {
        check(model(Softmax, 2.0, kernels), 0);
        check(model(Sparsemax, 2.0, kernels), 300);
    });
}

#[test]
fn passes_over_one_chunk_each_merged_in_row_order_have_the_bits_of_the_whole() {
    for count in [CHUNK + 1, 2 * CHUNK, ROWS] {
        on_every_backend!(|kernels| [count: usize = count] -> () {
            let (data, query) = memory(count, 4);
            let chunks = shards(count, &[CHUNK, 2 * CHUNK, 3 * CHUNK]);
            for beta in BETAS {
                let (soft, sparse) = (model(Softmax, beta, kernels), model(Sparsemax, beta, kernels));
                assert_eq!(merged(&soft, &data, &query, &chunks), whole(&soft, &data, &query), "softmax, beta {beta}");
                assert_eq!(merged(&sparse, &data, &query, &chunks), whole(&sparse, &data, &query), "sparsemax, beta {beta}");
            }
        });
    }
}

#[test]
fn parts_of_a_memory_merged_alike_have_the_bits_of_the_whole() {
    fn check<S: Separation>(separation: S) {
        let ((data, query), model) = (memory(ROWS, 9), model(separation, 3.0, Dispatch));
        let all = rows(&data, 0, ROWS);
        let (mut one, mut two) = (Work::new(DIM, ROWS), Work::new(DIM, ROWS));
        let mut total = model.begin(&query, DIM, one.scratch()).unwrap();
        for first in (0..ROWS).step_by(CHUNK) {
            let mut pass = model.begin(&query, DIM, two.scratch()).unwrap();
            pass.update_part(first..ROWS.min(first + CHUNK), &all, &all).unwrap();
            total.merge_alike(&pass).unwrap();
        }
        assert_eq!(total.update_part(0..ROWS + 1, &all, &all), Err(Error::NoSuchRow { row: ROWS + 1, count: ROWS }));
        let narrow = model.begin(&query, DIM - 1, two.scratch()).unwrap();
        assert_eq!(total.merge_alike(&narrow), Err(Error::UnlikePasses));
        assert_eq!(ended(total, &data, &[]), whole(&model, &data, &query));
    }
    check(Softmax);
    check(Sparsemax);
}

#[test]
fn an_empty_pass_merged_with_others_or_into_another_changes_no_bit() {
    fn check<S: Separation + PartialEq>(model: &Model<S>) {
        let (data, query) = memory(ROWS, 5);
        let mut works = [(); 3].map(|()| Work::new(DIM, ROWS));
        let [mut total, empty, mut all] = works.each_mut().map(|work| model.begin(&query, DIM, work.scratch()).unwrap());
        all.update(0, &rows(&data, 0, ROWS)).unwrap();
        total.merge(&empty).unwrap();
        total.merge(&all).unwrap();
        total.merge(&empty).unwrap();
        assert_eq!(ended(total, &data, &[]), whole(model, &data, &query));
    }
    check(&model(Softmax, 2.0, Dispatch));
    check(&model(Sparsemax, 2.0, Dispatch));
}

#[test]
fn a_row_that_ties_with_the_winner_loses_if_it_is_higher_whatever_the_order() {
    fn check<S: Separation + PartialEq>(separation: S) {
        let (model, query) = (model(separation, 5.0, Dispatch), [1.0, 0.0, 0.0]);
        let mut data = vec![0.0; 300 * DIM];
        [70, 71, 130, 299].iter().for_each(|row| data[row * DIM] = 1.0);
        for shards in [[(0, 64), (64, 128), (128, 300)], [(128, 300), (64, 128), (0, 64)], [(128, 300), (0, 64), (64, 128)]] {
            let found = merged(&model, &data, &query, &shards).1;
            assert_eq!((found.winner, found.gap), (70, 0.0), "merged: {shards:?}");
            let mut work = Work::new(DIM, 300);
            let mut pass = model.begin(&query, DIM, work.scratch()).unwrap();
            shards.iter().for_each(|&(from, to)| pass.update(from, &rows(&data, from, to)).unwrap());
            let found = ended(pass, &data, &[]).1;
            assert_eq!((found.winner, found.gap), (70, 0.0), "updated: {shards:?}");
        }
    }
    check(Softmax);
    check(Sparsemax);
}

#[test]
fn tied_rows_may_have_unlike_weights_and_the_winners_alone_is_left_out_of_the_rest() {
    let (query, mut data) = ([1.0, 0.0, 0.0], vec![0.0; 128 * DIM]);
    [0, 64].iter().for_each(|row| data[row * DIM] = 1.0);
    // The winner has next to no cap, or one so small that it has no weight at all; the row tied with it has the rest.
    for (cap, own) in [(1e-3, 1e-3f32), (1e-40, 0.0)] {
        let mut caps = vec![1e-6; 128];
        (caps[0], caps[64]) = (cap, 1.0);
        let model = model(Constrained::new(&caps).unwrap(), 8.0, Dispatch);
        for parts in [[(0, 64), (64, 128)], [(64, 128), (0, 64)]] {
            let mut work = Work::new(DIM, 128);
            let mut pass = model.begin(&query, DIM, work.scratch()).unwrap();
            parts.iter().for_each(|&(from, to)| pass.update(from, &rows(&data, from, to)).unwrap());
            let found = ended(pass, &data, &[]).1;
            assert_eq!((found.winner, found.weight), (0, own), "{parts:?}");
            assert!((found.rest - (1.0 - own)).abs() < 1e-6, "{parts:?}: {found:?}");
        }
    }
}

#[test]
fn a_pass_can_be_finished_and_then_take_in_more_rows() {
    fn check<S: Separation>(separation: S) {
        let ((data, query), model) = (memory(2 * CHUNK, 6), model(separation, 2.0, Dispatch));
        let mut work = Work::new(DIM, 2 * CHUNK);
        let mut pass = model.begin(&query, DIM, work.scratch()).unwrap();
        pass.update(0, &rows(&data, 0, CHUNK)).unwrap();
        let (normaliser, mut out) = (pass.normaliser().unwrap(), [0.0; DIM]);
        pass.read_out(&normaliser, 0, &rows(&data, 0, CHUNK)).unwrap();
        let step = pass.finish(&normaliser, &mut out).unwrap();
        assert_eq!((bits(&out), step), whole(&model, &data[..CHUNK * DIM], &query), "after the first chunk");
        pass.update(CHUNK, &rows(&data, CHUNK, 2 * CHUNK)).unwrap();
        assert_eq!(ended(pass, &data, &[]), whole(&model, &data, &query), "after both");
    }
    check(Softmax);
    check(Sparsemax);
}

proptest! {
    #![proptest_config(cases(48))]

    #[test]
    fn one_pass_updated_in_calls_cut_at_block_ends_has_the_bits_of_the_whole(
        count in 1usize..6000, cuts in prop::collection::vec(0usize..100, 0..6), beta in 0usize..4, seed: u64,
    ) {
        let (data, query) = memory(count, seed);
        let cuts: Vec<usize> = cuts.iter().map(|cut| cut * 64).collect();
        let (soft, sparse) = (model(Softmax, BETAS[beta], Dispatch), model(Sparsemax, BETAS[beta], Dispatch));
        prop_assert_eq!(updated(&soft, &data, &query, &cuts, 0), whole(&soft, &data, &query));
        prop_assert_eq!(updated(&sparse, &data, &query, &cuts, count), whole(&sparse, &data, &query));
    }

    #[test]
    fn a_sparse_pass_has_the_bits_of_the_whole_for_any_cut_and_for_passes_merged_in_row_order(
        count in 1usize..2000, cuts in prop::collection::vec(0usize..2000, 0..6), beta in 0usize..4, seed: u64,
    ) {
        let ((data, query), model) = (memory(count, seed), model(Sparsemax, BETAS[beta], Dispatch));
        let expected = whole(&model, &data, &query);
        prop_assert_eq!(updated(&model, &data, &query, &cuts, count), expected.clone());
        prop_assert_eq!(merged(&model, &data, &query, &shards(count, &cuts)), expected);
    }

    #[test]
    fn any_cut_and_any_order_is_right_within_the_bound(
        count in 1usize..6000, cuts in prop::collection::vec(0usize..6000, 0..6), beta in 0usize..4, seed: u64, turn in 0usize..6, back: bool,
    ) {
        let ((data, query), beta) = (memory(count, seed), BETAS[beta]);
        let mut shards = shards(count, &cuts);
        let turn = turn % shards.len();
        shards.rotate_left(turn);
        if back {
            shards.reverse();
        }
        let (soft, sparse) = (model(Softmax, beta, Dispatch), model(Sparsemax, beta, Dispatch));
        let what = format!("{shards:?}");
        assert_close(&merged(&soft, &data, &query, &shards), &whole(&soft, &data, &query), &data, &query, beta, &what);
        assert_close(&merged(&sparse, &data, &query, &shards), &whole(&sparse, &data, &query), &data, &query, beta, &what);
        assert_close(&updated(&soft, &data, &query, &cuts, 0), &whole(&soft, &data, &query), &data, &query, beta, &what);
    }

    #[test]
    fn rows_that_are_read_out_shard_by_shard_have_the_bits_of_the_whole(
        count in 1usize..6000, cuts in prop::collection::vec(0usize..6000, 0..6), beta in 0usize..4, seed: u64,
    ) {
        let ((data, query), model) = (memory(count, seed), model(Sparsemax, BETAS[beta], Dispatch));
        let mut work = Work::new(DIM, count);
        let mut pass = model.begin(&query, DIM, work.scratch()).unwrap();
        pass.update(0, &rows(&data, 0, count)).unwrap();
        prop_assert_eq!(ended(pass, &data, &cuts), whole(&model, &data, &query));
    }

    #[test]
    fn a_sparse_pass_in_little_room_is_that_of_exactly_the_rows_it_took(
        count in 1usize..3000, room in 0usize..200, beta in 0usize..4, seed: u64,
    ) {
        let ((data, query), model) = (memory(count, seed), model(Sparsemax, BETAS[beta], Dispatch));
        let mut work = Work::new(DIM, room);
        let mut pass = model.begin(&query, DIM, work.scratch()).unwrap();
        let consumed = match pass.update(0, &rows(&data, 0, count)) {
            Ok(()) => count,
            Err(Error::Full { consumed }) => consumed,
            Err(other) => return Err(TestCaseError::fail(other.to_string())),
        };
        prop_assert!(consumed <= count && (consumed == count || consumed % 64 == 0));
        if consumed > 0 {
            let taken = &data[..consumed * DIM];
            prop_assert_eq!(ended(pass, taken, &[]), whole(&model, taken, &query));
        }
    }
}
