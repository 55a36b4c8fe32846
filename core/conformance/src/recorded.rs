//! The fingerprints of record. A commit that changes one names the rule that changed.

/// The small set.
pub const SMALL: u64 = 0x423f_347c_652f_786b;

/// The full set.
pub const FULL: u64 = 0xdc4b_ee52_7284_ea0d;
