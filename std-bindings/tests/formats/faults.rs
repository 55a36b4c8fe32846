//! Inputs and outputs that fail: that come and go in small pieces, end anywhere, break in the middle, or are full.

use super::{Fallible, round_trips::FORMATS, round_trips::write};
use basinet::formats::{Fault, FileFault, Format, Reader, Writer};
use std::io::{self, Read, Write};

/// So many bytes at a time, each after a signal that interrupted the call; where they are at an end, the end or a failure.
struct Pieces<'a> {
    bytes: &'a [u8],
    piece: usize,
    fails: bool,
    interrupted: bool,
}

impl<'a> Pieces<'a> {
    fn new(bytes: &'a [u8], piece: usize, fails: bool) -> Self {
        Self { bytes, piece, fails, interrupted: false }
    }
}

impl Read for Pieces<'_> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        self.interrupted = !self.interrupted;
        if self.interrupted {
            return Err(io::ErrorKind::Interrupted.into());
        }
        if self.bytes.is_empty() && self.fails {
            return Err(io::Error::other("the cable is out"));
        }
        let piece = self.piece.min(into.len());
        self.bytes.read(&mut into[..piece])
    }
}

/// The rows up to the end or to a fault, and the fault.
fn rows(reader: Result<Reader<'_>, FileFault>) -> (Vec<Vec<f32>>, Option<Fault>) {
    let (mut rows, mut reader) = match reader {
        Ok(reader) => (Vec::new(), reader),
        Err(error) => return (Vec::new(), Some(error.fault)),
    };
    loop {
        match reader.next_row() {
            Ok(Some(row)) => rows.push(row.to_vec()),
            Ok(None) => return (rows, None),
            Err(error) => return (rows, Some(error.fault)),
        }
    }
}

/// Rows and fault, as they print.
fn shown(found: &(Vec<Vec<f32>>, Option<Fault>)) -> String {
    format!("{found:?}")
}

#[test]
fn every_beginning_is_a_fault_or_fewer_rows_however_small_its_pieces_are() -> Fallible {
    for format in FORMATS {
        let bytes = write(format)?;
        let whole = rows(Reader::new("whole", format, &bytes[..], None)).0;
        for length in 0..=bytes.len() {
            let begun = &bytes[..length];
            let found = rows(Reader::new("begun", format, begun, None));
            for piece in [1, 3, 64] {
                let slow = rows(Reader::new("begun", format, Pieces::new(begun, piece, false), None));
                assert_eq!(shown(&slow), shown(&found), "{format:?}, {length} bytes by {piece}");
                let guessed = rows(Reader::guess("begun", Pieces::new(begun, piece, false), None));
                let unknown = matches!(guessed.1, Some(Fault::UnknownFormat)) && Format::of_content(begun).is_none();
                assert!(unknown || shown(&guessed) == shown(&found), "{format:?}, {length} bytes by {piece}: {guessed:?}");
            }
            let (rows, fault) = &found;
            match (format, fault) {
                (Format::Npy | Format::Safetensors, None) => assert_eq!((length, rows), (bytes.len(), &whole)),
                (Format::Npy | Format::Safetensors, Some(fault)) => {
                    assert!(matches!(fault, Fault::Malformed { .. } | Fault::Truncated { .. }), "{format:?}, {length} bytes: {fault:?}");
                    assert_eq!(rows, &whole[..rows.len()]);
                }
                // A list that is not closed is none: what is read is what was written.
                (Format::JsonLines, _) => {
                    let empty = matches!(fault, Some(Fault::Empty)) && rows.is_empty();
                    assert!(fault.is_none() || empty || matches!(fault, Some(Fault::Malformed { .. })), "{length} bytes: {fault:?}");
                    assert_eq!(rows, &whole[..rows.len()]);
                }
                // A number that is cut is another number, so the last row may be another, and it alone.
                _ => {
                    let (short, none) = (matches!(fault, Some(Fault::RowLength { .. })), matches!(fault, Some(Fault::NotANumber { .. })));
                    let empty = matches!(fault, Some(Fault::Empty)) && rows.is_empty();
                    assert!(fault.is_none() || empty || short || none, "{length} bytes: {fault:?}");
                    let sure = begun.iter().filter(|&&byte| byte == b'\n').count();
                    assert!(rows.len() >= sure && rows.len() <= sure + 1, "{length} bytes: {rows:?}");
                    assert_eq!(rows[..sure], whole[..sure]);
                }
            }
        }
    }
    Ok(())
}

