//! Memories in one state, by features of each kind.

use super::laws::{self, Law};
use crate::cases::{Case, Data, Extra};
use crate::fnv::Fnv;
use crate::generator::SplitMix64;
use basinet_core::{Beta, EluFeatures, Features, Kernels, PositiveRandomFeatures, ReluRandomFeatures, Superposition};

const ROWS: usize = 12;
const DIM: usize = 5;
const WIDTH: usize = 3;
/// Features: more than a block.
const COUNT: usize = 67;

/// What is stored.
pub(super) const CASE: Case = Case { dim: DIM, rows: ROWS, data: Data::Noise, beta: 0.5, steps: 1, extra: Extra::Values(WIDTH) };

/// The superposition by each kind of features.
pub(super) fn run<K: Kernels>(kernels: K, hash: &mut Fnv) -> Result<(), Law> {
    let mut weights = [0.0; COUNT * DIM];
    SplitMix64::new(19).fill(&mut weights, 1.0);
    let beta = Beta::new(CASE.beta)?;
    memory(kernels, EluFeatures::new(DIM)?, hash)?;
    memory(kernels, PositiveRandomFeatures::new(&weights[..], DIM, beta)?, hash)?;
    memory(kernels, PositiveRandomFeatures::new(&weights[..], DIM, beta)?.with_shift(0.5)?.with_offset(1e-4)?, hash)?;
    memory(kernels, ReluRandomFeatures::new(&weights[..], DIM, beta, 1e-3)?, hash)
}

/// Memories come, are replaced and go; what is left is recalled, and is what a memory recalls that never held the others.
fn memory<F: Features + Copy, K: Kernels>(kernels: K, features: F, hash: &mut Fnv) -> Result<(), Law> {
    const NUMBERS: usize = Superposition::<()>::numbers(COUNT, WIDTH);
    const ROOM: usize = Superposition::<()>::room(COUNT, WIDTH);
    let (mut keys, mut values, mut query) = ([[0.0; DIM]; ROWS], [[0.0; WIDTH]; ROWS], [0.0; DIM]);
    CASE.generate(keys.as_flattened_mut(), values.as_flattened_mut(), &mut query);
    let mut room = [0.0; ROOM];
    let mut memory = Superposition::new(features, WIDTH, [0.0; NUMBERS])?.on(kernels);
    for (key, value) in keys.iter().zip(&values) {
        memory.store(key, value, &mut room)?;
    }
    memory.remove(&keys[3], &values[3], &mut room)?;
    memory.replace((&keys[4], &values[4]), (&query, &values[3]), &mut room)?;
    let mut out = [0.0; WIDTH];
    let recollection = memory.recall(&query, &mut out, &mut room)?;
    hash.numbers(&out)?;
    hash.number(recollection.conjugate)?;
    hash.number(recollection.drift)?;

    (keys[4], values[4]) = (query, values[3]);
    memory.clear();
    for (_, (key, value)) in keys.iter().zip(&values).enumerate().filter(|(row, _)| *row != 3) {
        memory.store(key, value, &mut room)?;
    }
    let mut fresh = [0.0; WIDTH];
    memory.recall(&query, &mut fresh, &mut room)?;
    let allowed = 8.0 * crate::tolerance::EPS * f64::from(laws::max_abs(values.as_flattened())) + 2.0 * recollection.drift;
    if memory.is_refresh_due() || out.iter().zip(fresh).any(|(a, b)| f64::from(a - b).abs() > allowed) {
        return Err(Law::Superposed);
    }
    Ok(())
}
