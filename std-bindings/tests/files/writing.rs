//! Writing: what is refused, and that a name has the old file or the whole new one, whatever happens in between.

use super::{Fallible, model, numbers, refused};
use basinet::basin::{Alignment, FileError};
use basinet::file::{self, ErrorKind, Writer};
use basinet::{AnyModel, Error, Memory};
use basinet_conformance::basin::{at, seal};
use std::fs;
use std::path::Path;

fn any() -> Result<AnyModel, Error> {
    model(1.0, "sparsemax", "dot")
}

pub fn writer(path: &Path, dim: usize) -> Result<Writer, Box<dyn std::error::Error>> {
    Ok(Writer::create(path, any()?, dim, Alignment::Bytes64)?)
}

/// Names in a folder.
pub fn names(folder: &Path) -> Result<Vec<String>, std::io::Error> {
    fs::read_dir(folder)?.map(|entry| Ok(entry?.file_name().to_string_lossy().into_owned())).collect()
}

#[test]
fn a_write_that_does_not_end_leaves_the_old_file_as_it_was() -> Fallible {
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("memory.basin");
    Memory::from_rows(3, &numbers(1, 30))?.save(&path, any()?)?;
    let old = fs::read(&path)?;
    let unchanged = || -> Fallible {
        assert!(fs::read(&path)? == old, "the old file was changed");
        assert_eq!(names(folder.path())?, ["memory.basin"], "something was left behind");
        Ok(())
    };

    // Dropped in the middle.
    let mut dropped = writer(&path, 3)?;
    dropped.push(&numbers(2, 300_000))?;
    assert!(fs::read(&path)? == old);
    drop(dropped);
    unchanged()?;
    // Ended without patterns, or with too few values.
    let error = refused(writer(&path, 3)?.finish());
    assert!(matches!(error.kind(), ErrorKind::NoPatterns), "{error}");
    unchanged()?;
    let mut unpaired = writer(&path, 3)?;
    unpaired.push(&numbers(2, 6))?;
    unpaired.begin_values(2)?;
    unpaired.push(&[1.0, 2.0])?;
    let error = refused(unpaired.finish());
    assert!(matches!(error.kind(), ErrorKind::Unpaired { patterns: 2, values: 1 }), "{error}");
    unchanged()?;
    // Killed, as far as the file system can tell: what was aside stays there, under a name of its own.
    let mut killed = writer(&path, 3)?;
    killed.push(&numbers(2, 300_000))?;
    std::mem::forget(killed);
    assert!(fs::read(&path)? == old);
    assert_eq!(names(folder.path())?.len(), 2);
    file::open_verified(&path)?;
    Ok(())
}

#[test]
fn whoever_has_a_file_open_keeps_what_it_held_when_it_is_replaced() -> Fallible {
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("memory.basin");
    Memory::from_rows(2, &[1.0, 2.0])?.save(&path, any()?)?;
    let open = file::open(&path)?;
    let recalled = open.recall(&[0.5, 0.1])?;
    Memory::from_rows(2, &[3.0, 4.0, 5.0, 6.0])?.save(&path, any()?)?;
    open.verify()?;
    assert_eq!(open.recall(&[0.5, 0.1])?, recalled);
    assert_eq!(open.basin()?.patterns().row(0), Some(&[1.0, 2.0][..]));
    assert_eq!(file::open_verified(&path)?.basin()?.patterns().row(1), Some(&[5.0, 6.0][..]));
    Ok(())
}

#[test]
fn rows_that_cannot_be_stored_are_named_and_the_writer_goes_on_without_them() -> Fallible {
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("memory.basin");
    let mut writer = writer(&path, 2)?;
    writer.push(&[1.0, 2.0])?;
    writer.push(&[])?;
    let row_refused = |writer: &mut Writer, rows: &[f32]| format!("{:?}", refused(writer.push(rows)).kind());
    assert_eq!(row_refused(&mut writer, &[3.0, 4.0, 5.0, f32::NAN]), "Format(NotFinite { kind: 1, row: 2 })");
    assert_eq!(row_refused(&mut writer, &[3e38, 3e38]), "Format(NotFinite { kind: 1, row: 1 })");
    assert_eq!(row_refused(&mut writer, &[1.0]), "Call(Shape { numbers: 1, dim: 2, stride: 2 })");
    writer.push(&[3.0, 4.0, 0.0, 0.0])?;
    writer.begin_values(1)?;
    assert_eq!(row_refused(&mut writer, &[1.0, f32::INFINITY]), "Format(NotFinite { kind: 2, row: 1 })");
    assert!(writer.begin_values(1).is_err());
    writer.push(&[7.0, 8.0, 9.0])?;
    writer.finish()?;
    let mapped = file::open_verified(&path)?;
    assert_eq!((mapped.basin()?.patterns().count(), mapped.basin()?.max_norm()), (3, 5.0));
    assert_eq!(mapped.recall(&[9.0, 9.0])?.state, [8.0]);
    Ok(())
}

