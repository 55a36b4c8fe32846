//! How each number is measured.

use super::drawn::Drawn;
use super::runs::{RUNS, Rule, Start, staying};
use super::{Error, Measure, Point};
use std::f64::consts::PI;
use std::time::Instant;

/// How often a bracket of lambda is doubled.
const WIDENINGS: usize = 40;
/// Rounds that narrow a bracket, after the first.
const ROUNDS: usize = 2;
/// The largest angle of a start.
const WIDEST: f64 = 0.6 * PI;

/// What recalls take.
#[derive(Default)]
pub struct Clock {
    /// Seconds of all of them.
    pub seconds: f64,
    /// Recalls of a single state.
    pub recalls: u64,
}

impl Clock {
    /// Does so many recalls.
    pub fn time<T>(&mut self, recalls: usize, recall: impl FnOnce() -> T) -> T {
        let start = Instant::now();
        let recalled = recall();
        self.seconds += start.elapsed().as_secs_f64();
        self.recalls += recalls as u64;
        recalled
    }
}

/// The number that is asked for, and the width of the bracket that it is in the middle of.
pub fn measured(point: &Point, drawn: &Drawn, clock: &mut Clock) -> Result<(f64, f64), Error> {
    match point.measure {
        Measure::OneStep => Ok((half_weight(&clock.time(1, || drawn.scores())?), 0.0)),
        Measure::Crossover => crossover(drawn, point.load(), clock),
        Measure::Basin { lambda } => basin(drawn, lambda, clock),
        Measure::Nearest => Ok((drawn.cosine(clock.time(1, || drawn.nearest())?), 0.0)),
    }
}

/// The root of `g(lambda) = ln sum_{mu>=2} exp(-lambda d_mu)`, `d_mu = s_1 - s_mu`. Where all d are positive g is convex and falls from
/// `ln(P - 1)`, so Newton's steps from 0 come monotonically from the left, and no sum is below 1 on the way.
fn half_weight(scores: &[f32]) -> f64 {
    let Some((&own, others)) = scores.split_first() else { return 0.0 };
    let distance = |&score: &f32| f64::from(own) - f64::from(score);
    if !others.iter().all(|score| distance(score) > 0.0) {
        return f64::INFINITY;
    }
    let mut lambda = 0.0;
    // Quadratic near the root, and no slower than the tail of sorted d before it: the number bounds the loop, not the precision.
    for _ in 0..200 {
        let (sum, slope) = others.iter().map(distance).fold((0.0, 0.0), |(sum, slope), d| {
            let weight = libm::exp(-lambda * d);
            (sum + weight, slope + weight * d)
        });
        let step = libm::log(sum) * sum / slope;
        lambda += step;
        if step <= 1e-12 * lambda {
            break;
        }
    }
    lambda
}

/// The lambda from which on a run from xi^1 stays.
fn crossover(drawn: &Drawn, load: f64, clock: &mut Clock) -> Result<(f64, f64), Error> {
    let rule = Rule { overlap: 0.5, falling: true };
    let start = |lambda| Start { lambda, state: drawn.tested().to_vec() };
    // With overlaps of mean 0 the signal lambda N is above the noise ln P from the load on at the earliest.
    let (mut stays, mut lost) = (2.0 * load, load);
    for _ in 0..WIDENINGS {
        match round(drawn, (stays, lost), true, &start, rule, clock)? {
            Round::NoneStays => (stays, lost) = (2.0 * stays, stays),
            Round::AllStay => (stays, lost) = (lost, lost / 2.0),
            Round::Within(bracket) => return narrowed(drawn, bracket, &start, rule, clock),
        }
    }
    Ok((if stays > load { f64::INFINITY } else { 0.0 }, 0.0))
}

/// The angle up to which a run comes back.
fn basin(drawn: &Drawn, lambda: f64, clock: &mut Clock) -> Result<(f64, f64), Error> {
    let rule = Rule { overlap: 0.7, falling: false };
    let (aside, norm) = (drawn.orthogonal(), (drawn.tested().len() as f64).sqrt());
    let start = |angle| {
        let (along, aside_by) = (libm::cos(angle), norm * libm::sin(angle));
        let state = drawn.tested().iter().zip(&aside).map(|(&x, &y)| (along * f64::from(x) + aside_by * y) as f32);
        Start { lambda, state: state.collect() }
    };
    match round(drawn, (0.0, WIDEST), true, &start, rule, clock)? {
        Round::NoneStays => Ok((0.0, 0.0)),
        Round::AllStay => Ok((WIDEST, 0.0)),
        Round::Within(bracket) => narrowed(drawn, bracket, &start, rule, clock),
    }
}

/// What came of a round.
enum Round {
    NoneStays,
    AllStay,
    /// Between a place at which a run stays and one at which it does not.
    Within((f64, f64)),
}

/// A round of runs between two places, and at these too where nothing is known of them.
fn round(
    drawn: &Drawn,
    (from, to): (f64, f64),
    ends: bool,
    start: &impl Fn(f64) -> Start,
    rule: Rule,
    clock: &mut Clock,
) -> Result<Round, Error> {
    let (first, parts) = if ends { (0, RUNS - 1) } else { (1, RUNS + 1) };
    let place = |k: usize| from + (to - from) * (k as f64 / parts as f64);
    let held = staying(drawn, (first..first + RUNS).map(|k| start(place(k))).collect(), rule, clock)? + first;
    Ok(match held {
        0 => Round::NoneStays,
        RUNS if ends => Round::AllStay,
        held => Round::Within((place(held - 1), place(held))),
    })
}

/// The middle of a bracket, and its width, after some more rounds.
fn narrowed(
    drawn: &Drawn,
    mut bracket: (f64, f64),
    start: &impl Fn(f64) -> Start,
    rule: Rule,
    clock: &mut Clock,
) -> Result<(f64, f64), Error> {
    for _ in 0..ROUNDS {
        // Both ends are known.
        if let Round::Within(narrower) = round(drawn, bracket, false, start, rule, clock)? {
            bracket = narrower;
        }
    }
    Ok(((bracket.0 + bracket.1) / 2.0, (bracket.0 - bracket.1).abs()))
}
