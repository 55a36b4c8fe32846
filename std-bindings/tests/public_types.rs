//! What the types that are public have in common: threads may share them, they can be shown and cloned, and errors are errors.
//!
//! Which types there are is known from the lists beside the manifests, which `.ci/package --write` writes. A list here has the traits that
//! the compiler checks.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test may fail")]

use basinet::*;
use std::collections::BTreeSet;
use std::error::Error as StdError;
use std::fmt::{Debug, Display};

const LISTS: [(&str, &str); 2] =
    [("basinet_core::", include_str!("../../core/public-api.txt")), ("basinet::", include_str!("../public-api.txt"))];

/// The names of the types, without what they are generic over; does not compile where one lacks a trait.
macro_rules! all {
    ($bound:ident $(+ $bounds:ident)* $(+ $life:lifetime)?: $($type:ty),+ $(,)?) => {{
        fn has<T: $bound $(+ $bounds)* $(+ $life)?>() {}
        $(has::<$type>();)+
        [$(plain(stringify!($type))),+]
    }};
}

fn plain(name: &str) -> &str {
    name.split(|letter: char| !letter.is_alphanumeric() && !"_:".contains(letter)).next().unwrap_or(name)
}

/// The structs and enums of both crates.
fn public() -> BTreeSet<&'static str> {
    let lines = LISTS.iter().flat_map(|(root, text)| text.lines().map(move |line| (root, line)));
    let types = lines.filter_map(|(root, line)| {
        let (_, item) = ["pub struct ", "pub enum ", "pub union "].iter().find_map(|kind| line.split_once(kind))?;
        item.strip_prefix(root).map(plain)
    });
    types.collect()
}

/// The second type of each public `Result`, where it is of the same crate.
fn failures() -> BTreeSet<&'static str> {
    let results = LISTS.iter().flat_map(|(root, text)| text.split("core::result::Result<").skip(1).map(move |types| (root, types)));
    results.filter_map(|(root, types)| second(types)?.strip_prefix(root).map(plain)).collect()
}

/// Of `A, B>...` the B, where A may have commas in brackets of its own.
fn second(text: &str) -> Option<&str> {
    let mut depth = 0;
    for (at, letter) in text.char_indices() {
        match letter {
            '<' | '(' | '[' => depth += 1,
            '>' | ')' | ']' => depth -= 1,
            ',' if depth == 0 => return Some(text[at + 1..].trim_start()),
            _ => {}
        }
    }
    None
}

