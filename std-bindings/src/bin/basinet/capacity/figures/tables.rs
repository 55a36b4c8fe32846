//! What was measured beside what the theory says, as tables.

use super::{Seen, of};
use crate::report::table::Table;
use basinet::capacity::simulation::{Measure, Point, Row};
use basinet::capacity::{Ensemble, Error, Finite, Nearest};

/// The tables of a page.
pub const NAMES: &[&str] = &["verdicts", "one-step", "crossover", "basin", "nearest"];

pub fn all(seen: &[Seen]) -> Result<Vec<Table>, Error> {
    let one = |measure| move |other| other == measure;
    let limit = |point: Point| point.ensemble.typical_lambda(point.load());
    let mean_field = |point: Point| Finite::new(point.ensemble, point.neurons)?.one_step_lambda(point.load());
    let prediction = |point: Point| Ok(Some(Nearest::new(point.neurons, point.patterns as f64)?.small_load_limit()));
    Ok(vec![
        verdicts(seen),
        table(
            "one-step",
            "Half of the weight after one step: the median lambda",
            ("mean field", &mean_field),
            of(seen, one(Measure::OneStep)),
        )?,
        table("crossover", "The pattern stays: the mean lambda", ("limit", &limit), of(seen, one(Measure::Crossover)))?,
        table(
            "basin",
            "The pattern comes back: the mean of the largest angle, in radians",
            ("lambda", &|point| Ok(point.measure.lambda())),
            of(seen, is_basin),
        )?,
        table("nearest", "The nearest other pattern: the mean cosine", ("limit", &prediction), of(seen, one(Measure::Nearest)))?,
    ])
}

fn is_basin(measure: Measure) -> bool {
    matches!(measure, Measure::Basin { .. })
}

fn name(ensemble: Ensemble) -> &'static str {
    match ensemble {
        Ensemble::Spherical => "spherical",
        Ensemble::Gaussian => "Gaussian",
    }
}

impl Seen {
    /// How far the measured is above the predicted, in standard errors and in percent.
    fn off(&self) -> Option<(f64, f64)> {
        let prediction = self.prediction?;
        let above = self.row.value - prediction;
        Some((above / self.row.error, 100.0 * above / prediction))
    }
}

/// A number of a point that only one table has, and its head.
type Further<'f> = (&'static str, &'f dyn Fn(Point) -> Result<Option<f64>, Error>);

fn table<'s>(name: &'static str, title: &str, (head, further): Further<'_>, seen: impl Iterator<Item = &'s Seen>) -> Result<Table, Error> {
    let heads = ["patterns", "N", "P", "load", head, "samples", "measured", "+-", "predicted", "off by +-", "off by %", "us a recall"];
    let mut table = Table::new(name, title, &heads);
    for seen in seen {
        table.rows.push(cells(seen, further(seen.row.point)?));
    }
    Ok(table)
}

fn cells(seen: &Seen, further: Option<f64>) -> Vec<String> {
    let Row { point, samples, value, error, seconds_per_recall, .. } = seen.row;
    let number = |number: Option<f64>, places| number.map_or_else(|| "-".to_owned(), |number| format!("{number:.places$}"));
    vec![
        name(point.ensemble).to_owned(),
        point.neurons.to_string(),
        point.patterns.to_string(),
        format!("{:.3}", point.load()),
        number(further, if is_basin(point.measure) { 1 } else { 5 }),
        samples.to_string(),
        format!("{value:.5}"),
        format!("{error:.5}"),
        number(seen.prediction, 5),
        number(seen.off().map(|(errors, _)| errors), 2),
        number(seen.off().map(|(_, percent)| percent), 3),
        format!("{:.1}", 1e6 * seconds_per_recall),
    ]
}

/// Which points are of a kind.
type Wanted<'w> = &'w dyn Fn(&Seen) -> bool;

/// All points of a kind together.
fn verdicts(seen: &[Seen]) -> Table {
    let heads = ["measured", "patterns", "points", "chi^2/point", "farthest, +-", "farthest, %"];
    let mut table = Table::new("verdicts", "All points that the theory predicts together", &heads);
    let spherical = |seen: &Seen| seen.row.point.ensemble == Ensemble::Spherical;
    let saturated = |seen: &Seen| seen.row.point.measure.lambda().is_some_and(|lambda| lambda >= 1.0);
    let patterns = |seen: &Seen| seen.row.point.patterns;
    let kinds: [(&str, &str, Wanted<'_>); 10] = [
        ("one step", "spherical", &|seen| seen.row.point.measure == Measure::OneStep && spherical(seen)),
        ("one step", "Gaussian", &|seen| seen.row.point.measure == Measure::OneStep && !spherical(seen)),
        ("stays, P from 30,000 on", "spherical", &|seen| of_crossovers(seen) && spherical(seen) && patterns(seen) >= 30_000),
        ("stays, P 1,000 to 30,000", "spherical", &|seen| {
            of_crossovers(seen) && spherical(seen) && (1_000..30_000).contains(&patterns(seen))
        }),
        ("stays, P below 1,000", "spherical", &|seen| of_crossovers(seen) && spherical(seen) && patterns(seen) < 1_000),
        ("stays, P 1,000 to 30,000", "Gaussian", &|seen| of_crossovers(seen) && !spherical(seen) && patterns(seen) >= 1_000),
        ("stays, P below 1,000", "Gaussian", &|seen| of_crossovers(seen) && !spherical(seen) && patterns(seen) < 1_000),
        ("basin, before condensation", "spherical", &|seen| is_basin(seen.row.point.measure) && !saturated(seen)),
        ("basin, condensed", "spherical", &|seen| is_basin(seen.row.point.measure) && saturated(seen)),
        ("nearest", "spherical", &|seen| seen.row.point.measure == Measure::Nearest),
    ];
    for (what, ensemble, wanted) in kinds {
        let off: Vec<(f64, f64)> = seen.iter().filter(|seen| wanted(seen)).filter_map(Seen::off).collect();
        if off.is_empty() {
            continue;
        }
        let most = |of: fn(&(f64, f64)) -> f64| {
            off.iter().map(|off| of(off).abs()).fold(0.0, |most: f64, off| if off > most { off } else { most })
        };
        let chi: f64 = off.iter().map(|(errors, _)| errors * errors).sum();
        table.rows.push(vec![
            what.to_owned(),
            ensemble.to_owned(),
            off.len().to_string(),
            format!("{:.2}", chi / off.len() as f64),
            format!("{:.2}", most(|off| off.0)),
            format!("{:.3}", most(|off| off.1)),
        ]);
    }
    table
}

fn of_crossovers(seen: &Seen) -> bool {
    seen.row.point.measure == Measure::Crossover
}
