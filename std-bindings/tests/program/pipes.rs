//! Standard input and output: queries typed, answers piped, readers that go away.

use super::{Fallible, basinet, folder, run, said};
use serde_json::Value;
use std::process::Stdio;

#[test]
fn queries_come_from_standard_input_in_every_format() -> Fallible {
    let folder = folder()?;
    let from_file = said(folder.path(), "recall digits.basin --query damaged.npy", b"")?;
    let damaged = std::fs::read(folder.path().join("damaged.npy"))?;
    assert_eq!(said(folder.path(), "recall digits.basin --query -", &damaged)?, from_file);
    for format in ["csv", "jsonl", "safetensors"] {
        // Rows of the same numbers in another format, made by the program: one recall at beta 2^-119 of hardmax gives rows as they are.
        let line =
            format!("recall digits.basin --query digits.npy --separation hardmax --similarity squared-distance -o - --format {format}");
        let rows = run(folder.path(), &line, b"")?.stdout;
        let answers = said(folder.path(), "recall digits.basin --query -", &rows)?;
        assert_eq!(answers, said(folder.path(), "recall digits.basin --query digits.npy", b"")?, "{format}");
    }
    Ok(())
}

#[test]
fn every_line_is_json_and_can_be_asked_again() -> Fallible {
    let folder = folder()?;
    let lines = said(folder.path(), "recall digits.basin --query damaged.npy --certificate --settle", b"")?;
    assert_eq!(lines.lines().count(), 8);
    for (i, line) in lines.lines().enumerate() {
        let answer: Value = serde_json::from_str(line)?;
        assert_eq!(answer["index"], i);
        assert_eq!(answer["state"].as_array().map(Vec::len), Some(64));
        assert_eq!(answer["settled"]["converged"], true);
        assert!(answer["certificate"]["exact"].is_boolean() && answer["winner"].as_u64() < Some(100));
    }
    // States that have settled stay as they are.
    let again = said(folder.path(), "recall digits.basin --query -", lines.as_bytes())?;
    for (line, again) in lines.lines().zip(again.lines()) {
        let (line, again): (Value, Value) = (serde_json::from_str(line)?, serde_json::from_str(again)?);
        if line["certificate"]["exact"] == true {
            assert_eq!(line["state"], again["state"]);
        }
    }
    Ok(())
}

#[test]
fn numbers_that_json_has_no_word_for_are_null() -> Fallible {
    let folder = folder()?;
    std::fs::write(folder.path().join("one.csv"), "1,2\n")?;
    said(folder.path(), "store one.csv -o one.basin", b"")?;
    let answer: Value = serde_json::from_str(&said(folder.path(), "recall one.basin --query - --certificate", b"[0.5, 1]")?)?;
    assert_eq!((&answer["gap"], &answer["certificate"]["radius"]), (&Value::Null, &Value::Null));
    assert_eq!(answer["certificate"]["exact"], true);
    let about: Value = serde_json::from_str(&said(folder.path(), "info one.basin --json", b"")?)?;
    assert_eq!(about["recallable"], 1);
    Ok(())
}

#[test]
fn a_reader_that_goes_away_is_no_failure() -> Fallible {
    let folder = folder()?;
    // More than a pipe holds.
    let many = "[".to_owned() + &vec!["0.5"; 64].join(",") + "]\n";
    std::fs::write(folder.path().join("many.jsonl"), many.repeat(2000))?;
    for line in [
        "recall digits.basin --query many.jsonl",
        "recall digits.basin --query many.jsonl -o - --format csv",
        "recall digits.basin --query many.jsonl -o - --format npy",
        "recall digits.basin --query many.jsonl -o answers.npy",
        "store digits.npy -o again.basin",
        "info digits.basin",
        "completions bash",
    ] {
        let mut child =
            basinet(folder.path()).args(line.split(' ')).stdout(Stdio::piped()).stderr(Stdio::piped()).stdin(Stdio::null()).spawn()?;
        drop(child.stdout.take());
        let output = child.wait_with_output()?;
        assert_eq!((output.status.code(), String::from_utf8(output.stderr)?), (Some(0), String::new()), "{line}");
    }
    Ok(())
}

#[cfg(target_os = "linux")]
#[test]
fn an_output_that_is_full_is_a_failure_with_its_name() -> Fallible {
    let folder = folder()?;
    for line in ["recall digits.basin --query damaged.npy", "info digits.basin", "completions bash"] {
        let full = std::fs::OpenOptions::new().write(true).open("/dev/full")?;
        let output = basinet(folder.path()).args(line.split(' ')).stdout(full).stderr(Stdio::piped()).output()?;
        let errors = String::from_utf8(output.stderr)?;
        assert_eq!(output.status.code(), Some(1), "{line}: {errors}");
        assert!(errors.starts_with("basinet: standard output: "), "{line}: {errors}");
    }
    Ok(())
}
