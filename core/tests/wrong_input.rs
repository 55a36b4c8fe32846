//! Wrong input gets a typed error from every entry point, on every backend, and nothing that the caller owns has changed then.
//!
//! One table of inputs, tried on every entry point that takes them; then what only some entry points can be given. Passes are in
//! `wrong_passes.rs`.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::disallowed_methods,
    reason = "a test may fail, and its reference uses the system's functions"
)]

mod common;

use basinet_core::{Beta, Bits, Buffers, Error, Kernels, Listed, Model, Patterns, Scratch, Separation, Softmax, Sparsemax, Window, on};
use common::{Numbers, Work, bits};

const ROWS: usize = 130;
const DIM: usize = 3;
/// What `out` holds before a call.
const UNTOUCHED: f32 = -7.5;

/// Input that is right but for what a case changes.
#[derive(Clone)]
struct Input {
    keys: Vec<f32>,
    values: Vec<f32>,
    query: Vec<f32>,
    dim: usize,
    out: usize,
    /// Numbers of a row that the scratch memory has room for.
    room: usize,
    candidates: usize,
}

impl Input {
    fn right() -> Self {
        let mut numbers = Numbers(21);
        let (keys, query) = (numbers.numbers(ROWS * DIM), numbers.numbers(DIM));
        Self { values: keys.clone(), keys, query, dim: DIM, out: DIM, room: DIM, candidates: ROWS }
    }

    /// The keys, and the values with them, with `x` at column `column` of row `row`.
    fn with(mut self, row: usize, column: usize, x: f32) -> Self {
        self.keys[row * DIM + column] = x;
        self.values[row * DIM + column] = x;
        self
    }

    fn query(mut self, query: &[f32]) -> Self {
        self.query = query.to_vec();
        self
    }
}

/// What is wrong, the error it must get, the input.
fn table() -> Vec<(String, Error, Input)> {
    let right = Input::right;
    let mut table = vec![
        ("no query".into(), Error::Length { expected: DIM, found: 0 }, right().query(&[])),
        ("short query".into(), Error::Length { expected: DIM, found: 2 }, right().query(&[1.0, 2.0])),
        ("long query".into(), Error::Length { expected: DIM, found: 4 }, right().query(&[1.0; 4])),
        ("NaN in the query".into(), Error::QueryNotFinite { index: 1 }, right().query(&[0.0, f32::NAN, f32::NAN])),
        ("infinity in the query".into(), Error::QueryNotFinite { index: 2 }, right().query(&[0.0, 1.0, f32::INFINITY])),
        ("-infinity in the query".into(), Error::QueryNotFinite { index: 0 }, right().query(&[f32::NEG_INFINITY, 0.0, 0.0])),
        ("1e30 * 1e30".into(), Error::ScoreNotFinite { row: 77 }, right().with(77, 1, 1e30).query(&[1.0, 1e30, 1.0])),
        ("1e30 * -1e30".into(), Error::ScoreNotFinite { row: 77 }, right().with(77, 1, 1e30).query(&[1.0, -1e30, 1.0])),
        ("0 * infinity".into(), Error::ScoreNotFinite { row: 5 }, right().with(5, 0, f32::INFINITY).query(&[0.0, 1.0, 1.0])),
        ("0 * NaN".into(), Error::ScoreNotFinite { row: 5 }, right().with(5, 0, f32::NAN).query(&[0.0, 1.0, 1.0])),
        ("two rows".into(), Error::ScoreNotFinite { row: 70 }, right().with(71, 0, f32::NAN).with(70, 2, f32::INFINITY)),
        ("two blocks".into(), Error::ScoreNotFinite { row: 3 }, right().with(128, 0, f32::NAN).with(3, 2, f32::NEG_INFINITY)),
    ];
    for row in [0, 1, 63, 64, 77, 127, 128, ROWS - 1] {
        for strange in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY] {
            table.push((format!("{strange} in row {row}"), Error::ScoreNotFinite { row }, right().with(row, row % DIM, strange)));
        }
    }
    // The same again where the candidates of a sparse map do not fit, so that rows are read again.
    let crowded = table.clone().into_iter().map(|(what, error, input)| (what + ", no room", error, Input { candidates: 0, ..input }));
    table.extend(crowded.collect::<Vec<_>>());
    table
}

