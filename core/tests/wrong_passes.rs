//! Wrong input to a pass: a typed error, and the pass is then as if the call had not been made, or had been made with what it consumed.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::disallowed_methods,
    reason = "a test may fail, and its reference uses the system's functions"
)]

mod common;

use basinet_core::{Beta, Dispatch, Dot, Error, Kernels, Model, Pass, Patterns, Separation, Softmax, Sparsemax, Step};
use common::{Numbers, Work, bits};

const ROWS: usize = 200;
const DIM: usize = 3;

type Ended = (Vec<u32>, Step);

/// Rows, and a query that nothing is wrong with.
fn memory() -> (Vec<f32>, Vec<f32>) {
    let mut numbers = Numbers(31);
    (numbers.numbers(ROWS * DIM), numbers.numbers(DIM))
}

fn model<S: Separation, K: Kernels>(separation: S, beta: f32, kernels: K) -> Model<S, Dot, K> {
    Model::new(Beta::new(beta).unwrap(), separation).on(kernels)
}

/// Ends a pass over the first of `rows`, which are its values too.
fn ended<S: Separation, K: Kernels>(mut pass: Pass<'_, S, Dot, K>, rows: &[f32]) -> Result<Ended, Error> {
    let normaliser = pass.normaliser()?;
    pass.read_out(&normaliser, 0, &Patterns::new(rows, DIM)?)?;
    let mut out = [0.0; DIM];
    let step = pass.finish(&normaliser, &mut out)?;
    Ok((bits(&out), step))
}

/// What a pass over the first `n` rows gives, and what it gives when `disturb` comes in between row 64 and the rest.
fn disturbed<S: Separation, K: Kernels>(separation: S, kernels: K, candidates: usize, disturb: impl FnOnce(&mut Pass<'_, S, Dot, K>)) {
    let (data, query) = memory();
    let model = model(separation, 3.0, kernels);
    let rows = |from: usize, to: usize| Patterns::new(&data[from * DIM..to * DIM], DIM).unwrap();
    let (mut one, mut two) = (Work::new(DIM, candidates), Work::new(DIM, candidates));
    let mut calm = model.begin(&query, DIM, one.scratch()).unwrap();
    let mut pass = model.begin(&query, DIM, two.scratch()).unwrap();
    calm.update(0, &rows(0, 64)).unwrap();
    calm.update(64, &rows(64, ROWS)).unwrap();
    pass.update(0, &rows(0, 64)).unwrap();
    disturb(&mut pass);
    pass.update(64, &rows(64, ROWS)).unwrap();
    assert_eq!(ended(pass, &data).unwrap(), ended(calm, &data).unwrap(), "the pass has changed");
}

/// A call that changes nothing, on every backend, for every separation.
macro_rules! changes_nothing {
    (|$pass:ident| $body:block) => {
        on_every_backend!(|kernels| [] -> () {
            disturbed(Softmax, kernels, 0, |$pass| $body);
            disturbed(Sparsemax, kernels, ROWS, |$pass| $body);
            disturbed(Sparsemax, kernels, 64, |$pass| $body);
        });
    };
}

#[test]
fn update_refuses_rows_of_another_length() {
    changes_nothing!(|pass| {
        let zeros = [0.0; 12];
        for dim in [1, 2, 4, 12] {
            let (rows, right) = (Patterns::new(&zeros, dim).unwrap(), Patterns::new(&zeros, DIM).unwrap());
            let error = Err(Error::Length { expected: DIM, found: dim });
            assert_eq!(pass.update(64, &rows), error);
            assert_eq!(pass.update_pairs(64, &rows, &right), error, "keys");
            assert_eq!(pass.update_pairs(64, &right, &rows), error, "values");
        }
        let (four, three) = (Patterns::new(&zeros, DIM).unwrap(), Patterns::new(&zeros[3..], DIM).unwrap());
        assert_eq!(pass.update_pairs(64, &four, &three), Err(Error::Length { expected: 4, found: 3 }), "their numbers");
    });
}

#[test]
fn update_refuses_rows_that_cannot_be_counted() {
    changes_nothing!(|pass| {
        let rows = Patterns::new(&[9.0; 6], DIM).unwrap();
        for first in [u32::MAX as usize - 1, u32::MAX as usize, 1 << 32, usize::MAX - 1, usize::MAX] {
            assert_eq!(pass.update(first, &rows), Err(Error::TooLarge), "from row {first}");
        }
    });
}

#[test]
fn update_names_a_row_that_is_not_finite_and_does_not_take_in_its_block() {
    changes_nothing!(|pass| {
        for strange in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY] {
            for row in [0, 17, 63] {
                let mut data = vec![50.0; 64 * DIM];
                data[row * DIM + 1] = strange;
                let rows = Patterns::new(&data, DIM).unwrap();
                assert_eq!(pass.update(64, &rows), Err(Error::ScoreNotFinite { row: 64 + row }));
            }
        }
    });
}

