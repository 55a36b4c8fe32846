//! What is trained: the weights of a map of given rows, or free points; the loss of either, and its gradient.

use super::pairs::{Measured, Pairs};
use super::{Error, Loss, Number};
use ndarray::linalg::general_mat_mul;
use ndarray::{Array2, ArrayView2, Axis, Zip};

/// Where features come from.
#[derive(Clone, Copy)]
pub enum Inputs<'a, F> {
    /// Parameters are W, D x d; features are X W^T. A bias is a column of W for a column of ones in X.
    Rows(ArrayView2<'a, F>),
    /// Parameters are the features: M x D.
    Free,
}

/// Loss and gradient, with the room for both.
pub struct Problem<'a, F> {
    inputs: Inputs<'a, F>,
    loss: Loss,
    units: Array2<F>,
    norms: Vec<F>,
    pairs: Pairs<F>,
    /// By the parameters.
    pub gradient: Array2<F>,
}

impl<'a, F: Number> Problem<'a, F> {
    /// Of M points of D features, with parameters of a shape.
    pub fn new(inputs: Inputs<'a, F>, loss: Loss, (count, features): (usize, usize), parameters: (usize, usize)) -> Self {
        Self {
            inputs,
            loss,
            units: Array2::zeros((count, features)),
            norms: vec![F::one(); count],
            pairs: Pairs::new(count, features),
            gradient: Array2::zeros(parameters),
        }
    }

    /// The loss of these parameters; its gradient is in `gradient`.
    pub fn measure(&mut self, parameters: &Array2<F>, tau: f64) -> Result<Measured, Error> {
        match self.inputs {
            Inputs::Rows(rows) => general_mat_mul(F::one(), &rows, &parameters.t(), F::zero(), &mut self.units),
            Inputs::Free => self.units.assign(parameters),
        }
        normalise(&mut self.units, &mut self.norms)?;
        let measured = self.pairs.measure(self.loss, tau, &self.units);
        let gradient = &mut self.pairs.gradient;
        for ((mut g, u), &norm) in gradient.axis_iter_mut(Axis(0)).zip(self.units.axis_iter(Axis(0))).zip(&self.norms) {
            let along = F::nearest(g.iter().zip(u).map(|(&g, &u)| g.into() * u.into()).sum());
            Zip::from(&mut g).and(&u).for_each(|g, &u| *g = (*g - u * along) / norm);
        }
        match self.inputs {
            Inputs::Rows(rows) => general_mat_mul(F::one(), &gradient.t(), &rows, F::zero(), &mut self.gradient),
            Inputs::Free => self.gradient.assign(gradient),
        }
        Ok(measured)
    }

    /// Scales parameters, which changes no feature's direction: points to norm 1, weights to rows of root-mean-square norm 1.
    pub fn project(&self, parameters: &mut Array2<F>) {
        let square = |numbers: ndarray::iter::Iter<'_, F, _>| -> f64 { numbers.map(|&x| x.into() * x.into()).sum() };
        match self.inputs {
            Inputs::Free => parameters.axis_iter_mut(Axis(0)).for_each(|mut point| {
                let norm = F::nearest(point.iter().map(|&x| x.into() * x.into()).sum::<f64>().sqrt());
                point.mapv_inplace(|x| x / norm);
            }),
            Inputs::Rows(_) => {
                let scale = F::nearest((parameters.nrows() as f64 / square(parameters.iter())).sqrt());
                parameters.mapv_inplace(|x| x * scale);
            }
        }
    }
}

/// Scales rows to norm 1 and says what their norms were.
pub fn normalise<F: Number>(rows: &mut Array2<F>, norms: &mut [F]) -> Result<(), Error> {
    for (row, (mut numbers, norm)) in rows.axis_iter_mut(Axis(0)).zip(norms).enumerate() {
        let found = numbers.iter().map(|&x| x.into() * x.into()).sum::<f64>().sqrt();
        *norm = F::nearest(found);
        if !norm.is_finite() {
            return Err(Error::NotFinite { row });
        }
        if !norm.is_normal() {
            return Err(Error::ZeroRow { row });
        }
        numbers.mapv_inplace(|x| x / *norm);
    }
    Ok(())
}
