//! The figure of how recall grows: time and bytes against the number of patterns and against the query's cosine.
//!
//! `--draw ROWS.csv FIGURE.svg`, the rows those of `benches/peers/run --certified --growth`.

use crate::chart::{As, Axis, Chart, Panel, Point, Series};
use crate::drawing::{Drawn, blank, said};
use plotters::prelude::*;

/// Pixels of a chart, which has two panels; there are two beside each other, and two below.
const CHART: (u32, u32) = (720, 330);
/// The sides in the order of the rows, and what they are called. A peer reads what the f32 pass does.
const SIDES: [(&str, &str); 5] = [
    ("plain", "f32 pass"),
    ("certified", "certified"),
    ("progressive", "progressive"),
    ("numpy", "NumPy"),
    ("faiss", "faiss, search alone"),
];
/// The panels: rows of the CSV file by their column `data`, and the title.
const SETS: [(&str, &str); 2] = [("random", "random, 64 numbers"), ("MNIST", "MNIST, 784 pixels")];

/// What the figure has of a row.
struct Row {
    set: String,
    side: String,
    patterns: f64,
    cosine: f64,
    micros: [f64; 3],
    megabytes: Option<f64>,
}

fn rows(path: &str) -> Drawn<Vec<Row>> {
    let mut reader = csv::Reader::from_path(path).map_err(said)?;
    let heads = reader.headers().map_err(said)?.clone();
    let mut rows = Vec::new();
    for record in reader.records() {
        let record = record.map_err(said)?;
        let text = |name: &str| heads.iter().position(|head| head == name).and_then(|at| record.get(at)).ok_or(format!("no column {name}"));
        let number = |name: &str| text(name)?.parse::<f64>().map_err(said);
        let micros = [number("seconds_median")?, number("seconds_min")?, number("seconds_max")?].map(|seconds| 1e6 * seconds);
        rows.push(Row {
            set: text("data")?.into(),
            side: text("side")?.into(),
            patterns: number("patterns")?,
            cosine: number("cosine")?,
            micros,
            megabytes: if text("bytes")?.is_empty() { None } else { Some(1e-6 * number("bytes")?) },
        });
    }
    Ok(rows)
}

/// A chart of a panel for each set: `point` makes a point of a row, or none where the row has no place in it.
fn chart(rows: &[Row], title: &'static str, x: Axis, y: Axis, point: impl Fn(&Row) -> Option<Point>) -> Chart {
    let series = |set: &str| {
        let of_side = |(number, (side, label)): (usize, &(&str, &str))| {
            let points: Vec<Point> = rows.iter().filter(|row| row.set == set && row.side == *side).filter_map(&point).collect();
            (!points.is_empty()).then(|| Series { label: (*label).into(), number, drawn: As::Line, points })
        };
        SIDES.iter().enumerate().filter_map(of_side).collect()
    };
    Chart { name: "growth", title, x, y, columns: 2, panels: SETS.map(|(set, title)| Panel::new(title, series(set))).into() }
}

pub fn draw(arguments: &[String]) -> Result<(), Box<dyn std::error::Error>> {
    let [from, to] = arguments else { return Err("usage: basinet-peers --draw ROWS.csv FIGURE.svg".into()) };
    let rows = rows(from)?;
    // Numbers of patterns are swept at one cosine, cosines in the whole memory.
    let first = rows.first().map_or(0.0, |row| row.cosine);
    let most = |set: &str| rows.iter().filter(|row| row.set == set).fold(0.0, |most: f64, row| most.max(row.patterns));
    let by_count = |row: &Row, y, bar| (row.cosine == first).then_some(Point { x: row.patterns, y, bar });
    let by_cosine = |row: &Row, y, bar| (row.patterns == most(&row.set)).then_some(Point { x: row.cosine, y, bar });
    let time = |row: &Row| (row.micros[0], Some((row.micros[1], row.micros[2])));
    let axis = |label, log| Axis { label, log };
    let (count, cosine) = (|| axis("patterns", true), || axis("cosine of the query to a pattern", false));
    let (micros, bytes) = (|| axis("microseconds", true), || axis("megabytes read", true));
    let charts = [
        chart(&rows, "Time of a query at one cosine", count(), micros(), |row| by_count(row, time(row).0, time(row).1)),
        chart(&rows, "Time of a query in the whole memory", cosine(), micros(), |row| by_cosine(row, time(row).0, time(row).1)),
        chart(&rows, "Bytes of a query at one cosine", count(), bytes(), |row| by_count(row, row.megabytes?, None)),
        chart(&rows, "Bytes of a query in the whole memory", cosine(), bytes(), |row| by_cosine(row, row.megabytes?, None)),
    ];
    let mut text = String::new();
    {
        let area = SVGBackend::with_string(&mut text, (2 * CHART.0, 2 * CHART.1)).into_drawing_area();
        blank(&area)?;
        for (area, chart) in area.split_evenly((2, 2)).iter().zip(&charts) {
            chart.draw(area)?;
        }
        area.present()?;
    }
    Ok(std::fs::write(to, text)?)
}
