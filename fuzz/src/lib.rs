//! What the fuzz targets share: cases out of a fuzzer's bytes, and comparisons with the oracle.
//!
//! A target reads a case in a fixed order, front to back; missing bytes read as zero, so that short inputs are whole cases. Whatever
//! a target finds is a panic. Tolerances are those of `basinet_conformance::tolerance`; what is not in that table is derived where it
//! stands.
#![forbid(unsafe_code)]

pub mod check;
pub mod draw;
pub mod family;
pub mod memory;

use basinet_core::{Error, Scratch, Step};

/// Scratch memory on the heap. What it holds at first must not matter, so it is NaN.
pub struct Work {
    sums: Vec<f32>,
    scores: Vec<f32>,
    rows: Vec<u32>,
    work: Vec<f32>,
    states: Vec<f32>,
}

impl Work {
    /// Room for rows of `width` numbers and for `candidates`, with `work` places for the search of a threshold.
    pub fn new(width: usize, candidates: usize, work: usize) -> Self {
        let numbers = |n| vec![f32::NAN; n];
        Self {
            sums: numbers(3 * width),
            scores: numbers(candidates),
            rows: vec![u32::MAX; candidates],
            work: numbers(work),
            states: numbers(3 * width),
        }
    }

    pub fn scratch(&mut self) -> Scratch<'_> {
        Scratch::new(&mut self.sums, &mut self.scores, &mut self.rows, &mut self.work).with_states(&mut self.states)
    }
}

/// Numbers in bits, or why there are none.
pub type Bits = Result<Vec<u32>, Error>;
/// Numbers in bits and the step that gave them, but for how often it read the rows, which room may change.
pub type Stepped = Result<(Vec<u32>, Step), Error>;

/// The bits of an output, and the step without its passes.
pub fn stepped(out: &[f32], step: Result<Step, Error>) -> Stepped {
    let mut step = step?;
    step.passes = 0;
    Ok((bits(out), step))
}

/// The numbers of bits.
pub fn floats(bits: &[u32]) -> Vec<f32> {
    bits.iter().map(|&bits| f32::from_bits(bits)).collect()
}

/// The bits of many numbers: NaN equals NaN, and +0 is not -0.
pub fn bits(numbers: &[f32]) -> Vec<u32> {
    numbers.iter().map(|x| x.to_bits()).collect()
}

/// The same numbers in f64.
pub fn wide(numbers: &[f32]) -> Vec<f64> {
    numbers.iter().map(|&x| f64::from(x)).collect()
}
