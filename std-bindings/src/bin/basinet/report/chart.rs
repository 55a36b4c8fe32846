//! Charts: panels with the same axes, lines with points and bars of error, one legend for all.

use super::drawing::{COLOURS, Drawn, said};
use plotters::coord::Shift;
use plotters::coord::ranged1d::{AsRangedCoord, Ranged, ValueFormatter};
use plotters::prelude::*;

/// Pixels of a panel that has others beside it, and of one that has not.
const PANEL: (u32, u32) = (400, 300);
const WIDE: (u32, u32) = (760, 420);

/// Pixels of the head: the title, and a line of the legend.
const TITLE: u32 = 34;
const LEGEND: u32 = 26;

/// Sizes of letters.
const LARGE: u32 = 18;
const SMALL: u32 = 14;

pub struct Chart {
    pub name: &'static str,
    pub title: &'static str,
    pub x: Axis,
    pub y: Axis,
    /// Panels beside each other.
    pub columns: usize,
    pub panels: Vec<Panel>,
}

/// What is along an axis, with its unit.
pub struct Axis {
    pub label: &'static str,
    pub log: bool,
}

pub struct Panel {
    pub title: String,
    pub series: Vec<Series>,
    /// Below all series.
    pub regions: Vec<Region>,
}

impl Panel {
    /// Without areas.
    pub fn new(title: impl Into<String>, series: Vec<Series>) -> Self {
        Self { title: title.into(), series, regions: vec![] }
    }
}

/// A plain area with its name in it. An axis with areas ends where they end.
pub struct Region {
    pub label: &'static str,
    /// Where the name begins.
    pub place: (f64, f64),
    pub shade: RGBColor,
    pub outline: Vec<(f64, f64)>,
}

/// Points from left to right. Series of the same number look the same in all panels, and stand in the legend once.
pub struct Series {
    pub label: String,
    pub number: usize,
    pub drawn: As,
    pub points: Vec<Point>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub enum As {
    /// A line with its points.
    Line,
    /// A line alone.
    Plain,
    /// A line alone, thin.
    Thin,
    /// A line alone, of dashes.
    Dashed,
    /// A line alone, of dots.
    Dotted,
    /// Points alone.
    Points,
}

#[derive(Clone, Copy)]
pub struct Point {
    pub x: f64,
    pub y: f64,
    /// From where to where the bar of error goes.
    pub bar: Option<(f64, f64)>,
}

impl Chart {
    pub fn size(&self) -> (u32, u32) {
        let (columns, rows) = (self.columns as u32, self.panels.len().div_ceil(self.columns) as u32);
        let (width, height) = if columns == 1 { WIDE } else { PANEL };
        (columns * width, TITLE + self.legend() + rows * height)
    }

    /// Pixels of the legend: a line, or two where the picture is narrow.
    fn legend(&self) -> u32 {
        if self.columns == 1 { 2 * LEGEND } else { LEGEND }
    }

    pub fn draw<DB: DrawingBackend>(&self, area: &DrawingArea<DB, Shift>) -> Drawn {
        let (title, rest) = area.split_vertically(TITLE);
        let (legend, panels) = rest.split_vertically(self.legend());
        title.draw(&Text::new(self.title, (12, 10), ("sans-serif", LARGE).into_font())).map_err(said)?;
        self.draw_legend(&legend)?;
        let areas = panels.split_evenly((self.panels.len().div_ceil(self.columns), self.columns));
        let (x, y) = (self.range(&self.x, |point| vec![point.x], |place| place.0), self.range(&self.y, heights, |place| place.1));
        for (area, panel) in areas.iter().zip(&self.panels) {
            match (self.x.log, self.y.log) {
                (false, false) => self.draw_panel(area, panel, x.0..x.1, y.0..y.1),
                (true, false) => self.draw_panel(area, panel, (x.0..x.1).log_scale(), y.0..y.1),
                (false, true) => self.draw_panel(area, panel, x.0..x.1, (y.0..y.1).log_scale()),
                (true, true) => self.draw_panel(area, panel, (x.0..x.1).log_scale(), (y.0..y.1).log_scale()),
            }?;
        }
        Ok(())
    }

