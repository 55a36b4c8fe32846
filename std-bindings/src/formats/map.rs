//! Feature maps: a matrix of weights, perhaps with a bias beside it.

use super::reader::begin;
use super::{Fault, FileFault, Format, Reader};
use crate::LinearMap;
use std::io;
use std::path::Path;

/// What the tensors of a map are called.
const WEIGHTS: &str = "weights";
const BIAS: &str = "bias";

/// The feature map of a file: rows of weights, a feature each; in safetensors the tensor `weights`, and `bias` where there is one. O(numbers).
///
/// ```
/// use basinet::formats;
/// # let folder = tempfile::tempdir()?;
/// # let path = folder.path().join("map.csv");
/// std::fs::write(&path, "1, 0, 0\n0, 1, 1\n")?;
/// let map = formats::linear_map(&path)?;
/// assert_eq!((map.features(), map.dim()), (2, 3));
/// assert_eq!(map.rows(&[7.0, 1.0, 2.0])?, [7.0, 3.0]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// As [`Reader::open`] and [`Reader::next_row`]; [`Fault::Memory`] where there are not as many numbers of the bias as features.
pub fn linear_map(path: impl AsRef<Path>) -> Result<LinearMap, FileFault> {
    let path = path.as_ref();
    // Opened once, as a pipe cannot be read again.
    let (format, input) = begin(path)?;
    let (name, has_names) = (path.display().to_string(), format == Format::Safetensors);
    if has_names && !input.get_ref().metadata().is_ok_and(|about| about.is_file()) {
        let twice = io::Error::other("a map in safetensors is read twice, for weights and for a bias; put it into a file first");
        return Err(FileFault::new(name, twice));
    }
    let mut weights = Reader::new(name, format, input, has_names.then_some(WEIGHTS))?;
    let bias = match has_names.then(|| Reader::open(path, Some(BIAS))) {
        None | Some(Err(FileFault { fault: Fault::Tensor { .. }, .. })) => None,
        Some(bias) => Some(bias?.read_all()?),
    };
    LinearMap::new(weights.read_all()?, weights.dim(), bias).map_err(|error| FileFault::new(weights.name(), error))
}
