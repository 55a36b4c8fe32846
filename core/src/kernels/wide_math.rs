//! The exponential and the logarithm of 1 + x in f64 lanes.
//!
//! **`e^x = 2^n e^r`**, `n = round(x / ln 2)`, `r = x - n ln 2` in [-0.3466, 0.3466]:
//!
//! - n by adding and subtracting 1.5 * 2^52, which rounds to the nearest integer and leaves n in the low bits of the sum;
//! - r in two steps with ln 2 = HI + LO, where HI has 32 significant bits, so that n HI is exact and so is x - n HI; what the second
//!   step rounds away is added back at the end;
//! - `e^r = 1 + (r + r^2 (1/2 + r/6 + ... + r^11/13!))`, Taylor's: the first term left out is below 5e-18;
//! - 2^n by adding n to the exponent bits, which is exact.
//!
//! Error: at most 0.9 ULP, measured at 150,000 random places against 160 bits. At and below -126 ln 2 the result is +0, so that no f32
//! made of it is denormal. Above 700 it is undefined, but the same everywhere.
//!
//! **`ln(1 + x) = k ln 2 + ln(1 + f)`** for x in (-1, 0], `1 + x = 2^k (1 + f)`, `1 + f` in [sqrt(1/2), sqrt 2]:
//!
//! - k and a first f from `u = 1 + x` as rounded. Rounding u lost `e = x - (u - 1)`, which is exact, and is zero below -1/2, where u is.
//!   Above, k is 0 or -1, so `f = (2^-k u - 1) + (1 - k) e`: **f has no error at all**. Where k = 0 it is x itself, which keeps the
//!   relative accuracy of the smallest x; where k = -1 it is 1 + 2x, a difference of two numbers within a factor of two of each other;
//! - with `s = f / (2 + f)`: `ln(1 + f) = 2 artanh s = f - (f^2/2 - s (f^2/2 + R))`, where `R(s^2)` of degree 7 in s^2 is the minimax
//!   polynomial of fdlibm for `(2 artanh s - 2 s) / s` (error below 2^-58.45);
//! - ln 2 = HI + LO as above, smallest addends first.
//!
//! Error: at most 0.9 ULP, measured likewise. Zero of either sign gives a zero; -1 and below is undefined, but the same everywhere.

use crate::simd::{LANES, Lanewise, Simd, Single};

/// 1.5 * 2^52: adding it rounds to an integer.
const ROUND: f64 = 6_755_399_441_055_744.0;
/// ln 2 to 32 significant bits.
const LN2_HI: f64 = f64::from_bits(0x3fe6_2e42_fee0_0000);
/// ln 2 - LN2_HI.
const LN2_LO: f64 = f64::from_bits(0x3dea_39ef_3579_3c76);
/// -126 ln 2: at and below it the exponential is +0.
pub const CUT: f64 = -126.0 * core::f64::consts::LN_2;
/// Coefficients of r^13 .. r^2 in e^r.
const TAYLOR: [f64; 12] = [
    1.0 / 6_227_020_800.0,
    1.0 / 479_001_600.0,
    1.0 / 39_916_800.0,
    1.0 / 3_628_800.0,
    1.0 / 362_880.0,
    1.0 / 40_320.0,
    1.0 / 5_040.0,
    1.0 / 720.0,
    1.0 / 120.0,
    1.0 / 24.0,
    1.0 / 6.0,
    0.5,
];
/// Coefficients of s^14 .. s^2 in (2 artanh s - 2 s) / s.
const ARTANH: [f64; 7] = [
    1.479_819_860_511_658_6e-1,
    1.531_383_769_920_937_3e-1,
    1.818_357_216_161_805e-1,
    2.222_219_843_214_978_4e-1,
    2.857_142_874_366_239e-1,
    3.999_999_999_940_942e-1,
    6.666_666_666_666_735e-1,
];

/// The polynomial with these coefficients, the highest power's first, at `x`.
#[inline(always)]
fn horner<S: Lanewise, const N: usize>(s: S, coefficients: &[f64; N], x: S::Wide) -> S::Wide {
    let mut p = s.wide_splat(coefficients[0]);
    let mut k = 1;
    while k < N {
        p = s.wide_add(s.wide_mul(p, x), s.wide_splat(coefficients[k]));
        k += 1;
    }
    p
}

/// A function of one number in each lane, one after the other.
#[inline(always)]
fn one_by_one<S: Simd>(s: S, x: S::Wide, f: fn(f64) -> f64) -> S::Wide {
    let (mut lanes, mut j) = (s.wide_to_array(x), 0);
    while j < LANES {
        lanes[j] = f(lanes[j]);
        j += 1;
    }
    s.wide_from_array(&lanes)
}

/// `e^x` in each lane, for x up to 700.
#[inline(always)]
pub fn exp<S: Simd>(s: S, x: S::Wide) -> S::Wide {
    if S::WIDE_ONE_BY_ONE { one_by_one(s, x, exp_one) } else { exp_steps(s, x) }
}

#[inline(never)]
fn exp_one(x: f64) -> f64 {
    exp_steps(Single, x)
}

#[inline(always)]
fn exp_steps<S: Lanewise>(s: S, x: S::Wide) -> S::Wide {
    let round = s.wide_splat(ROUND);
    let shifted = s.wide_add(s.wide_mul(x, s.wide_splat(core::f64::consts::LOG2_E)), round);
    let n = s.wide_sub(shifted, round);
    let high = s.wide_sub(x, s.wide_mul(n, s.wide_splat(LN2_HI)));
    let low = s.wide_mul(n, s.wide_splat(LN2_LO));
    let r = s.wide_sub(high, low);
    let lost = s.wide_sub(s.wide_sub(high, r), low);
    let tail = s.wide_add(s.wide_mul(horner(s, &TAYLOR, r), s.wide_mul(r, r)), lost);
    let significand = s.wide_add(s.wide_add(tail, r), s.wide_splat(1.0));
    s.wide_select_gt(x, s.wide_splat(CUT), s.wide_add_exponent(significand, shifted), s.wide_splat(0.0))
}

/// `ln(1 + x)` in each lane, for x in (-1, 0].
#[inline(always)]
pub fn log_1p<S: Simd>(s: S, x: S::Wide) -> S::Wide {
    if S::WIDE_ONE_BY_ONE { one_by_one(s, x, log_1p_one) } else { log_1p_steps(s, x) }
}

#[inline(never)]
fn log_1p_one(x: f64) -> f64 {
    log_1p_steps(Single, x)
}

#[inline(always)]
fn log_1p_steps<S: Lanewise>(s: S, x: S::Wide) -> S::Wide {
    let one = s.wide_splat(1.0);
    let u = s.wide_add(one, x);
    let e = s.wide_sub(x, s.wide_sub(u, one));
    let (m, k) = s.wide_split(u);
    let f = s.wide_add(s.wide_sub(m, one), s.wide_mul(s.wide_sub(one, k), e));
    let half = s.wide_mul(s.wide_mul(s.wide_splat(0.5), f), f);
    let ratio = s.wide_div(f, s.wide_add(s.wide_splat(2.0), f));
    let square = s.wide_mul(ratio, ratio);
    let rest = s.wide_mul(horner(s, &ARTANH, square), square);
    let curved = s.wide_add(s.wide_mul(ratio, s.wide_add(half, rest)), s.wide_mul(k, s.wide_splat(LN2_LO)));
    s.wide_add(s.wide_add(s.wide_sub(curved, half), f), s.wide_mul(k, s.wide_splat(LN2_HI)))
}
