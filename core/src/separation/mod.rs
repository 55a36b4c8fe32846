//! Separations: the maps from scores to weights.
//!
//! A separation is the gradient of a convex conjugate: `p(z) = argmax_p <p, z> - Omega(p)` over the simplex, with `z = beta s`
//! (`Omega*` is the maximum's value). How a pass goes about it is the separation's `State`: softmax adds up weighted values as rows come
//! by; sparse maps keep the few rows that can still be in the support.

mod kept;
mod softmax;
mod sparsemax;
pub(crate) mod threshold;

pub use kept::Kept;
pub use softmax::Softmax;
pub use sparsemax::{Sparsemax, sparsemax_threshold, threshold_on};

use crate::error::Error;
use crate::recall::State;
use core::fmt;

pub(crate) mod sealed {
    pub trait Sealed {}
}

/// A map from scores to weights on the simplex. Sealed.
pub trait Separation: sealed::Sealed + Copy + fmt::Debug {
    /// What a pass keeps of the rows it has read.
    #[doc(hidden)]
    type State: State;

    /// The gap in `z = beta s` between the best score and every other from which the best row's weight is exactly one; infinite where
    /// it never is.
    fn margin(&self) -> f32;

    /// Bit `i` is set where row `first + i` takes part.
    #[doc(hidden)]
    fn keeps(&self, first: usize) -> u64 {
        let _ = first;
        u64::MAX
    }
}

/// The inverse temperature: finite and positive, checked once.
///
/// Differences of scores are taken in f32 before beta scales them. Below 2^-121 this shows: a row whose score lies more than the largest f32
/// below the best one then gets weight zero.
///
/// ```
/// use basinet_core::{Beta, beta};
/// const SHARP: Beta = beta!(8.0);
/// assert_eq!(SHARP.get(), 8.0);
/// assert!(Beta::new(f32::NAN).is_err());
/// ```
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd)]
pub struct Beta(f32);

impl Beta {
    /// Checks `beta`.
    ///
    /// # Errors
    /// [`Error::Beta`] where it is not finite or not above zero.
    pub const fn new(beta: f32) -> Result<Self, Error> {
        if beta > 0.0 && beta <= f32::MAX { Ok(Self(beta)) } else { Err(Error::Beta) }
    }

    /// The number.
    pub const fn get(self) -> f32 {
        self.0
    }
}

/// A [`Beta`] that is checked when the program is compiled.
#[macro_export]
macro_rules! beta {
    ($beta:expr) => {
        const {
            match $crate::Beta::new($beta) {
                Ok(beta) => beta,
                Err(_) => panic!("beta must be finite and above zero"),
            }
        }
    };
}
