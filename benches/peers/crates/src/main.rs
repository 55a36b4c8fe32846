//! The crates that do the same, measured beside Basinet in one process, with one thread.
//!
//! Usage: `basinet-peers --rounds N [--quick]`. Prints rows of CSV without heads, those of `benches/peers/run` but for date and processor.
//! With `--training`, `--answer` or `--draw` it does what [`training`], [`answers`] and [`growth`] say.

mod answers;
mod data;
mod growth;
mod measure;
mod peers;
mod training;

// The charts of the program `basinet`, which are none of its library.
#[path = "../../../../std-bindings/src/bin/basinet/report/chart.rs"]
#[allow(dead_code, reason = "one figure does not need all that a chart can have")]
mod chart;
#[path = "../../../../std-bindings/src/bin/basinet/report/drawing.rs"]
mod drawing;

use data::Memory;
use measure::Bench;
use std::error::Error;

/// Patterns and their length.
const SHAPES: [(usize, usize); 4] = [(256, 64), (4096, 128), (100_000, 128), (1_000_000, 64)];

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let (mut rounds, mut quick) = (15, false);
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "--rounds" => rounds = arguments.next().unwrap_or_default().parse()?,
            "--quick" => quick = true,
            "--answer" => return answers::answer(&arguments.collect::<Vec<_>>()),
            "--draw" => return growth::draw(&arguments.collect::<Vec<_>>()),
            "--training" => return training::training(&arguments.collect::<Vec<_>>()),
            _ => return Err("usage: basinet-peers [--rounds N] [--quick]".into()),
        }
    }
    let bench = Bench { rounds, seconds: if quick { 0.002 } else { 0.01 } };
    for (count, dim) in SHAPES.into_iter().take(if quick { 2 } else { 4 }) {
        let memory = Memory::new(count, dim)?;
        let beta = memory.retrieving_beta()?;
        for beta in [1.0, beta] {
            peers::hopfield(&bench, &memory, beta)?;
            peers::one(&bench, &memory, beta)?;
            peers::many(&bench, &memory, beta)?;
        }
    }
    Ok(())
}
