//! Log-sum-ReLU memories: each pattern is exactly a minimum, with a ball of its own around it.
//!
//! With `F(x) = sum_mu relu(1 - beta/2 |x - xi_mu|^2)` the energy is `E(x) = -ln(eps + F(x)) / beta`, eps at least 0. A memory is *active*
//! at x where its term is positive: within `sqrt(2/beta)` of it, and not on that sphere. The gradient is
//! `sum over active (x - xi_mu) / (eps + F(x))`, and the step goes where the sum of `x - xi_mu` is zero: to the mean of the active memories,
//! the mean shift of an Epanechnikov kernel. With no active memory there is no gradient, and the state stays; for eps = 0 the energy is
//! infinite there.
//!
//! **F never falls.** Let A be the n memories active at x, and `G(y) = sum over A (1 - beta/2 |y - xi_mu|^2)`. A ReLU is at least its
//! argument and at least 0, so `F >= G` everywhere, and `F(x) = G(x)`. G is a paraboloid with its top at the mean x' of A, and
//! `G(x') = G(x) + n beta/2 |x' - x|^2`, hence `F(x') >= F(x) + n beta/2 |x' - x|^2`: the energy falls until the state stays. All states
//! but the first are means of subsets, of which there are finitely many, so it stays after finitely many steps (derived).
//!
//! **What is certain.** Let r be the least distance between two memories, `D < r/2`, and `beta = 2/(r - D)^2`. Whoever is within D of a
//! memory is at least r - D from every other: that memory alone is active, and one step gives it, exactly. Between memories closer than
//! `2 sqrt(2/beta)` there are minima that are none of them: means of those active together.
//!
//! Source: Hoover et al. 2025, "Dense associative memory with Epanechnikov energy", sections 2 and 3; the step, its descent
//! and the bounds with rounding are derived.

use crate::dispatch::{Dispatch, Kernels};
use crate::error::Error;
use crate::kernels::{BLOCK, Leader};
use crate::patterns::{Rows, square_sum};
use crate::recall::{Energies, RankedSum, Scratch, Stop, copy, distance, lanes, same};
use crate::separation::Beta;

/// 2^-24, the unit of rounding, and 2^-149, what an underflow may lose.
const EPS: f64 = 1.0 / 16_777_216.0;
const TINY: f64 = 1.401_298_464_324_817e-45;

/// A log-sum-ReLU memory's parameters: beta and eps. Plain numbers, checked when made.
///
/// ```
/// use basinet_core::{Buffers, LogSumRelu, Patterns, beta};
/// let data = [0.0, 0.0, 4.0, 0.0];
/// let patterns = Patterns::new(&data, 2)?;
/// let (memory, mut buffers, mut out) = (LogSumRelu::new(beta!(1.0)), Buffers::<2, 0>::new(), [0.0; 2]);
/// let step = memory.step(&patterns, &[3.5, 0.75], &mut out, &mut buffers.scratch())?;
/// assert_eq!((step.active, step.winner, out), (1, 1, [4.0, 0.0]));
/// // Halfway, on the edge of both balls: nothing is active, the energy is infinite, the state stays.
/// let step = memory.step(&patterns, &[2.0, 0.0], &mut out, &mut buffers.scratch())?;
/// assert_eq!((step.active, step.energy, out), (0, None, [2.0, 0.0]));
/// # Ok::<(), basinet_core::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LogSumRelu<K = Dispatch> {
    beta: Beta,
    eps: f32,
    kernels: K,
}

/// What a state has around it. The default one has no rows.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct Step {
    /// Memories that are active: within `sqrt(2/beta)`, and not on the edge.
    pub active: usize,
    /// Rows there are.
    pub rows: usize,
    /// The row nearest to the state, active or not; the lowest of them where several are.
    pub winner: usize,
    /// Its squared distance, as rounded in f32.
    pub squared_distance: f32,
    /// The energy of the state, in units of squared distances; `None` where it is infinite: eps is 0, and nothing is active.
    pub energy: Option<f64>,
}

