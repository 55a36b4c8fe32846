//! Every operation of every backend against the scalar one, in bits, over awkward values.
//!
//! A NaN that arithmetic makes may have any payload, so it counts as NaN; what only moves lanes must keep all bits.

extern crate std;

mod codes;

use super::quarter::Quarter;
use super::{LANES, Lanewise, Native, Scalar, Simd, Single, wide_tree};
use std::vec::Vec;

/// Zeros, denormals, the ends of the range, infinities, NaNs, and numbers that round.
const AWKWARD: [f32; 24] = [
    0.0,
    -0.0,
    1.0,
    -1.0,
    1e-45,
    -1e-45,
    1.1e-38,
    -1.1e-38,
    f32::MIN_POSITIVE,
    -f32::MIN_POSITIVE,
    f32::MAX,
    -f32::MAX,
    f32::INFINITY,
    f32::NEG_INFINITY,
    f32::NAN,
    -f32::NAN,
    0.1,
    -0.3,
    1.000_000_1,
    16_777_217.0,
    -3.4e37,
    12_582_912.0,
    1e-20,
    7e19,
];

/// What stands where nothing may be written, or where nothing may be read from.
const GUARD: f32 = 77.125;

/// Sixteen numbers: in turn every awkward one in every lane, each against every other as `turn` and `seed` go on.
fn pick(turn: usize, step: usize) -> [f32; LANES] {
    core::array::from_fn(|j| AWKWARD[(turn + j * step) % AWKWARD.len()])
}

/// Pairs of vectors in which every awkward number meets every other.
fn pairs() -> impl Iterator<Item = ([f32; LANES], [f32; LANES])> {
    let n = AWKWARD.len();
    (0..n).flat_map(move |a| (0..n).map(move |b| (pick(a, 1), pick(b + a, 5))))
}

/// Numbers of mixed sizes whose sum depends on the order.
fn rounding(seed: u32) -> [f32; LANES] {
    let mut state = seed.wrapping_mul(0x9e37_79b9) | 1;
    core::array::from_fn(|_| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        let scale = [1e-6, 1.0, 1e3, 1e7][(state >> 28) as usize % 4];
        ((state >> 8) as f32 / 8_388_608.0 - 1.0) * scale
    })
}

fn of<S: Simd>(s: S, v: &[f32; LANES]) -> S::Lanes {
    // SAFETY: the array holds 16 numbers.
    unsafe { s.load(v.as_ptr()) }
}

/// The bits, and one number for every NaN.
fn bits(v: &[f32]) -> Vec<u32> {
    v.iter().map(|x| if x.is_nan() { u32::MAX } else { x.to_bits() }).collect()
}

fn exact_bits(v: &[f32]) -> Vec<u32> {
    v.iter().map(|x| x.to_bits()).collect()
}

fn wide_bits(v: &[f64]) -> Vec<u64> {
    v.iter().map(|x| if x.is_nan() { u64::MAX } else { x.to_bits() }).collect()
}

fn arithmetic_is_scalar<S: Simd>(s: S) {
    for (a, b) in pairs() {
        let (x, y) = (of(s, &a), of(s, &b));
        let pairs = [
            ("add", s.to_array(s.add(x, y)), Scalar.add(a, b)),
            ("sub", s.to_array(s.sub(x, y)), Scalar.sub(a, b)),
            ("mul", s.to_array(s.mul(x, y)), Scalar.mul(a, b)),
            ("div", s.to_array(s.div(x, y)), Scalar.div(a, b)),
        ];
        for (name, found, expected) in pairs {
            assert_eq!(bits(&found), bits(&expected), "{name} of {a:?} and {b:?}");
        }
    }
}

