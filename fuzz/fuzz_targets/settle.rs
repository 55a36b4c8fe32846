//! Recall as an iteration, under any map, post-transformation and rule that stops it; free recall; certificates.
//!
//! An iteration is its steps, bit for bit, on every backend and in any scratch memory, and its report is what they say. The energy does not
//! rise. What a certificate claims holds in exact arithmetic (sums of exact products in f64). Free recall takes off each cap what it
//! recalled.
#![no_main]

use arbitrary::{Result, Unstructured};
use basinet_conformance::oracle::{self, Map, Post, Rows, Similarity};
use basinet_conformance::tolerance::{self, EPS};
use basinet_core::{Backend, Certificate, Constrained, Error, FreeRecall, Job, Kernels, Model, Report, Separation, Step, Stop};
use basinet_fuzz::family::{Ask, Checked, Compare, Family, Setup};
use basinet_fuzz::memory::{Choice, Recall};
use basinet_fuzz::{Bits, Stepped, Work, bits, check, draw, floats, stepped, wide};
use libfuzzer_sys::fuzz_target;

struct Case {
    setup: Setup,
    recall: Recall,
    post: Post,
    stop: Stop,
    max_norm: f32,
    /// Free recall from this cue as well.
    free: bool,
}

impl Case {
    fn draw(bytes: &mut Unstructured<'_>) -> Result<Self> {
        let (mut setup, recall) = Recall::draw(bytes, 60)?;
        let post = [Post::Identity, Post::Identity, Post::L2, Post::Layer, Post::Tanh][draw::below(bytes, 5)?];
        if post == Post::Identity && draw::below(bytes, 4)? == 3 {
            setup.similarity = Similarity::NegativeSquaredDistance;
        }
        let mut stop = Stop::after(draw::below(bytes, 9)?);
        let change = |bytes: &mut Unstructured<'_>| -> Result<f32> { Ok([0.0, 1e-7, 1e-4, 0.01, 0.5, 1e30][draw::below(bytes, 6)?]) };
        if bytes.arbitrary()? {
            stop = stop.state_change(change(bytes)?);
        }
        if bytes.arbitrary()? {
            stop = stop.weight_change(change(bytes)?);
        }
        let max_norm = recall.keys.max_norm(&setup.kept(recall.keys.count));
        Ok(Self { setup, recall, post, stop, max_norm, free: bytes.arbitrary()? })
    }
}

/// What a state's own step comes to.
#[derive(Clone, Debug, PartialEq)]
struct Taken {
    from: Vec<f32>,
    scores: Vec<f32>,
    weights: Vec<f32>,
    step: Step,
    to: Vec<f32>,
}

/// What is asked of one model; steps without how often rows were read.
#[derive(Debug, PartialEq)]
struct Answer {
    settled: Checked<(Vec<u32>, Report)>,
    observed: Vec<(Vec<u32>, Step)>,
    /// Steps by hand from the query, one more than were observed.
    taken: Vec<Taken>,
    certificate: Option<Checked<Certificate>>,
}

