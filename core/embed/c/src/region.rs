//! The caller's memory: pointers and sizes become slices, or an error.

use crate::status::{Status, Stopped};
use basinet_core::Scratch;
use core::ffi::c_void;

/// `count * dim` numbers, where as many bytes can exist at all.
pub fn product(count: usize, dim: usize) -> Result<usize, Stopped> {
    let numbers = count.checked_mul(dim).ok_or(Status::TOO_LARGE)?;
    if numbers > isize::MAX as usize / size_of::<f32>() { Err(Status::TOO_LARGE.into()) } else { Ok(numbers) }
}

/// The addresses that a call reads or writes.
#[derive(Clone, Copy)]
pub struct Region {
    first: usize,
    bytes: usize,
}

impl Region {
    /// `length` things from `pointer` on; a null pointer has no memory at all, and is seen to where it is read.
    pub fn of<T>(pointer: *const T, length: usize) -> Result<Self, Stopped> {
        let bytes = length.checked_mul(size_of::<T>()).filter(|&bytes| bytes <= isize::MAX as usize).ok_or(Status::TOO_LARGE)?;
        let first = pointer.addr();
        if pointer.is_null() {
            return Ok(Self { first, bytes: 0 });
        }
        if !pointer.is_aligned() {
            return Err(Status::MISALIGNED.into());
        }
        if first.checked_add(bytes).is_none() { Err(Status::TOO_LARGE.into()) } else { Ok(Self { first, bytes }) }
    }

    /// True where the two have a byte in common.
    fn meets(self, other: Self) -> bool {
        self.bytes > 0 && other.bytes > 0 && self.first < other.first + other.bytes && other.first < self.first + self.bytes
    }
}

/// Checks that nothing that is written overlaps anything else.
pub fn apart<const W: usize, const R: usize>(written: [Region; W], read: [Region; R]) -> Result<(), Stopped> {
    for (i, region) in written.iter().enumerate() {
        if written.iter().skip(i + 1).chain(&read).any(|other| region.meets(*other)) {
            return Err(Status::OVERLAP.into());
        }
    }
    Ok(())
}

/// The bytes at `pointer`.
///
/// # Safety
/// As [`read`].
pub unsafe fn read_bytes<'a>(pointer: *const c_void, length: usize) -> Result<&'a [u8], Stopped> {
    // SAFETY: the caller's promise.
    if pointer.is_null() { Err(Status::NULL.into()) } else { Ok(unsafe { core::slice::from_raw_parts(pointer.cast(), length) }) }
}

/// The numbers at `pointer`; none are there where `length` is zero.
///
/// # Safety
/// As many are there unless it is null, and nobody writes to them for `'a`. [`Region::of`] has said that alignment and size are right.
pub unsafe fn read<'a>(pointer: *const f32, length: usize) -> Result<&'a [f32], Stopped> {
    match (pointer.is_null(), length) {
        (_, 0) => Ok(&[]),
        (true, _) => Err(Status::NULL.into()),
        // SAFETY: the caller's promise.
        (false, _) => Ok(unsafe { core::slice::from_raw_parts(pointer, length) }),
    }
}

/// The same to write to.
///
/// # Safety
/// As [`read`], and nobody else reads them for `'a`.
pub unsafe fn write<'a>(pointer: *mut f32, length: usize) -> Result<&'a mut [f32], Stopped> {
    match (pointer.is_null(), length) {
        (_, 0) => Ok(&mut []),
        (true, _) => Err(Status::NULL.into()),
        // SAFETY: the caller's promise.
        (false, _) => Ok(unsafe { core::slice::from_raw_parts_mut(pointer, length) }),
    }
}

/// Scratch memory for sums of `out` numbers, `states` states of as many, and as many candidates as the rest has room for.
pub fn scratch(numbers: &mut [f32], out: usize, states: usize) -> Result<Scratch<'_>, Stopped> {
    let too_small = Status::SCRATCH;
    let (sums, rest) = out.checked_mul(3).and_then(|sums| numbers.split_at_mut_checked(sums)).ok_or(too_small)?;
    let (states, rest) = out.checked_mul(states).and_then(|states| rest.split_at_mut_checked(states)).ok_or(too_small)?;
    let room = rest.len() / 3;
    let (scores, rest) = rest.split_at_mut_checked(room).ok_or(too_small)?;
    let (rows, work) = rest.split_at_mut_checked(room).ok_or(too_small)?;
    let rows = bytemuck::try_cast_slice_mut(rows).map_err(|_| too_small)?;
    Ok(Scratch::new(sums, scores, rows, work).with_states(states))
}
