//! Spherical codes as a service: how far points on a sphere are apart, how far they could be, and what a memory needs of them.
//!
//! The features of M patterns, at norm 1, are M points of the sphere of D dimensions: a *code*. A kernelised memory (U-Hop, U-Hop+) compares by
//! their cosines, so the separation of pattern i, how much better it resembles itself than any other, is
//!
//! ```text
//! Delta_i = 1 - max_{j != i} cos(u_i, u_j)
//! ```
//!
//! and its capacity is largest where the smallest of them is: at an optimal spherical code (Hu et al. 2024, U-Hop+). Three parts:
//!
//! - *measured*: [`closest`], [`separations`] of any rows;
//! - *possible*: [`optimum`] and [`best_known`], and the bounds [`fejes_toth`], [`upper_bound`], [`lower_bound`];
//! - *needed*: [`needed`], [`dense_needed`], [`exact_needed`], and what a step is off at most, [`dense_error`] and [`sparse_error`].
//!
//! How many random patterns a memory holds is [`capacity`](crate::capacity). All of it is f64 arithmetic with functions of `libm`, so it has the same bits everywhere, and every precondition is checked. Codes are made
//! by `feature_map`, with the feature `train`.
//!
//! ```
//! use basinet::codes;
//! // The corners of a tetrahedron, of any length: the best that four points can do.
//! let corners = [1.0, 1.0, 1.0, 1.0, -1.0, -1.0, -1.0, 1.0, -1.0, -1.0, -1.0, 1.0];
//! let closest = codes::closest(&corners, 3)?;
//! assert!((closest.separation() - 4.0 / 3.0).abs() < 1e-15);
//! assert_eq!(codes::optimum(4, 3)?, Some(4.0 / 3.0));
//! # Ok::<(), codes::Error>(())
//! ```

mod bounds;
mod error;
mod known;
mod measured;
mod retrieval;

pub use bounds::{fejes_toth, lower_bound, upper_bound};
pub use error::Error;
#[cfg(feature = "train")]
pub(crate) use error::points;
pub(crate) use error::{dimensions, not_negative, positive, within};
pub use known::{Known, TARGETS, best_known, optimum};
pub use measured::{Closest, closest, degrees, separations};
pub use retrieval::{dense_error, dense_needed, exact_needed, margin, needed, sparse_error};
