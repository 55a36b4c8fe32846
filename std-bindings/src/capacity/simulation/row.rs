//! What comes out: samples, and what they come to, each a line of CSV.

use super::point::Name;
use super::{Measure, Point};
use crate::capacity::Ensemble;
use crate::experiments::{Estimate, quantiles};
use serde::{Deserialize, Serialize};

/// The standard error of a median is `sqrt(pi / 2)` times that of a mean, of Gaussian samples.
const OF_A_MEDIAN: f64 = 1.2533;

/// One number that was measured.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "SampleLine", into = "SampleLine")]
pub struct Sample {
    /// What it is of.
    pub point: Point,
    /// Its seed, from 1 on.
    pub number: u32,
    /// The number: a lambda, an angle in radians, a cosine.
    pub value: f64,
    /// The width of the bracket of which it is the middle; 0 where there is none.
    pub width: f64,
    /// What the recalls took, in seconds, without drawing patterns.
    pub seconds: f64,
    /// Recalls of a single state.
    pub recalls: u64,
}

/// What the samples of a point come to.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "RowLine", into = "RowLine")]
pub struct Row {
    /// What they are of.
    pub point: Point,
    /// How many.
    pub samples: usize,
    /// The median of a one-step crossover; the mean of the finite ones of everything else. Samples without a basin are angles of 0 in it.
    pub value: f64,
    /// The standard error: of a median `1.2533 (q84 - q16) / (2 sqrt n)`; of a mean the square root of `sd^2 / n + width^2 / 12`, n the finite
    /// samples, width the mean of the brackets'. NaN of fewer than two.
    pub error: f64,
    /// The share of samples that are infinite.
    pub infinite: f64,
    /// What a recall of a single state takes, in seconds; recalls were made in batches of up to 16.
    pub seconds_per_recall: f64,
}

impl Row {
    /// Of the samples of this point.
    pub(super) fn of<'s>(point: Point, samples: impl Iterator<Item = &'s Sample>) -> Self {
        let samples: Vec<&Sample> = samples.collect();
        let all: Vec<f64> = samples.iter().map(|sample| sample.value).collect();
        let finite: Vec<f64> = all.iter().copied().filter(|value| value.is_finite()).collect();
        let (count, infinite) = (all.len(), (all.len() - finite.len()) as f64 / all.len() as f64);
        let (value, error, of) = if point.measure == Measure::OneStep {
            let [low, median, high] = quantiles(all, [0.16, 0.5, 0.84]);
            (median, OF_A_MEDIAN * (high - low) / (2.0 * (count as f64).sqrt()), count)
        } else {
            let Estimate { mean, sd } = Estimate::of(&finite);
            let width = samples.iter().map(|sample| sample.width).sum::<f64>() / count as f64;
            (mean, (sd * sd / finite.len() as f64 + width * width / 12.0).sqrt(), finite.len())
        };
        let error = if of < 2 { f64::NAN } else { error };
        let seconds: f64 = samples.iter().map(|sample| sample.seconds).sum();
        let recalls: f64 = samples.iter().map(|sample| sample.recalls as f64).sum();
        Self { point, samples: count, value, error, infinite, seconds_per_recall: seconds / recalls }
    }
}

/// A point that there can be.
fn checked(point: Point) -> Result<Point, &'static str> {
    point.check().map(|()| point).map_err(|_| "a point that cannot be measured")
}

/// A sample as a line of CSV.
#[derive(Serialize, Deserialize)]
struct SampleLine {
    measure: Name,
    ensemble: Ensemble,
    neurons: usize,
    patterns: usize,
    lambda: Option<f64>,
    number: u32,
    value: f64,
    width: f64,
    seconds: f64,
    recalls: u64,
}

impl From<Sample> for SampleLine {
    fn from(sample: Sample) -> Self {
        let Sample { point: Point { measure, ensemble, neurons, patterns }, number, value, width, seconds, recalls } = sample;
        let (measure, lambda) = (measure.name(), measure.lambda());
        Self { measure, ensemble, neurons, patterns, lambda, number, value, width, seconds, recalls }
    }
}

impl TryFrom<SampleLine> for Sample {
    type Error = &'static str;

    fn try_from(line: SampleLine) -> Result<Self, Self::Error> {
        let SampleLine { measure, ensemble, neurons, patterns, lambda, number, value, width, seconds, recalls } = line;
        let point = checked(Point { measure: Measure::named(measure, lambda)?, ensemble, neurons, patterns })?;
        let is_length = |number: f64| number.is_finite() && number >= 0.0;
        if number == 0 || !is_length(width) || !is_length(seconds) || !point.measure.can_be(value) {
            return Err("a number that no sample has");
        }
        Ok(Self { point, number, value, width, seconds, recalls })
    }
}

/// A row as a line of CSV.
#[derive(Serialize, Deserialize)]
struct RowLine {
    measure: Name,
    ensemble: Ensemble,
    neurons: usize,
    patterns: usize,
    lambda: Option<f64>,
    samples: usize,
    value: f64,
    error: f64,
    infinite: f64,
    seconds_per_recall: f64,
}

impl From<Row> for RowLine {
    fn from(row: Row) -> Self {
        let Row { point: Point { measure, ensemble, neurons, patterns }, samples, value, error, infinite, seconds_per_recall } = row;
        let (measure, lambda) = (measure.name(), measure.lambda());
        Self { measure, ensemble, neurons, patterns, lambda, samples, value, error, infinite, seconds_per_recall }
    }
}

impl TryFrom<RowLine> for Row {
    type Error = &'static str;

    fn try_from(line: RowLine) -> Result<Self, Self::Error> {
        let RowLine { measure, ensemble, neurons, patterns, lambda, samples, value, error, infinite, seconds_per_recall } = line;
        let point = checked(Point { measure: Measure::named(measure, lambda)?, ensemble, neurons, patterns })?;
        // Of too few samples there is no error; of none that are finite no value.
        if samples == 0 || error < 0.0 || !(0.0..=1.0).contains(&infinite) || !value.is_nan() && !point.measure.can_be(value) {
            return Err("a number that no row has");
        }
        Ok(Self { point, samples, value, error, infinite, seconds_per_recall })
    }
}
