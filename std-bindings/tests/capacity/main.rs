//! Capacity: what is measured, against plain ways of measuring it.

mod simulation;

type Fallible = Result<(), Box<dyn std::error::Error>>;
