//! The search for a threshold: where it ends, how few points it asks, and how near its guesses come.

extern crate std;

use super::*;
use crate::{Backend, Job};
use std::vec::Vec;

/// Where halving ends, with every point asked.
fn halved(steps: u64, reaches: impl Fn(u64) -> bool) -> u64 {
    let (mut low, mut high) = (0, steps);
    while high - low > 1 {
        let middle = low + (high - low) / 2;
        if reaches(middle) {
            low = middle;
        } else {
            high = middle;
        }
    }
    low
}

/// The point that a search reaches, and how many it asks: F falls by `slope` a step and is 1 at `root`; its samples say that the root lies
/// `off` steps from where it does.
fn searched(root: f64, slope: f64, off: f64, guess: f64) -> (u64, u32) {
    let (value, mut asked) = (|point: u64| 1.0 + (root - point as f64) * slope, 0);
    let bracket = search(STEPS, 1.0, guess, |point| {
        assert!(point > 0 && point < STEPS, "point {point} is not between the ends");
        asked += 1;
        Ok::<_, ()>(Sample { value: value(point), count: 1, next: root + off, detail: () })
    });
    let Ok(bracket) = bracket else { return (u64::MAX, asked) };
    assert_eq!(bracket.point, halved(STEPS, |point| value(point) >= 1.0), "root {root}, slope {slope:e}, off by {off}");
    (bracket.point, asked)
}

const ROOTS: [f64; 6] = [1.5, 1000.25, 123_456_789.5, 536_870_912.0, 987_654_321.125, 1_073_741_822.5];

#[test]
fn a_search_that_is_told_where_the_root_is_asks_few_points() {
    for root in ROOTS {
        for (slope, most) in [(1e-3, 6), (1e-8, 6), (1e-12, 6), (1e-14, 12), (1e-15, 20)] {
            for guess in [root, 0.0, STEPS as f64 / 3.0] {
                let (point, asked) = searched(root, slope, 0.0, guess);
                assert!(asked <= most, "root {root}, slope {slope:e}, guess {guess}: {asked} points for {point}");
            }
        }
    }
}

#[test]
fn a_search_that_is_told_nothing_ends_where_halving_does() {
    for root in ROOTS {
        for slope in [1e-3, 1e-8, 1e-12, 1e-14, 1e-15] {
            for off in [f64::NAN, f64::INFINITY, -1e12, 3e8, -3e8, 2.0, -1.0] {
                let (_, asked) = searched(root, slope, off, f64::NAN);
                assert!(asked <= NEWTON_STEPS + 22 + 31, "root {root}, slope {slope:e}, off by {off}: {asked} points");
            }
        }
    }
}

/// Where a guess ends from -1 on.
struct Climb<'a>(Shape, &'a [f32]);

impl Job for Climb<'_> {
    type Output = f32;
    fn run<K: Kernels>(self, kernels: K) -> f32 {
        self.0.climb(kernels, self.1, 1.0, 0.0, -1.0)
    }
}

#[test]
fn guesses_come_near_the_threshold_and_do_not_pass_it() {
    for count in [3u32, 20, 150, 1000] {
        // From 0 down to -2, denser towards 0.
        let scores: Vec<f32> = (0..count).map(|i| i as f32 / count as f32).map(|x| -2.0 * x * x).collect();
        for shape in [Shape::Linear, Shape::Square] {
            let value = |t: f64| {
                let above = scores.iter().map(|&u| f64::from(u) - t).filter(|v| *v > 0.0);
                above.map(|v| if shape == Shape::Linear { v } else { v * v }).sum::<f64>()
            };
            let threshold = at(halved(STEPS, |point| value(at(point)) >= 1.0));
            for backend in Backend::available() {
                let guess = f64::from(backend.run(Climb(shape, &scores)).unwrap_or(f32::NAN));
                assert!(guess <= threshold + 1e-6 && guess >= threshold - 0.01, "{shape:?} of {count}: {guess} for {threshold}");
            }
        }
    }
    assert_eq!((below(-0.25), below(-1.0), below(-0.99999)), (-0.25 - MARGIN, -1.0, -1.0));
}
