//! The exported functions, called as C calls them; and a C program that calls them in truth is `.ci/run c`'s.

#![allow(clippy::unwrap_used, reason = "a test may fail")]

mod files;

use super::*;
use basinet_core::{
    AnySeparation, Buffers, Cosine, Dot, Model, Patterns, Separation, Similarity as _, Softmax, Sparsemax, SquaredDistance, WithSeparation,
    beta,
};
use core::ptr::{null, null_mut};
use std::vec;
use std::vec::Vec;

const X: [f32; 12] = [1.0, -1.0, 1.0, -1.0, 1.0, 1.0, -1.0, -1.0, 0.5, 0.25, 0.0, 1.0];
const VALUES: [f32; 6] = [10.0, 1.0, 20.0, 2.0, 30.0, 3.0];
const QUERY: [f32; 4] = [1.0, -1.0, 0.0, 0.25];

/// X as a memory.
fn memory(separation: &CStr, beta: f32) -> Memory {
    let mut name = [0; names::NAME];
    for (to, from) in name.iter_mut().zip(separation.to_bytes()) {
        *to = *from as c_char;
    }
    let (patterns, values) = (X.as_ptr(), null());
    Memory { patterns, values, count: 3, dim: 4, width: 0, beta, max_norm: 0.0, similarity: Similarity::DOT as i32, separation: name }
}

/// A recall of QUERY, in scratch memory of this size.
fn recall_from(memory: &Memory, scratch: usize) -> (Status, Vec<f32>, Report) {
    let (mut out, mut report, mut scratch) = (vec![7.0; memory.out()], Report::default(), vec![0.0; scratch]);
    // SAFETY: the slices are as long as the call says, and apart.
    let status = unsafe { basinet_recall(memory, QUERY.as_ptr(), out.as_mut_ptr(), scratch.as_mut_ptr(), scratch.len(), &mut report) };
    (status_of(status), out, report)
}

fn recall(separation: &CStr, beta: f32, scratch: usize) -> (Status, Vec<f32>, Report) {
    recall_from(&memory(separation, beta), scratch)
}

/// The status of a number.
fn status_of(number: i32) -> Status {
    const LAST: i32 = Status::MAX_NORM as i32;
    assert!((0..=LAST).contains(&number), "{number}");
    // SAFETY: the numbers from 0 to the last are all there.
    unsafe { core::mem::transmute::<i32, Status>(number) }
}

fn by_core<S: Separation>(separation: S) -> (Vec<f32>, Step) {
    let mut out = vec![0.0; 4];
    let model = Model::new(beta!(0.5), separation);
    let step = model.step(&Patterns::new(&X, 4).unwrap(), &QUERY, &mut out, &mut Buffers::<4, 3>::new().scratch()).unwrap();
    (out, step)
}

/// [`by_core`], of a separation that is known by name.
struct ByCore;

impl WithSeparation for ByCore {
    type Output = (Vec<f32>, Step);
    fn run<S: Separation + PartialEq>(self, separation: S) -> Self::Output {
        by_core(separation)
    }
}

#[test]
fn a_recall_is_that_of_the_core_by_every_name() {
    for name in [c"softmax", c"softmax1", c"sparsemax", c"entmax:1.5", c"entmax:1.3", c"normmax:2", c"topk:2", c"hardmax", c"ksubsets:2"] {
        let (out, step) = name.to_str().unwrap().parse::<AnySeparation>().unwrap().run(ByCore);
        let full = basinet_recall_scratch(3, 4);
        assert_eq!(recall(name, 0.5, full), (Status::OK, out.clone(), step.into()), "{name:?}");
        // Without room for candidates the rows are read again, and the bits are the same.
        assert_eq!(recall(name, 0.5, 12).1, out, "{name:?}");
    }
}

