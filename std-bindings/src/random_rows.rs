//! Rows to project on: what [`PositiveRandomFeatures`](crate::PositiveRandomFeatures) and
//! [`ReluRandomFeatures`](crate::ReluRandomFeatures) are made of.
//!
//! r rows of D numbers, row-major, from the standard normal distribution by the generator ChaCha8 begun with a seed: the same numbers for
//! the same seed, as long as `rand_distr` draws them as it does. It takes logarithms and exponentials from the system, for a few draws in
//! a hundred: machines whose last bits of those differ may, rarely, have other rows. Firmware has rows of record in flash.
//!
//! ```
//! use basinet::{PositiveRandomFeatures, Superposition, beta, random_rows};
//! let (dim, count) = (8, 64);
//! let features = PositiveRandomFeatures::new(random_rows::orthogonal(count, dim, 1), dim, beta!(1.0))?;
//! let state = vec![0.0; Superposition::<()>::numbers(count, dim)];
//! let mut room = vec![0.0; Superposition::<()>::room(count, dim)];
//! let mut memory = Superposition::new(features, dim, state)?;
//! memory.store(&[0.5; 8], &[0.5; 8], &mut room)?;
//! memory.store(&[-0.5; 8], &[-0.5; 8], &mut room)?;
//! let mut out = [0.0; 8];
//! memory.recall(&[0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.0], &mut out, &mut room)?;
//! assert!(out[7] > 0.3);
//! # Ok::<(), basinet::Error>(())
//! ```

use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution, StandardNormal};

/// Independent rows: the features of a pattern are independent, too. O(r D).
#[must_use]
pub fn gaussian(count: usize, dim: usize, seed: u64) -> Vec<f32> {
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    (0..numbers(count, dim)).map(|_| StandardNormal.sample(&mut random)).collect()
}

/// Rows that are orthogonal to each other, D at a time, each of a direction that is uniform and of a length like that of an independent row
/// (a chi variable of D degrees): every row by itself is as [`gaussian`] ones are, so that the kernel is as unbiased, and its variance is
/// no larger (Choromanski et al. 2021, theorem 2). By Gram-Schmidt, twice, in f64; O(r D^2).
#[must_use]
pub fn orthogonal(count: usize, dim: usize, seed: u64) -> Vec<f32> {
    let mut rows = Vec::with_capacity(numbers(count, dim));
    directions(count, dim, seed, |direction, length| rows.extend(direction.iter().map(|x| (x * length) as f32)));
    rows
}

/// How many; so many that there is no memory for them where their number is beyond a `usize`.
fn numbers(count: usize, dim: usize) -> usize {
    count.saturating_mul(dim)
}

/// The directions of [`orthogonal`] rows, of norm 1, one after the other, each with its length.
pub(crate) fn directions(count: usize, dim: usize, seed: u64, mut each: impl FnMut(&[f64], f64)) {
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let mut normals = || -> Vec<f64> { (0..dim).map(|_| StandardNormal.sample(&mut random)).collect() };
    let mut block = Vec::<Vec<f64>>::new();
    for _ in 0..count {
        if block.len() >= dim {
            block.clear();
        }
        let length = norm(&normals());
        let mut row = normals();
        // Once more takes off what rounding has left of the others the first time.
        for _ in 0..2 {
            for other in &block {
                let along: f64 = row.iter().zip(other).map(|(a, b)| a * b).sum();
                row.iter_mut().zip(other).for_each(|(x, u)| *x -= along * u);
            }
            let norm = norm(&row);
            row.iter_mut().for_each(|x| *x /= norm);
        }
        each(&row, length);
        block.push(row);
    }
}

fn norm(row: &[f64]) -> f64 {
    libm::sqrt(row.iter().map(|x| x * x).sum())
}
