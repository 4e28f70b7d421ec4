//! Gives the shared library its soname, which changes when the ABI does.

fn main() {
    println!("cargo::rustc-cdylib-link-arg=-Wl,-soname,libnetshoot.so.{}", env!("CARGO_PKG_VERSION_MAJOR"));
    println!("cargo::rerun-if-changed=build.rs");
}
