//! What a model does, for any separation.

use super::{Inputs, patterns};
use basinet_core::{
    AnyModel, Beta, Bits, Cosine, Descends, Dispatch, Dot, Dynamics, Error, FeatureMap, FreeRecall, Job, Kernelised, Kernels, LayerNorm,
    Listed, Mask, Model, Normaliser, Patterns, Post, RandomMask, Scratch, Separation, Similarity, SquaredDistance, Stop, Tanh, UnitNorm,
    Window, WithSeparation,
};
use core::hint::black_box;

/// Everything that a model does, one separation at a time.
pub struct Recall<'i, 'a, S>(pub &'i mut Inputs<'a>, pub S);

impl<S: Separation + PartialEq> Job for Recall<'_, '_, S> {
    type Output = Result<(), Error>;

    fn run<K: Kernels>(self, kernels: K) -> Self::Output {
        let Self(i, separation) = self;
        let model = Model::new(Beta::new(i.x)?, separation).on(kernels);
        model_calls(i, model)?;
        descent_calls(i, model)?;
        certify_calls(i, model)?;
        kernelised_calls(i, model.through(map(i)?))?;
        dynamics_calls(i, model.then(UnitNorm))?;
        dynamics_calls(i, model.then(LayerNorm))?;
        dynamics_calls(i, model.then(Tanh))?;
        pass_calls(i, model)
    }
}

/// The same with the other similarities.
pub struct Compared<'i, 'a, S>(pub &'i mut Inputs<'a>, pub S);

impl<S: Separation> Job for Compared<'_, '_, S> {
    type Output = Result<(), Error>;

    fn run<K: Kernels>(self, kernels: K) -> Self::Output {
        let Self(i, separation) = self;
        let model = Model::new(Beta::new(i.x)?, separation).on(kernels);
        model_calls(i, model.with(Cosine))?;
        model_calls(i, model.with(SquaredDistance))?;
        kernelised_step(i, model.with(Cosine).through(map(i)?))?;
        descent_calls(i, model.with(SquaredDistance))
    }
}

/// The same where separation and similarity are types for any.
pub struct Small<'i, 'a>(pub &'i mut Inputs<'a>, pub AnyModel);

impl WithSeparation for Small<'_, '_> {
    type Output = Result<(), Error>;

    fn run<S: Separation + PartialEq>(self, separation: S) -> Self::Output {
        let Self(i, AnyModel { similarity, .. }) = self;
        Recall(i, separation).run(Dispatch)?;
        let model = Model::new(Beta::new(i.x)?, separation);
        model_calls(i, model.with(similarity))?;
        similarity.descending().map_or(Ok(()), |similarity| descent_calls(i, model.with(similarity)))
    }
}

/// The same under a mask.
pub struct Masked<'i, 'a, S>(pub &'i mut Inputs<'a>, pub S);

impl<S: Separation> Job for Masked<'_, '_, S> {
    type Output = Result<(), Error>;

    fn run<K: Kernels>(self, kernels: K) -> Self::Output {
        let Self(i, separation) = self;
        let model = Model::new(Beta::new(i.x)?, separation).on(kernels);
        let mask = match i.m {
            0 => Any::Window(Window { centre: i.m, half_width: i.n }),
            1 => Any::Listed(Listed::new(i.kept)?),
            2 => Any::Random(RandomMask::new(i.seed, i.y)?),
            _ => Any::Bits(Bits(i.words)),
        };
        model_calls(i, model.keep(mask))
    }
}

/// One mask or another: generic code is compiled once for all of them.
#[derive(Clone, Copy, Debug)]
enum Any<'a> {
    Window(Window),
    Listed(Listed<'a>),
    Random(RandomMask),
    Bits(Bits<'a>),
}

impl Mask for Any<'_> {
    fn keeps(&self, first: usize) -> u64 {
        match self {
            Self::Window(mask) => mask.keeps(first),
            Self::Listed(mask) => mask.keeps(first),
            Self::Random(mask) => mask.keeps(first),
            Self::Bits(mask) => mask.keeps(first),
        }
    }
}

/// Free recall.
pub fn free<K: Kernels>(i: &mut Inputs<'_>, kernels: K) -> Result<(), Error> {
    let rows = patterns(i)?;
    let mut scratch = Scratch::new(i.sums, i.scores, i.rows, i.work);
    let mut free = FreeRecall::new(Beta::new(i.x)?, i.caps).on(kernels);
    black_box(free.left());
    black_box(free.recall(&rows, i.query, i.out, &mut scratch)?);
    Ok(())
}

fn model_calls<S: Separation, Q: Similarity, K: Kernels>(i: &mut Inputs<'_>, model: Model<S, Q, K>) -> Result<(), Error> {
    let keys = patterns(i)?;
    let values = Patterns::strided(i.b, i.m, i.n)?;
    black_box((model.beta(), model.separation()));
    model.scores(&keys, i.query, i.out)?;
    let mut scratch = Scratch::new(i.sums, i.scores, i.rows, i.work);
    let step = black_box(model.step(&keys, i.query, i.out, &mut scratch)?);
    black_box(model.energy0(&step, i.query));
    black_box(model.read(&keys, &values, i.query, i.out, &mut scratch)?);
    black_box(model.weights(i.out, &mut scratch)?);
    model.step_batch(&keys, i.b, i.out, i.steps, i.states)?;
    model.read_batch(&keys, &values, i.b, i.out, i.steps, i.states)?;
    model.jvp(i.a, i.out)
}

