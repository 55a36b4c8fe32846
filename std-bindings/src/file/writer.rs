//! Files that are written: aside, row by row, and put under their name when they are whole.

use super::{Error, ErrorKind};
use crate::aside;
use basinet_core::basin::{Alignment, FileError, Layout, Section};
use basinet_core::{AnyModel, Patterns};
use std::fs::File;
use std::io::{self, BufWriter, Seek, SeekFrom, Write};
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use tempfile::NamedTempFile;

/// Writes a `.basin` file of any size, so many rows at a time: first all patterns, then all values, if there are to be values.
///
/// The rows go to a file aside, in the same folder; [`finish`](Self::finish) sees to it that they are on the disk, renames it, and sees to
/// it that the name is on the disk. Until then an older file of that name is as it was, whatever happens; a writer that is dropped leaves
/// nothing behind. A symbolic link of that name is replaced and not followed.
///
/// ```
/// use basinet::basin::Alignment;
/// use basinet::{Model, Sparsemax, beta, file};
/// # let folder = tempfile::tempdir()?;
/// # let path = folder.path().join("letters.basin");
/// let mut writer = file::Writer::create(&path, Model::new(beta!(4.0), Sparsemax), 2, Alignment::Bytes64)?;
/// writer.push(&[1.0, 0.0])?;
/// writer.push(&[0.0, 1.0, -1.0, 0.0])?;
/// writer.begin_values(1)?;
/// writer.push(&[65.0, 66.0, 67.0])?;
/// writer.finish()?;
/// assert_eq!(file::open(&path)?.recall(&[0.1, 0.9])?.state, [66.0]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct Writer {
    path: PathBuf,
    file: BufWriter<NamedTempFile>,
    model: AnyModel,
    alignment: Alignment,
    patterns: Rows,
    values: Option<Rows>,
    /// Bytes so far.
    written: u64,
    /// A write has failed, and nobody knows how much of it was done.
    broken: bool,
}

/// What is known of the rows of a section.
#[derive(Debug)]
struct Rows {
    kind: u32,
    numbers: NonZeroUsize,
    count: usize,
    max_norm: f32,
    checksum: crc32fast::Hasher,
}

impl Writer {
    /// Begins a file of patterns of `dim` numbers that are to be recalled by `model`; its sections begin at multiples of `alignment`.
    ///
    /// # Errors
    /// [`ErrorKind::Format`] for a `dim` of zero, and on a big-endian machine; [`ErrorKind::System`] where no file can be made in the
    /// folder.
    pub fn create(path: impl AsRef<Path>, model: impl Into<AnyModel>, dim: usize, alignment: Alignment) -> Result<Self, Error> {
        let path = path.as_ref();
        if cfg!(target_endian = "big") {
            return Err(Error::new(path, FileError::BigEndianTarget));
        }
        let patterns = Rows::new(Section::PATTERNS, "dim", dim).map_err(|error| Error::new(path, error))?;
        let aside = aside::begin(path).map_err(Error::system(path, "make a file beside it"))?;
        let mut writer = Self {
            path: path.to_owned(),
            file: BufWriter::new(aside),
            model: model.into(),
            alignment,
            patterns,
            values: None,
            written: 0,
            broken: false,
        };
        writer.put(&[0; Layout::HEAD])?;
        writer.pad()?;
        Ok(writer)
    }

    /// Appends rows, any number of them: patterns, or values once these have been [begun](Self::begin_values). O(numbers).
    ///
    /// # Errors
    /// [`ErrorKind::Call`] where the numbers are not whole rows; [`ErrorKind::Format`] with the row, counted from the first of the file,
    /// that holds a number that is not finite or whose norm is beyond f32. Nothing of `rows` is in the file then. [`ErrorKind::System`],
    /// after which the file cannot be finished.
    pub fn push(&mut self, rows: &[f32]) -> Result<(), Error> {
        if rows.is_empty() {
            return Ok(());
        }
        let part = self.values.as_mut().unwrap_or(&mut self.patterns);
        let max_norm = part.max_norm_with(rows).map_err(|kind| Error::new(&self.path, kind))?;
        let bytes = bytemuck::cast_slice(rows);
        part.checksum.update(bytes);
        part.count += rows.len() / part.numbers;
        part.max_norm = max_norm;
        self.put(bytes)
    }

