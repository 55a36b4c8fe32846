//! Jacobians of the maps, as products with a tangent.
//!
//! Nearly all have the form `J = diag(s) - s s^T / sum s` for some `s(p)` (softmax: p; entmax: `p^(2-alpha)` on the support; sparsemax and
//! its capped forms: 1 on the rows that are free to move). J is the Hessian of `Omega*`, so it is symmetric: a product from the left is one
//! from the right. f64 arithmetic, O(M).

/// `tangent <- (diag(s) - s s^T / total) tangent` with `s` of each weight's row; `total` is the sum of s unless given.
///
/// With the sum itself as the total only differences of tangents count. They are taken from the row with the largest s, the pivot: for
/// alpha above 2 a row just above the threshold has an s beyond all others, and `s_i (v_i - mean)` would cancel there.
pub fn project(weights: &[f32], tangent: &mut [f32], s: impl Fn(usize, f32) -> f64, total: Option<f64>) {
    let (mut pivot, mut largest, mut origin) = (usize::MAX, 0.0, 0.0);
    if total.is_none() {
        for ((i, &p), &v) in weights.iter().enumerate().zip(tangent.iter()) {
            let s = s(i, p);
            if s > largest {
                (pivot, largest, origin) = (i, s, f64::from(v));
            }
        }
    }
    let (mut others, mut moved) = (0.0, 0.0);
    for ((i, &p), &v) in weights.iter().enumerate().zip(tangent.iter()) {
        let s = s(i, p);
        if s > 0.0 && i != pivot {
            others += s;
            moved += s * (f64::from(v) - origin);
        }
    }
    let all = total.unwrap_or(largest + others);
    let mean = if all > 0.0 { moved / all } else { 0.0 };
    for ((i, &p), v) in weights.iter().enumerate().zip(tangent.iter_mut()) {
        let s = s(i, p);
        *v = if i == pivot {
            (-moved / (1.0 + others / largest)) as f32 + 0.0
        } else if s > 0.0 {
            (s * (f64::from(*v) - origin - mean)) as f32 + 0.0
        } else {
            0.0
        };
    }
}

/// 1 on the support.
pub fn on_support(p: f32) -> f64 {
    f64::from(u8::from(p > 0.0))
}
