//! `info`: what a memory holds, and what can be said of it before anybody asks it.
//!
//! The analysis is the library's `insight`; here it is chosen, put together and printed.

use crate::failure::Failure;
use crate::model::{Overrides, in_words};
use crate::progress::bar;
use crate::say;
use anstyle::Style;
use basinet::insight::{self, Spread};
use basinet::{
    AnyModel, AnySeparation, AnySimilarity, Basin, Beta, Model, Patterns, Separation, Similarity, WithModel, WithSimilarity, file,
};
use serde::Serialize;
use std::fmt;
use std::path::PathBuf;

/// Products and sums of numbers up to which every pattern is compared with every other without being asked to: some seconds.
const WORK: u64 = 1 << 36;

/// Groups of more equal rows than this are cut off.
const MOST_EQUAL: usize = 4;

/// Say what is in a memory.
///
/// What it holds and is recalled by; then, from comparing patterns with all
/// others: their separations Delta_i = s(x_i, x_i) - max_j s(x_i, x_j), equal
/// patterns, which are exactly recallable (a step from pattern i gives pattern i
/// itself if and only if beta Delta_i is at least the separation's margin), and
/// which are in each other's way.
///
/// Comparing costs M x M x D. Large memories are sampled, and it says so.
#[derive(clap::Args)]
#[command(verbatim_doc_comment, after_help = crate::EXIT_CODES)]
pub struct Arguments {
    /// The memory
    #[arg(value_name = "FILE.basin")]
    file: PathBuf,
    /// Compare so many patterns, evenly spaced, with all; 0 for none
    #[arg(long, value_name = "N", conflicts_with = "all")]
    sample: Option<usize>,
    /// Compare every pattern, however long it takes
    #[arg(long)]
    all: bool,
    /// List so many patterns that another is nearest to
    #[arg(long, value_name = "N", default_value_t = 5)]
    worst: usize,
    #[command(flatten)]
    overrides: Overrides,
    /// Read all bytes and find every changed one
    #[arg(long)]
    verify: bool,
    /// Say it as JSON
    #[arg(long)]
    json: bool,
}

/// All that is said.
#[derive(Serialize)]
struct About {
    file: String,
    bytes: usize,
    alignment: usize,
    patterns: usize,
    dim: usize,
    width: Option<usize>,
    map: Option<Map>,
    separation: String,
    beta: f32,
    similarity: &'static str,
    max_norm: f32,
    verified: bool,
    /// Groups of equal rows, and how many rows they have beyond the first of each.
    duplicate_groups: usize,
    duplicates: usize,
    first_duplicates: Vec<Vec<usize>>,
    compared: usize,
    separations: Option<Lies>,
    /// The separation from which on a pattern is exactly recallable.
    needed: Option<f64>,
    /// Those that are, of those compared.
    recallable: Option<usize>,
    /// The beta from which on all of those compared are.
    beta_for_all: Option<f32>,
    radius: Option<Lies>,
    worst: Vec<Worst>,
}

/// What queries go through before they are compared with the patterns, which are features.
#[derive(Serialize)]
struct Map {
    input: usize,
    bias: bool,
    unit: bool,
}

impl fmt::Display for Map {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (bias, unit) = (if self.bias { ", with a bias" } else { "" }, if self.unit { ", divided by their norm" } else { "" });
        write!(f, "makes features of {} numbers{bias}{unit}", self.input)
    }
}

#[derive(Serialize)]
struct Lies {
    least: f32,
    tenth: f32,
    median: f32,
    most: f32,
}

impl From<Spread> for Lies {
    fn from(Spread { least, tenth, median, most, .. }: Spread) -> Self {
        Self { least, tenth, median, most }
    }
}

impl fmt::Display for Lies {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { least, tenth, median, most } = self;
        write!(f, "least {least:.4}, a tenth below {tenth:.4}, half below {median:.4}, most {most:.4}")
    }
}

#[derive(Serialize)]
struct Worst {
    pattern: usize,
    rival: Option<usize>,
    separation: f32,
}

pub fn run(arguments: &Arguments) -> Result<(), Failure> {
    let mapped = if arguments.verify { file::open_verified(&arguments.file)? } else { file::open(&arguments.file)? };
    let (basin, _) = mapped.with_map()?;
    let about = look(&basin, arguments)?;
    if arguments.json {
        say::line(&serde_json::to_string_pretty(&about)?)
    } else {
        say::line(&text(&about, &arguments.overrides.over(basin.model())))
    }
}

