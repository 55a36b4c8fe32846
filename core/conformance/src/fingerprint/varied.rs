//! Recall within some of the rows, to other values, with too few candidates.

use super::Asked;
use super::laws::{self, Law};
use super::room::Bench;
use crate::cases::Extra;
use crate::fnv::Fnv;
use basinet_core::{Bits, Kernels, RandomMask, Separation, Window};

/// Recall from the rows that a mask keeps.
pub(super) fn masked<S: Separation + PartialEq, K: Kernels>(asked: &Asked<S, K>, bench: &mut Bench<'_>, hash: &mut Fnv) -> Result<(), Law> {
    let Bench { case, patterns, query, .. } = *bench;
    let model = asked.model(case.beta)?;
    let (out, scratch) = (&mut *bench.out, &mut bench.first.roomy());
    let step = match case.extra {
        Extra::Window => {
            let window = Window { centre: case.rows / 2, half_width: case.rows / 6 };
            model.keep(window).step(&patterns, query, out, scratch)
        }
        Extra::Random => model.keep(RandomMask::new(case.dim as u64, 0.75)?).step(&patterns, query, out, scratch),
        _ => {
            let two_of_three = [0xDB6D_B6DB_6DB6_DB6D; 79];
            let words = two_of_three.get(..case.rows.div_ceil(64)).ok_or(Law::Arena)?;
            model.keep(Bits(words)).step(&patterns, query, out, scratch)
        }
    };
    if let Some(step) = laws::answer(step, hash)? {
        laws::hull(out, patterns, asked.mass)?;
        laws::take(&step, hash)?;
        hash.numbers(out)?;
    }
    Ok(())
}

/// Recall of values.
pub(super) fn values<S: Separation + PartialEq, K: Kernels>(asked: &Asked<S, K>, bench: &mut Bench<'_>, hash: &mut Fnv) -> Result<(), Law> {
    let values = bench.values.ok_or(Law::Arena)?;
    let model = asked.model(bench.case.beta)?;
    model.read(&bench.patterns, &values, bench.query, bench.made, &mut bench.first.roomy())?;
    laws::hull(bench.made, values, asked.mass)?;
    Ok(hash.numbers(bench.made)?)
}

/// The same bits with too few candidates.
pub(super) fn overflow<S: Separation + PartialEq, K: Kernels>(
    asked: &Asked<S, K>,
    bench: &mut Bench<'_>,
    hash: &mut Fnv,
) -> Result<(), Law> {
    let model = asked.model(bench.case.beta)?;
    let roomy = model.step(&bench.patterns, bench.query, bench.state, &mut bench.first.roomy())?;
    let mut tight = model.step(&bench.patterns, bench.query, bench.out, &mut bench.second.tight())?;
    laws::same(bench.state, bench.out, Law::Capacity)?;
    tight.passes = roomy.passes;
    if tight != roomy {
        return Err(Law::Capacity);
    }
    laws::take(&tight, hash)?;
    Ok(hash.numbers(bench.out)?)
}
