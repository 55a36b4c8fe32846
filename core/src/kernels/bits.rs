//! Sums over rows of bits: how far rows agree with a state, and, column by column, the sum of the weights of the rows whose bit is set.
//!
//! *Overlaps.* `<xi, s> = N - 2 popcount(xi ^ s)`.
//!
//! *Column sums.* `A_i = sum_r w_r xi_ri` for integer weights, modulo 2^64. A tile of 64 W columns is a row's W words; sums stand
//! *vertically*, one bit of each column's number a plane, and are added by full adders of three operations on words (sum `a ^ b ^ c`, carry
//! the majority). A weight is a sum of few powers of two with signs, its non-adjacent form, which has a third as many digits as places. Rows
//! come in runs of equal weight:
//!
//! - a long run is counted once, eight rows a turn by seven adders, and its count is added or subtracted at each digit of the weight;
//! - rows of short runs are taken 64 at a time, and those that have a digit in common are counted and added there together.
//!
//! At the end 64 planes of 64 columns are turned into 64 numbers by transposing the matrix of bits. Integer arithmetic: any order of rows,
//! and any backend, gives the same sums. The loops over the words of a tile are plain ones that the compiler makes vectors of.

use crate::simd::Simd;

/// Rows that are taken together where runs are short: one a bit of a word.
const TOGETHER: usize = 64;
/// Runs of so many rows are counted by themselves: then their count costs less at each digit than the rows do.
const LONG: usize = 16;
/// Words in the widest tile: a cache line, where there is one.
pub const TILE: usize = if cfg!(target_pointer_width = "64") { 8 } else { 1 };
/// Planes of a sum.
const PLANES: usize = 64;
/// Planes of a count of rows.
const COUNT_PLANES: usize = 32;

/// The rows of a memory by groups of equal weight.
#[derive(Clone, Copy, Debug)]
pub struct Weighted<'a> {
    /// Rows, those of one run behind the other.
    pub rows: &'a [u32],
    /// Where each run ends in `rows`.
    pub ends: &'a [u32],
    /// The weight of each run.
    pub weights: &'a [i64],
}

/// `N - 2 popcount(row ^ state)` for each row of `state.len()` words; of the last word the bits in `last` count.
#[inline(always)]
pub fn bit_overlaps<S: Simd>(_s: S, words: &[u64], state: &[u64], last: u64, neurons: i32, out: &mut [i32]) {
    let Some((&state_last, state)) = state.split_last() else { return };
    let stride = state.len() + 1;
    let (mut rest, mut r) = (words, 0);
    while r < out.len() {
        let Some((row, behind)) = rest.split_at_checked(stride) else { return };
        rest = behind;
        let Some((&row_last, row)) = row.split_last() else { return };
        let (mut apart, mut j) = (((row_last ^ state_last) & last).count_ones() as u64, 0);
        while j < row.len() && j < state.len() {
            apart += (row[j] ^ state[j]).count_ones() as u64;
            j += 1;
        }
        out[r] = neurons.wrapping_sub((2 * apart) as i32);
        r += 1;
    }
}

/// The sums of the columns of as many words as `sums` has 64 numbers, from word `from` of each row on.
#[inline(always)]
pub fn bit_sums<S: Simd>(_s: S, words: &[u64], stride: usize, from: usize, weighted: Weighted<'_>, sums: &mut [i64]) {
    let (height, wanted, mut done) = (height(weighted), sums.len() / 64, 0);
    while done < wanted {
        let (left, place) = (wanted - done, (words, stride, from + done));
        let width = if left >= TILE {
            TILE
        } else if TILE > 4 && left >= 4 {
            4
        } else {
            1
        };
        if let Some(tile) = sums.get_mut(64 * done..64 * (done + width)) {
            if width == TILE {
                columns::<TILE>(place, weighted, height, tile);
            } else if width == 4 {
                columns::<4>(place, weighted, height, tile);
            } else {
                columns::<1>(place, weighted, height, tile);
            }
        }
        done += width;
    }
}

/// Planes that the sums, part by part, need with their sign: the others are the same as the last of these.
#[inline(always)]
fn height(weighted: Weighted<'_>) -> usize {
    let (mut largest, mut run, mut begin) = (0u64, 0, 0);
    while run < weighted.ends.len() && run < weighted.weights.len() {
        let (end, weight) = (weighted.ends[run], weighted.weights[run].unsigned_abs());
        largest = largest.saturating_add(weight.saturating_mul(u64::from(end.saturating_sub(begin))));
        (run, begin) = (run + 1, end);
    }
    let height = 65 - largest.leading_zeros() as usize;
    if height < PLANES { height } else { PLANES }
}

