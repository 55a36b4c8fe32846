//! What the search for the threshold of a sparse map needs: who is above it, and by how much together.
//!
//! With the maximum known, each score stands as `u = beta (s - max)`, subtracted first, in f32. At a threshold t the *active* scores are
//! those with `u > t`. [`active`] gives their number, the sum of u and the sum of `u - t`, in f64, **the r-th active score in partial sum
//! r mod 16**, ended by the tree: so the result depends on the active scores and their order alone, not on what lies between them, how
//! they were cut into calls, or the backend. Relative error of the sum of `u - t`, all of whose terms are positive: at most
//! (count/16 + 6) 2^-53 (derived).
//!
//! Where asked, it also gives the sum of `(u - t)^2`, which the 1.5-entmax map needs: (count/16 + 8) 2^-53.
//!
//! [`slope`] is the same in the native vocabulary, f32, any order: a guess of where to look. [`above`] and [`compact`] leave out scores
//! that a lower bound of the threshold rules out.

use super::BLOCK;
use super::extremes::first_lanes;
use crate::simd::{LANES, Native, Simd, wide_tree};

/// The sums over the active scores as they are met.
#[derive(Clone, Copy, Debug)]
pub struct Active {
    /// The threshold t, in units of u.
    threshold: f64,
    /// The largest f32 that is not above t: a score in f32 is above one exactly when it is above the other.
    floor: f32,
    waiting: Waiting,
    sum: [f64; LANES],
    excess: [f64; LANES],
    /// The squares of the excess, where they are asked for.
    squares: [f64; LANES],
    squared: bool,
}

/// What is known of the active scores at one threshold.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ActiveSums {
    /// How many.
    pub count: u64,
    /// The sum of u.
    pub sum: f64,
    /// The sum of u - t.
    pub excess: f64,
    /// The sum of (u - t)^2, where it is asked for, else zero.
    pub squares: f64,
}

/// Active scores as they are met, handed out by 16.
#[derive(Clone, Copy, Debug)]
pub struct Waiting {
    /// Those that do not fill 16 partial sums yet, in front; behind them room for 16 more.
    scores: [f32; 2 * LANES],
    /// How many were met so far: those that wait are `count mod 16`.
    count: u64,
}

impl Waiting {
    /// None met.
    pub const NONE: Self = Self { scores: [0.0; 2 * LANES], count: 0 };

    /// How many were met. A loop keeps the number by itself, in a register, while it [meets](Self::meet) scores, and gives it back.
    #[inline(always)]
    pub fn count(&self) -> u64 {
        self.count
    }

    /// Takes back how many were met.
    #[inline(always)]
    pub fn counted(&mut self, count: u64) {
        self.count = count;
    }

    /// Those that wait.
    #[inline(always)]
    pub fn scores(&self) -> &[f32] {
        self.scores.get(..self.count as usize % LANES).unwrap_or(&[])
    }

    /// Adds the scores that are set in `mask` to those that wait, `count mod 16`; once there are 16, hands out the first 16.
    #[inline(always)]
    pub fn meet<S: Simd>(&mut self, s: S, count: &mut u64, u: S::Lanes, mask: u32) -> Option<S::Lanes> {
        let held = *count as usize % LANES;
        if mask == 0xffff && held == 0 {
            *count += LANES as u64;
            return Some(u);
        }
        if mask == 0 {
            return None;
        }
        let kept = mask.count_ones() as usize;
        *count += kept as u64;
        // SAFETY: held < 16, so 16 numbers fit behind; then the first 16 are one full vector, and what is above moves to the front.
        unsafe {
            let scores = self.scores.as_mut_ptr();
            s.compress(scores.add(held), u, mask);
            if held + kept < LANES {
                return None;
            }
            let full = s.load(scores);
            s.store(scores, s.load(scores.add(LANES)));
            Some(full)
        }
    }
}

