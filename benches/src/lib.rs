//! Measuring Basinet: the data, what it is measured against, and how two things are timed fairly.

pub mod baseline;
pub mod data;

use std::time::Instant;

/// One thing to time: a name and the work.
pub type Contender<'a> = (&'a str, &'a mut dyn FnMut());

/// Times the contenders in turn, `rounds` times, beginning with another one each round; gives the median seconds of each.
pub fn interleaved(rounds: usize, contenders: &mut [Contender<'_>]) -> Vec<f64> {
    let count = contenders.len();
    let mut seconds = vec![Vec::with_capacity(rounds); count];
    for round in 0..rounds + 1 {
        for turn in 0..count {
            let who = (turn + round) % count;
            let begin = Instant::now();
            (contenders[who].1)();
            // The first round warms up.
            if round > 0 {
                seconds[who].push(begin.elapsed().as_secs_f64());
            }
        }
    }
    seconds.into_iter().map(median).collect()
}

/// The median.
pub fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}
