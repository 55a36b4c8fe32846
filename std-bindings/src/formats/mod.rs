//! Rows of numbers from the files that people have, and to them: `.npy`, safetensors, CSV, JSON lines. With the feature `formats`.
//!
//! A [`Reader`] gives one row after the other and holds no more than one, so a file may be larger than the memory; a [`Writer`] takes them.
//! Every number is f32 here. f64 is rounded to the nearest, ties to even; a number that is not finite, or not after rounding, is an error
//! that names its row and column. Files are written beside their name and renamed when they are complete, so that what stands under a name
//! is whole: the old file or the new one.
//!
//! | format | is read | is written |
//! |---|---|---|
//! | `.npy` | f32 and f64 of either byte order, row by row in memory order; one dimension is one row. Column-major order and more dimensions are refused; Python objects (pickle) too, always | f32, little-endian, two dimensions |
//! | `.safetensors` | F32 and F64, the tensor that is named or the only one. Numbers are copied out of the file, so that a tensor need not be aligned there | one F32 tensor, `rows`; the file is made in memory |
//! | `.csv` | numbers between commas. A first line without any number is a heading | shortest text that reads back the same |
//! | `.jsonl` | on each line a list of numbers, or an object with such a list as `query`, `state` or `pattern` | a list on each line |
//!
//! ```
//! use basinet::formats::{Format, Reader, Writer};
//! let mut file = Vec::new();
//! let mut writer = Writer::new("rows", Format::Npy, 2, &mut file)?;
//! writer.row(&[1.0, 2.0])?;
//! writer.row(&[3.0, 4.0])?;
//! writer.finish()?;
//! let mut reader = Reader::new("rows", Format::Npy, &file[..], None)?;
//! assert_eq!((reader.dim(), reader.count()), (2, Some(2)));
//! assert_eq!(reader.next_row()?, Some(&[1.0, 2.0][..]));
//! # Ok::<(), basinet::formats::FileFault>(())
//! ```

mod csv;
mod fault;
mod jsonl;
mod map;
mod npy;
mod number;
mod reader;
mod safetensors;
mod writer;

pub use fault::{Fault, FileFault};
pub use map::linear_map;
pub use reader::{Reader, memory};
pub use writer::{Aside, Writer};

use std::path::Path;

/// What a text in UTF-8 may begin with.
const MARK: &[u8; 3] = b"\xef\xbb\xbf";

/// A format of rows of numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Format {
    /// NumPy's array file.
    Npy,
    /// Safetensors.
    Safetensors,
    /// Text, numbers between commas.
    Csv,
    /// Text, a list of numbers on each line.
    JsonLines,
}

impl Format {
    /// The format that a file's name says it has: `.npy .safetensors .csv .jsonl .ndjson`.
    ///
    /// ```
    /// use basinet::formats::Format;
    /// assert_eq!(Format::of_name("digits.npy".as_ref()), Some(Format::Npy));
    /// assert_eq!(Format::of_name("digits".as_ref()), None);
    /// ```
    pub fn of_name(path: &Path) -> Option<Self> {
        let extension = path.extension()?.to_str()?.to_ascii_lowercase();
        Some(match &extension[..] {
            "npy" => Self::Npy,
            "safetensors" => Self::Safetensors,
            "csv" => Self::Csv,
            "jsonl" | "ndjson" => Self::JsonLines,
            _ => return None,
        })
    }

    /// The format that a file's first bytes look like; 16 of them are enough.
    ///
    /// ```
    /// use basinet::formats::Format;
    /// assert_eq!(Format::of_content(b"[0.5, 1]\n"), Some(Format::JsonLines));
    /// assert_eq!(Format::of_content(b"GIF89a"), None);
    /// ```
    pub fn of_content(beginning: &[u8]) -> Option<Self> {
        if beginning.starts_with(npy::MAGIC) {
            return Some(Self::Npy);
        }
        // Eight bytes of length, then an object: a length that begins like text would be beyond 2^53.
        if beginning.get(8) == Some(&b'{') && beginning.get(6..8) == Some(&[0, 0]) {
            return Some(Self::Safetensors);
        }
        let text = beginning.strip_prefix(MARK).unwrap_or(beginning);
        match text.trim_ascii_start().first()? {
            b'[' | b'{' => Some(Self::JsonLines),
            b'0'..=b'9' | b'+' | b'-' | b'.' | b'"' | b'#' => Some(Self::Csv),
            _ => None,
        }
    }
}
