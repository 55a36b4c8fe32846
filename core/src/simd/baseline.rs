//! The baseline: `wide::f32x4` four times over. SSE2 on x86, NEON on aarch64, simd128 where a WASM build has it, arrays elsewhere.
//!
//! `wide` chooses its instructions when it is compiled, which is right here: a baseline is what every machine of the target has. Of its
//! functions only loads, stores, + - * /, compares, bit operations and moves of lanes are used: `max`, `exp`, `mul_add` and others
//! differ in bits between targets. Lanes of f64 are the scalar backend's arrays: the compiler finds vectors for them where there are any.

use super::{LANES, Lanewise, Native, Scalar, Simd};
use crate::Backend;
use wide::{f32x4, i16x8, i32x4, u8x16};

/// On the web code is downloaded, and its engines have no use for four registers at once in what is done lane by lane.
#[cfg(target_family = "wasm")]
use super::quarter::Quarter as Each;
#[cfg(not(target_family = "wasm"))]
use Baseline as Each;

/// What every machine of the target has.
#[derive(Clone, Copy, Debug)]
pub struct Baseline;

/// Four registers, each from the registers of others.
macro_rules! quarters {
    ($k:ident: $quarter:expr) => {{
        let mut out = [f32x4::ZERO; 4];
        let mut $k = 0;
        while $k < 4 {
            out[$k] = $quarter;
            $k += 1;
        }
        out
    }};
}

/// # Safety
/// - `p` is valid for reading `n` numbers, of which the first four at most are read.
#[inline(always)]
unsafe fn quarter_first(p: *const f32, n: usize) -> f32x4 {
    // SAFETY: an element is read only where n reaches it.
    unsafe {
        match n {
            0 => f32x4::ZERO,
            1 => f32x4::new([p.read(), 0.0, 0.0, 0.0]),
            2 => f32x4::new([p.read(), p.add(1).read(), 0.0, 0.0]),
            3 => f32x4::new([p.read(), p.add(1).read(), p.add(2).read(), 0.0]),
            _ => f32x4::new(p.cast::<[f32; 4]>().read()),
        }
    }
}

impl Lanewise for Baseline {
    const COUNT: usize = LANES;
    type Lanes = [f32x4; 4];
    type Wide = [f64; LANES];

