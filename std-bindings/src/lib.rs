#![doc = include_str!("../README.md")]

#[cfg(feature = "files")]
mod aside;
mod batch;
mod binary_memory;
pub mod capacity;
pub mod codes;
mod compressed_copy;
mod compressed_memory;
#[cfg(feature = "experiments")]
pub mod experiments;
#[cfg(feature = "train")]
pub mod feature_map;
#[cfg(feature = "files")]
pub mod file;
#[cfg(feature = "formats")]
pub mod formats;
mod free;
#[cfg(any(doc, doctest))]
pub mod guide;
#[cfg(feature = "threads")]
pub mod insight;
mod kernel;
mod linear_map;
mod memory;
mod paired;
#[cfg(feature = "projections")]
pub mod projection;
#[cfg(feature = "experiments")]
mod random;
#[cfg(feature = "random")]
pub mod random_rows;
mod recall;
mod settle;
#[cfg(feature = "threads")]
mod threads;
mod work;

pub use basinet_core::*;
pub use binary_memory::{BinaryMemory, BinaryRecalled, BinarySettled, BinaryState, Signs};
pub use compressed_memory::{CompressedMemory, SiftedRecall};
pub use free::FreeRecalls;
pub use kernel::KernelMemory;
pub use linear_map::LinearMap;
pub use memory::Memory;
pub use paired::PairedMemory;
pub use recall::{Certified, Recalled};
pub use settle::{Settled, Settles};
pub use work::Workspace;
