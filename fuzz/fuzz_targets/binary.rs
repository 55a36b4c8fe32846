//! Binary memories of any bits: every neuron decides as the sum over the patterns says, one by one, in integers of 128 bits.
//!
//! The same on every backend. What is wrong is named, and the state is left as it was.
#![no_main]

use arbitrary::{Result, Unstructured};
use basinet_conformance::generator::SplitMix64;
use basinet_core::binary::{
    BinaryBuffers, BinaryDynamics, BinaryModel, BinaryPatterns, BinaryReport, Exponential, Interaction, Power, RectifiedPower, words,
};
use basinet_core::{Backend, Error, Job, Kernels};
use basinet_fuzz::draw;
use libfuzzer_sys::fuzz_target;

const ROWS: usize = 120;
const WORDS: usize = 5;

#[derive(Clone, Copy)]
enum Kind {
    Power(u32),
    Rectified(u32),
    Exponential,
}

struct Case {
    kind: Kind,
    neurons: usize,
    rows: Vec<u64>,
    state: Vec<u64>,
    steps: usize,
}

impl Case {
    fn draw(bytes: &mut Unstructured<'_>) -> Result<Self> {
        let kind = match draw::below(bytes, 3)? {
            0 => Kind::Power(draw::below(bytes, 33)? as u32),
            1 => Kind::Rectified(draw::below(bytes, 33)? as u32),
            _ => Kind::Exponential,
        };
        let (neurons, count, distinct) =
            (draw::below(bytes, 64 * WORDS)? + 1, draw::below(bytes, ROWS)? + 1, draw::below(bytes, ROWS)? + 1);
        let (stride, near, noise, steps) = (words(neurons), draw::below(bytes, count)?, draw::below(bytes, 4)?, draw::below(bytes, 5)?);
        let mut generator = SplitMix64::new(bytes.arbitrary()?);
        let mut rows: Vec<u64> = (0..count * stride).map(|_| generator.bits()).collect();
        for i in distinct * stride..rows.len() {
            rows[i] = rows[i - distinct * stride];
        }
        let flipped = |generator: &mut SplitMix64| (0..noise).fold(u64::MAX, |mask, _| mask & generator.bits());
        let state = rows[near * stride..][..stride].iter().map(|word| word ^ flipped(&mut generator)).collect();
        Ok(Self { kind, neurons, rows, state, steps })
    }

    /// `sum F(kept) - F(turned)` at each neuron, where F and the sum are exact; `None` where they are not.
    fn differences(&self, state: &[u64]) -> Option<Vec<i128>> {
        let (n, rectified) = match self.kind {
            Kind::Power(n @ ..=6) => (n, false),
            Kind::Rectified(n @ ..=6) => (n, true),
            _ => return None,
        };
        let sign = |words: &[u64], i: usize| if words[i / 64] >> (i % 64) & 1 == 1 { 1 } else { -1 };
        let f = |x: i128| if rectified && x < 0 { 0 } else { x.pow(n) };
        let mut sums = vec![0; self.neurons];
        for row in self.rows.chunks(words(self.neurons)) {
            let overlap: i128 = (0..self.neurons).map(|i| sign(row, i) * sign(state, i)).sum();
            for (i, sum) in sums.iter_mut().enumerate() {
                *sum += f(overlap) - f(overlap - 2 * sign(row, i) * sign(state, i));
            }
        }
        Some(sums)
    }
}

/// Everything that is answered: the step of all neurons, and where each dynamics ends.
type Answers = std::result::Result<(Vec<u64>, [(Vec<u64>, BinaryReport); 2]), Error>;

struct Everything<'a>(&'a Case);

impl Job for Everything<'_> {
    type Output = Answers;
    fn run<K: Kernels>(self, kernels: K) -> Answers {
        match self.0.kind {
            Kind::Power(n) => play(self.0, BinaryModel::new(Power::new(n)?).on(kernels)),
            Kind::Rectified(n) => play(self.0, BinaryModel::new(RectifiedPower::new(n)?).on(kernels)),
            Kind::Exponential => play(self.0, BinaryModel::new(Exponential).on(kernels)),
        }
    }
}

fn play<F: Interaction, K: Kernels>(case: &Case, model: BinaryModel<F, K>) -> Answers {
    let patterns = BinaryPatterns::new(&case.rows, case.neurons)?;
    let mut buffers = BinaryBuffers::<ROWS, WORDS>::new();
    let mut out = vec![u64::MAX; case.state.len()];
    model.update(&patterns, &case.state, &mut out, &mut buffers.scratch())?;
    if let Some(differences) = case.differences(&case.state) {
        for (i, difference) in differences.into_iter().enumerate() {
            assert_eq!((case.state[i / 64] ^ out[i / 64]) >> (i % 64) & 1 == 1, difference < 0, "neuron {i}: {difference}");
        }
    }
    let mut short = vec![1; case.state.len() + 1];
    assert!(model.sweep(&patterns, &mut short, &mut buffers.scratch()).is_err() && short.iter().all(|word| *word == 1));
    let mut settle = |dynamics| {
        let mut state = case.state.clone();
        model.settle(&patterns, &mut state, dynamics, case.steps, &mut buffers.scratch()).map(|report| (state, report))
    };
    let settled = [settle(BinaryDynamics::Synchronous)?, settle(BinaryDynamics::Asynchronous)?];
    if let (Some(differences), true) = (case.differences(&settled[1].0), settled[1].1.converged) {
        assert!(differences.iter().all(|difference| *difference >= 0), "a neuron would still turn over");
    }
    Ok((out, settled))
}

fuzz_target!(|data: &[u8]| {
    let Ok(case) = Case::draw(&mut Unstructured::new(data)) else { return };
    let mut runs = Backend::available().filter_map(|backend| backend.run(Everything(&case)));
    let first = runs.next();
    assert!(runs.all(|run| Some(&run) == first.as_ref()), "backends differ");
});
