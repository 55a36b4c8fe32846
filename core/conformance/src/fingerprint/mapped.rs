//! Recall through a feature map.

use super::Asked;
use super::laws::{self, Law};
use super::room::Bench;
use super::{compared, settled};
use crate::cases::MAPPED_STEPS;
use crate::fnv::Fnv;
use basinet_core::{Error, Kernels, Patterns, Separation, Stop};

/// The features of all rows, which stay where they are.
pub(super) fn features<K: Kernels>(kernels: K, bench: &mut Bench<'_>, hash: &mut Fnv) -> Result<(), Law> {
    let map = bench.map.ok_or(Law::Arena)?.on(kernels);
    let features = bench.made.get_mut(..map.features() * bench.case.rows).ok_or(Law::Arena)?;
    map.apply_rows(&bench.patterns, features)?;
    Ok(hash.numbers(features)?)
}

/// A step, which is the one from the features; then steps until state and weights stay. A query of zeros has no features of unit length.
pub(super) fn run<S: Separation + PartialEq, K: Kernels>(asked: &Asked<S, K>, bench: &mut Bench<'_>, hash: &mut Fnv) -> Result<(), Law> {
    let model = asked.model(bench.case.beta)?;
    let kernelised = model.through(bench.map.ok_or(Law::Arena)?);
    let (map, patterns) = (kernelised.map(), bench.patterns);
    let (features, room) = bench.made.split_at_mut_checked(map.features() * bench.case.rows).ok_or(Law::Arena)?;
    let (f, room) = room.split_at_mut_checked(map.features()).ok_or(Law::Arena)?;
    let features = Patterns::new(features, map.features())?;
    let step = kernelised.step(&features, &patterns, bench.query, bench.out, &mut bench.first.roomy().with_features(room));
    if map.is_unit() && laws::max_abs(bench.query) == 0.0 {
        return if step == Err(Error::ZeroFeatures { row: 0 }) { Ok(()) } else { Err(Law::Mapped) };
    }
    let step = step?;
    laws::hull(bench.out, patterns, asked.mass)?;
    laws::take(&step, hash)?;
    hash.numbers(bench.out)?;
    map.apply(bench.query, f)?;
    hash.numbers(f)?;
    model.read(&features, &patterns, f, bench.state, &mut bench.first.roomy())?;
    laws::same(bench.out, bench.state, Law::Mapped)?;

    bench.state.copy_from_slice(bench.query);
    let stop = Stop::after(MAPPED_STEPS).weight_change(1.0 / 4096.0);
    let report = kernelised.settle(&features, &patterns, bench.state, stop, &mut bench.first.roomy().with_features(room))?;
    settled::take(&report, bench.state, hash)?;
    let max_norm = features.max_norm()?;
    hash.number(kernelised.energy(&features, bench.state, max_norm, &mut bench.first.roomy().with_features(room))?)?;
    let half_norm2 = laws::half_norm2(f);
    // With unit features the patterns themselves are no values that descend.
    if !map.is_unit() && compared::sums_to_one(asked, bench)? {
        // A score is at most the product of norms, so half the sum of their squares.
        let max_score = half_norm2 + f64::from(max_norm) * f64::from(max_norm) / 2.0;
        settled::descent(&report, bench.case.beta, half_norm2, max_norm, max_score)?;
    }
    Ok(())
}
