//! What the theory says of a point.

use super::{Measure, Point, Row};
use crate::capacity::{Ensemble, Error, Finite, Nearest};
use crate::codes::positive;

/// The part of the condensation's lambda up to which the map of overlaps is right about basins.
const UNCONDENSED: f64 = 0.6;

impl Point {
    /// What the theory of finite sizes says:
    ///
    /// - [`OneStep`](Measure::OneStep): [`Finite::one_step_median`];
    /// - [`Crossover`](Measure::Crossover): [`Finite::typical_lambda`];
    /// - [`Basin`](Measure::Basin): [`Finite::basin_angle`] up to 0.6 of the [condensation](crate::capacity::Ensemble::condensation), the angle to the
    ///   nearest other pattern, [`Nearest::mean_angle`], from there on;
    /// - [`Nearest`](Measure::Nearest): [`Nearest::mean_cosine`].
    ///
    /// None where it says nothing: basins that begin to condense, patterns that are not retrieved at all, condensed basins of Gaussian patterns, where long ones reach farther.
    ///
    /// ```
    /// use basinet::capacity::{Ensemble, simulation::{Measure, Point}};
    /// let point = Point { measure: Measure::Nearest, ensemble: Ensemble::Spherical, neurons: 100, patterns: 100 };
    /// assert!(point.prediction()?.is_some_and(|cosine| (cosine - 0.247_982).abs() < 1e-6));
    /// # Ok::<(), basinet::capacity::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::Dimension`] and [`Error::OutOfRange`] where [`check`](Self::check) finds fault with N, P or lambda.
    pub fn prediction(&self) -> Result<Option<f64>, Error> {
        let (finite, nearest) = (Finite::new(self.ensemble, self.neurons)?, Nearest::new(self.neurons, self.patterns as f64)?);
        let load = finite.load(self.patterns as f64)?;
        match self.measure {
            Measure::OneStep => finite.one_step_median(load),
            Measure::Crossover => finite.typical_lambda(load),
            Measure::Basin { lambda } => {
                positive("lambda", lambda)?;
                let condensation = self.ensemble.condensation(load, 1.0)?;
                if lambda <= UNCONDENSED * condensation {
                    finite.basin_angle(load, lambda)
                } else {
                    Ok((lambda >= condensation && self.ensemble == Ensemble::Spherical).then(|| nearest.mean_angle()))
                }
            }
            Measure::Nearest => Ok(Some(nearest.mean_cosine())),
        }
    }
}

impl Row {
    /// How far it is above its [prediction](Point::prediction), in standard errors.
    ///
    /// # Errors
    /// Those of the prediction.
    pub fn deviation(&self) -> Result<Option<f64>, Error> {
        Ok(self.point.prediction()?.map(|prediction| (self.value - prediction) / self.error))
    }
}
