//! What the fingerprints run over: shapes that cross the lanes (D around 1, 8, 16, 32, 64, 128, 256), the blocks
//! (M around 64 and 128) and, in the full set, the chunks (M around 4096); patterns with ties, large and small scores;
//! inverse temperatures from the mean of all patterns to the arg-max.
//!
//! Nothing is stored: [`Case::generate`] makes the numbers where they are needed, the same bits on each target.

use crate::generator::SplitMix64;

/// The inverse temperatures at which weights are taken.
pub const BETAS: [f32; 6] = [1e-6, 0.05, 1.0, 8.0, 1e3, 1e6];

/// At most so many steps are taken where a state settles, where it is transformed, and where it is mapped.
pub const SETTLE_STEPS: usize = 3;
/// See [`SETTLE_STEPS`].
pub const TRANSFORMED_STEPS: usize = 2;
/// See [`SETTLE_STEPS`].
pub const MAPPED_STEPS: usize = 2;
/// At most so often rows are read where candidates do not fit.
const OVERFLOW_PASSES: usize = 48;

/// What the patterns and the query look like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Data {
    /// Entries around 0.6; the query is a pattern with noise.
    Noise,
    /// The second half repeats the first: every score is tied.
    Repeated,
    /// A query of zeros: all scores are 0.
    ZeroQuery,
    /// Entries times 64: scores of 1e4 and more.
    Large,
    /// Entries over 64: scores of 1e-3, so that beta = 1000 is moderate.
    Faint,
}

/// What is done beside plain recall: with every separation, where nothing else is said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Extra {
    /// Nothing.
    Plain,
    /// Recall within a third of the rows around the middle.
    Window,
    /// Recall with every third row switched off.
    Bits,
    /// Recall with rows left out at random.
    Random,
    /// Values of this width are read out.
    Values(usize),
    /// Recall with too few candidates, which takes more passes and must give the same bits.
    Overflow,
    /// Recall piece by piece: one pass cut at block ends, then two passes merged; the normaliser travels as bytes.
    Pieces,
    /// Recall by cosine and by squared distance.
    Compared,
    /// Steps until nothing changes, the report on them, and what is certain about the last.
    Settled,
    /// The same with each transformation of the state.
    Transformed,
    /// The change of the weights with the scores, and, for entmax of several alphas, with alpha.
    Derived,
    /// Free recall, which has a separation of its own.
    Free,
    /// Recall through a linear map to so many features, with a bias.
    Mapped(usize),
    /// Recall through a map to so many features of unit length.
    Unit(usize),
}

/// One memory, one query and what is asked of them.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Case {
    /// D.
    pub dim: usize,
    /// M.
    pub rows: usize,
    /// The numbers.
    pub data: Data,
    /// The inverse temperature of the steps.
    pub beta: f32,
    /// At most so many steps are taken.
    pub steps: usize,
    /// What else is done.
    pub extra: Extra,
}

/// A case of the list below.
const fn case(dim: usize, rows: usize, data: Data, beta: f32, steps: usize, extra: Extra) -> Case {
    Case { dim, rows, data, beta, steps, extra }
}

/// The set that every target meets: it fits 32 KB and 2 million multiply-adds.
pub const SMALL: [Case; 26] = [
    case(1, 65, Data::Noise, 8.0, 3, Extra::Window),
    case(2, 130, Data::Noise, 1.0, 3, Extra::Bits),
    case(2, 130, Data::Noise, 8.0, 1, Extra::Pieces),
    case(3, 40, Data::Noise, 8.0, 1, Extra::Settled),
    case(3, 40, Data::Repeated, 1.0, 1, Extra::Settled),
    case(3, 5, Data::Noise, 1.0, 1, Extra::Mapped(17)),
    case(3, 65, Data::Noise, 0.05, 1, Extra::Overflow),
    case(4, 33, Data::Noise, 1.0, 1, Extra::Free),
    case(5, 130, Data::Noise, 1e-6, 2, Extra::Derived),
    case(6, 7, Data::Noise, 8.0, 1, Extra::Unit(2)),
    case(7, 64, Data::Noise, 8.0, 3, Extra::Values(9)),
    case(8, 65, Data::ZeroQuery, 1.0, 1, Extra::Random),
    case(9, 33, Data::Noise, 8.0, 1, Extra::Compared),
    case(15, 63, Data::Repeated, 8.0, 1, Extra::Values(33)),
    case(16, 65, Data::Large, 1.0, 1, Extra::Plain),
    case(16, 33, Data::Repeated, 1e6, 2, Extra::Plain),
    case(17, 15, Data::Noise, 1.0, 1, Extra::Transformed),
    case(17, 65, Data::Noise, 1.0, 1, Extra::Values(17)),
    case(31, 17, Data::Faint, 1e3, 2, Extra::Bits),
    case(33, 33, Data::Noise, 0.05, 1, Extra::Window),
    case(64, 15, Data::Noise, 8.0, 1, Extra::Derived),
    case(65, 15, Data::Noise, 1.0, 1, Extra::Plain),
    case(65, 2, Data::Noise, 1e3, 2, Extra::Compared),
    case(128, 7, Data::Faint, 1e3, 1, Extra::Plain),
    case(257, 3, Data::Noise, 0.05, 1, Extra::Values(1)),
    case(257, 1, Data::Noise, 1e6, 1, Extra::Plain),
];

