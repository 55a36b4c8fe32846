//! The functions of the crate's root on every backend: the same bits, and within their bounds of f64.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::disallowed_methods,
    reason = "a test may fail, and its reference uses the system's functions"
)]

mod common;

use basinet_core::{Backend, Dispatch, Error, Job, Kernels, on};
use common::{EPS, Numbers, bits, depth, largest};

/// Lists of scores that are hard in different ways: spread, ties, all equal, huge, one far above.
fn lists(n: usize, numbers: &mut Numbers) -> Vec<Vec<f32>> {
    let mut lists: Vec<Vec<f32>> = [0.01, 1.0, 100.0].iter().map(|s| numbers.numbers(n).iter().map(|x| x * s).collect()).collect();
    lists.push(numbers.numbers(n).iter().map(|x| (x * 2.0).round() / 4.0).collect());
    lists.push(vec![-3.25; n]);
    lists.push(numbers.numbers(n).iter().map(|x| if *x > 0.0 { 1e4 } else { -1e4 } + x).collect());
    let mut peak = numbers.numbers(n);
    peak[n / 2] = 1e4;
    lists.push(peak);
    lists
}

struct Dot<'a>(&'a [f32], &'a [f32]);
impl Job for Dot<'_> {
    type Output = f32;
    fn run<K: Kernels>(self, kernels: K) -> f32 {
        on::dot(kernels, self.0, self.1).unwrap()
    }
}

struct LogSumExp<'a>(&'a [f32]);
impl Job for LogSumExp<'_> {
    type Output = f32;
    fn run<K: Kernels>(self, kernels: K) -> f32 {
        on::log_sum_exp(kernels, self.0).unwrap()
    }
}

struct Threshold<'a>(&'a [f32], usize);
impl Job for Threshold<'_> {
    type Output = f32;
    fn run<K: Kernels>(self, kernels: K) -> f32 {
        on::sparsemax_threshold(kernels, self.0, &mut vec![7.5; self.1]).unwrap()
    }
}

/// What the scalar backend gives; the others must give its bits.
fn agreed<J: Job<Output = f32>>(what: &str, job: impl Fn() -> J) -> f32 {
    let scalar = Backend::Scalar.run(job()).unwrap();
    for backend in Backend::available() {
        let found = backend.run(job()).unwrap();
        assert_eq!(found.to_bits(), scalar.to_bits(), "{what}: {backend} gives {found:e}, scalar {scalar:e}");
    }
    scalar
}

#[test]
fn dot_of_any_length_is_within_its_bound_and_the_same_on_every_backend() {
    let mut numbers = Numbers(11);
    for n in 0..=300 {
        for scale in [1.0, 1e-21, 1e18] {
            let a: Vec<f32> = numbers.numbers(n).iter().map(|x| x * scale).collect();
            let b: Vec<f32> = numbers.numbers(n).iter().map(|x| x * scale).collect();
            let found = agreed(&format!("dot of {n}"), || Dot(&a, &b));
            let products = || a.iter().zip(&b).map(|(&x, &y)| f64::from(x) * f64::from(y));
            let (exact, size): (f64, f64) = (products().sum(), products().map(f64::abs).sum());
            let bound = (n.div_ceil(16) as f64 + 5.0) * EPS * size + n as f64 * 2f64.powi(-149);
            assert!((f64::from(found) - exact).abs() <= bound, "dot of {n}: {found:e}, exact {exact:e}, bound {bound:e}");
        }
    }
}

#[test]
fn dot_begins_anywhere_in_memory_and_reads_nothing_behind_its_end() {
    let mut numbers = Numbers(12);
    let (a, b) = (numbers.numbers(64), numbers.numbers(64));
    for n in 0..=33 {
        for from in 0..17 {
            let (mut left, mut right) = (a[from..from + n].to_vec(), b[from..from + n].to_vec());
            let expected = agreed("dot", || Dot(&left, &right));
            left.extend([f32::NAN; 32]);
            right.extend([f32::INFINITY; 32]);
            let mut shifted = vec![f32::NAN; from];
            shifted.extend(&left);
            let found = agreed("dot", || Dot(&shifted[from..from + n], &right[..n]));
            assert_eq!(found.to_bits(), expected.to_bits(), "{n} numbers from {from}");
        }
    }
}

