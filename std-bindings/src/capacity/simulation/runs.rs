//! Runs of the dynamics side by side, from one that stays to one that does not.

use super::Error;
use super::drawn::Drawn;
use super::measure::Clock;

/// Runs of a batch: as many as a panel of the library's batches has room for.
pub const RUNS: usize = 16;
/// After so many steps a run is judged where it is.
const STEPS: usize = 400;
/// A run that moves less than this, times sqrt N, has converged.
const STILL: f64 = 1e-6;

/// When a run is lost.
#[derive(Clone, Copy)]
pub struct Rule {
    /// The overlap that it has to keep.
    pub overlap: f64,
    /// Below it and falling is lost already; otherwise it may come back, and has to converge.
    pub falling: bool,
}

/// Where a run begins, and at which lambda.
pub struct Start {
    pub lambda: f64,
    pub state: Vec<f32>,
}

/// How many of the runs stay, if those that do come first: a run that stays vouches for all before it, one that is lost for all behind it, and
/// only those between are followed.
pub fn staying(drawn: &Drawn, starts: Vec<Start>, rule: Rule, clock: &mut Clock) -> Result<usize, Error> {
    let mut runs: Vec<(Start, f64)> =
        starts.into_iter().map(|start| (drawn.overlap(&start.state), start)).map(|(m, start)| (start, m)).collect();
    let (mut held, mut lost) = (0, runs.len());
    for _ in 0..STEPS {
        let followed = &mut runs[held..lost];
        let query = |(start, _): &(Start, f64)| start.state.iter().map(|&x| (start.lambda * f64::from(x)) as f32).collect::<Vec<_>>();
        let queries: Vec<f32> = followed.iter().flat_map(query).collect();
        let next = clock.time(followed.len(), || drawn.recall(&queries))?;
        let neurons = queries.len() / followed.len();
        for (k, ((start, overlap), next)) in (held..lost).zip(followed.iter_mut().zip(next.chunks_exact(neurons))) {
            let still = distance(&start.state, next) < STILL * (neurons as f64).sqrt();
            start.state.copy_from_slice(next);
            let before = std::mem::replace(overlap, drawn.overlap(next));
            let keeps = *overlap > rule.overlap;
            if still && keeps {
                held = k + 1;
            } else if still || (rule.falling && !keeps && *overlap < before) {
                lost = k;
                break;
            }
        }
        if held == lost {
            return Ok(held);
        }
    }
    Ok((held..lost).find(|&k| runs[k].1 <= rule.overlap).unwrap_or(lost))
}

fn distance(a: &[f32], b: &[f32]) -> f64 {
    a.iter().zip(b).map(|(&a, &b)| f64::from(a) - f64::from(b)).map(|d| d * d).sum::<f64>().sqrt()
}
