//! The baseline where a target has no vectors: Cortex-M, RISC-V, WASM without simd128. Arrays, and each operation on 16 lanes a function of
//! its own.
//!
//! What the compiler makes of arrays in line it either unrolls, 16 times over in each of the kernels, or keeps in memory with a loop an
//! operation: 61 KB of flash for a softmax recall on a Cortex-M4 where these functions need a fifth. They work in place, so that a chain
//! of operations moves little.

use super::{LANES, Lanewise, Native, Scalar, Simd, Single};
use crate::Backend;

/// What every machine of the target has.
#[derive(Clone, Copy, Debug)]
pub struct Baseline;

/// Functions that change each lane of the first array by those of the others.
macro_rules! in_place {
    ($(fn $name:ident($type:ty; $a:ident $(, $b:ident)*) $lane:expr;)*) => {
        $(#[inline(never)]
        fn $name(first: &mut [$type; LANES] $(, $b: &[$type; LANES])*) {
            let mut j = 0;
            while j < LANES {
                let ($a $(, $b)*) = (first[j] $(, $b[j])*);
                first[j] = $lane;
                j += 1;
            }
        })*
    };
}

in_place! {
    fn add(f32; a, b) a + b;
    fn sub(f32; a, b) a - b;
    fn mul(f32; a, b) a * b;
    fn div(f32; a, b) a / b;
    fn larger(f32; a, b) if a > b { a } else { b };
    fn select(f32; no, a, b, yes) if a > b { yes } else { no };
    fn add_exponent(f32; a, b) Single.add_exponent(a, b);
    fn wide_add(f64; a, b) a + b;
    fn wide_sub(f64; a, b) a - b;
    fn wide_mul(f64; a, b) a * b;
    fn wide_div(f64; a, b) a / b;
    fn wide_select(f64; no, a, b, yes) if a > b { yes } else { no };
    fn wide_add_exponent(f64; a, b) Single.wide_add_exponent(a, b);
}

/// What the functions above make of arrays that are used again.
macro_rules! changed {
    ($name:ident($a:expr $(, $b:expr)*)) => {{
        let mut out = $a;
        $name(&mut out $(, &$b)*);
        out
    }};
}

#[inline(never)]
fn gt(a: &[f32; LANES], b: &[f32; LANES]) -> u32 {
    Scalar.gt(*a, *b)
}

/// # Safety
/// - `p` is valid for reading `n` numbers, and `n` is at most 16.
#[inline(never)]
unsafe fn load_first(out: &mut [f32; LANES], p: *const f32, n: usize) {
    let mut j = 0;
    while j < LANES {
        // SAFETY: lane j is read only where j < n.
        out[j] = if j < n { unsafe { p.add(j).read() } } else { 0.0 };
        j += 1;
    }
}

/// # Safety
/// - `p` is valid for writing `n` numbers, and `n` is at most 16.
#[inline(never)]
unsafe fn store_first(p: *mut f32, n: usize, v: &[f32; LANES]) {
    // SAFETY: the caller's promise.
    unsafe { Scalar.store_first(p, n, *v) }
}

#[inline(never)]
fn splat(x: f32) -> [f32; LANES] {
    [x; LANES]
}

#[inline(never)]
fn wide_splat(x: f64) -> [f64; LANES] {
    [x; LANES]
}

#[inline(never)]
fn widen(v: &[f32; LANES]) -> [f64; LANES] {
    Scalar.widen(*v)
}

#[inline(never)]
fn narrow(v: &[f64; LANES]) -> [f32; LANES] {
    Scalar.narrow(*v)
}

#[inline(never)]
fn wide_split(v: &[f64; LANES]) -> ([f64; LANES], [f64; LANES]) {
    Scalar.wide_split(*v)
}

impl Lanewise for Baseline {
    const COUNT: usize = LANES;
    type Lanes = [f32; LANES];
    type Wide = [f64; LANES];

