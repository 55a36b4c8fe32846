//! The specification: plain arrays, one lane after the other. The other backends are this file in other words.

use super::{LANES, Lanewise, Native, Simd, Single};
use crate::Backend;

/// Plain Rust, for every target.
#[derive(Clone, Copy, Debug)]
pub struct Scalar;

/// One array from the lanes of others.
macro_rules! lanes {
    ($j:ident: $lane:expr) => {{
        let mut out = [Default::default(); LANES];
        let mut $j = 0;
        while $j < LANES {
            out[$j] = $lane;
            $j += 1;
        }
        out
    }};
}

impl Lanewise for Scalar {
    const COUNT: usize = LANES;
    type Lanes = [f32; LANES];
    type Wide = [f64; LANES];

    #[inline(always)]
    fn splat(self, x: f32) -> Self::Lanes {
        [x; LANES]
    }
    #[inline(always)]
    fn add(self, a: Self::Lanes, b: Self::Lanes) -> Self::Lanes {
        lanes!(j: a[j] + b[j])
    }
    #[inline(always)]
    fn sub(self, a: Self::Lanes, b: Self::Lanes) -> Self::Lanes {
        lanes!(j: a[j] - b[j])
    }
    #[inline(always)]
    fn mul(self, a: Self::Lanes, b: Self::Lanes) -> Self::Lanes {
        lanes!(j: a[j] * b[j])
    }
    #[inline(always)]
    fn div(self, a: Self::Lanes, b: Self::Lanes) -> Self::Lanes {
        lanes!(j: a[j] / b[j])
    }
    #[inline(always)]
    fn select_gt(self, a: Self::Lanes, b: Self::Lanes, yes: Self::Lanes, no: Self::Lanes) -> Self::Lanes {
        lanes!(j: if a[j] > b[j] { yes[j] } else { no[j] })
    }
    #[inline(always)]
    fn add_exponent(self, a: Self::Lanes, b: Self::Lanes) -> Self::Lanes {
        lanes!(j: Single.add_exponent(a[j], b[j]))
    }
    #[inline(always)]
    fn wide_splat(self, x: f64) -> Self::Wide {
        [x; LANES]
    }
    #[inline(always)]
    fn wide_add(self, a: Self::Wide, b: Self::Wide) -> Self::Wide {
        lanes!(j: a[j] + b[j])
    }
    #[inline(always)]
    fn wide_sub(self, a: Self::Wide, b: Self::Wide) -> Self::Wide {
        lanes!(j: a[j] - b[j])
    }
    #[inline(always)]
    fn wide_mul(self, a: Self::Wide, b: Self::Wide) -> Self::Wide {
        lanes!(j: a[j] * b[j])
    }
    #[inline(always)]
    fn wide_div(self, a: Self::Wide, b: Self::Wide) -> Self::Wide {
        lanes!(j: a[j] / b[j])
    }
    #[inline(always)]
    fn wide_select_gt(self, a: Self::Wide, b: Self::Wide, yes: Self::Wide, no: Self::Wide) -> Self::Wide {
        lanes!(j: if a[j] > b[j] { yes[j] } else { no[j] })
    }
    #[inline(always)]
    fn wide_add_exponent(self, a: Self::Wide, b: Self::Wide) -> Self::Wide {
        lanes!(j: Single.wide_add_exponent(a[j], b[j]))
    }
    #[inline(always)]
    fn wide_split(self, x: Self::Wide) -> (Self::Wide, Self::Wide) {
        let (f, k) = (lanes!(j: Single.wide_split(x[j]).0), lanes!(j: Single.wide_split(x[j]).1));
        (f, k)
    }
    #[inline(always)]
    unsafe fn load(self, p: *const f32) -> Self::Lanes {
        // SAFETY: the caller promises 16 readable numbers.
        unsafe { p.cast::<[f32; LANES]>().read() }
    }
    #[inline(always)]
    unsafe fn load_first(self, p: *const f32, n: usize) -> Self::Lanes {
        // SAFETY: lane j is read only where j < n.
        lanes!(j: if j < n { unsafe { p.add(j).read() } } else { 0.0 })
    }
    #[inline(always)]
    unsafe fn store(self, p: *mut f32, v: Self::Lanes) {
        // SAFETY: the caller promises 16 writable numbers.
        unsafe { p.cast::<[f32; LANES]>().write(v) }
    }
    #[inline(always)]
    unsafe fn store_first(self, p: *mut f32, n: usize, v: Self::Lanes) {
        let mut j = 0;
        while j < LANES {
            if j < n {
                // SAFETY: lane j is written only where j < n.
                unsafe { p.add(j).write(v[j]) }
            }
            j += 1;
        }
    }
    #[inline(always)]
    fn gt(self, a: Self::Lanes, b: Self::Lanes) -> u32 {
        let (mut mask, mut j) = (0, 0);
        while j < LANES {
            mask |= u32::from(a[j] > b[j]) << j;
            j += 1;
        }
        mask
    }
    #[inline(always)]
    fn largest(self, v: Self::Lanes) -> f32 {
        super::largest(self.to_array(v))
    }
}

