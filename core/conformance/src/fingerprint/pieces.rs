//! Rows that are read piece by piece: by one pass, and by two that are merged.

use super::Asked;
use super::laws::{self, Law};
use super::room::Bench;
use crate::fnv::Fnv;
use basinet_core::{BLOCK, CHUNK, Kernels, Model, Normaliser, Patterns, Separation};

type OfDots<S, K> = Model<S, basinet_core::Dot, K>;

/// One pass that is cut at block ends has the bits of a step. So have two that are merged at the end of a chunk; where the memory is
/// shorter they are merged at the end of a block, and have bits of their own.
pub(super) fn run<S: Separation + PartialEq, K: Kernels>(asked: &Asked<S, K>, bench: &mut Bench<'_>, hash: &mut Fnv) -> Result<(), Law> {
    let model = asked.model(bench.case.beta)?;
    model.step(&bench.patterns, bench.query, bench.state, &mut bench.first.roomy())?;
    cut(model, bench)?;
    laws::same(bench.out, bench.state, Law::Pieces)?;
    let rows = bench.case.rows;
    let at = if rows > CHUNK { CHUNK } else { BLOCK };
    if rows > at {
        merged(model, bench, at)?;
        if at == CHUNK {
            laws::same(bench.out, bench.state, Law::Pieces)?;
        }
        laws::hull(bench.out, bench.patterns, asked.mass)?;
    }
    Ok(hash.numbers(bench.out)?)
}

/// The rows from one to the other.
fn rows(data: &[f32], dim: usize, from: usize, to: usize) -> Result<Patterns<'_>, Law> {
    Ok(Patterns::new(data.get(from * dim..to * dim).ok_or(Law::Arena)?, dim)?)
}

/// The normaliser as it arrives elsewhere.
fn carried(normaliser: Normaliser) -> Result<Normaliser, Law> {
    let arrived = Normaliser::from_bytes(&normaliser.to_bytes());
    if arrived == Some(normaliser) { Ok(normaliser) } else { Err(Law::Bytes) }
}

/// Where pieces of one block, then two, three and so on, begin and end.
fn pieces(count: usize) -> impl Iterator<Item = (usize, usize)> {
    let begin = |i: usize| i * (i + 1) / 2 * BLOCK;
    (0..).take_while(move |i| begin(*i) < count).map(move |i| (begin(i), count.min(begin(i + 1))))
}

/// A pass over such pieces, into `out`.
fn cut<S: Separation + PartialEq, K: Kernels>(model: OfDots<S, K>, bench: &mut Bench<'_>) -> Result<(), Law> {
    let Bench { case, data, query, .. } = *bench;
    let mut pass = model.begin(query, case.dim, bench.first.roomy())?;
    for (from, to) in pieces(case.rows) {
        pass.update(from, &rows(data, case.dim, from, to)?)?;
    }
    let normaliser = carried(pass.normaliser()?)?;
    for (from, to) in pieces(case.rows) {
        pass.read_out(&normaliser, from, &rows(data, case.dim, from, to)?)?;
    }
    pass.finish(&normaliser, bench.out)?;
    Ok(())
}

/// A pass over the rows up to `at` and one over the others, into `out`.
fn merged<S: Separation + PartialEq, K: Kernels>(model: OfDots<S, K>, bench: &mut Bench<'_>, at: usize) -> Result<(), Law> {
    let Bench { case, data, query, .. } = *bench;
    let (near, far) = (rows(data, case.dim, 0, at)?, rows(data, case.dim, at, case.rows)?);
    let mut pass = model.begin(query, case.dim, bench.first.roomy())?;
    let mut other = model.begin(query, case.dim, bench.second.roomy())?;
    pass.update(0, &near)?;
    other.update(at, &far)?;
    pass.merge(&other)?;
    let normaliser = carried(pass.normaliser()?)?;
    pass.read_out(&normaliser, 0, &near)?;
    pass.read_out(&normaliser, at, &far)?;
    pass.finish(&normaliser, bench.out)?;
    Ok(())
}
