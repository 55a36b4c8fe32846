//! The same digits as codes: of eight bits a number, and of one. A recall reads the codes alone; the f32 digits need not be there.

use super::{BYTES, BYTES_RESIDUALS, BYTES_SCALES, D, Failure, K, SIGNS, SIGNS_RESIDUALS, SIGNS_SCALES, pictures};
use basinet_core::{Buffers, Code, Compressed, Model, Patterns, Separation, Softmax, Sparsemax, beta};
use core::fmt::Write;

/// Recalls the erased digit and the noisy one from codes: what they take, and what is certain of the originals.
#[inline(never)]
pub fn show(
    out: &mut impl Write,
    patterns: &Patterns<'_>,
    erased: &[f32; D],
    noisy: &[f32; D],
    buffers: &mut Buffers<D, K>,
) -> Result<(), Failure> {
    let bytes = Compressed::new(&BYTES, &BYTES_SCALES, &BYTES_RESIDUALS, D)?;
    let signs = Compressed::new(&SIGNS, &SIGNS_SCALES, &SIGNS_RESIDUALS, D)?;
    writeln!(out, "\nThe same digits as codes, {} bytes in flash as f32:", patterns.count() * D * size_of::<f32>())?;
    recall(out, "eight bits a number, the 3, softmax at beta 48", &bytes, Model::new(beta!(48.0), Softmax), erased, buffers)?;
    recall(out, "eight bits a number, the 9, sparsemax at beta 32", &bytes, Model::new(beta!(32.0), Sparsemax), noisy, buffers)?;
    recall(out, "one bit a number, the 9, sparsemax at beta 32", &signs, Model::new(beta!(32.0), Sparsemax), noisy, buffers)
}

/// One step from a copy, and what it says about one from the digits themselves.
fn recall<C: Code, S: Separation>(
    out: &mut impl Write,
    what: &str,
    copy: &Compressed<'_, C>,
    model: Model<S>,
    damaged: &[f32; D],
    buffers: &mut Buffers<D, K>,
) -> Result<(), Failure> {
    let mut state = [0.0; D];
    let step = model.step(copy, damaged, &mut state, &mut buffers.scratch())?;
    let verdict = model.judge(&step, copy, damaged, copy.max_norm()?)?;
    writeln!(out, "  {what}, {} bytes", copy.count() * copy.row_bytes())?;
    writeln!(
        out,
        "    row {:2} at {:8.6}, support {}; no score is off by more than {:.4}",
        step.winner, step.weight, step.support, verdict.score_error
    )?;
    let certain = |sure| if sure { "certain" } else { "not certain" };
    write!(out, "    of the digits themselves: the winner {}, back exactly {}", certain(verdict.winner), certain(verdict.exact))?;
    match verdict.distance {
        Some(distance) => writeln!(out, ", this picture within {distance:.4}")?,
        None => writeln!(out)?,
    }
    pictures(out, damaged, &state)
}
