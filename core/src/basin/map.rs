//! The section of a feature map: what the queries of a memory go through before they are compared with its patterns, which are features.

use super::fields::{Fields, Room};
use super::{FileError, Section};
use crate::feature_map::FeatureMap;
use core::num::NonZeroUsize;

/// Flags of the section: a bias stands behind the weights; features have norm 1.
const BIAS: u32 = 1;
const UNIT: u32 = 2;

/// What a section says of its feature map before the weights: `dim` rows of `input` numbers, then `dim` numbers of the bias, if there is one.
///
/// ```
/// use basinet_core::basin::MapLayout;
/// let map = MapLayout { input: 784.try_into().unwrap(), bias: false, unit: true };
/// assert_eq!(map.head()[..12], [16, 3, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0]);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MapLayout {
    /// Numbers in a query.
    pub input: NonZeroUsize,
    /// Whether a bias is added.
    pub bias: bool,
    /// Whether features are divided by their norm.
    pub unit: bool,
}

impl MapLayout {
    /// Bytes before the weights: 64, so that these begin where the section's alignment lets them.
    pub const HEAD: usize = 64;

    /// The bytes before the weights.
    pub fn head(&self) -> [u8; Self::HEAD] {
        let mut room = Room::<{ Self::HEAD }>::new();
        let flags = if self.bias { BIAS } else { 0 } | if self.unit { UNIT } else { 0 };
        room.put(&(self.input.get() as u64).to_le_bytes());
        room.put(&flags.to_le_bytes());
        room.bytes()
    }

    /// Bytes of the section, for features of `dim` numbers.
    pub(super) fn length(&self, dim: NonZeroUsize) -> Result<usize, FileError> {
        let too_large = FileError::TooLarge { field: "map input", value: self.input.get() as u64 };
        let weights = dim.checked_mul(self.input).ok_or(too_large)?.get();
        let numbers = weights.checked_add(if self.bias { dim.get() } else { 0 }).ok_or(too_large)?;
        let bytes = numbers.checked_mul(size_of::<f32>()).and_then(|bytes| bytes.checked_add(Self::HEAD)).ok_or(too_large)?;
        if bytes <= isize::MAX.unsigned_abs() { Ok(bytes) } else { Err(too_large) }
    }

    /// What the section says, and the map that it holds.
    pub(super) fn read(content: &[u8], dim: NonZeroUsize) -> Result<(Self, FeatureMap<'_>), FileError> {
        let mut fields = Fields::new(content);
        let input = NonZeroUsize::new(fields.size("map input")?);
        let input = input.ok_or(FileError::Field { field: "map input", value: 0, requirement: "at least 1" })?;
        let flags = fields.u32()?;
        if flags > BIAS | UNIT {
            return Err(FileError::Field { field: "map flags", value: flags.into(), requirement: "0 to 3 (1 bias, 2 unit features)" });
        }
        fields.zeros::<52>()?;
        let layout = Self { input, bias: flags & BIAS != 0, unit: flags & UNIT != 0 };
        let value = content.len() as u64;
        if content.len() != layout.length(dim)? {
            let requirement = "64 bytes and 4 for each number of the feature map";
            return Err(FileError::Field { field: "section length", value, requirement });
        }
        let numbers = numbers(content)?;
        let (weights, bias) = numbers.split_at_checked(numbers.len() - if layout.bias { dim.get() } else { 0 }).unwrap_or((numbers, &[]));
        let map = FeatureMap::new(weights, input.get()).and_then(|map| if layout.bias { map.with_bias(bias) } else { Ok(map) });
        let map = map.map_err(|_| FileError::TooLarge { field: "map input", value: input.get() as u64 })?;
        Ok((layout, if layout.unit { map.unit() } else { map }))
    }

    /// Whether every number of the section is finite.
    pub(super) fn verify(&self, content: &[u8]) -> Result<(), FileError> {
        match numbers(content)?.iter().position(|x| !x.is_finite()) {
            None => Ok(()),
            Some(at) => Err(FileError::NotFinite { kind: Section::FEATURE_MAP, row: at / self.input }),
        }
    }
}

/// Weights and bias of a section.
fn numbers(content: &[u8]) -> Result<&[f32], FileError> {
    let numbers = content.get(MapLayout::HEAD..).unwrap_or(&[]);
    super::numbers(numbers)
}
