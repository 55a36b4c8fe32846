//! Every separation with its definition in f64: roots by halving, nothing shared with the crate.

use super::Numbers;
use basinet_core::{Constrained, Entmax, Hardmax, KSubsets, Normmax, Separation, Softmax, Softmax1, Sparsemax, TopK};

/// A map's definition.
#[derive(Clone, Debug, PartialEq)]
pub enum Reference {
    Softmax1,
    /// alpha - 1; softmax at 0.
    Entmax(f64),
    /// gamma - 1.
    Normmax(f64),
    TopK(usize),
    Hardmax,
    /// The sum of all weights, and the largest of each row (1 where none are given).
    Capped(usize, Option<Vec<f32>>),
}

/// A separation whose definition is known.
pub trait Defined: Separation + PartialEq {
    fn reference(&self) -> Reference;
}

impl Defined for Softmax {
    fn reference(&self) -> Reference {
        Reference::Entmax(0.0)
    }
}
impl Defined for Softmax1 {
    fn reference(&self) -> Reference {
        Reference::Softmax1
    }
}
impl Defined for Sparsemax {
    fn reference(&self) -> Reference {
        Reference::Entmax(1.0)
    }
}
impl Defined for Entmax {
    fn reference(&self) -> Reference {
        Reference::Entmax(f64::from(self.alpha()) - 1.0)
    }
}
impl Defined for Normmax {
    fn reference(&self) -> Reference {
        Reference::Normmax(f64::from(self.gamma()) - 1.0)
    }
}
impl Defined for TopK {
    fn reference(&self) -> Reference {
        Reference::TopK(self.k() as usize)
    }
}
impl Defined for Hardmax {
    fn reference(&self) -> Reference {
        Reference::Hardmax
    }
}
impl Defined for KSubsets {
    fn reference(&self) -> Reference {
        Reference::Capped(self.k() as usize, None)
    }
}
impl Defined for Constrained<'_> {
    fn reference(&self) -> Reference {
        Reference::Capped(1, Some(self.caps().to_vec()))
    }
}

/// Caps for so many rows that let the weights sum to one: some of them zero, some one.
pub fn caps(rows: usize, seed: u64) -> Vec<f32> {
    let mut numbers = Numbers(seed ^ 0x00ca_95ca_95ca_95ca);
    let mut cap = || match numbers.next() % 8 {
        0 => 0.0,
        1 => 1.0,
        _ => (numbers.next() >> 40) as f32 / 16_777_216.0,
    };
    let mut caps: Vec<f32> = (0..rows).map(|_| cap()).collect();
    // The first row alone would do.
    caps[0] = 1.0;
    caps
}

/// `for_sparse!(rows, seed, check(arguments))`: `check(separation, arguments)` for every sparse separation that so many rows are enough
/// for.
#[macro_export]
macro_rules! for_sparse {
    ($rows:expr, $seed:expr, $check:ident($($argument:expr),*)) => {{
        use basinet_core::{Constrained, Entmax, Hardmax, KSubsets, Normmax, Sparsemax, TopK};
        $check(Sparsemax, $($argument),*);
        for alpha in [1.0, 1.25, 1.5, 1.9, 2.0, 3.0, 50.0] {
            $check(Entmax::new(alpha).unwrap(), $($argument),*);
        }
        for gamma in [1.25, 2.0, 5.0] {
            $check(Normmax::new(gamma).unwrap(), $($argument),*);
        }
        for k in [1, 3, 40] {
            $check(TopK::new(k).unwrap(), $($argument),*);
        }
        $check(Hardmax, $($argument),*);
        for k in [1, 3].into_iter().filter(|&k| k as usize <= $rows) {
            $check(KSubsets::new(k).unwrap(), $($argument),*);
        }
        let caps = $crate::common::maps::caps($rows, $seed);
        $check(Constrained::new(&caps).unwrap(), $($argument),*);
    }};
}

/// As `for_sparse!`, with the dense separations too.
#[macro_export]
macro_rules! for_every {
    ($rows:expr, $seed:expr, $check:ident($($argument:expr),*)) => {{
        $check(basinet_core::Softmax, $($argument),*);
        $check(basinet_core::Softmax1, $($argument),*);
        $crate::for_sparse!($rows, $seed, $check($($argument),*));
    }};
}

/// The x in `low..=high` where f, which falls, passes zero.
fn halve(mut low: f64, mut high: f64, f: impl Fn(f64) -> f64) -> f64 {
    for _ in 0..200 {
        let middle = low + (high - low) / 2.0;
        if middle <= low || middle >= high {
            break;
        }
        if f(middle) >= 0.0 {
            low = middle;
        } else {
            high = middle;
        }
    }
    low
}

