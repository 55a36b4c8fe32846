//! The vector vocabulary: what a kernel may say, and one backend an instruction set that says it.
//!
//! A *token* (a zero-sized `Copy` value) proves that its instruction set is usable; every operation is a method of the token. There are
//! two vocabularies:
//!
//! - the **reproducible** one, [`Simd`]: 16 lanes of f32 (and 16 of f64) on every backend, multiply and add rounded separately, one
//!   order of every sum. What is computed in it has the same bits everywhere, so every number that leaves the crate is.
//! - the **native** one, [`Native`]: the backend's own register, multiply and add fused where the hardware can. What is computed in it
//!   may differ between backends, so it only ever *guesses*: where to look for a threshold, which rows are hopeless. A wrong guess costs
//!   time and changes no bit.
//!
//! The methods carry `#[inline(always)]` and never `#[target_feature]`: they take on the features of the function they are expanded in,
//! and a `#[target_feature]` method could not be inlined into a generic kernel. A kernel is therefore only fast inside an entry point of
//! `dispatch`, which is where the features are switched on. No loops here but those over lanes, no field terms.

/// Whether there are all of these target features: on the machine, as the standard library finds it (feature `std`) or as the processor
/// says (feature `cpuid`); without either, in what the build promises.
#[cfg(all(target_arch = "x86_64", feature = "std"))]
macro_rules! has {
    ($($feature:tt)*) => { true $(&& std::arch::is_x86_feature_detected!($feature))* };
}
#[cfg(all(target_arch = "x86_64", feature = "cpuid", not(feature = "std")))]
macro_rules! has {
    ($($feature:tt)*) => {{
        const SETS: u8 = 0 $(| super::cpuid::bit($feature))*;
        true $(&& cfg!(target_feature = $feature))* || super::cpuid::has(SETS)
    }};
}
#[cfg(all(target_arch = "x86_64", not(any(feature = "std", feature = "cpuid"))))]
macro_rules! has {
    ($($feature:tt)*) => { true $(&& cfg!(target_feature = $feature))* };
}
#[cfg(target_arch = "x86_64")]
use has;

#[cfg(target_arch = "x86_64")]
mod avx2;
#[cfg(target_arch = "x86_64")]
mod avx512;
#[cfg(not(any(target_arch = "arm", target_arch = "riscv32", all(target_family = "wasm", not(target_feature = "simd128")))))]
mod baseline;
#[cfg(any(test, target_arch = "arm", target_arch = "riscv32", all(target_family = "wasm", not(target_feature = "simd128"))))]
mod compact;
#[cfg(all(target_arch = "x86_64", any(test, all(feature = "cpuid", not(feature = "std")))))]
mod cpuid;
#[cfg(any(test, all(target_family = "wasm", target_feature = "simd128")))]
mod quarter;
mod scalar;
mod single;

#[cfg(target_arch = "x86_64")]
pub use avx2::Avx2;
#[cfg(target_arch = "x86_64")]
pub use avx512::Avx512;
#[cfg(not(any(target_arch = "arm", target_arch = "riscv32", all(target_family = "wasm", not(target_feature = "simd128")))))]
pub use baseline::Baseline;
#[cfg(any(target_arch = "arm", target_arch = "riscv32", all(target_family = "wasm", not(target_feature = "simd128"))))]
pub use compact::Baseline;
/// The baseline of targets without vectors, here for its tests.
#[cfg(all(
    test,
    not(any(target_arch = "arm", target_arch = "riscv32", all(target_family = "wasm", not(target_feature = "simd128"))))
))]
pub use compact::Baseline as Compact;
pub use scalar::Scalar;
pub use single::Single;

use crate::Backend;

/// Whether there may be vectors. Where there are none the baseline is [`compact`], and what is small is better than what is wide.
pub const VECTORS: bool =
    !cfg!(any(target_arch = "arm", target_arch = "riscv32", all(target_family = "wasm", not(target_feature = "simd128"))));

