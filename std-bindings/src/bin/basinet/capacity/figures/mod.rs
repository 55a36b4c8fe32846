//! `capacity figures`: figures 1 to 5 of Lucibello and Mezard drawn again, theory as lines, what was measured as points, and both as tables.

mod basins;
mod crossovers;
mod nearest;
mod phases;
mod rates;
mod tables;

use crate::failure::Failure;
use crate::report::chart::{As, Point, Series};
use crate::report::picture::Figure;
use crate::report::table::Page;
use crate::report::{self, Report, refused};
use crate::say;
use basinet::capacity::Error;
use basinet::capacity::simulation::{Measure, Row};
use std::path::{Path, PathBuf};

/// Draw the theory, and what was measured beside it.
///
/// Writes into DIR, as SVG and PNG: capacity-thresholds (figure 1, above),
/// capacity-crossovers (1, below), capacity-basins (2), capacity-phases (3),
/// capacity-rates (4) and capacity-nearest (5). Points are those that
/// `basinet capacity simulate --out DIR` leaves in DIR/points.csv; without them
/// there are lines alone.
#[derive(clap::Args)]
#[command(verbatim_doc_comment, after_help = crate::EXIT_CODES)]
pub struct Arguments {
    /// Folder for the figures; made if need be
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// What was measured
    #[arg(long, value_name = "FILE.csv")]
    points: Option<PathBuf>,
    /// Write the tables into this page, between their marks
    #[arg(long, value_name = "FILE.md", requires = "points")]
    page: Option<PathBuf>,
}

/// What was measured, and what the theory says of it.
pub struct Seen {
    row: Row,
    prediction: Option<f64>,
}

pub fn run(arguments: &Arguments) -> Result<(), Failure> {
    report::folder(&arguments.out)?;
    let page = arguments.page.as_deref().map(|path| Page::find(path, tables::NAMES)).transpose()?;
    let seen = arguments.points.as_deref().map(read).transpose()?.unwrap_or_default();
    let report = report(&seen).map_err(|error| Failure::Refused(error.to_string()))?;
    report.write(&arguments.out)?;
    if let Some(page) = page {
        page.write(&report.tables)?;
    }
    if !report.tables.is_empty() {
        say::line(&report.text())?;
    }
    Ok(())
}

fn read(path: &Path) -> Result<Vec<Seen>, Failure> {
    let mut reader = csv::Reader::from_path(path).map_err(|error| refused(path, error))?;
    let rows = reader.deserialize().map(|row: Result<Row, csv::Error>| {
        let row = row.map_err(|error| refused(path, error))?;
        Ok(Seen { prediction: row.point.prediction().map_err(|error| refused(path, error))?, row })
    });
    match rows.collect::<Result<Vec<_>, Failure>>()? {
        rows if rows.is_empty() => Err(refused(path, "has no points")),
        rows => Ok(rows),
    }
}

fn report(seen: &[Seen]) -> Result<Report, Error> {
    let figures = vec![
        Figure::Chart(phases::thresholds()?),
        Figure::Chart(crossovers::chart(seen)?),
        Figure::Chart(basins::chart(seen)?),
        Figure::Chart(phases::gaussian()?),
        Figure::Chart(rates::chart()?),
        Figure::Chart(nearest::chart(seen)?),
    ];
    let tables = if seen.is_empty() { vec![] } else { tables::all(seen)? };
    Ok(Report { files: vec![], json: serde_json::Value::Null, tables, figures })
}

impl Seen {
    /// As a point of a chart, with a bar of one standard error to either side.
    fn point(&self, x: f64, scale: f64) -> Point {
        let Row { value, error, .. } = self.row;
        let bar = Some((scale * (value - error), scale * (value + error))).filter(|_| error.is_finite());
        Point { x, y: scale * value, bar }
    }
}

/// What was measured of one kind.
fn of(seen: &[Seen], wanted: impl Fn(Measure) -> bool) -> impl Iterator<Item = &Seen> {
    seen.iter().filter(move |seen| wanted(seen.row.point.measure))
}

/// A function drawn at these places; where it has no value the line ends.
fn curve(
    label: impl Into<String>,
    number: usize,
    drawn: As,
    places: impl Iterator<Item = f64>,
    value: impl Fn(f64) -> Result<Option<f64>, Error>,
) -> Result<Series, Error> {
    let points = places.filter_map(|x| Some(value(x).transpose()?.map(|y| Point { x, y, bar: None })));
    Ok(Series { label: label.into(), number, drawn, points: points.collect::<Result<_, _>>()? })
}

/// So many steps from one number to another, ends included.
fn steps(from: f64, to: f64, count: u32) -> impl Iterator<Item = f64> + Clone {
    (0..=count).map(move |k| from + (to - from) * f64::from(k) / f64::from(count))
}

/// The same in equal ratios.
fn ratios(from: f64, to: f64, count: u32) -> impl Iterator<Item = f64> + Clone {
    steps(libm::log(from), libm::log(to), count).map(libm::exp)
}
