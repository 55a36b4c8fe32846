//! The kernels that compute in f64: every backend against the scalar one, in bits, and all against the same formulas with libm.

extern crate std;

use super::threshold::floor_f32;
use super::{Active, ActiveSums, PANEL, PanelOnline, Power, PowerState, PowerSums, TILE_SCORES, Tallied, Tally, wide_math};
use crate::simd::{LANES, Scalar};
use crate::{Backend, Job, Kernels};
use std::vec::Vec;

/// Relative, for what libm's functions and another order of a sum may change.
const CLOSE: f64 = 1e-13;

/// Numbers in [0, 1), the same in every run.
struct Random(u64);

impl Random {
    fn next(&mut self) -> f64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 11) as f64 / 9_007_199_254_740_992.0
    }
    fn below(&mut self, n: usize) -> usize {
        (self.next() * n as f64) as usize
    }
}

/// What `job` gives on the scalar backend; the others must give the same bits, told apart by `bits`.
fn agreed<J: Job>(what: &str, job: impl Fn() -> J, bits: impl Fn(&J::Output) -> Vec<u64>) -> J::Output {
    let scalar = Backend::Scalar.run(job()).unwrap();
    for backend in Backend::available() {
        assert_eq!(bits(&backend.run(job()).unwrap()), bits(&scalar), "{what} on {backend}");
    }
    scalar
}

/// Curves of many shapes: the exponential, near it, entmax maps of order 1.5 and 1.1, roots, steep ones, and one that keeps ties alone.
const CURVES: [Power; 9] = [
    Power { log_scale: -0.7, exponent: 1.0, rate: 0.0 },
    Power { log_scale: 0.3, exponent: 12.5, rate: 0.0 },
    Power { log_scale: -1.0, exponent: 1e6, rate: 1e-6 },
    Power { log_scale: -0.2, exponent: 2.0, rate: 0.37 },
    Power { log_scale: -3.0, exponent: 10.0, rate: 0.1 },
    Power { log_scale: -0.5, exponent: 1.0 / 3.0, rate: 3.0 },
    Power { log_scale: 0.0, exponent: 50.0, rate: 1.25 },
    Power { log_scale: -20.0, exponent: 4.0, rate: 1e4 },
    Power { log_scale: -0.1, exponent: 2.0, rate: 1e300 },
];

/// Scores with ties, masked ones, some far below and some just below the largest; and the largest.
fn scores(n: usize, random: &mut Random) -> (Vec<f32>, f32) {
    let list: Vec<f32> = (0..n)
        .map(|_| match random.below(8) {
            0 => f32::NEG_INFINITY,
            1 => -500.0 * random.next() as f32,
            2 => 1.75 - 1e-6 * random.next() as f32,
            3 => (8.0 * random.next()) as f32 as i32 as f32 / 4.0,
            _ => 4.0 * random.next() as f32 - 2.0,
        })
        .collect();
    let max = list.iter().fold(f32::NEG_INFINITY, |max, &s| if s > max { s } else { max });
    (list, if max.is_finite() { max } else { 0.0 })
}

/// Places to cut a list of `n` at, rising.
fn cuts(n: usize, random: &mut Random) -> Vec<usize> {
    let mut cuts: Vec<usize> = (0..random.below(5)).map(|_| random.below(n + 1)).chain([0, n]).collect();
    cuts.sort_unstable();
    cuts
}

/// The list by pieces.
fn pieces<'a>(scores: &'a [f32], cuts: &'a [usize]) -> impl Iterator<Item = &'a [f32]> {
    cuts.windows(2).map(|cut| &scores[cut[0]..cut[1]])
}

struct Sums<'a>(Power, f32, f32, &'a [f32], &'a [usize]);
impl Job for Sums<'_> {
    type Output = PowerSums;
    fn run<K: Kernels>(self, kernels: K) -> PowerSums {
        let mut state = PowerState::new(self.0);
        pieces(self.3, self.4).for_each(|piece| kernels.power(&mut state, self.1, self.2, piece));
        kernels.power_sums(&state)
    }
}

