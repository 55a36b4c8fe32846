//! What one recall says about itself.

use super::state::Normaliser;

/// The report of one recall step. The default one is of no recall: nothing took part.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct Step {
    /// The row with the largest score; the lowest of them where several have it.
    pub winner: usize,
    /// The winner's weight.
    pub weight: f32,
    /// The sum of all other weights, accurate also where it is far below 2^-24 (`1 - weight` would be 0 there).
    pub rest: f32,
    /// The winner's score minus the next best row's, in units of the scores; infinite where there is no other row. The result is the winner
    /// alone from about `beta * gap >= separation.margin()` on.
    pub gap: f32,
    /// Rows with a positive weight. For softmax: all that take part.
    pub support: usize,
    /// Rows that take part.
    pub rows: usize,
    /// Softmax1: the weight of the empty slot; zero for all others.
    pub missing: f32,
    /// Sparse maps: the threshold tau, in units of `z = beta s`.
    pub threshold: Option<f64>,
    /// `Omega*(z)`, the conjugate of the separation; ln sum exp z for softmax.
    pub conjugate: f64,
    /// `|x|^2/2 - Omega*(beta X x)/beta`, the energy of the *query* without its constant; only from [`Model::step`](crate::Model::step),
    /// where values are the patterns. [`Model::energy`](crate::Model::energy) has the constant.
    pub energy: Option<f64>,
    /// Times the rows were read: 1, or more where the candidates' memory was too small, or the sum of a softmax overflowed on the way.
    pub passes: u32,
}

impl Step {
    pub(crate) fn new(normaliser: &Normaliser, passes: u32) -> Self {
        let leader = normaliser.leader;
        Self {
            winner: leader.row as usize,
            weight: normaliser.weight + 0.0,
            rest: normaliser.rest + 0.0,
            gap: leader.max - leader.runner_up + 0.0,
            support: normaliser.support as usize,
            rows: normaliser.rows as usize,
            missing: normaliser.missing + 0.0,
            threshold: normaliser.threshold.map(|tau| tau + 0.0),
            conjugate: normaliser.conjugate + 0.0,
            energy: None,
            passes,
        }
    }

    /// True where the winner's weight is one and every other is zero: the result is then the winner's row (or value), bit for bit (but that
    /// -0 becomes +0).
    pub fn is_exact(&self) -> bool {
        self.weight == 1.0 && self.rest == 0.0
    }
}
