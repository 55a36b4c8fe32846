//! What a row is made of: f32 numbers, or codes of fewer bytes which, times a scale of the row's, stand for them.
//!
//! `x_j = scale * code_j`, rounded once: exact for binary16, bfloat16 and bits where the scale is a power of two, and for bytes where it has
//! at most 17 significant bits. Every loop over rows is written over this trait, so a row of codes is summed as the f32 row that it stands
//! for would be, in bits.

use crate::simd::{LANES, Lanewise};

/// A number of 16 bits: IEEE 754 binary16. What is not finite counts as an infinity.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[repr(transparent)]
pub struct F16(pub u16);

/// A number of 16 bits: bfloat16, the upper half of an f32.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[repr(transparent)]
pub struct Bf16(pub u16);

/// Sixteen numbers of one bit each, from the lowest on: 1 where it is set, -1 where it is clear.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[repr(transparent)]
pub struct SignBits(pub u16);

/// A transparent type of a u16 may be any of its bits, and is its bytes.
macro_rules! plain {
    ($($type:ty),*) => {
        // SAFETY: transparent, without padding, and every bit pattern is a value, as of the u16 inside.
        $(unsafe impl bytemuck::Zeroable for $type {}
        // SAFETY: as above.
        unsafe impl bytemuck::Pod for $type {})*
    };
}
plain!(F16, Bf16, SignBits);

/// A number, or a word of several codes.
pub trait Number: Copy {
    /// Numbers in a word.
    const EACH: usize = 1;
    /// Numbers are codes times a scale.
    const SCALED: bool = true;

    /// Numbers `j..j + COUNT` of the row at `p`; for words of several, `j` is a multiple of `COUNT`.
    ///
    /// # Safety
    /// - The words of these numbers are readable.
    unsafe fn load<S: Lanewise>(s: S, p: *const Self, j: usize, scale: S::Lanes) -> S::Lanes;

    /// Numbers `j..j + n`, n at most `COUNT`, and +0.0 in the other lanes.
    ///
    /// # Safety
    /// - The words of these numbers are readable.
    unsafe fn load_first<S: Lanewise>(s: S, p: *const Self, j: usize, n: usize, scale: S::Lanes) -> S::Lanes;
}

/// The word of number `j` of a row.
#[inline(always)]
pub fn word<X: Number>(p: *const X, j: usize) -> *const X {
    p.wrapping_add(j / X::EACH)
}

/// The scale of row `r`, in every lane; one that nobody looks at where numbers are no codes.
///
/// # Safety
/// - Where numbers are codes, there is a scale of row `r`.
#[inline(always)]
pub unsafe fn scale<S: Lanewise, X: Number>(s: S, scales: *const f32, r: usize) -> S::Lanes {
    // SAFETY: promised by the caller.
    s.splat(if X::SCALED { unsafe { scales.add(r).read() } } else { 1.0 })
}

impl Number for f32 {
    const SCALED: bool = false;

    #[inline(always)]
    unsafe fn load<S: Lanewise>(s: S, p: *const f32, j: usize, _: S::Lanes) -> S::Lanes {
        // SAFETY: promised by the caller.
        unsafe { s.load(p.add(j)) }
    }
    #[inline(always)]
    unsafe fn load_first<S: Lanewise>(s: S, p: *const f32, j: usize, n: usize, _: S::Lanes) -> S::Lanes {
        // SAFETY: promised by the caller.
        unsafe { s.load_first(p.add(j), n) }
    }
}

/// The first `n` bytes at `p` and zeros behind them, in the order of memory. Of a copy byte by byte the compiler makes a call.
///
/// # Safety
/// - `n` bytes are readable at `p`.
#[inline(always)]
pub unsafe fn first_words<const WORDS: usize>(p: *const u8, n: usize) -> [u64; WORDS] {
    let (mut words, mut w) = ([0; WORDS], 0);
    while w < WORDS && 8 * w < n {
        let (from, left) = (p.wrapping_add(8 * w), n - 8 * w);
        // SAFETY: `left` bytes are readable at `from`, and pieces of 4, 2 and 1 follow each other up to there.
        unsafe {
            words[w] = if left >= 8 {
                from.cast::<u64>().read_unaligned()
            } else {
                let (mut word, mut done) = (0, 0);
                if left & 4 != 0 {
                    word = u64::from(u32::from_le(from.cast::<u32>().read_unaligned()));
                    done = 4;
                }
                if left & 2 != 0 {
                    word |= u64::from(u16::from_le(from.add(done).cast::<u16>().read_unaligned())) << (8 * done);
                    done += 2;
                }
                if left & 1 != 0 {
                    word |= u64::from(from.add(done).read()) << (8 * done);
                }
                word.to_le()
            };
        }
        w += 1;
    }
    words
}

/// A code of its own word, loaded by the operation of this name.
macro_rules! code {
    ($type:ty, $inner:ty, $load:ident) => {
        impl Number for $type {
            #[inline(always)]
            unsafe fn load<S: Lanewise>(s: S, p: *const Self, j: usize, scale: S::Lanes) -> S::Lanes {
                // SAFETY: promised by the caller; the type is its inner one.
                s.mul(unsafe { s.$load(p.add(j).cast::<$inner>()) }, scale)
            }
            #[inline(always)]
            unsafe fn load_first<S: Lanewise>(s: S, p: *const Self, j: usize, n: usize, scale: S::Lanes) -> S::Lanes {
                const WORDS: usize = LANES * size_of::<$inner>() / 8;
                // SAFETY: promised by the caller; the words have as many codes as there are lanes at most.
                unsafe {
                    let codes = first_words::<WORDS>(p.add(j).cast(), n * size_of::<$inner>());
                    Self::load(s, codes.as_ptr().cast(), 0, scale)
                }
            }
        }
    };
}

code!(i8, i8, load_i8);
code!(F16, u16, load_f16);
code!(Bf16, u16, load_bf16);

impl Number for SignBits {
    const EACH: usize = 16;

    #[inline(always)]
    unsafe fn load<S: Lanewise>(s: S, p: *const Self, j: usize, scale: S::Lanes) -> S::Lanes {
        // SAFETY: promised by the caller.
        let bits = unsafe { word(p, j).read() }.0 >> (j % 16);
        s.mul(s.signs(bits), scale)
    }
    #[inline(always)]
    unsafe fn load_first<S: Lanewise>(s: S, p: *const Self, j: usize, n: usize, scale: S::Lanes) -> S::Lanes {
        let mut lanes = [0.0; LANES];
        // SAFETY: promised by the caller; the array has 16 numbers, of which the first n are taken.
        unsafe {
            s.store(lanes.as_mut_ptr(), Self::load(s, p, j, scale));
            s.load_first(lanes.as_ptr(), n)
        }
    }
}
