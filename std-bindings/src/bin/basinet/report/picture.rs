//! Figures as SVG and as PNG. The font comes with the program, so a picture is the same on every machine.

use super::chart::Chart;
use super::portrait::Portraits;
use plotters::coord::Shift;
use plotters::prelude::*;
use std::fmt::Display;

/// What drawing gives, or why it does not.
pub type Drawn<T = ()> = Result<T, String>;

/// Colours that the colour-blind tell apart (Okabe and Ito 2008), and black.
pub const COLOURS: [RGBColor; 7] = [
    RGBColor(0, 0, 0),
    RGBColor(0, 114, 178),
    RGBColor(213, 94, 0),
    RGBColor(0, 158, 115),
    RGBColor(204, 121, 167),
    RGBColor(230, 159, 0),
    RGBColor(86, 180, 233),
];

/// A figure.
pub enum Figure {
    Chart(Chart),
    Portraits(Portraits),
}

impl Figure {
    /// What its files are called.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Chart(chart) => chart.name,
            Self::Portraits(portraits) => portraits.name,
        }
    }

    fn size(&self) -> (u32, u32) {
        match self {
            Self::Chart(chart) => chart.size(),
            Self::Portraits(portraits) => portraits.size(),
        }
    }

    fn draw<DB: DrawingBackend>(&self, area: &DrawingArea<DB, Shift>) -> Drawn {
        // The family has to be there before anything is measured.
        plotters::style::register_font("sans-serif", FontStyle::Normal, dejavu::sans::regular()).map_err(|_| "the font is damaged")?;
        area.fill(&WHITE).map_err(said)?;
        match self {
            Self::Chart(chart) => chart.draw(area)?,
            Self::Portraits(portraits) => portraits.draw(area)?,
        }
        area.present().map_err(said)
    }

    pub fn svg(&self) -> Drawn<String> {
        let mut text = String::new();
        self.draw(&SVGBackend::with_string(&mut text, self.size()).into_drawing_area())?;
        Ok(text)
    }

    pub fn png(&self) -> Drawn<Vec<u8>> {
        let (width, height) = self.size();
        let mut pixels = vec![u8::MAX; 3 * width as usize * height as usize];
        self.draw(&BitMapBackend::with_buffer(&mut pixels, (width, height)).into_drawing_area())?;
        let mut bytes = Vec::new();
        let mut encoder = png::Encoder::new(&mut bytes, width, height);
        encoder.set_color(png::ColorType::Rgb);
        encoder.set_depth(png::BitDepth::Eight);
        // Plain areas, which filters only disturb.
        encoder.set_compression(png::Compression::High);
        encoder.set_filter(png::Filter::NoFilter);
        let mut writer = encoder.write_header().map_err(said)?;
        writer.write_image_data(&pixels).map_err(said)?;
        writer.finish().map_err(said)?;
        Ok(bytes)
    }
}

pub fn said(error: impl Display) -> String {
    error.to_string()
}
