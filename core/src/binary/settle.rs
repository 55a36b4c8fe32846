//! Steps of either dynamics until a state stays.

use super::interaction::Interaction;
use super::model::{BinaryModel, clear_spare};
use super::patterns::BinaryPatterns;
use super::scratch::BinaryScratch;
use crate::dispatch::Kernels;
use crate::error::Error;

/// Which neurons decide at the same state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BinaryDynamics {
    /// All: a step is an [`update`](BinaryModel::update). May end in two states that follow each other; for powers above 2 also in more,
    /// which take all steps and are not reported as a cycle.
    Synchronous,
    /// None: a step is a [`sweep`](BinaryModel::sweep). Ends in a state that stays where the table is exact; where it is scaled, and its
    /// scale changes with the state, a neuron whose H is within the bound of zero may turn over in every sweep.
    Asynchronous,
}

/// What settling says about itself.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub struct BinaryReport {
    /// Steps taken; the last one turned no neuron over where it converged.
    pub steps: usize,
    /// Neurons that turned over in all of them, each as often as it did.
    pub flips: usize,
    /// A step turned no neuron over: the state is a fixed point.
    pub converged: bool,
    /// The state and the one before it follow each other for ever (synchronous dynamics).
    pub cycle: bool,
    /// The energy of the first state.
    pub first_energy: f64,
    /// The energy of the last state.
    pub energy: f64,
    /// The pattern with the largest overlap with the last state; the lowest row of several.
    pub winner: usize,
    /// Its overlap.
    pub overlap: i32,
    /// The largest overlap of the other patterns, where there are others.
    pub runner_up: Option<i32>,
}

impl<F: Interaction, K: Kernels> BinaryModel<F, K> {
    /// Steps from `state` until one turns no neuron over, or until two states follow each other, at most `steps`; `state` is the last one
    /// then, its bits behind the last neuron clear.
    ///
    /// A step costs what [`update`](Self::update) and [`sweep`](Self::sweep) do. The scratch memory needs the words of a state, too.
    ///
    /// # Errors
    /// [`Error::Length`], [`Error::Scratch`]. `state` is as it was then.
    ///
    /// ```
    /// use basinet_core::binary::{BinaryBuffers, BinaryDynamics, BinaryModel, BinaryPatterns, Power};
    /// let patterns = BinaryPatterns::new(&[0b1111_0000, 0b1100_1100], 8)?;
    /// let (mut state, mut buffers) = ([0b1111_0001], BinaryBuffers::<2, 1>::new());
    /// let model = BinaryModel::new(Power::new(3)?);
    /// let report = model.settle(&patterns, &mut state, BinaryDynamics::Synchronous, 10, &mut buffers.scratch())?;
    /// assert!(report.converged && (report.winner, report.overlap, report.runner_up) == (0, 8, Some(0)));
    /// # Ok::<(), basinet_core::Error>(())
    /// ```
    pub fn settle(
        &self,
        patterns: &BinaryPatterns<'_>,
        state: &mut [u64],
        dynamics: BinaryDynamics,
        steps: usize,
        scratch: &mut BinaryScratch<'_>,
    ) -> Result<BinaryReport, Error> {
        let (mut room, before) = scratch.room(patterns.count(), patterns.stride().get())?;
        self.overlaps(patterns, state, room.overlaps)?;
        clear_spare(patterns, state);
        before.fill(0);
        let first_energy = self.interaction().energy(room.overlaps);
        let (mut taken, mut flips, mut converged, mut cycle) = (0, 0, false, false);
        while taken < steps && !converged && !cycle {
            let turned = match dynamics {
                BinaryDynamics::Asynchronous => self.sweep_from(patterns, state, &mut room),
                BinaryDynamics::Synchronous => {
                    // What turned over in the last step turns back: the state is the one before the last.
                    let mut back = true;
                    let turned = self.step(patterns, state, &mut room, |at, bits| {
                        if let Some(before) = before.get_mut(at) {
                            back &= *before == bits;
                            *before = bits;
                        }
                    });
                    cycle = back && turned > 0;
                    if turned > 0 {
                        self.overlaps(patterns, state, room.overlaps)?;
                    }
                    turned
                }
            };
            taken += 1;
            flips += turned;
            converged = turned == 0;
        }
        let energy = if flips > 0 { self.interaction().energy(room.overlaps) } else { first_energy };
        let (winner, overlap, runner_up) = leaders(room.overlaps);
        Ok(BinaryReport { steps: taken, flips, converged, cycle, first_energy, energy, winner, overlap, runner_up })
    }
}

/// The lowest row with the largest overlap, that overlap, and the largest of the others.
fn leaders(overlaps: &[i32]) -> (usize, i32, Option<i32>) {
    let (mut winner, mut most, mut second) = (0, None, None);
    for (row, &o) in overlaps.iter().enumerate() {
        if Some(o) > most {
            (winner, most, second) = (row, Some(o), most);
        } else if Some(o) > second {
            second = Some(o);
        }
    }
    (winner, most.unwrap_or(0), second)
}
