//! What is measured, possible and needed, against what is known.

use super::{Fallible, numbers, random};
use basinet::capacity;
use basinet::codes::{self, Error, TARGETS};
use basinet::{Beta, Entmax, Memory, Model, Softmax};

#[test]
fn cosines_are_those_of_the_definition() -> Fallible {
    // More than two tiles of 64, a length that is no multiple of eight, and norms from 1e-200 to 1e200.
    let (count, dim) = (150, 11);
    let mut rows: Vec<f64> = numbers(&mut random(1), count * dim);
    for (i, row) in rows.chunks_exact_mut(dim).enumerate() {
        row.iter_mut().for_each(|x| *x *= [1.0, 1e200, 1e-200][i % 3]);
    }
    let units: Vec<Vec<f64>> = rows
        .chunks_exact(dim)
        .enumerate()
        .map(|(i, row)| {
            let row: Vec<f64> = row.iter().map(|x| x / [1.0, 1e200, 1e-200][i % 3]).collect();
            let norm = row.iter().map(|x| x * x).sum::<f64>().sqrt();
            row.iter().map(|x| x / norm).collect()
        })
        .collect();
    let cosine = |i: usize, j: usize| units[i].iter().zip(&units[j]).map(|(a, b)| a * b).sum::<f64>();
    let separations = codes::separations(&rows, dim)?;
    for (i, &separation) in separations.iter().enumerate() {
        let most = (0..count).filter(|&j| j != i).map(|j| cosine(i, j)).fold(f64::NEG_INFINITY, f64::max);
        assert!((separation - (1.0 - most)).abs() < 1e-14, "{i}");
    }
    let closest = codes::closest(&rows, dim)?;
    assert_eq!(Some(closest.separation()), separations.iter().copied().reduce(f64::min));
    assert!(closest.first < closest.second && (closest.cosine - cosine(closest.first, closest.second)).abs() < 1e-14);
    Ok(())
}

#[test]
fn no_known_code_is_beyond_its_bounds() -> Fallible {
    for known in TARGETS {
        let separation = 1.0 - known.degrees.to_radians().cos();
        let (lower, upper) = (codes::lower_bound(known.count, known.dim)?, codes::upper_bound(known.count, known.dim)?);
        assert!(lower <= separation && separation <= upper, "{known:?}: {lower} {upper}");
        if let Some(optimum) = codes::optimum(known.count, known.dim)? {
            assert!((optimum - separation).abs() < 1e-8, "{known:?}: {optimum}");
        }
        if known.dim == 3 {
            assert!(separation <= codes::fejes_toth(known.count)? + 1e-8, "{known:?}");
        }
    }
    // Where Fejes Toth's bound is reached.
    for count in [3, 4, 6, 12] {
        assert!((codes::fejes_toth(count)? - codes::optimum(count, 3)?.unwrap_or(0.0)).abs() < 1e-14, "{count}");
    }
    // A polygon in the plane, and points on a line.
    assert!((codes::degrees(codes::optimum(7, 2)?.unwrap_or(0.0))? - 360.0 / 7.0).abs() < 1e-12);
    assert_eq!(codes::optimum(2, 1)?, Some(2.0));
    Ok(())
}

/// Lambert's function by its definition, from where e^y vanishes to where it overflows.
#[test]
fn capacities_solve_their_equation() -> Fallible {
    for (beta, norm, radius) in [(1e-6, 1.0, 0.1), (1.0, 16.0, 0.1), (1.0, 1e3, 1e-9), (1e150, 1.0, 0.5), (1e-280, 1e-3, 1e-300)] {
        let capacity = capacity::kernel_bound(beta, norm, 17, 1e-3, radius)?;
        // c = b / w, and w + ln w = a + ln b.
        let (log_w, y) = (capacity.b.ln() - capacity.base.ln(), capacity.a + capacity.b.ln());
        assert!((log_w.exp() + log_w - y).abs() <= 1e-13 * y.abs().max(log_w.exp()), "{beta}: {capacity:?}");
    }
    Ok(())
}

/// A pattern comes back exactly from as far as its separation allows, and near enough by softmax.
#[test]
fn what_is_needed_is_enough() -> Fallible {
    let (count, dim) = (12, 20);
    let mut tried = 0;
    for seed in 0..20 {
        let rows: Vec<f32> = numbers(&mut random(seed), count * dim);
        let memory = Memory::from_rows(dim, &rows)?;
        let norm = f64::from(memory.max_norm());
        let wide = |i: usize| memory.row(i).unwrap_or(&[]).iter().map(|&x| f64::from(x)).collect::<Vec<_>>();
        let dot = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f64>();
        for i in 0..count {
            let own = wide(i);
            let rival = (0..count).filter(|&j| j != i).map(|j| dot(&own, &wide(j))).fold(f64::NEG_INFINITY, f64::max);
            let separation = dot(&own, &own) - rival;
            for (alpha, beta) in [(1.25, 4.0), (1.5, 4.0), (2.0, 2.0)] {
                let margin = codes::margin(alpha)?;
                let spare = separation - codes::exact_needed(margin, beta, norm, 0.0)?;
                if spare <= 0.0 {
                    continue;
                }
                // The farthest state that is allowed, but for rounding, straight towards another pattern.
                let for_each = codes::exact_needed(margin, beta, norm, 1.0)? - codes::exact_needed(margin, beta, norm, 0.0)?;
                let distance = 0.999 * spare / for_each;
                let other = wide((i + 1) % count);
                let apart: Vec<f64> = other.iter().zip(&own).map(|(a, b)| a - b).collect();
                let scale = distance / dot(&apart, &apart).sqrt();
                let query: Vec<f32> = own.iter().zip(&apart).map(|(x, a)| (x + scale * a) as f32).collect();
                let model = Model::new(Beta::new(beta as f32)?, Entmax::new(alpha as f32)?);
                assert_eq!(memory.recall(&model, &query)?.state, memory.row(i).unwrap_or(&[]), "{seed} {i} {alpha}");
                tried += 1;
                let dense = memory.recall(&Model::new(Beta::new(beta as f32)?, Softmax), &query)?.state;
                let off = dense.iter().zip(&own).map(|(&a, b)| (f64::from(a) - b).powi(2)).sum::<f64>().sqrt();
                assert!(off <= codes::dense_error(beta, count, norm, separation, distance)? + 1e-5, "{seed} {i}: {off}");
            }
        }
    }
    assert!(tried > 300, "{tried}");
    Ok(())
}

