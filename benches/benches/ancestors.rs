//! Log-sum-ReLU steps, universal networks and binary memories, by the backend that the machine gives:
//! `cargo bench -p basinet-benches --bench ancestors [-- FILTER]`.
//!
//! The throughput is that of the patterns' bytes, which a step reads once.

use basinet::binary::{BinaryBuffers, BinaryModel, BinaryPatterns, Exponential, Interaction, Power};
use basinet::universal::{Separation, Similarity, Universal};
use basinet::{Backend, Beta, Error, LogSumRelu};
use basinet_benches::data;
use criterion::{BenchmarkId, Criterion, Throughput};
use rand::RngExt;
use std::hint::black_box;
use std::time::Duration;

/// In the second-level cache, in the third.
const SHAPES: [(usize, usize); 2] = [(1024, 64), (4096, 128)];

fn main() -> Result<(), Error> {
    println!("backend {}, one thread", Backend::current());
    let mut criterion = Criterion::default()
        .sample_size(20)
        .warm_up_time(Duration::from_millis(200))
        .measurement_time(Duration::from_millis(800))
        .configure_from_args();
    for (count, dim) in SHAPES {
        let mut rng = data::generator(1);
        let memory = data::memory(&mut rng, count, dim)?;
        let query = data::query(&mut rng, memory.row(0).unwrap_or(&[]));
        let (patterns, mut work) = (memory.patterns()?, memory.workspace());
        let (mut scores, mut out) = (vec![0.0; count], vec![0.0; dim]);
        let mut time = |form: &str, name: &str, work: &mut dyn FnMut() -> bool| {
            assert!(work(), "{form} {name}");
            let mut group = criterion.benchmark_group(format!("ancestors/{form}"));
            let id = BenchmarkId::new(name, format!("{count}x{dim}"));
            group.throughput(Throughput::Bytes(4 * (count * dim) as u64)).bench_function(id, |bencher| bencher.iter(&mut *work));
        };
        // One memory in reach, then all of them.
        let nearest = LogSumRelu::new(Beta::new(1.0)?).look(&patterns, &query)?.squared_distance;
        for (name, beta) in [("one", 1.0 / nearest), ("all", 1e-6)] {
            let model = LogSumRelu::new(Beta::new(beta)?);
            time("log_sum_relu", name, &mut || model.step(&patterns, black_box(&query), &mut out, &mut work.scratch()).is_ok());
        }
        for (name, similarity) in [("squared", Similarity::InverseSquaredDistance), ("manhattan", Similarity::InverseManhattan)] {
            for (map, separation) in [("power10", Separation::power(10)?), ("softmax", Separation::Softmax(Beta::new(1000.0)?))] {
                let network = Universal::new(similarity, separation);
                let id = format!("{name}-{map}");
                time("universal", &id, &mut || {
                    network.step(&patterns, black_box(&query), &mut scores, &mut out, &mut work.scratch()).is_ok()
                });
            }
        }
    }
    binary(&mut criterion, "power-3", Power::new(3)?)?;
    binary(&mut criterion, "exponential", Exponential)?;
    criterion.final_summary();
    Ok(())
}

/// Patterns and neurons of binary memories.
const ROWS: usize = 1024;
const WORDS: usize = 16;

/// A synchronous step from a pattern with a sixteenth of its neurons turned over, and a sweep from the pattern itself, where none turns.
fn binary(criterion: &mut Criterion, name: &str, interaction: impl Interaction) -> Result<(), Error> {
    let mut rng = data::generator(1);
    let bits: Vec<u64> = (0..ROWS * WORDS).map(|_| rng.random()).collect();
    let patterns = BinaryPatterns::new(&bits, 64 * WORDS)?;
    let (model, mut buffers) = (BinaryModel::new(interaction), Box::new(BinaryBuffers::<ROWS, 0>::new()));
    let mut pattern: Vec<u64> = patterns.row(5).unwrap_or(&[]).to_vec();
    let (damaged, mut out) = (pattern.iter().map(|word| word ^ 0x000f).collect::<Vec<_>>(), vec![0; WORDS]);
    model.update(&patterns, &damaged, &mut out, &mut buffers.scratch())?;
    assert_eq!(model.sweep(&patterns, &mut pattern, &mut buffers.scratch())?, 0);
    let mut group = criterion.benchmark_group(format!("ancestors/binary/{name}"));
    group.throughput(Throughput::Bytes(8 * bits.len() as u64));
    group.bench_function("update", |bencher| {
        bencher.iter(|| black_box(model.update(&patterns, black_box(&damaged), &mut out, &mut buffers.scratch())));
    });
    group.bench_function("quiet sweep", |bencher| {
        bencher.iter(|| black_box(model.sweep(&patterns, black_box(&mut pattern), &mut buffers.scratch())));
    });
    group.finish();
    Ok(())
}
