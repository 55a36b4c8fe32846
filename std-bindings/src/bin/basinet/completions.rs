//! `completions`: what a shell needs to complete the program's arguments.

use crate::failure::Failure;
use clap::Command;
use clap_complete::Shell;
use std::io::Write;

/// Print completions for a shell.
///
/// For bash, into ~/.local/share/bash-completion/completions/basinet.
#[derive(clap::Args)]
#[command(verbatim_doc_comment, after_help = crate::EXIT_CODES)]
pub struct Arguments {
    /// The shell that will read them
    shell: Shell,
}

pub fn run(arguments: &Arguments, mut command: Command) -> Result<(), Failure> {
    // Made in memory first: the generator panics where the output breaks.
    let mut script = Vec::new();
    clap_complete::generate(arguments.shell, &mut command, "basinet", &mut script);
    let mut out = std::io::stdout().lock();
    out.write_all(&script)?;
    Ok(out.flush()?)
}
