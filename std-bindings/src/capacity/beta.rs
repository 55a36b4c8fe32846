//! The incomplete beta function.

/// Terms of the continued fraction; it needs O(sqrt(a + b)).
const TERMS: u32 = 100_000;

/// The regularised incomplete beta function `I_x(a, b)`: the probability that a share of Beta(a, b) is at most x.
pub(super) fn incomplete(a: f64, b: f64, x: f64) -> f64 {
    if x <= 0.0 || x >= 1.0 {
        return if x <= 0.0 { 0.0 } else { 1.0 };
    }
    if x > (a + 1.0) / (a + b + 2.0) {
        return 1.0 - incomplete(b, a, 1.0 - x);
    }
    let log_all = libm::lgamma(a) + libm::lgamma(b) - libm::lgamma(a + b);
    libm::exp(a * libm::log(x) + b * libm::log1p(-x) - log_all) / a * fraction(a, b, x)
}

/// The continued fraction of the incomplete beta function, by Lentz's method:
/// `1/(1+ d_1/(1+ d_2/(1+ ...)))`, `d_2m = m(b-m)x / ((a+2m-1)(a+2m))`, `d_2m+1 = -(a+m)(a+b+m)x / ((a+2m)(a+2m+1))`.
pub(super) fn fraction(a: f64, b: f64, x: f64) -> f64 {
    let safe = |value: f64| if value.abs() < f64::MIN_POSITIVE { f64::MIN_POSITIVE } else { value };
    let mut d = 1.0 / safe(1.0 - (a + b) * x / (a + 1.0));
    let (mut c, mut value) = (1.0, d);
    for m in 1..TERMS {
        let m = f64::from(m);
        let (even, odd) = (a + 2.0 * m, a + m);
        let terms = [m * (b - m) * x / ((even - 1.0) * even), -odd * (odd + b) * x / (even * (even + 1.0))];
        let mut factor = 1.0;
        for term in terms {
            d = 1.0 / safe(1.0 + term * d);
            c = safe(1.0 + term / c);
            factor = c * d;
            value *= factor;
        }
        if (factor - 1.0).abs() < f64::EPSILON {
            break;
        }
    }
    value
}
