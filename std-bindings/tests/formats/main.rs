//! Rows of numbers from and to files, against bytes that are put together here by hand from the formats' descriptions.

mod asides;
mod npy;
mod round_trips;
mod safetensors;
mod texts;

use basinet::formats::{Fault, FileFault, Format, Reader};

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
