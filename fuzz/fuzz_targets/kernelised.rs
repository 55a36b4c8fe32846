//! One recall step through an arbitrary feature map, by any separation and similarity.
//!
//! The same bits on every backend and in any scratch memory; what is wrong is named, and `out` is left as it was. Features meet the oracle,
//! those of many patterns are those of each, and the step is the one from the features, bit for bit: what that must be, `recall_step` says.
#![no_main]

use arbitrary::{Result, Unstructured};
use basinet_conformance::oracle::{self, FeatureMap as Exact, Rows};
use basinet_conformance::tolerance::{self, EPS};
use basinet_core::{Error, FeatureMap, Kernels, Model, Patterns, Separation};
use basinet_fuzz::family::{Ask, Compare, Setup};
use basinet_fuzz::memory::Recall;
use basinet_fuzz::{Bits, Stepped, Work, bits, draw, floats, stepped, wide};
use libfuzzer_sys::fuzz_target;

struct Case {
    setup: Setup,
    recall: Recall,
    features: usize,
    weights: Vec<f32>,
    bias: Option<Vec<f32>>,
    unit: bool,
}

impl Case {
    fn draw(bytes: &mut Unstructured<'_>) -> Result<Self> {
        let (mut setup, recall) = Recall::draw(bytes, 100)?;
        setup.compare(bytes)?;
        let features = 1 + draw::below(bytes, 80)?;
        let weights = draw::numbers(bytes, features * recall.keys.dim)?;
        let bias = if bytes.arbitrary()? { Some(draw::numbers(bytes, features)?) } else { None };
        Ok(Self { setup, recall, features, weights, bias, unit: bytes.arbitrary()? })
    }

    fn map(&self) -> FeatureMap<'_> {
        let map = FeatureMap::new(&self.weights, self.recall.keys.dim).expect("whole rows");
        let map = if let Some(bias) = &self.bias { map.with_bias(bias).expect("a bias for each") } else { map };
        if self.unit { map.unit() } else { map }
    }
}

/// Everything that is asked of one model; numbers in bits.
#[derive(Debug, PartialEq)]
struct Answer {
    /// Of each pattern.
    rows: Vec<Bits>,
    query: Bits,
    /// Where the patterns have features.
    step: Option<Stepped>,
}

/// What `out` holds before a call.
const OLD: f32 = -7.25;

/// The bits of what is written, or an error that left `out` alone.
fn written(length: usize, call: impl FnOnce(&mut [f32]) -> std::result::Result<(), Error>) -> Bits {
    let mut out = vec![OLD; length];
    let result = call(&mut out);
    assert!(result.is_ok() || out.iter().all(|x| *x == OLD), "out changed, and {result:?}");
    result.map(|()| bits(&out))
}

impl Ask for Case {
    type Answer = Answer;
    fn ask<S: Separation, Q: Compare, K: Kernels>(&self, model: Model<S, Q, K>, room: [usize; 2]) -> Answer {
        let Recall { keys, query, .. } = &self.recall;
        let (patterns, kernelised) = (keys.patterns(), model.through(self.map()));
        let map = kernelised.map();
        let single = |x: &[f32]| written(self.features, |out| map.apply(x, out));
        let rows: Vec<Bits> = (0..keys.count).map(|i| single(keys.row(i))).collect();
        let many = written(self.features * keys.count, |out| map.apply_rows(&patterns, out));
        assert_eq!(many, self.many(&rows), "many patterns, and each");
        let of_query = single(query);
        let step = many.ok().map(|features| {
            let features = floats(&features);
            let features = Patterns::new(&features, self.features).expect("whole rows");
            let (mut work, mut space) = (Work::new(keys.dim, room[0], room[1]), vec![f32::NAN; self.features]);
            let mut out = vec![OLD; keys.dim];
            let step = kernelised.step(&features, &patterns, query, &mut out, &mut work.scratch().with_features(&mut space));
            assert!(step.is_ok() || out.iter().all(|x| *x == OLD), "out changed, and {step:?}");
            let by_hand = of_query.clone().and_then(|f| {
                let (f, mut plain) = (floats(&f), vec![OLD; keys.dim]);
                let mut step = model.read(&features, &patterns, &f, &mut plain, &mut work.scratch())?;
                step.energy = model.energy0(&step, &f);
                stepped(&plain, Ok(step))
            });
            let step = stepped(&out, step);
            assert_eq!(step, by_hand, "a step through the map, and from the features");
            step
        });
        Answer { rows, query: of_query, step }
    }
}

