//! Compressed copies by each code: recall from them, and certified recall beside the patterns.

use super::laws::{self, Law};
use super::room::{Bench, Place, Room};
use crate::cases::{Case, Data, Extra};
use crate::fnv::Fnv;
use crate::separations::{self, WithSeparation};
use basinet_core::{
    Beta, Bf16, Code, Compressed, Cosine, F16, Kernels, Level, Model, Patterns, Separation, Sieve, SignBits, Similarity, Softmax,
    Sparsemax, SquaredDistance, Step,
};

/// A copy of so many numbers at most, of so many blocks.
const NUMBERS: usize = 1105;
const BLOCKS: usize = 2;
/// By which separations it is sifted.
const SIFTED: [&str; 4] = ["sparsemax", "entmax:1.5", "topk:3", "softmax"];
/// The tail of dense maps.
const TAIL: f64 = 1.0 / 16_777_216.0;

/// A memory that is copied.
const fn case(dim: usize, rows: usize, data: Data, beta: f32) -> Case {
    Case { dim, rows, data, beta, steps: 1, extra: Extra::Plain }
}

/// What is copied: D around the lanes and the words of 16 signs, M around a block.
const CASES: [Case; 7] = [
    case(1, 65, Data::Noise, 8.0),
    case(7, 64, Data::Repeated, 1.0),
    case(16, 66, Data::Noise, 8.0),
    case(17, 65, Data::Large, 1.0),
    case(33, 33, Data::Faint, 1e3),
    case(65, 15, Data::Noise, 8.0),
    case(257, 4, Data::Noise, 0.05),
];

/// Every case by every code; says which case broke a law.
pub(super) fn run<K: Kernels>(kernels: K, room: &mut Room<'_>, hash: &mut Fnv) -> Result<(), (Case, Law)> {
    for case in CASES {
        let failed = |law| (case, law);
        let (mut bench, _) = room.bench(case).map_err(failed)?;
        by::<i8, K>(kernels, &mut bench, hash).map_err(failed)?;
        by::<SignBits, K>(kernels, &mut bench, hash).map_err(failed)?;
        by::<F16, K>(kernels, &mut bench, hash).map_err(failed)?;
        by::<Bf16, K>(kernels, &mut bench, hash).map_err(failed)?;
    }
    Ok(())
}

/// A case by a code.
fn by<C: Code, K: Kernels>(kernels: K, bench: &mut Bench<'_>, hash: &mut Fnv) -> Result<(), Law> {
    let Case { dim, rows, beta, .. } = bench.case;
    let (mut codes, mut norms) = ([C::default(); NUMBERS], [0.0f32; BLOCKS]);
    let codes = codes.get_mut(..rows * C::words(dim)).ok_or(Law::Arena)?;
    let places = codes.chunks_exact_mut(C::words(dim)).zip(bench.scores.iter_mut().zip(&mut *bench.weights));
    for (row, (pattern, (codes, (scale, residual)))) in bench.data.chunks_exact(dim).zip(places).enumerate() {
        let encoded = C::encode(pattern, codes)?;
        (*scale, *residual) = (encoded.scale, encoded.residual);
        let norm = norms.get_mut(row / basinet_core::BLOCK).ok_or(Law::Arena)?;
        *norm = if encoded.norm > *norm { encoded.norm } else { *norm };
    }
    let norms = norms.get(..rows.div_ceil(basinet_core::BLOCK)).ok_or(Law::Arena)?;
    let copy = Compressed::new(codes, bench.scores, bench.weights, dim)?;
    hash.numbers(bench.scores)?;
    hash.numbers(bench.weights)?;
    hash.numbers(norms)?;
    let (decoded, features) = bench.spare.split_at_mut_checked(dim * rows).ok_or(Law::Arena)?;
    for (row, decoded) in decoded.chunks_exact_mut(dim).enumerate() {
        decoded.iter_mut().zip(copy.decoded(row)).for_each(|(to, x)| *to = x);
    }
    hash.numbers(decoded)?;

    let (beta, decoded) = (Beta::new(beta)?, Patterns::new(decoded, dim)?);
    let model = Model::new(beta, Sparsemax).on(kernels);
    let Bench { query, patterns, out, state, first, second, .. } = bench;
    let mut copied = Copied { copy, decoded, query, out, state, first, second, hash };
    copied.recall(Model::new(beta, Softmax).on(kernels))?;
    copied.recall(model.with(SquaredDistance))?;
    copied.recall(model.with(Cosine))?;
    let step = copied.recall(model)?;
    let verdict = model.judge(&step, &copy, query, copy.max_norm()?)?;
    hash.number(verdict.score_error)?;
    hash.count(u64::from(verdict.winner) << 1 | u64::from(verdict.exact));
    hash.maybe(verdict.distance)?;

    let levels = [Level::new(copy, norms)?];
    for name in SIFTED {
        let sieve = Sieve::new(&levels)?;
        let sifted = Sifted { sieve, kernels, beta, patterns: *patterns, query, out, state, first, features, hash };
        separations::named(name, sifted).unwrap_or(Ok(()))?;
    }
    Ok(())
}

