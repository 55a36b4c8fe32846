//! What a recall adds to a program: one step with its energy, by the separation that a feature names, and nothing that prints.
//!
//! Without a feature it is the frame alone. The optimizer knows nothing of the inputs but their types, as if they came from flash and from
//! a sensor. `measure` subtracts one size from the other, and looks for what must not be in the image.
#![no_std]
#![no_main]

use basinet_core::{Buffers, Step};
use core::hint::black_box;

/// Stands for the patterns (or the file) in flash, whose bytes are not code.
static FLASH: [f32; 8] = [1.0; 8];

/// What a program has before it recalls, and what it does not know before it runs.
#[cfg_attr(not(feature = "recalls"), allow(dead_code))]
struct Inputs<'a> {
    flash: &'a [f32],
    query: &'a [f32],
    beta: f32,
    parameter: f32,
    out: &'a mut [f32],
    buffers: &'a mut Buffers<4, 4>,
}

#[cortex_m_rt::entry]
fn main() -> ! {
    let (mut out, mut buffers) = ([0.0; 4], Buffers::new());
    let inputs = Inputs { flash: &FLASH, query: &[1.0; 4], beta: 1.0, parameter: 2.0, out: &mut out, buffers: &mut buffers };
    let _ = black_box(recall(black_box(inputs)));
    loop {
        core::hint::spin_loop();
    }
}

#[cfg(not(feature = "recalls"))]
fn recall(_: Inputs<'_>) -> Option<Step> {
    None
}

#[cfg(feature = "recalls")]
fn recall(inputs: Inputs<'_>) -> Option<Step> {
    use basinet_core::*;

    /// One step, by a map that is known when the program is compiled.
    fn step<S: Separation>(inputs: Inputs<'_>, separation: S) -> Option<Step> {
        let patterns = Patterns::new(inputs.flash, inputs.query.len()).ok()?;
        let model = Model::new(Beta::new(inputs.beta).ok()?, separation);
        model.step(&patterns, inputs.query, inputs.out, &mut inputs.buffers.scratch()).ok()
    }

    #[cfg(feature = "softmax")]
    return step(inputs, Softmax);
    #[cfg(feature = "softmax1")]
    return step(inputs, Softmax1);
    #[cfg(feature = "sparsemax")]
    return step(inputs, Sparsemax);
    #[cfg(feature = "hardmax")]
    return step(inputs, Hardmax);
    #[cfg(feature = "entmax15")]
    return step(inputs, Entmax::new(1.5).ok()?);
    #[cfg(feature = "entmax")]
    return { let map = Entmax::new(inputs.parameter).ok()?; step(inputs, map) };
    #[cfg(feature = "normmax")]
    return { let map = Normmax::new(inputs.parameter).ok()?; step(inputs, map) };
    #[cfg(feature = "topk")]
    return { let map = TopK::new(inputs.parameter as u32).ok()?; step(inputs, map) };
    #[cfg(feature = "ksubsets")]
    return { let map = KSubsets::new(inputs.parameter as u32).ok()?; step(inputs, map) };
}

#[panic_handler]
fn panic(_: &core::panic::PanicInfo) -> ! {
    loop {
        core::hint::spin_loop();
    }
}