impl Case {
    /// What many patterns must come to, from what each does.
    fn many(&self, rows: &[Bits]) -> Bits {
        let mut all = Vec::new();
        for (row, features) in rows.iter().enumerate() {
            match features {
                Ok(features) => all.extend_from_slice(features),
                Err(Error::FeatureNotFinite { index }) => return Err(Error::FeatureNotFinite { index: row * self.features + index }),
                Err(Error::ZeroFeatures { .. }) => return Err(Error::ZeroFeatures { row }),
                Err(_) => return Err(Error::ScoreNotFinite { row }),
            }
        }
        Ok(all)
    }

    fn check(&self) {
        let Self { setup, recall: Recall { keys, query, room }, .. } = self;
        let answer = setup.everywhere(self, keys.count, *room);
        self.check_features(query, answer.query);
        for (i, features) in answer.rows.into_iter().enumerate() {
            self.check_features(keys.row(i), features);
        }
    }

    /// The features of `x`, or why there are none.
    fn check_features(&self, x: &[f32], found: Bits) {
        if let Some(index) = x.iter().position(|x| !x.is_finite()) {
            assert_eq!(found, Err(Error::QueryNotFinite { index }));
            return;
        }
        let (weights, bias, x) = (wide(&self.weights), self.bias.as_ref().map(|bias| wide(bias)), wide(x));
        let weights = Rows { data: &weights, dim: self.recall.keys.dim };
        // What is added up, by size; no partial sum overflows where that does not.
        let sizes = weights.iter().enumerate().map(|(k, row)| oracle::dot_abs(row, &x) + bias.as_ref().map_or(0.0, |bias| bias[k].abs()));
        let sizes: Vec<f64> = sizes.collect();
        let is_doubtful = |k: usize| sizes[k].is_nan() || sizes[k] > f64::from(f32::MAX / 2.0);
        let off: Vec<f64> = sizes.iter().map(|size| tolerance::dot(weights.dim, *size) + EPS * size).collect();
        let exact = Exact { weights, bias: bias.as_deref(), unit: false }.of(&x);
        let length = oracle::norm(&exact);
        let found = match found {
            Ok(found) => floats(&found),
            Err(Error::FeatureNotFinite { index }) => return assert!(is_doubtful(index), "feature {index} of {exact:?}"),
            Err(error) => {
                assert!(self.unit && error == Error::ZeroFeatures { row: 0 }, "{error}");
                return assert!(exact.iter().zip(&off).all(|(exact, off)| exact.abs() <= *off), "{exact:?}");
            }
        };
        assert!(found.iter().all(|f| f.is_finite()));
        if (0..self.features).any(is_doubtful) {
            return;
        }
        let all_off = oracle::norm(&off);
        for ((found, exact), off) in found.iter().zip(&exact).zip(&off) {
            let (exact, off) = match (self.unit, length > 2.0 * all_off) {
                (false, _) => (*exact, *off),
                (true, true) => (exact / length, 2.0 * all_off / length + 2.0 * EPS),
                (true, false) => (0.0, 1.0 + 2.0 * EPS),
            };
            assert!((f64::from(*found) - exact).abs() <= off, "{found:e} for {exact:e}, allowed {off:e}");
        }
    }
}

fuzz_target!(|data: &[u8]| {
    let Ok(case) = Case::draw(&mut Unstructured::new(data)) else { return };
    case.check();
});
