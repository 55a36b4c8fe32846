//! Compressed patterns, of each code, and certified recall on them.

use super::{Inputs, patterns};
use basinet_core::{
    AnySimilarity, Beta, Bf16, Code, Compressed, Dot, Error, F16, FeatureMap, Kernels, Level, Model, Scratch, Separation, Sieve, SignBits,
    Softmax, Sparsemax, Verdict,
};
use core::hint::black_box;

/// Everything that is done with compressed patterns.
pub fn run<K: Kernels>(i: &mut Inputs<'_>, kernels: K) -> Result<(), Error> {
    let beta = Beta::new(i.x)?;
    let (softmax, sparsemax) = (Model::new(beta, Softmax).on(kernels), Model::new(beta, Sparsemax).on(kernels));
    code_calls::<i8, _, _>(i, softmax)?;
    code_calls::<i8, _, _>(i, sparsemax)?;
    code_calls::<SignBits, _, _>(i, softmax)?;
    code_calls::<SignBits, _, _>(i, sparsemax)?;
    code_calls::<F16, _, _>(i, sparsemax)?;
    code_calls::<Bf16, _, _>(i, softmax)?;
    sieve_calls::<i8, _, _>(i, softmax)?;
    sieve_calls::<i8, _, _>(i, sparsemax)?;
    sieve_calls::<SignBits, _, _>(i, softmax)?;
    sieve_calls::<F16, _, _>(i, sparsemax)
}

/// Codes of anything, as many as are asked for.
fn encoded<'c, C: Code>(i: &Inputs<'_>, codes: &'c mut [C; 24]) -> Result<&'c [C], Error> {
    let codes = codes.get_mut(..i.m).ok_or(Error::Empty)?;
    black_box(C::encode(i.query, codes))?;
    Ok(black_box(codes))
}

fn code_calls<C: Code, S: Separation, K: Kernels>(i: &mut Inputs<'_>, model: Model<S, Dot, K>) -> Result<Verdict, Error> {
    let mut codes = [C::default(); 24];
    let copy = Compressed::new(encoded(i, &mut codes)?, i.a, i.b, i.n)?;
    black_box((copy.dim(), copy.count(), copy.residuals(), copy.row_bytes(), copy.decoded(i.m).next(), C::words(i.m)));
    let similarity = i.name.parse::<AnySimilarity>().map_err(|_| Error::Empty)?;
    let mut scratch = Scratch::new(i.sums, i.scores, i.rows, i.work);
    black_box(model.with(similarity).step(&copy, i.query, i.out, &mut scratch)?);
    let step = black_box(model.step(&copy, i.query, i.out, &mut scratch)?);
    black_box(model.judge(&step, &copy, i.query, copy.max_norm()?)?);
    model.judge(&i.step, &copy, i.query, i.x)
}

fn sieve_calls<C: Code, S: Separation, K: Kernels>(i: &mut Inputs<'_>, model: Model<S, Dot, K>) -> Result<(), Error> {
    let mut codes = [C::default(); 24];
    let copy = Compressed::new(encoded(i, &mut codes)?, i.a, i.b, i.n)?;
    let (plain, projected) = (Level::new(copy, i.caps)?, Level::projected(copy, i.caps, FeatureMap::new(i.b, i.m)?, i.x, i.a)?);
    black_box((plain.count(), plain.dim(), plain.row_bytes(), projected.count(), projected.dim(), projected.row_bytes()));
    let levels = black_box([projected, plain]);
    let sieve = Sieve::new(levels.get(i.k as usize..).unwrap_or(&levels))?.with_tail(i.y)?;
    black_box(sieve.room());
    let rows = patterns(i)?;
    let mut scratch = Scratch::new(i.sums, i.scores, i.rows, i.work).with_features(i.states);
    black_box(sieve.step(&model, &rows, i.query, i.out, &mut scratch)?);
    black_box(sieve.read(&model, &rows, &copy, i.query, i.out, &mut scratch)?);
    Ok(())
}