#[test]
fn a_recall_compares_as_the_memory_says() {
    let model = Model::new(beta!(0.5), Sparsemax);
    let (patterns, mut buffers) = (Patterns::new(&X, 4).unwrap(), Buffers::<4, 3>::new());
    let (mut cosine, mut distance) = ([0.0; 4], [0.0; 4]);
    let steps = [
        model.with(Cosine).step(&patterns, &QUERY, &mut cosine, &mut buffers.scratch()).unwrap(),
        model.with(SquaredDistance).step(&patterns, &QUERY, &mut distance, &mut buffers.scratch()).unwrap(),
    ];
    let kinds = [(Similarity::COSINE, cosine, 0), (Similarity::SQUARED_DISTANCE, distance, 1)];
    for ((similarity, expected, has_energy), step) in kinds.into_iter().zip(steps) {
        let memory = Memory { similarity: similarity as i32, ..memory(c"sparsemax", 0.5) };
        assert_eq!(recall_from(&memory, 21), (Status::OK, expected.to_vec(), step.into()));
        assert_eq!(recall_from(&memory, 21).2.has_energy, has_energy);
        let (mut scores, mut by_core) = ([0.0; 3], [0.0; 3]);
        // SAFETY: the slices are as long as the call says, and apart.
        assert_eq!(unsafe { basinet_scores(&memory, QUERY.as_ptr(), scores.as_mut_ptr()) }, 0);
        match similarity {
            Similarity::COSINE => model.with(Cosine).scores(&patterns, &QUERY, &mut by_core).unwrap(),
            _ => model.with(SquaredDistance).scores(&patterns, &QUERY, &mut by_core).unwrap(),
        }
        assert_eq!(scores, by_core);
    }
    for similarity in [-1, 3] {
        assert_eq!(recall_from(&Memory { similarity, ..memory(c"sparsemax", 0.5) }, 21).0, Status::SIMILARITY);
    }
    assert!(Dot.energy0(0.0, 0.0).is_some() && Cosine.energy0(0.0, 0.0).is_none());
}

#[test]
fn values_are_read_out_where_there_are_some() {
    let memory = Memory { values: VALUES.as_ptr(), width: 2, ..memory(c"softmax", 0.5) };
    let (patterns, values, mut expected) = (Patterns::new(&X, 4).unwrap(), Patterns::new(&VALUES, 2).unwrap(), vec![0.0; 2]);
    let model = Model::new(beta!(0.5), Softmax);
    let step = model.read(&patterns, &values, &QUERY, &mut expected, &mut Buffers::<2, 3>::new().scratch()).unwrap();
    assert_eq!(recall_from(&memory, basinet_recall_scratch(3, 2)), (Status::OK, expected, step.into()));
    assert_eq!(recall_from(&memory, 6).0, Status::OK);
    assert_eq!(recall_from(&memory, 5).0, Status::SCRATCH);
    assert_eq!(recall_from(&Memory { width: 0, ..memory }, 21).0, Status::LENGTH);
    let misaligned = Memory { values: VALUES.as_ptr().wrapping_byte_add(1), ..memory };
    assert_eq!(recall_from(&misaligned, 21).0, Status::MISALIGNED);
}

#[test]
fn the_report_says_what_the_step_says() {
    let (_, step) = by_core(Sparsemax);
    let (_, _, report) = recall(c"sparsemax", 0.5, 21);
    assert_eq!((report.has_threshold, report.has_energy, report.is_exact), (1, 1, u32::from(step.is_exact())));
    assert_eq!((Some(report.threshold), Some(report.energy)), (step.threshold, step.energy));
    assert_eq!(recall(c"softmax", 0.5, 21).2.has_threshold, 0);
    assert_eq!((size_of::<Report>(), core::mem::offset_of!(Report, weight)), (88, 56));
    assert_eq!((size_of::<Settled>(), core::mem::offset_of!(Settled, converged)), (136, 128));
}

