//! A superposition: all memories in one state of `r (V + 1)` sums, whose size and time do not depend on how many there are.
//!
//! With nonnegative features whose dot products are the kernel, `K(q, x) = <phi(q), phi(x)>`, a recall that weighs by the kernel,
//! `out = sum_mu K(q, x_mu) v_mu / sum_mu K(q, x_mu)`, is a quotient of two sums over the features:
//!
//! ```text
//! S_j = sum_mu phi_j(x_mu) v_mu      z_j = sum_mu phi_j(x_mu)      out = sum_j phi_j(q) S_j / sum_j phi_j(q) z_j
//! ```
//!
//! A memory is stored, replaced or removed in O(r (D + V)): its features times its value (and a one, for z) are added or taken off. What
//! that gives up: the memories themselves, and with them winner, gap and certificate.
//!
//! *Drift* (derived). Each sum is a pair of f32, and adding to it rounds by at most `2 eps^2` of the larger of the sum before and after; `S_j`
//! is never above `m z_j`, m the largest entry of a value. So with `spent_j` the sum, over all operations, of the larger `z_j` before and
//! after, `S_j` is off by at most `2 eps^2 m spent_j`, z_j by `2 eps^2 spent_j`, and a recall by `4 eps^2 m sum_j phi_j(q) spent_j / sum_j
//! phi_j(q) z_j`, whatever was stored and removed before. `spent` is kept as one column more, and every recall says this number.
//!
//! *Underflow* (derived). A product below 2^-126 is off by up to 2^-150: `phi_j(x_mu) v_mu`, the same when a memory comes and goes, and a
//! recall's `phi_j(q) S_j` and `phi_j(q) z_j`. With M memories and m at least 1, `2^-150 (M sum_j phi_j(q) + 2 r m) / sum_j phi_j(q) z_j` more;
//! that is in the same number, and nothing beside it unless features are tiny.

mod features;

pub use features::{EluFeatures, Features, PositiveRandomFeatures, ReluRandomFeatures};

use crate::dispatch::{Dispatch, Kernels};
use crate::error::Error;
use crate::kernels::BLOCK;
use crate::patterns::{Patterns, Rows};
use crate::recall::{IN_ORDER, same};

/// Half the distance from 1 to the next f32.
const EPS: f64 = 1.0 / 16_777_216.0;
/// What one operation rounds off a sum, relative to it: `2 eps^2`, with what the bound's own arithmetic rounds.
const PER_OPERATION: f64 = 2.0 * EPS * EPS * (1.0 + 1e-6);
/// 2^-150: what a product below f32's normal range is rounded by at most.
const LOST: f64 = 7.006_492_321_624_085e-46;
/// A refresh is due when a sum may be off by this, relative to what it would be: less than f32 shows.
const DUE: f64 = EPS / 2.0;

/// What a recall from a superposition says about itself.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub struct Recollection {
    /// The memories that take part: all that are stored.
    pub memories: u64,
    /// `ln sum_mu K(q, x_mu)`, the prior's part in the sum too: for positive random features an estimate of `ln sum_mu
    /// exp(beta <q, x_mu>)`, what a dense step calls so.
    pub conjugate: f64,
    /// No number of the result is farther than this from what it would be had no sum been rounded as memories came and went, and no product
    /// been too small for f32; infinite where so much has come and gone that f32 cannot count it.
    pub drift: f64,
}