impl Step {
    /// True where one memory alone is active: the step gives it, bit for bit (but that -0 becomes +0).
    pub fn is_exact(&self) -> bool {
        self.active == 1
    }
}

/// What an iteration says about itself.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub struct Report {
    /// Steps taken.
    pub steps: usize,
    /// A rule on change was met, not just the number of steps.
    pub converged: bool,
    /// `|x' - x|` of the last step; infinite where none was taken.
    pub residual: f64,
    /// `|p' - p|` between the last two steps, where it was asked for and two were taken; p is 1/n for each of n active memories.
    pub weight_change: Option<f64>,
    /// The energy of the first state; `None` where it is infinite.
    pub first_energy: Option<f64>,
    /// The largest rise of the energy in one step: rounding, or zero.
    pub largest_rise: f64,
    /// What the last state has around it, its energy too.
    pub last: Step,
}

impl LogSumRelu {
    /// A memory at this inverse temperature, with eps = 0: memories are active within `sqrt(2/beta)`.
    pub const fn new(beta: Beta) -> Self {
        Self { beta, eps: 0.0, kernels: Dispatch }
    }

    /// The memory that gives back, exactly and in one step, every pattern from any state within `within` of it, where no two patterns are
    /// less than `distance` apart: `beta = 2/(distance - within)^2`.
    ///
    /// That holds for what is computed, too, for rows of up to `dim` numbers: the squared distance is taken `(ceil(D/16) + 7) eps` of
    /// itself and `D 2^-149` shorter, as it may be rounded, and beta is rounded up. Both distances are true ones, in the units of the
    /// patterns.
    ///
    /// ```
    /// use basinet_core::{Buffers, LogSumRelu, Patterns};
    /// let data = [0.0, 0.0, 3.0, 4.0];
    /// let memory = LogSumRelu::retrieving(5.0, 2.0, 2)?;
    /// assert!((memory.radius() - 3.0).abs() < 1e-5);
    /// let mut state = [1.8, 2.4];
    /// let step = memory.step(&Patterns::new(&data, 2)?, &[1.8, 2.4], &mut state, &mut Buffers::<2, 0>::new().scratch())?;
    /// assert!(step.active == 1 && step.winner == 1 && state == [3.0, 4.0]);
    /// # Ok::<(), basinet_core::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::Parameter`] where `within` is negative or not below half of `distance` by more than the rounding; [`Error::Beta`] where beta
    /// would be beyond its range.
    pub fn retrieving(distance: f32, within: f32, dim: usize) -> Result<Self, Error> {
        // 2^-48 for the rounding here.
        let relative = (dim.div_ceil(16) as f64 + 7.0) * EPS + 1.0 / 281_474_976_710_656.0;
        let lost = dim as f64 * TINY;
        let (near, far) = (f64::from(within), f64::from(distance) - f64::from(within));
        let (inner, outer) = (near * near * (1.0 + relative) + lost, far * far * (1.0 - relative) - lost);
        let apart = near >= 0.0 && far > 0.0 && inner < outer;
        let near_enough = Error::Parameter { requirement: "the states must be less than half the least distance from their patterns" };
        if !apart {
            return Err(near_enough);
        }
        let exact = 2.0 / outer;
        let rounded = exact as f32;
        let beta = Beta::new(if f64::from(rounded) < exact { rounded.next_up() } else { rounded })?;
        if f64::from(beta.get()) / 2.0 * inner < 1.0 { Ok(Self::new(beta)) } else { Err(near_enough) }
    }
}

impl<K: Kernels> LogSumRelu<K> {
    /// The same with another eps: the energy is finite everywhere, `-ln(eps)/beta` where nothing is active. Steps are the same.
    ///
    /// # Errors
    /// [`Error::Parameter`] where eps is negative or not finite.
    pub fn with_eps(self, eps: f32) -> Result<Self, Error> {
        if eps >= 0.0 && eps.is_finite() {
            Ok(Self { eps: eps + 0.0, ..self })
        } else {
            Err(Error::Parameter { requirement: "eps must be finite and not negative" })
        }
    }

