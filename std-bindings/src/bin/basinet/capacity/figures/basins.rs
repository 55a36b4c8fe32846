//! Figure 2: from how far away a pattern comes back.

use super::{Seen, curve, of, ratios};
use crate::report::chart::{As, Axis, Chart, Panel, Series};
use basinet::capacity::simulation::{Measure, Point};
use basinet::capacity::{Ensemble, Error};

/// The loads that are drawn, and the name and look of each.
const LOADS: [(f64, &str, usize); 5] =
    [(0.05, "load 0.05", 0), (0.1, "load 0.1", 1), (0.2, "load 0.2", 2), (0.4, "load 0.4", 3), (1.0, "load 1", 4)];

/// N and P that were measured, and the look of their load.
const SIZES: [(usize, usize, usize); 2] = [(80, 2981, 1), (44, 6634, 2)];

pub fn chart(seen: &[Seen]) -> Result<Chart, Error> {
    let mut series = Vec::new();
    for (load, label, number) in LOADS {
        let (ensemble, angle) = (Ensemble::Spherical, |angle: Option<f64>| angle.map(f64::to_degrees));
        let from = ensemble.typical_lambda(load)?.unwrap_or(f64::NAN);
        let drawn = if number % 2 == 0 { As::Plain } else { As::Dashed };
        series.push(curve(label, number, drawn, ratios(from, 20.0, 300), |lambda| ensemble.basin_angle(load, lambda, 1.0).map(angle))?);
    }
    for (neurons, patterns, number) in SIZES {
        let condensation = Ensemble::Spherical.condensation(libm::log(patterns as f64) / neurons as f64, 1.0)?;
        // Where the map says something, and where the nearest other pattern does; between the two there is no line.
        for (from, to) in [(condensation / 6.0, condensation * 0.999), (condensation * 1.001, 20.0)] {
            series.push(curve("at N = 80 and N = 44", number, As::Thin, ratios(from, to, 60), |lambda| {
                let point = Point { measure: Measure::Basin { lambda }, ensemble: Ensemble::Spherical, neurons, patterns };
                Ok(point.prediction()?.map(f64::to_degrees))
            })?);
        }
    }
    for (load, label, number) in LOADS {
        let points: Vec<_> = of(seen, |measure| matches!(measure, Measure::Basin { .. }))
            .filter(|seen| (seen.row.point.load() - load).abs() < 1e-3 && seen.row.value > 0.0)
            .filter_map(|seen| Some(seen.point(seen.row.point.measure.lambda()?, 1f64.to_degrees())))
            .collect();
        if !points.is_empty() {
            series.push(Series { label: format!("{label}, measured"), number, drawn: As::Points, points });
        }
    }
    Ok(Chart {
        name: "capacity-basins",
        title: "Spherical patterns: the angle from which one comes back",
        x: Axis { label: "inverse temperature lambda", log: true },
        y: Axis { label: "angle in degrees", log: false },
        columns: 1,
        panels: vec![Panel::new("thick lines: N -> infinity; thin lines: N = 80, 44; points: N = 36 to 80", series)],
    })
}
