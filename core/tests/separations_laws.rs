//! Laws of the separations, each over random cases: what is a map's own, and what holds for all of them.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::disallowed_methods,
    reason = "a test may fail, and its reference uses the system's functions"
)]

mod common;

use basinet_core::{
    Beta, Constrained, Entmax, Error, Hardmax, KSubsets, Model, Normmax, Patterns, Separation, Softmax, Softmax1, Sparsemax, Step, TopK,
};
use common::maps::{Defined, Reference, distance};
use common::{EPS, Numbers, Work, bits, cases, depth, largest};
use proptest::prelude::*;

const WEIGHTS: f64 = 2e-6;
const BETAS: [f32; 6] = [1e-6, 0.01, 1.0, 7.0, 100.0, 1e6];

fn try_weights<S: Separation>(separation: S, beta: f32, scores: &[f32]) -> Result<(Vec<f32>, Step), Error> {
    let mut weights = scores.to_vec();
    let step = Model::new(Beta::new(beta)?, separation).weights(&mut weights, &mut Work::new(0, 100).scratch())?;
    Ok((weights, step))
}

fn weights<S: Separation>(separation: S, beta: f32, scores: &[f32]) -> (Vec<f32>, Step) {
    try_weights(separation, beta, scores).unwrap()
}

/// Scores: wide, narrow, with ties, all equal.
fn scores() -> impl Strategy<Value = Vec<f32>> {
    let spread = prop::sample::select(vec![1e-3f32, 1.0, 30.0, 1e4]);
    (3usize..300, any::<u64>(), spread, 0u8..3).prop_map(|(n, seed, spread, kind)| {
        let numbers = Numbers(seed).numbers(n);
        numbers.into_iter().map(|x| [x, (x * 2.0).round(), 1.0][usize::from(kind)] * spread).collect()
    })
}

fn beta() -> impl Strategy<Value = f32> {
    prop::sample::select(BETAS.to_vec())
}

/// The definition, the set that the weights lie in, and what the step says about them.
fn check_definition<S: Defined>(separation: S, beta: f32, scores: &[f32]) {
    let (reference, (weights, step)) = (separation.reference(), weights(separation, beta, scores));
    let what = format!("{separation:?}, beta {beta}, {} scores", scores.len());
    let expected = reference.weights(&reference.z(beta, scores));
    let distance = distance(&reference, &weights, &expected);
    assert!(distance <= WEIGHTS, "{what}: off by {distance:e}");
    for (row, &weight) in weights.iter().enumerate() {
        assert!(weight >= 0.0 && f64::from(weight) <= reference.cap(row), "{what}: {weight} in row {row}");
    }
    let allowed = (depth(scores.len()) + 2.0) * EPS;
    let sum: f64 = weights.iter().map(|&p| f64::from(p)).sum();
    if reference == Reference::Softmax1 {
        let exact: f64 = expected.iter().sum();
        assert!((sum - exact).abs() <= allowed && sum <= 1.0 + allowed, "{what}: the weights sum to {sum} for {exact}");
    } else {
        assert!((sum / reference.mass() - 1.0).abs() <= allowed, "{what}: the weights sum to {sum}");
    }
    let reported = f64::from(step.weight) + f64::from(step.rest);
    assert!((reported - sum).abs() <= 2.0 * allowed * reference.mass(), "{what}: winner and rest {reported}, sum {sum}");
    assert_eq!(step.weight, weights[step.winner], "{what}");
    let z: Vec<f64> = scores.iter().map(|&s| f64::from(beta) * f64::from(s)).collect();
    let size = reference.mass() * z.iter().fold(1.0f64, |max, z| max.max(z.abs()));
    let conjugate = reference.conjugate(&z);
    assert!((step.conjugate - conjugate).abs() <= 4e-6 * size, "{what}: conjugate {} for {conjugate}", step.conjugate);
    // Of a dense map all rows are counted.
    let is_dense = matches!(reference, Reference::Softmax1 | Reference::Entmax(0.0));
    assert!(is_dense || step.support == weights.iter().filter(|&&p| p > 0.0).count(), "{what}");
}

