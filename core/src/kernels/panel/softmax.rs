//! The softmax of a panel's scores, each lane by itself, as the [softmax of one query](super::super::softmax) goes about it: block by
//! block, the winner's own term outside the sum.

use super::PANEL;
use crate::kernels::exp::exp_fused;
use crate::kernels::extremes::Leader;
use crate::kernels::softmax::Online;
use crate::simd::{LANES, Native};

/// What the softmax of the rows so far is made of, in each lane. Where a score was not finite, the lane's `rest` is NaN.
#[derive(Clone, Copy, Debug)]
pub struct PanelOnline {
    max: [f32; PANEL],
    runner_up: [f32; PANEL],
    rest: [f32; PANEL],
    row: [u32; PANEL],
}

impl PanelOnline {
    /// No row yet.
    pub const NONE: Self =
        Self { max: [f32::NEG_INFINITY; PANEL], runner_up: [f32::NEG_INFINITY; PANEL], rest: [0.0; PANEL], row: [0; PANEL] };

    /// What [`write`](Self::write) wrote.
    pub fn from_numbers(numbers: &[f32]) -> Self {
        let mut arrays = numbers.as_chunks::<PANEL>().0.iter();
        let mut next = || arrays.next().copied().unwrap_or([0.0; PANEL]);
        Self { max: next(), runner_up: next(), rest: next(), row: next().map(f32::to_bits) }
    }

    /// Writes it as four times 16 numbers, the rows as bits.
    pub fn write(&self, numbers: &mut [f32]) {
        let written = [self.max, self.runner_up, self.rest, self.row.map(f32::from_bits)];
        for (to, array) in numbers.as_chunks_mut::<PANEL>().0.iter_mut().zip(written) {
            *to = array;
        }
    }

    /// One lane.
    pub fn lane(&self, lane: usize) -> Online {
        let lane = lane % PANEL;
        let leader = Leader { max: self.max[lane], row: self.row[lane], runner_up: self.runner_up[lane] };
        Online { leader, rest: self.rest[lane] }
    }

    /// Replaces one lane.
    pub fn set_lane(&mut self, lane: usize, online: Online) {
        let lane = lane % PANEL;
        let Leader { max, row, runner_up } = online.leader;
        (self.max[lane], self.row[lane], self.runner_up[lane], self.rest[lane]) = (max, row, runner_up, online.rest);
    }
}

/// Takes a block of scores (row i, lane l at `16 i + l`) into `state` and turns them into terms `exp(beta (s - max))` under the new maximum
/// of each lane; rows count from `first`, and those whose bit is not set in `keep` get the term +0.
///
/// `factors` become what brings earlier sums under the new maxima. Says which rows have a term above 0 in some lane.
#[inline(always)]
pub fn panel_softmax<S: Native>(
    s: S,
    state: &mut PanelOnline,
    beta: f32,
    first: u32,
    scores: &mut [f32],
    keep: u64,
    factors: &mut [f32; PANEL],
) -> u64 {
    let rows = scores.len() / LANES;
    let (top, odd) = tops(s, scores, keep);
    // SAFETY: the state's arrays have 16 numbers each.
    let (old, old_rest, runner_up) = unsafe { (s.load(state.max.as_ptr()), s.load(state.rest.as_ptr()), s.load(state.runner_up.as_ptr())) };
    let (max, changed) = (s.max(top, old), s.gt(top, old));
    let factor = exp_fused(s, s.mul(s.splat(beta), s.sub(old, max)));
    let renewed = s.mul(s.add(s.splat(1.0), old_rest), factor);
    let rest = s.select_gt(top, old, renewed, old_rest);
    // A winner's own term is left out of the sum.
    let (mut winners, mut behind) = ([0; PANEL], s.max(top, runner_up));
    if changed != 0 {
        let (first_rows, second) = leaders(s, scores);
        winners = first_rows;
        behind = s.select_gt(top, old, s.max(old, second), behind);
        put(scores, winners, changed, f32::NEG_INFINITY);
    }
    let (sum, mut used) = terms(s, scores, beta, max);
    put(scores, winners, changed, 1.0);
    // SAFETY: as above. What is odd is NaN.
    unsafe {
        s.store(state.max.as_mut_ptr(), max);
        s.store(state.runner_up.as_mut_ptr(), behind);
        s.store(state.rest.as_mut_ptr(), s.add(s.add(rest, sum), odd));
        s.store(factors.as_mut_ptr(), factor);
    }
    let mut left = changed;
    while left != 0 {
        let lane = left.trailing_zeros() as usize % PANEL;
        left &= left - 1;
        state.row[lane] = first.wrapping_add(winners[lane]);
        used |= 1 << (winners[lane] % 64);
    }
    if rows < 64 { used & ((1 << rows) - 1) } else { used }
}

