//! Log-sum-ReLU memories and universal networks, of arbitrary rows, queries and parameters.
//!
//! The same bits on every backend; what is wrong is named, and `out` is left as it was. Log-sum-ReLU: which rows are active, their mean and
//! the energy meet f64, and a walk never raises the energy by more than rounding does. Universal: weights meet those of the scores by their
//! definition, and a step is the weighted sum of the rows.
#![no_main]

use arbitrary::{Result, Unstructured};
use basinet_conformance::tolerance::{self, EPS};
use basinet_core::universal::{Separation, Similarity, Universal};
use basinet_core::{Backend, Beta, Error, Job, Kernels, LogSumRelu, Stop};
use basinet_fuzz::memory::Memory;
use basinet_fuzz::{Bits, Work, bits, check, draw, floats, wide};
use libfuzzer_sys::fuzz_target;

#[derive(Clone)]
struct Case {
    keys: Memory,
    query: Vec<f32>,
    beta: Beta,
    eps: f32,
    similarity: Similarity,
    separation: Separation,
    raw: bool,
    room: usize,
}

impl Case {
    fn draw(bytes: &mut Unstructured<'_>) -> Result<Self> {
        let (count, dim) = (1 + draw::below(bytes, 200)?, 1 + draw::below(bytes, 40)?);
        let keys = Memory::draw(bytes, count, dim)?;
        let query = if bytes.arbitrary()? { keys.row(draw::below(bytes, count)?).to_vec() } else { draw::numbers(bytes, dim)? };
        let beta = Beta::new(draw::beta(bytes)?).expect("a beta");
        let eps = draw::raw(bytes)?;
        let similarity = Similarity::ALL[draw::below(bytes, Similarity::ALL.len())?];
        let separation = match draw::below(bytes, 5)? {
            0 => Separation::Identity,
            1 => Separation::power(draw::amount(bytes)?).expect("a power"),
            2 => Separation::Softmax(beta),
            3 => Separation::Sparsemax(beta),
            _ => Separation::Max,
        };
        let (raw, room) = (bytes.arbitrary()?, draw::below(bytes, 16)?);
        Ok(Self { keys, query, beta, eps, similarity, separation, raw, room })
    }
}

/// What `out` holds before a call.
const OLD: f32 = -7.25;

/// What is written beside what is said, or an error that left `out` alone.
type Told<T> = std::result::Result<(Vec<u32>, T), Error>;

fn told<T: std::fmt::Debug>(length: usize, call: impl FnOnce(&mut [f32]) -> std::result::Result<T, Error>) -> Told<T> {
    let mut out = vec![OLD; length];
    let result = call(&mut out);
    assert!(result.is_ok() || out.iter().all(|x| *x == OLD), "out changed, and {result:?}");
    result.map(|told| (bits(&out), told))
}

/// Everything that is asked; numbers in bits.
#[derive(Debug, PartialEq)]
struct Answer {
    active: Told<basinet_core::log_sum_relu::Step>,
    step: Told<basinet_core::log_sum_relu::Step>,
    gradient: Told<basinet_core::log_sum_relu::Step>,
    walk: Told<basinet_core::log_sum_relu::Report>,
    scores: Told<()>,
    weights: Bits,
    out: Told<basinet_core::universal::Step>,
}

impl Job for &Case {
    type Output = Answer;
    fn run<K: Kernels>(self, kernels: K) -> Answer {
        let Case { keys, query, .. } = self;
        let (rows, dim) = (keys.patterns(), keys.dim);
        let mut work = Work::new(dim, self.room, 0);
        let memory = LogSumRelu::new(self.beta).with_eps(self.eps).unwrap_or(LogSumRelu::new(self.beta)).on(kernels);
        let active = told(keys.count, |out| memory.weights(&rows, query, out));
        let step = told(dim, |out| memory.step(&rows, query, out, &mut work.scratch()));
        let gradient = told(dim, |out| memory.gradient(&rows, query, out, &mut work.scratch()));
        let mut state = query.clone();
        let walk = memory.settle(&rows, &mut state, Stop::after(20).weight_change(0.0), &mut work.scratch());
        assert!(walk.is_ok() || bits(&state) == bits(query), "the state changed, and {walk:?}");
        let network = Universal::new(self.similarity, self.separation).on(kernels);
        let network = if self.raw { network.unnormalised() } else { network };
        let scores = told(keys.count, |out| network.scores(&rows, query, out));
        let mut weights = vec![f32::NAN; keys.count];
        let out = told(dim, |out| network.step(&rows, query, &mut weights, out, &mut work.scratch()));
        let weights = out.as_ref().map(|_| bits(&weights)).map_err(|error| *error);
        Answer { active, step, gradient, walk: walk.map(|report| (bits(&state), report)), scores, weights, out }
    }
}

impl Case {
    fn check(&self) {
        let answer = Backend::Scalar.run(self).expect("it is available");
        for backend in Backend::available() {
            assert_eq!(backend.run(self).expect("it is available"), answer, "{backend} and scalar");
        }
        self.check_active(&answer);
        self.check_universal(&answer);
    }

    /// Squared distances in f64, and how far f32 may be off.
    fn squares(&self) -> Vec<(f64, f64)> {
        let (chunks, lost) = (self.keys.dim.div_ceil(16) as f64, tolerance::dot(self.keys.dim, 0.0));
        let square = |i| self.keys.row(i).iter().zip(&self.query).map(|(&a, &b)| (f64::from(a) - f64::from(b)).powi(2)).sum::<f64>();
        (0..self.keys.count).map(|i| (square(i), (chunks + 7.0) * EPS * square(i) + lost)).collect()
    }