fn comparisons_and_moves_are_scalar<S: Simd>(s: S) {
    for (a, b) in pairs() {
        let (x, y) = (of(s, &a), of(s, &b));
        let (yes, no) = (rounding(1), pick(3, 7));
        assert_eq!(s.gt(x, y), Scalar.gt(a, b), "gt of {a:?} and {b:?}");
        let chosen = s.to_array(s.select_gt(x, y, of(s, &yes), of(s, &no)));
        assert_eq!(exact_bits(&chosen), exact_bits(&Scalar.select_gt(a, b, yes, no)), "select_gt of {a:?} and {b:?}");
        assert_eq!(exact_bits(&s.to_array(s.max(x, y))), exact_bits(&Scalar.max(a, b)), "max of {a:?} and {b:?}");
        let shifted = s.to_array(s.add_exponent(x, y));
        assert_eq!(exact_bits(&shifted), exact_bits(&Scalar.add_exponent(a, b)), "add_exponent of {a:?} and {b:?}");
        assert_eq!(exact_bits(&s.to_array(x)), exact_bits(&a), "to_array");
    }
    for x in AWKWARD {
        assert_eq!(exact_bits(&s.to_array(s.splat(x))), exact_bits(&[x; LANES]), "splat of {x}");
    }
}

fn sums_are_one_tree<S: Simd>(s: S) {
    let scalar = |v: &[f32; LANES]| Scalar.sum(*v);
    let lists = (0..200).map(rounding).chain((0..AWKWARD.len()).map(|turn| pick(turn, 7)));
    for v in lists.chain([[-0.0; LANES], [0.0; LANES], [f32::MAX; LANES]]) {
        assert_eq!(bits(&[s.sum(of(s, &v))]), bits(&[scalar(&v)]), "sum of {v:?}");
        assert_eq!(bits(s.fold(of(s, &v)).as_array()), bits(Scalar.fold(v).as_array()), "fold of {v:?}");
    }
    for seed in 0..50 {
        let four: [[f32; LANES]; 4] = core::array::from_fn(|k| rounding(100 + 4 * seed + k as u32));
        let found = s.sum4(four.map(|v| of(s, &v))).to_array();
        assert_eq!(bits(&found), bits(&four.map(|v| scalar(&v))), "sum4 of {four:?}");
    }
    // The tree in its own words: every lane reaches the sum once, and the order is the one that is documented.
    for lane in 0..LANES {
        let mut v = [0.0; LANES];
        v[lane] = 3.5;
        assert_eq!(s.sum(of(s, &v)), 3.5, "lane {lane}");
    }
    let v = rounding(9);
    let half: [f32; 8] = core::array::from_fn(|j| v[j] + v[j + 8]);
    let quarter: [f32; 4] = core::array::from_fn(|j| half[j] + half[j + 4]);
    assert_eq!(s.sum(of(s, &v)).to_bits(), ((quarter[0] + quarter[2]) + (quarter[1] + quarter[3])).to_bits());
}

fn partial_loads_and_stores_touch_only_their_lanes<S: Simd>(s: S) {
    for n in 0..=LANES {
        for offset in 0..5 {
            let from: [f32; 2 * LANES] = core::array::from_fn(|j| if j >= offset && j < offset + n { AWKWARD[j] } else { GUARD });
            // SAFETY: offset + n lies within the array.
            let loaded = unsafe { s.load_first(from.as_ptr().add(offset), n) };
            let expected: [f32; LANES] = core::array::from_fn(|j| if j < n { AWKWARD[j + offset] } else { 0.0 });
            assert_eq!(exact_bits(&s.to_array(loaded)), exact_bits(&expected), "load_first of {n} at {offset}");
            let mut to = [GUARD; 2 * LANES];
            // SAFETY: as above.
            unsafe { s.store_first(to.as_mut_ptr().add(offset), n, of(s, &pick(n, 1))) };
            let expected: [f32; 2 * LANES] =
                core::array::from_fn(|j| if j >= offset && j < offset + n { pick(n, 1)[j - offset] } else { GUARD });
            assert_eq!(exact_bits(&to), exact_bits(&expected), "store_first of {n} at {offset}");
        }
    }
    for offset in 0..LANES {
        let from: [f32; 2 * LANES] = core::array::from_fn(|j| AWKWARD[j % AWKWARD.len()]);
        let mut to = [GUARD; 2 * LANES];
        // SAFETY: offset is at most 16, and 32 numbers are there.
        unsafe { s.store(to.as_mut_ptr().add(offset), s.load(from.as_ptr().add(offset))) };
        let expected: [f32; 2 * LANES] = core::array::from_fn(|j| if j >= offset && j < offset + LANES { from[j] } else { GUARD });
        assert_eq!(exact_bits(&to), exact_bits(&expected), "load and store at {offset}");
    }
}