fn power_bits(sums: &PowerSums) -> Vec<u64> {
    [sums.count, sums.terms.to_bits(), sums.ratios.to_bits(), sums.moments.to_bits()].to_vec()
}

struct Squares<'a>(f64, f32, f32, &'a [f32], &'a [usize], bool);
impl Job for Squares<'_> {
    type Output = ActiveSums;
    fn run<K: Kernels>(self, kernels: K) -> ActiveSums {
        let mut state = Active::new(self.0, self.5);
        pieces(self.3, self.4).for_each(|piece| match self.5 {
            true => kernels.active_squares(&mut state, self.1, self.2, piece),
            false => kernels.active(&mut state, self.1, self.2, piece),
        });
        state.sums()
    }
}

fn active_bits(sums: &ActiveSums) -> Vec<u64> {
    [sums.count, sums.sum.to_bits(), sums.excess.to_bits(), sums.squares.to_bits()].to_vec()
}

#[derive(Clone, Copy)]
enum Map {
    Power(Power, Power, f64),
    Linear(f64),
    Square(f64),
}

struct Weights<'a>(Map, f32, f32, &'a [f32]);
impl Job for Weights<'_> {
    type Output = Vec<f32>;
    fn run<K: Kernels>(self, kernels: K) -> Vec<f32> {
        // Numbers behind the list, which must stay as they are.
        let mut list: Vec<f32> = self.3.iter().copied().chain([77.125; 2 * LANES]).collect();
        let (part, behind) = list.split_at_mut(self.3.len());
        match self.0 {
            Map::Power(a, b, blend) => kernels.power_weights(a, b, blend, self.1, self.2, part),
            Map::Linear(tau) => kernels.linear_weights(tau, self.1, self.2, part),
            Map::Square(tau) => kernels.square_weights(tau, self.1, self.2, part),
        }
        assert!(behind.iter().all(|&x| x == 77.125), "writes behind the list");
        list.truncate(self.3.len());
        list
    }
}

fn weight_bits(weights: &[f32]) -> Vec<u64> {
    weights.iter().map(|w| u64::from(w.to_bits())).collect()
}

/// Whether a score is active, in the words of the definition.
fn is_active(curve: &Power, t: f32) -> bool {
    t > -88.0 && curve.rate * f64::from(t) > -1.0
}

/// The term of an active score, in the words of the definition.
fn term(curve: &Power, t: f32) -> f64 {
    let t = f64::from(t);
    let line = if curve.rate == 0.0 { t } else { libm::log1p(curve.rate * t) };
    let argument = curve.log_scale + curve.exponent * line;
    if argument > wide_math::CUT { libm::exp(argument) } else { 0.0 }
}

fn assert_close(what: &str, found: f64, exact: f64) {
    assert!(libm::fabs(found - exact) <= CLOSE * libm::fabs(exact), "{what}: {found:e}, exact {exact:e}");
}

/// How far `found` is from `exact`, in units of the last place of `exact`.
fn ulps(found: f64, exact: f64) -> f64 {
    let place = libm::fabs(exact).to_bits();
    libm::fabs(found - exact) / (f64::from_bits(place + 1) - f64::from_bits(place))
}

/// `function` of each number, 16 at a time, is within `bound` units of the last place of `exact`.
fn assert_ulps(numbers: impl Iterator<Item = f64>, function: impl Fn([f64; LANES]) -> [f64; LANES], exact: fn(f64) -> f64, bound: f64) {
    let numbers: Vec<f64> = numbers.collect();
    for chunk in numbers.chunks(LANES) {
        let mut lanes = [chunk[0]; LANES];
        lanes[..chunk.len()].copy_from_slice(chunk);
        for (&x, found) in lanes.iter().zip(function(lanes)) {
            assert!(ulps(found, exact(x)) <= bound, "of {x:e}: {found:e}, libm gives {:e}", exact(x));
        }
    }
}

/// Ours is within 0.9 ULP and libm within 1: they are neighbours at the most.
const NEIGHBOURS: f64 = 1.9;

