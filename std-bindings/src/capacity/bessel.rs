//! The mean of `exp(u N tau)` over the cosine tau of a random direction, and the mean of tau under that weight, at finite N.
//!
//! They are ratios of Bessel functions, `Gamma(N/2) (2/(uN))^(N/2-1) I_(N/2-1)(uN)` and `I_(N/2)(uN) / I_(N/2-1)(uN)`; here integrals, as
//! those hold uniformly in N and u: with `u' = uN/(N-1)` and t, zeta of the [spherical ensemble](super::Ensemble) at u' (derived)
//!
//! ```text
//! ln E exp(u N tau) = (N-1) zeta(u') + ln(S(t) / S(0))        S(t) = int exp((N-1) (t sinh d / C - ln C)) dd
//! ```

use super::ensemble::Tilted;
use super::quadrature::{step, trapezoid};

/// The logarithm of a mean of exponentials, and where that is from.
#[derive(Clone, Copy, Debug)]
pub(super) struct Moment {
    /// `ln E exp(u N tau)`.
    pub log: f64,
    /// The mean of tau under `exp(u N tau)`.
    pub mean: f64,
}

/// Random directions in N dimensions, at least 2.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Directions {
    neurons: f64,
    /// S(0).
    at_rest: f64,
}

impl Directions {
    pub fn new(neurons: f64) -> Self {
        Self { neurons, at_rest: sums(neurons - 1.0, 0.0).0 }
    }

    /// Some 50 to 500 exponentials.
    pub fn moment(&self, u: f64) -> Moment {
        let others = self.neurons - 1.0;
        let tilted = Tilted::at(u * self.neurons / others);
        let (sum, lean) = sums(others, tilted.t);
        let spread = 1.0 / (1.0 + tilted.w);
        Moment { log: others * tilted.cumulant() + libm::log(sum / self.at_rest), mean: tilted.t + spread * lean / sum }
    }
}

/// S(t), and the same integral of `sinh d / C`.
fn sums(others: f64, t: f64) -> (f64, f64) {
    let step = step(1.0 / (others * (1.0 + t * t)).sqrt());
    let (mut sum, mut lean) = (0.0, 0.0);
    trapezoid(step, |d| {
        let (sinh, half) = (libm::sinh(d), libm::sinh(d / 2.0));
        // C - 1, as its logarithm is taken N times.
        let more = 2.0 * half * half + t * sinh;
        let c = 1.0 + more;
        let term = libm::exp(others * (t * (sinh / c) - libm::log1p(more)));
        sum += step * term;
        lean += step * term * (sinh / c);
        term
    });
    (sum, lean)
}
