//! What can be wrong with an input, each with the numbers that a user needs to find it.

use core::fmt;

/// Why a call did not do its work. Nothing the caller owns has changed then: not `out`, not a memory, not a pass (but that
/// [`Pass::update`](crate::Pass::update) has taken in the blocks before the one it stopped at, and
/// [`Superposition::refresh`](crate::Superposition::refresh) may leave an empty memory).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Error {
    /// There is nothing to recall from, or nothing to sum.
    Empty,
    /// Patterns, a query, an output or a list of scores have another length than they must have.
    Length {
        /// What it must be.
        expected: usize,
        /// What it is.
        found: usize,
    },
    /// The numbers do not divide into rows, or a row is longer than the distance to the next.
    Shape {
        /// How many numbers there are.
        numbers: usize,
        /// Numbers of one row.
        dim: usize,
        /// Numbers from the beginning of a row to the beginning of the next.
        stride: usize,
    },
    /// More than 2^32 - 1 rows, more neurons than 2^31 - 1, or sizes whose product does not fit.
    TooLarge,
    /// The inverse temperature is not finite or below 2^-120.
    Beta,
    /// A parameter of a separation or mask is not what it must be.
    Parameter {
        /// What it must be.
        requirement: &'static str,
    },
    /// No separation, or no similarity, has this name.
    Name {
        /// The names that there are.
        expected: &'static str,
    },
    /// A cap of constrained sparsemax is not within [0, 1].
    Cap {
        /// The row whose cap it is.
        row: usize,
    },
    /// The caps of the rows that take part add up to less than one.
    CapsTooSmall,
    /// Fewer rows take part than the map spreads its weights over.
    TooFewRows {
        /// The rows it needs.
        needed: usize,
        /// The rows that took part.
        found: usize,
    },
    /// A number of the query or state is NaN or infinite.
    QueryNotFinite {
        /// Where it stands.
        index: usize,
    },
    /// The score of a row is NaN or infinite: the row holds such a number, or the score overflows.
    ScoreNotFinite {
        /// The row.
        row: usize,
    },
    /// A feature is NaN or infinite: a weight or the bias is, or their sum overflows.
    FeatureNotFinite {
        /// Where it stands among the features; of many patterns, counted through all of theirs.
        index: usize,
    },
    /// The features that were to have unit length are all zero.
    ZeroFeatures {
        /// The pattern, or the query, whose they are; 0 where there is but one.
        row: usize,
    },
    /// The scores, or their powers, do not add up to a positive number: their sum cannot normalise them.
    SumNotPositive,
    /// A row cannot be taken for a distribution: a number of it is negative, or all are zero.
    NoDistribution {
        /// The row; `None` where it is the query.
        row: Option<usize>,
    },
    /// A query has no kernel above zero with any memory: the weights have no sum to be divided by.
    ZeroMass,
    /// A number that would be stored is NaN or infinite.
    PatternNotFinite {
        /// Where it stands in the row.
        index: usize,
    },
    /// A number that would be packed into a bit has no sign: it is zero or NaN.
    NoSign {
        /// Where it stands.
        index: usize,
    },
    /// The Euclidean norm of a pattern that would be stored is beyond f32.
    NormOverflow,
    /// A store has no room for another row.
    StoreFull {
        /// Rows that it holds.
        capacity: usize,
    },
    /// There is no such row to replace.
    NoSuchRow {
        /// The row asked for.
        row: usize,
        /// Rows that there are.
        count: usize,
    },
    /// A number of the result is NaN or infinite: a value with a positive weight is, or their sum overflows.
    OutputNotFinite,
    /// Every row is masked.
    AllMasked,
    /// The rows of a sparse map's support were not read out before the pass was finished.
    NotReadOut,
    /// The scratch memory is too small for rows, or features, of this length, or for so many rows of bits.
    Scratch {
        /// Numbers a row of values, or the features, have; rows of bits that there are, or words of a state.
        needed: usize,
        /// Numbers the scratch memory holds.
        found: usize,
    },
    /// The candidates' memory is full, and the rows of a stream cannot be read again. The pass is that of exactly the rows consumed.
    Full {
        /// Rows of this call that were taken in.
        consumed: usize,
    },
    /// The two passes differ in model, query, or length of rows.
    UnlikePasses,
    /// The list of kept rows is not in ascending order, or names a row twice.
    Unsorted {
        /// Where in the list.
        index: usize,
    },
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::Empty => f.write_str("there is nothing to work on: no rows, or an empty query, output or list"),
            Self::Length { expected, found } => write!(f, "expected {expected} numbers, found {found}"),
            Self::Shape { numbers, dim, stride } => {
                write!(f, "{numbers} numbers are not rows of {dim}, {stride} apart")
            }
            Self::TooLarge => f.write_str("more rows, or neurons, than can be counted"),
            Self::Beta => f.write_str("the inverse temperature beta must be finite and at least 2^-120"),
            Self::Parameter { requirement } => f.write_str(requirement),
            Self::Name { expected } => f.write_str(expected),
            Self::Cap { row } => write!(f, "the cap of row {row} is not within 0 and 1"),
            Self::CapsTooSmall => f.write_str("the caps of the rows add up to less than one"),
            Self::TooFewRows { needed, found } => write!(f, "{needed} rows are needed, found {found}"),
            Self::QueryNotFinite { index } => write!(f, "number {index} of the query is NaN or infinite"),
            Self::ScoreNotFinite { row } => {
                write!(f, "the score of row {row} is NaN or infinite: the row holds such a number, or the score overflows")
            }
            Self::FeatureNotFinite { index } => {
                write!(f, "feature {index} is NaN or infinite: a weight or the bias is, or their sum overflows")
            }
            Self::ZeroFeatures { row } => write!(f, "the features of row {row} are all zero and have no direction"),
            Self::SumNotPositive => f.write_str("the scores, or their powers, do not add up to a positive number"),
            Self::NoDistribution { row: Some(row) } => write!(f, "row {row} is no distribution: it has a negative number, or only zeros"),
            Self::NoDistribution { row: None } => f.write_str("the query is no distribution: it has a negative number, or only zeros"),
            Self::ZeroMass => f.write_str("the kernel of the query is zero with every memory"),
            Self::PatternNotFinite { index } => write!(f, "number {index} of the pattern is NaN or infinite"),
            Self::NoSign { index } => write!(f, "number {index} has no sign: it is zero or NaN"),
            Self::NormOverflow => f.write_str("the norm of the pattern is beyond f32"),
            Self::StoreFull { capacity } => write!(f, "the store is full: it holds {capacity} rows"),
            Self::NoSuchRow { row, count } => write!(f, "there is no row {row} among {count}"),
            Self::OutputNotFinite => f.write_str("the result is not finite: a value that takes part is not, or their sum overflows"),
            Self::AllMasked => f.write_str("every row is masked"),
            Self::NotReadOut => f.write_str("read out the rows before finishing the pass"),
            Self::Scratch { needed, found } => {
                write!(f, "room for {needed} numbers is needed in the scratch memory, found {found}")
            }
            Self::Full { consumed } => write!(f, "the candidates' memory is full after {consumed} rows of this call"),
            Self::UnlikePasses => f.write_str("the passes differ in model, query, or length of rows"),
            Self::Unsorted { index } => write!(f, "the list of kept rows does not ascend at position {index}"),
        }
    }
}

impl core::error::Error for Error {}