/// Lanes of the reproducible vocabulary, on every backend: element `j` of a sum belongs to partial sum `j mod 16`.
pub const LANES: usize = 16;

/// Lanes from a function of their number, for what has no faster road.
macro_rules! from_each {
    ($s:ident, |$j:ident| $lane:expr) => {{
        let (mut lanes, mut $j) = ([0.0; LANES], 0);
        while $j < Self::COUNT {
            lanes[$j] = $lane;
            $j += 1;
        }
        // SAFETY: the array holds as many numbers as there are lanes, at most 16.
        unsafe { $s.load(lanes.as_ptr()) }
    }};
}

/// 2^112: what the bits of a binary16, moved to where those of an f32 stand, fall short of its value by.
const F16_SCALE: f32 = f32::from_bits((127 + 112) << 23);
/// The largest number of binary16.
const F16_MAX: f32 = 65_504.0;

/// The value of a binary16, exactly; infinite where it is not finite.
#[inline(always)]
pub fn from_f16(bits: u16) -> f32 {
    let size = f32::from_bits(u32::from(bits & 0x7fff) << 13) * F16_SCALE;
    let size = if size > F16_MAX { f32::INFINITY } else { size };
    f32::from_bits(size.to_bits() | u32::from(bits >> 15) << 31)
}

/// The part of the vocabulary that works lane by lane, so that it does not matter how many there are: functions of one number are
/// written in it, and serve 16 lanes and a [`Single`] one.
///
/// `f32` comparisons are false where a NaN takes part. Nothing here turns a NaN into a number except [`select_gt`](Self::select_gt).
pub trait Lanewise: Copy {
    /// How many there are, at most 16.
    const COUNT: usize;
    /// Lanes of f32.
    type Lanes: Copy;
    /// As many of f64.
    type Wide: Copy;

    /// `x` in every lane.
    fn splat(self, x: f32) -> Self::Lanes;

    /// `a + b`.
    fn add(self, a: Self::Lanes, b: Self::Lanes) -> Self::Lanes;
    /// `a - b`.
    fn sub(self, a: Self::Lanes, b: Self::Lanes) -> Self::Lanes;
    /// `a * b`.
    fn mul(self, a: Self::Lanes, b: Self::Lanes) -> Self::Lanes;
    /// `a / b`.
    fn div(self, a: Self::Lanes, b: Self::Lanes) -> Self::Lanes;
    /// `yes` where `a > b`, `no` elsewhere (also where `a` or `b` is NaN).
    fn select_gt(self, a: Self::Lanes, b: Self::Lanes, yes: Self::Lanes, no: Self::Lanes) -> Self::Lanes;
    /// The larger lane: `a` where `a > b`, else `b`.
    #[inline(always)]
    fn max(self, a: Self::Lanes, b: Self::Lanes) -> Self::Lanes {
        self.select_gt(a, b, a, b)
    }
    /// As integers: the bits of `a` plus the bits of `b` shifted left by 23, which adds the low bits of `b` to the exponent of `a`.
    fn add_exponent(self, a: Self::Lanes, b: Self::Lanes) -> Self::Lanes;

    /// `x` in every f64 lane.
    fn wide_splat(self, x: f64) -> Self::Wide;
    /// `a + b`.
    fn wide_add(self, a: Self::Wide, b: Self::Wide) -> Self::Wide;
    /// `a - b`.
    fn wide_sub(self, a: Self::Wide, b: Self::Wide) -> Self::Wide;
    /// `a * b`.
    fn wide_mul(self, a: Self::Wide, b: Self::Wide) -> Self::Wide;
    /// `a / b`.
    fn wide_div(self, a: Self::Wide, b: Self::Wide) -> Self::Wide;
    /// `yes` where `a > b`, `no` elsewhere (also where `a` or `b` is NaN).
    fn wide_select_gt(self, a: Self::Wide, b: Self::Wide, yes: Self::Wide, no: Self::Wide) -> Self::Wide;
    /// As integers: the bits of `a` plus the bits of `b` shifted left by 52, which adds the low bits of `b` to the exponent of `a`.
    fn wide_add_exponent(self, a: Self::Wide, b: Self::Wide) -> Self::Wide;
    /// `(f, k)` with `x = f 2^k` and f in [sqrt(1/2), sqrt 2), for x positive and normal; the same bits everywhere for any other x too.
    ///
    /// With `t` the bits of x plus those of 1 less those of sqrt(1/2), as integers: k is the exponent field of t without its bias, and f
    /// the significand field of t plus the bits of sqrt(1/2).
    fn wide_split(self, x: Self::Wide) -> (Self::Wide, Self::Wide);

