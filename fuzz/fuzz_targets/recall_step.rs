//! One recall step over an arbitrary small memory, by any map and similarity: scores, weights, state, values, energy.
//!
//! The same bits on every backend and in any scratch memory; inputs that are not finite are named and `out` is left as it was; all others
//! meet the oracle, stage by stage and as a whole, and the laws: the energy does not rise, the state stays in the box of the rows, and an
//! exact recall is the winner's row, bit for bit. Two laws follow from these: permuted rows have permuted weights, as both are within the
//! tolerance of the oracle, and copies of a row have equal weights, as equal scores have, bit for bit.
#![no_main]

use arbitrary::{Result, Unstructured};
use basinet_conformance::numerics::score_error;
use basinet_conformance::oracle::{self, Post, Rows, Similarity};
use basinet_conformance::tolerance;
use basinet_core::{Error, Kernels, Model, Separation, Step};
use basinet_fuzz::family::{Ask, Compare, Family, Setup};
use basinet_fuzz::memory::{Memory, Recall};
use basinet_fuzz::{Bits, Stepped, Work, bits, check, draw, floats, stepped, wide};
use libfuzzer_sys::fuzz_target;

struct Case {
    setup: Setup,
    recall: Recall,
    /// What is read out; `None` for the keys themselves.
    values: Option<Memory>,
    /// The largest norm of the rows that take part, the energy's constant; 0 where it is beyond f32.
    max_norm: f32,
}

impl Case {
    fn draw(bytes: &mut Unstructured<'_>) -> Result<Self> {
        let (mut setup, mut recall) = Recall::draw(bytes, 200)?;
        let (count, mut values) = (recall.keys.count, None);
        if draw::below(bytes, 4)? == 3 {
            let width = 1 + draw::below(bytes, 40)?;
            values = Some(Memory::draw(bytes, count, width)?);
        }
        setup.compare(bytes)?;
        // Nobody looks at a masked row.
        for i in (0..count).filter(|&i| !setup.choice.keeps_row(i)) {
            recall.keys.spoil(i, f32::NAN);
            values.iter_mut().for_each(|values| values.spoil(i, f32::INFINITY));
        }
        let max_norm = recall.keys.max_norm(&setup.kept(count));
        Ok(Self { setup, recall, values, max_norm })
    }

    fn values(&self) -> &Memory {
        self.values.as_ref().unwrap_or(&self.recall.keys)
    }
}

/// Everything that is asked of one model; numbers in bits.
#[derive(Debug, PartialEq)]
struct Answer {
    scores: Bits,
    weights: Stepped,
    out: Stepped,
    /// Of the query and, where patterns are read out, of the state; none for cosine.
    energies: [Option<std::result::Result<u64, Error>>; 2],
    margin: f32,
}

impl Ask for Case {
    type Answer = Answer;
    fn ask<S: Separation, Q: Compare, K: Kernels>(&self, model: Model<S, Q, K>, room: [usize; 2]) -> Answer {
        let Recall { keys, query, .. } = &self.recall;
        let (patterns, values) = (keys.patterns(), self.values());
        let mut work = Work::new(values.dim.max(keys.dim), room[0], room[1]);

        let mut scores = vec![0.0; keys.count];
        let scored = model.scores(&patterns, query, &mut scores);
        let weights = scored.and_then(|()| {
            let mut weights = scores.clone();
            let step = model.weights(&mut weights, &mut work.scratch());
            stepped(&weights, step)
        });

        const OLD: f32 = -7.25;
        let mut out = vec![OLD; values.dim];
        let step = match self.values {
            None => model.step(&patterns, query, &mut out, &mut work.scratch()),
            Some(_) => model.read(&patterns, &values.patterns(), query, &mut out, &mut work.scratch()),
        };
        assert!(step.is_ok() || out.iter().all(|x| *x == OLD), "out changed, and {step:?}");
        let mut energy = |state: &[f32]| {
            let energy = Q::energy(&model, &patterns, state, self.max_norm, &mut work.scratch());
            energy.map(|energy| energy.map(f64::to_bits))
        };
        let after = if self.values.is_none() && step.is_ok() { energy(&out) } else { None };
        let energies = [energy(query), after];
        Answer { scores: scored.map(|()| bits(&scores)), weights, out: stepped(&out, step), energies, margin: model.separation().margin() }
    }
}

