//! NumPy's `.npy`: a header that is a Python dictionary, then the numbers. Read and written by the crate `npyz`.
//!
//! The header is looked at before the crate gets it, because it comes from anywhere: its length is held to NumPy's own limit, and a shape
//! whose product overflows, or brackets in brackets without end, are refused here.

use super::Fault;
use super::number::narrow;
use super::reader::Source;
use super::writer::Sink;
use npyz::{NpyFile, NpyHeader, NpyReader, NpyWriter, Order, TypeChar, WriterBuilder};
use std::io::{self, Read, Seek, Write};

/// What every such file begins with.
pub const MAGIC: &[u8] = b"\x93NUMPY";

/// NumPy reads no header longer than this either (`max_header_size`).
const LONGEST_HEADER: usize = 10_000;

/// Deeper than any dictionary of plain numbers.
const DEEPEST: usize = 8;

/// Rows of a file.
pub struct NpyRows<R: Read> {
    numbers: Numbers<R>,
    dim: usize,
    count: usize,
    row: usize,
}

/// The numbers of either type that is read.
enum Numbers<R: Read> {
    Narrow(NpyReader<f32, R>),
    Wide(NpyReader<f64, R>),
}

impl<R: Read> NpyRows<R> {
    /// Reads the header.
    pub fn new(mut input: R) -> Result<Self, Fault> {
        let header = header(&mut input)?;
        if header.uses_pickled_array() {
            return Err(Fault::Objects);
        }
        let (count, dim) = match *header.shape() {
            [dim] => (1, dim),
            [count, dim] => (count, dim),
            _ => return Err(Fault::Dimensions { shape: header.shape().to_vec() }),
        };
        if header.order() == Order::Fortran && count > 1 && dim > 1 {
            return Err(Fault::FortranOrder);
        }
        if count == 0 || dim == 0 {
            return Err(Fault::Empty);
        }
        let size = |number: u64| usize::try_from(number).map_err(|_| Fault::Dimensions { shape: header.shape().to_vec() });
        let (count, dim) = (size(count)?, size(dim)?);
        let kind = header.dtype();
        let found = || Fault::ElementType { found: kind.descr().trim_matches('\'').to_owned() };
        let npyz::DType::Plain(plain) = &kind else { return Err(found()) };
        let file = NpyFile::with_header(header, input);
        let numbers = match (plain.type_char(), plain.size_field()) {
            (TypeChar::Float, 4) => Numbers::Narrow(file.data().map_err(|_| found())?),
            (TypeChar::Float, 8) => Numbers::Wide(file.data().map_err(|_| found())?),
            _ => return Err(found()),
        };
        Ok(Self { numbers, dim, count, row: 0 })
    }
}

impl<R: Read> Source for NpyRows<R> {
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
        let number = self.row;
        let cut = |error: io::Error| match error.kind() {
            io::ErrorKind::UnexpectedEof => Fault::Truncated { row: number },
            _ => Fault::Io(error),
        };
        for column in 0..self.dim {
            let next = match &mut self.numbers {
                Numbers::Narrow(numbers) => numbers.next().map(|value| value.map(f64::from)),
                Numbers::Wide(numbers) => numbers.next(),
            };
            let value = next.ok_or(Fault::Truncated { row: number })?.map_err(cut)?;
            row.push(narrow(value, number, column)?);
        }
        self.row += 1;
        Ok(true)
    }
}

/// Reads and checks the header's text, and has the crate read it then.
fn header(input: &mut impl Read) -> Result<NpyHeader, Fault> {
    let malformed = |what: &str| Fault::Malformed { format: ".npy", what: what.to_owned() };
    let mut head = vec![0; 10];
    input.read_exact(&mut head).map_err(|error| match error.kind() {
        io::ErrorKind::UnexpectedEof => malformed("it is shorter than a header"),
        _ => Fault::Io(error),
    })?;
    if !head.starts_with(MAGIC) {
        return Err(malformed("it does not begin with \\x93NUMPY"));
    }
    // Two bytes of length in version 1, four in the later ones.
    let mut length = usize::from(u16::from_le_bytes([head[8], head[9]]));
    if head[6] > 1 {
        let mut more = [0; 2];
        input.read_exact(&mut more).map_err(|error| match error.kind() {
            io::ErrorKind::UnexpectedEof => malformed("it is shorter than a header"),
            _ => Fault::Io(error),
        })?;
        head.extend(more);
        length += usize::from(u16::from_le_bytes(more)) << 16;
    }
    if length > LONGEST_HEADER {
        return Err(malformed("its header is longer than 10,000 bytes"));
    }
    let begun = head.len();
    head.resize(begun + length, 0);
    input.read_exact(&mut head[begun..]).map_err(|error| match error.kind() {
        io::ErrorKind::UnexpectedEof => malformed("it ends within its header"),
        _ => Fault::Io(error),
    })?;
    check_text(&head[begun..]).map_err(malformed)?;
    NpyHeader::from_reader(&head[..]).map_err(|error| malformed(&error.to_string()))
}

/// The crate takes brackets by recursion and multiplies the sizes without a look at overflow.
fn check_text(text: &[u8]) -> Result<(), &'static str> {
    let (mut depth, mut quote, mut before) = (0usize, None, b' ');
    for &byte in text {
        match byte {
            b'\'' | b'"' if quote.is_none() => quote = Some(byte),
            _ if quote == Some(byte) => quote = None,
            // Numbers with a base or with spacing, which the crate knows and the product below does not.
            b'_' | b'a'..=b'z' | b'A'..=b'Z' if quote.is_none() && before.is_ascii_digit() => {
                return Err("its shape is not of plain numbers");
            }
            b'(' | b'[' | b'{' => depth += 1,
            b')' | b']' | b'}' => depth = depth.saturating_sub(1),
            _ => {}
        }
        before = byte;
        if depth > DEEPEST {
            return Err("its header is nested too deeply");
        }
    }
    let product = text
        .split(|byte| !byte.is_ascii_digit())
        .filter_map(|digits| std::str::from_utf8(digits).ok())
        .filter(|digits| !digits.is_empty())
        .try_fold(1u64, |product, digits| product.checked_mul(digits.parse::<u64>().ok()?.max(1)));
    // The type's size is among the digits, so this is a bound on the bytes.
    if product.is_none() { Err("its shape has more numbers than can be counted") } else { Ok(()) }
}

/// Rows to a file that can be gone back in: the number of rows is written last.
pub struct NpySink<W: Write + Seek>(NpyWriter<f32, W>);

impl<W: Write + Seek> NpySink<W> {
    /// Writes a header without the number of rows.
    pub fn new(out: W, dim: usize) -> io::Result<Self> {
        let little = npyz::DType::new_scalar("<f4".parse().map_err(io::Error::other)?);
        Ok(Self(npyz::WriteOptions::new().dtype(little).writer(out).begin_2d(dim as u64)?))
    }
}

impl<W: Write + Seek> Sink for NpySink<W> {
    fn write(&mut self, row: &[f32]) -> io::Result<()> {
        row.iter().try_for_each(|number| self.0.push(number))
    }

    fn finish(self: Box<Self>) -> io::Result<()> {
        self.0.finish()
    }
}
