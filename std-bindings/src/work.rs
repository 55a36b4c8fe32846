//! The memory that a recall works in, on the heap.

use basinet_core::Scratch;

/// Working memory on the heap for a memory of up to `rows` patterns (or values) of up to `dim` numbers, to use again and again.
///
/// The methods of [`Memory`](crate::Memory) make one for each call. Who recalls often and wants no allocation at all takes one from
/// [`Memory::workspace`](crate::Memory::workspace) and calls the [`Model`](crate::Model). There is room for every row to be a candidate, so
/// no recall reads the patterns twice for want of memory. `12 dim + 12 rows` bytes, `24 dim + 12 rows` once it has settled something, `32 dim +
/// 12 rows` behind a feature map; dense maps need no candidates, and `rows` may be 0 for them.
///
/// ```
/// use basinet::{Memory, Model, Sparsemax, beta};
/// let memory = Memory::from_rows(2, &[1.0, 0.0, 0.0, 1.0])?;
/// let (mut work, mut out) = (memory.workspace(), [0.0; 2]);
/// for (query, expected) in [([0.9, 0.1], [1.0, 0.0]), ([0.2, 0.8], [0.0, 1.0])] {
///     Model::new(beta!(8.0), Sparsemax).step(&memory.patterns()?, &query, &mut out, &mut work.scratch())?;
///     assert_eq!(out, expected);
/// }
/// # Ok::<(), basinet::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Workspace {
    dim: usize,
    sums: Vec<f32>,
    states: Vec<f32>,
    features: Vec<f32>,
    scores: Vec<f32>,
    rows: Vec<u32>,
    work: Vec<f32>,
}

impl Workspace {
    /// Working memory for `rows` patterns of `dim` numbers; `dim` is the larger of the two lengths where keys and values differ.
    pub fn new(dim: usize, rows: usize) -> Self {
        let sums = vec![0.0; dim.saturating_mul(3)];
        Self { dim, sums, states: Vec::new(), features: Vec::new(), scores: vec![0.0; rows], rows: vec![0; rows], work: vec![0.0; rows] }
    }

    /// Scratch memory for a step, a reading, an energy or a pass.
    pub fn scratch(&mut self) -> Scratch<'_> {
        Scratch::new(&mut self.sums, &mut self.scores, &mut self.rows, &mut self.work)
    }

    /// Scratch memory with states, in which a model can [settle](crate::Model::settle). The first call allocates them.
    pub fn scratch_to_settle(&mut self) -> Scratch<'_> {
        self.states.resize(3 * self.dim, 0.0);
        Scratch::new(&mut self.sums, &mut self.scores, &mut self.rows, &mut self.work).with_states(&mut self.states)
    }

    /// The same with room for the features of a state, for what a [`Kernelised`](crate::Kernelised) model does. The first call allocates it.
    pub fn scratch_through(&mut self) -> Scratch<'_> {
        self.states.resize(3 * self.dim, 0.0);
        self.features.resize(2 * self.dim, 0.0);
        let scratch = Scratch::new(&mut self.sums, &mut self.scores, &mut self.rows, &mut self.work);
        scratch.with_states(&mut self.states).with_features(&mut self.features)
    }

    /// The memory for one recall by a sieve that needs so much [room](basinet_core::Sieve::room).
    pub fn scratch_to_sift(&mut self, room: usize) -> Scratch<'_> {
        if self.features.len() < room {
            self.features.resize(room, 0.0);
        }
        Scratch::new(&mut self.sums, &mut self.scores, &mut self.rows, &mut self.work).with_features(&mut self.features)
    }
}
