//! Where random patterns come from.

/// Where random patterns of N numbers come from: independent, and alike in all directions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "experiments", derive(serde::Serialize, serde::Deserialize), serde(rename_all = "kebab-case"))]
pub enum Ensemble {
    /// The sphere of norm `sqrt N`.
    Spherical,
    /// N numbers of the standard normal distribution, so norms of `sqrt N (1 + O(N^(-1/2)))`.
    Gaussian,
}
