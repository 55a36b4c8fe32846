//! The forms of recall, by the backend that the machine gives: `cargo bench -p basinet-benches --bench recall [-- FILTER]`.
//!
//! At the retrieving beta (see [`data::retrieving_beta`]) nearly all weight is on one pattern; at beta 1 it is spread over all. The
//! throughput is that of the patterns' bytes, which a step reads once; where there are values or several queries, of all that is read if
//! each query reads by itself.

use basinet::{Backend, Beta, Error, FeatureMap, Memory, Model, PairedMemory, Patterns, Separation, Softmax, Sparsemax, Stop};
use basinet_benches::data;
use criterion::{BenchmarkId, Criterion, Throughput};
use std::hint::black_box;
use std::time::Duration;

/// In the second-level cache, in the third, in memory.
const SHAPES: [(usize, usize); 3] = [(1024, 64), (4096, 128), (100_000, 128)];
/// Queries of a batch.
const BATCH: usize = 16;

/// What is recalled from.
struct Case {
    name: String,
    memory: Memory,
    pairs: PairedMemory,
    queries: Vec<f32>,
    beta: Beta,
    /// Of a feature map with as many features of unit length as there are numbers in a pattern, and those of all patterns.
    weights: Vec<f32>,
    features: Vec<f32>,
}

impl Case {
    fn bytes(&self) -> u64 {
        4 * (self.memory.len() * self.memory.dim()) as u64
    }

    fn query(&self) -> &[f32] {
        &self.queries[..self.memory.dim()]
    }
}

fn main() -> Result<(), Error> {
    println!("backend {}, one thread", Backend::current());
    // With so little time for each, all benches together stay under 15 minutes.
    let mut criterion = Criterion::default()
        .sample_size(20)
        .warm_up_time(Duration::from_millis(200))
        .measurement_time(Duration::from_millis(800))
        .configure_from_args();
    for (count, dim) in SHAPES {
        let mut rng = data::generator(1);
        let memory = data::memory(&mut rng, count, dim)?;
        let retrieving = data::retrieving_beta(&memory, &data::queries(&mut rng, &memory)?)?;
        println!("{count}x{dim}: retrieving beta {retrieving:.4}");
        let queries: Vec<f32> = (0..BATCH).flat_map(|i| data::query(&mut rng, memory.row(i * (count / BATCH)).unwrap_or(&[]))).collect();
        let pairs = PairedMemory::from_memories(memory.clone(), data::memory(&mut rng, count, dim)?)?;
        let weights = data::numbers(&mut rng, dim * dim, 1.0);
        let mut features = vec![0.0; count * dim];
        FeatureMap::new(&weights, dim)?.unit().apply_rows(&memory.patterns()?, &mut features)?;
        let mut case = Case { name: String::new(), memory, pairs, queries, beta: Beta::new(1.0)?, weights, features };
        for (regime, beta) in [("retrieving", retrieving), ("low", 1.0)] {
            (case.name, case.beta) = (format!("{regime}/{count}x{dim}"), Beta::new(beta)?);
            forms(&mut criterion, &case, "softmax", Softmax)?;
            forms(&mut criterion, &case, "sparsemax", Sparsemax)?;
        }
    }
    criterion.final_summary();
    Ok(())
}

/// Every form with one separation; each is tried before it is timed.
fn forms<S: Separation>(criterion: &mut Criterion, case: &Case, separation: &str, map: S) -> Result<(), Error> {
    let (model, query, bytes) = (Model::new(case.beta, map), case.query(), case.bytes());
    let (memory, patterns) = (&case.memory, case.memory.patterns()?);
    let (mut work, mut out) = (memory.workspace(), vec![0.0; memory.dim()]);
    model.step(&patterns, query, &mut out, &mut work.scratch())?;
    memory.recall_certified(&model, query)?;
    memory.settle(&model, query, Stop::after(5))?;
    case.pairs.recall(&model, query)?;
    memory.recall_batch(&model, &case.queries)?;
    streamed(&model, case, &mut out)?;
    let dim = memory.dim();
    let (kernelised, features) = (model.through(FeatureMap::new(&case.weights, dim)?.unit()), Patterns::new(&case.features, dim)?);
    let mut room = vec![0.0; dim];
    kernelised.step(&features, &patterns, query, &mut out, &mut work.scratch().with_features(&mut room))?;
    let mut time = |form: &str, bytes: u64, work: &mut dyn FnMut()| {
        let mut group = criterion.benchmark_group(format!("recall/{form}"));
        let id = BenchmarkId::new(separation, &case.name);
        group.throughput(Throughput::Bytes(bytes)).bench_function(id, |bencher| bencher.iter(&mut *work));
    };
    time("step", bytes, &mut || _ = black_box(model.step(&patterns, black_box(query), &mut out, &mut work.scratch())));
    time("kernelised", 2 * bytes, &mut || {
        let mut scratch = work.scratch().with_features(&mut room);
        _ = black_box(kernelised.step(&features, &patterns, black_box(query), &mut out, &mut scratch));
    });
    time("streamed", bytes, &mut || _ = black_box(streamed(&model, case, &mut out)));
    time("paired", 2 * bytes, &mut || _ = black_box(case.pairs.recall(&model, black_box(query))));
    time("certified", bytes, &mut || _ = black_box(memory.recall_certified(&model, black_box(query))));
    time("settle", bytes, &mut || _ = black_box(memory.settle(&model, black_box(query), Stop::after(5))));
    time("batch", BATCH as u64 * bytes, &mut || _ = black_box(memory.recall_batch(&model, black_box(&case.queries))));
    Ok(())
}

/// A pass that is given the patterns as one shard, and reads them out.
fn streamed<S: Separation>(model: &Model<S>, case: &Case, out: &mut [f32]) -> Result<(), Error> {
    let patterns = case.memory.patterns()?;
    let mut work = case.memory.workspace();
    let mut pass = model.begin(case.query(), out.len(), work.scratch())?;
    pass.update(0, &patterns)?;
    let normaliser = pass.normaliser()?;
    pass.read_out(&normaliser, 0, &patterns)?;
    pass.finish(&normaliser, out)?;
    Ok(())
}
