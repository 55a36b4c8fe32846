//! Puts the memory map where cortex-m-rt's linker script looks for it.
//!
//! The maps lie in `mem/`, one for each family of boards: a `memory.x` in the package root would win over the one
//! that is chosen here. `BASINET_MEMORY` names another map.

use std::{env, fs, path::PathBuf};

fn main() {
    let map = env::var("BASINET_MEMORY").unwrap_or_else(|_| "mem/mps2.x".into());
    let out = PathBuf::from(env::var_os("OUT_DIR").expect("cargo sets OUT_DIR"));
    fs::copy(&map, out.join("memory.x")).unwrap_or_else(|error| panic!("{map}: {error}"));
    println!("cargo::rustc-link-search={}", out.display());
    println!("cargo::rustc-link-arg=-Tlink.x");
    println!("cargo::rustc-link-arg=--nmagic"); // sections need not start on a page of the host
    println!("cargo::rerun-if-env-changed=BASINET_MEMORY");
    println!("cargo::rerun-if-changed={map}");
}
