//! The fingerprints of record. A commit that changes one names the rule that changed.

/// The small set.
pub const SMALL: u64 = 0x78f2_459a_cdde_6d40;

/// The full set.
pub const FULL: u64 = 0x4d48_687c_1d77_347c;