/// Memories by their features, all in one state: keys of D numbers, values of V, r features; see [`Features`] for which.
///
/// The state lies in memory of the caller's, [`numbers`](Self::numbers)`(r, V)` of f32: an array in firmware, a `Vec` elsewhere. Linear and
/// random-feature members of the nonparametric family (Hu et al. 2024), whose sums are those of linear attention (Katharopoulos et al. 2020,
/// eq. 4 to 6; Choromanski et al. 2021).
///
/// ```
/// use basinet_core::{EluFeatures, Superposition};
/// const NUMBERS: usize = Superposition::<EluFeatures>::numbers(2, 2);
/// const ROOM: usize = Superposition::<EluFeatures>::room(2, 2);
/// let mut memory = Superposition::new(EluFeatures::new(2)?, 2, [0.0; NUMBERS])?;
/// let (mut room, mut out) = ([0.0; ROOM], [0.0; 2]);
/// memory.store(&[8.0, -8.0], &[1.0, 2.0], &mut room)?;
/// memory.store(&[-8.0, 8.0], &[3.0, 4.0], &mut room)?;
/// memory.recall(&[8.0, -8.0], &mut out, &mut room)?;
/// assert!((out[0] - 1.0).abs() < 1e-3 && (out[1] - 2.0).abs() < 1e-3);
/// memory.remove(&[8.0, -8.0], &[1.0, 2.0], &mut room)?;
/// memory.recall(&[8.0, -8.0], &mut out, &mut room)?;
/// assert!((out[0] - 3.0).abs() < 1e-6);
/// # Ok::<(), basinet_core::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Superposition<F, B = [f32; 0], K = Dispatch> {
    features: F,
    values: usize,
    /// Rows of V sums, z, spent; behind them rows of what the first V + 1 have rounded away.
    state: B,
    memories: u64,
    /// The largest entry of a value since there were none, or 1.
    largest: f32,
    prior: f32,
    kernels: K,
}

/// (The features of a key, its value with a one behind it, the room that is left.)
type Prepared<'r> = (&'r [f32], &'r mut [f32], &'r mut [f32]);

impl<F> Superposition<F> {
    /// Numbers of the state for r features and values of V numbers: `r (2 V + 3)`; `usize::MAX` where that is more.
    pub const fn numbers(features: usize, values: usize) -> usize {
        features.saturating_mul(values.saturating_mul(2).saturating_add(3))
    }

    /// Numbers that an operation needs to work in: `2 (r + V + 2)`; `usize::MAX` where that is more.
    pub const fn room(features: usize, values: usize) -> usize {
        features.saturating_add(values).saturating_add(2).saturating_mul(2)
    }
}

impl<F: Features, B: AsRef<[f32]> + AsMut<[f32]>> Superposition<F, B> {
    /// An empty memory for values of `values` numbers, whose state is in the first [`numbers`](Self::numbers) of `state`.
    ///
    /// # Errors
    /// [`Error::Empty`] for values or features without numbers, [`Error::TooLarge`], [`Error::Scratch`] where the state has no room.
    pub fn new(features: F, values: usize, state: B) -> Result<Self, Error> {
        if values == 0 || features.count() == 0 {
            return Err(Error::Empty);
        }
        let width = values.checked_mul(2).and_then(|twice| twice.checked_add(3)).ok_or(Error::TooLarge)?;
        let needed = width.checked_mul(features.count()).ok_or(Error::TooLarge)?;
        let found = state.as_ref().len();
        if found < needed {
            return Err(Error::Scratch { needed, found });
        }
        let mut memory = Self { features, values, state, memories: 0, largest: 0.0, prior: 0.0, kernels: Dispatch };
        memory.clear();
        Ok(memory)
    }
}

impl<F: Features, B: AsRef<[f32]> + AsMut<[f32]>, K: Kernels> Superposition<F, B, K> {
    /// The same, empty, with this added to every z_j for good: a memory of value zero that every query has a little in common with, so that
    /// once something is stored every query with a feature has an answer. (Released code for linear attention has 1e-6.)
    ///
    /// # Errors
    /// [`Error::Parameter`] where it is not finite or below zero.
    pub fn with_prior(mut self, prior: f32) -> Result<Self, Error> {
        if !(prior >= 0.0 && prior.is_finite()) {
            return Err(Error::Parameter { requirement: "a prior must be finite and not below zero" });
        }
        self.prior = prior;
        self.clear();
        Ok(self)
    }

    /// The same by the kernels of one backend, as [`Backend::run`](crate::Backend::run) hands them out. The bits are the same.
    pub fn on<L: Kernels>(self, kernels: L) -> Superposition<F, B, L> {
        let Self { features, values, state, memories, largest, prior, .. } = self;
        Superposition { features, values, state, memories, largest, prior, kernels }
    }

