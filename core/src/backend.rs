//! The instruction sets that kernels exist for, which of them this machine has, and how to run a job on one by name.

use crate::dispatch::{Dispatch, Kernels};
#[cfg(target_arch = "x86_64")]
use crate::simd::{Avx2, Avx512};
use crate::simd::{Baseline, Scalar};
use core::fmt;

/// An instruction set that kernels exist for. All give the same bits.
///
/// ```
/// use basinet_core::Backend;
/// assert!(Backend::available().any(|b| b == Backend::current()));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Backend {
    /// Plain arrays: the readable specification.
    Scalar,
    /// What every machine of the target has: SSE2, NEON, simd128 (where the build enables it), or arrays.
    Baseline,
    /// AVX2 and FMA.
    Avx2,
    /// AVX-512 F, DQ, BW and VL.
    Avx512,
}

/// Work that can be done with the kernels of any backend.
pub trait Job {
    /// What it gives.
    type Output;
    /// Does the work.
    fn run<K: Kernels>(self, kernels: K) -> Self::Output;
}

impl Backend {
    /// All of them, slowest first.
    const ALL: [Self; 4] = [Self::Scalar, Self::Baseline, Self::Avx2, Self::Avx512];

    /// The backend that recall uses: the one forced by `--cfg basinet_backend="..."`, or the fastest that was found.
    ///
    /// Without the features `std` and `cpuid` nothing is detected, and the build's own target features decide: an x86-64 build for the
    /// default target then has the baseline, SSE2, whatever the machine could do.
    pub fn current() -> Self {
        Dispatch.backend()
    }

    /// The backends that this machine can run (without the features `std` and `cpuid`: that the build promises), slowest first. Where one
    /// is forced: that one and the scalar one, which tests compare it with.
    pub fn available() -> impl Iterator<Item = Self> {
        Self::ALL.into_iter().filter(|backend| backend.is_available())
    }

    /// True where this machine can run it, and the build holds it: where a backend is forced, that one and the scalar one.
    pub fn is_available(self) -> bool {
        self.run(Nothing).is_some()
    }

    /// The name: `scalar`, `baseline`, `avx2` or `avx512`, as in `--cfg basinet_backend="..."`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Scalar => "scalar",
            Self::Baseline => "baseline",
            Self::Avx2 => "avx2",
            Self::Avx512 => "avx512",
        }
    }

    /// Does `job` with the kernels of this backend; `None` where it is not [available](Self::is_available).
    pub fn run<J: Job>(self, job: J) -> Option<J::Output> {
        match self {
            Self::Scalar => Some(job.run(Scalar)),
            Self::Baseline => {
                if held::BASELINE {
                    Some(job.run(Baseline))
                } else {
                    None
                }
            }
            #[cfg(target_arch = "x86_64")]
            Self::Avx2 => {
                if held::AVX2 {
                    Avx2::detect().map(|token| job.run(token))
                } else {
                    None
                }
            }
            #[cfg(target_arch = "x86_64")]
            Self::Avx512 => {
                if held::AVX512 {
                    Avx512::detect().map(|token| job.run(token))
                } else {
                    None
                }
            }
            #[cfg(not(target_arch = "x86_64"))]
            Self::Avx2 | Self::Avx512 => None,
        }
    }
}

/// Which backends a build can name beside the scalar one: all, or the one that is forced. Constants, so that a job is not even compiled for
/// the others.
mod held {
    const FORCED: bool =
        cfg!(any(basinet_backend = "scalar", basinet_backend = "baseline", basinet_backend = "avx2", basinet_backend = "avx512"));
    pub const BASELINE: bool = !FORCED || cfg!(basinet_backend = "baseline");
    #[cfg(target_arch = "x86_64")]
    pub const AVX2: bool = !FORCED || cfg!(basinet_backend = "avx2");
    #[cfg(target_arch = "x86_64")]
    pub const AVX512: bool = !FORCED || cfg!(basinet_backend = "avx512");
}

/// The job that tells whether there is any to be had.
struct Nothing;

impl Job for Nothing {
    type Output = ();
    fn run<K: Kernels>(self, _: K) {}
}

impl fmt::Display for Backend {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
