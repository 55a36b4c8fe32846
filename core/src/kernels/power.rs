//! Weights that are a power of a line, or in the limit an exponential, and the sums that settle which line it is.
//!
//! With the maximum known, each score stands as `t = beta (s - max)`, subtracted first, in f32; it is at most 0. Its *term* on a curve is
//!
//! ```text
//! f(t) = exp(log_scale + exponent ln(1 + rate t))     where rate t > -1 and t > -88: there the score is active
//! f(t) = exp(log_scale + exponent t)                  the same for rate = 0, the limit in which exponent * rate stays what it is
//! f(t) = +0                                           elsewhere
//! ```
//!
//! all of it in f64, by the functions of `wide_math`, so that it has the same bits everywhere; an exponential at or below 2^-126 is +0
//! there, so an active score may have the term +0. A masked score, minus infinity, is never active. Whether `rate t > -1` is asked of the
//! product as computed; that rises with t, so one comparison of t itself, in f32, answers.
//!
//! [`power`] sums over the active scores, **the r-th of them in partial sum r mod 16**, ended by the tree, as
//! [`active`](super::active) does and for the same reason: the result depends on the active scores and their order alone. Error of
//! a term: `|exponent ln(1 + rate t)| 2^-52 + 2 ULP`, about (derived: the argument of the exponential is rounded). Error of a sum, all of
//! whose terms have one sign: (count/16 + 6) 2^-53 relative, and that of the terms.
//!
//! Weights below 2^-126 are +0, so that none is denormal.

use super::threshold::{Waiting, below_max, floor_f32};
use super::wide_math;
use crate::simd::{LANES, Simd, wide_tree};

/// At and below it no score is active: e^-88 is below the smallest weight.
const LOWEST: f32 = -88.0;
/// The smallest weight, 2^-126.
const SMALLEST: f64 = f32::MIN_POSITIVE as f64;

/// The curve on which the term of a score lies.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Power {
    /// The logarithm of the term at t = 0.
    pub log_scale: f64,
    /// The exponent of `1 + rate t`; where `rate` is zero, that of `e^t`. Not negative.
    pub exponent: f64,
    /// By how much the base of the power rises with t: finite, not negative. The base is zero at -1/rate.
    pub rate: f64,
}

/// The sums over the active scores as they are met.
#[derive(Clone, Copy, Debug)]
pub struct PowerState {
    curve: Power,
    /// What [`Power::floor`] gives.
    floor: f32,
    waiting: Waiting,
    sums: Partial,
}

/// Sixteen partial sums of each kind.
#[derive(Clone, Copy, Debug)]
struct Partial {
    terms: [f64; LANES],
    ratios: [f64; LANES],
    moments: [f64; LANES],
}

/// What is known of the active scores on one curve.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PowerSums {
    /// How many, whatever their terms.
    pub count: u64,
    /// The sum of f.
    pub terms: f64,
    /// The sum of f / (1 + rate t).
    pub ratios: f64,
    /// The sum of f t. Not positive.
    pub moments: f64,
}

impl Power {
    /// The largest f32 t that is not active: a score is active exactly when it is above it.
    pub fn floor(&self) -> f32 {
        let active = |size: f32| self.rate * f64::from(-size) > -1.0;
        if active(-LOWEST) {
            return LOWEST;
        }
        // What is sought is the smallest size that is not active. 1/rate, rounded twice, is at most one f32 from it.
        let mut bits = ((1.0 / self.rate) as f32).to_bits().saturating_sub(1);
        let mut step = 0;
        while step < 2 && active(f32::from_bits(bits)) {
            bits += 1;
            step += 1;
        }
        -f32::from_bits(bits)
    }
}

impl PowerState {
    /// Nothing met yet, on `curve`.
    pub fn new(curve: Power) -> Self {
        let zero = [0.0; LANES];
        let sums = Partial { terms: zero, ratios: zero, moments: zero };
        Self { curve, floor: curve.floor(), waiting: Waiting::NONE, sums }
    }
}

/// The terms f at active t, and f / (1 + rate t), which is f where the rate is zero.
#[inline(always)]
fn terms<S: Simd>(s: S, curve: &Power, t: S::Wide) -> (S::Wide, S::Wide) {
    let x = s.wide_mul(s.wide_splat(curve.rate), t);
    let line = if curve.rate == 0.0 { t } else { wide_math::log_1p(s, x) };
    let argument = s.wide_add(s.wide_splat(curve.log_scale), s.wide_mul(s.wide_splat(curve.exponent), line));
    let f = wide_math::exp(s, argument);
    (f, if curve.rate == 0.0 { f } else { s.wide_div(f, s.wide_add(s.wide_splat(1.0), x)) })
}

/// Meets `scores`, in order.
#[inline(always)]
pub fn power<S: Simd>(s: S, state: &mut PowerState, beta: f32, max: f32, scores: &[f32]) {
    let (factor, max, floor, curve) = (s.splat(beta), s.splat(max), s.splat(state.floor), state.curve);
    let mut sum = s.wide_from_array(&state.sums.terms);
    let mut ratios = s.wide_from_array(&state.sums.ratios);
    let mut moments = s.wide_from_array(&state.sums.moments);
    let mut count = state.waiting.count();
    let mut j = 0;
    while j < scores.len() {
        // SAFETY: that many numbers stand behind j.
        let (t, valid) = unsafe { below_max(s, scores.as_ptr().add(j), scores.len() - j, factor, max) };
        let mask = s.gt(t, floor) & valid;
        if let Some(full) = state.waiting.meet(s, &mut count, t, mask) {
            let t = s.widen(full);
            let (f, ratio) = terms(s, &curve, t);
            sum = s.wide_add(sum, f);
            ratios = s.wide_add(ratios, ratio);
            moments = s.wide_add(moments, s.wide_mul(f, t));
        }
        j += LANES;
    }
    state.waiting.counted(count);
    state.sums.terms = s.wide_to_array(sum);
    state.sums.ratios = s.wide_to_array(ratios);
    state.sums.moments = s.wide_to_array(moments);
}

