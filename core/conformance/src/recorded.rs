//! The fingerprints of record. A commit that changes one names the rule that changed.

/// The small set.
pub const SMALL: u64 = 0x6fa5_d31c_7087_4069;

/// The full set.
pub const FULL: u64 = 0x19c0_9663_b001_258d;
