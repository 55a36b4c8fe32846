//! What a memory says about itself before anybody asks it: how far its patterns are apart, which of them come back exactly, and which are
//! in each other's way.
//!
//! The *separation* of a pattern is how much better it resembles itself than any other stored pattern does:
//!
//! ```text
//! Delta_i = s(x_i, x_i) - max_{j != i} s(x_i, x_j)          s: dot product, cosine, negative squared distance
//! ```
//!
//! Asked with pattern i itself, a map whose margin is m (1/(alpha - 1) for entmax, 1 for sparsemax and normmax, 0 for hardmax, infinite for
//! softmax) gives it all the weight if and only if `beta Delta_i >= m`, so the pattern is an exact fixed point from `Delta_i >= m / beta`
//! on: [`needed`]. For dot products a step from any state within `(Delta_i - m / beta) / (2 max_norm)` of it returns it exactly, too:
//! [`radius`]. Where `Delta_i <= 0` another pattern, its [`rival`], answers in its place at every beta. Ramsauer et al. 2021, definition 1,
//! for the separation; the margins are those of [`Separation::margin`].
//!
//! Scores are f32: with dot products a separation is off by at most `2 (ceil(D/16) + 5) 2^-24 max_norm |x_i|`, so what is nearer than that to
//! the margin may fall to either side. A [`Certificate`](crate::Certificate) takes the error into account.

use basinet_core::{Bits, Error, Hardmax, Model, Patterns, Separation, Similarity, Softmax, Step, batch_scratch, beta};
use rayon::prelude::*;
use std::collections::HashMap;
use std::hash::{DefaultHasher, Hasher};

/// Patterns that are asked at once, so that they share what is read of the memory.
const TILE: usize = 64;

/// Rows that a tile may keep for each of its queries; hardmax needs those whose scores tie.
const CANDIDATES: usize = 64;

/// The separations of the patterns `rows`, each against all of the memory, in the order of `rows`; infinite where there is no other pattern.
///
/// By the threads of the rayon pool that the caller is in, 64 patterns at a time; `progress` hears how many more are done. The bits depend
/// neither on the number of threads nor on anything but the patterns and the list. O(R M D / threads) for R rows.
///
/// ```
/// use basinet::{Dot, Memory, insight};
/// let memory = Memory::from_rows(2, &[1.0, 0.0, 0.0, 1.0, 0.5, 0.0])?;
/// let separations = insight::separations(&memory.patterns()?, Dot, &[0, 1, 2], |_| ())?;
/// assert_eq!(separations, [0.5, 1.0, -0.25]);
/// # Ok::<(), basinet::Error>(())
/// ```
///
/// # Errors
/// [`Error::NoSuchRow`]; [`Error::ScoreNotFinite`] where a score is beyond f32.
pub fn separations<Q: Similarity>(
    patterns: &Patterns<'_>,
    similarity: Q,
    rows: &[usize],
    progress: impl Fn(usize) + Sync,
) -> Result<Vec<f32>, Error> {
    let tiles: Vec<_> = rows
        .par_chunks(TILE)
        .map(|rows| {
            let tile = tile(patterns, similarity, rows);
            progress(rows.len());
            tile
        })
        .collect();
    // Of several errors, the first in order of the rows, not in time.
    Ok(tiles.into_iter().collect::<Result<Vec<_>, _>>()?.concat())
}