    /// The same by the kernels of one backend, as [`Backend::run`](crate::Backend::run) hands them out. The bits are the same.
    pub fn on<L: Kernels>(self, kernels: L) -> LogSumRelu<L> {
        LogSumRelu { beta: self.beta, eps: self.eps, kernels }
    }

    /// The inverse temperature.
    pub fn beta(&self) -> Beta {
        self.beta
    }

    /// eps.
    pub fn eps(&self) -> f32 {
        self.eps
    }

    /// `sqrt(2/beta)`, the distance below which a memory is active.
    pub fn radius(&self) -> f64 {
        libm::sqrt(2.0 / f64::from(self.beta.get()))
    }

    /// `1 - beta/2 d^2`, from a negative squared distance. The product is exact and the sum is rounded once, so its sign is right.
    fn term(&self, score: f32) -> f64 {
        1.0 + f64::from(self.beta.get()) / 2.0 * f64::from(score)
    }

    /// A bit for each row of a block that is active.
    fn active(&self, scores: &[f32]) -> u64 {
        // A little below -2/beta, so no active row is at or below it.
        let floor = ((-2.0 / f64::from(self.beta.get())) as f32).next_down();
        let mut mask = self.kernels.above(scores, floor);
        for lane in lanes(mask) {
            if scores.get(lane).is_none_or(|&score| self.term(score) <= 0.0) {
                mask &= !(1 << lane);
            }
        }
        mask
    }

    /// Shows the negative squared distances of all rows, a block at a time with its first row.
    fn blocks(&self, rows: &impl Rows, state: &[f32], mut each: impl FnMut(u32, &[f32]) -> Result<(), Error>) -> Result<(), Error> {
        let (mut scores, mut from) = ([0.0; BLOCK], 0);
        while let Some(scores @ [_, ..]) = scores.get_mut(..(rows.count() - from).min(BLOCK)) {
            rows.distances(self.kernels, from, state, scores, false);
            each(from as u32, scores)?;
            from += scores.len();
        }
        Ok(())
    }

    /// What a state has around it, with its `eps + F(x)`; `each` is told the active rows, in order.
    fn visit(&self, rows: &impl Rows, state: &[f32], mut each: impl FnMut(u32)) -> Result<(Step, f64), Error> {
        same(rows.dim(), state.len())?;
        if let Some(index) = state.iter().position(|x| !x.is_finite()) {
            return Err(Error::QueryNotFinite { index });
        }
        let (mut leader, mut sum) = (Leader::NONE, RankedSum::default());
        self.blocks(rows, state, |first, scores| {
            let strange = |lane| Error::ScoreNotFinite { row: first as usize + lane as usize };
            self.kernels.lead(&mut leader, first, scores, u64::MAX).map_err(strange)?;
            for lane in lanes(self.active(scores)) {
                sum.add(scores.get(lane).map_or(0.0, |&score| self.term(score)));
                each(first.wrapping_add(lane as u32));
            }
            Ok(())
        })?;
        let raised = f64::from(self.eps) + sum.total();
        let energy = (raised > 0.0).then(|| 0.0 - libm::log(raised) / f64::from(self.beta.get()) + 0.0);
        let (active, winner) = (sum.terms as usize, leader.row as usize);
        Ok((Step { active, rows: rows.count(), winner, squared_distance: 0.0 - leader.max, energy }, raised))
    }

    /// The same, and the sum of the active rows in the scratch memory.
    fn gather(&self, rows: &impl Rows, state: &[f32], scratch: &mut Scratch<'_>) -> Result<(Step, f64), Error> {
        same(rows.dim(), state.len())?;
        let sum = &mut scratch.sum;
        sum.begin(state.len())?;
        let found = self.visit(rows, state, |row| sum.push(self.kernels, rows, row, 1.0))?;
        sum.read_waiting(self.kernels, rows, 0);
        sum.finish(self.kernels);
        Ok(found)
    }

