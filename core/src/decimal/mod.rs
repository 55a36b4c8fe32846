//! Numbers as text, both ways and exactly: [`parse`] gives the f32 that is nearest to the text, [`Shown`] the shortest text that is nearest
//! to no other f32. Both agree with the standard library's, of which a linker cannot tell that no panic is reached.
//!
//! A number is held in fixed point, as decimal digits in limbs of nine, 45 before the point and 153 behind it. Before it that is more than
//! f32 reaches (3.4e38). Behind it that is enough to round right: whatever an f32 or the middle between two is, it has at most 150 digits
//! there (2^-150), so of digits further behind it only matters whether any is not zero. Doubling and halving bring a number to 24 bits
//! before the point, which is the f32: some 150 times 22 small steps at most, and no division.

#[cfg(test)]
mod tests;

use core::fmt::{self, Write};

/// Digits of a limb.
const DIGITS: usize = 9;
/// What a limb is below.
const LIMB: u32 = 1_000_000_000;
/// Limbs before the point.
const WHOLE: usize = 5;
/// All limbs.
const LIMBS: usize = 22;
/// The place of the digit before the point; that of the first digit of the first limb is 0.
const UNITS: usize = WHOLE * DIGITS - 1;
/// Digits with which any f32 can be told from its neighbours.
const ENOUGH: usize = 9;
/// The exponent of the last bit of the smallest f32.
const LEAST: i32 = -149;

/// A number that is not negative: its digits, and whether it is a little more than they say.
#[derive(Clone, Copy)]
struct Fixed {
    limbs: [u32; LIMBS],
    more: bool,
}

impl Fixed {
    const ZERO: Self = Self { limbs: [0; LIMBS], more: false };

    /// The exact digits of a finite number that is not negative.
    fn of(number: f32) -> Self {
        let (exponent, fraction) = ((number.to_bits() >> 23) as i32, number.to_bits() & 0x7F_FFFF);
        let mut fixed = Self::ZERO;
        fixed.add(UNITS, if exponent == 0 { fraction } else { fraction | 1 << 23 });
        let shift = LEAST + if exponent == 0 { 0 } else { exponent - 1 };
        (0..shift).for_each(|_| fixed.double());
        (shift..0).for_each(|_| fixed.halve());
        fixed
    }

    /// The number of these digits of `self`, the last of them one higher where it is to be `raised`.
    fn part(&self, first: usize, count: usize, raised: bool) -> Self {
        let number = (first..first + count).fold(0, |number, place| number * 10 + self.digit(place)) + u32::from(raised);
        let (mut part, mut left) = (Self::ZERO, number);
        for place in (0..first + count).rev() {
            part.add(place, left % 10);
            left /= 10;
        }
        part
    }

    /// Adds a digit at a place, in a limb where that fits.
    fn add(&mut self, place: usize, digit: u32) {
        if let Some(limb) = self.limbs.get_mut(place / DIGITS) {
            *limb += behind(place).fold(digit, |digit, _| digit * 10);
        }
    }

    fn digit(&self, place: usize) -> u32 {
        self.limbs.get(place / DIGITS).map_or(0, |limb| behind(place).fold(*limb, |limb, _| limb / 10) % 10)
    }

    fn double(&mut self) {
        let mut carry = 0;
        for limb in self.limbs.iter_mut().rev() {
            let twice = *limb * 2 + carry;
            carry = u32::from(twice >= LIMB);
            *limb = twice - carry * LIMB;
        }
    }

    fn halve(&mut self) {
        let mut carry = 0;
        for limb in &mut self.limbs {
            let whole = *limb + carry * LIMB;
            (*limb, carry) = (whole / 2, whole % 2);
        }
        self.more |= carry == 1;
    }

    /// What stands before the point, if it is below 2^30 or so; more than that otherwise.
    fn whole(&self) -> u32 {
        match self.limbs {
            [0, 0, 0, 0, whole, ..] => whole,
            _ => u32::MAX,
        }
    }

    /// The nearest f32, of two the even one; infinity beyond the last.
    fn round(mut self) -> f32 {
        let mut exponent = 0;
        while self.whole() >= 1 << 24 {
            self.halve();
            exponent += 1;
        }
        while self.whole() < 1 << 23 && exponent > LEAST {
            self.double();
            exponent -= 1;
        }
        let down = self.whole();
        self.double();
        let half = self.whole() % 2 == 1;
        let (_, behind) = self.limbs.split_at_checked(WHOLE).unwrap_or((&[], &[]));
        let up = half && (self.more || down % 2 == 1 || behind.iter().any(|&limb| limb != 0));
        // The bit before the fraction, which is not stored, adds one to the exponent; so does a fraction that is rounded up beyond itself.
        let bits = (((exponent - LEAST) as u32) << 23) + down + u32::from(up);
        let infinity = f32::INFINITY.to_bits();
        f32::from_bits(if bits < infinity { bits } else { infinity })
    }

