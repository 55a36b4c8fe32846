//! The report on `full` as a module for a host that shows text, as the one beside this package has it for `small`:
//! `cargo rustc --lib --crate-type cdylib --features full --target wasm32-unknown-unknown`, then `node ../wasm/run.mjs`.

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
extern "C" fn conformance() -> u32 {
    crate::report_full(&mut Host).unwrap_or(u32::MAX)
}
