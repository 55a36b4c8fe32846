//! Advice that a user can act on: how many patterns, which beta, how damaged a query may be; and what a user's own patterns are like.
//!
//! The patterns have D numbers and norm R and are random directions: independent, alike in all directions. A query is one of them, damaged independently
//! of the others. Where the damage itself is drawn, by erasure and noise, half of the failures that are allowed are for queries that are damaged more than
//! [`Damage::unlucky`]. In the theory's terms `N = D` and `lambda = beta R^2 / D`. Three kinds of answers, each by its name:
//!
//! - *guaranteed*: one step gives the pattern back but for a stated probability of failure, at exactly this D. For maps with a margin (entmax,
//!   sparsemax, normmax, hardmax) that is exactly the pattern, and at a given cosine the probability is the exact one; for softmax, softmax1 and top-k it
//!   is a wanted weight, and the probability a bound. In exact arithmetic, over the memories as well as the queries.
//! - *typical*: what half of the memories do at this D, and for softmax what settling does, which forgives more than one step.
//! - *limit*: what is so for large D at the same `load = ln(M)/D`.
//!
//! Patterns that people have are no random directions. What they are like instead is measured by `Survey`, with the feature `threads`.
//!
//! ```
//! use basinet::capacity::advice::{Damage, Question};
//! use basinet::{AnySeparation, Sparsemax};
//! let question = Question {
//!     dim: 64,
//!     norm: 1.0,
//!     patterns: Some(1000.0),
//!     beta: None,
//!     separation: Sparsemax.into(),
//!     damage: Damage::erased(0.25)?,
//!     failure: 0.01,
//!     weight: 0.99,
//! };
//! let advice = question.answer()?;
//! // A thousand patterns of 64 numbers, a quarter of which is lost: exactly back in 99 of 100 recalls.
//! assert!(advice.guaranteed.smallest_beta.is_some_and(|beta| (6.4..6.5).contains(&beta)));
//! // Four fifths lost is too much at any beta. More dimensions would do.
//! let advice = Question { damage: Damage::erased(0.8)?, ..question }.answer()?;
//! assert_eq!(advice.guaranteed.smallest_beta, None);
//! assert!(advice.smallest_dim > Some(64));
//! # Ok::<(), basinet::capacity::Error>(())
//! ```

mod answer;
mod damage;
mod law;
mod question;
#[cfg(feature = "threads")]
mod survey;

pub use answer::{Advice, Assumed, Basin, Guaranteed, Limit, Most, Typical};
pub use damage::Damage;
pub use question::Question;
#[cfg(feature = "threads")]
pub use survey::{Recall, Survey, Surveyor, Worst};
