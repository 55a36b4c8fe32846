//! Rows of numbers from and to files, against bytes that are put together here by hand from the formats' descriptions.

mod asides;
mod faults;
mod npy;
mod round_trips;
mod safetensors;
mod texts;

use basinet::formats::{Fault, FileFault, Format, Reader};

/// An input that comes a byte at a time, and of which no more is asked than there is.
struct Slow<'a>(&'a [u8]);

impl std::io::Read for Slow<'_> {
    fn read(&mut self, into: &mut [u8]) -> std::io::Result<usize> {
        self.0.read(&mut into[..1])
    }
}

#[test]
fn formats_are_told_from_inputs_that_come_in_small_pieces() -> Fallible {
    for format in [Format::Npy, Format::Safetensors, Format::Csv, Format::JsonLines] {
        let mut bytes = Vec::new();
        let mut writer = basinet::formats::Writer::new("rows", format, 2, &mut bytes)?;
        writer.row(&[0.5, -1.0])?;
        writer.row(&[3.0, 4.0])?;
        writer.finish()?;
        let rows = Reader::guess("slow", Slow(&bytes), None)?.read_all()?;
        assert_eq!(rows, [0.5, -1.0, 3.0, 4.0], "{format:?}");
    }
    for text in ["\u{feff}1,2\n", "# rows\n1,2\n", "\"1\",\"2\"\n", "\n\n[1,2]\n"] {
        assert_eq!(Reader::guess("slow", Slow(text.as_bytes()), None)?.next_row()?, Some(&[1.0, 2.0][..]), "{text:?}");
    }
    // Whoever asks line by line is answered line by line.
    assert_eq!(Reader::guess("a line", std::io::Read::chain(&b"[1,2]\n"[..], Unread), None)?.next_row()?, Some(&[1.0, 2.0][..]));
    Ok(())
}

/// What is not there yet.
struct Unread;

impl std::io::Read for Unread {
    fn read(&mut self, _: &mut [u8]) -> std::io::Result<usize> {
        Err(std::io::Error::other("asked for more than was there"))
    }
}

type Fallible = Result<(), Box<dyn std::error::Error>>;

/// All rows of these bytes, one behind the other.
fn read(format: Format, bytes: &[u8], tensor: Option<&str>) -> Result<(usize, Vec<f32>), FileFault> {
    let mut reader = Reader::new("test", format, bytes, tensor)?;
    let rows = reader.read_all()?;
    Ok((reader.dim(), rows))
}

/// What is wrong with these bytes, which must be something.
fn fault(format: Format, bytes: &[u8]) -> Result<Fault, Box<dyn std::error::Error>> {
    match read(format, bytes, None) {
        Ok(rows) => Err(format!("no fault was found, but {rows:?}").into()),
        Err(FileFault { fault, .. }) => Ok(fault),
    }
}
