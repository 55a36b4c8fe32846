//! Dot products, distances, norms: sums over a row, with a query or without.
//!
//! `dot(x, q) = sum_j x_j q_j`, with element `j` in partial sum `j mod 16`, products and sums rounded separately, then the tree.
//! Error: at most `(ceil(D/16) + 5) eps sum_j |x_j q_j| + D 2^-149` (one rounding a product, `ceil(D/16)` additions in a partial sum, four
//! levels of the tree; derived). Tail: the last `D mod 16` numbers are loaded with +0.0 behind them, which changes no partial sum, since
//! none is ever -0.0.
//!
//! The same loop, another [`Term`]: `-sum_j (x_j - q_j)^2`, with one rounding more a term, so at most
//! `(ceil(D/16) + 7) eps sum_j (x_j - q_j)^2 + D 2^-149` (a difference does not underflow); `-sum_j |x_j - q_j|`, with a rounding less, so at
//! most `(ceil(D/16) + 5) eps sum_j |x_j - q_j|`; and `sum_j x_j^2`, with the bound of the dot
//! product of a row with itself. What is added up is chosen by type and leaves nothing behind in the loop.
//!
//! Several rows are scored at once so that each load of the query serves all of them and their additions overlap; how many is the
//! backend's business and changes no bit. Rows that come from memory need to be asked for, into the second-level cache; many row streams at
//! once defeat the hardware's own prefetcher. Where the rows are only scored, they are taken one by one, and memory is asked for [`NEAR`]
//! ahead. Where they are summed afterwards, it is asked for [`AHEAD`], shared between scoring (even rows) and summing (odd rows), so that
//! memory works all the time. Rows that are summed afterwards, and need not be asked for, are scored from the last group to the first: the
//! sum begins at the first row, and a block that is as large as the first-level cache would lose each row there just before its turn
//! (4096 x 128: the recall takes 4 % less).
//!
//! Measured on a loop of the same shape (AVX-512, 100,000 x 128 and 1,000,000 x 64), in times of the plain stream. Scored and summed: 8
//! rows without asking 2.6 to 2.9 and 1.8; 4 rows asking 4 KB ahead into the first level 2.3 to 2.5 and 1.7; 2 rows asking 32 KB ahead into
//! the second level 1.25 to 1.4 and 1.2 to 1.3; 4 rows, shared, 32 KB 1.14 to 1.24 and 1.05 to 1.18; **4 rows, shared, 64 KB 1.15 to 1.19
//! and 1.08 to 1.18**. Only scored, as shares of the stream with pages of 4 KB | 2 MB (also 40,000 x 768): 2 rows asking 64 KB ahead 92 to
//! 98, 96, 123 % | 56, 65, 74 %; **one row, 2 KB ahead, 103, 123, 118 % | 80, 90, 95 %**; the same 16 KB ahead 98, 107, 112 % | 62, 69,
//! 73 %, without asking 107, 126, 96 % | 84, 95, 62 %. With large pages the plain stream is twice as fast, and what is asked for by the
//! program then comes no faster than the first level can keep track of it (15 GB/s); the hardware's own prefetcher, beyond a short lead, is
//! not so bound. Tried and not kept: asking only while summing (1.7 to 1.9); scoring the next block between the accumulations of this one
//! (no gain); scoring one row at a time before summing (as good with small pages, 0.8 to 1.2 times the speed with large ones); asking for
//! one to four lines of the next block with each row that is summed (no gain).

use super::BLOCK;
use super::number::{Number, scale, word};
use crate::simd::{LANES, Lanewise, Simd, Single};

/// How far ahead of the rows being scored memory is asked for, in numbers: 64 KB, a block or more of rows of up to 256 numbers.
pub const AHEAD: usize = 16384;

/// How far ahead where rows are only scored: 2 KB.
pub const NEAR: usize = 512;

/// Where no more than this many numbers follow, they may well be in a cache already, and asking for them costs a load each: 4 MB.
const CACHED: usize = 1 << 20;

/// Which rows behind the ones at hand memory is asked for.
pub mod fetch {
    use super::{AHEAD, BLOCK, CACHED};

    /// None: they are in a cache.
    pub const NONE: u8 = 0;
    /// Every second row; the others are asked for when the rows are summed.
    pub const HALF: u8 = 1;
    /// All of them, a short way ahead: they are taken one by one.
    pub const ALL: u8 = 2;