/// Calls with `out` of the wanted length, and checks the error and that `out` is untouched.
fn refused<T>(what: &str, error: Error, length: usize, call: impl FnOnce(&mut [f32]) -> Result<T, Error>) {
    let mut out = vec![UNTOUCHED; length];
    assert_eq!(call(&mut out).err(), Some(error), "{what}");
    assert!(out.iter().all(|x| x.to_bits() == UNTOUCHED.to_bits()), "{what}: out has changed");
}

fn model<S: Separation, K: Kernels>(separation: S, beta: f32, kernels: K) -> Model<S, basinet_core::Dot, K> {
    Model::new(Beta::new(beta).unwrap(), separation).on(kernels)
}

/// Every entry point of a model that takes rows and a query refuses the input.
fn every_entry_point<S: Separation, K: Kernels>(separation: S, kernels: K, what: &str, error: Error, input: &Input) {
    let model = model(separation, 2.0, kernels);
    let Input { keys, values, query, dim, out, room, candidates } = input;
    let (keys, values) = (Patterns::new(keys, *dim).unwrap(), Patterns::new(values, *dim).unwrap());
    let mut work = Work::new(*room, *candidates);
    refused(&format!("step: {what}"), error, *out, |out| model.step(&keys, query, out, &mut work.scratch()));
    refused(&format!("read: {what}"), error, *out, |out| model.read(&keys, &values, query, out, &mut work.scratch()));
    refused(&format!("energy: {what}"), error, 0, |_| model.energy(&keys, query, 10.0, &mut work.scratch()));
    let mut scores = vec![UNTOUCHED; keys.count()];
    assert_eq!(model.scores(&keys, query, &mut scores).err(), Some(error), "scores: {what}");
}

#[test]
fn every_entry_point_of_a_model_refuses_every_wrong_input_and_leaves_out_alone() {
    for (what, error, input) in table() {
        on_every_backend!(|kernels| [what: String = what.clone(), error: Error = error, input: Input = input.clone()] -> () {
            every_entry_point(Softmax, kernels, &what, error, &input);
            every_entry_point(Sparsemax, kernels, &what, error, &input);
        });
    }
}

#[test]
fn scores_that_fail_leave_out_alone() {
    for (what, error, input) in table() {
        let keys = Patterns::new(&input.keys, DIM).unwrap();
        refused(&what, error, ROWS, |out| model(Softmax, 1.0, basinet_core::Dispatch).scores(&keys, &input.query, out));
    }
}

#[test]
fn an_output_of_another_length_is_refused() {
    on_every_backend!(|kernels| [] -> () {
        let Input { keys, query, .. } = Input::right();
        let keys = Patterns::new(&keys, DIM).unwrap();
        let mut work = Work::new(8, ROWS);
        for found in [0, 2, 4] {
            let error = Error::Length { expected: DIM, found };
            refused("step", error, found, |out| model(Softmax, 1.0, kernels).step(&keys, &query, out, &mut work.scratch()));
            refused("read", error, found, |out| model(Sparsemax, 1.0, kernels).read(&keys, &keys, &query, out, &mut work.scratch()));
        }
        for found in [0, ROWS - 1, ROWS + 1] {
            let error = Error::Length { expected: ROWS, found };
            refused("scores", error, found, |out| model(Softmax, 1.0, kernels).scores(&keys, &query, out));
        }
    });
}

#[test]
fn keys_and_values_that_differ_in_number_are_refused() {
    on_every_backend!(|kernels| [] -> () {
        let Input { keys, query, .. } = Input::right();
        let (keys, fewer) = (Patterns::new(&keys, DIM).unwrap(), Patterns::new(&keys[DIM..], DIM).unwrap());
        let mut work = Work::new(DIM, ROWS);
        let error = Error::Length { expected: ROWS, found: ROWS - 1 };
        refused("read", error, DIM, |out| model(Softmax, 1.0, kernels).read(&keys, &fewer, &query, out, &mut work.scratch()));
        refused("read", error, DIM, |out| model(Sparsemax, 1.0, kernels).read(&keys, &fewer, &query, out, &mut work.scratch()));
    });
}

