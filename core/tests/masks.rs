//! Masks: a recall over the rows that a mask keeps is the recall over these rows alone, with their numbers in the whole memory.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::disallowed_methods,
    reason = "a test may fail, and its reference uses the system's functions"
)]

mod common;

use basinet_core::{
    BLOCK, Beta, Bits, CHUNK, Dispatch, Dot, Error, Kernels, Listed, Mask, Model, Patterns, RandomMask, Separation, Softmax, Sparsemax,
    Window,
};
use common::{EPS, Numbers, Work, bits, cases, depth, largest};
use proptest::prelude::*;

const DIM: usize = 3;

fn rows(data: &[f32]) -> Patterns<'_> {
    Patterns::new(data, DIM).unwrap()
}

fn model<S: Separation, K: Kernels>(separation: S, beta: f32, kernels: K) -> Model<S, Dot, K> {
    Model::new(Beta::new(beta).unwrap(), separation).on(kernels)
}

/// What `keeps` must say of 64 rows from `first` on, by asking for each; there is no row `usize::MAX`.
fn by_rows(first: usize, kept: impl Fn(usize) -> bool) -> u64 {
    (0..64).filter(|&i| first.checked_add(i).is_some_and(|row| row < usize::MAX && kept(row))).fold(0, |bits, i| bits | 1 << i)
}

/// Numbers near the places where something could wrap.
fn place() -> impl Strategy<Value = usize> {
    prop_oneof![0usize..300, (0usize..300).prop_map(|n| usize::MAX - n), (0usize..300).prop_map(|n| (1 << 32) - 150 + n)]
}

proptest! {
    #![proptest_config(cases(2000))]

    #[test]
    fn a_window_keeps_the_rows_around_its_centre(centre in place(), half_width in place(), first in place()) {
        let window = Window { centre, half_width };
        prop_assert_eq!(window.keeps(first), by_rows(first, |row| row.abs_diff(centre) <= half_width));
    }

    #[test]
    fn a_list_keeps_the_rows_it_names(mut listed in prop::collection::vec(place(), 0..100), first in place()) {
        listed.sort_unstable();
        listed.dedup();
        let expected = (0..64).filter(|&i| first.checked_add(i).is_some_and(|row| listed.contains(&row))).fold(0, |bits, i| bits | 1 << i);
        prop_assert_eq!(Listed::new(&listed).unwrap().keeps(first), expected);
    }

    #[test]
    fn bits_keep_the_rows_whose_bit_is_set(words in prop::collection::vec(any::<u64>(), 0..5), first in place()) {
        let kept = |row: usize| words.get(row / 64).is_some_and(|word| word >> (row % 64) & 1 == 1);
        prop_assert_eq!(Bits(&words).keeps(first), by_rows(first, kept));
    }
}

proptest! {
    #![proptest_config(cases(2000))]

    #[test]
    fn a_random_mask_decides_by_the_rows_number(seed: u64, keep in 0.0..=1.0f64, first in place()) {
        // Number `row` of the tests' own generator, begun with the seed.
        let number = |row: usize| Numbers(seed.wrapping_add((row as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15))).next();
        let kept = |row: usize| ((number(row) >> 32) as f64) < (keep * 2f64.powi(32)).round();
        prop_assert_eq!(RandomMask::new(seed, keep).unwrap().keeps(first), by_rows(first, kept));
    }

    #[test]
    fn a_random_mask_keeps_what_a_smaller_one_of_its_seed_keeps(seed: u64, a in 0.0..=1.0f64, b in 0.0..=1.0f64, first in place()) {
        let keeps = |keep| RandomMask::new(seed, keep).unwrap().keeps(first);
        prop_assert_eq!(keeps(a.min(b)) & !keeps(a.max(b)), 0);
    }
}

