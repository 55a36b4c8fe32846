//! Feature maps that keep patterns apart: training of U-Hop's and U-Hop+'s, and of spherical codes.
//!
//! A kernelised memory compares `Phi(x) = W x + b` in place of x, at norm 1: `W` is D x d, a row for each feature. Training moves the features
//! of the M stored patterns apart and touches nothing else; recall stays what it is. With `u_i` the features of pattern i at norm 1, over the
//! pairs i < j:
//!
//! ```text
//! average    ln mean exp(-t |u_i - u_j|^2)               U-Hop, stage I (Wu et al. 2024), t = 2
//! maximum    max -t |u_i - u_j|^2                        the same, of the closest pair alone
//! code       tau ln mean exp(cos(u_i, u_j)/tau)          U-Hop+ (Hu et al. 2024); as tau -> 0 the largest cosine
//! ```
//!
//! [`Training`] says how, with sound defaults in [`Training::uhop`], [`Training::uhop_plus`] and [`Training::code`] and the schedules of the
//! papers' released code in `Training::published_*`; [`Training::map`] learns a map, [`Training::refine`] goes on with one, and
//! [`Training::points`] places free points: a code.
//!
//! A linear map cannot move M > d patterns independently: their features stay in the image of it. Linearly independent patterns are free.
//!
//! **Reproducible**: the same options and rows give the same bits for any number of threads, which share the starts. They need not be the
//! same on another processor.
//!
//! ```
//! use basinet::feature_map::Training;
//! let rows = [1.0_f32, 0.1, 0.0, 1.0, 0.0, 0.1, 1.0, 0.1, 0.1];
//! let trained = Training::uhop_plus().map(&rows, 3, 3, |_| ())?;
//! assert!(trained.separation > 1.49); // three patterns, nearly the same before, at corners of a triangle: at most 3/2
//! let features = trained.unit_features(&rows)?;
//! # assert_eq!(features.len(), 9);
//! # Ok::<(), basinet::codes::Error>(())
//! ```

mod descent;
mod number;
mod pairs;
mod problem;
mod steps;
mod trained;
mod training;

pub use crate::codes::Error;
pub use number::Number;
pub use trained::{Points, Trained};
pub use training::{Keep, Loss, Progress, Reached, Start, Steps, Temperatures, Training};
