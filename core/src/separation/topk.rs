//! Top-k: softmax over the k largest scores, zero elsewhere; of tied rows the lower ones are taken first.
//!
//! `Omega*(z) = ln of the sum of the k largest exp(z_i)`, the maximum of the log-sum-exp over all sets of k rows, so it is convex and its
//! energy falls. `J = diag(p) - p p^T` on the rows taken. With k = 1 it is the arg-max, and of tied rows the first alone.

use super::cut::Cut;
use super::met::{Met, Numbers};
use super::power::Family;
use super::select::{kth, nth_tied, ones};
use super::{Map, Sparse, Weighed, jacobian};
use crate::dispatch::Kernels;
use crate::error::Error;
use crate::kernels::{BLOCK, Leader, PowerState, Tallied};
use crate::recall::Candidates;
use core::num::NonZeroU32;

/// Softmax over the k best rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TopK(pub NonZeroU32);

impl TopK {
    /// The k best rows; all, where there are no more.
    ///
    /// # Errors
    /// [`Error::Parameter`] for k = 0.
    pub const fn new(k: u32) -> Result<Self, Error> {
        match NonZeroU32::new(k) {
            Some(k) => Ok(Self(k)),
            None => Err(Error::Parameter { requirement: "k must be at least 1" }),
        }
    }

    /// k.
    pub const fn k(self) -> u32 {
        self.0.get()
    }
}

/// Minus infinity for the rows that are not taken; true where one is.
fn take<K: Kernels>(kernels: K, cut: &Cut, numbers: Numbers<'_>, scores: &mut [f32]) -> bool {
    if kernels.above(scores, cut.reference.next_down()) == 0 {
        scores.fill(f32::NEG_INFINITY);
        return false;
    }
    for (row, score) in numbers.take(scores.len()).zip(scores) {
        if *score < cut.reference || (*score == cut.reference && row > cut.last_row) {
            *score = f32::NEG_INFINITY;
        }
    }
    true
}

impl Map for TopK {
    type State = Candidates;

    fn margin(&self) -> f32 {
        if self.k() == 1 { 0.0 } else { f32::INFINITY }
    }

    fn is_within_softmax(&self) -> bool {
        true
    }

    fn differentiate(&self, weights: &[f32], tangent: &mut [f32]) {
        jacobian::project(weights, tangent, |_, p| f64::from(p), None);
    }
}

impl Sparse for TopK {
    fn floor(&self, _: f32, _: f32) -> f32 {
        f32::NEG_INFINITY
    }

    fn floor_of(&self, _: f32, cut: &Cut) -> f32 {
        cut.reference.next_down()
    }

    fn fewest(&self) -> usize {
        self.k() as usize
    }

    fn enough(&self) -> usize {
        (self.k() as usize).saturating_mul(4).saturating_add(4 * BLOCK)
    }

    /// `reference` is the k-th largest score, `value` the logarithm of what the terms `exp(beta (s - max))` of the rows taken sum to.
    fn cut<K: Kernels>(&self, kernels: K, beta: f32, leader: Leader, rows: &mut Met<'_, '_>, _: &mut [f32]) -> Option<Cut> {
        let k = u64::from(self.k());
        let mut cut = Cut::new(f32::MIN, 0.0, 0.0);
        if let Some(reference) = kth(kernels, leader.max, k, rows, ones) {
            let mut above = 0;
            rows.scan(|_, scores| above += u64::from(kernels.above(scores, reference).count_ones()));
            cut.reference = reference;
            cut.last_row = nth_tied(reference, k.saturating_sub(above), rows);
        }
        let terms = Family::entmax(0.0).at(0.0);
        let mut state = PowerState::new(terms);
        rows.scan(|numbers, scores| {
            let mut taken = [f32::NEG_INFINITY; BLOCK];
            let Some(taken) = taken.get_mut(..scores.len()) else { return };
            for (to, &score) in taken.iter_mut().zip(scores) {
                *to = score;
            }
            if take(kernels, &cut, numbers, taken) {
                kernels.power(&mut state, beta, leader.max, taken);
            }
        });
        cut.low = f64::from(leader.max);
        cut.value = libm::log(kernels.power_sums(&state).terms);
        Some(cut)
    }

    fn weights<K: Kernels>(&self, kernels: K, beta: f32, cut: &Cut, numbers: Numbers<'_>, scores: &mut [f32]) {
        if take(kernels, cut, numbers, scores) {
            let terms = Family::entmax(0.0).at(-cut.value);
            kernels.power_weights(terms, terms, 0.0, beta, cut.low as f32, scores);
        } else {
            scores.fill(0.0);
        }
    }

    fn threshold(&self, _: f32, _: &Cut) -> Option<f64> {
        None
    }

    fn conjugate(&self, max: f64, cut: &Cut, _: &Tallied) -> f64 {
        max + cut.value
    }

    /// `Omega*(0) = ln min(k, M)`.
    fn raised_conjugate(&self, weighed: &Weighed, rows: &mut Met<'_, '_>) -> f64 {
        let count = (self.k() as usize).min(weighed.rows) as f64;
        if f64::from(weighed.weight) * count >= 2.0 {
            return weighed.conjugate - libm::log(count);
        }
        let (beta, max) = (f64::from(weighed.beta), f64::from(weighed.max));
        let mut below = 0.0;
        rows.scan(|numbers, scores| {
            for (row, &score) in numbers.take(scores.len()).zip(scores) {
                let cut = &weighed.cut;
                if score > cut.reference || (score == cut.reference && row <= cut.last_row) {
                    below += libm::expm1(beta * (f64::from(score) - max));
                }
            }
        });
        beta * max + libm::log1p(below / count)
    }
}
