//! Passes over rows in arbitrary cuts, merged in arbitrary order, against one pass over the whole.
//!
//! The same bits where that is promised: for one pass cut at block ends, for passes over single chunks merged in row order, and for a
//! sparse map wherever rows are in order. Otherwise the bound. A pass that ends early (no room, a score that is not finite) is that of
//! the rows before. A masked row is a row without weight, also where chunks end.
#![no_main]

use arbitrary::{Result, Unstructured};
use basinet_conformance::oracle::{self, Rows, Similarity};
use basinet_conformance::tolerance;
use basinet_core::{BLOCK, Backend, CHUNK, Error, Kernels, Model, Normaliser, Pass, Separation, Step};
use basinet_fuzz::family::{Ask, Compare, Family, Setup};
use basinet_fuzz::memory::{Choice, Memory};
use basinet_fuzz::{Stepped, Work, bits, check, draw, floats, stepped, wide};
use libfuzzer_sys::fuzz_target;
use std::ops::Range;

struct Case {
    setup: Setup,
    backend: Backend,
    memory: Memory,
    query: Vec<f32>,
    /// The rows that take part.
    kept: Vec<usize>,
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
        let mut setup = Setup::draw(bytes)?;
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
        setup.choose(bytes, count)?;
        let memory = Memory::draw(bytes, count, dim)?;
        let query = draw::numbers(bytes, dim)?;
        setup.compare(bytes)?;
        let kept = setup.kept(count);
        Ok(Self { setup, backend, memory, query, kept, cuts, begins, rotation, room })
    }

    fn pieces(&self) -> impl Iterator<Item = Range<usize>> {
        self.cuts.windows(2).map(|cut| cut[0]..cut[1])
    }

    /// True where a sum of rows, each at most once, could be beyond f32.
    fn may_overflow(&self) -> bool {
        self.memory.largest(&self.kept) * self.kept.len() as f64 > f64::from(f32::MAX)
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
    finished: Stepped,
}

/// Ends a pass: reads out the rows in the pieces given, and finishes.
fn end<S: Separation, Q: Compare, K: Kernels>(
    mut pass: Pass<'_, S, Q, K>,
    memory: &Memory,
    pieces: impl Iterator<Item = Range<usize>>,
) -> Outcome {
    let normaliser = pass.normaliser();
    let finished = normaliser.and_then(|normaliser| {
        assert_eq!(Normaliser::from_bytes(&normaliser.to_bytes()), Some(normaliser), "a normaliser that travels");
        for piece in pieces {
            pass.read_out(&normaliser, piece.start, &memory.slice(piece))?;
        }
        let mut out = vec![0.0; memory.dim];
        let step = pass.finish(&normaliser, &mut out);
        stepped(&out, step)
    });
    Outcome { normaliser, finished }
}

