//! Images from IDX files, the format of MNIST (Y. LeCun, C. Cortes, C. Burges): two zero bytes, the type of an element (8: bytes), the number
//! of dimensions, each as a big-endian `u32`, then the elements. Gzipped or not.

use super::Error;
use flate2::read::GzDecoder;
use std::fmt;
use std::io::{self, Read};

/// The first two bytes of a gzipped file.
const GZIP: [u8; 2] = [0x1f, 0x8b];

/// Why bytes are no IDX file of bytes.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum IdxError {
    /// They are not what gzip makes.
    Gzip(String),
    /// They end within the header.
    Short,
    /// It is a file of another kind, or of another number of dimensions.
    Kind {
        /// Dimensions that were expected.
        dimensions: usize,
    },
    /// The elements are not as many as the dimensions say.
    Length {
        /// What they say; none where that is beyond a `usize`.
        expected: Option<usize>,
        /// How many there are, counted up to one more than these; zero where these are none.
        found: usize,
    },
    /// An element is above the one that means 1, or that one is zero.
    Element {
        /// The element.
        found: u8,
        /// What means 1.
        full: u8,
    },
}

impl fmt::Display for IdxError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Gzip(why) => write!(f, "cannot be unzipped: {why}"),
            Self::Short => f.write_str("ends within its header"),
            Self::Kind { dimensions } => write!(f, "is no IDX file of bytes with {dimensions} dimensions"),
            Self::Length { expected: Some(expected), found } if found > expected => {
                write!(f, "has more elements than the {expected} of its header")
            }
            Self::Length { expected: Some(expected), found } => write!(f, "has {found} elements, and its header says {expected}"),
            Self::Length { expected: None, .. } => f.write_str("has a header that says more elements than fit in memory"),
            Self::Element { found, full } => write!(f, "has an element {found}, where {full} is to be the largest, and above zero"),
        }
    }
}

impl std::error::Error for IdxError {}

/// The dimensions and the elements of an IDX file of bytes with N dimensions; it may be gzipped. O(bytes), unzipped: no more is unzipped than
/// one byte beyond what the header says.
///
/// ```
/// use basinet::experiments::idx;
/// let file = [0, 0, 8, 1, 0, 0, 0, 3, 7, 8, 9];
/// assert_eq!(idx::<1>(&file), Ok(([3], vec![7, 8, 9])));
/// assert!(idx::<1>(&file[..10]).is_err());
/// ```
///
/// # Errors
/// All of [`IdxError`].
pub fn idx<const N: usize>(bytes: &[u8]) -> Result<([usize; N], Vec<u8>), IdxError> {
    if bytes.starts_with(&GZIP) { read_idx(GzDecoder::new(bytes)) } else { read_idx(bytes) }
}

/// The same from what is not zipped any more.
fn read_idx<const N: usize>(mut input: impl Read) -> Result<([usize; N], Vec<u8>), IdxError> {
    let kind = number(&mut input)?;
    if kind[..3] != [0, 0, 8] || usize::from(kind[3]) != N {
        return Err(IdxError::Kind { dimensions: N });
    }
    let mut dimensions = [0; N];
    for dimension in &mut dimensions {
        *dimension = u32::from_be_bytes(number(&mut input)?) as usize;
    }
    let expected = dimensions.iter().try_fold(1, |product: usize, &d| product.checked_mul(d));
    // One more tells that there are more.
    let most = expected.map_or(0, |expected| (expected as u64).saturating_add(1));
    let mut elements = Vec::new();
    input.take(most).read_to_end(&mut elements).map_err(unzip)?;
    if expected != Some(elements.len()) {
        return Err(IdxError::Length { expected, found: elements.len() });
    }
    Ok((dimensions, elements))
}

/// Four bytes of the header.
fn number(input: &mut impl Read) -> Result<[u8; 4], IdxError> {
    let mut bytes = Vec::new();
    input.take(4).read_to_end(&mut bytes).map_err(unzip)?;
    bytes.try_into().map_err(|_| IdxError::Short)
}

fn unzip(error: io::Error) -> IdxError {
    IdxError::Gzip(error.to_string())
}

/// Images of one size, each a row of `height * width` pixels from 0, blank, to 1.
#[derive(Clone, Debug, PartialEq)]
pub struct Images {
    /// Pixels of a column.
    pub height: usize,
    /// Pixels of a row.
    pub width: usize,
    /// Image by image, row by row.
    pub pixels: Vec<f32>,
}

impl Images {
    /// The first 2,000 training images of MNIST, 28 x 28: `examples/data` says whose they are and under which licence.
    ///
    /// # Errors
    /// None, unless the file was damaged before it was compiled in.
    pub fn mnist() -> Result<Self, Error> {
        Self::from_idx(include_bytes!("../../examples/data/mnist-images-idx3-ubyte.gz"), 255)
    }

    /// All 1,797 images of the digits, 8 x 8: `examples/data` says whose they are and under which licence.
    ///
    /// # Errors
    /// As [`mnist`](Self::mnist).
    pub fn digits() -> Result<Self, Error> {
        Self::from_idx(include_bytes!("../../examples/data/digits-images-idx3-ubyte.gz"), 16)
    }

    /// The images of an IDX file, gzipped or not, where the byte `full` means 1, and none is above it.
    ///
    /// # Errors
    /// [`Error::Images`].
    pub fn from_idx(bytes: &[u8], full: u8) -> Result<Self, Error> {
        let ([_, height, width], bytes) = idx(bytes)?;
        let found = bytes.iter().copied().max().unwrap_or(0);
        if full == 0 || found > full {
            return Err(IdxError::Element { found, full }.into());
        }
        Ok(Self { height, width, pixels: bytes.iter().map(|&byte| f32::from(byte) / f32::from(full)).collect() })
    }

    /// Pixels of an image.
    #[must_use]
    pub fn dim(&self) -> usize {
        self.height * self.width
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.pixels.len().checked_div(self.dim()).unwrap_or(0)
    }

    /// True where there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The images of these numbers, in their order.
    pub(super) fn pick(&self, which: &[usize]) -> Vec<f32> {
        which.iter().flat_map(|&i| &self.pixels[i * self.dim()..(i + 1) * self.dim()]).copied().collect()
    }
}
