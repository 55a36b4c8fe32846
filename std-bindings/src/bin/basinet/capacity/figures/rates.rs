//! Figure 4: how rare overlaps are.

use super::{curve, steps};
use crate::report::chart::{As, Axis, Chart, Panel};
use basinet::capacity::{Ensemble, Error};

pub fn chart() -> Result<Chart, Error> {
    let rate = |ensemble: Ensemble| move |overlap| ensemble.rate(overlap, 1.0).map(|rate| Some(rate).filter(|rate| rate.is_finite()));
    let series = vec![
        curve("spherical: infinite at overlap 1", 1, As::Plain, steps(-0.9999, 0.9999, 400), rate(Ensemble::Spherical))?,
        curve("Gaussian", 2, As::Dashed, steps(-1.5, 1.5, 200), rate(Ensemble::Gaussian))?,
    ];
    Ok(Chart {
        name: "capacity-rates",
        title: "How rare an overlap with a state of norm sqrt N is: its probability is exp(-N rate)",
        x: Axis { label: "overlap x.xi/N", log: false },
        y: Axis { label: "rate", log: false },
        columns: 1,
        panels: vec![Panel::new("", series)],
    })
}
