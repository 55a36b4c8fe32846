//! Maps whose weights have an upper bound: `p_i = clip(z_i - tau, 0, cap_i)`, `sum p = mass`.
//!
//! `Omega(p) = |p|^2/2`, so `Omega*(z) = <p, z> - |p|^2/2`. Let r be the largest score such that the caps of the rows at or above it add
//! up to the mass. With `u = beta (s - r)` tau lies in [-1, 0): at 0 only rows above r have a weight, which is not enough, and at -1 all
//! rows from r on have their cap, which is (for caps of at most 1). So r stands at zero, and the threshold is found on the grid of
//! [`threshold`](super::threshold): `F(t) = sum of min(u - t, cap)` over the rows with `u > t`, by rank. With the free rows (those below
//! their cap) known, `tau = (sum of free u + sum of caps - mass) / free`.

use super::cut::{Cut, floor_below};
use super::met::{Met, Numbers};
use super::select::kth;
use super::threshold::{Sample, search};
use super::{Map, Sparse, Weighed, jacobian};
use crate::dispatch::Kernels;
use crate::error::Error;
use crate::kernels::{BLOCK, Leader, Tallied};
use crate::recall::Candidates;
use crate::simd::wide_tree;
use core::fmt;

/// Grid steps in [-1, 0].
const STEPS: u64 = 1 << 30;
/// The unit in which caps are counted when r is looked for: 2^-32, so that counts are exact.
const UNIT: f64 = 4_294_967_296.0;
/// So many units of the mass may be missing, 2^-14 in all: what the rounding of many weights may have taken from caps. All rows have their
/// cap then.
const MISSING: u64 = 1 << 18;

/// The mark of a cut under which the caps of all rows fall short of the mass by no more than that.
const SHORT: f64 = 1.0;

/// The upper bounds of a map.
pub trait Bounds: Copy + Send + Sync + fmt::Debug {
    /// The sum of all weights.
    fn mass(&self) -> u32;
    /// The largest weight of a row, in [0, 1].
    fn cap(&self, row: u32) -> f32;
    /// The caps of the rows whose lane is set, in units of 2^-32, each rounded up; of caps that are whole units, exactly their sum.
    fn units(&self, numbers: Numbers<'_>, lanes: u64) -> u64 {
        let caps = numbers.take(BLOCK).enumerate().filter(|(lane, _)| lanes >> lane & 1 == 1);
        caps.fold(0u64, |sum, (_, row)| {
            let units = f64::from(self.cap(row)) * UNIT;
            let whole = units as u64;
            sum.saturating_add(whole + u64::from(whole as f64 != units))
        })
    }
    /// Bit `i` is set where row `first + i` can have a weight.
    fn keeps(&self, first: usize) -> u64;
    /// What it is called that the bounds of all rows do not add up to the mass.
    fn too_few(&self, rows: usize) -> Error;
}

/// Sparsemax with upper bounds: [`KSubsets`](crate::KSubsets), [`Constrained`](crate::Constrained).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Capped<B>(pub(super) B);

/// What F is made of at a threshold: partial sums by rank, as in the kernels.
#[derive(Clone, Copy)]
struct Sums {
    /// F.
    value: [f64; 16],
    /// u of the free rows.
    free: [f64; 16],
    /// Caps of the others.
    caps: [f64; 16],
    free_rows: u64,
    count: u64,
}

impl Sums {
    const NONE: Self = Self { value: [0.0; 16], free: [0.0; 16], caps: [0.0; 16], free_rows: 0, count: 0 };

    /// Meets the rows of a block that are active at `t`.
    fn meet<B: Bounds>(&mut self, bounds: &B, beta: f32, reference: f32, t: f64, numbers: Numbers<'_>, scores: &[f32]) {
        for (row, &score) in numbers.take(scores.len()).zip(scores) {
            let u = f64::from(beta * (score - reference));
            let cap = f64::from(bounds.cap(row));
            if !(u > t && cap > 0.0) {
                continue;
            }
            let place = (self.count % 16) as usize;
            self.count += 1;
            let free = u - t < cap;
            let [value, sum, caps] = [&mut self.value, &mut self.free, &mut self.caps].map(|sums| sums.get_mut(place));
            if let (Some(value), Some(sum), Some(caps)) = (value, sum, caps) {
                *value += if free { u - t } else { cap };
                *sum += if free { u } else { 0.0 };
                *caps += if free { 0.0 } else { cap };
            }
            self.free_rows += u64::from(free);
        }
    }

    /// The root of F with the same rows free.
    fn root(&self, t: f64, mass: f64) -> f64 {
        if self.free_rows == 0 {
            return t;
        }
        (wide_tree(self.free) + (wide_tree(self.caps) - mass)) / self.free_rows as f64
    }
}

/// Grid point `point` in units of u.
fn at(point: u64) -> f64 {
    point as f64 / STEPS as f64 - 1.0
}

impl<B: Bounds> Map for Capped<B> {
    type State = Candidates;

    fn margin(&self) -> f32 {
        1.0
    }