impl Ask for Case {
    type Answer = Answer;
    fn ask<S: Separation, Q: Compare, K: Kernels>(&self, model: Model<S, Q, K>, room: [usize; 2]) -> Answer {
        let Recall { keys, query, .. } = &self.recall;
        let (rows, mut work) = (keys.patterns(), Work::new(keys.dim, room[0], room[1]));
        let (mut state, mut observed) = (query.clone(), Vec::new());
        let observe = |step: &Step, state: &[f32]| observed.push(stepped(state, Ok(*step)).expect("a step"));
        let report =
            Q::settle(&model, (self.post, self.stop), &rows, &mut state, &mut work.scratch(), observe).expect("a similarity that descends");
        assert!(report.is_ok() || bits(&state) == bits(query), "the state changed, and {report:?}");
        let settled = report.map(|mut report| {
            report.last.passes = 0;
            (bits(&state), report)
        });

        let (mut taken, mut from) = (Vec::new(), query.clone());
        while taken.len() <= observed.len() {
            let mut to = vec![0.0; keys.dim];
            let Some(Ok(mut step)) = Q::step(&model, self.post, &rows, &from, &mut to, &mut work.scratch()) else { break };
            step.passes = 0;
            let mut scores = vec![0.0; keys.count];
            model.scores(&rows, &from, &mut scores).expect("a step has scores");
            let mut weights = scores.clone();
            model.weights(&mut weights, &mut work.scratch()).expect("finite scores");
            taken.push(Taken { from: from.clone(), scores, weights, step, to: to.clone() });
            from = to;
        }
        let certificate = taken.first().and_then(|taken| Q::certify(&model, &taken.step, query, self.max_norm));
        Answer { settled, observed, taken, certificate }
    }
}

/// |a - b|.
fn apart(a: &[f32], b: &[f32]) -> f64 {
    let difference: Vec<f64> = a.iter().zip(b).map(|(a, b)| f64::from(*a) - f64::from(*b)).collect();
    oracle::norm(&difference)
}

impl Case {
    fn check(&self) {
        let Self { setup, recall: Recall { keys, room, .. }, .. } = self;
        let kept = setup.kept(keys.count);
        let Answer { settled, observed, taken, certificate } = setup.everywhere(self, keys.count, *room);
        for ((found, step), taken) in observed.iter().zip(&taken) {
            assert_eq!((found, step), (&bits(&taken.to), &taken.step), "a step of an iteration, and a step");
        }
        let Ok((state, report)) = settled else {
            // A state that cannot be left, or the last one, has an error of its own.
            assert!(taken.len() <= observed.len() || settled == Err(Error::OutputNotFinite), "{settled:?}");
            return;
        };
        assert_eq!((report.steps, observed.len()), (observed.len(), report.steps), "steps");
        assert!(report.steps <= self.stop.steps);
        let states: Vec<&[f32]> = taken.iter().map(|taken| &taken.from[..]).collect();
        if states.len() <= report.steps {
            return;
        }
        assert_eq!(state, bits(states[report.steps]), "the last state");
        self.check_report(&report, &taken);
        self.check_energies(&kept, &report, &taken);
        if let Some(certificate) = certificate
            && setup.similarity == Similarity::Dot
            && self.post == Post::Identity
            && self.max_norm > 0.0
        {
            self.check_certificate(&kept, &taken[0], &certificate.expect("a finite query"));
        }
    }

    /// The rules of `stop` step by step, and what the report says of the last.
    fn check_report(&self, report: &Report, taken: &[Taken]) {
        let stop = &self.stop;
        let slight = |x: f64| x.abs() * 1e-12 + 1e-300;
        for n in 1..=report.steps {
            let residual = apart(&taken[n].from, &taken[n - 1].from);
            let length = oracle::norm(&wide(&taken[n].from));
            let change = (n >= 2 && stop.weight_change.is_some()).then(|| apart(&taken[n - 1].weights, &taken[n - 2].weights));
            let bound = f64::from(stop.state_change) * length;
            let most = stop.weight_change.map_or(-1.0, f64::from);
            let surely = residual < bound - slight(bound) || residual == 0.0 || change.is_some_and(|change| change < most - slight(most));
            let possibly = residual <= bound + slight(bound) || change.is_some_and(|change| change <= most + slight(most));
            if n < report.steps {
                assert!(!surely, "step {n} ends it: {residual:e} of {length:e}, {change:?}");
            } else {
                assert!(report.converged || !surely, "step {n} ends it");
                assert!(!report.converged || possibly, "step {n} does not end it");
                assert!(report.converged || n == stop.steps, "neither converged nor out of steps");
                check::near("residual", report.residual, residual, slight(residual));
                assert_eq!(report.weight_change.is_some(), change.is_some());
                if let (Some(found), Some(change)) = (report.weight_change, change) {
                    check::near("change of weights", found, change, slight(change));
                }
            }
        }
        let last = &taken[report.steps];
        assert_eq!(report.last, last.step, "the last state's own step");
        let dense = self.setup.family.is_dense();
        let metastable = last.weights.iter().filter(|p| if dense { **p > 0.01 } else { **p > 0.0 }).count();
        assert_eq!(report.metastable, metastable, "metastable");
    }

