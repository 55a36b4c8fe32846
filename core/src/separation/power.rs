//! Power maps: roots in the winner's log-weight.
//!
//! With `t_i = beta (s_i - max s)` and `c > 0`, `F(L) = sum of f_i`, `f_i = [e^(cL) + k t_i]_+^(1/c) = exp(L + log1p(k e^(-cL) t_i) / c)`:
//! the unknown is L, the logarithm of the winner's own term, in `[-ln M, 0]`. One form for all c: at `c = k = 0` it is `exp(L + t_i)`, and
//! near 0 or at 1e6 nothing cancels (the textbook form, with the threshold as unknown, is wrong by up to 0.5 there; derived, and tried in
//! f32). Entmax has `c = k = alpha - 1` and `p = f`; normmax has `c = (gamma-1)/gamma`, `k = 1`.
//!
//! `F' = dF/dL = sum of f_i / (1 + k e^(-cL) t_i)`, at least F: so a grid of L in steps of 2^-22 to 2^-30 (finer for c above 1, where a
//! step of L moves `e^(cL)` by c of them) decides as [`threshold`](super::threshold) says. Newton's steps are those of `F^c` as a function
//! of `w = e^(cL)`, which is the norm of the rows' `w + k t_i`: nearly a straight line where they are nearly equal, convex for c up to 1,
//! and at c = 0 the logarithm of F, whose step is exact. `L' = L + ln(1 + F (F^-c - 1) / F') / c`. Beginning at L = 0, they come from the
//! side where F is at least 1, so that rows that are not active at one of them are at none that follows.
//!
//! Between the two grid points around the root the weights are interpolated so that they sum to one. For c below 1 the terms are smooth
//! and it is the same as moving L there. For c of 1 and above a row that just enters has a weight that f64 cannot resolve in L (at
//! `alpha = 1e6` it jumps from 0 to almost the winner's): the interpolation gives such rows what the others leave.

use super::Weighed;
use super::cut::Cut;
use super::met::Met;
use super::threshold::{Bracket, Sample, search};
use crate::dispatch::Kernels;
use crate::kernels::{PEAKS, Power, PowerState, PowerSums};

/// Below this t a term is less than 2^-126 whatever L is, and the kernels take it to be zero.
pub const FAINT: f64 = 88.0;
/// The largest `-L`: ln of 2^32 rows, and a little.
const DEPTH: u64 = 23;
/// So few rows are not worth dropping more of.
const FEW: usize = 32;
/// So near 1 F is not worth getting nearer by some of the rows alone, and so far is no rounding.
const NEAR: f64 = 1e-3;
/// Newton's steps when an equation in f64 is solved over rows.
const REFINEMENTS: u32 = 6;

/// A family of terms: c and k.
#[derive(Clone, Copy, Debug)]
pub struct Family {
    /// c.
    pub exponent: f64,
    /// k.
    pub slope: f64,
    /// The weights are the terms themselves, and too steep for a root in between: the two next to it are blended.
    pub blends: bool,
}

impl Family {
    /// Entmax at this `c = alpha - 1`.
    pub const fn entmax(c: f64) -> Self {
        Self { exponent: c, slope: c, blends: c >= 1.0 }
    }

    /// The terms at L.
    pub fn at(self, log_weight: f64) -> Power {
        let Self { exponent: c, slope, .. } = self;
        if c > 0.0 {
            // Beyond f64 only t = 0 is active, as it is at its largest number; infinity would make a NaN of it.
            let steep = slope * libm::exp(-c * log_weight);
            Power { log_scale: log_weight, exponent: 1.0 / c, rate: if steep < f64::MAX { steep } else { f64::MAX } }
        } else {
            Power { log_scale: log_weight, exponent: 1.0, rate: 0.0 }
        }
    }

    /// The t at which terms begin to be positive at L.
    pub fn edge(self, log_weight: f64) -> f64 {
        let edge = if self.slope > 0.0 { libm::exp(self.exponent * log_weight) / self.slope } else { FAINT };
        if edge < FAINT { -edge } else { -FAINT }
    }

