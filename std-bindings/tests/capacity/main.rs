//! Capacity theory: its laws, and what is measured, against plain ways of measuring it.

mod advice;
mod simulation;
mod theory;
mod wrong_inputs;

type Fallible = Result<(), Box<dyn std::error::Error>>;
