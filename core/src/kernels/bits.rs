//! Sums over rows of bits: how far rows agree with a state, and, column by column, the sum of the weights of the rows whose bit is set.
//!
//! *Overlaps.* `<xi, s> = N - 2 popcount(xi ^ s)`.
//!
//! *Column sums.* `A_i = sum_r w_r xi_ri` for integer weights, modulo 2^64. A tile is a few words of a row; sums stand
//! *vertically*, one bit of each column's number a plane, and are added by full adders on words (sum `a ^ b ^ c`, carry the majority). A
//! weight is a sum of few powers of two with signs, its non-adjacent form, which has a third as many digits as places. Rows come in runs of
//! equal weight. A long run is counted first, eight rows a turn by seven adders, and the planes of its count are words with weights of their
//! own, twice as large from one to the next; a row of a short run is a word. Words are taken 64 at a time, and sorted by the powers of two in
//! their weights; from the lowest power up, two words and the plane of that power make the plane and a carry to the next. What is subtracted
//! is added with every bit turned, and a constant is left: `-x = not x - 1`.
//!
//! At the end 64 planes of 64 columns are turned into 64 numbers by transposing the matrix of bits. Integer arithmetic: any order of rows,
//! and any backend, gives the same sums.

use super::weighted_sum::largest_row;
use crate::simd::{Baseline, Simd};

/// Words whose digits are sorted together: one a bit of a word.
const TOGETHER: usize = 64;
/// The most digits that they have: of two neighbouring places at most one is not zero.
const DIGITS: usize = TOGETHER * PLANES.div_ceil(2);
/// Runs of so many rows are counted by themselves: then their count costs less at each digit than the rows do.
const LONG: usize = 8;
/// Tiles abreast: a run's rows are read in pieces of so many lines, so that each is found once.
const ABREAST: usize = 8;
/// The most words that a tile has.
const WIDEST: usize = if cfg!(target_arch = "x86_64") { 8 } else { Baseline::WORDS };
/// Words of rows whose sums it is best to take at once; the sums themselves, and room on the stack twice as large, are 1 KB for each.
pub const TILE: usize = if cfg!(target_pointer_width = "64") { ABREAST * WIDEST } else { WIDEST };
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
pub fn bit_overlaps<S: Simd>(s: S, words: &[u64], state: &[u64], last: u64, neurons: i32, out: &mut [i32]) {
    let Some((&state_last, whole)) = state.split_last() else { return };
    let (mut rest, mut r) = (words, 0);
    while r < out.len() {
        let Some((row, behind)) = rest.split_at_checked(state.len()) else { return };
        rest = behind;
        let Some((&row_last, row)) = row.split_last() else { return };
        // SAFETY: both have as many words.
        let apart = unsafe { s.apart(row.as_ptr(), whole.as_ptr(), row.len()) } + ((row_last ^ state_last) & last).count_ones();
        out[r] = neurons.wrapping_sub((2 * apart) as i32);
        r += 1;
    }
}

/// The sums of the columns of as many words as `sums` has 64 numbers, from word `from` of each row on.
#[inline(always)]
pub fn bit_sums<S: Simd>(s: S, words: &[u64], stride: usize, from: usize, weighted: Weighted<'_>, sums: &mut [i64]) {
    let (height, wanted, mut done) = (height(weighted), sums.len() / 64, 0);
    let end = (largest_row(weighted.rows) as usize).checked_mul(stride).and_then(|begin| begin.checked_add(from)?.checked_add(wanted));
    if !matches!(end, Some(end) if end <= words.len()) {
        return;
    }
    while done < wanted {
        let (left, place) = (wanted - done, (words, stride, from + done));
        let abreast = left >= ABREAST * S::WORDS && TILE > S::WORDS;
        let width = match abreast {
            true => ABREAST * S::WORDS,
            false if left > S::WORDS => S::WORDS,
            false => left,
        };
        if let Some(sums) = sums.get_mut(64 * done..64 * (done + width)) {
            // SAFETY: the last row's words from + wanted lie within the words, so those before do.
            unsafe {
                if abreast {
                    columns::<S, ABREAST>(s, (place, S::WORDS), weighted, height, sums);
                } else {
                    columns::<S, 1>(s, (place, width), weighted, height, sums);
                }
            }
        }
        done += width;
    }
}

/// Planes that the sums need with their sign.
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

/// Vertical sums of a tile: bit p of every column's sum.
type Planes<S> = [<S as Simd>::Words; PLANES];