fn look(basin: &Basin<'_>, arguments: &Arguments) -> Result<About, Failure> {
    let (patterns, layout) = (basin.patterns(), basin.layout());
    let model = arguments.overrides.over(basin.model());
    let file = arguments.file.display().to_string();
    let rows = rows_to_compare(&patterns, arguments.sample, arguments.all);
    // Looking for equal rows reads all of them; who wants no comparing wants none of that.
    let groups = if rows.is_empty() { vec![] } else { insight::duplicates(&patterns) };
    let needed = needed(&model);
    let compare = Compare { patterns: &patterns, rows: &rows, worst: arguments.worst };
    let (separations, worst) = model.similarity.run(compare).map_err(|error| Failure::Model { place: file.clone(), error })?;
    Ok(About {
        file,
        bytes: basin.length(),
        alignment: layout.alignment.bytes(),
        patterns: patterns.count(),
        dim: patterns.dim(),
        width: layout.width.map(Into::into),
        map: layout.map.map(|map| Map { input: map.input.into(), bias: map.bias, unit: map.unit }),
        separation: model.separation.to_string(),
        beta: model.beta.get(),
        similarity: model.similarity.name(),
        max_norm: basin.max_norm(),
        verified: arguments.verify,
        duplicate_groups: groups.len(),
        duplicates: groups.iter().map(|group| group.len() - 1).sum(),
        first_duplicates: groups.into_iter().take(arguments.worst).collect(),
        compared: rows.len(),
        needed: needed.filter(|needed| needed.is_finite()),
        recallable: needed.map(|needed| separations.iter().filter(|&&delta| insight::is_recallable(delta, needed)).count()),
        beta_for_all: needed.and_then(|needed| beta_for_all(needed, &separations, &model)),
        radius: needed.filter(|_| model.similarity == AnySimilarity::Dot).and_then(|needed| radii(&separations, needed, basin.max_norm())),
        separations: Spread::of(&separations).map(Lies::from),
        worst,
    })
}

/// All rows, or some of them, evenly spaced: as many as are asked for, or as can be compared in some seconds.
pub fn rows_to_compare(patterns: &Patterns<'_>, sample: Option<usize>, all: bool) -> Vec<usize> {
    let count = patterns.count();
    let affordable = WORK / (count as u64).saturating_mul(patterns.dim() as u64).max(1);
    let wanted = match sample {
        _ if all => count,
        Some(sample) => sample.min(count),
        None => count.min(affordable.max(64) as usize),
    };
    (0..wanted).map(|i| (i as u128 * count as u128 / wanted as u128) as usize).collect()
}

/// The smallest beta from which on every one of these is exactly recallable, if there is one.
fn beta_for_all(needed: f64, separations: &[f32], model: &AnyModel) -> Option<f32> {
    let least = Spread::of(separations)?.least;
    // What is needed is a margin over beta.
    let margin = needed * f64::from(model.beta.get());
    let beta = (margin / f64::from(least)) as f32;
    let enough = |beta: &f32| *beta >= Beta::MIN && insight::is_recallable(least, margin / f64::from(*beta));
    // Of the f32 next to it: the one below may do, or the one above be needed.
    (least > 0.0 && beta > 0.0)
        .then(|| [beta.next_down(), beta, beta.next_up()].into_iter().find(enough))
        .flatten()
        .filter(|beta| beta.is_finite())
}

/// From how far away those that are recallable come back.
fn radii(separations: &[f32], needed: f64, max_norm: f32) -> Option<Lies> {
    let radii: Vec<f32> =
        separations.iter().filter_map(|&delta| insight::radius(delta, needed, max_norm)).map(|radius| radius as f32).collect();
    Spread::of(&radii).map(Lies::from)
}

/// The separation that a pattern needs to be recalled exactly; none where k patterns share what there is, as their sum is no pattern.
fn needed(model: &AnyModel) -> Option<f64> {
    struct Needed;
    impl WithModel for Needed {
        type Output = f64;
        fn run<S: Separation + PartialEq, Q: Similarity>(self, model: Model<S, Q>) -> f64 {
            insight::needed(&model)
        }
    }
    match model.separation {
        AnySeparation::KSubsets(subsets) if subsets.k() > 1 => None,
        _ => Some(model.run(Needed)),
    }
}

/// The comparing, which depends on the similarity's type.
struct Compare<'a> {
    patterns: &'a Patterns<'a>,
    rows: &'a [usize],
    worst: usize,
}

