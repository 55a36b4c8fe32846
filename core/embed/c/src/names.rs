//! Separations and similarities as C writes them.

use crate::status::{Status, Stopped};
use basinet_core::{AnySeparation, AnySimilarity};
use core::ffi::c_char;
use core::fmt::Write;

/// Bytes of a separation's name with the zero at its end: "normmax:" and the 39 digits of the largest f32 fill them.
pub const NAME: usize = 48;

/// The separation whose name stands at `pointer`, and the bytes that were read, no more than [`NAME`].
///
/// # Safety
/// Unless it is null, a string that ends with a zero or has [`NAME`] bytes stands there, and nobody writes to it during the call.
pub unsafe fn separation(pointer: *const c_char) -> Result<(AnySeparation, usize), Stopped> {
    if pointer.is_null() {
        return Err(Status::NULL.into());
    }
    let mut bytes = [0; NAME];
    let mut length = 0;
    for (i, byte) in bytes.iter_mut().enumerate() {
        // SAFETY: no byte before this one was the zero at the end, so this one belongs to the string.
        *byte = unsafe { *pointer.cast::<u8>().add(i) };
        if *byte == 0 {
            break;
        }
        length += 1;
    }
    let name = bytes.get(..length).and_then(|name| core::str::from_utf8(name).ok()).filter(|_| length < NAME);
    Ok((name.ok_or(Status::SEPARATION)?.parse()?, length + 1))
}

/// The name of a separation, with zeros behind it.
pub fn name(separation: AnySeparation) -> [c_char; NAME] {
    let mut text = Text { bytes: [0; NAME], length: 0 };
    // Every name fits.
    let _ = write!(text, "{separation}");
    text.bytes
}

/// What is written so far.
struct Text {
    bytes: [c_char; NAME],
    length: usize,
}

impl Write for Text {
    fn write_str(&mut self, text: &str) -> core::fmt::Result {
        for byte in text.bytes() {
            *self.bytes.get_mut(self.length).ok_or(core::fmt::Error)? = byte.cast_signed() as c_char;
            self.length += 1;
        }
        Ok(())
    }
}

/// How patterns and queries are compared.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(non_camel_case_types, reason = "the header has them as they are, behind BASINET_")]
pub enum Similarity {
    /// x_i . x
    DOT = 0,
    /// x_i . x / (|x_i| |x|); 0 for a vector of zeros. Has no energy.
    COSINE = 1,
    /// -|x_i - x|^2
    SQUARED_DISTANCE = 2,
}

impl Similarity {
    /// The core's.
    pub fn any(number: i32) -> Result<AnySimilarity, Stopped> {
        match number {
            0 => Ok(AnySimilarity::Dot),
            1 => Ok(AnySimilarity::Cosine),
            2 => Ok(AnySimilarity::SquaredDistance),
            _ => Err(Status::SIMILARITY.into()),
        }
    }

    /// C's.
    pub fn of(similarity: AnySimilarity) -> Result<Self, Stopped> {
        match similarity {
            AnySimilarity::Dot => Ok(Self::DOT),
            AnySimilarity::Cosine => Ok(Self::COSINE),
            AnySimilarity::SquaredDistance => Ok(Self::SQUARED_DISTANCE),
            // A later version of the core may have more.
            _ => Err(Status::SIMILARITY.into()),
        }
    }
}
