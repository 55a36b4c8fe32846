//! Everything public in basinet-core, called from functions that a linker sees.
//!
//! The panic handler calls a symbol that nobody defines. After link-time optimization that symbol is in the archive
//! unless the optimizer has proved that no panic can be reached: that is the check, and `.ci/panic-check` makes it.
//! Each exported function has inputs of unknown length and content, and its name says what it calls. Generic code is
//! checked for every separation by the dispatcher, and for each backend that the build promises or detects. Nothing here is ever run.
//!
//! Left out: `Debug`, which is derived, and `Beta::new` inside `beta!`, which panics in the compiler and only there.
#![no_std]

#[cfg(not(feature = "positive-control"))]
mod calls;

unsafe extern "C" {
    fn BASINET_PANIC_REACHED() -> !;
}

#[panic_handler]
fn panic(_: &core::panic::PanicInfo) -> ! {
    // SAFETY: never linked into a program, so never run.
    unsafe { BASINET_PANIC_REACHED() }
}

/// What the check must notice; alone, as the calls would only cost time.
#[cfg(feature = "positive-control")]
#[unsafe(export_name = "basinet_check_positive_control")]
pub extern "C" fn positive_control(numbers: &&[f32], at: usize) -> f32 {
    numbers[at]
}
