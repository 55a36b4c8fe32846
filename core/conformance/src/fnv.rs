//! FNV-1a, 64 bits: a fingerprint, not a defence. Bytes go in little-endian order on each target; NaN never goes in.

/// The hash of what has gone in.
#[derive(Clone, Debug)]
pub struct Fnv(u64);

/// A number that cannot be hashed: NaN or infinite.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotFinite;

impl Fnv {
    /// The hash of nothing.
    #[must_use]
    pub const fn new() -> Self {
        Fnv(0xCBF2_9CE4_8422_2325)
    }

    /// The hash so far.
    #[must_use]
    pub const fn finish(&self) -> u64 {
        self.0
    }

    /// Takes a whole number.
    pub fn count(&mut self, x: u64) {
        self.bytes(&x.to_le_bytes());
    }

    /// Takes the bits of each number.
    ///
    /// # Errors
    /// At the first that is not finite.
    pub fn numbers(&mut self, values: &[f32]) -> Result<(), NotFinite> {
        for x in values {
            if !x.is_finite() {
                return Err(NotFinite);
            }
            self.bytes(&x.to_bits().to_le_bytes());
        }
        Ok(())
    }

    /// Takes the bits of a number.
    ///
    /// # Errors
    /// Where it is not finite.
    pub fn number(&mut self, x: f64) -> Result<(), NotFinite> {
        if !x.is_finite() {
            return Err(NotFinite);
        }
        self.count(x.to_bits());
        Ok(())
    }

    /// Takes the bits of a number that may be infinite.
    ///
    /// # Errors
    /// Where it is NaN.
    pub fn bound(&mut self, x: f64) -> Result<(), NotFinite> {
        if x.is_nan() {
            return Err(NotFinite);
        }
        self.count(x.to_bits());
        Ok(())
    }

    /// Takes a number that there may not be; it may be infinite.
    ///
    /// # Errors
    /// Where it is NaN.
    pub fn maybe(&mut self, x: Option<f64>) -> Result<(), NotFinite> {
        self.count(u64::from(x.is_some()));
        x.map_or(Ok(()), |x| self.bound(x))
    }

    fn bytes(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = (self.0 ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01B3);
        }
    }
}

impl Default for Fnv {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests {
    use super::{Fnv, NotFinite};

    #[test]
    fn it_is_the_published_hash() {
        let mut hash = Fnv::new();
        hash.bytes(b"foobar");
        assert_eq!(hash.finish(), 0x8594_4171_F739_67E8);
    }

    #[test]
    fn bits_count_and_nan_does_not_go_in() {
        let of = |x: f32| {
            let mut hash = Fnv::new();
            hash.numbers(&[x]).map(|()| hash.finish())
        };
        assert_ne!(of(0.0), of(-0.0));
        assert_eq!(of(f32::NAN), Err(NotFinite));
        assert_eq!(Fnv::new().number(f64::INFINITY), Err(NotFinite));
        assert_eq!(Fnv::new().bound(f64::INFINITY), Ok(()));
        assert_eq!((Fnv::new().maybe(Some(f64::NAN)), Fnv::new().maybe(None)), (Err(NotFinite), Ok(())));
    }
}
