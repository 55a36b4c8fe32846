//! The digits that the transcript begins with: the first hundred of the example's, ink from -1 to 1, and eight of them without their lower
//! half.

use super::Fallible;
use basinet::formats::{Format, Writer};
use flate2::read::GzDecoder;
use std::io::Read;

/// Pixels of a digit.
const PIXELS: usize = 64;
const STORED: usize = 100;
const DAMAGED: usize = 8;

/// A hundred digits.
fn rows() -> Result<Vec<[f32; PIXELS]>, std::io::Error> {
    let mut bytes = Vec::new();
    GzDecoder::new(&include_bytes!("../../examples/data/digits-images-idx3-ubyte.gz")[..]).read_to_end(&mut bytes)?;
    // Four numbers of four bytes stand before the pixels, each of which is from 0 to 16.
    let (images, _) = bytes.get(16..).unwrap_or(&[]).as_chunks::<PIXELS>();
    Ok(images.iter().take(STORED).map(|image| image.map(|ink| (f32::from(ink) - 8.0) / 8.0)).collect())
}

fn npy(rows: &[[f32; PIXELS]]) -> Result<Vec<u8>, Box<dyn std::error::Error>> {
    let mut file = Vec::new();
    let mut writer = Writer::new("digits", Format::Npy, PIXELS, &mut file)?;
    rows.iter().try_for_each(|row| writer.row(row))?;
    writer.finish()?;
    Ok(file)
}

/// `digits.npy`
pub fn stored() -> Result<Vec<u8>, Box<dyn std::error::Error>> {
    npy(&rows()?)
}

/// `damaged.npy`
pub fn damaged() -> Result<Vec<u8>, Box<dyn std::error::Error>> {
    let mut rows = rows()?;
    rows.truncate(DAMAGED);
    rows.iter_mut().for_each(|row| row[PIXELS / 2..].fill(0.0));
    npy(&rows)
}

#[test]
fn the_transcripts_files_are_made_of_the_examples_digits() -> Fallible {
    assert_eq!(stored()?, include_bytes!("transcript.in/digits.npy"));
    assert_eq!(damaged()?, include_bytes!("transcript.in/damaged.npy"));
    Ok(())
}
