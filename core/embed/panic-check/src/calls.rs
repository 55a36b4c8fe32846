//! The calls.

mod ancestors;
mod basin;
mod binary;
mod compressed;
mod recall;
mod superposition;

use basinet_core::basin::FileError;
use basinet_core::{
    AnyModel, AnySeparation, AnySimilarity, Backend, Beta, Bits, Buffers, Constrained, Cosine, Descends, Dispatch, Dot, Entmax, Error,
    Hardmax, Job, KSubsets, Kernels, Listed, Mask, Normaliser, Normmax, PairStore, Patterns, RandomMask, Rejected, Scratch, Separation,
    Similarity, Softmax, Softmax1, Sparsemax, SquaredDistance, Step, Stop, Store, TopK, Window, on,
};
use core::fmt::Write;
use core::hint::black_box;
use recall::{Compared, Masked, Recall};

/// What a caller may hand in. The optimizer knows nothing of it but its types.
pub struct Inputs<'a> {
    a: &'a [f32],
    b: &'a [f32],
    query: &'a [f32],
    out: &'a mut [f32],
    sums: &'a mut [f32],
    states: &'a mut [f32],
    caps: &'a mut [f32],
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
    k: u32,
    x: f32,
    backend: Backend,
    error: Error,
    step: Step,
    steps: &'a mut [Step],
    normaliser: [u8; Normaliser::BYTES],
    text: &'a mut Text,
    bytes: &'a [u8],
    name: &'a str,
    model: AnyModel,
    file_error: FileError,
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
    energy_dot: |i| (Dot.energy(i.y, i.y, i.y), Dot.energy0(i.y, i.y));
    energy_distance: |i| (SquaredDistance.energy(i.y, i.y, i.y), SquaredDistance.energy0(i.y, i.y));
    energy_cosine: |i| Cosine.energy0(i.y, i.y);
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
    stop: |i| (Stop::default(), Stop::after(i.n).state_change(i.x).weight_change(i.x));
    alpha: |i| Entmax::new(i.x).map(|map| (map.alpha(), map.margin()));
    alpha_derivative: |i| Entmax::new(i.x).and_then(|map| map.alpha_derivative(i.a, i.out));
    gamma: |i| Normmax::new(i.x).map(|map| (map.gamma(), map.margin()));
    top_k: |i| TopK::new(i.k).map(|map| (map.k(), map.margin()));
    k_subsets: |i| KSubsets::new(i.k).map(|map| (map.k(), map.margin()));
    caps: |i| Constrained::new(i.a).map(|map| (map.caps(), map.margin()));
    normaliser_bytes: |i| Normaliser::from_bytes(&i.normaliser).map(|normaliser| normaliser.to_bytes());
    backend_current: |_i| Backend::current();
    backend_available: |_i| Backend::available().count();
    backend_name: |i| (i.backend.name(), i.backend.is_available());
    backend_display: |i| write!(i.text, "{}", i.backend);
    error_display: |i| write!(i.text, "{}", i.error);
    step_is_exact: |i| i.step.is_exact();
    basin_read: |i| basin::read(i);
    basin_write: |i| basin::write(i);
    file_error_display: |i| write!(i.text, "{}", i.file_error);
    any: |i| basin::any(i);
    any_small: |i| basin::small(i);
    any_similarity_name: |i| i.name.parse::<AnySimilarity>().map(|similarity| write!(i.text, "{similarity}"));
    any_separation_name: |i| i.name.parse::<AnySeparation>().map(|separation| write!(i.text, "{separation}"));
    buffers: |i| *i.buffers = Buffers::default();
    batch_scratch: |i| basinet_core::batch_scratch(i.m, i.n, i.m, i.n);
    scratch: |i| { let mut scratch = room(i); (scratch.width(), scratch.capacity(), scratch.reborrow().with_features(&mut []).width()) };
}

// What there is one of for each backend: by the dispatcher here, by name below.
export! {
    dispatched_kernels: |i| Functions(i).run(Dispatch);
}

/// Exports everything that is done with a separation, by the dispatcher; and by each backend by name.
macro_rules! export_separations {
    ($($name:ident: |$i:ident| $separation:expr;)*) => {
        $(mod $name {
            use super::*;

            fn separation<'a>($i: &Inputs<'a>) -> Result<impl Separation + PartialEq + use<'a>, Error> {
                $separation
            }

            export_separations!(@job $name recall |i, map| Recall(i, map).run(Dispatch));
            export_separations!(@job $name compared |i, map| Compared(i, map).run(Dispatch));
            export_separations!(@job $name masked |i, map| Masked(i, map).run(Dispatch));
        })*
    };
    (@job $name:ident $job:ident |$i:ident, $map:ident| $call:expr) => {
        #[unsafe(export_name = concat!("basinet_check_", stringify!($name), "_", stringify!($job)))]
        pub extern "C" fn $job($i: &mut Inputs<'_>) {
            let _ = black_box(separation($i).and_then(|$map| $call));
        }
    };
}

export_separations! {
    softmax: |_i| Ok(Softmax);
    softmax1: |_i| Ok(Softmax1);
    sparsemax: |_i| Ok(Sparsemax);
    entmax: |i| Entmax::new(i.x);
    normmax: |i| Normmax::new(i.x);
    topk: |i| TopK::new(i.k);
    hardmax: |_i| Ok(Hardmax);
    ksubsets: |i| KSubsets::new(i.k);
    constrained: |i| Constrained::new(i.a);
}

// Each backend by name: with these every kernel is called, and nothing else depends on the backend.
export! {
    named_kernels: |i| i.backend.run(Functions(i));
    named_softmax: |i| i.backend.run(Recall(i, Softmax));
    named_entmax: |i| Entmax::new(i.x).map(|map| i.backend.run(Recall(i, map)));
    named_topk: |i| TopK::new(i.k).map(|map| i.backend.run(Recall(i, map)));
}

/// The functions of `on`.
struct Functions<'i, 'a>(&'i mut Inputs<'a>);

impl Job for Functions<'_, '_> {
    type Output = Result<[f32; 3], Error>;

    fn run<K: Kernels>(self, kernels: K) -> Self::Output {
        let Self(i) = self;
        black_box(kernels.backend());
        on::exp(kernels, i.out);
        recall::free(i, kernels)?;
        recall::map_calls(i, kernels)?;
        superposition::run(i, kernels)?;
        binary::run(i, kernels)?;
        compressed::run(i, kernels)?;
        ancestors::log_sum_relu(i, kernels)?;
        ancestors::universal(i, kernels)?;
        let rows = patterns(i)?;
        Dot.scores(kernels, &rows, i.m, i.query, i.out, true);
        SquaredDistance.scores(kernels, &rows, i.m, i.query, i.out, true);
        Cosine.scores(kernels, &rows, i.m, i.query, i.out, true);
        Ok([on::dot(kernels, i.a, i.b)?, on::log_sum_exp(kernels, i.a)?, on::sparsemax_threshold(kernels, i.a, i.work)?])
    }
}

fn patterns<'a>(i: &Inputs<'a>) -> Result<Patterns<'a>, Error> {
    Patterns::new(i.a, i.n)
}

fn room<'i>(i: &'i mut Inputs<'_>) -> Scratch<'i> {
    Scratch::new(i.sums, i.scores, i.rows, i.work).with_states(i.states)
}

/// Text of which nothing is kept but its last byte.
pub struct Text(u8);

impl Write for Text {
    fn write_str(&mut self, text: &str) -> core::fmt::Result {
        self.0 = *text.as_bytes().last().ok_or(core::fmt::Error)?;
        Ok(())
    }
}