    fn check_energies(&self, kept: &[usize], report: &Report, taken: &[Taken]) {
        let setup = &self.setup;
        let energies: Vec<f64> = taken.iter().take(report.steps + 1).filter_map(|taken| taken.step.energy).collect();
        assert_eq!(energies.len(), report.steps + 1);
        assert_eq!((report.first_energy.to_bits(), report.energy.to_bits()), (energies[0].to_bits(), energies[report.steps].to_bits()));
        let rise = energies.windows(2).map(|pair| pair[1] - pair[0]).fold(0.0, f64::max);
        assert_eq!(report.largest_rise, rise, "the largest rise");
        let caps = setup.caps(kept);
        let mass = setup.family.mass();
        let sums_to_one = mass == 1.0 && setup.family.oracle(&caps) != Map::Softmax1;
        if !setup.beta_is_usual() || !(setup.similarity == Similarity::Dot || sums_to_one) || self.max_norm == 0.0 {
            return;
        }
        let (beta, norm) = (f64::from(setup.beta.get()), f64::from(self.max_norm));
        for (step, pair) in taken[..=report.steps].windows(2).enumerate() {
            let [before, after] = pair else { break };
            let half = oracle::dot(&wide(&after.from), &wide(&after.from)) / 2.0;
            let largest = kept.iter().map(|&row| f64::from(after.scores[row].abs())).fold(0.0, f64::max);
            // Without the constant, a term more: what scores of 0 would have.
            let constant = setup.family.oracle(&caps).conjugate_of_zeros(kept.len()).abs() / beta;
            // Each product with a weight, and each of a score, may lose 2^-149.
            let underflow = tolerance::dot(4 * (after.from.len() + kept.len()), 0.0) * (1.0 + norm) * mass;
            // A query that is almost where post leads has an energy, too low by what it takes to get there.
            let almost = if step == 0 && matches!(self.post, Post::L2 | Post::Layer) { 2e-6 * norm * mass } else { 0.0 };
            let outside = almost * oracle::norm(&wide(&before.from));
            let allowed = tolerance::energy_rise(half, norm, largest * mass) + 8.0 * EPS * constant + underflow + outside;
            if let (Some(before), Some(energy)) = (before.step.energy, after.step.energy)
                && before.is_finite()
            {
                assert!(energy - before <= allowed, "the energy rose by {:e} from {before:e}, allowed {allowed:e}", energy - before);
            }
        }
    }