#[test]
fn a_name_within_memory_that_is_written_overlaps_it() {
    let mut numbers = [0.0f32; 64];
    let (scores, name) = (numbers.as_mut_ptr(), numbers.as_mut_ptr().wrapping_add(32));
    // SAFETY: eight bytes of the array.
    unsafe { core::ptr::copy_nonoverlapping(c"softmax".as_ptr().cast::<u8>(), name.cast(), 8) };
    let weigh = |count, scratch: usize| {
        // SAFETY: all of it is within the array.
        unsafe { basinet_weights(name.cast_const().cast(), 1.0, scores, count, scores.wrapping_add(scratch), 9, null_mut()) }
    };
    assert_eq!(weigh(2, 4), Status::OK as i32);
    assert_eq!((weigh(2, 30), weigh(33, 48)), (Status::OVERLAP as i32, Status::OVERLAP as i32));
}

#[test]
fn weights_and_scores_are_those_of_the_core() {
    let mut scores = [0.0; 3];
    // SAFETY: the slices are as long as the call says, and apart.
    let status = unsafe { basinet_scores(&memory(c"softmax", 1.0), QUERY.as_ptr(), scores.as_mut_ptr()) };
    assert_eq!((status, scores), (0, [1.75, -0.25, 0.5]));
    let mut expected = scores;
    let step = Model::new(beta!(2.0), Softmax).weights(&mut expected, &mut Buffers::<0, 3>::new().scratch()).unwrap();
    let mut report = Report::default();
    // SAFETY: the slices are as long as the call says, and apart.
    let status = unsafe { basinet_weights(c"softmax".as_ptr(), 2.0, scores.as_mut_ptr(), 3, null_mut(), 0, &mut report) };
    assert_eq!((status, scores, report), (0, expected, step.into()));
}

/// Settles from QUERY.
fn settle(memory: &Memory, steps: usize, state_change: f32, scratch: usize) -> (Status, [f32; 4], Settled) {
    let (mut state, mut report, mut scratch) = (QUERY, Settled::default(), vec![0.0; scratch]);
    // SAFETY: the slices are as long as the call says, and apart.
    let status =
        unsafe { basinet_settle(memory, state.as_mut_ptr(), steps, state_change, scratch.as_mut_ptr(), scratch.len(), &mut report) };
    (status_of(status), state, report)
}

#[test]
fn settling_is_that_of_the_core() {
    let (patterns, mut state) = (Patterns::new(&X, 4).unwrap(), QUERY);
    let stop = Stop::after(20).state_change(1e-3);
    let mut buffers = Buffers::<4, 3>::new();
    let report = Model::new(beta!(0.25), Softmax).settle(&patterns, &mut state, stop, &mut buffers.scratch()).unwrap();
    assert_eq!(settle(&memory(c"softmax", 0.25), 20, 1e-3, basinet_settle_scratch(3, 4)), (Status::OK, state, report.into()));
    assert!(report.converged && report.steps > 2);
    // So it is with values, which are not looked at, and with the least scratch memory.
    let associating = Memory { values: VALUES.as_ptr(), width: 2, ..memory(c"softmax", 0.25) };
    assert_eq!(settle(&associating, 20, 1e-3, 24), (Status::OK, state, report.into()));
    assert_eq!(settle(&associating, 2, 0.0, 24).2.converged, 0);
    let distance = Memory { similarity: Similarity::SQUARED_DISTANCE as i32, ..associating };
    let mut state = QUERY;
    let model = Model::new(beta!(0.25), Softmax).with(SquaredDistance);
    let report = model.settle(&patterns, &mut state, stop, &mut buffers.scratch()).unwrap();
    assert_eq!(settle(&distance, 20, 1e-3, 24), (Status::OK, state, report.into()));
}

