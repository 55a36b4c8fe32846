//! The exponential against f64, on every backend: sampled always, over all of f32 on request (`cargo test --release -- --ignored`).

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::disallowed_methods,
    reason = "a test may fail, and its reference uses the system's functions"
)]

use basinet_core::{Backend, Job, Kernels, on};

/// The largest error in ULP of the exact result over a range of bit patterns, and the first input that breaks the rules at the ends.
struct Sweep {
    from: u32,
    to: u32,
    step: usize,
}

fn ulp(x: f64) -> f64 {
    // The distance of f32s around a normal x.
    let exponent = ((x.to_bits() >> 52) & 2047) as i32 - 1023;
    2f64.powi(exponent.clamp(-126, 127) - 23)
}

impl Job for Sweep {
    type Output = Result<(f64, f32), String>;
    fn run<K: Kernels>(self, kernels: K) -> Self::Output {
        let cut = -126.0 * core::f64::consts::LN_2;
        let (mut worst, mut at) = (0.0, 0.0);
        let (mut inputs, mut outputs) = ([0f32; 1024], [0f32; 1024]);
        let mut bits = (self.from..=self.to).step_by(self.step);
        loop {
            let mut n = 0;
            for (into, bits) in inputs.iter_mut().zip(bits.by_ref()) {
                *into = f32::from_bits(bits);
                n += 1;
            }
            if n == 0 {
                return Ok((worst, at));
            }
            outputs[..n].copy_from_slice(&inputs[..n]);
            on::exp(kernels, &mut outputs[..n]);
            for (&x, &y) in inputs[..n].iter().zip(&outputs[..n]) {
                let exact = f64::from(x).exp();
                let held = if x.is_nan() {
                    y.is_nan()
                } else if f64::from(x) <= cut {
                    y.to_bits() == 0
                } else if exact >= 2f64.powi(128) {
                    y == f32::INFINITY
                } else {
                    let error = (f64::from(y) - exact).abs() / ulp(exact);
                    if error > worst {
                        (worst, at) = (error, x);
                    }
                    error <= 1.01
                };
                if !held {
                    return Err(format!("exp({x:e}) = {y:e}, exact {exact:e}, {} ULP", (f64::from(y) - exact).abs() / ulp(exact)));
                }
            }
        }
    }
}

fn sweep(step: usize) {
    for backend in Backend::available() {
        for (from, to) in [(0, 0x7fff_ffff), (0x8000_0000, u32::MAX)] {
            let (worst, at) = backend.run(Sweep { from, to, step }).unwrap().unwrap();
            println!("{backend}: at most {worst:.4} ULP, at {at:e}");
        }
    }
}

#[test]
fn is_within_1_01_ulp_on_samples() {
    sweep(9973);
}

#[test]
#[ignore = "all 2^32 inputs on every backend: minutes"]
fn exhaustive() {
    sweep(1);
}

#[test]
fn is_plus_zero_up_to_the_cut_and_normal_above() {
    for backend in Backend::available() {
        // -126 ln 2 lies between these two neighbours.
        let (below, above) = (f32::from_bits(0xc2ae_ac50), f32::from_bits(0xc2ae_ac4f));
        let around = backend.run(Sweep { from: 0xc2ae_ac40, to: 0xc2ae_ac60, step: 1 }).unwrap();
        around.unwrap();
        assert!(f64::from(below) <= -126.0 * core::f64::consts::LN_2 && f64::from(above) > -126.0 * core::f64::consts::LN_2);
    }
}
