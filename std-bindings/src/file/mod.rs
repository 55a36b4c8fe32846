//! Memories in files: `.basin`, the flat format that core reads where it lies.
//!
//! ```
//! use basinet::{Memory, Model, Sparsemax, beta, file};
//! # let folder = tempfile::tempdir()?;
//! # let path = folder.path().join("digits.basin");
//! let memory = Memory::from_rows(4, &[1.0, -1.0, 1.0, -1.0, 1.0, 1.0, -1.0, -1.0])?;
//! memory.save(&path, Model::new(beta!(1.0), Sparsemax))?;
//!
//! let digits = file::open(&path)?;
//! assert_eq!(digits.recall(&[1.0, -1.0, 0.0, 0.0])?.state, [1.0, -1.0, 1.0, -1.0]);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! [`open`] maps a file and checks its header; nothing is read before it is used, and nothing is copied. [`open_verified`] reads the data
//! too, once, and finds every changed byte. [`Writer`] writes files that are larger than memory; [`Memory::save`](crate::Memory::save) and
//! [`PairedMemory::save`](crate::PairedMemory::save) are made of it. A file appears under its name when it is whole, and replaces an older
//! one at once: whoever has that one open keeps what it held. The byte table is that of [`format`](mod@format).

#[doc = include_str!("../../docs/format/basin.md")]
pub mod format {}

mod error;
mod mapped;
mod recall;
mod save;
mod writer;

pub use error::{Error, ErrorKind};
pub use mapped::{Mapped, open, open_verified};
pub use writer::Writer;