    fn keeps(&self, first: usize) -> u64 {
        self.0.keeps(first)
    }

    fn differentiate(&self, weights: &[f32], tangent: &mut [f32]) {
        let free = |row: usize, p: f32| p > 0.0 && p < self.0.cap(u32::try_from(row).unwrap_or(u32::MAX));
        jacobian::project(weights, tangent, |row, p| f64::from(u8::from(free(row, p))), None);
    }
}

impl<B: Bounds> Sparse for Capped<B> {
    fn floor(&self, _: f32, _: f32) -> f32 {
        f32::NEG_INFINITY
    }

    fn floor_of(&self, beta: f32, cut: &Cut) -> f32 {
        if cut.blend == SHORT { f32::NEG_INFINITY } else { floor_below(cut.reference, -cut.low, beta) }
    }

    fn enough(&self) -> usize {
        (self.0.mass() as usize).saturating_mul(4).saturating_add(4 * BLOCK)
    }

    fn cut<K: Kernels>(&self, kernels: K, beta: f32, leader: Leader, rows: &mut Met<'_, '_>, _: &mut [f32]) -> Option<Cut> {
        let bounds = &self.0;
        // Only where all rows together miss the mass: a row must not be passed over because those above it nearly reach it.
        let all = u64::from(bounds.mass()) << 32;
        let mut kth = |mass| kth(kernels, leader.max, mass, rows, |numbers, lanes| bounds.units(numbers, lanes));
        let whole = kth(all);
        let reference = whole.or_else(|| kth(all - MISSING))?;
        let mass = f64::from(bounds.mass());
        let bracket = search(STEPS, mass, 0.0, |point| {
            let mut sums = Sums::NONE;
            rows.scan(|numbers, scores| sums.meet(bounds, beta, reference, at(point), numbers, scores));
            let next = (sums.root(at(point), mass) + 1.0) * STEPS as f64;
            Ok::<_, ()>(Sample { value: wide_tree(sums.value), count: sums.count, next, detail: sums })
        });
        let bracket = bracket.ok()?;
        let low = at(bracket.point);
        // Of some of the rows such a cut says nothing about the others.
        let blend = if whole.is_none() { SHORT } else { 0.0 };
        Some(Cut { blend, ..Cut::new(reference, low, bracket.at.detail.root(low, mass)) })
    }

    fn too_few(&self, rows: usize) -> Error {
        self.0.too_few(rows)
    }

    fn weights<K: Kernels>(&self, _: K, beta: f32, cut: &Cut, numbers: Numbers<'_>, scores: &mut [f32]) {
        for (row, score) in numbers.take(scores.len()).zip(scores) {
            let free = f64::from(beta * (*score - cut.reference)) - cut.value;
            let cap = f64::from(self.0.cap(row));
            let p = if free > cap { cap } else { free } as f32;
            *score = if p >= f32::MIN_POSITIVE { p } else { 0.0 };
        }
    }

    fn threshold(&self, beta: f32, cut: &Cut) -> Option<f64> {
        Some(f64::from(beta) * f64::from(cut.reference) + cut.value)
    }

    fn conjugate(&self, max: f64, _: &Cut, tally: &Tallied) -> f64 {
        f64::from(self.0.mass()) * max + (tally.mean - tally.squares / 2.0)
    }

    /// Where every row is free the weights are `mass/M` and the deviation of z from its mean, so the difference is `mass` times the mean
    /// and half the squared deviation.
    ///
    /// Else by the dual, `Omega*(z) = min over tau of mass tau + sum of h_i(z_i - tau)` with `h_i' = clip(., 0, cap_i)`: at equal scores 0
    /// the minimum is at minus the level a that free rows share, at z it is `delta` above that, and the difference is `mass delta + sum of
    /// h_i(a + e_i) - h_i(a)`, `e_i = t_i - delta`, in which nothing large cancels. Being a minimum, it sees an error of delta in second
    /// order only: `M delta^2`, which delta between the smallest t and 0 keeps below what matters however small beta is.
    fn raised_conjugate(&self, weighed: &Weighed, rows: &mut Met<'_, '_>) -> f64 {
        let (beta, max, mass) = (f64::from(weighed.beta), f64::from(weighed.max), f64::from(self.0.mass()));
        let (mut count, mut sum, mut squares, mut lowest, mut least) = (0.0, 0.0, 0.0, 0.0, f64::INFINITY);
        rows.scan(|numbers, scores| {
            for (row, &score) in numbers.take(scores.len()).zip(scores) {
                if score > f32::NEG_INFINITY {
                    let (t, cap) = (beta * (f64::from(score) - max), f64::from(self.0.cap(row)));
                    (count, sum, squares) = (count + 1.0, sum + t, squares + t * t);
                    lowest = if t < lowest { t } else { lowest };
                    least = if cap < least { cap } else { least };
                }
            }
        });
        let (mean, share) = (sum / count, mass / count);
        if share + (lowest - mean) > 0.0 && share - mean < least {
            return mass * (beta * max + mean) + (squares - sum * mean) / 2.0;
        }
        let level = level(&self.0, mass, rows);
        let delta = beta * (f64::from(weighed.cut.reference) - max) + weighed.cut.value + level;
        let delta = if delta < lowest { lowest } else { delta };
        let delta = if delta > 0.0 { 0.0 } else { delta };
        let mut risen = 0.0;
        rows.scan(|numbers, scores| {
            for (row, &score) in numbers.take(scores.len()).zip(scores) {
                if score > f32::NEG_INFINITY {
                    risen += rise(level, beta * (f64::from(score) - max) - delta, f64::from(self.0.cap(row)));
                }
            }
        });
        mass * (beta * max + delta) + risen
    }
}