    fn draw_legend<DB: DrawingBackend>(&self, area: &DrawingArea<DB, Shift>) -> Drawn {
        let mut drawn: Vec<&Series> = Vec::new();
        for series in self.panels.iter().flat_map(|panel| &panel.series) {
            if drawn.iter().all(|other| other.label != series.label) {
                drawn.push(series);
            }
        }
        let font = ("sans-serif", SMALL).into_font();
        let (mut left, mut top) = (14, 0);
        let most = area.dim_in_pixel().0 as i32;
        for series in drawn {
            let (wide, _) = area.estimate_text_size(&series.label, &font.clone().into()).map_err(said)?;
            if left + 36 + wide as i32 > most {
                (left, top) = (14, top + LEGEND as i32);
            }
            let (colour, middle) = (series.colour(), top + 12);
            for (from, to) in series.strokes(28) {
                let stroke = colour.stroke_width(series.width());
                area.draw(&PathElement::new([(left + from, middle), (left + to, middle)], stroke)).map_err(said)?;
            }
            if series.has_marks() {
                series.mark(area, (left + 14, middle))?;
            }
            area.draw(&Text::new(series.label.clone(), (left + 36, top + 5), font.clone())).map_err(said)?;
            left += 36 + wide as i32 + 24;
        }
        Ok(())
    }

    /// From the smallest to the largest number of all panels, with some room, or from end to end of what their areas fill.
    fn range(&self, axis: &Axis, of: impl Fn(&Point) -> Vec<f64>, at: impl Fn(&(f64, f64)) -> f64) -> (f64, f64) {
        let filled = ends(self.panels.iter().flat_map(|panel| &panel.regions).flat_map(|region| &region.outline).map(at));
        if filled.0 < filled.1 {
            return filled;
        }
        let all = self.panels.iter().flat_map(|panel| &panel.series).flat_map(|series| &series.points).flat_map(of);
        let (least, most) = ends(all.filter(|&number| number.is_finite() && (!axis.log || number > 0.0)));
        if axis.log {
            (least / 1.25, most * 1.25)
        } else {
            let room = 0.05 * (most - least);
            (if least >= 0.0 && least - room < 0.0 { 0.0 } else { least - room }, most + room)
        }
    }

    fn draw_panel<DB, X, Y>(&self, area: &DrawingArea<DB, Shift>, panel: &Panel, x: X, y: Y) -> Drawn
    where
        DB: DrawingBackend,
        X: AsRangedCoord<Value = f64>,
        Y: AsRangedCoord<Value = f64>,
        X::CoordDescType: Ranged<ValueType = f64> + ValueFormatter<f64>,
        Y::CoordDescType: Ranged<ValueType = f64> + ValueFormatter<f64>,
    {
        let small = || ("sans-serif", SMALL).into_font();
        let mut chart = ChartBuilder::on(area)
            .margin(8)
            .margin_right(16)
            .caption(&panel.title, small())
            .x_label_area_size(40)
            .y_label_area_size(58)
            .build_cartesian_2d(x, y)
            .map_err(said)?;
        chart
            .configure_mesh()
            .x_labels(6)
            .y_labels(6)
            .light_line_style(TRANSPARENT)
            .bold_line_style(BLACK.mix(0.12))
            .label_style(small())
            .axis_desc_style(small())
            .x_desc(self.x.label)
            .y_desc(self.y.label)
            .x_label_formatter(&number)
            .y_label_formatter(&number)
            .draw()
            .map_err(said)?;
        for region in &panel.regions {
            chart.plotting_area().draw(&Polygon::new(region.outline.clone(), region.shade)).map_err(said)?;
            chart.plotting_area().draw(&Text::new(region.label, region.place, small())).map_err(said)?;
        }
        for series in &panel.series {
            let colour = series.colour();
            let points: Vec<&Point> = series.points.iter().filter(|point| !self.y.log || point.y > 0.0).collect();
            let (line, stroke) = (points.iter().map(|point| (point.x, point.y)).collect::<Vec<_>>(), colour.stroke_width(series.width()));
            match series.drawn {
                As::Points => {}
                As::Line | As::Plain | As::Thin => {
                    chart.draw_series(LineSeries::new(line, stroke)).map_err(said)?;
                }
                As::Dashed | As::Dotted => {
                    let (dash, gap) = series.dashes();
                    chart.draw_series(DashedLineSeries::new(line, dash, gap, stroke)).map_err(said)?;
                }
            }
            for point in points {
                if let Some((low, high)) = point.bar.filter(|(low, _)| !self.y.log || *low > 0.0) {
                    let bar = PathElement::new([(point.x, low), (point.x, high)], colour.mix(0.5).stroke_width(1));
                    chart.plotting_area().draw(&bar).map_err(said)?;
                }
                if series.has_marks() {
                    series.mark(area, area_place(area, chart.plotting_area().map_coordinate(&(point.x, point.y))))?;
                }
            }
        }
        Ok(())
    }
}

impl Series {
    fn colour(&self) -> RGBColor {
        COLOURS[self.number % COLOURS.len()]
    }

