//! Similarities on every backend: the same bits, and within their bounds of f64.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::disallowed_methods,
    reason = "a test may fail, and its reference uses the system's functions"
)]

mod common;

use basinet_core::{AnySimilarity, BLOCK, Cosine, Descends, Dot, Patterns, Similarity, SquaredDistance};
use common::{EPS, Numbers, bits};

/// What a score must have where there is no row.
const UNTOUCHED: f32 = -7.5;

/// The bits of all three similarities' scores of rows `from..from + n`, agreed upon by all backends.
fn scores(data: &[f32], dim: usize, stride: usize, query: &[f32], from: usize, n: usize, summed: bool) -> [Vec<f32>; 3] {
    type Place = (usize, usize, usize, usize, bool);
    let place: Place = (dim, stride, from, n, summed);
    let found = on_every_backend!(|kernels| [data: &'static [f32] = leaked(data), place: Place = place, query: Vec<f32> = query.to_vec()] -> [Vec<u32>; 3] {
        let (dim, stride, from, n, summed) = place;
        let rows = Patterns::strided(data, dim, stride).unwrap();
        let mut out = [vec![UNTOUCHED; n], vec![UNTOUCHED; n], vec![UNTOUCHED; n]];
        Dot.scores(kernels, &rows, from, &query, &mut out[0], summed);
        SquaredDistance.scores(kernels, &rows, from, &query, &mut out[1], summed);
        Cosine.scores(kernels, &rows, from, &query, &mut out[2], summed);
        out.map(|out| bits(&out))
    });
    found.map(|bits| bits.into_iter().map(f32::from_bits).collect())
}

/// A job's type names no lifetime, and the data of a test are few.
fn leaked(data: &[f32]) -> &'static [f32] {
    Vec::leak(data.to_vec())
}

/// The score of each row without a stride.
fn dense(data: &[f32], query: &[f32]) -> [Vec<f32>; 3] {
    let dim = query.len();
    scores(data, dim, dim, query, 0, data.len() / dim, false)
}

#[test]
fn scores_of_any_length_are_within_their_bounds_and_the_same_on_every_backend() {
    let mut numbers = Numbers(61);
    for dim in 1..=257 {
        let count = if dim % 50 == 1 { 67 } else { 11 };
        for (row_scale, query_scale) in [(1.0, 1.0), (1e-12, 1e15), (1e9, 1e-3)] {
            let query: Vec<f32> = numbers.numbers(dim).iter().map(|x| x * query_scale).collect();
            let mut data: Vec<f32> = numbers.numbers(dim * count).iter().map(|x| x * row_scale).collect();
            // A row near the query, so that differences are small, and one that nearly opposes it.
            for (j, &q) in query.iter().enumerate() {
                (data[j], data[dim + j]) = (q * (1.0 + 1e-6 * (j % 7) as f32), -q * 3.0);
            }
            let [dots, distances, cosines] = dense(&data, &query);
            let groups = dim.div_ceil(16) as f64;
            let underflow = dim as f64 * 2f64.powi(-149);
            for (i, row) in data.chunks(dim).enumerate() {
                let what = format!("D {dim}, scales {row_scale:e} and {query_scale:e}, row {i}");
                let sum = |term: fn(f64, f64) -> f64| row.iter().zip(&query).map(|(&x, &q)| term(f64::from(x), f64::from(q))).sum::<f64>();
                let (exact, size) = (sum(|x, q| x * q), sum(|x, q| (x * q).abs()));
                let error = (f64::from(dots[i]) - exact).abs();
                assert!(error <= (groups + 5.0) * EPS * size + underflow, "dot, {what}: off by {error:e}");
                let square = sum(|x, q| (x - q) * (x - q));
                let error = (f64::from(distances[i]) + square).abs();
                assert!(error <= (groups + 7.0) * EPS * square + underflow, "distance, {what}: off by {error:e} of {square:e}");
                let cosine = exact / (sum(|x, _| x * x).sqrt() * sum(|_, q| q * q).sqrt());
                let error = (f64::from(cosines[i]) - cosine).abs();
                assert!(error <= (2.0 * groups + 15.0) * EPS, "cosine, {what}: off by {error:e} of {cosine:e}");
            }
        }
    }
}

#[test]
fn rows_are_found_at_any_distance_and_from_any_row_on() {
    let mut numbers = Numbers(62);
    for (dim, stride, count) in [(1, 1, 150), (1, 3, 70), (7, 9, 130), (16, 16, 65), (17, 40, 80), (64, 65, 66), (100, 128, 9)] {
        let (data, query) = (numbers.numbers(stride * (count - 1) + dim), numbers.numbers(dim));
        let gathered: Vec<f32> = (0..count).flat_map(|i| data[i * stride..i * stride + dim].to_vec()).collect();
        let expected = dense(&gathered, &query);
        for (from, n) in
            [(0, count), (1, count - 1), (3, 5), (count - 1, 1), (count / 2, count), (count, 2), (count + 5, 3), (0, BLOCK + 1)]
        {
            for (found, expected) in scores(&data, dim, stride, &query, from, n, true).iter().zip(&expected) {
                let there = (from..from + n).map(|i| expected.get(i).copied().unwrap_or(UNTOUCHED)).collect::<Vec<f32>>();
                assert_eq!(bits(found), bits(&there), "{n} rows of {count} from {from}, {dim} numbers {stride} apart");
            }
        }
    }
}

