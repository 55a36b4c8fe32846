//! Certified recall by copies of any code, of all columns or of a front before them, against plain recall by the same model.
//!
//! The same error; of sparse maps the same bits of state and step, of dense ones a tail within what may be missed and a state within that;
//! the same bits on every backend, whatever room there is. A copy is recalled bit for bit as the f32 rows that it stands for.
#![no_main]

use arbitrary::{Result, Unstructured};
use basinet_conformance::tolerance::EPS;
use basinet_core::{
    BLOCK, Bf16, Code, Compressed, Encoded, F16, FeatureMap, Kernels, Level, Model, Patterns, Separation, Sieve, Sifting, SignBits, Step,
};
use basinet_fuzz::family::{Ask, Compare, Setup};
use basinet_fuzz::memory::Memory;
use basinet_fuzz::{Stepped, Work, bits, draw, stepped, wide};
use libfuzzer_sys::fuzz_target;

struct Case {
    setup: Setup,
    keys: Memory,
    query: Vec<f32>,
    room: [usize; 2],
    /// In units of the winner's weight.
    tail: f64,
    /// The front's map, in nearly orthonormal rows, and its defect.
    front: Option<(Vec<f32>, f32)>,
}

/// A copy with all that a level takes.
struct Copy<C> {
    codes: Vec<C>,
    scales: Vec<f32>,
    residuals: Vec<f32>,
    rests: Vec<f32>,
    norms: Vec<f32>,
    dim: usize,
}

impl<C: Code> Copy<C> {
    /// None where a pattern cannot be encoded.
    fn of<'a>(rows: impl Iterator<Item = &'a [f32]>, dim: usize) -> Option<Self> {
        let mut copy = Self { codes: vec![], scales: vec![], residuals: vec![], rests: vec![], norms: vec![], dim };
        for row in rows {
            let mut codes = vec![C::default(); C::words(dim)];
            let Encoded { scale, residual, norm } = C::encode(row, &mut codes).ok()?;
            copy.push(&codes, (scale, residual, norm));
        }
        Some(copy)
    }

    fn push(&mut self, codes: &[C], (scale, residual, norm): (f32, f32, f32)) {
        if self.scales.len().is_multiple_of(BLOCK) {
            self.norms.push(0.0);
        }
        let last = self.norms.last_mut().expect("a block");
        *last = last.max(norm);
        self.codes.extend_from_slice(codes);
        self.scales.push(scale);
        self.residuals.push(residual);
    }

    fn view(&self) -> Compressed<'_, C> {
        Compressed::new(&self.codes, &self.scales, &self.residuals, self.dim).expect("whole rows")
    }
}

/// An f32 at or above this.
fn up(x: f64) -> f32 {
    ((x * (1.0 + 1e-9)) as f32).next_up()
}

fn norm(numbers: impl Iterator<Item = f64>) -> f64 {
    numbers.map(|x| x * x).sum::<f64>().sqrt()
}

/// The columns of a front. Their residuals are those of what the map makes in f64.
fn front<C: Code>(keys: &Memory, weights: &[f32]) -> Option<Copy<C>> {
    let dim = weights.len() / keys.dim;
    let mut copy = Copy::of(std::iter::empty(), dim)?;
    for i in 0..keys.count {
        let row = wide(keys.row(i));
        let columns: Vec<f64> = weights.chunks(keys.dim).map(|w| w.iter().zip(&row).map(|(w, x)| f64::from(*w) * x).sum()).collect();
        let narrow: Vec<f32> = columns.iter().map(|&x| x as f32).collect();
        let mut codes = vec![C::default(); C::words(dim)];
        let Encoded { scale, .. } = C::encode(&narrow, &mut codes).ok()?;
        let (scales, none) = ([scale], [0.0]);
        let decoded: Vec<f64> = Compressed::new(&codes, &scales, &none, dim).ok()?.decoded(0).map(f64::from).collect();
        let back = |j: usize| weights.chunks(keys.dim).zip(&columns).map(|(w, c)| f64::from(w[j]) * c).sum::<f64>();
        // Sums in f64 of so many numbers are off by their norm times so many 2^-53.
        let (length, slack) = (norm(row.iter().copied()), norm(row.iter().copied()) * 1e-12);
        let residual = norm(columns.iter().zip(&decoded).map(|(c, b)| c - b)) + slack;
        copy.push(&codes, (scale, up(residual), up(length.max(norm(decoded.into_iter())))));
        copy.rests.push(up(norm(row.iter().enumerate().map(|(j, x)| x - back(j))) + slack));
    }
    let finite = |list: &[f32]| list.iter().all(|x| x.is_finite());
    (finite(&copy.residuals) && finite(&copy.rests) && finite(&copy.norms)).then_some(copy)
}