    /// Grid steps in a unit of L. For c up to 1/2 the terms have a derivative everywhere, and what lies between two points is a square of
    /// the step off.
    fn resolution(self) -> u64 {
        let mut finer = 0;
        while finer < 18 && ((1u64 << finer) as f64) < self.exponent {
            finer += 1;
        }
        1 << if self.exponent > 0.5 { 30 + finer } else { 22 }
    }

    /// The cut of rows whose largest score is `max`: L, or two of them and how much of the second there is.
    pub fn cut<K: Kernels>(self, kernels: K, beta: f32, max: f32, rows: &mut Met<'_, '_>, work: &mut [f32]) -> Cut {
        let Some(scores) = rows.list() else {
            return self.root(kernels, max, 0.0, |state, _| rows.scan(|_, scores| kernels.power(state, beta, max, scores)));
        };
        if scores.len() == 1 {
            return Cut::new(max, 0.0, 0.0);
        }
        let mut peaks = [0.0; PEAKS];
        let count = if scores.len() > PEAKS { kernels.survey(scores, &mut peaks).map_or(0, |(_, count)| count) } else { 0 };
        let begin = self.begin(kernels, beta, max, peaks.get(..count).unwrap_or(&[]));
        let mut kept = kernels.compact(scores, beta, max, self.at(begin).floor(), work);
        self.root(kernels, max, begin, |state, floor| {
            if let Some(count) = kept
                && count > FEW
            {
                kept = Some(kernels.retain(work.get_mut(..count).unwrap_or(&mut []), beta, max, floor));
            }
            kernels.power(state, beta, max, kept.map_or(scores, |kept| work.get(..kept).unwrap_or(&[])));
        })
    }

    /// A grid point's L at which F is above 1 already by some of the scores, so that the root of all lies further down: the nearer, the
    /// larger they are.
    fn begin<K: Kernels>(self, kernels: K, beta: f32, max: f32, some: &[f32]) -> f64 {
        let (mut reached, mut log_weight) = (0.0, 0.0);
        for _ in 0..REFINEMENTS {
            let mut state = PowerState::new(self.at(log_weight));
            kernels.power(&mut state, beta, max, some);
            let sums = kernels.power_sums(&state);
            if sums.terms <= 1.0 + NEAR {
                break;
            }
            reached = log_weight;
            log_weight = self.newton(log_weight, sums);
        }
        let steps = self.resolution() as f64;
        -((-reached * steps) as u64 as f64) / steps
    }

    /// The root of the sums that `meet` adds up; it may drop rows whose t is not above the floor that it is told. At `begin` F is at least
    /// 1.
    fn root<K: Kernels>(self, kernels: K, max: f32, begin: f64, mut meet: impl FnMut(&mut PowerState, f32)) -> Cut {
        let steps = self.resolution();
        let at = |point: u64| -(point as f64) / steps as f64;
        let mut floor = self.at(begin).floor();
        let mut sample = |log_weight: f64| {
            let power = self.at(log_weight);
            let mut state = PowerState::new(power);
            meet(&mut state, floor);
            let sums = kernels.power_sums(&state);
            let sample = Sample { value: sums.terms, count: sums.count, next: -self.newton(log_weight, sums) * steps as f64, detail: () };
            if sample.is_settled(1.0) && sums.terms > 1.0 && power.floor() > floor {
                floor = power.floor();
            }
            sample
        };
        if self.exponent == 0.0 {
            let log_weight = -libm::log(sample(0.0).value);
            return Cut::new(max, log_weight, log_weight);
        }
        let bracket: Result<Bracket<()>, ()> = search(DEPTH * steps, 1.0, -begin * steps as f64, |point| Ok(sample(at(point))));
        let Ok(bracket) = bracket else { return Cut::new(max, 0.0, 0.0) };
        let (upper, lower) = (at(bracket.point), at(bracket.point + 1));
        let at_lower = bracket.beyond.map_or_else(|| sample(lower).value, |sample| sample.value);
        let share = (1.0 - at_lower) / (bracket.at.value - at_lower);
        if share >= 1.0 {
            Cut::new(max, upper, upper)
        } else if !self.blends {
            let log_weight = lower + share * (upper - lower);
            Cut::new(max, log_weight, log_weight)
        } else {
            Cut { blend: share, ..Cut::new(max, lower, upper) }
        }
    }

