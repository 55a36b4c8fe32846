//! Certified recall on compressed copies: the answer of plain recall, from a fraction of the bytes.
//!
//! A recall needs the rows whose score comes near the largest; of all others it is enough to *know* that they do not. A *level* knows it from
//! few bytes: for each row a bound on its score **as plain recall rounds it**. Rows whose bound reaches what the best rows leave open are read
//! in full, in the canonical order, from the original patterns.
//!
//! # The bound
//!
//! A level compares `b_i`, the codes of row i times their scale, with `a`, the query as whole numbers times theirs; both are of d columns.
//! Either d = D and the columns are those of the pattern (P the identity), or they are `P x_i` and `P q` for a d x D map P with nearly
//! orthonormal rows, `|P P^T - 1| <= delta`. Put `q = P^T a + q'` and `x = P^T b + x'`, any a and b. Then (derived)
//!
//! `q.x = a.P P^T b + a.P x' + P q'.b + P q'.(P x - b) + q'.(x - P^T P x)`,
//!
//! and with the residual `r_i >= |P x_i - b_i|`, the rest `rho_i >= |x_i - P^T P x_i|`, and `W >= |P q'|`, since `P x' = (P x - b) - (P P^T - 1) b`,
//!
//! `|q.x_i - a.b_i| <= (|a| + W) r_i + |q'| rho_i + (2 delta |a| + W) |b_i|`.
//!
//! Of the query: `W = |p - a| + eta + delta |a|`, p = P q as computed in f32, `eta = sqrt(d) (g_D sqrt(1 + delta) |q| + D 2^-149)` its error, and
//! `|q'|^2 = |q|^2 - 2 (P q).a + a.P P^T a <= |q|^2 - 2 p.a + 2 eta |a| + (1 + delta) |a|^2`. Without a map eta = delta = rho = 0.
//!
//! *Rounding.* Plain recall is off by `g_D |q| |x_i| + D 2^-149`, `g_n = (ceil(n/16) + 6) eps`; the level's own score by `g_d |a| |b_i| + d
//! 2^-149` at most (integers are off by less: one rounding). Both norms are bounded for a block of 64 rows at a time, by `norms`. The bound
//! itself is a few f32 operations on numbers that were rounded up from f64: its coefficients are raised by `1 + 2^-20` for their roundings,
//! that of the last sum, `eps |c + doubt|`, is in `4 eps |a| |b_i|`, and underflow in a further 8 2^-149. Where `|q| max |x|` comes near the end of
//! f32, where a sum might overflow, nothing is sifted.
//!
//! # What is left
//!
//! *Sparse maps.* A row at or below the floor that any rows' *exact* scores leave has no weight (see [`separation`](crate::separation)), and a
//! map's outcome is a function of the scores of the rows above it: the same winner, weights, threshold, conjugate and state as plain recall,
//! bit for bit. *Dense maps* (softmax, softmax1) miss the tail, the terms of rows unread: at most `tail` of the largest term together.
//!
//! # How it goes
//!
//! The first level is scanned in pieces of 512 rows; rows that may matter are kept on a list, with their bound. Whenever a bound exceeds all
//! that were met before, that row is read in full at once, and when the list has grown, the map's cut of what all its rows have *at least*
//! raises the floor: both early, so that the list stays short. A piece of which more than one row in eight has to be kept was scanned in vain;
//! once that has cost a fifteenth of what reading all patterns would, the rest is read in full, or, where hardly more had been scanned, the
//! next level is scanned from the beginning, and after the last plain recall does it. Pieces of which as much would be kept if the best bound so far were the winner's score count four times; others do not
//! count where the level's row costs less than an eighth of a pattern, since the winner may come last. After
//! that the other levels see what is left, if so few rows, one by one, are worth it. Then, the best bound first, rows are read in full, until
//! the floor lies above all that are left.
//!
//! Tried and not kept: floors from exact scores alone (at a low beta hundreds of rows have to be read before they say anything), giving up
//! at the first piece that was scanned in vain (the first pieces come before the winner), reading the rows of a hopeless list one by one
//! (dense maps take them twice: 0.25 to 0.5 times the speed of plain recall).

mod level;
mod list;
mod sift;

pub use level::Level;
pub use sift::Sifting;

use crate::compressed::Code;
use crate::dispatch::Kernels;
use crate::error::Error;
use crate::patterns::Rows;
use crate::recall::{Model, Scratch, same};
use crate::separation::Separation;
use crate::similarity::Dot;

/// The weight, in units of the winner's, that dense maps may miss by default: 2^-24, below the rounding of f32.
const TAIL: f64 = 1.0 / 16_777_216.0;

/// Compressed copies of a memory's patterns, from the coarsest to the finest: what certified recall finds out from which patterns to read.
///
/// ```
/// use basinet_core::{Buffers, Code, Compressed, Encoded, Level, Model, Patterns, Sieve, Sparsemax, beta};
/// let data = [1.0, 0.5, -1.0, -1.0, 1.0, 0.25];
/// let patterns = Patterns::new(&data, 3)?;
/// let (mut codes, mut scales, mut residuals, mut norm) = ([0i8; 6], [0.0; 2], [0.0; 2], 0.0f32);
/// for (i, codes) in codes.chunks_exact_mut(3).enumerate() {
///     let row = i8::encode(&data[3 * i..3 * i + 3], codes)?;
///     (scales[i], residuals[i], norm) = (row.scale, row.residual, norm.max(row.norm));
/// }
/// let levels = [Level::new(Compressed::new(&codes, &scales, &residuals, 3)?, core::slice::from_ref(&norm))?];
/// let sieve = Sieve::new(&levels)?;
/// let (model, query) = (Model::new(beta!(2.0), Sparsemax), [0.9, 0.1, -1.0]);
/// let (mut out, mut buffers, mut room) = ([0.0; 3], Buffers::<3, 2>::new(), [0.0; 32]);
/// let sifting = sieve.step(&model, &patterns, &query, &mut out, &mut buffers.scratch().with_features(&mut room))?;
/// assert_eq!(out, [1.0, 0.5, -1.0]);
/// assert!(sifting.step.is_exact());
/// # Ok::<(), basinet_core::Error>(())
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Sieve<'a, C = i8> {
    levels: &'a [Level<'a, C>],
    tail: f64,
}