/// What a case and its copies are asked.
struct Sift<'a, C> {
    case: &'a Case,
    levels: &'a [Level<'a, C>],
}

impl<C: Code> Ask for Sift<'_, C> {
    const BY_DOTS: bool = true;
    type Answer = (Stepped, Option<(Stepped, f64)>);

    /// Plain recall, and by the sieve, with its tail.
    fn ask<S: Separation, Q: Compare, K: Kernels>(&self, model: Model<S, Q, K>, room: [usize; 2]) -> Self::Answer {
        const OLD: f32 = -7.25;
        let Case { keys, query, tail, .. } = self.case;
        let sieve = Sieve::new(self.levels).and_then(|sieve| sieve.with_tail(*tail)).expect("levels of one memory");
        let mut work = Work::new(keys.dim, room[0], room[1]);
        let mut out = vec![OLD; keys.dim];
        let plain = model.step(&keys.patterns(), query, &mut out, &mut work.scratch());
        let plain_state = out.clone();
        out.fill(OLD);
        let mut features = vec![f32::NAN; sieve.room()];
        let sifted = Q::sift(&model, &sieve, &keys.patterns(), query, &mut out, &mut work.scratch().with_features(&mut features));
        let sifted = sifted.expect("dot products");
        assert!(sifted.is_ok() || out.iter().all(|x| *x == OLD), "out changed, and {sifted:?}");
        let found = match (&plain, &sifted) {
            (Ok(plain), Ok(sifting)) => {
                assert!(sifting.step.gap <= plain.gap, "gap {} > {}", sifting.step.gap, plain.gap);
                self.case.compare((plain, &plain_state), (sifting, &out));
                Some((stepped(&out, Ok(sifting.step)), sifting.tail))
            }
            _ => {
                assert_eq!(plain.as_ref().err(), sifted.as_ref().err());
                None
            }
        };
        (stepped(&plain_state, plain), found)
    }
}

/// A copy against the f32 rows that it stands for.
struct Copied<'a, C> {
    case: &'a Case,
    copy: Compressed<'a, C>,
    decoded: &'a [f32],
}

impl<C: Code> Ask for Copied<'_, C> {
    const BY_DOTS: bool = true;
    type Answer = Stepped;

    fn ask<S: Separation, Q: Compare, K: Kernels>(&self, model: Model<S, Q, K>, room: [usize; 2]) -> Stepped {
        let (dim, query) = (self.case.keys.dim, &self.case.query);
        let mut work = Work::new(dim, room[0], room[1]);
        let (mut out, mut expected) = (vec![0.0; dim], vec![0.0; dim]);
        let rows = Patterns::new(self.decoded, dim).expect("whole rows");
        let found = model.step(&self.copy, query, &mut out, &mut work.scratch());
        let plain = model.step(&rows, query, &mut expected, &mut work.scratch());
        let found = stepped(&out, found);
        assert_eq!(found, stepped(&expected, plain), "a copy is not its rows");
        found
    }
}

