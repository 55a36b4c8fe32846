//! `.basin` files, in and out.

use crate::report::{self, answer};
use basinet_core::basin::{Alignment, Basin, FileError, Layout, crc32};
use basinet_core::{AnyModel, AnySeparation, AnySimilarity};
use core::num::NonZeroUsize;
use core::slice::from_raw_parts;

/// Reads a file, data and all: its model to `model`; to the report dim, count, where its patterns begin, max_norm, beta, the parameter of
/// the separation, 1 where it has values, and the places of separation and similarity in the lists that `basinet.js` has.
///
/// # Safety
/// `length` bytes are readable at `bytes`; `model` is writable and aligned for a model.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn open(bytes: *const u8, length: usize, model: *mut AnyModel) -> u32 {
    // SAFETY: the caller's promise.
    let file = unsafe { from_raw_parts(bytes, length) };
    let opened = Basin::new(file).and_then(|basin| {
        basin.verify()?;
        let (layout, made) = (basin.layout(), basin.model());
        // SAFETY: the caller's promise.
        unsafe { model.write(made) };
        let (family, parameter) = named(made.separation);
        report::put(&[
            layout.dim.get() as f64,
            layout.count.get() as f64,
            layout.patterns_at()? as f64,
            basin.max_norm().into(),
            made.beta.get().into(),
            parameter,
            f64::from(u8::from(basin.values().is_some())),
            f64::from(family),
            f64::from(match made.similarity {
                AnySimilarity::Cosine => 1u8,
                AnySimilarity::SquaredDistance => 2,
                _ => 0,
            }),
        ]);
        Ok(())
    });
    answer(opened)
}

/// A separation's place in the list of names that `basinet.js` has, and its parameter.
fn named(separation: AnySeparation) -> (u8, f64) {
    match separation {
        AnySeparation::Softmax => (0, 0.0),
        AnySeparation::Softmax1 => (1, 0.0),
        AnySeparation::Sparsemax => (2, 0.0),
        AnySeparation::Entmax(entmax) => (3, entmax.alpha().into()),
        AnySeparation::Normmax(normmax) => (4, normmax.gamma().into()),
        AnySeparation::TopK(top) => (5, top.k().into()),
        AnySeparation::KSubsets(subsets) => (7, subsets.k().into()),
        _ => (6, 0.0),
    }
}

/// The bytes before the patterns of a file that holds these, where text stands otherwise; how many they are is the report's first number.
///
/// # Safety
/// `model` was written by this module; `count * dim` numbers are readable at `patterns`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn head(model: *const AnyModel, patterns: *const u8, count: usize, dim: usize, max_norm: f32) -> u32 {
    // SAFETY: the caller's promise.
    let (model, bytes) = unsafe { (*model, from_raw_parts(patterns, count * dim * size_of::<f32>())) };
    let size = |field, size| NonZeroUsize::new(size).ok_or(FileError::Field { field, value: 0, requirement: "at least 1" });
    let written = size("count", count).and_then(|count| {
        let layout = Layout { model, count, dim: size("dim", dim)?, width: None, max_norm, alignment: Alignment::Bytes64 };
        report::put_bytes(&layout.head(crc32(bytes), None)?);
        report::put(&[layout.patterns_at()? as f64]);
        Ok(())
    });
    answer(written)
}