#[test]
fn dot_of_zeros_is_plus_zero() {
    for n in [0, 1, 15, 16, 17, 33] {
        for (a, b) in [(-0.0, 1.0), (-1e-30, 1e-30)] {
            let (left, right) = (vec![a; n], vec![b; n]);
            assert_eq!(agreed("dot", || Dot(&left, &right)).to_bits(), 0, "{n} times {a:e} by {b:e}");
        }
    }
}

#[test]
fn log_sum_exp_is_within_its_bound_and_the_same_on_every_backend() {
    let mut numbers = Numbers(13);
    for n in [1, 2, 15, 16, 17, 63, 64, 65, 128, 1000, 4095, 4096, 4097, 8192, 20000] {
        for (k, z) in lists(n, &mut numbers).iter().enumerate() {
            let found = agreed(&format!("log_sum_exp of {n}, list {k}"), || LogSumExp(z));
            let max = z.iter().fold(f64::NEG_INFINITY, |m, &x| m.max(f64::from(x)));
            let exact = max + z.iter().map(|&x| (f64::from(x) - max).exp()).sum::<f64>().ln();
            let bound = exact.abs() * 2.0 * EPS + (depth(n) + 3.0) * EPS;
            assert!((f64::from(found) - exact).abs() <= bound, "log_sum_exp of {n}, list {k}: {found:e}, exact {exact:e}, bound {bound:e}");
        }
    }
}

#[test]
fn log_sum_exp_of_the_largest_numbers_does_not_overflow() {
    for (z, expected) in [(vec![f32::MAX; 5], f32::MAX), (vec![-f32::MAX; 5], -f32::MAX), (vec![f32::MAX, -f32::MAX], f32::MAX)] {
        assert_eq!(agreed("log_sum_exp", || LogSumExp(&z)), expected);
    }
    assert_eq!(agreed("log_sum_exp", || LogSumExp(&[-0.0])).to_bits(), 0);
}

/// The threshold by sorting, in f64.
fn by_sorting(z: &[f32]) -> f64 {
    let mut sorted: Vec<f64> = z.iter().map(|&x| f64::from(x)).collect();
    sorted.sort_by(|a, b| b.total_cmp(a));
    let (mut sum, mut tau) = (0.0, 0.0);
    // Relative to the largest, so that the sum itself is exact enough.
    for (k, v) in sorted.iter().map(|v| v - sorted[0]).enumerate() {
        sum += v;
        let t = (sum - 1.0) / (k + 1) as f64;
        if v > t {
            tau = t;
        }
    }
    sorted[0] + tau
}

#[test]
fn the_threshold_of_sparsemax_is_that_of_sorting_and_the_same_on_every_backend_and_in_any_scratch() {
    let mut numbers = Numbers(14);
    for n in (1..=300).chain([5000]) {
        // Every length on one list, every list on some lengths.
        let all = lists(n, &mut numbers);
        let some = if n % 13 < 2 || n > 300 { 0..all.len() } else { n % all.len()..n % all.len() + 1 };
        for (k, z) in all[some].iter().enumerate() {
            let found = agreed(&format!("threshold of {n}, list {k}"), || Threshold(z, n));
            let exact = by_sorting(z);
            assert!(
                (f64::from(found) - exact).abs() <= 4e-6 * largest(z).max(1.0),
                "threshold of {n}, list {k}: {found:e}, exact {exact:e}"
            );
            for room in [0, 1, 17, n - 1, n + 5] {
                let other = agreed("threshold", || Threshold(z, room));
                assert_eq!(other.to_bits(), found.to_bits(), "threshold of {n}, list {k}, scratch of {room}: {other:e}, not {found:e}");
            }
        }
    }
}

#[test]
fn the_threshold_of_sparsemax_does_not_depend_on_numbers_at_or_below_it() {
    let mut numbers = Numbers(15);
    for n in [2, 17, 64, 200, 5000] {
        let z = numbers.numbers(n);
        let tau = agreed("threshold", || Threshold(&z, n));
        let max = z.iter().copied().fold(f32::NEG_INFINITY, f32::max);
        let mut spread = Vec::new();
        for &x in &z {
            // Only what is above the threshold, with others a whole unit below the largest strewn in.
            if x > tau {
                spread.extend([max - 1.0, x, -f32::MAX, max - 1.5]);
            }
        }
        assert_eq!(agreed("threshold", || Threshold(&spread, spread.len())).to_bits(), tau.to_bits(), "{n} numbers");
    }
}

