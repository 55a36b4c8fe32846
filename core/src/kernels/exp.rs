//! The exponential.
//!
//! `e^x = 2^n e^r`, `n = round(x / ln 2)`, `r = x - n ln 2` in [-0.3466, 0.3466]:
//!
//! - n by adding and subtracting 1.5 * 2^23, which rounds to the nearest integer and leaves n in the low bits of the sum;
//! - r in two steps with ln 2 = HI + LO, where HI has 10 significant bits, so that n HI is exact and so is x - n HI;
//! - what the second step rounds away is kept and added back to the polynomial's tail (without it the errors of the steps add up to more
//!   than 1.01 ULP);
//! - `e^r = 1 + (r + r^2 (1/2 + r/6 + ...))`, the polynomial of degree 6 that Cephes gives for this interval;
//! - 2^n by adding n to the exponent bits, which is exact for every result in range.
//!
//! Error: at most 1.01 ULP, exhaustively tested. Below and at -126 ln 2 the result is +0, so that no weight is ever denormal; above
//! 128 ln 2 it is infinite; NaN gives NaN.

use crate::simd::{LANES, Lanewise, Native, Simd, Single};

/// 1.5 * 2^23: adding it rounds to an integer.
const ROUND: f32 = 12_582_912.0;
/// ln 2 to 10 significant bits.
const LN2_HI: f32 = 0.693_359_4;
/// ln 2 - LN2_HI.
const LN2_LO: f32 = -2.121_944_4e-4;
/// -126 ln 2: at and below it the result is +0.
pub const CUT: f32 = -87.336_55;
/// The largest f32 below 128 ln 2: above it the result is infinite.
const TOP: f32 = 88.722_83;
/// Coefficients of r^7 .. r^2 in e^r.
const COEFFICIENTS: [f32; 6] = [1.987_569_2e-4, 1.398_199_9e-3, 8.333_452e-3, 4.166_579_6e-2, 1.666_666_5e-1, 0.5];

/// `e^x` in each lane. Where no lane is above 0 or NaN, `BELOW` says so and leaves out what only those need.
#[inline(always)]
pub fn exp_lanes<S: Simd, const BELOW: bool>(s: S, x: S::Lanes) -> S::Lanes {
    if !S::ONE_BY_ONE {
        return steps::<S, BELOW>(s, x);
    }
    let (mut lanes, mut j) = (s.to_array(x), 0);
    while j < LANES {
        lanes[j] = exp_one::<BELOW>(lanes[j]);
        j += 1;
    }
    // SAFETY: the array holds 16 numbers.
    unsafe { s.load(lanes.as_ptr()) }
}

/// `e^x` of one number, by the same steps as of many. In line where that takes on the features of the function it stands in.
#[cfg_attr(any(target_arch = "arm", target_arch = "riscv32"), inline(never))]
#[cfg_attr(not(any(target_arch = "arm", target_arch = "riscv32")), inline(always))]
pub fn exp_one<const BELOW: bool>(x: f32) -> f32 {
    steps::<Single, BELOW>(Single, x)
}

/// The steps, in any number of lanes.
#[inline(always)]
pub fn steps<S: Lanewise, const BELOW: bool>(s: S, x: S::Lanes) -> S::Lanes {
    let cut = s.splat(CUT);
    let shifted = s.add(s.mul(x, s.splat(core::f32::consts::LOG2_E)), s.splat(ROUND));
    let n = s.sub(shifted, s.splat(ROUND));
    let high = s.sub(x, s.mul(n, s.splat(LN2_HI)));
    let low = s.mul(n, s.splat(LN2_LO));
    let r = s.sub(high, low);
    let lost = s.sub(s.sub(high, r), low);
    let mut p = s.splat(COEFFICIENTS[0]);
    let mut k = 1;
    while k < COEFFICIENTS.len() {
        p = s.add(s.mul(p, r), s.splat(COEFFICIENTS[k]));
        k += 1;
    }
    let tail = s.add(s.mul(p, s.mul(r, r)), lost);
    let significand = s.add(s.add(tail, r), s.splat(1.0));
    let value = s.add_exponent(significand, shifted);
    if BELOW {
        return s.select_gt(x, cut, value, s.splat(0.0));
    }
    let value = s.select_gt(x, s.splat(TOP), s.splat(f32::INFINITY), value);
    // A NaN fails both comparisons and comes out as it went in.
    s.select_gt(x, cut, value, s.select_gt(s.splat(0.0), x, s.splat(0.0), x))
}

/// `e^x` in each lane, none of which is above 0 or NaN, by the same steps with multiply and add fused: half the operations, and no bits that
/// are the same everywhere. Error: at most 1.5 ULP (tested); +0 at and below the same cut.
#[inline(always)]
pub fn exp_fused<S: Native>(s: S, x: S::Lanes) -> S::Lanes {
    let shifted = s.mul_add(x, s.splat(core::f32::consts::LOG2_E), s.splat(ROUND));
    let n = s.sub(shifted, s.splat(ROUND));
    let r = s.mul_add(n, s.splat(-LN2_LO), s.mul_add(n, s.splat(-LN2_HI), x));
    let mut p = s.splat(COEFFICIENTS[0]);
    let mut k = 1;
    while k < COEFFICIENTS.len() {
        p = s.mul_add(p, r, s.splat(COEFFICIENTS[k]));
        k += 1;
    }
    let significand = s.add(s.mul_add(p, s.mul(r, r), r), s.splat(1.0));
    s.select_gt(x, s.splat(CUT), s.add_exponent(significand, shifted), s.splat(0.0))
}

/// `values[i] <- e^values[i]`.
#[inline(always)]
pub fn exp<S: Simd>(s: S, values: &mut [f32]) {
    let s = s.each();
    let (p, n, width) = (values.as_mut_ptr(), values.len(), S::Each::COUNT);
    let mut j = 0;
    while n - j >= width {
        // SAFETY: `width` numbers lie between j and n.
        unsafe { s.store(p.add(j), steps::<S::Each, false>(s, s.load(p.add(j)))) };
        j += width;
    }
    if j < n {
        // SAFETY: n - j numbers are left, less than `width`.
        unsafe { s.store_first(p.add(j), n - j, steps::<S::Each, false>(s, s.load_first(p.add(j), n - j))) };
    }
}