    /// What a state has around it: how many active memories, the nearest one, the energy. O(M D).
    ///
    /// `rows` is M x D, `state` has D numbers. A squared distance is off by at most `(ceil(D/16) + 7) eps` of itself and `D 2^-149`, which
    /// may move the edge of a ball by as much; the rest is f64.
    ///
    /// # Errors
    /// [`Error::Length`], [`Error::QueryNotFinite`], [`Error::ScoreNotFinite`] where a row holds a number that is not finite, or a squared
    /// distance is beyond f32.
    pub fn look(&self, rows: &impl Rows, state: &[f32]) -> Result<Step, Error> {
        self.visit(rows, state, |_| {}).map(|(step, _)| step)
    }

    /// The energy `-ln(eps + sum_mu relu(1 - beta/2 |x - xi_mu|^2)) / beta`; `None` where it is infinite. O(M D).
    ///
    /// Its error is half the sum of the active memories' squared distances' errors, over `eps + F(x)`: large where all are active by a hair.
    ///
    /// # Errors
    /// As [`look`](Self::look).
    pub fn energy(&self, rows: &impl Rows, state: &[f32]) -> Result<Option<f64>, Error> {
        self.look(rows, state).map(|step| step.energy)
    }

    /// The weights of the step: 1/n for each of the n active memories, zero for the others. `out` has M places. O(M D), twice.
    ///
    /// # Errors
    /// As [`look`](Self::look), with [`Error::Length`] also where `out` has not M places. `out` is as it was then.
    pub fn weights(&self, rows: &impl Rows, state: &[f32], out: &mut [f32]) -> Result<Step, Error> {
        same(rows.count(), out.len())?;
        let step = self.look(rows, state)?;
        out.fill(0.0);
        let weight = (1.0 / step.active as f64) as f32;
        self.visit(rows, state, |row| {
            if let Some(place) = out.get_mut(row as usize) {
                *place = weight;
            }
        })?;
        Ok(step)
    }

    /// One step: `out` is the mean of the active memories, or `state` where there is none. The energy never rises.
    ///
    /// `rows` is M x D, `state` and `out` have D numbers; of the scratch memory only the sums are used. The active rows are added in row
    /// order by rank, 64 to a block, 64 blocks to a chunk, and divided by their number: error at most `(130 + n/4096) eps` of the mean of
    /// their absolute values. O(M D), and n D for n active rows.
    ///
    /// # Errors
    /// As [`look`](Self::look), with [`Error::Length`] also for `out`; [`Error::Scratch`]; [`Error::OutputNotFinite`] where the active rows'
    /// sum is beyond f32. `out` is as it was then.
    pub fn step(&self, rows: &impl Rows, state: &[f32], out: &mut [f32], scratch: &mut Scratch<'_>) -> Result<Step, Error> {
        same(rows.dim(), out.len())?;
        let (step, _) = self.gather(rows, state, scratch)?;
        if step.active == 0 {
            for (out, &x) in out.iter_mut().zip(state) {
                *out = x + 0.0;
            }
        } else if !scratch.sum.write(self.kernels, step.active as f32, out) {
            return Err(Error::OutputNotFinite);
        }
        Ok(step)
    }

    /// The gradient of the energy, `sum over active (x - xi_mu) / (eps + F(x))`. Zeros where nothing is active: with eps = 0 the energy is
    /// infinite there, as the report says, and has no gradient.
    ///
    /// With `f = eps + F(x)` the step is `x' = x - f/n gradient`. The sum of the rows is f32, as in [`step`](Self::step), the rest f64:
    /// error at most `(130 + n/4096) eps sum |xi_mu| / f` beside that of f. O(M D).
    ///
    /// # Errors
    /// As [`step`](Self::step).
    pub fn gradient(&self, rows: &impl Rows, state: &[f32], out: &mut [f32], scratch: &mut Scratch<'_>) -> Result<Step, Error> {
        same(rows.dim(), out.len())?;
        let (step, raised) = self.gather(rows, state, scratch)?;
        let count = step.active as f64;
        let [_, total] = scratch.sum.result();
        let entry = |x: f32, sum: f32| if step.active == 0 { 0.0 } else { ((count * f64::from(x) - f64::from(sum)) / raised) as f32 + 0.0 };
        if state.iter().zip(total.iter()).any(|(&x, &sum)| !entry(x, sum).is_finite()) {
            return Err(Error::OutputNotFinite);
        }
        for ((out, &x), &sum) in out.iter_mut().zip(state).zip(total.iter()) {
            *out = entry(x, sum);
        }
        Ok(step)
    }

