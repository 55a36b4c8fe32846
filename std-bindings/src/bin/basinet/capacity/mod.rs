//! `capacity`: how many random patterns a memory holds, each way of asking a module with its arguments and its work.

mod simulate;

use crate::failure::Failure;

/// How many random patterns a memory holds.
///
/// Patterns of N neurons have |xi|^2 = N, lambda is the inverse temperature, and
/// the load is ln(P)/N, of P patterns.
#[derive(clap::Args)]
#[command(verbatim_doc_comment, after_help = crate::EXIT_CODES)]
pub struct Arguments {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(clap::Subcommand)]
enum Verb {
    Simulate(simulate::Arguments),
}

pub fn run(arguments: &Arguments) -> Result<(), Failure> {
    match &arguments.verb {
        Verb::Simulate(arguments) => simulate::run(arguments),
    }
}
