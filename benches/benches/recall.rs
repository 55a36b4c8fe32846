//! One recall step, by the backend that the machine gives: `cargo bench -p basinet-benches --bench recall [-- FILTER]`.
//!
//! At the retrieving beta (see [`data::retrieving_beta`]) nearly all weight is on one pattern; at beta 1 it is spread over all.

use basinet::{Backend, Beta, Error, Model, Patterns, Scratch, Separation, Softmax, Sparsemax};
use basinet_benches::data;
use criterion::{BenchmarkId, Criterion, Throughput};
use std::hint::black_box;
use std::time::Duration;

fn main() -> Result<(), Error> {
    println!("backend {}, one thread", Backend::current());
    let mut criterion =
        Criterion::default().warm_up_time(Duration::from_millis(500)).measurement_time(Duration::from_secs(3)).configure_from_args();
    for (count, dim) in [(1024, 64), (4096, 128), (100_000, 128)] {
        let mut rng = data::generator(1);
        let memory = data::memory(&mut rng, count, dim)?;
        let patterns = memory.patterns()?;
        let queries = data::queries(&mut rng, &memory)?;
        let retrieving = data::retrieving_beta(&memory, &queries)?;
        println!("{count}x{dim}: retrieving beta {retrieving:.4}");
        for (name, beta) in [("retrieving", retrieving), ("low", 1.0)] {
            let id = format!("{name}/{count}x{dim}");
            let beta = Beta::new(beta)?;
            step(&mut criterion, BenchmarkId::new("softmax", &id), &Model::new(beta, Softmax), &patterns, &queries[0].1)?;
            step(&mut criterion, BenchmarkId::new("sparsemax", &id), &Model::new(beta, Sparsemax), &patterns, &queries[0].1)?;
        }
    }
    criterion.final_summary();
    Ok(())
}

/// The throughput is the patterns' bytes, which a step reads once.
fn step<S: Separation>(
    criterion: &mut Criterion,
    id: BenchmarkId,
    model: &Model<S>,
    patterns: &Patterns<'_>,
    query: &[f32],
) -> Result<(), Error> {
    let (count, dim) = (patterns.count(), query.len());
    let (mut sums, mut scores, mut rows, mut work) = (vec![0.0; 3 * dim], vec![0.0; count], vec![0; count], vec![0.0; count]);
    let mut scratch = Scratch::new(&mut sums, &mut scores, &mut rows, &mut work);
    let mut out = vec![0.0; dim];
    model.step(patterns, query, &mut out, &mut scratch)?;
    let mut group = criterion.benchmark_group("recall");
    group.throughput(Throughput::Bytes(4 * (count * dim) as u64)).bench_function(id, |bencher| {
        bencher.iter(|| model.step(patterns, black_box(query), black_box(&mut out), &mut scratch));
    });
    Ok(())
}
