//! `experiment`: the protocols of the papers, run again; what came out as CSV, as tables and as plots.
//!
//! The protocols are the library's (`basinet::experiments`); here they are chosen, and their rows become a [`Report`].

mod basins;
mod codes;
mod metastable;
mod retrieval;
mod structured;

use crate::failure::Failure;
use crate::progress;
use crate::report::table::Page;
use crate::report::{self, Report};
use crate::say;
use basinet::experiments::{Basins, Codes, Dimension, Images, Metastable, RandomFeatures, Rate, Retrieval, Structured, Thresholds};
use std::ops::RangeInclusive;
use std::path::PathBuf;

/// Run an experiment of the papers again.
///
///   retrieval   errors of recall from damaged images, with and without a map
///   metastable  how many patterns share the weights, with and without a map
///   codes       trained codes beside the best known ones
///   rate        how fast training comes near the best known codes
///   dimension   how many features M patterns need
///   basins      which states of a plane go to which pattern
///   structured  what masks, top-k, linear and random features save, and cost;
///               how many patterns binary memories hold
///
/// Everything is seeded: the same numbers again, whatever the number of threads
/// (RAYON_NUM_THREADS). All of them take some minutes on two cores.
#[derive(clap::Args)]
#[command(verbatim_doc_comment, after_help = crate::EXIT_CODES)]
pub struct Arguments {
    /// Which
    #[arg(value_name = "NAME")]
    name: Name,
    /// Folder for the rows as CSV and the plots as SVG and PNG; made if need be
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Images for `retrieval`: an IDX file of bytes, gzipped or not; the first
    /// 2,000 of MNIST where none is named
    #[arg(long, value_name = "FILE")]
    data: Option<PathBuf>,
    /// Seeds 1 to N, in place of the protocol's
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..=1_000_000))]
    seeds: Option<u64>,
    /// Numbers of patterns, growing, in place of the protocol's
    #[arg(long, value_name = "M,...", value_delimiter = ',', value_parser = patterns)]
    patterns: Option<Vec<usize>>,
    /// Write the tables into this page, between their marks
    #[arg(long, value_name = "FILE.md")]
    page: Option<PathBuf>,
    /// Say the rows as JSON
    #[arg(long)]
    json: bool,
}

#[derive(Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Name {
    Retrieval,
    Metastable,
    Codes,
    Rate,
    Dimension,
    Basins,
    Structured,
}

impl Name {
    /// The tables that its report has.
    fn tables(self) -> &'static [&'static str] {
        match self {
            Self::Retrieval => &["retrieval", "counts", "worse"],
            Self::Metastable => &["metastable"],
            Self::Codes => &["codes"],
            Self::Rate => &["rate"],
            Self::Dimension => &["fits", "dimension"],
            Self::Basins => &["basins"],
            Self::Structured => &["members", "laws", "features", "thresholds"],
        }
    }
}

fn patterns(text: &str) -> Result<usize, String> {
    text.parse()
        .ok()
        .filter(|count| (2..=1_000_000).contains(count))
        .ok_or_else(|| "numbers of patterns are 2 to 1000000, as in 10,20".to_owned())
}

pub fn run(arguments: &Arguments) -> Result<(), Failure> {
    arguments.check()?;
    // What cannot be written shall be known before the work is done.
    if let Some(folder) = &arguments.out {
        report::folder(folder)?;
    }
    let page = arguments.page.as_deref().map(|path| Page::find(path, arguments.name.tables())).transpose()?;
    let report = arguments.report()?;
    if let Some(folder) = &arguments.out {
        report.write(folder)?;
    }
    if let Some(page) = page {
        page.write(&report.tables)?;
    }
    if arguments.json { say::line(&serde_json::to_string_pretty(&report.json)?) } else { say::line(&report.text()) }
}

