//! Files that are mapped: opened at once, whatever their size, read where they are used, never copied. The one mapping call is here.

use super::Error;
use basinet_core::basin::FileError;
use basinet_core::{Basin, FeatureMap};
use memmap2::Mmap;
use std::fs::File;
use std::path::{Path, PathBuf};

/// A `.basin` file that is mapped into memory.
///
/// Its pages are read when they are first used, and the system may drop them again: a memory may be larger than the machine's. Nothing else
/// may write to the file meanwhile. What is changed under a map is changed under its readers, who get other numbers. What is cut off (or
/// cannot be read, as a disk or the network is gone) has no pages: whoever reads there is stopped by a signal (`SIGBUS` on Unix), which is
/// neither an error nor a panic. So files are replaced by renaming a whole one, and never truncated or written to in their place: readers
/// keep what they have open. This library does so; `cp` and `>` of a shell do not, `mv` within a file system does. Who cannot be sure of the
/// file's other users reads a copy of it: `std::fs::read`, and [`Basin::new`] of these bytes where they lie at a multiple of four.
#[derive(Debug)]
pub struct Mapped {
    path: PathBuf,
    map: Mmap,
}

/// Maps a `.basin` file and checks its header: every field, by checksum too, and where every section is. O(1) in the size of the data.
///
/// # Errors
/// [`Error`], with the path: what the system has against it, or [`ErrorKind::Format`](super::ErrorKind::Format).
///
/// ```
/// # let folder = tempfile::tempdir()?;
/// # let path = folder.path().join("pair.basin");
/// use basinet::{Memory, Model, Softmax, beta, file};
/// Memory::from_rows(2, &[3.0, 4.0])?.save(&path, Model::new(beta!(2.0), Softmax))?;
/// let file = file::open(&path)?;
/// let basin = file.basin()?;
/// assert_eq!((basin.patterns().row(0), basin.max_norm()), (Some(&[3.0, 4.0][..]), 5.0));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn open(path: impl AsRef<Path>) -> Result<Mapped, Error> {
    let path = path.as_ref();
    let file = File::open(path).map_err(Error::system(path, "open it"))?;
    let length = file.metadata().map_err(Error::system(path, "ask for its length"))?.len();
    // SAFETY: whatever the bytes are, numbers can be read from them, and no size among them is believed unchecked. That nobody writes to
    // the file meanwhile is asked of the user (see `Mapped`); this library replaces files and never writes to one that has its name.
    let map = unsafe { Mmap::map(&file) }.map_err(Error::system(path, "map it"))?;
    let mapped = Mapped { path: path.to_owned(), map };
    let stated = mapped.with_map()?.0.length();
    if stated as u64 == length {
        return Ok(mapped);
    }
    let requirement = "that of the file, which is longer";
    Err(Error::new(path, FileError::Field { field: "file length", value: stated as u64, requirement }))
}

/// [`open`], and reads all data once: finds every changed byte, every number that is not finite, and a wrong largest norm. O(bytes).
///
/// # Errors
/// As [`open`], and what [`Basin::verify`] gives.
pub fn open_verified(path: impl AsRef<Path>) -> Result<Mapped, Error> {
    let mapped = open(path)?;
    mapped.verify()?;
    Ok(mapped)
}

impl Mapped {
    /// The patterns, values and model, borrowed from the map. Reads the header again, which is fast, and right if the file was changed.
    ///
    /// # Errors
    /// As [`open`], and for a file with a feature map: [`with_map`](Self::with_map).
    pub fn basin(&self) -> Result<Basin<'_>, Error> {
        Basin::new(&self.map).map_err(|error| Error::new(&self.path, error))
    }

    /// As [`basin`](Self::basin), and the feature map that queries go through, where the file has one: [`Basin::with_map`].
    ///
    /// # Errors
    /// As [`open`].
    pub fn with_map(&self) -> Result<(Basin<'_>, Option<FeatureMap<'_>>), Error> {
        Basin::with_map(&self.map).map_err(|error| Error::new(&self.path, error))
    }

    /// Reads all data once, as [`open_verified`] does.
    ///
    /// # Errors
    /// What [`Basin::verify`] gives.
    pub fn verify(&self) -> Result<(), Error> {
        self.with_map()?.0.verify_with(crc32fast::hash).map_err(|error| Error::new(&self.path, error))
    }

    /// The path that was opened.
    pub fn path(&self) -> &Path {
        &self.path
    }
}
