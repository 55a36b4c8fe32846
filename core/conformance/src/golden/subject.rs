//! Who is asked: anything that can separate scores and take a step. The oracle is one subject, the library on one backend
//! another, so the file judges both by the same code.

use crate::oracle::{self, FeatureMap, Map, Rows};
use std::string::String;
use std::vec::Vec;

/// Which rows take part in a step.
#[derive(Clone, Copy, Debug)]
pub enum Kept<'a> {
    /// Every row.
    All,
    /// The rows of this sorted list.
    Listed(&'a [usize]),
    /// The same rows as a list, told as bits.
    Bits(&'a [usize]),
    /// The rows within `half_width` of `centre`.
    Window {
        /// The row in the middle.
        centre: usize,
        /// How far the window reaches to each side.
        half_width: usize,
    },
}

impl Kept<'_> {
    /// The kept rows of `count`, in order.
    #[must_use]
    pub fn rows(self, count: usize) -> Vec<usize> {
        match self {
            Kept::All => (0..count).collect(),
            Kept::Listed(rows) | Kept::Bits(rows) => rows.to_vec(),
            Kept::Window { centre, half_width } => (0..count).filter(|i| i.abs_diff(centre) <= half_width).collect(),
        }
    }
}

/// A memory, what is kept of it, and a state. All numbers are exact in f32.
#[derive(Clone, Copy, Debug)]
pub struct Problem<'a> {
    /// The inverse temperature.
    pub beta: f64,
    /// The patterns that are compared with the state.
    pub keys: Rows<'a>,
    /// What is read out; the keys themselves where there is none.
    pub values: Option<Rows<'a>>,
    /// The rows that take part.
    pub kept: Kept<'a>,
    /// The state, as long as a key.
    pub query: &'a [f64],
}

/// What a separation makes of scaled scores.
#[derive(Clone, Debug)]
pub struct Separated {
    /// p, as many as scores.
    pub weights: Vec<f64>,
    /// tau in units of z, for entmax in units of (alpha - 1) z; for maps that have one.
    pub threshold: Option<f64>,
    /// Omega*(z).
    pub conjugate: f64,
    /// How many rows have a weight, all of them for softmax; `None` from a subject that does not count them.
    pub support: Option<usize>,
}

/// What a step yields.
#[derive(Clone, Debug)]
pub struct Answer {
    /// s, M numbers.
    pub scores: Vec<f64>,
    /// p with its threshold and conjugate; p is zero for rows that are not kept.
    pub separated: Separated,
    /// The state after the step.
    pub state: Vec<f64>,
    /// The energies of the state *before* the step, where the problem is auto-associative and nothing is masked.
    pub energies: Option<Energies>,
}

/// The energy of one state.
#[derive(Clone, Copy, Debug)]
pub struct Energies {
    /// Without its constant.
    pub energy0: f64,
    /// With it.
    pub energy: f64,
}

/// What a step through a feature map yields.
#[derive(Clone, Debug)]
pub struct Mapped {
    /// The state after the step.
    pub state: Vec<f64>,
    /// The energy of the features of the state *before* the step, without its constant.
    pub energy0: f64,
}

/// Something that can be held against the golden file. `None` where it does not have the map.
pub trait Subject {
    /// Weights, threshold and conjugate of scaled scores.
    fn separate(&self, map: &str, z: &[f64]) -> Option<Result<Separated, String>>;
    /// One step.
    fn recall(&self, map: &str, problem: Problem<'_>) -> Option<Result<Answer, String>>;
    /// One step over all rows, compared by their features, with the rows themselves as values.
    fn kernelised(&self, map: &str, lens: FeatureMap<'_>, problem: Problem<'_>) -> Option<Result<Mapped, String>>;
}

/// The oracle, so that the file and the oracle check each other.
#[derive(Clone, Copy, Debug)]
pub struct Oracle;

impl Subject for Oracle {
    fn separate(&self, map: &str, z: &[f64]) -> Option<Result<Separated, String>> {
        let map = Map::named(map)?;
        let (weights, support) = (map.weights(z), Some(map.support(z)));
        Some(Ok(Separated { weights, threshold: map.threshold(z), conjugate: map.conjugate(z), support }))
    }

    fn recall(&self, map: &str, problem: Problem<'_>) -> Option<Result<Answer, String>> {
        let map = Map::named(map)?;
        let Problem { beta, keys, values, query, .. } = problem;
        let kept = problem.kept.rows(keys.iter().count());
        let step = oracle::recall(map, beta, keys, values.unwrap_or(keys), Some(&kept), query);
        let energies = match (values, problem.kept) {
            (None, Kept::All) => {
                Some(Energies { energy0: oracle::energy0(map, beta, keys, query), energy: oracle::energy(map, beta, keys, query) })
            }
            _ => None,
        };
        let (threshold, conjugate, support) = (step.threshold, step.conjugate, Some(step.support));
        let separated = Separated { weights: step.weights, threshold, conjugate, support };
        Some(Ok(Answer { scores: step.scores, separated, state: step.state, energies }))
    }

    fn kernelised(&self, map: &str, lens: FeatureMap<'_>, problem: Problem<'_>) -> Option<Result<Mapped, String>> {
        let map = Map::named(map)?;
        let Problem { beta, keys, query, .. } = problem;
        let (features, f) = (lens.of_rows(keys), lens.of(query));
        let features = Rows { data: &features, dim: f.len() };
        let step = oracle::recall(map, beta, features, keys, None, &f);
        Some(Ok(Mapped { state: step.state, energy0: oracle::energy0(map, beta, features, &f) }))
    }
}
