//! The fingerprints: the same on every backend of this machine, those of record, and sensitive to what they should see.
#![allow(clippy::expect_used, reason = "a test without its input has failed")]

use basinet_conformance::cases::{Extra, SMALL};
use basinet_conformance::fingerprint::{Arena, FEW, Full, Small, full};
use basinet_conformance::recorded;
use basinet_conformance::separations::{self, EachSeparation, K_SUBSETS, NAMES, WithSeparation};
use basinet_core::{Backend, Beta, Dispatch, Error, Model, Patterns, Scratch, Separation};

#[test]
fn small_is_the_recorded_one_on_every_backend() {
    let mut arena = Box::new(Arena::new());
    for backend in Backend::available() {
        let found = backend.run(Small(&mut arena)).expect("it is available").expect("every law is kept");
        assert_eq!(format!("{:016x}", found.fingerprint), format!("{:016x}", recorded::SMALL), "{backend}");
    }
}

#[test]
fn full_is_the_recorded_one_on_every_backend() {
    for backend in Backend::available() {
        let found = backend.run(Full).expect("it is available").expect("every law is kept");
        assert_eq!(format!("{:016x}", found.fingerprint), format!("{:016x}", recorded::FULL), "{backend}");
    }
}

#[test]
fn the_dispatcher_gives_the_same_bits() {
    assert_eq!(full(Dispatch).map(|found| found.fingerprint), Ok(recorded::FULL));
}

#[test]
fn the_arena_fits_32_kilobytes() {
    assert!(size_of::<Arena>() <= 32 * 1024, "{} bytes", size_of::<Arena>());
}

/// The case that is to overflow.
struct Overflows {
    patterns: Vec<f32>,
    query: Vec<f32>,
    dim: usize,
    beta: f32,
    /// The separations for which the tight scratch memory took more than one pass.
    more: Vec<&'static str>,
}

impl EachSeparation for Overflows {
    type Failure = Error;
    fn with<S: Separation + PartialEq>(&mut self, name: &'static str, separation: S) -> Result<(), Error> {
        let rows = Patterns::new(&self.patterns, self.dim)?;
        let model = Model::new(Beta::new(self.beta)?, separation);
        let mut out = vec![0.0; self.dim];
        let (mut sums, mut scores, mut numbers) = (vec![0.0; 3 * self.dim], [0.0; FEW], [0; FEW]);
        let step = model.step(&rows, &self.query, &mut out, &mut Scratch::new(&mut sums, &mut scores, &mut numbers, &mut []))?;
        if step.passes > 1 {
            self.more.push(name);
        }
        Ok(())
    }
}

impl WithSeparation for &mut Overflows {
    type Output = Result<(), Error>;
    fn with<S: Separation + PartialEq>(self, separation: S) -> Self::Output {
        EachSeparation::with(self, K_SUBSETS, separation)
    }
}

/// With the four candidates of the tight scratch memory, the case that is to overflow takes more than one pass with every sparse map but
/// hardmax, which needs one candidate.
#[test]
fn the_overflowing_case_overflows() {
    let case = SMALL.into_iter().find(|case| case.extra == Extra::Overflow).expect("there is one");
    let (mut patterns, mut query) = (vec![0.0; case.dim * case.rows], vec![0.0; case.dim]);
    case.generate(&mut patterns, &mut [], &mut query);
    let mut job = Overflows { patterns, query, dim: case.dim, beta: case.beta, more: Vec::new() };
    separations::each(&mut job).expect("it is a proper memory");
    separations::named(K_SUBSETS, &mut job).expect("there is such a map").expect("it is a proper memory");
    let sparse = NAMES.into_iter().filter(|name| !["softmax", "softmax1", "hardmax"].contains(name)).chain([K_SUBSETS]);
    assert_eq!(job.more, sparse.collect::<Vec<_>>());
}
