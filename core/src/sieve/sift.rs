//! The search for the rows that matter.

use super::level::{Asked, Level};
use super::list::{BEST, List, PENDING};
use crate::compressed::Code;
use crate::dispatch::Kernels;
use crate::kernels::{BLOCK, Leader};
use crate::patterns::Rows;
use crate::recall::{Model, Pass, Scratch, Sifted, State, StateOf, Step, kept, mask};
use crate::separation::Separation;
use crate::similarity::Dot;

/// Rows after which it is asked whether scanning pays.
const PIECE: usize = 8 * BLOCK;
/// A piece of which more than one row in so many is kept was scanned in vain.
const FEW: usize = 8;
/// What is scanned in vain may cost one byte in so many of the patterns'. Where hardly more was scanned, plain recall begins anew.
const VAIN: u64 = 15;
/// A piece that would be kept under the best leader there can be counts as so many: there will be others like it.
const HOPELESS: u64 = 4;
/// A level of which a row costs at most one byte in so many of a pattern's is scanned to its end while there is hope: the winner may come
/// last.
const CHEAP: u64 = 8;
/// What keeping a row costs, and reading one by itself, in bytes that a stream would bring in that time.
const KEPT: u64 = 64;
const ALONE: u64 = 768;
/// How often the best rows are read, and the floor raised, before the others are.
const ROUNDS: usize = 4;

/// What a certified recall did.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub struct Sifting {
    /// The report of the step. Its gap is a lower bound: unread rows have a bound on their scores and no score.
    pub step: Step,
    /// Dense maps: a bound on the weights of the rows unread, together, in units of the winner's weight. Sparse maps: 0.
    pub tail: f64,
    /// Rows whose scores were computed from the patterns themselves.
    pub rows_read: usize,
    /// Bytes read for scores: of levels, and of patterns in full. Those of a read-out come on top, the support's.
    pub bytes_read: u64,
}

/// What a search read, whatever came of it, and the tail that it left.
#[derive(Clone, Copy, Debug, Default)]
pub struct Spent {
    pub rows: usize,
    pub bytes: u64,
    pub tail: f64,
}

/// Bytes of a row in full.
pub fn bytes(keys: &impl Rows) -> u64 {
    keys.dim() as u64 * 4
}

/// What to look for, and in what.
pub struct Sift<'a, S, K, C, R> {
    pub model: &'a Model<S, Dot, K>,
    pub levels: &'a [Level<'a, C>],
    pub tail: f64,
    pub keys: &'a R,
    pub query: &'a [f32],
}

/// What is known so far.
struct Progress {
    list: List,
    /// The largest lower bound of a score.
    lower: f32,
    /// The same of the rows as they stand on the list, where a row that was read for its bound is still pending.
    listed: f32,
    /// The largest bound of a row that was read because of it.
    peak: f32,
    /// Rows that take part.
    rows: u32,
    read: usize,
    bytes: u64,
}

