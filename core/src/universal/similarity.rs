//! The similarities: how alike a row and a query are, larger for nearer.

use super::divergence::{Divergence, total};
use crate::dispatch::Kernels;
use crate::error::Error;
use crate::patterns::Rows;
use crate::similarity::{Cosine, Similarity as _};

/// A similarity. Rows are x, the query is q; for divergences both are divided by their sums first, p and r then, and must not be negative.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Similarity {
    /// `sum_j x_j q_j`. Error as [`Dot`](crate::Dot).
    Dot,
    /// `x . q / (|x| |q|)`, 0 for zeros. Error as [`Cosine`](crate::Cosine).
    Cosine,
    /// `1 / sum_j (q_j - x_j)^2`. Relative error as [`SquaredDistance`](crate::SquaredDistance), and eps.
    InverseSquaredDistance,
    /// `1 / sum_j |q_j - x_j|`. Relative error at most `(ceil(D/16) + 6) eps`, eps = 2^-24 (derived).
    InverseManhattan,
    /// `1 / sum_j p_j ln(p_j / r_j)`, the divergence of the row from the query: 0 where the row has something that the query has not.
    InverseDivergence,
    /// `1 / sum_j r_j ln(r_j / p_j)`, that of the query from the row: 0 where the query has something that the row has not. For queries of
    /// which a part was set to zero.
    InverseReverseDivergence,
    /// `2 / sum_j (p_j - r_j) ln(p_j / r_j)`, the inverse of the mean of both.
    InverseSymmetricDivergence,
}

impl Similarity {
    /// All of them.
    pub const ALL: [Self; 7] = [
        Self::Dot,
        Self::Cosine,
        Self::InverseSquaredDistance,
        Self::InverseManhattan,
        Self::InverseDivergence,
        Self::InverseReverseDivergence,
        Self::InverseSymmetricDivergence,
    ];

    fn divergence(self) -> Option<Divergence> {
        match self {
            Self::InverseDivergence => Some(Divergence::Forward),
            Self::InverseReverseDivergence => Some(Divergence::Reverse),
            Self::InverseSymmetricDivergence => Some(Divergence::Symmetric),
            _ => None,
        }
    }

    /// What a divergence divides the query by.
    ///
    /// # Errors
    /// [`Error::NoDistribution`].
    pub(super) fn query_total(self, query: &[f32]) -> Result<f64, Error> {
        if self.divergence().is_some() { total(query.iter().map(|&x| f64::from(x)), None) } else { Ok(1.0) }
    }

    /// The scores of the rows from `from` on; the query comes with its [`total`](Self::query_total).
    ///
    /// # Errors
    /// [`Error::ScoreNotFinite`], [`Error::NoDistribution`].
    pub(super) fn block<K: Kernels, R: Rows>(
        self,
        kernels: K,
        rows: &R,
        from: usize,
        query: (&[f32], f64),
        scores: &mut [f32],
    ) -> Result<(), Error> {
        match self {
            Self::Dot => rows.scores(kernels, from, query.0, scores, false),
            Self::Cosine => Cosine.scores(kernels, rows, from, query.0, scores, false),
            Self::InverseSquaredDistance => rows.distances(kernels, from, query.0, scores, false),
            Self::InverseManhattan => rows.manhattan(kernels, from, query.0, scores),
            Self::InverseDivergence | Self::InverseReverseDivergence | Self::InverseSymmetricDivergence => {
                let divergence = self.divergence().unwrap_or(Divergence::Symmetric);
                for (row, score) in (from..).zip(scores) {
                    *score = (1.0 / divergence.of(rows, row, query)?) as f32;
                }
                return Ok(());
            }
        }
        for (row, score) in (from..).zip(scores) {
            if !score.is_finite() {
                return Err(Error::ScoreNotFinite { row });
            }
            *score = if matches!(self, Self::Dot | Self::Cosine) { *score + 0.0 } else { 1.0 / (0.0 - *score) };
        }
        Ok(())
    }
}