/// One pass over pieces with room for `room` candidates: what came of it, and where it ended early.
fn pass<S: Separation, Q: Compare, K: Kernels>(
    model: Model<S, Q, K>,
    case: &Case,
    pieces: &[Range<usize>],
    room: usize,
) -> (Outcome, Option<Early>) {
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
fn one_pass<S: Separation, Q: Compare, K: Kernels>(case: &Case, model: Model<S, Q, K>) -> Option<Outcome> {
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
    if !case.setup.family.is_dense() || case.cuts.iter().all(|cut| cut % BLOCK == 0 || *cut == count) {
        assert_eq!(cut, whole, "cut at {:?}", case.cuts);
    } else {
        case.near(model, &cut, &whole);
    }

    let mut out = vec![0.0; memory.dim];
    let mut work = Work::new(memory.dim, count, count);
    let step = model.step(&memory.patterns(), &case.query, &mut out, &mut work.scratch());
    match (&whole.finished, step) {
        (Ok(expected), Ok(mut step)) => {
            step.energy = None;
            assert_eq!(stepped(&out, Ok(step)).as_ref(), Ok(expected), "a step and its pass");
        }
        (Err(Error::Empty), step) => assert_eq!(step, Err(Error::AllMasked)),
        // A step reads rows again where the sum of a softmax overflows before it is divided; a pass cannot.
        (Err(Error::OutputNotFinite), Ok(_)) => assert!(case.setup.family.is_dense() && case.may_overflow()),
        (Err(error), step) => assert_eq!(step, Err(*error)),
        (Ok(_), Err(error)) => panic!("a step where a pass has no error: {error}"),
    }
    Some(whole)
}

/// Passes over groups of pieces, merged.
fn merged<S: Separation + PartialEq, Q: Compare, K: Kernels>(case: &Case, model: Model<S, Q, K>, whole: &Outcome) {
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
            // Of a dense map the normaliser ends a chunk, so it is not asked for on the way.
            let mut parts = || (!case.setup.family.is_dense()).then(|| [first.normaliser(), other.normaliser()]);
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
    if rotation == 0 && (!case.setup.family.is_dense() || (canonical && aligned)) {
        assert_eq!(found, *whole, "merged from {groups:?}");
    } else {
        case.near(model, &found, whole);
    }
    if let Some(crowded) = merge(case.room) {
        assert_eq!(crowded, found, "merged with room for {}", case.room);
    }
}

impl Case {
    /// The whole against the oracle.
    fn check<S: Separation, Q: Compare, K: Kernels>(&self, model: Model<S, Q, K>, whole: &Outcome) {
        let (setup, memory, kept) = (&self.setup, &self.memory, &self.kept);
        let Ok((out, step)) = &whole.finished else {
            let carries = matches!(setup.family.carries(kept), Some(Ok(())));
            assert!(!carries || self.may_overflow(), "{:?}", whole.finished);
            return;
        };
        let mut scores = vec![0.0; memory.count];
        model.scores(&memory.patterns(), &self.query, &mut scores).expect("finite scores");
        let (keys, query) = (memory.wide(kept), wide(&self.query));
        let rows = Rows { data: &keys, dim: memory.dim };
        check::scores(setup.similarity, rows, &query, kept.iter().map(|&i| scores[i]));
        let mut weights = scores.clone();
        let mut work = Work::new(0, memory.count, memory.count);
        let weighed = model.weights(&mut weights, &mut work.scratch());
        assert_eq!(stepped(&[], weighed), Ok((vec![], *step)), "a pass and the weights of its scores");
        check::weights(setup, kept, &scores, &weights, step, model.separation().margin());
        let weights: Vec<f64> = kept.iter().map(|&row| f64::from(weights[row])).collect();
        check::state(&weights, rows, &floats(out));
    }

    /// Rows in another bracketing or order: the winner's numbers are the same, sums are within the bound.
    fn near<S: Separation, Q: Compare, K: Kernels>(&self, model: Model<S, Q, K>, found: &Outcome, whole: &Outcome) {
        let (setup, memory, kept) = (&self.setup, &self.memory, &self.kept);
        let (Ok((out, step)), Ok((_, expected))) = (&found.finished, &whole.finished) else {
            assert!(self.may_overflow() || found.finished == whole.finished, "{:?} and {:?}", found.finished, whole.finished);
            return;
        };
        assert_eq!((step.winner, step.gap.to_bits()), (expected.winner, expected.gap.to_bits()), "winner");
        let mut scores = vec![0.0; memory.count];
        model.scores(&memory.patterns(), &self.query, &mut scores).expect("finite scores");
        let exact = check::Exact::of(setup, kept, &scores);
        let largest = oracle::max_abs(&exact.z);
        let mut weights = scores;
        model.weights(&mut weights, &mut Work::new(0, memory.count, memory.count).scratch()).expect("finite scores");
        if exact.total >= setup.family.mass() || !setup.family.is_capped() {
            check::near("conjugate", step.conjugate, exact.conjugate, tolerance::conjugate(largest) * setup.family.mass());
        }
        check::near("winner's weight", step.weight.into(), weights[step.winner].into(), tolerance::WEIGHTS);
        let weights: Vec<f64> = kept.iter().map(|&row| f64::from(weights[row])).collect();
        check::state(&weights, Rows { data: &memory.wide(kept), dim: memory.dim }, &floats(out));
    }
}

impl Ask for Case {
    type Answer = Option<Outcome>;
    fn ask<S: Separation + PartialEq, Q: Compare, K: Kernels>(&self, model: Model<S, Q, K>, _: [usize; 2]) -> Option<Outcome> {
        let whole = one_pass(self, model)?;
        self.check(model, &whole);
        merged(self, model, &whole);
        Some(whole)
    }
}

/// One more number in each row: a masked row does what a row does whose weight is zero: nothing, to any bit. Its score is lowered by that.
struct Weightless<'a>(&'a Case, Memory);

impl<'a> Weightless<'a> {
    const FAR: f32 = 1e30;

    fn new(case: &'a Case) -> Self {
        Self(case, case.memory.with_column(|i| if case.kept.binary_search(&i).is_ok() { 0.0 } else { -Self::FAR }))
    }
}

impl Ask for Weightless<'_> {
    type Answer = Option<(Vec<u32>, Step)>;
    fn ask<S: Separation, Q: Compare, K: Kernels>(&self, model: Model<S, Q, K>, _: [usize; 2]) -> Self::Answer {
        let Weightless(Case { memory, query, .. }, lowered) = self;
        let mut scores = vec![0.0; memory.count];
        let all = model.scores(&memory.patterns(), query, &mut scores);
        if all.is_err() || scores.iter().any(|s| s.abs() > 1e20) || model.beta().get() < 1e-20 {
            return None;
        }
        let query = [&query[..], &[1.0]].concat();
        let mut found = vec![0.0; lowered.dim];
        let mut work = Work::new(lowered.dim, memory.count, memory.count);
        // A row without weight may overflow the sum while it is the best so far.
        let step = model.step(&lowered.patterns(), &query, &mut found, &mut work.scratch()).ok()?;
        Some((bits(&found[..memory.dim]), step))
    }
}

impl Case {
    fn run(self) {
        if self.query.iter().any(|x| !x.is_finite()) {
            return;
        }
        let Some(whole) = self.setup.on(self.backend, &self, [0, 0]) else { return };
        let Ok((out, step)) = whole.finished else { return };
        if let Choice::All = self.setup.choice {
            return;
        }
        // Caps are those of all rows, with or without a mask; but the rows that it keeps are all that have a weight if they can carry it.
        let fits = self.setup.similarity == Similarity::Dot && matches!(self.setup.family.carries(&self.kept), Some(Ok(())));
        let all = Setup { choice: Choice::All, ..self.setup.clone() };
        if fits
            && !matches!(all.family, Family::Constrained(_))
            && let Some((found, found_step)) = all.on(self.backend, &Weightless::new(&self), [0, 0])
        {
            assert_eq!(found, out, "masked rows, and rows without weight");
            let numbers = |step: &Step| (step.winner, step.weight.to_bits(), step.rest.to_bits(), step.conjugate.to_bits());
            assert_eq!(numbers(&found_step), numbers(&step), "masked rows, and rows without weight");
        }
    }
}

fuzz_target!(|data: &[u8]| {
    let Ok(case) = Case::draw(&mut Unstructured::new(data)) else { return };
    case.run();
});
