//! A recall by a sieve is the memory's own: the same bits where the map is sparse, within the tail where it is dense; copies follow the
//! patterns. The memories are made to be hard: ties, near-ties within the bounds, ranges of 1e30, zeros, duplicates, one row above all.

use super::{bits, numbers, random};
use basinet::{Beta, Bf16, Code, CompressedMemory, Dot, Error, F16, Kernels, LinearMap, Memory, Model, Separation, SignBits, Step, Window};
use basinet_conformance::separations::{EachSeparation, each};
use proptest::prelude::*;
use rand::RngExt;

/// The kinds of memory, by number.
const KINDS: u32 = 9;

/// A memory of a kind, and a query near or far.
fn made(kind: u32, seed: u64, dim: usize, count: usize) -> (Vec<f32>, Vec<f32>) {
    let mut random = random(seed);
    let mut rows = numbers(&mut random, dim * count);
    let mut query = numbers(&mut random, dim);
    let chosen = random.random_range(0..count);
    match kind {
        // Near one of the rows.
        0 => query = rows[chosen * dim..(chosen + 1) * dim].iter().zip(&query).map(|(x, noise)| x + 0.2 * noise).collect(),
        // SignBits, with ties everywhere.
        1 => {
            rows.iter_mut().for_each(|x| *x = if *x < 0.0 { -1.0 } else { 1.0 });
            query = rows[..dim].to_vec();
        }
        // All rows nearly the same, nearer to each other than any bound.
        2 => {
            let first = rows[..dim].to_vec();
            for row in rows.chunks_exact_mut(dim) {
                row.iter_mut().zip(&first).for_each(|(x, first)| *x = first + 1e-4 * *x);
            }
            query = first;
        }
        // Rows from 1e-30 to 1e15.
        3 => {
            for row in rows.chunks_exact_mut(dim) {
                let scale = 10f32.powi(random.random_range(-30..=15));
                row.iter_mut().for_each(|x| *x *= scale);
            }
        }
        // Numbers of a row from 1e-30 to 1.
        4 => rows.iter_mut().for_each(|x| *x *= 10f32.powi(random.random_range(-30..=0))),
        // Many zeros, rows of zeros, a query of zeros.
        5 => {
            rows.chunks_exact_mut(dim).step_by(2).for_each(|row| row.fill(0.0));
            if seed.is_multiple_of(2) {
                query.fill(0.0);
            }
        }
        // Every row twice or more.
        6 => {
            let half = rows[..count.div_ceil(2) * dim].to_vec();
            for (row, copy) in rows.chunks_exact_mut(dim).zip(half.chunks_exact(dim).cycle()) {
                row.copy_from_slice(copy);
            }
        }
        // One row above all.
        7 => rows[chosen * dim..(chosen + 1) * dim].iter_mut().for_each(|x| *x *= 1e4),
        // The query along what the codes lose of a row.
        _ => {
            let mut codes = vec![0i8; dim];
            if let Ok(encoded) = i8::encode(&rows[chosen * dim..(chosen + 1) * dim], &mut codes) {
                for ((q, x), code) in query.iter_mut().zip(&rows[chosen * dim..]).zip(&codes) {
                    *q = (x - f32::from(*code) * encoded.scale) * 1000.0;
                }
            }
        }
    }
    (rows, query)
}

/// A map to the first columns of patterns, or to all of them in another order and with other signs.
fn front(dim: usize, columns: usize) -> Result<LinearMap, Error> {
    let mut weights = vec![0.0; columns * dim];
    for (j, row) in weights.chunks_exact_mut(dim).enumerate() {
        row[dim - 1 - j] = if j % 2 == 0 { 1.0 } else { -1.0 };
    }
    LinearMap::new(weights, dim, None)
}

/// The bits of a state, and a step as it prints, less what a sieve does not know.
fn shown(state: &[f32], mut step: Step) -> (Vec<u32>, String) {
    (step.gap, step.passes) = (0.0, 1);
    (bits(state), format!("{step:?}"))
}

