//! Separations: the maps from scores to weights.
//!
//! A separation is the gradient of a convex conjugate: `p(z) = argmax_p <p, z> - Omega(p)` over the simplex (or a set of its kind), with
//! `z = beta s`; `Omega*` is the maximum's value. Each map is one file that reads like its definition:
//!
//! | map | weights | file |
//! |---|---|---|
//! | softmax | `exp(z_i) / sum exp z` | `softmax` |
//! | softmax1 | `exp(z_i) / (1 + sum exp z)` | `softmax1` |
//! | sparsemax | `[z_i - tau]_+` | `sparsemax` |
//! | entmax | `[(alpha-1) z_i - tau]_+^(1/(alpha-1))` | `entmax` |
//! | normmax | proportional to `[z_i - tau]_+^(1/(gamma-1))` | `normmax` |
//! | top-k | softmax of the k largest | `topk` |
//! | hardmax | all to the largest | `hardmax` |
//! | k-subsets | `clip(z_i - tau, 0, 1)`, sum k | `ksubsets` |
//! | constrained sparsemax | `clip(z_i - tau, 0, cap_i)` | `constrained` |
//!
//! How a pass goes about a map is the map's `State`. *Dense* maps ([`Dense`]) add up weighted values as rows come by. *Sparse* maps
//! ([`Sparse`]) keep the few rows that can still have a weight, and say at the end where the weights begin: their *cut*, which is a
//! function of the scores alone, whatever road leads to it.
//!
//! # Adding a separation
//!
//! 1. One new file here. It holds the type with its checked parameters, its [`Map`] (state, margin, derivative), and its [`Sparse`] (or
//!    [`Dense`]) rules: from which score on a row can matter (`floor`), the cut, the weights under a cut, the conjugate. What it shares
//!    with others stands in `threshold` (roots on a grid), `power` (roots in the winner's log-weight), `select` (the k-th largest),
//!    `capped` (upper bounds), `jacobian`.
//! 2. One line in the list of modules below (and one in the table above).
//! 3. Its name in `any`, and its code in `basin/codes` and on the format's page, so that programs and files can name it.
//! 4. Tests: a variant of the oracle's `Map` in `core/conformance`, a name and an arm in `separations.rs` there, a line in the lists of
//!    `core/tests/common`, `fuzz/src/family.rs` and the panic check; goldens, laws, fingerprints and fuzz targets then run over it.
//!
//! Nothing in `recall`, `kernels` or `dispatch` changes. The commit that added normmax is an example.

mod any;
mod capped;
pub(crate) mod cut;
mod jacobian;
mod kept;
pub(crate) mod met;
mod power;
mod select;
mod threshold;
mod tsallis;

/// The maps: a module and its public names in each line.
macro_rules! maps {
    ($($file:ident: $($name:ident),+;)*) => {
        $(mod $file;)*
        /// What users see of them.
        pub mod names {
            $(pub use super::$file::{$($name),+};)*
        }
        /// The functions on lists of scores, by the kernels of one backend.
        pub(crate) mod on {
            pub use super::sparsemax::threshold_on as sparsemax_threshold;
        }
    };
}

maps! {
    constrained: Constrained;
    entmax: Alpha, Entmax;
    hardmax: Hardmax;
    ksubsets: KSubsets;
    normmax: Gamma, Normmax;
    softmax: Softmax;
    softmax1: Softmax1;
    sparsemax: Sparsemax, sparsemax_threshold;
    topk: TopK;
}

pub use any::{AnySeparation, WithSeparation};
pub use kept::Kept;
pub use names::*;

use crate::dispatch::Kernels;
use crate::error::Error;
use crate::kernels::{Leader, Tallied};
use crate::recall::State;
use core::fmt;
use cut::Cut;
use met::{Met, Numbers};

mod sealed {
    pub trait Sealed {}
    impl<M: super::Map> Sealed for M {}
    impl<S, M> Sealed for super::Kept<S, M> {}
}

/// A map from scores to weights, over all rows or those of a mask. Sealed.
pub trait Separation: sealed::Sealed + Copy + Send + Sync + fmt::Debug {
    /// The map without its mask.
    #[doc(hidden)]
    type Map: Map;

    /// The map without its mask.
    #[doc(hidden)]
    fn map(&self) -> &Self::Map;

    /// The gap in `z = beta s` between the best score and every other from which the best row's weight is exactly one (k-subsets: from
    /// the k-th best on, the k weights); infinite where it never is.
    fn margin(&self) -> f32;

    /// Bit `i` is set where row `first + i` takes part.
    #[doc(hidden)]
    fn keeps(&self, first: usize) -> u64;
}

