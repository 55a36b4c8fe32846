//! Passes over rows in arbitrary cuts, merged in arbitrary order, against one pass over the whole.
//!
//! The same bits where that is promised: for one pass cut at block ends, for passes over single chunks merged in row order, and for a
//! sparse map wherever rows are in order. Otherwise the bound. A pass that ends early (no room, a score that is not finite) is that of
//! the rows before. A masked row is a row without weight, also where chunks end.
#![no_main]

use arbitrary::{Result, Unstructured};
use basinet_conformance::oracle::{self, Map, Rows};
use basinet_conformance::tolerance;
use basinet_core::{BLOCK, Backend, Beta, CHUNK, Dispatch, Dot, Error, Job, Kernels, Model, Normaliser, Pass, Separation, Step};
use basinet_fuzz::memory::{Choice, Memory};
use basinet_fuzz::{WithSeparation, Work, bits, check, draw, wide, with_separation};
use libfuzzer_sys::fuzz_target;
use std::ops::Range;

struct Case {
    map: Map,
    beta: Beta,
    backend: Backend,
    memory: Memory,
    query: Vec<f32>,
    choice: Choice,
    /// Where rows are cut, ascending, from 0 to their number.
    cuts: Vec<usize>,
    /// Bit `i` is set where piece `i` begins a new pass.
    begins: u16,
    /// By how much the passes are rotated before they are merged.
    rotation: usize,
    /// Candidates of a pass that may not have enough.
    room: usize,
}

impl Case {
    fn draw(bytes: &mut Unstructured<'_>) -> Result<Self> {
        let map = draw::map(bytes)?;
        let beta = Beta::new(draw::beta(bytes)?).expect("beta is finite and above zero");
        let backend = draw::backend(bytes)?;
        // Now and then beyond a chunk, with short rows.
        let (count, dim) = if draw::below(bytes, 32)? == 31 {
            (CHUNK - BLOCK + draw::below(bytes, 2 * CHUNK)?, 1 + draw::below(bytes, 2)?)
        } else {
            (1 + draw::below(bytes, 300)?, 1 + draw::below(bytes, 9)?)
        };
        let mut cuts = vec![0, count];
        let grid = [1, BLOCK, BLOCK, CHUNK][draw::below(bytes, 4)?];
        for _ in 0..draw::below(bytes, 8)? {
            cuts.push(draw::below(bytes, count)? / grid * grid);
        }
        cuts.sort_unstable();
        cuts.dedup();
        let (begins, rotation, room) = (bytes.arbitrary()?, draw::below(bytes, 8)?, draw::below(bytes, count.min(200) + 1)?);
        let choice = Choice::draw(bytes, count)?;
        let memory = Memory::draw(bytes, count, dim)?;
        Ok(Self { map, beta, backend, memory, query: draw::numbers(bytes, dim)?, choice, cuts, begins, rotation, room })
    }

    fn pieces(&self) -> impl Iterator<Item = Range<usize>> {
        self.cuts.windows(2).map(|cut| cut[0]..cut[1])
    }

    /// True where a sum of rows, each at most once, could be beyond f32.
    fn may_overflow(&self) -> bool {
        let kept = self.choice.kept(self.memory.count);
        self.memory.largest(&kept) * kept.len() as f64 > f64::from(f32::MAX)
    }

    /// The pieces of each pass.
    fn groups(&self) -> Vec<Vec<Range<usize>>> {
        let mut groups: Vec<Vec<_>> = Vec::new();
        for (i, piece) in self.pieces().enumerate() {
            match groups.last_mut() {
                Some(group) if self.begins >> i & 1 == 0 => group.push(piece),
                _ => groups.push(vec![piece]),
            }
        }
        groups
    }
}

/// What a pass came to, in bits.
#[derive(Clone, Debug, PartialEq)]
struct Outcome {
    normaliser: Result<Normaliser, Error>,
    finished: Result<(Vec<u32>, Step), Error>,
}