    /// Newton's next L.
    fn newton(self, log_weight: f64, sums: PowerSums) -> f64 {
        let (c, log) = (self.exponent, libm::log(sums.terms));
        if c > 0.0 {
            log_weight + libm::log1p(sums.terms * libm::expm1(-c * log) / sums.ratios) / c
        } else {
            log_weight - log * sums.terms / sums.ratios
        }
    }

    /// The r with `sum of expm1(log1p(k M^c (t_i - r)) / c) = 0`, `t_i = beta (s_i - max s)`: how far the mean of nearly equal scores lies
    /// from the largest, as the map sees it; with small relative error however small they are. Also `<p, t>` there.
    ///
    /// At `r` the weights are `(1 + k M^c (t_i - r))^(1/c) / M`; F's Newton step from the mean of t converges at once where they are nearly
    /// equal. None where it does not, or leaves the support: then rows are so far apart that the conjugates' difference is accurate by
    /// itself.
    pub fn shift(self, weighed: &Weighed, rows: &mut Met<'_, '_>) -> Option<(f64, f64)> {
        let (count, c) = (weighed.rows as f64, self.exponent);
        let scale = self.slope * libm::exp(c * libm::log(count));
        let (beta, max) = (f64::from(weighed.beta), f64::from(weighed.max));
        let mut each = |add: &mut dyn FnMut(f64)| {
            rows.scan(|_, scores| {
                for &score in scores {
                    if score > f32::NEG_INFINITY {
                        add(beta * (f64::from(score) - max));
                    }
                }
            });
        };
        let term = |t: f64, r: f64| if c > 0.0 { libm::expm1(libm::log1p(scale * (t - r)) / c) } else { libm::expm1(t - r) };
        let mut sum = 0.0;
        each(&mut |t| sum += t);
        let (mut r, mut settled) = (sum / count, false);
        for _ in 0..REFINEMENTS {
            let (mut value, mut slope) = (0.0, 0.0);
            each(&mut |t| {
                let term = term(t, r);
                value += term;
                slope += if c > 0.0 { self.slope / c * (1.0 + term) / (1.0 + scale * (t - r)) } else { 1.0 + term };
            });
            // dF/dr = -M^c (k/c) sum of (1 + y)^(1/c - 1).
            let power = if c > 0.0 { scale / self.slope } else { 1.0 };
            let step = value / (slope * power);
            r += step;
            // The next step would be about the square of this one.
            settled = step.abs() <= r.abs() * 1e-8;
            if step.abs() <= r.abs() * 1e-15 || step.is_nan() {
                break;
            }
        }
        let mut mean = 0.0;
        each(&mut |t| mean += (1.0 + term(t, r)) / count * t);
        (settled && mean.is_finite()).then_some((r, mean))
    }

    /// `<p, t>` under a cut, with small relative error however small beta is; of t as it is rounded for the weights, which just above the
    /// threshold depend on it without bound.
    pub fn mean(self, weighed: &Weighed, rows: &mut Met<'_, '_>) -> f64 {
        let Weighed { beta, max, cut, .. } = *weighed;
        let (lower, upper) = (self.at(cut.low), self.at(cut.value));
        let term = |curve: &Power, t: f64| {
            let x = curve.rate * t;
            if x > -1.0 { libm::exp(curve.log_scale + curve.exponent * libm::log1p(x)) } else { 0.0 }
        };
        let mut mean = 0.0;
        rows.scan(|_, scores| {
            for &score in scores {
                if score > f32::NEG_INFINITY {
                    let t = f64::from(beta * (score - max));
                    let weight = (1.0 - cut.blend) * term(&lower, t) + cut.blend * term(&upper, t);
                    // Beyond f32 t is infinite, and has no weight.
                    mean += if weight > 0.0 { t * weight } else { 0.0 };
                }
            }
        });
        mean
    }

    /// True where the weights are so nearly equal that [`shift`](Self::shift) is the way to a difference of conjugates.
    pub fn is_level(weighed: &Weighed) -> bool {
        weighed.support == weighed.rows && f64::from(weighed.weight) * (weighed.rows as f64) < 2.0
    }
}
