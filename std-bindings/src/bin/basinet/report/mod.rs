//! What came out of an experiment, and where it goes: rows, tables, figures.

pub mod chart;
pub mod drawing;
pub mod picture;
pub mod portrait;
pub mod table;

use crate::failure::Failure;
use basinet::formats::Aside;
use picture::Figure;
use serde::Serialize;
use std::io::Write;
use std::path::Path;
use table::Table;

/// Rows, tables and plots.
pub struct Report {
    /// Rows as CSV, and what the file is called.
    pub files: Vec<(String, Vec<u8>)>,
    /// Rows as JSON.
    pub json: serde_json::Value,
    /// For people.
    pub tables: Vec<Table>,
    /// For people, too.
    pub figures: Vec<Figure>,
}

impl Report {
    /// With these rows, and nothing else yet.
    pub fn of<R: Serialize>(name: &str, rows: &[R]) -> Result<Self, Failure> {
        let files = vec![(name.to_owned(), csv(rows)?)];
        Ok(Self { files, json: serde_json::to_value(rows)?, tables: vec![], figures: vec![] })
    }

    /// Tables, one below the other.
    pub fn text(&self) -> String {
        self.tables.iter().map(|table| format!("{}\n\n{}", table.title, table.markdown())).collect::<Vec<_>>().join("\n\n")
    }

    /// Writes rows and plots into a folder that is there: all of them aside, before the first gets its name.
    pub fn write(&self, folder: &Path) -> Result<(), Failure> {
        let mut files = Vec::new();
        for (name, bytes) in &self.files {
            files.push(aside(&folder.join(format!("{name}.csv")), bytes)?);
        }
        for figure in &self.figures {
            let drawn = |error: String| Failure::Refused(format!("{}: cannot be drawn: {error}", figure.name()));
            files.push(aside(&folder.join(format!("{}.svg", figure.name())), figure.svg().map_err(drawn)?.as_bytes())?);
            files.push(aside(&folder.join(format!("{}.png", figure.name())), &figure.png().map_err(drawn)?)?);
        }
        keep(files)
    }
}

/// Makes a folder where there is none, and sees that it takes files.
pub fn folder(path: &Path) -> Result<(), Failure> {
    std::fs::create_dir_all(path).map_err(|error| refused(path, error))?;
    drop(Aside::new(&path.join(".basinet"))?);
    Ok(())
}

/// Rows with a line of heads.
pub fn csv<R: Serialize>(rows: &[R]) -> Result<Vec<u8>, Failure> {
    let failed = |error: &dyn std::fmt::Display| Failure::Refused(format!("rows cannot be written as CSV: {error}"));
    let mut writer = csv::Writer::from_writer(Vec::new());
    for row in rows {
        writer.serialize(row).map_err(|error| failed(&error))?;
    }
    writer.into_inner().map_err(|error| failed(&error))
}

/// A file that is whole, and has not its name yet.
fn aside(path: &Path, bytes: &[u8]) -> Result<Aside, Failure> {
    let mut aside = Aside::new(path)?;
    aside.file().write_all(bytes).map_err(|error| refused(path, error))?;
    Ok(aside)
}

/// Gives files their names.
fn keep(files: impl IntoIterator<Item = Aside>) -> Result<(), Failure> {
    files.into_iter().try_for_each(|file| Ok(file.keep()?))
}

pub fn refused(path: &Path, error: impl std::fmt::Display) -> Failure {
    Failure::Refused(format!("{}: {error}", path.display()))
}
