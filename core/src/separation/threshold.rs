//! The threshold of a sparse map as a function of the scores, not of the road to it.
//!
//! A root is looked for on a *grid* of points `0..=steps`, at which a sum F of weights falls from above to below the mass that the weights
//! must have. **Defined is the point that halving the grid reaches**: between a point where `F >= mass` and one where `F < mass`, ask the
//! point in the middle, until the two are neighbours. Each decision is made by F as summed in f64 over the *active* rows by rank (see
//! the kernels), so it does not see rows that were dropped, how they were cut into calls, or the backend.
//!
//! Nobody halves 30 times. Newton steps find out where the root is, and a decision is *settled* without asking where F at a point beyond
//! it differs from the mass by more than F can be wrong: `(active / 16 + 512) 2^-53` relative, the error of the sum and of its terms
//! (derived). In exact numbers F is monotone, so what is settled is what asking would have given.
//!
//! Here are also the two maps whose F is a polynomial, in terms of `u = factor (s - max)` on the grid -1, -1 + 2^-30, ..., 0:
//! `F(t) = sum of [u - t]_+` (sparsemax, factor beta) and `sum of [u - t]_+^2` (1.5-entmax, factor beta/2). With the active rows known,
//! tau is a closed form; those just above the grid point are active too, which moves a weight by at most 2^-30.

use super::cut::Cut;
use super::met::Met;
use crate::dispatch::Kernels;
use crate::kernels::{Active, ActiveSums};

/// Points that may be asked by Newton's steps before halvings take over.
const NEWTON_STEPS: u32 = 24;
/// Grid steps in [-1, 0].
const STEPS: u64 = 1 << 30;
/// Newton steps of one guess.
const GUESSES: u32 = 4;
/// Times that a guess may thin out what the next one reads.
const THINNINGS: u32 = 6;
/// So few scores are not worth thinning out.
const FEW: usize = 64;
/// How far below a guess scores are still kept, against the guess's own rounding.
const MARGIN: f32 = 1.0 / 8192.0;

/// What F is at a grid point.
#[derive(Clone, Copy, Debug)]
pub struct Sample<E> {
    /// F.
    pub value: f64,
    /// The active rows.
    pub count: u64,
    /// Where the root may be, in grid steps.
    pub next: f64,
    /// Whatever else the caller wants to have of the points around the root.
    pub detail: E,
}

impl<E> Sample<E> {
    /// True where F differs from the mass by more than it can be wrong.
    pub fn is_settled(&self, mass: f64) -> bool {
        let doubt = self.value * (self.count as f64 / 16.0 + 512.0) / (1u64 << 53) as f64;
        self.value - mass > doubt || mass - self.value > doubt
    }
}

/// Two neighbouring grid points with the root between them.
#[derive(Clone, Copy, Debug)]
pub struct Bracket<E> {
    /// The last point with `F >= mass`.
    pub point: u64,
    /// What is known there.
    pub at: Sample<E>,
    /// What is known one step further, if it was asked.
    pub beyond: Option<Sample<E>>,
}

/// A search under way: the settled ends, and the asked points next to the root.
struct Search<E, A> {
    low: u64,
    high: u64,
    mass: f64,
    reached: Option<(u64, Sample<E>)>,
    missed: Option<(u64, Sample<E>)>,
    ask: A,
}

impl<E: Copy, X, A: FnMut(u64) -> Result<Sample<E>, X>> Search<E, A> {
    /// Asks a point, and settles what follows from it. True where the point itself is settled.
    fn ask(&mut self, point: u64) -> Result<(Sample<E>, bool), X> {
        let sample = (self.ask)(point)?;
        let (settled, reached) = (sample.is_settled(self.mass), sample.value >= self.mass);
        if reached {
            self.reached = Some((point, sample));
            self.low = if settled && point > self.low { point } else { self.low };
        } else {
            self.missed = Some((point, sample));
            self.high = if settled && point < self.high { point } else { self.high };
        }
        Ok((sample, settled))
    }

    /// Asks further and further away from an unsettled point, on both sides, until something is settled.
    fn surround(&mut self, point: u64) -> Result<(), X> {
        let mut step = 1;
        while point > self.low + step && !self.ask(point - step)?.1 {
            step *= 8;
        }
        step = 1;
        while point + step < self.high && !self.ask(point + step)?.1 {
            step *= 8;
        }
        Ok(())
    }

