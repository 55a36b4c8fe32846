//! What all figures share: colours, and the font, which comes with the program, so that a picture is the same on every machine.

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

/// An empty white area, ready to be written on.
pub fn blank<DB: DrawingBackend>(area: &DrawingArea<DB, Shift>) -> Drawn {
    // The family has to be there before anything is measured.
    plotters::style::register_font("sans-serif", FontStyle::Normal, dejavu::sans::regular()).map_err(|_| "the font is damaged")?;
    area.fill(&WHITE).map_err(said)
}

pub fn said(error: impl Display) -> String {
    error.to_string()
}
