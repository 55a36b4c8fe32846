//! Bytes that were changed, cut off or moved: a typed error, never a wrong answer.

use super::{Fallible, Placed, assert_holds, numbers, refused, small};
use basinet::basin::{Basin, FileError};
use basinet::file::{self, ErrorKind};
use basinet_conformance::basin::{File, Section, at};
use basinet_conformance::generator::SplitMix64;

/// Files of each shape: one section and two, each alignment, one that is to be skipped.
fn files() -> Vec<File> {
    let (patterns, values) = (File::of(7, &numbers(1, 35), 0, &[]), small());
    let mut skipped = small();
    skipped.sections.insert(1, Section { kind: 77, flags: 0, content: vec![1, 2, 3] });
    let wide = |file: &File| File { alignment: 256, ..file.clone() };
    vec![wide(&patterns), wide(&values), patterns, values, skipped]
}

/// Where the data of the first section begins.
fn data(file: &File) -> usize {
    (at::TABLE + at::ENTRY * file.sections.len()).next_multiple_of(file.alignment as usize)
}

#[test]
fn every_change_of_every_byte_before_the_data_is_noticed_when_the_file_is_opened() -> Fallible {
    for file in files() {
        let bytes = file.bytes();
        let mut placed = Placed::new(&bytes, 0);
        assert_holds(&Basin::new(placed.bytes())?, &file);
        for at in 0..data(&file) {
            for change in 1..=255 {
                placed.bytes_mut()[at] ^= change;
                let opened = Basin::new(placed.bytes());
                assert!(opened.is_err(), "byte {at} changed by {change:#04x}: {opened:?}");
                placed.bytes_mut()[at] ^= change;
            }
        }
    }
    Ok(())
}

#[test]
fn every_change_of_a_bit_behind_the_header_is_noticed_when_the_data_is_verified() -> Fallible {
    for file in files() {
        let mut placed = Placed::new(&file.bytes(), 0);
        Basin::new(placed.bytes())?.verify()?;
        for at in data(&file)..placed.length {
            for bit in 0..8 {
                placed.bytes_mut()[at] ^= 1 << bit;
                let found = Basin::new(placed.bytes()).and_then(|basin| basin.verify());
                let in_section = matches!(found, Err(FileError::SectionChecksum { .. }));
                assert!(in_section || matches!(found, Err(FileError::Padding { .. })), "bit {bit} of byte {at}: {found:?}");
                placed.bytes_mut()[at] ^= 1 << bit;
            }
        }
    }
    Ok(())
}

#[test]
fn a_file_cut_at_any_length_is_truncated_and_says_so() {
    for file in files() {
        let bytes = file.bytes();
        for length in 0..bytes.len() {
            let found = Basin::new(Placed::new(&bytes[..length], 0).bytes()).err();
            let says = matches!(found, Some(FileError::Truncated { needed, found }) if found == length as u64 && needed > found);
            assert!(says, "cut at {length}: {found:?}");
        }
    }
}

#[test]
fn a_large_file_cut_or_changed_at_random_places_is_an_error_with_its_path() -> Fallible {
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("large.basin");
    let bytes = File::of(33, &numbers(3, 33 * 1000), 5, &numbers(4, 5 * 1000)).bytes();
    let mut random = SplitMix64::new(9);
    for _ in 0..40 {
        std::fs::write(&path, &bytes[..random.index(bytes.len())])?;
        let error = refused(file::open(&path));
        assert!(matches!(error.kind(), ErrorKind::Format(FileError::Truncated { .. })), "{error}");
        assert!(error.to_string().starts_with(&format!("{}: ", path.display())), "{error}");

        let mut changed = bytes.clone();
        let place = random.index(bytes.len());
        changed[place] ^= 1 + random.index(255) as u8;
        std::fs::write(&path, &changed)?;
        let error = refused(file::open_verified(&path));
        assert!(matches!(error.kind(), ErrorKind::Format(_)), "{error}");
    }
    std::fs::write(&path, &bytes)?;
    file::open_verified(&path)?;
    Ok(())
}

#[test]
fn what_follows_behind_a_file_is_ignored_in_memory_and_an_error_on_disk() -> Fallible {
    let mut bytes = small().bytes();
    let length = bytes.len();
    bytes.extend([0xff; 100]);
    let placed = Placed::new(&bytes, 0);
    let basin = Basin::new(placed.bytes())?;
    basin.verify()?;
    assert_eq!(basin.length(), length);
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("longer.basin");
    std::fs::write(&path, &bytes)?;
    let error = refused(file::open(&path));
    assert!(matches!(error.kind(), ErrorKind::Format(FileError::Field { field: "file length", .. })), "{error}");
    Ok(())
}

#[test]
fn bytes_where_numbers_cannot_be_read_are_misaligned_and_all_others_are_not() {
    let bytes = small().bytes();
    for by in 0..8 {
        let placed = Placed::new(&bytes, by);
        let expected = if by % 4 == 0 { None } else { Some(FileError::Misaligned { by: by % 4 }) };
        assert_eq!(Basin::new(placed.bytes()).err(), expected, "{by} bytes off");
    }
}
