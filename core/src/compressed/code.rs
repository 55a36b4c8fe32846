//! The codes, and how a pattern becomes one.

use super::query::{Query, whole};
use crate::dispatch::Kernels;
use crate::error::Error;
use crate::kernels::{Bf16, Coded, Comparison, F16, Number, SignBits};

/// More than what a few roundings in f64 take away.
const UP: f64 = 1.0 + 1e-9;

/// What a pattern became, beside its codes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Encoded {
    /// What the codes are multiplied by.
    pub scale: f32,
    /// Not less than the Euclidean norm of what is lost.
    pub residual: f32,
    /// Not less than the norm of the pattern, and of what the codes stand for.
    pub norm: f32,
}

/// A code of few bytes: `i8`, [`SignBits`], [`F16`], [`Bf16`]. Sealed.
pub trait Code: Number + Default + Send + Sync + core::fmt::Debug + 'static {
    /// Words of a row of `dim` numbers.
    fn words(dim: usize) -> usize {
        dim.div_ceil(Self::EACH)
    }

    /// Encodes a pattern: D numbers to `words(D)` codes. The residual and the norm are computed in f64 and rounded up. O(D).
    ///
    /// # Errors
    /// [`Error::Empty`], [`Error::Length`] where there are not as many codes as it takes, [`Error::PatternNotFinite`], [`Error::NormOverflow`].
    /// The codes may have changed then.
    fn encode(pattern: &[f32], codes: &mut [Self]) -> Result<Encoded, Error> {
        if pattern.is_empty() {
            return Err(Error::Empty);
        }
        if codes.len() != Self::words(pattern.len()) {
            return Err(Error::Length { expected: Self::words(pattern.len()), found: codes.len() });
        }
        if let Some(index) = pattern.iter().position(|x| !x.is_finite()) {
            return Err(Error::PatternNotFinite { index });
        }
        let scale = Self::scale(pattern);
        for (code, numbers) in codes.iter_mut().zip(pattern.chunks(Self::EACH)) {
            *code = Self::nearest(numbers, scale);
        }
        let (mut lost, mut kept, mut all) = (0.0, 0.0, 0.0);
        for (code, numbers) in codes.iter().zip(pattern.chunks(Self::EACH)) {
            for (j, &x) in numbers.iter().enumerate() {
                let (x, stands_for) = (f64::from(x), f64::from(code.number(j) * scale));
                lost += (x - stands_for) * (x - stands_for);
                kept += stands_for * stands_for;
                all += x * x;
            }
        }
        let norm = up(libm::sqrt(if all > kept { all } else { kept }) * UP);
        let residual = up(libm::sqrt(lost) * UP);
        if norm.is_finite() && residual.is_finite() { Ok(Encoded { scale, residual, norm }) } else { Err(Error::NormOverflow) }
    }

    /// The scale of a pattern.
    #[doc(hidden)]
    fn scale(pattern: &[f32]) -> f32;

    /// The code of the numbers of one word.
    #[doc(hidden)]
    fn nearest(numbers: &[f32], scale: f32) -> Self;

    /// Number `j` of a word, without its scale.
    #[doc(hidden)]
    fn number(self, j: usize) -> f32;

    /// Scores of rows: see the kernel.
    #[doc(hidden)]
    fn scores<K: Kernels>(kernels: K, rows: Coded<'_, Self>, query: &[f32], out: &mut [f32], comparison: Comparison);

    /// Weighted sum of rows: see the kernel.
    #[doc(hidden)]
    fn sum<K: Kernels>(kernels: K, rows: Coded<'_, Self>, list: (&[u32], &[f32]), factor: Option<f32>, sum: &mut [f32]);

    /// The query as these codes are multiplied with, in `room`; none where that is too small.
    #[doc(hidden)]
    fn prepare<'r>(numbers: &[f32], room: &'r mut [f32]) -> Option<Query<'r>>;

    /// Products of rows with a query that was prepared for this code.
    #[doc(hidden)]
    fn products<K: Kernels>(kernels: K, rows: Coded<'_, Self>, query: &Query<'_>, out: &mut [f32]);
}