#[test]
fn a_random_mask_keeps_the_fraction_asked_for_within_four_standard_errors() {
    let rows = 1_000_000;
    for seed in 1..=3 {
        for keep in [0.001, 0.1, 0.5, 0.9, 0.999] {
            let mask = RandomMask::new(seed, keep).unwrap();
            assert!((mask.keep() - keep).abs() <= 2f64.powi(-33) && mask.seed() == seed);
            let kept: u32 = (0..rows).step_by(64).map(|first| mask.keeps(first).count_ones()).sum();
            let (expected, deviation) = (rows as f64 * keep, (rows as f64 * keep * (1.0 - keep)).sqrt());
            assert!((f64::from(kept) - expected).abs() <= 4.0 * deviation, "seed {seed}, {keep}: {kept} of {rows}");
        }
        for (keep, bits) in [(0.0, 0), (1.0, u64::MAX)] {
            let mask = RandomMask::new(seed, keep).unwrap();
            assert!((0..rows).step_by(64).all(|first| mask.keeps(first) == bits), "seed {seed}, {keep}");
        }
    }
}

#[test]
fn a_random_mask_refuses_what_is_no_probability() {
    for keep in [-1.0, -1e-300, 1.0 + f64::EPSILON, 2.0, f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
        assert!(matches!(RandomMask::new(1, keep), Err(Error::Parameter { .. })), "{keep}");
    }
    assert_eq!(RandomMask::new(1, -0.0).unwrap().keep(), 0.0);
}

/// The numbers are part of the definition.
#[test]
fn a_random_mask_has_the_bits_of_its_published_generator() {
    // The first outputs of SplitMix64 from 1234567 in decimal, as published with the generator, against each threshold that separates them.
    let outputs: [u64; 5] = [
        6_457_827_717_110_365_317,
        3_203_168_211_198_807_973,
        9_817_491_932_198_370_423,
        4_593_380_528_125_082_431,
        16_408_922_859_458_223_821,
    ];
    for threshold in outputs {
        let mask = RandomMask::new(1_234_567, (threshold >> 32) as f64 / 2f64.powi(32)).unwrap();
        let expected = outputs.iter().enumerate().filter(|(_, x)| **x >> 32 < threshold >> 32).fold(0, |bits, (i, _)| bits | 1 << i);
        assert_eq!(mask.keeps(0) & 31, expected);
    }
}

/// The recall through `mask` against the recall over the rows it keeps, the memory beginning at row `first`.
fn is_the_recall_over_kept_rows<M: Mask + std::fmt::Debug>(mask: M, count: usize, first: usize, beta: f32) {
    let mut numbers = Numbers(count as u64 + 1);
    let (mut data, query) = (numbers.numbers(count * DIM), numbers.numbers(DIM));
    let kept: Vec<usize> = (0..count).filter(|&i| mask.keeps(first + i) & 1 == 1).collect();
    let gathered: Vec<f32> = kept.iter().flat_map(|&i| data[i * DIM..(i + 1) * DIM].to_vec()).collect();
    let m = largest(&data);
    (0..count).filter(|i| !kept.contains(i)).for_each(|i| data[i * DIM + i % DIM] = f32::NAN);
    fn run<S: Separation>(model: Model<S>, first: usize, data: &[f32], query: &[f32]) -> Result<(basinet_core::Step, Vec<f32>), Error> {
        let (mut work, mut out) = (Work::new(DIM, data.len() / DIM), vec![0.0; DIM]);
        let mut pass = model.begin(query, DIM, work.scratch())?;
        pass.update(first, &rows(data))?;
        let normaliser = pass.normaliser()?;
        pass.read_out(&normaliser, first, &rows(data))?;
        Ok((pass.finish(&normaliser, &mut out)?, out))
    }
    let (soft, sparse) = (model(Softmax, beta, Dispatch), model(Sparsemax, beta, Dispatch));
    let (found_soft, found_sparse) = (run(soft.keep(mask), first, &data, &query), run(sparse.keep(mask), first, &data, &query));
    let what = format!("{mask:?} of {count} rows from {first}, beta {beta}");
    if kept.is_empty() {
        assert_eq!((found_soft.err(), found_sparse.err()), (Some(Error::Empty), Some(Error::Empty)), "{what}");
        return;
    }
    // A sparse map does not know what lies between its candidates: the bits are the same.
    let ((mut step, out), (expected, expected_out)) = (found_sparse.expect(&what), run(sparse, 0, &gathered, &query).expect(&what));
    assert_eq!(step.winner, first + kept[expected.winner], "{what}");
    step.winner = expected.winner;
    assert_eq!((step, bits(&out)), (expected, bits(&expected_out)), "{what}");
    // Softmax brackets rows by their numbers in the memory: each state is within 2e-6 m of the exact one.
    let ((step, out), (expected, expected_out)) = (found_soft.expect(&what), run(soft, 0, &gathered, &query).expect(&what));
    assert_eq!(
        (step.winner, step.gap.to_bits(), step.support),
        (first + kept[expected.winner], expected.gap.to_bits(), expected.support),
        "{what}"
    );
    assert!((f64::from(step.weight) - f64::from(expected.weight)).abs() <= 4e-6, "{what}: {step:?}, {expected:?}");
    assert!(
        (f64::from(step.rest) - f64::from(expected.rest)).abs() <= 2.0 * (depth(count) + 4.0) * EPS * f64::from(expected.rest),
        "{what}"
    );
    for (a, b) in out.iter().zip(&expected_out) {
        assert!((f64::from(*a) - f64::from(*b)).abs() <= 4e-6 * m, "{what}: {a} and {b}");
    }
}

