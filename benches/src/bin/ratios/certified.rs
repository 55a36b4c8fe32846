//! Certified recall from compressed copies against one pass over f32 rows: where one pattern stands out, behind a front of fewer columns, and
//! where every row matters, so that the copies are read in vain.
//!
//! The share of the stream is on the bytes that were read, whatever they are.

use super::Report;
use basinet::{Beta, CompressedMemory, Error, LinearMap, Model, Separation, Softmax, Sparsemax, projection};
use basinet_benches::{baseline, data, interleaved};
use std::hint::black_box;

/// Queries of a round.
const QUERIES: usize = 3;
/// Of random vectors behind a front, the cosine of a query to a pattern, and the columns of the front.
const BEHIND: (usize, usize, f64, usize) = (1_000_000, 384, 0.95, 96);
/// Where weights are spread over everything.
const SPREAD: f32 = 1e-3;

/// A memory with copies, whose f32 rows are read in full beside them: the same rows, in the same pages of memory; and queries.
struct Case<'a> {
    name: String,
    compressed: &'a CompressedMemory,
    queries: &'a [Vec<f32>],
}

impl Case<'_> {
    fn measure<S: Separation>(&self, report: &mut Report, rounds: usize, map: &str, model: &Model<S>) -> Result<(), Error> {
        let patterns = self.compressed.memory().patterns()?;
        let x = data::rows(&patterns);
        let (mut work, mut room) = (self.compressed.workspace(), self.compressed.workspace());
        let (mut out, mut state) = (vec![0.0; patterns.dim()], vec![0.0; patterns.dim()]);
        let (mut rows, mut bytes) = (0, 0);
        for query in self.queries {
            let step = model.step(&patterns, query, &mut out, &mut work.scratch())?;
            let sifting = self.compressed.recall_in(model, query, &mut state, &mut room)?;
            assert_eq!(step.winner, sifting.step.winner, "{}, {map}", self.name);
            assert!(out.iter().zip(&state).all(|(a, b)| (a - b).abs() < 1e-6), "{}, {map}: other states", self.name);
            (rows, bytes) = (rows + sifting.rows_read, bytes + sifting.bytes_read);
        }
        let t = interleaved(
            rounds,
            &mut [
                ("stream", &mut || _ = black_box(baseline::stream(black_box(&x)))),
                ("f32", &mut || {
                    for query in self.queries {
                        _ = black_box(model.step(&patterns, black_box(query), &mut out, &mut work.scratch()));
                    }
                }),
                ("certified", &mut || {
                    for query in self.queries {
                        _ = black_box(self.compressed.recall_in(model, black_box(query), &mut state, &mut room));
                    }
                }),
            ],
        );
        let each = self.queries.len() as f64;
        let (all, plain, own) = (4.0 * x.len() as f64, t[1] / each, t[2] / each);
        let (rows, bytes) = (rows as f64 / each, bytes as f64 / each);
        report.line(format!(
            "| {} | {map} | {:.1} GB/s | {:.0}, {:.0} % | {:.0}, {:.0} % | {:.1} % | {rows:.0} | {:.2} |",
            self.name,
            all / t[0] / 1e9,
            1e6 * plain,
            100.0 * t[0] / plain,
            1e6 * own,
            100.0 * bytes / all * t[0] / own,
            100.0 * bytes / all,
            plain / own
        ));
        Ok(())
    }
}

/// The first columns, as they are.
fn coordinates(dim: usize, columns: usize) -> Result<LinearMap, Error> {
    let weights = (0..columns * dim).map(|i| if i / dim == i % dim { 1.0 } else { 0.0 }).collect();
    LinearMap::new(weights, dim, None)
}

fn head(report: &mut Report, text: &str) {
    report.line(format!("\n{text}\n"));
    report.line(
        "| patterns | map | stream | f32 pass: us, share of the stream | certified: us, share on its bytes | bytes, of f32 | rows read in f32 | f32 pass / certified |",
    );
    report.line("|---|---|---|---|---|---|---|---|");
}

pub fn certified(report: &mut Report, rounds: usize) -> Result<(), Error> {
    head(report, "Queries at cosine 0.9, an int8 copy of all columns, the retrieving beta; where weights are spread, everything matters.");
    for (count, dim) in [(100_000, 128), (1_000_000, 64)] {
        let mut rng = data::generator(1);
        let memory = data::memory(&mut rng, count, dim)?;
        let queries = data::queries(&mut rng, &memory)?;
        let beta = data::retrieving_beta(&memory, &queries)?;
        let queries: Vec<Vec<f32>> = queries.into_iter().take(QUERIES).map(|(_, query)| query).collect();
        let compressed: CompressedMemory = CompressedMemory::new(memory)?;
        let case = Case { name: format!("{count} x {dim}"), compressed: &compressed, queries: &queries };
        for beta in [beta, SPREAD] {
            case.measure(report, rounds, &format!("softmax@{beta:.4}"), &Model::new(Beta::new(beta)?, Softmax))?;
            case.measure(report, rounds, &format!("sparsemax@{beta:.4}"), &Model::new(Beta::new(beta)?, Sparsemax))?;
        }
    }
    let (count, dim, cosine, columns) = BEHIND;
    head(report, &format!("Queries at cosine {cosine}, a front of {columns} columns before the copy of all {dim}; sparsemax."));
    let mut rng = data::generator(1);
    let memory = data::memory(&mut rng, count, dim)?;
    let queries: Vec<Vec<f32>> =
        (0..QUERIES).map(|i| data::query_at(&mut rng, memory.row(i * (count / 8) + 5).unwrap_or(&[]), cosine)).collect();
    let model = Model::new(Beta::new(50.0)?, Sparsemax);
    for (name, front) in
        [("a seeded rotation's", projection::seeded(dim, columns, 1)?), ("the first coordinates", coordinates(dim, columns)?)]
    {
        let compressed: CompressedMemory = CompressedMemory::progressive(memory.clone(), front)?;
        let case = Case { name: format!("{count} x {dim}, {name}"), compressed: &compressed, queries: &queries };
        case.measure(report, rounds, "sparsemax@50", &model)?;
    }
    Ok(())
}
