//! How many random patterns a binary memory holds: the number at which half of them are fixed points, measured, beside the laws.
//!
//! At a stored pattern `xi` let another one agree with it at all but d of the other neurons, so that these have the overlap `x = N - 1 - 2d`,
//! and let s be +1 where the two agree at neuron i, -1 elsewhere. With `g(x) = F(x + 1) - F(x - 1)` what keeping neuron i is worth is
//!
//! ```text
//! H_i = g(N - 1) + sum_nu s_nu g(x_nu)        H_i < 0: the neuron turns over, and xi is no fixed point
//! ```
//!
//! (derived from [`binary`](basinet_core::binary)). For random patterns the s are coins that are independent of the x, so the *crosstalk*, the
//! sum, has mean 0 and, of P patterns, the variance `(P - 1) E g(x)^2`, exactly: x is N - 1 minus twice a binomial number.
//!
//! **Prediction.** Taken for Gaussian the crosstalk turns a neuron over with `p = erfc(z / sqrt 2) / 2`, `z^2 = g(N - 1)^2 / ((P - 1) E g^2)`;
//! taken for independent, neurons all stay with `(1 - p)^N`, and half of the patterns stay at `p = 1 - 2^(-1/N)`:
//!
//! ```text
//! P_half = 1 + g(N - 1)^2 / (z^2 E g^2)
//! ```
//!
//! The second is the coarse one, as neurons share the overlaps: where a pattern's others happen to be near all its crosstalk is wide, and errors
//! come in clusters, which leaves more patterns without any. The spread of `sum_nu g(x_nu)^2` over its mean is
//! `sqrt((E g^4 / (E g^2)^2 - 1) / (P - 1))`: `sqrt(2 / P)` for power 2, whose P is small, and soon nothing for higher powers. Two neurons' crosstalks
//! themselves have the correlation `E (g(y + 1) - g(y - 1))^2 / (4 E g^2)`, y the overlap of the N - 2 others: about `(n - 1)^2 / ((2n - 3) N)` for
//! power n, which vanishes, but `sinh^2 1 / cosh 2 = 0.37` for the exponential at every N; and its g is so steep that a few near patterns
//! decide. The prediction's rate for the exponential is `ln P_half / N -> 2 - ln cosh 2 = 0.675`.
//!
//! **Sampling.** For the exponential `H_i / g(N - 1) = 1 + sum_nu s_nu exp(-2 d_nu)`. With D the Hamming distance of a pattern from xi, all N
//! neurons, a neuron that agrees has d = D and one that does not d = D - 1, so that with `m_D,i` of the `n_D` patterns at distance D not agreeing
//! at i
//!
//! ```text
//! H_i / g(N - 1) = 1 + sum_D exp(-2D) (n_D - (1 + e^2) m_D,i)
//! ```
//!
//! The n_D are Poisson numbers of mean `(P - 1) C(N, D) / 2^N`. Near patterns are drawn, each with its D neurons. From the first D on of which
//! more than [`Thresholds::near`] are expected both are Gaussian with their exact covariance (`m_D` is `n_D` samples of D neurons out of N
//! without replacement); their sum over D is one number for all neurons and one for each. All neurons of a pattern are sampled at once, so
//! nothing is taken for independent; what is approximate is Poisson for multinomial numbers, and Gaussian for large ones.

use super::Error;
use super::fit::Estimate;
use super::options::{number_of, require, require_seeds};
use crate::binary_memory::Work;
use crate::random::Random;
use basinet_core::binary::{BinaryModel, BinaryPatterns, Exponential, Interaction, Power, words};
use rayon::prelude::*;
use serde::Serialize;
use std::ops::RangeInclusive;

/// How near a threshold is found, in logarithms; whole numbers of patterns where that is farther.
const NEAR: f64 = 0.005;
/// The first step from the prediction, in logarithms.
const STEP: f64 = 0.25;

/// Patterns are numbered by 32 bits.
const MOST: usize = u32::MAX as usize;