    /// Lanes from memory.
    ///
    /// # Safety
    /// - `p` is valid for reading `COUNT` numbers, and aligned as they are.
    unsafe fn load(self, p: *const f32) -> Self::Lanes;

    /// The first `n` lanes from memory, +0.0 in the others.
    ///
    /// # Safety
    /// - `n` is at most `COUNT`, and `p` is valid for reading `n` numbers, and aligned as they are.
    unsafe fn load_first(self, p: *const f32, n: usize) -> Self::Lanes;

    /// Lanes to memory.
    ///
    /// # Safety
    /// - `p` is valid for writing `COUNT` numbers, and aligned as they are.
    unsafe fn store(self, p: *mut f32, v: Self::Lanes);

    /// The first `n` lanes to memory.
    ///
    /// # Safety
    /// - `n` is at most `COUNT`, and `p` is valid for writing `n` numbers, and aligned as they are.
    unsafe fn store_first(self, p: *mut f32, n: usize, v: Self::Lanes);
    /// Bit `j` is set where `a > b` in lane `j`.
    fn gt(self, a: Self::Lanes, b: Self::Lanes) -> u32;

    /// Signed bytes from memory, exactly.
    ///
    /// # Safety
    /// - `p` is valid for reading `COUNT` bytes.
    #[inline(always)]
    unsafe fn load_i8(self, p: *const i8) -> Self::Lanes {
        // SAFETY: promised by the caller.
        from_each!(self, |j| f32::from(unsafe { p.add(j).read() }))
    }
    /// Numbers of binary16 from memory, exactly, what is not finite as an infinity.
    ///
    /// # Safety
    /// - `p` is valid for reading `COUNT` numbers, and aligned as they are.
    #[inline(always)]
    unsafe fn load_f16(self, p: *const u16) -> Self::Lanes {
        // SAFETY: promised by the caller.
        from_each!(self, |j| from_f16(unsafe { p.add(j).read() }))
    }
    /// Numbers of bfloat16 from memory, exactly.
    ///
    /// # Safety
    /// - `p` is valid for reading `COUNT` numbers, and aligned as they are.
    #[inline(always)]
    unsafe fn load_bf16(self, p: *const u16) -> Self::Lanes {
        // SAFETY: promised by the caller.
        from_each!(self, |j| f32::from_bits(u32::from(unsafe { p.add(j).read() }) << 16))
    }
    /// 1 where a bit is set and -1 where it is clear, from the lowest bit on.
    #[inline(always)]
    fn signs(self, bits: u16) -> Self::Lanes {
        from_each!(self, |j| if bits >> j & 1 == 1 { 1.0 } else { -1.0 })
    }

    /// Asks for the cache line at `p` into the second-level cache; `p` need not be valid.
    #[inline(always)]
    fn prefetch(self, p: *const f32) {
        let _ = p;
    }
    /// The largest of the lanes that are not NaN; minus infinity where there are none.
    fn largest(self, v: Self::Lanes) -> f32;
}

