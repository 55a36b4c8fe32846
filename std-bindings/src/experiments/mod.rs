//! Experiments: the protocols by which U-Hop and U-Hop+ are judged, seeded, on the processor, the same whatever the number of threads.
//!
//! Each is a struct of what there is to choose, with the protocol of record as its default, and a `run` that returns rows: plain numbers that
//! serialise. The program's verb `experiment` writes them as CSV, tables and plots; what came out stands in `docs/experiments`.
//!
//! | | what is asked |
//! |---|---|
//! | [`Retrieval`] | how far off is a recall of damaged images, with a map and without? |
//! | [`Metastable`] | how many patterns share the weights? |
//! | [`Codes`] | how near do trained codes come to the best known ones? |
//! | [`Rate`] | how fast? |
//! | [`Dimension`] | how many features do M patterns need? |
//! | [`Basins`] | which states of a plane go to which pattern? |
//! | [`Structured`] | what do window, masks, top-k, linear and random features save, and cost? |
//! | [`RandomFeatures`] | how near do random features come to the dense memory? |
//! | [`Thresholds`] | how many random patterns does a binary memory hold? |
//!
//! Every `run` takes a function that hears of each piece of work that is done, from several threads; `pieces` says how many there are.
//!
//! ```
//! use basinet::experiments::Metastable;
//! let few = Metastable { seeds: 1..=2, ..Metastable::default() };
//! let rows = few.run(|| ())?;
//! let alone = rows.iter().find(|row| row.size == 1 && row.map == "U-Hop+");
//! assert!(alone.is_some_and(|row| row.percent > 64.5));
//! # Ok::<(), basinet::experiments::Error>(())
//! ```

mod basins;
mod codes;
mod dimension;
mod error;
mod features;
mod fit;
mod images;
mod metastable;
mod options;
mod random_features;
mod rate;
mod retrieval;
mod structured;
mod thresholds;

pub use basins::{Basins, Portrait, Raw};
pub use codes::{CodeRow, Codes};
pub use dimension::{Criterion, Dimension, DimensionRow, Growth};
pub use error::Error;
pub use features::Learning;
pub(crate) use fit::quantiles;
pub use fit::{Estimate, Line};
pub use images::{IdxError, Images, idx};
pub use metastable::{Metastable, SizeRow};
pub use random_features::{FeatureRow, Law, RandomFeatures};
pub use rate::{Method, Rate, RateRow};
pub use retrieval::{Best, Damage, Retrieval, RetrievalRow, best, worse};
pub use structured::{Structured, StructuredRow};
pub use thresholds::{ThresholdRow, Thresholds};
