//! Similarities: how alike a stored pattern and a state are.
//!
//! | type | `s_i` | energy of `x` (less its constant) | recall descends it |
//! | --- | --- | --- | --- |
//! | [`Dot`] | `x_i . x` | `\|x\|^2/2 - Omega*(beta s)/beta` | yes |
//! | [`SquaredDistance`] | `-\|x_i - x\|^2` | `-Omega*(beta s)/(2 beta)` | yes |
//! | [`Cosine`] | `x_i . x / (\|x_i\| \|x\|)` | none | not claimed |
//!
//! The gradient of both energies is `x - x'`, with `x' = sum_i p_i x_i` the next state: `grad Omega* = p`, and `grad s_i` is `x_i` for the
//! dot product, `2 (x_i - x)` for the distance (derived; Ramsauer et al. 2021, eq. 2, for the first). A step is a step of unit length down
//! the gradient, where the weights sum to one; those of softmax1 and k-subsets do not, and with squared distances their steps may rise.
//! With cosine the gradient is not `x - x'`, so there is no energy, and asking for one does not compile.

use crate::dispatch::Kernels;
use crate::error::Error;
use crate::kernels::{BLOCK, PANEL, TILE_SCORES, panel_length};
use crate::patterns::{Panels, Rows};
use core::fmt;

mod sealed {
    pub trait Sealed {}
}

/// A score for each row and query. Sealed.
pub trait Similarity: sealed::Sealed + Copy + Send + Sync + fmt::Debug {
    /// Scores of the rows from `from` on; `summed` says that the rows are summed next.
    #[doc(hidden)]
    fn scores<K: Kernels, R: Rows>(&self, kernels: K, rows: &R, from: usize, query: &[f32], out: &mut [f32], summed: bool);

    /// Scores of a block of rows, (first, how many), with whole panels, whose last 16 numbers are the queries' norms.
    #[doc(hidden)]
    fn panel_scores<K: Kernels, R: Panels>(&self, kernels: K, rows: &R, block: (usize, usize), panels: &[f32], out: &mut [f32]);

    /// The energy of a state less its constant, from half its squared norm and `Omega*(beta s)/beta`; `None` where there is no energy.
    #[doc(hidden)]
    fn energy0(&self, half_square_norm: f64, conjugate_over_beta: f64) -> Option<f64>;
}

/// A similarity whose recall descends an energy: a step never raises it, and its gradient is `x - x'`. Sealed.
///
/// ```compile_fail
/// fn descends(_: impl basinet_core::Descends) {}
/// descends(basinet_core::Cosine);
/// ```
pub trait Descends: Similarity {
    /// The energy of a state, constant included: from half its squared norm, `(Omega*(beta s) - Omega*(0))/beta`, and the largest norm of a
    /// pattern.
    #[doc(hidden)]
    fn energy(&self, half_square_norm: f64, raised_conjugate_over_beta: f64, max_norm: f64) -> f64;
}

/// The dot product, `s_i = sum_j x_ij q_j`: the similarity of the modern Hopfield network.
///
/// Error: at most `(ceil(D/16) + 5) eps sum_j |x_ij q_j| + D 2^-149`, eps = 2^-24 (derived). O(D) a row. Ramsauer et al. 2021.
///
/// ```
/// # use basinet_core::{Descends, Dot, Similarity};
/// fn descends<Q: Descends>(similarity: Q) -> impl Similarity {
///     similarity
/// }
/// descends(Dot);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Dot;

impl sealed::Sealed for Dot {}

impl Similarity for Dot {
    fn scores<K: Kernels, R: Rows>(&self, kernels: K, rows: &R, from: usize, query: &[f32], out: &mut [f32], summed: bool) {
        rows.scores(kernels, from, query, out, summed);
    }

    fn panel_scores<K: Kernels, R: Panels>(&self, kernels: K, rows: &R, block: (usize, usize), panels: &[f32], out: &mut [f32]) {
        rows.panel_scores(kernels, block, panels, out);
    }

