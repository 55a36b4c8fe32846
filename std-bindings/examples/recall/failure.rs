//! Everything that can go wrong, each with a sentence for whoever started the example.

use std::fmt;
use std::io;
use std::path::PathBuf;

use crate::digits::Set;

/// Why the example stopped.
pub enum Failure {
    /// A shipped file could not be read.
    Data(Set, io::Error),
    /// More digits are wanted than there are.
    Split {
        /// Which digits.
        set: Set,
        /// How many were to be stored.
        stored: usize,
        /// How many were to be damaged, from either side.
        queries: usize,
        /// How many there are.
        have: usize,
    },
    /// A beta that is not an inverse temperature.
    Beta(f32, basinet::Error),
    /// The memory refused.
    Memory(basinet::Error),
    /// The picture could not be written.
    Picture(PathBuf, io::Error),
    /// The text could not be written.
    Output(io::Error),
}

impl From<basinet::Error> for Failure {
    fn from(error: basinet::Error) -> Self {
        Failure::Memory(error)
    }
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        Failure::Output(error)
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Failure::Data(set, error) => write!(f, "the shipped {set} cannot be read: {error}"),
            Failure::Split { set, stored, queries, have } => write!(
                f,
                "{set} has {have} digits: cannot store {stored} and damage {queries} stored and {queries} held-back ones \
                 (needs 1 <= queries <= stored, stored + queries <= {have})"
            ),
            Failure::Beta(beta, error) => write!(f, "--beta {beta}: {error}"),
            Failure::Memory(error) => write!(f, "the memory cannot recall: {error}"),
            Failure::Picture(path, error) => write!(f, "cannot write {}: {error} (--out FILE changes the place)", path.display()),
            Failure::Output(error) => write!(f, "cannot write the results: {error}"),
        }
    }
}
