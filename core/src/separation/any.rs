//! A separation that is known only when the program runs: from a file, a command line, another language.
//!
//! Each map has a type of its own: [`AnySeparation`] says which it is, and [`run`](AnySeparation::run) does a job with it that is generic
//! over the type. All dense maps have the same pass state, and so have all sparse ones: they can also be two types, [`AnyDense`] and
//! [`AnySparse`], which is a quarter of the code, for a choice a block of rows. Who does not use it links none of it.

use super::cut::Cut;
use super::met::{Met, Numbers};
use super::{Dense, Entmax, Hardmax, KSubsets, Map, Normmax, Separation, Softmax, Softmax1, Sparse, Sparsemax, TopK, Weighed};
use crate::decimal::{self, Shown};
use crate::dispatch::Kernels;
use crate::error::Error;
use crate::kernels::{Leader, Tallied};
use crate::recall::{Candidates, Online};
use core::fmt;
use core::str::FromStr;

/// Any separation that has a name: all but constrained sparsemax, which borrows its caps, and without masks.
///
/// It is printed and parsed as `softmax softmax1 sparsemax entmax:A normmax:G topk:K hardmax ksubsets:K`, A and G as Rust prints and parses
/// an f32 and K as a u32.
///
/// ```
/// use basinet_core::{AnySeparation, Entmax};
/// let separation: AnySeparation = "entmax:1.5".parse()?;
/// assert_eq!(separation, Entmax::new(1.5)?.into());
/// assert_eq!(separation.to_string(), "entmax:1.5");
/// # Ok::<(), basinet_core::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub enum AnySeparation {
    /// Softmax.
    Softmax,
    /// Softmax with an empty slot.
    Softmax1,
    /// Sparsemax.
    Sparsemax,
    /// Entmax of any alpha.
    Entmax(Entmax),
    /// Normmax of any gamma.
    Normmax(Normmax),
    /// Softmax of the k best.
    TopK(TopK),
    /// All weight to the best.
    Hardmax,
    /// At most one each, k in all.
    KSubsets(KSubsets),
}

/// Work that can be done with any separation.
pub trait WithSeparation {
    /// What it gives.
    type Output;
    /// Does the work.
    fn run<S: Separation + PartialEq>(self, separation: S) -> Self::Output;
}

impl AnySeparation {
    /// Does `job` with the separation that this is.
    ///
    /// ```
    /// use basinet_core::{AnySeparation, Separation, Sparsemax, WithSeparation};
    /// struct Margin;
    /// impl WithSeparation for Margin {
    ///     type Output = f32;
    ///     fn run<S: Separation>(self, separation: S) -> f32 {
    ///         separation.margin()
    ///     }
    /// }
    /// assert_eq!(AnySeparation::from(Sparsemax).run(Margin), 1.0);
    /// ```
    pub fn run<J: WithSeparation>(self, job: J) -> J::Output {
        match self {
            Self::Softmax => job.run(Softmax),
            Self::Softmax1 => job.run(Softmax1),
            Self::Sparsemax => job.run(Sparsemax),
            Self::Entmax(entmax) => job.run(entmax),
            Self::Normmax(normmax) => job.run(normmax),
            Self::TopK(top) => job.run(top),
            Self::Hardmax => job.run(Hardmax),
            Self::KSubsets(subsets) => job.run(subsets),
        }
    }
}

/// Any dense map, as one map.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct AnyDense {
    empty_slot: bool,
}

impl Map for AnyDense {
    type State = Online;

    fn margin(&self) -> f32 {
        Map::margin(&Softmax)
    }

    fn is_within_softmax(&self) -> bool {
        if self.empty_slot { Softmax1.is_within_softmax() } else { Softmax.is_within_softmax() }
    }

    fn differentiate(&self, weights: &[f32], tangent: &mut [f32]) {
        if self.empty_slot { Softmax1.differentiate(weights, tangent) } else { Softmax.differentiate(weights, tangent) }
    }
}

impl Dense for AnyDense {
    fn empty_slot(&self) -> bool {
        self.empty_slot
    }
}

/// Any sparse map that has a name, as one map: its rules are those of the map that it is, chosen a block at a time.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum AnySparse {
    /// Sparsemax too, which is entmax of 2.
    Entmax(Entmax),
    /// Normmax of any gamma.
    Normmax(Normmax),
    /// Softmax of the k best.
    TopK(TopK),
    /// All weight to the best.
    Hardmax,
    /// At most one each, k in all.
    KSubsets(KSubsets),
}

/// What the map that it is says.
macro_rules! of_map {
    ($any:expr, |$map:ident| $says:expr) => {
        match $any {
            AnySparse::Entmax($map) => $says,
            AnySparse::Normmax($map) => $says,
            AnySparse::TopK($map) => $says,
            AnySparse::Hardmax => {
                let $map = &Hardmax;
                $says
            }
            AnySparse::KSubsets($map) => $says,
        }
    };
}

impl Map for AnySparse {
    type State = Candidates;

    fn margin(&self) -> f32 {
        of_map!(self, |map| Map::margin(map))
    }

    fn keeps(&self, first: usize) -> u64 {
        of_map!(self, |map| Map::keeps(map, first))
    }

    fn is_within_softmax(&self) -> bool {
        of_map!(self, |map| map.is_within_softmax())
    }

    fn differentiate(&self, weights: &[f32], tangent: &mut [f32]) {
        of_map!(self, |map| map.differentiate(weights, tangent));
    }
}

impl Sparse for AnySparse {
    fn floor(&self, beta: f32, max: f32) -> f32 {
        of_map!(self, |map| map.floor(beta, max))
    }

