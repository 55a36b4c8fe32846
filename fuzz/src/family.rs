//! Any model of the library, drawn, and asked on every backend.

use crate::draw::{self, Bytes};
use crate::memory::Choice;
use arbitrary::Result;
use basinet_conformance::generator::SplitMix64;
use basinet_conformance::oracle::{self, Map, Post};
use basinet_core::{
    Backend, Beta, Certificate, Code, Constrained, Cosine, Dispatch, Dot, Entmax, Error, Hardmax, Identity, Job, KSubsets, Kernels,
    LayerNorm, Model, Normmax, Patterns, Report, Scratch, Separation, Sieve, Sifting, Similarity, Softmax, Softmax1, Sparsemax,
    SquaredDistance, Step, Stop, Tanh, TopK, UnitNorm,
};
use std::fmt::Debug;

/// A map with its parameters as core takes them.
#[derive(Clone, Debug)]
pub enum Family {
    Softmax,
    Sparsemax,
    Softmax1,
    Entmax(f32),
    Normmax(f32),
    TopK(u32),
    Hardmax,
    KSubsets(u32),
    /// A cap for each row.
    Constrained(Vec<f32>),
}

impl Family {
    /// One of them; caps are a kind and a seed until they are fitted to a number of rows.
    fn draw(bytes: &mut Bytes<'_>) -> Result<Self> {
        Ok(match draw::below(bytes, 16)? {
            0 => Family::Softmax,
            1 => Family::Sparsemax,
            2 => Family::Softmax1,
            3..=6 => Family::Entmax(draw::exponent(bytes, 1.0)?),
            7 | 8 => Family::Normmax(draw::exponent(bytes, 1.0f32.next_up())?),
            9 | 10 => Family::TopK(draw::amount(bytes)?),
            11 => Family::Hardmax,
            12 | 13 => Family::KSubsets(draw::amount(bytes)?),
            _ => Family::Constrained(vec![f32::from(bytes.arbitrary::<u8>()?), f32::from(bytes.arbitrary::<u16>()?)]),
        })
    }

    /// Caps for so many rows, of the kind and seed that were drawn.
    fn fit(&mut self, count: usize) {
        let Family::Constrained(caps) = self else { return };
        let (kind, mut random) = (caps[0] as u8, SplitMix64::new(caps[1] as u64));
        let mut uniform = || (random.bits() >> 40) as f32 / 16_777_216.0;
        let even = 1.0 / count as f32;
        let mut cap = |row: usize| match kind % 8 {
            0 => 1.0,
            1 => uniform(),
            // Some of them out, some without bound.
            2 | 3 => [0.0, 1.0, uniform(), uniform()][(uniform() * 4.0) as usize],
            // Just enough, or just not.
            4 => even,
            5 => (even * (1.0 + (f32::from(kind) - 128.0) / 524_288.0)).min(1.0),
            6 => (even * 4.0 * uniform()).min(1.0),
            // One row for itself, and a little.
            _ => [0.75, f32::MIN_POSITIVE, 0.25, 1e-30][row % 4],
        };
        *caps = (0..count).map(&mut cap).collect();
    }

