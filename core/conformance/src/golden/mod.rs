//! The golden file against a subject, as data. The numbers of the file were rounded once from 60 digits; every input in
//! it is exact in f32. Each quantity of each case under each map is one check, held by the contract's tolerance.
//! A map that the subject lacks and a section that is unknown here are named and counted as not held.

mod file;
mod kernelised;
mod library;
mod report;
mod steps;
mod structured;
mod subject;

pub use file::File;
pub use library::Library;
pub use report::{Check, Line, summary};
pub use structured::{STRUCTURED, Structured};
pub use subject::{Answer, Energies, Kept, Mapped, Oracle, Problem, Separated, Subject};

use crate::oracle::{Map, Rows, max_abs};
use crate::tolerance;
use std::format;
use std::string::{String, ToString};
use std::vec::Vec;

/// Every check of the file, in an order that depends on the file alone.
#[must_use]
pub fn evaluate(file: &File, subject: &impl Subject) -> Vec<Check> {
    let mut checks = transforms(file, subject);
    checks.extend(steps::retrieval(file, subject));
    checks.extend(steps::masked_hetero(file, subject));
    checks.extend(exact_retrieval(file, subject));
    checks.extend(steps::counterexamples(file, subject));
    checks.extend(kernelised::kernelised(file, subject));
    for name in file.others.keys() {
        let mut unknown = Case::new(name, "", "");
        unknown.failed(["whole section"], "not evaluated yet");
        checks.append(&mut unknown.checks);
    }
    checks
}

/// The checks of one case under one map.
struct Case<'a> {
    section: &'a str,
    map: &'a str,
    name: &'a str,
    checks: Vec<Check>,
}

impl<'a> Case<'a> {
    fn new(section: &'a str, name: &'a str, map: &'a str) -> Self {
        Case { section, map, name, checks: Vec::new() }
    }

    fn push(&mut self, quantity: &str, error: f64, tolerance: f64, note: Option<String>) {
        let what = if self.name.is_empty() { quantity.to_string() } else { format!("{} {quantity}", self.name) };
        self.checks.push(Check { section: self.section.to_string(), map: self.map.to_string(), what, error, tolerance, note });
    }

    /// A number; one that is missing is infinitely wrong.
    fn number(&mut self, quantity: &str, found: Option<f64>, expected: f64, tolerance: f64) {
        self.push(quantity, found.map_or(f64::INFINITY, |found| (found - expected).abs()), tolerance, None);
    }

    /// The largest deviation of a vector.
    fn vector(&mut self, quantity: &str, found: &[f64], expected: &[f64], tolerance: f64) {
        self.push(quantity, deviation(found, expected), tolerance, None);
    }

    /// Several deviations that count as one check: the one with the largest ratio stands for it.
    fn worst(&mut self, quantity: &str, deviations: impl IntoIterator<Item = (f64, f64)>) {
        let ratio = |(error, tolerance): (f64, f64)| if error == 0.0 { 0.0 } else { error / tolerance };
        let worst = deviations.into_iter().reduce(|a, b| if ratio(a) >= ratio(b) { a } else { b });
        let (error, tolerance) = worst.unwrap_or((f64::INFINITY, 0.0));
        self.push(quantity, error, tolerance, None);
    }

    /// Counts these quantities as not held.
    fn failed<'q>(&mut self, quantities: impl IntoIterator<Item = &'q str>, why: &str) {
        for quantity in quantities {
            self.push(quantity, f64::INFINITY, 0.0, Some(why.to_string()));
        }
    }

    /// The answer, or these quantities counted as not held.
    fn answer<T>(&mut self, answer: Option<Result<T, String>>, quantities: &[&str]) -> Option<T> {
        match answer {
            Some(Ok(answer)) => Some(answer),
            Some(Err(why)) => {
                self.failed(quantities.iter().copied(), &why);
                None
            }
            None => {
                self.failed(quantities.iter().copied(), "no such map");
                None
            }
        }
    }

    /// Weights, threshold, conjugate and the two counts, as far as the file has them; `z` are the scaled scores.
    fn separated(&mut self, found: &Separated, expected: &file::Separated, z: &[f64]) {
        self.vector("weights", &found.weights, &expected.p, tolerance::WEIGHTS);
        if let Some(tau) = expected.tau {
            self.number("threshold", found.threshold, tau, tolerance::threshold(max_abs(z)));
        }
        if let Some(conjugate) = expected.conjugate {
            self.number("conjugate", Some(found.conjugate), conjugate, tolerance::conjugate(max_abs(z)));
        }
        if let (Some(expected), Some(found)) = (expected.clear_support(self.map, z), found.support) {
            self.number("support", Some(found as f64), expected as f64, 0.0);
        }
        if let Some(expected) = expected.clear_size() {
            let size = found.weights.iter().filter(|p| **p > SIZE).count();
            self.number("size", Some(size as f64), expected as f64, 0.0);
        }
    }
}