    /// Which rows to ask for, with `left` numbers to go, if the rows are summed afterwards or not.
    #[inline(always)]
    pub fn choose(left: usize, stride: usize, summed: bool) -> u8 {
        if left <= CACHED {
            NONE
        } else if summed && stride <= AHEAD / BLOCK {
            HALF
        } else {
            ALL
        }
    }
}

/// What is added up over a row.
pub trait Term {
    /// The terms depend on the query.
    const QUERY: bool = true;
    /// The terms of numbers `x` of the row and `q` of the query.
    fn of<S: Lanewise>(s: S, x: S::Lanes, q: S::Lanes) -> S::Lanes;
    /// The score that the sum stands for.
    fn score(sum: f32) -> f32;
}

/// `x q`: the dot product.
pub struct Product;

impl Term for Product {
    #[inline(always)]
    fn of<S: Lanewise>(s: S, x: S::Lanes, q: S::Lanes) -> S::Lanes {
        s.mul(x, q)
    }
    #[inline(always)]
    fn score(sum: f32) -> f32 {
        sum
    }
}

/// `(x - q)^2`: the squared distance, whose score is its negative. A sum of squares is never -0.0, and 0 - 0 is +0.0.
pub struct SquaredDifference;

impl Term for SquaredDifference {
    #[inline(always)]
    fn of<S: Lanewise>(s: S, x: S::Lanes, q: S::Lanes) -> S::Lanes {
        let difference = s.sub(x, q);
        s.mul(difference, difference)
    }
    #[inline(always)]
    fn score(sum: f32) -> f32 {
        0.0 - sum
    }
}

/// `|x - q|`: the Manhattan distance, whose score is its negative. The larger of the difference and 0 less it, so a NaN stays one.
pub struct AbsoluteDifference;

impl Term for AbsoluteDifference {
    #[inline(always)]
    fn of<S: Lanewise>(s: S, x: S::Lanes, q: S::Lanes) -> S::Lanes {
        let difference = s.sub(x, q);
        s.max(difference, s.sub(s.splat(0.0), difference))
    }
    #[inline(always)]
    fn score(sum: f32) -> f32 {
        0.0 - sum
    }
}

/// `x`, whatever the query: the sum itself.
pub struct Plain;

impl Term for Plain {
    const QUERY: bool = false;

    #[inline(always)]
    fn of<S: Lanewise>(_: S, x: S::Lanes, _: S::Lanes) -> S::Lanes {
        x
    }
    #[inline(always)]
    fn score(sum: f32) -> f32 {
        sum
    }
}

/// `x^2`, whatever the query: the squared norm.
pub struct Square;

impl Term for Square {
    const QUERY: bool = false;

    #[inline(always)]
    fn of<S: Lanewise>(s: S, x: S::Lanes, _: S::Lanes) -> S::Lanes {
        s.mul(x, x)
    }
    #[inline(always)]
    fn score(sum: f32) -> f32 {
        sum
    }
}

/// The array of what `$lane` is for each `$j`, written out: each lane in a register of its own.
macro_rules! written_out {
    ($j:ident: $lane:expr) => {
        written_out!(@ $j $lane; 0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15)
    };
    (@ $j:ident $lane:expr; $($number:literal)*) => {
        [$({ const $j: usize = $number; $lane }),*]
    };
}

/// The 16 partial sums of the terms of one row where a register holds one lane.
///
/// # Safety
/// - `dim` numbers are readable at `x`, and at `q` if terms depend on them.
#[inline(always)]
pub unsafe fn lane_by_lane<T: Term, X: Number>(x: *const X, scale: f32, dim: usize, q: *const f32) -> [f32; LANES] {
    let (mut sums, mut j) = ([0.0; LANES], 0);
    while dim - j >= LANES {
        // SAFETY: 16 numbers lie between j and dim.
        sums = written_out!(J: sums[J] + T::of(Single, unsafe { X::load(Single, x, j + J, scale) }, unsafe { query_lanes::<Single, T>(Single, q, j + J) }));
        j += LANES;
    }
    let (mut last, mut k) = (sums, 0);
    while j < dim {
        // SAFETY: j < dim; fewer than 16 are left.
        last[k % LANES] += T::of(Single, unsafe { X::load(Single, x, j, scale) }, unsafe { query_lanes::<Single, T>(Single, q, j) });
        j += 1;
        k += 1;
    }
    last
}