#[test]
fn settling_that_cannot_be_changes_nothing() {
    let right = memory(c"softmax", 0.25);
    let cosine = Memory { similarity: Similarity::COSINE as i32, ..right };
    let odd = Memory { beta: 0.0, ..right };
    let crowded = memory(c"ksubsets:4", 1.0);
    for (memory, scratch, expected, place) in [
        (&cosine, 33, Status::SIMILARITY, 0),
        (&odd, 33, Status::BETA, 0),
        (&right, 23, Status::SCRATCH, 0),
        (&crowded, 33, Status::TOO_FEW_ROWS, 4),
    ] {
        let (status, state, report) = settle(memory, 5, 0.0, scratch);
        let told = Settled { last: Report { place, ..Report::default() }, ..Settled::default() };
        assert_eq!((status, state, report), (expected, QUERY, told));
    }
    let mut all = [0.5f32; 64];
    let state = all.as_mut_ptr();
    // SAFETY: where the pointers are as promised the call may read; where not, it must say so before it does.
    let over = unsafe { basinet_settle(&right, state, 5, 0.0, state.wrapping_add(3), 24, null_mut()) };
    assert_eq!(status_of(over), Status::OVERLAP);
}

#[test]
fn wrong_arguments_are_named_and_change_nothing() {
    for (name, beta, scratch, expected) in [
        (c"softmin", 1.0, 21, Status::SEPARATION),
        (c"", 1.0, 21, Status::SEPARATION),
        (c"topk", 1.0, 21, Status::SEPARATION),
        (c"softmax:1", 1.0, 21, Status::SEPARATION),
        (c"entmax:much", 1.0, 21, Status::SEPARATION),
        (c"entmax:0.5", 1.0, 21, Status::PARAMETER),
        (c"entmax:nan", 1.0, 21, Status::PARAMETER),
        (c"normmax:1", 1.0, 21, Status::PARAMETER),
        (c"topk:0", 1.0, 21, Status::PARAMETER),
        (c"ksubsets:4", 1.0, 21, Status::TOO_FEW_ROWS),
        (c"softmax", 0.0, 21, Status::BETA),
        (c"softmax", f32::NAN, 21, Status::BETA),
        (c"softmax", 1.0, 11, Status::SCRATCH),
    ] {
        let (status, out, report) = recall(name, beta, scratch);
        assert_eq!((status, out), (expected, vec![7.0; 4]), "{name:?}, {beta}, {scratch}");
        assert_eq!(report.support, 0);
    }
    // What would be a name if it had an end: it is read no further than it may be.
    let mut endless = [b'0' as c_char; names::NAME];
    for (to, from) in endless.iter_mut().zip(*b"topk:0") {
        *to = from as c_char;
    }
    endless[names::NAME - 1] = b'2' as c_char;
    let with = |separation| recall_from(&Memory { separation, ..memory(c"", 1.0) }, 21).0;
    assert_eq!(with(endless), Status::SEPARATION);
    endless[46..].copy_from_slice(&[b'2' as c_char, 0]);
    assert_eq!(with(endless), Status::OK);
}

/// `basinet_recall` of softmax from this memory, without a report.
fn status_at(patterns: *const f32, (count, dim): (usize, usize), query: *const f32, out: *mut f32, scratch: (*mut f32, usize)) -> Status {
    let memory = Memory { patterns, count, dim, ..memory(c"softmax", 1.0) };
    // SAFETY: where the pointers are as promised the call may read; where not, it must say so before it does.
    status_of(unsafe { basinet_recall(&memory, query, out, scratch.0, scratch.1, null_mut()) })
}

