//! `codes`, `rate`, `dimension`: how far apart points can be placed, how fast, and with how many features.

use crate::failure::Failure;
use crate::report::chart::{As, Axis, Chart, Panel, Point, Series};
use crate::report::picture::Figure;
use crate::report::table::Table;
use crate::report::{Report, csv};
use basinet::experiments::{CodeRow, DimensionRow, Growth, RateRow};

/// A point without a bar.
fn plain(x: f64, y: f64) -> Point {
    Point { x, y, bar: None }
}

/// To thousandths, without the sign of a zero.
fn rounded(x: f64) -> f64 {
    (1000.0 * x).round() / 1000.0 + 0.0
}

pub fn codes(rows: &[CodeRow]) -> Result<Report, Failure> {
    let mut report = Report::of("codes", rows)?;
    let mut table = Table::new(
        "codes",
        "The smallest angle of trained codes, beside the best known",
        &["D", "M", "reached, degrees", "best known", "missed by", "separation", "proven bound", "upper bound", "lower bound", "seconds"],
    );
    for row in rows {
        let [separation, upper, lower] = [row.separation, row.upper, row.lower].map(|x| format!("{x:.4}"));
        let proven = row.proven.map_or("-".to_owned(), |x| format!("{x:.4}"));
        let [degrees, known, missed] = [row.degrees, row.best_known, row.missed].map(|x| format!("{:.3}", rounded(x)));
        let counts = [row.dim.to_string(), row.points.to_string()];
        let bounds = [separation, proven, upper, lower, format!("{:.2}", row.seconds)];
        table.rows.push(counts.into_iter().chain([degrees, known, missed]).chain(bounds).collect());
    }
    report.tables.push(table);
    let of = |label: &str, number, drawn, y: fn(&CodeRow) -> Option<f64>| Series {
        label: label.to_owned(),
        number,
        drawn,
        points: rows.iter().filter(|row| row.dim == 3).filter_map(|row| Some(plain(row.points as f64, y(row)?))).collect(),
    };
    report.figures.push(Figure::Chart(Chart {
        name: "codes",
        title: "The smallest separation of codes in three dimensions",
        x: Axis { label: "points M", log: false },
        y: Axis { label: "separation 1 - max cos", log: false },
        columns: 1,
        panels: vec![Panel::new(
            "D = 3",
            vec![
                of("upper bound (paper)", 4, As::Thin, |row| Some(row.upper)),
                of("Fejes Toth's bound", 3, As::Thin, |row| row.proven),
                of("lower bound (paper)", 5, As::Thin, |row| Some(row.lower)),
                of("best known", 2, As::Thin, |row| Some(1.0 - row.best_known.to_radians().cos())),
                of("trained", 1, As::Points, |row| Some(row.separation)),
            ],
        )],
    }));
    Ok(report)
}

/// The rows of each code, in order.
fn by_code(rows: &[RateRow]) -> impl Iterator<Item = &[RateRow]> {
    rows.chunk_by(|a, b| (a.points, a.dim) == (b.points, b.dim))
}

pub fn rate(rows: &[RateRow]) -> Result<Report, Failure> {
    let mut report = Report::of("rate", rows)?;
    let shown: Vec<usize> = by_code(rows).next().map_or(vec![], |rows| {
        let first = rows.chunk_by(|a, b| a.method == b.method).next().unwrap_or(&[]);
        first.iter().map(|row| row.steps).filter(|steps| steps.trailing_zeros() % 3 == 0).collect()
    });
    let heads: Vec<String> = shown.iter().map(|steps| if *steps == 1 { "1 step".to_owned() } else { format!("{steps} steps") }).collect();
    let heads: Vec<&str> = ["D", "M", "method"].into_iter().chain(heads.iter().map(String::as_str)).chain(["power of the steps"]).collect();
    let mut table = Table::new("rate", "What is missing of the best known separation after so many steps, median over the seeds", &heads);
    let mut panels = Vec::new();
    for code in by_code(rows) {
        let mut series = Vec::new();
        for (number, method) in code.chunk_by(|a, b| a.method == b.method).enumerate() {
            let one = &method[0];
            let power = RateRow::power(method).map_or("-".to_owned(), |line| format!("{:.2} +- {:.2}", line.slope, line.slope_error));
            let shares = method.iter().filter(|row| shown.contains(&row.steps)).map(missing);
            let what = [one.dim.to_string(), one.points.to_string(), one.method.to_owned()];
            table.rows.push(what.into_iter().chain(shares).chain([power]).collect());
            let floor = |missing: f64| if missing > RateRow::ARRIVED { missing } else { RateRow::ARRIVED };
            let point =
                |row: &RateRow| Point { x: row.steps as f64, y: floor(row.missing), bar: Some((floor(row.lower), floor(row.upper))) };
            series.push(Series {
                label: one.method.to_owned(),
                number: number + 1,
                drawn: As::Line,
                points: method.iter().map(point).collect(),
            });
        }
        series.push(root(code));
        panels.push(Panel::new(format!("{} points in {} dimensions", code[0].points, code[0].dim), series));
    }
    report.tables.push(table);
    report.figures.push(Figure::Chart(Chart {
        name: "rate",
        title: "What is missing of the best known separation; at 1e-6: arrived (bars: quartiles over the seeds)",
        x: Axis { label: "steps", log: true },
        y: Axis { label: "missing of 1 - max cos", log: true },
        columns: 3,
        panels,
    }));
    Ok(report)
}

