//! What patterns and states are compared by: themselves at norm 1, or what a map makes of them, at norm 1.

use super::Error;
use crate::feature_map::{Trained, Training};
use serde::Serialize;
use std::fmt;

/// How a map is learned, if at all.
#[derive(Clone, Debug, PartialEq)]
pub enum Learning {
    /// None: patterns and states are compared by their cosine.
    None,
    /// With as many features as a pattern has numbers.
    Square(&'static str, Training),
    /// With at most so many features.
    Narrow(&'static str, usize, Training),
}

impl Learning {
    /// The map of rows of `dim` numbers, ready to use; the first start's random numbers are those of the seed.
    pub(super) fn learn(&self, rows: &[f32], dim: usize, seed: u64) -> Result<Features, Error> {
        let (features, training) = match self {
            Self::None => return Ok(Features::Plain { dim }),
            Self::Square(_, training) => (dim, training),
            Self::Narrow(_, features, training) => (if *features < dim { *features } else { dim }, training),
        };
        let training = Training { seed, ..training.clone() };
        Ok(Features::Learned(training.map(rows, dim, features, |_| ())?))
    }
}

/// Its name: `none`, or what the map is called.
impl fmt::Display for Learning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::None => "none",
            Self::Square(name, _) | Self::Narrow(name, ..) => name,
        })
    }
}

impl Serialize for Learning {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// A map, or none.
pub enum Features {
    Plain { dim: usize },
    Learned(Trained<f32>),
}

impl Features {
    /// How many there are.
    pub fn dim(&self) -> usize {
        match self {
            Self::Plain { dim } => *dim,
            Self::Learned(map) => map.features,
        }
    }

    /// Those of rows, each at norm 1. O(rows dim features).
    pub fn of(&self, rows: &[f32]) -> Result<Vec<f32>, Error> {
        match self {
            Self::Plain { dim } => units(rows, *dim),
            Self::Learned(map) => Ok(map.unit_features(rows)?),
        }
    }
}

/// Rows at norm 1.
fn units(rows: &[f32], dim: usize) -> Result<Vec<f32>, Error> {
    crate::codes::dimensions(dim, 1)?;
    let mut units = rows.to_vec();
    for (row, numbers) in units.chunks_exact_mut(dim).enumerate() {
        let norm = numbers.iter().map(|&x| f64::from(x) * f64::from(x)).sum::<f64>().sqrt();
        if norm == 0.0 {
            return Err(crate::codes::Error::ZeroRow { row }.into());
        }
        numbers.iter_mut().for_each(|x| *x = (f64::from(*x) / norm) as f32);
    }
    Ok(units)
}
