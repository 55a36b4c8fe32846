//! The section `lsr`.

use super::{Check, IgnoredAny, Kernels, Vec, unread};

pub(super) type Section = Vec<IgnoredAny>;

pub(super) fn checks(section: &Section, _kernels: impl Kernels) -> Vec<Check> {
    if section.is_empty() { Vec::new() } else { unread("lsr") }
}
