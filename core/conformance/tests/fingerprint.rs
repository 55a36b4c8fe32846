//! The fingerprints: the same on every backend of this machine, those of record, and sensitive to what they should see.
#![allow(clippy::expect_used, reason = "a test without its input has failed")]

use basinet_conformance::cases::{Extra, SMALL};
use basinet_conformance::fingerprint::{Arena, Full, Small, full};
use basinet_conformance::recorded;
use basinet_core::{Backend, Beta, Buffers, Dispatch, Model, Patterns, Sparsemax};

#[test]
fn small_is_the_recorded_one_on_every_backend() {
    let mut arena = Box::new(Arena::new());
    for backend in Backend::available() {
        let found = backend.run(Small(&mut arena)).expect("it is available").expect("every law is kept");
        assert_eq!(format!("{found:016x}"), format!("{:016x}", recorded::SMALL), "{backend}");
    }
}

#[test]
fn full_is_the_recorded_one_on_every_backend() {
    for backend in Backend::available() {
        let found = backend.run(Full).expect("it is available").expect("every law is kept");
        assert_eq!(format!("{found:016x}"), format!("{:016x}", recorded::FULL), "{backend}");
    }
}

#[test]
fn the_dispatcher_gives_the_same_bits() {
    assert_eq!(full(Dispatch), Backend::Scalar.run(Full).expect("every machine has it"));
}

#[test]
fn the_arena_fits_32_kilobytes() {
    assert!(size_of::<Arena>() <= 32 * 1024, "{} bytes", size_of::<Arena>());
}

/// With the four candidates of the tight buffers, the case that is to overflow takes more than one pass.
#[test]
fn the_overflowing_case_overflows() {
    let case = SMALL.into_iter().find(|case| case.extra == Extra::Overflow).expect("there is one");
    let (mut x, mut query) = (vec![0.0; case.dim * case.rows], vec![0.0; case.dim]);
    case.generate(&mut x, &mut [], &mut query);
    let rows = Patterns::new(&x, case.dim).expect("its shape is right");
    let model = Model::new(Beta::new(case.beta).expect("it is positive"), Sparsemax);
    let mut out = vec![0.0; case.dim];
    let mut few = Buffers::<5, 4>::new();
    let step = model.step(&rows, &query, &mut out, &mut few.scratch()).expect("it is a proper memory");
    assert!(step.passes > 1 && step.support > 4, "{step:?}");
}