fn check_order<S: Defined>(separation: S, beta: f32, scores: &[f32]) {
    let (reference, (weights, step)) = (separation.reference(), weights(separation, beta, scores));
    let mut order: Vec<usize> = (0..scores.len()).collect();
    order.sort_by(|&a, &b| scores[a].partial_cmp(&scores[b]).unwrap().then(b.cmp(&a)));
    for pair in order.windows(2) {
        let (low, high) = (pair[0], pair[1]);
        let what = format!("{separation:?}, beta {beta}, rows {low} and {high}: {:e} and {:e}", scores[low], scores[high]);
        assert!(!reference.keeps_order() || weights[low] <= weights[high], "{what}");
        let tie = scores[low] == scores[high];
        assert!(!(tie && reference.shares_ties()) || weights[low].to_bits() == weights[high].to_bits(), "{what}");
        // Caps apart, a tie gets equal weights too; of top-k's the lower row is taken first.
        let free = |row: usize| f64::from(weights[row]) < reference.cap(row);
        let tied_free = tie && free(low) && free(high) && weights[low] > 0.0 && weights[high] > 0.0;
        assert!(!tied_free || weights[low].to_bits() == weights[high].to_bits(), "{what}");
    }
    let best = scores[order[order.len() - 1]];
    if reference.keeps_order() {
        assert_eq!(Some(step.winner), scores.iter().position(|&s| s == best), "{separation:?}");
    }
    if let Reference::TopK(k) = reference {
        let taken: Vec<usize> = order.iter().rev().copied().take(k).collect();
        assert!((0..scores.len()).all(|row| taken.contains(&row) || weights[row] == 0.0), "{separation:?}, beta {beta}");
    }
}

/// A shift of multiples of 2^-6 below 2^13 rounds nothing.
fn check_shift<S: Defined>(separation: S, beta: f32, scores: &[f32], shifted: &[f32]) {
    if separation.reference() != Reference::Softmax1 {
        let [one, two] = [scores, shifted].map(|scores| bits(&weights(separation, beta, scores).0));
        assert_eq!(one, two, "{separation:?}, beta {beta}");
    }
}

/// Turned scores have turned weights; the rows of top-k's ties are others.
fn check_permutation<S: Defined>(separation: S, beta: f32, scores: &[f32], turn: usize) {
    let reference = separation.reference();
    if !reference.keeps_order() {
        return;
    }
    let mut turned: Vec<f32> = scores.iter().rev().copied().collect();
    turned.rotate_left(turn % scores.len());
    let ((mut one, step), (mut two, other)) = (weights(separation, beta, scores), weights(separation, beta, &turned));
    one.reverse();
    one.rotate_left(turn % scores.len());
    if !reference.shares_ties() {
        one.sort_by(f32::total_cmp);
        two.sort_by(f32::total_cmp);
    }
    let one: Vec<f64> = one.into_iter().map(f64::from).collect();
    let distance = distance(&reference, &two, &one);
    assert!(distance <= 2.0 * WEIGHTS, "{separation:?}, beta {beta}: off by {distance:e}");
    assert_eq!((step.gap, scores[step.winner]), (other.gap, turned[other.winner]));
}

/// A weight is a function of how far `z` lies above the threshold, where the map has one.
fn check_threshold<S: Defined>(separation: S, beta: f32, scores: &[f32]) {
    let (reference, (weights, step)) = (separation.reference(), weights(separation, beta, scores));
    let z = |score: f32| f64::from(beta) * f64::from(score);
    let Some(tau) = step.threshold else {
        assert!(matches!(reference, Reference::Softmax1 | Reference::Entmax(0.0) | Reference::TopK(_) | Reference::Hardmax));
        return;
    };
    let (top, c) = (z(scores[step.winner]), if let Reference::Entmax(c) | Reference::Normmax(c) = reference { c } else { 1.0 });
    let allowed = 4e-6 * (c * beta.abs() as f64 * largest(scores)).max(1.0) / c.min(1.0) + WEIGHTS * c.max(1.0);
    for (row, (&score, &weight)) in scores.iter().zip(&weights).enumerate() {
        let (weight, expected) = match reference {
            // A ratio to the largest weight, and of what lies above the threshold.
            Reference::Normmax(c) => ((f64::from(weight) / f64::from(step.weight)).powf(c), ((z(score) - tau) / (top - tau)).max(0.0)),
            Reference::Entmax(c) if c > 1.0 => (f64::from(weight).powf(c), (c * z(score) - tau).max(0.0)),
            Reference::Entmax(c) => (f64::from(weight), (c * z(score) - tau).max(0.0).powf(1.0 / c)),
            _ => (f64::from(weight), (z(score) - tau).clamp(0.0, reference.cap(row))),
        };
        let scale = if let Reference::Normmax(c) = reference { (top - tau).min(1.0) * c.min(1.0) } else { 1.0 };
        let off = (weight - expected).abs();
        assert!(off <= allowed / scale, "{separation:?}, beta {beta}, row {row} of threshold {tau:e}: off by {off:e}");
    }
}

