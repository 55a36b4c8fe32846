//! Safetensors: a header in JSON, then tensors one behind the other. The header is the crate's; the numbers are read from the file as they
//! come, so a tensor that does not lie at a multiple of its numbers' size is copied like any other.

use super::Fault;
use super::number::narrow;
use super::reader::Source;
use super::writer::Sink;
use ::safetensors::tensor::{Dtype, Metadata, TensorView};
use std::io::{self, Read, Write};

/// The crate takes no longer header either.
const LONGEST_HEADER: u64 = 100_000_000;

/// What the tensor is called that is written.
const NAME: &str = "rows";

/// Rows of one tensor.
pub struct TensorRows<R: Read> {
    input: R,
    wide: bool,
    dim: usize,
    count: usize,
    row: usize,
    bytes: Vec<u8>,
}

fn malformed(what: impl ToString) -> Fault {
    Fault::Malformed { format: "safetensors", what: what.to_string() }
}

impl<R: Read> TensorRows<R> {
    /// Reads the header and goes to the tensor of this name, or to the only one.
    pub fn new(mut input: R, name: Option<&str>) -> Result<Self, Fault> {
        let mut length = [0; 8];
        input.read_exact(&mut length).map_err(|error| match error.kind() {
            io::ErrorKind::UnexpectedEof => malformed("it ends within its header"),
            _ => Fault::Io(error),
        })?;
        let length = u64::from_le_bytes(length);
        if length > LONGEST_HEADER {
            return Err(malformed("its header is longer than 100 MB"));
        }
        let mut header = Vec::new();
        input.by_ref().take(length).read_to_end(&mut header)?;
        if header.len() as u64 != length {
            return Err(malformed("it ends within its header"));
        }
        let metadata: Metadata = serde_json::from_slice(&header).map_err(malformed)?;
        let names = metadata.offset_keys();
        let wanted = match (name, &names[..]) {
            (Some(name), _) => name,
            (None, [only]) => only,
            (None, _) => return Err(Fault::Tensor { wanted: None, found: names }),
        };
        let info = metadata.info(wanted).ok_or(Fault::Tensor { wanted: Some(wanted.to_owned()), found: names.clone() })?;
        let wide = match info.dtype {
            Dtype::F32 => false,
            Dtype::F64 => true,
            other => return Err(Fault::ElementType { found: format!("{other:?}") }),
        };
        let (count, dim) = match info.shape[..] {
            [dim] => (1, dim),
            [count, dim] => (count, dim),
            _ => return Err(Fault::Dimensions { shape: info.shape.iter().map(|&size| size as u64).collect() }),
        };
        if count == 0 || dim == 0 {
            return Err(Fault::Empty);
        }
        let before = info.data_offsets.0 as u64;
        if io::copy(&mut input.by_ref().take(before), &mut io::sink())? != before {
            return Err(Fault::Truncated { row: 0 });
        }
        Ok(Self { input, wide, dim, count, row: 0, bytes: Vec::new() })
    }
}

impl<R: Read> Source for TensorRows<R> {
    fn dim(&self) -> usize {
        self.dim
    }

    fn count(&self) -> Option<usize> {
        Some(self.count)
    }

    fn read(&mut self, row: &mut Vec<f32>) -> Result<bool, Fault> {
        row.clear();
        if self.row == self.count {
            return Ok(false);
        }
        // By what is there and not by what the header says: it may say anything.
        let (number, wanted) = (self.row, (self.dim * if self.wide { 8 } else { 4 }) as u64);
        self.bytes.clear();
        if self.input.by_ref().take(wanted).read_to_end(&mut self.bytes)? as u64 != wanted {
            return Err(Fault::Truncated { row: number });
        }
        let values = |(column, value): (usize, f64)| narrow(value, number, column);
        if self.wide {
            let numbers = self.bytes.as_chunks::<8>().0.iter().map(|&bytes| f64::from_le_bytes(bytes));
            numbers.enumerate().map(values).try_for_each(|value| value.map(|value| row.push(value)))?;
        } else {
            let numbers = self.bytes.as_chunks::<4>().0.iter().map(|&bytes| f64::from(f32::from_le_bytes(bytes)));
            numbers.enumerate().map(values).try_for_each(|value| value.map(|value| row.push(value)))?;
        }
        self.row += 1;
        Ok(true)
    }
}

/// Rows to a tensor, all of them in memory before they are written: the header has their number, and stands first.
pub struct TensorSink<W: Write> {
    out: W,
    dim: usize,
    bytes: Vec<u8>,
}

impl<W: Write> TensorSink<W> {
    /// Nothing is written yet.
    pub fn new(out: W, dim: usize) -> Self {
        Self { out, dim, bytes: Vec::new() }
    }
}

impl<W: Write> Sink for TensorSink<W> {
    fn write(&mut self, row: &[f32]) -> io::Result<()> {
        self.bytes.extend(row.iter().flat_map(|number| number.to_le_bytes()));
        Ok(())
    }

    fn finish(mut self: Box<Self>) -> io::Result<()> {
        let shape = vec![self.bytes.len() / 4 / self.dim, self.dim];
        let tensor = TensorView::new(Dtype::F32, shape, &self.bytes).map_err(io::Error::other)?;
        let file = ::safetensors::serialize([(NAME, tensor)], None).map_err(io::Error::other)?;
        self.out.write_all(&file)?;
        self.out.flush()
    }
}
