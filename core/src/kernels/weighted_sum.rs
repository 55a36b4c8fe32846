//! Weighted sums of rows, and the vector arithmetic that puts such sums together.
//!
//! `sum[c] <- ((sum[c] + w_0 x_0c) + w_1 x_1c) + ...` in the order of the list, each column by itself, products and sums rounded
//! separately: error at most `(n + 1) eps sum_i |w_i x_ic|` for n rows. [`weighted_block`] begins at +0.0 instead and adds the outcome to
//! `factor * sum[c]`: a block of the canonical bracketing in one go. Columns are taken as many registers at a time as the backend holds,
//! so a row's slice is read once and the sums stay in registers; the last columns are masked.
//!
//! Rows are named in a list, so that one kernel serves a whole block, the part of it whose weights are not zero, and the scattered
//! support of a sparse map. Leaving out a row of weight +0 changes no bit: a sum that begins at +0.0 is never -0.0, and adding a zero of
//! either sign to it gives it back.

use super::dot::{AHEAD, Coded, fetch};
use super::number::{Number, scale, word};
use crate::simd::{Lanewise, Simd};

/// What becomes of the numbers that are in the sum already.
#[derive(Clone, Copy)]
enum Carry {
    /// The rows are added to them one by one.
    Continue,
    /// The rows are added up by themselves, and then to these numbers times the factor.
    Scaled(f32),
}

/// Listed rows of a table, of numbers or of codes and a scale each: where row 0 begins, how far apart they are in words, the scales.
#[derive(Clone, Copy)]
struct Listed<'a, X> {
    x: *const X,
    stride: usize,
    scales: *const f32,
    rows: &'a [u32],
    weights: &'a [f32],
}

/// Adds the listed rows, times their weights, to `T` registers of columns from column `c` on. `FETCH` asks for what follows every second
/// row.
///
/// # Safety
/// - `width` (at most T registers' lanes, and no less unless T is 1) numbers are readable in each row from number `c` on, their scales, and
///   as many at `sum`, also writable.
#[inline(always)]
unsafe fn columns<S: Lanewise, X: Number, const T: usize, const FETCH: bool>(
    s: S,
    list: Listed<'_, X>,
    c: usize,
    sum: *mut f32,
    width: usize,
    carry: Carry,
) {
    let Listed { x, stride, scales, rows, weights } = list;
    let whole = width == T * S::COUNT;
    let mut sums = [s.splat(0.0); T];
    let mut t = 0;
    if let Carry::Continue = carry {
        while t < T {
            // SAFETY: promised by the caller.
            sums[t] = unsafe { if whole { s.load(sum.add(t * S::COUNT)) } else { s.load_first(sum, width) } };
            t += 1;
        }
    }
    let mut r = 0;
    while r < rows.len() && r < weights.len() {
        let weight = s.splat(weights[r]);
        let row = x.wrapping_add(rows[r] as usize * stride);
        // SAFETY: promised by the caller.
        let scale = unsafe { scale::<S, X>(s, scales, rows[r] as usize) };
        t = 0;
        while t < T {
            let at = c + t * S::COUNT;
            // SAFETY: promised by the caller.
            let values = unsafe { if whole { X::load(s, row, at, scale) } else { X::load_first(s, row, at, width, scale) } };
            if FETCH && r % 2 == 1 {
                s.prefetch(word(row, at).cast::<f32>().wrapping_add(AHEAD));
            }
            sums[t] = s.add(sums[t], s.mul(weight, values));
            t += 1;
        }
        r += 1;
    }
    if let Carry::Scaled(factor) = carry {
        let factor = s.splat(factor);
        t = 0;
        while t < T {
            // SAFETY: promised by the caller.
            let before = unsafe { if whole { s.load(sum.add(t * S::COUNT)) } else { s.load_first(sum, width) } };
            sums[t] = s.add(s.mul(before, factor), sums[t]);
            t += 1;
        }
    }
    t = 0;
    while t < T {
        // SAFETY: promised by the caller.
        unsafe { if whole { s.store(sum.add(t * S::COUNT), sums[t]) } else { s.store_first(sum, width, sums[t]) } };
        t += 1;
    }
}

/// Columns from `c` on in tiles of `T` registers; says where the last whole tile ended.
///
/// # Safety
/// - `sum.len()` numbers are readable in each row, and their scales.
#[inline(always)]
unsafe fn tiles<S: Lanewise, X: Number, const T: usize, const FETCH: bool>(
    s: S,
    list: Listed<'_, X>,
    sum: &mut [f32],
    carry: Carry,
    mut c: usize,
) -> usize {
    while sum.len() - c >= T * S::COUNT {
        // SAFETY: T registers of columns lie between c and the end.
        unsafe { columns::<S, X, T, FETCH>(s, list, c, sum.as_mut_ptr().add(c), T * S::COUNT, carry) };
        c += T * S::COUNT;
    }
    c
}

