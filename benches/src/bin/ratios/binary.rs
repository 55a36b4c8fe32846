//! Binary memories against the same step in f32: patterns of +1 and -1 by the library's own kernels, scores and weighted sum, of all rows one
//! after the other as in bits, and of a block of 64 rows at a time, so that the matrix is read once.

use super::Report;
use basinet::binary::{BinaryBuffers, BinaryModel, BinaryPatterns, Exponential, Interaction, Power, pack, words};
use basinet::{BLOCK, Dispatch, Error, Kernels};
use basinet_benches::{data, interleaved};
use rand::RngExt;
use std::hint::black_box;

const NEURONS: usize = 4096;
const WORDS: usize = words(NEURONS);
const PATTERNS: usize = 10_000;

/// `H < 0` for each neuron, in f32: `sum_mu keep_mu + agree_mu,i w_mu`, with agreement `(1 + xi s) / 2`. So many rows are scored before they are
/// summed: with a block of them the matrix is read once, with all of them twice, which is what two products of a matrix do.
fn update(rows: &[f32], together: usize, state: &[f32], weigh: &dyn Fn(f32) -> (f32, f32), out: &mut [f32]) {
    let list: [u32; BLOCK] = std::array::from_fn(|row| row as u32);
    let (mut sums, mut base, mut weights) = (vec![0.0; NEURONS], 0.0, vec![0.0; together]);
    for rows in rows.chunks(together * NEURONS) {
        for (block, scores) in rows.chunks(BLOCK * NEURONS).zip(weights.chunks_mut(BLOCK)) {
            let count = block.len() / NEURONS;
            Dispatch.scores(block, NEURONS, state, &mut scores[..count], together == BLOCK);
            for score in &mut scores[..count] {
                let (keep, agree) = weigh(*score);
                base += keep + agree / 2.0;
                *score = agree / 2.0;
            }
        }
        for (block, weights) in rows.chunks(BLOCK * NEURONS).zip(weights.chunks(BLOCK)) {
            let count = block.len() / NEURONS;
            Dispatch.weighted_sum(block, NEURONS, &list[..count], &weights[..count], &mut sums);
        }
    }
    for ((out, state), sum) in out.iter_mut().zip(state).zip(&sums) {
        *out = if base + state * sum < 0.0 { -state } else { *state };
    }
}

/// A power's `F(o) - F(o + 2)` and `F(o + 2) - F(o - 2)`, in units of `N^n`.
fn power(n: i32) -> impl Fn(f32) -> (f32, f32) {
    move |o| {
        let [below, here, above] = [-2.0, 0.0, 2.0].map(|by| ((o + by) / NEURONS as f32).powi(n));
        (here - above, above - below)
    }
}

/// Patterns at random, and a state that is one of them with a tenth of the neurons turned over.
struct Case {
    signs: Vec<f32>,
    bits: Vec<u64>,
    state: Vec<f32>,
}

impl Case {
    fn new() -> Result<Self, Error> {
        let mut rng = data::generator(5);
        let signs: Vec<f32> = (0..PATTERNS * NEURONS).map(|_| if rng.random() { 1.0 } else { -1.0 }).collect();
        let mut bits = vec![0; PATTERNS * WORDS];
        for (row, words) in signs.chunks(NEURONS).zip(bits.chunks_mut(WORDS)) {
            pack(row, words)?;
        }
        let state = signs.iter().take(NEURONS).map(|sign| if rng.random_bool(0.1) { -sign } else { *sign }).collect();
        Ok(Self { signs, bits, state })
    }

    fn measure(
        &self,
        report: &mut Report,
        rounds: usize,
        (name, interaction): (&str, impl Interaction),
        weigh: &dyn Fn(f32) -> (f32, f32),
    ) -> Result<(), Error> {
        let (patterns, model) = (BinaryPatterns::new(&self.bits, NEURONS)?, BinaryModel::new(interaction));
        let (mut state, mut out, mut signs) = ([0; WORDS], [0; WORDS], vec![0.0; NEURONS]);
        let mut twice = signs.clone();
        let (mut packed, mut overlaps) = ([0; WORDS], vec![0; PATTERNS]);
        let mut buffers = Box::new(BinaryBuffers::<PATTERNS, 0>::new());
        pack(&self.state, &mut state)?;
        model.update(&patterns, &state, &mut out, &mut buffers.scratch())?;
        update(&self.signs, BLOCK, &self.state, weigh, &mut signs);
        pack(&signs, &mut packed)?;
        let differ = out.iter().zip(packed).map(|(a, b)| (a ^ b).count_ones()).sum::<u32>();
        assert!(differ <= NEURONS as u32 / 1000, "{name}: {differ} neurons decide otherwise in f32");
        let repeat = 10;
        let t = interleaved(
            rounds,
            &mut [
                ("bits", &mut || {
                    (0..repeat).for_each(|_| _ = black_box(model.update(&patterns, black_box(&state), &mut out, &mut buffers.scratch())));
                }),
                ("two products in f32", &mut || update(&self.signs, PATTERNS, black_box(&self.state), weigh, &mut twice)),
                ("one pass in f32", &mut || update(&self.signs, BLOCK, black_box(&self.state), weigh, &mut signs)),
                ("overlaps", &mut || {
                    (0..repeat).for_each(|_| _ = black_box(model.overlaps(&patterns, black_box(&state), &mut overlaps)));
                }),
            ],
        );
        let [bits, overlaps] = [t[0], t[3]].map(|t| t / f64::from(repeat));
        let (micros, share) = (bits * 1e6, 100.0 * overlaps / bits);
        let [two, one] = [t[1], t[2]].map(|t| format!("{:.0} | {:.1}", t * 1e6, t / bits));
        report.line(format!("| {name} | {micros:.0} | {share:.0} % | {two} | {one} |"));
        Ok(())
    }
}

pub fn binary(report: &mut Report, rounds: usize) -> Result<(), Error> {
    report.line(format!("\nOne synchronous update, {NEURONS} neurons, {PATTERNS} patterns of bits, against the same in f32."));
    report.line("\n| interaction | microseconds | overlaps' share | two products in f32 | times faster | one pass in f32 | times faster |\n|---|---|---|---|---|---|---|");
    let case = Case::new()?;
    for (name, n) in [("power 2", 2), ("power 3", 3), ("power 4", 4)] {
        case.measure(report, rounds, (name, Power::new(n as u32)?), &power(n))?;
    }
    let (mut bits, mut overlaps) = (vec![0; WORDS], vec![0; PATTERNS]);
    pack(&case.state, &mut bits)?;
    BinaryModel::new(Exponential).overlaps(&BinaryPatterns::new(&case.bits, NEURONS)?, &bits, &mut overlaps)?;
    let most = overlaps.iter().copied().max().unwrap_or(0) as f32;
    let exponential = move |o: f32| {
        let [below, here, above] = [-2.0, 0.0, 2.0].map(|by| (o + by - most).exp());
        (here - above, above - below)
    };
    case.measure(report, rounds, ("exponential", Exponential), &exponential)
}