/// The reproducible vocabulary: 16 lanes, one rounding an operation, one order of every sum.
pub trait Simd: Lanewise {
    /// Which backend this token stands for.
    const BACKEND: Backend;
    /// Rows scored at once: as many as the registers hold without spilling. Changes no bit.
    const ROWS: usize;
    /// Functions of one number, an exponential say, take one lane after the other: there are no vectors, and one lane's intermediate
    /// results fit the registers. Changes no bit.
    const ONE_BY_ONE: bool = false;
    /// The same of functions of one f64.
    const WIDE_ONE_BY_ONE: bool = Self::ONE_BY_ONE;
    /// What lane by lane work is done in: this token, or a narrower one where 16 lanes are no faster than one.
    type Each: Lanewise;
    /// That token.
    fn each(self) -> Self::Each;
    /// Memory is asked for ahead of its use: where there is much of it, behind caches. Elsewhere the loops that ask are not even
    /// compiled, which are twice the code. Changes no bit.
    const FETCHES: bool = cfg!(any(target_arch = "x86_64", target_arch = "aarch64"));
    /// Vectors of columns that a weighted sum keeps in registers at once. Changes no bit.
    const COLUMNS: usize;

    /// Words of 64 bits side by side, at most 8, for logic; how many changes no bit.
    type Words: Copy;
    /// How many.
    const WORDS: usize;
    /// All bits clear.
    fn no_words(self) -> Self::Words;
    /// Words from memory.
    ///
    /// # Safety
    /// - `p` is valid for reading `WORDS` words, and aligned as they are.
    unsafe fn load_words(self, p: *const u64) -> Self::Words;
    /// Words to memory.
    ///
    /// # Safety
    /// - `p` is valid for writing `WORDS` words, and aligned as they are.
    unsafe fn store_words(self, p: *mut u64, v: Self::Words);
    /// Every bit turned.
    fn not(self, v: Self::Words) -> Self::Words;
    /// The full adder, bit by bit: the sum `a ^ b ^ c`, and the carry, the majority.
    fn full(self, a: Self::Words, b: Self::Words, c: Self::Words) -> (Self::Words, Self::Words);

    /// Bits that differ between `n` words (less than 2^26) and as many others.
    ///
    /// # Safety
    /// - `a` and `b` are valid for reading `n` words, and aligned as they are.
    #[inline(always)]
    unsafe fn apart(self, a: *const u64, b: *const u64, n: usize) -> u32 {
        let (mut apart, mut j) = (0u64, 0);
        while j < n {
            // SAFETY: promised by the caller.
            apart += u64::from(unsafe { *a.add(j) ^ *b.add(j) }.count_ones());
            j += 1;
        }
        apart as u32
    }

    /// Sums of products of integers, in as many lanes as the backend has. What is added up fits in 31 bits, or it wraps.
    type Counts: Copy;
    /// Nothing added up.
    fn no_counts(self) -> Self::Counts;
    /// `counts` plus 16 products of signed bytes with integers.
    ///
    /// # Safety
    /// - 16 numbers are readable at both.
    unsafe fn add_products(self, counts: Self::Counts, x: *const i8, q: *const i16) -> Self::Counts;
    /// `counts` plus 16 integers of at least `-i16::MAX`, each with its sign turned where the bit is clear.
    ///
    /// # Safety
    /// - 16 numbers are readable at `q`.
    unsafe fn add_signed(self, counts: Self::Counts, signs: u16, q: *const i16) -> Self::Counts;
    /// All of it.
    fn total(self, counts: Self::Counts) -> i32;
    /// All of four.
    #[inline(always)]
    fn total4(self, counts: [Self::Counts; 4]) -> [i32; 4] {
        [self.total(counts[0]), self.total(counts[1]), self.total(counts[2]), self.total(counts[3])]
    }

    /// The lanes whose bit is set in `mask`, in order, to the front of `p`; says how many.
    ///
    /// # Safety
    /// - `p` is valid for writing 16 numbers, and aligned as they are; those after the kept ones hold anything afterwards.
    unsafe fn compress(self, p: *mut f32, v: Self::Lanes, mask: u32) -> usize;