    /// The oracle's map, with the caps of the rows that take part.
    pub fn oracle<'a>(&self, caps: &'a [f64]) -> Map<'a> {
        match self {
            Family::Softmax => Map::Softmax,
            Family::Sparsemax => Map::Sparsemax,
            Family::Softmax1 => Map::Softmax1,
            Family::Entmax(alpha) => Map::Entmax(f64::from(*alpha)),
            Family::Normmax(gamma) => Map::Normmax(f64::from(*gamma)),
            Family::TopK(k) => Map::TopK(*k as usize),
            Family::Hardmax => Map::Hardmax,
            Family::KSubsets(k) => Map::KSubsets(*k as usize),
            Family::Constrained(_) => Map::Constrained(caps),
        }
    }

    /// The largest weight of a row.
    pub fn cap(&self, row: usize) -> f32 {
        if let Family::Constrained(caps) = self { caps[row] } else { 1.0 }
    }

    /// What the weights sum to (softmax1: at most).
    pub fn mass(&self) -> f64 {
        if let Family::KSubsets(k) = self { f64::from(*k) } else { 1.0 }
    }

    /// Weights are positive, and rows are summed as they come by.
    pub fn is_dense(&self) -> bool {
        matches!(self, Family::Softmax | Family::Softmax1)
    }

    /// Weights have an upper bound.
    pub fn is_capped(&self) -> bool {
        matches!(self, Family::KSubsets(_) | Family::Constrained(_))
    }

    /// By how much a weight moves at most where a z moves by one; infinite where it can jump.
    pub fn steepness(&self) -> f64 {
        match self {
            Family::TopK(_) | Family::Hardmax => f64::INFINITY,
            Family::Entmax(alpha) if *alpha > 2.0 => f64::INFINITY,
            Family::Normmax(gamma) if *gamma > 2.0 => f64::INFINITY,
            // Omega is strongly convex by gamma - 1 in the norm of that exponent.
            Family::Normmax(gamma) => 1.0 / (f64::from(*gamma) - 1.0),
            _ => 1.0,
        }
    }

    /// Whether the rows that take part can carry the weights: none where rounding may say so or so.
    pub fn carries(&self, kept: &[usize]) -> Option<std::result::Result<(), Error>> {
        if kept.is_empty() {
            return Some(Err(Error::AllMasked));
        }
        match self {
            Family::KSubsets(k) if kept.len() < *k as usize => Some(Err(Error::TooFewRows { needed: *k as usize, found: kept.len() })),
            Family::Constrained(caps) => {
                let sum: f64 = kept.iter().map(|&row| f64::from(caps[row])).sum();
                // 2^-14 may be missing.
                if sum >= 1.0 {
                    Some(Ok(()))
                } else if sum < 1.0 - 2f64.powi(-13) {
                    Some(Err(Error::CapsTooSmall))
                } else {
                    None
                }
            }
            _ => Some(Ok(())),
        }
    }
}

/// A similarity, and what not all of them have: an energy, dynamics, certificates.
pub trait Compare: Similarity + PartialEq {
    /// The energy, where there is one.
    fn energy<S: Separation, K: Kernels>(
        _: &Model<S, Self, K>,
        _: &Patterns<'_>,
        _: &[f32],
        _: f32,
        _: &mut Scratch<'_>,
    ) -> Option<Checked<f64>> {
        None
    }

    /// One step of the dynamics, to `out`.
    fn step<S: Separation, K: Kernels>(
        _: &Model<S, Self, K>,
        _: Post,
        _: &Patterns<'_>,
        _: &[f32],
        _: &mut [f32],
        _: &mut Scratch<'_>,
    ) -> Option<Checked<Step>> {
        None
    }

    /// Many, in `state`.
    fn settle<S: Separation, K: Kernels>(
        _: &Model<S, Self, K>,
        _: (Post, Stop),
        _: &Patterns<'_>,
        _: &mut [f32],
        _: &mut Scratch<'_>,
        _: impl FnMut(&Step, &[f32]),
    ) -> Option<Checked<Report>> {
        None
    }

    /// A step by a sieve.
    fn sift<S: Separation, K: Kernels, C: Code>(
        _: &Model<S, Self, K>,
        _: &Sieve<'_, C>,
        _: &Patterns<'_>,
        _: &[f32],
        _: &mut [f32],
        _: &mut Scratch<'_>,
    ) -> Option<Checked<Sifting>> {
        None
    }

    /// What is certain of a step from `query`.
    fn certify<S: Separation, K: Kernels>(_: &Model<S, Self, K>, _: &Step, _: &[f32], _: f32) -> Option<Checked<Certificate>> {
        None
    }
}

/// Something, or why not.
pub type Checked<T> = std::result::Result<T, Error>;

/// Calls a method with the post-transformation that the oracle names.
macro_rules! by_post {
    ($model:expr, $post:expr, |$dynamics:ident| $call:expr) => {
        match $post {
            Post::Identity => {
                let $dynamics = $model.then(Identity);
                $call
            }
            Post::L2 => {
                let $dynamics = $model.then(UnitNorm);
                $call
            }
            Post::Layer => {
                let $dynamics = $model.then(LayerNorm);
                $call
            }
            Post::Tanh => {
                let $dynamics = $model.then(Tanh);
                $call
            }
        }
    };
}

impl Compare for Cosine {}

impl Compare for Dot {
    fn energy<S: Separation, K: Kernels>(
        model: &Model<S, Self, K>,
        rows: &Patterns<'_>,
        state: &[f32],
        max_norm: f32,
        scratch: &mut Scratch<'_>,
    ) -> Option<Checked<f64>> {
        Some(model.energy(rows, state, max_norm, scratch))
    }

