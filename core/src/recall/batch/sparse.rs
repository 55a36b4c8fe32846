//! Batches of sparse maps: the panels find out which queries a block of rows may matter to, and these look at it as a pass of one query
//! does. Rows without a weight are never read out.

use super::super::pass::Pass;
use super::super::state::{Block, Rule, State};
use super::room::{STATE, Single};
use super::{Batch, Scored, Visit, visit};
use crate::dispatch::Kernels;
use crate::kernels::{BLOCK, PANEL, TILE_SCORES};
use crate::patterns::{NoValues, Panels};
use crate::recall::{Candidates, Scratch, source};
use crate::separation::{Map, Separation, Sparse};
use crate::similarity::Similarity;

/// Numbers of the state of one query.
const NUMBERS: usize = Candidates::NUMBERS;

/// What has been found of all queries so far.
#[derive(Debug)]
pub struct Filter<'v, M, K> {
    rule: Rule<'v, M, K>,
    /// For each panel the states of its queries, then their bars: what no score exceeds need not be looked at.
    states: &'v mut [f32],
    candidates: Shared<'v>,
    queries: usize,
    rows: u32,
}

/// Candidates: as many for each query, and room to work.
#[derive(Debug)]
struct Shared<'v> {
    places: &'v mut [f32],
    work: &'v mut [f32],
    /// For each query.
    count: usize,
}

impl<'v> Shared<'v> {
    /// Shares out the memory among the queries.
    fn new(numbers: &'v mut [f32], queries: usize) -> Self {
        let count = numbers.len() / (2 * queries).saturating_add(1);
        let (places, work) = numbers.split_at_mut_checked(2 * queries * count).unwrap_or((&mut [], &mut []));
        Self { places, work, count }
    }

    /// The share of one query.
    fn scratch<'a>(&'a mut self, query: usize, sums: &'a mut [f32]) -> Scratch<'a> {
        let begin = 2 * query * self.count;
        let places = self.places.get_mut(begin..begin + 2 * self.count).unwrap_or(&mut []);
        let (scores, rows) = places.split_at_mut_checked(self.count).unwrap_or((&mut [], &mut []));
        Scratch::new(sums, scores, bytemuck::cast_slice_mut(rows), self.work)
    }
}

/// The states and bars of each panel.
fn states(numbers: &mut [f32]) -> impl Iterator<Item = (&mut [f32], &mut [f32; PANEL])> {
    let parts = numbers.chunks_exact_mut(STATE).filter_map(|state| state.split_at_mut_checked(NUMBERS * PANEL));
    parts.filter_map(|(states, bars)| Some((states, bars.first_chunk_mut()?)))
}

impl<M: Sparse, K: Kernels> Filter<'_, M, K> {
    /// Shows a block to one query: its state and the bar behind it. A query that cannot go on gets a bar that nothing exceeds.
    fn show(&mut self, query: usize, state: &mut [f32], scored: Scored, column: &mut [f32]) -> f32 {
        let Scored { from, keep, .. } = scored;
        let Some(mut candidates) = Candidates::from_numbers(state) else { return f32::INFINITY };
        source::mask(column, keep);
        let mut scratch = self.candidates.scratch(query, &mut []);
        let block = Block { row: from as u32, from, scores: column, keep, values: &NoValues(0) };
        match candidates.block(self.rule, block, &mut scratch) {
            Ok(()) => {
                candidates.write(state);
                candidates.bar(self.rule)
            }
            Err(_) => {
                state.fill(f32::NAN);
                f32::INFINITY
            }
        }
    }
}

impl<M: Sparse, K: Kernels> Visit for Filter<'_, M, K> {
    fn block(&mut self, scored: Scored, scores: &mut [f32]) {
        let Scored { width, keep, panel, .. } = scored;
        if panel == 0 {
            self.rows += keep.count_ones();
        }
        let numbers = core::mem::take(&mut self.states);
        for (nth, (scores, (states, bars))) in scores.chunks_exact_mut(TILE_SCORES).zip(states(numbers).skip(panel)).enumerate() {
            let Some(scores) = scores.get_mut(..width * PANEL) else { break };
            let mut lanes = self.rule.kernels.panel_above(scores, keep, bars);
            while lanes != 0 {
                let lane = lanes.trailing_zeros() as usize;
                lanes &= lanes - 1;
                let query = (panel + nth) * PANEL + lane;
                let begin = lane * NUMBERS;
                let (Some(state), Some(bar)) = (states.get_mut(begin..begin + NUMBERS), bars.get_mut(lane)) else { break };
                if query >= self.queries || *bar == f32::INFINITY {
                    continue;
                }
                let mut column = [0.0; BLOCK];
                for (to, row) in column.iter_mut().zip(scores.as_chunks::<PANEL>().0) {
                    *to = row[lane % PANEL];
                }
                *bar = self.show(query, state, scored, column.get_mut(..width).unwrap_or(&mut []));
            }
        }
        self.states = numbers;
    }

    fn end_chunk(&mut self) {}
}

/// Recalls what is in the panels.
pub fn run<M, S, Q, K, R, V>(batch: Batch<'_, S, Q, K, R, V>)
where
    M: Sparse + Map<State = Candidates>,
    S: Separation<Map = M>,
    Q: Similarity,
    K: Kernels,
    R: Panels,
    V: Panels,
{
    let Batch { model, keys, values, queries, steps, room } = batch;
    let Single { sums, candidates } = room.single;
    for (states, bars) in states(room.states) {
        bars.fill(f32::NEG_INFINITY);
        for state in states.chunks_exact_mut(NUMBERS) {
            <Candidates as State<M>>::NONE.write(state);
        }
    }
    let candidates = Shared::new(candidates, steps.len());
    let mut filter = Filter { rule: model.rule(), states: room.states, candidates, queries: steps.len(), rows: 0 };
    visit(&model, keys, room.panels, room.scores, &mut filter);
    let Filter { states: numbers, mut candidates, rows, .. } = filter;
    let all = states(numbers).flat_map(|(states, _)| states.chunks_exact_mut(NUMBERS));
    let results = room.results.chunks_exact_mut(values.dim().max(1));
    for ((query, (step, numbers)), (state, result)) in
        steps.iter_mut().zip(queries.chunks(keys.dim().max(1))).enumerate().zip(all.zip(results))
    {
        let Some(state) = Candidates::from_numbers(state) else { continue };
        let scratch = candidates.scratch(query, sums);
        let read = || {
            let mut pass = Pass::new(model, numbers, values.dim(), scratch)?.resumed(state.of(rows));
            let normaliser = pass.normaliser()?;
            pass.read_out(&normaliser, 0, values)?;
            pass.finish(&normaliser, result)
        };
        // A query with an error has no step.
        *step = read().unwrap_or_default();
    }
}
