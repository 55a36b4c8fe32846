//! The loop over tiles of sums that both scores a block of rows and reads it out.

use super::TILE_SCORES;
use crate::kernels::BLOCK;
use crate::kernels::dot::{Product, SquaredDifference};
use crate::simd::{LANES, Native};

/// Numbers of a row that are added up before they are added to those before.
const SLICE: usize = 128;

/// What is added up, of a number of the memory in all lanes and a vector of a panel.
trait Term {
    /// `sum` and one term more.
    fn add_to<S: Native>(s: S, sum: S::Lanes, x: S::Lanes, q: S::Lanes) -> S::Lanes;
    /// What the sum stands for.
    fn close<S: Native>(s: S, sum: S::Lanes) -> S::Lanes;
}

impl Term for Product {
    #[inline(always)]
    fn add_to<S: Native>(s: S, sum: S::Lanes, x: S::Lanes, q: S::Lanes) -> S::Lanes {
        s.mul_add(x, q, sum)
    }
    #[inline(always)]
    fn close<S: Native>(_: S, sum: S::Lanes) -> S::Lanes {
        sum
    }
}

impl Term for SquaredDifference {
    #[inline(always)]
    fn add_to<S: Native>(s: S, sum: S::Lanes, x: S::Lanes, q: S::Lanes) -> S::Lanes {
        let difference = s.sub(x, q);
        s.mul_add(difference, difference, sum)
    }
    #[inline(always)]
    fn close<S: Native>(s: S, sum: S::Lanes) -> S::Lanes {
        s.sub(s.splat(0.0), sum)
    }
}

/// Where step k of a tile reads: an offset into the memory, and the vector of the panel.
trait Walk: Copy {
    /// Both, for step k.
    ///
    /// # Safety
    /// - k is a step of the walk.
    unsafe fn at(self, k: usize) -> (usize, usize);
}

/// Along the rows, number by number.
#[derive(Clone, Copy)]
struct Along;

impl Walk for Along {
    #[inline(always)]
    unsafe fn at(self, k: usize) -> (usize, usize) {
        (k, k)
    }
}

/// From row to row of a list.
#[derive(Clone, Copy)]
struct Listed {
    rows: *const u32,
    stride: usize,
}

impl Walk for Listed {
    #[inline(always)]
    unsafe fn at(self, k: usize) -> (usize, usize) {
        // SAFETY: promised by the caller.
        let row = unsafe { *self.rows.add(k) } as usize;
        (row * self.stride, row)
    }
}

/// What becomes of the numbers that a tile's sums are added to.
#[derive(Clone, Copy)]
enum Carry {
    /// They are overwritten.
    Fresh,
    /// They are kept.
    Added,
    /// They are multiplied by 16 factors a panel, which stand here, one panel after the other.
    Scaled(*const f32),
}

/// The arguments of all tiles of one loop.
#[derive(Clone, Copy)]
struct Tiles<W> {
    walk: W,
    /// Steps of k.
    steps: usize,
    /// Distance in memory from one i to the next.
    apart: usize,
    /// Distance from a panel to the next one.
    panel: usize,
    /// Distance from a panel's outputs to those of the next one.
    out: usize,
    carry: Carry,
}

