//! The report on a hosted machine: the lines go to standard output, and the exit status says how it went.
//! With the argument `full`, and the feature of that name, on that set.

use basinet_conformance::fingerprint::Arena;
use std::process::ExitCode;

fn main() -> ExitCode {
    let mut text = String::new();
    let outcome = match std::env::args().nth(1).as_deref() {
        None => basinet_report::report(&mut text, &mut Arena::new()),
        #[cfg(feature = "full")]
        Some("full") => basinet_report::report_full(&mut text),
        Some(other) => {
            eprintln!("no set {other} in this build");
            return ExitCode::FAILURE;
        }
    };
    print!("{text}");
    ExitCode::from(u8::from(outcome != Ok(0)))
}