/// The f32 at or above `x`.
pub fn up(x: f64) -> f32 {
    let near = x as f32;
    if f64::from(near) < x { near.next_up() } else { near }
}

/// The absolute values' largest.
fn largest(pattern: &[f32]) -> f32 {
    pattern.iter().fold(0.0, |largest, x| if x.abs() > largest { x.abs() } else { largest })
}

/// `x` rounded up to 16 significant bits, so that its product with 8 bits is an f32; the smallest normal number, where `x` is less and not
/// zero.
fn short(x: f32) -> f32 {
    const LAST: u32 = (1 << 8) - 1;
    if x == 0.0 {
        return 0.0;
    }
    let x = if x < f32::MIN_POSITIVE { f32::MIN_POSITIVE } else { x };
    let rounded = f32::from_bits((x.to_bits() + LAST) & !LAST);
    if rounded.is_finite() { rounded } else { f32::from_bits(x.to_bits() & !LAST) }
}

impl Code for i8 {
    fn scale(pattern: &[f32]) -> f32 {
        short(largest(pattern) / 127.0)
    }
    fn nearest(numbers: &[f32], scale: f32) -> i8 {
        match numbers.first() {
            // A cast takes what is beyond to the end of the range; half a step away from zero is as good as to even.
            Some(&x) if scale > 0.0 => {
                let steps = f64::from(x) / f64::from(scale);
                let nearest = (if steps < 0.0 { steps - 0.5 } else { steps + 0.5 }) as i8;
                if nearest == i8::MIN { -127 } else { nearest }
            }
            _ => 0,
        }
    }
    fn number(self, _: usize) -> f32 {
        f32::from(self)
    }
    fn scores<K: Kernels>(kernels: K, rows: Coded<'_, i8>, query: &[f32], out: &mut [f32], comparison: Comparison) {
        kernels.byte_scores(rows, query, out, comparison);
    }
    fn sum<K: Kernels>(kernels: K, rows: Coded<'_, i8>, list: (&[u32], &[f32]), factor: Option<f32>, sum: &mut [f32]) {
        kernels.byte_sum(rows, list, factor, sum);
    }
    fn prepare<'r>(numbers: &[f32], room: &'r mut [f32]) -> Option<Query<'r>> {
        whole::<i8>(numbers, room)
    }
    fn products<K: Kernels>(kernels: K, rows: Coded<'_, i8>, query: &Query<'_>, out: &mut [f32]) {
        kernels.byte_products(rows, query.integers, query.by, out);
    }
}

impl Code for SignBits {
    /// The mean absolute value, which leaves the smallest residual.
    fn scale(pattern: &[f32]) -> f32 {
        let sum: f64 = pattern.iter().map(|x| f64::from(x.abs())).sum();
        short((sum / pattern.len() as f64) as f32)
    }
    fn nearest(numbers: &[f32], _: f32) -> SignBits {
        SignBits((0u32..).zip(numbers).fold(0, |bits, (j, &x)| if x >= 0.0 { bits | 1 << (j % 16) } else { bits }))
    }
    fn number(self, j: usize) -> f32 {
        if self.0 >> (j % 16) & 1 == 1 { 1.0 } else { -1.0 }
    }
    fn scores<K: Kernels>(kernels: K, rows: Coded<'_, SignBits>, query: &[f32], out: &mut [f32], comparison: Comparison) {
        kernels.sign_scores(rows, query, out, comparison);
    }
    fn sum<K: Kernels>(kernels: K, rows: Coded<'_, SignBits>, list: (&[u32], &[f32]), factor: Option<f32>, sum: &mut [f32]) {
        kernels.sign_sum(rows, list, factor, sum);
    }
    fn prepare<'r>(numbers: &[f32], room: &'r mut [f32]) -> Option<Query<'r>> {
        whole::<SignBits>(numbers, room)
    }
    fn products<K: Kernels>(kernels: K, rows: Coded<'_, SignBits>, query: &Query<'_>, out: &mut [f32]) {
        kernels.sign_products(rows, query.integers, query.by, out);
    }
}

