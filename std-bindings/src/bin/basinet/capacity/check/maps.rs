//! Finite sizes: what the reference computed by searches and quadratures, to their own precision.

use super::Section;
use super::rows::{Fault, Pair, Row};
use basinet::capacity::{Ensemble, Finite, Nearest};

/// Relative, of the reference's maps and integrals.
const TOLERANCE: f64 = 1e-6;

pub const SECTIONS: &[Section] = &[
    table(&["map1d_lambda_c"], "", |row| crossover(row, row.ensemble()?, "lam")),
    table(&["fig5_exact"], "", nearest),
    table(&["simulation", "fig1_spherical_full_dynamics"], " map", |row| crossover(row, row.ensemble()?, "lam_map1d")),
    table(&["simulation", "fig1_spherical_full_dynamics_large"], " map", |row| crossover(row, row.ensemble()?, "lam_map1d")),
    table(&["simulation", "gaussian_unit_norm_full_dynamics"], " map", |row| crossover(row, row.ensemble()?, "lam_map1d")),
    table(&["simulation", "one_step_crossover"], " mean field", one_step),
    table(&["simulation", "fig5_polynomial_load"], " integral", nearest),
    table(&["simulation", "misc", "scaled"], " map", scaled_crossover),
    table(&["simulation", "misc", "scaled_map1d"], "", scaled_load),
    table(&["simulation", "misc", "basin_map"], "", basin),
];

const fn table(path: &'static [&'static str], part: &'static str, pairs: fn(&Row<'_>) -> Result<Vec<Pair>, Fault>) -> Section {
    Section { path, part, tolerance: TOLERANCE, pairs }
}

fn finite(row: &Row<'_>, ensemble: Ensemble) -> Result<Finite, Fault> {
    Ok(Finite::new(ensemble, row.whole("N")?)?)
}

/// That of P patterns, or the one that is named where they are too many to be.
pub fn load(row: &Row<'_>, finite: &Finite) -> Result<f64, Fault> {
    match row.perhaps("P")? {
        Some(patterns) => Ok(finite.load(patterns)?),
        None => row.number("alpha"),
    }
}

fn crossover(row: &Row<'_>, ensemble: Ensemble, key: &str) -> Result<Vec<Pair>, Fault> {
    let finite = finite(row, ensemble)?;
    row.relative([(key, finite.typical_lambda(load(row, &finite)?)?)])
}

fn one_step(row: &Row<'_>) -> Result<Vec<Pair>, Fault> {
    let finite = finite(row, row.ensemble()?)?;
    row.relative([("lam_annealed", finite.one_step_lambda(load(row, &finite)?)?)])
}

fn nearest(row: &Row<'_>) -> Result<Vec<Pair>, Fault> {
    let neurons = row.whole("N")?;
    let nearest = Nearest::new(neurons, row.number("P")?)?;
    // The limit is of the load itself, and not of the whole number of patterns next to it.
    let load = Nearest::new(neurons, row.number("alpha_tilde")? * libm::pow(neurons as f64, row.number("k")?))?;
    let mut pairs = row.relative([
        ("cos_exact", Some(nearest.mean_cosine())),
        ("theory", Some(load.small_load_limit())),
        ("corrected_theory", Some(nearest.corrected_limit())),
    ])?;
    if row.has("spherical_theory") {
        let cosine = libm::cos(nearest.mean_angle());
        pairs.extend(row.relative([("spherical_theory", Some(nearest.limit())), ("cos_of_mean_theta_exact", Some(cosine))])?);
    }
    Ok(pairs)
}

fn scaled_crossover(row: &Row<'_>) -> Result<Vec<Pair>, Fault> {
    let finite = finite(row, Ensemble::Spherical)?;
    let lambda = finite.typical_lambda(load(row, &finite)?)?;
    row.relative([("lam_hat_map1d", lambda.map(|lambda| lambda * finite.neurons().sqrt()))])
}

fn scaled_load(row: &Row<'_>) -> Result<Vec<Pair>, Fault> {
    let (finite, scaled) = (finite(row, Ensemble::Spherical)?, row.number("lam_hat")?);
    let root = finite.neurons().sqrt();
    let load = finite.typical_load(scaled / root)?;
    let asymptotic = finite.attention_load(scaled)?;
    row.relative([("alpha_hat_map1d", load.map(|load| load * root)), ("asymptotic", Some(asymptotic * root))])
}

fn basin(row: &Row<'_>) -> Result<Vec<Pair>, Fault> {
    let (finite, load) = (finite(row, Ensemble::Spherical)?, row.number("alpha")?);
    // Of a whole number of patterns, where it can be one.
    let patterns = libm::round(libm::exp(load * finite.neurons()));
    let load = if patterns.is_finite() { finite.load(patterns)? } else { load };
    row.relative([("theta_map", finite.basin_angle(load, row.number("lam")?)?)])
}