/// `h(a + e) - h(a)` for `h' = clip(., 0, cap)` and `a >= 0`.
fn rise(a: f64, e: f64, cap: f64) -> f64 {
    let (before, after) = (a - cap, a - cap + e);
    // Below the cap h lies half the squared distance above the line of slope cap.
    let below = |x: f64| if x < 0.0 { x * x / 2.0 } else { 0.0 };
    if a + e <= 0.0 {
        let held = if a < cap { a } else { cap };
        held * held / 2.0 - held * a
    } else if before < 0.0 && after < 0.0 {
        e * (a + e / 2.0)
    } else {
        cap * e + below(after) - below(before)
    }
}

/// Rounds in which [`level`] is found.
const ROUNDS: u32 = 44;

/// What free rows weigh at equal scores: rows whose cap is below it have their cap, the others share what is left.
///
/// Newton's steps from below to the root of a concave function: what is missing, and the number of free rows, h and n, go on to
/// `h'/h + n'/n <= 1`, so their product falls to a quarter at least (derived). From M rows that miss all of the mass to one that misses
/// 2^-53 of it that takes `(53 + log2 M)/2` rounds, 43 for 2^32 rows; what is left then is rounding, and another round would find nothing.
fn level<B: Bounds>(bounds: &B, mass: f64, rows: &mut Met<'_, '_>) -> f64 {
    let mut level = 0.0;
    for _ in 0..ROUNDS {
        let (mut held, mut free) = (0.0, 0.0);
        rows.scan(|numbers, scores| {
            for (row, _) in numbers.take(scores.len()).zip(scores).filter(|(_, score)| **score > f32::NEG_INFINITY) {
                let cap = f64::from(bounds.cap(row));
                if cap <= level {
                    held += cap;
                } else {
                    free += 1.0;
                }
            }
        });
        let next = if free > 0.0 { (mass - held) / free } else { level };
        if next <= level || next.is_nan() {
            break;
        }
        level = next;
    }
    level
}

#[cfg(test)]
mod tests {
    extern crate std;

    use super::*;
    use crate::Constrained;
    use crate::separation::met::{Rescan, Source};
    use std::vec::Vec;

    /// So many rows of score 0.
    struct Equal(usize);

    impl Source for Equal {
        fn count(&self) -> usize {
            self.0
        }

        fn block(&self, _: usize, scores: &mut [f32]) -> u64 {
            scores.fill(0.0);
            u64::MAX
        }
    }

    /// The level of these caps, and in how many rounds it is found.
    fn found(caps: &[f32]) -> (f64, u32) {
        let source = Equal(caps.len());
        let mut rows = Rescan::new(&source, 0);
        let bounds = Constrained::new(caps).map(|constrained| constrained.0);
        (bounds.map_or(f64::NAN, |bounds| level(&bounds, 1.0, &mut Met::Again(&mut rows))), rows.passes)
    }

    #[test]
    fn a_level_is_found_in_few_rounds_however_caps_lie() {
        // In each round half of the free rows turn out to have caps just above the round before, and half of the mass is missing again.
        let (mut halving, mut level, mut missing, mut free) = (Vec::new(), 1e-9, 1.0, 4096);
        while free > 1 {
            halving.extend(std::iter::repeat_n(level as f32 * 1.000_01, free / 2));
            (level, missing, free) = (level + missing / f64::from(free as u32), missing / 2.0, free / 2);
        }
        halving.push(1.0);
        let falling: Vec<f32> = (0..4096).map(|row| 1.0 / (row as f32 + 1.0)).collect();
        let steep: Vec<f32> = std::iter::successors(Some(1.0), |cap| Some(cap * 0.75)).take(120).collect();
        let mut most = 0;
        for caps in [halving, falling, steep, std::vec![1.0; 4096]] {
            let (level, rounds) = found(&caps);
            let shared: f64 = caps.iter().map(|&cap| if f64::from(cap) < level { f64::from(cap) } else { level }).sum();
            assert!((shared - 1.0).abs() < 1e-12, "level {level}: {shared}");
            assert!(rounds <= (53 + caps.len().ilog2()) / 2 + 1, "{rounds} rounds for {} rows", caps.len());
            most = if rounds > most { rounds } else { most };
        }
        assert!(most > 8, "at most {most} rounds: these caps are too easy");
    }
}
