//! The fingerprints of this machine, one line a backend: `BACKEND small HEX full HEX`.
//!
//!     cargo run --release --example fingerprint
//!
//! Exit status 0 only if every one is the recorded one: then this machine's bits are those of every other that said so.

use basinet::Backend;
use basinet_conformance::fingerprint::{Arena, Full, Small};
use basinet_conformance::recorded;
use std::error::Error;
use std::process::ExitCode;

fn main() -> Result<ExitCode, Box<dyn Error>> {
    let mut arena = Box::new(Arena::new());
    let mut as_recorded = true;
    for backend in Backend::available() {
        let small = backend.run(Small(&mut arena)).ok_or("an available backend did not run")??.fingerprint;
        let full = backend.run(Full).ok_or("an available backend did not run")??.fingerprint;
        println!("{backend} small {small:016x} full {full:016x}");
        as_recorded &= small == recorded::SMALL && full == recorded::FULL;
    }
    if !as_recorded {
        eprintln!("recorded: small {:016x} full {:016x}", recorded::SMALL, recorded::FULL);
    }
    Ok(if as_recorded { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