proptest! {
    #![proptest_config(cases(100))]

    #[test]
    fn a_masked_recall_is_the_recall_over_the_kept_rows(
        count in 1usize..700, first in 0usize..200, seed: u64, density in 0u32..5, beta in prop::sample::select(vec![0.01f32, 1.0, 10.0]),
        centre in 0usize..900, half_width in 0usize..200,
    ) {
        is_the_recall_over_kept_rows(Window { centre, half_width }, count, first, beta);
        let mut numbers = Numbers(seed);
        // Whole words clear, so that whole blocks are masked.
        let sparse = |numbers: &mut Numbers| (0..density).fold(numbers.next(), |word, _| word & numbers.next());
        let words: Vec<u64> = (0..16).map(|_| if numbers.next().is_multiple_of(3) { 0 } else { sparse(&mut numbers) }).collect();
        is_the_recall_over_kept_rows(Bits(&words), count, first, beta);
        let listed: Vec<usize> = (0..1024).filter(|row| words[row / 64] >> (row % 64) & 1 == 1).collect();
        is_the_recall_over_kept_rows(Listed::new(&listed).unwrap(), count, first, beta);
        is_the_recall_over_kept_rows(RandomMask::new(seed, f64::from(density) / 4.0).unwrap(), count, first, beta);
    }
}

#[test]
fn masked_blocks_chunks_and_ends_leave_the_recall_over_the_kept_rows() {
    let count = 2 * CHUNK + 300;
    for (centre, half_width) in
        [(0, 0), (0, 63), (CHUNK, 70), (CHUNK + 100, 100), (2 * CHUNK, 1), (count - 1, 0), (count, 64), (count + 64, 64)]
    {
        is_the_recall_over_kept_rows(Window { centre, half_width }, count, 0, 2.0);
        is_the_recall_over_kept_rows(Window { centre: centre + 37, half_width }, count, 37, 2.0);
    }
    is_the_recall_over_kept_rows(Bits(&[]), count, 0, 1.0);
    is_the_recall_over_kept_rows(Bits(&[0, 0, 1 << 63]), 300, 1, 1.0);
}

