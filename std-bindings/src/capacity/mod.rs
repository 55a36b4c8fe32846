//! Capacity theory: how many random patterns a memory holds, and how damaged a query may be.
//!
//! P patterns of N numbers, `|xi|^2 = N`, are asked with a state x by softmax at the inverse temperature lambda (Lucibello and Mezard, *The
//! exponential capacity of dense associative memories*, 2024):
//!
//! ```text
//! x' = sum_mu p_mu xi^mu      p = softmax(lambda x.xi^mu)      load = ln(P) / N
//! ```
//!
//! So many patterns fit that their *logarithm* is compared with N. One pattern has all the weight where its overlap `x.xi / N` is above the
//! noise level of all others together, a random energy model. Three questions, and three kinds of answers:
//!
//! | | N -> infinity | N neurons, typical | measured |
//! |---|---|---|---|
//! | how many patterns at lambda? | [`typical_load`](Ensemble::typical_load), [`all_load`](Ensemble::all_load) | [`Finite::typical_load`] | `simulation` |
//! | which lambda for so many? | [`typical_lambda`](Ensemble::typical_lambda) | [`Finite::typical_lambda`], [`one_step_median`](Finite::one_step_median) | `simulation` |
//! | from how far away? | [`basin_angle`](Ensemble::basin_angle) | [`Finite::basin_angle`], [`Nearest`] | `simulation` |
//!
//! **Your units.** Patterns of D numbers and norm R at inverse temperature beta: `N = D`, `lambda = beta R^2 / D`. At `beta = 1/sqrt(D)` and entries of
//! variance 1, as in attention, lambda is `1/sqrt(N)` and some `exp(sqrt N)` patterns fit, for heads of 64 to 256 numbers a 20th to a 60th of that
//! ([`Finite::typical_load`]).
//!
//! **Sizes that fit into a computer are not large.** The thresholds of memories shift by ln(N)/N: at a load of 0.1 and 73,130 patterns the measured
//! lambda is a third above the limit's, and where the finite-size map has it within 0.1 %. All is f64 by functions of `libm`, so it has the
//! same bits everywhere, and every precondition is checked.
//!
//! ```
//! use basinet::capacity::{Ensemble, Finite, Phase};
//! // 10,000 patterns of 64 numbers; spherical, as patterns of one norm are.
//! let (ensemble, finite) = (Ensemble::Spherical, Finite::new(Ensemble::Spherical, 64)?);
//! let load = finite.load(1e4)?;
//! // One step from a pattern has it at lambda 0.2; staying there takes more.
//! assert_eq!(ensemble.phase(load, 0.2)?, Phase::Retrieval);
//! assert!(finite.typical_lambda(load)?.is_some_and(|lambda| (0.2..0.3).contains(&lambda)));
//! # Ok::<(), basinet::capacity::Error>(())
//! ```
//!
//! What follows for a memory of yours, guaranteed and not only typical, is [`advice`].

pub mod advice;
mod bessel;
mod beta;
mod bounds;
mod ensemble;
mod finite;
mod nearest;
mod noise;
mod one_step;
mod quadrature;
mod search;
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
