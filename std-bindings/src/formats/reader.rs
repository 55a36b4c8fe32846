//! One reader for all formats: what it is made of, which format it takes, and rows as they come.

use super::csv::CsvRows;
use super::jsonl::JsonRows;
use super::npy::NpyRows;
use super::safetensors::TensorRows;
use super::{Fault, FileFault, Format, MARK};
use crate::Memory;
use std::fmt;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Cursor, Read};
use std::path::Path;

/// Bytes that are read at once.
const READ: usize = 1 << 16;
/// Bytes that tell any format.
const ENOUGH: usize = 16;

/// Rows of one format.
pub trait Source {
    /// Numbers of a row; not zero.
    fn dim(&self) -> usize;
    /// Rows in all, where the format says so beforehand; not zero.
    fn count(&self) -> Option<usize>;
    /// Puts the next row into `row`; false where there is none.
    fn read(&mut self, row: &mut Vec<f32>) -> Result<bool, Fault>;
}

/// Rows of numbers from a file of any [`Format`], one after the other, every number finite.
pub struct Reader<'r> {
    name: String,
    rows: Box<dyn Source + Send + 'r>,
    row: Vec<f32>,
    failed: bool,
}

impl<'r> Reader<'r> {
    /// The rows of a file, whose format is that of its name, or else what its first bytes look like. `tensor` names one of several; only
    /// safetensors have names.
    ///
    /// # Errors
    /// [`Fault::Io`], [`Fault::UnknownFormat`], and what the header can have wrong.
    pub fn open(path: &Path, tensor: Option<&str>) -> Result<Reader<'static>, FileFault> {
        let (format, input) = begin(path)?;
        Reader::new(path.display().to_string(), format, input, tensor)
    }

    /// The rows of an input of this format; `name` is what errors call it.
    ///
    /// # Errors
    /// What the header or the first row can have wrong.
    pub fn new(name: impl Into<String>, format: Format, input: impl Read + Send + 'r, tensor: Option<&str>) -> Result<Self, FileFault> {
        let name = name.into();
        // Its buffer serves those that read number by number; large reads go past it.
        let input = BufReader::with_capacity(READ, Patient(input));
        let rows = || -> Result<Box<dyn Source + Send + 'r>, Fault> {
            Ok(match format {
                Format::Npy => Box::new(NpyRows::new(input)?),
                Format::Safetensors => Box::new(TensorRows::new(input, tensor)?),
                Format::Csv => Box::new(CsvRows::new(without_mark(input)?)?),
                Format::JsonLines => Box::new(JsonRows::new(without_mark(input)?)?),
            })
        };
        match rows() {
            Ok(rows) => Ok(Self { name, rows, row: Vec::new(), failed: false }),
            Err(fault) => Err(FileFault::new(name, fault)),
        }
    }

    /// The rows of an input whose format its first bytes show: standard input, for one.
    ///
    /// # Errors
    /// As [`open`](Self::open).
    pub fn guess(name: impl Into<String>, input: impl Read + Send + 'r, tensor: Option<&str>) -> Result<Self, FileFault> {
        let (name, mut input) = (name.into(), Patient(input));
        match beginning(&mut input).map(|bytes| (Format::of_content(&bytes), bytes)) {
            Ok((Some(format), bytes)) => Self::new(name, format, BufReader::with_capacity(READ, Cursor::new(bytes).chain(input)), tensor),
            Ok((None, _)) => Err(FileFault::new(name, Fault::UnknownFormat)),
            Err(error) => Err(FileFault::new(name, error)),
        }
    }

    /// Numbers of a row; at least one.
    pub fn dim(&self) -> usize {
        self.rows.dim()
    }

    /// Rows in all, where the format says so beforehand (`.npy` and safetensors); at least one.
    pub fn count(&self) -> Option<usize> {
        self.rows.count()
    }

    /// What the file is called.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The next row, [`dim`](Self::dim) finite numbers; none at the end, and none after an error: where the next row would begin is not known.
    ///
    /// # Errors
    /// A number that is none, or not finite, or beyond f32, with its row and column; a row of another length; an end within a row.
    pub fn next_row(&mut self) -> Result<Option<&[f32]>, FileFault> {
        if self.failed {
            return Ok(None);
        }
        match self.rows.read(&mut self.row) {
            Ok(true) => Ok(Some(&self.row)),
            Ok(false) => Ok(None),
            Err(fault) => {
                self.failed = true;
                Err(FileFault::new(&*self.name, fault))
            }
        }
    }

    /// All rows that are left, one behind the other: M x [`dim`](Self::dim) numbers in memory.
    ///
    /// # Errors
    /// As [`next_row`](Self::next_row).
    pub fn read_all(&mut self) -> Result<Vec<f32>, FileFault> {
        let mut all = Vec::new();
        while let Some(row) = self.next_row()? {
            all.extend_from_slice(row);
        }
        Ok(all)
    }
}

