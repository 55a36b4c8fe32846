//! No parameter and no scores make a call take longer than its documentation says.

#![allow(clippy::unwrap_used, clippy::disallowed_methods, reason = "a test may fail, and its reference uses the system's functions")]

mod common;

use basinet_core::{Beta, Model, Patterns};
use common::maps::{Defined, Reference};
use common::{Numbers, Work};

/// How often a recall reads its patterns at most.
const PASSES: u32 = 1 + 130;

/// Scores that a search may find hard: with ties, a bit apart, each half of the one before, of all sizes, far apart.
fn hard(rows: usize) -> Vec<Vec<f32>> {
    let mut numbers = Numbers(rows as u64);
    let mut each = |score: &dyn Fn(usize, f32) -> f32| (0..rows).map(|row| score(row, numbers.number())).collect::<Vec<f32>>();
    vec![
        each(&|_, _| 1.0),
        each(&|row, _| (row % 3) as f32),
        each(&|row, _| f32::from_bits(1.0f32.to_bits() + row as u32)),
        each(&|row, _| 0.75f32.powi(row.min(300) as i32)),
        each(&|row, _| -(1.25f32.powi(row.min(300) as i32))),
        each(&|_, x| x),
        each(&|_, x| (20.0 * x).exp().min(1e30)),
        each(&|row, x| if row % 2 == 0 { 1e30 * x } else { 1e-30 * x }),
    ]
}

/// The passes of a recall with each room for candidates; at most `PASSES`.
fn check_passes<S: Defined>(separation: S, scores: &[f32], most: &mut u32) {
    let patterns = Patterns::new(scores, 1).unwrap();
    for beta in [f32::MIN_POSITIVE * 64.0, 1e-6, 0.1, 1.0, 37.0, 1e6, f32::MAX] {
        for room in [0, 3, 70] {
            let model = Model::new(Beta::new(beta).unwrap(), separation);
            let step = model.step(&patterns, &[1.0], &mut [0.0], &mut Work::new(1, room).scratch()).unwrap();
            assert!(step.passes <= PASSES, "{separation:?}, beta {beta:e}, room {room}: {} passes over {scores:?}", step.passes);
            assert!(room < scores.len() || step.passes == 1, "{separation:?}, beta {beta:e}: there was room");
            *most = step.passes.max(*most);
        }
    }
}

#[test]
fn no_parameter_and_no_scores_make_a_recall_read_its_patterns_too_often() {
    let mut most = 0;
    for rows in [3, 64, 300] {
        for scores in hard(rows) {
            for_every!(rows, 1, check_passes(&scores, &mut most));
            for near in [1.0f32.next_up(), 1.000_1, 2.0f32.next_up(), 1e6, f32::MAX] {
                check_passes(basinet_core::Entmax::new(near).unwrap(), &scores, &mut most);
                check_passes(basinet_core::Normmax::new(near).unwrap(), &scores, &mut most);
            }
        }
    }
    assert!(most > 40, "at most {most} passes: these scores are too easy");
}

/// The passes that Newton's steps leave of the halvings, over ordinary scores without room for candidates; selecting takes 32, and where caps
/// lie close to each other F is too flat for steps.
fn few(reference: &Reference) -> u32 {
    match reference {
        Reference::Softmax1 => 1,
        Reference::Hardmax => 4,
        Reference::Entmax(c) if *c <= 1.0 => 16,
        Reference::Entmax(c) if *c <= 2.0 => 24,
        Reference::Entmax(_) => 64,
        Reference::Normmax(_) => 16,
        Reference::TopK(_) => 40,
        Reference::Capped(_, None) => 48,
        Reference::Capped(_, Some(_)) => 96,
    }
}

fn check_few<S: Defined>(separation: S, scores: &[f32]) {
    let patterns = Patterns::new(scores, 1).unwrap();
    for beta in [0.01, 0.3, 1.0, 3.0, 10.0, 100.0] {
        let model = Model::new(Beta::new(beta).unwrap(), separation);
        let step = model.step(&patterns, &[1.0], &mut [0.0], &mut Work::new(1, 0).scratch()).unwrap();
        assert!(step.passes <= few(&separation.reference()), "{separation:?}, beta {beta}: {} passes", step.passes);
    }
}

#[test]
fn ordinary_scores_take_few_passes() {
    for seed in 0..20 {
        for_every!(300, seed, check_few(&Numbers(seed).numbers(300)));
    }
}

/// Rows far below the threshold need no room: of these scores, 0.3 apart in z, some ten are above it, and fewer than 64 within a block of it.
fn check_room<S: Defined>(separation: S) {
    let scores: Vec<f32> = (0..4096).map(|row| -0.01 * row as f32).collect();
    let model = Model::new(Beta::new(30.0).unwrap(), separation);
    let step = model.step(&Patterns::new(&scores, 1).unwrap(), &[1.0], &mut [0.0], &mut Work::new(1, 160).scratch()).unwrap();
    assert_eq!(step.passes, 1, "{separation:?}");
}

#[test]
fn room_for_the_rows_near_the_threshold_is_enough() {
    use basinet_core::{Entmax, Hardmax, Normmax, Sparsemax, TopK};
    check_room(Sparsemax);
    check_room(Hardmax);
    [1.2, 1.5, 1.9, 3.0, 50.0].into_iter().for_each(|alpha| check_room(Entmax::new(alpha).unwrap()));
    [1.2, 2.0, 5.0].into_iter().for_each(|gamma| check_room(Normmax::new(gamma).unwrap()));
    [1, 3, 40].into_iter().for_each(|k| check_room(TopK::new(k).unwrap()));
}
