//! Recall: from patterns and a damaged state to the stored pattern.
//!
//! `s = X x` (compare), `z = beta s`, `p = separation(z)` (separate), `x' = sum_i p_i v_i` (read out; `v = X` for auto-association).
//! A block of 64 rows is scored, and what it contributes is added while it is still in the cache, so the rows are read once.

mod batch;
mod buffers;
mod candidates;
mod certificate;
mod free;
mod kernelised;
mod online;
mod pass;
mod post;
mod settle;
mod source;
mod state;
mod step;
mod sum;

pub use batch::{Batch, batch_scratch};
pub use buffers::{Buffers, Scratch};
pub use candidates::Candidates;
pub(crate) use candidates::lanes;
pub use certificate::Certificate;
pub use free::FreeRecall;
pub use kernelised::Kernelised;
pub use online::Online;
pub use pass::Pass;
pub use post::{Identity, LayerNorm, Post, Tanh, UnitNorm};
pub use settle::{Dynamics, Report, Stop};
pub(crate) use settle::{Energies, copy, distance};
pub use state::Rule;
pub use state::{Normaliser, Sifted, State};
pub use step::Step;
pub use sum::IN_ORDER;
pub(crate) use sum::RankedSum;

use crate::dispatch::{Dispatch, Kernels};
use crate::error::Error;
use crate::mask::Mask;
use crate::patterns::{Rows, square_sum};
use crate::separation::{Beta, Kept, Map, Separation};
use crate::similarity::{Descends, Dot, Similarity};
pub use pass::{StateOf, same};
use source::{Listed, Rescan, Scored, Source};
pub(crate) use source::{kept, mask};

/// What to compute: an inverse temperature, a separation, a similarity. Plain numbers, checked when made.
///
/// ```
/// use basinet_core::{Buffers, Model, Patterns, Softmax, beta};
/// let data = [1.0, -1.0, 1.0, 1.0, -1.0, -1.0];
/// let patterns = Patterns::new(&data, 3)?;
/// let mut out = [0.0; 3];
/// let step = Model::new(beta!(20.0), Softmax).step(&patterns, &[1.0, -1.0, 0.5], &mut out, &mut Buffers::<3, 0>::new().scratch())?;
/// assert_eq!(step.winner, 0);
/// assert_eq!(out, [1.0, -1.0, 1.0]);
/// # Ok::<(), basinet_core::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Model<S, Q = Dot, K = Dispatch> {
    pub(crate) beta: Beta,
    pub(crate) separation: S,
    pub(crate) similarity: Q,
    pub(crate) kernels: K,
}

impl<S: Separation> Model<S> {
    /// A model that compares by dot products.
    pub const fn new(beta: Beta, separation: S) -> Self {
        Self { beta, separation, similarity: Dot, kernels: Dispatch }
    }
}

impl<S: Separation, Q: Similarity, K: Kernels> Model<S, Q, K> {
    /// The inverse temperature.
    pub fn beta(&self) -> Beta {
        self.beta
    }

    /// The separation.
    pub fn separation(&self) -> S {
        self.separation
    }

    /// The same model that compares otherwise: [`Cosine`](crate::Cosine), [`SquaredDistance`](crate::SquaredDistance).
    pub fn with<R: Similarity>(self, similarity: R) -> Model<S, R, K> {
        Model { beta: self.beta, separation: self.separation, similarity, kernels: self.kernels }
    }

    /// The same model by the kernels of one backend, as [`Backend::run`](crate::Backend::run) hands them out. The bits are the same.
    pub fn on<L: Kernels>(self, kernels: L) -> Model<S, Q, L> {
        Model { beta: self.beta, separation: self.separation, similarity: self.similarity, kernels }
    }

    /// The same model over the rows that `mask` keeps; the others have weight zero and no influence, whatever they hold.
    pub fn keep<M: Mask + core::fmt::Debug>(self, mask: M) -> Model<Kept<S, M>, Q, K> {
        let separation = Kept { separation: self.separation, mask };
        Model { beta: self.beta, separation, similarity: self.similarity, kernels: self.kernels }
    }

    /// One recall step of auto-association: `out = sum_i p_i x_i`, with `p = separation(beta X query)`.
    ///
    /// `rows` is M x D, `query` and `out` have D numbers. Reads the rows once, O(M D); a sparse map whose candidates do not fit the scratch
    /// memory reads them again, at most 130 times more (24 Newton steps, 36 to settle what they leave open, 53 halvings; capped maps select
    /// first). Error of a score: `(ceil(D/16) + 5) eps sum_j |x_j q_j| + D 2^-149`, with eps = 2^-24. Ramsauer et al. 2021, eq. 3; Hu et
    /// al. 2023, eq. 2.
    ///
    /// # Errors
    /// [`Error::Length`], [`Error::Scratch`], [`Error::QueryNotFinite`], [`Error::ScoreNotFinite`], [`Error::AllMasked`],
    /// [`Error::OutputNotFinite`]. `out` is as it was then.
    pub fn step(&self, rows: &impl Rows, query: &[f32], out: &mut [f32], scratch: &mut Scratch<'_>) -> Result<Step, Error> {
        let (mut step, _) = self.read_normalised(rows, rows, query, out, scratch)?;
        step.energy = self.energy0(&step, query);
        Ok(step)
    }