    /// The shortest number that is rounded to `number`, whose digits these are, and of those the nearest.
    fn shortest(&self, number: f32) -> Self {
        let first = (0..LIMBS * DIGITS).find(|&place| self.digit(place) != 0).unwrap_or(UNITS);
        for count in 1..ENOUGH {
            let near_above = self.digit(first + count) >= 5;
            for raised in [near_above, !near_above] {
                let part = self.part(first, count, raised);
                if part.round() == number {
                    return part;
                }
            }
        }
        self.part(first, ENOUGH, self.digit(first + ENOUGH) >= 5)
    }
}

/// The places behind this one in its limb.
fn behind(place: usize) -> core::ops::Range<usize> {
    place % DIGITS + 1..DIGITS
}

/// The bytes before the first that is one of `marks`, and those behind it.
fn cut(text: &[u8], marks: [u8; 2]) -> (&[u8], Option<&[u8]>) {
    let at = text.iter().position(|byte| marks.contains(byte));
    let (before, rest) = at.and_then(|at| text.split_at_checked(at)).unwrap_or((text, &[]));
    (before, rest.split_first().map(|(_, behind)| behind))
}

/// Whether there is a minus in front, and what is behind the sign.
fn signed(text: &[u8]) -> (bool, &[u8]) {
    match text {
        [b'-', rest @ ..] => (true, rest),
        [b'+', rest @ ..] => (false, rest),
        _ => (false, text),
    }
}

/// Only digits, and at least one.
fn all_digits(text: &[u8]) -> bool {
    !text.is_empty() && text.iter().all(u8::is_ascii_digit)
}

/// The f32 nearest to a number in decimal: a sign or none, digits with a point or without, an exponent or none, as in `-12.5e-3`; `inf`,
/// `infinity` and `nan` in any case. `None` for other text. Exactly what `str::parse` gives. O(n).
pub fn parse(text: &str) -> Option<f32> {
    let (negative, text) = signed(text.as_bytes());
    let number = if text.eq_ignore_ascii_case(b"inf") || text.eq_ignore_ascii_case(b"infinity") {
        f32::INFINITY
    } else if text.eq_ignore_ascii_case(b"nan") {
        f32::NAN
    } else {
        magnitude(text)?
    };
    Some(if negative { -number } else { number })
}

/// The same of a number without a sign.
fn magnitude(text: &[u8]) -> Option<f32> {
    let (digits, exponent) = cut(text, *b"eE");
    let (whole, fraction) = cut(digits, *b"..");
    let fraction = fraction.unwrap_or(&[]);
    if !(all_digits(whole) || whole.is_empty()) || !(all_digits(fraction) || fraction.is_empty() && !whole.is_empty()) {
        return None;
    }
    let exponent = match exponent.map(signed) {
        None => 0,
        Some((_, digits)) if !all_digits(digits) => return None,
        // So large that no text is long enough to make up for it.
        Some((negative, digits)) => {
            let size = digits.iter().fold(0i64, |size, digit| size.saturating_mul(10).saturating_add(i64::from(digit - b'0')));
            if negative { -size } else { size }
        }
    };
    let mut place = (UNITS as i64 + 1).saturating_sub(whole.len() as i64).saturating_sub(exponent);
    let mut fixed = Fixed::ZERO;
    for digit in whole.iter().chain(fraction).map(|digit| u32::from(digit - b'0')) {
        match usize::try_from(place) {
            Ok(place) if place < LIMBS * DIGITS => fixed.add(place, digit),
            Ok(_) => fixed.more |= digit != 0,
            Err(_) if digit != 0 => return Some(f32::INFINITY),
            Err(_) => {}
        }
        place = place.saturating_add(1);
    }
    Some(fixed.round())
}

/// A number, printed in full: the fewest digits that [`parse`] makes the same number of, without an exponent. What `{}` prints of an f32.
pub struct Shown(pub f32);

impl fmt::Display for Shown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(number) = *self;
        if number.is_nan() {
            return f.write_str("NaN");
        }
        if number.is_sign_negative() {
            f.write_char('-')?;
        }
        if number.is_infinite() {
            return f.write_str("inf");
        }
        let number = number.abs();
        let fixed = Fixed::of(number).shortest(number);
        let mut used = (0..LIMBS * DIGITS).filter(|&place| fixed.digit(place) != 0);
        let first = used.next().unwrap_or(UNITS);
        let last = used.next_back().unwrap_or(first);
        for place in first.min(UNITS)..=last.max(UNITS) {
            if place == UNITS + 1 {
                f.write_char('.')?;
            }
            f.write_char(char::from(b'0' + fixed.digit(place) as u8))?;
        }
        Ok(())
    }
}
