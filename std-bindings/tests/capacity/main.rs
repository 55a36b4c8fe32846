//! Capacity theory: its laws, and what is measured, against plain ways of measuring it.

mod advice;
mod simulation;
mod theory;

type Fallible = Result<(), Box<dyn std::error::Error>>;