    /// The energy of `query` without its constant, from a step that was taken from it: what [`step`](Self::step) writes into
    /// [`Step::energy`], for those who took theirs by a [`Pass`]. `None` where the similarity has none; of no meaning where values are not
    /// the patterns. f64 arithmetic, O(D).
    ///
    /// ```
    /// use basinet_core::{Buffers, Model, Patterns, Softmax, beta};
    /// let (data, query) = ([1.0, 0.0, 0.0, 1.0], [0.5, 0.25]);
    /// let (model, mut buffers, mut out) = (Model::new(beta!(2.0), Softmax), Buffers::<2, 0>::new(), [0.0; 2]);
    /// let step = model.step(&Patterns::new(&data, 2)?, &query, &mut out, &mut buffers.scratch())?;
    /// assert_eq!(model.energy0(&step, &query), step.energy);
    /// # Ok::<(), basinet_core::Error>(())
    /// ```
    pub fn energy0(&self, step: &Step, query: &[f32]) -> Option<f64> {
        self.similarity.energy0(square_sum(query) / 2.0, step.conjugate / f64::from(self.beta.get()))
    }

    /// One step of hetero-association: compares with `keys`, and reads out as many `values`, whose length is that of `out`.
    ///
    /// # Errors
    /// As [`step`](Self::step).
    pub fn read(
        &self,
        keys: &impl Rows,
        values: &impl Rows,
        query: &[f32],
        out: &mut [f32],
        scratch: &mut Scratch<'_>,
    ) -> Result<Step, Error> {
        self.read_normalised(keys, values, query, out, scratch).map(|(step, _)| step)
    }

    /// As [`read`](Self::read), and what the weights were made of.
    fn read_normalised(
        &self,
        keys: &impl Rows,
        values: &impl Rows,
        query: &[f32],
        out: &mut [f32],
        scratch: &mut Scratch<'_>,
    ) -> Result<(Step, Normaliser), Error> {
        same(keys.dim(), query.len())?;
        same(values.dim(), out.len())?;
        same(keys.count(), values.count())?;
        let mut source = self.source(keys, query);
        // Where values are the keys themselves, they are read again at once.
        source.summed = <StateOf<S> as State<S::Map>>::SUMS && core::ptr::addr_eq(keys, values);
        let mut pass = Pass::new(*self, query, out.len(), scratch.reborrow())?;
        pass.absorb(0, &source, values, true)?;
        let (normaliser, passes) = pass.normaliser_of(&source)?;
        let more = pass.read_out_of(&normaliser, &source, values)?;
        let step = pass.finish_of(&normaliser, &source, values, out)?;
        Ok((Step { passes: passes + more + step.passes - 1, ..step }, normaliser))
    }

    /// Begins a pass over rows that compare with `query`, for an output of `width` numbers.
    ///
    /// # Errors
    /// [`Error::Scratch`], [`Error::QueryNotFinite`], [`Error::Empty`] for a query or output without numbers.
    pub fn begin<'s>(&self, query: &'s [f32], width: usize, scratch: Scratch<'s>) -> Result<Pass<'s, S, Q, K>, Error> {
        if query.is_empty() || width == 0 {
            return Err(Error::Empty);
        }
        Pass::new(*self, query, width, scratch)
    }

    /// The scores `X query` of all rows, M numbers; a masked row has minus infinity. O(M D), twice: once to see that all are finite, once
    /// to write them.
    ///
    /// # Errors
    /// [`Error::Length`], [`Error::QueryNotFinite`], [`Error::ScoreNotFinite`]. `out` is as it was then.
    pub fn scores(&self, rows: &impl Rows, query: &[f32], out: &mut [f32]) -> Result<(), Error> {
        same(rows.dim(), query.len())?;
        same(rows.count(), out.len())?;
        if let Some(index) = query.iter().position(|x| !x.is_finite()) {
            return Err(Error::QueryNotFinite { index });
        }
        let source = self.source(rows, query);
        let mut rescan = Rescan::new(&source, 0);
        let mut strange = None;
        rescan.blocks(|first, scores| {
            let keep = self.separation.keeps(first as usize);
            let lane = (0u32..).zip(scores).find(|(lane, score)| !score.is_finite() && keep >> (lane % 64) & 1 == 1);
            strange = strange.or(lane.map(|(lane, _)| first as usize + lane as usize));
        });
        if let Some(row) = strange {
            return Err(Error::ScoreNotFinite { row });
        }
        rescan.blocks(|first, scores| {
            for (out, &score) in out.iter_mut().skip(first as usize).zip(scores) {
                *out = score;
            }
        });
        Ok(())
    }