/// A load of the first lanes of a list that ends where its memory does must not read on. (The list ends at the end of its allocation, so
/// that a sanitizer, or Miri, sees it if it does.)
fn partial_loads_end_with_the_list<S: Simd>(s: S) {
    for n in 0..=LANES {
        let mut list: Vec<f32> = (0..n).map(|j| j as f32 + 1.0).collect();
        list.shrink_to_fit();
        // SAFETY: the list holds n numbers.
        let v = unsafe { s.load_first(list.as_ptr(), n) };
        assert_eq!(s.sum(v), (n * (n + 1)) as f32 / 2.0);
        // SAFETY: as above.
        unsafe { s.store_first(list.as_mut_ptr(), n, s.add(v, v)) };
        assert_eq!(list.iter().sum::<f32>(), (n * (n + 1)) as f32);
    }
}

fn compress_keeps_the_set_lanes_in_order<S: Simd>(s: S) {
    let v: [f32; LANES] = core::array::from_fn(|j| AWKWARD[j]);
    for mask in 0..1u32 << LANES {
        let (mut found, mut expected) = ([GUARD; 2 * LANES], [GUARD; LANES]);
        // SAFETY: 31 numbers lie behind the first.
        let kept = unsafe { s.compress(found.as_mut_ptr().add(1), of(s, &v), mask) };
        // SAFETY: the array holds 16 numbers.
        assert_eq!(kept, unsafe { Scalar.compress(expected.as_mut_ptr(), v, mask) }, "mask {mask:b}");
        let same = found[1..=kept].iter().zip(&expected).all(|(a, b)| a.to_bits() == b.to_bits());
        assert!(same, "mask {mask:b}: {found:?}, not {expected:?}");
        assert!(found[0] == GUARD && found[LANES + 1..].iter().all(|&x| x == GUARD), "mask {mask:b} writes elsewhere: {found:?}");
    }
}

/// Zeros, denormals, the ends of both formats' ranges, infinities, NaNs, ties between two f32, and numbers that round.
const AWKWARD_WIDE: [f64; 36] = [
    0.0,
    -0.0,
    1.0,
    -1.0,
    5e-324,
    -5e-324,
    2.2e-308,
    -2.2e-308,
    f64::MIN_POSITIVE,
    -f64::MIN_POSITIVE,
    f64::MAX,
    -f64::MAX,
    f64::INFINITY,
    f64::NEG_INFINITY,
    f64::NAN,
    -f64::NAN,
    0.1,
    -0.3,
    1.000_000_000_000_000_2,
    0.999_999_999_999_999_9,
    core::f64::consts::FRAC_1_SQRT_2,
    0.707_106_781_186_547_4,
    core::f64::consts::SQRT_2,
    f64::from_bits(0x3ff6_a09e_667f_3bcc),
    6_755_399_441_055_744.0,
    6_755_399_441_055_617.0,
    1.000_000_059_604_644_8,
    1.000_000_178_813_934_3,
    1e-45,
    7e-46,
    -1.1e-38,
    3.402_823_6e38,
    3.5e38,
    1e-20,
    -7e19,
    1e200,
];

/// Sixteen of them, as [`pick`].
fn pick_wide(turn: usize, step: usize) -> [f64; LANES] {
    core::array::from_fn(|j| AWKWARD_WIDE[(turn + j * step) % AWKWARD_WIDE.len()])
}

/// Pairs of f64 vectors in which every awkward number meets every other.
fn wide_pairs() -> impl Iterator<Item = ([f64; LANES], [f64; LANES])> {
    let n = AWKWARD_WIDE.len();
    (0..n).flat_map(move |a| (0..n).map(move |b| (pick_wide(a, 1), pick_wide(b + a, 5))))
}

fn exact_wide_bits(v: &[f64]) -> Vec<u64> {
    v.iter().map(|x| x.to_bits()).collect()
}