/// Vertical sums of a tile, of which so many planes are kept.
struct Sums<const W: usize> {
    planes: [[u64; W]; PLANES],
    height: usize,
}

/// Where a tile lies: the words, how many a row has, and which of them is the tile's first.
type Place<'a> = (&'a [u64], usize, usize);

/// The sums of one tile.
#[inline(always)]
fn columns<const W: usize>(place: Place<'_>, weighted: Weighted<'_>, height: usize, sums: &mut [i64]) {
    let mut vertical = Sums { planes: [[0; W]; PLANES], height };
    let (mut short, mut pending) = (Short::new(), 0);
    let (mut run, mut begin) = (0, 0);
    while run < weighted.ends.len() && run < weighted.weights.len() {
        let (end, weight) = (weighted.ends[run] as usize, weighted.weights[run]);
        if let Some(rows) = weighted.rows.get(begin..end)
            && weight != 0
        {
            if rows.len() >= LONG {
                add_run(place, rows, weight, &mut vertical);
            } else {
                let mut r = 0;
                while r < rows.len() {
                    short.set(pending, rows[r], weight);
                    pending += 1;
                    if pending == TOGETHER {
                        add_short(place, &mut short, pending, &mut vertical);
                        pending = 0;
                    }
                    r += 1;
                }
            }
        }
        (run, begin) = (run + 1, end);
    }
    add_short(place, &mut short, pending, &mut vertical);
    let mut w = 0;
    while w < W {
        let (mut square, mut p) = ([0; 64], 0usize);
        while p < PLANES {
            square[p] = vertical.planes[if p < height { p } else { height - 1 } % PLANES][w];
            p += 1;
        }
        transpose(&mut square);
        let (mut i, base) = (0, 64 * w);
        while i < 64 && base + i < sums.len() {
            sums[base + i] = square[i] as i64;
            i += 1;
        }
        w += 1;
    }
}

/// The digits of the non-adjacent form: the powers of two that are added and those that are subtracted, modulo 2^64.
#[inline(always)]
fn digits(weight: i64) -> (u64, u64) {
    let x = weight.unsigned_abs();
    let half = x >> 1;
    let sum = x.wrapping_add(half);
    let nonzero = half ^ sum;
    let (added, subtracted) = (sum & nonzero, half & nonzero);
    if weight < 0 { (subtracted, added) } else { (added, subtracted) }
}

/// Counts a run once, and adds the count at each digit of its weight.
#[inline(always)]
fn add_run<const W: usize>(place: Place<'_>, rows: &[u32], weight: i64, sums: &mut Sums<W>) {
    let mut counts = [[0; W]; COUNT_PLANES];
    let used = count(place, rows, &mut counts);
    let (added, subtracted) = digits(weight);
    let mut left = added | subtracted;
    while left != 0 {
        let level = left.trailing_zeros() as usize;
        let negative = if subtracted >> level & 1 == 1 { u64::MAX } else { 0 };
        add(&counts, used, level, negative, sums);
        left &= left - 1;
    }
}

/// Rows of short runs, with the digits of their weights.
struct Short {
    rows: [u32; TOGETHER],
    added: [u64; TOGETHER],
    subtracted: [u64; TOGETHER],
}

impl Short {
    #[inline(always)]
    fn new() -> Self {
        Self { rows: [0; TOGETHER], added: [0; TOGETHER], subtracted: [0; TOGETHER] }
    }
    #[inline(always)]
    fn set(&mut self, at: usize, row: u32, weight: i64) {
        let at = at % TOGETHER;
        (self.rows[at], (self.added[at], self.subtracted[at])) = (row, digits(weight));
    }
}

/// Adds the first `pending` rows, level by level, and forgets them.
#[inline(always)]
fn add_short<const W: usize>(place: Place<'_>, short: &mut Short, pending: usize, sums: &mut Sums<W>) {
    if pending == 0 {
        return;
    }
    transpose(&mut short.added);
    transpose(&mut short.subtracted);
    let mut level = 0;
    while level < PLANES {
        add_listed(place, &short.rows, short.added[level], level, 0, sums);
        add_listed(place, &short.rows, short.subtracted[level], level, u64::MAX, sums);
        level += 1;
    }
    (short.added, short.subtracted) = ([0; TOGETHER], [0; TOGETHER]);
}

