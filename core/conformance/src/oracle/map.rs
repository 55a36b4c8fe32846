//! The separations: weights, threshold and conjugate of each.

use super::capped::{self, Capped};
use super::entmax::Root;
use super::{dot, max};
use std::vec::Vec;

/// The separations that the oracle knows. M is the number of scores.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Map<'a> {
    /// exp(z_i)/sum exp(z); -Omega is Shannon's entropy.
    Softmax,
    /// exp(z_i)/(1 + sum exp(z)): softmax with one more row, of score 0, that has no value. The weights sum to less than 1.
    Softmax1,
    /// [z_i - tau]_+; -Omega is the Gini index (1 - |p|^2)/2.
    Sparsemax,
    /// [c z_i - tau]_+^(1/c) with c = alpha - 1, for alpha in [1, 1e6]; -Omega = (1 - sum p^alpha)/(alpha c). 1 is softmax.
    Entmax(f64),
    /// Proportional to [z_i - tau]_+^(1/(gamma - 1)), for gamma > 1; Omega = |p|_gamma - 1.
    Normmax(f64),
    /// Softmax over the k largest scores, of equal ones the first; k is at least 1, and all rows where it is beyond M.
    TopK(usize),
    /// The rows whose score is the largest, exactly, with equal weights; Omega = 0.
    Hardmax,
    /// clip(z_i - tau, 0, 1) with sum k, at most M; Omega = |p|^2/2.
    KSubsets(usize),
    /// clip(z_i - tau, 0, cap_i) with sum 1; Omega = |p|^2/2. One cap for each score, summing to at least 1.
    Constrained(&'a [f64]),
}

