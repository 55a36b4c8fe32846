//! The fingerprints of record. A commit that changes one names the rule that changed.

/// The small set.
pub const SMALL: u64 = 0x9c23_00dd_13e3_b1b7;

/// The full set.
pub const FULL: u64 = 0xa9fb_5358_e8af_6560;