    /// The features.
    pub fn features(&self) -> &F {
        &self.features
    }

    /// V: the numbers of a value.
    pub fn values(&self) -> usize {
        self.values
    }

    /// The memories stored.
    pub fn memories(&self) -> u64 {
        self.memories
    }

    /// Forgets all memories, and all that rounding has left of earlier ones. O(r V).
    pub fn clear(&mut self) {
        let (width, prior) = (self.values + 2, self.prior);
        let (high, low) = self.parts();
        low.fill(0.0);
        for row in high.chunks_exact_mut(width.max(1)) {
            row.fill(0.0);
            if let Some([mass, _]) = row.last_chunk_mut() {
                *mass = prior;
            }
        }
        (self.memories, self.largest) = (0, 0.0);
    }

    /// Stores a memory: `value` comes back where a query is like `key`. O(r (D + V)), whatever is stored already.
    ///
    /// `room` has [`room`](Self::room)`(r, V)` numbers, of any value.
    ///
    /// # Errors
    /// [`Error::Length`], [`Error::Scratch`], [`Error::QueryNotFinite`] for the key and [`Error::PatternNotFinite`] for the value; as
    /// [`Features::of_pattern`]; [`Error::FeatureNotFinite`] where a sum could become larger than half of what f32 holds: where z_j
    /// times the largest entry of a value (at least 1; of those since there were none) would be. The memory is as it was then.
    pub fn store(&mut self, key: &[f32], value: &[f32], room: &mut [f32]) -> Result<(), Error> {
        let (phi, memory, _) = self.prepare(key, value, room)?;
        self.check_sums(phi, memory)?;
        self.add(phi, memory);
        Ok(())
    }

    /// Removes a memory that is stored: the same numbers that were added are taken off. O(r (D + V)).
    ///
    /// What was never stored must not be removed: the memory does not know, and has negative weights then, or sums that are no numbers and
    /// recalls that are [`Error::OutputNotFinite`], until it is cleared or [refreshed](Self::refresh).
    ///
    /// # Errors
    /// [`Error::Empty`] where nothing is stored, and as [`store`](Self::store). The memory is as it was then.
    pub fn remove(&mut self, key: &[f32], value: &[f32], room: &mut [f32]) -> Result<(), Error> {
        if self.memories == 0 {
            return Err(Error::Empty);
        }
        let (phi, memory, _) = self.prepare(key, value, room)?;
        self.take_off(phi, memory);
        Ok(())
    }

    /// Puts a memory in the place of one that is stored: [`remove`](Self::remove) and [`store`](Self::store), or neither.
    ///
    /// # Errors
    /// As of those.
    pub fn replace(&mut self, old: (&[f32], &[f32]), new: (&[f32], &[f32]), room: &mut [f32]) -> Result<(), Error> {
        if self.memories == 0 {
            return Err(Error::Empty);
        }
        let (phi, memory, rest) = self.prepare(new.0, new.1, room)?;
        self.check_sums(phi, memory)?;
        let (old_phi, old_memory, _) = self.prepare(old.0, old.1, rest)?;
        // Added first, so that the last memory is not taken for none.
        self.add(phi, memory);
        self.take_off(old_phi, old_memory);
        Ok(())
    }

