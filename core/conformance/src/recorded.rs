//! The fingerprints of record. A commit that changes one names the rule that changed.

/// The small set.
pub const SMALL: u64 = 0x7c1c_d876_0586_f5af;

/// The full set.
pub const FULL: u64 = 0xfaa6_a19d_ea46_1eb0;
