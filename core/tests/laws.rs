//! What holds for every separation whatever the scores: laws, each over random cases.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::disallowed_methods,
    reason = "a test may fail, and its reference uses the system's functions"
)]

mod common;

use basinet_core::{Beta, Model, Patterns, Separation, Softmax, Sparsemax, Step};
use common::{EPS, Numbers, Work, bits, cases, depth, largest};
use proptest::prelude::*;

const BETAS: [f32; 7] = [1e-6, 0.01, 0.5, 1.0, 7.0, 100.0, 1e6];

fn model<S: Separation>(separation: S, beta: f32) -> Model<S> {
    Model::new(Beta::new(beta).unwrap(), separation)
}

/// The weights of scores.
fn weights<S: Separation>(separation: S, beta: f32, scores: &[f32]) -> (Vec<f32>, Step) {
    let mut weights = scores.to_vec();
    let step = model(separation, beta).weights(&mut weights, &mut Work::new(0, scores.len().min(100)).scratch()).unwrap();
    (weights, step)
}

/// One recall.
fn recall<S: Separation>(separation: S, beta: f32, data: &[f32], query: &[f32]) -> (Vec<f32>, Step) {
    let (dim, mut out) = (query.len(), vec![0.0; query.len()]);
    let rows = Patterns::new(data, dim).unwrap();
    let step = model(separation, beta).step(&rows, query, &mut out, &mut Work::new(dim, 100).scratch()).unwrap();
    (out, step)
}

/// Scores: wide, narrow, with ties, all equal.
fn scores() -> impl Strategy<Value = Vec<f32>> {
    let spread = prop::sample::select(vec![1e-3f32, 1.0, 30.0, 1e4]);
    (1usize..500, any::<u64>(), spread, 0u8..3).prop_map(|(n, seed, spread, kind)| {
        let numbers = Numbers(seed).numbers(n);
        let shape = |x: f32| [x, (x * 2.0).round(), 1.0][usize::from(kind)] * spread;
        numbers.into_iter().map(shape).collect()
    })
}

/// Rows and a query.
fn memory() -> impl Strategy<Value = (Vec<f32>, Vec<f32>)> {
    (1usize..300, 1usize..40, any::<u64>()).prop_map(|(count, dim, seed)| {
        let mut numbers = Numbers(seed);
        (numbers.numbers(count * dim), numbers.numbers(dim))
    })
}

fn beta() -> impl Strategy<Value = f32> {
    prop::sample::select(BETAS.to_vec())
}

/// The same check for every separation.
macro_rules! for_each_separation {
    (|$separation:ident| $body:block) => {{
        {
            let $separation = Softmax;
            $body
        }
        {
            let $separation = Sparsemax;
            $body
        }
    }};
}

