//! `metastable`: the sizes as a table of all of them, and of the first as a chart.

use crate::failure::Failure;
use crate::report::Report;
use crate::report::chart::{As, Axis, Chart, Panel, Point, Series};
use crate::report::picture::Figure;
use crate::report::table::Table;
use basinet::experiments::{Metastable, SizeRow};

pub fn report(experiment: &Metastable, rows: &[SizeRow]) -> Result<Report, Failure> {
    let seeds = experiment.pieces();
    let mut report = Report::of("metastable", rows)?;
    let title = format!(
        "Percent of the queries by the number of patterns that share the weights, {seeds} seeds (spread of size 1: over the seeds)"
    );
    let sizes: Vec<String> = (2..=experiment.patterns).map(|size| size.to_string()).collect();
    let heads: Vec<&str> = ["beta", "update", "separation", "map", "size 1"].into_iter().chain(sizes.iter().map(String::as_str)).collect();
    let mut table = Table::new("metastable", title, &heads);
    let of_cell: Vec<&[SizeRow]> = rows.chunks_exact(experiment.patterns).collect();
    for cell in &of_cell {
        let one = &cell[0];
        let what = [one.beta.to_string(), one.update.to_string(), one.separation.clone(), one.map.clone()];
        let first = [format!("{:.1} +- {:.1}", one.percent, one.percent_sd)];
        table.rows.push(what.into_iter().chain(first).chain(cell[1..].iter().map(|row| format!("{:.1}", row.percent))).collect());
    }
    report.tables.push(table);
    report.figures.push(Figure::Chart(chart(experiment, &of_cell)));
    Ok(report)
}

/// Of the first beta and update.
fn chart(experiment: &Metastable, cells: &[&[SizeRow]]) -> Chart {
    let maps = experiment.maps.len();
    let panel = |cells: &[&[SizeRow]]| {
        let series = cells.iter().enumerate().map(|(number, rows)| series(number, rows, experiment.pieces()));
        Panel::new(format!("{} at beta {}", cells[0][0].separation, cells[0][0].beta), series.collect())
    };
    Chart {
        name: "metastable",
        title: "How many patterns share the weights (bars: standard error over the seeds)",
        x: Axis { label: "patterns that share the weights", log: false },
        y: Axis { label: "queries, percent", log: false },
        columns: 3,
        panels: cells.chunks(maps).take(experiment.separations.len()).map(panel).collect(),
    }
}

fn series(number: usize, rows: &[SizeRow], seeds: usize) -> Series {
    let point = |row: &SizeRow| {
        let error = row.percent_sd / (seeds as f64).sqrt();
        Point { x: row.size as f64, y: row.percent, bar: Some((row.percent - error, row.percent + error)) }
    };
    let map = &rows[0].map;
    let label = if map == "none" { "no map".to_owned() } else { format!("map: {map}") };
    Series { label, number, drawn: As::Line, points: rows.iter().map(point).collect() }
}
