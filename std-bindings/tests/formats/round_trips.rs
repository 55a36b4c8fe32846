//! What is written reads back in bits, and written again it has the same bytes.

use super::{Fallible, read};
use basinet::Error;
use basinet::formats::{Fault, FileFault, Format, Reader, Writer, linear_map};
use std::fs;
use std::io::Read;

pub const FORMATS: [Format; 4] = [Format::Npy, Format::Safetensors, Format::Csv, Format::JsonLines];

/// Numbers that are hard to write down: rows of three.
const NUMBERS: [f32; 12] =
    [0.0, -0.0, 1.0, 0.1, -1.0 / 3.0, 16_777_217.0, f32::MAX, f32::MIN_POSITIVE, 1e-45, -3.402_823e38, 1.000_000_1, 2.5e-7];

pub fn write(format: Format) -> Result<Vec<u8>, Box<dyn std::error::Error>> {
    let mut bytes = Vec::new();
    let mut writer = Writer::new("test", format, 3, &mut bytes)?;
    NUMBERS.chunks_exact(3).try_for_each(|row| writer.row(row))?;
    writer.finish()?;
    Ok(bytes)
}

#[test]
fn numbers_come_back_in_bits_and_files_in_bytes() -> Fallible {
    for format in FORMATS {
        let bytes = write(format)?;
        let (dim, rows) = read(format, &bytes, None)?;
        assert_eq!(dim, 3);
        assert_eq!(rows.iter().map(|x| x.to_bits()).collect::<Vec<_>>(), NUMBERS.map(f32::to_bits), "{format:?}");
        let mut again = Vec::new();
        let mut writer = Writer::new("again", format, dim, &mut again)?;
        rows.chunks_exact(3).try_for_each(|row| writer.row(row))?;
        writer.finish()?;
        assert_eq!(again, bytes, "{format:?}");
    }
    Ok(())
}

#[test]
fn a_file_and_a_stream_get_the_same_bytes() -> Fallible {
    for format in FORMATS {
        let mut file = tempfile::tempfile()?;
        let mut writer = Writer::to_file("file", format, 3, &mut file)?;
        NUMBERS.chunks_exact(3).try_for_each(|row| writer.row(row))?;
        writer.finish()?;
        std::io::Seek::rewind(&mut file)?;
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes)?;
        assert_eq!(bytes, write(format)?, "{format:?}");
    }
    Ok(())
}

#[test]
fn the_first_bytes_say_what_a_file_is() -> Fallible {
    for format in FORMATS {
        let bytes = write(format)?;
        assert_eq!(Format::of_content(&bytes[..16]), Some(format));
        let mut reader = Reader::guess("standard input", &bytes[..], None)?;
        assert_eq!(reader.read_all()?.len(), NUMBERS.len());
    }
    for foreign in [&b""[..], b"PK\x03\x04", b"\x7fELF\x02\x01\x01\0\0\0\0\0\0\0\0\0", b"BASINET\0"] {
        assert_eq!(Format::of_content(foreign), None);
        assert!(Reader::guess("standard input", foreign, None).is_err());
    }
    Ok(())
}

#[test]
fn no_changed_byte_stops_the_program() -> Fallible {
    for format in FORMATS {
        let bytes = write(format)?;
        for at in 0..bytes.len() {
            for change in [0x01, 0x08, 0x20, 0x80, 0xff] {
                let mut changed = bytes.clone();
                changed[at] ^= change;
                // Rows of other numbers, or an error: whatever it is, it is not more than there is.
                if let Ok((dim, rows)) = read(format, &changed, None) {
                    assert!(dim > 0 && rows.len() % dim == 0 && rows.len() <= bytes.len(), "{format:?} {at} {change}");
                    assert!(rows.iter().all(|x| x.is_finite()));
                }
            }
        }
    }
    Ok(())
}

#[test]
fn a_writer_takes_rows_of_its_length_and_no_other() -> Fallible {
    for format in FORMATS {
        let mut file = tempfile::tempfile()?;
        assert!(matches!(Writer::new("none", format, 0, Vec::new()), Err(FileFault { fault: Fault::Empty, .. })));
        assert!(matches!(Writer::to_file("none", format, 0, &mut file), Err(FileFault { fault: Fault::Empty, .. })));
        let mut bytes = Vec::new();
        let mut writer = Writer::new("test", format, 3, &mut bytes)?;
        for (i, row) in NUMBERS.chunks_exact(3).enumerate() {
            for wrong in [&row[..2], &[], &[0.0; 4]] {
                let found = writer.row(wrong).map_err(|error| error.fault);
                let named = matches!(found, Err(Fault::RowLength { row, expected: 3, found }) if row == i && found == wrong.len());
                assert!(named, "{format:?}: {found:?}");
            }
            writer.row(row)?;
        }
        writer.finish()?;
        assert_eq!(bytes, write(format)?, "{format:?}");
    }
    Ok(())
}

#[test]
fn a_map_that_is_none_is_named_with_its_file() -> Fallible {
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("map.safetensors");
    let refused = || linear_map(&path).map_err(|error| error.fault);
    assert!(matches!(refused(), Err(Fault::Io(_))));
    fs::write(&path, write(Format::Safetensors)?)?;
    assert!(matches!(refused(), Err(Fault::Tensor { wanted: Some(wanted), found }) if wanted == "weights" && found == ["rows"]));
    let header =
        r#"{"weights":{"dtype":"F32","shape":[2,1],"data_offsets":[0,8]},"bias":{"dtype":"F32","shape":[1],"data_offsets":[8,12]}}"#;
    let mut file = (header.len() as u64).to_le_bytes().to_vec();
    file.extend(header.as_bytes());
    file.extend([0; 12]);
    fs::write(&path, &file)?;
    assert!(matches!(refused(), Err(Fault::Memory(Error::Length { expected: 2, found: 1 }))));
    let error = linear_map(&path).err().map(|error| error.to_string()).unwrap_or_default();
    assert!(error.starts_with(&format!("{}: ", path.display())), "{error}");
    Ok(())
}