#[test]
fn a_text_may_begin_with_a_mark_however_small_its_pieces_are() -> Fallible {
    for (format, text) in [(Format::Csv, "1,2\n3,4\n"), (Format::JsonLines, "[1,2]\n[3,4]\n")] {
        let marked = format!("\u{feff}{text}");
        for piece in [1, 2, 3, 4, 64] {
            let found = rows(Reader::new("marked", format, Pieces::new(marked.as_bytes(), piece, false), None));
            assert!(found.1.is_none() && found.0 == [[1.0, 2.0], [3.0, 4.0]], "{format:?} by {piece}: {found:?}");
            // A second one is no number.
            let twice = format!("\u{feff}{marked}");
            let found = rows(Reader::new("marked", format, Pieces::new(twice.as_bytes(), piece, false), None));
            assert!(found.1.is_some() && found.0.is_empty(), "{format:?} by {piece}: {found:?}");
        }
    }
    Ok(())
}

#[test]
fn an_input_that_breaks_at_any_byte_is_said_to_have_broken() -> Fallible {
    let broken = |fault: &Option<Fault>| matches!(fault, Some(Fault::Io(error)) if error.to_string() == "the cable is out");
    for format in FORMATS {
        let bytes = write(format)?;
        let whole = rows(Reader::new("whole", format, &bytes[..], None)).0;
        // Numbers of rows that are known are not read beyond.
        let last = if matches!(format, Format::Npy | Format::Safetensors) { bytes.len() - 1 } else { bytes.len() };
        for length in 0..=last {
            for piece in [1, 64] {
                let (rows_before, fault) = rows(Reader::new("broken", format, Pieces::new(&bytes[..length], piece, true), None));
                assert!(broken(&fault), "{format:?}, {length} bytes by {piece}: {fault:?}");
                assert_eq!(rows_before, whole[..rows_before.len()], "{format:?}, {length} bytes by {piece}");
                let fault = rows(Reader::guess("broken", Pieces::new(&bytes[..length], piece, true), None)).1;
                assert!(broken(&fault), "{format:?} guessed, {length} bytes by {piece}: {fault:?}");
            }
        }
    }
    Ok(())
}

/// An output that takes so many bytes, few at a time, each after a signal that interrupted the call, and is full then.
struct Narrow<'a> {
    taken: &'a mut Vec<u8>,
    room: usize,
    interrupted: bool,
}

impl Write for Narrow<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.interrupted = !self.interrupted;
        if self.interrupted {
            return Err(io::ErrorKind::Interrupted.into());
        }
        let count = bytes.len().min(3).min(self.room);
        if count == 0 && !bytes.is_empty() {
            return Err(io::ErrorKind::StorageFull.into());
        }
        self.room -= count;
        self.taken.extend_from_slice(&bytes[..count]);
        Ok(count)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// The rows of `write`, to any output.
fn write_to(mut writer: Writer<'_>, rows: &[Vec<f32>]) -> Result<(), FileFault> {
    rows.iter().try_for_each(|row| writer.row(row))?;
    writer.finish()
}

/// Whether it is said that there is no room, and of which output.
fn is_full(found: &Result<(), FileFault>) -> bool {
    matches!(found, Err(FileFault { file, fault: Fault::Io(error) }) if error.kind() == io::ErrorKind::StorageFull && file == "narrow")
}

