//! Codes of fewer bytes, loaded as numbers and multiplied as integers: every code there is, against its definition.

use super::{LANES, Simd, Vec, exact_bits};
use crate::simd::from_f16;

/// Each value of a code in turn in every lane, sixteen at a time.
fn sixteens<T: Copy>(all: impl Iterator<Item = T> + Clone) -> impl Iterator<Item = Vec<T>> {
    let all: Vec<T> = all.collect();
    (0..all.len()).step_by(5).map(move |begin| (0..LANES).map(|j| all[(begin + j) % all.len()]).collect())
}

/// 2 to the power n.
fn power(n: i32) -> f64 {
    if n < 0 { 1.0 / power(-n) } else { (0..n).fold(1.0, |x, _| 2.0 * x) }
}

/// Binary16 by its definition: sign, five bits of exponent, ten of significand.
fn f16(bits: u16) -> f32 {
    let (exponent, significand) = (i32::from(bits >> 10 & 31), f64::from(bits & 1023));
    let size = match exponent {
        0 => significand * power(-24),
        31 => f64::INFINITY,
        _ => (1024.0 + significand) * power(exponent - 25),
    };
    (if bits >> 15 == 1 { -size } else { size }) as f32
}

pub fn loads_are_the_numbers_they_stand_for<S: Simd>(s: S) {
    for codes in sixteens(i8::MIN..=i8::MAX) {
        let expected: Vec<f32> = codes.iter().map(|&x| f32::from(x)).collect();
        // SAFETY: there are sixteen.
        let found = unsafe { s.load_i8(codes.as_ptr()) };
        assert_eq!(exact_bits(&s.to_array(found)), exact_bits(&expected), "{codes:?}");
    }
    for codes in sixteens(0..=u16::MAX) {
        let (half, brain): (Vec<f32>, Vec<f32>) = codes.iter().map(|&x| (f16(x), f32::from_bits(u32::from(x) << 16))).unzip();
        // SAFETY: there are sixteen.
        let found = unsafe { [s.load_f16(codes.as_ptr()), s.load_bf16(codes.as_ptr())] };
        assert_eq!(exact_bits(&s.to_array(found[0])), exact_bits(&half), "{codes:?}");
        assert_eq!(exact_bits(&s.to_array(found[1])), exact_bits(&brain), "{codes:?}");
        let bits = codes[0];
        let signs: Vec<f32> = (0..LANES).map(|j| if bits >> j & 1 == 1 { 1.0 } else { -1.0 }).collect();
        assert_eq!(exact_bits(&s.to_array(s.signs(bits))), exact_bits(&signs), "{bits:b}");
    }
    assert_eq!(from_f16(0x3c00), 1.0);
}

pub fn sums_of_integers_are_exact<S: Simd>(s: S) {
    let mut state = 1u64;
    let mut next = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 40) as i32
    };
    for turn in 0..200 {
        // The ends of the ranges first: pairs of products that would not fit 16 bits.
        let extreme = turn < 4;
        let x: Vec<i8> = (0..4 * LANES).map(|_| if extreme { [i8::MIN, i8::MAX][turn % 2] } else { next() as i8 }).collect();
        let q: Vec<i16> =
            (0..4 * LANES).map(|_| if extreme { [i16::MAX, -i16::MAX][turn / 2] } else { (next() as i16).max(-i16::MAX) }).collect();
        let signs = next() as u16;
        let (mut products, mut signed) = ([s.no_counts(); 4], s.no_counts());
        let (mut expected, mut expected_signed) = ([0i64; 4], 0i64);
        for k in 0..4 {
            for j in k * LANES..(k + 1) * LANES {
                expected[k] += i64::from(x[j]) * i64::from(q[j]);
                expected_signed += i64::from(q[j]) * if signs >> (j % LANES) & 1 == 1 { 1 } else { -1 };
            }
            // SAFETY: sixteen numbers lie behind each place.
            unsafe {
                products[k] = s.add_products(products[k], x[k * LANES..].as_ptr(), q[k * LANES..].as_ptr());
                signed = s.add_signed(signed, signs, q[k * LANES..].as_ptr());
            }
        }
        assert_eq!(s.total4(products).map(i64::from), expected, "{x:?} and {q:?}");
        assert_eq!(products.map(|counts| i64::from(s.total(counts))), expected, "{x:?} and {q:?}");
        assert_eq!(i64::from(s.total(signed)), expected_signed, "{signs:b} and {q:?}");
    }
}
