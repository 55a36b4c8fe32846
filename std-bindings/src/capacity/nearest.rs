//! How near the nearest of P random patterns is, exactly, at any N and P: what ends a basin once softmax has condensed, and sparse maps always.
//!
//! With Q the probability that the cosine of two random directions is larger than c (derived)
//!
//! ```text
//! Prob(the largest of P-1 cosines <= c) = (1 - Q(c))^(P-1)       Q(c) = I_{1-c^2}((N-1)/2, 1/2) / 2,  c >= 0
//! ```
//!
//! I the regularised incomplete beta function, by its continued fraction.

use super::Error;
use super::beta::fraction;
use super::finite::count;
use super::quadrature::{step, trapezoid};
use crate::codes::{dimensions, within};

/// Euler's constant.
const EULER_GAMMA: f64 = 0.577_215_664_901_532_9;

/// The cosine of a pattern to the nearest of the P - 1 others, all of them random directions in N dimensions.
///
/// ```
/// use basinet::capacity::Nearest;
/// let nearest = Nearest::new(100, 100.0)?;
/// assert!((nearest.mean_cosine() - 0.247_982).abs() < 1e-6);
/// // One memory in a hundred has a nearer one, and the limit for large N is farther away.
/// assert!(nearest.quantile(0.99)? > 0.36 && nearest.limit() > 0.29);
/// # Ok::<(), basinet::capacity::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Nearest {
    neurons: f64,
    others: f64,
    /// ln of the integral of `cosh^-(N-1)`.
    log_all: f64,
}

impl Nearest {
    /// Of `patterns` patterns of `neurons` numbers. O(sqrt N).
    ///
    /// # Errors
    /// [`Error::Dimension`] below two neurons; [`Error::OutOfRange`] unless `patterns` is finite and at least 2.
    pub fn new(neurons: usize, patterns: f64) -> Result<Self, Error> {
        let (neurons, others) = (dimensions(neurons, 2)?, count(patterns)? - 1.0);
        let (step, mut all) = (step(1.0 / (neurons - 1.0).sqrt()), 0.0);
        trapezoid(step, |s| {
            let term = libm::exp(-(neurons - 1.0) * log_cosh(s));
            all += step * term;
            term
        });
        Ok(Self { neurons, others, log_all: libm::log(all) })
    }

    /// The mean cosine, within some 1e-13. O(sqrt N) for each of some hundred places.
    #[must_use]
    pub fn mean_cosine(&self) -> f64 {
        self.mean(libm::tanh)
    }

    /// The mean angle, in radians. As [`mean_cosine`](Self::mean_cosine).
    #[must_use]
    pub fn mean_angle(&self) -> f64 {
        // The arc cosine of tanh s, also where it is small.
        self.mean(|s| 2.0 * libm::atan(libm::exp(-s)))
    }

    /// The cosine that the nearest one is not nearer than, with this probability.
    ///
    /// # Errors
    /// [`Error::OutOfRange`] unless it is above 0 and below 1.
    pub fn quantile(&self, probability: f64) -> Result<f64, Error> {
        within("probability", probability, probability > 0.0 && probability < 1.0, "above 0 and below 1")?;
        Ok(libm::tanh(self.place(libm::log(probability))))
    }

    /// The probability that the nearest one is not nearer than this cosine.
    ///
    /// # Errors
    /// [`Error::OutOfRange`] unless the cosine is within -1 and 1.
    pub fn probability(&self, cosine: f64) -> Result<f64, Error> {
        within("cosine", cosine, cosine.abs() <= 1.0, "within -1 and 1")?;
        Ok(libm::exp(self.others * self.log_cdf(libm::atanh(cosine))))
    }

    /// `ln(-ln F)` of the probability F that *one* other is not nearer than this cosine, so that [`probability`](Self::probability) is
    /// `exp(-exp(ln(P-1) + this))`: about `ln Q` where that is small, also where Q is below f64. -infinity at cosine 1, infinity at -1.
    ///
    /// ```
    /// # use basinet::capacity::Nearest;
    /// // In three dimensions a cosine is uniform: F = 3/4.
    /// assert!((Nearest::new(3, 2.0)?.log_hazard(0.5)? - (-(0.75f64.ln())).ln()).abs() < 1e-14);
    /// assert!(Nearest::new(100_000, 2.0)?.log_hazard(0.9)? < -80_000.0);
    /// # Ok::<(), basinet::capacity::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`probability`](Self::probability).
    pub fn log_hazard(&self, cosine: f64) -> Result<f64, Error> {
        let s = libm::atanh(within("cosine", cosine, cosine.abs() <= 1.0, "within -1 and 1")?);
        // -ln(1 - Q) is Q, but for a factor of 1 + Q/2.
        Ok(if s > 0.0 && self.tail(s) < f64::EPSILON { self.log_tail(s) } else { libm::log(-self.log_cdf(s)) })
    }