    fn step<S: Separation, K: Kernels>(
        model: &Model<S, Self, K>,
        post: Post,
        rows: &Patterns<'_>,
        query: &[f32],
        out: &mut [f32],
        scratch: &mut Scratch<'_>,
    ) -> Option<Checked<Step>> {
        if post == Post::Identity {
            return Some(model.step(rows, query, out, scratch));
        }
        Some(by_post!(model, post, |dynamics| dynamics.step(rows, query, out, scratch)))
    }

    fn settle<S: Separation, K: Kernels>(
        model: &Model<S, Self, K>,
        (post, stop): (Post, Stop),
        rows: &Patterns<'_>,
        state: &mut [f32],
        scratch: &mut Scratch<'_>,
        observe: impl FnMut(&Step, &[f32]),
    ) -> Option<Checked<Report>> {
        Some(by_post!(model, post, |dynamics| dynamics.settle_observed(rows, state, stop, scratch, observe)))
    }

    fn sift<S: Separation, K: Kernels, C: Code>(
        model: &Model<S, Self, K>,
        sieve: &Sieve<'_, C>,
        rows: &Patterns<'_>,
        query: &[f32],
        out: &mut [f32],
        scratch: &mut Scratch<'_>,
    ) -> Option<Checked<Sifting>> {
        Some(sieve.step(model, rows, query, out, scratch))
    }

    fn certify<S: Separation, K: Kernels>(
        model: &Model<S, Self, K>,
        step: &Step,
        query: &[f32],
        max_norm: f32,
    ) -> Option<Checked<Certificate>> {
        Some(model.certify(step, query, max_norm))
    }
}

/// Without post-transformations, whose energies are those of dot products.
impl Compare for SquaredDistance {
    fn energy<S: Separation, K: Kernels>(
        model: &Model<S, Self, K>,
        rows: &Patterns<'_>,
        state: &[f32],
        max_norm: f32,
        scratch: &mut Scratch<'_>,
    ) -> Option<Checked<f64>> {
        Some(model.energy(rows, state, max_norm, scratch))
    }

    fn step<S: Separation, K: Kernels>(
        model: &Model<S, Self, K>,
        _: Post,
        rows: &Patterns<'_>,
        query: &[f32],
        out: &mut [f32],
        scratch: &mut Scratch<'_>,
    ) -> Option<Checked<Step>> {
        Some(model.step(rows, query, out, scratch))
    }

    fn settle<S: Separation, K: Kernels>(
        model: &Model<S, Self, K>,
        (_, stop): (Post, Stop),
        rows: &Patterns<'_>,
        state: &mut [f32],
        scratch: &mut Scratch<'_>,
        observe: impl FnMut(&Step, &[f32]),
    ) -> Option<Checked<Report>> {
        Some(model.settle_observed(rows, state, stop, scratch, observe))
    }
}

/// A model over a choice of rows.
#[derive(Clone, Debug)]
pub struct Setup {
    pub family: Family,
    pub beta: Beta,
    pub similarity: oracle::Similarity,
    pub choice: Choice,
}

/// Something that is asked of a model with room for so many candidates, and for so many in the search.
pub trait Ask {
    /// By dot products alone, so that nothing else is compiled.
    const BY_DOTS: bool = false;
    type Answer: Debug + PartialEq;
    fn ask<S: Separation + PartialEq, Q: Compare, K: Kernels>(&self, model: Model<S, Q, K>, room: [usize; 2]) -> Self::Answer;
}

/// The same on the kernels of a backend.
struct Turn<'a, A>(&'a Setup, &'a A, [usize; 2]);

impl<A: Ask> Job for Turn<'_, A> {
    type Output = A::Answer;
    fn run<K: Kernels>(self, kernels: K) -> A::Answer {
        let Turn(setup, ask, room) = self;
        setup.turn(ask, room, kernels)
    }
}

/// Calls a method with the separation that a family names.
macro_rules! by_family {
    ($family:expr, |$separation:ident| $call:expr) => {
        match $family {
            Family::Softmax => {
                let $separation = Softmax;
                $call
            }
            Family::Sparsemax => {
                let $separation = Sparsemax;
                $call
            }
            Family::Softmax1 => {
                let $separation = Softmax1;
                $call
            }
            Family::Entmax(alpha) => {
                let $separation = Entmax::new(*alpha).expect("at least 1");
                $call
            }
            Family::Normmax(gamma) => {
                let $separation = Normmax::new(*gamma).expect("above 1");
                $call
            }
            Family::TopK(k) => {
                let $separation = TopK::new(*k).expect("at least 1");
                $call
            }
            Family::Hardmax => {
                let $separation = Hardmax;
                $call
            }
            Family::KSubsets(k) => {
                let $separation = KSubsets::new(*k).expect("at least 1");
                $call
            }
            Family::Constrained(caps) => {
                let $separation = Constrained::new(caps).expect("within [0, 1]");
                $call
            }
        }
    };
}

