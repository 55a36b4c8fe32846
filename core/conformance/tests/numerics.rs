//! Numbers that hurt stay within every bound, and the page `std-bindings/docs/numerics.md` says by how much. With `BASINET_WRITE` set, the
//! page's table and its figure are written and not compared.

#![allow(clippy::unwrap_used, reason = "a test may fail")]

#[path = "../../../std-bindings/src/bin/basinet/report/chart.rs"]
#[allow(dead_code, reason = "other figures have more")]
mod chart;
#[path = "../../../std-bindings/src/bin/basinet/report/drawing.rs"]
mod drawing;

use basinet_conformance::numerics::{Errors, Numbers, Quantity, errors};
use chart::{As, Axis, Chart, Panel, Point, Series};
use plotters::prelude::{IntoDrawingArea, SVGBackend};
use std::fmt::Write;
use std::path::Path;

/// Rows and numbers of a row: rows grow, then numbers.
const SHAPES: [(usize, usize); 9] = [(4, 64), (16, 64), (64, 64), (256, 64), (1024, 64), (5000, 64), (64, 4), (64, 257), (64, 4096)];
/// Memories of each shape.
const SEEDS: u64 = 5;
/// The marks between which the table stands.
const MARKS: [&str; 2] = ["<!-- numerics -->\n", "<!-- end of numerics -->"];
/// What the figure shows, against the length of rows or their number.
const PANELS: [(Quantity, bool); 4] =
    [(Quantity::Dot, true), (Quantity::Distance, true), (Quantity::Weights, false), (Quantity::State, false)];

type All = [Errors; Quantity::ALL.len()];

/// The errors for every kind and shape.
fn measured() -> Vec<(Numbers, Vec<All>)> {
    let of_shape = |numbers, (rows, dim)| {
        let mut all = All::default();
        for seed in 0..SEEDS {
            let found = errors(numbers, seed, rows, dim).unwrap();
            all.iter_mut().zip(&found).for_each(|(all, found)| all.extend(found));
        }
        all
    };
    Numbers::ALL.map(|numbers| (numbers, SHAPES.map(|shape| of_shape(numbers, shape)).into())).into()
}

/// Largest error and median, over all shapes.
fn cell(shapes: &[All], quantity: Quantity) -> String {
    let mut all = Errors::default();
    shapes.iter().for_each(|errors| all.extend(&errors[quantity as usize]));
    all.largest().zip(all.median()).map_or("-".into(), |(largest, median)| format!("{largest:.2} ({median:.3})"))
}

fn table(measured: &[(Numbers, Vec<All>)]) -> String {
    let mut text = String::from("| numbers |");
    Quantity::ALL.iter().for_each(|quantity| write!(text, " {} |", quantity.name()).unwrap());
    text += &format!("\n|---|{}\n", "---|".repeat(Quantity::ALL.len()));
    for (numbers, shapes) in measured {
        write!(text, "| {} |", numbers.name()).unwrap();
        Quantity::ALL.iter().for_each(|&quantity| write!(text, " {} |", cell(shapes, quantity)).unwrap());
        text.push('\n');
    }
    text
}

/// The largest errors against the size of the memory.
fn figure(measured: &[(Numbers, Vec<All>)]) -> String {
    let series = |quantity: Quantity, by_length: bool| {
        let of_kind = |(number, (numbers, shapes)): (usize, &(Numbers, Vec<All>))| {
            let mut points: Vec<Point> = SHAPES
                .iter()
                .zip(shapes)
                .filter(|((rows, dim), _)| if by_length { *rows == 64 } else { *dim == 64 })
                .filter_map(|(&(rows, dim), errors)| {
                    let y = errors[quantity as usize].largest()?;
                    Some(Point { x: if by_length { dim } else { rows } as f64, y, bar: None })
                })
                .collect();
            points.sort_by(|a, b| a.x.total_cmp(&b.x));
            Series { label: numbers.name().into(), number, drawn: As::Line, points }
        };
        measured.iter().enumerate().map(of_kind).collect()
    };
    let panel = |(quantity, by_length): (Quantity, bool)| {
        let along = if by_length { "numbers of a row, 64 rows" } else { "rows of 64 numbers" };
        Panel::new(format!("{}, by {along}", quantity.name()), series(quantity, by_length))
    };
    let chart = Chart {
        name: "numerics",
        title: "Largest error in units of its bound",
        x: Axis { label: "how many", log: true },
        y: Axis { label: "error / bound", log: false },
        columns: 2,
        panels: PANELS.map(panel).into(),
    };
    let mut text = String::new();
    {
        let area = SVGBackend::with_string(&mut text, chart.size()).into_drawing_area();
        drawing::blank(&area).unwrap();
        chart.draw(&area).unwrap();
        area.present().unwrap();
    }
    text
}

/// Every result within its bound, whatever the numbers; and the page is that of these results.
#[test]
fn numbers_that_hurt_stay_within_every_bound() {
    let measured = measured();
    for (numbers, shapes) in &measured {
        for (errors, shape) in shapes.iter().zip(SHAPES) {
            for quantity in Quantity::ALL {
                let largest = errors[quantity as usize].largest();
                assert!(largest.is_none_or(|largest| largest <= 1.0), "{quantity:?} of {numbers:?}, {shape:?}: {largest:?} of the bound");
            }
        }
    }

    let docs = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../std-bindings/docs");
    let (page, picture) = (docs.join("numerics.md"), docs.join("numerics.svg"));
    let (text, drawn) = (std::fs::read_to_string(&page).unwrap(), figure(&measured));
    let (head, rest) = text.split_once(MARKS[0]).unwrap();
    let (_, tail) = rest.split_once(MARKS[1]).unwrap();
    let current = format!("{head}{}\n{}\n{}{tail}", MARKS[0], table(&measured), MARKS[1]);
    if std::env::var_os("BASINET_WRITE").is_some() {
        std::fs::write(&page, current).unwrap();
        std::fs::write(&picture, drawn).unwrap();
        return;
    }
    assert_eq!(text, current);
    assert_eq!(std::fs::read_to_string(&picture).unwrap(), drawn);
}
