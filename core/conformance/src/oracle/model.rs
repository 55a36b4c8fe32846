//! A separation between a similarity and a post-transformation: one step, and the energy that it lowers.

use super::{Map, Post, Rows, Similarity, dot, read_out, scores};
use std::vec::Vec;

/// What one step from a state yields.
#[derive(Clone, Debug)]
pub struct Recall {
    /// s, M numbers, also for rows that are not kept.
    pub scores: Vec<f64>,
    /// p, M numbers, zero for rows that are not kept.
    pub weights: Vec<f64>,
    /// How many kept rows have a weight, as [`Map::support`] counts them.
    pub support: usize,
    /// tau as [`Map::threshold`] has it.
    pub threshold: Option<f64>,
    /// Omega*(z) over the kept rows.
    pub conjugate: f64,
    /// x' = post(V^T p).
    pub state: Vec<f64>,
}

/// A map at an inverse temperature, between a similarity and a post-transformation.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Model<'a> {
    /// p = map(beta s).
    pub map: Map<'a>,
    /// The inverse temperature.
    pub beta: f64,
    /// s.
    pub similarity: Similarity,
    /// post.
    pub post: Post,
}

impl<'a> Model<'a> {
    /// Dot products and no post-transformation.
    #[must_use]
    pub fn new(map: Map<'a>, beta: f64) -> Self {
        Model { map, beta, similarity: Similarity::Dot, post: Post::Identity }
    }

    /// One step from `query` over the rows of `keys` that `kept` names (all where `None`), reading out `values`. Caps of a
    /// [`Map::Constrained`] are one for each row of `keys`, also for those that are not kept.
    #[must_use]
    pub fn recall(self, keys: Rows<'_>, values: Rows<'_>, kept: Option<&[usize]>, query: &[f64]) -> Recall {
        let scores = self.similarity.scores(keys, query);
        let all: Vec<usize> = (0..scores.len()).collect();
        let kept = kept.unwrap_or(&all);
        let at = |of: &[f64]| -> Vec<f64> { kept.iter().filter_map(|&i| of.get(i)).copied().collect() };
        let caps = if let Map::Constrained(caps) = self.map { at(caps) } else { Vec::new() };
        let map = if let Map::Constrained(_) = self.map { Map::Constrained(&caps) } else { self.map };
        let (beta, s) = (self.beta, at(&scores));
        let mut weights = vec![0.0; scores.len()];
        for (&i, p) in kept.iter().zip(map.weights_at(beta, &s)) {
            weights[i] = p;
        }
        let state = self.post.apply(&read_out(&weights, values));
        let (threshold, conjugate, support) = (map.threshold_at(beta, &s), map.conjugate_at(beta, &s), map.support_at(beta, &s));
        Recall { weights, support, threshold, conjugate, state, scores }
    }

    /// The energy with its constants, 0 or more for softmax and dot products; it never rises from one step to the next where
    /// the rows are both keys and values.
    ///
    /// ```text
    /// dot product                 E(x) = Psi(x) - (Omega*(beta X x) - Omega*(0))/beta
    /// negative squared distance   E(x) = (Omega*(0) - Omega*(beta s))/(2 beta), whose gradient is x - x'; without a post-transformation
    /// ```
    ///
    /// `None` for the others.
    #[must_use]
    pub fn energy(self, rows: Rows<'_>, state: &[f64]) -> Option<f64> {
        let raised = self.map.raised_at(self.beta, &self.similarity.scores(rows, state));
        match (self.similarity, self.post) {
            (Similarity::Dot, post) => Some(post.potential(rows, state) - raised),
            (Similarity::NegativeSquaredDistance, Post::Identity) => Some(-raised / 2.0),
            _ => None,
        }
    }
}

/// One step with dot products and no post-transformation; see [`Model::recall`].
#[must_use]
pub fn recall(map: Map<'_>, beta: f64, keys: Rows<'_>, values: Rows<'_>, kept: Option<&[usize]>, query: &[f64]) -> Recall {
    Model::new(map, beta).recall(keys, values, kept, query)
}

/// E0(x) = |x|^2/2 - Omega*(beta X x)/beta.
#[must_use]
pub fn energy0(map: Map<'_>, beta: f64, rows: Rows<'_>, state: &[f64]) -> f64 {
    dot(state, state) / 2.0 - map.conjugate_at(beta, &scores(rows, state)) / beta
}

/// E(x) = |x|^2/2 + r^2/2 - (Omega*(beta X x) - Omega*(0))/beta: no large terms cancel.
#[must_use]
pub fn energy(map: Map<'_>, beta: f64, rows: Rows<'_>, state: &[f64]) -> f64 {
    Post::Identity.potential(rows, state) - map.raised_at(beta, &scores(rows, state))
}
