//! The fingerprints of record. A commit that changes one names the rule that changed.

/// The small set.
pub const SMALL: u64 = 0xe8fa_0c1f_9244_4bd7;

/// The full set.
pub const FULL: u64 = 0xbea0_4461_642b_d2ab;
