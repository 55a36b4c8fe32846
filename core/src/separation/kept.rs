//! Any separation over a choice of rows: the others have weight zero and are not looked at.

use super::Separation;
use crate::mask::Mask;

/// Separation `S` over the rows that mask `M` keeps. Made by [`Model::keep`](crate::Model::keep).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Kept<S, M> {
    pub(crate) separation: S,
    pub(crate) mask: M,
}

impl<S: Separation, M: Mask + core::fmt::Debug> Separation for Kept<S, M> {
    type Map = S::Map;

    fn map(&self) -> &S::Map {
        self.separation.map()
    }

    fn margin(&self) -> f32 {
        self.separation.margin()
    }

    fn keeps(&self, first: usize) -> u64 {
        self.separation.keeps(first) & self.mask.keeps(first)
    }
}