/// The sums over all that `state` met.
#[inline(always)]
pub fn power_sums<S: Simd>(s: S, state: &PowerState) -> PowerSums {
    let mut sums = state.sums;
    let waiting = state.waiting.scores();
    if !waiting.is_empty() {
        // SAFETY: that many numbers are there, fewer than 16.
        let t = s.widen(unsafe { s.load_first(waiting.as_ptr(), waiting.len()) });
        let (f, ratio) = terms(s, &state.curve, t);
        let (f, ratios, moments) = (s.wide_to_array(f), s.wide_to_array(ratio), s.wide_to_array(s.wide_mul(f, t)));
        let mut j = 0;
        while j < waiting.len() && j < LANES {
            sums.terms[j] += f[j];
            sums.ratios[j] += ratios[j];
            sums.moments[j] += moments[j];
            j += 1;
        }
    }
    PowerSums {
        count: state.waiting.count(),
        terms: wide_tree(sums.terms),
        ratios: wide_tree(sums.ratios),
        moments: wide_tree(sums.moments),
    }
}

/// f64 weights as f32, +0 where they are below 2^-126.
#[inline(always)]
fn weights<S: Simd>(s: S, w: S::Wide) -> S::Lanes {
    let smallest = s.wide_splat(SMALLEST);
    s.narrow(s.wide_select_gt(smallest, w, s.wide_splat(0.0), w))
}

/// `scores[i] <- w(beta (scores[i] - max))`, where `$weights` gives the w of 16 lanes, `$u`, and those at or below `$floor` are +0.
macro_rules! weigh {
    ($s:ident, $beta:ident, $max:ident, $scores:ident, $floor:expr, |$u:ident| $weights:expr) => {{
        let (factor, max, floor) = ($s.splat($beta), $s.splat($max), $s.splat($floor));
        let (p, n, mut j) = ($scores.as_mut_ptr(), $scores.len(), 0);
        while j < n {
            let left = n - j;
            // SAFETY: `left` numbers stand behind j.
            let ($u, valid) = unsafe { below_max($s, p.add(j), left, factor, max) };
            let w = if $s.gt($u, floor) & valid == 0 { $s.splat(0.0) } else { $weights };
            // SAFETY: as above.
            unsafe {
                if left >= LANES {
                    $s.store(p.add(j), w);
                } else {
                    $s.store_first(p.add(j), left, w);
                }
            }
            j += LANES;
        }
    }};
}

/// The terms at t in f64, +0 where t is not above `floor`.
#[inline(always)]
fn active_terms<S: Simd>(s: S, curve: &Power, floor: f64, t: S::Wide) -> S::Wide {
    s.wide_select_gt(t, s.wide_splat(floor), terms(s, curve, t).0, s.wide_splat(0.0))
}

/// `scores[i] <- (1 - blend) a(t) + blend b(t)`, the terms on the two curves; where `blend` is zero, `a(t)`.
#[inline(always)]
pub fn power_weights<S: Simd>(s: S, a: Power, b: Power, blend: f64, beta: f32, max: f32, scores: &mut [f32]) {
    let (below_a, below_b) = (a.floor(), b.floor());
    let (floor_a, floor_b) = (f64::from(below_a), f64::from(below_b));
    if blend == 0.0 {
        weigh!(s, beta, max, scores, below_a, |t| weights(s, active_terms(s, &a, floor_a, s.widen(t))));
    } else {
        let (rest, blend) = (s.wide_splat(1.0 - blend), s.wide_splat(blend));
        let floor = if below_a < below_b { below_a } else { below_b };
        weigh!(s, beta, max, scores, floor, |t| {
            let t = s.widen(t);
            let (f, g) = (active_terms(s, &a, floor_a, t), active_terms(s, &b, floor_b, t));
            weights(s, s.wide_add(s.wide_mul(rest, f), s.wide_mul(blend, g)))
        });
    }
}

/// `scores[i] <- u - tau` where that is positive, else +0, for `u = beta (scores[i] - max)` and a tau that is not positive.
#[inline(always)]
pub fn linear_weights<S: Simd>(s: S, tau: f64, beta: f32, max: f32, scores: &mut [f32]) {
    let threshold = s.wide_splat(tau);
    weigh!(s, beta, max, scores, floor_f32(tau), |u| weights(s, s.wide_sub(s.widen(u), threshold)));
}

/// `scores[i] <- (u - tau)^2` where u is above tau, else +0, for `u = beta (scores[i] - max)` and a tau that is not positive.
#[inline(always)]
pub fn square_weights<S: Simd>(s: S, tau: f64, beta: f32, max: f32, scores: &mut [f32]) {
    let (threshold, zero) = (s.wide_splat(tau), s.wide_splat(0.0));
    weigh!(s, beta, max, scores, floor_f32(tau), |u| {
        let above = s.wide_sub(s.widen(u), threshold);
        let above = s.wide_select_gt(above, zero, above, zero);
        weights(s, s.wide_mul(above, above))
    });
}
