//! Short chapters for users, each a page of `docs/guide`: its examples are compiled and run with the documentation.

#[doc = include_str!("../docs/guide/separation.md")]
pub mod separation {}
#[doc = include_str!("../docs/guide/beta.md")]
pub mod beta {}
#[doc = include_str!("../docs/guide/certificate.md")]
pub mod certificate {}
#[doc = include_str!("../docs/guide/flash.md")]
pub mod flash {}
#[doc = include_str!("../docs/guide/your_data.md")]
pub mod your_data {}
#[doc = include_str!("../docs/guide/hflayers.md")]
pub mod hflayers {}
#[doc = include_str!("../docs/guide/learned_maps.md")]
pub mod learned_maps {}
#[doc = include_str!("../docs/guide/ancestors.md")]
pub mod ancestors {}
#[doc = include_str!("../docs/guide/structured.md")]
pub mod structured {}
#[doc = include_str!("../docs/guide/capacity.md")]
pub mod capacity {}
#[doc = include_str!("../docs/guide/compressed.md")]
pub mod compressed {}
