//! Compressed patterns: what codes stand for, what is lost, recall from them bit for bit as from f32 rows, and what that says of the originals.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::disallowed_methods,
    reason = "a test may fail, and its reference uses the system's functions"
)]

mod common;

use basinet_core::{
    Backend, Bf16, Certificate, Code, Compressed, Cosine, Dot, Encoded, Error, F16, FeatureMap, Hardmax, Job, Kernels, Level, Model,
    Patterns, Separation, Sieve, SignBits, Similarity, Softmax, Sparsemax, SquaredDistance, Step, TopK, Window, beta,
};
use common::{Numbers, Work, bits, cases};
use proptest::prelude::*;

/// A copy of some patterns, on the heap.
#[derive(Clone)]
struct Copy<C> {
    codes: Vec<C>,
    scales: Vec<f32>,
    residuals: Vec<f32>,
    norms: Vec<f32>,
    dim: usize,
}

impl<C: Code> Copy<C> {
    fn of(rows: &[f32], dim: usize) -> Result<Self, Error> {
        let mut copy = Self { codes: Vec::new(), scales: Vec::new(), residuals: Vec::new(), norms: Vec::new(), dim };
        for (i, row) in rows.chunks_exact(dim).enumerate() {
            let mut codes = vec![C::default(); C::words(dim)];
            let Encoded { scale, residual, norm } = C::encode(row, &mut codes)?;
            copy.codes.extend(codes);
            copy.scales.push(scale);
            copy.residuals.push(residual);
            if i % 64 == 0 {
                copy.norms.push(norm);
            }
            let block = &mut copy.norms[i / 64];
            *block = if norm > *block { norm } else { *block };
        }
        Ok(copy)
    }

    fn view(&self) -> Compressed<'_, C> {
        Compressed::new(&self.codes, &self.scales, &self.residuals, self.dim).unwrap()
    }

    fn decoded(&self) -> Vec<f32> {
        let view = self.view();
        (0..view.count()).flat_map(|i| view.decoded(i).collect::<Vec<_>>()).collect()
    }
}

/// The bits of a step from some rows, under three maps.
fn steps<Q: Similarity, K: Kernels>(kernels: K, rows: &impl basinet_core::Rows, query: &[f32], similarity: Q) -> Vec<String> {
    let (mut work, mut shown) = (Work::new(query.len(), rows.count()), Vec::new());
    macro_rules! step {
        ($($separation:expr),*) => {$({
            let mut out = vec![0.0; query.len()];
            let model = Model::new(beta!(3.0), $separation).with(similarity).on(kernels);
            let step: Step = model.step(rows, query, &mut out, &mut work.scratch()).unwrap();
            shown.push(format!("{:?} {step:?}", bits(&out)));
        })*};
    }
    step!(Softmax, Sparsemax, TopK::new(2).unwrap());
    shown
}

/// Steps from a copy, and from the f32 rows that it stands for.
#[derive(Clone)]
struct Both<'a, C, Q>(&'a Copy<C>, &'a [f32], &'a [f32], Q);

impl<C: Code, Q: Similarity> Job for Both<'_, C, Q> {
    type Output = [Vec<String>; 2];
    fn run<K: Kernels>(self, kernels: K) -> [Vec<String>; 2] {
        let Self(copy, decoded, query, similarity) = self;
        let plain = Patterns::new(decoded, query.len()).unwrap();
        [steps(kernels, &copy.view(), query, similarity), steps(kernels, &plain, query, similarity)]
    }
}

/// A recall from the codes is one from the numbers that they stand for, on every backend.
fn recalls_as_decoded<C: Code>(rows: &[f32], query: &[f32]) -> Result<(), TestCaseError> {
    fn same<C: Code, Q: Similarity>(copy: &Copy<C>, query: &[f32], similarity: Q) -> Result<(), TestCaseError> {
        let decoded = copy.decoded();
        let both = Both(copy, &decoded, query, similarity);
        let [_, expected] = Backend::Scalar.run(both.clone()).unwrap();
        for backend in Backend::available() {
            for found in backend.run(both.clone()).unwrap() {
                prop_assert_eq!(&found, &expected, "{}, {:?}", backend, similarity);
            }
        }
        Ok(())
    }
    let copy = Copy::<C>::of(rows, query.len()).unwrap();
    same(&copy, query, Dot)?;
    same(&copy, query, Cosine)?;
    same(&copy, query, SquaredDistance)
}