#[test]
fn each_can_be_shared_shown_and_cloned() {
    let plain_data = all!(Send + Sync + Debug + Clone:
        // Of the core.
        Alpha, AnyDescending, AnyModel, AnySeparation, AnySimilarity, Backend, Basin<'static>, Beta, Bf16, Bits<'static>, Buffers<3, 5>,
        Certificate, Compressed<'static>, Cosine, Dispatch, Dot, Dynamics<Softmax, Tanh>, EluFeatures, Encoded, Entmax, Error, F16,
        FeatureMap<'static>, Gamma, Hardmax, Identity, Kept<Softmax, Window>, Kernelised<'static, Softmax>, LayerNorm, Level<'static>,
        Listed<'static>, LogSumRelu, Model<Softmax>, Normaliser, Normmax, PairStore<5, 3, 2>, Patterns<'static>,
        PositiveRandomFeatures<Vec<f32>>, RandomMask, Recollection, Rejected<[f32; 3]>, ReluRandomFeatures<Vec<f32>>, Report, Sieve<'static>,
        Sifting, SignBits, Softmax, Softmax1, Sparsemax, SquaredDistance, Step, Stop, Store<5, 3>, Superposition<EluFeatures>, Tanh, TopK,
        UnitNorm, Universal, Verdict, Window,
        basin::Aligned<[u8; 4]>, basin::Alignment, basin::Basin<'static>, basin::Checksums, basin::FileError, basin::Head, basin::Layout,
        basin::MapLayout, basin::Section<'static>,
        binary::BinaryBuffers<5, 1>, binary::BinaryDynamics, binary::BinaryModel<binary::Power>, binary::BinaryPatterns<'static>,
        binary::BinaryReport, binary::Exponential, binary::Power, binary::RectifiedPower,
        log_sum_relu::LogSumRelu, log_sum_relu::Report, log_sum_relu::Step,
        universal::Separation, universal::Similarity, universal::Step, universal::Universal,
        // On top of it.
        BinaryMemory, BinaryRecalled, BinarySettled, BinaryState, Certified, CompressedMemory, FreeRecalls<'static>, KernelMemory, LinearMap,
        Memory, PairedMemory, Recalled, Settled, SiftedRecall, Signs<'static>, Workspace,
        capacity::Bound, capacity::Ensemble, capacity::Error, capacity::Failures, capacity::Finite, capacity::Nearest, capacity::Noise,
        capacity::Phase,
        capacity::advice::Advice, capacity::advice::Assumed, capacity::advice::Basin, capacity::advice::Damage,
        capacity::advice::Guaranteed, capacity::advice::Limit, capacity::advice::Most, capacity::advice::Question,
        capacity::advice::Recall, capacity::advice::Survey, capacity::advice::Surveyor<'static>, capacity::advice::Typical,
        capacity::advice::Worst,
        capacity::simulation::Error, capacity::simulation::Measure, capacity::simulation::Point, capacity::simulation::Row,
        capacity::simulation::Sample, capacity::simulation::Simulation,
        codes::Closest, codes::Error, codes::Known,
        experiments::Basins, experiments::Best, experiments::CodeRow, experiments::Codes, experiments::Criterion, experiments::Damage,
        experiments::Dimension, experiments::DimensionRow, experiments::Error, experiments::Estimate, experiments::FeatureRow,
        experiments::Growth, experiments::IdxError, experiments::Images, experiments::Law, experiments::Learning, experiments::Line,
        experiments::Metastable, experiments::Method, experiments::Portrait, experiments::RandomFeatures, experiments::Rate,
        experiments::RateRow, experiments::Raw, experiments::Retrieval, experiments::RetrievalRow, experiments::SizeRow,
        experiments::Structured, experiments::StructuredRow, experiments::ThresholdRow, experiments::Thresholds,
        feature_map::Error, feature_map::Keep, feature_map::Loss, feature_map::Points, feature_map::Progress, feature_map::Reached,
        feature_map::Start, feature_map::Steps, feature_map::Temperatures, feature_map::Trained, feature_map::Training,
        formats::Format, insight::Spread,
    );
    // These borrow the memory that they work in.
    let borrowing =
        all!(Send + Sync + Debug: FreeRecall<'static>, Pass<'static, Softmax>, Scratch<'static>, binary::BinaryScratch<'static>);
    // These hold a file, or what the system said, neither of which can be cloned.
    let holding = all!(Send + Sync + Debug:
        file::Error, file::ErrorKind, file::Mapped, file::Writer, formats::Aside, formats::Fault, formats::FileFault,
    );
    // The caller's reader behind this one has to be fit for another thread, and no more; the writer behind that one may be npyz's, which is not.
    let reading = all!(Send + Debug: formats::Reader<'static>);
    let writing = all!(Debug: formats::Writer<'static>);
    let mut listed: BTreeSet<_> = plain_data.into_iter().chain(borrowing).chain(holding).chain(reading).chain(writing).collect();
    let unlisted: Vec<_> = public().into_iter().filter(|name| !listed.remove(name)).collect();
    assert!(unlisted.is_empty(), "public, and not in a list here: {unlisted:?}");
    assert!(listed.is_empty(), "in a list here, and not public: {listed:?}");
}

#[test]
fn each_failure_is_an_error() {
    let errors = all!(StdError + Display + Send + Sync + 'static:
        Error, Rejected<[f32; 3]>, basin::FileError, capacity::Error, capacity::simulation::Error, codes::Error, experiments::Error,
        experiments::IdxError, feature_map::Error, file::Error, formats::Fault, formats::FileFault,
    );
    let unlisted: Vec<_> = failures().into_iter().filter(|name| !errors.contains(name)).collect();
    assert!(unlisted.is_empty(), "the second type of a Result, and not in the list here: {unlisted:?}");
    assert!(failures().len() > 5, "{:?}", failures());
}
