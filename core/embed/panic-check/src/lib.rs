//! Everything public in basinet-core, called from functions that a linker sees.
//!
//! The panic handler calls a symbol that nobody defines. After link-time optimization that symbol is in the archive
//! unless the optimizer has proved that no panic can be reached: that is the check, and `.ci/panic-check` makes it.
//! Each exported function has inputs of unknown length and content, and its name says what it calls. Generic code is
//! checked for the dispatcher and for each backend that the build promises. Nothing here is ever run.
//!
//! Left out: `Debug`, which is derived, and `Beta::new` inside `beta!`, which panics in the compiler and only there.
#![no_std]

use basinet_core::{
    Backend, Beta, Bits, Buffers, Cosine, Descends, Dispatch, Dot, Error, Job, Kernels, Listed, Mask, Model, PairStore, Patterns,
    RandomMask, Rejected, Scratch, Separation, Similarity, Softmax, Sparsemax, SquaredDistance, Step, Store, Window, on,
};
use core::fmt::Write;
use core::hint::black_box;

unsafe extern "C" {
    fn BASINET_PANIC_REACHED() -> !;
}

#[panic_handler]
fn panic(_: &core::panic::PanicInfo) -> ! {
    // SAFETY: never linked into a program, so never run.
    unsafe { BASINET_PANIC_REACHED() }
}

/// What a caller may hand in. The optimizer knows nothing of it but its types.
pub struct Inputs<'a> {
    a: &'a [f32],
    b: &'a [f32],
    query: &'a [f32],
    out: &'a mut [f32],
    sums: &'a mut [f32],
    scores: &'a mut [f32],
    rows: &'a mut [u32],
    work: &'a mut [f32],
    buffers: &'a mut Buffers<24, 8>,
    kept: &'a [usize],
    words: &'a [u64],
    row: [f32; 24],
    value: [f32; 3],
    store: &'a mut Store<8, 24>,
    pairs: &'a mut PairStore<8, 24, 3>,
    seed: u64,
    y: f64,
    m: usize,
    n: usize,
    x: f32,
    backend: Backend,
    error: Error,
    step: Step,
    text: &'a mut Text,
}

/// Exports functions of the inputs, and keeps what they give alive.
macro_rules! export {
    ($($name:ident: |$inputs:ident| $result:expr;)*) => {
        $(#[unsafe(export_name = concat!("basinet_check_", stringify!($name)))]
        pub extern "C" fn $name($inputs: &mut Inputs<'_>) {
            let _ = black_box($result);
        })*
    };
}

// What there is one of.
export! {
    dot: |i| basinet_core::dot(i.a, i.b);
    exp: |i| basinet_core::exp(i.out);
    log_sum_exp: |i| basinet_core::log_sum_exp(i.a);
    sparsemax_threshold: |i| basinet_core::sparsemax_threshold(i.a, i.work);
    patterns_new: |i| Patterns::new(i.a, i.n);
    patterns_strided: |i| Patterns::strided(i.a, i.n, i.m);
    patterns_row: |i| patterns(i).and_then(|p| p.row(i.m).ok_or(Error::Empty));
    patterns_max_norm: |i| patterns(i).and_then(|p| p.max_norm());
    patterns_shape: |i| patterns(i).map(|p| (p.dim(), p.count()));
    mask_window: |i| Window { centre: i.m, half_width: i.n }.keeps(i.m);
    mask_listed: |i| Listed::new(i.kept).map(|mask| mask.keeps(i.m));
    mask_bits: |i| Bits(i.words).keeps(i.m);
    mask_random: |i| RandomMask::new(i.seed, i.y).map(|mask| (mask.seed(), mask.keep(), mask.keeps(i.m)));
    energy_dot: |i| (Dot::energy(i.y, i.y, i.y), Dot::energy0(i.y, i.y));
    energy_distance: |i| (SquaredDistance::energy(i.y, i.y, i.y), SquaredDistance::energy0(i.y, i.y));
    energy_cosine: |i| Cosine::energy0(i.y, i.y);
    store_new: |i| *i.store = if i.m == 0 { Store::new() } else { Store::default() };
    store_insert: |i| i.store.insert(i.row);
    store_replace: |i| i.store.replace(i.m, i.row);
    store_remove: |i| i.store.remove(i.m);
    store_clear: |i| i.store.clear();
    store_clone: |i| i.store.clone();
    store_shape: |i| (i.store.len(), i.store.is_empty(), i.store.is_full(), i.store.capacity(), i.store.max_norm());
    store_rows: |i| (i.store.row(i.m), i.store.patterns());
    pairs_new: |i| *i.pairs = if i.m == 0 { PairStore::new() } else { PairStore::default() };
    pairs_insert: |i| i.pairs.insert(i.row, i.value);
    pairs_replace: |i| i.pairs.replace(i.m, i.row, i.value);
    pairs_remove: |i| i.pairs.remove(i.m);
    pairs_clear: |i| i.pairs.clear();
    pairs_clone: |i| i.pairs.clone();
    pairs_rows: |i| (i.pairs.keys().row(i.m), i.pairs.values().row(i.m));
    rejected_display: |i| write!(i.text, "{}", Rejected { row: i.row, error: i.error });
    beta: |i| Beta::new(i.x).map(Beta::get);
    backend_current: |_i| Backend::current();
    backend_available: |_i| Backend::available().count();
    backend_name: |i| (i.backend.name(), i.backend.is_available());
    backend_display: |i| write!(i.text, "{}", i.backend);
    error_display: |i| write!(i.text, "{}", i.error);
    step_is_exact: |i| i.step.is_exact();
    buffers: |i| *i.buffers = Buffers::default();
    scratch: |i| { let mut scratch = room(i); (scratch.width(), scratch.capacity(), scratch.reborrow().width()) };
}