    #[inline(always)]
    fn splat(self, x: f32) -> Self::Lanes {
        splat(x)
    }
    #[inline(always)]
    fn add(self, a: Self::Lanes, b: Self::Lanes) -> Self::Lanes {
        changed!(add(a, b))
    }
    #[inline(always)]
    fn sub(self, a: Self::Lanes, b: Self::Lanes) -> Self::Lanes {
        changed!(sub(a, b))
    }
    #[inline(always)]
    fn mul(self, a: Self::Lanes, b: Self::Lanes) -> Self::Lanes {
        changed!(mul(a, b))
    }
    #[inline(always)]
    fn div(self, a: Self::Lanes, b: Self::Lanes) -> Self::Lanes {
        changed!(div(a, b))
    }
    #[inline(always)]
    fn select_gt(self, a: Self::Lanes, b: Self::Lanes, yes: Self::Lanes, no: Self::Lanes) -> Self::Lanes {
        changed!(select(no, a, b, yes))
    }
    #[inline(always)]
    fn max(self, a: Self::Lanes, b: Self::Lanes) -> Self::Lanes {
        changed!(larger(a, b))
    }
    #[inline(always)]
    fn add_exponent(self, a: Self::Lanes, b: Self::Lanes) -> Self::Lanes {
        changed!(add_exponent(a, b))
    }
    #[inline(always)]
    fn wide_splat(self, x: f64) -> Self::Wide {
        wide_splat(x)
    }
    #[inline(always)]
    fn wide_add(self, a: Self::Wide, b: Self::Wide) -> Self::Wide {
        changed!(wide_add(a, b))
    }
    #[inline(always)]
    fn wide_sub(self, a: Self::Wide, b: Self::Wide) -> Self::Wide {
        changed!(wide_sub(a, b))
    }
    #[inline(always)]
    fn wide_mul(self, a: Self::Wide, b: Self::Wide) -> Self::Wide {
        changed!(wide_mul(a, b))
    }
    #[inline(always)]
    fn wide_div(self, a: Self::Wide, b: Self::Wide) -> Self::Wide {
        changed!(wide_div(a, b))
    }
    #[inline(always)]
    fn wide_select_gt(self, a: Self::Wide, b: Self::Wide, yes: Self::Wide, no: Self::Wide) -> Self::Wide {
        changed!(wide_select(no, a, b, yes))
    }
    #[inline(always)]
    fn wide_add_exponent(self, a: Self::Wide, b: Self::Wide) -> Self::Wide {
        changed!(wide_add_exponent(a, b))
    }
    #[inline(always)]
    fn wide_split(self, x: Self::Wide) -> (Self::Wide, Self::Wide) {
        wide_split(&x)
    }
    #[inline(always)]
    unsafe fn load(self, p: *const f32) -> Self::Lanes {
        // SAFETY: the caller promises 16 readable numbers.
        unsafe { p.cast::<[f32; LANES]>().read() }
    }
    #[inline(always)]
    unsafe fn load_first(self, p: *const f32, n: usize) -> Self::Lanes {
        let mut out = [0.0; LANES];
        // SAFETY: the caller's promise.
        unsafe { load_first(&mut out, p, n) };
        out
    }
    #[inline(always)]
    unsafe fn store(self, p: *mut f32, v: Self::Lanes) {
        // SAFETY: the caller promises 16 writable numbers.
        unsafe { p.cast::<[f32; LANES]>().write(v) }
    }
    #[inline(always)]
    unsafe fn store_first(self, p: *mut f32, n: usize, v: Self::Lanes) {
        // SAFETY: the caller's promise.
        unsafe { store_first(p, n, &v) }
    }
    #[inline(always)]
    fn gt(self, a: Self::Lanes, b: Self::Lanes) -> u32 {
        gt(&a, &b)
    }
    #[inline(always)]
    fn largest(self, v: Self::Lanes) -> f32 {
        super::largest(self.to_array(v))
    }
}

impl Simd for Baseline {
    super::plain_words!(1);
    super::plain_counts!();

    const BACKEND: Backend = Backend::Baseline;
    const ROWS: usize = 1;
    const ONE_BY_ONE: bool = true;
    const COLUMNS: usize = 1;
    type Each = Single;

    #[inline(always)]
    fn each(self) -> Self::Each {
        Single
    }
    #[inline(always)]
    unsafe fn compress(self, p: *mut f32, v: Self::Lanes, mask: u32) -> usize {
        // SAFETY: the caller's promise.
        unsafe { Scalar.compress(p, v, mask) }
    }
    #[inline(always)]
    fn fold(self, v: Self::Lanes) -> wide::f32x4 {
        Scalar.fold(v)
    }
    #[inline(always)]
    fn widen(self, v: Self::Lanes) -> Self::Wide {
        widen(&v)
    }
    #[inline(always)]
    fn narrow(self, v: Self::Wide) -> Self::Lanes {
        narrow(&v)
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
    const WIDTH: usize = 1;
    const TILE: (usize, usize) = (1, 1);
    type Register = f32;

    #[inline(always)]
    fn native_splat(self, x: f32) -> f32 {
        x
    }
    #[inline(always)]
    unsafe fn native_load(self, p: *const f32) -> f32 {
        // SAFETY: the caller's promise.
        unsafe { Scalar.native_load(p) }
    }
    #[inline(always)]
    unsafe fn native_store(self, p: *mut f32, v: f32) {
        // SAFETY: the caller's promise.
        unsafe { Scalar.native_store(p, v) }
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
        Scalar.native_keep_gt(a, b, yes)
    }
    #[inline(always)]
    fn native_max(self, a: f32, b: f32) -> f32 {
        Scalar.native_max(a, b)
    }
    #[inline(always)]
    fn native_largest(self, v: f32) -> f32 {
        Scalar.native_largest(v)
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

#[cfg(test)]
mod tests;