/// The largest of each in [`SMALL`], for arrays.
pub mod small {
    /// Numbers in patterns and values together.
    pub const NUMBERS: usize = 4096;
    /// D, and the width of the values.
    pub const DIM: usize = 257;
    /// M.
    pub const ROWS: usize = 130;
    /// D of the cases that take a second scratch memory: [`Extra::Pieces`](super::Extra::Pieces),
    /// [`Extra::Overflow`](super::Extra::Overflow).
    pub const SECOND_DIM: usize = 16;
}

/// The memories of the full set whose rows go beyond a block, around the chunk boundary at 4096 and up to 5,000.
const TALL: [(usize, usize); 12] = [
    (1, 5000),
    (2, 4097),
    (7, 4096),
    (16, 4097),
    (17, 5000),
    (33, 4160),
    (64, 4095),
    (65, 4224),
    (128, 5000),
    (257, 5000),
    (3, 4097),
    (12, 4160),
];

/// What is done with them, one after the other.
const TALL_EXTRAS: [Extra; 12] = [
    Extra::Overflow,
    Extra::Window,
    Extra::Bits,
    Extra::Values(5),
    Extra::Settled,
    Extra::Compared,
    Extra::Derived,
    Extra::Random,
    Extra::Free,
    Extra::Transformed,
    Extra::Mapped(5),
    Extra::Unit(20),
];

/// The full set: every D from 1 to 257, with rows, data, inverse temperatures and extras taken in turn (their numbers are
/// 7, 5, 6 and 13, so that combinations meet); then tall memories.
pub fn full() -> impl Iterator<Item = Case> {
    let sweep = (1..=257).map(|dim| {
        let rows = [1, 2, 63, 64, 65, 130, 257][dim % 7];
        let tall = TALL_EXTRAS.into_iter().chain([Extra::Pieces]).nth(dim / 5 % 13).unwrap_or(Extra::Plain);
        let extra = match tall {
            Extra::Values(_) => Extra::Values(1 + dim / 2),
            Extra::Mapped(_) => Extra::Mapped(1 + dim / 2),
            Extra::Unit(_) => Extra::Unit(1 + dim / 2),
            extra => extra,
        };
        case(dim, rows, data(dim), BETAS[dim % 6], 2, extra)
    });
    let tall = TALL.into_iter().zip(TALL_EXTRAS).enumerate().flat_map(|(i, ((dim, rows), extra))| {
        [case(dim, rows, data(i), BETAS[i % 6], 1, extra), case(dim, rows, Data::Noise, 8.0, 1, Extra::Pieces)]
    });
    sweep.chain(tall)
}

/// One kind of data after the other.
fn data(turn: usize) -> Data {
    [Data::Noise, Data::Repeated, Data::Faint, Data::Large, Data::ZeroQuery][turn % 5]
}

impl Case {
    /// The width of the values; that of the patterns where there are none.
    #[must_use]
    pub const fn width(&self) -> usize {
        match self.extra {
            Extra::Values(width) => width,
            _ => self.dim,
        }
    }

    /// How many numbers the values have, or the map: its weights, and its bias.
    #[must_use]
    pub const fn value_numbers(&self) -> usize {
        match self.extra {
            Extra::Values(width) => width * self.rows,
            Extra::Mapped(features) => features * self.dim + features,
            Extra::Unit(features) => features * self.dim,
            _ => 0,
        }
    }

    /// How many numbers are made of them: a value, or the features of all rows and of three states.
    #[must_use]
    pub const fn made_numbers(&self) -> usize {
        match self.extra {
            Extra::Values(width) => width,
            Extra::Mapped(features) | Extra::Unit(features) => features * (self.rows + 3),
            _ => 0,
        }
    }

