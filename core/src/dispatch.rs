//! The one place that knows instruction sets: an entry point a kernel, for the dispatcher and for each backend by name.
//!
//! [`Kernels`] is the list. [`Dispatch`] chooses at run time (features `std` and `cpuid`) or by the build's own target features (without
//! them), once a call, 1 to 2 ns; a call does the work of a block of 64 rows. Each token calls its own clone directly, so that tests can
//! compare backends in one process. Clones are plain functions on slices: what is not called is not linked.
//!
//! `--cfg basinet_backend="..."` takes the choice away. A forced instruction set must be one the build promises, by
//! `-C target-feature` or `-C target-cpu`: nothing is detected then, and nothing can be wrong at run time.

use crate::backend::Backend;
use crate::kernels::{
    self, Active, Bf16, Coded, Comparison, Doubt, F16, Leader, Online, PANEL, PEAKS, PanelOnline, Power, PowerState, PowerSums, SignBits,
    Slope, Tally, Weighed, Weighted,
};
#[cfg(all(
    test,
    not(any(target_arch = "arm", target_arch = "riscv32", all(target_family = "wasm", not(target_feature = "simd128"))))
))]
use crate::simd::Compact;
#[cfg(target_arch = "x86_64")]
use crate::simd::{Avx2, Avx512};
use crate::simd::{Baseline, Scalar};

#[cfg(all(basinet_backend = "avx2", not(all(target_feature = "avx2", target_feature = "fma"))))]
compile_error!("basinet_backend=\"avx2\" needs -C target-feature=+avx2,+fma");
#[cfg(all(
    basinet_backend = "avx512",
    not(all(
        target_feature = "avx512f",
        target_feature = "avx512dq",
        target_feature = "avx512bw",
        target_feature = "avx512vl",
        target_feature = "avx512vnni"
    ))
))]
compile_error!("basinet_backend=\"avx512\" needs -C target-feature=+avx512f,+avx512dq,+avx512bw,+avx512vl,+avx512vnni");

mod sealed {
    pub trait Sealed {}
}

/// The fastest backend that the machine and the build allow.
#[derive(Clone, Copy, Debug, Default)]
pub struct Dispatch;

/// The token of the function being expanded in: the forced one, or that of the clone.
#[allow(unused_macros, reason = "with `cpuid` there are no other clones than the tokens' own")]
macro_rules! with_best {
    (|$s:ident| $call:expr) => {{
        #[cfg(basinet_backend = "scalar")]
        {
            let $s = Scalar;
            $call
        }
        #[cfg(basinet_backend = "baseline")]
        {
            let $s = Baseline;
            $call
        }
        #[cfg(basinet_backend = "avx2")]
        {
            // SAFETY: the build promises AVX2 and FMA, or it does not get here.
            let $s = unsafe { Avx2::assume() };
            $call
        }
        #[cfg(basinet_backend = "avx512")]
        {
            // SAFETY: the build promises the five sets, or it does not get here.
            let $s = unsafe { Avx512::assume() };
            $call
        }
        #[cfg(not(any(basinet_backend = "scalar", basinet_backend = "baseline", basinet_backend = "avx2", basinet_backend = "avx512")))]
        {
            multiversion::target::match_target! {
                // SAFETY: this arm exists only in a clone, or a build, that enables the features. (A safe constructor with
                // #[target_feature] is rejected in the default clone of a build for target-cpu=native.)
                "x86_64+avx2+fma+avx512f+avx512dq+avx512bw+avx512vl+avx512vnni" => { let $s = unsafe { Avx512::assume() }; $call },
                // SAFETY: as above.
                "x86_64+avx2+fma" => { let $s = unsafe { Avx2::assume() }; $call },
                _ => { let $s = Baseline; $call },
            }
        }
    }};
}

/// The functions that choose. Here `multiversion` does: by what `std` finds, or in the compiler. What is forced has been chosen before.
#[cfg(not(all(
    target_arch = "x86_64",
    feature = "cpuid",
    not(any(
        feature = "std",
        basinet_backend = "scalar",
        basinet_backend = "baseline",
        basinet_backend = "avx2",
        basinet_backend = "avx512"
    ))
)))]
macro_rules! dispatched {
    ($(fn $name:ident($($arg:ident: $type:ty),*) $(-> $result:ty)?;)*) => {
        mod dispatched {
            use super::*;
            $(#[multiversion::multiversion(targets("x86_64+avx2+fma+avx512f+avx512dq+avx512bw+avx512vl+avx512vnni", "x86_64+avx2+fma"))]
            pub fn $name($($arg: $type),*) $(-> $result)? {
                with_best!(|s| kernels::$name(s, $($arg),*))
            })*
        }
    };
}