/// What a residual says is lost at most, is: exact differences, squared and added in f64, whose own error is far below 1e-6.
fn loses_what_it_says<C: Code>(rows: &[f32], dim: usize) -> Result<(), TestCaseError> {
    let copy = Copy::<C>::of(rows, dim).unwrap();
    for ((row, decoded), (&residual, &norm)) in
        rows.chunks_exact(dim).zip(copy.decoded().chunks_exact(dim)).zip(copy.residuals.iter().zip(copy.norms.iter().flat_map(|n| [n; 64])))
    {
        let length = |numbers: &mut dyn Iterator<Item = f64>| numbers.map(|x| x * x).sum::<f64>().sqrt();
        let lost = length(&mut row.iter().zip(decoded).map(|(&x, &y)| f64::from(x) - f64::from(y)));
        prop_assert!(lost <= f64::from(residual) && f64::from(residual) <= lost * 1.000_001 + 1e-44, "{} {}", lost, residual);
        prop_assert!(length(&mut row.iter().map(|&x| f64::from(x))) <= f64::from(norm));
        prop_assert!(length(&mut decoded.iter().map(|&x| f64::from(x))) <= f64::from(norm));
    }
    Ok(())
}

/// A winner that is certain, and a pattern that comes back exactly, are those of the originals.
fn judges_rightly<C: Code>(rows: &[f32], query: &[f32]) -> Result<(), TestCaseError> {
    let (copy, patterns) = (Copy::<C>::of(rows, query.len()).unwrap(), Patterns::new(rows, query.len()).unwrap());
    let model = Model::new(beta!(2.0), Sparsemax);
    let (mut out, mut original, mut work) = (vec![0.0; query.len()], vec![0.0; query.len()], Work::new(query.len(), patterns.count()));
    let step = model.step(&copy.view(), query, &mut out, &mut work.scratch()).unwrap();
    let plain = model.step(&patterns, query, &mut original, &mut work.scratch()).unwrap();
    let verdict = model.judge(&step, &copy.view(), query, copy.view().max_norm().unwrap()).unwrap();
    let mut scores = [vec![0.0; patterns.count()], vec![0.0; patterns.count()]];
    model.scores(&patterns, query, &mut scores[0]).unwrap();
    model.scores(&copy.view(), query, &mut scores[1]).unwrap();
    for (a, b) in scores[0].iter().zip(&scores[1]) {
        prop_assert!((f64::from(*a) - f64::from(*b)).abs() <= verdict.score_error);
    }
    prop_assert!(!verdict.winner || plain.winner == step.winner);
    prop_assert!(!verdict.exact || plain.is_exact());
    if let Some(distance) = verdict.distance {
        let apart = out.iter().zip(&original).map(|(a, b)| (f64::from(*a) - f64::from(*b)).powi(2)).sum::<f64>().sqrt();
        prop_assert!(apart <= distance, "{} > {}", apart, distance);
    }
    Ok(())
}

proptest! {
    #![proptest_config(cases(96))]

    #[test]
    fn codes_are_what_they_stand_for(seed: u64, dim in 1usize..70, count in 1usize..140, exponent in -30i32..30, code in 0..4) {
        let mut numbers = Numbers(seed);
        let rows: Vec<f32> = numbers.numbers(dim * count).iter().map(|x| x * 10f32.powi(exponent / 3)).collect();
        let query: Vec<f32> = rows[..dim].iter().map(|x| x + 0.1 * numbers.number()).collect();
        macro_rules! all {
            ($code:ty) => {{
                recalls_as_decoded::<$code>(&rows, &query)?;
                loses_what_it_says::<$code>(&rows, dim)?;
                judges_rightly::<$code>(&rows, &query)?;
            }};
        }
        match code {
            0 => all!(i8),
            1 => all!(SignBits),
            2 => all!(F16),
            _ => all!(Bf16),
        }
    }
}

