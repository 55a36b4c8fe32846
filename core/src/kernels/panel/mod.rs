//! Batches: 16 queries side by side, a *panel*, one in each lane.
//!
//! A panel holds its queries transposed, number `j` of all 16 in one vector, so that a row's number multiplies all of them at once and
//! nothing has to be added up across lanes. Scoring a block of rows and reading it out are the same loop over a *tile*: R x N vectors of
//! sums that stay in registers while `sum[i][n] += panel[n][k] * x(i, k)` runs over k. Scores: i counts rows, k the numbers of a row.
//! Reading out: i counts the numbers of a row, k the rows, and the panel holds their weights. The memory's numbers are read one by one,
//! each for all lanes, and need no packing. Between the two, all of softmax is arithmetic within a lane.
//!
//! Multiply and add are fused where the hardware can, and sums run in the order of k: the bits differ between backends, which batches do
//! not promise. Error of a score: at most `(min(D, 128) + ceil(D/128)) eps sum_j |x_j q_j| + D 2^-149` (slices of 128 numbers begin at
//! zero; derived); of a sum over a block: at most `65 eps sum_i |w_i x_i|`. A lane never depends on its neighbours, but that a weight of
//! zero times a value that is not finite may spoil it.
//!
//! R and N are the backend's ([`Native::TILE`](crate::simd::Native::TILE)): 8 x 2 vectors of AVX-512 (one broadcast serves two panels),
//! 6 x 1 pairs of AVX2.

mod softmax;
mod tile;

pub use softmax::{PanelOnline, panel_above, panel_scale_add, panel_softmax};
pub use tile::{panel_distances, panel_scores, panel_sum};

use super::BLOCK;
use crate::simd::LANES;

/// Queries in a panel.
pub const PANEL: usize = LANES;
/// Numbers of the scores (or weights) of a block of rows with a panel: row i, lane l at `16 i + l`.
pub const TILE_SCORES: usize = BLOCK * PANEL;

/// Numbers of a panel: those of its queries, and of each query its norm behind them.
pub const fn panel_length(dim: usize) -> usize {
    dim.saturating_add(1).saturating_mul(PANEL)
}
