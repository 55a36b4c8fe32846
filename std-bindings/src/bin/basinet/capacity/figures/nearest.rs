//! Figure 5: how near the nearest pattern is where their number is a power of N.

use super::{Seen, curve, of, steps};
use crate::report::chart::{As, Axis, Chart, Panel, Point, Series};
use basinet::capacity::simulation::Measure;
use basinet::capacity::{Error, Nearest};

/// The powers that are drawn, the sizes from and to which, and the name and look of each.
const POWERS: [(f64, f64, f64, &str, usize); 4] = [
    (1.0, 40.0, 2000.0, "P = N", 1),
    (1.5, 40.0, 500.0, "P = N^1.5", 2),
    (2.0, 19.0, 200.0, "P = N^2", 3),
    (3.0, 19.0, 70.0, "P = N^3", 4),
];

pub fn chart(seen: &[Seen]) -> Result<Chart, Error> {
    let diagonal = curve("prediction for N -> infinity", 0, As::Dotted, steps(0.05, 1.0, 2), |x| Ok(Some(x)))?;
    let mut series = vec![diagonal];
    for (power, from, to, label, number) in POWERS {
        let exact = super::ratios(from, to, 24).map(|neurons| {
            let nearest = Nearest::new(libm::round(neurons) as usize, libm::pow(libm::round(neurons), power))?;
            Ok(Point { x: nearest.small_load_limit(), y: nearest.mean_cosine(), bar: None })
        });
        let line = Series { label: "exact".to_owned(), number, drawn: As::Plain, points: exact.collect::<Result<_, Error>>()? };
        let mut points = Vec::new();
        for seen in of(seen, |measure| measure == Measure::Nearest) {
            let (neurons, patterns) = (seen.row.point.neurons, seen.row.point.patterns as f64);
            let nearest = Nearest::new(neurons, patterns)?;
            if (libm::log(patterns) / libm::log(neurons as f64) - power).abs() < 0.01 && nearest.small_load_limit() < 1.0 {
                points.push(seen.point(nearest.small_load_limit(), 1.0));
            }
        }
        series.extend([line, Series { label: label.to_owned(), number, drawn: As::Points, points }]);
    }
    Ok(Chart {
        name: "capacity-nearest",
        title: "The cosine to the nearest of P random patterns",
        x: Axis { label: "prediction sqrt(2 ln(P)/N)", log: false },
        y: Axis { label: "mean cosine", log: false },
        columns: 1,
        panels: vec![Panel::new("", series)],
    })
}
