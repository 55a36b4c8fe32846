//! What `benches/counts` counts the instructions of: one case, a number of times.
//!
//! `counted CASE REPETITIONS`. Prints the backend that did it.

use basinet::{
    Backend, Beta, CompressedMemory, Dispatch, Entmax, Error, FeatureMap, Kernels, Model, Normmax, Patterns, PositiveRandomFeatures,
    Scratch, Separation, Softmax, Sparsemax, Step, Superposition, TopK, batch_scratch, beta,
};
use basinet_benches::data;
use clap::{Parser, ValueEnum};
use std::hint::black_box;

/// Runs one case a number of times.
#[derive(Parser)]
struct Args {
    case: Case,
    repetitions: usize,
}

/// The kernel or separation, and the size: the length of a list, or patterns x numbers in each.
#[derive(Clone, Copy, ValueEnum)]
enum Case {
    #[value(name = "dot-128")]
    Dot,
    #[value(name = "scores-64x128")]
    Scores,
    /// With the copy of 4096 numbers that it changes.
    #[value(name = "exp-4096")]
    Exp,
    #[value(name = "log-sum-exp-4096")]
    LogSumExp,
    /// Of scores close to each other, many of which are above the threshold.
    #[value(name = "threshold-4096-narrow")]
    ThresholdNarrow,
    /// Of scores that differ by far more than 1.
    #[value(name = "threshold-4096-wide")]
    ThresholdWide,
    /// At the beta at which it retrieves, as the next one.
    #[value(name = "softmax-1024x64")]
    Softmax,
    /// Twice as large as the last-level cache that `benches/counts` imagines.
    #[value(name = "softmax-4096x128")]
    SoftmaxBeyondCache,
    #[value(name = "sparsemax-4096x128")]
    SparsemaxBeyondCache,
    /// 64 queries at once.
    #[value(name = "batch-softmax-1024x64")]
    BatchSoftmax,
    #[value(name = "batch-sparsemax-1024x64")]
    BatchSparsemax,
    #[value(name = "sparsemax-1024x64")]
    Sparsemax,
    #[value(name = "entmax-1.5-1024x64")]
    EntmaxSquare,
    /// From an int8 copy, without its patterns.
    #[value(name = "int8-softmax-1024x64")]
    Int8,
    /// By a sieve of such a copy.
    #[value(name = "certified-sparsemax-4096x128")]
    Certified,
    /// By 64 features of unit length.
    #[value(name = "kernelised-softmax-1024x64")]
    Kernelised,
    #[value(name = "topk-8-1024x64")]
    TopK,
    /// A memory added to a state of 256 random features.
    #[value(name = "superposition-store-256x64")]
    SuperpositionStore,
    /// A recall from it.
    #[value(name = "superposition-recall-256x64")]
    SuperpositionRecall,
    /// Weights of scores, many of which are above the threshold.
    #[value(name = "weights-sparsemax-4096")]
    WeightsSparsemax,
    #[value(name = "weights-entmax-1.5-4096")]
    WeightsSquare,
    #[value(name = "weights-entmax-1.25-4096")]
    WeightsPower,
    #[value(name = "weights-normmax-2-4096")]
    WeightsNormmax,
}

/// What [`data::retrieving_beta`] gives for 1024 patterns of 64 numbers.
const RETRIEVING: f32 = 16.0;

