//! The associative memory: patterns, perhaps values, and how they are recalled.

use crate::names::{self, NAME, Similarity};
use crate::region::{self, Region, read};
use crate::status::{Status, Stopped};
use basinet_core::{AnyModel, Basin, Beta, Patterns};
use core::ffi::c_char;
use core::ptr::null;

/// What is recalled, and how: filled by `basinet_open`, or by hand. What is left zero then is right: no values, dot products. It is only
/// read, and only points to the numbers.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct Memory {
    /// count x dim numbers, row-major, one row directly behind the other
    pub patterns: *const f32,
    /// count x width numbers that are read out in place of the patterns; null: the patterns themselves
    pub values: *const f32,
    /// fewer than 2^32
    pub count: usize,
    /// numbers of a pattern
    pub dim: usize,
    /// numbers of a value; of no meaning where values is null
    pub width: usize,
    /// the inverse temperature, finite, at least 2^-120, in units of 1/score
    pub beta: f32,
    /// from a file: the largest |x_i|, rounded up, so that 1/2 max_norm^2 is in the constant of the energy; no function here reads it
    pub max_norm: f32,
    /// a number of `enum basinet_similarity`
    pub similarity: i32,
    /// the name of a separation, with a zero at its end
    pub separation: [c_char; NAME],
}

/// The same, looked at.
pub struct Net<'a> {
    pub patterns: Patterns<'a>,
    pub values: Option<Patterns<'a>>,
    pub model: AnyModel,
}

impl Memory {
    /// A copy of the one at `pointer`.
    ///
    /// # Safety
    /// Unless it is null, one is there, and nobody writes to it during the call.
    pub unsafe fn at(pointer: *const Self) -> Result<Self, Stopped> {
        if pointer.is_null() {
            return Err(Status::NULL.into());
        }
        // SAFETY: the caller's promise.
        if pointer.is_aligned() { Ok(unsafe { pointer.read() }) } else { Err(Status::MISALIGNED.into()) }
    }

    /// What a file holds.
    pub fn of(basin: &Basin<'_>) -> Result<Self, Stopped> {
        let AnyModel { beta, separation, similarity } = basin.model();
        Ok(Self {
            patterns: first(&basin.patterns()),
            values: basin.values().as_ref().map_or(null(), first),
            count: basin.patterns().count(),
            dim: basin.patterns().dim(),
            width: basin.values().map_or(0, |values| values.dim()),
            beta: beta.get(),
            max_norm: basin.max_norm(),
            similarity: Similarity::of(similarity)? as i32,
            separation: names::name(separation),
        })
    }

    /// Numbers of a result.
    pub fn out(&self) -> usize {
        if self.values.is_null() { self.dim } else { self.width }
    }

    /// What is read of it.
    pub fn regions(&self) -> Result<[Region; 2], Stopped> {
        let (numbers, values) = (region::product(self.count, self.dim)?, region::product(self.count, self.out())?);
        Ok([Region::of(self.patterns, numbers)?, Region::of(self.values, values)?])
    }

    /// The same, looked at.
    ///
    /// # Safety
    /// As many numbers are there as it says, and nobody writes to them for `'a`. [`regions`](Self::regions) has found nothing wrong.
    pub unsafe fn net<'a>(&self) -> Result<Net<'a>, Stopped> {
        // SAFETY: the caller's promise.
        let patterns = unsafe { rows(self.patterns, self.count, self.dim) }?;
        // SAFETY: the caller's promise.
        let values = if self.values.is_null() { None } else { Some(unsafe { rows(self.values, self.count, self.width) }?) };
        // SAFETY: the name stands in this very structure.
        let (separation, _) = unsafe { names::separation(self.separation.as_ptr()) }?;
        let model = AnyModel { beta: Beta::new(self.beta)?, separation, similarity: Similarity::any(self.similarity)? };
        Ok(Net { patterns, values, model })
    }
}

/// `count` rows of `dim` numbers.
///
/// # Safety
/// As [`Memory::net`].
unsafe fn rows<'a>(pointer: *const f32, count: usize, dim: usize) -> Result<Patterns<'a>, Stopped> {
    // SAFETY: the caller's promise.
    Ok(Patterns::new(unsafe { read(pointer, region::product(count, dim)?) }?, dim)?)
}

/// Where rows begin.
fn first(rows: &Patterns<'_>) -> *const f32 {
    rows.row(0).map_or(null(), <[f32]>::as_ptr)
}
