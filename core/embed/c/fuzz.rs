//! The C interface, called as C does it, with what C programs get wrong: null and misaligned pointers, sizes that are too large, memory that
//! overlaps, names without an end, numbers that are none.
//!
//! A call never touches what it was not given (the sanitizer sees that), ends with a number that has a text, leaves `out` as it was after an
//! error, and where nothing is wrong has the status, bits and report of the core.
#![no_main]

use arbitrary::{Result, Unstructured};
use basinet_c::*;
use basinet_core::{AnyModel, AnySeparation, AnySimilarity, Beta, Error, Model, Patterns, Separation, Step, WithModel};
use basinet_fuzz::{Work, bits, draw};
use core::ffi::{CStr, c_char};
use core::ptr::{null, null_mut};
use libfuzzer_sys::fuzz_target;

const OLD: f32 = -7.25;
const NAMES: [&str; 14] = [
    "softmax",
    "softmax1",
    "sparsemax",
    "entmax:1.5",
    "entmax:1.25",
    "normmax:2",
    "normmax:5",
    "topk:2",
    "hardmax",
    "ksubsets:2",
    "entmax:0.5",
    "topk:0",
    "entmax:",
    "no such map",
];

/// What is wrong with a call.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Wrong {
    Nothing,
    NullMemory,
    NullPatterns,
    NullQuery,
    NullOut,
    Misaligned,
    Huge,
    OutIsQuery,
    ScratchIsOut,
    NoEnd,
}

use Wrong::*;
const WRONGS: [Wrong; 16] = [
    Nothing,
    Nothing,
    Nothing,
    Nothing,
    Nothing,
    Nothing,
    Nothing,
    NullMemory,
    NullPatterns,
    NullQuery,
    NullOut,
    Misaligned,
    Huge,
    OutIsQuery,
    ScratchIsOut,
    NoEnd,
];

struct Case {
    patterns: Vec<f32>,
    values: Vec<f32>,
    query: Vec<f32>,
    memory: Memory,
    scratch: usize,
    wrong: Wrong,
    number: usize,
    steps: usize,
    change: f32,
}

/// One recall of the core.
struct ByCore<'a> {
    case: &'a Case,
    query: &'a [f32],
    out: &'a mut [f32],
}

impl WithModel for ByCore<'_> {
    type Output = core::result::Result<Step, Error>;
    fn run<S: Separation + PartialEq, Q: basinet_core::Similarity>(self, model: Model<S, Q>) -> Self::Output {
        let Self { case, query, out } = self;
        let mut work = Work::new(out.len(), case.memory.count, case.memory.count);
        let patterns = Patterns::new(&case.patterns, case.memory.dim)?;
        match case.memory.width {
            0 => model.step(&patterns, query, out, &mut work.scratch()),
            width => model.read(&patterns, &Patterns::new(&case.values, width)?, query, out, &mut work.scratch()),
        }
    }
}

impl Case {
    fn draw(bytes: &mut Unstructured<'_>) -> Result<Self> {
        let (dim, count, width) = (1 + draw::below(bytes, 20)?, 1 + draw::below(bytes, 40)?, draw::below(bytes, 4)?);
        let (patterns, values) = (draw::numbers(bytes, dim * count)?, draw::numbers(bytes, width * count)?);
        let (number, wrong) = (1 + draw::below(bytes, 70)?, WRONGS[draw::below(bytes, WRONGS.len())?]);
        let mut separation = [0; 48];
        let name = NAMES[draw::below(bytes, NAMES.len())?];
        separation.iter_mut().zip(name.bytes()).for_each(|(to, from)| *to = from as c_char);
        let memory = Memory {
            patterns: null(),
            values: null(),
            count,
            dim,
            width,
            beta: if draw::below(bytes, 16)? == 0 { draw::raw(bytes)? } else { draw::beta(bytes)? },
            max_norm: 0.0,
            similarity: draw::below(bytes, 4)? as i32,
            separation,
        };
        let scratch = draw::below(bytes, 6 * dim + 3 * count)?;
        let (steps, change) = (draw::below(bytes, 20)?, draw::raw(bytes)?);
        Ok(Self { patterns, values, query: draw::numbers(bytes, number * dim)?, memory, scratch, wrong, number, steps, change })
    }

    /// The structure with what is wrong about it.
    fn memory(&self) -> Memory {
        let values = if self.values.is_empty() { null() } else { self.values.as_ptr() };
        let mut memory = Memory { patterns: self.patterns.as_ptr(), values, ..self.memory };
        match self.wrong {
            NullPatterns => memory.patterns = null(),
            Misaligned => memory.patterns = memory.patterns.wrapping_byte_add(1),
            Huge => memory.count = usize::MAX / 2,
            NoEnd => memory.separation = [b'x' as c_char; 48],
            _ => {}
        }
        memory
    }

    /// What the core says, where nothing is wrong with the call.
    fn by_core(&self, query: &[f32], out: &mut [f32]) -> Option<core::result::Result<Step, Error>> {
        let name = self.memory.separation.map(|byte| byte as u8);
        let separation: AnySeparation = CStr::from_bytes_until_nul(&name).ok()?.to_str().ok()?.parse().ok()?;
        let similarity = [AnySimilarity::Dot, AnySimilarity::Cosine, AnySimilarity::SquaredDistance];
        let similarity = *similarity.get(self.memory.similarity as usize)?;
        Some(AnyModel { beta: Beta::new(self.memory.beta).ok()?, separation, similarity }.run(ByCore { case: self, query, out }))
    }

