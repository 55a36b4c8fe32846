//! The oracle by itself: the laws of each map, closed forms that share none of its code, and differences for its derivatives.
#![allow(clippy::disallowed_methods, reason = "the oracle's tests promise no bits")]
#![allow(clippy::expect_used, reason = "a map without its energy has failed")]

use basinet_conformance::generator::SplitMix64;
use basinet_conformance::oracle::{Map, Model, Post, Rows, Similarity, dot, energy, energy0, max_abs, norm, read_out, recall};

/// Every map, with caps for `caps.len()` scores.
fn maps(caps: &[f64]) -> Vec<Map<'_>> {
    let mut maps = vec![Map::Softmax, Map::Softmax1, Map::Sparsemax, Map::Hardmax, Map::Constrained(caps)];
    let alphas = [1.0, 1.0 + 2f64.powi(-40), 1.0 + 2f64.powi(-23), 1.0 + 2f64.powi(-8), 1.25, 1.5, 2.0, 3.0, 10.0, 1e3, 1e6];
    maps.extend(alphas.map(Map::Entmax));
    maps.extend([1.0 + 1e-9, 1.01, 1.5, 2.0, 5.0, 1e3, 1e6].map(Map::Normmax));
    maps.extend([1, 3, 50].map(Map::TopK));
    maps.extend([1, 2, 5, 50].map(Map::KSubsets));
    maps
}

/// Those that can be differentiated twice where a random score lies, with parameters at which differences mean something.
fn smooth(caps: &[f64]) -> Vec<Map<'_>> {
    let mut maps = vec![Map::Softmax, Map::Softmax1, Map::Sparsemax, Map::Constrained(caps), Map::TopK(3), Map::KSubsets(2)];
    maps.extend([1.0, 1.0 + 2f64.powi(-23), 1.25, 1.5, 1.75, 2.0, 3.0].map(Map::Entmax));
    maps.extend([1.25, 1.5, 2.0, 3.0, 5.0].map(Map::Normmax));
    maps
}

/// Caps on both sides of 1/M, of sum above 1; 1 where there are few.
fn caps(count: usize) -> Vec<f64> {
    (0..count).map(|i| if count < 3 { 1.0 } else { (0.5 + (i % 3) as f64) / count as f64 }).collect()
}

fn draw(random: &mut SplitMix64, count: usize, scale: f64) -> Vec<f64> {
    (0..count).map(|_| scale * f64::from(random.bell())).collect()
}

/// Vectors of 1 to 33 scores of spread 1e-200 to 1e6, some with ties.
fn scores() -> Vec<Vec<f64>> {
    let mut random = SplitMix64::new(1);
    let mut all = vec![vec![0.0, -0.0, 0.0], vec![-3.5; 5], vec![1e4, 1e4, -1e4]];
    for count in [1, 2, 7, 33] {
        for scale in [1e-200, 1e-40, 1e-12, 1e-6, 1e-2, 0.5, 1.0, 4.0, 1e2, 1e6] {
            let mut z = draw(&mut random, count, scale);
            all.push(z.clone());
            z[count / 2] = z[0];
            all.push(z);
        }
    }
    all
}

fn near(found: f64, expected: f64, allowed: f64, what: &str) {
    assert!((found - expected).abs() <= allowed, "{what}: {found:e} against {expected:e}, {allowed:e} allowed");
}

fn all_near(found: &[f64], expected: &[f64], allowed: f64, what: &str) {
    assert_eq!(found.len(), expected.len(), "{what}");
    for (found, expected) in found.iter().zip(expected) {
        near(*found, *expected, allowed, what);
    }
}

