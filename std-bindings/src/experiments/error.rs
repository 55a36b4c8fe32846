//! Everything that can go wrong with an experiment.

use super::IdxError;
use std::fmt;

/// Why there are no rows.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Error {
    /// Training, or measuring separations, was refused.
    Features(crate::codes::Error),
    /// A recall was refused.
    Recall(basinet_core::Error),
    /// A file of images was refused.
    Images(IdxError),
    /// Fewer images than are to be stored.
    TooFewImages {
        /// How many there are.
        found: usize,
        /// How many are needed.
        needed: usize,
    },
    /// There is no memory for random patterns of so many numbers.
    NoMemory {
        /// f32 numbers.
        numbers: usize,
    },
    /// No number of dimensions up to the largest that was allowed is enough.
    NotSeparated {
        /// M.
        points: usize,
        /// The largest D that was tried.
        most: usize,
    },
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Features(error) => error.fmt(f),
            Self::Recall(error) => error.fmt(f),
            Self::Images(error) => error.fmt(f),
            Self::TooFewImages { found, needed } => write!(f, "{found} images; {needed} are to be stored"),
            Self::NoMemory { numbers } => write!(f, "there is no memory for patterns of {numbers} numbers"),
            Self::NotSeparated { points, most } => {
                write!(f, "{points} points are not separated in {most} dimensions, the most that were tried")
            }
        }
    }
}

impl std::error::Error for Error {}

impl From<crate::codes::Error> for Error {
    fn from(error: crate::codes::Error) -> Self {
        Self::Features(error)
    }
}

impl From<basinet_core::Error> for Error {
    fn from(error: basinet_core::Error) -> Self {
        Self::Recall(error)
    }
}

impl From<IdxError> for Error {
    fn from(error: IdxError) -> Self {
        Self::Images(error)
    }
}