#[test]
fn what_a_code_can_say_it_says_exactly() {
    fn holds<C: Code>(row: &[f32]) {
        let copy = Copy::<C>::of(row, row.len()).unwrap();
        assert_eq!(bits(&copy.decoded()), bits(row));
        assert_eq!(copy.residuals, [0.0]);
    }
    holds::<i8>(&[127.0, -127.0, 0.0, 1.0, -64.0]);
    holds::<i8>(&[0.0; 3]);
    holds::<SignBits>(&[0.75, -0.75, 0.75]);
    holds::<F16>(&[1.0, 1.0 / 1024.0 + 1.0, -2048.0, 0.0]);
    holds::<F16>(&[f32::from_bits(254 << 23), -f32::from_bits(240 << 23)]);
    holds::<Bf16>(&[1.0, -3.0, f32::from_bits(254 << 23), 0.0]);
    // One bit more than a binary16 has: rounded to even, both ways.
    let copy = Copy::<F16>::of(&[1.0 + 1.0 / 2048.0, 1.0 + 3.0 / 2048.0], 2).unwrap();
    assert_eq!(copy.decoded(), [1.0, 1.0 + 4.0 / 2048.0]);
    // The largest numbers stay finite.
    assert!(Copy::<Bf16>::of(&[3.4e38], 1).unwrap().decoded()[0].is_finite());
    assert!(Copy::<i8>::of(&[3.4e38, 1.0], 2).unwrap().decoded()[0].is_finite());
}

#[test]
fn wrong_input_is_a_typed_error() {
    let mut codes = [0i8; 3];
    assert_eq!(i8::encode(&[], &mut codes).unwrap_err(), Error::Empty);
    assert_eq!(i8::encode(&[1.0], &mut codes).unwrap_err(), Error::Length { expected: 1, found: 3 });
    assert_eq!(i8::encode(&[1.0, f32::NAN, 1.0], &mut codes).unwrap_err(), Error::PatternNotFinite { index: 1 });
    assert_eq!(i8::encode(&[3e38; 3], &mut codes).unwrap_err(), Error::NormOverflow);
    let shape = Error::Shape { numbers: 3, dim: 2, stride: 2 };
    assert_eq!(Compressed::new(&codes, &[1.0], &[0.0], 2).unwrap_err(), shape);
    assert_eq!(Compressed::<i8>::new(&[], &[], &[], 2).unwrap_err(), Error::Empty);
    assert_eq!(Compressed::new(&codes, &[1.0, 1.0], &[0.0], 3).unwrap_err(), Error::Length { expected: 1, found: 2 });
    assert_eq!(Compressed::new(&codes, &[1.0], &[], 3).unwrap_err(), Error::Length { expected: 1, found: 0 });
    let copy = Compressed::new(&codes, &[1.0], &[0.0], 3).unwrap();
    assert_eq!(Level::new(copy, &[]).unwrap_err(), Error::Length { expected: 1, found: 0 });
    let levels = [Level::new(copy, &[1.0]).unwrap()];
    assert_eq!(Sieve::<i8>::new(&[]).unwrap_err(), Error::Empty);
    let sieve = Sieve::new(&levels).unwrap();
    for tail in [0.0, -1.0, 1.5, f64::NAN] {
        assert!(matches!(sieve.with_tail(tail), Err(Error::Parameter { .. })), "{tail}");
    }
    let (model, data, mut out, mut work) = (Model::new(beta!(1.0), Sparsemax), [1.0; 6], [7.0; 3], Work::new(3, 2));
    let (two, one) = (Patterns::new(&data, 3).unwrap(), Patterns::new(&data[..3], 3).unwrap());
    let query = [1.0, 0.0, 0.0];
    let mut step = |rows: &Patterns<'_>, query: &[f32]| sieve.step(&model, rows, query, &mut out, &mut work.scratch()).map(|s| s.rows_read);
    assert_eq!(step(&two, &query).unwrap_err(), Error::Length { expected: 1, found: 2 });
    assert_eq!(step(&one, &query[..2]).unwrap_err(), Error::Length { expected: 3, found: 2 });
    assert_eq!(step(&one, &[1.0, f32::NAN, 1.0]).unwrap_err(), Error::QueryNotFinite { index: 1 });
    // Without room for the query plain recall does it.
    assert_eq!(step(&one, &query).unwrap(), 1);
    let step = model.step(&copy, &query, &mut out, &mut work.scratch()).unwrap();
    assert_eq!(model.judge(&step, &copy, &query, f32::NAN).unwrap_err(), Error::NormOverflow);
    assert_eq!(model.judge(&step, &copy, &query[..1], 1.0).unwrap_err(), Error::Length { expected: 3, found: 1 });
}