/// A copy, and f32 rows of what it stands for.
struct Copied<'a, 'p, C> {
    copy: Compressed<'a, C>,
    decoded: Patterns<'a>,
    query: &'a [f32],
    out: &'a mut [f32],
    state: &'a mut [f32],
    first: &'a mut Place<'p>,
    second: &'a mut Place<'p>,
    hash: &'a mut Fnv,
}

impl<C: Code> Copied<'_, '_, C> {
    /// Weights, state and step, which are those of the f32 rows.
    fn recall<S: Separation, Q: Similarity, K: Kernels>(&mut self, model: Model<S, Q, K>) -> Result<Step, Law> {
        let step = model.step(&self.copy, self.query, self.out, &mut self.first.roomy())?;
        let plain = model.step(&self.decoded, self.query, self.state, &mut self.first.roomy())?;
        laws::same(self.out, self.state, Law::Compressed)?;
        if step != plain {
            return Err(Law::Compressed);
        }
        laws::take(&step, self.hash)?;
        self.hash.numbers(self.out)?;
        let weights = self.second.column(self.copy.count())?;
        model.scores(&self.copy, self.query, weights)?;
        model.weights(weights, &mut self.first.roomy())?;
        self.hash.numbers(weights)?;
        Ok(step)
    }
}

/// A sieve, and the patterns that it is of.
struct Sifted<'a, 'p, C, K> {
    sieve: Sieve<'a, C>,
    kernels: K,
    beta: Beta,
    patterns: Patterns<'a>,
    query: &'a [f32],
    out: &'a mut [f32],
    state: &'a mut [f32],
    first: &'a mut Place<'p>,
    features: &'a mut [f32],
    hash: &'a mut Fnv,
}

impl<C: Code, K: Kernels> WithSeparation for Sifted<'_, '_, C, K> {
    type Output = Result<(), Law>;

    /// Plain recall, and by the sieve with a place for each candidate and with a few.
    fn with<S: Separation + PartialEq>(self, separation: S) -> Result<(), Law> {
        let Sifted { sieve, patterns, query, out, state, first, features, hash, .. } = self;
        let model = Model::new(self.beta, separation).on(self.kernels);
        let plain = model.step(&patterns, query, out, &mut first.roomy())?;
        for few in [false, true] {
            let scratch = if few { first.tight() } else { first.roomy() };
            let sifting = sieve.step(&model, &patterns, query, state, &mut scratch.with_features(features))?;
            if sifting.tail > 0.0 {
                if sifting.tail > TAIL || sifting.step.winner != plain.winner {
                    return Err(Law::Compressed);
                }
            } else {
                laws::same(out, state, Law::Compressed)?;
                let mut step = sifting.step;
                (step.gap, step.passes) = (plain.gap, plain.passes);
                if sifting.step.gap > plain.gap || step != plain {
                    return Err(Law::Compressed);
                }
            }
        }
        // What is read on the way is no promise, so that it can be tuned; what comes out is plain recall's.
        laws::take(&plain, hash)?;
        hash.numbers(out)?;
        Ok(())
    }
}
