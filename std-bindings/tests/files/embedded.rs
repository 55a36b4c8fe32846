//! `core/embed/digits.basin`, which firmware, the web page and C programs hold: that it is what its description says.
//!
//! Where this fails because the format or the data changed on purpose, take the file that it names.

#![allow(clippy::unwrap_used, reason = "a test may fail")]

use basinet::{Memory, Model, Sparsemax, beta};
use flate2::read::GzDecoder;
use std::io::Read;
use std::path::Path;

/// Digits of each class.
const EACH: usize = 4;

fn unzipped(file: &str) -> Vec<u8> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/data").join(file);
    let mut bytes = Vec::new();
    GzDecoder::new(std::fs::File::open(path).unwrap()).read_to_end(&mut bytes).unwrap();
    bytes
}

/// The first of each class in the order of the file, class by class, from -1 for blank paper to 1 for full ink, of unit norm.
fn digits() -> Vec<f32> {
    let (images, labels) = (unzipped("digits-images-idx3-ubyte.gz"), unzipped("digits-labels-idx1-ubyte.gz"));
    let digits = || images[16..].chunks_exact(64).zip(&labels[8..]);
    let rows = (0..10).flat_map(|class| digits().filter(move |digit| *digit.1 == class).take(EACH));
    rows.flat_map(|(pixels, _)| {
        let ink: Vec<f32> = pixels.iter().map(|&pixel| f32::from(pixel) / 8.0 - 1.0).collect();
        let norm = ink.iter().map(|x| x * x).sum::<f32>().sqrt();
        ink.into_iter().map(move |x| x / norm)
    })
    .collect()
}

#[test]
fn embedded_digits_are_made_from_the_data_of_the_example() {
    let made = Path::new(env!("CARGO_TARGET_TMPDIR")).join("digits.basin");
    Memory::from_rows(64, &digits()).unwrap().save(&made, Model::new(beta!(32.0), Sparsemax)).unwrap();
    let kept = Path::new(env!("CARGO_MANIFEST_DIR")).join("../core/embed/digits.basin");
    assert!(std::fs::read(kept).unwrap() == std::fs::read(&made).unwrap(), "core/embed/digits.basin is not {}", made.display());
}
