//! Free recall from the query, three times.

use super::laws::{self, Law};
use super::room::Bench;
use crate::fnv::Fnv;
use basinet_core::{Beta, FreeRecall, Kernels};

/// Each recall, and what it leaves; more comes back of no row than there was of it.
pub(super) fn run<K: Kernels>(kernels: K, bench: &mut Bench<'_>, hash: &mut Fnv) -> Result<(), Law> {
    let mut free = FreeRecall::new(Beta::new(bench.case.beta)?, bench.weights).on(kernels);
    let mut left = bench.case.rows as f64;
    for _ in 0..3 {
        let step = free.recall(&bench.patterns, bench.query, bench.out, &mut bench.first.roomy())?;
        hash.count(u64::from(step.is_some()));
        let Some(step) = step else { return Ok(()) };
        laws::hull(bench.out, bench.patterns, 1)?;
        laws::take(&step, hash)?;
        hash.numbers(bench.out)?;
        hash.numbers(free.left())?;
        let now = free.left().iter().map(|cap| f64::from(*cap)).sum::<f64>();
        let inside = free.left().iter().all(|cap| (0.0..=1.0).contains(cap));
        if !inside || (left - now - 1.0).abs() > left * crate::tolerance::weights_sum(bench.case.rows) {
            return Err(Law::Free);
        }
        left = now;
    }
    Ok(())
}
