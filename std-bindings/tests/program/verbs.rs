//! What each verb does, beyond the transcript.

use super::{Fallible, folder, said};
use basinet::{AnySeparation, AnySimilarity, file, formats};
use serde_json::Value;

#[test]
fn store_writes_the_model_that_it_is_told() -> Fallible {
    let folder = folder()?;
    let line = "store digits.npy -o x.basin --separation entmax:1.5 --beta 2.5 --similarity cosine --normalize --align 256 --json";
    let written: Value = serde_json::from_str(&said(folder.path(), line, b"")?)?;
    assert_eq!((&written["patterns"], &written["separation"]), (&100.into(), &"entmax:1.5".into()));
    let mapped = file::open_verified(folder.path().join("x.basin"))?;
    let basin = mapped.basin()?;
    assert_eq!((basin.model().separation.to_string(), basin.model().beta.get()), ("entmax:1.5".to_owned(), 2.5));
    assert_eq!((basin.model().similarity, basin.layout().alignment.bytes()), (AnySimilarity::Cosine, 256));
    assert!((basin.max_norm() - 1.0).abs() < 1e-6);
    Ok(())
}

#[test]
fn a_file_without_an_extension_is_known_by_its_content() -> Fallible {
    let folder = folder()?;
    std::fs::copy(folder.path().join("digits.npy"), folder.path().join("digits"))?;
    said(folder.path(), "store digits -o x.basin", b"")?;
    assert_eq!(std::fs::read(folder.path().join("x.basin"))?, std::fs::read(folder.path().join("digits.basin"))?);
    Ok(())
}

#[test]
fn every_separation_is_stored_and_recalled_by() -> Fallible {
    let folder = folder()?;
    for name in ["softmax", "softmax1", "sparsemax", "entmax:1.25", "normmax:5", "topk:3", "hardmax", "ksubsets:2"] {
        said(folder.path(), &format!("store digits.npy -o x.basin --separation {name}"), b"")?;
        let mapped = file::open(folder.path().join("x.basin"))?;
        assert_eq!(mapped.basin()?.model().separation, name.parse::<AnySeparation>()?);
        let stored = said(folder.path(), "recall x.basin --query damaged.npy", b"")?;
        // The same as by way of the option, and as by the library.
        assert_eq!(said(folder.path(), &format!("recall digits.basin --query damaged.npy --separation {name}"), b"")?, stored);
        let first: Value = serde_json::from_str(stored.lines().next().unwrap_or(""))?;
        let query = formats::memory(folder.path().join("damaged.npy"))?;
        let expected = mapped.recall(query.row(0).unwrap_or(&[]))?;
        assert_eq!(first["state"].as_array().and_then(|state| state.first()?.as_f64()), expected.state.first().map(|&x| f64::from(x)));
        assert_eq!(first["winner"], expected.step.winner);
        said(folder.path(), &format!("info x.basin --separation {name}"), b"")?;
    }
    Ok(())
}

#[test]
fn queries_that_share_are_answered_alike() -> Fallible {
    let folder = folder()?;
    said(folder.path(), "store digits.npy -o valued.basin --values damaged.npy", b"").err().ok_or("8 values for 100 patterns")?;
    let triples: String = (0..100).map(|i| format!("{i},{},{}\n", 0.5 * f64::from(i), 100 - i)).collect();
    std::fs::write(folder.path().join("triples.csv"), triples)?;
    said(folder.path(), "store digits.npy -o valued.basin --values triples.csv", b"")?;
    let cases =
        [("digits", "--separation softmax --beta 0.1", 64), ("digits", "--similarity cosine --beta 20", 64), ("valued", "--beta 0.2", 3)];
    for (file, options, width) in cases {
        // A hundred queries: one tile and part of the next.
        let line = format!("recall {file}.basin --query digits.npy {options}");
        let (singly, together) = (said(folder.path(), &line, b"")?, said(folder.path(), &format!("{line} --fast"), b"")?);
        assert_eq!((singly.lines().count(), together.lines().count()), (100, 100));
        for (singly, together) in singly.lines().zip(together.lines()) {
            let (singly, together): (Value, Value) = (serde_json::from_str(singly)?, serde_json::from_str(together)?);
            assert_eq!((&singly["index"], &singly["winner"]), (&together["index"], &together["winner"]));
            let state =
                |answer: &Value| -> Vec<f64> { answer["state"].as_array().into_iter().flatten().filter_map(Value::as_f64).collect() };
            let (singly, together) = (state(&singly), state(&together));
            assert_eq!((singly.len(), together.len()), (width, width));
            assert!(singly.iter().zip(together).all(|(a, b)| (a - b).abs() < 1e-4), "{line}");
        }
    }
    Ok(())
}

