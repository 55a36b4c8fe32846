//! Where a growing function passes 0, and the smallest lambda at which something holds.

use super::Error;
use super::ensemble::finite;

/// Ratio of the lambdas at which is looked: small, as a Gaussian pattern that holds fails again at a lambda that is not much larger.
const STRIDE: f64 = 1.125;
/// The part of where the search began that is nothing, and the largest lambda.
const NOTHING: f64 = 1e-6;
const MOST: f64 = 1e6;

/// The smallest lambda up to 1e6, relative to `precision`, from which on `spare` is not negative, if there is one; 0 where that is no millionth of
/// `from`, where the search begins: best near the answer. Strides until there is a bracket.
pub(super) fn smallest(from: f64, precision: f64, spare: impl Fn(f64) -> Result<f64, Error>) -> Result<Option<f64>, Error> {
    let spare = |lambda| finite("what is spare", spare(lambda)?);
    let (mut low, mut high) = (from, from);
    let mut below = spare(low)?;
    let mut above = below;
    while below >= 0.0 {
        (high, above) = (low, below);
        low /= STRIDE;
        // Two or three patterns are told apart by next to nothing.
        if low < NOTHING * from {
            return Ok(Some(0.0));
        }
        below = spare(low)?;
    }
    while above < 0.0 {
        (low, below) = (high, above);
        high *= STRIDE;
        if high > MOST {
            return Ok(None);
        }
        above = spare(high)?;
    }
    zero((low, below), (high, above), precision, spare).map(Some)
}

/// The place, relative to `precision`, where a function is not negative any more, between one at which it is negative and a higher one at which
/// it is not, each with its value: by false position; where one end stays, half of its value counts (the Illinois rule).
pub(super) fn zero(
    (mut low, mut below): (f64, f64),
    (mut high, mut above): (f64, f64),
    precision: f64,
    of: impl Fn(f64) -> Result<f64, Error>,
) -> Result<f64, Error> {
    let mut stayed = 0;
    while high - low > precision * high {
        let place = (low * above - high * below) / (above - below);
        // Also where the values say nothing.
        let place = if low < place && place < high { place } else { low.midpoint(high) };
        if place <= low || place >= high {
            break;
        }
        let value = of(place)?;
        if value < 0.0 {
            (low, below) = (place, value);
            above *= if stayed < 0 { 0.5 } else { 1.0 };
            stayed = -1;
        } else {
            (high, above) = (place, value);
            below *= if stayed > 0 { 0.5 } else { 1.0 };
            stayed = 1;
        }
    }
    Ok(high)
}
