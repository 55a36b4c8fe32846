//! The fingerprints of record. A commit that changes one names the rule that changed.

/// The small set.
pub const SMALL: u64 = 0xa90b_3343_66df_271f;

/// The full set.
pub const FULL: u64 = 0xd79e_f31c_d241_1a43;