#[test]
fn update_takes_in_the_blocks_before_a_row_that_is_not_finite() {
    fn check<S: Separation, K: Kernels>(separation: S, kernels: K) {
        let (mut data, query) = memory();
        let good = data.clone();
        data[150 * DIM] = f32::NAN;
        let (mut one, mut two) = (Work::new(DIM, ROWS), Work::new(DIM, ROWS));
        let mut broken = model(separation, 3.0, kernels).begin(&query, DIM, one.scratch()).unwrap();
        let mut short = model(separation, 3.0, kernels).begin(&query, DIM, two.scratch()).unwrap();
        assert_eq!(broken.update(0, &Patterns::new(&data, DIM).unwrap()), Err(Error::ScoreNotFinite { row: 150 }));
        short.update(0, &Patterns::new(&good[..128 * DIM], DIM).unwrap()).unwrap();
        assert_eq!(ended(broken, &good), ended(short, &good));
    }
    on_every_backend!(|kernels| [] -> () {
        check(Softmax, kernels);
        check(Sparsemax, kernels);
    });
}

#[test]
fn a_stream_that_is_full_says_how_many_rows_it_took_and_is_a_pass_over_these() {
    on_every_backend!(|kernels| [] -> () {
        let (data, query) = memory();
        // Nearly equal scores: every row is a candidate, and stays one.
        let model = model(Sparsemax, 1e-6, kernels);
        for room in [0, 1, 63, 64, 65, 130, 199] {
            let (mut one, mut two) = (Work::new(DIM, room), Work::new(DIM, ROWS));
            let (mut full, mut whole) = (model.begin(&query, DIM, one.scratch()).unwrap(), model.begin(&query, DIM, two.scratch()).unwrap());
            let consumed = room / 64 * 64;
            assert_eq!(full.update(0, &Patterns::new(&data, DIM).unwrap()), Err(Error::Full { consumed }), "room for {room}");
            let rest = Patterns::new(&data[consumed * DIM..], DIM).unwrap();
            assert_eq!(full.update(consumed, &rest), Err(Error::Full { consumed: 0 }), "room for {room}, again");
            if consumed == 0 {
                assert_eq!(full.normaliser(), Err(Error::Empty));
                continue;
            }
            whole.update(0, &Patterns::new(&data[..consumed * DIM], DIM).unwrap()).unwrap();
            assert_eq!(ended(full, &data), ended(whole, &data), "room for {room}");
        }
    });
}

#[test]
fn merge_refuses_unlike_passes_and_changes_neither() {
    fn check<S: Separation + PartialEq, K: Kernels>(separation: S, kernels: K) {
        let (data, query) = memory();
        let rows = Patterns::new(&data, DIM).unwrap();
        let like = model(separation, 3.0, kernels);
        let colder = model(separation, 3.000_000_2, kernels);
        let mut other_query = query.clone();
        other_query[2] += 1e-3;
        for (what, model, other_query, width) in
            [("beta", colder, &query, DIM), ("query", like, &other_query, DIM), ("width", like, &query, DIM + 1)]
        {
            let wide = vec![1.0; ROWS * width];
            let values = Patterns::new(&wide, width).unwrap();
            let mut work = [(); 4].map(|()| Work::new(8, ROWS));
            let [one, two, three, four] = work.each_mut().map(Work::scratch);
            let (mut pass, mut calm) = (like.begin(&query, DIM, one).unwrap(), like.begin(&query, DIM, two).unwrap());
            let (mut other, mut same) = (model.begin(other_query, width, three).unwrap(), model.begin(other_query, width, four).unwrap());
            pass.update(0, &rows).unwrap();
            calm.update(0, &rows).unwrap();
            other.update_pairs(0, &rows, &values).unwrap();
            same.update_pairs(0, &rows, &values).unwrap();
            assert_eq!(pass.merge(&other), Err(Error::UnlikePasses), "another {what}");
            assert_eq!(other.merge(&pass), Err(Error::UnlikePasses), "another {what}");
            assert_eq!(ended(pass, &data).unwrap(), ended(calm, &data).unwrap(), "another {what}");
            let finish = |mut pass: Pass<'_, _, Dot, _>| {
                let (normaliser, mut out) = (pass.normaliser().unwrap(), vec![0.0; width]);
                pass.read_out(&normaliser, 0, &values).unwrap();
                (pass.finish(&normaliser, &mut out).unwrap(), bits(&out))
            };
            assert_eq!(finish(other), finish(same), "another {what}");
        }
    }
    on_every_backend!(|kernels| [] -> () {
        check(Softmax, kernels);
        check(Sparsemax, kernels);
    });
}

