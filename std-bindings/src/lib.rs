#![doc = include_str!("../README.md")]

/// The repository's README, so that its example is compiled and run.
#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
struct Readme;

mod memory;

pub use basinet_core::*;
pub use memory::{Memory, Recalled};
