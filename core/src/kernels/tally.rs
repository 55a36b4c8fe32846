//! What the weights of a sparse map add up to: numbers of the report, of the energy and of the certificate.
//!
//! With `t = beta (s - max s)` in f64: `sum p` over all rows but the winner, `sum p t`, `sum p^2`, in f64, the r-th row that has a weight in
//! partial sum r mod 16, ended by the tree, as [`threshold`](super::threshold) sums: the result depends on these rows and their order
//! alone. Relative error of a sum: (count/16 + 6) 2^-53, and two roundings a term (derived). The winner's own weight is left out of the
//! first sum and not taken off it, so that what is left keeps its digits: 1 - p would be 0 where the truth is 8e-6.

use super::threshold::Waiting;
use crate::simd::{LANES, Simd, wide_tree};

/// The sums over the rows with a weight as they are met.
#[derive(Clone, Copy, Debug)]
pub struct Tally {
    beta: f64,
    max: f64,
    weights: Waiting,
    scores: Waiting,
    /// Which of the rows with a weight the winner is, if it has one.
    winner: Option<u64>,
    others: [f64; LANES],
    mean: [f64; LANES],
    squares: [f64; LANES],
}

/// What weights add up to.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Tallied {
    /// Rows with a weight.
    pub support: u64,
    /// The sum of all weights but the winner's.
    pub others: f64,
    /// `sum p_i t_i`.
    pub mean: f64,
    /// `sum p_i^2`.
    pub squares: f64,
}

impl Tally {
    /// No row met yet; the largest score is `max`.
    pub fn new(beta: f32, max: f32) -> Self {
        let (beta, max, none) = (f64::from(beta), f64::from(max), [0.0; LANES]);
        Self { beta, max, weights: Waiting::NONE, scores: Waiting::NONE, winner: None, others: none, mean: none, squares: none }
    }

    /// The sums over all that were met.
    pub fn sums(&self) -> Tallied {
        let Self { mut others, mut mean, mut squares, .. } = *self;
        let support = self.weights.count();
        let full = support - self.weights.scores().len() as u64;
        let waiting = self.weights.scores().iter().zip(self.scores.scores()).zip(full..);
        let places = others.iter_mut().zip(mean.iter_mut()).zip(squares.iter_mut());
        for (((others, mean), squares), ((&weight, &score), rank)) in places.zip(waiting) {
            let p = f64::from(weight);
            *others += if self.winner == Some(rank) { 0.0 } else { p };
            *mean += p * (self.beta * (f64::from(score) - self.max));
            *squares += p * p;
        }
        Tallied { support, others: wide_tree(others), mean: wide_tree(mean), squares: wide_tree(squares) }
    }
}

/// Meets rows in order: their scores and weights, as many of each, and where the winner is if it is among them. Of rows with the same score
/// only the caller knows which that is.
#[inline(always)]
pub fn tally<S: Simd>(s: S, tally: &mut Tally, scores: &[f32], weights: &[f32], winner: Option<u32>) {
    let n = if scores.len() < weights.len() { scores.len() } else { weights.len() };
    let (beta, max) = (s.wide_splat(tally.beta), s.wide_splat(tally.max));
    let winner = winner.map_or(usize::MAX, |lane| lane as usize);
    let [mut others, mut mean, mut squares] = [tally.others, tally.mean, tally.squares].map(|sums| s.wide_from_array(&sums));
    let mut count = tally.weights.count();
    let mut j = 0;
    while j < n {
        let left = n - j;
        // SAFETY: `left` numbers stand behind j in both. Weights behind the end are +0.
        let (score, weight) = unsafe {
            let (p, q) = (scores.as_ptr().add(j), weights.as_ptr().add(j));
            if left >= LANES { (s.load(p), s.load(q)) } else { (s.load_first(p, left), s.load_first(q, left)) }
        };
        let lane = winner.wrapping_sub(j);
        j += LANES;
        let mask = s.gt(weight, s.splat(0.0));
        if mask == 0 {
            continue;
        }
        if lane < LANES && mask >> lane & 1 == 1 {
            let before = mask & ((1 << lane) - 1);
            tally.winner = Some(count + u64::from(before.count_ones()));
        }
        let first = count - count % LANES as u64;
        let mut met = count;
        let score = tally.scores.meet(s, &mut met, score, mask);
        if let (Some(weight), Some(score)) = (tally.weights.meet(s, &mut count, weight, mask), score) {
            let p = s.widen(weight);
            let t = s.wide_mul(beta, s.wide_sub(s.widen(score), max));
            mean = s.wide_add(mean, s.wide_mul(p, t));
            squares = s.wide_add(squares, s.wide_mul(p, p));
            others = s.wide_add(others, without(s, p, tally.winner, first));
        }
    }
    tally.weights.counted(count);
    tally.scores.counted(count);
    tally.others = s.wide_to_array(others);
    tally.mean = s.wide_to_array(mean);
    tally.squares = s.wide_to_array(squares);
}

/// The weights of the rows from rank `first` on, +0 for the winner.
#[inline(always)]
fn without<S: Simd>(s: S, weights: S::Wide, winner: Option<u64>, first: u64) -> S::Wide {
    match winner {
        Some(rank) if rank >= first && rank - first < LANES as u64 => {
            let mut lanes = s.wide_to_array(weights);
            lanes[(rank - first) as usize % LANES] = 0.0;
            s.wide_from_array(&lanes)
        }
        _ => weights,
    }
}