/// Ends a pass: reads out the rows in the pieces given, and finishes.
fn end<S: Separation, K: Kernels>(mut pass: Pass<'_, S, Dot, K>, memory: &Memory, pieces: impl Iterator<Item = Range<usize>>) -> Outcome {
    let normaliser = pass.normaliser();
    let finished = normaliser.and_then(|normaliser| {
        for piece in pieces {
            pass.read_out(&normaliser, piece.start, &memory.slice(piece))?;
        }
        let mut out = vec![0.0; memory.dim];
        let step = pass.finish(&normaliser, &mut out)?;
        Ok((bits(&out), step))
    });
    Outcome { normaliser, finished }
}

/// One pass over pieces with room for `room` candidates: what came of it, and where it ended early.
fn pass<S: Separation, K: Kernels>(model: Model<S, Dot, K>, case: &Case, pieces: &[Range<usize>], room: usize) -> (Outcome, Option<Early>) {
    let memory = &case.memory;
    let mut work = Work::new(memory.dim, room, room);
    let mut pass = model.begin(&case.query, memory.dim, work.scratch()).expect("a finite query");
    let mut early = None;
    for piece in pieces {
        if let Err(error) = pass.update(piece.start, &memory.slice(piece.clone())) {
            early = Some(Early { error, piece: piece.clone() });
            break;
        }
    }
    (end(pass, memory, pieces.iter().cloned()), early)
}

/// Where and why a pass ended before its last row.
struct Early {
    error: Error,
    piece: Range<usize>,
}

impl Early {
    /// The first row that was not taken in.
    fn row(&self) -> usize {
        match self.error {
            Error::Full { consumed } => self.piece.start + consumed,
            Error::ScoreNotFinite { row } => self.piece.start.max(row / BLOCK * BLOCK),
            other => panic!("a pass ended with: {other}"),
        }
    }
}

/// The pieces before a row.
fn before(pieces: &[Range<usize>], row: usize) -> Vec<Range<usize>> {
    pieces.iter().filter(|piece| piece.start < row).map(|piece| piece.start..piece.end.min(row)).collect()
}

/// One pass, whole and in pieces; gives what the whole comes to, if all scores are finite.
fn one_pass<S: Separation, K: Kernels>(case: &Case, model: Model<S, Dot, K>) -> Option<Outcome> {
    let (memory, pieces) = (&case.memory, case.pieces().collect::<Vec<_>>());
    let count = memory.count;
    let (whole, failed) = pass(model, case, core::slice::from_ref(&(0..count)), count);
    let (cut, early) = pass(model, case, &pieces, count);
    assert_eq!(early.as_ref().map(|early| early.error), failed.as_ref().map(|early| early.error), "where scores are not finite");
    let (crowded, crowded_early) = pass(model, case, &pieces, case.room);
    for (room, found, early) in [(count, &cut, early), (case.room, &crowded, crowded_early)] {
        match early {
            Some(early) => {
                assert!(room < count || matches!(early.error, Error::ScoreNotFinite { .. }), "{}", early.error);
                let (expected, _) = pass(model, case, &before(&pieces, early.row()), count);
                assert_eq!(*found, expected, "a pass with room for {room} that ended before row {}: {}", early.row(), early.error);
            }
            None => assert_eq!(*found, cut, "with room for {room}"),
        }
    }
    if failed.is_some() {
        return None;
    }
    if case.map != Map::Softmax || case.cuts.iter().all(|cut| cut % BLOCK == 0 || *cut == count) {
        assert_eq!(cut, whole, "cut at {:?}", case.cuts);
    } else {
        case.near(&cut, &whole);
    }

    let mut out = vec![0.0; memory.dim];
    let mut work = Work::new(memory.dim, count, count);
    let step = model.on(Dispatch).step(&memory.patterns(), &case.query, &mut out, &mut work.scratch());
    match (&whole.finished, step) {
        (Ok((expected, expected_step)), Ok(mut step)) => {
            step.energy = None;
            assert_eq!((&bits(&out), &step), (expected, expected_step), "a step and its pass");
        }
        (Err(Error::Empty), step) => assert_eq!(step, Err(Error::AllMasked)),
        // A step reads rows again where the sum of a softmax overflows before it is divided; a pass cannot.
        (Err(Error::OutputNotFinite), Ok(_)) => assert!(case.map == Map::Softmax && case.may_overflow()),
        (Err(error), step) => assert_eq!(step, Err(*error)),
        (Ok(_), Err(error)) => panic!("a step where a pass has no error: {error}"),
    }
    Some(whole)
}