/// Where a tile lies: the words, how many a row has, and which of them is the tile's first.
type Place<'a> = (&'a [u64], usize, usize);

/// The sums of `T` tiles of so many words.
///
/// # Safety
/// - The tiles' words of each row lie within the words of the place.
#[inline(always)]
unsafe fn columns<S: Simd, const T: usize>(
    s: S,
    (place, width): (Place<'_>, usize),
    weighted: Weighted<'_>,
    height: usize,
    sums: &mut [i64],
) {
    let mut vertical = [[s.no_words(); PLANES]; T];
    let (mut batch, mut words, mut constant) = (Batch::new(), Words::new(s), 0i64);
    let (mut run, mut begin) = (0, 0);
    while run < weighted.ends.len() && run < weighted.weights.len() {
        (batch.run, batch.begin) = (run, begin);
        (run, begin) = batch.fill(weighted);
        constant = constant.wrapping_sub(batch.sort());
        let mut t = 0;
        while t < T {
            let place = (place.0, place.1, place.2 + t * width);
            // SAFETY: promised by the caller.
            unsafe { words.read(s, (place, width), weighted, &batch, run) };
            words.add(s, &batch, height, &mut vertical[t]);
            t += 1;
        }
    }
    let (mut t, mut rest) = (0, sums);
    while t < T {
        let Some((these, behind)) = rest.split_at_mut_checked(64 * width) else { return };
        finish(s, &vertical[t], height, constant, these);
        (t, rest) = (t + 1, behind);
    }
}

/// Vertical sums as numbers.
#[inline(always)]
fn finish<S: Simd>(s: S, planes: &Planes<S>, height: usize, constant: i64, sums: &mut [i64]) {
    let (mut bits, mut p) = ([[0; WIDEST]; PLANES], 0);
    while p < height && p < PLANES {
        // SAFETY: at most eight words.
        unsafe { s.store_words(bits[p].as_mut_ptr(), planes[p]) };
        p += 1;
    }
    let (mut w, unused) = (0, (PLANES - height) as u32);
    while w < S::WORDS && w < WIDEST && 64 * w < sums.len() {
        let mut square = [0; 64];
        p = 0;
        while p < PLANES {
            square[p] = bits[p][w];
            p += 1;
        }
        transpose(&mut square);
        let (mut i, base) = (0, 64 * w);
        while i < 64 && base + i < sums.len() {
            // The highest plane is the sign.
            sums[base + i] = (square[i] as i64).wrapping_add(constant).wrapping_shl(unused).wrapping_shr(unused);
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

/// Planes of the count of so many rows.
#[inline(always)]
fn count_planes(rows: usize) -> usize {
    (u32::BITS - (rows as u32).leading_zeros()) as usize
}

/// The weights of up to 64 words, by their digits. A word is a row of a short run, or a plane of the count of a long one.
struct Batch {
    /// The first run, and where its rows begin.
    run: usize,
    begin: usize,
    /// The powers of two that are added of each word, and those that are subtracted; then, of each power, the words.
    added: [u64; TOGETHER],
    subtracted: [u64; TOGETHER],
    /// The words of each power of two, one power behind the other; of a word that is subtracted, its opposite.
    list: [u8; DIGITS],
    /// Where the words of each power end.
    ends: [u16; PLANES],
}

impl Batch {
    #[inline(always)]
    fn new() -> Self {
        let (none, list, ends) = ([0; TOGETHER], [0; DIGITS], [0; PLANES]);
        Self { run: 0, begin: 0, added: none, subtracted: none, list, ends }
    }

    /// Takes as many runs as there is room for; says which is the next and where its rows begin.
    #[inline(always)]
    fn fill(&mut self, weighted: Weighted<'_>) -> (usize, usize) {
        (self.added, self.subtracted) = ([0; TOGETHER], [0; TOGETHER]);
        let (mut run, mut begin, mut used) = (self.run, self.begin, 0);
        while run < weighted.ends.len() && run < weighted.weights.len() {
            let (end, weight) = (weighted.ends[run] as usize, weighted.weights[run]);
            let rows = end.saturating_sub(begin);
            let (long, (added, subtracted)) = (rows >= LONG, digits(weight));
            let words = match (weight, long) {
                (0, _) => 0,
                (_, true) => count_planes(rows),
                (_, false) => rows,
            };
            if used + words > TOGETHER {
                break;
            }
            let mut k = 0;
            while k < words {
                let (at, by) = ((used + k) % TOGETHER, if long { k as u32 } else { 0 });
                (self.added[at], self.subtracted[at]) = (added.wrapping_shl(by), subtracted.wrapping_shl(by));
                k += 1;
            }
            (run, begin, used) = (run + 1, end, used + words);
        }
        (run, begin)
    }

    /// Lists the words of each power of two; gives the sum of the powers that are subtracted.
    #[inline(always)]
    fn sort(&mut self) -> i64 {
        transpose(&mut self.added);
        transpose(&mut self.subtracted);
        let (mut level, mut end, mut sum) = (0, 0, 0i64);
        while level < PLANES {
            let mut left = self.added[level];
            while left != 0 {
                self.list[end % DIGITS] = left.trailing_zeros() as u8;
                (left, end) = (left & (left - 1), end + 1);
            }
            left = self.subtracted[level];
            sum = sum.wrapping_add(i64::from(left.count_ones()).wrapping_shl(level as u32));
            while left != 0 {
                self.list[end % DIGITS] = left.trailing_zeros() as u8 + TOGETHER as u8;
                (left, end) = (left & (left - 1), end + 1);
            }
            self.ends[level] = end as u16;
            level += 1;
        }
        sum
    }
}

/// The words of a batch, and what they carry.
struct Words<S: Simd> {
    /// The words, and 64 places on their opposites, with every bit turned: `-x = not x - 1`.
    words: [S::Words; 2 * TOGETHER],
    carries: [S::Words; TOGETHER],
    counts: [S::Words; COUNT_PLANES],
}

impl<S: Simd> Words<S> {
    #[inline(always)]
    fn new(s: S) -> Self {
        let none = s.no_words();
        Self { words: [none; 2 * TOGETHER], carries: [none; TOGETHER], counts: [none; COUNT_PLANES] }
    }

    /// Puts a word and its opposite in their places.
    #[inline(always)]
    fn put(&mut self, s: S, at: usize, word: S::Words) {
        let at = at % TOGETHER;
        (self.words[at], self.words[at + TOGETHER]) = (word, s.not(word));
    }

    /// Reads the runs of a batch, up to run `last`: rows of short ones, counts of long ones.
    ///
    /// # Safety
    /// - The words of each row lie within the words of the place.
    #[inline(always)]
    unsafe fn read(&mut self, s: S, place: (Place<'_>, usize), weighted: Weighted<'_>, batch: &Batch, last: usize) {
        let (mut run, mut begin, mut used) = (batch.run, batch.begin, 0);
        while run < last && run < weighted.ends.len() && run < weighted.weights.len() {
            let end = weighted.ends[run] as usize;
            if let Some(rows) = weighted.rows.get(begin..end)
                && weighted.weights[run] != 0
            {
                let mut k = 0;
                if rows.len() >= LONG {
                    // SAFETY: promised by the caller.
                    unsafe { count(s, place, rows, &mut self.counts) };
                    while k < count_planes(rows.len()) && k < COUNT_PLANES {
                        self.put(s, used + k, self.counts[k]);
                        k += 1;
                    }
                } else {
                    while k < rows.len() {
                        // SAFETY: promised by the caller.
                        self.put(s, used + k, unsafe { tile(s, place, rows[k]) });
                        k += 1;
                    }
                }
                used += k;
            }
            (run, begin) = (run + 1, end);
        }
    }

    /// Adds the words to the sums at each of their digits, from the lowest power up: full adders leave one word of a power, in its plane,
    /// and what they carry is added at the next. Of at most 64 words that were carried and 64 in the list, at most 64 are carried on.
    #[inline(always)]
    fn add(&mut self, s: S, batch: &Batch, height: usize, planes: &mut Planes<S>) {
        let (mut level, mut begin, mut carried) = (0, 0, 0);
        while level < height && level < PLANES {
            let end = batch.ends[level] as usize;
            let (mut sum, mut taken, mut carries) = (planes[level], 0, 0);
            while taken + 1 < carried {
                let (a, b) = (self.carries[taken % TOGETHER], self.carries[(taken + 1) % TOGETHER]);
                (sum, self.carries[carries % TOGETHER]) = s.full(sum, a, b);
                (taken, carries) = (taken + 2, carries + 1);
            }
            if taken < carried {
                let a = self.carries[taken % TOGETHER];
                let b = if begin < end { self.listed(batch, begin) } else { s.no_words() };
                (sum, self.carries[carries % TOGETHER]) = s.full(sum, a, b);
                (begin, carries) = (begin + 1, carries + 1);
            }
            while begin + 1 < end {
                let (a, b) = (self.listed(batch, begin), self.listed(batch, begin + 1));
                (sum, self.carries[carries % TOGETHER]) = s.full(sum, a, b);
                (begin, carries) = (begin + 2, carries + 1);
            }
            if begin < end {
                (sum, self.carries[carries % TOGETHER]) = s.full(sum, self.listed(batch, begin), s.no_words());
                carries += 1;
            }
            planes[level] = sum;
            (level, begin, carried) = (level + 1, end, carries);
        }
    }

    /// The word at a place of the list.
    #[inline(always)]
    fn listed(&self, batch: &Batch, at: usize) -> S::Words {
        self.words[batch.list[at % DIGITS] as usize % (2 * TOGETHER)]
    }
}

/// The words of a row; where a tile has fewer, clear ones behind them.
///
/// # Safety
/// - The row's words lie within the words of the place.
#[inline(always)]
unsafe fn tile<S: Simd>(s: S, ((words, stride, from), width): (Place<'_>, usize), row: u32) -> S::Words {
    // SAFETY: promised by the caller; the array has room for as many words as there can be.
    unsafe {
        let first = words.as_ptr().add(row as usize * stride + from);
        if width == S::WORDS {
            return s.load_words(first);
        }
        let (mut some, mut j) = ([0; WIDEST], 0);
        while j < width && j < WIDEST {
            some[j] = *first.add(j);
            j += 1;
        }
        s.load_words(some.as_ptr())
    }
}

/// Adds the columns of eight rows to three planes; gives back what is carried to the fourth.
#[inline(always)]
fn eight<S: Simd>(s: S, [ones, twos, fours]: &mut [S::Words; 3], [a, b, c, d, e, f, g, h]: [S::Words; 8]) -> S::Words {
    let (one, two_a) = s.full(*ones, a, b);
    let (one, two_b) = s.full(one, c, d);
    let (two, four_a) = s.full(*twos, two_a, two_b);
    let (one, two_a) = s.full(one, e, f);
    let (one, two_b) = s.full(one, g, h);
    let (two, four_b) = s.full(two, two_a, two_b);
    let (four, eight) = s.full(*fours, four_a, four_b);
    (*ones, *twos, *fours) = (one, two, four);
    eight
}

/// Counts the rows whose bit is set, column by column, into as many planes as their number needs.
///
/// # Safety
/// - The words of each row lie within the words of the place.
#[inline(always)]
unsafe fn count<S: Simd>(s: S, place: (Place<'_>, usize), rows: &[u32], counts: &mut [S::Words; COUNT_PLANES]) {
    let (used, none) = (count_planes(rows.len()), s.no_words());
    let (mut low, mut rest, mut p) = ([none; 3], rows, 3);
    while p < used && p < COUNT_PLANES {
        counts[p] = none;
        p += 1;
    }
    while !rest.is_empty() {
        let (mut together, mut k) = ([none; 8], 0);
        if let Some((rows, behind)) = rest.split_first_chunk::<8>() {
            while k < 8 {
                // SAFETY: promised by the caller.
                together[k] = unsafe { tile(s, place, rows[k]) };
                k += 1;
            }
            rest = behind;
        } else {
            while k < 8 && k < rest.len() {
                // SAFETY: promised by the caller.
                together[k] = unsafe { tile(s, place, rest[k]) };
                k += 1;
            }
            rest = &[];
        }
        let mut carry = eight(s, &mut low, together);
        p = 3;
        while p < used && p < COUNT_PLANES {
            (counts[p], carry) = s.full(counts[p], carry, none);
            p += 1;
        }
    }
    (counts[0], counts[1], counts[2]) = (low[0], low[1], low[2]);
}

/// Transposes a matrix of bits: bit `j` of word `i` becomes bit `i` of word `j`. Warren, Hacker's Delight, 7-3; the words whose number lacks the
/// bit `apart` are walked one by one, which no compiler takes for a loop that gathers and scatters.
#[inline(always)]
fn transpose(square: &mut [u64; 64]) {
    let (mut apart, mut mask) = (32, 0xFFFF_FFFF_u64);
    while apart != 0 {
        let mut i = 0;
        while i + apart < 64 {
            let (low, high) = (i % 64, (i + apart) % 64);
            let swapped = (square[low] >> apart ^ square[high]) & mask;
            square[high] ^= swapped;
            square[low] ^= swapped << apart;
            i = (i + apart + 1) & !apart;
        }
        apart /= 2;
        mask ^= mask << apart;
    }
}
