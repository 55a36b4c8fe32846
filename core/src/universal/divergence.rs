//! Kullback-Leibler divergences of rows and a query that are divided by their sums, in f64.
//!
//! `sum p ln(p/r) = sum (p ln(p/r) - p + r)`, as both sum to one; there no term is negative. With `ln(p/r) = log1p((p - r)/r)` a term is
//! right also where p and r are near: 2^-25 of it where they differ by 2^-24 of themselves (derived). Where p is so far below r that
//! `(p - r)/r` rounds to -1, the logarithm is that of the quotient. A row that is the query diverges by 0, exactly.

use crate::error::Error;
use crate::patterns::Rows;

/// Which of the two is measured from the other.
#[derive(Clone, Copy, Debug)]
pub(super) enum Divergence {
    /// `sum p ln(p/r)`, p the row's.
    Forward,
    /// `sum r ln(r/p)`.
    Reverse,
    /// The mean of both, `sum (p - r) ln(p/r) / 2`.
    Symmetric,
}

/// `p ln(p/r) - p + r`, and infinity where r alone is 0.
fn term(p: f64, r: f64) -> f64 {
    let term = if p == 0.0 {
        r
    } else if r == 0.0 {
        f64::INFINITY
    } else {
        let more = (p - r) / r;
        p * if more > -1.0 { libm::log1p(more) } else { libm::log(p / r) } - (p - r)
    };
    if term > 0.0 { term } else { 0.0 }
}

/// The sum of the numbers of a distribution.
///
/// # Errors
/// [`Error::NoDistribution`]; [`Error::ScoreNotFinite`] where a number of a row is not finite.
pub(super) fn total(numbers: impl Iterator<Item = f64>, row: Option<usize>) -> Result<f64, Error> {
    let (mut sum, mut negative) = (0.0, false);
    for x in numbers {
        negative |= x < 0.0;
        sum += x;
    }
    match row {
        Some(row) if !sum.is_finite() => Err(Error::ScoreNotFinite { row }),
        _ if negative || sum <= 0.0 => Err(Error::NoDistribution { row }),
        _ => Ok(sum),
    }
}

impl Divergence {
    /// That of a row and a query, given with its sum.
    ///
    /// # Errors
    /// Of [`total`].
    pub(super) fn of(self, rows: &impl Rows, row: usize, (query, query_total): (&[f32], f64)) -> Result<f64, Error> {
        let row_total = total(rows.wide_row(row), Some(row))?;
        let mut sum = 0.0;
        for (x, &q) in rows.wide_row(row).zip(query) {
            let (p, r) = (x / row_total, f64::from(q) / query_total);
            sum += match self {
                Self::Forward => term(p, r),
                Self::Reverse => term(r, p),
                Self::Symmetric => (term(p, r) + term(r, p)) / 2.0,
            };
        }
        Ok(sum)
    }
}
