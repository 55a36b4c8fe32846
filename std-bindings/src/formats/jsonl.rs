//! JSON lines, by the crate `serde_json`: on each line a list of numbers, or an object that has one as `query`, `state` or `pattern`, so
//! that what a recall printed can be asked again.

use super::Fault;
use super::number::parse;
use super::reader::Source;
use super::writer::Sink;
use serde::Deserialize;
use serde_json::value::RawValue;
use std::io::{self, BufRead, Write};

/// Rows of a text.
pub struct JsonRows<R> {
    input: R,
    line: String,
    first: Option<Vec<f32>>,
    dim: usize,
    row: usize,
}

/// A line that is an object. Numbers stay text, because f64 on the way to f32 would round twice.
#[derive(Deserialize)]
struct Object<'a> {
    #[serde(borrow, alias = "state", alias = "pattern")]
    query: Option<Vec<&'a RawValue>>,
}

impl<R: BufRead> JsonRows<R> {
    /// Reads the first row.
    pub fn new(input: R) -> Result<Self, Fault> {
        let mut rows = Self { input, line: String::new(), first: None, dim: 0, row: 0 };
        let mut first = Vec::new();
        if !rows.next(&mut first)? || first.is_empty() {
            return Err(Fault::Empty);
        }
        rows.dim = first.len();
        rows.first = Some(first);
        Ok(rows)
    }

    /// The next line that is not blank.
    fn next(&mut self, row: &mut Vec<f32>) -> Result<bool, Fault> {
        loop {
            self.line.clear();
            if self.input.read_line(&mut self.line)? == 0 {
                return Ok(false);
            }
            if !self.line.trim().is_empty() {
                break;
            }
        }
        let line = self.line.trim();
        let number = self.row;
        let fault = |what: String| Fault::Malformed { format: "JSON lines", what: format!("row {number} (from 0): {what}") };
        let malformed = |error: serde_json::Error| fault(error.to_string());
        let numbers = match line.starts_with('{') {
            true => {
                let object = serde_json::from_str::<Object<'_>>(line).map_err(malformed)?;
                object.query.ok_or_else(|| fault("the object has no list of numbers as \"query\", \"state\" or \"pattern\"".to_owned()))?
            }
            false => serde_json::from_str::<Vec<&RawValue>>(line).map_err(malformed)?,
        };
        for (column, text) in numbers.iter().enumerate() {
            row.push(parse(text.get(), number, column)?);
        }
        Ok(true)
    }
}

impl<R: BufRead> Source for JsonRows<R> {
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
            None if !self.next(row)? => return Ok(false),
            None if row.len() != self.dim => {
                return Err(Fault::RowLength { row: self.row, expected: self.dim, found: row.len() });
            }
            None => {}
        }
        self.row += 1;
        Ok(true)
    }
}

/// Rows to a text.
pub struct JsonSink<W: Write>(pub W);

impl<W: Write> Sink for JsonSink<W> {
    fn write(&mut self, row: &[f32]) -> io::Result<()> {
        serde_json::to_writer(&mut self.0, row)?;
        self.0.write_all(b"\n")
    }

    fn finish(mut self: Box<Self>) -> io::Result<()> {
        self.0.flush()
    }
}