#[test]
fn scratch_memory_that_is_too_small_is_refused() {
    on_every_backend!(|kernels| [] -> () {
        let Input { keys, query, .. } = Input::right();
        let keys = Patterns::new(&keys, DIM).unwrap();
        for found in 0..DIM {
            let error = Error::Scratch { needed: DIM, found };
            let mut work = Work::new(found, ROWS);
            refused("step", error, DIM, |out| model(Softmax, 1.0, kernels).step(&keys, &query, out, &mut work.scratch()));
            refused("read", error, DIM, |out| model(Sparsemax, 1.0, kernels).read(&keys, &keys, &query, out, &mut work.scratch()));
            refused("begin", error, 0, |_| model(Softmax, 1.0, kernels).begin(&query, DIM, work.scratch()));
        }
        // Eight numbers hold three levels of two.
        let (mut eight, mut none) = ([0.0; 8], [0.0; 0]);
        let mut scratch = Scratch::new(&mut eight, &mut none, &mut [], &mut []);
        let error = Error::Scratch { needed: DIM, found: 2 };
        refused("step", error, DIM, |out| model(Softmax, 1.0, kernels).step(&keys, &query, out, &mut scratch));
    });
}

#[test]
fn rows_that_are_all_masked_are_refused() {
    fn check<S: Separation, K: Kernels>(separation: S, kernels: K, candidates: usize) {
        let Input { keys, query, .. } = Input::right();
        let keys = Patterns::new(&keys, DIM).unwrap();
        let mut work = Work::new(DIM, candidates);
        let base = model(separation, 1.0, kernels);
        macro_rules! all_masked_by {
            ($mask:expr) => {
                let (what, masked) = (stringify!($mask), base.keep($mask));
                refused(what, Error::AllMasked, DIM, |out| masked.step(&keys, &query, out, &mut work.scratch()));
                refused(what, Error::AllMasked, DIM, |out| masked.read(&keys, &keys, &query, out, &mut work.scratch()));
                refused(what, Error::AllMasked, 0, |_| masked.energy(&keys, &query, 1.0, &mut work.scratch()));
                refused(what, Error::AllMasked, ROWS, |out| masked.weights(out, &mut work.scratch()));
            };
        }
        all_masked_by!(Window { centre: 140, half_width: 9 });
        all_masked_by!(Listed::new(&[]).unwrap());
        all_masked_by!(Listed::new(&[ROWS, usize::MAX]).unwrap());
        all_masked_by!(Bits(&[0, 0]));
        all_masked_by!(Bits(&[0, 0, !0b11]));
    }
    on_every_backend!(|kernels| [] -> () {
        for candidates in [ROWS, 0] {
            check(Softmax, kernels, candidates);
            check(Sparsemax, kernels, candidates);
        }
    });
}

#[test]
fn masked_rows_are_not_inspected() {
    on_every_backend!(|kernels| [] -> () {
        for candidates in [ROWS, 0] {
            let keys = Input::right().with(4, 1, f32::NAN).with(70, 0, f32::INFINITY).with(129, 2, f32::NAN).keys;
            let (keys, clean) = (Patterns::new(&keys, DIM).unwrap(), &keys[5 * DIM..70 * DIM]);
            let (query, mut out, mut expected) = (Input::right().query, [0.0; DIM], [0.0; DIM]);
            let mut work = Work::new(DIM, candidates);
            let masked = model(Sparsemax, 1.0, kernels).keep(Window { centre: 37, half_width: 32 });
            masked.step(&keys, &query, &mut out, &mut work.scratch()).unwrap();
            let whole = Patterns::new(clean, DIM).unwrap();
            model(Sparsemax, 1.0, kernels).step(&whole, &query, &mut expected, &mut work.scratch()).unwrap();
            assert_eq!(bits(&out), bits(&expected));
            assert!(masked.energy(&keys, &query, 10.0, &mut work.scratch()).unwrap().is_finite());
            let mut weights = vec![f32::NAN; ROWS];
            weights[5..70].fill(1.0);
            masked.weights(&mut weights, &mut work.scratch()).unwrap();
            assert!(weights.iter().enumerate().all(|(i, &p)| (p > 0.0) == (5..70).contains(&i)), "{weights:?}");
        }
    });
}