#[test]
fn exp_is_next_to_that_of_libm() {
    let mut random = Random(1);
    let dense = (0..400_000).map(|i| -87.3365 * f64::from(i) / 4e5);
    let above = (0..20_000).map(|i| f64::from(i) / 1e4);
    let tiny = (0..2000).map(|i| -libm::exp(-f64::from(i) * 0.35));
    let anywhere = (0..100_000).map(|_| -87.3 * random.next());
    let numbers = dense.chain(above).chain(tiny.filter(|x| *x > -87.3)).chain(anywhere);
    assert_ulps(numbers, |x| wide_math::exp(Scalar, x), libm::exp, NEIGHBOURS);
}

#[test]
fn exp_ends_where_f32_would_be_denormal() {
    let just_above = f64::from_bits(wide_math::CUT.to_bits() - 1);
    for (x, expected) in [
        (0.0, 1.0),
        (-0.0, 1.0),
        (just_above, f32::MIN_POSITIVE),
        (wide_math::CUT, 0.0),
        (-88.0, 0.0),
        (-1e6, 0.0),
        (-1e300, 0.0),
        (f64::NEG_INFINITY, 0.0),
    ] {
        let found = wide_math::exp(Scalar, [x; LANES])[0] as f32;
        assert_eq!(found.to_bits(), f32::to_bits(expected), "e^{x:e} gives {found:e}");
    }
}

#[test]
fn log_1p_is_next_to_that_of_libm() {
    let mut random = Random(2);
    let dense = (0..400_000).map(|i| -f64::from(i) / 4e5);
    let tiny = (1..3100).map(|i| -libm::exp(-f64::from(i) * 0.24));
    let near_one =
        (1..=53).flat_map(|i| (1..8).map(move |m| -1.0 + f64::from(m) * libm::ldexp(0.125, 3 - i))).filter(|x| *x > -1.0 && *x < 0.0);
    let anywhere = (0..100_000).map(|_| -random.next());
    let seams = [-0.5, -0.292_893_218_813_452_5, -0.646_446_609_406_726_2].into_iter();
    let seams = seams.flat_map(|x: f64| (0..64).map(move |i| f64::from_bits(x.to_bits() + i - 32)));
    let ends = [-5e-324, -1e-300, -f64::EPSILON, -1.0 + f64::EPSILON / 2.0].into_iter();
    let numbers = dense.chain(tiny).chain(near_one).chain(anywhere).chain(seams).chain(ends);
    assert_ulps(numbers, |x| wide_math::log_1p(Scalar, x), libm::log1p, NEIGHBOURS);
    assert_eq!(wide_math::log_1p(Scalar, [-0.0; LANES])[0], 0.0);
}

#[test]
fn a_comparison_in_f32_says_which_scores_are_active() {
    let mut random = Random(3);
    let rates = (0..5000).map(|_| libm::exp(200.0 * random.next() - 80.0)).collect::<Vec<_>>();
    let whole = (1..200).map(f64::from).flat_map(|x| [x, 1.0 / x]);
    for rate in rates.into_iter().chain(whole).chain([0.0, 1.0 / 88.0, 1e-300, 1e45, 1e46, 1e300, f64::MAX]) {
        let curve = Power { log_scale: 0.0, exponent: 1.0, rate };
        let floor = curve.floor();
        assert!(!is_active(&curve, floor), "{floor:e} is active at {rate:e}");
        let next = f32::from_bits(floor.to_bits() - 1);
        assert!(floor == 0.0 || is_active(&curve, next), "{next:e} is not active at {rate:e}");
        assert!(is_active(&curve, 0.0));
    }
}

