//! What the web package computes is what the core computes here: the cases that `core/embed/wasm/tests/bits.test.mjs` recalls, and the hash
//! of all that comes of it. With `BASINET_WRITE` set, the file is written and not compared.

#![allow(clippy::unwrap_used, reason = "a test may fail")]

use basinet_conformance::cases::{Case, SMALL};
use basinet_conformance::fnv::Fnv;
use basinet_conformance::separations::{K_SUBSETS, NAMES};
use basinet_core::{
    AnySeparation, AnySimilarity, Beta, Cosine, Model, Patterns, Scratch, Separation, Similarity, SquaredDistance, WithSeparation,
};
use std::fmt::Write;

/// Recall, weights and energy of a case by every similarity.
struct Recalls<'a> {
    case: Case,
    patterns: Patterns<'a>,
    query: &'a [f32],
    hash: &'a mut Fnv,
    /// By types that are chosen when the program runs, as in the package.
    small: bool,
}

/// What is hashed of a number that there may not be.
fn wide(hash: &mut Fnv, number: impl Into<Option<f64>>) {
    hash.bound(number.into().unwrap_or(-1.0)).unwrap();
}

impl Recalls<'_> {
    /// One recall; gives the state.
    fn recall<S: Separation, Q: Similarity>(&mut self, model: Model<S, Q>) -> Vec<f32> {
        let Case { dim, rows, .. } = self.case;
        let (mut out, mut weights) = (vec![0.0; dim], vec![0.0; rows]);
        let (mut sums, mut scores, mut numbers, mut work) = (vec![0.0; 3 * dim], vec![0.0; rows], vec![0; rows], vec![0.0; rows]);
        let mut scratch = Scratch::new(&mut sums, &mut scores, &mut numbers, &mut work);
        let step = model.step(&self.patterns, self.query, &mut out, &mut scratch).unwrap();
        model.scores(&self.patterns, self.query, &mut weights).unwrap();
        model.weights(&mut weights, &mut scratch).unwrap();
        let hash = &mut *self.hash;
        hash.numbers(&out).unwrap();
        hash.numbers(&[step.weight, step.rest, step.missing]).unwrap();
        wide(hash, f64::from(step.gap));
        wide(hash, step.winner as f64);
        wide(hash, step.support as f64);
        wide(hash, step.threshold);
        wide(hash, step.energy);
        hash.numbers(&weights).unwrap();
        out
    }
}

/// The energy of a state, by a model that has one.
macro_rules! energy {
    ($recalls:ident, $model:expr, $state:expr) => {{
        let Case { dim, rows, .. } = $recalls.case;
        let (mut sums, mut scores, mut numbers) = (vec![0.0; 3 * dim], vec![0.0; rows], vec![0; rows]);
        let mut scratch = Scratch::new(&mut sums, &mut scores, &mut numbers, &mut []);
        let max_norm = $recalls.patterns.max_norm().unwrap();
        wide($recalls.hash, $model.energy(&$recalls.patterns, $state, max_norm, &mut scratch).unwrap());
    }};
}

impl WithSeparation for Recalls<'_> {
    type Output = ();

    fn run<S: Separation + PartialEq>(mut self, separation: S) {
        let model = Model::new(Beta::new(self.case.beta).unwrap(), separation);
        if self.small {
            for similarity in [AnySimilarity::Dot, AnySimilarity::Cosine, AnySimilarity::SquaredDistance] {
                let state = self.recall(model.with(similarity));
                if let Some(similarity) = similarity.descending() {
                    energy!(self, model.with(similarity), &state);
                }
            }
            return;
        }
        let state = self.recall(model);
        energy!(self, model, &state);
        self.recall(model.with(Cosine));
        let state = self.recall(model.with(SquaredDistance));
        energy!(self, model.with(SquaredDistance), &state);
    }
}

/// The file.
fn bits(small: bool) -> String {
    let (mut hash, mut cases) = (Fnv::new(), Vec::new());
    for case in SMALL {
        let (mut patterns, mut values) = (vec![0.0; case.dim * case.rows], vec![0.0; case.value_numbers()]);
        let mut query = vec![0.0; case.dim];
        case.generate(&mut patterns, &mut values, &mut query);
        let patterns = Patterns::new(&patterns, case.dim).unwrap();
        for name in NAMES.into_iter().chain([K_SUBSETS]) {
            if name != K_SUBSETS || case.rows >= 3 {
                let recalls = Recalls { case, patterns, query: &query, hash: &mut hash, small };
                let separation = name.parse::<AnySeparation>().unwrap();
                if small { separation.run_small(recalls) } else { separation.run(recalls) }
            }
        }
        let Case { dim, rows, data, beta, .. } = case;
        let (kind, values) = (data as u32, case.value_numbers());
        cases.push(format!(
            r#"    {{ "dim": {dim}, "rows": {rows}, "data": "{data:?}", "kind": {kind}, "values": {values}, "beta": {beta} }}"#
        ));
    }
    let names: Vec<_> = NAMES.into_iter().chain([K_SUBSETS]).map(|name| format!("{name:?}")).collect();
    let mut text = String::from("{\n");
    writeln!(text, r#"  "hash": "{:016x}","#, hash.finish()).unwrap();
    writeln!(text, r#"  "separations": [{}],"#, names.join(", ")).unwrap();
    writeln!(text, r#"  "similarities": ["dot", "cosine", "squared-distance"],"#).unwrap();
    writeln!(text, "  \"cases\": [\n{}\n  ]\n}}", cases.join(",\n")).unwrap();
    text
}

#[test]
fn the_web_package_is_tested_with_the_bits_of_this_machine() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../embed/wasm/tests/bits.json");
    if std::env::var_os("BASINET_WRITE").is_some() {
        std::fs::write(path, bits(false)).unwrap();
    }
    assert_eq!(std::fs::read_to_string(path).unwrap(), bits(false));
    assert_eq!(bits(false), bits(true));
}
