//! `core/embed/digits.basin`, which firmware, the web page and C programs hold, and `learned.basin`, the same digits behind a learned map: that
//! they are what their description says, and that the host recalls from them what the firmware's transcript has.
//!
//! Where the first fails because the format or the data changed on purpose, take the file that it names. `learned.basin` is made by
//!
//! ```text
//! cargo test --release -p basinet --test files -- --ignored --exact --nocapture embedded::learned_digits_are_made
//! ```
//!
//! and not byte for byte on every processor, as training is not: what is tested of it is what it holds.

#![allow(clippy::unwrap_used, reason = "a test may fail")]

use basinet::basin::crc32;
use basinet::{LinearMap, Memory, Model, Sparsemax, beta, file};
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

/// The digits behind the map that training has made.
fn learned() -> file::Mapped {
    file::open_verified(Path::new(env!("CARGO_MANIFEST_DIR")).join("../core/embed/learned.basin")).unwrap()
}

#[test]
#[cfg(feature = "train")]
#[ignore = "writes what is kept in core/embed"]
fn learned_digits_are_made() {
    use basinet::KernelMemory;
    let digits = digits();
    let map = basinet::feature_map::Training::uhop().map(&digits, 64, 64, |_| ()).unwrap().linear_map().unwrap().unit();
    let made = Path::new(env!("CARGO_TARGET_TMPDIR")).join("learned.basin");
    KernelMemory::from_rows(map, &digits).unwrap().save(&made, Model::new(beta!(8.0), Sparsemax)).unwrap();
    println!("{}", made.display());
}

#[test]
fn learned_digits_are_those_digits_and_what_their_map_makes_of_them() {
    let (file, digits) = (learned(), digits());
    let (basin, map) = file.with_map().unwrap();
    let rows = |rows: basinet::Patterns<'_>| (0..40).flat_map(|i| rows.row(i).unwrap().to_vec()).collect::<Vec<_>>();
    assert!(rows(basin.values().unwrap()) == digits);
    let map = LinearMap::from(&map.unwrap());
    assert!(rows(basin.patterns()) == map.rows(&digits).unwrap());
    // What the training was for: the closest features are farther apart than the closest digits.
    let closest = |features: &[f32]| {
        let dot = |a: &[f32], b: &[f32]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f32>();
        let rows: Vec<_> = features.chunks_exact(64).collect();
        (0..40).flat_map(|i| (0..i).map(move |j| (i, j))).map(|(i, j)| dot(rows[i], rows[j])).fold(-1.0, f32::max)
    };
    assert!(1.0 - closest(&rows(basin.patterns())) > 8.0 * (1.0 - closest(&digits)));
}

#[test]
fn the_host_recalls_through_the_map_the_bits_of_the_firmware() {
    let (file, digits) = (learned(), digits());
    let erased = |digit: &[f32]| [&digit[..32], &[0.0; 32]].concat();
    let checksum = digits.chunks_exact(64).fold(0u32, |checksum, digit| {
        let state = file.recall(&erased(digit)).unwrap().state;
        let words = [checksum.to_le_bytes()].into_iter().chain(state.into_iter().map(f32::to_le_bytes));
        crc32(&words.flatten().collect::<Vec<_>>())
    });
    let line = format!("all forty without their lower halves: {checksum:#010x}");
    let transcript = Path::new(env!("CARGO_MANIFEST_DIR")).join("../core/embed/cortex-m/transcript.txt");
    assert!(std::fs::read_to_string(transcript).unwrap().contains(&line), "{line}");
}