/// The weights lie in the map's polytope, equal scores weigh the same, and a higher score does not weigh less.
#[test]
fn weights_are_ordered_and_add_up() {
    for z in scores() {
        let caps = caps(z.len());
        for map in maps(&caps) {
            let what = format!("{map:?} of {z:?}");
            let p = map.weights(&z);
            let total = match map {
                Map::KSubsets(k) => k.min(z.len()) as f64,
                Map::Softmax1 => {
                    let high = z.iter().copied().fold(0.0, f64::max);
                    let sum: f64 = z.iter().map(|z| (z - high).exp()).sum();
                    sum / ((-high).exp() + sum)
                }
                _ => 1.0,
            };
            near(p.iter().sum(), total, 1e-13 * total.max(1.0), &what);
            let positive = p.iter().any(|p| *p > 0.0) || map == Map::Softmax1;
            assert!(p.iter().all(|p| *p >= 0.0) && positive, "{what}: {p:?}");
            for (i, j) in (0..z.len()).flat_map(|j| (0..z.len()).map(move |i| (i, j))) {
                let ordered = match map {
                    Map::Constrained(_) => true,
                    Map::TopK(_) if z[i] == z[j] => i > j || p[i] >= p[j],
                    _ if z[i] == z[j] => p[i] == p[j],
                    _ => z[i] > z[j] || p[i] <= p[j],
                };
                assert!(ordered, "{what}: rows {i} and {j} of {p:?}");
            }
            match map {
                Map::Constrained(caps) => assert!(p.iter().zip(caps).all(|(p, cap)| p <= cap), "{what}: {p:?}"),
                Map::KSubsets(_) => assert!(p.iter().all(|p| *p <= 1.0), "{what}: {p:?}"),
                _ => {}
            }
        }
    }
}

/// Omega as each map defines it, written out.
fn omega(map: Map<'_>, p: &[f64]) -> f64 {
    let xlogx = |p: f64| if p > 0.0 { p * p.ln() } else { 0.0 };
    let shannon = p.iter().map(|p| xlogx(*p)).sum::<f64>();
    match map {
        Map::Softmax | Map::TopK(_) | Map::Entmax(1.0) => shannon,
        Map::Softmax1 => shannon + xlogx(1.0 - p.iter().sum::<f64>()),
        Map::Sparsemax => (dot(p, p) - 1.0) / 2.0,
        Map::Entmax(a) => (p.iter().map(|p| p.powf(a)).sum::<f64>() - 1.0) / (a * (a - 1.0)),
        Map::Normmax(g) => {
            let most = max_abs(p);
            most * p.iter().map(|p| (p / most).powf(g)).sum::<f64>().powf(1.0 / g) - 1.0
        }
        Map::Hardmax => 0.0,
        Map::KSubsets(_) | Map::Constrained(_) => dot(p, p) / 2.0,
    }
}

/// Omega*(z) = <p, z> - Omega(p), and no other weights of the polytope give more (those of other scores do not).
#[test]
fn the_conjugate_is_the_largest_value() {
    let mut random = SplitMix64::new(2);
    for scale in [0.1, 1.0, 8.0] {
        let (z, other) = (draw(&mut random, 9, scale), draw(&mut random, 9, scale));
        let caps = caps(z.len());
        for map in smooth(&caps).into_iter().chain([Map::Hardmax, Map::Entmax(1e3), Map::Normmax(1e3)]) {
            let what = format!("{map:?} of {z:?}");
            let p = map.weights(&z);
            // At 1 + 2^-23 the entropy as written is good to 2^-53/2^-23.
            let allowed = if map == Map::Entmax(1.0 + 2f64.powi(-23)) { 1e-8 } else { 1e-12 * scale.max(1.0) };
            near(map.conjugate(&z), dot(&p, &z) - omega(map, &p), allowed, &what);
            let q = map.weights(&other);
            assert!(dot(&q, &z) - omega(map, &q) <= map.conjugate(&z) + allowed || matches!(map, Map::TopK(_)), "{what}");
            near(map.conjugate(&[0.0; 9]), map.conjugate_of_zeros(9), 1e-14, &what);
        }
    }
}

/// Adding a constant to every score moves the threshold and the conjugate by it, and nothing else.
#[test]
fn a_shift_of_all_scores_changes_no_weight() {
    let mut random = SplitMix64::new(3);
    let z = draw(&mut random, 9, 1.0);
    let moved: Vec<f64> = z.iter().map(|z| z + 4.0).collect();
    let caps = caps(z.len());
    for map in smooth(&caps).into_iter().filter(|map| *map != Map::Softmax1) {
        let what = format!("{map:?}");
        all_near(&map.weights(&moved), &map.weights(&z), 1e-14, &what);
        let total: f64 = map.weights(&z).iter().sum();
        near(map.conjugate(&moved), map.conjugate(&z) + 4.0 * total, 1e-13, &what);
        if let (Some(after), Some(before)) = (map.threshold(&moved), map.threshold(&z)) {
            near(after, before + 4.0 * map.threshold_unit(), 1e-13, &what);
        }
    }
}