/// Recall from 130 rows, of which the row `winner` scores `high` and the others 0, with values that are all 1 but for those changed.
fn read_values<S: Separation, K: Kernels>(
    model: Model<S, basinet_core::Dot, K>,
    winner: usize,
    high: f32,
    changed: &[(usize, f32)],
) -> Result<f32, Error> {
    let (mut keys, mut values) = (vec![0.0; ROWS], vec![1.0; ROWS]);
    keys[winner] = high;
    changed.iter().for_each(|&(row, x)| values[row] = x);
    let (keys, values) = (Patterns::new(&keys, 1).unwrap(), Patterns::new(&values, 1).unwrap());
    let mut out = [UNTOUCHED];
    let found = model.read(&keys, &values, &[1.0], &mut out, &mut Work::new(1, 8).scratch());
    assert!(found.is_ok() || out == [UNTOUCHED], "out has changed: {out:?}");
    found.map(|_| out[0])
}

#[test]
fn a_result_that_is_not_finite_is_refused() {
    on_every_backend!(|kernels| [] -> () {
        for strange in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY] {
            for row in [0, 64, ROWS - 1] {
                let error = Err(Error::OutputNotFinite);
                assert_eq!(read_values(model(Softmax, 1.0, kernels), row, 200.0, &[(row, strange)]), error, "softmax, {strange} in row {row}");
                assert_eq!(read_values(model(Softmax, 1.0, kernels), 9, 1.0, &[(row, strange)]), error, "softmax, {strange} in row {row}");
                assert_eq!(read_values(model(Sparsemax, 1.0, kernels), row, 200.0, &[(row, strange)]), error, "sparsemax, {strange} in {row}");
                assert_eq!(read_values(model(Sparsemax, 1.0, kernels), 9, 0.5, &[(row, strange)]), error, "sparsemax, {strange} in {row}");
            }
        }
    });
}

#[test]
fn a_mean_that_is_finite_is_found_even_where_the_sum_on_the_way_overflows() {
    on_every_backend!(|kernels| [] -> () {
        let many: Vec<(usize, f32)> = (0..ROWS).map(|row| (row, f32::MAX)).collect();
        assert_eq!(read_values(model(Softmax, 1.0, kernels), 9, 0.0, &many), Ok(f32::MAX));
    });
}

#[test]
fn values_of_rows_with_weight_zero_are_not_inspected() {
    on_every_backend!(|kernels| [] -> () {
        for strange in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY] {
            for row in [0, 2, 63, 64, ROWS - 1] {
                assert_eq!(read_values(model(Softmax, 1.0, kernels), 1, 200.0, &[(row, strange)]), Ok(1.0), "softmax, {strange} in row {row}");
                assert_eq!(read_values(model(Sparsemax, 1.0, kernels), 1, 200.0, &[(row, strange)]), Ok(1.0), "sparsemax, {row}");
            }
        }
    });
}

#[test]
fn values_of_rows_with_weight_zero_do_no_harm_before_the_winner_either() {
    on_every_backend!(|kernels| [] -> () {
        for strange in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY] {
            for row in [0, 1, 63, 64, 127] {
                assert_eq!(read_values(model(Sparsemax, 1.0, kernels), 128, 200.0, &[(row, strange)]), Ok(1.0), "sparsemax, {row}");
                assert_eq!(read_values(model(Softmax, 1.0, kernels), 128, 200.0, &[(row, strange)]), Ok(1.0), "softmax, {strange} in row {row}");
            }
        }
    });
}

#[test]
fn weights_refuse_scores_that_are_not_finite_and_leave_them_alone() {
    fn check<S: Separation, K: Kernels>(separation: S, kernels: K) {
        let weigh = |scores: &mut [f32]| model(separation, 1.0, kernels).weights(scores, &mut Work::new(0, 8).scratch());
        assert_eq!(weigh(&mut []).err(), Some(Error::Empty));
        for row in [0, 63, 64, ROWS - 1] {
            for strange in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY] {
                let mut scores = Input::right().keys[..ROWS].to_vec();
                scores[row] = strange;
                let before = bits(&scores);
                assert_eq!(weigh(&mut scores).err(), Some(Error::ScoreNotFinite { row }));
                assert_eq!(bits(&scores), before, "the scores have changed");
            }
        }
    }
    on_every_backend!(|kernels| [] -> () {
        check(Softmax, kernels);
        check(Sparsemax, kernels);
    });
}

