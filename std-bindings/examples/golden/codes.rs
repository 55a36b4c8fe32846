//! The sections of codes and feature maps: `separation` (losses, gradients, ten steps of each, twenty of Adam) and `capacity`, by the public
//! functions. f64 on both sides; a gradient is what a step of length one leaves.

use basinet::feature_map::{Keep, Loss, Number, Progress, Steps, Temperatures, Trained, Training};
use basinet::{capacity, codes};
use basinet_conformance::golden::Check;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::error::Error;
use std::sync::Mutex;

/// Of f64, relative to the largest entry: the reference's own.
const WIDE: f64 = 1e-13;
/// Of f32: the contract's for weights.
const NARROW: f64 = 2e-6;
/// Losses with a tau were recorded at this.
const TAU: f64 = 0.1;

/// The two sections.
#[derive(Deserialize)]
pub struct Sections {
    separation: Option<Separation>,
    capacity: Option<Capacities>,
}

#[derive(Deserialize)]
struct Separation {
    #[serde(rename = "Xi")]
    patterns: Vec<Vec<f64>>,
    #[serde(rename = "W0")]
    weights: Vec<Vec<f64>>,
    #[serde(rename = "min_sep_W0")]
    separation: f64,
    losses: BTreeMap<String, Recorded>,
    adam_release: Adam,
}

#[derive(Deserialize)]
struct Recorded {
    value: f64,
    #[serde(rename = "grad_W")]
    gradient: Vec<Vec<f64>>,
    #[serde(rename = "gd")]
    steps: Vec<Step>,
    #[serde(rename = "W_after_10")]
    weights: Vec<Vec<f64>>,
    final_loss: f64,
}

#[derive(Deserialize)]
struct Step {
    loss_before: f64,
    step: Option<f64>,
    min_sep_after: f64,
}

#[derive(Deserialize)]
struct Adam {
    lr: f64,
    steps: Vec<Step>,
    #[serde(rename = "W_after_20")]
    weights: Vec<Vec<f64>>,
}

#[derive(Deserialize)]
struct Capacities {
    ramsauer: Vec<Capacity>,
    lab_form: Vec<Capacity>,
    separation_bounds_d3: Vec<Bounds>,
    fejes_toth_d3: Vec<FejesToth>,
}

/// `K`, `a_plus_ln_b` and the like are the dense form's; `m` and `R` the kernelised one's.
#[derive(Deserialize)]
struct Capacity {
    beta: f64,
    d: usize,
    p: f64,
    a: f64,
    b: f64,
    #[serde(rename = "K")]
    k: Option<f64>,
    m: Option<f64>,
    #[serde(rename = "R")]
    radius: Option<f64>,
    #[serde(alias = "C")]
    c: f64,
    a_plus_ln_b: Option<f64>,
    side_condition_rhs: Option<f64>,
    #[serde(alias = "log10_N_min", alias = "log10_M")]
    log10: f64,
}

#[derive(Deserialize)]
struct Bounds {
    #[serde(rename = "M")]
    count: usize,
    upper: f64,
    lower: f64,
}

#[derive(Deserialize)]
struct FejesToth {
    #[serde(rename = "M")]
    count: usize,
    #[serde(rename = "max_min_angle_deg_upper")]
    degrees: f64,
    one_minus_cos: f64,
}

/// Every check of the two sections.
pub fn evaluate(sections: &Sections) -> Result<Vec<Check>, Box<dyn Error>> {
    let mut checks = Vec::new();
    if let Some(separation) = &sections.separation {
        self::separation(separation, &mut checks)?;
    }
    if let Some(capacity) = &sections.capacity {
        self::capacity(capacity, &mut checks)?;
    }
    Ok(checks)
}

/// The largest deviation, relative to the largest number that is expected where that is above one.
fn check(section: &str, map: &str, what: &str, tolerance: f64, found: &[f64], expected: &[f64]) -> Check {
    let largest = expected.iter().fold(1.0, |most: f64, x| if x.abs() > most { x.abs() } else { most });
    let apart = found.iter().zip(expected).map(|(a, b)| (a - b).abs() / largest);
    let worst = apart.fold(0.0, |worst: f64, e| if e > worst || e.is_nan() { e } else { worst });
    let error = if found.len() == expected.len() { worst } else { f64::INFINITY };
    Check { section: section.to_owned(), map: map.to_owned(), what: what.to_owned(), error, tolerance, note: None }
}