impl Arguments {
    /// Refuses what the experiment has no use for.
    fn check(&self) -> Result<(), Failure> {
        let refused = |option: &str, what: &str| Err(Failure::Refused(format!("--{option} is for {what}")));
        match self.name {
            Name::Retrieval | Name::Dimension if self.patterns.as_ref().is_some_and(|list| !list.is_sorted_by(|a, b| a < b)) => {
                Err(Failure::Refused("--patterns: each number has to be larger than the one before".to_owned()))
            }
            name if self.data.is_some() && name != Name::Retrieval => refused("data", "retrieval"),
            name if self.patterns.is_some() && !matches!(name, Name::Retrieval | Name::Dimension) => {
                refused("patterns", "retrieval and dimension")
            }
            name if self.seeds.is_some() && !matches!(name, Name::Retrieval | Name::Metastable | Name::Rate | Name::Structured) => {
                refused("seeds", "retrieval, metastable, rate and structured")
            }
            Name::Structured if self.seeds == Some(1) => Err(Failure::Refused("--seeds: one seed has no spread".to_owned())),
            _ => Ok(()),
        }
    }

    /// The seeds that are asked for, or these.
    fn seeds(&self, default: RangeInclusive<u64>) -> RangeInclusive<u64> {
        self.seeds.map_or(default, |last| 1..=last)
    }

    fn report(&self) -> Result<Report, Failure> {
        match self.name {
            Name::Retrieval => {
                let images = self.images()?;
                let default = Retrieval::default();
                let patterns = self.patterns.clone().unwrap_or(default.patterns.clone());
                let experiment = Retrieval { patterns, seeds: self.seeds(default.seeds.clone()), ..default };
                let rows = watched(experiment.pieces(), |done| experiment.run(&images, done))?;
                retrieval::report(experiment.seeds.clone().count(), &rows)
            }
            Name::Metastable => {
                let default = Metastable::default();
                let experiment = Metastable { seeds: self.seeds(default.seeds.clone()), ..default };
                metastable::report(&experiment, &watched(experiment.pieces(), |done| experiment.run(done))?)
            }
            Name::Codes => {
                let experiment = Codes::default();
                codes::codes(&watched(experiment.pieces(), |done| experiment.run(done))?)
            }
            Name::Rate => {
                let default = Rate::default();
                let experiment = Rate { seeds: self.seeds(default.seeds.clone()), ..default };
                codes::rate(&watched(experiment.pieces(), |done| experiment.run(done))?)
            }
            Name::Dimension => {
                let default = Dimension::default();
                let experiment = Dimension { points: self.patterns.clone().unwrap_or(default.points.clone()), ..default };
                codes::dimension(&watched(experiment.pieces(), |done| experiment.run(done))?)
            }
            Name::Basins => {
                let experiment = Basins::default();
                basins::report(watched(experiment.pieces(), |done| experiment.run(done))?)
            }
            Name::Structured => {
                let (members, default) = (Structured::default(), RandomFeatures::default());
                let features = RandomFeatures { seeds: self.seeds(default.seeds.clone()), ..default };
                let rows = watched(members.pieces(), |done| members.run(done))?;
                let by_features = watched(features.pieces(), |done| features.run(done))?;
                let default = Thresholds::default();
                let thresholds = Thresholds { seeds: self.seeds(default.seeds.clone()), ..default };
                let by_neurons = watched(thresholds.pieces(), |done| thresholds.run(done))?;
                structured::report(&rows, &by_features, &features.laws(&by_features), &by_neurons, features.seeds.clone().count())
            }
        }
    }

    fn images(&self) -> Result<Images, Failure> {
        let Some(path) = &self.data else { return Ok(Images::mnist()?) };
        let refused = |why: &dyn std::fmt::Display| Failure::Refused(format!("{}: {why}", path.display()));
        let bytes = std::fs::read(path).map_err(|error| refused(&error))?;
        Images::from_idx(&bytes, u8::MAX).map_err(|error| refused(&error))
    }
}

/// The rows of an experiment, with a bar while it works.
fn watched<T>(pieces: usize, run: impl FnOnce(&(dyn Fn() + Sync)) -> Result<T, basinet::experiments::Error>) -> Result<T, Failure> {
    let bar = progress::counted("experiment", pieces, "parts");
    Ok(run(&|| bar.inc(1))?)
}
