//! Recall against the memory's own speed and against its three-pass form.

use super::Report;
use basinet::{Beta, Dispatch, Error, Kernels, Memory, Model, Scratch, Softmax, Sparsemax};
use basinet_benches::{baseline, data, interleaved};
use std::hint::black_box;

/// Rows whose terms and whose weighted sum are added up apart in three passes: in one f32 sum over a large memory small terms are lost, and
/// the results would not agree.
pub const GROUP: usize = 512;

/// The sum of a list, in 16 partial sums.
fn sum(terms: &[f32]) -> f32 {
    let (whole, rest) = terms.as_chunks::<16>();
    let mut sums = [0.0; 16];
    for terms in whole {
        sums.iter_mut().zip(terms).for_each(|(sum, term)| *sum += term);
    }
    sums.iter().chain(rest).sum()
}

/// The three-pass form of the same kernels: all scores, all terms, then the weighted sum.
pub fn three_passes(x: &[f32], dim: usize, query: &[f32], beta: f32, scores: &mut [f32], out: &mut [f32]) {
    Dispatch.scores(x, dim, query, scores, false);
    let max = Dispatch.max(scores).unwrap_or(0.0);
    Dispatch.exp_sub(scores, beta, max);
    let sum: f32 = scores.chunks(GROUP).map(sum).sum();
    out.fill(0.0);
    let (mut part, rows) = (vec![0.0; dim], core::array::from_fn::<u32, GROUP, _>(|row| row as u32));
    for (x, scores) in x.chunks(GROUP * dim).zip(scores.chunks(GROUP)) {
        part.fill(0.0);
        Dispatch.weighted_sum(x, dim, &rows[..scores.len()], scores, &mut part);
        Dispatch.scale_add(out, 1.0, &part, 1.0);
    }
    out.iter_mut().for_each(|x| *x /= sum);
}

pub fn recall(report: &mut Report, rounds: usize, count: usize, dim: usize) -> Result<(), Error> {
    let mut rng = data::generator(1);
    let memory: Memory = data::memory(&mut rng, count, dim)?;
    let patterns = memory.patterns()?;
    let x = data::rows(&patterns);
    let queries = data::queries(&mut rng, &memory)?;
    let beta = data::retrieving_beta(&memory, &queries)?;
    let query = &queries[0].1;
    report.line(format!("\n{count} x {dim}: retrieving beta {beta:.4}"));
    report.line(
        "| beta | softmax: share of the stream | three passes / one pass | sparsemax: share of the stream | sparsemax / softmax | support |"
    );
    report.line("|---|---|---|---|---|---|");
    for (name, beta) in [("weights spread, 1", 1.0), ("a quarter of it", beta / 4.0), ("retrieving", beta)] {
        let (softmax, sparsemax) = (Model::new(Beta::new(beta)?, Softmax), Model::new(Beta::new(beta)?, Sparsemax));
        let (mut one, mut three, mut sparse) = (vec![0.0; dim], vec![0.0; dim], vec![0.0; dim]);
        let (mut sums, mut scores) = (vec![0.0; 3 * dim], vec![0.0; count]);
        let (mut candidates, mut numbers, mut work) = (vec![0.0; count], vec![0u32; count], vec![0.0; count]);
        three_passes(&x, dim, query, beta, &mut scores, &mut three);
        softmax.step(&patterns, query, &mut one, &mut Scratch::new(&mut sums, &mut [], &mut [], &mut []))?;
        assert!(one.iter().zip(&three).all(|(a, b)| (a - b).abs() < 2e-5));
        let mut support = 0;
        let mut other_sums = sums.clone();
        let t = interleaved(
            rounds,
            &mut [
                ("stream", &mut || _ = black_box(baseline::stream(black_box(&x)))),
                ("one", &mut || {
                    let mut scratch = Scratch::new(&mut sums, &mut [], &mut [], &mut []);
                    _ = black_box(softmax.step(&patterns, black_box(query), &mut one, &mut scratch));
                }),
                ("three", &mut || three_passes(&x, dim, black_box(query), beta, &mut scores, &mut three)),
                ("sparse", &mut || {
                    let mut scratch = Scratch::new(&mut other_sums, &mut candidates, &mut numbers, &mut work);
                    support = sparsemax.step(&patterns, black_box(query), &mut sparse, &mut scratch).map_or(0, |step| step.support);
                }),
            ],
        );
        let gigabytes = (4 * count * dim) as f64 / t[0] / 1e9;
        report.line(format!(
            "| {name} | {:.0} % of {gigabytes:.1} GB/s | {:.2} | {:.0} % | {:.2} | {support} |",
            100.0 * t[0] / t[1],
            t[2] / t[1],
            100.0 * t[0] / t[3],
            t[3] / t[1]
        ));
    }
    Ok(())
}