/// tau of 1.5-entmax in y = z/2 (power 2) or of 2-normmax in z: the mean of the k best less sqrt((1 - their scatter)/k), for the
/// largest k at which that is not above the k-th.
fn threshold_of_squares(y: &[f64]) -> f64 {
    let mut sorted = y.to_vec();
    sorted.sort_by(|a, b| b.total_cmp(a));
    let mut tau = f64::NAN;
    for k in 1..=sorted.len() {
        let head = &sorted[..k];
        let mean = head.iter().sum::<f64>() / k as f64;
        let scatter: f64 = head.iter().map(|y| (y - mean).powi(2)).sum();
        let candidate = mean - (f64::max(0.0, 1.0 - scatter) / k as f64).sqrt();
        if candidate <= head[k - 1] {
            tau = candidate;
        }
    }
    tau
}

#[test]
fn closed_forms() {
    for z in scores().into_iter().filter(|z| max_abs(z) <= 1e3) {
        let what = format!("{z:?}");
        let allowed = 1e-14 * (10.0 + max_abs(&z));
        let sparsemax = Map::Sparsemax.weights(&z);
        let tau = Map::Sparsemax.threshold(&z).expect("it has one");
        let ones = vec![1.0; z.len()];
        for same in [Map::Entmax(2.0), Map::KSubsets(1), Map::Constrained(&ones)] {
            all_near(&same.weights(&z), &sparsemax, allowed, &what);
        }
        near(Map::Entmax(2.0).threshold(&z).expect("it has one"), tau, allowed, &what);
        near(Map::Entmax(2.0).conjugate(&z), Map::Sparsemax.conjugate(&z), allowed, &what);
        near(Map::KSubsets(1).conjugate(&z) + 0.5, Map::Sparsemax.conjugate(&z), allowed, &what);

        all_near(&Map::Entmax(1.0).weights(&z), &Map::Softmax.weights(&z), 0.0, &what);
        let spread = (1.0 + max_abs(&z)).powi(2);
        all_near(&Map::Entmax(1.0 + 2f64.powi(-40)).weights(&z), &Map::Softmax.weights(&z), 1e-12 * spread, &what);
        all_near(&Map::TopK(z.len()).weights(&z), &Map::Softmax.weights(&z), 1e-15, &what);

        let half: Vec<f64> = z.iter().map(|z| z / 2.0).collect();
        let tau = threshold_of_squares(&half);
        let expected: Vec<f64> = half.iter().map(|y| (y - tau).max(0.0).powi(2)).collect();
        all_near(&Map::Entmax(1.5).weights(&z), &expected, allowed, &what);
        near(Map::Entmax(1.5).threshold(&z).expect("it has one"), tau, allowed, &what);

        let tau = threshold_of_squares(&z);
        let above: Vec<f64> = z.iter().map(|z| (z - tau).max(0.0)).collect();
        let sum: f64 = above.iter().sum();
        all_near(&Map::Normmax(2.0).weights(&z), &above.iter().map(|v| v / sum).collect::<Vec<_>>(), allowed, &what);
        near(Map::Normmax(2.0).threshold(&z).expect("it has one"), tau, allowed, &what);
        near(Map::Normmax(2.0).conjugate(&z), 1.0 + tau, allowed, &what);
    }
}

/// The threshold defines the weights again: p^(alpha-1) = [(alpha-1) z - tau]_+, and for normmax v^e sums to 1.
#[test]
fn thresholds_define_the_weights() {
    let mut random = SplitMix64::new(4);
    for scale in [0.01, 1.0, 8.0] {
        let z = draw(&mut random, 9, scale);
        for alpha in [1.125, 1.5, 3.0, 10.0, 1e3] {
            let (map, c) = (Map::Entmax(alpha), alpha - 1.0);
            let tau = map.threshold(&z).expect("it has one");
            let powers: Vec<f64> = map.weights(&z).iter().map(|p| p.powf(c)).collect();
            let expected: Vec<f64> = z.iter().map(|z| (c * z - tau).max(0.0)).collect();
            all_near(&powers, &expected, 1e-14 * (1.0 + c * scale), &format!("{map:?} of {z:?}"));
        }
        for gamma in [1.25, 3.0, 10.0] {
            let map = Map::Normmax(gamma);
            let tau = map.threshold(&z).expect("it has one");
            let sum: f64 = z.iter().map(|z| (z - tau).max(0.0).powf(gamma / (gamma - 1.0))).sum();
            near(sum, 1.0, 1e-13 * (1.0 + scale), &format!("{map:?} of {z:?}"));
        }
        let caps = caps(z.len());
        for (map, caps) in [(Map::Constrained(&caps), caps.clone()), (Map::KSubsets(4), vec![1.0; 9])] {
            let tau = map.threshold(&z).expect("it has one");
            let clipped: Vec<f64> = z.iter().zip(&caps).map(|(z, cap)| (z - tau).clamp(0.0, *cap)).collect();
            all_near(&map.weights(&z), &clipped, 1e-14 * (1.0 + scale), &format!("{map:?} of {z:?}"));
        }
    }
}

