//! Training of feature maps: `cargo bench -p basinet-benches --bench train [-- FILTER]`. A step of each loss, and the making of a code.
//!
//! The throughput is that of a step's cosines, M^2/2. At a small tau most tiles have no weight and are not multiplied.

use basinet::feature_map::{Loss, Steps, Temperatures, Trained, Training};
use basinet_benches::data;
use criterion::{BenchmarkId, Criterion, Throughput};
use rand::{Rng, RngExt};
use std::error::Error;
use std::hint::black_box;
use std::time::Duration;

/// Patterns, numbers of each, features.
const SHAPES: [(usize, usize, usize); 2] = [(100, 64, 64), (1000, 784, 200)];
/// Steps of one measurement.
const STEPS: usize = 4;

fn numbers(rng: &mut impl Rng, count: usize) -> Vec<f32> {
    (0..count).map(|_| rng.random_range(-1.0..=1.0)).collect()
}

fn main() -> Result<(), Box<dyn Error>> {
    let mut criterion = Criterion::default()
        .sample_size(10)
        .warm_up_time(Duration::from_millis(200))
        .measurement_time(Duration::from_millis(800))
        .configure_from_args();
    for (count, dim, features) in SHAPES {
        let mut rng = data::generator(1);
        let rows = numbers(&mut rng, count * dim);
        let map = Trained::new(numbers(&mut rng, features * dim), None, dim)?;
        let losses = [
            ("average", Loss::Average { t: 2.0 }, 0.1),
            ("maximum", Loss::Maximum { t: 2.0 }, 0.1),
            ("code", Loss::Code, 0.1),
            ("code, cold", Loss::Code, 1e-3),
            ("cross entropy", Loss::CrossEntropy, 0.1),
            ("released", Loss::Released, 0.1),
        ];
        for (name, loss, tau) in losses {
            let (steps, temperatures) = (Steps::Descent { rate: 0.1, compounding: false }, Temperatures::constant(tau));
            let training = Training { loss, steps, temperatures, iterations: STEPS, ..Training::uhop_plus() };
            let mut group = criterion.benchmark_group("training");
            group.throughput(Throughput::Elements((STEPS * count * count / 2) as u64));
            group.bench_function(BenchmarkId::new(name, format!("{count}x{dim} to {features}")), |bencher| {
                bencher.iter(|| training.refine(black_box(&rows), &map, |_| ()));
            });
        }
    }
    let training = Training { starts: 1, ..Training::code() };
    for (count, dim) in [(24, 3), (24, 4), (16, 8)] {
        let id = BenchmarkId::new("a start", format!("{count} points in {dim} dimensions"));
        criterion.benchmark_group("code").bench_function(id, |bencher| bencher.iter(|| training.points(count, dim, |_| ())));
    }
    criterion.final_summary();
    Ok(())
}
