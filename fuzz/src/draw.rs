//! Numbers out of a fuzzer's bytes. Long lists come from few bytes, so that inputs stay small and a changed byte changes a list as a whole.

use arbitrary::{Result, Unstructured};
use basinet_conformance::cases::BETAS;
use basinet_conformance::generator::SplitMix64;
use basinet_core::{Backend, Beta};

/// The fuzzer's bytes.
pub type Bytes<'a> = Unstructured<'a>;

/// A number below `n`, of one byte up to 256 and of two above.
pub fn below(bytes: &mut Bytes<'_>, n: usize) -> Result<usize> {
    let drawn = if n <= 256 { usize::from(bytes.arbitrary::<u8>()?) } else { usize::from(bytes.arbitrary::<u16>()?) };
    Ok(drawn % n.max(1))
}

/// Any f32 at all.
pub fn raw(bytes: &mut Bytes<'_>) -> Result<f32> {
    Ok(f32::from_bits(bytes.arbitrary()?))
}

/// `n` numbers of one kind, of which up to three are then replaced by any f32.
pub fn numbers(bytes: &mut Bytes<'_>, n: usize) -> Result<Vec<f32>> {
    let kind = below(bytes, 8)?;
    let scale = (f32::from(bytes.arbitrary::<i8>()? % 16)).exp2();
    let mut random = SplitMix64::new(bytes.arbitrary::<u16>()?.into());
    let mut list = vec![0.0; n];
    match kind {
        0..=2 => random.fill(&mut list, scale),
        // Few levels: ties, and sums that are exact.
        3 => list.fill_with(|| (random.bell() * 4.0).round() * scale),
        4 => list.fill(raw(bytes)?),
        5 => cycle(&mut list, 32, || Ok(f32::from(bytes.arbitrary::<i8>()?) / 32.0 * scale))?,
        6 => cycle(&mut list, 64, || raw(bytes))?,
        // All magnitudes that squares and sums of squares can be taken of.
        _ => list.fill_with(|| random.bell() * ((random.bits() % 64) as f32 - 32.0).exp2()),
    }
    for _ in 0..below(bytes, 8)?.saturating_sub(4) {
        let place = below(bytes, n.max(257))?;
        let number = raw(bytes)?;
        if let Some(old) = list.get_mut(place) {
            *old = number;
        }
    }
    Ok(list)
}

/// Draws at most `most` numbers and repeats them.
fn cycle(list: &mut [f32], most: usize, mut one: impl FnMut() -> Result<f32>) -> Result<()> {
    let period = list.len().min(most);
    for i in 0..list.len() {
        list[i] = if i < period { one()? } else { list[i - period] };
    }
    Ok(())
}

/// An inverse temperature: one of the conformance set, a power of 2, or any f32 above zero.
pub fn beta(bytes: &mut Bytes<'_>) -> Result<f32> {
    Ok(match below(bytes, 4)? {
        0 => BETAS[below(bytes, BETAS.len())?],
        3 => {
            let any = raw(bytes)?.abs();
            if any.is_nan() { Beta::MIN } else { any.clamp(Beta::MIN, f32::MAX) }
        }
        _ => (f32::from(bytes.arbitrary::<i8>()? % 40) / 2.0).exp2(),
    })
}

/// An alpha or gamma from `least` to 1e6: one where formulas change, or any, evenly by the logarithm of what it has more than one.
pub fn exponent(bytes: &mut Bytes<'_>, least: f32) -> Result<f32> {
    const SPECIAL: [f32; 8] = [1.0, 1.0 + f32::EPSILON, 1.5, 2.0, 1.25, 3.0, 1e6, 2.5];
    let drawn = match below(bytes, 16)? {
        at @ 0..8 => SPECIAL[at],
        8 => [1.5f32.next_down(), 1.5f32.next_up(), 2.0f32.next_down(), 2.0f32.next_up()][below(bytes, 4)?],
        _ => 1.0 + (-23.0 + f32::from(bytes.arbitrary::<u16>()?) * (42.9 / 65_535.0)).exp2(),
    };
    Ok(drawn.max(least).min(1e6))
}

/// A k from 1 to some hundreds, mostly small.
pub fn amount(bytes: &mut Bytes<'_>) -> Result<u32> {
    let drawn = bytes.arbitrary::<u8>()?;
    Ok(match drawn {
        0..128 => 1 + u32::from(drawn % 8),
        128..224 => 1 + u32::from(drawn - 128),
        _ => u32::from(bytes.arbitrary::<u16>()?).max(1),
    })
}

/// A backend that this machine has.
pub fn backend(bytes: &mut Bytes<'_>) -> Result<Backend> {
    let available: Vec<_> = Backend::available().collect();
    Ok(available[below(bytes, available.len())?])
}