    /// The sample at `point`.
    fn known(&self, point: u64) -> Option<Sample<E>> {
        let known = |asked: Option<(u64, Sample<E>)>| asked.filter(|(at, _)| *at == point).map(|(_, sample)| sample);
        known(self.reached).or(known(self.missed))
    }
}

/// The grid point that `steps`-fold halving reaches for the root of `F = mass`, F as `ask` gives it; the search begins at `guess`.
///
/// F is taken to reach the mass at point 0 and to miss it at point `steps`; these two are not asked for that.
///
/// # Errors
/// Those of `ask`.
pub fn search<E: Copy, X>(steps: u64, mass: f64, guess: f64, ask: impl FnMut(u64) -> Result<Sample<E>, X>) -> Result<Bracket<E>, X> {
    let mut search = Search { low: 0, high: steps, mass, reached: None, missed: None, ask };
    // What is sought may lie at the guess itself.
    let mut next = guess;
    for _ in 0..NEWTON_STEPS {
        if search.high - search.low <= 1 {
            break;
        }
        let point = within(next, search.low, search.high);
        let (sample, settled) = search.ask(point)?;
        if !settled {
            search.surround(point)?;
            break;
        }
        next = sample.next;
    }
    let (mut low, mut high) = (0, steps);
    while high - low > 1 {
        let middle = low + (high - low) / 2;
        let reached = middle <= search.low || (middle < search.high && search.ask(middle)?.0.value >= mass);
        if reached {
            low = middle;
        } else {
            high = middle;
        }
    }
    let at = match search.known(low) {
        Some(at) => at,
        None => search.ask(low)?.0,
    };
    Ok(Bracket { point: low, at, beyond: search.known(low + 1) })
}

/// The grid point at or below `x` between `low` and `high`; the middle, where x lies so far outside that it says nothing.
fn within(x: f64, low: u64, high: u64) -> u64 {
    if !(x > low as f64 - 2.0 && x < high as f64 + 2.0) {
        return low + (high - low) / 2;
    }
    let point = x as u64;
    if point <= low {
        low + 1
    } else if point >= high {
        high - 1
    } else {
        point
    }
}

/// A polynomial F.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// `[u - t]_+`.
    Linear,
    /// `[u - t]_+^2`.
    Square,
}

impl Shape {
    /// F at t, of what is active there.
    fn value(self, sums: ActiveSums) -> f64 {
        match self {
            Self::Linear => sums.excess,
            Self::Square => sums.squares,
        }
    }

    /// The root of F with the rows that are active at t, whether or not they are at the root.
    ///
    /// With `v = u - t`: linear, `t + (sum v - 1) / n`; square, the lower root of `n d^2 - 2 d sum v + sum v^2 - 1 = 0` as the quotient in
    /// which nothing cancels.
    fn root(self, t: f64, sums: ActiveSums) -> f64 {
        let n = sums.count as f64;
        match self {
            Self::Linear => (sums.sum - 1.0) / n,
            Self::Square => {
                let more = sums.squares - 1.0;
                let discriminant = sums.excess * sums.excess - n * more;
                t + more / (sums.excess + if discriminant > 0.0 { libm::sqrt(discriminant) } else { 0.0 })
            }
        }
    }

    /// Newton's next t by f32 sums in any order: a guess. For the square, of F's root, the norm of `[u - t]_+`: nearly a straight line, and
    /// convex, so that a step from below the threshold does not pass it.
    fn guess<K: Kernels>(self, kernels: K, scores: &[f32], factor: f32, max: f32, t: f32) -> f32 {
        match self {
            Self::Linear => {
                let slope = kernels.slope(scores, factor, max, t);
                (slope.sum - 1.0) / slope.count
            }
            Self::Square => {
                let slope = kernels.slope_squares(scores, factor, max, t);
                let excess = slope.sum - slope.count * t;
                let value = slope.squares - t * (slope.sum + excess);
                t + (value - libm::sqrtf(if value > 0.0 { value } else { 0.0 })) / excess
            }
        }
    }

    /// From t at or below the threshold of `scores` nearly up to it.
    fn climb<K: Kernels>(self, kernels: K, scores: &[f32], factor: f32, max: f32, mut t: f32) -> f32 {
        for _ in 0..GUESSES {
            let next = self.guess(kernels, scores, factor, max, t);
            if !(next > t && next < 0.0) {
                break;
            }
            t = next;
        }
        t
    }