#[test]
fn weights_of_masked_rows_are_zero_and_the_others_are_those_of_the_kept_rows() {
    on_every_backend!(|kernels| [] -> () {
        let (scores, count) = (Numbers(41).numbers(300), 300);
        let words = [0, 0x00ff_0000_1234_5678, u64::MAX, 0, 0b1011];
        let kept: Vec<usize> = (0..count).filter(|row| words[row / 64] >> (row % 64) & 1 == 1).collect();
        let mut gathered: Vec<f32> = kept.iter().map(|&row| scores[row]).collect();
        let mut masked = scores.clone();
        (0..count).filter(|row| !kept.contains(row)).for_each(|row| masked[row] = f32::INFINITY);
        let model = model(Sparsemax, 0.5, kernels);
        model.keep(Bits(&words)).weights(&mut masked, &mut Work::new(0, 20).scratch()).unwrap();
        model.weights(&mut gathered, &mut Work::new(0, 20).scratch()).unwrap();
        let mut expected = vec![0.0; count];
        kept.iter().zip(&gathered).for_each(|(&row, &weight)| expected[row] = weight);
        assert_eq!(bits(&masked), bits(&expected));
    });
}

/// Rows, blocks and chunks are counted in the memory, masked or not: so a masked row changes as many bits as one whose score is so low
/// that its weight is +0, none.
#[test]
fn a_masked_row_has_the_bits_of_a_row_of_weight_zero() {
    on_every_backend!(|kernels| [] -> () {
        let count = 3 * CHUNK;
        let mut numbers = Numbers(42);
        let (mut data, mut query) = (numbers.numbers(count * DIM), numbers.numbers(DIM));
        query[0] = 1.0;
        // The last block of the first chunk, the first of the second, scattered rows, all of the third but the last row.
        let masked = |row: usize| (CHUNK - BLOCK..CHUNK).contains(&row) || (CHUNK..CHUNK + BLOCK).contains(&row) || row % 7 == 3 || (2 * CHUNK..count - 1).contains(&row);
        let words: Vec<u64> = (0..count / 64).map(|word| (0..64).filter(|bit| !masked(word * 64 + bit)).fold(0, |bits, bit| bits | 1 << bit)).collect();
        (0..count).filter(|&row| masked(row)).for_each(|row| data[row * DIM] = -1e6);
        let (model, mut work) = (model(Softmax, 0.5, kernels), Work::new(DIM, 0));
        let (mut out, mut expected) = ([0.0; DIM], [0.0; DIM]);
        let step = model.keep(Bits(&words)).step(&rows(&data), &query, &mut out, &mut work.scratch()).unwrap();
        let low = model.step(&rows(&data), &query, &mut expected, &mut work.scratch()).unwrap();
        assert_eq!((step.winner, step.weight.to_bits(), step.rest.to_bits()), (low.winner, low.weight.to_bits(), low.rest.to_bits()));
        assert_eq!(bits(&out), bits(&expected));
    });
}

#[test]
fn scores_of_masked_rows_are_not_looked_at_and_others_that_are_not_finite_are_named() {
    let (mut data, query) = (Numbers(5).numbers(200 * DIM), [1.0, 0.5, -0.25]);
    let words = [u64::MAX, !(1 << 6), u64::MAX, u64::MAX];
    let model = model(Softmax, 1.0, Dispatch).keep(Bits(&words));
    data[70 * DIM] = f32::NAN;
    let mut scores = vec![0.0; 200];
    model.scores(&rows(&data), &query, &mut scores).unwrap();
    assert!(scores.iter().enumerate().all(|(row, score)| (row == 70) == (*score == f32::NEG_INFINITY)));
    for row in [0, 69, 71, 127, 199] {
        let mut data = data.clone();
        data[row * DIM] = f32::INFINITY;
        let mut scores = vec![7.0; 200];
        assert_eq!(model.scores(&rows(&data), &query, &mut scores), Err(Error::ScoreNotFinite { row }));
        assert_eq!(scores, [7.0; 200]);
    }
}
