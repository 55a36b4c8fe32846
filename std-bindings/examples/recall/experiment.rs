//! Recalls damaged digits from one memory and judges what came back.

use std::fmt;
use std::time::Instant;

use basinet::{Beta, Certificate, Hardmax, Memory, Model, Stop, beta};
use rand::Rng;

use crate::damage::Damage;
use crate::digits::{Digit, Set};
use crate::failure::Failure;
use crate::frame::{Frame, distance};
use crate::maps::Map;

/// A stored digit has come back when the recalled state is this near to it; both are unit vectors
/// or shorter.
pub const NEAR: f32 = 0.1;

/// Where the damaged digits come from, and so what "right" means.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Reading {
    /// From the memory: right when the digit itself comes back, to within [`NEAR`].
    Stored,
    /// From the digits that were never stored: right when the stored digit nearest to the recalled
    /// state has the same class.
    HeldBack,
}

impl fmt::Display for Reading {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Reading::Stored => "stored",
            Reading::HeldBack => "held back",
        })
    }
}

/// One recall, from the damaged digit to where it settles.
pub struct Attempt {
    /// The separation.
    pub map: Map,
    /// The inverse temperature.
    pub beta: f32,
    /// What came back, as an image.
    pub image: Vec<f32>,
    /// Whether it is right, as [`Reading`] has it.
    pub right: bool,
    /// |recalled - original|, the original a unit vector: 0 is perfect, 1 is what the mean of all
    /// digits gets.
    pub error: f32,
    /// Steps taken, the one included that changed nothing any more.
    pub steps: usize,
    /// Whether the state stayed, before the steps were used up.
    pub converged: bool,
    /// The energy of every state on the way, less a constant.
    pub energies: Vec<f64>,
    /// Stored digits that take part at the end: with a weight above zero, for softmax above 0.01.
    pub support: usize,
    /// The largest weight at the end.
    pub weight: f32,
    /// The best score less the second best at the end: cosines, while the state has norm 1.
    pub gap: f32,
    /// The stored digit with the best score at the end.
    pub winner: usize,
    /// What is certain about a step from the end.
    pub certificate: Certificate,
    /// Seconds that all steps took.
    pub seconds: f64,
}

/// One digit, damaged once and recalled by every separation at every beta.
pub struct Trial {
    /// The class of the digit.
    pub label: u8,
    /// The digit, as an image.
    pub original: Vec<f32>,
    /// The digit as the memory gets it, as an image.
    pub damaged: Vec<f32>,
    /// By separation, then by beta.
    pub attempts: Vec<Attempt>,
    /// Whether the stored digit nearest to the damaged one is the right one (of the right class, if
    /// held back).
    pub nearest_right: bool,
}

impl Trial {
    /// The attempts of one separation, by beta.
    pub fn of(&self, map: Map) -> impl Iterator<Item = &Attempt> {
        self.attempts.iter().filter(move |attempt| attempt.map == map)
    }
}

/// All trials of one damage and one reading.
pub struct Panel {
    /// Where the digits come from.
    pub set: Set,
    /// How many are stored.
    pub stored: usize,
    /// What was done to them.
    pub damage: Damage,
    /// Whether the damaged ones were stored.
    pub reading: Reading,
    /// One per damaged digit.
    pub trials: Vec<Trial>,
}

impl Panel {
    /// The trials to show: the first of each class in shuffled order, then the first again. How
    /// they went plays no part.
    pub fn shown(&self, count: usize) -> Vec<&Trial> {
        let mut first_of_class: Vec<&Trial> = Vec::new();
        let mut others = Vec::new();
        for trial in &self.trials {
            if first_of_class.iter().any(|shown| shown.label == trial.label) {
                others.push(trial);
            } else {
                first_of_class.push(trial);
            }
        }
        first_of_class.into_iter().chain(others).take(count).collect()
    }
}

/// A memory of digits, with what is needed to question it.
pub struct Subject<'a> {
    set: Set,
    known: &'a [Digit],
    frame: Frame,
    memory: Memory,
}

impl<'a> Subject<'a> {
    /// Stores these digits.
    pub fn new(set: Set, known: &'a [Digit]) -> Result<Self, Failure> {
        let frame = Frame::of(known);
        let rows: Vec<f32> = known.iter().flat_map(|digit| frame.state(&digit.pixels)).collect();
        let memory = Memory::from_rows(set.side() * set.side(), &rows)?;
        Ok(Subject { set, known, frame, memory })
    }

    /// Damages each digit once and recalls it by every separation at every beta.
    /// For [`Reading::Stored`], `digits` are the first of those stored.
    pub fn examine(
        &self,
        damage: Damage,
        reading: Reading,
        digits: &[Digit],
        (betas, stop): (&[Beta], Stop),
        random: &mut impl Rng,
    ) -> Result<Panel, Failure> {
        let mut trials = Vec::with_capacity(digits.len());
        for (place, digit) in digits.iter().enumerate() {
            let damaged = damage.apply(&digit.pixels, &self.frame.mean, random);
            let query = self.frame.state(&damaged);
            let mut attempts = Vec::new();
            for map in Map::ALL {
                for &beta in betas {
                    attempts.push(self.attempt((map, beta), reading, digit, &query, stop)?);
                }
            }
            let nearest = self.nearest(&query)?;
            let nearest_right = match reading {
                Reading::Stored => nearest == place,
                Reading::HeldBack => self.label(nearest) == Some(digit.label),
            };
            trials.push(Trial { label: digit.label, original: digit.pixels.clone(), damaged, attempts, nearest_right });
        }
        Ok(Panel { set: self.set, stored: self.known.len(), damage, reading, trials })
    }

    /// Recalls one damaged digit and judges what came back.
    fn attempt(&self, (map, beta): (Map, Beta), reading: Reading, digit: &Digit, query: &[f32], stop: Stop) -> Result<Attempt, Failure> {
        let start = Instant::now();
        let (settled, certificate) = map.settle(&self.memory, beta, query, stop)?;
        let seconds = start.elapsed().as_secs_f64();
        let last = settled.report.last;
        let error = distance(&settled.state, &self.frame.state(&digit.pixels));
        let right = match reading {
            Reading::Stored => error < NEAR,
            Reading::HeldBack => self.label(last.winner) == Some(digit.label),
        };
        let norm = self.known.get(last.winner).map_or(0.0, |winner| self.frame.norm(&winner.pixels));
        Ok(Attempt {
            map,
            beta: beta.get(),
            image: self.frame.image(&settled.state, norm),
            right,
            error,
            steps: settled.report.steps,
            converged: settled.report.converged,
            energies: settled.energies,
            support: settled.report.metastable,
            weight: last.weight,
            gap: last.gap,
            winner: last.winner,
            certificate,
            seconds,
        })
    }

    /// The stored digit with the best score, which is the same for every separation and beta.
    fn nearest(&self, query: &[f32]) -> Result<usize, Failure> {
        Ok(self.memory.recall(&Model::new(beta!(1.0), Hardmax), query)?.step.winner)
    }

    fn label(&self, stored: usize) -> Option<u8> {
        self.known.get(stored).map(|digit| digit.label)
    }
}
