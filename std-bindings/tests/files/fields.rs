//! Files whose checksums are right and whose numbers are not: each field has its error, with its name and value, whatever wrote the file.

use super::{Fallible, Placed, assert_holds, numbers, small};
use basinet::basin::{Basin, FileError};
use basinet_conformance::basin::{File, Section, at, bytes_of, put, seal};

/// What core says of a file with these bytes at that place, under a right checksum; the second reader must agree that it is none.
fn changed(place: usize, bytes: &[u8]) -> Option<FileError> {
    let mut file = small().bytes();
    put(&mut file, place, bytes);
    seal(&mut file);
    assert_eq!(File::read(&file), None, "{bytes:?} at {place}");
    Basin::new(Placed::new(&file, 0).bytes()).err()
}

/// The names of whole numbers and of numbers with fractions that are wrong.
fn name(error: Option<FileError>) -> (&'static str, f64) {
    match error {
        Some(FileError::Field { field, value, .. } | FileError::TooLarge { field, value }) => (field, value as f64),
        Some(FileError::Number { field, value, .. }) => (field, value.into()),
        _ => panic!("{error:?} names no field"),
    }
}

#[test]
fn a_whole_number_that_cannot_be_is_named_with_its_value() {
    let entry = |number: usize, place: usize| at::TABLE + at::ENTRY * number + place;
    // The field that is named, what is changed, to what, and the value that is shown: where a size changes, that of the section it is not.
    let wrong: [(&str, usize, u32, u32); 20] = [
        ("sections", at::SECTIONS, 65, 65),
        ("sections", at::SECTIONS, u32::MAX, u32::MAX),
        ("alignment", at::ALIGNMENT, 0, 0),
        ("alignment", at::ALIGNMENT, 1, 1),
        ("alignment", at::ALIGNMENT, 128, 128),
        ("section offset", at::ALIGNMENT, 256, 192),
        ("count", at::COUNT, 0, 0),
        ("dim", at::DIM, 0, 0),
        ("width", at::WIDTH, 0, 0),
        ("section length", at::COUNT, 4, 140),
        ("section length", at::DIM, 8, 140),
        ("section length", at::WIDTH, 2, 60),
        ("parameter", at::PARAMETER, 1, 1),
        ("section flags", entry(0, 4), 2, 2),
        ("section flags", entry(0, 4), 0, 0),
        ("section flags", entry(1, 4), 0, 0),
        ("section offset", entry(0, 8), 0, 0),
        ("section offset", entry(1, 8), 192, 192),
        ("section length", entry(0, 16), 1 << 20, 1 << 20),
        ("reserved", entry(1, 28), 1, 1),
    ];
    for (field, place, value, shown) in wrong {
        assert_eq!(name(changed(place, &value.to_le_bytes())), (field, shown.into()), "{value} at {place}");
    }
}

#[test]
fn sizes_that_overflow_are_errors_and_nothing_is_allocated_or_read_for_them() {
    let entry = |number: usize, place: usize| at::TABLE + at::ENTRY * number + place;
    let large = [u64::MAX, u64::MAX - 63, 1 << 63, (1 << 62) + 5, 1 << 61, 1 << 32];
    let fields = [
        (at::COUNT, "count"),
        (at::DIM, "dim"),
        (at::WIDTH, "width"),
        (entry(0, 8), "section offset"),
        (entry(1, 8), "section offset"),
        (entry(0, 16), "section length"),
        (entry(1, 16), "section length"),
    ];
    for value in large {
        for (place, field) in fields {
            let (named, found) = name(changed(place, &value.to_le_bytes()));
            // A product that does not overflow is a length that the section has not.
            assert!(named == field || (named == "section length" && found < 1e9), "{value} at {place}: {named} is {found}");
        }
        let found = changed(at::LENGTH, &value.to_le_bytes());
        assert!(matches!(found, Some(FileError::Truncated { needed, .. }) if needed == value), "{found:?}");
    }
    // Products that would be right in 64 bits, but for what is lost above them.
    for (place, field, number) in [(at::DIM, "dim", 7), (at::WIDTH, "width", 3)] {
        let value = (1 << 62) + number;
        assert_eq!(changed(place, &u64::to_le_bytes(value)), Some(FileError::TooLarge { field, value }));
    }
}

#[test]
fn each_reserved_byte_must_be_zero() {
    let reserved = (at::RESERVED..at::CHECKSUM).chain([at::SEPARATION + 1]);
    for place in reserved.chain((28..32).flat_map(|i| [at::TABLE + i, at::TABLE + at::ENTRY + i])) {
        assert_eq!(name(changed(place, &[1])), ("reserved", 1.0), "byte {place}");
        assert_eq!(name(changed(place, &[0x80])), ("reserved", 128.0), "byte {place}");
    }
}

