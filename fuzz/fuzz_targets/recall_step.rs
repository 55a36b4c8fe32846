//! One recall step over an arbitrary small memory: scores, weights, state, values, energy.
//!
//! The same bits on every backend and in any scratch memory; inputs that are not finite are named and `out` is left as it was; all others
//! meet the oracle, stage by stage and as a whole, and the laws: the energy does not rise, the state stays in the box of the rows, and an
//! exact recall is the winner's row, bit for bit.
#![no_main]

use arbitrary::{Result, Unstructured};
use basinet_conformance::oracle::{self, Map, Rows};
use basinet_conformance::tolerance;
use basinet_core::{Backend, Beta, Dot, Error, Job, Kernels, Model, Separation, Step};
use basinet_fuzz::memory::{Choice, Memory};
use basinet_fuzz::{WithSeparation, Work, bits, check, draw, wide, with_separation};
use libfuzzer_sys::fuzz_target;

struct Case {
    map: Map,
    beta: Beta,
    keys: Memory,
    /// What is read out; `None` for the keys themselves.
    values: Option<Memory>,
    query: Vec<f32>,
    choice: Choice,
    /// Places for candidates and for the search.
    room: [usize; 2],
}

impl Case {
    fn draw(bytes: &mut Unstructured<'_>) -> Result<Self> {
        let map = draw::map(bytes)?;
        let beta = Beta::new(draw::beta(bytes)?).expect("beta is finite and above zero");
        let dim = 1 + draw::below(bytes, 70)?;
        // At most some 3,000 numbers, so that many cases are tried in a second.
        let count = 1 + draw::below(bytes, 200.min(3000 / dim))?;
        let room = [draw::below(bytes, count + 2)?, draw::below(bytes, count + 17)?];
        let choice = Choice::draw(bytes, count)?;
        let mut keys = Memory::draw(bytes, count, dim)?;
        let near = draw::below(bytes, count)?;
        let mut query = draw::numbers(bytes, dim)?;
        if draw::below(bytes, 2)? == 1 {
            query.iter_mut().zip(keys.row(near)).for_each(|(q, x)| *q += *x);
        }
        let mut values = None;
        if draw::below(bytes, 4)? == 3 {
            let width = 1 + draw::below(bytes, 40)?;
            values = Some(Memory::draw(bytes, count, width)?);
        }
        // Nobody looks at a masked row.
        for i in (0..count).filter(|&i| !choice.keeps_row(i)) {
            keys.spoil(i, f32::NAN);
            values.iter_mut().for_each(|values| values.spoil(i, f32::INFINITY));
        }
        Ok(Self { map, beta, keys, values, query, choice, room })
    }

    fn values(&self) -> &Memory {
        self.values.as_ref().unwrap_or(&self.keys)
    }

    /// The range of beta that the contract speaks of where energies are concerned.
    fn beta_is_usual(&self) -> bool {
        (1e-6..=1e6).contains(&self.beta.get())
    }

    /// The largest norm of the rows, or 0 where it is not finite: the energy's constant.
    fn max_norm(&self, kept: &[usize]) -> f32 {
        let rows = self.keys.wide(kept);
        let norm = Rows { data: &rows, dim: self.keys.dim }.max_norm() as f32;
        if norm.is_finite() { norm } else { 0.0 }
    }
}

/// Everything that is asked of one backend; numbers in bits, and steps without how often they read.
#[derive(Debug, PartialEq)]
struct Answer {
    scores: Result<Vec<u32>, Error>,
    weights: Result<(Vec<u32>, Step), Error>,
    out: Result<(Vec<u32>, Step), Error>,
    /// Of the query and, where patterns are read out, of the state.
    energies: [Result<u64, Error>; 2],
}

struct Ask<'a, S> {
    separation: S,
    case: &'a Case,
    max_norm: f32,
    room: [usize; 2],
}

/// The bits of an output, and the step but for its passes.
fn answer(out: &[f32], step: Result<Step, Error>) -> Result<(Vec<u32>, Step), Error> {
    let mut step = step?;
    step.passes = 0;
    Ok((bits(out), step))
}

