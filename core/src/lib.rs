#![no_std]
#![doc = include_str!("../README.md")]

#[cfg(feature = "std")]
extern crate std;

mod any;
mod backend;
pub mod basin;
pub mod binary;
mod compressed;
mod decimal;
mod dispatch;
mod error;
mod feature_map;
mod kernels;
pub mod log_sum_relu;
mod mask;
mod patterns;
mod recall;
mod separation;
mod sieve;
mod simd;
mod similarity;
mod store;
mod superposition;
pub mod universal;

pub use any::{AnyModel, WithModel};
pub use backend::{Backend, Job};
pub use basin::Basin;
pub use compressed::{Bf16, Code, Compressed, Encoded, F16, SignBits, Verdict};
pub use dispatch::{Dispatch, Kernels};
pub use error::Error;
pub use feature_map::FeatureMap;
pub use log_sum_relu::LogSumRelu;
pub use mask::{Bits, Listed, Mask, RandomMask, Window};
pub use patterns::{Element, Panels, Patterns, Rows};
pub use recall::{
    Buffers, Certificate, Dynamics, FreeRecall, Identity, Kernelised, LayerNorm, Model, Normaliser, Pass, Post, Report, Scratch, Step,
    Stop, Tanh, UnitNorm, batch_scratch,
};
pub use separation::names::*;
pub use separation::{AnySeparation, Beta, Kept, Separation, WithSeparation};
pub use sieve::{Level, Sieve, Sifting};
pub use similarity::{AnyDescending, AnySimilarity, Cosine, Descends, Dot, Similarity, SquaredDistance, WithSimilarity};
pub use store::{PairStore, Rejected, Store};
pub use superposition::{EluFeatures, Features, PositiveRandomFeatures, Recollection, ReluRandomFeatures, Superposition};
pub use universal::Universal;

/// Rows that are scored, weighed and read out together: 64. Part of the definition of the bits.
pub const BLOCK: usize = kernels::BLOCK;
/// Rows that are summed from an empty state before they are merged with those before: 4096. Part of the definition of the bits.
pub const CHUNK: usize = kernels::CHUNK;

/// The dot product of two lists of the same length.
///
/// Element `j` in partial sum `j mod 16`, products and sums rounded separately, then a fixed tree: the same bits on every target. Error:
/// at most `(ceil(D/16) + 5) eps sum_j |a_j b_j| + D 2^-149`, eps = 2^-24 (derived). O(D).
///
/// # Errors
/// [`Error::Length`] where the lengths differ.
///
/// ```
/// assert_eq!(basinet_core::dot(&[1.0, 2.0, 3.0], &[4.0, 5.0, 6.0])?, 32.0);
/// # Ok::<(), basinet_core::Error>(())
/// ```
#[inline]
pub fn dot(a: &[f32], b: &[f32]) -> Result<f32, Error> {
    on::dot(Dispatch, a, b)
}

/// `e^x` of each number, in place.
///
/// At most 1.01 ULP for x above -126 ln 2, exhaustively tested; +0 at and below it, infinity above 128 ln 2, NaN for NaN. O(n).
///
/// ```
/// let mut x = [0.0, 1.0, -200.0];
/// basinet_core::exp(&mut x);
/// assert_eq!(x, [1.0, core::f32::consts::E, 0.0]);
/// ```
pub fn exp(values: &mut [f32]) {
    on::exp(Dispatch, values);
}

/// `ln sum_i exp(z_i)`, without overflow.
///
/// Error: at most 2^-23 of its size, and (k + 3) eps absolute for k = 72 + ceil(n/4096) (derived). Reads the list once, O(n).
///
/// # Errors
/// [`Error::Empty`], or [`Error::ScoreNotFinite`] with the position of a value that is NaN or infinite.
///
/// ```
/// assert!((basinet_core::log_sum_exp(&[1000.0, 1000.0])? - 1000.6931).abs() < 1e-4);
/// # Ok::<(), basinet_core::Error>(())
/// ```
pub fn log_sum_exp(z: &[f32]) -> Result<f32, Error> {
    on::log_sum_exp(Dispatch, z)
}

/// The functions of the crate's root by the kernels of one backend, as [`Backend::run`] hands them out. The bits are the same.
pub mod on {
    pub use crate::separation::on::*;
    use crate::{Error, Kernels};

    /// [`dot`](crate::dot).
    ///
    /// # Errors
    /// As there.
    #[inline]
    pub fn dot<K: Kernels>(kernels: K, a: &[f32], b: &[f32]) -> Result<f32, Error> {
        if a.len() == b.len() { Ok(kernels.dot(a, b)) } else { Err(Error::Length { expected: a.len(), found: b.len() }) }
    }

    /// [`exp`](crate::exp).
    pub fn exp<K: Kernels>(kernels: K, values: &mut [f32]) {
        kernels.exp(values);
    }

    /// [`log_sum_exp`](crate::log_sum_exp).
    ///
    /// # Errors
    /// As there.
    pub fn log_sum_exp<K: Kernels>(kernels: K, z: &[f32]) -> Result<f32, Error> {
        if z.is_empty() {
            return Err(Error::Empty);
        }
        let Some((max, sum)) = kernels.log_sum_exp(z) else {
            return Err(Error::ScoreNotFinite { row: z.iter().position(|z| !z.is_finite()).unwrap_or(0) });
        };
        Ok((f64::from(max) + libm::log(f64::from(sum))) as f32 + 0.0)
    }
}