impl Map<'_> {
    /// The map of a name, as the golden file spells it (`entmax_1.5`, `topk_4`) or with a colon (`entmax:1.5`, `ksubsets:2`);
    /// `None` for any other name and for a parameter outside of its range.
    #[must_use]
    pub fn named(name: &str) -> Option<Map<'static>> {
        let Some((family, parameter)) = name.split_once(['_', ':']) else {
            return match name {
                "softmax" => Some(Map::Softmax),
                "softmax1" => Some(Map::Softmax1),
                "sparsemax" => Some(Map::Sparsemax),
                "hardmax" => Some(Map::Hardmax),
                _ => None,
            };
        };
        let real = || parameter.parse::<f64>().ok();
        let count = || parameter.parse::<usize>().ok().filter(|k| *k > 0);
        match family {
            "entmax" => real().filter(|alpha| (1.0..=1e6).contains(alpha)).map(Map::Entmax),
            "normmax" => real().filter(|gamma| *gamma > 1.0 && gamma.is_finite()).map(Map::Normmax),
            "topk" => count().map(Map::TopK),
            "ksubsets" => count().map(Map::KSubsets),
            _ => None,
        }
    }

    /// p, the weights of the scaled scores z.
    #[must_use]
    pub fn weights(self, z: &[f64]) -> Vec<f64> {
        self.weights_at(1.0, z)
    }

    /// tau: the scaled score at which the weight becomes zero; none for a map without one. For entmax in units of (alpha - 1) z
    /// (see [`Map::threshold_unit`]). Where no weight is strictly between its bounds any of a range would do.
    #[must_use]
    pub fn threshold(self, z: &[f64]) -> Option<f64> {
        self.threshold_at(1.0, z)
    }

    /// What z is multiplied by before it is compared with the threshold: alpha - 1 for entmax, else 1.
    #[must_use]
    pub fn threshold_unit(self) -> f64 {
        if let Map::Entmax(alpha) = self { alpha - 1.0 } else { 1.0 }
    }

    /// How many rows have a weight: all of them for softmax and softmax1, also where it is too small for f64.
    #[must_use]
    pub fn support(self, z: &[f64]) -> usize {
        self.support_at(1.0, z)
    }

    /// Omega*(z) = max_p <p, z> - Omega(p).
    #[must_use]
    pub fn conjugate(self, z: &[f64]) -> f64 {
        self.conjugate_at(1.0, z)
    }

    /// Omega*(0) for `count` scores: where every vector of weights is allowed, the largest entropy.
    #[must_use]
    pub fn conjugate_of_zeros(self, count: usize) -> f64 {
        let rows = count as f64;
        match self {
            Map::Softmax => rows.ln(),
            Map::Softmax1 => rows.ln_1p(),
            Map::Sparsemax => (1.0 - 1.0 / rows) / 2.0,
            Map::Entmax(1.0) => rows.ln(),
            Map::Entmax(alpha) => -(-(alpha - 1.0) * rows.ln()).exp_m1() / (alpha * (alpha - 1.0)),
            Map::Normmax(gamma) => -(-(gamma - 1.0) / gamma * rows.ln()).exp_m1(),
            Map::TopK(k) => (k.min(count) as f64).ln(),
            Map::Hardmax => 0.0,
            Map::KSubsets(k) => -(k.min(count) as f64).powi(2) / (2.0 * rows),
            Map::Constrained(caps) => -capped::half_norm2_of_equal(caps, 1.0),
        }
    }

    /// Omega*(z) - Omega*(0). Where max z is 0 the relative error is small however small z is; else it is small beside max |z|.
    #[must_use]
    pub fn raised(self, z: &[f64]) -> f64 {
        self.raised_at(1.0, z)
    }

    /// The weights of beta s.
    pub(super) fn weights_at(self, beta: f64, s: &[f64]) -> Vec<f64> {
        let (t, _) = self.shifted(beta, s);
        let mut weights = match self {
            Map::Softmax | Map::Softmax1 | Map::Entmax(1.0) => softmax(&t),
            Map::Sparsemax => {
                let tau = sparsemax_threshold(&t);
                t.iter().map(|t| (t - tau).max(0.0)).collect()
            }
            Map::Entmax(alpha) => Root::new(alpha - 1.0, &t).weights,
            Map::Normmax(gamma) => {
                let roots: Vec<f64> = normmax(gamma, &t).weights.iter().map(|q| q.powf(1.0 / gamma)).collect();
                let sum: f64 = roots.iter().sum();
                roots.iter().map(|root| root / sum).collect()
            }
            Map::TopK(k) => {
                let kept = best(s, k);
                let mut weights = vec![0.0; t.len()];
                for (&i, p) in kept.iter().zip(softmax(&only(&t, &kept))) {
                    weights[i] = p;
                }
                weights
            }
            Map::Hardmax => {
                let winners = t.iter().filter(|t| **t == 0.0).count() as f64;
                t.iter().map(|t| if *t == 0.0 { 1.0 / winners } else { 0.0 }).collect()
            }
            Map::KSubsets(_) | Map::Constrained(_) => self.capped(beta, s).weights,
        };
        weights.truncate(s.len());
        weights
    }

    /// tau of beta s.
    pub(super) fn threshold_at(self, beta: f64, s: &[f64]) -> Option<f64> {
        let (t, best) = self.shifted(beta, s);
        let best = beta * best;
        match self {
            Map::Softmax | Map::Softmax1 | Map::Entmax(1.0) | Map::TopK(_) | Map::Hardmax => None,
            Map::Sparsemax => Some(best + sparsemax_threshold(&t)),
            Map::Entmax(alpha) => Some((alpha - 1.0) * best + Root::new(alpha - 1.0, &t).threshold()),
            Map::Normmax(gamma) => Some(best + normmax(gamma, &t).threshold()),
            Map::KSubsets(_) | Map::Constrained(_) => Some(self.capped(beta, s).threshold),
        }
    }

    /// The support of beta s.
    pub(super) fn support_at(self, beta: f64, s: &[f64]) -> usize {
        match self {
            Map::Softmax | Map::Softmax1 | Map::Entmax(1.0) => s.len(),
            Map::TopK(k) => k.min(s.len()),
            _ => self.weights_at(beta, s).iter().filter(|p| **p > 0.0).count(),
        }
    }

    /// Omega*(beta s).
    pub(super) fn conjugate_at(self, beta: f64, s: &[f64]) -> f64 {
        let (t, highest) = self.shifted(beta, s);
        let of_shifted = match self {
            Map::Softmax | Map::Softmax1 | Map::Entmax(1.0) => log_sum_exp(&t),
            Map::Sparsemax => {
                let tau = sparsemax_threshold(&t);
                t.iter().filter(|t| **t > tau).map(|t| t * t - tau * tau).sum::<f64>() / 2.0 + 0.5
            }
            Map::Entmax(alpha) => {
                let root = Root::new(alpha - 1.0, &t);
                ((alpha - 1.0) * dot(&root.weights, &t) + root.below_one()) / alpha
            }
            Map::Normmax(gamma) => normmax(gamma, &t).below_one() * exponent(gamma),
            Map::TopK(k) => log_sum_exp(&only(&t, &best(s, k))),
            Map::Hardmax => 0.0,
            Map::KSubsets(_) | Map::Constrained(_) => {
                let p = self.capped(beta, s).weights;
                dot(&p, &t) - dot(&p, &p) / 2.0
            }
        };
        self.total(s.len()) * beta * highest + of_shifted
    }

    /// (Omega*(beta s) - Omega*(0))/beta.
    pub(super) fn raised_at(self, beta: f64, s: &[f64]) -> f64 {
        let (t, highest) = self.shifted(beta, s);
        let of_shifted = match self {
            Map::Softmax | Map::Softmax1 | Map::Entmax(1.0) => log_mean_exp(&t),
            Map::Sparsemax => sparsemax_raised(&t),
            Map::Entmax(alpha) => {
                let root = Root::new(alpha - 1.0, &t);
                ((alpha - 1.0) * dot(&root.weights, &t) + root.rise()) / alpha
            }
            Map::Normmax(gamma) => normmax(gamma, &t).rise() * exponent(gamma),
            Map::TopK(k) => log_mean_exp(&only(&t, &best(s, k))),
            Map::Hardmax => 0.0,
            Map::KSubsets(_) | Map::Constrained(_) => self.capped(beta, s).raised,
        };
        self.total(s.len()) * highest + of_shifted / beta
    }

    /// t = beta (s - max s), and max s. For softmax1 the row of score 0 is the last.
    pub(super) fn shifted(self, beta: f64, s: &[f64]) -> (Vec<f64>, f64) {
        let mut s = s.to_vec();
        if self == Map::Softmax1 {
            s.push(0.0);
        }
        let best = max(&s);
        (s.iter().map(|s| beta * (s - best)).collect(), best)
    }

    /// What the weights sum to, but for softmax1, whose last row counts.
    fn total(self, count: usize) -> f64 {
        if let Map::KSubsets(k) = self { k.min(count) as f64 } else { 1.0 }
    }

    /// The solution of a map with caps.
    pub(super) fn capped(self, beta: f64, s: &[f64]) -> Capped {
        match self {
            Map::Constrained(caps) => Capped::new(beta, s, caps, 1.0),
            _ => Capped::new(beta, s, &vec![1.0; s.len()], self.total(s.len())),
        }
    }
}

