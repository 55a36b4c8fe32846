//! Every separation, by the backend that the machine gives: the weights of a list of scores, and a step at the retrieving beta.
//! `cargo bench -p basinet-benches --bench separations [-- FILTER]`.

use basinet::{Backend, Beta, Error, Memory, Model, Separation, Workspace};
use basinet_benches::data::{self, SEPARATIONS};
use basinet_conformance::separations::{WithSeparation, named};
use criterion::{BenchmarkId, Criterion, Throughput};
use std::hint::black_box;
use std::time::Duration;

fn main() -> Result<(), Error> {
    println!("backend {}, one thread", Backend::current());
    // With so little time for each, all benches together stay under 15 minutes.
    let mut criterion = Criterion::default()
        .sample_size(20)
        .warm_up_time(Duration::from_millis(200))
        .measurement_time(Duration::from_millis(800))
        .configure_from_args();
    let mut rng = data::generator(3);
    // Many scores above the threshold, and few.
    for (count, spread) in [(4096, 0.01), (4096, 1.0), (65_536, 1.0)] {
        let scores = data::numbers(&mut rng, count, spread);
        for name in SEPARATIONS {
            let job =
                Weights { criterion: &mut criterion, id: BenchmarkId::new(name, format!("{count}, spread {spread}")), scores: &scores };
            named(name, job).unwrap_or(Ok(()))?;
        }
    }
    for (count, dim) in [(1024, 64), (4096, 128), (100_000, 128)] {
        let mut rng = data::generator(1);
        let memory = data::memory(&mut rng, count, dim)?;
        let queries = data::queries(&mut rng, &memory)?;
        let beta = Beta::new(data::retrieving_beta(&memory, &queries)?)?;
        for name in SEPARATIONS {
            let id = BenchmarkId::new(name, format!("{count}x{dim}"));
            named(name, Step { criterion: &mut criterion, id, memory: &memory, query: &queries[0].1, beta }).unwrap_or(Ok(()))?;
        }
    }
    criterion.final_summary();
    Ok(())
}

/// Weights of a list of scores; the copying of the list is in the time.
struct Weights<'a> {
    criterion: &'a mut Criterion,
    id: BenchmarkId,
    scores: &'a [f32],
}

impl WithSeparation for Weights<'_> {
    type Output = Result<(), Error>;
    fn with<S: Separation>(self, separation: S) -> Self::Output {
        let model = Model::new(Beta::new(1.0)?, separation);
        let (mut work, mut p) = (Workspace::new(1, self.scores.len()), self.scores.to_vec());
        model.weights(&mut p, &mut work.scratch())?;
        let mut group = self.criterion.benchmark_group("weights");
        group.throughput(Throughput::Elements(self.scores.len() as u64)).bench_function(self.id, |bencher| {
            bencher.iter(|| {
                p.copy_from_slice(black_box(self.scores));
                model.weights(&mut p, &mut work.scratch())
            });
        });
        Ok(())
    }
}

/// A step; the throughput is that of the patterns' bytes.
struct Step<'a> {
    criterion: &'a mut Criterion,
    id: BenchmarkId,
    memory: &'a Memory,
    query: &'a [f32],
    beta: Beta,
}

impl WithSeparation for Step<'_> {
    type Output = Result<(), Error>;
    fn with<S: Separation>(self, separation: S) -> Self::Output {
        let (model, patterns) = (Model::new(self.beta, separation), self.memory.patterns()?);
        let (mut work, mut out) = (self.memory.workspace(), vec![0.0; self.query.len()]);
        model.step(&patterns, self.query, &mut out, &mut work.scratch())?;
        let mut group = self.criterion.benchmark_group("step");
        let bytes = 4 * (patterns.count() * patterns.dim()) as u64;
        group.throughput(Throughput::Bytes(bytes)).bench_function(self.id, |bencher| {
            bencher.iter(|| model.step(&patterns, black_box(self.query), &mut out, &mut work.scratch()));
        });
        Ok(())
    }
}
