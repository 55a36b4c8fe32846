//! Parameters at the ends of what they may be.

#![allow(clippy::unwrap_used, reason = "a test may fail")]

use basinet_core::{Beta, Constrained, Entmax, Error, KSubsets, Model, Normmax, Patterns, Scratch, Separation, Sparsemax, TopK};

/// One recall of the rows 1, -2 and 0.5 by the query 1.
fn recall<S: Separation>(separation: S, beta: f32) -> (f32, f32) {
    let (rows, mut out) = ([1.0, -2.0, 0.5], [7.0]);
    let mut scratch = ([0.0; 3], [0.0; 3], [0; 3], [0.0; 3]);
    let mut scratch = Scratch::new(&mut scratch.0, &mut scratch.1, &mut scratch.2, &mut scratch.3);
    let model = Model::new(Beta::new(beta).unwrap(), separation);
    let step = model.step(&Patterns::new(&rows, 1).unwrap(), &[1.0], &mut out, &mut scratch).unwrap();
    (step.weight, out[0])
}

#[test]
fn a_beta_whose_inverse_is_lost_beside_a_score_still_has_a_winner() {
    for beta in [1e15, 1e17, 3.7e19, 1e30, f32::MAX] {
        assert_eq!(recall(Sparsemax, beta), (1.0, 1.0), "sparsemax at {beta:e}");
        for exponent in [1.001, 1.5, 2.0, 3.0, 1e6] {
            assert_eq!(recall(Entmax::new(exponent).unwrap(), beta), (1.0, 1.0), "entmax of {exponent} at {beta:e}");
            assert_eq!(recall(Normmax::new(exponent).unwrap(), beta), (1.0, 1.0), "normmax of {exponent} at {beta:e}");
        }
        assert_eq!(recall(KSubsets::new(1).unwrap(), beta), (1.0, 1.0), "1 of 3 rows at {beta:e}");
    }
}

#[test]
fn a_row_is_missed_however_many_are_wanted() {
    let (k, model) = (20_000, |k| Model::new(Beta::new(1.0).unwrap(), KSubsets::new(k).unwrap()));
    let weigh = |rows: usize| {
        let (mut weights, mut scores, mut numbers, mut work) = (vec![0.5; rows], vec![0.0; rows], vec![0; rows], vec![0.0; rows]);
        model(k).weights(&mut weights, &mut Scratch::new(&mut [], &mut scores, &mut numbers, &mut work)).map(|step| step.support)
    };
    assert_eq!(weigh(20_000), Ok(20_000));
    assert_eq!(weigh(19_999), Err(Error::TooFewRows { needed: 20_000, found: 19_999 }));
}

#[test]
fn a_tied_row_that_was_dropped_has_no_weight() {
    for (rows, k) in [(65, 1), (130, 3), (200, 64)] {
        // The best score three rows apart, and one row more with it than are taken.
        let score = |row: usize| if row % 3 == 1 && row / 3 <= k as usize { 1.0 } else { -(row as f32) };
        let scores: Vec<f32> = (0..rows).map(score).collect();
        let weigh = |room: usize| {
            let (mut weights, mut kept, mut numbers) = (scores.clone(), vec![0.0; room], vec![0; room]);
            let model = Model::new(Beta::new(1e3).unwrap(), TopK::new(k).unwrap());
            let step = model.weights(&mut weights, &mut Scratch::new(&mut [], &mut kept, &mut numbers, &mut [])).unwrap();
            (weights, step.support)
        };
        let (weights, support) = weigh(rows);
        let positive = weights.iter().filter(|p| **p > 0.0).count();
        assert_eq!((support, positive), (k.min(rows as u32 / 3) as usize, support), "{k} of {rows}");
        for room in [0, 1, 64, 65, 100] {
            assert_eq!(weigh(room), (weights.clone(), support), "{k} of {rows} rows with room for {room}");
        }
    }
}

#[test]
fn a_row_gets_what_caps_leave_however_little() {
    for left in [2e-5f32, 6e-5, 1e-3] {
        let caps = [1.0 - left, 1.0, 1.0];
        let mut weights = [100.0, 0.0, -100.0];
        let mut scratch = ([0.0; 3], [0; 3]);
        let model = Model::new(Beta::new(1.0).unwrap(), Constrained::new(&caps).unwrap());
        model.weights(&mut weights, &mut Scratch::new(&mut [], &mut scratch.0, &mut scratch.1, &mut [])).unwrap();
        assert_eq!(weights[0], caps[0]);
        assert!((weights[1] - (1.0 - caps[0])).abs() < 1e-7 && weights[2] == 0.0, "{weights:?}");
    }
}

#[test]
fn a_conjugate_is_finite_where_a_capped_row_lies_beyond_f32() {
    let (caps, mut weights, mut scratch) = ([0.5, 1.0], [3e38, -3e38], ([0.0; 2], [0; 2]));
    let model = Model::new(Beta::new(1.0).unwrap(), Constrained::new(&caps).unwrap());
    let step = model.weights(&mut weights, &mut Scratch::new(&mut [], &mut scratch.0, &mut scratch.1, &mut [])).unwrap();
    assert_eq!(weights, [0.5, 0.5]);
    // Of 0, less half of the sum of squares.
    assert!(step.conjugate.abs() <= 3e38 * 1e-6, "{}", step.conjugate);
}