#[test]
fn merge_that_does_not_fit_changes_neither() {
    on_every_backend!(|kernels| [] -> () {
        let (mut data, query) = memory();
        // The best row is one of those that do not fit.
        (0..DIM).for_each(|j| data[100 * DIM + j] = 9.0 * query[j]);
        let model = model(Sparsemax, 1e-6, kernels);
        let rows = |from: usize, to: usize| Patterns::new(&data[from * DIM..to * DIM], DIM).unwrap();
        let mut work = [100, 128, 128, 128].map(|room| Work::new(DIM, room));
        let [mut a, mut b, mut same_a, mut same_b] = work.each_mut().map(|work| model.begin(&query, DIM, work.scratch()).unwrap());
        a.update(0, &rows(0, 64)).unwrap();
        same_a.update(0, &rows(0, 64)).unwrap();
        b.update(64, &rows(64, 128)).unwrap();
        same_b.update(64, &rows(64, 128)).unwrap();
        assert_eq!(a.merge(&b), Err(Error::Full { consumed: 0 }));
        assert_eq!(ended(a, &data), ended(same_a, &data));
        assert_eq!(ended(b, &data), ended(same_b, &data));
    });
}

/// Passes over the same row, which is not what they are for: how often it took part stays at the largest number, and does not begin again.
#[test]
fn merging_the_same_rows_again_and_again_does_not_overflow() {
    let (data, query) = memory();
    let row = Patterns::new(&data[..DIM], DIM).unwrap();
    let (model, mut work) = (model(Softmax, 1.0, Dispatch), [(); 2].map(|()| Work::new(DIM, 1)));
    let [mut a, mut b] = work.each_mut().map(|work| model.begin(&query, DIM, work.scratch()).unwrap());
    a.update(0, &row).unwrap();
    b.update(0, &row).unwrap();
    for _ in 0..24 {
        a.merge(&b).unwrap();
        b.merge(&a).unwrap();
    }
    let (_, step) = ended(a, &data[..DIM]).unwrap();
    assert_eq!(step.rows, u32::MAX as usize);
}

/// In each block one row leads all before it, and the others are far below: lists keep leaders that no longer matter, and where two of them
/// do not fit together these go.
#[test]
fn merge_drops_what_no_longer_matters_before_it_says_that_there_is_no_room() {
    const BLOCKS: usize = 18;
    let score = |row: usize| if row.is_multiple_of(64) { 0.3 * (row / 64) as f32 } else { -100.0 };
    let data: Vec<f32> = (0..2 * BLOCKS * 64).flat_map(|row| [score(row), 0.0, 0.0]).collect();
    let (model, query) = (model(Sparsemax, 1.0, Dispatch), [1.0, 0.0, 0.0]);
    let half = BLOCKS * 64;
    let over = |pass: &mut Pass<'_, _, _, _>, from: usize, to: usize| {
        pass.update(from, &Patterns::new(&data[from * DIM..to * DIM], DIM).unwrap()).unwrap();
    };
    let mut works = [Work::new(DIM, 20), Work::new(DIM, 20), Work::new(DIM, 2 * half)];
    let [mut first, mut second, mut whole] = works.each_mut().map(|work| model.begin(&query, DIM, work.scratch()).unwrap());
    over(&mut first, 0, half);
    over(&mut second, half, 2 * half);
    over(&mut whole, 0, 2 * half);
    assert_eq!(first.merge(&second), Ok(()));
    assert_eq!(ended(first, &data).unwrap(), ended(whole, &data).unwrap());
}

#[test]
fn merge_refuses_a_pass_that_is_being_read_out() {
    let (data, query) = memory();
    let rows = Patterns::new(&data, DIM).unwrap();
    let model = model(Sparsemax, 1.0, Dispatch);
    let (mut one, mut two) = (Work::new(DIM, ROWS), Work::new(DIM, ROWS));
    let (mut a, mut b) = (model.begin(&query, DIM, one.scratch()).unwrap(), model.begin(&query, DIM, two.scratch()).unwrap());
    a.update(0, &rows).unwrap();
    b.update(0, &rows).unwrap();
    let normaliser = a.normaliser().unwrap();
    a.read_out(&normaliser, 0, &rows).unwrap();
    assert_eq!(a.merge(&b), Err(Error::UnlikePasses));
    assert_eq!(b.merge(&a), Err(Error::UnlikePasses));
}

#[test]
fn a_pass_that_has_seen_no_row_has_no_normaliser() {
    on_every_backend!(|kernels| [] -> () {
        let query = [1.0; DIM];
        let mut work = Work::new(DIM, 4);
        assert_eq!(model(Softmax, 1.0, kernels).begin(&query, DIM, work.scratch()).unwrap().normaliser().err(), Some(Error::Empty));
        assert_eq!(model(Sparsemax, 1.0, kernels).begin(&query, DIM, work.scratch()).unwrap().normaliser().err(), Some(Error::Empty));
    });
}

