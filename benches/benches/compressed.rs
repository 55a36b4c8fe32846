//! Compressed copies: the step from an int8 copy, and certified recall beside the plain step: `cargo bench -p basinet-benches --bench compressed`.
//!
//! The throughput is that of the bytes that were read for scores: the patterns', the copy's, or as the report says.

use basinet::{Backend, Beta, CompressedMemory, Error, Model, Scratch, Sparsemax, projection};
use basinet_benches::data;
use criterion::{BenchmarkGroup, Criterion, Throughput, measurement::WallTime};
use std::hint::black_box;
use std::time::Duration;

/// Patterns and their numbers: bytes that a second-level cache holds, and more.
const SIZES: [(usize, usize); 2] = [(4096, 128), (65_536, 64)];

/// The front has one in so many of the columns.
const FRONT: usize = 4;
/// Beta by the root of the patterns' numbers: where a query at cosine 0.9 retrieves.
const BETA: f32 = 2.0;

fn main() -> Result<(), Error> {
    println!("backend {}, one thread", Backend::current());
    let mut criterion = Criterion::default()
        .sample_size(20)
        .warm_up_time(Duration::from_millis(200))
        .measurement_time(Duration::from_millis(800))
        .configure_from_args();
    for (count, dim) in SIZES {
        let mut rng = data::generator(1);
        let memory = data::memory(&mut rng, count, dim)?;
        let query = data::query(&mut rng, memory.row(5).unwrap_or(&[]));
        let front = projection::principal(&memory.patterns()?, dim / FRONT)?;
        let progressive = <CompressedMemory>::progressive(memory.clone(), front)?;
        let certified = <CompressedMemory>::new(memory)?;
        let model = Model::new(Beta::new(BETA * (dim as f32).sqrt())?, Sparsemax);
        let mut group = criterion.benchmark_group(format!("compressed/{count}x{dim}"));
        unsifted(&mut group, &certified, &model, &query)?;
        for (name, memory) in [("certified", &certified), ("progressive", &progressive)] {
            let (mut out, mut work) = (vec![0.0; dim], memory.workspace());
            let sifting = memory.recall_in(&model, &query, &mut out, &mut work)?;
            group.throughput(Throughput::Bytes(sifting.bytes_read));
            group.bench_function(name, |bencher| {
                bencher.iter(|| black_box(memory.recall_in(&model, black_box(&query), &mut out, &mut work)))
            });
        }
        group.finish();
    }
    criterion.final_summary();
    Ok(())
}

/// The plain step from the patterns, and the same from the int8 copy in their place: all of its rows are scored.
fn unsifted(
    group: &mut BenchmarkGroup<'_, WallTime>,
    memory: &CompressedMemory,
    model: &Model<Sparsemax>,
    query: &[f32],
) -> Result<(), Error> {
    let (count, dim) = (memory.len(), query.len());
    let (patterns, copy) = (memory.memory().patterns()?, memory.compressed()?);
    let (mut sums, mut scores, mut rows, mut work) = (vec![0.0; 3 * dim], vec![0.0; count], vec![0; count], vec![0.0; count]);
    let mut scratch = Scratch::new(&mut sums, &mut scores, &mut rows, &mut work);
    let mut out = vec![0.0; dim];
    group.throughput(Throughput::Bytes(4 * (count * dim) as u64));
    group.bench_function("plain", |bencher| bencher.iter(|| black_box(model.step(&patterns, black_box(query), &mut out, &mut scratch))));
    group.throughput(Throughput::Bytes((count * copy.row_bytes()) as u64));
    group.bench_function("copy", |bencher| bencher.iter(|| black_box(model.step(&copy, black_box(query), &mut out, &mut scratch))));
    Ok(())
}