/// Passes over groups of pieces, merged.
fn merged<S: Separation + PartialEq, K: Kernels>(case: &Case, model: Model<S, Dot, K>, whole: &Outcome) {
    let (memory, groups) = (&case.memory, case.groups());
    let rotation = case.rotation % groups.len();
    let merge = |room: usize| {
        let mut works: Vec<Work> = groups.iter().map(|_| Work::new(memory.dim, room, room)).collect();
        let mut passes = Vec::new();
        for (group, work) in groups.iter().zip(&mut works) {
            let mut pass = model.begin(&case.query, memory.dim, work.scratch()).expect("a finite query");
            for piece in group {
                match pass.update(piece.start, &memory.slice(piece.clone())) {
                    Ok(()) => {}
                    Err(Error::Full { .. }) if room < memory.count => return None,
                    Err(error) => panic!("a part of a whole without error: {error}"),
                }
            }
            passes.push(pass);
        }
        passes.rotate_left(rotation);
        let mut passes = passes.into_iter();
        let mut first = passes.next().expect("there is a group");
        for mut other in passes {
            // Of softmax the normaliser ends a chunk, so it is not asked for on the way.
            let mut parts = || (case.map != Map::Softmax).then(|| [first.normaliser(), other.normaliser()]);
            let old = parts();
            if let Err(error) = first.merge(&other) {
                assert_eq!(error, Error::Full { consumed: 0 });
                assert!(room < memory.count && old.is_some(), "full with room for {room}");
                assert_eq!([first.normaliser(), other.normaliser()], old.expect("a sparse map"), "a merge that did not take place");
                return None;
            }
        }
        Some(end(first, memory, case.pieces()))
    };

    let found = merge(memory.count).expect("room for all");
    let single_chunk = |group: &[Range<usize>]| {
        let (begin, end) = (group[0].start, group[group.len() - 1].end);
        begin % CHUNK == 0 && end - begin <= CHUNK
    };
    let on_grid = case.cuts.iter().all(|cut| cut % BLOCK == 0 || *cut == memory.count);
    let canonical = on_grid && groups.iter().skip(1).all(|group| single_chunk(group));
    let aligned = groups.len() == 1 || groups[1][0].start % CHUNK == 0;
    if rotation == 0 && (case.map != Map::Softmax || (canonical && aligned)) {
        assert_eq!(found, *whole, "merged from {groups:?}");
    } else {
        case.near(&found, whole);
    }
    if let Some(crowded) = merge(case.room) {
        assert_eq!(crowded, found, "merged with room for {}", case.room);
    }
}

impl Case {
    /// All but [`check_weightless`](Self::check_weightless); gives what the whole comes to, if all scores are finite.
    fn hold<S: Separation + PartialEq, K: Kernels>(&self, model: Model<S, Dot, K>) -> Option<Outcome> {
        let whole = one_pass(self, model)?;
        self.check(model, &whole);
        merged(self, model, &whole);
        Some(whole)
    }

    /// The whole against the oracle.
    fn check<S: Separation, K: Kernels>(&self, model: Model<S, Dot, K>, whole: &Outcome) {
        let (memory, kept) = (&self.memory, self.choice.kept(self.memory.count));
        let Ok((out, step)) = &whole.finished else {
            assert!(kept.is_empty() || self.may_overflow(), "{:?}", whole.finished);
            return;
        };
        let mut scores = vec![0.0; memory.count];
        model.scores(&memory.patterns(), &self.query, &mut scores).expect("finite scores");
        let (keys, query) = (memory.wide(&kept), wide(&self.query));
        check::scores(Rows { data: &keys, dim: memory.dim }, &query, kept.iter().map(|&i| scores[i]));
        let mut weights = scores.clone();
        let mut work = Work::new(0, memory.count, memory.count);
        let weighed = model.weights(&mut weights, &mut work.scratch()).expect("finite scores");
        assert_eq!(weighed, *step, "a pass and the weights of its scores");
        check::weights(self.map, self.beta.get(), &kept, &scores, &weights, step);
        self.check_state(&scores, out);
    }

