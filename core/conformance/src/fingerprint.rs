//! The fingerprint: 64 bits that two targets share only if they share the bits of every weight, state, energy and number
//! of steps. On the way each case is held to the laws that need no oracle, so that a wrong but reproducible result is
//! a [`Failure`] and not a number.

use crate::cases::{BETAS, Case, Extra, SMALL, small as bounds};
use crate::fnv::{Fnv, NotFinite};
use crate::separations::{self, EachSeparation};
use crate::tolerance;
use basinet_core::{Beta, Bits, Buffers, Error, Job, Kernels, Model, Patterns, Scratch, Separation, Window};
use core::fmt;

/// Candidates of a case that overflows.
const FEW: usize = 4;

/// The memory that the small set needs, at most 32 KB: a `static` in firmware.
#[derive(Debug)]
pub struct Arena {
    numbers: [f32; bounds::NUMBERS],
    query: [f32; bounds::DIM],
    state: [f32; bounds::DIM],
    out: [f32; bounds::DIM],
    scores: [f32; bounds::ROWS],
    weights: [f32; bounds::ROWS],
    roomy: Buffers<{ bounds::DIM }, { bounds::ROWS }>,
    tight: Buffers<{ bounds::DIM }, FEW>,
}

impl Arena {
    /// An arena; what is in it does not matter.
    #[must_use]
    pub const fn new() -> Self {
        Arena {
            numbers: [0.0; bounds::NUMBERS],
            query: [0.0; bounds::DIM],
            state: [0.0; bounds::DIM],
            out: [0.0; bounds::DIM],
            scores: [0.0; bounds::ROWS],
            weights: [0.0; bounds::ROWS],
            roomy: Buffers::new(),
            tight: Buffers::new(),
        }
    }
}

impl Default for Arena {
    fn default() -> Self {
        Self::new()
    }
}

/// A law that a case broke.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub enum Law {
    /// The library returned an error.
    Refused(Error),
    /// A weight, state or energy is NaN or infinite.
    NotFinite,
    /// A weight is negative, or the weights' sum is this far from 1.
    Weights(f64),
    /// An entry of a state is beyond the largest entry of what was read out.
    Hull,
    /// The energy rose by this much.
    EnergyRose(f64),
    /// Fewer candidates changed the bits.
    Capacity,
    /// A case does not fit the arena.
    Arena,
}

impl From<Error> for Law {
    fn from(error: Error) -> Self {
        Law::Refused(error)
    }
}

impl From<NotFinite> for Law {
    fn from(_: NotFinite) -> Self {
        Law::NotFinite
    }
}

/// Which case failed, under which separation, and how.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Failure {
    /// The case.
    pub case: Case,
    /// The separation's name.
    pub separation: &'static str,
    /// What it broke.
    pub law: Law,
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {:?} in {:?}", self.separation, self.law, self.case)
    }
}

impl core::error::Error for Failure {}

/// The fingerprint of the small set.
///
/// # Errors
/// The first law that is broken.
pub fn small(kernels: impl Kernels, arena: &mut Arena) -> Result<u64, Failure> {
    let mut hash = Fnv::new();
    let mut room = Room {
        numbers: &mut arena.numbers,
        query: &mut arena.query,
        state: &mut arena.state,
        out: &mut arena.out,
        scores: &mut arena.scores,
        weights: &mut arena.weights,
        roomy: arena.roomy.scratch(),
        tight: arena.tight.scratch(),
    };
    for case in SMALL {
        separations::each(&mut Run { case, kernels, room: &mut room, hash: &mut hash })?;
    }
    Ok(hash.finish())
}

/// The fingerprint of the full set: a second or two, and 7 MB.
///
/// # Errors
/// The first law that is broken.
#[cfg(feature = "std")]
pub fn full(kernels: impl Kernels) -> Result<u64, Failure> {
    use std::boxed::Box;
    const ROWS: usize = 5000;
    let mut roomy: Box<Buffers<{ bounds::DIM }, ROWS>> = Box::new(Buffers::new());
    let mut tight: Buffers<{ bounds::DIM }, FEW> = Buffers::new();
    let mut numbers = vec![0.0; ROWS * 2 * bounds::DIM];
    let row = || vec![0.0; ROWS];
    let (mut query, mut state, mut out, mut scores, mut weights) = (row(), row(), row(), row(), row());
    let mut hash = Fnv::new();
    let mut room = Room {
        numbers: &mut numbers,
        query: &mut query,
        state: &mut state,
        out: &mut out,
        scores: &mut scores,
        weights: &mut weights,
        roomy: roomy.scratch(),
        tight: tight.scratch(),
    };
    for case in crate::cases::full() {
        separations::each(&mut Run { case, kernels, room: &mut room, hash: &mut hash })?;
    }
    Ok(hash.finish())
}

