//! Figures as SVG and as PNG.

use super::chart::Chart;
use super::drawing::{Drawn, blank, said};
use super::portrait::Portraits;
use plotters::coord::Shift;
use plotters::prelude::*;

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
        blank(area)?;
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
