//! The golden file as data: only the sections and fields that are compared; the rest of the file is kept by name.

use serde::Deserialize;
use serde_json::{Map as Object, Value};
use std::collections::BTreeMap;
use std::string::String;
use std::vec::Vec;

/// The sections of a file. A section that is absent is empty; one that is unknown is in `others`.
#[derive(Clone, Debug, Deserialize)]
pub struct File {
    #[serde(default)]
    pub(super) transforms: Vec<Transform>,
    #[serde(default)]
    pub(super) retrieval: Vec<Retrieval>,
    pub(super) masked_hetero: Option<MaskedHetero>,
    #[serde(default)]
    pub(super) exact_retrieval: Vec<ExactRetrieval>,
    #[serde(default, rename = "sparse_vs_dense_counterexample")]
    pub(super) counterexamples: Vec<Counterexample>,
    /// What produced the file.
    #[serde(default, rename = "meta")]
    _meta: Value,
    #[serde(flatten)]
    pub(super) others: Object<String, Value>,
}

impl File {
    /// Reads the text of a golden file.
    ///
    /// # Errors
    /// Where the text is not JSON, or a known section does not have its fields.
    pub fn parse(text: &str) -> Result<File, serde_json::Error> {
        serde_json::from_str(text)
    }

    /// Takes a section that is unknown here out of the file, for whoever knows it.
    pub fn take(&mut self, section: &str) -> Option<Value> {
        self.others.remove(section)
    }
}

/// Rows of numbers.
pub(super) type Matrix = Vec<Vec<f64>>;

/// One vector of scaled scores and what each map makes of it.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Transform {
    pub name: String,
    pub z: Vec<f64>,
    pub maps: BTreeMap<String, Separated>,
}

/// The weights of a map; `conjugate` is called `lse_kept` for top-k. `support` counts the weights that are not zero, `size` those
/// above 0.01. What is called `*_release` elsewhere in the file is another project's result for another definition: never read.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Separated {
    pub p: Vec<f64>,
    pub tau: Option<f64>,
    #[serde(alias = "lse_kept")]
    pub conjugate: Option<f64>,
    pub support: Option<usize>,
    #[serde(rename = "size_gt_0.01")]
    pub size: Option<usize>,
}

/// One memory and one query, with the first step and a trajectory for each map.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Retrieval {
    pub name: String,
    pub d: usize,
    pub beta: f64,
    #[serde(rename = "X")]
    pub patterns: Matrix,
    pub q: Vec<f64>,
    pub scores: Vec<f64>,
    pub maps: BTreeMap<String, Retrieved>,
}

/// States after steps 1..T; `energy0` has the energies of the query and of those states.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Retrieved {
    #[serde(flatten)]
    pub separated: Separated,
    pub x1: Vec<f64>,
    pub energy_const: Option<f64>,
    #[serde(default)]
    pub trajectory: Matrix,
    #[serde(default)]
    pub energy0: Vec<f64>,
}

/// Values of another width, and steps that keep some of the rows.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct MaskedHetero {
    #[serde(rename = "X")]
    pub patterns: Matrix,
    #[serde(rename = "V")]
    pub values: Matrix,
    pub q: Vec<f64>,
    pub beta: f64,
    pub kept: Vec<usize>,
    pub maps: BTreeMap<String, MaskedHeteroMap>,
    pub window: Window,
}

#[derive(Clone, Debug, Deserialize)]
pub(super) struct MaskedHeteroMap {
    pub hetero: Vec<f64>,
    pub masked_p: Vec<f64>,
    pub masked_x1: Vec<f64>,
}

/// Softmax over the rows within `half_width` of `centre`.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Window {
    pub centre: usize,
    pub half_width: usize,
    pub x1: Vec<f64>,
}

/// The scores (gap, 0, 0): one-hot exactly from the map's margin on.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct ExactRetrieval {
    pub map: String,
    pub gap: f64,
    pub p: Vec<f64>,
    pub one_hot: bool,
}

/// A memory for which the sparse step ends farther from the target than the dense one.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Counterexample {
    pub name: String,
    #[serde(rename = "X")]
    pub patterns: Matrix,
    pub q: Vec<f64>,
    pub beta: f64,
    pub target: usize,
    pub scores: Vec<f64>,
    #[serde(flatten)]
    pub maps: BTreeMap<String, CounterexampleMap>,
}

#[derive(Clone, Debug, Deserialize)]
pub(super) struct CounterexampleMap {
    pub p: Vec<f64>,
    pub x1: Vec<f64>,
    pub dist_to_target: f64,
}
