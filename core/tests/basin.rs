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
use basinet_core::{AnyModel, AnySeparation, AnySimilarity, Cosine, Entmax, Model, beta, include_basin};
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

/// A file in memory, where sections lie as they do in the file.
#[derive(Clone)]
#[repr(align(64))]
struct Page([u8; 2048]);

const PATTERNS: [f32; 6] = [3.0, 4.0, 0.0, 1.0, -1.0, 0.5];
const VALUES: [f32; 3] = [0.25, -2.0, 7.0];

fn bytes(numbers: &[f32]) -> Vec<u8> {
    numbers.iter().flat_map(|x| x.to_le_bytes()).collect()
}

/// Three patterns of two numbers, and values of one where there is a width.
fn page(layout: Layout) -> Page {
    let (patterns, values) = (bytes(&PATTERNS), bytes(&VALUES));
    let head = layout.head(Checksums { patterns: crc32(&patterns), values: Some(crc32(&values)), map: None }).unwrap();
    let mut page = Page([0; 2048]);
    page.0[..head.len()].copy_from_slice(&head);
    page.0[layout.patterns_at().unwrap()..][..patterns.len()].copy_from_slice(&patterns);
    if layout.width.is_some() {
        page.0[layout.values_at().unwrap()..][..values.len()].copy_from_slice(&values);
    }
    page
}

/// By sparsemax and the dot product.
fn plain(width: bool, alignment: Alignment) -> Layout {
    let size = |size: usize| NonZeroUsize::new(size).unwrap();
    let model = AnyModel { beta: beta!(2.5), separation: AnySeparation::Sparsemax, similarity: AnySimilarity::Dot };
    Layout { model, count: size(3), dim: size(2), width: NonZeroUsize::new(usize::from(width)), map: None, max_norm: 5.0, alignment }
}

/// Writes `new` at a place of the header or the table, and the checksum over them as it must be then.
fn changed(mut page: Page, at: usize, new: &[u8], sections: usize) -> Page {
    page.0[at..at + new.len()].copy_from_slice(new);
    let covered: Vec<u8> = page.0[..124].iter().chain(&page.0[128..128 + 32 * sections]).copied().collect();
    page.0[124..128].copy_from_slice(&crc32(&covered).to_le_bytes());
    page
}

#[test]
fn every_model_is_read_as_it_was_written() {
    let separations = ["softmax", "softmax1", "sparsemax", "entmax:1.7", "normmax:2.5", "topk:3", "hardmax", "ksubsets:2"];
    for (separation, similarity) in separations.iter().flat_map(|name| ["dot", "cosine", "squared-distance"].map(|other| (name, other))) {
        for (width, alignment) in [(false, 64), (true, 64), (false, 256), (true, 256)] {
            let aligned = if alignment == 64 { Alignment::Bytes64 } else { Alignment::Bytes256 };
            let model = AnyModel { beta: beta!(2.5), separation: separation.parse().unwrap(), similarity: similarity.parse().unwrap() };
            let layout = Layout { model, ..plain(width, aligned) };
            let page = page(layout);
            // What lies behind the file in memory is not the file's.
            let basin = Basin::new(&page.0).unwrap();
            assert_eq!((basin.layout(), basin.model(), basin.max_norm()), (layout, model, 5.0), "{separation}, {similarity}");
            assert_eq!((aligned.bytes(), basin.length()), (alignment, layout.file_length().unwrap()));
            let at = layout.patterns_at().unwrap();
            assert!(at.is_multiple_of(alignment) && page.0[at..][..24] == bytes(&PATTERNS));
            assert_eq!(basin.patterns().row(2), Some(&PATTERNS[4..]));
            assert_eq!(basin.values().map(|values| values.row(1)), width.then_some(Some(&VALUES[1..2])));
            assert_eq!((basin.sections().count(), basin.verify()), (1 + usize::from(width), Ok(())));
        }
    }
}

#[test]
fn a_model_that_there_is_not_is_refused_by_the_field_that_is_wrong() {
    let right = page(plain(false, Alignment::Bytes64));
    let read = |at, new: &[u8]| Basin::new(&changed(right.clone(), at, new, 1).0).map(|basin| basin.model()).unwrap_err();
    let field = |error: FileError| match error {
        FileError::Field { field, value, .. } => (field, value),
        FileError::Number { field, value, .. } => (field, u64::from(value.to_bits())),
        other => panic!("{other}"),
    };
    for code in [0, 4, 255] {
        assert_eq!(field(read(57, &[code])), ("similarity", u64::from(code)));
    }
    for code in [0, 9, 255] {
        assert_eq!(field(read(58, &[code])), ("separation", u64::from(code)));
    }
    // The separation's byte, one of zero, its parameter: what has none must have 0, and no number may be what it cannot be.
    let one = 1.0f32.to_bits();
    let wrong = [(1, 1), (2, 7), (3, one), (4, 0.5f32.to_bits()), (4, f32::NAN.to_bits()), (5, one), (6, 0), (7, 1), (8, 0)];
    for (code, parameter) in wrong {
        let [a, b, c, d] = u32::to_le_bytes(parameter);
        assert_eq!(field(read(58, &[code, 0, a, b, c, d])), ("parameter", u64::from(parameter)), "{code}");
    }
    assert_eq!(field(read(28, &128u32.to_le_bytes())), ("alignment", 128));
}

#[test]
fn sections_are_what_their_flags_say_and_those_of_later_versions_are_passed_over() {
    let flags = |error| matches!(error, Err(FileError::Field { field: "section flags", .. }));
    let right = page(plain(true, Alignment::Bytes64));
    let read = |page: &Page| Basin::new(&page.0).map(|basin| basin.values().is_some());
    assert_eq!(read(&right), Ok(true));
    for flag in [0u32, 2] {
        assert!(flags(read(&changed(right.clone(), 128 + 4, &flag.to_le_bytes(), 2))), "{flag}");
    }
    // The values become something that this version does not know: nothing else is missing where the file has no width.
    let later = |required: u32| changed(right.clone(), 160, &[&77u32.to_le_bytes()[..], &required.to_le_bytes()].concat(), 2);
    assert_eq!(read(&later(1)), Err(FileError::RequiredSection { kind: 77 }));
    assert_eq!(read(&later(0)), Err(FileError::MissingSection { kind: Section::VALUES }));
    let without = changed(later(0), 48, &0u64.to_le_bytes(), 2);
    let basin = Basin::new(&without.0).unwrap();
    let kinds: Vec<_> = basin.sections().map(|section| (section.kind, section.required)).collect();
    assert_eq!((kinds, basin.values().is_none()), (vec![(Section::PATTERNS, true), (77, false)], true));
    // Its checksum is looked at all the same.
    assert_eq!(basin.verify(), Ok(()));
    let (mut spoilt, at) = (without.clone(), plain(true, Alignment::Bytes64).values_at().unwrap());
    spoilt.0[at] ^= 1;
    assert!(matches!(Basin::new(&spoilt.0).unwrap().verify(), Err(FileError::SectionChecksum { kind: 77, .. })));
}