/// [`small`] as a job for [`Backend::run`](basinet_core::Backend::run).
#[derive(Debug)]
pub struct Small<'a>(pub &'a mut Arena);

impl Job for Small<'_> {
    type Output = Result<u64, Failure>;
    fn run<K: Kernels>(self, kernels: K) -> Self::Output {
        small(kernels, self.0)
    }
}

/// [`full`] as a job for [`Backend::run`](basinet_core::Backend::run).
#[cfg(feature = "std")]
#[derive(Clone, Copy, Debug)]
pub struct Full;

#[cfg(feature = "std")]
impl Job for Full {
    type Output = Result<u64, Failure>;
    fn run<K: Kernels>(self, kernels: K) -> Self::Output {
        full(kernels)
    }
}

/// Room for any case of a set, wherever it lies.
struct Room<'a> {
    numbers: &'a mut [f32],
    query: &'a mut [f32],
    state: &'a mut [f32],
    out: &'a mut [f32],
    scores: &'a mut [f32],
    weights: &'a mut [f32],
    roomy: Scratch<'a>,
    tight: Scratch<'a>,
}

/// One case, to be run with each separation.
struct Run<'a, 'r, K> {
    case: Case,
    kernels: K,
    room: &'a mut Room<'r>,
    hash: &'a mut Fnv,
}

impl<K: Kernels> EachSeparation for Run<'_, '_, K> {
    type Failure = Failure;
    fn with<S: Separation>(&mut self, name: &'static str, separation: S) -> Result<(), Failure> {
        let case = self.case;
        self.room.fit(case, |sized, roomy, tight| sized.run(separation, self.kernels, self.hash, roomy, tight)).map_err(|law| Failure {
            case,
            separation: name,
            law,
        })
    }
}

impl<'r> Room<'r> {
    /// Fills the case's numbers in and does `work` on slices of the right lengths.
    fn fit(&mut self, case: Case, work: impl FnOnce(Sized<'_>, &mut Scratch<'r>, &mut Scratch<'r>) -> Result<(), Law>) -> Result<(), Law> {
        let wide = case.dim.max(case.width());
        let (patterns, rest) = self.numbers.split_at_mut_checked(case.dim * case.rows).ok_or(Law::Arena)?;
        let values = rest.get_mut(..case.value_numbers()).ok_or(Law::Arena)?;
        let query = self.query.get_mut(..case.dim).ok_or(Law::Arena)?;
        case.generate(patterns, values, query);
        let sized = Sized {
            case,
            patterns: Patterns::new(patterns, case.dim)?,
            values: if values.is_empty() { None } else { Some(Patterns::new(values, case.width())?) },
            query,
            state: self.state.get_mut(..case.dim).ok_or(Law::Arena)?,
            out: self.out.get_mut(..wide).ok_or(Law::Arena)?,
            scores: self.scores.get_mut(..case.rows).ok_or(Law::Arena)?,
            weights: self.weights.get_mut(..case.rows).ok_or(Law::Arena)?,
        };
        work(sized, &mut self.roomy, &mut self.tight)
    }
}

/// A case with its numbers, in slices of the right lengths.
struct Sized<'a> {
    case: Case,
    patterns: Patterns<'a>,
    values: Option<Patterns<'a>>,
    query: &'a [f32],
    state: &'a mut [f32],
    out: &'a mut [f32],
    scores: &'a mut [f32],
    weights: &'a mut [f32],
}