#[test]
fn an_output_that_is_full_at_any_byte_is_said_to_be_full() -> Fallible {
    for format in FORMATS {
        let bytes = write(format)?;
        let rows = rows(Reader::new("whole", format, &bytes[..], None)).0;
        for room in 0..=bytes.len() {
            let mut taken = Vec::new();
            let found = Writer::new("narrow", format, 3, Narrow { taken: &mut taken, room, interrupted: false });
            let found = found.and_then(|writer| write_to(writer, &rows));
            if room == bytes.len() {
                found?;
            } else {
                assert!(is_full(&found), "{format:?}, room for {room} bytes: {found:?}");
            }
            assert_eq!(taken, bytes[..room], "{format:?}, room for {room} bytes");
        }
    }
    Ok(())
}

#[cfg(target_os = "linux")]
#[test]
fn a_disk_that_is_full_is_said_to_be_full() -> Fallible {
    for format in FORMATS {
        let rows = rows(Reader::new("whole", format, &write(format)?[..], None)).0;
        // Within the buffers, and beyond them.
        for times in [1, 2000] {
            let mut full = std::fs::OpenOptions::new().write(true).open("/dev/full")?;
            let found =
                Writer::to_file("narrow", format, 3, &mut full).and_then(|writer| write_to(writer, &vec![rows.clone(); times].concat()));
            assert!(is_full(&found), "{format:?}: {found:?}");
        }
    }
    Ok(())
}

/// A reader does not go on after a row that it could not read: it would be in the middle of one, or in another tensor.
#[test]
fn there_are_no_rows_after_an_error() -> Fallible {
    let npy = {
        let mut bytes = Vec::new();
        let mut writer = Writer::new("rows", Format::Npy, 2, &mut bytes)?;
        [[0.0, 1.0], [2.0, 3.0], [4.0, 5.0]].iter().try_for_each(|row| writer.row(row))?;
        writer.finish()?;
        let first = bytes.len() - 24;
        bytes[first..first + 4].copy_from_slice(&f32::NAN.to_le_bytes());
        bytes
    };
    let header = br#"{"a":{"dtype":"F32","shape":[2,1],"data_offsets":[0,8]},"b":{"dtype":"F32","shape":[1,1],"data_offsets":[8,12]}}"#;
    let numbers = [f32::NAN, 1.0, 7.0].map(f32::to_le_bytes);
    let tensors = [&(header.len() as u64).to_le_bytes()[..], header, numbers.as_flattened()].concat();
    let texts: [(Format, &[u8], _); 4] = [
        (Format::Npy, &npy, None),
        (Format::Safetensors, &tensors, Some("a")),
        (Format::Csv, b"1,2\nx,3\n4,5\n", None),
        (Format::JsonLines, b"[1,2]\n[x,3]\n[4,5]\n", None),
    ];
    for (format, bytes, tensor) in texts {
        let mut reader = Reader::new("rows", format, bytes, tensor)?;
        while reader.next_row().is_ok_and(|row| row.is_some()) {}
        assert!(matches!(reader.next_row(), Ok(None)), "{format:?}");
        assert!(reader.read_all()?.is_empty(), "{format:?}");
    }
    Ok(())
}

/// A megabyte of blank lines is looked at once.
#[test]
fn blank_lines_do_not_hide_a_format() -> Fallible {
    // A few, behind the mark of UTF-8.
    let marked = b"\xef\xbb\xbf\n\r\r\r\r\r\r\r\r\r\r\r\r\r\r\r\r1,2\n3,4\n";
    assert_eq!(Reader::guess("marked", &marked[..], None)?.read_all()?, [1.0, 2.0, 3.0, 4.0]);
    let mut bytes = vec![b'\n'; 1 << 20];
    bytes.extend(b"[1, 2]\n[3, 4]\n");
    assert_eq!(Reader::guess("lines", &bytes[..], None)?.read_all()?, [1.0, 2.0, 3.0, 4.0]);
    assert!(matches!(Reader::guess("blank", &bytes[..1 << 20], None).map_err(|error| error.fault), Err(Fault::UnknownFormat)));
    Ok(())
}
