//! Adding one memory to many sums that remember what they round away.
//!
//! A sum is a pair of f32, `high + low`, with `|low| <= eps |high|`. What is added is the product `p = w x`, rounded once: the same
//! number when a memory comes and, negated, when it goes. The sum of `high` and `p` is split without an error into a rounded one and what
//! that lost (Knuth's two-sum); the lost part joins `low`, which is the only rounding: at most `2 eps^2 max(|before|, |after|)`.

use crate::simd::{Lanewise, Simd};

/// `(s, e)` with `s` the rounded sum and `s + e = a + b` exactly. Knuth 1969, theorem 4.2.2B.
#[inline(always)]
fn two_sum<S: Lanewise>(s: S, a: S::Lanes, b: S::Lanes) -> (S::Lanes, S::Lanes) {
    let sum = s.add(a, b);
    let from_b = s.sub(sum, a);
    let from_a = s.sub(sum, from_b);
    (sum, s.add(s.sub(a, from_a), s.sub(b, from_b)))
}

/// The pair `(high, low)` with `p` added.
#[inline(always)]
fn added<S: Lanewise>(s: S, (high, low): (S::Lanes, S::Lanes), p: S::Lanes) -> (S::Lanes, S::Lanes) {
    let (sum, lost) = two_sum(s, high, p);
    two_sum(s, sum, s.add(low, lost))
}

/// Adds `weights[j] * memory[c]` to the pair `high[j * stride + c]`, `low[j * memory.len() + c]`, for each `j` and `c`.
///
/// Does nothing where rows of that many columns do not lie within `high` and `low`.
#[inline(always)]
pub fn superpose<S: Simd>(s: S, high: &mut [f32], low: &mut [f32], stride: usize, memory: &[f32], weights: &[f32]) {
    let (rows, width) = (weights.len(), memory.len());
    let fits = |length: usize, stride: usize| matches!(rows.checked_mul(stride), Some(end) if end <= length);
    if width > stride || !fits(high.len(), stride) || !fits(low.len(), width) {
        return;
    }
    let s = s.each();
    let mut j = 0;
    while j < rows {
        let weight = s.splat(weights[j]);
        let (h, l, x) = (high.as_mut_ptr().wrapping_add(j * stride), low.as_mut_ptr().wrapping_add(j * width), memory.as_ptr());
        let mut c = 0;
        while c < width {
            let n = if width - c < S::Each::COUNT { width - c } else { S::Each::COUNT };
            // SAFETY: n numbers lie between c and the end of the memory, and of row j of either part, which ends within it.
            unsafe {
                let (h, l, x) = (h.add(c), l.add(c), x.add(c));
                if n == S::Each::COUNT {
                    let (high, low) = added(s, (s.load(h), s.load(l)), s.mul(weight, s.load(x)));
                    s.store(h, high);
                    s.store(l, low);
                } else {
                    let (high, low) = added(s, (s.load_first(h, n), s.load_first(l, n)), s.mul(weight, s.load_first(x, n)));
                    s.store_first(h, n, high);
                    s.store_first(l, n, low);
                }
            }
            c += S::Each::COUNT;
        }
        j += 1;
    }
}
