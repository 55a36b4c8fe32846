//! What an x86-64 processor can be asked for without an operating system: the CPUID and XGETBV instructions.
//!
//! That a processor has an instruction set is half of it. Whoever switched the processor on must also have enabled the registers, and an
//! operating system must save them: bits of XCR0, which may be read only where CPUID says OSXSAVE. Intel's Software Developer's Manual,
//! volume 1, 14.3 (AVX), 14.5.3 (FMA), 14.7.1 (AVX2), 15.2 to 15.4 (AVX-512).

#![cfg_attr(test, allow(dead_code, reason = "tests have `std`, which is asked in its place"))]

use core::arch::x86_64::{__cpuid, __cpuid_count, _xgetbv};
use core::sync::atomic::{AtomicU8, Ordering};

/// What the processor says: register C of leaf 1, register B of leaf 7, XCR0 (zero where it cannot be read).
#[derive(Clone, Copy, Debug)]
struct Answer {
    leaf1c: u32,
    leaf7b: u32,
    leaf7c: u32,
    xcr0: u64,
}

const FMA: u32 = 1 << 12;
const OSXSAVE: u32 = 1 << 27;
const AVX: u32 = 1 << 28;
/// Bit of leaf 7, register C.
const VNNI: u32 = 1 << 11;

/// XCR0: XMM and the upper halves of YMM.
const YMM: u64 = 0b110;
/// XCR0: those, masks, the upper halves of ZMM0 to 15, and ZMM16 to 31.
const ZMM: u64 = 0b1110_0110;

/// Bits of leaf 7, register B, for the names of [`bit`] in its order; FMA and VNNI stand elsewhere.
const LEAF7: [u32; 6] = [1 << 5, 0, 1 << 16, 1 << 17, 1 << 30, 1 << 31];

/// Which bit of [`has`] a target feature is. In the compiler only.
pub const fn bit(feature: &str) -> u8 {
    match feature.as_bytes() {
        b"avx2" => 1,
        b"fma" => 1 << 1,
        b"avx512f" => 1 << 2,
        b"avx512dq" => 1 << 3,
        b"avx512bw" => 1 << 4,
        b"avx512vl" => 1 << 5,
        b"avx512vnni" => 1 << 6,
        _ => panic!("no bit for this feature"),
    }
}

/// Whether programs may use all of these. The processor is asked once, as CPUID takes 100 cycles, and in a virtual machine 2000.
#[inline]
pub fn has(sets: u8) -> bool {
    let known = FOUND.load(Ordering::Relaxed);
    let found = if known == 0 { find() } else { known };
    found & sets == sets
}

/// What was found, and [`KNOWN`]; before the first question zero. Whoever comes second finds the same.
static FOUND: AtomicU8 = AtomicU8::new(0);
const KNOWN: u8 = 1 << 7;

#[cold]
#[inline(never)]
fn find() -> u8 {
    let found = KNOWN | usable(ask());
    FOUND.store(found, Ordering::Relaxed);
    found
}

/// The sets of instructions that an answer allows.
fn usable(Answer { leaf1c, leaf7b, leaf7c, xcr0 }: Answer) -> u8 {
    if leaf1c & AVX == 0 || xcr0 & YMM != YMM {
        return 0;
    }
    let mut found = if leaf1c & FMA != 0 { bit("fma") } else { 0 };
    // AVX2, and where the registers are enabled the five others.
    let wide = xcr0 & ZMM == ZMM;
    let sets = if wide { LEAF7.len() } else { 1 };
    for (number, &mask) in LEAF7.iter().enumerate().take(sets) {
        if leaf7b & mask != 0 {
            found |= 1 << number;
        }
    }
    if wide && leaf7c & VNNI != 0 { found | bit("avx512vnni") } else { found }
}

/// Asks this processor.
#[allow(unused_unsafe, reason = "CPUID is a safe function since Rust 1.93 or so, and not before")]
fn ask() -> Answer {
    // SAFETY: every x86-64 processor has CPUID, leaf 0 says which leaves there are, and leaf 1 is always one.
    let (last, leaf1c) = unsafe { (__cpuid(0).eax, __cpuid(1).ecx) };
    // SAFETY: as above.
    let (leaf7b, leaf7c) = if last >= 7 { unsafe { (__cpuid_count(7, 0).ebx, __cpuid_count(7, 0).ecx) } } else { (0, 0) };
    // SAFETY: OSXSAVE says that the instruction is there and enabled.
    let xcr0 = if leaf1c & OSXSAVE != 0 { unsafe { xcr0() } } else { 0 };
    Answer { leaf1c, leaf7b, leaf7c, xcr0 }
}

/// Which registers are enabled.
///
/// # Safety
/// - CPUID says OSXSAVE.
#[target_feature(enable = "xsave")]
unsafe fn xcr0() -> u64 {
    // SAFETY: there is the instruction, and register 0.
    unsafe { _xgetbv(0) }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: u8 = 0b111_1111;
    const RICH: Answer =
        Answer { leaf1c: FMA | OSXSAVE | AVX, leaf7b: 1 << 5 | 1 << 16 | 1 << 17 | 1 << 30 | 1 << 31, leaf7c: VNNI, xcr0: ZMM | 1 };

    #[test]
    fn this_machine_has_what_the_standard_library_finds() {
        macro_rules! same {
            ($($feature:tt)*) => {
                $(assert_eq!(has(bit($feature)), std::arch::is_x86_feature_detected!($feature), $feature);)*
            };
        }
        // The first asks, the others are told.
        same!("avx2" "fma" "avx512f" "avx512dq" "avx512bw" "avx512vl" "avx512vnni");
    }

    #[test]
    fn an_instruction_set_is_usable_where_its_registers_are_enabled() {
        let xcr0 = |xcr0| usable(Answer { xcr0, ..RICH });
        assert_eq!(usable(RICH), ALL);
        for incomplete in [0, 0b001, 0b011, 0b101] {
            assert_eq!(xcr0(incomplete | 0b1110_0000), 0, "{incomplete:#b}");
        }
        for incomplete in [0, 0b0010_0000, 0b0110_0000, 0b1100_0000, 0b1010_0000] {
            assert_eq!(xcr0(incomplete | 0b111), bit("avx2") | bit("fma"), "{incomplete:#b}");
        }
    }

    #[test]
    fn each_set_has_its_own_bit() {
        assert_eq!(usable(Answer { leaf1c: RICH.leaf1c & !AVX, ..RICH }), 0);
        assert_eq!(usable(Answer { leaf1c: RICH.leaf1c & !FMA, ..RICH }), ALL & !bit("fma"));
        assert_eq!(usable(Answer { leaf7c: RICH.leaf7c & !VNNI, ..RICH }), ALL & !bit("avx512vnni"));
        for (feature, mask) in [("avx2", 5), ("avx512f", 16), ("avx512dq", 17), ("avx512bw", 30), ("avx512vl", 31)] {
            assert_eq!(usable(Answer { leaf7b: RICH.leaf7b & !(1 << mask), ..RICH }), ALL & !bit(feature), "{feature}");
        }
    }
}
