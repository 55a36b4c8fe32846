//! The exported functions, called as C calls them; and a C program that calls them in truth is `.ci/run c`'s.

#![allow(clippy::unwrap_used, reason = "a test may fail")]

use super::*;
use basinet_core::{Buffers, Softmax, Sparsemax, beta};
use core::ptr::{null, null_mut};
use std::vec;
use std::vec::Vec;

const X: [f32; 12] = [1.0, -1.0, 1.0, -1.0, 1.0, 1.0, -1.0, -1.0, 0.5, 0.25, 0.0, 1.0];
const QUERY: [f32; 4] = [1.0, -1.0, 0.0, 0.25];

/// A recall from X by its name, in scratch memory of this size.
fn recall(separation: &CStr, beta: f32, scratch: usize) -> (Status, [f32; 4], Report) {
    let (mut out, mut report, mut scratch) = ([7.0; 4], Report::default(), vec![0.0; scratch]);
    // SAFETY: the slices are as long as the call says, and apart.
    let status = unsafe {
        basinet_recall(
            X.as_ptr(),
            3,
            4,
            separation.as_ptr(),
            beta,
            QUERY.as_ptr(),
            out.as_mut_ptr(),
            scratch.as_mut_ptr(),
            scratch.len(),
            &mut report,
        )
    };
    (status, out, report)
}

fn by_core<S: Separation>(separation: S) -> ([f32; 4], Step) {
    let mut out = [0.0; 4];
    let model = Model::new(beta!(0.5), separation);
    let step = model.step(&Patterns::new(&X, 4).unwrap(), &QUERY, &mut out, &mut Buffers::<4, 3>::new().scratch()).unwrap();
    (out, step)
}

#[test]
fn a_recall_is_that_of_the_core_by_every_name() {
    let expected = [
        (c"softmax", by_core(Softmax)),
        (c"softmax1", by_core(basinet_core::Softmax1)),
        (c"sparsemax", by_core(Sparsemax)),
        (c"entmax:1.5", by_core(basinet_core::Entmax::new(1.5).unwrap())),
        (c"normmax:2", by_core(basinet_core::Normmax::new(2.0).unwrap())),
        (c"topk:2", by_core(basinet_core::TopK::new(2).unwrap())),
        (c"hardmax", by_core(basinet_core::Hardmax)),
    ];
    for (name, (out, step)) in expected {
        let full = basinet_recall_scratch(3, 4);
        assert_eq!(recall(name, 0.5, full), (Status::Ok, out, step.into()), "{name:?}");
        // Without room for candidates the rows are read again, and the bits are the same.
        assert_eq!(recall(name, 0.5, 12).1, out, "{name:?}");
    }
}

#[test]
fn the_report_says_what_the_step_says() {
    let (_, step) = by_core(Sparsemax);
    let (_, _, report) = recall(c"sparsemax", 0.5, 21);
    assert_eq!((report.has_threshold, report.has_energy, report.is_exact), (1, 1, u32::from(step.is_exact())));
    assert_eq!((Some(report.threshold), Some(report.energy)), (step.threshold, step.energy));
    assert_eq!(recall(c"softmax", 0.5, 21).2.has_threshold, 0);
    assert_eq!((size_of::<Report>(), core::mem::offset_of!(Report, weight)), (88, 56));
}

#[test]
fn weights_and_scores_are_those_of_the_core() {
    let mut scores = [0.0; 3];
    // SAFETY: the slices are as long as the call says, and apart.
    let status = unsafe { basinet_scores(X.as_ptr(), 3, 4, QUERY.as_ptr(), scores.as_mut_ptr()) };
    assert_eq!((status, scores), (Status::Ok, [1.75, -0.25, 0.5]));
    let mut expected = scores;
    let step = Model::new(beta!(2.0), Softmax).weights(&mut expected, &mut Buffers::<0, 3>::new().scratch()).unwrap();
    let mut report = Report::default();
    // SAFETY: the slices are as long as the call says, and apart.
    let status = unsafe { basinet_weights(c"softmax".as_ptr(), 2.0, scores.as_mut_ptr(), 3, null_mut(), 0, &mut report) };
    assert_eq!((status, scores, report), (Status::Ok, expected, step.into()));
}

