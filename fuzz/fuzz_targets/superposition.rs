//! Memories that come, are replaced and go, in one state, by features of every kind; recalls in between.
//!
//! The same bits on every backend; what is wrong is named, and state and `out` are left as they were. What is left of memories that have
//! gone is within the drift that is reported: beside a second memory that only ever stored what is held.
#![no_main]

use arbitrary::{Result, Unstructured};
use basinet_conformance::tolerance::EPS;
use basinet_core::{
    Backend, Beta, Dispatch, EluFeatures, Error, Features, Job, Kernels, PositiveRandomFeatures, ReluRandomFeatures, Superposition,
};
use basinet_fuzz::{bits, draw};
use libfuzzer_sys::fuzz_target;
use std::fmt::Debug;

type Sizes = Superposition<()>;

#[derive(Clone, Copy)]
enum Kind {
    Elu,
    Positive { shift: f32, offset: f32 },
    Relu { offset: f32 },
}

#[derive(Clone)]
enum Operation {
    Store,
    Remove(usize),
    Replace(usize),
    Recall,
}

struct Case {
    kind: Kind,
    beta: f32,
    dim: usize,
    width: usize,
    weights: Vec<f32>,
    prior: f32,
    operations: Vec<Operation>,
    keys: Vec<f32>,
    values: Vec<f32>,
}

impl Case {
    fn draw(bytes: &mut Unstructured<'_>) -> Result<Self> {
        let (dim, width, count) = (1 + draw::below(bytes, 20)?, 1 + draw::below(bytes, 20)?, 1 + draw::below(bytes, 80)?);
        let kind = match draw::below(bytes, 4)? {
            0 => Kind::Elu,
            1 => Kind::Relu { offset: draw::raw(bytes)? },
            2 => Kind::Positive { shift: draw::raw(bytes)?, offset: draw::raw(bytes)? },
            _ => Kind::Positive { shift: 0.0, offset: 0.0 },
        };
        let operations = (0..1 + draw::below(bytes, 20)?)
            .map(|_| {
                Ok(match draw::below(bytes, 6)? {
                    0 => Operation::Remove(draw::below(bytes, 256)?),
                    1 => Operation::Replace(draw::below(bytes, 256)?),
                    2 => Operation::Recall,
                    _ => Operation::Store,
                })
            })
            .collect::<Result<Vec<_>>>()?;
        let prior = if bytes.arbitrary()? { draw::raw(bytes)? } else { 0.0 };
        Ok(Self {
            kind,
            beta: draw::beta(bytes)?,
            dim,
            width,
            weights: draw::numbers(bytes, count * dim)?,
            prior,
            keys: draw::numbers(bytes, operations.len() * dim)?,
            values: draw::numbers(bytes, operations.len() * width)?,
            operations,
        })
    }
}

/// All that was answered, in bits.
type Answers = Vec<std::result::Result<Vec<u32>, Error>>;

struct Everything<'a>(&'a Case);

impl Job for Everything<'_> {
    type Output = std::result::Result<Answers, Error>;
    fn run<K: Kernels>(self, kernels: K) -> Self::Output {
        let Self(case) = self;
        let beta = Beta::new(case.beta)?;
        match case.kind {
            Kind::Elu => case.play(EluFeatures::new(case.dim)?, kernels),
            Kind::Positive { shift, offset } => {
                let features = PositiveRandomFeatures::new(&case.weights[..], case.dim, beta)?.with_shift(shift)?.with_offset(offset)?;
                case.play(features, kernels)
            }
            Kind::Relu { offset } => case.play(ReluRandomFeatures::new(&case.weights[..], case.dim, beta, offset)?, kernels),
        }
    }
}

/// The whole memory, as text.
fn shown<F: Features + Clone + Debug, K: Kernels>(memory: &Superposition<F, Vec<f32>, K>) -> String {
    format!("{:?}", memory.clone().on(Dispatch))
}

