//! The numbers that training computes with: f32, or f64.

use ndarray::LinalgScalar;
use num_traits::Float;

/// f32 or f64. Sealed.
pub trait Number: sealed::Number + LinalgScalar + Float + Into<f64> + Send + Sync + std::fmt::Debug {}

mod sealed {
    /// What the two have not in common.
    pub trait Number: Sized {
        /// The nearest to a number.
        fn nearest(wide: f64) -> Self;
        /// `e^x` of each number, in place.
        fn exp_each(numbers: &mut [Self]);
    }
}

impl Number for f32 {}
impl Number for f64 {}

impl sealed::Number for f32 {
    fn nearest(wide: f64) -> Self {
        wide as f32
    }

    fn exp_each(numbers: &mut [Self]) {
        basinet_core::exp(numbers);
    }
}

impl sealed::Number for f64 {
    fn nearest(wide: f64) -> Self {
        wide
    }

    fn exp_each(numbers: &mut [Self]) {
        numbers.iter_mut().for_each(|x| *x = libm::exp(*x));
    }
}
