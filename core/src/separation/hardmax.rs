//! Hard max: all weight to the row with the largest score, in equal parts where several have it: every other map's limit for a large beta.
//!
//! `Omega = 0` on the simplex, `Omega*(z) = max z`. Where the winner is alone J is zero; at a tie there is none, and zero is given.

use super::cut::Cut;
use super::met::{Met, Numbers};
use super::{Map, Sparse, Weighed};
use crate::dispatch::Kernels;
use crate::kernels::{Leader, Tallied};
use crate::recall::Candidates;

/// Hard max: the best row alone; tied rows share.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Hardmax;

impl Map for Hardmax {
    type State = Candidates;

    fn margin(&self) -> f32 {
        0.0
    }

    fn is_within_softmax(&self) -> bool {
        true
    }

    fn differentiate(&self, _: &[f32], tangent: &mut [f32]) {
        tangent.fill(0.0);
    }
}

impl Sparse for Hardmax {
    fn floor(&self, _: f32, max: f32) -> f32 {
        max.next_down()
    }

    fn floor_of(&self, _: f32, cut: &Cut) -> f32 {
        cut.reference.next_down()
    }

    fn cut<K: Kernels>(&self, kernels: K, _: f32, leader: Leader, rows: &mut Met<'_, '_>, _: &mut [f32]) -> Option<Cut> {
        let mut tied = 0u64;
        rows.scan(|_, scores| tied += u64::from(kernels.above(scores, leader.max.next_down()).count_ones()));
        Some(Cut::new(leader.max, 0.0, 1.0 / tied as f64))
    }

    fn weights<K: Kernels>(&self, _: K, _: f32, cut: &Cut, _: Numbers<'_>, scores: &mut [f32]) {
        for score in scores {
            *score = if *score == cut.reference { cut.value as f32 } else { 0.0 };
        }
    }

    fn threshold(&self, _: f32, _: &Cut) -> Option<f64> {
        None
    }

    fn conjugate(&self, max: f64, _: &Cut, _: &Tallied) -> f64 {
        max
    }

    fn raised_conjugate(&self, weighed: &Weighed, _: &mut Met<'_, '_>) -> f64 {
        weighed.conjugate
    }
}