/// Whole weights from the margin on: 1/(alpha - 1) for entmax, 1 for normmax and around the k-th of k-subsets; ties are shared.
#[test]
fn margins_and_ties_are_exact() {
    for k in 0..20 {
        let c = 2f64.powi(k);
        assert_eq!(Map::Entmax(1.0 + c).weights(&[1.0, 1.0 - 1.0 / c, -1.0]), [1.0, 0.0, 0.0]);
    }
    assert_eq!(Map::Entmax(1e6).weights(&[0.0, 1e-6, 2.1e-6]), [0.0, 0.0, 1.0]);
    assert_eq!(Map::Normmax(7.0).weights(&[3.0, 2.0, 0.0]), [1.0, 0.0, 0.0]);
    assert_eq!(Map::KSubsets(2).weights(&[3.0, 1.0, 7.0, 2.0]), [1.0, 0.0, 1.0, 0.0]);
    assert_eq!(Map::Hardmax.weights(&[3.0, -1.0, 3.0]), [0.5, 0.0, 0.5]);
    assert_eq!(Map::Hardmax.weights(&[-0.0, -1.0, 0.0]), [0.5, 0.0, 0.5]);
    assert_eq!(Map::TopK(1).weights(&[3.0, 4.0, 4.0]), [0.0, 1.0, 0.0]);
    assert_eq!(Map::TopK(1).weights(&[-0.0, 0.0]), [1.0, 0.0]);
    assert_eq!(Map::Constrained(&[0.25, 0.75, 1.0]).weights(&[9.0, 1.0, 0.0]), [0.25, 0.75, 0.0]);
    // Rows next to each other are told apart however far above them the best is.
    let caps = Map::Constrained(&[0.25, 0.5, 0.5, 1.0]);
    assert_eq!(caps.weights(&[1e18, 0.75, 0.5, 0.0]), [0.25, 0.5, 0.25, 0.0]);
    assert_eq!(caps.weights(&[1e18, -1e17, -1e17, -1e18]), [0.25, 0.375, 0.375, 0.0]);
    near(caps.raised(&[1e18, 6e17, 6e17, -1e18]), 0.25e18 + 0.75 * 6e17, 1e6, "raised by large scores");
}

/// At alpha = 1e6 a gap of 1e-7 leaves the winner (c gap)^(1/c) with c gap = 0.0999999 and the loser the rest, whose power no f64
/// can hold: the sum decides.
#[test]
fn near_ties_at_the_largest_alpha_add_up_to_one() {
    let p = Map::Entmax(1e6).weights(&[0.0, -1e-7]);
    let loser = -(0.099_999_9_f64.ln() / 999_999.0).exp_m1();
    near(p[1], loser, 1e-9 * loser, "the loser");
    near(p[0] + p[1], 1.0, 1e-15, "the sum");
}

#[test]
fn the_conjugates_gradient_is_the_weights() {
    let mut random = SplitMix64::new(5);
    for count in [2, 9] {
        for scale in [0.1, 1.0, 4.0] {
            let z = draw(&mut random, count, scale);
            let caps = caps(count);
            for map in smooth(&caps) {
                let at = |i: usize, h: f64| {
                    let mut z = z.clone();
                    z[i] += h;
                    map.conjugate(&z)
                };
                let h = 1e-5;
                let difference: Vec<f64> = (0..count).map(|i| (at(i, h) - at(i, -h)) / (2.0 * h)).collect();
                // Above alpha 2 the weights of rows within h of the threshold bend sharply.
                all_near(&difference, &map.weights(&z), 1e-8, &format!("{map:?} of {z:?}"));
            }
        }
    }
}

