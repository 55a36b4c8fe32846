//! When one step gives a pattern back, for patterns that are random directions: exactly, or by a bound that holds.
//!
//! With N numbers, P patterns, `u = lambda sqrt rho`, and `kappa = c - need / (N u)` (derived):
//!
//! *Maps with a margin m*, need = m: all the weight is the pattern's own if and only if no other is nearer to the query than kappa, which has
//! the probability `F(kappa)^(P-1)`, exactly ([`Nearest`]).
//!
//! *Softmax*, need = `logit w`: at least w is the pattern's own if and only if `sum exp(N u (tau_mu - kappa)) <= 1` over the others' cosines
//! tau. For `v <= u` that is so where `sum exp(N v (tau_mu - kappa)) <= 1`, as `sum a^p <= (sum a)^p` for `p = u/v >= 1`. By Markov's
//! inequality it fails with a probability of at most
//!
//! ```text
//! (P-1) exp(-I)      I(kappa, u) = max over v in 0..=u of  N v kappa - ln M_N(v)
//! ```
//!
//! M_N as in [`Finite`]. The maximum is at u, or where the tilted overlap is kappa. Softmax1's empty slot counts as one pattern more
//! (`M_N >= 1`). Of softmax's weights those of the k best are softmax's or larger, and a weight above 1/2 is the best one's: top-k is bounded by the same.

use super::damage::Damage;
use crate::capacity::bessel::Moment;
use crate::capacity::{Ensemble, Error, Finite, Nearest};

/// What makes a step a success.
#[derive(Clone, Copy, Debug)]
pub(super) enum Rule {
    /// All of the weight, from this margin on.
    All(f64),
    /// A weight of this logit, above 0; and whether there is an empty slot.
    Most { logit: f64, slot: bool },
}

/// A rule among random patterns of N numbers.
#[derive(Clone, Copy, Debug)]
pub(super) struct Law {
    pub rule: Rule,
    finite: Finite,
    /// One other.
    other: Nearest,
}

impl Law {
    /// O(sqrt N).
    pub fn new(rule: Rule, dim: usize) -> Result<Self, Error> {
        Ok(Self { rule, finite: Finite::new(Ensemble::Spherical, dim)?, other: Nearest::new(dim, 2.0)? })
    }

    /// The largest `ln(P-1)` at which a query of this damage succeeds but for a probability of `failure`; lambda may be infinite.
    pub fn log_others(&self, damage: Damage, lambda: f64, failure: f64) -> Result<f64, Error> {
        let (kappa, u) = self.place(damage, lambda);
        Ok(match self.rule {
            Rule::All(_) => libm::log(-libm::log1p(-failure)) - self.log_hazard(kappa)?,
            Rule::Most { slot, .. } => {
                let log = libm::log(failure) + self.rate(kappa, u);
                if slot { less_one(log) } else { log }
            }
        })
    }

    /// The probability of success among `exp(log_others)` others: exact, or, of a weight, at least.
    pub fn success(&self, damage: Damage, lambda: f64, log_others: f64) -> Result<f64, Error> {
        let (kappa, u) = self.place(damage, lambda);
        Ok(match self.rule {
            Rule::All(_) => libm::exp(-libm::exp(log_others + self.log_hazard(kappa)?)),
            Rule::Most { slot, .. } => {
                let terms = if slot { softplus(log_others) } else { log_others };
                let failure = libm::exp(terms - self.rate(kappa, u));
                if failure < 1.0 { 1.0 - failure } else { 0.0 }
            }
        })
    }

    /// kappa and u.
    fn place(&self, damage: Damage, lambda: f64) -> (f64, f64) {
        let need = match self.rule {
            Rule::All(margin) => margin,
            Rule::Most { logit, .. } => logit,
        };
        let u = lambda * damage.squared_length().sqrt();
        (damage.cosine() - need / (self.finite.neurons() * u), u)
    }

    fn log_hazard(&self, kappa: f64) -> Result<f64, Error> {
        self.other.log_hazard(if kappa > -1.0 { kappa } else { -1.0 })
    }

    /// `I(kappa, u)`. Any v gives a bound; the best one is within 1e-7 of its place, so within rounding of its value.
    fn rate(&self, kappa: f64, u: f64) -> f64 {
        let shortfall = |v: f64| self.finite.moment(v).mean - kappa;
        let value = |v: f64| {
            let Moment { log, .. } = self.finite.moment(v);
            v * self.finite.neurons() * kappa - log
        };
        if kappa <= 0.0 {
            return 0.0;
        }
        // Where it is in the limit.
        let guess = kappa / ((1.0 - kappa) * (1.0 + kappa));
        if guess == f64::INFINITY && u == f64::INFINITY {
            return f64::INFINITY;
        }
        let (mut low, mut high) = ((0.0, -kappa), if 1.25 * guess < u { 1.25 * guess } else { u });
        let mut at_high = shortfall(high);
        while at_high < 0.0 {
            if high == u {
                return value(u);
            }
            low = (high, at_high);
            high = if 2.0 * high < u { 2.0 * high } else { u };
            at_high = shortfall(high);
        }
        value(root(low, (high, at_high), shortfall))
    }
}

/// The root between a place of a negative and one of a positive value, within 1e-7 of it: false position, of which the end that stays counts
/// half (Illinois).
fn root(mut low: (f64, f64), mut high: (f64, f64), of: impl Fn(f64) -> f64) -> f64 {
    let mut stayed = 0;
    while high.0 - low.0 > 1e-7 * high.0 {
        let (before, middle) = (stayed, low.0 + (high.0 - low.0) * (low.1 / (low.1 - high.1)));
        if middle <= low.0 || middle >= high.0 {
            break;
        }
        let value = of(middle);
        if value.abs() < 1e-10 {
            return middle;
        }
        if value < 0.0 {
            (low, stayed) = ((middle, value), -1);
            if before == stayed {
                high.1 /= 2.0;
            }
        } else {
            (high, stayed) = ((middle, value), 1);
            if before == stayed {
                low.1 /= 2.0;
            }
        }
    }
    low.0
}

/// `ln(1 + exp x)`.
pub(super) fn softplus(x: f64) -> f64 {
    if x > 0.0 { x + libm::log1p(libm::exp(-x)) } else { libm::log1p(libm::exp(x)) }
}

/// `ln(exp x - 1)`; -infinity up to 0.
pub(super) fn less_one(x: f64) -> f64 {
    if x > 0.0 { x + libm::log(-libm::expm1(-x)) } else { f64::NEG_INFINITY }
}
