//! The conformance set on qemu's machine `virt`: the lines go to its serial port, the outcome to its switch.
//!
//! `qemu-system-riscv32 -M virt -bios none -nographic -kernel riscv`.
#![no_std]
#![no_main]

use basinet_conformance::fingerprint::Arena;
use core::arch::global_asm;
use core::fmt::{Result, Write};
use core::panic::PanicInfo;

/// Where the machine has its serial port (a 16550, which sends the byte that is written there).
const PORT: *mut u8 = 0x1000_0000 as *mut u8;
/// Where the machine has its switch, and what switches it off with status 0 and 1.
const SWITCH: *mut u32 = 0x0010_0000 as *mut u32;
const PASSED: u32 = 0x5555;
const FAILED: u32 = 0x1_3333;

// The first processor begins here, with its memory zero; others wait.
global_asm!(
    ".section .start, \"ax\"",
    ".globl start",
    "start:",
    "csrr t0, mhartid",
    "bnez t0, 1f",
    "la sp, stack_end",
    "call main",
    "1: wfi",
    "j 1b"
);

#[unsafe(no_mangle)]
extern "C" fn main() -> ! {
    off(basinet_report::report(&mut Port, &mut Arena::new()) == Ok(0))
}

/// Text for the serial port.
struct Port;

impl Write for Port {
    fn write_str(&mut self, text: &str) -> Result {
        for byte in text.bytes() {
            // SAFETY: the port is there, and takes a byte at any time in the emulator.
            unsafe { PORT.write_volatile(byte) };
        }
        Ok(())
    }
}

#[panic_handler]
fn panic(info: &PanicInfo) -> ! {
    let _ = writeln!(Port, "{info}");
    off(false)
}

/// Ends the emulator.
fn off(passed: bool) -> ! {
    loop {
        // SAFETY: the switch is there.
        unsafe { SWITCH.write_volatile(if passed { PASSED } else { FAILED }) };
    }
}
