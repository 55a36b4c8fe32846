//! Puts the memory map where cortex-m-rt's linker script looks for it, and writes the digits as statics: f32, and both codes.
//!
//! The maps lie in `mem/`, one for each family of boards: a `memory.x` in the package root would win over the one
//! that is chosen here. `BASINET_MEMORY` names another map; `BASINET_PEER`, for `measure`, an object file with CMSIS-DSP's dot product.

use basinet_core::basin::Aligned;
use basinet_core::{Basin, Code, Encoded, Patterns, SignBits};
use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::{env, fs};

const DIGITS: &str = "../digits.basin";

fn main() {
    let map = env::var("BASINET_MEMORY").unwrap_or_else(|_| "mem/mps2.x".into());
    let out = PathBuf::from(env::var_os("OUT_DIR").expect("cargo sets OUT_DIR"));
    fs::copy(&map, out.join("memory.x")).unwrap_or_else(|error| panic!("{map}: {error}"));
    println!("cargo::rustc-link-search={}", out.display());
    println!("cargo::rustc-link-arg=-Tlink.x");
    println!("cargo::rustc-link-arg=--nmagic"); // sections need not start on a page of the host
    println!("cargo::rerun-if-env-changed=BASINET_MEMORY");
    println!("cargo::rerun-if-changed={map}");
    write_digits(&out.join("digits.rs"));
    println!("cargo::rustc-check-cfg=cfg(peer)");
    println!("cargo::rerun-if-env-changed=BASINET_PEER");
    if let Ok(object) = env::var("BASINET_PEER") {
        println!("cargo::rustc-cfg=peer");
        println!("cargo::rustc-link-arg-bin=counts={object}");
    }
}

/// The patterns of the file in the form that `basinet export --to rust` gives them, so that there is one copy to keep.
fn write_digits(to: &Path) {
    println!("cargo::rerun-if-changed={DIGITS}");
    let bytes = fs::read(DIGITS).unwrap_or_else(|error| panic!("{DIGITS}: {error}"));
    let mut file = Box::new(Aligned([0; 16384]));
    file.0[..bytes.len()].copy_from_slice(&bytes);
    let basin = Basin::new(&file.0[..bytes.len()]).unwrap_or_else(|error| panic!("{DIGITS}: {error}"));
    basin.verify().unwrap_or_else(|error| panic!("{DIGITS}: {error}"));
    let patterns = basin.patterns();
    let bytes = as_codes::<i8>(&patterns, "BYTES", "i8", |code| code.to_string());
    let signs =
        as_codes::<SignBits>(&patterns, "SIGNS", "basinet_core::SignBits", |code| format!("basinet_core::SignBits({:#06x})", code.0));
    fs::write(to, as_static(&patterns) + &bytes + &signs).unwrap_or_else(|error| panic!("{}: {error}", to.display()));
}

fn as_static(patterns: &Patterns<'_>) -> String {
    let (count, dim) = (patterns.count(), patterns.dim());
    let mut text = format!("pub const DIGITS_COUNT: usize = {count};\npub const DIGITS_DIM: usize = {dim};\n");
    text += "#[repr(C, align(64))]\npub struct Digits(pub [f32; DIGITS_COUNT * DIGITS_DIM]);\n";
    text += "pub static DIGITS: Digits = Digits([\n";
    for number in (0..count).filter_map(|row| patterns.row(row)).flatten() {
        // The shortest decimal that reads back the same.
        writeln!(text, "    {number:e},").expect("a String takes what it is given");
    }
    text + "]);\n"
}

/// Their codes, scales and residuals, as one static for each.
fn as_codes<C: Code>(patterns: &Patterns<'_>, name: &str, kind: &str, written: impl Fn(&C) -> String) -> String {
    let (mut codes, mut scales, mut residuals) = (Vec::new(), Vec::new(), Vec::new());
    for row in (0..patterns.count()).filter_map(|row| patterns.row(row)) {
        let mut row_codes = vec![C::default(); C::words(row.len())];
        let Encoded { scale, residual, .. } = C::encode(row, &mut row_codes).expect("a digit has finite numbers");
        codes.extend(row_codes.iter().map(&written));
        scales.push(format!("{scale:e}"));
        residuals.push(format!("{residual:e}"));
    }
    let list = |name: String, kind: &str, items: &[String]| {
        format!("#[allow(dead_code)]\npub static {name}: [{kind}; {}] = [{}];\n", items.len(), items.join(", "))
    };
    list(name.into(), kind, &codes)
        + &list(format!("{name}_SCALES"), "f32", &scales)
        + &list(format!("{name}_RESIDUALS"), "f32", &residuals)
}