impl<S: Separation> Ask<'_, S> {
    fn ask(&self, model: &Model<impl Separation, Dot, impl Kernels>) -> Answer {
        let Case { keys, query, .. } = self.case;
        let (patterns, values) = (keys.patterns(), self.case.values());
        let mut work = Work::new(values.dim.max(keys.dim), self.room[0], self.room[1]);

        let mut scores = vec![0.0; keys.count];
        let scored = model.scores(&patterns, query, &mut scores);
        let weights = scored.and_then(|()| {
            let mut weights = scores.clone();
            let step = model.weights(&mut weights, &mut work.scratch());
            answer(&weights, step)
        });

        const OLD: f32 = -7.25;
        let mut out = vec![OLD; values.dim];
        let step = match self.case.values {
            None => model.step(&patterns, query, &mut out, &mut work.scratch()),
            Some(_) => model.read(&patterns, &values.patterns(), query, &mut out, &mut work.scratch()),
        };
        assert!(step.is_ok() || out.iter().all(|x| *x == OLD), "out changed, and {step:?}");
        let mut energy = |state: &[f32]| model.energy(&patterns, state, self.max_norm, &mut work.scratch()).map(f64::to_bits);
        let after = if self.case.values.is_none() && step.is_ok() { energy(&out) } else { Err(Error::Empty) };
        Answer { scores: scored.map(|()| bits(&scores)), weights, out: answer(&out, step), energies: [energy(query), after] }
    }
}

impl<S: Separation> Job for Ask<'_, S> {
    type Output = Answer;
    fn run<K: Kernels>(self, kernels: K) -> Answer {
        let model = Model::new(self.case.beta, self.separation).on(kernels);
        match &self.case.choice {
            Choice::All => self.ask(&model),
            choice => self.ask(&model.keep(choice.mask())),
        }
    }
}

impl WithSeparation for &Case {
    fn with<S: Separation + PartialEq>(self, separation: S) {
        let count = self.keys.count;
        let kept = self.choice.kept(count);
        let max_norm = self.max_norm(&kept);
        let ask = |backend: Backend, room| backend.run(Ask { separation, case: self, max_norm, room }).expect("an available backend");
        let answer = ask(Backend::Scalar, [count, count]);
        assert_eq!(ask(Backend::current(), [0, 0]), answer, "without room");
        for backend in Backend::available() {
            assert_eq!(ask(backend, self.room), answer, "{backend} with room {:?}", self.room);
        }
        self.check(&kept, max_norm, answer);
    }
}

impl Case {
    fn check(&self, kept: &[usize], max_norm: f32, answer: Answer) {
        let Answer { scores, weights, out, energies } = answer;
        if let Some(index) = self.query.iter().position(|x| !x.is_finite()) {
            let error = Error::QueryNotFinite { index };
            assert_eq!((scores, weights, out, energies[0]), (Err(error), Err(error), Err(error), Err(error)));
            return;
        }
        let (keys, query) = (self.keys.wide(kept), wide(&self.query));
        let keys = Rows { data: &keys, dim: self.keys.dim };
        // No partial sum overflows where the sum of absolute values does not.
        let sums: Vec<f64> = keys.iter().map(|row| oracle::dot_abs(row, &query)).collect();
        let half = f64::from(f32::MAX / 2.0);
        let doubtful = sums.iter().position(|sum| sum.is_nan() || *sum > half).map(|at| kept[at]);
        let scores: Vec<f32> = match scores {
            Ok(scores) => scores.into_iter().map(f32::from_bits).collect(),
            Err(error) => {
                let Error::ScoreNotFinite { row } = error else { panic!("scores: {error}") };
                assert!(kept.contains(&row) && doubtful.is_some_and(|doubtful| doubtful <= row), "{error}");
                assert_eq!((weights, out.map(|_| ()), energies[0]), (Err(error), Err(error), Err(error)));
                return;
            }
        };
        assert!(kept.iter().all(|&i| scores[i].is_finite() && self.keys.row(i).iter().all(|x| x.is_finite())));
        if kept.is_empty() {
            let error = Error::AllMasked;
            assert_eq!((weights, out, energies[0]), (Err(error), Err(error), Err(error)));
            return;
        }

        let kept_scores = kept.iter().map(|&i| scores[i]);
        check::scores(keys, &query, kept_scores.clone());
        let (weights, weighed) = weights.expect("finite scores have weights");
        let weights: Vec<f32> = weights.into_iter().map(f32::from_bits).collect();
        check::weights(self.map, self.beta.get(), kept, &scores, &weights, &weighed);

        let state = self.check_state(kept, &scores, &weights, weighed, out);
        let beta = f64::from(self.beta.get());
        let largest_sum = oracle::max_abs(&sums);
        let exact = oracle::recall(self.map, beta, keys, keys, None, &query);
        for (&row, &exact) in kept.iter().zip(&exact.weights) {
            check::near("weight from patterns", weights[row].into(), exact, tolerance::random_weights(beta, largest_sum));
        }
        let largest_score = oracle::max_abs(&kept_scores.map(f64::from).collect::<Vec<_>>());
        if max_norm > 0.0 && self.beta_is_usual() {
            self.check_energies(keys, max_norm, largest_score, state.as_deref(), energies);
        }
    }

