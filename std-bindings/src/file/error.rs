//! What goes wrong with files: which file, what, and what to do about it.

use basinet_core::basin::FileError;
use std::path::{Path, PathBuf};
use std::{fmt, io};

/// Why a file could not be read, written or recalled from.
///
/// ```
/// let error = basinet::file::open("no/such.basin").unwrap_err();
/// assert!(error.to_string().starts_with("no/such.basin: cannot open it: "));
/// ```
#[derive(Debug)]
pub struct Error {
    path: PathBuf,
    kind: ErrorKind,
}

/// What went wrong.
#[derive(Debug)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The system refused something.
    System {
        /// What: open it, map it, write to it.
        doing: &'static str,
        /// Why.
        error: io::Error,
    },
    /// The file is not what it must be, or what would be written could not be read again.
    Format(FileError),
    /// The file was to be written without patterns.
    NoPatterns,
    /// The file was to be written with another number of values than of patterns.
    Unpaired {
        /// Patterns pushed.
        patterns: usize,
        /// Values pushed.
        values: usize,
    },
    /// The file is as it must be, and the call was wrong: the length of a query or of a row, a number in it, or a score.
    Call(basinet_core::Error),
}

impl Error {
    pub(super) fn new(path: &Path, kind: impl Into<ErrorKind>) -> Self {
        Self { path: path.to_owned(), kind: kind.into() }
    }

    /// For `map_err`: the system refused to do this to the file.
    pub(super) fn system(path: &Path, doing: &'static str) -> impl FnOnce(io::Error) -> Self {
        move |error| Self::new(path, ErrorKind::System { doing, error })
    }

    /// The file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// What went wrong with it.
    pub fn kind(&self) -> &ErrorKind {
        &self.kind
    }
}

impl From<FileError> for ErrorKind {
    fn from(error: FileError) -> Self {
        Self::Format(error)
    }
}

impl From<basinet_core::Error> for ErrorKind {
    fn from(error: basinet_core::Error) -> Self {
        Self::Call(error)
    }
}

/// What someone can do who meets this in a file.
fn advice(error: &FileError) -> &'static str {
    match error {
        FileError::NotBasin => "; make one with `basinet store`, or transfer it as binary",
        FileError::Truncated { .. } => "; copy it again, or write it again",
        FileError::Version { .. } => "; use the version of basinet that wrote it, or a newer one",
        FileError::RequiredSection { .. } => "; use a newer version of basinet",
        FileError::HeaderChecksum { .. } | FileError::SectionChecksum { .. } | FileError::Padding { .. } => {
            "; take it from a backup, or write it again"
        }
        FileError::NotFinite { .. } => "; remove that row, or replace the number",
        FileError::BigEndianTarget | FileError::TooLarge { .. } => "; use it on a 64-bit little-endian machine",
        _ => "; the program that wrote it is at fault: write it again with `basinet store`",
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: ", self.path.display())?;
        match &self.kind {
            ErrorKind::System { doing, error } => write!(f, "cannot {doing}: {error}"),
            ErrorKind::Format(error) => write!(f, "{error}{}", advice(error)),
            ErrorKind::NoPatterns => f.write_str("not written, as there are no patterns: push at least one"),
            ErrorKind::Unpaired { patterns, values } => {
                write!(f, "not written, as there are {patterns} patterns and {values} values: push one value for each pattern")
            }
            ErrorKind::Call(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match &self.kind {
            ErrorKind::System { error, .. } => Some(error),
            ErrorKind::Format(error) => Some(error),
            ErrorKind::Call(error) => Some(error),
            ErrorKind::NoPatterns | ErrorKind::Unpaired { .. } => None,
        }
    }
}
