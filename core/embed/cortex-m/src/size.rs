//! What a recall adds to a program: one step with its energy, by the separation that a feature names, and nothing that prints.
//!
//! Without a feature it is the frame alone. The optimizer knows nothing of the inputs but their types, as if they came from flash and from
//! a sensor. `measure` subtracts one size from the other, and looks for what must not be in the image.
#![no_std]
#![no_main]

use basinet_core::Buffers;
use core::hint::black_box;

/// Stands for the patterns, or a file, in flash, whose bytes are not code.
static FLASH: [u32; 8] = [0x3f80_0000; 8];

/// What a program has before it recalls, and what it does not know before it runs.
#[allow(dead_code, reason = "each feature needs a part of it")]
struct Inputs<'a> {
    flash: &'a [f32],
    file: &'a [u8],
    codes: &'a [i8],
    query: &'a [f32],
    beta: f32,
    parameter: f32,
    count: u32,
    out: &'a mut [f32],
    buffers: &'a mut Buffers<4, 4>,
}

#[cortex_m_rt::entry]
fn main() -> ! {
    let (mut out, mut buffers) = ([0.0; 4], Buffers::new());
    // SAFETY: all bits are f32, and bytes, and codes.
    let (flash, file, codes) = unsafe { (FLASH.align_to().1, FLASH.align_to().1, FLASH.align_to().1) };
    let (out, buffers) = (&mut out[..], &mut buffers);
    let inputs = Inputs { flash, file, codes, query: &[1.0; 4], beta: 1.0, parameter: 2.0, count: 2, out, buffers };
    let _ = black_box(recall(black_box(inputs)));
    loop {
        core::hint::spin_loop();
    }
}

#[cfg(not(feature = "recalls"))]
fn recall(inputs: Inputs<'_>) -> Option<basinet_core::Step> {
    #[cfg(feature = "control")]
    black_box(inputs.flash[inputs.count as usize]);
    let _ = inputs;
    None
}

#[cfg(feature = "recalls")]
use recalls::recall;

#[cfg(feature = "recalls")]
#[allow(unused_imports, dead_code, reason = "each feature needs a part of it")]
mod recalls {
    use super::Inputs;
    use basinet_core::{
        AnyModel, AnySeparation, Basin, Beta, Compressed, Entmax, Error, Hardmax, KSubsets, Model, Normmax, Patterns, Separation, Softmax,
        Softmax1, Sparsemax, Step, TopK, WithSeparation,
    };

    /// One step from patterns that lie in flash by themselves.
    #[cfg(not(any(feature = "basin", feature = "compressed")))]
    fn step<S: Separation>(inputs: Inputs<'_>, separation: S) -> Option<Step> {
        let patterns = Patterns::new(inputs.flash, inputs.query.len()).ok()?;
        let model = Model::new(Beta::new(inputs.beta).ok()?, separation);
        model.step(&patterns, inputs.query, inputs.out, &mut inputs.buffers.scratch()).ok()
    }

    /// One step from a file, which is verified first.
    #[cfg(feature = "basin")]
    fn step<S: Separation>(inputs: Inputs<'_>, separation: S) -> Option<Step> {
        let basin = Basin::new(inputs.file).ok()?;
        basin.verify().ok()?;
        let model = Model::new(basin.model().beta, separation);
        model.step(&basin.patterns(), inputs.query, inputs.out, &mut inputs.buffers.scratch()).ok()
    }

    /// One step from codes, whose scales and residuals lie in flash, too.
    #[cfg(feature = "compressed")]
    fn step<S: Separation>(inputs: Inputs<'_>, separation: S) -> Option<Step> {
        let copy = Compressed::new(inputs.codes, inputs.flash, inputs.flash, inputs.query.len()).ok()?;
        let model = Model::new(Beta::new(inputs.beta).ok()?, separation);
        model.step(&copy, inputs.query, inputs.out, &mut inputs.buffers.scratch()).ok()
    }

    /// A separation that is known only when the program runs.
    #[cfg(feature = "any")]
    fn any(inputs: &Inputs<'_>) -> Option<AnySeparation> {
        let (parameter, count) = (inputs.parameter, inputs.count);
        Some(match count % 8 {
            0 => Softmax.into(),
            1 => Softmax1.into(),
            2 => Sparsemax.into(),
            3 => Entmax::new(parameter).ok()?.into(),
            4 => Normmax::new(parameter).ok()?.into(),
            5 => TopK::new(count).ok()?.into(),
            6 => Hardmax.into(),
            _ => KSubsets::new(count).ok()?.into(),
        })
    }

    struct Job<'a>(Inputs<'a>);

    impl WithSeparation for Job<'_> {
        type Output = Option<Step>;
        fn run<S: Separation + PartialEq>(self, separation: S) -> Option<Step> {
            step(self.0, separation)
        }
    }

    pub fn recall(inputs: Inputs<'_>) -> Option<Step> {
        #[cfg(feature = "any")]
        return any(&inputs)?.run(Job(inputs));
        #[cfg(feature = "softmax")]
        let separation = Softmax;
        #[cfg(feature = "softmax1")]
        let separation = Softmax1;
        #[cfg(feature = "sparsemax")]
        let separation = Sparsemax;
        #[cfg(feature = "hardmax")]
        let separation = Hardmax;
        #[cfg(feature = "entmax-1-5")]
        let separation = Entmax::new(1.5).ok()?;
        #[cfg(feature = "entmax")]
        let separation = Entmax::new(inputs.parameter).ok()?;
        #[cfg(feature = "normmax")]
        let separation = Normmax::new(inputs.parameter).ok()?;
        #[cfg(feature = "topk")]
        let separation = TopK::new(inputs.count).ok()?;
        #[cfg(feature = "ksubsets")]
        let separation = KSubsets::new(inputs.count).ok()?;
        #[cfg(not(feature = "any"))]
        step(inputs, separation)
    }
}

#[panic_handler]
fn panic(_: &core::panic::PanicInfo) -> ! {
    loop {
        core::hint::spin_loop();
    }
}
