//! Where the weights of a sparse map begin.

/// What turns a score into a weight: plain numbers, whose meaning is the map's.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Cut {
    /// The score that stands at zero: the largest, or the k-th largest.
    pub reference: f32,
    /// Of several rows at the edge, the last that counts (top-k).
    pub last_row: u32,
    /// A lower bound of the threshold that does not depend on the rows dropped; or the first of two roots that are blended.
    pub low: f64,
    /// The threshold; or the second of two roots.
    pub value: f64,
    /// How much of the second root's weights there is; in capped maps a mark.
    pub blend: f64,
}

impl Cut {
    /// Everything above `reference` at zero.
    pub const fn new(reference: f32, low: f64, value: f64) -> Self {
        Self { reference, last_row: u32::MAX, low, value, blend: 0.0 }
    }
}

/// The largest f32 that is not above `x`; minus infinity where there is none.
pub fn round_down(x: f64) -> f32 {
    let near = x as f32;
    if f64::from(near) > x { near.next_down() } else { near }
}

/// The floor that lies `depth` below `reference` in units of `beta s`, lowered by more than the rounding of any `beta (s - reference)`;
/// below `reference` also where the depth is lost beside it in f64.
pub fn floor_below(reference: f32, depth: f64, beta: f32) -> f32 {
    let slack = (1.0 + depth) / f64::from(1u32 << 20);
    let floor = round_down(f64::from(reference) - (depth + slack) / f64::from(beta));
    if floor < reference { floor } else { reference.next_down() }
}