#[test]
fn values_are_read_out_in_place_of_patterns() -> Fallible {
    let folder = folder()?;
    // One number for each pattern may stand in a row or in a column.
    let numbers: Vec<String> = (0..100).map(|i| i.to_string()).collect();
    std::fs::write(folder.path().join("column.csv"), numbers.join("\n"))?;
    let row: Vec<f32> = (0..100).map(|i| i as f32).collect();
    let mut file = std::fs::File::create(folder.path().join("row.npy"))?;
    let mut writer = formats::Writer::to_file("row.npy", formats::Format::Npy, 100, &mut file)?;
    writer.row(&row)?;
    writer.finish()?;
    for values in ["column.csv", "row.npy"] {
        said(folder.path(), &format!("store digits.npy -o valued.basin --values {values}"), b"")?;
        let line = "recall valued.basin --query digits.npy --beta 100 --similarity squared-distance -o - --format csv";
        let answers = said(folder.path(), line, b"")?;
        assert_eq!(answers.lines().map(str::parse::<f32>).collect::<Result<Vec<_>, _>>()?, row, "{values}");
    }
    Ok(())
}

#[test]
fn info_samples_and_says_so() -> Fallible {
    let folder = folder()?;
    let about = |line: &str| -> Result<Value, Box<dyn std::error::Error>> { Ok(serde_json::from_str(&said(folder.path(), line, b"")?)?) };
    assert_eq!(about("info digits.basin --json")?["compared"], 100);
    assert_eq!(about("info digits.basin --json --sample 7")?["compared"], 7);
    let none = about("info digits.basin --json --sample 0 --verify")?;
    assert_eq!((&none["compared"], &none["separations"], &none["verified"]), (&0.into(), &Value::Null, &true.into()));
    assert!(said(folder.path(), "info digits.basin --sample 7", b"")?.contains("7 of 100 patterns, evenly spaced"));
    Ok(())
}

#[test]
fn info_finds_equal_rows_and_rivals() -> Fallible {
    let folder = folder()?;
    std::fs::write(folder.path().join("rows.csv"), "1,0\n0,1\n1,0\n0.5,0\n")?;
    said(folder.path(), "store rows.csv -o rows.basin --beta 4", b"")?;
    let about: Value = serde_json::from_str(&said(folder.path(), "info rows.basin --json", b"")?)?;
    assert_eq!(about["first_duplicates"], serde_json::json!([[0, 2]]));
    assert_eq!((&about["recallable"], &about["needed"], &about["beta_for_all"]), (&1.into(), &0.25.into(), &Value::Null));
    assert_eq!(about["worst"][0], serde_json::json!({"pattern": 3, "rival": 0, "separation": -0.25}));
    Ok(())
}

#[test]
fn info_names_a_beta_that_does_what_it_says() -> Fallible {
    let folder = folder()?;
    for number in ["1.3", "0.7", "1234.5", "0.001"] {
        std::fs::write(folder.path().join("rows.csv"), format!("{number},0\n0,{number}\n"))?;
        said(folder.path(), "store rows.csv -o rows.basin", b"")?;
        let about =
            |line: &str| -> Result<Value, Box<dyn std::error::Error>> { Ok(serde_json::from_str(&said(folder.path(), line, b"")?)?) };
        let beta = about("info rows.basin --json")?["beta_for_all"].clone();
        let text = said(folder.path(), "info rows.basin", b"")?;
        let written = text.split("all of these from beta ").nth(1).and_then(|rest| rest.split(' ').next()).ok_or("no beta")?;
        assert_eq!(written.parse::<f64>()? as f32, beta.as_f64().ok_or("no number")? as f32);
        assert_eq!(about(&format!("info rows.basin --json --beta {written}"))?["recallable"], 2, "{number}: {written}");
    }
    Ok(())
}

#[test]
fn exports_have_the_bits_of_the_patterns() -> Fallible {
    let folder = folder()?;
    let path = |name: &str| folder.path().join(name);
    // Numbers that need all of their digits.
    said(folder.path(), "store digits.npy -o digits.basin --normalize", b"")?;
    let stored = file::open(path("digits.basin"))?;
    let stored = stored.basin()?.patterns();
    let numbers: Vec<f32> = (0..100).filter_map(|i| stored.row(i)).flatten().copied().collect();
    said(folder.path(), "export digits.basin --to raw -o digits.f32", b"")?;
    let raw = std::fs::read(path("digits.f32"))?;
    assert_eq!(raw, numbers.iter().flat_map(|x| x.to_le_bytes()).collect::<Vec<_>>());
    said(folder.path(), "export digits.basin --to c -o digits.h --name my_digits --align 256", b"")?;
    said(folder.path(), "export digits.basin --to rust -o digits.rs --name my_digits --align 128", b"")?;
    // By the compilers that will read them: each program writes its array's bytes.
    std::fs::write(
        path("main.c"),
        "#include <stdio.h>\n#include <stdint.h>\n#include \"digits.h\"\nint main(void) {\n  if ((uintptr_t)my_digits % 256) return 1;\n  \
         return fwrite(my_digits, 4, MY_DIGITS_COUNT * MY_DIGITS_DIM, stdout) != 6400;\n}\n",
    )?;
    std::fs::write(
        path("main.rs"),
        "use std::io::Write;\nmod digits;\nuse digits::*;\nfn main() {\n    assert_eq!(MY_DIGITS.0.as_ptr() as usize % 128, 0);\n    \
         for x in MY_DIGITS.0 { std::io::stdout().write_all(&x.to_le_bytes()).unwrap(); }\n}\n",
    )?;
    let compile = |program: &str, line: &str| -> Fallible {
        let output = std::process::Command::new(program).args(line.split(' ')).current_dir(folder.path()).output()?;
        if output.status.success() { Ok(()) } else { Err(String::from_utf8(output.stderr)?.into()) }
    };
    compile("cc", "-std=c11 -Wall -Wextra -Wpedantic -Werror main.c -o by-c")?;
    compile("rustc", "--edition 2024 -D warnings -A dead_code main.rs -o by-rust")?;
    for program in ["by-c", "by-rust"] {
        let output = std::process::Command::new(path(program)).output()?;
        assert!(output.status.success(), "{program}");
        assert_eq!(output.stdout, raw, "{program}");
    }
    Ok(())
}