/// Numbers of the query from number `j` on, where the terms depend on them.
///
/// # Safety
/// - As many numbers as there are lanes are readable at `q + j`, if terms depend on them.
#[inline(always)]
unsafe fn query_lanes<S: Lanewise, T: Term>(s: S, q: *const f32, j: usize) -> S::Lanes {
    // SAFETY: promised by the caller.
    if T::QUERY { unsafe { s.load(q.add(j)) } } else { s.splat(0.0) }
}

/// Rows of numbers, or of codes and a scale each: where the first begins, how far apart they are in words, the scales.
#[derive(Clone, Copy)]
struct Table<X> {
    x: *const X,
    stride: usize,
    scales: *const f32,
}

/// The 16 partial sums of the terms of `R` rows.
///
/// # Safety
/// - Row `r` of `R` begins at `x + r * stride`, and `dim` numbers are readable there, and at `q` if terms depend on them, and the scales of `R` rows.
#[inline(always)]
unsafe fn partial_sums<S: Simd, T: Term, X: Number, const R: usize, const FETCH: u8>(
    s: S,
    Table { x, stride, scales }: Table<X>,
    dim: usize,
    q: *const f32,
) -> [S::Lanes; R] {
    if S::ONE_BY_ONE {
        // SAFETY: promised by the caller; the arrays hold 16 numbers.
        return unsafe {
            let mut sums = [s.load(lane_by_lane::<T, X>(x, scale::<Single, X>(Single, scales, 0), dim, q).as_ptr()); R];
            let mut r = 1;
            while r < R {
                sums[r] = s.load(lane_by_lane::<T, X>(x.add(r * stride), scale::<Single, X>(Single, scales, r), dim, q).as_ptr());
                r += 1;
            }
            sums
        };
    }
    let (mut sums, mut scaled, mut r) = ([s.splat(0.0); R], [s.splat(1.0); R], 0);
    while r < R {
        // SAFETY: promised by the caller.
        scaled[r] = unsafe { scale::<S, X>(s, scales, r) };
        r += 1;
    }
    let full = dim - dim % LANES;
    let mut j = 0;
    if R == 1 {
        // A single row has nothing beside it to hide the loop's own instructions behind.
        while full - j >= 4 * LANES {
            let mut k = 0;
            while k < 4 {
                let at = j + k * LANES;
                if FETCH == fetch::ALL {
                    s.prefetch(word(x, at).cast::<f32>().wrapping_add(NEAR));
                }
                // SAFETY: j + 64 <= dim.
                let (query, row) = unsafe { (query_lanes::<S, T>(s, q, at), X::load(s, x, at, scaled[0])) };
                sums[0] = s.add(sums[0], T::of(s, row, query));
                k += 1;
            }
            j += 4 * LANES;
        }
    }
    while j < full {
        // SAFETY: j + 16 <= dim.
        let query = unsafe { query_lanes::<S, T>(s, q, j) };
        r = 0;
        while r < R {
            let row = x.wrapping_add(r * stride);
            if FETCH == fetch::ALL {
                s.prefetch(word(row, j).cast::<f32>().wrapping_add(NEAR));
            } else if FETCH == fetch::HALF && r % 2 == 0 {
                s.prefetch(word(row, j).cast::<f32>().wrapping_add(AHEAD));
            }
            // SAFETY: as above.
            sums[r] = s.add(sums[r], T::of(s, unsafe { X::load(s, row, j, scaled[r]) }, query));
            r += 1;
        }
        j += LANES;
    }
    if full < dim {
        // SAFETY: dim - full numbers are left.
        let query = if T::QUERY { unsafe { s.load_first(q.add(full), dim - full) } } else { s.splat(0.0) };
        r = 0;
        while r < R {
            // SAFETY: as above.
            let row = unsafe { X::load_first(s, x.add(r * stride), full, dim - full, scaled[r]) };
            sums[r] = s.add(sums[r], T::of(s, row, query));
            r += 1;
        }
    }
    sums
}