    fn floor_of(&self, beta: f32, cut: &Cut) -> f32 {
        of_map!(self, |map| map.floor_of(beta, cut))
    }

    fn enough(&self) -> usize {
        of_map!(self, |map| map.enough())
    }

    fn cut<K: Kernels>(&self, kernels: K, beta: f32, leader: Leader, rows: &mut Met<'_, '_>, work: &mut [f32]) -> Option<Cut> {
        of_map!(self, |map| map.cut(kernels, beta, leader, rows, work))
    }

    fn too_few(&self, rows: usize) -> Error {
        of_map!(self, |map| map.too_few(rows))
    }

    fn weights<K: Kernels>(&self, kernels: K, beta: f32, cut: &Cut, numbers: Numbers<'_>, scores: &mut [f32]) {
        of_map!(self, |map| map.weights(kernels, beta, cut, numbers, scores));
    }

    fn threshold(&self, beta: f32, cut: &Cut) -> Option<f64> {
        of_map!(self, |map| map.threshold(beta, cut))
    }

    fn conjugate(&self, max: f64, cut: &Cut, tally: &Tallied) -> f64 {
        of_map!(self, |map| map.conjugate(max, cut, tally))
    }

    fn raised_conjugate(&self, weighed: &Weighed, rows: &mut Met<'_, '_>) -> f64 {
        of_map!(self, |map| map.raised_conjugate(weighed, rows))
    }
}

impl AnySeparation {
    /// As [`run`](Self::run), but all dense maps are one type and all sparse ones are another: a quarter of the code, for a few choices a
    /// block of rows. The bits are the same.
    ///
    /// ```
    /// use basinet_core::{AnySeparation, Separation, Sparsemax, WithSeparation};
    /// struct Margin;
    /// impl WithSeparation for Margin {
    ///     type Output = f32;
    ///     fn run<S: Separation>(self, separation: S) -> f32 {
    ///         separation.margin()
    ///     }
    /// }
    /// assert_eq!(AnySeparation::from(Sparsemax).run_small(Margin), 1.0);
    /// ```
    pub fn run_small<J: WithSeparation>(self, job: J) -> J::Output {
        let sparse = match self {
            Self::Softmax => return job.run(AnyDense { empty_slot: false }),
            Self::Softmax1 => return job.run(AnyDense { empty_slot: true }),
            Self::Sparsemax => AnySparse::Entmax(Entmax::SPARSEMAX),
            Self::Entmax(entmax) => AnySparse::Entmax(entmax),
            Self::Normmax(normmax) => AnySparse::Normmax(normmax),
            Self::TopK(top) => AnySparse::TopK(top),
            Self::Hardmax => AnySparse::Hardmax,
            Self::KSubsets(subsets) => AnySparse::KSubsets(subsets),
        };
        job.run(sparse)
    }
}

/// The plain ones, and those with a parameter.
macro_rules! conversions {
    ($($name:ident $(($inner:ident))?),+) => {
        $(impl From<$name> for AnySeparation {
            fn from(_separation: $name) -> Self {
                conversions!(@make _separation $name $(($inner))?)
            }
        })+
    };
    (@make $separation:ident $name:ident) => { Self::$name };
    (@make $separation:ident $name:ident ($inner:ident)) => { Self::$name($separation) };
}

conversions!(Softmax, Softmax1, Sparsemax, Entmax(inner), Normmax(inner), TopK(inner), Hardmax, KSubsets(inner));

/// What is wrong with a name that none of them has.
const UNKNOWN: Error = Error::Name {
    expected: "a separation is softmax, softmax1, sparsemax, entmax:A, normmax:G, topk:K, hardmax or ksubsets:K, A and G numbers as in 1.5, K a whole number",
};

impl fmt::Display for AnySeparation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Softmax => f.write_str("softmax"),
            Self::Softmax1 => f.write_str("softmax1"),
            Self::Sparsemax => f.write_str("sparsemax"),
            Self::Entmax(entmax) => write!(f, "entmax:{}", Shown(entmax.alpha())),
            Self::Normmax(normmax) => write!(f, "normmax:{}", Shown(normmax.gamma())),
            Self::TopK(top) => write!(f, "topk:{}", top.k()),
            Self::Hardmax => f.write_str("hardmax"),
            Self::KSubsets(subsets) => write!(f, "ksubsets:{}", subsets.k()),
        }
    }
}

impl FromStr for AnySeparation {
    type Err = Error;

    /// The separation of this name.
    ///
    /// # Errors
    /// [`Error::Name`] with what a name may be, [`Error::Parameter`] with what the parameter must be.
    fn from_str(name: &str) -> Result<Self, Error> {
        let Some((family, parameter)) = name.split_once(':') else {
            return match name {
                "softmax" => Ok(Self::Softmax),
                "softmax1" => Ok(Self::Softmax1),
                "sparsemax" => Ok(Self::Sparsemax),
                "hardmax" => Ok(Self::Hardmax),
                _ => Err(UNKNOWN),
            };
        };
        let number = || decimal::parse(parameter).ok_or(UNKNOWN);
        let whole = || parameter.parse::<u32>().map_err(|_| UNKNOWN);
        Ok(match family {
            "entmax" => Entmax::new(number()?)?.into(),
            "normmax" => Normmax::new(number()?)?.into(),
            "topk" => TopK::new(whole()?)?.into(),
            "ksubsets" => KSubsets::new(whole()?)?.into(),
            _ => return Err(UNKNOWN),
        })
    }
}
