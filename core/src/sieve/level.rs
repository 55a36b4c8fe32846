//! One compressed copy, and the doubt about scores that it leaves: the coefficients of the bound in the head of [`sieve`](super).

use crate::compressed::{Code, Compressed, Query, gamma};
use crate::dispatch::Kernels;
use crate::error::Error;
use crate::feature_map::FeatureMap;
use crate::kernels::{BLOCK, Doubt};
use crate::patterns::square_sum;
use crate::recall::same;
use crate::simd::LANES;

/// Half the distance from 1 to the next f32, and the smallest f32.
const EPS: f64 = 1.0 / 16_777_216.0;
const TINY: f64 = f32::from_bits(1) as f64;
/// For roundings in f64, and for those of the bound in f32.
const UP: f64 = 1.0 + 1e-9;
const UP_NARROW: f64 = 1.0 + 1.0 / 1_048_576.0;
/// Scores up to this are nowhere near the end of f32, and neither are the sums that lead to them.
const SAFE: f64 = 1e37;

/// Columns that are not the patterns' own: the map that makes them, and what it leaves of each row.
#[derive(Clone, Copy, Debug)]
struct Projection<'a> {
    map: FeatureMap<'a>,
    defect: f32,
    rests: &'a [f32],
}

/// A compressed copy of a memory's patterns, of all their columns or of a few that a map makes of them.
#[derive(Clone, Copy, Debug)]
pub struct Level<'a, C = i8> {
    copy: Compressed<'a, C>,
    norms: &'a [f32],
    projection: Option<Projection<'a>>,
}

impl<'a, C: Code> Level<'a, C> {
    /// A copy of all columns. `norms` has a number for each 64 rows ([`BLOCK`](crate::BLOCK)), not less than the norm of any of their
    /// patterns, and of what the codes stand for: the largest of [`Encoded::norm`](crate::Encoded::norm).
    ///
    /// # Errors
    /// [`Error::Length`] where there is not a norm for each block.
    pub fn new(copy: Compressed<'a, C>, norms: &'a [f32]) -> Result<Self, Error> {
        same(copy.count().div_ceil(BLOCK), norms.len())?;
        Ok(Self { copy, norms, projection: None })
    }

    /// A copy of the columns `P x` that `map` makes of patterns x. `defect` is not less than the spectral norm of `P P^T - 1`; residuals of the
    /// copy are not less than `|P x_i - b_i|`, in exact arithmetic; `rests` has a number for each row, not less than `|x_i - P^T P x_i|`.
    ///
    /// # Errors
    /// As [`new`](Self::new); [`Error::Length`] also where the map's features are not the copy's columns, or rests are not as many as rows;
    /// [`Error::Parameter`] where the map has a bias or unit features, or the defect is not within [0, 1].
    pub fn projected(copy: Compressed<'a, C>, norms: &'a [f32], map: FeatureMap<'a>, defect: f32, rests: &'a [f32]) -> Result<Self, Error> {
        same(copy.dim(), map.features())?;
        same(copy.count(), rests.len())?;
        if map.bias().is_some() || map.is_unit() || !(0.0..=1.0).contains(&defect) {
            return Err(Error::Parameter { requirement: "columns are P x, without bias or unit length, and the defect is within [0, 1]" });
        }
        Ok(Self { projection: Some(Projection { map, defect, rests }), ..Self::new(copy, norms)? })
    }

    /// Rows.
    pub const fn count(&self) -> usize {
        self.copy.count()
    }

    /// Numbers in a pattern.
    pub const fn dim(&self) -> usize {
        match self.projection {
            Some(projection) => projection.map.dim(),
            None => self.copy.dim(),
        }
    }

    /// Bytes that are read for a row, but for its share of a block's norm.
    pub const fn row_bytes(&self) -> usize {
        self.copy.row_bytes() + if self.projection.is_some() { 4 } else { 0 }
    }