    fn check_state(&self, scores: &[f32], out: &[u32]) {
        let kept = self.choice.kept(self.memory.count);
        let exact = self.map.weights(&check::scaled(self.beta.get(), scores, &kept));
        let out: Vec<f32> = out.iter().map(|&bits| f32::from_bits(bits)).collect();
        check::state(&exact, Rows { data: &self.memory.wide(&kept), dim: self.memory.dim }, &out);
    }

    /// Rows in another bracketing or order: the winner's numbers are the same, sums are within the bound.
    fn near(&self, found: &Outcome, whole: &Outcome) {
        let memory = &self.memory;
        let (Ok((out, step)), Ok((_, expected))) = (&found.finished, &whole.finished) else {
            assert!(self.may_overflow() || found.finished == whole.finished, "{:?} and {:?}", found.finished, whole.finished);
            return;
        };
        assert_eq!((step.winner, step.gap.to_bits()), (expected.winner, expected.gap.to_bits()), "winner");
        let mut scores = vec![0.0; memory.count];
        let model = Model::new(self.beta, basinet_core::Softmax).keep(self.choice.mask());
        model.scores(&memory.patterns(), &self.query, &mut scores).expect("finite scores");
        let z = check::scaled(self.beta.get(), &scores, &self.choice.kept(memory.count));
        let largest = oracle::max_abs(&z);
        check::near("conjugate", step.conjugate, self.map.conjugate(&z), tolerance::conjugate(largest));
        let exact = self.map.weights(&z).into_iter().fold(0.0, f64::max);
        check::near("winner's weight", step.weight.into(), exact, tolerance::WEIGHTS);
        self.check_state(&scores, out);
    }

    /// A masked row does what a row does whose weight is zero: nothing, to any bit. Its score is lowered by one more number.
    fn check_weightless<S: Separation, K: Kernels>(&self, model: Model<S, Dot, K>, whole: &Outcome) {
        const FAR: f32 = 1e30;
        let memory = &self.memory;
        let mut scores = vec![0.0; memory.count];
        let all = model.scores(&memory.patterns(), &self.query, &mut scores);
        let moderate = all.is_ok() && scores.iter().all(|s| s.abs() <= 1e20) && self.beta.get() >= 1e-20;
        let Some((out, step)) = whole.finished.as_ref().ok().filter(|_| moderate) else { return };

        let lowered = memory.with_column(|i| if self.choice.keeps_row(i) { 0.0 } else { -FAR });
        let query = [&self.query[..], &[1.0]].concat();
        let mut found = vec![0.0; lowered.dim];
        let mut work = Work::new(lowered.dim, memory.count, memory.count);
        let found_step = model.step(&lowered.patterns(), &query, &mut found, &mut work.scratch());
        // A row without weight may overflow the sum while it is the best so far.
        let Ok(found_step) = found_step else { return };
        assert_eq!(bits(&found[..memory.dim]), *out, "masked rows, and rows without weight");
        let numbers = |step: &Step| (step.winner, step.weight.to_bits(), step.rest.to_bits(), step.conjugate.to_bits());
        assert_eq!(numbers(&found_step), numbers(step), "masked rows, and rows without weight");
    }
}

/// What one backend does with the case.
struct Cut<'a, S>(&'a Case, S);

impl<S: Separation + PartialEq> Job for Cut<'_, S> {
    type Output = ();
    fn run<K: Kernels>(self, kernels: K) {
        let Cut(case, separation) = self;
        let model = Model::new(case.beta, separation).on(kernels);
        match &case.choice {
            Choice::All => drop(case.hold(model)),
            choice => {
                let Some(whole) = case.hold(model.keep(choice.mask())) else { return };
                case.check_weightless(model, &whole);
            }
        }
    }
}

impl WithSeparation for &Case {
    fn with<S: Separation + PartialEq>(self, separation: S) {
        if self.query.iter().all(|x| x.is_finite()) {
            self.backend.run(Cut(self, separation)).expect("an available backend");
        }
    }
}

fuzz_target!(|data: &[u8]| {
    let Ok(case) = Case::draw(&mut Unstructured::new(data)) else { return };
    with_separation(case.map, &case);
});