    /// Steps from `state` until a rule of `stop` is met; `state` is the last one then.
    ///
    /// The scratch memory needs its three states. The energy never rises but for rounding, and the state stays for good after finitely many
    /// steps. O(M D) a step, one more for the report, and two more a step for the rule on weights.
    ///
    /// ```
    /// use basinet_core::{Buffers, LogSumRelu, Patterns, Stop, beta};
    /// let data = [0.0, 0.0, 1.0, 0.0, 9.0, 9.0];
    /// let mut state = [0.75, 0.5];
    /// let mut buffers = Buffers::<2, 0>::new();
    /// let memory = LogSumRelu::new(beta!(1.0));
    /// let report = memory.settle(&Patterns::new(&data, 2)?, &mut state, Stop::default(), &mut buffers.scratch())?;
    /// // Two memories that are active together have a minimum between them.
    /// assert!(report.converged && report.last.active == 2 && state == [0.5, 0.0]);
    /// assert!(report.last.energy < report.first_energy);
    /// # Ok::<(), basinet_core::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`step`](Self::step). `state` is as it was then.
    pub fn settle(&self, rows: &impl Rows, state: &mut [f32], stop: Stop, scratch: &mut Scratch<'_>) -> Result<Report, Error> {
        same(rows.dim(), state.len())?;
        let ([before, current, next], mut scratch) = scratch.split(state.len())?;
        copy(current, state);
        let (mut energies, mut first, mut previous) = (Energies::NONE, None, None);
        let (mut steps, mut residual, mut weight_change, mut converged) = (0, f64::INFINITY, None, false);
        while steps < stop.steps && !converged {
            let step = self.step(rows, current, next, &mut scratch)?;
            if let (Some(_), Some(previous)) = (stop.weight_change, previous) {
                weight_change = Some(self.weights_apart(rows, (before, previous), (current, step))?);
            }
            if steps == 0 {
                first = step.energy;
            }
            previous = Some(step);
            residual = distance(next, current);
            let length = libm::sqrt(square_sum(next));
            let weights_stay = matches!((weight_change, stop.weight_change), (Some(change), Some(most)) if change <= f64::from(most));
            converged = residual == 0.0 || residual <= f64::from(stop.state_change) * length || weights_stay;
            steps += 1;
            energies.meet(step.energy);
            copy(before, current);
            copy(current, next);
        }
        let last = self.look(rows, current)?;
        let first_energy = if steps == 0 { last.energy } else { first };
        energies.meet(last.energy);
        copy(state, current);
        Ok(Report { steps, converged, residual, weight_change, first_energy, largest_rise: energies.largest_rise, last })
    }

    /// `|p(a) - p(b)|`: with k memories active at both states, squared `(m + n - 2 k)/(m n)`; a state without active ones has no weights.
    fn weights_apart(&self, rows: &impl Rows, (a, at_a): (&[f32], Step), (b, at_b): (&[f32], Step)) -> Result<f64, Error> {
        let mut both = 0.0;
        self.blocks(rows, a, |first, scores| {
            let mut others = [0.0; BLOCK];
            let Some(others) = others.get_mut(..scores.len()) else { return Ok(()) };
            rows.distances(self.kernels, first as usize, b, others, false);
            both += f64::from((self.active(scores) & self.active(others)).count_ones());
            Ok(())
        })?;
        let square = match (at_a.active as f64, at_b.active as f64) {
            (0.0, 0.0) => 0.0,
            (0.0, n) | (n, 0.0) => 1.0 / n,
            (m, n) => (m + n - 2.0 * both) / (m * n),
        };
        Ok(libm::sqrt(square))
    }
}