fn tile<Q: Similarity>(patterns: &Patterns<'_>, similarity: Q, rows: &[usize]) -> Result<Vec<f32>, Error> {
    let (dim, count) = (patterns.dim(), patterns.count());
    let mut queries = Vec::with_capacity(rows.len() * dim);
    for &row in rows {
        queries.extend_from_slice(patterns.row(row).ok_or(Error::NoSuchRow { row, count })?);
    }
    let model = Model::new(beta!(1.0), Hardmax).with(similarity);
    let mut scratch = vec![0.0; batch_scratch(rows.len(), dim, dim, CANDIDATES.min(count))];
    let (mut states, mut steps) = (vec![0.0; queries.len()], vec![Step::default(); rows.len()]);
    model.step_batch(patterns, &queries, &mut states, &mut steps, &mut scratch)?;
    let of_row = |((&row, step), query): ((&usize, &Step), &[f32])| {
        let gap = match step.winner == row {
            true => step.gap,
            false => score(patterns, similarity, row, query)? - score(patterns, similarity, step.winner, query)?,
        };
        // Infinite only where there is no other pattern.
        Ok(if count > 1 { gap.clamp(f32::MIN, f32::MAX) } else { gap })
    };
    rows.iter().zip(&steps).zip(queries.chunks_exact(dim)).map(of_row).collect()
}

/// The score of one row.
fn score<Q: Similarity>(patterns: &Patterns<'_>, similarity: Q, row: usize, query: &[f32]) -> Result<f32, Error> {
    let numbers = patterns.row(row).ok_or(Error::NoSuchRow { row, count: patterns.count() })?;
    let mut score = [0.0];
    let scored = Model::new(beta!(1.0), Softmax).with(similarity).scores(&Patterns::new(numbers, query.len())?, query, &mut score);
    scored.map_err(|error| if matches!(error, Error::ScoreNotFinite { .. }) { Error::ScoreNotFinite { row } } else { error })?;
    Ok(score[0])
}

/// The pattern that is most like pattern `row` and not itself, the lowest of them where several are; none where it is alone. O(M D).
///
/// ```
/// use basinet::{Dot, Memory, insight};
/// let memory = Memory::from_rows(2, &[1.0, 0.0, 0.0, 1.0, 0.5, 0.0])?;
/// assert_eq!(insight::rival(&memory.patterns()?, Dot, 2)?, Some(0));
/// # Ok::<(), basinet::Error>(())
/// ```
///
/// # Errors
/// As [`separations`].
pub fn rival<Q: Similarity>(patterns: &Patterns<'_>, similarity: Q, row: usize) -> Result<Option<usize>, Error> {
    let count = patterns.count();
    let query = patterns.row(row).ok_or(Error::NoSuchRow { row, count })?;
    let mut others = vec![u64::MAX; count.div_ceil(64)];
    others[row / 64] &= !(1 << (row % 64));
    let model = Model::new(beta!(1.0), Hardmax).with(similarity).keep(Bits(&others));
    let mut work = crate::Workspace::new(patterns.dim(), CANDIDATES.min(count));
    match model.step(patterns, query, &mut vec![0.0; patterns.dim()], &mut work.scratch()) {
        Ok(step) => Ok(Some(step.winner)),
        Err(Error::AllMasked) => Ok(None),
        Err(error) => Err(error),
    }
}

/// The separation from which on a pattern is an exact fixed point of `model`: its margin over beta, in units of the scores. Infinite for
/// maps that give every pattern a weight. (k-subsets have a margin, and give k patterns all the weight they can have.) O(1).
///
/// ```
/// use basinet::{Model, Sparsemax, beta, insight};
/// assert_eq!(insight::needed(&Model::new(beta!(4.0), Sparsemax)), 0.25);
/// ```
pub fn needed<S: Separation, Q: Similarity>(model: &Model<S, Q>) -> f64 {
    f64::from(model.separation().margin()) / f64::from(model.beta().get())
}

/// Whether a pattern of this separation is an exact fixed point of a model that needs so much, [`needed`]: all the weight is its own when it
/// is asked with itself. A map without a margin needs a lead, and a tie is none. O(1).
///
/// ```
/// use basinet::insight;
/// assert!(insight::is_recallable(0.25, 0.25) && !insight::is_recallable(0.0, 0.0));
/// ```
pub fn is_recallable(separation: f32, needed: f64) -> bool {
    let spare = f64::from(separation) - needed;
    spare > 0.0 || spare == 0.0 && needed > 0.0
}