    /// Adds `scores` to the sums, and their squares where they are needed.
    fn meet<K: Kernels>(self, kernels: K, state: &mut Active, scores: &[f32], factor: f32, max: f32) {
        match self {
            Self::Linear => kernels.active(state, factor, max, scores),
            Self::Square => kernels.active_squares(state, factor, max, scores),
        }
    }

    /// A sample from the sums at grid point `point`.
    fn sample(self, point: u64, sums: ActiveSums) -> Sample<ActiveSums> {
        let next = (self.root(at(point), sums) + 1.0) * STEPS as f64;
        Sample { value: self.value(sums), count: sums.count, next, detail: sums }
    }
}

/// Grid point `point` in units of u.
fn at(point: u64) -> f64 {
    point as f64 / STEPS as f64 - 1.0
}

/// A point that is safely below the threshold if `t` is not far above it.
fn below(t: f32) -> f32 {
    if t - MARGIN > -1.0 { t - MARGIN } else { -1.0 }
}

/// The cut of rows whose largest score is `max`. `work` holds those that can matter, if it is long enough for them.
pub fn polynomial<K: Kernels>(kernels: K, shape: Shape, factor: f32, max: f32, rows: &mut Met<'_, '_>, work: &mut [f32]) -> Cut {
    if let Some(scores) = rows.list() {
        return of_scores(kernels, shape, scores, factor, max, &[], work);
    }
    let bracket = search(STEPS, 1.0, 0.0, |point| {
        let mut state = Active::new(at(point), shape == Shape::Square);
        rows.scan(|_, scores| shape.meet(kernels, &mut state, scores, factor, max));
        Ok::<_, ()>(shape.sample(point, state.sums()))
    });
    cut(shape, max, bracket)
}

/// The cut that a search gives.
fn cut(shape: Shape, max: f32, bracket: Result<Bracket<ActiveSums>, ()>) -> Cut {
    bracket.map_or(Cut::new(max, -1.0, -1.0), |found| {
        let low = at(found.point);
        Cut::new(max, low, shape.root(low, found.at.detail))
    })
}

/// The cut of `scores`, whose largest is `max`. `peaks` are some of the scores, if possible large ones, and may be none.
///
/// A guess on a copy that gets shorter and shorter, then the search on what is left. Below the copy's lower end rows are missing: where the
/// search wants to go there, the guess was wrong, and all scores are asked.
pub fn of_scores<K: Kernels>(kernels: K, shape: Shape, scores: &[f32], factor: f32, max: f32, peaks: &[f32], work: &mut [f32]) -> Cut {
    let climb = |scores: &[f32], t: f32| shape.climb(kernels, scores, factor, max, t);
    let mut t = if peaks.is_empty() { -1.0 } else { climb(peaks, -1.0) };
    let mut end = below(t);
    let mut kept = kernels.compact(scores, factor, max, end, work);
    for _ in 0..THINNINGS {
        if kept.is_some_and(|kept| kept <= FEW) {
            break;
        }
        let list = kept.map_or(scores, |kept| work.get(..kept).unwrap_or(&[]));
        t = climb(list, t);
        let Some(count) = kept else { break };
        end = below(t);
        let fewer = kernels.retain(work.get_mut(..count).unwrap_or(&mut []), factor, max, end);
        kept = Some(fewer);
        if fewer > count / 2 {
            break;
        }
    }
    let candidates = kept.map_or(scores, |kept| work.get(..kept).unwrap_or(&[]));
    if candidates.len() == 1 {
        return Cut::new(max, -1.0, -1.0);
    }
    let guess = (f64::from(t) + 1.0) * STEPS as f64;
    let ask = |scores: &[f32], point: u64| {
        let mut state = Active::new(at(point), shape == Shape::Square);
        shape.meet(kernels, &mut state, scores, factor, max);
        shape.sample(point, state.sums())
    };
    let end = f64::from(end);
    let quick = search(STEPS, 1.0, guess, |point| if at(point) >= end || kept.is_none() { Ok(ask(candidates, point)) } else { Err(()) });
    cut(shape, max, quick.or_else(|()| search(STEPS, 1.0, guess, |point| Ok(ask(scores, point)))))
}

#[cfg(test)]
mod tests;
