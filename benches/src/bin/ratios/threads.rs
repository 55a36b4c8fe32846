//! One query by two threads, against what two threads can read, and against one.

use super::Report;
use basinet::{Beta, Memory, Model, Separation, Softmax, Sparsemax};
use basinet_benches::{baseline, data, interleaved};
use rayon::{ThreadPool, ThreadPoolBuildError, ThreadPoolBuilder};
use std::hint::black_box;

/// How many threads there are; the stream is read by as many.
const THREADS: usize = 2;

/// The pool that is measured.
pub fn pool() -> Result<ThreadPool, ThreadPoolBuildError> {
    ThreadPoolBuilder::new().num_threads(THREADS).build()
}

pub fn recall(report: &mut Report, rounds: usize, count: usize, dim: usize) -> Result<(), Box<dyn std::error::Error>> {
    let pool = pool()?;
    let mut rng = data::generator(1);
    let memory: Memory = data::memory(&mut rng, count, dim)?;
    let x: Vec<f32> = (0..count).flat_map(|i| memory.row(i).unwrap_or(&[]).iter().copied()).collect();
    let queries = data::queries(&mut rng, &memory)?;
    let (query, retrieving) = (&queries[0].1, data::retrieving_beta(&memory, &queries)?);
    report.line(format!("\n{count} x {dim}: retrieving beta {retrieving:.4}\n"));
    report.line(
        "| beta | stream by one, by two threads | softmax: share of the two's | one thread / two | sparsemax: share of the two's | one thread / two | support |",
    );
    report.line("|---|---|---|---|---|---|---|");
    for (name, beta) in [("weights spread, 1", 1.0), ("retrieving", retrieving)] {
        let (softmax, sparsemax) = (Model::new(Beta::new(beta)?, Softmax), Model::new(Beta::new(beta)?, Sparsemax));
        assert_eq!(pool.install(|| memory.par_recall(&softmax, query))?, memory.recall(&softmax, query)?);
        let recalled = memory.recall(&sparsemax, query)?;
        assert_eq!(pool.install(|| memory.par_recall(&sparsemax, query))?, recalled);
        let t = interleaved(
            rounds,
            &mut [
                ("stream of one", &mut || _ = black_box(baseline::stream(black_box(&x)))),
                ("stream", &mut || stream(&pool, &x)),
                ("softmax", &mut || by_threads(&pool, &memory, &softmax, query)),
                ("softmax of one", &mut || _ = black_box(memory.recall(&softmax, black_box(query)))),
                ("sparsemax", &mut || by_threads(&pool, &memory, &sparsemax, query)),
                ("sparsemax of one", &mut || _ = black_box(memory.recall(&sparsemax, black_box(query)))),
            ],
        );
        let speed = |seconds: f64| (4 * count * dim) as f64 / seconds / 1e9;
        report.line(format!(
            "| {name} | {:.1}, {:.1} GB/s | {:.0} % | {:.2} | {:.0} % | {:.2} | {} |",
            speed(t[0]),
            speed(t[1]),
            100.0 * t[1] / t[2],
            t[3] / t[2],
            100.0 * t[1] / t[4],
            t[5] / t[4],
            recalled.step.support
        ));
    }
    Ok(())
}

/// Each thread reads its part of the numbers once.
fn stream(pool: &ThreadPool, numbers: &[f32]) {
    let (one, other) = numbers.split_at(numbers.len() / THREADS);
    black_box(pool.join(|| baseline::stream(black_box(one)), || baseline::stream(black_box(other))));
}

fn by_threads<S: Separation>(pool: &ThreadPool, memory: &Memory, model: &Model<S>, query: &[f32]) {
    _ = black_box(pool.install(|| memory.par_recall(model, black_box(query))));
}
