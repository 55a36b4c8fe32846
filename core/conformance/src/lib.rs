//! What it means that Basinet works, as code that runs on every target.
//!
//! - [`generator`] and [`cases`]: numbers with the same bits everywhere, and the shapes they are used in;
//! - [`fingerprint`]: 64 bits over every result, with the laws that need no oracle checked on the way; [`recorded`] has the
//!   values that every target must reach;
//! - [`tolerance`]: the one table of what is allowed;
//! - `oracle` and `golden` (feature `std`): the formulas in f64, and the file of reference numbers;
//! - `numerics` (feature `std`): numbers that hurt, and how near the core comes to what is allowed;
//! - [`basin`]: the file format, written and read a second time (feature `std`), and what must be said to damaged bytes in flash.
//!
//! Without the feature `std` nothing here allocates or needs an operating system; 32 KB hold the small set.
#![no_std]
#![forbid(unsafe_code)]

#[cfg(feature = "std")]
#[macro_use]
extern crate std;

pub mod basin;
pub mod cases;
pub mod fingerprint;
pub mod fnv;
pub mod generator;
#[cfg(feature = "std")]
pub mod golden;
#[cfg(feature = "std")]
pub mod numerics;
#[cfg(feature = "std")]
pub mod oracle;
pub mod recorded;
pub mod separations;
pub mod tolerance;
