//! The program as a new user meets it: the transcript, its help, wrong input to every verb, pipes.

mod capacity;
mod digits;
mod help;
mod maps;
mod pipes;
mod train;
mod transcript;
mod verbs;
mod wrong_input;

use std::io::Write;
use std::path::Path;
use std::process::{Command, Output, Stdio};

type Fallible = Result<(), Box<dyn std::error::Error>>;

/// The program, to be run in a folder.
fn basinet(folder: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_basinet"));
    command.current_dir(folder).env_remove("NO_COLOR").env_remove("CLICOLOR_FORCE");
    command
}

/// What a line of arguments gives in a folder; `input` is typed into it.
fn run(folder: &Path, line: &str, input: &[u8]) -> Result<Output, std::io::Error> {
    let mut command = basinet(folder);
    command.args(line.split_whitespace()).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn()?;
    if let Some(mut stdin) = child.stdin.take() {
        // A program that does not ask for it may be gone already.
        let _ = stdin.write_all(input);
    }
    child.wait_with_output()
}

/// What it says, of a line that works.
fn said(folder: &Path, line: &str, input: &[u8]) -> Result<String, Box<dyn std::error::Error>> {
    let output = run(folder, line, input)?;
    let (out, errors) = (String::from_utf8(output.stdout)?, String::from_utf8(output.stderr)?);
    match output.status.code() {
        Some(0) if errors.is_empty() => Ok(out),
        code => Err(format!("{line}: {code:?}\n{out}{errors}").into()),
    }
}

/// A folder with the digits, damaged ones, and a memory of the digits.
fn folder() -> Result<tempfile::TempDir, Box<dyn std::error::Error>> {
    let folder = tempfile::tempdir()?;
    std::fs::write(folder.path().join("digits.npy"), digits::stored()?)?;
    std::fs::write(folder.path().join("damaged.npy"), digits::damaged()?)?;
    said(folder.path(), "store digits.npy -o digits.basin", b"")?;
    Ok(folder)
}
