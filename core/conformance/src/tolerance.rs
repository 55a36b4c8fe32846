//! The one tolerance table. Its numbers are those of the project's contract; every test, example, firmware and fuzz
//! target takes them from here, and none of them is loosened because something missed it.
//!
//! f64 in, f64 out. `EPS` is the unit roundoff of f32. Patterns are M rows of D numbers; `m` is the largest absolute
//! entry, `r` the largest norm of a row, `z = beta * scores`.

/// The unit roundoff of f32, 2^-24.
pub const EPS: f64 = 1.0 / 16_777_216.0;

/// Rows of a block and blocks of a chunk: a memory's sums are bracketed by these (see [`depth`]).
const BLOCK: usize = 64;
const CHUNK: usize = BLOCK * BLOCK;

/// The smallest positive f32, 2^-149: what an underflowing product may lose.
const TINY: f64 = 1.401_298_464_324_817e-45;

/// Weights of a case whose input is exact in f32, large scores included: absolute.
pub const WEIGHTS: f64 = 2e-6;

/// Entries of a state: relative to `m`, the largest absolute pattern entry.
#[must_use]
pub fn states(m: f64) -> f64 {
    2e-6 * m
}

/// The threshold, in units of z.
#[must_use]
pub fn threshold(max_abs_z: f64) -> f64 {
    4e-6 * larger(1.0, max_abs_z)
}

/// The conjugate of the separation's negative entropy, in units of z.
#[must_use]
pub fn conjugate(max_abs_z: f64) -> f64 {
    4e-6 * larger(1.0, max_abs_z)
}

/// `energy0 = |x|^2/2 - conjugate/beta`, the energy without its constant.
#[must_use]
pub fn energy0(half_norm2: f64, conjugate: f64, beta: f64) -> f64 {
    4e-6 * larger(half_norm2, conjugate.abs() / beta)
}

/// The energy with its constant, also at beta = 1e-6: so it may not be the difference of two large numbers.
#[must_use]
pub fn energy(half_norm2: f64, max_norm: f64, max_abs_score: f64) -> f64 {
    4e-6 * energy_scale(half_norm2, max_norm, max_abs_score)
}

/// What "the energy never rises" allows from one state to the next.
#[must_use]
pub fn energy_rise(half_norm2: f64, max_norm: f64, max_abs_score: f64) -> f64 {
    8.0 * EPS * energy_scale(half_norm2, max_norm, max_abs_score)
}

/// The scale of the energy with its constant: max(|x|^2/2, r^2/2, max|s|).
#[must_use]
pub fn energy_scale(half_norm2: f64, max_norm: f64, max_abs_score: f64) -> f64 {
    larger(half_norm2, larger(max_norm * max_norm / 2.0, max_abs_score))
}

/// Weights of a random case: `max_sum` is max_i sum_j |x_ij q_j|, so that `beta * max_sum` is the S of the contract.
/// For alpha or gamma above 2 it is held against p^(alpha-1): the weight itself is not Lipschitz at the threshold.
/// A product of a row's `dim` that underflows is off by a part of 2^-149 and not of itself, and a weight is off by at most twice as much as the
/// scores, times beta (derived).
#[must_use]
pub fn random_weights(beta: f64, dim: usize, max_sum: f64) -> f64 {
    WEIGHTS + 4.0 * EPS * beta * max_sum + 2.0 * beta * dot(dim, 0.0)
}

/// A dot product or a score of length `dim`, where `sum_abs` is sum_j |x_j y_j|.
#[must_use]
pub fn dot(dim: usize, sum_abs: f64) -> f64 {
    (dim.div_ceil(16) as f64 + 5.0) * EPS * sum_abs + dim as f64 * TINY
}

/// The weights of `rows` patterns, summed exactly, against 1.
#[must_use]
pub fn weights_sum(rows: usize) -> f64 {
    (depth(rows) + 2.0) * EPS
}

/// The depth of a summation over `rows` rows: 4 + 4 within a block, 64 blocks, then the chunks one by one.
#[must_use]
pub fn depth(rows: usize) -> f64 {
    (4 + 4 + BLOCK + rows.div_ceil(CHUNK)) as f64
}

/// `exp`, in units in the last place of the true value, above its cut at -126 ln 2.
pub const EXP_ULP: f64 = 1.01;

/// The larger of two numbers; NaN if either is, so that a NaN cannot hide in a bound.
fn larger(a: f64, b: f64) -> f64 {
    if a > b || a.is_nan() { a } else { b }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_says_what_the_contract_says() {
        assert_eq!(EPS, f64::from(f32::EPSILON) / 2.0);
        assert_eq!(TINY, f64::from(f32::from_bits(1)));
        assert_eq!(states(3.0), 6e-6);
        assert_eq!((threshold(0.5), conjugate(8.0)), (4e-6, 8.0 * 4e-6));
        assert_eq!(energy0(1.0, -8.0, 2.0), 4.0 * 4e-6);
        assert_eq!(energy(1.0, 4.0, 2.0), 8.0 * 4e-6);
        assert_eq!(energy_rise(1.0, 1.0, 2.0), 16.0 * EPS);
        assert_eq!(random_weights(2.0, 0, 8.0), 2e-6 + 64.0 * EPS);
        assert_eq!(random_weights(1e40, 3, 0.0), 2e-6 + 6e40 * TINY);
        assert_eq!(dot(17, 1.0), 7.0 * EPS + 17.0 * TINY);
        assert_eq!(weights_sum(1), 75.0 * EPS);
        assert_eq!(weights_sum(4097), 76.0 * EPS);
    }

    #[test]
    fn a_bound_of_nan_is_nan() {
        assert!(threshold(f64::NAN).is_nan() && energy(f64::NAN, 1.0, 1.0).is_nan() && energy(1.0, 1.0, f64::NAN).is_nan());
    }
}