impl Case {
    fn draw(bytes: &mut Unstructured<'_>) -> Result<Self> {
        let mut setup = Setup::draw(bytes)?;
        let dim = 1 + draw::below(bytes, 70)?;
        let count = 1 + draw::below(bytes, 1400.min(6000 / dim))?;
        let full = draw::below(bytes, 4)? != 3;
        let room = if full { [count; 2] } else { [draw::below(bytes, count + 2)?, draw::below(bytes, count + 17)?] };
        setup.choose(bytes, count)?;
        let mut keys = Memory::draw(bytes, count, dim)?;
        let (near, kind) = (draw::below(bytes, count)?, draw::below(bytes, 8)?);
        let size = f32::from(bytes.arbitrary::<i8>()? % 64).exp2();
        let mut query = draw::numbers(bytes, dim)?;
        match kind {
            1 => query.iter_mut().zip(keys.row(near)).for_each(|(q, x)| *q += *x),
            2 => query = keys.row(near).to_vec(),
            // Nearer to each other than any bound.
            3 => keys.change(|i, j, x| if i > 0 { query[j] + x * 1e-4 * query[j] } else { query[j] }),
            // Every other row of zeros; rows that range; one above all.
            4 => keys.change(|i, _, x| if i % 2 == 0 { 0.0 } else { x }),
            5 => keys.change(|i, _, x| x * 10f32.powi((i * 7 % 45) as i32 - 30)),
            6 => keys.change(|i, _, x| if i == near { x * size } else { x }),
            // Along what bytes lose of a row.
            7 => {
                let mut codes = vec![0; dim];
                if let Ok(encoded) = i8::encode(keys.row(near), &mut codes) {
                    let lost = keys.row(near).iter().zip(&codes).map(|(x, code)| (x - f32::from(*code) * encoded.scale) * size);
                    query = lost.collect();
                }
            }
            _ => {}
        }
        let tail = (-f64::from(bytes.arbitrary::<u8>()? % 60)).exp2();
        let columns = 1 + draw::below(bytes, dim)?;
        let front = match draw::below(bytes, 3)? {
            0 => None,
            1 => Some((coordinates(dim, columns, near), 0.0)),
            _ => Some(reflection(dim, columns, &draw::numbers(bytes, dim)?)),
        };
        Ok(Self { setup, keys, query, room, tail, front })
    }

    /// Same bits where the map is sparse, within the tail where it is dense.
    fn compare(&self, (plain, state): (&Step, &[f32]), (sifting, out): (&Sifting, &[f32])) {
        let mut step = sifting.step;
        if !self.setup.family.is_dense() {
            (step.gap, step.passes) = (plain.gap, plain.passes);
            assert_eq!((bits(out), sifting.tail, &step), (bits(state), 0.0, plain), "{sifting:?}");
            return;
        }
        assert!(sifting.tail <= self.tail, "tail {:e} of {:e}", sifting.tail, self.tail);
        assert_eq!(step.winner, plain.winner);
        let kept = self.setup.kept(self.keys.count);
        let largest = kept.iter().map(|&i| norm(wide(self.keys.row(i)).into_iter())).fold(0.0, f64::max);
        // Two read-outs, each with so many roundings; numbers below the normal ones.
        let rounding = 4.0 * (kept.len() as f64 + 100.0) * EPS;
        let apart = norm(out.iter().zip(state).map(|(a, b)| f64::from(*a) - f64::from(*b)));
        let allowed = (2.0 * sifting.tail + rounding) * largest + (kept.len() * out.len()) as f64 * 1e-44;
        assert!(apart <= allowed, "{apart:e} > {allowed:e}, {sifting:?}");
    }

