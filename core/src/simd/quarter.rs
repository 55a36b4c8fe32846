//! Four lanes in one register: what is done lane by lane in WASM with simd128, where 16 lanes at once are four times the code and, as the
//! engine has few registers, no faster.

use super::{Lanewise, Single};
use wide::{f32x4, i32x4};

/// One `wide::f32x4`.
#[derive(Clone, Copy, Debug)]
pub struct Quarter;

/// Four f64, each from those of others.
macro_rules! each {
    ($j:ident: $lane:expr) => {{
        let (mut out, mut $j) = ([0.0; 4], 0);
        while $j < 4 {
            out[$j] = $lane;
            $j += 1;
        }
        out
    }};
}

impl Lanewise for Quarter {
    const COUNT: usize = 4;
    type Lanes = f32x4;
    type Wide = [f64; 4];

    #[inline(always)]
    fn splat(self, x: f32) -> f32x4 {
        f32x4::splat(x)
    }
    #[inline(always)]
    fn add(self, a: f32x4, b: f32x4) -> f32x4 {
        a + b
    }
    #[inline(always)]
    fn sub(self, a: f32x4, b: f32x4) -> f32x4 {
        a - b
    }
    #[inline(always)]
    fn mul(self, a: f32x4, b: f32x4) -> f32x4 {
        a * b
    }
    #[inline(always)]
    fn div(self, a: f32x4, b: f32x4) -> f32x4 {
        a / b
    }
    #[inline(always)]
    fn select_gt(self, a: f32x4, b: f32x4, yes: f32x4, no: f32x4) -> f32x4 {
        a.simd_gt(b).bitselect(yes, no)
    }
    #[inline(always)]
    fn add_exponent(self, a: f32x4, b: f32x4) -> f32x4 {
        let (significand, exponent): (i32x4, i32x4) = (bytemuck::cast(a), bytemuck::cast(b));
        bytemuck::cast(significand + (exponent << 23))
    }
    #[inline(always)]
    fn wide_splat(self, x: f64) -> [f64; 4] {
        [x; 4]
    }
    #[inline(always)]
    fn wide_add(self, a: [f64; 4], b: [f64; 4]) -> [f64; 4] {
        each!(j: a[j] + b[j])
    }
    #[inline(always)]
    fn wide_sub(self, a: [f64; 4], b: [f64; 4]) -> [f64; 4] {
        each!(j: a[j] - b[j])
    }
    #[inline(always)]
    fn wide_mul(self, a: [f64; 4], b: [f64; 4]) -> [f64; 4] {
        each!(j: a[j] * b[j])
    }
    #[inline(always)]
    fn wide_div(self, a: [f64; 4], b: [f64; 4]) -> [f64; 4] {
        each!(j: a[j] / b[j])
    }
    #[inline(always)]
    fn wide_select_gt(self, a: [f64; 4], b: [f64; 4], yes: [f64; 4], no: [f64; 4]) -> [f64; 4] {
        each!(j: if a[j] > b[j] { yes[j] } else { no[j] })
    }
    #[inline(always)]
    fn wide_add_exponent(self, a: [f64; 4], b: [f64; 4]) -> [f64; 4] {
        each!(j: Single.wide_add_exponent(a[j], b[j]))
    }
    #[inline(always)]
    fn wide_split(self, x: [f64; 4]) -> ([f64; 4], [f64; 4]) {
        (each!(j: Single.wide_split(x[j]).0), each!(j: Single.wide_split(x[j]).1))
    }
    #[inline(always)]
    unsafe fn load(self, p: *const f32) -> f32x4 {
        // SAFETY: the caller promises four readable numbers.
        f32x4::new(unsafe { p.cast::<[f32; 4]>().read() })
    }
    #[inline(always)]
    unsafe fn load_first(self, p: *const f32, n: usize) -> f32x4 {
        // SAFETY: an element is read only where n reaches it.
        unsafe {
            match n {
                0 => f32x4::ZERO,
                1 => f32x4::new([p.read(), 0.0, 0.0, 0.0]),
                2 => f32x4::new([p.read(), p.add(1).read(), 0.0, 0.0]),
                3 => f32x4::new([p.read(), p.add(1).read(), p.add(2).read(), 0.0]),
                _ => self.load(p),
            }
        }
    }
    #[inline(always)]
    unsafe fn store(self, p: *mut f32, v: f32x4) {
        // SAFETY: the caller promises four writable numbers.
        unsafe { p.cast::<[f32; 4]>().write(v.to_array()) }
    }
    #[inline(always)]
    unsafe fn store_first(self, p: *mut f32, n: usize, v: f32x4) {
        let (lanes, mut j) = (v.to_array(), 0);
        while j < 4 {
            if j < n {
                // SAFETY: the lane is one of the first n.
                unsafe { p.add(j).write(lanes[j]) };
            }
            j += 1;
        }
    }
    #[inline(always)]
    fn gt(self, a: f32x4, b: f32x4) -> u32 {
        a.simd_gt(b).to_bitmask()
    }
    #[inline(always)]
    fn largest(self, v: f32x4) -> f32 {
        super::largest(v.to_array())
    }
}
