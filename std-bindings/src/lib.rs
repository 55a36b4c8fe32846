#![doc = include_str!("../../README.md")]

mod memory;

pub use basinet_core::*;
pub use memory::{Memory, Recalled};
