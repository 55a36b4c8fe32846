//! The section `universal`.

use super::{Check, IgnoredAny, Kernels, Vec, unread};

pub(super) type Section = Option<IgnoredAny>;

pub(super) fn checks(section: &Section, _kernels: impl Kernels) -> Vec<Check> {
    if section.is_none() { Vec::new() } else { unread("universal") }
}