    /// What is claimed, in exact arithmetic.
    fn check_certificate(&self, kept: &[usize], taken: &Taken, certificate: &Certificate) {
        let (setup, keys) = (&self.setup, &self.recall.keys);
        let winner = taken.step.winner;
        let place = kept.iter().position(|&row| row == winner).expect("the winner takes part");
        let (rows, caps) = (keys.wide(kept), setup.caps(kept));
        let rows = Rows { data: &rows, dim: keys.dim };
        let pattern = wide(keys.row(winner));
        // What f64 sums of exact products may be off by.
        let sums: f64 = rows.iter().map(|row| oracle::dot_abs(row, &wide(&taken.from))).fold(0.0, f64::max);
        let slack = sums * keys.dim as f64 * 2f64.powi(-52);
        let margin = match setup.family {
            Family::Entmax(alpha) => 1.0 / (f64::from(alpha) - 1.0),
            Family::Sparsemax | Family::Normmax(_) | Family::KSubsets(_) | Family::Constrained(_) => 1.0,
            Family::TopK(1) | Family::Hardmax => 0.0,
            _ => f64::INFINITY,
        };
        let gap = |state: &[f64]| {
            let scores = oracle::scores(rows, state);
            scores[place] - scores.iter().enumerate().filter(|(i, _)| *i != place).map(|(_, s)| *s).fold(f64::NEG_INFINITY, f64::max)
        };
        let (beta, query) = (f64::from(setup.beta.get()), wide(&taken.from));
        let reached = |state: &[f64], slack: f64| beta * (gap(state) + slack) >= margin * (1.0 - 1e-15);
        let own: Vec<f32> = keys.row(winner).iter().map(|x| x + 0.0).collect();
        if certificate.exact {
            assert_eq!(bits(&taken.to), bits(&own), "certainly exact");
            assert!(reached(&query, slack), "certainly exact, with a gap of {:e}", gap(&query));
        }
        assert_eq!(certificate.radius.is_some(), certificate.exact);
        if let Some(radius) = certificate.radius.filter(|radius| *radius > 0.0 && radius.is_finite()) {
            self.check_radius(kept, taken, radius * (1.0 - 1e-6), &own, &|state| reached(state, slack * (1.0 + radius)));
        }

        let distance = |state: &[f64]| oracle::norm(&state.iter().zip(&pattern).map(|(a, b)| a - b).collect::<Vec<_>>());
        let found = distance(&wide(&taken.to));
        assert!(found <= certificate.distance * (1.0 + 1e-12), "{found:e} from the pattern, certainly {:e}", certificate.distance);
        let usual = beta * sums < 1e6;
        if let Some(most) = certificate.gap_distance.filter(|_| usual) {
            let exact = oracle::recall(setup.family.oracle(&caps), beta, rows, rows, None, &query);
            let found = distance(&exact.state);
            let rounding = f64::from(self.max_norm) * 1e-13 * (1.0 + kept.len() as f64);
            assert!(
                found <= most * (1.0 + 1e-9 * (1.0 + beta * sums * 1e-6)) + rounding,
                "{found:e} from the pattern, by the gap {most:e}"
            );
        }
    }

    /// Steps from states at the rim of what is certain: away from the winner, towards the next best.
    fn check_radius(&self, kept: &[usize], taken: &Taken, radius: f64, own: &[f32], reached: &dyn Fn(&[f64]) -> bool) {
        let keys = &self.recall.keys;
        let winner = taken.step.winner;
        let Some(&other) = kept.iter().filter(|&&row| row != winner).max_by(|&&a, &&b| taken.scores[a].total_cmp(&taken.scores[b])) else {
            return;
        };
        let direction: Vec<f64> = keys.row(other).iter().zip(keys.row(winner)).map(|(a, b)| f64::from(*a) - f64::from(*b)).collect();
        let length = oracle::norm(&direction);
        if length == 0.0 {
            return;
        }
        let rim: Vec<f32> = taken.from.iter().zip(&direction).map(|(x, d)| (f64::from(*x) + radius * d / length) as f32).collect();
        let inside = apart(&rim, &taken.from) <= radius;
        let finite = rim.iter().all(|x| x.is_finite());
        if !inside || !finite {
            return;
        }
        assert!(reached(&wide(&rim)), "certain within {radius:e}, but not in exact arithmetic");
        let keys = Recall { keys: keys.clone(), query: rim, room: [0, 0] };
        let there =
            Case { setup: self.setup.clone(), recall: keys, post: Post::Identity, stop: Stop::after(1), max_norm: 0.0, free: false };
        let answer = there.setup.on(Backend::current(), &there, [there.recall.keys.count; 2]);
        let found = answer.taken.first().map(|taken| bits(&taken.to));
        assert_eq!(found, Some(bits(own)), "certain within {radius:e}");
    }
}