/// The largest f32 that is not above `t`, for any t that is not positive.
pub fn floor_f32(t: f64) -> f32 {
    let near = t as f32;
    if f64::from(near) <= t {
        near
    } else {
        // Not above zero, and above t: a negative number whose next one down has the next larger bits.
        f32::from_bits(near.to_bits() + 1)
    }
}

impl Active {
    /// Nothing met yet, at threshold `t` in [-1, 0); `squared`: the squares are asked for too.
    pub fn new(t: f64, squared: bool) -> Self {
        let sum = [0.0; LANES];
        Self { threshold: t, floor: floor_f32(t), waiting: Waiting::NONE, sum, excess: sum, squares: sum, squared }
    }

    /// The sums over all that were met.
    pub fn sums(&self) -> ActiveSums {
        let (mut sum, mut excess, mut squares) = (self.sum, self.excess, self.squares);
        let places = sum.iter_mut().zip(excess.iter_mut()).zip(squares.iter_mut());
        for (((sum, excess), square), &u) in places.zip(self.waiting.scores()) {
            let above = f64::from(u) - self.threshold;
            *sum += f64::from(u);
            *excess += above;
            *square += above * above;
        }
        let squares = if self.squared { wide_tree(squares) } else { 0.0 };
        ActiveSums { count: self.waiting.count(), sum: wide_tree(sum), excess: wide_tree(excess), squares }
    }
}

/// `beta (s - max)` of the `width` scores at `p`, minus infinity behind them.
///
/// # Safety
/// - `width` (at most 16) numbers are readable at `p`.
#[inline(always)]
pub unsafe fn below_max<S: Simd>(s: S, p: *const f32, width: usize, beta: S::Lanes, max: S::Lanes) -> (S::Lanes, u32) {
    if width >= LANES {
        // SAFETY: 16 numbers are readable.
        (s.mul(beta, s.sub(unsafe { s.load(p) }, max)), 0xffff)
    } else {
        // SAFETY: promised by the caller.
        (s.mul(beta, s.sub(unsafe { s.load_first(p, width) }, max)), (1 << width) - 1)
    }
}

/// Meets `scores`, in order, without the squares.
#[inline(always)]
pub fn active<S: Simd>(s: S, state: &mut Active, beta: f32, max: f32, scores: &[f32]) {
    meet::<S, false>(s, state, beta, max, scores);
}

/// Meets `scores`, in order, and sums the squares too. An entry point of its own, as is [`slope_squares`]: with both loops in one function
/// the plain one took up to 40 % longer.
#[inline(always)]
pub fn active_squares<S: Simd>(s: S, state: &mut Active, beta: f32, max: f32, scores: &[f32]) {
    meet::<S, true>(s, state, beta, max, scores);
}

/// Meets `scores`, in order, and sums the squares too where `SQUARED` says so.
#[inline(always)]
fn meet<S: Simd, const SQUARED: bool>(s: S, state: &mut Active, beta: f32, max: f32, scores: &[f32]) {
    let (factor, max, floor) = (s.splat(beta), s.splat(max), s.splat(state.floor));
    let (mut sum, mut excess) = (s.wide_from_array(&state.sum), s.wide_from_array(&state.excess));
    let mut squares = s.wide_from_array(&state.squares);
    let mut count = state.waiting.count();
    let mut j = 0;
    while j < scores.len() {
        let left = scores.len() - j;
        // SAFETY: `left` numbers stand behind j.
        let (u, valid) = unsafe { below_max(s, scores.as_ptr().add(j), left, factor, max) };
        let mask = s.gt(u, floor) & valid;
        if let Some(full) = state.waiting.meet(s, &mut count, u, mask) {
            let u = s.widen(full);
            let above = s.wide_sub(u, s.wide_splat(state.threshold));
            sum = s.wide_add(sum, u);
            excess = s.wide_add(excess, above);
            if SQUARED {
                squares = s.wide_add(squares, s.wide_mul(above, above));
            }
        }
        j += LANES;
    }
    state.waiting.counted(count);
    state.sum = s.wide_to_array(sum);
    state.excess = s.wide_to_array(excess);
    if SQUARED {
        state.squares = s.wide_to_array(squares);
    }
}

