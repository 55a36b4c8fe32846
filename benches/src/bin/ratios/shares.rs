//! What part of the machine the kernels and the forms of recall use: of the speed at which a loop that only adds up reads the patterns,
//! from memory or from the cache that holds them, and of the fused multiply-adds that the processor could do; both are measured in the
//! same rounds.
//!
//! A product and its addition count as two operations: where they are two instructions, half of the peak is all there is. Of a sparse map
//! only the scores count.

use super::Report;
use basinet::{Beta, Dispatch, Error, Kernels, Memory, Model, Softmax, Sparsemax};
use basinet_benches::{baseline, data, interleaved};
use std::hint::black_box;

/// In the first-level cache, in the second, in the third, in memory.
const SHAPES: [(usize, usize); 4] = [(64, 64), (1024, 64), (4096, 128), (100_000, 128)];
/// Queries of a batch.
const BATCH: usize = 64;
/// What a call of the peak's loop does, in rounds.
const PEAK: usize = 20_000;

/// A line of a table: what is done, operations a number of the patterns, seconds.
type Line = (&'static str, usize, f64);

pub fn shares(report: &mut Report, rounds: usize) -> Result<(), Error> {
    for (count, dim) in SHAPES {
        let mut rng = data::generator(1);
        let memory = data::memory(&mut rng, count, dim)?;
        let queries: Vec<f32> = (0..BATCH).flat_map(|i| data::query(&mut rng, memory.row(i * count / BATCH).unwrap_or(&[]))).collect();
        let (stream, peak, lines) = measure(&memory, &queries, rounds)?;
        let numbers = (count * dim) as f64;
        let (bandwidth, peak) = (4e-9 * numbers / stream, 1e-9 * baseline::fma_operations(PEAK) as f64 / peak);
        report.line(format!("\n{count} x {dim}: stream {bandwidth:.1} GB/s, fused multiply-adds {peak:.1} Gflop/s\n"));
        report.line("| work | microseconds | GB/s, share of the stream | Gflop/s, share of the peak |\n|---|---|---|---|");
        for (name, operations, seconds) in lines {
            let (read, done) = (4e-9 * numbers / seconds, 1e-9 * operations as f64 * numbers / seconds);
            let (of_stream, of_peak) = (100.0 * read / bandwidth, 100.0 * done / peak);
            let micros = 1e6 * seconds;
            report.line(format!("| {name} | {micros:.2} | {read:.1}, {of_stream:.0} % | {done:.1}, {of_peak:.0} % |"));
        }
    }
    Ok(())
}

/// Seconds of the stream, of the peak's loop, and the lines, at beta 1, where every row has a weight.
fn measure(memory: &Memory, queries: &[f32], rounds: usize) -> Result<(f64, f64, Vec<Line>), Error> {
    let patterns = memory.patterns()?;
    let (count, dim) = (patterns.count(), patterns.dim());
    let x = data::rows(&patterns);
    let query = &queries[..dim];
    let (softmax, sparsemax) = (Model::new(Beta::new(1.0)?, Softmax), Model::new(Beta::new(1.0)?, Sparsemax));
    let (mut work, mut other_work) = (memory.workspace(), memory.workspace());
    let (mut scores, weights, numbers) = (vec![0.0; count], vec![1.0 / count as f32; count], (0..count as u32).collect::<Vec<_>>());
    let (mut sum, mut out, mut other_out) = (vec![0.0; dim], vec![0.0; dim], vec![0.0; dim]);
    // Enough to find the patterns where the last turn left them.
    let repeat = 1 + 8_000_000 / x.len();
    let times = || 0..repeat;
    let seconds = interleaved(
        rounds,
        &mut [
            ("stream", &mut || times().for_each(|_| _ = black_box(baseline::stream(black_box(&x))))),
            ("peak", &mut || _ = black_box(baseline::fma(black_box(PEAK)))),
            ("scores", &mut || times().for_each(|_| Dispatch.scores(black_box(&x), dim, black_box(query), &mut scores, false))),
            ("weighted sum", &mut || {
                times().for_each(|_| Dispatch.weighted_sum(black_box(&x), dim, &numbers, black_box(&weights), &mut sum))
            }),
            ("softmax", &mut || {
                times().for_each(|_| _ = black_box(softmax.step(&patterns, black_box(query), &mut out, &mut work.scratch())));
            }),
            ("sparsemax", &mut || {
                times().for_each(|_| _ = black_box(sparsemax.step(&patterns, black_box(query), &mut other_out, &mut other_work.scratch())));
            }),
            ("softmax, batch", &mut || _ = black_box(memory.recall_batch(&softmax, black_box(queries)))),
            ("sparsemax, batch", &mut || _ = black_box(memory.recall_batch(&sparsemax, black_box(queries)))),
        ],
    );
    let each = |i: usize| seconds[i] / repeat as f64;
    let lines = vec![
        ("scores", 2, each(2)),
        ("weighted sum", 2, each(3)),
        ("softmax, one query", 4, each(4)),
        ("sparsemax, one query", 2, each(5)),
        ("softmax, 64 queries", 4 * BATCH, seconds[6]),
        ("sparsemax, 64 queries", 2 * BATCH, seconds[7]),
    ];
    Ok((each(0), seconds[1], lines))
}
