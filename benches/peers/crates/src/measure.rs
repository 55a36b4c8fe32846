//! Interleaved rounds, and the rows that come of them.

use std::error::Error;
use std::hint::black_box;
use std::time::Instant;

/// How the measuring is done.
pub struct Bench {
    pub rounds: usize,
    /// Of one measurement, at least.
    pub seconds: f64,
}

/// What a row is about.
pub struct Row<'a> {
    pub peer: &'a str,
    pub version: &'a str,
    pub map: String,
    /// Queries, patterns, numbers of a pattern.
    pub shape: (usize, usize, usize),
    /// The peer computes in f64: where its result is not ours, ours is wrong.
    pub is_exact: bool,
}

/// One way to do the work: gives its result.
pub type Side<'a> = &'a mut dyn FnMut() -> Result<Vec<f64>, Box<dyn Error>>;

fn seconds(side: &mut Side, repeats: usize) -> Result<f64, Box<dyn Error>> {
    let begun = Instant::now();
    for _ in 0..repeats {
        black_box(side()?);
    }
    Ok(begun.elapsed().as_secs_f64() / repeats as f64)
}

impl Bench {
    /// How often a side has to run for one measurement.
    fn repeats(&self, side: &mut Side) -> Result<usize, Box<dyn Error>> {
        Ok((self.seconds / seconds(side, 1)?.max(1e-7)).round().max(1.0) as usize)
    }

    /// Checks that both results are the same within `bound`, times both in turn, and prints the row; one without times where they are not.
    pub fn compare(&self, row: &Row, mut ours: Side, mut peer: Side, bound: f64) -> Result<(), Box<dyn Error>> {
        let (expected, found) = (ours()?, peer()?);
        let apart = expected.iter().zip(&found).fold(0.0f64, |most, (a, b)| most.max((a - b).abs()));
        let (queries, patterns, dim) = row.shape;
        let Row { peer: name, version, map, .. } = row;
        let head = format!("{name},{version},{map},{queries},{patterns},{dim},1");
        if expected.len() != found.len() || apart.is_nan() || apart > bound {
            println!("{head},0,,,,{apart:.2e}");
            return if row.is_exact { Err(format!("ours is off: {head}, by {apart:.3e}, allowed {bound:.3e}").into()) } else { Ok(()) };
        }
        let repeats = [self.repeats(&mut ours)?, self.repeats(&mut peer)?];
        let mut ratios = Vec::with_capacity(self.rounds);
        for round in 0..self.rounds {
            let [mut own, mut other] = [0.0; 2];
            for turn in 0..2 {
                if (turn + round) % 2 == 0 {
                    own = seconds(&mut ours, repeats[0])?;
                } else {
                    other = seconds(&mut peer, repeats[1])?;
                }
            }
            ratios.push(other / own);
        }
        ratios.sort_by(f64::total_cmp);
        let middle = (ratios[(ratios.len() - 1) / 2] + ratios[ratios.len() / 2]) / 2.0;
        let (least, most) = (ratios[0], ratios[ratios.len() - 1]);
        println!("{head},{},{middle:.3},{least:.3},{most:.3},{apart:.2e}", self.rounds);
        Ok(())
    }
}

/// The version of a crate that this program was built with, from the lock file.
pub fn version(name: &str) -> &'static str {
    const LOCK: &str = include_str!("../Cargo.lock");
    let head = format!("name = \"{name}\"\nversion = \"");
    LOCK.split_once(&head).and_then(|(_, rest)| rest.split_once('"')).map_or("unknown", |(version, _)| version)
}