#[test]
fn power_sums_have_the_same_bits_on_every_backend_and_are_those_of_libm() {
    let mut random = Random(4);
    for n in 0..200 {
        let (list, max) = scores(n, &mut random);
        for curve in CURVES {
            let beta = [0.25f32, 1.0, 3.7, 64.0][random.below(4)];
            let (whole, cuts) = ([0, n], cuts(n, &mut random));
            let what = std::format!("{curve:?} of {n} at {beta}");
            let found = agreed(&what, || Sums(curve, beta, max, &list, &whole), power_bits);
            let cut = agreed(&what, || Sums(curve, beta, max, &list, &cuts), power_bits);
            assert_eq!(power_bits(&cut), power_bits(&found), "{what}, cut at {cuts:?}");

            let active = |s: &&f32| is_active(&curve, beta * (**s - max));
            let pruned: Vec<f32> = list.iter().filter(active).copied().collect();
            let ends = [0, pruned.len()];
            let again = agreed(&what, || Sums(curve, beta, max, &pruned, &ends), power_bits);
            assert_eq!(power_bits(&again), power_bits(&found), "{what}, pruned");
            let spread: Vec<f32> = pruned.iter().flat_map(|&s| std::iter::repeat_n(max - 1e5, random.below(30)).chain([s])).collect();
            let ends = [0, spread.len()];
            let again = agreed(&what, || Sums(curve, beta, max, &spread, &ends), power_bits);
            assert_eq!(power_bits(&again), power_bits(&found), "{what}, others between");

            let ts = || pruned.iter().map(|s| beta * (s - max));
            assert_eq!(found.count, pruned.len() as u64);
            assert_close(&what, found.terms, ts().map(|t| term(&curve, t)).sum());
            assert_close(&what, found.ratios, ts().map(|t| term(&curve, t) / (1.0 + curve.rate * f64::from(t))).sum());
            assert_close(&what, found.moments, ts().map(|t| term(&curve, t) * f64::from(t)).sum());
        }
    }
}

#[test]
fn sums_of_squares_have_the_same_bits_on_every_backend_and_change_no_other_sum() {
    let mut random = Random(5);
    for n in 0..200 {
        let (list, max) = scores(n, &mut random);
        for t in [-1.0, -0.731, -0.2, -1e-7] {
            let beta = [0.25f32, 1.0, 3.7][random.below(3)];
            let (whole, cuts) = ([0, n], cuts(n, &mut random));
            let what = std::format!("{n} above {t} at {beta}");
            let found = agreed(&what, || Squares(t, beta, max, &list, &whole, true), active_bits);
            let cut = agreed(&what, || Squares(t, beta, max, &list, &cuts, true), active_bits);
            assert_eq!(active_bits(&cut), active_bits(&found), "{what}, cut at {cuts:?}");
            let plain = agreed(&what, || Squares(t, beta, max, &list, &cuts, false), active_bits);
            assert_eq!(active_bits(&plain), active_bits(&ActiveSums { squares: 0.0, ..found }), "{what}, without squares");

            let pruned: Vec<f32> = list.iter().filter(|&&s| f64::from(beta * (s - max)) > t).copied().collect();
            let ends = [0, pruned.len()];
            let again = agreed(&what, || Squares(t, beta, max, &pruned, &ends, true), active_bits);
            assert_eq!(active_bits(&again), active_bits(&found), "{what}, pruned");
            assert_eq!(found.count, pruned.len() as u64);
            let above = || pruned.iter().map(|s| f64::from(beta * (s - max)) - t);
            assert_close(&what, found.excess, above().sum());
            assert_close(&what, found.squares, above().map(|above| above * above).sum());
        }
    }
}

/// `found` is f32 for `exact`, give or take [`CLOSE`]; or +0, where that is below 2^-126.
fn assert_weight(what: &str, found: f32, exact: f64) {
    let smallest = f64::from(f32::MIN_POSITIVE);
    let (low, high) = (exact * (1.0 - CLOSE), exact * (1.0 + CLOSE));
    let as_weight = |w: f64| if w < smallest { 0.0 } else { w as f32 };
    assert!(found >= as_weight(low) && found <= as_weight(high), "{what}: {found:e}, exact {exact:e}");
    assert!(found.to_bits() == 0 || found >= f32::MIN_POSITIVE, "{what}: {found:e}");
}

