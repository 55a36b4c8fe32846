//! The separations that are implemented, by name and one after the other. A new one is one line in each of the two lists
//! (and a variant of the oracle's `Map`).

use basinet_core::{Separation, Softmax, Sparsemax};

/// Something to be done with every separation.
pub trait EachSeparation {
    /// What stops it.
    type Failure;
    /// Does it with one.
    ///
    /// # Errors
    /// Whatever stops it.
    fn with<S: Separation>(&mut self, name: &'static str, separation: S) -> Result<(), Self::Failure>;
}

/// Does it with every separation, in an order that the fingerprints depend on: a new one goes to the end.
///
/// # Errors
/// What the first failure says.
pub fn each<E: EachSeparation>(job: &mut E) -> Result<(), E::Failure> {
    job.with("softmax", Softmax)?;
    job.with("sparsemax", Sparsemax)?;
    Ok(())
}

/// Something to be done with one separation.
pub trait WithSeparation {
    /// What it gives.
    type Output;
    /// Does it.
    fn with<S: Separation>(self, separation: S) -> Self::Output;
}

/// Does it with the separation that the golden file calls `name`; `None` where there is none.
pub fn named<W: WithSeparation>(name: &str, job: W) -> Option<W::Output> {
    match name {
        "softmax" => Some(job.with(Softmax)),
        "sparsemax" => Some(job.with(Sparsemax)),
        _ => None,
    }
}
