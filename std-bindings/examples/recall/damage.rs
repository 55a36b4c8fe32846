//! What is done to a digit before it is recalled.

use std::fmt;

use rand::{Rng, RngExt};

/// A way to spoil a digit.
#[derive(Clone, Copy)]
pub enum Damage {
    /// The lower half is hidden: each pixel gets the mean of the stored digits there. After the
    /// centring that is zero, so what is hidden takes no part in any score. (Blank paper instead
    /// would say "no ink here", which is false, and recalls far worse.)
    LowerHalf,
    /// Each pixel is replaced, with this probability, by a grey drawn evenly from blank to full
    /// ink. Nothing tells the memory which.
    Noise(f64),
}

impl Damage {
    /// The damaged copy of an image with an even number of rows; `mean` is the mean of the stored
    /// digits.
    pub fn apply(self, pixels: &[f32], mean: &[f32], random: &mut impl Rng) -> Vec<f32> {
        let mut damaged = pixels.to_vec();
        match self {
            Damage::LowerHalf => {
                let half = damaged.len() / 2;
                for (pixel, mean) in damaged.iter_mut().zip(mean).skip(half) {
                    *pixel = *mean;
                }
            }
            Damage::Noise(probability) => {
                for pixel in &mut damaged {
                    if random.random_bool(probability) {
                        *pixel = random.random_range(0.0..=1.0);
                    }
                }
            }
        }
        damaged
    }
}

impl fmt::Display for Damage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Damage::LowerHalf => f.write_str("lower half hidden"),
            Damage::Noise(probability) => write!(f, "noise {:.0}%", 100.0 * probability),
        }
    }
}
