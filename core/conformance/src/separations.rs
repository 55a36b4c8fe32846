//! The separations that are implemented, by name and one after the other. A new one is one line in each of the two lists
//! (and a variant of the oracle's `Map`).

use basinet_core::{Entmax, Hardmax, KSubsets, Normmax, Separation, Softmax, Softmax1, Sparsemax, TopK};

/// Something to be done with every separation.
pub trait EachSeparation {
    /// What stops it.
    type Failure;
    /// Does it with one.
    ///
    /// # Errors
    /// Whatever stops it.
    fn with<S: Separation + PartialEq>(&mut self, name: &'static str, separation: S) -> Result<(), Self::Failure>;
}

/// The names of the separations that every memory can be recalled with, in an order that the fingerprints depend on: a new one goes to
/// the end. Their weights sum to one (softmax1's to less), whatever the memory. Beside them the fingerprints have [`K_SUBSETS`] and
/// constrained sparsemax.
pub const NAMES: [&str; 10] =
    ["softmax", "sparsemax", "softmax1", "entmax:1.5", "entmax:1.25", "entmax:3", "normmax:2", "normmax:5", "topk:3", "hardmax"];

/// k-subsets, whose weights sum to three: for memories of at least three rows.
pub const K_SUBSETS: &str = "ksubsets:3";

/// What the weights of the separation of this name sum to (softmax1's: together with what is missing).
#[must_use]
pub fn mass(name: &str) -> u32 {
    if name == K_SUBSETS { 3 } else { 1 }
}

/// Does it with every separation of [`NAMES`], in that order.
///
/// # Errors
/// What the first failure says.
pub fn each<E: EachSeparation>(job: &mut E) -> Result<(), E::Failure> {
    for name in NAMES {
        named(name, Named { name, job: &mut *job }).unwrap_or(Ok(()))?;
    }
    Ok(())
}

/// A job for each separation as a job for one.
struct Named<'j, E> {
    name: &'static str,
    job: &'j mut E,
}

impl<E: EachSeparation> WithSeparation for Named<'_, E> {
    type Output = Result<(), E::Failure>;
    fn with<S: Separation + PartialEq>(self, separation: S) -> Self::Output {
        self.job.with(self.name, separation)
    }
}

/// Something to be done with one separation.
pub trait WithSeparation {
    /// What it gives.
    type Output;
    /// Does it.
    fn with<S: Separation + PartialEq>(self, separation: S) -> Self::Output;
}

/// Does it with the separation of that name, a parameter behind `:` (or `_`, as the golden file has it); `None` where there is none.
pub fn named<W: WithSeparation>(name: &str, job: W) -> Option<W::Output> {
    let (family, parameter) = name.split_once([':', '_']).unwrap_or((name, ""));
    match family {
        "softmax" => Some(job.with(Softmax)),
        "softmax1" => Some(job.with(Softmax1)),
        "sparsemax" => Some(job.with(Sparsemax)),
        "entmax" => Some(job.with(Entmax::new(parameter.parse().ok()?).ok()?)),
        "normmax" => Some(job.with(Normmax::new(parameter.parse().ok()?).ok()?)),
        "topk" => Some(job.with(TopK::new(parameter.parse().ok()?).ok()?)),
        "ksubsets" => Some(job.with(KSubsets::new(parameter.parse().ok()?).ok()?)),
        "hardmax" => Some(job.with(Hardmax)),
        _ => None,
    }
}
