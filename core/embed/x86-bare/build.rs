//! Links an image that is its own disk: see `image.ld`. Of the C compiler only the linker is wanted.

fn main() {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/image.ld");
    println!("cargo::rerun-if-changed={script}");
    for argument in ["-nostartfiles", "-nostdlib", "-static", "-no-pie", "-fuse-ld=bfd", "-Wl,--build-id=none,--no-warn-rwx-segments"] {
        println!("cargo::rustc-link-arg={argument}");
    }
    println!("cargo::rustc-link-arg=-Wl,-T,{script}");
}
