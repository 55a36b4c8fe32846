//! `retrieval`: errors at equal beta and at the best, and the rows that a map makes worse.

use crate::failure::Failure;
use crate::report::chart::{As, Axis, Chart, Panel, Point, Series};
use crate::report::picture::Figure;
use crate::report::table::Table;
use crate::report::{Report, csv};
use basinet::experiments::{Best, RetrievalRow, best, worse};

/// The separation of the charts.
const SHOWN: &str = "softmax";

/// Betas of the charts, the largest; at smaller ones all curves lie on each other.
const SHOWN_BETAS: usize = 3;

pub fn report(seeds: usize, rows: &[RetrievalRow]) -> Result<Report, Failure> {
    let best = best(rows);
    let mut report = Report::of("retrieval", rows)?;
    report.files.push(("retrieval-best".to_owned(), csv(&best)?));
    report.json = serde_json::json!({ "rows": rows, "best": best });
    report.tables.extend([equal(rows, &best), count(seeds, rows), listed(rows)]);
    report.figures.push(Figure::Chart(chart(rows, &best)));
    Ok(report)
}

/// The rows of one memory: all maps at one beta, or at the best.
fn together<T>(rows: &[T], what: impl Fn(&T) -> (&str, usize, &str, f32)) -> Vec<&[T]> {
    let mut all = Vec::new();
    let mut from = 0;
    for to in 1..=rows.len() {
        if to == rows.len() || what(&rows[to]) != what(&rows[from]) {
            all.push(&rows[from..to]);
            from = to;
        }
    }
    all
}

/// Errors of softmax at each beta, with the best beta of each map behind them.
fn equal(rows: &[RetrievalRow], best: &[Best]) -> Table {
    let maps = together(rows, |row| (&row.damage, row.patterns, &row.separation, row.beta)).first().map_or(vec![], |rows| names(rows));
    let heads: Vec<String> = ["damage", "M", "beta"]
        .into_iter()
        .map(str::to_owned)
        .chain(maps.iter().map(|map| map.clone() + ": all"))
        .chain(maps.iter().map(|map| map.clone() + ": first half"))
        .collect();
    let heads: Vec<&str> = heads.iter().map(String::as_str).collect();
    let mut table = Table::new("retrieval", "Softmax: errors, mean +- standard deviation over the seeds", &heads);
    let bests = together(best, |best| (&best.damage, best.patterns, &best.separation, 0.0));
    let all = together(rows, |row| (&row.damage, row.patterns, &row.separation, row.beta));
    for memory in all.chunk_by(|a, b| (&a[0].damage, a[0].patterns, &a[0].separation) == (&b[0].damage, b[0].patterns, &b[0].separation)) {
        let one = &memory[0][0];
        if one.separation != SHOWN {
            continue;
        }
        for rows in memory {
            let what = [one.damage.clone(), one.patterns.to_string(), rows[0].beta.to_string()];
            let errors = rows.iter().map(|row| spread(row.error, row.error_sd));
            let seen = rows.iter().map(|row| spread(row.error_seen, row.error_seen_sd));
            table.rows.push(what.into_iter().chain(errors).chain(seen).collect());
        }
        let same =
            |best: &&&[Best]| (&best[0].damage, best[0].patterns, &best[0].separation) == (&one.damage, one.patterns, &one.separation);
        if let Some(best) = bests.iter().find(same) {
            let what = [one.damage.clone(), one.patterns.to_string(), "best".to_owned()];
            let errors = best.iter().map(|best| format!("{} at {}", spread(best.error, best.error_sd), best.beta));
            let none = best.iter().map(|_| String::new());
            table.rows.push(what.into_iter().chain(errors).chain(none).collect());
        }
    }
    table
}

