//! The golden numbers: against the oracle, which checks both, and against the library on every backend of this machine.
#![allow(clippy::expect_used, reason = "a test that cannot read its file has failed")]

use basinet_conformance::golden::{Check, File, Library, Oracle, STRUCTURED, Structured, evaluate, summary};
use basinet_core::{Backend, Job, Kernels};

const TEXT: &str = include_str!("../golden/golden.json");

/// The sections of the file. The library has every map of each.
const SECTIONS: [&str; 6] = ["transforms", "retrieval", "masked_hetero", "exact_retrieval", "sparse_vs_dense_counterexample", "khm"];

/// How many checks the extract has.
const CHECKS: usize = 1383;

fn file() -> File {
    File::parse(TEXT).expect("the extract is a golden file")
}

/// The oracle works in f64: it must be near the file's digits, not only within what f32 is allowed, for every map of the file.
#[test]
fn the_oracle_agrees_with_the_files_digits() {
    let checks = evaluate(&file(), &Oracle);
    assert_eq!(checks.len(), CHECKS);
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
fn every_backend_holds_all_golden_numbers() {
    let file = file();
    for backend in Backend::available() {
        let checks = backend.run(Judge(&file)).expect("it is available");
        assert_eq!(checks.len(), CHECKS);
        for check in &checks {
            assert!(check.held(), "{backend}: {check:?}");
        }
        for line in summary(&[checks], &SECTIONS.map(String::from)) {
            assert!(line.all_held(), "{backend}: {line:?}");
        }
    }
}

/// How many checks the structured and historical memories have.
const STRUCTURED_CHECKS: usize = 119;

struct JudgeStructured<'a>(&'a Structured);

impl Job for JudgeStructured<'_> {
    type Output = Vec<Check>;
    fn run<K: Kernels>(self, kernels: K) -> Vec<Check> {
        self.0.evaluate(kernels)
    }
}

#[test]
fn every_backend_holds_the_golden_numbers_of_structured_memories() {
    let sections: Structured = serde_json::from_str(include_str!("../golden/structured.json")).expect("the extract is a golden file");
    for backend in Backend::available() {
        let checks = backend.run(JudgeStructured(&sections)).expect("it is available");
        for check in &checks {
            assert!(check.held(), "{backend}: {check:?}");
        }
        assert_eq!(checks.len(), STRUCTURED_CHECKS);
        for line in summary(&[checks], &STRUCTURED.map(String::from)) {
            assert!(line.all_held(), "{backend}: {line:?}");
        }
    }
}