/// The dot product of the common part of `a` and `b`.
#[inline(always)]
pub fn dot<S: Simd>(s: S, a: &[f32], b: &[f32]) -> f32 {
    let dim = if a.len() < b.len() { a.len() } else { b.len() };
    // SAFETY: dim numbers are readable in both.
    let [sum] = unsafe {
        let row = Table { x: a.as_ptr(), stride: 0, scales: a.as_ptr() };
        partial_sums::<S, Product, f32, 1, { fetch::NONE }>(s, row, dim, b.as_ptr())
    };
    s.sum(sum)
}

/// Scores of rows `from..to` in groups of `R`, the last group first where `down` says so; says where the last full group ended.
///
/// # Safety
/// - Row `i < to` begins at `x + i * stride`; `dim` numbers are readable there, and at `q` if terms depend on them, its scale, and `to` writable at `out`.
#[inline(always)]
unsafe fn groups<S: Simd, T: Term, X: Number, const R: usize, const FETCH: u8>(
    s: S,
    table: Table<X>,
    (q, dim): (*const f32, usize),
    (from, to): (usize, usize),
    out: *mut f32,
    down: bool,
) -> usize {
    let end = to - (to - from) % R;
    let mut done = from;
    while done < end {
        let from = if down { end - R - (done - from) } else { done };
        let group = Table { x: table.x.wrapping_add(from * table.stride), scales: table.scales.wrapping_add(from), ..table };
        // SAFETY: promised by the caller.
        let sums = unsafe { partial_sums::<S, T, X, R, FETCH>(s, group, dim, q) };
        let mut r = 0;
        while r + 4 <= R {
            let mut four = s.sum4([sums[r], sums[r + 1], sums[r + 2], sums[r + 3]]).to_array();
            let mut k = 0;
            while k < 4 {
                four[k] = T::score(four[k]);
                k += 1;
            }
            // SAFETY: from + r + 4 <= to.
            unsafe { out.add(from + r).cast::<[f32; 4]>().write(four) };
            r += 4;
        }
        while r < R {
            // SAFETY: from + r < to.
            unsafe { out.add(from + r).write(T::score(s.sum(sums[r]))) };
            r += 1;
        }
        done += R;
    }
    end
}

/// Scores of as many rows of `dim` numbers, `stride` words apart, as `data`, `scales` (of codes) and `out` hold; memory is asked for as
/// `summed` says, or not at all.
///
/// # Safety
/// - `dim` numbers are readable at `q`, if terms depend on them.
#[inline(always)]
unsafe fn score_rows<S: Simd, T: Term, X: Number>(
    s: S,
    (data, stride, scales): (&[X], usize, &[f32]),
    (q, dim): (*const f32, usize),
    out: &mut [f32],
    summed: Option<bool>,
) {
    let words = dim.div_ceil(X::EACH);
    if stride == 0 || data.len() < words {
        return;
    }
    let held = (data.len() - words) / stride + 1;
    let held = if X::SCALED && scales.len() < held { scales.len() } else { held };
    let rows = if out.len() < held { out.len() } else { held };
    let (x, q, y) = (Table { x: data.as_ptr(), stride, scales: scales.as_ptr() }, (q, dim), out.as_mut_ptr());
    let fetch = if let (true, Some(summed)) = (S::FETCHES, summed) { fetch::choose(data.len(), stride, summed) } else { fetch::NONE };
    let down = summed == Some(true) && fetch == fetch::NONE;
    // SAFETY: row i < rows ends at i * stride + words <= data.len(), and rows <= out.len(); the query is the caller's promise.
    unsafe {
        let mut from = 0;
        match fetch {
            fetch::HALF if S::ROWS >= 4 => from = groups::<S, T, X, 4, { fetch::HALF }>(s, x, q, (from, rows), y, down),
            fetch::HALF => from = groups::<S, T, X, 2, { fetch::HALF }>(s, x, q, (from, rows), y, down),
            fetch::ALL => from = groups::<S, T, X, 1, { fetch::ALL }>(s, x, q, (from, rows), y, down),
            _ => {
                if S::ROWS >= 8 {
                    from = groups::<S, T, X, 8, { fetch::NONE }>(s, x, q, (from, rows), y, down);
                }
                // A code being made a number takes registers that four rows of numbers do not need.
                if S::ROWS >= 8 || (S::ROWS >= 4 && !X::SCALED) {
                    from = groups::<S, T, X, 4, { fetch::NONE }>(s, x, q, (from, rows), y, down);
                }
                if S::ROWS >= 2 {
                    from = groups::<S, T, X, 2, { fetch::NONE }>(s, x, q, (from, rows), y, down);
                }
            }
        }
        groups::<S, T, X, 1, { fetch::NONE }>(s, x, q, (from, rows), y, down);
    }
}

