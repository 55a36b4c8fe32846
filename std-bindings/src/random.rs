//! Random numbers by a seed and what they are for.

use rand::seq::SliceRandom;
use rand::{Rng, RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution, Poisson, StandardNormal};

/// The generator of a seed for one purpose: a stream of its own, so that no number depends on what else is drawn.
pub struct Random(ChaCha8Rng);

impl Random {
    pub fn new(seed: u64, stream: u64) -> Self {
        let mut random = ChaCha8Rng::seed_from_u64(seed);
        random.set_stream(stream);
        Self(random)
    }

    /// From the standard normal distribution.
    pub fn normal(&mut self) -> f32 {
        StandardNormal.sample(&mut self.0)
    }

    /// So many from the standard normal distribution.
    pub fn normals(&mut self, count: usize) -> Vec<f32> {
        (0..count).map(|_| self.normal()).collect()
    }

    /// Uniform within -1 and 1.
    pub fn centred(&mut self) -> f32 {
        self.0.random_range(-1.0..=1.0)
    }

    /// One time out of two.
    pub fn coin(&mut self) -> bool {
        self.0.random()
    }

    /// 64 coins.
    pub fn word(&mut self) -> u64 {
        self.0.next_u64()
    }

    /// How many events there are where so many are expected; none where that is no number above zero.
    pub fn events(&mut self, expected: f64) -> usize {
        Poisson::new(expected).map_or(0, |poisson: Poisson<f64>| poisson.sample(&mut self.0) as usize)
    }

    /// A number below `count`.
    pub fn below(&mut self, count: usize) -> usize {
        self.0.random_range(0..count)
    }

    /// The numbers below `count` in a random order.
    pub fn order(&mut self, count: usize) -> Vec<usize> {
        let mut order: Vec<usize> = (0..count).collect();
        order.shuffle(&mut self.0);
        order
    }
}
