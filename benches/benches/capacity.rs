//! What an answer of the theory of capacities takes: `cargo bench -p basinet-benches --bench capacity [-- FILTER]`.
//!
//! Closed forms take nanoseconds; thresholds at finite sizes are searches over sums of exponentials, and the median over memories a search over
//! a Fourier integral.

use basinet::capacity::{Ensemble, Error, Finite, Nearest};
use criterion::{BenchmarkId, Criterion};
use std::hint::black_box;
use std::time::Duration;

const ENSEMBLE: Ensemble = Ensemble::Spherical;

fn main() -> Result<(), Error> {
    let mut criterion = Criterion::default()
        .sample_size(10)
        .warm_up_time(Duration::from_millis(200))
        .measurement_time(Duration::from_millis(800))
        .configure_from_args();
    let mut time = |form: &str, name: String, work: &dyn Fn() -> bool| {
        assert!(work(), "{form} {name}");
        criterion
            .benchmark_group(format!("capacity/{form}"))
            .bench_function(BenchmarkId::from_parameter(name), |bencher| bencher.iter(work));
    };
    time("limit", "typical_load".to_owned(), &|| ENSEMBLE.typical_load(black_box(0.5)).is_ok());
    time("limit", "typical_lambda".to_owned(), &|| ENSEMBLE.typical_lambda(black_box(0.5)).is_ok());
    time("limit", "basin_angle".to_owned(), &|| ENSEMBLE.basin_angle(black_box(0.1), 0.2, 1.0).is_ok());
    for neurons in [32, 128, 1024] {
        let finite = Finite::new(ENSEMBLE, neurons)?;
        let at = |form: &str| format!("{form}/{neurons}");
        time("finite", at("typical_load"), &|| finite.typical_load(black_box(0.2)).is_ok());
        time("finite", at("typical_lambda"), &|| finite.typical_lambda(black_box(0.1)).is_ok());
        time("finite", at("basin_angle"), &|| finite.basin_angle(black_box(0.1), 0.2).is_ok());
        time("nearest", at("mean_cosine"), &|| Nearest::new(neurons, black_box(1e4)).is_ok_and(|nearest| nearest.mean_cosine() > 0.0));
    }
    let small = Finite::new(ENSEMBLE, 32)?;
    time("finite", "one_step_median/32".to_owned(), &|| small.one_step_median(black_box(0.3)).is_ok());
    criterion.final_summary();
    Ok(())
}
