//! Log-sum-ReLU steps and universal networks, by the backend that the machine gives:
//! `cargo bench -p basinet-benches --bench ancestors [-- FILTER]`.
//!
//! The throughput is that of the patterns' bytes, which a step reads once.

use basinet::universal::{Separation, Similarity, Universal};
use basinet::{Backend, Beta, Error, LogSumRelu};
use basinet_benches::data;
use criterion::{BenchmarkId, Criterion, Throughput};
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
    criterion.final_summary();
    Ok(())
}