/// Here the processor was asked, and the tokens have the clones.
#[cfg(all(
    target_arch = "x86_64",
    feature = "cpuid",
    not(any(
        feature = "std",
        basinet_backend = "scalar",
        basinet_backend = "baseline",
        basinet_backend = "avx2",
        basinet_backend = "avx512"
    ))
))]
macro_rules! dispatched {
    ($(fn $name:ident($($arg:ident: $type:ty),*) $(-> $result:ty)?;)*) => {
        mod dispatched {
            use super::*;
            $(#[inline]
            pub fn $name($($arg: $type),*) $(-> $result)? {
                if let Some(avx512) = Avx512::detect() {
                    Kernels::$name(avx512, $($arg),*)
                } else if let Some(avx2) = Avx2::detect() {
                    Kernels::$name(avx2, $($arg),*)
                } else {
                    Kernels::$name(Baseline, $($arg),*)
                }
            })*
        }
    };
}

macro_rules! entry_points {
    ($(fn $name:ident($($arg:ident: $type:ty),*) $(-> $result:ty)?;)*) => {
        /// Whatever runs the kernels: [`Dispatch`], or the token of one backend, as handed out by [`Backend::run`](crate::Backend::run).
        pub trait Kernels: sealed::Sealed + Copy + Send + Sync {
            /// The backend whose kernels these are.
            fn backend(self) -> Backend;
            $(#[doc(hidden)] fn $name(self, $($arg: $type),*) $(-> $result)?;)*
        }

        dispatched! { fn backend() -> Backend; $(fn $name($($arg: $type),*) $(-> $result)?;)* }

        impl sealed::Sealed for Dispatch {}
        impl Kernels for Dispatch {
            fn backend(self) -> Backend { dispatched::backend() }
            $(#[inline] fn $name(self, $($arg: $type),*) $(-> $result)? { dispatched::$name($($arg),*) })*
        }

        entry_points!(@portable Scalar $(fn $name($($arg: $type),*) $(-> $result)?;)*);
        entry_points!(@portable Baseline $(fn $name($($arg: $type),*) $(-> $result)?;)*);
        #[cfg(all(test, not(any(target_arch = "arm", target_arch = "riscv32", all(target_family = "wasm", not(target_feature = "simd128"))))))]
        entry_points!(@portable Compact $(fn $name($($arg: $type),*) $(-> $result)?;)*);
        entry_points!(@featured Avx2 "avx2,fma" $(fn $name($($arg: $type),*) $(-> $result)?;)*);
        entry_points!(@featured Avx512 "avx2,fma,avx512f,avx512dq,avx512bw,avx512vl,avx512vnni" $(fn $name($($arg: $type),*) $(-> $result)?;)*);
    };
    (@portable $token:ident $(fn $name:ident($($arg:ident: $type:ty),*) $(-> $result:ty)?;)*) => {
        impl sealed::Sealed for $token {}
        impl Kernels for $token {
            fn backend(self) -> Backend { kernels::backend(self) }
            $(#[inline(never)] fn $name(self, $($arg: $type),*) $(-> $result)? { kernels::$name(self, $($arg),*) })*
        }
    };
    (@featured $token:ident $features:literal $(fn $name:ident($($arg:ident: $type:ty),*) $(-> $result:ty)?;)*) => {
        #[cfg(target_arch = "x86_64")]
        impl sealed::Sealed for $token {}
        #[cfg(target_arch = "x86_64")]
        impl Kernels for $token {
            fn backend(self) -> Backend { kernels::backend(self) }
            $(fn $name(self, $($arg: $type),*) $(-> $result)? {
                #[target_feature(enable = $features)]
                fn clone(s: $token, $($arg: $type),*) $(-> $result)? { kernels::$name(s, $($arg),*) }
                // SAFETY: the token proves the features.
                unsafe { clone(self, $($arg),*) }
            })*
        }
    };
}

entry_points! {
    fn dot(a: &[f32], b: &[f32]) -> f32;
    fn scores(data: &[f32], stride: usize, query: &[f32], out: &mut [f32], summed: bool);
    fn distances(data: &[f32], stride: usize, query: &[f32], out: &mut [f32], summed: bool);
    fn manhattan(data: &[f32], stride: usize, query: &[f32], out: &mut [f32]);
    fn square_norms(data: &[f32], stride: usize, dim: usize, out: &mut [f32]);
    fn weighted_sum(data: &[f32], stride: usize, rows: &[u32], weights: &[f32], sum: &mut [f32]);
    fn weighted_block(data: &[f32], stride: usize, rows: &[u32], weights: &[f32], factor: f32, sum: &mut [f32]);
    fn scale_add(sum: &mut [f32], a: f32, other: &[f32], b: f32);
    fn superpose(high: &mut [f32], low: &mut [f32], stride: usize, memory: &[f32], weights: &[f32]);
    fn divide(out: &mut [f32], values: &[f32], by: f32) -> bool;
    fn exp(values: &mut [f32]);
    fn exp_sub(scores: &mut [f32], beta: f32, max: f32) -> bool;
    fn max(values: &[f32]) -> Option<f32>;
    fn survey(values: &[f32], peaks: &mut [f32; PEAKS]) -> Option<(f32, usize)>;
    fn lead(leader: &mut Leader, first: u32, scores: &[f32], keep: u64) -> Result<Option<u32>, u32>;
    fn softmax_block(online: &mut Online, beta: f32, first: u32, scores: &mut [f32], keep: u64) -> Result<Weighed, u32>;
    fn merge(a: Online, b: Online, beta: f32) -> (Online, f32, f32);
    fn log_sum_exp(z: &[f32]) -> Option<(f32, f32)>;
    fn active(state: &mut Active, beta: f32, max: f32, scores: &[f32]);
    fn active_squares(state: &mut Active, beta: f32, max: f32, scores: &[f32]);
    fn slope(scores: &[f32], beta: f32, max: f32, t: f32) -> Slope;
    fn slope_squares(scores: &[f32], beta: f32, max: f32, t: f32) -> Slope;
    fn above(scores: &[f32], floor: f32) -> u64;
    fn compact(scores: &[f32], beta: f32, max: f32, t: f32, kept: &mut [f32]) -> Option<usize>;
    fn retain(scores: &mut [f32], beta: f32, max: f32, t: f32) -> usize;
    fn power(state: &mut PowerState, beta: f32, max: f32, scores: &[f32]);
    fn power_sums(state: &PowerState) -> PowerSums;
    fn power_weights(a: Power, b: Power, blend: f64, beta: f32, max: f32, scores: &mut [f32]);
    fn linear_weights(tau: f64, beta: f32, max: f32, scores: &mut [f32]);
    fn tally(state: &mut Tally, scores: &[f32], weights: &[f32], winner: Option<u32>);
    fn square_weights(tau: f64, beta: f32, max: f32, scores: &mut [f32]);
    fn panel_scores(data: &[f32], stride: usize, shape: (usize, usize), panels: &[f32], length: usize, out: &mut [f32]);
    fn panel_distances(data: &[f32], stride: usize, shape: (usize, usize), panels: &[f32], length: usize, out: &mut [f32]);
    fn panel_softmax(state: &mut PanelOnline, beta: f32, first: u32, scores: &mut [f32], keep: u64, factors: &mut [f32; PANEL]) -> u64;
    fn panel_above(scores: &mut [f32], keep: u64, bars: &[f32; PANEL]) -> u32;
    fn panel_sum(data: &[f32], stride: usize, rows: &[u32], weights: &[f32], factors: &[f32], sums: &mut [f32]);
    fn panel_scale_add(sum: &mut [f32], a: &[f32; PANEL], other: &[f32], b: &[f32; PANEL]);
    fn byte_scores(rows: Coded<'_, i8>, query: &[f32], out: &mut [f32], comparison: Comparison);
    fn byte_sum(rows: Coded<'_, i8>, list: (&[u32], &[f32]), factor: Option<f32>, sum: &mut [f32]);
    fn byte_products(rows: Coded<'_, i8>, query: &[i16], by: f64, out: &mut [f32]);
    fn sign_scores(rows: Coded<'_, SignBits>, query: &[f32], out: &mut [f32], comparison: Comparison);
    fn sign_sum(rows: Coded<'_, SignBits>, list: (&[u32], &[f32]), factor: Option<f32>, sum: &mut [f32]);
    fn sign_products(rows: Coded<'_, SignBits>, query: &[i16], by: f64, out: &mut [f32]);
    fn f16_scores(rows: Coded<'_, F16>, query: &[f32], out: &mut [f32], comparison: Comparison);
    fn f16_sum(rows: Coded<'_, F16>, list: (&[u32], &[f32]), factor: Option<f32>, sum: &mut [f32]);
    fn bf16_scores(rows: Coded<'_, Bf16>, query: &[f32], out: &mut [f32], comparison: Comparison);
    fn bf16_sum(rows: Coded<'_, Bf16>, list: (&[u32], &[f32]), factor: Option<f32>, sum: &mut [f32]);
    fn raise(scores: &mut [f32], residuals: &[f32], rests: &[f32], doubt: Doubt) -> (f32, f32);
    fn bit_overlaps(words: &[u64], state: &[u64], last: u64, neurons: i32, out: &mut [i32]);
    fn bit_sums(words: &[u64], stride: usize, from: usize, weighted: Weighted<'_>, sums: &mut [i64]);
}
