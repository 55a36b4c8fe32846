//! Means with their spread, quantiles, and straight lines through points.

use serde::Serialize;

/// A mean and the standard deviation of what it is of.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Estimate {
    /// The mean.
    pub mean: f64,
    /// The sample's standard deviation, by n - 1; 0 of a single number.
    pub sd: f64,
}

impl Estimate {
    /// Of numbers. O(n).
    ///
    /// ```
    /// let estimate = basinet::experiments::Estimate::of(&[1.0, 3.0]);
    /// assert_eq!((estimate.mean, estimate.sd), (2.0, 2.0_f64.sqrt()));
    /// ```
    #[must_use]
    pub fn of(numbers: &[f64]) -> Self {
        let count = numbers.len() as f64;
        let mean = numbers.iter().sum::<f64>() / count;
        let squares: f64 = numbers.iter().map(|x| (x - mean) * (x - mean)).sum();
        Self { mean, sd: if numbers.len() > 1 { (squares / (count - 1.0)).sqrt() } else { 0.0 } }
    }
}

/// The straight line of least squares through points, `y = offset + slope x`.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Line {
    /// y at x = 0.
    pub offset: f64,
    /// By how much y grows with x.
    pub slope: f64,
    /// The standard error of the slope, from what is left of the points; 0 of two points.
    pub slope_error: f64,
    /// What is left of the points: the root of the mean square distance in y, by n - 2.
    pub residual: f64,
}

impl Line {
    /// Through at least two points of different x; none of fewer. O(n).
    ///
    /// ```
    /// use basinet::experiments::Line;
    /// let line = Line::through(&[(0.0, 1.0), (1.0, 3.0), (2.0, 5.0)]);
    /// assert_eq!(line, Some(Line { offset: 1.0, slope: 2.0, slope_error: 0.0, residual: 0.0 }));
    /// ```
    #[must_use]
    pub fn through(points: &[(f64, f64)]) -> Option<Self> {
        let count = points.len() as f64;
        let mean = |of: fn(&(f64, f64)) -> f64| points.iter().map(of).sum::<f64>() / count;
        let (x, y) = (mean(|p| p.0), mean(|p| p.1));
        let squares: f64 = points.iter().map(|p| (p.0 - x) * (p.0 - x)).sum();
        let slope = points.iter().map(|p| (p.0 - x) * (p.1 - y)).sum::<f64>() / squares;
        let offset = y - slope * x;
        let left: f64 = points.iter().map(|p| p.1 - offset - slope * p.0).map(|r| r * r).sum();
        let residual = if points.len() > 2 { (left / (count - 2.0)).sqrt() } else { 0.0 };
        slope.is_finite().then(|| Self { offset, slope, slope_error: residual / squares.sqrt(), residual })
    }
}

/// The numbers below which these parts of all numbers are, by linear interpolation between order statistics; of none, NaN.
pub fn quantiles<const PARTS: usize>(mut numbers: Vec<f64>, parts: [f64; PARTS]) -> [f64; PARTS] {
    numbers.sort_by(f64::total_cmp);
    parts.map(|part| {
        let place = part * numbers.len().saturating_sub(1) as f64;
        let (low, rest) = (place as usize, place.fract());
        let at = |i: usize| numbers.get(i).copied();
        let from = at(low).unwrap_or(f64::NAN);
        let to = at(low + 1).unwrap_or(from);
        // Between two infinities nothing is to be interpolated.
        if rest == 0.0 || from == to { from } else { from + rest * (to - from) }
    })
}

/// The parts of [`quantiles`] that are quartiles.
pub const QUARTILES: [f64; 3] = [0.25, 0.5, 0.75];
