//! How parameters move along a gradient.

use super::{Number, Steps};
use ndarray::{Array2, Zip};

/// The first step of Barzilai and Borwein's, of the parameters' norm.
const FIRST: f64 = 0.01;
/// Their longest.
const LONGEST: f64 = 0.1;

/// Adam's decays of the two means, and what keeps the root from zero.
const ADAM: (f64, f64, f64) = (0.9, 0.999, 1e-8);

/// What the steps remember of those before.
pub enum Walk<F> {
    Spectral { before: Option<(Array2<F>, Array2<F>)>, short: bool },
    Descent { rate: f64, compounding: bool, taken: f64 },
    Adam { rate: f64, mean: Array2<F>, square: Array2<F>, taken: f64 },
}

impl<F: Number> Walk<F> {
    /// Before the first step.
    pub fn new(steps: Steps, shape: (usize, usize)) -> Self {
        match steps {
            Steps::BarzilaiBorwein => Self::Spectral { before: None, short: false },
            Steps::Descent { rate, compounding } => Self::Descent { rate, compounding, taken: 0.0 },
            Steps::Adam { rate } => Self::Adam { rate, mean: Array2::zeros(shape), square: Array2::zeros(shape), taken: 0.0 },
        }
    }

    /// One step; true where the parameters are to be projected behind it.
    pub fn step(&mut self, parameters: &mut Array2<F>, gradient: &Array2<F>) -> bool {
        match self {
            Self::Spectral { before, short } => {
                let length = spectral_length(before.as_ref(), *short, parameters, gradient);
                *short = !*short;
                match before {
                    Some((was, slope)) => {
                        was.assign(parameters);
                        slope.assign(gradient);
                    }
                    None => *before = Some((parameters.clone(), gradient.clone())),
                }
                parameters.scaled_add(F::nearest(-length), gradient);
                true
            }
            Self::Descent { rate, compounding, taken } => {
                parameters.scaled_add(F::nearest(-*rate), gradient);
                *taken += 1.0;
                if *compounding {
                    *rate /= taken.sqrt();
                }
                false
            }
            Self::Adam { rate, mean, square, taken } => {
                *taken += 1.0;
                let (first, second, least) = ADAM;
                let unbiased = |decay: f64| 1.0 / (1.0 - libm::pow(decay, *taken));
                let (of_mean, of_square) = (unbiased(first), unbiased(second));
                Zip::from(parameters).and(mean).and(square).and(gradient).for_each(|x, m, v, &g| {
                    let g = g.into();
                    let (mean, square) = (first * (*m).into() + (1.0 - first) * g, second * (*v).into() + (1.0 - second) * g * g);
                    (*m, *v) = (F::nearest(mean), F::nearest(square));
                    *x = F::nearest((*x).into() - *rate * mean * of_mean / ((square * of_square).sqrt() + least));
                });
                false
            }
        }
    }
}

/// With s what the parameters moved by and y what the gradient changed by: `|s.s / s.y|` or the shorter `|s.y / y.y|` (Barzilai and Borwein
/// 1988). The magnitude, as the curvature may be negative; and never so long that the parameters are left behind.
fn spectral_length<F: Number>(before: Option<&(Array2<F>, Array2<F>)>, short: bool, parameters: &Array2<F>, gradient: &Array2<F>) -> f64 {
    let norm = |of: &Array2<F>| of.iter().map(|&x| x.into() * x.into()).sum::<f64>().sqrt();
    let slope = norm(gradient);
    if slope == 0.0 {
        return 0.0;
    }
    let unit = norm(parameters) / slope;
    let Some((parameters_before, gradient_before)) = before else { return FIRST * unit };
    let (mut ss, mut sy, mut yy) = (0.0, 0.0, 0.0);
    Zip::from(parameters).and(parameters_before).and(gradient).and(gradient_before).for_each(|&x, &x0, &g, &g0| {
        let (s, y) = ((x - x0).into(), (g - g0).into());
        ss += s * s;
        sy += s * y;
        yy += y * y;
    });
    let length = if short { sy.abs() / yy } else { ss / sy.abs() };
    if length < LONGEST * unit { length } else { LONGEST * unit }
}