#[test]
fn wrong_arguments_are_named_and_change_nothing() {
    for (name, beta, scratch, expected) in [
        (c"softmin", 1.0, 21, Status::Separation),
        (c"", 1.0, 21, Status::Separation),
        (c"topk", 1.0, 21, Status::Separation),
        (c"softmax:1", 1.0, 21, Status::Separation),
        (c"entmax:much", 1.0, 21, Status::Separation),
        (c"entmax:0.5", 1.0, 21, Status::Parameter),
        (c"entmax:nan", 1.0, 21, Status::Parameter),
        (c"normmax:1", 1.0, 21, Status::Parameter),
        (c"topk:0", 1.0, 21, Status::Parameter),
        (c"softmax", 0.0, 21, Status::Beta),
        (c"softmax", f32::NAN, 21, Status::Beta),
        (c"softmax", 1.0, 11, Status::Scratch),
    ] {
        let (status, out, report) = recall(name, beta, scratch);
        assert_eq!((status, out), (expected, [7.0; 4]), "{name:?}, {beta}, {scratch}");
        assert_eq!(report.support, 0);
    }
    let long: Vec<u8> = core::iter::repeat_n(b'1', 100).chain([0]).collect();
    assert_eq!(recall(CStr::from_bytes_with_nul(&long).unwrap(), 1.0, 21).0, Status::Separation);
}

/// `basinet_recall` of softmax from this memory, without a report.
fn status_of(patterns: *const f32, (count, dim): (usize, usize), query: *const f32, out: *mut f32, scratch: (*mut f32, usize)) -> Status {
    // SAFETY: where the pointers are as promised the call may read; where not, it must say so before it does.
    unsafe { basinet_recall(patterns, count, dim, c"softmax".as_ptr(), 1.0, query, out, scratch.0, scratch.1, null_mut()) }
}

#[test]
fn pointers_and_sizes_are_looked_at_before_anything_is_read() {
    let mut all = [0.5f32; 64];
    let base = all.as_mut_ptr();
    let at = |i: usize| base.wrapping_add(i);
    let (x, q, out, work) = (at(0), at(12), at(16), (at(20), 12));
    let size = (3, 4);
    assert_eq!(status_of(x, size, q, out, work), Status::Ok);
    assert_eq!(status_of(null(), size, q, out, work), Status::Null);
    assert_eq!(status_of(x, size, null(), out, work), Status::Null);
    assert_eq!(status_of(x, size, q, null_mut(), work), Status::Null);
    assert_eq!(status_of(x, size, q, out, (null_mut(), 12)), Status::Null);
    assert_eq!(status_of(x, size, q, out, (null_mut(), 0)), Status::Scratch);
    assert_eq!(status_of(x.wrapping_byte_add(1), size, q, out, work), Status::Misaligned);
    assert_eq!(status_of(x, size, q, at(11), work), Status::Overlap);
    assert_eq!(status_of(x, size, q, at(15), work), Status::Overlap);
    assert_eq!(status_of(x, size, q, out, (at(19), 12)), Status::Overlap);
    assert_eq!(status_of(x, (0, 4), q, out, work), Status::Empty);
    assert_eq!(status_of(x, (3, 0), q, out, work), Status::Length);
    assert_eq!(status_of(x, (usize::MAX, 4), q, out, work), Status::TooLarge);
    assert_eq!(status_of(x, (usize::MAX / 4, 1), q, out, work), Status::TooLarge);
    assert_eq!(status_of(x, size, q, out, (at(20), usize::MAX)), Status::TooLarge);
    // SAFETY: as in `status_of`.
    let unnamed = unsafe { basinet_recall(x, 3, 4, null(), 1.0, q, out, work.0, work.1, null_mut()) };
    assert_eq!(unnamed, Status::Null);
    // The report lies over out: it is the error, and so is not written.
    // SAFETY: as in `status_of`.
    let over = unsafe { basinet_recall(x, 3, 4, c"softmax".as_ptr(), 1.0, q, out, work.0, work.1, out.cast()) };
    assert_eq!((over, all[18]), (Status::Overlap, 0.5));
}