    /// The limit for large N at the same load: `sqrt(1 - exp(-2 ln(P) / N))`.
    #[must_use]
    pub fn limit(&self) -> f64 {
        (-libm::expm1(-2.0 * self.load())).sqrt()
    }

    /// The prediction for a polynomial load, a small `ln(P) / N`: `sqrt(2 ln(P) / N)` (Lucibello and Mezard 2024, figure 5). Above 1 where the
    /// load is not small.
    #[must_use]
    pub fn small_load_limit(&self) -> f64 {
        (2.0 * self.load()).sqrt()
    }

    /// The limit with the first correction of the largest of P numbers, `sqrt(1 - exp(-2 (L - ln(4 pi L)/2 + gamma) / N))`, `L = ln P`, gamma
    /// Euler's constant: 0.3 % low at N = P = 100, 3.5 % at N = 10, P = 1000 (derived). NaN where P is so small that the correction is larger than L.
    #[must_use]
    pub fn corrected_limit(&self) -> f64 {
        let log = self.load() * self.neurons;
        let corrected = log - 0.5 * libm::log(4.0 * std::f64::consts::PI * log) + EULER_GAMMA;
        (-libm::expm1(-2.0 * corrected / self.neurons)).sqrt()
    }

    fn load(&self) -> f64 {
        libm::log1p(self.others) / self.neurons
    }

    /// The mean of a function of s, `cosine = tanh s`, over the density `(P-1) (1-Q)^(P-2) dQ/ds` of the nearest.
    fn mean(&self, of: impl Fn(f64) -> f64) -> f64 {
        let median = self.place(-std::f64::consts::LN_2);
        let density = |s: f64| {
            let rivals = self.others - 1.0;
            libm::exp(self.log_density(s) + if rivals > 0.0 { rivals * self.log_cdf(s) } else { 0.0 })
        };
        // The others fall off beyond it by this length, or as a cosine alone does.
        let width = self.tail(median) / libm::exp(self.log_density(median));
        let (step, most) = (step(width), density(median));
        let (mut sum, mut all) = (0.0, 0.0);
        trapezoid(step, |d| {
            let term = density(median + d) / most;
            sum += term * of(median + d);
            all += term;
            term
        });
        sum / all
    }

    /// Where `(1-Q)^(P-1)` has this logarithm.
    fn place(&self, log_probability: f64) -> f64 {
        let wanted = log_probability / self.others;
        let (mut low, mut high) = (-1.0, 1.0);
        while self.log_cdf(low) > wanted {
            low *= 2.0;
        }
        while self.log_cdf(high) < wanted {
            high *= 2.0;
        }
        loop {
            let middle = low + (high - low) / 2.0;
            if middle <= low || middle >= high {
                return middle;
            }
            if self.log_cdf(middle) < wanted { low = middle } else { high = middle }
        }
    }

    fn log_density(&self, s: f64) -> f64 {
        -(self.neurons - 1.0) * log_cosh(s) - self.log_all
    }

    /// `ln(1 - Q)` at `cosine = tanh s`.
    fn log_cdf(&self, s: f64) -> f64 {
        if s >= 0.0 {
            return libm::log1p(-self.tail(s));
        }
        match self.tail(-s) {
            tail if tail > 1e-290 => libm::log(tail),
            _ => self.log_tail(-s),
        }
    }

    /// Q at `cosine = tanh s`.
    fn tail(&self, s: f64) -> f64 {
        if s < 0.0 {
            return 1.0 - self.tail(-s);
        }
        let (a, x) = ((self.neurons - 1.0) / 2.0, libm::exp(-2.0 * log_cosh(s)));
        // I_x(a, 1/2) = x^a (1-x)^(1/2) / (a B) * fraction, or the other way round where that converges faster.
        let cosine = libm::tanh(s);
        if x < (a + 1.0) / (a + 2.5) {
            0.5 * libm::exp(self.log_density(s)) * cosine / a * fraction(a, 0.5, x)
        } else {
            0.5 - libm::exp(self.log_density(s)) * cosine * fraction(0.5, a, cosine * cosine)
        }
    }

    /// ln Q far out, where Q is small.
    fn log_tail(&self, s: f64) -> f64 {
        let a = (self.neurons - 1.0) / 2.0;
        self.log_density(s) + libm::log(0.5 * libm::tanh(s) / a * fraction(a, 0.5, libm::exp(-2.0 * log_cosh(s))))
    }
}

/// `ln cosh s`, without overflow and where it is small.
fn log_cosh(s: f64) -> f64 {
    let s = s.abs();
    if s < 0.5 { 0.5 * libm::log1p(libm::sinh(s) * libm::sinh(s)) } else { s + libm::log1p(libm::exp(-2.0 * s)) - std::f64::consts::LN_2 }
}