/// All columns of rows that have as many numbers as `sum`. Nothing where a row named does not lie within `data`, or has no scale and needs
/// one.
#[inline(always)]
fn all_columns<S: Simd, X: Number, const FETCH: bool>(
    s: S,
    (data, stride, scales): (&[X], usize, &[f32]),
    (rows, weights): (&[u32], &[f32]),
    sum: &mut [f32],
    carry: Carry,
) {
    let last = largest_row(rows) as usize;
    let end = last.checked_mul(stride).and_then(|begin| begin.checked_add(sum.len().div_ceil(X::EACH)));
    if !matches!(end, Some(end) if end <= data.len()) || (X::SCALED && last >= scales.len()) {
        return;
    }
    let (list, each) = (Listed { x: data.as_ptr(), stride, scales: scales.as_ptr(), rows, weights }, s.each());
    // SAFETY: the last row ends within data, so the others do; so it is with the scales.
    unsafe {
        let mut c = 0;
        if S::COLUMNS >= 8 {
            c = tiles::<S::Each, X, 8, FETCH>(each, list, sum, carry, c);
        }
        // A code being made a number takes registers that numbers do not need.
        if S::COLUMNS >= 8 || (S::COLUMNS >= 4 && !X::SCALED) {
            c = tiles::<S::Each, X, 4, FETCH>(each, list, sum, carry, c);
        }
        if S::COLUMNS >= 2 {
            c = tiles::<S::Each, X, 2, FETCH>(each, list, sum, carry, c);
        }
        c = tiles::<S::Each, X, 1, FETCH>(each, list, sum, carry, c);
        if c < sum.len() {
            let (p, width) = (sum.as_mut_ptr().add(c), sum.len() - c);
            columns::<S::Each, X, 1, false>(each, list, c, p, width, carry);
        }
    }
}

/// The largest of the numbers; the compiler makes vectors of so simple a loop.
#[inline(always)]
pub fn largest_row(rows: &[u32]) -> u32 {
    let (p, n) = (rows.as_ptr(), rows.len());
    let (mut largest, mut r) = (0, 0);
    while r < n {
        // SAFETY: r < n.
        let row = unsafe { *p.add(r) };
        largest = if row > largest { row } else { largest };
        r += 1;
    }
    largest
}

/// Adds row `rows[r]` of `data` (rows are `stride` apart and `sum.len()` long) times `weights[r]` to `sum`, for each `r` in order.
///
/// Does nothing where a row named does not lie within `data`.
#[inline(always)]
pub fn weighted_sum<S: Simd>(s: S, data: &[f32], stride: usize, rows: &[u32], weights: &[f32], sum: &mut [f32]) {
    all_columns::<S, f32, false>(s, (data, stride, &[]), (rows, weights), sum, Carry::Continue);
}

/// `sum <- factor * sum + (the weighted sum of the listed rows)`, of rows that follow each other and were just scored.
///
/// Does nothing where a row named does not lie within `data`.
#[inline(always)]
pub fn weighted_block<S: Simd>(s: S, data: &[f32], stride: usize, rows: &[u32], weights: &[f32], factor: f32, sum: &mut [f32]) {
    let carry = Carry::Scaled(factor);
    if S::FETCHES && fetch::choose(data.len(), stride, true) == fetch::HALF {
        all_columns::<S, f32, true>(s, (data, stride, &[]), (rows, weights), sum, carry);
    } else {
        all_columns::<S, f32, false>(s, (data, stride, &[]), (rows, weights), sum, carry);
    }
}

/// As [`weighted_block`] with a factor, and as [`weighted_sum`] without one, of rows of codes: in bits what the f32 rows that they stand for
/// would give.
#[inline(always)]
pub fn coded_sum<S: Simd, X: Number>(s: S, rows: Coded<'_, X>, list: (&[u32], &[f32]), factor: Option<f32>, sum: &mut [f32]) {
    let carry = match factor {
        Some(factor) => Carry::Scaled(factor),
        None => Carry::Continue,
    };
    if sum.len() <= rows.dim {
        all_columns::<S, X, false>(s, (rows.codes, rows.stride(), rows.scales), list, sum, carry);
    }
}

/// One loop over the columns of `sum` and, for each register of them, the same columns of `other`.
macro_rules! zip_lanes {
    ($S:ty, $s:ident, $sum:ident, $other:ident, |$a:ident, $b:ident| $e:expr) => {{
        let n = if $sum.len() < $other.len() { $sum.len() } else { $other.len() };
        let mut j = 0;
        while j < n {
            let width = if n - j < <$S>::COUNT { n - j } else { <$S>::COUNT };
            let (p, q) = ($sum.as_mut_ptr(), $other.as_ptr());
            // SAFETY: width numbers lie between j and the end of both.
            unsafe {
                if width == <$S>::COUNT {
                    let ($a, $b) = ($s.load(p.add(j)), $s.load(q.add(j)));
                    $s.store(p.add(j), $e);
                } else {
                    let ($a, $b) = ($s.load_first(p.add(j), width), $s.load_first(q.add(j), width));
                    $s.store_first(p.add(j), width, $e);
                }
            }
            j += <$S>::COUNT;
        }
    }};
}

/// `sum <- a * sum + b * other`, three roundings.
#[inline(always)]
pub fn scale_add<S: Simd>(s: S, sum: &mut [f32], a: f32, other: &[f32], b: f32) {
    let s = s.each();
    let (factor, other_factor) = (s.splat(a), s.splat(b));
    zip_lanes!(S::Each, s, sum, other, |x, y| s.add(s.mul(x, factor), s.mul(y, other_factor)));
}

/// `out <- values / by + 0.0`, which leaves no -0.0; true where all are finite.
#[inline(always)]
pub fn divide<S: Simd>(s: S, out: &mut [f32], values: &[f32], by: f32) -> bool {
    let s = s.each();
    let (divisor, zero, one) = (s.splat(by), s.splat(0.0), s.splat(1.0));
    let mut strange = zero;
    zip_lanes!(S::Each, s, out, values, |_old, v| {
        let quotient = s.add(s.div(v, divisor), zero);
        // A finite number minus itself is 0; infinity or NaN minus itself is NaN, which is not below 1.
        strange = s.add(strange, s.select_gt(one, s.sub(quotient, quotient), zero, one));
        quotient
    });
    s.gt(strange, zero) == 0
}