/// One tile: R sums of N panels, from memory at `x` and the panels at `p` to `out`.
///
/// # Safety
/// - For every step and i < R: the walk's offset plus `i * apart` is readable behind `x`; for every n < N, the walk's vector is readable
///   behind `p + n * panel`, and R vectors are readable and writable behind `out + n * self.out`; N times 16 factors are readable.
#[inline(always)]
unsafe fn tile<S: Native, T: Term, W: Walk, const R: usize, const N: usize>(
    s: S,
    t: Tiles<W>,
    x: *const f32,
    p: *const f32,
    out: *mut f32,
) {
    let mut sums = [[s.splat(0.0); N]; R];
    let mut k = 0;
    while k < t.steps {
        let mut panels = [s.splat(0.0); N];
        // SAFETY: promised by the caller, here and below.
        let (offset, vector) = unsafe { t.walk.at(k) };
        let mut n = 0;
        while n < N {
            // SAFETY: as above.
            panels[n] = unsafe { s.load(p.add(n * t.panel + vector * LANES)) };
            n += 1;
        }
        let mut i = 0;
        while i < R {
            // SAFETY: as above.
            let number = s.splat(unsafe { *x.add(offset + i * t.apart) });
            n = 0;
            while n < N {
                sums[i][n] = T::add_to(s, sums[i][n], number, panels[n]);
                n += 1;
            }
            i += 1;
        }
        k += 1;
    }
    let mut n = 0;
    while n < N {
        let mut i = 0;
        while i < R {
            // SAFETY: as above.
            unsafe {
                let place = out.add(n * t.out + i * LANES);
                let sum = T::close(s, sums[i][n]);
                let sum = match t.carry {
                    Carry::Fresh => sum,
                    Carry::Added => s.add(s.load(place), sum),
                    Carry::Scaled(factors) => s.mul_add(s.load(place), s.load(factors.add(n * LANES)), sum),
                };
                s.store(place, sum);
            }
            i += 1;
        }
        n += 1;
    }
}

/// Tiles of R until fewer than R are left of `count`; says where.
///
/// # Safety
/// - As [`tile`], for every i < `count`.
#[inline(always)]
unsafe fn tiles<S: Native, T: Term, W: Walk, const R: usize, const N: usize>(
    s: S,
    t: Tiles<W>,
    (x, p, out): (*const f32, *const f32, *mut f32),
    (mut i, count): (usize, usize),
) -> usize {
    while count - i >= R {
        // SAFETY: promised by the caller.
        unsafe { tile::<S, T, W, R, N>(s, t, x.add(i * t.apart), p, out.add(i * LANES)) };
        i += R;
    }
    i
}

/// All i of N panels, in tiles as large as the backend's.
///
/// # Safety
/// - As [`tile`], for every i < `count`.
#[inline(always)]
unsafe fn of_panels<S: Native, T: Term, W: Walk, const N: usize>(s: S, t: Tiles<W>, at: (*const f32, *const f32, *mut f32), count: usize) {
    // SAFETY: promised by the caller.
    unsafe {
        let mut i = 0;
        if S::TILE.0 >= 8 {
            i = tiles::<S, T, W, 8, N>(s, t, at, (i, count));
        }
        if S::TILE.0 >= 6 && S::TILE.0 < 8 {
            i = tiles::<S, T, W, 6, N>(s, t, at, (i, count));
        }
        if S::TILE.0 >= 4 {
            i = tiles::<S, T, W, 4, N>(s, t, at, (i, count));
        }
        if S::TILE.0 >= 2 {
            i = tiles::<S, T, W, 2, N>(s, t, at, (i, count));
        }
        tiles::<S, T, W, 1, N>(s, t, at, (i, count));
    }
}

/// All i of all `panels`, as many side by side as the backend takes.
///
/// # Safety
/// - As [`tile`], for every i < `count` and n < `panels`.
#[inline(always)]
unsafe fn all<S: Native, T: Term, W: Walk>(
    s: S,
    mut t: Tiles<W>,
    (x, p, out): (*const f32, *const f32, *mut f32),
    (count, panels): (usize, usize),
) {
    let mut n = 0;
    // SAFETY: promised by the caller.
    unsafe {
        while S::TILE.1 >= 2 && panels - n >= 2 {
            of_panels::<S, T, W, 2>(s, t, (x, p.add(n * t.panel), out.add(n * t.out)), count);
            t.carry = t.carry.behind(2);
            n += 2;
        }
        while n < panels {
            of_panels::<S, T, W, 1>(s, t, (x, p.add(n * t.panel), out.add(n * t.out)), count);
            t.carry = t.carry.behind(1);
            n += 1;
        }
    }
}

impl Carry {
    /// The same for the panels behind the next `n`.
    #[inline(always)]
    fn behind(self, n: usize) -> Self {
        match self {
            Self::Scaled(factors) => Self::Scaled(factors.wrapping_add(n * LANES)),
            other => other,
        }
    }
}