    /// An upper bound for the multiply-adds of one separation: an energy takes two passes where weights are nearly equal, a step is scores
    /// and sum, and the scores of the next state are taken twice (to see that all are finite, and to write them).
    #[must_use]
    pub const fn multiply_adds(&self) -> usize {
        let once = self.dim * self.rows;
        let extra = match self.extra {
            Extra::Plain | Extra::Free => 0,
            Extra::Derived => 2 * once,
            Extra::Overflow => OVERFLOW_PASSES * once,
            Extra::Window | Extra::Bits | Extra::Random => 2 * once,
            Extra::Values(_) => once + self.value_numbers(),
            Extra::Pieces => 6 * once,
            Extra::Compared => 14 * once,
            Extra::Settled => (5 * SETTLE_STEPS + 4) * once,
            Extra::Transformed => 3 * (2 * TRANSFORMED_STEPS + 2) * once,
            // Two steps, the steps of settling with weights compared in all but the first, the report, an energy.
            Extra::Mapped(features) | Extra::Unit(features) => {
                features * self.dim * (3 * MAPPED_STEPS + 3) + features * self.rows * (3 * MAPPED_STEPS + 4) + (2 + MAPPED_STEPS) * once
            }
        };
        (2 + 6 * self.steps) * once + extra
    }

    /// Fills M*D patterns, the values and D numbers of the query. Every number is exact in f32.
    pub fn generate(&self, patterns: &mut [f32], values: &mut [f32], query: &mut [f32]) {
        let mut random = SplitMix64::new(((self.dim as u64) << 32) ^ ((self.rows as u64) << 8) ^ self.data as u64);
        let scale = match self.data {
            Data::Large => 64.0,
            Data::Faint => 1.0 / 64.0,
            Data::Noise | Data::Repeated | Data::ZeroQuery => 1.0,
        };
        random.fill(patterns, scale);
        if self.data == Data::Repeated {
            let (first, second) = patterns.split_at_mut(self.rows.div_ceil(2) * self.dim);
            for (copy, x) in second.iter_mut().zip(first) {
                *copy = *x;
            }
        }
        random.fill(values, 1.0);
        random.fill(query, scale / 4.0);
        let near = random.index(self.rows) * self.dim;
        for (q, x) in query.iter_mut().zip(patterns.iter().skip(near)) {
            *q = if self.data == Data::ZeroQuery { 0.0 } else { *q + *x };
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_small_set_keeps_its_budget() {
        for case in SMALL {
            assert!(case.dim * case.rows + case.value_numbers() + case.made_numbers() <= small::NUMBERS, "{case:?}");
            assert!(case.dim <= small::DIM && case.width() <= small::DIM && case.rows <= small::ROWS, "{case:?}");
        }
        let second = |case: &&Case| matches!(case.extra, Extra::Pieces | Extra::Overflow);
        assert!(SMALL.iter().filter(second).all(|case| case.dim <= small::SECOND_DIM));
        // The scores once for all, free recall, the features of all rows, twelve separations.
        let once = |case: &Case| match case.extra {
            Extra::Free => 14,
            Extra::Mapped(features) | Extra::Unit(features) => 2 + 2 * features,
            _ => 2,
        };
        let of = |case: &Case| case.dim * case.rows * once(case) + 12 * case.multiply_adds();
        let all: usize = SMALL.iter().map(of).sum();
        assert!(all <= 2_000_000, "{all} multiply-adds");
    }

    #[test]
    fn the_small_set_has_the_shapes_that_matter() {
        for dim in [1, 2, 7, 15, 16, 17, 31, 33, 64, 65, 128, 257] {
            assert!(SMALL.iter().any(|case| case.dim == dim), "no D = {dim}");
        }
        for rows in [1, 2, 63, 64, 65, 130] {
            assert!(SMALL.iter().any(|case| case.rows == rows), "no M = {rows}");
        }
        for beta in BETAS {
            assert!(SMALL.iter().any(|case| case.beta == beta), "no steps at beta = {beta}");
        }
        let kinds = TALL_EXTRAS.into_iter().chain([Extra::Plain, Extra::Pieces]).map(|extra| core::mem::discriminant(&extra));
        for kind in kinds {
            assert!(SMALL.iter().any(|case| core::mem::discriminant(&case.extra) == kind), "no {kind:?}");
        }
    }

    #[test]
    fn the_full_set_reaches_its_bounds() {
        assert!((1..=257).all(|dim| full().any(|case| case.dim == dim)));
        assert!(full().any(|case| case.rows == 4095) && full().any(|case| case.rows == 4097));
        assert_eq!(full().map(|case| case.rows).max(), Some(5000));
        assert!(full().all(|case| case.dim <= 257 && case.width() <= 257));
    }

    #[test]
    fn repeated_rows_repeat_and_queries_stay_exact() {
        let case = SMALL[13];
        let (mut x, mut v, mut q) = ([0.0; 15 * 63], [0.0; 33 * 63], [0.0; 15]);
        case.generate(&mut x, &mut v, &mut q);
        assert_eq!(x[..15 * 31], x[15 * 32..]);
        assert!(q.iter().all(|q| (q * 262_144.0).fract() == 0.0) && v.iter().any(|v| *v != 0.0));
    }
}
