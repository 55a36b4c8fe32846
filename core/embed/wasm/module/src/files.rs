//! `.basin` files, in and out.

use crate::report::{self, answer};
use basinet_core::AnyModel;
use basinet_core::basin::{Alignment, Basin, Checksums, FileError, Layout, crc32};
use core::num::NonZeroUsize;
use core::slice::from_raw_parts;

/// Reads a file, data and all: its model to `model`; to the report dim, count, where its patterns begin, max_norm, beta, 1 where it has
/// values, and as text the names of its separation and similarity, a line each.
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
        report::put(&[
            layout.dim.get() as f64,
            layout.count.get() as f64,
            layout.patterns_at()? as f64,
            basin.max_norm().into(),
            made.beta.get().into(),
            f64::from(u8::from(basin.values().is_some())),
        ]);
        report::put_text(format_args!("{}\n{}", made.separation, made.similarity));
        Ok(())
    });
    answer(opened)
}

/// The bytes before the patterns of a file that holds these, where text stands otherwise; how many they are is the report's first number.
///
/// # Safety
/// `model` was written by this module; `count * dim` numbers are readable at `patterns`, which may be null where they are none.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn head(model: *const AnyModel, patterns: *const u8, count: usize, dim: usize, max_norm: f32) -> u32 {
    let size = |field, size| NonZeroUsize::new(size).ok_or(FileError::Field { field, value: 0, requirement: "at least 1" });
    let written = size("count", count).and_then(|count| {
        let (dim, alignment) = (size("dim", dim)?, Alignment::Bytes64);
        // SAFETY: the caller's promise: there are patterns.
        let (model, bytes) = unsafe { (*model, from_raw_parts(patterns, count.get() * dim.get() * size_of::<f32>())) };
        let layout = Layout { model, count, dim, width: None, map: None, max_norm, alignment };
        report::put_bytes(&layout.head(Checksums { patterns: crc32(bytes), ..Checksums::default() })?);
        report::put(&[layout.patterns_at()? as f64]);
        Ok(())
    });
    answer(written)
}
