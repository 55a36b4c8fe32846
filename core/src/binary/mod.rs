//! Binary dense associative memories: patterns and states are signs, a bit each.
//!
//! `M` patterns `xi_mu` and a state `s` of `N` neurons, each +1 or -1, compared by their *overlap* `o_mu = <xi_mu, s>`. The energy is
//!
//! ```text
//! E(s) = -sum_mu F(o_mu)          F(x) = x^n (Power), max(x, 0)^n (RectifiedPower)      Krotov, Hopfield 2016, eq. 1 and 3
//! E(s) = -ln sum_mu exp(o_mu)     (Exponential)                                         Demircigil et al. 2017: the logarithm of theirs
//! ```
//!
//! and a neuron takes the sign that has the lower energy, the others as they are; where both are equal it keeps its own. The logarithm
//! changes no decision, and keeps the energy within f64.
//!
//! **Decisions are integer arithmetic.** Let `agree` be 1 where `xi_mu,i = s_i` and 0 elsewhere. Turning neuron i over makes an overlap
//! `o - 2` where they agree and `o + 2` where they do not, so that what keeping is worth is
//!
//! ```text
//! H_i = sum_mu [F(o_mu) - F(o_mu + 2)] + sum_mu agree_mu,i [F(o_mu + 2) - F(o_mu - 2)]        H_i < 0: the neuron turns over
//! ```
//!
//! (derived). With r the largest `|o| + 2` that occurs (for RectifiedPower and Exponential: the largest `o + 2`), F is a table of integers:
//!
//! - F itself where `M r^n < 2^63`: H is exact, and so is every decision and every tie;
//! - otherwise `round(2^b F(o) / F(r))`, with `b = 62 - ceil(log2 M)`. A table entry is off by at most `1/2 + 2^b (2n + 1) 2^-53` (2^(b-52)
//!   for Exponential; computed in f64), and H, in units of F(r), by at most `M (2^-b + (2n + 1) 2^-52)` (`M (2^-b + 2^-51)` for Exponential): a decision can only be another one
//!   where `|H_i|` is below that. (derived)
//!
//! Sums of integers depend on no order: every backend decides the same, and so does every target. Ties that the symmetry of the patterns
//! makes are ties in either table.
//!
//! The sum over the patterns that agree is a bit matrix times integers; how it is done at a fraction of an operation a bit is said in
//! `kernels/bits.rs`. Rows of equal overlap have equal weights, so the rows are ordered by overlap first. Published capacities, N neurons:
//! `N^(n-1) / (2 (2n-3)!! ln N)` patterns for a power, about `2^(N/2)` for the exponential. An even power cannot tell a pattern from its
//! negative.

mod interaction;
mod model;
mod order;
mod patterns;
mod scratch;
mod settle;

pub use interaction::{Exponential, Interaction, Power, RectifiedPower};
pub use model::BinaryModel;
pub use patterns::{BinaryPatterns, pack, unpack, words};
pub use scratch::{BinaryBuffers, BinaryScratch};
pub use settle::{BinaryDynamics, BinaryReport};
