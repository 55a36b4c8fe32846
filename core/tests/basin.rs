//! `.basin` files as core sees them: bytes in memory. What is here needs no other reader. What must be said to damaged ones, on every
//! target, is in `basinet_conformance::basin`; the rest, against a second one and on disk, is in
//! `std-bindings/tests/files`.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::disallowed_methods,
    reason = "a test may fail, and its reference uses the system's functions"
)]

use basinet_core::basin::{Alignment, Basin, Checksums, FileError, Layout, MapLayout, Section, crc32};
use basinet_core::{AnyModel, AnySeparation, Cosine, Entmax, Model, beta, include_basin};
use core::num::NonZeroUsize;

/// Three patterns of four numbers with values of two, as a script wrote them that knows the byte table only.
static THREE: &[u8] = include_basin!("data/three.basin");

#[test]
fn a_file_that_the_layout_writes_is_the_one_of_the_script() {
    let basin = Basin::new(THREE).unwrap();
    let layout = Layout {
        model: AnyModel::from(Model::new(beta!(8.0), Entmax::new(1.5).unwrap())),
        count: NonZeroUsize::new(3).unwrap(),
        dim: NonZeroUsize::new(4).unwrap(),
        width: NonZeroUsize::new(2),
        map: None,
        max_norm: 2.0,
        alignment: Alignment::Bytes64,
    };
    assert_eq!(basin.layout(), layout);
    let sections: Vec<_> = basin.sections().map(|section| (section.kind, section.required, crc32(section.content))).collect();
    assert!(matches!(sections[..], [(Section::PATTERNS, true, _), (Section::VALUES, true, _)]));
    let checksums = Checksums { patterns: sections[0].2, values: Some(sections[1].2), map: None };
    assert_eq!(layout.head(checksums).unwrap()[..], THREE[..layout.head_length()]);
    assert_eq!((layout.patterns_at(), layout.values_at(), layout.file_length()), (Ok(192), Ok(256), Ok(THREE.len())));
}

#[test]
fn a_head_that_no_reader_would_take_is_not_written() {
    let right = Basin::new(THREE).unwrap().layout();
    let given = Checksums { values: Some(0), map: Some(0), ..Checksums::default() };
    let head = |layout: Layout| layout.head(given).err();
    let size = |size: usize| NonZeroUsize::new(size).unwrap();
    assert_eq!(head(right), None);
    assert_eq!(right.head(Checksums { values: None, ..given }).err(), Some(FileError::MissingSection { kind: Section::VALUES }));
    let map = |input| Some(MapLayout { input: size(input), bias: true, unit: false });
    let behind = Layout { map: map(3), ..right };
    assert_eq!(head(behind), None);
    assert_eq!(behind.head(Checksums { map: None, ..given }).err(), Some(FileError::MissingSection { kind: Section::FEATURE_MAP }));
    assert!(matches!(head(Layout { width: None, ..behind }), Some(FileError::Field { field: "width", value: 0, .. })));
    for max_norm in [-1.0, -0.0, f32::INFINITY] {
        let refused = Some(FileError::Number { field: "max_norm", value: max_norm, requirement: "finite and not negative" });
        assert_eq!(head(Layout { max_norm, ..right }), refused);
    }
    let many = head(Layout { count: size(1 << 32), ..right });
    assert_eq!(many, Some(FileError::Field { field: "count", value: 1 << 32, requirement: "at most 2^32 - 1" }));
    assert_eq!(head(Layout { count: size((1 << 32) - 1), ..right }), None);
    let too_large = |field, value: usize| Some(FileError::TooLarge { field, value: value as u64 });
    for large in [usize::MAX, usize::MAX / 12, usize::MAX / 23] {
        assert_eq!(head(Layout { dim: size(large), ..right }), too_large("dim", large));
        assert_eq!(head(Layout { width: Some(size(large)), ..right }), too_large("width", large));
        assert_eq!(head(Layout { map: map(large), ..right }), too_large("map input", large));
    }
}

#[test]
fn the_checksum_is_that_of_its_definition() {
    let bytes: Vec<u8> = (0..1000u32).map(|i| ((i * i) >> 3) as u8).collect();
    for length in (0..40).chain([1000]) {
        let mut remainder = u32::MAX;
        for &byte in &bytes[..length] {
            for bit in 0..8 {
                let out = (remainder ^ u32::from(byte >> bit)) & 1;
                remainder = (remainder >> 1) ^ (out * 0x04C1_1DB7u32.reverse_bits());
            }
        }
        assert_eq!(crc32(&bytes[..length]), !remainder);
    }
}

#[test]
fn an_error_says_which_field_and_what_is_in_it() {
    let cases: [(FileError, &[&str]); 18] = [
        (FileError::NotBasin, &["not a .basin file"]),
        (FileError::Truncated { needed: 280, found: 77 }, &["280", "77"]),
        (FileError::ByteOrder { found: 0x0403_0201 }, &["byte order", "0x04030201"]),
        (FileError::Version { found: 9 }, &["version 9", "version 1"]),
        (FileError::BigEndianTarget, &["big-endian"]),
        (FileError::HeaderChecksum { stored: 0xabc, computed: 0xdef }, &["header", "0x00000abc", "0x00000def"]),
        (FileError::Field { field: "dim", value: 31, requirement: "at least 1" }, &["dim is 31", "must be at least 1"]),
        (FileError::Number { field: "beta", value: -2.5, requirement: "finite" }, &["beta is -2.5", "must be finite"]),
        (FileError::TooLarge { field: "width", value: 1 << 62 }, &["width", "4611686018427387904"]),
        (FileError::Padding { at: 321 }, &["byte 321"]),
        (FileError::RequiredSection { kind: 3 }, &["feature map", "kind 3"]),
        (FileError::RequiredSection { kind: 9 }, &["later version", "kind 9"]),
        (FileError::MissingSection { kind: 1 }, &["patterns", "kind 1"]),
        (FileError::SectionTwice { kind: 2 }, &["two", "values", "kind 2"]),
        (FileError::Misaligned { by: 3 }, &["3 bytes"]),
        (FileError::SectionChecksum { kind: 2, stored: 1, computed: 2 }, &["values", "0x00000001", "0x00000002"]),
        (FileError::NotFinite { kind: 1, row: 12 }, &["row 12", "patterns"]),
        (FileError::MaxNorm { stored: 1.5, computed: 2.5 }, &["max_norm is 1.5", "2.5"]),
    ];
    for (error, words) in cases {
        let text = error.to_string();
        assert!(words.iter().all(|word| text.contains(word)), "{text:?} without one of {words:?}");
    }
}

#[test]
fn a_model_becomes_any_model_and_keeps_its_parts() {
    let model = AnyModel::from(Model::new(beta!(2.0), Entmax::new(3.0).unwrap()).with(Cosine));
    assert_eq!((model.beta, model.separation), (beta!(2.0), AnySeparation::Entmax(Entmax::new(3.0).unwrap())));
    assert_eq!(model.similarity.name(), "cosine");
}
