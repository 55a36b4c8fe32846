//! `structured`: what the members of the nonparametric family cost and miss, and how random features come near the dense memory.

use crate::failure::Failure;
use crate::report::chart::{As, Axis, Chart, Panel, Point, Series};
use crate::report::picture::Figure;
use crate::report::table::Table;
use crate::report::{Report, csv};
use basinet::experiments::{Estimate, FeatureRow, Law, StructuredRow, ThresholdRow};

/// Everything that is on the page; `seeds` are those of the random features.
pub fn report(
    members: &[StructuredRow],
    features: &[FeatureRow],
    laws: &[Law],
    thresholds: &[ThresholdRow],
    seeds: usize,
) -> Result<Report, Failure> {
    let mut report = Report::of("structured", members)?;
    report.files.push(("structured-features".to_owned(), csv(&features.iter().map(feature_line).collect::<Vec<_>>())?));
    report.files.push(("structured-laws".to_owned(), csv(laws)?));
    report.files.push(("structured-thresholds".to_owned(), csv(thresholds)?));
    report.json = serde_json::json!({ "members": members, "features": features, "laws": laws, "thresholds": thresholds });
    report.tables = vec![member_table(members), law_table(laws), feature_table(features, seeds), threshold_table(thresholds)];
    report.figures = vec![
        Figure::Chart(member_chart(
            "structured-time",
            "Time of a recall in microseconds, by one thread",
            Axis { label: "microseconds", log: true },
            members,
            |row| row.recall_us,
        )),
        Figure::Chart(member_chart(
            "structured-error",
            "How far a recall is from the pattern that was asked for",
            Axis { label: "distance", log: false },
            members,
            |row| row.error,
        )),
        Figure::Chart(feature_chart(features, laws, seeds)),
        Figure::Chart(power_chart(thresholds)),
        Figure::Chart(exponential_chart(thresholds)),
    ];
    Ok(report)
}

/// A row for each member and M of each beta.
fn member_table(rows: &[StructuredRow]) -> Table {
    let heads = ["beta", "M", "member", "error", "from dense", "recall, us", "store, us"];
    let mut table = Table::new("members", "Error and time of one step of each member", &heads);
    for row in rows {
        table.rows.push(vec![
            row.beta.to_string(),
            row.patterns.to_string(),
            row.member.to_owned(),
            format!("{:.3}", row.error),
            format!("{:.3}", row.from_dense),
            format!("{:.1}", row.recall_us),
            row.store_us.map_or("-".to_owned(), |us| format!("{us:.1}")),
        ]);
    }
    table
}

fn law_table(laws: &[Law]) -> Table {
    let heads = ["beta", "rows", "error of", "error times sqrt r", "power that fits best", "chi^2 per degree of freedom", "farthest point"];
    let mut table = Table::new("laws", "Errors against the law r^(-1/2)", &heads);
    for law in laws {
        table.rows.push(vec![
            law.beta.to_string(),
            law.rows.to_owned(),
            law.error.to_owned(),
            format!("{:.3}", law.at_one),
            format!("{:.3} +- {:.3}", law.power, law.power_error),
            format!("{:.2}", law.chi2),
            format!("{:.1} standard errors", law.worst),
        ]);
    }
    table
}

fn feature_table(rows: &[FeatureRow], seeds: usize) -> Table {
    let heads = ["beta", "r", "kernel, gaussian", "kernel, orthogonal", "recall, gaussian", "recall, orthogonal"];
    let mut table = Table::new("features", "Errors by r random features, with standard errors", &heads);
    let shown = |of: Estimate| format!("{:.4} +- {:.4}", of.mean, of.sd / (seeds as f64).sqrt());
    for row in rows.iter().filter(|row| row.rows == "gaussian") {
        let other = rows.iter().find(|other| other.rows != row.rows && other.features == row.features && other.beta == row.beta);
        let pair = |of: fn(&FeatureRow) -> Estimate| [shown(of(row)), other.map_or("-".to_owned(), |other| shown(of(other)))];
        let cells = [row.beta.to_string(), row.features.to_string()].into_iter();
        table.rows.push(cells.chain(pair(|row| row.kernel)).chain(pair(|row| row.recall)).collect());
    }
    table
}