    /// Numbers of room for a query: as it is multiplied, and before.
    pub(super) fn room(&self) -> usize {
        self.copy.dim().next_multiple_of(LANES).saturating_mul(2)
    }

    /// The query as this level compares it, in `room`; none where there is too little of it, or numbers get too large.
    pub(super) fn asked<'r, K: Kernels>(&self, kernels: K, query: &[f32], room: &'r mut [f32]) -> Option<Asked<'r>> {
        let (dim, columns) = (query.len() as f64, self.copy.dim() as f64);
        let norm = libm::sqrt(square_sum(query)) * UP;
        let gamma_plain = gamma(query.len());
        let Some(Projection { map, defect, .. }) = self.projection else {
            let query = C::prepare(query, room)?;
            return Some(Asked::new(norm, query, [query.error, 0.0, 0.0], [gamma_plain, dim, columns]));
        };
        let (projected, room) = room.split_at_mut_checked(map.features())?;
        map.on(kernels).write(query, projected).ok()?;
        let delta = f64::from(defect);
        let eta = libm::sqrt(columns) * (gamma_plain * libm::sqrt(1.0 + delta) * norm + dim * TINY) * UP;
        let query = C::prepare(projected, room)?;
        let wide = query.error + eta + delta * query.norm;
        let rest = norm * norm - 2.0 * query.overlap + 2.0 * eta * query.norm + (1.0 + delta) * query.norm * query.norm;
        let rest = rest + 1e-9 * (norm * norm + query.norm * query.norm);
        let rest = libm::sqrt(if rest > 0.0 { rest } else { 0.0 });
        Some(Asked::new(norm, query, [wide, rest, delta], [gamma_plain, dim, columns]))
    }

    /// Upper bounds of the scores of the rows `from..from + out.len()`, of one block; says the largest lower and the largest upper one.
    /// None where scores may come near the end of f32. `mask` sets what takes no part to minus infinity.
    pub(super) fn bounds<K: Kernels>(
        &self,
        kernels: K,
        asked: &Asked<'_>,
        from: usize,
        out: &mut [f32],
        mask: impl FnOnce(&mut [f32]),
    ) -> Option<(f32, f32)> {
        let norm = f64::from(*self.norms.get(from / BLOCK)?);
        let doubt = asked.doubt(norm)?;
        C::products(kernels, self.copy.behind(from), &asked.query, out);
        mask(out);
        let rests = self.projection.map_or(&[][..], |projection| projection.rests.get(from..).unwrap_or(&[]));
        Some(kernels.raise(out, self.copy.residuals().get(from..).unwrap_or(&[]), rests, doubt))
    }
}

/// A query, and the coefficients of the bound for it.
#[derive(Clone, Copy, Debug)]
pub struct Asked<'r> {
    query: Query<'r>,
    /// |q|.
    norm: f64,
    /// What residuals, rests and norms are multiplied by, and what is added.
    residual: f32,
    rest: f32,
    by_norm: f64,
    tiny: f64,
}

impl<'r> Asked<'r> {
    fn new(norm: f64, query: Query<'r>, [wide, rest, delta]: [f64; 3], [gamma_plain, dim, columns]: [f64; 3]) -> Self {
        let own = query.norm;
        let narrow = |x: f64| crate::compressed::up(x * UP * UP_NARROW);
        let by_norm = 2.0 * delta * own + wide + (gamma(columns as usize) + 4.0 * EPS) * own + gamma_plain * norm;
        let tiny = (dim + columns + 8.0) * TINY;
        Self { query, norm, residual: narrow(own + wide), rest: narrow(rest), by_norm, tiny }
    }

    /// The coefficients for rows of at most this norm; none where scores may come near the end of f32.
    fn doubt(&self, norm: f64) -> Option<Doubt> {
        let any = (self.by_norm * norm + self.tiny) * UP * UP_NARROW;
        let safe = self.norm * norm < SAFE && self.norm < SAFE && norm < SAFE;
        safe.then(|| Doubt { residual: self.residual, rest: self.rest, any: crate::compressed::up(any) })
    }
}