#[test]
fn tangents_are_limits_of_differences() {
    let mut random = SplitMix64::new(6);
    for count in [2, 9] {
        for scale in [0.1, 1.0, 2.0] {
            let (z, dz) = (draw(&mut random, count, scale), draw(&mut random, count, 1.0));
            let caps = caps(count);
            for map in smooth(&caps) {
                let at = |h: f64| map.weights(&z.iter().zip(&dz).map(|(z, dz)| z + h * dz).collect::<Vec<_>>());
                let h = 1e-6;
                let difference: Vec<f64> = at(h).iter().zip(at(-h)).map(|(a, b)| (a - b) / (2.0 * h)).collect();
                let tangent = map.tangent(&z, &dz);
                all_near(&tangent, &difference, 1e-7, &format!("{map:?} of {z:?} along {dz:?}"));
                assert!(max_abs(&tangent) > 1e-3 || max_abs(&difference) < 1e-3);
            }
        }
    }
}

/// Against differences of second order, forward ones near alpha = 1, where there is nothing below.
#[test]
fn the_tangent_in_alpha_is_the_limit_of_differences() {
    let mut random = SplitMix64::new(7);
    for scale in [0.1, 1.0, 4.0] {
        let z = draw(&mut random, 9, scale);
        for alpha in [1.0, 1.0 + 2f64.powi(-40), 1.0 + 2f64.powi(-12), 1.1, 1.25, 1.5, 1.75, 2.0, 2.5, 3.0] {
            let h = 1e-5;
            let at = |steps: f64| Map::Entmax(alpha + steps * h).weights(&z);
            let (zero, one, two) = (at(0.0), at(1.0), at(2.0));
            let forward = |i: usize| (4.0 * one[i] - 3.0 * zero[i] - two[i]) / (2.0 * h);
            let difference: Vec<f64> = (0..z.len()).map(forward).collect();
            let found = Map::Entmax(alpha).alpha_tangent(&z).expect("entmax has one");
            all_near(&found, &difference, 1e-7, &format!("alpha {alpha} of {z:?}"));
            near(found.iter().sum(), 0.0, 1e-14, "the sum does not move");
        }
    }
    assert_eq!(Map::Sparsemax.alpha_tangent(&[1.0, 2.0]), None);
}

/// At ordinary scores the raised conjugate is the difference; at tiny ones, where the difference of the conjugates has no digit left, its
/// expansion <u, z> + <z, J z>/2 holds to the last digits, with u the weights of equal scores.
#[test]
fn the_raised_conjugate_keeps_its_digits_at_tiny_scores() {
    let mut random = SplitMix64::new(8);
    for count in [2, 9] {
        let caps = caps(count);
        for scale in [0.1, 1.0, 8.0, 1e3] {
            let z = draw(&mut random, count, scale);
            for map in smooth(&caps).into_iter().chain([Map::Hardmax, Map::Entmax(1e3), Map::Normmax(1e3)]) {
                let expected = map.conjugate(&z) - map.conjugate_of_zeros(count);
                near(map.raised(&z), expected, 1e-14 * (10.0 + max_abs(&z)), &format!("{map:?} of {z:?}"));
            }
        }
        for scale in [1e-6, 1e-9, 1e-20, 1e-60, 1e-140] {
            let drawn = draw(&mut random, count, scale);
            let best = drawn.iter().copied().fold(f64::MIN, f64::max);
            let z: Vec<f64> = drawn.iter().map(|z| z - best).collect();
            for map in smooth(&caps) {
                let mut equal = map.weights(&vec![0.0; count]);
                if let Map::TopK(k) = map {
                    equal = map.weights(&z).iter().map(|p| if *p > 0.0 { 1.0 / k.min(count) as f64 } else { 0.0 }).collect();
                }
                let (first, second) = (dot(&equal, &z), dot(&z, &map.tangent(&z, &z)) / 2.0);
                let allowed = (1e-14 + 1e3 * max_abs(&z).powi(2)) * first.abs();
                near(map.raised(&z), first + second, allowed, &format!("{map:?} of {z:?}"));
                assert!(first < 0.0);
            }
        }
    }
}

