//! The conformance set on a Cortex-M: the lines go to the debugger, and so does the exit status.
//!
//! One image serves both boards of `mem/mps2.x`:
//! `qemu-system-arm -M mps2-an386 -nographic -semihosting-config enable=on,target=native -kernel conformance`.
#![no_std]
#![no_main]

mod semihosted;

use basinet_conformance::fingerprint::Arena;
use cortex_m_semihosting::hio;
use semihosted::exit;

#[cortex_m_rt::entry]
fn main() -> ! {
    let memory = cortex_m::singleton!(: Arena = Arena::new());
    let failed = match (hio::hstdout(), memory) {
        (Ok(mut out), Some(memory)) => basinet_report::report(&mut out, memory),
        _ => Err(core::fmt::Error),
    };
    exit(failed == Ok(0))
}
