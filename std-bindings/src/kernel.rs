//! A memory behind a feature map: features to compare with, patterns to read out.

use crate::recall::each;
use crate::{LinearMap, Memory, PairedMemory, Recalled, Settled, Workspace, batch};
use basinet_core::{Descends, Error, FeatureMap, Kernels, Model, Separation, Similarity, Stop};

/// Patterns that are compared by what a [`FeatureMap`] makes of them, and of a query: the kernelised memories of U-Hop and U-Hop+.
///
/// The features are made once, when a pattern is stored. What descends, and when, is said at [`Kernelised`](crate::Kernelised).
///
/// ```
/// use basinet::{KernelMemory, LinearMap, Model, Sparsemax, beta};
/// // The third number of a pattern is noise, which the map does not look at.
/// let mut memory = KernelMemory::new(LinearMap::new(vec![1.0, 0.0, 0.0, 0.0, 1.0, 0.0], 3, None)?)?;
/// memory.insert(&[1.0, 0.0, 7.0])?;
/// memory.insert(&[0.0, 1.0, -7.0])?;
/// let recalled = memory.recall(&Model::new(beta!(2.0), Sparsemax), &[1.0, 0.1, -9.0])?;
/// assert_eq!(recalled.state, [1.0, 0.0, 7.0]);
/// # Ok::<(), basinet::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct KernelMemory {
    map: LinearMap,
    /// Features, each with its pattern.
    pairs: PairedMemory,
}

impl KernelMemory {
    /// A memory without patterns yet, for those of `map.dim()` numbers.
    ///
    /// # Errors
    /// None: a map has numbers and features.
    pub fn new(map: LinearMap) -> Result<Self, Error> {
        let pairs = PairedMemory::new(map.features(), map.dim())?;
        Ok(Self { map, pairs })
    }

    /// A memory of the rows of `data`, M x `map.dim()`, row-major. O(M dim features).
    ///
    /// # Errors
    /// As [`Memory::from_rows`], and of the map as [`FeatureMap::apply_rows`].
    pub fn from_rows(map: LinearMap, data: &[f32]) -> Result<Self, Error> {
        let patterns = Memory::from_rows(map.dim(), data)?;
        let features = Memory::from_rows(map.features(), &map.rows(data)?)?;
        Ok(Self { pairs: PairedMemory::from_memories(features, patterns)?, map })
    }

    /// Stores a pattern and gives its row. O(dim features).
    ///
    /// # Errors
    /// As [`Memory::insert`] of the pattern, then of the map as [`FeatureMap::apply`], then [`Error::NormOverflow`] where the norm of its
    /// features does; the memory is as it was then.
    pub fn insert(&mut self, pattern: &[f32]) -> Result<usize, Error> {
        let features = self.features_of(pattern)?;
        self.pairs.insert(&features, pattern)
    }

    /// Stores a pattern in the place of row `i` and gives the old one. As [`PairedMemory::replace`], O(dim features) more.
    ///
    /// # Errors
    /// [`Error::NoSuchRow`]; as [`insert`](Self::insert).
    pub fn replace(&mut self, i: usize, pattern: &[f32]) -> Result<Vec<f32>, Error> {
        if i >= self.len() {
            return Err(Error::NoSuchRow { row: i, count: self.len() });
        }
        let features = self.features_of(pattern)?;
        self.pairs.replace(i, &features, pattern).map(|(_, old)| old)
    }

    /// Takes pattern `i` out; the last takes its place and its number. `None` where there is no pattern `i`. As [`Memory::remove`].
    pub fn remove(&mut self, i: usize) -> Option<Vec<f32>> {
        self.pairs.remove(i).map(|(_, pattern)| pattern)
    }

    /// Takes all patterns out, and keeps the room that they had. O(1).
    pub fn clear(&mut self) {
        self.pairs.clear();
    }

    /// Patterns stored.
    pub fn len(&self) -> usize {
        self.pairs.len()
    }

    /// True where no pattern is stored.
    pub fn is_empty(&self) -> bool {
        self.pairs.is_empty()
    }

    /// The map.
    pub fn map(&self) -> &LinearMap {
        &self.map
    }

    /// The features, `len` x `map().features()`, in the order of their patterns.
    pub fn features(&self) -> &Memory {
        self.pairs.keys()
    }

    /// The patterns, `len` x `map().dim()`.
    pub fn patterns(&self) -> &Memory {
        self.pairs.values()
    }

