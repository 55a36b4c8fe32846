//! Weights under caps: p_i = clip(t_i - tau, 0, cap_i), sum p = total, the point of that polytope nearest to t. Sparsemax
//! with caps, k-subsets with caps 1 and total k.
//!
//! The unknown is the step away from equal scores: those have p_i = min(a, cap_i) for one level a, and with tau = delta - a
//!
//! ```text
//! d_i = p_i - min(a, cap_i) = clip(t_i - delta + h_i, -min(a, cap_i), [cap_i - a]_+)     h_i = [a - cap_i]_+     sum d = 0
//! ```
//!
//! which stays exact however small t is. The sum is piecewise linear in delta: its corners are sorted, the segment with the
//! root is found, and there the equation is linear.
//!
//! Let r be the score at which the caps of the rows at or above it reach the total. tau lies in [r - 1, r], so the root counts from r, and a
//! row that is further from it than 2 is as good as one at 2: rows next to each other stay apart, however far above them the best is.

use super::{dot, max};
use std::vec::Vec;

/// The solution for scores `beta s`; t = beta (s - max s).
pub(super) struct Capped {
    /// p.
    pub weights: Vec<f64>,
    /// Whether p_i is strictly between 0 and its cap, where it moves with t_i.
    pub free: Vec<bool>,
    /// tau, in units of beta s.
    pub threshold: f64,
    /// Omega*(t) - Omega*(0).
    pub raised: f64,
}

/// One row: where its d begins and ends, and at which delta.
struct Row {
    lowest: f64,
    highest: f64,
    /// t_i + h_i.
    at: f64,
    over: f64,
    cap: f64,
}

impl Row {
    fn step(&self, delta: f64) -> f64 {
        (self.at - delta).clamp(self.lowest, self.highest)
    }

    fn free(&self, delta: f64) -> bool {
        self.lowest < self.at - delta && self.at - delta < self.highest
    }
}

impl Capped {
    /// Solves for the scores `beta s`; caps that sum to less than `total` are all reached.
    pub fn new(beta: f64, s: &[f64], caps: &[f64], total: f64) -> Capped {
        let (level, reached) = (level(caps, total), reached(s, caps, total));
        let row = |(s, cap): (&f64, &f64)| {
            let (cap, over) = (cap.min(total), (level - cap).max(0.0));
            let near = (beta * (s - reached)).clamp(-2.0, 2.0);
            Row { lowest: -level.min(cap), highest: (cap - level).max(0.0), at: near + over, over, cap }
        };
        let rows: Vec<Row> = s.iter().zip(caps).map(row).collect();
        let Delta { middle, origin, above } = root(&rows);

        let free: Vec<bool> = rows.iter().map(|row| row.free(middle)).collect();
        let step = |(row, free): (&Row, &bool)| {
            if *free { (row.at - origin - above).clamp(row.lowest, row.highest) } else { row.step(middle) }
        };
        let steps: Vec<f64> = rows.iter().zip(&free).map(step).collect();
        let weight = |(row, step): (&Row, &f64)| match *step {
            step if step == row.lowest => 0.0,
            step if step == row.highest => row.cap,
            step => step - row.lowest,
        };
        let weights: Vec<f64> = rows.iter().zip(&steps).map(weight).collect();
        let over: Vec<f64> = rows.iter().map(|row| row.over).collect();
        // <p, t> - (|p|^2 - |p0|^2)/2, with sum d = 0 taken out: three terms, none of them positive.
        let best = max(s);
        let t: Vec<f64> = s.iter().map(|s| beta * (s - best)).collect();
        let raised = dot(&weights, &t) + dot(&over, &steps) - dot(&steps, &steps) / 2.0;
        Capped { weights, free, threshold: beta * reached + (origin + above - level), raised }
    }
}

/// r: the largest score such that the caps of the rows at or above it sum to `total`; the smallest where all together do not.
fn reached(s: &[f64], caps: &[f64], total: f64) -> f64 {
    let mut order: Vec<usize> = (0..s.len()).collect();
    order.sort_by(|&a, &b| s[b].total_cmp(&s[a]));
    let mut sum = 0.0;
    let row = order.iter().find(|&&row| {
        sum += caps[row];
        sum >= total
    });
    row.or(order.last()).map_or(0.0, |&row| s[row])
}

/// |p|^2/2 at equal scores.
pub(super) fn half_norm2_of_equal(caps: &[f64], total: f64) -> f64 {
    let level = level(caps, total);
    caps.iter().map(|cap| cap.min(level).powi(2)).sum::<f64>() / 2.0
}

/// a with sum_i min(a, cap_i) = total.
fn level(caps: &[f64], total: f64) -> f64 {
    let mut sorted = caps.to_vec();
    sorted.sort_by(f64::total_cmp);
    let mut left = total;
    for (i, cap) in sorted.iter().enumerate() {
        let level = left / (sorted.len() - i) as f64;
        if *cap >= level {
            return level;
        }
        left -= cap;
    }
    sorted.last().copied().unwrap_or(0.0)
}

/// delta = `origin` + `above`, in two parts because the rows between their bounds are near each other, and may be far from 0.
struct Delta {
    /// Inside the segment that holds delta.
    middle: f64,
    origin: f64,
    above: f64,
}

/// Where the steps sum to 0.
fn root(rows: &[Row]) -> Delta {
    let mut corners: Vec<f64> = rows.iter().flat_map(|row| [row.at - row.highest, row.at - row.lowest]).collect();
    corners.sort_by(f64::total_cmp);
    let sum = |delta: f64| rows.iter().map(|row| row.step(delta)).sum::<f64>();
    let after = corners.partition_point(|corner| sum(*corner) >= 0.0).clamp(1, corners.len() - 1);
    let (from, to) = (corners[after - 1], corners[after]);
    let middle = from + (to - from) / 2.0;

    let free: Vec<&Row> = rows.iter().filter(|row| row.free(middle)).collect();
    let Some(origin) = free.first().map(|row| row.at) else { return Delta { middle, origin: middle, above: 0.0 } };
    let fixed: f64 = rows.iter().filter(|row| !row.free(middle)).map(|row| row.step(middle)).sum();
    let moving: f64 = free.iter().map(|row| row.at - origin).sum();
    Delta { middle, origin, above: (moving + fixed) / free.len() as f64 }
}
