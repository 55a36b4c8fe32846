//! Everything that can go wrong, each with a sentence for whoever started the program: the file, the field, the value, what to do.

use basinet::{file, formats};
use std::path::Path;
use std::{fmt, fs, io};

/// Why the program stopped.
#[derive(Debug)]
pub enum Failure {
    /// A file of numbers could not be read or written.
    Rows(formats::FileFault),
    /// A memory could not be read or written.
    Memory(file::Error),
    /// The model cannot do with these patterns or queries what was asked.
    Model {
        /// The file and the row.
        place: String,
        /// Why.
        error: basinet::Error,
    },
    /// An experiment could not be made.
    Experiment(basinet::experiments::Error),
    /// What was asked does not go together: a whole sentence.
    Refused(String),
    /// Standard output does not take what it is given.
    Output(io::Error),
}

impl Failure {
    /// Refuses to write over what is read, and to write a file that standard output is called by elsewhere.
    pub fn if_read(output: &Path, inputs: &[&Path]) -> Result<(), Self> {
        if output.as_os_str() == "-" {
            return Err(Self::Refused("-: only recall writes to standard output; for a file of this name say ./-".to_owned()));
        }
        // What does not exist yet, or is no file, is none of the inputs.
        let same = |input: &&&Path| matches!((fs::canonicalize(output), fs::canonicalize(input)), (Ok(a), Ok(b)) if a == b);
        match inputs.iter().find(same) {
            None => Ok(()),
            Some(_) => Err(Self::Refused(format!("{}: is read, and would be written over; choose another output", output.display()))),
        }
    }

    /// True where nobody reads any more, which is no failure.
    pub fn is_broken_pipe(&self) -> bool {
        let broken = |error: &io::Error| error.kind() == io::ErrorKind::BrokenPipe;
        match self {
            Self::Output(error) | Self::Rows(formats::FileFault { fault: formats::Fault::Io(error), .. }) => broken(error),
            _ => false,
        }
    }
}

impl From<formats::FileFault> for Failure {
    fn from(fault: formats::FileFault) -> Self {
        Self::Rows(fault)
    }
}

impl From<file::Error> for Failure {
    fn from(error: file::Error) -> Self {
        Self::Memory(error)
    }
}

impl From<basinet::experiments::Error> for Failure {
    fn from(error: basinet::experiments::Error) -> Self {
        Self::Experiment(error)
    }
}

/// A question about capacity is of numbers alone, and the error names the one that is wrong.
impl From<basinet::capacity::Error> for Failure {
    fn from(error: basinet::capacity::Error) -> Self {
        Self::Refused(error.to_string())
    }
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        Self::Output(error)
    }
}

impl From<serde_json::Error> for Failure {
    fn from(error: serde_json::Error) -> Self {
        Self::Output(error.into())
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Rows(fault) => fault.fmt(f),
            Self::Memory(error) => error.fmt(f),
            Self::Model { place, error } => write!(f, "{place}: {error}"),
            Self::Experiment(error) => error.fmt(f),
            Self::Refused(why) => f.write_str(why),
            Self::Output(error) => write!(f, "standard output: {error}"),
        }
    }
}
