//! What `train` writes, and what it refuses.

use super::{Fallible, folder, run, said};
use basinet::feature_map::Training;
use basinet::formats;
use safetensors::SafeTensors;
use serde_json::Value;

/// The program's map is the library's, bit for bit, by any number of threads.
#[test]
fn the_map_is_the_librarys() -> Fallible {
    let folder = folder()?;
    let rows = formats::Reader::open(&folder.path().join("digits.npy"), None)?.read_all()?;
    let line = "train digits.npy --out a.npy --dim 12 --starts 3 --iterations 15 --seed 5 --threads";
    let map = Training { starts: 3, iterations: 15, seed: 5, ..Training::uhop_plus() }.map(&rows, 64, 12, |_| ())?;
    for threads in [1, 3] {
        let learned: Value = serde_json::from_str(&said(folder.path(), &format!("{line} {threads} --json"), b"")?)?;
        assert_eq!(learned["separation"].as_f64(), Some(map.separation));
        assert!(learned["separation"].as_f64() > learned["separation_before"].as_f64());
        let written = formats::Reader::open(&folder.path().join("a.npy"), None)?.read_all()?;
        assert_eq!(written, map.weights);
    }
    Ok(())
}

#[test]
fn a_bias_is_a_tensor_of_its_own() -> Fallible {
    let folder = folder()?;
    said(folder.path(), "train digits.npy -o a.safetensors --features 12 --loss maximum --iterations 3 --bias", b"")?;
    let bytes = std::fs::read(folder.path().join("a.safetensors"))?;
    let tensors = SafeTensors::deserialize(&bytes)?;
    assert_eq!((tensors.tensor("weights")?.shape(), tensors.tensor("bias")?.shape()), (&[12, 64][..], &[12][..]));
    let rows = formats::Reader::open(&folder.path().join("a.safetensors"), Some("weights"))?.read_all()?;
    assert_eq!(rows.len(), 12 * 64);
    said(folder.path(), "train digits.npy -o a.safetensors --features 12 --iterations 3", b"")?;
    assert_eq!(SafeTensors::deserialize(&std::fs::read(folder.path().join("a.safetensors"))?)?.names(), ["weights"]);
    Ok(())
}

#[test]
fn what_cannot_be_trained_is_refused() -> Fallible {
    let folder = folder()?;
    std::fs::write(folder.path().join("zero.csv"), "1,2\n0,0\n")?;
    std::fs::write(folder.path().join("one.csv"), "1,2\n")?;
    let cases = [
        ("train digits.npy -o map.csv", 1, "map.csv: a map is written to .npy or .safetensors"),
        ("train digits.npy -o digits.npy", 1, "digits.npy: is read, and would be written over"),
        ("train zero.csv -o map.npy", 1, "zero.csv: row 1 (from 0), or its features, are zeros"),
        ("train one.csv -o map.npy", 1, "one.csv: 1 points; at least 2 are needed"),
        // Before a training without end.
        ("train digits.npy -o no/map.npy --starts 1000000 --iterations 1000000", 1, "no/map.npy: "),
        ("train digits.npy -o map.npy --features 0", 2, "a number from 1 to 1000000"),
        ("train digits.npy -o map.npy --starts 0", 2, "a number from 1 to 1000000"),
        ("train digits.npy -o map.npy --threads 0", 2, "zero"),
        ("train digits.npy -o map.npy --loss other", 2, "possible values: code, separation, maximum"),
    ];
    for (line, status, why) in cases {
        let output = run(folder.path(), line, b"")?;
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.code() == Some(status) && errors.contains(why), "{line}: {errors}");
        assert!(!folder.path().join("map.npy").exists());
    }
    Ok(())
}
