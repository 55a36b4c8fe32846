//! `.basin` files: against a second encoder and reader of the format (`basinet_conformance::basin`), and against every way to damage one.

mod damage;
mod embedded;
#[cfg(unix)]
mod faults;
mod fields;
mod large;
mod maps;
mod names;
mod recall;
mod round_trip;
mod writing;

use basinet::basin::{Alignment, Basin};
use basinet::{AnyModel, AnySeparation, AnySimilarity, Beta, file};
use basinet_conformance::basin::File;
use basinet_conformance::generator::SplitMix64;

type Fallible = Result<(), Box<dyn std::error::Error>>;

/// Bytes at an address that is a multiple of 8, and `by` more.
struct Placed {
    words: Vec<u64>,
    by: usize,
    length: usize,
}

impl Placed {
    fn new(bytes: &[u8], by: usize) -> Self {
        let mut words = vec![0; (bytes.len() + by).div_ceil(8)];
        bytemuck::cast_slice_mut::<u64, u8>(&mut words)[by..by + bytes.len()].copy_from_slice(bytes);
        Self { words, by, length: bytes.len() }
    }

    fn bytes(&self) -> &[u8] {
        &bytemuck::cast_slice::<u64, u8>(&self.words)[self.by..self.by + self.length]
    }

    fn bytes_mut(&mut self) -> &mut [u8] {
        &mut bytemuck::cast_slice_mut::<u64, u8>(&mut self.words)[self.by..self.by + self.length]
    }
}

/// So many numbers within +-2.
fn numbers(seed: u64, count: usize) -> Vec<f32> {
    let mut numbers = vec![0.0; count];
    SplitMix64::new(seed).fill(&mut numbers, 1.0);
    numbers
}

/// A file of 5 patterns of 7 numbers, with values of 3.
fn small() -> File {
    File::of(7, &numbers(1, 35), 3, &numbers(2, 15))
}

/// Each separation that a file can name, with its codes, and with the smallest and the largest parameters.
fn separations() -> Vec<(&'static str, u8, u32)> {
    vec![
        ("softmax", 1, 0),
        ("softmax1", 2, 0),
        ("sparsemax", 3, 0),
        ("entmax:1", 4, 1.0f32.to_bits()),
        ("entmax:1.5", 4, 1.5f32.to_bits()),
        ("entmax:1.1", 4, 1.1f32.to_bits()),
        ("entmax:340282350000000000000000000000000000000", 4, f32::MAX.to_bits()),
        ("normmax:1.0000001", 5, 1.0f32.next_up().to_bits()),
        ("normmax:2", 5, 2.0f32.to_bits()),
        ("topk:1", 6, 1),
        ("topk:4294967295", 6, u32::MAX),
        ("hardmax", 7, 0),
        ("ksubsets:2", 8, 2),
    ]
}

/// Each similarity with its code.
const SIMILARITIES: [(&str, u8); 3] = [("dot", 1), ("cosine", 2), ("squared-distance", 3)];

fn model(beta: f32, separation: &str, similarity: &str) -> Result<AnyModel, basinet::Error> {
    let (separation, similarity) = (separation.parse::<AnySeparation>()?, similarity.parse::<AnySimilarity>()?);
    Ok(AnyModel { beta: Beta::new(beta)?, separation, similarity })
}

/// Holds what core reads against what was to be written.
fn assert_holds(basin: &Basin<'_>, file: &File) {
    let numbers = |rows: basinet::Patterns<'_>| -> Vec<u32> {
        (0..rows.count()).flat_map(|i| rows.row(i).unwrap_or(&[]).iter().map(|x| x.to_bits())).collect()
    };
    let bits = |kind| file.numbers(kind).iter().map(|x| x.to_bits()).collect::<Vec<_>>();
    assert_eq!(numbers(basin.patterns()), bits(1));
    assert_eq!(basin.values().map(numbers).unwrap_or_default(), bits(2));
    let shape = (basin.patterns().count(), basin.patterns().dim(), basin.values().map_or(0, |values| values.dim()));
    assert_eq!(shape, (file.count as usize, file.dim as usize, file.width as usize));
    assert_eq!(basin.model().beta.get().to_bits(), file.beta.to_bits());
    assert_eq!(basin.max_norm().to_bits(), file.max_norm.to_bits());
    let alignment = if file.alignment == 64 { Alignment::Bytes64 } else { Alignment::Bytes256 };
    assert_eq!(basin.layout().alignment, alignment);
    let sections: Vec<_> = basin.sections().map(|section| (section.kind, u32::from(section.required), section.content)).collect();
    let expected: Vec<_> = file.sections.iter().map(|section| (section.kind, section.flags, &section.content[..])).collect();
    assert_eq!(sections, expected);
}

/// The error of what must not succeed.
fn refused<T>(result: Result<T, file::Error>) -> file::Error {
    match result {
        Ok(_) => panic!("not refused"),
        Err(error) => error,
    }
}
