//! The fingerprints of record. A commit that changes one names the rule that changed.

/// The small set.
pub const SMALL: u64 = 0xc8b5_9a5e_2d8a_550a;

/// The full set.
pub const FULL: u64 = 0x5fe0_834a_ac43_c703;