#[test]
fn names_of_the_golden_file_and_of_the_project() {
    for (name, map) in [
        ("softmax", Map::Softmax),
        ("softmax1", Map::Softmax1),
        ("sparsemax", Map::Sparsemax),
        ("hardmax", Map::Hardmax),
        ("entmax_1.25", Map::Entmax(1.25)),
        ("entmax:1.5", Map::Entmax(1.5)),
        ("normmax_5", Map::Normmax(5.0)),
        ("normmax:2.5", Map::Normmax(2.5)),
        ("topk_16", Map::TopK(16)),
        ("topk:1", Map::TopK(1)),
        ("ksubsets:3", Map::KSubsets(3)),
    ] {
        assert_eq!(Map::named(name), Some(map), "{name}");
    }
    for name in
        ["", "max", "entmax", "entmax_0.5", "entmax:NaN", "entmax:1e7", "normmax_1", "normmax:inf", "topk_0", "topk:1.5", "ksubsets:0"]
    {
        assert_eq!(Map::named(name), None, "{name}");
    }
}

/// Four rows of width 3, one of them zero.
const ROWS: [f64; 12] = [1.0, 2.0, -2.0, 0.0, 0.0, 0.0, -3.0, 0.0, 4.0, 0.5, 0.5, 0.5];

#[test]
fn similarities() {
    let rows = Rows { data: &ROWS, dim: 3 };
    assert_eq!(Similarity::Dot.scores(rows, &[0.0, 2.0, 1.0]), [2.0, 0.0, 4.0, 1.5]);
    all_near(&Similarity::Cosine.scores(rows, &[0.0, 0.0, 2.0]), &[-2.0 / 3.0, 0.0, 0.8, 3f64.sqrt().recip()], 1e-15, "cosine");
    assert_eq!(Similarity::Cosine.scores(rows, &[0.0; 3]), [0.0; 4]);
    assert_eq!(Similarity::NegativeSquaredDistance.scores(rows, &[0.0, 2.0, 0.0]), [-5.0, -4.0, -29.0, -2.75]);
}

#[test]
fn post_transformations() {
    let y = [3.0, -1.0, 4.0];
    assert_eq!(Post::Identity.apply(&y), y);
    near(norm(&Post::L2.apply(&y)), 1.0, 1e-15, "l2");
    let layer = Post::Layer.apply(&y);
    near(layer.iter().sum(), 0.0, 1e-15, "layer");
    near(norm(&layer), 3f64.sqrt(), 1e-15, "layer");
    assert!(layer[0] > 0.0 && dot(&layer, &y) > 0.0);
    assert_eq!((Post::L2.apply(&[0.0; 2]), Post::Layer.apply(&[7.0; 2])), (vec![0.0; 2], vec![0.0; 2]));
    near(Post::Tanh.apply(&y)[1], -1f64.tanh(), 0.0, "tanh");
    let rows = Rows { data: &ROWS, dim: 3 };
    near(Post::Tanh.potential(rows, &[1.0, -1.0, 0.0]), 2.0 * 2f64.ln(), 1e-15, "tanh");
    assert_eq!(Post::L2.potential(rows, &y), 0.0);
    assert_eq!(Post::Identity.potential(rows, &y), 13.0 + 12.5);
}

/// Rows that are left out are as if they were not there, caps and values included.
#[test]
fn kept_rows_are_the_whole_memory() {
    let mut random = SplitMix64::new(9);
    let (data, values, query) = (draw(&mut random, 27, 1.0), draw(&mut random, 18, 1.0), draw(&mut random, 3, 1.0));
    let (keys, values) = (Rows { data: &data, dim: 3 }, Rows { data: &values, dim: 2 });
    let kept = [1, 2, 5, 7];
    let caps = [0.5, 0.125, 0.25, 0.5, 0.5, 0.5, 0.5, 0.375, 0.5];
    for map in smooth(&caps) {
        let inner = kept.map(|i| caps[i]);
        let alone = if let Map::Constrained(_) = map { Map::Constrained(&inner) } else { map };
        let (few, read) = (keys.only(&kept), values.only(&kept));
        let found = recall(map, 1.5, keys, values, Some(&kept), &query);
        let expected = recall(alone, 1.5, Rows { data: &few, dim: 3 }, Rows { data: &read, dim: 2 }, None, &query);
        assert_eq!(found.state, expected.state, "{map:?}");
        assert_eq!(
            (found.threshold, found.conjugate, found.support),
            (expected.threshold, expected.conjugate, expected.support),
            "{map:?}"
        );
        assert_eq!(kept.map(|i| found.weights[i]).as_slice(), expected.weights, "{map:?}");
        assert_eq!(found.weights.iter().sum::<f64>(), kept.map(|i| found.weights[i]).iter().sum::<f64>(), "{map:?}");
        assert_eq!(found.scores.len(), 9);
    }
}