/// Calls a method with the similarity of a kind.
macro_rules! by_similarity {
    ($kind:expr, |$similarity:ident| $call:expr) => {
        match $kind {
            oracle::Similarity::Dot => {
                let $similarity = Dot;
                $call
            }
            oracle::Similarity::Cosine => {
                let $similarity = Cosine;
                $call
            }
            oracle::Similarity::NegativeSquaredDistance => {
                let $similarity = SquaredDistance;
                $call
            }
        }
    };
}

impl Setup {
    /// The map and beta, by dot products over all rows.
    pub fn draw(bytes: &mut Bytes<'_>) -> Result<Self> {
        let family = Family::draw(bytes)?;
        let beta = Beta::new(draw::beta(bytes)?).expect("beta is finite and not too small");
        Ok(Self { family, beta, similarity: oracle::Similarity::Dot, choice: Choice::All })
    }

    /// A choice among `count` rows.
    pub fn choose(&mut self, bytes: &mut Bytes<'_>, count: usize) -> Result<()> {
        self.choice = Choice::draw(bytes, count)?;
        self.family.fit(count);
        Ok(())
    }

    /// How rows compare.
    pub fn compare(&mut self, bytes: &mut Bytes<'_>) -> Result<()> {
        use oracle::Similarity::{Cosine, Dot, NegativeSquaredDistance};
        self.similarity = [Dot, Dot, Cosine, NegativeSquaredDistance][draw::below(bytes, 4)?];
        Ok(())
    }

    /// The rows of `count` that take part, in order.
    pub fn kept(&self, count: usize) -> Vec<usize> {
        let mut kept = self.choice.kept(count);
        kept.retain(|&row| self.family.cap(row) > 0.0);
        kept
    }

    /// The caps of those rows.
    pub fn caps(&self, kept: &[usize]) -> Vec<f64> {
        kept.iter().map(|&row| f64::from(self.family.cap(row))).collect()
    }

    /// The range of beta that the contract speaks of.
    pub fn beta_is_usual(&self) -> bool {
        (1e-6..=1e6).contains(&self.beta.get())
    }

    /// The answer of the scalar kernels with room for all of `count` rows, which every backend must give with the room of the case, or with
    /// none.
    pub fn everywhere<A: Ask>(&self, ask: &A, count: usize, room: [usize; 2]) -> A::Answer {
        let answer = self.on(Backend::Scalar, ask, [count, count]);
        assert_eq!(self.on(Backend::current(), ask, [0, 0]), answer, "without room");
        for backend in Backend::available() {
            assert_eq!(self.on(backend, ask, room), answer, "{backend} with room {room:?}");
        }
        if let Choice::All = self.choice {
            assert_eq!(self.unmasked(ask, room), answer, "without a mask");
        }
        answer
    }

    /// The answer of one backend.
    pub fn on<A: Ask>(&self, backend: Backend, ask: &A, room: [usize; 2]) -> A::Answer {
        backend.run(Turn(self, ask, room)).expect("an available backend")
    }

    /// The answer of the fastest backend, as users have it.
    pub fn here<A: Ask>(&self, ask: &A, room: [usize; 2]) -> A::Answer {
        self.turn(ask, room, Dispatch)
    }

    fn turn<A: Ask, K: Kernels>(&self, ask: &A, room: [usize; 2], kernels: K) -> A::Answer {
        by_family!(&self.family, |separation| {
            let model = Model::new(self.beta, separation).keep(self.choice.mask()).on(kernels);
            if A::BY_DOTS {
                return ask.ask(model, room);
            }
            by_similarity!(self.similarity, |similarity| ask.ask(model.with(similarity), room))
        })
    }

    /// As users without a mask have it.
    fn unmasked<A: Ask>(&self, ask: &A, room: [usize; 2]) -> A::Answer {
        by_family!(&self.family, |separation| {
            let model = Model::new(self.beta, separation);
            if A::BY_DOTS {
                return ask.ask(model, room);
            }
            by_similarity!(self.similarity, |similarity| ask.ask(model.with(similarity), room))
        })
    }
}