#[test]
fn an_energy_bound_that_is_not_finite_is_refused() {
    let Input { keys, query, .. } = Input::right();
    let keys = Patterns::new(&keys, DIM).unwrap();
    for max_norm in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY] {
        let found = model(Softmax, 1.0, basinet_core::Dispatch).energy(&keys, &query, max_norm, &mut Work::new(0, 0).scratch());
        assert_eq!(found.err(), Some(Error::OutputNotFinite));
    }
}

#[test]
fn a_beta_that_is_not_finite_or_too_small_is_refused() {
    for beta in [
        0.0,
        f32::from_bits(1),
        Beta::MIN.next_down(),
        -0.0,
        -1.0,
        -f32::MIN_POSITIVE,
        f32::NAN,
        -f32::NAN,
        f32::INFINITY,
        f32::NEG_INFINITY,
    ] {
        assert_eq!(Beta::new(beta), Err(Error::Beta), "beta {beta}");
    }
    for beta in [Beta::MIN, 1e-6, 1.0, 1e6, f32::MAX] {
        assert_eq!(Beta::new(beta).map(Beta::get), Ok(beta));
    }
}

#[test]
fn patterns_refuse_shapes_that_do_not_fit() {
    let max = usize::MAX;
    let data = [0.0f32; 12];
    let shape = |numbers, dim, stride| Error::Shape { numbers, dim, stride };
    let new: [(usize, usize, Error); 6] = [
        (0, 3, Error::Empty),
        (0, 0, shape(0, 0, 0)),
        (12, 0, shape(12, 0, 0)),
        (12, 5, shape(12, 5, 5)),
        (12, 13, shape(12, 13, 13)),
        (12, max, shape(12, max, max)),
    ];
    for (n, dim, error) in new {
        assert_eq!(Patterns::new(&data[..n], dim).err(), Some(error), "{n} numbers in rows of {dim}");
    }
    let strided: [(usize, usize, usize, Error); 9] = [
        (0, 3, 4, Error::Empty),
        (12, 0, 4, shape(12, 0, 4)),
        (12, 0, 0, shape(12, 0, 0)),
        (12, 3, 0, shape(12, 3, 0)),
        (12, 3, 2, shape(12, 3, 2)),
        (10, 3, 4, shape(10, 3, 4)),
        (12, max, max, shape(12, max, max)),
        (12, max, 1, shape(12, max, 1)),
        (2, 3, max, shape(2, 3, max)),
    ];
    for (n, dim, stride, error) in strided {
        assert_eq!(Patterns::strided(&data[..n], dim, stride).err(), Some(error), "{n} numbers in rows of {dim}, {stride} apart");
    }
    for (n, stride, count) in [(11, 4, 3), (12, 4, 3), (3, 3, 1), (12, max, 1), (12, max - 1, 1), (12, 9, 2)] {
        let rows = Patterns::strided(&data[..n], 3, stride).unwrap();
        assert_eq!((rows.count(), rows.row(count), rows.row(max)), (count, None, None), "{n} numbers, {stride} apart");
        let mut out = [UNTOUCHED; 3];
        model(Sparsemax, 1.0, basinet_core::Dispatch).step(&rows, &[1.0; 3], &mut out, &mut Work::new(3, 4).scratch()).unwrap();
        assert_eq!(out, [0.0; 3]);
    }
}

#[test]
fn scratch_memory_says_what_it_has_room_for() {
    let mut buffers = Buffers::<5, 7>::default();
    assert_eq!((buffers.scratch().width(), buffers.scratch().capacity()), (5, 7));
    // Three rows of sums, and what the shortest part has room for.
    let (mut sums, mut scores, mut rows) = ([0.0; 11], [0.0; 4], [0; 3]);
    let scratch = Scratch::new(&mut sums, &mut scores, &mut rows, &mut []);
    assert_eq!((scratch.width(), scratch.capacity()), (3, 3));
}

#[test]
fn a_norm_that_is_not_finite_names_its_row() {
    for strange in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY] {
        let keys = Input::right().with(100, 1, strange).keys;
        assert_eq!(Patterns::new(&keys, DIM).unwrap().max_norm(), Err(Error::ScoreNotFinite { row: 100 }));
    }
}