#[test]
fn weights_have_the_same_bits_on_every_backend_and_are_those_of_libm() {
    let mut random = Random(6);
    for n in 0..200 {
        let (mut list, max) = scores(n, &mut random);
        if n % 3 == 0 {
            // Whole vectors in which nothing is active.
            list.iter_mut().for_each(|s| *s = if *s < max { *s - 1000.0 } else { *s });
        }
        for (k, a) in CURVES.into_iter().enumerate() {
            let b = CURVES[random.below(CURVES.len())];
            let tau = -random.next();
            for map in [Map::Power(a, b, 0.0), Map::Power(a, b, random.next()), Map::Linear(tau), Map::Square(tau)] {
                let beta = [0.25f32, 1.0, 3.7, 64.0][random.below(4)];
                let what = std::format!("curve {k} of {n} at {beta}");
                let found = agreed(&what, || Weights(map, beta, max, &list), |weights| weight_bits(weights));
                for (&s, &found) in list.iter().zip(&found) {
                    let t = beta * (s - max);
                    let on = |curve: &Power| if is_active(curve, t) { term(curve, t) } else { 0.0 };
                    let above = f64::from(t) - tau;
                    let above = if above > 0.0 { above } else { 0.0 };
                    let exact = match map {
                        Map::Power(a, _, 0.0) => on(&a),
                        Map::Power(a, b, blend) => (1.0 - blend) * on(&a) + blend * on(&b),
                        Map::Linear(_) => above,
                        Map::Square(_) => above * above,
                    };
                    assert_weight(&what, found, exact);
                }
            }
        }
    }
}

/// Scores and weights, where they are cut, and which of them is the winner, whose score is the largest.
struct Tallies<'a>(&'a [f32], &'a [f32], &'a [usize], usize);
impl Job for Tallies<'_> {
    type Output = Tallied;
    fn run<K: Kernels>(self, kernels: K) -> Tallied {
        let mut state = Tally::new(BETA, self.0[self.3]);
        for cut in self.2.windows(2) {
            let (scores, weights) = (&self.0[cut[0]..cut[1]], &self.1[cut[0]..cut[1]]);
            let lane = (cut[0]..cut[1]).contains(&self.3).then(|| (self.3 - cut[0]) as u32);
            kernels.tally(&mut state, scores, weights, lane);
        }
        state.sums()
    }
}

/// Of a tally.
const BETA: f32 = 3.7;

fn tallied_bits(sums: &Tallied) -> Vec<u64> {
    [sums.support, sums.others.to_bits(), sums.mean.to_bits(), sums.squares.to_bits()].to_vec()
}

#[test]
fn a_tally_depends_on_the_rows_with_a_weight_alone_and_leaves_the_winner_out() {
    let mut random = Random(11);
    for n in 1..200 {
        let (mut list, max) = scores(n, &mut random);
        // Any row may be the winner: one tied with it may stand before it and weigh more or less, and it may have no weight itself.
        let winner = random.below(n);
        list[winner] = max;
        // Some of the others have none, or nearly all have one.
        let few = 1 + 7 * random.below(2);
        let weights: Vec<f32> =
            (0..n).map(|i| if random.below(few + 1) > 0 && list[i] > max - 1.0 { random.next() as f32 } else { 0.0 }).collect();
        let cut = cuts(n, &mut random);
        let all = agreed("tally", || Tallies(&list, &weights, &cut, winner), tallied_bits);

        let kept: Vec<usize> = (0..n).filter(|&i| weights[i] > 0.0).collect();
        let (p, t) = (|&i: &usize| f64::from(weights[i]), |&i: &usize| f64::from(BETA) * (f64::from(list[i]) - f64::from(max)));
        assert_eq!(all.support as usize, kept.len());
        assert_close("others", all.others, kept.iter().filter(|&&i| i != winner).map(p).sum());
        assert_close("mean", all.mean, kept.iter().map(|i| p(i) * t(i)).sum());
        assert_close("squares", all.squares, kept.iter().map(|i| p(i) * p(i)).sum());

        if let Some(at) = kept.iter().position(|&i| i == winner) {
            let (list, weights): (Vec<f32>, Vec<f32>) = kept.iter().map(|&i| (list[i], weights[i])).unzip();
            let whole = [0, list.len()];
            let alone = agreed("tally", || Tallies(&list, &weights, &whole, at), tallied_bits);
            assert_eq!(tallied_bits(&alone), tallied_bits(&all), "without rows that have no weight");
        }
    }
}

