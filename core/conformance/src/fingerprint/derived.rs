//! Derivatives of the weights.

use super::Asked;
use super::laws::{self, Law};
use super::room::Bench;
use crate::fnv::Fnv;
use crate::generator::SplitMix64;
use basinet_core::{Beta, Entmax, Error, Kernels, Model, Separation};

/// The entmax whose derivatives with respect to alpha are taken: closed forms, the general one, and softmax.
const ALPHAS: [f32; 5] = [1.0, 1.25, 1.5, 2.0, 3.0];

/// The change of the weights with a change of the scores, at beta = 1.
pub(super) fn with_scores<S: Separation + PartialEq, K: Kernels>(
    asked: &Asked<S, K>,
    bench: &mut Bench<'_>,
    hash: &mut Fnv,
) -> Result<(), Law> {
    let model = asked.model(1.0)?;
    bench.weights.copy_from_slice(bench.scores);
    model.weights(bench.weights, &mut bench.first.roomy())?;
    let tangent = bench.first.column(bench.case.rows)?;
    SplitMix64::new(bench.case.dim as u64).fill(tangent, 1.0);
    let derived = model.jvp(bench.weights, tangent);
    take(derived, bench.weights, tangent, hash)
}

/// The change of entmax's weights with alpha, at beta = 1.
pub(super) fn with_alpha<K: Kernels>(kernels: K, bench: &mut Bench<'_>, hash: &mut Fnv) -> Result<(), Law> {
    for alpha in ALPHAS {
        let entmax = Entmax::new(alpha)?;
        bench.weights.copy_from_slice(bench.scores);
        let step = Model::new(Beta::new(1.0)?, entmax).on(kernels).weights(bench.weights, &mut bench.first.roomy())?;
        laws::weights(bench.weights, &step, 1)?;
        let derivative = bench.first.column(bench.case.rows)?;
        let derived = entmax.alpha_derivative(bench.weights, derivative);
        take(derived, bench.weights, derivative, hash)?;
    }
    Ok(())
}

/// A row without a weight has no derivative. Just above a threshold that of a weight may be beyond f32.
fn take(derived: Result<(), Error>, weights: &[f32], derivative: &[f32], hash: &mut Fnv) -> Result<(), Law> {
    match derived {
        Ok(()) => {}
        Err(Error::OutputNotFinite) => {
            hash.count(1);
            return Ok(());
        }
        Err(error) => return Err(error.into()),
    }
    if weights.iter().zip(derivative).any(|(p, d)| *p == 0.0 && *d != 0.0) {
        return Err(Law::Derivative);
    }
    Ok(hash.numbers(derivative)?)
}