fn arithmetic_in_f64_is_scalar<S: Simd>(s: S) {
    for (a, b) in wide_pairs() {
        let (x, y) = (s.wide_from_array(&a), s.wide_from_array(&b));
        let pairs = [
            ("wide_add", s.wide_add(x, y), Scalar.wide_add(a, b)),
            ("wide_sub", s.wide_sub(x, y), Scalar.wide_sub(a, b)),
            ("wide_mul", s.wide_mul(x, y), Scalar.wide_mul(a, b)),
            ("wide_div", s.wide_div(x, y), Scalar.wide_div(a, b)),
        ];
        for (name, found, expected) in pairs {
            assert_eq!(wide_bits(&s.wide_to_array(found)), wide_bits(&expected), "{name} of {a:?} and {b:?}");
        }
        let (yes, no) = (pick_wide(3, 7), pick_wide(5, 11));
        let moved = [
            (
                "wide_select_gt",
                s.wide_select_gt(x, y, s.wide_from_array(&yes), s.wide_from_array(&no)),
                Scalar.wide_select_gt(a, b, yes, no),
            ),
            ("wide_add_exponent", s.wide_add_exponent(x, y), Scalar.wide_add_exponent(a, b)),
        ];
        for (name, found, expected) in moved {
            assert_eq!(exact_wide_bits(&s.wide_to_array(found)), exact_wide_bits(&expected), "{name} of {a:?} and {b:?}");
        }
    }
}

fn splits_of_f64_are_scalar<S: Simd>(s: S) {
    let numbers = (0..50).map(|seed| rounding(seed).map(|x| f64::from(x).abs() / 3.0));
    for x in numbers.chain((0..AWKWARD_WIDE.len()).map(|turn| pick_wide(turn, 1))) {
        let (f, k) = s.wide_split(s.wide_from_array(&x));
        let (f, k) = (s.wide_to_array(f), s.wide_to_array(k));
        let (expected_f, expected_k) = Scalar.wide_split(x);
        assert_eq!((wide_bits(&f), wide_bits(&k)), (wide_bits(&expected_f), wide_bits(&expected_k)), "wide_split of {x:?}");
        for j in 0..LANES {
            if x[j].is_normal() && x[j] > 0.0 {
                assert!((core::f64::consts::FRAC_1_SQRT_2..=core::f64::consts::SQRT_2).contains(&f[j]), "{} gives f = {}", x[j], f[j]);
                assert_eq!(libm::ldexp(f[j], k[j] as i32), x[j]);
            }
        }
    }
}

fn conversions_are_scalar<S: Simd>(s: S) {
    for v in (0..50).map(rounding).chain((0..AWKWARD.len()).map(|turn| pick(turn, 1))) {
        let found = s.widen(of(s, &v));
        assert_eq!(wide_bits(&s.wide_to_array(found)), wide_bits(&Scalar.widen(v)), "widen of {v:?}");
        assert_eq!(bits(&s.to_array(s.narrow(found))), bits(&v), "narrow after widen of {v:?}");
    }
    for turn in 0..AWKWARD_WIDE.len() {
        let v = pick_wide(turn, 1);
        let found = s.wide_from_array(&v);
        assert_eq!(exact_wide_bits(&s.wide_to_array(found)), exact_wide_bits(&v), "wide_to_array");
        assert_eq!(bits(&s.to_array(s.narrow(found))), bits(&v.map(|x| x as f32)), "narrow of {v:?}");
        assert_eq!(exact_wide_bits(&s.wide_to_array(s.wide_splat(v[0]))), exact_wide_bits(&[v[0]; LANES]), "wide_splat of {}", v[0]);
    }
}

/// The lanes of a register.
fn lanes_of<N: Native>(s: N, v: N::Register) -> Vec<f32> {
    let mut lanes = [GUARD; 2 * LANES];
    // SAFETY: a register has at most 16 lanes, and 31 numbers lie behind the first.
    unsafe { s.native_store(lanes.as_mut_ptr().add(1), v) };
    assert!(lanes[0] == GUARD && lanes[1 + N::WIDTH..].iter().all(|&x| x == GUARD), "native_store writes elsewhere: {lanes:?}");
    lanes[1..=N::WIDTH].to_vec()
}

