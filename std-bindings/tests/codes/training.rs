//! What is measured, possible and needed, against what is known.