    fn check_active(&self, answer: &Answer) {
        if let Some(index) = self.query.iter().position(|x| !x.is_finite()) {
            return assert_eq!(answer.step, Err(Error::QueryNotFinite { index }));
        }
        let squares = self.squares();
        let overflows = |&(square, _): &(f64, f64)| square.is_nan() || square > f64::from(f32::MAX / 2.0);
        let (weights, seen) = match &answer.active {
            Ok((weights, seen)) => (floats(weights), seen),
            Err(Error::ScoreNotFinite { row }) => return assert!(overflows(&squares[*row]), "row {row}"),
            Err(error) => panic!("{error}"),
        };
        let half_beta = f64::from(self.beta.get()) / 2.0;
        let active: Vec<usize> = (0..weights.len()).filter(|i| weights[*i] > 0.0).collect();
        assert_eq!((seen.active, seen.rows), (active.len(), weights.len()));
        assert!(weights.iter().all(|p| *p == 0.0 || *p == (1.0 / active.len() as f64) as f32));
        for (i, (square, off)) in squares.iter().enumerate() {
            let inside = active.binary_search(&i).is_ok();
            assert!(if inside { half_beta * (square - off) < 1.0 } else { half_beta * (square + off) >= 1.0 }, "row {i}, {inside}");
        }
        let eps = if self.eps >= 0.0 && self.eps.is_finite() { f64::from(self.eps) } else { 0.0 };
        assert_eq!(seen.energy.is_none(), active.is_empty() && eps == 0.0);
        let sum = |by: f64| eps + active.iter().map(|&i| 1.0 - half_beta * (squares[i].0 - by * squares[i].1)).sum::<f64>();
        let (low, high) = (sum(-1.0), sum(1.0));
        if let Some(energy) = seen.energy
            && low > 0.0
        {
            let (lowest, highest) = (-high.ln() / (2.0 * half_beta), -low.ln() / (2.0 * half_beta));
            let slack = 1e-9 * (1.0 + lowest.abs() + 1.0 / half_beta);
            assert!(energy >= lowest - slack && energy <= highest + slack, "{lowest:e} {energy:e} {highest:e}");
        }
        let entries: Vec<f64> = (0..self.keys.dim).map(|j| active.iter().map(|&i| f64::from(self.keys.row(i)[j])).sum()).collect();
        let sizes = |j: usize| active.iter().map(|&i| f64::from(self.keys.row(i)[j]).abs()).sum::<f64>();
        match &answer.step {
            Ok((out, _)) if active.is_empty() => assert_eq!(*out, self.query.iter().map(|x| (x + 0.0).to_bits()).collect::<Vec<_>>()),
            Ok((out, step)) => {
                assert_eq!(step, seen);
                let count = active.len() as f64;
                for (j, &found) in floats(out).iter().enumerate() {
                    let allowed = (tolerance::depth(active.len()) + 2.0) * EPS * sizes(j) / count + f64::from(f32::from_bits(1));
                    check::near("mean", found.into(), entries[j] / count, allowed);
                }
            }
            Err(error) => {
                assert_eq!(*error, Error::OutputNotFinite);
                assert!((0..entries.len()).any(|j| sizes(j) > f64::from(f32::MAX / 2.0)));
            }
        }
        if let Ok((_, gradient)) = &answer.gradient {
            assert_eq!(gradient, seen);
        }
    }

    fn check_universal(&self, answer: &Answer) {
        let Ok((scores, ())) = &answer.scores else {
            return assert_eq!(answer.out.as_ref().err(), answer.scores.as_ref().err());
        };
        let (scores, (out, step)) = match (&answer.out, floats(scores)) {
            (Ok(found), scores) => (scores, found),
            (Err(Error::SumNotPositive), scores) => {
                let (sum, size) = (wide(&scores).iter().sum::<f64>(), wide(&scores).iter().map(|s| s.abs()).sum::<f64>());
                return assert!(sum <= 1e-9 * size || scores.iter().any(|s| *s < 0.0), "{sum:e} of {scores:?}");
            }
            (Err(Error::Beta), _) => {
                return assert!(!self.raw && matches!(self.separation, Separation::Softmax(_) | Separation::Sparsemax(_)));
            }
            (Err(error), _) => return assert_eq!(*error, Error::OutputNotFinite),
        };
        let weights = floats(answer.weights.as_ref().expect("there is a step"));
        let winner = (0..scores.len()).fold(0, |best, i| if scores[i] > scores[best] { i } else { best });
        assert_eq!((step.winner, step.rows, step.weight.to_bits()), (winner, scores.len(), weights[winner].to_bits()));
        if scores[winner] == f32::INFINITY || self.separation == Separation::Max {
            assert!(weights.iter().enumerate().all(|(i, p)| *p == if i == winner { 1.0 } else { 0.0 }));
        }
        assert_eq!(step.sum.is_none(), scores[winner] == f32::INFINITY);
        let (total, size) = (wide(&weights).iter().sum::<f64>(), wide(&weights).iter().map(|p| p.abs()).sum::<f64>());
        check::near("sum of weights", total, 1.0, tolerance::weights_sum(weights.len()) * size.max(1.0));
        for (j, &found) in floats(out).iter().enumerate() {
            let terms =
                || weights.iter().enumerate().filter(|(_, p)| **p != 0.0).map(|(i, &p)| f64::from(p) * f64::from(self.keys.row(i)[j]));
            let size = terms().map(f64::abs).sum::<f64>();
            let allowed = (tolerance::depth(weights.len()) + 2.0) * EPS * size + 200.0 * f64::from(f32::from_bits(1));
            check::near("out", found.into(), terms().sum(), allowed);
        }
    }
}

fuzz_target!(|data: &[u8]| {
    let Ok(case) = Case::draw(&mut Unstructured::new(data)) else { return };
    case.check();
});
