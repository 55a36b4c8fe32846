//! Bytes that may be a `.basin` file: any at all, and files that were changed, against the second reader of the format.
//!
//! Core accepts what that reader accepts and nothing else, wherever the bytes lie; it gives the same numbers; it verifies what that one
//! finds whole; and what it has read, written again, has the same bytes. A changed file is sealed with a right checksum or not.
#![no_main]

use arbitrary::{Result, Unstructured};
use basinet_conformance::basin::{File, Section, bytes_of, seal};
use basinet_core::basin::{Aligned, Basin, Checksums, FileError, Section as Kind, crc32};
use basinet_core::{FeatureMap, Patterns};
use basinet_fuzz::{bits, draw};
use libfuzzer_sys::fuzz_target;

/// Bytes that a case may have.
const MOST: usize = 8192;

/// A file, right but for the parameters and numbers drawn.
fn file(bytes: &mut Unstructured<'_>) -> Result<File> {
    let (dim, count, width) = (1 + draw::below(bytes, 20)?, 1 + draw::below(bytes, 8)?, draw::below(bytes, 6)?);
    let (patterns, values) = (draw::numbers(bytes, dim * count)?, draw::numbers(bytes, width * count)?);
    let mut file = File::of(dim, &patterns, width, &values);
    file.alignment = if bytes.arbitrary()? { 64 } else { 256 };
    file.similarity = 1 + draw::below(bytes, 3)? as u8;
    file.separation = 1 + draw::below(bytes, 8)? as u8;
    file.parameter = match file.separation {
        4 | 5 => draw::exponent(bytes, 1.0)?.to_bits(),
        6 | 8 => draw::amount(bytes)?,
        _ => 0,
    };
    file.beta = draw::beta(bytes)?;
    if width > 0 && bytes.arbitrary()? {
        let input = 1 + draw::below(bytes, 5)?;
        let biased = if bytes.arbitrary()? { dim } else { 0 };
        let (weights, bias) = (draw::numbers(bytes, dim * input)?, draw::numbers(bytes, biased)?);
        file = file.behind(&weights, &bias, bytes.arbitrary()?);
    }
    for _ in 0..draw::below(bytes, 3)? {
        let place = draw::below(bytes, file.sections.len() + 1)?;
        let (kind, flags) = (draw::below(bytes, 6)? as u32, draw::below(bytes, 3)? as u32);
        file.sections.insert(place, Section { kind, flags, content: vec![7; draw::below(bytes, 256)?] });
    }
    Ok(file)
}

/// Changes a few fields, with a right checksum or without, and cuts or extends what comes of it.
fn damage(bytes: &mut Unstructured<'_>, file: &mut Vec<u8>) -> Result<()> {
    for _ in 0..draw::below(bytes, 4)? {
        // Most of what can go wrong is in the first bytes.
        let end = if bytes.arbitrary()? { file.len().min(200) } else { file.len() };
        let place = draw::below(bytes, end)?;
        let number = bytes.arbitrary::<u64>()? >> (8 * draw::below(bytes, 8)?);
        let length = [1, 1, 4, 8][draw::below(bytes, 4)?];
        for (byte, new) in file[place..].iter_mut().zip(&number.to_le_bytes()[..length]) {
            *byte = *new;
        }
    }
    if bytes.arbitrary()? {
        seal(file);
    }
    match draw::below(bytes, 8)? {
        0 => file.truncate(draw::below(bytes, file.len() + 1)?),
        1 => file.extend([0xff; 9]),
        _ => {}
    }
    Ok(())
}

fn numbers(rows: Patterns<'_>) -> Vec<u32> {
    (0..rows.count()).flat_map(|i| bits(rows.row(i).expect("a row"))).collect()
}

/// What core has read is what stands there.
fn same(basin: &Basin<'_>, map: Option<&FeatureMap<'_>>, file: &File, bytes: &[u8]) {
    let map = map.map(|map| [map.weights(), map.bias().unwrap_or(&[])].concat());
    assert_eq!(bits(&map.unwrap_or_default()), bits(&file.numbers(3)));
    assert_eq!(numbers(basin.patterns()), bits(&file.numbers(1)));
    assert_eq!(basin.values().map(numbers).unwrap_or_default(), bits(&file.numbers(2)));
    let shape = (basin.patterns().count() as u64, basin.patterns().dim() as u64, basin.values().map_or(0, |rows| rows.dim() as u64));
    assert_eq!(shape, (file.count, file.dim, file.width));
    assert_eq!((basin.model().beta.get().to_bits(), basin.max_norm().to_bits()), (file.beta.to_bits(), file.max_norm.to_bits()));
    let sections = basin.sections().map(|section| (section.kind, u32::from(section.required), section.content.to_vec()));
    assert!(sections.eq(file.sections.iter().map(|section| (section.kind, section.flags, section.content.clone()))));
    assert_eq!(basin.verify().is_ok(), file.is_whole(bytes), "{:?}", basin.verify());
}