struct Squared<'a>(&'a [f32], f32, f32, f32);
impl Job for Squared<'_> {
    type Output = ();
    fn run<K: Kernels>(self, kernels: K) {
        let Self(scores, beta, max, t) = self;
        let (plain, squared) = (kernels.slope(scores, beta, max, t), kernels.slope_squares(scores, beta, max, t));
        assert_eq!((plain.count, plain.squares), (squared.count, 0.0));
        let above = || scores.iter().map(|s| beta * (s - max)).filter(|u| *u > t);
        let (sum, squares): (f32, f32) = (above().sum(), above().map(|u| u * u).sum());
        assert_eq!(plain.count, above().count() as f32);
        for (found, exact) in [(plain.sum, sum), (squared.sum, sum), (squared.squares, squares)] {
            assert!((found - exact).abs() <= 1e-3 * exact.abs() + 1e-6, "{found}, exact {exact}");
        }
    }
}

#[test]
fn the_guess_of_the_squares_is_near_them() {
    let mut random = Random(7);
    for n in 0..200 {
        let (list, max) = scores(n, &mut random);
        for backend in Backend::available() {
            backend.run(Squared(&list, 1.0, max, -0.8)).unwrap();
        }
    }
}

#[test]
fn the_largest_f32_below_a_threshold_is_found_far_from_one_too() {
    for t in [-0.0, -1e-300, -1e-40, -0.1, -1.0, -88.7, -1e30] {
        let floor = floor_f32(t);
        assert!(f64::from(floor) <= t && (floor == 0.0 || f64::from(f32::from_bits(floor.to_bits() - 1)) > t), "{t} gives {floor}");
    }
}

/// The terms of a panel whose largest score is 0 in every lane.
struct PanelTerms<'a>(&'a [f32]);

impl Job for PanelTerms<'_> {
    type Output = (Vec<f32>, PanelOnline, u64);
    fn run<K: Kernels>(self, kernels: K) -> Self::Output {
        let (mut scores, mut state) = (self.0.to_vec(), PanelOnline::NONE);
        let used = kernels.panel_softmax(&mut state, 1.0, 640, &mut scores, u64::MAX, &mut [0.0; PANEL]);
        (scores, state, used)
    }
}

#[test]
fn the_terms_of_a_panel_are_exponentials_and_their_sum_leaves_the_winner_out() {
    let mut random = Random(9);
    for round in 0..2000 {
        // Denser towards 0; every other round down to where terms end.
        let depth = if round % 2 == 0 { 1.0 } else { 90.0 };
        let mut scores: Vec<f32> = (0..TILE_SCORES).map(|_| (-depth * random.next()) as f32).collect();
        let winner = random.below(64);
        scores[winner * PANEL..(winner + 1) * PANEL].fill(0.0);
        let exact = |score: f32| if score > super::exp::CUT { libm::exp(f64::from(score)) } else { 0.0 };
        for backend in Backend::available() {
            let (terms, state, used) = backend.run(PanelTerms(&scores)).unwrap();
            for (i, (&term, &score)) in terms.iter().zip(&scores).enumerate() {
                let exact = exact(score);
                let ulp = f64::from((exact as f32).next_up()) - f64::from(exact as f32);
                assert!((f64::from(term) - exact).abs() <= 1.5 * ulp, "{backend}: exp({score}) gives {term}");
                assert!(term == 0.0 || used >> (i / PANEL) & 1 == 1, "{backend}: row {} is used", i / PANEL);
            }
            for lane in 0..PANEL {
                let online = state.lane(lane);
                let column = || scores.iter().skip(lane).step_by(PANEL).enumerate().filter(|&(row, _)| row != winner).map(|(_, &s)| s);
                let rest: f64 = column().map(exact).sum();
                assert!(
                    (f64::from(online.rest) - rest).abs() <= 66.0 * rest / f64::from(1u32 << 24),
                    "{backend}: {} and {rest}",
                    online.rest
                );
                let runner_up = column().fold(f32::NEG_INFINITY, |a, b| if b > a { b } else { a });
                assert_eq!((online.leader.max, online.leader.row, online.leader.runner_up), (0.0, 640 + winner as u32, runner_up));
            }
        }
    }
}