    /// Copies of one code; `sift` and `recall` are the same on every backend, or here alone.
    fn check<C: Code>(&self, sift: impl Fn(&Self, &[Level<'_, C>]), recall: impl Fn(&Self, &Copied<'_, C>)) {
        let (count, dim) = (self.keys.count, self.keys.dim);
        let Some(copy) = Copy::<C>::of((0..count).map(|i| self.keys.row(i)), dim) else { return };
        let view = copy.view();
        let decoded: Vec<f32> = (0..count).flat_map(|i| view.decoded(i)).collect();
        for i in 0..count {
            let lost = norm(self.keys.row(i).iter().zip(&decoded[i * dim..]).map(|(x, b)| f64::from(*x) - f64::from(*b)));
            assert!(lost <= f64::from(copy.residuals[i]), "row {i} lost {lost:e}, not {:e}", copy.residuals[i]);
        }
        recall(self, &Copied { case: self, copy: view, decoded: &decoded });
        let all = Level::new(view, &copy.norms).expect("a norm for each block");
        sift(self, &[all]);
        let Some((weights, defect)) = &self.front else { return };
        let Some(columns) = front::<C>(&self.keys, weights) else { return };
        let map = FeatureMap::new(weights, dim).expect("whole rows");
        let first = Level::projected(columns.view(), &columns.norms, map, *defect, &columns.rests).expect("a small defect");
        sift(self, &[first, all]);
    }

    /// On the backend that is chosen.
    fn here<C: Code>(&self, levels: &[Level<'_, C>]) {
        let _ = self.setup.here(&Sift { case: self, levels }, self.room);
    }

    /// The same bits on every backend.
    fn everywhere<C: Code>(&self, levels: &[Level<'_, C>]) {
        let ask = Sift { case: self, levels };
        let mut answers = basinet_core::Backend::available().map(|backend| self.setup.on(backend, &ask, self.room));
        let first = answers.next();
        assert!(answers.all(|answer| Some(&answer) == first.as_ref()), "backends differ");
        if self.room[0] < self.keys.count {
            let (plain, _) = self.setup.here(&ask, [self.keys.count; 2]);
            assert_eq!(Some(plain), first.map(|(plain, _)| plain), "room changes plain recall");
        }
    }
}

/// Rows of one number each, with signs: orthonormal to the bit.
fn coordinates(dim: usize, columns: usize, first: usize) -> Vec<f32> {
    let mut weights = vec![0.0; columns * dim];
    for (j, row) in weights.chunks_mut(dim).enumerate() {
        row[(first + j) % dim] = if j % 2 == 0 { 1.0 } else { -1.0 };
    }
    weights
}

/// The first rows of `1 - 2 v v^T / |v|^2`, rounded, and what that makes of orthonormal: the Frobenius norm of `P P^T - 1`.
fn reflection(dim: usize, columns: usize, v: &[f32]) -> (Vec<f32>, f32) {
    let v = wide(v);
    let square = v.iter().map(|x| x * x).sum::<f64>();
    if !(square.is_finite() && square > 0.0) {
        return (coordinates(dim, columns, 0), 0.0);
    }
    let entry = |i: usize, j: usize| f64::from(u8::from(i == j)) - 2.0 * v[i] * v[j] / square;
    let weights: Vec<f32> = (0..columns).flat_map(|i| (0..dim).map(move |j| (i, j))).map(|(i, j)| entry(i, j) as f32).collect();
    let row = |i: usize| &weights[i * dim..(i + 1) * dim];
    let product = |i: usize, j: usize| row(i).iter().zip(row(j)).map(|(a, b)| f64::from(*a) * f64::from(*b)).sum::<f64>();
    let off = |(i, j): (usize, usize)| product(i, j) - f64::from(u8::from(i == j));
    let defect = norm((0..columns).flat_map(|i| (0..columns).map(move |j| (i, j))).map(off)) + 1e-12;
    (weights, up(defect))
}

fuzz_target!(|data: &[u8]| {
    let mut bytes = Unstructured::new(data);
    let (Ok(code), Ok(case)) = (draw::below(&mut bytes, 4), Case::draw(&mut bytes)) else { return };
    match code {
        0 => case.check::<i8>(Case::everywhere, |case, copied| drop(case.setup.everywhere(copied, case.keys.count, case.room))),
        1 => case.check::<SignBits>(Case::here, |case, copied| drop(case.setup.here(copied, case.room))),
        2 => case.check::<F16>(Case::here, |case, copied| drop(case.setup.here(copied, case.room))),
        _ => case.check::<Bf16>(Case::here, |case, copied| drop(case.setup.here(copied, case.room))),
    }
});