#[test]
fn pointers_and_sizes_are_looked_at_before_anything_is_read() {
    let mut all = [0.5f32; 64];
    let base = all.as_mut_ptr();
    let at = |i: usize| base.wrapping_add(i);
    let (x, q, out, work) = (at(0), at(12), at(16), (at(20), 12));
    let size = (3, 4);
    assert_eq!(status_at(x, size, q, out, work), Status::OK);
    assert_eq!(status_at(null(), size, q, out, work), Status::NULL);
    assert_eq!(status_at(x, size, null(), out, work), Status::NULL);
    assert_eq!(status_at(x, size, q, null_mut(), work), Status::NULL);
    assert_eq!(status_at(x, size, q, out, (null_mut(), 12)), Status::NULL);
    assert_eq!(status_at(x, size, q, out, (null_mut(), 0)), Status::SCRATCH);
    assert_eq!(status_at(x.wrapping_byte_add(1), size, q, out, work), Status::MISALIGNED);
    assert_eq!(status_at(x, size, q, at(11), work), Status::OVERLAP);
    assert_eq!(status_at(x, size, q, at(15), work), Status::OVERLAP);
    assert_eq!(status_at(x, size, q, out, (at(19), 12)), Status::OVERLAP);
    assert_eq!(status_at(x, (0, 4), q, out, work), Status::EMPTY);
    assert_eq!(status_at(x, (3, 0), q, out, work), Status::LENGTH);
    assert_eq!(status_at(x, (usize::MAX, 4), q, out, work), Status::TOO_LARGE);
    assert_eq!(status_at(x, (usize::MAX / 4, 1), q, out, work), Status::TOO_LARGE);
    assert_eq!(status_at(x, size, q, out, (at(20), usize::MAX)), Status::TOO_LARGE);
    // SAFETY: as in `status_at`.
    let without = |memory: *const Memory| status_of(unsafe { basinet_recall(memory, q, out, work.0, work.1, null_mut()) });
    let whole = Memory { patterns: x, ..memory(c"softmax", 1.0) };
    assert_eq!((without(null()), without((&raw const whole).wrapping_byte_add(1))), (Status::NULL, Status::MISALIGNED));
    // The report lies over out: it is the error, and so is not written.
    // SAFETY: as in `status_at`.
    let over = unsafe { basinet_recall(&whole, q, out, work.0, work.1, out.cast()) };
    assert_eq!((status_of(over), all[18]), (Status::OVERLAP, 0.5));
    // So it is where out lies over the values, or over the memory itself.
    let (out, work) = (all.as_mut_ptr().wrapping_add(16), all.as_mut_ptr().wrapping_add(20));
    let valued = Memory { patterns: X.as_ptr(), values: out, width: 1, ..whole };
    let mut itself = Memory { patterns: X.as_ptr(), ..whole };
    let itself = &raw mut itself;
    // SAFETY: as in `status_at`.
    let over = unsafe {
        [
            basinet_recall(&valued, QUERY.as_ptr(), out, work, 12, null_mut()),
            basinet_recall(itself, QUERY.as_ptr(), itself.cast(), work, 12, null_mut()),
        ]
    };
    assert_eq!(over.map(status_of), [Status::OVERLAP; 2]);
}

#[test]
fn an_error_about_a_number_says_where_it_is() {
    let (mut x, mut report, mut out, mut scratch) = (X, Report::default(), [7.0; 4], [0.0; 21]);
    x[9] = f32::NAN;
    let mut recall = |x: &[f32], query: [f32; 4]| {
        let memory = Memory { patterns: x.as_ptr(), ..memory(c"sparsemax", 1.0) };
        // SAFETY: the slices are as long as the call says, and apart.
        let status = unsafe { basinet_recall(&memory, query.as_ptr(), out.as_mut_ptr(), scratch.as_mut_ptr(), scratch.len(), &mut report) };
        (status_of(status), report.place)
    };
    assert_eq!(recall(&x, QUERY), (Status::SCORE_NOT_FINITE, 2));
    assert_eq!(recall(&X, [0.0, 0.0, 0.0, f32::INFINITY]), (Status::QUERY_NOT_FINITE, 3));
    assert_eq!(out, [7.0; 4]);
}

#[test]
fn texts_and_sizes() {
    // SAFETY: every text of the library ends with a zero.
    let text = |pointer| unsafe { CStr::from_ptr(pointer) }.to_str().unwrap();
    assert_eq!(text(basinet_version()), env!("CARGO_PKG_VERSION"));
    assert_eq!(text(basinet_backend()), Backend::current().name());
    for number in [-1, Status::MAX_NORM as i32 + 1] {
        assert_eq!(text(basinet_error_text(number)), "no such error number");
    }
    assert_eq!((basinet_recall_scratch(100, 8), basinet_settle_scratch(100, 8), basinet_weights_scratch(100)), (324, 348, 300));
    assert_eq!((basinet_recall_scratch(usize::MAX, 1), basinet_weights_scratch(usize::MAX / 2)), (0, 0));
    assert_eq!((basinet_settle_scratch(1, usize::MAX / 2 + 1), basinet_batch_scratch(1, 1, 1, usize::MAX)), (0, 0));
}