/// `out[i] = dot(row i, query)` for as many rows of `query.len()` numbers, `stride` apart, as `data` and `out` hold; `summed` says that the
/// rows are handed to [`weighted_block`](super::weighted_block) next.
#[inline(always)]
pub fn scores<S: Simd>(s: S, data: &[f32], stride: usize, query: &[f32], out: &mut [f32], summed: bool) {
    // SAFETY: as many numbers as the query has are readable there.
    unsafe { score_rows::<S, Product, f32>(s, (data, stride, &[]), (query.as_ptr(), query.len()), out, Some(summed)) }
}

/// `out[i] = 0 - |row i - query|^2`, of the same rows as [`scores`].
#[inline(always)]
pub fn distances<S: Simd>(s: S, data: &[f32], stride: usize, query: &[f32], out: &mut [f32], summed: bool) {
    // SAFETY: as many numbers as the query has are readable there.
    unsafe { score_rows::<S, SquaredDifference, f32>(s, (data, stride, &[]), (query.as_ptr(), query.len()), out, Some(summed)) }
}

/// `out[i] = 0 - sum_j |row i_j - query_j|`, of the same rows as [`scores`].
#[inline(always)]
pub fn manhattan<S: Simd>(s: S, data: &[f32], stride: usize, query: &[f32], out: &mut [f32]) {
    // SAFETY: as many numbers as the query has are readable there.
    unsafe { score_rows::<S, AbsoluteDifference, f32>(s, (data, stride, &[]), (query.as_ptr(), query.len()), out, Some(false)) }
}

/// `out[i] = |row i|^2` of the same rows, `dim` numbers each, as [`scores`], which has just read them: memory is asked for nothing.
#[inline(always)]
pub fn square_norms<S: Simd>(s: S, data: &[f32], stride: usize, dim: usize, out: &mut [f32]) {
    // SAFETY: nothing is read there.
    unsafe { score_rows::<S, Square, f32>(s, (data, stride, &[]), (data.as_ptr(), dim), out, None) }
}

/// Rows of codes, one behind the other: a row is `dim` numbers in whole words, and has a scale.
#[derive(Clone, Copy, Debug)]
pub struct Coded<'a, X> {
    /// The words.
    pub codes: &'a [X],
    /// What the codes of each row are multiplied by.
    pub scales: &'a [f32],
    /// Numbers in a row.
    pub dim: usize,
}

impl<X: Number> Coded<'_, X> {
    /// Words of a row.
    pub const fn stride(&self) -> usize {
        self.dim.div_ceil(X::EACH)
    }
}

/// How a row of codes and a query are compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Comparison {
    /// Their dot product.
    Product,
    /// The negative square of their distance.
    SquaredDistance,
    /// Their negative Manhattan distance.
    Manhattan,
    /// The row's squared norm, whatever the query.
    SquareNorm,
}

/// Scores of as many rows as there are, and as `out` holds: in bits those of the f32 rows that the codes stand for. Nothing where the query
/// is too short.
#[inline(always)]
pub fn coded_scores<S: Simd, X: Number>(s: S, rows: Coded<'_, X>, query: &[f32], out: &mut [f32], comparison: Comparison) {
    let (table, q) = ((rows.codes, rows.stride(), rows.scales), (query.as_ptr(), rows.dim));
    if query.len() < rows.dim && comparison != Comparison::SquareNorm {
        return;
    }
    // SAFETY: the query has as many numbers as a row, where they are looked at.
    unsafe {
        match comparison {
            Comparison::Product => score_rows::<S, Product, X>(s, table, q, out, None),
            Comparison::SquaredDistance => score_rows::<S, SquaredDifference, X>(s, table, q, out, None),
            Comparison::Manhattan => score_rows::<S, AbsoluteDifference, X>(s, table, q, out, None),
            Comparison::SquareNorm => score_rows::<S, Square, X>(s, table, q, out, None),
        }
    }
}