/// Theorem 5 of Ramsauer et al.: separated as needed, a step from within `1/(beta M m)` of a pattern ends within it.
#[test]
fn what_a_dense_memory_needs_is_what_its_error_comes_to() -> Fallible {
    for (beta, count, norm) in [(1.0, 2, 1.0), (10.0, 10, 1.0), (0.3, 100, 7.0), (25.0, 1_000_000, 0.2)] {
        let within = 1.0 / (beta * count as f64 * norm);
        let error = codes::dense_error(beta, count, norm, codes::dense_needed(beta, count, norm)?, within)?;
        assert!((error / within - 1.0).abs() < 1e-9, "{beta} {count} {norm}: {error:e} for {within:e}");
    }
    Ok(())
}

/// By its formula, and never below the diameter of the ball of patterns, which any step of weights that sum to one keeps.
#[test]
fn the_error_of_a_sparse_step_is_the_papers() -> Fallible {
    assert_eq!(codes::sparse_error(2.0, 9, 1.5, 3, 0.25)?, 1.5 + 3.0 * 1.5 * 2.0 * (3.0 * 0.25 + 0.5));
    for (dim, norm) in [(1, 0.1), (7, 2.0), (900, 30.0)] {
        assert!(codes::sparse_error(1e-3, dim, norm, 1, 0.0)? >= 2.0 * norm);
    }
    Ok(())
}

#[test]
fn wrong_input_is_named() {
    let nan = f64::NAN;
    assert_eq!(codes::closest(&[1.0, 2.0, 3.0], 2), Err(Error::Length { len: 3, dim: 2 }));
    assert_eq!(codes::closest::<f64>(&[], 0), Err(Error::Length { len: 0, dim: 0 }));
    assert_eq!(codes::separations(&[1.0, 2.0], 2), Err(Error::TooFew { count: 1, least: 2 }));
    assert_eq!(codes::closest(&[1.0, 2.0, 0.0, -0.0], 2), Err(Error::ZeroRow { row: 1 }));
    assert_eq!(codes::closest(&[1.0, nan, 1.0, 0.0], 2), Err(Error::NotFinite { row: 0 }));
    assert_eq!(codes::closest(&[1.0, 1.0, 1.0, f64::INFINITY], 2), Err(Error::NotFinite { row: 1 }));
    assert_eq!(codes::optimum(3, 1), Err(Error::Dimension { dim: 1, least: 2 }));
    assert_eq!(codes::fejes_toth(2), Err(Error::TooFew { count: 2, least: 3 }));
    let refused = |result: Result<f64, Error>| assert!(matches!(result, Err(Error::OutOfRange { .. })), "{result:?}");
    for (count, dim, error) in [(1, 3, Error::TooFew { count: 1, least: 2 }), (3, 1, Error::Dimension { dim: 1, least: 2 })] {
        assert_eq!(codes::optimum(count, dim), Err(error));
        assert_eq!((codes::upper_bound(count, dim), codes::lower_bound(count, dim)), (Err(error), Err(error)));
    }
    assert_eq!(codes::dense_needed(1.0, 1, 1.0), Err(Error::TooFew { count: 1, least: 2 }));
    assert_eq!(codes::sparse_error(1.0, 3, 1.0, 0, 1.0), Err(Error::TooFew { count: 0, least: 1 }));
    refused(codes::dense_needed(nan, 3, 1.0));
    refused(codes::degrees(2.1));
    refused(codes::degrees(nan));
    refused(codes::margin(1.0));
    refused(codes::needed(0.0, 3, 1.0));
    refused(codes::needed(1.0, 3, f64::INFINITY));
    refused(codes::exact_needed(f64::INFINITY, 1.0, 1.0, 0.0));
    refused(codes::dense_error(1.0, 3, 1.0, nan, 0.0));
    refused(codes::sparse_error(1.0, 3, 1.0, 1, -1.0));
    refused(capacity::dense_bound(1.0, 1.0, 20, 1.5).map(|capacity| capacity.base));
    refused(capacity::kernel_bound(1.0, 1.0, 20, 1.0, 1.0).map(|capacity| capacity.base));
}