impl Case {
    fn check(&self) {
        let Self { setup, recall: Recall { keys, query, room }, .. } = self;
        let kept = setup.kept(keys.count);
        let Answer { scores, weights, out, energies, margin } = setup.everywhere(self, keys.count, *room);
        let has_energy = setup.similarity != Similarity::Cosine;
        assert_eq!(energies[0].is_some(), has_energy);
        let fails = |error: Error| {
            assert_eq!((&weights, &out), (&Err(error), &Err(error)));
            assert!(energies[0].is_none_or(|energy| energy == Err(error)), "{energies:?} and {error}");
        };
        if let Some(index) = query.iter().position(|x| !x.is_finite()) {
            assert_eq!(scores, Err(Error::QueryNotFinite { index }));
            return fails(Error::QueryNotFinite { index });
        }
        let (rows, exact_query) = (keys.wide(&kept), wide(query));
        let rows = Rows { data: &rows, dim: keys.dim };
        // No partial sum overflows where the sum of absolute values does not.
        let half = f64::from(f32::MAX / 2.0);
        let sizes: Vec<f64> = rows.iter().map(|row| check::score_size(setup.similarity, row, &exact_query)).collect();
        let doubtful = sizes.iter().position(|size| size.is_nan() || *size > half).map(|at| kept[at]);
        let scores = match scores {
            Ok(scores) => floats(&scores),
            Err(error) => {
                let Error::ScoreNotFinite { row } = error else { panic!("scores: {error}") };
                assert!(kept.contains(&row) && doubtful.is_some_and(|doubtful| doubtful <= row), "{error}");
                return fails(error);
            }
        };
        assert!(kept.iter().all(|&i| scores[i].is_finite() && keys.row(i).iter().all(|x| x.is_finite())));
        match setup.family.carries(&kept) {
            Some(Err(error)) => return fails(error),
            None if weights.is_err() => return fails(Error::CapsTooSmall),
            _ => {}
        }

        check::scores(setup.similarity, rows, &exact_query, kept.iter().map(|&i| scores[i]));
        let (weights, weighed) = weights.expect("finite scores have weights");
        let weights = floats(&weights);
        check::weights(setup, &kept, &scores, &weights, &weighed, margin);
        let state = self.check_state(&kept, &scores, &weights, weighed, out);
        self.check_from_patterns(&kept, rows, &weights);
        if self.max_norm > 0.0 && setup.beta_is_usual() && has_energy {
            self.check_energies(&kept, rows, state.as_deref(), energies);
        }
    }

    /// The weights as a whole, where those are not steeper than their scores.
    fn check_from_patterns(&self, kept: &[usize], rows: Rows<'_>, weights: &[f32]) {
        let Self { setup, recall: Recall { query, .. }, .. } = self;
        let (beta, query, caps) = (f64::from(setup.beta.get()), wide(query), setup.caps(kept));
        let steepness = match setup.family {
            // Its power instead: c z, less a threshold.
            Family::Entmax(alpha) if alpha > 2.0 => f64::from(alpha) - 1.0,
            _ => setup.family.steepness(),
        };
        let allowed = match setup.similarity {
            Similarity::Dot => {
                let sums = rows.iter().map(|row| oracle::dot_abs(row, &query)).fold(0.0, f64::max);
                tolerance::WEIGHTS + (tolerance::random_weights(beta, rows.dim, sums) - tolerance::WEIGHTS) * steepness.max(1.0)
            }
            similarity => {
                let error = rows.iter().map(|row| score_error(similarity, row, &query)).fold(0.0, f64::max);
                tolerance::WEIGHTS + 2.0 * beta * error * steepness
            }
        };
        if allowed < 1.0 {
            let model = oracle::Model { map: setup.family.oracle(&caps), beta, similarity: setup.similarity, post: Post::Identity };
            let exact = model.recall(rows, rows, None, &query).weights;
            let found: Vec<f32> = kept.iter().map(|&row| weights[row]).collect();
            check::near_weights("weight from patterns", &setup.family, &found, &exact, allowed);
        }
    }

