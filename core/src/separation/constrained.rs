//! Constrained sparsemax: `p_i = clip(z_i - tau, 0, cap_i)` with tau such that the weights sum to one (Malaviya, Ferreira and Martins
//! 2018), as in Hopfield-Fenchel-Young networks (Santos et al. 2024): the separation of [free recall](crate::FreeRecall).
//!
//! `Omega(p) = |p|^2/2`. J is that of sparsemax on the rows that are neither out nor at their cap. With caps of one it is sparsemax. How it
//! is found:
//! [`capped`](super::capped).

use super::capped::{Bounds, Capped};
use crate::error::Error;

/// Sparsemax in which each row has a largest weight.
pub type Constrained<'a> = Capped<Caps<'a>>;

/// The largest weight of each row; none for rows behind the list's end.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Caps<'a>(&'a [f32]);

impl<'a> Constrained<'a> {
    /// With a cap for each row, in [0, 1]. A row whose cap is 0 takes no part at all. O(M).
    ///
    /// # Errors
    /// [`Error::Cap`] with the row whose cap is not within [0, 1].
    pub fn new(caps: &'a [f32]) -> Result<Self, Error> {
        match caps.iter().position(|cap| !(0.0..=1.0).contains(cap)) {
            Some(row) => Err(Error::Cap { row }),
            None => Ok(Self(Caps(caps))),
        }
    }

    /// The caps.
    pub const fn caps(self) -> &'a [f32] {
        self.0.0
    }
}

impl Bounds for Caps<'_> {
    fn mass(&self) -> u32 {
        1
    }

    fn cap(&self, row: u32) -> f32 {
        self.0.get(row as usize).copied().unwrap_or(0.0)
    }

    fn keeps(&self, first: usize) -> u64 {
        let caps = self.0.iter().skip(first).take(64).enumerate();
        caps.fold(0, |bits, (lane, &cap)| if cap > 0.0 { bits | 1 << lane } else { bits })
    }

    fn too_few(&self, _: usize) -> Error {
        Error::CapsTooSmall
    }
}