/// From the margin on the best row has all weight; k-subsets' k best rows each have one.
fn check_margin<S: Defined>(separation: S, beta: f32, seed: u64) {
    let (reference, margin) = (separation.reference(), separation.margin());
    let best = if let Reference::Capped(k, _) = reference { k } else { 1 };
    // A row with a smaller cap never has all weight.
    if margin == f32::INFINITY || !reference.keeps_order() {
        return;
    }
    let mut numbers = Numbers(seed);
    let count = 3 + numbers.next() as usize % 200;
    for nudge in -4i32..=4 {
        let second = if margin == 0.0 { -1e-3f32 } else { f32::from_bits((-margin / beta).to_bits().saturating_add_signed(nudge)) };
        let mut scores: Vec<f32> = numbers.numbers(count).iter().map(|x| second * (1.0 + x.abs())).collect();
        let turn = numbers.next() as usize % count;
        (0..best).for_each(|row| scores[row] = 0.0);
        scores[best % count] = second;
        scores.rotate_left(turn);
        let (weights, step) = weights(separation, beta, &scores);
        let what = format!("{separation:?}, beta {beta}, second at {:e}: {step:?}", beta * second);
        let reached = if let Reference::Entmax(c) = reference { f64::from(beta * -second) * c >= 1.0 } else { beta * -second >= margin };
        if reached {
            assert!((0..count).all(|row| weights[row] == f32::from(u8::from(scores[row] == 0.0))), "{what}");
            assert!(best > 1 || step.is_exact(), "{what}");
        } else if !matches!(reference, Reference::Entmax(c) if c < 1.0) {
            // Below alpha = 2 a row just above the threshold may have a weight below 2^-126.
            assert!(step.support > best, "{what}");
        }
    }
}

