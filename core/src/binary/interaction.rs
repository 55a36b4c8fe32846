//! What an overlap is worth: the function F of the energy, as a table of integers and in f64.

use crate::error::Error;

mod sealed {
    pub trait Sealed {}
    impl Sealed for super::Power {}
    impl Sealed for super::RectifiedPower {}
    impl Sealed for super::Exponential {}
}

/// How F is written in integers, for the overlaps of one state.
#[derive(Clone, Copy, Debug)]
pub struct Table {
    /// The argument whose F is 2^bits.
    reference: i64,
    /// `None` where F is an integer itself.
    bits: Option<u32>,
}

impl Table {
    /// As many bits as a sum over so many rows leaves room for.
    fn scaled(reference: i64, rows: usize) -> Self {
        let doublings = usize::BITS - rows.saturating_sub(1).leading_zeros();
        Self { reference, bits: Some(62u32.saturating_sub(doublings)) }
    }

    /// F itself where sums of a power fit.
    fn power(exponent: u32, reference: i64, rows: usize) -> Self {
        let largest = i64::try_from(rows).ok().and_then(|rows| reference.checked_pow(exponent)?.checked_mul(rows));
        if largest.is_some() { Self { reference, bits: None } } else { Self::scaled(reference, rows) }
    }

    /// An entry for a power of `x`.
    fn power_of(self, x: i64, exponent: u32) -> i64 {
        match self.bits {
            None => x.wrapping_pow(exponent),
            Some(bits) => libm::rint(power(x as f64 / self.reference as f64, exponent) * (1u64 << (bits % 64)) as f64) as i64,
        }
    }
}

/// `x^exponent` in f64, at most `exponent - 1` roundings deep.
fn power(x: f64, exponent: u32) -> f64 {
    let mut product = 1.0;
    for _ in 0..exponent {
        product *= x;
    }
    product
}

/// `-sum_mu max(o_mu, floor)^exponent`: exact in integers of 128 bits where it fits, and in f64 in the order of the rows elsewhere.
fn power_energy(overlaps: &[i32], exponent: u32, floor: i32) -> f64 {
    let raised = |o: &i32| if *o > floor { *o } else { floor };
    let exact = overlaps.iter().try_fold(0i128, |sum, o| sum.checked_add(i128::from(raised(o)).checked_pow(exponent)?));
    let sum = match exact {
        Some(sum) => sum as f64,
        None => overlaps.iter().fold(0.0, |sum, o| sum + power(f64::from(raised(o)), exponent)),
    };
    0.0 - sum
}

/// A function of the overlap: [`Power`], [`RectifiedPower`], [`Exponential`].
pub trait Interaction: sealed::Sealed + Copy {
    /// The table for overlaps from `least` to `most`, which neurons may yet change by 2, and sums over so many rows.
    #[doc(hidden)]
    fn table(&self, least: i32, most: i32, rows: usize) -> Table;
    /// An entry.
    #[doc(hidden)]
    fn entry(&self, table: Table, overlap: i64) -> i64;
    /// The energy of a state with these overlaps.
    #[doc(hidden)]
    fn energy(&self, overlaps: &[i32]) -> f64;
}

/// The exponent, where it is one.
const fn exponent(n: u32) -> Result<u32, Error> {
    if n >= 2 && n <= Power::MOST {
        Ok(n)
    } else {
        Err(Error::Parameter { requirement: "the power of an interaction must be within 2 and 30" })
    }
}

/// `F(x) = x^n`. Power 2 is the Hopfield network of 1982 without the terms of a neuron with itself. Krotov, Hopfield 2016, eq. 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Power(u32);

impl Power {
    /// The largest exponent: with it the energy of 2^32 patterns of 2^31 neurons is still within f64.
    pub const MOST: u32 = 30;

    /// The power n.
    ///
    /// # Errors
    /// [`Error::Parameter`] for n below 2 or above 30.
    pub const fn new(n: u32) -> Result<Self, Error> {
        match exponent(n) {
            Ok(n) => Ok(Self(n)),
            Err(error) => Err(error),
        }
    }

    /// n.
    pub const fn exponent(self) -> u32 {
        self.0
    }
}

impl Interaction for Power {
    fn table(&self, least: i32, most: i32, rows: usize) -> Table {
        let largest = i64::from(if least.unsigned_abs() > most.unsigned_abs() { least } else { most }.unsigned_abs());
        Table::power(self.0, largest + 2, rows)
    }
    fn entry(&self, table: Table, overlap: i64) -> i64 {
        table.power_of(overlap, self.0)
    }
    fn energy(&self, overlaps: &[i32]) -> f64 {
        power_energy(overlaps, self.0, i32::MIN)
    }
}

/// `F(x) = max(x, 0)^n`. Krotov, Hopfield 2016, eq. 3.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RectifiedPower(u32);

impl RectifiedPower {
    /// The power n.
    ///
    /// # Errors
    /// [`Error::Parameter`] for n below 2 or above 30.
    pub const fn new(n: u32) -> Result<Self, Error> {
        match exponent(n) {
            Ok(n) => Ok(Self(n)),
            Err(error) => Err(error),
        }
    }

    /// n.
    pub const fn exponent(self) -> u32 {
        self.0
    }
}

impl Interaction for RectifiedPower {
    fn table(&self, _least: i32, most: i32, rows: usize) -> Table {
        Table::power(self.0, i64::from(if most > 0 { most } else { 0 }) + 2, rows)
    }
    fn entry(&self, table: Table, overlap: i64) -> i64 {
        if overlap > 0 { table.power_of(overlap, self.0) } else { 0 }
    }
    fn energy(&self, overlaps: &[i32]) -> f64 {
        power_energy(overlaps, self.0, 0)
    }
}

/// `F(x) = exp(x)`. Demircigil et al. 2017; the energy is `-ln sum_mu exp(o_mu)`, the logarithm of theirs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Exponential;

impl Interaction for Exponential {
    fn table(&self, _least: i32, most: i32, rows: usize) -> Table {
        Table::scaled(i64::from(most) + 2, rows)
    }
    fn entry(&self, table: Table, overlap: i64) -> i64 {
        let one = (1u64 << (table.bits.unwrap_or(0) % 64)) as f64;
        libm::rint(libm::exp((overlap - table.reference) as f64) * one) as i64
    }
    fn energy(&self, overlaps: &[i32]) -> f64 {
        let Some(most) = overlaps.iter().copied().max() else { return 0.0 };
        let sum = overlaps.iter().fold(0.0, |sum, &o| sum + libm::exp(f64::from(o) - f64::from(most)));
        0.0 - (f64::from(most) + libm::log(sum))
    }
}
