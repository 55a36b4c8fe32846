//! Free recall from a memory, as an iterator.

use crate::{Memory, Recalled, Workspace};
use basinet_core::{Beta, Constrained, Error, Model, Softmax};
use std::iter::FusedIterator;

/// One memory after the other from the same cue, each once. Made by [`Memory::free_recall`].
#[derive(Clone, Debug)]
pub struct FreeRecalls<'m> {
    memory: &'m Memory,
    beta: Beta,
    cue: Vec<f32>,
    /// Of every row, once the first recall has been asked for; they do not change, because the cue does not.
    scores: Option<Vec<f32>>,
    /// What is left of every row.
    caps: Vec<f32>,
    work: Workspace,
    is_over: bool,
}

impl Memory {
    /// Recalls one memory after the other from `cue`, `dim` numbers, until nothing is left: what
    /// [`FreeRecall`](basinet_core::FreeRecall) does, bit for bit. `12 M` bytes more than a recall; O(M dim) a memory, and O(M dim) once.
    ///
    /// Each item is as [`Model::read`] has it, without an energy. An error, as that of [`recall`](Self::recall), is an item too, and the
    /// last one.
    ///
    /// ```
    /// use basinet::{Memory, beta};
    /// let memory = Memory::from_rows(2, &[1.0, 0.0, 0.0, 1.0])?;
    /// let recalled = memory.free_recall(beta!(8.0), &[0.9, 0.5]).collect::<Result<Vec<_>, _>>()?;
    /// assert_eq!(recalled.iter().map(|r| r.step.winner).collect::<Vec<_>>(), [0, 1]);
    /// # Ok::<(), basinet::Error>(())
    /// ```
    pub fn free_recall(&self, beta: Beta, cue: &[f32]) -> FreeRecalls<'_> {
        let caps = vec![1.0; self.len()];
        FreeRecalls { memory: self, beta, cue: cue.to_vec(), scores: None, caps, work: self.workspace(), is_over: false }
    }
}

impl FreeRecalls<'_> {
    /// How much of each row can still be recalled, M numbers in [0, 1].
    pub fn left(&self) -> &[f32] {
        &self.caps
    }

    /// The next memory; none where less than one is left of all together.
    fn recall(&mut self) -> Result<Option<Recalled>, Error> {
        let patterns = self.memory.patterns()?;
        let mut weights = match &self.scores {
            Some(scores) => scores.clone(),
            None => {
                let mut scores = vec![0.0; patterns.count()];
                Model::new(self.beta, Softmax).scores(&patterns, &self.cue, &mut scores)?;
                self.scores.insert(scores).clone()
            }
        };
        let model = Model::new(self.beta, Constrained::new(&self.caps)?);
        let mut state = vec![0.0; self.memory.dim()];
        let step = match model.read(&patterns, &patterns, &self.cue, &mut state, &mut self.work.scratch()) {
            Ok(step) => step,
            Err(Error::CapsTooSmall | Error::AllMasked) => return Ok(None),
            Err(error) => return Err(error),
        };
        // A recall from rows with these scores has these weights.
        model.weights(&mut weights, &mut self.work.scratch())?;
        for (cap, p) in self.caps.iter_mut().zip(weights) {
            *cap = if *cap > p { *cap - p } else { 0.0 };
        }
        Ok(Some(Recalled { state, step }))
    }
}

impl Iterator for FreeRecalls<'_> {
    type Item = Result<Recalled, Error>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.is_over {
            return None;
        }
        let item = self.recall().transpose();
        self.is_over = !matches!(item, Some(Ok(_)));
        item
    }
}

impl FusedIterator for FreeRecalls<'_> {}
