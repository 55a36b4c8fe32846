//! The conformance set on an x86-64 machine without an operating system, on every backend that CPUID and XGETBV find.
//!
//! `.ci/targets` boots it in an emulator on several processors, and with several sets of registers enabled: byte 508 of the image, a value
//! for XCR0. What the processor does not have of these is left off. Where byte 509 is zero only the blobs are recalled, by the backend that
//! was chosen: an emulator takes its time. Text goes to port 0xe9, where the emulator shows it.
#![no_std]
#![no_main]

mod memory;

use basinet_conformance::fingerprint::Arena;
use core::arch::x86_64::{__cpuid, __cpuid_count, _xsetbv};
use core::arch::{asm, global_asm};
use core::fmt::{Result, Write};
use core::panic::PanicInfo;

global_asm!(include_str!("boot.s"), options(att_syntax));

unsafe extern "C" {
    /// XCR0 as it is wanted, and whether everything is, in the boot sector.
    static registers: u8;
    static everything: u8;
}

#[unsafe(no_mangle)]
extern "C" fn main() -> ! {
    // SAFETY: the boot sector has them, and nobody writes there. They may differ from what they were when this was compiled.
    let (wanted, all) = unsafe { ((&raw const registers).read_volatile(), (&raw const everything).read_volatile()) };
    let _ = writeln!(Port, "xcr0 {:#x}", enable(wanted.into()));
    let failed = if all == 1 { basinet_report::report(&mut Port, &mut Arena::new()) } else { basinet_report::report_blobs(&mut Port) };
    if failed != Ok(0) {
        let _ = writeln!(Port, "FAILED");
    }
    off()
}

/// Enables those of the wanted registers that there are, and says which: what an operating system does while it starts.
#[allow(unused_unsafe, reason = "CPUID is a safe function in later compilers")]
fn enable(wanted: u64) -> u64 {
    const XSAVE: u32 = 1 << 26;
    // SAFETY: leaf 1 is always there.
    if wanted == 0 || unsafe { __cpuid(1) }.ecx & XSAVE == 0 {
        return 0;
    }
    // SAFETY: a processor with XSAVE has leaf 13.
    let there = u64::from(unsafe { __cpuid_count(13, 0) }.eax);
    // SAFETY: this runs at the highest privilege; the processor has XSAVE, and the registers asked for.
    unsafe {
        asm!("mov {0}, cr4", "bts {0}, 18", "mov cr4, {0}", out(reg) _);
        set_xcr0(wanted & there);
    }
    wanted & there
}

/// # Safety
/// - OSXSAVE is on, and the processor has these registers.
#[target_feature(enable = "xsave")]
unsafe fn set_xcr0(value: u64) {
    // SAFETY: as above.
    unsafe { _xsetbv(0, value) };
}

/// Text for the emulator's port.
struct Port;

impl Write for Port {
    fn write_str(&mut self, text: &str) -> Result {
        for byte in text.bytes() {
            // SAFETY: nothing but the emulator listens there.
            unsafe { asm!("out 0xe9, al", in("al") byte) };
        }
        Ok(())
    }
}

#[panic_handler]
fn panic(info: &PanicInfo) -> ! {
    let _ = writeln!(Port, "{info}");
    off()
}

/// Switches the emulated machine off.
fn off() -> ! {
    for byte in *b"Shutdown" {
        // SAFETY: nothing but the emulator listens there.
        unsafe { asm!("out dx, al", in("dx") 0x8900u16, in("al") byte) };
    }
    loop {
        // SAFETY: waits.
        unsafe { asm!("hlt") };
    }
}
