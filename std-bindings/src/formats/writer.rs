//! One writer for all formats, and the file beside the one that is meant, which takes its name when it is complete.

use super::csv::CsvSink;
use super::jsonl::JsonSink;
use super::npy::NpySink;
use super::safetensors::TensorSink;
use super::{Fault, FileFault, Format};
use crate::aside;
use std::fmt;
use std::fs::File;
use std::io::{self, BufWriter, Cursor, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use tempfile::NamedTempFile;

/// Rows to one format.
pub trait Sink {
    /// Writes a row.
    fn write(&mut self, row: &[f32]) -> io::Result<()>;
    /// Writes what stands behind the rows, and what stands before them and depends on their number.
    fn finish(self: Box<Self>) -> io::Result<()>;
}

/// Rows of numbers to a file of any [`Format`]. Nothing is promised about what was written before [`finish`](Self::finish).
pub struct Writer<'w> {
    name: String,
    dim: usize,
    rows: usize,
    sink: Box<dyn Sink + 'w>,
}

impl<'w> Writer<'w> {
    /// Rows of `dim` numbers to an output that cannot be gone back in; `name` is what errors call it. `.npy` and safetensors begin with the
    /// number of rows, and are made in memory.
    ///
    /// # Errors
    /// [`Fault::Empty`] where `dim` is zero.
    pub fn new(name: impl Into<String>, format: Format, dim: usize, out: impl Write + 'w) -> Result<Self, FileFault> {
        let name = name.into();
        let sink = || -> Result<Box<dyn Sink + 'w>, Fault> {
            Ok(match format {
                Format::Npy => Box::new(Late { rows: Vec::new(), dim, out }),
                Format::Safetensors => Box::new(TensorSink::new(out, dim)),
                Format::Csv => Box::new(CsvSink::new(out)),
                Format::JsonLines => Box::new(JsonSink(BufWriter::new(out))),
            })
        };
        Self::of(name, dim, sink)
    }

    /// Rows of `dim` numbers to a file.
    ///
    /// # Errors
    /// [`Fault::Empty`] where `dim` is zero; [`Fault::Io`].
    pub fn to_file(name: impl Into<String>, format: Format, dim: usize, out: &'w mut File) -> Result<Self, FileFault> {
        match format {
            Format::Npy => {
                Self::of(name.into(), dim, || NpySink::new(BufWriter::new(out), dim).map(|sink| Box::new(sink) as _).map_err(Fault::Io))
            }
            _ => Self::new(name, format, dim, out),
        }
    }

    /// A `sink` for rows of no number is not made.
    fn of(name: String, dim: usize, sink: impl FnOnce() -> Result<Box<dyn Sink + 'w>, Fault>) -> Result<Self, FileFault> {
        match if dim == 0 { Err(Fault::Empty) } else { sink() } {
            Ok(sink) => Ok(Self { name, dim, rows: 0, sink }),
            Err(fault) => Err(FileFault::new(name, fault)),
        }
    }

    /// Writes a row.
    ///
    /// # Errors
    /// [`Fault::RowLength`]; [`Fault::Io`].
    pub fn row(&mut self, row: &[f32]) -> Result<(), FileFault> {
        if row.len() != self.dim {
            return Err(FileFault::new(&*self.name, Fault::RowLength { row: self.rows, expected: self.dim, found: row.len() }));
        }
        self.rows += 1;
        self.sink.write(row).map_err(|error| FileFault::new(&*self.name, error))
    }

    /// Completes the file.
    ///
    /// # Errors
    /// [`Fault::Io`].
    pub fn finish(self) -> Result<(), FileFault> {
        self.sink.finish().map_err(|error| FileFault::new(self.name, error))
    }
}

impl fmt::Debug for Writer<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Writer").field("name", &self.name).field("dim", &self.dim).field("rows", &self.rows).finish_non_exhaustive()
    }
}

/// An `.npy` for an output that cannot be gone back in.
struct Late<W> {
    rows: Vec<f32>,
    dim: usize,
    out: W,
}

impl<W: Write> Sink for Late<W> {
    fn write(&mut self, row: &[f32]) -> io::Result<()> {
        self.rows.extend_from_slice(row);
        Ok(())
    }

    fn finish(mut self: Box<Self>) -> io::Result<()> {
        let mut file = Cursor::new(Vec::new());
        let mut sink = NpySink::new(&mut file, self.dim)?;
        sink.write(&self.rows)?;
        Box::new(sink).finish()?;
        self.out.write_all(file.get_ref())?;
        self.out.flush()
    }
}

/// A file that is written beside the one that it will be, in the same folder, and takes its name when it is complete. Dropped before, it is
/// gone, and what stood under the name stands there still.
///
/// ```
/// # let folder = tempfile::tempdir()?;
/// # let path = folder.path().join("out.txt");
/// use std::io::Write;
/// let mut aside = basinet::formats::Aside::new(&path)?;
/// aside.file().write_all(b"whole")?;
/// assert!(!path.exists());
/// aside.keep()?;
/// assert_eq!(std::fs::read(&path)?, b"whole");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct Aside {
    path: PathBuf,
    file: NamedTempFile,
}

impl Aside {
    /// Begins the file that will be `path`.
    ///
    /// # Errors
    /// [`Fault::Io`] where the folder does not take files, or `path` is a folder.
    pub fn new(path: &Path) -> Result<Self, FileFault> {
        match aside::begin(path) {
            Ok(file) => Ok(Self { path: path.to_owned(), file }),
            Err(error) => Err(FileFault::new(path.display().to_string(), error)),
        }
    }

    /// Where to write.
    pub fn file(&mut self) -> &mut File {
        self.file.as_file_mut()
    }

    /// Has everything on the disk, and gives it its name.
    ///
    /// # Errors
    /// [`Fault::Io`].
    pub fn keep(mut self) -> Result<(), FileFault> {
        let name = self.path.display().to_string();
        let synced = self.file.as_file_mut().seek(SeekFrom::End(0)).and_then(|_| self.file.as_file().sync_all());
        synced.map_err(|error| FileFault::new(&*name, error))?;
        self.file.persist(&self.path).map_err(|error| FileFault::new(&*name, error.error))?;
        aside::sync_folder(&self.path).map_err(|error| FileFault::new(name, error))
    }
}
