//! The report on a hosted machine: the lines go to standard output, and the exit status says how it went.

use basinet_conformance::fingerprint::Arena;
use std::process::ExitCode;

fn main() -> ExitCode {
    let mut text = String::new();
    let outcome = basinet_report::report(&mut text, &mut Arena::new());
    print!("{text}");
    ExitCode::from(u8::from(outcome != Ok(0)))
}