#[test]
fn asking_for_memory_ahead_changes_no_bit() {
    let mut numbers = Numbers(63);
    for dim in [24, 300] {
        // More than the 2^20 numbers that may be in a cache.
        let count = (1 << 20) / dim + 100;
        let (mut data, query) = (numbers.numbers(BLOCK * dim), numbers.numbers(dim));
        let expected = dense(&data, &query);
        data.resize(count * dim, 0.25);
        for summed in [false, true] {
            let found = scores(&data, dim, dim, &query, 0, BLOCK, summed);
            assert_eq!(found.map(|s| bits(&s)), expected.clone().map(|s| bits(&s)), "D {dim}, summed {summed}");
        }
    }
}

#[test]
fn an_exact_match_is_at_distance_plus_zero_and_everything_else_below() {
    let mut numbers = Numbers(64);
    for dim in 1..=257 {
        for scale in [1.0, 1e-30, 1e15] {
            let query: Vec<f32> = numbers.numbers(dim).iter().map(|x| x * scale).collect();
            let mut data = query.clone();
            data.extend(query.iter().map(|x| x + scale));
            let [_, distances, cosines] = dense(&data, &query);
            assert_eq!(distances[0].to_bits(), 0, "D {dim}: {distances:?}");
            assert!(scale < 1e-20 || distances[1] < 0.0, "D {dim}: {distances:?}");
            assert!(scale < 1e-20 || (f64::from(cosines[0]) - 1.0).abs() <= (2.0 * dim.div_ceil(16) as f64 + 15.0) * EPS);
        }
    }
}

#[test]
fn zeros_and_what_underflows_to_them_have_the_cosine_plus_zero() {
    let mut numbers = Numbers(65);
    for dim in [1, 3, 15, 16, 17, 33, 257] {
        let ordinary = numbers.numbers(dim);
        let strange = [vec![0.0; dim], vec![-0.0; dim], vec![1e-25; dim], vec![-1e-25; dim]];
        for row in &strange {
            assert_eq!(dense(row, &ordinary)[2][0].to_bits(), 0, "D {dim}: a row of {} and an ordinary query", row[0]);
            assert_eq!(dense(&ordinary, row)[2][0].to_bits(), 0, "D {dim}: an ordinary row and a query of {}", row[0]);
            for query in &strange {
                let [dots, distances, cosines] = dense(row, query);
                assert_eq!(cosines[0].to_bits(), 0, "D {dim}: a row of {} and a query of {}", row[0], query[0]);
                assert!(dots[0].to_bits() == 0 && distances[0].to_bits() == 0, "D {dim}");
            }
        }
    }
    // Vectors at a right angle.
    assert_eq!(dense(&[-1.0, 0.0], &[0.0, 1.0])[2][0].to_bits(), 0);
    // The smallest that do not underflow.
    let least = 2f32.powi(-74);
    assert_eq!(dense(&[least, -least], &[least])[2], [1.0, -1.0]);
}

#[test]
fn what_overflows_or_is_not_finite_has_a_score_that_is_not_finite() {
    let ordinary = [1.0, -2.0, 0.5];
    let not_finite = |row: &[f32], query: &[f32], which: &[usize]| {
        let mut data = ordinary.repeat(70);
        data[66 * 3..67 * 3].copy_from_slice(row);
        let found = dense(&data, query);
        for &similarity in which {
            for (i, score) in found[similarity].iter().enumerate() {
                let wrong = i == 66 || query.iter().any(|q| q.abs() > 1e18);
                assert_eq!(score.is_finite(), !wrong, "similarity {similarity}, row {i} of {row:?}, query {query:?}: {score}");
            }
        }
    };
    for strange in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY] {
        for at in 0..3 {
            let mut row = ordinary;
            row[at] = strange;
            not_finite(&row, &ordinary, &[0, 1, 2]);
            not_finite(&row, &[0.0; 3], &[0, 1, 2]);
        }
    }
    // Squares overflow, the dot product does not: dividing by infinity would give 0.
    not_finite(&[1e20, 0.0, 0.0], &ordinary, &[1, 2]);
    not_finite(&[1e20, 0.0, 0.0], &[0.0, 1.0, 0.0], &[1, 2]);
    not_finite(&[1e20, 0.0, 0.0], &[0.0, 0.0, 0.0], &[1, 2]);
    not_finite(&ordinary, &[0.0, 1e20, 0.0], &[1, 2]);
    not_finite(&[0.0, 0.0, 0.0], &[0.0, 1e20, 0.0], &[1, 2]);
    not_finite(&[3e38, 0.0, 0.0], &[-3e38, 0.0, 0.0], &[1, 2]);
    assert!(!dense(&[3e38, 1.0], &[-3e38, 1.0])[0][0].is_finite());
    // The largest whose squares do not overflow.
    let most = f32::MAX.sqrt();
    assert!((dense(&[most, -most], &[most])[2][0] - 1.0).abs() < 1e-6);
}

#[test]
fn energies_are_those_of_the_table() {
    fn both(similarity: impl Descends) -> (f64, f64) {
        (similarity.energy(3.0, 5.0, 4.0), similarity.energy0(3.0, 5.0).unwrap())
    }
    assert_eq!(both(Dot), (3.0 - 5.0 + 8.0, 3.0 - 5.0));
    assert_eq!(both(SquaredDistance), (-2.5, -2.5));
    assert_eq!(Cosine.energy0(3.0, 5.0), None);
    assert_eq!(SquaredDistance.energy(1.0, 0.0, 1.0).to_bits(), 0);
    assert_eq!(SquaredDistance.energy0(1.0, 0.0).map(f64::to_bits), Some(0));
    for (any, known) in [(AnySimilarity::Dot, both(Dot)), (AnySimilarity::SquaredDistance, both(SquaredDistance))] {
        assert_eq!((any.descending().map(both), any.energy0(3.0, 5.0)), (Some(known), Some(known.1)));
    }
    assert_eq!((AnySimilarity::Cosine.descending(), AnySimilarity::Cosine.energy0(3.0, 5.0)), (None, None));
}
