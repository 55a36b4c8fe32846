//! What is done with a model whose separation is known only now.

use crate::report;
use basinet_core::{AnyModel, AnySimilarity, Beta, Certificate, Error, Hardmax, Model, Patterns, Scratch, Separation};
use basinet_core::{Step, Stop, WithSeparation, beta};

/// A memory, the model it is recalled by, and what it is asked.
#[derive(Clone, Copy)]
pub struct Asked<'a> {
    pub model: AnyModel,
    pub rows: Patterns<'a>,
    pub query: &'a [f32],
    pub max_norm: f32,
}

/// Why cosines are refused where an energy is asked for.
const NO_ENERGY: Error =
    Error::Parameter { requirement: "with cosines there is no energy: the similarity must be dot or squared-distance" };

impl Asked<'_> {
    /// The scores, which do not depend on the separation.
    pub fn scores(&self, out: &mut [f32]) -> Result<(), Error> {
        let model = Model::new(beta!(1.0), Hardmax);
        model.with(self.model.similarity).scores(&self.rows, self.query, out)
    }
}

/// One step, and what is certain of it where that is asked.
pub struct Recall<'a> {
    pub asked: Asked<'a>,
    pub out: &'a mut [f32],
    pub scratch: Scratch<'a>,
    pub certified: bool,
}

impl WithSeparation for Recall<'_> {
    type Output = Result<(), Error>;

    fn run<S: Separation + PartialEq>(self, separation: S) -> Self::Output {
        let Self { asked: Asked { model: AnyModel { beta, similarity, .. }, rows, query, max_norm }, out, mut scratch, certified } = self;
        let model = Model::new(beta, separation);
        let step = model.with(similarity).step(&rows, query, out, &mut scratch)?;
        let certified = certified && similarity == AnySimilarity::Dot;
        let certificate = if certified { Some(model.certify(&step, query, max_norm)?) } else { None };
        put(&step, step.energy, certificate);
        Ok(())
    }
}

/// A step's numbers as JavaScript reads them: NaN where there is none.
fn put(step: &Step, energy: Option<f64>, certificate: Option<Certificate>) {
    let none = f64::NAN;
    let [radius, distance, gap_distance] =
        certificate.map_or([none; 3], |c| [c.radius.unwrap_or(none), c.distance, c.gap_distance.unwrap_or(none)]);
    report::put(&[
        step.winner as f64,
        step.weight.into(),
        step.rest.into(),
        step.gap.into(),
        step.support as f64,
        step.missing.into(),
        step.threshold.unwrap_or(none),
        energy.unwrap_or(none),
        f64::from(step.passes),
        f64::from(u8::from(step.is_exact())),
        certificate.map_or(none, |c| f64::from(u8::from(c.exact))),
        radius,
        distance,
        gap_distance,
    ]);
}

/// Steps until the state stays.
pub struct Settle<'a> {
    pub asked: Asked<'a>,
    pub out: &'a mut [f32],
    pub scratch: Scratch<'a>,
    pub steps: usize,
    pub change: f32,
}

impl WithSeparation for Settle<'_> {
    type Output = Result<(), Error>;

    fn run<S: Separation + PartialEq>(self, separation: S) -> Self::Output {
        let Self { asked: Asked { model: AnyModel { beta, similarity, .. }, rows, query, .. }, out, mut scratch, steps, change } = self;
        let (model, stop) = (Model::new(beta, separation), Stop::after(steps).state_change(change));
        if out.len() != query.len() {
            return Err(Error::Length { expected: out.len(), found: query.len() });
        }
        out.copy_from_slice(query);
        let report = model.with(similarity.descending().ok_or(NO_ENERGY)?).settle(&rows, out, stop, &mut scratch)?;
        put(&report.last, Some(report.energy), None);
        report::put_behind(&[
            report.steps as f64,
            f64::from(u8::from(report.converged)),
            report.residual,
            report.first_energy,
            report.largest_rise,
            report.metastable as f64,
        ]);
        Ok(())
    }
}

/// The energy of a state.
pub struct Energy<'a> {
    pub asked: Asked<'a>,
    pub scratch: Scratch<'a>,
}

impl WithSeparation for Energy<'_> {
    type Output = Result<(), Error>;

    fn run<S: Separation + PartialEq>(self, separation: S) -> Self::Output {
        let Self { asked: Asked { model: AnyModel { beta, similarity, .. }, rows, query, max_norm }, mut scratch } = self;
        let model = Model::new(beta, separation);
        let model = model.with(similarity.descending().ok_or(NO_ENERGY)?);
        report::put(&[model.energy(&rows, query, max_norm, &mut scratch)?]);
        Ok(())
    }
}

/// Weights in place of scores.
pub struct Weigh<'a> {
    pub beta: Beta,
    pub scores: &'a mut [f32],
    pub scratch: Scratch<'a>,
}

impl WithSeparation for Weigh<'_> {
    type Output = Result<(), Error>;

    fn run<S: Separation + PartialEq>(mut self, separation: S) -> Self::Output {
        Model::new(self.beta, separation).weights(self.scores, &mut self.scratch).map(|_| ())
    }
}