/// The experiment: random patterns of N neurons, as many as leave half of them fixed points.
#[derive(Clone, Debug)]
pub struct Thresholds {
    /// Powers.
    pub powers: Vec<u32>,
    /// N of the powers.
    pub neurons: Vec<usize>,
    /// N at which the exponential's patterns are stored.
    pub stored: Vec<usize>,
    /// N at which its crosstalk is sampled.
    pub sampled: Vec<usize>,
    /// Of the patterns and of the samples.
    pub seeds: RangeInclusive<u64>,
    /// Patterns that are tested at each P: the first of a memory; of several memories where P is smaller.
    pub tests: usize,
    /// Samples of a pattern at each P.
    pub samples: usize,
    /// Distances of which no more patterns than this are expected have theirs drawn one by one.
    pub near: f64,
}

impl Default for Thresholds {
    fn default() -> Self {
        Self {
            powers: vec![2, 3, 4],
            neurons: vec![50, 100, 150, 200],
            stored: vec![12, 16, 20],
            sampled: vec![12, 16, 20, 50, 100, 150, 200],
            seeds: 1..=20,
            tests: 64,
            samples: 256,
            near: 1000.0,
        }
    }
}

/// One threshold.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ThresholdRow {
    /// n; none of the exponential.
    pub power: Option<u32>,
    /// N.
    pub neurons: usize,
    /// `stored` or `sampled`.
    pub way: &'static str,
    /// ln P_half: the mean over the seeds.
    pub ln_half: f64,
    /// Its standard error.
    pub error: f64,
    /// ln of the law for large N: `N^(n-1) / (2 (2n-3)!! ln N)`, or `2^(N/2)`.
    pub ln_law: f64,
    /// ln of the prediction for this N, with Gaussian crosstalk and independent neurons.
    pub ln_prediction: f64,
    /// How far the measured one is above it, in standard errors.
    pub deviation: f64,
}

/// One threshold that is to be found.
#[derive(Clone, Copy, Debug)]
enum Task {
    Power(Power, usize),
    Stored(usize),
    Sampled(usize),
}

impl Thresholds {
    /// Thresholds times seeds.
    #[must_use]
    pub fn pieces(&self) -> usize {
        (self.powers.len() * self.neurons.len() + self.stored.len() + self.sampled.len()).saturating_mul(number_of(&self.seeds))
    }

    /// A row for each power and N, then for each N of the exponential that is stored, then sampled. Some ten P a seed; O(tests) updates each.
    ///
    /// # Errors
    /// [`Error::Recall`] for a power that is none, fewer than two neurons or more than a thousand, and other options that make no sense;
    /// [`Error::NoMemory`] where the patterns to be stored are more than fit.
    pub fn run(&self, done: impl Fn() + Sync) -> Result<Vec<ThresholdRow>, Error> {
        let mut sizes = self.neurons.iter().chain(&self.stored).chain(&self.sampled);
        if !sizes.all(|neurons| (2..=1000).contains(neurons)) {
            return Err(basinet_core::Error::Parameter { requirement: "thresholds are of 2 to 1000 neurons" }.into());
        }
        require_seeds(&self.seeds)?;
        require(self.tests > 0 && self.samples > 0, "a threshold needs tests and samples")?;
        require((0.0..=1e6).contains(&self.near), "at most a million near patterns are drawn one by one")?;
        let mut tasks = Vec::new();
        for &power in &self.powers {
            let power = Power::new(power)?;
            tasks.extend(self.neurons.iter().map(|&neurons| Task::Power(power, neurons)));
        }
        tasks.extend(self.stored.iter().map(|&neurons| Task::Stored(neurons)));
        tasks.extend(self.sampled.iter().map(|&neurons| Task::Sampled(neurons)));
        let seeded = tasks.iter().flat_map(|task| self.seeds.clone().map(move |seed| (*task, seed))).collect::<Vec<_>>();
        let found = seeded.into_par_iter().with_max_len(1).map(|(task, seed)| {
            let start = task.ln_prediction();
            let half = match task {
                Task::Power(power, neurons) => crossing(start, |ln| self.stored(power, neurons, seed, ln)),
                Task::Stored(neurons) => crossing(start, |ln| self.stored(Exponential, neurons, seed, ln)),
                Task::Sampled(neurons) => crossing(start, |ln| Ok(self.sampled(neurons, seed, ln))),
            };
            done();
            half
        });
        let found = found.collect::<Result<Vec<_>, Error>>()?;
        let seeds = number_of(&self.seeds);
        Ok(tasks.iter().zip(found.chunks(seeds.max(1))).map(|(task, found)| task.row(found)).collect())
    }

