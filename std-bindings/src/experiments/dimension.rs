//! How many features M patterns need to be told apart.
//!
//! The features of patterns that are linearly independent are free points. For each M and growing D, points are placed as far apart as
//! training can; the first D at which they are far enough is the answer: an upper bound of what the best code would need.

use super::Error;
use super::fit::Line;
use crate::codes;
use crate::feature_map::{Temperatures, Training};
use serde::Serialize;
use std::fmt;

/// When points are far enough from each other.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub enum Criterion {
    /// No cosine is above this.
    Cosine(f64),
    /// Well separated at this inverse temperature, [`needed`](codes::needed): basins have the radius R, half of the smallest distance.
    WellSeparated(f64),
}

impl Criterion {
    /// Whether so many points with this smallest separation are.
    fn holds(self, points: usize, separation: f64) -> Result<bool, Error> {
        Ok(match self {
            Self::Cosine(most) => 1.0 - separation <= most,
            // |u - v|^2 = 2 - 2 cos; points that coincide are not separated.
            Self::WellSeparated(beta) => separation > 0.0 && separation >= codes::needed(beta, points, (2.0 * separation).sqrt() / 2.0)?,
        })
    }
}

impl fmt::Display for Criterion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Cosine(most) => write!(f, "largest cosine at most {most}"),
            Self::WellSeparated(beta) => write!(f, "well separated at beta {beta}"),
        }
    }
}

/// The experiment.
#[derive(Clone, Debug)]
pub struct Dimension {
    /// M.
    pub points: Vec<usize>,
    /// What is asked of them.
    pub criteria: Vec<Criterion>,
    /// How they are placed.
    pub training: Training,
    /// The largest D that is tried.
    pub most: usize,
}

impl Default for Dimension {
    fn default() -> Self {
        Self {
            points: (4..=12).map(|k| 1 << k).collect(),
            criteria: vec![Criterion::Cosine(0.5), Criterion::WellSeparated(32.0)],
            training: Training {
                starts: 2,
                iterations: 150,
                temperatures: Temperatures { first: vec![0.1], last: 2e-3 },
                ..Training::code()
            },
            most: 40,
        }
    }
}

/// The smallest D for M points.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct DimensionRow {
    /// What was asked of them.
    pub criterion: String,
    /// M.
    pub points: usize,
    /// D.
    pub dim: usize,
    /// The smallest separation there.
    pub separation: f64,
    /// The smallest separation in one dimension fewer, where that was tried.
    pub before: Option<f64>,
}

/// Growth of D with M: two lines of least squares.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Growth {
    /// What was asked of the points.
    pub criterion: String,
    /// D against ln M.
    pub logarithmic: Line,
    /// ln D against ln M; D grows as a power of M if this is straight.
    pub power: Line,
}

impl Dimension {
    /// Numbers of points.
    #[must_use]
    pub fn pieces(&self) -> usize {
        self.points.len()
    }

    /// A row for each criterion and M, in this order and M from the smallest up. O(M^2 D) for each step of each start at each D that is tried:
    /// from the smallest D of the last M on, as fewer will not do for more points.
    ///
    /// # Errors
    /// [`Error::NotSeparated`]; [`Error::Features`] where the options make no sense.
    pub fn run(&self, done: impl Fn() + Sync) -> Result<Vec<DimensionRow>, Error> {
        let mut found: Vec<Vec<DimensionRow>> = vec![Vec::new(); self.criteria.len()];
        let mut counts = self.points.clone();
        counts.sort_unstable();
        for points in counts {
            let mut placed: Vec<(usize, f64)> = Vec::new();
            for (criterion, rows) in self.criteria.iter().zip(&mut found) {
                let from = rows.last().map_or(2, |row| row.dim);
                rows.push(self.smallest(*criterion, points, from, &mut placed)?);
            }
            done();
        }
        Ok(found.into_iter().flatten().collect())
    }

    /// The smallest D, from `from` on; `placed` are the separations of this M that are known.
    fn smallest(&self, criterion: Criterion, points: usize, from: usize, placed: &mut Vec<(usize, f64)>) -> Result<DimensionRow, Error> {
        let mut before = None;
        for dim in from..=self.most {
            let known = placed.iter().find(|(d, _)| *d == dim).map(|(_, separation)| *separation);
            let separation = match known {
                Some(separation) => separation,
                None => self.training.points(points, dim, |_| ())?.separation,
            };
            if known.is_none() {
                placed.push((dim, separation));
            }
            if criterion.holds(points, separation)? {
                return Ok(DimensionRow { criterion: criterion.to_string(), points, dim, separation, before });
            }
            before = Some(separation);
        }
        Err(Error::NotSeparated { points, most: self.most })
    }
}

impl Growth {
    /// How D grows in the rows, for each criterion, in the order of the rows; those of fewer than two M are left out.
    #[must_use]
    pub fn of(rows: &[DimensionRow]) -> Vec<Self> {
        let same = |a: &DimensionRow, b: &DimensionRow| a.criterion == b.criterion;
        let growth = |rows: &[DimensionRow]| {
            let log = |x: usize| libm::log(x as f64);
            let logarithmic = Line::through(&rows.iter().map(|row| (log(row.points), row.dim as f64)).collect::<Vec<_>>())?;
            let power = Line::through(&rows.iter().map(|row| (log(row.points), log(row.dim))).collect::<Vec<_>>())?;
            Some(Self { criterion: rows.first()?.criterion.clone(), logarithmic, power })
        };
        rows.chunk_by(same).filter_map(growth).collect()
    }
}