    /// Turns M scores into M weights, in place: `p = separation(beta s)`, with the same threshold and normaliser, in bits, as a recall from
    /// rows with these scores. O(M).
    ///
    /// # Errors
    /// [`Error::Empty`], [`Error::ScoreNotFinite`], [`Error::AllMasked`], [`Error::TooLarge`]. The scores are as they were then.
    pub fn weights(&self, scores: &mut [f32], scratch: &mut Scratch<'_>) -> Result<Step, Error> {
        if scores.is_empty() {
            return Err(Error::Empty);
        }
        let (normaliser, passes) = {
            let source = Listed { separation: self.separation, scores };
            self.weigh(&source, &[], scratch)?
        };
        for (block, scores) in scores.chunks_mut(crate::kernels::BLOCK).enumerate() {
            let keep = self.separation.keeps(block * crate::kernels::BLOCK);
            source::mask(scores, keep);
            <StateOf<S> as State<S::Map>>::weights(self.rule(), &normaliser, (block * crate::kernels::BLOCK) as u32, scores);
        }
        Ok(Step::new(&normaliser, passes))
    }

    /// Turns a change of the M scores into the change of the M weights, in place, at these weights: `dp = beta J ds`. J is symmetric, so
    /// a gradient with respect to the weights becomes one with respect to the scores by the same call.
    ///
    /// `weights` are what [`weights`](Self::weights) gave; masked rows have none. f64 arithmetic, rounded once; O(M). For alpha or gamma
    /// above 2, J grows without bound towards the threshold. Blondel et al. 2020; the head of each separation's file.
    ///
    /// # Errors
    /// [`Error::Length`], [`Error::ScoreNotFinite`] with the place of a weight or change that is not finite; nothing has changed then.
    /// [`Error::OutputNotFinite`] where the product overflows.
    pub fn jvp(&self, weights: &[f32], tangent: &mut [f32]) -> Result<(), Error> {
        same(weights.len(), tangent.len())?;
        if let Some(row) = weights.iter().zip(tangent.iter()).position(|(p, v)| !(p.is_finite() && v.is_finite())) {
            return Err(Error::ScoreNotFinite { row });
        }
        self.separation.map().differentiate(weights, tangent);
        let mut finite = true;
        for v in tangent {
            *v = *v * self.beta.get() + 0.0;
            finite &= v.is_finite();
        }
        if finite { Ok(()) } else { Err(Error::OutputNotFinite) }
    }

    pub(crate) fn rule(&self) -> Rule<'_, S::Map, K> {
        Rule { map: self.separation.map(), beta: self.beta.get(), kernels: self.kernels }
    }

    fn source<'a, R: Rows>(&self, rows: &'a R, query: &'a [f32]) -> Scored<'a, S, Q, K, R> {
        let Self { separation, similarity, kernels, .. } = *self;
        Scored { separation, similarity, kernels, rows, query, first: 0, summed: false }
    }

    /// The normaliser of a source whose rows have no values.
    fn weigh(&self, source: &dyn Source, query: &[f32], scratch: &mut Scratch<'_>) -> Result<(Normaliser, u32), Error> {
        let mut pass = Pass::new(*self, query, 0, scratch.reborrow())?;
        pass.absorb(0, source, &crate::patterns::NoValues(source.count()), true)?;
        pass.normaliser_of(source)
    }
}

impl<S: Separation, Q: Descends, K: Kernels> Model<S, Q, K> {
    /// The energy of `state`: `|x|^2/2 - Omega*(beta X x)/beta + Omega*(0)/beta + max_norm^2/2`, with `Omega*(0)` the entropy of equal
    /// weights.
    ///
    /// Never rises from a state to the next, `step(state)`; its gradient is `x - step(x)`. Not below zero for softmax and sparsemax.
    /// `max_norm` is the largest norm of a pattern ([`Patterns::max_norm`](crate::Patterns::max_norm)). f64 arithmetic on f32 scores; error
    /// at most 4e-6 max(|x|^2/2, max_norm^2/2, max |s|), also where beta is tiny. O(M D): reads the rows once, and, where the difference of
    /// conjugates is small beside them, again, at most 9 times (of capped maps 46); for lack of scratch memory as [`step`](Self::step).
    /// Ramsauer et al. 2021, eq. 2; with 1/beta for every separation (derived).
    ///
    /// # Errors
    /// As [`step`](Self::step).
    pub fn energy(&self, rows: &impl Rows, state: &[f32], max_norm: f32, scratch: &mut Scratch<'_>) -> Result<f64, Error> {
        same(rows.dim(), state.len())?;
        if !max_norm.is_finite() {
            return Err(Error::OutputNotFinite);
        }
        let source = self.source(rows, state);
        let (normaliser, _) = self.weigh(&source, state, scratch)?;
        let beta = self.beta.get();
        let raised = <StateOf<S> as State<S::Map>>::raised_conjugate(self.rule(), &normaliser, &mut Rescan::new(&source, 0));
        let norm = f64::from(max_norm);
        Ok(self.similarity.energy(square_sum(state) / 2.0, raised / f64::from(beta), norm))
    }
}