fn main() -> Result<(), Error> {
    let Args { case, repetitions } = Args::parse();
    let mut rng = data::generator(1);
    let times = 0..repetitions;
    match case {
        Case::Dot => {
            let (a, b) = (data::numbers(&mut rng, 128, 1.0), data::numbers(&mut rng, 128, 1.0));
            times.for_each(|_| _ = black_box(basinet::dot(black_box(&a), black_box(&b))));
        }
        Case::Scores => {
            let (x, query) = (data::numbers(&mut rng, 64 * 128, 1.0), data::numbers(&mut rng, 128, 1.0));
            let mut out = vec![0.0; 64];
            times.for_each(|_| Dispatch.scores(black_box(&x), 128, black_box(&query), black_box(&mut out), false));
        }
        Case::Exp => {
            let z = data::numbers(&mut rng, 4096, 3.0);
            let mut values = z.clone();
            times.for_each(|_| {
                values.copy_from_slice(black_box(&z));
                basinet::exp(black_box(&mut values));
            });
        }
        Case::LogSumExp => {
            let z = data::numbers(&mut rng, 4096, 3.0);
            times.for_each(|_| _ = black_box(basinet::log_sum_exp(black_box(&z))));
        }
        Case::ThresholdNarrow => threshold(repetitions, 0.01),
        Case::ThresholdWide => threshold(repetitions, 1.0),
        Case::Softmax => recall(repetitions, Softmax, (1024, 64))?,
        Case::SoftmaxBeyondCache => recall(repetitions, Softmax, (4096, 128))?,
        Case::Sparsemax => recall(repetitions, Sparsemax, (1024, 64))?,
        Case::SparsemaxBeyondCache => recall(repetitions, Sparsemax, (4096, 128))?,
        Case::BatchSoftmax => batch(repetitions, Softmax)?,
        Case::BatchSparsemax => batch(repetitions, Sparsemax)?,
        Case::EntmaxSquare => recall(repetitions, Entmax::new(1.5)?, (1024, 64))?,
        Case::Int8 => from_copy(repetitions, Softmax)?,
        Case::Certified => certified(repetitions, Sparsemax)?,
        Case::Kernelised => kernelised(repetitions, Softmax)?,
        Case::SuperpositionStore => superposition(repetitions, |memory, pattern, _, room| memory.store(pattern, pattern, room))?,
        Case::SuperpositionRecall => {
            superposition(repetitions, |memory, pattern, out, room| memory.recall(pattern, out, room).map(|_| ()))?;
        }
        Case::TopK => recall(repetitions, TopK::new(8)?, (1024, 64))?,
        Case::WeightsSparsemax => weights(repetitions, Sparsemax)?,
        Case::WeightsSquare => weights(repetitions, Entmax::new(1.5)?)?,
        Case::WeightsPower => weights(repetitions, Entmax::new(1.25)?)?,
        Case::WeightsNormmax => weights(repetitions, Normmax::new(2.0)?)?,
    }
    println!("{}", Backend::current());
    Ok(())
}

fn threshold(repetitions: usize, spread: f32) {
    let z = data::numbers(&mut data::generator(1), 4096, spread);
    let mut work = vec![0.0; z.len()];
    (0..repetitions).for_each(|_| _ = black_box(basinet::sparsemax_threshold(black_box(&z), black_box(&mut work))));
}

fn weights<S: Separation>(repetitions: usize, separation: S) -> Result<(), Error> {
    let z = data::numbers(&mut data::generator(1), 4096, 1.0);
    let (mut scores, mut rows, mut work) = (z.clone(), vec![0; z.len()], z.clone());
    let (model, mut p) = (Model::new(beta!(1.0), separation), z.clone());
    for _ in 0..repetitions {
        p.copy_from_slice(black_box(&z));
        let mut scratch = Scratch::new(&mut [], &mut scores, &mut rows, &mut work);
        black_box(model.weights(black_box(&mut p), &mut scratch))?;
    }
    Ok(())
}

fn batch<S: Separation>(repetitions: usize, separation: S) -> Result<(), Error> {
    let (count, dim, queries) = (1024, 64, 64);
    let mut rng = data::generator(1);
    let memory = data::memory(&mut rng, count, dim)?;
    let patterns = memory.patterns()?;
    let asked: Vec<f32> = (0..queries).flat_map(|i| data::query(&mut rng, patterns.row(16 * i + 5).unwrap_or(&[]))).collect();
    let model = Model::new(Beta::new(RETRIEVING)?, separation);
    let mut scratch = vec![0.0; batch_scratch(queries, dim, dim, count)];
    let (mut out, mut steps) = (vec![0.0; asked.len()], vec![Step::default(); queries]);
    for _ in 0..repetitions {
        model.step_batch(&patterns, black_box(&asked), black_box(&mut out), &mut steps, &mut scratch)?;
    }
    Ok(())
}