impl Reference {
    /// What the weights sum to, but for softmax1.
    pub fn mass(&self) -> f64 {
        if let Self::Capped(mass, _) = self { *mass as f64 } else { 1.0 }
    }

    /// Rows with the same score have the same weight, and those with a lower one no more.
    pub fn keeps_order(&self) -> bool {
        !matches!(self, Self::Capped(_, Some(_)))
    }

    /// All rows with the same score have the same weight.
    pub fn shares_ties(&self) -> bool {
        self.keeps_order() && !matches!(self, Self::TopK(_))
    }

    /// The largest weight of a row.
    pub fn cap(&self, row: usize) -> f64 {
        if let Self::Capped(_, Some(caps)) = self { f64::from(caps[row]) } else { 1.0 }
    }

    /// The number that stands at zero when differences are taken: the largest, or the one at which the caps reach the mass.
    fn edge(&self, z: &[f64]) -> f64 {
        let mut order: Vec<usize> = (0..z.len()).collect();
        order.sort_by(|&a, &b| z[b].partial_cmp(&z[a]).unwrap());
        let mut sum = 0.0;
        for &row in &order {
            sum += self.cap(row);
            if !matches!(self, Self::Capped(..)) || sum >= self.mass() {
                return z[row];
            }
        }
        z[order[order.len() - 1]]
    }

    /// z as the crate rounds it: differences first, then times beta.
    pub fn z(&self, beta: f32, scores: &[f32]) -> Vec<f64> {
        let origin = self.edge(&scores.iter().map(|&s| f64::from(s)).collect::<Vec<f64>>()) as f32;
        let shift = if *self == Self::Softmax1 { f64::from(beta) * f64::from(origin) } else { 0.0 };
        scores.iter().map(|&s| shift + f64::from(beta * (s - origin))).collect()
    }

    /// The weights.
    pub fn weights(&self, z: &[f64]) -> Vec<f64> {
        let max = z.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let t: Vec<f64> = z.iter().map(|z| z - max).collect();
        match self {
            Self::Softmax1 => {
                let top = max.max(0.0);
                let sum = (-top).exp() + z.iter().map(|z| (z - top).exp()).sum::<f64>();
                z.iter().map(|z| (z - top).exp() / sum).collect()
            }
            Self::Entmax(0.0) => shares(&t, |t| t.exp()),
            Self::Entmax(c) if *c < 1.0 => power(&t, *c, *c).1,
            Self::Entmax(c) => steep(&t, *c),
            Self::Normmax(c) => {
                let rate = (-c / (1.0 + c) * power(&t, c / (1.0 + c), 1.0).0).exp();
                shares(&t, |t| if rate * t > -1.0 { ((rate * t).ln_1p() / c).exp() } else { 0.0 })
            }
            Self::TopK(k) => {
                let mut order: Vec<usize> = (0..z.len()).collect();
                order.sort_by(|&a, &b| z[b].partial_cmp(&z[a]).unwrap().then(a.cmp(&b)));
                let mut taken = vec![f64::NEG_INFINITY; z.len()];
                order.iter().take(*k).for_each(|&row| taken[row] = t[row]);
                shares(&taken, |t| t.exp())
            }
            Self::Hardmax => shares(&t, |t| f64::from(u8::from(t == 0.0))),
            Self::Capped(mass, _) => {
                let origin = self.edge(z);
                let clip = |row: usize, tau: f64| (z[row] - origin - tau).clamp(0.0, self.cap(row));
                let tau = halve(-1.0, 0.0, |tau| (0..z.len()).map(|row| clip(row, tau)).sum::<f64>() - *mass as f64);
                (0..z.len()).map(|row| clip(row, tau)).collect()
            }
        }
    }

    /// `Omega*(z)`: `<p, z> - Omega(p)`.
    pub fn conjugate(&self, z: &[f64]) -> f64 {
        let p = self.weights(z);
        let inner: f64 = p.iter().zip(z).map(|(p, z)| p * z).sum();
        let sum = |term: &dyn Fn(f64) -> f64| p.iter().map(|&p| if p > 0.0 { term(p) } else { 0.0 }).sum::<f64>();
        inner
            - match *self {
                Self::Entmax(0.0) | Self::TopK(_) => sum(&|p| p * p.ln()),
                // (sum p^alpha - 1) / (alpha (alpha - 1)), where sum p = 1.
                Self::Entmax(c) => sum(&|p| p * (c * p.ln()).exp_m1()) / c / (1.0 + c),
                Self::Normmax(c) => sum(&|p| p.powf(1.0 + c)).powf(1.0 / (1.0 + c)) - 1.0,
                Self::Hardmax => 0.0,
                Self::Capped(..) => sum(&|p| p * p) / 2.0,
                Self::Softmax1 => {
                    let slot = -z.iter().copied().fold(0.0, f64::max);
                    let slot = slot.exp() / (slot.exp() + z.iter().map(|z| (z + slot).exp()).sum::<f64>());
                    sum(&|p| p * p.ln()) + if slot > 0.0 { slot * slot.ln() } else { 0.0 }
                }
            }
    }

