//! Codes: how near, how fast, in how many dimensions; and what they do to a plane.

use super::{Fallible, on_any_threads};
use basinet::codes::TARGETS;
use basinet::experiments::{Basins, Codes, Criterion, Dimension, Growth, Line, Method, Rate, RateRow, Raw};
use basinet::feature_map::{Start, Training};

#[test]
fn few_starts_come_near_the_best_known_codes_and_keep_the_bounds() -> Fallible {
    let experiment = Codes { training: Training { starts: 3, iterations: 200, ..Training::code() } };
    let rows = experiment.run(|| ())?;
    assert_eq!(rows.len(), TARGETS.len());
    for row in rows {
        assert!(row.missed > -1e-5 && (row.missed < 3.0 || row.points == 24), "{row:?}");
        let most = row.proven.unwrap_or(row.upper);
        assert!(row.lower < row.separation && row.separation < most + 1e-9 && row.separation < row.upper + 1e-9, "{row:?}");
        assert!((row.separation - 1.0 + row.degrees.to_radians().cos()).abs() < 1e-12);
    }
    Ok(())
}

#[test]
fn with_more_steps_less_is_missing() -> Fallible {
    let experiment = Rate {
        codes: vec![(12, 3), (9, 8)],
        methods: vec![
            Method::Points("points", Training::code()),
            Method::Map("map", Training { start: Start::Normal, ..Training::uhop_plus() }),
        ],
        budgets: vec![1, 16, 256],
        seeds: 1..=5,
    };
    let rows = on_any_threads(|| experiment.run(|| ()))??;
    assert_eq!(rows.len(), 12);
    for rows in rows.chunks_exact(3) {
        assert!(rows.iter().all(|row| row.lower <= row.missing && row.missing <= row.upper && row.lower > -1e-9), "{rows:?}");
        assert!(rows[0].missing > rows[1].missing && rows[1].missing > rows[2].missing, "{rows:?}");
    }
    // Falling as 1/steps, and then arrived.
    let row = |steps: usize, missing: f64| RateRow { steps, missing, ..rows[0].clone() };
    let power = RateRow::power(&[row(1, 0.5), row(10, 0.05), row(100, 0.005), row(1000, 0.0)]).ok_or("no line")?;
    assert!((power.slope + 1.0).abs() < 1e-12 && power.residual < 1e-12, "{power:?}");
    let unknown = Rate { codes: vec![(25, 4)], ..experiment };
    assert!(unknown.run(|| ()).is_err());
    Ok(())
}

#[test]
fn the_number_of_features_is_the_smallest_that_will_do() -> Fallible {
    let experiment = Dimension {
        points: vec![4, 8],
        // At most D + 1 points have negative cosines, at most 2 D none that is positive.
        criteria: vec![Criterion::Cosine(1e-3), Criterion::Cosine(-1e-3), Criterion::WellSeparated(32.0)],
        training: Training { starts: 4, iterations: 200, ..Training::code() },
        most: 7,
    };
    let rows = on_any_threads(|| experiment.run(|| ()))??;
    let dims: Vec<usize> = rows.iter().map(|row| row.dim).collect();
    assert_eq!(dims[..4], [2, 4, 3, 7]);
    for row in &rows[4..] {
        let needed = |separation: f64| basinet::codes::needed(32.0, row.points, (separation / 2.0).sqrt());
        assert!(row.separation >= needed(row.separation)?);
        if let Some(before) = row.before {
            assert!(before < needed(before)?);
        }
    }
    let growth = Growth::of(&rows);
    assert!((growth[0].power.slope - 1.0).abs() < 1e-12 && growth.len() == 3);
    assert!(Dimension { most: 6, ..experiment }.run(|| ()).is_err());
    Ok(())
}

#[test]
fn a_line_is_the_one_of_least_squares() -> Fallible {
    let line = Line::through(&[(0.0, 0.0), (1.0, 3.0), (2.0, 3.0)]).ok_or("no line")?;
    assert!((line.slope - 1.5).abs() < 1e-15 && (line.offset - 0.5).abs() < 1e-15);
    // Left are -1/2, 1, -1/2: their squares add up to 3/2, by n - 2 = 1, over the squares of x, 2.
    assert!((line.residual - 1.5_f64.sqrt()).abs() < 1e-15 && (line.slope_error - 0.75_f64.sqrt()).abs() < 1e-15);
    assert_eq!(Line::through(&[(1.0, 2.0)]), None);
    Ok(())
}

#[test]
fn basins_are_of_the_points_that_states_go_to() -> Fallible {
    let experiment = Basins { cells: 60, ..Basins::default() };
    let portraits = on_any_threads(|| experiment.run(|| ()))??;
    assert_eq!(portraits.len(), 10);
    for portrait in &portraits {
        let all: f64 = portrait.percent.iter().sum::<f64>() + portrait.percent_none;
        assert!((all - 100.0).abs() < 1e-9 && portrait.basins.len() == 3600);
    }
    // What maps are for: after training more of the plane goes to a point, compared at norm 1.
    let of = |steps| portraits.iter().find(|portrait| (portrait.raw, portrait.steps) == (Raw::Unit, steps)).ok_or("no portrait");
    let (before, after) = (of(0)?, of(1000)?);
    assert!(after.separation > before.separation + 0.05 && after.percent_none < before.percent_none, "{after:?}");
    Ok(())
}
