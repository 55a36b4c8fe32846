//! What came of the last call: numbers, or an error as text.

use basinet_core::Error;
use basinet_core::basin::FileError;
use core::cell::UnsafeCell;
use core::fmt::{self, Display, Write};

/// Numbers that a call gives at most.
const NUMBERS: usize = 20;

/// Where in them those begin that [`put_behind`] puts.
const BEHIND: usize = 14;

/// Bytes of text.
const TEXT: usize = 480;

/// At this address JavaScript reads numbers as f64, then the length of the text, then the text.
#[repr(C)]
pub struct Report {
    numbers: [f64; NUMBERS],
    length: u32,
    text: [u8; TEXT],
}

/// The one report; a module has one thread.
struct Place(UnsafeCell<Report>);

// SAFETY: a module without shared memory has one thread.
unsafe impl Sync for Place {}

static REPORT: Place = Place(UnsafeCell::new(Report { numbers: [0.0; NUMBERS], length: 0, text: [0; TEXT] }));

/// Where it is.
pub fn address() -> *const Report {
    REPORT.0.get()
}

/// Does something with it. Not within itself.
fn with<T>(work: impl FnOnce(&mut Report) -> T) -> T {
    // SAFETY: there is one thread, and no function that is handed in here calls this one.
    work(unsafe { &mut *REPORT.0.get() })
}

/// Puts numbers to its front.
pub fn put(numbers: &[f64]) {
    with(|report| report.numbers.iter_mut().zip(numbers).for_each(|(to, &number)| *to = number));
}

/// Puts numbers behind those of a step.
pub fn put_behind(numbers: &[f64]) {
    with(|report| report.numbers.iter_mut().skip(BEHIND).zip(numbers).for_each(|(to, &number)| *to = number));
}

/// Puts text.
pub fn put_text(text: fmt::Arguments<'_>) {
    with(|report| {
        report.length = 0;
        // Never fails.
        let _ = report.write_fmt(text);
    });
}

/// Puts the front of a file where text stands otherwise.
pub fn put_bytes(bytes: &[u8]) {
    with(|report| report.text.iter_mut().zip(bytes).for_each(|(to, &byte)| *to = byte));
}

/// Two names of these lengths that JavaScript has written to the text.
pub fn names(first: usize, second: usize) -> Option<(&'static str, &'static str)> {
    // SAFETY: there is one thread, and the text is written to only when the names have been used.
    let text = unsafe { &(*REPORT.0.get()).text };
    let both = text.get(..first.checked_add(second)?)?;
    let (first, second) = both.split_at_checked(first)?;
    Some((core::str::from_utf8(first).ok()?, core::str::from_utf8(second).ok()?))
}

impl Write for Report {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        for &byte in text.as_bytes() {
            if let Some(to) = self.text.get_mut(self.length as usize) {
                *to = byte;
                self.length += 1;
            }
        }
        Ok(())
    }
}

/// 0; or 1, and the error as three lines of text: its code, its numbers as `name=value` one behind the other, what it says.
pub fn answer<E: Worded>(result: Result<(), E>) -> u32 {
    let Err(error) = result else { return 0 };
    let (code, numbers) = error.words();
    with(|report| {
        report.length = 0;
        // Never fails.
        let _ = report.write_str(code);
        let mut before = '\n';
        for (name, number) in numbers {
            if !name.is_empty() {
                let _ = write!(report, "{before}{name}={number}");
                before = ' ';
            }
        }
        let _ = write!(report, "{}{error}", if before == '\n' { "\n\n" } else { "\n" });
    });
    1
}

/// An error in words: a code that does not change, and numbers with their names.
pub trait Worded: Display {
    /// Code and numbers; unused ones have no name.
    fn words(&self) -> (&'static str, [(&'static str, u64); 2]);
}

const NONE: (&str, u64) = ("", 0);

/// One number.
const fn one(name: &'static str, number: usize) -> [(&'static str, u64); 2] {
    [(name, number as u64), NONE]
}

impl Worded for Error {
    fn words(&self) -> (&'static str, [(&'static str, u64); 2]) {
        match *self {
            Self::Empty => ("empty", [NONE; 2]),
            Self::Length { expected, found } => ("length", [("expected", expected as u64), ("found", found as u64)]),
            Self::Shape { numbers, dim, .. } => ("shape", [("numbers", numbers as u64), ("dim", dim as u64)]),
            Self::TooLarge => ("too-large", [NONE; 2]),
            Self::Beta => ("beta", [NONE; 2]),
            Self::Parameter { .. } | Self::Name { .. } => ("parameter", [NONE; 2]),
            Self::Cap { row } => ("cap", one("row", row)),
            Self::CapsTooSmall => ("caps-too-small", [NONE; 2]),
            Self::TooFewRows { needed, found } => ("too-few-rows", [("needed", needed as u64), ("found", found as u64)]),
            Self::QueryNotFinite { index } => ("query-not-finite", one("index", index)),
            Self::ScoreNotFinite { row } => ("score-not-finite", one("row", row)),
            Self::PatternNotFinite { index } => ("pattern-not-finite", one("index", index)),
            Self::NormOverflow => ("norm-overflow", [NONE; 2]),
            Self::StoreFull { capacity } => ("store-full", one("capacity", capacity)),
            Self::NoSuchRow { row, count } => ("no-such-row", [("row", row as u64), ("count", count as u64)]),
            Self::OutputNotFinite => ("output-not-finite", [NONE; 2]),
            Self::AllMasked => ("all-masked", [NONE; 2]),
            Self::NotReadOut => ("not-read-out", [NONE; 2]),
            Self::Scratch { needed, found } => ("scratch", [("needed", needed as u64), ("found", found as u64)]),
            Self::Full { consumed } => ("full", one("consumed", consumed)),
            Self::UnlikePasses => ("unlike-passes", [NONE; 2]),
            Self::Unsorted { index } => ("unsorted", one("index", index)),
            _ => ("unknown", [NONE; 2]),
        }
    }
}

impl Worded for FileError {
    fn words(&self) -> (&'static str, [(&'static str, u64); 2]) {
        match *self {
            Self::NotBasin => ("file-not-basin", [NONE; 2]),
            Self::Truncated { needed, found } => ("file-truncated", [("needed", needed), ("found", found)]),
            Self::Version { found } => ("file-version", [("found", found.into()), NONE]),
            Self::Field { value, .. } => ("file-field", [("value", value), NONE]),
            Self::HeaderChecksum { .. } | Self::SectionChecksum { .. } => ("file-checksum", [NONE; 2]),
            Self::NotFinite { row, .. } => ("file-not-finite", one("row", row)),
            _ => ("file", [NONE; 2]),
        }
    }
}
