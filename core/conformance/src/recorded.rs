//! The fingerprints of record. A commit that changes one names the rule that changed.

/// The small set.
pub const SMALL: u64 = 0x6fa5_d31c_7087_4069;

/// The full set.
pub const FULL: u64 = 0x4f98_5454_ce3f_d020;