impl<M: Map> Separation for M {
    type Map = M;

    fn map(&self) -> &M {
        self
    }

    fn margin(&self) -> f32 {
        Map::margin(self)
    }

    fn keeps(&self, first: usize) -> u64 {
        Map::keeps(self, first)
    }
}

/// A map from scores to weights.
pub trait Map: Copy + Send + Sync + fmt::Debug {
    /// What a pass keeps of the rows it has read.
    type State: State<Self>;

    /// As [`Separation::margin`].
    fn margin(&self) -> f32;

    /// Bit `i` is set where row `first + i` can have a weight at all.
    fn keeps(&self, first: usize) -> u64 {
        let _ = first;
        u64::MAX
    }

    /// True where `p_j <= p_i exp(z_j - z_i)` for the best row i and every other, as for softmax: its error bounds hold then.
    fn is_within_softmax(&self) -> bool {
        false
    }

    /// Turns a change of z into the change of the weights: `tangent <- J tangent`, J the Jacobian at these weights.
    fn differentiate(&self, weights: &[f32], tangent: &mut [f32]);
}

/// A map that gives every row a weight, up to a common divisor `exp(z_i - max z)`.
pub trait Dense: Map {
    /// A further slot with score 0 takes its share, and is read out by nobody.
    fn empty_slot(&self) -> bool;
}

/// A map that gives most rows no weight at all.
///
/// Everything is a function of raw scores, so that candidates can be dropped, merged and read again. The rules of a map: a row at or below
/// a
/// *floor* has no weight under any scores that the others may have; the *cut* is what the scores of all rows make of the map; the weights
/// follow from a score and the cut.
pub trait Sparse: Map {
    /// A score at or below which no row has a weight once a row with score `max` is known; minus infinity where that says nothing.
    fn floor(&self, beta: f32, max: f32) -> f32;

    /// The same from the cut of some of the rows.
    fn floor_of(&self, beta: f32, cut: &Cut) -> f32;

    /// Rows that it takes to carry the weights.
    fn fewest(&self) -> usize {
        1
    }

    /// With more candidates than this, dropping some pays.
    fn enough(&self) -> usize {
        usize::MAX
    }

    /// The cut of these rows, whose best are `leader`; none where they are too few to carry the weights. `work` may have any length, which
    /// changes no bit.
    fn cut<K: Kernels>(&self, kernels: K, beta: f32, leader: Leader, rows: &mut Met<'_, '_>, work: &mut [f32]) -> Option<Cut>;

    /// What too few rows are called.
    fn too_few(&self, rows: usize) -> Error {
        let _ = rows;
        Error::AllMasked
    }

    /// Turns at most a block of scores, of the rows of these numbers, into weights. A weight below 2^-126 is +0.
    fn weights<K: Kernels>(&self, kernels: K, beta: f32, cut: &Cut, numbers: Numbers<'_>, scores: &mut [f32]);

    /// tau, where the map has one, in the units of its definition.
    fn threshold(&self, beta: f32, cut: &Cut) -> Option<f64>;

    /// `Omega*(z)`.
    fn conjugate(&self, max: f64, cut: &Cut, tally: &Tallied) -> f64;

    /// `Omega*(z) - Omega*(0)`, accurate also where the two are nearly equal.
    fn raised_conjugate(&self, weighed: &Weighed, rows: &mut Met<'_, '_>) -> f64;
}

/// What is known of the weights of all rows.
#[derive(Clone, Copy, Debug)]
pub struct Weighed {
    /// The inverse temperature.
    pub beta: f32,
    /// The largest score.
    pub max: f32,
    /// The winner's weight.
    pub weight: f32,
    /// Rows with a weight.
    pub support: usize,
    /// Rows that took part.
    pub rows: usize,
    /// `Omega*(z)`.
    pub conjugate: f64,
    /// Where weights begin.
    pub cut: Cut,
}

/// The inverse temperature: finite and at least 2^-120, checked once.
///
/// Differences of scores are taken in f32 before beta scales them; the lower bound sees to it that a difference beyond f32 means a weight
/// of zero anyhow.
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
    /// The smallest: 2^-120.
    pub const MIN: f32 = 7.523_164e-37;

    /// Checks `beta`.
    ///
    /// # Errors
    /// [`Error::Beta`] where it is not finite or below [`Beta::MIN`].
    pub const fn new(beta: f32) -> Result<Self, Error> {
        if beta >= Self::MIN && beta <= f32::MAX { Ok(Self(beta)) } else { Err(Error::Beta) }
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
                Err(_) => panic!("beta must be finite and at least 2^-120"),
            }
        }
    };
}