/// The sieve against the memory, by one model.
fn assert_as_plain<C: Code, S: Separation, K: Kernels + std::fmt::Debug>(
    memory: &CompressedMemory<C>,
    model: &Model<S, Dot, K>,
    query: &[f32],
    is_dense: bool,
) -> Result<(), TestCaseError> {
    let (plain, sifted) = (memory.memory().recall(model, query), memory.recall(model, query));
    let (plain, sifted) = match (plain, sifted) {
        (Ok(plain), Ok(sifted)) => (plain, sifted),
        (plain, sifted) => {
            prop_assert_eq!(plain.err(), sifted.err());
            return Ok(());
        }
    };
    let sifting = sifted.sifting;
    prop_assert!(sifting.step.gap <= plain.step.gap, "{:?}: gap {} > {}", model, sifting.step.gap, plain.step.gap);
    if !is_dense {
        prop_assert_eq!(sifting.tail, 0.0, "{:?}", model);
    }
    if !is_dense || (sifting.tail == 0.0 && sifting.step.rows == plain.step.rows) {
        prop_assert_eq!(shown(&plain.state, plain.step), shown(&sifted.state, sifting.step), "{:?}, {:?}", model, sifting);
    } else {
        let most = f64::from(memory.memory().max_norm());
        let apart: f64 = plain.state.iter().zip(&sifted.state).map(|(a, b)| (f64::from(*a) - f64::from(*b)).powi(2)).sum();
        let allowed = (2.0 * sifting.tail + 1e-5) * most;
        prop_assert!(apart.sqrt() <= allowed, "{:?}: {} > {}, {:?}", model, apart.sqrt(), allowed, sifting);
        prop_assert!(sifting.tail <= 1.0 / 16_777_216.0 && plain.step.winner == sifting.step.winner, "{:?}, {:?}", model, sifting);
    }
    Ok(())
}

/// Every separation.
struct All<'a, C: Code>(&'a CompressedMemory<C>, &'a [f32], f32);

impl<C: Code> EachSeparation for All<'_, C> {
    type Failure = TestCaseError;

    fn with<S: Separation + PartialEq>(&mut self, name: &'static str, separation: S) -> Result<(), TestCaseError> {
        let is_dense = name.starts_with("softmax");
        let model = Model::new(Beta::new(self.2).map_err(|e| TestCaseError::fail(e.to_string()))?, separation);
        assert_as_plain(self.0, &model, self.1, is_dense)?;
        let half = self.0.len() / 2;
        assert_as_plain(self.0, &model.keep(Window { centre: half, half_width: half / 2 }), self.1, is_dense)
    }
}

fn failed(error: Error) -> TestCaseError {
    TestCaseError::fail(error.to_string())
}

/// All separations on all copies of one code.
fn all<C: Code>(rows: &[f32], query: &[f32], beta: f32, columns: usize) -> Result<(), TestCaseError> {
    let memory = Memory::from_rows(query.len(), rows).map_err(failed)?;
    each(&mut All(&CompressedMemory::<C>::new(memory.clone()).map_err(failed)?, query, beta))?;
    let front = front(query.len(), columns).map_err(failed)?;
    each(&mut All(&CompressedMemory::<C>::progressive(memory, front).map_err(failed)?, query, beta))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 160, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_sieve_gives_what_the_memory_gives(
        kind in 0..KINDS, seed in 0u64..1 << 40, dim in 1usize..70, count in 1usize..1400, beta in -3.0f32..5.0, part in 0.0f64..1.0, code in 0..4,
    ) {
        let (rows, query) = made(kind, seed, dim, count);
        let (beta, columns) = (10f32.powf(beta), 1 + (part * (dim - 1) as f64) as usize);
        match code {
            0 => all::<i8>(&rows, &query, beta, columns)?,
            1 => all::<SignBits>(&rows, &query, beta, columns)?,
            2 => all::<F16>(&rows, &query, beta, columns)?,
            _ => all::<Bf16>(&rows, &query, beta, columns)?,
        }
    }
}
