//! Links for the memory map of `virt.ld`.

fn main() {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/virt.ld");
    println!("cargo::rerun-if-changed={script}");
    println!("cargo::rustc-link-arg=-T{script}");
}
