//! The frame of reference in which digits are compared: centred by the mean of the stored digits,
//! scaled to unit norm.
//!
//!     x = (pixels - mean) / norm        norm = |pixels - mean|        pixels = mean + norm * x
//!
//! All digits share most of their ink; without the centring every cosine is near 1 and beta has
//! nothing to separate. With unit norm the score of a stored digit is its cosine with the query, at
//! most 1, and no digit wins by being written boldly. A recalled state is shown with the norm of the
//! stored digit that has the most weight, so that what comes back exactly looks exactly as it was
//! stored; errors are measured between unit vectors and know nothing of this.

use crate::digits::Digit;

/// See the top of this file.
pub struct Frame {
    /// Mean of the stored digits, pixel by pixel.
    pub mean: Vec<f32>,
}

impl Frame {
    /// The frame of these digits: at least one, all of one size.
    pub fn of(digits: &[Digit]) -> Frame {
        let count = digits.len() as f32;
        let dim = digits.first().map_or(0, |digit| digit.pixels.len());
        let mut mean = vec![0.0; dim];
        for digit in digits {
            for (sum, pixel) in mean.iter_mut().zip(&digit.pixels) {
                *sum += pixel / count;
            }
        }
        Frame { mean }
    }

    /// |pixels - mean|
    pub fn norm(&self, pixels: &[f32]) -> f32 {
        distance(pixels, &self.mean)
    }

    /// The unit vector of an image; zero for the mean image, which has no direction.
    pub fn state(&self, pixels: &[f32]) -> Vec<f32> {
        let mut state: Vec<f32> = pixels.iter().zip(&self.mean).map(|(p, m)| p - m).collect();
        let norm = self.norm(pixels);
        if norm > 0.0 {
            state.iter_mut().for_each(|x| *x /= norm);
        }
        state
    }

    /// The image of a state, clipped to what paper and ink can show. For display only.
    pub fn image(&self, state: &[f32], norm: f32) -> Vec<f32> {
        state.iter().zip(&self.mean).map(|(x, m)| (m + norm * x).clamp(0.0, 1.0)).collect()
    }
}

/// |a - b|
pub fn distance(a: &[f32], b: &[f32]) -> f32 {
    a.iter().zip(b).map(|(x, y)| (x - y) * (x - y)).sum::<f32>().sqrt()
}
