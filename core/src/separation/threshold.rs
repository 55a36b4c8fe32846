//! The threshold of a sparse map as a function of the scores, not of the road to it.
//!
//! Scores stand as `u = beta (s - max)` in f32, so the largest is 0 and the threshold lies in [-1, 0). `F(t) = sum of (u - t)` over the
//! scores above t falls with t and is 1 at the threshold. The *grid* is -1, -1 + 2^-30, ..., 0. Defined is:
//!
//! 1. `F(t)` is summed in f64 over the active scores by rank (see the kernel), so dropping scores at or below t changes no bit of it.
//! 2. `low` is the grid point with `F(low) >= 1` and `F(low + 2^-30) < 1`, as summed.
//! 3. `tau = (sum of u over the scores above low - 1) / count`, in f64, summed by rank.
//!
//! **There is exactly one such grid point**, so every search that ends at one gives the same bits, however it began: a step of the grid
//! changes F by at least 2^-30 times the number of active scores, while F as summed is off by at most (count/16 + 6) 2^-53 relative, far
//! less near F = 1 for any count below 2^32. So if F as summed is at least 1 at one grid point, it is so at all lower ones. The 30
//! halvings of [-1, 0] that the definition of the field would make end at this very point.
//!
//! The search itself: Newton steps in f32 on a shrinking copy give a guess, Newton steps on F settle it (F is convex, so they overshoot
//! to one side only), and halvings take over where they take long: at most 12 + 31 evaluations of F, whatever the input.

use crate::dispatch::Kernels;
use crate::kernels::{Active, ActiveSums};

/// Grid points in [-1, 0).
const STEPS: u32 = 1 << 30;
/// Evaluations that may go to Newton steps before halvings take over.
const NEWTON_STEPS: u32 = 12;
/// Newton steps of one guess.
const GUESSES: u32 = 4;
/// Times that a guess may thin out what the next one reads.
const THINNINGS: u32 = 6;
/// So few scores are not worth thinning out.
const FEW: usize = 64;
/// How far below a guess scores are still kept, against the guess's own rounding.
const MARGIN: f32 = 1.0 / 8192.0;

/// A sparse map in terms of `u = z - max z` and its threshold.
pub trait Sparse: super::Separation {
    /// The weight of a score.
    fn weight(u: f32, threshold: &Threshold) -> f32;
    /// What a score of the support adds to the conjugate of u.
    fn conjugate_term(u: f32, threshold: &Threshold) -> f64;
    /// What the conjugate has beside these terms.
    const CONJUGATE_CONSTANT: f64;
    /// The entropy, -Omega, of equal weights.
    fn entropy_of_uniform(count: f64) -> f64;
    /// The conjugate of u less that entropy, where all `count` scores are in the support, from the sums of u and of its squares.
    fn raised_conjugate_of_all(count: f64, sum: f64, squares: f64) -> f64;
}

/// Where the weights end.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Threshold {
    /// The grid point just below.
    pub low: f64,
    /// The threshold in units of u: weights are positive above it.
    pub tau: f64,
}

impl Threshold {
    /// The threshold of a single score: its weight is one.
    pub const ALONE: Self = Self { low: -1.0, tau: -1.0 };

    /// A bound, in f32, that no threshold of these scores and any others lies below: the point `low` lowered by a grid step, which is
    /// more than the error of F as summed.
    pub fn lower_bound(&self) -> f32 {
        let t = self.low - 1.0 / f64::from(STEPS);
        if t > -1.0 { crate::kernels::floor_f32(t) } else { -1.0 }
    }
}

/// Grid point `g`.
fn at(g: u32) -> f64 {
    f64::from(g) / f64::from(STEPS) - 1.0
}

/// The highest grid point not above `t`, within `low..=high`.
fn grid_point(t: f64, low: u32, high: u32) -> u32 {
    let g = ((t + 1.0) * f64::from(STEPS)) as u32;
    if g < low {
        low
    } else if g > high {
        high
    } else {
        g
    }
}

