//! How far f32 states of a softmax recall are from the same recall in f64, the rows and the query taken as exact.
//!
//! Three ways: the library's one pass; three passes with pairwise summation everywhere, as NumPy has it in its sums (in its products with
//! a matrix it has what its BLAS does, which is no better); three passes with each sum taken from the left. An error is that of one
//! number of the state, in units of 2^-24 of the largest pattern entry.

use super::Report;
use basinet::{Beta, Error, Model, Softmax};
use basinet_benches::{data, median};

const SHAPES: [(usize, usize); 4] = [(256, 64), (4096, 128), (100_000, 128), (1_000_000, 64)];
/// The most queries of each.
const QUERIES: usize = 20;

/// How a list of numbers is added up.
#[derive(Clone, Copy)]
enum Order {
    Pairwise,
    FromTheLeft,
}

impl Order {
    /// The sum of `count` terms. Pairwise: halves of halves down to 128 terms, those in eight partial sums, as in NumPy.
    fn sum(self, from: usize, count: usize, term: &impl Fn(usize) -> f32) -> f32 {
        match self {
            Self::FromTheLeft => (from..from + count).fold(0.0, |sum, i| sum + term(i)),
            Self::Pairwise if count < 8 => (from..from + count).fold(0.0, |sum, i| sum + term(i)),
            Self::Pairwise if count <= 128 => {
                let mut sums = [0.0f32; 8];
                let whole = count - count % 8;
                (0..whole).for_each(|i| sums[i % 8] += term(from + i));
                let whole_sum = ((sums[0] + sums[1]) + (sums[2] + sums[3])) + ((sums[4] + sums[5]) + (sums[6] + sums[7]));
                (from + whole..from + count).fold(whole_sum, |sum, i| sum + term(i))
            }
            Self::Pairwise => {
                let half = count / 2 - count / 2 % 8;
                self.sum(from, half, term) + self.sum(from + half, count - half, term)
            }
        }
    }
}

/// The recall in f32, all sums in `order`.
fn three_passes(order: Order, x: &[f32], query: &[f32], beta: f32) -> Vec<f32> {
    let (dim, count) = (query.len(), x.len() / query.len());
    let mut p: Vec<f32> = x.chunks_exact(dim).map(|row| beta * order.sum(0, dim, &|j| row[j] * query[j])).collect();
    let max = p.iter().copied().fold(f32::MIN, f32::max);
    p.iter_mut().for_each(|z| *z = (*z - max).exp());
    let sum = order.sum(0, count, &|i| p[i]);
    p.iter_mut().for_each(|p| *p /= sum);
    (0..dim).map(|j| order.sum(0, count, &|i| p[i] * x[i * dim + j])).collect()
}

/// The recall in f64.
fn exact(x: &[f32], query: &[f32], beta: f32) -> Vec<f64> {
    let dim = query.len();
    let dot = |row: &[f32]| row.iter().zip(query).map(|(&x, &q)| f64::from(x) * f64::from(q)).sum::<f64>();
    let z: Vec<f64> = x.chunks_exact(dim).map(|row| f64::from(beta) * dot(row)).collect();
    let max = z.iter().copied().fold(f64::MIN, f64::max);
    let (mut out, mut sum) = (vec![0.0; dim], 0.0);
    for (z, row) in z.iter().zip(x.chunks_exact(dim)) {
        let p = (z - max).exp();
        sum += p;
        out.iter_mut().zip(row).for_each(|(out, &x)| *out += p * f64::from(x));
    }
    out.iter().map(|out| out / sum).collect()
}

/// Largest and median of the errors, as they stand in the table.
fn cell(errors: Vec<f64>) -> String {
    format!("{:.2} ({:.3})", errors.iter().copied().fold(0.0, f64::max), median(errors))
}

pub fn errors(report: &mut Report) -> Result<(), Error> {
    report.line("\nErrors of a state against f64, in units of 2^-24 of the largest pattern entry: the largest, and the median.\n");
    report.line("| patterns | beta | one pass | pairwise | from the left |\n|---|---|---|---|---|");
    for (count, dim) in SHAPES {
        let mut rng = data::generator(1);
        let memory = data::memory(&mut rng, count, dim)?;
        let patterns = memory.patterns()?;
        let x = data::rows(&patterns);
        let unit = x.iter().fold(0.0, |m, x| f64::from(x.abs()).max(m)) / 16_777_216.0;
        let queries = data::queries(&mut rng, &memory)?;
        let retrieving = data::retrieving_beta(&memory, &queries)?;
        for beta in [1.0, retrieving] {
            let model = Model::new(Beta::new(beta)?, Softmax);
            let mut all = [const { Vec::new() }; 3];
            for (_, query) in queries.iter().take(QUERIES) {
                let truth = exact(&x, query, beta);
                let states = [
                    memory.recall(&model, query)?.state,
                    three_passes(Order::Pairwise, &x, query, beta),
                    three_passes(Order::FromTheLeft, &x, query, beta),
                ];
                for (errors, state) in all.iter_mut().zip(states) {
                    errors.extend(state.iter().zip(&truth).map(|(&a, b)| (f64::from(a) - b).abs() / unit));
                }
            }
            let [ours, pairwise, left] = all.map(cell);
            let name = if beta == 1.0 { "1, weights spread".into() } else { format!("{beta:.2}, retrieving") };
            report.line(format!("| {count} x {dim} | {name} | {ours} | {pairwise} | {left} |"));
        }
    }
    Ok(())
}
