//! When one step gives a pattern back, for patterns that are random directions: exactly, or by a bound that holds.
//!
//! With N numbers, P patterns, `u = lambda sqrt rho`, and `kappa = c - need / (N u)` (derived):
//!
//! *Maps with a margin m*, need = m: all the weight is the pattern's own if and only if no other is nearer to the query than kappa, which has
//! the probability `F(kappa)^(P-1)`, exactly ([`Nearest`]).
//!
//! *Softmax*, need = `logit w`: at least w is the pattern's own if and only if `sum exp(N u (tau_mu - kappa)) <= 1` over the others' cosines
//! tau. Two bounds, of which the better one is taken:
//!
//! ```text
//! moment    For v <= u it is so where sum exp(N v (tau_mu - kappa)) <= 1, as sum a^p <= (sum a)^p for p = u/v >= 1. By Markov's inequality it
//!           fails with a probability of at most
//!               (P-1) exp(-I)      I(kappa, u) = max over v in 0..=u of  N v kappa - ln M_N(v)
//!           M_N as in `Finite`; the maximum is at u, or where the tilted overlap is kappa.
//! nearest   It is so where each term is at most 1/(P-1), as for a map with a margin of ln(P-1) + logit w. For large u.
//! ```
//!
//! Softmax1's empty slot counts as one pattern more, of cosine 0 (`M_N >= 1`). Top-k's weights are softmax's or larger for the k best rows,
//! and a weight above 1/2 is the best one's: what holds for softmax holds for it.

use super::damage::Damage;
use crate::capacity::bessel::Moment;
use crate::capacity::search::zero;
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

    /// The largest `ln(P-1)` at which a query of this damage fails with a probability of at most `failure`; lambda may be infinite.
    pub fn log_others(&self, damage: Damage, lambda: f64, failure: f64) -> Result<f64, Error> {
        let hazard = libm::log(-libm::log1p(-failure));
        match self.rule {
            Rule::All(margin) => Ok(hazard - self.log_hazard(self.kappa(damage, lambda, margin))?),
            Rule::Most { logit, slot } => {
                let terms = libm::log(failure) + self.rate(self.kappa(damage, lambda, logit), u(damage, lambda))?;
                let (by_moment, by_nearest) = (if slot { less_one(terms) } else { terms }, self.by_nearest(damage, lambda, hazard)?);
                Ok(if by_moment > by_nearest { by_moment } else { by_nearest })
            }
        }
    }

    /// The same by the nearest alone; -infinity where that is not enough for one other.
    fn by_nearest(&self, damage: Damage, lambda: f64, hazard: f64) -> Result<f64, Error> {
        // No margin at all, and the nearest at the other end of the sphere.
        let at_most = (hazard - self.log_hazard(damage.cosine())?, 2.0 * self.finite.neurons() * u(damage, lambda));
        let (mut low, mut high) = (0.0, if at_most.0 < at_most.1 { at_most.0 } else { at_most.1 });
        let holds = |log_others| Ok::<_, Error>(self.log_hazards(damage, lambda, log_others)? <= hazard);
        if high == f64::INFINITY || high < low || !holds(low)? {
            return Ok(if high == f64::INFINITY { high } else { f64::NEG_INFINITY });
        }
        while high - low > 1e-13 * (1.0 + high) {
            let middle = f64::midpoint(low, high);
            if holds(middle)? { low = middle } else { high = middle }
        }
        Ok(low)
    }

    /// ln of the probability of failure among `exp(log_others)` others: exact, or, of a weight, a bound; above 0 where it says nothing.
    pub fn log_failure(&self, damage: Damage, lambda: f64, log_others: f64) -> Result<f64, Error> {
        let by_nearest = libm::log(-libm::expm1(-libm::exp(self.log_hazards(damage, lambda, log_others)?)));
        Ok(match self.rule {
            Rule::All(_) => by_nearest,
            Rule::Most { logit, slot } => {
                let terms = if slot { softplus(log_others) } else { log_others };
                let by_moment = terms - self.rate(self.kappa(damage, lambda, logit), u(damage, lambda))?;
                if by_moment < by_nearest { by_moment } else { by_nearest }
            }
        })
    }

    /// `ln(-ln F(kappa)^(P-1))`, kappa that of the margin, or of terms that are small enough each.
    fn log_hazards(&self, damage: Damage, lambda: f64, log_others: f64) -> Result<f64, Error> {
        let (need, slot) = match self.rule {
            Rule::All(margin) => (margin, false),
            Rule::Most { logit, slot } => (logit + if slot { softplus(log_others) } else { log_others }, slot),
        };
        let kappa = self.kappa(damage, lambda, need);
        Ok(if slot && kappa < 0.0 { f64::INFINITY } else { log_others + self.log_hazard(kappa)? })
    }

    fn kappa(&self, damage: Damage, lambda: f64, need: f64) -> f64 {
        damage.cosine() - need / (self.finite.neurons() * u(damage, lambda))
    }

    fn log_hazard(&self, kappa: f64) -> Result<f64, Error> {
        self.other.log_hazard(if kappa > -1.0 { if kappa < 1.0 { kappa } else { 1.0 } } else { -1.0 })
    }

    /// `I(kappa, u)`. Any v gives a bound; the best one is within 1e-7 of its place, so within rounding of its value.
    fn rate(&self, kappa: f64, u: f64) -> Result<f64, Error> {
        let excess = |v: f64| self.finite.moment(v).mean - kappa;
        let value = |v: f64| {
            let Moment { log, .. } = self.finite.moment(v);
            v * self.finite.neurons() * kappa - log
        };
        if kappa <= 0.0 {
            return Ok(0.0);
        }
        // Where it is in the limit.
        let guess = kappa / ((1.0 - kappa) * (1.0 + kappa));
        if guess == f64::INFINITY && u == f64::INFINITY {
            return Ok(f64::INFINITY);
        }
        let (mut low, mut high) = ((0.0, -kappa), if 1.25 * guess < u { 1.25 * guess } else { u });
        let mut at_high = excess(high);
        while at_high < 0.0 {
            if high == u {
                return Ok(value(u));
            }
            low = (high, at_high);
            high = if 2.0 * high < u { 2.0 * high } else { u };
            at_high = excess(high);
        }
        zero(low, (high, at_high), 1e-7, |v| Ok(excess(v))).map(value)
    }
}

fn u(damage: Damage, lambda: f64) -> f64 {
    lambda * damage.squared_length().sqrt()
}

/// `ln(1 + exp x)`.
pub(super) fn softplus(x: f64) -> f64 {
    if x > 0.0 { x + libm::log1p(libm::exp(-x)) } else { libm::log1p(libm::exp(x)) }
}

/// `ln(exp x - 1)`; -infinity up to 0.
pub(super) fn less_one(x: f64) -> f64 {
    if x > 0.0 { x + libm::log(-libm::expm1(-x)) } else { f64::NEG_INFINITY }
}