/// A free recall from one cue, until nothing is left: steps, states, and what is left after each.
struct Free<'a>(&'a Case, [usize; 2]);

type Recalled = (Stepped, Vec<u32>);

impl Job for Free<'_> {
    type Output = (Vec<Recalled>, Bits);
    fn run<K: Kernels>(self, kernels: K) -> Self::Output {
        let Free(Case { setup, recall: Recall { keys, query, .. }, .. }, room) = self;
        let (mut caps, mut out) = (vec![f32::NAN; keys.count], vec![0.0; keys.dim]);
        let mut free = FreeRecall::new(setup.beta, &mut caps).on(kernels);
        let (mut work, mut recalled) = (Work::new(keys.dim, room[0], room[1]), Vec::new());
        loop {
            match free.recall(&keys.patterns(), query, &mut out, &mut work.scratch()) {
                Ok(Some(step)) => recalled.push((stepped(&out, Ok(step)), bits(free.left()))),
                Ok(None) => return (recalled, Ok(bits(free.left()))),
                Err(error) => return (recalled, Err(error)),
            }
            assert!(recalled.len() <= keys.count + 1, "more recalled than there is");
        }
    }
}

impl Case {
    fn check_free(&self) {
        let Recall { keys, query, room } = &self.recall;
        let (count, beta) = (keys.count, self.setup.beta);
        let ask = |backend: Backend, room| backend.run(Free(self, room)).expect("an available backend");
        let (recalled, end) = ask(Backend::Scalar, [count, count]);
        assert_eq!(ask(Backend::current(), [0, 0]), (recalled.clone(), end.clone()), "free recall without room");
        for backend in Backend::available() {
            assert_eq!(ask(backend, *room), (recalled.clone(), end.clone()), "free recall on {backend} with room {room:?}");
        }
        let mut scores = vec![0.0; count];
        if Model::new(beta, basinet_core::Softmax).scores(&keys.patterns(), query, &mut scores).is_err() {
            assert!(recalled.is_empty() && end.is_err());
            return;
        }
        let mut caps = vec![1.0; count];
        for (step, left) in recalled {
            let (out, step) = step.expect("a recall");
            let setup = Setup { family: Family::Constrained(caps.clone()), beta, similarity: Similarity::Dot, choice: Choice::All };
            let (kept, left) = (setup.kept(count), floats(&left));
            let exact = check::Exact::of(&setup, &kept, &scores);
            let mut weights = scores.clone();
            let capped = Model::new(beta, Constrained::new(&caps).expect("caps in [0, 1]"));
            capped.weights(&mut weights, &mut Work::new(keys.dim, count, count).scratch()).expect("finite scores have weights");
            let found: Vec<f32> = kept.iter().map(|&row| weights[row]).collect();
            check::near_weights("what was recalled", &setup.family, &found, &exact.weights, tolerance::WEIGHTS);
            let rest: Vec<f32> = caps.iter().zip(&weights).map(|(cap, p)| if cap > p { cap - p } else { 0.0 }).collect();
            assert_eq!(bits(&left), bits(&rest), "{left:?} left of {caps:?} after {weights:?}");
            check::state(&wide(&found), Rows { data: &keys.wide(&kept), dim: keys.dim }, &floats(&out));
            assert!(kept.binary_search(&step.winner).is_ok());
            check::near("recalled in all", wide(&found).iter().sum(), exact.total, tolerance::weights_sum(count));
            caps = left;
        }
        let sum: f64 = caps.iter().map(|&cap| f64::from(cap)).sum();
        if let Ok(end) = end {
            assert_eq!(end, bits(&caps), "nothing was recalled, and the caps changed");
            assert!(sum < 1.0, "{sum} is left, and nothing comes");
        }
    }
}

fuzz_target!(|data: &[u8]| {
    let Ok(case) = Case::draw(&mut Unstructured::new(data)) else { return };
    case.check();
    if case.free {
        case.check_free();
    }
});