#[test]
fn exp_gives_the_same_bits_on_every_backend_whatever_the_length() {
    let awkward = [0.0, -0.0, 1.0, -1.0, f32::MIN_POSITIVE, 1e-45, -1e-45, 88.722_83, 88.722_84, 89.0, -87.336_55, -87.336_54, f32::MAX];
    let mut numbers = Numbers(16);
    for n in 0..=70 {
        let mut list: Vec<f32> = numbers.numbers(n).iter().map(|x| x * 30.0).collect();
        list.iter_mut().step_by(3).zip(awkward.iter().cycle().skip(n)).for_each(|(x, &a)| *x = a);
        let alone: Vec<u32> = list
            .iter()
            .map(|&x| {
                let mut one = [x];
                on::exp(basinet_core::Dispatch, &mut one);
                one[0].to_bits()
            })
            .collect();
        let found = on_every_backend!(|kernels| [list: Vec<f32> = list] -> Vec<u32> {
            let mut list = list;
            list.push(123.5);
            let last = list.len() - 1;
            on::exp(kernels, &mut list[..last]);
            assert_eq!(list.pop(), Some(123.5), "the number behind the end");
            bits(&list)
        });
        assert_eq!(found, alone, "{n} numbers at once and one by one");
    }
}

#[test]
fn scores_that_are_not_finite_are_found_at_any_place() {
    for n in [1, 15, 16, 17, 64, 65, 130, 4100] {
        for at in [0, n / 3, n / 2, n - 1] {
            for strange in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY] {
                on_every_backend!(|kernels| [n: usize = n, at: usize = at, strange: f32 = strange] -> () {
                    let mut z = vec![0.5; n];
                    z[at] = strange;
                    assert_eq!(on::log_sum_exp(kernels, &z), Err(Error::ScoreNotFinite { row: at }));
                    assert_eq!(on::sparsemax_threshold(kernels, &z, &mut vec![0.0; n]), Err(Error::ScoreNotFinite { row: at }));
                });
            }
        }
    }
}

/// What a job is told of the backend that runs it.
struct Which;
impl Job for Which {
    type Output = Backend;
    fn run<K: Kernels>(self, kernels: K) -> Backend {
        kernels.backend()
    }
}

#[test]
fn kernels_know_whose_they_are_and_the_dispatchers_are_the_last_that_there_are() {
    for backend in Backend::available() {
        assert!(backend.is_available());
        assert_eq!(backend.run(Which), Some(backend));
    }
    assert_eq!(Backend::available().next(), Some(Backend::Scalar));
    assert_eq!((Some(Backend::current()), Dispatch.backend()), (Backend::available().last(), Backend::current()));
    for backend in [Backend::Scalar, Backend::Baseline, Backend::Avx2, Backend::Avx512] {
        assert_eq!(backend.run(Which).is_some(), Backend::available().any(|other| other == backend), "{backend}");
    }
}

#[test]
fn functions_of_the_root_are_those_of_any_backend() {
    let mut numbers = Numbers(71);
    for n in [1, 15, 64, 130, 5000] {
        for z in lists(n, &mut numbers) {
            let other = numbers.numbers(n);
            assert_eq!(basinet_core::dot(&z, &other).unwrap().to_bits(), agreed("dot", || Dot(&z, &other)).to_bits());
            assert_eq!(basinet_core::log_sum_exp(&z).unwrap().to_bits(), agreed("log_sum_exp", || LogSumExp(&z)).to_bits());
            let threshold = basinet_core::sparsemax_threshold(&z, &mut [0.0; 64]).unwrap();
            assert_eq!(threshold.to_bits(), agreed("threshold", || Threshold(&z, 64)).to_bits());
            let (mut ours, mut theirs) = (z.clone(), z);
            basinet_core::exp(&mut ours);
            on::exp(Dispatch, &mut theirs);
            assert_eq!(bits(&ours), bits(&theirs));
            assert!(ours.iter().all(|&x| x >= 0.0));
        }
    }
    assert_eq!(basinet_core::log_sum_exp(&[1.0, f32::NAN]), Err(Error::ScoreNotFinite { row: 1 }));
}
