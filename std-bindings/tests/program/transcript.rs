//! The transcript: what the program says, and in bytes what it writes (`transcript.out`). `TRYCMD=overwrite` writes what it says now.

use super::{Fallible, folder};

#[test]
fn the_program_says_what_the_transcript_says() {
    trycmd::TestCases::new().case("tests/program/transcript.trycmd");
}

/// The README's line, by a shell.
#[cfg(unix)]
#[test]
fn the_readmes_line_works_in_a_shell() -> Fallible {
    let (folder, program) = (folder()?, std::path::Path::new(env!("CARGO_BIN_EXE_basinet")));
    std::fs::remove_file(folder.path().join("digits.basin"))?;
    let line = "basinet store digits.npy -o digits.basin && basinet info digits.basin && \
                basinet recall digits.basin --query damaged.npy -o recalled.npy";
    assert!(include_str!("../../../README.md").contains(&line.replace(" && ", " &&\n")), "the README has another line");
    let path = std::env::join_paths([program.parent().unwrap_or(program)])?;
    let status = std::process::Command::new("/bin/sh").args(["-c", line]).env("PATH", path).current_dir(folder.path()).output()?;
    assert!(status.status.success(), "{}", String::from_utf8_lossy(&status.stderr));
    let recalled = basinet::formats::memory(folder.path().join("recalled.npy"))?;
    let stored = basinet::formats::memory(folder.path().join("digits.npy"))?;
    let damaged = basinet::formats::memory(folder.path().join("damaged.npy"))?;
    assert_eq!((recalled.len(), recalled.dim()), (8, 64));
    // The program's answers are the library's, bit for bit.
    let model = basinet::Model::new(basinet::beta!(1.0), basinet::Sparsemax);
    for i in 0..8 {
        let expected = stored.recall(&model, damaged.row(i).unwrap_or(&[]))?.state;
        assert_eq!(recalled.row(i), Some(&expected[..]), "{i}");
    }
    Ok(())
}