/// The threshold of scores of which `active` gives the sums at any t in [-1, 0); the search begins at `guess`.
///
/// # Errors
/// Those of `active`.
pub fn search<E>(guess: f64, mut active: impl FnMut(f64) -> Result<ActiveSums, E>) -> Result<Threshold, E> {
    let (mut low, mut high) = (0, STEPS);
    let mut sums_at_low = None;
    let mut g = grid_point(guess, low, high - 1);
    let mut round = 0;
    loop {
        let sums = active(at(g))?;
        if sums.excess >= 1.0 {
            low = g;
            sums_at_low = Some(sums);
        } else {
            high = g;
        }
        if high - low <= 1 {
            break;
        }
        round += 1;
        g = if round < NEWTON_STEPS && sums.count > 0 {
            grid_point((sums.sum - 1.0) / sums.count as f64, low + 1, high - 1)
        } else {
            low + (high - low) / 2
        };
    }
    let sums = match sums_at_low {
        Some(sums) => sums,
        None => active(at(low))?,
    };
    Ok(Threshold { low: at(low), tau: (sums.sum - 1.0) / sums.count as f64 })
}

/// The threshold of `scores`, whose largest is `max`; `work` holds those that can matter, if it is long enough for them. `peaks` are some
/// of the scores, if possible large ones, and may be none.
pub fn of_scores<K: Kernels>(kernels: K, scores: &[f32], beta: f32, max: f32, peaks: &[f32], work: &mut [f32]) -> Threshold {
    let newton = |scores: &[f32], t: f32| newton(kernels, scores, beta, max, t);
    let mut t = if peaks.is_empty() { -1.0 } else { newton(peaks, -1.0) };
    let mut cut = below(t);
    let mut kept = kernels.compact(scores, beta, max, cut, work);
    for _ in 0..THINNINGS {
        if kept.is_some_and(|kept| kept <= FEW) {
            break;
        }
        let list = kept.map_or(scores, |kept| work.get(..kept).unwrap_or(&[]));
        t = newton(list, t);
        let Some(count) = kept else { break };
        cut = below(t);
        let fewer = kernels.retain(work.get_mut(..count).unwrap_or(&mut []), beta, max, cut);
        kept = Some(fewer);
        if fewer > count / 2 {
            break;
        }
    }
    let (guess, cut) = (f64::from(t), f64::from(cut));
    let candidates = kept.map_or(scores, |kept| work.get(..kept).unwrap_or(&[]));
    if candidates.len() == 1 {
        return Threshold::ALONE;
    }
    let sums = |scores: &[f32], t: f64| {
        let mut state = Active::new(t, false);
        kernels.active(&mut state, beta, max, scores);
        state.sums()
    };
    // Below the cut candidates are missing: where the search wants to go there, the guess was wrong, and all scores are asked.
    let quick = search(guess, |t| if t >= cut || kept.is_none() { Ok(sums(candidates, t)) } else { Err(()) });
    quick.or_else(|()| search(guess, |t| Ok::<_, ()>(sums(scores, t)))).unwrap_or(Threshold::ALONE)
}

/// A point that is safely below the threshold if `t` is not far above it.
fn below(t: f32) -> f32 {
    if t - MARGIN > -1.0 { t - MARGIN } else { -1.0 }
}

/// A few Newton steps from `t`, in f32: up to the threshold of `scores`, roughly, or some way towards it.
fn newton<K: Kernels>(kernels: K, scores: &[f32], beta: f32, max: f32, mut t: f32) -> f32 {
    for _ in 0..GUESSES {
        let slope = kernels.slope(scores, beta, max, t, false);
        let next = (slope.sum - 1.0) / slope.count;
        if !(next > t && next < 0.0) {
            break;
        }
        t = next;
    }
    t
}