#[test]
fn wrong_inputs_of_levels_sieves_and_verdicts_are_named_and_out_stays() {
    let rows = [1.0, 0.5, -1.0, 2.0, 0.25, 1.0];
    let (copy, wide) = (Copy::<i8>::of(&rows, 3).unwrap(), Copy::<i8>::of(&rows, 2).unwrap());
    let (weights, bias, rests) = ([1.0f32, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 0.0, 1.0], [0.0; 3], [0.0; 2]);
    let map = FeatureMap::new(&weights, 3).unwrap();
    let projected = |map, defect, norms, rests| Level::projected(copy.view(), norms, map, defect, rests).map(|_| ()).unwrap_err();
    let narrow = FeatureMap::new(&weights[..6], 3).unwrap();
    assert_eq!(projected(narrow, 0.0, &copy.norms, &rests), Error::Length { expected: 3, found: 2 });
    assert_eq!(projected(map, 0.0, &copy.norms, &rests[..1]), Error::Length { expected: 2, found: 1 });
    assert_eq!(projected(map, 0.0, &[], &rests), Error::Length { expected: 1, found: 0 });
    for (map, defect) in [(map.with_bias(&bias).unwrap(), 0.0), (map.unit(), 0.0), (map, -0.1), (map, 1.1), (map, f32::NAN)] {
        assert!(matches!(projected(map, defect, &copy.norms, &rests), Error::Parameter { .. }), "{defect}");
    }
    let unlike = [Level::new(copy.view(), &copy.norms).unwrap(), Level::new(wide.view(), &wide.norms).unwrap()];
    assert_eq!(Sieve::new(&unlike).map(|_| ()).unwrap_err(), Error::Length { expected: 2, found: 3 });

    let sieve = Sieve::new(&unlike[..1]).unwrap();
    let (mut out, mut work, mut room) = ([-7.5; 3], Work::new(3, 2), vec![0.0; sieve.room()]);
    let (model, keys) = (Model::new(beta!(1.0), Sparsemax), Patterns::new(&rows, 3).unwrap());
    let fewer = Patterns::new(&rows[..3], 3).unwrap();
    let spoilt = rows.map(|x| if x == 2.0 { f32::NAN } else { x });
    let infinite = [1.0, 1.0, f32::INFINITY, 1.0, 1.0, f32::INFINITY];
    let (spoilt, infinite) = (Patterns::new(&spoilt, 3).unwrap(), Patterns::new(&infinite, 3).unwrap());
    let query = [1.0, 0.5, -1.0];
    // Keys, values, query, numbers of the output, and the error.
    let wrong: [(&Patterns<'_>, &Patterns<'_>, &[f32], usize, Error); 7] = [
        (&keys, &keys, &query[..2], 3, Error::Length { expected: 3, found: 2 }),
        (&keys, &keys, &query, 2, Error::Length { expected: 3, found: 2 }),
        (&keys, &fewer, &query, 3, Error::Length { expected: 2, found: 1 }),
        (&fewer, &fewer, &query, 3, Error::Length { expected: 2, found: 1 }),
        (&keys, &keys, &[1.0, f32::NEG_INFINITY, 0.0], 3, Error::QueryNotFinite { index: 1 }),
        (&spoilt, &keys, &[2.0, 0.25, 1.0], 3, Error::ScoreNotFinite { row: 1 }),
        (&keys, &infinite, &query, 3, Error::OutputNotFinite),
    ];
    for (keys, values, query, length, error) in wrong {
        let scratch = &mut work.scratch().with_features(&mut room);
        assert_eq!(sieve.read(&model, keys, values, query, &mut out[..length], scratch).map(|_| ()), Err(error));
        assert_eq!(out, [-7.5; 3], "{error:?}");
    }
    let masked = model.keep(Window { centre: 70, half_width: 1 });
    let step = sieve.step(&masked, &keys, &query, &mut out, &mut work.scratch().with_features(&mut room));
    assert_eq!((step.map(|_| ()), out), (Err(Error::AllMasked), [-7.5; 3]));

    let step = model.step(&copy.view(), &query, &mut out, &mut work.scratch()).unwrap();
    let judged = |step: &Step, query: &[f32], norm| model.judge(step, &copy.view(), query, norm).map(|_| ());
    let mut other = step;
    other.winner = 2;
    assert_eq!(judged(&other, &query, 1.0), Err(Error::NoSuchRow { row: 2, count: 2 }));
    assert_eq!(judged(&step, &[1.0, f32::NAN, 0.0], 1.0), Err(Error::QueryNotFinite { index: 1 }));
    assert_eq!(judged(&step, &query, -1.0), Err(Error::NormOverflow));
    let codes = [1i8; 2];
    let huge = Compressed::new(&codes, &[1.0, f32::INFINITY], &[0.0; 2], 1).unwrap();
    assert_eq!(huge.max_norm(), Err(Error::ScoreNotFinite { row: 1 }));
}