/// Counts the rows that the bits of `which` name, and adds the count at a level.
#[inline(always)]
fn add_listed<const W: usize>(place: Place<'_>, rows: &[u32; TOGETHER], which: u64, level: usize, negative: u64, sums: &mut Sums<W>) {
    let (mut list, mut listed, mut left) = ([0; TOGETHER], 0, which);
    while left != 0 {
        list[listed % TOGETHER] = rows[left.trailing_zeros() as usize % TOGETHER];
        listed += 1;
        left &= left - 1;
    }
    if let Some(list) = list.get(..listed)
        && listed > 0
    {
        let mut counts = [[0; W]; COUNT_PLANES];
        let used = count(place, list, &mut counts);
        add(&counts, used, level, negative, sums);
    }
}

/// The W words of a row; nothing where there are none.
#[inline(always)]
fn tile<const W: usize>((words, stride, from): Place<'_>, row: u32) -> [u64; W] {
    let begin = (row as usize).wrapping_mul(stride).wrapping_add(from);
    match words.get(begin..) {
        Some(rest) => match rest.first_chunk::<W>() {
            Some(tile) => *tile,
            None => [0; W],
        },
        None => [0; W],
    }
}

/// Adds three bits of equal place in each column: the sum stays in `a`, the carry is given back.
#[inline(always)]
fn full<const W: usize>(a: &mut [u64; W], b: &[u64; W], c: &[u64; W]) -> [u64; W] {
    let (mut carry, mut j) = ([0; W], 0);
    while j < W {
        let either = a[j] ^ b[j];
        carry[j] = (a[j] & b[j]) | (either & c[j]);
        a[j] = either ^ c[j];
        j += 1;
    }
    carry
}

/// Counts the set bits of the columns of these rows, into as many planes as their number needs; says how many.
#[inline(always)]
fn count<const W: usize>(place: Place<'_>, rows: &[u32], counts: &mut [[u64; W]; COUNT_PLANES]) -> usize {
    let used = (u32::BITS - (rows.len() as u32).leading_zeros()) as usize;
    let ([mut ones, mut twos, mut fours], mut r) = ([[0; W]; 3], 0);
    while r < rows.len() {
        let (mut eight, mut k) = ([[0; W]; 8], 0);
        while k < 8 {
            if r + k < rows.len() {
                eight[k] = tile(place, rows[r + k]);
            }
            k += 1;
        }
        let [a, b, c, d, e, f, g, h] = &eight;
        let (two_a, two_b) = (full(&mut ones, a, b), full(&mut ones, c, d));
        let four_a = full(&mut twos, &two_a, &two_b);
        let (two_a, two_b) = (full(&mut ones, e, f), full(&mut ones, g, h));
        let four_b = full(&mut twos, &two_a, &two_b);
        let mut carry = full(&mut fours, &four_a, &four_b);
        let mut p = 3;
        while p < used && p < COUNT_PLANES {
            carry = full(&mut counts[p], &carry, &[0; W]);
            p += 1;
        }
        r += 8;
    }
    (counts[0], counts[1], counts[2]) = (ones, twos, fours);
    used
}

/// Adds the count times 2^level to the sums; subtracts it where `negative` is all ones: the carry is a borrow then.
#[inline(always)]
fn add<const W: usize>(counts: &[[u64; W]; COUNT_PLANES], used: usize, level: usize, negative: u64, sums: &mut Sums<W>) {
    let (mut carry, mut p) = ([0; W], 0);
    while p < used && p < COUNT_PLANES && level + p < sums.height && level + p < PLANES {
        let (plane, count, mut j) = (&mut sums.planes[level + p], &counts[p], 0);
        while j < W {
            let (a, b, c) = (plane[j], count[j], carry[j]);
            plane[j] = a ^ b ^ c;
            carry[j] = (b & c) | ((a ^ negative) & (b ^ c));
            j += 1;
        }
        p += 1;
    }
    while level + p < sums.height && level + p < PLANES {
        let (plane, mut j) = (&mut sums.planes[level + p], 0);
        while j < W {
            let (a, c) = (plane[j], carry[j]);
            plane[j] = a ^ c;
            carry[j] = (a ^ negative) & c;
            j += 1;
        }
        p += 1;
    }
}

/// Transposes a matrix of bits: bit `j` of word `i` becomes bit `i` of word `j`. Warren, Hacker's Delight, 7-3.
#[inline(always)]
fn transpose(square: &mut [u64; 64]) {
    let (mut apart, mut mask) = (32, 0xFFFF_FFFF_u64);
    while apart != 0 {
        let mut block = 0;
        while block < 64 {
            let mut i = block;
            while i < block + apart && i + apart < 64 {
                let swapped = (square[i] >> apart ^ square[i + apart]) & mask;
                square[i + apart] ^= swapped;
                square[i] ^= swapped << apart;
                i += 1;
            }
            block += 2 * apart;
        }
        apart /= 2;
        mask ^= mask << apart;
    }
}
