//! What can be wrong with a file of numbers: which file, which place in it, what stands there, what to do about it.

use std::error::Error;
use std::fmt;
use std::io;

/// A file, and what is wrong with it. Printed: the name, and the sentence of the [`Fault`].
#[derive(Debug)]
pub struct FileFault {
    /// The file's name, or what it is called where it has none (standard input).
    pub file: String,
    /// What is wrong.
    pub fault: Fault,
}

impl FileFault {
    /// `fault` of the file called `file`.
    pub fn new(file: impl Into<String>, fault: impl Into<Fault>) -> Self {
        Self { file: file.into(), fault: fault.into() }
    }
}

impl fmt::Display for FileFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.file, self.fault)
    }
}

impl Error for FileFault {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        Some(&self.fault)
    }
}

/// What is wrong with a file of numbers. Rows and columns are counted from 0.
#[derive(Debug)]
#[non_exhaustive]
pub enum Fault {
    /// It cannot be read or written.
    Io(io::Error),
    /// Nothing about it says which format it has.
    UnknownFormat,
    /// It is not what its format says.
    Malformed {
        /// The format.
        format: &'static str,
        /// What the format's reader has against it.
        what: String,
    },
    /// Its numbers are of another type.
    ElementType {
        /// The type, as the format names it.
        found: String,
    },
    /// It holds Python objects, which only running them could read.
    Objects,
    /// It is a matrix column by column.
    FortranOrder,
    /// It has other dimensions than one or two.
    Dimensions {
        /// Its shape.
        shape: Vec<u64>,
    },
    /// There are no rows, or no numbers in them.
    Empty,
    /// It has several tensors and none was named, or not the named one.
    Tensor {
        /// The name that was asked for.
        wanted: Option<String>,
        /// The names that there are.
        found: Vec<String>,
    },
    /// A number is NaN or infinite.
    NotFinite {
        /// Its row.
        row: usize,
        /// Its column.
        column: usize,
        /// The number.
        value: f64,
    },
    /// A number is beyond f32.
    Overflow {
        /// Its row.
        row: usize,
        /// Its column.
        column: usize,
        /// The number.
        value: f64,
    },
    /// Something is no number.
    NotANumber {
        /// Its row.
        row: usize,
        /// Its column.
        column: usize,
        /// What stands there.
        text: String,
    },
    /// A row has another length than the first.
    RowLength {
        /// The row.
        row: usize,
        /// Numbers of the first.
        expected: usize,
        /// Numbers of this one.
        found: usize,
    },
    /// It ends within a row, or before the rows that it announces.
    Truncated {
        /// The row.
        row: usize,
    },
    /// The rows are not what a memory can hold.
    Memory(crate::Error),
}

impl From<io::Error> for Fault {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

impl From<crate::Error> for Fault {
    fn from(error: crate::Error) -> Self {
        Self::Memory(error)
    }
}

/// At most so much of what stands in a file is repeated.
const SHOWN: usize = 40;

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Io(error) => write!(f, "{error}"),
            Self::UnknownFormat => f.write_str("is neither .npy, safetensors, CSV nor JSON lines, by its name or its beginning"),
            Self::Malformed { format, what } => write!(f, "is not {format} as it should be: {what}"),
            Self::ElementType { found } => {
                write!(f, "holds numbers of type {found}; f32 and f64 are read (NumPy: x.astype('float32'))")
            }
            Self::Objects => f.write_str("holds Python objects, which are never loaded; save an array of floats"),
            Self::FortranOrder => f.write_str("is stored column by column; save it row by row (NumPy: np.ascontiguousarray(x))"),
            Self::Dimensions { shape } => write!(f, "has the shape {shape:?}; one row [D] or M rows [M, D] are wanted: reshape it"),
            Self::Empty => f.write_str("holds no numbers; at least one row of one number is wanted"),
            Self::Tensor { wanted: Some(name), found } => write!(f, "has no tensor {name:?}; there are {}", found.join(", ")),
            Self::Tensor { wanted: None, found } => write!(f, "has {} tensors; name one of {}", found.len(), found.join(", ")),
            Self::NotFinite { row, column, value } => {
                write!(f, "row {row}, column {column} (from 0) is {value}; only finite numbers can be compared")
            }
            Self::Overflow { row, column, value } => {
                write!(f, "row {row}, column {column} (from 0) is {value:e}, which is beyond f32; scale the rows down")
            }
            Self::NotANumber { row, column, text } => {
                let shown: String = text.chars().take(SHOWN).collect();
                write!(f, "row {row}, column {column} (from 0) is {shown:?}, which is no number")
            }
            Self::RowLength { row, expected, found } => {
                write!(f, "row {row} (from 0) has {found} numbers, the first has {expected}; all need as many")
            }
            Self::Truncated { row } => write!(f, "ends within row {row} (from 0): it was cut off, or its header is wrong"),
            Self::Memory(error) => write!(f, "{error}"),
        }
    }
}

impl Error for Fault {}
