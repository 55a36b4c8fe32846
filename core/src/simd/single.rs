//! One lane: what a function of one number is for a single number.

use super::{Lanewise, SIGNIFICAND, SQRT_HALF, TO_ONE, WHOLE, WHOLE_BIASED};

/// Plain numbers.
#[derive(Clone, Copy, Debug)]
pub struct Single;

impl Lanewise for Single {
    const COUNT: usize = 1;
    type Lanes = f32;
    type Wide = f64;

    #[inline(always)]
    fn splat(self, x: f32) -> f32 {
        x
    }
    #[inline(always)]
    fn add(self, a: f32, b: f32) -> f32 {
        a + b
    }
    #[inline(always)]
    fn sub(self, a: f32, b: f32) -> f32 {
        a - b
    }
    #[inline(always)]
    fn mul(self, a: f32, b: f32) -> f32 {
        a * b
    }
    #[inline(always)]
    fn div(self, a: f32, b: f32) -> f32 {
        a / b
    }
    #[inline(always)]
    fn select_gt(self, a: f32, b: f32, yes: f32, no: f32) -> f32 {
        if a > b { yes } else { no }
    }
    #[inline(always)]
    fn add_exponent(self, a: f32, b: f32) -> f32 {
        f32::from_bits(a.to_bits().wrapping_add(b.to_bits() << 23))
    }
    #[inline(always)]
    fn wide_splat(self, x: f64) -> f64 {
        x
    }
    #[inline(always)]
    fn wide_add(self, a: f64, b: f64) -> f64 {
        a + b
    }
    #[inline(always)]
    fn wide_sub(self, a: f64, b: f64) -> f64 {
        a - b
    }
    #[inline(always)]
    fn wide_mul(self, a: f64, b: f64) -> f64 {
        a * b
    }
    #[inline(always)]
    fn wide_div(self, a: f64, b: f64) -> f64 {
        a / b
    }
    #[inline(always)]
    fn wide_select_gt(self, a: f64, b: f64, yes: f64, no: f64) -> f64 {
        if a > b { yes } else { no }
    }
    #[inline(always)]
    fn wide_add_exponent(self, a: f64, b: f64) -> f64 {
        f64::from_bits(a.to_bits().wrapping_add(b.to_bits() << 52))
    }
    #[inline(always)]
    fn wide_split(self, x: f64) -> (f64, f64) {
        let shifted = x.to_bits().wrapping_add(TO_ONE);
        (f64::from_bits((shifted & SIGNIFICAND) + SQRT_HALF), f64::from_bits(shifted >> 52 | WHOLE.to_bits()) - WHOLE_BIASED)
    }
    #[inline(always)]
    unsafe fn load(self, p: *const f32) -> f32 {
        // SAFETY: the caller promises one readable number.
        unsafe { p.read() }
    }
    #[inline(always)]
    unsafe fn load_first(self, p: *const f32, n: usize) -> f32 {
        // SAFETY: the caller promises a readable number where n is not zero.
        if n > 0 { unsafe { p.read() } } else { 0.0 }
    }
    #[inline(always)]
    unsafe fn store(self, p: *mut f32, v: f32) {
        // SAFETY: the caller promises one writable number.
        unsafe { p.write(v) }
    }
    #[inline(always)]
    unsafe fn store_first(self, p: *mut f32, n: usize, v: f32) {
        if n > 0 {
            // SAFETY: the caller promises a writable number where n is not zero.
            unsafe { p.write(v) }
        }
    }
    #[inline(always)]
    fn gt(self, a: f32, b: f32) -> u32 {
        u32::from(a > b)
    }
    #[inline(always)]
    fn largest(self, v: f32) -> f32 {
        super::largest([v])
    }
}