    /// `out = sum_mu K(q, x_mu) v_mu / sum_mu K(q, x_mu)`. O(r (D + V)), however many memories there are.
    ///
    /// `query` has D numbers, `out` V, `room` [`room`](Self::room)`(r, V)`. Error of a number, with m the largest entry of a value, beside
    /// that of the features and the drift: `2 (66 + ceil(r / 64)) eps m` (derived: the two sums by blocks of 64 features, all terms of
    /// the lower one positive; what products below 2^-126 lose is in the drift).
    ///
    /// # Errors
    /// [`Error::Empty`] where nothing is stored, [`Error::Length`], [`Error::Scratch`]; as [`Features::of_query`];
    /// [`Error::ZeroMass`] where all kernels are zero, or all products; [`Error::OutputNotFinite`] where one of the sums is beyond f32. `out`
    /// is as it was then.
    pub fn recall(&self, query: &[f32], out: &mut [f32], room: &mut [f32]) -> Result<Recollection, Error> {
        if self.memories == 0 {
            return Err(Error::Empty);
        }
        same(self.values, out.len())?;
        let (count, width) = (self.features.count(), self.values + 2);
        let found = room.len();
        let lacking = Error::Scratch { needed: count + width + self.values, found };
        let (phi, room) = room.split_at_mut_checked(count).ok_or(lacking)?;
        let (sum, room) = room.split_at_mut_checked(width).ok_or(lacking)?;
        let quotient = room.get_mut(..self.values).ok_or(lacking)?;
        let divided_by = self.features.of_query(self.kernels, query, phi)?;
        sum.fill(0.0);
        let rows = Patterns::new(self.high(), width)?;
        for (block, phi) in phi.chunks(BLOCK).enumerate() {
            let in_order = IN_ORDER.get(..phi.len()).unwrap_or(&IN_ORDER);
            rows.weighted_block(self.kernels, block * BLOCK, (in_order, phi), 1.0, sum);
        }
        let (sums, &[mass, spent]) = sum.split_last_chunk().ok_or(Error::Empty)?;
        if mass <= 0.0 {
            return Err(Error::ZeroMass);
        }
        if !(mass.is_finite() && self.kernels.divide(quotient, sums, mass)) {
            return Err(Error::OutputNotFinite);
        }
        out.copy_from_slice(quotient);
        // What could not be counted is infinite, also where no feature of the query asks for it.
        let spent = if spent.is_nan() { f32::INFINITY } else { spent };
        // One part in a thousand is more than the two sums of positive numbers are off by, for up to half a million features.
        let rounded = 2.0 * PER_OPERATION * f64::from(self.largest) * f64::from(spent);
        let drift = (rounded + LOST * self.products(phi)) / f64::from(mass) * 1.001;
        Ok(Recollection { memories: self.memories, conjugate: libm::log(f64::from(mass)) + divided_by + 0.0, drift })
    }

    /// The products that a recall rests on, each as often as it counts: those stored by the query's features, its own by the largest entry.
    fn products(&self, phi: &[f32]) -> f64 {
        let stored = phi.iter().fold(0.0, |sum, phi| sum + f64::from(*phi)) * self.memories as f64;
        stored + 2.0 * phi.len() as f64 * f64::from(self.largest)
    }

    /// Whether rounding may have gone so far that f32 could show it: some sum may be off by half an eps of what it would be.
    ///
    /// That is after 3.6 million operations on a memory of many patterns that keeps its size (1.9 million on one of a single pattern), 6.8 million on one that only grows (2^22 and 2^23, less what
    /// rounding up takes), and sooner on one that has lost most of what it held. The remedy is
    /// [`refresh`](Self::refresh), or [`clear`](Self::clear) and storing again. O(r).
    pub fn is_refresh_due(&self) -> bool {
        self.high().chunks_exact((self.values + 2).max(1)).any(|row| match row.last_chunk() {
            Some(&[mass, spent]) => PER_OPERATION * f64::from(spent) > DUE * f64::from(mass),
            None => false,
        })
    }

    /// Forgets everything and stores these memories, in order: with those that are stored, the same memory without drift. O(M r (D + V)).
    ///
    /// # Errors
    /// As [`store`](Self::store), [`Error::Length`] for other numbers of keys and values. What is wrong with one memory is found before
    /// anything is forgotten, a sum that is not finite in the middle: the memory is empty then.
    pub fn refresh(&mut self, keys: &Patterns<'_>, values: &Patterns<'_>, room: &mut [f32]) -> Result<(), Error> {
        same(keys.count(), values.count())?;
        let memory = |i| (keys.row(i).unwrap_or(&[]), values.row(i).unwrap_or(&[]));
        for (key, value) in (0..keys.count()).map(memory) {
            self.prepare(key, value, room)?;
        }
        self.clear();
        for (key, value) in (0..keys.count()).map(memory) {
            self.store(key, value, room).inspect_err(|_| self.clear())?;
        }
        Ok(())
    }