impl<'a, C: Code> Sieve<'a, C> {
    /// A sieve of these levels; the first is scanned, the others see what is left. Costs nothing and reads no row.
    ///
    /// # Errors
    /// [`Error::Empty`] without levels, [`Error::Length`] where they differ in rows or in the length of the patterns, [`Error::TooLarge`] for
    /// 2^31 rows or more.
    pub fn new(levels: &'a [Level<'a, C>]) -> Result<Self, Error> {
        let first = levels.first().ok_or(Error::Empty)?;
        for level in levels {
            same(first.count(), level.count())?;
            same(first.dim(), level.dim())?;
        }
        if first.count() as u64 >= u64::from(list::PENDING) { Err(Error::TooLarge) } else { Ok(Self { levels, tail: TAIL }) }
    }

    /// The same where dense maps may miss terms of this weight, in units of the winner's: 2^-24 by default.
    ///
    /// # Errors
    /// [`Error::Parameter`] where it is not above 0, or above 1.
    pub fn with_tail(self, tail: f64) -> Result<Self, Error> {
        if tail > 0.0 && tail <= 1.0 {
            Ok(Self { tail, ..self })
        } else {
            Err(Error::Parameter { requirement: "the tail must be above 0, and at most 1" })
        }
    }

    /// Numbers that the query takes in the scratch memory's room for [features](Scratch::with_features).
    pub fn room(&self) -> usize {
        self.levels.iter().map(Level::room).fold(0, usize::max)
    }

    /// [`Model::step`] from `rows`, of which the levels are copies, by reading those that matter.
    ///
    /// Sparse maps: the same step and state, bit for bit, but that the report's gap is only a lower bound of it. Dense maps: as if the rows
    /// unread did not exist, whose weights together are less than `tail` of the winner's: the state is off by at most `2 tail m`, m the
    /// largest norm of a pattern, beside rounding. The scratch memory needs room for features ([`room`](Self::room)), and for as many
    /// candidates as rows come near; with room for all rows, a query for which everything matters takes hardly longer than plain recall; where
    /// there is less it becomes one. O(M d) for the first level, and for each that has to take its place, O(D) for each row that is read.
    ///
    /// # Errors
    /// As [`Model::step`]; [`Error::Length`] also where rows and levels differ in number or length. `out` is as it was then.
    pub fn step<S: Separation, K: Kernels>(
        &self,
        model: &Model<S, Dot, K>,
        rows: &impl Rows,
        query: &[f32],
        out: &mut [f32],
        scratch: &mut Scratch<'_>,
    ) -> Result<Sifting, Error> {
        let mut sifting = self.read(model, rows, rows, query, out, scratch)?;
        sifting.step.energy = model.energy0(&sifting.step, query);
        Ok(sifting)
    }

    /// [`Model::read`] from `keys`, of which the levels are copies, by reading those that matter, and their `values`.
    ///
    /// # Errors
    /// As [`step`](Self::step).
    pub fn read<S: Separation, K: Kernels>(
        &self,
        model: &Model<S, Dot, K>,
        keys: &impl Rows,
        values: &impl Rows,
        query: &[f32],
        out: &mut [f32],
        scratch: &mut Scratch<'_>,
    ) -> Result<Sifting, Error> {
        let first = self.levels.first().ok_or(Error::Empty)?;
        same(keys.dim(), query.len())?;
        same(values.dim(), out.len())?;
        same(keys.count(), values.count())?;
        same(first.dim(), keys.dim())?;
        same(first.count(), keys.count())?;
        if let Some(index) = query.iter().position(|x| !x.is_finite()) {
            return Err(Error::QueryNotFinite { index });
        }
        let (mut rows_spent, mut bytes_spent) = (0, 0);
        let mut levels = self.levels;
        while !levels.is_empty() {
            let mut spent = sift::Spent::default();
            let sift = sift::Sift { model, levels, tail: self.tail, keys, query };
            let sifted = sift.run(values, out, scratch, &mut spent);
            (rows_spent, bytes_spent) = (rows_spent + spent.rows, bytes_spent + spent.bytes);
            if let Some(step) = sifted {
                return Ok(Sifting { step, tail: spent.tail, rows_read: rows_spent, bytes_read: bytes_spent });
            }
            // A finer level may see what this one does not.
            levels = levels.get(1..).unwrap_or(&[]);
        }
        // Nothing could be sifted, or what was read is a reason for an error, which plain recall finds, too.
        let step = model.read(keys, values, query, out, scratch)?;
        let (rows_read, bytes_read) = (rows_spent + keys.count(), bytes_spent + keys.count() as u64 * sift::bytes(keys));
        Ok(Sifting { step, tail: 0.0, rows_read, bytes_read })
    }
}
