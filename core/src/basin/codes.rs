//! How a model is written down: a byte for the similarity, a byte for the separation, four bytes for its parameter.

use super::FileError;
use crate::separation::{AnySeparation, Entmax, KSubsets, Normmax, TopK};
use crate::similarity::AnySimilarity;

/// The byte that stands for f32.
pub const F32: u8 = 1;

/// The byte of a similarity.
pub fn of_similarity(similarity: AnySimilarity) -> u8 {
    match similarity {
        AnySimilarity::Dot => 1,
        AnySimilarity::Cosine => 2,
        AnySimilarity::SquaredDistance => 3,
    }
}

/// The similarity of a byte.
pub fn similarity(code: u8) -> Result<AnySimilarity, FileError> {
    match code {
        1 => Ok(AnySimilarity::Dot),
        2 => Ok(AnySimilarity::Cosine),
        3 => Ok(AnySimilarity::SquaredDistance),
        _ => Err(FileError::Field { field: "similarity", value: code.into(), requirement: "1 (dot), 2 (cosine) or 3 (squared distance)" }),
    }
}

/// The byte of a separation, and its parameter: the bits of alpha or gamma, k, or 0.
pub fn of_separation(separation: AnySeparation) -> (u8, u32) {
    match separation {
        AnySeparation::Softmax => (1, 0),
        AnySeparation::Softmax1 => (2, 0),
        AnySeparation::Sparsemax => (3, 0),
        AnySeparation::Entmax(entmax) => (4, entmax.alpha().to_bits()),
        AnySeparation::Normmax(normmax) => (5, normmax.gamma().to_bits()),
        AnySeparation::TopK(top) => (6, top.k()),
        AnySeparation::Hardmax => (7, 0),
        AnySeparation::KSubsets(subsets) => (8, subsets.k()),
    }
}

/// The separation of a byte and its parameter.
pub fn separation(code: u8, parameter: u32) -> Result<AnySeparation, FileError> {
    let number = f32::from_bits(parameter);
    let wrong_number = |requirement| FileError::Number { field: "parameter", value: number, requirement };
    let wrong = |requirement| FileError::Field { field: "parameter", value: parameter.into(), requirement };
    let plain = |separation| if parameter == 0 { Ok(separation) } else { Err(wrong("0, as this separation has none")) };
    match code {
        1 => plain(AnySeparation::Softmax),
        2 => plain(AnySeparation::Softmax1),
        3 => plain(AnySeparation::Sparsemax),
        4 => Entmax::new(number).map(Into::into).map_err(|_| wrong_number("an alpha, finite and at least 1")),
        5 => Normmax::new(number).map(Into::into).map_err(|_| wrong_number("a gamma, finite and above 1")),
        6 => TopK::new(parameter).map(Into::into).map_err(|_| wrong("a k of at least 1")),
        7 => plain(AnySeparation::Hardmax),
        8 => KSubsets::new(parameter).map(Into::into).map_err(|_| wrong("a k of at least 1")),
        _ => Err(FileError::Field {
            field: "separation",
            value: code.into(),
            requirement: "1 (softmax) to 8 (ksubsets), see the byte table",
        }),
    }
}