    fn recall(&self) {
        let (memory, width, dim) = (self.memory(), self.memory().out(), self.memory.dim);
        let (mut out, mut scratch, mut report) = (vec![OLD; width], vec![f32::NAN; self.scratch], Report::default());
        let mut query = self.query[..dim].to_vec();
        let given = if self.wrong == NullMemory { null() } else { &raw const memory };
        let to = match self.wrong {
            NullOut => null_mut(),
            OutIsQuery => query.as_mut_ptr(),
            _ => out.as_mut_ptr(),
        };
        let from = if self.wrong == NullQuery { null() } else { query.as_ptr() };
        let work = if self.wrong == ScratchIsOut { to } else { scratch.as_mut_ptr() };
        // As long as the memory is that it points to.
        let room = if self.wrong == ScratchIsOut { width } else { scratch.len() };
        // SAFETY: what is not wrong in a way that must be noticed is as the header wants it.
        let status = unsafe { basinet_recall(given, from, to, work, room, &mut report) };
        known(status);
        if status != 0 {
            assert!(out.iter().all(|x| *x == OLD), "out changed, and {status}");
            assert_eq!(bits(&query), bits(&self.query[..dim]));
            return;
        }
        assert_eq!(self.wrong, Nothing, "nothing wrong was seen");
        let mut expected = vec![OLD; width];
        let step = self.by_core(&query, &mut expected).expect("a model").expect("a step");
        assert_eq!(bits(&out), bits(&expected));
        assert_eq!(Report { passes: 1, ..report }, Report { passes: 1, ..step.into() });
    }

    /// Each by itself, or as many errors.
    fn batch(&self) {
        if self.wrong != Nothing {
            return;
        }
        let (memory, width, dim) = (self.memory(), self.memory().out(), self.memory.dim);
        let room = basinet_batch_scratch(self.number, dim, width, self.scratch % 9);
        let (mut out, mut scratch) = (vec![OLD; width * self.number], vec![f32::NAN; room]);
        let mut reports = vec![Report::default(); self.number];
        // SAFETY: as the header wants it.
        let status = unsafe {
            let (asked, to, work) = (self.query.as_ptr(), out.as_mut_ptr(), scratch.as_mut_ptr());
            basinet_recall_batch(&memory, asked, self.number, to, work, room, reports.as_mut_ptr())
        };
        known(status);
        if status == 0 {
            assert!(out.iter().all(|x| x.is_finite()));
            assert!(reports.iter().all(|report| report.winner < memory.count as u64 && report.rows <= memory.count as u64));
        }
    }

    fn settle(&self) {
        let memory = self.memory();
        let (mut state, mut scratch, mut report) = (self.query[..memory.dim].to_vec(), vec![f32::NAN; self.scratch], Settled::default());
        // SAFETY: what is not wrong in a way that must be noticed is as the header wants it.
        let status = unsafe {
            basinet_settle(&memory, state.as_mut_ptr(), self.steps, self.change, scratch.as_mut_ptr(), scratch.len(), &mut report)
        };
        known(status);
        if status != 0 {
            assert_eq!(bits(&state), bits(&self.query[..memory.dim]), "the state changed, and {status}");
        } else {
            assert!(report.steps <= self.steps as u64 && state.iter().all(|x| x.is_finite()));
        }
    }

    /// Scores, and the weights of these.
    fn weights(&self) {
        let memory = self.memory();
        let mut scores = vec![OLD; self.memory.count];
        // SAFETY: what is not wrong in a way that must be noticed is as the header wants it.
        let status = unsafe { basinet_scores(&memory, self.query.as_ptr(), scores.as_mut_ptr()) };
        known(status);
        if status != 0 {
            return assert!(scores.iter().all(|x| *x == OLD), "scores changed, and {status}");
        }
        let (mut scratch, mut report, old) = (vec![f32::NAN; self.scratch], Report::default(), scores.clone());
        let name = memory.separation.as_ptr();
        // SAFETY: as the header wants it.
        let status = unsafe {
            let (list, work) = (scores.as_mut_ptr(), scratch.as_mut_ptr());
            basinet_weights(name, memory.beta, list, old.len(), work, scratch.len(), &mut report)
        };
        known(status);
        if status != 0 {
            return assert_eq!(bits(&scores), bits(&old), "scores changed, and {status}");
        }
        assert!(scores.iter().all(|weight| (0.0..=1.0).contains(weight)), "{scores:?}");
    }
}

/// A number of the header, with a text.
fn known(status: i32) {
    // SAFETY: the text is a constant.
    let text = unsafe { CStr::from_ptr(basinet_error_text(status)) };
    assert!(!text.is_empty() && text != c"no such error number", "{status}");
}

/// Any bytes as a file, from any address.
fn open(bytes: &[u8], by: usize) {
    let mut room = vec![0u64; bytes.len() / 8 + 2];
    let place: &mut [u8] = bytemuck::cast_slice_mut(&mut room);
    let place = &mut place[by..by + bytes.len()];
    place.copy_from_slice(bytes);
    let (mut memory, mut about) = (core::mem::MaybeUninit::uninit(), 0);
    // SAFETY: as the header wants it, but for the alignment, which is looked at.
    unsafe {
        let (bytes, length) = (place.as_ptr().cast(), place.len());
        known(basinet_verify(bytes, length, &mut about));
        let status = basinet_open(bytes, length, memory.as_mut_ptr(), &mut about);
        known(status);
        assert_eq!(status == 0, basinet_core::Basin::new(place).is_ok());
    }
}

fuzz_target!(|data: &[u8]| {
    let mut bytes = Unstructured::new(data);
    let Ok(case) = Case::draw(&mut bytes) else { return };
    case.recall();
    case.batch();
    case.settle();
    case.weights();
    let by = case.number % 8;
    open(bytes.take_rest(), by);
});
