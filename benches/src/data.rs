//! The data that is measured on: unit patterns, and queries at a stated cosine to one of them. Seeded, so every run has the same.

use basinet::{Beta, Error, Memory, Model, Patterns, Softmax};
use rand::{Rng, RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// The separations that are measured; the first two are what the others are measured in.
pub const SEPARATIONS: [&str; 13] = [
    "softmax",
    "sparsemax",
    "softmax1",
    "entmax:1.5",
    "entmax:1.01",
    "entmax:1.25",
    "entmax:1.75",
    "entmax:3",
    "normmax:2",
    "normmax:5",
    "topk:8",
    "ksubsets:4",
    "hardmax",
];

/// A seeded generator: ChaCha with 8 rounds.
pub fn generator(seed: u64) -> ChaCha8Rng {
    ChaCha8Rng::seed_from_u64(seed)
}

/// A number with mean 0 and variance 1: the sum of twelve uniform ones less six.
pub fn number(rng: &mut impl Rng) -> f32 {
    (0..12).map(|_| rng.random::<f32>()).sum::<f32>() - 6.0
}

/// `count` numbers of standard deviation `spread`.
pub fn numbers(rng: &mut impl Rng, count: usize, spread: f32) -> Vec<f32> {
    (0..count).map(|_| spread * number(rng)).collect()
}

/// A vector of norm 1.
pub fn unit(rng: &mut impl Rng, dim: usize) -> Vec<f32> {
    let mut row = numbers(rng, dim, 1.0);
    let norm = row.iter().map(|x| x * x).sum::<f32>().sqrt();
    row.iter_mut().for_each(|x| *x /= norm);
    row
}

/// A memory of `count` unit patterns of `dim` numbers.
///
/// # Errors
/// As [`Memory::from_rows`].
pub fn memory(rng: &mut impl Rng, count: usize, dim: usize) -> Result<Memory, Error> {
    let mut data = Vec::with_capacity(count * dim);
    for _ in 0..count {
        data.extend(unit(rng, dim));
    }
    Memory::from_rows(dim, &data)
}

/// Numbers that begin at a cache line, as those of a [`Memory`] do.
pub struct Aligned {
    room: Vec<f32>,
    begin: usize,
    count: usize,
}

impl std::ops::Deref for Aligned {
    type Target = [f32];
    fn deref(&self) -> &[f32] {
        &self.room[self.begin..self.begin + self.count]
    }
}

/// The patterns as one list of numbers, row after row.
pub fn rows(patterns: &Patterns<'_>) -> Aligned {
    let count = patterns.count() * patterns.dim();
    let mut room = vec![0.0; count + 16];
    let begin = room.as_ptr().align_offset(64).min(16);
    for (numbers, i) in room[begin..begin + count].chunks_exact_mut(patterns.dim()).zip(0..) {
        numbers.copy_from_slice(patterns.row(i).unwrap_or(&[]));
    }
    Aligned { room, begin, count }
}

/// A unit vector at cosine 0.9 to `pattern`.
pub fn query(rng: &mut impl Rng, pattern: &[f32]) -> Vec<f32> {
    query_at(rng, pattern, 0.9)
}

/// A unit vector at this cosine to `pattern`.
pub fn query_at(rng: &mut impl Rng, pattern: &[f32], cosine: f64) -> Vec<f32> {
    let mut other = unit(rng, pattern.len());
    let along: f32 = other.iter().zip(pattern).map(|(a, b)| a * b).sum();
    other.iter_mut().zip(pattern).for_each(|(a, b)| *a -= along * b);
    let norm = other.iter().map(|x| x * x).sum::<f32>().sqrt();
    let (cosine, sine) = (cosine as f32, (1.0 - cosine * cosine).sqrt() as f32);
    pattern.iter().zip(&other).map(|(p, o)| cosine * p + sine * o / norm).collect()
}

/// Queries at cosine 0.9 to patterns all over a memory, with their rows; the fewer, the larger it is.
///
/// # Errors
/// [`Error::Empty`].
pub fn queries(rng: &mut impl Rng, memory: &Memory) -> Result<Vec<(usize, Vec<f32>)>, Error> {
    let patterns = memory.patterns()?;
    let (count, dim) = (patterns.count(), patterns.dim());
    let rows = (0..100.min(20_000_000 / (count * dim)).max(3)).map(|i| i * (count / 128) + 5);
    Ok(rows.map(|row| (row, query(rng, patterns.row(row).unwrap_or(&[])))).collect())
}

/// The retrieving beta of a memory: the smallest 2^(k/2) at which softmax gives the right pattern a weight of at least 0.99 for 99 % of
/// `queries` (pairs of row and query).
///
/// # Errors
/// As [`Memory::recall`].
pub fn retrieving_beta(memory: &Memory, queries: &[(usize, Vec<f32>)]) -> Result<f32, Error> {
    let mut beta = 1.0;
    loop {
        let model = Model::new(Beta::new(beta)?, Softmax);
        let mut missed = 0;
        for (row, query) in queries {
            let step = memory.recall(&model, query)?.step;
            missed += usize::from(step.winner != *row || step.weight < 0.99);
        }
        if missed * 100 <= queries.len() || beta > 1e6 {
            return Ok(beta);
        }
        beta *= core::f32::consts::SQRT_2;
    }
}