proptest! {
    #![proptest_config(cases(200))]

    #[test]
    fn weights_are_not_negative_and_sum_to_one(scores in scores(), beta in beta()) {
        for_each_separation!(|separation| {
            let (weights, step) = weights(separation, beta, &scores);
            prop_assert!(weights.iter().all(|&p| (0.0..=1.0).contains(&p)));
            let sum: f64 = weights.iter().map(|&p| f64::from(p)).sum();
            prop_assert!((sum - 1.0).abs() <= (depth(scores.len()) + 2.0) * EPS, "{sum}");
            prop_assert_eq!(step.weight, weights[step.winner]);
            let reported = f64::from(step.weight) + f64::from(step.rest);
            prop_assert!((reported - 1.0).abs() <= (depth(scores.len()) + 2.0) * EPS, "winner and rest: {reported}");
        });
    }

    #[test]
    fn weights_keep_the_order_of_scores_and_ties_get_equal_weights(scores in scores(), beta in beta()) {
        for_each_separation!(|separation| {
            let (weights, step) = weights(separation, beta, &scores);
            let mut order: Vec<usize> = (0..scores.len()).collect();
            order.sort_by(|&a, &b| scores[a].total_cmp(&scores[b]));
            for pair in order.windows(2) {
                let (low, high) = (pair[0], pair[1]);
                prop_assert!(weights[low] <= weights[high], "{:e} < {:e} but {:e} > {:e}", scores[low], scores[high], weights[low], weights[high]);
                prop_assert!(scores[low] < scores[high] || weights[low].to_bits() == weights[high].to_bits(), "a tie of {:e}", scores[low]);
            }
            let best = scores[order[order.len() - 1]];
            prop_assert_eq!(Some(step.winner), scores.iter().position(|&s| s == best), "the lowest of the best rows");
            let second = order.iter().rev().nth(1).map_or(f32::INFINITY, |&row| best - scores[row]);
            prop_assert_eq!(step.gap, second);
        });
    }

    #[test]
    fn a_shift_that_rounds_nothing_changes_no_bit(n in 1usize..300, seed: u64, shift in -4096i16..4096, beta in beta()) {
        // Multiples of 2^-6 below 2^13.
        let scores: Vec<f32> = Numbers(seed).numbers(n).iter().map(|x| (x * 640.0).round() / 64.0).collect();
        let shifted: Vec<f32> = scores.iter().map(|s| s + f32::from(shift)).collect();
        for_each_separation!(|separation| {
            prop_assert_eq!(bits(&weights(separation, beta, &scores).0), bits(&weights(separation, beta, &shifted).0));
        });
    }

    #[test]
    fn a_shift_that_rounds_changes_weights_by_no_more_than_it_rounds(scores in scores(), shift in -100.0f32..100.0, beta in beta()) {
        let shifted: Vec<f32> = scores.iter().map(|s| s + shift).collect();
        // A weight moves by at most twice what its z moves.
        let rounded = f64::from(beta) * EPS * (largest(&scores) + f64::from(shift).abs());
        for_each_separation!(|separation| {
            let (one, two) = (weights(separation, beta, &scores).0, weights(separation, beta, &shifted).0);
            for (a, b) in one.iter().zip(&two) {
                prop_assert!((f64::from(*a) - f64::from(*b)).abs() <= 2.0 * 2e-6 + 2.0 * rounded, "{a:e} and {b:e}");
            }
        });
    }

    #[test]
    fn permuted_scores_have_permuted_weights(scores in scores(), beta in beta(), turn in 0usize..500) {
        let turn = turn % scores.len();
        let mut turned: Vec<f32> = scores.iter().rev().copied().collect();
        turned.rotate_left(turn);
        for_each_separation!(|separation| {
            let (mut one, step) = weights(separation, beta, &scores);
            let (two, other) = weights(separation, beta, &turned);
            one.reverse();
            one.rotate_left(turn);
            for (a, b) in one.iter().zip(&two) {
                prop_assert!((f64::from(*a) - f64::from(*b)).abs() <= 2.0 * 2e-6, "{a:e} and {b:e}");
            }
            prop_assert_eq!(step.gap, other.gap);
            prop_assert_eq!(scores[step.winner], turned[other.winner]);
        });
    }

    #[test]
    fn duplicated_patterns_get_equal_weights((mut data, query) in memory(), beta in beta(), from: usize, to: usize) {
        let (dim, count) = (query.len(), data.len() / query.len());
        let (from, to) = (from % count, to % count);
        data.copy_within(from * dim..(from + 1) * dim, to * dim);
        for_each_separation!(|separation| {
            let mut scores = vec![0.0; count];
            model(separation, beta).scores(&Patterns::new(&data, dim).unwrap(), &query, &mut scores).unwrap();
            let weights = weights(separation, beta, &scores).0;
            prop_assert_eq!(weights[from].to_bits(), weights[to].to_bits());
        });
    }

    #[test]
    fn the_result_lies_in_the_box_around_the_patterns((mut data, query) in memory(), beta in beta(), spread in 0.0f32..1.0) {
        data.iter_mut().for_each(|x| *x = 1.0 + *x * spread.powi(8));
        let allowed = 2e-6 * largest(&data);
        for_each_separation!(|separation| {
            let (out, _) = recall(separation, beta, &data, &query);
            for (j, &x) in out.iter().enumerate() {
                let column = || data.iter().skip(j).step_by(query.len()).map(|&x| f64::from(x));
                let (low, high) = (column().fold(f64::INFINITY, f64::min), column().fold(f64::NEG_INFINITY, f64::max));
                prop_assert!((low - allowed..=high + allowed).contains(&f64::from(x)), "{x} not in {low}..={high}");
            }
        });
    }

    #[test]
    fn an_exact_step_gives_the_winners_row((data, query) in memory(), beta in prop::sample::select(vec![100.0f32, 1e4, 1e6])) {
        for_each_separation!(|separation| {
            let (out, step) = recall(separation, beta, &data, &query);
            let row = &data[step.winner * query.len()..][..query.len()];
            prop_assert!(!step.is_exact() || bits(&out) == bits(row));
            let certain = f64::from(beta) * f64::from(step.gap) >= f64::from(separation.margin());
            prop_assert!(!certain || step.is_exact(), "{step:?}");
        });
    }

    #[test]
    fn energy_never_rises((data, mut state) in memory(), beta in beta()) {
        for_each_separation!(|separation| {
            let rows = Patterns::new(&data, state.len()).unwrap();
            let model = model(separation, beta);
            let (mut work, norm) = (Work::new(state.len(), 100), rows.max_norm().unwrap());
            let mut before = f64::INFINITY;
            for _ in 0..5 {
                let mut scores = vec![0.0; rows.count()];
                model.scores(&rows, &state, &mut scores).unwrap();
                let half_square = |x: &[f32]| x.iter().map(|&x| f64::from(x) * f64::from(x)).sum::<f64>() / 2.0;
                let scale = half_square(&state).max(f64::from(norm).powi(2) / 2.0).max(largest(&scores));
                let energy = model.energy(&rows, &state, norm, &mut work.scratch()).unwrap();
                prop_assert!(energy <= before + 8.0 * EPS * scale, "{energy} after {before}");
                prop_assert!(energy >= -8.0 * EPS * scale, "{energy} is below zero");
                before = energy;
                let query = state.clone();
                model.step(&rows, &query, &mut state, &mut work.scratch()).unwrap();
            }
        });
    }

    #[test]
    fn energy_within_the_ball_of_the_patterns_is_at_most_2_m_squared((data, mut state) in memory(), beta in beta(), part in 0.0f64..=1.0) {
        let rows = Patterns::new(&data, state.len()).unwrap();
        let largest = f64::from(rows.max_norm().unwrap());
        let norm = state.iter().map(|&x| f64::from(x) * f64::from(x)).sum::<f64>().sqrt();
        if norm > 0.0 {
            state.iter_mut().for_each(|x| *x = (f64::from(*x) / norm * part * largest) as f32);
        }
        let check = |energy: f64| energy <= (2.0 + 8e-6) * largest * largest;
        let mut work = Work::new(state.len(), 100);
        let energy = model(Softmax, beta).energy(&rows, &state, largest as f32, &mut work.scratch()).unwrap();
        prop_assert!(check(energy), "softmax: {energy:e} for {largest:e}");
        let energy = model(Sparsemax, beta).energy(&rows, &state, largest as f32, &mut work.scratch()).unwrap();
        prop_assert!(check(energy), "sparsemax: {energy:e} for {largest:e}");

        // One pattern, from its opposite: the bound itself.
        let row: Vec<f32> = rows.row(0).unwrap().to_vec();
        let opposite: Vec<f32> = row.iter().map(|x| -x).collect();
        let one = Patterns::new(&row, row.len()).unwrap();
        let norm = one.max_norm().unwrap();
        let energy = model(Softmax, beta).energy(&one, &opposite, norm, &mut work.scratch()).unwrap();
        let most = 2.0 * f64::from(norm) * f64::from(norm);
        prop_assert!((energy - most).abs() <= 4e-6 * most, "{energy:e} for {most:e}");
    }

    #[test]
    fn sparsemax_is_one_hot_exactly_when_the_gap_is_at_least_one(n in 2usize..200, seed: u64, beta in beta(), nudge in -8i32..=8, at: usize) {
        // The best score is 0, the second -1/beta to a few units in the last place, the others below it.
        let second = f32::from_bits((-1.0 / beta).to_bits().wrapping_add_signed(nudge));
        let mut scores: Vec<f32> = Numbers(seed).numbers(n).iter().map(|x| second * (1.0 + x.abs())).collect();
        scores[at % n] = 0.0;
        scores[(at + 1) % n] = second;
        let (weights, step) = weights(Sparsemax, beta, &scores);
        let one_hot = beta * step.gap >= 1.0;
        prop_assert_eq!(step.is_exact(), one_hot, "beta * gap = {:e}", beta * step.gap);
        prop_assert_eq!(step.support == 1, one_hot);
        prop_assert_eq!(weights.iter().filter(|&&p| p > 0.0).count(), step.support);
    }

    #[test]
    fn the_rest_is_accurate_however_small(n in 2usize..5000, seed: u64, gap in 0.0f64..60.0, at: usize) {
        // Multiples of 2^-10, so that only exp and the sum round: 1.01 ULP, the depth of the sum, and rest / (1 + rest).
        let step = |x: f64| ((x * 1024.0).round() / 1024.0) as f32;
        let mut scores: Vec<f32> = Numbers(seed).numbers(n).iter().map(|x| step(-gap - f64::from(x.abs()))).collect();
        scores[at % n] = 0.0;
        let found = weights(Softmax, 1.0, &scores).1;
        let sum: f64 = (0..n).filter(|&row| row != found.winner).map(|row| (f64::from(scores[row]) - f64::from(scores[found.winner])).exp()).sum();
        let exact = sum / (1.0 + sum);
        prop_assert!((f64::from(found.rest) - exact).abs() <= (depth(n) + 7.0) * EPS * exact, "{} for {exact}", found.rest);
    }

    #[test]
    fn minus_zero_never_leaves((mut data, mut query) in memory(), beta in beta(), seed: u64) {
        let mut numbers = Numbers(seed);
        for x in data.iter_mut().chain(&mut query) {
            // Half the cases have nothing else, so that a mean of denormals rounds to zero from below.
            let others = if seed % 2 == 0 { [*x, 1e-30] } else { [0.0, -0.0] };
            *x = [-0.0, 0.0, -1e-45, others[0], others[1]][numbers.next() as usize % 5];
        }
        let is_minus_zero = |x: &f32| x.to_bits() == (-0.0f32).to_bits();
        for_each_separation!(|separation| {
            let rows = Patterns::new(&data, query.len()).unwrap();
            let (out, step) = recall(separation, beta, &data, &query);
            let mut scores = vec![0.0; rows.count()];
            model(separation, beta).scores(&rows, &query, &mut scores).unwrap();
            let weights = weights(separation, beta, &scores).0;
            prop_assert!(!out.iter().chain(&scores).chain(&weights).chain([&step.weight, &step.rest, &step.gap]).any(is_minus_zero));
            let wide = [Some(step.conjugate), step.threshold, step.energy];
            prop_assert!(!wide.into_iter().flatten().any(|x| x.to_bits() == (-0.0f64).to_bits()), "{step:?}");
        });
    }
}

#[test]
fn the_rest_is_accurate_at_a_billionth() {
    for gap in [20.75f32, 41.5, 80.0, 87.25] {
        let step = weights(Softmax, 1.0, &[1.0, 1.0 + gap]).1;
        let exact = (-f64::from(gap)).exp() / (1.0 + (-f64::from(gap)).exp());
        assert_eq!((step.winner, step.weight), (1, 1.0));
        assert!(step.rest > 0.0 && (f64::from(step.rest) - exact).abs() <= (depth(2) + 7.0) * EPS * exact, "{} for {exact}", step.rest);
    }
}
