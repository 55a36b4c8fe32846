//! Kernels against the same arithmetic in intrinsics, the exponential of `wide`, and sorting.

use super::Report;
use basinet::{Dispatch, Error, Kernels};
use basinet_benches::{baseline, data, interleaved};
use std::hint::black_box;

pub fn dots(report: &mut Report, rounds: usize) -> Result<(), Error> {
    report.line("\n| kernel | time / same arithmetic in intrinsics | time / fused intrinsics |\n|---|---|---|");
    let mut rng = data::generator(1);
    for dim in [64, 128, 768, 4096] {
        let (a, b) = (data::numbers(&mut rng, dim, 1.0), data::numbers(&mut rng, dim, 1.0));
        assert_eq!(basinet::dot(&a, &b)?.to_bits(), baseline::dot(&a, &b).to_bits());
        let repeat = 400_000 / dim;
        let t = interleaved(
            3 * rounds,
            &mut [
                ("ours", &mut || (0..repeat).for_each(|_| _ = black_box(basinet::dot(black_box(&a), black_box(&b)).unwrap_or(0.0)))),
                ("kernel", &mut || (0..repeat).for_each(|_| _ = black_box(Dispatch.dot(black_box(&a), black_box(&b))))),
                ("intrinsics", &mut || (0..repeat).for_each(|_| _ = black_box(baseline::dot(black_box(&a), black_box(&b))))),
            ],
        );
        report.line(format!("| dot, D = {dim} | {:.3} | kernel {:.3} |", t[0] / t[2], t[1] / t[2]));
    }
    for dim in [64, 128, 768, 4096] {
        let rows = 64;
        let x = data::numbers(&mut rng, rows * dim, 1.0);
        let q = data::numbers(&mut rng, dim, 1.0);
        let (mut ours, mut theirs, mut fused) = (vec![0.0; rows], vec![0.0; rows], vec![0.0; rows]);
        Dispatch.scores(&x, dim, &q, &mut ours, false);
        baseline::scores(&x, &q, &mut theirs);
        assert_eq!(ours, theirs);
        let repeat = 1 + 1_000_000 / (rows * dim);
        let t = interleaved(
            3 * rounds,
            &mut [
                ("ours", &mut || (0..repeat).for_each(|_| Dispatch.scores(black_box(&x), dim, black_box(&q), &mut ours, false))),
                ("intrinsics", &mut || (0..repeat).for_each(|_| baseline::scores(black_box(&x), black_box(&q), &mut theirs))),
                ("fused", &mut || (0..repeat).for_each(|_| baseline::scores_fused(black_box(&x), black_box(&q), &mut fused))),
            ],
        );
        report.line(format!("| scores of 64 rows, D = {dim} | {:.3} | {:.3} |", t[0] / t[1], t[0] / t[2]));
    }
    Ok(())
}

pub fn log_sum_exp(report: &mut Report, rounds: usize) -> Result<(), Error> {
    report.line("\n| log-sum-exp | times faster than the loop on wide::f32x8::exp |\n|---|---|");
    let mut rng = data::generator(2);
    for n in [1024, 16_384, 262_144] {
        let z = data::numbers(&mut rng, n, 3.0);
        assert!((basinet::log_sum_exp(&z)? - baseline::log_sum_exp_wide(&z)).abs() < 1e-4);
        let repeat = 1 + 500_000 / n;
        let t = interleaved(
            rounds,
            &mut [
                ("ours", &mut || (0..repeat).for_each(|_| _ = black_box(basinet::log_sum_exp(black_box(&z))))),
                ("wide", &mut || (0..repeat).for_each(|_| _ = black_box(baseline::log_sum_exp_wide(black_box(&z))))),
            ],
        );
        report.line(format!("| n = {n} | {:.2} |", t[1] / t[0]));
    }
    Ok(())
}

pub fn thresholds(report: &mut Report, rounds: usize) -> Result<(), Error> {
    report.line("\n| sparsemax threshold | times faster than sorting | microseconds |\n|---|---|---|");
    let mut rng = data::generator(3);
    for n in [4096, 65_536, 1_048_576] {
        for spread in [0.01, 1.0] {
            let z = data::numbers(&mut rng, n, spread);
            let (mut work, mut sorted) = (vec![0.0; n], vec![0.0; n]);
            let tau = basinet::sparsemax_threshold(&z, &mut work)?;
            assert!((tau - baseline::sparsemax_threshold_by_sorting(&z, &mut sorted)).abs() < 4e-6);
            let repeat = 1 + 20_000 / n;
            let t = interleaved(
                rounds,
                &mut [
                    ("ours", &mut || (0..repeat).for_each(|_| _ = black_box(basinet::sparsemax_threshold(black_box(&z), &mut work)))),
                    ("sorting", &mut || {
                        (0..repeat).for_each(|_| _ = black_box(baseline::sparsemax_threshold_by_sorting(black_box(&z), &mut sorted)));
                    }),
                ],
            );
            report.line(format!("| n = {n}, spread {spread} | {:.1} | {:.2} |", t[1] / t[0], t[0] * 1e6 / repeat as f64));
        }
    }
    Ok(())
}
