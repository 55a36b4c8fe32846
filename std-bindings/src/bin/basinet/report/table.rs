//! Tables as Markdown, and the page that they stand on.

use super::{aside, keep, refused};
use crate::failure::Failure;
use basinet::formats::Aside;
use std::fs;
use std::path::Path;

/// A table.
pub struct Table {
    /// Its marks on the page.
    pub name: &'static str,
    /// What is in it.
    pub title: String,
    pub heads: Vec<String>,
    pub rows: Vec<Vec<String>>,
}

impl Table {
    pub fn new(name: &'static str, title: impl Into<String>, heads: &[&str]) -> Self {
        Self { name, title: title.into(), heads: heads.iter().map(|&head| head.to_owned()).collect(), rows: vec![] }
    }

    /// Columns as wide as their widest cell; numbers to the right.
    pub fn markdown(&self) -> String {
        let all = || self.rows.iter().chain([&self.heads]);
        let width =
            |column: usize| all().map(|row| row[column].chars().count()).fold(4, |most, width| if width > most { width } else { most });
        let widths: Vec<usize> = (0..self.heads.len()).map(width).collect();
        let is_number = |column: usize| self.rows.iter().all(|row| row[column].starts_with(|c: char| c.is_ascii_digit() || c == '-'));
        let rights: Vec<bool> = (0..self.heads.len()).map(is_number).collect();
        let line = |cells: &[String]| {
            let padded = cells
                .iter()
                .zip(widths.iter().zip(&rights))
                .map(|(cell, (&width, &right))| if right { format!("{cell:>width$}") } else { format!("{cell:<width$}") });
            format!("| {} |", padded.collect::<Vec<_>>().join(" | "))
        };
        let rule = |(&width, &right): (&usize, &bool)| if right { "-".repeat(width - 1) + ":" } else { "-".repeat(width) };
        let rules: Vec<String> = widths.iter().zip(&rights).map(rule).collect();
        [line(&self.heads), line(&rules)].into_iter().chain(self.rows.iter().map(|row| line(row))).collect::<Vec<_>>().join("\n")
    }
}

/// A page with places for tables.
pub struct Page<'p>(&'p Path);

impl<'p> Page<'p> {
    /// A page that has places for tables of these names, and that can be replaced.
    pub fn find(path: &'p Path, names: &[&'static str]) -> Result<Self, Failure> {
        let text = read(path)?;
        drop(Aside::new(path)?);
        match names.iter().find(|name| replaced(&text, &Table::new(name, "", &[])).is_none()) {
            None => Ok(Self(path)),
            Some(name) => Err(refused(path, no_place(name))),
        }
    }

    /// Writes it again, as it is by now, with these tables between their marks, `<!-- NAME -->` and `<!-- end of NAME -->`.
    pub fn write(self, tables: &[Table]) -> Result<(), Failure> {
        let mut text = read(self.0)?;
        for table in tables {
            text = replaced(&text, table).ok_or_else(|| refused(self.0, no_place(table.name)))?;
        }
        keep([aside(self.0, text.as_bytes())?])
    }
}

fn read(path: &Path) -> Result<String, Failure> {
    fs::read_to_string(path).map_err(|error| refused(path, error))
}

fn no_place(name: &str) -> String {
    format!("has not one place for the table {name}, between <!-- {name} --> and <!-- end of {name} -->")
}

/// The page with this table, where it has one place for it.
fn replaced(page: &str, table: &Table) -> Option<String> {
    let (begin, end) = (format!("<!-- {} -->\n", table.name), format!("<!-- end of {} -->", table.name));
    let (before, rest) = page.split_once(&begin)?;
    let (_, behind) = rest.split_once(&end)?;
    let once = !rest.contains(&begin) && !behind.contains(&end);
    once.then(|| format!("{before}{begin}\n{}\n\n{end}{behind}", table.markdown()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_stands_between_its_marks_and_nowhere_else() {
        let mut table = Table::new("t", "", &["name", "n"]);
        table.rows.push(vec!["a".to_owned(), "1".to_owned()]);
        let page = "before\n<!-- t -->\nold\n<!-- end of t -->\nbehind\n";
        let new = "before\n<!-- t -->\n\n| name |    n |\n| ---- | ---: |\n| a    |    1 |\n\n<!-- end of t -->\nbehind\n";
        assert_eq!(replaced(page, &table).as_deref(), Some(new));
        assert_eq!(replaced(new, &table).as_deref(), Some(new));
        assert_eq!(replaced(&page.repeat(2), &table), None);
        assert_eq!(replaced("none", &table), None);
    }
}