/// The largest score of each lane; NaN in those where one is not finite, +0 in the others. Rows that are not kept become minus infinity.
#[inline(always)]
fn tops<S: Native>(s: S, scores: &mut [f32], keep: u64) -> (S::Lanes, S::Lanes) {
    let (p, rows, zero) = (scores.as_mut_ptr(), scores.len() / LANES, s.splat(0.0));
    let (mut top, mut odd, mut i) = (s.splat(f32::NEG_INFINITY), zero, 0);
    while i < rows {
        // SAFETY: row i has 16 scores.
        unsafe {
            if keep >> (i % 64) & 1 == 1 {
                let v = s.load(p.add(i * LANES));
                top = s.max(v, top);
                odd = s.mul_add(v, zero, odd);
            } else {
                s.store(p.add(i * LANES), s.splat(f32::NEG_INFINITY));
            }
        }
        i += 1;
    }
    (top, odd)
}

/// Writes a number in those lanes that `lanes` names, each in its own row.
#[inline(always)]
fn put(scores: &mut [f32], rows: [u32; PANEL], mut lanes: u32, value: f32) {
    while lanes != 0 {
        let lane = lanes.trailing_zeros() as usize % PANEL;
        lanes &= lanes - 1;
        if let Some(place) = scores.get_mut(rows[lane] as usize * LANES + lane) {
            *place = value;
        }
    }
}

/// For each lane the first row with the largest score, and the largest score of the others.
#[inline(always)]
fn leaders<S: Native>(s: S, scores: &[f32]) -> ([u32; PANEL], S::Lanes) {
    // A number from 2^23 on is a whole one, and its last bits count.
    let (p, rows, lowest, zeroth) = (scores.as_ptr(), scores.len() / LANES, s.splat(f32::NEG_INFINITY), s.splat(8_388_608.0));
    let (mut best, mut second, mut winner, mut row, mut i) = (lowest, lowest, zeroth, zeroth, 0);
    while i < rows {
        // SAFETY: row i has 16 scores.
        let v = unsafe { s.load(p.add(i * LANES)) };
        second = s.max(s.select_gt(v, best, best, v), second);
        winner = s.select_gt(v, best, row, winner);
        best = s.max(v, best);
        row = s.add(row, s.splat(1.0));
        i += 1;
    }
    let (winner, mut rows, mut lane) = (s.to_array(winner), [0; PANEL], 0);
    while lane < PANEL {
        rows[lane] = winner[lane].to_bits() & 0xff;
        lane += 1;
    }
    (rows, second)
}

/// Scores become terms; their sum in each lane, and the rows with a term above 0.
#[inline(always)]
fn terms<S: Native>(s: S, scores: &mut [f32], beta: f32, max: S::Lanes) -> (S::Lanes, u64) {
    let (p, rows, zero) = (scores.as_mut_ptr(), scores.len() / LANES, s.splat(0.0));
    let (factor, mut sum, mut used, mut i) = (s.splat(beta), zero, 0, 0);
    while i < rows {
        // SAFETY: row i has 16 scores.
        unsafe {
            let term = exp_fused(s, s.mul(factor, s.sub(s.load(p.add(i * LANES)), max)));
            s.store(p.add(i * LANES), term);
            sum = s.add(sum, term);
            used |= u64::from(s.gt(term, zero) != 0) << (i % 64);
        }
        i += 1;
    }
    (sum, used)
}

/// A bit for each lane in which some score is above the lane's bar, or not finite. Rows that are not kept become minus infinity.
#[inline(always)]
pub fn panel_above<S: Native>(s: S, scores: &mut [f32], keep: u64, bars: &[f32; PANEL]) -> u32 {
    let (top, odd) = tops(s, scores, keep);
    // SAFETY: there are 16 bars.
    let above = s.gt(top, unsafe { s.load(bars.as_ptr()) });
    above | (!s.gt(s.splat(1.0), odd) & 0xffff)
}

/// `sum[l] <- a[l] * sum[l] + b[l] * other[l]` in each vector of 16 lanes.
#[inline(always)]
pub fn panel_scale_add<S: Native>(s: S, sum: &mut [f32], a: &[f32; PANEL], other: &[f32], b: &[f32; PANEL]) {
    let n = if sum.len() < other.len() { sum.len() } else { other.len() };
    // SAFETY: there are 16 factors of each.
    let (a, b) = unsafe { (s.load(a.as_ptr()), s.load(b.as_ptr())) };
    let (p, q, mut j) = (sum.as_mut_ptr(), other.as_ptr(), 0);
    while n - j >= LANES {
        // SAFETY: 16 numbers stand behind j in both.
        unsafe { s.store(p.add(j), s.mul_add(s.load(p.add(j)), a, s.mul(s.load(q.add(j)), b))) };
        j += LANES;
    }
}