impl Code for F16 {
    /// A power of two that brings the largest number to 2^14 or above, and below 2^15.
    fn scale(pattern: &[f32]) -> f32 {
        let exponent = largest(pattern).to_bits() >> 23;
        f32::from_bits((if exponent > 14 { exponent - 14 } else { 1 }) << 23)
    }
    fn nearest(numbers: &[f32], scale: f32) -> F16 {
        F16(numbers.first().map_or(0, |&x| to_f16(x / scale)))
    }
    fn number(self, _: usize) -> f32 {
        crate::simd::from_f16(self.0)
    }
    fn scores<K: Kernels>(kernels: K, rows: Coded<'_, F16>, query: &[f32], out: &mut [f32], comparison: Comparison) {
        kernels.f16_scores(rows, query, out, comparison);
    }
    fn sum<K: Kernels>(kernels: K, rows: Coded<'_, F16>, list: (&[u32], &[f32]), factor: Option<f32>, sum: &mut [f32]) {
        kernels.f16_sum(rows, list, factor, sum);
    }
    fn prepare<'r>(numbers: &[f32], room: &'r mut [f32]) -> Option<Query<'r>> {
        Query::plain(numbers, room)
    }
    fn products<K: Kernels>(kernels: K, rows: Coded<'_, F16>, query: &Query<'_>, out: &mut [f32]) {
        kernels.f16_scores(rows, query.numbers, out, Comparison::Product);
    }
}

impl Code for Bf16 {
    fn scale(_: &[f32]) -> f32 {
        1.0
    }
    /// The upper half, rounded to nearest, ties to even; the largest finite number for what is beyond.
    fn nearest(numbers: &[f32], _: f32) -> Bf16 {
        let bits = numbers.first().map_or(0, |x| x.to_bits());
        let upper = (bits + 0x7fff + (bits >> 16 & 1)) >> 16;
        Bf16((if upper & 0x7f80 == 0x7f80 { upper - 1 } else { upper }) as u16)
    }
    fn number(self, _: usize) -> f32 {
        f32::from_bits(u32::from(self.0) << 16)
    }
    fn scores<K: Kernels>(kernels: K, rows: Coded<'_, Bf16>, query: &[f32], out: &mut [f32], comparison: Comparison) {
        kernels.bf16_scores(rows, query, out, comparison);
    }
    fn sum<K: Kernels>(kernels: K, rows: Coded<'_, Bf16>, list: (&[u32], &[f32]), factor: Option<f32>, sum: &mut [f32]) {
        kernels.bf16_sum(rows, list, factor, sum);
    }
    fn prepare<'r>(numbers: &[f32], room: &'r mut [f32]) -> Option<Query<'r>> {
        Query::plain(numbers, room)
    }
    fn products<K: Kernels>(kernels: K, rows: Coded<'_, Bf16>, query: &Query<'_>, out: &mut [f32]) {
        kernels.bf16_scores(rows, query.numbers, out, Comparison::Product);
    }
}

/// The nearest binary16 of a number below 2^15, ties to even.
///
/// Adding a power of two whose last place is that of the result rounds to it; the difference is the result, exactly.
fn to_f16(x: f32) -> u16 {
    let size = x.abs();
    // The power of two at or below it, not below that of the denormal numbers, 2^-14; times 2^13, 13 bits above.
    let exponent = size.to_bits() >> 23;
    let exponent = if exponent < 127 - 14 { 127 - 14 } else { exponent };
    let shift = f32::from_bits((exponent + 13) << 23);
    let rounded = (size + shift) - shift;
    let bits = (rounded * f32::from_bits((127 - 112) << 23)).to_bits() >> 13;
    bits as u16 | (x.to_bits() >> 31 << 15) as u16
}