#[test]
fn begin_refuses_a_query_or_output_without_numbers_and_a_query_that_is_not_finite() {
    let (model, mut work) = (model(Softmax, 1.0, Dispatch), Work::new(DIM, 4));
    assert_eq!(model.begin(&[], DIM, work.scratch()).err(), Some(Error::Empty));
    assert_eq!(model.begin(&[1.0], 0, work.scratch()).err(), Some(Error::Empty));
    for strange in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY] {
        assert_eq!(model.begin(&[1.0, strange], DIM, work.scratch()).err(), Some(Error::QueryNotFinite { index: 1 }));
    }
    assert_eq!(model.begin(&[1.0], 4, work.scratch()).err(), Some(Error::Scratch { needed: 4, found: 3 }));
}

#[test]
fn read_out_and_finish_refuse_other_lengths_and_can_be_called_again() {
    fn check<S: Separation, K: Kernels>(separation: S, kernels: K) {
        let (data, query) = memory();
        let rows = Patterns::new(&data, DIM).unwrap();
        let mut work = Work::new(DIM, ROWS);
        let mut expected = [0.0; DIM];
        let model = model(separation, 3.0, kernels);
        model.step(&rows, &query, &mut expected, &mut work.scratch()).unwrap();
        let mut pass = model.begin(&query, DIM, work.scratch()).unwrap();
        pass.update(0, &rows).unwrap();
        let normaliser = pass.normaliser().unwrap();
        let (pairs, too_far) = (Patterns::new(&data, 2).unwrap(), 1usize << 32);
        assert_eq!(pass.read_out(&normaliser, 0, &pairs), Err(Error::Length { expected: DIM, found: 2 }));
        assert_eq!(pass.read_out(&normaliser, too_far, &rows), Err(Error::TooLarge));
        pass.read_out(&normaliser, 0, &rows).unwrap();
        let mut long = [-7.5; DIM + 1];
        assert_eq!(pass.finish(&normaliser, &mut long), Err(Error::Length { expected: DIM, found: DIM + 1 }));
        assert_eq!(long, [-7.5; DIM + 1]);
        let mut out = [0.0; DIM];
        pass.finish(&normaliser, &mut out).unwrap();
        assert_eq!(bits(&out), bits(&expected));
    }
    on_every_backend!(|kernels| [] -> () {
        check(Softmax, kernels);
        check(Sparsemax, kernels);
    });
}

#[test]
fn finish_refuses_a_result_that_is_not_finite_and_leaves_out_alone() {
    fn check<S: Separation, K: Kernels>(separation: S, kernels: K) {
        let (keys, values) = ([0.5, 0.25], [1.0, f32::INFINITY]);
        let (keys, values) = (Patterns::new(&keys, 1).unwrap(), Patterns::new(&values, 1).unwrap());
        let mut work = Work::new(1, 4);
        let mut pass = model(separation, 1.0, kernels).begin(&[1.0], 1, work.scratch()).unwrap();
        pass.update_pairs(0, &keys, &values).unwrap();
        let normaliser = pass.normaliser().unwrap();
        pass.read_out(&normaliser, 0, &values).unwrap();
        let mut out = [-7.5];
        for _ in 0..2 {
            assert_eq!(pass.finish(&normaliser, &mut out), Err(Error::OutputNotFinite));
            assert_eq!(out, [-7.5]);
        }
    }
    on_every_backend!(|kernels| [] -> () {
        check(Softmax, kernels);
        check(Sparsemax, kernels);
    });
}

#[test]
fn finish_refuses_a_sparse_pass_that_was_not_read_out() {
    on_every_backend!(|kernels| [] -> () {
        let (data, query) = memory();
        let rows = Patterns::new(&data, DIM).unwrap();
        let (mut work, mut out, mut expected) = (Work::new(DIM, ROWS), [-7.5; DIM], [0.0; DIM]);
        let model = model(Sparsemax, 3.0, kernels);
        model.step(&rows, &query, &mut expected, &mut work.scratch()).unwrap();
        let mut pass = model.begin(&query, DIM, work.scratch()).unwrap();
        pass.update(0, &rows).unwrap();
        let normaliser = pass.normaliser().unwrap();
        assert_eq!(pass.finish(&normaliser, &mut out), Err(Error::NotReadOut));
        assert_eq!(out, [-7.5; DIM]);
        pass.read_out(&normaliser, 0, &rows).unwrap();
        pass.finish(&normaliser, &mut out).unwrap();
        assert_eq!(bits(&out), bits(&expected));
    });
}
