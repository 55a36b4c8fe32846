//! The section `dam`.

use super::{Check, IgnoredAny, Kernels, Vec, unread};

pub(super) type Section = IgnoredAny;

pub(super) fn checks(_section: &Section, _kernels: impl Kernels) -> Vec<Check> {
    unread("dam")
}
