//! The loops, one source each, generic over the token of an instruction set.
//!
//! A kernel is safe to call with any slices: what does not fit is not touched. It allocates nothing, panics nowhere and holds no field
//! term beyond its name. Inside kernels there are plain `while` loops only: closures, iterator adaptors and `array::from_fn` may lose
//! the features of the function they stand in (one case ran ten times slower).
//!
//! Notation: `eps` = 2^-24; sums of f32 have 16 partial sums, element `j` in partial sum `j mod 16`, ended by a fixed tree.

mod bits;
mod dot;
mod exp;
mod extremes;
mod number;
mod panel;
mod power;
mod products;
mod softmax;
mod superpose;
mod tally;
mod threshold;
mod weighted_sum;
mod wide_math;

#[cfg(test)]
mod tests;

pub(crate) use bits::{TILE, Weighted, bit_overlaps, bit_sums};
pub(crate) use dot::{Coded, Comparison, distances, dot, manhattan, scores, square_norms};
pub(crate) use exp::exp;
pub(crate) use extremes::{Leader, PEAKS, lead, max, survey};
pub use number::{Bf16, F16, Number, SignBits};
pub(crate) use panel::{
    PANEL, PanelOnline, TILE_SCORES, panel_above, panel_distances, panel_length, panel_scale_add, panel_scores, panel_softmax, panel_sum,
};
pub(crate) use power::{Power, PowerState, PowerSums, linear_weights, power, power_sums, power_weights, square_weights};
pub(crate) use products::{Doubt, Whole, raise};
pub(crate) use softmax::{Online, Weighed, exp_sub, log_sum_exp, merge, softmax_block};
pub(crate) use superpose::superpose;
pub(crate) use tally::{Tallied, Tally, tally};
pub(crate) use threshold::{Active, ActiveSums, Slope, above, active, active_squares, compact, retain, slope, slope_squares};
pub(crate) use weighted_sum::{divide, scale_add, weighted_block, weighted_sum};

use crate::Backend;
use crate::simd::Simd;

/// Rows that are scored, weighed and read out together. The bits depend on it.
pub const BLOCK: usize = 64;
/// Rows whose contributions are added up before they are added to those of the rows before. The bits depend on it.
pub const CHUNK: usize = 64 * BLOCK;

/// The kernels over rows of one code under the names of the dispatcher's entry points, which are not generic.
macro_rules! coded {
    ($code:ty: $scores:ident $sum:ident $($products:ident)?) => {
        #[inline(always)]
        pub(crate) fn $scores<S: Simd>(s: S, rows: Coded<'_, $code>, query: &[f32], out: &mut [f32], comparison: Comparison) {
            dot::coded_scores(s, rows, query, out, comparison);
        }
        #[inline(always)]
        pub(crate) fn $sum<S: Simd>(s: S, rows: Coded<'_, $code>, list: (&[u32], &[f32]), factor: Option<f32>, sum: &mut [f32]) {
            weighted_sum::coded_sum(s, rows, list, factor, sum);
        }
        $(#[inline(always)]
        pub(crate) fn $products<S: Simd>(s: S, rows: Coded<'_, $code>, query: &[i16], by: f64, out: &mut [f32]) {
            products::products(s, rows, query, by, out);
        })?
    };
}
coded!(i8: byte_scores byte_sum byte_products);
coded!(SignBits: sign_scores sign_sum sign_products);
coded!(F16: f16_scores f16_sum);
coded!(Bf16: bf16_scores bf16_sum);

/// The backend of a token, as a value.
#[inline(always)]
pub(crate) fn backend<S: Simd>(_token: S) -> Backend {
    S::BACKEND
}