fn missing(row: &RateRow) -> String {
    if row.missing > RateRow::ARRIVED { format!("{:.1e}", row.missing) } else { "0, arrived".to_owned() }
}

/// How 1/sqrt(steps) falls, from where the first method begins.
fn root(code: &[RateRow]) -> Series {
    let points = code.iter().take_while(|row| row.method == code[0].method);
    let points = points.map(|row| plain(row.steps as f64, code[0].missing / (row.steps as f64 / code[0].steps as f64).sqrt()));
    Series { label: "falls as 1/sqrt(steps)".to_owned(), number: 0, drawn: As::Thin, points: points.collect() }
}

pub fn dimension(rows: &[DimensionRow]) -> Result<Report, Failure> {
    let mut report = Report::of("dimension", rows)?;
    let growths = Growth::of(rows);
    report.files.push(("dimension-fits".to_owned(), csv(&growths.iter().map(fit_row).collect::<Vec<_>>())?));
    report.json = serde_json::json!({ "rows": rows, "fits": growths });
    let mut table = Table::new("dimension", "The smallest number of features found", &["criterion", "M", "D", "separation", "at D - 1"]);
    for row in rows {
        let before = row.before.map_or("-".to_owned(), |x| format!("{x:.4}"));
        table.rows.push(vec![row.criterion.clone(), row.points.to_string(), row.dim.to_string(), format!("{:.4}", row.separation), before]);
    }
    let mut fits = Table::new(
        "fits",
        "Lines of least squares (residual: root mean square; of ln D for the power)",
        &["criterion", "D = a + b ln M: a", "b", "residual", "D = c M^p: p", "residual"],
    );
    let mut series = Vec::new();
    for (number, (growth, rows)) in growths.iter().zip(rows.chunk_by(|a, b| a.criterion == b.criterion)).enumerate() {
        let (line, power) = (growth.logarithmic, growth.power);
        fits.rows.push(vec![
            growth.criterion.clone(),
            format!("{:.2}", line.offset),
            format!("{:.3} +- {:.3}", line.slope, line.slope_error),
            format!("{:.2}", line.residual),
            format!("{:.3} +- {:.3}", power.slope, power.slope_error),
            format!("{:.3}", power.residual),
        ]);
        let of = |label: String, drawn, y: &dyn Fn(&DimensionRow) -> f64| Series {
            label,
            number: number + 1,
            drawn,
            points: rows.iter().map(|row| plain(row.points as f64, y(row))).collect(),
        };
        series.push(of(growth.criterion.clone(), As::Points, &|row| row.dim as f64));
        let fit = format!("{:.1} + {:.2} ln M", line.offset, line.slope);
        series.push(of(fit, As::Thin, &|row| line.offset + line.slope * (row.points as f64).ln()));
    }
    report.tables.extend([table, fits]);
    report.figures.push(Figure::Chart(Chart {
        name: "dimension",
        title: "Features that M patterns need",
        x: Axis { label: "patterns M", log: true },
        y: Axis { label: "features D", log: false },
        columns: 1,
        panels: vec![Panel::new("", series)],
    }));
    Ok(report)
}

/// A row of the CSV.
#[derive(serde::Serialize)]
struct FitRow<'a> {
    criterion: &'a str,
    offset: f64,
    slope: f64,
    slope_error: f64,
    residual: f64,
    power: f64,
    power_error: f64,
    power_residual: f64,
}

fn fit_row(growth: &Growth) -> FitRow<'_> {
    let Growth { criterion, logarithmic: line, power } = growth;
    FitRow {
        criterion,
        offset: line.offset,
        slope: line.slope,
        slope_error: line.slope_error,
        residual: line.residual,
        power: power.slope,
        power_error: power.slope_error,
        power_residual: power.residual,
    }
}
