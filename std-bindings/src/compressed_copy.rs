//! One compressed copy of a memory's patterns, kept up with them: what a [`Level`] of the core is a view of.

use crate::{LinearMap, Memory};
use basinet_core::{BLOCK, Code, Compressed, Encoded, Error, Level};

/// Columns that a map makes of a pattern, in f64, and how far its rows are from orthonormal.
#[derive(Clone, Debug)]
struct Columns {
    map: LinearMap,
    /// The map's weights, row by row and column by column.
    rows: Vec<f64>,
    columns: Vec<f64>,
    defect: f32,
}

impl Columns {
    /// The columns of a map, by d x d products of its rows, O(d^2 D).
    fn new(map: LinearMap) -> Result<Self, Error> {
        let (dim, count) = (map.dim(), map.features());
        let rows: Vec<f64> = map.view()?.weights().iter().map(|&w| f64::from(w)).collect();
        let mut columns = vec![0.0; rows.len()];
        for (j, row) in rows.chunks_exact(dim).enumerate() {
            for (k, &w) in row.iter().enumerate() {
                columns[k * count + j] = w;
            }
        }
        // The Frobenius norm of P P^T - 1, which is not less than the spectral one, and what f64 may have lost.
        let mut square = 0.0;
        for (i, a) in rows.chunks_exact(dim).enumerate() {
            for (j, b) in rows.chunks_exact(dim).enumerate().take(i + 1) {
                let product: f64 = a.iter().zip(b).map(|(a, b)| a * b).sum();
                let off = product - f64::from(u8::from(i == j));
                square += off * off * if i == j { 1.0 } else { 2.0 };
            }
        }
        let defect = up(libm::sqrt(square) * ROUNDED + count as f64 * dim as f64 * ULP);
        if defect > 1.0 {
            return Err(Error::Parameter { requirement: "the rows of a front are nearly orthonormal" });
        }
        Ok(Self { map, rows, columns, defect })
    }

    /// `P x`, and the norm of `x - P^T P x` rounded up.
    fn of(&self, pattern: &[f32], norm: f64) -> (Vec<f64>, f64) {
        let count = self.map.features();
        let mut projected = vec![0.0; count];
        for (column, &x) in self.columns.chunks_exact(count).zip(pattern) {
            for (sum, &w) in projected.iter_mut().zip(column) {
                *sum += w * f64::from(x);
            }
        }
        let mut rest: Vec<f64> = pattern.iter().map(|&x| f64::from(x)).collect();
        for (row, &p) in self.rows.chunks_exact(pattern.len()).zip(&projected) {
            for (left, &w) in rest.iter_mut().zip(row) {
                *left -= w * p;
            }
        }
        let lost = norm * (pattern.len() + count) as f64 * 4.0 * ULP;
        (projected, length(&rest) * ROUNDED + lost)
    }
}

/// More than what a few roundings in f64 take away; the distance from 1 to the next f64.
const ROUNDED: f64 = 1.0 + 1e-9;
const ULP: f64 = f64::EPSILON;

/// The f32 at or above `x`.
fn up(x: f64) -> f32 {
    let near = x as f32;
    if f64::from(near) < x { near.next_up() } else { near }
}

/// The Euclidean norm.
fn length(x: &[f64]) -> f64 {
    libm::sqrt(x.iter().map(|x| x * x).sum())
}

/// Codes of each pattern, its scale and residual, and what its block is bounded by.
#[derive(Clone, Debug)]
pub struct CompressedCopy<C> {
    dim: usize,
    columns: Option<Columns>,
    codes: Vec<C>,
    scales: Vec<f32>,
    residuals: Vec<f32>,
    rests: Vec<f32>,
    /// A row's own bound, from which its block's follows when rows go.
    norms: Vec<f32>,
    blocks: Vec<f32>,
}

/// What a pattern became.
#[derive(Debug)]
pub struct Row<C> {
    codes: Vec<C>,
    encoded: Encoded,
    rest: f32,
}

impl<C: Code> CompressedCopy<C> {
    /// A copy of a memory's patterns.
    pub fn of(memory: &Memory, map: Option<LinearMap>) -> Result<Self, Error> {
        let mut copy = Self::new(memory.dim(), map)?;
        for pattern in memory.numbers().chunks_exact(memory.dim()) {
            copy.push(&copy.encode(pattern)?);
        }
        Ok(copy)
    }

    /// An empty copy of all columns of patterns of `dim` numbers, or of those that a map makes of them.
    fn new(dim: usize, map: Option<LinearMap>) -> Result<Self, Error> {
        if let Some(map) = &map {
            if map.dim() != dim {
                return Err(Error::Length { expected: dim, found: map.dim() });
            }
            if map.view()?.bias().is_some() || map.view()?.is_unit() {
                return Err(Error::Parameter { requirement: "a front is a linear map without bias or unit length" });
            }
        }
        let columns = map.map(Columns::new).transpose()?;
        let (scales, residuals, rests, norms, blocks) = (Vec::new(), Vec::new(), Vec::new(), Vec::new(), Vec::new());
        Ok(Self { dim, columns, codes: Vec::new(), scales, residuals, rests, norms, blocks })
    }