    /// The state against the weights that the oracle makes of core's scores, which `check` has held against the oracle's.
    fn check_state(
        &self,
        kept: &[usize],
        scores: &[f32],
        weights: &[f32],
        weighed: Step,
        out: Result<(Vec<u32>, Step), Error>,
    ) -> Option<Vec<f32>> {
        let values = self.values();
        let weighty: Vec<usize> = kept.iter().copied().filter(|&i| weights[i] > 0.0).collect();
        let finite = weighty.iter().all(|&i| values.row(i).iter().all(|x| x.is_finite()));
        if !finite {
            assert_eq!(out, Err(Error::OutputNotFinite));
            return None;
        }
        let (out, mut step) = match out {
            Ok(out) => out,
            Err(error) => {
                let overflows = values.largest(kept) * kept.len() as f64 > f64::from(f32::MAX);
                assert!(error == Error::OutputNotFinite && overflows, "state: {error}");
                return None;
            }
        };
        let out: Vec<f32> = out.into_iter().map(f32::from_bits).collect();
        if let Some(energy) = step.energy.take()
            && self.beta_is_usual()
        {
            let (half_norm2, beta) = (oracle::dot(&wide(&self.query), &wide(&self.query)) / 2.0, f64::from(self.beta.get()));
            let conjugate = self.map.conjugate(&check::scaled(self.beta.get(), scores, kept));
            check::near("energy0", energy, half_norm2 - conjugate / beta, tolerance::energy0(half_norm2, conjugate, beta));
        }
        assert_eq!(step, weighed, "a recall and the weights of its scores");

        let exact = self.map.weights(&check::scaled(self.beta.get(), scores, kept));
        let exact: Vec<f64> = kept.iter().zip(exact).filter(|(i, _)| weights[**i] > 0.0).map(|(_, p)| p).collect();
        check::state(&exact, Rows { data: &values.wide(&weighty), dim: values.dim }, &out);
        if step.is_exact() {
            // No -0.0 leaves core.
            let row: Vec<f32> = values.row(step.winner).iter().map(|x| x + 0.0).collect();
            assert_eq!(bits(&out), bits(&row), "an exact recall of row {}", step.winner);
        }
        Some(out)
    }

    fn check_energies(&self, keys: Rows<'_>, max_norm: f32, largest_score: f64, state: Option<&[f32]>, energies: [Result<u64, Error>; 2]) {
        let half_norm2 = |x: &[f32]| oracle::dot(&wide(x), &wide(x)) / 2.0;
        let [before, after] = energies.map(|energy| energy.map(f64::from_bits));
        let before = before.expect("finite scores have an energy");
        let norm = f64::from(max_norm);
        let exact = oracle::energy(self.map, self.beta.get().into(), keys, &wide(&self.query));
        let underflow = tolerance::dot(keys.dim, 0.0);
        check::near("energy", before, exact, tolerance::energy(half_norm2(&self.query), norm, largest_score) + underflow);
        if let (Some(state), Ok(after)) = (state, after) {
            let largest_score = oracle::max_abs(&oracle::scores(keys, &wide(state)));
            let allowed = tolerance::energy_rise(half_norm2(state), norm, largest_score) + underflow;
            assert!(after - before <= allowed, "the energy rose by {:e} from {before:e}, allowed {allowed:e}", after - before);
        }
    }
}

fuzz_target!(|data: &[u8]| {
    let Ok(case) = Case::draw(&mut Unstructured::new(data)) else { return };
    with_separation(case.map, &case);
});
