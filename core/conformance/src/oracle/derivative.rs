//! Derivatives of the weights, for whoever trains. Each is that of the formula, not a difference.

use super::Map;
use super::map::{exponent, normmax};
use std::vec::Vec;

impl Map<'_> {
    /// J dz with J = dp/dz at z, the support held fixed; zero for hardmax, whose weights do not move.
    ///
    /// ```text
    /// softmax, softmax1, top-k   p_i (dz_i - <p, dz>), over the kept rows
    /// sparsemax, capped          dz_i less its mean, over the rows strictly between their bounds
    /// entmax                     s_i (dz_i - <s, dz>/sum s) with s = p^(2 - alpha) on the support
    /// normmax                    p_i (w_i - <p, w>)/(gamma - 1) with w_i = (dz_i - <p, dz>)/(z_i - tau) on the support
    /// ```
    #[must_use]
    pub fn tangent(self, z: &[f64], dz: &[f64]) -> Vec<f64> {
        let (t, _) = self.shifted(1.0, z);
        let p = self.weights(z);
        match self {
            Map::Softmax | Map::Softmax1 | Map::TopK(_) | Map::Entmax(1.0) => around(&p, dz, 1.0),
            Map::Sparsemax => centred(&support(&p), dz),
            Map::Entmax(alpha) => {
                let s: Vec<f64> = p.iter().map(|p| if *p > 0.0 { p.powf(2.0 - alpha) } else { 0.0 }).collect();
                centred(&s, dz)
            }
            Map::Normmax(gamma) => {
                let above: Vec<f64> = normmax(gamma, &t).weights.iter().map(|q| q.powf(exponent(gamma))).collect();
                let rise: f64 = p.iter().zip(dz).map(|(p, dz)| p * dz).sum();
                let w: Vec<f64> = above.iter().zip(dz).map(|(v, dz)| if *v > 0.0 { (dz - rise) / v } else { 0.0 }).collect();
                around(&p, &w, 1.0 / (gamma - 1.0))
            }
            Map::Hardmax => vec![0.0; z.len()],
            Map::KSubsets(_) | Map::Constrained(_) => {
                let free: Vec<f64> = self.capped(1.0, z).free.iter().map(|free| f64::from(u8::from(*free))).collect();
                centred(&free, dz)
            }
        }
    }

    /// dp/dalpha of entmax at z; `None` for every other map.
    ///
    /// The textbook form is (p - s/sum s)/c^2 - (p ln p - (s/sum s) sum p ln p)/c with s = p^(1 - c), in which terms of 1/c^2
    /// cancel. With x_i = -c ln p_i, psi = expm1(x) - x and <.> the mean under p it is
    ///
    /// ```text
    /// dp_i = p_i (<psi>(1 + x_i) - psi_i (1 + <x>)) / (c^2 (1 + <expm1 x>))
    /// ```
    ///
    /// whose psi/c^2 tends to (ln p)^2/2 where alpha tends to 1.
    #[must_use]
    pub fn alpha_tangent(self, z: &[f64]) -> Option<Vec<f64>> {
        let Map::Entmax(alpha) = self else { return None };
        let c = alpha - 1.0;
        let p = self.weights(z);
        let logs: Vec<f64> = p.iter().map(|p| if *p > 0.0 { -p.ln() } else { 0.0 }).collect();
        let mean = |of: &dyn Fn(f64) -> f64| p.iter().zip(&logs).map(|(p, l)| p * of(*l)).sum::<f64>();
        let psi = |l: f64| l * l * second_order(c * l);
        let (mean_psi, mean_x, mean_rise) = (mean(&psi), mean(&|l| c * l), mean(&|l| (c * l).exp_m1()));
        let entry = |(p, l): (&f64, &f64)| p * (mean_psi * (1.0 + c * l) - psi(*l) * (1.0 + mean_x)) / (1.0 + mean_rise);
        Some(p.iter().zip(&logs).map(entry).collect())
    }
}

/// (expm1(x) - x)/x^2, 1/2 at 0. Below 1 from its series, which loses nothing.
fn second_order(x: f64) -> f64 {
    if x > 1.0 {
        return (x.exp_m1() - x) / (x * x);
    }
    let (mut term, mut sum) = (0.5, 0.0);
    for n in 3..24 {
        sum += term;
        term *= x / f64::from(n);
    }
    sum
}

/// `by` p_i (w_i - <p, w>).
fn around(p: &[f64], w: &[f64], by: f64) -> Vec<f64> {
    let mean: f64 = p.iter().zip(w).map(|(p, w)| p * w).sum();
    p.iter().zip(w).map(|(p, w)| by * p * (w - mean)).collect()
}

/// s_i (dz_i - <s, dz>/sum s); zero where s is.
fn centred(s: &[f64], dz: &[f64]) -> Vec<f64> {
    let sum: f64 = s.iter().sum();
    let mean = s.iter().zip(dz).map(|(s, dz)| s * dz).sum::<f64>() / if sum > 0.0 { sum } else { 1.0 };
    s.iter().zip(dz).map(|(s, dz)| s * (dz - mean)).collect()
}

/// 1 where there is a weight.
fn support(p: &[f64]) -> Vec<f64> {
    p.iter().map(|p| f64::from(u8::from(*p > 0.0))).collect()
}
