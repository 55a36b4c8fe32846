//! Recalls at the word of a peer in another process, in turn with it: the memory stays here, and each recall is timed alone.
//!
//! `--answer FRONT PATTERNS.npy QUERIES.npy`. Prints a line with the seconds that each form took to make. Each line of the input is then a
//! request, `FORM MAP BETA NUMBER... [STATES.npy]`: a recall of the queries of these numbers, whose states go into the file where one is named.
//! The answer is a line for each query: seconds, winner, support, rows read in f32, bytes read of all.

use basinet::formats::{self, Aside, Format, Reader, Writer};
use basinet::{AnySeparation, Beta, Error, Memory, Model, Separation, WithSeparation, Workspace};
use std::fmt;
use std::io::{BufRead, Write, stdin, stdout};
use std::path::Path;
use std::time::Instant;

type Fault = Box<dyn std::error::Error>;

/// What a recall reads.
struct Forms {
    plain: Memory,
    work: Workspace,
}

struct Answer {
    seconds: f64,
    winner: usize,
    support: usize,
    rows: usize,
    bytes: usize,
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
    type Output = Result<Answer, Error>;

    fn run<S: Separation + PartialEq>(self, separation: S) -> Self::Output {
        let Self { forms: Forms { plain, work }, form: _, beta, query, out } = self;
        let model = Model::new(beta, separation);
        let begun = Instant::now();
        let step = model.step(&plain.patterns()?, query, out, &mut work.scratch())?;
        let (seconds, passes) = (begun.elapsed().as_secs_f64(), step.passes as usize);
        let bytes = passes * plain.len() * plain.dim() * size_of::<f32>();
        Ok(Answer { seconds, winner: step.winner, support: step.support, rows: passes * plain.len(), bytes })
    }
}

/// Answers until the input ends.
pub fn answer(arguments: &[String]) -> Result<(), Fault> {
    let [_front, patterns, queries] = arguments else {
        return Err("usage: basinet-peers --answer FRONT PATTERNS.npy QUERIES.npy".into());
    };
    let queries = Reader::open(Path::new(queries), None)?.read_all()?;
    let begun = Instant::now();
    let plain = formats::memory(patterns)?;
    let made = begun.elapsed().as_secs_f64();
    let mut forms = Forms { work: plain.workspace(), plain };
    println!("{made}");
    for line in stdin().lock().lines() {
        let line = line?;
        let mut words = line.split_whitespace();
        let (Some(form), Some(map), Some(beta)) = (words.next(), words.next(), words.next()) else {
            return Err("a request has a form, a map and a beta".into());
        };
        let (separation, beta) = (map.parse::<AnySeparation>()?, Beta::new(beta.parse()?)?);
        let (file, numbers): (Vec<&str>, Vec<&str>) = words.partition(|word| word.ends_with(".npy"));
        let (dim, mut states) = (forms.plain.dim(), Vec::new());
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
