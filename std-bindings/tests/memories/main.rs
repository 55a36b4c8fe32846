//! Memories that own their patterns, against lists of rows and against the core's own steps.

mod batches;
mod binary;
mod compressed;
mod free;
mod kernel;
mod pairs;
mod panics;
mod settle;
mod storage;
mod threads;
mod wrong_inputs;

use basinet::Memory;
use rand::{Rng, RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

type Fallible = Result<(), Box<dyn std::error::Error>>;

/// The generator of one test.
fn random(seed: u64) -> ChaCha8Rng {
    ChaCha8Rng::seed_from_u64(seed)
}

/// So many numbers within +-1.
fn numbers(random: &mut impl Rng, count: usize) -> Vec<f32> {
    (0..count).map(|_| random.random_range(-1.0..=1.0)).collect()
}

/// A memory of `count` random rows of `dim` numbers.
fn memory(seed: u64, dim: usize, count: usize) -> Result<Memory, basinet::Error> {
    Memory::from_rows(dim, &numbers(&mut random(seed), dim * count))
}

fn bits(numbers: &[f32]) -> Vec<u32> {
    numbers.iter().map(|x| x.to_bits()).collect()
}
