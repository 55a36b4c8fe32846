//! The theory by its own laws: what grows, what meets, what is the inverse of what; and by cases that are known in full.

use super::Fallible;
use basinet::capacity::{self, Ensemble, Finite, Nearest, PAIR_LOAD, Phase};
use proptest::prelude::*;
use std::f64::consts::PI;

const ENSEMBLES: [Ensemble; 2] = [Ensemble::Spherical, Ensemble::Gaussian];

/// Lambdas from 1e-8 to 1e6, as many in each decade.
fn lambdas() -> impl Strategy<Value = f64> {
    (-8.0..6.0).prop_map(|exponent| 10f64.powf(exponent))
}

/// Sums of terms of the size of 1 are no better than their roundings, however small the sum.
const ABSOLUTE: f64 = 2e-15;

fn near(found: f64, expected: f64, relative: f64) -> bool {
    (found - expected).abs() <= relative * expected.abs() + ABSOLUTE
}

/// The same numbers, and one the inverse of the other. Failures carry what was found.
macro_rules! near {
    ($found:expr, $expected:expr, $relative:expr) => {{
        let (found, expected): (f64, f64) = ($found, $expected);
        prop_assert!(near(found, expected, $relative), "{found} for {expected}");
    }};
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn thresholds_grow_with_lambda_and_are_inverted(lambda in lambdas(), more in 1e-3..1.0) {
        for ensemble in ENSEMBLES {
            let wider = lambda * (1.0 + more);
            prop_assert!(ensemble.cumulant(wider, 1.0)? > ensemble.cumulant(lambda, 1.0)?);
            prop_assert!(ensemble.condensed_load(wider, 1.0)? > ensemble.condensed_load(lambda, 1.0)?);
            let (load, larger) = (ensemble.typical_load(lambda)?, ensemble.typical_load(wider)?);
            prop_assert!(larger > load || ensemble == Ensemble::Gaussian && wider >= 1.0 && larger == 0.5);
            prop_assert!(ensemble.all_load(lambda)? <= load && ensemble.all_load(wider)? >= ensemble.all_load(lambda)?);
            // What was proved before, of spherical patterns, is far below.
            prop_assert!(ensemble == Ensemble::Gaussian || capacity::dense_bound_load(lambda)? < load);
            near!(ensemble.condensation(ensemble.condensed_load(lambda, 1.0)?, 1.0)?, lambda, 1e-13);
            // At lambda 1 the Gaussian threshold is level, and nothing can be read from it.
            if ensemble == Ensemble::Spherical || lambda < 0.9 {
                near!(ensemble.typical_lambda(load)?.unwrap_or(f64::NAN), lambda, 1e-13);
            }
        }
    }

    #[test]
    fn the_rate_is_the_legendre_transform_of_the_cumulant(lambda in -6.0..1.5, rho in 0.1..10.0) {
        let lambda = 10f64.powf(lambda);
        for ensemble in ENSEMBLES {
            let overlap = ensemble.tilted_overlap(lambda, rho)?;
            let gained = lambda * overlap - ensemble.cumulant(lambda, rho)?;
            near!(ensemble.rate(overlap, rho)?, gained, 1e-11);
            // At the nearest overlap it is the load.
            near!(ensemble.rate(ensemble.nearest_overlap(gained, rho)?, rho)?, gained, 1e-11);
            // No other overlap gains more.
            for other in [0.5 * overlap, 0.5 * (overlap + rho.sqrt())] {
                prop_assert!(lambda * other - ensemble.rate(other, rho)? <= ensemble.cumulant(lambda, rho)?);
            }
        }
    }

    #[test]
    fn noise_falls_until_it_condenses_and_basins_widen(load in 1e-3..2.0, lambda in -3.0..3.0, rho in 0.25..4.0) {
        let lambda = 10f64.powf(lambda);
        for ensemble in ENSEMBLES {
            let point = ensemble.condensation(load, rho)?;
            let (below, above) = (ensemble.noise(load, point * (1.0 - 1e-9), rho)?, ensemble.noise(load, point * (1.0 + 1e-9), rho)?);
            prop_assert!(!below.condensed && above.condensed);
            // With continuous slope: the difference is of second order.
            near!(below.level, above.level, 1e-13);
            let (noise, less) = (ensemble.noise(load, lambda, rho)?, ensemble.noise(load, 1.5 * lambda, rho)?);
            let falls = less.level < noise.level;
            prop_assert!(falls || noise.condensed && less == noise);
            prop_assert!(noise.level >= above.level);
            // A longer state is a larger lambda, and nothing else.
            near!(noise.level, rho.sqrt() * ensemble.noise(load, lambda * rho.sqrt(), 1.0)?.level, 1e-13);
            let (angle, wider) = (ensemble.basin_angle(load, lambda, rho)?, ensemble.basin_angle(load, 1.5 * lambda, rho)?);
            prop_assert!(angle <= wider);
            if let Some(angle) = angle {
                let level = ensemble.noise(load, lambda * rho.sqrt(), 1.0)?.level;
                prop_assert!((angle.cos() - level).abs() < 1e-13, "{angle}: {level}");
            } else {
                prop_assert!(ensemble.phase(load, lambda * rho.sqrt())? != Phase::Retrieval);
            }
        }
    }

    #[test]
    fn moments_have_the_recurrence_of_bessel_functions(neurons in 2_usize..2000, lambda in -4.0..3.0) {
        let (n, lambda) = (neurons as f64, 10f64.powf(lambda));
        let overlap = |neurons, lambda| Finite::new(Ensemble::Spherical, neurons).and_then(|finite| finite.tilted_overlap(lambda));
        // I_(nu-1) - I_(nu+1) = (2 nu / z) I_nu.
        near!(overlap(neurons, lambda)?, 1.0 / (1.0 / lambda + overlap(neurons + 2, lambda * n / (n + 2.0))?), 1e-13);
        // And the mean overlap is the slope of the logarithm.
        let (finite, step) = (Finite::new(Ensemble::Spherical, neurons)?, 1e-4);
        let slope = (finite.log_moment(lambda * (1.0 + step))? - finite.log_moment(lambda * (1.0 - step))?) / (2.0 * step * lambda * n);
        prop_assert!(lambda < 0.03 || near(slope, overlap(neurons, lambda)?, 1e-6), "{slope}");
    }

    #[test]
    fn the_nearest_is_where_its_law_says(neurons in 8_usize..500, patterns in 2.0..1e12, probability in 0.001..0.999) {
        let nearest = Nearest::new(neurons, patterns)?;
        near!(nearest.probability(nearest.quantile(probability)?)?, probability, 1e-6);
        prop_assert!(nearest.mean_cosine() < Nearest::new(neurons, 2.0 * patterns)?.mean_cosine());
        // cos is concave where angles are sharp.
        prop_assert!(patterns < 10.0 || nearest.mean_angle().cos() >= nearest.mean_cosine());
    }
}