impl Case {
    /// The operations one after the other, and what each answered.
    fn play<F: Features + Copy + Debug, K: Kernels>(&self, features: F, kernels: K) -> std::result::Result<Answers, Error> {
        let numbers = Sizes::numbers(features.count(), self.width);
        let mut room = vec![f32::NAN; Sizes::room(features.count(), self.width)];
        let mut memory = Superposition::new(features, self.width, vec![f32::NAN; numbers])?.on(kernels).with_prior(self.prior)?;
        let (mut held, mut answers) = (Vec::<usize>::new(), Vec::new());
        let of = |i: usize| (&self.keys[i * self.dim..][..self.dim], &self.values[i * self.width..][..self.width]);
        for (i, operation) in self.operations.iter().enumerate() {
            let before = memory.clone();
            let (key, value) = of(i);
            let done = match operation {
                Operation::Store => memory.store(key, value, &mut room).inspect(|()| held.push(i)),
                Operation::Remove(at) if !held.is_empty() => {
                    let (key, value) = of(held.swap_remove(at % held.len()));
                    memory.remove(key, value, &mut room)
                }
                Operation::Replace(at) if !held.is_empty() => {
                    let at = at % held.len();
                    memory.replace(of(held[at]), (key, value), &mut room).inspect(|()| held[at] = i)
                }
                Operation::Recall => {
                    let mut out = vec![-7.25; self.width];
                    let recalled = memory.recall(key, &mut out, &mut room);
                    assert!(recalled.is_ok() || out.iter().all(|x| *x == -7.25), "out changed, and {recalled:?}");
                    assert!(recalled.is_err() || out.iter().all(|x| x.is_finite()));
                    answers.push(recalled.map(|report| {
                        self.check(features, kernels, (&held, key, &out), report.drift);
                        out.extend([report.conjugate as f32, report.drift as f32]);
                        bits(&out)
                    }));
                    Ok(())
                }
                Operation::Remove(_) | Operation::Replace(_) => {
                    assert_eq!(memory.remove(key, value, &mut room), Err(Error::Empty));
                    Ok(())
                }
            };
            if done.is_err() {
                assert_eq!(shown(&memory), shown(&before), "{done:?}");
            }
            assert_eq!(memory.memories(), held.len() as u64);
            answers.push(done.map(|()| Vec::new()));
        }
        Ok(answers)
    }

    /// A memory that only holds what is held answers the same, but for drift and the rounding of what is read.
    fn check<F: Features + Copy, K: Kernels>(&self, features: F, kernels: K, (held, query, found): (&[usize], &[f32], &[f32]), drift: f64) {
        let mut room = vec![f32::NAN; Sizes::room(features.count(), self.width)];
        let state = vec![f32::NAN; Sizes::numbers(features.count(), self.width)];
        let fresh = Superposition::new(features, self.width, state).and_then(|memory| memory.on(kernels).with_prior(self.prior));
        let mut fresh = fresh.expect("as the other");
        let mut largest = 0.0f64;
        for &i in held {
            let (key, value) = (&self.keys[i * self.dim..][..self.dim], &self.values[i * self.width..][..self.width]);
            if fresh.store(key, value, &mut room).is_err() {
                return;
            }
            largest = value.iter().fold(largest, |m, x| m.max(f64::from(x.abs())));
        }
        let mut out = vec![0.0; self.width];
        // Its own sums may be without mass where the other's has a remainder, or the reverse.
        let Ok(report) = fresh.recall(query, &mut out, &mut room) else { return };
        let allowed = 8.0 * EPS * largest + 2.0 * drift + 2.0 * report.drift + self.width as f64 * 1e-44;
        for (found, expected) in found.iter().zip(&out) {
            let off = (f64::from(*found) - f64::from(*expected)).abs();
            // Sums and products below the normal numbers lose what is no part of the bound.
            let tiny = report.conjugate < -60.0 || largest < 1e-25;
            assert!(off <= allowed || tiny, "{found:e} for {expected:e}, off by {off:e}, allowed {allowed:e}");
        }
    }
}

fuzz_target!(|data: &[u8]| {
    let Ok(case) = Case::draw(&mut Unstructured::new(data)) else { return };
    let mut runs = Backend::available().filter_map(|backend| backend.run(Everything(&case)));
    let first = runs.next();
    assert!(runs.all(|run| Some(&run) == first.as_ref()), "backends differ");
});
