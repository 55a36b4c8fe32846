//! Memories behind a feature map: stored, described, recalled through it, and refused where it would be left out.

use super::{Fallible, folder, run, said};
use basinet::{LinearMap, file, formats};
use serde_json::Value;

/// Weights that add up the pixels of 2 x 2 squares: 16 features of 64 pixels.
fn squares() -> Vec<f32> {
    let in_square = |feature: usize, pixel: usize| (pixel / 16, pixel % 8 / 2) == (feature / 4, feature % 4);
    (0..16 * 64).map(|i| if in_square(i / 64, i % 64) { 1.0 } else { 0.0 }).collect()
}

fn csv(rows: &[f32], dim: usize) -> String {
    let line = |row: &[f32]| row.iter().map(f32::to_string).collect::<Vec<_>>().join(",");
    rows.chunks(dim).map(line).collect::<Vec<_>>().join("\n")
}

/// A file of tensors with these names, each of so many numbers a row.
fn safetensors(tensors: &[(&str, &[f32], usize)]) -> Vec<u8> {
    let (mut header, mut data) = (Vec::new(), Vec::new());
    for (name, numbers, dim) in tensors {
        let (begin, shape) =
            (data.len(), if *dim == numbers.len() { format!("[{dim}]") } else { format!("[{},{dim}]", numbers.len() / dim) });
        data.extend(numbers.iter().flat_map(|x| x.to_le_bytes()));
        header.push(format!(r#""{name}":{{"dtype":"F32","shape":{shape},"data_offsets":[{begin},{}]}}"#, data.len()));
    }
    let header = format!("{{{}}}", header.join(","));
    [&(header.len() as u64).to_le_bytes()[..], header.as_bytes(), &data].concat()
}

#[test]
fn a_memory_behind_a_map_is_recalled_through_it() -> Fallible {
    let folder = folder()?;
    let path = |name: &str| folder.path().join(name);
    std::fs::write(path("map.csv"), csv(&squares(), 64))?;
    let line = "store digits.npy -o behind.basin --map map.csv --unit --beta 40";
    assert!(
        said(folder.path(), line, b"")?.contains("100 patterns of 64 numbers, compared by 16 features, values of 64; sparsemax at beta 40")
    );
    let digits = formats::memory(path("digits.npy"))?;
    let mapped = file::open_verified(path("behind.basin"))?;
    assert_eq!(mapped.with_map()?.1.map(|map| LinearMap::from(&map)), Some(LinearMap::new(squares(), 64, None)?.unit()));

    let singly = said(folder.path(), "recall behind.basin --query damaged.npy", b"")?;
    let damaged = formats::memory(path("damaged.npy"))?;
    let state = |answer: &Value| -> Vec<f32> {
        answer["state"].as_array().into_iter().flatten().filter_map(Value::as_f64).map(|x| x as f32).collect()
    };
    assert_eq!(singly.lines().count(), damaged.len());
    for (row, line) in singly.lines().enumerate() {
        let answer: Value = serde_json::from_str(line)?;
        let expected = mapped.recall(damaged.row(row).ok_or("no query")?)?;
        assert_eq!((state(&answer), &answer["winner"]), (expected.state, &expected.step.winner.into()));
    }
    let together = said(folder.path(), "recall behind.basin --query damaged.npy --fast", b"")?;
    assert_eq!(together.lines().count(), damaged.len());
    for (a, b) in singly.lines().zip(together.lines()) {
        let (a, b): (Value, Value) = (serde_json::from_str(a)?, serde_json::from_str(b)?);
        let (a, b) = (state(&a), state(&b));
        assert!(a.len() == 64 && b.len() == 64 && a.iter().zip(b).all(|(a, b)| (a - b).abs() < 1e-4));
    }
    // A state goes on from the pattern that was read out.
    let settled = said(folder.path(), "recall behind.basin --query digits.npy --settle --beta 1000", b"")?;
    assert_eq!(settled.lines().count(), digits.len());
    for (row, line) in settled.lines().enumerate() {
        assert_eq!(Some(&state(&serde_json::from_str(line)?)[..]), digits.row(row));
    }
    Ok(())
}

#[test]
fn a_map_with_a_bias_comes_from_named_tensors() -> Fallible {
    let folder = folder()?;
    let path = |name: &str| folder.path().join(name);
    let bias: Vec<f32> = (0..16).map(|i| i as f32 / 8.0 - 1.0).collect();
    std::fs::write(path("map.safetensors"), safetensors(&[("bias", &bias, 16), ("weights", &squares(), 64)]))?;
    said(folder.path(), "store digits.npy -o behind.basin --map map.safetensors --values digits.npy", b"")?;
    let map = LinearMap::new(squares(), 64, Some(bias))?;
    assert_eq!(file::open(path("behind.basin"))?.with_map()?.1.map(|map| LinearMap::from(&map)), Some(map));

    let about: Value = serde_json::from_str(&said(folder.path(), "info behind.basin --json", b"")?)?;
    assert_eq!(
        (&about["map"]["input"], &about["map"]["bias"], &about["dim"], &about["width"]),
        (&64.into(), &true.into(), &16.into(), &64.into())
    );
    let text = said(folder.path(), "info behind.basin", b"")?;
    assert!(text.contains("feature map   makes features of 64 numbers, with a bias\n  features      100 of 16 numbers"), "{text}");
    said(folder.path(), "export behind.basin --values --to raw -o values.f32", b"")?;
    let digits = formats::memory(path("digits.npy"))?;
    assert_eq!(std::fs::metadata(path("values.f32"))?.len() as usize, digits.len() * digits.dim() * 4);
    Ok(())
}

#[test]
fn what_does_not_go_together_is_refused_and_says_why() -> Fallible {
    let folder = folder()?;
    let write = |name: &str, content: &[u8]| std::fs::write(folder.path().join(name), content);
    write("map.csv", csv(&squares(), 64).as_bytes())?;
    write("narrow.csv", b"1,2,3\n")?;
    write("nan.csv", b"1,nan\n")?;
    write("bias.safetensors", &safetensors(&[("bias", &[1.0], 1), ("weights", &squares(), 64)]))?;
    write("other.safetensors", &safetensors(&[("w", &squares(), 64)]))?;
    write("ones.csv", "1\n".repeat(100).as_bytes())?;
    said(folder.path(), "store digits.npy -o behind.basin --map map.csv", b"")?;
    said(folder.path(), "store digits.npy -o valued.basin --map map.csv --values ones.csv", b"")?;
    write("others.csv", csv(&squares().repeat(7)[..6400], 64).as_bytes())?;
    said(folder.path(), "store digits.npy -o others.basin --map map.csv --values others.csv", b"")?;
    let cases: [(&str, i32, &str); 13] = [
        // As long as a pattern, and none.
        ("recall others.basin --query digits.npy --settle", 1, "others.basin: --settle is for memories whose values are the patterns"),
        ("train digits.npy -o map.npy --features 18446744073709551615", 2, "a number from 1 to 1000000"),
        ("train digits.npy -o map.npy --starts 1000001", 2, "a number from 1 to 1000000"),
        ("train digits.npy -o map.npy --threads 0", 2, "--threads"),
        ("store digits.npy -o x.basin --map narrow.csv", 1, "narrow.csv: maps rows of 3 numbers, and those of digits.npy have 64"),
        ("store digits.npy -o x.basin --map nan.csv", 1, "nan.csv: row 0, column 1 (from 0) is NaN"),
        ("store digits.npy -o x.basin --map bias.safetensors", 1, "bias.safetensors: expected 16 numbers, found 1"),
        ("store digits.npy -o x.basin --map other.safetensors", 1, "other.safetensors: has no tensor \"weights\"; there are w"),
        ("store digits.npy -o map.csv --map map.csv", 1, "map.csv: is read, and would be written over"),
        ("store digits.npy -o x.basin --unit", 2, "--map"),
        ("export behind.basin --to raw -o x.f32", 1, "behind.basin: queries go through a feature map first"),
        ("recall valued.basin --query digits.npy --settle", 1, "valued.basin: --settle is for memories whose values are the patterns"),
        ("recall behind.basin --query ones.csv", 1, "ones.csv: has rows of 1 numbers, and the patterns of behind.basin have 64"),
    ];
    for (line, code, words) in cases {
        let output = run(folder.path(), line, b"")?;
        let errors = String::from_utf8(output.stderr)?;
        assert!(output.status.code() == Some(code) && errors.contains(words), "{line}: {errors}");
        assert!(["x.basin", "x.f32", "map.npy"].iter().all(|name| !folder.path().join(name).exists()), "{line}");
    }
    // What can be read only once: a socket stands for a pipe here.
    #[cfg(unix)]
    {
        let _socket = std::os::unix::net::UnixListener::bind(folder.path().join("pipe.csv"))?;
        let output = run(folder.path(), "store pipe.csv -o x.basin --map map.csv", b"")?;
        let errors = String::from_utf8(output.stderr)?;
        assert!(output.status.code() == Some(1) && errors.contains("pipe.csv: is read twice"), "{errors}");
    }
    Ok(())
}

#[test]
fn what_train_learns_a_memory_is_put_behind() -> Fallible {
    let folder = folder()?;
    let path = |name: &str| folder.path().join(name);
    for (line, bias) in [("-o map.npy", false), ("-o map.safetensors --bias", true)] {
        said(folder.path(), &format!("train digits.npy --features 24 --iterations 20 --starts 1 {line}"), b"")?;
        let file = line.split(' ').nth(1).unwrap_or("");
        let map = formats::linear_map(path(file))?;
        assert_eq!((map.features(), map.dim(), map.view()?.bias().is_some()), (24, 64, bias));
        said(folder.path(), &format!("store digits.npy -o behind.basin --map {file} --unit --beta 1000"), b"")?;
        let recalled = said(folder.path(), "recall behind.basin --query digits.npy", b"")?;
        assert_eq!(recalled.lines().count(), 100);
        for (row, line) in recalled.lines().enumerate() {
            let answer: Value = serde_json::from_str(line)?;
            assert_eq!(answer["winner"], row);
        }
    }
    Ok(())
}

/// The rows of a pipe are read once, all of them; what is read twice has to be a file.
#[cfg(unix)]
#[test]
fn a_map_may_come_by_a_pipe() -> Fallible {
    let folder = folder()?;
    let path = |name: &str| folder.path().join(name);
    let fed = |bytes: Vec<u8>, line: &'static str| -> std::io::Result<std::process::Output> {
        std::process::Command::new("mkfifo").arg(path("pipe")).status()?;
        let pipe = path("pipe");
        let feeder = std::thread::spawn(move || {
            use std::io::Write;
            let mut pipe = std::fs::File::options().write(true).open(pipe)?;
            let (first, rest) = bytes.split_at(bytes.len() / 3);
            pipe.write_all(first)?;
            std::thread::sleep(std::time::Duration::from_millis(100));
            pipe.write_all(rest)
        });
        let output = run(folder.path(), line, b"")?;
        // Who does not read it breaks it.
        let _ = feeder.join();
        std::fs::remove_file(path("pipe"))?;
        Ok(output)
    };
    let output = fed(csv(&squares(), 64).into_bytes(), "store digits.npy -o behind.basin --map pipe")?;
    assert!(output.status.success(), "{}", String::from_utf8(output.stderr)?);
    assert_eq!(
        file::open(path("behind.basin"))?.with_map()?.1.map(|map| LinearMap::from(&map)),
        Some(LinearMap::new(squares(), 64, None)?)
    );
    let output = fed(safetensors(&[("weights", &squares(), 64)]), "store digits.npy -o twice.basin --map pipe")?;
    assert!(String::from_utf8(output.stderr)?.contains("is read twice") && !path("twice.basin").exists());
    Ok(())
}