    /// Which part of stored patterns is fixed where there are `exp(ln)`.
    fn stored<F: Interaction>(&self, interaction: F, neurons: usize, seed: u64, ln: f64) -> Result<f64, Error> {
        let (count, stride, model) = (libm::round(libm::exp(ln)) as usize, words(neurons), BinaryModel::new(interaction));
        let count = count.max(1);
        let numbers = count.saturating_mul(2 * stride);
        if count > MOST || Vec::<u64>::new().try_reserve_exact(count * stride).is_err() {
            return Err(Error::NoMemory { numbers });
        }
        let (memories, tests) = (self.tests.div_ceil(count), self.tests.min(count));
        let mut fixed = 0;
        for memory in 0..memories {
            // A stream of its own for each N and memory: more patterns begin with the same ones.
            let mut random = Random::new(seed, (neurons as u64) << 32 | memory as u64);
            let data: Vec<u64> = (0..count * stride).map(|_| random.word()).collect();
            let patterns = BinaryPatterns::new(&data, neurons)?;
            let (mut work, mut out) = (Work::new(&patterns), vec![0; stride]);
            for pattern in data.chunks_exact(stride).take(tests) {
                fixed += usize::from(model.update(&patterns, pattern, &mut out, &mut work.scratch())? == 0);
            }
        }
        Ok(fixed as f64 / (memories * tests) as f64)
    }

    /// Which part of sampled patterns is fixed where there are `exp(ln)`, by the exponential.
    fn sampled(&self, neurons: usize, seed: u64, ln: f64) -> f64 {
        let crosstalk = Crosstalk::new(neurons, libm::exp(ln), self.near);
        let mut random = Random::new(seed, (neurons as u64) << 32 | u64::from(u32::MAX));
        let fixed = (0..self.samples).filter(|_| crosstalk.stays(&mut random)).count();
        fixed as f64 / self.samples as f64
    }
}

/// Where a part that falls with ln P crosses one half, by bisection from a start.
fn crossing(start: f64, part: impl Fn(f64) -> Result<f64, Error>) -> Result<f64, Error> {
    let holds = |ln| part(ln).map(|part| part >= 0.5);
    let (mut low, mut high, mut step) = (start, start, STEP);
    if holds(start)? {
        high += step;
        while holds(high)? {
            step *= 2.0;
            (low, high) = (high, high + step);
        }
    } else {
        low -= step;
        // A single pattern is always fixed.
        while low > 0.0 && !holds(low)? {
            step *= 2.0;
            (low, high) = (low - step, low);
        }
    }
    while high - low > NEAR {
        let middle = (low + high) / 2.0;
        if holds(middle)? { low = middle } else { high = middle }
    }
    Ok((low + high) / 2.0)
}

impl Task {
    fn row(self, found: &[f64]) -> ThresholdRow {
        let (power, neurons, way) = match self {
            Self::Power(power, neurons) => (Some(power.exponent()), neurons, "stored"),
            Self::Stored(neurons) => (None, neurons, "stored"),
            Self::Sampled(neurons) => (None, neurons, "sampled"),
        };
        let Estimate { mean: ln_half, sd } = Estimate::of(found);
        let (error, ln_prediction) = (sd / libm::sqrt(found.len() as f64), self.ln_prediction());
        let ln = libm::log(neurons as f64);
        let ln_law = match power {
            Some(n) => {
                let odd: f64 = (1..n).map(|k| f64::from(2 * k - 1)).product();
                f64::from(n - 1) * ln - libm::log(2.0 * odd * ln)
            }
            None => neurons as f64 * std::f64::consts::LN_2 / 2.0,
        };
        ThresholdRow { power, neurons, way, ln_half, error, ln_law, ln_prediction, deviation: (ln_half - ln_prediction) / error }
    }

