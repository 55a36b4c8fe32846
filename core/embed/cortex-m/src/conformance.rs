//! The conformance set on a Cortex-M: the lines go to the debugger, and so does the exit status.
//!
//! One image serves both boards of `mem/mps2.x`:
//! `qemu-system-arm -M mps2-an386 -nographic -semihosting-config enable=on,target=native -kernel conformance`.
#![no_std]
#![no_main]

use basinet_conformance::fingerprint::Arena;
use core::panic::PanicInfo;
use cortex_m_semihosting::{debug, hio, hprintln};

#[cortex_m_rt::entry]
fn main() -> ! {
    let memory = cortex_m::singleton!(: Arena = Arena::new());
    let failed = match (hio::hstdout(), memory) {
        (Ok(mut out), Some(memory)) => basinet_report::report(&mut out, memory),
        _ => Err(core::fmt::Error),
    };
    exit(failed == Ok(0))
}

#[panic_handler]
fn panic(info: &PanicInfo) -> ! {
    hprintln!("{}", info);
    exit(false)
}

/// Ends the emulator with status 0 or 1; on a board without a debugger it stops here.
fn exit(success: bool) -> ! {
    loop {
        debug::exit(if success { debug::EXIT_SUCCESS } else { debug::EXIT_FAILURE });
    }
}
