//! The protocol of record.

use super::{Measure, Point, Simulation};
use crate::capacity::Ensemble::{self, Gaussian, Spherical};

/// The largest number of patterns.
const MILLION: usize = 1_000_000;

/// Ensembles, loads, and numbers of neurons at which `P = exp(load N)`, rounded.
type Loads = &'static [(Ensemble, f64, &'static [usize])];

const ONE_STEP: Loads = &[
    (Spherical, 0.1, &[24, 48, 72, 96]),
    (Spherical, 0.2, &[16, 24, 36, 48]),
    (Spherical, 0.3, &[12, 16, 24, 32]),
    (Spherical, 0.4, &[12, 16, 24]),
    (Gaussian, 0.1, &[48, 72, 96]),
    (Gaussian, 0.2, &[24, 36, 48]),
    (Gaussian, 0.3, &[16, 24, 32]),
    (Gaussian, 0.4, &[16, 24]),
];

const CROSSOVER: Loads = &[
    (Spherical, 0.1, &[32, 48, 64, 80, 96, 112]),
    (Spherical, 0.2, &[24, 32, 40, 48, 56]),
    (Spherical, 0.3, &[16, 20, 24, 28, 32, 36, 40]),
    (Spherical, 0.4, &[16, 20, 24, 28]),
    (Gaussian, 0.1, &[64, 80, 96]),
    (Gaussian, 0.2, &[32, 40, 48]),
];

/// Numbers of neurons of a million patterns: loads of about 0.1, 0.2, 0.3 and 0.4.
const CROSSOVER_OF_A_MILLION: [usize; 4] = [138, 69, 46, 35];

const BASIN: [(f64, [usize; 2], &[f64]); 2] =
    [(0.1, [64, 80], &[0.2, 0.3, 0.4, 0.5, 1.0, 3.0]), (0.2, [36, 44], &[0.3, 0.4, 0.5, 1.0, 3.0])];

/// Powers k, and numbers of neurons at which `P = N^k`, rounded.
const NEAREST: [(f64, &[usize]); 4] =
    [(1.0, &[50, 100, 200, 400, 800, 1600]), (1.5, &[50, 100, 200, 400]), (2.0, &[20, 40, 80, 160]), (3.0, &[10, 20, 40, 60])];

impl Simulation {
    /// The protocol of record: all that the reference measures, at its sizes and up to a million patterns, with fixed seeds.
    ///
    /// ```
    /// let record = basinet::capacity::simulation::Simulation::of_record();
    /// assert_eq!(record.points.iter().map(|(point, _)| point.patterns).max(), Some(1_000_000));
    /// ```
    #[must_use]
    pub fn of_record() -> Self {
        Self { points: [one_step(), crossover(), basin(), nearest()].concat() }
    }
}

fn one_step() -> Vec<(Point, usize)> {
    at_loads(Measure::OneStep, ONE_STEP, |patterns| match patterns {
        ..700 => 4000,
        700..2000 => 3000,
        _ => 600,
    })
}

fn crossover() -> Vec<(Point, usize)> {
    let mut points = at_loads(Measure::Crossover, CROSSOVER, |patterns| match patterns {
        ..2000 => 200,
        2000..20_000 => 60,
        _ => 16,
    });
    let of_a_million = |neurons| Point { measure: Measure::Crossover, ensemble: Spherical, neurons, patterns: MILLION };
    points.extend(CROSSOVER_OF_A_MILLION.map(|neurons| (of_a_million(neurons), 4)));
    points
}

fn basin() -> Vec<(Point, usize)> {
    let mut points = Vec::new();
    for (load, neurons, lambdas) in BASIN {
        for neurons in neurons {
            for &lambda in lambdas {
                let patterns = at_load(load, neurons);
                let point = Point { measure: Measure::Basin { lambda }, ensemble: Spherical, neurons, patterns };
                points.push((point, if patterns < 2000 { 100 } else { 40 }));
            }
        }
    }
    points
}

fn nearest() -> Vec<(Point, usize)> {
    let mut points = Vec::new();
    for (power, neurons) in NEAREST {
        for &neurons in neurons {
            let patterns = libm::round(libm::pow(neurons as f64, power)) as usize;
            let samples = match patterns * neurons {
                ..1_000_000 => 400,
                1_000_000..10_000_000 => 100,
                _ => 40,
            };
            points.push((Point { measure: Measure::Nearest, ensemble: Spherical, neurons, patterns }, samples));
        }
    }
    points
}

fn at_loads(measure: Measure, loads: Loads, samples: impl Fn(usize) -> usize) -> Vec<(Point, usize)> {
    let mut points = Vec::new();
    for &(ensemble, load, neurons) in loads {
        for &neurons in neurons {
            let patterns = at_load(load, neurons);
            points.push((Point { measure, ensemble, neurons, patterns }, samples(patterns)));
        }
    }
    points
}

fn at_load(load: f64, neurons: usize) -> usize {
    libm::round(libm::exp(load * neurons as f64)) as usize
}