    /// `ln(1 + g(N - 1)^2 / (z^2 E g^2))`.
    fn ln_prediction(self) -> f64 {
        let (power, neurons) = match self {
            Self::Power(power, neurons) => (Some(power), neurons),
            Self::Stored(neurons) | Self::Sampled(neurons) => (None, neurons),
        };
        let others = neurons.saturating_sub(1);
        // Relative to g(N - 1), so that nothing overflows.
        let relative = |d: usize| match power {
            None => libm::exp(-2.0 * d as f64),
            Some(power) => {
                let f = |o: f64| libm::pow(o / neurons as f64, f64::from(power.exponent()));
                let g = |x: f64| f(x + 1.0) - f(x - 1.0);
                g(others as f64 - 2.0 * d as f64) / g(others as f64)
            }
        };
        let square: f64 = binomial(others).into_iter().enumerate().map(|(d, part)| part * relative(d) * relative(d)).sum();
        let z = quantile(1.0 - libm::exp2(-1.0 / neurons as f64));
        libm::log(1.0 + 1.0 / (z * z * square))
    }
}

/// `C(n, k) / 2^n` for k = 0 ... n.
fn binomial(n: usize) -> Vec<f64> {
    let mut parts = vec![libm::exp2(-(n as f64))];
    for k in 0..n {
        parts.push(parts[k] * (n - k) as f64 / (k + 1) as f64);
    }
    parts
}

/// The z that a Gaussian number exceeds with probability p below 1/2, by bisection.
fn quantile(p: f64) -> f64 {
    let (mut low, mut high) = (0.0, 40.0);
    for _ in 0..100 {
        let middle = (low + high) / 2.0;
        if libm::erfc(middle / std::f64::consts::SQRT_2) / 2.0 > p { low = middle } else { high = middle }
    }
    low
}

/// What the other patterns do to the neurons of one, by the exponential, in units of g(N - 1).
struct Crosstalk {
    neurons: usize,
    /// Patterns that are expected at each distance whose patterns are drawn, from 0 on.
    near: Vec<f64>,
    /// Of the others: the mean for every neuron, the spread that all have together, and that which each has alone.
    mean: f64,
    common: f64,
    own: f64,
}

impl Crosstalk {
    fn new(neurons: usize, patterns: f64, most: f64) -> Self {
        let count = neurons as f64;
        let expected: Vec<f64> = binomial(neurons).into_iter().map(|part| part * (patterns - 1.0)).collect();
        let near: Vec<f64> = expected.iter().copied().take_while(|&expected| expected <= most).collect();
        let (mut mean, mut common, mut own) = (0.0, 0.0, 0.0);
        for (distance, &expected) in expected.iter().enumerate().skip(near.len()) {
            let part = distance as f64 / count;
            let (agrees, differs) = (weight(distance), weight(distance) * DIFFERS);
            let each = agrees - differs * part;
            mean += expected * each;
            common += expected * each * each;
            own += expected * differs * differs * part * (1.0 - part) * count / (count - 1.0);
        }
        Self { neurons, near, mean, common: libm::sqrt(common), own: libm::sqrt(own) }
    }

    /// Whether one pattern, with others drawn, is a fixed point.
    fn stays(&self, random: &mut Random) -> bool {
        let all = 1.0 + self.mean + self.common * f64::from(random.normal());
        let mut own: Vec<f64> = (0..self.neurons).map(|_| f64::from(random.normal())).collect();
        // Deviations of counts of m neurons out of N sum to nothing.
        let centre = own.iter().sum::<f64>() / self.neurons as f64;
        own.iter_mut().for_each(|own| *own = all + self.own * (*own - centre));
        let mut order: Vec<usize> = (0..self.neurons).collect();
        let mut agreeing = 0.0;
        for (distance, &expected) in self.near.iter().enumerate() {
            for _ in 0..random.events(expected) {
                agreeing += weight(distance);
                // The first places of a shuffle: any order will do to begin with.
                for place in 0..distance {
                    order.swap(place, place + random.below(self.neurons - place));
                    own[order[place]] -= weight(distance) * DIFFERS;
                }
            }
        }
        own.into_iter().all(|own| own + agreeing >= 0.0)
    }
}

/// What a pattern at this distance adds where it agrees: `exp(-2D)`.
fn weight(distance: usize) -> f64 {
    libm::exp(-2.0 * distance as f64)
}

/// `1 + e^2`: times as much less has a neuron that does not.
const DIFFERS: f64 = 1.0 + std::f64::consts::E * std::f64::consts::E;
