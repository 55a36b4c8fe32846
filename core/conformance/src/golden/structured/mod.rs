//! The sections of structured and historical memories, each held by the public functions of one backend.

mod dam;
mod features;
mod lsr;
mod universal;

use super::{Case, Check};
use basinet_core::Kernels;
use serde::Deserialize;
use std::vec::Vec;

/// The sections, as far as a file has them.
#[derive(Debug, Deserialize)]
pub struct Structured {
    features: Option<features::Section>,
    #[serde(default)]
    lsr: lsr::Section,
    dam: Option<dam::Section>,
    #[serde(default)]
    universal: universal::Section,
}

/// Their names.
pub const STRUCTURED: [&str; 4] = ["features", "lsr", "dam", "universal"];

impl Structured {
    /// Every check of the sections, by the kernels of one backend.
    #[must_use]
    pub fn evaluate(&self, kernels: impl Kernels) -> Vec<Check> {
        let mut checks = Vec::new();
        if let Some(section) = &self.features {
            checks.extend(features::checks(section, kernels));
        }
        checks.extend(lsr::checks(&self.lsr, kernels));
        if let Some(section) = &self.dam {
            checks.extend(dam::checks(section, kernels));
        }
        checks.extend(universal::checks(&self.universal, kernels));
        checks
    }
}
