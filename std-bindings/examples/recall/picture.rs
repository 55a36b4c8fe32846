//! The results as one PNG: a panel for each experiment, a row for each digit, a column for each
//! step of its road.
//!
//! A green frame means right and a red one wrong; a corner is filled where a step from what came back
//! certainly gives a stored digit, bit for bit.

use std::fs;
use std::io::{self, BufWriter};
use std::path::Path;

use font8x8::{BASIC_FONTS, UnicodeFonts};

use crate::experiment::{Attempt, Panel};
use crate::failure::Failure;
use crate::maps::Map;

type Colour = [u8; 3];
const PAPER: Colour = [255, 255, 255];
const TEXT: Colour = [40, 40, 40];
const PLAIN: Colour = [200, 200, 200];
const RIGHT: Colour = [0, 140, 90];
const WRONG: Colour = [213, 60, 30];

/// Screen pixels along one side of a digit: 7 times 8, 2 times 28.
const CELL: usize = 56;
/// Width of the frame around a digit.
const FRAME: usize = 2;
/// Side of the corner that is filled.
const CORNER: usize = 8;
/// From one digit to the next.
const PITCH: usize = CELL + 2 * FRAME + 12;
/// Between groups of columns.
const GAP: usize = 14;
/// Around every panel.
const MARGIN: usize = 20;
/// A line of text: the font has 8 pixels.
const LINE: usize = 14;
/// Room for the title of a panel.
const TITLE: usize = 78 * 8;
/// Title, group and beta.
const HEADER: usize = 3 * LINE + 8;

/// Writes the picture, with `rows` digits in each panel; makes the folder where it goes.
pub fn write(path: &Path, panels: &[Panel], rows: usize) -> Result<(), Failure> {
    let failure = |error| Failure::Picture(path.to_owned(), error);
    let most = panels.iter().map(|panel| panel.trials.len()).max().unwrap_or(0);
    let canvas = draw(panels, rows.min(most));
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).map_err(failure)?;
    }
    canvas.save(path).map_err(failure)
}

fn draw(panels: &[Panel], rows: usize) -> Canvas {
    let betas = panels.iter().flat_map(|panel| &panel.trials).map(|trial| trial.of(Map::Softmax).count()).max().unwrap_or(0);
    let groups = Map::ALL.len();
    let width = (MARGIN + (2 + groups * betas) * PITCH + groups * GAP).max(TITLE);
    let height = MARGIN + HEADER + rows * PITCH;
    let bottom = panels.len() * height + MARGIN;
    let mut canvas = Canvas::new(width + MARGIN, bottom + LINE + MARGIN);
    canvas.text(MARGIN, bottom, "green frame: right; red frame: wrong; filled corner: one more step certainly gives a stored digit");
    for (place, panel) in panels.iter().enumerate() {
        draw_panel(&mut canvas, MARGIN, MARGIN + place * height, panel, rows);
    }
    canvas
}

fn draw_panel(canvas: &mut Canvas, left: usize, top: usize, panel: &Panel, rows: usize) {
    let Panel { set, stored, damage, reading, .. } = panel;
    canvas.text(left, top, &format!("a digit that was {reading}; {damage} ({set}, {stored} stored)"));
    for (row, trial) in panel.shown(rows).into_iter().enumerate() {
        let y = top + HEADER + row * PITCH;
        let mut x = left;
        for (title, image) in [("original", &trial.original), ("damaged", &trial.damaged)] {
            if row == 0 {
                canvas.text(x, top + 2 * LINE + 6, title);
            }
            canvas.digit(x, y, image, panel.set.side(), PLAIN);
            x += PITCH;
        }
        for map in Map::ALL {
            x += GAP;
            if row == 0 {
                canvas.text(x, top + LINE + 6, &map.to_string());
            }
            for attempt in trial.of(map) {
                if row == 0 {
                    canvas.text(x, top + 2 * LINE + 6, &format!("beta {}", attempt.beta));
                }
                canvas.attempt(x, y, attempt, panel.set.side());
                x += PITCH;
            }
        }
    }
}

/// Pixels in rows, three bytes each. What is drawn outside is dropped.
struct Canvas {
    width: usize,
    pixels: Vec<Colour>,
}

impl Canvas {
    fn new(width: usize, height: usize) -> Canvas {
        Canvas { width, pixels: vec![PAPER; width * height] }
    }

    fn dot(&mut self, x: usize, y: usize, colour: Colour) {
        if x < self.width
            && let Some(pixel) = self.pixels.get_mut(y * self.width + x)
        {
            *pixel = colour;
        }
    }

    fn rectangle(&mut self, left: usize, top: usize, side: usize, colour: Colour) {
        for y in top..top + side {
            for x in left..left + side {
                self.dot(x, y, colour);
            }
        }
    }

    /// A square image in a frame whose upper left corner is at (left, top).
    fn digit(&mut self, left: usize, top: usize, image: &[f32], side: usize, frame: Colour) {
        self.rectangle(left, top, CELL + 2 * FRAME, frame);
        let size = CELL / side;
        for (y, row) in image.chunks(side).enumerate() {
            for (x, ink) in row.iter().enumerate() {
                let grey = (255.0 * (1.0 - ink)).round() as u8;
                self.rectangle(left + FRAME + x * size, top + FRAME + y * size, size, [grey; 3]);
            }
        }
    }

    /// What came back, in a frame that says whether it is right.
    fn attempt(&mut self, left: usize, top: usize, attempt: &Attempt, side: usize) {
        let frame = if attempt.right { RIGHT } else { WRONG };
        self.digit(left, top, &attempt.image, side, frame);
        if attempt.certificate.exact {
            self.rectangle(left, top, CORNER, frame);
        }
    }

    fn text(&mut self, left: usize, top: usize, text: &str) {
        for (place, letter) in text.chars().enumerate() {
            let glyph = BASIC_FONTS.get(letter).unwrap_or_default();
            for (y, bits) in glyph.iter().enumerate() {
                for x in (0..8).filter(|x| bits >> x & 1 == 1) {
                    self.dot(left + 8 * place + x, top + y, TEXT);
                }
            }
        }
    }

    fn save(&self, path: &Path) -> io::Result<()> {
        let height = self.pixels.len() / self.width;
        let mut encoder = png::Encoder::new(BufWriter::new(fs::File::create(path)?), self.width as u32, height as u32);
        encoder.set_color(png::ColorType::Rgb);
        encoder.set_depth(png::BitDepth::Eight);
        let mut writer = encoder.write_header()?;
        writer.write_image_data(self.pixels.as_flattened())?;
        writer.finish()?;
        Ok(())
    }
}
