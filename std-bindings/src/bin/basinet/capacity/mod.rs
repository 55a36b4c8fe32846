//! `capacity`: how many patterns a memory holds, and how damaged a query may be.
//!
//! The theory is the library's (`basinet::capacity`); here it is asked, and its answers are printed.

mod advise;
mod check;
mod figures;
mod simulate;

use crate::failure::Failure;
use clap::Subcommand;

/// Say how many patterns a memory holds, and how damaged a query may be.
#[derive(clap::Args)]
#[command(after_help = crate::EXIT_CODES)]
pub struct Arguments {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Subcommand)]
enum Verb {
    Advise(advise::Arguments),
    Check(check::Arguments),
    Simulate(simulate::Arguments),
    Figures(figures::Arguments),
}

pub fn run(arguments: &Arguments) -> Result<(), Failure> {
    match &arguments.verb {
        Verb::Advise(arguments) => advise::run(arguments),
        Verb::Check(arguments) => check::run(arguments),
        Verb::Simulate(arguments) => simulate::run(arguments),
        Verb::Figures(arguments) => figures::run(arguments),
    }
}