    fn energy0(&self, half_square_norm: f64, conjugate_over_beta: f64) -> Option<f64> {
        Some(half_square_norm - conjugate_over_beta + 0.0)
    }
}

impl Descends for Dot {
    /// `|x|^2/2 + m^2/2 - r`.
    fn energy(&self, half_square_norm: f64, raised_conjugate_over_beta: f64, max_norm: f64) -> f64 {
        half_square_norm + max_norm * max_norm / 2.0 - raised_conjugate_over_beta + 0.0
    }
}

/// The negative squared distance, `s_i = -sum_j (x_ij - q_j)^2`: the pattern nearest to the query has the largest score, whatever its norm.
///
/// Softmax recall with it is the mean-shift step of a Gaussian kernel, `exp(-beta |x_i - x|^2)`. An exact match scores +0, everything else
/// at most that; a distance whose square is beyond f32 is a score that is not finite.
///
/// Error: at most `(ceil(D/16) + 7) eps sum_j (x_ij - q_j)^2 + D 2^-149`, eps = 2^-24: the difference and its square are rounded, then
/// summed as in [`Dot`] (derived). O(D) a row. Source: derived; the energy is `(Omega*(0) - Omega*(beta s))/(2 beta)`.
///
/// ```
/// # use basinet_core::{Descends, Similarity, SquaredDistance};
/// fn descends<Q: Descends>(similarity: Q) -> impl Similarity {
///     similarity
/// }
/// descends(SquaredDistance);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SquaredDistance;

impl sealed::Sealed for SquaredDistance {}

impl Similarity for SquaredDistance {
    fn scores<K: Kernels, R: Rows>(&self, kernels: K, rows: &R, from: usize, query: &[f32], out: &mut [f32], summed: bool) {
        rows.distances(kernels, from, query, out, summed);
    }

    fn panel_scores<K: Kernels, R: Panels>(&self, kernels: K, rows: &R, block: (usize, usize), panels: &[f32], out: &mut [f32]) {
        rows.panel_distances(kernels, block, panels, out);
    }

    fn energy0(&self, _: f64, conjugate_over_beta: f64) -> Option<f64> {
        Some(0.0 - conjugate_over_beta / 2.0)
    }
}

impl Descends for SquaredDistance {
    /// `-r/2`.
    fn energy(&self, _: f64, raised_conjugate_over_beta: f64, _: f64) -> f64 {
        0.0 - raised_conjugate_over_beta / 2.0
    }
}

/// The cosine of the angle between pattern and query, `s_i = (x_i . q) / (sqrt(x_i . x_i) sqrt(q . q))`. A vector of zeros scores +0.
///
/// Three sums in f32, two roots, one product, one division. A row or query whose squared norm is beyond f32 (entries from about 1e19 on) or
/// that holds a number that is not finite has scores that are not finite; one whose squares all underflow (entries below about 1e-23)
/// counts as zeros. No energy, see [`Descends`].
///
/// Error: at most `(2 ceil(D/16) + 15) eps`, eps = 2^-24, for D up to 2^15 and where both norms are at least `sqrt(D) 2^-60`, so that no
/// underflow counts: the dot product is off by `(ceil(D/16) + 5) eps |x_i| |q|`, and so, relatively, is each squared norm, half of which
/// is left after the root; four more roundings, and one eps for products of errors (derived). O(D) a row, which is read twice while it is
/// in the cache. Source: derived.
///
/// ```
/// # use basinet_core::{Cosine, Similarity};
/// fn compares(_: impl Similarity) {}
/// compares(Cosine);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Cosine;

impl sealed::Sealed for Cosine {}

impl Similarity for Cosine {
    fn scores<K: Kernels, R: Rows>(&self, kernels: K, rows: &R, from: usize, query: &[f32], out: &mut [f32], summed: bool) {
        let query_norm = libm::sqrtf(kernels.dot(query, query));
        let mut square_norms = [0.0; BLOCK];
        for (block, out) in out.chunks_mut(BLOCK).enumerate() {
            let from = from.saturating_add(block * BLOCK);
            let width = rows.count().saturating_sub(from);
            rows.scores(kernels, from, query, out, summed);
            rows.square_norms(kernels, from, square_norms.get_mut(..out.len()).unwrap_or(&mut []));
            for (score, &square_norm) in out.iter_mut().zip(&square_norms).take(width) {
                *score = cosine(*score, libm::sqrtf(square_norm) * query_norm);
            }
        }
    }

