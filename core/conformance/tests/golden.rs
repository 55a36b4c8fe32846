//! The golden numbers: against the oracle, which checks both, and against the library on every backend of this machine.
#![allow(clippy::expect_used, reason = "a test that cannot read its file has failed")]

use basinet_conformance::golden::{Check, File, Library, Oracle, evaluate, summary};
use basinet_core::{Backend, Job, Kernels};

const TEXT: &str = include_str!("../golden/golden.json");

/// The maps that are implemented, in the sections that have them.
const SELECTED: [&str; 9] = [
    "transforms.softmax",
    "transforms.sparsemax",
    "retrieval.softmax",
    "retrieval.sparsemax",
    "masked_hetero.softmax",
    "masked_hetero.sparsemax",
    "exact_retrieval.sparsemax",
    "sparse_vs_dense_counterexample.softmax",
    "sparse_vs_dense_counterexample.sparsemax",
];

fn file() -> File {
    File::parse(TEXT).expect("the extract is a golden file")
}

fn selected(check: &Check) -> bool {
    SELECTED.contains(&check.subsection().as_str())
}

/// The oracle works in f64: it must be near the file's digits, not only within what f32 is allowed.
#[test]
fn the_oracle_agrees_with_the_files_digits() {
    let checks: Vec<Check> = evaluate(&file(), &Oracle).into_iter().filter(selected).collect();
    assert!(checks.len() > 300, "{} checks", checks.len());
    for check in checks {
        assert!(check.ratio() < 1e-3, "{check:?}");
    }
}

struct Judge<'a>(&'a File);

impl Job for Judge<'_> {
    type Output = Vec<Check>;
    fn run<K: Kernels>(self, kernels: K) -> Vec<Check> {
        evaluate(self.0, &Library(kernels))
    }
}

#[test]
fn every_backend_holds_the_golden_numbers() {
    let file = file();
    for backend in Backend::available() {
        let checks = backend.run(Judge(&file)).expect("it is available");
        for check in checks.iter().filter(|check| selected(check)) {
            assert!(check.held(), "{backend}: {check:?}");
        }
        for line in summary(&[checks], &SELECTED.map(String::from)) {
            assert!(line.all_held(), "{backend}: {line:?}");
        }
    }
}