/// A weight above this counts for the metastable size.
const SIZE: f64 = 0.01;

impl file::Separated {
    /// The quantities that [`Case::separated`] checks.
    fn quantities(&self, map: &str, z: &[f64]) -> Vec<&'static str> {
        let optional = [
            self.tau.map(|_| "threshold"),
            self.conjugate.map(|_| "conjugate"),
            self.clear_support(map, z).map(|_| "support"),
            self.clear_size().map(|_| "size"),
        ];
        ["weights"].into_iter().chain(optional.into_iter().flatten()).collect()
    }

    /// The support, where it is no matter of rounding: no score is within twice the threshold's tolerance of the threshold.
    fn clear_support(&self, map: &str, z: &[f64]) -> Option<usize> {
        let unit = Map::named(map)?.threshold_unit();
        let margin = 2.0 * tolerance::threshold(max_abs(z));
        let near = |tau: f64| z.iter().any(|z| (unit * z - tau).abs() <= margin);
        self.support.filter(|_| !self.tau.is_some_and(near))
    }

    /// The number of weights above 0.01, where none is within the tolerance of it.
    fn clear_size(&self) -> Option<usize> {
        self.size.filter(|_| self.p.iter().all(|p| (p - SIZE).abs() > tolerance::WEIGHTS))
    }
}

/// max |found - expected|; infinite where the lengths differ, NaN where a number is.
fn deviation(found: &[f64], expected: &[f64]) -> f64 {
    if found.len() != expected.len() {
        return f64::INFINITY;
    }
    let apart = found.iter().zip(expected).map(|(a, b)| (a - b).abs());
    apart.fold(0.0, |worst: f64, e| if e > worst || e.is_nan() { e } else { worst })
}

fn transforms(file: &File, subject: &impl Subject) -> Vec<Check> {
    let mut checks = Vec::new();
    for transform in &file.transforms {
        for (map, expected) in &transform.maps {
            let mut case = Case::new("transforms", &transform.name, map);
            if let Some(found) = case.answer(subject.separate(map, &transform.z), &expected.quantities(map, &transform.z)) {
                case.separated(&found, expected, &transform.z);
            }
            checks.append(&mut case.checks);
        }
    }
    checks
}

/// One-hot exactly where the gap reaches the margin: a matter of bits, with no tolerance.
fn exact_retrieval(file: &File, subject: &impl Subject) -> Vec<Check> {
    let mut checks = Vec::new();
    for expected in &file.exact_retrieval {
        let name = format!("gap {}", expected.gap);
        let mut case = Case::new("exact_retrieval", &name, &expected.map);
        let mut z = vec![0.0; expected.p.len()];
        if let Some(first) = z.first_mut() {
            *first = expected.gap;
        }
        if let Some(found) = case.answer(subject.separate(&expected.map, &z), &["weights", "one-hot"]) {
            case.vector("weights", &found.weights, &expected.p, tolerance::WEIGHTS);
            let one_hot = found.weights.first() == Some(&1.0) && found.weights.iter().skip(1).all(|p| *p == 0.0);
            case.number("one-hot", Some(f64::from(u8::from(one_hot))), f64::from(u8::from(expected.one_hot)), 0.0);
        }
        checks.append(&mut case.checks);
    }
    checks
}

/// Rows as one slice of numbers.
struct Flat {
    data: Vec<f64>,
    dim: usize,
}

impl Flat {
    fn new(matrix: &file::Matrix) -> Self {
        Flat { data: matrix.concat(), dim: matrix.first().map_or(1, |row| row.len().max(1)) }
    }

    fn rows(&self) -> Rows<'_> {
        Rows { data: &self.data, dim: self.dim }
    }
}