/// From how far away a pattern of this separation comes back exactly in one step, by dot products: `(Delta - needed) / (2 max_norm)`, in
/// exact arithmetic; none where it is no fixed point. `max_norm` is the largest norm of a pattern. O(1). Derived: two scores differ by at
/// least `Delta - |x_i - x_j| r` at a distance of r, and `|x_i - x_j| <= 2 max_norm`.
///
/// ```
/// use basinet::{Model, Sparsemax, beta, insight};
/// let needed = insight::needed(&Model::new(beta!(4.0), Sparsemax));
/// assert_eq!(insight::radius(1.0, needed, 1.0), Some(0.375));
/// assert_eq!(insight::radius(0.2, needed, 1.0), None);
/// ```
pub fn radius(separation: f32, needed: f64, max_norm: f32) -> Option<f64> {
    is_recallable(separation, needed).then(|| (f64::from(separation) - needed) / (2.0 * f64::from(max_norm)))
}

/// Groups of rows that are equal, number by number (-0 and 0 are equal), the lowest rows first. O(M D), with up to 40 bytes a row.
///
/// ```
/// use basinet::{Memory, insight};
/// let memory = Memory::from_rows(1, &[3.0, 1.0, 2.0, 1.0, 3.0])?;
/// assert_eq!(insight::duplicates(&memory.patterns()?), [[0, 4], [1, 3]]);
/// # Ok::<(), basinet::Error>(())
/// ```
pub fn duplicates(patterns: &Patterns<'_>) -> Vec<Vec<usize>> {
    let rows = (0..patterns.count()).filter_map(|i| Some((i, patterns.row(i)?)));
    // The first row of each hash; what has a hash of its own, nearly every row, costs no list.
    let mut first: HashMap<u64, usize> = HashMap::with_capacity(patterns.count());
    let mut groups: HashMap<usize, Vec<usize>> = HashMap::new();
    // Rows that share a hash and are not equal: once in 2^64 pairs, or by design.
    let mut others: HashMap<u64, Vec<usize>> = HashMap::new();
    for (i, row) in rows {
        let hash = hash(row);
        let Some(&head) = first.get(&hash) else {
            first.insert(hash, i);
            continue;
        };
        let strangers = others.entry(hash).or_default();
        match std::iter::once(head).chain(strangers.iter().copied()).find(|&head| patterns.row(head) == Some(row)) {
            Some(head) => groups.entry(head).or_insert_with(|| vec![head]).push(i),
            None => strangers.push(i),
        }
    }
    let mut groups: Vec<_> = groups.into_values().collect();
    groups.sort();
    groups
}

fn hash(row: &[f32]) -> u64 {
    let mut hasher = DefaultHasher::new();
    for number in row {
        // +0 makes -0 the 0 that it is equal to.
        hasher.write_u32((number + 0.0).to_bits());
    }
    hasher.finish()
}

/// Where a list of numbers lies: its least, a tenth of the way, its middle, its most. Of an even list, the upper of the two in the middle.
///
/// ```
/// use basinet::insight::Spread;
/// let spread = Spread::of(&[3.0, 1.0, 2.0]);
/// assert_eq!(spread.map(|spread| (spread.least, spread.median, spread.most)), Some((1.0, 2.0, 3.0)));
/// assert_eq!(Spread::of(&[]), None);
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "experiments", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Spread {
    /// The smallest.
    pub least: f32,
    /// A tenth of all lie below it.
    pub tenth: f32,
    /// Half of all lie below it.
    pub median: f32,
    /// The largest.
    pub most: f32,
}

impl Spread {
    /// That of these numbers; none where there are none. O(n log n).
    pub fn of(numbers: &[f32]) -> Option<Self> {
        let mut sorted = numbers.to_vec();
        sorted.sort_by(f32::total_cmp);
        let at = |place: usize| sorted.get(place).copied();
        Some(Self { least: at(0)?, tenth: at(sorted.len() / 10)?, median: at(sorted.len() / 2)?, most: at(sorted.len() - 1)? })
    }
}