    fn has_marks(&self) -> bool {
        matches!(self.drawn, As::Line | As::Points)
    }

    /// Pixels of the line.
    fn width(&self) -> u32 {
        if self.drawn == As::Thin { 1 } else { 2 }
    }

    /// Pixels of a dash, and of the gap behind it.
    fn dashes(&self) -> (i32, i32) {
        if self.drawn == As::Dotted { (2, 4) } else { (8, 5) }
    }

    /// From where to where a line of this length is drawn.
    fn strokes(&self, length: i32) -> Vec<(i32, i32)> {
        let (dash, gap) = self.dashes();
        match self.drawn {
            As::Points => vec![],
            As::Line | As::Plain | As::Thin => vec![(0, length)],
            As::Dashed | As::Dotted => (0..length).step_by((dash + gap) as usize).map(|from| (from, (from + dash).min(length))).collect(),
        }
    }

    /// A mark of its shape at a pixel.
    fn mark<DB: DrawingBackend>(&self, area: &DrawingArea<DB, Shift>, place: (i32, i32)) -> Drawn {
        let filled = self.colour().filled();
        match self.number % 3 {
            0 => area.draw(&Circle::new(place, 4, filled)),
            1 => area.draw(&Rectangle::new([(place.0 - 3, place.1 - 3), (place.0 + 4, place.1 + 4)], filled)),
            _ => area.draw(&TriangleMarker::new(place, 5, filled)),
        }
        .map_err(said)
    }
}

/// The smallest and the largest.
fn ends(numbers: impl Iterator<Item = f64>) -> (f64, f64) {
    numbers.fold((f64::INFINITY, f64::NEG_INFINITY), |(least, most), number| {
        (if number < least { number } else { least }, if number > most { number } else { most })
    })
}

/// A pixel of the picture as one of an area.
fn area_place<DB: DrawingBackend>(area: &DrawingArea<DB, Shift>, (x, y): (i32, i32)) -> (i32, i32) {
    let (left, top) = area.get_base_pixel();
    (x - left, y - top)
}

/// The y of a point and of its bar.
fn heights(point: &Point) -> Vec<f64> {
    let (low, high) = point.bar.unwrap_or((point.y, point.y));
    vec![point.y, low, high]
}

/// A number at an axis.
fn number(value: &f64) -> String {
    // What rounding leaves of a tick is no part of it.
    let (size, value) = (value.abs(), *value as f32);
    if size != 0.0 && !(1e-3..1e5).contains(&size) { format!("{value:e}") } else { format!("{value}") }
}
