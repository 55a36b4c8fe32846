//! Recalls at the word of a peer in another process, in turn with it: the memory stays here, and each recall is timed alone.
//!
//! `--answer FRONT PATTERNS.npy QUERIES.npy`, FRONT `principal:COLUMNS` or `seeded:COLUMNS`. Prints for each form, `plain`, `certified` and
//! `progressive`, the seconds that it took to make, a line each. Each line of the input is then a
//! request, `FORM MAP BETA NUMBER... [STATES.npy]`: a recall of the queries of these numbers, whose states go into the file where one is named.
//! The answer is a line for each query: seconds, winner, support, rows read in f32, bytes read of all.

use basinet::formats::{self, Aside, Format, Reader, Writer};
use basinet::{AnySeparation, Beta, CompressedMemory, LinearMap, Memory, Model, Separation, WithSeparation, Workspace, projection};
use std::fmt;
use std::io::{BufRead, Write, stdin, stdout};
use std::path::Path;
use std::time::Instant;

type Fault = Box<dyn std::error::Error>;

/// Two memories of the same patterns, without and with a front, and room to recall from either.
struct Forms {
    certified: CompressedMemory,
    progressive: CompressedMemory,
    rooms: [Workspace; 2],
}

impl Forms {
    /// Both, after a line with the seconds that each took.
    fn new(front: &str, patterns: &str) -> Result<Self, Fault> {
        let begun = Instant::now();
        let plain = formats::memory(patterns)?;
        let read = begun.elapsed();
        let certified = CompressedMemory::new(plain.clone())?;
        let copied = begun.elapsed();
        let front = map(front, &plain)?;
        let progressive = CompressedMemory::progressive(plain, front)?;
        let all = begun.elapsed();
        [read, copied - read, all - copied].iter().for_each(|took| println!("{}", took.as_secs_f64()));
        stdout().flush()?;
        let rooms = [certified.workspace(), progressive.workspace()];
        Ok(Self { certified, progressive, rooms })
    }
}

/// The front of this name.
fn map(name: &str, memory: &Memory) -> Result<LinearMap, Fault> {
    match name.split_once(':') {
        Some(("principal", columns)) => Ok(projection::principal(&memory.patterns()?, columns.parse()?)?),
        Some(("seeded", columns)) => Ok(projection::seeded(memory.dim(), columns.parse()?, 1)?),
        _ => Err("a front is principal:COLUMNS or seeded:COLUMNS".into()),
    }
}

struct Answer {
    seconds: f64,
    winner: usize,
    support: usize,
    rows: usize,
    bytes: u64,
}

impl fmt::Display for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} {} {} {}", self.seconds, self.winner, self.support, self.rows, self.bytes)
    }
}

/// One recall, for any separation.
struct Recall<'a> {
    forms: &'a mut Forms,
    form: &'a str,
    beta: Beta,
    query: &'a [f32],
    out: &'a mut [f32],
}

impl WithSeparation for Recall<'_> {
    type Output = Result<Answer, Fault>;

    fn run<S: Separation + PartialEq>(self, separation: S) -> Self::Output {
        let Self { forms: Forms { certified, progressive, rooms: [room, other] }, form, beta, query, out } = self;
        let model = Model::new(beta, separation);
        let begun = Instant::now();
        let (step, rows, bytes) = match form {
            "plain" => {
                let patterns = certified.memory().patterns()?;
                let step = model.step(&patterns, query, out, &mut room.scratch())?;
                let rows = step.passes as usize * patterns.count();
                (step, rows, (rows * patterns.dim() * size_of::<f32>()) as u64)
            }
            "certified" | "progressive" => {
                let (memory, room) = if form == "certified" { (certified, room) } else { (progressive, other) };
                let sifting = memory.recall_in(&model, query, out, room)?;
                (sifting.step, sifting.rows_read, sifting.bytes_read)
            }
            _ => return Err("a form is plain, certified or progressive".into()),
        };
        Ok(Answer { seconds: begun.elapsed().as_secs_f64(), winner: step.winner, support: step.support, rows, bytes })
    }
}

/// Answers until the input ends.
pub fn answer(arguments: &[String]) -> Result<(), Fault> {
    let [front, patterns, queries] = arguments else {
        return Err("usage: basinet-peers --answer FRONT PATTERNS.npy QUERIES.npy".into());
    };
    let queries = Reader::open(Path::new(queries), None)?.read_all()?;
    let mut forms = Forms::new(front, patterns)?;
    let dim = forms.certified.memory().dim();
    for line in stdin().lock().lines() {
        let line = line?;
        let mut words = line.split_whitespace();
        let (Some(form), Some(map), Some(beta)) = (words.next(), words.next(), words.next()) else {
            return Err("a request has a form, a map and a beta".into());
        };
        let (separation, beta) = (map.parse::<AnySeparation>()?, Beta::new(beta.parse()?)?);
        let (file, numbers): (Vec<&str>, Vec<&str>) = words.partition(|word| word.ends_with(".npy"));
        let mut states = Vec::new();
        for number in numbers {
            let query = queries.chunks_exact(dim).nth(number.parse()?).ok_or("no such query")?;
            let mut out = vec![0.0; dim];
            let recall = Recall { forms: &mut forms, form, beta, query, out: &mut out };
            states.push((separation.run(recall)?, out));
        }
        if let Some(path) = file.first() {
            save(Path::new(path), dim, &states)?;
        }
        states.iter().for_each(|(answer, _)| println!("{answer}"));
        stdout().flush()?;
    }
    Ok(())
}

/// Writes the states, Q x `dim`.
fn save(path: &Path, dim: usize, states: &[(Answer, Vec<f32>)]) -> Result<(), Fault> {
    let mut aside = Aside::new(path)?;
    let mut writer = Writer::to_file(path.display().to_string(), Format::Npy, dim, aside.file())?;
    for (_, state) in states {
        writer.row(state)?;
    }
    writer.finish()?;
    Ok(aside.keep()?)
}