    /// Ends the patterns: what is pushed from now on are their values, rows of `width` numbers.
    ///
    /// # Errors
    /// [`ErrorKind::Format`] for a `width` of zero, or where values have been begun already; [`ErrorKind::System`].
    pub fn begin_values(&mut self, width: usize) -> Result<(), Error> {
        if self.values.is_some() {
            return Err(Error::new(&self.path, FileError::SectionTwice { kind: Section::VALUES }));
        }
        self.values = Some(Rows::new(Section::VALUES, "width", width).map_err(|error| Error::new(&self.path, error))?);
        self.pad()
    }

    /// Writes the header, and puts the file under its name.
    ///
    /// # Errors
    /// [`ErrorKind::NoPatterns`], [`ErrorKind::Unpaired`], [`ErrorKind::Format`] for more than 2^32 - 1 patterns, [`ErrorKind::System`]. An
    /// older file of that name is as it was then (but where only the folder could not be synchronised: the new one has the name then).
    pub fn finish(self) -> Result<(), Error> {
        if self.broken {
            return Err(Error::system(&self.path, "finish it")(io::Error::other("an earlier write failed")));
        }
        let head = self.head().map_err(|kind| Error::new(&self.path, kind))?;
        let path = self.path;
        let aside = self.file.into_inner().map_err(|error| Error::system(&path, "write it")(error.into_error()))?;
        write_head(aside.as_file(), &head).map_err(Error::system(&path, "write it"))?;
        aside.persist(&path).map_err(|refused| Error::system(&path, "put it in its place")(refused.error))?;
        aside::sync_folder(&path).map_err(Error::system(&path, "synchronise its folder"))
    }

    /// The file's first bytes.
    fn head(&self) -> Result<[u8; Layout::HEAD], ErrorKind> {
        let (patterns, values) = (&self.patterns, self.values.as_ref());
        let count = NonZeroUsize::new(patterns.count).ok_or(ErrorKind::NoPatterns)?;
        if let Some(values) = values.filter(|values| values.count != patterns.count) {
            return Err(ErrorKind::Unpaired { patterns: patterns.count, values: values.count });
        }
        let layout = Layout {
            model: self.model,
            count,
            dim: patterns.numbers,
            width: values.map(|values| values.numbers),
            max_norm: patterns.max_norm,
            alignment: self.alignment,
        };
        let checksum = |rows: &Rows| rows.checksum.clone().finalize();
        Ok(layout.head(checksum(patterns), values.map(checksum))?)
    }

    /// Zeros up to where a section may begin.
    fn pad(&mut self) -> Result<(), Error> {
        let zeros = self.written.next_multiple_of(self.alignment.bytes() as u64) - self.written;
        self.put(&vec![0; zeros as usize])
    }

    fn put(&mut self, bytes: &[u8]) -> Result<(), Error> {
        self.file.write_all(bytes).map_err(|error| {
            self.broken = true;
            Error::system(&self.path, "write it")(error)
        })?;
        self.written += bytes.len() as u64;
        Ok(())
    }
}

impl Rows {
    fn new(kind: u32, field: &'static str, numbers: usize) -> Result<Self, FileError> {
        let numbers = NonZeroUsize::new(numbers).ok_or(FileError::Field { field, value: 0, requirement: "at least 1" })?;
        Ok(Self { kind, numbers, count: 0, max_norm: 0.0, checksum: crc32fast::Hasher::new() })
    }

    /// The largest norm, once these rows have joined.
    fn max_norm_with(&self, rows: &[f32]) -> Result<f32, ErrorKind> {
        match Patterns::new(rows, self.numbers.get())?.max_norm() {
            Ok(norm) => Ok(if norm > self.max_norm { norm } else { self.max_norm }),
            Err(basinet_core::Error::ScoreNotFinite { row }) => Err(FileError::NotFinite { kind: self.kind, row: self.count + row }.into()),
            Err(error) => Err(error.into()),
        }
    }
}

/// Puts the head in its place, and everything on the disk.
fn write_head(mut file: &File, head: &[u8]) -> io::Result<()> {
    file.seek(SeekFrom::Start(0))?;
    file.write_all(head)?;
    file.sync_all()
}