/// The format of a file, and the file.
pub(super) fn begin(path: &Path) -> Result<(Format, BufReader<File>), FileFault> {
    let fault = |fault| FileFault::new(path.display().to_string(), fault);
    let io = |error| fault(Fault::Io(error));
    let mut input = BufReader::with_capacity(READ, File::open(path).map_err(io)?);
    let format = match Format::of_name(path) {
        Some(format) => Some(format),
        None => Format::of_content(input.fill_buf().map_err(io)?),
    };
    Ok((format.ok_or(fault(Fault::UnknownFormat))?, input))
}

/// The first bytes of an input, which may come in small pieces: as many as tell the format, and a line of text at the most, so that who asks
/// line by line is answered. Ends of lines before the first are left out where there are so many that only a text can follow.
fn beginning(input: &mut impl Read) -> io::Result<Vec<u8>> {
    let (mut bytes, mut piece, mut blanks) = (Vec::new(), [0; ENOUGH], 0);
    loop {
        let mark = if bytes.starts_with(MARK) { MARK.len() } else { 0 };
        blanks = if blanks > mark { blanks } else { mark };
        blanks += bytes.iter().skip(blanks).take_while(|byte| byte.is_ascii_whitespace()).count();
        let text = bytes.get(blanks..).unwrap_or(&[]);
        if text.len() >= ENOUGH || (text.contains(&b'\n') && Format::of_content(text).is_some()) {
            return Ok(bytes);
        }
        if text.is_empty() && bytes.len() > ENOUGH {
            let ends = bytes.iter().skip(mark).take_while(|byte| matches!(byte, b'\r' | b'\n')).count();
            bytes.drain(mark..mark + ends);
            blanks -= ends;
        }
        match input.read(&mut piece) {
            Ok(0) => return Ok(bytes),
            Ok(count) => bytes.extend_from_slice(&piece[..count]),
            Err(error) => return Err(error),
        }
    }
}

/// An input that is asked again where a signal has interrupted the call: not every reader of a format does.
struct Patient<R>(R);

impl<R: Read> Read for Patient<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        loop {
            match self.0.read(into) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                result => return result,
            }
        }
    }
}

/// A text behind the mark of UTF-8 that it may begin with. The crate `csv` looks for one too, but only in the first piece that it is given,
/// and takes a piece that holds nothing else for the whole: so that piece never begins with one.
fn without_mark<R: Read>(mut input: R) -> io::Result<io::Chain<Cursor<Vec<u8>>, R>> {
    let mut begun = Vec::new();
    // No byte more than tells: there may be none yet.
    for byte in MARK {
        if input.by_ref().take(1).read_to_end(&mut begun)? == 0 || begun.last() != Some(byte) {
            return Ok(Cursor::new(begun).chain(input));
        }
    }
    begun.clear();
    input.by_ref().take(1).read_to_end(&mut begun)?;
    Ok(Cursor::new(begun).chain(input))
}

impl fmt::Debug for Reader<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reader").field("name", &self.name).field("dim", &self.dim()).field("count", &self.count()).finish()
    }
}

/// A memory of the rows of a file. O(M D).
///
/// ```
/// use basinet::formats::{self, Format, Writer};
/// # let folder = tempfile::tempdir()?;
/// # let path = folder.path().join("rows.csv");
/// std::fs::write(&path, "1, 2, 3\n4, 5, 6\n")?;
/// let memory = formats::memory(&path)?;
/// assert_eq!((memory.len(), memory.dim(), memory.row(1)), (2, 3, Some(&[4.0, 5.0, 6.0][..])));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// As [`Reader::open`] and [`Reader::next_row`]; [`Fault::Memory`] where the norm of a row is beyond f32.
pub fn memory(path: impl AsRef<Path>) -> Result<Memory, FileFault> {
    let mut reader = Reader::open(path.as_ref(), None)?;
    let name = reader.name().to_owned();
    let mut memory = Memory::new(reader.dim()).map_err(|error| FileFault::new(&*name, error))?;
    while let Some(row) = reader.next_row()? {
        memory.insert(row).map_err(|error| FileFault::new(&*name, error))?;
    }
    Ok(memory)
}
