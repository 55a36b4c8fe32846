//! What is done with files, and with models that are known at run time only.

use super::Inputs;
use super::recall::Small;
use basinet_core::basin::{Alignment, Checksums, FileError, Head, Layout, MapLayout, crc32};
use basinet_core::{
    AnyModel, AnySeparation, AnySimilarity, Basin, Beta, Cosine, Dot, Entmax, Error, Hardmax, KSubsets, Model, Normmax, Separation,
    Similarity, Softmax, Softmax1, Sparsemax, SquaredDistance, TopK, WithModel, WithSeparation, WithSimilarity,
};
use core::hint::black_box;
use core::num::NonZeroUsize;

/// Bytes that may be anything.
pub fn read(i: &Inputs<'_>) -> Result<(), FileError> {
    let basin = Basin::new(i.bytes)?;
    black_box((basin.patterns(), basin.values(), basin.model(), basin.max_norm(), basin.layout(), basin.length()));
    for section in basin.sections() {
        black_box(section);
    }
    basin.verify_with(|bytes| bytes.len() as u32)?;
    basin.verify()?;
    let (behind, map) = Basin::with_map(i.bytes)?;
    black_box(map);
    behind.verify()
}

/// Sizes that may be anything.
pub fn write(i: &Inputs<'_>) -> Option<Result<Head, FileError>> {
    let layout = Layout {
        model: i.model,
        count: NonZeroUsize::new(i.m)?,
        dim: NonZeroUsize::new(i.n)?,
        width: NonZeroUsize::new(i.value.len().wrapping_mul(i.m)),
        map: NonZeroUsize::new(i.k as usize).map(|input| MapLayout { input, bias: i.m > 3, unit: i.n > 3 }),
        max_norm: i.x,
        alignment: if i.k == 0 { Alignment::Bytes64 } else { Alignment::Bytes256 },
    };
    black_box(layout.map.map(|map| map.head()));
    let _ = black_box((layout.patterns_at(), layout.values_at(), layout.map_at(), layout.file_length(), layout.alignment.bytes()));
    let (patterns, values) = (crc32(i.bytes), (i.k > 1).then_some(i.m as u32));
    Some(layout.head(Checksums { patterns, values, map: values }))
}

/// Every conversion, and a job with what comes of it.
pub fn any(i: &Inputs<'_>) -> Result<f32, Error> {
    let AnyModel { separation, similarity, .. } = chosen(i)?;
    black_box(AnyModel::from(Model::new(Beta::new(i.x)?, Sparsemax).with(Cosine)));
    black_box((similarity.run(Size), similarity.name()));
    let model = AnyModel { beta: Beta::new(i.x)?, separation, similarity };
    Ok(separation.run(Margin) + model.run(Margin))
}

/// All that is done with any separation, and any similarity, as one type.
pub fn small(i: &mut Inputs<'_>) -> Result<(), Error> {
    let model = chosen(i)?;
    model.separation.run_small(Small(i, model))
}

/// The model that the inputs choose.
fn chosen(i: &Inputs<'_>) -> Result<AnyModel, Error> {
    let separation: AnySeparation = match i.m {
        0 => Softmax.into(),
        1 => Softmax1.into(),
        2 => Sparsemax.into(),
        3 => Entmax::new(i.x)?.into(),
        4 => Normmax::new(i.x)?.into(),
        5 => TopK::new(i.k)?.into(),
        6 => Hardmax.into(),
        _ => KSubsets::new(i.k)?.into(),
    };
    let similarity: AnySimilarity = match i.n {
        0 => Dot.into(),
        1 => Cosine.into(),
        _ => SquaredDistance.into(),
    };
    Ok(AnyModel { beta: Beta::new(i.x)?, separation, similarity })
}

/// A job that does little: the others do everything with every separation.
struct Margin;

impl WithSeparation for Margin {
    type Output = f32;
    fn run<S: Separation + PartialEq>(self, separation: S) -> f32 {
        separation.margin()
    }
}

impl WithModel for Margin {
    type Output = f32;
    fn run<S: Separation + PartialEq, Q: Similarity>(self, model: Model<S, Q>) -> f32 {
        model.separation().margin() + model.beta().get()
    }
}

/// As little, with a similarity.
struct Size;

impl WithSimilarity for Size {
    type Output = usize;
    fn run<Q: Similarity>(self, _: Q) -> usize {
        size_of::<Q>()
    }
}