// What there is one of for each backend: by the dispatcher, and by name.
export! {
    dispatched_kernels: |i| Functions(i).run(Dispatch);
    dispatched_softmax: |i| Recall(i, Softmax).run(Dispatch);
    dispatched_sparsemax: |i| Recall(i, Sparsemax).run(Dispatch);
    dispatched_softmax_masked: |i| Masked(i, Softmax).run(Dispatch);
    dispatched_sparsemax_masked: |i| Masked(i, Sparsemax).run(Dispatch);
    named_kernels: |i| i.backend.run(Functions(i));
    named_softmax: |i| i.backend.run(Recall(i, Softmax));
    named_sparsemax: |i| i.backend.run(Recall(i, Sparsemax));
    named_softmax_masked: |i| i.backend.run(Masked(i, Softmax));
    named_sparsemax_masked: |i| i.backend.run(Masked(i, Sparsemax));
}

#[cfg(feature = "positive-control")]
export! {
    positive_control: |i| i.a[i.n];
}

/// The functions of `on`.
struct Functions<'i, 'a>(&'i mut Inputs<'a>);

impl Job for Functions<'_, '_> {
    type Output = Result<[f32; 3], Error>;

    fn run<K: Kernels>(self, kernels: K) -> Self::Output {
        let Self(i) = self;
        black_box(kernels.backend());
        on::exp(kernels, i.out);
        let rows = patterns(i)?;
        Dot.scores(kernels, &rows, i.m, i.query, i.out, true);
        SquaredDistance.scores(kernels, &rows, i.m, i.query, i.out, true);
        Cosine.scores(kernels, &rows, i.m, i.query, i.out, true);
        Ok([on::dot(kernels, i.a, i.b)?, on::log_sum_exp(kernels, i.a)?, on::sparsemax_threshold(kernels, i.a, i.work)?])
    }
}

/// Everything that a model does, one separation at a time.
struct Recall<'i, 'a, S>(&'i mut Inputs<'a>, S);

impl<S: Separation + PartialEq> Job for Recall<'_, '_, S> {
    type Output = Result<(), Error>;

    fn run<K: Kernels>(self, kernels: K) -> Self::Output {
        let Self(i, separation) = self;
        let model = Model::new(Beta::new(i.x)?, separation).on(kernels);
        model_calls(i, model)?;
        pass_calls(i, model)
    }
}

/// The same under each mask.
struct Masked<'i, 'a, S>(&'i mut Inputs<'a>, S);

impl<S: Separation> Job for Masked<'_, '_, S> {
    type Output = Result<(), Error>;

    fn run<K: Kernels>(self, kernels: K) -> Self::Output {
        let Self(i, separation) = self;
        let model = Model::new(Beta::new(i.x)?, separation).on(kernels);
        model_calls(i, model.keep(Window { centre: i.m, half_width: i.n }))?;
        model_calls(i, model.keep(Listed::new(i.kept)?))?;
        model_calls(i, model.keep(RandomMask::new(i.seed, i.y)?))?;
        model_calls(i, model.keep(Bits(i.words)))
    }
}

fn model_calls<S: Separation, K: Kernels>(i: &mut Inputs<'_>, model: Model<S, Dot, K>) -> Result<(), Error> {
    let keys = patterns(i)?;
    let values = Patterns::strided(i.b, i.m, i.n)?;
    black_box((model.beta(), model.separation()));
    model.scores(&keys, i.query, i.out)?;
    let mut scratch = Scratch::new(i.sums, i.scores, i.rows, i.work);
    black_box(model.step(&keys, i.query, i.out, &mut scratch)?);
    black_box(model.read(&keys, &values, i.query, i.out, &mut scratch)?);
    black_box(model.weights(i.out, &mut scratch)?);
    black_box(model.energy(&keys, i.query, i.x, &mut scratch)?);
    Ok(())
}

fn pass_calls<S: Separation + PartialEq, K: Kernels>(i: &mut Inputs<'_>, model: Model<S, Dot, K>) -> Result<(), Error> {
    let keys = patterns(i)?;
    let values = Patterns::strided(i.b, i.m, i.n)?;
    let mut pass = model.begin(i.query, i.m, Scratch::new(i.sums, i.scores, i.rows, i.work))?;
    let mut other = model.begin(i.query, i.m, i.buffers.scratch())?;
    pass.update(i.n, &keys)?;
    other.update_pairs(i.m, &keys, &values)?;
    pass.merge(&other)?;
    let normaliser = pass.normaliser()?;
    pass.read_out(&normaliser, i.n, &values)?;
    black_box(pass.finish(&normaliser, i.out)?);
    Ok(())
}

fn patterns<'a>(i: &Inputs<'a>) -> Result<Patterns<'a>, Error> {
    Patterns::new(i.a, i.n)
}

fn room<'i>(i: &'i mut Inputs<'_>) -> Scratch<'i> {
    Scratch::new(i.sums, i.scores, i.rows, i.work)
}

/// Text of which nothing is kept but its last byte.
pub struct Text(u8);

impl Write for Text {
    fn write_str(&mut self, text: &str) -> core::fmt::Result {
        self.0 = *text.as_bytes().last().ok_or(core::fmt::Error)?;
        Ok(())
    }
}