/// grad E = x - x' for dot products and for distances; with tanh, grad E = artanh x - artanh x'.
#[test]
fn the_energys_gradient_is_the_step() {
    let mut random = SplitMix64::new(10);
    let (data, x) = (draw(&mut random, 27, 0.5), draw(&mut random, 3, 0.25));
    let rows = Rows { data: &data, dim: 3 };
    let caps = caps(9);
    for map in smooth(&caps) {
        for beta in [1e-3, 1.0, 3.0] {
            for (similarity, post) in
                [(Similarity::Dot, Post::Identity), (Similarity::NegativeSquaredDistance, Post::Identity), (Similarity::Dot, Post::Tanh)]
            {
                if similarity == Similarity::NegativeSquaredDistance && matches!(map, Map::Softmax1 | Map::KSubsets(_)) {
                    continue; // Weights that do not sum to 1 pull towards sum p times x.
                }
                let model = Model { similarity, post, ..Model::new(map, beta) };
                let at = |i: usize, h: f64| {
                    let mut x = x.clone();
                    x[i] += h;
                    model.energy(rows, &x).expect("it has one")
                };
                let difference: Vec<f64> = (0..3).map(|i| (at(i, 1e-5) - at(i, -1e-5)) / 2e-5).collect();
                let step = model.recall(rows, rows, None, &x).state;
                let dual = |x: &f64| if post == Post::Tanh { x.atanh() } else { *x };
                let expected: Vec<f64> = x.iter().zip(&step).map(|(x, y)| dual(x) - dual(y)).collect();
                all_near(&difference, &expected, 1e-8, &format!("{model:?}"));
            }
        }
    }
}

#[test]
fn the_energy_never_rises() {
    let mut random = SplitMix64::new(11);
    let data = draw(&mut random, 36, 1.0);
    let rows = Rows { data: &data, dim: 4 };
    let caps = caps(9);
    for map in maps(&caps) {
        for beta in [1e-6, 0.5, 2.0, 1e3] {
            for (similarity, post) in [
                (Similarity::Dot, Post::Identity),
                (Similarity::Dot, Post::L2),
                (Similarity::Dot, Post::Layer),
                (Similarity::Dot, Post::Tanh),
                (Similarity::NegativeSquaredDistance, Post::Identity),
            ] {
                if similarity == Similarity::NegativeSquaredDistance && matches!(map, Map::Softmax1 | Map::KSubsets(_)) {
                    continue;
                }
                let model = Model { similarity, post, ..Model::new(map, beta) };
                let mut x = post.apply(&draw(&mut random, 4, 1.0));
                let mut before = model.energy(rows, &x).expect("it has one");
                for _ in 0..6 {
                    x = model.recall(rows, rows, None, &x).state;
                    let after = model.energy(rows, &x).expect("it has one");
                    assert!(after <= before + 1e-13 * (1.0 + before.abs()), "{model:?}: {before:e} to {after:e}");
                    before = after;
                }
            }
        }
    }
    let cosine = Model { similarity: Similarity::Cosine, ..Model::new(Map::Softmax, 1.0) };
    assert_eq!(cosine.energy(rows, &[1.0; 4]), None);
}

/// The two energies differ by r^2/2 + Omega*(0)/beta, and the free functions are the plain model.
#[test]
fn energies_agree() {
    let mut random = SplitMix64::new(12);
    let (data, x) = (draw(&mut random, 27, 1.0), draw(&mut random, 3, 1.0));
    let rows = Rows { data: &data, dim: 3 };
    let caps = caps(9);
    for map in smooth(&caps) {
        let constant = rows.max_norm().powi(2) / 2.0 + map.conjugate_of_zeros(9) / 1.5;
        let whole = energy(map, 1.5, rows, &x);
        near(energy0(map, 1.5, rows, &x) + constant, whole, 1e-13, &format!("{map:?}"));
        assert_eq!(Model::new(map, 1.5).energy(rows, &x), Some(whole));
        let step = recall(map, 1.5, rows, rows, None, &x);
        assert_eq!(step.state, read_out(&step.weights, rows));
    }
}