impl Sized<'_> {
    fn run<S: Separation, K: Kernels>(
        mut self,
        separation: S,
        kernels: K,
        hash: &mut Fnv,
        roomy: &mut Scratch<'_>,
        tight: &mut Scratch<'_>,
    ) -> Result<(), Law> {
        let model = |beta| Ok::<_, Error>(Model::new(Beta::new(beta)?, separation).on(kernels));
        model(1.0)?.scores(&self.patterns, self.query, self.scores)?;
        for beta in BETAS {
            self.weights.copy_from_slice(self.scores);
            model(beta)?.weights(self.weights, roomy)?;
            weights_law(self.weights)?;
            hash.numbers(self.weights)?;
        }
        let model = model(self.case.beta)?;
        self.descend(model, hash, roomy)?;
        self.extra(model, hash, roomy, tight)
    }

    /// Steps until the state no longer moves, at most `case.steps`: each state, its energy, and how many they were.
    fn descend<S: Separation, K: Kernels>(
        &mut self,
        model: Model<S, basinet_core::Dot, K>,
        hash: &mut Fnv,
        scratch: &mut Scratch<'_>,
    ) -> Result<(), Law> {
        let max_norm = self.patterns.max_norm()?;
        let out = self.out.get_mut(..self.case.dim).ok_or(Law::Arena)?;
        self.state.copy_from_slice(self.query);
        let mut before = model.energy(&self.patterns, self.state, max_norm, scratch)?;
        let mut steps = 0;
        while steps < self.case.steps {
            let step = model.step(&self.patterns, self.state, out, scratch)?;
            hull_law(out, self.patterns)?;
            hash.numbers(out)?;
            hash.number(step.energy.ok_or(Law::NotFinite)?)?;
            hash.number(step.conjugate)?;
            hash.count(step.winner as u64);
            hash.count(step.support as u64);
            steps += 1;
            let after = model.energy(&self.patterns, out, max_norm, scratch)?;
            hash.number(after)?;
            model.scores(&self.patterns, out, self.scores)?;
            let allowed = tolerance::energy_rise(half_norm2(out), f64::from(max_norm), f64::from(max_abs(self.scores)));
            if after - before > allowed {
                return Err(Law::EnergyRose(after - before));
            }
            before = after;
            if out == self.state {
                break;
            }
            self.state.copy_from_slice(out);
        }
        hash.count(steps as u64);
        Ok(())
    }

    /// What the case asks for beside plain recall.
    fn extra<S: Separation, K: Kernels>(
        self,
        model: Model<S, basinet_core::Dot, K>,
        hash: &mut Fnv,
        roomy: &mut Scratch<'_>,
        tight: &mut Scratch<'_>,
    ) -> Result<(), Law> {
        let Sized { case, patterns, query, state, .. } = self;
        let out = self.out.get_mut(..case.width()).ok_or(Law::Arena)?;
        match (case.extra, self.values) {
            (Extra::Plain, _) | (Extra::Values(_), None) => return Ok(()),
            (Extra::Values(_), Some(values)) => {
                model.read(&patterns, &values, query, out, roomy)?;
                hull_law(out, values)?;
            }
            (Extra::Window, _) => {
                let window = Window { centre: case.rows / 2, half_width: case.rows / 6 };
                model.keep(window).step(&patterns, query, out, roomy)?;
                hull_law(out, patterns)?;
            }
            (Extra::Bits, _) => {
                let two_of_three = [0xDB6D_B6DB_6DB6_DB6D; 79];
                let words = two_of_three.get(..case.rows.div_ceil(64)).ok_or(Law::Arena)?;
                model.keep(Bits(words)).step(&patterns, query, out, roomy)?;
                hull_law(out, patterns)?;
            }
            (Extra::Overflow, _) => {
                model.step(&patterns, query, state, roomy)?;
                model.step(&patterns, query, out, tight)?;
                if state.iter().zip(&*out).any(|(a, b)| a.to_bits() != b.to_bits()) {
                    return Err(Law::Capacity);
                }
            }
        }
        Ok(hash.numbers(out)?)
    }
}

/// No weight is negative, and they sum to 1 within the depth of the summation. The sum is taken in f64.
fn weights_law(weights: &[f32]) -> Result<(), Law> {
    let off = weights.iter().map(|p| f64::from(*p)).sum::<f64>() - 1.0;
    if off.is_nan() {
        return Err(Law::NotFinite);
    }
    if off.abs() > tolerance::weights_sum(weights.len()) || weights.iter().any(|p| *p < 0.0) {
        return Err(Law::Weights(off));
    }
    Ok(())
}

/// A mean of rows has no entry beyond their largest, but for the rounding of the weights' sum.
fn hull_law(state: &[f32], rows: Patterns<'_>) -> Result<(), Law> {
    let largest = (0..rows.count()).filter_map(|i| rows.row(i)).map(max_abs).fold(0.0, larger);
    let bound = f64::from(largest) * (1.0 + tolerance::weights_sum(rows.count()));
    if f64::from(max_abs(state)) <= bound { Ok(()) } else { Err(Law::Hull) }
}

/// max |x_j|; NaN where there is one.
fn max_abs(x: &[f32]) -> f32 {
    x.iter().map(|x| x.abs()).fold(0.0, larger)
}

fn larger(a: f32, b: f32) -> f32 {
    if b > a || b.is_nan() { b } else { a }
}

/// |x|^2/2.
fn half_norm2(x: &[f32]) -> f64 {
    x.iter().map(|x| f64::from(*x) * f64::from(*x)).sum::<f64>() / 2.0
}
