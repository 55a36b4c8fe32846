//! Each crate by its best documented call.

use crate::data::{Memory, Work};
use crate::measure::{Bench, Row, version};
use basinet_core::{Beta, Model, Patterns, Separation, Softmax, Sparsemax, Step, batch_scratch};
use candle_core::{D, Device, Tensor};
use ndarray::linalg::{general_mat_mul, general_mat_vec_mul};
use ndarray::{Array1, Array2, ArrayView2, Axis};
use std::error::Error;

type Outcome = Result<(), Box<dyn Error>>;

fn wide(numbers: &[f32]) -> Vec<f64> {
    numbers.iter().copied().map(f64::from).collect()
}

/// What the map is called.
fn name(beta: f32) -> String {
    format!("softmax@{beta}")
}

/// Our recalls of the first `count` queries: of one by itself, of more as a batch.
fn ours<S: Separation>(memory: &Memory, separation: S, beta: f32, count: usize) -> impl FnMut() -> Result<Vec<f64>, Box<dyn Error>> {
    let (mut work, mut out) = (Work::new(memory), vec![0.0; count * memory.dim]);
    let mut scratch = vec![0.0; batch_scratch(count, memory.dim, memory.dim, 0)];
    let mut steps = vec![Step::default(); count];
    move || {
        if count == 1 {
            work.recall(memory, separation, beta, memory.query(0), &mut out)?;
        } else {
            let (rows, queries) = (Patterns::new(&memory.patterns, memory.dim)?, &memory.queries[..count * memory.dim]);
            Model::new(Beta::new(beta)?, separation).step_batch(&rows, queries, &mut out, &mut steps, &mut scratch)?;
        }
        Ok(wide(&out))
    }
}

/// The crate `hopfield`: f64, a vector for each pattern. Its sparsemax compares by distances, which for unit patterns is the same.
pub fn hopfield(bench: &Bench, memory: &Memory, beta: f32) -> Outcome {
    let Memory { count, dim, .. } = *memory;
    let patterns: Vec<Vec<f64>> = memory.patterns.chunks_exact(dim).map(wide).collect();
    let query = wide(memory.query(0));
    let row = |map: &str| Row {
        peer: "hopfield",
        version: version("hopfield"),
        map: format!("{map}@{beta}"),
        shape: (1, count, dim),
        is_exact: true,
    };
    let bound = 1e-5 * memory.largest();
    let mut softmax = || Ok(::hopfield::retrieve_dot_product(&query, &patterns, beta.into()));
    bench.compare(&row("softmax"), &mut ours(memory, Softmax, beta, 1), &mut softmax, bound)?;
    let mut sparsemax = || Ok(::hopfield::retrieve_sparsemax(&query, &patterns, beta.into()));
    bench.compare(&row("sparsemax"), &mut ours(memory, Sparsemax, beta, 1), &mut sparsemax, bound)
}

/// Softmax of one query by `ndarray` and by `candle`.
pub fn one(bench: &Bench, memory: &Memory, beta: f32) -> Outcome {
    let shape = (1, memory.count, memory.dim);
    let x = ArrayView2::from_shape((memory.count, memory.dim), &memory.patterns)?;
    let query = Array1::from(memory.query(0).to_vec());
    let (mut scores, mut out) = (Array1::zeros(memory.count), Array1::zeros(memory.dim));
    let mut by_ndarray = || {
        general_mat_vec_mul(beta, &x, &query, 0.0, &mut scores);
        let most = scores.fold(f32::NEG_INFINITY, |most: f32, &z| most.max(z));
        scores.mapv_inplace(|z| (z - most).exp());
        general_mat_vec_mul(1.0 / scores.sum(), &x.t(), &scores, 0.0, &mut out);
        Ok(wide(out.as_slice().unwrap_or(&[])))
    };
    let bound = 1e-5 * memory.largest();
    let row = Row { peer: "ndarray", version: version("ndarray"), map: name(beta), shape, is_exact: false };
    bench.compare(&row, &mut ours(memory, Softmax, beta, 1), &mut by_ndarray, bound)?;
    candle(bench, memory, beta, 1)
}

/// Softmax of 64 queries by `ndarray` and by `candle`.
pub fn many(bench: &Bench, memory: &Memory, beta: f32) -> Outcome {
    const COUNT: usize = 64;
    let shape = (COUNT, memory.count, memory.dim);
    let x = ArrayView2::from_shape((memory.count, memory.dim), &memory.patterns)?;
    let queries = Array2::from_shape_vec((COUNT, memory.dim), memory.queries[..COUNT * memory.dim].to_vec())?;
    let (mut scores, mut out) = (Array2::zeros((COUNT, memory.count)), Array2::zeros((COUNT, memory.dim)));
    let mut by_ndarray = || {
        general_mat_mul(beta, &queries, &x.t(), 0.0, &mut scores);
        for mut scores in scores.axis_iter_mut(Axis(0)) {
            let most = scores.fold(f32::NEG_INFINITY, |most: f32, &z| most.max(z));
            scores.mapv_inplace(|z| (z - most).exp());
            let sum = scores.sum();
            scores.mapv_inplace(|p| p / sum);
        }
        general_mat_mul(1.0, &scores, &x, 0.0, &mut out);
        Ok(wide(out.as_slice().unwrap_or(&[])))
    };
    let bound = 1e-5 * memory.largest();
    let row = Row { peer: "ndarray", version: version("ndarray"), map: name(beta), shape, is_exact: false };
    bench.compare(&row, &mut ours(memory, Softmax, beta, COUNT), &mut by_ndarray, bound)?;
    candle(bench, memory, beta, COUNT)
}

/// Softmax by `candle`, whose products are those of the crate `gemm`: that one has no safe function of its own.
fn candle(bench: &Bench, memory: &Memory, beta: f32, count: usize) -> Outcome {
    let x = Tensor::from_slice(&memory.patterns, (memory.count, memory.dim), &Device::Cpu)?;
    let queries = Tensor::from_slice(&memory.queries[..count * memory.dim], (count, memory.dim), &Device::Cpu)?;
    let mut by_candle = || {
        let scores = (&queries * f64::from(beta))?.matmul(&x.t()?)?;
        let p = scores.broadcast_sub(&scores.max_keepdim(D::Minus1)?)?.exp()?;
        let out = p.matmul(&x)?.broadcast_div(&p.sum_keepdim(D::Minus1)?)?;
        Ok(wide(&out.flatten_all()?.to_vec1()?))
    };
    let version = format!("{} (gemm {})", version("candle-core"), version("gemm"));
    let shape = (count, memory.count, memory.dim);
    let row = Row { peer: "candle", version: &version, map: name(beta), shape, is_exact: false };
    bench.compare(&row, &mut ours(memory, Softmax, beta, count), &mut by_candle, 1e-5 * memory.largest())
}