#[test]
fn an_error_about_a_number_says_where_it_is() {
    let (mut x, mut report, mut out, mut scratch) = (X, Report::default(), [7.0; 4], [0.0; 21]);
    x[9] = f32::NAN;
    let mut recall = |x: &[f32], query: [f32; 4]| {
        // SAFETY: the slices are as long as the call says, and apart.
        let status = unsafe {
            let (out, scratch) = (out.as_mut_ptr(), scratch.as_mut_ptr());
            basinet_recall(x.as_ptr(), 3, 4, c"sparsemax".as_ptr(), 1.0, query.as_ptr(), out, scratch, 21, &mut report)
        };
        (status, report.place)
    };
    assert_eq!(recall(&x, QUERY), (Status::ScoreNotFinite, 2));
    assert_eq!(recall(&X, [0.0, 0.0, 0.0, f32::INFINITY]), (Status::QueryNotFinite, 3));
    assert_eq!(out, [7.0; 4]);
}

#[test]
fn texts_and_sizes() {
    // SAFETY: every text of the library ends with a zero.
    let text = |pointer| unsafe { CStr::from_ptr(pointer) }.to_str().unwrap();
    assert_eq!(text(basinet_version()), env!("CARGO_PKG_VERSION"));
    assert_eq!(text(basinet_backend()), Backend::current().name());
    assert_eq!(text(basinet_error_text(Status::Overlap as i32)), "memory that is written overlaps other memory of the call");
    assert_eq!((text(basinet_error_text(-1)), text(basinet_error_text(15))), ("no such error number", "no such error number"));
    assert_eq!((basinet_recall_scratch(100, 8), basinet_weights_scratch(100)), (324, 300));
    assert_eq!((basinet_recall_scratch(usize::MAX, 1), basinet_weights_scratch(usize::MAX / 2)), (0, 0));
}

#[test]
fn a_batch_is_its_queries_one_by_one() {
    // One tile and part of the next.
    let queries: Vec<f32> = (0..70 * 4).map(|i| QUERY[i % 4] + (i % 13) as f32 / 16.0).collect();
    let length = basinet_batch_scratch(70, 4, 3);
    let run = |queries: &[f32], length: usize| {
        let (mut out, mut reports, mut scratch) = (vec![7.0; 280], vec![Report::default(); 70], vec![0.0; length]);
        // SAFETY: the slices are as long as the call says, and apart.
        let status = unsafe {
            basinet_recall_batch(
                X.as_ptr(),
                3,
                4,
                c"sparsemax".as_ptr(),
                0.5,
                queries.as_ptr(),
                70,
                out.as_mut_ptr(),
                scratch.as_mut_ptr(),
                length,
                reports.as_mut_ptr(),
            )
        };
        (status, out, reports)
    };
    let (status, out, reports) = run(&queries, length);
    assert_eq!(status, Status::Ok);
    for ((query, out), report) in queries.chunks(4).zip(out.chunks(4)).zip(&reports) {
        let (mut expected, patterns) = ([0.0; 4], Patterns::new(&X, 4).unwrap());
        let model = Model::new(beta!(0.5), Sparsemax);
        let step = model.step(&patterns, query, &mut expected, &mut Buffers::<4, 3>::new().scratch()).unwrap();
        assert_eq!((report.winner, report.support), (step.winner as u64, step.support as u64));
        assert!(out.iter().zip(expected).all(|(a, b)| (a - b).abs() < 1e-6), "{out:?} and {expected:?}");
    }
    let (status, out, _) = run(&queries, 100);
    assert_eq!((status, out), (Status::Scratch, vec![7.0; 280]));
    let mut odd = queries;
    odd[279] = f32::NAN;
    let (status, out, reports) = run(&odd, length);
    assert_eq!((status, out, reports[0].place), (Status::QueryNotFinite, vec![7.0; 280], 279));
}
