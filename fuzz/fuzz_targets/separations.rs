//! Weights of arbitrary scores under any map of the family, the threshold of sparsemax and log-sum-exp.
//!
//! On every backend and with any scratch memory the same bits; scores that are not finite are named and left as they were; all others
//! meet the laws and the oracle.
#![no_main]

use arbitrary::{Result, Unstructured};
use basinet_conformance::oracle::{self, Map};
use basinet_conformance::tolerance::{self, EPS};
use basinet_core::{Backend, Error, Job, Kernels, Model, Separation, Step, on};
use basinet_fuzz::family::{Ask, Compare, Setup};
use basinet_fuzz::{Bits, Stepped, Work, bits, check, draw, floats, stepped};
use libfuzzer_sys::fuzz_target;

struct Case {
    setup: Setup,
    scores: Vec<f32>,
    /// Places for candidates and for the search.
    room: [usize; 2],
}

impl Case {
    fn draw(bytes: &mut Unstructured<'_>) -> Result<Self> {
        let mut setup = Setup::draw(bytes)?;
        // Mostly short; now and then beyond a block, now and then beyond a chunk.
        let most = match draw::below(bytes, 64)? {
            0..32 => 70,
            63 => 9000,
            _ => 200,
        };
        let count = 1 + draw::below(bytes, most)?;
        let room = [draw::below(bytes, count + 2)?, draw::below(bytes, count + 17)?];
        setup.choose(bytes, count)?;
        Ok(Self { setup, scores: draw::numbers(bytes, count)?, room })
    }
}

/// Everything that is asked of one model.
#[derive(Debug, PartialEq)]
struct Answer {
    weights: Stepped,
    margin: f32,
}

impl Ask for Case {
    const BY_DOTS: bool = true;
    type Answer = Answer;
    fn ask<S: Separation, Q: Compare, K: Kernels>(&self, model: Model<S, Q, K>, room: [usize; 2]) -> Answer {
        let mut weights = self.scores.clone();
        let step = model.weights(&mut weights, &mut Work::new(0, room[0], room[1]).scratch());
        assert!(step.is_ok() || bits(&weights) == bits(&self.scores), "the scores changed, and {step:?}");
        Answer { weights: stepped(&weights, step), margin: model.separation().margin() }
    }
}

/// What is asked of scores without a model: the threshold of sparsemax and log-sum-exp.
struct Functions<'a>(&'a [f32], usize);

impl Job for Functions<'_> {
    type Output = [Bits; 2];
    fn run<K: Kernels>(self, kernels: K) -> [Bits; 2] {
        let Functions(scores, room) = self;
        let threshold = on::sparsemax_threshold(kernels, scores, &mut vec![f32::NAN; room]);
        [threshold, on::log_sum_exp(kernels, scores)].map(|found| found.map(|x| bits(&[x])))
    }
}

impl Case {
    fn check(&self) {
        let count = self.scores.len();
        let Answer { weights, margin } = self.setup.everywhere(self, count, self.room);
        let kept = self.setup.kept(count);
        let strange = kept.iter().copied().find(|&row| !self.scores[row].is_finite());
        match (strange, self.setup.family.carries(&kept), weights) {
            (Some(row), _, weights) => assert_eq!(weights, Err(Error::ScoreNotFinite { row })),
            (None, Some(Err(error)), weights) => assert_eq!(weights, Err(error)),
            (None, None, Err(error)) => assert_eq!(error, Error::CapsTooSmall),
            (None, _, weights) => self.check_weights(&kept, weights.expect("finite scores have weights"), margin),
        }
        self.check_functions();
    }

    fn check_weights(&self, kept: &[usize], (weights, step): (Vec<u32>, Step), margin: f32) {
        check::weights(&self.setup, kept, &self.scores, &floats(&weights), &step, margin);
    }

    fn check_functions(&self) {
        let (count, room) = (self.scores.len(), self.room[1]);
        let ask = |backend: Backend, room| backend.run(Functions(&self.scores, room)).expect("an available backend");
        let found = ask(Backend::Scalar, count);
        assert_eq!(ask(Backend::Scalar, 0), found, "without room");
        for backend in Backend::available() {
            assert_eq!(ask(backend, room), found, "{backend} with room {room}");
        }
        if let Some(row) = self.scores.iter().position(|s| !s.is_finite()) {
            assert!(found.iter().all(|found| *found == Err(Error::ScoreNotFinite { row })), "{found:?}");
            return;
        }
        let [threshold, log_sum_exp] = found.map(|found| f64::from(floats(&found.expect("finite scores"))[0]));
        let z: Vec<f64> = self.scores.iter().map(|&s| f64::from(s)).collect();
        let largest = oracle::max_abs(&z);
        let exact = Map::Sparsemax.threshold(&z).expect("sparsemax has a threshold");
        check::near("sparsemax_threshold", threshold, exact, tolerance::threshold(largest));
        // Derived: no score of the support is further than 1 below the largest, so each difference and the result round once.
        check::near("sparsemax_threshold", threshold, exact, EPS * (1.0 + exact.abs()) + count as f64 * 2f64.powi(-53) * (1.0 + largest));
        let exact = Map::Softmax.conjugate(&z);
        check::near("log_sum_exp", log_sum_exp, exact, tolerance::conjugate(largest));
        // What its documentation promises.
        check::near("log_sum_exp", log_sum_exp, exact, 2.0 * EPS * exact.abs() + tolerance::weights_sum(count) + EPS);
    }
}

fuzz_target!(|data: &[u8]| {
    let Ok(case) = Case::draw(&mut Unstructured::new(data)) else { return };
    case.check();
});