fn threshold_table(rows: &[ThresholdRow]) -> Table {
    let heads = ["memory", "N", "way", "P half", "law", "prediction", "from it", "ln P half / N"];
    let mut table = Table::new("thresholds", "Patterns of which half are fixed points, with standard errors", &heads);
    for row in rows {
        let count = |ln: f64| if ln < 14.0 { format!("{:.3}", ln.exp()) } else { format!("{:.2e}", ln.exp()) };
        let half = if row.ln_half < 14.0 {
            format!("{:.1} +- {:.1}", row.ln_half.exp(), row.ln_half.exp() * row.error)
        } else {
            format!("{:.2e} +- {:.1}%", row.ln_half.exp(), 100.0 * row.error)
        };
        table.rows.push(vec![
            row.power.map_or("exponential".to_owned(), |power| format!("power {power}")),
            row.neurons.to_string(),
            row.way.to_owned(),
            half,
            count(row.ln_law),
            count(row.ln_prediction),
            if row.error > 0.0 { format!("{:.1} standard errors", row.deviation) } else { "-".to_owned() },
            format!("{:.4}", row.ln_half / row.neurons as f64),
        ]);
    }
    table
}

/// Points with bars for each power, its law and its prediction as lines.
fn power_chart(rows: &[ThresholdRow]) -> Chart {
    let mut series = Vec::new();
    for (number, rows) in rows.chunk_by(|a, b| a.power == b.power).enumerate() {
        let Some(power) = rows[0].power else { continue };
        let line =
            |of: fn(&ThresholdRow) -> f64| rows.iter().map(|row| Point { x: row.neurons as f64, y: of(row).exp(), bar: None }).collect();
        let point = |row: &ThresholdRow| {
            let [low, y, high] = [-row.error, 0.0, row.error].map(|off| (row.ln_half + off).exp());
            Point { x: row.neurons as f64, y, bar: Some((low, high)) }
        };
        let number = 2 * number;
        series.push(Series { label: format!("power {power}"), number, drawn: As::Points, points: rows.iter().map(point).collect() });
        series.push(Series { label: format!("power {power}, predicted"), number, drawn: As::Thin, points: line(|row| row.ln_prediction) });
        series.push(Series { label: format!("power {power}, law"), number: number + 1, drawn: As::Thin, points: line(|row| row.ln_law) });
    }
    Chart {
        name: "structured-thresholds",
        title: "Patterns of which half are fixed points (bars: standard errors over the seeds)",
        x: Axis { label: "neurons N", log: false },
        y: Axis { label: "patterns", log: true },
        columns: 1,
        panels: vec![Panel::new("powers", series)],
    }
}

/// The exponential's rates: points with bars for what was stored and what was sampled, law and prediction as lines.
fn exponential_chart(rows: &[ThresholdRow]) -> Chart {
    let rows: Vec<&ThresholdRow> = rows.iter().filter(|row| row.power.is_none()).collect();
    let points = |way: &str, of: fn(&ThresholdRow) -> f64, error: fn(&ThresholdRow) -> Option<f64>| {
        let point = |row: &&ThresholdRow| {
            let count = row.neurons as f64;
            let y = of(row) / count;
            Point { x: count, y, bar: error(row).map(|error| (y - error / count, y + error / count)) }
        };
        rows.iter().filter(|row| row.way == way).map(point).collect()
    };
    let measured = |way: &str, number| Series {
        label: way.to_owned(),
        number,
        drawn: As::Points,
        points: points(way, |row| row.ln_half, |row| Some(row.error)),
    };
    let line =
        |label: &str, number, of| Series { label: label.to_owned(), number, drawn: As::Thin, points: points("sampled", of, |_| None) };
    let series = vec![
        measured("sampled", 0),
        measured("stored", 1),
        line("(ln 2) / 2", 2, |row| row.ln_law),
        line("predicted for independent neurons", 3, |row| row.ln_prediction),
    ];
    Chart {
        name: "structured-thresholds-exponential",
        title: "The exponential's threshold (bars: standard errors over the seeds)",
        x: Axis { label: "neurons N", log: false },
        y: Axis { label: "ln P half / N", log: false },
        columns: 1,
        panels: vec![Panel::new("exponential", series)],
    }
}

