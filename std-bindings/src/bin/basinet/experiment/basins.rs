//! `basins`: which states of a plane go to which point, as shares and as portraits.

use crate::failure::Failure;
use crate::report::Report;
use crate::report::picture::Figure;
use crate::report::portrait::{Portraits, raw_name};
use crate::report::table::Table;
use basinet::experiments::Portrait;

pub fn report(portraits: Vec<Portrait>) -> Result<Report, Failure> {
    let mut table = Table::new(
        "basins",
        "Percent of the square that goes to each point",
        &["compared by", "steps of training", "smallest separation", "1", "2", "3", "4", "5", "to none"],
    );
    for portrait in &portraits {
        let shares = portrait.percent.iter().chain([&portrait.percent_none]).map(|share| format!("{share:.1}"));
        let what = vec![raw_name(portrait.raw).to_owned(), steps_name(portrait.steps), format!("{:.4}", portrait.separation)];
        table.rows.push(what.into_iter().chain(shares).collect());
    }
    let lines: Vec<Line> = portraits.iter().flat_map(lines).collect();
    let columns = portraits.chunk_by(|a, b| a.raw == b.raw).map(<[_]>::len).next().unwrap_or(1);
    let mut report = Report::of("basins", &lines)?;
    report.json = serde_json::to_value(&portraits)?;
    report.tables.push(table);
    report.figures.push(Figure::Portraits(Portraits { name: "basins", portraits, columns }));
    Ok(report)
}

/// A row of the CSV.
#[derive(serde::Serialize)]
struct Line {
    compared_by: &'static str,
    steps: usize,
    separation: f64,
    /// 0: none.
    point: usize,
    x: Option<f32>,
    y: Option<f32>,
    percent: f64,
}

fn lines(portrait: &Portrait) -> Vec<Line> {
    let shares = [&portrait.percent_none].into_iter().chain(&portrait.percent);
    let line = |(point, percent): (usize, &f64)| {
        let place = |axis: usize| portrait.points.get((2 * point + axis).wrapping_sub(2)).copied();
        let (compared_by, separation) = (raw_name(portrait.raw), portrait.separation);
        Line { compared_by, steps: portrait.steps, separation, point, x: place(0), y: place(1), percent: *percent }
    };
    shares.enumerate().map(line).collect()
}

fn steps_name(steps: usize) -> String {
    if steps == 0 { "no map".to_owned() } else { steps.to_string() }
}