/// What a model with an energy does.
fn descent_calls<S: Separation, Q: Descends, K: Kernels>(i: &mut Inputs<'_>, model: Model<S, Q, K>) -> Result<(), Error> {
    let keys = patterns(i)?;
    let stop = Stop::after(i.n).state_change(i.x).weight_change(i.x);
    let mut scratch = Scratch::new(i.sums, i.scores, i.rows, i.work).with_states(i.states);
    black_box(model.energy(&keys, i.query, i.x, &mut scratch)?);
    black_box(model.settle(&keys, i.out, stop, &mut scratch)?);
    black_box(model.settle_observed(&keys, i.out, stop, &mut scratch, |step, state| {
        black_box((step, state));
    })?);
    Ok(())
}

/// A map of any shape and kind.
fn map<'a>(i: &Inputs<'a>) -> Result<FeatureMap<'a>, Error> {
    let map = FeatureMap::new(i.b, i.m)?;
    let map = if i.k == 0 { map.with_bias(i.a)? } else { map };
    Ok(if i.n == 0 { map.unit() } else { map })
}

/// What a map does.
pub fn map_calls<K: Kernels>(i: &mut Inputs<'_>, kernels: K) -> Result<(), Error> {
    let map = map(i)?.on(kernels);
    black_box((map.dim(), map.features(), map.weights(), map.bias(), map.is_unit()));
    map.apply(i.query, i.out)?;
    map.apply_rows(&patterns(i)?, i.out)
}

fn kernelised_step<S: Separation, Q: Similarity, K: Kernels>(i: &mut Inputs<'_>, model: Kernelised<'_, S, Q, K>) -> Result<(), Error> {
    let (features, values) = (patterns(i)?, Patterns::strided(i.b, i.m, i.n)?);
    let mut scratch = Scratch::new(i.sums, i.scores, i.rows, i.work).with_features(i.caps);
    black_box((model.model(), model.map()));
    black_box(model.step(&features, &values, i.query, i.out, &mut scratch)?);
    Ok(())
}

fn kernelised_calls<S: Separation, Q: Descends, K: Kernels>(i: &mut Inputs<'_>, model: Kernelised<'_, S, Q, K>) -> Result<(), Error> {
    kernelised_step(i, model)?;
    let (features, values) = (patterns(i)?, Patterns::strided(i.b, i.m, i.n)?);
    let stop = Stop::after(i.n).state_change(i.x).weight_change(i.x);
    let mut scratch = Scratch::new(i.sums, i.scores, i.rows, i.work).with_states(i.states).with_features(i.caps);
    black_box(model.energy(&features, i.query, i.x, &mut scratch)?);
    black_box(model.settle(&features, &values, i.out, stop, &mut scratch)?);
    black_box(model.settle_observed(&features, &values, i.out, stop, &mut scratch, |step, state| {
        black_box((step, state));
    })?);
    Ok(())
}

fn dynamics_calls<S: Separation, P: Post, K: Kernels>(i: &mut Inputs<'_>, dynamics: Dynamics<S, P, Dot, K>) -> Result<(), Error> {
    let keys = patterns(i)?;
    let stop = Stop::after(i.n).state_change(i.x);
    black_box(dynamics.step(&keys, i.query, i.out, &mut i.buffers.scratch())?);
    black_box(dynamics.settle(&keys, i.out, stop, &mut i.buffers.scratch())?);
    black_box(dynamics.settle_observed(&keys, i.out, stop, &mut i.buffers.scratch(), |step, state| {
        black_box((step, state));
    })?);
    Ok(())
}

fn certify_calls<S: Separation, K: Kernels>(i: &mut Inputs<'_>, model: Model<S, Dot, K>) -> Result<(), Error> {
    black_box(model.certify(&i.step, i.query, i.x)?);
    Ok(())
}

fn pass_calls<S: Separation + PartialEq, K: Kernels>(i: &mut Inputs<'_>, model: Model<S, Dot, K>) -> Result<(), Error> {
    let keys = patterns(i)?;
    let values = Patterns::strided(i.b, i.m, i.n)?;
    let mut pass = model.begin(i.query, i.m, Scratch::new(i.sums, i.scores, i.rows, i.work))?;
    let mut other = model.begin(i.query, i.m, i.buffers.scratch())?;
    pass.update(i.n, &keys)?;
    other.update_pairs(i.m, &keys, &values)?;
    other.update_part(i.m..i.n, &keys, &values)?;
    pass.merge(&other)?;
    pass.merge_alike(&other)?;
    let normaliser = pass.normaliser()?;
    pass.read_out(&normaliser, i.n, &values)?;
    black_box(pass.finish(&normaliser, i.out)?);
    // Numbers from elsewhere, which may be anything.
    let received = Normaliser::from_bytes(&i.normaliser).ok_or(Error::Empty)?;
    other.read_out(&received, i.m, &values)?;
    black_box(other.finish(&received, i.out)?);
    Ok(())
}
