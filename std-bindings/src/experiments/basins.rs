//! Which states of a plane go to which pattern: pictures of basins, before and after a few steps of training.

use super::Error;
use crate::Workspace;
use crate::feature_map::{Temperatures, Trained, Training};
use crate::random::Random;
use basinet_core::{Beta, FeatureMap, Model, Patterns, Softmax, beta};
use rayon::prelude::*;
use serde::Serialize;

/// How points, or what a map makes of them, are compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub enum Raw {
    /// As they are, by dot products.
    Dot,
    /// At norm 1, by their cosine.
    Unit,
}

/// The experiment: random points of the square from -1 to 1, a few updates from each cell of a grid.
#[derive(Clone, Debug)]
pub struct Basins {
    /// M.
    pub points: usize,
    /// Cells of a side of the grid, over the square from -`side` to `side`.
    pub cells: usize,
    /// Half the length of the square's side.
    pub side: f32,
    /// The inverse temperature.
    pub beta: Beta,
    /// Updates from each cell.
    pub updates: usize,
    /// A cell belongs to a point from which it ends no farther than this.
    pub near: f32,
    /// How features are compared and maps learned, but for the number of steps.
    pub maps: Vec<(Raw, Training)>,
    /// Steps of training, a portrait for each; 0 is no map.
    pub steps: Vec<usize>,
    /// Of the points, and of the maps' first weights.
    pub seed: u64,
}

impl Default for Basins {
    /// The protocol of U-Hop+'s code: 5 points, temperature 0.05, 5 updates; maps by Adam at rate 0.1, tau 1. Beside it the library's U-Hop+,
    /// with a bias, in one start from the identity.
    fn default() -> Self {
        let released = Training { temperatures: Temperatures::constant(1.0), ..Training::published_uhop_plus(0.1, 0) };
        let plus = Training { starts: 1, bias: true, ..Training::uhop_plus() };
        Self {
            points: 5,
            cells: 200,
            side: 1.5,
            beta: beta!(20.0),
            updates: 5,
            near: 1e-3,
            maps: vec![(Raw::Dot, released), (Raw::Unit, plus)],
            steps: vec![0, 1, 2, 5, 1000],
            seed: 1,
        }
    }
}

/// The basins of one map.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Portrait {
    /// How features were compared.
    pub raw: Raw,
    /// Steps of training; 0: no map.
    pub steps: usize,
    /// The smallest separation of the points' features at norm 1.
    pub separation: f64,
    /// The points, row by row.
    pub points: Vec<f32>,
    /// Half the length of the square's side.
    pub side: f32,
    /// Cells of a side.
    pub cells: usize,
    /// For each cell, row by row from the lowest y and each from the lowest x, the number of the point it goes to, from 1; 0 for none.
    #[serde(skip)]
    pub basins: Vec<u8>,
    /// Percent of the cells that go to each point.
    pub percent: Vec<f64>,
    /// Percent of the cells that go to none.
    pub percent_none: f64,
}

impl Basins {
    /// Portraits.
    #[must_use]
    pub fn pieces(&self) -> usize {
        self.maps.len() * self.steps.len()
    }

    /// A portrait for each way to compare and number of steps, in this order. O(cells^2 updates M) for each.
    ///
    /// # Errors
    /// [`Error::Features`], [`Error::Recall`] where the options make no sense, or the features of a cell vanish.
    pub fn run(&self, done: impl Fn() + Sync) -> Result<Vec<Portrait>, Error> {
        let few = (2..256).contains(&self.points) && self.cells > 0;
        let requirement = "2 to 255 points, and at least one cell";
        few.then_some(()).ok_or(basinet_core::Error::Parameter { requirement })?;
        let mut random = Random::new(self.seed, 0);
        let points: Vec<f32> = (0..2 * self.points).map(|_| random.centred()).collect();
        let mut portraits = Vec::with_capacity(self.pieces());
        for (raw, training) in &self.maps {
            for &steps in &self.steps {
                portraits.push(self.portrait(&points, *raw, training, steps)?);
                done();
            }
        }
        Ok(portraits)
    }

    fn portrait(&self, points: &[f32], raw: Raw, training: &Training, steps: usize) -> Result<Portrait, Error> {
        let map = match steps {
            0 => Trained::new(vec![1.0, 0.0, 0.0, 1.0], None, 2)?,
            _ => Training { iterations: steps, seed: self.seed, ..training.clone() }.map(points, 2, 2, |_| ())?,
        };
        let mut view = FeatureMap::new(&map.weights, 2)?;
        if let Some(bias) = &map.bias {
            view = view.with_bias(bias)?;
        }
        if raw == Raw::Unit {
            view = view.unit();
        }
        let patterns = Patterns::new(points, 2)?;
        let mut features = vec![0.0; points.len()];
        view.apply_rows(&patterns, &mut features)?;
        let separation = crate::codes::closest(&features, 2)?.separation();
        let features = Patterns::new(&features, 2)?;
        let model = Model::new(self.beta, Softmax).through(view);
        let line = |y: usize| {
            let (mut work, mut room) = (Workspace::new(2, 0), [0.0; 2]);
            let goes = |x: usize| {
                let mut state = [self.place(x), self.place(y)];
                for _ in 0..self.updates {
                    let query = state;
                    model.step(&features, &patterns, &query, &mut state, &mut work.scratch().with_features(&mut room))?;
                }
                Ok(self.nearest(points, state))
            };
            (0..self.cells).map(goes).collect::<Result<Vec<u8>, Error>>()
        };
        let lines = (0..self.cells).into_par_iter().map(line).collect::<Result<Vec<_>, _>>()?;
        let basins = lines.concat();
        let percent =
            |number: usize| 100.0 * basins.iter().filter(|&&goes| usize::from(goes) == number).count() as f64 / basins.len() as f64;
        let shares = (1..=self.points).map(percent).collect();
        Ok(Portrait {
            raw,
            steps,
            separation,
            points: points.to_vec(),
            side: self.side,
            cells: self.cells,
            percent: shares,
            percent_none: percent(0),
            basins,
        })
    }

    /// Where the middle of a cell is.
    fn place(&self, cell: usize) -> f32 {
        self.side * ((2 * cell + 1) as f32 / self.cells as f32 - 1.0)
    }

    /// The number of the point that a state has come to, from 1; 0 for none.
    fn nearest(&self, points: &[f32], state: [f32; 2]) -> u8 {
        let is_near = |point: &[f32]| {
            let (x, y) = (point[0] - state[0], point[1] - state[1]);
            (x * x + y * y).sqrt() <= self.near
        };
        points.chunks_exact(2).position(is_near).map_or(0, |i| i as u8 + 1)
    }
}
