//! The table of metastable sizes.

use super::{Fallible, on_any_threads};
use basinet::experiments::{Metastable, SizeRow};

/// The percentage of size 1 at beta 10, and its standard error.
fn alone(rows: &[SizeRow], update: usize, separation: &str, map: &str) -> Option<(f64, f64)> {
    let is = |row: &&SizeRow| (row.beta, row.update, row.size) == (10.0, update, 1) && (&*row.separation, &*row.map) == (separation, map);
    rows.iter().find(is).map(|row| (row.percent, row.percent_sd / 20.0_f64.sqrt()))
}

#[test]
fn patterns_are_alone_with_a_map_as_often_as_the_reference_has_them_or_more() -> Fallible {
    let rows = Metastable::default().run(|| ())?;
    // Reference: 20 seeds of other random numbers, without a map and with one.
    for (separation, without, with) in [("softmax", 34.5, 64.5), ("entmax:1.5", 81.0, 100.0), ("sparsemax", 94.5, 100.0)] {
        let (found, error) = alone(&rows, 20, separation, "none").ok_or("no row")?;
        // Both means have this standard error.
        assert!((found - without).abs() < 3.0 * (2.0 * error * error).sqrt(), "{separation}: {found} +- {error}, reference {without}");
        let (found, _) = alone(&rows, 20, separation, "U-Hop+").ok_or("no row")?;
        assert!(found >= with, "{separation}: {found}, reference {with}");
    }
    let of_all: f64 = rows.iter().take(10).map(|row| row.percent).sum();
    assert!((of_all - 100.0).abs() < 1e-9);
    Ok(())
}

#[test]
fn sizes_do_not_depend_on_the_number_of_threads() -> Fallible {
    on_any_threads(|| Metastable { seeds: 1..=3, ..Metastable::default() }.run(|| ()))??;
    Ok(())
}
