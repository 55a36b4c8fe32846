//! Steps and passes over the same rows, to be compared in bits or within the contract's bound.

use super::{EPS, Numbers, Work, bits, depth, largest};
use basinet_core::{Beta, Dot, Kernels, Model, Pass, Patterns, Separation, Step};

pub const DIM: usize = 3;

pub type Ended = (Vec<u32>, Step);

pub fn memory(rows: usize, seed: u64) -> (Vec<f32>, Vec<f32>) {
    let mut numbers = Numbers(seed);
    (numbers.numbers(rows * DIM), numbers.numbers(DIM))
}

pub fn model<S: Separation, K: Kernels>(separation: S, beta: f32, kernels: K) -> Model<S, Dot, K> {
    Model::new(Beta::new(beta).unwrap(), separation).on(kernels)
}

pub fn rows(data: &[f32], from: usize, to: usize) -> Patterns<'_> {
    Patterns::new(&data[from * DIM..to * DIM], DIM).unwrap()
}

/// What a step gives, as far as a pass can: not the energy, and not how often rows were read.
pub fn whole<S: Separation, K: Kernels>(model: &Model<S, Dot, K>, data: &[f32], query: &[f32]) -> Ended {
    let mut out = [0.0; DIM];
    let all = rows(data, 0, data.len() / DIM);
    let mut step = model.step(&all, query, &mut out, &mut Work::new(DIM, all.count()).scratch()).unwrap();
    (step.energy, step.passes) = (None, 1);
    (bits(&out), step)
}

/// Ends a pass, reading out shard by shard: `cuts` are the rows where a shard ends.
pub fn ended<S: Separation, K: Kernels>(mut pass: Pass<'_, S, Dot, K>, data: &[f32], cuts: &[usize]) -> Ended {
    let normaliser = pass.normaliser().unwrap();
    for (from, to) in shards(data.len() / DIM, cuts) {
        pass.read_out(&normaliser, from, &rows(data, from, to)).unwrap();
    }
    let mut out = [0.0; DIM];
    let step = pass.finish(&normaliser, &mut out).unwrap();
    (bits(&out), step)
}

/// The ranges between cuts.
pub fn shards(count: usize, cuts: &[usize]) -> Vec<(usize, usize)> {
    let mut ends: Vec<usize> = cuts.iter().copied().filter(|&cut| 0 < cut && cut < count).chain([0, count]).collect();
    ends.sort_unstable();
    ends.dedup();
    ends.iter().copied().zip(ends.iter().copied().skip(1)).collect()
}

/// One pass, updated shard by shard.
pub fn updated<S: Separation, K: Kernels>(model: &Model<S, Dot, K>, data: &[f32], query: &[f32], cuts: &[usize], room: usize) -> Ended {
    let mut work = Work::new(DIM, room);
    let mut pass = model.begin(query, DIM, work.scratch()).unwrap();
    for (from, to) in shards(data.len() / DIM, cuts) {
        pass.update(from, &rows(data, from, to)).unwrap();
    }
    ended(pass, data, &[])
}

/// A pass for each shard, the first of them merged with the others in the given order.
pub fn merged<S: Separation + PartialEq, K: Kernels>(
    model: &Model<S, Dot, K>,
    data: &[f32],
    query: &[f32],
    shards: &[(usize, usize)],
) -> Ended {
    let mut works: Vec<Work> = shards.iter().map(|_| Work::new(DIM, data.len() / DIM)).collect();
    let over = |(work, &(from, to)): (_, &(usize, usize))| {
        let mut pass = model.begin(query, DIM, Work::scratch(work)).unwrap();
        pass.update(from, &rows(data, from, to)).unwrap();
        pass
    };
    let mut passes = works.iter_mut().zip(shards).map(over);
    let mut total = passes.next().unwrap();
    passes.for_each(|pass| total.merge(&pass).unwrap());
    ended(total, data, &[])
}

/// Both states are within 2e-6 m of the exact one, weights within 2e-6, conjugate and threshold within 4e-6 max(1, max|z|), and the sum of
/// the other weights within the depth of its summation; counts and scores agree exactly.
pub fn assert_close(found: &Ended, expected: &Ended, data: &[f32], query: &[f32], beta: f32, what: &str) {
    let m = largest(data);
    for (&a, &b) in found.0.iter().zip(&expected.0) {
        let (a, b) = (f64::from(f32::from_bits(a)), f64::from(f32::from_bits(b)));
        assert!((a - b).abs() <= 4e-6 * m, "{what}: {a} and {b}");
    }
    let (a, b) = (&found.1, &expected.1);
    assert_eq!((a.winner, a.gap.to_bits(), a.support), (b.winner, b.gap.to_bits(), b.support), "{what}");
    assert!((f64::from(a.weight) - f64::from(b.weight)).abs() <= 4e-6, "{what}: {a:?} and {b:?}");
    let depth = depth(data.len() / DIM) + 20.0;
    assert!(
        (f64::from(a.rest) - f64::from(b.rest)).abs() <= 2.0 * (depth + 2.0) * EPS * f64::from(b.rest) + 4e-6,
        "{what}: {a:?} and {b:?}"
    );
    let size = (f64::from(beta) * DIM as f64 * m * largest(query)).max(1.0);
    assert!((a.conjugate - b.conjugate).abs() <= 8e-6 * size, "{what}: {a:?} and {b:?}");
    assert!((a.threshold.unwrap_or(0.0) - b.threshold.unwrap_or(0.0)).abs() <= 8e-6 * size, "{what}: {a:?} and {b:?}");
}
