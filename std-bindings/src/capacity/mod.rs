//! Capacity theory: how many random patterns a memory holds, and how damaged a query may be.

mod bounds;
mod ensemble;
#[cfg(feature = "experiments")]
pub mod simulation;

pub use crate::codes::Error;
pub use bounds::{Bound, dense_bound, dense_bound_load, kernel_bound};
pub use ensemble::Ensemble;
