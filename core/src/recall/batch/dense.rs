//! Batches of dense maps: each lane keeps its own softmax and its own sum, on the two levels of chunk and total.

use super::super::online::Online;
use super::room::STATE;
use super::{Batch, List, Scored, Visit, visit};
use crate::dispatch::Kernels;
use crate::kernels::{PANEL, PanelOnline, TILE_SCORES};
use crate::patterns::Panels;
use crate::recall::Step;
use crate::separation::{Dense, Separation};
use crate::similarity::Similarity;

/// Numbers of a panel's softmax.
const NUMBERS: usize = 4 * PANEL;

/// The sums of all panels so far.
#[derive(Debug)]
pub struct Sums<'v, K, V> {
    kernels: K,
    beta: f32,
    values: &'v V,
    /// For each panel the softmax of the chunk and that of the total.
    states: &'v mut [f32],
    chunk: &'v mut [f32],
    total: &'v mut [f32],
    rows: u32,
    list: List,
}

/// The softmax of a chunk, and that of the total.
fn states(numbers: &mut [f32]) -> impl Iterator<Item = (&mut [f32], &mut [f32])> {
    numbers.chunks_exact_mut(STATE).filter_map(|state| state.split_at_mut_checked(NUMBERS))
}

impl<K: Kernels, V: Panels> Visit for Sums<'_, K, V> {
    fn block(&mut self, scored: Scored, scores: &mut [f32]) {
        let Scored { from, width, keep, panel } = scored;
        let (mut factors, mut used) = ([[0.0; PANEL]; super::ABREAST], 0);
        if panel == 0 {
            self.rows += keep.count_ones();
        }
        let panels = scores.chunks_exact_mut(TILE_SCORES).zip(&mut factors).zip(states(self.states).skip(panel));
        let mut count = 0;
        for ((scores, factors), (chunk, _)) in panels {
            let Some(scores) = scores.get_mut(..width * PANEL) else { break };
            let mut state = PanelOnline::from_numbers(chunk);
            used |= self.kernels.panel_softmax(&mut state, self.beta, from as u32, scores, keep, factors);
            state.write(chunk);
            count += 1;
        }
        let numbers = PANEL * self.values.dim();
        let (begin, end) = (panel * numbers, (panel + count) * numbers);
        if let (Some(sums), Some(factors)) = (self.chunk.get_mut(begin..end), factors.as_flattened().get(..count * PANEL)) {
            self.values.panel_sum(self.kernels, from, self.list.of(used), (scores, factors), sums);
        }
    }

    fn end_chunk(&mut self) {
        let numbers = (PANEL * self.values.dim()).max(1);
        let sums = self.chunk.chunks_exact_mut(numbers).zip(self.total.chunks_exact_mut(numbers));
        for ((chunk_sums, total_sums), (chunk, total)) in sums.zip(states(self.states)) {
            let (mut before, mut more) = ([1.0; PANEL], [0.0; PANEL]);
            let (from, mut into) = (PanelOnline::from_numbers(chunk), PanelOnline::from_numbers(total));
            for (lane, (before, more)) in before.iter_mut().zip(&mut more).enumerate() {
                let (whole, part) = (into.lane(lane), from.lane(lane));
                let (mut merged, old, new) = self.kernels.merge(whole, part, self.beta);
                // A chunk that has nothing but scores that are not finite looks empty.
                if whole.rest.is_nan() || part.rest.is_nan() {
                    merged.rest = f32::NAN;
                }
                into.set_lane(lane, merged);
                (*before, *more) = (old, new);
            }
            into.write(total);
            PanelOnline::NONE.write(chunk);
            self.kernels.panel_scale_add(total_sums, &before, chunk_sums, &more);
            chunk_sums.fill(0.0);
        }
    }
}

/// Recalls what is in the panels.
pub fn run<M: Dense, S: Separation<Map = M>, Q: Similarity, K: Kernels, R: Panels, V: Panels>(batch: Batch<'_, S, Q, K, R, V>) {
    let Batch { model, keys, values, steps, room, .. } = batch;
    let (kernels, beta, empty_slot) = (model.kernels, model.beta.get(), model.separation.map().empty_slot());
    for state in [&mut *room.results, &mut *room.total] {
        state.fill(0.0);
    }
    for (chunk, total) in states(room.states) {
        PanelOnline::NONE.write(chunk);
        PanelOnline::NONE.write(total);
    }
    let list = List::NEW;
    let mut sums = Sums { kernels, beta, values, states: room.states, chunk: room.results, total: room.total, rows: 0, list };
    visit(&model, keys, room.panels, room.scores, &mut sums);
    let rows = sums.rows;
    if rows == 0 {
        return;
    }
    let width = values.dim().max(1);
    let numbers = (PANEL * width).max(1);
    let panels = room.total.chunks_exact_mut(numbers).zip(room.results.chunks_exact_mut(numbers));
    for ((steps, (_, state)), (total, results)) in steps.chunks_mut(PANEL).zip(states(room.states)).zip(panels) {
        let state = PanelOnline::from_numbers(state);
        let mut shares = [0.0; PANEL];
        for (lane, (step, share)) in steps.iter_mut().zip(&mut shares).enumerate() {
            let terms = state.lane(lane);
            // A lane with a score that is not finite has no step.
            if terms.rest.is_finite() && !terms.is_empty() {
                let normaliser = Online::of(terms, beta, empty_slot, rows);
                *share = 1.0 / normaliser.divisor;
                *step = Step::new(&normaliser, 1);
            }
        }
        // The chunk's sums are zero.
        kernels.panel_scale_add(total, &shares, results, &[0.0; PANEL]);
        transpose(total, results, width, steps);
    }
}

/// Sums of a panel become results, query by query; a query whose result is not finite loses its step.
fn transpose(sums: &[f32], results: &mut [f32], width: usize, steps: &mut [Step]) {
    for (lane, (step, result)) in steps.iter_mut().zip(results.chunks_exact_mut(width)).enumerate() {
        let mut finite = true;
        for (to, lanes) in result.iter_mut().zip(sums.as_chunks::<PANEL>().0) {
            let number = lanes.get(lane).copied().unwrap_or(0.0) + 0.0;
            finite &= number.is_finite();
            *to = number;
        }
        if !finite {
            *step = Step::default();
        }
    }
}