/// The gap that a sieve reports is a bound, and a certificate counts with it.
#[test]
fn a_certificate_stands_on_what_was_read() {
    let mut numbers = Numbers(5);
    let (dim, count) = (48, 900);
    let rows = numbers.numbers(dim * count);
    let patterns = Patterns::new(&rows, dim).unwrap();
    let query: Vec<f32> = rows[7 * dim..8 * dim].iter().map(|x| x + 0.05 * numbers.number()).collect();
    let copy = Copy::<i8>::of(&rows, dim).unwrap();
    let levels = [Level::new(copy.view(), &copy.norms).unwrap()];
    let sieve = Sieve::new(&levels).unwrap();
    let (model, mut out, mut work) = (Model::new(beta!(1.0), Sparsemax), vec![0.0; dim], Work::new(dim, count));
    let mut room = vec![0.0; sieve.room()];
    let sifting = sieve.step(&model, &patterns, &query, &mut out, &mut work.scratch().with_features(&mut room)).unwrap();
    let plain = model.step(&patterns, &query, &mut out, &mut work.scratch()).unwrap();
    assert!(sifting.step.gap <= plain.gap && sifting.rows_read < 20, "{sifting:?}");
    let max_norm = patterns.max_norm().unwrap();
    let (ours, full): (Certificate, Certificate) =
        (model.certify(&sifting.step, &query, max_norm).unwrap(), model.certify(&plain, &query, max_norm).unwrap());
    assert!(ours.exact && full.exact && ours.radius > Some(0.0) && ours.radius <= full.radius);
}

/// What a sieve of some levels does, and plain recall beside it, by one map.
#[derive(Clone)]
struct Sifted<'a, S> {
    separation: S,
    rows: &'a [f32],
    query: &'a [f32],
    levels: &'a [Level<'a, i8>],
}

impl<S: Separation> Job for Sifted<'_, S> {
    /// The bits of both states, what both steps say but for the gap, rows and bytes read.
    type Output = ([Vec<u32>; 2], [String; 2], usize, u64);
    fn run<K: Kernels>(self, kernels: K) -> Self::Output {
        let dim = self.query.len();
        let rows = Patterns::new(self.rows, dim).unwrap();
        let (sieve, model) = (Sieve::new(self.levels).unwrap(), Model::new(beta!(40.0), self.separation).on(kernels));
        let (mut out, mut plain_out, mut work) = (vec![0.0; dim], vec![0.0; dim], Work::new(dim, rows.count()));
        let mut room = vec![0.0; sieve.room()];
        let sifting = sieve.step(&model, &rows, self.query, &mut out, &mut work.scratch().with_features(&mut room)).unwrap();
        let plain = model.step(&rows, self.query, &mut plain_out, &mut work.scratch()).unwrap();
        assert!(sifting.step.gap <= plain.gap && sifting.tail == 0.0, "{sifting:?}, {plain:?}");
        let shown = |mut step: Step| {
            (step.gap, step.passes) = (0.0, 1);
            format!("{step:?}")
        };
        ([bits(&out), bits(&plain_out)], [shown(sifting.step), shown(plain)], sifting.rows_read, sifting.bytes_read)
    }
}