/// A line for each member but the one whose line is that of another, a panel for each beta.
fn member_chart(name: &'static str, title: &'static str, y: Axis, rows: &[StructuredRow], of: fn(&StructuredRow) -> f64) -> Chart {
    let mut members: Vec<&str> = Vec::new();
    for row in rows {
        if row.member != "orthogonal features" && !members.contains(&row.member) {
            members.push(row.member);
        }
    }
    let panel = |rows: &[StructuredRow]| {
        let series = members
            .iter()
            .enumerate()
            .map(|(number, member)| Series {
                label: (*member).to_owned(),
                number,
                drawn: As::Line,
                points: rows
                    .iter()
                    .filter(|row| row.member == *member)
                    .map(|row| Point { x: row.patterns as f64, y: of(row), bar: None })
                    .collect(),
            })
            .collect();
        Panel::new(format!("beta {}", rows[0].beta), series)
    };
    let panels: Vec<Panel> = rows.chunk_by(|a, b| a.beta == b.beta).map(panel).collect();
    Chart { name, title, x: Axis { label: "patterns M", log: true }, y, columns: 2, panels }
}

/// Points with the law through them, a panel for each beta and error.
fn feature_chart(rows: &[FeatureRow], laws: &[Law], seeds: usize) -> Chart {
    let mut panels = Vec::new();
    for rows in rows.chunk_by(|a, b| a.beta == b.beta) {
        for (error, of) in [("kernel", (|row| row.kernel) as fn(&FeatureRow) -> Estimate), ("recall", |row| row.recall)] {
            let mut series = Vec::new();
            for (number, rows) in rows.chunk_by(|a, b| a.rows == b.rows).enumerate() {
                let point = |row: &FeatureRow| {
                    let Estimate { mean, sd } = of(row);
                    let off = sd / (seeds as f64).sqrt();
                    Point { x: row.features as f64, y: mean, bar: Some((mean - off, mean + off)) }
                };
                let one = &rows[0];
                let points: Vec<Point> = rows.iter().map(point).collect();
                let law = laws.iter().find(|law| law.beta == one.beta && law.rows == one.rows && law.error == error);
                let at_one = law.map_or(f64::NAN, |law| law.at_one);
                let line = points.iter().map(|point| Point { x: point.x, y: at_one / point.x.sqrt(), bar: None }).collect();
                series.push(Series { label: one.rows.to_owned(), number: number + 1, drawn: As::Points, points });
                series.push(Series { label: format!("{}, r^(-1/2)", one.rows), number: number + 1, drawn: As::Thin, points: line });
            }
            panels.push(Panel::new(format!("{error}, beta {}", rows[0].beta), series));
        }
    }
    Chart {
        name: "structured-features",
        title: "Errors of random features (bars: standard errors over the seeds)",
        x: Axis { label: "features r", log: true },
        y: Axis { label: "root mean square error", log: true },
        columns: 2,
        panels,
    }
}

/// A row of the CSV.
#[derive(serde::Serialize)]
struct FeatureLine {
    beta: f32,
    rows: &'static str,
    features: usize,
    kernel: f64,
    kernel_sd: f64,
    recall: f64,
    recall_sd: f64,
}

fn feature_line(row: &FeatureRow) -> FeatureLine {
    let FeatureRow { beta, rows, features, kernel, recall } = *row;
    FeatureLine { beta, rows, features, kernel: kernel.mean, kernel_sd: kernel.sd, recall: recall.mean, recall_sd: recall.sd }
}
