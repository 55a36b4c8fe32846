//! Recall from stores that own their rows, with the bits of a view of the same numbers.

use super::laws::{self, Law};
use crate::cases::{Case, Data, Extra};
use crate::fnv::Fnv;
use basinet_core::{Beta, Buffers, Kernels, Model, PairStore, Patterns, Sparsemax, Store};

const ROWS: usize = 12;
const DIM: usize = 5;
const WIDTH: usize = 3;

/// What is stored.
pub(super) const CASE: Case = Case { dim: DIM, rows: ROWS, data: Data::Noise, beta: 1.0, steps: 1, extra: Extra::Values(WIDTH) };

/// Rows put in, replaced and taken out; then a step from the keys, and a reading of the values.
pub(super) fn run<K: Kernels>(kernels: K, hash: &mut Fnv) -> Result<(), Law> {
    let (mut keys, mut values, mut query) = ([[0.0; DIM]; ROWS], [[0.0; WIDTH]; ROWS], [0.0; DIM]);
    CASE.generate(keys.as_flattened_mut(), values.as_flattened_mut(), &mut query);
    let (mut store, mut pairs) = (Store::<ROWS, DIM>::new(), PairStore::<ROWS, DIM, WIDTH>::new());
    for (key, value) in keys.iter().zip(&values) {
        store.insert(*key).map_err(|rejected| rejected.error)?;
        pairs.insert(*key, *value).map_err(|rejected| rejected.error)?;
    }
    store.replace(1, query).map_err(|rejected| rejected.error)?;
    pairs.replace(1, query, [0.5; WIDTH]).map_err(|rejected| rejected.error)?;
    // The last row takes the place of the one that goes.
    let gone = (store.remove(3), pairs.remove(3));
    if gone != (Some(keys[3]), Some((keys[3], values[3]))) {
        return Err(Law::Store);
    }
    (keys[1], values[1]) = (query, [0.5; WIDTH]);
    (keys[3], values[3]) = (keys[ROWS - 1], values[ROWS - 1]);
    let (keys, values) = (keys[..ROWS - 1].as_flattened(), values[..ROWS - 1].as_flattened());
    recall(kernels, (&store, &pairs), (Patterns::new(keys, DIM)?, Patterns::new(values, WIDTH)?), hash)
}

type Stores<'a> = (&'a Store<ROWS, DIM>, &'a PairStore<ROWS, DIM, WIDTH>);

/// Recall from the stores, and from views of what is in them.
fn recall<K: Kernels>(
    kernels: K,
    (store, pairs): Stores<'_>,
    (keys, values): (Patterns<'_>, Patterns<'_>),
    hash: &mut Fnv,
) -> Result<(), Law> {
    let model = Model::new(Beta::new(CASE.beta)?, Sparsemax).on(kernels);
    let mut buffers = Buffers::<DIM, ROWS>::new();
    let cue = [0.5, -0.25, 0.125, 0.75, -0.5];
    let (mut out, mut of_view) = ([0.0; DIM], [0.0; DIM]);
    let step = model.step(&store.patterns()?, &cue, &mut out, &mut buffers.scratch())?;
    model.step(&keys, &cue, &mut of_view, &mut buffers.scratch())?;
    laws::same(&out, &of_view, Law::Store)?;
    let (mut value, mut of_view) = ([0.0; WIDTH], [0.0; WIDTH]);
    let (own_keys, own_values) = (pairs.keys().patterns()?, pairs.values().patterns()?);
    model.read(&own_keys, &own_values, &cue, &mut value, &mut buffers.scratch())?;
    model.read(&keys, &values, &cue, &mut of_view, &mut buffers.scratch())?;
    laws::same(&value, &of_view, Law::Store)?;
    if store.max_norm().to_bits() != keys.max_norm()?.to_bits() {
        return Err(Law::Store);
    }
    laws::take(&step, hash)?;
    hash.numbers(&[store.max_norm(), pairs.values().max_norm()])?;
    hash.numbers(&out)?;
    Ok(hash.numbers(&value)?)
}
