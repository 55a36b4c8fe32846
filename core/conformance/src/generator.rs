//! Numbers that are the same bits on each target.
//!
//! SplitMix64 is integer arithmetic, and what leaves this file is a small integer times a power of two: converting it to
//! f32 is exact, so no rounding mode, library or instruction set can change a bit. (A Box-Muller normal would pass
//! through `ln` and `cos`, which differ between targets.) The sum of four uniforms is close enough to a normal number.
//! Source: Steele, Lea, Flood, *Fast splittable pseudorandom number generators*, 2014.

/// The steps of one unit: entries are integers divided by this.
const UNIT: f32 = 65536.0;

/// The generator; its whole state is one word.
#[derive(Clone, Debug)]
pub struct SplitMix64 {
    state: u64,
}

impl SplitMix64 {
    /// A generator whose numbers are a function of `seed` alone.
    #[must_use]
    pub const fn new(seed: u64) -> Self {
        Self { state: seed }
    }

    /// The next 64 bits.
    pub fn bits(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.state;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// A row number below `count` (0 for an empty memory). The modulus' bias does not matter here.
    pub fn index(&mut self, count: usize) -> usize {
        match count {
            0 => 0,
            n => (self.bits() % n as u64) as usize,
        }
    }

    /// Roughly normal, mean 0, standard deviation 0.577, in (-2, 2): the four 16-bit parts of one word, added and
    /// centred, over 2^16. At most 18 bits, so exact in f32.
    pub fn bell(&mut self) -> f32 {
        let word = self.bits();
        let part = |k: u32| ((word >> (16 * k)) & 0xFFFF) as i32;
        (part(0) + part(1) + part(2) + part(3) - 2 * 0xFFFF) as f32 / UNIT
    }

    /// Fills `out` with [`bell`](Self::bell) numbers times `scale`, which must be a power of two to stay exact.
    pub fn fill(&mut self, out: &mut [f32], scale: f32) {
        for x in out {
            *x = self.bell() * scale;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::SplitMix64;

    #[test]
    fn the_bits_are_the_published_ones() {
        let mut random = SplitMix64::new(1_234_567);
        let expected = [6_457_827_717_110_365_317, 3_203_168_211_198_807_973, 9_817_491_932_198_370_423];
        assert_eq!(expected.map(|_| random.bits()), expected);
    }

    #[test]
    fn entries_are_exact_multiples_of_the_unit() {
        let mut random = SplitMix64::new(1);
        let (mut sum, mut squares) = (0.0, 0.0);
        for _ in 0..10_000 {
            let x = f64::from(random.bell());
            let steps = x * f64::from(super::UNIT);
            assert!(steps == f64::from(steps as i32) && x.abs() < 2.0);
            sum += x;
            squares += x * x;
        }
        assert!((sum / 1e4).abs() < 0.03 && (squares / 1e4 - 1.0 / 3.0).abs() < 0.02);
    }

    #[test]
    fn an_index_is_inside_even_of_nothing() {
        let mut random = SplitMix64::new(1);
        assert_eq!(random.index(0), 0);
        assert!((0..100).all(|_| random.index(3) < 3));
    }
}
