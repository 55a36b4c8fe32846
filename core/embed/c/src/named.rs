//! Separations by their names: `softmax softmax1 sparsemax entmax:A normmax:G topk:K hardmax`.

use crate::status::{Status, Stopped};
use basinet_core::{Entmax, Error, Hardmax, Normmax, Separation, Softmax, Softmax1, Sparsemax, TopK};
use core::ffi::c_char;

/// Bytes that a name may have. The longest number that anyone needs fits; a string that does not end is read no further.
const LONGEST: usize = 64;

/// What is to be done by a separation that is known by name only.
pub trait Job {
    /// What it gives.
    type Output;
    /// Does it.
    fn by<S: Separation>(self, separation: S) -> Result<Self::Output, Error>;
}

/// A separation that has a name.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Named {
    Softmax,
    Softmax1,
    Sparsemax,
    Entmax(Entmax),
    Normmax(Normmax),
    TopK(TopK),
    Hardmax,
}

impl Named {
    /// The one whose name stands at `pointer`.
    ///
    /// # Safety
    /// Unless it is null, a string that ends with a zero stands there, and nobody writes to it during the call.
    pub unsafe fn at(pointer: *const c_char) -> Result<Self, Stopped> {
        if pointer.is_null() {
            return Err(Status::Null.into());
        }
        let mut bytes = [0; LONGEST];
        let mut length = 0;
        for (i, byte) in bytes.iter_mut().enumerate() {
            // SAFETY: no byte before this one was the zero at the end, so this one belongs to the string.
            *byte = unsafe { *pointer.cast::<u8>().add(i) };
            if *byte == 0 {
                break;
            }
            length += 1;
        }
        let name = bytes.get(..length).and_then(|name| core::str::from_utf8(name).ok()).filter(|_| length < LONGEST);
        name.ok_or(Stopped::from(Status::Separation)).and_then(Self::parse)
    }

    /// The one of this name.
    pub fn parse(name: &str) -> Result<Self, Stopped> {
        let unknown = Stopped::from(Status::Separation);
        let Some((family, parameter)) = name.split_once(':') else {
            return match name {
                "softmax" => Ok(Self::Softmax),
                "softmax1" => Ok(Self::Softmax1),
                "sparsemax" => Ok(Self::Sparsemax),
                "hardmax" => Ok(Self::Hardmax),
                _ => Err(unknown),
            };
        };
        Ok(match family {
            "entmax" => Self::Entmax(Entmax::new(parameter.parse().map_err(|_| unknown)?)?),
            "normmax" => Self::Normmax(Normmax::new(parameter.parse().map_err(|_| unknown)?)?),
            "topk" => Self::TopK(TopK::new(parameter.parse().map_err(|_| unknown)?)?),
            _ => return Err(unknown),
        })
    }

    /// Does `job` by it.
    pub fn give<J: Job>(self, job: J) -> Result<J::Output, Error> {
        match self {
            Self::Softmax => job.by(Softmax),
            Self::Softmax1 => job.by(Softmax1),
            Self::Sparsemax => job.by(Sparsemax),
            Self::Entmax(entmax) => job.by(entmax),
            Self::Normmax(normmax) => job.by(normmax),
            Self::TopK(top) => job.by(top),
            Self::Hardmax => job.by(Hardmax),
        }
    }
}
