//! The kernels alone, but for those that only a separation can call (see `separations`), by the backend that the machine gives:
//! `cargo bench -p basinet-benches --bench kernels [-- FILTER]`.

use basinet::{Backend, Dispatch, Error, Kernels};
use basinet_benches::data;
use criterion::{BenchmarkId, Criterion, Throughput};
use std::hint::black_box;
use std::time::Duration;

const DIMS: [usize; 3] = [64, 128, 768];
const COUNTS: [usize; 4] = [64, 1024, 8192, 65_536];

fn main() -> Result<(), Error> {
    println!("backend {}, one thread", Backend::current());
    // With so little time for each, all benches together stay under 15 minutes.
    let mut criterion = Criterion::default()
        .sample_size(20)
        .warm_up_time(Duration::from_millis(200))
        .measurement_time(Duration::from_millis(800))
        .configure_from_args();
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

/// A kernel's time in a group of its name; the throughput is that of `bytes` read.
fn kernel(criterion: &mut Criterion, name: &str, case: &str, bytes: usize, work: &mut dyn FnMut()) {
    let mut group = criterion.benchmark_group(name);
    group.throughput(Throughput::Bytes(bytes as u64)).bench_function(BenchmarkId::from_parameter(case), |bencher| bencher.iter(&mut *work));
}

/// The kernels that read patterns, n x D.
fn rows(criterion: &mut Criterion) {
    let mut rng = data::generator(2);
    // Not all of them drawn, as that would take longer than the benches; begins at a cache line, as a `Memory` does.
    let some = data::numbers(&mut rng, 1_000_003, 1.0);
    let all: Vec<f32> = some.iter().copied().cycle().take(DIMS[2] * COUNTS[3] + 16).collect();
    let x = &all[all.as_ptr().align_offset(64)..];
    let numbers: Vec<u32> = (0..COUNTS[3] as u32).collect();
    for (dim, count) in DIMS.into_iter().flat_map(|dim| COUNTS.map(|count| (dim, count))) {
        let (x, numbers, query) = (&x[..count * dim], &numbers[..count], data::unit(&mut rng, dim));
        let (mut out, mut sum, weights) = (vec![0.0; count], vec![0.0; dim], vec![1.0 / count as f32; count]);
        let (case, bytes) = (format!("{count}x{dim}"), 4 * x.len());
        let mut time = |name: &str, work: &mut dyn FnMut()| kernel(criterion, name, &case, bytes, work);
        time("scores", &mut || Dispatch.scores(black_box(x), dim, black_box(&query), &mut out, false));
        time("distances", &mut || Dispatch.distances(black_box(x), dim, black_box(&query), &mut out, false));
        time("square_norms", &mut || Dispatch.square_norms(black_box(x), dim, dim, &mut out));
        time("weighted_sum", &mut || Dispatch.weighted_sum(black_box(x), dim, numbers, black_box(&weights), &mut sum));
        time("weighted_block", &mut || Dispatch.weighted_block(black_box(x), dim, numbers, black_box(&weights), 0.5, &mut sum));
    }
}

/// The kernels that read a list of scores. Where the list is changed, its copying is in the time.
fn lists(criterion: &mut Criterion) {
    let mut rng = data::generator(3);
    for count in COUNTS {
        let z = data::numbers(&mut rng, count, 3.0);
        let max = Dispatch.max(&z).unwrap_or(0.0);
        let (mut values, mut kept) = (z.clone(), z.clone());
        let case = count.to_string();
        let mut time = |name: &str, work: &mut dyn FnMut()| kernel(criterion, name, &case, 4 * count, work);
        time("max", &mut || _ = black_box(Dispatch.max(black_box(&z))));
        time("log_sum_exp", &mut || _ = black_box(basinet::log_sum_exp(black_box(&z))));
        time("slope", &mut || _ = black_box(Dispatch.slope(black_box(&z), 0.1, max, -0.5)));
        time("slope_squares", &mut || _ = black_box(Dispatch.slope_squares(black_box(&z), 0.1, max, -0.5)));
        time("compact", &mut || _ = black_box(Dispatch.compact(black_box(&z), 0.1, max, -0.5, &mut kept)));
        time("scale_add", &mut || Dispatch.scale_add(&mut kept, 0.5, black_box(&z), 0.5));
        time("divide", &mut || _ = black_box(Dispatch.divide(&mut kept, black_box(&z), 3.0)));
        let mut change = |name: &str, work: fn(&mut [f32], f32)| {
            time(name, &mut || {
                values.copy_from_slice(black_box(&z));
                work(&mut values, max);
            });
        };
        change("exp", |values, _| basinet::exp(values));
        change("exp_sub", |values, max| _ = black_box(Dispatch.exp_sub(values, 1.0, max)));
        change("retain", |values, max| _ = black_box(Dispatch.retain(values, 0.1, max, -0.5)));
        change("linear_weights", |values, max| Dispatch.linear_weights(-0.5, 0.1, max, values));
        change("square_weights", |values, max| Dispatch.square_weights(-0.5, 0.1, max, values));
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