#[test]
fn limits_are_reached_at_both_ends() -> Fallible {
    let small = 1e-8;
    for ensemble in ENSEMBLES {
        assert!(near(ensemble.typical_load(small)?, small, 1e-8));
        assert!(near(ensemble.cumulant(small, 1.0)?, small * small / 2.0, 1e-12));
        assert_eq!((ensemble.typical_load(0.0)?, ensemble.all_load(0.0)?, ensemble.typical_lambda(0.0)?), (0.0, 0.0, Some(0.0)));
    }
    let large = 1e6;
    assert!(near(Ensemble::Spherical.typical_load(large)?, large.ln() / 2.0 + 0.5 + 1.0 / (8.0 * large), 1e-15));
    // A first moment at small lambda: lambda (1 - 2 sqrt lambda + ...).
    assert!(near(capacity::norm_load(small)?, small * (1.0 - 2.0 * small.sqrt()), 1e-7));
    // Branches of the Gaussian thresholds meet.
    assert!(near(Ensemble::Gaussian.typical_load(1.0 - 1e-9)?, 0.5, 1e-15));
    assert!(near(capacity::norm_load(capacity::pair_lambda())?, PAIR_LOAD, 1e-15));
    assert!(near(capacity::norm_load(1.0 - 1e-9)?, 0.5 / std::f64::consts::E, 1e-15));
    Ok(())
}

#[test]
fn few_dimensions_are_known_in_full() -> Fallible {
    // Three dimensions: cosines are uniform. The largest of n is (n - 1)/(n + 1) in the mean.
    let finite = Finite::new(Ensemble::Spherical, 3)?;
    for lambda in [1e-6_f64, 1.0, 30.0] {
        let z = 3.0 * lambda;
        let (log, mean) = if z < 1e-3 { (z * z / 6.0, z / 3.0) } else { ((z.sinh() / z).ln(), 1.0 / z.tanh() - 1.0 / z) };
        assert!(near(finite.log_moment(lambda)?, log, 1e-13), "{lambda}");
        assert!(near(finite.tilted_overlap(lambda)?, mean, 1e-13), "{lambda}");
    }
    for others in [1.0, 5.0, 1e3, 1e9] {
        let nearest = Nearest::new(3, others + 1.0)?;
        assert!((nearest.mean_cosine() - (others - 1.0) / (others + 1.0)).abs() < 1e-13, "{others}");
        assert!(near(nearest.probability(0.5)?, 0.75_f64.powf(others), 1e-12), "{others}");
    }
    // Two: angles are. The nearest of n, of a half circle of length pi, is pi/(n + 1) away.
    for others in [1.0, 5.0, 1e3] {
        assert!(near(Nearest::new(2, others + 1.0)?.mean_angle(), PI / (others + 1.0), 1e-12), "{others}");
    }
    // One other is as often behind as before.
    assert!(Nearest::new(40, 2.0)?.mean_cosine().abs() < 1e-15);
    // Far behind, F is the other's far tail: ln of exp(-1000) and less.
    let (behind, before) = (Nearest::new(1000, 2.0)?, Nearest::new(1000, 2.0)?.log_hazard(0.95)?);
    assert!(near(behind.log_hazard(-0.95)?.exp(), -before, 1e-9) && near(behind.probability(behind.quantile(1e-30)?)?, 1e-30, 1e-9));
    Ok(())
}

