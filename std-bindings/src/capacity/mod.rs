//! Capacity theory: how many random patterns a memory holds, and how damaged a query may be.

mod bessel;
mod bounds;
mod ensemble;
mod finite;
mod nearest;
mod noise;
mod one_step;
mod quadrature;
#[cfg(feature = "experiments")]
pub mod simulation;
mod thresholds;

pub use crate::codes::Error;
pub use bounds::{Bound, dense_bound, dense_bound_load, kernel_bound};
pub use ensemble::Ensemble;
pub use finite::Finite;
pub use nearest::Nearest;
pub use noise::{Noise, forgotten_overlap, nearest_angle};
pub use thresholds::{Failures, PAIR_LOAD, Phase, gaussian_failures, norm_load, pair_lambda};
