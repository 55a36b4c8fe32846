//! Integer products of codes with a query of integers, and the bounds on scores that they give.
//!
//! `out_i = scale_i * by * sum_j code_ij k_j`. The sum is one of integers, in any order and any number of lanes: the same on every backend.
//! Then three numbers are multiplied in f64, where the product of a sum of 31 bits and two scales of 24 is within 2^-52 of itself, and the
//! outcome is rounded to f32 once.
//!
//! Bytes are widened to 16 bits and multiplied in pairs (`madd`, VNNI's `dpwssd`, NEON's `smull`): sums of two bytes' products would not fit
//! in the 16 bits that `maddubs` has. A row of codes is a fourth, or a 32nd, of one of f32, and memory is what a scan waits for: four rows at
//! once share the query and the end of their sums, and memory is asked for [`AHEAD`] (none, 2 KB and 8 KB: 2.5, 2.9 and 3.0 times the speed
//! of plain recall from 1,000,000 x 64).

use super::dot::Coded;
use super::number::{Number, SignBits, first_words};
use crate::simd::{LANES, Simd};

/// How far ahead memory is asked for, in bytes, and how much comes at once.
const AHEAD: usize = 8192;
const LINE: usize = 64;

/// A code whose products with integers are integers.
pub trait Whole: Number {
    /// The largest absolute code.
    const LARGEST: i64;

    /// `counts` plus the products of numbers `j..j + 16` of the row with 16 of the query.
    ///
    /// # Safety
    /// - The codes of these numbers are readable, and 16 integers at `q`.
    unsafe fn add<S: Simd>(s: S, counts: S::Counts, row: *const Self, j: usize, q: *const i16) -> S::Counts;

    /// The same of the last `n` numbers, fewer than 16; the query is zero behind them.
    ///
    /// # Safety
    /// - The codes of these numbers are readable, and 16 integers at `q`.
    unsafe fn add_last<S: Simd>(s: S, counts: S::Counts, row: *const Self, j: usize, n: usize, q: *const i16) -> S::Counts;
}

impl Whole for i8 {
    const LARGEST: i64 = 128;

    #[inline(always)]
    unsafe fn add<S: Simd>(s: S, counts: S::Counts, row: *const i8, j: usize, q: *const i16) -> S::Counts {
        // SAFETY: promised by the caller.
        unsafe { s.add_products(counts, row.add(j), q) }
    }
    #[inline(always)]
    unsafe fn add_last<S: Simd>(s: S, counts: S::Counts, row: *const i8, j: usize, n: usize, q: *const i16) -> S::Counts {
        // SAFETY: promised by the caller; the words have 16 codes.
        unsafe { s.add_products(counts, first_words::<{ LANES / 8 }>(row.add(j).cast(), n).as_ptr().cast(), q) }
    }
}

impl Whole for SignBits {
    const LARGEST: i64 = 1;

    #[inline(always)]
    unsafe fn add<S: Simd>(s: S, counts: S::Counts, row: *const SignBits, j: usize, q: *const i16) -> S::Counts {
        // SAFETY: promised by the caller.
        unsafe { s.add_signed(counts, row.add(j / LANES).read().0, q) }
    }
    #[inline(always)]
    unsafe fn add_last<S: Simd>(s: S, counts: S::Counts, row: *const SignBits, j: usize, _: usize, q: *const i16) -> S::Counts {
        // SAFETY: promised by the caller; a word is whole, and what the query has behind the last number is zero.
        unsafe { Self::add(s, counts, row, j, q) }
    }
}

/// `out[i] = scale_i * by * sum_j code_ij query_j` for as many rows as there are, and as `out` holds. `query` has integers of absolute
/// value below 2^15, zero behind the row's numbers up to a multiple of 16; it is too short, or the sum of their absolute values times the
/// largest code's too large for 31 bits, in the caller's responsibility: nothing is done, or sums wrap.
#[inline(always)]
pub fn products<S: Simd, X: Whole>(s: S, rows: Coded<'_, X>, query: &[i16], by: f64, out: &mut [f32]) {
    let (stride, dim) = (rows.stride(), rows.dim);
    if dim == 0 || query.len() < dim.next_multiple_of(LANES) {
        return;
    }
    let held = rows.codes.len() / stride;
    let held = if rows.scales.len() < held { rows.scales.len() } else { held };
    let count = if out.len() < held { out.len() } else { held };
    let (scales, out) = (rows.scales.as_ptr(), out.as_mut_ptr());
    let mut i = 0;
    // SAFETY: rows i to i + 4, and i, lie within the codes, their scales within the scales and their outcomes within out; the query goes on
    // to a multiple of 16.
    unsafe {
        while count - i >= 4 {
            let sums = sums::<S, X, 4>(s, rows.codes.as_ptr().add(i * stride), stride, dim, query.as_ptr());
            let (sums, mut r) = (s.total4(sums), 0);
            while r < 4 {
                out.add(i + r).write((f64::from(sums[r]) * (f64::from(scales.add(i + r).read()) * by)) as f32);
                r += 1;
            }
            i += 4;
        }
        while i < count {
            let [sum] = sums::<S, X, 1>(s, rows.codes.as_ptr().add(i * stride), stride, dim, query.as_ptr());
            out.add(i).write((f64::from(s.total(sum)) * (f64::from(scales.add(i).read()) * by)) as f32);
            i += 1;
        }
    }
}

