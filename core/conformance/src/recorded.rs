//! The fingerprints of record. A commit that changes one names the rule that changed.

/// The small set.
pub const SMALL: u64 = 0xe477_15da_14f5_cf78;

/// The full set.
pub const FULL: u64 = 0x1f36_95db_a267_f4fc;
