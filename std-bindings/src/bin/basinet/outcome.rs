//! Where answers go: rows in a file, or lines of JSON, and what they were all together.

use crate::answer::Answer;
use crate::failure::Failure;
use basinet::formats::{Aside, FileFault, Format, Writer};
use serde::Serialize;
use std::fmt;
use std::io::{self, BufWriter, Write};
use std::path::Path;

/// Where answers go.
pub enum Outcome<'o> {
    /// States alone, a row each.
    Rows(Writer<'o>),
    /// All that is known of an answer, a line each; and what the file is called.
    Lines(BufWriter<Box<dyn Write + 'o>>, String),
}

/// What a line says. A number that is infinite is `null`.
#[derive(Serialize)]
struct Line<'a> {
    index: usize,
    state: &'a [f32],
    winner: usize,
    weight: f32,
    rest: f32,
    gap: f32,
    support: usize,
    missing: f32,
    energy: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    settled: Option<Settled>,
    #[serde(skip_serializing_if = "Option::is_none")]
    certificate: Option<Certificate>,
}

#[derive(Serialize)]
struct Settled {
    steps: usize,
    converged: bool,
    residual: f64,
    metastable: usize,
}

#[derive(Serialize)]
struct Certificate {
    exact: bool,
    radius: Option<f64>,
    distance: f64,
    gap_distance: Option<f64>,
}

impl<'a> Line<'a> {
    fn of(index: usize, answer: &'a Answer) -> Self {
        let step = &answer.step;
        let settled = answer.report.as_ref().map(|report| Settled {
            steps: report.steps,
            converged: report.converged,
            residual: report.residual,
            metastable: report.metastable,
        });
        let certificate = answer.certificate.as_ref().map(|certificate| Certificate {
            exact: certificate.exact,
            radius: certificate.radius,
            distance: certificate.distance,
            gap_distance: certificate.gap_distance,
        });
        Self {
            index,
            state: &answer.state,
            winner: step.winner,
            weight: step.weight,
            rest: step.rest,
            gap: step.gap,
            support: step.support,
            missing: step.missing,
            energy: answer.report.as_ref().map_or(step.energy, |report| Some(report.energy)),
            settled,
            certificate,
        }
    }
}

impl Outcome<'_> {
    /// Has `answers` written to a file, or to standard output where none is named: in this format, or in that of the name, or as JSON lines
    /// to standard output. The file has its name when all is in it.
    pub fn write<T>(
        path: Option<&Path>,
        format: Option<Format>,
        dim: usize,
        answers: impl FnOnce(&mut Outcome<'_>) -> Result<T, Failure>,
    ) -> Result<T, Failure> {
        let Some(path) = path.filter(|path| path.as_os_str() != "-") else {
            let (format, out) = (format.unwrap_or(Format::JsonLines), io::stdout().lock());
            return Outcome::to_stdout(format, dim, out)?.complete(answers);
        };
        let name = path.display().to_string();
        let format = format.or(Format::of_name(path)).ok_or_else(|| {
            Failure::Refused(format!("{name}: ends in neither .npy, .safetensors, .csv nor .jsonl; name it so, or say --format"))
        })?;
        let mut aside = Aside::new(path)?;
        let outcome = match format {
            Format::JsonLines => Outcome::Lines(BufWriter::new(Box::new(aside.file())), name),
            _ => Outcome::Rows(Writer::to_file(name, format, dim, aside.file())?),
        };
        let done = outcome.complete(answers)?;
        aside.keep()?;
        Ok(done)
    }

    fn to_stdout<'o>(format: Format, dim: usize, out: impl Write + 'o) -> Result<Outcome<'o>, Failure> {
        let name = "standard output".to_owned();
        Ok(match format {
            Format::JsonLines => Outcome::Lines(BufWriter::new(Box::new(out)), name),
            _ => Outcome::Rows(Writer::new(name, format, dim, out)?),
        })
    }

    fn complete<T>(mut self, answers: impl FnOnce(&mut Outcome<'_>) -> Result<T, Failure>) -> Result<T, Failure> {
        let done = answers(&mut self)?;
        match self {
            Self::Rows(rows) => rows.finish()?,
            Self::Lines(mut out, name) => out.flush().map_err(|error| FileFault::new(name, error))?,
        }
        Ok(done)
    }

    /// Writes the answer to query `index`.
    pub fn put(&mut self, index: usize, answer: &Answer) -> Result<(), Failure> {
        match self {
            Self::Rows(rows) => rows.row(&answer.state)?,
            Self::Lines(out, name) => {
                let written = serde_json::to_writer(&mut *out, &Line::of(index, answer)).map_err(io::Error::from);
                written.and_then(|()| out.write_all(b"\n")).map_err(|error| FileFault::new(&**name, error))?;
            }
        }
        Ok(())
    }
}

/// What the answers were all together.
#[derive(Default)]
pub struct Total {
    /// Queries answered.
    pub queries: usize,
    exact: usize,
    settled: Option<Settling>,
    certified: Option<Certain>,
}

#[derive(Default)]
struct Settling {
    converged: usize,
    steps: usize,
}

#[derive(Default)]
struct Certain {
    exact: usize,
    least_radius: Option<f64>,
    largest_distance: f64,
}

impl Total {
    /// One more.
    pub fn count(&mut self, answer: &Answer) {
        self.queries += 1;
        self.exact += usize::from(answer.step.is_exact());
        if let Some(report) = &answer.report {
            let settled = self.settled.get_or_insert_default();
            settled.converged += usize::from(report.converged);
            settled.steps = settled.steps.max(report.steps);
        }
        if let Some(certificate) = &answer.certificate {
            let certain = self.certified.get_or_insert_default();
            certain.exact += usize::from(certificate.exact);
            certain.least_radius = match (certain.least_radius, certificate.radius) {
                (Some(least), Some(radius)) => Some(least.min(radius)),
                (least, radius) => least.or(radius),
            };
            certain.largest_distance = certain.largest_distance.max(certificate.distance);
        }
    }
}

impl fmt::Display for Total {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} answers, {} of them one stored row with all the weight", self.queries, self.exact)?;
        if let Some(settled) = &self.settled {
            write!(f, "; {} settled, after at most {} steps", settled.converged, settled.steps)?;
        }
        if let Some(certain) = &self.certified {
            write!(f, "; {} certain", certain.exact)?;
            if let Some(radius) = certain.least_radius {
                write!(f, ", from at least {radius:.3} away")?;
            }
            write!(f, "; the farthest within {:.3} of its pattern", certain.largest_distance)?;
        }
        Ok(())
    }
}
