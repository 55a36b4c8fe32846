//! Files that are written: aside, row by row, and put under their name when they are whole.

use super::{Error, ErrorKind};
use crate::{LinearMap, aside};
use basinet_core::basin::{Alignment, Checksums, FileError, Head, Layout, MapLayout, Section};
use basinet_core::{AnyModel, Patterns};
use std::fs::File;
use std::io::{self, BufWriter, Seek, SeekFrom, Write};
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use tempfile::NamedTempFile;

/// Writes a `.basin` file of any size, so many rows at a time: first all patterns, then all values, if there are to be values. What goes
/// [through](Self::through) a feature map is mapped before it is written, and always has values.
///
/// The rows go to a file aside, in the same folder; [`finish`](Self::finish) sees to it that they are on the disk, renames it, and sees to
/// it that the name is on the disk. Until then an older file of that name is as it was, whatever happens: the disk is full, the process is
/// killed, another process saves under the same name (whoever is last has it, with a whole file). A writer that is dropped, by a panic too,
/// leaves nothing behind; a process that is killed leaves `.basinet-*.tmp`, which can be deleted. A symbolic link of that name is replaced
/// and not followed.
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
    map: Option<LinearMap>,
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
        Self::begin(path.as_ref(), model.into(), dim, None, alignment)
    }

    /// Begins a file whose queries go through `map`: the patterns that are pushed have `map.dim()` numbers, and the file holds their
    /// features. Behind them must stand values, as features are no answer: the same patterns once more, or others.
    ///
    /// # Errors
    /// As [`create`](Self::create).
    pub fn through(path: impl AsRef<Path>, model: impl Into<AnyModel>, map: LinearMap, alignment: Alignment) -> Result<Self, Error> {
        Self::begin(path.as_ref(), model.into(), map.features(), Some(map), alignment)
    }

    fn begin(path: &Path, model: AnyModel, dim: usize, map: Option<LinearMap>, alignment: Alignment) -> Result<Self, Error> {
        if cfg!(target_endian = "big") {
            return Err(Error::new(path, FileError::BigEndianTarget));
        }
        let patterns = Rows::new(Section::PATTERNS, "dim", dim).map_err(|error| Error::new(path, error))?;
        let aside = aside::begin(path).map_err(Error::system(path, "make a file beside it"))?;
        let (path, file) = (path.to_owned(), BufWriter::new(aside));
        let mut writer = Self { path, file, model, alignment, map, patterns, values: None, written: 0, broken: false };
        // Of the head, only how long it is can be known.
        let layout = writer.layout(NonZeroUsize::MIN).map_err(|kind| Error::new(&writer.path, kind))?;
        writer.put(&vec![0; layout.head_length()])?;
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
        let mapped = match &self.map {
            Some(map) if self.values.is_none() => Some(map.rows(rows).map_err(|error| Error::new(&self.path, self.patterns.at(error)))?),
            _ => None,
        };
        let rows = mapped.as_deref().unwrap_or(rows);
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

    /// Writes feature map and header, and puts the file under its name.
    ///
    /// # Errors
    /// [`ErrorKind::NoPatterns`], [`ErrorKind::Unpaired`], [`ErrorKind::Format`] for more than 2^32 - 1 patterns and for a feature map
    /// without values, [`ErrorKind::System`]. An older file of that name is as it was then (but where only the folder could not be
    /// synchronised: the new one has the name then).
    pub fn finish(mut self) -> Result<(), Error> {
        if self.broken {
            return Err(Error::system(&self.path, "finish it")(io::Error::other("an earlier write failed")));
        }
        let map = self.map_section();
        let head = self.head(map.as_deref()).map_err(|kind| Error::new(&self.path, kind))?;
        if let Some(section) = map {
            self.pad()?;
            self.put(&section)?;
        }
        let path = self.path;
        let aside = self.file.into_inner().map_err(|error| Error::system(&path, "write it")(error.into_error()))?;
        write_head(aside.as_file(), &head).map_err(Error::system(&path, "write it"))?;
        aside.persist(&path).map_err(|refused| Error::system(&path, "put it in its place")(refused.error))?;
        aside::sync_folder(&path).map_err(Error::system(&path, "synchronise its folder"))
    }

    /// The file's first bytes, of which some speak of the bytes of the map.
    fn head(&self, map: Option<&[u8]>) -> Result<Head, ErrorKind> {
        let (patterns, values) = (&self.patterns, self.values.as_ref());
        let count = NonZeroUsize::new(patterns.count).ok_or(ErrorKind::NoPatterns)?;
        if let Some(values) = values.filter(|values| values.count != patterns.count) {
            return Err(ErrorKind::Unpaired { patterns: patterns.count, values: values.count });
        }
        let checksum = |rows: &Rows| rows.checksum.clone().finalize();
        let checksums = Checksums { patterns: checksum(patterns), values: values.map(checksum), map: map.map(crc32fast::hash) };
        Ok(self.layout(count)?.head(checksums)?)
    }

    /// What is known of the file, with so many patterns.
    fn layout(&self, count: NonZeroUsize) -> Result<Layout, ErrorKind> {
        let map = match &self.map {
            None => None,
            Some(map) => {
                let (input, map) = (positive("map input", map.dim())?, map.view()?);
                Some(MapLayout { input, bias: map.bias().is_some(), unit: map.is_unit() })
            }
        };
        let (dim, max_norm) = (self.patterns.numbers, self.patterns.max_norm);
        let width = self.values.as_ref().map(|values| values.numbers);
        Ok(Layout { model: self.model, count, dim, width, map, max_norm, alignment: self.alignment })
    }

    /// The bytes of the section of the feature map.
    fn map_section(&self) -> Option<Vec<u8>> {
        let (map, layout) = (self.map.as_ref()?.view().ok()?, self.layout(NonZeroUsize::MIN).ok()?.map?);
        let numbers: [&[u8]; 2] = [bytemuck::cast_slice(map.weights()), bytemuck::cast_slice(map.bias().unwrap_or(&[]))];
        Some([&layout.head()[..], numbers[0], numbers[1]].concat())
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
        let numbers = positive(field, numbers)?;
        Ok(Self { kind, numbers, count: 0, max_norm: 0.0, checksum: crc32fast::Hasher::new() })
    }

    /// The largest norm, once these rows have joined.
    fn max_norm_with(&self, rows: &[f32]) -> Result<f32, ErrorKind> {
        match Patterns::new(rows, self.numbers.get())?.max_norm() {
            Ok(norm) => Ok(if norm > self.max_norm { norm } else { self.max_norm }),
            Err(error) => Err(self.at(error)),
        }
    }

    /// An error in a row that would be stored next, by its number in the file.
    fn at(&self, error: basinet_core::Error) -> ErrorKind {
        use basinet_core::Error;
        let not_finite = |row| FileError::NotFinite { kind: self.kind, row: self.count + row }.into();
        match error {
            Error::ScoreNotFinite { row } => not_finite(row),
            Error::FeatureNotFinite { index } => not_finite(index / self.numbers),
            Error::ZeroFeatures { row } => Error::ZeroFeatures { row: self.count + row }.into(),
            error => error.into(),
        }
    }
}

/// A size that is not zero.
fn positive(field: &'static str, numbers: usize) -> Result<NonZeroUsize, FileError> {
    NonZeroUsize::new(numbers).ok_or(FileError::Field { field, value: 0, requirement: "at least 1" })
}

/// Puts the head in its place, and everything on the disk.
fn write_head(mut file: &File, head: &[u8]) -> io::Result<()> {
    file.seek(SeekFrom::Start(0))?;
    file.write_all(head)?;
    file.sync_all()
}