    #[inline(always)]
    fn splat(self, x: f32) -> Self::Lanes {
        [f32x4::splat(x); 4]
    }
    #[inline(always)]
    fn add(self, a: Self::Lanes, b: Self::Lanes) -> Self::Lanes {
        quarters!(k: a[k] + b[k])
    }
    #[inline(always)]
    fn sub(self, a: Self::Lanes, b: Self::Lanes) -> Self::Lanes {
        quarters!(k: a[k] - b[k])
    }
    #[inline(always)]
    fn mul(self, a: Self::Lanes, b: Self::Lanes) -> Self::Lanes {
        quarters!(k: a[k] * b[k])
    }
    #[inline(always)]
    fn div(self, a: Self::Lanes, b: Self::Lanes) -> Self::Lanes {
        quarters!(k: a[k] / b[k])
    }
    #[inline(always)]
    fn select_gt(self, a: Self::Lanes, b: Self::Lanes, yes: Self::Lanes, no: Self::Lanes) -> Self::Lanes {
        quarters!(k: a[k].simd_gt(b[k]).bitselect(yes[k], no[k]))
    }
    #[inline(always)]
    fn add_exponent(self, a: Self::Lanes, b: Self::Lanes) -> Self::Lanes {
        quarters!(k: {
            let (significand, exponent): (i32x4, i32x4) = (bytemuck::cast(a[k]), bytemuck::cast(b[k]));
            bytemuck::cast(significand + (exponent << 23))
        })
    }
    #[inline(always)]
    fn wide_splat(self, x: f64) -> Self::Wide {
        [x; LANES]
    }
    #[inline(always)]
    fn wide_add(self, a: Self::Wide, b: Self::Wide) -> Self::Wide {
        Scalar.wide_add(a, b)
    }
    #[inline(always)]
    fn wide_sub(self, a: Self::Wide, b: Self::Wide) -> Self::Wide {
        Scalar.wide_sub(a, b)
    }
    #[inline(always)]
    fn wide_mul(self, a: Self::Wide, b: Self::Wide) -> Self::Wide {
        Scalar.wide_mul(a, b)
    }
    #[inline(always)]
    fn wide_div(self, a: Self::Wide, b: Self::Wide) -> Self::Wide {
        Scalar.wide_div(a, b)
    }
    #[inline(always)]
    fn wide_select_gt(self, a: Self::Wide, b: Self::Wide, yes: Self::Wide, no: Self::Wide) -> Self::Wide {
        Scalar.wide_select_gt(a, b, yes, no)
    }
    #[inline(always)]
    fn wide_add_exponent(self, a: Self::Wide, b: Self::Wide) -> Self::Wide {
        Scalar.wide_add_exponent(a, b)
    }
    #[inline(always)]
    fn wide_split(self, x: Self::Wide) -> (Self::Wide, Self::Wide) {
        Scalar.wide_split(x)
    }
    #[inline(always)]
    unsafe fn load(self, p: *const f32) -> Self::Lanes {
        // SAFETY: the caller promises 16 readable numbers.
        quarters!(k: f32x4::new(unsafe { p.add(4 * k).cast::<[f32; 4]>().read() }))
    }
    #[inline(always)]
    unsafe fn load_first(self, p: *const f32, n: usize) -> Self::Lanes {
        // SAFETY: quarter k begins within the n readable numbers or reads nothing.
        quarters!(k: if n > 4 * k { unsafe { quarter_first(p.add(4 * k), n - 4 * k) } } else { f32x4::ZERO })
    }
    #[inline(always)]
    unsafe fn store(self, p: *mut f32, v: Self::Lanes) {
        let mut k = 0;
        while k < 4 {
            // SAFETY: the caller promises 16 writable numbers.
            unsafe { p.add(4 * k).cast::<[f32; 4]>().write(v[k].to_array()) };
            k += 1;
        }
    }
    #[inline(always)]
    unsafe fn store_first(self, p: *mut f32, n: usize, v: Self::Lanes) {
        let mut k = 0;
        while k < 4 {
            let lanes = v[k].to_array();
            let mut j = 0;
            while j < 4 {
                if 4 * k + j < n {
                    // SAFETY: the lane is one of the first n.
                    unsafe { p.add(4 * k + j).write(lanes[j]) };
                }
                j += 1;
            }
            k += 1;
        }
    }
    #[inline(always)]
    fn gt(self, a: Self::Lanes, b: Self::Lanes) -> u32 {
        let (mut mask, mut k) = (0, 0);
        while k < 4 {
            mask |= a[k].simd_gt(b[k]).to_bitmask() << (4 * k);
            k += 1;
        }
        mask
    }
    #[inline(always)]
    fn prefetch(self, p: *const f32) {
        #[cfg(target_arch = "x86_64")]
        // SAFETY: SSE is part of x86-64, and a prefetch of any address is harmless.
        unsafe {
            core::arch::x86_64::_mm_prefetch::<{ core::arch::x86_64::_MM_HINT_T1 }>(p.cast())
        }
        #[cfg(not(target_arch = "x86_64"))]
        let _ = p;
    }
    #[inline(always)]
    fn largest(self, v: Self::Lanes) -> f32 {
        super::largest(self.to_array(v))
    }
}

impl Simd for Baseline {
    super::plain_words!(4);

    type Counts = [i32x4; 2];
    #[inline(always)]
    fn no_counts(self) -> Self::Counts {
        [i32x4::ZERO; 2]
    }
    #[inline(always)]
    unsafe fn add_products(self, counts: Self::Counts, x: *const i8, q: *const i16) -> Self::Counts {
        // SAFETY: the caller promises 16 numbers at both.
        let (x, q) = unsafe { (x.cast::<[i8; LANES]>().read(), q.cast::<[[i16; 8]; 2]>().read_unaligned()) };
        let x: u8x16 = bytemuck::cast(x);
        // A byte with its highest bit turned is the number plus 128.
        let (above, shift) = (x ^ u8x16::splat(128), i16x8::splat(128));
        let (low, high) = (i16x8::from_u8x16_low(above) - shift, i16x8::from_u8x16_high(above) - shift);
        [counts[0] + low.dot(i16x8::new(q[0])), counts[1] + high.dot(i16x8::new(q[1]))]
    }
    #[inline(always)]
    unsafe fn add_signed(self, counts: Self::Counts, signs: u16, q: *const i16) -> Self::Counts {
        // SAFETY: the caller promises 16 numbers.
        let q = unsafe { q.cast::<[[i16; 8]; 2]>().read_unaligned() };
        let (lanes, one) = (i16x8::new([1, 2, 4, 8, 16, 32, 64, 128]), i16x8::splat(1));
        let (mut out, mut k) = (counts, 0);
        while k < 2 {
            let bits = i16x8::splat((signs >> (8 * k) & 255) as i16) & lanes;
            // All bits where set, so 1 there and -1 elsewhere.
            let set = bits.simd_eq(lanes);
            out[k] = counts[k] + (i16x8::ZERO - one - set - set).dot(i16x8::new(q[k]));
            k += 1;
        }
        out
    }
    #[inline(always)]
    fn total(self, counts: Self::Counts) -> i32 {
        let [a, b, c, d] = (counts[0] + counts[1]).to_array();
        (a.wrapping_add(b)).wrapping_add(c.wrapping_add(d))
    }