#[test]
fn an_experiment_says_what_it_writes() -> Fallible {
    let folder = folder()?;
    let rows = said(folder.path(), "experiment metastable --seeds 2 --out few --json", b"")?;
    let rows: Vec<serde_json::Value> = serde_json::from_str(&rows)?;
    let csv = std::fs::read_to_string(folder.path().join("few/metastable.csv"))?;
    assert_eq!(csv.lines().count(), rows.len() + 1);
    for (line, row) in csv.lines().skip(1).zip(&rows) {
        let percent = line.split(',').nth(5).ok_or("a short line")?;
        assert_eq!(Some(percent.parse()?), row["percent"].as_f64(), "{line}");
    }
    let svg = std::fs::read_to_string(folder.path().join("few/metastable.svg"))?;
    assert!(svg.starts_with("<svg") && svg.contains("queries, percent") && svg.contains("map: U-Hop+"));
    let picture = png::Decoder::new(std::io::BufReader::new(std::fs::File::open(folder.path().join("few/metastable.png"))?));
    let mut reader = picture.read_info()?;
    let mut pixels = vec![0; reader.output_buffer_size().ok_or("a large picture")?];
    reader.next_frame(&mut pixels)?;
    // The colours of the three series, and letters.
    for colour in [[0, 0, 0], [0, 114, 178], [213, 94, 0], [255, 255, 255]] {
        assert!(pixels.chunks_exact(3).any(|pixel| pixel == colour), "{colour:?}");
    }
    Ok(())
}

/// A simulation that was stopped while it wrote a sample goes on, and comes to what it would have come to.
#[test]
fn a_simulation_goes_on_where_it_was_stopped() -> Fallible {
    let folder = folder()?;
    let rows = |out: &str| -> Result<Vec<Value>, Box<dyn std::error::Error>> {
        let line = format!("capacity simulate --only one-step,basin --most-patterns 700 --samples 2 --out {out} --json");
        let mut rows: Vec<Value> = serde_json::from_str(&said(folder.path(), &line, b"")?)?;
        rows.iter_mut().filter_map(Value::as_object_mut).for_each(|row| drop(row.remove("seconds_per_recall")));
        Ok(rows)
    };
    let samples = |out: &str| std::fs::read_to_string(folder.path().join(out).join("samples.csv"));
    // All but what the clock says, in order.
    let timeless = |text: &str| -> Vec<String> {
        let but_seconds = |line: &str| line.split(',').enumerate().filter(|(i, _)| *i != 8).map(|(_, cell)| format!("{cell},")).collect();
        let mut lines: Vec<String> = text.lines().map(but_seconds).collect();
        lines.sort();
        lines
    };
    let whole = rows("whole")?;
    let text = samples("whole")?;
    assert_eq!((whole.len(), text.lines().count()), (18, 37));
    std::fs::create_dir(folder.path().join("stopped"))?;
    let heads = text.find('\n').ok_or("no line")? + 1;
    // In the heads, behind them, in a number, before the end of a line, behind it; and where nothing is missing.
    let line = heads + text[heads..].find('\n').ok_or("no line")?;
    for end in [0, 5, heads, text.len() / 2, line, line + 1, text.len() - 1, text.len()] {
        std::fs::write(folder.path().join("stopped/samples.csv"), &text[..end])?;
        assert_eq!(rows("stopped")?, whole, "{end}");
        assert_eq!(timeless(&samples("stopped")?), timeless(&text), "{end}");
    }
    let csv = std::fs::read_to_string(folder.path().join("stopped/points.csv"))?;
    assert_eq!(csv.lines().count(), 19);
    // A point of one's own: a table with a line for it.
    let own = "capacity simulate --measure nearest --ensemble gaussian --neurons 20 --patterns 50 --samples 3 --out stopped";
    let table = said(folder.path(), own, b"")?;
    assert!(table.lines().last().is_some_and(|line| line.starts_with("| nearest | Gaussian |   20 |   50 |")), "{table}");
    assert_eq!(samples("stopped")?.lines().count(), 40);
    Ok(())
}
