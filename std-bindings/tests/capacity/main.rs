//! Capacity theory: its laws, its simulation, its advice.

mod theory;

type Fallible = Result<(), Box<dyn std::error::Error>>;