proptest! {
    #![proptest_config(cases(150))]

    #[test]
    fn weights_are_those_of_the_definition(scores in scores(), beta in beta(), seed: u64) {
        for_every!(scores.len(), seed, check_definition(beta, &scores));
    }

    #[test]
    fn weights_keep_the_order_of_scores_and_the_rules_for_ties(scores in scores(), beta in beta(), seed: u64) {
        for_every!(scores.len(), seed, check_order(beta, &scores));
    }

    #[test]
    fn weights_are_what_lies_above_the_threshold(scores in scores(), beta in beta(), seed: u64) {
        for_every!(scores.len(), seed, check_threshold(beta, &scores));
    }

    #[test]
    fn a_shift_that_rounds_nothing_changes_no_bit(n in 3usize..300, seed: u64, shift in -4096i16..4096, beta in beta()) {
        let scores: Vec<f32> = Numbers(seed).numbers(n).iter().map(|x| (x * 640.0).round() / 64.0).collect();
        let shifted: Vec<f32> = scores.iter().map(|s| s + f32::from(shift)).collect();
        for_every!(n, seed, check_shift(beta, &scores, &shifted));
    }

    #[test]
    fn permuted_scores_have_permuted_weights(scores in scores(), beta in beta(), turn in 0usize..500) {
        for_every!(scores.len(), 0, check_permutation(beta, &scores, turn));
    }

    #[test]
    fn one_row_has_all_weight_from_the_margin_on(seed: u64, beta in prop::sample::select(vec![0.37f32, 1.0, 8.0, 1e3])) {
        for_every!(3, seed, check_margin(beta, seed));
    }

    #[test]
    fn softmax1_is_softmax_with_a_further_row_of_score_zero(scores in scores(), shift in -20.0f32..20.0) {
        let scores: Vec<f32> = scores.iter().map(|s| s / 100.0 + shift).collect();
        let with_slot: Vec<f32> = scores.iter().copied().chain([0.0]).collect();
        let (one, two) = (weights(Softmax1, 1.0, &scores).0, weights(Softmax, 1.0, &with_slot).0);
        for (a, b) in one.iter().zip(&two) {
            // The score is rounded once more where differences are taken from the slot.
            let rounded = 4.0 * EPS * (1.0 + largest(&scores));
            prop_assert!((f64::from(*a) - f64::from(*b)).abs() <= 2.0 * WEIGHTS + rounded, "{} and {}", a, b);
        }
    }

    #[test]
    fn k_subsets_of_one_and_caps_of_one_are_sparsemax(scores in scores(), beta in beta()) {
        let caps = vec![1.0; scores.len()];
        let expected = weights(Sparsemax, beta, &scores);
        let subsets = weights(KSubsets::new(1).unwrap(), beta, &scores);
        prop_assert!((subsets.1.conjugate + 0.5 - expected.1.conjugate).abs() <= 1e-6 * (1.0 + expected.1.conjugate.abs()));
        let capped = weights(Constrained::new(&caps).unwrap(), beta, &scores);
        prop_assert_eq!(bits(&subsets.0), bits(&capped.0));
        for (a, b) in subsets.0.iter().zip(&expected.0) {
            prop_assert!((f64::from(*a) - f64::from(*b)).abs() <= 1.0 / f64::from(1 << 28), "{} and {}", a, b);
        }
    }

    #[test]
    fn entmax_of_two_is_sparsemax_and_the_limits_of_the_others_are_the_arg_max(scores in scores(), beta in beta()) {
        let (one, two) = (weights(Entmax::new(2.0).unwrap(), beta, &scores), weights(Sparsemax, beta, &scores));
        prop_assert_eq!((bits(&one.0), one.1), (bits(&two.0), two.1));
        let (hard, first) = (weights(Hardmax, beta, &scores), weights(TopK::new(1).unwrap(), beta, &scores));
        let best = largest(&hard.0.iter().map(|p| p.ceil()).collect::<Vec<_>>()) as f32;
        let tied = hard.0.iter().filter(|&&p| p > 0.0).count();
        prop_assert_eq!((best, hard.1.support), (1.0, tied));
        prop_assert!(hard.0.iter().all(|&p| p == 0.0 || p == 1.0 / tied as f32));
        prop_assert_eq!((first.1.winner, first.1.weight, first.1.rest), (hard.1.winner, 1.0, 0.0));
    }

    #[test]
    fn top_k_of_all_rows_is_softmax(scores in scores(), beta in beta()) {
        let (all, soft) = (weights(TopK::new(1000).unwrap(), beta, &scores).0, weights(Softmax, beta, &scores).0);
        for (a, b) in all.iter().zip(&soft) {
            prop_assert!((f64::from(*a) - f64::from(*b)).abs() <= 2.0 * WEIGHTS);
        }
    }

    #[test]
    fn duplicated_patterns_get_equal_weights(count in 3usize..200, dim in 1usize..20, seed: u64, beta in beta(), from: usize, to: usize) {
        let (mut numbers, from, to) = (Numbers(seed), from % count, to % count);
        let (mut data, query) = (numbers.numbers(count * dim), numbers.numbers(dim));
        data.copy_within(from * dim..(from + 1) * dim, to * dim);
        fn check<S: Defined>(separation: S, beta: f32, data: &[f32], query: &[f32], rows: (usize, usize)) {
            let patterns = Patterns::new(data, query.len()).unwrap();
            let mut scores = vec![0.0; patterns.count()];
            Model::new(Beta::new(beta).unwrap(), separation).scores(&patterns, query, &mut scores).unwrap();
            let weights = weights(separation, beta, &scores).0;
            let (low, high) = (weights[rows.0.min(rows.1)], weights[rows.0.max(rows.1)]);
            match separation.reference() {
                Reference::TopK(_) => assert!(low == high || high == 0.0, "{separation:?}: {low} and {high}"),
                reference if reference.shares_ties() => assert_eq!(low.to_bits(), high.to_bits(), "{separation:?}"),
                _ => {}
            }
        }
        for_every!(count, seed, check(beta, &data, &query, (from, to)));
    }
}

