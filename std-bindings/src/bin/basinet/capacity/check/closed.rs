//! Closed forms: to rounding, but for some.

use super::Section;
use super::rows::{Fault, Pair, Row};
use basinet::capacity::{self, Ensemble};

/// Relative, of decimal numbers of 17 digits.
const TOLERANCE: f64 = 1e-12;

pub const SECTIONS: &[Section] = &[
    table(&["spherical", "by_lambda"], |row| by_lambda(Ensemble::Spherical, row)),
    table(&["spherical", "by_alpha"], |row| by_load(Ensemble::Spherical, row)),
    table(&["spherical", "phi"], |row| noise(Ensemble::Spherical, row)),
    table(&["spherical", "theta_c"], |row| basin(Ensemble::Spherical, row)),
    table(&["spherical", "rate"], |row| rate(Ensemble::Spherical, row)),
    table(&["gaussian", "by_lambda"], |row| by_lambda(Ensemble::Gaussian, row)),
    table(&["gaussian", "by_alpha"], |row| by_load(Ensemble::Gaussian, row)),
    table(&["gaussian", "phi"], |row| noise(Ensemble::Gaussian, row)),
    table(&["gaussian", "theta_c"], |row| basin(Ensemble::Gaussian, row)),
    table(&["gaussian", "rate"], |row| rate(Ensemble::Gaussian, row)),
    table(&["gaussian", "constants"], constants),
    table(&["gaussian", "fail_exponent"], failures),
    table(&["ramsauer_finite"], bound),
];

const fn table(path: &'static [&'static str], pairs: fn(&Row<'_>) -> Result<Vec<Pair>, Fault>) -> Section {
    Section { path, part: "", tolerance: TOLERANCE, pairs }
}

fn by_lambda(ensemble: Ensemble, row: &Row<'_>) -> Result<Vec<Pair>, Fault> {
    let lambda = row.number("lambda")?;
    let mut pairs = row.relative([
        ("zeta", Some(ensemble.cumulant(lambda, 1.0)?)),
        ("zeta_prime", Some(ensemble.tilted_overlap(lambda, 1.0)?)),
        ("alpha_star", Some(ensemble.condensed_load(lambda, 1.0)?)),
        ("alpha_1", Some(ensemble.typical_load(lambda)?)),
        ("alpha_c_lb", Some(ensemble.all_load(lambda)?)),
    ])?;
    pairs.extend(match ensemble {
        Ensemble::Spherical => row.relative([
            ("alpha_ramsauer", Some(capacity::dense_bound_load(lambda)?)),
            ("m_noise_only", Some(capacity::forgotten_overlap(lambda)?)),
        ])?,
        Ensemble::Gaussian => {
            row.relative([("alpha_norm_branch", Some(capacity::norm_load(lambda)?)), ("alpha_pair_branch", Some(capacity::PAIR_LOAD))])?
        }
    });
    Ok(pairs)
}

fn by_load(ensemble: Ensemble, row: &Row<'_>) -> Result<Vec<Pair>, Fault> {
    let load = row.number("alpha")?;
    row.relative([
        ("eps_star", Some(ensemble.nearest_overlap(load, 1.0)?)),
        ("lambda_star", Some(ensemble.condensation(load, 1.0)?)),
        ("lambda_c", ensemble.typical_lambda(load)?),
        ("theta_saturation", ensemble.saturated_angle(load)?),
        ("theta_nearest_direction", Some(capacity::nearest_angle(load)?)),
    ])
}

fn noise(ensemble: Ensemble, row: &Row<'_>) -> Result<Vec<Pair>, Fault> {
    let (load, lambda, rho) = (row.number("alpha")?, row.number("lambda")?, row.number("rho")?);
    let noise = ensemble.noise(load, lambda, rho)?;
    let mut pairs = row.relative([
        ("phi", Some(noise.level)),
        ("lambda_star", Some(ensemble.condensation(load, rho)?)),
        ("zeta", Some(ensemble.cumulant(lambda, rho)?)),
        ("eps_star", Some(ensemble.nearest_overlap(load, rho)?)),
    ])?;
    pairs.push(Pair::relative("condensed", Some(f64::from(noise.condensed)), Some(row.flag("condensed")?)));
    Ok(pairs)
}

fn basin(ensemble: Ensemble, row: &Row<'_>) -> Result<Vec<Pair>, Fault> {
    let (load, lambda) = (row.number("alpha")?, row.number("lambda")?);
    let angle = ensemble.basin_angle(load, lambda, 1.0)?;
    let mut pairs = row.relative([("theta_c_rad", angle), ("theta_c_deg", angle.map(f64::to_degrees))])?;
    let condensed = ensemble.noise(load, lambda, 1.0)?.condensed;
    pairs.push(Pair::relative("condensed", Some(f64::from(condensed)), Some(row.flag("condensed")?)));
    Ok(pairs)
}

fn rate(ensemble: Ensemble, row: &Row<'_>) -> Result<Vec<Pair>, Fault> {
    let overlap = row.number("eps")?;
    let rate = |rho| ensemble.rate(overlap, rho).map(|rate| Some(rate).filter(|rate| rate.is_finite()));
    row.relative([("s_rho1", rate(1.0)?), ("s_rho0.5", rate(0.5)?)])
}

fn constants(row: &Row<'_>) -> Result<Vec<Pair>, Fault> {
    let lambda = capacity::pair_lambda();
    row.relative([
        ("alpha_pair", Some(capacity::PAIR_LOAD)),
        ("alpha_norm_at_lambda_ge_1", Some(capacity::norm_load(1.0)?)),
        ("lambda_cross", Some(lambda)),
        ("rho_at_cross", Some(capacity::gaussian_failures(capacity::PAIR_LOAD, lambda)?.shortest)),
        ("alpha_1_saturated", Some(Ensemble::Gaussian.typical_load(1.0)?)),
    ])
}

fn failures(row: &Row<'_>) -> Result<Vec<Pair>, Fault> {
    let failures = capacity::gaussian_failures(row.number("alpha")?, row.number("lambda")?)?;
    row.relative([
        ("Lambda", Some(failures.exponent())),
        ("norm_part", Some(failures.short)),
        ("pair_part", Some(failures.pair)),
        ("rho_fail", Some(failures.shortest)),
    ])
}

fn bound(row: &Row<'_>) -> Result<Vec<Pair>, Fault> {
    let bound = capacity::dense_bound(row.number("beta")?, row.number("K")?, row.whole("d")?, row.number("p")?)?;
    row.relative([
        ("a", Some(bound.a)),
        ("b", Some(bound.b)),
        ("c", Some(bound.base)),
        ("log_patterns", Some(bound.log10_patterns * std::f64::consts::LN_10)),
        ("log_c_over_4", Some(bound.base.ln() / 4.0)),
    ])
}