#[test]
fn what_the_system_refuses_is_said_with_the_path() -> Fallible {
    let folder = tempfile::tempdir()?;
    let nowhere = folder.path().join("no").join("such.basin");
    let system = |error: file::Error, doing: &str| {
        assert!(matches!(error.kind(), ErrorKind::System { .. }), "{error:?}");
        assert!(error.to_string().starts_with(&format!("{}: cannot {doing}: ", error.path().display())), "{error}");
    };
    system(refused(file::open(&nowhere)), "open it");
    system(refused(file::open(folder.path())), "map it");
    system(refused(Writer::create(&nowhere, any()?, 2, Alignment::Bytes64)), "make a file beside it");
    // A folder has the name: known before anything is written, or come up meanwhile.
    let path = folder.path().join("taken.basin");
    let mut writer = Writer::create(&path, any()?, 1, Alignment::Bytes64)?;
    writer.push(&[1.0])?;
    fs::create_dir_all(path.join("inside"))?;
    system(refused(writer.finish()), "put it in its place");
    system(refused(Memory::from_rows(1, &[1.0])?.save(&path, any()?)), "make a file beside it");
    let zero = refused(Writer::create(folder.path().join("zero.basin"), any()?, 0, Alignment::Bytes64));
    assert!(matches!(zero.kind(), ErrorKind::Format(FileError::Field { field: "dim", .. })), "{zero}");
    let empty = folder.path().join("empty.basin");
    fs::write(&empty, "")?;
    let error = refused(file::open(&empty));
    assert!(matches!(error.kind(), ErrorKind::Format(FileError::Truncated { found: 0, .. })), "{error}");
    Ok(())
}

#[cfg(unix)]
#[test]
fn a_file_is_readable_by_whom_every_new_file_is() -> Fallible {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir()?;
    let (path, plain) = (folder.path().join("memory.basin"), folder.path().join("plain"));
    fs::write(&plain, "")?;
    Memory::from_rows(1, &[1.0])?.save(&path, any()?)?;
    assert_eq!(fs::metadata(&path)?.permissions().mode(), fs::metadata(&plain)?.permissions().mode());
    Ok(())
}

#[test]
fn an_error_says_which_file_what_is_in_it_and_what_to_do() -> Fallible {
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("memory.basin");
    Memory::from_rows(2, &[1.0, 2.0])?.save(&path, any()?)?;
    let right = fs::read(&path)?;
    let mut newer = right.clone();
    newer[at::VERSION] = 7;
    let mut wrong = right.clone();
    wrong[at::ALIGNMENT] = 32;
    seal(&mut wrong);
    let mut damaged = right.clone();
    damaged[at::COUNT] = 3;
    let mut data = right.clone();
    data[192] ^= 1;
    let cases: [(&[u8], &[&str]); 6] = [
        (b"PK\x03\x04", &["not a .basin file", "basinet store"]),
        (&right[..199], &["200", "199", "copy it again"]),
        (&newer, &["version 7", "newer"]),
        (&wrong, &["alignment is 32", "must be 64 or 256", "write it again"]),
        (&damaged, &["header is damaged", "backup"]),
        (&data, &["patterns is damaged", "backup"]),
    ];
    for (bytes, words) in cases {
        fs::write(&path, bytes)?;
        let text = refused(file::open_verified(&path)).to_string();
        assert!(text.starts_with(&format!("{}: ", path.display())) && words.iter().all(|word| text.contains(word)), "{text:?}");
    }
    Ok(())
}