    /// The rows of sums, and what they have rounded away.
    fn parts(&mut self) -> (&mut [f32], &mut [f32]) {
        let (count, width) = (self.features.count(), self.values + 2);
        let (high, low) = self.state.as_mut().split_at_mut_checked(count.saturating_mul(width)).unwrap_or_default();
        (high, low.get_mut(..count.saturating_mul(width - 1)).unwrap_or_default())
    }

    /// The rows of sums.
    fn high(&self) -> &[f32] {
        self.state.as_ref().get(..self.features.count().saturating_mul(self.values + 2)).unwrap_or_default()
    }

    /// The features of a key, and its value with a one behind it; and the room that is left.
    fn prepare<'r>(&self, key: &[f32], value: &[f32], room: &'r mut [f32]) -> Result<Prepared<'r>, Error> {
        same(self.values, value.len())?;
        let (needed, found) = (self.features.count() + self.values + 1, room.len());
        let (mine, rest) = room.split_at_mut_checked(needed).ok_or(Error::Scratch { needed, found })?;
        let (phi, memory) = mine.split_at_mut_checked(self.features.count()).ok_or(Error::Scratch { needed, found })?;
        if let Some(index) = value.iter().position(|x| !x.is_finite()) {
            return Err(Error::PatternNotFinite { index });
        }
        self.features.of_pattern(self.kernels, key, phi)?;
        for (to, from) in memory.iter_mut().zip(value.iter().chain(&[1.0])) {
            *to = *from;
        }
        Ok((phi, memory, rest))
    }

    /// Checks that adding this memory leaves every sum finite: none is above m times the last of its row, or above that.
    fn check_sums(&self, phi: &[f32], memory: &[f32]) -> Result<(), Error> {
        let largest = f64::from(larger(self.largest, memory));
        let masses = self.high().chunks_exact((self.values + 2).max(1)).map(|row| row.last_chunk().map_or(0.0, |&[mass, _]| mass));
        let over = |(mass, phi): (f32, &f32)| (f64::from(mass) + f64::from(*phi)) * largest >= f64::from(f32::MAX) / 2.0;
        masses.zip(phi).position(over).map_or(Ok(()), |index| Err(Error::FeatureNotFinite { index }))
    }

    /// Adds a memory that was checked.
    fn add(&mut self, phi: &[f32], memory: &[f32]) {
        self.largest = larger(self.largest, memory);
        self.memories += 1;
        self.superpose(phi, memory);
        self.spend();
    }

    /// Takes a memory off, one of those that there are. Negative values and a minus one: the same products, negated.
    fn take_off(&mut self, phi: &[f32], memory: &mut [f32]) {
        for x in memory.iter_mut() {
            *x = -*x;
        }
        self.memories -= 1;
        if self.memories == 0 {
            return self.clear();
        }
        self.spend();
        self.superpose(phi, memory);
    }

    fn superpose(&mut self, phi: &[f32], memory: &[f32]) {
        let (kernels, stride) = (self.kernels, self.values + 2);
        let (high, low) = self.parts();
        kernels.superpose(high, low, stride, memory, phi);
    }

    /// Adds the larger of the z_j before and after an operation to spent_j, rounded up, to infinity from the largest f32 on.
    fn spend(&mut self) {
        let width = self.values + 2;
        for row in self.parts().0.chunks_exact_mut(width.max(1)) {
            if let Some([mass, spent]) = row.last_chunk_mut() {
                let sum = *spent + mass.abs();
                *spent = if sum < f32::MAX { f32::from_bits(sum.to_bits() + 1) } else { f32::INFINITY };
            }
        }
    }
}

/// The largest absolute entry of a memory, or this.
fn larger(than: f32, memory: &[f32]) -> f32 {
    memory.iter().fold(than, |largest, x| if x.abs() > largest { x.abs() } else { largest })
}
