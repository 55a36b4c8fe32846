//! A query as codes are multiplied with, and how far it is from the numbers it was made from.

use crate::kernels::Whole;
use crate::simd::LANES;

/// A query prepared for products with codes: numbers, or integers and what they are multiplied by.
#[derive(Clone, Copy, Debug)]
pub struct Query<'r> {
    pub(super) numbers: &'r [f32],
    pub(super) integers: &'r [i16],
    pub(super) by: f64,
    /// Not less than the distance between the query `p` and what is multiplied, `a`.
    pub error: f64,
    /// Not less than the norm of `a`.
    pub norm: f64,
    /// `p . a`, within 2^-50 of |p| |a|.
    pub overlap: f64,
}

/// `(ceil(D/16) + 6) eps`: the error of a dot product of numbers that were rounded once, in units of `sum |x_j q_j|`.
pub fn gamma(dim: usize) -> f64 {
    (dim.div_ceil(LANES) + 6) as f64 / 16_777_216.0
}

impl<'r> Query<'r> {
    /// The numbers themselves.
    pub(super) fn plain(numbers: &[f32], room: &'r mut [f32]) -> Option<Self> {
        let room = room.get_mut(..numbers.len())?;
        let mut square = 0.0;
        for (to, &x) in room.iter_mut().zip(numbers) {
            *to = x;
            square += f64::from(x) * f64::from(x);
        }
        let norm = libm::sqrt(square) * (1.0 + 1e-12);
        Some(Self { numbers: room, integers: &[], by: 1.0, error: 0.0, norm, overlap: square })
    }
}

/// The query in whole steps of its largest number, as many of them as its products with codes have room for in 31 bits.
pub fn whole<'r, X: Whole>(numbers: &[f32], room: &'r mut [f32]) -> Option<Query<'r>> {
    let padded = numbers.len().checked_next_multiple_of(LANES)?;
    let integers: &mut [i16] = bytemuck::try_cast_slice_mut(room).ok()?;
    let integers = integers.get_mut(..padded)?;
    let most = i64::from(i32::MAX) / X::LARGEST / (numbers.len() as i64).max(1);
    let most = if most < i64::from(i16::MAX) { most as f64 } else { f64::from(i16::MAX) };
    let largest = numbers.iter().fold(0.0, |largest: f64, &x| {
        let size = f64::from(x.abs());
        if size > largest { size } else { largest }
    });
    if most < 1.0 {
        return None;
    }
    let by = largest / most;
    let (mut error, mut square, mut overlap) = (0.0, 0.0, 0.0);
    integers.fill(0);
    for (to, &x) in integers.iter_mut().zip(numbers) {
        let x = f64::from(x);
        let steps = if by > 0.0 { x / by } else { 0.0 };
        // Rounded half away from zero, and by a cast that stops at the range's end.
        let steps = (if steps < 0.0 { steps - 0.5 } else { steps + 0.5 }) as i16;
        *to = if f64::from(steps) > most {
            most as i16
        } else if f64::from(steps) < -most {
            -most as i16
        } else {
            steps
        };
        let a = f64::from(*to) * by;
        error += (x - a) * (x - a);
        square += a * a;
        overlap += x * a;
    }
    let up = 1.0 + 1e-12;
    Some(Query { numbers: &[], integers, by, error: libm::sqrt(error) * up, norm: libm::sqrt(square) * up, overlap })
}