fn recall<S: Separation>(repetitions: usize, separation: S, (count, dim): (usize, usize)) -> Result<(), Error> {
    let mut rng = data::generator(1);
    let memory = data::memory(&mut rng, count, dim)?;
    let patterns = memory.patterns()?;
    let query = data::query(&mut rng, patterns.row(5).unwrap_or(&[]));
    let model = Model::new(Beta::new(RETRIEVING)?, separation);
    let (mut sums, mut scores, mut rows, mut work) = (vec![0.0; 3 * dim], vec![0.0; count], vec![0; count], vec![0.0; count]);
    let mut scratch = Scratch::new(&mut sums, &mut scores, &mut rows, &mut work);
    let mut out = vec![0.0; dim];
    for _ in 0..repetitions {
        black_box(model.step(&patterns, black_box(&query), black_box(&mut out), &mut scratch))?;
    }
    Ok(())
}

fn from_copy<S: Separation>(repetitions: usize, separation: S) -> Result<(), Error> {
    let (count, dim) = (1024, 64);
    let mut rng = data::generator(1);
    let memory = <CompressedMemory>::new(data::memory(&mut rng, count, dim)?)?;
    let query = data::query(&mut rng, memory.memory().row(5).unwrap_or(&[]));
    let model = Model::new(Beta::new(RETRIEVING)?, separation);
    let (mut sums, mut out) = (vec![0.0; 3 * dim], vec![0.0; dim]);
    let mut scratch = Scratch::new(&mut sums, &mut [], &mut [], &mut []);
    for _ in 0..repetitions {
        black_box(model.step(&memory.compressed()?, black_box(&query), black_box(&mut out), &mut scratch))?;
    }
    Ok(())
}

fn certified<S: Separation>(repetitions: usize, separation: S) -> Result<(), Error> {
    let (count, dim) = (4096, 128);
    let mut rng = data::generator(1);
    let memory = <CompressedMemory>::new(data::memory(&mut rng, count, dim)?)?;
    let query = data::query(&mut rng, memory.memory().row(5).unwrap_or(&[]));
    let model = Model::new(Beta::new(RETRIEVING)?, separation);
    let (mut work, mut out) = (memory.workspace(), vec![0.0; dim]);
    for _ in 0..repetitions {
        black_box(memory.recall_in(&model, black_box(&query), black_box(&mut out), &mut work))?;
    }
    Ok(())
}

type Superposed = Superposition<PositiveRandomFeatures<Vec<f32>>, Vec<f32>>;

fn superposition(
    repetitions: usize,
    work: impl Fn(&mut Superposed, &[f32], &mut [f32], &mut [f32]) -> Result<(), Error>,
) -> Result<(), Error> {
    let (count, dim) = (256, 64);
    let mut rng = data::generator(1);
    let features = PositiveRandomFeatures::new(data::numbers(&mut rng, count * dim, 1.0), dim, beta!(0.125))?;
    let mut memory = Superposition::new(features, dim, vec![0.0; Superposition::<()>::numbers(count, dim)])?;
    let (pattern, mut out) = (data::numbers(&mut rng, dim, 1.0), vec![0.0; dim]);
    let mut room = vec![0.0; Superposition::<()>::room(count, dim)];
    memory.store(&pattern, &pattern, &mut room)?;
    for _ in 0..repetitions {
        work(&mut memory, black_box(&pattern), black_box(&mut out), &mut room)?;
    }
    Ok(())
}

fn kernelised<S: Separation>(repetitions: usize, separation: S) -> Result<(), Error> {
    let (count, dim) = (1024, 64);
    let mut rng = data::generator(1);
    let memory = data::memory(&mut rng, count, dim)?;
    let patterns = memory.patterns()?;
    let query = data::query(&mut rng, patterns.row(5).unwrap_or(&[]));
    let weights = data::numbers(&mut rng, dim * dim, 1.0);
    let map = FeatureMap::new(&weights, dim)?.unit();
    let (mut features, mut room) = (vec![0.0; count * dim], vec![0.0; dim]);
    map.apply_rows(&patterns, &mut features)?;
    let features = Patterns::new(&features, dim)?;
    let model = Model::new(Beta::new(RETRIEVING)?, separation).through(map);
    let mut sums = vec![0.0; 3 * dim];
    let mut scratch = Scratch::new(&mut sums, &mut [], &mut [], &mut []).with_features(&mut room);
    let mut out = vec![0.0; dim];
    for _ in 0..repetitions {
        black_box(model.step(&features, &patterns, black_box(&query), black_box(&mut out), &mut scratch))?;
    }
    Ok(())
}
