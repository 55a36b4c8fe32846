//! Little-endian numbers, one behind the other: how the header and the table of sections are read and written.

use super::FileError;

/// Bytes of which numbers are taken from the front.
#[derive(Clone, Copy, Debug)]
pub struct Fields<'a> {
    bytes: &'a [u8],
    taken: u64,
}

impl<'a> Fields<'a> {
    pub fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, taken: 0 }
    }

    /// The next N bytes.
    pub fn bytes<const N: usize>(&mut self) -> Result<[u8; N], FileError> {
        let length = self.bytes.len() as u64;
        let Some((&field, rest)) = self.bytes.split_first_chunk() else {
            return Err(FileError::Truncated { needed: self.taken + N as u64, found: self.taken + length });
        };
        self.bytes = rest;
        self.taken += N as u64;
        Ok(field)
    }

    pub fn u8(&mut self) -> Result<u8, FileError> {
        self.bytes().map(u8::from_le_bytes)
    }

    pub fn u32(&mut self) -> Result<u32, FileError> {
        self.bytes().map(u32::from_le_bytes)
    }

    pub fn u64(&mut self) -> Result<u64, FileError> {
        self.bytes().map(u64::from_le_bytes)
    }

    pub fn f32(&mut self) -> Result<f32, FileError> {
        self.bytes().map(f32::from_le_bytes)
    }

    /// A size that this machine can address.
    pub fn size(&mut self, field: &'static str) -> Result<usize, FileError> {
        let value = self.u64()?;
        usize::try_from(value).map_err(|_| FileError::TooLarge { field, value })
    }

    /// Bytes that are kept for later versions.
    pub fn zeros<const N: usize>(&mut self) -> Result<(), FileError> {
        match self.bytes::<N>()?.into_iter().find(|&byte| byte != 0) {
            None => Ok(()),
            Some(byte) => Err(FileError::Field { field: "reserved", value: byte.into(), requirement: "0" }),
        }
    }
}

/// Room for N bytes, of which fields take their place one behind the other; what nobody takes is zero.
pub struct Room<const N: usize> {
    bytes: [u8; N],
    used: usize,
}

impl<const N: usize> Room<N> {
    pub fn new() -> Self {
        Self { bytes: [0; N], used: 0 }
    }

    /// Writes a field. All of them together fit.
    pub fn put(&mut self, field: &[u8]) {
        if let Some(place) = self.bytes.get_mut(self.used..).and_then(|rest| rest.get_mut(..field.len())) {
            place.copy_from_slice(field);
            self.used += field.len();
        }
    }

    /// The fields so far.
    pub fn written(&self) -> &[u8] {
        self.bytes.get(..self.used).unwrap_or(&[])
    }

    /// All of it.
    pub fn bytes(self) -> [u8; N] {
        self.bytes
    }
}