/// A register of the first numbers.
fn register<N: Native>(s: N, v: &[f32; LANES]) -> N::Register {
    // SAFETY: a register has at most 16 lanes.
    unsafe { s.native_load(v.as_ptr()) }
}

/// The largest number that is not NaN.
fn largest(v: &[f32]) -> f32 {
    v.iter().fold(f32::NEG_INFINITY, |max, &x| if x > max { x } else { max })
}

fn the_largest_lane_is_never_nan<N: Native>(s: N) {
    for (a, _) in pairs() {
        assert_eq!(s.native_largest(register(s, &a)), largest(&a[..N::WIDTH]), "the largest of {a:?}");
    }
}

fn native_operations_are_those_of_each_lane<N: Native>(s: N) {
    for (a, b) in pairs() {
        let (x, y) = (register(s, &a), register(s, &b));
        assert_eq!(exact_bits(&lanes_of(s, x)), exact_bits(&a[..N::WIDTH]), "native_load and native_store");
        let (added, kept) = (lanes_of(s, s.native_add(x, y)), lanes_of(s, s.native_keep_gt(x, y, s.native_splat(-0.7))));
        let (fused, larger) = (lanes_of(s, s.native_mul_add(x, y, s.native_splat(0.3))), lanes_of(s, s.native_max(x, y)));
        for j in 0..N::WIDTH {
            let (a, b) = (a[j], b[j]);
            assert_eq!(bits(&[added[j]]), bits(&[a + b]), "{a} + {b}");
            assert_eq!(kept[j].to_bits(), if a > b { -0.7f32 } else { 0.0 }.to_bits(), "{a} > {b}");
            assert_eq!(larger[j].to_bits(), if a > b { a } else { b }.to_bits(), "the larger of {a} and {b}");
            let allowed = [bits(&[a * b + 0.3]), bits(&[libm::fmaf(a, b, 0.3)])];
            assert!(allowed.contains(&bits(&[fused[j]])), "{a} * {b} + 0.3 gives {}", fused[j]);
        }
        // SAFETY: both have 16 numbers.
        let fused = unsafe { s.to_array(s.mul_add(s.load(a.as_ptr()), s.load(b.as_ptr()), s.splat(0.3))) };
        for (fused, (&a, &b)) in fused.into_iter().zip(a.iter().zip(&b)) {
            let allowed = [bits(&[a * b + 0.3]), bits(&[libm::fmaf(a, b, 0.3)])];
            assert!(allowed.contains(&bits(&[fused])), "{a} * {b} + 0.3 gives {fused} in 16 lanes");
        }
        if !a.iter().any(|x| x.is_nan()) {
            assert_eq!(s.native_largest(x), largest(&a[..N::WIDTH]), "the largest of {a:?}");
        }
    }
    for v in (0..50).map(rounding) {
        assert_eq!(s.native_largest(register(s, &v)), largest(&v[..N::WIDTH]), "the largest of {v:?}");
    }
    for lane in 0..N::WIDTH {
        let mut v = [0.0; LANES];
        v[lane] = 2.5;
        assert_eq!(s.native_sum(register(s, &v)), 2.5, "the sum, lane {lane}");
        assert_eq!(s.native_largest(register(s, &v)), 2.5, "the largest, lane {lane}");
    }
    assert_eq!(s.native_sum(s.native_splat(0.5)), 0.5 * N::WIDTH as f32);
}

fn all<N: Native>(s: N) {
    arithmetic_is_scalar(s);
    comparisons_and_moves_are_scalar(s);
    sums_are_one_tree(s);
    partial_loads_and_stores_touch_only_their_lanes(s);
    partial_loads_end_with_the_list(s);
    compress_keeps_the_set_lanes_in_order(s);
    arithmetic_in_f64_is_scalar(s);
    splits_of_f64_are_scalar(s);
    conversions_are_scalar(s);
    codes::loads_are_the_numbers_they_stand_for(s);
    codes::sums_of_integers_are_exact(s);
    native_operations_are_those_of_each_lane(s);
}

#[test]
fn scalar_is_what_it_says() {
    all(Scalar);
}

#[test]
fn baseline_is_scalar() {
    all(super::Baseline);
}

