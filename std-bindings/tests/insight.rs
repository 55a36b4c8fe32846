//! Insight into memories, against plain loops in f64.

use basinet::insight::{duplicates, is_recallable, needed, rival, separations};
use basinet::{Cosine, Dot, Error, Memory, Model, Similarity, Softmax, Sparsemax, SquaredDistance, beta};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

type Fallible = Result<(), Box<dyn std::error::Error>>;

/// Random rows of 24 numbers: 150 of them, of which some are equal and some scaled.
fn memory() -> Result<Memory, Error> {
    let mut random = ChaCha8Rng::seed_from_u64(11);
    let mut rows: Vec<f32> = (0..24 * 150).map(|_| random.random_range(-1.0..=1.0)).collect();
    let (first, rest) = rows.split_at_mut(24);
    rest[24 * 40..24 * 41].copy_from_slice(first);
    rest[24 * 120..24 * 121].copy_from_slice(first);
    for (scaled, x) in rest[24 * 70..24 * 71].iter_mut().zip(first) {
        *scaled = 0.5 * *x;
    }
    Memory::from_rows(24, &rows)
}

fn dot(a: &[f32], b: &[f32]) -> f64 {
    a.iter().zip(b).map(|(&a, &b)| f64::from(a) * f64::from(b)).sum()
}

/// Separations and rivals by comparing all with all.
fn plain(memory: &Memory, score: impl Fn(&[f32], &[f32]) -> f64) -> Vec<(f64, usize)> {
    let rows: Vec<&[f32]> = (0..memory.len()).filter_map(|i| memory.row(i)).collect();
    let of = |i: usize| {
        let others = rows.iter().enumerate().filter(|(j, _)| *j != i).map(|(j, row)| (score(rows[i], row), j));
        let (best, rival) = others.fold((f64::NEG_INFINITY, 0), |best, other| if other.0 > best.0 { other } else { best });
        (score(rows[i], rows[i]) - best, rival)
    };
    (0..rows.len()).map(of).collect()
}

fn check<Q: Similarity>(similarity: Q, score: impl Fn(&[f32], &[f32]) -> f64) -> Fallible {
    let memory = memory()?;
    let (patterns, expected) = (memory.patterns()?, plain(&memory, score));
    let all: Vec<usize> = (0..memory.len()).collect();
    let found = separations(&patterns, similarity, &all, |_| ())?;
    for (i, (&found, (separation, nearest))) in found.iter().zip(&expected).enumerate() {
        assert!((f64::from(found) - separation).abs() < 1e-4, "{similarity:?} {i}: {found} and {separation}");
        // Of rivals that are equally near, rounding may choose.
        if *separation > 1e-3 {
            assert_eq!(rival(&patterns, similarity, i)?, Some(*nearest), "{similarity:?} {i}");
        }
    }
    // Any list, in its order; and the callback hears of each.
    let heard = std::sync::atomic::AtomicUsize::new(0);
    let some = separations(&patterns, similarity, &[140, 3, 3], |rows| {
        heard.fetch_add(rows, std::sync::atomic::Ordering::Relaxed);
    })?;
    assert_eq!(heard.into_inner(), 3);
    for (some, all) in some.iter().zip([found[140], found[3], found[3]]) {
        assert!((some - all).abs() < 1e-5);
    }
    Ok(())
}

#[test]
fn separations_and_rivals_are_those_of_all_with_all() -> Fallible {
    let square = |a: &[f32], b: &[f32]| -a.iter().zip(b).map(|(&a, &b)| (f64::from(a) - f64::from(b)).powi(2)).sum::<f64>();
    check(Dot, dot)?;
    check(SquaredDistance, square)?;
    check(Cosine, |a, b| dot(a, b) / (dot(a, a) * dot(b, b)).sqrt())
}

#[test]
fn a_pattern_is_recallable_exactly_where_the_criterion_says_so() -> Fallible {
    let memory = memory()?;
    let (patterns, model) = (memory.patterns()?, Model::new(beta!(0.5), Sparsemax));
    let all: Vec<usize> = (0..memory.len()).collect();
    let (separations, needed) = (separations(&patterns, Dot, &all, |_| ())?, needed(&model));
    let mut both = [0, 0];
    for (i, separation) in separations.into_iter().enumerate() {
        // Nearer than rounding, either would be right.
        assert!((f64::from(separation) - needed).abs() > 1e-4);
        let step = memory.recall(&model, memory.row(i).unwrap_or(&[]))?.step;
        assert_eq!(step.is_exact() && step.winner == i, is_recallable(separation, needed), "{i}");
        both[usize::from(is_recallable(separation, needed))] += 1;
    }
    assert!(both[0] > 3 && both[1] > 3, "{both:?}");
    assert!(!is_recallable(f32::MAX, of_softmax()));
    Ok(())
}

/// No separation is enough for softmax.
fn of_softmax() -> f64 {
    needed(&Model::new(beta!(1e6), Softmax))
}

#[test]
fn equal_rows_are_found_whatever_the_sign_of_their_zeros() -> Fallible {
    assert_eq!(duplicates(&memory()?.patterns()?), [[0, 41, 121]]);
    let zeros = Memory::from_rows(2, &[0.0, 1.0, 2.0, 2.0, -0.0, 1.0])?;
    assert_eq!(duplicates(&zeros.patterns()?), [[0, 2]]);
    Ok(())
}

#[test]
fn a_pattern_that_is_alone_has_no_rival() -> Fallible {
    let memory = Memory::from_rows(2, &[3.0, 4.0])?;
    assert_eq!(separations(&memory.patterns()?, Dot, &[0], |_| ())?, [f32::INFINITY]);
    assert_eq!(rival(&memory.patterns()?, Dot, 0)?, None);
    assert_eq!(separations(&memory.patterns()?, Dot, &[1], |_| ()), Err(Error::NoSuchRow { row: 1, count: 1 }));
    Ok(())
}