    /// The first two levels of the tree that adds 16 lanes: lane `j` plus lane `j + 8`, then `j` plus `j + 4`.
    fn fold(self, v: Self::Lanes) -> wide::f32x4;
    /// The sum of the lanes by the tree `j + (j+8)`, `j + (j+4)`, `j + (j+2)`, `j + (j+1)`.
    #[inline(always)]
    fn sum(self, v: Self::Lanes) -> f32 {
        let t = self.fold(v).to_array();
        (t[0] + t[2]) + (t[1] + t[3])
    }
    /// Four sums at once, each by the tree of [`sum`](Simd::sum).
    #[inline(always)]
    fn sum4(self, v: [Self::Lanes; 4]) -> wide::f32x4 {
        let [a, b, c, d] = wide::f32x4::transpose([self.fold(v[0]), self.fold(v[1]), self.fold(v[2]), self.fold(v[3])]);
        (a + c) + (b + d)
    }
    /// The lanes as an array, for what has no faster road.
    #[inline(always)]
    fn to_array(self, v: Self::Lanes) -> [f32; LANES] {
        let mut lanes = [0.0; LANES];
        // SAFETY: the array holds 16 numbers.
        unsafe { self.store(lanes.as_mut_ptr(), v) };
        lanes
    }
    /// The lanes in f64, exactly.
    fn widen(self, v: Self::Lanes) -> Self::Wide;
    /// The f64 lanes in f32, each rounded to the nearest, ties to even.
    fn narrow(self, v: Self::Wide) -> Self::Lanes;
    /// The f64 lanes as an array.
    fn wide_to_array(self, v: Self::Wide) -> [f64; LANES];
    /// The f64 lanes from an array.
    fn wide_from_array(self, v: &[f64; LANES]) -> Self::Wide;
}

/// The native vocabulary: one register as wide as the backend's, multiply-add fused where the hardware can.
pub trait Native: Simd {
    /// Lanes of one register.
    const WIDTH: usize;
    /// Rows (or columns) of a tile of 16-lane sums, and panels side by side: as many as the registers hold beside what they add up.
    const TILE: (usize, usize);
    /// One register of f32 lanes.
    type Register: Copy;

    /// `x` in every lane.
    fn native_splat(self, x: f32) -> Self::Register;
    /// A register from memory.
    ///
    /// # Safety
    /// - `p` is valid for reading `WIDTH` numbers, and aligned as they are.
    unsafe fn native_load(self, p: *const f32) -> Self::Register;
    /// A register to memory.
    ///
    /// # Safety
    /// - `p` is valid for writing `WIDTH` numbers, and aligned as they are.
    unsafe fn native_store(self, p: *mut f32, v: Self::Register);
    /// `a + b`.
    fn native_add(self, a: Self::Register, b: Self::Register) -> Self::Register;
    /// `a * b + c`, in one or two roundings.
    fn native_mul_add(self, a: Self::Register, b: Self::Register, c: Self::Register) -> Self::Register;
    /// `yes` where `a > b`, else +0.0.
    fn native_keep_gt(self, a: Self::Register, b: Self::Register, yes: Self::Register) -> Self::Register;
    /// The larger lane: `a` where `a > b`, else `b`.
    fn native_max(self, a: Self::Register, b: Self::Register) -> Self::Register;
    /// The largest lane of those that are not NaN.
    fn native_largest(self, v: Self::Register) -> f32;
    /// The sum of the lanes, in any order.
    fn native_sum(self, v: Self::Register) -> f32;
    /// `a * b + c` in 16 lanes, in one or two roundings.
    fn mul_add(self, a: Self::Lanes, b: Self::Lanes, c: Self::Lanes) -> Self::Lanes;
}

