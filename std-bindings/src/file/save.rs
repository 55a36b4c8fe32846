//! Memories into files, and out of them.

use super::{Error, Writer};
use crate::{KernelMemory, Memory, PairedMemory};
use basinet_core::AnyModel;
use basinet_core::basin::Alignment;
use std::path::Path;

impl Memory {
    /// Writes the patterns to a `.basin` file, with the model that they are to be recalled by. O(M dim).
    ///
    /// The file appears when it is whole and on the disk; an older one of that name is replaced at once. Back again:
    /// [`file::open`](crate::file::open), and [`Memory::from_patterns`] to change it.
    ///
    /// # Errors
    /// [`file::Error`](Error), with the path; without patterns, too.
    ///
    /// ```
    /// use basinet::{Cosine, Memory, Model, TopK, beta, file};
    /// # let folder = tempfile::tempdir()?;
    /// # let path = folder.path().join("pair.basin");
    /// let mut memory = Memory::from_rows(2, &[3.0, 4.0, 0.0, 2.0])?;
    /// memory.save(&path, Model::new(beta!(2.0), TopK::new(1)?).with(Cosine))?;
    /// let file = file::open(&path)?;
    /// let again = Memory::from_patterns(&file.basin()?.patterns())?;
    /// assert_eq!((again.row(1), again.max_norm()), (memory.row(1), memory.max_norm()));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn save(&self, path: impl AsRef<Path>, model: impl Into<AnyModel>) -> Result<(), Error> {
        let mut writer = Writer::create(path, model, self.dim(), Alignment::default())?;
        writer.push(self.numbers())?;
        writer.finish()
    }
}

impl PairedMemory {
    /// Writes keys and values to a `.basin` file, with the model that they are to be recalled by, as [`Memory::save`]. O(M (dim + width)).
    ///
    /// # Errors
    /// As there.
    pub fn save(&self, path: impl AsRef<Path>, model: impl Into<AnyModel>) -> Result<(), Error> {
        let mut writer = Writer::create(path, model, self.keys().dim(), Alignment::default())?;
        writer.push(self.keys().numbers())?;
        writer.begin_values(self.values().dim())?;
        writer.push(self.values().numbers())?;
        writer.finish()
    }
}

impl KernelMemory {
    /// Writes the feature map, the features and the patterns to a `.basin` file, with the model that they are to be recalled by, as
    /// [`Memory::save`]. O(M (dim + features)).
    ///
    /// # Errors
    /// As there.
    ///
    /// ```
    /// use basinet::{KernelMemory, LinearMap, Model, Sparsemax, beta, file};
    /// # let folder = tempfile::tempdir()?;
    /// # let path = folder.path().join("pair.basin");
    /// let mut memory = KernelMemory::new(LinearMap::new(vec![1.0, 0.0, 0.0, 3.0], 2, None)?)?;
    /// memory.insert(&[1.0, 1.0])?;
    /// memory.insert(&[1.0, -1.0])?;
    /// memory.save(&path, Model::new(beta!(1.0), Sparsemax))?;
    /// assert_eq!(file::open(&path)?.recall(&[0.9, 0.5])?.state, [1.0, 1.0]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn save(&self, path: impl AsRef<Path>, model: impl Into<AnyModel>) -> Result<(), Error> {
        let mut writer = Writer::through(path, model, self.map().clone(), Alignment::default())?;
        writer.push(self.patterns().numbers())?;
        writer.begin_values(self.patterns().dim())?;
        writer.push(self.patterns().numbers())?;
        writer.finish()
    }
}
