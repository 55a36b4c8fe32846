//! Measurements: the reference's own simulations against our predictions, in their standard errors.

use super::Section;
use super::maps::load;
use super::rows::{Fault, Pair, Row};
use basinet::capacity::{Finite, Nearest};

/// Standard errors.
const TOLERANCE: f64 = 4.0;

pub const SECTIONS: &[Section] = &[
    Section { path: &["simulation", "one_step_crossover"], part: " median", tolerance: TOLERANCE, pairs: one_step },
    Section { path: &["simulation", "fig5_polynomial_load"], part: " mean", tolerance: TOLERANCE, pairs: nearest },
];

fn one_step(row: &Row<'_>) -> Result<Vec<Pair>, Fault> {
    let finite = Finite::new(row.ensemble()?, row.whole("N")?)?;
    let median = finite.one_step_median(load(row, &finite)?)?;
    let Some(median) = median else { return Ok(vec![Pair::relative("lam_median", median, row.perhaps("lam_median")?)]) };
    Ok(vec![Pair::within("lam_median", median, row.number("lam_median")?, row.number("median_se")?)?])
}

fn nearest(row: &Row<'_>) -> Result<Vec<Pair>, Fault> {
    let mean = Nearest::new(row.whole("N")?, row.number("P")?)?.mean_cosine();
    Ok(vec![Pair::within("cos_mean", mean, row.number("cos_mean")?, row.number("cos_se")?)?])
}