/// The header's comment of an error is its text, and perhaps what `place` is then.
#[test]
fn texts_of_errors_are_those_of_the_header() {
    let lines: Vec<&str> = include_str!("status.rs").lines().map(str::trim).collect();
    let mut seen = 0;
    for pair in lines.windows(2) {
        let Some((_, number)) = pair[1].split_once(" = ") else { continue };
        let Ok(number) = number.trim_end_matches(',').parse::<i32>() else { continue };
        // SAFETY: every text of the library ends with a zero.
        let text = unsafe { CStr::from_ptr(basinet_error_text(number)) }.to_str().unwrap();
        let comment = pair[0].strip_prefix("/// ").unwrap();
        let behind = comment.strip_prefix(text).unwrap_or_else(|| panic!("{comment:?} is not {text:?}"));
        assert!(behind.is_empty() || behind.starts_with(" ("), "{comment:?} is not {text:?}");
        seen += 1;
    }
    assert_eq!(seen, Status::MAX_NORM as i32 + 1);
}

#[test]
fn a_batch_is_its_queries_one_by_one() {
    // One tile and part of the next.
    let queries: Vec<f32> = (0..70 * 4).map(|i| QUERY[i % 4] + (i % 13) as f32 / 16.0).collect();
    let run = |memory: &Memory, queries: &[f32], length: usize| {
        let (mut out, mut reports, mut scratch) = (vec![7.0; 70 * memory.out()], vec![Report::default(); 70], vec![0.0; length]);
        // SAFETY: the slices are as long as the call says, and apart.
        let status = unsafe {
            basinet_recall_batch(memory, queries.as_ptr(), 70, out.as_mut_ptr(), scratch.as_mut_ptr(), length, reports.as_mut_ptr())
        };
        (status_of(status), out, reports)
    };
    let plain = memory(c"sparsemax", 0.5);
    let valued = Memory { values: VALUES.as_ptr(), width: 2, ..plain };
    let (patterns, values) = (Patterns::new(&X, 4).unwrap(), Patterns::new(&VALUES, 2).unwrap());
    for (memory, values) in [(&plain, &patterns), (&valued, &values)] {
        let (status, out, reports) = run(memory, &queries, basinet_batch_scratch(70, 4, memory.out(), 3));
        assert_eq!(status, Status::OK);
        for ((query, out), report) in queries.chunks(4).zip(out.chunks(memory.out())).zip(&reports) {
            let mut expected = vec![0.0; out.len()];
            let model = Model::new(beta!(0.5), Sparsemax);
            let step = model.read(&patterns, values, query, &mut expected, &mut Buffers::<4, 3>::new().scratch()).unwrap();
            assert_eq!((report.winner, report.support), (step.winner as u64, step.support as u64));
            assert!(out.iter().zip(&expected).all(|(a, b)| (a - b).abs() < 1e-5), "{out:?} and {expected:?}");
        }
    }
    let (status, out, _) = run(&plain, &queries, 100);
    assert_eq!((status, out), (Status::SCRATCH, vec![7.0; 280]));
    let mut odd = queries;
    odd[279] = f32::NAN;
    let (status, out, reports) = run(&plain, &odd, basinet_batch_scratch(70, 4, 4, 3));
    assert_eq!((status, out, reports[0].place), (Status::QUERY_NOT_FINITE, vec![7.0; 280], 279));
    // No queries, no reports: nothing is written.
    let mut report = Report { place: 9, ..Report::default() };
    // SAFETY: nothing may be read or written.
    let none = unsafe { basinet_recall_batch(null(), null(), 0, null_mut(), null_mut(), 0, &mut report) };
    assert_eq!((status_of(none), report.place), (Status::NULL, 9));
}