impl<S: Separation, K: Kernels, C: Code, R: Rows> Sift<'_, S, K, C, R> {
    /// The whole recall; none where a finer level, or plain recall, has to do it.
    pub fn run(&self, values: &impl Rows, out: &mut [f32], scratch: &mut Scratch<'_>, spent: &mut Spent) -> Option<Step> {
        let list = List::NONE;
        let (lower, listed, peak) = (f32::NEG_INFINITY, f32::NEG_INFINITY, f32::NEG_INFINITY);
        let mut progress = Progress { list, lower, listed, peak, rows: 0, read: 0, bytes: 0 };
        let searched = self.search(&mut progress, scratch);
        (spent.rows, spent.bytes) = (progress.read, progress.bytes);
        searched?;
        let (step, tail) = self.finish(&progress, values, out, scratch)?;
        spent.tail = tail;
        Some(step)
    }

    /// The rows that matter, as a list of their scores; none as above.
    fn search(&self, progress: &mut Progress, scratch: &mut Scratch<'_>) -> Option<()> {
        let needed = self.levels.iter().map(Level::room).fold(0, usize::max);
        let (room, mut scratch) = scratch.features(needed).ok()?;
        let (first, others) = self.levels.split_first()?;
        let asked = first.asked(self.model.kernels, self.query, room)?;
        self.scan(first, &asked, progress, &mut scratch)?;
        self.read_best(first, &asked, progress, &mut scratch)?;
        for level in others {
            if !self.pays(progress.list.pending(&scratch), level.row_bytes() as u64, 8) {
                return None;
            }
            let asked = level.asked(self.model.kernels, self.query, room)?;
            self.tighten(level, &asked, progress, &mut scratch)?;
            self.read_best(level, &asked, progress, &mut scratch)?;
        }
        if !self.pays(progress.list.pending(&scratch), bytes(self.keys), 2) {
            return None;
        }
        self.read_rest(progress, &mut scratch)
    }

    /// Whether so many rows, read by themselves, take at most one byte in `part` of the patterns'.
    fn pays(&self, rows: usize, row_bytes: u64, part: u64) -> bool {
        rows as u64 * (row_bytes + ALONE) <= self.keys.count() as u64 * bytes(self.keys) / part
    }

    /// The floor under a largest lower bound.
    fn floor_under(&self, lower: f32) -> f32 {
        let budget = self.tail / self.keys.count() as f64;
        <StateOf<S> as State<S::Map>>::floor_under(self.model.rule(), lower, budget)
    }

    /// Takes a lower bound into account.
    fn rise(&self, progress: &mut Progress, lower: f32) {
        if lower > progress.lower {
            progress.lower = lower;
            progress.list.raise(self.floor_under(lower));
        }
    }

    /// Takes a lower bound of a row on the list into account.
    fn rise_listed(&self, progress: &mut Progress, lower: f32) {
        progress.listed = if lower > progress.listed { lower } else { progress.listed };
        self.rise(progress, lower);
    }

    /// Scores of rows from the patterns; none where one is not finite.
    fn score(&self, row: usize, out: &mut [f32], progress: &mut Progress) -> Option<f32> {
        self.keys.row_scores(self.model.kernels, row, self.query, out);
        progress.read += out.len();
        progress.bytes += out.len() as u64 * bytes(self.keys);
        let mut largest = f32::NEG_INFINITY;
        for &score in out.iter() {
            if !score.is_finite() {
                return None;
            }
            largest = if score > largest { score } else { largest };
        }
        Some(largest)
    }

    /// Bounds for all rows, or scores where bounds have turned out not to pay; none where they have so early that plain recall is best.
    fn scan(&self, level: &Level<'_, C>, asked: &Asked<'_>, progress: &mut Progress, scratch: &mut Scratch<'_>) -> Option<()> {
        let (count, cost) = (self.keys.count(), level.row_bytes() as u64 + KEPT);
        let allowed = count as u64 * bytes(self.keys) / VAIN;
        let hopeful = if cost * CHEAP > bytes(self.keys) { 1 } else { 0 };
        let (mut vain, mut from) = (0, 0);
        while from < count {
            let to = if count - from < PIECE { count } else { from + PIECE };
            let scans = vain <= allowed;
            let mut block = from;
            while block < to {
                let width = if to - block < BLOCK { to - block } else { BLOCK };
                if scans {
                    self.bound(level, asked, block, width, progress, scratch)?;
                } else {
                    self.read(block, width, progress, scratch)?;
                }
                block += width;
            }
            if progress.list.is_long() || (progress.list.since(scratch, from) > (to - from) / FEW && progress.list.has_grown()) {
                self.shorten(level, asked, progress, scratch);
            }
            let (kept, rows) = (progress.list.since(scratch, from), to - from);
            if scans && kept > rows / FEW {
                let best = self.floor_under(progress.peak);
                let hopeless = best > f32::NEG_INFINITY && progress.list.above(scratch, kept, best) > rows / FEW;
                vain += rows as u64 * cost * if hopeless { HOPELESS } else { hopeful };
                // Dense maps take rows on the list a second time, to sum them.
                let summed_twice = Pass::<S, Dot, K>::SUMS && to < count / 2;
                if vain > allowed && (to as u64 * cost < 2 * allowed || summed_twice) {
                    return None;
                }
            }
            from = to;
        }
        Some(())
    }

    /// Raises the floor by what all rows on the list have at least, and drops those below it.
    fn shorten(&self, level: &Level<'_, C>, asked: &Asked<'_>, progress: &mut Progress, scratch: &mut Scratch<'_>) {
        // A cut lies below the best of them.
        if !Pass::<S, Dot, K>::SUMS && progress.listed > progress.list.floor {
            let (leader, lowest) = progress.list.lowest(scratch, |row, upper| level.lowest(asked, row as usize, upper));
            if leader.max > f32::NEG_INFINITY {
                progress.list.raise(<StateOf<S> as State<S::Map>>::floor_of(self.model.rule(), leader, lowest, &mut []));
            }
        }
        let before = progress.list.len;
        progress.list.prune(scratch, 0);
        let left = progress.list.len;
        // Where nearly all are left, so they may be of many more.
        progress.list.left = if left > before / 4 * 3 { left.saturating_mul(4) } else { left };
    }

    /// Bounds for a block of rows.
    fn bound(
        &self,
        level: &Level<'_, C>,
        asked: &Asked<'_>,
        from: usize,
        width: usize,
        progress: &mut Progress,
        scratch: &mut Scratch<'_>,
    ) -> Option<()> {
        let keep = kept(&self.model.separation, from, width);
        let mut bounds = [0.0; BLOCK];
        let bounds = bounds.get_mut(..width)?;
        progress.rows += keep.count_ones();
        progress.bytes += width as u64 * level.row_bytes() as u64;
        let (lower, upper) = level.bounds(self.model.kernels, asked, from, bounds, |scores| mask(scores, keep))?;
        self.rise_listed(progress, lower);
        if upper <= progress.list.floor {
            progress.list.dropped = if upper > progress.list.dropped { upper } else { progress.list.dropped };
            return Some(());
        }
        if upper > progress.peak {
            progress.peak = upper;
            let lane = bounds.iter().position(|&bound| bound == upper)?;
            let largest = self.score(from + lane, &mut [0.0], progress)?;
            self.rise(progress, largest);
        }
        progress.list.push(self.model.kernels, scratch, from as u32 | PENDING, bounds).then_some(())
    }

    /// Scores for a block of rows.
    fn read(&self, from: usize, width: usize, progress: &mut Progress, scratch: &mut Scratch<'_>) -> Option<()> {
        let keep = kept(&self.model.separation, from, width);
        let mut scores = [0.0; BLOCK];
        let scores = scores.get_mut(..width)?;
        progress.rows += keep.count_ones();
        if keep == 0 {
            return Some(());
        }
        self.keys.scores(self.model.kernels, from, self.query, scores, false);
        progress.read += width;
        progress.bytes += width as u64 * bytes(self.keys);
        mask(scores, keep);
        let mut leader = Leader::NONE;
        self.model.kernels.lead(&mut leader, from as u32, scores, keep).ok()?;
        self.rise_listed(progress, leader.max);
        progress.list.push(self.model.kernels, scratch, from as u32, scores).then_some(())
    }

    /// Reads the pending row at a place of the list, and those that follow it in the memory and in the list and lie above the floor.
    fn resolve(&self, place: usize, run: usize, progress: &mut Progress, scratch: &mut Scratch<'_>) -> Option<()> {
        let first = scratch.rows.get(place)? & !PENDING;
        let mut scores = [0.0; BLOCK];
        let scores = scores.get_mut(..run)?;
        let largest = self.score(first as usize, scores, progress)?;
        self.rise_listed(progress, largest);
        for (to, &score) in scratch.scores.get_mut(place..)?.iter_mut().zip(scores.iter()) {
            *to = score;
        }
        for row in scratch.rows.get_mut(place..)?.iter_mut().take(run) {
            *row &= !PENDING;
        }
        Some(())
    }

    /// Reads the best pending rows and raises the floor by what is known then, until that leaves none of the others, or more than half.
    fn read_best(&self, level: &Level<'_, C>, asked: &Asked<'_>, progress: &mut Progress, scratch: &mut Scratch<'_>) -> Option<()> {
        for _ in 0..ROUNDS {
            let mut best = [(0.0, 0); BEST];
            let count = progress.list.best_pending(scratch, &mut best);
            for &(bound, place) in best.iter().take(count) {
                if bound > progress.list.floor {
                    self.resolve(place, 1, progress, scratch)?;
                }
            }
            let before = progress.list.len;
            self.shorten(level, asked, progress, scratch);
            if count < BEST || progress.list.len > before / 2 {
                break;
            }
        }
        Some(())
    }

    /// Bounds by a finer level for the rows that are pending.
    fn tighten(&self, level: &Level<'_, C>, asked: &Asked<'_>, progress: &mut Progress, scratch: &mut Scratch<'_>) -> Option<()> {
        for i in 0..progress.list.len {
            let (Some(&row), Some(&before)) = (scratch.rows.get(i), scratch.scores.get(i)) else { break };
            if row & PENDING == 0 || before <= progress.list.floor {
                continue;
            }
            let mut bound = [0.0];
            let (lower, upper) = level.bounds(self.model.kernels, asked, (row & !PENDING) as usize, &mut bound, |_| {})?;
            progress.bytes += level.row_bytes() as u64;
            self.rise_listed(progress, lower);
            let upper = if upper < before { upper } else { before };
            *scratch.scores.get_mut(i)? = upper;
        }
        progress.list.prune(scratch, 0);
        Some(())
    }

    /// Reads all that are left, in row order, as many at once as follow each other.
    fn read_rest(&self, progress: &mut Progress, scratch: &mut Scratch<'_>) -> Option<()> {
        let mut i = 0;
        while i < progress.list.len {
            let wanted = |place: usize, floor: f32| {
                let (&row, &bound) = (scratch.rows.get(place)?, scratch.scores.get(place)?);
                (place < progress.list.len && row & PENDING != 0 && bound > floor).then_some(row)
            };
            let Some(first) = wanted(i, progress.list.floor) else {
                i += 1;
                continue;
            };
            let mut run = 1;
            while run < BLOCK && wanted(i + run, progress.list.floor) == Some(first + run as u32) {
                run += 1;
            }
            self.resolve(i, run, progress, scratch)?;
            i += run;
        }
        progress.list.prune(scratch, 0);
        Some(())
    }

    /// The recall from the rows of the list, and the tail that it leaves.
    fn finish(&self, progress: &Progress, values: &impl Rows, out: &mut [f32], scratch: &mut Scratch<'_>) -> Option<(Step, f64)> {
        let Progress { list, rows, .. } = *progress;
        let mut leader = Leader::NONE;
        for (&max, &row) in scratch.scores.iter().zip(scratch.rows.iter()).take(list.len) {
            leader = leader.merged(Leader { max, row, runner_up: f32::NEG_INFINITY });
        }
        let nearest = if list.dropped < leader.max { list.dropped } else { leader.max };
        leader.runner_up = if nearest > leader.runner_up { nearest } else { leader.runner_up };
        let mut pass = Pass::new(*self.model, self.query, out.len(), scratch.reborrow()).ok()?;
        let sifted = Sifted { len: list.len, leader, floor: list.floor, rows };
        pass.take_sifted(sifted, values)?;
        let normaliser = pass.normaliser().ok()?;
        pass.read_out(&normaliser, 0, values).ok()?;
        let step = pass.finish(&normaliser, out).ok()?;
        let unread = rows as usize - list.len.min(rows as usize);
        let tail = if Pass::<S, Dot, K>::SUMS && unread > 0 {
            let below = f64::from(self.model.beta.get()) * (f64::from(list.dropped) - f64::from(leader.max));
            unread as f64 * libm::exp(below * (1.0 - 1e-12)) * (1.0 + 1e-9) + f64::MIN_POSITIVE
        } else {
            0.0
        };
        Some((step, tail))
    }
}
