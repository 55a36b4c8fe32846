//! Figure 1, above: thresholds of spherical patterns. Figure 3: phases of Gaussian ones.

use super::{curve, steps};
use crate::report::chart::{As, Axis, Chart, Panel, Region, Series};
use basinet::capacity::{self, Ensemble, Error};
use plotters::style::RGBColor;

/// Light enough to read on, and three different greys.
const RETRIEVAL: RGBColor = RGBColor(198, 219, 239);
const MANY: RGBColor = RGBColor(253, 230, 200);
const CONDENSED: RGBColor = RGBColor(228, 196, 178);

/// Steps along lambda.
const STEPS: u32 = 250;

/// The area between two functions.
fn between(
    label: &'static str,
    place: (f64, f64),
    shade: RGBColor,
    (from, to): (f64, f64),
    low: impl Fn(f64) -> Result<f64, Error>,
    high: impl Fn(f64) -> Result<f64, Error>,
) -> Result<Region, Error> {
    let there = steps(from, to, STEPS).map(|x| Ok((x, low(x)?)));
    let back = steps(to, from, STEPS).map(|x| Ok((x, high(x)?)));
    Ok(Region { label, place, shade, outline: there.chain(back).collect::<Result<_, Error>>()? })
}

pub fn thresholds() -> Result<Chart, Error> {
    let (ensemble, most, top) = (Ensemble::Spherical, 5.0, 1.4);
    let regions = vec![
        between(
            "a typical pattern, and all of them, are retrieved",
            (1.9, 0.3),
            RETRIEVAL,
            (0.0, most),
            |_| Ok(0.0),
            |x| ensemble.typical_load(x),
        )?,
        between(
            "not retrieved: exponentially many share the weight",
            (0.25, 1.22),
            MANY,
            (0.0, most),
            |x| ensemble.typical_load(x),
            |_| Ok(top),
        )?,
    ];
    let series = vec![
        curve("typical pattern and all patterns", 1, As::Plain, steps(0.0, most, STEPS), |x| ensemble.typical_load(x).map(Some))?,
        curve("the others alone condense", 2, As::Dashed, steps(0.0, most, STEPS), |x| ensemble.condensed_load(x, 1.0).map(Some))?,
        curve("proved by Ramsauer et al.", 0, As::Dotted, steps(0.0, most, STEPS), |x| capacity::dense_bound_load(x).map(Some))?,
    ];
    Ok(chart("capacity-thresholds", "Spherical patterns: how many are retrieved for N -> infinity", series, regions))
}

pub fn gaussian() -> Result<Chart, Error> {
    let (ensemble, most, top) = (Ensemble::Gaussian, 2.0, 1.2);
    let condensed = |x: f64| ensemble.condensed_load(x, 1.0).map(|load| if load < top { load } else { top });
    let typical = |x| ensemble.typical_load(x);
    let regions = vec![
        between("retrieval", (1.3, 0.3), RETRIEVAL, (0.0, most), |_| Ok(0.0), typical)?,
        between("no retrieval:", (0.12, 0.95), MANY, (0.0, most), |x| Ok(if x < 1.0 { typical(x)? } else { condensed(x)? }), |_| Ok(top))?,
        between("condensed: the nearest others", (1.33, 0.6), CONDENSED, (1.0, most), typical, condensed)?,
        // A second line of a name.
        Region { label: "exponentially many share the weight", place: (0.12, 0.88), shade: MANY, outline: vec![] },
    ];
    let series = vec![
        curve("typical pattern", 1, As::Plain, steps(0.0, most, STEPS), |x| typical(x).map(Some))?,
        curve("all patterns, at least", 3, As::Thin, steps(0.0, most, STEPS), |x| ensemble.all_load(x).map(Some))?,
        curve("the others alone condense", 2, As::Dashed, steps(0.0, 1.55, STEPS), |x| ensemble.condensed_load(x, 1.0).map(Some))?,
    ];
    Ok(chart("capacity-phases", "Gaussian patterns: phases for N -> infinity", series, regions))
}

fn chart(name: &'static str, title: &'static str, series: Vec<Series>, regions: Vec<Region>) -> Chart {
    let axis = |label| Axis { label, log: false };
    let panel = Panel { regions, ..Panel::new("", series) };
    Chart { name, title, x: axis("inverse temperature lambda"), y: axis("load ln(P)/N"), columns: 1, panels: vec![panel] }
}
