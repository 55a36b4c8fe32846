//! Text with numbers between commas, by the crate `csv`: a row on each line, all of one length.

use super::Fault;
use super::number::parse;
use super::reader::Source;
use super::writer::Sink;
use ::csv::{ReaderBuilder, StringRecord, Trim};
use std::io::{self, Read, Write};

/// Whether a field of the first line is the name of a column.
fn is_word(field: &str) -> bool {
    let named = field.starts_with(|first: char| first.is_alphabetic() || first == '_');
    let missing = ["na", "n/a", "null", "none"].iter().any(|missing| field.eq_ignore_ascii_case(missing));
    named && !missing && field.parse::<f32>().is_err()
}

/// Rows of a text.
pub struct CsvRows<R> {
    input: ::csv::Reader<R>,
    /// A row that has been read and not been given yet: the first.
    first: Option<Vec<f32>>,
    record: StringRecord,
    dim: usize,
    row: usize,
}

impl<R: Read> CsvRows<R> {
    /// Reads the first row, which is a heading where each of its fields is a word: something that begins like a name, and is no number (`inf`
    /// is one) and no sign that one is missing.
    pub fn new(input: R) -> Result<Self, Fault> {
        let input = ReaderBuilder::new().has_headers(false).flexible(true).trim(Trim::All).comment(Some(b'#')).from_reader(input);
        let mut rows = Self { input, first: None, record: StringRecord::new(), dim: 0, row: 0 };
        if rows.next_record()? && rows.record.iter().all(is_word) {
            rows.next_record()?;
        }
        if rows.record.is_empty() {
            return Err(Fault::Empty);
        }
        rows.dim = rows.record.len();
        let mut first = Vec::new();
        rows.numbers(&mut first)?;
        rows.first = Some(first);
        Ok(rows)
    }

    fn next_record(&mut self) -> Result<bool, Fault> {
        self.input.read_record(&mut self.record).map_err(|error| match error.into_kind() {
            ::csv::ErrorKind::Io(error) => Fault::Io(error),
            ::csv::ErrorKind::Utf8 { err, .. } => Fault::Malformed { format: "CSV", what: err.to_string() },
            other => Fault::Malformed { format: "CSV", what: format!("{other:?}") },
        })
    }

    /// The numbers of the record that was read last.
    fn numbers(&self, row: &mut Vec<f32>) -> Result<(), Fault> {
        if self.record.len() != self.dim {
            return Err(Fault::RowLength { row: self.row, expected: self.dim, found: self.record.len() });
        }
        for (column, field) in self.record.iter().enumerate() {
            row.push(parse(field, self.row, column)?);
        }
        Ok(())
    }
}

impl<R: Read> Source for CsvRows<R> {
    fn dim(&self) -> usize {
        self.dim
    }

    fn count(&self) -> Option<usize> {
        None
    }

    fn read(&mut self, row: &mut Vec<f32>) -> Result<bool, Fault> {
        row.clear();
        match self.first.take() {
            Some(first) => row.extend(first),
            None if !self.next_record()? => return Ok(false),
            None => self.numbers(row)?,
        }
        self.row += 1;
        Ok(true)
    }
}

/// Rows to a text.
pub struct CsvSink<W: Write>(::csv::Writer<W>);

impl<W: Write> CsvSink<W> {
    /// Nothing is written yet.
    pub fn new(out: W) -> Self {
        Self(::csv::Writer::from_writer(out))
    }
}

impl<W: Write> Sink for CsvSink<W> {
    fn write(&mut self, row: &[f32]) -> io::Result<()> {
        // The shortest text that reads back the same, with an exponent where that is long.
        self.0.write_record(row.iter().map(|number| format!("{number:?}"))).map_err(|error| match error.into_kind() {
            // As it was, so that whoever asks can tell a pipe that broke.
            ::csv::ErrorKind::Io(error) => error,
            other => io::Error::other(format!("{other:?}")),
        })
    }

    fn finish(mut self: Box<Self>) -> io::Result<()> {
        self.0.flush()
    }
}
