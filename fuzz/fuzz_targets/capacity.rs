//! The theory of capacities at any numbers: an answer or an error, never a loop without an end, and the laws of what is answered.
#![no_main]

use arbitrary::{Result, Unstructured};
use basinet::capacity::{self, Ensemble, Finite, Nearest, Phase};
use basinet_fuzz::draw;
use libfuzzer_sys::fuzz_target;
use std::f64::consts::{FRAC_PI_2, PI};

/// Rounding, of functions whose conditions are no worse than this.
const CLOSE: f64 = 1e-9;
/// Of numbers that have lost digits at the end of f64.
const TINY: f64 = 1e-300;

struct Case {
    ensemble: Ensemble,
    lambda: f64,
    wider: f64,
    load: f64,
    rho: f64,
    neurons: usize,
    patterns: f64,
}

/// Any f64, or one of the sizes that there are.
fn number(bytes: &mut Unstructured<'_>) -> Result<f64> {
    Ok(if bytes.arbitrary()? { f64::from_bits(bytes.arbitrary()?) } else { 10f64.powf(f64::from(bytes.arbitrary::<i16>()?) / 3000.0) })
}

impl Case {
    fn draw(bytes: &mut Unstructured<'_>) -> Result<Self> {
        let ensemble = if bytes.arbitrary()? { Ensemble::Spherical } else { Ensemble::Gaussian };
        let (lambda, more) = (number(bytes)?, f64::from(bytes.arbitrary::<u8>()?) / 64.0);
        Ok(Self {
            ensemble,
            lambda,
            wider: lambda * (1.0 + more),
            load: number(bytes)?,
            rho: number(bytes)?,
            neurons: draw::below(bytes, 2000)?,
            patterns: number(bytes)?,
        })
    }

    fn check_limit(&self) {
        let &Self { ensemble, lambda, wider, load, rho, .. } = self;
        for (at, then) in [
            (ensemble.typical_load(lambda), ensemble.typical_load(wider)),
            (ensemble.all_load(lambda), ensemble.all_load(wider)),
            (ensemble.cumulant(lambda, rho), ensemble.cumulant(wider, rho)),
            (ensemble.condensed_load(lambda, rho), ensemble.condensed_load(wider, rho)),
            (capacity::forgotten_overlap(lambda), capacity::forgotten_overlap(wider)),
            (capacity::dense_bound_load(lambda), capacity::dense_bound_load(wider)),
        ] {
            if let (Ok(at), Ok(then)) = (at, then) {
                assert!(at >= 0.0 && at <= then * (1.0 + CLOSE), "{at} and then {then}");
            }
        }
        if let Ok(noise) = ensemble.noise(load, lambda, rho) {
            assert!(noise.level >= ensemble.nearest_overlap(load, rho).unwrap_or(0.0) * (1.0 - CLOSE), "{noise:?}");
        }
        if let (Ok(angle), Ok(phase)) = (ensemble.basin_angle(load, lambda, 1.0), ensemble.phase(load, lambda)) {
            assert!(angle.is_none_or(|angle| (0.0..=FRAC_PI_2 + CLOSE).contains(&angle)), "{angle:?}");
            assert!(phase != Phase::Retrieval || angle.is_some());
        }
        if let Ok(Some(found)) = ensemble.typical_lambda(load) {
            let back = ensemble.typical_load(found).unwrap_or(f64::NAN);
            assert!((back - load).abs() <= CLOSE * load + TINY, "{load} at {found} is {back}");
        }
        if let Ok(failures) = capacity::gaussian_failures(load, lambda) {
            assert!(failures.short >= 0.0 && failures.close >= 0.0, "{failures:?}");
        }
        if let (Ok(overlap), Ok(zeta)) = (ensemble.tilted_overlap(lambda, rho), ensemble.cumulant(lambda, rho)) {
            assert!(lambda * overlap >= zeta * (1.0 - CLOSE) - TINY, "{overlap} and {zeta}");
        }
    }

    fn check_finite(&self) {
        let &Self { ensemble, lambda, wider, load, neurons, patterns, .. } = self;
        let Ok(finite) = Finite::new(ensemble, neurons) else { return };
        if let (Ok(at), Ok(then)) = (finite.log_moment(lambda), finite.log_moment(wider)) {
            assert!(at <= then + CLOSE * then.abs() + CLOSE, "{at} and then {then}");
        }
        if let Ok(overlap) = finite.tilted_overlap(lambda) {
            assert!(overlap >= -CLOSE && (ensemble == Ensemble::Gaussian || overlap <= 1.0 + CLOSE), "{overlap}");
        }
        if let Ok(Some(load)) = finite.typical_load(lambda) {
            assert!(load >= 0.0 && load.is_finite(), "{load}");
        }
        // A search takes a thousand such sums: at sizes whose sums are short.
        if let Ok(Some(found)) = finite.one_step_lambda(load) {
            assert!((0.0..=1.2e6).contains(&found), "{found}");
        }
        let Ok(nearest) = Nearest::new(neurons, patterns) else { return };
        let (cosine, angle) = (nearest.mean_cosine(), nearest.mean_angle());
        assert!((-1.0..=1.0).contains(&cosine) && (0.0..=PI + CLOSE).contains(&angle), "{cosine}, {angle}");
        if let (Ok(less), Ok(more)) = (nearest.quantile(0.1), nearest.quantile(0.9)) {
            assert!(less <= more, "{less} and {more}");
            assert!(nearest.probability(less).is_ok_and(|part| part <= 1.0));
        }
    }
}

fuzz_target!(|bytes: &[u8]| {
    if let Ok(case) = Case::draw(&mut Unstructured::new(bytes)) {
        case.check_limit();
        case.check_finite();
    }
});
