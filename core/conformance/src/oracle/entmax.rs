//! The root that entmax and normmax share, for scores t whose maximum is 0 and c = alpha - 1 > 0:
//!
//! ```text
//! p_i = [c t_i - tau]_+^(1/c),  sum p = 1        L = ln of the winner's weight, so -tau = e^(cL)
//! p_i = exp(L + log1p(c t_i e^(-cL))/c)          0 where the argument of the logarithm is not positive
//! ```
//!
//! L lies in [-ln M, 0] and the sum rises with it. Near L = 0 (one-hot) the unknown is -L; near -ln M (uniform) it is
//! L + ln M, and the residual a sum of `expm1`. Either is small just where the weights are near that end, and is found to its
//! last bit, so neither a tiny deviation from uniform nor one from one-hot is lost.

use std::vec::Vec;

/// The solution, and the weights that belong to it.
pub(super) struct Root {
    c: f64,
    ln_count: f64,
    /// L = ln of the winner's weight.
    log_winner: f64,
    /// L + ln M.
    above_uniform: f64,
    /// p, with sum 1.
    pub weights: Vec<f64>,
}

impl Root {
    /// Solves for the scores `t`, of which the largest is 0.
    pub fn new(c: f64, t: &[f64]) -> Root {
        let ln_count = (t.len() as f64).ln();
        let middle: f64 = t.iter().map(|t| exponent(c, *t, -ln_count / 2.0).exp()).sum::<f64>() * (-ln_count / 2.0).exp();
        let one_hot = middle < 1.0;
        let trial = |unknown: f64| if one_hot { near_one_hot(c, t, unknown) } else { near_uniform(c, t, unknown, ln_count) };

        // The residual rises with the unknown, and positive numbers are ordered as their bits are.
        let (mut low, mut high) = (0, ln_count.to_bits());
        while high - low > 1 {
            let half = low + (high - low) / 2;
            if trial(f64::from_bits(half)).residual <= 0.0 {
                low = half;
            } else {
                high = half;
            }
        }
        let unknown = f64::from_bits(low);
        let (below, above) = (trial(unknown), trial(f64::from_bits(high)));
        let (log_winner, above_uniform) = if one_hot { (-unknown, ln_count - unknown) } else { (unknown - ln_count, unknown) };
        Root { c, ln_count, log_winner, above_uniform, weights: between(&below, &above) }
    }

    /// tau, in units of c t.
    pub fn threshold(&self) -> f64 {
        -(self.c * self.log_winner).exp()
    }

    /// (1 + tau)/c = -expm1(c L)/c.
    pub fn below_one(&self) -> f64 {
        -(self.c * self.log_winner).exp_m1() / self.c
    }

    /// r = (tau + M^-c)/c, by which the threshold is above that of equal scores; never positive. No difference of near numbers.
    pub fn rise(&self) -> f64 {
        let Root { c, ln_count, .. } = *self;
        let exponent = c * self.above_uniform;
        if exponent < 1.0 {
            -(-c * ln_count).exp() * exponent.exp_m1() / c
        } else {
            -((c * self.log_winner).exp() - (-c * ln_count).exp()) / c
        }
    }
}

/// Weights for one value of the unknown, and how far their sum is from 1, in a unit of the branch, rising with the unknown.
struct Trial {
    residual: f64,
    weights: Vec<f64>,
}

/// The unknown is -L: `residual` = 1 - sum p.
fn near_one_hot(c: f64, t: &[f64], unknown: f64) -> Trial {
    let weights: Vec<f64> = t.iter().map(|t| (exponent(c, *t, -unknown) - unknown).exp()).collect();
    let winner = t.iter().position(|t| *t == 0.0);
    let others: f64 = weights.iter().enumerate().filter(|(i, _)| Some(*i) != winner).map(|(_, p)| p).sum();
    Trial { residual: -((-unknown).exp_m1() + others), weights }
}

/// The unknown is L + ln M: `residual` = M (sum p - 1).
fn near_uniform(c: f64, t: &[f64], unknown: f64, ln_count: f64) -> Trial {
    let exponents: Vec<f64> = t.iter().map(|t| exponent(c, *t, unknown - ln_count) + unknown).collect();
    let residual = exponents.iter().map(|e| e.exp_m1()).sum();
    Trial { residual, weights: exponents.iter().map(|e| e.exp() / t.len() as f64).collect() }
}

/// log1p(c t e^(-cL))/c: the logarithm of a weight less that of the winner.
fn exponent(c: f64, t: f64, log_winner: f64) -> f64 {
    if t == 0.0 {
        return 0.0;
    }
    let fall = c * t * (-c * log_winner).exp();
    if fall > -1.0 { fall.ln_1p() / c } else { f64::NEG_INFINITY }
}

/// Where the sum jumps between two neighbouring numbers (large alpha), the weights in between whose sum is 1.
fn between(below: &Trial, above: &Trial) -> Vec<f64> {
    let (low, high) = (below.residual, above.residual);
    let share = if low < 0.0 && high > low { (low / (low - high)).min(1.0) } else { 0.0 };
    below.weights.iter().zip(&above.weights).map(|(a, b)| if share == 0.0 { *a } else { (1.0 - share) * a + share * b }).collect()
}
