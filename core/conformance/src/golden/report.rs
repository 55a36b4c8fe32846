//! Checks and their summary, as data: nothing here prints.

use std::collections::BTreeMap;
use std::format;
use std::string::{String, ToString};
use std::vec::Vec;

/// One quantity of one case under one map.
#[derive(Clone, Debug)]
pub struct Check {
    /// The section of the file.
    pub section: String,
    /// The map, as the file spells it; empty where the section has none that is known.
    pub map: String,
    /// The case and the quantity.
    pub what: String,
    /// The largest deviation from the file; infinite where there is no answer.
    pub error: f64,
    /// What the contract allows.
    pub tolerance: f64,
    /// Why there is no answer.
    pub note: Option<String>,
}

impl Check {
    /// Within the tolerance; an error of NaN is not.
    #[must_use]
    pub fn held(&self) -> bool {
        self.error <= self.tolerance
    }

    /// How bad it is: error over tolerance, so that checks in different units can be compared; NaN counts as infinite.
    #[must_use]
    pub fn ratio(&self) -> f64 {
        match self.error / self.tolerance {
            _ if self.error == 0.0 => 0.0,
            ratio if ratio.is_nan() => f64::INFINITY,
            ratio => ratio,
        }
    }

    /// `SECTION.MAP`.
    #[must_use]
    pub fn subsection(&self) -> String {
        format!("{}.{}", self.section, self.map)
    }
}

/// A section (`transforms`) or a part of it (`transforms.softmax`).
#[derive(Clone, Debug)]
pub struct Line {
    /// The name by which it can be selected.
    pub name: String,
    /// How many of its checks held on every backend.
    pub held: usize,
    /// How many it has.
    pub total: usize,
    /// The check with the largest ratio of error to tolerance.
    pub worst: Option<Check>,
}

impl Line {
    /// Every check held, and there was at least one.
    #[must_use]
    pub fn all_held(&self) -> bool {
        self.total > 0 && self.held == self.total
    }
}

/// The lines of several runs over the same file, one run for each backend, in the order of the names: a section, then its
/// parts. `only` keeps a section with its parts, or one part; a name in it that nothing matches yields an empty line.
#[must_use]
pub fn summary(runs: &[Vec<Check>], only: &[String]) -> Vec<Line> {
    let mut lines = BTreeMap::new();
    for name in only {
        lines.insert(name.clone(), empty(name));
    }
    let checks = runs.first().map_or(0, Vec::len);
    for i in 0..checks {
        let same: Vec<&Check> = runs.iter().filter_map(|run| run.get(i)).collect();
        let Some(worst) = same.iter().copied().reduce(worse) else { continue };
        let held = same.len() == runs.len() && same.iter().all(|check| check.held());
        for name in [worst.section.clone(), worst.subsection()] {
            let selected = only.is_empty() || only.iter().any(|only| *only == name || *only == worst.section);
            if selected && !name.ends_with('.') {
                lines.entry(name.clone()).or_insert_with(|| empty(&name)).add(worst, held);
            }
        }
    }
    lines.into_values().collect()
}

impl Line {
    fn add(&mut self, check: &Check, held: bool) {
        self.total += 1;
        self.held += usize::from(held);
        self.worst = Some(match &self.worst {
            Some(worst) => worse(worst, check).clone(),
            None => check.clone(),
        });
    }
}

/// The check with the larger ratio; the first of equals.
fn worse<'a>(a: &'a Check, b: &'a Check) -> &'a Check {
    if b.ratio() > a.ratio() { b } else { a }
}

fn empty(name: &str) -> Line {
    Line { name: name.to_string(), held: 0, total: 0, worst: None }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(map: &str, error: f64) -> Check {
        Check { section: "a".to_string(), map: map.to_string(), what: String::new(), error, tolerance: 1.0, note: None }
    }

    #[test]
    fn a_check_is_held_only_if_it_is_on_every_backend() {
        let runs = [vec![check("x", 0.5), check("y", 0.1)], vec![check("x", 2.0), check("y", 0.2)]];
        let lines = summary(&runs, &[]);
        let seen: Vec<_> = lines.iter().map(|l| (l.name.as_str(), l.held, l.total)).collect();
        assert_eq!(seen, [("a", 1, 2), ("a.x", 0, 1), ("a.y", 1, 1)]);
        assert_eq!(lines[0].worst.as_ref().map(|c| c.error), Some(2.0));
    }

    #[test]
    fn a_run_that_lacks_a_check_does_not_hold_it() {
        let lines = summary(&[vec![check("x", 0.0)], vec![]], &[]);
        assert_eq!((lines[0].held, lines[0].total), (0, 1));
    }

    #[test]
    fn nan_is_never_held() {
        let lines = summary(&[vec![check("x", 0.9), check("x", f64::NAN)]], &[]);
        assert_eq!((lines[0].held, lines[0].total), (1, 2));
        assert!(lines[0].worst.as_ref().is_some_and(|c| c.error.is_nan()));
    }

    #[test]
    fn a_selection_takes_sections_and_parts_and_names_what_is_absent() {
        let run = [vec![check("x", 0.0), check("y", 0.0)]];
        let names = |only: &[&str]| {
            let only: Vec<String> = only.iter().map(ToString::to_string).collect();
            summary(&run, &only).iter().map(|l| (l.name.clone(), l.all_held())).collect::<Vec<_>>()
        };
        assert_eq!(names(&["a.y"]), [("a.y".to_string(), true)]);
        assert_eq!(names(&["a"]).len(), 3);
        assert_eq!(names(&["b"]), [("b".to_string(), false)]);
    }
}
