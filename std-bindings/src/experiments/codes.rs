//! How near trained codes come to the best known ones, and how long that takes.

use super::Error;
use crate::codes::{self, Known};
use crate::feature_map::{Reached, Training};
use serde::Serialize;

/// The experiment: free points, placed as far apart as training can, for each of [`TARGETS`](codes::TARGETS).
#[derive(Clone, Debug)]
pub struct Codes {
    /// How they are placed.
    pub training: Training,
}

impl Default for Codes {
    /// The default starts.
    fn default() -> Self {
        Self { training: Training::code() }
    }
}

/// A code, how far it is from the best known, and between which bounds.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct CodeRow {
    /// D.
    pub dim: usize,
    /// M.
    pub points: usize,
    /// The smallest angle that was reached, in degrees.
    pub degrees: f64,
    /// That of the best known code.
    pub best_known: f64,
    /// By how much it is missed, in degrees.
    pub missed: f64,
    /// The smallest separation, `1 - max cos`.
    pub separation: f64,
    /// No code has a larger one: [`fejes_toth`](codes::fejes_toth) in three dimensions, elsewhere [`optimum`](codes::optimum) where it is known.
    pub proven: Option<f64>,
    /// [`upper_bound`](codes::upper_bound).
    pub upper: f64,
    /// [`lower_bound`](codes::lower_bound).
    pub lower: f64,
    /// Seconds for all starts.
    pub seconds: f64,
}

impl Codes {
    /// Codes.
    #[must_use]
    pub fn pieces(&self) -> usize {
        codes::TARGETS.len()
    }

    /// A row for each code. All but the seconds is the same every time. O(M^2 D) for each step of each start.
    ///
    /// # Errors
    /// [`Error::Features`] where the options make no sense.
    pub fn run(&self, done: impl Fn() + Sync) -> Result<Vec<CodeRow>, Error> {
        self.training.targets(|_| done())?.iter().map(row).collect()
    }
}

fn row(reached: &Reached) -> Result<CodeRow, Error> {
    let Known { dim, count, degrees: best_known, .. } = reached.known;
    let proven = if dim == 3 { Some(codes::fejes_toth(count)?) } else { codes::optimum(count, dim)? };
    Ok(CodeRow {
        dim,
        points: count,
        degrees: reached.degrees,
        best_known,
        missed: best_known - reached.degrees,
        separation: 1.0 - libm::cos(reached.degrees.to_radians()),
        proven,
        upper: codes::upper_bound(count, dim)?,
        lower: codes::lower_bound(count, dim)?,
        seconds: reached.time.as_secs_f64(),
    })
}