#[test]
fn finite_sizes_go_to_the_limit_as_they_should() -> Fallible {
    let (lambda, neurons) = (0.5, 100_000);
    for ensemble in ENSEMBLES {
        let finite = Finite::new(ensemble, neurons)?;
        let load = finite.typical_load(lambda)?.ok_or("there is a threshold")?;
        let t = ensemble.tilted_overlap(lambda, 1.0)?;
        let correction = match ensemble {
            Ensemble::Spherical => -0.5 * (1.0 - t.powi(4)).ln(),
            Ensemble::Gaussian => 0.0,
        };
        let n = neurons as f64;
        let shift = (1.0 + (n * lambda * (1.0 - t).powi(2)).ln() + correction) / n;
        assert!(near(ensemble.typical_load(lambda)? - load, shift, 1e-3), "{ensemble:?}");
        assert!(finite.typical_lambda(load)?.is_some_and(|found| near(found, lambda, 1e-12)));
        // One step has no saddle-node.
        assert!(finite.one_step_lambda(load)?.is_some_and(|found| found < lambda && near(found, lambda, 2.0 * shift / (1.0 - t))));
    }
    // The median goes to the mean field with the number of patterns.
    let off = |neurons| -> Result<f64, capacity::Error> {
        let finite = Finite::new(Ensemble::Spherical, neurons)?;
        Ok(finite.one_step_median(0.2)?.unwrap_or(f64::NAN) / finite.one_step_lambda(0.2)?.unwrap_or(f64::NAN) - 1.0)
    };
    let (few, many) = (off(16)?, off(60)?);
    assert!((-0.02..-0.002).contains(&few) && (-1e-4..0.0).contains(&many), "{few}, {many}");
    Ok(())
}

#[test]
fn few_patterns_of_few_neurons_have_a_median_too() -> Fallible {
    // Two others: x.xi is uniform in three dimensions, so half of all pairs have exp(a) + exp(b) above exp(3 lambda) at the median.
    let finite = Finite::new(Ensemble::Spherical, 3)?;
    let lambda = finite.one_step_median(finite.load(3.0)?)?.ok_or("there is a median")?;
    let steps = 2000;
    let place = |k: i32| 3.0 * lambda * ((2.0 * f64::from(k) + 1.0) / f64::from(steps) - 1.0);
    let above: i32 = (0..steps)
        .map(|k| {
            let rest = ((3.0 * lambda).exp() - place(k).exp()).ln() / (3.0 * lambda);
            ((1.0 - rest.max(-1.0)) / 2.0 * f64::from(steps)).round() as i32
        })
        .sum();
    assert!((f64::from(above) / f64::from(steps * steps) - 0.5).abs() < 2e-3, "{above} at {lambda}");
    for (neurons, patterns) in [(4, 3.0), (2, 100.0), (1000, 2.0)] {
        for ensemble in ENSEMBLES {
            let finite = Finite::new(ensemble, neurons)?;
            let (median, mean) = (finite.one_step_median(finite.load(patterns)?)?, finite.one_step_lambda(finite.load(patterns)?)?);
            assert!(median.is_none_or(|median| mean.is_none_or(|mean| median <= mean)), "{neurons} {patterns}: {median:?}, {mean:?}");
        }
    }
    Ok(())
}

#[test]
fn what_is_no_number_of_anything_is_refused() {
    for bad in [-1.0, f64::NAN, f64::INFINITY] {
        for ensemble in ENSEMBLES {
            assert!(ensemble.cumulant(bad, 1.0).is_err() && ensemble.cumulant(1.0, bad).is_err());
            assert!(ensemble.typical_load(bad).is_err() && ensemble.typical_lambda(bad).is_err());
            assert!(ensemble.noise(bad, 1.0, 1.0).is_err() && ensemble.basin_angle(0.1, bad, 1.0).is_err());
            assert!(ensemble.rate(0.5, bad).is_err() && ensemble.nearest_overlap(bad, 1.0).is_err());
            let finite = Finite::new(ensemble, 20);
            assert!(finite.is_ok_and(|finite| finite.typical_load(bad).is_err() && finite.basin_angle(0.2, bad).is_err()));
        }
        assert!(Nearest::new(10, bad).is_err() && capacity::norm_load(bad).is_err());
        assert!(Nearest::new(10, 10.0).is_ok_and(|nearest| nearest.quantile(bad).is_err()));
    }
    assert!(Finite::new(Ensemble::Spherical, 1).is_err() && Nearest::new(1, 10.0).is_err());
    // Beyond f64, and less than two patterns.
    assert!(Ensemble::Spherical.condensation(400.0, 1.0).is_err());
    assert!(Finite::new(Ensemble::Spherical, 20).is_ok_and(|finite| finite.typical_lambda(0.01).is_err()));
}