    const BACKEND: Backend = Backend::Baseline;
    const ROWS: usize = 2;
    // Of registers of four lanes, or of sixteen.
    const COLUMNS: usize = if Each::COUNT == 4 { 8 } else { 2 };
    const WIDE_ONE_BY_ONE: bool = cfg!(target_family = "wasm");
    type Each = Each;

    #[inline(always)]
    fn each(self) -> Self::Each {
        Each
    }
    #[inline(always)]
    unsafe fn compress(self, p: *mut f32, v: Self::Lanes, mut mask: u32) -> usize {
        let lanes = self.to_array(v);
        let mut kept = 0;
        while mask != 0 {
            // SAFETY: kept counts the set bits so far, fewer than 16.
            unsafe { p.add(kept).write(lanes[mask.trailing_zeros() as usize % LANES]) };
            mask &= mask - 1;
            kept += 1;
        }
        kept
    }
    #[inline(always)]
    fn fold(self, v: Self::Lanes) -> f32x4 {
        (v[0] + v[2]) + (v[1] + v[3])
    }
    #[inline(always)]
    fn widen(self, v: Self::Lanes) -> Self::Wide {
        Scalar.widen(self.to_array(v))
    }
    #[inline(always)]
    fn narrow(self, v: Self::Wide) -> Self::Lanes {
        let v = Scalar.narrow(v);
        // SAFETY: the array holds 16 numbers.
        unsafe { self.load(v.as_ptr()) }
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

impl Native for Baseline {
    const WIDTH: usize = 4;
    // 32 registers of four lanes, or 16 of them.
    const TILE: (usize, usize) = if cfg!(target_arch = "aarch64") { (4, 1) } else { (2, 1) };
    type Register = f32x4;

    #[inline(always)]
    fn native_splat(self, x: f32) -> f32x4 {
        f32x4::splat(x)
    }
    #[inline(always)]
    unsafe fn native_load(self, p: *const f32) -> f32x4 {
        // SAFETY: the caller promises four readable numbers.
        f32x4::new(unsafe { p.cast::<[f32; 4]>().read() })
    }
    #[inline(always)]
    unsafe fn native_store(self, p: *mut f32, v: f32x4) {
        // SAFETY: the caller promises four writable numbers.
        unsafe { p.cast::<[f32; 4]>().write(v.to_array()) }
    }
    #[inline(always)]
    fn native_add(self, a: f32x4, b: f32x4) -> f32x4 {
        a + b
    }
    #[inline(always)]
    fn native_mul_add(self, a: f32x4, b: f32x4, c: f32x4) -> f32x4 {
        a.mul_add(b, c)
    }
    #[inline(always)]
    fn native_keep_gt(self, a: f32x4, b: f32x4, yes: f32x4) -> f32x4 {
        a.simd_gt(b) & yes
    }
    #[inline(always)]
    fn native_max(self, a: f32x4, b: f32x4) -> f32x4 {
        a.simd_gt(b).bitselect(a, b)
    }
    #[inline(always)]
    fn native_largest(self, v: f32x4) -> f32 {
        super::largest(v.to_array())
    }
    #[inline(always)]
    fn native_sum(self, v: f32x4) -> f32 {
        v.reduce_add()
    }
    #[inline(always)]
    fn mul_add(self, a: Self::Lanes, b: Self::Lanes, c: Self::Lanes) -> Self::Lanes {
        [a[0].mul_add(b[0], c[0]), a[1].mul_add(b[1], c[1]), a[2].mul_add(b[2], c[2]), a[3].mul_add(b[3], c[3])]
    }
}