/// A guess: the sum of u and the number of scores with u > t.
#[derive(Clone, Copy, Debug)]
pub struct Slope {
    /// The sum of u over them.
    pub sum: f32,
    /// How many.
    pub count: f32,
    /// The sum of u^2, where it is asked for, else zero.
    pub squares: f32,
}

/// The sum of u and the number of scores above `t`, roughly.
#[inline(always)]
pub fn slope<S: Native>(s: S, scores: &[f32], beta: f32, max: f32, t: f32) -> Slope {
    slope_of::<S, false, 4>(s, scores, beta, max, t)
}

/// [`slope`], and the sum of u^2. With three sums a part, two parts are what sixteen registers hold.
#[inline(always)]
pub fn slope_squares<S: Native>(s: S, scores: &[f32], beta: f32, max: f32, t: f32) -> Slope {
    slope_of::<S, true, 2>(s, scores, beta, max, t)
}

/// [`slope`], in `PARTS` parts (at most four), with the sum of u^2 where `SQUARED` says so.
#[inline(always)]
fn slope_of<S: Native, const SQUARED: bool, const PARTS: usize>(s: S, scores: &[f32], beta: f32, max: f32, t: f32) -> Slope {
    let (factor, shift) = (s.native_splat(beta), s.native_splat(-(beta * max)));
    let (floor, one, zero) = (s.native_splat(t), s.native_splat(1.0), s.native_splat(0.0));
    let (mut sums, mut counts, mut squares) = ([zero; 4], [zero; 4], [zero; 4]);
    let (n, mut j) = (scores.len(), 0);
    while n - j >= PARTS * S::WIDTH {
        let mut k = 0;
        while k < PARTS {
            // SAFETY: that many registers lie between j and n.
            let v = unsafe { s.native_load(scores.as_ptr().add(j + k * S::WIDTH)) };
            let u = s.native_mul_add(v, factor, shift);
            let kept = s.native_keep_gt(u, floor, u);
            sums[k] = s.native_add(sums[k], kept);
            counts[k] = s.native_add(counts[k], s.native_keep_gt(u, floor, one));
            if SQUARED {
                squares[k] = s.native_mul_add(kept, kept, squares[k]);
            }
            k += 1;
        }
        j += PARTS * S::WIDTH;
    }
    let (mut sum, mut count, mut square) = (sum_of_four(s, sums), sum_of_four(s, counts), 0.0);
    if SQUARED {
        square = sum_of_four(s, squares);
    }
    // What is left, in the other vocabulary, which can load a part of a register.
    let (factor, max, floor) = (s.splat(beta), s.splat(max), s.splat(t));
    let (zero, one) = (s.splat(0.0), s.splat(1.0));
    let (mut last, mut last_count, mut last_square) = (zero, zero, zero);
    while j < n {
        let left = n - j;
        // SAFETY: `left` numbers stand behind j.
        let u = unsafe { below_max(s, scores.as_ptr().add(j), left, factor, max) }.0;
        let u = if left < LANES { first_lanes(s, u, left, f32::NEG_INFINITY) } else { u };
        let kept = s.select_gt(u, floor, u, zero);
        last = s.add(last, kept);
        last_count = s.add(last_count, s.select_gt(u, floor, one, zero));
        if SQUARED {
            last_square = s.add(last_square, s.mul(kept, kept));
        }
        j += LANES;
    }
    sum += s.sum(last);
    count += s.sum(last_count);
    if SQUARED {
        square += s.sum(last_square);
    }
    Slope { sum, count, squares: square }
}

/// The sum of all lanes of four registers.
#[inline(always)]
fn sum_of_four<S: Native>(s: S, v: [S::Register; 4]) -> f32 {
    s.native_sum(s.native_add(s.native_add(v[0], v[1]), s.native_add(v[2], v[3])))
}