/// How many rows get better and how many worse.
fn count(seeds: usize, rows: &[RetrievalRow]) -> Table {
    let heads = ["separation", "beta", "map", "better", "worse", "worse by more than its standard error"];
    let mut table = Table::new(
        "counts",
        "Of all damages and numbers of patterns: how many are nearer with the map than without, at the same beta",
        &heads,
    );
    let mut kinds: Vec<(&str, f32, &str)> = Vec::new();
    for row in rows.iter().filter(|row| row.map != "none") {
        let kind = (&*row.separation, row.beta, &*row.map);
        if !kinds.contains(&kind) {
            kinds.push(kind);
        }
    }
    for kind in kinds {
        let of = |row: &&RetrievalRow| (&*row.separation, row.beta, &*row.map) == kind;
        let better = rows.iter().filter(of).filter(|row| row.more < 0.0).count();
        let (worse, clearly) =
            (worse(rows).filter(of).count(), worse(rows).filter(of).filter(|row| row.more > row.more_sd / (seeds as f64).sqrt()).count());
        let counts = [better, worse, clearly].map(|count| count.to_string());
        table.rows.push([kind.0.to_owned(), kind.1.to_string(), kind.2.to_owned()].into_iter().chain(counts).collect());
    }
    table
}

/// Every row that gets worse.
fn listed(rows: &[RetrievalRow]) -> Table {
    let heads = ["damage", "M", "separation", "beta", "map", "error", "more than without"];
    let mut table = Table::new("worse", "Every row that is farther off with the map than without, at the same beta", &heads);
    for row in worse(rows) {
        let what = [row.damage.clone(), row.patterns.to_string(), row.separation.clone(), row.beta.to_string(), row.map.clone()];
        table.rows.push(what.into_iter().chain([spread(row.error, row.error_sd), spread(row.more, row.more_sd)]).collect());
    }
    table
}

fn names(rows: &[RetrievalRow]) -> Vec<String> {
    rows.iter().map(|row| label(&row.map)).collect()
}

fn label(map: &str) -> String {
    if map == "none" { "no map".to_owned() } else { map.to_owned() }
}

fn spread(mean: f64, sd: f64) -> String {
    format!("{mean:.2} +- {sd:.2}")
}

/// Damages beside each other; below each other the largest betas, and the best.
fn chart(rows: &[RetrievalRow], best: &[Best]) -> Chart {
    let mut betas: Vec<f32> = Vec::new();
    rows.iter().for_each(|row| {
        if !betas.contains(&row.beta) {
            betas.push(row.beta)
        }
    });
    let mut damages: Vec<&str> = Vec::new();
    rows.iter().for_each(|row| {
        if !damages.contains(&&*row.damage) {
            damages.push(&row.damage)
        }
    });
    let mut maps: Vec<&str> = Vec::new();
    rows.iter().for_each(|row| {
        if !maps.contains(&&*row.map) {
            maps.push(&row.map)
        }
    });
    let mut panels = Vec::new();
    for beta in betas.iter().skip(betas.len().saturating_sub(SHOWN_BETAS)).map(|&beta| Some(beta)).chain([None]) {
        for damage in &damages {
            let title = beta.map_or(format!("{damage}, best beta of each"), |beta| format!("{damage}, beta {beta}"));
            let series = maps.iter().enumerate().map(|(number, map)| {
                let points: Vec<Point> = match beta {
                    Some(beta) => rows
                        .iter()
                        .filter(|row| (&*row.damage, &*row.separation, row.beta, &*row.map) == (damage, SHOWN, beta, map))
                        .map(|row| bar(row.patterns, row.error, row.error_sd))
                        .collect(),
                    None => best
                        .iter()
                        .filter(|best| (&*best.damage, &*best.separation, &*best.map) == (damage, SHOWN, map))
                        .map(|best| bar(best.patterns, best.error, best.error_sd))
                        .collect(),
                };
                Series { label: label(map), number, drawn: As::Line, points }
            });
            panels.push(Panel::new(title, series.collect()));
        }
    }
    Chart {
        name: "retrieval",
        title: "Error of a recall by softmax (bars: standard deviation over the seeds)",
        x: Axis { label: "patterns M", log: true },
        y: Axis { label: "squared error per image", log: false },
        columns: damages.len(),
        panels,
    }
}

fn bar(patterns: usize, error: f64, sd: f64) -> Point {
    Point { x: patterns as f64, y: error, bar: Some((error - sd, error + sd)) }
}
