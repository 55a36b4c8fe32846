//! Figure 1, below: from which lambda on a pattern is retrieved, by the size of the network, and where that goes.

use super::{Seen, curve, of, steps};
use crate::report::chart::{As, Axis, Chart, Panel, Point, Series};
use basinet::capacity::simulation::Measure;
use basinet::capacity::{Ensemble, Error, Finite};

/// The loads that are drawn, and the name and look of each.
const LOADS: [(f64, &str, usize); 4] = [(0.1, "load 0.1", 1), (0.2, "load 0.2", 2), (0.3, "load 0.3", 3), (0.4, "load 0.4", 4)];

/// The smallest network that is drawn, and the fewest patterns: below, a map of what is typical says nothing.
const SMALLEST: f64 = 16.0;
const FEWEST: f64 = 20.0;

/// The lambda at a load.
type Map = fn(&Finite, f64) -> Result<Option<f64>, Error>;

pub fn chart(seen: &[Seen]) -> Result<Chart, Error> {
    let panel = |title: &str, measure: Measure, map: Map| -> Result<Panel, Error> {
        let mut series = Vec::new();
        for (load, label, number) in LOADS {
            // From sizes far beyond any computer's on, so that it is seen where the lines go.
            let few = load / libm::log(FEWEST);
            let most = if few < 1.0 / SMALLEST { few } else { 1.0 / SMALLEST };
            let line = curve("map of finite sizes", number, As::Plain, steps(0.0005, most, 40), |x| {
                map(&Finite::new(Ensemble::Spherical, libm::round(1.0 / x) as usize)?, load)
            })?;
            let limit = Ensemble::Spherical.typical_lambda(load)?.unwrap_or(f64::NAN);
            let ends = [0.0, 1.0 / SMALLEST].map(|x| Point { x, y: limit, bar: None });
            let measured = of(seen, |which| which == measure)
                .filter(|seen| seen.row.point.ensemble == Ensemble::Spherical && (seen.row.point.load() - load).abs() < 0.05)
                .filter(|seen| seen.row.point.neurons as f64 >= SMALLEST)
                .map(|seen| seen.point(1.0 / seen.row.point.neurons as f64, 1.0));
            series.extend([
                line,
                Series { label: "limit, N -> infinity".to_owned(), number, drawn: As::Dotted, points: ends.to_vec() },
                Series { label: label.to_owned(), number, drawn: As::Points, points: measured.collect() },
            ]);
        }
        Ok(Panel::new(title, series))
    };
    let panels = vec![
        panel("all updates: the pattern stays", Measure::Crossover, Finite::typical_lambda)?,
        panel("one step: half of the weight", Measure::OneStep, Finite::one_step_lambda)?,
    ];
    Ok(Chart {
        name: "capacity-crossovers",
        title: "Spherical patterns: the lambda from which on one is retrieved",
        x: Axis { label: "1/N", log: false },
        y: Axis { label: "lambda", log: false },
        columns: 2,
        panels,
    })
}
