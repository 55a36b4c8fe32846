//! Rows of random features: their law, and what is orthogonal.
#![allow(clippy::disallowed_methods, reason = "a test's reference uses the system's functions")]

use basinet::random_rows::{gaussian, orthogonal};

const DIM: usize = 24;

fn dot(a: &[f32], b: &[f32]) -> f64 {
    a.iter().zip(b).map(|(a, b)| f64::from(*a) * f64::from(*b)).sum()
}

/// Mean and mean square of all numbers, and of the squares of lengths in units of D.
fn moments(rows: &[f32]) -> [f64; 3] {
    let count = rows.len() as f64;
    let mean = rows.iter().map(|x| f64::from(*x)).sum::<f64>() / count;
    let square = dot(rows, rows) / count;
    let fourth = rows.chunks(DIM).map(|row| (dot(row, row) / DIM as f64).powi(2)).sum::<f64>() / (count / DIM as f64);
    [mean, square, fourth]
}

#[test]
fn both_kinds_have_the_lengths_of_normal_rows() {
    for rows in [gaussian(4000, DIM, 3), orthogonal(4000, DIM, 3)] {
        let [mean, square, fourth] = moments(&rows);
        // Within five standard errors; a chi-square of D degrees has a mean square of D^2 + 2 D.
        assert!(mean.abs() < 5.0 / (4000.0 * DIM as f64).sqrt(), "{mean}");
        assert!((square - 1.0).abs() < 5.0 * (2.0 / (4000.0 * DIM as f64)).sqrt(), "{square}");
        assert!((fourth - 1.0 - 2.0 / DIM as f64).abs() < 0.06, "{fourth}");
    }
}

#[test]
fn orthogonal_rows_are_orthogonal_in_groups_of_d() {
    let rows = orthogonal(3 * DIM + 5, DIM, 1);
    let row = |i: usize| &rows[i * DIM..][..DIM];
    let cosine = |i, j| dot(row(i), row(j)) / (dot(row(i), row(i)) * dot(row(j), row(j))).sqrt();
    for i in 0..3 * DIM + 5 {
        for j in 0..i {
            assert!(i / DIM != j / DIM || cosine(i, j).abs() < 1e-6, "{i} {j}");
        }
    }
    assert!((0..DIM).any(|i| cosine(i, DIM).abs() > 0.1));
}

#[test]
fn a_seed_names_its_rows() {
    for rows in [gaussian, orthogonal] {
        assert_eq!(rows(7, 5, 1), rows(7, 5, 1));
        assert_ne!(rows(7, 5, 1), rows(7, 5, 2));
        assert_eq!(rows(3, 5, 1), rows(7, 5, 1)[..15]);
    }
}