fn separation(file: &Separation, checks: &mut Vec<Check>) -> Result<(), Box<dyn Error>> {
    let (patterns, weights) = (file.patterns.concat(), file.weights.concat());
    let dim = file.patterns.first().map_or(0, Vec::len);
    let start = Trained::new(weights.clone(), None, dim)?;
    let at_start = codes::closest(&start.features(&patterns)?, start.features)?.separation();
    checks.push(check("separation", "", "separation before", WIDE, &[at_start], &[file.separation]));
    for (name, recorded) in &file.losses {
        let (loss, factor) = named(name)?;
        let mut check = |what: &str, tolerance, found: &[f64], expected: &[f64]| {
            checks.push(check("separation", name, what, tolerance, found, expected));
        };
        // Value and gradient, in both types of numbers.
        let (value, gradient) = gradient(loss, factor, &patterns, &start)?;
        check("value", WIDE, &[value], &[recorded.value]);
        check("gradient", WIDE, &gradient, &recorded.gradient.concat());
        let narrow = Trained::new(weights.iter().map(|&x| x as f32).collect(), None, dim)?;
        let (value, gradient) = self::gradient(loss, factor, &patterns.iter().map(|&x| x as f32).collect::<Vec<_>>(), &narrow)?;
        check("value in f32", NARROW, &[value], &[recorded.value]);
        check("gradient in f32", NARROW, &gradient, &recorded.gradient.concat());
        let rate = recorded.steps.first().and_then(|step| step.step).unwrap_or(0.0) * factor;
        let compounding = recorded.steps.iter().any(|step| step.step.is_some_and(|length| length * factor != rate));
        let (after, trace) = walk(loss, Steps::Descent { rate, compounding }, recorded.steps.len(), &patterns, &start)?;
        let losses = recorded.steps.iter().map(|step| step.loss_before).chain([recorded.final_loss]);
        check("losses", WIDE, &trace.iter().map(|at| at.loss * factor).collect::<Vec<_>>(), &losses.collect::<Vec<_>>());
        check("separations", WIDE, &separations(&trace), &recorded.steps.iter().map(|step| step.min_sep_after).collect::<Vec<_>>());
        check("weights", WIDE, &after.weights, &recorded.weights.concat());
    }
    let Adam { lr, steps, weights } = &file.adam_release;
    let (after, trace) = walk(Loss::Released, Steps::Adam { rate: *lr }, steps.len(), &patterns, &start)?;
    let losses: Vec<_> = trace.iter().take(steps.len()).map(|at| at.loss).collect();
    let mut check = |what: &str, found: &[f64], expected: &[f64]| checks.push(check("separation", "adam", what, WIDE, found, expected));
    check("losses", &losses, &steps.iter().map(|step| step.loss_before).collect::<Vec<_>>());
    check("separations", &separations(&trace), &steps.iter().map(|step| step.min_sep_after).collect::<Vec<_>>());
    check("weights", &after.weights, &weights.concat());
    Ok(())
}

/// The loss that the file calls so, and the file's value over ours: our pairs' loss is times tau.
fn named(name: &str) -> Result<(Loss, f64), Box<dyn Error>> {
    Ok(match name {
        "uhop_avg_t2" => (Loss::Average { t: 2.0 }, 1.0),
        "uhop_max_t2" => (Loss::Maximum { t: 2.0 }, 1.0),
        "uhopplus_ce_tau0.1" => (Loss::CrossEntropy, 1.0),
        "uhopplus_release_tau0.1" => (Loss::Released, 1.0),
        "pairs_lme_tau0.1" => (Loss::Code, 1.0 / TAU),
        _ => return Err(format!("{name} is no loss that is known").into()),
    })
}

fn gradient<F: Number>(loss: Loss, factor: f64, patterns: &[F], start: &Trained<F>) -> Result<(f64, Vec<f64>), Box<dyn Error>> {
    let (after, trace) = walk(loss, Steps::Descent { rate: 1.0, compounding: false }, 1, patterns, start)?;
    let steps = start.weights.iter().zip(&after.weights);
    let value = trace.first().map_or(f64::NAN, |at| at.loss * factor);
    Ok((value, steps.map(|(&before, &after)| (before.into() - after.into()) * factor).collect()))
}

fn walk<F: Number>(
    loss: Loss,
    steps: Steps,
    iterations: usize,
    patterns: &[F],
    start: &Trained<F>,
) -> Result<(Trained<F>, Vec<Progress>), Box<dyn Error>> {
    let temperatures = Temperatures::constant(TAU);
    let training = Training { loss, steps, temperatures, iterations, keep: Keep::Last, ..Training::uhop_plus() };
    let trace = Mutex::new(Vec::new());
    let hear = |at: &Progress| {
        if let Ok(mut trace) = trace.lock() {
            trace.push(*at);
        }
    };
    let after = training.refine(patterns, start, hear)?;
    Ok((after, trace.into_inner().unwrap_or_default()))
}

/// Those after each step.
fn separations(trace: &[Progress]) -> Vec<f64> {
    trace.iter().skip(1).map(|at| at.separation).collect()
}

fn capacity(file: &Capacities, checks: &mut Vec<Check>) -> Result<(), Box<dyn Error>> {
    let mut check = |map: &str, what: &str, found: f64, expected: f64| {
        checks.push(check("capacity", map, what, WIDE, &[found], &[expected]));
    };
    for (map, recorded) in file.ramsauer.iter().map(|row| ("ramsauer", row)).chain(file.lab_form.iter().map(|row| ("lab_form", row))) {
        let &Capacity { beta, d, p, .. } = recorded;
        let found = match (recorded.k, recorded.m, recorded.radius) {
            (Some(k), ..) => capacity::dense_bound(beta, k, d, p)?,
            (_, Some(m), Some(radius)) => capacity::kernel_bound(beta, m, d, p, radius)?,
            _ => return Err("a capacity of neither form".into()),
        };
        check(map, "a", found.a, recorded.a);
        check(map, "b", found.b, recorded.b);
        check(map, "base", found.base, recorded.c);
        check(map, "log10", found.log10_patterns, recorded.log10);
        if let (Some(exponent), Some(least)) = (recorded.a_plus_ln_b, recorded.side_condition_rhs) {
            check(map, "a + ln b", found.a + found.b.ln(), exponent);
            check(map, "side condition", found.least_base, least);
        }
    }
    for bounds in &file.separation_bounds_d3 {
        check("separation_bounds_d3", "upper", codes::upper_bound(bounds.count, 3)?, bounds.upper);
        check("separation_bounds_d3", "lower", codes::lower_bound(bounds.count, 3)?, bounds.lower);
    }
    for bound in &file.fejes_toth_d3 {
        let separation = codes::fejes_toth(bound.count)?;
        check("fejes_toth_d3", "separation", separation, bound.one_minus_cos);
        check("fejes_toth_d3", "degrees", codes::degrees(separation)?, bound.degrees);
    }
    Ok(())
}