/// The sums of the products of `R` rows with the query.
///
/// # Safety
/// - Row `r` of `R` begins at `x + r * stride`, and `dim` numbers are readable there, and at `q` up to the next multiple of 16.
#[inline(always)]
unsafe fn sums<S: Simd, X: Whole, const R: usize>(s: S, x: *const X, stride: usize, dim: usize, q: *const i16) -> [S::Counts; R] {
    let (mut counts, full, mut j) = ([s.no_counts(); R], dim - dim % LANES, 0);
    while j < full {
        let mut r = 0;
        while r < R {
            let row = x.wrapping_add(r * stride);
            if S::FETCHES && j.is_multiple_of(LINE * X::EACH / size_of::<X>()) {
                s.prefetch(row.wrapping_add(j / X::EACH).cast::<u8>().wrapping_add(AHEAD).cast());
            }
            // SAFETY: j + 16 <= dim.
            counts[r] = unsafe { X::add(s, counts[r], row, j, q.add(j)) };
            r += 1;
        }
        j += LANES;
    }
    if full < dim {
        let mut r = 0;
        while r < R {
            // SAFETY: dim - full numbers are left.
            counts[r] = unsafe { X::add_last(s, counts[r], x.wrapping_add(r * stride), full, dim - full, q.add(full)) };
            r += 1;
        }
    }
    counts
}

/// What errors, rests and nothing at all add to the doubt about a score.
#[derive(Clone, Copy, Debug)]
pub struct Doubt {
    /// A row's residual times this.
    pub residual: f32,
    /// A row's rest times this.
    pub rest: f32,
    /// Whatever the row.
    pub any: f32,
}

/// Turns approximate scores into upper bounds, `c + doubt`, in place, with `doubt = residual_i d.residual + rest_i d.rest + d.any`; says the
/// largest lower bound `c - doubt`, and the largest upper one. `rests` may be empty. Roundings to nearest: [`Doubt`] has room for them.
#[inline(always)]
pub fn raise<S: Simd>(s: S, scores: &mut [f32], residuals: &[f32], rests: &[f32], doubt: Doubt) -> (f32, f32) {
    let n = if scores.len() < residuals.len() { scores.len() } else { residuals.len() };
    if rests.is_empty() {
        return raise_first::<S, false>(s, (scores, residuals, residuals), n, doubt);
    }
    let n = if rests.len() < n { rests.len() } else { n };
    raise_first::<S, true>(s, (scores, residuals, rests), n, doubt)
}

/// [`raise`] of the first `n` scores, of which there are as many residuals and rests. A last part that fills no register is taken by way of
/// memory, where lanes of minus infinity stand behind it.
#[inline(always)]
fn raise_first<S: Simd, const REST: bool>(
    s: S,
    (scores, residuals, rests): (&mut [f32], &[f32], &[f32]),
    n: usize,
    doubt: Doubt,
) -> (f32, f32) {
    let by = [s.splat(doubt.residual), s.splat(doubt.rest), s.splat(doubt.any)];
    let (mut lower, mut upper) = (s.splat(f32::NEG_INFINITY), s.splat(f32::NEG_INFINITY));
    let (c, r, t) = (scores.as_mut_ptr(), residuals.as_ptr(), rests.as_ptr());
    let (full, mut i) = (n - n % LANES, 0);
    // SAFETY: 16 numbers lie between i and the end of each, and n - full behind full; the array has 16.
    unsafe {
        while i < full {
            let score = s.load(c.add(i));
            let doubt = doubt_of::<S, REST>(s, s.load(r.add(i)), s.load(t.add(i)), by);
            let raised = s.add(score, doubt);
            lower = s.max(s.sub(score, doubt), lower);
            upper = s.max(raised, upper);
            s.store(c.add(i), raised);
            i += LANES;
        }
        if full < n {
            let (mut lanes, mut k) = ([f32::NEG_INFINITY; LANES], 0);
            // Both are said, as the smallest code does not see that the second says the first.
            while k < LANES && full + k < n {
                lanes[k] = c.add(full + k).read();
                k += 1;
            }
            let score = s.load(lanes.as_ptr());
            let doubt = doubt_of::<S, REST>(s, s.load_first(r.add(full), n - full), s.load_first(t.add(full), n - full), by);
            let raised = s.add(score, doubt);
            lower = s.max(s.sub(score, doubt), lower);
            upper = s.max(raised, upper);
            s.store_first(c.add(full), n - full, raised);
        }
    }
    (s.largest(lower), s.largest(upper))
}

/// What residuals and, where there are any, rests add up to.
#[inline(always)]
fn doubt_of<S: Simd, const REST: bool>(s: S, residual: S::Lanes, rest: S::Lanes, [by_residual, by_rest, any]: [S::Lanes; 3]) -> S::Lanes {
    let doubt = s.add(s.mul(residual, by_residual), any);
    if REST { s.add(doubt, s.mul(rest, by_rest)) } else { doubt }
}