#[test]
fn a_model_that_cannot_be_is_named_with_its_value() {
    for element in [0, 2, 255] {
        assert_eq!(name(changed(at::ELEMENT, &[element])), ("element", element.into()));
    }
    for similarity in [0, 4, 255] {
        assert_eq!(name(changed(at::SIMILARITY, &[similarity])), ("similarity", similarity.into()));
    }
    for separation in [0, 9, 255] {
        assert_eq!(name(changed(at::SEPARATION, &[separation])), ("separation", separation.into()));
    }
    for (separation, parameter) in [(4u8, 0.99999994f32), (4, -2.0), (4, f32::INFINITY), (5, 1.0), (5, f32::INFINITY), (5, 0.0)] {
        let fields = [&[separation, 0][..], &parameter.to_le_bytes()].concat();
        assert_eq!(name(changed(at::SEPARATION, &fields)), ("parameter", parameter.into()));
    }
    for separation in [6u8, 8] {
        assert_eq!(name(changed(at::SEPARATION, &[separation])), ("parameter", 0.0));
    }
    for separation in [1u8, 2, 3, 7] {
        assert_eq!(name(changed(at::SEPARATION, &[separation, 0, 7])), ("parameter", 7.0));
    }
    for beta in [0.0, -1.0, f32::INFINITY, f32::NEG_INFINITY, 7.523_163e-37] {
        assert_eq!(name(changed(at::BETA, &f32::to_le_bytes(beta))), ("beta", beta.into()));
    }
    for norm in [-1.0, -0.0, f32::INFINITY] {
        assert_eq!(name(changed(at::MAX_NORM, &f32::to_le_bytes(norm))), ("max_norm", norm.into()));
    }
    for (place, field) in [(at::BETA, "beta"), (at::MAX_NORM, "max_norm")] {
        let (named, value) = name(changed(place, &f32::NAN.to_le_bytes()));
        assert!(named == field && value.is_nan());
    }
    let (named, value) = name(changed(at::SEPARATION, &[&[4, 0][..], &f32::NAN.to_le_bytes()].concat()));
    assert!(named == "parameter" && value.is_nan());
}

#[test]
fn other_files_versions_and_orders_of_bytes_are_told_apart() {
    assert_eq!(changed(0, b"\x93NUMPY\x01\x00"), Some(FileError::NotBasin));
    // As a transfer that takes it for text leaves it.
    assert_eq!(changed(0, b"\x89BASIN\n\x04"), Some(FileError::NotBasin));
    assert_eq!(changed(at::VERSION, &[2, 0, 0, 0]), Some(FileError::Version { found: 2 }));
    assert_eq!(changed(at::VERSION, &[0, 0, 0, 0]), Some(FileError::Version { found: 0 }));
    assert_eq!(changed(at::ORDER, &[1, 2, 3, 4]), Some(FileError::ByteOrder { found: 0x0403_0201 }));
}

#[test]
fn sections_that_are_not_known_are_skipped_or_refused_as_they_ask() -> Fallible {
    let with = |kind, flags, place| {
        let mut file = small();
        file.sections.insert(place, Section { kind, flags, content: vec![5; 70] });
        file
    };
    for place in 0..=2 {
        let file = with(1000, 0, place);
        let placed = Placed::new(&file.bytes(), 0);
        let basin = Basin::new(placed.bytes())?;
        basin.verify()?;
        assert_holds(&basin, &file);
        let error = |kind, flags| Basin::new(Placed::new(&with(kind, flags, place).bytes(), 0).bytes()).err();
        assert_eq!(error(1000, 1), Some(FileError::RequiredSection { kind: 1000 }));
        assert_eq!(error(3, 1), Some(FileError::RequiredSection { kind: 3 }));
        assert_eq!(name(error(3, 0)), ("section flags", 0.0));
        for kind in [1, 2] {
            assert_eq!(error(kind, 1), Some(FileError::SectionTwice { kind }));
        }
    }
    Ok(())
}

#[test]
fn sections_that_must_be_there_are_missed() {
    let without = |kind| {
        let mut file = small();
        file.sections.retain(|section| section.kind != kind);
        Basin::new(Placed::new(&file.bytes(), 0).bytes()).err()
    };
    assert_eq!(without(1), Some(FileError::MissingSection { kind: 1 }));
    assert_eq!(without(2), Some(FileError::MissingSection { kind: 2 }));
    let none = File { sections: vec![], ..small() }.bytes();
    assert_eq!(Basin::new(Placed::new(&none, 0).bytes()).err(), Some(FileError::MissingSection { kind: 1 }));
}

#[test]
fn padding_must_be_zero_and_the_file_must_end_with_its_last_section() -> Fallible {
    let file = small();
    let bytes = file.bytes();
    let end = 192usize + 140;
    for at in end..end.next_multiple_of(64) {
        let mut changed = bytes.clone();
        changed[at] = 1;
        assert_eq!(Basin::new(Placed::new(&changed, 0).bytes()).err(), Some(FileError::Padding { at: at as u64 }));
    }
    let mut longer = bytes.clone();
    longer.push(0);
    put(&mut longer, at::LENGTH, &(bytes.len() as u64 + 1).to_le_bytes());
    seal(&mut longer);
    assert_eq!(name(Basin::new(Placed::new(&longer, 0).bytes()).err()), ("file length", bytes.len() as f64 + 1.0));
    Ok(())
}

#[test]
fn verification_finds_numbers_and_norms_that_right_checksums_hide() -> Fallible {
    let mut patterns = numbers(1, 35);
    patterns[8] = f32::NAN;
    let verified = |file: &File| Basin::new(Placed::new(&file.bytes(), 0).bytes()).and_then(|basin| basin.verify()).err();
    assert_eq!(verified(&File::of(7, &patterns, 0, &[])), Some(FileError::NotFinite { kind: 1, row: 1 }));
    let values = [1.0, 2.0, 3.0, 4.0, f32::INFINITY];
    assert_eq!(verified(&File::of(7, &numbers(1, 35), 1, &values)), Some(FileError::NotFinite { kind: 2, row: 4 }));
    patterns[8] = 3e38;
    patterns[9] = 3e38;
    assert_eq!(verified(&File::of(7, &patterns, 0, &[])), Some(FileError::NotFinite { kind: 1, row: 1 }));
    let right = small();
    let wrong = File { max_norm: right.max_norm.next_up(), ..right.clone() };
    assert_eq!(verified(&wrong), Some(FileError::MaxNorm { stored: wrong.max_norm, computed: right.max_norm }));
    assert_eq!(verified(&right), None);
    assert_eq!(right.sections[0].content, bytes_of(&numbers(1, 35)));
    Ok(())
}