#[test]
fn a_list_of_rows_that_does_not_ascend_is_refused() {
    for (rows, index) in [(&[1, 0][..], 1), (&[3, 3], 1), (&[0, 1, 2, 2, 1], 3), (&[5, usize::MAX, 0], 2)] {
        assert_eq!(Listed::new(rows).err(), Some(Error::Unsorted { index }));
    }
}

#[test]
fn functions_of_lists_refuse_empty_and_unequal_ones() {
    on_every_backend!(|kernels| [] -> () {
        let (empty, zeros): ([f32; 0], [f32; 9]) = ([], [0.0; 9]);
        assert_eq!(on::dot(kernels, &zeros, &zeros[1..]), Err(Error::Length { expected: 9, found: 8 }));
        assert_eq!(on::dot(kernels, &empty, &zeros), Err(Error::Length { expected: 0, found: 9 }));
        assert_eq!(on::log_sum_exp(kernels, &empty), Err(Error::Empty));
        assert_eq!(on::sparsemax_threshold(kernels, &empty, &mut [0.0; 4]), Err(Error::Empty));
        on::exp(kernels, &mut []);
    });
}

#[test]
fn an_error_says_what_is_wrong_and_where() {
    let cases: [(Error, &[&str]); 32] = [
        (Error::Empty, &["nothing", "no rows", "empty query"]),
        (Error::Length { expected: 31, found: 77 }, &["expected 31", "found 77"]),
        (Error::Shape { numbers: 100, dim: 17, stride: 19 }, &["100 numbers", "rows of 17", "19 apart"]),
        (Error::TooLarge, &["more rows", "than can be counted"]),
        (Error::Beta, &["inverse temperature", "finite", "2^-120"]),
        (Error::Parameter { requirement: "alpha must be fine" }, &["alpha must be fine"]),
        (Error::Name { expected: "a name is one of these" }, &["a name is one of these"]),
        (Error::Cap { row: 41 }, &["cap of row 41", "0 and 1"]),
        (Error::CapsTooSmall, &["caps", "less than one"]),
        (Error::TooFewRows { needed: 6, found: 5 }, &["6 rows are needed", "found 5"]),
        (Error::QueryNotFinite { index: 12 }, &["number 12 of the query", "NaN or infinite"]),
        (Error::ScoreNotFinite { row: 13 }, &["score of row 13", "NaN or infinite", "overflows"]),
        (Error::FeatureNotFinite { index: 14 }, &["feature 14", "NaN or infinite", "overflows"]),
        (Error::ZeroFeatures { row: 15 }, &["features of row 15", "all zero"]),
        (Error::SumNotPositive, &["scores", "do not add up to a positive number"]),
        (Error::NoDistribution { row: Some(16) }, &["row 16 is no distribution", "negative"]),
        (Error::NoDistribution { row: None }, &["the query is no distribution", "negative"]),
        (Error::ZeroMass, &["kernel of the query is zero"]),
        (Error::PatternNotFinite { index: 18 }, &["number 18 of the pattern", "NaN or infinite"]),
        (Error::NoSign { index: 19 }, &["number 19 has no sign", "zero or NaN"]),
        (Error::NormOverflow, &["norm of the pattern", "beyond f32"]),
        (Error::StoreFull { capacity: 20 }, &["store is full", "20 rows"]),
        (Error::NoSuchRow { row: 21, count: 20 }, &["no row 21", "among 20"]),
        (Error::OutputNotFinite, &["result is not finite", "overflows"]),
        (Error::AllMasked, &["every row is masked"]),
        (Error::NotReadOut, &["read out the rows", "before finishing"]),
        (Error::Scratch { needed: 22, found: 7 }, &["room for 22 numbers", "scratch memory", "found 7"]),
        (Error::Full { consumed: 23 }, &["candidates' memory is full", "after 23 rows"]),
        (Error::UnlikePasses, &["passes differ", "model, query"]),
        (Error::Unsorted { index: 24 }, &["does not ascend", "position 24"]),
        (basinet_core::Entmax::new(0.5).unwrap_err(), &["alpha"]),
        (basinet_core::TopK::new(0).unwrap_err(), &["k"]),
    ];
    for (error, words) in cases {
        let text = (&error as &dyn core::error::Error).to_string();
        assert!(words.iter().all(|word| text.contains(word)), "{text:?} without one of {words:?}");
    }
}