/// Bit `i` is set where score `i` of at most [`BLOCK`] is above `floor`.
#[inline(always)]
pub fn above<S: Simd>(s: S, scores: &[f32], floor: f32) -> u64 {
    let floor = s.splat(floor);
    let n = if scores.len() < BLOCK { scores.len() } else { BLOCK };
    let (mut mask, mut j) = (0, 0);
    while j < n {
        let left = n - j;
        // SAFETY: n - j numbers stand behind j.
        let (v, valid) = unsafe {
            let p = scores.as_ptr().add(j);
            if left >= LANES { (s.load(p), 0xffff) } else { (s.load_first(p, left), (1 << left) - 1) }
        };
        mask |= u64::from(s.gt(v, floor) & valid) << j;
        j += LANES;
    }
    mask
}

/// The scores with u > t, in order, to the front of `kept`; how many, or `None` where they do not fit.
///
/// # Safety
/// - `count` numbers are readable at `scores` and `room` writable at `kept`; the two may be the same memory, but `kept` begins no later
///   than `scores`.
#[inline(always)]
unsafe fn compact_raw<S: Simd>(
    s: S,
    (scores, count): (*const f32, usize),
    (kept, room): (*mut f32, usize),
    beta: f32,
    max: f32,
    t: f32,
) -> Option<usize> {
    let (factor, max, floor) = (s.splat(beta), s.splat(max), s.splat(t));
    let (mut n, mut j) = (0, 0);
    while j < count {
        // Most scores are far below: four vectors at once answer for 64 of them (u rises with the score, roundings included).
        while count - j >= 4 * LANES {
            // SAFETY: four times 16 numbers stand behind j.
            let [a, b, c, d] = unsafe {
                let p = scores.add(j);
                [s.load(p), s.load(p.add(LANES)), s.load(p.add(2 * LANES)), s.load(p.add(3 * LANES))]
            };
            let top = s.max(s.max(a, b), s.max(c, d));
            if s.gt(s.mul(factor, s.sub(top, max)), floor) != 0 {
                break;
            }
            j += 4 * LANES;
        }
        let end = if count - j < 4 * LANES { count } else { j + 4 * LANES };
        while j < end {
            let width = if end - j < LANES { end - j } else { LANES };
            // SAFETY: width numbers stand behind j. Writes trail reads: n <= j, and the 16 lanes at n end no later than those at j, unless
            // fewer than 16 are left, when they go by way of an array.
            unsafe {
                let (u, valid) = below_max(s, scores.add(j), width, factor, max);
                let mask = s.gt(u, floor) & valid;
                if room - n >= LANES && width == LANES {
                    n += s.compress(kept.add(n), s.load(scores.add(j)), mask);
                } else if mask != 0 {
                    let mut packed = [0.0; LANES];
                    let found = s.compress(packed.as_mut_ptr(), s.load_first(scores.add(j), width), mask);
                    if room - n < found {
                        return None;
                    }
                    s.store_first(kept.add(n), found, s.load(packed.as_ptr()));
                    n += found;
                }
            }
            j += LANES;
        }
    }
    Some(n)
}

/// The scores with u > t, in order, to the front of `kept`; how many, or `None` where they do not fit.
#[inline(always)]
pub fn compact<S: Simd>(s: S, scores: &[f32], beta: f32, max: f32, t: f32, kept: &mut [f32]) -> Option<usize> {
    // SAFETY: both are what the slices say, and they do not overlap.
    unsafe { compact_raw(s, (scores.as_ptr(), scores.len()), (kept.as_mut_ptr(), kept.len()), beta, max, t) }
}

/// The scores with u > t, in order, to the front of the same slice; how many.
#[inline(always)]
pub fn retain<S: Simd>(s: S, scores: &mut [f32], beta: f32, max: f32, t: f32) -> usize {
    let (p, n) = (scores.as_mut_ptr(), scores.len());
    // SAFETY: reading and writing the same slice from its beginning.
    unsafe { compact_raw(s, (p, n), (p, n), beta, max, t) }.unwrap_or(n)
}