/// Rows and bytes that a sieve reads; on every backend the same, and the answer is plain recall's.
fn read_by<S: Separation>(separation: S, rows: &[f32], query: &[f32], levels: &[Level<'_, i8>]) -> (usize, u64) {
    let job = Sifted { separation, rows, query, levels };
    let scalar = Backend::Scalar.run(job.clone()).unwrap();
    assert_eq!(scalar.0[0], scalar.0[1], "{separation:?}");
    assert_eq!(scalar.1[0], scalar.1[1], "{separation:?}");
    for backend in Backend::available() {
        assert_eq!(backend.run(job.clone()).unwrap(), scalar, "{separation:?} on {backend}");
    }
    (scalar.2, scalar.3)
}

/// Some patterns are alike in the columns of a coarse level and large in the others, where only a level of all columns sees that but one of
/// them is near the query.
#[test]
fn a_finer_level_spares_rows_that_a_coarse_one_leaves_in_doubt() {
    const DIM: usize = 64;
    const FRONT: usize = 8;
    let mut numbers = Numbers(17);
    let mut rows = numbers.numbers(DIM * 6144);
    let near = rows[700 * DIM..][..FRONT].to_vec();
    for (i, row) in rows.chunks_exact_mut(DIM).enumerate() {
        let (front, others) = row.split_at_mut(FRONT);
        let alike = i % 40 == 7;
        let size = [0.02, 0.4, 0.5][usize::from(i == 700) + 2 * usize::from(alike)];
        others.iter_mut().for_each(|x| *x *= size);
        if alike {
            front.copy_from_slice(&near);
        }
    }
    let query: Vec<f32> = rows[700 * DIM..701 * DIM].iter().map(|x| x + 0.02 * numbers.number()).collect();
    let fronts: Vec<f32> = rows.chunks_exact(DIM).flat_map(|row| &row[..FRONT]).copied().collect();
    let length = |row: &[f32]| row.iter().map(|&x| f64::from(x) * f64::from(x)).sum::<f64>().sqrt() * (1.0 + 1e-6);
    let rests: Vec<f32> = rows.chunks_exact(DIM).map(|row| length(&row[FRONT..]) as f32).collect();
    let mut weights = [0.0; FRONT * DIM];
    weights.chunks_exact_mut(DIM).enumerate().for_each(|(i, row)| row[i] = 1.0);
    let map = FeatureMap::new(&weights, DIM).unwrap();
    let (front, full) = (Copy::<i8>::of(&fronts, FRONT).unwrap(), Copy::<i8>::of(&rows, DIM).unwrap());
    let coarse = Level::projected(front.view(), &full.norms, map, 0.0, &rests).unwrap();
    assert_eq!((coarse.dim(), coarse.row_bytes()), (DIM, FRONT + 12));
    let fine = Level::new(full.view(), &full.norms).unwrap();
    let all = 6144 * DIM as u64 * 4;
    macro_rules! spares {
        ($($separation:expr),*) => {$({
            let alone = read_by($separation, &rows, &query, &[coarse]);
            let both = read_by($separation, &rows, &query, &[coarse, fine]);
            assert!(alone.0 > 120 && both.0 < 40, "{:?}: {} and {} rows", $separation, alone.0, both.0);
            assert!(both.1 < alone.1 && alone.1 < all / 4, "{:?}: {} and {} bytes", $separation, alone.1, both.1);
        })*};
    }
    spares!(Sparsemax, Hardmax, TopK::new(1).unwrap());
}

/// The second half of the patterns is one and the same, but for less than the codes can tell: bounds that have paid till there no longer do, and these rows
/// are read as they come, the others are not.
#[test]
fn where_bounds_no_longer_pay_the_rest_is_read_and_nothing_before_it() {
    const DIM: usize = 256;
    const COUNT: usize = 6144;
    const ALIKE: usize = 3072;
    let mut numbers = Numbers(18);
    let mut rows = numbers.numbers(DIM * COUNT);
    let like = rows[..DIM].to_vec();
    for row in rows[ALIKE * DIM..].chunks_exact_mut(DIM) {
        row.iter_mut().zip(&like).for_each(|(x, like)| *x = like * 1.5 + 1e-3 * *x);
    }
    let query = like;
    let full = Copy::<i8>::of(&rows, DIM).unwrap();
    let fine = Level::new(full.view(), &full.norms).unwrap();
    macro_rules! reads {
        ($($separation:expr),*) => {$({
            let (read, _) = read_by($separation, &rows, &query, &[fine]);
            assert!(read > (COUNT - ALIKE) / 2 && read < COUNT - ALIKE + 50, "{:?}: {read}", $separation);
        })*};
    }
    reads!(Sparsemax, TopK::new(3).unwrap());
}

/// A dense map that may miss more reads less, misses no more than it says, and says no more than it may; the patterns may be codes, too.
#[test]
fn a_larger_tail_costs_fewer_rows_and_is_what_the_state_is_off_by_at_most() {
    const DIM: usize = 64;
    const COUNT: usize = 2000;
    let mut numbers = Numbers(19);
    let rows = numbers.numbers(DIM * COUNT);
    let query: Vec<f32> = rows[9 * DIM..10 * DIM].iter().map(|x| 0.53 * x + 0.1 * numbers.number()).collect();
    let (full, original) = (Copy::<i8>::of(&rows, DIM).unwrap(), Copy::<F16>::of(&rows, DIM).unwrap());
    let decoded = original.decoded();
    // What the bytes lose of the codes, which are what is recalled here.
    let bytes = Copy::<i8>::of(&decoded, DIM).unwrap();
    let levels = [[Level::new(full.view(), &full.norms).unwrap()], [Level::new(bytes.view(), &bytes.norms).unwrap()]];
    let (model, patterns) = (Model::new(beta!(1.0), Softmax), Patterns::new(&rows, DIM).unwrap());
    let (most, mut work) = (f64::from(patterns.max_norm().unwrap()), Work::new(DIM, COUNT));
    let mut plain = vec![0.0; DIM];
    model.step(&patterns, &query, &mut plain, &mut work.scratch()).unwrap();
    let mut before = COUNT;
    for tail in [1e-9, 1e-6] {
        let (sieve, coded) =
            (Sieve::new(&levels[0]).unwrap().with_tail(tail).unwrap(), Sieve::new(&levels[1]).unwrap().with_tail(tail).unwrap());
        let (mut out, mut of_codes, mut of_decoded, mut room) = (vec![0.0; DIM], vec![0.0; DIM], vec![0.0; DIM], vec![0.0; sieve.room()]);
        let sifting = sieve.step(&model, &patterns, &query, &mut out, &mut work.scratch().with_features(&mut room)).unwrap();
        assert!(sifting.rows_read < before && sifting.tail <= tail, "{tail}: {sifting:?}");
        before = sifting.rows_read;
        let apart = out.iter().zip(&plain).map(|(a, b)| (f64::from(*a) - f64::from(*b)).powi(2)).sum::<f64>().sqrt();
        assert!(apart <= 2.0 * sifting.tail * most + 1e-5, "{tail}: {apart}");
        let decoded = Patterns::new(&decoded, DIM).unwrap();
        let codes = coded.step(&model, &original.view(), &query, &mut of_codes, &mut work.scratch().with_features(&mut room)).unwrap();
        let numbers = coded.step(&model, &decoded, &query, &mut of_decoded, &mut work.scratch().with_features(&mut room)).unwrap();
        assert_eq!((codes, bits(&of_codes)), (numbers, bits(&of_decoded)), "{tail}");
    }
}

/// What a dense map may leave out is measured by the scores, wherever these lie.
#[test]
fn scores_far_below_zero_are_sifted_as_others_are() {
    const DIM: usize = 32;
    const COUNT: usize = 300;
    let mut numbers = Numbers(23);
    let rows: Vec<f32> = (0..DIM * COUNT).map(|i| if i % DIM == 0 { 12.0 } else { numbers.number() }).collect();
    let query: Vec<f32> = rows[..DIM].iter().enumerate().map(|(j, x)| if j == 0 { -12.0 } else { *x }).collect();
    let copy = Copy::<i8>::of(&rows, DIM).unwrap();
    let levels = [Level::new(copy.view(), &copy.norms).unwrap()];
    let (sieve, model, patterns) = (Sieve::new(&levels).unwrap(), Model::new(beta!(2.0), Softmax), Patterns::new(&rows, DIM).unwrap());
    let (mut plain, mut out, mut room, mut work) = ([0.0; DIM], [0.0; DIM], vec![0.0; sieve.room()], Work::new(DIM, COUNT));
    let step = model.step(&patterns, &query, &mut plain, &mut work.scratch()).unwrap();
    let sifting = sieve.step(&model, &patterns, &query, &mut out, &mut work.scratch().with_features(&mut room)).unwrap();
    assert!(sifting.rows_read < COUNT / 10, "{sifting:?}");
    assert_eq!((sifting.step.winner, sifting.step.weight), (step.winner, step.weight));
    for (found, plain) in out.iter().zip(&plain) {
        assert!((found - plain).abs() <= 2e-6 * 12.0, "{found} for {plain}");
    }
}