    /// `(Omega*(z) - Omega*(0)) / beta` for `z = beta s`; for a beta that is too small for this it is the mean of `<p(b s), s>` over b up
    /// to beta, by Simpson's rule on intervals each half as long as the next, for the maps that change fast near 0.
    pub fn raised_conjugate(&self, beta: f64, scores: &[f64]) -> f64 {
        let z = |b: f64| scores.iter().map(|s| b * s).collect::<Vec<f64>>();
        if beta > 1e-7 {
            return (self.conjugate(&z(beta)) - self.conjugate(&z(0.0))) / beta;
        }
        let at = |share: f64| self.weights(&z(beta * share)).iter().zip(scores).map(|(p, s)| p * s).sum::<f64>();
        let (steps, intervals) = if matches!(self, Self::Entmax(c) if *c > 1.0) { (16, 30) } else { (4, 4) };
        let simpson = |low: f64, high: f64| {
            let point = |i: usize| low + (high - low) * i as f64 / steps as f64;
            let sum: f64 = (0..=steps).map(|i| at(point(i)) * if i == 0 || i == steps { 1.0 } else { 2.0 + 2.0 * (i % 2) as f64 }).sum();
            sum * (high - low) / 3.0 / steps as f64
        };
        (0..intervals).map(|k| simpson(if k + 1 == intervals { 1e-12 } else { 0.5f64.powi(k + 1) }, 0.5f64.powi(k))).sum()
    }
}

/// Each term's share of their sum.
fn shares(t: &[f64], term: impl Fn(f64) -> f64) -> Vec<f64> {
    let sum: f64 = t.iter().map(|&t| term(t)).sum();
    t.iter().map(|&t| term(t) / sum).collect()
}

/// L and the terms of `sum [e^(cL) + k t]_+^(1/c) = 1`, t at most 0.
fn power(t: &[f64], c: f64, k: f64) -> (f64, Vec<f64>) {
    let term = |t: f64, log: f64| {
        let x = k * (-c * log).exp() * t;
        if x > -1.0 { (log + x.ln_1p() / c).exp() } else { 0.0 }
    };
    let log = -halve(0.0, (t.len() as f64).ln() + 1e-9, |depth| t.iter().map(|&t| term(t, -depth)).sum::<f64>() - 1.0);
    (log, t.iter().map(|&t| term(t, log)).collect())
}

/// Entmax for c of 1 and above, where a weight near the threshold is beyond an f64 threshold's resolution: the unknown is the logarithm y
/// of the smallest weight, `p_i = (e^(cy) + c (t_i - t_last))^(1/c)`.
fn steep(t: &[f64], c: f64) -> Vec<f64> {
    let mut levels: Vec<f64> = t.to_vec();
    levels.sort_by(|a, b| b.total_cmp(a));
    levels.dedup();
    let term = |t: f64, last: f64, y: f64| {
        let above = c * (t - last);
        if t < last {
            0.0
        } else if above == 0.0 {
            y.exp()
        } else {
            (((c * y).exp() + above).ln() / c).exp()
        }
    };
    let sum = |last: f64, y: f64| t.iter().map(|&t| term(t, last, y)).sum::<f64>();
    let last = levels.iter().copied().take_while(|&last| sum(last, f64::NEG_INFINITY) < 1.0).last().unwrap();
    let y = -halve(0.0, 800.0, |depth| sum(last, -depth) - 1.0);
    t.iter().map(|&t| term(t, last, y)).collect()
}

/// How far weights are from their reference, at worst. For alpha or gamma above 2 a weight is not Lipschitz at the threshold: there the
/// power, of which the threshold is a shift, may be compared instead (of normmax's weights, in terms of the largest).
pub fn distance(reference: &Reference, found: &[f32], expected: &[f64]) -> f64 {
    let top = expected.iter().copied().fold(0.0, f64::max);
    let one = |(&found, &expected): (&f32, &f64)| {
        let found = f64::from(found);
        let plain = (found - expected).abs();
        match reference {
            Reference::Entmax(c) if *c > 1.0 => plain.min((found.powf(*c) - expected.powf(*c)).abs()),
            Reference::Normmax(c) if *c > 1.0 => plain.min(((found / top).powf(*c) - (expected / top).powf(*c)).abs()),
            _ => plain,
        }
    };
    assert!(found.iter().all(|p| p.is_finite()), "{reference:?}: not finite");
    found.iter().zip(expected).map(one).fold(0.0, f64::max)
}