/// Scores of `rows` rows of `data` with whole panels of `length` numbers each, of which the first `16 dim` are the queries, to blocks of
/// [`TILE_SCORES`] numbers in `out`, row by row.
#[inline(always)]
fn score<S: Native, T: Term>(
    s: S,
    data: &[f32],
    stride: usize,
    (dim, rows): (usize, usize),
    panels: &[f32],
    length: usize,
    out: &mut [f32],
) {
    let count = out.len() / TILE_SCORES;
    let end = rows.checked_sub(1).and_then(|last| last.checked_mul(stride)).and_then(|begin| begin.checked_add(dim));
    let fits = matches!(end, Some(end) if end <= data.len()) && rows <= BLOCK;
    if !fits || length / LANES < dim || length == 0 || panels.len() / length < count {
        return;
    }
    let mut j = 0;
    while j < dim {
        let steps = if dim - j < SLICE { dim - j } else { SLICE };
        let carry = if j == 0 { Carry::Fresh } else { Carry::Added };
        let t = Tiles { walk: Along, steps, apart: stride, panel: length, out: TILE_SCORES, carry };
        // SAFETY: the last row ends within data; 16 dim numbers of each of `count` panels and a block of scores for each are there.
        unsafe { all::<S, T, Along>(s, t, (data.as_ptr().add(j), panels.as_ptr().add(j * LANES), out.as_mut_ptr()), (rows, count)) };
        j += steps;
    }
}

/// Dot products of the first `rows` (at most a block) rows of `data`, `dim` numbers each and `stride` apart, with whole panels, which are
/// `length` numbers long and begin with the `16 dim` of their queries. `out` has [`TILE_SCORES`] numbers for each: row i, lane l at
/// `16 i + l`. What does not fit is not done.
#[inline(always)]
pub fn panel_scores<S: Native>(s: S, data: &[f32], stride: usize, shape: (usize, usize), panels: &[f32], length: usize, out: &mut [f32]) {
    score::<S, Product>(s, data, stride, shape, panels, length, out);
}

/// `0 - |row i - query|^2` of the same rows and panels as [`panel_scores`].
#[inline(always)]
pub fn panel_distances<S: Native>(
    s: S,
    data: &[f32],
    stride: usize,
    shape: (usize, usize),
    panels: &[f32],
    length: usize,
    out: &mut [f32],
) {
    score::<S, SquaredDifference>(s, data, stride, shape, panels, length, out);
}

/// `sum <- factor * sum + (the weighted sum of the listed rows)` of whole panels: `weights` has [`TILE_SCORES`] numbers a panel (row i,
/// lane l at `16 i + l`), `factors` 16, and `sums` 16 for each number of a row. Does nothing where a row named does not lie within `data`,
/// or in the block.
#[inline(always)]
pub fn panel_sum<S: Native>(s: S, data: &[f32], stride: usize, rows: &[u32], weights: &[f32], factors: &[f32], sums: &mut [f32]) {
    let panels = factors.len() / LANES;
    if panels == 0 || weights.len() / TILE_SCORES < panels {
        return;
    }
    let dim = sums.len() / (panels * LANES);
    let (mut largest, mut r) = (0, 0);
    while r < rows.len() {
        largest = if rows[r] > largest { rows[r] } else { largest };
        r += 1;
    }
    let end = (largest as usize).checked_mul(stride).and_then(|begin| begin.checked_add(dim));
    if !matches!(end, Some(end) if end <= data.len()) || largest as usize >= BLOCK {
        return;
    }
    let walk = Listed { rows: rows.as_ptr(), stride };
    let carry = Carry::Scaled(factors.as_ptr());
    let t = Tiles { walk, steps: rows.len(), apart: 1, panel: TILE_SCORES, out: dim * LANES, carry };
    // SAFETY: the last row ends within data and within the block of weights; the other lengths are whole panels.
    unsafe { all::<S, Product, Listed>(s, t, (data.as_ptr(), weights.as_ptr(), sums.as_mut_ptr()), (dim, panels)) };
}