/// exp(t_i)/sum exp(t).
fn softmax(t: &[f64]) -> Vec<f64> {
    let sum: f64 = t.iter().map(|t| t.exp()).sum();
    t.iter().map(|t| t.exp() / sum).collect()
}

/// ln sum exp(t).
fn log_sum_exp(t: &[f64]) -> f64 {
    t.iter().map(|t| t.exp()).sum::<f64>().ln()
}

/// ln mean exp(t) = ln(1 + mean(exp(t) - 1)).
fn log_mean_exp(t: &[f64]) -> f64 {
    (t.iter().map(|t| t.exp_m1()).sum::<f64>() / t.len() as f64).ln_1p()
}

/// The k largest scores, of equal ones the first, in order of their numbers. Of the scores themselves: less their maximum, small ones may
/// be equal.
fn best(t: &[f64], k: usize) -> Vec<usize> {
    let mut order: Vec<usize> = (0..t.len()).collect();
    // A stable sort; partial_cmp, because -0 and +0 are equal.
    order.sort_by(|&a, &b| t[b].partial_cmp(&t[a]).unwrap_or(core::cmp::Ordering::Equal));
    order.truncate(k);
    order.sort_unstable();
    order
}

fn only(t: &[f64], kept: &[usize]) -> Vec<f64> {
    kept.iter().map(|&i| t[i]).collect()
}

/// (gamma - 1)/gamma.
pub(super) fn exponent(gamma: f64) -> f64 {
    (gamma - 1.0) / gamma
}

/// Normmax in terms of entmax's root: q_i = [t_i - tau]_+^(1/c) with c = (gamma - 1)/gamma sums to 1, which is entmax of t/c at
/// alpha = 1 + c; the weights are proportional to q^(1/gamma), and Omega*(t) = 1 + tau.
pub(super) fn normmax(gamma: f64, t: &[f64]) -> Root {
    let c = exponent(gamma);
    Root::new(c, &t.iter().map(|t| t / c).collect::<Vec<f64>>())
}

/// tau of sparsemax: with z sorted downwards, k is the largest j with 1 + j z_(j) > z_(1) + ... + z_(j), and
/// tau = (z_(1) + ... + z_(k) - 1)/k. `t` has its maximum at 0, which keeps the sums small.
fn sparsemax_threshold(t: &[f64]) -> f64 {
    let mut sorted = t.to_vec();
    sorted.sort_by(|a, b| b.total_cmp(a));
    let (mut sum, mut tau) = (0.0, -1.0);
    for (j, t) in sorted.iter().enumerate() {
        let count = (j + 1) as f64;
        sum += t;
        if 1.0 + count * t > sum {
            tau = (sum - 1.0) / count;
        }
    }
    tau
}

/// <p, t> - |p - u|^2/2 with u the uniform weights, because |p|^2 - 1/M = |p - u|^2; with every row in the support p - u is
/// t less its mean, and the whole (<p, t> + mean t)/2.
fn sparsemax_raised(t: &[f64]) -> f64 {
    let tau = sparsemax_threshold(t);
    let p: Vec<f64> = t.iter().map(|t| (t - tau).max(0.0)).collect();
    let count = t.len() as f64;
    if p.iter().all(|p| *p > 0.0) {
        return (dot(&p, t) + t.iter().sum::<f64>() / count) / 2.0;
    }
    let spread: f64 = p.iter().map(|p| (p - 1.0 / count).powi(2)).sum();
    dot(&p, t) - spread / 2.0
}
