//! Recall as an iteration: from a query to the state that stays, with everything on the way.

use crate::recall::each;
use crate::{Memory, Workspace};
use basinet_core::{Descends, Dynamics, Error, Kernels, Model, Patterns, Post, Report, Scratch, Separation, Step, Stop};

/// What an iteration gives: the last state, the report, and the way there.
#[derive(Clone, Debug, PartialEq)]
pub struct Settled {
    /// The last state, `dim` numbers.
    pub state: Vec<f32>,
    /// How many steps, whether it converged, the last state's own weights, the largest rise of the energy.
    pub report: Report,
    /// The energy of every state from the query to the last, one more than there are steps, each without its constant: what
    /// [`Memory::energy`] adds to it is the same number for all. With a post-transformation the query's may be infinite.
    pub energies: Vec<f64>,
    /// Every step on the way. Each says how the next state came about, and has the energy of the one it left.
    pub steps: Vec<Step>,
}

impl Settled {
    /// What came of these steps.
    pub(crate) fn new(state: Vec<f32>, report: Report, steps: Vec<Step>) -> Self {
        let energies = steps.iter().filter_map(|step| step.energy).chain([report.energy]).collect();
        Self { state, report, energies, steps }
    }
}

mod sealed {
    use super::{Descends, Dynamics, Kernels, Model, Post, Separation};

    pub trait Sealed {}
    impl<S: Separation, Q: Descends, K: Kernels> Sealed for Model<S, Q, K> {}
    impl<S: Separation, P: Post, Q: Descends, K: Kernels> Sealed for Dynamics<S, P, Q, K> {}
}

/// What can be iterated: a [`Model`] whose recall descends an energy, or such a model [and then](Model::then) a post-transformation.
/// Sealed.
///
/// ```compile_fail
/// fn settles(_: impl basinet::Settles) {}
/// settles(basinet::Model::new(basinet::beta!(1.0), basinet::Softmax).with(basinet::Cosine));
/// ```
pub trait Settles: sealed::Sealed {
    /// As [`Model::settle_observed`].
    #[doc(hidden)]
    fn settle_seen(
        &self,
        rows: &Patterns<'_>,
        state: &mut [f32],
        stop: Stop,
        scratch: &mut Scratch<'_>,
        see: impl FnMut(&Step, &[f32]),
    ) -> Result<Report, Error>;
}

impl<S: Separation, Q: Descends, K: Kernels> Settles for Model<S, Q, K> {
    fn settle_seen(
        &self,
        rows: &Patterns<'_>,
        state: &mut [f32],
        stop: Stop,
        scratch: &mut Scratch<'_>,
        see: impl FnMut(&Step, &[f32]),
    ) -> Result<Report, Error> {
        self.settle_observed(rows, state, stop, scratch, see)
    }
}

impl<S: Separation, P: Post, Q: Descends, K: Kernels> Settles for Dynamics<S, P, Q, K> {
    fn settle_seen(
        &self,
        rows: &Patterns<'_>,
        state: &mut [f32],
        stop: Stop,
        scratch: &mut Scratch<'_>,
        see: impl FnMut(&Step, &[f32]),
    ) -> Result<Report, Error> {
        self.settle_observed(rows, state, stop, scratch, see)
    }
}

impl Memory {
    /// Recalls from `query`, `dim` numbers, and again from what came back, until a rule of `stop` is met: [`Model::settle`], with the way
    /// there. O(M dim) a step, and one more for the report.
    ///
    /// ```
    /// use basinet::{Memory, Model, Softmax, Stop, UnitNorm, beta};
    /// let memory = Memory::from_rows(2, &[1.0, 0.0, 0.0, 1.0])?;
    /// let model = Model::new(beta!(8.0), Softmax);
    /// let settled = memory.settle(&model, &[0.6, 0.4], Stop::default())?;
    /// assert!(settled.report.converged && settled.state[0] > 0.99);
    /// assert!(settled.energies.windows(2).all(|pair| pair[1] <= pair[0] + 1e-6));
    /// let on_the_circle = memory.settle(&model.then(UnitNorm), &[0.6, 0.4], Stop::default())?;
    /// assert!((on_the_circle.state[0] - 1.0).abs() < 1e-6);
    /// # Ok::<(), basinet::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`Model::settle`], and [`Error::Empty`].
    pub fn settle(&self, dynamics: &impl Settles, query: &[f32], stop: Stop) -> Result<Settled, Error> {
        self.settle_in(dynamics, query, stop, &mut self.workspace())
    }

    /// Settles from each of `queries`, Q x `dim`, row-major: as [`settle`](Self::settle) of each, bit for bit.
    ///
    /// # Errors
    /// [`Error::Shape`] where the numbers do not divide into queries. As [`settle`](Self::settle) of the first query that has an error;
    /// the place of a number that is not finite is that in `queries`.
    pub fn settle_batch(&self, dynamics: &impl Settles, queries: &[f32], stop: Stop) -> Result<Vec<Settled>, Error> {
        let mut work = self.workspace();
        each(self.dim(), queries, |query| self.settle_in(dynamics, query, stop, &mut work))
    }

    fn settle_in(&self, dynamics: &impl Settles, query: &[f32], stop: Stop, work: &mut Workspace) -> Result<Settled, Error> {
        let (mut state, mut steps) = (query.to_vec(), Vec::new());
        let report =
            dynamics.settle_seen(&self.patterns()?, &mut state, stop, &mut work.scratch_to_settle(), |step, _| steps.push(*step))?;
        Ok(Settled::new(state, report, steps))
    }
}
