//! How many instructions a dot product and a recall take, by an emulator whose clock is the count of instructions.
//!
//! With `-icount shift=7` qemu lets 128 ns of its time pass for each instruction, whatever that is, so the core's own timer counts them: 3.2
//! or 2.05 ticks each, by the board's clock. A loop of four million known instructions says how many ticks one is, an empty job what the
//! reading costs, and another loop, whose count must then come out exactly, that this holds. Not for a real board: there it would be
//! cycles. `measure` runs it.
#![no_std]
#![no_main]

mod semihosted;

use basinet_core::{Buffers, Error, Model, Patterns, Separation, Softmax, Sparsemax, Step, beta};
use core::arch::asm;
use core::fmt::{self, Write};
use core::hint::black_box;
use cortex_m::peripheral::{SYST, syst::SystClkSource};
use cortex_m_semihosting::hio;
use semihosted::exit;

include!(concat!(env!("OUT_DIR"), "/digits.rs"));

/// Numbers of a pattern, and candidates that a sparse map keeps.
const D: usize = 64;
const K: usize = 16;
/// The largest count of the timer.
const RELOAD: u32 = 0x00ff_ffff;

/// 256 patterns of random signs and unit norm.
static RANDOM: [f32; 256 * D] = {
    let (mut numbers, mut word, mut i) = ([0.125; 256 * D], 1u64, 0);
    while i < numbers.len() {
        // Knuth's MMIX generator, whose high bits are good.
        word = word.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        if word >> 63 == 1 {
            numbers[i] = -0.125;
        }
        i += 1;
    }
    numbers
};

#[cfg(peer)]
unsafe extern "C" {
    /// CMSIS-DSP's dot product.
    fn arm_dot_prod_f32(a: *const f32, b: *const f32, count: u32, result: *mut f32);
}

#[cortex_m_rt::entry]
fn main() -> ! {
    let memory = cortex_m::singleton!(: Buffers<D, K> = Buffers::new());
    let (Ok(mut out), Some(buffers), Some(peripherals)) = (hio::hstdout(), memory, cortex_m::Peripherals::take()) else { exit(false) };
    let outcome = Clock::calibrated(peripherals.SYST).and_then(|mut clock| count(&mut out, &mut clock, buffers).ok());
    exit(outcome.is_some())
}

fn count(out: &mut impl Write, clock: &mut Clock, buffers: &mut Buffers<D, K>) -> fmt::Result {
    for (dim, numbers) in [(64, &RANDOM[..64]), (256, &RANDOM[..256])] {
        let other = &RANDOM[1024..1024 + dim];
        let ours = clock.count(|| basinet_core::dot(black_box(numbers), black_box(other)).unwrap_or(f32::NAN));
        writeln!(out, "dot {dim} {ours}")?;
        #[cfg(peer)]
        {
            let theirs = clock.count(|| {
                let mut result = 0.0;
                // SAFETY: `dim` numbers are readable in both, and one writable in the result.
                unsafe { arm_dot_prod_f32(black_box(numbers.as_ptr()), black_box(other.as_ptr()), dim as u32, &raw mut result) };
                result
            });
            writeln!(out, "peer {dim} {theirs}")?;
        }
    }
    for numbers in [&DIGITS.0[..], &RANDOM[..]] {
        let Ok(patterns) = Patterns::new(numbers, D) else { continue };
        recall(out, clock, "softmax", Softmax, &patterns, buffers)?;
        recall(out, clock, "sparsemax", Sparsemax, &patterns, buffers)?;
    }
    Ok(())
}

/// One step, its energy included, from a pattern of which nothing is known but the first half.
fn recall<S: Separation>(
    out: &mut impl Write,
    clock: &mut Clock,
    name: &str,
    separation: S,
    patterns: &Patterns<'_>,
    buffers: &mut Buffers<D, K>,
) -> fmt::Result {
    let model = Model::new(beta!(32.0), separation);
    let (mut query, mut state) = ([0.0; D], [0.0; D]);
    query.iter_mut().zip(patterns.row(12).unwrap_or(&[])).take(D / 2).for_each(|(to, &number)| *to = number);
    let mut scratch = buffers.scratch();
    let mut taken: Result<Step, Error> = Err(Error::Empty);
    let count = clock.count(|| taken = model.step(black_box(patterns), black_box(&query), &mut state, &mut scratch));
    let Ok(step) = taken else { return Err(fmt::Error) };
    writeln!(out, "{name} {} {count} {}", patterns.count(), step.support)
}

/// The core's timer, and what its ticks are in instructions.
struct Clock {
    timer: SYST,
    /// Ticks of an empty job.
    idle: u32,
    /// So many ticks ...
    ticks: u32,
    /// ... are so many instructions.
    instructions: u32,
}

impl Clock {
    /// `None` where a loop of known length does not come out exactly.
    fn calibrated(timer: SYST) -> Option<Self> {
        let mut clock = Self { timer, idle: 0, ticks: 1, instructions: 1 };
        clock.timer.set_clock_source(SystClkSource::Core);
        clock.timer.set_reload(RELOAD);
        clock.timer.clear_current();
        clock.timer.enable_counter();
        // In memory, as a number in the code takes one instruction or two, whichever it is.
        let [few, many, known] = black_box([1, 500_001, 123_456]);
        clock.ticks = clock.ticks(|| turns(many)) - clock.ticks(|| turns(few));
        clock.instructions = 1_000_000;
        clock.idle = clock.ticks(|| ());
        let known = clock.count(|| turns(known)) - clock.count(|| turns(few));
        (known == 2 * 123_455).then_some(clock)
    }

    /// The ticks that a job takes, less than the timer counts.
    #[inline(never)]
    fn ticks<T>(&mut self, job: impl FnOnce() -> T) -> u32 {
        self.timer.has_wrapped(); // which clears the flag
        let before = SYST::get_current();
        black_box(job());
        let after = SYST::get_current();
        if self.timer.has_wrapped() && after <= before {
            exit(false); // once around, and further
        }
        before.wrapping_sub(after) & RELOAD
    }

    /// The instructions that a job takes, to the nearest.
    fn count<T>(&mut self, job: impl FnOnce() -> T) -> u32 {
        let ticks = u64::from(self.ticks(job) - self.idle);
        ((ticks * u64::from(self.instructions) + u64::from(self.ticks / 2)) / u64::from(self.ticks)) as u32
    }
}

/// Two instructions a turn.
#[inline(always)]
fn turns(turns: u32) {
    // SAFETY: counts a register down, and changes nothing but the flags.
    unsafe { asm!("2: subs {n}, {n}, #1", "bne 2b", n = inout(reg) turns => _, options(nomem, nostack)) }
}
