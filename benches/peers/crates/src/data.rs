//! Unit patterns, queries at cosine 0.9 to some of them, and the retrieving beta. Seeded.

use basinet_core::{Beta, Error, Model, Patterns, Scratch, Separation, Softmax, Step};
use rand::{Rng, RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// How many queries there are.
pub const QUERIES: usize = 100;

/// Patterns, and queries with the rows that they are damaged from.
pub struct Memory {
    pub count: usize,
    pub dim: usize,
    pub patterns: Vec<f32>,
    pub queries: Vec<f32>,
    rows: Vec<usize>,
}

/// A vector of norm 1; each number the sum of twelve uniform ones less six.
fn unit(rng: &mut impl Rng, dim: usize) -> Vec<f32> {
    let mut row: Vec<f32> = (0..dim).map(|_| (0..12).map(|_| rng.random::<f32>()).sum::<f32>() - 6.0).collect();
    let norm = row.iter().map(|x| x * x).sum::<f32>().sqrt();
    row.iter_mut().for_each(|x| *x /= norm);
    row
}

/// A unit vector at cosine 0.9 to `pattern`.
fn damaged(rng: &mut impl Rng, pattern: &[f32]) -> Vec<f32> {
    let mut other = unit(rng, pattern.len());
    let along: f32 = other.iter().zip(pattern).map(|(a, b)| a * b).sum();
    other.iter_mut().zip(pattern).for_each(|(a, b)| *a -= along * b);
    let norm = other.iter().map(|x| x * x).sum::<f32>().sqrt();
    pattern.iter().zip(&other).map(|(p, o)| 0.9 * p + 0.19f32.sqrt() * o / norm).collect()
}

impl Memory {
    /// A memory of this shape.
    pub fn new(count: usize, dim: usize) -> Result<Self, Error> {
        let mut rng = ChaCha8Rng::seed_from_u64(1);
        let patterns: Vec<f32> = (0..count).flat_map(|_| unit(&mut rng, dim)).collect();
        let rows: Vec<usize> = (0..QUERIES).map(|_| rng.random_range(0..count)).collect();
        let view = Patterns::new(&patterns, dim)?;
        let queries = rows.iter().flat_map(|&row| damaged(&mut rng, view.row(row).unwrap_or(&[]))).collect();
        Ok(Self { count, dim, patterns, queries, rows })
    }

    /// The view that is recalled from.
    pub fn view(&self) -> Result<Patterns<'_>, Error> {
        Patterns::new(&self.patterns, self.dim)
    }

    /// The largest entry of a pattern.
    pub fn largest(&self) -> f64 {
        self.patterns.iter().fold(0.0, |most, &x| f64::from(x.abs()).max(most))
    }

    /// The query of this number.
    pub fn query(&self, number: usize) -> &[f32] {
        self.queries.chunks_exact(self.dim).nth(number).unwrap_or(&[])
    }

    /// The smallest 2^(k/2) at which softmax gives the right pattern a weight of at least 0.99 for 99 % of the queries.
    pub fn retrieving_beta(&self) -> Result<f32, Error> {
        let tried = (20_000_000 / self.patterns.len()).clamp(3, QUERIES);
        let (mut work, mut out) = (Work::new(self), vec![0.0; self.dim]);
        for half in 0..40 {
            let beta = 2f32.powf(half as f32 / 2.0);
            let mut missed = 0;
            for (number, &row) in self.rows.iter().enumerate().take(tried) {
                let step = work.recall(self, Softmax, beta, self.query(number), &mut out)?;
                missed += usize::from(step.winner != row || step.weight < 0.99);
            }
            if missed * 100 <= tried {
                return Ok(beta);
            }
        }
        Err(Error::Beta)
    }
}

/// Memory to recall in.
pub struct Work {
    sums: Vec<f32>,
    scores: Vec<f32>,
    rows: Vec<u32>,
    work: Vec<f32>,
}

impl Work {
    /// Enough for this memory.
    pub fn new(memory: &Memory) -> Self {
        let Memory { count, dim, .. } = *memory;
        Self { sums: vec![0.0; 3 * dim], scores: vec![0.0; count], rows: vec![0; count], work: vec![0.0; count] }
    }

    /// Our recall.
    pub fn recall<S: Separation>(&mut self, of: &Memory, separation: S, beta: f32, query: &[f32], out: &mut [f32]) -> Result<Step, Error> {
        let mut scratch = Scratch::new(&mut self.sums, &mut self.scores, &mut self.rows, &mut self.work);
        Model::new(Beta::new(beta)?, separation).step(&of.view()?, query, out, &mut scratch)
    }
}
