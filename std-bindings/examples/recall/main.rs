//! Stores real handwritten digits, damages some, and recalls them:
//! `cargo run --release --example recall`.
//!
//! Two questions are asked of every memory, because they are different questions:
//!
//! - **stored**: damage a digit that *was* stored. Does that very digit come back? This is
//!   associative memory.
//! - **held back**: damage a digit that was *never* stored. It cannot come back; is what comes back
//!   a digit of the same class? This is generalisation.
//!
//! A recall goes on until the state stays. What to look for as beta rises: the mean of all digits,
//! then mixtures of a few, then a single one. Sparsemax is there at a beta about four times smaller
//! than softmax, and then exactly: its other weights are zero, and the certificate says from how
//! far away the same digit would still come back. Hardmax is always there, and knows no mixtures.
//! `--steps 1` shows the first step alone: for held-back digits its mixtures are the better answer.
//!
//! The road of one digit, with every step in a file of its own: `digits` reads it, `damage`
//! spoils it, `frame` turns pixels into a unit vector and back, `maps` are the separations that
//! recall it, `experiment` judges what came back, `text` and `picture` show it.

mod damage;
mod digits;
mod experiment;
mod failure;
mod frame;
mod maps;
mod picture;
mod text;

use std::io::{self, BufWriter, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use basinet::{Backend, Beta, Stop};
use clap::{Parser, ValueEnum};
use rand::SeedableRng;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;

use crate::damage::Damage;
use crate::digits::Set;
use crate::experiment::{Panel, Reading, Subject};
use crate::failure::Failure;

/// A state stays when it changes by no more than this, relative to its norm.
const STAYS: f32 = 1e-4;

/// Store real digits, damage some of them, and recall them with six separations.
///
/// Every digit is centred by the mean of the stored digits and scaled to unit norm, so that a score
/// is a cosine and beta means the same for every digit. The damaged digit goes the same way. A
/// recall begins with the damaged digit and takes steps until the state stays.
///
/// Stored digits count as recalled when they come back themselves, that is to within 0.1 (both have
/// unit norm). Held-back digits cannot come back; they count when the stored digit nearest to what
/// was recalled has the right class.
///
/// The energy falls from state to state. The certificate is about the last state: where it is exact,
/// a step from every state within the radius gives that stored digit, bit for bit.
#[derive(Parser)]
#[command(
    name = "recall",
    verbatim_doc_comment,
    after_help = "Try --beta 1,2,4,8,16,32,64,128: from the mean of all digits to a single one."
)]
struct Arguments {
    /// Which digits: 1,797 of 8x8 pixels, or 2,000 of 28x28
    #[arg(long, value_enum, default_value_t = Sets::Digits)]
    set: Sets,
    /// What is done to a digit before it is recalled
    #[arg(long, value_enum, default_value_t = Damages::Both)]
    damage: Damages,
    /// Probability that the noise replaces a pixel by a random grey
    #[arg(long, default_value_t = 0.3, value_parser = probability)]
    noise: f64,
    /// Inverse temperatures, separated by commas
    #[arg(long, value_name = "LIST", value_delimiter = ',', default_value = "2,16,128")]
    beta: Vec<f32>,
    /// Steps of a recall at most; it ends before when the state stays
    #[arg(long, value_name = "N", default_value_t = 100, value_parser = positive)]
    steps: usize,
    /// Digits stored
    #[arg(long, value_name = "M", default_value_t = 1000)]
    stored: usize,
    /// Digits damaged and recalled, of the stored and of the held-back ones each
    #[arg(long, value_name = "N", default_value_t = 200)]
    queries: usize,
    /// Seed of the ChaCha8 generator that shuffles the digits and makes the noise
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Digits of each experiment shown as text
    #[arg(long, value_name = "N", default_value_t = 1)]
    show: usize,
    /// Digits of each experiment shown in the picture
    #[arg(long, value_name = "N", default_value_t = 6)]
    rows: usize,
    /// Where the picture goes
    #[arg(long, value_name = "FILE", default_value = "target/recall.png")]
    out: PathBuf,
}

