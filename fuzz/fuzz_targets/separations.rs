//! Weights of arbitrary scores, the threshold of sparsemax and log-sum-exp.
//!
//! On every backend and with any scratch memory the same bits; scores that are not finite are named and left as they were; all others
//! meet the laws and the oracle.
#![no_main]

use arbitrary::{Result, Unstructured};
use basinet_conformance::oracle::{self, Map};
use basinet_conformance::tolerance::{self, EPS};
use basinet_core::{Backend, Beta, Error, Job, Kernels, Model, Separation, Step, on};
use basinet_fuzz::{WithSeparation, Work, bits, check, draw, memory::Choice, with_separation};
use libfuzzer_sys::fuzz_target;

struct Case {
    map: Map,
    beta: Beta,
    scores: Vec<f32>,
    choice: Choice,
    /// Places for candidates and for the search.
    room: [usize; 2],
}

impl Case {
    fn draw(bytes: &mut Unstructured<'_>) -> Result<Self> {
        let map = draw::map(bytes)?;
        let beta = Beta::new(draw::beta(bytes)?).expect("beta is finite and above zero");
        // Mostly short; now and then beyond a block, now and then beyond a chunk.
        let most = match draw::below(bytes, 64)? {
            0..32 => 70,
            63 => 9000,
            _ => 200,
        };
        let count = 1 + draw::below(bytes, most)?;
        let room = [draw::below(bytes, count + 2)?, draw::below(bytes, count + 17)?];
        let choice = Choice::draw(bytes, count)?;
        Ok(Self { map, beta, scores: draw::numbers(bytes, count)?, choice, room })
    }
}

/// Everything that is asked of one backend, in bits.
#[derive(Debug, PartialEq)]
struct Answer {
    weights: Result<(Vec<u32>, Step), Error>,
    threshold: Result<u32, Error>,
    log_sum_exp: Result<u32, Error>,
}

struct Ask<'a, S> {
    separation: S,
    case: &'a Case,
    room: [usize; 2],
}

impl<S: Separation> Ask<'_, S> {
    fn weigh(&self, model: &Model<impl Separation, basinet_core::Dot, impl Kernels>) -> Result<(Vec<u32>, Step), Error> {
        let scores = &self.case.scores;
        let mut weights = scores.clone();
        let step = model.weights(&mut weights, &mut Work::new(0, self.room[0], self.room[1]).scratch());
        assert!(step.is_ok() || bits(&weights) == bits(scores), "the scores changed, and {step:?}");
        // How often scores are read is the one thing that the room may change.
        step.map(|step| {
            (bits(&weights), {
                let mut step = step;
                step.passes = 0;
                step
            })
        })
    }
}

impl<S: Separation> Job for Ask<'_, S> {
    type Output = Answer;
    fn run<K: Kernels>(self, kernels: K) -> Answer {
        let Case { beta, scores, choice, .. } = self.case;
        let model = Model::new(*beta, self.separation).on(kernels);
        let weights = match choice {
            Choice::All => self.weigh(&model),
            _ => self.weigh(&model.keep(choice.mask())),
        };
        let threshold = on::sparsemax_threshold(kernels, scores, &mut vec![f32::NAN; self.room[1]]).map(f32::to_bits);
        Answer { weights, threshold, log_sum_exp: on::log_sum_exp(kernels, scores).map(f32::to_bits) }
    }
}

impl WithSeparation for &Case {
    fn with<S: Separation + PartialEq>(self, separation: S) {
        let count = self.scores.len();
        let ask = |backend: Backend, room| backend.run(Ask { separation, case: self, room }).expect("an available backend");
        let answer = ask(Backend::Scalar, [count, count]);
        assert_eq!(ask(Backend::Scalar, [0, 0]), answer, "without room");
        for backend in Backend::available() {
            assert_eq!(ask(backend, self.room), answer, "{backend} with room {:?}", self.room);
        }

        let all: Vec<usize> = (0..count).collect();
        let kept = self.choice.kept(count);
        let strange = |rows: &[usize]| rows.iter().copied().find(|&row| !self.scores[row].is_finite());
        match (strange(&kept), answer.weights) {
            (Some(row), weights) => assert_eq!(weights, Err(Error::ScoreNotFinite { row })),
            (None, weights) if kept.is_empty() => assert_eq!(weights, Err(Error::AllMasked)),
            (None, weights) => {
                let (weights, step) = weights.expect("finite scores have weights");
                let weights: Vec<f32> = weights.into_iter().map(f32::from_bits).collect();
                check::weights(self.map, self.beta.get(), &kept, &self.scores, &weights, &step);
            }
        }
        if let Some(row) = strange(&all) {
            assert_eq!(answer.threshold, Err(Error::ScoreNotFinite { row }));
            assert_eq!(answer.log_sum_exp, Err(Error::ScoreNotFinite { row }));
            return;
        }
        let z = check::scaled(1.0, &self.scores, &all);
        let number = |found: Result<u32, Error>| f64::from(f32::from_bits(found.expect("finite scores")));
        let largest = oracle::max_abs(&z);
        let exact = Map::Sparsemax.threshold(&z).expect("sparsemax has a threshold");
        let found = number(answer.threshold);
        check::near("sparsemax_threshold", found, exact, tolerance::threshold(largest));
        // Derived: no score of the support is further than 1 below the largest, so each difference and the result round once.
        check::near("sparsemax_threshold", found, exact, EPS * (1.0 + exact.abs()) + count as f64 * 2f64.powi(-53) * (1.0 + largest));
        let (found, exact) = (number(answer.log_sum_exp), Map::Softmax.conjugate(&z));
        check::near("log_sum_exp", found, exact, tolerance::conjugate(largest));
        // What its documentation promises.
        check::near("log_sum_exp", found, exact, 2.0 * EPS * exact.abs() + tolerance::weights_sum(count) + EPS);
    }
}

fuzz_target!(|data: &[u8]| {
    let Ok(case) = Case::draw(&mut Unstructured::new(data)) else { return };
    with_separation(case.map, &case);
});
