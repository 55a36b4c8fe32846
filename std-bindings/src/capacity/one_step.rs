//! The one-step crossover as memories have it: its median over random memories.
//!
//! Asked with the pattern itself, half of the weight is its own where `S = sum over the others of exp(lambda (x.xi - N))` is 1. The others are
//! independent, so the characteristic function of S is that of one term to the power P - 1, and (Gil-Pelaez 1951)
//!
//! ```text
//! Prob(S > 1) = 1/2 + (1/pi) int_0^inf Im(e^(-i omega) E[e^(i omega Y)]^(P-1)) d omega / omega
//! ```
//!
//! by the trapezoidal rule in x, `omega = c ln(1 + e^x)`: in ln omega where that is small, and in steps that `e^(-i omega)` can be seen by where it is not.
//! The median is where this is one half. It is below the mean field's lambda, as sums of exponentials are skewed: by nothing for many patterns, by up
//! to 1 % for a hundred (derived).

use super::finite::Finite;
use super::quadrature::trapezoid;
use super::search::smallest;
use super::{Ensemble, Error};

/// Steps of x, where they begin, and c: from an omega of 1e-8 on, and in the end steps of 1/2.
const STEP: f64 = 0.1;
const BEGIN: f64 = -20.0;
const SCALE: f64 = 5.0;
/// The logarithm of a part of the integrand that is nothing, and the omega after which what is left is not looked at: sums of few terms have an edge,
/// and their characteristic functions fall as a power.
const GONE: f64 = -30.0;
const MOST: f64 = 1000.0;

impl Finite {
    /// The median over memories of the lambda at which one step from a pattern gives it half of the weight; none where there is none below 1e6.
    /// 0 for two patterns, of which the one that is asked for has never less than half. Within 1e-9 of the exact median, relative; within 1e-3 where the
    /// others are fewer than ten, or the neurons than four. Some hundred thousand sines and cosines, a hundred times as many in the latter case.
    ///
    /// ```
    /// # use basinet::capacity::{Ensemble, Finite};
    /// let finite = Finite::new(Ensemble::Spherical, 24)?;
    /// let load = finite.load(11.0)?;
    /// // Among eleven patterns the mean field is off by half a percent.
    /// assert!(finite.one_step_lambda(load)?.is_some_and(|lambda| (lambda - 0.101_020).abs() < 1e-6));
    /// assert!(finite.one_step_median(load)?.is_some_and(|lambda| (lambda - 0.100_5).abs() < 2e-4));
    /// # Ok::<(), basinet::capacity::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`typical_lambda`](Self::typical_lambda).
    pub fn one_step_median(&self, load: f64) -> Result<Option<f64>, Error> {
        let others = libm::exp(self.log_others(load)?);
        if others < 1.5 {
            return Ok(Some(0.0));
        }
        let overlaps = self.overlaps();
        // The mean field is near, where it has an answer.
        let from = self.one_step_lambda(load)?.filter(|&lambda| lambda > 0.0).unwrap_or(load);
        smallest(from, 1e-11, |lambda| {
            let term = |&(part, overlap): &(f64, f64)| (part, libm::exp(lambda * self.neurons() * (overlap - 1.0)));
            Ok(0.5 - above_one(&overlaps.iter().map(term).collect::<Vec<_>>(), others))
        })
    }

    /// Overlaps `x.xi / N` at `|x|^2 = N`, each with its part of all.
    fn overlaps(&self) -> Vec<(f64, f64)> {
        let others = self.neurons() - 1.0;
        // Close together, so that terms that turn fast are met as such.
        let width = 1.0
            / match self.ensemble() {
                Ensemble::Spherical => others,
                Ensemble::Gaussian => self.neurons(),
            }
            .sqrt();
        let mut places = Vec::new();
        trapezoid(width / 16.0, |s| {
            let (log, overlap) = match self.ensemble() {
                Ensemble::Spherical => (-others * libm::log(libm::cosh(s)), libm::tanh(s)),
                Ensemble::Gaussian => (-0.5 * self.neurons() * s * s, s),
            };
            let part = libm::exp(log);
            places.push((part, overlap));
            part
        });
        let all: f64 = places.iter().map(|(part, _)| part).sum();
        places.iter().map(|&(part, overlap)| (part / all, overlap)).collect()
    }
}

/// The probability that the sum of so many terms is above 1, each of them one of `terms` with its part.
fn above_one(terms: &[(f64, f64)], count: f64) -> f64 {
    let (mut sum, mut place) = (0.0, BEGIN);
    loop {
        let softplus = if place > 0.0 { place + libm::log1p(libm::exp(-place)) } else { libm::log1p(libm::exp(place)) };
        let (omega, slope) = (SCALE * softplus, 1.0 / (1.0 + libm::exp(-place)));
        // E[e^(i omega Y)] - 1.
        let (mut re, mut im) = (0.0, 0.0);
        for &(part, term) in terms {
            let (sin, cos) = libm::sincos(0.5 * omega * term);
            re -= part * (2.0 * sin * sin);
            im += part * (2.0 * sin * cos);
        }
        let log = 0.5 * count * libm::log1p(2.0 * re + re * re + im * im);
        sum += slope / softplus * libm::exp(log) * libm::sin(count * libm::atan2(im, 1.0 + re) - omega);
        // Also where a number of others is beyond all f64 that can be added.
        if log.is_nan() || log - libm::log(omega) < GONE || omega > MOST {
            return 0.5 + STEP * sum / std::f64::consts::PI;
        }
        place += STEP;
    }
}
