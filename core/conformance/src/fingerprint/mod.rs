//! The fingerprint: 64 bits that two targets share only if they share the bits of every weight, state, energy, report and
//! certificate. On the way each case is held to the laws that need no oracle, so that a wrong but reproducible result is
//! a [`Failure`] and not a number.
//!
//! A file for each topic: `recall` is what every case goes through with every separation, the others are what
//! [`Extra`] names; [`Store`](basinet_core::Store) and [`PairStore`](basinet_core::PairStore) have a memory of their own,
//! and so have those of `ancestors`, `binary` and `compressed`.

mod ancestors;
mod binary;
mod compared;
mod compressed;
mod derived;
mod free;
mod laws;
mod mapped;
mod pieces;
mod recall;
mod room;
mod settled;
mod stores;
mod superposed;
mod varied;

pub use laws::{Failure, Law};
pub use room::Arena;

use crate::cases::{Case, Extra, SMALL};
use crate::fnv::Fnv;
use crate::separations::{self, EachSeparation, K_SUBSETS, WithSeparation};
use basinet_core::{Beta, Constrained, Job, Kernels, Model, Separation, Softmax};
use room::{Bench, Room};

/// Candidates of a case that overflows.
pub const FEW: usize = 4;

/// What a set gave.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// The fingerprint.
    pub fingerprint: u64,
    /// How many cases were run: a memory with a separation.
    pub cases: u32,
}

/// The fingerprint of the small set.
///
/// # Errors
/// The first law that is broken.
pub fn small(kernels: impl Kernels, arena: &mut Arena) -> Result<Outcome, Failure> {
    of(kernels, &mut arena.room(), SMALL.into_iter())
}

/// The fingerprint of the full set: some seconds, and 8 MB.
///
/// # Errors
/// The first law that is broken.
#[cfg(feature = "std")]
pub fn full(kernels: impl Kernels) -> Result<Outcome, Failure> {
    let mut heap = room::Heap::new();
    of(kernels, &mut heap.room(), crate::cases::full())
}

/// [`small`] as a job for [`Backend::run`](basinet_core::Backend::run).
#[derive(Debug)]
pub struct Small<'a>(pub &'a mut Arena);

impl Job for Small<'_> {
    type Output = Result<Outcome, Failure>;
    fn run<K: Kernels>(self, kernels: K) -> Self::Output {
        small(kernels, self.0)
    }
}

/// [`full`] as a job for [`Backend::run`](basinet_core::Backend::run).
#[cfg(feature = "std")]
#[derive(Clone, Copy, Debug)]
pub struct Full;

#[cfg(feature = "std")]
impl Job for Full {
    type Output = Result<Outcome, Failure>;
    fn run<K: Kernels>(self, kernels: K) -> Self::Output {
        full(kernels)
    }
}

/// The fingerprint of a set.
fn of<K: Kernels>(kernels: K, room: &mut Room<'_>, memories: impl Iterator<Item = Case>) -> Result<Outcome, Failure> {
    let (mut hash, mut cases) = (Fnv::new(), 0);
    for case in memories {
        let failed = |separation| move |law| Failure { case, separation, law };
        let (mut bench, caps) = room.bench(case).map_err(failed("none"))?;
        once(kernels, &mut bench, &mut hash).map_err(failed("none"))?;
        let mut run = Run { kernels, bench: &mut bench, hash: &mut hash, cases: &mut cases };
        separations::each(&mut run)?;
        if case.rows >= separations::mass(K_SUBSETS) as usize {
            separations::named(K_SUBSETS, KSubsets(&mut run)).unwrap_or(Ok(()))?;
        }
        let constrained = Constrained::new(caps).map_err(|error| failed("constrained")(error.into()))?;
        run.with("constrained", constrained)?;
    }
    ancestors::run(kernels, &mut hash).map_err(|law| Failure { case: ancestors::CASE, separation: "ancestors", law })?;
    binary::run(kernels, &mut hash).map_err(|law| Failure { case: binary::CASE, separation: "binary", law })?;
    stores::run(kernels, &mut hash).map_err(|law| Failure { case: stores::CASE, separation: "stores", law })?;
    superposed::run(kernels, &mut hash).map_err(|law| Failure { case: superposed::CASE, separation: "superposition", law })?;
    compressed::run(kernels, room, &mut hash).map_err(|(case, law)| Failure { case, separation: "compressed", law })?;
    Ok(Outcome { fingerprint: hash.finish(), cases })
}

/// What a case does once: the scores, and what has separations of its own.
fn once<K: Kernels>(kernels: K, bench: &mut Bench<'_>, hash: &mut Fnv) -> Result<(), Law> {
    let model = Model::new(Beta::new(1.0)?, Softmax).on(kernels);
    model.scores(&bench.patterns, bench.query, bench.scores)?;
    hash.numbers(bench.scores)?;
    match bench.case.extra {
        Extra::Free => free::run(kernels, bench, hash),
        Extra::Derived => derived::with_alpha(kernels, bench, hash),
        Extra::Mapped(_) | Extra::Unit(_) => mapped::features(kernels, bench, hash),
        _ => Ok(()),
    }
}

/// One case, to be run with each separation.
struct Run<'a, 'b, K> {
    kernels: K,
    bench: &'a mut Bench<'b>,
    hash: &'a mut Fnv,
    cases: &'a mut u32,
}

impl<K: Kernels> EachSeparation for Run<'_, '_, K> {
    type Failure = Failure;
    fn with<S: Separation + PartialEq>(&mut self, name: &'static str, separation: S) -> Result<(), Failure> {
        let asked = Asked { separation, kernels: self.kernels, mass: separations::mass(name) };
        let case = self.bench.case;
        *self.cases += 1;
        asked.run(self.bench, self.hash).map_err(|law| Failure { case, separation: name, law })
    }
}

/// [`K_SUBSETS`] as one more.
struct KSubsets<'a, 'b, 'c, K>(&'a mut Run<'b, 'c, K>);

impl<K: Kernels> WithSeparation for KSubsets<'_, '_, '_, K> {
    type Output = Result<(), Failure>;
    fn with<S: Separation + PartialEq>(self, separation: S) -> Self::Output {
        self.0.with(K_SUBSETS, separation)
    }
}

/// A separation on a backend, and what its weights sum to.
#[derive(Clone, Copy)]
struct Asked<S, K> {
    separation: S,
    kernels: K,
    mass: u32,
}

impl<S: Separation + PartialEq, K: Kernels> Asked<S, K> {
    /// The model at this inverse temperature.
    fn model(&self, beta: f32) -> Result<Model<S, basinet_core::Dot, K>, Law> {
        Ok(Model::new(Beta::new(beta)?, self.separation).on(self.kernels))
    }

    fn run(&self, bench: &mut Bench<'_>, hash: &mut Fnv) -> Result<(), Law> {
        recall::weights(self, bench, hash)?;
        recall::descend(self, bench, hash)?;
        match bench.case.extra {
            Extra::Plain | Extra::Free => Ok(()),
            Extra::Window | Extra::Bits | Extra::Random => varied::masked(self, bench, hash),
            Extra::Values(_) => varied::values(self, bench, hash),
            Extra::Overflow => varied::overflow(self, bench, hash),
            Extra::Pieces => pieces::run(self, bench, hash),
            Extra::Compared => compared::run(self, bench, hash),
            Extra::Settled => settled::run(self, bench, hash),
            Extra::Transformed => settled::transformed(self, bench, hash),
            Extra::Derived => derived::with_scores(self, bench, hash),
            Extra::Mapped(_) | Extra::Unit(_) => mapped::run(self, bench, hash),
        }
    }
}