    /// The state against core's weights, which `check` has held against the oracle's.
    fn check_state(&self, kept: &[usize], scores: &[f32], weights: &[f32], weighed: Step, out: Stepped) -> Option<Vec<f32>> {
        let (setup, values) = (&self.setup, self.values());
        let weighty: Vec<usize> = kept.iter().copied().filter(|&i| weights[i] > 0.0).collect();
        let finite = weighty.iter().all(|&i| values.row(i).iter().all(|x| x.is_finite()));
        if !finite {
            assert_eq!(out, Err(Error::OutputNotFinite));
            return None;
        }
        let (out, mut step) = match out {
            Ok((out, step)) => (floats(&out), step),
            Err(error) => {
                let overflows = values.largest(kept) * kept.len() as f64 > f64::from(f32::MAX);
                assert!(error == Error::OutputNotFinite && overflows, "state: {error}");
                return None;
            }
        };
        if let Some(energy) = step.energy.take() {
            self.check_energy0(kept, scores, energy);
        }
        assert_eq!(step, weighed, "a recall and the weights of its scores");

        let found: Vec<f64> = weighty.iter().map(|&i| f64::from(weights[i])).collect();
        check::state(&found, Rows { data: &values.wide(&weighty), dim: values.dim }, &out);
        if step.is_exact() {
            // No -0.0 leaves core.
            let row: Vec<f32> = values.row(step.winner).iter().map(|x| x + 0.0).collect();
            assert_eq!(bits(&out), bits(&row), "an exact recall of row {}", step.winner);
        }
        assert!(!setup.family.is_dense() || weighed.support == kept.len());
        Some(out)
    }

    fn check_energy0(&self, kept: &[usize], scores: &[f32], energy: f64) {
        let (setup, query) = (&self.setup, wide(&self.recall.query));
        if !setup.beta_is_usual() || setup.family.carries(kept).is_none() {
            return;
        }
        let beta = f64::from(setup.beta.get());
        let conjugate = check::Exact::of(setup, kept, scores).conjugate;
        let (half_norm2, exact) = match setup.similarity {
            Similarity::Dot => (oracle::dot(&query, &query) / 2.0, oracle::dot(&query, &query) / 2.0 - conjugate / beta),
            _ => (0.0, -conjugate / beta / 2.0),
        };
        let largest = kept.iter().map(|&row| f64::from(scores[row].abs())).fold(0.0, f64::max);
        // A sum of k weights is k times as far off as one.
        let terms = largest * (setup.family.mass() - 1.0) * 4e-6;
        check::near("energy0", energy, exact, tolerance::energy0(half_norm2, conjugate.abs().max(beta * largest), beta) + terms);
    }

    fn check_energies(
        &self,
        kept: &[usize],
        rows: Rows<'_>,
        state: Option<&[f32]>,
        energies: [Option<std::result::Result<u64, Error>>; 2],
    ) {
        let setup = &self.setup;
        let (mass, caps) = (setup.family.mass(), setup.caps(kept));
        if setup.family.carries(kept).is_none() {
            return;
        }
        let map = setup.family.oracle(&caps);
        let model = oracle::Model { map, beta: setup.beta.get().into(), similarity: setup.similarity, post: Post::Identity };
        let half_norm2 = |x: &[f32]| oracle::dot(&wide(x), &wide(x)) / 2.0;
        let norm = f64::from(self.max_norm);
        let scale = |x: &[f32]| oracle::max_abs(&setup.similarity.scores(rows, &wide(x))) * mass;
        let underflow = tolerance::dot(rows.dim, 0.0) * mass;
        let query = &self.recall.query;
        let [Some(Ok(before)), after] = energies.map(|energy| energy.map(|energy| energy.map(f64::from_bits))) else {
            panic!("finite scores have an energy: {energies:?}")
        };
        let exact = model.energy(rows, &wide(query)).expect("an energy");
        check::near("energy", before, exact, tolerance::energy(half_norm2(query), norm, scale(query)) + underflow);
        // The distance's energy falls where weights sum to one.
        let falls = setup.similarity == Similarity::Dot || (mass == 1.0 && setup.family.oracle(&caps) != oracle::Map::Softmax1);
        if let (Some(state), Some(Ok(after))) = (state, after)
            && falls
        {
            let allowed = tolerance::energy_rise(half_norm2(state), norm, scale(state)) + underflow;
            assert!(after - before <= allowed, "the energy rose by {:e} from {before:e}, allowed {allowed:e}", after - before);
        }
    }
}

fuzz_target!(|data: &[u8]| {
    let Ok(case) = Case::draw(&mut Unstructured::new(data)) else { return };
    case.check();
});
