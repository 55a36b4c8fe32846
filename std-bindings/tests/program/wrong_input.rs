//! Wrong input to every verb: the exit code, and what the message names. Nothing is written then, and what was there is left.

use super::{Fallible, folder, run};
use std::fs;
use std::path::Path;

/// A line of arguments, its exit code, and what standard error must have in it.
type Case<'a> = (&'a str, i32, &'a [&'a str]);

fn check(folder: &Path, cases: &[Case<'_>]) -> Fallible {
    let names = || -> Result<Vec<_>, std::io::Error> {
        let mut names = fs::read_dir(folder)?.map(|entry| entry.map(|entry| entry.file_name())).collect::<Result<Vec<_>, _>>()?;
        names.sort();
        Ok(names)
    };
    for (line, code, parts) in cases {
        let before = names()?;
        let output = run(folder, line, b"[1, 2, nope]\n")?;
        let errors = String::from_utf8(output.stderr)?;
        assert_eq!(output.status.code(), Some(*code), "{line}: {errors}");
        for part in *parts {
            assert!(errors.contains(part), "{line}: {errors}");
        }
        assert_eq!(names()?, before, "{line}");
        assert_eq!(output.stdout, b"", "{line}");
    }
    Ok(())
}

/// The first bytes of a .npy file of this shape.
fn npy(shape: &str) -> Vec<u8> {
    let header = format!("{{'descr': '<f4', 'fortran_order': False, 'shape': {shape}, }}\n");
    let length = (header.len() as u16).to_le_bytes();
    [b"\x93NUMPY\x01\x00", &length[..], header.as_bytes()].concat()
}

#[test]
fn store() -> Fallible {
    let folder = folder()?;
    let write = |name: &str, content: &[u8]| fs::write(folder.path().join(name), content);
    let digits = fs::read(folder.path().join("digits.npy"))?;
    write("cut.npy", &digits[..1000])?;
    write("foreign.npy", b"PK\x03\x04 and so on")?;
    write("foreign", b"\x7fELF and so on")?;
    write("nan.csv", b"1,2\n3,nan\n")?;
    write("big.csv", b"1,2\n3e38,3e38\n")?;
    write("zeros.csv", b"1,2\n0,0\n")?;
    write("ragged.csv", b"1,2\n3\n")?;
    // A damaged first row is no heading.
    write("missing.csv", b"NA,NA\n1,0\n")?;
    write("dots.csv", b"1.2.3,4.5.6\n1,0\n")?;
    write("hex.npy", &npy("(0xFFFFFFFFFF, 0xFFFFFFFFFF)"))?;
    // A socket: neither a file nor a folder.
    #[cfg(unix)]
    let _socket = std::os::unix::net::UnixListener::bind(folder.path().join("device"))?;
    write("two.csv", b"1\n2\n")?;
    check(
        folder.path(),
        &[
            ("store none.npy -o x.basin", 1, &["basinet: none.npy: "]),
            ("store cut.npy -o x.basin", 1, &["cut.npy: ends within row 3"]),
            ("store foreign.npy -o x.basin", 1, &["foreign.npy: is not .npy as it should be"]),
            ("store foreign -o x.basin", 1, &["foreign: is neither .npy, safetensors, CSV nor JSON lines"]),
            ("store nan.csv -o x.basin", 1, &["nan.csv: row 1, column 1 (from 0) is NaN"]),
            ("store big.csv -o x.basin", 1, &["big.csv: the norm of row 1 (from 0) is beyond f32"]),
            ("store zeros.csv -o x.basin --normalize", 1, &["zeros.csv: row 1 (from 0) is zeros"]),
            ("store missing.csv -o x.basin", 1, &["missing.csv: row 0, column 0 (from 0)", "NA"]),
            ("store dots.csv -o x.basin", 1, &["dots.csv: row 0, column 0 (from 0)", "1.2.3"]),
            ("store hex.npy -o x.basin", 1, &["hex.npy: ", "its shape is not of plain numbers"]),
            #[cfg(unix)]
            ("store digits.npy -o device", 1, &["device: ", "it is no file and is not replaced by one"]),
            ("store ragged.csv -o x.basin", 1, &["ragged.csv: row 1 (from 0) has 1 numbers, the first has 2"]),
            ("store digits.npy -o x.basin --values two.csv", 1, &["two.csv: has 2 rows, and digits.npy has 100"]),
            ("store digits.npy -o no/folder/x.basin", 1, &["no/folder/x.basin: cannot make a file beside it"]),
            ("store digits.npy -o ./digits.npy", 1, &["digits.npy: is read, and would be written over"]),
            ("store digits.npy --values two.csv -o two.csv", 1, &["two.csv: is read, and would be written over"]),
            ("store digits.npy", 2, &["--output <OUT.basin>"]),
            ("store digits.npy -o x.basin --beta 0", 2, &["--beta", "at least 2^-120"]),
            ("store digits.npy -o x.basin --beta warm", 2, &["--beta", "as in 0.5 or 8"]),
            ("store digits.npy -o x.basin --separation entmax", 2, &["entmax needs its parameter"]),
            ("store digits.npy -o x.basin --separation maxsoft", 2, &["one of softmax, softmax1"]),
            ("store digits.npy -o x.basin --separation topk:0", 2, &["topk:0"]),
            ("store digits.npy -o x.basin --similarity euclid", 2, &["dot, cosine or squared-distance"]),
            ("store digits.npy -o x.basin --align 32", 2, &["64, 256"]),
        ],
    )
}

#[test]
fn recall() -> Fallible {
    let folder = folder()?;
    let write = |name: &str, content: &[u8]| fs::write(folder.path().join(name), content);
    let basin = fs::read(folder.path().join("digits.basin"))?;
    write("cut.basin", &basin[..1000])?;
    write("short.csv", b"1,2\n")?;
    write("nan.jsonl", b"[1, NaN]\n")?;
    write("other.jsonl", b"{\"vector\": [1, 2]}\n")?;
    let mut changed = basin;
    changed[5000] ^= 1;
    write("changed.basin", &changed)?;
    write("values.csv", "7\n".repeat(100).as_bytes())?;
    super::said(folder.path(), "store digits.npy -o valued.basin --values values.csv", b"")?;
    check(
        folder.path(),
        &[
            ("recall none.basin --query damaged.npy -o x.npy", 1, &["none.basin: cannot open it"]),
            ("recall digits.npy --query damaged.npy -o x.npy", 1, &["digits.npy: not a .basin file"]),
            ("recall cut.basin --query damaged.npy -o x.npy", 1, &["cut.basin: cut off: 25792 bytes are needed, there are 1000"]),
            ("recall changed.basin --verify --query damaged.npy -o x.npy", 1, &["changed.basin: the section patterns is damaged"]),
            ("recall digits.basin --query none.npy -o x.npy", 1, &["none.npy: "]),
            ("recall digits.basin --query short.csv -o x.npy", 1, &["short.csv: has rows of 2 numbers", "digits.basin have 64"]),
            ("recall digits.basin --query - -o x.npy", 1, &["standard input: is not JSON lines"]),
            ("recall digits.basin --query nan.jsonl -o x.npy", 1, &["nan.jsonl: is not JSON lines"]),
            ("recall digits.basin --query other.jsonl -o x.npy", 1, &["row 0 (from 0): the object has no list of numbers as \"query\""]),
            ("recall digits.basin --query damaged.npy -o no/x.npy", 1, &["no/x.npy: "]),
            ("recall digits.basin --query damaged.npy -o x.txt", 1, &["x.txt: ends in neither", "--format"]),
            ("recall digits.basin --query damaged.npy --certificate --similarity cosine", 1, &["--certificate is for the similarity dot"]),
            ("recall digits.basin --query damaged.npy --settle --similarity cosine", 1, &["--settle needs an energy"]),
            ("recall valued.basin --query damaged.npy --certificate", 1, &["valued.basin: --certificate is for memories without values"]),
            (
                "recall valued.basin --query damaged.npy --settle",
                1,
                &["valued.basin: --settle is for memories whose values are the patterns"],
            ),
            ("recall digits.basin --query damaged.npy --separation ksubsets:101", 1, &["damaged.npy, row 0", "101 rows are needed"]),
            (
                "recall digits.basin --query damaged.npy --fast --separation ksubsets:101",
                1,
                &["damaged.npy, a row from 0 on", "101 rows are needed"],
            ),
            ("recall digits.basin --query damaged.npy --fast --settle", 2, &["cannot be used with"]),
            ("recall digits.basin --query damaged.npy -o damaged.npy", 1, &["damaged.npy: is read, and would be written over"]),
            ("recall digits.basin --query damaged.npy --format npy -o digits.basin", 1, &["digits.basin: is read"]),
            ("recall digits.basin", 2, &["--query <FILE>"]),
            ("recall digits.basin --query damaged.npy --steps 3", 2, &["--settle"]),
            ("recall digits.basin --query damaged.npy --settle --steps 0", 2, &["--steps"]),
        ],
    )
}

#[test]
fn info_export_and_completions() -> Fallible {
    let folder = folder()?;
    let mut changed = fs::read(folder.path().join("digits.basin"))?;
    changed[5000] ^= 1;
    fs::write(folder.path().join("changed.basin"), changed)?;
    fs::write(folder.path().join("empty.basin"), "")?;
    check(
        folder.path(),
        &[
            ("info none.basin", 1, &["none.basin: cannot open it"]),
            ("info empty.basin", 1, &["empty.basin: cut off"]),
            ("info damaged.npy", 1, &["damaged.npy: not a .basin file"]),
            ("info changed.basin --verify", 1, &["changed.basin: the section patterns is damaged"]),
            ("info digits.basin --sample 3 --all", 2, &["cannot be used with"]),
            ("export none.basin --to c -o x.h", 1, &["none.basin: cannot open it"]),
            ("export changed.basin --to c -o x.h", 1, &["changed.basin: the section patterns is damaged"]),
            ("export digits.basin --to c -o no/x.h", 1, &["no/x.h: "]),
            ("export digits.basin --to raw -o digits.basin", 1, &["digits.basin: is read, and would be written over"]),
            ("export digits.basin --to c -o x.h --values", 1, &["digits.basin: has no values"]),
            ("export digits.basin --to c -o x.h --name 9lives", 2, &["begins with no digit"]),
            ("export digits.basin --to c -o x.h --name static", 2, &["no name of an array"]),
            ("export digits.basin --to c -o x.h --name _Bool", 2, &["no name of an array"]),
            ("export digits.basin --to c -o -", 1, &["-: only recall writes to standard output"]),
            ("store digits.npy -o -", 1, &["-: only recall writes to standard output"]),
            ("export digits.basin --to c -o x.h --align 48", 2, &["a power of two from 4 to 4096"]),
            ("export digits.basin --to pascal -o x.h", 2, &["c, rust, raw"]),
            ("completions tcsh", 2, &["bash"]),
            ("", 2, &["Usage"]),
            ("train digits.npy", 2, &["train"]),
        ],
    )
}

#[test]
fn experiment() -> Fallible {
    let folder = folder()?;
    fs::write(folder.path().join("page.md"), "no marks\n")?;
    fs::write(folder.path().join("few.idx"), [0, 0, 8, 3, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 2, 1, 2])?;
    check(
        folder.path(),
        &[
            ("experiment", 2, &["<NAME>"]),
            ("experiment nonsense", 2, &["retrieval, metastable, codes, rate, dimension, basins, structured"]),
            ("experiment codes --seeds 3", 1, &["--seeds is for retrieval, metastable, rate and structured"]),
            ("experiment structured --seeds 1", 1, &["--seeds: one seed has no spread"]),
            ("experiment rate --data digits.npy", 1, &["--data is for retrieval"]),
            ("experiment basins --patterns 10", 1, &["--patterns is for retrieval and dimension"]),
            ("experiment metastable --seeds 0", 2, &["--seeds"]),
            ("experiment dimension --patterns 16,1", 2, &["2 to 1000000"]),
            ("experiment dimension --patterns 16,8", 1, &["larger than the one before"]),
            ("experiment retrieval --data none.idx", 1, &["none.idx: "]),
            ("experiment retrieval --data digits.npy", 1, &["digits.npy: is no IDX file of bytes with 3 dimensions"]),
            ("experiment retrieval --data few.idx --patterns 2", 1, &["1 images; 2 are to be stored"]),
            ("experiment codes --out digits.npy", 1, &["digits.npy: "]),
            ("experiment codes --page none.md", 1, &["none.md: "]),
            // Before anything is done.
            ("experiment dimension --page digits.npy", 1, &["digits.npy: "]),
            ("experiment dimension --page page.md", 1, &["page.md: has not one place for the table fits"]),
            ("experiment rate --seeds 1000001", 2, &["1000000"]),
            ("experiment dimension --patterns 16,1000001", 2, &["2 to 1000000"]),
            ("experiment metastable --seeds 1 --page page.md", 1, &["page.md: has not one place for the table metastable"]),
        ],
    )
}

#[test]
fn capacity_simulate() -> Fallible {
    let folder = folder()?;
    let samples = "measure,ensemble,neurons,patterns,lambda,number,value,width,seconds,recalls\n";
    for (name, text) in [
        ("strange", "a,b\n1,2\n"),
        ("basin", &format!("{samples}basin,spherical,16,25,,1,1,0,0,1\n")),
        ("notes", "mine"),
        ("value", &format!("{samples}nearest,spherical,16,25,,1,500,0,0,1\n")),
    ] {
        fs::create_dir(folder.path().join(name))?;
        fs::write(folder.path().join(name).join("samples.csv"), text)?;
    }
    fs::create_dir(folder.path().join("there"))?;
    let own = "capacity simulate --out x --measure";
    check(
        folder.path(),
        &[
            ("capacity simulate", 2, &["--out"]),
            ("capacity simulate --out x --only nonsense", 2, &["one-step, crossover, basin, nearest"]),
            ("capacity simulate --out x --most-patterns 10", 1, &["--most-patterns: the protocol has no such point"]),
            ("capacity simulate --out x --samples 0", 2, &["--samples"]),
            ("capacity simulate --out x --neurons 16", 2, &["--measure"]),
            (&format!("{own} nearest --neurons 16"), 2, &["--patterns"]),
            (&format!("{own} nearest --neurons 16 --patterns 25 --only basin"), 2, &["--only"]),
            (&format!("{own} nearest --neurons 1 --patterns 25"), 1, &["1 dimensions; at least 2 are needed"]),
            (&format!("{own} nearest --neurons 16 --patterns 1"), 1, &["1 points; at least 2 are needed"]),
            (&format!("{own} nearest --neurons 16 --patterns 25 --lambda 1"), 1, &["--lambda is for --measure basin"]),
            (&format!("{own} basin --neurons 16 --patterns 25"), 1, &["--measure basin: its --lambda is missing"]),
            (&format!("{own} basin --neurons 16 --patterns 25 --lambda 0"), 1, &["lambda is 0; it has to be finite and positive"]),
            (&format!("{own} basin --neurons 16 --patterns 25 --lambda 1e38"), 1, &["lambda N is"]),
            ("capacity simulate --out digits.npy --samples 1", 1, &["digits.npy: "]),
            ("capacity simulate --out strange --samples 1", 1, &["samples.csv: is no file of samples"]),
            ("capacity simulate --out notes --samples 1", 1, &["samples.csv: is no file of samples"]),
            ("capacity simulate --out value --samples 1", 1, &["a number that no sample has"]),
            (
                &format!("{} nearest --neurons 1000000 --patterns 100000000 --samples 1", own.replace(" x ", " there ")),
                1,
                &["there is no memory for patterns of 100000000000000 numbers"],
            ),
            ("capacity simulate --out basin --samples 1", 1, &["a basin without its lambda", "these are no samples"]),
        ],
    )?;
    assert_eq!(fs::read(folder.path().join("strange/samples.csv"))?, b"a,b\n1,2\n");
    assert_eq!(fs::read(folder.path().join("notes/samples.csv"))?, b"mine");
    Ok(())
}

#[test]
fn capacity_advise() -> Fallible {
    let folder = folder()?;
    super::said(folder.path(), "store digits.npy -o cosine.basin --similarity cosine", b"")?;
    super::said(folder.path(), "train digits.npy -o map.npy --features 4 --iterations 1", b"")?;
    super::said(folder.path(), "store digits.npy --map map.npy -o mapped.basin", b"")?;
    let own = "capacity advise --dim 10";
    check(
        folder.path(),
        &[
            ("capacity advise", 2, &["--dim <D>"]),
            ("capacity advise --dim 1", 2, &["--dim", "a whole number from 2"]),
            (&format!("{own} --patterns 1"), 2, &["--patterns", "a number 2 or more"]),
            (&format!("{own} --norm 0"), 2, &["--norm", "a number above 0"]),
            (&format!("{own} --beta 0"), 2, &["--beta", "at least 2^-120"]),
            (&format!("{own} --erased -0.1"), 2, &["--erased", "a number at least 0 and below 1"]),
            (&format!("{own} --noise nan"), 2, &["--noise", "a number at least 0"]),
            (&format!("{own} --cosine 2"), 2, &["--cosine", "a number above 0 and at most 1"]),
            (&format!("{own} --cosine 0.5 --erased 0.1"), 2, &["cannot be used with"]),
            (&format!("{own} --failure 0"), 2, &["--failure", "a number above 0 and below 1"]),
            (&format!("{own} --weight 0.4"), 2, &["--weight", "a number above 1/2 and below 1"]),
            (&format!("{own} --separation ksubsets:3"), 1, &["the k of ksubsets is 3; it has to be 1"]),
            (&format!("{own} --sample 3"), 2, &["--memory"]),
            ("capacity advise --memory mapped.basin", 1, &["mapped.basin: its patterns are features of a map"]),
            ("capacity advise --memory none.basin", 1, &["none.basin: cannot open it"]),
            ("capacity advise --memory cosine.basin", 1, &["cosine.basin: is compared by cosine, and the advice is for dot"]),
            ("capacity advise --memory digits.basin --separation ksubsets:2", 1, &["digits.basin: the k of ksubsets is 2"]),
        ],
    )
}

#[test]
fn capacity_check_and_figures() -> Fallible {
    let folder = folder()?;
    let write = |name: &str, text: &str| fs::write(folder.path().join(name), text);
    let heads = "measure,ensemble,neurons,patterns,lambda,samples,value,error,infinite,seconds_per_recall\n";
    write("heads.csv", heads)?;
    write("lambda.csv", &format!("{heads}basin,spherical,16,25,NaN,9,1,0.1,0,1\n"))?;
    write("empty.json", r#"{"gaussian": {"rate": []}}"#)?;
    let median = |error: &str| {
        format!(
            r#"{{"simulation": {{"fig5_polynomial_load": [{{"N": 9, "P": 9, "cos_mean": 5, "cos_se": {error}, "k": 1, "alpha_tilde": 1, "cos_exact": 1, "theory": 1, "corrected_theory": 1}}]}}}}"#
        )
    };
    write("error.json", &median("-1"))?;
    check(
        folder.path(),
        &[
            ("capacity check", 2, &["FILE.json"]),
            ("capacity check empty.json", 1, &["gaussian.rate: has no rows"]),
            ("capacity check error.json", 1, &["the standard error of cos_mean is -1"]),
            ("capacity figures", 2, &["--out"]),
            ("capacity figures --out . --page heads.csv", 2, &["--points"]),
            ("capacity figures --out . --points heads.csv", 1, &["heads.csv: has no points"]),
            ("capacity figures --out . --points .", 1, &[".: "]),
            ("capacity figures --out . --points lambda.csv", 1, &["a point that cannot be measured"]),
        ],
    )?;
    // One of the names that are to be written is taken: the others keep what they have.
    fs::create_dir_all(folder.path().join("taken/capacity-nearest.svg"))?;
    fs::write(folder.path().join("taken/capacity-thresholds.svg"), "old")?;
    check(folder.path(), &[("capacity figures --out taken", 1, &["taken/capacity-nearest.svg: "])])?;
    assert_eq!(fs::read(folder.path().join("taken/capacity-thresholds.svg"))?, b"old");
    Ok(())
}

#[test]
fn an_older_file_stays_where_a_new_one_fails() -> Fallible {
    let folder = folder()?;
    let before = fs::read(folder.path().join("digits.basin"))?;
    fs::write(folder.path().join("nan.csv"), "1,2\n3,nan\n")?;
    check(folder.path(), &[("store nan.csv -o digits.basin", 1, &["nan.csv"])])?;
    assert_eq!(fs::read(folder.path().join("digits.basin"))?, before);
    Ok(())
}