#[derive(Clone, Copy, ValueEnum)]
enum Sets {
    Digits,
    Mnist,
    Both,
}

impl Sets {
    fn list(self) -> &'static [Set] {
        match self {
            Sets::Digits => &[Set::Digits],
            Sets::Mnist => &[Set::Mnist],
            Sets::Both => &[Set::Digits, Set::Mnist],
        }
    }
}

#[derive(Clone, Copy, ValueEnum)]
enum Damages {
    /// The lower half is hidden: the mean of the stored digits takes its place
    Half,
    /// Some pixels are replaced by random greys
    Noise,
    /// One after the other
    Both,
}

impl Damages {
    fn list(self, noise: f64) -> Vec<Damage> {
        match self {
            Damages::Half => vec![Damage::LowerHalf],
            Damages::Noise => vec![Damage::Noise(noise)],
            Damages::Both => vec![Damage::LowerHalf, Damage::Noise(noise)],
        }
    }
}

fn probability(text: &str) -> Result<f64, String> {
    text.parse().ok().filter(|p| (0.0..=1.0).contains(p)).ok_or_else(|| "a probability lies between 0 and 1".to_owned())
}

fn positive(text: &str) -> Result<usize, String> {
    text.parse().ok().filter(|&steps| steps > 0).ok_or_else(|| "at least one step".to_owned())
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    match run(&arguments, &mut BufWriter::new(io::stdout().lock())) {
        Ok(()) => ExitCode::SUCCESS,
        // Whoever reads has read enough (`| head`).
        Err(Failure::Output(error)) if error.kind() == io::ErrorKind::BrokenPipe => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("recall: {failure}");
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: &Arguments, out: &mut impl Write) -> Result<(), Failure> {
    let betas =
        arguments.beta.iter().map(|&beta| Beta::new(beta).map_err(|error| Failure::Beta(beta, error))).collect::<Result<Vec<_>, _>>()?;

    let mut panels = Vec::new();
    for &set in arguments.set.list() {
        panels.extend(panels_of(set, &betas, arguments)?);
    }

    for panel in &panels {
        text::pictures(out, panel, arguments.show)?;
    }
    text::table(out, &panels)?;
    picture::write(&arguments.out, &panels, arguments.rows)?;
    writeln!(out, "backend {}; picture in {}", Backend::current().name(), arguments.out.display())?;
    out.flush()?;
    Ok(())
}

/// Splits one set into stored and held-back digits, and runs every damage on both.
fn panels_of(set: Set, betas: &[Beta], arguments: &Arguments) -> Result<Vec<Panel>, Failure> {
    let &Arguments { stored, queries, seed, noise, steps, .. } = arguments;
    let stop = Stop::after(steps).state_change(STAYS);
    let mut digits = set.read()?;
    // `queries` damaged digits are wanted from either side of the split.
    if queries == 0 || queries > stored || stored.saturating_add(queries) > digits.len() {
        return Err(Failure::Split { set, stored, queries, have: digits.len() });
    }
    digits.shuffle(&mut ChaCha8Rng::seed_from_u64(seed));
    let (known, unknown) = digits.split_at(stored);
    let subject = Subject::new(set, known)?;

    let mut panels = Vec::new();
    for damage in arguments.damage.list(noise) {
        for (reading, drawn_from) in [(Reading::Stored, known), (Reading::HeldBack, unknown)] {
            // A stream for each reading: `--damage noise` gives the numbers that `--damage both`
            // gives.
            let mut random = ChaCha8Rng::seed_from_u64(seed);
            random.set_stream(1 + reading as u64);
            panels.push(subject.examine(damage, reading, &drawn_from[..queries], (betas, stop), &mut random)?);
        }
    }
    Ok(panels)
}
