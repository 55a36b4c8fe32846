//! The library on one backend, as a subject.

use super::subject::{Answer, Energies, Kept, Mapped, Problem, Separated, Subject};
use crate::oracle::{self, Rows};
use crate::separations::{WithSeparation, named};
use basinet_core::{Beta, Bits, Buffers, Dot, Error, FeatureMap, Kernels, Listed, Model, Patterns, Scratch, Separation, Step, Window};
use std::boxed::Box;
use std::format;
use std::string::String;
use std::vec::Vec;

/// The longest row and the most rows of a golden file.
const DIM: usize = 512;
const ROWS: usize = 4096;

/// The library with the kernels of one backend.
#[derive(Clone, Copy, Debug)]
pub struct Library<K>(pub K);

impl<K: Kernels> Subject for Library<K> {
    fn separate(&self, map: &str, z: &[f64]) -> Option<Result<Separated, String>> {
        Some(named(map, Separate { kernels: self.0, z })?.map_err(told))
    }

    fn recall(&self, map: &str, problem: Problem<'_>) -> Option<Result<Answer, String>> {
        Some(named(map, Recall { kernels: self.0, problem })?.map_err(told))
    }

    fn kernelised(&self, map: &str, lens: oracle::FeatureMap<'_>, problem: Problem<'_>) -> Option<Result<Mapped, String>> {
        Some(named(map, Through { kernels: self.0, lens, problem })?.map_err(told))
    }
}

fn told(error: Error) -> String {
    format!("{error}")
}

/// Scaled scores to weights: a model at beta = 1.
struct Separate<'a, K> {
    kernels: K,
    z: &'a [f64],
}

impl<K: Kernels> WithSeparation for Separate<'_, K> {
    type Output = Result<Separated, Error>;
    fn with<S: Separation>(self, separation: S) -> Self::Output {
        let mut buffers = buffers();
        let model = Model::new(Beta::new(1.0)?, separation).on(self.kernels);
        separated(model, &mut narrow(self.z), &mut buffers.scratch())
    }
}

/// A problem to an answer.
struct Recall<'a, K> {
    kernels: K,
    problem: Problem<'a>,
}

impl<K: Kernels> WithSeparation for Recall<'_, K> {
    type Output = Result<Answer, Error>;
    fn with<S: Separation>(self, separation: S) -> Self::Output {
        let model = Model::new(Beta::new(self.problem.beta as f32)?, separation).on(self.kernels);
        match self.problem.kept {
            Kept::All => recall(model, self.problem),
            Kept::Listed(rows) => recall(model.keep(Listed::new(rows)?), self.problem),
            Kept::Bits(rows) => recall(model.keep(Bits(&bits(rows))), self.problem),
            Kept::Window { centre, half_width } => recall(model.keep(Window { centre, half_width }), self.problem),
        }
    }
}

/// A problem and a feature map to an answer.
struct Through<'a, K> {
    kernels: K,
    lens: oracle::FeatureMap<'a>,
    problem: Problem<'a>,
}

impl<K: Kernels> WithSeparation for Through<'_, K> {
    type Output = Result<Mapped, Error>;
    fn with<S: Separation>(self, separation: S) -> Self::Output {
        let Self { lens, problem, .. } = self;
        let (keys, query) = (narrow(problem.keys.data), narrow(problem.query));
        let (weights, bias) = (narrow(lens.weights.data), lens.bias.map(narrow));
        let map = FeatureMap::new(&weights, lens.weights.dim)?;
        let map = if let Some(bias) = &bias { map.with_bias(bias)? } else { map };
        let map = if lens.unit { map.unit() } else { map };
        let keys = Patterns::new(&keys, problem.keys.dim)?;
        let (mut features, mut room) = (vec![0.0; map.features() * keys.count()], vec![0.0; map.features()]);
        map.on(self.kernels).apply_rows(&keys, &mut features)?;
        let model = Model::new(Beta::new(problem.beta as f32)?, separation).on(self.kernels).through(map);
        let (mut out, mut buffers) = (vec![0.0; keys.dim()], buffers());
        let scratch = &mut buffers.scratch().with_features(&mut room);
        let step = model.step(&Patterns::new(&features, map.features())?, &keys, &query, &mut out, scratch)?;
        Ok(Mapped { state: wide(&out), energy0: step.energy.unwrap_or(f64::NAN) })
    }
}

/// Scores, weights, step (or read) and energies, each by its own call, as a user would ask for them.
fn recall<S: Separation, K: Kernels>(model: Model<S, Dot, K>, problem: Problem<'_>) -> Result<Answer, Error> {
    let mut buffers = buffers();
    let scratch = &mut buffers.scratch();
    let (keys, query) = (narrow(problem.keys.data), narrow(problem.query));
    let keys = Patterns::new(&keys, problem.keys.dim)?;
    let mut scores = vec![0.0; keys.count()];
    model.scores(&keys, &query, &mut scores)?;
    let separated = separated(model, &mut scores.clone(), scratch)?;
    let (state, step) = stepped(model, keys, problem.values, &query, scratch)?;
    let energies = match (step.energy, problem.kept) {
        (Some(energy0), Kept::All) => Some(Energies { energy0, energy: model.energy(&keys, &query, keys.max_norm()?, scratch)? }),
        _ => None,
    };
    Ok(Answer { scores: wide(&scores), separated, state: wide(&state), energies })
}

fn stepped<S: Separation, K: Kernels>(
    model: Model<S, Dot, K>,
    keys: Patterns<'_>,
    values: Option<Rows<'_>>,
    query: &[f32],
    scratch: &mut Scratch<'_>,
) -> Result<(Vec<f32>, Step), Error> {
    if let Some(values) = values {
        let mut out = vec![0.0; values.dim];
        let data = narrow(values.data);
        let step = model.read(&keys, &Patterns::new(&data, values.dim)?, query, &mut out, scratch)?;
        return Ok((out, step));
    }
    let mut out = vec![0.0; keys.dim()];
    let step = model.step(&keys, query, &mut out, scratch)?;
    Ok((out, step))
}

fn separated<S: Separation, K: Kernels>(
    model: Model<S, Dot, K>,
    scores: &mut [f32],
    scratch: &mut Scratch<'_>,
) -> Result<Separated, Error> {
    let step = model.weights(scores, scratch)?;
    Ok(Separated { weights: wide(scores), threshold: step.threshold, conjugate: step.conjugate, support: Some(step.support) })
}

fn buffers() -> Box<Buffers<DIM, ROWS>> {
    Box::new(Buffers::new())
}

/// Rows as bits: row i is bit i mod 64 of word i / 64.
fn bits(rows: &[usize]) -> Vec<u64> {
    let mut words = vec![0; rows.iter().max().map_or(0, |last| last / 64 + 1)];
    for row in rows {
        words[row / 64] |= 1 << (row % 64);
    }
    words
}

/// Golden inputs are exact in f32; states that come back were f32.
fn narrow(x: &[f64]) -> Vec<f32> {
    x.iter().map(|x| *x as f32).collect()
}

fn wide(x: &[f32]) -> Vec<f64> {
    x.iter().map(|x| f64::from(*x)).collect()
}