    /// The map that makes the columns, where they are not the patterns' own.
    pub fn map(&self) -> Option<&LinearMap> {
        self.columns.as_ref().map(|columns| &columns.map)
    }

    /// Words of a row.
    fn words(&self) -> usize {
        C::words(self.columns.as_ref().map_or(self.dim, |columns| columns.map.features()))
    }

    /// Encodes a pattern of finite norm.
    pub fn encode(&self, pattern: &[f32]) -> Result<Row<C>, Error> {
        let mut codes = vec![C::default(); self.words()];
        let Some(columns) = &self.columns else {
            let encoded = C::encode(pattern, &mut codes)?;
            return Ok(Row { codes, encoded, rest: 0.0 });
        };
        let norm = libm::sqrt(pattern.iter().map(|&x| f64::from(x) * f64::from(x)).sum()) * ROUNDED;
        let (projected, rest) = columns.of(pattern, norm);
        let narrow: Vec<f32> = projected.iter().map(|&p| p as f32).collect();
        // The pattern is finite: a column that is not is beyond f32.
        let Encoded { scale, norm: kept, .. } = C::encode(&narrow, &mut codes).map_err(|_| Error::NormOverflow)?;
        let decoded = Compressed::new(&codes, core::slice::from_ref(&scale), &[0.0], narrow.len())?;
        let lost: Vec<f64> = projected.iter().zip(decoded.decoded(0)).map(|(p, x)| p - f64::from(x)).collect();
        let slack = norm * libm::sqrt(narrow.len() as f64) * pattern.len() as f64 * ULP;
        let residual = up(length(&lost) * ROUNDED + slack);
        let own = up(norm);
        let encoded = Encoded { scale, residual, norm: if own > kept { own } else { kept } };
        let rest = up(rest);
        if rest.is_finite() && residual.is_finite() && encoded.norm.is_finite() {
            Ok(Row { codes, encoded, rest })
        } else {
            Err(Error::NormOverflow)
        }
    }

    /// Appends what a pattern became.
    pub fn push(&mut self, row: &Row<C>) {
        let Row { codes, encoded: Encoded { scale, residual, norm, .. }, rest } = row;
        self.codes.extend_from_slice(codes);
        self.scales.push(*scale);
        self.residuals.push(*residual);
        if self.columns.is_some() {
            self.rests.push(*rest);
        }
        self.norms.push(*norm);
        self.bound((self.norms.len() - 1) / BLOCK);
    }

    /// Puts what a pattern became in the place of row `i`, which there is.
    pub fn put(&mut self, i: usize, row: &Row<C>) {
        let (Row { codes, encoded: Encoded { scale, residual, norm, .. }, rest }, words) = (row, self.words());
        self.codes[i * words..(i + 1) * words].copy_from_slice(codes);
        (self.scales[i], self.residuals[i], self.norms[i]) = (*scale, *residual, *norm);
        if self.columns.is_some() {
            self.rests[i] = *rest;
        }
        self.bound(i / BLOCK);
    }

    /// Puts the last row in the place of row `i`, which there is.
    pub fn remove(&mut self, i: usize) {
        let (words, last) = (self.words(), self.scales.len() - 1);
        self.codes.copy_within(last * words..(last + 1) * words, i * words);
        self.codes.truncate(last * words);
        self.scales.swap_remove(i);
        self.residuals.swap_remove(i);
        if self.columns.is_some() {
            self.rests.swap_remove(i);
        }
        self.norms.swap_remove(i);
        self.blocks.truncate(last.div_ceil(BLOCK));
        for block in [i / BLOCK, last / BLOCK] {
            self.bound(block);
        }
    }

    /// Bounds a block of rows anew, if there is one.
    fn bound(&mut self, block: usize) {
        let Some(norms) = self.norms.chunks(BLOCK).nth(block) else { return };
        let largest = norms.iter().fold(0.0, |largest, &norm| if norm > largest { norm } else { largest });
        self.blocks.resize(self.norms.len().div_ceil(BLOCK), 0.0);
        self.blocks[block] = largest;
    }

    /// Forgets all rows.
    pub fn clear(&mut self) {
        self.codes.clear();
        for numbers in [&mut self.scales, &mut self.residuals, &mut self.rests, &mut self.norms, &mut self.blocks] {
            numbers.clear();
        }
    }

    /// Bytes of codes and of what stands beside them.
    pub fn bytes(&self) -> usize {
        let numbers = [&self.scales, &self.residuals, &self.rests, &self.norms, &self.blocks];
        size_of_val(&self.codes[..]) + numbers.iter().map(|numbers| size_of_val(&numbers[..])).sum::<usize>()
    }

    /// The rows of a copy of all columns, and of one of those of a map.
    pub fn compressed(&self) -> Result<Compressed<'_, C>, Error> {
        let dim = self.columns.as_ref().map_or(self.dim, |columns| columns.map.features());
        Compressed::new(&self.codes, &self.scales, &self.residuals, dim)
    }

    /// The level of a sieve.
    pub fn level(&self) -> Result<Level<'_, C>, Error> {
        match &self.columns {
            None => Level::new(self.compressed()?, &self.blocks),
            Some(Columns { map, defect, .. }) => Level::projected(self.compressed()?, &self.blocks, map.view()?, *defect, &self.rests),
        }
    }
}
