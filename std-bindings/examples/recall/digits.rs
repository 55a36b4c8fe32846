//! The digits shipped in `examples/data`, read from gzipped IDX files into [`Digit`]s.
//!
//! The files are compiled in, so the example runs from any directory.

use std::fmt;
use std::io;

use basinet::experiments::{IdxError, idx};

use crate::failure::Failure;

/// One handwritten digit.
pub struct Digit {
    /// Ink, row by row: 0 is blank paper, 1 is full ink.
    pub pixels: Vec<f32>,
    /// The digit that was meant, 0 to 9.
    pub label: u8,
}

/// A collection of digits of one size.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Set {
    /// Optical Recognition of Handwritten Digits, 8x8.
    Digits,
    /// The first 2,000 training images of MNIST, 28x28.
    Mnist,
}

impl Set {
    /// Pixels along one side.
    pub const fn side(self) -> usize {
        match self {
            Set::Digits => 8,
            Set::Mnist => 28,
        }
    }

    /// The byte that means full ink: the 8x8 digits count the inked pixels of a 4x4 block.
    const fn full_ink(self) -> u8 {
        match self {
            Set::Digits => 16,
            Set::Mnist => 255,
        }
    }

    /// All digits of the set, in the order of the file.
    pub fn read(self) -> Result<Vec<Digit>, Failure> {
        let (images, labels): (&[u8], &[u8]) = match self {
            Set::Digits => (include_bytes!("../data/digits-images-idx3-ubyte.gz"), include_bytes!("../data/digits-labels-idx1-ubyte.gz")),
            Set::Mnist => (include_bytes!("../data/mnist-images-idx3-ubyte.gz"), include_bytes!("../data/mnist-labels-idx1-ubyte.gz")),
        };
        let failed = |error: IdxError| Failure::Data(self, io::Error::new(io::ErrorKind::InvalidData, error));
        let ([count, height, width], images) = idx(images).map_err(failed)?;
        let ([labelled], labels) = idx(labels).map_err(failed)?;
        if (height, width) != (self.side(), self.side()) || count != labelled {
            let why = "images and labels do not belong together";
            return Err(Failure::Data(self, io::Error::new(io::ErrorKind::InvalidData, why)));
        }
        let ink = f32::from(self.full_ink());
        Ok(images
            .chunks_exact(self.side() * self.side())
            .zip(labels)
            .map(|(image, label)| Digit { pixels: image.iter().map(|&byte| f32::from(byte) / ink).collect(), label })
            .collect())
    }
}

impl fmt::Display for Set {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Set::Digits => "digits 8x8",
            Set::Mnist => "MNIST 28x28",
        })
    }
}