#[test]
fn too_few_rows_and_caps_too_small_are_errors() {
    let scores = [0.5, 1.0, -2.0];
    for k in [4, 5, 1000, u32::MAX] {
        let subsets = KSubsets::new(k).unwrap();
        assert_eq!(try_weights(subsets, 1.0, &scores).err(), Some(Error::TooFewRows { needed: k as usize, found: 3 }));
    }
    assert_eq!(weights(KSubsets::new(3).unwrap(), 1.0, &scores).0, [1.0; 3]);
    for caps in [&[0.0, 0.0, 0.0][..], &[0.3, 0.3, 0.3], &[0.5, 0.25], &[]] {
        let found = try_weights(Constrained::new(caps).unwrap(), 1.0, &scores).err();
        assert_eq!(found, Some(if caps.iter().all(|&cap| cap == 0.0) { Error::AllMasked } else { Error::CapsTooSmall }), "{caps:?}");
    }
    // Caps that add up to one leave no choice; of a longer list what is behind the rows is not used.
    assert_eq!(weights(Constrained::new(&[0.5, 0.25, 0.25]).unwrap(), 1.0, &scores).0, [0.5, 0.25, 0.25]);
    assert_eq!(weights(Constrained::new(&[0.5, 0.25, 0.25, 1.0]).unwrap(), 1.0, &scores).0, [0.5, 0.25, 0.25]);
    // Rows behind the end of the list have none.
    assert_eq!(weights(Constrained::new(&[0.5, 0.5]).unwrap(), 1.0, &[0.0, 0.0, 100.0]).0, [0.5, 0.5, 0.0]);
}

#[test]
fn errors_leave_scores_and_states_as_they_are() {
    let (data, query) = ([1.0, 0.0, 0.0, 1.0, 0.5, 0.5], [1.0, 0.25]);
    let patterns = Patterns::new(&data, 2).unwrap();
    fn check<S: Separation>(separation: S, patterns: &Patterns<'_>, query: &[f32], expected: Error) {
        let (mut scores, mut out) = ([0.25, 0.5, 0.75], [7.0, 8.0]);
        for room in [0, 3] {
            let (model, mut work) = (Model::new(Beta::new(1.0).unwrap(), separation), Work::new(2, room));
            assert_eq!(model.weights(&mut scores, &mut work.scratch()), Err(expected));
            assert_eq!(model.step(patterns, query, &mut out, &mut work.scratch()), Err(expected));
            assert_eq!(model.energy(patterns, query, 1.0, &mut work.scratch()), Err(expected));
        }
        assert_eq!((scores, out), ([0.25, 0.5, 0.75], [7.0, 8.0]));
    }
    check(KSubsets::new(4).unwrap(), &patterns, &query, Error::TooFewRows { needed: 4, found: 3 });
    check(Constrained::new(&[0.2, 0.2, 0.2]).unwrap(), &patterns, &query, Error::CapsTooSmall);
    check(Constrained::new(&[0.0; 3]).unwrap(), &patterns, &query, Error::AllMasked);
}

#[test]
fn parameters_out_of_range_are_refused() {
    let k = Some(Error::Parameter { requirement: "k must be at least 1" });
    assert_eq!((KSubsets::new(0).err(), TopK::new(0).err()), (k, k));
    for alpha in [1.0f32.next_down(), 0.0, -1.0, f32::NAN, f32::INFINITY, f32::NEG_INFINITY] {
        assert!(matches!(Entmax::new(alpha), Err(Error::Parameter { .. })), "{alpha}");
        assert!(matches!(Normmax::new(alpha), Err(Error::Parameter { .. })), "{alpha}");
    }
    assert!(Entmax::new(1.0).is_ok() && matches!(Normmax::new(1.0), Err(Error::Parameter { .. })));
    for cap in [-f32::MIN_POSITIVE, 1.0f32.next_up(), f32::NAN, f32::INFINITY, f32::NEG_INFINITY] {
        assert_eq!(Constrained::new(&[0.5, 1.0, cap, cap]), Err(Error::Cap { row: 2 }), "{cap}");
    }
    assert_eq!(Constrained::new(&[0.0, -0.0, 1.0]).map(|caps| caps.caps().len()), Ok(3));
}

#[test]
fn caps_of_many_rows_that_nearly_reach_one_leave_what_is_missing_to_the_next_row() {
    // Each cap is a whole multiple of 2^-32, and all together they are 2^-18 short of one.
    let count = 1 << 14;
    let mut caps = vec![(2f64.powi(-14) - 2f64.powi(-32)) as f32; count];
    caps.push(1.0);
    let mut weights = vec![10.0; count];
    weights.push(0.0);
    let mut work = common::Work::new(1, count + 1);
    Model::new(Beta::new(1.0).unwrap(), Constrained::new(&caps).unwrap()).weights(&mut weights, &mut work.scratch()).unwrap();
    assert!((f64::from(weights[count]) - 2f64.powi(-18)).abs() < 1e-8, "{}", weights[count]);
}