    fn panel_scores<K: Kernels, R: Panels>(&self, kernels: K, rows: &R, block: (usize, usize), panels: &[f32], out: &mut [f32]) {
        let mut square_norms = [0.0; BLOCK];
        rows.panel_scores(kernels, block, panels, out);
        rows.square_norms(kernels, block.0, square_norms.get_mut(..block.1).unwrap_or(&mut []));
        for (panel, out) in panels.chunks_exact(panel_length(rows.dim()).max(1)).zip(out.chunks_exact_mut(TILE_SCORES)) {
            let Some(query_norms) = panel.last_chunk::<PANEL>() else { break };
            for (scores, &square_norm) in out.as_chunks_mut::<PANEL>().0.iter_mut().zip(&square_norms).take(block.1) {
                let norm = libm::sqrtf(square_norm);
                for (score, query_norm) in scores.iter_mut().zip(query_norms) {
                    *score = cosine(*score, norm * query_norm);
                }
            }
        }
    }

    fn energy0(&self, _: f64, _: f64) -> Option<f64> {
        None
    }
}

/// `dot / norms`, +0 where `norms` is 0, and not finite where either is not: a division by infinity would hide it.
///
/// A product of roots that are not 0 does not underflow to 0, and where one is 0 the dot product is finite.
fn cosine(dot: f32, norms: f32) -> f32 {
    if norms == 0.0 {
        0.0
    } else if norms.is_finite() {
        dot / norms + 0.0
    } else {
        f32::INFINITY
    }
}

/// Any similarity: one that is known only when the program runs, from a file, a command line, another language.
///
/// It is printed and parsed as `dot cosine squared-distance`.
///
/// ```
/// use basinet_core::{AnySimilarity, Cosine};
/// assert_eq!("cosine".parse(), Ok(AnySimilarity::from(Cosine)));
/// assert_eq!(AnySimilarity::SquaredDistance.name(), "squared-distance");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum AnySimilarity {
    /// The dot product.
    Dot,
    /// The cosine.
    Cosine,
    /// The negative squared distance.
    SquaredDistance,
}

/// Work that can be done with any similarity.
pub trait WithSimilarity {
    /// What it gives.
    type Output;
    /// Does the work.
    fn run<Q: Similarity>(self, similarity: Q) -> Self::Output;
}

impl AnySimilarity {
    /// Does `job` with the similarity that this is.
    ///
    /// ```
    /// use basinet_core::{AnySimilarity, Similarity, WithSimilarity};
    /// struct Shown;
    /// impl WithSimilarity for Shown {
    ///     type Output = String;
    ///     fn run<Q: Similarity>(self, similarity: Q) -> String {
    ///         format!("{similarity:?}")
    ///     }
    /// }
    /// assert_eq!(AnySimilarity::Dot.run(Shown), "Dot");
    /// ```
    pub fn run<J: WithSimilarity>(self, job: J) -> J::Output {
        match self {
            Self::Dot => job.run(Dot),
            Self::Cosine => job.run(Cosine),
            Self::SquaredDistance => job.run(SquaredDistance),
        }
    }

    /// The name: `dot`, `cosine` or `squared-distance`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Dot => "dot",
            Self::Cosine => "cosine",
            Self::SquaredDistance => "squared-distance",
        }
    }
}

impl sealed::Sealed for AnySimilarity {}

/// One type for all: less code than [`run`](AnySimilarity::run), for a choice a block of rows.
impl Similarity for AnySimilarity {
    fn scores<K: Kernels, R: Rows>(&self, kernels: K, rows: &R, from: usize, query: &[f32], out: &mut [f32], summed: bool) {
        match self {
            Self::Dot => Dot.scores(kernels, rows, from, query, out, summed),
            Self::Cosine => Cosine.scores(kernels, rows, from, query, out, summed),
            Self::SquaredDistance => SquaredDistance.scores(kernels, rows, from, query, out, summed),
        }
    }

