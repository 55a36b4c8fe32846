//! Integrals over the cosine of a random direction, to rounding.
//!
//! At N dimensions a cosine has the density `(1 - tau^2)^((N-3)/2) / B`. With `tau = tanh s` and `s = s_0 + d`, `t = tanh s_0`,
//!
//! ```text
//! cosh s / cosh s_0 = cosh d + t sinh d = C        tau - t = (1 - t^2) sinh d / C
//! ```
//!
//! so that `(1 - tau^2)^((N-3)/2) d tau = (C cosh s_0)^(-(N-1)) ds`: analytic in a strip, falling at least as fast as exp(-(N-1)|s|). The
//! trapezoidal rule converges exponentially there; at a step of a third of the width of the peak what is left is below rounding (derived).

/// What is left of the peak where a sum ends.
const NOTHING: f64 = 1e-20;

/// Places at a distance of `step` from each other, from the middle out, as long as what `add` adds matters: it gives how large its terms
/// are, relative to the largest.
pub(super) fn trapezoid(step: f64, mut add: impl FnMut(f64) -> f64) {
    add(0.0);
    for side in [step, -step] {
        let mut place = side;
        while add(place) > NOTHING {
            place += side;
        }
    }
}

/// Steps for a peak of this width.
pub(super) fn step(width: f64) -> f64 {
    if width < 0.3 { width / 3.0 } else { 0.1 }
}
