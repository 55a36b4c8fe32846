//! Each kernel alone, by the backend that the machine gives: `cargo bench -p basinet-benches --bench kernels [-- FILTER]`.

use basinet::{Backend, Dispatch, Error, Kernels};
use basinet_benches::data;
use criterion::{BenchmarkId, Criterion, Throughput};
use std::hint::black_box;
use std::time::Duration;

const DIMS: [usize; 3] = [64, 128, 768];
const COUNTS: [usize; 4] = [64, 1024, 8192, 65_536];

fn main() -> Result<(), Error> {
    println!("backend {}, one thread", Backend::current());
    let mut criterion =
        Criterion::default().warm_up_time(Duration::from_millis(500)).measurement_time(Duration::from_secs(2)).configure_from_args();
    dots(&mut criterion);
    rows(&mut criterion);
    lists(&mut criterion);
    thresholds(&mut criterion)?;
    criterion.final_summary();
    Ok(())
}

fn dots(criterion: &mut Criterion) {
    let mut rng = data::generator(1);
    let mut group = criterion.benchmark_group("dot");
    for dim in DIMS {
        let (a, b) = (data::numbers(&mut rng, dim, 1.0), data::numbers(&mut rng, dim, 1.0));
        group.throughput(Throughput::Bytes(8 * dim as u64));
        group.bench_function(BenchmarkId::from_parameter(dim), |bencher| {
            bencher.iter(|| basinet::dot(black_box(&a), black_box(&b)));
        });
    }
}

/// The kernels that read patterns, n x D. The throughput is the patterns' bytes.
fn rows(criterion: &mut Criterion) {
    let mut rng = data::generator(2);
    // Not all of them drawn, as that would take longer than the benches; begins at a cache line, as a `Memory` does.
    let some = data::numbers(&mut rng, 1_000_003, 1.0);
    let all: Vec<f32> = some.iter().copied().cycle().take(DIMS[2] * COUNTS[3] + 16).collect();
    let x = &all[all.as_ptr().align_offset(64)..];
    let numbers: Vec<u32> = (0..COUNTS[3] as u32).collect();
    for dim in DIMS {
        let query = data::unit(&mut rng, dim);
        for count in COUNTS {
            let x = &x[..count * dim];
            let id = BenchmarkId::from_parameter(format!("{count}x{dim}"));
            let bytes = Throughput::Bytes(4 * x.len() as u64);

            let mut scores = vec![0.0; count];
            let mut group = criterion.benchmark_group("scores");
            group.throughput(bytes.clone()).bench_function(id.clone(), |bencher| {
                bencher.iter(|| Dispatch.scores(black_box(x), dim, black_box(&query), black_box(&mut scores), false));
            });
            group.finish();

            let weights = vec![1.0 / count as f32; count];
            let mut sum = vec![0.0; dim];
            let mut group = criterion.benchmark_group("weighted_sum");
            group.throughput(bytes).bench_function(id, |bencher| {
                bencher.iter(|| Dispatch.weighted_sum(black_box(x), dim, &numbers[..count], black_box(&weights), black_box(&mut sum)));
            });
            group.finish();
        }
    }
}

/// The kernels that read a list of scores.
fn lists(criterion: &mut Criterion) {
    let mut rng = data::generator(3);
    for count in COUNTS {
        let z = data::numbers(&mut rng, count, 3.0);
        let id = BenchmarkId::from_parameter(count);
        let elements = Throughput::Elements(count as u64);

        let mut group = criterion.benchmark_group("max");
        group.throughput(elements.clone()).bench_function(id.clone(), |bencher| bencher.iter(|| Dispatch.max(black_box(&z))));
        group.finish();

        // In place, so on a copy: the copying is in the time.
        let mut values = z.clone();
        let mut group = criterion.benchmark_group("exp");
        group.throughput(elements.clone()).bench_function(id.clone(), |bencher| {
            bencher.iter(|| {
                values.copy_from_slice(black_box(&z));
                basinet::exp(black_box(&mut values));
            });
        });
        group.finish();

        let mut group = criterion.benchmark_group("log_sum_exp");
        group.throughput(elements).bench_function(id, |bencher| bencher.iter(|| basinet::log_sum_exp(black_box(&z))));
        group.finish();
    }
}

/// With a spread of 0.01 many values are above the threshold, with 1 few.
fn thresholds(criterion: &mut Criterion) -> Result<(), Error> {
    let mut rng = data::generator(4);
    let mut group = criterion.benchmark_group("sparsemax_threshold");
    for (name, spread) in [("narrow", 0.01), ("wide", 1.0)] {
        for count in COUNTS {
            let z = data::numbers(&mut rng, count, spread);
            let mut work = vec![0.0; count];
            basinet::sparsemax_threshold(&z, &mut work)?;
            group.throughput(Throughput::Elements(count as u64)).bench_function(BenchmarkId::new(name, count), |bencher| {
                bencher.iter(|| basinet::sparsemax_threshold(black_box(&z), black_box(&mut work)));
            });
        }
    }
    Ok(())
}