    fn panel_scores<K: Kernels, R: Panels>(&self, kernels: K, rows: &R, block: (usize, usize), panels: &[f32], out: &mut [f32]) {
        match self {
            Self::Dot => Dot.panel_scores(kernels, rows, block, panels, out),
            Self::Cosine => Cosine.panel_scores(kernels, rows, block, panels, out),
            Self::SquaredDistance => SquaredDistance.panel_scores(kernels, rows, block, panels, out),
        }
    }

    fn energy0(&self, half_square_norm: f64, conjugate_over_beta: f64) -> Option<f64> {
        match self {
            Self::Dot => Dot.energy0(half_square_norm, conjugate_over_beta),
            Self::Cosine => None,
            Self::SquaredDistance => SquaredDistance.energy0(half_square_norm, conjugate_over_beta),
        }
    }
}

/// A similarity that has an energy and is known only when the program runs: what [`AnySimilarity::descending`] gives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AnyDescending {
    distance: bool,
}

impl AnySimilarity {
    /// The same where recall descends an energy by it; none for cosines.
    ///
    /// ```
    /// use basinet_core::AnySimilarity;
    /// assert!(AnySimilarity::Dot.descending().is_some() && AnySimilarity::Cosine.descending().is_none());
    /// ```
    pub const fn descending(self) -> Option<AnyDescending> {
        match self {
            Self::Cosine => None,
            Self::Dot => Some(AnyDescending { distance: false }),
            Self::SquaredDistance => Some(AnyDescending { distance: true }),
        }
    }
}

impl AnyDescending {
    const fn any(self) -> AnySimilarity {
        if self.distance { AnySimilarity::SquaredDistance } else { AnySimilarity::Dot }
    }
}

impl sealed::Sealed for AnyDescending {}

impl Similarity for AnyDescending {
    fn scores<K: Kernels, R: Rows>(&self, kernels: K, rows: &R, from: usize, query: &[f32], out: &mut [f32], summed: bool) {
        if self.distance {
            SquaredDistance.scores(kernels, rows, from, query, out, summed);
        } else {
            Dot.scores(kernels, rows, from, query, out, summed);
        }
    }

    fn panel_scores<K: Kernels, R: Panels>(&self, kernels: K, rows: &R, block: (usize, usize), panels: &[f32], out: &mut [f32]) {
        self.any().panel_scores(kernels, rows, block, panels, out);
    }

    fn energy0(&self, half_square_norm: f64, conjugate_over_beta: f64) -> Option<f64> {
        self.any().energy0(half_square_norm, conjugate_over_beta)
    }
}

impl Descends for AnyDescending {
    fn energy(&self, half_square_norm: f64, raised_conjugate_over_beta: f64, max_norm: f64) -> f64 {
        if self.distance {
            SquaredDistance.energy(half_square_norm, raised_conjugate_over_beta, max_norm)
        } else {
            Dot.energy(half_square_norm, raised_conjugate_over_beta, max_norm)
        }
    }
}

impl From<Dot> for AnySimilarity {
    fn from(_: Dot) -> Self {
        Self::Dot
    }
}

impl From<Cosine> for AnySimilarity {
    fn from(_: Cosine) -> Self {
        Self::Cosine
    }
}

impl From<SquaredDistance> for AnySimilarity {
    fn from(_: SquaredDistance) -> Self {
        Self::SquaredDistance
    }
}

impl fmt::Display for AnySimilarity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl core::str::FromStr for AnySimilarity {
    type Err = Error;

    /// The similarity of this name.
    ///
    /// # Errors
    /// [`Error::Name`] with what a name may be.
    fn from_str(name: &str) -> Result<Self, Error> {
        match name {
            "dot" => Ok(Self::Dot),
            "cosine" => Ok(Self::Cosine),
            "squared-distance" => Ok(Self::SquaredDistance),
            _ => Err(Error::Name { expected: "a similarity is dot, cosine or squared-distance" }),
        }
    }
}