impl WithSimilarity for Compare<'_> {
    type Output = Result<(Vec<f32>, Vec<Worst>), basinet::Error>;

    fn run<Q: Similarity>(self, similarity: Q) -> Self::Output {
        let progress = bar("comparing", Some(self.rows.len()));
        let separations = insight::separations(self.patterns, similarity, self.rows, |rows| progress.inc(rows as u64))?;
        let mut order: Vec<usize> = (0..separations.len()).collect();
        order.sort_by(|&a, &b| separations[a].total_cmp(&separations[b]));
        let worst = order.into_iter().take(self.worst).map(|place| {
            let pattern = self.rows[place];
            Ok(Worst { pattern, rival: insight::rival(self.patterns, similarity, pattern)?, separation: separations[place] })
        });
        let worst = worst.collect::<Result<Vec<_>, basinet::Error>>()?;
        Ok((separations, worst))
    }
}

/// It in words.
fn text(about: &About, model: &AnyModel) -> String {
    let bold = Style::new().bold();
    let mut lines = vec![
        format!("{bold}{}{bold:#}", about.file),
        format!("  {:<13} {} of {} numbers, f32", if about.map.is_some() { "features" } else { "patterns" }, about.patterns, about.dim),
        format!("  values        {}", about.width.map_or("none".to_owned(), |width| format!("{width} numbers each"))),
        format!("  model         {}", in_words(model)),
        format!("  largest norm  {}", about.max_norm),
        format!("  file          {} bytes, in multiples of {}", about.bytes, about.alignment),
    ];
    if let Some(map) = &about.map {
        lines.insert(1, format!("  feature map   {map}"));
    }
    if about.verified {
        lines.push("  checksums     right, all of them".to_owned());
    }
    if about.compared > 0 {
        lines.push(format!("  equal rows    {}", equal(about)));
        lines.extend(compared(about, bold));
    }
    lines.join("\n")
}

fn equal(about: &About) -> String {
    if about.duplicates == 0 {
        return "none".to_owned();
    }
    let shown: Vec<_> = about
        .first_duplicates
        .iter()
        .map(|group| {
            group.iter().take(MOST_EQUAL).map(usize::to_string).collect::<Vec<_>>().join(" = ")
                + if group.len() > MOST_EQUAL { " = ..." } else { "" }
        })
        .collect();
    let more = if about.duplicate_groups > shown.len() { ", ..." } else { "" };
    format!("{} to spare: {}{more}", about.duplicates, shown.join(", "))
}

/// What comparing gave, in words.
fn compared(about: &About, bold: Style) -> Vec<String> {
    let whole = about.compared == about.patterns;
    let which = if whole {
        "all patterns".to_owned()
    } else {
        format!("{} of {} patterns, evenly spaced (--all: every one)", about.compared, about.patterns)
    };
    let mut lines = vec![String::new(), format!("{bold}Separations{bold:#} of {which}")];
    if let Some(lies) = &about.separations {
        lines.push(format!("  {lies}"));
    }
    let recallable = format!("{bold}Exactly recallable{bold:#} at beta {}", about.beta);
    match (about.recallable, about.needed) {
        (Some(ones), Some(needed)) => {
            let from =
                if needed > 0.0 { format!("from a separation of {} on", needed as f32) } else { "with any separation above 0".to_owned() };
            lines.push(format!("{recallable}, {from}: {ones} of {}", about.compared));
        }
        _ => lines.push(format!("{recallable}: none, as {} gives all the weight to no pattern alone", about.separation)),
    }
    if let Some(beta) = about.beta_for_all {
        lines.push(format!("  all of these from beta {beta} on"));
    } else if about.needed.is_some() && about.recallable < Some(about.compared) {
        lines.push("  not all of them at any beta".to_owned());
    }
    if let Some(lies) = &about.radius {
        lines.push(format!("  from how far away: {lies}"));
    }
    if !about.worst.is_empty() {
        lines.push(format!("{bold}In each other's way{bold:#}: the smallest separations"));
        lines.push(format!("  {:>10} {:>10} {:>12}", "pattern", "its rival", "separation"));
        lines.extend(about.worst.iter().map(|worst| {
            let rival = worst.rival.map_or("none".to_owned(), |rival| rival.to_string());
            format!("  {:>10} {rival:>10} {:>12.4}", worst.pattern, worst.separation)
        }));
    }
    lines
}