    /// One recall step from `query`, `map().dim()` numbers: [`Kernelised::step`](crate::Kernelised::step), by any separation, similarity and
    /// mask that the model has. O(features (M + dim) + M dim).
    ///
    /// # Errors
    /// As [`Kernelised::step`](crate::Kernelised::step), and [`Error::Empty`].
    pub fn recall<S: Separation, Q: Similarity, K: Kernels>(&self, model: &Model<S, Q, K>, query: &[f32]) -> Result<Recalled, Error> {
        let mut state = vec![0.0; self.map.dim()];
        let (features, patterns) = (self.features().patterns()?, self.patterns().patterns()?);
        let model = model.through(self.map.view()?);
        let step = model.step(&features, &patterns, query, &mut state, &mut self.workspace().scratch_through())?;
        Ok(Recalled { state, step })
    }

    /// One recall step from each of `queries`, Q x `map().dim()`, row-major, as [`Memory::recall_batch`]: several times faster than
    /// [`recall`](Self::recall) of each, and the same within rounding. O(Q features (M + dim) + Q M dim).
    ///
    /// # Errors
    /// As [`Memory::recall_batch`], and of the map as [`FeatureMap::apply_rows`].
    pub fn recall_batch<S: Separation, Q: Similarity, K: Kernels>(
        &self,
        model: &Model<S, Q, K>,
        queries: &[f32],
    ) -> Result<Vec<Recalled>, Error> {
        let (features, patterns) = (self.features().patterns()?, self.patterns().patterns()?);
        batch::recall(model, &features, Some(&patterns), &features_of(&self.map.view()?, queries)?)
    }

    /// Recalls from `query`, and again from what came back, until a rule of `stop` is met: [`Kernelised::settle`](crate::Kernelised::settle),
    /// with the way there. As [`Memory::settle`]; the energies are those of the features.
    ///
    /// ```
    /// use basinet::{KernelMemory, LinearMap, Model, Softmax, Stop, beta};
    /// let map = LinearMap::new(vec![3.0, 0.0, 1.0, 1.0, 0.0, 2.0], 2, None)?;
    /// let memory = KernelMemory::from_rows(map, &[1.0, 0.5, -1.0, 1.0])?;
    /// let settled = memory.settle(&Model::new(beta!(2.0), Softmax), &[0.5, 0.0], Stop::default())?;
    /// assert!(settled.report.converged && settled.energies.windows(2).all(|pair| pair[1] <= pair[0] + 1e-6));
    /// # Ok::<(), basinet::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`Kernelised::settle`](crate::Kernelised::settle), and [`Error::Empty`].
    pub fn settle<S: Separation, Q: Descends, K: Kernels>(
        &self,
        model: &Model<S, Q, K>,
        query: &[f32],
        stop: Stop,
    ) -> Result<Settled, Error> {
        let (features, patterns) = (self.features().patterns()?, self.patterns().patterns()?);
        let (mut state, mut steps, mut work) = (query.to_vec(), Vec::new(), self.workspace());
        let model = model.through(self.map.view()?);
        let mut scratch = work.scratch_through();
        let report = model.settle_observed(&features, &patterns, &mut state, stop, &mut scratch, |step, _| steps.push(*step))?;
        Ok(Settled::new(state, report, steps))
    }

    /// The energy of the features of a state over those that are stored: [`Kernelised::energy`](crate::Kernelised::energy).
    ///
    /// # Errors
    /// As there, and [`Error::Empty`].
    pub fn energy<S: Separation, Q: Descends, K: Kernels>(&self, model: &Model<S, Q, K>, state: &[f32]) -> Result<f64, Error> {
        let features = self.features().patterns()?;
        model.through(self.map.view()?).energy(&features, state, self.features().max_norm(), &mut self.workspace().scratch_through())
    }

    /// Working memory for recalls from as many patterns as there are now, for those who call the [`Model`] themselves.
    pub fn workspace(&self) -> Workspace {
        self.pairs.workspace()
    }

    fn features_of(&self, pattern: &[f32]) -> Result<Vec<f32>, Error> {
        self.patterns().checked_norm(pattern)?;
        let mut features = vec![0.0; self.map.features()];
        self.map.view()?.apply(pattern, &mut features)?;
        Ok(features)
    }
}

/// The features of queries, one behind the other; a number that is not finite is named by its place in `queries`.
pub(crate) fn features_of<K: Kernels>(map: &FeatureMap<'_, K>, queries: &[f32]) -> Result<Vec<f32>, Error> {
    let one = |query: &[f32]| {
        let mut features = vec![0.0; map.features()];
        map.apply(query, &mut features).map(|()| features)
    };
    Ok(each(map.dim(), queries, one)?.concat())
}
