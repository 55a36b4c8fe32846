//! What the fuzz targets share: cases out of a fuzzer's bytes, and comparisons with the oracle.
//!
//! A target reads a case in a fixed order, front to back; missing bytes read as zero, so that short inputs are whole cases. Whatever
//! a target finds is a panic. Tolerances are those of `basinet_conformance::tolerance`; what is not in that table is derived where it
//! stands.
#![forbid(unsafe_code)]

pub mod check;
pub mod draw;
pub mod memory;

use basinet_conformance::oracle::Map;
use basinet_core::{Scratch, Separation, Softmax, Sparsemax};

/// Scratch memory on the heap. What it holds at first must not matter, so it is NaN.
pub struct Work {
    sums: Vec<f32>,
    scores: Vec<f32>,
    rows: Vec<u32>,
    work: Vec<f32>,
}

impl Work {
    /// Room for rows of `width` numbers and for `candidates`, with `work` places for the search of a threshold.
    pub fn new(width: usize, candidates: usize, work: usize) -> Self {
        let numbers = |n| vec![f32::NAN; n];
        Self { sums: numbers(3 * width), scores: numbers(candidates), rows: vec![u32::MAX; candidates], work: numbers(work) }
    }

    pub fn scratch(&mut self) -> Scratch<'_> {
        Scratch::new(&mut self.sums, &mut self.scores, &mut self.rows, &mut self.work)
    }
}

/// Something to be done with a separation whose passes can be merged.
pub trait WithSeparation {
    fn with<S: Separation + PartialEq>(self, separation: S);
}

/// Does `job` with the separation that the oracle calls `map`.
pub fn with_separation(map: Map, job: impl WithSeparation) {
    match map {
        Map::Softmax => job.with(Softmax),
        Map::Sparsemax => job.with(Sparsemax),
    }
}

/// The bits of many numbers: NaN equals NaN, and +0 is not -0.
pub fn bits(numbers: &[f32]) -> Vec<u32> {
    numbers.iter().map(|x| x.to_bits()).collect()
}

/// The same numbers in f64.
pub fn wide(numbers: &[f32]) -> Vec<f64> {
    numbers.iter().map(|&x| f64::from(x)).collect()
}
