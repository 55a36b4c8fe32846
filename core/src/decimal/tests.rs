//! Against the standard library's parser and printer, which the core cannot use itself.

#![allow(clippy::unwrap_used, reason = "a test may fail")]

extern crate std;

use super::{Shown, parse};
use proptest::prelude::*;
use std::{format, string::String, string::ToString};

/// The same number to the bit as the standard library's, or no number for both. A NaN is a NaN.
fn agrees(text: &str) -> bool {
    match (parse(text), text.parse::<f32>().ok()) {
        (Some(ours), Some(theirs)) => ours.to_bits() == theirs.to_bits() || ours.is_nan() && theirs.is_nan(),
        (ours, theirs) => ours.is_none() && theirs.is_none(),
    }
}

/// Numbers of all sizes, and those at which something changes, with their neighbours.
fn sample() -> impl Iterator<Item = f32> {
    let edges = [0, 1, 0x7F_FFFF, 0x80_0000, 0xFF_FFFF, 0x100_0000, 1.0f32.to_bits(), 0x4B00_0000, 0x4B80_0000, f32::MAX.to_bits() - 2];
    let near = edges.into_iter().flat_map(|edge| (0..3).map(move |step| edge + step));
    let powers = (1..255).flat_map(|exponent| [exponent << 23, (exponent << 23) - 1, (exponent << 23) + 1]);
    near.chain(powers).chain((0..f32::MAX.to_bits()).step_by(30_011)).map(f32::from_bits)
}

/// The number exactly between this one and the next, which f64 holds.
fn middle(number: f32) -> f64 {
    let next = f32::from_bits(number.to_bits() + 1);
    let next = if next.is_finite() { f64::from(next) } else { f64::from(number) * 2.0 - f64::from(f32::from_bits(number.to_bits() - 1)) };
    f64::midpoint(f64::from(number), next)
}

#[test]
fn every_number_is_read_as_it_is_written_in_whatever_form() {
    for number in sample() {
        for text in [format!("{number}"), format!("{number:e}"), format!("{number:.16e}"), format!("-{number:.30E}")] {
            assert!(agrees(&text), "{text}");
        }
        assert_eq!(parse(&format!("{number:.8e}")).map(f32::to_bits), Some(number.to_bits()));
    }
}

#[test]
fn a_number_between_two_goes_to_the_even_one_and_the_least_bit_more_or_less_to_the_nearer() {
    for number in sample() {
        let middle = middle(number);
        // All its digits; one more far behind; one less.
        let exact = format!("{middle:.160}");
        let below = format!("{:.160}", f64::from_bits(middle.to_bits() - 1));
        for text in [exact.clone(), exact.clone() + "0000000000", exact.clone() + "00000000000000001", below] {
            assert!(agrees(&text), "{text}");
        }
        assert!(agrees(&format!("{middle:.200e}")), "{middle:e}");
    }
}

#[test]
fn a_number_is_printed_as_the_standard_library_prints_it() {
    for number in sample().chain([f32::INFINITY]).flat_map(|number| [number, -number]) {
        assert_eq!(Shown(number).to_string(), number.to_string());
    }
    assert_eq!(Shown(-f32::NAN).to_string(), "NaN");
}

#[test]
fn borders_of_parameters() {
    // 2^127 + 2^103, the middle between 2^127 and the next, and a digit that is lost while the number is brought down to 24 bits.
    let lost = format!("170141193601674033557522515689509748736.{}1", "0".repeat(149));
    let third = "1.00000005960464477539062"; // of the middle between 1 and the next, 1 + 2^-24
    for (text, expected) in [
        ("0.99999999999", 1.0),
        ("0.99999997", 1.0 - f32::EPSILON / 2.0),
        ("1.00000001", 1.0),
        (&format!("{third}5"), 1.0),
        (&format!("{third}50000000000000000000000000000000000000001"), 1.0 + f32::EPSILON),
        (&format!("{third}4"), 1.0),
        ("340282346638528859811704183484516925440", f32::MAX),
        ("340282356779733661637539395458142568447.99999", f32::MAX),
        ("340282356779733661637539395458142568448", f32::INFINITY),
        ("0.7006492321624085e-45", 0.0),
        (&lost, f32::from_bits(0x7F00_0001)),
        ("0.70064923216240862e-45", f32::from_bits(1)),
    ] {
        assert!(agrees(text), "{text}");
        assert_eq!(parse(text), Some(expected), "{text}");
    }
}

#[test]
fn what_is_no_number_and_what_just_is() {
    let texts = [
        "",
        ".",
        "+",
        "-",
        "e",
        "e5",
        ".e5",
        "1e",
        "1e+",
        "1e-",
        "+.e1",
        "1.",
        ".5",
        "1.e2",
        ".5e1",
        "+1",
        "-1",
        "--1",
        "+-1",
        "1-",
        "1 ",
        " 1",
        "1..",
        "1.2.3",
        "1e2.5",
        "1e2e3",
        "1_000",
        "0x10",
        "1,5",
        "\u{661}",
        "1\u{0}",
        "inf",
        "-INF",
        "Infinity",
        "+infinity",
        "infinit",
        "infinityx",
        "nan",
        "NaN",
        "-nan",
        "nan(1)",
        "1e99999999999999999999",
        "-1e99999999999999999999",
        "1e-99999999999999999999",
        "0e99999999999999999999",
        "0.0e-5",
        "-0",
        "00000000000000000000000000000000000000000000000000000000000000001.5",
        "1E5",
        "1e05",
        "1e+05",
    ];
    for text in texts {
        assert!(agrees(text), "{text:?}: {:?}", parse(text));
    }
    let zeros = "0".repeat(400);
    for text in
        [format!("1{zeros}e-400"), format!("0.{zeros}1e401"), format!("{zeros}1.5{zeros}1"), format!("1{zeros}"), format!("0.{zeros}1")]
    {
        assert!(agrees(&text), "{text}");
    }
}

/// Text that is a number or nearly one.
fn text() -> impl Strategy<Value = String> {
    ("[+-]?", "[0-9]{0,30}", "[.]?", "[0-9]{0,30}", "([eE][+-]?[0-9]{0,2})?")
        .prop_map(|(sign, whole, point, fraction, exponent)| format!("{sign}{whole}{point}{fraction}{exponent}"))
}

proptest! {
    #[test]
    fn any_text_is_read_as_the_standard_library_reads_it(text in prop_oneof![4 => text(), 1 => "[-+.0-9eEinfaty]{0,12}", 1 => ".*"]) {
        prop_assert!(agrees(&text), "{:?}: {:?}", text, parse(&text));
    }

    #[test]
    fn any_number_is_printed_and_read_back(bits: u32) {
        let number = f32::from_bits(bits);
        let printed = Shown(number).to_string();
        prop_assert_eq!(&printed, &number.to_string());
        prop_assert!(agrees(&printed));
    }
}
