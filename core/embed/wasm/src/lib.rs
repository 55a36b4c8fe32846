//! The conformance set as a WebAssembly module, without a standard library or generated glue.
//!
//! | | name | meaning |
//! |---|---|---|
//! | import | `host.print(address, bytes)` | shows UTF-8 text that lies in this module's memory |
//! | export | `conformance() -> i32` | runs the set, prints its report, returns how many backends failed |
//! | export | `memory` | |
#![no_std]

use basinet_conformance::fingerprint::Arena;
use core::fmt::{Result, Write};

#[link(wasm_import_module = "host")]
unsafe extern "C" {
    fn print(address: *const u8, bytes: usize);
}

/// Text written here is shown by the host.
struct Host;

impl Write for Host {
    fn write_str(&mut self, text: &str) -> Result {
        // SAFETY: the host only reads, before it returns, and `text` is valid for that long.
        unsafe { print(text.as_ptr(), text.len()) };
        Ok(())
    }
}

/// Runs the set on every backend of this module and returns how many failed.
#[unsafe(no_mangle)]
pub extern "C" fn conformance() -> u32 {
    basinet_report::report(&mut Host, &mut Arena::new()).unwrap_or(u32::MAX)
}

#[cfg(target_family = "wasm")]
#[panic_handler]
fn panic(info: &core::panic::PanicInfo) -> ! {
    let _ = writeln!(Host, "{info}");
    core::arch::wasm32::unreachable()
}