/// The words of a backend that has plain arrays of so many.
#[allow(unused_macros, reason = "a target has one of the baselines")]
macro_rules! plain_words {
    ($count:literal) => {
        type Words = [u64; $count];
        const WORDS: usize = $count;
        #[inline(always)]
        fn no_words(self) -> Self::Words {
            [0; $count]
        }
        #[inline(always)]
        unsafe fn load_words(self, p: *const u64) -> Self::Words {
            // SAFETY: promised by the caller; an array is aligned as its words are.
            unsafe { p.cast::<Self::Words>().read() }
        }
        #[inline(always)]
        unsafe fn store_words(self, p: *mut u64, v: Self::Words) {
            // SAFETY: as above.
            unsafe { p.cast::<Self::Words>().write(v) };
        }
        #[inline(always)]
        fn not(self, mut v: Self::Words) -> Self::Words {
            let mut j = 0;
            while j < $count {
                v[j] = !v[j];
                j += 1;
            }
            v
        }
        #[inline(always)]
        fn full(self, a: Self::Words, b: Self::Words, c: Self::Words) -> (Self::Words, Self::Words) {
            let (mut sum, mut carry, mut j) = ([0; $count], [0; $count], 0);
            while j < $count {
                let either = b[j] ^ c[j];
                (sum[j], carry[j]) = (a[j] ^ either, (b[j] & c[j]) | (either & a[j]));
                j += 1;
            }
            (sum, carry)
        }
    };
}
use plain_words;

/// The integer sums of a backend that adds them one by one.
#[allow(unused_macros, reason = "a target has one of the baselines")]
macro_rules! plain_counts {
    () => {
        type Counts = i32;
        #[inline(always)]
        fn no_counts(self) -> i32 {
            0
        }
        #[inline(always)]
        unsafe fn add_products(self, mut counts: i32, x: *const i8, q: *const i16) -> i32 {
            let mut j = 0;
            while j < LANES {
                // SAFETY: promised by the caller.
                let (x, q) = unsafe { (x.add(j).read(), q.add(j).read()) };
                counts = counts.wrapping_add(i32::from(x) * i32::from(q));
                j += 1;
            }
            counts
        }
        #[inline(always)]
        unsafe fn add_signed(self, mut counts: i32, signs: u16, q: *const i16) -> i32 {
            let mut j = 0;
            while j < LANES {
                // SAFETY: promised by the caller.
                let q = i32::from(unsafe { q.add(j).read() });
                counts = counts.wrapping_add(if signs >> j & 1 == 1 { q } else { -q });
                j += 1;
            }
            counts
        }
        #[inline(always)]
        fn total(self, counts: i32) -> i32 {
            counts
        }
    };
}
use plain_counts;

/// The bits of sqrt(1/2), rounded to nearest.
const SQRT_HALF: u64 = 0x3fe6_a09e_667f_3bcd;
/// What brings sqrt(1/2) up to 1, as integers: adding it lets the exponent change at sqrt(1/2) and not at 1.
const TO_ONE: u64 = 0x3ff0_0000_0000_0000 - SQRT_HALF;
/// The bits of an f64 below the exponent field.
const SIGNIFICAND: u64 = 0x000f_ffff_ffff_ffff;
/// 2^52: a whole number below it, or-ed into its bits, makes 2^52 plus that number.
const WHOLE: f64 = 4_503_599_627_370_496.0;
/// 2^52 plus the bias of the exponent.
const WHOLE_BIASED: f64 = WHOLE + 1023.0;

/// The tree that ends every f64 sum of 16 partial sums.
#[inline(always)]
pub fn wide_tree(mut v: [f64; LANES]) -> f64 {
    let mut half = LANES / 2;
    while half > 0 {
        let mut j = 0;
        while j < half {
            v[j] += v[j + half];
            j += 1;
        }
        half /= 2;
    }
    v[0]
}

/// The largest of those of `N` numbers (a power of two) that are not NaN, by halves; minus infinity where there are none.
#[inline(always)]
pub fn largest<const N: usize>(mut v: [f32; N]) -> f32 {
    let mut j = 0;
    while j < N {
        v[j] = if v[j].is_nan() { f32::NEG_INFINITY } else { v[j] };
        j += 1;
    }
    let mut half = N / 2;
    while half > 0 {
        let mut j = 0;
        while j < half {
            v[j] = if v[j] > v[j + half] { v[j] } else { v[j + half] };
            j += 1;
        }
        half /= 2;
    }
    v[0]
}

#[cfg(test)]
mod tests;
