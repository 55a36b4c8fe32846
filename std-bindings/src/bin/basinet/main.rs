//! The program `basinet`: patterns from the files that people have into a `.basin` file, recalls from it, what is in it, and it as source
//! code for a device.
//!
//! A verb is a module with its arguments and its work; `model` is what several of them let the user choose, `answer` and `outcome` are the
//! two ends of a recall. What they say goes to standard output, progress and errors to standard error.

mod answer;
mod capacity;
mod completions;
mod experiment;
mod export;
mod failure;
mod info;
mod model;
mod outcome;
mod progress;
mod recall;
mod report;
mod say;
mod store;
mod train;

use anstyle::{AnsiColor, Style};
use clap::{ColorChoice, CommandFactory, FromArgMatches, Parser, Subcommand};
use std::io::Write;
use std::process::ExitCode;

/// Columns of the help.
const COLUMNS: usize = 80;

/// What the program's status says, at the end of every help.
const EXIT_CODES: &str = "\
Exit codes: 0 done; 1 the work failed, and what the output's name held is as it
was (or all of the new, where only saying so failed); 2 the command line is wrong.";

/// Store patterns, recall them from damaged queries, look into memories.
///
/// A memory is a .basin file: M patterns of D numbers, perhaps with values,
/// and the model that they are recalled by. One step compares a query with
/// the patterns, separates the scores into weights, and reads out a mean:
///
///   s = X q     z = beta * s     p = separation(z)     q' = sum_i p_i x_i
///
/// To begin with:
///
///   basinet store digits.npy -o digits.basin
///   basinet info digits.basin
///   basinet recall digits.basin --query damaged.npy -o recalled.npy
#[derive(Parser)]
#[command(name = "basinet", version, verbatim_doc_comment, max_term_width = COLUMNS, after_help = EXIT_CODES)]
struct Arguments {
    /// Colours: where the output is a terminal, always, or never. NO_COLOR too
    /// switches them off
    #[arg(long, global = true, value_name = "WHEN", default_value = "auto", display_order = 900)]
    color: ColorChoice,
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Subcommand)]
enum Verb {
    Store(store::Arguments),
    Recall(recall::Arguments),
    Info(info::Arguments),
    Export(export::Arguments),
    Experiment(experiment::Arguments),
    Train(train::Arguments),
    Capacity(capacity::Arguments),
    Completions(completions::Arguments),
}

fn main() -> ExitCode {
    // Help and usage errors are printed before the arguments are there to ask.
    let color = asked_color(std::env::args_os().skip(1).filter_map(|argument| argument.into_string().ok()));
    let matches = Arguments::command().color(color).get_matches();
    let arguments = Arguments::from_arg_matches(&matches).unwrap_or_else(|error| error.exit());
    match arguments.color {
        ColorChoice::Auto => {}
        ColorChoice::Always => anstream::ColorChoice::Always.write_global(),
        ColorChoice::Never => anstream::ColorChoice::Never.write_global(),
    }
    let done = match arguments.verb {
        Verb::Store(arguments) => store::run(&arguments),
        Verb::Recall(arguments) => recall::run(&arguments),
        Verb::Info(arguments) => info::run(&arguments),
        Verb::Export(arguments) => export::run(&arguments),
        Verb::Experiment(arguments) => experiment::run(&arguments),
        Verb::Train(arguments) => train::run(&arguments),
        Verb::Capacity(arguments) => capacity::run(&arguments),
        Verb::Completions(arguments) => completions::run(&arguments, Arguments::command()),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        // Whoever reads has read enough (`| head`).
        Err(failure) if failure.is_broken_pipe() => ExitCode::SUCCESS,
        Err(failure) => {
            let red = Style::new().bold().fg_color(Some(AnsiColor::Red.into()));
            // Where nobody can be told, the status still says it.
            _ = writeln!(anstream::stderr(), "{red}basinet:{red:#} {failure}");
            ExitCode::FAILURE
        }
    }
}

/// What the command line says of colours, however wrong the rest of it is.
fn asked_color(mut arguments: impl Iterator<Item = String>) -> ColorChoice {
    let mut asked = None;
    while let Some(argument) = arguments.next() {
        match argument.strip_prefix("--color") {
            Some("") => asked = arguments.next(),
            Some(value) => asked = value.strip_prefix('=').map(str::to_owned).or(asked),
            None => {}
        }
    }
    match asked.as_deref() {
        Some("always") => ColorChoice::Always,
        Some("never") => ColorChoice::Never,
        _ => ColorChoice::Auto,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_arguments_are_consistent() {
        Arguments::command().debug_assert();
    }

    #[test]
    fn colours_are_known_before_the_arguments_are() {
        let asked = |line: &str| asked_color(line.split(' ').map(str::to_owned));
        assert_eq!(asked("--help"), ColorChoice::Auto);
        assert_eq!(asked("recall --color never --help"), ColorChoice::Never);
        assert_eq!(asked("--color=always nonsense"), ColorChoice::Always);
    }
}