/// Whatever this target's own baseline is.
#[test]
fn the_baseline_without_vectors_is_scalar() {
    all(super::compact::Baseline);
    the_largest_lane_is_never_nan(super::compact::Baseline);
}

/// One lane is any of sixteen, which are the numbers themselves.
#[test]
fn a_single_lane_is_one_of_sixteen() {
    for (a, b) in pairs() {
        for j in 0..LANES {
            let (x, y) = (a[j], b[j]);
            let moved = [
                (Single.add(x, y), Scalar.add(a, b)),
                (Single.sub(x, y), Scalar.sub(a, b)),
                (Single.mul(x, y), Scalar.mul(a, b)),
                (Single.div(x, y), Scalar.div(a, b)),
                (Single.max(x, y), Scalar.max(a, b)),
                (Single.select_gt(x, y, x, 3.0), Scalar.select_gt(a, b, a, [3.0; LANES])),
            ];
            for (found, expected) in moved {
                assert_eq!(bits(&[found]), bits(&[expected[j]]), "{x} and {y}");
            }
            assert_eq!(Single.gt(x, y), Scalar.gt(a, b) >> j & 1, "{x} > {y}");
            assert_eq!(Single.largest(x).to_bits(), if x.is_nan() { f32::NEG_INFINITY } else { x }.to_bits());
            let wides = (a.map(f64::from), b.map(f64::from));
            let (f, g) = (wides.0[j], wides.1[j]);
            let (whole, significand) = (Scalar.wide_split(wides.0), Single.wide_split(f));
            let moved = [
                (Single.wide_add(f, g), Scalar.wide_add(wides.0, wides.1)[j]),
                (Single.wide_sub(f, g), Scalar.wide_sub(wides.0, wides.1)[j]),
                (Single.wide_mul(f, g), Scalar.wide_mul(wides.0, wides.1)[j]),
                (Single.wide_div(f, g), Scalar.wide_div(wides.0, wides.1)[j]),
                (Single.wide_add_exponent(f, g), Scalar.wide_add_exponent(wides.0, wides.1)[j]),
                (Single.wide_select_gt(f, g, f, Single.wide_splat(3.0)), Scalar.wide_select_gt(wides.0, wides.1, wides.0, [3.0; LANES])[j]),
                (significand.0, whole.0[j]),
                (significand.1, whole.1[j]),
            ];
            for (found, expected) in moved {
                assert!(found.to_bits() == expected.to_bits() || found.is_nan() && expected.is_nan(), "{f} and {g}");
            }
            for n in 0..=1 {
                let mut stored = [7.0; 2];
                // SAFETY: n numbers are read at most, or one that there is, and as many written to an array of two.
                unsafe {
                    Single.store_first(stored.as_mut_ptr(), n, Single.load_first(a[j..].as_ptr(), n));
                    Single.store(stored.as_mut_ptr().add(1), Single.load(b[j..].as_ptr()));
                    assert_eq!(Single.load_first(a[j..].as_ptr(), 0).to_bits(), 0);
                }
                assert_eq!(bits(&stored), bits(&[if n == 1 { x } else { 7.0 }, y]));
            }
        }
    }
}

