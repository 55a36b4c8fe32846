//! Portraits: pictures of a plane, every state in the colour of the point it goes to.

use super::drawing::{COLOURS, Drawn, said};
use basinet::experiments::{Portrait, Raw};
use plotters::coord::Shift;
use plotters::prelude::*;

/// Pixels of a portrait, and of the title.
const PANEL: (u32, u32) = (230, 240);
const TITLE: u32 = 60;

/// States that go nowhere.
const NOWHERE: RGBColor = RGBColor(232, 232, 232);

pub struct Portraits {
    pub name: &'static str,
    pub portraits: Vec<Portrait>,
    /// Portraits beside each other.
    pub columns: usize,
}

/// What states are compared by.
pub fn raw_name(raw: Raw) -> &'static str {
    match raw {
        Raw::Dot => "dot products",
        Raw::Unit => "features at norm 1",
    }
}

impl Portraits {
    pub fn size(&self) -> (u32, u32) {
        (self.columns as u32 * PANEL.0, TITLE + self.portraits.len().div_ceil(self.columns) as u32 * PANEL.1)
    }

    pub fn draw<DB: DrawingBackend>(&self, area: &DrawingArea<DB, Shift>) -> Drawn {
        let (head, panels) = area.split_vertically(TITLE);
        for (size, top, text) in
            [(18, 10, "Where states of the plane are after a few updates"), (14, 36, "in a point's colour: at that point; grey: at none")]
        {
            head.draw(&Text::new(text, (12, top), ("sans-serif", size).into_font())).map_err(said)?;
        }
        let areas = panels.split_evenly((self.portraits.len().div_ceil(self.columns), self.columns));
        areas.iter().zip(&self.portraits).try_for_each(|(area, portrait)| draw(area, portrait))
    }
}

/// The colour of a point and of its basin; 0 is none.
fn colour(number: usize) -> RGBColor {
    if number == 0 { NOWHERE } else { COLOURS[1 + (number - 1) % (COLOURS.len() - 1)] }
}

fn draw<DB: DrawingBackend>(area: &DrawingArea<DB, Shift>, portrait: &Portrait) -> Drawn {
    let small = || ("sans-serif", 13).into_font();
    let side = f64::from(portrait.side);
    let steps = match portrait.steps {
        0 => "no map".to_owned(),
        1 => "1 step".to_owned(),
        steps => format!("{steps} steps"),
    };
    let mut chart = ChartBuilder::on(area)
        .margin(6)
        .caption(format!("{}, {steps}", raw_name(portrait.raw)), small())
        .x_label_area_size(34)
        .y_label_area_size(38)
        .build_cartesian_2d(-side..side, -side..side)
        .map_err(said)?;
    let (cells, pitch) = (portrait.cells, 2.0 * side / portrait.cells as f64);
    let at = |cell: usize| cell as f64 * pitch - side;
    for (y, line) in portrait.basins.chunks_exact(cells).enumerate() {
        let mut x = 0;
        for run in line.chunk_by(|a, b| a == b) {
            let cell = Rectangle::new([(at(x), at(y)), (at(x + run.len()), at(y + 1))], colour(usize::from(run[0])).filled());
            chart.plotting_area().draw(&cell).map_err(said)?;
            x += run.len();
        }
    }
    for (number, point) in (1..).zip(portrait.points.chunks_exact(2)) {
        let place = (f64::from(point[0]), f64::from(point[1]));
        for (radius, colour) in [(6, WHITE), (5, BLACK), (4, colour(number))] {
            chart.plotting_area().draw(&Circle::new(place, radius, colour.filled())).map_err(said)?;
        }
    }
    let mut mesh = chart.configure_mesh();
    mesh.disable_mesh().x_labels(5).y_labels(5).label_style(small()).axis_desc_style(small()).x_desc("x").y_desc("y");
    mesh.draw().map_err(said)
}
