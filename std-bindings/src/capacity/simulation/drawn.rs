//! The patterns of a sample, drawn in pieces and recalled from in pieces.
//!
//! A piece is what one thread draws or reads. How many there are depends on P and N alone, so that nothing depends on the threads. Softmax
//! over all patterns is the mean of the pieces' recalls, each weighted by its sum of exponentials: with `c_k = ln sum exp(z)` over piece k
//!
//! ```text
//! x = sum_k exp(c_k) x_k / sum_k exp(c_k)
//! ```

use super::{Error, Point};
use crate::capacity::Ensemble;
use crate::random::Random;
use crate::{Recalled, batch};
use basinet_core::{Beta, Cosine, Hardmax, Model, Patterns, Softmax, beta};
use rayon::prelude::*;

/// Numbers of a piece, at most, but for rounding up to whole patterns. It is part of what a seed means.
const PIECE: usize = 1 << 21;

/// A temperature for those who bring their own, or need none.
const ONE: Beta = beta!(1.0);

/// Patterns, P x N, row-major; the first is the one that is tested.
pub struct Drawn {
    seed: u32,
    neurons: usize,
    /// Numbers of a piece: whole patterns.
    piece: usize,
    data: Vec<f32>,
}

impl Point {
    /// True where the patterns are a single piece, and a sample the work of a single thread.
    pub(super) fn is_small(&self) -> bool {
        self.pieces() == 1
    }

    fn pieces(&self) -> usize {
        self.neurons.saturating_mul(self.patterns).div_ceil(PIECE).max(1)
    }
}

impl Drawn {
    /// # Errors
    /// [`Error::NoMemory`].
    pub fn new(point: &Point, seed: u32) -> Result<Self, Error> {
        let (neurons, count) = (point.neurons, point.patterns * point.neurons);
        let mut data = Vec::new();
        data.try_reserve_exact(count).map_err(|_| Error::NoMemory { numbers: count })?;
        data.resize(count, 0.0);
        let mut drawn = Self { seed, neurons, piece: point.patterns.div_ceil(point.pieces()) * neurons, data };
        let random = |piece| random(point.patterns, neurons, seed, piece);
        drawn.data.par_chunks_mut(drawn.piece).enumerate().for_each(|(piece, rows)| {
            let mut random = random(piece as u32);
            for row in rows.chunks_exact_mut(neurons) {
                row.iter_mut().for_each(|number| *number = random.normal());
                if point.ensemble == Ensemble::Spherical {
                    to_sphere(row);
                }
            }
        });
        // On the sphere already, or the one that is to be there.
        to_sphere(&mut drawn.data[..neurons]);
        Ok(drawn)
    }

    /// xi^1.
    pub fn tested(&self) -> &[f32] {
        &self.data[..self.neurons]
    }

    /// The overlap `x.xi^1 / N`.
    pub fn overlap(&self, state: &[f32]) -> f64 {
        dot(state, self.tested()) / self.neurons as f64
    }

    /// A random direction orthogonal to xi^1, N numbers of norm 1.
    pub fn orthogonal(&self) -> Vec<f64> {
        let mut random = random(self.data.len() / self.neurons, self.neurons, self.seed, u32::MAX);
        let normals = random.normals(self.neurons);
        let along = self.overlap(&normals);
        let mut direction: Vec<f64> = normals.iter().zip(self.tested()).map(|(&x, &y)| f64::from(x) - along * f64::from(y)).collect();
        let norm = direction.iter().map(|x| x * x).sum::<f64>().sqrt();
        direction.iter_mut().for_each(|x| *x /= norm);
        direction
    }

    /// The scores `x.xi^mu` of xi^1 with all patterns, P numbers.
    pub fn scores(&self) -> Result<Vec<f32>, Error> {
        let (model, mut scores) = (Model::new(ONE, Softmax), vec![0.0; self.data.len() / self.neurons]);
        let pieces = self.data.par_chunks(self.piece).zip(scores.par_chunks_mut(self.piece / self.neurons));
        pieces.try_for_each(|(rows, scores)| model.scores(&Patterns::new(rows, self.neurons)?, self.tested(), scores))?;
        Ok(scores)
    }

    /// The recalls from `queries`, Q x N, by softmax of dot products at inverse temperature 1: Q x N numbers.
    pub fn recall(&self, queries: &[f32]) -> Result<Vec<f32>, Error> {
        let model = Model::new(ONE, Softmax);
        let pieces = self.data.par_chunks(self.piece);
        let recalled = pieces.map(|rows| batch::recall(&model, &Patterns::new(rows, self.neurons)?, None, queries));
        let recalled = recalled.collect::<Vec<_>>().into_iter().collect::<Result<Vec<_>, basinet_core::Error>>()?;
        Ok((0..queries.len() / self.neurons).flat_map(|query| merged(&recalled, query)).collect())
    }

    /// The pattern nearest to xi^1 by cosine, of the others.
    pub fn nearest(&self) -> Result<&[f32], Error> {
        let (model, others) = (Model::new(ONE, Hardmax).with(Cosine), &self.data[self.neurons..]);
        let pieces = others.par_chunks(self.piece);
        let steps = pieces.map(|rows| {
            let recalled = batch::recall(&model, &Patterns::new(rows, self.neurons)?, None, self.tested())?;
            Ok(recalled.into_iter().map(|recalled| &rows[recalled.step.winner * self.neurons..][..self.neurons]).collect::<Vec<_>>())
        });
        let nearest = steps.collect::<Vec<_>>().into_iter().collect::<Result<Vec<_>, basinet_core::Error>>()?;
        let nearest = nearest.into_iter().flatten().max_by(|a, b| self.cosine(a).total_cmp(&self.cosine(b)));
        nearest.ok_or(basinet_core::Error::Empty.into())
    }

    /// The cosine between xi^1 and another pattern.
    pub fn cosine(&self, pattern: &[f32]) -> f64 {
        dot(self.tested(), pattern) / (dot(self.tested(), self.tested()) * dot(pattern, pattern)).sqrt()
    }
}

/// The numbers of a piece, or those that are no patterns.
fn random(patterns: usize, neurons: usize, seed: u32, piece: u32) -> Random {
    Random::new(u64::from(seed) << 32 | u64::from(piece), (neurons as u64) << 32 | patterns as u64)
}

/// Scales a pattern to `|xi|^2 = N`.
fn to_sphere(row: &mut [f32]) {
    let scale = (row.len() as f64 / dot(row, row)).sqrt();
    row.iter_mut().for_each(|number| *number = (f64::from(*number) * scale) as f32);
}

fn dot(a: &[f32], b: &[f32]) -> f64 {
    a.iter().zip(b).map(|(&a, &b)| f64::from(a) * f64::from(b)).sum()
}

/// One recall from all pieces.
fn merged(pieces: &[Vec<Recalled>], query: usize) -> Vec<f32> {
    let of_query = || pieces.iter().map(|piece| &piece[query]);
    let most = of_query().map(|recalled| recalled.step.conjugate).fold(f64::NEG_INFINITY, f64::max);
    let weights: Vec<f64> = of_query().map(|recalled| libm::exp(recalled.step.conjugate - most)).collect();
    let (total, width) = (weights.iter().sum::<f64>(), pieces.first().map_or(0, |piece| piece[query].state.len()));
    let number = |j: usize| of_query().zip(&weights).map(|(recalled, weight)| weight * f64::from(recalled.state[j])).sum::<f64>() / total;
    (0..width).map(|j| number(j) as f32).collect()
}
