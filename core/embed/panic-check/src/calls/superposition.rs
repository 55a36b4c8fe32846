//! Memories in one state, by each kind of features.

use super::Inputs;
use basinet_core::{
    Beta, EluFeatures, Error, Features, Kernels, Patterns, PositiveRandomFeatures, Recollection, ReluRandomFeatures, Superposition,
};
use core::hint::black_box;

/// Everything that a superposition does.
pub fn run(i: &mut Inputs<'_>, kernels: impl Kernels) -> Result<(), Error> {
    let beta = Beta::new(i.x)?;
    calls(i, EluFeatures::new(i.n)?, kernels)?;
    calls(i, PositiveRandomFeatures::new(i.a, i.n, beta)?.with_shift(i.x)?.with_offset(i.x)?, kernels)?;
    calls(i, ReluRandomFeatures::new(i.a, i.n, beta, i.x)?, kernels).map(|_| ())
}

fn calls(i: &mut Inputs<'_>, features: impl Features, kernels: impl Kernels) -> Result<Recollection, Error> {
    let (state, room) = (&mut *i.states, &mut *i.sums);
    black_box((Superposition::<()>::numbers(i.m, i.n), Superposition::<()>::room(i.m, i.n), features.dim()));
    black_box(features.of_pattern(kernels, i.query, i.work)).and_then(|()| features.of_query(kernels, i.query, i.work))?;
    let mut memory = Superposition::new(features, i.m, state)?.on(kernels).with_prior(i.x)?;
    memory.store(i.query, i.b, room)?;
    memory.replace((i.query, i.b), (i.query, i.caps), room)?;
    memory.remove(i.query, i.b, room)?;
    memory.refresh(&Patterns::new(i.a, i.n)?, &Patterns::new(i.b, i.m)?, room)?;
    black_box((memory.memories(), memory.values(), memory.features().count(), memory.is_refresh_due()));
    memory.recall(i.query, i.out, room).inspect(|_| memory.clear())
}