/// Four lanes are any quarter of sixteen.
#[test]
fn a_quarter_is_four_of_sixteen() {
    let wide = |v: &[f32]| [v[0], v[1], v[2], v[3]].map(f64::from);
    for (a, b) in pairs() {
        for k in (0..LANES).step_by(4) {
            // SAFETY: four numbers stand behind k.
            let (x, y) = unsafe { (Quarter.load(a[k..].as_ptr()), Quarter.load(b[k..].as_ptr())) };
            let moved = [
                (Quarter.add(x, y), Scalar.add(a, b)),
                (Quarter.sub(x, y), Scalar.sub(a, b)),
                (Quarter.mul(x, y), Scalar.mul(a, b)),
                (Quarter.div(x, y), Scalar.div(a, b)),
                (Quarter.max(x, y), Scalar.max(a, b)),
                (Quarter.add_exponent(x, y), Scalar.add_exponent(a, b)),
                (Quarter.select_gt(x, y, x, Quarter.splat(3.0)), Scalar.select_gt(a, b, a, [3.0; LANES])),
            ];
            for (found, expected) in moved {
                let mut stored = [0.0; 4];
                // SAFETY: the array holds four numbers.
                unsafe { Quarter.store(stored.as_mut_ptr(), found) };
                assert_eq!(bits(&stored), bits(&expected[k..k + 4]), "{x:?} and {y:?}");
            }
            assert_eq!(Quarter.gt(x, y), Scalar.gt(a, b) >> k & 15);
            let largest = a[k..k + 4].iter().fold(f32::NEG_INFINITY, |largest, &x| if x > largest { x } else { largest });
            assert_eq!(Quarter.largest(x), largest);
            let (f, g) = (wide(&a[k..]), wide(&b[k..]));
            for (j, (f_j, g_j)) in f.into_iter().zip(g).enumerate() {
                let found = [Quarter.wide_add(f, g), Quarter.wide_sub(f, g), Quarter.wide_mul(f, g), Quarter.wide_div(f, g)];
                let expected = [f_j + g_j, f_j - g_j, f_j * g_j, f_j / g_j];
                for (found, expected) in found.into_iter().zip(expected) {
                    assert!(found[j].to_bits() == expected.to_bits() || found[j].is_nan() && expected.is_nan());
                }
                let (split, single) = (Quarter.wide_split(f), Single.wide_split(f_j));
                let moved = [
                    (Quarter.wide_select_gt(f, g, f, Quarter.wide_splat(3.0)), if f_j > g_j { f_j } else { 3.0 }),
                    (Quarter.wide_add_exponent(f, g), Single.wide_add_exponent(f_j, g_j)),
                    (split.0, single.0),
                    (split.1, single.1),
                ];
                for (found, expected) in moved {
                    assert!(found[j].to_bits() == expected.to_bits() || found[j].is_nan() && expected.is_nan(), "{f_j} and {g_j}");
                }
            }
            for n in 0..=4 {
                let mut stored = [7.0; 4];
                // SAFETY: n numbers are read, and written to an array of four.
                unsafe { Quarter.store_first(stored.as_mut_ptr(), n, Quarter.load_first(a[k..].as_ptr(), n)) };
                let expected: [f32; 4] = core::array::from_fn(|j| if j < n { a[k + j] } else { 7.0 });
                assert_eq!(bits(&stored), bits(&expected));
            }
        }
    }
}

#[test]
#[cfg(target_arch = "x86_64")]
fn avx2_is_scalar() {
    if crate::Backend::Avx2.is_available() {
        // SAFETY: the machine has it, as was just asked.
        all(unsafe { super::Avx2::assume() });
    }
}

#[test]
#[cfg(target_arch = "x86_64")]
fn avx512_is_scalar() {
    if crate::Backend::Avx512.is_available() {
        // SAFETY: the machine has it, as was just asked.
        all(unsafe { super::Avx512::assume() });
    }
}

#[test]
fn the_largest_lane_is_never_nan_on_any_backend() {
    the_largest_lane_is_never_nan(Scalar);
    the_largest_lane_is_never_nan(super::Baseline);
    #[cfg(target_arch = "x86_64")]
    if crate::Backend::Avx2.is_available() {
        // SAFETY: the machine has it, as was just asked.
        the_largest_lane_is_never_nan(unsafe { super::Avx2::assume() });
    }
    #[cfg(target_arch = "x86_64")]
    if crate::Backend::Avx512.is_available() {
        // SAFETY: the machine has it, as was just asked.
        the_largest_lane_is_never_nan(unsafe { super::Avx512::assume() });
    }
}

#[test]
fn the_f64_tree_halves() {
    let v: [f64; LANES] = core::array::from_fn(|j| [1e16, 1.0, -1e16, 0.1][j % 4] * (j + 1) as f64);
    let half: [f64; 8] = core::array::from_fn(|j| v[j] + v[j + 8]);
    let quarter: [f64; 4] = core::array::from_fn(|j| half[j] + half[j + 4]);
    let expected = (quarter[0] + quarter[2]) + (quarter[1] + quarter[3]);
    assert_eq!(wide_tree(v).to_bits(), expected.to_bits());
}