/// What core has read, written again: the same bytes, where there is nothing in the file but what core writes.
fn again(basin: &Basin<'_>, file: &File, bytes: &[u8]) {
    let kinds: Vec<u32> = file.sections.iter().map(|section| section.kind).collect();
    let all = [Kind::PATTERNS, Kind::VALUES, Kind::FEATURE_MAP];
    if basin.verify().is_err() || !all.starts_with(&kinds) {
        return;
    }
    let layout = basin.layout();
    let (patterns, values) = (bytes_of(&file.numbers(1)), bytes_of(&file.numbers(2)));
    let map = layout.map.map(|map| [map.head().to_vec(), bytes_of(&file.numbers(3))].concat()).unwrap_or_default();
    let checksums = Checksums { patterns: crc32(&patterns), values: Some(crc32(&values)), map: Some(crc32(&map)) };
    let head = layout.head(checksums).expect("it was read");
    let mut written = vec![0; layout.file_length().expect("it was read")];
    written[..head.len()].copy_from_slice(&head);
    let (first, second) = (layout.patterns_at().expect("it was read"), layout.values_at().expect("it was read"));
    written[first..first + patterns.len()].copy_from_slice(&patterns);
    if layout.width.is_some() {
        written[second..second + values.len()].copy_from_slice(&values);
    }
    if layout.map.is_some() {
        written[layout.map_at().expect("it was read")..].copy_from_slice(&map);
    }
    assert!(written == bytes[..basin.length()], "other bytes");
}

/// Reads them at an address that is `by` more than a multiple of 256.
fn check(bytes: &[u8], by: usize) {
    let mut room = Box::new(Aligned([0; MOST + 8]));
    let place = &mut room.0[by..by + bytes.len()];
    place.copy_from_slice(bytes);
    let (found, expected) = (Basin::with_map(place), File::read(bytes));
    let plainly = Basin::new(place).map(|basin| basin.length());
    match (found, expected) {
        (Ok((basin, map)), Some(file)) => {
            assert!(by.is_multiple_of(4), "numbers at such an address");
            let refused = Err(FileError::RequiredSection { kind: Kind::FEATURE_MAP });
            assert_eq!(plainly, if map.is_some() { refused } else { Ok(basin.length()) });
            same(&basin, map.as_ref(), &file, bytes);
            again(&basin, &file, bytes);
        }
        (Err(FileError::Misaligned { by: off }), Some(_)) => assert!(off == by % 4 && off > 0),
        (Err(error), None) => assert!(!error.to_string().is_empty()),
        (found, expected) => panic!("{found:?} where {expected:?}"),
    }
}

fn case(bytes: &mut Unstructured<'_>) -> Result<()> {
    let by = if bytes.arbitrary()? { 0 } else { draw::below(bytes, 8)? };
    match draw::below(bytes, 8)? {
        0 => check(bytes.bytes(bytes.len())?, by),
        1 => check(&begun(bytes.bytes(bytes.len())?), by),
        _ => drawn(bytes, by)?,
    }
    Ok(())
}

/// Any bytes, behind the beginning of a file and under a right checksum.
fn begun(rest: &[u8]) -> Vec<u8> {
    let mut bytes = b"\x89BASIN\r\n\x04\x03\x02\x01\x01\x00\x00\x00".to_vec();
    bytes.extend(rest);
    seal(&mut bytes);
    bytes
}

/// A file with changes.
fn drawn(bytes: &mut Unstructured<'_>, by: usize) -> Result<()> {
    let file = file(bytes)?;
    let mut written = file.bytes();
    damage(bytes, &mut written)?;
    if written.len() <= MOST {
        check(&written, by);
    }
    Ok(())
}

fuzz_target!(|data: &[u8]| {
    let _ = case(&mut Unstructured::new(data));
});