impl Simd for Scalar {
    super::plain_words!(1);
    super::plain_counts!();

    const BACKEND: Backend = Backend::Scalar;
    const ROWS: usize = 1;
    const COLUMNS: usize = 1;
    type Each = Self;

    #[inline(always)]
    fn each(self) -> Self::Each {
        self
    }
    #[inline(always)]
    unsafe fn compress(self, p: *mut f32, v: Self::Lanes, mask: u32) -> usize {
        let (mut kept, mut j) = (0, 0);
        while j < LANES {
            if mask >> j & 1 == 1 {
                // SAFETY: kept <= j < 16.
                unsafe { p.add(kept).write(v[j]) }
                kept += 1;
            }
            j += 1;
        }
        kept
    }
    #[inline(always)]
    fn fold(self, v: Self::Lanes) -> wide::f32x4 {
        let mut t = [0.0; 4];
        let mut j = 0;
        while j < 4 {
            t[j] = (v[j] + v[j + 8]) + (v[j + 4] + v[j + 12]);
            j += 1;
        }
        wide::f32x4::new(t)
    }
    #[inline(always)]
    fn widen(self, v: Self::Lanes) -> Self::Wide {
        lanes!(j: f64::from(v[j]))
    }
    #[inline(always)]
    fn narrow(self, v: Self::Wide) -> Self::Lanes {
        lanes!(j: v[j] as f32)
    }
    #[inline(always)]
    fn wide_to_array(self, v: Self::Wide) -> [f64; LANES] {
        v
    }
    #[inline(always)]
    fn wide_from_array(self, v: &[f64; LANES]) -> Self::Wide {
        *v
    }
}

impl Native for Scalar {
    const WIDTH: usize = 1;
    const TILE: (usize, usize) = (1, 1);
    type Register = f32;

    #[inline(always)]
    fn native_splat(self, x: f32) -> f32 {
        x
    }
    #[inline(always)]
    unsafe fn native_load(self, p: *const f32) -> f32 {
        // SAFETY: the caller promises one readable number.
        unsafe { p.read() }
    }
    #[inline(always)]
    unsafe fn native_store(self, p: *mut f32, v: f32) {
        // SAFETY: the caller promises one writable number.
        unsafe { p.write(v) }
    }
    #[inline(always)]
    fn native_add(self, a: f32, b: f32) -> f32 {
        a + b
    }
    #[inline(always)]
    fn native_mul_add(self, a: f32, b: f32, c: f32) -> f32 {
        a * b + c
    }
    #[inline(always)]
    fn native_keep_gt(self, a: f32, b: f32, yes: f32) -> f32 {
        if a > b { yes } else { 0.0 }
    }
    #[inline(always)]
    fn native_max(self, a: f32, b: f32) -> f32 {
        if a > b { a } else { b }
    }
    #[inline(always)]
    fn native_largest(self, v: f32) -> f32 {
        super::largest([v])
    }
    #[inline(always)]
    fn native_sum(self, v: f32) -> f32 {
        v
    }
    #[inline(always)]
    fn mul_add(self, a: Self::Lanes, b: Self::Lanes, c: Self::Lanes) -> Self::Lanes {
        self.add(self.mul(a, b), c)
    }
}
