//! What options have to be, where more than one experiment has them.

use super::Error;
use std::ops::RangeInclusive;

/// Holds an option to what it has to be.
pub fn require(holds: bool, requirement: &'static str) -> Result<(), Error> {
    if holds { Ok(()) } else { Err(basinet_core::Error::Parameter { requirement }.into()) }
}

/// How many seeds there are.
pub fn number_of(seeds: &RangeInclusive<u64>) -> usize {
    let more = seeds.end().checked_sub(*seeds.start());
    more.map_or(0, |more| usize::try_from(more).unwrap_or(usize::MAX).saturating_add(1))
}

/// Holds their number to what an experiment can list.
pub fn require_seeds(seeds: &RangeInclusive<u64>) -> Result<(), Error> {
    require((1..=1 << 20).contains(&number_of(seeds)), "an experiment has 1 to 2^20 seeds")
}
