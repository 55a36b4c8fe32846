//! Capacity theory, against simulations.

mod advice;

type Fallible = Result<(), Box<dyn std::error::Error>>;
